/* Walks through graphs, AVX-512. */
#include <immintrin.h>

#include <faiss/kernels/kernels.h>

#define ALWAYS_INLINE static inline __attribute__ ((always_inline))

ALWAYS_INLINE __mmask16 lanes (size_t n) {
    return n < 16 ? (__mmask16)((1u << n) - 1) : (__mmask16)0xffff;
}

/* How many are less: halves while there are many, then all at once. No branch depends on keys. */
ALWAYS_INLINE size_t count_less (const float *keys, size_t n, float key) {
    enum { AT_ONCE = 64 };
    size_t begin = 0, at = 0;
    while (n > AT_ONCE) {
        size_t half = n / 2, is_less = keys[begin + half - 1] < key;
        begin += half & -is_less;
        n -= half;
    }
    unsigned n_less = 0;
    __m512 wanted = _mm512_set1_ps (key);
    for (; at < n; at += 16) {
        __mmask16 valid = lanes (n - at);
        __m512 v = _mm512_maskz_loadu_ps (valid, keys + begin + at);
        n_less +=
            (unsigned)__builtin_popcount (_mm512_mask_cmp_ps_mask (valid, v, wanted, _CMP_LT_OQ));
    }
    return begin + n_less;
}

size_t faiss_sorted_insert_avx512 (float *keys, uint32_t *ids, size_t n, float key, uint32_t id) {
    size_t place = count_less (keys, n, key), end = n;
    for (; end >= place + 16; end -= 16) {
        __m512 k = _mm512_loadu_ps (keys + end - 16);
        __m512i i = _mm512_loadu_si512 (ids + end - 16);
        _mm512_storeu_ps (keys + end - 15, k);
        _mm512_storeu_si512 (ids + end - 15, i);
    }
    __mmask16 rest = lanes (end - place);
    __m512 k = _mm512_maskz_loadu_ps (rest, keys + place);
    __m512i i = _mm512_maskz_loadu_epi32 (rest, ids + place);
    _mm512_mask_storeu_ps (keys + place + 1, rest, k);
    _mm512_mask_storeu_epi32 (ids + place + 1, rest, i);
    keys[place] = key;
    ids[place] = id;
    return place;
}
