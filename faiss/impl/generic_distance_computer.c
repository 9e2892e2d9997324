/* The distance computer of indexes that have none of their own: it reconstructs vectors. */
#include <math.h>

#include <faiss/impl/check.h>
#include <faiss/impl/index_check.h>
#include <faiss/utils/distances.h>

typedef struct GenericDistanceComputer {
    FaissDistanceComputer dc;
    const FaissIndex *storage; /* borrowed */
    const float *q;            /* the query, borrowed */
    float *vectors;            /* room for two */
} GenericDistanceComputer;

static FaissStatus set_query (FaissDistanceComputer *dc, const float *x) {
    ((GenericDistanceComputer *)dc)->q = x;
    return FAISS_OK;
}

/* What cannot be reconstructed has no distance: NaN, which enters no result. */
static float distance (FaissDistanceComputer *dc, idx_t i) {
    const GenericDistanceComputer *self = (const GenericDistanceComputer *)dc;
    if (i < 0) {
        return HUGE_VALF;
    }
    FaissStatus status = self->storage->cls->reconstruct (self->storage, i, self->vectors);
    if (status != FAISS_OK) {
        dc->status = status;
        return NAN;
    }
    return faiss_fvec_L2sqr (self->q, self->vectors, (size_t)self->storage->d);
}

static void distances_batch_4 (FaissDistanceComputer *dc, const idx_t i[4], float out[4]) {
    for (int j = 0; j < 4; j++) {
        out[j] = distance (dc, i[j]);
    }
}

static float symmetric_dis (FaissDistanceComputer *dc, idx_t i, idx_t j) {
    const GenericDistanceComputer *self = (const GenericDistanceComputer *)dc;
    const FaissIndex *storage = self->storage;
    float *x = self->vectors, *y = self->vectors + storage->d;
    FaissStatus status = storage->cls->reconstruct (storage, i, x);
    if (status == FAISS_OK) {
        status = storage->cls->reconstruct (storage, j, y);
    }
    if (status != FAISS_OK) {
        dc->status = status;
        return NAN;
    }
    return faiss_fvec_L2sqr (x, y, (size_t)storage->d);
}

static void free_computer (FaissDistanceComputer *dc) {
    free (((GenericDistanceComputer *)dc)->vectors);
    free (dc);
}

FaissStatus faiss_generic_distance_computer (const FaissIndex *index, FaissDistanceComputer **out) {
    FAISS_AUTO_FREE (GenericDistanceComputer) *self = NULL;
    FAISS_TRY (faiss_alloc_zeroed (&self, 1, sizeof *self));
    FAISS_TRY (faiss_alloc (&self->vectors, 2 * (size_t)index->d, sizeof *self->vectors));
    self->storage = index;
    self->dc = (FaissDistanceComputer){.set_query = set_query,
                                       .distance = distance,
                                       .distances_batch_4 = distances_batch_4,
                                       .symmetric_dis = symmetric_dis,
                                       .free = free_computer};
    GenericDistanceComputer *made = FAISS_STEAL (self);
    *out = &made->dc;
    return FAISS_OK;
}
