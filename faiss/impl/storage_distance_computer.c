/* Distances as a graph sees them: smaller is nearer, whatever the metric. */
#include <faiss/IndexHNSW.h>
#include <faiss/impl/DistanceComputer.h>
#include <faiss/impl/check.h>

/* Minus what another one gives. */
typedef struct Negative {
    FaissDistanceComputer dc;
    FaissDistanceComputer *basis;
} Negative;

static FaissStatus set_query (FaissDistanceComputer *dc, const float *x) {
    FaissDistanceComputer *basis = ((Negative *)(void *)dc)->basis;
    return basis->set_query (basis, x);
}

/* Before and after a call of the other one: what went wrong there went wrong here. */
static FaissDistanceComputer *begin (FaissDistanceComputer *dc) {
    FaissDistanceComputer *basis = ((Negative *)(void *)dc)->basis;
    basis->status = FAISS_OK;
    return basis;
}

static void end (FaissDistanceComputer *dc, const FaissDistanceComputer *basis) {
    if (basis->status != FAISS_OK) {
        dc->status = basis->status;
    }
}

static float distance (FaissDistanceComputer *dc, idx_t i) {
    FaissDistanceComputer *basis = begin (dc);
    float value = -basis->distance (basis, i);
    end (dc, basis);
    return value;
}

static void distances_batch_4 (FaissDistanceComputer *dc, const idx_t i[4], float out[4]) {
    FaissDistanceComputer *basis = begin (dc);
    basis->distances_batch_4 (basis, i, out);
    for (int j = 0; j < 4; j++) {
        out[j] = -out[j];
    }
    end (dc, basis);
}

static float symmetric_dis (FaissDistanceComputer *dc, idx_t i, idx_t j) {
    FaissDistanceComputer *basis = begin (dc);
    float value = -basis->symmetric_dis (basis, i, j);
    end (dc, basis);
    return value;
}

static void free_negative (FaissDistanceComputer *dc) {
    faiss_DistanceComputer_free (((Negative *)(void *)dc)->basis);
    free (dc);
}

FaissStatus faiss_storage_distance_computer (const FaissIndex *storage,
                                             FaissDistanceComputer **out) {
    FAISS_REQUIRE_ARG (storage);
    FAISS_REQUIRE_ARG (out);
    FaissDistanceComputer *basis = NULL;
    FAISS_TRY (faiss_Index_get_distance_computer (storage, &basis));
    if (!faiss_is_similarity_metric (storage->metric_type)) {
        *out = basis;
        return FAISS_OK;
    }
    Negative *self = calloc (1, sizeof *self);
    if (!self) {
        faiss_DistanceComputer_free (basis);
        return faiss_fail (FAISS_STD_EXCEPT, "no memory for a distance computer");
    }
    *self = (Negative){.dc = {.end = basis->end,
                              .set_query = set_query,
                              .distance = distance,
                              .distances_batch_4 = distances_batch_4,
                              .symmetric_dis = symmetric_dis,
                              .free = free_negative},
                       .basis = basis};
    *out = &self->dc;
    return FAISS_OK;
}
