/* Checks of Hamming distances. */
#include <string.h>

#include "checkkernels.h"

static const size_t sizes[] = {0,  1,  2,  3,  5,  7,  8,  9,  12, 13, 15, 16,  17, 20,
                               24, 31, 32, 33, 40, 48, 56, 63, 64, 65, 98, 128, 129};
enum { N_SIZES = sizeof sizes / sizeof *sizes, MAX_N = 37 };

static uint8_t *random_bytes (size_t n) {
    uint8_t *bytes = guarded (n);
    for (size_t i = 0; i < n; i++) {
        bytes[i] = (uint8_t)random_bits ();
    }
    return bytes;
}

static void check_size (const Run *run, size_t code_size, size_t n) {
    uint8_t *x = random_bytes (code_size), *codes = random_bytes (n * code_size);
    uint32_t bounds[] = {0, (uint32_t)code_size * 4, (uint32_t)code_size * 8, UINT32_MAX};
    for (size_t b = 0; b < 4; b++) {
        uint32_t *where = guarded (n * sizeof *where), *distances = guarded (n * sizeof *distances);
        uint32_t expected_where[MAX_N], expected[MAX_N];
        size_t n_found =
            run->tested->hamming_below (x, codes, code_size, n, bounds[b], where, distances);
        size_t n_expected = run->reference->hamming_below (x, codes, code_size, n, bounds[b],
                                                           expected_where, expected);
        if (n_found != n_expected || memcmp (where, expected_where, n_found * sizeof *where) != 0 ||
            memcmp (distances, expected, n_found * sizeof *distances) != 0) {
            failed (run, "code_size=%zu, n=%zu, bound=%u: expected %zu codes, got %zu", code_size,
                    n, bounds[b], n_expected, n_found);
        }
    }
}

void check_hamming_below (void) {
    for (Run run = RUN (hamming_below); next_run (&run);) {
        for (size_t i = 0; i < N_SIZES; i++) {
            for (size_t n = 0; n <= MAX_N; n += 1 + n / 9) {
                check_size (&run, sizes[i], n);
            }
        }
        static const size_t timed[] = {4, 8, 13, 16, 32, 64, 98};
        for (size_t i = 0; i < sizeof timed / sizeof *timed; i++) {
            enum { N = 1024 };
            uint32_t *where = guarded (N * sizeof *where), *distances = guarded (N * sizeof *where);
            uint8_t *x = random_bytes (timed[i]), *codes = random_bytes (N * timed[i]);
            char what[64];
            snprintf (what, sizeof what, "code_size=%zu n=1024", timed[i]);
            BENCH (&run, what, (double)N,
                   run.tested->hamming_below (x, codes, timed[i], N, (uint32_t)timed[i] * 2, where,
                                              distances));
        }
    }
}
