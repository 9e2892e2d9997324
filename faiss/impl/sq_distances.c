/* Distances between one query and scalar-quantized vectors. */
#include <math.h>

#include <faiss/impl/check.h>
#include <faiss/impl/sq_codec.h>
#include <faiss/utils/distances.h>

typedef struct SQDistanceComputer {
    FaissFlatCodesDistanceComputer base;
    FaissSQCoder coder;
    FaissSQQuery query;
    float *vectors; /* two, and scratch */
} SQDistanceComputer;

static SQDistanceComputer *computer_of (FaissDistanceComputer *dc) {
    return (SQDistanceComputer *)dc;
}

static const uint8_t *code_of (const SQDistanceComputer *self, idx_t i) {
    return self->base.codes + (size_t)i * self->base.code_size;
}

static FaissStatus sq_computer_set_query (FaissDistanceComputer *dc, const float *x) {
    computer_of (dc)->base.q = x;
    faiss_SQQuery_set (&computer_of (dc)->query, x);
    return FAISS_OK;
}

static float sq_computer_distance_to_code (FaissFlatCodesDistanceComputer *fdc,
                                           const uint8_t *code) {
    float distance;
    faiss_SQQuery_distances (&computer_of (&fdc->dc)->query, code, 1, &distance);
    return distance;
}

static float sq_computer_distance (FaissDistanceComputer *dc, idx_t i) {
    SQDistanceComputer *self = computer_of (dc);
    if (i < 0) {
        return self->query.is_similarity ? -HUGE_VALF : HUGE_VALF;
    }
    return sq_computer_distance_to_code (&self->base, code_of (self, i));
}

static void sq_computer_distances_batch_4 (FaissDistanceComputer *dc, const idx_t i[4],
                                           float out[4]) {
    const SQDistanceComputer *self = computer_of (dc);
    if (i[0] < 0 || i[1] < 0 || i[2] < 0 || i[3] < 0) {
        for (int j = 0; j < 4; j++) {
            out[j] = sq_computer_distance (dc, i[j]);
        }
        return;
    }
    const uint8_t *const codes[4] = {code_of (self, i[0]), code_of (self, i[1]),
                                     code_of (self, i[2]), code_of (self, i[3])};
    faiss_SQQuery_batch_4 (&self->query, codes, out);
}

static float sq_computer_symmetric_dis (FaissDistanceComputer *dc, idx_t i, idx_t j) {
    SQDistanceComputer *self = computer_of (dc);
    size_t d = self->coder.codec.d;
    float *x = self->vectors, *y = x + d, *scratch = y + d;
    if (i < 0 || j < 0) {
        return sq_computer_distance (dc, -1);
    }
    faiss_SQCoder_decode (&self->coder, code_of (self, i), 1, x, scratch);
    faiss_SQCoder_decode (&self->coder, code_of (self, j), 1, y, scratch);
    return self->query.is_similarity ? faiss_fvec_inner_product (x, y, d)
                                     : faiss_fvec_L2sqr (x, y, d);
}

static void sq_computer_free (FaissDistanceComputer *dc) {
    SQDistanceComputer *self = computer_of (dc);
    faiss_SQQuery_clear (&self->query);
    faiss_SQCoder_clear (&self->coder);
    free (self->vectors);
    free (self);
}

static FaissStatus init_computer (SQDistanceComputer *self, const FaissScalarQuantizer *sq,
                                  FaissMetricType metric) {
    FAISS_TRY (faiss_SQCoder_init (&self->coder, sq));
    FAISS_TRY (faiss_SQQuery_init (&self->query, &self->coder, metric));
    return faiss_alloc (&self->vectors, 2 * sq->quantizer.d + faiss_SQCoder_scratch (&self->coder),
                        sizeof *self->vectors);
}

FaissStatus faiss_ScalarQuantizer_get_distance_computer (const FaissScalarQuantizer *sq,
                                                         FaissFlatCodesDistanceComputer **out,
                                                         FaissMetricType metric) {
    FAISS_REQUIRE_ARG (sq);
    FAISS_REQUIRE_ARG (out);
    SQDistanceComputer *self;
    FAISS_TRY (faiss_alloc_zeroed (&self, 1, sizeof *self));
    self->base =
        (FaissFlatCodesDistanceComputer){.dc = {.set_query = sq_computer_set_query,
                                                .distance = sq_computer_distance,
                                                .distances_batch_4 = sq_computer_distances_batch_4,
                                                .symmetric_dis = sq_computer_symmetric_dis,
                                                .free = sq_computer_free},
                                         .code_size = sq->quantizer.code_size,
                                         .distance_to_code = sq_computer_distance_to_code};
    FaissStatus status = init_computer (self, sq, metric);
    if (status != FAISS_OK) {
        sq_computer_free (&self->base.dc);
        return status;
    }
    *out = &self->base;
    return FAISS_OK;
}
