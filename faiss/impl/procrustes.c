/* Singular values, and the rotation nearest to a matrix. */
#include <faiss/impl/procrustes.h>

#include <math.h>
#include <string.h>

#include <faiss/impl/check.h>
#include <faiss/utils/blas.h>

/// Beyond it the divide and conquer method; below QR iteration, as upstream.
enum { MAX_QR_ITERATION = 128 };

typedef struct Svd {
    FINTEGER m, n;
    double *a, *u, *vt, *values;
    FINTEGER *iwork;
} Svd;

static FINTEGER call_lapack (const Svd *s, double *work, FINTEGER size) {
    FINTEGER info = 0;
    if (s->n > MAX_QR_ITERATION) {
        dgesdd_ ("S", &s->m, &s->n, s->a, &s->m, s->values, s->u, &s->m, s->vt, &s->n, work, &size,
                 s->iwork, &info);
    } else {
        dgesvd_ ("S", "S", &s->m, &s->n, s->a, &s->m, s->values, s->u, &s->m, s->vt, &s->n, work,
                 &size, &info);
    }
    return info;
}

/* ---- large matrices: dgesdd in pieces, between which the caller may ask for the end -----------
 */

/// From here on dgesdd takes more than a tenth of a second.
enum { WORTH_IT = 512 };

/// Columns that are reduced at a time; how many are left for the simple method.
enum { PANEL = 32, SIMPLE = 128 };

typedef struct Bidiagonal {
    double *d, *e, *tauq, *taup; /* of n numbers each */
    double *work;                /* 4 n^2 + (m + 4 n) * PANEL */
    size_t work_size;
} Bidiagonal;

/* a = Q B P^T: B's diagonals d and e; Q and P as reflections, where a was. */
static FaissStatus bidiagonalize (const Svd *s, Bidiagonal *b) {
    size_t m = (size_t)s->m, n = (size_t)s->n, i = 0;
    double one = 1, minus_one = -1, *x = b->work, *y = x + m * PANEL;
    FINTEGER panel = PANEL, info = 0;
    for (; i + SIMPLE < n; i += PANEL) {
        FAISS_TRY (faiss_check_interrupt ());
        double *corner = s->a + i * m + i, *below = corner + PANEL, *right = corner + PANEL * m;
        FINTEGER rows = (FINTEGER)(m - i), columns = (FINTEGER)(n - i);
        FINTEGER rows_left = rows - PANEL, columns_left = columns - PANEL;
        dlabrd_ (&rows, &columns, &panel, corner, &s->m, b->d + i, b->e + i, b->tauq + i,
                 b->taup + i, x, &s->m, y, &s->n);
        dgemm_ ("N", "T", &rows_left, &columns_left, &panel, &minus_one, below, &s->m, y + PANEL,
                &s->n, &one, right + PANEL, &s->m);
        dgemm_ ("N", "N", &rows_left, &columns_left, &panel, &minus_one, x + PANEL, &s->m, right,
                &s->m, &one, right + PANEL, &s->m);
        for (size_t j = i; j < i + PANEL; j++) {
            s->a[j * m + j] = b->d[j];
            s->a[(j + 1) * m + j] = b->e[j];
        }
    }
    FINTEGER rows = (FINTEGER)(m - i), columns = (FINTEGER)(n - i);
    dgebd2_ (&rows, &columns, s->a + i * m + i, &s->m, b->d + i, b->e + i, b->tauq + i, b->taup + i,
             b->work, &info);
    return faiss_check_interrupt ();
}

/* u and vt of the bidiagonal matrix become those of a. */
static FaissStatus apply_reflections (const Svd *s, Bidiagonal *b) {
    enum { COLUMNS = 256 };
    FINTEGER info = 0, size = (FINTEGER)b->work_size;
    for (FINTEGER i = 0; i < s->n; i += COLUMNS) {
        FINTEGER n = s->n - i < COLUMNS ? s->n - i : COLUMNS;
        dormbr_ ("Q", "L", "N", &s->m, &n, &s->n, s->a, &s->m, b->tauq,
                 s->u + (size_t)i * (size_t)s->m, &s->m, b->work, &size, &info);
        FAISS_REQUIRE (info == 0, "LAPACK's dormbr answers %lld", (long long)info);
        FAISS_TRY (faiss_check_interrupt ());
        dormbr_ ("P", "R", "T", &n, &s->n, &s->n, s->a, &s->m, b->taup, s->vt + i, &s->n, b->work,
                 &size, &info);
        FAISS_REQUIRE (info == 0, "LAPACK's dormbr answers %lld", (long long)info);
        FAISS_TRY (faiss_check_interrupt ());
    }
    return FAISS_OK;
}

static FaissStatus in_pieces (const Svd *s) {
    size_t m = (size_t)s->m, n = (size_t)s->n;
    FAISS_AUTO_FREE (double) *memory = NULL;
    Bidiagonal b = {.d = s->values, .work_size = 4 * n * n + (m + 4 * n) * PANEL};
    FAISS_TRY (faiss_alloc (&memory, 3 * n + b.work_size, sizeof *memory));
    b.e = memory;
    b.tauq = b.e + n;
    b.taup = b.tauq + n;
    b.work = b.taup + n;
    FINTEGER info = 0;
    FAISS_TRY (bidiagonalize (s, &b));
    memset (s->u, 0, m * n * sizeof *s->u);
    dbdsdc_ ("U", "I", &s->n, b.d, b.e, s->u, &s->m, s->vt, &s->n, NULL, NULL, b.work, s->iwork,
             &info);
    FAISS_REQUIRE (info == 0, "LAPACK's dbdsdc answers %lld", (long long)info);
    FAISS_TRY (faiss_check_interrupt ());
    return apply_reflections (s, &b);
}

FaissStatus faiss_svd (size_t m, size_t n, double *a, double *u, double *vt) {
    FAISS_REQUIRE (m >= n, "expected rows >= columns, got %zu and %zu", m, n);
    double sum = 0, wanted = 0;
    for (size_t i = 0; i < m * n; i++) {
        sum += a[i];
    }
    FAISS_REQUIRE (isfinite (sum), "the training vectors contain numbers that are not finite");
    if (n == 0) {
        return FAISS_OK;
    }
    FAISS_AUTO_FREE (double) *values = NULL;
    FAISS_AUTO_FREE (double) *work = NULL;
    FAISS_AUTO_FREE (FINTEGER) *iwork = NULL;
    FAISS_TRY (faiss_alloc (&values, n, sizeof *values));
    FAISS_TRY (faiss_alloc (&iwork, 8 * n, sizeof *iwork));
    Svd svd = {(FINTEGER)m, (FINTEGER)n, a, u, vt, values, iwork};
    if (n >= WORTH_IT && m < 2 * n) { /* of higher ones dgesdd does a QR decomposition first */
        return in_pieces (&svd);
    }
    FINTEGER info = call_lapack (&svd, &wanted, -1);
    if (info == 0) {
        FAISS_TRY (faiss_alloc (&work, (size_t)wanted, sizeof *work));
        info = call_lapack (&svd, work, (FINTEGER)wanted);
    }
    FAISS_REQUIRE (info == 0, "LAPACK's singular value decomposition answers %lld",
                   (long long)info);
    return FAISS_OK;
}

/* LAPACK sees the transposed matrix, columns x rows, of which U V^T is the transposed one too. */
FaissStatus faiss_nearest_rotation (size_t rows, size_t columns, const float *matrix, float *out) {
    FAISS_AUTO_FREE (double) *a = NULL;
    FAISS_AUTO_FREE (double) *u = NULL;
    FAISS_AUTO_FREE (double) *vt = NULL;
    FAISS_TRY (faiss_alloc (&a, rows * columns, sizeof *a));
    FAISS_TRY (faiss_alloc (&u, rows * columns, sizeof *u));
    FAISS_TRY (faiss_alloc (&vt, rows * rows, sizeof *vt));
    for (size_t i = 0; i < rows * columns; i++) {
        a[i] = (double)matrix[i];
    }
    FAISS_TRY (faiss_svd (columns, rows, a, u, vt));
    FINTEGER m = (FINTEGER)columns, n = (FINTEGER)rows;
    double one = 1, zero = 0;
    if (rows > 0) {
        dgemm_ ("N", "N", &m, &n, &n, &one, u, &m, vt, &n, &zero, a, &m);
    }
    for (size_t i = 0; i < rows * columns; i++) {
        out[i] = (float)a[i];
    }
    return FAISS_OK;
}
