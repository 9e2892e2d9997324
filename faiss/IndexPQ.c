/* Vectors as product quantizer codes: objects, training, codes, files. */
#include <faiss/IndexPQ.h>

#include <math.h>
#include <string.h>

#include <faiss/AutoTune.h>
#include <faiss/impl/check.h>
#include <faiss/impl/factory_rule.h>
#include <faiss/impl/index_check.h>
#include <faiss/impl/index_pq_internal.h>
#include <faiss/impl/io_fields.h>
#include <faiss/impl/pq_internal.h>
#include <faiss/utils/distances.h>
#include <faiss/utils/string.h>

#define SELF(pointer) FAISS_SELF (IndexPQ, index, pointer)
#define CONST_SELF(pointer) FAISS_CONST_SELF (IndexPQ, index, pointer)

/* ---- objects --------------------------------------------------------------------------------- */

static void set_defaults (FaissIndexPQ *self) {
    faiss_PolysemousTraining_set_defaults (&self->polysemous_training);
    self->search_type = ST_PQ;
    self->polysemous_ht = (int)(self->pq.nbits * self->pq.M) + 1;
}

static FaissStatus init (FaissIndexPQ *self, int d, size_t M, size_t nbits,
                         FaissMetricType metric) {
    FAISS_REQUIRE (metric == METRIC_L2 || metric == METRIC_INNER_PRODUCT,
                   "expected METRIC_L2 or METRIC_INNER_PRODUCT, got %d", (int)metric);
    FAISS_REQUIRE (d >= 0, "expected d >= 0, got %d", d);
    FAISS_TRY (faiss_ProductQuantizer_init (&self->pq, (size_t)d, M, nbits));
    FAISS_TRY (
        faiss_IndexFlatCodes_init (&self->flat_codes, self->pq.quantizer.code_size, d, metric));
    self->index.is_trained = false;
    set_defaults (self);
    return FAISS_OK;
}

FaissStatus faiss_IndexPQ_new_with (FaissIndexPQ **out, int d, size_t M, size_t nbits,
                                    FaissMetricType metric) {
    FAISS_REQUIRE_ARG (out);
    FAISS_OWNED (IndexPQ) *self = NULL;
    FAISS_TRY (faiss_object_new (&self, &faiss_IndexPQ_class.index.head));
    FAISS_TRY (init (self, d, M, nbits, metric));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

FaissStatus faiss_IndexPQ_new (FaissIndexPQ **out) {
    return faiss_IndexPQ_new_with (out, 0, 1, 0, METRIC_L2);
}

void faiss_IndexPQ_free (FaissIndexPQ *self) {
    faiss_object_free (self);
}

FaissIndexPQ *faiss_IndexPQ_cast (FaissIndex *index) {
    return faiss_object_cast (index, &faiss_IndexPQ_class.index.head);
}

static void IndexPQ_finalize (void *object) {
    FaissIndexPQ *self = object;
    faiss_object_clear (&self->pq);
}

static FaissStatus IndexPQ_copy (void *object, const void *other_object) {
    FaissIndexPQ *self = object;
    const FaissIndexPQ *other = other_object;
    self->do_polysemous_training = other->do_polysemous_training;
    self->polysemous_training = other->polysemous_training;
    self->search_type = other->search_type;
    self->encode_signs = other->encode_signs;
    self->polysemous_ht = other->polysemous_ht;
    return faiss_object_assign (&self->pq, &other->pq);
}

/* ---- training and codes ---------------------------------------------------------------------- */

static FaissStatus IndexPQ_train (FaissIndex *index, idx_t n, const float *x) {
    FaissIndexPQ *self = SELF (index);
    FAISS_REQUIRE (self->pq.quantizer.d == (size_t)index->d, "expected pq.d=%d, got %zu", index->d,
                   self->pq.quantizer.d);
    self->pq.verbose = self->pq.verbose || index->verbose;
    if (!self->do_polysemous_training) {
        FAISS_TRY (self->pq.quantizer.cls->train (&self->pq.quantizer, (size_t)n, x));
    } else {
        /* upstream keeps some of the vectors for the permutations */
        idx_t n_permutation = self->polysemous_training.ntrain_permutation;
        n_permutation = n_permutation > n / 4 ? n / 4 : n_permutation;
        if (self->polysemous_training.optimization_type ==
            PolysemousTraining_OT_ReproduceDistances_affine) {
            n_permutation = 0;
        }
        FAISS_TRY (
            self->pq.quantizer.cls->train (&self->pq.quantizer, (size_t)(n - n_permutation), x));
        FAISS_TRY (faiss_PolysemousTraining_optimize_pq_for_hamming (
            &self->polysemous_training, &self->pq, (size_t)n_permutation,
            x + (n - n_permutation) * index->d));
    }
    index->is_trained = true;
    return FAISS_OK;
}

static FaissStatus IndexPQ_sa_encode (const FaissIndex *index, idx_t n, const float *x,
                                      uint8_t *bytes) {
    return faiss_Quantizer_compute_codes (&CONST_SELF (index)->pq.quantizer, x, bytes, (size_t)n);
}

static FaissStatus IndexPQ_sa_decode (const FaissIndex *index, idx_t n, const uint8_t *bytes,
                                      float *x) {
    return faiss_Quantizer_decode (&CONST_SELF (index)->pq.quantizer, bytes, x, (size_t)n);
}

static FaissStatus IndexPQ_check_compatible_for_merge (const FaissIndex *index,
                                                       const FaissIndex *other_index) {
    FAISS_TRY (faiss_IndexFlatCodes_class.index.check_compatible_for_merge (index, other_index));
    const FaissIndexPQ *self = CONST_SELF (index), *other = CONST_SELF (other_index);
    FAISS_REQUIRE (self->pq.M == other->pq.M && self->pq.nbits == other->pq.nbits,
                   "expected M=%zu and nbits=%zu, got %zu and %zu", self->pq.M, self->pq.nbits,
                   other->pq.M, other->pq.nbits);
    return FAISS_OK;
}

/* ---- parameters ------------------------------------------------------------------------------ */

static FaissStatus IndexPQ_set_parameter (FaissIndex *index, const char *name, double value,
                                          bool *known) {
    FaissIndexPQ *self = SELF (index);
    if (strcmp (name, "ht") != 0) {
        return faiss_IndexFlatCodes_class.index.set_parameter (index, name, value, known);
    }
    *known = true;
    if (value >= (double)self->flat_codes.code_size * 8) {
        self->search_type = ST_PQ;
    } else {
        FAISS_REQUIRE (value >= 0, "expected ht >= 0, got %g", value);
        self->search_type = ST_polysemous;
        self->polysemous_ht = (int)value;
    }
    return FAISS_OK;
}

static FaissStatus IndexPQ_add_parameter_ranges (const FaissIndex *index,
                                                 FaissParameterSpace *space) {
    return faiss_pq_append_ht_range (space, CONST_SELF (index)->flat_codes.code_size);
}

/* ---- files and factory strings --------------------------------------------------------------- */

static FaissStatus IndexPQ_write (const void *object, FaissIOWriter *w, int io_flags) {
    (void)io_flags;
    const FaissIndexPQ *self = object;
    FAISS_TRY (faiss_write_tag (w, "IxPq"));
    FAISS_TRY (faiss_write_index_header (w, &self->index));
    FAISS_TRY (faiss_write_pq (w, &self->pq));
    FAISS_TRY (faiss_write_UInt8Vector (w, &self->flat_codes.codes));
    FAISS_TRY (faiss_write_i32 (w, (int)self->search_type));
    FAISS_TRY (faiss_write_bool (w, self->encode_signs));
    return faiss_write_i32 (w, self->polysemous_ht);
}

static FaissStatus IndexPQ_read (void **out, FaissIOReader *r, uint32_t tag, int io_flags) {
    (void)io_flags;
    FAISS_OWNED (IndexPQ) *self = NULL;
    FAISS_TRY (faiss_IndexPQ_new (&self));
    FAISS_TRY (faiss_read_index_header (r, &self->index));
    FAISS_TRY (faiss_read_pq (r, &self->pq));
    FAISS_TRY (faiss_read_UInt8Vector (r, &self->flat_codes.codes, "codes"));
    FAISS_REQUIRE_FILE (r, self->pq.quantizer.d == (size_t)self->index.d,
                        "pq.d is %zu, expected d=%d", self->pq.quantizer.d, self->index.d);
    size_t code_size = self->pq.quantizer.code_size, n_bytes = self->flat_codes.codes.size;
    self->flat_codes.code_size = code_size;
    FAISS_REQUIRE_FILE (r,
                        self->index.ntotal >= 0 && n_bytes % code_size == 0 &&
                            n_bytes / code_size == (size_t)self->index.ntotal,
                        "codes has %zu bytes, expected ntotal=%lld times %zu", n_bytes,
                        (long long)self->index.ntotal, code_size);
    set_defaults (self);
    if (tag != FAISS_FOURCC ("IxPQ")) {
        int search_type;
        FAISS_TRY (faiss_read_i32 (r, &search_type, "search_type"));
        FAISS_REQUIRE_FILE (r, search_type >= ST_PQ && search_type <= ST_polysemous_generalize,
                            "search_type is %d, expected 0 .. %d", search_type,
                            ST_polysemous_generalize);
        self->search_type = (FaissIndexPQSearchType)search_type;
        FAISS_TRY (faiss_read_bool (r, &self->encode_signs, "encode_signs"));
        FAISS_TRY (faiss_read_i32 (r, &self->polysemous_ht, "polysemous_ht"));
    }
    if (tag != FAISS_FOURCC ("IxPq")) { /* older than other metrics */
        self->index.metric_type = METRIC_L2;
    }
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

static FaissStatus IndexPQ_describe (const void *object, FaissString *out) {
    const FaissIndexPQ *self = object;
    return faiss_String_printf (out, "PQ%zux%zu", self->pq.M, self->pq.nbits);
}

/* PQ<M>[x<nbits>][np] */
static FaissStatus build_pq (const FaissFactoryContext *context, void *out) {
    int M, nbits;
    FAISS_TRY (faiss_factory_int (context->groups[1], 0, &M));
    FAISS_TRY (faiss_factory_int (context->groups[3], 8, &nbits));
    FaissIndexPQ *index = NULL;
    FAISS_TRY (
        faiss_IndexPQ_new_with (&index, context->d, (size_t)M, (size_t)nbits, context->metric));
    index->do_polysemous_training = !context->groups[4] || !*context->groups[4];
    memcpy (out, &index, sizeof index);
    return FAISS_OK;
}

static const FaissFactoryRule factory_rules[] = {
    {"PQ([0-9]+)(x([0-9]+))?(np)?", FAISS_FACTORY_INDEX, "PQ<M>[x<nbits>][np]",
     "product quantizer codes; np: without polysemous training", build_pq},
    {0},
};

/* ---- distance computers ---------------------------------------------------------------------- */

typedef struct PQDistanceComputer {
    FaissFlatCodesDistanceComputer base;
    const FaissProductQuantizer *pq; /* borrowed */
    FaissMetricType metric;
    FaissPQLayout layout;
    float *table;  /* M * ksub */
    float *tables; /* those for scans; the same array where that will do */
    uint8_t *scratch;
    float *decoded; /* two vectors */
} PQDistanceComputer;

static PQDistanceComputer *computer_of (FaissDistanceComputer *dc) {
    return (PQDistanceComputer *)dc;
}

static FaissStatus computer_set_query (FaissDistanceComputer *dc, const float *x) {
    PQDistanceComputer *self = computer_of (dc);
    self->base.q = x;
    if (self->metric == METRIC_INNER_PRODUCT) {
        faiss_pq_inner_prod_table (self->pq, x, self->table);
    } else {
        faiss_pq_distance_table (self->pq, x, self->table);
    }
    if (self->tables != self->table) {
        faiss_pq_make_tables (&self->layout, self->table, self->tables);
    }
    return FAISS_OK;
}

static float computer_distance_to_code (FaissFlatCodesDistanceComputer *fdc, const uint8_t *code) {
    PQDistanceComputer *self = computer_of (&fdc->dc);
    float distance;
    faiss_pq_sums (&self->layout, self->tables, 0, code, NULL, 1, &distance, self->scratch);
    return distance;
}

static float computer_distance (FaissDistanceComputer *dc, idx_t i) {
    PQDistanceComputer *self = computer_of (dc);
    if (i < 0) {
        return self->metric == METRIC_INNER_PRODUCT ? -HUGE_VALF : HUGE_VALF;
    }
    return computer_distance_to_code (&self->base,
                                      self->base.codes + (size_t)i * self->base.code_size);
}

static void computer_distances_batch_4 (FaissDistanceComputer *dc, const idx_t i[4], float out[4]) {
    PQDistanceComputer *self = computer_of (dc);
    uint32_t positions[4];
    for (int j = 0; j < 4; j++) {
        if (i[j] < 0 || i[j] > UINT32_MAX) {
            for (j = 0; j < 4; j++) {
                out[j] = computer_distance (dc, i[j]);
            }
            return;
        }
        positions[j] = (uint32_t)i[j];
    }
    faiss_pq_sums (&self->layout, self->tables, 0, self->base.codes, positions, 4, out,
                   self->scratch);
}

static float computer_symmetric_dis (FaissDistanceComputer *dc, idx_t i, idx_t j) {
    PQDistanceComputer *self = computer_of (dc);
    const FaissProductQuantizer *pq = self->pq;
    const uint8_t *a = self->base.codes + (size_t)i * self->base.code_size;
    const uint8_t *b = self->base.codes + (size_t)j * self->base.code_size;
    if (self->metric == METRIC_L2 && pq->sdc_table.size == pq->M * pq->ksub * pq->ksub) {
        return faiss_pq_symmetric_distance (pq, a, b);
    }
    float *x = self->decoded, *y = x + pq->quantizer.d;
    faiss_pq_decode (pq, a, x);
    faiss_pq_decode (pq, b, y);
    return self->metric == METRIC_INNER_PRODUCT ? faiss_fvec_inner_product (x, y, pq->quantizer.d)
                                                : faiss_fvec_L2sqr (x, y, pq->quantizer.d);
}

static void computer_free (FaissDistanceComputer *dc) {
    PQDistanceComputer *self = computer_of (dc);
    if (self->tables != self->table) {
        free (self->tables);
    }
    free (self->table);
    free (self->scratch);
    free (self->decoded);
    free (self);
}

static FaissStatus allocate_computer (PQDistanceComputer *self) {
    const FaissPQLayout *layout = &self->layout;
    FAISS_TRY (faiss_alloc (&self->table, layout->M * layout->ksub, sizeof (float)));
    if (faiss_pq_tables_are_plain (layout)) {
        self->tables = self->table;
    } else {
        FAISS_TRY (faiss_alloc (&self->tables, faiss_pq_tables_size (layout), sizeof (float)));
    }
    FAISS_TRY (faiss_alloc (&self->scratch, faiss_pq_scratch_size (layout), 1));
    return faiss_alloc (&self->decoded, 2 * self->pq->quantizer.d, sizeof (float));
}

static FaissStatus IndexPQ_get_FlatCodesDistanceComputer (const FaissIndexFlatCodes *codes,
                                                          FaissFlatCodesDistanceComputer **out) {
    const FaissIndexPQ *self = FAISS_CONST_SELF (IndexPQ, flat_codes, codes);
    FAISS_TRY (faiss_pq_check (__func__, &self->pq));
    PQDistanceComputer *computer = NULL;
    FAISS_TRY (faiss_alloc_zeroed (&computer, 1, sizeof *computer));
    *computer = (PQDistanceComputer){
        .base = {.dc = {.set_query = computer_set_query,
                        .distance = computer_distance,
                        .distances_batch_4 = computer_distances_batch_4,
                        .symmetric_dis = computer_symmetric_dis,
                        .free = computer_free},
                 .codes = codes->codes.data,
                 .code_size = codes->code_size,
                 .distance_to_code = computer_distance_to_code},
        .pq = &self->pq,
        .metric = self->index.metric_type,
    };
    faiss_pq_layout (&computer->layout, &self->pq);
    FaissStatus status = allocate_computer (computer);
    if (status != FAISS_OK) {
        computer_free (&computer->base.dc);
        return status;
    }
    *out = &computer->base;
    return FAISS_OK;
}

/* ---- the class ------------------------------------------------------------------------------- */

/* What a field was set to may not fit the others. */
static FaissStatus IndexPQ_check (const void *object) {
    const FaissIndexPQ *self = object;
    FAISS_TRY (faiss_check_encoder (__func__, "pq", &self->pq.quantizer, &self->index,
                                    self->flat_codes.code_size));
    return FAISS_OK;
}

FaissIndexFlatCodesClass faiss_IndexPQ_class = {
    .index =
        {
            .head = {.name = "IndexPQ",
                     .parent = &faiss_IndexFlatCodes_class.index.head,
                     .instance_size = sizeof (FaissIndexPQ),
                     .table_size = sizeof (FaissIndexFlatCodesClass),
                     .check = IndexPQ_check,
                     .finalize = IndexPQ_finalize,
                     .copy = IndexPQ_copy,
                     .tags = "IxPq IxPo IxPQ",
                     .read = IndexPQ_read,
                     .write = IndexPQ_write,
                     .factory = factory_rules,
                     .describe = IndexPQ_describe},
            .train = IndexPQ_train,
            .search = faiss_IndexPQ_search_slot,
            .range_search = faiss_IndexPQ_range_search_slot,
            .sa_encode = IndexPQ_sa_encode,
            .sa_decode = IndexPQ_sa_decode,
            .check_compatible_for_merge = IndexPQ_check_compatible_for_merge,
            .set_parameter = IndexPQ_set_parameter,
            .add_parameter_ranges = IndexPQ_add_parameter_ranges,
        },
    .get_FlatCodesDistanceComputer = IndexPQ_get_FlatCodesDistanceComputer,
};
