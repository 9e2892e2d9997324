/* Orthonormal columns by LAPACK. */
#include <faiss/utils/utils.h>

#include <faiss/impl/check.h>
#include <faiss/utils/blas.h>

FaissStatus faiss_matrix_qr (int m, int n, float *a) {
    FAISS_REQUIRE (n >= 0 && m >= n, "expected m >= n >= 0, got m=%d and n=%d", m, n);
    if (n == 0) {
        return FAISS_OK;
    }
    FAISS_REQUIRE_ARG (a);
    FINTEGER rows = m, columns = n, info = 0, size = -1, other_size = -1;
    FAISS_AUTO_FREE (float) *tau = NULL;
    FAISS_AUTO_FREE (float) *work = NULL;
    FAISS_TRY (faiss_alloc (&tau, (size_t)n, sizeof *tau));
    float wanted = 0, other_wanted = 0; /* a size of -1 asks for the best one */
    sgeqrf_ (&rows, &columns, a, &rows, tau, &wanted, &size, &info);
    sorgqr_ (&rows, &columns, &columns, a, &rows, tau, &other_wanted, &other_size, &info);
    size = (FINTEGER)(wanted > other_wanted ? wanted : other_wanted);
    size = size > columns ? size : columns;
    FAISS_TRY (faiss_alloc (&work, (size_t)size, sizeof *work));
    sgeqrf_ (&rows, &columns, a, &rows, tau, work, &size, &info);
    FAISS_REQUIRE (info == 0, "LAPACK's sgeqrf answers %lld", (long long)info);
    sorgqr_ (&rows, &columns, &columns, a, &rows, tau, work, &size, &info);
    FAISS_REQUIRE (info == 0, "LAPACK's sorgqr answers %lld", (long long)info);
    return FAISS_OK;
}
