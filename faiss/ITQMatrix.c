/* Iterative quantization. */
#include <math.h>
#include <string.h>

#include <faiss/VectorTransform.h>
#include <faiss/impl/check.h>
#include <faiss/impl/parallel.h>
#include <faiss/impl/procrustes.h>
#include <faiss/impl/transform_internal.h>
#include <faiss/utils/blas.h>

/* ---- training -------------------------------------------------------------------------------- */

/* The rotation that it begins with, as A. */
static FaissStatus first_rotation (const FaissITQMatrix *self, FaissFloat32Vector *A) {
    int d_int = self->transform.d_in;
    size_t d = (size_t)d_int, n_given = self->init_rotation.size;
    FAISS_OWNED (RandomRotationMatrix) *random = NULL;
    FAISS_REQUIRE (n_given == 0 || n_given == d * d,
                   "expected an init_rotation of %zu elements, got %zu", d * d, n_given);
    FAISS_TRY (faiss_Float32Vector_resize (A, d * d));
    if (n_given == 0) {
        FAISS_TRY (faiss_RandomRotationMatrix_new_with (&random, d_int, d_int));
        FAISS_TRY (faiss_RandomRotationMatrix_init (random, self->seed));
    }
    for (size_t i = 0; i < d; i++) {
        for (size_t j = 0; j < d; j++) {
            A->data[j * d + i] = random ? random->linear.A.data[i * d + j]
                                        : (float)self->init_rotation.data[i * d + j];
        }
    }
    return FAISS_OK;
}

/* y becomes its signs; returns how many differ from the former ones. */
static size_t take_signs (size_t n, const float *y, float *signs) {
    size_t n_changed = 0;
    for (size_t i = 0; i < n; i++) {
        float sign = y[i] < 0 ? -1.0f : 1.0f;
        n_changed += sign != signs[i];
        signs[i] = sign;
    }
    return n_changed;
}

/// Vectors that a thread rotates at a time.
enum { ROWS = 4096 };

typedef struct Iteration {
    size_t n, d;
    const float *x;
    float *signs;       /* n * d; zeros at first */
    size_t n_threads;   /* each with a block of vectors */
    float *rotated;     /* n_threads times ROWS * d */
    float *partial;     /* n_threads times d * d: the sum of a block */
    size_t *n_changed;  /* n_threads: signs of a block */
    double *product;    /* d * d: the sum of b x^T, column by column */
    double *u, *vt, *A; /* d * d */
} Iteration;

static void faiss_Iteration_clear (Iteration *it) {
    free (it->signs);
    free (it->rotated);
    free (it->partial);
    free (it->n_changed);
    free (it->product);
    free (it->u);
    free (it->vt);
    free (it->A);
}

typedef Iteration FaissIteration;

static FaissStatus alloc_iteration (Iteration *it) {
    size_t size = it->d * it->d, rows = it->n < ROWS ? it->n : ROWS;
    it->n_threads = (size_t)faiss_threads_for ((int64_t)(it->n / ROWS + 1));
    FAISS_TRY (faiss_alloc_zeroed (&it->signs, it->n * it->d, sizeof *it->signs));
    FAISS_TRY (faiss_alloc (&it->rotated, it->n_threads * rows * it->d, sizeof *it->rotated));
    FAISS_TRY (faiss_alloc (&it->partial, it->n_threads * size, sizeof *it->partial));
    FAISS_TRY (faiss_alloc (&it->n_changed, it->n_threads, sizeof *it->n_changed));
    FAISS_TRY (faiss_alloc (&it->product, size, sizeof *it->product));
    FAISS_TRY (faiss_alloc (&it->u, size, sizeof *it->u));
    FAISS_TRY (faiss_alloc (&it->vt, size, sizeof *it->vt));
    return faiss_alloc (&it->A, size, sizeof *it->A);
}

/* b = signs of A x, and the sum of b x^T, for the vectors from begin on, by thread t. */
static void quantize_block (const Iteration *it, const float *A, size_t begin, size_t t) {
    size_t n = it->n - begin < ROWS ? it->n - begin : ROWS, most = it->n < ROWS ? it->n : ROWS;
    FINTEGER d = (FINTEGER)it->d, rows = (FINTEGER)n;
    float one = 1, zero = 0, *rotated = it->rotated + t * most * it->d;
    const float *x = it->x + begin * it->d;
    float *signs = it->signs + begin * it->d;
    sgemm_ ("T", "N", &d, &rows, &d, &one, A, &d, x, &d, &zero, rotated, &d);
    it->n_changed[t] = take_signs (n * it->d, rotated, signs);
    sgemm_ ("N", "T", &d, &d, &rows, &one, signs, &d, x, &d, &zero, it->partial + t * it->d * it->d,
            &d);
}

/* The same for all, a block per thread at a time; sums are added in the order of the blocks.
 * @param n_changed  how many signs changed */
static FaissStatus quantize (const Iteration *it, const float *A, size_t *n_changed) {
    size_t size = it->d * it->d;
    memset (it->product, 0, size * sizeof *it->product);
    *n_changed = 0;
    for (size_t first = 0; first < it->n; first += it->n_threads * ROWS) {
        FAISS_TRY (faiss_check_interrupt ());
        size_t n_blocks = (it->n - first + ROWS - 1) / ROWS;
        n_blocks = n_blocks < it->n_threads ? n_blocks : it->n_threads;
        faiss_blas_single_threaded_begin ();
#pragma omp parallel for num_threads((int)n_blocks)
        for (size_t t = 0; t < n_blocks; t++) {
            quantize_block (it, A, first + t * ROWS, t);
        }
        faiss_blas_single_threaded_end ();
        for (size_t t = 0; t < n_blocks; t++) {
            *n_changed += it->n_changed[t];
            for (size_t i = 0; i < size; i++) {
                it->product[i] += (double)it->partial[t * size + i];
            }
        }
    }
    return FAISS_OK;
}

/* A = U V of the decomposition U S V^T of the product: upstream's rule. */
static FaissStatus rotate (const Iteration *it, float *A) {
    FINTEGER d = (FINTEGER)it->d;
    double one = 1, zero = 0;
    FAISS_TRY (faiss_svd (it->d, it->d, it->product, it->u, it->vt));
    dgemm_ ("N", "T", &d, &d, &d, &one, it->u, &d, it->vt, &d, &zero, it->A, &d);
    for (size_t i = 0; i < it->d; i++) {
        for (size_t j = 0; j < it->d; j++) {
            A[i * it->d + j] = (float)it->A[j * it->d + i];
        }
    }
    return FAISS_OK;
}

static FaissStatus iterate (const FaissITQMatrix *self, size_t n, const float *x,
                            FaissFloat32Vector *A) {
    FAISS_AUTO (Iteration) it = {.n = n, .d = (size_t)self->transform.d_in, .x = x};
    FAISS_TRY (alloc_iteration (&it));
    for (int i = 0; i < self->max_iter; i++) {
        size_t n_changed;
        FAISS_TRY (quantize (&it, A->data, &n_changed));
        if (self->linear.verbose) {
            faiss_say ("ITQ iteration %d: %zu signs changed\n", i, n_changed);
        }
        FAISS_TRY (rotate (&it, A->data));
        FAISS_TRY (faiss_check_interrupt ());
    }
    return FAISS_OK;
}

static FaissStatus ITQMatrix_train (FaissVectorTransform *transform, idx_t n, const float *x) {
    FaissITQMatrix *self = FAISS_SELF (ITQMatrix, transform, transform);
    FAISS_REQUIRE (transform->d_in == transform->d_out, "expected d_out=d_in=%d, got %d",
                   transform->d_in, transform->d_out);
    FAISS_REQUIRE (n > 0 && transform->d_in > 0,
                   "expected d > 0 and at least one training vector, got d=%d, n=%lld",
                   transform->d_in, (long long)n);
    FAISS_AUTO (Float32Vector) A = {0};
    FAISS_TRY (first_rotation (self, &A));
    FAISS_TRY (iterate (self, (size_t)n, x, &A));
    faiss_Float32Vector_swap (&self->linear.A, &A);
    self->linear.is_orthonormal = self->max_iter > 0 || self->init_rotation.size == 0;
    transform->is_trained = true;
    return FAISS_OK;
}

/* ---- copies and files ------------------------------------------------------------------------ */

static void ITQMatrix_finalize (void *object) {
    faiss_Float64Vector_clear (&((FaissITQMatrix *)object)->init_rotation);
}

static FaissStatus ITQMatrix_copy (void *object, const void *other_object) {
    FaissITQMatrix *self = object;
    const FaissITQMatrix *other = other_object;
    self->max_iter = other->max_iter;
    self->seed = other->seed;
    return faiss_Float64Vector_append (&self->init_rotation, other->init_rotation.data,
                                       other->init_rotation.size);
}

static FaissStatus ITQMatrix_read (void **out, FaissIOReader *r, uint32_t tag, int io_flags) {
    (void)tag, (void)io_flags;
    FAISS_OWNED (ITQMatrix) *self = NULL;
    FAISS_TRY (faiss_ITQMatrix_new (&self));
    FAISS_TRY (faiss_read_i32 (r, &self->max_iter, "max_iter"));
    FAISS_TRY (faiss_read_i32 (r, &self->seed, "seed"));
    FAISS_TRY (faiss_read_linear (r, &self->linear));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

static FaissStatus ITQMatrix_write (const void *object, FaissIOWriter *w, int io_flags) {
    (void)io_flags;
    const FaissITQMatrix *self = object;
    FAISS_TRY (faiss_write_tag (w, "Viqm"));
    FAISS_TRY (faiss_write_i32 (w, self->max_iter));
    FAISS_TRY (faiss_write_i32 (w, self->seed));
    return faiss_write_linear (w, &self->linear);
}

FaissVectorTransformClass faiss_ITQMatrix_class = {
    .head = {.name = "ITQMatrix",
             .parent = &faiss_LinearTransform_class.head,
             .instance_size = sizeof (FaissITQMatrix),
             .table_size = sizeof (FaissVectorTransformClass),
             .finalize = ITQMatrix_finalize,
             .copy = ITQMatrix_copy,
             .tags = "Viqm",
             .read = ITQMatrix_read,
             .write = ITQMatrix_write},
    .train = ITQMatrix_train,
};

FaissStatus faiss_ITQMatrix_init (FaissITQMatrix *self, int d) {
    FAISS_REQUIRE_ARG (self);
    FAISS_TRY (faiss_LinearTransform_init (&self->linear, d, d, false));
    self->max_iter = 50;
    self->seed = 123;
    return FAISS_OK;
}

FaissStatus faiss_ITQMatrix_new (FaissITQMatrix **out) {
    return faiss_ITQMatrix_new_with (out, 0);
}

FaissStatus faiss_ITQMatrix_new_with (FaissITQMatrix **out, int d) {
    FAISS_REQUIRE_ARG (out);
    FAISS_OWNED (ITQMatrix) *self = NULL;
    FAISS_TRY (faiss_object_new (&self, &faiss_ITQMatrix_class.head));
    FAISS_TRY (faiss_ITQMatrix_init (self, d));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

void faiss_ITQMatrix_free (FaissITQMatrix *self) {
    faiss_object_free (self);
}
