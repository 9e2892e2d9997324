/* Walks through graphs, AVX2. */
#include <immintrin.h>

#include <faiss/kernels/kernels.h>

#define ALWAYS_INLINE static inline __attribute__ ((always_inline))

/* The first n lanes. */
ALWAYS_INLINE __m256i lanes (size_t n) {
    return _mm256_cmpgt_epi32 (_mm256_set1_epi32 (n < 8 ? (int)n : 8),
                               _mm256_setr_epi32 (0, 1, 2, 3, 4, 5, 6, 7));
}

/* How many are less: halves while there are many, then all at once. No branch depends on keys. */
ALWAYS_INLINE size_t count_less (const float *keys, size_t n, float key) {
    enum { AT_ONCE = 32 };
    size_t begin = 0, at = 0;
    while (n > AT_ONCE) {
        size_t half = n / 2, is_less = keys[begin + half - 1] < key;
        begin += half & -is_less;
        n -= half;
    }
    unsigned n_less = 0;
    __m256 wanted = _mm256_set1_ps (key);
    for (; at < n; at += 8) {
        __m256i valid = lanes (n - at);
        __m256 less =
            _mm256_cmp_ps (_mm256_maskload_ps (keys + begin + at, valid), wanted, _CMP_LT_OQ);
        less = _mm256_and_ps (less, _mm256_castsi256_ps (valid));
        n_less += (unsigned)__builtin_popcount ((unsigned)_mm256_movemask_ps (less));
    }
    return begin + n_less;
}

/* Those at begin .. end - 1 go up by `by` places. */
ALWAYS_INLINE void move_up (float *keys, uint32_t *ids, size_t begin, size_t end, size_t by) {
    for (; end >= begin + 8; end -= 8) {
        __m256 k = _mm256_loadu_ps (keys + end - 8);
        __m256i i = _mm256_loadu_si256 ((const __m256i *)(const void *)(ids + end - 8));
        _mm256_storeu_ps (keys + end - 8 + by, k);
        _mm256_storeu_si256 ((__m256i *)(void *)(ids + end - 8 + by), i);
    }
    for (; end > begin; end--) {
        keys[end - 1 + by] = keys[end - 1];
        ids[end - 1 + by] = ids[end - 1];
    }
}

/* All places are looked up before anything moves: one does not wait for the other then. */
size_t faiss_sorted_merge_avx2 (float *keys, uint32_t *ids, size_t n, const float *new_keys,
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
