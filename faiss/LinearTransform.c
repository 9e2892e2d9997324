/* Linear maps. */
#include <math.h>
#include <string.h>

#include <faiss/VectorTransform.h>
#include <faiss/impl/check.h>
#include <faiss/impl/parallel.h>
#include <faiss/impl/transform_internal.h>
#include <faiss/kernels/kernels.h>
#include <faiss/utils/distances.h>

#define CONST_THIS(pointer) FAISS_CONST_SELF (LinearTransform, transform, pointer)

static FaissStatus check_matrix (const FaissLinearTransform *self) {
    size_t d_in = (size_t)self->transform.d_in, d_out = (size_t)self->transform.d_out;
    FAISS_REQUIRE (self->A.size == d_in * d_out, "expected A of %zu x %zu elements, got %zu", d_out,
                   d_in, self->A.size);
    FAISS_REQUIRE (!self->have_bias || self->b.size == d_out, "expected b of %zu elements, got %zu",
                   d_out, self->b.size);
    return FAISS_OK;
}

/* xt = x M^T + b for some rows; M has d_out rows. By a kernel whose values depend on the two
 * vectors alone, unlike those of a BLAS: how vectors are cut into batches shall not show. */
static void multiply_block (idx_t n, const float *x, size_t d_in, const float *M, const float *b,
                            size_t d_out, float *xt) {
    enum { AT_ONCE = 4 };
    for (idx_t i = 0; i < n; i += AT_ONCE) {
        const float *rows[AT_ONCE] = {NULL};
        size_t n_rows = n - i < AT_ONCE ? (size_t)(n - i) : AT_ONCE;
        for (size_t j = 0; j < n_rows; j++) {
            rows[j] = x + ((size_t)i + j) * d_in;
        }
        faiss_kernels.matrix_rows (rows, n_rows, M, d_in, d_out, xt + (size_t)i * d_out, d_out);
    }
    for (idx_t i = 0; b && i < n; i++) {
        for (size_t j = 0; j < d_out; j++) {
            xt[(size_t)i * d_out + j] += b[j];
        }
    }
}

static FaissStatus multiply (idx_t n, const float *x, size_t d_in, const float *M, const float *b,
                             size_t d_out, float *xt) {
    idx_t n_blocks = faiss_transform_blocks (n);
    FaissRegion region = {0};
#pragma omp parallel for num_threads(faiss_threads_for(n_blocks))
    for (idx_t block = 0; block < n_blocks; block++) {
        idx_t first = block * FAISS_TRANSFORM_BLOCK, left = n - first;
        if (!faiss_region_stopped (&region)) {
            multiply_block (left < FAISS_TRANSFORM_BLOCK ? left : FAISS_TRANSFORM_BLOCK,
                            x + (size_t)first * d_in, d_in, M, b, d_out,
                            xt + (size_t)first * d_out);
        }
    }
    return faiss_region_close (&region);
}

static FaissStatus LinearTransform_apply_noalloc (const FaissVectorTransform *transform, idx_t n,
                                                  const float *x, float *xt) {
    const FaissLinearTransform *self = CONST_THIS (transform);
    FAISS_TRY (check_matrix (self));
    return multiply (n, x, (size_t)transform->d_in, self->A.data,
                     self->have_bias ? self->b.data : NULL, (size_t)transform->d_out, xt);
}

/* x = (y - b) A */
static FaissStatus try_transform_transpose (const FaissLinearTransform *self, idx_t n,
                                            const float *y, float *x) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE (n >= 0 && (n == 0 || (x && y)), "expected n >= 0, x and y, got n=%lld",
                   (long long)n);
    FAISS_TRY (check_matrix (self));
    size_t d_in = (size_t)self->transform.d_in, d_out = (size_t)self->transform.d_out;
    FAISS_AUTO_FREE (float) *transposed = NULL;
    FAISS_AUTO_FREE (float) *centered = NULL;
    FAISS_TRY (faiss_alloc (&transposed, d_in * d_out, sizeof *transposed));
    for (size_t i = 0; i < d_out; i++) {
        for (size_t j = 0; j < d_in; j++) {
            transposed[j * d_out + i] = self->A.data[i * d_in + j];
        }
    }
    if (self->have_bias) {
        size_t size = (size_t)n * d_out;
        FAISS_TRY (faiss_alloc (&centered, size, sizeof *centered));
        for (size_t i = 0; i < size; i++) {
            centered[i] = y[i] - self->b.data[i % d_out];
        }
    }
    FAISS_TRY (multiply (n, centered ? centered : y, d_out, transposed, NULL, d_in, x));
    return FAISS_OK;
}

void faiss_LinearTransform_transform_transpose (const FaissLinearTransform *self, idx_t n,
                                                const float *y, float *x) {
    (void)try_transform_transpose (self, n, y, x);
}

static FaissStatus LinearTransform_reverse_transform (const FaissVectorTransform *transform,
                                                      idx_t n, const float *xt, float *x) {
    const FaissLinearTransform *self = CONST_THIS (transform);
    FAISS_REQUIRE (self->is_orthonormal, "the reverse of a matrix that is not orthonormal");
    return try_transform_transpose (self, n, xt, x);
}

/* The largest entry of A A^T - 1. */
static float deviation (const FaissLinearTransform *self) {
    size_t d_in = (size_t)self->transform.d_in, d_out = (size_t)self->transform.d_out;
    float worst = 0;
    for (size_t i = 0; i < d_out; i++) {
        for (size_t j = 0; j <= i; j++) {
            float product =
                faiss_fvec_inner_product (self->A.data + i * d_in, self->A.data + j * d_in, d_in);
            float off = fabsf (product - (i == j ? 1.0f : 0.0f));
            worst = off <= worst ? worst : off; /* NaN counts */
        }
    }
    return worst;
}

void faiss_LinearTransform_set_is_orthonormal (FaissLinearTransform *self) {
    bool is_square_or_wide = self->transform.d_out <= self->transform.d_in;
    self->is_orthonormal =
        is_square_or_wide && check_matrix (self) == FAISS_OK && deviation (self) <= 4e-5f;
}

static bool same_vector (const FaissFloat32Vector *a, const FaissFloat32Vector *b) {
    return a->size == b->size &&
           (a->size == 0 || memcmp (a->data, b->data, a->size * sizeof *a->data) == 0);
}

static FaissStatus LinearTransform_check_identical (const FaissVectorTransform *transform,
                                                    const FaissVectorTransform *other_transform) {
    FAISS_TRY (faiss_check_same_transform (transform, other_transform));
    const FaissLinearTransform *self = CONST_THIS (transform);
    const FaissLinearTransform *other = CONST_THIS (other_transform);
    FAISS_REQUIRE (self->have_bias == other->have_bias && same_vector (&self->A, &other->A) &&
                       same_vector (&self->b, &other->b),
                   "the matrices differ");
    return FAISS_OK;
}

static void LinearTransform_finalize (void *object) {
    FaissLinearTransform *self = object;
    faiss_Float32Vector_clear (&self->A);
    faiss_Float32Vector_clear (&self->b);
}

static FaissStatus LinearTransform_copy (void *object, const void *other_object) {
    FaissLinearTransform *self = object;
    const FaissLinearTransform *other = other_object;
    self->have_bias = other->have_bias;
    self->is_orthonormal = other->is_orthonormal;
    self->verbose = other->verbose;
    FAISS_TRY (faiss_Float32Vector_append (&self->A, other->A.data, other->A.size));
    return faiss_Float32Vector_append (&self->b, other->b.data, other->b.size);
}

/* Upstream does not compare the sizes of A and b with the dimensions: who uses them does. */
FaissStatus faiss_read_linear (FaissIOReader *r, FaissLinearTransform *self) {
    FAISS_TRY (faiss_read_bool (r, &self->have_bias, "have_bias"));
    FAISS_TRY (faiss_read_Float32Vector (r, &self->A, "A"));
    FAISS_TRY (faiss_read_Float32Vector (r, &self->b, "b"));
    FAISS_TRY (faiss_read_transform_dims (r, &self->transform));
    /* upstream takes every matrix from a file for orthonormal, and programs reverse them */
    self->is_orthonormal = true;
    return FAISS_OK;
}

FaissStatus faiss_write_linear (FaissIOWriter *w, const FaissLinearTransform *self) {
    FAISS_TRY (faiss_write_bool (w, self->have_bias));
    FAISS_TRY (faiss_write_Float32Vector (w, &self->A));
    FAISS_TRY (faiss_write_Float32Vector (w, &self->b));
    return faiss_write_transform_dims (w, &self->transform);
}

static FaissStatus LinearTransform_read (void **out, FaissIOReader *r, uint32_t tag, int io_flags) {
    (void)tag, (void)io_flags;
    FAISS_OWNED (LinearTransform) *self = NULL;
    FAISS_TRY (faiss_LinearTransform_new (&self));
    FAISS_TRY (faiss_read_linear (r, self));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

static FaissStatus LinearTransform_write (const void *object, FaissIOWriter *w, int io_flags) {
    (void)io_flags;
    FAISS_TRY (faiss_write_tag (w, "LTra"));
    return faiss_write_linear (w, object);
}

FaissVectorTransformClass faiss_LinearTransform_class = {
    .head = {.name = "LinearTransform",
             .parent = &faiss_VectorTransform_class.head,
             .instance_size = sizeof (FaissLinearTransform),
             .table_size = sizeof (FaissVectorTransformClass),
             .finalize = LinearTransform_finalize,
             .copy = LinearTransform_copy,
             .tags = "LTra",
             .read = LinearTransform_read,
             .write = LinearTransform_write},
    .apply_noalloc = LinearTransform_apply_noalloc,
    .reverse_transform = LinearTransform_reverse_transform,
    .check_identical = LinearTransform_check_identical,
};

FaissStatus faiss_LinearTransform_init (FaissLinearTransform *self, int d_in, int d_out,
                                        bool have_bias) {
    FAISS_TRY (faiss_VectorTransform_init (&self->transform, d_in, d_out));
    self->transform.is_trained = false; /* until there is a matrix */
    self->have_bias = have_bias;
    return FAISS_OK;
}

FaissStatus faiss_LinearTransform_new (FaissLinearTransform **out) {
    return faiss_LinearTransform_new_with (out, 0, 0, false);
}

FaissStatus faiss_LinearTransform_new_with (FaissLinearTransform **out, int d_in, int d_out,
                                            int have_bias) {
    FAISS_REQUIRE_ARG (out);
    FAISS_OWNED (LinearTransform) *self = NULL;
    FAISS_TRY (faiss_object_new (&self, &faiss_LinearTransform_class.head));
    FAISS_TRY (faiss_LinearTransform_init (self, d_in, d_out, have_bias != 0));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

void faiss_LinearTransform_free (FaissLinearTransform *self) {
    faiss_object_free (self);
}

int faiss_LinearTransform_have_bias (const FaissLinearTransform *self) {
    return self->have_bias;
}

int faiss_LinearTransform_is_orthonormal (const FaissLinearTransform *self) {
    return self->is_orthonormal;
}
