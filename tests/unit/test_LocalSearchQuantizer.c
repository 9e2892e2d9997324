/* Local search quantizers: golden values, sweeps by their definition, what is refused. */
#include "testing.h"

#include <faiss/IndexAdditiveQuantizer.h>
#include <faiss/impl/LocalSearchQuantizer.h>

#include "golden/golden.h"
#include "golden/lsh_lattice_additive.h"

enum { N = 300, NQ = 4, D = 4 };

static FaissLocalSearchQuantizer *trained (size_t M, size_t nbits) {
    FaissLocalSearchQuantizer *lsq = NULL;
    float *x = golden_inputs (54, N * D);
    assert_ok (
        faiss_LocalSearchQuantizer_new_with (&lsq, D, M, nbits, AdditiveQuantizer_ST_decompress));
    assert_ok (faiss_Quantizer_train (&lsq->quantizer, N, x));
    free (x);
    return lsq;
}

static void golden_values (void **state) {
    (void)state;
    FaissLocalSearchQuantizer *lsq = trained (2, 3);
    float *x = golden_inputs (55, NQ * D);
    uint8_t codes[NQ];
    assert_golden (lsq->aq.codebooks.data, golden_lsq_codebooks, golden_lsq_codebooks_n);
    assert_ok (faiss_Quantizer_compute_codes (&lsq->quantizer, x, codes, NQ));
    for (int i = 0; i < NQ; i++) {
        assert_int_equal (codes[i], golden_lsq_codes_hex[i]);
    }
    free (x);
    faiss_LocalSearchQuantizer_free (lsq);
}

/* A quantizer with random codebooks. */
static FaissLocalSearchQuantizer *random_quantizer (TestRandom *random, size_t d, size_t M,
                                                    size_t nbits) {
    FaissLocalSearchQuantizer *lsq = NULL;
    assert_ok (
        faiss_LocalSearchQuantizer_new_with (&lsq, d, M, nbits, AdditiveQuantizer_ST_decompress));
    assert_ok (faiss_Float32Vector_resize (&lsq->aq.codebooks, M * lsq->K * d));
    testing_floats (random, lsq->aq.codebooks.data, lsq->aq.codebooks.size);
    lsq->aq.is_trained = true;
    return lsq;
}

static void random_codes (TestRandom *random, const FaissLocalSearchQuantizer *lsq, size_t n,
                          int32_t *codes) {
    for (size_t i = 0; i < n * lsq->aq.M; i++) {
        codes[i] = (int32_t)(testing_random (random) % lsq->K);
    }
}

/* Every sweep to its end, as it is written. */
static void sweep_by_definition (const FaissLocalSearchQuantizer *lsq, const float *unaries,
                                 const float *binaries, size_t n, size_t n_iters, int32_t *codes) {
    size_t M = lsq->aq.M, K = lsq->K;
    for (size_t iter = 0; iter < n_iters; iter++) {
        for (size_t m = 0; m < M; m++) {
            for (size_t i = 0; i < n; i++) {
                float smallest = HUGE_VALF;
                int32_t best = 0;
                for (size_t k = 0; k < K; k++) {
                    float sum = unaries[(m * n + i) * K + k];
                    for (size_t other = 0; other < M; other++) {
                        if (other != m) {
                            size_t row = (size_t)codes[i * M + other];
                            sum += binaries[((other * M + m) * K + row) * K + k];
                        }
                    }
                    if (sum < smallest) {
                        smallest = sum;
                        best = (int32_t)k;
                    }
                }
                codes[i * M + m] = best;
            }
        }
    }
}

static void sweeps_take_the_best_of_each_codebook (void **state) {
    (void)state;
    static const size_t dims[] = {1, 7, 8, 16, 17, 100};
    enum { n = 21 };
    TestRandom random = {4};
    for (size_t i = 0; i < sizeof dims / sizeof *dims; i++) {
        size_t M = 1 + i, d = dims[i];
        FaissLocalSearchQuantizer *lsq = random_quantizer (&random, d, M, i % 3 * 2 + 1);
        size_t K = lsq->K;
        float x[n * 100], *unaries = malloc (M * n * K * sizeof (float));
        float *binaries = malloc (M * M * K * K * sizeof (float));
        int32_t codes[n * 8], expected[n * 8];
        testing_floats (&random, x, n * d);
        assert_ok (faiss_LocalSearchQuantizer_compute_unary_terms (lsq, x, unaries, n));
        assert_ok (faiss_LocalSearchQuantizer_compute_binary_terms (lsq, binaries));
        for (size_t n_iters = 0; n_iters < 6; n_iters++) {
            random_codes (&random, lsq, n, codes);
            memcpy (expected, codes, n * M * sizeof *codes);
            sweep_by_definition (lsq, unaries, binaries, n, n_iters, expected);
            assert_ok (faiss_LocalSearchQuantizer_icm_encode_step (lsq, codes, unaries, binaries, n,
                                                                   n_iters));
            assert_memory_equal (codes, expected, n * M * sizeof *codes);
        }
        /* what is minimised is the error up to |x|^2 */
        float error, errors[n];
        assert_ok (faiss_LocalSearchQuantizer_evaluate (lsq, codes, x, n, errors, &error));
        float norm = 0, sum = 0;
        for (size_t j = 0; j < d; j++) {
            norm += x[j] * x[j];
        }
        for (size_t m = 0; m < M; m++) {
            sum += unaries[m * n * K + (size_t)codes[m]];
            for (size_t other = 0; other < m; other++) {
                sum +=
                    binaries[((other * M + m) * K + (size_t)codes[other]) * K + (size_t)codes[m]];
            }
        }
        assert_true (fabsf (norm + sum - errors[0]) < 1e-4f * (float)d);
        /* rounds with and without terms that were computed before are the same */
        FaissRandomGenerator gen;
        int32_t again[n * 8];
        random_codes (&random, lsq, n, codes);
        memcpy (again, codes, n * M * sizeof *codes);
        faiss_RandomGenerator_init (&gen, 7);
        assert_ok (faiss_LocalSearchQuantizer_icm_encode (lsq, codes, x, n, 3, &gen));
        faiss_RandomGenerator_init (&gen, 7);
        assert_ok (faiss_LocalSearchQuantizer_icm_encode_impl (lsq, again, x, unaries, binaries,
                                                               &gen, n, 3, false));
        assert_memory_equal (codes, again, n * M * sizeof *codes);
        float better;
        assert_ok (faiss_LocalSearchQuantizer_evaluate (lsq, codes, x, n, NULL, &better));
        assert_true (better <= error + 1e-3f || i < 2);
        free (unaries);
        free (binaries);
        faiss_LocalSearchQuantizer_free (lsq);
    }
}

static void codebooks_are_the_best_for_the_codes (void **state) {
    (void)state;
    enum { n = 200, M = 3 };
    TestRandom random = {6};
    FaissLocalSearchQuantizer *lsq = random_quantizer (&random, D, M, 2);
    float x[n * D], best, worse;
    int32_t codes[n * M];
    testing_floats (&random, x, n * D);
    random_codes (&random, lsq, n, codes);
    lsq->lambd = 1e-6f;
    assert_ok (faiss_LocalSearchQuantizer_update_codebooks (lsq, x, codes, n));
    assert_ok (faiss_LocalSearchQuantizer_evaluate (lsq, codes, x, n, NULL, &best));
    for (size_t i = 0; i < lsq->aq.codebooks.size; i++) {
        float before = lsq->aq.codebooks.data[i];
        for (float step = -0.1f; step < 0.2f; step += 0.2f) {
            lsq->aq.codebooks.data[i] = before + step;
            assert_ok (faiss_LocalSearchQuantizer_evaluate (lsq, codes, x, n, NULL, &worse));
            assert_true (worse > best);
        }
        lsq->aq.codebooks.data[i] = before;
    }
    codes[5] = 4;
    assert_fails (faiss_LocalSearchQuantizer_update_codebooks (lsq, x, codes, n), "is 4, expected");
    faiss_LocalSearchQuantizer_free (lsq);
}

static void temperature_zero_changes_nothing (void **state) {
    (void)state;
    TestRandom random = {6};
    FaissLocalSearchQuantizer *lsq = random_quantizer (&random, D, 2, 2);
    float before[2 * 4 * D], deviations[D] = {1, 2, 3, 4};
    FaissFloat32Vector stddev = {.data = deviations, .size = D};
    FaissRandomGenerator gen;
    faiss_RandomGenerator_init (&gen, 1);
    memcpy (before, lsq->aq.codebooks.data, sizeof before);
    assert_ok (faiss_LocalSearchQuantizer_perturb_codebooks (lsq, 0, &stddev, &gen));
    assert_memory_equal (before, lsq->aq.codebooks.data, sizeof before);
    assert_ok (faiss_LocalSearchQuantizer_perturb_codebooks (lsq, 1, &stddev, &gen));
    assert_memory_not_equal (before, lsq->aq.codebooks.data, sizeof before);
    stddev.size = 3;
    assert_fails (faiss_LocalSearchQuantizer_perturb_codebooks (lsq, 1, &stddev, &gen),
                  "3 elements, expected d=4");
    int32_t codes[6] = {0};
    assert_ok (faiss_LocalSearchQuantizer_perturb_codes (lsq, codes, 3, &gen));
    for (int i = 0; i < 6; i++) {
        assert_in_range (codes[i], 0, 3);
    }
    faiss_LocalSearchQuantizer_free (lsq);
}

/* ---- encoders of one's own --------------------------------------------------------------------
 */

static int n_encoders, n_chunks;

static FaissStatus count_and_encode (const FaissIcmEncoder *self, int32_t *codes, const float *x,
                                     FaissRandomGenerator *gen, size_t n, size_t ils_iters) {
    n_chunks++;
    return faiss_IcmEncoder_class.encode (self, codes, x, gen, n, ils_iters);
}

static FaissIcmEncoderClass counting_encoder_class = {
    .head = {.name = "CountingEncoder",
             .parent = &faiss_IcmEncoder_class.head,
             .instance_size = sizeof (FaissIcmEncoder),
             .table_size = sizeof (FaissIcmEncoderClass)},
    .encode = count_and_encode,
};

static FaissStatus count_and_get (FaissIcmEncoderFactory *self,
                                  const FaissLocalSearchQuantizer *lsq, FaissIcmEncoder **out) {
    (void)self;
    n_encoders++;
    FaissIcmEncoder *encoder = NULL;
    assert_ok (faiss_object_new (&encoder, &counting_encoder_class.head));
    encoder->lsq = lsq;
    *out = encoder;
    return FAISS_OK;
}

static FaissIcmEncoderFactoryClass counting_factory_class = {
    .head = {.name = "CountingFactory",
             .parent = &faiss_IcmEncoderFactory_class.head,
             .instance_size = sizeof (FaissIcmEncoderFactory),
             .table_size = sizeof (FaissIcmEncoderFactoryClass)},
    .get = count_and_get,
};

static void another_encoder_may_be_used (void **state) {
    (void)state;
    TestRandom random = {6};
    FaissLocalSearchQuantizer *lsq = random_quantizer (&random, D, 2, 4), *clone = NULL;
    float x[25 * D];
    uint8_t codes[25], expected[25];
    testing_floats (&random, x, 25 * D);
    lsq->chunk_size = 10;
    assert_ok (faiss_Quantizer_compute_codes (&lsq->quantizer, x, expected, 25));
    assert_ok (faiss_object_new (&lsq->icm_encoder_factory, &counting_factory_class.head));
    assert_ok (faiss_Quantizer_compute_codes (&lsq->quantizer, x, codes, 25));
    assert_memory_equal (codes, expected, 25);
    assert_int_equal (n_encoders, 1);
    assert_int_equal (n_chunks, 3);
    assert_ok (faiss_object_clone (&clone, lsq));
    faiss_LocalSearchQuantizer_free (lsq);
    assert_ok (faiss_Quantizer_compute_codes (&clone->quantizer, x, codes, 25));
    assert_memory_equal (codes, expected, 25);
    assert_int_equal (n_encoders, 2);
    faiss_LocalSearchQuantizer_free (clone);
}

static void bad_input_is_refused (void **state) {
    (void)state;
    FaissLocalSearchQuantizer *lsq = NULL;
    float x[D] = {0};
    uint8_t code[4];
    assert_fails (
        faiss_LocalSearchQuantizer_new_with (&lsq, D, 2, 31, AdditiveQuantizer_ST_decompress),
        "nbits <= 30");
    assert_null (lsq);
    int32_t codes[1] = {0};
    assert_ok (faiss_LocalSearchQuantizer_new (&lsq));
    assert_fails (faiss_LocalSearchQuantizer_update_codebooks (lsq, x, codes, 1), "M > 0");
    faiss_LocalSearchQuantizer_free (lsq);
    assert_ok (
        faiss_LocalSearchQuantizer_new_with (&lsq, D, 2, 3, AdditiveQuantizer_ST_decompress));
    assert_fails (faiss_Quantizer_compute_codes (&lsq->quantizer, x, code, 1), "not trained");
    assert_fails (faiss_Quantizer_train (&lsq->quantizer, 0, x), "at least one");
    float odd[2 * D] = {NAN};
    assert_fails (faiss_Quantizer_train (&lsq->quantizer, 2, odd), "not finite");
    assert_false (lsq->aq.is_trained);
    assert_ok (faiss_Quantizer_train (&lsq->quantizer, 1, x)); /* fewer vectors than rows */
    assert_ok (faiss_Quantizer_compute_codes (&lsq->quantizer, odd, code, 2));
    lsq->chunk_size = 0;
    assert_fails (faiss_Quantizer_compute_codes (&lsq->quantizer, x, code, 1), "chunk_size > 0");
    lsq->chunk_size = 1;
    lsq->K = 16;
    assert_fails (faiss_Quantizer_compute_codes (&lsq->quantizer, x, code, 1), "expected K=16");
    faiss_LocalSearchQuantizer_free (lsq);
}

static void all_vectors_are_centroids (void **state) {
    (void)state;
    FaissLocalSearchCoarseQuantizer *index = NULL;
    float *x = golden_inputs (54, N * D), distances[3 * 16];
    idx_t labels[3 * 16];
    for (int metric = 0; metric < 2; metric++) {
        assert_ok (
            faiss_LocalSearchCoarseQuantizer_new_with (&index, D, 2, 2, (FaissMetricType)metric));
        assert_ok (faiss_Index_train (&index->index, N, x));
        assert_int_equal (index->index.ntotal, 16);
        assert_ok (faiss_Index_search (&index->index, 3, x, 16, distances, labels));
        for (int i = 0; i < 3 * 16; i++) {
            float y[D], expected = 0;
            assert_ok (faiss_Index_reconstruct (&index->index, labels[i], y));
            for (int j = 0; j < D; j++) {
                float q = x[i / 16 * D + j];
                expected += metric == METRIC_L2 ? (q - y[j]) * (q - y[j]) : q * y[j];
            }
            assert_true (fabsf (distances[i] - expected) < 1e-5f);
            assert_true (i % 16 == 0 || (metric == METRIC_L2 ? distances[i] >= distances[i - 1]
                                                             : distances[i] <= distances[i - 1]));
        }
        faiss_LocalSearchCoarseQuantizer_free (index);
    }
    free (x);
}

TEST_MAIN (cmocka_unit_test (golden_values),
           cmocka_unit_test (sweeps_take_the_best_of_each_codebook),
           cmocka_unit_test (codebooks_are_the_best_for_the_codes),
           cmocka_unit_test (temperature_zero_changes_nothing),
           cmocka_unit_test (another_encoder_may_be_used), cmocka_unit_test (bad_input_is_refused),
           cmocka_unit_test (all_vectors_are_centroids))
