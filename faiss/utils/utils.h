/* Small helpers: clocks, checksums, histograms, samples. */
#ifndef FAISS_UTILS_H
#define FAISS_UTILS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <faiss/impl/error.h>

FAISS_BEGIN_DECLS

/// Milliseconds since some moment; only differences mean something.
double faiss_getmillisecs (void);

/// The processor's cycle counter, or nanoseconds where there is none.
uint64_t faiss_get_cycles (void);

/// Memory of the process in kB (resident); 0 if the system does not tell.
size_t faiss_get_mem_usage_kb (void);

/// Do OpenMP's pragmas take effect?
bool faiss_check_openmp (void);

/* Checksums, of which the library's results depend on ivec_checksum (IndexRandom). */
uint64_t faiss_ivec_checksum (size_t n, const int32_t *a);
uint64_t faiss_bvec_checksum (size_t n, const uint8_t *a);
/// One checksum per row of an n * d matrix. @param cs  output, size n
void faiss_bvecs_checksum (size_t n, size_t d, const uint8_t *a, uint64_t *cs);
uint64_t faiss_hash_bytes (const uint8_t *bytes, int64_t n);

/** Count the values 0 .. vmax - 1 of v.
 *
 * @param hist  output, size vmax
 * @return      how many values were outside
 */
int faiss_ivec_hist (size_t n, const int *v, int vmax, int *hist);

/** How unequal clusters are: 1 if all have the same size, k if one has everything.
 *
 * @param assign  the cluster of each of n points, 0 .. k - 1
 */
FaissStatus faiss_imbalance_factor (int64_t n, int k, const int64_t *assign, double *out);

/// The same from the sizes of the clusters.
double faiss_imbalance_factor_hist (int k, const int64_t *hist);

/** Take at random at most nmax of n vectors.
 *
 * @param d        dimension
 * @param n        in: the number of vectors; out: min (n, nmax)
 * @param x        size n * d
 * @param verbose  print what is done
 * @param seed     upstream's default is 1234
 * @param out      x itself if there are not more than nmax, else a new array: release with free ()
 */
FaissStatus faiss_fvecs_maybe_subsample (size_t d, size_t *n, size_t nmax, const float *x,
                                         bool verbose, int64_t seed, float **out);

/// How many different ids two lists have in common; negative ids do not count.
FaissStatus faiss_ranklist_intersection_size (size_t k1, const int64_t *v1, size_t k2,
                                              const int64_t *v2, size_t *out);

/** Make the columns of a matrix orthonormal: the Q of its QR decomposition (Householder's).
 *
 * @param a  m x n, stored column by column, m >= n; Q on return
 */
FaissStatus faiss_matrix_qr (int m, int n, float *a);

FAISS_END_DECLS

#endif
