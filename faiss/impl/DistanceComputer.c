/* Distances between one query and the vectors of an index, by position. */
#include <faiss/impl/DistanceComputer.h>

#include <faiss/impl/check.h>

FaissStatus faiss_DistanceComputer_set_query (FaissDistanceComputer *self, const float *x) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE_ARG (x);
    FAISS_TRY (self->set_query (self, x));
    self->has_query = true;
    return FAISS_OK;
}

static FaissStatus check_position (const char *function, const FaissDistanceComputer *self,
                                   idx_t i) {
    if (self->end && i >= *self->end) {
        return faiss_fail_in (FAISS_EXCEPT, function, "expected a position below %lld, got %lld",
                              (long long)*self->end, (long long)i);
    }
    return FAISS_OK;
}

FaissStatus faiss_DistanceComputer_vector_to_query_dis (FaissDistanceComputer *self, idx_t i,
                                                        float *out) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE_ARG (out);
    FAISS_REQUIRE (self->has_query, "there is no query: set_query comes first");
    FAISS_TRY (check_position (__func__, self, i));
    self->status = FAISS_OK;
    const float distance = self->distance (self, i);
    FAISS_TRY (self->status);
    *out = distance;
    return FAISS_OK;
}

FaissStatus faiss_DistanceComputer_symmetric_dis (FaissDistanceComputer *self, idx_t i, idx_t j,
                                                  float *out) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE_ARG (out);
    FAISS_TRY (check_position (__func__, self, i));
    FAISS_TRY (check_position (__func__, self, j));
    FAISS_REQUIRE (i >= 0 && j >= 0, "expected positions from 0 on, got %lld and %lld",
                   (long long)i, (long long)j);
    self->status = FAISS_OK;
    const float distance = self->symmetric_dis (self, i, j);
    FAISS_TRY (self->status);
    *out = distance;
    return FAISS_OK;
}

void faiss_DistanceComputer_free (FaissDistanceComputer *self) {
    if (self) {
        self->free (self);
    }
}
