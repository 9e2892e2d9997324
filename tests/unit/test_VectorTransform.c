/* Vector transforms: what they compute, what they refuse, what files keep. */
#include "testing.h"

#include <faiss/VectorTransform.h>
#include <faiss/index_io.h>
#include <faiss/utils/distances.h>

enum { N = 600, MAX_D = 100 };

static float x[N * MAX_D], xt[N * MAX_D], back[N * MAX_D];

static void make_vectors (void) {
    TestRandom random = {11};
    testing_floats (&random, x, N * MAX_D);
    for (int i = 0; i < N * MAX_D; i++) {
        x[i] += 0.25f;
    }
}

static void normalization_gives_norm_1 (void **state) {
    (void)state;
    const int dimensions[] = {1, 7, 8, 15, 16, 17, 100};
    make_vectors ();
    for (int t = 0; t < 7; t++) {
        int d = dimensions[t];
        FaissNormalizationTransform *vt = NULL;
        assert_ok (faiss_NormalizationTransform_new_with (&vt, d, 2));
        assert_true (faiss_NormalizationTransform_norm (vt) == 2);
        assert_true (faiss_VectorTransform_is_trained (&vt->transform));
        assert_int_equal (faiss_VectorTransform_d_in (&vt->transform), d);
        assert_int_equal (faiss_VectorTransform_d_out (&vt->transform), d);
        memset (x + 3 * d, 0, (size_t)d * sizeof *x);
        faiss_VectorTransform_apply_noalloc (&vt->transform, N, x, xt);
        for (int i = 0; i < N; i++) {
            float norm = faiss_fvec_norm_L2sqr (xt + i * d, (size_t)d);
            assert_true (i == 3 ? norm == 0 : fabsf (norm - 1) < 1e-5f);
        }
        /* in place, and in new memory */
        memcpy (back, x, sizeof back);
        faiss_VectorTransform_apply_noalloc (&vt->transform, N, back, back);
        assert_memory_equal (back, xt, (size_t)(N * d) * sizeof *xt);
        float *fresh = faiss_VectorTransform_apply (&vt->transform, N, x);
        assert_non_null (fresh);
        assert_memory_equal (fresh, xt, (size_t)(N * d) * sizeof *xt);
        free (fresh);
        faiss_VectorTransform_reverse_transform (&vt->transform, N, xt, back);
        assert_memory_equal (back, xt, (size_t)(N * d) * sizeof *xt);
        faiss_NormalizationTransform_free (vt);
    }
}

static void other_norms_are_refused (void **state) {
    (void)state;
    FaissNormalizationTransform *vt = NULL;
    assert_ok (faiss_NormalizationTransform_new_with (&vt, 4, 1));
    assert_fails (faiss_VectorTransform_try_apply (&vt->transform, 1, x, xt), "norm=2");
    assert_null (faiss_VectorTransform_apply (&vt->transform, 1, x));
    faiss_NormalizationTransform_free (vt);
    assert_fails (faiss_NormalizationTransform_new_with (&vt, -1, 2), "d_in");
    assert_fails (faiss_NormalizationTransform_new_with (NULL, 4, 2), "out is NULL");
}

static void centering_subtracts_the_mean (void **state) {
    (void)state;
    enum { D = 17 };
    make_vectors ();
    FaissCenteringTransform *vt = NULL;
    assert_ok (faiss_CenteringTransform_new_with (&vt, D));
    assert_false (faiss_VectorTransform_is_trained (&vt->transform));
    memset (xt, 0x55, sizeof xt);
    memcpy (back, xt, sizeof xt);
    faiss_VectorTransform_apply_noalloc (&vt->transform, N, x, xt); /* not trained */
    assert_non_null (strstr (faiss_get_last_error (), "not trained"));
    assert_memory_equal (xt, back, sizeof xt);
    assert_fails (faiss_VectorTransform_train (&vt->transform, 0, x), "at least one");
    assert_ok (faiss_VectorTransform_train (&vt->transform, N, x));
    assert_true (faiss_VectorTransform_is_trained (&vt->transform));
    faiss_VectorTransform_apply_noalloc (&vt->transform, N, x, xt);
    for (int j = 0; j < D; j++) {
        double sum = 0;
        for (int i = 0; i < N; i++) {
            sum += (double)xt[i * D + j];
        }
        assert_true (fabs (sum / N) < 1e-5);
    }
    faiss_VectorTransform_reverse_transform (&vt->transform, N, xt, back);
    for (int i = 0; i < N * D; i++) {
        assert_true (fabsf (back[i] - x[i]) < 1e-6f);
    }
    faiss_CenteringTransform_free (vt);
}

static void linear_is_a_matrix_and_a_bias (void **state) {
    (void)state;
    const float A[] = {0, 1, 0, 1, 0, 0}, b[] = {10, 20}, in[] = {1, 2, 3, 4, 5, 6};
    const float expected[] = {12, 21, 15, 24}, reversed[] = {1, 2, 0, 4, 5, 0};
    FaissLinearTransform *vt = NULL;
    float out[6];
    assert_ok (faiss_LinearTransform_new_with (&vt, 3, 2, 1));
    assert_true (faiss_LinearTransform_have_bias (vt));
    assert_fails (faiss_VectorTransform_try_apply (&vt->transform, 2, in, out), "not trained");
    assert_ok (faiss_Float32Vector_append (&vt->A, A, 5));
    assert_ok (faiss_Float32Vector_append (&vt->b, b, 2));
    vt->transform.is_trained = true;
    assert_fails (faiss_VectorTransform_try_apply (&vt->transform, 2, in, out), "got 5");
    assert_ok (faiss_Float32Vector_push_back (&vt->A, A[5]));
    faiss_VectorTransform_apply_noalloc (&vt->transform, 2, in, out);
    assert_memory_equal (out, expected, sizeof expected);
    assert_fails (faiss_VectorTransform_try_reverse (&vt->transform, 2, expected, out),
                  "not orthonormal");
    faiss_LinearTransform_set_is_orthonormal (vt);
    assert_true (faiss_LinearTransform_is_orthonormal (vt));
    faiss_VectorTransform_reverse_transform (&vt->transform, 2, expected, out);
    assert_memory_equal (out, reversed, sizeof reversed);
    vt->A.data[1] = 1.1f;
    faiss_LinearTransform_set_is_orthonormal (vt);
    assert_false (faiss_LinearTransform_is_orthonormal (vt));
    faiss_LinearTransform_free (vt);
}

/* Batches are cut into blocks: sizes around them, with and without a bias. */
static void linear_batches_are_products (void **state) {
    (void)state;
    const int dims[][2] = {{1, 1}, {7, 3}, {16, 17}, {33, 8}, {40, 40}, {5, 0}, {0, 5}};
    const int sizes[] = {0, 1, 2, 255, 256, 257, N};
    static float A[MAX_D * MAX_D], b[MAX_D];
    TestRandom random = {17};
    testing_floats (&random, A, MAX_D * MAX_D);
    testing_floats (&random, b, MAX_D);
    make_vectors ();
    for (int t = 0; t < 7 * 7 * 2; t++) {
        int d_in = dims[t % 7][0], d_out = dims[t % 7][1], n = sizes[t / 7 % 7];
        bool have_bias = t >= 49;
        FaissLinearTransform *vt = NULL;
        assert_ok (faiss_LinearTransform_new_with (&vt, d_in, d_out, have_bias));
        assert_ok (faiss_Float32Vector_append (&vt->A, A, (size_t)(d_in * d_out)));
        assert_ok (faiss_Float32Vector_append (&vt->b, b, have_bias ? (size_t)d_out : 0));
        vt->transform.is_trained = vt->is_orthonormal = true;
        assert_ok (faiss_VectorTransform_try_apply (&vt->transform, n, x, xt));
        assert_ok (faiss_VectorTransform_try_reverse (&vt->transform, n, xt, back));
        for (int i = 0; i < n; i += 37) { /* alone: the same to the bit */
            float alone[MAX_D];
            assert_ok (faiss_VectorTransform_try_apply (&vt->transform, 1, x + i * d_in, alone));
            assert_memory_equal (alone, xt + i * d_out, (size_t)d_out * sizeof *alone);
            assert_ok (
                faiss_VectorTransform_try_reverse (&vt->transform, 1, xt + i * d_out, alone));
            assert_memory_equal (alone, back + i * d_in, (size_t)d_in * sizeof *alone);
        }
        for (int i = 0; i < n; i++) {
            double reversed[MAX_D] = {0};
            for (int j = 0; j < d_out; j++) {
                double product = 0;
                for (int l = 0; l < d_in; l++) {
                    product += (double)A[j * d_in + l] * (double)x[i * d_in + l];
                }
                for (int l = 0; l < d_in; l++) {
                    reversed[l] += product * (double)A[j * d_in + l];
                }
                product += have_bias ? (double)b[j] : 0;
                assert_true (fabs (product - (double)xt[i * d_out + j]) < 1e-4);
            }
            for (int l = 0; l < d_in; l++) {
                assert_true (fabs (reversed[l] - (double)back[i * d_in + l]) < 1e-3);
            }
        }
        faiss_LinearTransform_free (vt);
    }
}

static void identical_means_same_class_and_numbers (void **state) {
    (void)state;
    FaissNormalizationTransform *a = NULL, *b = NULL;
    FaissCenteringTransform *c = NULL, *clone = NULL;
    make_vectors ();
    assert_ok (faiss_NormalizationTransform_new_with (&a, 8, 2));
    assert_ok (faiss_NormalizationTransform_new_with (&b, 9, 2));
    assert_ok (faiss_CenteringTransform_new_with (&c, 8));
    assert_ok (faiss_VectorTransform_train (&c->transform, N, x));
    assert_ok (faiss_object_clone (&clone, c));
    assert_ok (faiss_VectorTransform_check_identical (&a->transform, &a->transform));
    assert_ok (faiss_VectorTransform_check_identical (&c->transform, &clone->transform));
    assert_fails (faiss_VectorTransform_check_identical (&a->transform, &b->transform), "d_in=8");
    assert_fails (faiss_VectorTransform_check_identical (&a->transform, &c->transform), "differ");
    assert_ok (faiss_VectorTransform_train (&clone->transform, N / 2, x));
    assert_fails (faiss_VectorTransform_check_identical (&c->transform, &clone->transform),
                  "means");
    assert_fails (faiss_VectorTransform_check_identical (&c->transform, NULL), "NULL");
    faiss_VectorTransform_free (&a->transform);
    faiss_VectorTransform_free (&b->transform);
    faiss_VectorTransform_free (&c->transform);
    faiss_VectorTransform_free (&clone->transform);
    faiss_VectorTransform_free (NULL);
}

static void files_keep_everything (void **state) {
    (void)state;
    make_vectors ();
    FaissCenteringTransform *vt = NULL;
    FaissVectorIOWriter *writer = NULL;
    FaissVectorTransform *read = NULL;
    assert_ok (faiss_CenteringTransform_new_with (&vt, 8));
    assert_ok (faiss_VectorTransform_train (&vt->transform, N, x));
    assert_ok (faiss_VectorIOWriter_new (&writer));
    assert_ok (faiss_write_VectorTransform_custom (&vt->transform, &writer->writer));
    for (size_t n = 0; n <= writer->data.size; n++) { /* cut off anywhere */
        FaissVectorIOReader *reader = NULL;
        assert_ok (faiss_VectorIOReader_new_with (&reader, writer->data.data, n));
        FaissStatus status = faiss_read_VectorTransform_custom (&reader->reader, &read);
        assert_int_equal (status, n < writer->data.size ? FAISS_EXCEPT : FAISS_OK);
        faiss_IOReader_free (&reader->reader);
    }
    assert_ok (faiss_VectorTransform_check_identical (&vt->transform, read));
    faiss_IOWriter_free (&writer->writer);
    faiss_VectorTransform_free (read);
    faiss_VectorTransform_free (&vt->transform);
}

static void null_arguments_are_errors (void **state) {
    (void)state;
    FaissNormalizationTransform *vt = NULL;
    assert_ok (faiss_NormalizationTransform_new_with (&vt, 8, 2));
    assert_fails (faiss_VectorTransform_train (NULL, 1, x), "NULL");
    assert_fails (faiss_VectorTransform_train (&vt->transform, 1, NULL), "NULL");
    assert_fails (faiss_VectorTransform_train (&vt->transform, -1, x), "n >= 0");
    assert_fails (faiss_VectorTransform_try_apply (&vt->transform, 1, x, NULL), "output");
    assert_fails (faiss_VectorTransform_try_reverse (&vt->transform, 1, NULL, x), "input");
    assert_null (faiss_VectorTransform_apply (NULL, 1, x));
    assert_null (faiss_VectorTransform_apply (&vt->transform, INT64_MAX, x));
    float *nothing = faiss_VectorTransform_apply (&vt->transform, 0, NULL);
    assert_non_null (nothing);
    free (nothing);
    faiss_VectorTransform_free (&vt->transform);
}

TEST_MAIN (cmocka_unit_test (normalization_gives_norm_1),
           cmocka_unit_test (other_norms_are_refused),
           cmocka_unit_test (centering_subtracts_the_mean),
           cmocka_unit_test (linear_is_a_matrix_and_a_bias),
           cmocka_unit_test (linear_batches_are_products),
           cmocka_unit_test (identical_means_same_class_and_numbers),
           cmocka_unit_test (files_keep_everything), cmocka_unit_test (null_arguments_are_errors))
