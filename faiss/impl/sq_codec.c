/* Scalar quantizers as kernels want them. */
#include <faiss/impl/sq_codec.h>

#include <string.h>

#include <faiss/impl/check.h>

/* ---- types ----------------------------------------------------------------------------------- */

typedef struct TypeTraits {
    FaissSQKind kind;
    unsigned char bits;
    bool is_uniform, is_turbo;
} TypeTraits;

static const TypeTraits all_traits[QT_count] = {
    [QT_8bit] = {FAISS_SQ_AFFINE, 8, false, false},
    [QT_4bit] = {FAISS_SQ_AFFINE, 4, false, false},
    [QT_8bit_uniform] = {FAISS_SQ_AFFINE, 8, true, false},
    [QT_4bit_uniform] = {FAISS_SQ_AFFINE, 4, true, false},
    [QT_fp16] = {FAISS_SQ_FP16, 16, false, false},
    [QT_8bit_direct] = {FAISS_SQ_DIRECT, 8, false, false},
    [QT_6bit] = {FAISS_SQ_AFFINE, 6, false, false},
    [QT_bf16] = {FAISS_SQ_BF16, 16, false, false},
    [QT_8bit_direct_signed] = {FAISS_SQ_DIRECT, 8, false, false},
    [QT_0bit] = {FAISS_SQ_ZERO, 0, false, false},
    [QT_1bit_tqmse] = {FAISS_SQ_TABLE, 1, false, false},
    [QT_2bit_tqmse] = {FAISS_SQ_TABLE, 2, false, false},
    [QT_3bit_tqmse] = {FAISS_SQ_TABLE, 3, false, false},
    [QT_4bit_tqmse] = {FAISS_SQ_TABLE, 4, false, false},
    [QT_8bit_tqmse] = {FAISS_SQ_TABLE, 8, false, false},
    [QT_2bit_tq] = {FAISS_SQ_TABLE, 2, false, true},
    [QT_3bit_tq] = {FAISS_SQ_TABLE, 3, false, true},
    [QT_4bit_tq] = {FAISS_SQ_TABLE, 4, false, true},
    [QT_5bit_tq] = {FAISS_SQ_TABLE, 5, false, true},
    [QT_1bit_eden] = {FAISS_SQ_TABLE, 1, false, false},
    [QT_2bit_eden] = {FAISS_SQ_TABLE, 2, false, false},
    [QT_3bit_eden] = {FAISS_SQ_TABLE, 3, false, false},
    [QT_4bit_eden] = {FAISS_SQ_TABLE, 4, false, false},
    [QT_5bit_eden] = {FAISS_SQ_TABLE, 5, false, false},
    [QT_6bit_eden] = {FAISS_SQ_TABLE, 6, false, false},
    [QT_7bit_eden] = {FAISS_SQ_TABLE, 7, false, false},
    [QT_8bit_eden] = {FAISS_SQ_TABLE, 8, false, false},
};

static const TypeTraits *traits_of (FaissQuantizerType qtype) {
    return (unsigned)qtype < QT_count ? &all_traits[qtype] : NULL;
}

bool faiss_sq_is_turbo (FaissQuantizerType qtype) {
    const TypeTraits *traits = traits_of (qtype);
    return traits && traits->is_turbo;
}

bool faiss_sq_is_uniform (FaissQuantizerType qtype) {
    const TypeTraits *traits = traits_of (qtype);
    return traits && traits->is_uniform;
}

bool faiss_sq_needs_vectors (FaissQuantizerType qtype) {
    const TypeTraits *traits = traits_of (qtype);
    return traits && traits->kind == FAISS_SQ_AFFINE;
}

bool faiss_sq_sizes (FaissQuantizerType qtype, size_t d, size_t *bits, size_t *code_size) {
    const TypeTraits *traits = traits_of (qtype);
    if (!traits) {
        return false;
    }
    *bits = traits->bits;
    *code_size = traits->is_turbo ? traits->bits * ((d + 7) / 8) + 2 * sizeof (float)
                                  : (traits->bits * d + 7) / 8;
    return true;
}

size_t faiss_sq_trained_size (FaissQuantizerType qtype, size_t d) {
    const TypeTraits *traits = traits_of (qtype);
    if (!traits || (traits->kind != FAISS_SQ_AFFINE && traits->kind != FAISS_SQ_TABLE)) {
        return 0;
    }
    if (traits->kind == FAISS_SQ_AFFINE) {
        return traits->is_uniform ? 2 : 2 * d;
    }
    return traits->is_turbo ? ((size_t)1 << traits->bits) - 1 + 3 : ((size_t)2 << traits->bits) - 1;
}

/* An error unless the tables have the sizes that the type asks for. */
static FaissStatus check_trained (const char *function, const FaissScalarQuantizer *self) {
    size_t d = self->quantizer.d, bits, code_size;
    if (!faiss_sq_sizes (self->qtype, d, &bits, &code_size)) {
        return faiss_fail_in (FAISS_EXCEPT, function, "%d is no type of scalar quantizer",
                              (int)self->qtype);
    }
    if (code_size != self->quantizer.code_size || bits != self->bits) {
        return faiss_fail_in (FAISS_EXCEPT, function,
                              "expected code_size=%zu and %zu bits, got %zu and %zu: call "
                              "set_derived_sizes",
                              code_size, bits, self->quantizer.code_size, self->bits);
    }
    size_t expected = faiss_sq_trained_size (self->qtype, d);
    if (self->trained.size != expected) {
        return faiss_fail_in (FAISS_EXCEPT, function,
                              "the quantizer is not trained: expected %zu trained values, got %zu",
                              expected, self->trained.size);
    }
    return FAISS_OK;
}

/* ---- the coder ------------------------------------------------------------------------------- */

/* The ranges of all components and the affine maps of their codes. */
static FaissStatus spread_ranges (FaissSQCoder *self, const FaissScalarQuantizer *sq,
                                  const TypeTraits *traits) {
    size_t d = sq->quantizer.d;
    FAISS_TRY (faiss_alloc (&self->memory, 4 * d, sizeof *self->memory));
    float *offset = self->memory, *scale = offset + d, *vmin = scale + d, *vdiff = vmin + d;
    float steps = (float)((1u << traits->bits) - 1);
    for (size_t j = 0; j < d; j++) {
        vmin[j] = traits->is_uniform ? sq->trained.data[0] : sq->trained.data[j];
        vdiff[j] = traits->is_uniform ? sq->trained.data[1] : sq->trained.data[d + j];
        scale[j] = vdiff[j] / steps;
        offset[j] = vmin[j] + 0.5f / steps * vdiff[j]; /* the middle of the step */
    }
    self->codec.offset = offset;
    self->codec.scale = scale;
    self->codec.vmin = vmin;
    self->codec.vdiff = vdiff;
    return FAISS_OK;
}

static FaissStatus spread_direct (FaissSQCoder *self, const FaissScalarQuantizer *sq) {
    size_t d = sq->quantizer.d;
    FAISS_TRY (faiss_alloc (&self->memory, 2 * d, sizeof *self->memory));
    self->codec.shift = sq->qtype == QT_8bit_direct_signed ? 128 : 0;
    for (size_t j = 0; j < d; j++) {
        self->memory[j] = 0 - self->codec.shift;
        self->memory[d + j] = 1;
    }
    self->codec.offset = self->memory;
    self->codec.scale = self->memory + d;
    return FAISS_OK;
}

FaissStatus faiss_SQCoder_init (FaissSQCoder *self, const FaissScalarQuantizer *sq) {
    FAISS_TRY (check_trained (__func__, sq));
    const TypeTraits *traits = traits_of (sq->qtype);
    *self = (FaissSQCoder){.codec = {.kind = traits->kind,
                                     .bits = traits->bits,
                                     .d = sq->quantizer.d,
                                     .code_size = sq->quantizer.code_size},
                           .is_turbo = traits->is_turbo};
    if (traits->is_turbo) {
        return faiss_Turbo_init (&self->turbo, traits->bits, sq->quantizer.d, sq->trained.data);
    }
    switch (traits->kind) {
    case FAISS_SQ_AFFINE:
        return spread_ranges (self, sq, traits);
    case FAISS_SQ_DIRECT:
        return spread_direct (self, sq);
    case FAISS_SQ_TABLE:
        self->codec.centroids = sq->trained.data;
        self->codec.boundaries = sq->trained.data + ((size_t)1 << traits->bits);
        return FAISS_OK;
    default:
        return FAISS_OK;
    }
}

void faiss_SQCoder_clear (FaissSQCoder *self) {
    free (self->memory);
    self->memory = NULL;
    faiss_Turbo_clear (&self->turbo);
}

size_t faiss_SQCoder_scratch (const FaissSQCoder *self) {
    return self->is_turbo ? faiss_Turbo_scratch (&self->turbo) : 0;
}

void faiss_SQCoder_encode (const FaissSQCoder *self, const float *x, size_t n, uint8_t *codes,
                           float *scratch) {
    if (!self->is_turbo) {
        faiss_kernels.sq_encode (&self->codec, x, n, codes);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        faiss_Turbo_encode (&self->turbo, x + i * self->codec.d, codes + i * self->codec.code_size,
                            scratch);
    }
}

void faiss_SQCoder_decode (const FaissSQCoder *self, const uint8_t *codes, size_t n, float *x,
                           float *scratch) {
    if (!self->is_turbo) {
        faiss_kernels.sq_decode (&self->codec, codes, n, x);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        faiss_Turbo_decode (&self->turbo, codes + i * self->codec.code_size, x + i * self->codec.d,
                            scratch);
    }
}

/* ---- the query ------------------------------------------------------------------------------- */

enum { TURBO_BLOCK = 64 };

size_t faiss_SQCoder_query_size (const FaissSQCoder *self) {
    return self->is_turbo ? faiss_Turbo_query_size (&self->turbo) : 0;
}

void faiss_SQCoder_prepare (const void *coder, const float *x, float *query) {
    const FaissSQCoder *self = coder;
    if (self->is_turbo) {
        faiss_Turbo_prepare (&self->turbo, x, query);
    }
}

static void turbo_distances (const FaissSQCoder *self, bool is_similarity, const float *x,
                             const float *query, const uint8_t *codes, size_t n, float *out) {
    float buffer[TURBO_BLOCK];
    for (size_t begin = 0; begin < n; begin += TURBO_BLOCK) {
        size_t size = n - begin < TURBO_BLOCK ? n - begin : TURBO_BLOCK;
        faiss_Turbo_distances (&self->turbo, is_similarity, x, query,
                               codes + begin * self->codec.code_size, size, out + begin, buffer);
    }
}

void faiss_SQCoder_L2sqr (const void *coder, const float *x, const float *query,
                          const uint8_t *codes, size_t n, float *out) {
    const FaissSQCoder *self = coder;
    if (self->is_turbo) {
        turbo_distances (self, false, x, query, codes, n, out);
    } else if (self->codec.kind == FAISS_SQ_ZERO) { /* nothing is known of the vector */
        memset (out, 0, n * sizeof *out);
    } else {
        faiss_kernels.sq_L2sqr (&self->codec, x, codes, n, out);
    }
}

void faiss_SQCoder_inner_products (const void *coder, const float *x, const float *query,
                                   const uint8_t *codes, size_t n, float *out) {
    const FaissSQCoder *self = coder;
    if (self->is_turbo) {
        turbo_distances (self, true, x, query, codes, n, out);
    } else {
        faiss_kernels.sq_inner_product (&self->codec, x, codes, n, out);
    }
}

FaissStatus faiss_SQQuery_init (FaissSQQuery *self, const FaissSQCoder *coder,
                                FaissMetricType metric) {
    FAISS_REQUIRE (metric == METRIC_L2 || metric == METRIC_INNER_PRODUCT,
                   "expected METRIC_L2 or METRIC_INNER_PRODUCT, got %d", (int)metric);
    *self = (FaissSQQuery){.coder = coder, .is_similarity = metric == METRIC_INNER_PRODUCT};
    return faiss_alloc (&self->query, faiss_SQCoder_query_size (coder), sizeof *self->query);
}

void faiss_SQQuery_clear (FaissSQQuery *self) {
    free (self->query);
    self->query = NULL;
}

void faiss_SQQuery_set (FaissSQQuery *self, const float *x) {
    self->x = x;
    faiss_SQCoder_prepare (self->coder, x, self->query);
}

void faiss_SQQuery_distances (const FaissSQQuery *self, const uint8_t *codes, size_t n,
                              float *out) {
    (self->is_similarity ? faiss_SQCoder_inner_products
                         : faiss_SQCoder_L2sqr) (self->coder, self->x, self->query, codes, n, out);
}

void faiss_SQQuery_batch_4 (const FaissSQQuery *self, const uint8_t *const codes[4], float out[4]) {
    const FaissSQCodec *codec = &self->coder->codec;
    if (self->coder->is_turbo || codec->kind == FAISS_SQ_ZERO) {
        for (int i = 0; i < 4; i++) {
            faiss_SQQuery_distances (self, codes[i], 1, &out[i]);
        }
    } else if (self->is_similarity) {
        faiss_kernels.sq_inner_product_batch_4 (codec, self->x, codes, out);
    } else {
        faiss_kernels.sq_L2sqr_batch_4 (codec, self->x, codes, out);
    }
}
