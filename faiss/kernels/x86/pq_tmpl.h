/* Product quantizers: what AVX2 and AVX-512 do alike. Not for public headers.
 *
 * Who includes this has defined VECTOR, how many floats a register has, and defines the functions
 * that are only declared here.
 */
#include <immintrin.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <faiss/kernels/unroll.h>

#define ALWAYS_INLINE static inline __attribute__ ((always_inline))

enum { POINTS = 4, QUAD = 4 };

typedef enum Metric { L2, IP } Metric; /* always constant arguments */

/* ---- nearest centroids ----------------------------------------------------------------------- */

/* To be defined: the nearest centroids of n_points <= POINTS points. */
ALWAYS_INLINE void nearest_of_points (const int n_points, const float *x, size_t stride,
                                      size_t dsub, const float *columns, size_t ld, size_t ksub,
                                      uint32_t *best);

ALWAYS_INLINE void nearest_of_all (const float *x, size_t stride, size_t n, const size_t dsub,
                                   const float *columns, size_t ld, size_t ksub, uint32_t *best) {
    size_t i = 0;
    for (; i + POINTS <= n; i += POINTS) {
        nearest_of_points (POINTS, x + i * stride, stride, dsub, columns, ld, ksub, best + i);
    }
    for (; i < n; i++) {
        nearest_of_points (1, x + i * stride, stride, dsub, columns, ld, ksub, best + i);
    }
}

/* The kernel pq_nearest: instances for the usual numbers of components. */
ALWAYS_INLINE void nearest (const float *x, size_t stride, size_t n, size_t dsub,
                            const float *columns, size_t ld, size_t ksub, uint32_t *best) {
    switch (dsub) {
    case 1:
        nearest_of_all (x, stride, n, 1, columns, ld, ksub, best);
        break;
    case 2:
        nearest_of_all (x, stride, n, 2, columns, ld, ksub, best);
        break;
    case 4:
        nearest_of_all (x, stride, n, 4, columns, ld, ksub, best);
        break;
    default:
        nearest_of_all (x, stride, n, dsub, columns, ld, ksub, best);
    }
}

/* ---- tables of distances, by rows ------------------------------------------------------------ */

/* To be defined: the table by columns, and the sums of VECTOR centroids by their rows. */
ALWAYS_INLINE void table_by_columns (const Metric metric, const float *x, size_t dsub,
                                     const float *columns, size_t ld, size_t ksub, float *out);
ALWAYS_INLINE void store_sums_of_rows (const Metric metric, const float *x, const size_t dsub,
                                       const float *rows, float *out);

ALWAYS_INLINE void table_by_rows (const Metric metric, const float *x, const size_t dsub,
                                  const float *centroids, size_t ksub, float *out) {
    size_t i = 0;
    if (dsub == 1) {
        table_by_columns (metric, x, 1, centroids, 0, ksub, out);
        return;
    }
    for (; i + VECTOR <= ksub; i += VECTOR) {
        store_sums_of_rows (metric, x, dsub, centroids + i * dsub, out + i);
    }
    for (; i < ksub; i++) { /* the same sums */
        __m128 sum = _mm_setzero_ps ();
        for (size_t j = 0; j < dsub; j++) {
            __m128 centroid = _mm_set_ss (centroids[i * dsub + j]), point = _mm_set_ss (x[j]);
            __m128 factor = metric == IP ? centroid : _mm_sub_ss (centroid, point);
            sum = _mm_fmadd_ss (factor, metric == IP ? point : factor, sum);
        }
        _mm_store_ss (out + i, sum);
    }
}

/* Instances for the usual numbers of components. */
ALWAYS_INLINE void table_of_rows (const Metric metric, const float *x, size_t dsub,
                                  const float *centroids, size_t ksub, float *out) {
    switch (dsub) {
    case 2:
        table_by_rows (metric, x, 2, centroids, ksub, out);
        break;
    case 4:
        table_by_rows (metric, x, 4, centroids, ksub, out);
        break;
    case 8:
        table_by_rows (metric, x, 8, centroids, ksub, out);
        break;
    default:
        table_by_rows (metric, x, dsub, centroids, ksub, out);
    }
}
