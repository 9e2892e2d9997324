/* How many threads a loop may use. */
#define _GNU_SOURCE /* for OpenMP sched_getaffinity, for us pthread_atfork */
#include <faiss/impl/parallel.h>

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

static bool is_forked_child;

#ifdef _OPENMP
static void note_fork (void) {
    is_forked_child = true;
}

/* CPUs granted by a cgroup v2 or v1 quota, rounded up; 0 where there is no limit. */
static int cgroup_cpus (void) {
    double quota = -1, period = 0;
    FILE *file = fopen ("/sys/fs/cgroup/cpu.max", "r");
    if (file) {
        if (fscanf (file, "%lf %lf", &quota, &period) != 2) {
            quota = -1;
        }
        fclose (file);
    } else {
        FILE *v1_quota = fopen ("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "r");
        FILE *v1_period = fopen ("/sys/fs/cgroup/cpu/cpu.cfs_period_us", "r");
        if (!v1_quota || !v1_period || fscanf (v1_quota, "%lf", &quota) != 1 ||
            fscanf (v1_period, "%lf", &period) != 1) {
            quota = -1;
        }
        if (v1_quota) {
            fclose (v1_quota);
        }
        if (v1_period) {
            fclose (v1_period);
        }
    }
    return quota > 0 && period > 0 ? (int)((quota + period - 1) / period) : 0;
}

__attribute__ ((constructor)) static void apply_limits (void) {
    pthread_atfork (NULL, NULL, note_fork);
    int limit = cgroup_cpus ();
    if (limit > 0 && limit < omp_get_max_threads () && !getenv ("OMP_NUM_THREADS")) {
        omp_set_num_threads (limit);
    }
}
#endif

int faiss_threads_for (int64_t n) {
#ifdef _OPENMP
    if (n > 1 && !is_forked_child && !omp_in_parallel ()) {
        int threads = omp_get_max_threads ();
        return threads < n ? threads : (int)n;
    }
#else
    (void)n;
    (void)is_forked_child;
#endif
    return 1;
}
