/* Codes of signs: golden values, options, thresholds, search against a plain count, bad input. */
#include "testing.h"

#include <faiss/IndexLSH.h>
#include <faiss/impl/median.h>
#include <faiss/index_factory.h>
#include <faiss/utils/hamming.h>

#include "golden/golden.h"
#include "golden/lsh_lattice_additive.h"

static float *centered_inputs (uint64_t stream, size_t n) {
    float *x = golden_inputs (stream, n);
    for (size_t i = 0; i < n; i++) {
        x[i] -= 0.5f;
    }
    return x;
}

static FaissIndexLSH *new_lsh (idx_t d, int nbits, int rotate, int train) {
    FaissIndexLSH *self = NULL;
    assert_ok (faiss_IndexLSH_new_with_options (&self, d, nbits, rotate, train));
    assert_int_equal (faiss_IndexLSH_nbits (self), nbits);
    assert_int_equal (faiss_IndexLSH_code_size (self), (nbits + 7) / 8);
    assert_int_equal (faiss_IndexLSH_rotate_data (self), rotate);
    assert_int_equal (faiss_IndexLSH_train_thresholds (self), train);
    assert_int_equal (self->index.is_trained, !train);
    return self;
}

static void golden_values (void **state) {
    (void)state;
    enum { D = 6, N = 40, NBITS = 10, K = 4 };
    float *x = centered_inputs (50, N * D);
    FaissIndexLSH *self = new_lsh (D, NBITS, 1, 1);
    assert_fails (faiss_Index_add (&self->index, N, x), "not trained");
    assert_ok (faiss_Index_train (&self->index, N, x));
    assert_golden (self->thresholds.data, golden_lsh_rot_thr_thresholds, NBITS);
    assert_ok (faiss_Index_add (&self->index, N, x));
    uint8_t codes[3 * 2];
    assert_ok (faiss_Index_sa_encode (&self->index, 3, x, codes));
    for (int i = 0; i < 6; i++) {
        assert_int_equal (codes[i], golden_lsh_rot_thr_codes_hex[i]);
    }
    float distances[2 * K];
    idx_t labels[2 * K];
    assert_ok (faiss_Index_search (&self->index, 2, x, K, distances, labels));
    for (int i = 0; i < 2 * K; i++) {
        assert_true (distances[i] == (float)golden_lsh_rot_thr_D[i]);
        assert_int_equal (labels[i], golden_lsh_rot_thr_I[i]);
    }
    faiss_IndexLSH_free (self);
    self = new_lsh (D, 5, 0, 0);
    assert_ok (faiss_Index_sa_encode (&self->index, 3, x, codes));
    for (int i = 0; i < 3; i++) {
        assert_int_equal (codes[i], golden_lsh_plain_codes_hex[i]);
    }
    faiss_IndexLSH_free (self);
    free (x);
}

static int count_differences (const uint8_t *a, const uint8_t *b, int code_size) {
    int n = 0;
    for (int i = 0; i < 8 * code_size; i++) {
        n += (a[i / 8] >> i % 8 & 1) != (b[i / 8] >> i % 8 & 1);
    }
    return n;
}

/* The ranking by (distance, position), found one by one. */
static void assert_is_nearest (const FaissIndexLSH *self, const uint8_t *query, idx_t k,
                               const float *distances, const idx_t *labels) {
    int code_size = faiss_IndexLSH_code_size (self);
    int last = -1;
    idx_t last_id = -1;
    for (idx_t j = 0; j < k; j++) {
        int best = INT32_MAX;
        idx_t best_id = -1;
        for (idx_t i = 0; i < self->index.ntotal; i++) {
            int n =
                count_differences (query, self->flat_codes.codes.data + i * code_size, code_size);
            if ((n > last || (n == last && i > last_id)) && n < best) {
                best = n;
                best_id = i;
            }
        }
        assert_int_equal (labels[j], best_id);
        assert_true (distances[j] == (float)best); /* INT_MAX where there is none */
        last = best;
        last_id = best_id;
    }
}

static void searches_like_a_plain_count (void **state) {
    (void)state;
    enum { N = 150, NQ = 3, MAX_D = 100 };
    static const int dims[] = {1, 7, 8, 15, 16, 17, 100};
    static const int bits[] = {1, 7, 8, 9, 31, 64, 65, 100, 130, 600};
    static float x[N * MAX_D], distances[NQ * (N + 5)];
    static idx_t labels[NQ * (N + 5)];
    TestRandom random = {5};
    testing_floats (&random, x, N * MAX_D);
    for (size_t b = 0; b < sizeof bits / sizeof *bits; b++) {
        int d = dims[b % 7];
        FaissIndexLSH *self = new_lsh (d, bits[b], 1, (int)b % 2);
        assert_ok (faiss_Index_train (&self->index, N, x));
        assert_ok (faiss_Index_add (&self->index, N, x));
        uint8_t queries[NQ * 75];
        assert_ok (faiss_Index_sa_encode (&self->index, NQ, x + 1, queries));
        for (idx_t k = 1; k <= N + 5; k += 77) {
            assert_ok (faiss_Index_search (&self->index, NQ, x + 1, k, distances, labels));
            for (int q = 0; q < NQ; q++) {
                assert_is_nearest (self, queries + q * faiss_IndexLSH_code_size (self), k,
                                   distances + q * k, labels + q * k);
            }
        }
        faiss_IndexLSH_free (self);
    }
}

/* Decoding is encoding's inverse as far as signs go. */
static void decodes_what_it_encoded (void **state) {
    (void)state;
    enum { D = 16, N = 30 };
    float x[N * D], decoded[N * D];
    TestRandom random = {9};
    testing_floats (&random, x, N * D);
    for (int options = 0; options < 4; options++) {
        for (int nbits = 5; nbits <= D; nbits += 11) {
            FaissIndexLSH *self = new_lsh (D, nbits, options & 1, options >> 1);
            assert_ok (faiss_Index_train (&self->index, N, x));
            uint8_t codes[N * 2] = {0}, again[N * 2] = {0};
            assert_ok (faiss_Index_sa_encode (&self->index, N, x, codes));
            assert_ok (faiss_Index_sa_decode (&self->index, N, codes, decoded));
            assert_ok (faiss_Index_sa_encode (&self->index, N, decoded, again));
            assert_memory_equal (codes, again, (size_t)N * self->flat_codes.code_size);
            assert_true (options & 1 || nbits == D || decoded[D - 1] == 0);
            faiss_IndexLSH_free (self);
        }
    }
}

static void thresholds_halve_the_training_vectors (void **state) {
    (void)state;
    enum { D = 9, N = 101 };
    float x[N * D];
    TestRandom random = {3};
    testing_floats (&random, x, N * D);
    FaissIndexLSH *self = new_lsh (D, 20, 1, 1);
    assert_ok (faiss_Index_train (&self->index, N, x));
    float *projected = faiss_IndexLSH_apply_preprocess (self, N, x);
    for (int j = 0; j < 20; j++) {
        int above = 0;
        for (int i = 0; i < N; i++) {
            above += projected[i * 20 + j] >= 0;
        }
        assert_int_equal (above, N / 2 + 1);
    }
    free (projected);
    assert_null (faiss_IndexLSH_apply_preprocess (self, -1, x));
    assert_null (faiss_IndexLSH_apply_preprocess (NULL, 1, x));
    faiss_IndexLSH_free (self);
    float values[] = {3, 1, 2, 2, 5, 4};
    assert_true (faiss_median (values, 1) == 3);
    assert_true (faiss_median (values, 5) == 2);
    assert_true (faiss_median (values, 6) == 2.5f);
    float odd[] = {NAN, 1, NAN, 2};
    faiss_median (odd, 4);
}

/* The same codes with the thresholds in the transform's bias. */
static void thresholds_can_move_into_a_transform (void **state) {
    (void)state;
    enum { D = 8, N = 50 };
    float x[N * D];
    TestRandom random = {4};
    testing_floats (&random, x, N * D);
    FaissIndexLSH *self = new_lsh (D, D, 0, 1);
    FaissLinearTransform *vt = NULL, *narrow = NULL;
    assert_ok (faiss_LinearTransform_new_with (&vt, D, D, 0));
    assert_ok (faiss_LinearTransform_new_with (&narrow, D, D - 1, 0));
    assert_ok (faiss_Float32Vector_resize (&vt->A, D * D));
    for (int j = 0; j < D; j++) {
        vt->A.data[j * D + j] = 1;
    }
    vt->transform.is_trained = true;
    assert_fails (faiss_IndexLSH_transfer_thresholds (self, vt), "not trained");
    assert_ok (faiss_Index_train (&self->index, N, x));
    uint8_t before[N], after[N];
    float moved[N * D];
    assert_ok (faiss_Index_sa_encode (&self->index, N, x, before));
    assert_fails (faiss_IndexLSH_transfer_thresholds (self, narrow), "nbits=8, got 7");
    assert_ok (faiss_IndexLSH_transfer_thresholds (self, vt));
    assert_true (vt->have_bias);
    assert_fails (faiss_IndexLSH_transfer_thresholds (self, vt), "no thresholds");
    assert_int_equal (self->thresholds.size, 0);
    assert_ok (faiss_VectorTransform_try_apply (&vt->transform, N, x, moved));
    assert_ok (faiss_Index_sa_encode (&self->index, N, moved, after));
    assert_memory_equal (before, after, N);
    faiss_LinearTransform_free (vt);
    faiss_LinearTransform_free (narrow);
    faiss_IndexLSH_free (self);
}

static void bad_input_is_refused (void **state) {
    (void)state;
    FaissIndexLSH *self = NULL, *other = NULL;
    FaissIndex *index = NULL;
    assert_fails (faiss_IndexLSH_new_with_options (&self, 4, 5, 0, 0), "nbits <= d=4");
    assert_fails (faiss_IndexLSH_new (&self, 4, -1), "0 <= nbits");
    assert_fails (faiss_IndexLSH_new (NULL, 4, 4), "out is NULL");
    assert_fails (faiss_index_factory (&index, 4, "LSH5", METRIC_L2), "nbits <= d=4");
    assert_fails (faiss_index_factory (&index, 4, "LSH4", METRIC_INNER_PRODUCT), "METRIC_L2");
    float x[4 * 8] = {1, 2, 3, 4}, distance;
    idx_t label;
    self = new_lsh (4, 4, 0, 1);
    assert_fails (faiss_Index_train (&self->index, 0, x), "at least one");
    assert_fails (faiss_Index_search (&self->index, 1, x, 1, &distance, &label), "not trained");
    assert_ok (faiss_Index_train (&self->index, 2, x));
    other = new_lsh (4, 4, 0, 1);
    x[0] = 7;
    assert_ok (faiss_Index_train (&other->index, 3, x));
    assert_fails (faiss_Index_merge_from (&self->index, &other->index, 0), "differ");
    faiss_Float32Vector_clear (&self->thresholds); /* as a damaged file may have it */
    assert_fails (faiss_Index_add (&self->index, 1, x), "expected 4 thresholds, got 0");
    faiss_IndexLSH_free (self);
    faiss_IndexLSH_free (other);
    faiss_IndexLSH_free (NULL);
    assert_fails (faiss_knn_hamming (NULL, NULL, 1, 0, 1, 1, NULL, &distance, &label), "NULL");
}

int main (void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (golden_values),
        cmocka_unit_test (searches_like_a_plain_count),
        cmocka_unit_test (decodes_what_it_encoded),
        cmocka_unit_test (thresholds_halve_the_training_vectors),
        cmocka_unit_test (thresholds_can_move_into_a_transform),
        cmocka_unit_test (bad_input_is_refused),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
