/* Standalone codecs that scale each vector to 0 .. 1 before another index encodes it. */
#include <faiss/IndexRowwiseMinMax.h>

#include <string.h>

#include <faiss/impl/check.h>
#include <faiss/impl/factory_rule.h>
#include <faiss/impl/index_check.h>
#include <faiss/impl/io_fields.h>
#include <faiss/impl/parallel.h>
#include <faiss/index_factory.h>
#include <faiss/kernels/kernels.h>
#include <faiss/utils/string.h>

#define SELF(pointer) FAISS_SELF (IndexRowwiseMinMaxBase, base, pointer)
#define CONST_SELF(pointer) FAISS_CONST_SELF (IndexRowwiseMinMaxBase, base, pointer)

/// Vectors that are scaled at once.
#define BLOCK 16384

/* ---- scaling one vector ---------------------------------------------------------------------- */

typedef struct Scale {
    float scale, min;
} Scale;

static const FaissSQCodec half_codec = {.kind = FAISS_SQ_FP16, .bits = 16, .d = 2, .code_size = 4};

static bool is_half (const FaissIndexRowwiseMinMaxBase *self) {
    return faiss_object_cast (self, &faiss_IndexRowwiseMinMaxFP16_class.head) != NULL;
}

static size_t header_size (const FaissIndexRowwiseMinMaxBase *self) {
    return is_half (self) ? 2 * sizeof (uint16_t) : 2 * sizeof (float);
}

static Scale scale_of (const float *x, size_t d) {
    float min = d > 0 ? x[0] : 0, max = min;
    for (size_t j = 1; j < d; j++) {
        min = x[j] < min ? x[j] : min;
        max = x[j] > max ? x[j] : max;
    }
    return (Scale){max - min, min};
}

/* Write a scale and return what will be read: half precision has fewer digits. */
static Scale put_scale (bool half, Scale scale, uint8_t *header) {
    const float values[2] = {scale.scale, scale.min};
    float stored[2];
    if (!half) {
        memcpy (header, values, sizeof values);
        return scale;
    }
    faiss_kernels.sq_encode (&half_codec, values, 1, header);
    faiss_kernels.sq_decode (&half_codec, header, 1, stored);
    return (Scale){stored[0], stored[1]};
}

static Scale get_scale (bool half, const uint8_t *header) {
    float stored[2];
    if (half) {
        faiss_kernels.sq_decode (&half_codec, header, 1, stored);
    } else {
        memcpy (stored, header, sizeof stored);
    }
    return (Scale){stored[0], stored[1]};
}

/* y may be x */
static void scale_row (Scale s, size_t d, const float *x, float *y) {
    float factor = s.scale == 0 ? 0 : 1 / s.scale;
    for (size_t j = 0; j < d; j++) {
        y[j] = (x[j] - s.min) * factor;
    }
}

static void scale_row_back (Scale s, size_t d, float *x) {
    for (size_t j = 0; j < d; j++) {
        x[j] = x[j] * s.scale + s.min;
    }
}

/* Scale n rows, y may be x; headers go to every `stride` bytes of headers. */
static void scale_rows (const FaissIndexRowwiseMinMaxBase *self, idx_t n, const float *x, float *y,
                        uint8_t *headers, size_t stride) {
    size_t d = (size_t)self->base.d;
    bool half = is_half (self);
#pragma omp parallel for num_threads(faiss_threads_for(n / 64 + 1))
    for (idx_t i = 0; i < n; i++) {
        const float *row = x + (size_t)i * d;
        Scale s = put_scale (half, scale_of (row, d), headers + (size_t)i * stride);
        scale_row (s, d, row, y + (size_t)i * d);
    }
}

static void scale_rows_back (const FaissIndexRowwiseMinMaxBase *self, idx_t n, float *x,
                             const uint8_t *headers, size_t stride) {
    size_t d = (size_t)self->base.d;
    bool half = is_half (self);
#pragma omp parallel for num_threads(faiss_threads_for(n / 64 + 1))
    for (idx_t i = 0; i < n; i++) {
        scale_row_back (get_scale (half, headers + (size_t)i * stride), d, x + (size_t)i * d);
    }
}

/* ---- training -------------------------------------------------------------------------------- */

static FaissStatus check_index (const char *function, const FaissIndexRowwiseMinMaxBase *self) {
    if (!self->index || self->index->d != self->base.d) {
        return faiss_fail_in (FAISS_EXCEPT, function, "there is no index of d=%d inside",
                              self->base.d);
    }
    return FAISS_OK;
}

static FaissStatus train_on (FaissIndexRowwiseMinMaxBase *self, idx_t n, const float *x, float *y,
                             uint8_t *headers) {
    scale_rows (self, n, x, y, headers, header_size (self));
    FaissStatus status = faiss_Index_train (self->index, n, y);
    self->base.is_trained = status == FAISS_OK || self->base.is_trained;
    return status;
}

static FaissStatus IndexRowwiseMinMax_train (FaissIndex *base, idx_t n, const float *x) {
    FaissIndexRowwiseMinMaxBase *self = SELF (base);
    FAISS_TRY (check_index (__func__, self));
    FAISS_AUTO_FREE (float) *y = NULL;
    FAISS_AUTO_FREE (uint8_t) *headers = NULL;
    FAISS_TRY (faiss_alloc (&y, (size_t)n * (size_t)base->d, sizeof *y));
    FAISS_TRY (faiss_alloc (&headers, (size_t)n, header_size (self)));
    return train_on (self, n, x, y, headers);
}

FaissStatus faiss_IndexRowwiseMinMaxBase_train_inplace (FaissIndexRowwiseMinMaxBase *self, idx_t n,
                                                        float *x) {
    FAISS_TRY (faiss_check_vectors (__func__, (const FaissIndex *)self, n, x, "x"));
    FAISS_TRY (check_index (__func__, self));
    FAISS_AUTO_FREE (uint8_t) *headers = NULL;
    FAISS_TRY (faiss_alloc (&headers, (size_t)n, header_size (self)));
    FaissStatus status = train_on (self, n, x, x, headers);
    scale_rows_back (self, n, x, headers, header_size (self));
    return status;
}

/* ---- coding ---------------------------------------------------------------------------------- */

static FaissStatus IndexRowwiseMinMax_sa_code_size (const FaissIndex *base, size_t *out) {
    const FaissIndexRowwiseMinMaxBase *self = CONST_SELF (base);
    size_t inner_size;
    FAISS_TRY (check_index (__func__, self));
    FAISS_TRY (faiss_Index_sa_code_size (self->index, &inner_size));
    *out = header_size (self) + inner_size;
    return FAISS_OK;
}

static FaissStatus IndexRowwiseMinMax_sa_encode (const FaissIndex *base, idx_t n, const float *x,
                                                 uint8_t *bytes) {
    const FaissIndexRowwiseMinMaxBase *self = CONST_SELF (base);
    size_t size, d = (size_t)base->d, header = header_size (self);
    size_t block = (size_t)(n < BLOCK ? n : BLOCK);
    FAISS_TRY (IndexRowwiseMinMax_sa_code_size (base, &size));
    FAISS_AUTO_FREE (float) *y = NULL;
    FAISS_AUTO_FREE (uint8_t) *codes = NULL;
    FAISS_TRY (faiss_alloc (&y, block * d, sizeof *y));
    FAISS_TRY (faiss_alloc (&codes, block, size - header));
    for (idx_t begin = 0; begin < n; begin += BLOCK) {
        idx_t part = n - begin < BLOCK ? n - begin : BLOCK;
        uint8_t *out = bytes + (size_t)begin * size;
        scale_rows (self, part, x + (size_t)begin * d, y, out, size);
        FAISS_TRY (faiss_Index_sa_encode (self->index, part, y, codes));
        for (size_t i = 0; i < (size_t)part; i++) {
            memcpy (out + i * size + header, codes + i * (size - header), size - header);
        }
    }
    return FAISS_OK;
}

static FaissStatus IndexRowwiseMinMax_sa_decode (const FaissIndex *base, idx_t n,
                                                 const uint8_t *bytes, float *x) {
    const FaissIndexRowwiseMinMaxBase *self = CONST_SELF (base);
    size_t size, d = (size_t)base->d, header = header_size (self);
    size_t block = (size_t)(n < BLOCK ? n : BLOCK);
    FAISS_TRY (IndexRowwiseMinMax_sa_code_size (base, &size));
    FAISS_AUTO_FREE (uint8_t) *codes = NULL;
    FAISS_TRY (faiss_alloc (&codes, block, size - header));
    for (idx_t begin = 0; begin < n; begin += BLOCK) {
        idx_t part = n - begin < BLOCK ? n - begin : BLOCK;
        const uint8_t *in = bytes + (size_t)begin * size;
        for (size_t i = 0; i < (size_t)part; i++) {
            memcpy (codes + i * (size - header), in + i * size + header, size - header);
        }
        FAISS_TRY (faiss_Index_sa_decode (self->index, part, codes, x + (size_t)begin * d));
        scale_rows_back (self, part, x + (size_t)begin * d, in, size);
    }
    return FAISS_OK;
}

/* ---- life ------------------------------------------------------------------------------------ */

static FaissStatus new_index (void *out, FaissClass *cls, FaissIndex *index) {
    FAISS_OWNED (IndexRowwiseMinMaxBase) *self = NULL;
    FAISS_REQUIRE_ARG (out);
    FAISS_TRY (faiss_object_new (&self, cls));
    FAISS_TRY (faiss_Index_init (&self->base, index ? index->d : 0,
                                 index ? index->metric_type : METRIC_L2));
    self->index = index;
    self->base.is_trained = !index || index->is_trained;
    void *done = FAISS_STEAL (self);
    memcpy (out, &done, sizeof done);
    return FAISS_OK;
}

FaissStatus faiss_IndexRowwiseMinMax_new (FaissIndexRowwiseMinMax **out, FaissIndex *index) {
    FAISS_REQUIRE_ARG (index);
    return new_index (out, &faiss_IndexRowwiseMinMax_class.head, index);
}

FaissStatus faiss_IndexRowwiseMinMax_new_default (FaissIndexRowwiseMinMax **out) {
    return new_index (out, &faiss_IndexRowwiseMinMax_class.head, NULL);
}

FaissStatus faiss_IndexRowwiseMinMaxFP16_new (FaissIndexRowwiseMinMaxFP16 **out,
                                              FaissIndex *index) {
    FAISS_REQUIRE_ARG (index);
    return new_index (out, &faiss_IndexRowwiseMinMaxFP16_class.head, index);
}

FaissStatus faiss_IndexRowwiseMinMaxFP16_new_default (FaissIndexRowwiseMinMaxFP16 **out) {
    return new_index (out, &faiss_IndexRowwiseMinMaxFP16_class.head, NULL);
}

void faiss_IndexRowwiseMinMax_free (FaissIndexRowwiseMinMax *self) {
    faiss_object_free (self);
}

void faiss_IndexRowwiseMinMaxFP16_free (FaissIndexRowwiseMinMaxFP16 *self) {
    faiss_object_free (self);
}

FaissIndexRowwiseMinMaxBase *faiss_IndexRowwiseMinMaxBase_cast (FaissIndex *index) {
    return faiss_object_cast (index, &faiss_IndexRowwiseMinMaxBase_class.head);
}

static void IndexRowwiseMinMaxBase_finalize (void *object) {
    FaissIndexRowwiseMinMaxBase *self = object;
    if (self->own_fields) {
        faiss_Index_free (self->index);
    }
}

static FaissStatus IndexRowwiseMinMaxBase_copy (void *object, const void *other_object) {
    FaissIndexRowwiseMinMaxBase *self = object;
    const FaissIndexRowwiseMinMaxBase *other = other_object;
    self->own_fields = true;
    return other->index ? faiss_object_clone (&self->index, other->index) : FAISS_OK;
}

/* ---- files and factory strings --------------------------------------------------------------- */

static FaissStatus IndexRowwiseMinMaxBase_read (void **out, FaissIOReader *reader, uint32_t tag,
                                                int io_flags) {
    FAISS_OWNED (IndexRowwiseMinMaxBase) *self = NULL;
    FAISS_TRY (new_index (&self,
                          tag == FAISS_FOURCC ("IRMf") ? &faiss_IndexRowwiseMinMax_class.head
                                                       : &faiss_IndexRowwiseMinMaxFP16_class.head,
                          NULL));
    self->own_fields = true;
    FAISS_TRY (faiss_read_index_header (reader, &self->base));
    FAISS_TRY (faiss_read_object (reader, &faiss_Index_class.head, io_flags, &self->index));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

static FaissStatus IndexRowwiseMinMaxBase_write (const void *object, FaissIOWriter *writer,
                                                 int io_flags) {
    const FaissIndexRowwiseMinMaxBase *self = object;
    FAISS_TRY (faiss_write_tag (writer, is_half (self) ? "IRMh" : "IRMf"));
    FAISS_TRY (faiss_write_index_header (writer, &self->base));
    return faiss_write_object (writer, self->index, io_flags);
}

static FaissStatus build (const FaissFactoryContext *context, FaissClass *cls, void *out) {
    FAISS_OWNED (Index) *inner = NULL;
    FaissIndexRowwiseMinMaxBase *self;
    FAISS_TRY (faiss_index_factory (&inner, context->d, context->groups[1], context->metric));
    FAISS_TRY (new_index (&self, cls, inner));
    (void)FAISS_STEAL (inner);
    self->own_fields = true;
    memcpy (out, &self, sizeof self);
    return FAISS_OK;
}

static FaissStatus build_float (const FaissFactoryContext *context, void *out) {
    return build (context, &faiss_IndexRowwiseMinMax_class.head, out);
}

static FaissStatus build_half (const FaissFactoryContext *context, void *out) {
    return build (context, &faiss_IndexRowwiseMinMaxFP16_class.head, out);
}

static const FaissFactoryRule float_rules[] = {
    {"MinMax,(.+)", FAISS_FACTORY_WRAPPER, "MinMax,<index>",
     "a codec: vectors are scaled to 0 .. 1 each", build_float},
    {0},
};

static const FaissFactoryRule half_rules[] = {
    {"MinMaxFP16,(.+)", FAISS_FACTORY_WRAPPER, "MinMaxFP16,<index>",
     "the same with the scale in half precision", build_half},
    {0},
};

static FaissStatus IndexRowwiseMinMaxBase_describe (const void *object, FaissString *out) {
    const FaissIndexRowwiseMinMaxBase *self = object;
    FAISS_AUTO (String) inner = {0};
    if (self->index) {
        FAISS_TRY (faiss_reverse_index_factory (self->index, &inner));
    }
    return inner.size == 0
               ? FAISS_OK
               : faiss_String_printf (out, "%s,%s", is_half (self) ? "MinMaxFP16" : "MinMax",
                                      faiss_String_text (&inner));
}

/* ---- the classes ----------------------------------------------------------------------------- */

static FaissStatus IndexRowwiseMinMax_reset (FaissIndex *base) {
    FAISS_FAIL ("not implemented for %s: nothing can be added to it",
                faiss_Index_class_name (base));
}

/* What a field was set to may not fit the others. */
static FaissStatus IndexRowwiseMinMaxBase_check (const void *object) {
    const FaissIndexRowwiseMinMaxBase *self = object;
    if (self->index || self->base.d > 0) {
        FAISS_TRY (faiss_check_part (__func__, "index", self->index, self->base.d));
    }
    return FAISS_OK;
}

FaissIndexClass faiss_IndexRowwiseMinMaxBase_class = {
    .head = {.name = "IndexRowwiseMinMaxBase",
             .parent = &faiss_Index_class.head,
             .instance_size = sizeof (FaissIndexRowwiseMinMaxBase),
             .table_size = sizeof (FaissIndexClass),
             .check = IndexRowwiseMinMaxBase_check,
             .finalize = IndexRowwiseMinMaxBase_finalize,
             .copy = IndexRowwiseMinMaxBase_copy,
             .write = IndexRowwiseMinMaxBase_write,
             .describe = IndexRowwiseMinMaxBase_describe},
    .train = IndexRowwiseMinMax_train,
    .reset = IndexRowwiseMinMax_reset,
    .sa_code_size = IndexRowwiseMinMax_sa_code_size,
    .sa_encode = IndexRowwiseMinMax_sa_encode,
    .sa_decode = IndexRowwiseMinMax_sa_decode,
};

FaissIndexClass faiss_IndexRowwiseMinMax_class = {
    .head = {.name = "IndexRowwiseMinMax",
             .parent = &faiss_IndexRowwiseMinMaxBase_class.head,
             .instance_size = sizeof (FaissIndexRowwiseMinMax),
             .table_size = sizeof (FaissIndexClass),
             .tags = "IRMf",
             .read = IndexRowwiseMinMaxBase_read,
             .factory = float_rules},
};

FaissIndexClass faiss_IndexRowwiseMinMaxFP16_class = {
    .head = {.name = "IndexRowwiseMinMaxFP16",
             .parent = &faiss_IndexRowwiseMinMaxBase_class.head,
             .instance_size = sizeof (FaissIndexRowwiseMinMaxFP16),
             .table_size = sizeof (FaissIndexClass),
             .tags = "IRMh",
             .read = IndexRowwiseMinMaxBase_read,
             .factory = half_rules},
};
