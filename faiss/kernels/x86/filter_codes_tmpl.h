/* Filter codes: what AVX2 and AVX-512 do alike. Not for public headers. */
#ifndef FAISS_KERNELS_X86_FILTER_CODES_H
#define FAISS_KERNELS_X86_FILTER_CODES_H

#include <immintrin.h>

#include <faiss/kernels/filter_codes.h>

#define ALWAYS_INLINE static inline __attribute__ ((always_inline))

/// The products of four rows of codes with a query's components.
ALWAYS_INLINE __m128i dots_4 (const FaissFilterQuery *query, const uint8_t *const row[4]);

ALWAYS_INLINE __m128 magnitude (__m128 v) {
    return _mm_andnot_ps (_mm_set1_ps (-0.f), v);
}

/// What four rows have beside their codes, and the products with the query from both.
typedef struct FourRows {
    __m128 error, norm, by_codes, by_low;
} FourRows;

ALWAYS_INLINE FourRows products_4 (const FaissFilterQuery *query, const uint8_t *const row[4],
                                   size_t info_at, __m128i dots) {
    __m128 dot = _mm_cvtepi32_ps (dots);
    __m128 scale = _mm_loadu_ps ((const float *)(const void *)(row[0] + info_at));
    __m128 low = _mm_loadu_ps ((const float *)(const void *)(row[1] + info_at));
    __m128 error = _mm_loadu_ps ((const float *)(const void *)(row[2] + info_at));
    __m128 norm = _mm_loadu_ps ((const float *)(const void *)(row[3] + info_at));
    _MM_TRANSPOSE4_PS (scale, low, error, norm);
    return (FourRows){error, norm, _mm_mul_ps (scale, _mm_mul_ps (_mm_set1_ps (query->step), dot)),
                      _mm_mul_ps (low, _mm_set1_ps (query->sum))};
}

/* Which of four rows may be better. */
ALWAYS_INLINE unsigned test_4 (const bool is_similarity, const FaissFilterQuery *query,
                               const uint8_t *const row[4], size_t info_at, __m128i dots,
                               float bound) {
    FourRows rows = products_4 (query, row, info_at, dots);
    __m128 by_codes = rows.by_codes, by_low = rows.by_low, norm = rows.norm;
    __m128 ip = _mm_add_ps (by_codes, by_low);
    __m128 rounding = _mm_mul_ps (_mm_set1_ps (FAISS_FILTER_ROUNDING_DOT),
                                  _mm_add_ps (magnitude (by_codes), magnitude (by_low)));
    __m128 by_error = _mm_mul_ps (_mm_set1_ps (query->error_factor), rows.error);
    if (is_similarity) {
        __m128 slack = _mm_add_ps (_mm_mul_ps (_mm_set1_ps (query->norm_factor), norm),
                                   _mm_set1_ps (query->constant));
        __m128 best = _mm_add_ps (ip, _mm_add_ps (rounding, _mm_add_ps (by_error, slack)));
        return (unsigned)_mm_movemask_ps (_mm_cmp_ps (best, _mm_set1_ps (bound), _CMP_NLE_UQ));
    }
    __m128 norms = _mm_add_ps (_mm_set1_ps (query->norm2), _mm_mul_ps (norm, norm));
    rounding = _mm_add_ps (rounding, _mm_mul_ps (_mm_set1_ps (FAISS_FILTER_ROUNDING_NORM), norms));
    __m128 best = _mm_sub_ps (_mm_sub_ps (norms, _mm_add_ps (ip, ip)), rounding);
    __m128 limit = _mm_add_ps (_mm_set1_ps (bound), by_error);
    return (unsigned)_mm_movemask_ps (_mm_cmp_ps (best, _mm_mul_ps (limit, limit), _CMP_NGE_UQ));
}

/* What is read after n rows is asked for. */
ALWAYS_INLINE void ask_ahead (const FaissFilterQuery *query, const uint8_t *row, size_t n,
                              size_t stride) {
    const uint8_t *ahead = row + query->ahead;
    for (size_t at = 0; ahead < query->end && at < n * stride; at += 64) {
        _mm_prefetch ((const char *)ahead + at, _MM_HINT_T0);
    }
}

/* Rows from `begin` on; n_found positions are there already. */
ALWAYS_INLINE size_t find (const bool is_similarity, const FaissFilterQuery *query,
                           const uint8_t *rows, const uint32_t *ids, size_t begin, size_t n,
                           float bound, uint32_t *positions, size_t n_found) {
    size_t stride = faiss_filter_stride (query->d), info_at = stride - sizeof (FaissFilterInfo);
    for (size_t i = begin; i < n; i += 4) {
        const uint8_t *row[4];
        for (size_t t = 0; t < 4; t++) { /* the last row again where fewer are left */
            size_t at = i + t < n ? i + t : n - 1;
            row[t] = rows + (ids ? ids[at] : at) * stride;
        }
        ask_ahead (query, row[0], 4, stride);
        unsigned found = test_4 (is_similarity, query, row, info_at, dots_4 (query, row), bound);
        found &= n - i < 4 ? (1u << (n - i)) - 1 : 15;
        for (; found; found &= found - 1) {
            positions[n_found++] = (uint32_t)i + (uint32_t)__builtin_ctz (found);
        }
    }
    return n_found;
}

/* The distances to four rows by their codes. */
ALWAYS_INLINE __m128 keys_4 (const bool is_similarity, const FaissFilterQuery *query,
                             const uint8_t *const row[4], size_t info_at, __m128i dots) {
    FourRows rows = products_4 (query, row, info_at, dots);
    __m128 ip = _mm_add_ps (rows.by_codes, rows.by_low);
    __m128 no_number = _mm_mul_ps (_mm_setzero_ps (), rows.error); /* 0, or NaN */
    if (is_similarity) {
        return _mm_sub_ps (no_number, ip);
    }
    __m128 norms = _mm_add_ps (_mm_set1_ps (query->norm2), _mm_mul_ps (rows.norm, rows.norm));
    return _mm_add_ps (_mm_sub_ps (norms, _mm_add_ps (ip, ip)), no_number);
}

ALWAYS_INLINE void find_keys (const bool is_similarity, const FaissFilterQuery *query,
                              const uint8_t *rows, const uint32_t *ids, size_t n, float *keys) {
    size_t stride = faiss_filter_stride (query->d), info_at = stride - sizeof (FaissFilterInfo);
    for (size_t i = 0; i < n; i += 4) {
        const uint8_t *row[4];
        for (size_t t = 0; t < 4; t++) {
            size_t at = i + t < n ? i + t : n - 1;
            row[t] = rows + (ids ? ids[at] : at) * stride;
        }
        float four[4];
        _mm_storeu_ps (four, keys_4 (is_similarity, query, row, info_at, dots_4 (query, row)));
        memcpy (keys + i, four, (n - i < 4 ? n - i : 4) * sizeof *keys);
    }
}

#endif
