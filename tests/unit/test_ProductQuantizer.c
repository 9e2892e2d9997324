/* Product quantizers: golden values, codes of all widths, tables, life as a field. */
#include "testing.h"

#include <faiss/impl/ProductQuantizer.h>
#include <faiss/utils/distances.h>

#include "golden/golden.h"
#include "golden/product_quantizer.h"

static FaissProductQuantizer *new_pq (size_t d, size_t M, size_t nbits) {
    FaissProductQuantizer *pq = NULL;
    assert_ok (faiss_ProductQuantizer_new_with (&pq, d, M, nbits));
    return pq;
}

static void train_uniform (FaissProductQuantizer *pq, size_t n, uint64_t seed) {
    float *x = golden_inputs (seed, n * pq->quantizer.d);
    assert_ok (faiss_Quantizer_train (&pq->quantizer, n, x));
    free (x);
}

/* ---- golden values --------------------------------------------------------------------------- */

static void golden_training (void **state) {
    (void)state;
    FaissProductQuantizer *pq = new_pq (8, 4, 4);
    train_uniform (pq, 300, 10);
    assert_golden (pq->centroids.data, golden_pq_train_4x4_centroids, pq->centroids.size);
    float *x = golden_inputs (11, 3 * 8), table[3 * 4 * 16];
    uint8_t codes[3 * 2];
    assert_ok (faiss_Quantizer_compute_codes (&pq->quantizer, x, codes, 3));
    for (size_t i = 0; i < sizeof codes; i++) {
        assert_int_equal (codes[i], golden_pq_train_4x4_codes_hex[i]);
    }
    assert_ok (faiss_ProductQuantizer_compute_distance_tables (pq, 3, x, table));
    assert_golden (table, golden_pq_train_4x4_distance_table_row0, 4 * 16);
    assert_ok (faiss_ProductQuantizer_compute_inner_prod_tables (pq, 3, x, table));
    assert_golden (table, golden_pq_train_4x4_ip_table_row0, 4 * 16);
    free (x);
    faiss_ProductQuantizer_free (pq);
}

static FaissProductQuantizer *trained_by (FaissProductQuantizerTrainType type) {
    FaissProductQuantizer *pq = new_pq (8, 2, 2);
    pq->train_type = type;
    train_uniform (pq, 300, 10);
    return pq;
}

static void golden_train_types (void **state) {
    (void)state;
    FaissProductQuantizer *cube = trained_by (ProductQuantizer_Train_hypercube);
    FaissProductQuantizer *shared = trained_by (ProductQuantizer_Train_shared);
    FaissProductQuantizer *pca = trained_by (ProductQuantizer_Train_hypercube_pca);
    assert_golden (cube->centroids.data, golden_pq_train_hypercube_centroids, 32);
    assert_golden (shared->centroids.data, golden_pq_train_shared_centroids, 32);
    /* the corners' numbers depend on the signs of the components, which are LAPACK's choice */
    for (size_t m = 0; m < 2; m++) {
        size_t sign = 4, n_found = 0;
        for (size_t i = 0; i < 4; i++) {
            const float *centroid = faiss_ProductQuantizer_get_centroids (pca, m, i);
            for (size_t j = 0; j < 4; j++) {
                const double *expected = golden_pq_train_hypercube_pca_centroids + (m * 4 + j) * 4;
                if (fabs (centroid[0] - expected[0]) < 1e-5) {
                    assert_golden (centroid, expected, 4);
                    assert_true (sign == 4 || sign == (i ^ j));
                    sign = i ^ j;
                    n_found++;
                }
            }
        }
        assert_int_equal (n_found, 4);
    }
    faiss_ProductQuantizer_free (cube);
    faiss_ProductQuantizer_free (shared);
    faiss_ProductQuantizer_free (pca);
}

static void golden_sdc_table (void **state) {
    (void)state;
    FaissProductQuantizer *pq = new_pq (4, 2, 2);
    train_uniform (pq, 60, 12);
    assert_golden (pq->centroids.data, golden_pq_sdc_centroids, pq->centroids.size);
    assert_ok (faiss_ProductQuantizer_compute_sdc_table (pq));
    assert_int_equal (pq->sdc_table.size, golden_pq_sdc_sdc_n);
    assert_golden (pq->sdc_table.data, golden_pq_sdc_sdc, pq->sdc_table.size);
    faiss_ProductQuantizer_free (pq);
}

/* Centroid j of every part of one component is the number j. */
static FaissProductQuantizer *counting_pq (size_t M, size_t nbits) {
    FaissProductQuantizer *pq = new_pq (M, M, nbits);
    for (size_t i = 0; i < pq->centroids.size; i++) {
        pq->centroids.data[i] = (float)(i % pq->ksub);
    }
    return pq;
}

static void check_packing (size_t M, size_t nbits, const int64_t *expected, size_t expected_size) {
    enum { MAX_M = 10 };
    FaissProductQuantizer *pq = counting_pq (M, nbits);
    float x[2 * MAX_M], decoded[2 * MAX_M];
    uint8_t codes[2 * MAX_M] = {0xff};
    for (size_t i = 0; i < 2 * M; i++) {
        x[i] = (float)((37 * (i % M) + 11 + 101 * (i / M)) % pq->ksub);
    }
    assert_int_equal (2 * pq->quantizer.code_size, expected_size);
    assert_ok (faiss_Quantizer_compute_codes (&pq->quantizer, x, codes, 2));
    for (size_t i = 0; i < expected_size; i++) {
        assert_int_equal (codes[i], expected[i]);
    }
    assert_ok (faiss_Quantizer_decode (&pq->quantizer, codes, decoded, 2));
    assert_memory_equal (decoded, x, 2 * M * sizeof *x);
    faiss_ProductQuantizer_free (pq);
}

#define CHECK_PACKING(M, nbits)                                                                    \
    check_packing (M, nbits, golden_pq_pack_##nbits##_codes_hex,                                   \
                   golden_pq_pack_##nbits##_codes_hex_n)

static void golden_packing (void **state) {
    (void)state;
    CHECK_PACKING (10, 1);
    CHECK_PACKING (5, 3);
    CHECK_PACKING (5, 4);
    CHECK_PACKING (5, 5);
    CHECK_PACKING (4, 6);
    CHECK_PACKING (3, 7);
    CHECK_PACKING (3, 8);
    CHECK_PACKING (4, 10);
    CHECK_PACKING (3, 12);
    CHECK_PACKING (2, 16);
}

/* ---- codes ----------------------------------------------------------------------------------- */

static void random_centroids (FaissProductQuantizer *pq, TestRandom *random) {
    testing_floats (random, pq->centroids.data, pq->centroids.size);
}

/* The first nearest centroid by the plain formula; near ties may go either way. */
static void check_nearest (const FaissProductQuantizer *pq, const float *x, const float *decoded) {
    for (size_t m = 0; m < pq->M; m++) {
        const float *part = x + m * pq->dsub;
        double best = INFINITY, got = 0;
        for (size_t i = 0; i < pq->ksub; i++) {
            double distance = 0;
            for (size_t j = 0; j < pq->dsub; j++) {
                double difference = part[j] - pq->centroids.data[(m * pq->ksub + i) * pq->dsub + j];
                distance += difference * difference;
            }
            best = distance < best ? distance : best;
        }
        for (size_t j = 0; j < pq->dsub; j++) {
            double difference = part[j] - decoded[m * pq->dsub + j];
            got += difference * difference;
        }
        assert_true (got <= best + 1e-5 * (1 + best));
    }
}

static void check_codes (size_t d, size_t M, size_t nbits, size_t n) {
    TestRandom random = {d * 1000 + M * 100 + nbits};
    FaissProductQuantizer *pq = new_pq (d, M, nbits);
    random_centroids (pq, &random);
    float *x = malloc (n * d * sizeof *x), *decoded = malloc (n * d * sizeof *x);
    uint8_t *codes = malloc (n * pq->quantizer.code_size), *one = malloc (pq->quantizer.code_size);
    testing_floats (&random, x, n * d);
    assert_ok (faiss_Quantizer_compute_codes (&pq->quantizer, x, codes, n));
    assert_ok (faiss_Quantizer_decode (&pq->quantizer, codes, decoded, n));
    for (size_t i = 0; i < n; i++) {
        check_nearest (pq, x + i * d, decoded + i * d);
    }
    /* what is decoded is encoded to itself, also one by one and from transposed centroids */
    uint8_t *again = malloc (n * pq->quantizer.code_size);
    assert_ok (faiss_Quantizer_compute_codes (&pq->quantizer, decoded, again, n));
    assert_memory_equal (again, codes, n * pq->quantizer.code_size);
    assert_ok (faiss_ProductQuantizer_compute_code (pq, decoded, one));
    assert_memory_equal (one, codes, pq->quantizer.code_size);
    assert_ok (faiss_ProductQuantizer_sync_transposed_centroids (pq));
    assert_ok (faiss_Quantizer_compute_codes (&pq->quantizer, decoded, again, n));
    assert_memory_equal (again, codes, n * pq->quantizer.code_size);
    free (again);
    free (one);
    free (codes);
    free (decoded);
    free (x);
    faiss_ProductQuantizer_free (pq);
}

static void codes_of_all_shapes (void **state) {
    (void)state;
    static const struct {
        size_t d, M, nbits;
    } shapes[] = {{1, 1, 1},    {7, 7, 3},    {8, 1, 8},    {15, 5, 5},  {16, 1, 4},  {17, 17, 8},
                  {100, 50, 8}, {100, 10, 8}, {100, 25, 4}, {100, 4, 7}, {784, 7, 8}, {784, 112, 4},
                  {12, 3, 10},  {4, 2, 12},   {64, 2, 8},   {6, 2, 13}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        check_codes (shapes[i].d, shapes[i].M, shapes[i].nbits, 1);
        check_codes (shapes[i].d, shapes[i].M, shapes[i].nbits, 37);
    }
    check_codes (8, 4, 8, 1000);
}

static void ties_go_to_the_first (void **state) {
    (void)state;
    for (size_t nbits = 0; nbits <= 8; nbits++) {
        FaissProductQuantizer *pq = new_pq (6, 3, nbits);
        float x[40 * 6] = {0};
        uint8_t codes[40 * 3];
        memset (codes, 0xff, sizeof codes);
        for (size_t i = 0; i < pq->centroids.size; i++) {
            pq->centroids.data[i] = i / 2 % pq->ksub == 0 ? 2 : 1; /* all but the first alike */
        }
        assert_ok (faiss_Quantizer_compute_codes (&pq->quantizer, x, codes, 40));
        float decoded[40 * 6];
        assert_ok (faiss_Quantizer_decode (&pq->quantizer, codes, decoded, 40));
        if (nbits == 8) {
            for (size_t i = 0; i < sizeof codes; i++) {
                assert_int_equal (codes[i], 1);
            }
        }
        faiss_ProductQuantizer_free (pq);
    }
}

/* ---- tables ---------------------------------------------------------------------------------- */

static void tables_hold_what_they_say (void **state) {
    (void)state;
    static const size_t dsubs[] = {1, 2, 3, 4, 5, 7, 8, 9, 12, 16, 17, 28, 50};
    TestRandom random = {3};
    for (size_t i = 0; i < sizeof dsubs / sizeof *dsubs; i++) {
        for (size_t nbits = 1; nbits <= 9; nbits++) {
            size_t dsub = dsubs[i], M = 3, d = M * dsub;
            FaissProductQuantizer *pq = new_pq (d, M, nbits);
            random_centroids (pq, &random);
            float *x = malloc (d * sizeof *x);
            float *L2 = malloc (M * pq->ksub * sizeof *L2),
                  *ip = malloc (M * pq->ksub * sizeof *ip);
            testing_floats (&random, x, d);
            assert_ok (faiss_ProductQuantizer_compute_distance_table (pq, x, L2));
            assert_ok (faiss_ProductQuantizer_compute_inner_prod_table (pq, x, ip));
            for (size_t at = 0; at < M * pq->ksub; at++) {
                const float *part = x + at / pq->ksub * dsub;
                const float *centroid = pq->centroids.data + at * dsub;
                double distance = 0, product = 0;
                for (size_t j = 0; j < dsub; j++) {
                    distance += ((double)part[j] - centroid[j]) * ((double)part[j] - centroid[j]);
                    product += (double)part[j] * centroid[j];
                }
                assert_true (fabs (L2[at] - distance) <= 1e-6 * (double)dsub * 4);
                assert_true (fabs (ip[at] - product) <= 1e-6 * (double)dsub * 4);
            }
            uint8_t code[6], from_table[6];
            assert_ok (faiss_ProductQuantizer_compute_code (pq, x, code));
            assert_ok (
                faiss_ProductQuantizer_compute_code_from_distance_table (pq, L2, from_table));
            assert_memory_equal (from_table, code, pq->quantizer.code_size);
            free (ip);
            free (L2);
            free (x);
            faiss_ProductQuantizer_free (pq);
        }
    }
}

/* ---- life ------------------------------------------------------------------------------------ */

static void life_as_a_field (void **state) {
    (void)state;
    FaissProductQuantizer pq = {0}, clone = {0}, refused = {0};
    assert_ok (faiss_ProductQuantizer_init (&pq, 8, 2, 3));
    train_uniform (&pq, 100, 5);
    assert_ok (faiss_object_assign (&clone, &pq));
    assert_ptr_not_equal (clone.centroids.data, pq.centroids.data);
    assert_memory_equal (clone.centroids.data, pq.centroids.data, 8 * 8 * sizeof (float));
    assert_int_equal (clone.quantizer.code_size, 1);
    faiss_object_clear (&pq);
    faiss_object_clear (&pq);
    faiss_object_clear (&clone);
    assert_fails (faiss_ProductQuantizer_init (&refused, 8, 3, 4), "multiple");
    assert_null (refused.centroids.data);
    faiss_object_clear (&refused);
}

static void default_object (void **state) {
    (void)state;
    FaissProductQuantizer *pq = NULL;
    assert_ok (faiss_ProductQuantizer_new (&pq));
    assert_int_equal (pq->M, 1);
    assert_int_equal (pq->ksub, 1);
    assert_int_equal (pq->quantizer.code_size, 0);
    assert_int_equal (pq->cp.niter, 25);
    faiss_ProductQuantizer_free (pq);
    faiss_ProductQuantizer_free (NULL);
}

static void bad_input_is_refused (void **state) {
    (void)state;
    FaissProductQuantizer *pq = NULL;
    assert_fails (faiss_ProductQuantizer_new_with (&pq, 8, 0, 4), "M=0");
    assert_fails (faiss_ProductQuantizer_new_with (&pq, 8, 3, 4), "M=3");
    assert_fails (faiss_ProductQuantizer_new_with (&pq, 8, 4, 25), "got 25");
    assert_null (pq);
    pq = new_pq (8, 4, 4);
    float x[15 * 8] = {0};
    uint8_t code[2];
    assert_fails (faiss_Quantizer_train (&pq->quantizer, 15, x), "15");
    assert_fails (faiss_Quantizer_train (&pq->quantizer, 15, NULL), "x is NULL");
    assert_fails (faiss_Quantizer_compute_codes (&pq->quantizer, x, NULL, 1), "codes is NULL");
    assert_ok (faiss_Quantizer_compute_codes (&pq->quantizer, NULL, NULL, 0));
    assert_fails (faiss_ProductQuantizer_set_params (pq, x, 4), "got 4");
    pq->M = 2;
    assert_fails (faiss_ProductQuantizer_compute_code (pq, x, code), "set_derived_values");
    assert_ok (faiss_ProductQuantizer_set_derived_values (pq));
    assert_int_equal (pq->dsub, 4);
    x[3] = NAN;
    assert_fails (faiss_Quantizer_train (&pq->quantizer, 15, x), "15");
    faiss_Float32Vector_clear (&pq->centroids);
    assert_fails (faiss_ProductQuantizer_compute_code (pq, x, code), "centroids has 0");
    faiss_ProductQuantizer_free (pq);
}

TEST_MAIN (cmocka_unit_test (golden_training), cmocka_unit_test (golden_train_types),
           cmocka_unit_test (golden_sdc_table), cmocka_unit_test (golden_packing),
           cmocka_unit_test (codes_of_all_shapes), cmocka_unit_test (ties_go_to_the_first),
           cmocka_unit_test (tables_hold_what_they_say), cmocka_unit_test (life_as_a_field),
           cmocka_unit_test (default_object), cmocka_unit_test (bad_input_is_refused))
