/* Random rotations: golden values, orthonormal rows or columns, what is refused. */
#include "testing.h"

#include <faiss/VectorTransform.h>
#include <faiss/utils/utils.h>

#include "golden/golden.h"
#include "golden/vector_transform.h"

static FaissRandomRotationMatrix *rotation (int d_in, int d_out, int seed) {
    FaissRandomRotationMatrix *self = NULL;
    assert_ok (faiss_RandomRotationMatrix_new_with (&self, d_in, d_out));
    assert_false (self->transform.is_trained);
    assert_ok (faiss_RandomRotationMatrix_init (self, seed));
    assert_int_equal (self->linear.A.size, d_in * d_out);
    return self;
}

static void golden_values (void **state) {
    (void)state;
    static const struct {
        int d_in, d_out, seed;
        const double *A;
    } cases[] = {
        {4, 4, 12345, golden_random_rotation_4_4_A},
        {5, 3, 7, golden_random_rotation_5_3_A},
        {3, 5, 7, golden_random_rotation_3_5_A},
    };
    for (int i = 0; i < 3; i++) {
        FaissRandomRotationMatrix *self = rotation (cases[i].d_in, cases[i].d_out, cases[i].seed);
        assert_golden (self->linear.A.data, cases[i].A, self->linear.A.size);
        faiss_RandomRotationMatrix_free (self);
    }
}

static void training_is_init (void **state) {
    (void)state;
    FaissRandomRotationMatrix *self = rotation (7, 5, 12345), *other = NULL;
    assert_ok (faiss_RandomRotationMatrix_new_with (&other, 7, 5));
    assert_ok (faiss_VectorTransform_train (&other->transform, 0, NULL));
    assert_ok (faiss_VectorTransform_check_identical (&self->transform, &other->transform));
    assert_ok (faiss_RandomRotationMatrix_init (other, 1));
    assert_fails (faiss_VectorTransform_check_identical (&self->transform, &other->transform),
                  "differ");
    faiss_RandomRotationMatrix_free (self);
    faiss_RandomRotationMatrix_free (other);
}

static void lengths_stay_and_the_reverse_leads_back (void **state) {
    (void)state;
    enum { MAX = 130 };
    static const int sizes[][2] = {{1, 1}, {7, 7}, {16, 17}, {17, 17}, {100, MAX}, {MAX, MAX}};
    TestRandom random = {3};
    float x[MAX], y[MAX], back[MAX];
    for (int t = 0; t < 6; t++) {
        int d_in = sizes[t][0], d_out = sizes[t][1];
        FaissRandomRotationMatrix *self = rotation (d_in, d_out, t);
        testing_floats (&random, x, MAX);
        assert_ok (faiss_VectorTransform_try_apply (&self->transform, 1, x, y));
        double before = 0, after = 0;
        for (int i = 0; i < d_in; i++) {
            before += (double)x[i] * x[i];
        }
        for (int i = 0; i < d_out; i++) {
            after += (double)y[i] * y[i];
        }
        assert_true (fabs (before - after) <= 1e-5 * before);
        assert_true (self->linear.is_orthonormal);
        assert_ok (faiss_VectorTransform_try_reverse (&self->transform, 1, y, back));
        for (int i = 0; i < d_in; i++) {
            assert_true (fabsf (back[i] - x[i]) < 1e-5f);
        }
        faiss_RandomRotationMatrix_free (self);
    }
}

static void bad_arguments (void **state) {
    (void)state;
    FaissRandomRotationMatrix *self = NULL;
    assert_fails (faiss_RandomRotationMatrix_new_with (&self, -1, 4), "d_in");
    assert_fails (faiss_RandomRotationMatrix_new_with (&self, 4, -1), "d_out");
    assert_fails (faiss_RandomRotationMatrix_new (NULL), "NULL");
    assert_fails (faiss_RandomRotationMatrix_init (NULL, 1), "NULL");
    assert_null (self);
    float x[4] = {0};
    assert_ok (faiss_RandomRotationMatrix_new_with (&self, 4, 4));
    assert_fails (faiss_VectorTransform_try_apply (&self->transform, 1, x, x), "not trained");
    faiss_RandomRotationMatrix_free (self);
    assert_ok (faiss_RandomRotationMatrix_new (&self));
    assert_ok (faiss_RandomRotationMatrix_init (self, 1)); /* nothing of nothing */
    faiss_RandomRotationMatrix_free (self);
    assert_fails (faiss_matrix_qr (2, 3, x), "m >= n");
    assert_fails (faiss_matrix_qr (2, 2, NULL), "a is NULL");
    assert_ok (faiss_matrix_qr (0, 0, NULL));
}

int main (void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (golden_values),
        cmocka_unit_test (training_is_init),
        cmocka_unit_test (lengths_stay_and_the_reverse_leads_back),
        cmocka_unit_test (bad_arguments),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
