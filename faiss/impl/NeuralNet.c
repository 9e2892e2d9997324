/* Small neural networks that decode vectors: the layers, and QINCo. */
#include <faiss/impl/NeuralNet.h>

#include <string.h>

#include <faiss/impl/additive_internal.h>
#include <faiss/impl/check.h>
#include <faiss/kernels/kernels.h>
#include <faiss/utils/distances.h>

/* ---- matrices -------------------------------------------------------------------------------- */

FaissStatus faiss_Tensor2D_new (FaissTensor2D **out, size_t n0, size_t n1, const float *data) {
    FAISS_REQUIRE_ARG (out);
    FAISS_REQUIRE (n1 == 0 || n0 <= SIZE_MAX / sizeof (float) / n1,
                   "a matrix of %zu x %zu is too large", n0, n1);
    FaissTensor2D *self = NULL;
    FAISS_TRY (faiss_alloc_zeroed (&self, 1, sizeof *self));
    self->shape[0] = n0;
    self->shape[1] = n1;
    FaissStatus status = data ? faiss_Float32Vector_assign (&self->v, data, n0 * n1)
                              : faiss_Float32Vector_resize (&self->v, n0 * n1);
    if (status != FAISS_OK) {
        faiss_Tensor2D_free (self);
        return status;
    }
    *out = self;
    return FAISS_OK;
}

void faiss_Tensor2D_free (FaissTensor2D *self) {
    if (self) {
        faiss_Float32Vector_clear (&self->v);
        free (self);
    }
}

size_t faiss_Tensor2D_numel (const FaissTensor2D *self) {
    return self ? self->shape[0] * self->shape[1] : 0;
}

float *faiss_Tensor2D_data (FaissTensor2D *self) {
    return self ? self->v.data : NULL;
}

FaissStatus faiss_Tensor2D_iadd (FaissTensor2D *self, const FaissTensor2D *other) {
    FAISS_REQUIRE (self && other, "self or other is NULL");
    FAISS_REQUIRE (self->shape[0] == other->shape[0] && self->shape[1] == other->shape[1],
                   "expected a matrix of %zu x %zu, got %zu x %zu", self->shape[0], self->shape[1],
                   other->shape[0], other->shape[1]);
    faiss_fvec_add (self->v.size, self->v.data, other->v.data, self->v.data);
    return FAISS_OK;
}

FaissStatus faiss_Tensor2D_column (const FaissTensor2D *self, size_t j, FaissTensor2D **out) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE (j < self->shape[1], "column %zu of %zu", j, self->shape[1]);
    FaissTensor2D *column = NULL;
    FAISS_TRY (faiss_Tensor2D_new (&column, self->shape[0], 1, NULL));
    for (size_t i = 0; i < self->shape[0]; i++) {
        column->v.data[i] = self->v.data[i * self->shape[1] + j];
    }
    *out = column;
    return FAISS_OK;
}

FaissStatus faiss_Int32Tensor2D_new (FaissInt32Tensor2D **out, size_t n0, size_t n1,
                                     const int32_t *data) {
    FAISS_REQUIRE_ARG (out);
    FAISS_REQUIRE (n1 == 0 || n0 <= SIZE_MAX / sizeof (int32_t) / n1,
                   "a matrix of %zu x %zu is too large", n0, n1);
    FaissInt32Tensor2D *self = NULL;
    FAISS_TRY (faiss_alloc_zeroed (&self, 1, sizeof *self));
    self->shape[0] = n0;
    self->shape[1] = n1;
    FaissStatus status = data ? faiss_Int32Vector_assign (&self->v, data, n0 * n1)
                              : faiss_Int32Vector_resize (&self->v, n0 * n1);
    if (status != FAISS_OK) {
        faiss_Int32Tensor2D_free (self);
        return status;
    }
    *out = self;
    return FAISS_OK;
}

void faiss_Int32Tensor2D_free (FaissInt32Tensor2D *self) {
    if (self) {
        faiss_Int32Vector_clear (&self->v);
        free (self);
    }
}

size_t faiss_Int32Tensor2D_numel (const FaissInt32Tensor2D *self) {
    return self ? self->shape[0] * self->shape[1] : 0;
}

int32_t *faiss_Int32Tensor2D_data (FaissInt32Tensor2D *self) {
    return self ? self->v.data : NULL;
}

FaissStatus faiss_Int32Tensor2D_iadd (FaissInt32Tensor2D *self, const FaissInt32Tensor2D *other) {
    FAISS_REQUIRE (self && other, "self or other is NULL");
    FAISS_REQUIRE (self->shape[0] == other->shape[0] && self->shape[1] == other->shape[1],
                   "expected a matrix of %zu x %zu, got %zu x %zu", self->shape[0], self->shape[1],
                   other->shape[0], other->shape[1]);
    for (size_t i = 0; i < self->v.size; i++) {
        self->v.data[i] = (int32_t)((uint32_t)self->v.data[i] + (uint32_t)other->v.data[i]);
    }
    return FAISS_OK;
}

FaissStatus faiss_Int32Tensor2D_column (const FaissInt32Tensor2D *self, size_t j,
                                        FaissInt32Tensor2D **out) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE (j < self->shape[1], "column %zu of %zu", j, self->shape[1]);
    FaissInt32Tensor2D *column = NULL;
    FAISS_TRY (faiss_Int32Tensor2D_new (&column, self->shape[0], 1, NULL));
    for (size_t i = 0; i < self->shape[0]; i++) {
        column->v.data[i] = self->v.data[i * self->shape[1] + j];
    }
    *out = column;
    return FAISS_OK;
}

/* ---- layers ---------------------------------------------------------------------------------- */

static FaissStatus Linear_init (FaissLinear *self, size_t in_features, size_t out_features,
                                bool bias) {
    self->in_features = in_features;
    self->out_features = out_features;
    FAISS_REQUIRE (in_features == 0 || out_features <= SIZE_MAX / sizeof (float) / in_features,
                   "a layer of %zu x %zu is too large", out_features, in_features);
    FAISS_TRY (faiss_Float32Vector_resize (&self->weight, in_features * out_features));
    return bias ? faiss_Float32Vector_resize (&self->bias, out_features) : FAISS_OK;
}

static void Linear_clear (FaissLinear *self) {
    faiss_Float32Vector_clear (&self->weight);
    faiss_Float32Vector_clear (&self->bias);
}

static FaissStatus Linear_copy (FaissLinear *self, const FaissLinear *other) {
    self->in_features = other->in_features;
    self->out_features = other->out_features;
    FAISS_TRY (faiss_Float32Vector_assign (&self->weight, other->weight.data, other->weight.size));
    return faiss_Float32Vector_assign (&self->bias, other->bias.data, other->bias.size);
}

static FaissStatus Linear_check (const FaissLinear *self) {
    FAISS_REQUIRE (self->weight.size == self->in_features * self->out_features &&
                       (self->bias.size == 0 || self->bias.size == self->out_features),
                   "weight and bias have %zu and %zu elements, expected %zu x %zu",
                   self->weight.size, self->bias.size, self->out_features, self->in_features);
    return FAISS_OK;
}

/* out = W x + b for n rows */
static FaissStatus Linear_run (const FaissLinear *self, size_t n, const float *x, float *out) {
    FAISS_TRY (Linear_check (self));
    size_t width = self->out_features;
    FAISS_TRY (
        faiss_aq_all_products (x, n, self->weight.data, width, self->in_features, 1, out, width));
    for (size_t i = 0; i < n && self->bias.size > 0; i++) {
        faiss_fvec_add (width, out + i * width, self->bias.data, out + i * width);
    }
    return FAISS_OK;
}

FaissStatus faiss_Linear_new (FaissLinear **out, size_t in_features, size_t out_features,
                              bool bias) {
    FAISS_REQUIRE_ARG (out);
    FaissLinear *self = NULL;
    FAISS_TRY (faiss_alloc_zeroed (&self, 1, sizeof *self));
    FaissStatus status = Linear_init (self, in_features, out_features, bias);
    if (status != FAISS_OK) {
        faiss_Linear_free (self);
        return status;
    }
    *out = self;
    return FAISS_OK;
}

void faiss_Linear_free (FaissLinear *self) {
    if (self) {
        Linear_clear (self);
        free (self);
    }
}

FaissStatus faiss_Linear_apply (const FaissLinear *self, const FaissTensor2D *x,
                                FaissTensor2D **out) {
    FAISS_REQUIRE (self && x && out, "self, x or out is NULL");
    FAISS_REQUIRE (x->shape[1] == self->in_features, "expected %zu columns, got %zu",
                   self->in_features, x->shape[1]);
    FaissTensor2D *y = NULL;
    FAISS_TRY (faiss_Tensor2D_new (&y, x->shape[0], self->out_features, NULL));
    FaissStatus status = Linear_run (self, x->shape[0], x->v.data, y->v.data);
    if (status != FAISS_OK) {
        faiss_Tensor2D_free (y);
        return status;
    }
    *out = y;
    return FAISS_OK;
}

static FaissStatus Embedding_init (FaissEmbedding *self, size_t n, size_t dim) {
    self->num_embeddings = n;
    self->embedding_dim = dim;
    FAISS_REQUIRE (dim == 0 || n <= SIZE_MAX / sizeof (float) / dim,
                   "a codebook of %zu x %zu is too large", n, dim);
    return faiss_Float32Vector_resize (&self->weight, n * dim);
}

static FaissStatus Embedding_copy (FaissEmbedding *self, const FaissEmbedding *other) {
    self->num_embeddings = other->num_embeddings;
    self->embedding_dim = other->embedding_dim;
    return faiss_Float32Vector_assign (&self->weight, other->weight.data, other->weight.size);
}

/* The rows of numbers that stand `stride` apart. */
static FaissStatus Embedding_run (const FaissEmbedding *self, size_t n, const int32_t *codes,
                                  size_t stride, float *out) {
    size_t dim = self->embedding_dim;
    FAISS_REQUIRE (self->weight.size == self->num_embeddings * dim,
                   "weight has %zu elements, expected %zu x %zu", self->weight.size,
                   self->num_embeddings, dim);
    for (size_t i = 0; i < n; i++) {
        int32_t code = codes[i * stride];
        FAISS_REQUIRE (code >= 0 && (size_t)code < self->num_embeddings,
                       "number %zu is %d, expected 0 .. %zu", i, code, self->num_embeddings - 1);
        memcpy (out + i * dim, self->weight.data + (size_t)code * dim, dim * sizeof *out);
    }
    return FAISS_OK;
}

FaissStatus faiss_Embedding_new (FaissEmbedding **out, size_t num_embeddings,
                                 size_t embedding_dim) {
    FAISS_REQUIRE_ARG (out);
    FaissEmbedding *self = NULL;
    FAISS_TRY (faiss_alloc_zeroed (&self, 1, sizeof *self));
    FaissStatus status = Embedding_init (self, num_embeddings, embedding_dim);
    if (status != FAISS_OK) {
        faiss_Embedding_free (self);
        return status;
    }
    *out = self;
    return FAISS_OK;
}

void faiss_Embedding_free (FaissEmbedding *self) {
    if (self) {
        faiss_Float32Vector_clear (&self->weight);
        free (self);
    }
}

float *faiss_Embedding_data (FaissEmbedding *self) {
    return self ? self->weight.data : NULL;
}

FaissStatus faiss_Embedding_apply (const FaissEmbedding *self, const FaissInt32Tensor2D *codes,
                                   FaissTensor2D **out) {
    FAISS_REQUIRE (self && codes && out, "self, codes or out is NULL");
    FAISS_REQUIRE (codes->shape[1] == 1, "expected one column, got %zu", codes->shape[1]);
    FaissTensor2D *y = NULL;
    FAISS_TRY (faiss_Tensor2D_new (&y, codes->shape[0], self->embedding_dim, NULL));
    FaissStatus status = Embedding_run (self, codes->shape[0], codes->v.data, 1, y->v.data);
    if (status != FAISS_OK) {
        faiss_Tensor2D_free (y);
        return status;
    }
    *out = y;
    return FAISS_OK;
}

static FaissStatus FFN_init (FaissFFN *self, int d, int h) {
    FAISS_TRY (Linear_init (&self->linear1, (size_t)d, (size_t)h, false));
    return Linear_init (&self->linear2, (size_t)h, (size_t)d, false);
}

static void FFN_clear (FaissFFN *self) {
    Linear_clear (&self->linear1);
    Linear_clear (&self->linear2);
}

/* out = W2 max (W1 x, 0) for n rows; hidden has room for n rows of h */
static FaissStatus FFN_run (const FaissFFN *self, size_t n, const float *x, float *hidden,
                            float *out) {
    FAISS_TRY (Linear_run (&self->linear1, n, x, hidden));
    for (size_t i = 0; i < n * self->linear1.out_features; i++) {
        hidden[i] = hidden[i] > 0 ? hidden[i] : 0;
    }
    return Linear_run (&self->linear2, n, hidden, out);
}

FaissStatus faiss_FFN_new (FaissFFN **out, int d, int h) {
    FAISS_REQUIRE_ARG (out);
    FAISS_REQUIRE (d >= 0 && h >= 0, "expected d >= 0 and h >= 0, got %d and %d", d, h);
    FaissFFN *self = NULL;
    FAISS_TRY (faiss_alloc_zeroed (&self, 1, sizeof *self));
    FaissStatus status = FFN_init (self, d, h);
    if (status != FAISS_OK) {
        faiss_FFN_free (self);
        return status;
    }
    *out = self;
    return FAISS_OK;
}

void faiss_FFN_free (FaissFFN *self) {
    if (self) {
        FFN_clear (self);
        free (self);
    }
}

FaissStatus faiss_FFN_apply (const FaissFFN *self, const FaissTensor2D *x, FaissTensor2D **out) {
    FAISS_REQUIRE (self && x && out, "self, x or out is NULL");
    FAISS_REQUIRE (x->shape[1] == self->linear1.in_features &&
                       self->linear2.in_features == self->linear1.out_features,
                   "expected %zu columns, got %zu", self->linear1.in_features, x->shape[1]);
    FAISS_AUTO_FREE (float) *hidden = NULL;
    FAISS_TRY (faiss_alloc (&hidden, x->shape[0] * self->linear1.out_features, sizeof *hidden));
    FaissTensor2D *y = NULL;
    FAISS_TRY (faiss_Tensor2D_new (&y, x->shape[0], self->linear2.out_features, NULL));
    FaissStatus status = FFN_run (self, x->shape[0], x->v.data, hidden, y->v.data);
    if (status != FAISS_OK) {
        faiss_Tensor2D_free (y);
        return status;
    }
    *out = y;
    return FAISS_OK;
}

/* ---- one step -------------------------------------------------------------------------------- */

static void QINCoStep_clear (FaissQINCoStep *self) {
    faiss_Float32Vector_clear (&self->codebook.weight);
    Linear_clear (&self->MLPconcat);
    for (int i = 0; self->residual_blocks && i < self->L; i++) {
        FFN_clear (&self->residual_blocks[i]);
    }
    free (self->residual_blocks);
}

static FaissStatus QINCoStep_init (FaissQINCoStep *self, int d, int K, int L, int h) {
    FAISS_REQUIRE (d >= 0 && K >= 0 && L >= 0 && h >= 0,
                   "expected sizes >= 0, got d=%d, K=%d, L=%d, h=%d", d, K, L, h);
    self->d = d;
    self->K = K;
    self->h = h;
    FAISS_TRY (Embedding_init (&self->codebook, (size_t)K, (size_t)d));
    FAISS_TRY (Linear_init (&self->MLPconcat, 2 * (size_t)d, (size_t)d, true));
    FAISS_TRY (
        faiss_alloc_zeroed (&self->residual_blocks, (size_t)L, sizeof *self->residual_blocks));
    self->L = L;
    for (int i = 0; i < L; i++) {
        FAISS_TRY (FFN_init (&self->residual_blocks[i], d, h));
    }
    return FAISS_OK;
}

static FaissStatus QINCoStep_copy (FaissQINCoStep *self, const FaissQINCoStep *other) {
    FAISS_TRY (QINCoStep_init (self, other->d, other->K, other->L, other->h));
    FAISS_TRY (Embedding_copy (&self->codebook, &other->codebook));
    FAISS_TRY (Linear_copy (&self->MLPconcat, &other->MLPconcat));
    for (int i = 0; i < other->L; i++) {
        FAISS_TRY (
            Linear_copy (&self->residual_blocks[i].linear1, &other->residual_blocks[i].linear1));
        FAISS_TRY (
            Linear_copy (&self->residual_blocks[i].linear2, &other->residual_blocks[i].linear2));
    }
    return FAISS_OK;
}

/* What n rows of the codebook become; z holds them, and the result. */
static FaissStatus QINCoStep_run (const FaissQINCoStep *self, size_t n, const float *xhat,
                                  float *z) {
    size_t d = (size_t)self->d, h = (size_t)self->h, width = 2 * d > h ? 2 * d : h;
    FAISS_AUTO_FREE (float) *hidden = NULL;
    FAISS_AUTO_FREE (float) *change = NULL;
    FAISS_TRY (faiss_alloc (&hidden, n, width * sizeof *hidden));
    FAISS_TRY (faiss_alloc (&change, n, d * sizeof *change));
    for (size_t i = 0; i < n; i++) {
        memcpy (hidden + 2 * i * d, z + i * d, d * sizeof *z);
        memcpy (hidden + (2 * i + 1) * d, xhat + i * d, d * sizeof *z);
    }
    FAISS_TRY (Linear_run (&self->MLPconcat, n, hidden, change));
    faiss_fvec_add (n * d, z, change, z);
    for (int block = 0; block < self->L; block++) {
        FAISS_TRY (faiss_check_interrupt ());
        FAISS_TRY (FFN_run (&self->residual_blocks[block], n, z, hidden, change));
        faiss_fvec_add (n * d, z, change, z);
    }
    return FAISS_OK;
}

/* The best row for each of n vectors. @param best  output, what it becomes, n rows of d */
static FaissStatus QINCoStep_choose (const FaissQINCoStep *self, size_t n, const float *xhat,
                                     const float *x, int32_t *codes, size_t stride, float *best) {
    size_t d = (size_t)self->d, K = (size_t)self->K;
    FAISS_REQUIRE (K > 0 && self->codebook.weight.size == K * d, "expected a codebook of %zu rows",
                   K);
    FAISS_AUTO_FREE (float) *repeated = NULL;
    FAISS_AUTO_FREE (float) *z = NULL;
    FAISS_AUTO_FREE (float) *distances = NULL;
    FAISS_AUTO_FREE (float) *rest = NULL;
    FAISS_TRY (faiss_alloc (&repeated, K, d * sizeof *repeated));
    FAISS_TRY (faiss_alloc (&z, K, d * sizeof *z));
    FAISS_TRY (faiss_alloc (&distances, K, sizeof *distances));
    FAISS_TRY (faiss_alloc (&rest, d, sizeof *rest));
    for (size_t i = 0; i < n; i++) {
        FAISS_TRY (faiss_check_interrupt ());
        for (size_t k = 0; k < K; k++) {
            memcpy (repeated + k * d, xhat + i * d, d * sizeof *repeated);
        }
        memcpy (z, self->codebook.weight.data, K * d * sizeof *z);
        FAISS_TRY (QINCoStep_run (self, K, repeated, z));
        faiss_fvec_sub (d, x + i * d, xhat + i * d, rest);
        size_t nearest = faiss_fvec_L2sqr_ny_nearest (distances, rest, z, d, K);
        codes[i * stride] = (int32_t)nearest;
        memcpy (best + i * d, z + nearest * d, d * sizeof *best);
    }
    return FAISS_OK;
}

FaissStatus faiss_QINCoStep_new (FaissQINCoStep **out, int d, int K, int L, int h) {
    FAISS_REQUIRE_ARG (out);
    FaissQINCoStep *self = NULL;
    FAISS_TRY (faiss_alloc_zeroed (&self, 1, sizeof *self));
    FaissStatus status = QINCoStep_init (self, d, K, L, h);
    if (status != FAISS_OK) {
        faiss_QINCoStep_free (self);
        return status;
    }
    *out = self;
    return FAISS_OK;
}

void faiss_QINCoStep_free (FaissQINCoStep *self) {
    if (self) {
        QINCoStep_clear (self);
        free (self);
    }
}

FaissFFN *faiss_QINCoStep_get_residual_block (FaissQINCoStep *self, int i) {
    return self && i >= 0 && i < self->L ? &self->residual_blocks[i] : NULL;
}

static FaissStatus check_columns (const char *function, const FaissTensor2D *x, size_t n, int d) {
    if (x->shape[0] != n || x->shape[1] != (size_t)d) {
        return faiss_fail_in (FAISS_EXCEPT, function,
                              "expected a matrix of %zu x %d, got %zu x %zu", n, d, x->shape[0],
                              x->shape[1]);
    }
    return FAISS_OK;
}

FaissStatus faiss_QINCoStep_encode (const FaissQINCoStep *self, const FaissTensor2D *xhat,
                                    const FaissTensor2D *x, FaissTensor2D *residuals,
                                    FaissInt32Tensor2D **out) {
    FAISS_REQUIRE (self && xhat && x && out, "self, xhat, x or out is NULL");
    size_t n = x->shape[0];
    FAISS_TRY (check_columns (__func__, x, n, self->d));
    FAISS_TRY (check_columns (__func__, xhat, n, self->d));
    if (residuals) {
        FAISS_TRY (check_columns (__func__, residuals, n, self->d));
    }
    FAISS_AUTO_FREE (float) *best = NULL;
    FAISS_TRY (faiss_alloc (&best, n, (size_t)self->d * sizeof *best));
    FaissInt32Tensor2D *codes = NULL;
    FAISS_TRY (faiss_Int32Tensor2D_new (&codes, n, 1, NULL));
    FaissStatus status =
        QINCoStep_choose (self, n, xhat->v.data, x->v.data, codes->v.data, 1, best);
    if (status != FAISS_OK) {
        faiss_Int32Tensor2D_free (codes);
        return status;
    }
    if (residuals && n > 0) {
        memcpy (residuals->v.data, best, residuals->v.size * sizeof *best);
    }
    *out = codes;
    return FAISS_OK;
}

FaissStatus faiss_QINCoStep_decode (const FaissQINCoStep *self, const FaissTensor2D *xhat,
                                    const FaissInt32Tensor2D *codes, FaissTensor2D **out) {
    FAISS_REQUIRE (self && xhat && codes && out, "self, xhat, codes or out is NULL");
    FAISS_TRY (check_columns (__func__, xhat, codes->shape[0], self->d));
    FaissTensor2D *z = NULL;
    FAISS_TRY (faiss_Embedding_apply (&self->codebook, codes, &z));
    FaissStatus status = QINCoStep_run (self, codes->shape[0], xhat->v.data, z->v.data);
    if (status != FAISS_OK) {
        faiss_Tensor2D_free (z);
        return status;
    }
    *out = z;
    return FAISS_OK;
}

/* ---- codecs ---------------------------------------------------------------------------------- */

static FaissStatus NeuralNetCodec_decode (const FaissNeuralNetCodec *self,
                                          const FaissInt32Tensor2D *codes, FaissTensor2D **out) {
    (void)codes, (void)out;
    FAISS_FAIL ("not implemented for %s", self->cls->head.name);
}

static FaissStatus NeuralNetCodec_encode (const FaissNeuralNetCodec *self, const FaissTensor2D *x,
                                          FaissInt32Tensor2D **out) {
    (void)x, (void)out;
    FAISS_FAIL ("not implemented for %s", self->cls->head.name);
}

FaissNeuralNetCodecClass faiss_NeuralNetCodec_class = {
    .head = {.name = "NeuralNetCodec",
             .instance_size = sizeof (FaissNeuralNetCodec),
             .table_size = sizeof (FaissNeuralNetCodecClass)},
    .decode = NeuralNetCodec_decode,
    .encode = NeuralNetCodec_encode,
};

FaissStatus faiss_NeuralNetCodec_decode (const FaissNeuralNetCodec *self,
                                         const FaissInt32Tensor2D *codes, FaissTensor2D **out) {
    FAISS_REQUIRE (self && codes && out, "self, codes or out is NULL");
    FAISS_REQUIRE (codes->shape[1] == (size_t)self->M, "expected M=%d columns, got %zu", self->M,
                   codes->shape[1]);
    return self->cls->decode (self, codes, out);
}

FaissStatus faiss_NeuralNetCodec_encode (const FaissNeuralNetCodec *self, const FaissTensor2D *x,
                                         FaissInt32Tensor2D **out) {
    FAISS_REQUIRE (self && x && out, "self, x or out is NULL");
    FAISS_REQUIRE (x->shape[1] == (size_t)self->d, "expected d=%d columns, got %zu", self->d,
                   x->shape[1]);
    return self->cls->encode (self, x, out);
}

void faiss_NeuralNetCodec_free (FaissNeuralNetCodec *self) {
    faiss_object_free (self);
}

/* ---- QINCo ----------------------------------------------------------------------------------- */

FaissStatus faiss_QINCo_init (FaissQINCo *self, int d, int K, int L, int M, int h) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE (d >= 0 && K >= 0 && L >= 0 && M >= 0 && h >= 0,
                   "expected sizes >= 0, got d=%d, K=%d, L=%d, M=%d, h=%d", d, K, L, M, h);
    self->codec.d = d;
    self->K = K;
    self->L = L;
    self->h = h;
    FAISS_TRY (Embedding_init (&self->codebook0, (size_t)K, (size_t)d));
    size_t n_steps = M > 0 ? (size_t)M - 1 : 0;
    FAISS_TRY (faiss_alloc_zeroed (&self->steps, n_steps, sizeof *self->steps));
    self->n_steps = (int)n_steps;
    self->codec.M = M;
    for (size_t i = 0; i < n_steps; i++) {
        FAISS_TRY (QINCoStep_init (&self->steps[i], d, K, L, h));
    }
    return FAISS_OK;
}

static void QINCo_finalize (void *object) {
    FaissQINCo *self = object;
    faiss_Float32Vector_clear (&self->codebook0.weight);
    for (int i = 0; self->steps && i < self->n_steps; i++) {
        QINCoStep_clear (&self->steps[i]);
    }
    free (self->steps);
}

/* What a field was set to may not fit the others. */
static FaissStatus check_steps (const FaissQINCo *self) {
    FAISS_REQUIRE (self->codec.M == 0 ? self->n_steps == 0 : self->codec.M - 1 == self->n_steps,
                   "expected M=%d, got %d", self->n_steps + 1, self->codec.M);
    FAISS_REQUIRE (self->n_steps == 0 || self->steps, "steps is NULL");
    for (int i = 0; i < self->n_steps; i++) {
        FAISS_REQUIRE (self->steps[i].L == 0 || self->steps[i].residual_blocks,
                       "residual_blocks of step %d is NULL", i);
    }
    return FAISS_OK;
}

static FaissStatus QINCo_copy (void *object, const void *other_object) {
    FaissQINCo *self = object;
    const FaissQINCo *other = other_object;
    self->codec.d = other->codec.d;
    self->K = other->K;
    self->L = other->L;
    self->h = other->h;
    FAISS_TRY (Embedding_copy (&self->codebook0, &other->codebook0));
    FAISS_TRY (check_steps (other));
    int n_steps = other->n_steps;
    FAISS_TRY (faiss_alloc_zeroed (&self->steps, (size_t)n_steps, sizeof *self->steps));
    self->codec.M = other->codec.M;
    self->n_steps = n_steps;
    for (int i = 0; i < n_steps; i++) {
        FAISS_TRY (QINCoStep_copy (&self->steps[i], &other->steps[i]));
    }
    return FAISS_OK;
}

FaissStatus faiss_QINCo_new (FaissQINCo **out, int d, int K, int L, int M, int h) {
    FAISS_REQUIRE_ARG (out);
    FAISS_OWNED (QINCo) *self = NULL;
    FAISS_TRY (faiss_object_new (&self, &faiss_QINCo_class.head));
    FAISS_TRY (faiss_QINCo_init (self, d, K, L, M, h));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

void faiss_QINCo_free (FaissQINCo *self) {
    faiss_object_free (self);
}

FaissQINCoStep *faiss_QINCo_get_step (FaissQINCo *self, int i) {
    return self && self->steps && i >= 0 && i < self->n_steps ? &self->steps[i] : NULL;
}

/// Vectors that are coded at a time.
enum { ROWS = 4096 };

static FaissStatus decode_block (const FaissQINCo *self, size_t n, const int32_t *codes, float *x,
                                 float *z) {
    size_t M = (size_t)self->codec.M;
    FAISS_TRY (faiss_check_interrupt ());
    FAISS_TRY (Embedding_run (&self->codebook0, n, codes, M, x));
    for (size_t m = 1; m < M; m++) {
        FAISS_TRY (Embedding_run (&self->steps[m - 1].codebook, n, codes + m, M, z));
        FAISS_TRY (QINCoStep_run (&self->steps[m - 1], n, x, z));
        faiss_fvec_add (n * (size_t)self->codec.d, x, z, x);
    }
    return FAISS_OK;
}

static FaissStatus decode_rows (const FaissQINCo *self, size_t n, const int32_t *codes, float *x) {
    size_t d = (size_t)self->codec.d, M = (size_t)self->codec.M;
    FAISS_AUTO_FREE (float) *z = NULL;
    FAISS_TRY (faiss_alloc (&z, n < ROWS ? n : ROWS, d * sizeof *z));
    for (size_t i = 0; i < n; i += ROWS) {
        size_t size = n - i < ROWS ? n - i : ROWS;
        FAISS_TRY (decode_block (self, size, codes + i * M, x + i * d, z));
    }
    return FAISS_OK;
}

static FaissStatus QINCo_decode (const FaissNeuralNetCodec *codec, const FaissInt32Tensor2D *codes,
                                 FaissTensor2D **out) {
    const FaissQINCo *self = FAISS_CONST_SELF (QINCo, codec, codec);
    FAISS_REQUIRE (codec->M > 0, "there are no codebooks");
    FAISS_TRY (check_steps (self));
    FaissTensor2D *x = NULL;
    FAISS_TRY (faiss_Tensor2D_new (&x, codes->shape[0], (size_t)codec->d, NULL));
    FaissStatus status = decode_rows (self, codes->shape[0], codes->v.data, x->v.data);
    if (status != FAISS_OK) {
        faiss_Tensor2D_free (x);
        return status;
    }
    *out = x;
    return FAISS_OK;
}

/* Memory for one block of rows: what they are so far, what is added, distances. */
typedef struct Encoding {
    float *xhat, *z, *distances;
} Encoding;

static FaissStatus encode_block (const FaissQINCo *self, const Encoding *e, size_t n,
                                 const float *x, int32_t *codes) {
    size_t d = (size_t)self->codec.d, M = (size_t)self->codec.M, K = (size_t)self->K;
    FAISS_TRY (faiss_check_interrupt ());
    for (size_t i = 0; i < n; i++) {
        codes[i * M] = (int32_t)faiss_fvec_L2sqr_ny_nearest (e->distances, x + i * d,
                                                             self->codebook0.weight.data, d, K);
    }
    FAISS_TRY (Embedding_run (&self->codebook0, n, codes, M, e->xhat));
    for (size_t m = 1; m < M; m++) {
        FAISS_TRY (QINCoStep_choose (&self->steps[m - 1], n, e->xhat, x, codes + m, M, e->z));
        faiss_fvec_add (n * d, e->xhat, e->z, e->xhat);
    }
    return FAISS_OK;
}

static FaissStatus encode_rows (const FaissQINCo *self, size_t n, const float *x, int32_t *codes) {
    size_t d = (size_t)self->codec.d, M = (size_t)self->codec.M, K = (size_t)self->K;
    FAISS_REQUIRE (K > 0 && self->codebook0.weight.size == K * d, "expected a codebook of %zu rows",
                   K);
    size_t block = n < ROWS ? n : ROWS;
    FAISS_AUTO_FREE (float) *memory = NULL;
    FAISS_TRY (faiss_alloc (&memory, 2 * block * d + K, sizeof *memory));
    Encoding encoding = {memory, memory + block * d, memory + 2 * block * d};
    for (size_t i = 0; i < n; i += ROWS) {
        size_t size = n - i < ROWS ? n - i : ROWS;
        FAISS_TRY (encode_block (self, &encoding, size, x + i * d, codes + i * M));
    }
    return FAISS_OK;
}

static FaissStatus QINCo_encode (const FaissNeuralNetCodec *codec, const FaissTensor2D *x,
                                 FaissInt32Tensor2D **out) {
    const FaissQINCo *self = FAISS_CONST_SELF (QINCo, codec, codec);
    FAISS_REQUIRE (codec->M > 0, "there are no codebooks");
    FAISS_TRY (check_steps (self));
    FaissInt32Tensor2D *codes = NULL;
    FAISS_TRY (faiss_Int32Tensor2D_new (&codes, x->shape[0], (size_t)codec->M, NULL));
    FaissStatus status = encode_rows (self, x->shape[0], x->v.data, codes->v.data);
    if (status != FAISS_OK) {
        faiss_Int32Tensor2D_free (codes);
        return status;
    }
    *out = codes;
    return FAISS_OK;
}

FaissNeuralNetCodecClass faiss_QINCo_class = {
    .head = {.name = "QINCo",
             .parent = &faiss_NeuralNetCodec_class.head,
             .instance_size = sizeof (FaissQINCo),
             .table_size = sizeof (FaissNeuralNetCodecClass),
             .finalize = QINCo_finalize,
             .copy = QINCo_copy},
    .decode = QINCo_decode,
    .encode = QINCo_encode,
};
