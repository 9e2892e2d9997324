/* Inverted files of product quantizer codes: one query against lists. */
#include <string.h>

#include <faiss/impl/bitstring.h>
#include <faiss/impl/block_scanner.h>
#include <faiss/impl/check.h>
#include <faiss/impl/ivfpq_internal.h>
#include <faiss/impl/pq_internal.h>
#include <faiss/kernels/kernels.h>
#include <faiss/utils/distances.h>

typedef struct PQScanner {
    FaissBlockScanner block;
    const FaissIndexIVFPQ *index;
    const FaissProductQuantizer *pq;
    FaissIVFPQSettings settings;
    const float *query;
    /* entries, size M * ksub: those that only depend on the query, and those of the list; `table`
     * is the one whose entries are added up */
    float *query_table, *list_table;
    const float *table;
    bool has_query_table;
    bool is_direct; /* the list is short: its codes are decoded, no table is made for it */
    float *decoded; /* FAISS_IVFPQ_DECODED * d */
    float base;
    const float *kept_terms; /* of the list, or NULL */
    const uint8_t *list_codes;
    size_t list_size;
    float *centroid;     /* of the list, or the query minus it: size d */
    uint8_t *query_code; /* for the Hamming test */
} PQScanner;

static bool is_polysemous (const PQScanner *self) {
    return self->settings.polysemous_ht > 0;
}

/* ---- tables ---------------------------------------------------------------------------------- */

static FaissStatus encode_query (PQScanner *self, const float *x) {
    return is_polysemous (self)
               ? faiss_ProductQuantizer_compute_code (self->pq, x, self->query_code)
               : FAISS_OK;
}

static void make_query_table (PQScanner *self) {
    if (!self->has_query_table && self->settings.form == IVFPQ_L2) {
        faiss_pq_distance_table (self->pq, self->query, self->query_table);
    } else if (!self->has_query_table && self->settings.form != IVFPQ_L2_RESIDUAL) {
        faiss_pq_inner_prod_table (self->pq, self->query, self->query_table);
    }
    self->has_query_table = true;
}

static FaissStatus PQScanner_set_query (FaissInvertedListScanner *scanner, const float *x) {
    PQScanner *self = (PQScanner *)scanner;
    self->query = x;
    self->base = 0;
    self->table = self->query_table;
    self->has_query_table = false;
    self->is_direct = false;
    if (self->settings.scan_table_threshold == 0) { /* no list will do without */
        make_query_table (self);
    }
    return self->index->ivf.by_residual ? FAISS_OK : encode_query (self, x);
}

/* The query minus the centroid takes the centroid's place. */
static void subtract_from_query (PQScanner *self) {
    for (size_t j = 0; j < self->pq->quantizer.d; j++) {
        self->centroid[j] = self->query[j] - self->centroid[j];
    }
}

static FaissStatus set_list_with_table (PQScanner *self, idx_t list_no, float coarse_dis) {
    const FaissProductQuantizer *pq = self->pq;
    const FaissInvertedLists *lists = self->index->ivf.invlists;
    self->base = coarse_dis;
    self->kept_terms = faiss_ivfpq_kept_terms (self->index, list_no);
    if (self->kept_terms) {
        self->list_size = lists->cls->list_size (lists, (size_t)list_no);
        self->list_codes = lists->cls->get_codes (lists, (size_t)list_no);
        lists->cls->release_codes (lists, (size_t)list_no, self->list_codes);
    }
    if (!is_polysemous (self)) {
        return FAISS_OK;
    }
    memset (self->query_code, 0, pq->quantizer.code_size);
    for (size_t m = 0; m < pq->M; m++) { /* whole distances, one row after the other */
        float *row = self->list_table;
        faiss_kernels.fvec_madd (pq->ksub, faiss_ivfpq_list_table (self->index, list_no, m), -2,
                                 self->query_table + m * pq->ksub, row);
        size_t number = faiss_pq_first_smallest (row, pq->ksub);
        faiss_bitstring_put (self->query_code, m * pq->nbits, number, pq->nbits);
    }
    return FAISS_OK;
}

static FaissStatus set_list_by_residual (PQScanner *self, idx_t list_no, float coarse_dis) {
    const FaissProductQuantizer *pq = self->pq;
    const FaissIndex *quantizer = self->index->ivf.quantizer;
    FaissIVFPQForm form = self->settings.form;
    if (form == IVFPQ_L2_TABLE) {
        return set_list_with_table (self, list_no, coarse_dis);
    }
    FAISS_TRY (quantizer->cls->reconstruct (quantizer, list_no, self->centroid));
    if (form == IVFPQ_IP) {
        self->base = faiss_fvec_inner_product (self->query, self->centroid, pq->quantizer.d);
    }
    if (form == IVFPQ_L2_RESIDUAL || is_polysemous (self)) {
        subtract_from_query (self);
    }
    if (form == IVFPQ_L2_RESIDUAL && !self->is_direct) {
        faiss_pq_distance_table (pq, self->centroid, self->list_table);
        self->table = self->list_table;
    }
    return encode_query (self, self->centroid);
}

/* Is the list short? Otherwise the query's table is needed. */
static void choose_table (PQScanner *self, idx_t list_no) {
    const FaissInvertedLists *lists = self->index->ivf.invlists;
    size_t few = self->settings.scan_table_threshold;
    if (self->settings.form == IVFPQ_L2_RESIDUAL) { /* which has a table per list */
        size_t best = faiss_ivfpq_few_codes (self->pq);
        few = few < best ? best : few;
    }
    self->is_direct = few > 0 && lists->cls->list_size (lists, (size_t)list_no) <= few;
    if (!self->is_direct || (is_polysemous (self) && self->settings.form == IVFPQ_L2_TABLE)) {
        make_query_table (self);
    }
}

static FaissStatus PQScanner_set_list (FaissInvertedListScanner *scanner, idx_t list_no,
                                       float coarse_dis) {
    PQScanner *self = (PQScanner *)scanner;
    FAISS_REQUIRE (list_no >= 0 && list_no < (idx_t)self->index->ivf.nlist,
                   "there is no list %lld, nlist=%zu", (long long)list_no, self->index->ivf.nlist);
    scanner->list_no = list_no;
    choose_table (self, list_no);
    return self->index->ivf.by_residual ? set_list_by_residual (self, list_no, coarse_dis)
                                        : FAISS_OK;
}

/* ---- codes ----------------------------------------------------------------------------------- */

/* Terms of n codes of the list. */
static const float *terms_of (const PQScanner *self, size_t n, const uint8_t *codes, float *terms) {
    size_t code_size = self->block.scanner.code_size;
    idx_t list_no = self->block.scanner.list_no;
    if (self->kept_terms) { /* the codes are those of the list, unless the user has others */
        uintptr_t offset = (uintptr_t)codes - (uintptr_t)self->list_codes;
        if (offset % code_size == 0 && offset / code_size + n <= self->list_size) {
            return self->kept_terms + offset / code_size;
        }
    }
    faiss_ivfpq_compute_terms (self->index, list_no, n, codes, self->list_table, terms);
    return terms;
}

static void PQScanner_compute (const FaissBlockScanner *block, size_t n, const uint8_t *codes,
                               float *distances) {
    const PQScanner *self = (const PQScanner *)block;
    FaissIVFPQForm form = self->settings.form;
    float buffer[FAISS_SCAN_BLOCK];
    float bias = form == IVFPQ_L2_TABLE ? 0 : self->base;
    if (self->is_direct) {
        const float *x = form == IVFPQ_L2_RESIDUAL ? self->centroid : self->query;
        bool is_product = form == IVFPQ_IP || form == IVFPQ_L2_TABLE;
        faiss_ivfpq_decoded_values (self->pq, is_product, x, bias, codes, n, self->decoded,
                                    distances);
    } else {
        faiss_ivfpq_sum_codes (self->pq, self->table, bias, codes, n, distances);
    }
    if (form == IVFPQ_L2_TABLE) {
        const float *terms = terms_of (self, n, codes, buffer);
        for (size_t i = 0; i < n; i++) {
            distances[i] = faiss_ivfpq_distance (self->base, terms[i], distances[i]);
        }
    }
}

static size_t PQScanner_find_passing (const FaissBlockScanner *block, size_t n,
                                      const uint8_t *codes, uint32_t *positions) {
    const PQScanner *self = (const PQScanner *)block;
    uint32_t distances[FAISS_SCAN_BLOCK];
    return faiss_kernels.hamming_below (self->query_code, codes, block->scanner.code_size, n,
                                        (uint32_t)self->settings.polysemous_ht, positions,
                                        distances);
}

/* ---- the object ------------------------------------------------------------------------------ */

static void PQScanner_free (FaissInvertedListScanner *scanner) {
    PQScanner *self = (PQScanner *)scanner;
    faiss_ivfpq_count (&(FaissIndexIVFPQStats){.n_hamming_pass = self->block.n_passed});
    free (self->query_table);
    free (self->list_table);
    free (self->centroid);
    free (self->query_code);
    free (self->decoded);
    free (self);
}

static FaissStatus allocate (PQScanner *self) {
    size_t size = self->pq->M * self->pq->ksub;
    FaissIVFPQForm form = self->settings.form;
    if (form != IVFPQ_L2_RESIDUAL) {
        FAISS_TRY (faiss_alloc (&self->query_table, size, sizeof (float)));
    }
    if (form == IVFPQ_L2_RESIDUAL || form == IVFPQ_L2_TABLE) {
        FAISS_TRY (faiss_alloc (&self->list_table, size, sizeof (float)));
    }
    FAISS_TRY (faiss_alloc (&self->centroid, self->pq->quantizer.d, sizeof (float)));
    FAISS_TRY (
        faiss_alloc (&self->decoded, FAISS_IVFPQ_DECODED * self->pq->quantizer.d, sizeof (float)));
    return faiss_alloc (&self->query_code, self->pq->quantizer.code_size, 1);
}

FaissStatus faiss_IndexIVFPQ_get_InvertedListScanner_slot (const FaissIndexIVF *ivf,
                                                           bool store_pairs,
                                                           const FaissIDSelector *sel,
                                                           const FaissSearchParametersIVF *params,
                                                           FaissInvertedListScanner **out) {
    const FaissIndexIVFPQ *index = FAISS_CONST_SELF (IndexIVFPQ, ivf, ivf);
    FaissBlockScanner block;
    FaissIVFPQSettings settings;
    FAISS_TRY (
        faiss_ivfpq_settings ("IndexIVFPQ_get_InvertedListScanner", index, params, &settings));
    FAISS_TRY (faiss_BlockScanner_init (&block, ivf, store_pairs, sel, PQScanner_compute));
    block.scanner.set_query = PQScanner_set_query;
    block.scanner.set_list = PQScanner_set_list;
    block.scanner.free = PQScanner_free;
    block.find_passing = settings.polysemous_ht > 0 ? PQScanner_find_passing : NULL;
    PQScanner *self;
    FAISS_TRY (faiss_alloc_zeroed (&self, 1, sizeof *self));
    *self = (PQScanner){.block = block, .index = index, .pq = &index->pq, .settings = settings};
    FaissStatus status = allocate (self);
    if (status != FAISS_OK) {
        PQScanner_free (&self->block.scanner);
        return status;
    }
    *out = &self->block.scanner;
    return FAISS_OK;
}
