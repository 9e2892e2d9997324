/* k-means assignment, AVX-512: 12 points x 32 centroids in 24 accumulators. */
#include <immintrin.h>

#include <faiss/kernels/kernels.h>
#include <faiss/kernels/unroll.h>

#define ALWAYS_INLINE static inline __attribute__ ((always_inline))

typedef enum Metric { IP, L2_NORMS } Metric; /* always constant arguments */

enum { POINTS = 12, ROWS = FAISS_KMEANS_ROWS };

/* sums[i][h]: point i with the rows 16 h .. 16 h + 15; a pointer per point */
ALWAYS_INLINE void products (const int n, const float *const points[POINTS], const float *rows,
                             size_t d, __m512 sums[POINTS][2]) {
    __m512 local[POINTS][2]; /* only indexed by constants once unrolled: registers */
    const float *p[POINTS];
    FAISS_UNROLL
    for (int i = 0; i < n; i++) {
        local[i][0] = local[i][1] = _mm512_setzero_ps ();
        p[i] = points[i];
    }
    for (size_t j = 0; j < d; j++) {
        __m512 row0 = _mm512_load_ps (rows + j * ROWS);
        __m512 row1 = _mm512_load_ps (rows + j * ROWS + 16);
        FAISS_UNROLL
        for (int i = 0; i < n; i++) {
            __m512 point = _mm512_set1_ps (p[i][j]);
            local[i][0] = _mm512_fmadd_ps (point, row0, local[i][0]);
            local[i][1] = _mm512_fmadd_ps (point, row1, local[i][1]);
        }
    }
    FAISS_UNROLL
    for (int i = 0; i < n; i++) {
        sums[i][0] = local[i][0];
        sums[i][1] = local[i][1];
    }
}

/* (|x|^2 + |y|^2) - 2xy, not below 0 */
ALWAYS_INLINE __m512 by_norms (float x_norm, __m512 row_norms, __m512 product) {
    __m512 value = _mm512_fnmadd_ps (_mm512_set1_ps (2), product,
                                     _mm512_add_ps (_mm512_set1_ps (x_norm), row_norms));
    return _mm512_max_ps (value, _mm512_setzero_ps ());
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
    __m512 sums[POINTS][2];
    products (n, points, group->rows, group->d, sums);
    __m512 norms[2] = {_mm512_setzero_ps (), _mm512_setzero_ps ()};
    if (metric == L2_NORMS) {
        norms[0] = _mm512_loadu_ps (group->row_norms);
        norms[1] = _mm512_loadu_ps (group->row_norms + 16);
    }
    unsigned present = group->n_rows < ROWS ? (1u << group->n_rows) - 1 : ~0u;
    __m512 worst = _mm512_set1_ps (metric == IP ? -__builtin_inff () : __builtin_inff ());
    for (int i = 0; i < n && first + (size_t)i <= last; i++) {
        __m512 v[2];
        for (int half = 0; half < 2; half++) {
            v[half] = sums[i][half];
            if (metric == L2_NORMS) {
                float x_norm = group->x_norms[group->points[first + (size_t)i]];
                v[half] = by_norms (x_norm, norms[half], v[half]);
            }
            v[half] = _mm512_mask_mov_ps (worst, (__mmask16)(present >> (16 * half)), v[half]);
        }
        float best = metric == IP ? _mm512_reduce_max_ps (_mm512_max_ps (v[0], v[1]))
                                  : _mm512_reduce_min_ps (_mm512_min_ps (v[0], v[1]));
        __m512 all_best = _mm512_set1_ps (best);
        unsigned where = _mm512_kunpackw (_mm512_cmp_ps_mask (v[1], all_best, _CMP_EQ_OQ),
                                          _mm512_cmp_ps_mask (v[0], all_best, _CMP_EQ_OQ));
        group->vals[first + (size_t)i] = best;
        group->best[first + (size_t)i] = where ? (uint32_t)__builtin_ctz (where) : 0;
    }
}

ALWAYS_INLINE void nearest (const Metric metric, const FaissKmeansGroup *group) {
    size_t i = 0;
    for (; i + 8 < group->n; i += 12) {
        tile (metric, 12, group, i);
    }
    if (i + 4 < group->n) {
        tile (metric, 8, group, i);
    } else if (i < group->n) {
        tile (metric, 4, group, i);
    }
}

void faiss_kmeans_nearest_ip_avx512 (const FaissKmeansGroup *group) {
    nearest (IP, group);
}

void faiss_kmeans_nearest_L2_norms_avx512 (const FaissKmeansGroup *group) {
    nearest (L2_NORMS, group);
}
