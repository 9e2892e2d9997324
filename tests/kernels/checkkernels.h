/* What the checks of kernels share. One function check_<kernel> per entry of kernels.def. */
#ifndef CHECKKERNELS_H
#define CHECKKERNELS_H

#include <stdbool.h>
#include <stdio.h>

#include <faiss/kernels/kernels.h>

#define FAISS_KERNEL(result, name, arguments) void check_##name (void);
#include <faiss/kernels/kernels.def>
#undef FAISS_KERNEL

/** The levels that implement a kernel themselves, one after the other:
 *
 *     for (Run run = RUN (fvec_L2sqr); next_run (&run);)
 *         compare run.reference->fvec_L2sqr (...) with run.tested->fvec_L2sqr (...)
 *
 * The generic level comes first, tested against itself, so that it is timed and kept in bounds too.
 */
typedef struct Run {
    const char *kernel;
    size_t offset; ///< of the kernel in a table
    int level;
    long failures_before;
    const FaissKernels *reference; ///< the generic table
    const FaissKernels *tested;
} Run;

#define RUN(name)                                                                                  \
    { #name, offsetof(FaissKernels, name), -1, 0, faiss_kernels_of_level[0], NULL }

bool next_run (Run *run);

/// Note a failure; the first few of a run are printed.
void failed (const Run *run, const char *format, ...) __attribute__ ((format (printf, 2, 3)));

/// n bytes that end exactly where readable memory ends; all are freed together after each run.
void *guarded (size_t n);

/* random numbers: seeded, printed on failure */
unsigned random_bits (void);
float random_float (void); ///< in -1 .. 1
/// -4 .. 4, so that sums of products are exact and equal at every level
float random_small_integer (void);
float *random_floats (size_t n);
float *random_small_integers (size_t n);

/// --bench: time a call; prints nanoseconds, and a rate if `work` (operations per call) is not 0
#define BENCH(run, what, work, call)                                                               \
    do {                                                                                           \
        if (bench_wanted) {                                                                        \
            double best = 1e30;                                                                    \
            for (int round = 0; round < 5; round++) {                                              \
                long n_calls = 0;                                                                  \
                double start = now (), end = start;                                                \
                for (; end - start < 5e6; end = now ()) {                                          \
                    for (int repeat = 0; repeat < 16; repeat++, n_calls++) {                       \
                        __asm__ volatile("" ::"r"(repeat) : "memory");                             \
                        (void)(call);                                                              \
                    }                                                                              \
                }                                                                                  \
                double time = (end - start) / (double)n_calls;                                     \
                best = time < best ? time : best;                                                  \
            }                                                                                      \
            report_time (run, what, work, best);                                                   \
        }                                                                                          \
    } while (0)

extern bool bench_wanted;
double now (void); ///< nanoseconds
void report_time (const Run *run, const char *what, double work, double nanoseconds);

#endif
