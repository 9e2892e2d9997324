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
    float base;
    float *centroid;     /* of the list, or the query minus it: size d */
    uint8_t *query_code; /* for the Hamming test */
    size_t n_hamming_pass;
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

static FaissStatus PQScanner_set_query (FaissInvertedListScanner *scanner, const float *x) {
    PQScanner *self = (PQScanner *)scanner;
    self->query = x;
    self->base = 0;
    self->table = self->query_table;
    switch (self->settings.form) {
    case IVFPQ_IP:
    case IVFPQ_L2_TABLE:
        faiss_pq_inner_prod_table (self->pq, x, self->query_table);
        break;
    case IVFPQ_L2:
        faiss_pq_distance_table (self->pq, x, self->query_table);
        break;
    case IVFPQ_L2_RESIDUAL:
        break;
    }
    return self->index->ivf.by_residual ? FAISS_OK : encode_query (self, x);
}

/* The query minus the centroid takes the centroid's place. */
static void subtract_from_query (PQScanner *self) {
    for (size_t j = 0; j < self->pq->quantizer.d; j++) {
        self->centroid[j] = self->query[j] - self->centroid[j];
    }
}

static FaissStatus set_list_by_residual (PQScanner *self, idx_t list_no, float coarse_dis) {
    const FaissProductQuantizer *pq = self->pq;
    const FaissIndex *quantizer = self->index->ivf.quantizer;
    FaissIVFPQForm form = self->settings.form;
    if (form == IVFPQ_L2_TABLE) {
        for (size_t m = 0; m < pq->M; m++) {
            faiss_kernels.fvec_madd (pq->ksub, faiss_ivfpq_list_table (self->index, list_no, m), -2,
                                     self->query_table + m * pq->ksub,
                                     self->list_table + m * pq->ksub);
        }
        self->base = coarse_dis;
        self->table = self->list_table;
        return is_polysemous (self) ? faiss_ProductQuantizer_compute_code_from_distance_table (
                                          pq, self->list_table, self->query_code)
                                    : FAISS_OK;
    }
    FAISS_TRY (quantizer->cls->reconstruct (quantizer, list_no, self->centroid));
    if (form == IVFPQ_IP) {
        self->base = faiss_fvec_inner_product (self->query, self->centroid, pq->quantizer.d);
    }
    if (form == IVFPQ_L2_RESIDUAL || is_polysemous (self)) {
        subtract_from_query (self);
    }
    if (form == IVFPQ_L2_RESIDUAL) {
        faiss_pq_distance_table (pq, self->centroid, self->list_table);
        self->table = self->list_table;
    }
    return encode_query (self, self->centroid);
}

static FaissStatus PQScanner_set_list (FaissInvertedListScanner *scanner, idx_t list_no,
                                       float coarse_dis) {
    PQScanner *self = (PQScanner *)scanner;
    FAISS_REQUIRE (list_no >= 0 && list_no < (idx_t)self->index->ivf.nlist,
                   "there is no list %lld, nlist=%zu", (long long)list_no, self->index->ivf.nlist);
    scanner->list_no = list_no;
    return self->index->ivf.by_residual ? set_list_by_residual (self, list_no, coarse_dis)
                                        : FAISS_OK;
}

/* ---- codes ----------------------------------------------------------------------------------- */

/* Entries are added in the order of the parts. */
static inline __attribute__ ((always_inline)) void sum_parts (const PQScanner *self, size_t nbits,
                                                              size_t n, const uint8_t *codes,
                                                              float *distances) {
    size_t M = self->pq->M, ksub = self->pq->ksub, code_size = self->block.scanner.code_size;
    for (size_t i = 0; i < n; i++, codes += code_size) {
        float sum = self->base;
        for (size_t m = 0; m < M; m++) {
            sum += self->table[m * ksub + faiss_bitstring_get (codes, m * nbits, nbits)];
        }
        distances[i] = sum;
    }
}

/* The same of two entries per byte. */
static void sum_nibbles (const PQScanner *self, size_t n, const uint8_t *codes, float *distances) {
    enum { AT_ONCE = 4, KSUB = 16 }; /* additions wait for each other, those of four codes do not */
    size_t M = self->pq->M, code_size = self->block.scanner.code_size;
    for (size_t i = 0; i < n; i += AT_ONCE) {
        float sums[AT_ONCE];
        const uint8_t *code[AT_ONCE];
        for (size_t j = 0; j < AT_ONCE; j++) {
            sums[j] = self->base;
            code[j] = codes + (i + j < n ? i + j : i) * code_size;
        }
        const float *table = self->table;
        for (size_t b = 0; b < M / 2; b++, table += 2 * KSUB) {
            for (size_t j = 0; j < AT_ONCE; j++) {
                sums[j] += table[code[j][b] & 15];
                sums[j] += table[KSUB + (code[j][b] >> 4)];
            }
        }
        for (size_t j = 0; j < AT_ONCE && i + j < n; j++) {
            distances[i + j] = M % 2 ? sums[j] + table[code[j][M / 2] & 15] : sums[j];
        }
    }
}

static void PQScanner_compute (const FaissBlockScanner *block, size_t n, const uint8_t *codes,
                               float *distances) {
    const PQScanner *self = (const PQScanner *)block;
    switch (self->pq->nbits) {
    case 8:
        faiss_kernels.pq_sum_bytes (self->table, self->pq->M, self->base, codes,
                                    block->scanner.code_size, NULL, n, distances);
        break;
    case 4:
        sum_nibbles (self, n, codes, distances);
        break;
    case 12:
        sum_parts (self, 12, n, codes, distances);
        break;
    case 16:
        sum_parts (self, 16, n, codes, distances);
        break;
    default:
        sum_parts (self, self->pq->nbits, n, codes, distances);
    }
}

static int hamming (const uint8_t *a, const uint8_t *b, size_t n) {
    int distance = 0;
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        uint64_t va, vb;
        memcpy (&va, a + i, sizeof va);
        memcpy (&vb, b + i, sizeof vb);
        distance += __builtin_popcountll (va ^ vb);
    }
    for (; i < n; i++) {
        distance += __builtin_popcount ((unsigned)(a[i] ^ b[i]));
    }
    return distance;
}

static bool PQScanner_passes (const FaissBlockScanner *block, const uint8_t *code) {
    const PQScanner *self = (const PQScanner *)block;
    bool passes =
        hamming (self->query_code, code, block->scanner.code_size) < self->settings.polysemous_ht;
    ((PQScanner *)block)->n_hamming_pass += passes; /* a count, no part of the scanner's state */
    return passes;
}

/* ---- the object ------------------------------------------------------------------------------ */

static void PQScanner_free (FaissInvertedListScanner *scanner) {
    PQScanner *self = (PQScanner *)scanner;
    faiss_ivfpq_count (&(FaissIndexIVFPQStats){.n_hamming_pass = self->n_hamming_pass});
    free (self->query_table);
    free (self->list_table);
    free (self->centroid);
    free (self->query_code);
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
    block.passes = settings.polysemous_ht > 0 ? PQScanner_passes : NULL;
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
