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

/* ---- products: by a kernel whose values depend on the two vectors alone, unlike those of a BLAS:
 * how vectors are cut into batches shall not show ------------------------------------------------
 */

/* Some rows of x are multiplied with the whole matrix while they are in cache; one panel of the
 * matrix at a time, packed for it, where there are no more rows than these. */
enum { ROWS_AT_ONCE = 48, PANEL = 3 * FAISS_EXACT_ROWS, FEW_OPERATIONS = 1 << 20 };

/* xt = x M^T + b; M has d_out rows */
typedef struct Product {
    const float *x, *M, *b;
    size_t n, d_in, d_out;
    float *xt;
} Product;

static idx_t number_of (size_t n, size_t size) {
    return (idx_t)((n + size - 1) / size);
}

static size_t smaller (size_t a, size_t b) {
    return a < b ? a : b;
}

static FaissStatus multiply_panel (const Product *p, size_t first) {
    size_t n = smaller (PANEL, p->d_out - first);
    const float *b = p->b ? p->b + first : NULL;
    if (p->n < 4) {
        for (size_t i = 0; i < p->n; i++) {
            faiss_kernels.row_products (p->x + i * p->d_in, p->d_in, p->M + first * p->d_in, n, b,
                                        p->xt + i * p->d_out + first);
        }
        return FAISS_OK;
    }
    FAISS_AUTO_FREE (float) *packed = NULL;
    FAISS_TRY (faiss_alloc_aligned (&packed, PANEL * p->d_in, sizeof *packed));
    faiss_kernels.exact_pack_rows (p->M + first * p->d_in, NULL, n, p->d_in, packed);
    faiss_kernels.packed_products (p->x, p->n, p->d_in, packed, n, NULL, b, 1, p->xt + first,
                                   p->d_out);
    return FAISS_OK;
}

static FaissStatus multiply_few (const Product *p) {
    idx_t n_panels = number_of (p->d_out, PANEL);
    int n_threads = p->n * p->d_in * p->d_out < FEW_OPERATIONS ? 1 : faiss_threads_for (n_panels);
    FaissRegion region = {0};
#pragma omp parallel for num_threads(n_threads) schedule(dynamic) if (n_threads > 1)
    for (idx_t panel = 0; panel < n_panels; panel++) {
        if (!faiss_region_stopped (&region)) {
            faiss_region_note (&region, multiply_panel (p, (size_t)panel * PANEL));
        }
    }
    return faiss_region_close (&region);
}

static FaissStatus multiply_many (const Product *p) {
    enum { GROUP = FAISS_EXACT_ROWS };
    size_t d = p->d_in;
    idx_t n_groups = number_of (p->d_out, GROUP), n_blocks = number_of (p->n, ROWS_AT_ONCE);
    FAISS_AUTO_FREE (float) *packed = NULL;
    FAISS_TRY (faiss_alloc_aligned (&packed, (size_t)n_groups * GROUP * d, sizeof *packed));
    FaissRegion region = {0};
#pragma omp parallel num_threads(faiss_threads_for(n_blocks))
    {
#pragma omp for
        for (idx_t group = 0; group < n_groups; group++) {
            size_t first = (size_t)group * GROUP, n = smaller (GROUP, p->d_out - first);
            faiss_kernels.exact_pack_rows (p->M + first * d, NULL, n, d, packed + first * d);
        }
#pragma omp for schedule(dynamic)
        for (idx_t block = 0; block < n_blocks; block++) {
            size_t first = (size_t)block * ROWS_AT_ONCE, n = smaller (ROWS_AT_ONCE, p->n - first);
            if (!faiss_region_stopped (&region)) {
                faiss_kernels.packed_products (p->x + first * d, n, d, packed, p->d_out, NULL, p->b,
                                               1, p->xt + first * p->d_out, p->d_out);
            }
        }
    }
    return faiss_region_close (&region);
}

static FaissStatus multiply (idx_t n, const float *x, size_t d_in, const float *M, const float *b,
                             size_t d_out, float *xt) {
    Product p = {x, M, b, (size_t)n, d_in, d_out, xt};
    return n <= ROWS_AT_ONCE ? multiply_few (&p) : multiply_many (&p);
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
    if (!self) {
        return;
    }
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
    FAISS_REQUIRE_ARG (self);
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
    return self ? self->have_bias : 0;
}

int faiss_LinearTransform_is_orthonormal (const FaissLinearTransform *self) {
    return self ? self->is_orthonormal : 0;
}
