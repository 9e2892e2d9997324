/* Indexes that keep one code of fixed size per vector, in order. */
#ifndef FAISS_INDEX_FLAT_CODES_H
#define FAISS_INDEX_FLAT_CODES_H

#include <faiss/Index.h>
#include <faiss/impl/CodePacker.h>
#include <faiss/utils/filter_codes_mode.h>
#include <faiss/utils/vector.h>

FAISS_BEGIN_DECLS

/** Stores vectors as codes made by sa_encode, one after the other.
 *
 * Removing keeps the order of what remains and moves it together.
 */
typedef struct FaissIndexFlatCodes FAISS_EXTENDS (FaissIndex) {
    union {
        FaissIndex index;
    };
    size_t code_size;       ///< bytes per vector
    FaissUInt8Vector codes; ///< size ntotal * code_size
    FAISS_PRIVATE (FaissDerivedRows derived;)
} FaissIndexFlatCodes;

#ifndef SWIG
typedef struct FaissIndexFlatCodesClass {
    FaissIndexClass index;
    FaissStatus (*get_FlatCodesDistanceComputer) (
        const FaissIndexFlatCodes *self,
        FaissFlatCodesDistanceComputer **out); ///< root: by sa_decode, for every metric
    /// called after any change of the codes: forget what was derived from them; root: nothing
    void (*codes_changed) (FaissIndexFlatCodes *self);
    /// perm is checked to be in range; root: moves code_size bytes per entry
    FaissStatus (*permute_entries) (FaissIndexFlatCodes *self, const idx_t *perm);
} FaissIndexFlatCodesClass;

extern FaissIndexFlatCodesClass faiss_IndexFlatCodes_class;

/// For subclasses.
FaissStatus faiss_IndexFlatCodes_init (FaissIndexFlatCodes *self, size_t code_size, idx_t d,
                                       FaissMetricType metric);
/// ntotal and code_size are the caller's to set: are there as many codes?
FaissStatus faiss_IndexFlatCodes_check_size (const FaissIndexFlatCodes *self);
#endif

/// How the codes lie in blocks: one after the other. @param out  to be freed by the caller
FaissStatus faiss_IndexFlatCodes_get_CodePacker (const FaissIndexFlatCodes *self,
                                                 FaissCodePacker **out);
FaissStatus faiss_IndexFlatCodes_get_FlatCodesDistanceComputer (
    const FaissIndexFlatCodes *self, FaissFlatCodesDistanceComputer **out);

/// Reorder: entry i becomes what was entry perm[i]. @param perm  a permutation, size ntotal
FaissStatus faiss_IndexFlatCodes_permute_entries (FaissIndexFlatCodes *self, const idx_t *perm);

FaissIndexFlatCodes *faiss_IndexFlatCodes_cast (FaissIndex *index);

FAISS_END_DECLS

#endif
