/* Exhaustive search, AVX-512: 12 queries x 32 rows in 24 accumulators; lanes run along the rows.
 *
 * Each component of the rows is loaded once (two registers) and multiplied with the broadcast
 * component of each query. 24 independent sums keep both FMA units busy.
 */
#include <immintrin.h>

#include <faiss/kernels/kernels.h>
#include <faiss/kernels/unroll.h>

#define ALWAYS_INLINE static inline __attribute__ ((always_inline))

typedef enum Metric { IP, L2, L2_NORMS } Metric; /* always constant arguments */
typedef enum Keep { COLLECT, NEAREST } Keep;

enum { QUERIES = FAISS_EXACT_QUERIES, ROWS = FAISS_EXACT_ROWS, CHUNK = 128, PACK_AHEAD = 16 };

/* ---- packing: transpose 16 x 16 -------------------------------------------------------------- */

ALWAYS_INLINE void transpose_16 (__m512 r[16]) {
    __m512 t[16];
    for (int i = 0; i < 16; i += 2) {
        t[i] = _mm512_unpacklo_ps (r[i], r[i + 1]);
        t[i + 1] = _mm512_unpackhi_ps (r[i], r[i + 1]);
    }
    for (int i = 0; i < 16; i += 4) {
        __m512d a = _mm512_castps_pd (t[i]), b = _mm512_castps_pd (t[i + 1]);
        __m512d c = _mm512_castps_pd (t[i + 2]), e = _mm512_castps_pd (t[i + 3]);
        r[i] = _mm512_castpd_ps (_mm512_unpacklo_pd (a, c));
        r[i + 1] = _mm512_castpd_ps (_mm512_unpackhi_pd (a, c));
        r[i + 2] = _mm512_castpd_ps (_mm512_unpacklo_pd (b, e));
        r[i + 3] = _mm512_castpd_ps (_mm512_unpackhi_pd (b, e));
    }
    /* r[4 q + c] now holds, in 128-bit block b, component 4 b + c of the rows 4 q .. 4 q + 3 */
    for (int c = 0; c < 4; c++) {
        t[c] = _mm512_shuffle_f32x4 (r[c], r[4 + c], 0x88);
        t[4 + c] = _mm512_shuffle_f32x4 (r[c], r[4 + c], 0xdd);
        t[8 + c] = _mm512_shuffle_f32x4 (r[8 + c], r[12 + c], 0x88);
        t[12 + c] = _mm512_shuffle_f32x4 (r[8 + c], r[12 + c], 0xdd);
    }
    for (int c = 0; c < 4; c++) {
        r[c] = _mm512_shuffle_f32x4 (t[c], t[8 + c], 0x88);
        r[8 + c] = _mm512_shuffle_f32x4 (t[c], t[8 + c], 0xdd);
        r[4 + c] = _mm512_shuffle_f32x4 (t[4 + c], t[12 + c], 0x88);
        r[12 + c] = _mm512_shuffle_f32x4 (t[4 + c], t[12 + c], 0xdd);
    }
}

/* 16 rows, NULL for those that are missing, into lanes of out[j * ROWS].
 *
 * They are read in columns, which the hardware does not foresee: what is read next, 16 * d floats
 * from `ahead` on, is asked for meanwhile. */
ALWAYS_INLINE void pack_16 (const float *const rows[16], size_t d, const float *ahead, float *out) {
    for (size_t j = 0; j < d; j += 16) {
        for (size_t line = 0; line < 16; line++) {
            _mm_prefetch ((const char *)(ahead + (j + line) * 16), _MM_HINT_T0);
        }
        __mmask16 mask = d - j < 16 ? (__mmask16)((1u << (d - j)) - 1) : (__mmask16)0xffff;
        __m512 r[16];
        for (int i = 0; i < 16; i++) {
            r[i] = _mm512_maskz_loadu_ps (rows[i] ? mask : 0, rows[i] ? rows[i] + j : out);
        }
        transpose_16 (r);
        size_t n = d - j < 16 ? d - j : 16;
        if (n == 16) {
            for (int i = 0; i < 16; i++) {
                _mm512_store_ps (out + (j + (size_t)i) * ROWS, r[i]);
            }
        } else {
            for (size_t i = 0; i < n; i++) {
                _mm512_store_ps (out + (j + i) * ROWS, r[i]);
            }
        }
    }
}

void faiss_exact_pack_rows_avx512 (const float *y, const uint32_t *ids, size_t n, size_t d,
                                   float *out) {
    for (size_t first = 0; first < n; first += ROWS) {
        for (size_t half = 0; half < ROWS; half += 16) {
            const float *rows[16];
            for (size_t i = 0; i < 16; i++) {
                size_t row = first + half + i;
                rows[i] = row < n ? y + (ids ? ids[row] : row) * d : NULL;
            }
            const float *ahead = ids ? y : y + (first + half + PACK_AHEAD) * d;
            pack_16 (rows, d, ahead, out + first * d + half);
        }
    }
}

/* ---- the micro-kernel ------------------------------------------------------------------------ */

/* sums[i][h]: query i with the rows 16 h .. 16 h + 15 of a group */
ALWAYS_INLINE void add_chunk (const Metric metric, const int n, const float *queries,
                              const float *rows, size_t begin, size_t end,
                              __m512 sums[QUERIES][2]) {
    __m512 local[QUERIES][2]; /* only indexed by constants once unrolled: registers */
    FAISS_UNROLL
    for (int i = 0; i < n; i++) {
        local[i][0] = local[i][1] = _mm512_setzero_ps ();
    }
    for (size_t j = begin; j < end; j++) {
        __m512 row0 = _mm512_load_ps (rows + j * ROWS);
        __m512 row1 = _mm512_load_ps (rows + j * ROWS + 16);
        FAISS_UNROLL
        for (int i = 0; i < n; i++) {
            __m512 query = _mm512_set1_ps (queries[j * QUERIES + (size_t)i]);
            if (metric == L2) {
                __m512 difference0 = _mm512_sub_ps (query, row0);
                __m512 difference1 = _mm512_sub_ps (query, row1);
                local[i][0] = _mm512_fmadd_ps (difference0, difference0, local[i][0]);
                local[i][1] = _mm512_fmadd_ps (difference1, difference1, local[i][1]);
            } else {
                local[i][0] = _mm512_fmadd_ps (query, row0, local[i][0]);
                local[i][1] = _mm512_fmadd_ps (query, row1, local[i][1]);
            }
        }
    }
    FAISS_UNROLL
    for (int i = 0; i < n; i++) {
        sums[i][0] = begin == 0 ? local[i][0] : _mm512_add_ps (sums[i][0], local[i][0]);
        sums[i][1] = begin == 0 ? local[i][1] : _mm512_add_ps (sums[i][1], local[i][1]);
    }
}

/* Long sums are made of sums of CHUNK terms: the rounding error grows with the length. */
ALWAYS_INLINE void sums_of_group (const Metric metric, const int n, const float *queries,
                                  const float *rows, size_t d, __m512 sums[QUERIES][2]) {
    size_t j = 0;
    do {
        size_t end = d - j < CHUNK ? d : j + CHUNK;
        add_chunk (metric, n, queries, rows, j, end, sums);
        j = end;
    } while (j < d);
}

/* (|x|^2 + |y|^2) - 2xy, not below 0. max returns its second operand where one is NaN. */
ALWAYS_INLINE __m512 by_norms (__m512 query_norm, __m512 row_norms, __m512 product) {
    __m512 value =
        _mm512_fnmadd_ps (_mm512_set1_ps (2), product, _mm512_add_ps (query_norm, row_norms));
    return _mm512_max_ps (_mm512_setzero_ps (), value);
}

ALWAYS_INLINE __mmask32 better_than (const Metric metric, const __m512 values[2], float threshold) {
    __m512 bound = _mm512_set1_ps (threshold);
    __mmask16 low, high;
    if (metric == IP) {
        low = _mm512_cmp_ps_mask (values[0], bound, _CMP_GT_OQ);
        high = _mm512_cmp_ps_mask (values[1], bound, _CMP_GT_OQ);
    } else {
        low = _mm512_cmp_ps_mask (values[0], bound, _CMP_LT_OQ);
        high = _mm512_cmp_ps_mask (values[1], bound, _CMP_LT_OQ);
    }
    return _mm512_kunpackw (high, low);
}

ALWAYS_INLINE void collect (const FaissExactBlock *block, int query, size_t first_row,
                            __mmask32 better, const __m512 values[2]) {
    const __m512i lanes = _mm512_setr_epi32 (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    for (int half = 0; half < 2; half++) {
        __mmask16 mask = (__mmask16)(better >> (16 * half));
        if (!mask) {
            continue;
        }
        size_t at = (size_t)query * block->found_stride + block->n_found[query];
        __m512i rows = _mm512_add_epi32 (_mm512_set1_epi32 ((int)first_row + 16 * half), lanes);
        unsigned n = (unsigned)__builtin_popcount (mask);
        /* compressing in a register and storing under a mask beats a compressing store by far on
         * Zen */
        __mmask16 stored = (__mmask16)((1u << n) - 1);
        _mm512_mask_storeu_ps (block->found_vals + at, stored,
                               _mm512_maskz_compress_ps (mask, values[half]));
        _mm512_mask_storeu_epi32 (block->found_rows + at, stored,
                                  _mm512_maskz_compress_epi32 (mask, rows));
        block->n_found[query] += n;
    }
}

ALWAYS_INLINE void take_nearest (const Metric metric, const FaissExactBlock *block, int query,
                                 size_t first_row, __mmask32 better, const __m512 values[2]) {
    __mmask16 low = (__mmask16)better, high = (__mmask16)(better >> 16);
    float worst = block->best_vals[query];
    __m512 v0 = _mm512_mask_mov_ps (_mm512_set1_ps (worst), low, values[0]);
    __m512 v1 = _mm512_mask_mov_ps (_mm512_set1_ps (worst), high, values[1]);
    float best = metric == IP ? _mm512_reduce_max_ps (_mm512_max_ps (v0, v1))
                              : _mm512_reduce_min_ps (_mm512_min_ps (v0, v1));
    __m512 all_best = _mm512_set1_ps (best);
    __mmask32 is_best = _mm512_kunpackw (_mm512_mask_cmp_ps_mask (high, v1, all_best, _CMP_EQ_OQ),
                                         _mm512_mask_cmp_ps_mask (low, v0, all_best, _CMP_EQ_OQ));
    block->best_vals[query] = best;
    block->best_ids[query] =
        block->first_id + (int64_t)first_row + __builtin_ctz ((unsigned)is_best);
}

/* One panel of n queries (or a little more: the others' results are dropped) with all groups. */
ALWAYS_INLINE void scan (const Metric metric, const Keep keep, const int n,
                         const FaissExactBlock *block) {
    const float *thresholds = keep == COLLECT ? block->thresholds : block->best_vals;
    for (size_t first = 0; first < block->n_rows; first += ROWS) {
        __m512 sums[QUERIES][2];
        sums_of_group (metric, n, block->queries, block->rows + first * block->d, block->d, sums);
        __mmask32 better[QUERIES], any = 0;
        __m512 norms[2] = {_mm512_setzero_ps (), _mm512_setzero_ps ()};
        if (metric == L2_NORMS) {
            norms[0] = _mm512_loadu_ps (block->row_norms + first);
            norms[1] = _mm512_loadu_ps (block->row_norms + first + 16);
        }
        for (int i = 0; i < n; i++) {
            if (metric == L2_NORMS) {
                __m512 query_norm = _mm512_set1_ps (block->query_norms[i]);
                sums[i][0] = by_norms (query_norm, norms[0], sums[i][0]);
                sums[i][1] = by_norms (query_norm, norms[1], sums[i][1]);
            }
            better[i] = better_than (metric, sums[i], thresholds[i]);
            any |= better[i];
        }
        if (__builtin_expect (any != 0, 0)) {
            __mmask32 present = block->n_rows - first < ROWS
                                    ? ((__mmask32)1 << (block->n_rows - first)) - 1
                                    : (__mmask32)0xffffffffu;
            for (int i = 0; i < n; i++) {
                __mmask32 mask = i < block->n_queries ? better[i] & present : 0;
                if (mask && keep == COLLECT) {
                    collect (block, i, first, mask, sums[i]);
                } else if (mask) {
                    take_nearest (metric, block, i, first, mask, sums[i]);
                }
            }
        }
    }
}

/* Instances for even numbers of queries. Per-query arrays are copied to full size first. */
ALWAYS_INLINE void scan_panel (const Metric metric, const Keep keep, const FaissExactBlock *block) {
    FaissExactBlock padded = *block;
    float thresholds[QUERIES] = {0}, norms[QUERIES] = {0};
    int64_t best_ids[QUERIES] = {0};
    const float *given = keep == COLLECT ? block->thresholds : block->best_vals;
    for (int i = 0; i < block->n_queries; i++) {
        thresholds[i] = given[i];
        norms[i] = metric == L2_NORMS ? block->query_norms[i] : 0;
        if (keep == COLLECT) {
            block->n_found[i] = 0;
        } else {
            best_ids[i] = block->best_ids[i];
        }
    }
    padded.thresholds = padded.best_vals = thresholds;
    padded.query_norms = norms;
    padded.best_ids = best_ids;
    switch ((block->n_queries + 1) / 2) {
    case 1:
    case 2:
        scan (metric, keep, 4, &padded);
        break;
    case 3:
        scan (metric, keep, 6, &padded);
        break;
    case 4:
        scan (metric, keep, 8, &padded);
        break;
    case 5:
        scan (metric, keep, 10, &padded);
        break;
    default:
        scan (metric, keep, 12, &padded);
    }
    for (int i = 0; keep == NEAREST && i < block->n_queries; i++) {
        block->best_vals[i] = thresholds[i];
        block->best_ids[i] = best_ids[i];
    }
}

void faiss_exact_collect_ip_avx512 (const FaissExactBlock *block) {
    scan_panel (IP, COLLECT, block);
}

void faiss_exact_collect_L2_avx512 (const FaissExactBlock *block) {
    scan_panel (L2, COLLECT, block);
}

void faiss_exact_collect_L2_norms_avx512 (const FaissExactBlock *block) {
    scan_panel (L2_NORMS, COLLECT, block);
}

void faiss_exact_nearest_ip_avx512 (const FaissExactBlock *block) {
    scan_panel (IP, NEAREST, block);
}

void faiss_exact_nearest_L2_avx512 (const FaissExactBlock *block) {
    scan_panel (L2, NEAREST, block);
}

void faiss_exact_nearest_L2_norms_avx512 (const FaissExactBlock *block) {
    scan_panel (L2_NORMS, NEAREST, block);
}
