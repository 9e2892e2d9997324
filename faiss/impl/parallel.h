/* How many threads a loop may use. Not for public headers. */
#ifndef FAISS_PARALLEL_H
#define FAISS_PARALLEL_H

#include <stddef.h>
#include <stdint.h>

#ifdef _OPENMP
#include <omp.h>
#endif

#define FAISS_PRAGMA(text) _Pragma (#text)

/** A call that each of n threads makes; where one does it all there is no team, which would take
 * longer than a small search, and a system call. Loops in it are shared by faiss_share: `#pragma
 * omp for` would be the loop of a caller's team. */
#define FAISS_BY_THREADS(n, call)                                                                  \
    do {                                                                                           \
        if ((n) > 1) {                                                                             \
            FAISS_PRAGMA (omp parallel num_threads (n))                                            \
            call;                                                                                  \
        } else {                                                                                   \
            call;                                                                                  \
        }                                                                                          \
    } while (0)

/// The next of the pieces that threads share, step at a time: 0, step, 2 * step, ...
static inline size_t faiss_share (size_t *next, size_t step) {
    return __atomic_fetch_add (next, step, __ATOMIC_RELAXED);
}

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
