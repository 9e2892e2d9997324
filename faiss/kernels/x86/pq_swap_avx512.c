/* What a swap costs in polysemous training, AVX-512. */
#include <immintrin.h>

#include <faiss/kernels/kernels.h>
#include <faiss/kernels/pq_swap_cost_tmpl.h>

enum { VECTOR = 8, HALVES = SWAP_LANES / VECTOR };

double faiss_pq_swap_cost_avx512 (const double *u1, const double *u2, const double *w1,
                                  const double *w2, size_t n, uint32_t a, uint32_t b) {
    if (n < SWAP_LANES) {
        return swap_cost (u1, u2, w1, w2, n, a, b);
    }
    double low_differences[SWAP_LANES], low_totals[SWAP_LANES];
    __m512d differences[HALVES], totals[HALVES], sums[HALVES];
    swap_low_bits (a, b, low_differences, low_totals);
    for (int h = 0; h < HALVES; h++) {
        differences[h] = _mm512_loadu_pd (low_differences + h * VECTOR);
        totals[h] = _mm512_loadu_pd (low_totals + h * VECTOR);
        sums[h] = _mm512_setzero_pd ();
    }
    for (size_t first = 0; first < n; first += SWAP_LANES) {
        int of_a = __builtin_popcount ((a & ~15u) ^ (uint32_t)first);
        int of_b = __builtin_popcount ((b & ~15u) ^ (uint32_t)first);
        __m512d difference = _mm512_set1_pd (of_a - of_b), total = _mm512_set1_pd (of_a + of_b);
        for (int h = 0; h < HALVES; h++) {
            size_t c = first + (size_t)h * VECTOR;
            __m512d u = _mm512_sub_pd (_mm512_loadu_pd (u1 + c), _mm512_loadu_pd (u2 + c));
            __m512d w = _mm512_sub_pd (_mm512_loadu_pd (w1 + c), _mm512_loadu_pd (w2 + c));
            u = _mm512_fnmadd_pd (_mm512_add_pd (totals[h], total), w, u);
            sums[h] = _mm512_fmadd_pd (_mm512_add_pd (differences[h], difference), u, sums[h]);
        }
    }
    return _mm512_reduce_add_pd (_mm512_add_pd (sums[0], sums[1]));
}
