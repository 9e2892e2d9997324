/* Checks of the k-means kernels. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "checkkernels.h"

enum { ROWS = FAISS_KMEANS_ROWS, N_POINTS = 50 };

typedef void (*Nearest) (const FaissKmeansGroup *group);

/* Random points of which n are listed, and a group of n_rows centroids. */
static FaissKmeansGroup make_group (size_t d, size_t n, unsigned n_rows, float *random (size_t n)) {
    FaissKmeansGroup group = {.d = d, .n = n, .n_rows = n_rows};
    group.x = random (N_POINTS * d);
    group.x_norms = random_floats (N_POINTS);
    uint32_t *points = guarded (n * sizeof *points);
    for (size_t i = 0; i < n; i++) {
        points[i] = random_bits () % N_POINTS;
    }
    group.points = points;
    float *rows = guarded ((d * ROWS * sizeof *rows + 63) / 64 * 64);
    float *values = random (d * ROWS + 1);
    memcpy (rows, values, d * ROWS * sizeof *rows);
    group.rows = rows;
    group.row_norms = random_floats (ROWS);
    group.vals = guarded (n * sizeof *group.vals);
    group.best = guarded (n * sizeof *group.best);
    return group;
}

/* Values within the tolerance; the row that is named has that value. */
static void check_values (const Run *run, Nearest reference, Nearest tested) {
    static const size_t dims[] = {1, 2, 7, 8, 15, 16, 17, 100, 784};
    for (size_t t = 0; t < sizeof dims / sizeof *dims; t++) {
        for (size_t n = 1; n < 30; n++) {
            size_t d = dims[t];
            FaissKmeansGroup group = make_group (d, n, 1 + random_bits () % ROWS, random_floats);
            FaissKmeansGroup expected = group;
            expected.vals = guarded (n * sizeof *group.vals);
            expected.best = guarded (n * sizeof *group.best);
            reference (&expected);
            tested (&group);
            for (size_t i = 0; i < n; i++) {
                double bound = 1e-6 * sqrt ((double)d) * (double)(d + 3);
                if (group.best[i] >= group.n_rows ||
                    !(fabsf (group.vals[i] - expected.vals[i]) <= bound)) {
                    failed (run, "d=%zu n=%zu rows=%u point %zu: expected %g (%u), got %g (%u)", d,
                            n, group.n_rows, i, (double)expected.vals[i], expected.best[i],
                            (double)group.vals[i], group.best[i]);
                }
            }
        }
    }
}

/* Small integers: sums are exact, ties occur, and the first row wins at every level. */
static void check_ties (const Run *run, Nearest reference, Nearest tested) {
    for (size_t d = 1; d < 40; d += 3) {
        for (size_t n = 1; n < 30; n += 4) {
            FaissKmeansGroup group =
                make_group (d, n, 1 + random_bits () % ROWS, random_small_integers);
            group.x_norms = random_small_integers (N_POINTS);
            group.row_norms = random_small_integers (ROWS);
            FaissKmeansGroup expected = group;
            expected.vals = guarded (n * sizeof *group.vals);
            expected.best = guarded (n * sizeof *group.best);
            reference (&expected);
            tested (&group);
            if (memcmp (group.vals, expected.vals, n * sizeof *group.vals) != 0 ||
                memcmp (group.best, expected.best, n * sizeof *group.best) != 0) {
                failed (run, "d=%zu n=%zu rows=%u: other than the generic one", d, n, group.n_rows);
            }
        }
    }
}

static void bench (const Run *run, Nearest tested) {
    static const size_t sizes[][2] = {{100, 48}, {100, 14}, {784, 48}};
    for (int i = 0; bench_wanted && i < 3; i++) {
        size_t d = sizes[i][0], n = sizes[i][1];
        FaissKmeansGroup group = make_group (d, n, ROWS, random_floats);
        char what[64];
        snprintf (what, sizeof what, "d=%zu n=%zu", d, n);
        BENCH (run, what, 2.0 * (double)(d * n * ROWS), (tested (&group), 0));
    }
}

void check_kmeans_nearest_ip (void) {
    for (Run run = RUN (kmeans_nearest_ip); next_run (&run);) {
        Nearest reference = run.reference->kmeans_nearest_ip;
        check_values (&run, reference, run.tested->kmeans_nearest_ip);
        check_ties (&run, reference, run.tested->kmeans_nearest_ip);
        bench (&run, run.tested->kmeans_nearest_ip);
    }
}

void check_kmeans_nearest_L2_norms (void) {
    for (Run run = RUN (kmeans_nearest_L2_norms); next_run (&run);) {
        Nearest reference = run.reference->kmeans_nearest_L2_norms;
        check_values (&run, reference, run.tested->kmeans_nearest_L2_norms);
        check_ties (&run, reference, run.tested->kmeans_nearest_L2_norms);
        bench (&run, run.tested->kmeans_nearest_L2_norms);
    }
}
