/* Inverted files of codes of additive quantizers: what the classes have in common. */
#include <faiss/IndexIVFAdditiveQuantizer.h>

#include <string.h>

#include <faiss/impl/additive_internal.h>
#include <faiss/impl/additive_search.h>
#include <faiss/impl/block_scanner.h>
#include <faiss/impl/check.h>
#include <faiss/impl/index_check.h>
#include <faiss/impl/index_ivf_additive_internal.h>
#include <faiss/kernels/kernels.h>
#include <faiss/utils/distances.h>

#define CONST_SELF(pointer) FAISS_CONST_SELF (IndexIVFAdditiveQuantizer, ivf, pointer)

/* ---- life ------------------------------------------------------------------------------------ */

FaissStatus faiss_IndexIVFAdditiveQuantizer_init (FaissIndexIVFAdditiveQuantizer *self,
                                                  FaissAdditiveQuantizer *aq, FaissIndex *quantizer,
                                                  size_t d, size_t nlist, FaissMetricType metric,
                                                  bool own_invlists) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE_ARG (aq);
    FAISS_REQUIRE (d <= FAISS_MAX_DIMENSION, "expected d <= %d, got %zu", FAISS_MAX_DIMENSION, d);
    FAISS_REQUIRE (metric == METRIC_L2 || metric == METRIC_INNER_PRODUCT,
                   "expected METRIC_L2 or METRIC_INNER_PRODUCT, got %d", (int)metric);
    self->aq = aq;
    FAISS_TRY (faiss_IndexIVF_init (&self->ivf, quantizer, (idx_t)d, nlist, aq->quantizer.code_size,
                                    metric, own_invlists));
    self->index.is_trained = false;
    return FAISS_OK;
}

FaissStatus faiss_IndexIVFAdditiveQuantizer_new_with (FaissIndexIVFAdditiveQuantizer **out,
                                                      FaissAdditiveQuantizer *aq,
                                                      FaissIndex *quantizer, size_t d, size_t nlist,
                                                      FaissMetricType metric, bool own_invlists) {
    FAISS_REQUIRE_ARG (out);
    FAISS_REQUIRE_ARG (aq);
    FAISS_REQUIRE_ARG (quantizer);
    FAISS_REQUIRE (aq->quantizer.d == d, "expected aq.d=%zu, got %zu", d, aq->quantizer.d);
    FAISS_OWNED (IndexIVFAdditiveQuantizer) *self = NULL;
    FAISS_TRY (faiss_object_new (&self, &faiss_IndexIVFAdditiveQuantizer_class.index.head));
    FAISS_TRY (
        faiss_IndexIVFAdditiveQuantizer_init (self, aq, quantizer, d, nlist, metric, own_invlists));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

void faiss_IndexIVFAdditiveQuantizer_free (FaissIndexIVFAdditiveQuantizer *self) {
    faiss_object_free (self);
}

FaissIndexIVFAdditiveQuantizer *faiss_IndexIVFAdditiveQuantizer_cast (FaissIndex *index) {
    return faiss_object_cast (index, &faiss_IndexIVFAdditiveQuantizer_class.index.head);
}

/* Subclasses point to their own quantizer afterwards. */
static FaissStatus IndexIVFAdditiveQuantizer_copy (void *object, const void *other_object) {
    FaissIndexIVFAdditiveQuantizer *self = object;
    const FaissIndexIVFAdditiveQuantizer *other = other_object;
    self->aq = other->aq;
    self->use_precomputed_table = other->use_precomputed_table;
    return FAISS_OK;
}

/* ---- training -------------------------------------------------------------------------------- */

static FaissStatus IndexIVFAdditiveQuantizer_train_encoder (FaissIndexIVF *ivf, idx_t n,
                                                            const float *x, const idx_t *assign) {
    (void)assign;
    FaissAdditiveQuantizer *aq = FAISS_SELF (IndexIVFAdditiveQuantizer, ivf, ivf)->aq;
    aq->verbose = aq->verbose || ivf->index.verbose;
    return faiss_Quantizer_train (&aq->quantizer, (size_t)n, x);
}

static idx_t IndexIVFAdditiveQuantizer_train_encoder_num_vectors (const FaissIndexIVF *ivf) {
    enum { PER_ROW = 1024, MAX_BITS = 40 };
    FaissAdditiveQuantizer *aq = CONST_SELF (ivf)->aq;
    if (aq->M == 0 || aq->nbits.data[0] > MAX_BITS) {
        return 0;
    }
    idx_t n = (idx_t)PER_ROW << aq->nbits.data[0];
    return faiss_LocalSearchQuantizer_cast (&aq->quantizer) ? n * (idx_t)aq->M : n;
}

/* ---- codes ----------------------------------------------------------------------------------- */

static FaissStatus check_parts (const char *function, const FaissIndexIVFAdditiveQuantizer *self,
                                idx_t n, const idx_t *list_nos) {
    const FaissIndexIVF *ivf = &self->ivf;
    if (!self->aq || self->aq->quantizer.d != (size_t)self->index.d ||
        self->aq->quantizer.code_size != ivf->code_size) {
        return faiss_fail_in (FAISS_EXCEPT, function,
                              "expected an additive quantizer of d=%d and code_size=%zu",
                              self->index.d, ivf->code_size);
    }
    if (ivf->by_residual && (!ivf->quantizer || ivf->quantizer->d != self->index.d)) {
        return faiss_fail_in (FAISS_EXCEPT, function, "there is no quantizer of d=%d",
                              self->index.d);
    }
    for (idx_t i = 0; i < n; i++) {
        FAISS_TRY (faiss_ivf_check_key (ivf, list_nos[i]));
    }
    return FAISS_OK;
}

/* What is encoded: the residuals; of vectors without a list, the vectors. */
static FaissStatus residuals_of (const FaissIndexIVF *ivf, idx_t n, const float *x,
                                 const idx_t *list_nos, float *out) {
    size_t d = (size_t)ivf->index.d;
    for (idx_t i = 0; i < n; i++) {
        const float *vector = x + (size_t)i * d;
        if (list_nos[i] < 0) {
            memcpy (out + (size_t)i * d, vector, d * sizeof *out);
        } else {
            FAISS_TRY (ivf->quantizer->cls->compute_residual (ivf->quantizer, vector,
                                                              out + (size_t)i * d, list_nos[i]));
        }
    }
    return FAISS_OK;
}

/* Codes in a row become codes with list numbers in front; those of list -1 are zero. */
static void put_list_numbers (const FaissIndexIVF *ivf, idx_t n, const idx_t *list_nos,
                              const uint8_t *from, uint8_t *to) {
    FaissLevel1Quantizer level1 = faiss_IndexIVF_level1_quantizer (ivf);
    size_t coarse_size = faiss_Level1Quantizer_coarse_code_size (&level1);
    for (idx_t i = 0; i < n; i++, from += ivf->code_size, to += coarse_size + ivf->code_size) {
        if (list_nos[i] < 0) {
            memset (to, 0, coarse_size + ivf->code_size);
        } else {
            faiss_Level1Quantizer_encode_listno (&level1, list_nos[i], to);
            memcpy (to + coarse_size, from, ivf->code_size);
        }
    }
}

static FaissStatus IndexIVFAdditiveQuantizer_encode_vectors (const FaissIndexIVF *ivf, idx_t n,
                                                             const float *x, const idx_t *list_nos,
                                                             uint8_t *codes, bool include_listno) {
    const FaissIndexIVFAdditiveQuantizer *self = CONST_SELF (ivf);
    FAISS_TRY (check_parts (__func__, self, n, list_nos));
    FAISS_AUTO_FREE (float) *residuals = NULL;
    FAISS_AUTO_FREE (uint8_t) *plain = NULL;
    if (ivf->by_residual) {
        FAISS_TRY (faiss_alloc (&residuals, (size_t)n * (size_t)ivf->index.d, sizeof *residuals));
        FAISS_TRY (residuals_of (ivf, n, x, list_nos, residuals));
        x = residuals;
    }
    if (!include_listno) {
        return faiss_Quantizer_compute_codes (&self->aq->quantizer, x, codes, (size_t)n);
    }
    FAISS_TRY (faiss_alloc (&plain, (size_t)n * ivf->code_size, sizeof *plain));
    FAISS_TRY (faiss_Quantizer_compute_codes (&self->aq->quantizer, x, plain, (size_t)n));
    put_list_numbers (ivf, n, list_nos, plain, codes);
    return FAISS_OK;
}

static FaissStatus IndexIVFAdditiveQuantizer_decode_vectors (const FaissIndexIVF *ivf, idx_t n,
                                                             const uint8_t *codes,
                                                             const idx_t *list_nos, float *x) {
    const FaissIndexIVFAdditiveQuantizer *self = CONST_SELF (ivf);
    FAISS_TRY (check_parts (__func__, self, n, list_nos));
    FAISS_TRY (faiss_Quantizer_decode (&self->aq->quantizer, codes, x, (size_t)n));
    size_t d = (size_t)ivf->index.d;
    FAISS_AUTO_FREE (float) *centroid = NULL;
    FAISS_TRY (faiss_alloc (&centroid, d, sizeof *centroid));
    for (idx_t i = 0; ivf->by_residual && i < n; i++) {
        if (list_nos[i] >= 0) {
            FAISS_TRY (ivf->quantizer->cls->reconstruct (ivf->quantizer, list_nos[i], centroid));
            faiss_fvec_add (d, x + (size_t)i * d, centroid, x + (size_t)i * d);
        }
    }
    return FAISS_OK;
}

static FaissStatus IndexIVFAdditiveQuantizer_check_compatible_for_merge (
    const FaissIndex *index, const FaissIndex *other_index) {
    FAISS_TRY (faiss_IndexIVF_class.index.check_compatible_for_merge (index, other_index));
    const FaissIndexIVFAdditiveQuantizer *self =
        FAISS_CONST_SELF (IndexIVFAdditiveQuantizer, index, index);
    const FaissIndexIVFAdditiveQuantizer *other =
        FAISS_CONST_SELF (IndexIVFAdditiveQuantizer, index, other_index);
    FAISS_REQUIRE (self->ivf.by_residual == other->ivf.by_residual,
                   "expected by_residual=%d, got %d", self->ivf.by_residual,
                   other->ivf.by_residual);
    FAISS_REQUIRE (self->aq->M == other->aq->M &&
                       self->aq->codebooks.size == other->aq->codebooks.size &&
                       self->aq->search_type == other->aq->search_type,
                   "the other index has another kind of codes");
    return FAISS_OK;
}

/* ---- the scanner ----------------------------------------------------------------------------- */

/** A query and a list.
 *
 * With residuals an L2 distance needs the table of the query minus the centroid. That is the
 * difference of their tables, of which the centroids' are kept: a scanner sees many queries.
 */
typedef struct Scanner {
    FaissBlockScanner base;
    const FaissIndexIVFAdditiveQuantizer *index;
    FaissAqScan scan;
    const float *query; /* what vectors or codes are compared with: the query or its residual */
    const float *x;
    float *residual, *centroid;
    float *query_table, *table;
    float **list_tables; /* of the centroids, nlist; NULL: not seen yet */
    size_t n_tables, max_tables;
    float *last_table; /* of a list for which there is no room */
    float bias;
} Scanner;

enum { CACHE_BYTES = 64 << 20 };

static Scanner *scanner_of (FaissInvertedListScanner *scanner) {
    return (Scanner *)scanner;
}

static bool uses_residual_query (const Scanner *self) {
    return self->index->ivf.by_residual && !self->scan.is_similarity;
}

static FaissStatus compute_table (const FaissAdditiveQuantizer *aq, const float *x, float *table) {
    return faiss_AdditiveQuantizer_compute_LUT (aq, 1, x, table, 1, -1);
}

static FaissStatus Scanner_set_query (FaissInvertedListScanner *scanner, const float *x) {
    Scanner *self = scanner_of (scanner);
    size_t d = (size_t)self->index->index.d;
    self->x = self->query = x;
    self->bias = 0;
    if (!self->scan.by_table) {
        return FAISS_OK;
    }
    if (!self->scan.is_similarity) {
        self->bias = faiss_fvec_norm_L2sqr (x, d);
    }
    return compute_table (self->scan.aq, x, self->query_table);
}

/* The table of a list's centroid, from the cache or into it. */
static FaissStatus table_of_list (Scanner *self, idx_t list_no, const float **out) {
    float **place = &self->list_tables[list_no];
    if (*place) {
        *out = *place;
        return FAISS_OK;
    }
    const FaissIndex *quantizer = self->index->ivf.quantizer;
    FAISS_AUTO_FREE (float) *table = NULL;
    bool is_kept = self->n_tables < self->max_tables;
    if (is_kept) {
        FAISS_TRY (faiss_alloc (&table, self->scan.aq->total_codebook_size, sizeof *table));
    }
    FAISS_TRY (quantizer->cls->reconstruct (quantizer, list_no, self->centroid));
    FAISS_TRY (compute_table (self->scan.aq, self->centroid, is_kept ? table : self->last_table));
    *out = is_kept ? table : self->last_table;
    if (is_kept) {
        *place = FAISS_STEAL (table);
        self->n_tables++;
    }
    return FAISS_OK;
}

static FaissStatus Scanner_set_list (FaissInvertedListScanner *scanner, idx_t list_no,
                                     float coarse_dis) {
    Scanner *self = scanner_of (scanner);
    const FaissIndexIVF *ivf = &self->index->ivf;
    scanner->list_no = list_no;
    if (!ivf->by_residual) {
        return FAISS_OK;
    }
    FAISS_TRY (faiss_ivf_check_key (ivf, list_no));
    if (self->scan.is_similarity) {
        self->bias = coarse_dis;
        return FAISS_OK;
    }
    if (!self->scan.by_table) {
        self->query = self->residual;
        return ivf->quantizer->cls->compute_residual (ivf->quantizer, self->x, self->residual,
                                                      list_no);
    }
    const float *of_list = NULL;
    FAISS_TRY (table_of_list (self, list_no, &of_list));
    faiss_kernels.fvec_madd (self->scan.aq->total_codebook_size, self->query_table, -1, of_list,
                             self->table);
    self->bias = coarse_dis;
    return FAISS_OK;
}

static void Scanner_compute (const FaissBlockScanner *base, size_t n, const uint8_t *codes,
                             float *distances) {
    Scanner *self = (Scanner *)base; /* the block of codes changes */
    faiss_AqScan_load (&self->scan, codes, n);
    faiss_AqScan_compute (&self->scan, self->query, self->table, self->bias, distances);
}

static void Scanner_free (FaissInvertedListScanner *scanner) {
    Scanner *self = scanner_of (scanner);
    for (size_t i = 0; self->list_tables && i < self->index->ivf.nlist; i++) {
        free (self->list_tables[i]);
    }
    free (self->list_tables);
    if (self->table != self->query_table) {
        free (self->table);
    }
    free (self->query_table);
    free (self->last_table);
    free (self->residual);
    free (self->centroid);
    faiss_AqScan_clear (&self->scan);
    free (self);
}

static FaissStatus allocate_tables (Scanner *self) {
    size_t n = self->scan.aq->total_codebook_size;
    FAISS_TRY (faiss_alloc (&self->query_table, n, sizeof *self->query_table));
    self->table = self->query_table;
    if (!uses_residual_query (self)) {
        return FAISS_OK;
    }
    self->table = NULL;
    FAISS_TRY (faiss_alloc (&self->table, n, sizeof *self->table));
    FAISS_TRY (faiss_alloc (&self->last_table, n, sizeof *self->last_table));
    self->max_tables = CACHE_BYTES / (n * sizeof (float));
    return faiss_alloc_zeroed (&self->list_tables, self->index->ivf.nlist,
                               sizeof *self->list_tables);
}

static FaissStatus Scanner_init (Scanner *self, const FaissIndexIVFAdditiveQuantizer *index,
                                 bool store_pairs, const FaissIDSelector *sel) {
    size_t d = (size_t)index->index.d;
    FAISS_TRY (
        faiss_BlockScanner_init (&self->base, &index->ivf, store_pairs, sel, Scanner_compute));
    self->base.scanner.set_query = Scanner_set_query;
    self->base.scanner.set_list = Scanner_set_list;
    self->base.scanner.free = Scanner_free;
    self->index = index;
    FAISS_TRY (faiss_AqScan_init (&self->scan, index->aq, index->aq->search_type,
                                  index->index.metric_type, FAISS_SCAN_BLOCK));
    FAISS_TRY (faiss_alloc (&self->residual, d, sizeof *self->residual));
    FAISS_TRY (faiss_alloc (&self->centroid, d, sizeof *self->centroid));
    return self->scan.by_table ? allocate_tables (self) : FAISS_OK;
}

static FaissStatus IndexIVFAdditiveQuantizer_get_InvertedListScanner (
    const FaissIndexIVF *ivf, bool store_pairs, const FaissIDSelector *sel,
    const FaissSearchParametersIVF *params, FaissInvertedListScanner **out) {
    (void)params;
    const FaissIndexIVFAdditiveQuantizer *self = CONST_SELF (ivf);
    FAISS_TRY (check_parts (__func__, self, 0, NULL));
    Scanner *scanner = NULL;
    FAISS_TRY (faiss_alloc_zeroed (&scanner, 1, sizeof *scanner));
    scanner->index = self;
    FaissStatus status = Scanner_init (scanner, self, store_pairs, sel);
    if (status != FAISS_OK) {
        Scanner_free (&scanner->base.scanner);
        return status;
    }
    *out = &scanner->base.scanner;
    return FAISS_OK;
}

/* ---- files ----------------------------------------------------------------------------------- */

FaissStatus faiss_read_ivf_additive_begin (FaissIOReader *r, FaissIndexIVFAdditiveQuantizer *self) {
    FAISS_TRY (faiss_IndexIVF_read_header (&self->ivf, r));
    return faiss_read_size (r, &self->ivf.code_size, "code_size");
}

FaissStatus faiss_read_ivf_additive_end (FaissIOReader *r, FaissIndexIVFAdditiveQuantizer *self,
                                         int io_flags) {
    FAISS_REQUIRE_FILE (r, self->aq->quantizer.d == (size_t)self->index.d,
                        "the quantizer has d=%zu, expected %d", self->aq->quantizer.d,
                        self->index.d);
    FAISS_REQUIRE_FILE (r, self->ivf.code_size == self->aq->quantizer.code_size,
                        "code_size is %zu, expected %zu", self->ivf.code_size,
                        self->aq->quantizer.code_size);
    FAISS_TRY (faiss_read_bool (r, &self->ivf.by_residual, "by_residual"));
    FAISS_TRY (faiss_read_i32 (r, &self->use_precomputed_table, "use_precomputed_table"));
    return faiss_IndexIVF_read_invlists (&self->ivf, r, io_flags);
}

FaissStatus faiss_write_ivf_additive_begin (FaissIOWriter *w,
                                            const FaissIndexIVFAdditiveQuantizer *self) {
    FAISS_TRY (faiss_IndexIVF_write_header (&self->ivf, w));
    return faiss_write_u64 (w, self->ivf.code_size);
}

FaissStatus faiss_write_ivf_additive_end (FaissIOWriter *w,
                                          const FaissIndexIVFAdditiveQuantizer *self) {
    FAISS_TRY (faiss_write_bool (w, self->ivf.by_residual));
    FAISS_TRY (faiss_write_i32 (w, self->use_precomputed_table));
    return faiss_IndexIVF_write_invlists (&self->ivf, w);
}

/* ---- the class ------------------------------------------------------------------------------- */

/* What a field was set to may not fit the others. */
static FaissStatus IndexIVFAdditiveQuantizer_check (const void *object) {
    const FaissIndexIVFAdditiveQuantizer *self = object;
    if (self->aq) {
        FAISS_TRY (faiss_check_encoder (__func__, "aq", &self->aq->quantizer, &self->index,
                                        self->ivf.code_size));
        FAISS_REQUIRE (!self->index.is_trained || self->aq->is_trained, "aq is not trained");
    }
    FAISS_REQUIRE (self->aq || self->index.d == 0, "aq is NULL");
    return FAISS_OK;
}

FaissIndexIVFClass faiss_IndexIVFAdditiveQuantizer_class = {
    .index = {.head = {.name = "IndexIVFAdditiveQuantizer",
                       .parent = &faiss_IndexIVF_class.index.head,
                       .instance_size = sizeof (FaissIndexIVFAdditiveQuantizer),
                       .table_size = sizeof (FaissIndexIVFClass),
                       .check = IndexIVFAdditiveQuantizer_check,
                       .copy = IndexIVFAdditiveQuantizer_copy},
              .check_compatible_for_merge = IndexIVFAdditiveQuantizer_check_compatible_for_merge},
    .encode_vectors = IndexIVFAdditiveQuantizer_encode_vectors,
    .decode_vectors = IndexIVFAdditiveQuantizer_decode_vectors,
    .train_encoder = IndexIVFAdditiveQuantizer_train_encoder,
    .train_encoder_num_vectors = IndexIVFAdditiveQuantizer_train_encoder_num_vectors,
    .get_InvertedListScanner = IndexIVFAdditiveQuantizer_get_InvertedListScanner,
};
