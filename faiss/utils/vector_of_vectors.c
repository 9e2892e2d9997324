/* Vectors of vectors. */
#include <stdlib.h>
#include <string.h>

#include <faiss/impl/check.h>
#include <faiss/utils/vector.h>

FaissStatus faiss_Int32VectorVector_resize (FaissInt32VectorVector *self, size_t n) {
    FAISS_REQUIRE_ARG (self);
    for (size_t i = n; i < self->size; i++) {
        faiss_Int32Vector_clear (&self->data[i]);
    }
    if (n > self->size) {
        FaissInt32Vector *data = NULL;
        FAISS_TRY (faiss_alloc_zeroed (&data, n, sizeof *data));
        if (self->size > 0) {
            memcpy (data, self->data, self->size * sizeof *data);
        }
        free (self->data);
        self->data = data;
    }
    self->size = n;
    return FAISS_OK;
}

FaissStatus faiss_Int32VectorVector_push_back (FaissInt32VectorVector *self,
                                               const FaissInt32Vector *value) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE_ARG (value);
    FaissInt32Vector copy = {0};
    FAISS_TRY (faiss_Int32Vector_assign (&copy, value->data, value->size));
    FaissStatus status = faiss_Int32VectorVector_resize (self, self->size + 1);
    if (status != FAISS_OK) {
        faiss_Int32Vector_clear (&copy);
        return status;
    }
    self->data[self->size - 1] = copy;
    return FAISS_OK;
}

FaissInt32Vector *faiss_Int32VectorVector_data (const FaissInt32VectorVector *self) {
    return self ? self->data : NULL;
}

size_t faiss_Int32VectorVector_size (const FaissInt32VectorVector *self) {
    return self ? self->size : 0;
}

FaissInt32Vector *faiss_Int32VectorVector_at (const FaissInt32VectorVector *self, size_t n) {
    return self && n < self->size ? &self->data[n] : NULL;
}

void faiss_Int32VectorVector_swap (FaissInt32VectorVector *self, FaissInt32VectorVector *other) {
    if (self && other) {
        FaissInt32VectorVector kept = *self;
        *self = *other;
        *other = kept;
    }
}

void faiss_Int32VectorVector_clear (FaissInt32VectorVector *self) {
    if (self) {
        for (size_t i = 0; i < self->size; i++) {
            faiss_Int32Vector_clear (&self->data[i]);
        }
        free (self->data);
        *self = (FaissInt32VectorVector){0};
    }
}
