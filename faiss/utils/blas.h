/* The BLAS and LAPACK that the library is linked with. Not for public headers.
 *
 * Fortran's calling convention: everything by pointer, matrices column by column. FINTEGER is the
 * integer type of the BLAS, checked when the build is configured.
 */
#ifndef FAISS_BLAS_H
#define FAISS_BLAS_H

#ifndef FINTEGER
#define FINTEGER int
#endif

/// C = alpha * op (A) * op (B) + beta * C
extern void sgemm_ (const char *transa, const char *transb, const FINTEGER *m, const FINTEGER *n,
                    const FINTEGER *k, const float *alpha, const float *a, const FINTEGER *lda,
                    const float *b, const FINTEGER *ldb, const float *beta, float *c,
                    const FINTEGER *ldc);
extern void dgemm_ (const char *transa, const char *transb, const FINTEGER *m, const FINTEGER *n,
                    const FINTEGER *k, const double *alpha, const double *a, const FINTEGER *lda,
                    const double *b, const FINTEGER *ldb, const double *beta, double *c,
                    const FINTEGER *ldc);

/// y = alpha * op (A) * x + beta * y
extern void sgemv_ (const char *trans, const FINTEGER *m, const FINTEGER *n, const float *alpha,
                    const float *a, const FINTEGER *lda, const float *x, const FINTEGER *incx,
                    const float *beta, float *y, const FINTEGER *incy);

/// C = alpha * A * A' + beta * C, one triangle of it
extern void ssyrk_ (const char *uplo, const char *trans, const FINTEGER *n, const FINTEGER *k,
                    const float *alpha, const float *a, const FINTEGER *lda, const float *beta,
                    float *c, const FINTEGER *ldc);

/// QR decomposition, and the explicit Q of it
extern void sgeqrf_ (const FINTEGER *m, const FINTEGER *n, float *a, const FINTEGER *lda,
                     float *tau, float *work, const FINTEGER *lwork, FINTEGER *info);
extern void sorgqr_ (const FINTEGER *m, const FINTEGER *n, const FINTEGER *k, float *a,
                     const FINTEGER *lda, const float *tau, float *work, const FINTEGER *lwork,
                     FINTEGER *info);

/// eigenvalues and eigenvectors of a symmetric matrix
extern void ssyev_ (const char *jobz, const char *uplo, const FINTEGER *n, float *a,
                    const FINTEGER *lda, float *w, float *work, const FINTEGER *lwork,
                    FINTEGER *info);
extern void dsyev_ (const char *jobz, const char *uplo, const FINTEGER *n, double *a,
                    const FINTEGER *lda, double *w, double *work, const FINTEGER *lwork,
                    FINTEGER *info);

/// the parts of dsyev: a panel of the reduction to tridiagonal form, a small one, and Q
extern void dlatrd_ (const char *uplo, const FINTEGER *n, const FINTEGER *nb, double *a,
                     const FINTEGER *lda, double *e, double *tau, double *w, const FINTEGER *ldw);
extern void dsyr2k_ (const char *uplo, const char *trans, const FINTEGER *n, const FINTEGER *k,
                     const double *alpha, const double *a, const FINTEGER *lda, const double *b,
                     const FINTEGER *ldb, const double *beta, double *c, const FINTEGER *ldc);
extern void dsytd2_ (const char *uplo, const FINTEGER *n, double *a, const FINTEGER *lda, double *d,
                     double *e, double *tau, FINTEGER *info);
extern void dorgtr_ (const char *uplo, const FINTEGER *n, double *a, const FINTEGER *lda,
                     const double *tau, double *work, const FINTEGER *lwork, FINTEGER *info);

/// products with Q, as reflections
extern void dormtr_ (const char *side, const char *uplo, const char *trans, const FINTEGER *m,
                     const FINTEGER *n, const double *a, const FINTEGER *lda, const double *tau,
                     double *c, const FINTEGER *ldc, double *work, const FINTEGER *lwork,
                     FINTEGER *info);

/// the parts of dsyevd: small tridiagonal matrices; of two halves together, what is found without
/// work, one eigenvalue, all of few
extern void dstedc_ (const char *compz, const FINTEGER *n, double *d, double *e, double *z,
                     const FINTEGER *ldz, double *work, const FINTEGER *lwork, FINTEGER *iwork,
                     const FINTEGER *liwork, FINTEGER *info);
extern void dlaed2_ (FINTEGER *k, const FINTEGER *n, const FINTEGER *n1, double *d, double *q,
                     const FINTEGER *ldq, FINTEGER *indxq, double *rho, double *z, double *dlamda,
                     double *w, double *q2, FINTEGER *indx, FINTEGER *indxc, FINTEGER *indxp,
                     FINTEGER *coltyp, FINTEGER *info);
extern void dlaed3_ (const FINTEGER *k, const FINTEGER *n, const FINTEGER *n1, double *d, double *q,
                     const FINTEGER *ldq, const double *rho, double *dlamda, const double *q2,
                     const FINTEGER *indx, const FINTEGER *ctot, double *w, double *s,
                     FINTEGER *info);
extern void dlaed4_ (const FINTEGER *n, const FINTEGER *i, const double *d, const double *z,
                     double *delta, const double *rho, double *dlam, FINTEGER *info);
extern void dlamrg_ (const FINTEGER *n1, const FINTEGER *n2, const double *a, const FINTEGER *dtrd1,
                     const FINTEGER *dtrd2, FINTEGER *index);

/// a rotation that makes g zero; the eigenvalues of a 2 x 2 matrix; a length
extern void dlartg_ (const double *f, const double *g, double *cs, double *sn, double *r);
extern void dlaev2_ (const double *a, const double *b, const double *c, double *rt1, double *rt2,
                     double *cs1, double *sn1);
extern double dlapy2_ (const double *x, const double *y);

/// op (A) * X = alpha * B or X * op (A) = alpha * B for a triangle A; X replaces B
extern void dtrsm_ (const char *side, const char *uplo, const char *transa, const char *diag,
                    const FINTEGER *m, const FINTEGER *n, const double *alpha, const double *a,
                    const FINTEGER *lda, double *b, const FINTEGER *ldb);
extern void dsyrk_ (const char *uplo, const char *trans, const FINTEGER *n, const FINTEGER *k,
                    const double *alpha, const double *a, const FINTEGER *lda, const double *beta,
                    double *c, const FINTEGER *ldc);

/// Cholesky decomposition of a symmetric positive definite matrix, and solving by it
extern void dpotrf_ (const char *uplo, const FINTEGER *n, double *a, const FINTEGER *lda,
                     FINTEGER *info);
extern void dpotrs_ (const char *uplo, const FINTEGER *n, const FINTEGER *nrhs, const double *a,
                     const FINTEGER *lda, double *b, const FINTEGER *ldb, FINTEGER *info);

/// the parts of sgeqrf and sorgqr: a small one, the triangle of a block of reflections, their
/// product
extern void sgeqr2_ (const FINTEGER *m, const FINTEGER *n, float *a, const FINTEGER *lda,
                     float *tau, float *work, FINTEGER *info);
extern void sorg2r_ (const FINTEGER *m, const FINTEGER *n, const FINTEGER *k, float *a,
                     const FINTEGER *lda, const float *tau, float *work, FINTEGER *info);
extern void slarft_ (const char *direct, const char *storev, const FINTEGER *n, const FINTEGER *k,
                     const float *v, const FINTEGER *ldv, const float *tau, float *t,
                     const FINTEGER *ldt);
extern void slarfb_ (const char *side, const char *trans, const char *direct, const char *storev,
                     const FINTEGER *m, const FINTEGER *n, const FINTEGER *k, const float *v,
                     const FINTEGER *ldv, const float *t, const FINTEGER *ldt, float *c,
                     const FINTEGER *ldc, float *work, const FINTEGER *ldwork);

/// singular value decomposition
extern void sgesvd_ (const char *jobu, const char *jobvt, const FINTEGER *m, const FINTEGER *n,
                     float *a, const FINTEGER *lda, float *s, float *u, const FINTEGER *ldu,
                     float *vt, const FINTEGER *ldvt, float *work, const FINTEGER *lwork,
                     FINTEGER *info);
extern void dgesvd_ (const char *jobu, const char *jobvt, const FINTEGER *m, const FINTEGER *n,
                     double *a, const FINTEGER *lda, double *s, double *u, const FINTEGER *ldu,
                     double *vt, const FINTEGER *ldvt, double *work, const FINTEGER *lwork,
                     FINTEGER *info);

/// the same by divide and conquer: faster for large matrices
extern void dgesdd_ (const char *jobz, const FINTEGER *m, const FINTEGER *n, double *a,
                     const FINTEGER *lda, double *s, double *u, const FINTEGER *ldu, double *vt,
                     const FINTEGER *ldvt, double *work, const FINTEGER *lwork, FINTEGER *iwork,
                     FINTEGER *info);

/// the parts of dgesdd: a panel of the reduction to two diagonals, a small one, the singular values
/// and vectors of these, and products with the reflections
extern void dlabrd_ (const FINTEGER *m, const FINTEGER *n, const FINTEGER *nb, double *a,
                     const FINTEGER *lda, double *d, double *e, double *tauq, double *taup,
                     double *x, const FINTEGER *ldx, double *y, const FINTEGER *ldy);
extern void dgebd2_ (const FINTEGER *m, const FINTEGER *n, double *a, const FINTEGER *lda,
                     double *d, double *e, double *tauq, double *taup, double *work,
                     FINTEGER *info);
extern void dbdsdc_ (const char *uplo, const char *compq, const FINTEGER *n, double *d, double *e,
                     double *u, const FINTEGER *ldu, double *vt, const FINTEGER *ldvt, double *q,
                     FINTEGER *iq, double *work, FINTEGER *iwork, FINTEGER *info);
extern void dormbr_ (const char *vect, const char *side, const char *trans, const FINTEGER *m,
                     const FINTEGER *n, const FINTEGER *k, double *a, const FINTEGER *lda,
                     const double *tau, double *c, const FINTEGER *ldc, double *work,
                     const FINTEGER *lwork, FINTEGER *info);

/** Between these two the BLAS starts no threads of its own, in the whole process.
 *
 * For loops that call the BLAS from several threads; from outside of the parallel region. Several
 * threads of a program may be inside at once: the last one to leave puts the former number back.
 * Knows OpenBLAS, BLIS and MKL; others are left alone.
 */
void faiss_blas_single_threaded_begin (void);
void faiss_blas_single_threaded_end (void);

#endif
