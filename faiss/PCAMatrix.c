/* Principal component analysis. */
#include <math.h>
#include <string.h>

#include <faiss/VectorTransform.h>
#include <faiss/impl/check.h>
#include <faiss/impl/factory_rule.h>
#include <faiss/impl/transform_internal.h>
#include <faiss/utils/blas.h>
#include <faiss/utils/distances.h>
#include <faiss/utils/eigen.h>
#include <faiss/utils/string.h>
#include <faiss/utils/utils.h>

/* ---- the matrix from the components ---------------------------------------------------------- */

/* The first d_out components, each times a power of its eigenvalue. Upstream's epsilon does not
 * count where a rotation follows. */
static void scaled_components (const FaissPCAMatrix *self, float *A) {
    size_t d_in = (size_t)self->transform.d_in, d_out = (size_t)self->transform.d_out;
    float epsilon = self->random_rotation ? 0 : self->epsilon;
    memcpy (A, self->PCAMat.data, d_out * d_in * sizeof *A);
    for (size_t i = 0; i < d_out && self->eigen_power != 0; i++) {
        float factor = powf (self->eigenvalues.data[i] + epsilon, self->eigen_power);
        for (size_t j = 0; j < d_in; j++) {
            A[i * d_in + j] *= factor;
        }
    }
}

/* Which of the bins that are not full has the least of the eigenvalues? The first such one. */
static size_t lightest_bin (const float *weights, const size_t *sizes, size_t n, size_t capacity) {
    size_t best = n;
    for (size_t bin = 0; bin < n; bin++) {
        if (sizes[bin] < capacity && (best == n || weights[bin] < weights[best])) {
            best = bin;
        }
    }
    return best;
}

/* Reorder the rows so that parts of equal size have about the same sum of eigenvalues. */
static FaissStatus balance (const FaissPCAMatrix *self, FaissFloat32Vector *A) {
    size_t d_in = (size_t)self->transform.d_in, d_out = (size_t)self->transform.d_out;
    FAISS_REQUIRE (self->balanced_bins > 0 && d_out % (size_t)self->balanced_bins == 0,
                   "expected balanced_bins to divide d_out=%zu, got %d", d_out,
                   self->balanced_bins);
    size_t n_bins = (size_t)self->balanced_bins, capacity = d_out / n_bins;
    FAISS_AUTO (Float32Vector) ordered = {0};
    FAISS_AUTO_FREE (float) *weights = NULL;
    FAISS_AUTO_FREE (size_t) *sizes = NULL;
    FAISS_TRY (faiss_Float32Vector_resize (&ordered, A->size));
    FAISS_TRY (faiss_alloc_zeroed (&weights, n_bins, sizeof *weights));
    FAISS_TRY (faiss_alloc_zeroed (&sizes, n_bins, sizeof *sizes));
    for (size_t i = 0; i < d_out; i++) {
        size_t bin = lightest_bin (weights, sizes, n_bins, capacity);
        size_t row = bin * capacity + sizes[bin];
        memcpy (ordered.data + row * d_in, A->data + i * d_in, d_in * sizeof *A->data);
        weights[bin] += self->eigenvalues.data[i];
        sizes[bin]++;
    }
    faiss_Float32Vector_swap (A, &ordered);
    return FAISS_OK;
}

/* A = R A, R a random rotation */
static FaissStatus rotate (const FaissPCAMatrix *self, FaissFloat32Vector *A) {
    enum { SEED = 5 };
    FAISS_REQUIRE (self->balanced_bins == 0,
                   "expected balanced_bins=0 with a random rotation, got %d", self->balanced_bins);
    FINTEGER d_in = self->transform.d_in, d_out = self->transform.d_out;
    FAISS_OWNED (RandomRotationMatrix) *rotation = NULL;
    FAISS_AUTO (Float32Vector) rotated = {0};
    FAISS_TRY (faiss_RandomRotationMatrix_new_with (&rotation, d_out, d_out));
    FAISS_TRY (faiss_RandomRotationMatrix_init (rotation, SEED));
    FAISS_TRY (faiss_Float32Vector_resize (&rotated, A->size));
    float one = 1, zero = 0;
    if (A->size > 0) {
        sgemm_ ("N", "N", &d_in, &d_out, &d_out, &one, A->data, &d_in, rotation->linear.A.data,
                &d_out, &zero, rotated.data, &d_in);
    }
    faiss_Float32Vector_swap (A, &rotated);
    return FAISS_OK;
}

FaissStatus faiss_PCAMatrix_prepare_Ab (FaissPCAMatrix *self) {
    FAISS_REQUIRE_ARG (self);
    size_t d_in = (size_t)self->transform.d_in, d_out = (size_t)self->transform.d_out;
    FAISS_REQUIRE (d_out * d_in <= self->PCAMat.size,
                   "expected at least d_out=%zu components of d_in=%zu, got %zu elements", d_out,
                   d_in, self->PCAMat.size);
    FAISS_REQUIRE (self->mean.size == d_in && self->eigenvalues.size >= d_out,
                   "expected a mean of %zu and %zu eigenvalues, got %zu and %zu", d_in, d_out,
                   self->mean.size, self->eigenvalues.size);
    FAISS_AUTO (Float32Vector) A = {0};
    FAISS_AUTO (Float32Vector) b = {0};
    FAISS_TRY (faiss_Float32Vector_resize (&A, d_out * d_in));
    FAISS_TRY (faiss_Float32Vector_resize (&b, d_out));
    scaled_components (self, A.data);
    if (self->random_rotation) {
        FAISS_TRY (rotate (self, &A));
    } else if (self->balanced_bins != 0) {
        FAISS_TRY (balance (self, &A));
    }
    for (size_t i = 0; i < d_out; i++) {
        b.data[i] = -faiss_fvec_inner_product (A.data + i * d_in, self->mean.data, d_in);
    }
    faiss_Float32Vector_swap (&self->linear.A, &A);
    faiss_Float32Vector_swap (&self->linear.b, &b);
    self->linear.is_orthonormal = self->eigen_power == 0;
    return FAISS_OK;
}

/* ---- training -------------------------------------------------------------------------------- */

typedef struct Components {
    FaissFloat32Vector mean, eigenvalues, PCAMat;
} FaissComponents;

static void faiss_Components_clear (FaissComponents *self) {
    faiss_Float32Vector_clear (&self->mean);
    faiss_Float32Vector_clear (&self->eigenvalues);
    faiss_Float32Vector_clear (&self->PCAMat);
}

static void swap_components (FaissPCAMatrix *self, FaissComponents *other) {
    faiss_Float32Vector_swap (&self->mean, &other->mean);
    faiss_Float32Vector_swap (&self->eigenvalues, &other->eigenvalues);
    faiss_Float32Vector_swap (&self->PCAMat, &other->PCAMat);
}

static FaissStatus make_mean (size_t n, size_t d, const float *x, FaissFloat32Vector *mean) {
    FAISS_AUTO_FREE (double) *sums = NULL;
    FAISS_TRY (faiss_alloc_zeroed (&sums, d, sizeof *sums));
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < d; j++) {
            sums[j] += (double)x[i * d + j];
        }
    }
    for (size_t j = 0; j < d; j++) {
        mean->data[j] = (float)(sums[j] / (double)n);
    }
    return FAISS_OK;
}

static void center (size_t n, size_t d, const float *x, const float *mean, float *out) {
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < d; j++) {
            out[i * d + j] = x[i * d + j] - mean[j];
        }
    }
}

/* The upper triangle, column by column, of the sum of x x^T over centered x. */
static FaissStatus scatter_matrix (size_t n, size_t d, const float *x, const float *mean,
                                   float *matrix) {
    enum { ROWS = 1024 };
    FAISS_AUTO_FREE (float) *block = NULL;
    FAISS_TRY (faiss_alloc (&block, n < ROWS ? n * d : ROWS * d, sizeof *block));
    for (size_t begin = 0; begin < n; begin += ROWS) {
        size_t rows = n - begin < ROWS ? n - begin : ROWS;
        FINTEGER order = (FINTEGER)d, depth = (FINTEGER)rows;
        float one = 1, beta = begin > 0;
        FAISS_TRY (faiss_check_interrupt ());
        center (rows, d, x + begin * d, mean, block);
        ssyrk_ ("U", "N", &order, &depth, &one, block, &order, &beta, matrix, &order);
    }
    return FAISS_OK;
}

/* The eigenvectors of a symmetric matrix of which there is the upper triangle, and the eigenvalues;
 * in ascending order, vector by vector. */
static FaissStatus eigen_decomposition (size_t n, const float *matrix, double *vectors,
                                        double *values) {
    double sum = 0;
    for (size_t j = 0; j < n; j++) {
        for (size_t i = 0; i <= j; i++) {
            vectors[j * n + i] = (double)matrix[j * n + i];
            sum += vectors[j * n + i];
        }
    }
    FAISS_REQUIRE (isfinite (sum), "the training vectors contain numbers that are not finite");
    return faiss_symmetric_eigen (n, vectors, values);
}

/* Enough vectors: the eigenvectors of the scatter matrix. */
static FaissStatus from_scatter (size_t n, size_t d, const float *x, FaissComponents *to) {
    FAISS_AUTO_FREE (float) *matrix = NULL;
    FAISS_AUTO_FREE (double) *vectors = NULL;
    FAISS_AUTO_FREE (double) *values = NULL;
    FAISS_TRY (faiss_alloc (&matrix, d * d, sizeof *matrix));
    FAISS_TRY (scatter_matrix (n, d, x, to->mean.data, matrix));
    FAISS_TRY (faiss_alloc_zeroed (&vectors, d * d, sizeof *vectors));
    FAISS_TRY (faiss_alloc (&values, d, sizeof *values));
    FAISS_TRY (eigen_decomposition (d, matrix, vectors, values));
    FAISS_TRY (faiss_Float32Vector_resize (&to->PCAMat, d * d));
    for (size_t i = 0; i < d; i++) {
        const double *from = vectors + (d - 1 - i) * d;
        to->eigenvalues.data[i] = (float)values[d - 1 - i];
        for (size_t j = 0; j < d; j++) {
            to->PCAMat.data[i * d + j] = (float)from[j];
        }
    }
    return FAISS_OK;
}

/* Fewer vectors than dimensions: their combinations by the eigenvectors of the matrix of their
 * inner products, which has the same eigenvalues. */
static FaissStatus from_gram (size_t n, size_t d, const float *x, FaissComponents *to) {
    FAISS_AUTO_FREE (float) *centered = NULL;
    FAISS_AUTO_FREE (float) *matrix = NULL;
    FAISS_AUTO_FREE (double) *vectors = NULL;
    FAISS_AUTO_FREE (double) *values = NULL;
    FAISS_TRY (faiss_alloc (&centered, n * d, sizeof *centered));
    FAISS_TRY (faiss_alloc (&matrix, n * n, sizeof *matrix));
    FAISS_TRY (faiss_alloc_zeroed (&vectors, n * n, sizeof *vectors));
    FAISS_TRY (faiss_alloc (&values, n, sizeof *values));
    FAISS_TRY (faiss_Float32Vector_resize (&to->PCAMat, n * d));
    FINTEGER rows = (FINTEGER)n, columns = (FINTEGER)d;
    float one = 1, zero = 0;
    center (n, d, x, to->mean.data, centered);
    ssyrk_ ("U", "T", &rows, &columns, &one, centered, &columns, &zero, matrix, &rows);
    FAISS_TRY (eigen_decomposition (n, matrix, vectors, values));
    for (size_t i = 0; i < n; i++) {
        to->eigenvalues.data[i] = (float)values[n - 1 - i];
        for (size_t j = 0; j < n; j++) {
            matrix[i * n + j] = (float)vectors[(n - 1 - i) * n + j];
        }
    }
    sgemm_ ("N", "N", &columns, &rows, &rows, &one, centered, &columns, matrix, &rows, &zero,
            to->PCAMat.data, &columns);
    faiss_fvec_renorm_L2 (d, n, to->PCAMat.data);
    return FAISS_OK;
}

static FaissStatus make_components (const FaissPCAMatrix *self, size_t n, const float *x,
                                    FaissComponents *to) {
    size_t d = (size_t)self->transform.d_in;
    FAISS_TRY (faiss_Float32Vector_resize (&to->mean, d)); /* zeros */
    FAISS_TRY (faiss_Float32Vector_resize (&to->eigenvalues, d));
    if (self->linear.have_bias) {
        FAISS_TRY (make_mean (n, d, x, &to->mean));
    }
    return n >= d ? from_scatter (n, d, x, to) : from_gram (n, d, x, to);
}

static FaissStatus PCAMatrix_train (FaissVectorTransform *transform, idx_t n, const float *x) {
    enum { SEED = 1234 };
    FaissPCAMatrix *self = FAISS_SELF (PCAMatrix, transform, transform);
    idx_t d = transform->d_in, rank = n < d ? n : d;
    FAISS_REQUIRE (d > 0, "expected d_in > 0, got %lld", (long long)d);
    FAISS_REQUIRE (n > 0, "expected at least one training vector, got none");
    FAISS_REQUIRE (transform->d_out <= rank,
                   "expected d_out <= %lld with d_in=%lld and %lld training vectors, got %d",
                   (long long)rank, (long long)d, (long long)n, transform->d_out);
    size_t n_sample = (size_t)n, limit = self->max_points_per_d;
    limit = limit > SIZE_MAX / (size_t)d ? SIZE_MAX : limit * (size_t)d;
    float *sample = NULL;
    FAISS_TRY (faiss_fvecs_maybe_subsample ((size_t)d, &n_sample, limit, x, self->linear.verbose,
                                            SEED, &sample));
    FAISS_AUTO_FREE (float) *own_sample = sample != x ? sample : NULL;
    FAISS_AUTO (Components) components = {0};
    FAISS_TRY (make_components (self, n_sample, sample, &components));
    swap_components (self, &components);
    FaissStatus status = faiss_PCAMatrix_prepare_Ab (self);
    if (status != FAISS_OK) {
        swap_components (self, &components); /* as it was */
        return status;
    }
    transform->is_trained = true;
    return FAISS_OK;
}

static FaissStatus append_components (FaissFloat32Vector *mean, FaissFloat32Vector *eigenvalues,
                                      FaissFloat32Vector *PCAMat, const FaissPCAMatrix *other) {
    FAISS_TRY (faiss_Float32Vector_append (mean, other->mean.data, other->mean.size));
    FAISS_TRY (
        faiss_Float32Vector_append (eigenvalues, other->eigenvalues.data, other->eigenvalues.size));
    return faiss_Float32Vector_append (PCAMat, other->PCAMat.data, other->PCAMat.size);
}

FaissStatus faiss_PCAMatrix_copy_from (FaissPCAMatrix *self, const FaissPCAMatrix *other) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE_ARG (other);
    FAISS_REQUIRE (other->transform.is_trained, "the other PCAMatrix is not trained");
    FAISS_REQUIRE (self->transform.d_in == other->transform.d_in, "expected d_in=%d, got %d",
                   self->transform.d_in, other->transform.d_in);
    FAISS_AUTO (Components) copy = {0};
    FAISS_TRY (append_components (&copy.mean, &copy.eigenvalues, &copy.PCAMat, other));
    swap_components (self, &copy);
    FaissStatus status = faiss_PCAMatrix_prepare_Ab (self);
    if (status != FAISS_OK) {
        swap_components (self, &copy);
        return status;
    }
    self->transform.is_trained = true;
    return FAISS_OK;
}

/* ---- copies, files, descriptions ------------------------------------------------------------- */

static void PCAMatrix_finalize (void *object) {
    FaissPCAMatrix *self = object;
    faiss_Float32Vector_clear (&self->mean);
    faiss_Float32Vector_clear (&self->eigenvalues);
    faiss_Float32Vector_clear (&self->PCAMat);
}

static FaissStatus PCAMatrix_copy (void *object, const void *other_object) {
    FaissPCAMatrix *self = object;
    const FaissPCAMatrix *other = other_object;
    self->eigen_power = other->eigen_power;
    self->epsilon = other->epsilon;
    self->random_rotation = other->random_rotation;
    self->max_points_per_d = other->max_points_per_d;
    self->balanced_bins = other->balanced_bins;
    return append_components (&self->mean, &self->eigenvalues, &self->PCAMat, other);
}

static FaissStatus PCAMatrix_read (void **out, FaissIOReader *r, uint32_t tag, int io_flags) {
    (void)io_flags;
    FAISS_OWNED (PCAMatrix) *self = NULL;
    FAISS_TRY (faiss_PCAMatrix_new (&self));
    FAISS_TRY (faiss_read_f32 (r, &self->eigen_power, "eigen_power"));
    if (tag == FAISS_FOURCC ("Pcam")) {
        FAISS_TRY (faiss_read_f32 (r, &self->epsilon, "epsilon"));
    }
    FAISS_TRY (faiss_read_bool (r, &self->random_rotation, "random_rotation"));
    if (tag != FAISS_FOURCC ("PCAm")) {
        FAISS_TRY (faiss_read_i32 (r, &self->balanced_bins, "balanced_bins"));
    }
    FAISS_TRY (faiss_read_Float32Vector (r, &self->mean, "mean"));
    FAISS_TRY (faiss_read_Float32Vector (r, &self->eigenvalues, "eigenvalues"));
    FAISS_TRY (faiss_read_Float32Vector (r, &self->PCAMat, "PCAMat"));
    FAISS_TRY (faiss_read_linear (r, &self->linear));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

static FaissStatus PCAMatrix_write (const void *object, FaissIOWriter *w, int io_flags) {
    (void)io_flags;
    const FaissPCAMatrix *self = object;
    FAISS_TRY (faiss_write_tag (w, "Pcam"));
    FAISS_TRY (faiss_write_f32 (w, self->eigen_power));
    FAISS_TRY (faiss_write_f32 (w, self->epsilon));
    FAISS_TRY (faiss_write_bool (w, self->random_rotation));
    FAISS_TRY (faiss_write_i32 (w, self->balanced_bins));
    FAISS_TRY (faiss_write_Float32Vector (w, &self->mean));
    FAISS_TRY (faiss_write_Float32Vector (w, &self->eigenvalues));
    FAISS_TRY (faiss_write_Float32Vector (w, &self->PCAMat));
    return faiss_write_linear (w, &self->linear);
}

#define WHITENING (-0.5f)

static FaissStatus build (const FaissFactoryContext *context, void *out) {
    bool whiten = context->groups[1] && context->groups[1][0];
    bool rotate = context->groups[2] && context->groups[2][0];
    int d_out = 0;
    FAISS_TRY (faiss_factory_int (context->groups[3], 0, &d_out));
    FAISS_REQUIRE (d_out > 0 && d_out <= context->d, "expected 0 < d_out <= d=%d, got %d",
                   context->d, d_out);
    return faiss_PCAMatrix_new_with (out, context->d, d_out, whiten ? WHITENING : 0, rotate);
}

static const FaissFactoryRule factory_rules[] = {
    {"PCA(W?)(R?)([0-9]+)", FAISS_FACTORY_TRANSFORM, "PCA[W][R]<d>",
     "keep the first d principal components; W: whiten, R: then rotate at random", build},
    {0},
};

static FaissStatus PCAMatrix_describe (const void *object, FaissString *out) {
    const FaissPCAMatrix *self = object;
    bool whitens = self->eigen_power == WHITENING;
    if ((!whitens && self->eigen_power != 0) || self->epsilon != 0 || self->balanced_bins != 0 ||
        !self->linear.have_bias) {
        return FAISS_OK;
    }
    return faiss_String_printf (out, "PCA%s%s%d", whitens ? "W" : "",
                                self->random_rotation ? "R" : "", self->transform.d_out);
}

FaissVectorTransformClass faiss_PCAMatrix_class = {
    .head = {.name = "PCAMatrix",
             .parent = &faiss_LinearTransform_class.head,
             .instance_size = sizeof (FaissPCAMatrix),
             .table_size = sizeof (FaissVectorTransformClass),
             .finalize = PCAMatrix_finalize,
             .copy = PCAMatrix_copy,
             .tags = "Pcam PcAm PCAm",
             .read = PCAMatrix_read,
             .write = PCAMatrix_write,
             .factory = factory_rules,
             .describe = PCAMatrix_describe},
    .train = PCAMatrix_train,
};

FaissStatus faiss_PCAMatrix_new (FaissPCAMatrix **out) {
    return faiss_PCAMatrix_new_with (out, 0, 0, 0, false);
}

FaissStatus faiss_PCAMatrix_new_with (FaissPCAMatrix **out, int d_in, int d_out, float eigen_power,
                                      int random_rotation) {
    FAISS_REQUIRE_ARG (out);
    FAISS_OWNED (PCAMatrix) *self = NULL;
    FAISS_TRY (faiss_object_new (&self, &faiss_PCAMatrix_class.head));
    FAISS_TRY (faiss_LinearTransform_init (&self->linear, d_in, d_out, true));
    self->eigen_power = eigen_power;
    self->random_rotation = random_rotation != 0;
    self->max_points_per_d = 1000;
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

void faiss_PCAMatrix_free (FaissPCAMatrix *self) {
    faiss_object_free (self);
}

float faiss_PCAMatrix_eigen_power (const FaissPCAMatrix *self) {
    return self ? self->eigen_power : 0;
}

int faiss_PCAMatrix_random_rotation (const FaissPCAMatrix *self) {
    return self ? self->random_rotation : 0;
}

int faiss_PCAMatrix_balanced_bins (const FaissPCAMatrix *self) {
    return self ? self->balanced_bins : 0;
}

void faiss_PCAMatrix_set_balanced_bins (FaissPCAMatrix *self, int balanced_bins) {
    if (self) {
        self->balanced_bins = balanced_bins;
    }
}
