/* Singular values, and the rotation nearest to a matrix. */
#include <faiss/impl/procrustes.h>

#include <math.h>

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
