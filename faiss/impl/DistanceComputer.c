/* Distances between one query and the vectors of an index, by position. */
#include <faiss/impl/DistanceComputer.h>

#include <faiss/impl/check.h>

FaissStatus faiss_DistanceComputer_set_query (FaissDistanceComputer *self, const float *x) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE_ARG (x);
    return self->set_query (self, x);
}

FaissStatus faiss_DistanceComputer_vector_to_query_dis (FaissDistanceComputer *self, idx_t i,
                                                        float *out) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE_ARG (out);
    *out = self->distance (self, i);
    return FAISS_OK;
}

FaissStatus faiss_DistanceComputer_symmetric_dis (FaissDistanceComputer *self, idx_t i, idx_t j,
                                                  float *out) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE_ARG (out);
    *out = self->symmetric_dis (self, i, j);
    return FAISS_OK;
}

void faiss_DistanceComputer_free (FaissDistanceComputer *self) {
    if (self) {
        self->free (self);
    }
}
