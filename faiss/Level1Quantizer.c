/* The coarse quantizer of inverted files: training, and list numbers as bytes. */
#include <faiss/Level1Quantizer.h>

#include <stdio.h>

#include <faiss/IndexFlat.h>
#include <faiss/impl/check.h>

void faiss_Level1Quantizer_init (FaissLevel1Quantizer *self, FaissIndex *quantizer, size_t nlist) {
    if (!self) {
        return;
    }
    *self = (FaissLevel1Quantizer){.quantizer = quantizer, .nlist = nlist};
    faiss_ClusteringParameters_set_defaults (&self->cp);
    self->cp.niter = 10; /* enough for lists; the vectors are not compressed by them */
}

/* ---- training -------------------------------------------------------------------------------- */

/* The quantizer as it comes: nlist vectors after its own training. */
static FaissStatus train_alone (const FaissLevel1Quantizer *self, size_t n, const float *x) {
    FAISS_TRY (faiss_Index_train (self->quantizer, (idx_t)n, x));
    FAISS_REQUIRE (self->quantizer->ntotal == (idx_t)self->nlist,
                   "nlist not consistent with quantizer size: expected %zu, got %lld", self->nlist,
                   (long long)self->quantizer->ntotal);
    return FAISS_OK;
}

/* k-means; the centroids go into the quantizer unless the index that assigned was the quantizer. */
static FaissStatus train_by_kmeans (const FaissLevel1Quantizer *self,
                                    const FaissClusteringParameters *cp, size_t n, const float *x,
                                    bool verbose, FaissIndex *assigner) {
    FaissIndex *quantizer = self->quantizer;
    FaissClustering clustering = {.cp = *cp, .d = (size_t)quantizer->d, .k = self->nlist};
    clustering.cp.verbose = clustering.cp.verbose || verbose;
    FaissStatus status = faiss_Clustering_train (&clustering, (idx_t)n, x, assigner);
    if (status == FAISS_OK && assigner != quantizer) {
        float *centroids = clustering.centroids.data;
        if (quantizer->ntotal != 0) {
            status = faiss_Index_reset (quantizer);
        }
        if (status == FAISS_OK && !quantizer->is_trained) {
            status = faiss_Index_train (quantizer, (idx_t)self->nlist, centroids);
        }
        if (status == FAISS_OK) {
            status = faiss_Index_add (quantizer, (idx_t)self->nlist, centroids);
        }
    }
    faiss_Float32Vector_clear (&clustering.centroids);
    faiss_ClusteringIterationStatsVector_clear (&clustering.iteration_stats);
    return status;
}

static FaissStatus train_by_flat (const FaissLevel1Quantizer *self, size_t n, const float *x,
                                  bool verbose, FaissMetricType metric) {
    FAISS_REQUIRE (metric == METRIC_L2 || (metric == METRIC_INNER_PRODUCT && self->cp.spherical),
                   "quantizer_trains_alone = 2 needs METRIC_L2, or METRIC_INNER_PRODUCT with "
                   "cp.spherical");
    if (self->clustering_index) {
        return train_by_kmeans (self, &self->cp, n, x, verbose, self->clustering_index);
    }
    FAISS_OWNED (IndexFlatL2) *flat = NULL;
    FAISS_TRY (faiss_IndexFlatL2_new_with (&flat, self->quantizer->d));
    return train_by_kmeans (self, &self->cp, n, x, verbose, &flat->index);
}

/* Upstream's SuperKMeans is k-means whose assignment skips what a random projection says is far:
 * with some error, for speed. Here assignment is fast without an error (clustering_assign.h), so
 * that only what else distinguishes it is left: the parameters it honours, its own L2 index, no
 * early stop, its limits. */
static FaissStatus train_by_super_kmeans (const FaissLevel1Quantizer *self, size_t n,
                                          const float *x, bool verbose) {
    enum { MIN_D = 32 };
    FAISS_REQUIRE (!self->clustering_index, "cp.use_super_kmeans is incompatible with a "
                                            "clustering_index: it assigns with its own index");
    FAISS_REQUIRE (self->quantizer->d >= MIN_D, "cp.use_super_kmeans: expected d >= %d, got %d",
                   MIN_D, self->quantizer->d);
    FaissClusteringParameters cp = self->cp;
    cp.nredo = 1;
    cp.int_centroids = false;
    cp.init_method = ClusteringInitMethod_RANDOM;
    cp.early_stop_threshold = -1;
    FAISS_OWNED (IndexFlatL2) *flat = NULL;
    FAISS_TRY (faiss_IndexFlatL2_new_with (&flat, self->quantizer->d));
    return train_by_kmeans (self, &cp, n, x, verbose, &flat->index);
}

static FaissStatus train_by_settings (const FaissLevel1Quantizer *self, size_t n, const float *x,
                                      bool verbose, FaissMetricType metric) {
    switch (self->quantizer_trains_alone) {
    case 0:
        if (self->cp.use_super_kmeans) {
            return train_by_super_kmeans (self, n, x, verbose);
        }
        return train_by_kmeans (self, &self->cp, n, x, verbose,
                                self->clustering_index ? self->clustering_index : self->quantizer);
    case 1:
        return train_alone (self, n, x);
    case 2:
        return train_by_flat (self, n, x, verbose, metric);
    default:
        FAISS_FAIL ("expected quantizer_trains_alone in 0 .. 2, got %d",
                    (int)self->quantizer_trains_alone);
    }
}

FaissStatus faiss_Level1Quantizer_train_q1 (const FaissLevel1Quantizer *self, size_t n,
                                            const float *x, bool verbose, FaissMetricType metric) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE (self->quantizer, "quantizer is NULL");
    FAISS_REQUIRE (self->nlist > 0, "expected nlist > 0, got 0");
    FAISS_REQUIRE (n <= INT64_MAX, "%zu training vectors are too many", n);
    FaissIndex *quantizer = self->quantizer;
    if (quantizer->is_trained && quantizer->ntotal == (idx_t)self->nlist) {
        if (verbose) {
            faiss_say ("IVF quantizer does not need training.\n");
        }
        return FAISS_OK;
    }
    if (verbose) {
        faiss_say ("Training level-1 quantizer on %zu vectors in %dD\n", n, quantizer->d);
    }
    idx_t ntotal = quantizer->ntotal;
    FaissStatus status = train_by_settings (self, n, x, verbose, metric);
    if (status != FAISS_OK && quantizer->ntotal != ntotal) {
        /* centroids on their way: the next training would take them for the trained ones */
        faiss_hold_interrupts (true);
        FaissStatus reset = faiss_Index_reset (quantizer);
        faiss_hold_interrupts (false);
        FAISS_TRY (reset);
    }
    return status;
}

/* ---- list numbers in codes ------------------------------------------------------------------- */

size_t faiss_Level1Quantizer_coarse_code_size (const FaissLevel1Quantizer *self) {
    if (!self) {
        return 0;
    }
    size_t n_bytes = 0;
    for (size_t largest = self->nlist ? self->nlist - 1 : 0; largest > 0; largest >>= 8) {
        n_bytes++;
    }
    return n_bytes;
}

void faiss_Level1Quantizer_encode_listno (const FaissLevel1Quantizer *self, idx_t list_no,
                                          uint8_t *code) {
    if (!self || !code) {
        return;
    }
    size_t n_bytes = faiss_Level1Quantizer_coarse_code_size (self);
    for (size_t i = 0; i < n_bytes; i++) {
        code[i] = (uint8_t)(list_no >> (8 * i));
    }
}

FaissStatus faiss_Level1Quantizer_decode_listno (const FaissLevel1Quantizer *self,
                                                 const uint8_t *code, idx_t *out) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE_ARG (code);
    FAISS_REQUIRE_ARG (out);
    size_t n_bytes = faiss_Level1Quantizer_coarse_code_size (self);
    uint64_t list_no = 0;
    for (size_t i = 0; i < n_bytes; i++) {
        list_no |= (uint64_t)code[i] << (8 * i);
    }
    FAISS_REQUIRE (list_no < self->nlist, "expected a list number below %zu, got %llu", self->nlist,
                   (unsigned long long)list_no);
    *out = (idx_t)list_no;
    return FAISS_OK;
}
