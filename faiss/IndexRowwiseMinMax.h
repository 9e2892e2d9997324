/* Standalone codecs that scale each vector to 0 .. 1 before another index encodes it. */
#ifndef FAISS_INDEX_ROWWISE_MINMAX_H
#define FAISS_INDEX_ROWWISE_MINMAX_H

#include <faiss/Index.h>

FAISS_BEGIN_DECLS

/** Scales each vector by its own least and greatest component and encodes it by another index.
 *
 * A code is the scale (greatest minus least), the least component and the other index's code.
 * Vectors are encoded and decoded (sa_encode, sa_decode); none can be added or searched.
 */
typedef struct FaissIndexRowwiseMinMaxBase FAISS_EXTENDS (FaissIndex) {
    union {
        FaissIndex base;
    };
    FaissIndex *index; ///< encodes the scaled vectors; see own_fields
    bool own_fields;   ///< free it with this one (default false)
} FaissIndexRowwiseMinMaxBase;

/// Scale and least component are floats: 8 bytes in front of a code.
typedef struct FaissIndexRowwiseMinMax FAISS_EXTENDS (FaissIndexRowwiseMinMaxBase) {
    union {
        FaissIndex base;
        FaissIndexRowwiseMinMaxBase minmax;
    };
} FaissIndexRowwiseMinMax;

/// Scale and least component are in half precision: 4 bytes in front of a code.
typedef struct FaissIndexRowwiseMinMaxFP16 FAISS_EXTENDS (FaissIndexRowwiseMinMaxBase) {
    union {
        FaissIndex base;
        FaissIndexRowwiseMinMaxBase minmax;
    };
} FaissIndexRowwiseMinMaxFP16;

#ifndef SWIG
extern FaissIndexClass faiss_IndexRowwiseMinMaxBase_class;
extern FaissIndexClass faiss_IndexRowwiseMinMax_class;
extern FaissIndexClass faiss_IndexRowwiseMinMaxFP16_class;
#endif

/// @param index  encodes the scaled vectors; borrowed until own_fields is set
FaissStatus faiss_IndexRowwiseMinMax_new (FaissIndexRowwiseMinMax **out, FaissIndex *index);
FaissStatus faiss_IndexRowwiseMinMax_new_default (FaissIndexRowwiseMinMax **out);
void faiss_IndexRowwiseMinMax_free (FaissIndexRowwiseMinMax *self);
FaissStatus faiss_IndexRowwiseMinMaxFP16_new (FaissIndexRowwiseMinMaxFP16 **out, FaissIndex *index);
FaissStatus faiss_IndexRowwiseMinMaxFP16_new_default (FaissIndexRowwiseMinMaxFP16 **out);
void faiss_IndexRowwiseMinMaxFP16_free (FaissIndexRowwiseMinMaxFP16 *self);

/// The index itself if it is of this class or a subclass, else NULL.
FaissIndexRowwiseMinMaxBase *faiss_IndexRowwiseMinMaxBase_cast (FaissIndex *index);

/// Train without a copy of the vectors: they are scaled in their place and scaled back afterwards,
/// which may change last bits. @param x  size n * d
FaissStatus faiss_IndexRowwiseMinMaxBase_train_inplace (FaissIndexRowwiseMinMaxBase *self, idx_t n,
                                                        float *x);

FAISS_END_DECLS

#endif
