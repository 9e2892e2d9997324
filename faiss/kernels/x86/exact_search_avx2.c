/* Exhaustive search, AVX2 with FMA: 6 queries x 16 rows in 12 accumulators; lanes run along the
 * rows.
 *
 * A panel of 12 queries is done in two parts and a group of 32 rows in two halves, since there are
 * 16 registers only.
 */
#include <immintrin.h>

#include <faiss/kernels/kernels.h>
#include <faiss/kernels/unroll.h>

#define ALWAYS_INLINE static inline __attribute__ ((always_inline))

typedef enum Metric { IP, L2, L2_NORMS } Metric; /* always constant arguments */
typedef enum Keep { COLLECT, NEAREST } Keep;

enum {
    QUERIES = FAISS_EXACT_QUERIES,
    ROWS = FAISS_EXACT_ROWS,
    CHUNK = 128,
    PACK_AHEAD = 16,
    PART = 6,
    HALF = 16
};

/* ---- packing: transpose 8 x 8 ---------------------------------------------------------------- */

ALWAYS_INLINE void transpose_8 (__m256 r[8]) {
    __m256 t[8];
    for (int i = 0; i < 8; i += 2) {
        t[i] = _mm256_unpacklo_ps (r[i], r[i + 1]);
        t[i + 1] = _mm256_unpackhi_ps (r[i], r[i + 1]);
    }
    for (int i = 0; i < 8; i += 4) {
        r[i] = _mm256_shuffle_ps (t[i], t[i + 2], 0x44);
        r[i + 1] = _mm256_shuffle_ps (t[i], t[i + 2], 0xee);
        r[i + 2] = _mm256_shuffle_ps (t[i + 1], t[i + 3], 0x44);
        r[i + 3] = _mm256_shuffle_ps (t[i + 1], t[i + 3], 0xee);
    }
    for (int i = 0; i < 4; i++) {
        t[i] = _mm256_permute2f128_ps (r[i], r[i + 4], 0x20);
        t[i + 4] = _mm256_permute2f128_ps (r[i], r[i + 4], 0x31);
    }
    for (int i = 0; i < 8; i++) {
        r[i] = t[i];
    }
}

/* 8 rows, NULL for those that are missing, into lanes of out[j * ROWS].
 *
 * They are read in columns, which the hardware does not foresee: what is read next, 8 * d floats
 * from `ahead` on, is asked for meanwhile. */
ALWAYS_INLINE void pack_8 (const FaissStoredFloat *const rows[8], size_t d, const float *ahead,
                           float *out) {
    size_t j = 0;
    for (; j + 8 <= d; j += 8) {
        for (size_t line = 0; line < 4; line++) {
            _mm_prefetch ((const char *)(ahead + j * 8 + line * 16), _MM_HINT_T0);
        }
        __m256 r[8];
        for (int i = 0; i < 8; i++) {
            r[i] = rows[i] ? _mm256_loadu_ps ((const float *)(rows[i] + j)) : _mm256_setzero_ps ();
        }
        transpose_8 (r);
        for (int i = 0; i < 8; i++) {
            _mm256_store_ps (out + (j + (size_t)i) * ROWS, r[i]);
        }
    }
    for (; j < d; j++) {
        for (int i = 0; i < 8; i++) {
            out[j * ROWS + (size_t)i] = rows[i] ? rows[i][j] : 0;
        }
    }
}

void faiss_exact_pack_rows_avx2 (const float *y, const uint32_t *ids, size_t n, size_t d,
                                 float *out) {
    for (size_t first = 0; first < n; first += ROWS) {
        for (size_t part = 0; part < ROWS; part += 8) {
            const FaissStoredFloat *rows[8];
            for (size_t i = 0; i < 8; i++) {
                size_t row = first + part + i;
                rows[i] = row < n ? y + (ids ? ids[row] : row) * d : NULL;
            }
            const float *ahead = ids ? y : y + (first + part + PACK_AHEAD) * d;
            pack_8 (rows, d, ahead, out + first * d + part);
        }
    }
}

/* ---- the micro-kernel ------------------------------------------------------------------------ */

/* sums[i][h]: query i with the rows 8 h .. 8 h + 7 of half a group */
ALWAYS_INLINE void add_chunk (const Metric metric, const int n, const float *queries,
                              const float *rows, size_t begin, size_t end, __m256 sums[PART][2]) {
    __m256 local[PART][2]; /* only indexed by constants once unrolled: registers */
    FAISS_UNROLL
    for (int i = 0; i < n; i++) {
        local[i][0] = local[i][1] = _mm256_setzero_ps ();
    }
    for (size_t j = begin; j < end; j++) {
        __m256 row0 = _mm256_load_ps (rows + j * ROWS);
        __m256 row1 = _mm256_load_ps (rows + j * ROWS + 8);
        FAISS_UNROLL
        for (int i = 0; i < n; i++) {
            __m256 query = _mm256_broadcast_ss (queries + j * QUERIES + i);
            if (metric == L2) {
                __m256 difference = _mm256_sub_ps (query, row0);
                local[i][0] = _mm256_fmadd_ps (difference, difference, local[i][0]);
                difference = _mm256_sub_ps (query, row1);
                local[i][1] = _mm256_fmadd_ps (difference, difference, local[i][1]);
            } else {
                local[i][0] = _mm256_fmadd_ps (query, row0, local[i][0]);
                local[i][1] = _mm256_fmadd_ps (query, row1, local[i][1]);
            }
        }
    }
    FAISS_UNROLL
    for (int i = 0; i < n; i++) {
        sums[i][0] = begin == 0 ? local[i][0] : _mm256_add_ps (sums[i][0], local[i][0]);
        sums[i][1] = begin == 0 ? local[i][1] : _mm256_add_ps (sums[i][1], local[i][1]);
    }
}

/* Long sums are made of sums of CHUNK terms: the rounding error grows with the length. */
ALWAYS_INLINE void sums_of_half (const Metric metric, const int n, const float *queries,
                                 const float *rows, size_t d, __m256 sums[PART][2]) {
    size_t j = 0;
    do {
        size_t end = d - j < CHUNK ? d : j + CHUNK;
        add_chunk (metric, n, queries, rows, j, end, sums);
        j = end;
    } while (j < d);
}

/* (|x|^2 + |y|^2) - 2xy, not below 0. max returns its second operand where one is NaN. */
ALWAYS_INLINE __m256 by_norms (__m256 query_norm, __m256 row_norms, __m256 product) {
    __m256 value =
        _mm256_fnmadd_ps (_mm256_set1_ps (2), product, _mm256_add_ps (query_norm, row_norms));
    return _mm256_max_ps (_mm256_setzero_ps (), value);
}

ALWAYS_INLINE unsigned better_than (const Metric metric, const __m256 values[2], float threshold) {
    __m256 bound = _mm256_set1_ps (threshold), low, high;
    if (metric == IP) {
        low = _mm256_cmp_ps (values[0], bound, _CMP_GT_OQ);
        high = _mm256_cmp_ps (values[1], bound, _CMP_GT_OQ);
    } else {
        low = _mm256_cmp_ps (values[0], bound, _CMP_LT_OQ);
        high = _mm256_cmp_ps (values[1], bound, _CMP_LT_OQ);
    }
    return (unsigned)_mm256_movemask_ps (low) | (unsigned)_mm256_movemask_ps (high) << 8;
}

/* What is better goes to the query's results, row by row. */
ALWAYS_INLINE void keep_better (const Metric metric, const Keep keep, const FaissExactBlock *block,
                                int query, size_t first_row, unsigned better,
                                const __m256 values[2]) {
    float all[HALF];
    _mm256_storeu_ps (all, values[0]);
    _mm256_storeu_ps (all + 8, values[1]);
    for (; better; better &= better - 1) {
        unsigned lane = (unsigned)__builtin_ctz (better);
        if (keep == COLLECT) {
            size_t at = (size_t)query * block->found_stride + block->n_found[query]++;
            block->found_vals[at] = all[lane];
            block->found_rows[at] = (uint32_t)first_row + lane;
        } else if (metric == IP ? all[lane] > block->best_vals[query]
                                : all[lane] < block->best_vals[query]) {
            block->best_vals[query] = all[lane];
            block->best_ids[query] = block->first_id + (int64_t)(first_row + lane);
        }
    }
}

/* n queries from first_query on with half a group. */
ALWAYS_INLINE void scan_half (const Metric metric, const Keep keep, const int n,
                              const FaissExactBlock *block, int first_query, size_t first_row) {
    const float *rows = block->rows + first_row / ROWS * ROWS * block->d + first_row % ROWS;
    const float *thresholds = keep == COLLECT ? block->thresholds : block->best_vals;
    __m256 sums[PART][2];
    sums_of_half (metric, n, block->queries + first_query, rows, block->d, sums);
    size_t left = block->n_rows - first_row;
    unsigned present = left < HALF ? (1u << left) - 1 : 0xffff;
    for (int i = 0; i < n; i++) {
        int query = first_query + i;
        if (metric == L2_NORMS) {
            __m256 query_norm = _mm256_set1_ps (block->query_norms[query]);
            sums[i][0] =
                by_norms (query_norm, _mm256_loadu_ps (block->row_norms + first_row), sums[i][0]);
            sums[i][1] = by_norms (query_norm, _mm256_loadu_ps (block->row_norms + first_row + 8),
                                   sums[i][1]);
        }
        unsigned better = better_than (metric, sums[i], thresholds[query]) & present;
        if (__builtin_expect (better != 0, 0) && query < block->n_queries) {
            keep_better (metric, keep, block, query, first_row, better, sums[i]);
        }
    }
}

/* Part of the panel with all rows, then the rest: its queries stay in the first-level cache. */
ALWAYS_INLINE void scan (const Metric metric, const Keep keep, const FaissExactBlock *block) {
    const int part = block->n_queries <= 8 ? 4 : PART;
    for (int first_query = 0; first_query < block->n_queries; first_query += part) {
        for (size_t row = 0; row < block->n_rows; row += HALF) {
            if (part == 4) {
                scan_half (metric, keep, 4, block, first_query, row);
            } else {
                scan_half (metric, keep, PART, block, first_query, row);
            }
        }
    }
}

/* Per-query arrays are copied to full size first. */
ALWAYS_INLINE void scan_panel (const Metric metric, const Keep keep, const FaissExactBlock *block) {
    FaissExactBlock padded = *block;
    float thresholds[QUERIES] = {0}, norms[QUERIES] = {0};
    const float *given = keep == COLLECT ? block->thresholds : block->best_vals;
    for (int i = 0; i < block->n_queries; i++) {
        thresholds[i] = given[i];
        norms[i] = metric == L2_NORMS ? block->query_norms[i] : 0;
        if (keep == COLLECT) {
            block->n_found[i] = 0;
        }
    }
    padded.thresholds = padded.best_vals = thresholds;
    padded.query_norms = norms;
    scan (metric, keep, &padded);
    for (int i = 0; keep == NEAREST && i < block->n_queries; i++) {
        block->best_vals[i] = thresholds[i];
    }
}

void faiss_exact_collect_ip_avx2 (const FaissExactBlock *block) {
    scan_panel (IP, COLLECT, block);
}

void faiss_exact_collect_L2_avx2 (const FaissExactBlock *block) {
    scan_panel (L2, COLLECT, block);
}

void faiss_exact_collect_L2_norms_avx2 (const FaissExactBlock *block) {
    scan_panel (L2_NORMS, COLLECT, block);
}

void faiss_exact_nearest_ip_avx2 (const FaissExactBlock *block) {
    scan_panel (IP, NEAREST, block);
}

void faiss_exact_nearest_L2_avx2 (const FaissExactBlock *block) {
    scan_panel (L2, NEAREST, block);
}

void faiss_exact_nearest_L2_norms_avx2 (const FaissExactBlock *block) {
    scan_panel (L2_NORMS, NEAREST, block);
}
