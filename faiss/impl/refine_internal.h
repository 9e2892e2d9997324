/* What IndexRefine shares with its subclasses. Not for public headers. */
#ifndef FAISS_REFINE_INTERNAL_H
#define FAISS_REFINE_INTERNAL_H

#include <faiss/IndexRefine.h>
#include <faiss/impl/factory_rule.h>
#include <faiss/impl/io.h>
#include <faiss/utils/string.h>

/// An index of a class without parts, and one over two borrowed indexes.
FaissStatus faiss_refine_new_empty (FaissClass *cls, FaissIndexRefine **out);
FaissStatus faiss_refine_new_as (FaissClass *cls, FaissIndex *base_index, FaissIndex *refine_index,
                                 FaissIndexRefine **out);

/// What the base index found.
typedef struct FaissRefineCandidates {
    idx_t k; ///< per query
    float *distances;
    idx_t *labels;
} FaissRefineCandidates;

/// Search the base index for k * k_factor candidates of each query. @param out  zero; to be cleared
FaissStatus faiss_refine_candidates (const FaissIndexRefine *self, idx_t n, const float *x, idx_t k,
                                     const FaissSearchParameters *params,
                                     FaissRefineCandidates *out);
void faiss_RefineCandidates_clear (FaissRefineCandidates *self);

/* files and factory strings: "<base>,<name>(<refine>)" */
FaissStatus faiss_refine_read_fields (FaissIndexRefine *self, FaissIOReader *r, int io_flags);
FaissStatus faiss_refine_write_as (const FaissIndexRefine *self, const char *tag, FaissIOWriter *w,
                                   int io_flags);
FaissStatus faiss_refine_build (const FaissFactoryContext *context, FaissClass *cls, void *out);
FaissStatus faiss_refine_describe_as (const FaissIndexRefine *self, const char *name,
                                      FaissString *out);

#endif
