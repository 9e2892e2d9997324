/* A fast index whose best results are ranked again by an exact one. */
#ifndef FAISS_INDEX_REFINE_H
#define FAISS_INDEX_REFINE_H

#include <faiss/Index.h>

FAISS_BEGIN_DECLS

/// Replaces the index's k_factor and its base index's settings.
typedef struct FaissIndexRefineSearchParameters FAISS_EXTENDS (FaissSearchParameters) {
    union {
        FaissSearchParameters params;
    };
    float k_factor;                           ///< (1)
    FaissSearchParameters *base_index_params; ///< borrowed; NULL for the base index's own
} FaissIndexRefineSearchParameters;

/** Takes k * k_factor candidates from one index and ranks them by the distances of another.
 *
 * Both hold the same vectors, in the same order.
 */
typedef struct FaissIndexRefine FAISS_EXTENDS (FaissIndex) {
    union {
        FaissIndex index;
    };
    FaissIndex *base_index;   ///< finds candidates; see own_fields
    FaissIndex *refine_index; ///< ranks them; see own_refine_index
    bool own_fields;          ///< free the base index with this one (false)
    bool own_refine_index;    ///< free the refine index with this one (false)
    float k_factor;           ///< candidates per result, >= 1 (1)
} FaissIndexRefine;

/// An IndexRefine whose refine index is an IndexFlat that it makes and owns.
typedef struct FaissIndexRefineFlat FAISS_EXTENDS (FaissIndexRefine) {
    union {
        FaissIndex index;
        FaissIndexRefine refine;
    };
} FaissIndexRefineFlat;

#ifndef SWIG
extern FaissIndexClass faiss_IndexRefine_class;
extern FaissIndexClass faiss_IndexRefineFlat_class;
extern FaissClass faiss_IndexRefineSearchParameters_class;
#endif

FaissStatus faiss_IndexRefineSearchParameters_new (FaissIndexRefineSearchParameters **out);
/// @param k_factor           candidates per result
/// @param base_index_params  for the base index; borrowed, or NULL
FaissStatus faiss_IndexRefineSearchParameters_new_with (FaissIndexRefineSearchParameters **out,
                                                        float k_factor,
                                                        FaissSearchParameters *base_index_params);

FaissStatus faiss_IndexRefine_new (FaissIndexRefine **out);

/// Both indexes are borrowed; same d, metric and ntotal.
FaissStatus faiss_IndexRefine_new_with (FaissIndexRefine **out, FaissIndex *base_index,
                                        FaissIndex *refine_index);
void faiss_IndexRefine_free (FaissIndexRefine *self);
FaissIndexRefine *faiss_IndexRefine_cast (FaissIndex *index);

/// @param base_index  an empty index; borrowed
FaissStatus faiss_IndexRefineFlat_new (FaissIndexRefineFlat **out, FaissIndex *base_index);

/// @param xb  the vectors that base_index holds, size base_index ntotal * d
FaissStatus faiss_IndexRefineFlat_new_with (FaissIndexRefineFlat **out, FaissIndex *base_index,
                                            const float *xb);
FaissStatus faiss_IndexRefineFlat_new_default (FaissIndexRefineFlat **out);
void faiss_IndexRefineFlat_free (FaissIndexRefineFlat *self);
FaissIndexRefineFlat *faiss_IndexRefineFlat_cast (FaissIndex *index);
int faiss_IndexRefineFlat_own_fields (const FaissIndexRefineFlat *self);
void faiss_IndexRefineFlat_set_own_fields (FaissIndexRefineFlat *self, int own_fields);
float faiss_IndexRefineFlat_k_factor (const FaissIndexRefineFlat *self);
void faiss_IndexRefineFlat_set_k_factor (FaissIndexRefineFlat *self, float k_factor);

FAISS_END_DECLS

#endif
