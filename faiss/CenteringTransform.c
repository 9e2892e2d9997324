/* Subtraction of the mean. */
#include <string.h>

#include <faiss/VectorTransform.h>
#include <faiss/impl/check.h>
#include <faiss/impl/parallel.h>
#include <faiss/impl/transform_internal.h>

static FaissStatus CenteringTransform_train (FaissVectorTransform *transform, idx_t n,
                                             const float *x) {
    FaissCenteringTransform *self = FAISS_SELF (CenteringTransform, transform, transform);
    FAISS_REQUIRE (n > 0, "expected at least one training vector, got none");
    size_t d = (size_t)transform->d_in;
    FAISS_AUTO (Float32Vector) mean = {0};
    FAISS_TRY (faiss_Float32Vector_resize (&mean, d));
    for (idx_t i = 0; i < n; i++) {
        for (size_t j = 0; j < d; j++) {
            mean.data[j] += x[(size_t)i * d + j];
        }
    }
    for (size_t j = 0; j < d; j++) {
        mean.data[j] /= (float)n;
    }
    faiss_Float32Vector_swap (&self->mean, &mean);
    transform->is_trained = true;
    return FAISS_OK;
}

/* to = from + sign * mean, row by row */
static FaissStatus shift (const FaissCenteringTransform *self, idx_t n, const float *from,
                          float *to, float sign) {
    size_t d = (size_t)self->transform.d_in;
    FAISS_REQUIRE (self->mean.size >= d, "expected a mean of %zu elements, got %zu", d,
                   self->mean.size);
    const float *mean = self->mean.data;
    idx_t n_blocks = faiss_transform_blocks (n);
    FaissRegion region = {0};
#pragma omp parallel for num_threads(faiss_threads_for(n_blocks)) schedule(dynamic)
    for (idx_t block = 0; block < n_blocks; block++) {
        if (faiss_region_stopped (&region)) {
            continue;
        }
        size_t begin = (size_t)block * FAISS_TRANSFORM_BLOCK;
        size_t end =
            begin + FAISS_TRANSFORM_BLOCK < (size_t)n ? begin + FAISS_TRANSFORM_BLOCK : (size_t)n;
        for (size_t i = begin; i < end; i++) {
            for (size_t j = 0; j < d; j++) {
                to[i * d + j] = from[i * d + j] + sign * mean[j];
            }
        }
    }
    return faiss_region_close (&region);
}

static FaissStatus CenteringTransform_apply_noalloc (const FaissVectorTransform *transform, idx_t n,
                                                     const float *x, float *xt) {
    return shift (FAISS_CONST_SELF (CenteringTransform, transform, transform), n, x, xt, -1);
}

static FaissStatus CenteringTransform_reverse_transform (const FaissVectorTransform *transform,
                                                         idx_t n, const float *xt, float *x) {
    return shift (FAISS_CONST_SELF (CenteringTransform, transform, transform), n, xt, x, 1);
}

static FaissStatus CenteringTransform_check_identical (
    const FaissVectorTransform *transform, const FaissVectorTransform *other_transform) {
    FAISS_TRY (faiss_check_same_transform (transform, other_transform));
    const FaissCenteringTransform *self =
        FAISS_CONST_SELF (CenteringTransform, transform, transform);
    const FaissCenteringTransform *other =
        FAISS_CONST_SELF (CenteringTransform, transform, other_transform);
    size_t size = self->mean.size;
    FAISS_REQUIRE (size == other->mean.size &&
                       (size == 0 || memcmp (self->mean.data, other->mean.data,
                                             size * sizeof *self->mean.data) == 0),
                   "the means differ");
    return FAISS_OK;
}

static void CenteringTransform_finalize (void *object) {
    FaissCenteringTransform *self = object;
    faiss_Float32Vector_clear (&self->mean);
}

static FaissStatus CenteringTransform_copy (void *object, const void *other_object) {
    FaissCenteringTransform *self = object;
    const FaissCenteringTransform *other = other_object;
    return faiss_Float32Vector_append (&self->mean, other->mean.data, other->mean.size);
}

static FaissStatus CenteringTransform_read (void **out, FaissIOReader *r, uint32_t tag,
                                            int io_flags) {
    (void)tag, (void)io_flags;
    FAISS_OWNED (CenteringTransform) *self = NULL;
    FAISS_TRY (faiss_CenteringTransform_new (&self));
    FAISS_TRY (faiss_read_Float32Vector (r, &self->mean, "mean"));
    FAISS_TRY (faiss_read_transform_dims (r, &self->transform));
    FAISS_REQUIRE_FILE (r, self->transform.d_in == self->transform.d_out,
                        "expected d_in = d_out, got %d and %d", self->transform.d_in,
                        self->transform.d_out);
    bool is_untrained = !self->transform.is_trained && self->mean.size == 0;
    FAISS_REQUIRE_FILE (r, is_untrained || self->mean.size >= (size_t)self->transform.d_in,
                        "expected a mean of d=%d elements, got %zu", self->transform.d_in,
                        self->mean.size);
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

static FaissStatus CenteringTransform_write (const void *object, FaissIOWriter *w, int io_flags) {
    (void)io_flags;
    const FaissCenteringTransform *self = object;
    FAISS_TRY (faiss_write_tag (w, "VCnt"));
    FAISS_TRY (faiss_write_Float32Vector (w, &self->mean));
    return faiss_write_transform_dims (w, &self->transform);
}

FaissVectorTransformClass faiss_CenteringTransform_class = {
    .head = {.name = "CenteringTransform",
             .parent = &faiss_VectorTransform_class.head,
             .instance_size = sizeof (FaissCenteringTransform),
             .table_size = sizeof (FaissVectorTransformClass),
             .finalize = CenteringTransform_finalize,
             .copy = CenteringTransform_copy,
             .tags = "VCnt",
             .read = CenteringTransform_read,
             .write = CenteringTransform_write},
    .train = CenteringTransform_train,
    .apply_noalloc = CenteringTransform_apply_noalloc,
    .reverse_transform = CenteringTransform_reverse_transform,
    .check_identical = CenteringTransform_check_identical,
};

FaissStatus faiss_CenteringTransform_new (FaissCenteringTransform **out) {
    return faiss_CenteringTransform_new_with (out, 0);
}

FaissStatus faiss_CenteringTransform_new_with (FaissCenteringTransform **out, int d) {
    FAISS_REQUIRE_ARG (out);
    FAISS_OWNED (CenteringTransform) *self = NULL;
    FAISS_TRY (faiss_object_new (&self, &faiss_CenteringTransform_class.head));
    FAISS_TRY (faiss_VectorTransform_init (&self->transform, d, d));
    self->transform.is_trained = false;
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

void faiss_CenteringTransform_free (FaissCenteringTransform *self) {
    faiss_object_free (self);
}
