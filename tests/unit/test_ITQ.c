/* Iterative quantization: orthonormal, options, what is refused. */
#include "testing.h"

#include <faiss/VectorTransform.h>
#include <faiss/impl/procrustes.h>

enum { N = 600, D = 12 };

static float *sample (void) {
    static float x[N * D];
    TestRandom random = {11};
    testing_floats (&random, x, N * D);
    for (int i = 0; i < N * D; i++) {
        x[i] = x[i] * (float)(1 + i % D) + 2; /* unequal components, off the centre */
    }
    return x;
}

static void assert_orthonormal (const FaissLinearTransform *self) {
    for (int i = 0; i < self->transform.d_out; i++) {
        for (int j = 0; j <= i; j++) {
            double product = 0;
            for (int k = 0; k < self->transform.d_in; k++) {
                product += (double)self->A.data[i * self->transform.d_in + k] *
                           (double)self->A.data[j * self->transform.d_in + k];
            }
            assert_true (fabs (product - (i == j)) < 1e-5);
        }
    }
}

/* What ITQ maximises: the sum of magnitudes after the rotation. */
static double magnitude (const FaissVectorTransform *self, const float *x) {
    static float y[N * D];
    double sum = 0;
    assert_ok (faiss_VectorTransform_try_apply (self, N, x, y));
    for (int i = 0; i < N * self->d_out; i++) {
        sum += fabs (y[i]);
    }
    return sum;
}

static void every_iteration_is_a_rotation (void **state) {
    (void)state;
    float *x = sample ();
    double first = 0;
    for (int max_iter = 0; max_iter <= 50; max_iter += max_iter < 4 ? 1 : 23) {
        FaissITQMatrix *self = NULL;
        assert_ok (faiss_ITQMatrix_new_with (&self, D));
        assert_int_equal (self->max_iter, 50);
        assert_int_equal (self->seed, 123);
        self->max_iter = max_iter;
        assert_false (self->transform.is_trained);
        assert_ok (faiss_VectorTransform_train (&self->transform, N, x));
        assert_true (self->transform.is_trained);
        assert_orthonormal (&self->linear);
        double now = magnitude (&self->transform, x);
        first = max_iter == 0 ? now : first;
        assert_true (now > first * 0.9);
        faiss_ITQMatrix_free (self);
    }
}

static void the_nearest_rotation_is_found (void **state) {
    (void)state;
    float matrix[3 * 5], rotation[3 * 5], again[3 * 5];
    TestRandom random = {8};
    testing_floats (&random, matrix, 15);
    assert_ok (faiss_nearest_rotation (3, 5, matrix, rotation));
    assert_ok (faiss_nearest_rotation (3, 5, rotation, again));
    for (int i = 0; i < 15; i++) {
        assert_true (fabsf (rotation[i] - again[i]) < 1e-6f);
    }
    /* rotation * matrix^T is symmetric: the condition for a maximum */
    for (int i = 0; i < 3; i++) {
        for (int j = 0; j < i; j++) {
            float ij = 0, ji = 0;
            for (int k = 0; k < 5; k++) {
                ij += rotation[i * 5 + k] * matrix[j * 5 + k];
                ji += rotation[j * 5 + k] * matrix[i * 5 + k];
            }
            assert_true (fabsf (ij - ji) < 1e-5f);
        }
    }
    assert_fails (faiss_nearest_rotation (5, 3, matrix, rotation), "rows >= columns");
    enum { LARGE = 150 }; /* by the other method */
    static float large[LARGE * LARGE];
    testing_floats (&random, large, LARGE * LARGE);
    assert_ok (faiss_nearest_rotation (LARGE, LARGE, large, large));
    for (int i = 0; i < LARGE; i++) {
        float product = 0;
        for (int j = 0; j < LARGE; j++) {
            product += large[i * LARGE + j] * large[(i + 7) % LARGE * LARGE + j];
        }
        assert_true (fabsf (product) < 1e-5f);
    }
    assert_ok (faiss_nearest_rotation (0, 0, matrix, rotation));
}

static void begins_with_the_given_rotation (void **state) {
    (void)state;
    FaissITQMatrix *self = NULL;
    FaissRandomRotationMatrix *random = NULL;
    assert_ok (faiss_ITQMatrix_new_with (&self, D));
    assert_ok (faiss_RandomRotationMatrix_new_with (&random, D, D));
    assert_ok (faiss_RandomRotationMatrix_init (random, 123));
    self->max_iter = 0;
    assert_ok (faiss_VectorTransform_train (&self->transform, N, sample ()));
    for (int i = 0; i < D * D; i++) {
        assert_true (self->linear.A.data[i] == random->linear.A.data[i % D * D + i / D]);
    }
    assert_ok (faiss_Float64Vector_resize (&self->init_rotation, D * D));
    for (int i = 0; i < D * D; i++) {
        self->init_rotation.data[i] = i;
    }
    assert_ok (faiss_VectorTransform_train (&self->transform, N, sample ()));
    assert_true (self->linear.A.data[1] == D);
    assert_ok (faiss_Float64Vector_resize (&self->init_rotation, D));
    assert_fails (faiss_VectorTransform_train (&self->transform, N, sample ()), "init_rotation");
    faiss_ITQMatrix_free (self);
    faiss_RandomRotationMatrix_free (random);
}

static void the_transform_centers_and_scales (void **state) {
    (void)state;
    float *x = sample (), y[N * D];
    for (int d_out = D; d_out >= 1; d_out -= D / 2 - 1) {
        FaissITQTransform *self = NULL;
        assert_ok (faiss_ITQTransform_new_with (&self, D, d_out, d_out < D));
        assert_int_equal (faiss_ITQTransform_do_pca (self), d_out < D);
        assert_int_equal (self->max_train_per_dim, 10);
        assert_ok (faiss_VectorTransform_train (&self->transform, N, x));
        assert_orthonormal (&self->itq.linear);
        assert_orthonormal (&self->pca_then_itq);
        assert_ok (faiss_VectorTransform_try_apply (&self->transform, N, x, y));
        double mean = 0;
        for (int i = 0; i < N; i++) {
            double norm = 0;
            for (int j = 0; j < d_out; j++) {
                norm += (double)y[i * d_out + j] * (double)y[i * d_out + j];
                mean += y[i * d_out + j];
            }
            assert_true (norm < 1 + 1e-5 && (d_out < D || norm > 1 - 1e-5));
        }
        assert_true (fabs (mean / N / d_out) < 0.1);
        /* one by one as all at once */
        for (int i = 0; i < N; i += 97) {
            float one[D];
            assert_ok (faiss_VectorTransform_try_apply (&self->transform, 1, x + i * D, one));
            assert_memory_equal (one, y + i * d_out, (size_t)d_out * sizeof *one);
        }
        float back[D], again[D];
        if (self->do_pca) {
            assert_fails (faiss_VectorTransform_try_reverse (&self->transform, 1, y, back), "PCA");
        } else {
            assert_ok (faiss_VectorTransform_try_reverse (&self->transform, 1, y, back));
            assert_ok (faiss_VectorTransform_try_apply (&self->transform, 1, back, again));
            for (int j = 0; j < D; j++) {
                assert_true (fabsf (again[j] - y[j]) < 1e-5f);
            }
        }
        faiss_ITQTransform_free (self);
    }
}

static void bad_input_is_refused (void **state) {
    (void)state;
    FaissITQTransform *self = NULL;
    FaissITQMatrix *matrix = NULL;
    float *x = sample (), odd[3 * D] = {NAN}, y[D];
    assert_fails (faiss_ITQTransform_new_with (&self, 8, 4, 0), "without PCA");
    assert_fails (faiss_ITQTransform_new_with (&self, 8, -4, 1), "d_out");
    assert_ok (faiss_ITQTransform_new_with (&self, 4, 8, 1));
    assert_fails (faiss_VectorTransform_train (&self->transform, N, x), "d_out <= 4");
    assert_fails (faiss_VectorTransform_try_apply (&self->transform, 1, x, y), "not trained");
    faiss_ITQTransform_free (self);
    assert_ok (faiss_ITQTransform_new_with (&self, D, D, 0));
    assert_fails (faiss_VectorTransform_train (&self->transform, 0, x), "at least one");
    assert_fails (faiss_VectorTransform_train (&self->transform, 3, odd), "not finite");
    assert_false (self->transform.is_trained);
    assert_int_equal (self->mean.size, 0);
    assert_ok (faiss_VectorTransform_train (&self->transform, 2, x)); /* few, but enough */
    faiss_ITQTransform_free (self);
    assert_ok (faiss_ITQMatrix_new (&matrix));
    assert_fails (faiss_VectorTransform_train (&matrix->transform, N, x), "d > 0");
    faiss_ITQMatrix_free (matrix);
}

int main (void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (every_iteration_is_a_rotation),
        cmocka_unit_test (the_nearest_rotation_is_found),
        cmocka_unit_test (begins_with_the_given_rotation),
        cmocka_unit_test (the_transform_centers_and_scales),
        cmocka_unit_test (bad_input_is_refused),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
