/* Compares one query with scalar-quantized vectors in inverted lists. */
#include <faiss/impl/block_scanner.h>
#include <faiss/impl/check.h>
#include <faiss/impl/sq_codec.h>

typedef struct SQScanner {
    FaissBlockScanner block;
    FaissSQCoder coder;
    FaissSQQuery query;
    const FaissIndex *quantizer; /* of residuals, else NULL */
    const float *x;
    float *residual;      /* x minus the centroid, for L2 */
    bool adds_coarse_dis; /* of residuals by inner product; without bits it is all there is */
    float coarse_dis;
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
    self->coarse_dis = self->adds_coarse_dis ? coarse_dis : 0;
    return FAISS_OK;
}

static void SQScanner_compute (const FaissBlockScanner *block, size_t n, const uint8_t *codes,
                               float *distances) {
    const SQScanner *self = (const SQScanner *)block;
    faiss_SQQuery_distances (&self->query, codes, n, distances);
    if (self->coarse_dis != 0) {
        for (size_t i = 0; i < n; i++) {
            distances[i] += self->coarse_dis;
        }
    }
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
    bool is_similarity = self->block.scanner.keep_max;
    self->adds_coarse_dis =
        self->coder.codec.kind == FAISS_SQ_ZERO || (self->quantizer && is_similarity);
    if (self->quantizer && !is_similarity) {
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
    faiss_BlockScanner_fill (&self->block, mt, sq->quantizer.code_size, store_pairs, sel,
                             SQScanner_compute);
    self->block.scanner.set_query = SQScanner_set_query;
    self->block.scanner.set_list = SQScanner_set_list;
    self->block.scanner.free = SQScanner_free;
    self->quantizer = by_residual ? quantizer : NULL;
    FaissStatus status = init_scanner (self, sq, mt);
    if (status != FAISS_OK) {
        SQScanner_free (&self->block.scanner);
        return status;
    }
    *out = &self->block.scanner;
    return FAISS_OK;
}
