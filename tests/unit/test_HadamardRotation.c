/* Fast rotations: golden values, lengths, the reverse, what is refused. */
#include "testing.h"

#include <faiss/VectorTransform.h>

#include "golden/golden.h"
#include "golden/vector_transform.h"

static void golden_values (void **state) {
    (void)state;
    FaissHadamardRotation *self = NULL;
    assert_ok (faiss_HadamardRotation_new_with (&self, 5, 42));
    assert_true (self->transform.is_trained);
    assert_int_equal (self->transform.d_out, 8);
    assert_golden (self->signs1.data, golden_hadamard_signs1, 8);
    assert_golden (self->signs2.data, golden_hadamard_signs2, 8);
    assert_golden (self->signs3.data, golden_hadamard_signs3, 8);
    float *x = golden_inputs (40, 2 * 5), y[2 * 8];
    assert_int_equal (golden_hadamard_y_n, 16);
    assert_ok (faiss_VectorTransform_try_apply (&self->transform, 2, x, y));
    assert_golden (y, golden_hadamard_y, 16);
    free (x);
    faiss_HadamardRotation_free (self);
}

static void lengths_stay_and_the_reverse_leads_back (void **state) {
    (void)state;
    enum { MAX = 1024 };
    static const int sizes[] = {1, 2, 3, 4, 7, 8, 15, 16, 17, 32, 100, 128, 784, MAX};
    static float x[MAX], y[MAX], back[MAX];
    TestRandom random = {3};
    for (size_t t = 0; t < sizeof sizes / sizeof *sizes; t++) {
        int d = sizes[t];
        FaissHadamardRotation *self = NULL;
        assert_ok (faiss_HadamardRotation_new_with (&self, d, (uint32_t)t));
        testing_floats (&random, x, MAX);
        assert_ok (faiss_VectorTransform_try_apply (&self->transform, 1, x, y));
        double before = 0, after = 0;
        for (int i = 0; i < self->transform.d_out; i++) {
            before += i < d ? (double)x[i] * x[i] : 0;
            after += (double)y[i] * y[i];
        }
        assert_true (fabs (before - after) <= 1e-5 * before);
        FaissStatus status = faiss_VectorTransform_try_reverse (&self->transform, 1, y, back);
        if (d == self->transform.d_out) {
            assert_ok (status);
            for (int i = 0; i < d; i++) {
                assert_true (fabsf (back[i] - x[i]) < 1e-5f);
            }
            /* in place */
            memcpy (back, x, sizeof back);
            assert_ok (faiss_VectorTransform_try_apply (&self->transform, 1, back, back));
            assert_memory_equal (back, y, (size_t)d * sizeof *y);
        } else {
            assert_fails (status, "expected d_in = d_out for the inverse");
        }
        faiss_HadamardRotation_free (self);
    }
}

static void seeds (void **state) {
    (void)state;
    FaissHadamardRotation *self = NULL, *other = NULL;
    assert_ok (faiss_HadamardRotation_new_with (&self, 100, 1));
    assert_ok (faiss_HadamardRotation_new_with (&other, 100, 4000000000u));
    assert_fails (faiss_VectorTransform_check_identical (&self->transform, &other->transform),
                  "expected seed=1, got 4000000000");
    assert_ok (faiss_HadamardRotation_init (other, 1));
    assert_ok (faiss_VectorTransform_check_identical (&self->transform, &other->transform));
    assert_memory_equal (self->signs3.data, other->signs3.data, 128 * sizeof (float));
    faiss_HadamardRotation_free (self);
    faiss_HadamardRotation_free (other);
}

static void bad_arguments (void **state) {
    (void)state;
    FaissHadamardRotation *self = NULL;
    float x[8] = {0}, y[8] = {7};
    assert_fails (faiss_HadamardRotation_new_with (&self, 0, 1), "got 0");
    assert_fails (faiss_HadamardRotation_new_with (&self, -1, 1), "got -1");
    assert_fails (faiss_HadamardRotation_new_with (NULL, 8, 1), "NULL");
    assert_fails (faiss_HadamardRotation_init (NULL, 1), "NULL");
    assert_null (self);
    assert_ok (faiss_HadamardRotation_new_with (&self, 8, 1));
    self->transform.d_out = 7;
    assert_fails (faiss_VectorTransform_try_apply (&self->transform, 1, x, y), "power of two");
    self->transform.d_out = 16;
    assert_fails (faiss_VectorTransform_try_apply (&self->transform, 1, x, y), "signs");
    self->transform.d_in = self->transform.d_out = 4;
    assert_fails (faiss_VectorTransform_try_reverse (&self->transform, 1, x, y), "signs");
    assert_true (y[0] == 7);
    faiss_HadamardRotation_free (self);
    assert_ok (faiss_HadamardRotation_new (&self));
    assert_ok (faiss_VectorTransform_try_apply (&self->transform, 1, x, y));
    faiss_HadamardRotation_free (self);
}

int main (void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (golden_values),
        cmocka_unit_test (lengths_stay_and_the_reverse_leads_back),
        cmocka_unit_test (seeds),
        cmocka_unit_test (bad_arguments),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
