/* From an assignment to new centroids. */
#include <faiss/impl/clustering_update.h>

#include <string.h>

#include <faiss/impl/check.h>
#include <faiss/impl/parallel.h>
#include <faiss/utils/random.h>

FaissStatus faiss_ClusterSums_init (FaissClusterSums *self, size_t d, size_t k, size_t k_frozen,
                                    idx_t block) {
    *self = (FaissClusterSums){.d = d, .k = k, .k_frozen = k_frozen};
    FAISS_TRY (faiss_alloc (&self->hassign, k, sizeof *self->hassign));
    FAISS_TRY (faiss_alloc (&self->sizes, k, sizeof *self->sizes));
    FAISS_TRY (faiss_alloc (&self->order, (size_t)block, sizeof *self->order));
    return faiss_alloc (&self->begin, k + 1, sizeof *self->begin);
}

void faiss_ClusterSums_clear (FaissClusterSums *self) {
    free (self->hassign);
    free (self->sizes);
    free (self->order);
    free (self->begin);
    *self = (FaissClusterSums){0};
}

void faiss_ClusterSums_start (FaissClusterSums *self, float *centroids) {
    self->sums = centroids;
    memset (self->hassign, 0, self->k * sizeof *self->hassign);
    memset (self->sizes, 0, self->k * sizeof *self->sizes);
    memset (centroids + self->k_frozen * self->d, 0,
            (self->k - self->k_frozen) * self->d * sizeof *centroids);
}

/* Counting sort of the points by cluster, stable. */
static FaissStatus sort_points (FaissClusterSums *self, idx_t n, const idx_t *assign) {
    int64_t *begin = self->begin;
    memset (begin, 0, (self->k + 1) * sizeof *begin);
    for (idx_t i = 0; i < n; i++) {
        if ((uint64_t)assign[i] >= self->k) {
            return faiss_fail (FAISS_EXCEPT,
                               "Error in Clustering_train: the index assigns point %lld to %lld, "
                               "which is none of the %zu centroids",
                               (long long)i, (long long)assign[i], self->k);
        }
        begin[assign[i] + 1]++;
    }
    for (size_t c = 0; c < self->k; c++) {
        self->sizes[c] += begin[c + 1];
        begin[c + 1] += begin[c];
    }
    for (idx_t i = 0; i < n; i++) {
        self->order[begin[assign[i]]++] = (int)i;
    }
    /* each begin[c] has moved to the end of c, where c + 1 begins */
    memmove (begin + 1, begin, self->k * sizeof *begin);
    begin[0] = 0;
    return FAISS_OK;
}

static void prefetch_row (const float *row, size_t d) {
    for (size_t j = 0; j < d; j += 16) {
        __builtin_prefetch (row + j);
    }
}

static void add_row (float *restrict sum, const float *restrict row, size_t d) {
    for (size_t j = 0; j < d; j++) {
        sum[j] += row[j];
    }
}

static void add_weighted_row (float *restrict sum, const float *restrict row, float weight,
                              size_t d) {
    for (size_t j = 0; j < d; j++) {
        sum[j] += row[j] * weight;
    }
}

static void add_cluster (FaissClusterSums *self, size_t c, const float *x, const float *weights) {
    enum { AHEAD = 3 }; /* rows are scattered over memory */
    size_t d = self->d;
    float *sum = self->sums + c * d;
    float count = self->hassign[c];
    int64_t end = self->begin[c + 1];
    for (int64_t i = self->begin[c]; i < end; i++) {
        if (i + AHEAD < end) {
            prefetch_row (x + (size_t)self->order[i + AHEAD] * d, d);
        }
        size_t point = (size_t)self->order[i];
        if (weights) {
            add_weighted_row (sum, x + point * d, weights[point], d);
            count += weights[point];
        } else {
            add_row (sum, x + point * d, d);
            count += 1;
        }
    }
    self->hassign[c] = count;
}

FaissStatus faiss_ClusterSums_add (FaissClusterSums *self, idx_t n, const float *x,
                                   const idx_t *assign, const float *weights) {
    FAISS_TRY (sort_points (self, n, assign));
    /* small sums are not worth waking threads up for */
    int64_t n_jobs = (int64_t)self->d * n < 10000 ? 1 : (int64_t)(self->k - self->k_frozen);
    (void)n_jobs; /* without OpenMP */
#pragma omp parallel for num_threads(faiss_threads_for(n_jobs)) schedule(dynamic, 4)
    for (size_t c = self->k_frozen; c < self->k; c++) {
        add_cluster (self, c, x, weights);
    }
    return FAISS_OK;
}

void faiss_ClusterSums_finish (FaissClusterSums *self) {
    for (size_t c = self->k_frozen; c < self->k; c++) {
        if (self->hassign[c] == 0) {
            continue;
        }
        float norm = 1 / self->hassign[c];
        float *centroid = self->sums + c * self->d;
        for (size_t j = 0; j < self->d; j++) {
            centroid[j] *= norm;
        }
    }
}

/* The cluster to split: drawn with probability about its share of the points. Where that does not
 * come to an end (weights may sum up to next to nothing) it is the largest. */
static size_t choose_cluster (FaissRandomGenerator *generator, size_t k, size_t n,
                              const float *hassign) {
    size_t cluster = 0;
    for (size_t rejected = 0; rejected < 10 * k; rejected++) {
        float p = (float)(((double)hassign[cluster] - 1.0) / (double)(float)(n - k));
        if (faiss_RandomGenerator_rand_float (generator) < p) {
            return cluster;
        }
        cluster = (cluster + 1) % k;
    }
    size_t largest = 0;
    for (size_t c = 1; c < k; c++) {
        if (hassign[c] > hassign[largest]) {
            largest = c;
        }
    }
    return largest;
}

/* Two copies of a centroid, moved apart a little. */
static void move_apart (float *first, float *second, size_t d) {
    const float epsilon = 1 / 1024.0f;
    for (size_t j = 0; j < d; j++) {
        float sign = j % 2 == 0 ? 1.0f : -1.0f;
        first[j] *= 1 + sign * epsilon;
        second[j] *= 1 - sign * epsilon;
    }
}

int faiss_split_clusters (size_t d, size_t k, size_t n, size_t k_frozen, float *hassign,
                          float *centroids) {
    k -= k_frozen;
    hassign += k_frozen;
    centroids += k_frozen * d;
    FaissRandomGenerator generator;
    faiss_RandomGenerator_init (&generator, 1234);
    int n_split = 0;
    for (size_t empty = 0; empty < k; empty++) {
        if (hassign[empty] != 0) {
            continue;
        }
        size_t donor = choose_cluster (&generator, k, n, hassign);
        memcpy (centroids + empty * d, centroids + donor * d, d * sizeof *centroids);
        move_apart (centroids + empty * d, centroids + donor * d, d);
        hassign[empty] = hassign[donor] / 2;
        hassign[donor] -= hassign[empty];
        n_split++;
    }
    return n_split;
}
