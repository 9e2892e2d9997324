/* Codes of two layers: a list number, and a product quantizer code of what remains. */
#include <faiss/Index2Layer.h>

#include <string.h>

#include <faiss/IndexFlat.h>
#include <faiss/IndexIVFPQ.h>
#include <faiss/IndexPQ.h>
#include <faiss/impl/check.h>
#include <faiss/impl/factory_rule.h>
#include <faiss/impl/index_check.h>
#include <faiss/impl/io_fields.h>
#include <faiss/impl/io_limits.h>
#include <faiss/impl/ivf_internal.h>
#include <faiss/impl/ivfpq_internal.h>
#include <faiss/impl/parallel.h>
#include <faiss/impl/pq_internal.h>
#include <faiss/utils/distances.h>
#include <faiss/utils/utils.h>

#define SELF(pointer) FAISS_SELF (Index2Layer, index, pointer)
#define CONST_SELF(pointer) FAISS_CONST_SELF (Index2Layer, index, pointer)

/// Vectors whose residuals are kept at once.
#define ENCODE_BLOCK 8192

/* ---- life ------------------------------------------------------------------------------------ */

static void set_code_sizes (FaissIndex2Layer *self) {
    self->code_size_1 = faiss_Level1Quantizer_coarse_code_size (&self->q1);
    self->code_size_2 = self->pq.quantizer.code_size;
    self->flat_codes.code_size = self->code_size_1 + self->code_size_2;
}

static FaissStatus init (FaissIndex2Layer *self, FaissIndex *quantizer, size_t nlist, size_t M,
                         size_t nbit, FaissMetricType metric) {
    size_t d = quantizer ? (size_t)quantizer->d : 0;
    FAISS_TRY (faiss_IndexFlatCodes_init (&self->flat_codes, 0, (idx_t)d, metric));
    FAISS_TRY (faiss_ProductQuantizer_init (&self->pq, d, M, nbit));
    faiss_Level1Quantizer_init (&self->q1, quantizer, nlist);
    set_code_sizes (self);
    self->index.is_trained = false;
    return FAISS_OK;
}

static FaissStatus new_index (FaissIndex2Layer **out, FaissIndex *quantizer, size_t nlist, size_t M,
                              size_t nbit, FaissMetricType metric) {
    FAISS_OWNED (Index2Layer) *self = NULL;
    FAISS_TRY (faiss_object_new (&self, &faiss_Index2Layer_class.index.head));
    FAISS_TRY (init (self, quantizer, nlist, M, nbit, metric));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

FaissStatus faiss_Index2Layer_new (FaissIndex2Layer **out) {
    FAISS_REQUIRE_ARG (out);
    return new_index (out, NULL, 0, 1, 0, METRIC_L2);
}

FaissStatus faiss_Index2Layer_new_with (FaissIndex2Layer **out, FaissIndex *quantizer, size_t nlist,
                                        int M, int nbit, FaissMetricType metric) {
    FAISS_REQUIRE_ARG (out);
    FAISS_REQUIRE_ARG (quantizer);
    FAISS_REQUIRE (M > 0 && nbit >= 0, "expected M > 0 and nbit >= 0, got %d and %d", M, nbit);
    return new_index (out, quantizer, nlist, (size_t)M, (size_t)nbit, metric);
}

void faiss_Index2Layer_free (FaissIndex2Layer *self) {
    faiss_object_free (self);
}

FaissIndex2Layer *faiss_Index2Layer_cast (FaissIndex *index) {
    return faiss_object_cast (index, &faiss_Index2Layer_class.index.head);
}

static void Index2Layer_finalize (void *object) {
    FaissIndex2Layer *self = object;
    faiss_object_clear (&self->pq);
    if (self->q1.own_fields) {
        faiss_Index_free (self->q1.quantizer);
    }
}

static FaissStatus Index2Layer_copy (void *object, const void *other_object) {
    FaissIndex2Layer *self = object;
    const FaissIndex2Layer *other = other_object;
    self->q1 = other->q1;
    self->q1.quantizer = NULL;
    self->q1.own_fields = true;
    self->code_size_1 = other->code_size_1;
    self->code_size_2 = other->code_size_2;
    FAISS_TRY (faiss_object_assign (&self->pq, &other->pq));
    return other->q1.quantizer ? faiss_object_clone (&self->q1.quantizer, other->q1.quantizer)
                               : FAISS_OK;
}

/* What a user or a file may have made inconsistent. */
static FaissStatus check_parts (const char *function, const FaissIndex2Layer *self) {
    const FaissIndex *quantizer = self->q1.quantizer;
    FAISS_TRY (faiss_pq_check (function, &self->pq));
    if (!quantizer || quantizer->d != self->index.d ||
        self->pq.quantizer.d != (size_t)self->index.d) {
        return faiss_fail_in (FAISS_EXCEPT, function,
                              "expected a quantizer and a product quantizer of d=%d",
                              self->index.d);
    }
    if (self->code_size_1 != faiss_Level1Quantizer_coarse_code_size (&self->q1) ||
        self->code_size_2 != self->pq.quantizer.code_size ||
        self->flat_codes.code_size != self->code_size_1 + self->code_size_2) {
        return faiss_fail_in (FAISS_EXCEPT, function, "the code sizes do not fit the quantizers");
    }
    return FAISS_OK;
}

/* ---- training -------------------------------------------------------------------------------- */

static FaissStatus train_on (FaissIndex2Layer *self, idx_t n, const float *x) {
    const FaissIndex *quantizer = self->q1.quantizer;
    FAISS_AUTO_FREE (idx_t) *assign = NULL;
    FAISS_AUTO_FREE (float) *residuals = NULL;
    FAISS_TRY (faiss_alloc (&assign, (size_t)n, sizeof *assign));
    FAISS_TRY (faiss_alloc (&residuals, (size_t)n * (size_t)self->index.d, sizeof *residuals));
    FAISS_TRY (faiss_Index_assign (self->q1.quantizer, n, x, assign, 1));
    FAISS_TRY (faiss_Index_compute_residual_n (quantizer, n, x, residuals, assign));
    bool verbose = self->pq.verbose;
    self->pq.verbose = verbose || self->index.verbose;
    FaissStatus status = faiss_Quantizer_train (&self->pq.quantizer, (size_t)n, residuals);
    self->pq.verbose = verbose;
    return status;
}

static FaissStatus Index2Layer_train (FaissIndex *index, idx_t n, const float *x) {
    FaissIndex2Layer *self = SELF (index);
    FAISS_TRY (check_parts (__func__, self));
    if (index->verbose) {
        faiss_say ("Training level-1 quantizer on %lld vectors of d=%d\n", (long long)n, index->d);
    }
    FAISS_TRY (faiss_Level1Quantizer_train_q1 (&self->q1, (size_t)n, x, index->verbose,
                                               index->metric_type));
    const FaissClusteringParameters *cp = &self->pq.cp;
    size_t n_sample = (size_t)n, wanted = (size_t)cp->max_points_per_centroid * self->pq.ksub;
    FAISS_AUTO_FREE (float) *sample = NULL;
    if (n_sample > wanted) {
        FAISS_TRY (faiss_fvecs_maybe_subsample ((size_t)index->d, &n_sample, wanted, x,
                                                index->verbose, cp->seed, &sample));
    }
    FAISS_TRY (train_on (self, (idx_t)n_sample, sample ? sample : x));
    index->is_trained = true;
    return FAISS_OK;
}

/* ---- codes ----------------------------------------------------------------------------------- */

static FaissStatus encode_block (const FaissIndex2Layer *self, idx_t n, const float *x,
                                 idx_t *list_nos, float *residuals, uint8_t *pq_codes,
                                 uint8_t *out) {
    const FaissIndex *quantizer = self->q1.quantizer;
    FAISS_TRY (faiss_Index_assign (self->q1.quantizer, n, x, list_nos, 1));
    FAISS_TRY (faiss_Index_compute_residual_n (quantizer, n, x, residuals, list_nos));
    FAISS_TRY (faiss_Quantizer_compute_codes (&self->pq.quantizer, residuals, pq_codes, (size_t)n));
    for (idx_t i = 0; i < n; i++) {
        uint8_t *code = out + (size_t)i * self->flat_codes.code_size;
        faiss_Level1Quantizer_encode_listno (&self->q1, list_nos[i], code);
        memcpy (code + self->code_size_1, pq_codes + (size_t)i * self->code_size_2,
                self->code_size_2);
    }
    return FAISS_OK;
}

static FaissStatus Index2Layer_sa_encode (const FaissIndex *index, idx_t n, const float *x,
                                          uint8_t *bytes) {
    const FaissIndex2Layer *self = CONST_SELF (index);
    size_t d = (size_t)index->d, block = (size_t)(n < ENCODE_BLOCK ? n : ENCODE_BLOCK);
    FAISS_AUTO_FREE (idx_t) *list_nos = NULL;
    FAISS_AUTO_FREE (float) *residuals = NULL;
    FAISS_AUTO_FREE (uint8_t) *pq_codes = NULL;
    FAISS_TRY (check_parts (__func__, self));
    FAISS_TRY (faiss_alloc (&list_nos, block, sizeof *list_nos));
    FAISS_TRY (faiss_alloc (&residuals, block * d, sizeof *residuals));
    FAISS_TRY (faiss_alloc (&pq_codes, block, self->code_size_2));
    for (idx_t begin = 0; begin < n; begin += (idx_t)block) {
        idx_t size = n - begin < (idx_t)block ? n - begin : (idx_t)block;
        FAISS_TRY (encode_block (self, size, x + (size_t)begin * d, list_nos, residuals, pq_codes,
                                 bytes + (size_t)begin * self->flat_codes.code_size));
    }
    return FAISS_OK;
}

/* @param centroid  scratch, size d */
static FaissStatus decode_one (const FaissIndex2Layer *self, const uint8_t *code, float *centroid,
                               float *x) {
    idx_t list_no;
    FAISS_TRY (faiss_Level1Quantizer_decode_listno (&self->q1, code, &list_no));
    FAISS_TRY (faiss_Index_reconstruct (self->q1.quantizer, list_no, centroid));
    faiss_pq_decode (&self->pq, code + self->code_size_1, x);
    faiss_fvec_add ((size_t)self->index.d, x, centroid, x);
    return FAISS_OK;
}

static FaissStatus Index2Layer_sa_decode (const FaissIndex *index, idx_t n, const uint8_t *bytes,
                                          float *x) {
    const FaissIndex2Layer *self = CONST_SELF (index);
    size_t d = (size_t)index->d;
    FAISS_TRY (check_parts (__func__, self));
    FaissRegion region = {0};
#pragma omp parallel num_threads(faiss_threads_for(n / 64))
    {
        float *centroid = NULL;
        faiss_region_note (&region, faiss_alloc (&centroid, d, sizeof *centroid));
#pragma omp for
        for (idx_t i = 0; i < n; i++) {
            if (!faiss_region_failed (&region)) {
                faiss_region_note (&region,
                                   decode_one (self, bytes + (size_t)i * self->flat_codes.code_size,
                                               centroid, x + (size_t)i * d));
            }
        }
        free (centroid);
    }
    return faiss_region_close (&region);
}

FaissStatus faiss_Index2Layer_transfer_to_IVFPQ (const FaissIndex2Layer *self,
                                                 FaissIndexIVFPQ *other) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE_ARG (other);
    FAISS_REQUIRE (other->ivf.nlist == self->q1.nlist && other->ivf.code_size == self->code_size_2,
                   "expected nlist=%zu and code_size=%zu, got %zu and %zu", self->q1.nlist,
                   self->code_size_2, other->ivf.nlist, other->ivf.code_size);
    FAISS_REQUIRE (other->index.ntotal == 0, "expected an empty index, got one of ntotal=%lld",
                   (long long)other->index.ntotal);
    FAISS_TRY (check_parts (__func__, self));
    size_t n = (size_t)self->index.ntotal;
    FAISS_AUTO_FREE (idx_t) *list_nos = NULL;
    FAISS_AUTO_FREE (uint8_t) *codes = NULL;
    FAISS_TRY (faiss_alloc (&list_nos, n, sizeof *list_nos));
    FAISS_TRY (faiss_alloc (&codes, n, self->code_size_2));
    for (size_t i = 0; i < n; i++) {
        const uint8_t *code = self->flat_codes.codes.data + i * self->flat_codes.code_size;
        FAISS_TRY (faiss_Level1Quantizer_decode_listno (&self->q1, code, &list_nos[i]));
        memcpy (codes + i * self->code_size_2, code + self->code_size_1, self->code_size_2);
    }
    FAISS_TRY (faiss_ivf_append_codes (&other->ivf, (idx_t)n, codes, NULL, list_nos));
    faiss_ivfpq_update_terms (other);
    return FAISS_OK;
}

/* ---- files ----------------------------------------------------------------------------------- */

static FaissStatus read_fields (FaissIndex2Layer *self, FaissIOReader *reader) {
    size_t code_size_1, code_size_2, code_size;
    FAISS_TRY (faiss_read_index_header (reader, &self->index));
    self->q1.own_fields = true;
    FAISS_TRY (faiss_read_object (reader, &faiss_Index_class.head, 0, &self->q1.quantizer));
    FAISS_TRY (faiss_read_size (reader, &self->q1.nlist, "nlist"));
    FAISS_TRY (faiss_check_loop_limit (reader, self->q1.nlist, "nlist"));
    FAISS_TRY (faiss_read_i8 (reader, &self->q1.quantizer_trains_alone, "quantizer_trains_alone"));
    FAISS_TRY (faiss_read_pq (reader, &self->pq));
    FAISS_TRY (faiss_read_size (reader, &code_size_1, "code_size_1"));
    FAISS_TRY (faiss_read_size (reader, &code_size_2, "code_size_2"));
    FAISS_TRY (faiss_read_size (reader, &code_size, "code_size"));
    set_code_sizes (self);
    FAISS_REQUIRE_FILE (reader,
                        code_size_1 == self->code_size_1 && code_size_2 == self->code_size_2,
                        "expected code sizes %zu and %zu, got %zu and %zu", self->code_size_1,
                        self->code_size_2, code_size_1, code_size_2);
    FAISS_REQUIRE_FILE (reader, code_size == self->flat_codes.code_size,
                        "expected code_size=%zu, got %zu", self->flat_codes.code_size, code_size);
    FAISS_TRY (faiss_read_UInt8Vector (reader, &self->flat_codes.codes, "codes"));
    return FAISS_OK;
}

static FaissStatus check_read (const FaissIndex2Layer *self, const FaissIOReader *reader) {
    const FaissIndex *quantizer = self->q1.quantizer;
    size_t n_bytes = self->flat_codes.codes.size, code_size = self->flat_codes.code_size;
    FAISS_REQUIRE_FILE (reader, quantizer && quantizer->d == self->index.d,
                        "there is no quantizer of d=%d", self->index.d);
    FAISS_REQUIRE_FILE (reader, self->pq.quantizer.d == (size_t)self->index.d,
                        "expected pq.d=%d, got %zu", self->index.d, self->pq.quantizer.d);
    FAISS_REQUIRE_FILE (reader,
                        !self->index.is_trained || (size_t)quantizer->ntotal == self->q1.nlist,
                        "expected a quantizer of nlist=%zu centroids, got %lld", self->q1.nlist,
                        (long long)quantizer->ntotal);
    FAISS_REQUIRE_FILE (
        reader, n_bytes % code_size == 0 && n_bytes / code_size == (size_t)self->index.ntotal,
        "codes has %zu bytes, expected %lld times %zu", n_bytes, (long long)self->index.ntotal,
        code_size);
    return FAISS_OK;
}

static FaissStatus Index2Layer_read (void **out, FaissIOReader *reader, uint32_t tag,
                                     int io_flags) {
    (void)tag, (void)io_flags;
    FAISS_OWNED (Index2Layer) *self = NULL;
    FAISS_TRY (new_index (&self, NULL, 0, 1, 0, METRIC_L2));
    FAISS_TRY (read_fields (self, reader));
    FAISS_TRY (check_read (self, reader));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

static FaissStatus Index2Layer_write (const void *object, FaissIOWriter *writer, int io_flags) {
    const FaissIndex2Layer *self = object;
    (void)io_flags;
    FAISS_TRY (faiss_write_tag (writer, "Ix2L"));
    FAISS_TRY (faiss_write_index_header (writer, &self->index));
    FAISS_TRY (faiss_write_object (writer, self->q1.quantizer, 0));
    FAISS_TRY (faiss_write_u64 (writer, self->q1.nlist));
    FAISS_TRY (faiss_write_u8 (writer, (uint8_t)self->q1.quantizer_trains_alone));
    FAISS_TRY (faiss_write_pq (writer, &self->pq));
    FAISS_TRY (faiss_write_u64 (writer, self->code_size_1));
    FAISS_TRY (faiss_write_u64 (writer, self->code_size_2));
    FAISS_TRY (faiss_write_u64 (writer, self->flat_codes.code_size));
    return faiss_write_UInt8Vector (writer, &self->flat_codes.codes);
}

/* ---- factory strings ------------------------------------------------------------------------- */

/* The quantizer is given away. */
static FaissStatus build_over (const FaissFactoryContext *context, FaissIndex *quantizer,
                               size_t nlist, char trains_alone, const char *M_group,
                               const char *nbits_group, void *out) {
    FAISS_OWNED (Index) *owned = quantizer;
    FaissIndex2Layer *self;
    int M, nbits;
    FAISS_REQUIRE (context->metric == METRIC_L2, "%s needs METRIC_L2", context->groups[0]);
    FAISS_TRY (faiss_factory_int (M_group, 0, &M));
    FAISS_TRY (faiss_factory_int (nbits_group, 8, &nbits));
    FAISS_TRY (faiss_Index2Layer_new_with (&self, quantizer, nlist, M, nbits, METRIC_L2));
    (void)FAISS_STEAL (owned);
    self->q1.own_fields = true;
    self->q1.quantizer_trains_alone = trains_alone;
    *(FaissIndex **)out = &self->index;
    return FAISS_OK;
}

static FaissStatus build_flat (const FaissFactoryContext *context, void *out) {
    size_t nlist;
    FaissIndexFlatL2 *quantizer;
    FAISS_TRY (faiss_factory_nlist (context->groups[1], context->groups[2], &nlist));
    FAISS_TRY (faiss_IndexFlatL2_new_with (&quantizer, context->d));
    return build_over (context, &quantizer->index, nlist, 0, context->groups[3], context->groups[5],
                       out);
}

static FaissStatus build_multi_index (const FaissFactoryContext *context, void *out) {
    enum { TRAINS_ALONE = 1, MAX_BITS = 31 };
    int M, nbits;
    FaissMultiIndexQuantizer *quantizer;
    FAISS_TRY (faiss_factory_int (context->groups[1], 0, &M));
    FAISS_TRY (faiss_factory_int (context->groups[2], 0, &nbits));
    FAISS_REQUIRE (M > 0 && nbits > 0 && nbits <= MAX_BITS / M, "2^(%d * %d) lists are too many", M,
                   nbits);
    FAISS_TRY (
        faiss_MultiIndexQuantizer_new_with (&quantizer, context->d, (size_t)M, (size_t)nbits));
    return build_over (context, &quantizer->index, (size_t)1 << (M * nbits), TRAINS_ALONE,
                       context->groups[3], context->groups[5], out);
}

static const FaissFactoryRule factory_rules[] = {
    {.pattern = "Residual([0-9]+)([kM]?),PQ([0-9]+)(x([0-9]+))?",
     .kind = FAISS_FACTORY_INDEX,
     .syntax = "Residual<nlist>,PQ<M>[x<nbits>]",
     .what = "codes of a centroid and of the residual, without lists",
     .build = build_flat},
    {.pattern = "Residual([0-9]+)x([0-9]+),PQ([0-9]+)(x([0-9]+))?",
     .kind = FAISS_FACTORY_INDEX,
     .syntax = "Residual<M1>x<nbits1>,PQ<M>[x<nbits>]",
     .what = "the same with centroids of a product quantizer",
     .build = build_multi_index},
    {.pattern = NULL},
};

/* ---- the class ------------------------------------------------------------------------------- */

static FaissStatus Index2Layer_check (const void *object) {
    const FaissIndex2Layer *self = object;
    return self->index.d == 0 ? FAISS_OK : check_parts (__func__, self);
}

FaissIndexFlatCodesClass faiss_Index2Layer_class = {
    .index = {.head = {.name = "Index2Layer",
                       .parent = &faiss_IndexFlatCodes_class.index.head,
                       .instance_size = sizeof (FaissIndex2Layer),
                       .table_size = sizeof (FaissIndexFlatCodesClass),
                       .finalize = Index2Layer_finalize,
                       .check = Index2Layer_check,
                       .copy = Index2Layer_copy,
                       .tags = "Ix2L",
                       .read = Index2Layer_read,
                       .write = Index2Layer_write,
                       .factory = factory_rules},
              .train = Index2Layer_train,
              .sa_encode = Index2Layer_sa_encode,
              .sa_decode = Index2Layer_sa_decode},
};
