/* Fast random rotations. */
#include <limits.h>
#include <math.h>
#include <string.h>

#include <faiss/VectorTransform.h>
#include <faiss/impl/check.h>
#include <faiss/impl/factory_rule.h>
#include <faiss/impl/index_check.h>
#include <faiss/impl/io_limits.h>
#include <faiss/impl/parallel.h>
#include <faiss/impl/transform_internal.h>
#include <faiss/utils/hadamard.h>
#include <faiss/utils/random.h>
#include <faiss/utils/string.h>

#define CONST_THIS(pointer) FAISS_CONST_SELF (HadamardRotation, transform, pointer)

/* ---- the transform --------------------------------------------------------------------------- */

static inline void multiply (float *restrict x, const float *restrict signs, size_t p) {
    for (size_t j = 0; j < p; j++) {
        x[j] *= signs[j];
    }
}

/* Neither files nor programs are trusted with the sizes. */
static FaissStatus check_sizes (const FaissHadamardRotation *self) {
    size_t d_in = (size_t)self->transform.d_in, p = (size_t)self->transform.d_out;
    FAISS_REQUIRE ((p & (p - 1)) == 0 && d_in <= p, "expected d_out=%zu a power of two, d_in=%zu",
                   p, d_in);
    FAISS_REQUIRE (self->signs1.size == p && self->signs2.size == p && self->signs3.size == p,
                   "expected three times %zu signs, got %zu, %zu and %zu", p, self->signs1.size,
                   self->signs2.size, self->signs3.size);
    return FAISS_OK;
}

/* H s3 H s2 H s1, each step a rotation but for a factor of sqrt (p) */
static void rotate (const FaissHadamardRotation *self, float *x, size_t p, float scale) {
    multiply (x, self->signs1.data, p);
    faiss_hadamard (x, p);
    multiply (x, self->signs2.data, p);
    faiss_hadamard (x, p);
    multiply (x, self->signs3.data, p);
    faiss_hadamard (x, p);
    for (size_t j = 0; j < p; j++) {
        x[j] *= scale;
    }
}

static void rotate_back (const FaissHadamardRotation *self, float *x, size_t p, float scale) {
    faiss_hadamard (x, p);
    multiply (x, self->signs3.data, p);
    faiss_hadamard (x, p);
    multiply (x, self->signs2.data, p);
    faiss_hadamard (x, p);
    for (size_t j = 0; j < p; j++) {
        x[j] *= self->signs1.data[j] * scale;
    }
}

static float scale_of (size_t p) {
    return 1.0f / ((float)p * sqrtf ((float)p));
}

static FaissStatus HadamardRotation_apply_noalloc (const FaissVectorTransform *transform, idx_t n,
                                                   const float *x, float *xt) {
    const FaissHadamardRotation *self = CONST_THIS (transform);
    FAISS_TRY (check_sizes (self));
    size_t d = (size_t)transform->d_in, p = (size_t)transform->d_out;
    float scale = scale_of (p);
    FaissRegion region = {0};
#pragma omp parallel for num_threads(faiss_threads_for(faiss_transform_blocks(n)))
    for (idx_t i = 0; i < n; i++) {
        if (faiss_transform_stopped (&region, i)) {
            continue;
        }
        float *to = xt + (size_t)i * p;
        memmove (to, x + (size_t)i * d, d * sizeof *to);
        memset (to + d, 0, (p - d) * sizeof *to);
        rotate (self, to, p, scale);
    }
    return faiss_region_close (&region);
}

static FaissStatus HadamardRotation_reverse_transform (const FaissVectorTransform *transform,
                                                       idx_t n, const float *xt, float *x) {
    const FaissHadamardRotation *self = CONST_THIS (transform);
    FAISS_TRY (check_sizes (self));
    FAISS_REQUIRE (transform->d_in == transform->d_out,
                   "expected d_in = d_out for the inverse, got %d and %d", transform->d_in,
                   transform->d_out);
    size_t p = (size_t)transform->d_out;
    float scale = scale_of (p);
    FaissRegion region = {0};
#pragma omp parallel for num_threads(faiss_threads_for(faiss_transform_blocks(n)))
    for (idx_t i = 0; i < n; i++) {
        if (faiss_transform_stopped (&region, i)) {
            continue;
        }
        float *to = x + (size_t)i * p;
        memmove (to, xt + (size_t)i * p, p * sizeof *to);
        rotate_back (self, to, p, scale);
    }
    return faiss_region_close (&region);
}

/* ---- the signs ------------------------------------------------------------------------------- */

static FaissStatus draw_signs (FaissFloat32Vector *signs, size_t p,
                               FaissSplitMix64RandomGenerator *random) {
    FAISS_TRY (faiss_Float32Vector_resize (signs, p));
    for (size_t j = 0; j < p; j++) {
        signs->data[j] = faiss_SplitMix64RandomGenerator_rand_int_max (random, 2) ? 1.0f : -1.0f;
    }
    return FAISS_OK;
}

FaissStatus faiss_HadamardRotation_init (FaissHadamardRotation *self, uint32_t seed) {
    FAISS_REQUIRE_ARG (self);
    size_t p = (size_t)self->transform.d_out;
    FaissSplitMix64RandomGenerator random;
    faiss_SplitMix64RandomGenerator_init (&random, seed);
    FAISS_AUTO (Float32Vector) signs1 = {0};
    FAISS_AUTO (Float32Vector) signs2 = {0};
    FAISS_AUTO (Float32Vector) signs3 = {0};
    FAISS_TRY (draw_signs (&signs1, p, &random));
    FAISS_TRY (draw_signs (&signs2, p, &random));
    FAISS_TRY (draw_signs (&signs3, p, &random));
    faiss_Float32Vector_swap (&self->signs1, &signs1);
    faiss_Float32Vector_swap (&self->signs2, &signs2);
    faiss_Float32Vector_swap (&self->signs3, &signs3);
    self->seed = seed;
    self->transform.is_trained = true;
    return FAISS_OK;
}

static FaissStatus HadamardRotation_train (FaissVectorTransform *transform, idx_t n,
                                           const float *x) {
    (void)n, (void)x;
    FaissHadamardRotation *self = FAISS_SELF (HadamardRotation, transform, transform);
    return faiss_HadamardRotation_init (self, self->seed);
}

static FaissStatus HadamardRotation_check_identical (const FaissVectorTransform *transform,
                                                     const FaissVectorTransform *other) {
    FAISS_TRY (faiss_check_same_transform (transform, other));
    uint32_t seed = CONST_THIS (transform)->seed, other_seed = CONST_THIS (other)->seed;
    FAISS_REQUIRE (seed == other_seed, "expected seed=%lu, got %lu", (unsigned long)seed,
                   (unsigned long)other_seed);
    return FAISS_OK;
}

/* ---- copies, files, descriptions ------------------------------------------------------------- */

static void HadamardRotation_finalize (void *object) {
    FaissHadamardRotation *self = object;
    faiss_Float32Vector_clear (&self->signs1);
    faiss_Float32Vector_clear (&self->signs2);
    faiss_Float32Vector_clear (&self->signs3);
}

static FaissStatus HadamardRotation_copy (void *object, const void *other_object) {
    FaissHadamardRotation *self = object;
    const FaissHadamardRotation *other = other_object;
    self->seed = other->seed;
    FAISS_TRY (faiss_Float32Vector_append (&self->signs1, other->signs1.data, other->signs1.size));
    FAISS_TRY (faiss_Float32Vector_append (&self->signs2, other->signs2.data, other->signs2.size));
    return faiss_Float32Vector_append (&self->signs3, other->signs3.data, other->signs3.size);
}

static size_t next_power_of_two (size_t d) {
    size_t p = 1;
    while (p < d) {
        p *= 2;
    }
    return p;
}

/* A file keeps the seed; the signs are drawn again. */
static FaissStatus HadamardRotation_read (void **out, FaissIOReader *r, uint32_t tag,
                                          int io_flags) {
    (void)tag, (void)io_flags;
    FAISS_OWNED (HadamardRotation) *self = NULL;
    uint32_t seed;
    FAISS_TRY (faiss_HadamardRotation_new (&self));
    FAISS_TRY (faiss_read_u32 (r, &seed, "seed"));
    FAISS_TRY (faiss_read_transform_dims (r, &self->transform));
    int d_in = self->transform.d_in, d_out = self->transform.d_out;
    FAISS_REQUIRE_FILE (r, d_in > 0, "expected d_in > 0, got %d", d_in);
    FAISS_REQUIRE_FILE (r, (size_t)d_out == next_power_of_two ((size_t)d_in),
                        "expected d_out=%zu for d_in=%d, got %d", next_power_of_two ((size_t)d_in),
                        d_in, d_out);
    FAISS_REQUIRE_FILE (
        r, (size_t)d_out <= faiss_deserialization_vector_byte_limit / (3 * sizeof (float)),
        "d_out=%d is too much", d_out);
    FAISS_TRY (faiss_HadamardRotation_init (self, seed));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

static FaissStatus HadamardRotation_write (const void *object, FaissIOWriter *w, int io_flags) {
    (void)io_flags;
    const FaissHadamardRotation *self = object;
    FAISS_TRY (faiss_write_tag (w, "HRot"));
    FAISS_TRY (faiss_write_u32 (w, self->seed));
    return faiss_write_transform_dims (w, &self->transform);
}

enum { DEFAULT_SEED = 12345 };

static FaissStatus build (const FaissFactoryContext *context, void *out) {
    int seed = 0;
    FAISS_TRY (faiss_factory_int (context->groups[1], DEFAULT_SEED, &seed));
    return faiss_HadamardRotation_new_with (out, context->d, (uint32_t)seed);
}

static const FaissFactoryRule factory_rules[] = {
    {"HR([0-9]+)?", FAISS_FACTORY_TRANSFORM, "HR<seed>",
     "rotate the vectors at random by Hadamard transforms; d becomes a power of two", build},
    {0},
};

static FaissStatus HadamardRotation_describe (const void *object, FaissString *out) {
    const FaissHadamardRotation *self = object;
    if (self->seed == DEFAULT_SEED) {
        return faiss_String_printf (out, "HR");
    }
    return self->seed <= INT_MAX ? faiss_String_printf (out, "HR%d", (int)self->seed) : FAISS_OK;
}

FaissVectorTransformClass faiss_HadamardRotation_class = {
    .head = {.name = "HadamardRotation",
             .parent = &faiss_VectorTransform_class.head,
             .instance_size = sizeof (FaissHadamardRotation),
             .table_size = sizeof (FaissVectorTransformClass),
             .finalize = HadamardRotation_finalize,
             .copy = HadamardRotation_copy,
             .tags = "HRot",
             .read = HadamardRotation_read,
             .write = HadamardRotation_write,
             .factory = factory_rules,
             .describe = HadamardRotation_describe},
    .train = HadamardRotation_train,
    .apply_noalloc = HadamardRotation_apply_noalloc,
    .reverse_transform = HadamardRotation_reverse_transform,
    .check_identical = HadamardRotation_check_identical,
};

FaissStatus faiss_HadamardRotation_new (FaissHadamardRotation **out) {
    FAISS_REQUIRE_ARG (out);
    FAISS_OWNED (HadamardRotation) *self = NULL;
    FAISS_TRY (faiss_object_new (&self, &faiss_HadamardRotation_class.head));
    FAISS_TRY (faiss_VectorTransform_init (&self->transform, 0, 0));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

FaissStatus faiss_HadamardRotation_new_with (FaissHadamardRotation **out, int d, uint32_t seed) {
    FAISS_REQUIRE_ARG (out);
    FAISS_REQUIRE (d > 0 && d <= FAISS_MAX_DIMENSION, "expected 0 < d <= %d, got %d",
                   FAISS_MAX_DIMENSION, d);
    FAISS_OWNED (HadamardRotation) *self = NULL;
    FAISS_TRY (faiss_HadamardRotation_new (&self));
    FAISS_TRY (
        faiss_VectorTransform_init (&self->transform, d, (int)next_power_of_two ((size_t)d)));
    FAISS_TRY (faiss_HadamardRotation_init (self, seed));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

void faiss_HadamardRotation_free (FaissHadamardRotation *self) {
    faiss_object_free (self);
}
