/* Centering, scaling, principal components, iterative quantization. */
#include <string.h>

#include <faiss/VectorTransform.h>
#include <faiss/impl/check.h>
#include <faiss/impl/factory_rule.h>
#include <faiss/impl/parallel.h>
#include <faiss/impl/transform_internal.h>
#include <faiss/utils/blas.h>
#include <faiss/utils/string.h>
#include <faiss/utils/utils.h>

#define CONST_THIS(pointer) FAISS_CONST_SELF (ITQTransform, transform, pointer)

static void center_and_scale (size_t n, size_t d, const float *x, const float *mean, float *out) {
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < d; j++) {
            out[i * d + j] = x[i * d + j] - mean[j];
        }
        faiss_scale_to_norm_1 (d, out + i * d, out + i * d);
    }
}

/* ---- training -------------------------------------------------------------------------------- */

static FaissStatus make_mean (size_t n, size_t d, const float *x, FaissFloat32Vector *mean) {
    FAISS_AUTO_FREE (double) *sums = NULL;
    FAISS_TRY (faiss_alloc_zeroed (&sums, d, sizeof *sums));
    FAISS_TRY (faiss_Float32Vector_resize (mean, d));
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < d; j++) {
            sums[j] += (double)x[i * d + j];
        }
    }
    for (size_t j = 0; j < d; j++) {
        mean->data[j] = (float)(sums[j] / (double)n);
    }
    return FAISS_OK;
}

/* What training makes, before it takes the place of what there was. */
typedef struct Trained {
    FaissFloat32Vector mean, A;
    FaissITQMatrix itq;
} FaissTrained;

static void faiss_Trained_clear (FaissTrained *self) {
    faiss_Float32Vector_clear (&self->mean);
    faiss_Float32Vector_clear (&self->A);
    faiss_object_clear (&self->itq);
}

/* A = that of itq times that of pca */
static FaissStatus multiply (const FaissLinearTransform *itq, const FaissLinearTransform *pca,
                             FaissFloat32Vector *A) {
    FINTEGER d_in = pca->transform.d_in, d_out = itq->transform.d_out;
    float one = 1, zero = 0;
    FAISS_TRY (faiss_Float32Vector_resize (A, pca->A.size));
    sgemm_ ("N", "N", &d_in, &d_out, &d_out, &one, pca->A.data, &d_in, itq->A.data, &d_out, &zero,
            A->data, &d_in);
    return FAISS_OK;
}

static FaissStatus train_with_pca (const FaissITQTransform *self, size_t n, const float *x,
                                   FaissTrained *to) {
    int d_in = self->transform.d_in, d_out = self->transform.d_out;
    FAISS_OWNED (PCAMatrix) *pca = NULL;
    FAISS_AUTO_FREE (float) *components = NULL;
    FAISS_TRY (faiss_PCAMatrix_new_with (&pca, d_in, d_out, 0, false));
    pca->linear.have_bias = false;
    FAISS_TRY (faiss_VectorTransform_train (&pca->transform, (idx_t)n, x));
    FAISS_TRY (faiss_alloc (&components, n * (size_t)d_out, sizeof *components));
    FAISS_TRY (faiss_VectorTransform_try_apply (&pca->transform, (idx_t)n, x, components));
    FAISS_TRY (faiss_VectorTransform_train (&to->itq.transform, (idx_t)n, components));
    return multiply (&to->itq.linear, &pca->linear, &to->A);
}

static FaissStatus train (const FaissITQTransform *self, size_t n, const float *x,
                          FaissTrained *to) {
    size_t d = (size_t)self->transform.d_in;
    FAISS_AUTO_FREE (float) *scaled = NULL;
    FAISS_TRY (faiss_object_assign (&to->itq, &self->itq));
    FAISS_TRY (make_mean (n, d, x, &to->mean));
    FAISS_TRY (faiss_alloc (&scaled, n * d, sizeof *scaled));
    center_and_scale (n, d, x, to->mean.data, scaled);
    if (self->do_pca) {
        return train_with_pca (self, n, scaled, to);
    }
    FAISS_TRY (faiss_VectorTransform_train (&to->itq.transform, (idx_t)n, scaled));
    return faiss_Float32Vector_append (&to->A, to->itq.linear.A.data, to->itq.linear.A.size);
}

static FaissStatus ITQTransform_train (FaissVectorTransform *transform, idx_t n, const float *x) {
    enum { SEED = 1234, AT_LEAST = 32768 };
    FaissITQTransform *self = FAISS_SELF (ITQTransform, transform, transform);
    FAISS_REQUIRE (n > 0 && transform->d_in > 0,
                   "expected d_in > 0 and at least one training vector, got d_in=%d, n=%lld",
                   transform->d_in, (long long)n);
    FAISS_REQUIRE (self->max_train_per_dim >= 0, "expected max_train_per_dim >= 0, got %d",
                   self->max_train_per_dim);
    size_t n_sample = (size_t)n;
    size_t limit = (size_t)self->max_train_per_dim * (size_t)transform->d_in;
    float *sample = NULL;
    FAISS_TRY (faiss_fvecs_maybe_subsample ((size_t)transform->d_in, &n_sample,
                                            limit > AT_LEAST ? limit : AT_LEAST, x, false, SEED,
                                            &sample));
    FAISS_AUTO_FREE (float) *own_sample = sample != x ? sample : NULL;
    FAISS_AUTO (Trained) trained = {0};
    FAISS_TRY (train (self, n_sample, sample, &trained));
    faiss_Float32Vector_swap (&self->mean, &trained.mean);
    faiss_Float32Vector_swap (&self->pca_then_itq.A, &trained.A);
    faiss_object_swap (&self->itq, &trained.itq);
    self->pca_then_itq.transform.is_trained = true;
    self->pca_then_itq.is_orthonormal = true;
    transform->is_trained = true;
    return FAISS_OK;
}

/* ---- applying -------------------------------------------------------------------------------- */

static FaissStatus check_parts (const FaissITQTransform *self) {
    const FaissVectorTransform *linear = &self->pca_then_itq.transform;
    FAISS_REQUIRE (self->mean.size >= (size_t)self->transform.d_in,
                   "expected a mean of %d elements, got %zu", self->transform.d_in,
                   self->mean.size);
    FAISS_REQUIRE (linear->d_in == self->transform.d_in && linear->d_out == self->transform.d_out,
                   "expected a matrix from %d to %d, got one from %d to %d", self->transform.d_in,
                   self->transform.d_out, linear->d_in, linear->d_out);
    return FAISS_OK;
}

static FaissStatus ITQTransform_apply_noalloc (const FaissVectorTransform *transform, idx_t n,
                                               const float *x, float *xt) {
    const FaissITQTransform *self = CONST_THIS (transform);
    FAISS_TRY (check_parts (self));
    size_t d_in = (size_t)transform->d_in, d_out = (size_t)transform->d_out;
    const FaissVectorTransform *linear = &self->pca_then_itq.transform;
    idx_t n_blocks = faiss_transform_blocks (n);
    FaissRegion region = {0};
#pragma omp parallel num_threads(faiss_threads_for(n_blocks))
    {
        float *scaled = NULL;
        faiss_region_note (&region,
                           faiss_alloc (&scaled, FAISS_TRANSFORM_BLOCK * d_in, sizeof *scaled));
#pragma omp for schedule(dynamic)
        for (idx_t block = 0; block < n_blocks; block++) {
            size_t first = (size_t)block * FAISS_TRANSFORM_BLOCK, left = (size_t)n - first;
            size_t rows = left < FAISS_TRANSFORM_BLOCK ? left : FAISS_TRANSFORM_BLOCK;
            if (!faiss_region_stopped (&region)) {
                center_and_scale (rows, d_in, x + first * d_in, self->mean.data, scaled);
                faiss_region_note (&region, linear->cls->apply_noalloc (linear, (idx_t)rows, scaled,
                                                                        xt + first * d_out));
            }
        }
        free (scaled);
    }
    return faiss_region_close (&region);
}

/* Which norms the vectors had is not known: they come back on the sphere around the mean. */
static FaissStatus ITQTransform_reverse_transform (const FaissVectorTransform *transform, idx_t n,
                                                   const float *xt, float *x) {
    const FaissITQTransform *self = CONST_THIS (transform);
    FAISS_REQUIRE (!self->do_pca, "there is no reverse with PCA");
    FAISS_TRY (check_parts (self));
    const FaissVectorTransform *linear = &self->pca_then_itq.transform;
    FAISS_TRY (linear->cls->reverse_transform (linear, n, xt, x));
    size_t d = (size_t)transform->d_in;
    for (size_t i = 0; i < (size_t)n * d; i++) {
        x[i] += self->mean.data[i % d];
    }
    return FAISS_OK;
}

static FaissStatus ITQTransform_check_identical (const FaissVectorTransform *transform,
                                                 const FaissVectorTransform *other_transform) {
    FAISS_TRY (faiss_check_same_transform (transform, other_transform));
    const FaissITQTransform *self = CONST_THIS (transform), *other = CONST_THIS (other_transform);
    FAISS_REQUIRE (
        self->do_pca == other->do_pca && self->mean.size == other->mean.size &&
            (self->mean.size == 0 || memcmp (self->mean.data, other->mean.data,
                                             self->mean.size * sizeof *self->mean.data) == 0),
        "the means differ");
    return faiss_VectorTransform_check_identical (&self->pca_then_itq.transform,
                                                  &other->pca_then_itq.transform);
}

/* ---- copies, files, descriptions ------------------------------------------------------------- */

static void ITQTransform_finalize (void *object) {
    FaissITQTransform *self = object;
    faiss_Float32Vector_clear (&self->mean);
    faiss_object_clear (&self->itq);
    faiss_object_clear (&self->pca_then_itq);
}

static FaissStatus ITQTransform_copy (void *object, const void *other_object) {
    FaissITQTransform *self = object;
    const FaissITQTransform *other = other_object;
    self->do_pca = other->do_pca;
    self->max_train_per_dim = other->max_train_per_dim;
    FAISS_TRY (faiss_object_assign (&self->itq, &other->itq));
    FAISS_TRY (faiss_object_assign (&self->pca_then_itq, &other->pca_then_itq));
    return faiss_Float32Vector_append (&self->mean, other->mean.data, other->mean.size);
}

static FaissStatus ITQTransform_read (void **out, FaissIOReader *r, uint32_t tag, int io_flags) {
    (void)tag;
    FAISS_OWNED (ITQTransform) *self = NULL;
    FAISS_OWNED (ITQMatrix) *itq = NULL;
    FAISS_OWNED (LinearTransform) *linear = NULL;
    FAISS_TRY (faiss_ITQTransform_new (&self));
    FAISS_TRY (faiss_read_Float32Vector (r, &self->mean, "mean"));
    FAISS_TRY (faiss_read_bool (r, &self->do_pca, "do_pca"));
    FAISS_TRY (faiss_read_object (r, &faiss_ITQMatrix_class.head, io_flags, &itq));
    FAISS_TRY (faiss_read_object (r, &faiss_LinearTransform_class.head, io_flags, &linear));
    FAISS_REQUIRE_FILE (r, itq && linear, "a matrix is missing");
    faiss_object_swap (&self->itq, itq);
    /* of whatever class it is, the matrix is what counts */
    faiss_object_clear (&self->pca_then_itq);
    FAISS_TRY (faiss_read_transform_dims (r, &self->transform));
    faiss_object_init (&self->pca_then_itq, &faiss_LinearTransform_class.head);
    self->pca_then_itq.transform.d_in = linear->transform.d_in;
    self->pca_then_itq.transform.d_out = linear->transform.d_out;
    self->pca_then_itq.transform.is_trained = linear->transform.is_trained;
    self->pca_then_itq.have_bias = linear->have_bias;
    self->pca_then_itq.is_orthonormal = linear->is_orthonormal;
    faiss_Float32Vector_swap (&self->pca_then_itq.A, &linear->A);
    faiss_Float32Vector_swap (&self->pca_then_itq.b, &linear->b);
    FAISS_REQUIRE_FILE (r,
                        self->mean.size >= (size_t)self->transform.d_in ||
                            (self->mean.size == 0 && !self->transform.is_trained),
                        "expected a mean of d_in=%d elements, got %zu", self->transform.d_in,
                        self->mean.size);
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

static FaissStatus ITQTransform_write (const void *object, FaissIOWriter *w, int io_flags) {
    const FaissITQTransform *self = object;
    FAISS_TRY (faiss_write_tag (w, "Viqt"));
    FAISS_TRY (faiss_write_Float32Vector (w, &self->mean));
    FAISS_TRY (faiss_write_bool (w, self->do_pca));
    FAISS_TRY (faiss_write_object (w, &self->itq, io_flags));
    FAISS_TRY (faiss_write_object (w, &self->pca_then_itq, io_flags));
    return faiss_write_transform_dims (w, &self->transform);
}

static FaissStatus build (const FaissFactoryContext *context, void *out) {
    bool do_pca = context->groups[1] != NULL;
    int d_out = 0;
    FAISS_TRY (faiss_factory_int (context->groups[1], context->d, &d_out));
    FAISS_REQUIRE (d_out > 0 && d_out <= context->d, "expected 0 < d_out <= d=%d, got %d",
                   context->d, d_out);
    return faiss_ITQTransform_new_with (out, context->d, d_out, do_pca);
}

static const FaissFactoryRule factory_rules[] = {
    {"ITQ([0-9]+)?", FAISS_FACTORY_TRANSFORM, "ITQ[<d>]",
     "a rotation for which signs say most; with d: of the first d principal components", build},
    {0},
};

static FaissStatus ITQTransform_describe (const void *object, FaissString *out) {
    const FaissITQTransform *self = object;
    return self->do_pca ? faiss_String_printf (out, "ITQ%d", self->transform.d_out)
                        : faiss_String_printf (out, "ITQ");
}

FaissVectorTransformClass faiss_ITQTransform_class = {
    .head = {.name = "ITQTransform",
             .parent = &faiss_VectorTransform_class.head,
             .instance_size = sizeof (FaissITQTransform),
             .table_size = sizeof (FaissVectorTransformClass),
             .finalize = ITQTransform_finalize,
             .copy = ITQTransform_copy,
             .tags = "Viqt",
             .read = ITQTransform_read,
             .write = ITQTransform_write,
             .factory = factory_rules,
             .describe = ITQTransform_describe},
    .train = ITQTransform_train,
    .apply_noalloc = ITQTransform_apply_noalloc,
    .reverse_transform = ITQTransform_reverse_transform,
    .check_identical = ITQTransform_check_identical,
};

static FaissStatus init (FaissITQTransform *self, int d_in, int d_out, bool do_pca) {
    FAISS_REQUIRE (do_pca || d_in == d_out, "expected d_out=d_in=%d without PCA, got %d", d_in,
                   d_out);
    FAISS_TRY (faiss_VectorTransform_init (&self->transform, d_in, d_out));
    FAISS_TRY (faiss_ITQMatrix_init (&self->itq, d_out));
    FAISS_TRY (faiss_LinearTransform_init (&self->pca_then_itq, d_in, d_out, false));
    self->transform.is_trained = false;
    self->do_pca = do_pca;
    self->max_train_per_dim = 10;
    return FAISS_OK;
}

FaissStatus faiss_ITQTransform_new (FaissITQTransform **out) {
    return faiss_ITQTransform_new_with (out, 0, 0, false);
}

FaissStatus faiss_ITQTransform_new_with (FaissITQTransform **out, int d_in, int d_out, int do_pca) {
    FAISS_REQUIRE_ARG (out);
    FAISS_OWNED (ITQTransform) *self = NULL;
    FAISS_TRY (faiss_object_new (&self, &faiss_ITQTransform_class.head));
    faiss_object_init (&self->itq, &faiss_ITQMatrix_class.head);
    faiss_object_init (&self->pca_then_itq, &faiss_LinearTransform_class.head);
    FAISS_TRY (init (self, d_in, d_out, do_pca != 0));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

void faiss_ITQTransform_free (FaissITQTransform *self) {
    faiss_object_free (self);
}

int faiss_ITQTransform_do_pca (const FaissITQTransform *self) {
    return self ? self->do_pca : 0;
}
