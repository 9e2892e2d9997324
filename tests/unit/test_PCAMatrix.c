/* Principal components: golden values up to signs, options, few vectors, what is refused. */
#include "testing.h"

#include <faiss/VectorTransform.h>

#include "golden/golden.h"
#include "golden/vector_transform.h"

enum { N = 50, D = 4 };

/* The recorded vectors: bytes of floats. */
static const float *golden_x (void) {
    static float x[N * D];
    uint8_t *bytes = (uint8_t *)x;
    assert_int_equal (golden_pca_x_hex_n, sizeof x);
    for (size_t i = 0; i < sizeof x; i++) {
        bytes[i] = (uint8_t)golden_pca_x_hex[i];
    }
    return x;
}

static FaissPCAMatrix *trained (int d_in, int d_out, idx_t n, const float *x) {
    FaissPCAMatrix *self = NULL;
    assert_ok (faiss_PCAMatrix_new_with (&self, d_in, d_out, 0, false));
    assert_false (self->transform.is_trained);
    assert_ok (faiss_VectorTransform_train (&self->transform, n, x));
    assert_true (self->transform.is_trained);
    return self;
}

/* Is a row one of the recorded ones, or its opposite? The factor 1 or -1. */
static float assert_golden_row (const float *row, const double *expected, int d) {
    int largest = 0;
    for (int j = 1; j < d; j++) {
        largest = fabs (expected[j]) > fabs (expected[largest]) ? j : largest;
    }
    float sign = (row[largest] > 0) == (expected[largest] > 0) ? 1 : -1;
    for (int j = 0; j < d; j++) {
        assert_true (fabs (sign * row[j] - expected[j]) < 1e-4);
    }
    return sign;
}

static void golden_values (void **state) {
    (void)state;
    FaissPCAMatrix *self = trained (D, 3, N, golden_x ());
    assert_true (self->linear.is_orthonormal);
    assert_int_equal (self->eigenvalues.size, D);
    assert_int_equal (self->PCAMat.size, D * D);
    assert_golden (self->mean.data, golden_pca_mean, D);
    for (int i = 0; i < D; i++) {
        double expected = golden_pca_eigenvalues[i];
        assert_true (fabs (self->eigenvalues.data[i] - expected) <= 1e-4 * expected + 1e-5);
        assert_golden_row (self->PCAMat.data + i * D, golden_pca_PCAMat + i * D, D);
    }
    for (int i = 0; i < 3; i++) {
        float sign = assert_golden_row (self->linear.A.data + i * D, golden_pca_A + i * D, D);
        assert_true (fabs (sign * self->linear.b.data[i] - golden_pca_b[i]) < 1e-4);
    }
    faiss_PCAMatrix_free (self);
}

static void fewer_vectors_than_dimensions (void **state) {
    (void)state;
    float *x = golden_inputs (42, 3 * 6);
    FaissPCAMatrix *self = trained (6, 2, 3, x);
    assert_int_equal (self->eigenvalues.size, 6);
    assert_int_equal (self->PCAMat.size, 3 * 6);
    for (int i = 0; i < 6; i++) {
        assert_true (fabs (self->eigenvalues.data[i] - golden_pca_gram_eigenvalues[i]) < 1e-6);
    }
    for (int i = 0; i < 2; i++) {
        assert_golden_row (self->linear.A.data + i * 6, golden_pca_gram_A + i * 6, 6);
    }
    faiss_PCAMatrix_free (self);
    free (x);
}

/* The variance of each component of what a transform gives. */
static void variances (const FaissPCAMatrix *self, const float *x, int n, double *out) {
    int d = self->transform.d_out;
    float *y = faiss_VectorTransform_apply (&self->transform, n, x);
    assert_non_null (y);
    for (int j = 0; j < d; j++) {
        double sum = 0, squares = 0;
        for (int i = 0; i < n; i++) {
            sum += y[i * d + j];
            squares += (double)y[i * d + j] * y[i * d + j];
        }
        assert_true (fabs (sum / n) < 1e-4);
        out[j] = squares;
    }
    free (y);
}

static void options (void **state) {
    (void)state;
    const float *x = golden_x ();
    double sums[D];
    FaissPCAMatrix *self = NULL, *other = NULL;
    /* whitening: every component has the same energy */
    assert_ok (faiss_PCAMatrix_new_with (&self, D, 3, -0.5f, false));
    assert_ok (faiss_VectorTransform_train (&self->transform, N, x));
    assert_false (self->linear.is_orthonormal);
    assert_true (faiss_PCAMatrix_eigen_power (self) == -0.5f);
    variances (self, x, N, sums);
    for (int j = 0; j < 3; j++) {
        assert_true (fabs (sums[j] - 1) < 1e-3);
    }
    /* the same components with other options */
    assert_ok (faiss_PCAMatrix_new_with (&other, D, D, 0, false));
    faiss_PCAMatrix_set_balanced_bins (other, 2);
    assert_int_equal (faiss_PCAMatrix_balanced_bins (other), 2);
    assert_fails (faiss_PCAMatrix_copy_from (self, other), "not trained");
    assert_ok (faiss_PCAMatrix_copy_from (other, self));
    assert_true (other->transform.is_trained && other->linear.is_orthonormal);
    variances (other, x, N, sums); /* the largest with nothing, the second and third together */
    const float *values = self->eigenvalues.data;
    const double expected[] = {values[0], values[3], values[1], values[2]};
    for (int j = 0; j < D; j++) {
        assert_true (fabs (sums[j] - expected[j]) <= 1e-3 * expected[j] + 1e-3);
    }
    faiss_PCAMatrix_free (other);
    /* a rotation keeps the sum */
    assert_ok (faiss_PCAMatrix_new_with (&other, D, 2, 0, true));
    assert_true (faiss_PCAMatrix_random_rotation (other));
    assert_ok (faiss_VectorTransform_train (&other->transform, N, x));
    variances (other, x, N, sums);
    assert_true (fabs (sums[0] + sums[1] - values[0] - values[1]) < 1e-2);
    faiss_PCAMatrix_free (other);
    /* without a bias nothing is subtracted */
    assert_ok (faiss_PCAMatrix_new_with (&other, D, 2, 0, false));
    other->linear.have_bias = false;
    assert_ok (faiss_VectorTransform_train (&other->transform, N, x));
    assert_true (other->mean.data[0] == 0 && other->eigenvalues.data[0] > 2 * values[0]);
    faiss_PCAMatrix_free (other);
    faiss_PCAMatrix_free (self);
}

static void many_vectors (void **state) {
    (void)state;
    enum { MANY = 2500, WIDE = 17 };
    TestRandom random = {5};
    float *x = malloc (MANY * WIDE * sizeof *x), *back = malloc (MANY * WIDE * sizeof *back);
    assert_non_null (x);
    testing_floats (&random, x, MANY * WIDE);
    FaissPCAMatrix *self = trained (WIDE, WIDE, MANY, x);
    double sums[WIDE];
    variances (self, x, MANY, sums);
    for (int j = 0; j < WIDE; j++) {
        assert_true (fabs (sums[j] - (double)self->eigenvalues.data[j]) <= 1e-3 * sums[j]);
        assert_true (j == 0 || self->eigenvalues.data[j] <= self->eigenvalues.data[j - 1]);
    }
    float *y = faiss_VectorTransform_apply (&self->transform, MANY, x);
    assert_ok (faiss_VectorTransform_try_reverse (&self->transform, MANY, y, back));
    for (int i = 0; i < MANY * WIDE; i++) {
        assert_true (fabsf (back[i] - x[i]) < 1e-4f);
    }
    /* a sample of 2 d of them */
    self->max_points_per_d = 2;
    float before = self->eigenvalues.data[0];
    assert_ok (faiss_VectorTransform_train (&self->transform, MANY, x));
    assert_true (self->eigenvalues.data[0] < before / 10);
    self->max_points_per_d = SIZE_MAX;
    assert_ok (faiss_VectorTransform_train (&self->transform, MANY, x));
    assert_true (self->eigenvalues.data[0] == before);
    free (x);
    free (y);
    free (back);
    faiss_PCAMatrix_free (self);
}

static void failures_leave_it_as_it_was (void **state) {
    (void)state;
    float x[N * D];
    memcpy (x, golden_x (), sizeof x);
    FaissPCAMatrix *self = trained (D, 3, N, x), *other = NULL;
    float first = self->linear.A.data[0], mean = self->mean.data[0];
    for (int i = 0; i < N * D; i++) {
        x[i] += 1;
    }
    assert_fails (faiss_VectorTransform_train (&self->transform, 0, x), "got none");
    assert_fails (faiss_VectorTransform_train (&self->transform, 2, x),
                  "expected d_out <= 2 with d_in=4 and 2 training vectors, got 3");
    self->balanced_bins = 2;
    assert_fails (faiss_VectorTransform_train (&self->transform, N, x), "divide d_out=3, got 2");
    self->balanced_bins = -1;
    assert_fails (faiss_VectorTransform_train (&self->transform, N, x), "got -1");
    self->random_rotation = true;
    assert_fails (faiss_VectorTransform_train (&self->transform, N, x), "balanced_bins=0");
    self->random_rotation = false;
    self->balanced_bins = 0;
    x[7] = NAN;
    assert_fails (faiss_VectorTransform_train (&self->transform, N, x), "not finite");
    x[7] = INFINITY;
    assert_fails (faiss_VectorTransform_train (&self->transform, N, x), "not finite");
    assert_ok (faiss_PCAMatrix_new_with (&other, D + 1, 3, 0, false));
    assert_fails (faiss_PCAMatrix_copy_from (other, self), "expected d_in=5, got 4");
    faiss_PCAMatrix_free (other);
    assert_true (self->linear.A.data[0] == first && self->mean.data[0] == mean);
    assert_int_equal (self->transform.d_out, 3);
    self->transform.d_out = 5;
    assert_fails (faiss_PCAMatrix_prepare_Ab (self), "expected at least d_out=5");
    faiss_PCAMatrix_free (self);
    self = NULL;
    assert_fails (faiss_PCAMatrix_new_with (&self, -1, 3, 0, 0), "d_in");
    assert_fails (faiss_PCAMatrix_new (NULL), "NULL");
    assert_fails (faiss_PCAMatrix_prepare_Ab (NULL), "NULL");
    assert_ok (faiss_PCAMatrix_new (&self));
    assert_fails (faiss_VectorTransform_train (&self->transform, N, x), "expected d_in > 0");
    faiss_PCAMatrix_free (self);
}

int main (void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (golden_values),
        cmocka_unit_test (fewer_vectors_than_dimensions),
        cmocka_unit_test (options),
        cmocka_unit_test (many_vectors),
        cmocka_unit_test (failures_leave_it_as_it_was),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
