/* Checks of the kernels of walks through graphs. */
#include <string.h>

#include "checkkernels.h"

enum { MAX_N = 150, MAX_NEW = 40 };

/* Ascending, some of them equal. */
static void fill (float *keys, uint32_t *ids, size_t n) {
    float key = -8;
    for (size_t i = 0; i < n; i++) {
        key += (float)(random_bits () % 3) / 8;
        keys[i] = key;
        ids[i] = random_bits ();
    }
}

static void check_merge (const Run *run, size_t n, size_t m, float first) {
    float *keys = guarded ((n + m) * sizeof *keys), expected_keys[MAX_N + MAX_NEW];
    uint32_t *ids = guarded ((n + m) * sizeof *ids), expected_ids[MAX_N + MAX_NEW];
    float *new_keys = guarded (m * sizeof *new_keys);
    uint32_t *new_ids = guarded (m * sizeof *new_ids);
    fill (keys, ids, n);
    fill (new_keys, new_ids, m);
    for (size_t j = 0; j < m; j++) {
        new_keys[j] += first + 8;
    }
    memcpy (expected_keys, keys, n * sizeof *keys);
    memcpy (expected_ids, ids, n * sizeof *ids);
    size_t place = run->tested->sorted_merge (keys, ids, n, new_keys, new_ids, m);
    size_t expected =
        run->reference->sorted_merge (expected_keys, expected_ids, n, new_keys, new_ids, m);
    if (place != expected || memcmp (keys, expected_keys, (n + m) * sizeof *keys) != 0 ||
        memcmp (ids, expected_ids, (n + m) * sizeof *ids) != 0) {
        failed (run, "n=%zu, m=%zu: place %zu, expected %zu", n, m, place, expected);
    }
    bool in_order = place == n || ids[place] == new_ids[0];
    for (size_t i = 1; i < n + m; i++) {
        in_order &= keys[i - 1] <= keys[i];
    }
    if (!in_order || (place > 0 && !(keys[place - 1] < new_keys[0]))) {
        failed (run, "n=%zu, m=%zu: not in order", n, m);
    }
}

void check_sorted_merge (void) {
    for (Run run = RUN (sorted_merge); next_run (&run);) {
        for (size_t n = 0; n <= MAX_N; n++) {
            check_merge (&run, n, 1, -100);
            check_merge (&run, n, 1 + random_bits () % MAX_NEW, 100);
            for (size_t m = 1; m <= MAX_NEW; m = m < 4 ? m + 1 : m * 2 - 1) {
                check_merge (&run, n, m, (float)(random_bits () % 200) / 8 - 9);
            }
        }
        float *keys = guarded (1032 * sizeof *keys), *new_keys = guarded (4 * sizeof *keys);
        uint32_t *ids = guarded (1032 * sizeof *ids), new_ids[4] = {1, 2, 3, 4};
        fill (keys, ids, 1024);
        for (size_t j = 0; j < 4; j++) {
            new_keys[j] = keys[200 * (j + 1)];
        }
        BENCH (&run, "n=200, one in the middle", 0,
               run.tested->sorted_merge (keys, ids, 200, keys + 100, new_ids, 1));
        BENCH (&run, "n=1000, one in the middle", 0,
               run.tested->sorted_merge (keys, ids, 1000, keys + 500, new_ids, 1));
        BENCH (&run, "n=1000, four", 0,
               run.tested->sorted_merge (keys, ids, 1000, new_keys, new_ids, 4));
    }
}
