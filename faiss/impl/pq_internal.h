/* What the indexes over product quantizers use of them. Not for public headers. */
#ifndef FAISS_PQ_INTERNAL_H
#define FAISS_PQ_INTERNAL_H

#include <faiss/impl/ProductQuantizer.h>
#include <faiss/impl/io_fields.h>

/// The fields agree with each other: what the user may have changed by hand.
FaissStatus faiss_pq_check (const char *function, const FaissProductQuantizer *self);

/* The following check nothing and cannot fail. Tables have M * ksub elements. */
void faiss_pq_distance_table (const FaissProductQuantizer *self, const float *x, float *table);
void faiss_pq_inner_prod_table (const FaissProductQuantizer *self, const float *x, float *table);

/// Centroids by columns, with which many tables are made faster: component j of centroid i of m is
/// at m * step + j * ld + i.
typedef struct FaissPQColumns {
    const float *data; ///< NULL: there are none
    size_t ld, step;
    float *owned;
} FaissPQColumns;

/// The columns that the quantizer has, or new ones if that is worth it for n_uses tables or codes.
/// To be cleared; {0} is empty.
FaissStatus faiss_pq_columns (const FaissProductQuantizer *self, size_t n_uses,
                              FaissPQColumns *out);
void faiss_PQColumns_clear (FaissPQColumns *self);

/// Tables as above; they are the same, to the bit.
void faiss_pq_distance_table_by (const FaissProductQuantizer *self, const FaissPQColumns *columns,
                                 const float *x, float *table);
void faiss_pq_inner_prod_table_by (const FaissProductQuantizer *self, const FaissPQColumns *columns,
                                   const float *x, float *table);

/// The position of the first smallest of n > 0 values.
size_t faiss_pq_first_smallest (const float *values, size_t n);

/// Decode one code.
void faiss_pq_decode (const FaissProductQuantizer *self, const uint8_t *code, float *x);

/// Decoded vectors' squared distance, from sdc_table, which must be there.
float faiss_pq_symmetric_distance (const FaissProductQuantizer *self, const uint8_t *a,
                                   const uint8_t *b);

/// The range "ht" of Hamming thresholds for codes of a size, 8 * code_size being none.
FaissStatus faiss_pq_append_ht_range (struct FaissParameterSpace *space, size_t code_size);

/// The slot train of the class (pq_train.c).
FaissStatus faiss_pq_train (FaissQuantizer *quantizer, size_t n, const float *x);

/// The block "PQ" of index files. A read replaces a quantizer (or zeroed memory); on failure it
/// stays as it was.
FaissStatus faiss_read_pq (FaissIOReader *r, FaissProductQuantizer *self);
FaissStatus faiss_write_pq (FaissIOWriter *w, const FaissProductQuantizer *self);

#endif
