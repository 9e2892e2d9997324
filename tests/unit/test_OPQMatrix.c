/* The rotation for product quantizers: golden values, it helps, other dimensions, bad input. */
#include "testing.h"

#include <faiss/VectorTransform.h>
#include <faiss/impl/ProductQuantizer.h>
#include <faiss/utils/distances.h>

#include "golden/golden.h"
#include "golden/vector_transform.h"

static void golden_values (void **state) {
    (void)state;
    enum { D = 6, N = 400 };
    float *x = golden_inputs (44, N * D);
    FaissOPQMatrix *self = NULL;
    FaissProductQuantizer *pq = NULL;
    assert_ok (faiss_OPQMatrix_new_with (&self, D, 2, -1));
    assert_ok (faiss_ProductQuantizer_new_with (&pq, D, 2, 3));
    assert_int_equal (faiss_OPQMatrix_niter (self), 50);
    assert_int_equal (faiss_OPQMatrix_niter_pq (self), 4);
    assert_int_equal (self->niter_pq_0, 40);
    assert_int_equal (self->max_train_points, 65536);
    faiss_OPQMatrix_set_niter (self, 5);
    faiss_OPQMatrix_set_niter_pq (self, 2);
    self->niter_pq_0 = 4;
    self->pq = pq;
    assert_false (self->transform.is_trained);
    assert_ok (faiss_VectorTransform_train (&self->transform, N, x));
    assert_true (self->transform.is_trained && self->linear.is_orthonormal);
    for (int i = 0; i < D * D; i++) {
        assert_true (fabs (self->linear.A.data[i] - golden_opq_A[i]) < 1e-4);
    }
    assert_int_equal (pq->train_type, ProductQuantizer_Train_hot_start);
    faiss_OPQMatrix_free (self);
    faiss_ProductQuantizer_free (pq);
    free (x);
}

static double quantization_error (int d, int M, int n, const float *x) {
    FaissProductQuantizer *pq = NULL;
    uint8_t *codes = calloc ((size_t)n, (size_t)M);
    float *decoded = calloc ((size_t)(n * d), sizeof *decoded);
    assert_ok (faiss_ProductQuantizer_new_with (&pq, (size_t)d, (size_t)M, 4));
    assert_ok (faiss_Quantizer_train (&pq->quantizer, (size_t)n, x));
    assert_ok (faiss_Quantizer_compute_codes (&pq->quantizer, x, codes, (size_t)n));
    assert_ok (faiss_Quantizer_decode (&pq->quantizer, codes, decoded, (size_t)n));
    double error = (double)faiss_fvec_L2sqr (x, decoded, (size_t)(n * d));
    free (codes);
    free (decoded);
    faiss_ProductQuantizer_free (pq);
    return error;
}

static void vectors_are_quantized_better (void **state) {
    (void)state;
    enum { D = 16, N = 1000 };
    static float x[N * D], y[N * D];
    TestRandom random = {3};
    testing_floats (&random, x, N * D);
    for (int i = 0; i < N * D; i++) { /* unequal parts, correlated ones */
        x[i] = i % D < 8 ? 4 * x[i] : x[i - 1] + 0.1f * x[i];
    }
    for (int d2 = 4; d2 <= D + 4; d2 += 6) {
        FaissOPQMatrix *self = NULL;
        FaissProductQuantizer *pq = NULL;
        assert_ok (faiss_OPQMatrix_new_with (&self, D, 2, d2));
        assert_ok (faiss_ProductQuantizer_new_with (&pq, (size_t)d2, 2, 4));
        self->pq = pq;
        self->niter = 10;
        assert_ok (faiss_VectorTransform_train (&self->transform, N, x));
        assert_int_equal (self->linear.A.size, d2 * D);
        for (int i = 0; i < d2 && d2 <= D; i++) {
            float norm = faiss_fvec_norm_L2sqr (self->linear.A.data + i * D, D);
            assert_true (fabsf (norm - 1) < 1e-5f);
        }
        if (d2 == D) {
            assert_ok (faiss_VectorTransform_try_apply (&self->transform, N, x, y));
            assert_true (quantization_error (D, 2, N, y) < quantization_error (D, 2, N, x));
        }
        faiss_OPQMatrix_free (self);
        faiss_ProductQuantizer_free (pq);
    }
}

static void bad_input_is_refused (void **state) {
    (void)state;
    enum { D = 8, N = 300 };
    static float x[N * D];
    TestRandom random = {3};
    testing_floats (&random, x, N * D);
    FaissOPQMatrix *self = NULL;
    FaissProductQuantizer *pq = NULL;
    assert_ok (faiss_OPQMatrix_new_with (&self, D, 3, -1));
    assert_fails (faiss_VectorTransform_train (&self->transform, N, x), "multiple of M");
    self->M = 2;
    assert_fails (faiss_VectorTransform_train (&self->transform, 100, x), "100");
    assert_fails (faiss_VectorTransform_train (&self->transform, 0, x), "n=0");
    assert_ok (faiss_ProductQuantizer_new_with (&pq, 4, 2, 4));
    self->pq = pq;
    assert_fails (faiss_VectorTransform_train (&self->transform, N, x), "pq of d=8, got d=4");
    assert_false (self->transform.is_trained);
    faiss_OPQMatrix_free (self);
    assert_ok (faiss_OPQMatrix_new (&self));
    assert_fails (faiss_VectorTransform_train (&self->transform, N, x), "d_in=0");
    faiss_OPQMatrix_free (self);
    faiss_ProductQuantizer_free (pq);
}

int main (void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (golden_values),
        cmocka_unit_test (vectors_are_quantized_better),
        cmocka_unit_test (bad_input_is_refused),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
