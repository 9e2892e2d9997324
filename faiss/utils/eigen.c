/* LAPACK's dsyev takes seconds for a thousand dimensions, nearly all of them in one call that
 * nothing ends, with a loop over a matrix that no cache holds. The steps are the same here, number
 * by number, so that the vectors have the signs that they have elsewhere; but the rotations of many
 * sweeps wait until they are applied together, to a few rows of the matrix at a time, by all
 * threads.
 */
#include <faiss/utils/eigen.h>

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include <faiss/MetricType.h>
#include <faiss/impl/check.h>
#include <faiss/impl/parallel.h>
#include <faiss/utils/blas.h>

/// Smaller matrices take LAPACK a tenth of a second at most.
enum { WORTH_IT = 256 };

/// Columns that are reduced at a time: LAPACK's number, on which the last bits depend.
enum { PANEL = 32 };

static FaissStatus all_by_lapack (size_t n, double *a, double *values) {
    FINTEGER order = (FINTEGER)n, size = -1, info = 0;
    double wanted = 0;
    FAISS_AUTO_FREE (double) *work = NULL;
    dsyev_ ("V", "U", &order, a, &order, values, &wanted, &size, &info);
    FAISS_REQUIRE (info == 0, "LAPACK's dsyev answers %lld", (long long)info);
    size = (FINTEGER)wanted;
    FAISS_TRY (faiss_alloc (&work, (size_t)size, sizeof *work));
    dsyev_ ("V", "U", &order, a, &order, values, work, &size, &info);
    FAISS_REQUIRE (info == 0, "LAPACK's dsyev answers %lld", (long long)info);
    return FAISS_OK;
}

/* ---- tridiagonal form ------------------------------------------------------------------------ */

FaissStatus faiss_tridiagonalize (size_t n, double *a, double *d, double *e, double *tau) {
    FAISS_AUTO_FREE (double) *work = NULL;
    FAISS_TRY (faiss_alloc (&work, n * PANEL, sizeof *work));
    FINTEGER order = (FINTEGER)n, panel = PANEL, info = 0;
    double one = 1, minus_one = -1;
    size_t left = n - (n - 1) / PANEL * PANEL; /* 1 .. PANEL columns are reduced one by one */
    for (size_t end = n; end > left; end -= PANEL) {
        FAISS_TRY (faiss_check_interrupt ());
        FINTEGER columns = (FINTEGER)end, before = (FINTEGER)(end - PANEL);
        dlatrd_ ("U", &columns, &panel, a, &order, e, tau, work, &order);
        dsyr2k_ ("U", "N", &before, &panel, &minus_one, a + (end - PANEL) * n, &order, work, &order,
                 &one, a, &order);
        for (size_t j = end - PANEL; j < end; j++) {
            a[j * n + j - 1] = e[j - 1];
            d[j] = a[j * n + j];
        }
    }
    FINTEGER rest = (FINTEGER)left;
    dsytd2_ ("U", &rest, a, &order, d, e, tau, &info);
    return faiss_check_interrupt ();
}

/* Q itself in place of its reflections, some columns at a time. */
static FaissStatus expand_in_pieces (size_t n, double *a, const double *tau) {
    enum { COLUMNS = 128 };
    FAISS_AUTO_FREE (double) *q = NULL;
    FAISS_AUTO_FREE (double) *work = NULL;
    FINTEGER order = (FINTEGER)n, size = (FINTEGER)n * PANEL, info = 0;
    FAISS_TRY (faiss_alloc_zeroed (&q, n, n * sizeof *q));
    FAISS_TRY (faiss_alloc (&work, n * PANEL, sizeof *work));
    for (size_t begin = 0; begin < n; begin += COLUMNS) {
        FINTEGER columns = (FINTEGER)(n - begin < COLUMNS ? n - begin : COLUMNS);
        FAISS_TRY (faiss_check_interrupt ());
        for (size_t j = begin; j < begin + (size_t)columns; j++) {
            q[j * n + j] = 1;
        }
        dormtr_ ("L", "U", "N", &order, &columns, a, &order, tau, q + begin * n, &order, work,
                 &size, &info);
        FAISS_REQUIRE (info == 0, "LAPACK's dormtr answers %lld", (long long)info);
    }
    return faiss_copy_bytes (a, q, n * n * sizeof *q);
}

/* a = Q T Q^T: T's diagonal d and what is beside it, e; Q replaces a. */
static FaissStatus tridiagonalize (size_t n, double *a, double *d, double *e) {
    enum { TOO_LONG = 1500 }; /* from here on dorgtr takes more than a tenth of a second */
    FAISS_AUTO_FREE (double) *tau = NULL;
    FAISS_AUTO_FREE (double) *work = NULL;
    FAISS_TRY (faiss_alloc (&tau, n, sizeof *tau));
    FAISS_TRY (faiss_tridiagonalize (n, a, d, e, tau));
    if (n >= TOO_LONG) {
        return expand_in_pieces (n, a, tau);
    }
    FAISS_TRY (faiss_alloc (&work, n * PANEL, sizeof *work));
    FINTEGER order = (FINTEGER)n, info = 0, size = (FINTEGER)(n * PANEL);
    dorgtr_ ("U", &order, a, &order, tau, work, &size, &info);
    FAISS_REQUIRE (info == 0, "LAPACK's dorgtr answers %lld", (long long)info);
    return faiss_check_interrupt ();
}

/* ---- rotations ------------------------------------------------------------------------------- */

/* A sweep: rotations of the columns first + i and first + i + 1. */
typedef struct Sweep {
    size_t first, n, at; /* cosines and sines: from `at` on */
    bool backward;
} Sweep;

typedef struct Rotations {
    size_t n;       /* of the matrix */
    double *matrix; /* column by column */
    double *cosines, *sines;
    size_t used, capacity;
    Sweep *sweeps;
    size_t n_sweeps, max_sweeps;
} Rotations;

/// Rows that are rotated at a time: with all columns they fit into the second cache.
enum { ROWS = 32 };

static void rotate_rows (const Rotations *self, size_t begin, size_t n_rows) {
    for (size_t k = 0; k < self->n_sweeps; k++) {
        const Sweep *sweep = &self->sweeps[k];
        for (size_t step = 0; step < sweep->n; step++) {
            size_t i = sweep->backward ? sweep->n - 1 - step : step;
            double c = self->cosines[sweep->at + i], s = self->sines[sweep->at + i];
            double *x = self->matrix + (sweep->first + i) * self->n + begin, *y = x + self->n;
            for (size_t r = 0; r < n_rows; r++) {
                double old = y[r];
                y[r] = c * old - s * x[r];
                x[r] = s * old + c * x[r];
            }
        }
    }
}

static FaissStatus Rotations_apply (Rotations *self) {
    FaissRegion region = {0};
    idx_t n_blocks = (idx_t)((self->n + ROWS - 1) / ROWS);
#pragma omp parallel for schedule(dynamic) num_threads(faiss_threads_for(n_blocks))
    for (idx_t block = 0; block < n_blocks; block++) {
        size_t begin = (size_t)block * ROWS, left = self->n - begin;
        if (!faiss_region_stopped (&region)) {
            rotate_rows (self, begin, left < ROWS ? left : ROWS);
        }
    }
    self->used = self->n_sweeps = 0;
    return faiss_region_close (&region);
}

/* Room for the n rotations of one more sweep. */
static FaissStatus Rotations_add (Rotations *self, size_t first, size_t n, bool backward,
                                  size_t *at) {
    if (self->used + n > self->capacity || self->n_sweeps == self->max_sweeps) {
        FAISS_TRY (Rotations_apply (self));
    }
    *at = self->used;
    self->sweeps[self->n_sweeps++] = (Sweep){first, n, self->used, backward};
    self->used += n;
    return FAISS_OK;
}

/* ---- eigenvalues of the tridiagonal form ------------------------------------------------------
 */

typedef struct Tridiagonal {
    double *d, *e;
    size_t sweeps_left;
    Rotations *rotations;
} Tridiagonal;

/* A sweep goes from the end `to` towards `from`, which converges: with the QL method from is the
 * upper end (dir = 1), with the QR method the lower one (dir = -1). */
typedef struct Part {
    ptrdiff_t from, to, dir;
} Part;

/* e between rows i and i + dir */
static double *beside (const Tridiagonal *self, const Part *part, ptrdiff_t i) {
    return &self->e[part->dir > 0 ? i : i - 1];
}

/* The first row from `from` on after which e is negligible. */
static ptrdiff_t find_split (const Tridiagonal *self, const Part *part) {
    const double epsilon = DBL_EPSILON / 2;
    ptrdiff_t i = part->from;
    for (; i != part->to; i += part->dir) {
        double size = fabs (*beside (self, part, i));
        if (size * size <=
            epsilon * epsilon * fabs (self->d[i]) * fabs (self->d[i + part->dir]) + DBL_MIN) {
            break;
        }
    }
    return i;
}

/* Two rows on their own: their eigenvalues at once. */
static FaissStatus solve_two (Tridiagonal *self, const Part *part) {
    ptrdiff_t upper = part->dir > 0 ? part->from : part->from - 1;
    double c, s, larger, smaller;
    size_t at;
    dlaev2_ (&self->d[upper], &self->e[upper], &self->d[upper + 1], &larger, &smaller, &c, &s);
    FAISS_TRY (Rotations_add (self->rotations, (size_t)upper, 1, part->dir > 0, &at));
    self->rotations->cosines[at] = c;
    self->rotations->sines[at] = s;
    self->d[upper] = larger;
    self->d[upper + 1] = smaller;
    self->e[upper] = 0;
    return FAISS_OK;
}

/* One implicit sweep with Wilkinson's shift from row `split` to `from`. */
static FaissStatus sweep (Tridiagonal *self, const Part *part, ptrdiff_t split) {
    double *d = self->d, one = 1;
    ptrdiff_t from = part->from, dir = part->dir, n = dir * (split - from);
    size_t at, first = (size_t)(dir > 0 ? from : split);
    FAISS_TRY (Rotations_add (self->rotations, first, (size_t)n, dir > 0, &at));
    double p = d[from], e = *beside (self, part, from);
    double g = (d[from + dir] - p) / (2 * e);
    double r = dlapy2_ (&g, &one);
    g = d[split] - p + e / (g + copysign (r, g));
    double s = 1, c = 1;
    p = 0;
    for (ptrdiff_t i = split - dir;; i -= dir) { /* rows i and i + dir */
        double f = s * *beside (self, part, i), b = c * *beside (self, part, i);
        dlartg_ (&g, &f, &c, &s, &r);
        if (i != split - dir) {
            *beside (self, part, i + dir) = r;
        }
        g = d[i + dir] - p;
        r = (d[i] - g) * s + 2 * c * b;
        p = s * r;
        d[i + dir] = g + p;
        g = c * r - b;
        size_t column = (size_t)(dir > 0 ? i : i - 1) - first;
        self->rotations->cosines[at + column] = c;
        self->rotations->sines[at + column] = dir > 0 ? -s : s;
        if (i == from) {
            break;
        }
    }
    d[from] -= p;
    *beside (self, part, from) = g;
    return FAISS_OK;
}

/* All eigenvalues of the rows begin .. end, which are connected. */
static FaissStatus solve_part (Tridiagonal *self, size_t begin, size_t end) {
    bool is_graded = fabs (self->d[end]) < fabs (self->d[begin]);
    Part part = {(ptrdiff_t)begin, (ptrdiff_t)end, 1};
    if (is_graded) {
        part = (Part){(ptrdiff_t)end, (ptrdiff_t)begin, -1};
    }
    while (part.dir * (part.to - part.from) >= 0) {
        ptrdiff_t split = find_split (self, &part);
        if (split != part.to) {
            *beside (self, &part, split) = 0;
        }
        ptrdiff_t n = part.dir * (split - part.from);
        if (n == 0) {
            part.from += part.dir;
        } else if (n == 1) {
            FAISS_TRY (solve_two (self, &part));
            part.from += 2 * part.dir;
        } else {
            FAISS_REQUIRE (self->sweeps_left-- > 0, "the eigenvalues do not converge");
            FAISS_TRY (sweep (self, &part, split));
        }
    }
    return FAISS_OK;
}

static FaissStatus solve_tridiagonal (Tridiagonal *self, size_t n) {
    for (size_t begin = 0; begin < n;) {
        FAISS_TRY (faiss_check_interrupt ());
        size_t end = begin;
        for (; end + 1 < n; end++) {
            double size = fabs (self->e[end]);
            if (size <=
                sqrt (fabs (self->d[end])) * sqrt (fabs (self->d[end + 1])) * (DBL_EPSILON / 2)) {
                self->e[end] = 0;
                break;
            }
        }
        FAISS_TRY (solve_part (self, begin, end));
        begin = end + 1;
    }
    return Rotations_apply (self->rotations);
}

static void sort_ascending (size_t n, double *values, double *vectors) {
    for (size_t i = 0; i + 1 < n; i++) {
        size_t least = i;
        for (size_t j = i + 1; j < n; j++) {
            least = values[j] < values[least] ? j : least;
        }
        if (least != i) {
            double value = values[i];
            values[i] = values[least];
            values[least] = value;
            for (size_t r = 0; r < n; r++) {
                double component = vectors[i * n + r];
                vectors[i * n + r] = vectors[least * n + r];
                vectors[least * n + r] = component;
            }
        }
    }
}

FaissStatus faiss_symmetric_eigen (size_t n, double *a, double *values) {
    if (n < WORTH_IT) {
        return all_by_lapack (n, a, values);
    }
    FAISS_AUTO_FREE (double) *e = NULL;
    FAISS_AUTO_FREE (double) *cosines = NULL;
    FAISS_AUTO_FREE (Sweep) *sweeps = NULL;
    enum { SWEEPS = 64 };
    Rotations rotations = {.n = n, .matrix = a, .capacity = SWEEPS * n, .max_sweeps = 4 * SWEEPS};
    FAISS_TRY (faiss_alloc (&e, n, sizeof *e));
    FAISS_TRY (faiss_alloc (&cosines, 2 * rotations.capacity, sizeof *cosines));
    FAISS_TRY (faiss_alloc (&sweeps, rotations.max_sweeps, sizeof *sweeps));
    rotations.cosines = cosines;
    rotations.sines = cosines + rotations.capacity;
    rotations.sweeps = sweeps;
    Tridiagonal tridiagonal = {values, e, 30 * n, &rotations};
    FAISS_TRY (tridiagonalize (n, a, values, e));
    FAISS_TRY (solve_tridiagonal (&tridiagonal, n));
    sort_ascending (n, values, a);
    return FAISS_OK;
}
