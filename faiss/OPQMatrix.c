/* The rotation for a product quantizer. */
#include <math.h>
#include <string.h>

#include <faiss/VectorTransform.h>
#include <faiss/impl/ProductQuantizer.h>
#include <faiss/impl/check.h>
#include <faiss/impl/factory_rule.h>
#include <faiss/impl/procrustes.h>
#include <faiss/impl/transform_internal.h>
#include <faiss/utils/blas.h>
#include <faiss/utils/distances.h>
#include <faiss/utils/random.h>
#include <faiss/utils/string.h>
#include <faiss/utils/utils.h>

/* Vectors of d_in < d_out components are used with zeros behind them. */
typedef struct Training {
    size_t n, d, d_out; /* d = max (d_in, d_out) */
    float *x;           /* n * d, centered */
    float *rotated;     /* n * d_out */
    float *decoded;     /* n * d_out */
    uint8_t *codes;     /* n * code_size */
    float *rotation;    /* d_out * d */
    float *product;     /* d_out * d */
} FaissTraining;

static void faiss_Training_clear (FaissTraining *t) {
    free (t->x);
    free (t->rotated);
    free (t->decoded);
    free (t->codes);
    free (t->rotation);
    free (t->product);
}

static FaissStatus center (FaissTraining *t, size_t d_in, const float *x) {
    FAISS_AUTO_FREE (double) *sums = NULL;
    FAISS_TRY (faiss_alloc_zeroed (&sums, d_in, sizeof *sums));
    FAISS_TRY (faiss_alloc (&t->x, t->n * t->d, sizeof *t->x));
    for (size_t i = 0; i < t->n; i++) {
        for (size_t j = 0; j < d_in; j++) {
            sums[j] += (double)x[i * d_in + j];
        }
    }
    for (size_t i = 0; i < t->n; i++) {
        for (size_t j = 0; j < d_in; j++) {
            t->x[i * t->d + j] = x[i * d_in + j] - (float)(sums[j] / (double)t->n);
        }
        memset (t->x + i * t->d + d_in, 0, (t->d - d_in) * sizeof *t->x);
    }
    return FAISS_OK;
}

/* The first rows of a random rotation, or those of the matrix that there is. */
static FaissStatus first_rotation (const FaissOPQMatrix *self, FaissTraining *t) {
    enum { SEED = 1234 };
    size_t d_in = (size_t)self->transform.d_in, n_known = self->linear.A.size;
    if (n_known > 0) {
        FAISS_REQUIRE (n_known == t->d_out * d_in && d_in == t->d,
                       "the matrix that it begins with has %zu elements, expected %zu", n_known,
                       t->d_out * t->d);
        FAISS_TRY (faiss_alloc (&t->rotation, n_known, sizeof *t->rotation));
        memcpy (t->rotation, self->linear.A.data, n_known * sizeof *t->rotation);
        return FAISS_OK;
    }
    FAISS_TRY (faiss_alloc (&t->rotation, t->d * t->d, sizeof *t->rotation));
    FAISS_TRY (faiss_float_randn_or_end (t->rotation, t->d * t->d, SEED));
    return faiss_matrix_qr ((int)t->d, (int)t->d, t->rotation);
}

static FaissStatus prepare (const FaissOPQMatrix *self, FaissTraining *t, const float *x,
                            size_t code_size) {
    size_t d_in = (size_t)self->transform.d_in;
    FAISS_TRY (center (t, d_in, x));
    FAISS_TRY (first_rotation (self, t));
    FAISS_TRY (faiss_alloc (&t->rotated, t->n * t->d_out, sizeof *t->rotated));
    FAISS_TRY (faiss_alloc (&t->decoded, t->n * t->d_out, sizeof *t->decoded));
    FAISS_TRY (faiss_alloc (&t->codes, t->n, code_size));
    return faiss_alloc (&t->product, t->d_out * t->d, sizeof *t->product);
}

/* Rotate, train the quantizer, and rotate to where vectors are near what was decoded. */
static FaissStatus iterate (const FaissOPQMatrix *self, FaissProductQuantizer *pq, FaissTraining *t,
                            int iteration) {
    FINTEGER n = (FINTEGER)t->n, d = (FINTEGER)t->d, d_out = (FINTEGER)t->d_out;
    float one = 1, zero = 0;
    sgemm_ ("T", "N", &d_out, &n, &d, &one, t->rotation, &d, t->x, &d, &zero, t->rotated, &d_out);
    pq->cp.max_points_per_centroid = 1000;
    pq->cp.niter = iteration == 0 ? self->niter_pq_0 : self->niter_pq;
    FAISS_TRY (faiss_Quantizer_train (&pq->quantizer, t->n, t->rotated));
    FAISS_TRY (faiss_Quantizer_compute_codes (&pq->quantizer, t->rotated, t->codes, t->n));
    FAISS_TRY (faiss_Quantizer_decode (&pq->quantizer, t->codes, t->decoded, t->n));
    if (self->linear.verbose) {
        double error = (double)faiss_fvec_L2sqr (t->rotated, t->decoded, t->n * t->d_out);
        faiss_say ("OPQ iteration %d: reconstruction error %g per vector\n", iteration,
                   error / (double)t->n);
    }
    sgemm_ ("N", "T", &d, &d_out, &n, &one, t->x, &d, t->decoded, &d_out, &zero, t->product, &d);
    FAISS_TRY (faiss_nearest_rotation (t->d_out, t->d, t->product, t->rotation));
    pq->train_type = ProductQuantizer_Train_hot_start;
    return faiss_check_interrupt ();
}

static FaissStatus train (const FaissOPQMatrix *self, FaissProductQuantizer *pq, size_t n,
                          const float *x, FaissFloat32Vector *A) {
    size_t d_in = (size_t)self->transform.d_in, d_out = (size_t)self->transform.d_out;
    FAISS_AUTO (Training) t = {.n = n, .d = d_in > d_out ? d_in : d_out, .d_out = d_out};
    FAISS_TRY (prepare (self, &t, x, pq->quantizer.code_size));
    for (int i = 0; i < self->niter; i++) {
        FAISS_TRY (iterate (self, pq, &t, i));
    }
    FAISS_TRY (faiss_Float32Vector_resize (A, d_out * d_in));
    for (size_t i = 0; i < d_out; i++) {
        memcpy (A->data + i * d_in, t.rotation + i * t.d, d_in * sizeof *A->data);
    }
    return FAISS_OK;
}

static FaissStatus OPQMatrix_train (FaissVectorTransform *transform, idx_t n, const float *x) {
    enum { SEED = 1234, NBITS = 8 };
    FaissOPQMatrix *self = FAISS_SELF (OPQMatrix, transform, transform);
    FAISS_OWNED (ProductQuantizer) *own_pq = NULL;
    size_t d_in = (size_t)transform->d_in, d_out = (size_t)transform->d_out;
    size_t n_sample = (size_t)n;
    float *sample = NULL;
    FAISS_REQUIRE (d_in > 0 && d_out > 0 && n > 0,
                   "expected d_in, d_out and n > 0, got d_in=%zu, d_out=%zu, n=%lld", d_in, d_out,
                   (long long)n);
    FAISS_REQUIRE (self->M > 0 && (self->pq || transform->d_out % self->M == 0),
                   "expected d_out to be a multiple of M, got d_out=%d, M=%d", transform->d_out,
                   self->M);
    FAISS_REQUIRE (!self->pq || self->pq->quantizer.d == d_out, "expected a pq of d=%zu, got d=%zu",
                   d_out, self->pq ? self->pq->quantizer.d : 0);
    if (!self->pq) {
        FAISS_TRY (faiss_ProductQuantizer_new_with (&own_pq, d_out, (size_t)self->M, NBITS));
    }
    FAISS_TRY (faiss_fvecs_maybe_subsample (d_in, &n_sample, self->max_train_points, x,
                                            self->linear.verbose, SEED, &sample));
    FAISS_AUTO_FREE (float) *own_sample = sample != x ? sample : NULL;
    FAISS_AUTO (Float32Vector) A = {0};
    FAISS_TRY (train (self, self->pq ? self->pq : own_pq, n_sample, sample, &A));
    faiss_Float32Vector_swap (&self->linear.A, &A);
    self->linear.is_orthonormal = true;
    transform->is_trained = true;
    return FAISS_OK;
}

static FaissStatus OPQMatrix_copy (void *object, const void *other_object) {
    FaissOPQMatrix *self = object;
    const FaissOPQMatrix *other = other_object;
    self->M = other->M;
    self->niter = other->niter;
    self->niter_pq = other->niter_pq;
    self->niter_pq_0 = other->niter_pq_0;
    self->max_train_points = other->max_train_points;
    return FAISS_OK; /* pq is for training: a copy has none */
}

static FaissStatus build (const FaissFactoryContext *context, void *out) {
    int M = 0, d_out = 0;
    const char *text = context->groups[2];
    FAISS_TRY (faiss_factory_int (context->groups[1], 0, &M));
    FAISS_TRY (faiss_factory_int (text ? text + 1 : NULL, context->d, &d_out));
    FAISS_REQUIRE (M > 0 && d_out > 0 && d_out % M == 0,
                   "expected d_out to be a multiple of M, got d_out=%d, M=%d", d_out, M);
    return faiss_OPQMatrix_new_with (out, context->d, M, d_out);
}

static const FaissFactoryRule factory_rules[] = {
    {"OPQ([0-9]+)(_[0-9]+)?", FAISS_FACTORY_TRANSFORM, "OPQ<M>[_<d>]",
     "a rotation (to d components) for a product quantizer of M parts", build},
    {0},
};

static FaissStatus OPQMatrix_describe (const void *object, FaissString *out) {
    const FaissOPQMatrix *self = object;
    return faiss_String_printf (out, "OPQ%d_%d", self->M, self->transform.d_out);
}

FaissVectorTransformClass faiss_OPQMatrix_class = {
    .head = {.name = "OPQMatrix",
             .parent = &faiss_LinearTransform_class.head,
             .instance_size = sizeof (FaissOPQMatrix),
             .table_size = sizeof (FaissVectorTransformClass),
             .copy = OPQMatrix_copy,
             .factory = factory_rules,
             .describe = OPQMatrix_describe},
    .train = OPQMatrix_train,
};

FaissStatus faiss_OPQMatrix_new (FaissOPQMatrix **out) {
    return faiss_OPQMatrix_new_with (out, 0, 1, -1);
}

FaissStatus faiss_OPQMatrix_new_with (FaissOPQMatrix **out, int d, int M, int d2) {
    FAISS_REQUIRE_ARG (out);
    FAISS_OWNED (OPQMatrix) *self = NULL;
    FAISS_TRY (faiss_object_new (&self, &faiss_OPQMatrix_class.head));
    FAISS_TRY (faiss_LinearTransform_init (&self->linear, d, d2 == -1 ? d : d2, false));
    self->M = M;
    self->niter = 50;
    self->niter_pq = 4;
    self->niter_pq_0 = 40;
    self->max_train_points = 256 * 256;
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

void faiss_OPQMatrix_free (FaissOPQMatrix *self) {
    faiss_object_free (self);
}

int faiss_OPQMatrix_verbose (const FaissOPQMatrix *self) {
    return self ? self->linear.verbose : 0;
}

void faiss_OPQMatrix_set_verbose (FaissOPQMatrix *self, int verbose) {
    if (self) {
        self->linear.verbose = verbose != 0;
    }
}

int faiss_OPQMatrix_niter (const FaissOPQMatrix *self) {
    return self ? self->niter : 0;
}

void faiss_OPQMatrix_set_niter (FaissOPQMatrix *self, int niter) {
    if (self) {
        self->niter = niter;
    }
}

int faiss_OPQMatrix_niter_pq (const FaissOPQMatrix *self) {
    return self ? self->niter_pq : 0;
}

void faiss_OPQMatrix_set_niter_pq (FaissOPQMatrix *self, int niter_pq) {
    if (self) {
        self->niter_pq = niter_pq;
    }
}
