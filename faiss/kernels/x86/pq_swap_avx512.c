/* What a swap costs in polysemous training: the generic code by this level's instructions. */
#include <faiss/kernels/kernels.h>
#include <faiss/kernels/pq_swap_cost_tmpl.h>

double faiss_pq_swap_cost_avx512 (const double *u1, const double *u2, const double *w1,
                                  const double *w2, size_t n, uint32_t a, uint32_t b) {
    return swap_cost (u1, u2, w1, w2, n, a, b);
}
