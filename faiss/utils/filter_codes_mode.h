/* Whether searches derive filter codes from plain vectors, to be faster. */
#ifndef FAISS_FILTER_CODES_MODE_H
#define FAISS_FILTER_CODES_MODE_H

#include <faiss/impl/error.h>

FAISS_BEGIN_DECLS

/** When flat indexes and inverted lists keep filter codes: their vectors once more, in a quarter to
 * a third of the space.
 *
 * Searches of few queries by L2 or inner product are two to four times as fast with them, because
 * they read less memory. Results are the same, to the bit. Codes are made by and by by the searches
 * themselves, from the third on, and are never in a file or a clone. (Flat indexes of up to 4 MB
 * are also kept in the order in which larger batches read them; the mode is for that, too.)
 *
 * They can only be right if changes are known: those by methods, and those through the pointer of
 * faiss_IndexFlat_get_xb, which end with the next change by a method. Who changes vectors in
 * another way, by flat_codes.codes.data for instance, calls faiss_IndexFlat_vectors_changed or
 * faiss_ArrayInvertedLists_vectors_changed. (If all vectors are rewritten, searches notice it
 * themselves; do not rely on that.)
 *
 * The environment variable FAISS_FILTER_CODES ("off", "on") is what AUTO stands for in a process.
 */
typedef enum FaissFilterCodesMode {
    /// where they are useful: vectors in memory of their own (not in a mapped file), codes of at
    /// most a sixteenth of the machine's memory, and nobody with a pointer from get_xb; default
    FAISS_FILTER_CODES_AUTO = 0,
    FAISS_FILTER_CODES_OFF, ///< never
    /// always, and at once: the caller tells of all changes
    FAISS_FILTER_CODES_ON,
} FaissFilterCodesMode;

#ifndef SWIG
/// What searches derive from the vectors of an index or a list. Private; all zero is "nothing yet".
typedef struct FaissDerivedRows {
    struct FaissKeptCodes *codes;
    struct FaissKeptPacked *packed;
    int mode;
    unsigned n_searches, n_batches, n_useless;
    bool is_deriving, is_exposed;
} FaissDerivedRows;
#endif

FAISS_END_DECLS

#endif
