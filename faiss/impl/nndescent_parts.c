/* Neighbours of a vector, as values. */
#include <stdlib.h>

#include <faiss/impl/NNDescent.h>
#include <faiss/impl/check.h>

FaissStatus faiss_Neighbor_new_with (FaissNeighbor **out, int id, float distance, bool flag) {
    FAISS_REQUIRE_ARG (out);
    FAISS_AUTO_FREE (FaissNeighbor) *self = NULL;
    FAISS_TRY (faiss_alloc (&self, 1, sizeof *self));
    *self = (FaissNeighbor){id, distance, flag};
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

FaissStatus faiss_Neighbor_new (FaissNeighbor **out) {
    return faiss_Neighbor_new_with (out, 0, 0, false);
}

void faiss_Neighbor_free (FaissNeighbor *self) {
    free (self);
}

bool faiss_Neighbor_is_less (const FaissNeighbor *self, const FaissNeighbor *other) {
    return self && other && self->distance < other->distance;
}

FaissStatus faiss_Nhood_new (FaissNhood **out) {
    FAISS_REQUIRE_ARG (out);
    FAISS_AUTO_FREE (FaissNhood) *self = NULL;
    FAISS_TRY (faiss_alloc_zeroed (&self, 1, sizeof *self));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

static FaissStatus copy_lists (FaissNhood *self, const FaissNhood *other) {
    self->M = other->M;
    FAISS_TRY (faiss_Int32Vector_assign (&self->nn_old, other->nn_old.data, other->nn_old.size));
    FAISS_TRY (faiss_Int32Vector_assign (&self->nn_new, other->nn_new.data, other->nn_new.size));
    FAISS_TRY (faiss_Int32Vector_assign (&self->rnn_old, other->rnn_old.data, other->rnn_old.size));
    return faiss_Int32Vector_assign (&self->rnn_new, other->rnn_new.data, other->rnn_new.size);
}

FaissStatus faiss_Nhood_new_copy (FaissNhood **out, const FaissNhood *other) {
    FaissNhood *self = NULL;
    FAISS_REQUIRE_ARG (out);
    FAISS_REQUIRE_ARG (other);
    FAISS_TRY (faiss_Nhood_new (&self));
    FaissStatus status = copy_lists (self, other);
    if (status != FAISS_OK) {
        faiss_Nhood_free (self);
        return status;
    }
    *out = self;
    return FAISS_OK;
}

void faiss_Nhood_free (FaissNhood *self) {
    if (self) {
        faiss_Int32Vector_clear (&self->nn_old);
        faiss_Int32Vector_clear (&self->nn_new);
        faiss_Int32Vector_clear (&self->rnn_old);
        faiss_Int32Vector_clear (&self->rnn_new);
        free (self);
    }
}
