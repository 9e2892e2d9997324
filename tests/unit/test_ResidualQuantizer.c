/* Residual quantizers: golden values, beams by definition, norms, retraining, what is refused. */
#include "testing.h"

#include <faiss/IndexAdditiveQuantizer.h>
#include <faiss/impl/ResidualQuantizer.h>
#include <faiss/impl/parallel.h>

#include "golden/golden.h"
#include "golden/graph_ivf_more.h"
#include "golden/lsh_lattice_additive.h"

enum { N = 300, NQ = 4, D = 4 };

static void assert_golden_codes (FaissQuantizer *quantizer, const int64_t *expected, size_t n) {
    float *x = golden_inputs (55, NQ * D);
    uint8_t codes[64];
    assert_int_equal (quantizer->code_size * NQ, n);
    assert_ok (faiss_Quantizer_compute_codes (quantizer, x, codes, NQ));
    for (size_t i = 0; i < n; i++) {
        assert_int_equal (codes[i], expected[i]);
    }
    free (x);
}

static FaissResidualQuantizer *trained (size_t M, size_t nbits, int train_type, int max_beam_size,
                                        FaissAdditiveQuantizerSearchType search_type) {
    FaissResidualQuantizer *rq = NULL;
    float *x = golden_inputs (54, N * D);
    assert_ok (faiss_ResidualQuantizer_new_with (&rq, D, M, nbits, search_type));
    rq->train_type = train_type;
    rq->max_beam_size = max_beam_size;
    assert_false (rq->aq.is_trained);
    assert_ok (faiss_Quantizer_train (&rq->quantizer, N, x));
    assert_true (rq->aq.is_trained);
    free (x);
    return rq;
}

/* of the vectors that were trained with */
static double mean_squared_error (FaissResidualQuantizer *rq) {
    float *x = golden_inputs (54, N * D), y[N * D];
    uint8_t codes[N * 8];
    double sum = 0;
    assert_in_range (rq->aq.quantizer.code_size, 1, 8);
    assert_ok (faiss_Quantizer_compute_codes (&rq->quantizer, x, codes, N));
    assert_ok (faiss_Quantizer_decode (&rq->quantizer, codes, y, N));
    for (size_t i = 0; i < N * D; i++) {
        sum += (x[i] - y[i]) * (x[i] - y[i]);
    }
    free (x);
    return sum / N;
}

static void golden_values (void **state) {
    (void)state;
    FaissResidualQuantizer *rq = trained (3, 4, 1, 5, AdditiveQuantizer_ST_decompress);
    assert_int_equal (rq->aq.codebooks.size, golden_rq_default_codebooks_n);
    /* Where training compares values that are nearly equal rounding decides, here in the second
     * stage and at some SIMD levels only. The first one is upstream's; so is the quality of all,
     * and so are the codes by its codebooks. */
    assert_golden (rq->aq.codebooks.data, golden_rq_default_codebooks, 16 * D);
    double error = mean_squared_error (rq);
    for (size_t i = 0; i < rq->aq.codebooks.size; i++) {
        rq->aq.codebooks.data[i] = (float)golden_rq_default_codebooks[i];
    }
    assert_ok (faiss_AdditiveQuantizer_compute_codebook_tables (&rq->aq));
    assert_float_equal (error / mean_squared_error (rq), 1, 0.02);
    assert_golden_codes (&rq->quantizer, golden_rq_default_codes_hex,
                         golden_rq_default_codes_hex_n);
    faiss_ResidualQuantizer_free (rq);
    rq = trained (2, 3, 0, 1, AdditiveQuantizer_ST_decompress);
    assert_golden (rq->aq.codebooks.data, golden_rq_plain_codebooks, rq->aq.codebooks.size);
    assert_golden_codes (&rq->quantizer, golden_rq_plain_codes_hex, golden_rq_plain_codes_hex_n);
    faiss_ResidualQuantizer_free (rq);
}

static void golden_norms (void **state) {
    (void)state;
#define CASE(name)                                                                                 \
    {                                                                                              \
        AdditiveQuantizer_ST_norm_##name, golden_rq_ST_norm_##name##_codes_hex,                    \
            golden_rq_ST_norm_##name##_codes_hex_n, golden_rq_ST_norm_##name##_D,                  \
            golden_rq_ST_norm_##name##_I, golden_rq_ST_norm_##name##_norm_tabs,                    \
            golden_rq_ST_norm_##name##_norm_tabs_n                                                 \
    }
    static const struct {
        FaissAdditiveQuantizerSearchType type;
        const int64_t *codes;
        size_t n_codes;
        const double *D;
        const int64_t *I;
        const double *tabs;
        size_t n_tabs;
    } cases[] = {CASE (float),  CASE (qint8),  CASE (qint4),
                 CASE (cqint4), CASE (lsq2x4), CASE (rq2x4)};
    float *xt = golden_inputs (54, N * D), *xq = golden_inputs (55, NQ * D);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        FaissIndexResidualQuantizer *index = NULL;
        assert_ok (
            faiss_IndexResidualQuantizer_new_with (&index, D, 2, 3, METRIC_L2, cases[i].type));
        index->rq.train_type = 0;
        index->rq.max_beam_size = 1;
        assert_ok (faiss_Index_train (&index->index, N, xt));
        if (cases[i].type != AdditiveQuantizer_ST_norm_float) { /* its last bit depends on SIMD */
            assert_golden_codes (&index->rq.quantizer, cases[i].codes, cases[i].n_codes);
        }
        assert_int_equal (index->rq.aq.norm_tabs.size, cases[i].n_tabs);
        assert_golden (index->rq.aq.norm_tabs.data, cases[i].tabs, cases[i].n_tabs);
        assert_ok (faiss_Index_add (&index->index, 20, xt));
        float distances[3];
        idx_t labels[3];
        assert_ok (faiss_Index_search (&index->index, 1, xq, 3, distances, labels));
        for (int j = 0; j < 3; j++) {
            assert_int_equal (labels[j], cases[i].I[j]);
            assert_true (fabs (distances[j] - cases[i].D[j]) < 2e-6);
        }
        faiss_IndexResidualQuantizer_free (index);
    }
    free (xt);
    free (xq);
}

static void golden_coarse (void **state) {
    (void)state;
    FaissResidualCoarseQuantizer *index = NULL;
    float *xt = golden_inputs (54, N * D), *xq = golden_inputs (55, 2 * D);
    assert_ok (faiss_ResidualCoarseQuantizer_new_with (&index, D, 2, 2, METRIC_L2));
    assert_ok (faiss_Index_train (&index->index, N, xt));
    assert_int_equal (index->index.ntotal, 16);
    float distances[8], exact[8];
    idx_t labels[8], exact_labels[8];
    assert_ok (faiss_Index_search (&index->index, 2, xq, 4, distances, labels));
    assert_golden (distances, golden_rcq_D, 8);
    for (int i = 0; i < 8; i++) {
        assert_int_equal (labels[i], golden_rcq_I[i]);
    }
    assert_ok (faiss_ResidualCoarseQuantizer_set_beam_factor (index, -1));
    assert_ok (faiss_Index_search (&index->index, 2, xq, 4, exact, exact_labels));
    for (int i = 0; i < 8; i++) {
        float x[D], distance = 0;
        assert_ok (faiss_Index_reconstruct (&index->index, exact_labels[i], x));
        for (int j = 0; j < D; j++) {
            distance += (x[j] - xq[i / 4 * D + j]) * (x[j] - xq[i / 4 * D + j]);
        }
        assert_true (fabsf (distance - exact[i]) < 1e-5f);
        assert_true (exact[i] <= distances[i] + 1e-5f);
    }
    /* more than there are */
    float many[40];
    idx_t many_labels[40];
    for (int beam_factor = -1; beam_factor <= 4; beam_factor += 5) {
        assert_ok (faiss_ResidualCoarseQuantizer_set_beam_factor (index, (float)beam_factor));
        assert_ok (faiss_Index_search (&index->index, 2, xq, 20, many, many_labels));
        for (int i = 0; i < 40; i++) {
            assert_true ((many_labels[i] >= 0) == (i % 20 < 16));
        }
    }
    assert_fails (faiss_Index_add (&index->index, 1, xq), "can encode");
    assert_fails (faiss_Index_reset (&index->index), "can encode");
    assert_fails (faiss_ResidualCoarseQuantizer_set_beam_factor (index, 0.5f), "beam_factor >= 1");
    assert_fails (faiss_Index_reconstruct (&index->index, 16, many), "key");
    free (xt);
    free (xq);
    faiss_ResidualCoarseQuantizer_free (index);
}

/* ---- beams by their definition ----------------------------------------------------------------
 */

typedef struct Candidate {
    double distance;
    int32_t code[4];
    double rest[128];
} Candidate;

static int by_distance (const void *a_, const void *b_) {
    const Candidate *a = a_, *b = b_;
    return (a->distance > b->distance) - (a->distance < b->distance);
}

/* All children of a beam, the best of them; in double. Returns the number of beams. */
static size_t next_beam (const FaissAdditiveQuantizer *aq, size_t m, Candidate *beam, size_t size,
                         size_t max_size) {
    size_t d = aq->quantizer.d, K = (size_t)1 << aq->nbits.data[m];
    Candidate *all = calloc (size * K, sizeof *all);
    for (size_t b = 0; b < size; b++) {
        for (size_t k = 0; k < K; k++) {
            Candidate *to = &all[b * K + k];
            *to = beam[b];
            to->distance = 0;
            to->code[m] = (int32_t)k;
            for (size_t j = 0; j < d; j++) {
                to->rest[j] -=
                    (double)aq->codebooks.data[(aq->codebook_offsets.data[m] + k) * d + j];
                to->distance += to->rest[j] * to->rest[j];
            }
        }
    }
    qsort (all, size * K, sizeof *all, by_distance);
    size_t new_size = size * K < max_size ? size * K : max_size;
    memcpy (beam, all, new_size * sizeof *all);
    free (all);
    return new_size;
}

static void random_codebooks (FaissResidualQuantizer *rq, TestRandom *random) {
    assert_ok (faiss_Float32Vector_resize (&rq->aq.codebooks,
                                           rq->aq.total_codebook_size * rq->quantizer.d));
    testing_floats (random, rq->aq.codebooks.data, rq->aq.codebooks.size);
    rq->aq.is_trained = true;
}

static void beams_are_the_best_children (void **state) {
    (void)state;
    static const size_t dims[] = {1, 7, 8, 15, 16, 17, 100};
    static const int beam_sizes[] = {1, 2, 5, 33, 70};
    TestRandom random = {5};
    enum { QUERIES = 5, MAX = 70 };
    static Candidate beam[MAX];
    for (size_t i = 0; i < sizeof dims / sizeof *dims; i++) {
        uint64_t bits[3] = {i % 2 ? 1 : 5, 4, 3};
        FaissUInt64Vector nbits = {.data = bits, .size = 3};
        FaissResidualQuantizer *rq = NULL;
        size_t d = dims[i];
        assert_ok (faiss_ResidualQuantizer_new_with_nbits (&rq, d, &nbits,
                                                           AdditiveQuantizer_ST_decompress));
        random_codebooks (rq, &random);
        assert_ok (faiss_AdditiveQuantizer_compute_codebook_tables (&rq->aq));
        float x[QUERIES * 100], norms[QUERIES], *table = malloc (QUERIES * 64 * sizeof *table);
        testing_floats (&random, x, QUERIES * d);
        assert_ok (faiss_AdditiveQuantizer_compute_LUT (&rq->aq, QUERIES, x, table, 1, -1));
        for (size_t b = 0; b < sizeof beam_sizes / sizeof *beam_sizes; b++) {
            int size = beam_sizes[b];
            int32_t codes[QUERIES * MAX * 3], table_codes[QUERIES * MAX * 3];
            float distances[QUERIES * MAX], table_distances[QUERIES * MAX];
            float *residuals = malloc (QUERIES * MAX * d * sizeof *residuals);
            assert_ok (faiss_ResidualQuantizer_refine_beam (rq, QUERIES, 1, x, size, codes,
                                                            residuals, distances));
            for (size_t q = 0; q < QUERIES; q++) {
                norms[q] = 0;
                for (size_t j = 0; j < d; j++) {
                    norms[q] += x[q * d + j] * x[q * d + j];
                }
            }
            assert_ok (faiss_ResidualQuantizer_refine_beam_LUT (rq, QUERIES, norms, table, size,
                                                                table_codes, table_distances));
            for (size_t q = 0; q < QUERIES; q++) {
                size_t n = 1;
                memset (beam, 0, sizeof beam);
                for (size_t j = 0; j < d; j++) {
                    beam[0].rest[j] = (double)x[q * d + j];
                }
                for (size_t m = 0; m < 3; m++) {
                    n = next_beam (&rq->aq, m, beam, n, (size_t)size);
                }
                for (size_t k = 0; k < n; k++) {
                    size_t at = q * (size_t)size + k;
                    double tolerance = 2e-6 * (double)(d + 4);
                    assert_true (fabs (distances[at] - beam[k].distance) < tolerance);
                    assert_true (fabs (table_distances[at] - beam[k].distance) < 3 * tolerance);
                    if (d > 1) { /* in one dimension different sums come close */
                        assert_memory_equal (codes + 3 * at, beam[k].code, 3 * sizeof *codes);
                        assert_memory_equal (table_codes + 3 * at, beam[k].code, 3 * sizeof *codes);
                    }
                    double norm = 0;
                    for (size_t j = 0; j < d; j++) {
                        norm += (double)residuals[at * d + j] * (double)residuals[at * d + j];
                    }
                    assert_true (fabs (norm - (double)distances[at]) < tolerance);
                }
            }
            free (residuals);
        }
        free (table);
        faiss_ResidualQuantizer_free (rq);
    }
}

/* ---- codes ------------------------------------------------------------------------------------
 */

static void codes_do_not_depend_on_the_batch (void **state) {
    (void)state;
    enum { MANY = 1000, DIM = 17 };
    TestRandom random = {8};
    FaissResidualQuantizer *rq = NULL;
    float *x = malloc (MANY * DIM * sizeof *x);
    uint8_t *codes = malloc (MANY * 4), one[4];
    assert_ok (faiss_ResidualQuantizer_new_with (&rq, DIM, 4, 8, AdditiveQuantizer_ST_decompress));
    random_codebooks (rq, &random);
    testing_floats (&random, x, MANY * DIM);
    assert_ok (faiss_Quantizer_compute_codes (&rq->quantizer, x, codes, MANY));
    for (size_t i = 0; i < MANY; i += 37) {
        assert_ok (faiss_Quantizer_compute_codes (&rq->quantizer, x + i * DIM, one, 1));
        assert_memory_equal (one, codes + 4 * i, 4);
    }
    assert_ok (faiss_Quantizer_compute_codes (&rq->quantizer, x, one, 0));
    free (x);
    free (codes);
    faiss_ResidualQuantizer_free (rq);
}

static void packed_codes_are_streams_of_bits (void **state) {
    (void)state;
    uint64_t bits[3] = {3, 0, 7};
    FaissUInt64Vector nbits = {.data = bits, .size = 3};
    TestRandom random = {3};
    FaissResidualQuantizer *rq = NULL;
    assert_ok (
        faiss_ResidualQuantizer_new_with_nbits (&rq, 2, &nbits, AdditiveQuantizer_ST_norm_float));
    assert_int_equal (rq->quantizer.code_size, 6);
    assert_int_equal (rq->aq.tot_bits, 42);
    random_codebooks (rq, &random);
    int32_t codes[3] = {5, 0, 100};
    uint8_t packed[6];
    float x[2], unpacked[2], one = 1;
    assert_ok (faiss_AdditiveQuantizer_pack_codes (&rq->aq, 1, codes, packed, -1, &one, NULL));
    uint64_t expected = 5 | 100 << 3 | (uint64_t)0x3f800000 << 10;
    assert_memory_equal (packed, &expected, 6);
    assert_ok (faiss_Quantizer_decode (&rq->quantizer, packed, x, 1));
    assert_ok (faiss_AdditiveQuantizer_decode_unpacked (&rq->aq, codes, unpacked, 1, -1));
    assert_memory_equal (x, unpacked, sizeof x);
    assert_ok (faiss_AdditiveQuantizer_decode_64bit (&rq->aq, 5 | 100 << 3, unpacked));
    assert_memory_equal (x, unpacked, sizeof x);
    for (int j = 0; j < 2; j++) {
        const float *c = rq->aq.codebooks.data;
        assert_true (x[j] == c[5 * 2 + j] + c[8 * 2 + j] + c[(9 + 100) * 2 + j]);
    }
    /* the norm of the vector plus a centroid */
    float centroid[2] = {3, 4}, norm;
    assert_ok (faiss_AdditiveQuantizer_pack_codes (&rq->aq, 1, codes, packed, -1, NULL, centroid));
    memcpy (&expected, packed, 6);
    uint32_t norm_bits = (uint32_t)(expected >> 10);
    memcpy (&norm, &norm_bits, sizeof norm);
    assert_true (fabsf (norm - (x[0] + 3) * (x[0] + 3) - (x[1] + 4) * (x[1] + 4)) < 1e-4f);
    codes[0] = 8;
    assert_fails (faiss_AdditiveQuantizer_pack_codes (&rq->aq, 1, codes, packed, -1, NULL, NULL),
                  "is 8, expected");
    codes[0] = -1;
    assert_fails (faiss_AdditiveQuantizer_decode_unpacked (&rq->aq, codes, x, 1, -1), "is -1");
    faiss_ResidualQuantizer_free (rq);
}

static float error_of (FaissResidualQuantizer *rq, const float *x) {
    uint8_t codes[N * 3];
    float y[N * D], sum = 0;
    assert_ok (faiss_Quantizer_compute_codes (&rq->quantizer, x, codes, N));
    assert_ok (faiss_Quantizer_decode (&rq->quantizer, codes, y, N));
    for (int i = 0; i < N * D; i++) {
        sum += (x[i] - y[i]) * (x[i] - y[i]);
    }
    return sum;
}

static void retraining_lowers_the_error (void **state) {
    (void)state;
    float *x = golden_inputs (54, N * D), error;
    FaissResidualQuantizer *rq = trained (3, 4, 0, 5, AdditiveQuantizer_ST_decompress);
    float before = error_of (rq, x);
    assert_ok (faiss_ResidualQuantizer_retrain_AQ_codebook (rq, N, x, &error));
    assert_true (error < before);
    assert_int_equal (rq->aq.centroid_norms.size, 0);
    assert_fails (faiss_ResidualQuantizer_retrain_AQ_codebook (rq, 47, x, &error),
                  "expected at least 48, got 47");
    faiss_ResidualQuantizer_free (rq);
    rq =
        trained (3, 4, ResidualQuantizer_Train_refine_codebook, 5, AdditiveQuantizer_ST_decompress);
    assert_int_equal (rq->aq.centroid_norms.size, 48);
    faiss_ResidualQuantizer_free (rq);
    rq = trained (3, 4, ResidualQuantizer_Train_top_beam | ResidualQuantizer_Skip_codebook_tables,
                  5, AdditiveQuantizer_ST_decompress);
    assert_int_equal (rq->aq.codebook_cross_products.size, 0);
    assert_true (error_of (rq, x) < 2 * before);
    faiss_ResidualQuantizer_free (rq);
    free (x);
}

static void tables_hold_inner_products (void **state) {
    (void)state;
    FaissResidualQuantizer *rq = trained (3, 2, 0, 5, AdditiveQuantizer_ST_decompress);
    const float *c = rq->aq.codebooks.data, *products = rq->aq.codebook_cross_products.data;
    assert_int_equal (rq->aq.codebook_cross_products.size, 4 * 4 + 4 * 8);
    for (int m = 1; m < 3; m++) {
        for (int j = 0; j < 4 * m; j++) {
            for (int i = 0; i < 4; i++) {
                float expected = 0;
                for (int t = 0; t < D; t++) {
                    expected += c[j * D + t] * c[(4 * m + i) * D + t];
                }
                assert_true (fabsf (expected - products[j * 4 + i]) < 1e-6f);
            }
        }
        products += 16 * m;
    }
    faiss_ResidualQuantizer_free (rq);
}

static void takes_codebooks_of_another (void **state) {
    (void)state;
    FaissResidualQuantizer *rq = trained (3, 4, 0, 5, AdditiveQuantizer_ST_norm_float),
                           *part = NULL;
    assert_ok (faiss_ResidualQuantizer_new_with (&part, D, 2, 4, AdditiveQuantizer_ST_decompress));
    assert_ok (faiss_ResidualQuantizer_initialize_from (part, rq, 1));
    assert_true (part->aq.is_trained);
    assert_memory_equal (part->aq.codebooks.data, rq->aq.codebooks.data + 16 * D,
                         32 * D * sizeof (float));
    assert_fails (faiss_ResidualQuantizer_initialize_from (part, rq, 2), "M + skip_M <= 3");
    assert_fails (faiss_ResidualQuantizer_initialize_from (part, rq, -1), "skip_M");
    faiss_ResidualQuantizer_free (part);
    assert_ok (
        faiss_ResidualQuantizer_new_with (&part, D + 1, 2, 4, AdditiveQuantizer_ST_decompress));
    assert_fails (faiss_ResidualQuantizer_initialize_from (part, rq, 0), "expected d=5, got 4");
    assert_fails (faiss_ResidualQuantizer_initialize_from (rq, part, 0), "M + skip_M <= 2");
    faiss_ResidualQuantizer_free (part);
    faiss_ResidualQuantizer_free (rq);
}

static void memory_per_point_is_upstreams (void **state) {
    (void)state;
    FaissResidualQuantizer *rq = NULL;
    assert_ok (faiss_ResidualQuantizer_new_with (&rq, 16, 3, 4, AdditiveQuantizer_ST_decompress));
    assert_int_equal (faiss_ResidualQuantizer_memory_per_point (rq, -1), 940);
    assert_int_equal (faiss_ResidualQuantizer_memory_per_point (rq, 1), 140);
    assert_int_equal (faiss_ResidualQuantizer_memory_per_point (rq, 7), 1484);
    faiss_ResidualQuantizer_free (rq);
}

static void bad_input_is_refused (void **state) {
    (void)state;
    FaissResidualQuantizer *rq = NULL, *untouched = rq;
    float x[8] = {0};
    uint8_t code[8];
    int32_t codes[40];
    assert_fails (faiss_ResidualQuantizer_new_with (&rq, 4, 2, 31, AdditiveQuantizer_ST_decompress),
                  "nbits <= 30, got 31");
    assert_fails (faiss_ResidualQuantizer_new_with (&rq, 4, 2, 3, AdditiveQuantizer_ST_count),
                  "not a search type");
    assert_ptr_equal (rq, untouched);
    assert_ok (faiss_ResidualQuantizer_new (&rq));
    assert_fails (faiss_ResidualQuantizer_refine_beam (rq, 1, 1, x, 1, codes, x, x), "M > 0");
    faiss_ResidualQuantizer_free (rq);
    assert_ok (faiss_ResidualQuantizer_new_with (&rq, 4, 2, 3, AdditiveQuantizer_ST_decompress));
    assert_fails (faiss_Quantizer_compute_codes (&rq->quantizer, x, code, 1), "not trained");
    assert_fails (faiss_Quantizer_decode (&rq->quantizer, code, x, 1), "not trained");
    assert_fails (faiss_Quantizer_train (&rq->quantizer, 1, x), "");
    assert_false (rq->aq.is_trained);
    rq->max_beam_size = 0;
    assert_fails (faiss_Quantizer_train (&rq->quantizer, 2, x), "max_beam_size > 0, got 0");
    faiss_ResidualQuantizer_free (rq);
    rq = trained (2, 3, 0, 5, AdditiveQuantizer_ST_decompress);
    assert_fails (faiss_ResidualQuantizer_refine_beam (rq, 1, 1, x, 0, codes, NULL, NULL),
                  "beam sizes > 0");
    assert_fails (faiss_ResidualQuantizer_refine_beam (rq, 1, 1, x, 100, codes, NULL, NULL),
                  "beams of 64, expected at least 100");
    /* numbers that are none get some valid code */
    float odd[8] = {NAN, 1, 2, 3, INFINITY, 0, 0, -INFINITY};
    assert_ok (faiss_Quantizer_compute_codes (&rq->quantizer, odd, code, 2));
    assert_ok (faiss_Quantizer_decode (&rq->quantizer, code, x, 2));
    faiss_ResidualQuantizer_free (rq);
}

TEST_MAIN (cmocka_unit_test (golden_values), cmocka_unit_test (golden_norms),
           cmocka_unit_test (golden_coarse), cmocka_unit_test (beams_are_the_best_children),
           cmocka_unit_test (codes_do_not_depend_on_the_batch),
           cmocka_unit_test (packed_codes_are_streams_of_bits),
           cmocka_unit_test (retraining_lowers_the_error),
           cmocka_unit_test (tables_hold_inner_products),
           cmocka_unit_test (takes_codebooks_of_another),
           cmocka_unit_test (memory_per_point_is_upstreams),
           cmocka_unit_test (bad_input_is_refused))
