/* Eigenvectors by divide and conquer: LAPACK's dsyevd takes seconds for thousands of dimensions, in
 * one call that nothing ends. Here its steps are called one by one, and the longest of them, which
 * puts together what two halves of a tridiagonal matrix have given (dlaed3), is cut into columns.
 */
#include <faiss/utils/eigen.h>

#include <math.h>
#include <string.h>

#include <faiss/MetricType.h>
#include <faiss/impl/check.h>
#include <faiss/impl/parallel.h>
#include <faiss/utils/blas.h>

/// What LAPACK does in some milliseconds; where dlaed3 is as good.
enum { LEAF = 256, FEW = 64 };

/// Eigenvectors that are put together, and turned back, at a time.
enum { COLUMNS = 128 };

typedef struct Divide {
    size_t n;
    double *d, *e;   /* the tridiagonal matrix; d becomes the values */
    double *q;       /* n * n: the vectors, column by column */
    double *work;    /* n * n, and what a leaf needs */
    double *small;   /* 2 n * COLUMNS */
    double *z;       /* 3 n */
    FINTEGER *order; /* size n: of each part, its values from the least on */
    FINTEGER *index; /* 4 n, and what a leaf needs */
} Divide;

static void Divide_clear (Divide *self) {
    free (self->e);
    free (self->q);
    free (self->work);
    free (self->small);
    free (self->z);
    free (self->order);
    free (self->index);
}

static FaissStatus Divide_init (Divide *self, size_t n, double *values) {
    *self = (Divide){.n = n, .d = values};
    FAISS_TRY (faiss_alloc (&self->e, n, sizeof *self->e));
    FAISS_TRY (faiss_alloc_zeroed (&self->q, n, n * sizeof *self->q));
    FAISS_TRY (faiss_alloc (&self->work, n * n + LEAF * (LEAF + 4) + 1, sizeof *self->work));
    FAISS_TRY (faiss_alloc (&self->small, 2 * n * COLUMNS, sizeof *self->small));
    FAISS_TRY (faiss_alloc (&self->z, 3 * n, sizeof *self->z));
    FAISS_TRY (faiss_alloc (&self->order, n, sizeof *self->order));
    return faiss_alloc (&self->index, 4 * n + 5 * LEAF + 3, sizeof *self->index);
}

/* ---- two halves ------------------------------------------------------------------------------ */

/* Two parts, and what dlaed2 makes of them: the values not known yet are the roots x of
 * 1 + rho * sum of w_i^2 / (poles_i - x). */
typedef struct Pair {
    double *q; /* the corner of both in Divide's */
    FINTEGER stride, n, n_first, k;
    const FINTEGER *kinds; /* packed columns of the first part only, of both, of the second only */
    const FINTEGER *place; /* size k: where packed columns are among the poles, from 1 on */
    double *d, *poles, *w, *packed, rho;
    double *small;
} Pair;

static double *column_of (const Pair *p, idx_t j) {
    return p->q + (size_t)j * (size_t)p->stride;
}

static FaissStatus find_root (const Pair *p, idx_t j) {
    FINTEGER number = (FINTEGER)j + 1, info = 0;
    dlaed4_ (&p->k, &number, p->poles, p->w, column_of (p, j), &p->rho, &p->d[j], &info);
    FAISS_REQUIRE (info == 0, "LAPACK's dlaed4 answers %lld", (long long)info);
    return FAISS_OK;
}

/* The roots, and in the columns of q how far the poles are from them. */
static FaissStatus find_roots (const Pair *p) {
    FaissRegion region = {0};
#pragma omp parallel for schedule(dynamic, 8) num_threads(faiss_threads_for(p->k))
    for (idx_t j = 0; j < (idx_t)p->k; j++) {
        if (!faiss_region_stopped (&region)) {
            faiss_region_note (&region, find_root (p, j));
        }
    }
    return faiss_region_close (&region);
}

/* Of which w these roots are the exact ones: with it, the vectors are orthogonal. */
static FaissStatus adapt_w (const Pair *p) {
    double *squares = p->small;
    for (FINTEGER i = 0; i < p->k; i++) {
        squares[i] = 1;
    }
    for (FINTEGER j = 0; j < p->k; j++) {
        if (j % COLUMNS == 0) {
            FAISS_TRY (faiss_check_interrupt ());
        }
        const double *distances = column_of (p, j);
        for (FINTEGER i = 0; i < p->k; i++) {
            squares[i] *= i == j ? -distances[i] : distances[i] / (p->poles[i] - p->poles[j]);
        }
    }
    for (FINTEGER i = 0; i < p->k; i++) {
        p->w[i] = copysign (sqrt (squares[i]), p->w[i]);
    }
    return FAISS_OK;
}

/* An eigenvector in terms of the packed columns: of those of the first part, and of the second. */
static void weigh (const Pair *p, const double *distances, double *first, double *second) {
    FINTEGER n_first = p->kinds[0] + p->kinds[1];
    double sum = 0;
    for (FINTEGER i = 0; i < p->k; i++) {
        double x = p->w[i] / distances[i];
        sum += x * x;
    }
    double factor = 1 / sqrt (sum);
    for (FINTEGER i = 0; i < p->k; i++) {
        FINTEGER at = p->place[i] - 1;
        double x = p->w[at] / distances[at] * factor;
        if (i < n_first) {
            first[i] = x;
        }
        if (i >= p->kinds[0]) {
            second[i - p->kinds[0]] = x;
        }
    }
}

/* m columns of q from j on, where the distances are, become eigenvectors. */
static void put_together (const Pair *p, FINTEGER j, FINTEGER m) {
    FINTEGER n_first = p->kinds[0] + p->kinds[1], n_second = p->kinds[1] + p->kinds[2];
    FINTEGER rows = p->n - p->n_first;
    double *first = p->small, *second = first + (size_t)n_first * COLUMNS, one = 1, zero = 0;
    for (FINTEGER i = 0; i < m; i++) {
        weigh (p, column_of (p, j + i), first + (size_t)i * (size_t)n_first,
               second + (size_t)i * (size_t)n_second);
    }
    double *out = column_of (p, j);
    for (FINTEGER i = 0; i < m; i++) { /* a part may have no column left */
        memset (column_of (p, j + i), 0, (size_t)p->n * sizeof *out);
    }
    if (n_first > 0) {
        dgemm_ ("N", "N", &p->n_first, &m, &n_first, &one, p->packed, &p->n_first, first, &n_first,
                &zero, out, &p->stride);
    }
    if (n_second > 0) {
        dgemm_ ("N", "N", &rows, &m, &n_second, &one,
                p->packed + (size_t)p->n_first * (size_t)n_first, &rows, second, &n_second, &zero,
                out + p->n_first, &p->stride);
    }
}

/* dlaed1: the eigenvectors of rows begin .. begin + n, of whose first n_first and whose others they
 * are known, when what connects these is added. */
static FaissStatus merge (Divide *self, size_t begin, size_t n, size_t n_first) {
    size_t stride = self->n;
    FINTEGER *place = self->index + n, *kinds = place + n, *order = self->order + begin, info = 0;
    double *z = self->z;
    Pair p = {.q = self->q + begin * stride + begin,
              .stride = (FINTEGER)stride,
              .n = (FINTEGER)n,
              .n_first = (FINTEGER)n_first,
              .kinds = kinds,
              .place = place,
              .d = self->d + begin,
              .poles = z + n,
              .w = z + 2 * n,
              .packed = self->work,
              .rho = self->e[begin + n_first - 1],
              .small = self->small};
    for (size_t j = 0; j < n; j++) {
        z[j] = p.q[j * stride + (j < n_first ? n_first - 1 : n_first)];
    }
    dlaed2_ (&p.k, &p.n, &p.n_first, p.d, p.q, &p.stride, order, &p.rho, z, p.poles, p.w, p.packed,
             self->index, place, kinds + n, kinds, &info);
    FAISS_REQUIRE (info == 0, "LAPACK's dlaed2 answers %lld", (long long)info);
    FAISS_TRY (faiss_check_interrupt ());
    if (p.k == 0) { /* nothing connects them: in order */
        for (size_t i = 0; i < n; i++) {
            order[i] = (FINTEGER)i + 1;
        }
        return FAISS_OK;
    }
    if (p.k <= FEW) {
        dlaed3_ (&p.k, &p.n, &p.n_first, p.d, p.q, &p.stride, &p.rho, p.poles, p.packed, place,
                 kinds, p.w, p.small, &info);
        FAISS_REQUIRE (info == 0, "LAPACK's dlaed3 answers %lld", (long long)info);
    } else {
        FAISS_TRY (find_roots (&p));
        FAISS_TRY (adapt_w (&p));
        for (FINTEGER j = 0; j < p.k; j += COLUMNS) {
            FAISS_TRY (faiss_check_interrupt ());
            put_together (&p, j, p.k - j < COLUMNS ? p.k - j : COLUMNS);
        }
    }
    FINTEGER rest = p.n - p.k, up = 1, down = -1;
    dlamrg_ (&p.k, &rest, p.d, &up, &down, order);
    return FAISS_OK;
}

/* ---- all ------------------------------------------------------------------------------------- */

static FaissStatus solve_leaf (Divide *self, size_t begin, size_t n) {
    FINTEGER size = (FINTEGER)n, stride = (FINTEGER)self->n, info = 0;
    FINTEGER work_size = LEAF * (LEAF + 4) + 1, index_size = 5 * LEAF + 3;
    FAISS_TRY (faiss_check_interrupt ());
    dstedc_ ("I", &size, self->d + begin, self->e + begin, self->q + begin * self->n + begin,
             &stride, self->work, &work_size, self->index, &index_size, &info);
    FAISS_REQUIRE (info == 0, "LAPACK's dstedc answers %lld", (long long)info);
    for (size_t i = 0; i < n; i++) {
        self->order[begin + i] = (FINTEGER)i + 1;
    }
    return FAISS_OK;
}

static FaissStatus solve (Divide *self, size_t begin, size_t n) {
    if (n <= LEAF) {
        return solve_leaf (self, begin, n);
    }
    size_t n_first = n / 2, cut = begin + n_first;
    double connection = fabs (self->e[cut - 1]);
    self->d[cut - 1] -= connection;
    self->d[cut] -= connection;
    FAISS_TRY (solve (self, begin, n_first));
    FAISS_TRY (solve (self, cut, n - n_first));
    return merge (self, begin, n, n_first);
}

/* The largest number; 1 if there is none. */
static double scale_of (const Divide *self) {
    double largest = 0;
    for (size_t i = 0; i < self->n; i++) {
        double beside = i + 1 < self->n ? self->e[i] : 0;
        largest = fmax (largest, fmax (fabs (self->d[i]), fabs (beside)));
    }
    return largest > 0 ? largest : 1;
}

/* The vectors in ascending order, of the matrix whose reflections are in a. */
static FaissStatus turn_back (Divide *self, double *a, const double *tau) {
    FINTEGER n = (FINTEGER)self->n, size = 2 * n * COLUMNS, info = 0;
    for (size_t begin = 0; begin < self->n; begin += COLUMNS) {
        FAISS_TRY (faiss_check_interrupt ());
        FINTEGER m = n - (FINTEGER)begin < COLUMNS ? n - (FINTEGER)begin : COLUMNS;
        double *to = self->work + begin * self->n;
        for (size_t j = 0; j < (size_t)m; j++) {
            size_t from = (size_t)self->order[begin + j] - 1;
            memcpy (to + j * self->n, self->q + from * self->n, self->n * sizeof *to);
        }
        dormtr_ ("L", "U", "N", &n, &m, a, &n, tau, to, &n, self->small, &size, &info);
        FAISS_REQUIRE (info == 0, "LAPACK's dormtr answers %lld", (long long)info);
    }
    return faiss_copy_bytes (a, self->work, self->n * self->n * sizeof *a);
}

FaissStatus faiss_symmetric_eigen_divide (size_t n, double *a, double *values) {
    __attribute__ ((cleanup (Divide_clear))) Divide self = {0};
    FAISS_AUTO_FREE (double) *tau = NULL;
    if (n <= LEAF) {
        return faiss_symmetric_eigen (n, a, values);
    }
    FAISS_TRY (Divide_init (&self, n, values));
    FAISS_TRY (faiss_alloc (&tau, n, sizeof *tau));
    FAISS_TRY (faiss_tridiagonalize (n, a, values, self.e, tau));
    double scale = scale_of (&self);
    for (size_t i = 0; i < n; i++) {
        values[i] /= scale;
        self.e[i] = i + 1 < n ? self.e[i] / scale : 0;
    }
    FAISS_TRY (solve (&self, 0, n));
    for (size_t i = 0; i < n; i++) {
        self.z[i] = values[self.order[i] - 1] * scale;
    }
    memcpy (values, self.z, n * sizeof *values);
    return turn_back (&self, a, tau);
}
