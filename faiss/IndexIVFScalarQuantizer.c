/* Inverted lists of scalar-quantized vectors. */
#include <string.h>

#include <faiss/IndexScalarQuantizer.h>
#include <faiss/impl/check.h>
#include <faiss/impl/factory_rule.h>
#include <faiss/impl/index_check.h>
#include <faiss/impl/io_fields.h>
#include <faiss/impl/ivf_flat_search.h>
#include <faiss/impl/ivf_internal.h>
#include <faiss/impl/parallel.h>
#include <faiss/impl/sq_codec.h>
#include <faiss/impl/sq_training.h>

#define SELF(pointer) FAISS_SELF (IndexIVFScalarQuantizer, ivf, pointer)
#define CONST_SELF(pointer) FAISS_CONST_SELF (IndexIVFScalarQuantizer, ivf, pointer)

/// Vectors that a thread encodes or decodes at once.
#define BLOCK 64

/* ---- life ------------------------------------------------------------------------------------ */

static FaissStatus init (FaissIndexIVFScalarQuantizer *self, FaissIndex *quantizer, size_t d,
                         size_t nlist, FaissQuantizerType qtype, FaissMetricType metric,
                         bool by_residual, bool own_invlists) {
    FAISS_REQUIRE (d <= FAISS_MAX_DIMENSION, "expected d <= %d, got %zu", FAISS_MAX_DIMENSION, d);
    FAISS_TRY (faiss_ScalarQuantizer_init (&self->sq, d, qtype));
    FAISS_TRY (faiss_IndexIVF_init (&self->ivf, quantizer, (idx_t)d, nlist,
                                    self->sq.quantizer.code_size, metric, own_invlists));
    self->ivf.by_residual = by_residual && qtype != QT_0bit && !faiss_sq_is_turbo (qtype);
    self->index.is_trained = qtype == QT_0bit;
    return FAISS_OK;
}

static FaissStatus new_index (FaissIndexIVFScalarQuantizer **out, FaissIndex *quantizer, size_t d,
                              size_t nlist, FaissQuantizerType qtype, FaissMetricType metric,
                              bool by_residual, bool own_invlists) {
    FAISS_OWNED (IndexIVFScalarQuantizer) *self = NULL;
    FAISS_TRY (faiss_object_new (&self, &faiss_IndexIVFScalarQuantizer_class.index.head));
    FAISS_TRY (init (self, quantizer, d, nlist, qtype, metric, by_residual, own_invlists));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

FaissStatus faiss_IndexIVFScalarQuantizer_new (FaissIndexIVFScalarQuantizer **out) {
    FAISS_REQUIRE_ARG (out);
    return new_index (out, NULL, 0, 0, QT_8bit, METRIC_L2, true, false);
}

FaissStatus faiss_IndexIVFScalarQuantizer_new_with (FaissIndexIVFScalarQuantizer **out,
                                                    FaissIndex *quantizer, idx_t d, size_t nlist,
                                                    FaissQuantizerType qt) {
    FAISS_REQUIRE (d >= 0, "expected d >= 0, got %lld", (long long)d);
    return faiss_IndexIVFScalarQuantizer_new_with_metric (out, quantizer, (size_t)d, nlist, qt,
                                                          METRIC_L2, 1);
}

FaissStatus faiss_IndexIVFScalarQuantizer_new_with_metric (FaissIndexIVFScalarQuantizer **out,
                                                           FaissIndex *quantizer, size_t d,
                                                           size_t nlist, FaissQuantizerType qt,
                                                           FaissMetricType metric,
                                                           int encode_residual) {
    FAISS_REQUIRE_ARG (out);
    FAISS_REQUIRE_ARG (quantizer);
    return new_index (out, quantizer, d, nlist, qt, metric, encode_residual != 0, true);
}

void faiss_IndexIVFScalarQuantizer_free (FaissIndexIVFScalarQuantizer *self) {
    faiss_object_free (self);
}

FaissIndexIVFScalarQuantizer *faiss_IndexIVFScalarQuantizer_cast (FaissIndex *index) {
    return faiss_object_cast (index, &faiss_IndexIVFScalarQuantizer_class.index.head);
}

static void IndexIVFScalarQuantizer_finalize (void *object) {
    FaissIndexIVFScalarQuantizer *self = object;
    faiss_object_clear (&self->sq);
}

static FaissStatus IndexIVFScalarQuantizer_copy (void *object, const void *other_object) {
    FaissIndexIVFScalarQuantizer *self = object;
    const FaissIndexIVFScalarQuantizer *other = other_object;
    return faiss_object_assign (&self->sq, &other->sq);
}

/* ---- training -------------------------------------------------------------------------------- */

static FaissStatus IndexIVFScalarQuantizer_train_encoder (FaissIndexIVF *ivf, idx_t n,
                                                          const float *x, const idx_t *assign) {
    (void)assign;
    return faiss_ScalarQuantizer_train (&SELF (ivf)->sq, (size_t)n, x);
}

static idx_t IndexIVFScalarQuantizer_train_encoder_num_vectors (const FaissIndexIVF *ivf) {
    (void)ivf;
    return 100000;
}

/* Least and largest values need no more than a block of residuals at a time. */
static FaissStatus learn_extremes (FaissIndex *quantizer, idx_t n, const float *x, float *min,
                                   float *max) {
    enum { BLOCK_SIZE = 1 << 18 };
    size_t d = (size_t)quantizer->d;
    idx_t rows = (idx_t)(BLOCK_SIZE / d + 1);
    FAISS_AUTO_FREE (idx_t) *assign = NULL;
    FAISS_AUTO_FREE (float) *residuals = NULL;
    FAISS_TRY (faiss_alloc (&assign, (size_t)n, sizeof *assign));
    FAISS_TRY (faiss_alloc (&residuals, (size_t)rows * d, sizeof *residuals));
    FAISS_TRY (faiss_Index_assign (quantizer, n, x, assign, 1));
    for (idx_t i = 0; i < n; i += rows) {
        idx_t n_rows = n - i < rows ? n - i : rows;
        FAISS_TRY (faiss_Index_compute_residual_n (quantizer, n_rows, x + (size_t)i * d, residuals,
                                                   assign + i));
        if (i == 0) {
            memcpy (min, residuals, d * sizeof *min);
            memcpy (max, residuals, d * sizeof *max);
        }
        faiss_sq_widen ((size_t)n_rows, d, residuals, min, max);
    }
    return FAISS_OK;
}

static FaissStatus IndexIVFScalarQuantizer_train_encoder_by_blocks (FaissIndexIVF *ivf, idx_t n,
                                                                    const float *x, bool *out) {
    FaissScalarQuantizer *sq = &SELF (ivf)->sq;
    size_t d = (size_t)ivf->index.d;
    FAISS_AUTO_FREE (float) *extremes = NULL; /* two rows that have the ranges of all */
    if (faiss_sq_needs_vectors (sq->qtype)) {
        if (sq->rangestat != RS_minmax || n < 1 || d < 1) {
            *out = false;
            return FAISS_OK;
        }
        FAISS_TRY (faiss_alloc (&extremes, 2 * d, sizeof *extremes));
        FAISS_TRY (learn_extremes (ivf->quantizer, n, x, extremes, extremes + d));
    }
    FAISS_TRY (faiss_ScalarQuantizer_train (sq, extremes ? 2 : 0, extremes));
    *out = true;
    return FAISS_OK;
}

FaissStatus faiss_IndexIVFScalarQuantizer_train_residual (FaissIndexIVFScalarQuantizer *self,
                                                          idx_t n, const float *x) {
    FaissIndexIVF *ivf = (FaissIndexIVF *)self;
    FAISS_TRY (faiss_check_vectors (__func__, (FaissIndex *)self, n, x, "x"));
    FAISS_TRY (faiss_ivf_check_parts (__func__, ivf));
    return ivf->by_residual ? faiss_ivf_train_on_residuals (ivf, n, x)
                            : IndexIVFScalarQuantizer_train_encoder (ivf, n, x, NULL);
}

/* ---- coding ---------------------------------------------------------------------------------- */

/* What the threads of one call share. */
typedef struct Coding {
    const FaissIndexIVF *ivf;
    FaissSQCoder coder;
    idx_t n;
    const idx_t *list_nos;
    bool adds_centroids; /* to what is decoded: of residuals, and where there are no bits */
    size_t coarse_size;  /* bytes of a list number in front of each code */
    FaissLevel1Quantizer level1;
} Coding;

/* What a thread has. */
typedef struct Buffers {
    float *vectors; /* BLOCK * d */
    float *scratch;
} Buffers;

typedef FaissStatus (*CodeBlock) (const Coding *c, const Buffers *buffers, idx_t begin, idx_t n,
                                  float *x, uint8_t *codes);

static FaissStatus encode_block (const Coding *c, const Buffers *buffers, idx_t begin, idx_t n,
                                 float *x, uint8_t *codes) {
    const FaissIndexIVF *ivf = c->ivf;
    size_t d = (size_t)ivf->index.d, code_size = ivf->code_size;
    for (idx_t i = 0; i < n; i++) {
        idx_t list_no = c->list_nos[begin + i];
        const float *vector = x + (size_t)(begin + i) * d;
        uint8_t *code = codes + (size_t)(begin + i) * (c->coarse_size + code_size);
        if (list_no < 0) {
            memset (code, 0, c->coarse_size + code_size);
            continue;
        }
        if (c->coarse_size > 0) {
            faiss_Level1Quantizer_encode_listno (&c->level1, list_no, code);
        }
        if (ivf->by_residual) {
            FAISS_TRY (ivf->quantizer->cls->compute_residual (ivf->quantizer, vector,
                                                              buffers->vectors, list_no));
            vector = buffers->vectors;
        }
        faiss_SQCoder_encode (&c->coder, vector, 1, code + c->coarse_size, buffers->scratch);
    }
    return FAISS_OK;
}

static FaissStatus decode_block (const Coding *c, const Buffers *buffers, idx_t begin, idx_t n,
                                 float *x, uint8_t *codes) {
    const FaissIndexIVF *ivf = c->ivf;
    size_t d = (size_t)ivf->index.d;
    float *vectors = x + (size_t)begin * d;
    faiss_SQCoder_decode (&c->coder, codes + (size_t)begin * ivf->code_size, (size_t)n, vectors,
                          buffers->scratch);
    for (idx_t i = 0; c->adds_centroids && i < n; i++) {
        float *vector = vectors + (size_t)i * d;
        FAISS_TRY (ivf->quantizer->cls->reconstruct (ivf->quantizer, c->list_nos[begin + i],
                                                     buffers->vectors));
        faiss_kernels.fvec_madd (d, vector, 1, buffers->vectors, vector);
    }
    return FAISS_OK;
}

static FaissStatus code_blocks (const Coding *c, CodeBlock code, float *x, uint8_t *codes) {
    FaissRegion region = {0};
#pragma omp parallel num_threads(faiss_threads_for((c->n + BLOCK - 1) / BLOCK))
    {
        Buffers buffers = {0};
        FaissStatus status =
            faiss_alloc (&buffers.vectors, (size_t)c->ivf->index.d, sizeof *buffers.vectors);
        status = status ? status
                        : faiss_alloc (&buffers.scratch, faiss_SQCoder_scratch (&c->coder),
                                       sizeof *buffers.scratch);
        faiss_region_note (&region, status);
#pragma omp for schedule(dynamic)
        for (idx_t begin = 0; begin < c->n; begin += BLOCK) {
            idx_t size = c->n - begin < BLOCK ? c->n - begin : BLOCK;
            if (status == FAISS_OK && !faiss_region_stopped (&region)) {
                faiss_region_note (&region, code (c, &buffers, begin, size, x, codes));
            }
        }
        free (buffers.vectors);
        free (buffers.scratch);
    }
    return faiss_region_close (&region);
}

static FaissStatus check_lists (const FaissIndexIVF *self, idx_t n, const idx_t *list_nos) {
    FAISS_REQUIRE (self->quantizer && self->quantizer->d == self->index.d,
                   "there is no quantizer of d=%d", self->index.d);
    for (idx_t i = 0; i < n; i++) {
        FAISS_TRY (faiss_ivf_check_key (self, list_nos[i]));
    }
    return FAISS_OK;
}

static FaissStatus IndexIVFScalarQuantizer_encode_vectors (const FaissIndexIVF *self, idx_t n,
                                                           const float *x, const idx_t *list_nos,
                                                           uint8_t *codes, bool include_listno) {
    FAISS_TRY (check_lists (self, n, list_nos));
    Coding c = {.ivf = self,
                .n = n,
                .list_nos = list_nos,
                .coarse_size = include_listno ? faiss_IndexIVF_coarse_code_size (self) : 0,
                .level1 = faiss_IndexIVF_level1_quantizer (self)};
    FAISS_TRY (faiss_SQCoder_init (&c.coder, &CONST_SELF (self)->sq));
    FaissStatus status = code_blocks (&c, encode_block, (float *)x, codes);
    faiss_SQCoder_clear (&c.coder);
    return status;
}

static FaissStatus IndexIVFScalarQuantizer_decode_vectors (const FaissIndexIVF *self, idx_t n,
                                                           const uint8_t *codes,
                                                           const idx_t *list_nos, float *x) {
    FAISS_TRY (check_lists (self, n, list_nos));
    Coding c = {.ivf = self,
                .n = n,
                .list_nos = list_nos,
                .adds_centroids = self->by_residual || self->code_size == 0};
    FAISS_TRY (faiss_SQCoder_init (&c.coder, &CONST_SELF (self)->sq));
    FaissStatus status = code_blocks (&c, decode_block, x, (uint8_t *)codes);
    faiss_SQCoder_clear (&c.coder);
    return status;
}

/* ---- searching and merging ------------------------------------------------------------------- */

static FaissStatus IndexIVFScalarQuantizer_get_InvertedListScanner (
    const FaissIndexIVF *self, bool store_pairs, const FaissIDSelector *sel,
    const FaissSearchParametersIVF *params, FaissInvertedListScanner **out) {
    (void)params;
    return faiss_ScalarQuantizer_select_InvertedListScanner (
        &CONST_SELF (self)->sq, out, self->index.metric_type, self->quantizer, store_pairs, sel,
        self->by_residual);
}

static void decode (const void *coder, const uint8_t *codes, size_t n, float *x) {
    faiss_SQCoder_decode (coder, codes, n, x, NULL);
}

static FaissStatus search_fast (const FaissIndexIVF *self, const FaissSQCoder *coder, idx_t n,
                                const float *x, idx_t k, const idx_t *assign,
                                const float *centroid_dis, float *distances, idx_t *labels,
                                const FaissSearchParametersIVF *params,
                                FaissIndexIVFStats *counts) {
    FaissIVFSearchSettings settings;
    FAISS_TRY (faiss_ivf_search_settings ("IndexIVFScalarQuantizer_search", self, params, false,
                                          &settings));
    bool is_similarity = self->index.metric_type == METRIC_INNER_PRODUCT;
    FaissIVFCodes codes = {
        .codec = coder,
        .decode = decode,
        .distances = is_similarity ? faiss_SQCoder_inner_products : faiss_SQCoder_L2sqr,
        .quantizer = self->by_residual ? self->quantizer : NULL,
    };
    return faiss_ivf_flat_search (self, (size_t)n, x, (size_t)k, assign, centroid_dis,
                                  settings.nprobe, &codes, distances, labels, counts);
}

static FaissStatus IndexIVFScalarQuantizer_search_preassigned (
    const FaissIndexIVF *self, idx_t n, const float *x, idx_t k, const idx_t *assign,
    const float *centroid_dis, float *distances, idx_t *labels, bool store_pairs,
    const FaissSearchParametersIVF *params, FaissIndexIVFStats *stats) {
    const FaissScalarQuantizer *sq = &CONST_SELF (self)->sq;
    bool adds_coarse_dis = self->by_residual && self->index.metric_type == METRIC_INNER_PRODUCT;
    if (!faiss_ivf_flat_is_fast (self, store_pairs, params) || faiss_sq_is_turbo (sq->qtype) ||
        sq->quantizer.code_size == 0 || (adds_coarse_dis && !centroid_dis)) {
        return faiss_IndexIVF_class.search_preassigned (
            self, n, x, k, assign, centroid_dis, distances, labels, store_pairs, params, stats);
    }
    FaissSQCoder coder;
    FaissIndexIVFStats counts = {0};
    double start = faiss_ivf_milliseconds ();
    FAISS_TRY (faiss_SQCoder_init (&coder, sq));
    FaissStatus status = search_fast (self, &coder, n, x, k, assign, centroid_dis, distances,
                                      labels, params, &counts);
    faiss_SQCoder_clear (&coder);
    counts.search_time = faiss_ivf_milliseconds () - start;
    if (status == FAISS_OK) {
        faiss_ivf_count (&counts, stats);
    }
    return status;
}

static FaissStatus IndexIVFScalarQuantizer_check_compatible_for_merge (const FaissIndex *index,
                                                                       const FaissIndex *other) {
    FAISS_TRY (faiss_IndexIVF_class.index.check_compatible_for_merge (index, other));
    const FaissIndexIVFScalarQuantizer *a =
        FAISS_CONST_SELF (IndexIVFScalarQuantizer, index, index);
    const FaissIndexIVFScalarQuantizer *b =
        FAISS_CONST_SELF (IndexIVFScalarQuantizer, index, other);
    FAISS_REQUIRE (a->ivf.by_residual == b->ivf.by_residual, "expected by_residual=%d, got %d",
                   a->ivf.by_residual, b->ivf.by_residual);
    return faiss_sq_check_same (&a->sq, &b->sq);
}

/* ---- files ----------------------------------------------------------------------------------- */

static FaissStatus read_codec (FaissIndexIVFScalarQuantizer *self, FaissIOReader *reader) {
    FAISS_TRY (faiss_ScalarQuantizer_read (&self->sq, reader, &self->index));
    FAISS_TRY (faiss_read_size (reader, &self->ivf.code_size, "code_size"));
    FAISS_REQUIRE_FILE (reader, self->ivf.code_size == self->sq.quantizer.code_size,
                        "expected code_size=%zu, got %zu", self->sq.quantizer.code_size,
                        self->ivf.code_size);
    return FAISS_OK;
}

static FaissStatus read_fields (FaissIndexIVFScalarQuantizer *self, FaissIOReader *reader,
                                uint32_t tag, int io_flags) {
    self->ivf.by_residual = true; /* older files do not say */
    if (tag != FAISS_FOURCC ("IvSQ")) {
        FAISS_TRY (faiss_IndexIVF_read_header (&self->ivf, reader));
        FAISS_TRY (read_codec (self, reader));
        if (tag == FAISS_FOURCC ("IwSq")) {
            FAISS_TRY (faiss_read_bool (reader, &self->ivf.by_residual, "by_residual"));
        }
        return faiss_IndexIVF_read_invlists (&self->ivf, reader, io_flags);
    }
    FaissInt64Vector *ids = NULL;
    FaissStatus status = faiss_IndexIVF_read_legacy_header (&self->ivf, reader, &ids);
    status = status ? status : read_codec (self, reader);
    status = status ? status : faiss_IndexIVF_read_legacy_lists (&self->ivf, reader, ids, false);
    faiss_IndexIVF_clear_legacy_ids (&self->ivf, ids);
    return status;
}

static FaissStatus IndexIVFScalarQuantizer_read (void **out, FaissIOReader *reader, uint32_t tag,
                                                 int io_flags) {
    FAISS_OWNED (IndexIVFScalarQuantizer) *self = NULL;
    FAISS_TRY (faiss_IndexIVFScalarQuantizer_new (&self));
    FAISS_TRY (read_fields (self, reader, tag, io_flags));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

static FaissStatus IndexIVFScalarQuantizer_write (const void *object, FaissIOWriter *writer,
                                                  int io_flags) {
    const FaissIndexIVFScalarQuantizer *self = object;
    (void)io_flags;
    FAISS_TRY (faiss_write_tag (writer, "IwSq"));
    FAISS_TRY (faiss_IndexIVF_write_header (&self->ivf, writer));
    FAISS_TRY (faiss_ScalarQuantizer_write (&self->sq, writer));
    FAISS_TRY (faiss_write_u64 (writer, self->ivf.code_size));
    FAISS_TRY (faiss_write_bool (writer, self->ivf.by_residual));
    return faiss_IndexIVF_write_invlists (&self->ivf, writer);
}

/* ---- factory strings ------------------------------------------------------------------------- */

static FaissStatus build (const FaissFactoryContext *context, void *out) {
    FaissIndexIVFScalarQuantizer *self;
    FaissQuantizerType qtype;
    FAISS_TRY (faiss_sq_type_of_name (context->groups[0], &qtype));
    FAISS_TRY (new_index (&self, context->quantizer, (size_t)context->d, context->nlist, qtype,
                          context->metric, true, true));
    *(FaissIndex **)out = &self->index;
    return FAISS_OK;
}

static const FaissFactoryRule factory_rules[] = {
    {.pattern = FAISS_SQ_PATTERN,
     .kind = FAISS_FACTORY_CODE,
     .syntax = "SQ{8|6|4|0|fp16|bf16|8_direct|tqmse4|tq4...}",
     .what = "each component in a few bits, in the lists",
     .build = build},
    {.pattern = NULL},
};

static FaissStatus IndexIVFScalarQuantizer_describe (const void *object, FaissString *out) {
    const FaissIndexIVFScalarQuantizer *self = object;
    FAISS_TRY (faiss_IndexIVF_describe_coarse (&self->ivf, out));
    FAISS_TRY (faiss_String_printf (out, ","));
    return faiss_sq_describe (self->sq.qtype, out);
}

/* ---- the class ------------------------------------------------------------------------------- */

/* What a field was set to may not fit the others. */
static FaissStatus IndexIVFScalarQuantizer_check (const void *object) {
    const FaissIndexIVFScalarQuantizer *self = object;
    FAISS_TRY (faiss_check_encoder (__func__, "sq", &self->sq.quantizer, &self->index,
                                    self->ivf.code_size));
    return FAISS_OK;
}

FaissIndexIVFClass faiss_IndexIVFScalarQuantizer_class = {
    .index = {.head = {.name = "IndexIVFScalarQuantizer",
                       .parent = &faiss_IndexIVF_class.index.head,
                       .instance_size = sizeof (FaissIndexIVFScalarQuantizer),
                       .table_size = sizeof (FaissIndexIVFClass),
                       .check = IndexIVFScalarQuantizer_check,
                       .finalize = IndexIVFScalarQuantizer_finalize,
                       .copy = IndexIVFScalarQuantizer_copy,
                       .tags = "IwSq IwSQ IvSQ",
                       .read = IndexIVFScalarQuantizer_read,
                       .write = IndexIVFScalarQuantizer_write,
                       .factory = factory_rules,
                       .describe = IndexIVFScalarQuantizer_describe},
              .check_compatible_for_merge = IndexIVFScalarQuantizer_check_compatible_for_merge},
    .encode_vectors = IndexIVFScalarQuantizer_encode_vectors,
    .decode_vectors = IndexIVFScalarQuantizer_decode_vectors,
    .train_encoder = IndexIVFScalarQuantizer_train_encoder,
    .train_encoder_by_blocks = IndexIVFScalarQuantizer_train_encoder_by_blocks,
    .train_encoder_num_vectors = IndexIVFScalarQuantizer_train_encoder_num_vectors,
    .get_InvertedListScanner = IndexIVFScalarQuantizer_get_InvertedListScanner,
    .search_preassigned = IndexIVFScalarQuantizer_search_preassigned,
};

/* ---- search parameters ----------------------------------------------------------------------- */

FaissClass faiss_IVFSQTurboQSearchParameters_class = {
    .name = "IVFSQTurboQSearchParameters",
    .parent = &faiss_SearchParametersIVF_class,
    .instance_size = sizeof (FaissIVFSQTurboQSearchParameters),
    .table_size = sizeof (FaissClass),
};

FaissStatus faiss_IVFSQTurboQSearchParameters_new (FaissIVFSQTurboQSearchParameters **out) {
    FAISS_REQUIRE_ARG (out);
    FAISS_TRY (faiss_object_new (out, &faiss_IVFSQTurboQSearchParameters_class));
    (*out)->params_ivf.nprobe = 1;
    return FAISS_OK;
}

void faiss_IVFSQTurboQSearchParameters_free (FaissIVFSQTurboQSearchParameters *self) {
    faiss_object_free (self);
}

/* ---- the methods of the parent under the names of this class --------------------------------- */

FaissScalarQuantizer *faiss_IndexIVFScalarQuantizer_sq (FaissIndexIVFScalarQuantizer *self) {
    return &self->sq;
}

size_t faiss_IndexIVFScalarQuantizer_nlist (const FaissIndexIVFScalarQuantizer *self) {
    return self ? self->ivf.nlist : 0;
}

size_t faiss_IndexIVFScalarQuantizer_nprobe (const FaissIndexIVFScalarQuantizer *self) {
    return self ? self->ivf.nprobe : 0;
}

void faiss_IndexIVFScalarQuantizer_set_nprobe (FaissIndexIVFScalarQuantizer *self, size_t nprobe) {
    if (self) {
        self->ivf.nprobe = nprobe;
    }
}

FaissIndex *faiss_IndexIVFScalarQuantizer_quantizer (const FaissIndexIVFScalarQuantizer *self) {
    return self ? self->ivf.quantizer : NULL;
}

int faiss_IndexIVFScalarQuantizer_own_fields (const FaissIndexIVFScalarQuantizer *self) {
    return self ? self->ivf.own_fields : 0;
}

void faiss_IndexIVFScalarQuantizer_set_own_fields (FaissIndexIVFScalarQuantizer *self,
                                                   int own_fields) {
    if (self) {
        self->ivf.own_fields = own_fields != 0;
    }
}

FaissStatus faiss_IndexIVFScalarQuantizer_add_core (FaissIndexIVFScalarQuantizer *self, idx_t n,
                                                    const float *x, const idx_t *xids,
                                                    const idx_t *precomputed_idx) {
    return faiss_IndexIVF_add_core ((FaissIndexIVF *)self, n, x, xids, precomputed_idx);
}
