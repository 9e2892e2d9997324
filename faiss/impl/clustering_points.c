/* The training set of a k-means. */
#include <faiss/impl/clustering_points.h>

#include <limits.h>
#include <string.h>
#include <time.h>

#include <faiss/impl/check.h>
#include <faiss/impl/parallel.h>
#include <faiss/impl/random_internal.h>
#include <faiss/utils/random.h>

void faiss_ClusteringPoints_clear (FaissClusteringPoints *self) {
    free (self->decoded);
    free (self->owned_points);
    free (self->owned_weights);
    *self = (FaissClusteringPoints){0};
}

int64_t faiss_clustering_seed (int seed) {
    if (seed >= 0) {
        return seed;
    }
    struct timespec now;
    clock_gettime (CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* All exponent bits set: infinite or NaN. Integer tests, so that compilers vectorise them. */
static bool all_finite (const float *x, size_t n) {
    uint32_t found = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t bits;
        memcpy (&bits, x + i, sizeof bits);
        found |= (bits & 0x7f800000u) == 0x7f800000u;
    }
    return !found;
}

FaissStatus faiss_clustering_check_finite (const FaissClusteringPoints *points) {
    if (!points->x) {
        return FAISS_OK;
    }
    int found = 0;
#pragma omp parallel for num_threads(faiss_threads_for(points->n)) reduction(| : found)
    for (idx_t i = 0; i < points->n; i++) {
        found |= !all_finite (points->x + (size_t)i * points->d, points->d);
    }
    if (found) {
        return faiss_fail (FAISS_EXCEPT,
                           "Error in Clustering_train: input contains NaN's or Inf's");
    }
    return FAISS_OK;
}

/* Which points make the sample. */
static FaissStatus choose (idx_t n, idx_t nmax, int64_t seed, bool with_replacement, int **out) {
    FAISS_AUTO_FREE (int) *chosen = NULL;
    FAISS_TRY (faiss_alloc (&chosen, (size_t)(with_replacement ? nmax : n), sizeof *chosen));
    if (with_replacement) {
        FaissSplitMix64RandomGenerator generator;
        faiss_SplitMix64RandomGenerator_init (&generator, seed);
        for (idx_t i = 0; i < nmax; i++) {
            chosen[i] = (int)(faiss_SplitMix64RandomGenerator_rand_int64 (&generator) % n);
        }
    } else {
        faiss_rand_perm_prefix (chosen, (size_t)n, (size_t)nmax, seed);
    }
    *out = FAISS_STEAL (chosen);
    return FAISS_OK;
}

FaissStatus faiss_clustering_subsample (FaissClusteringPoints *points, idx_t nmax, int64_t seed,
                                        bool with_replacement) {
    if (points->n <= nmax) {
        return FAISS_OK;
    }
    const char *rows = points->x ? (const char *)points->x : (const char *)points->codes;
    size_t row_size = points->x ? points->d * sizeof *points->x : points->code_size;
    FAISS_AUTO_FREE (int) *chosen = NULL;
    FAISS_AUTO_FREE (char) *sample = NULL;
    FAISS_AUTO_FREE (float) *weights = NULL;
    FAISS_TRY (choose (points->n, nmax, seed, with_replacement, &chosen));
    FAISS_TRY (faiss_alloc_aligned (&sample, (size_t)nmax, row_size));
    if (points->weights) {
        FAISS_TRY (faiss_alloc (&weights, (size_t)nmax, sizeof *weights));
    }
#pragma omp parallel for num_threads(faiss_threads_for(nmax)) schedule(static)
    for (idx_t i = 0; i < nmax; i++) {
        memcpy (sample + (size_t)i * row_size, rows + (size_t)chosen[i] * row_size, row_size);
        if (weights) {
            weights[i] = points->weights[chosen[i]];
        }
    }
    if (points->x) {
        points->x = (const float *)(void *)sample;
    } else {
        points->codes = (const uint8_t *)sample;
    }
    points->n = nmax;
    points->weights = weights;
    points->owned_points = FAISS_STEAL (sample);
    points->owned_weights = FAISS_STEAL (weights);
    return FAISS_OK;
}

FaissStatus faiss_clustering_point (const FaissClusteringPoints *points, idx_t i, float *out) {
    if (points->x) {
        memcpy (out, points->x + (size_t)i * points->d, points->d * sizeof *out);
        return FAISS_OK;
    }
    return faiss_Index_sa_decode (points->codec, 1, points->codes + (size_t)i * points->code_size,
                                  out);
}

FaissStatus faiss_clustering_block (FaissClusteringPoints *points, idx_t begin, idx_t end,
                                    const float **out) {
    if (points->x) {
        *out = points->x + (size_t)begin * points->d;
        return FAISS_OK;
    }
    if (!points->decoded) {
        idx_t size = points->block < points->n ? points->block : points->n;
        FAISS_TRY (faiss_alloc_aligned (&points->decoded, (size_t)size * points->d,
                                        sizeof *points->decoded));
    }
    FAISS_TRY (faiss_Index_sa_decode (points->codec, end - begin,
                                      points->codes + (size_t)begin * points->code_size,
                                      points->decoded));
    *out = points->decoded;
    return FAISS_OK;
}
