/* Quantizes each component of a vector by itself. */
#include <faiss/impl/ScalarQuantizer.h>

#include <math.h>
#include <string.h>

#include <faiss/impl/check.h>
#include <faiss/impl/lloyd_max.h>
#include <faiss/impl/parallel.h>
#include <faiss/impl/sq_codec.h>
#include <faiss/impl/sq_training.h>

/// Vectors that a thread encodes or decodes at once.
#define BLOCK 256

/* ---- life ------------------------------------------------------------------------------------ */

FaissStatus faiss_ScalarQuantizer_set_derived_sizes (FaissScalarQuantizer *self) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE (
        faiss_sq_sizes (self->qtype, self->quantizer.d, &self->bits, &self->quantizer.code_size),
        "%d is no type of scalar quantizer", (int)self->qtype);
    return FAISS_OK;
}

FaissStatus faiss_ScalarQuantizer_init (FaissScalarQuantizer *self, size_t d,
                                        FaissQuantizerType qtype) {
    FAISS_REQUIRE_ARG (self);
    faiss_object_init (self, &faiss_ScalarQuantizer_class.head);
    self->quantizer.d = d;
    self->qtype = qtype;
    self->rangestat = RS_minmax;
    return faiss_ScalarQuantizer_set_derived_sizes (self);
}

FaissStatus faiss_ScalarQuantizer_new (FaissScalarQuantizer **out) {
    return faiss_ScalarQuantizer_new_with (out, 0, QT_8bit);
}

FaissStatus faiss_ScalarQuantizer_new_with (FaissScalarQuantizer **out, size_t d,
                                            FaissQuantizerType qtype) {
    FAISS_REQUIRE_ARG (out);
    FAISS_OWNED (ScalarQuantizer) *self = NULL;
    FAISS_TRY (faiss_object_new (&self, &faiss_ScalarQuantizer_class.head));
    FAISS_TRY (faiss_ScalarQuantizer_init (self, d, qtype));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

void faiss_ScalarQuantizer_free (FaissScalarQuantizer *self) {
    faiss_object_free (self);
}

static void ScalarQuantizer_finalize (void *object) {
    FaissScalarQuantizer *self = object;
    faiss_Float32Vector_clear (&self->trained);
}

static FaissStatus ScalarQuantizer_copy (void *object, const void *other_object) {
    FaissScalarQuantizer *self = object;
    const FaissScalarQuantizer *other = other_object;
    self->qtype = other->qtype;
    self->rangestat = other->rangestat;
    self->rangestat_arg = other->rangestat_arg;
    self->bits = other->bits;
    return faiss_Float32Vector_assign (&self->trained, other->trained.data, other->trained.size);
}

/* ---- training -------------------------------------------------------------------------------- */

/* The quantizer of the normal distribution; for tqmse of variance 1 / d. */
static void fill_tables (const FaissScalarQuantizer *self, float *tables) {
    bool is_tqmse = self->qtype >= QT_1bit_tqmse && self->qtype <= QT_8bit_tqmse;
    unsigned bits = (unsigned)self->bits - (faiss_sq_is_turbo (self->qtype) ? 1 : 0);
    size_t size = ((size_t)2 << bits) - 1;
    faiss_lloyd_max (bits, tables);
    float scale = is_tqmse ? 1.0f / sqrtf ((float)self->quantizer.d) : 1;
    for (size_t i = 0; i < size; i++) {
        tables[i] *= scale;
    }
    if (faiss_sq_is_turbo (self->qtype)) {
        const uint64_t seed = 42;
        memcpy (tables + size, &seed, sizeof seed); /* its low half first */
        tables[size + 2] = 0;                       /* the type of the projection */
    }
}

static FaissStatus ScalarQuantizer_train (FaissQuantizer *quantizer, size_t n, const float *x) {
    FaissScalarQuantizer *self = FAISS_SELF (ScalarQuantizer, quantizer, quantizer);
    FAISS_TRY (faiss_ScalarQuantizer_set_derived_sizes (self));
    size_t d = quantizer->d, size = faiss_sq_trained_size (self->qtype, d);
    FAISS_AUTO (Float32Vector) trained = {0};
    FAISS_TRY (faiss_Float32Vector_resize (&trained, size));
    if (faiss_sq_needs_vectors (self->qtype)) {
        FAISS_REQUIRE (n > 0, "expected training vectors, got none");
        size_t n_levels = (size_t)1 << self->bits;
        if (!faiss_sq_is_uniform (self->qtype)) {
            FAISS_TRY (faiss_sq_train_columns (self->rangestat, self->rangestat_arg, n, d, n_levels,
                                               x, trained.data));
        } else if (d > 0) {
            FAISS_TRY (faiss_sq_train_uniform (self->rangestat, self->rangestat_arg, n * d,
                                               n_levels, x, trained.data));
        }
    } else if (size > 0) {
        fill_tables (self, trained.data);
    }
    faiss_Float32Vector_swap (&trained, &self->trained);
    return FAISS_OK;
}

/* ---- coding ---------------------------------------------------------------------------------- */

static void code_block (const FaissSQCoder *coder, bool encode, float *x, uint8_t *codes, size_t n,
                        float *scratch) {
    if (encode) {
        faiss_SQCoder_encode (coder, x, n, codes, scratch);
    } else {
        faiss_SQCoder_decode (coder, codes, n, x, scratch);
    }
}

/* Vectors to codes, or codes to vectors, in blocks. */
static FaissStatus code_blocks (const FaissSQCoder *coder, bool encode, float *x, uint8_t *codes,
                                size_t n) {
    FaissRegion region = {0};
    size_t n_blocks = (n + BLOCK - 1) / BLOCK;
    if (n_blocks <= 1) { /* reconstructed one by one, by threads maybe */
        FAISS_AUTO_FREE (float) *scratch = NULL;
        FAISS_TRY (faiss_alloc (&scratch, faiss_SQCoder_scratch (coder), sizeof *scratch));
        code_block (coder, encode, x, codes, n, scratch);
        return FAISS_OK;
    }
#pragma omp parallel num_threads(faiss_threads_for((int64_t)n_blocks))
    {
        float *scratch;
        FaissStatus status = faiss_alloc (&scratch, faiss_SQCoder_scratch (coder), sizeof *scratch);
        faiss_region_note (&region, status);
#pragma omp for schedule(dynamic)
        for (size_t block = 0; block < n_blocks; block++) {
            size_t begin = block * BLOCK, size = n - begin < BLOCK ? n - begin : BLOCK;
            float *vectors = x + begin * coder->codec.d;
            uint8_t *bytes = codes + begin * coder->codec.code_size;
            if (status != FAISS_OK || faiss_region_stopped (&region)) {
                continue;
            }
            code_block (coder, encode, vectors, bytes, size, scratch);
        }
        free (scratch);
    }
    return faiss_region_close (&region);
}

static FaissStatus ScalarQuantizer_compute_codes (const FaissQuantizer *quantizer, const float *x,
                                                  uint8_t *codes, size_t n) {
    const FaissScalarQuantizer *self = FAISS_CONST_SELF (ScalarQuantizer, quantizer, quantizer);
    FaissSQCoder coder;
    FAISS_TRY (faiss_SQCoder_init (&coder, self));
    FaissStatus status = code_blocks (&coder, true, (float *)x, codes, n);
    faiss_SQCoder_clear (&coder);
    return status;
}

static FaissStatus ScalarQuantizer_decode (const FaissQuantizer *quantizer, const uint8_t *code,
                                           float *x, size_t n) {
    const FaissScalarQuantizer *self = FAISS_CONST_SELF (ScalarQuantizer, quantizer, quantizer);
    FaissSQCoder coder;
    FAISS_TRY (faiss_SQCoder_init (&coder, self));
    FaissStatus status = code_blocks (&coder, false, x, (uint8_t *)code, n);
    faiss_SQCoder_clear (&coder);
    return status;
}

/* What a field was set to may not fit the others. */
static FaissStatus ScalarQuantizer_check (const void *object) {
    const FaissScalarQuantizer *self = object;
    size_t bits, code_size;
    FAISS_REQUIRE (faiss_sq_sizes (self->qtype, self->quantizer.d, &bits, &code_size),
                   "%d is no type of scalar quantizer", (int)self->qtype);
    FAISS_REQUIRE (self->bits == bits && self->quantizer.code_size == code_size,
                   "d or qtype changed: call set_derived_sizes");
    const size_t size = faiss_sq_trained_size (self->qtype, self->quantizer.d);
    FAISS_REQUIRE (self->trained.size == 0 || self->trained.size == size,
                   "trained has %zu elements, expected %zu", self->trained.size, size);
    return FAISS_OK;
}

FaissQuantizerClass faiss_ScalarQuantizer_class = {
    .head = {.name = "ScalarQuantizer",
             .parent = &faiss_Quantizer_class.head,
             .instance_size = sizeof (FaissScalarQuantizer),
             .table_size = sizeof (FaissQuantizerClass),
             .check = ScalarQuantizer_check,
             .finalize = ScalarQuantizer_finalize,
             .copy = ScalarQuantizer_copy},
    .train = ScalarQuantizer_train,
    .compute_codes = ScalarQuantizer_compute_codes,
    .decode = ScalarQuantizer_decode,
};

FaissStatus faiss_ScalarQuantizer_train (FaissScalarQuantizer *self, size_t n, const float *x) {
    return faiss_Quantizer_train ((FaissQuantizer *)self, n, x);
}

FaissStatus faiss_ScalarQuantizer_compute_codes (const FaissScalarQuantizer *self, const float *x,
                                                 uint8_t *codes, size_t n) {
    return faiss_Quantizer_compute_codes ((const FaissQuantizer *)self, x, codes, n);
}

FaissStatus faiss_ScalarQuantizer_decode (const FaissScalarQuantizer *self, const uint8_t *code,
                                          float *x, size_t n) {
    return faiss_Quantizer_decode ((const FaissQuantizer *)self, code, x, n);
}

/* ---- fields ---------------------------------------------------------------------------------- */

size_t faiss_ScalarQuantizer_d (const FaissScalarQuantizer *self) {
    return self ? self->quantizer.d : 0;
}

size_t faiss_ScalarQuantizer_code_size (const FaissScalarQuantizer *self) {
    return self ? self->quantizer.code_size : 0;
}

size_t faiss_ScalarQuantizer_bits (const FaissScalarQuantizer *self) {
    return self ? self->bits : 0;
}

FaissQuantizerType faiss_ScalarQuantizer_qtype (const FaissScalarQuantizer *self) {
    return self ? self->qtype : 0;
}

FaissRangeStat faiss_ScalarQuantizer_rangestat (const FaissScalarQuantizer *self) {
    return self ? self->rangestat : 0;
}

void faiss_ScalarQuantizer_set_rangestat (FaissScalarQuantizer *self, FaissRangeStat rangestat) {
    if (self) {
        self->rangestat = rangestat;
    }
}

float faiss_ScalarQuantizer_rangestat_arg (const FaissScalarQuantizer *self) {
    return self ? self->rangestat_arg : 0;
}

void faiss_ScalarQuantizer_set_rangestat_arg (FaissScalarQuantizer *self, float rangestat_arg) {
    if (self) {
        self->rangestat_arg = rangestat_arg;
    }
}

size_t faiss_ScalarQuantizer_trained_size (const FaissScalarQuantizer *self) {
    return self ? self->trained.size : 0;
}

void faiss_ScalarQuantizer_trained (const FaissScalarQuantizer *self, float *out) {
    if (self && out && self->trained.size > 0) {
        memcpy (out, self->trained.data, self->trained.size * sizeof *out);
    }
}
