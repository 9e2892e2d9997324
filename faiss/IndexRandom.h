/* Random results. */
#ifndef FAISS_INDEX_RANDOM_H
#define FAISS_INDEX_RANDOM_H

#include <faiss/Index.h>

FAISS_BEGIN_DECLS

/** Stores nothing; a search returns random labels and distances, the same for the same query.
 *
 * To see what the rest of a program costs, or how good results by chance are.
 */
typedef struct FaissIndexRandom FAISS_EXTENDS (FaissIndex) {
    union {
        FaissIndex index;
    };
    int64_t seed;
} FaissIndexRandom;

#ifndef SWIG
extern FaissIndexClass faiss_IndexRandom_class;
#endif

FaissStatus faiss_IndexRandom_new (FaissIndexRandom **out);
/// An index that pretends to hold ntotal vectors.
FaissStatus faiss_IndexRandom_new_with (FaissIndexRandom **out, idx_t d,
                                        idx_t ntotal FAISS_DEFAULT (0),
                                        int64_t seed FAISS_DEFAULT (1234),
                                        FaissMetricType mt FAISS_DEFAULT (METRIC_L2));
void faiss_IndexRandom_free (FaissIndexRandom *self);
/// The index itself if it is of this class, else NULL.
FaissIndexRandom *faiss_IndexRandom_cast (FaissIndex *index);

FAISS_END_DECLS

#endif
