/* Small helpers: clocks, checksums, histograms, samples. */
#include <faiss/utils/utils.h>

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <faiss/impl/check.h>
#include <faiss/impl/parallel.h>
#include <faiss/impl/random_internal.h>

/* ---- clocks and the process ------------------------------------------------------------- */

double faiss_getmillisecs (void) {
    struct timespec now;
    clock_gettime (CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec * 1e-6;
}

uint64_t faiss_get_cycles (void) {
#if defined(__x86_64__) || defined(__i386__)
    return __builtin_ia32_rdtsc ();
#else
    struct timespec now;
    clock_gettime (CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
#endif
}

size_t faiss_get_mem_usage_kb (void) {
    long pages = 0;
    FILE *file = fopen ("/proc/self/statm", "r");
    if (file) {
        if (fscanf (file, "%*s %ld", &pages) != 1) {
            pages = 0;
        }
        fclose (file);
    }
    return (size_t)pages * (size_t)sysconf (_SC_PAGESIZE) / 1024;
}

bool faiss_check_openmp (void) {
#ifdef _OPENMP
    return true;
#else
    return false;
#endif
}

/* ---- checksums -------------------------------------------------------------------------- */

enum { CHECKSUM_START = 112909, CHECKSUM_FACTOR = 65713, CHECKSUM_VALUE_FACTOR = 1686049 };

/* The product with the value is taken in 32 bits: upstream's results show it. */
static uint64_t checksum_step (uint64_t checksum, uint32_t value) {
    return checksum * CHECKSUM_FACTOR + (uint32_t)(value * (uint32_t)CHECKSUM_VALUE_FACTOR);
}

uint64_t faiss_ivec_checksum (size_t n, const int32_t *a) {
    uint64_t checksum = CHECKSUM_START;
    for (size_t i = n; i-- > 0;) {
        checksum = checksum_step (checksum, (uint32_t)a[i]);
    }
    return checksum;
}

/* Whole words from the last to the first, then the bytes behind them in order. */
uint64_t faiss_bvec_checksum (size_t n, const uint8_t *a) {
    uint64_t checksum = CHECKSUM_START;
    for (size_t i = n / 4; i-- > 0;) {
        uint32_t word;
        memcpy (&word, a + 4 * i, sizeof word);
        checksum = checksum_step (checksum, word);
    }
    for (size_t i = n / 4 * 4; i < n; i++) {
        checksum = checksum_step (checksum, a[i]);
    }
    return checksum;
}

void faiss_bvecs_checksum (size_t n, size_t d, const uint8_t *a, uint64_t *cs) {
#pragma omp parallel for num_threads(faiss_threads_for((int64_t)n)) schedule(static)
    for (size_t i = 0; i < n; i++) {
        cs[i] = faiss_bvec_checksum (d, a + i * d);
    }
}

uint64_t faiss_hash_bytes (const uint8_t *bytes, int64_t n) {
    uint64_t hash = n > 0 ? (uint64_t)bytes[0] << 7 : 0;
    for (int64_t i = 0; i < n; i++) {
        hash = (1000003 * hash) ^ bytes[i];
    }
    return hash ^ (uint64_t)n;
}

/* ---- histograms ------------------------------------------------------------------------- */

int faiss_ivec_hist (size_t n, const int *v, int vmax, int *hist) {
    int outside = 0;
    for (int i = 0; i < vmax; i++) {
        hist[i] = 0;
    }
    for (size_t i = 0; i < n; i++) {
        if (v[i] < 0 || v[i] >= vmax) {
            outside++;
        } else {
            hist[v[i]]++;
        }
    }
    return outside;
}

double faiss_imbalance_factor_hist (int k, const int64_t *hist) {
    double total = 0, squares = 0;
    for (int i = 0; i < k; i++) {
        total += (double)hist[i];
        squares += (double)hist[i] * (double)hist[i];
    }
    return squares * k / (total * total);
}

FaissStatus faiss_imbalance_factor (int64_t n, int k, const int64_t *assign, double *out) {
    FAISS_REQUIRE (n >= 0, "expected n >= 0, got %lld", (long long)n);
    FAISS_REQUIRE (k > 0, "expected k > 0, got %d", k);
    FAISS_REQUIRE (n == 0 || assign, "assign is NULL");
    FAISS_REQUIRE_ARG (out);
    FAISS_AUTO_FREE (int64_t) *hist = NULL;
    FAISS_TRY (faiss_alloc_zeroed (&hist, (size_t)k, sizeof *hist));
    for (int64_t i = 0; i < n; i++) {
        FAISS_REQUIRE (assign[i] >= 0 && assign[i] < k, "assign[%lld]=%lld is not in 0 .. %d",
                       (long long)i, (long long)assign[i], k - 1);
        hist[assign[i]]++;
    }
    *out = faiss_imbalance_factor_hist (k, hist);
    return FAISS_OK;
}

/* ---- samples and lists ------------------------------------------------------------------ */

FaissStatus faiss_fvecs_maybe_subsample (size_t d, size_t *n, size_t nmax, const float *x,
                                         bool verbose, int64_t seed, float **out) {
    FAISS_REQUIRE_ARG (n);
    FAISS_REQUIRE_ARG (out);
    if (*n <= nmax) {
        *out = (float *)x;
        return FAISS_OK;
    }
    FAISS_REQUIRE_ARG (x);
    FAISS_REQUIRE (*n <= INT_MAX, "expected at most %d vectors, got %zu", INT_MAX, *n);
    FAISS_REQUIRE (d == 0 || nmax <= SIZE_MAX / sizeof **out / d, "%zu vectors are too many", nmax);
    if (verbose) {
        faiss_say ("  Input training set too big (max size is %zu), sampling %zu / %zu vectors\n",
                   nmax, nmax, *n);
    }
    FAISS_AUTO_FREE (int) *perm = NULL;
    FAISS_AUTO_FREE (float) *sample = NULL;
    FAISS_TRY (faiss_alloc (&perm, *n, sizeof *perm));
    FAISS_TRY (faiss_alloc (&sample, nmax * d, sizeof *sample));
    faiss_rand_perm_prefix (perm, *n, nmax, seed);
#pragma omp parallel for num_threads(faiss_threads_for((int64_t)nmax)) schedule(static)
    for (size_t i = 0; i < nmax; i++) {
        memcpy (sample + i * d, x + (size_t)perm[i] * d, sizeof *sample * d);
    }
    *n = nmax;
    *out = FAISS_STEAL (sample);
    return FAISS_OK;
}

static int compare_ids (const void *a, const void *b) {
    int64_t first = *(const int64_t *)a, second = *(const int64_t *)b;
    return (first > second) - (first < second);
}

/* A sorted copy without negative ids and repetitions; *k becomes its size. */
static FaissStatus id_set (size_t *k, const int64_t *v, int64_t **out) {
    int64_t *ids = NULL;
    FAISS_TRY (faiss_alloc (&ids, *k, sizeof *ids));
    size_t n = 0;
    for (size_t i = 0; i < *k; i++) {
        if (v[i] >= 0) {
            ids[n++] = v[i];
        }
    }
    qsort (ids, n, sizeof *ids, compare_ids);
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        if (kept == 0 || ids[kept - 1] != ids[i]) {
            ids[kept++] = ids[i];
        }
    }
    *k = kept;
    *out = ids;
    return FAISS_OK;
}

FaissStatus faiss_ranklist_intersection_size (size_t k1, const int64_t *v1, size_t k2,
                                              const int64_t *v2, size_t *out) {
    FAISS_REQUIRE ((k1 == 0 || v1) && (k2 == 0 || v2), "a list is NULL");
    FAISS_REQUIRE_ARG (out);
    FAISS_AUTO_FREE (int64_t) *first = NULL;
    FAISS_AUTO_FREE (int64_t) *second = NULL;
    FAISS_TRY (id_set (&k1, v1, &first));
    FAISS_TRY (id_set (&k2, v2, &second));
    size_t common = 0;
    for (size_t i = 0, j = 0; i < k1 && j < k2;) {
        if (first[i] == second[j]) {
            common++, i++, j++;
        } else if (first[i] < second[j]) {
            i++;
        } else {
            j++;
        }
    }
    *out = common;
    return FAISS_OK;
}
