/* Indexes over product quantizers: golden values, search types against plain loops, coders, files.
 */
#include "testing.h"

#include <float.h>
#include <unistd.h>

#include <faiss/IndexFlat.h>
#include <faiss/IndexPQ.h>
#include <faiss/index_factory.h>
#include <faiss/index_io.h>
#include <faiss/utils/Heap.h>
#include <faiss/utils/simd_levels.h>

#include "golden/golden.h"
#include "golden/product_quantizer.h"

/* ---- golden values --------------------------------------------------------------------------- */

static FaissIndexPQ *trained (int d, size_t M, size_t nbits, size_t n, bool polysemous) {
    FaissIndexPQ *index = NULL;
    float *x = golden_inputs (10, n * (size_t)d);
    assert_ok (faiss_IndexPQ_new_with (&index, d, M, nbits, METRIC_L2));
    index->do_polysemous_training = polysemous;
    index->polysemous_training.params.n_iter = 2000;
    assert_ok (faiss_Index_train (&index->index, (idx_t)n, x));
    free (x);
    return index;
}

static void golden_permutation (void **state) {
    (void)state;
    FaissIndexPQ *plain = trained (8, 2, 4, 300, false), *permuted = trained (8, 2, 4, 300, true);
    for (size_t m = 0; m < 2; m++) {
        for (size_t i = 0; i < 16; i++) {
            size_t number = (size_t)golden_polysemous_perm_perm[m * 16 + i];
            assert_memory_equal (faiss_ProductQuantizer_get_centroids (&permuted->pq, m, number),
                                 faiss_ProductQuantizer_get_centroids (&plain->pq, m, i),
                                 4 * sizeof (float));
        }
    }
    faiss_IndexPQ_free (plain);
    faiss_IndexPQ_free (permuted);
}

static void golden_multi_index (void **state) {
    (void)state;
    FaissMultiIndexQuantizer *index = NULL;
    assert_ok (faiss_MultiIndexQuantizer_new_with (&index, 6, 2, 2));
    float *x = golden_inputs (12, 60 * 6), *q = golden_inputs (13, 2 * 6), distances[10];
    idx_t labels[10];
    assert_ok (faiss_Index_train (&index->index, 60, x));
    assert_int_equal (index->index.ntotal, 16);
    assert_ok (faiss_Index_search (&index->index, 2, q, 5, distances, labels));
    assert_golden (distances, golden_miq_search_distances, 10);
    for (int i = 0; i < 10; i++) {
        assert_int_equal (labels[i], golden_miq_search_labels[i]);
    }
    assert_ok (faiss_Index_search (&index->index, 2, q, 1, distances, labels));
    assert_int_equal (labels[0], golden_miq_search_labels_k1[0]);
    assert_int_equal (labels[1], golden_miq_search_labels_k1[1]);
    assert_fails (faiss_Index_add (&index->index, 2, q), "virtual");
    assert_fails (faiss_Index_reset (&index->index), "virtual");
    free (x);
    free (q);
    faiss_MultiIndexQuantizer_free (index);
}

/* ---- sums ------------------------------------------------------------------------------------ */

/* All sums of a product by brute force: those of a search are the smallest, each once. */
static void check_sums (const FaissIndex *index, const FaissProductQuantizer *pq, const float *q) {
    idx_t n = index->ntotal, k = n + 3;
    float *distances = malloc ((size_t)k * sizeof *distances);
    idx_t *labels = malloc ((size_t)k * sizeof *labels);
    bool *seen = calloc ((size_t)n, 1);
    float *table = malloc (pq->M * pq->ksub * sizeof *table);
    assert_ok (faiss_ProductQuantizer_compute_distance_table (pq, q, table));
    assert_ok (faiss_Index_search (index, 1, q, k, distances, labels));
    for (idx_t i = 0; i < n; i++) {
        assert_in_range (labels[i], 0, n - 1);
        assert_false (seen[labels[i]]);
        seen[labels[i]] = true;
        float sum = 0;
        for (size_t m = 0; m < pq->M; m++) {
            sum += table[m * pq->ksub + ((size_t)labels[i] >> (m * pq->nbits) & (pq->ksub - 1))];
        }
        assert_true (fabsf (distances[i] - sum) <= 1e-5f * (1 + sum));
        assert_true (i == 0 || distances[i] >= distances[i - 1]);
    }
    for (idx_t i = n; i < k; i++) {
        assert_int_equal (labels[i], -1);
        assert_true (distances[i] == FLT_MAX);
    }
    free (table);
    free (seen);
    free (labels);
    free (distances);
}

static void multi_index_finds_all_sums (void **state) {
    (void)state;
    static const size_t shapes[][2] = {{1, 5}, {2, 3}, {3, 3}, {4, 2}, {6, 1}};
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        size_t M = shapes[s][0], nbits = shapes[s][1], d = 2 * M;
        FaissMultiIndexQuantizer *index = NULL;
        FaissMultiIndexQuantizer2 *with_indexes = NULL;
        FaissIndex *parts[6];
        float *x = golden_inputs (s, 200 * d);
        assert_ok (faiss_MultiIndexQuantizer_new_with (&index, (int)d, M, nbits));
        assert_ok (faiss_Index_train (&index->index, 200, x));
        check_sums (&index->index, &index->pq, x + 7);
        for (size_t m = 0; m < M; m++) {
            assert_ok (faiss_index_factory (&parts[m], 2, "Flat", METRIC_L2));
        }
        assert_ok (faiss_MultiIndexQuantizer2_new_with (&with_indexes, (int)d, M, nbits, parts));
        with_indexes->own_fields = true;
        assert_ok (faiss_Index_train (&with_indexes->index, 200, x));
        check_sums (&with_indexes->index, &with_indexes->miq.pq, x + 7);
        faiss_MultiIndexQuantizer2_free (with_indexes);
        faiss_MultiIndexQuantizer_free (index);
        free (x);
    }
}

/* ---- search types ---------------------------------------------------------------------------- */

enum { N = 700, D = 16, N_QUERIES = 40, K = 9 };

static float rows[N * D], queries[N_QUERIES * D];

static FaissIndexPQ *full_index (size_t M, size_t nbits, FaissMetricType metric) {
    FaissIndexPQ *index = NULL;
    TestRandom random = {M + nbits};
    testing_floats (&random, rows, N * D);
    testing_floats (&random, queries, N_QUERIES * D);
    assert_ok (faiss_IndexPQ_new_with (&index, D, M, nbits, metric));
    index->pq.cp.niter = 2;
    assert_ok (faiss_Index_train (&index->index, N, rows));
    assert_ok (faiss_Index_add (&index->index, N, rows));
    return index;
}

/* The k best by the decoded vectors. */
static void check_search (const FaissIndexPQ *index, idx_t k) {
    bool is_ip = index->index.metric_type == METRIC_INNER_PRODUCT;
    static float decoded[N * D];
    float *distances = malloc ((size_t)(N_QUERIES * k) * sizeof *distances), worst[N];
    idx_t *labels = malloc ((size_t)(N_QUERIES * k) * sizeof *labels);
    assert_ok (faiss_Index_reconstruct_n (&index->index, 0, N, decoded));
    assert_ok (faiss_Index_search (&index->index, N_QUERIES, queries, k, distances, labels));
    for (int q = 0; q < N_QUERIES; q++) {
        for (int i = 0; i < N; i++) {
            worst[i] = 0;
            for (int j = 0; j < D; j++) {
                float difference = queries[q * D + j] - decoded[i * D + j];
                worst[i] +=
                    is_ip ? queries[q * D + j] * decoded[i * D + j] : difference * difference;
            }
        }
        for (idx_t i = 0; i < k; i++) {
            idx_t label = labels[q * k + i];
            float distance = distances[q * k + i];
            assert_int_equal (label < 0, i >= N);
            if (label >= 0) {
                assert_true (fabsf (distance - worst[label]) < 1e-4f);
                worst[label] = NAN; /* each once */
            }
        }
        for (int i = 0; k < N && i < N; i++) { /* what was not found is not better */
            float last = distances[q * k + k - 1];
            assert_true (isnan (worst[i]) ||
                         (is_ip ? worst[i] <= last + 1e-4f : worst[i] >= last - 1e-4f));
        }
    }
    free (distances);
    free (labels);
}

static void searches_find_the_nearest (void **state) {
    (void)state;
    static const size_t shapes[][2] = {{1, 8},  {2, 8}, {16, 8}, {8, 4}, {4, 3},
                                       {16, 5}, {2, 9}, {16, 1}, {8, 2}};
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        for (int metric = 0; metric < 2; metric++) {
            FaissIndexPQ *index = full_index (shapes[s][0], shapes[s][1], (FaissMetricType)metric);
            check_search (index, 1);
            check_search (index, K);
            check_search (index, N + 5);
            faiss_IndexPQ_free (index);
        }
    }
}

static int hamming (const uint8_t *a, const uint8_t *b, size_t n) {
    int count = 0;
    for (size_t i = 0; i < n; i++) {
        count += __builtin_popcount ((unsigned)(a[i] ^ b[i]));
    }
    return count;
}

static void polysemous_searches_look_at_near_codes (void **state) {
    (void)state;
    FaissIndexPQ *index = full_index (8, 8, METRIC_L2);
    const size_t code_size = index->flat_codes.code_size;
    float plain[N_QUERIES * N], distances[N_QUERIES * K];
    idx_t order[N_QUERIES * N], labels[N_QUERIES * K];
    uint8_t codes[N_QUERIES * 8];
    assert_ok (faiss_Index_search (&index->index, N_QUERIES, queries, N, plain, order));
    assert_ok (faiss_Index_sa_encode (&index->index, N_QUERIES, queries, codes));
    for (int ht = 0; ht < 40; ht += 13) {
        assert_ok (faiss_IndexPQ_search_core_polysemous (index, N_QUERIES, queries, K, distances,
                                                         labels, ht, 0));
        for (int q = 0; q < N_QUERIES; q++) {
            idx_t n = 0;
            for (int i = 0; i < N && n < K; i++) {
                const uint8_t *code =
                    index->flat_codes.codes.data + (size_t)order[q * N + i] * code_size;
                if (ht == 0 || hamming (code, codes + (size_t)q * code_size, code_size) < ht) {
                    assert_int_equal (labels[q * K + n], order[q * N + i]);
                    assert_true (distances[q * K + n] == plain[q * N + i]);
                    n++;
                }
            }
            for (; n < K; n++) {
                assert_int_equal (labels[q * K + n], -1);
            }
        }
    }
    faiss_IndexPQ_free (index);
}

/* Where the Hamming test lets many pass, bytes tell which to look at: over several blocks. */
static void a_loose_test_changes_nothing (void **state) {
    enum { D = 8, MANY = 2600, BEST = 20 };
    (void)state;
    FaissIndexPQ *index = trained (D, 4, 8, 400, false);
    float *x = golden_inputs (77, MANY * D), expected[BEST * 3], distances[BEST * 3];
    idx_t labels[BEST * 3];
    assert_ok (faiss_Index_add (&index->index, MANY, x));
    assert_ok (faiss_Index_search (&index->index, 3, x, BEST, expected, labels));
    for (int generalized = 0; generalized < 2; generalized++) {
        assert_ok (faiss_IndexPQ_search_core_polysemous (index, 3, x, BEST, distances, labels, 33,
                                                         generalized));
        assert_memory_equal (distances, expected, sizeof distances);
    }
    faiss_IndexPQ_free (index);
    free (x);
}

static void hamming_tables_and_histograms (void **state) {
    (void)state;
    FaissIndexPQ *index = full_index (4, 5, METRIC_L2);
    static int32_t table[N_QUERIES * N];
    uint8_t codes[N_QUERIES * 3];
    int64_t histogram[21], sum = 0, expected[21] = {0};
    assert_ok (faiss_IndexPQ_hamming_distance_table (index, N_QUERIES, queries, table));
    assert_ok (faiss_Index_sa_encode (&index->index, N_QUERIES, queries, codes));
    for (int i = 0; i < N_QUERIES * N; i++) {
        int distance = hamming (codes + i / N * 3, index->flat_codes.codes.data + i % N * 3, 3);
        assert_int_equal (table[i], distance);
        expected[distance]++;
    }
    assert_ok (
        faiss_IndexPQ_hamming_distance_histogram (index, N_QUERIES, queries, 0, NULL, histogram));
    for (int i = 0; i < 21; i++) {
        assert_int_equal (histogram[i], expected[i]);
    }
    assert_ok (
        faiss_IndexPQ_hamming_distance_histogram (index, N_QUERIES, queries, 30, rows, histogram));
    for (int i = 0; i < 21; i++) {
        sum += histogram[i];
    }
    assert_int_equal (sum, N_QUERIES * 30);
    faiss_IndexPQ_free (index);
}

static void bad_input_is_refused (void **state) {
    (void)state;
    FaissIndexPQ *index = NULL, *ip = full_index (4, 4, METRIC_INNER_PRODUCT);
    float distance;
    idx_t label;
    assert_fails (faiss_IndexPQ_new_with (&index, 8, 3, 8, METRIC_L2), "multiple");
    assert_fails (faiss_IndexPQ_new_with (&index, 8, 4, 8, METRIC_L1), "METRIC");
    assert_null (index);
    index = full_index (4, 4, METRIC_L2);
    index->search_type = ST_SDC;
    assert_fails (faiss_Index_search (&index->index, 1, queries, 1, &distance, &label),
                  "compute_sdc_table");
    index->search_type = ST_polysemous;
    assert_fails (faiss_Index_search (&index->index, 1, queries, 1, &distance, &label), "nbits=8");
    index->search_type = (FaissIndexPQSearchType)6;
    assert_fails (faiss_Index_search (&index->index, 1, queries, 1, &distance, &label),
                  "search_type 6");
    index->search_type = ST_HE;
    index->encode_signs = true;
    assert_ok (faiss_Index_search (&index->index, 1, queries, 1, &distance, &label));
    faiss_IndexPQ_free (index);
    faiss_IndexPQ_free (ip);
}

/* ---- plain codes ----------------------------------------------------------------------------- */

static void heaps_go_on (void **state) {
    (void)state;
    FaissIndexPQ *index = full_index (8, 8, METRIC_L2);
    const FaissProductQuantizer *pq = &index->pq;
    const uint8_t *codes = index->flat_codes.codes.data;
    float expected[N_QUERIES * K], got[N_QUERIES * K];
    idx_t expected_ids[N_QUERIES * K], ids[N_QUERIES * K];
    assert_ok (faiss_ProductQuantizer_search (pq, queries, N_QUERIES, codes, N, K, expected,
                                              expected_ids, true));
    for (int q = 0; q < N_QUERIES; q++) {
        faiss_heap_heapify (false, K, got + q * K, ids + q * K);
    }
    assert_ok (
        faiss_ProductQuantizer_search (pq, queries, N_QUERIES, codes, 300, K, got, ids, false));
    for (int q = 0; q < N_QUERIES; q++) { /* the rest, with other ids */
        float more[K];
        idx_t more_ids[K];
        assert_ok (faiss_ProductQuantizer_search (pq, queries + q * D, 1, codes + 300 * 8, N - 300,
                                                  K, more, more_ids, true));
        for (int i = 0; i < K; i++) {
            faiss_heap_offer (false, K, got + q * K, ids + q * K, more[i], more_ids[i] + 300);
        }
        faiss_heap_reorder (false, K, got + q * K, ids + q * K);
    }
    assert_memory_equal (got, expected, sizeof got);
    assert_ok (faiss_ProductQuantizer_compute_sdc_table (&index->pq));
    assert_ok (faiss_ProductQuantizer_search_sdc (pq, codes, 1, codes, N, K, got, ids, true));
    assert_true (got[0] == 0);
    assert_ok (faiss_ProductQuantizer_search_ip (pq, queries, 1, codes, N, K, got, ids, true));
    assert_true (got[0] >= got[K - 1]);
    assert_fails (faiss_ProductQuantizer_search (pq, queries, 1, NULL, 5, K, got, ids, true),
                  "NULL");
    faiss_IndexPQ_free (index);
}

static void coders_agree_with_codes (void **state) {
    (void)state;
    for (size_t nbits = 1; nbits <= 16; nbits++) {
        enum { M = 7 };
        FaissProductQuantizer *pq = NULL;
        assert_ok (faiss_ProductQuantizer_new_with (&pq, M, M, nbits));
        for (size_t i = 0; i < pq->centroids.size; i++) {
            pq->centroids.data[i] = (float)(i % pq->ksub);
        }
        float x[M];
        uint8_t code[2 * M], written[2 * M] = {0};
        for (size_t m = 0; m < M; m++) {
            x[m] = (float)((m * 12345 + 77) % pq->ksub);
        }
        assert_ok (faiss_ProductQuantizer_compute_code (pq, x, code));
        FaissPQEncoderGeneric *encoder = NULL;
        FaissPQDecoderGeneric *decoder = NULL;
        assert_ok (faiss_PQEncoderGeneric_new_with (&encoder, written, (int)nbits, 0));
        assert_ok (faiss_PQDecoderGeneric_new_with (&decoder, code, (int)nbits));
        for (size_t m = 0; m < M; m++) {
            assert_int_equal (faiss_PQDecoderGeneric_decode (decoder), (uint64_t)x[m]);
            faiss_PQEncoderGeneric_encode (encoder, (uint64_t)x[m]);
        }
        faiss_PQEncoderGeneric_free (encoder);
        faiss_PQDecoderGeneric_free (decoder);
        assert_memory_equal (written, code, pq->quantizer.code_size);
        faiss_ProductQuantizer_free (pq);
    }
    uint8_t bytes[4];
    FaissPQEncoder16 *encoder = NULL;
    FaissPQDecoder8 *decoder = NULL;
    assert_ok (faiss_PQEncoder16_new_with (&encoder, bytes, 16));
    faiss_PQEncoder16_encode (encoder, 0x1234);
    assert_ok (faiss_PQDecoder8_new_with (&decoder, bytes, 8));
    assert_int_equal (faiss_PQDecoder8_decode (decoder), 0x34);
    assert_int_equal (faiss_PQDecoder8_decode (decoder), 0x12);
    faiss_PQEncoder16_free (encoder);
    faiss_PQDecoder8_free (decoder);
    assert_fails (faiss_PQEncoder16_new_with (&encoder, bytes, 8), "nbits=16");
}

static void a_quantizer_is_written_and_read (void **state) {
    (void)state;
    char name[64];
    snprintf (name, sizeof name, "/tmp/test_IndexPQ.%ld", (long)getpid ());
    FaissIndexPQ *index = full_index (4, 4, METRIC_L2);
    FaissProductQuantizer *pq = NULL;
    assert_ok (faiss_write_ProductQuantizer_fname (&index->pq, name));
    assert_ok (faiss_read_ProductQuantizer_fname (name, &pq));
    assert_int_equal (pq->quantizer.code_size, 2);
    assert_memory_equal (pq->centroids.data, index->pq.centroids.data,
                         pq->centroids.size * sizeof (float));
    faiss_ProductQuantizer_free (pq);
    assert_int_equal (truncate (name, 40), 0);
    assert_true (faiss_read_ProductQuantizer_fname (name, &pq) != FAISS_OK);
    unlink (name);
    faiss_IndexPQ_free (index);
}

/* ---- polysemous training --------------------------------------------------------------------- */

static double bad_objective_cost (const FaissPermutationObjective *self, const int *perm) {
    double cost = 0;
    for (int i = 0; i < self->n; i++) {
        cost += fabs ((double)(perm[i] - (self->n - 1 - i)));
    }
    return cost;
}

static void annealing_finds_a_permutation (void **state) {
    (void)state;
    FaissPermutationObjective objective = {.n = 8, .compute_cost = bad_objective_cost};
    FaissSimulatedAnnealingParameters params;
    faiss_SimulatedAnnealingParameters_set_defaults (&params);
    params.n_iter = 20000;
    FaissSimulatedAnnealingOptimizer *optimizer = NULL;
    assert_ok (faiss_SimulatedAnnealingOptimizer_new_with (&optimizer, &objective, &params));
    int perm[8];
    double cost;
    assert_ok (faiss_SimulatedAnnealingOptimizer_run_optimization (optimizer, perm, &cost));
    assert_true (cost == 0);
    for (int i = 0; i < 8; i++) {
        assert_int_equal (perm[i], 7 - i);
    }
    faiss_SimulatedAnnealingOptimizer_free (optimizer);
}

static void an_objective_updates_as_it_computes (void **state) {
    (void)state;
    enum { SIZE = 12 };
    double source[SIZE * SIZE], target[SIZE * SIZE];
    TestRandom random = {5};
    for (int i = 0; i < SIZE * SIZE; i++) {
        source[i] = testing_random (&random) % 1000 / 100.0;
        target[i] = testing_random (&random) % 1000 / 300.0;
    }
    FaissReproduceDistancesObjective *objective = NULL;
    assert_ok (faiss_ReproduceDistancesObjective_new_with (&objective, SIZE, source, target, 0.7));
    int perm[SIZE];
    for (int i = 0; i < SIZE; i++) {
        perm[i] = (i * 5 + 3) % SIZE;
    }
    for (int i = 0; i < SIZE; i++) {
        int j = (i + 1 + i % 5) % SIZE, kept = perm[i];
        double before = faiss_PermutationObjective_compute_cost (&objective->objective, perm);
        double delta = faiss_PermutationObjective_cost_update (&objective->objective, perm, i, j);
        perm[i] = perm[j];
        perm[j] = kept;
        double after = faiss_PermutationObjective_compute_cost (&objective->objective, perm);
        assert_true (fabs (after - before - delta) < 1e-9 * (1 + fabs (before)));
    }
    faiss_ReproduceDistancesObjective_free (objective);
}

static void rankings_can_be_optimized (void **state) {
    (void)state;
    FaissIndexPQ *index = NULL, *plain = NULL;
    float *x = golden_inputs (3, 400 * 4);
    assert_ok (faiss_IndexPQ_new_with (&index, 4, 2, 3, METRIC_L2));
    assert_ok (faiss_IndexPQ_new_with (&plain, 4, 2, 3, METRIC_L2));
    index->do_polysemous_training = true;
    index->polysemous_training.optimization_type = PolysemousTraining_OT_Ranking_weighted_diff;
    index->polysemous_training.params.n_iter = 3000;
    assert_fails (faiss_Index_train (&index->index, 400, x), "ntrain_permutation");
    index->polysemous_training.ntrain_permutation = 80;
    assert_ok (faiss_Index_train (&index->index, 400, x));
    assert_ok (faiss_Index_train (&plain->index, 320, x));
    for (size_t m = 0; m < 2; m++) { /* the same centroids in another order */
        size_t n_found = 0;
        for (size_t i = 0; i < 64; i++) {
            n_found += memcmp (faiss_ProductQuantizer_get_centroids (&index->pq, m, i % 8),
                               faiss_ProductQuantizer_get_centroids (&plain->pq, m, i / 8),
                               2 * sizeof (float)) == 0;
        }
        assert_int_equal (n_found, 8);
    }
    free (x);
    faiss_IndexPQ_free (index);
    faiss_IndexPQ_free (plain);
}

TEST_MAIN (cmocka_unit_test (golden_permutation), cmocka_unit_test (golden_multi_index),
           cmocka_unit_test (multi_index_finds_all_sums),
           cmocka_unit_test (searches_find_the_nearest),
           cmocka_unit_test (polysemous_searches_look_at_near_codes),
           cmocka_unit_test (a_loose_test_changes_nothing),
           cmocka_unit_test (hamming_tables_and_histograms),
           cmocka_unit_test (bad_input_is_refused), cmocka_unit_test (heaps_go_on),
           cmocka_unit_test (coders_agree_with_codes),
           cmocka_unit_test (a_quantizer_is_written_and_read),
           cmocka_unit_test (annealing_finds_a_permutation),
           cmocka_unit_test (an_objective_updates_as_it_computes),
           cmocka_unit_test (rankings_can_be_optimized))
