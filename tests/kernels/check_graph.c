/* Checks of the kernels of walks through graphs. */
#include <string.h>

#include "checkkernels.h"

enum { MAX_N = 150 };

/* Ascending, some of them equal. */
static void fill (float *keys, uint32_t *ids, size_t n) {
    float key = -8;
    for (size_t i = 0; i < n; i++) {
        key += (float)(random_bits () % 3) / 8;
        keys[i] = key;
        ids[i] = random_bits ();
    }
}

static void check_insert (const Run *run, size_t n, float key) {
    float *keys = guarded ((n + 1) * sizeof *keys), expected_keys[MAX_N + 1];
    uint32_t *ids = guarded ((n + 1) * sizeof *ids), expected_ids[MAX_N + 1];
    fill (keys, ids, n);
    memcpy (expected_keys, keys, n * sizeof *keys);
    memcpy (expected_ids, ids, n * sizeof *ids);
    size_t place = run->tested->sorted_insert (keys, ids, n, key, 4711);
    size_t expected = run->reference->sorted_insert (expected_keys, expected_ids, n, key, 4711);
    if (place != expected || memcmp (keys, expected_keys, (n + 1) * sizeof *keys) != 0 ||
        memcmp (ids, expected_ids, (n + 1) * sizeof *ids) != 0) {
        failed (run, "n=%zu: place %zu, expected %zu", n, place, expected);
    }
    if ((place > 0 && !(keys[place - 1] < key)) || (place < n && keys[place + 1] < key)) {
        failed (run, "n=%zu: not in order at %zu", n, place);
    }
}

void check_sorted_insert (void) {
    for (Run run = RUN (sorted_insert); next_run (&run);) {
        for (size_t n = 0; n <= MAX_N; n++) {
            check_insert (&run, n, -100);
            check_insert (&run, n, 100);
            for (int i = 0; i < 8; i++) {
                check_insert (&run, n, (float)(random_bits () % 200) / 8 - 9);
            }
        }
        float *keys = guarded (1025 * sizeof *keys);
        uint32_t *ids = guarded (1025 * sizeof *ids);
        fill (keys, ids, 1024);
        BENCH (&run, "n=200, in the middle", 0,
               run.tested->sorted_insert (keys, ids, 200, keys[100], 1));
        BENCH (&run, "n=1000, in the middle", 0,
               run.tested->sorted_insert (keys, ids, 1000, keys[500], 1));
    }
}
