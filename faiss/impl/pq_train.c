/* Product quantization: training of the centroids. */
#include <math.h>
#include <string.h>

#include <faiss/IndexFlat.h>
#include <faiss/VectorTransform.h>
#include <faiss/impl/check.h>
#include <faiss/impl/parallel.h>
#include <faiss/impl/pq_internal.h>
#include <faiss/kernels/kernels.h>

typedef FaissProductQuantizer Pq;

/* ---- first centroids ------------------------------------------------------------------------- */

static void means (size_t n, size_t d, const float *x, float *out) {
    memset (out, 0, d * sizeof *out);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < d; j++) {
            out[j] += x[i * d + j];
        }
    }
    for (size_t j = 0; j < d; j++) {
        out[j] /= (float)n;
    }
}

/* The corners of a cube around the mean, as large as its largest component. */
static FaissStatus hypercube (size_t d, size_t nbits, size_t n, const float *x, float *centroids) {
    FAISS_AUTO_FREE (float) *mean = NULL;
    FAISS_TRY (faiss_alloc (&mean, d, sizeof *mean));
    means (n, d, x, mean);
    float largest = 0;
    for (size_t j = 0; j < d; j++) {
        largest = fabsf (mean[j]) > largest ? fabsf (mean[j]) : largest;
    }
    for (size_t i = 0; i < (size_t)1 << nbits; i++) {
        for (size_t j = 0; j < d; j++) {
            float offset = j >= nbits ? 0 : i >> j & 1 ? largest : -largest;
            centroids[i * d + j] = mean[j] + offset;
        }
    }
    return FAISS_OK;
}

/* The corners of a box along the first principal components. */
static FaissStatus hypercube_pca (size_t d, size_t nbits, size_t n, const float *x,
                                  float *centroids) {
    FAISS_OWNED (PCAMatrix) *pca = NULL;
    FAISS_AUTO_FREE (float) *mean = NULL;
    FAISS_REQUIRE (n >= (size_t)1 << nbits, "expected at least ksub=%zu training vectors, got %zu",
                   (size_t)1 << nbits, n);
    FAISS_TRY (faiss_alloc (&mean, d, sizeof *mean));
    FAISS_TRY (faiss_PCAMatrix_new_with (&pca, (int)d, (int)nbits, 0, false));
    FAISS_TRY (faiss_VectorTransform_train (&pca->transform, (idx_t)n, x));
    means (n, d, x, mean);
    for (size_t i = 0; i < (size_t)1 << nbits; i++) {
        float *centroid = centroids + i * d;
        memcpy (centroid, mean, d * sizeof *mean);
        for (size_t j = 0; j < nbits; j++) {
            float value = pca->eigenvalues.data[j];
            float length = (i >> j & 1 ? 1.0f : -1.0f) * sqrtf (value > 0 ? value : 0);
            for (size_t c = 0; c < d; c++) {
                centroid[c] += length * pca->PCAMat.data[j * d + c];
            }
        }
    }
    return FAISS_OK;
}

/* Set the centroids from which the k-means of sub-quantizer m begins, if they are not random. */
static FaissStatus first_centroids (const Pq *self, size_t m, size_t n, const float *x,
                                    FaissFloat32Vector *centroids) {
    size_t size = self->ksub * self->dsub;
    FaissProductQuantizerTrainType type = self->train_type;
    bool is_cube =
        type == ProductQuantizer_Train_hypercube || type == ProductQuantizer_Train_hypercube_pca;
    if (is_cube && self->dsub < self->nbits) {
        if (self->verbose) {
            faiss_say ("cannot train a hypercube: nbits=%zu > dsub=%zu\n", self->nbits, self->dsub);
        }
        return FAISS_OK;
    }
    if (!is_cube && type != ProductQuantizer_Train_hot_start) {
        return FAISS_OK;
    }
    FAISS_TRY (faiss_Float32Vector_resize (centroids, size));
    if (type == ProductQuantizer_Train_hypercube) {
        return hypercube (self->dsub, self->nbits, n, x, centroids->data);
    }
    if (type == ProductQuantizer_Train_hypercube_pca) {
        return hypercube_pca (self->dsub, self->nbits, n, x, centroids->data);
    }
    memcpy (centroids->data, self->centroids.data + m * size, size * sizeof *centroids->data);
    return FAISS_OK;
}

/* ---- assignment ------------------------------------------------------------------------------ */

/* A flat index for vectors of few components, whose nearest ones are found by columns. */
typedef struct FaissSmallFlat {
    union {
        FaissIndex index;
        FaissIndexFlatCodes flat_codes;
        FaissIndexFlat flat;
        FaissIndexFlatL2 flat_l2;
    };
} FaissSmallFlat;

/* Up to so many components, or with so few centroids, bounds that spare comparisons do not pay. */
enum { SMALL_D = 8, FEW_CENTROIDS = 128, BLOCK = 256 };

static void assign_block (const float *x, size_t n, size_t d, const float *columns,
                          const float *centroids, size_t k, float *distances, idx_t *labels) {
    uint32_t best[BLOCK];
    faiss_kernels.pq_nearest (x, d, n, d, columns, k, k, best);
    for (size_t i = 0; i < n; i++) {
        float sum = 0;
        for (size_t j = 0; j < d; j++) {
            float difference = centroids[best[i] * d + j] - x[i * d + j];
            sum += difference * difference;
        }
        distances[i] = sum;
        labels[i] = best[i];
    }
}

static FaissStatus SmallFlat_search (const FaissIndex *index, idx_t n, const float *x, idx_t k,
                                     const FaissSearchParameters *params, float *distances,
                                     idx_t *labels) {
    const FaissSmallFlat *self = FAISS_CONST_SELF (SmallFlat, index, index);
    if (k != 1 || params || index->ntotal == 0) {
        return faiss_IndexFlatL2_class.index.search (index, n, x, k, params, distances, labels);
    }
    size_t d = (size_t)index->d, ksub = (size_t)index->ntotal;
    const float *centroids = (const float *)(const void *)self->flat_codes.codes.data;
    FAISS_AUTO_FREE (float) *columns = NULL;
    FAISS_TRY (faiss_alloc (&columns, ksub * d, sizeof *columns));
    for (size_t i = 0; i < ksub; i++) {
        for (size_t j = 0; j < d; j++) {
            columns[j * ksub + i] = centroids[i * d + j];
        }
    }
    idx_t n_blocks = (n + BLOCK - 1) / BLOCK;
#pragma omp parallel for num_threads(faiss_threads_for(n_blocks))
    for (idx_t b = 0; b < n_blocks; b++) {
        idx_t begin = b * BLOCK, size = n - begin < BLOCK ? n - begin : BLOCK;
        assign_block (x + (size_t)begin * d, (size_t)size, d, columns, centroids, ksub,
                      distances + begin, labels + begin);
    }
    return FAISS_OK;
}

static FaissIndexFlatCodesClass small_flat_class = {
    .index = {.head = {.name = "SmallFlat",
                       .parent = &faiss_IndexFlatL2_class.index.head,
                       .instance_size = sizeof (FaissSmallFlat),
                       .table_size = sizeof (FaissIndexFlatCodesClass)},
              .search = SmallFlat_search},
};

/* What assigns vectors to centroids. */
static FaissStatus new_assigner (size_t d, size_t k, FaissIndex **out) {
    if (d > SMALL_D && k >= FEW_CENTROIDS) {
        FaissIndexFlatL2 *flat = NULL;
        FAISS_TRY (faiss_IndexFlatL2_new_with (&flat, (idx_t)d));
        *out = &flat->index;
        return FAISS_OK;
    }
    FAISS_OWNED (SmallFlat) *small = NULL;
    FAISS_TRY (faiss_object_new (&small, &small_flat_class.index.head));
    FAISS_TRY (faiss_IndexFlat_init (&small->flat, (idx_t)d, METRIC_L2));
    *out = FAISS_STEAL (small);
    return FAISS_OK;
}

/* ---- k-means --------------------------------------------------------------------------------- */

static void free_clustering (FaissClustering **clustering) {
    faiss_Clustering_free (*clustering);
}

/* Cluster n vectors of dsub components. @param out  ksub * dsub */
static FaissStatus cluster (const Pq *self, size_t m, size_t n, const float *x, float *out) {
    __attribute__ ((cleanup (free_clustering))) FaissClustering *clustering = NULL;
    FAISS_OWNED (Index) *own_index = NULL;
    FaissIndex *index = self->assign_index;
    FAISS_TRY (
        faiss_Clustering_new_with_cp (&clustering, (int)self->dsub, (int)self->ksub, &self->cp));
    FAISS_TRY (first_centroids (self, m, n, x, &clustering->centroids));
    if (self->verbose) {
        clustering->cp.verbose = true;
        faiss_say ("Training PQ slice %zu/%zu\n", m, self->M);
    }
    if (!index) {
        FAISS_TRY (new_assigner (self->dsub, self->ksub, &own_index));
        index = own_index;
    }
    FAISS_TRY (faiss_Clustering_train (clustering, (idx_t)n, x, index));
    memcpy (out, clustering->centroids.data, clustering->centroids.size * sizeof *out);
    return FAISS_OK;
}

static FaissStatus train_slice (const Pq *self, size_t m, size_t n, const float *x, float *out) {
    FAISS_AUTO_FREE (float) *slice = NULL;
    size_t d = self->quantizer.d, dsub = self->dsub;
    FAISS_TRY (faiss_alloc (&slice, n * dsub, sizeof *slice));
    for (size_t i = 0; i < n; i++) {
        memcpy (slice + i * dsub, x + i * d + m * dsub, dsub * sizeof *slice);
    }
    return cluster (self, m, n, slice, out + m * self->ksub * dsub);
}

static FaissStatus train_slices (const Pq *self, size_t n, const float *x, float *out) {
    for (size_t m = 0; m < self->M; m++) {
        FAISS_TRY (train_slice (self, m, n, x, out));
    }
    return FAISS_OK;
}

static FaissStatus train_shared (const Pq *self, size_t n, const float *x, float *out) {
    FAISS_TRY (cluster (self, 0, n * self->M, x, out));
    size_t size = self->ksub * self->dsub;
    for (size_t m = 1; m < self->M; m++) {
        memcpy (out + m * size, out, size * sizeof *out);
    }
    return FAISS_OK;
}

FaissStatus faiss_pq_train (FaissQuantizer *quantizer, size_t n, const float *x) {
    Pq *self = FAISS_SELF (ProductQuantizer, quantizer, quantizer);
    FAISS_TRY (faiss_pq_check ("ProductQuantizer_train", self));
    FAISS_REQUIRE ((unsigned)self->train_type <= ProductQuantizer_Train_hypercube_pca,
                   "unknown train_type %d", (int)self->train_type);
    FAISS_AUTO (Float32Vector) centroids = {0};
    FAISS_TRY (faiss_Float32Vector_resize (&centroids, self->centroids.size));
    if (self->train_type == ProductQuantizer_Train_shared) {
        FAISS_TRY (train_shared (self, n, x, centroids.data));
    } else {
        FAISS_TRY (train_slices (self, n, x, centroids.data));
    }
    faiss_Float32Vector_swap (&self->centroids, &centroids);
    return FAISS_OK;
}
