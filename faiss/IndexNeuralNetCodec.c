/* Vectors encoded by neural networks. */
#include <faiss/IndexNeuralNetCodec.h>

#include <string.h>

#include <faiss/impl/bitstring.h>
#include <faiss/impl/check.h>

#define CONST_SELF(pointer) FAISS_CONST_SELF (IndexNeuralNetCodec, index, pointer)

enum { MAX_NBITS = 24 };

/* ---- life ------------------------------------------------------------------------------------ */

static FaissStatus init (FaissIndexNeuralNetCodec *self, int d, int M, int nbits,
                         FaissMetricType metric) {
    FAISS_REQUIRE (d >= 0 && M >= 0 && nbits >= 0 && nbits <= MAX_NBITS,
                   "expected d >= 0, M >= 0 and nbits in 0 .. %d, got %d, %d and %d", MAX_NBITS, d,
                   M, nbits);
    self->M = (size_t)M;
    self->nbits = (size_t)nbits;
    FAISS_TRY (faiss_IndexFlatCodes_init (&self->flat_codes, ((size_t)M * (size_t)nbits + 7) / 8, d,
                                          metric));
    self->index.is_trained = false;
    return FAISS_OK;
}

FaissStatus faiss_IndexNeuralNetCodec_new (FaissIndexNeuralNetCodec **out) {
    return faiss_IndexNeuralNetCodec_new_with (out, 0, 0, 0, METRIC_L2);
}

FaissStatus faiss_IndexNeuralNetCodec_new_with (FaissIndexNeuralNetCodec **out, int d, int M,
                                                int nbits, FaissMetricType metric) {
    FAISS_REQUIRE_ARG (out);
    FAISS_OWNED (IndexNeuralNetCodec) *self = NULL;
    FAISS_TRY (faiss_object_new (&self, &faiss_IndexNeuralNetCodec_class.index.head));
    FAISS_TRY (init (self, d, M, nbits, metric));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

void faiss_IndexNeuralNetCodec_free (FaissIndexNeuralNetCodec *self) {
    faiss_object_free (self);
}

FaissIndexNeuralNetCodec *faiss_IndexNeuralNetCodec_cast (FaissIndex *index) {
    return faiss_object_cast (index, &faiss_IndexNeuralNetCodec_class.index.head);
}

FaissStatus faiss_IndexQINCo_new (FaissIndexQINCo **out) {
    return faiss_IndexQINCo_new_with (out, 0, 0, 0, 0, 0, METRIC_L2);
}

FaissStatus faiss_IndexQINCo_new_with (FaissIndexQINCo **out, int d, int M, int nbits, int L, int h,
                                       FaissMetricType metric) {
    FAISS_REQUIRE_ARG (out);
    FAISS_OWNED (IndexQINCo) *self = NULL;
    FAISS_TRY (faiss_object_new (&self, &faiss_IndexQINCo_class.index.head));
    FAISS_TRY (init (&self->neural, d, M, nbits, metric));
    faiss_object_init (&self->qinco, &faiss_QINCo_class.head);
    FAISS_TRY (faiss_QINCo_init (&self->qinco, d, 1 << nbits, L, M, h));
    self->neural.net = &self->qinco.codec;
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

void faiss_IndexQINCo_free (FaissIndexQINCo *self) {
    faiss_object_free (self);
}

FaissIndexQINCo *faiss_IndexQINCo_cast (FaissIndex *index) {
    return faiss_object_cast (index, &faiss_IndexQINCo_class.index.head);
}

static FaissStatus IndexNeuralNetCodec_copy (void *object, const void *other_object) {
    FaissIndexNeuralNetCodec *self = object;
    const FaissIndexNeuralNetCodec *other = other_object;
    self->net = other->net;
    self->M = other->M;
    self->nbits = other->nbits;
    return FAISS_OK;
}

static void IndexQINCo_finalize (void *object) {
    FaissIndexQINCo *self = object;
    faiss_object_clear (&self->qinco);
}

static FaissStatus IndexQINCo_copy (void *object, const void *other_object) {
    FaissIndexQINCo *self = object;
    const FaissIndexQINCo *other = other_object;
    self->neural.net = &self->qinco.codec;
    return faiss_object_assign (&self->qinco, &other->qinco);
}

/* ---- codes ----------------------------------------------------------------------------------- */

static FaissStatus IndexNeuralNetCodec_train (FaissIndex *index, idx_t n, const float *x) {
    (void)index, (void)n, (void)x;
    FAISS_FAIL ("networks are not trained here: set their weights, then is_trained");
}

static FaissStatus check_net (const char *function, const FaissIndexNeuralNetCodec *self) {
    if (!self->net || self->net->d != self->index.d || (size_t)self->net->M != self->M) {
        return faiss_fail_in (FAISS_EXCEPT, function, "expected a network of d=%d and M=%zu",
                              self->index.d, self->M);
    }
    return FAISS_OK;
}

static FaissStatus pack (const FaissIndexNeuralNetCodec *self, size_t n, const int32_t *codes,
                         uint8_t *bytes) {
    size_t code_size = self->flat_codes.code_size;
    for (size_t i = 0; i < n * self->M; i++) {
        FAISS_REQUIRE (codes[i] >= 0 && codes[i] >> self->nbits == 0,
                       "the network made the number %d, expected %zu bits", codes[i], self->nbits);
    }
    memset (bytes, 0, n * code_size);
    for (size_t i = 0; i < n * self->M; i++) {
        faiss_bitstring_put (bytes + i / self->M * code_size, i % self->M * self->nbits,
                             (uint64_t)codes[i], self->nbits);
    }
    return FAISS_OK;
}

static FaissStatus IndexNeuralNetCodec_sa_encode (const FaissIndex *index, idx_t n, const float *x,
                                                  uint8_t *bytes) {
    const FaissIndexNeuralNetCodec *self = CONST_SELF (index);
    FAISS_TRY (check_net (__func__, self));
    FaissTensor2D *vectors = NULL;
    FaissInt32Tensor2D *codes = NULL;
    FAISS_TRY (faiss_Tensor2D_new (&vectors, (size_t)n, (size_t)index->d, x));
    FaissStatus status = faiss_NeuralNetCodec_encode (self->net, vectors, &codes);
    if (status == FAISS_OK) {
        status = pack (self, (size_t)n, codes->v.data, bytes);
    }
    faiss_Tensor2D_free (vectors);
    faiss_Int32Tensor2D_free (codes);
    return status;
}

static FaissStatus IndexNeuralNetCodec_sa_decode (const FaissIndex *index, idx_t n,
                                                  const uint8_t *bytes, float *x) {
    const FaissIndexNeuralNetCodec *self = CONST_SELF (index);
    FAISS_TRY (check_net (__func__, self));
    FaissTensor2D *vectors = NULL;
    FaissInt32Tensor2D *codes = NULL;
    FAISS_TRY (faiss_Int32Tensor2D_new (&codes, (size_t)n, self->M, NULL));
    for (size_t i = 0; i < (size_t)n * self->M; i++) {
        codes->v.data[i] =
            (int32_t)faiss_bitstring_get (bytes + i / self->M * self->flat_codes.code_size,
                                          i % self->M * self->nbits, self->nbits);
    }
    FaissStatus status = faiss_NeuralNetCodec_decode (self->net, codes, &vectors);
    if (status == FAISS_OK && n > 0) {
        memcpy (x, vectors->v.data, vectors->v.size * sizeof *x);
    }
    faiss_Int32Tensor2D_free (codes);
    faiss_Tensor2D_free (vectors);
    return status;
}

/* ---- the classes ----------------------------------------------------------------------------- */

FaissIndexFlatCodesClass faiss_IndexNeuralNetCodec_class = {
    .index = {.head = {.name = "IndexNeuralNetCodec",
                       .parent = &faiss_IndexFlatCodes_class.index.head,
                       .instance_size = sizeof (FaissIndexNeuralNetCodec),
                       .table_size = sizeof (FaissIndexFlatCodesClass),
                       .copy = IndexNeuralNetCodec_copy},
              .train = IndexNeuralNetCodec_train,
              .sa_encode = IndexNeuralNetCodec_sa_encode,
              .sa_decode = IndexNeuralNetCodec_sa_decode},
};

FaissIndexFlatCodesClass faiss_IndexQINCo_class = {
    .index = {.head = {.name = "IndexQINCo",
                       .parent = &faiss_IndexNeuralNetCodec_class.index.head,
                       .instance_size = sizeof (FaissIndexQINCo),
                       .table_size = sizeof (FaissIndexFlatCodesClass),
                       .finalize = IndexQINCo_finalize,
                       .copy = IndexQINCo_copy}},
};
