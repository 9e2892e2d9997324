/* Limits on what an index file may ask for; set by the functions of index_io.h.
 * Not for public headers. */
#ifndef FAISS_IO_LIMITS_H
#define FAISS_IO_LIMITS_H

#include <faiss/impl/io_fields.h>

/// On counts that make loops, nlist for instance; 0: none.
extern size_t faiss_deserialization_loop_limit;

/// On the bytes of each array.
extern size_t faiss_deserialization_vector_byte_limit;

/// For the r2 of an IndexLattice, of which the memory for its tables grows fast; 0: no limit.
extern size_t faiss_deserialization_lattice_r2_limit;

/// Refuse a count above the loop limit.
static inline FaissStatus faiss_check_loop_limit (const FaissIOReader *r, size_t n,
                                                  const char *name) {
    FAISS_REQUIRE_FILE (
        r, faiss_deserialization_loop_limit == 0 || n <= faiss_deserialization_loop_limit,
        "%s is %zu, the limit is %zu", name, n, faiss_deserialization_loop_limit);
    return FAISS_OK;
}

#endif
