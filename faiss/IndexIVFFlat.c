/* Inverted files of full vectors. */
#include <faiss/IndexIVFFlat.h>

#include <string.h>

#include <faiss/impl/block_scanner.h>
#include <faiss/impl/check.h>
#include <faiss/impl/factory_rule.h>
#include <faiss/impl/index_check.h>
#include <faiss/impl/io_fields.h>
#include <faiss/impl/ivf_flat_search.h>
#include <faiss/impl/ivf_internal.h>
#include <faiss/kernels/kernels.h>
#include <faiss/utils/extra_distances.h>

/* ---- life ------------------------------------------------------------------------------------ */

FaissStatus faiss_IndexIVFFlat_init (FaissIndexIVFFlat *self, FaissIndex *quantizer, size_t d,
                                     size_t nlist, FaissMetricType metric, bool own_invlists) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE (d <= FAISS_MAX_DIMENSION, "expected d <= %d, got %zu", FAISS_MAX_DIMENSION, d);
    FAISS_TRY (faiss_IndexIVF_init (&self->ivf, quantizer, (idx_t)d, nlist, d * sizeof (float),
                                    metric, own_invlists));
    self->ivf.by_residual = false;
    return FAISS_OK;
}

static FaissStatus new_index (FaissIndexIVFFlat **out, FaissIndex *quantizer, size_t d,
                              size_t nlist, FaissMetricType metric) {
    FAISS_OWNED (IndexIVFFlat) *self = NULL;
    FAISS_TRY (faiss_object_new (&self, &faiss_IndexIVFFlat_class.index.head));
    FAISS_TRY (faiss_IndexIVFFlat_init (self, quantizer, d, nlist, metric, true));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

FaissStatus faiss_IndexIVFFlat_new (FaissIndexIVFFlat **out) {
    FAISS_REQUIRE_ARG (out);
    return new_index (out, NULL, 0, 0, METRIC_L2);
}

FaissStatus faiss_IndexIVFFlat_new_with (FaissIndexIVFFlat **out, FaissIndex *quantizer, size_t d,
                                         size_t nlist) {
    return faiss_IndexIVFFlat_new_with_metric (out, quantizer, d, nlist, METRIC_L2);
}

FaissStatus faiss_IndexIVFFlat_new_with_metric (FaissIndexIVFFlat **out, FaissIndex *quantizer,
                                                size_t d, size_t nlist, FaissMetricType metric) {
    FAISS_REQUIRE_ARG (out);
    FAISS_REQUIRE_ARG (quantizer);
    return new_index (out, quantizer, d, nlist, metric);
}

void faiss_IndexIVFFlat_free (FaissIndexIVFFlat *self) {
    faiss_object_free (self);
}

FaissIndexIVFFlat *faiss_IndexIVFFlat_cast (FaissIndex *index) {
    return faiss_object_cast (index, &faiss_IndexIVFFlat_class.index.head);
}

/* ---- encoding: there is nothing to do -------------------------------------------------------- */

static FaissStatus IndexIVFFlat_encode_vectors (const FaissIndexIVF *self, idx_t n, const float *x,
                                                const idx_t *list_nos, uint8_t *codes,
                                                bool include_listno) {
    if (!include_listno) {
        memcpy (codes, x, (size_t)n * self->code_size);
        return FAISS_OK;
    }
    FaissLevel1Quantizer level1 = faiss_IndexIVF_level1_quantizer (self);
    size_t coarse_size = faiss_Level1Quantizer_coarse_code_size (&level1);
    for (idx_t i = 0; i < n; i++) {
        uint8_t *code = codes + (size_t)i * (coarse_size + self->code_size);
        if (list_nos[i] < 0) {
            memset (code, 0, coarse_size + self->code_size);
        } else {
            faiss_Level1Quantizer_encode_listno (&level1, list_nos[i], code);
            memcpy (code + coarse_size, x + i * self->index.d, self->code_size);
        }
    }
    return FAISS_OK;
}

static FaissStatus IndexIVFFlat_decode_vectors (const FaissIndexIVF *self, idx_t n,
                                                const uint8_t *codes, const idx_t *list_nos,
                                                float *x) {
    (void)list_nos;
    memcpy (x, codes, (size_t)n * self->code_size);
    return FAISS_OK;
}

static FaissStatus use_vectors (const FaissIndexIVF *self, const void *input, idx_t begin, idx_t n,
                                const idx_t *list_nos, uint8_t *buffer, const uint8_t **codes) {
    (void)n, (void)list_nos, (void)buffer;
    *codes = (const uint8_t *)input + (size_t)begin * self->code_size;
    return FAISS_OK;
}

static FaissStatus IndexIVFFlat_add_core (FaissIndexIVF *self, idx_t n, const float *x,
                                          const idx_t *xids, const idx_t *precomputed_idx,
                                          void *inverted_list_context) {
    (void)inverted_list_context;
    return faiss_ivf_append (self, n, x, xids, precomputed_idx, use_vectors, false);
}

/* ---- the scanner ----------------------------------------------------------------------------- */

typedef struct FlatScanner {
    FaissBlockScanner block;
    size_t d;
    const float *query;
    /* distances to vectors in a row: a kernel, or NULL for the metrics that have none */
    void (*scan) (const float *const *x, size_t nx, const float *y, size_t d, size_t ny, float *out,
                  size_t ld);
    FaissVectorDistance distance;
    float metric_arg;
    float *row; /* a copy of a vector that is not aligned: lists of a mapped file */
} FlatScanner;

static FaissStatus FlatScanner_set_query (FaissInvertedListScanner *scanner, const float *x) {
    ((FlatScanner *)scanner)->query = x;
    return FAISS_OK;
}

static void FlatScanner_compute (const FaissBlockScanner *block, size_t n, const uint8_t *codes,
                                 float *distances) {
    const FlatScanner *self = (const FlatScanner *)block;
    bool is_aligned = (uintptr_t)codes % sizeof (float) == 0;
    if (is_aligned && self->scan) {
        self->scan (&self->query, 1, (const float *)(const void *)codes, self->d, n, distances, n);
        return;
    }
    size_t code_size = block->scanner.code_size;
    for (size_t i = 0; i < n; i++) {
        memcpy (self->row, codes + i * code_size, code_size);
        if (self->scan) {
            self->scan (&self->query, 1, self->row, self->d, 1, &distances[i], 1);
        } else {
            distances[i] = self->distance (self->query, self->row, self->d, self->metric_arg);
        }
    }
}

static void FlatScanner_free (FaissInvertedListScanner *scanner) {
    free (((FlatScanner *)scanner)->row);
    free (scanner);
}

static FaissStatus IndexIVFFlat_get_InvertedListScanner (const FaissIndexIVF *self,
                                                         bool store_pairs,
                                                         const FaissIDSelector *sel,
                                                         const FaissSearchParametersIVF *params,
                                                         FaissInvertedListScanner **out) {
    (void)params;
    FaissMetricType metric = self->index.metric_type;
    FaissVectorDistance distance;
    FaissBlockScanner block;
    FAISS_TRY (faiss_vector_distance (&distance, metric));
    FAISS_TRY (faiss_BlockScanner_init (&block, self, store_pairs, sel, FlatScanner_compute));
    block.scanner.set_query = FlatScanner_set_query;
    block.scanner.free = FlatScanner_free;
    FlatScanner *scanner;
    FAISS_TRY (faiss_alloc_zeroed (&scanner, 1, sizeof *scanner));
    *scanner =
        (FlatScanner){.block = block,
                      .d = (size_t)self->index.d,
                      .scan = metric == METRIC_L2              ? faiss_kernels.ivf_L2sqr
                              : metric == METRIC_INNER_PRODUCT ? faiss_kernels.ivf_inner_product
                                                               : NULL,
                      .distance = distance,
                      .metric_arg = self->index.metric_arg};
    FaissStatus status = faiss_alloc (&scanner->row, scanner->d, sizeof *scanner->row);
    if (status != FAISS_OK) {
        FlatScanner_free (&scanner->block.scanner);
        return status;
    }
    *out = &scanner->block.scanner;
    return FAISS_OK;
}

/* ---- searching ------------------------------------------------------------------------------- */

static FaissStatus IndexIVFFlat_search_preassigned (const FaissIndexIVF *self, idx_t n,
                                                    const float *x, idx_t k, const idx_t *assign,
                                                    const float *centroid_dis, float *distances,
                                                    idx_t *labels, bool store_pairs,
                                                    const FaissSearchParametersIVF *params,
                                                    FaissIndexIVFStats *stats) {
    if (!faiss_ivf_flat_is_fast (self, store_pairs, params)) {
        return faiss_IndexIVF_class.search_preassigned (
            self, n, x, k, assign, centroid_dis, distances, labels, store_pairs, params, stats);
    }
    FaissIVFSearchSettings settings;
    FaissIndexIVFStats counts = {0};
    double start = faiss_ivf_milliseconds ();
    FAISS_TRY (
        faiss_ivf_search_settings ("IndexIVFFlat_search", self, params, store_pairs, &settings));
    FAISS_TRY (faiss_ivf_flat_search (self, (size_t)n, x, (size_t)k, assign, centroid_dis,
                                      settings.nprobe, NULL, distances, labels, &counts));
    counts.search_time = faiss_ivf_milliseconds () - start;
    faiss_ivf_count (&counts, stats);
    return FAISS_OK;
}

/* ---- files ----------------------------------------------------------------------------------- */

static FaissStatus IndexIVFFlat_read_fields (FaissIndexIVF *self, FaissIOReader *reader,
                                             uint32_t tag, int io_flags) {
    if (tag == FAISS_FOURCC ("IwFl")) {
        FAISS_TRY (faiss_IndexIVF_read_header (self, reader));
        self->code_size = (size_t)self->index.d * sizeof (float);
        return faiss_IndexIVF_read_invlists (self, reader, io_flags);
    }
    FaissInt64Vector *ids = NULL;
    FaissStatus status = faiss_IndexIVF_read_legacy_header (self, reader, &ids);
    if (status == FAISS_OK) {
        self->code_size = (size_t)self->index.d * sizeof (float);
        status = faiss_IndexIVF_read_legacy_lists (self, reader, ids, tag == FAISS_FOURCC ("IvFl"));
    }
    faiss_IndexIVF_clear_legacy_ids (self, ids);
    return status;
}

static FaissStatus IndexIVFFlat_read (void **out, FaissIOReader *reader, uint32_t tag,
                                      int io_flags) {
    FAISS_OWNED (IndexIVFFlat) *self = NULL;
    FAISS_TRY (faiss_object_new (&self, &faiss_IndexIVFFlat_class.index.head));
    FAISS_TRY (faiss_IndexIVFFlat_init (self, NULL, 0, 0, METRIC_L2, false));
    FAISS_TRY (IndexIVFFlat_read_fields (&self->ivf, reader, tag, io_flags));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

static FaissStatus IndexIVFFlat_write (const void *object, FaissIOWriter *writer, int io_flags) {
    const FaissIndexIVFFlat *self = object;
    (void)io_flags;
    FAISS_TRY (faiss_write_tag (writer, "IwFl"));
    FAISS_TRY (faiss_IndexIVF_write_header (&self->ivf, writer));
    return faiss_IndexIVF_write_invlists (&self->ivf, writer);
}

/* ---- factory strings ------------------------------------------------------------------------- */

static FaissStatus build_from_factory (const FaissFactoryContext *context, void *out) {
    FaissIndexIVFFlat *self;
    FAISS_TRY (
        new_index (&self, context->quantizer, (size_t)context->d, context->nlist, context->metric));
    *(FaissIndex **)out = &self->index;
    return FAISS_OK;
}

static const FaissFactoryRule factory_rules[] = {
    {.pattern = "Flat",
     .kind = FAISS_FACTORY_CODE,
     .syntax = "Flat",
     .what = "full vectors in the lists",
     .build = build_from_factory},
    {.pattern = NULL},
};

static FaissStatus IndexIVFFlat_describe (const void *object, FaissString *out) {
    FAISS_TRY (faiss_IndexIVF_describe_coarse (object, out));
    return faiss_String_printf (out, ",Flat");
}

/* ---- the class ------------------------------------------------------------------------------- */

/* What a field was set to may not fit the others. */
static FaissStatus IndexIVFFlat_check (const void *object) {
    const FaissIndexIVFFlat *self = object;
    FAISS_REQUIRE (self->ivf.code_size == (size_t)self->index.d * sizeof (float),
                   "expected code_size=%zu for d=%d, got %zu",
                   (size_t)self->index.d * sizeof (float), self->index.d, self->ivf.code_size);
    return FAISS_OK;
}

FaissIndexIVFClass faiss_IndexIVFFlat_class = {
    .index = {.head = {.name = "IndexIVFFlat",
                       .parent = &faiss_IndexIVF_class.index.head,
                       .instance_size = sizeof (FaissIndexIVFFlat),
                       .table_size = sizeof (FaissIndexIVFClass),
                       .check = IndexIVFFlat_check,
                       .tags = "IwFl IvFl IvFL",
                       .read = IndexIVFFlat_read,
                       .write = IndexIVFFlat_write,
                       .factory = factory_rules,
                       .describe = IndexIVFFlat_describe}},
    .encode_vectors = IndexIVFFlat_encode_vectors,
    .decode_vectors = IndexIVFFlat_decode_vectors,
    .add_core = IndexIVFFlat_add_core,
    .get_InvertedListScanner = IndexIVFFlat_get_InvertedListScanner,
    .search_preassigned = IndexIVFFlat_search_preassigned,
};

/* ---- the methods of the parent under the names of this class --------------------------------- */

size_t faiss_IndexIVFFlat_nlist (const FaissIndexIVFFlat *self) {
    return self ? self->ivf.nlist : 0;
}

size_t faiss_IndexIVFFlat_nprobe (const FaissIndexIVFFlat *self) {
    return self ? self->ivf.nprobe : 0;
}

void faiss_IndexIVFFlat_set_nprobe (FaissIndexIVFFlat *self, size_t nprobe) {
    if (self) {
        self->ivf.nprobe = nprobe;
    }
}

FaissIndex *faiss_IndexIVFFlat_quantizer (const FaissIndexIVFFlat *self) {
    return self ? self->ivf.quantizer : NULL;
}

char faiss_IndexIVFFlat_quantizer_trains_alone (const FaissIndexIVFFlat *self) {
    return self ? self->ivf.quantizer_trains_alone : 0;
}

int faiss_IndexIVFFlat_own_fields (const FaissIndexIVFFlat *self) {
    return self ? self->ivf.own_fields : 0;
}

void faiss_IndexIVFFlat_set_own_fields (FaissIndexIVFFlat *self, int own_fields) {
    if (self) {
        self->ivf.own_fields = own_fields != 0;
    }
}

FaissStatus faiss_IndexIVFFlat_add_core (FaissIndexIVFFlat *self, idx_t n, const float *x,
                                         const idx_t *xids, const int64_t *precomputed_idx) {
    return faiss_IndexIVF_add_core ((FaissIndexIVF *)self, n, x, xids, precomputed_idx);
}

FaissStatus faiss_IndexIVFFlat_update_vectors (FaissIndexIVFFlat *self, int nv, idx_t *idx,
                                               const float *v) {
    return faiss_IndexIVF_update_vectors ((FaissIndexIVF *)self, nv, idx, v);
}
