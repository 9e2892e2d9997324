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

/* Those at begin .. end - 1 go up by `by` places. */
ALWAYS_INLINE void move_up (float *keys, uint32_t *ids, size_t begin, size_t end, size_t by) {
    for (; end >= begin + 16; end -= 16) {
        __m512 k = _mm512_loadu_ps (keys + end - 16);
        __m512i i = _mm512_loadu_si512 (ids + end - 16);
        _mm512_storeu_ps (keys + end - 16 + by, k);
        _mm512_storeu_si512 (ids + end - 16 + by, i);
    }
    __mmask16 rest = lanes (end - begin);
    __m512 k = _mm512_maskz_loadu_ps (rest, keys + begin);
    __m512i i = _mm512_maskz_loadu_epi32 (rest, ids + begin);
    _mm512_mask_storeu_ps (keys + begin + by, rest, k);
    _mm512_mask_storeu_epi32 (ids + begin + by, rest, i);
}

/* All places are looked up before anything moves: one does not wait for the other then. */
size_t faiss_sorted_merge_avx512 (float *keys, uint32_t *ids, size_t n, const float *new_keys,
                                  const uint32_t *new_ids, size_t m) {
    enum { AT_ONCE = 16 };
    size_t places[AT_ONCE], end = n;
    while (m > 0) {
        size_t first = m > AT_ONCE ? m - AT_ONCE : 0;
        for (size_t j = first; j < m; j++) {
            places[j - first] = count_less (keys, end, new_keys[j]);
        }
        for (; m > first; m--) {
            size_t place = places[m - 1 - first];
            move_up (keys, ids, place, end, m);
            keys[place + m - 1] = new_keys[m - 1];
            ids[place + m - 1] = new_ids[m - 1];
            end = place;
        }
    }
    return end;
}
