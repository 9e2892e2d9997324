/* Product quantizers: nearest centroids and tables of distances, AVX2. */
#include <immintrin.h>

#include <faiss/kernels/kernels.h>
#include <faiss/kernels/pq_swap_cost_tmpl.h>
#include <faiss/kernels/unroll.h>

#define VECTOR 8
#include <faiss/kernels/x86/pq_tmpl.h>

/* The first n lanes. */
static inline __m256i first_lanes (size_t n) {
    const __m256i lanes = _mm256_setr_epi32 (0, 1, 2, 3, 4, 5, 6, 7);
    return _mm256_cmpgt_epi32 (_mm256_set1_epi32 (n < VECTOR ? (int)n : VECTOR), lanes);
}

ALWAYS_INLINE __m256 term (const Metric metric, __m256 centroids, __m256 point, __m256 sum) {
    if (metric == IP) {
        return _mm256_fmadd_ps (centroids, point, sum);
    }
    __m256 difference = _mm256_sub_ps (centroids, point);
    return _mm256_fmadd_ps (difference, difference, sum);
}

/* ---- nearest centroids ----------------------------------------------------------------------- */

/* What some points have found: by lane, the nearest centroid and the number of its vector. */
typedef struct Nearest {
    __m256 distances[POINTS];
    __m256i which[POINTS];
} Nearest;

/* n_points points against n_vectors times 8 centroids from `first` on. @param there  lanes of the
 * vector, if it is but one and not whole */
ALWAYS_INLINE void compare (const int n_points, const int n_vectors, const bool is_whole,
                            const float *const *points, size_t dsub, const float *columns,
                            size_t ld, size_t first, __m256i there, Nearest *nearest) {
    __m256 sums[POINTS][2];
    FAISS_UNROLL
    for (int p = 0; p < n_points; p++) {
        sums[p][0] = sums[p][1] = _mm256_setzero_ps ();
    }
    for (size_t j = 0; j < dsub; j++) {
        FAISS_UNROLL
        for (int v = 0; v < n_vectors; v++) {
            const float *column = columns + j * ld + first + (size_t)v * VECTOR;
            __m256 centroids =
                is_whole ? _mm256_loadu_ps (column) : _mm256_maskload_ps (column, there);
            FAISS_UNROLL
            for (int p = 0; p < n_points; p++) {
                sums[p][v] = term (L2, centroids, _mm256_set1_ps (points[p][j]), sums[p][v]);
            }
        }
    }
    FAISS_UNROLL
    for (int v = 0; v < n_vectors; v++) {
        __m256i number = _mm256_set1_epi32 ((int)(first / VECTOR) + v);
        FAISS_UNROLL
        for (int p = 0; p < n_points; p++) {
            __m256 better = _mm256_cmp_ps (sums[p][v], nearest->distances[p], _CMP_LT_OQ);
            if (!is_whole) {
                better = _mm256_and_ps (better, _mm256_castsi256_ps (there));
            }
            nearest->distances[p] = _mm256_blendv_ps (nearest->distances[p], sums[p][v], better);
            nearest->which[p] =
                _mm256_blendv_epi8 (nearest->which[p], number, _mm256_castps_si256 (better));
        }
    }
}

/* The smallest of 8 unsigned numbers. */
static inline uint32_t smallest_of (__m256i numbers) {
    __m128i four =
        _mm_min_epu32 (_mm256_castsi256_si128 (numbers), _mm256_extracti128_si256 (numbers, 1));
    four = _mm_min_epu32 (four, _mm_shuffle_epi32 (four, 0x4e));
    four = _mm_min_epu32 (four, _mm_shuffle_epi32 (four, 0xb1));
    return (uint32_t)_mm_cvtsi128_si32 (four);
}

/* The first of the nearest. */
static inline uint32_t first_nearest (__m256 distances, __m256i which) {
    const __m256i lanes = _mm256_setr_epi32 (0, 1, 2, 3, 4, 5, 6, 7);
    __m256 smallest = _mm256_min_ps (distances, _mm256_permute2f128_ps (distances, distances, 1));
    smallest = _mm256_min_ps (smallest, _mm256_permute_ps (smallest, 0x4e));
    smallest = _mm256_min_ps (smallest, _mm256_permute_ps (smallest, 0xb1));
    __m256 others = _mm256_cmp_ps (distances, smallest, _CMP_NEQ_OQ);
    __m256i numbers = _mm256_or_si256 (_mm256_slli_epi32 (which, 3), lanes);
    return smallest_of (_mm256_or_si256 (numbers, _mm256_castps_si256 (others)));
}

ALWAYS_INLINE void nearest_of_points (const int n_points, const float *x, size_t stride,
                                      size_t dsub, const float *columns, size_t ld, size_t ksub,
                                      uint32_t *best) {
    const float *points[POINTS];
    const __m256i all = _mm256_set1_epi32 (-1);
    Nearest nearest;
    FAISS_UNROLL
    for (int p = 0; p < n_points; p++) {
        points[p] = x + (size_t)p * stride;
        nearest.distances[p] = _mm256_set1_ps (__builtin_inff ());
        nearest.which[p] = _mm256_setzero_si256 ();
    }
    size_t i = 0;
    for (; i + 2 * VECTOR <= ksub; i += 2 * VECTOR) {
        compare (n_points, 2, true, points, dsub, columns, ld, i, all, &nearest);
    }
    for (; i < ksub; i += VECTOR) {
        compare (n_points, 1, false, points, dsub, columns, ld, i, first_lanes (ksub - i),
                 &nearest);
    }
    FAISS_UNROLL
    for (int p = 0; p < n_points; p++) {
        best[p] = first_nearest (nearest.distances[p], nearest.which[p]);
    }
}

void faiss_pq_nearest_avx2 (const float *x, size_t stride, size_t n, size_t dsub,
                            const float *columns, size_t ld, size_t ksub, uint32_t *best) {
    nearest (x, stride, n, dsub, columns, ld, ksub, best);
}

/* ---- tables of distances --------------------------------------------------------------------- */

/* n_vectors times 8 centroids, which are all there. */
ALWAYS_INLINE void columns_together (const Metric metric, const int n_vectors, const float *x,
                                     size_t dsub, const float *columns, size_t ld, float *out) {
    __m256 sums[QUAD];
    FAISS_UNROLL
    for (int v = 0; v < n_vectors; v++) {
        sums[v] = _mm256_setzero_ps ();
    }
    for (size_t j = 0; j < dsub; j++) {
        __m256 point = _mm256_set1_ps (x[j]);
        FAISS_UNROLL
        for (int v = 0; v < n_vectors; v++) {
            sums[v] =
                term (metric, _mm256_loadu_ps (columns + j * ld + v * VECTOR), point, sums[v]);
        }
    }
    FAISS_UNROLL
    for (int v = 0; v < n_vectors; v++) {
        _mm256_storeu_ps (out + v * VECTOR, sums[v]);
    }
}

ALWAYS_INLINE void table_by_columns (const Metric metric, const float *x, size_t dsub,
                                     const float *columns, size_t ld, size_t ksub, float *out) {
    size_t i = 0;
    for (; i + QUAD * VECTOR <= ksub; i += QUAD * VECTOR) {
        columns_together (metric, QUAD, x, dsub, columns + i, ld, out + i);
    }
    for (; i + VECTOR <= ksub; i += VECTOR) {
        columns_together (metric, 1, x, dsub, columns + i, ld, out + i);
    }
    if (i < ksub) {
        __m256i there = first_lanes (ksub - i);
        __m256 sum = _mm256_setzero_ps ();
        for (size_t j = 0; j < dsub; j++) {
            sum = term (metric, _mm256_maskload_ps (columns + j * ld + i, there),
                        _mm256_set1_ps (x[j]), sum);
        }
        _mm256_maskstore_ps (out + i, there, sum);
    }
}

void faiss_pq_table_L2_avx2 (const float *x, size_t dsub, const float *columns, size_t ld,
                             size_t ksub, float *out) {
    table_by_columns (L2, x, dsub, columns, ld, ksub, out);
}

void faiss_pq_table_ip_avx2 (const float *x, size_t dsub, const float *columns, size_t ld,
                             size_t ksub, float *out) {
    table_by_columns (IP, x, dsub, columns, ld, ksub, out);
}

/* Two components of 8 centroids in a row. */
static inline void load_pairs (const float *rows, __m256 columns[2]) {
    __m256 a = _mm256_loadu_ps (rows), b = _mm256_loadu_ps (rows + VECTOR);
    for (int j = 0; j < 2; j++) {
        __m256 mixed = j == 0 ? _mm256_shuffle_ps (a, b, 0x88) : _mm256_shuffle_ps (a, b, 0xdd);
        columns[j] = _mm256_castpd_ps (_mm256_permute4x64_pd (_mm256_castps_pd (mixed), 0xd8));
    }
}

/* Up to four components of 8 centroids dsub apart, one vector per component. */
ALWAYS_INLINE void load_quads (const bool is_whole, const float *rows, size_t dsub, __m128i there,
                               __m256 columns[QUAD]) {
    __m256 quads[QUAD];
    FAISS_UNROLL
    for (size_t i = 0; i < QUAD; i++) {
        const float *a = rows + i * dsub, *b = rows + (i + QUAD) * dsub;
        __m128 low = is_whole ? _mm_loadu_ps (a) : _mm_maskload_ps (a, there);
        __m128 high = is_whole ? _mm_loadu_ps (b) : _mm_maskload_ps (b, there);
        quads[i] = _mm256_insertf128_ps (_mm256_castps128_ps256 (low), high, 1);
    }
    __m256 a = _mm256_unpacklo_ps (quads[0], quads[2]), b = _mm256_unpackhi_ps (quads[0], quads[2]);
    __m256 c = _mm256_unpacklo_ps (quads[1], quads[3]), d = _mm256_unpackhi_ps (quads[1], quads[3]);
    columns[0] = _mm256_unpacklo_ps (a, c);
    columns[1] = _mm256_unpackhi_ps (a, c);
    columns[2] = _mm256_unpacklo_ps (b, d);
    columns[3] = _mm256_unpackhi_ps (b, d);
}

/* 8 centroids by their rows, which are all there. */
ALWAYS_INLINE __m256 sum_of_rows (const Metric metric, const float *x, size_t dsub,
                                  const float *rows) {
    __m256 columns[QUAD], sum = _mm256_setzero_ps ();
    if (dsub == 2) {
        load_pairs (rows, columns);
        sum = term (metric, columns[0], _mm256_set1_ps (x[0]), sum);
        return term (metric, columns[1], _mm256_set1_ps (x[1]), sum);
    }
    size_t j = 0;
    for (; j + QUAD <= dsub; j += QUAD) {
        load_quads (true, rows + j, dsub, _mm_setzero_si128 (), columns);
        FAISS_UNROLL
        for (size_t i = 0; i < QUAD; i++) {
            sum = term (metric, columns[i], _mm256_set1_ps (x[j + i]), sum);
        }
    }
    size_t left = dsub - j;
    if (left > 0 && dsub > QUAD) { /* once more the last four, of which some are done */
        load_quads (true, rows + dsub - QUAD, dsub, _mm_setzero_si128 (), columns);
        sum = left > 2 ? term (metric, columns[1], _mm256_set1_ps (x[dsub - 3]), sum) : sum;
        sum = left > 1 ? term (metric, columns[2], _mm256_set1_ps (x[dsub - 2]), sum) : sum;
        sum = term (metric, columns[3], _mm256_set1_ps (x[dsub - 1]), sum);
    } else if (left > 0) { /* three */
        load_quads (false, rows, dsub, _mm256_castsi256_si128 (first_lanes (dsub)), columns);
        for (; j < dsub; j++) {
            sum = term (metric, columns[j], _mm256_set1_ps (x[j]), sum);
        }
    }
    return sum;
}

ALWAYS_INLINE void store_sums_of_rows (const Metric metric, const float *x, const size_t dsub,
                                       const float *rows, float *out) {
    _mm256_storeu_ps (out, sum_of_rows (metric, x, dsub, rows));
}

void faiss_pq_row_table_L2_avx2 (const float *x, size_t dsub, const float *centroids, size_t ksub,
                                 float *out) {
    table_of_rows (L2, x, dsub, centroids, ksub, out);
}

void faiss_pq_row_table_ip_avx2 (const float *x, size_t dsub, const float *centroids, size_t ksub,
                                 float *out) {
    table_of_rows (IP, x, dsub, centroids, ksub, out);
}

/* ---- polysemous training --------------------------------------------------------------------- */

enum { DOUBLES = 4, PARTS = SWAP_LANES / DOUBLES };

double faiss_pq_swap_cost_avx2 (const double *u1, const double *u2, const double *w1,
                                const double *w2, size_t n, uint32_t a, uint32_t b) {
    if (n < SWAP_LANES) {
        return swap_cost (u1, u2, w1, w2, n, a, b);
    }
    double low_differences[SWAP_LANES], low_totals[SWAP_LANES], lanes[SWAP_LANES], sum = 0;
    __m256d differences[PARTS], totals[PARTS], sums[PARTS];
    swap_low_bits (a, b, low_differences, low_totals);
    for (int h = 0; h < PARTS; h++) {
        differences[h] = _mm256_loadu_pd (low_differences + h * DOUBLES);
        totals[h] = _mm256_loadu_pd (low_totals + h * DOUBLES);
        sums[h] = _mm256_setzero_pd ();
    }
    for (size_t first = 0; first < n; first += SWAP_LANES) {
        int of_a = __builtin_popcount ((a & ~15u) ^ (uint32_t)first);
        int of_b = __builtin_popcount ((b & ~15u) ^ (uint32_t)first);
        __m256d difference = _mm256_set1_pd (of_a - of_b), total = _mm256_set1_pd (of_a + of_b);
        FAISS_UNROLL
        for (int h = 0; h < PARTS; h++) {
            size_t c = first + (size_t)h * DOUBLES;
            __m256d u = _mm256_sub_pd (_mm256_loadu_pd (u1 + c), _mm256_loadu_pd (u2 + c));
            __m256d w = _mm256_sub_pd (_mm256_loadu_pd (w1 + c), _mm256_loadu_pd (w2 + c));
            u = _mm256_fnmadd_pd (_mm256_add_pd (totals[h], total), w, u);
            sums[h] = _mm256_fmadd_pd (_mm256_add_pd (differences[h], difference), u, sums[h]);
        }
    }
    for (int h = 0; h < PARTS; h++) {
        _mm256_storeu_pd (lanes + h * DOUBLES, sums[h]);
    }
    for (int i = 0; i < SWAP_LANES; i++) {
        sum += lanes[i];
    }
    return sum;
}
