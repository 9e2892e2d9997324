/* The coarse quantizer of inverted files, and how it is trained. */
#ifndef FAISS_LEVEL1_QUANTIZER_H
#define FAISS_LEVEL1_QUANTIZER_H

#include <faiss/Clustering.h>
#include <faiss/Index.h>

FAISS_BEGIN_DECLS

/* The fields of a Level1Quantizer, which every IndexIVF has as its own. */
#define FAISS_LEVEL1_QUANTIZER_FIELDS                                                              \
    FaissIndex *quantizer;        /* assigns vectors to lists */                                   \
    size_t nlist;                 /* number of lists */                                            \
    char quantizer_trains_alone;  /* 0: k-means with the quantizer; 1: train(x); 2: k-means with   \
                                     a flat index, whose centroids are added to the quantizer */   \
    bool own_fields;              /* free the quantizer with the object (default false) */         \
    FaissClusteringParameters cp; /* of the k-means; niter = 10 */                                 \
    FaissIndex *clustering_index; /* assigns during the k-means instead; borrowed, may be NULL */

/// A quantizer and what it takes to train it.
typedef struct FaissLevel1Quantizer {
    FAISS_LEVEL1_QUANTIZER_FIELDS
} FaissLevel1Quantizer;

/// The default parameters, no quantizer.
void faiss_Level1Quantizer_init (FaissLevel1Quantizer *self, FaissIndex *quantizer, size_t nlist);

/** Train the quantizer: afterwards it holds nlist centroids.
 *
 * @param x  training vectors, size n * d
 */
FaissStatus faiss_Level1Quantizer_train_q1 (const FaissLevel1Quantizer *self, size_t n,
                                            const float *x, bool verbose, FaissMetricType metric);

/// Bytes of a list number in a code: as many as nlist - 1 takes.
size_t faiss_Level1Quantizer_coarse_code_size (const FaissLevel1Quantizer *self);
void faiss_Level1Quantizer_encode_listno (const FaissLevel1Quantizer *self, idx_t list_no,
                                          uint8_t *code);
FaissStatus faiss_Level1Quantizer_decode_listno (const FaissLevel1Quantizer *self,
                                                 const uint8_t *code, idx_t *out);

FAISS_END_DECLS

#endif
