/* Scaling of vectors to norm 1. */
#include <string.h>

#include <faiss/VectorTransform.h>
#include <faiss/impl/check.h>
#include <faiss/impl/factory_rule.h>
#include <faiss/impl/parallel.h>
#include <faiss/impl/transform_internal.h>
#include <faiss/utils/string.h>

static FaissStatus NormalizationTransform_apply_noalloc (const FaissVectorTransform *transform,
                                                         idx_t n, const float *x, float *xt) {
    const FaissNormalizationTransform *self =
        FAISS_CONST_SELF (NormalizationTransform, transform, transform);
    FAISS_REQUIRE (self->norm == 2, "only norm=2 is supported, got %g", (double)self->norm);
    size_t d = (size_t)transform->d_in;
    FaissRegion region = {0};
#pragma omp parallel for num_threads(faiss_threads_for(faiss_transform_blocks(n)))
    for (idx_t i = 0; i < n; i++) {
        if (!faiss_transform_stopped (&region, i)) {
            faiss_scale_to_norm_1 (d, x + (size_t)i * d, xt + (size_t)i * d);
        }
    }
    return faiss_region_close (&region);
}

/* The lengths are lost: what comes back has norm 1. */
static FaissStatus NormalizationTransform_reverse_transform (const FaissVectorTransform *self,
                                                             idx_t n, const float *xt, float *x) {
    if (n > 0) {
        memmove (x, xt, (size_t)n * (size_t)self->d_in * sizeof *x);
    }
    return FAISS_OK;
}

static FaissStatus NormalizationTransform_check_identical (
    const FaissVectorTransform *transform, const FaissVectorTransform *other_transform) {
    FAISS_TRY (faiss_check_same_transform (transform, other_transform));
    const FaissNormalizationTransform *self =
        FAISS_CONST_SELF (NormalizationTransform, transform, transform);
    const FaissNormalizationTransform *other =
        FAISS_CONST_SELF (NormalizationTransform, transform, other_transform);
    FAISS_REQUIRE (self->norm == other->norm, "expected norm=%g, got %g", (double)self->norm,
                   (double)other->norm);
    return FAISS_OK;
}

static FaissStatus NormalizationTransform_copy (void *object, const void *other_object) {
    FaissNormalizationTransform *self = object;
    const FaissNormalizationTransform *other = other_object;
    self->norm = other->norm;
    return FAISS_OK;
}

static FaissStatus NormalizationTransform_read (void **out, FaissIOReader *r, uint32_t tag,
                                                int io_flags) {
    (void)tag, (void)io_flags;
    FAISS_OWNED (NormalizationTransform) *self = NULL;
    FAISS_TRY (faiss_NormalizationTransform_new (&self));
    FAISS_TRY (faiss_read_f32 (r, &self->norm, "norm"));
    FAISS_TRY (faiss_read_transform_dims (r, &self->transform));
    FAISS_REQUIRE_FILE (r, self->transform.d_in == self->transform.d_out,
                        "expected d_in = d_out, got %d and %d", self->transform.d_in,
                        self->transform.d_out);
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

static FaissStatus NormalizationTransform_write (const void *object, FaissIOWriter *w,
                                                 int io_flags) {
    (void)io_flags;
    const FaissNormalizationTransform *self = object;
    FAISS_TRY (faiss_write_tag (w, "VNrm"));
    FAISS_TRY (faiss_write_f32 (w, self->norm));
    return faiss_write_transform_dims (w, &self->transform);
}

static FaissStatus build (const FaissFactoryContext *context, void *out) {
    return faiss_NormalizationTransform_new_with (out, context->d, 2);
}

static const FaissFactoryRule factory_rules[] = {
    {"L2[nN]orm", FAISS_FACTORY_TRANSFORM, "L2norm", "scale the vectors to norm 1", build},
    {0},
};

static FaissStatus NormalizationTransform_describe (const void *object, FaissString *out) {
    (void)object;
    return faiss_String_printf (out, "L2norm");
}

FaissVectorTransformClass faiss_NormalizationTransform_class = {
    .head = {.name = "NormalizationTransform",
             .parent = &faiss_VectorTransform_class.head,
             .instance_size = sizeof (FaissNormalizationTransform),
             .table_size = sizeof (FaissVectorTransformClass),
             .copy = NormalizationTransform_copy,
             .tags = "VNrm",
             .read = NormalizationTransform_read,
             .write = NormalizationTransform_write,
             .factory = factory_rules,
             .describe = NormalizationTransform_describe},
    .apply_noalloc = NormalizationTransform_apply_noalloc,
    .reverse_transform = NormalizationTransform_reverse_transform,
    .check_identical = NormalizationTransform_check_identical,
};

FaissStatus faiss_NormalizationTransform_new (FaissNormalizationTransform **out) {
    return faiss_NormalizationTransform_new_with (out, 0, 2);
}

FaissStatus faiss_NormalizationTransform_new_with (FaissNormalizationTransform **out, int d,
                                                   float norm) {
    FAISS_REQUIRE_ARG (out);
    FAISS_OWNED (NormalizationTransform) *self = NULL;
    FAISS_TRY (faiss_object_new (&self, &faiss_NormalizationTransform_class.head));
    FAISS_TRY (faiss_VectorTransform_init (&self->transform, d, d));
    self->norm = norm;
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

void faiss_NormalizationTransform_free (FaissNormalizationTransform *self) {
    faiss_object_free (self);
}

float faiss_NormalizationTransform_norm (const FaissNormalizationTransform *self) {
    return self ? self->norm : 0;
}
