/* Sets of ids: restrict searches and removals. */
#ifndef FAISS_ID_SELECTOR_H
#define FAISS_ID_SELECTOR_H

#include <faiss/MetricType.h>
#include <faiss/impl/object.h>
#include <faiss/utils/id_map.h>
#include <faiss/utils/vector.h>

FAISS_BEGIN_DECLS

/// A set of ids. Selectors may be used by several searches at once.
typedef struct FaissIDSelector {
    FAISS_PRIVATE (struct FaissIDSelectorClass *cls;)
} FaissIDSelector;

#ifndef SWIG
typedef struct FaissIDSelectorClass {
    FaissClass head;
    bool (*is_member) (const FaissIDSelector *self, idx_t id);
} FaissIDSelectorClass;
#endif

/// The ids imin <= id < imax.
typedef struct FaissIDSelectorRange FAISS_EXTENDS (FaissIDSelector) {
    union {
        FaissIDSelector sel;
    };
    idx_t imin;
    idx_t imax;
    bool assume_sorted; ///< the ids in inverted lists are ascending: find the range by bisection
} FaissIDSelectorRange;

/// The ids of an array, which stays the caller's. Good for few ids: a test walks the array.
typedef struct FaissIDSelectorArray FAISS_EXTENDS (FaissIDSelector) {
    union {
        FaissIDSelector sel;
    };
    size_t n;
    const idx_t *ids; ///< size n, borrowed
} FaissIDSelectorArray;

/// A set copied from an array: a hash table behind a Bloom filter.
typedef struct FaissIDSelectorBatch FAISS_EXTENDS (FaissIDSelector) {
    union {
        FaissIDSelector sel;
    };
    FAISS_PRIVATE (FaissIdMap set; FaissUInt8Vector bloom;)
    int nbits;  ///< the filter has 2^nbits bits
    idx_t mask; ///< 2^nbits - 1
} FaissIDSelectorBatch;

/// One bit per id, id & 7 of byte id >> 3. Ids beyond the bitmap are not members.
typedef struct FaissIDSelectorBitmap FAISS_EXTENDS (FaissIDSelector) {
    union {
        FaissIDSelector sel;
    };
    size_t n;              ///< size of the bitmap in bytes
    const uint8_t *bitmap; ///< size n, borrowed
} FaissIDSelectorBitmap;

/// Every id.
typedef struct FaissIDSelectorAll FAISS_EXTENDS (FaissIDSelector) {
    union {
        FaissIDSelector sel;
    };
} FaissIDSelectorAll;

/// The ids that another selector leaves out.
typedef struct FaissIDSelectorNot FAISS_EXTENDS (FaissIDSelector) {
    union {
        FaissIDSelector base;
    };
    const FaissIDSelector *sel; ///< borrowed
} FaissIDSelectorNot;

/// The ids in both of two selectors.
typedef struct FaissIDSelectorAnd FAISS_EXTENDS (FaissIDSelector) {
    union {
        FaissIDSelector base;
    };
    const FaissIDSelector *lhs; ///< borrowed
    const FaissIDSelector *rhs; ///< borrowed
} FaissIDSelectorAnd;

/// The ids in at least one of two selectors.
typedef struct FaissIDSelectorOr FAISS_EXTENDS (FaissIDSelector) {
    union {
        FaissIDSelector base;
    };
    const FaissIDSelector *lhs; ///< borrowed
    const FaissIDSelector *rhs; ///< borrowed
} FaissIDSelectorOr;

/// The ids in exactly one of two selectors.
typedef struct FaissIDSelectorXOr FAISS_EXTENDS (FaissIDSelector) {
    union {
        FaissIDSelector base;
    };
    const FaissIDSelector *lhs; ///< borrowed
    const FaissIDSelector *rhs; ///< borrowed
} FaissIDSelectorXOr;

/// The positions i whose id, id_map[i], is in another selector.
typedef struct FaissIDSelectorTranslated FAISS_EXTENDS (FaissIDSelector) {
    union {
        FaissIDSelector base;
    };
    const FaissInt64Vector *id_map; ///< borrowed
    const FaissIDSelector *sel;     ///< borrowed
} FaissIDSelectorTranslated;

#ifndef SWIG
extern FaissIDSelectorClass faiss_IDSelector_class;
extern FaissIDSelectorClass faiss_IDSelectorRange_class;
extern FaissIDSelectorClass faiss_IDSelectorArray_class;
extern FaissIDSelectorClass faiss_IDSelectorBatch_class;
extern FaissIDSelectorClass faiss_IDSelectorBitmap_class;
extern FaissIDSelectorClass faiss_IDSelectorAll_class;
extern FaissIDSelectorClass faiss_IDSelectorNot_class;
extern FaissIDSelectorClass faiss_IDSelectorAnd_class;
extern FaissIDSelectorClass faiss_IDSelectorOr_class;
extern FaissIDSelectorClass faiss_IDSelectorXOr_class;
extern FaissIDSelectorClass faiss_IDSelectorTranslated_class;
#endif

/// Ids imin <= id < imax.
FaissStatus faiss_IDSelectorRange_new (FaissIDSelectorRange **out, idx_t imin, idx_t imax);
/// @param assume_sorted  ids of inverted lists ascend: members are found by bisection
FaissStatus faiss_IDSelectorRange_new_with (FaissIDSelectorRange **out, idx_t imin, idx_t imax,
                                            bool assume_sorted);

void faiss_IDSelectorRange_free (FaissIDSelectorRange *self);
idx_t faiss_IDSelectorRange_imin (const FaissIDSelectorRange *self);
idx_t faiss_IDSelectorRange_imax (const FaissIDSelectorRange *self);

/** Bisection for lists whose ids ascend: the members are at positions jmin <= j < jmax.
 *
 * @param ids  ascending ids, size list_size
 */
void faiss_IDSelectorRange_find_sorted_ids_bounds (const FaissIDSelectorRange *self,
                                                   size_t list_size, const idx_t *ids, size_t *jmin,
                                                   size_t *jmax);

/// @param ids  size n, borrowed; looked through for every vector
FaissStatus faiss_IDSelectorArray_new (FaissIDSelectorArray **out, size_t n, const idx_t *ids);
/// @param indices  size n, copied
FaissStatus faiss_IDSelectorBatch_new (FaissIDSelectorBatch **out, size_t n, const idx_t *indices);
int faiss_IDSelectorBatch_nbits (const FaissIDSelectorBatch *self);
idx_t faiss_IDSelectorBatch_mask (const FaissIDSelectorBatch *self);

/// @param bitmap  size n bytes, borrowed: bit id % 8 of byte id / 8
FaissStatus faiss_IDSelectorBitmap_new (FaissIDSelectorBitmap **out, size_t n,
                                        const uint8_t *bitmap);
void faiss_IDSelectorBitmap_free (FaissIDSelectorBitmap *self);
size_t faiss_IDSelectorBitmap_n (const FaissIDSelectorBitmap *self);
const uint8_t *faiss_IDSelectorBitmap_bitmap (const FaissIDSelectorBitmap *self);

FaissStatus faiss_IDSelectorAll_new (FaissIDSelectorAll **out);
FaissStatus faiss_IDSelectorNot_new (FaissIDSelectorNot **out, const FaissIDSelector *sel);
FaissStatus faiss_IDSelectorAnd_new (FaissIDSelectorAnd **out, const FaissIDSelector *lhs_sel,
                                     const FaissIDSelector *rhs_sel);
FaissStatus faiss_IDSelectorOr_new (FaissIDSelectorOr **out, const FaissIDSelector *lhs_sel,
                                    const FaissIDSelector *rhs_sel);
FaissStatus faiss_IDSelectorXOr_new (FaissIDSelectorXOr **out, const FaissIDSelector *lhs_sel,
                                     const FaissIDSelector *rhs_sel);
FaissStatus faiss_IDSelectorTranslated_new (FaissIDSelectorTranslated **out,
                                            const FaissInt64Vector *id_map,
                                            const FaissIDSelector *sel);

/// 1 if the id is in the set, else 0. NULL is the empty set.
int faiss_IDSelector_is_member (const FaissIDSelector *self, idx_t id);

/// Free any selector; operands are never owned. NULL is allowed.
void faiss_IDSelector_free (FaissIDSelector *self);

FAISS_END_DECLS

#endif
