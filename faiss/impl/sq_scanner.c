/* Compares one query with scalar-quantized vectors in inverted lists. */
#include <faiss/IndexIVF.h>
#include <faiss/impl/AuxIndexStructures.h>
#include <faiss/impl/check.h>
#include <faiss/impl/sq_codec.h>
#include <faiss/utils/Heap.h>

/// Codes whose distances are computed before the first is looked at.
#define SCAN_BLOCK 128

typedef struct SQScanner {
    FaissInvertedListScanner scanner;
    FaissSQCoder coder;
    FaissSQQuery query;
    const FaissIndex *quantizer; /* of residuals, else NULL */
    const float *x;
    float *residual;  /* x minus the centroid, for L2 */
    float coarse_dis; /* what the centroid adds to inner products */
} SQScanner;

static FaissStatus SQScanner_set_query (FaissInvertedListScanner *scanner, const float *x) {
    SQScanner *self = (SQScanner *)scanner;
    self->x = x;
    if (!self->residual) {
        faiss_SQQuery_set (&self->query, x);
    }
    return FAISS_OK;
}

static FaissStatus SQScanner_set_list (FaissInvertedListScanner *scanner, idx_t list_no,
                                       float coarse_dis) {
    SQScanner *self = (SQScanner *)scanner;
    scanner->list_no = list_no;
    if (self->residual) {
        FAISS_TRY (self->quantizer->cls->compute_residual (self->quantizer, self->x, self->residual,
                                                           list_no));
        faiss_SQQuery_set (&self->query, self->residual);
    }
    self->coarse_dis = self->quantizer && scanner->keep_max ? coarse_dis : 0;
    return FAISS_OK;
}

static void compute_distances (const SQScanner *self, size_t n, const uint8_t *codes,
                               float *distances) {
    faiss_SQQuery_distances (&self->query, codes, n, distances);
    if (self->coarse_dis != 0) {
        for (size_t i = 0; i < n; i++) {
            distances[i] += self->coarse_dis;
        }
    }
}

static float SQScanner_distance_to_code (const FaissInvertedListScanner *scanner,
                                         const uint8_t *code) {
    float distance;
    compute_distances ((const SQScanner *)scanner, 1, code, &distance);
    return distance;
}

/* The next run of entries to compare with: all members of the selector, at most SCAN_BLOCK. */
static size_t next_run (const FaissIDSelector *sel, const idx_t *ids, size_t n, size_t *begin) {
    if (!sel) {
        return n - *begin < SCAN_BLOCK ? n - *begin : SCAN_BLOCK;
    }
    while (*begin < n && !sel->cls->is_member (sel, ids[*begin])) {
        ++*begin;
    }
    size_t end = *begin < n ? *begin + 1 : n;
    while (end < n && end - *begin < SCAN_BLOCK && sel->cls->is_member (sel, ids[end])) {
        end++;
    }
    return end - *begin;
}

static idx_t label_of (const FaissInvertedListScanner *scanner, const idx_t *ids, size_t i) {
    return scanner->store_pairs ? faiss_lo_build (scanner->list_no, (idx_t)i) : ids[i];
}

static void SQScanner_scan_codes (const FaissInvertedListScanner *scanner, size_t n,
                                  const uint8_t *codes, const idx_t *ids, float *heap_distances,
                                  idx_t *heap_labels, size_t k, FaissIndexIVFStats *counts) {
    const SQScanner *self = (const SQScanner *)scanner;
    bool is_similarity = scanner->keep_max;
    float distances[SCAN_BLOCK];
    for (size_t run, begin = 0; (run = next_run (scanner->sel, ids, n, &begin)) > 0; begin += run) {
        compute_distances (self, run, codes + begin * scanner->code_size, distances);
        counts->ndis += run;
        for (size_t j = 0; j < run; j++) {
            if (is_similarity ? distances[j] >= heap_distances[0]
                              : distances[j] <= heap_distances[0]) {
                counts->nheap_updates +=
                    faiss_heap_offer_unordered (is_similarity, k, heap_distances, heap_labels,
                                                distances[j], label_of (scanner, ids, begin + j));
            }
        }
    }
}

static FaissStatus SQScanner_scan_codes_range (const FaissInvertedListScanner *scanner, size_t n,
                                               const uint8_t *codes, const idx_t *ids, float radius,
                                               FaissRangeQueryResult *result,
                                               FaissIndexIVFStats *counts) {
    const SQScanner *self = (const SQScanner *)scanner;
    float distances[SCAN_BLOCK];
    for (size_t run, begin = 0; (run = next_run (scanner->sel, ids, n, &begin)) > 0; begin += run) {
        compute_distances (self, run, codes + begin * scanner->code_size, distances);
        counts->ndis += run;
        for (size_t j = 0; j < run; j++) {
            if (scanner->keep_max ? distances[j] > radius : distances[j] < radius) {
                FAISS_TRY (faiss_RangeQueryResult_add (result, distances[j],
                                                       label_of (scanner, ids, begin + j)));
            }
        }
    }
    return FAISS_OK;
}

static FaissStatus SQScanner_scan_codes_handler (const FaissInvertedListScanner *scanner, size_t n,
                                                 const uint8_t *codes, const idx_t *ids,
                                                 FaissResultHandler *handler,
                                                 FaissIndexIVFStats *counts) {
    const SQScanner *self = (const SQScanner *)scanner;
    float distances[SCAN_BLOCK];
    for (size_t run, begin = 0; (run = next_run (scanner->sel, ids, n, &begin)) > 0; begin += run) {
        compute_distances (self, run, codes + begin * scanner->code_size, distances);
        counts->ndis += run;
        for (size_t j = 0; j < run; j++) {
            if (scanner->keep_max ? distances[j] > handler->threshold
                                  : distances[j] < handler->threshold) {
                counts->nheap_updates++;
                FAISS_TRY (handler->add_result (handler, distances[j],
                                                label_of (scanner, ids, begin + j)));
            }
        }
    }
    return FAISS_OK;
}

static void SQScanner_free (FaissInvertedListScanner *scanner) {
    SQScanner *self = (SQScanner *)scanner;
    faiss_SQQuery_clear (&self->query);
    faiss_SQCoder_clear (&self->coder);
    free (self->residual);
    free (self);
}

static FaissStatus init_scanner (SQScanner *self, const FaissScalarQuantizer *sq,
                                 FaissMetricType metric) {
    FAISS_TRY (faiss_SQCoder_init (&self->coder, sq));
    FAISS_TRY (faiss_SQQuery_init (&self->query, &self->coder, metric));
    if (self->quantizer && metric == METRIC_L2) {
        FAISS_TRY (faiss_alloc (&self->residual, sq->quantizer.d, sizeof *self->residual));
    }
    return FAISS_OK;
}

FaissStatus faiss_ScalarQuantizer_select_InvertedListScanner (
    const FaissScalarQuantizer *sq, FaissInvertedListScanner **out, FaissMetricType mt,
    const FaissIndex *quantizer, bool store_pairs, const FaissIDSelector *sel, bool by_residual) {
    FAISS_REQUIRE_ARG (sq);
    FAISS_REQUIRE_ARG (out);
    FAISS_REQUIRE (!(sel && store_pairs),
                   "a selector does not go with store_pairs: it selects ids");
    FAISS_REQUIRE (!by_residual || (quantizer && (size_t)quantizer->d == sq->quantizer.d),
                   "residuals need a quantizer of d=%zu", sq->quantizer.d);
    SQScanner *self;
    FAISS_TRY (faiss_alloc_zeroed (&self, 1, sizeof *self));
    self->scanner = (FaissInvertedListScanner){.list_no = -1,
                                               .keep_max = faiss_is_similarity_metric (mt),
                                               .store_pairs = store_pairs,
                                               .sel = sel,
                                               .code_size = sq->quantizer.code_size,
                                               .set_query = SQScanner_set_query,
                                               .set_list = SQScanner_set_list,
                                               .distance_to_code = SQScanner_distance_to_code,
                                               .scan_codes = SQScanner_scan_codes,
                                               .scan_codes_handler = SQScanner_scan_codes_handler,
                                               .scan_codes_range = SQScanner_scan_codes_range,
                                               .free = SQScanner_free};
    self->quantizer = by_residual ? quantizer : NULL;
    FaissStatus status = init_scanner (self, sq, mt);
    if (status != FAISS_OK) {
        SQScanner_free (&self->scanner);
        return status;
    }
    *out = &self->scanner;
    return FAISS_OK;
}
