/* The root of all vector transforms: checks arguments, and what every transform shares. */
#include <faiss/VectorTransform.h>

#include <faiss/impl/check.h>
#include <faiss/impl/index_check.h>
#include <faiss/impl/io_limits.h>
#include <faiss/impl/transform_internal.h>
#include <faiss/utils/string.h>

/* ---- what classes inherit ------------------------------------------------------------------ */

static const char *class_name (const FaissVectorTransform *self) {
    return faiss_object_class (self)->name;
}

static FaissStatus VectorTransform_train (FaissVectorTransform *self, idx_t n, const float *x) {
    (void)self, (void)n, (void)x;
    return FAISS_OK; /* nothing to learn */
}

static FaissStatus VectorTransform_apply_noalloc (const FaissVectorTransform *self, idx_t n,
                                                  const float *x, float *xt) {
    (void)n, (void)x, (void)xt;
    return faiss_fail_in (FAISS_EXCEPT, class_name (self), "apply_noalloc is not implemented");
}

static FaissStatus VectorTransform_reverse_transform (const FaissVectorTransform *self, idx_t n,
                                                      const float *xt, float *x) {
    (void)n, (void)xt, (void)x;
    return faiss_fail_in (FAISS_EXCEPT, class_name (self), "reverse_transform is not implemented");
}

static FaissStatus VectorTransform_copy (void *object, const void *other_object) {
    FaissVectorTransform *self = object;
    struct FaissVectorTransformClass *cls = self->cls;
    *self = *(const FaissVectorTransform *)other_object;
    self->cls = cls;
    return FAISS_OK;
}

static FaissStatus VectorTransform_write (const void *object, FaissIOWriter *writer, int io_flags) {
    (void)writer, (void)io_flags;
    return faiss_fail (FAISS_EXCEPT, "Error in write_VectorTransform: don't know how to write a %s",
                       faiss_object_class (object)->name);
}

static FaissStatus VectorTransform_describe (const void *object, FaissString *out) {
    (void)object, (void)out;
    return FAISS_OK; /* no factory string is known: "" */
}

FaissVectorTransformClass faiss_VectorTransform_class = {
    .head = {.name = "VectorTransform",
             .instance_size = sizeof (FaissVectorTransform),
             .table_size = sizeof (FaissVectorTransformClass),
             .copy = VectorTransform_copy,
             .write = VectorTransform_write,
             .describe = VectorTransform_describe},
    .train = VectorTransform_train,
    .apply_noalloc = VectorTransform_apply_noalloc,
    .reverse_transform = VectorTransform_reverse_transform,
    .check_identical = faiss_check_same_transform,
};

FaissStatus faiss_VectorTransform_init (FaissVectorTransform *self, int d_in, int d_out) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE (d_in >= 0 && d_in <= FAISS_MAX_DIMENSION, "expected 0 <= d_in <= %d, got %d",
                   FAISS_MAX_DIMENSION, d_in);
    FAISS_REQUIRE (d_out >= 0 && d_out <= FAISS_MAX_DIMENSION, "expected 0 <= d_out <= %d, got %d",
                   FAISS_MAX_DIMENSION, d_out);
    self->d_in = d_in;
    self->d_out = d_out;
    self->is_trained = true;
    return FAISS_OK;
}

FaissStatus faiss_check_same_transform (const FaissVectorTransform *self,
                                        const FaissVectorTransform *other) {
    FAISS_REQUIRE (self->cls == other->cls, "a %s and a %s differ", class_name (self),
                   class_name (other));
    FAISS_REQUIRE (self->d_in == other->d_in && self->d_out == other->d_out,
                   "expected d_in=%d and d_out=%d, got %d and %d", self->d_in, self->d_out,
                   other->d_in, other->d_out);
    return FAISS_OK;
}

/* ---- files ----------------------------------------------------------------------------------- */

FaissStatus faiss_read_transform_dims (FaissIOReader *r, FaissVectorTransform *self) {
    FAISS_TRY (faiss_read_i32 (r, &self->d_in, "d_in"));
    FAISS_TRY (faiss_read_i32 (r, &self->d_out, "d_out"));
    FAISS_TRY (faiss_read_bool (r, &self->is_trained, "is_trained"));
    FAISS_REQUIRE_FILE (r, self->d_in >= 0 && self->d_out >= 0,
                        "expected d_in >= 0 and d_out >= 0, got %d and %d", self->d_in,
                        self->d_out);
    size_t entries = (size_t)self->d_in * (size_t)self->d_out;
    FAISS_REQUIRE_FILE (r, entries <= faiss_deserialization_vector_byte_limit / sizeof (float),
                        "d_in=%d times d_out=%d is too much", self->d_in, self->d_out);
    return FAISS_OK;
}

FaissStatus faiss_write_transform_dims (FaissIOWriter *w, const FaissVectorTransform *self) {
    FAISS_TRY (faiss_write_i32 (w, self->d_in));
    FAISS_TRY (faiss_write_i32 (w, self->d_out));
    return faiss_write_bool (w, self->is_trained);
}

/* ---- the public functions: check, then dispatch ---------------------------------------------- */

static FaissStatus check_arguments (const char *function, const FaissVectorTransform *self, idx_t n,
                                    const float *in, const float *out) {
    if (!self) {
        return faiss_fail_in (FAISS_EXCEPT, function, "the transform is NULL");
    }
    int d = self->d_in > self->d_out ? self->d_in : self->d_out;
    if (n < 0 || n > INT64_MAX / 8 / (d + 1)) {
        return faiss_fail_in (FAISS_EXCEPT, function, "expected n >= 0 vectors of d=%d, got %lld",
                              d, (long long)n);
    }
    if (n > 0 && (!in || !out)) {
        return faiss_fail_in (FAISS_EXCEPT, function, "%s is NULL",
                              in ? "the output" : "the input");
    }
    return FAISS_OK;
}

static FaissStatus check_is_trained (const char *function, const FaissVectorTransform *self) {
    if (!self->is_trained) {
        return faiss_fail_in (FAISS_EXCEPT, function, "the %s is not trained: call train first",
                              class_name (self));
    }
    return FAISS_OK;
}

FaissStatus faiss_VectorTransform_train (FaissVectorTransform *self, idx_t n, const float *x) {
    FAISS_TRY (check_arguments (__func__, self, n, x, x));
    return self->cls->train (self, n, x);
}

FaissStatus faiss_VectorTransform_try_apply (const FaissVectorTransform *self, idx_t n,
                                             const float *x, float *xt) {
    FAISS_TRY (check_arguments (__func__, self, n, x, xt));
    FAISS_TRY (check_is_trained (__func__, self));
    return self->cls->apply_noalloc (self, n, x, xt);
}

FaissStatus faiss_VectorTransform_try_reverse (const FaissVectorTransform *self, idx_t n,
                                               const float *xt, float *x) {
    FAISS_TRY (check_arguments (__func__, self, n, xt, x));
    FAISS_TRY (check_is_trained (__func__, self));
    return self->cls->reverse_transform (self, n, xt, x);
}

float *faiss_VectorTransform_apply (const FaissVectorTransform *self, idx_t n, const float *x) {
    FAISS_AUTO_FREE (float) *xt = NULL;
    if (check_arguments (__func__, self, n, x, x) != FAISS_OK ||
        faiss_alloc (&xt, (size_t)n * (size_t)self->d_out, sizeof *xt) != FAISS_OK ||
        faiss_VectorTransform_try_apply (self, n, x, xt) != FAISS_OK) {
        return NULL;
    }
    return FAISS_STEAL (xt);
}

void faiss_VectorTransform_apply_noalloc (const FaissVectorTransform *self, idx_t n, const float *x,
                                          float *xt) {
    (void)faiss_VectorTransform_try_apply (self, n, x, xt);
}

void faiss_VectorTransform_reverse_transform (const FaissVectorTransform *self, idx_t n,
                                              const float *xt, float *x) {
    (void)faiss_VectorTransform_try_reverse (self, n, xt, x);
}

FaissStatus faiss_VectorTransform_check_identical (const FaissVectorTransform *self,
                                                   const FaissVectorTransform *other) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE_ARG (other);
    return self->cls->check_identical (self, other);
}

int faiss_VectorTransform_is_trained (const FaissVectorTransform *self) {
    return self ? self->is_trained : 0;
}

int faiss_VectorTransform_d_in (const FaissVectorTransform *self) {
    return self ? self->d_in : 0;
}

int faiss_VectorTransform_d_out (const FaissVectorTransform *self) {
    return self ? self->d_out : 0;
}

void faiss_VectorTransform_free (FaissVectorTransform *self) {
    faiss_object_free (self);
}
