/* The distance computer of IndexFlatCodes that have none of their own: it decodes. */
#include <math.h>

#include <faiss/impl/check.h>
#include <faiss/impl/index_check.h>
#include <faiss/utils/extra_distances.h>

typedef struct DecodingDistanceComputer {
    FaissFlatCodesDistanceComputer base;
    const FaissIndex *codec; /* borrowed */
    FaissVectorDistance distance;
    float *vectors; /* room for two */
} DecodingDistanceComputer;

static DecodingDistanceComputer *computer_of (FaissDistanceComputer *dc) {
    return (DecodingDistanceComputer *)dc;
}

static FaissStatus set_query (FaissDistanceComputer *dc, const float *x) {
    computer_of (dc)->base.q = x;
    return FAISS_OK;
}

/* The vector of a code. One that cannot be decoded becomes NaN, which is nearest to nothing. */
static const float *decode (DecodingDistanceComputer *self, const uint8_t *code, int place) {
    size_t d = (size_t)self->codec->d;
    float *vector = self->vectors + (size_t)place * d;
    FaissStatus status = self->codec->cls->sa_decode (self->codec, 1, code, vector);
    if (status != FAISS_OK) {
        self->base.dc.status = status;
        for (size_t j = 0; j < d; j++) {
            vector[j] = NAN;
        }
    }
    return vector;
}

static const uint8_t *code_of (const DecodingDistanceComputer *self, idx_t i) {
    return self->base.codes + (size_t)i * self->base.code_size;
}

static float distance_to_code (FaissFlatCodesDistanceComputer *fdc, const uint8_t *code) {
    DecodingDistanceComputer *self = computer_of (&fdc->dc);
    return self->distance (fdc->q, decode (self, code, 0), (size_t)self->codec->d,
                           self->codec->metric_arg);
}

static float distance (FaissDistanceComputer *dc, idx_t i) {
    DecodingDistanceComputer *self = computer_of (dc);
    if (i < 0) {
        return faiss_is_similarity_metric (self->codec->metric_type) ? -HUGE_VALF : HUGE_VALF;
    }
    return distance_to_code (&self->base, code_of (self, i));
}

static void distances_batch_4 (FaissDistanceComputer *dc, const idx_t i[4], float out[4]) {
    for (int j = 0; j < 4; j++) {
        out[j] = distance (dc, i[j]);
    }
}

static float symmetric_dis (FaissDistanceComputer *dc, idx_t i, idx_t j) {
    DecodingDistanceComputer *self = computer_of (dc);
    return self->distance (decode (self, code_of (self, i), 0), decode (self, code_of (self, j), 1),
                           (size_t)self->codec->d, self->codec->metric_arg);
}

static void free_computer (FaissDistanceComputer *dc) {
    free (computer_of (dc)->vectors);
    free (dc);
}

FaissStatus faiss_decoding_distance_computer (const FaissIndexFlatCodes *index,
                                              FaissFlatCodesDistanceComputer **out) {
    FAISS_AUTO_FREE (DecodingDistanceComputer) *self = NULL;
    FAISS_TRY (faiss_alloc_zeroed (&self, 1, sizeof *self));
    FAISS_TRY (faiss_vector_distance (&self->distance, index->index.metric_type));
    FAISS_TRY (faiss_alloc (&self->vectors, 2 * (size_t)index->index.d, sizeof *self->vectors));
    self->codec = &index->index;
    self->base = (FaissFlatCodesDistanceComputer){.dc = {.set_query = set_query,
                                                         .distance = distance,
                                                         .distances_batch_4 = distances_batch_4,
                                                         .symmetric_dis = symmetric_dis,
                                                         .free = free_computer},
                                                  .codes = index->codes.data,
                                                  .code_size = index->code_size,
                                                  .distance_to_code = distance_to_code};
    DecodingDistanceComputer *made = FAISS_STEAL (self);
    *out = &made->base;
    return FAISS_OK;
}
