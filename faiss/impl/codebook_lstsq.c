/* The best codebooks for given codes: linear least squares. */
#include <faiss/impl/codebook_lstsq.h>

#include <limits.h>
#include <math.h>
#include <string.h>

#include <faiss/MetricType.h>
#include <faiss/impl/check.h>
#include <faiss/impl/parallel.h>
#include <faiss/kernels/kernels.h>
#include <faiss/utils/blas.h>
#include <faiss/utils/eigen.h>

/* The normal equations G C = R, in double. Both are filled column by column; G is symmetric, its
 * upper triangle is filled. */
typedef struct Equations {
    size_t n_rows, d;
    double *gram; /* n_rows * n_rows */
    double *rhs;  /* column j: component j of all codebook rows */
} Equations;

static void Equations_clear (Equations *self) {
    free (self->gram);
    free (self->rhs);
}

/// Numbers that are read, multiplications that are done, between two questions whether to end.
enum { READ_BEFORE_CHECK = 1 << 22, CHECK_AFTER = 1 << 30 };

/* What the codes of one codebook contribute: how often two rows are used together, and the sums of
 * the vectors that use a row. */
static FaissStatus add_codebook (const FaissCodebookProblem *p, size_t m, Equations *to) {
    size_t K = p->offsets[m + 1] - p->offsets[m], first = p->offsets[m], d = p->d;
    FAISS_AUTO_FREE (double) *sums = NULL;
    FAISS_TRY (faiss_alloc_zeroed (&sums, K * d, sizeof *sums));
    size_t rows_per_check = READ_BEFORE_CHECK / (d + p->M) + 1;
    for (size_t i = 0; i < p->n; i++) {
        if (i % rows_per_check == 0) {
            FAISS_TRY (faiss_check_interrupt ());
        }
        const int32_t *code = p->codes + i * p->M;
        double *sum = sums + (size_t)code[m] * d,
               *column = to->gram + (first + (size_t)code[m]) * to->n_rows;
        const float *x = p->x + i * d;
        for (size_t j = 0; j < d; j++) {
            sum[j] += (double)x[j];
        }
        for (size_t other = 0; other <= m; other++) {
            column[p->offsets[other] + (size_t)code[other]] += 1;
        }
    }
    for (size_t k = 0; k < K; k++) {
        for (size_t j = 0; j < d; j++) {
            to->rhs[j * to->n_rows + first + k] = sums[k * d + j];
        }
    }
    return FAISS_OK;
}

static FaissStatus Equations_init (Equations *self, const FaissCodebookProblem *p) {
    *self = (Equations){.n_rows = p->offsets[p->M], .d = p->d};
    FAISS_REQUIRE (self->n_rows <= INT_MAX && p->d <= INT_MAX, "%zu codebook rows are too many",
                   self->n_rows);
    FAISS_TRY (faiss_alloc_zeroed (&self->gram, self->n_rows, self->n_rows * sizeof (double)));
    FAISS_TRY (faiss_alloc_zeroed (&self->rhs, self->n_rows, p->d * sizeof (double)));
    FaissRegion region = {0};
#pragma omp parallel for schedule(dynamic) num_threads(faiss_threads_for((idx_t)p->M))
    for (idx_t m = 0; m < (idx_t)p->M; m++) {
        faiss_region_watch (&region);
        faiss_region_note (&region, add_codebook (p, (size_t)m, self));
        faiss_region_watch (NULL);
    }
    FAISS_TRY (faiss_region_close (&region));
    double sum = 0;
    for (size_t i = 0; i < self->n_rows * p->d; i++) {
        sum += self->rhs[i];
    }
    FAISS_REQUIRE (isfinite (sum), "the training vectors contain numbers that are not finite");
    return FAISS_OK;
}

static void to_rows (const Equations *equations, const double *solution, float *codebooks) {
    for (size_t i = 0; i < equations->n_rows; i++) {
        for (size_t j = 0; j < equations->d; j++) {
            codebooks[i * equations->d + j] = (float)solution[j * equations->n_rows + i];
        }
    }
}

/* LAPACK's dpotrf and dpotrs in pieces between which the caller may ask for the end: thousands of
 * rows take seconds. */
static FaissStatus solve_positive (Equations *e) {
    enum { FEW = 1024, PANEL = 64, COLUMNS = 16 };
    FINTEGER n = (FINTEGER)e->n_rows, info = 0, panel = n <= FEW ? n : PANEL;
    double one = 1, minus_one = -1;
    for (FINTEGER begin = 0; begin < n; begin += panel) {
        FINTEGER size = n - begin < panel ? n - begin : panel, rest = n - begin - size;
        double *diagonal = e->gram + (size_t)begin * e->n_rows + begin;
        double *right = diagonal + (size_t)size * e->n_rows;
        FAISS_TRY (faiss_check_interrupt ());
        dpotrf_ ("U", &size, diagonal, &n, &info);
        FAISS_REQUIRE (info == 0, "the codebooks are not determined: lambd is too small");
        dtrsm_ ("L", "U", "T", "N", &size, &rest, &one, diagonal, &n, right, &n);
        dsyrk_ ("U", "T", &rest, &size, &minus_one, right, &n, &one, right + size, &n);
    }
    for (size_t j = 0; j < e->d; j += COLUMNS) {
        FINTEGER columns = e->d - j < COLUMNS ? (FINTEGER)(e->d - j) : COLUMNS;
        FAISS_TRY (faiss_check_interrupt ());
        dpotrs_ ("U", &n, &columns, e->gram, &n, e->rhs + j * e->n_rows, &n, &info);
        FAISS_REQUIRE (info == 0, "LAPACK's dpotrs answers %lld", (long long)info);
    }
    return FAISS_OK;
}

FaissStatus faiss_codebook_ridge (const FaissCodebookProblem *problem, double lambda,
                                  float *codebooks) {
    __attribute__ ((cleanup (Equations_clear))) Equations equations = {0};
    FAISS_TRY (Equations_init (&equations, problem));
    for (size_t i = 0; i < equations.n_rows; i++) {
        equations.gram[i * equations.n_rows + i] += lambda;
    }
    FAISS_TRY (solve_positive (&equations));
    to_rows (&equations, equations.rhs, codebooks);
    return FAISS_OK;
}

/* to = op (matrix) * from; some columns at a time. */
static FaissStatus multiply (const Equations *e, const char *op, const double *from, double *to) {
    FINTEGER n = (FINTEGER)e->n_rows;
    double one = 1, zero = 0;
    size_t step = CHECK_AFTER / e->n_rows / e->n_rows + 1;
    for (size_t j = 0; j < e->d; j += step) {
        FINTEGER columns = (FINTEGER)(e->d - j < step ? e->d - j : step);
        FAISS_TRY (faiss_check_interrupt ());
        dgemm_ (op, "N", &n, &columns, &n, &one, e->gram, &n, from + j * e->n_rows, &n, &zero,
                to + j * e->n_rows, &n);
    }
    return FAISS_OK;
}

FaissStatus faiss_codebook_least_squares (const FaissCodebookProblem *problem, double rcond,
                                          float *codebooks) {
    __attribute__ ((cleanup (Equations_clear))) Equations equations = {0};
    FAISS_TRY (Equations_init (&equations, problem));
    size_t n_rows = equations.n_rows;
    FAISS_AUTO_FREE (double) *values = NULL;
    FAISS_AUTO_FREE (double) *projected = NULL;
    FAISS_TRY (faiss_alloc (&values, n_rows, sizeof *values));
    FAISS_TRY (faiss_alloc (&projected, n_rows, equations.d * sizeof *projected));
    FAISS_TRY (faiss_symmetric_eigen_divide (n_rows, equations.gram, values));
    FAISS_TRY (multiply (&equations, "T", equations.rhs, projected));
    /* eigenvalues are squares of singular values; those of G are rounded by about 1e-16 * largest
     */
    double smallest = rcond * rcond * values[n_rows - 1];
    for (size_t i = 0; i < n_rows; i++) {
        double factor = values[i] > smallest ? 1 / values[i] : 0;
        for (size_t j = 0; j < equations.d; j++) {
            projected[j * n_rows + i] *= factor;
        }
    }
    FAISS_TRY (multiply (&equations, "N", projected, equations.rhs));
    to_rows (&equations, equations.rhs, codebooks);
    return FAISS_OK;
}

FaissStatus faiss_codebook_error (const FaissCodebookProblem *problem, const float *codebooks,
                                  float *out) {
    size_t d = problem->d;
    FAISS_AUTO_FREE (float) *rest = NULL;
    FAISS_TRY (faiss_alloc (&rest, d, sizeof *rest));
    double sum = 0;
    size_t rows_per_check = READ_BEFORE_CHECK / (d * problem->M + 1) + 1;
    for (size_t i = 0; i < problem->n; i++) {
        if (i % rows_per_check == 0) {
            FAISS_TRY (faiss_check_interrupt ());
        }
        memcpy (rest, problem->x + i * d, d * sizeof *rest);
        for (size_t m = 0; m < problem->M; m++) {
            size_t row = problem->offsets[m] + (size_t)problem->codes[i * problem->M + m];
            faiss_kernels.fvec_madd (d, rest, -1, codebooks + row * d, rest);
        }
        sum += (double)faiss_kernels.fvec_inner_product (rest, rest, d);
    }
    *out = (float)sum;
    return FAISS_OK;
}
