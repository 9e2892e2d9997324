/* Exact k-means of numbers.
 *
 * After sorting, clusters are segments. best[c][i], the least cost of cutting the numbers 0 .. i
 * into c + 1 segments, is the minimum over j of best[c - 1][j - 1] + cost (j, i), where j begins
 * the last one: the row minima of a totally monotone matrix, which SMAWK finds in linear time.
 */
#include <faiss/impl/kmeans1d.h>

#include <limits.h>
#include <stdint.h>
#include <string.h>

#include <faiss/impl/check.h>

/* ---- SMAWK ----------------------------------------------------------------------------------- */

/* A matrix by its entries. */
typedef struct Matrix {
    float (*at) (const struct Matrix *self, idx_t row, idx_t column);
    idx_t n_columns;
    const float *values; /* a plain one */
    const struct Layer *layer;
} Matrix;

/* Every step-th row from the first one, n of them. */
typedef struct Rows {
    idx_t first, step, n;
} Rows;

static idx_t row_at (const Rows *rows, idx_t i) {
    return rows->first + i * rows->step;
}

/// Steps between two looks whether the caller wants an end; a power of 2.
enum { STEPS = 1 << 16 };

/* Drop columns that cannot hold a minimum, until there are not more than rows. */
static FaissStatus reduce_columns (const Matrix *matrix, const Rows *rows, const idx_t *columns,
                                   idx_t n_columns, idx_t *kept, idx_t *n_kept) {
    idx_t n = 0;
    for (idx_t i = 0; i < n_columns; i++) {
        if (i % STEPS == STEPS - 1) {
            FAISS_TRY (faiss_check_interrupt ());
        }
        while (n > 0) {
            idx_t row = row_at (rows, n - 1);
            if (matrix->at (matrix, row, kept[n - 1]) <= matrix->at (matrix, row, columns[i])) {
                break;
            }
            n--;
        }
        if (n < rows->n) {
            kept[n++] = columns[i];
        }
    }
    *n_kept = n;
    return FAISS_OK;
}

/* The even rows: their minima lie between those of their neighbours. */
static FaissStatus fill_even_rows (const Matrix *matrix, const Rows *rows, const idx_t *columns,
                                   idx_t n_columns, idx_t *argmins) {
    idx_t c = 0;
    for (idx_t i = 0; i < rows->n; i += 2) {
        if (i % STEPS == 0 && i > 0) {
            FAISS_TRY (faiss_check_interrupt ());
        }
        idx_t row = row_at (rows, i);
        idx_t last = i + 1 < rows->n ? argmins[row_at (rows, i + 1)] : columns[n_columns - 1];
        idx_t best_column = columns[c];
        float best = matrix->at (matrix, row, best_column);
        while (columns[c] < last && c + 1 < n_columns) {
            float value = matrix->at (matrix, row, columns[++c]);
            if (value < best) {
                best = value;
                best_column = columns[c];
            }
        }
        argmins[row] = best_column;
    }
    return FAISS_OK;
}

/* @param buffer  room for the columns kept here and below: 2 * rows->n */
static FaissStatus find_minima (const Matrix *matrix, Rows rows, const idx_t *columns,
                                idx_t n_columns, idx_t *argmins, idx_t *buffer) {
    if (rows.n == 0) {
        return FAISS_OK;
    }
    FAISS_TRY (reduce_columns (matrix, &rows, columns, n_columns, buffer, &n_columns));
    Rows odd = {.first = rows.first + rows.step, .step = 2 * rows.step, .n = rows.n / 2};
    FAISS_TRY (find_minima (matrix, odd, buffer, n_columns, argmins, buffer + n_columns));
    return fill_even_rows (matrix, &rows, buffer, n_columns, argmins);
}

/* @param buffer  size n_columns + 2 * n_rows */
static FaissStatus smawk (const Matrix *matrix, idx_t n_rows, idx_t *argmins, idx_t *buffer) {
    for (idx_t i = 0; i < matrix->n_columns; i++) {
        buffer[i] = i;
    }
    Rows rows = {.first = 0, .step = 1, .n = n_rows};
    return find_minima (matrix, rows, buffer, matrix->n_columns, argmins,
                        buffer + matrix->n_columns);
}

static float plain_at (const Matrix *self, idx_t row, idx_t column) {
    return self->values[row * self->n_columns + column];
}

FaissStatus faiss_smawk (idx_t nrows, idx_t ncols, const float *x, idx_t *argmins) {
    FAISS_REQUIRE (nrows >= 0 && nrows <= INT_MAX && ncols > 0 && ncols <= INT_MAX,
                   "a matrix of %lld x %lld has no row minima", (long long)nrows, (long long)ncols);
    FAISS_REQUIRE (nrows == 0 || (x && argmins), "x or argmins is NULL");
    FAISS_AUTO_FREE (idx_t) *buffer = NULL;
    FAISS_TRY (faiss_alloc (&buffer, (size_t)(ncols + 2 * nrows), sizeof *buffer));
    Matrix matrix = {.at = plain_at, .n_columns = ncols, .values = x};
    return smawk (&matrix, nrows, argmins, buffer);
}

/* ---- dynamic programming --------------------------------------------------------------------- */

/* One more cluster: what its matrix is made of. */
typedef struct Layer {
    const float *previous;        /* best cost of the numbers 0 .. i with one cluster less */
    const double *sums, *squares; /* of the first i numbers */
} Layer;

/* Sum of the squared distances of the numbers first .. last to their mean. */
static float segment_cost (const Layer *layer, idx_t first, idx_t last) {
    if (last < first) {
        return 0;
    }
    double n = (double)(last - first + 1);
    double sum = layer->sums[last + 1] - layer->sums[first];
    double squares = layer->squares[last + 1] - layer->squares[first];
    double mean = sum / n;
    return (float)(squares + n * (mean * mean) - 2 * mean * sum);
}

/* Row: the last number; column: where the last segment begins. An empty one is let in, so that the
 * matrix is full; it is never cheaper. */
static float layer_at (const Matrix *self, idx_t row, idx_t column) {
    const Layer *layer = self->layer;
    idx_t before = column == 0 || row < column - 1 ? row : column - 1;
    return layer->previous[before] + segment_cost (layer, column, row);
}

typedef struct Solver {
    idx_t n;
    float *x;               /* sorted */
    double *sums, *squares; /* size n + 1 */
    float *best, *next;     /* costs by last number, size n */
    int *begins;            /* where the last segment begins, per cluster and last number */
    idx_t *argmins, *buffer;
} Solver;

static void Solver_clear (Solver *self) {
    free (self->x);
    free (self->sums);
    free (self->squares);
    free (self->best);
    free (self->next);
    free (self->begins);
    free (self->argmins);
    free (self->buffer);
}

/* The bits of a float, so that they are in the floats' order as numbers. */
static uint32_t ordered_bits (float value) {
    uint32_t bits;
    memcpy (&bits, &value, sizeof bits);
    return bits >> 31 ? ~bits : bits | (uint32_t)1 << 31;
}

/* Sort by eleven bits at a time. @param other  room for n numbers */
static void sort_floats (float *x, size_t n, float *other) {
    enum { BITS = 11, VALUES = 1 << BITS };
    for (unsigned shift = 0; shift < 32; shift += BITS) {
        size_t ends[VALUES + 1] = {0};
        for (size_t i = 0; i < n; i++) {
            ends[(ordered_bits (x[i]) >> shift) % VALUES + 1]++;
        }
        for (size_t v = 0; v < VALUES; v++) {
            ends[v + 1] += ends[v];
        }
        for (size_t i = 0; i < n; i++) {
            other[ends[(ordered_bits (x[i]) >> shift) % VALUES]++] = x[i];
        }
        memcpy (x, other, n * sizeof *x);
    }
}

static FaissStatus Solver_init (Solver *self, const float *x, size_t n, size_t nclusters) {
    self->n = (idx_t)n;
    FAISS_TRY (faiss_alloc (&self->x, n, sizeof *self->x));
    FAISS_TRY (faiss_alloc (&self->sums, n + 1, sizeof *self->sums));
    FAISS_TRY (faiss_alloc (&self->squares, n + 1, sizeof *self->squares));
    FAISS_TRY (faiss_alloc (&self->best, n, sizeof *self->best));
    FAISS_TRY (faiss_alloc (&self->next, n, sizeof *self->next));
    FAISS_TRY (faiss_alloc (&self->begins, nclusters * n, sizeof *self->begins));
    FAISS_TRY (faiss_alloc (&self->argmins, n, sizeof *self->argmins));
    FAISS_TRY (faiss_alloc (&self->buffer, 3 * n, sizeof *self->buffer));
    memcpy (self->x, x, n * sizeof *x);
    sort_floats (self->x, n, self->best);
    FAISS_TRY (faiss_check_interrupt ());
    self->sums[0] = self->squares[0] = 0;
    for (size_t i = 0; i < n; i++) {
        double value = self->x[i];
        self->sums[i + 1] = self->sums[i] + value;
        self->squares[i + 1] = self->squares[i] + value * value;
    }
    return FAISS_OK;
}

static FaissStatus Solver_run (Solver *self, size_t nclusters) {
    Layer layer = {.sums = self->sums, .squares = self->squares};
    for (idx_t i = 0; i < self->n; i++) {
        self->best[i] = segment_cost (&layer, 0, i);
        self->begins[i] = 0;
    }
    Matrix matrix = {.at = layer_at, .n_columns = self->n, .layer = &layer};
    for (size_t c = 1; c < nclusters; c++) {
        FAISS_TRY (faiss_check_interrupt ());
        layer.previous = self->best;
        FAISS_TRY (smawk (&matrix, self->n, self->argmins, self->buffer));
        int *begins = self->begins + c * (size_t)self->n;
        for (idx_t i = 0; i < self->n; i++) {
            self->next[i] = layer_at (&matrix, i, self->argmins[i]);
            begins[i] = (int)self->argmins[i];
        }
        float *previous = self->best;
        self->best = self->next;
        self->next = previous;
    }
    return FAISS_OK;
}

/* Walk back from the last number. Equal values may have made a cut come too early for the clusters
 * before it to have a number each: it moves, which costs nothing. */
static double Solver_centroids (const Solver *self, size_t nclusters, float *centroids) {
    double squares = 0;
    idx_t end = self->n;
    for (size_t c = nclusters; c-- > 0;) {
        idx_t begin = c ? self->begins[c * (size_t)self->n + (size_t)end - 1] : 0;
        begin = begin < (idx_t)c ? (idx_t)c : begin;
        begin = begin < end ? begin : end - 1;
        float sum = 0;
        for (idx_t i = begin; i < end; i++) {
            sum += self->x[i];
        }
        double size = (double)(end - begin);
        centroids[c] = sum / (float)size;
        squares += size * size;
        end = begin;
    }
    return squares * (double)nclusters / ((double)self->n * (double)self->n);
}

FaissStatus faiss_kmeans1d (const float *x, size_t n, size_t nclusters, float *centroids,
                            double *imbalance) {
    FAISS_REQUIRE (nclusters > 0, "expected nclusters > 0, got 0");
    FAISS_REQUIRE (n >= nclusters, "expected at least %zu numbers for as many clusters, got %zu",
                   nclusters, n);
    FAISS_REQUIRE (n <= INT_MAX / 3, "expected at most %d numbers, got %zu", INT_MAX / 3, n);
    FAISS_REQUIRE (x && centroids, "x or centroids is NULL");
    double factor = 0;
    if (n == nclusters) {
        memcpy (centroids, x, n * sizeof *x);
    } else {
        FAISS_REQUIRE (nclusters <= SIZE_MAX / sizeof (int) / n, "%zu x %zu is too much", n,
                       nclusters);
        __attribute__ ((cleanup (Solver_clear))) Solver solver = {0};
        FAISS_TRY (Solver_init (&solver, x, n, nclusters));
        FAISS_TRY (Solver_run (&solver, nclusters));
        factor = Solver_centroids (&solver, nclusters, centroids);
    }
    if (imbalance) {
        *imbalance = factor;
    }
    return FAISS_OK;
}
