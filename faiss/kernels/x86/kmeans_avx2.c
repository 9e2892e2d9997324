/* k-means assignment, AVX2: 6 points x 16 centroids in 12 accumulators, twice per group. */
#include <immintrin.h>

#include <faiss/kernels/kernels.h>
#include <faiss/kernels/unroll.h>

#define ALWAYS_INLINE static inline __attribute__ ((always_inline))

typedef enum Metric { IP, L2_NORMS } Metric; /* always constant arguments */

enum { POINTS = 6, LANES = 8, ROWS = FAISS_KMEANS_ROWS, PARTS = ROWS / LANES };

/* sums[i][h]: point i with the rows LANES h .. of two neighbouring parts of the group */
ALWAYS_INLINE void products (const int n, const float *const points[POINTS], const float *rows,
                             size_t d, __m256 sums[POINTS][PARTS], const int part) {
    __m256 local[POINTS][2]; /* only indexed by constants once unrolled: registers */
    const float *p[POINTS];
    FAISS_UNROLL
    for (int i = 0; i < n; i++) {
        local[i][0] = local[i][1] = _mm256_setzero_ps ();
        p[i] = points[i];
    }
    for (size_t j = 0; j < d; j++) {
        __m256 row0 = _mm256_load_ps (rows + j * ROWS + LANES * part);
        __m256 row1 = _mm256_load_ps (rows + j * ROWS + LANES * (part + 1));
        FAISS_UNROLL
        for (int i = 0; i < n; i++) {
            __m256 point = _mm256_broadcast_ss (p[i] + j);
            local[i][0] = _mm256_fmadd_ps (point, row0, local[i][0]);
            local[i][1] = _mm256_fmadd_ps (point, row1, local[i][1]);
        }
    }
    FAISS_UNROLL
    for (int i = 0; i < n; i++) {
        sums[i][part] = local[i][0];
        sums[i][part + 1] = local[i][1];
    }
}

/* (|x|^2 + |y|^2) - 2xy, not below 0 */
ALWAYS_INLINE __m256 by_norms (float x_norm, __m256 row_norms, __m256 product) {
    __m256 value = _mm256_fnmadd_ps (_mm256_set1_ps (2), product,
                                     _mm256_add_ps (_mm256_set1_ps (x_norm), row_norms));
    return _mm256_max_ps (value, _mm256_setzero_ps ());
}

ALWAYS_INLINE float reduce (const Metric metric, __m256 v) {
    __m128 w = metric == IP ? _mm_max_ps (_mm256_castps256_ps128 (v), _mm256_extractf128_ps (v, 1))
                            : _mm_min_ps (_mm256_castps256_ps128 (v), _mm256_extractf128_ps (v, 1));
    __m128 u = _mm_movehl_ps (w, w);
    w = metric == IP ? _mm_max_ps (w, u) : _mm_min_ps (w, u);
    u = _mm_shuffle_ps (w, w, 1);
    return _mm_cvtss_f32 (metric == IP ? _mm_max_ss (w, u) : _mm_min_ss (w, u));
}

/* All ones in the lanes of a part that hold rows. */
ALWAYS_INLINE __m256 present_lanes (unsigned n_rows, int part) {
    __m256i lane = _mm256_setr_epi32 (0, 1, 2, 3, 4, 5, 6, 7);
    __m256i n = _mm256_set1_epi32 ((int)n_rows - LANES * part);
    return _mm256_castsi256_ps (_mm256_cmpgt_epi32 (n, lane));
}

/* The points first .. first + n - 1 of the list, of which the last ones may be repetitions. */
ALWAYS_INLINE void tile (const Metric metric, const int n, const FaissKmeansGroup *group,
                         size_t first) {
    const float *points[POINTS];
    size_t last = group->n - 1;
    for (int i = 0; i < n; i++) {
        size_t at = first + (size_t)i < last ? first + (size_t)i : last;
        points[i] = group->x + (size_t)group->points[at] * group->d;
    }
    __m256 sums[POINTS][PARTS];
    products (n, points, group->rows, group->d, sums, 0);
    products (n, points, group->rows, group->d, sums, 2);
    __m256 worst = _mm256_set1_ps (metric == IP ? -__builtin_inff () : __builtin_inff ());
    for (int i = 0; i < n && first + (size_t)i <= last; i++) {
        __m256 v[PARTS];
        for (int part = 0; part < PARTS; part++) {
            v[part] = sums[i][part];
            if (metric == L2_NORMS) {
                v[part] = by_norms (group->x_norms[group->points[first + (size_t)i]],
                                    _mm256_loadu_ps (group->row_norms + LANES * part), v[part]);
            }
            v[part] = _mm256_blendv_ps (worst, v[part], present_lanes (group->n_rows, part));
        }
        __m256 low = metric == IP ? _mm256_max_ps (v[0], v[1]) : _mm256_min_ps (v[0], v[1]);
        __m256 high = metric == IP ? _mm256_max_ps (v[2], v[3]) : _mm256_min_ps (v[2], v[3]);
        float best =
            reduce (metric, metric == IP ? _mm256_max_ps (low, high) : _mm256_min_ps (low, high));
        __m256 all_best = _mm256_set1_ps (best);
        unsigned where = 0;
        for (int part = 0; part < PARTS; part++) {
            __m256 equal = _mm256_cmp_ps (v[part], all_best, _CMP_EQ_OQ);
            where |= (unsigned)_mm256_movemask_ps (equal) << (LANES * part);
        }
        group->vals[first + (size_t)i] = best;
        group->best[first + (size_t)i] = where ? (uint32_t)__builtin_ctz (where) : 0;
    }
}

ALWAYS_INLINE void nearest (const Metric metric, const FaissKmeansGroup *group) {
    size_t i = 0;
    for (; i + 3 < group->n; i += 6) {
        tile (metric, 6, group, i);
    }
    if (i < group->n) {
        tile (metric, 3, group, i);
    }
}

void faiss_kmeans_nearest_ip_avx2 (const FaissKmeansGroup *group) {
    nearest (IP, group);
}

void faiss_kmeans_nearest_L2_norms_avx2 (const FaissKmeansGroup *group) {
    nearest (L2_NORMS, group);
}
