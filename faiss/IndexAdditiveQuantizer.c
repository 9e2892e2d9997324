/* Exhaustive search in codes of additive quantizers: what its classes have in common. */
#include <faiss/IndexAdditiveQuantizer.h>

#include <math.h>
#include <string.h>

#include <faiss/impl/additive_search.h>
#include <faiss/impl/check.h>
#include <faiss/impl/index_additive_internal.h>
#include <faiss/impl/index_check.h>
#include <faiss/utils/distances.h>

#define SELF(pointer) FAISS_SELF (IndexAdditiveQuantizer, index, pointer)
#define CONST_SELF(pointer) FAISS_CONST_SELF (IndexAdditiveQuantizer, index, pointer)

/* ---- life ------------------------------------------------------------------------------------ */

FaissStatus faiss_IndexAdditiveQuantizer_init (FaissIndexAdditiveQuantizer *self, idx_t d,
                                               FaissAdditiveQuantizer *aq, FaissMetricType metric) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE_ARG (aq);
    FAISS_REQUIRE (metric == METRIC_L2 || metric == METRIC_INNER_PRODUCT,
                   "expected METRIC_L2 or METRIC_INNER_PRODUCT, got %d", (int)metric);
    self->aq = aq;
    FAISS_TRY (faiss_IndexFlatCodes_init (&self->flat_codes, aq->quantizer.code_size, d, metric));
    self->index.is_trained = aq->is_trained;
    return FAISS_OK;
}

FaissStatus faiss_IndexAdditiveQuantizer_new_with (FaissIndexAdditiveQuantizer **out, idx_t d,
                                                   FaissAdditiveQuantizer *aq,
                                                   FaissMetricType metric) {
    FAISS_REQUIRE_ARG (out);
    FAISS_REQUIRE_ARG (aq);
    FAISS_REQUIRE (d >= 0 && aq->quantizer.d == (size_t)d, "expected aq.d=%lld, got %zu",
                   (long long)d, aq->quantizer.d);
    FAISS_OWNED (IndexAdditiveQuantizer) *self = NULL;
    FAISS_TRY (faiss_object_new (&self, &faiss_IndexAdditiveQuantizer_class.index.head));
    FAISS_TRY (faiss_IndexAdditiveQuantizer_init (self, d, aq, metric));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

void faiss_IndexAdditiveQuantizer_free (FaissIndexAdditiveQuantizer *self) {
    faiss_object_free (self);
}

FaissIndexAdditiveQuantizer *faiss_IndexAdditiveQuantizer_cast (FaissIndex *index) {
    return faiss_object_cast (index, &faiss_IndexAdditiveQuantizer_class.index.head);
}

/* Subclasses point to their own quantizer afterwards. */
static FaissStatus IndexAdditiveQuantizer_copy (void *object, const void *other_object) {
    FaissIndexAdditiveQuantizer *self = object;
    const FaissIndexAdditiveQuantizer *other = other_object;
    self->aq = other->aq;
    return FAISS_OK;
}

/* ---- training and codes ---------------------------------------------------------------------- */

static FaissStatus IndexAdditiveQuantizer_train (FaissIndex *index, idx_t n, const float *x) {
    FaissAdditiveQuantizer *aq = SELF (index)->aq;
    aq->verbose = aq->verbose || index->verbose;
    FAISS_TRY (faiss_Quantizer_train (&aq->quantizer, (size_t)n, x));
    index->is_trained = true;
    return FAISS_OK;
}

/* The codes in the index and those that the quantizer makes are the same. */
static FaissStatus check_quantizer (const char *function, const FaissIndexAdditiveQuantizer *self) {
    if (!self->aq || self->aq->quantizer.d != (size_t)self->index.d ||
        self->aq->quantizer.code_size != self->flat_codes.code_size) {
        return faiss_fail_in (FAISS_EXCEPT, function,
                              "expected a quantizer of d=%d and code_size=%zu", self->index.d,
                              self->flat_codes.code_size);
    }
    return FAISS_OK;
}

static FaissStatus IndexAdditiveQuantizer_sa_encode (const FaissIndex *index, idx_t n,
                                                     const float *x, uint8_t *bytes) {
    const FaissIndexAdditiveQuantizer *self = CONST_SELF (index);
    FAISS_TRY (check_quantizer (__func__, self));
    return faiss_Quantizer_compute_codes (&self->aq->quantizer, x, bytes, (size_t)n);
}

static FaissStatus IndexAdditiveQuantizer_sa_decode (const FaissIndex *index, idx_t n,
                                                     const uint8_t *bytes, float *x) {
    const FaissIndexAdditiveQuantizer *self = CONST_SELF (index);
    FAISS_TRY (check_quantizer (__func__, self));
    return faiss_Quantizer_decode (&self->aq->quantizer, bytes, x, (size_t)n);
}

static FaissStatus IndexAdditiveQuantizer_check_compatible_for_merge (
    const FaissIndex *index, const FaissIndex *other_index) {
    FAISS_TRY (faiss_IndexFlatCodes_class.index.check_compatible_for_merge (index, other_index));
    const FaissAdditiveQuantizer *aq = CONST_SELF (index)->aq,
                                 *other = CONST_SELF (other_index)->aq;
    FAISS_REQUIRE (aq->M == other->M && aq->codebooks.size == other->codebooks.size &&
                       aq->search_type == other->search_type,
                   "the other index has another kind of codes");
    return FAISS_OK;
}

/* ---- search ---------------------------------------------------------------------------------- */

static FaissAqCodes codes_of (const FaissIndexAdditiveQuantizer *self) {
    return (FaissAqCodes){self->aq, self->index.metric_type, self->index.ntotal,
                          self->flat_codes.codes.data};
}

static FaissStatus IndexAdditiveQuantizer_search (const FaissIndex *index, idx_t n, const float *x,
                                                  idx_t k, const FaissSearchParameters *params,
                                                  float *distances, idx_t *labels) {
    const FaissIndexAdditiveQuantizer *self = CONST_SELF (index);
    FAISS_TRY (check_quantizer (__func__, self));
    FAISS_TRY (faiss_check_params_class (__func__, index, params, &faiss_SearchParameters_class));
    FAISS_TRY (faiss_IndexFlatCodes_check_size (&self->flat_codes));
    FaissAqCodes codes = codes_of (self);
    return faiss_aq_search (&codes, n, x, k, params ? params->sel : NULL, distances, labels);
}

/* By the decoded vectors, as upstream's. */
static FaissStatus IndexAdditiveQuantizer_range_search (const FaissIndex *index, idx_t n,
                                                        const float *x, float radius,
                                                        const FaissSearchParameters *params,
                                                        FaissRangeSearchResult *result) {
    const FaissIndexAdditiveQuantizer *self = CONST_SELF (index);
    FAISS_TRY (check_quantizer (__func__, self));
    FAISS_TRY (faiss_IndexFlatCodes_check_size (&self->flat_codes));
    FaissAqCodes codes = codes_of (self);
    return faiss_aq_range_search (&codes, n, x, radius, params ? params->sel : NULL, result);
}

/* A query and single codes: a block of one. */
typedef struct TableComputer {
    FaissFlatCodesDistanceComputer base;
    FaissDistanceComputer *decoding; /* for distances between codes */
    FaissAqScan scan;
    float *table;
    float bias;
} TableComputer;

static TableComputer *computer_of (FaissDistanceComputer *dc) {
    return (TableComputer *)dc;
}

static FaissStatus TableComputer_set_query (FaissDistanceComputer *dc, const float *x) {
    TableComputer *self = computer_of (dc);
    self->base.q = x;
    self->bias =
        self->scan.is_similarity ? 0 : faiss_fvec_norm_L2sqr (x, self->scan.aq->quantizer.d);
    FAISS_TRY (self->decoding->set_query (self->decoding, x));
    return faiss_AdditiveQuantizer_compute_LUT (self->scan.aq, 1, x, self->table, 1, -1);
}

static float TableComputer_distance_to_code (FaissFlatCodesDistanceComputer *fdc,
                                             const uint8_t *code) {
    TableComputer *self = computer_of (&fdc->dc);
    float value;
    faiss_AqScan_load (&self->scan, code, 1);
    faiss_AqScan_compute (&self->scan, self->base.q, self->table, self->bias, &value);
    return value;
}

static float TableComputer_distance (FaissDistanceComputer *dc, idx_t i) {
    TableComputer *self = computer_of (dc);
    if (i < 0) {
        return self->scan.is_similarity ? -HUGE_VALF : HUGE_VALF;
    }
    return TableComputer_distance_to_code (&self->base,
                                           self->base.codes + (size_t)i * self->base.code_size);
}

static void TableComputer_distances_batch_4 (FaissDistanceComputer *dc, const idx_t i[4],
                                             float out[4]) {
    for (int j = 0; j < 4; j++) {
        out[j] = TableComputer_distance (dc, i[j]);
    }
}

static float TableComputer_symmetric_dis (FaissDistanceComputer *dc, idx_t i, idx_t j) {
    FaissDistanceComputer *decoding = computer_of (dc)->decoding;
    return decoding->symmetric_dis (decoding, i, j);
}

static void TableComputer_free (FaissDistanceComputer *dc) {
    TableComputer *self = computer_of (dc);
    faiss_DistanceComputer_free (self->decoding);
    faiss_AqScan_clear (&self->scan);
    free (self->table);
    free (self);
}

static FaissStatus TableComputer_init (TableComputer *self, const FaissIndexFlatCodes *codes,
                                       const FaissAdditiveQuantizer *aq) {
    FaissFlatCodesDistanceComputer *decoding = NULL;
    FAISS_TRY (faiss_decoding_distance_computer (codes, &decoding));
    self->decoding = &decoding->dc;
    FAISS_TRY (faiss_AqScan_init (&self->scan, aq, aq->search_type, codes->index.metric_type, 1));
    FAISS_TRY (faiss_alloc (&self->table, aq->total_codebook_size, sizeof *self->table));
    self->base = (FaissFlatCodesDistanceComputer){
        .dc = {.set_query = TableComputer_set_query,
               .distance = TableComputer_distance,
               .distances_batch_4 = TableComputer_distances_batch_4,
               .symmetric_dis = TableComputer_symmetric_dis,
               .free = TableComputer_free},
        .codes = codes->codes.data,
        .code_size = codes->code_size,
        .distance_to_code = TableComputer_distance_to_code};
    return FAISS_OK;
}

static FaissStatus IndexAdditiveQuantizer_get_FlatCodesDistanceComputer (
    const FaissIndexFlatCodes *codes, FaissFlatCodesDistanceComputer **out) {
    const FaissIndexAdditiveQuantizer *self =
        FAISS_CONST_SELF (IndexAdditiveQuantizer, flat_codes, codes);
    FAISS_TRY (check_quantizer (__func__, self));
    if (!faiss_aq_needs_table (self->aq)) {
        return faiss_decoding_distance_computer (codes, out);
    }
    TableComputer *computer = NULL;
    FAISS_TRY (faiss_alloc_zeroed (&computer, 1, sizeof *computer));
    FaissStatus status = TableComputer_init (computer, codes, self->aq);
    if (status != FAISS_OK) {
        TableComputer_free (&computer->base.dc);
        return status;
    }
    *out = &computer->base;
    return FAISS_OK;
}

/* ---- files ----------------------------------------------------------------------------------- */

FaissStatus faiss_check_aq_dimension (const FaissIOReader *r, const FaissIndex *index,
                                      const FaissAdditiveQuantizer *aq) {
    FAISS_REQUIRE_FILE (r, aq->quantizer.d == (size_t)index->d,
                        "the quantizer has d=%zu, expected %d", aq->quantizer.d, index->d);
    return FAISS_OK;
}

FaissStatus faiss_read_additive_codes (FaissIOReader *r, FaissIndexAdditiveQuantizer *self) {
    FaissIndexFlatCodes *codes = &self->flat_codes;
    FAISS_TRY (faiss_check_aq_dimension (r, &self->index, self->aq));
    FAISS_TRY (faiss_read_size (r, &codes->code_size, "code_size"));
    FAISS_REQUIRE_FILE (r, codes->code_size == self->aq->quantizer.code_size,
                        "code_size is %zu, expected %zu", codes->code_size,
                        self->aq->quantizer.code_size);
    FAISS_TRY (faiss_read_UInt8Vector (r, &codes->codes, "codes"));
    FAISS_REQUIRE_FILE (r,
                        self->index.ntotal >= 0 &&
                            (size_t)self->index.ntotal <= SIZE_MAX / codes->code_size &&
                            codes->codes.size == (size_t)self->index.ntotal * codes->code_size,
                        "codes has %zu bytes, expected ntotal=%lld times %zu", codes->codes.size,
                        (long long)self->index.ntotal, codes->code_size);
    return FAISS_OK;
}

FaissStatus faiss_write_additive_codes (FaissIOWriter *w, const FaissIndexAdditiveQuantizer *self) {
    FAISS_TRY (faiss_write_u64 (w, self->flat_codes.code_size));
    return faiss_write_UInt8Vector (w, &self->flat_codes.codes);
}

/* ---- the class ------------------------------------------------------------------------------- */

/* What a field was set to may not fit the others. */
static FaissStatus IndexAdditiveQuantizer_check (const void *object) {
    const FaissIndexAdditiveQuantizer *self = object;
    if (self->aq) {
        FAISS_TRY (faiss_check_encoder (__func__, "aq", &self->aq->quantizer, &self->index,
                                        self->flat_codes.code_size));
    }
    FAISS_REQUIRE (self->aq || self->index.ntotal == 0, "aq is NULL");
    FAISS_REQUIRE (!self->index.is_trained || !self->aq || self->aq->is_trained,
                   "aq is not trained");
    return FAISS_OK;
}

FaissIndexFlatCodesClass faiss_IndexAdditiveQuantizer_class = {
    .index =
        {
            .head = {.name = "IndexAdditiveQuantizer",
                     .parent = &faiss_IndexFlatCodes_class.index.head,
                     .instance_size = sizeof (FaissIndexAdditiveQuantizer),
                     .table_size = sizeof (FaissIndexFlatCodesClass),
                     .check = IndexAdditiveQuantizer_check,
                     .copy = IndexAdditiveQuantizer_copy},
            .train = IndexAdditiveQuantizer_train,
            .search = IndexAdditiveQuantizer_search,
            .range_search = IndexAdditiveQuantizer_range_search,
            .sa_encode = IndexAdditiveQuantizer_sa_encode,
            .sa_decode = IndexAdditiveQuantizer_sa_decode,
            .check_compatible_for_merge = IndexAdditiveQuantizer_check_compatible_for_merge,
        },
    .get_FlatCodesDistanceComputer = IndexAdditiveQuantizer_get_FlatCodesDistanceComputer,
};
