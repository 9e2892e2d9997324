/* Every kernel of every level against the generic one, and how fast it is.
 *
 *   checkkernels [--bench] [--seed N] [NAME]
 *
 * NAME selects the kernels that begin so. Buffers end at an unmapped page: a load past the end is a
 * crash here. A kernel without a check does not link.
 */
#ifndef _DEFAULT_SOURCE
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#endif

#include "checkkernels.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

static const struct Check {
    const char *kernel;
    void (*check) (void);
} checks[] = {
#define FAISS_KERNEL(result, name, arguments) {#name, check_##name},
#include <faiss/kernels/kernels.def>
#undef FAISS_KERNEL
};

bool bench_wanted;
static unsigned long long seed = 1, state;
static long n_failures;

static struct Buffer {
    void *mapped;
    size_t size;
} buffers[20000];
static size_t n_buffers;

void *guarded (size_t n) {
    size_t page = 4096, size = (n + page - 1) / page * page;
    char *mapped =
        n_buffers < sizeof buffers / sizeof *buffers
            ? mmap (NULL, size + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
            : MAP_FAILED;
    if (mapped == MAP_FAILED || mprotect (mapped + size, page, PROT_NONE) != 0) {
        perror ("guarded");
        exit (1);
    }
    buffers[n_buffers].mapped = mapped;
    buffers[n_buffers++].size = size + page;
    return mapped + size - n;
}

static void free_buffers (void) {
    while (n_buffers > 0) {
        n_buffers--;
        munmap (buffers[n_buffers].mapped, buffers[n_buffers].size);
    }
}

unsigned random_bits (void) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(state >> 33);
}

float random_float (void) {
    return (float)(random_bits () % 20001) / 10000 - 1;
}

float random_small_integer (void) {
    return (float)(random_bits () % 9) - 4;
}

float *random_floats (size_t n) {
    float *x = guarded (n * sizeof *x);
    for (size_t i = 0; i < n; i++) {
        x[i] = random_float ();
    }
    return x;
}

float *random_small_integers (size_t n) {
    float *x = guarded (n * sizeof *x);
    for (size_t i = 0; i < n; i++) {
        x[i] = random_small_integer ();
    }
    return x;
}

static void finish_run (Run *run) {
    printf ("%-26s %-8s %s\n", run->kernel, faiss_simd_level_name ((FaissSIMDLevel)run->level),
            n_failures == run->failures_before ? "ok" : "FAILED");
    free_buffers ();
}

bool next_run (Run *run) {
    if (run->level >= 0) {
        finish_run (run);
    }
    run->failures_before = n_failures;
    for (run->level++; run->level < SIMDLevel_COUNT; run->level++) {
        void (*slot) (void) = NULL;
        run->tested = faiss_kernels_of_level[run->level];
        if (run->tested && faiss_simd_level_is_available ((FaissSIMDLevel)run->level)) {
            memcpy (&slot, (const char *)run->tested + run->offset, sizeof slot);
        }
        if (slot) {
            state = seed; /* the same numbers at every level */
            return true;
        }
    }
    return false;
}

void failed (const Run *run, const char *format, ...) {
    if (n_failures++ - run->failures_before < 5) {
        va_list arguments;
        va_start (arguments, format);
        printf ("%s %s, seed %llu: ", run->kernel,
                faiss_simd_level_name ((FaissSIMDLevel)run->level), seed);
        vprintf (format, arguments);
        printf ("\n");
        va_end (arguments);
    }
}

double now (void) {
    struct timespec time;
    clock_gettime (CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

void report_time (const Run *run, const char *what, double work, double nanoseconds) {
    printf ("    %-22s %-8s %-28s %12.1f ns", run->kernel,
            faiss_simd_level_name ((FaissSIMDLevel)run->level), what, nanoseconds);
    if (work > 0) {
        printf (" %8.2f G/s", work / nanoseconds);
    }
    printf ("\n");
}

int main (int argc, char **argv) {
    const char *only = "";
    for (int i = 1; i < argc; i++) {
        if (!strcmp (argv[i], "--bench")) {
            bench_wanted = true;
        } else if (!strcmp (argv[i], "--seed") && i + 1 < argc) {
            seed = strtoull (argv[++i], NULL, 0);
        } else if (argv[i][0] != '-') {
            only = argv[i];
        } else {
            fprintf (stderr, "usage: checkkernels [--bench] [--seed N] [NAME]\n");
            return 2;
        }
    }
    size_t n_checked = 0;
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
        if (!strncmp (checks[i].kernel, only, strlen (only))) {
            checks[i].check ();
            n_checked++;
        }
    }
    if (n_checked == 0) {
        fprintf (stderr, "checkkernels: no kernel begins with \"%s\"\n", only);
        return 2;
    }
    return n_failures != 0;
}
