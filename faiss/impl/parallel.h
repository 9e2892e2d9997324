/* How many threads a loop may use. Not for public headers. */
#ifndef FAISS_PARALLEL_H
#define FAISS_PARALLEL_H

#include <stdint.h>

#ifdef _OPENMP
#include <omp.h>
#endif

/** The number of threads for a loop over n pieces of work: 1 .. n.
 *
 * At most what omp_set_num_threads () allows; by default the CPUs that affinity and cgroup limits
 * leave to the process. 1 inside another parallel region (loops are never nested) and in a child
 * made by fork (), whose OpenMP threads did not survive.
 */
int faiss_threads_for (int64_t n);

/// The number of the calling thread inside a parallel region, 0 outside.
static inline int faiss_thread_number (void) {
#ifdef _OPENMP
    return omp_get_thread_num ();
#else
    return 0;
#endif
}

#endif
