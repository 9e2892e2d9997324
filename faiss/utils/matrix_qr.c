/* Orthonormal columns by LAPACK. */
#include <faiss/utils/utils.h>

#include <string.h>

#include <faiss/impl/check.h>
#include <faiss/utils/blas.h>

/* LAPACK's sgeqrf and sorgqr for large matrices, step by step, with the same bits: the caller may
 * ask for the end between two panels. */

/// From here on they take more than a tenth of a second.
enum { WORTH_IT = 1024 };

/// Columns at a time; how many are left for the simple method.
enum { PANEL = 32, SIMPLE = 128 };

typedef struct Factors {
    FINTEGER m, n;
    float *a, *tau;
    float *t, *work; /* PANEL * PANEL; n * PANEL */
} Factors;

/* Multiply what is right of the panel at (i, i) by its reflections. */
static FaissStatus multiply_rest (const Factors *f, FINTEGER i, const char *transposed) {
    FINTEGER panel = PANEL, rows = f->m - i, columns = f->n - i - PANEL;
    float *corner = f->a + (size_t)i * (size_t)f->m + i;
    slarft_ ("F", "C", &rows, &panel, corner, &f->m, f->tau + i, f->t, &panel);
    slarfb_ ("L", transposed, "F", "C", &rows, &columns, &panel, corner, &f->m, f->t, &panel,
             corner + PANEL * (size_t)f->m, &f->m, f->work, &f->n);
    return faiss_check_interrupt ();
}

static FaissStatus factor (const Factors *f) {
    FINTEGER i = 0, panel = PANEL, info = 0;
    for (; i < f->n - SIMPLE; i += PANEL) {
        FINTEGER rows = f->m - i;
        sgeqr2_ (&rows, &panel, f->a + (size_t)i * (size_t)f->m + i, &f->m, f->tau + i, f->work,
                 &info);
        FAISS_TRY (multiply_rest (f, i, "T"));
    }
    FINTEGER rows = f->m - i, columns = f->n - i;
    sgeqr2_ (&rows, &columns, f->a + (size_t)i * (size_t)f->m + i, &f->m, f->tau + i, f->work,
             &info);
    return faiss_check_interrupt ();
}

static void clear_above (const Factors *f, FINTEGER row, FINTEGER begin, FINTEGER end) {
    for (FINTEGER j = begin; j < end; j++) {
        memset (f->a + (size_t)j * (size_t)f->m, 0, (size_t)row * sizeof *f->a);
    }
}

/* The matrix of the reflections, from the last ones to the first. */
static FaissStatus expand (const Factors *f) {
    FINTEGER panel = PANEL, info = 0;
    FINTEGER first = (f->n - SIMPLE - 1) / PANEL * PANEL + PANEL; /* of the last ones */
    FINTEGER rows = f->m - first, columns = f->n - first;
    clear_above (f, first, first, f->n);
    sorg2r_ (&rows, &columns, &columns, f->a + (size_t)first * (size_t)f->m + first, &f->m,
             f->tau + first, f->work, &info);
    for (FINTEGER i = first - PANEL; i >= 0; i -= PANEL) {
        FAISS_TRY (multiply_rest (f, i, "N"));
        rows = f->m - i;
        sorg2r_ (&rows, &panel, &panel, f->a + (size_t)i * (size_t)f->m + i, &f->m, f->tau + i,
                 f->work, &info);
        clear_above (f, i, i, i + PANEL);
    }
    return FAISS_OK;
}

static FaissStatus in_pieces (int m, int n, float *a) {
    FAISS_AUTO_FREE (float) *memory = NULL;
    size_t size = (size_t)n;
    FAISS_TRY (faiss_alloc (&memory, size + PANEL * PANEL + size * PANEL, sizeof *memory));
    Factors f = {m, n, a, memory, memory + size, memory + size + PANEL * PANEL};
    FAISS_TRY (factor (&f));
    return expand (&f);
}

FaissStatus faiss_matrix_qr (int m, int n, float *a) {
    FAISS_REQUIRE (n >= 0 && m >= n, "expected m >= n >= 0, got m=%d and n=%d", m, n);
    if (n == 0) {
        return FAISS_OK;
    }
    FAISS_REQUIRE_ARG (a);
    if (n >= WORTH_IT) {
        return in_pieces (m, n, a);
    }
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
