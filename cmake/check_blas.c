/* Does the BLAS take integers of type FINTEGER? Exit status 0 if so, 11 to 13 if not.
 *
 * Each integer is followed by junk: a BLAS that reads 64 bits where 32 were written sees it. Where
 * it reads 32 bits of a long, negative strides and the width of an output give it away. */
#include <string.h>

extern float sdot_ (const FINTEGER *n, const float *x, const FINTEGER *incx, const float *y,
                    const FINTEGER *incy);
extern void sgemm_ (const char *transa, const char *transb, const FINTEGER *m, const FINTEGER *n,
                    const FINTEGER *k, const float *alpha, const float *a, const FINTEGER *lda,
                    const float *b, const FINTEGER *ldb, const float *beta, float *c,
                    const FINTEGER *ldc);
extern void sgeqrf_ (const FINTEGER *m, const FINTEGER *n, float *a, const FINTEGER *lda,
                     float *tau, float *work, const FINTEGER *lwork, FINTEGER *info);

int main (void) {
    /* read as 64 bits, n is negative: the result would be 0 */
    struct {
        FINTEGER value;
        unsigned junk;
    } n = {2, 0x80000000u}, one = {1, 0}, minus = {-1, 0};
    float x[2] = {1, 2}, y[2] = {10, 100};
    if (sdot_ (&n.value, x, &one.value, y, &one.value) != 210) {
        return 11;
    }
    /* with incx = -1, x is walked backwards */
    if (sizeof (FINTEGER) == sizeof (int) &&
        sdot_ (&n.value, x, &minus.value, y, &one.value) != 120) {
        return 12;
    }
    /* a workspace query writes an info of zero: all of FINTEGER must be written */
    FINTEGER info, lwork = -1, m = 2;
    float a[4] = {1, 0, 0, 1}, tau[2], work[1];
    memset (&info, 0x55, sizeof info);
    sgeqrf_ (&m, &m, a, &m, tau, work, &lwork, &info);
    return info == 0 ? 0 : 13;
}
