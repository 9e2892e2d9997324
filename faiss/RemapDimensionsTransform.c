/* Other numbers of dimensions. */
#include <string.h>

#include <faiss/VectorTransform.h>
#include <faiss/impl/check.h>
#include <faiss/impl/factory_rule.h>
#include <faiss/impl/parallel.h>
#include <faiss/impl/transform_internal.h>
#include <faiss/utils/string.h>

#define CONST_THIS(pointer) FAISS_CONST_SELF (RemapDimensionsTransform, transform, pointer)

/* Files and programs can put anything into the map. */
static FaissStatus check_map (const FaissRemapDimensionsTransform *self) {
    int d_in = self->transform.d_in, d_out = self->transform.d_out;
    FAISS_REQUIRE (self->map.size >= (size_t)d_out, "expected a map of %d elements, got %zu", d_out,
                   self->map.size);
    for (int j = 0; j < d_out; j++) {
        int i = self->map.data[j];
        FAISS_REQUIRE (i >= -1 && i < d_in, "expected map[%d] from -1 to %d, got %d", j, d_in - 1,
                       i);
    }
    return FAISS_OK;
}

/* The number of components that stay where they are if the others are zeros, else 0. */
static size_t count_kept (const FaissRemapDimensionsTransform *self) {
    size_t d_out = (size_t)self->transform.d_out, n_kept = 0;
    while (n_kept < d_out && self->map.data[n_kept] == (int)n_kept) {
        n_kept++;
    }
    for (size_t j = n_kept; j < d_out; j++) {
        if (self->map.data[j] >= 0) {
            return 0;
        }
    }
    return n_kept;
}

static FaissStatus RemapDimensionsTransform_apply_noalloc (const FaissVectorTransform *transform,
                                                           idx_t n, const float *x, float *xt) {
    const FaissRemapDimensionsTransform *self = CONST_THIS (transform);
    FAISS_TRY (check_map (self));
    size_t d_in = (size_t)transform->d_in, d_out = (size_t)transform->d_out;
    const int *map = self->map.data;
    size_t n_kept = count_kept (self); /* a Pad */
    FaissRegion region = {0};
#pragma omp parallel for num_threads(faiss_threads_for(faiss_transform_blocks(n)))
    for (idx_t i = 0; i < n; i++) {
        if (faiss_transform_stopped (&region, i)) {
            continue;
        }
        const float *from = x + (size_t)i * d_in;
        float *to = xt + (size_t)i * d_out;
        if (n_kept > 0) {
            memcpy (to, from, n_kept * sizeof *to);
            memset (to + n_kept, 0, (d_out - n_kept) * sizeof *to);
            continue;
        }
        for (size_t j = 0; j < d_out; j++) {
            to[j] = map[j] < 0 ? 0 : from[map[j]];
        }
    }
    return faiss_region_close (&region);
}

/* Components that were dropped come back as 0, repeated ones as the last of them. */
static FaissStatus RemapDimensionsTransform_reverse_transform (
    const FaissVectorTransform *transform, idx_t n, const float *xt, float *x) {
    const FaissRemapDimensionsTransform *self = CONST_THIS (transform);
    FAISS_TRY (check_map (self));
    size_t d_in = (size_t)transform->d_in, d_out = (size_t)transform->d_out;
    const int *map = self->map.data;
    FaissRegion region = {0};
#pragma omp parallel for num_threads(faiss_threads_for(faiss_transform_blocks(n)))
    for (idx_t i = 0; i < n; i++) {
        if (faiss_transform_stopped (&region, i)) {
            continue;
        }
        const float *from = xt + (size_t)i * d_out;
        float *to = x + (size_t)i * d_in;
        memset (to, 0, d_in * sizeof *to);
        for (size_t j = 0; j < d_out; j++) {
            if (map[j] >= 0) {
                to[map[j]] = from[j];
            }
        }
    }
    return faiss_region_close (&region);
}

static FaissStatus RemapDimensionsTransform_check_identical (
    const FaissVectorTransform *transform, const FaissVectorTransform *other_transform) {
    FAISS_TRY (faiss_check_same_transform (transform, other_transform));
    const FaissInt32Vector *map = &CONST_THIS (transform)->map;
    const FaissInt32Vector *other = &CONST_THIS (other_transform)->map;
    FAISS_REQUIRE (
        map->size == other->size &&
            (map->size == 0 || memcmp (map->data, other->data, map->size * sizeof *map->data) == 0),
        "the maps differ");
    return FAISS_OK;
}

static void RemapDimensionsTransform_finalize (void *object) {
    FaissRemapDimensionsTransform *self = object;
    faiss_Int32Vector_clear (&self->map);
}

static FaissStatus RemapDimensionsTransform_copy (void *object, const void *other_object) {
    FaissRemapDimensionsTransform *self = object;
    const FaissRemapDimensionsTransform *other = other_object;
    return faiss_Int32Vector_append (&self->map, other->map.data, other->map.size);
}

static FaissStatus RemapDimensionsTransform_read (void **out, FaissIOReader *r, uint32_t tag,
                                                  int io_flags) {
    (void)tag, (void)io_flags;
    FAISS_OWNED (RemapDimensionsTransform) *self = NULL;
    FAISS_TRY (faiss_RemapDimensionsTransform_new (&self));
    FAISS_TRY (faiss_read_Int32Vector (r, &self->map, "map"));
    FAISS_TRY (faiss_read_transform_dims (r, &self->transform));
    FAISS_REQUIRE_FILE (r, self->map.size >= (size_t)self->transform.d_out,
                        "expected a map of d_out=%d elements, got %zu", self->transform.d_out,
                        self->map.size);
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

static FaissStatus RemapDimensionsTransform_write (const void *object, FaissIOWriter *w,
                                                   int io_flags) {
    (void)io_flags;
    const FaissRemapDimensionsTransform *self = object;
    FAISS_TRY (faiss_write_tag (w, "RmDT"));
    FAISS_TRY (faiss_write_Int32Vector (w, &self->map));
    return faiss_write_transform_dims (w, &self->transform);
}

static FaissStatus build (const FaissFactoryContext *context, void *out) {
    int d_out = 0;
    FAISS_TRY (faiss_factory_int (context->groups[1], 0, &d_out));
    d_out = d_out > context->d ? d_out : context->d;
    return faiss_RemapDimensionsTransform_new_with (out, context->d, d_out, false);
}

static const FaissFactoryRule factory_rules[] = {
    {"Pad([0-9]+)", FAISS_FACTORY_TRANSFORM, "Pad<d>", "append zeros up to d components", build},
    {0},
};

/* Only maps that append zeros have a description. */
static FaissStatus RemapDimensionsTransform_describe (const void *object, FaissString *out) {
    const FaissRemapDimensionsTransform *self = object;
    int d_in = self->transform.d_in, d_out = self->transform.d_out;
    if (d_out < d_in || self->map.size != (size_t)d_out) {
        return FAISS_OK;
    }
    for (int j = 0; j < d_out; j++) {
        if (self->map.data[j] != (j < d_in ? j : -1)) {
            return FAISS_OK;
        }
    }
    return faiss_String_printf (out, "Pad%d", d_out);
}

FaissVectorTransformClass faiss_RemapDimensionsTransform_class = {
    .head = {.name = "RemapDimensionsTransform",
             .parent = &faiss_VectorTransform_class.head,
             .instance_size = sizeof (FaissRemapDimensionsTransform),
             .table_size = sizeof (FaissVectorTransformClass),
             .finalize = RemapDimensionsTransform_finalize,
             .copy = RemapDimensionsTransform_copy,
             .tags = "RmDT",
             .read = RemapDimensionsTransform_read,
             .write = RemapDimensionsTransform_write,
             .factory = factory_rules,
             .describe = RemapDimensionsTransform_describe},
    .apply_noalloc = RemapDimensionsTransform_apply_noalloc,
    .reverse_transform = RemapDimensionsTransform_reverse_transform,
    .check_identical = RemapDimensionsTransform_check_identical,
};

/* An object with a map that is still to be filled. */
static FaissStatus new_with_dims (FaissRemapDimensionsTransform **out, int d_in, int d_out) {
    FAISS_OWNED (RemapDimensionsTransform) *self = NULL;
    FAISS_TRY (faiss_object_new (&self, &faiss_RemapDimensionsTransform_class.head));
    FAISS_TRY (faiss_VectorTransform_init (&self->transform, d_in, d_out));
    FAISS_TRY (faiss_Int32Vector_resize (&self->map, (size_t)d_out));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

FaissStatus faiss_RemapDimensionsTransform_new (FaissRemapDimensionsTransform **out) {
    FAISS_REQUIRE_ARG (out);
    return new_with_dims (out, 0, 0);
}

FaissStatus faiss_RemapDimensionsTransform_new_with (FaissRemapDimensionsTransform **out, int d_in,
                                                     int d_out, int uniform) {
    FAISS_REQUIRE_ARG (out);
    FaissRemapDimensionsTransform *self = NULL;
    FAISS_TRY (new_with_dims (&self, d_in, d_out));
    int *map = self->map.data;
    for (int j = 0; j < d_out; j++) {
        bool is_new = uniform ? d_out > d_in : j >= d_in;
        map[j] = is_new ? -1 : uniform ? (int)((int64_t)j * d_in / d_out) : j;
    }
    for (int i = 0; uniform && i < d_in && d_in < d_out; i++) {
        map[(int64_t)i * d_out / d_in] = i;
    }
    *out = self;
    return FAISS_OK;
}

FaissStatus faiss_RemapDimensionsTransform_new_with_map (FaissRemapDimensionsTransform **out,
                                                         int d_in, int d_out, const int *map) {
    FAISS_REQUIRE_ARG (out);
    FAISS_REQUIRE (map || d_out <= 0, "map is NULL");
    FAISS_OWNED (RemapDimensionsTransform) *self = NULL;
    FAISS_TRY (new_with_dims (&self, d_in, d_out));
    for (int j = 0; j < d_out; j++) {
        self->map.data[j] = map[j];
    }
    FAISS_TRY (check_map (self));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

void faiss_RemapDimensionsTransform_free (FaissRemapDimensionsTransform *self) {
    faiss_object_free (self);
}
