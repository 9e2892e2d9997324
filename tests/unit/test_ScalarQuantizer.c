/* Scalar quantizers: training, codes, distances. */
#include "testing.h"

#include <faiss/impl/ScalarQuantizer.h>
#include <faiss/impl/check.h>
#include <faiss/impl/lloyd_max.h>
#include <faiss/utils/distances.h>

#include "../golden/golden.h"
#include "../golden/scalar_quantizer.h"

/* ---- recorded values ------------------------------------------------------------------------- */

typedef struct Golden {
    FaissQuantizerType qtype;
    size_t d;
    const int64_t *code_size;
    const double *trained;
    size_t n_trained;
    const int64_t *codes;
    size_t n_codes;
    const double *decoded;
    size_t n_decoded;
} Golden;

#define GOLDEN(type, d)                                                                            \
    {                                                                                              \
        QT_##type, d, golden_sq_QT_##type##_code_size, golden_sq_QT_##type##_trained,              \
            golden_sq_QT_##type##_trained_n, golden_sq_QT_##type##_codes_hex,                      \
            golden_sq_QT_##type##_codes_hex_n, golden_sq_QT_##type##_decoded,                      \
            golden_sq_QT_##type##_decoded_n                                                        \
    }
/* without the trained values */
#define GOLDEN_CODES(type, d)                                                                      \
    {                                                                                              \
        QT_##type, d, golden_sq_QT_##type##_code_size, NULL, 0, golden_sq_QT_##type##_codes_hex,   \
            golden_sq_QT_##type##_codes_hex_n, golden_sq_QT_##type##_decoded,                      \
            golden_sq_QT_##type##_decoded_n                                                        \
    }

static const Golden goldens[] = {
    GOLDEN (8bit, 9),
    GOLDEN (4bit, 9),
    GOLDEN (8bit_uniform, 9),
    GOLDEN (4bit_uniform, 9),
    GOLDEN (fp16, 9),
    GOLDEN (8bit_direct, 9),
    GOLDEN (6bit, 9),
    GOLDEN (bf16, 9),
    GOLDEN (8bit_direct_signed, 9),
    GOLDEN (1bit_tqmse, 8),
    GOLDEN (2bit_tqmse, 8),
    GOLDEN (3bit_tqmse, 8),
    GOLDEN (4bit_tqmse, 8),
    GOLDEN_CODES (8bit_tqmse, 8),
    GOLDEN (2bit_tq, 8),
    GOLDEN (3bit_tq, 8),
    GOLDEN (4bit_tq, 8),
    GOLDEN (5bit_tq, 8),
    GOLDEN (1bit_eden, 8),
    GOLDEN (2bit_eden, 8),
    GOLDEN (3bit_eden, 8),
    GOLDEN (4bit_eden, 8),
    GOLDEN (5bit_eden, 8),
    GOLDEN_CODES (6bit_eden, 8),
    GOLDEN_CODES (7bit_eden, 8),
    GOLDEN_CODES (8bit_eden, 8),
};

static float *golden_vectors (const Golden *golden, bool test, size_t n) {
    float *x = golden_inputs (test ? 21 : 20, n * golden->d);
    for (size_t i = 0; i < n * golden->d; i++) {
        switch (golden->qtype) {
        case QT_8bit_direct:
            x[i] = floorf (256 * x[i]);
            break;
        case QT_8bit_direct_signed:
            x[i] = floorf (256 * x[i]) - 128;
            break;
        default:
            x[i] = golden->d == 8 ? 2 * x[i] - 1 : test ? 4.4f * x[i] - 1.2f : 4 * x[i] - 1;
        }
    }
    return x;
}

static void codes_are_as_recorded (void **state) {
    (void)state;
    enum { N_TRAIN = 64, N_TEST = 3 };
    for (size_t g = 0; g < sizeof goldens / sizeof *goldens; g++) {
        const Golden *golden = &goldens[g];
        FaissScalarQuantizer *sq = NULL;
        assert_ok (faiss_ScalarQuantizer_new_with (&sq, golden->d, golden->qtype));
        size_t code_size = sq->quantizer.code_size;
        assert_int_equal (code_size, golden->code_size[0]);
        float *train = golden_vectors (golden, false, N_TRAIN);
        float *test = golden_vectors (golden, true, N_TEST), decoded[N_TEST * 9];
        uint8_t codes[N_TEST * 18 + 1];
        assert_ok (faiss_ScalarQuantizer_train (sq, N_TRAIN, train));
        if (golden->trained) {
            assert_int_equal (sq->trained.size, golden->n_trained);
            assert_golden (sq->trained.data, golden->trained, golden->n_trained);
        }
        assert_ok (faiss_ScalarQuantizer_compute_codes (sq, test, codes, N_TEST));
        assert_int_equal (golden->n_codes, N_TEST * code_size);
        bool is_turbo = golden->qtype >= QT_2bit_tq && golden->qtype <= QT_5bit_tq;
        for (size_t i = 0; i < golden->n_codes; i++) {
            if (is_turbo && i % code_size >= code_size - 8) {
                continue; /* floats, of which the last bit depends on the order of a sum */
            }
            assert_int_equal (codes[i], golden->codes[i]);
        }
        assert_ok (faiss_ScalarQuantizer_decode (sq, codes, decoded, N_TEST));
        assert_golden (decoded, golden->decoded, golden->n_decoded);
        faiss_ScalarQuantizer_free (sq);
        free (train);
        free (test);
    }
}

static void zero_bits_decode_to_zeros (void **state) {
    (void)state;
    FaissScalarQuantizer *sq = NULL;
    float x[3] = {1, 2, 3};
    uint8_t code;
    assert_ok (faiss_ScalarQuantizer_new_with (&sq, 3, QT_0bit));
    assert_int_equal (sq->quantizer.code_size, 0);
    assert_ok (faiss_ScalarQuantizer_compute_codes (sq, x, &code, 1));
    assert_ok (faiss_ScalarQuantizer_decode (sq, &code, x, 1));
    assert_true (x[0] == 0 && x[1] == 0 && x[2] == 0);
    faiss_ScalarQuantizer_free (sq);
}

static void assert_range (FaissRangeStat rangestat, float arg, FaissQuantizerType qtype,
                          const double *expected, size_t n_expected) {
    FaissScalarQuantizer *sq = NULL;
    float *x = golden_inputs (20, 64 * 9);
    for (size_t i = 0; i < 64 * 9; i++) {
        x[i] = 4 * x[i] - 1;
    }
    assert_ok (faiss_ScalarQuantizer_new_with (&sq, 9, qtype));
    faiss_ScalarQuantizer_set_rangestat (sq, rangestat);
    faiss_ScalarQuantizer_set_rangestat_arg (sq, arg);
    assert_ok (faiss_ScalarQuantizer_train (sq, 64, x));
    assert_int_equal (sq->trained.size, n_expected);
    assert_golden (sq->trained.data, expected, n_expected);
    faiss_ScalarQuantizer_free (sq);
    free (x);
}

static void ranges_are_as_recorded (void **state) {
    (void)state;
#define ASSERT_RANGE(rangestat, arg)                                                               \
    assert_range ((FaissRangeStat)(rangestat), arg, QT_4bit_uniform,                               \
                  golden_sq_range_##rangestat##_uniform_trained, 2);                               \
    assert_range ((FaissRangeStat)(rangestat), arg, QT_4bit,                                       \
                  golden_sq_range_##rangestat##_nonuniform_trained, 18)
    ASSERT_RANGE (0, 0.1f);
    ASSERT_RANGE (1, 2);
    ASSERT_RANGE (2, 0.1f);
    ASSERT_RANGE (3, 0);
}

static void assert_edges (FaissQuantizerType qtype, const int64_t *values, size_t n_bytes,
                          const int64_t *codes) {
    FaissScalarQuantizer *sq = NULL;
    uint8_t bytes[256], got[256];
    float x[64];
    for (size_t i = 0; i < n_bytes; i++) {
        bytes[i] = (uint8_t)values[i];
    }
    memcpy (x, bytes, n_bytes);
    assert_ok (faiss_ScalarQuantizer_new_with (&sq, n_bytes / 4, qtype));
    assert_ok (faiss_ScalarQuantizer_compute_codes (sq, x, got, 1));
    for (size_t i = 0; i < n_bytes / 2; i++) {
        assert_int_equal (got[i], codes[i]);
    }
    faiss_ScalarQuantizer_free (sq);
}

static void halves_are_rounded_as_recorded (void **state) {
    (void)state;
    assert_edges (QT_fp16, golden_edge_QT_fp16_values_hex, golden_edge_QT_fp16_values_hex_n,
                  golden_edge_QT_fp16_codes_hex);
    assert_edges (QT_bf16, golden_edge_QT_bf16_values_hex, golden_edge_QT_bf16_values_hex_n,
                  golden_edge_QT_bf16_codes_hex);
}

static void tables_are_quantizers (void **state) {
    (void)state;
    for (unsigned bits = 1; bits <= 8; bits++) {
        float table[511];
        size_t n = (size_t)1 << bits;
        faiss_lloyd_max (bits, table);
        for (size_t i = 0; i + 1 < n; i++) { /* boundaries are halfway */
            float middle = (table[i] + table[i + 1]) / 2;
            assert_true (fabsf (middle - table[n + i]) <= 1e-6f * (fabsf (middle) + 1e-3f));
        }
        for (size_t i = 0; i < n; i++) { /* and all is symmetric */
            assert_true (table[i] == -table[n - 1 - i]);
        }
    }
}

/* ---- properties ------------------------------------------------------------------------------ */

static const size_t dims[] = {1, 7, 8, 15, 16, 17, 100};
enum { N_DIMS = sizeof dims / sizeof *dims, N = 70 };

static FaissScalarQuantizer *trained_quantizer (FaissQuantizerType qtype, size_t d, float *x) {
    FaissScalarQuantizer *sq = NULL;
    TestRandom random = {qtype + 27 * d};
    testing_floats (&random, x, N * d);
    assert_ok (faiss_ScalarQuantizer_new_with (&sq, d, qtype));
    for (size_t i = 0; i < N * d && (qtype == QT_8bit_direct || qtype == QT_8bit_direct_signed);
         i++) {
        x[i] = floorf (x[i] * 100) + (qtype == QT_8bit_direct ? 100 : 0);
    }
    assert_ok (faiss_ScalarQuantizer_train (sq, N, x));
    return sq;
}

/* How far a component may be from its code's: of types whose range is that of the vectors. */
static float step_of (FaissQuantizerType qtype) {
    switch (qtype) {
    case QT_8bit:
    case QT_8bit_uniform:
        return 2.0f / 255;
    case QT_6bit:
        return 2.0f / 63;
    case QT_4bit:
    case QT_4bit_uniform:
        return 2.0f / 15;
    case QT_fp16:
        return 1.0f / 2048;
    case QT_bf16:
        return 1.0f / 256;
    case QT_8bit_direct:
    case QT_8bit_direct_signed:
        return 0;
    default:
        return INFINITY;
    }
}

static void codes_decode_to_near_vectors (void **state) {
    (void)state;
    static float x[N * 100], decoded[N * 100];
    static uint8_t codes[N * 200], one[200];
    for (int type = 0; type < QT_count; type++) {
        for (size_t i = 0; i < N_DIMS; i++) {
            size_t d = dims[i];
            FaissScalarQuantizer *sq = trained_quantizer ((FaissQuantizerType)type, d, x);
            assert_ok (faiss_ScalarQuantizer_compute_codes (sq, x, codes, N));
            assert_ok (faiss_ScalarQuantizer_decode (sq, codes, decoded, N));
            for (size_t j = 0; j < N * d; j++) {
                assert_true (fabsf (decoded[j] - x[j]) <= step_of (sq->qtype) * 1.001f);
            }
            /* one by one: the same codes */
            for (size_t j = 0; j < N; j++) {
                assert_ok (faiss_ScalarQuantizer_compute_codes (sq, x + j * d, one, 1));
                assert_memory_equal (one, codes + j * sq->quantizer.code_size,
                                     sq->quantizer.code_size);
            }
            faiss_ScalarQuantizer_free (sq);
        }
    }
}

/* A distance computer says what decoded vectors say. Of TurboQuant's L2 the norm is the stored one,
 * not that of the decoded vector. */
static void distances_are_those_of_decoded_vectors (void **state) {
    (void)state;
    static float x[N * 100], decoded[N * 100];
    static uint8_t codes[N * 200];
    for (int type = 0; type < QT_count; type++) {
        for (size_t i = 0; i < 2 * N_DIMS; i++) {
            size_t d = dims[i / 2];
            FaissMetricType metric = i % 2 ? METRIC_L2 : METRIC_INNER_PRODUCT;
            FaissScalarQuantizer *sq = trained_quantizer ((FaissQuantizerType)type, d, x);
            FaissFlatCodesDistanceComputer *dc = NULL;
            bool is_turbo = type >= QT_2bit_tq && type <= QT_5bit_tq;
            assert_ok (faiss_ScalarQuantizer_compute_codes (sq, x, codes, N));
            assert_ok (faiss_ScalarQuantizer_decode (sq, codes, decoded, N));
            assert_ok (faiss_ScalarQuantizer_get_distance_computer (sq, &dc, metric));
            dc->codes = codes;
            const float *q = x + 3 * d;
            assert_ok (faiss_DistanceComputer_set_query (&dc->dc, q));
            for (idx_t j = 0; j < N; j++) {
                const float *y = decoded + (size_t)j * d;
                if (type == QT_0bit) {
                    assert_true (dc->dc.distance (&dc->dc, j) == 0);
                    continue;
                }
                float got, ip = faiss_fvec_inner_product (q, y, d);
                float norm = faiss_fvec_norm_L2sqr (q, d);
                float expected = metric == METRIC_L2 ? faiss_fvec_L2sqr (q, y, d) : ip;
                if (is_turbo && metric == METRIC_L2) {
                    float stored;
                    memcpy (&stored, codes + ((size_t)j + 1) * dc->code_size - 8, sizeof stored);
                    expected = norm + stored * stored - 2 * ip;
                }
                assert_ok (faiss_DistanceComputer_vector_to_query_dis (&dc->dc, j, &got));
                assert_true (fabsf (got - expected) <=
                             1e-5f * (norm + faiss_fvec_norm_L2sqr (y, d) + 1e-3f));
                float four[4];
                const idx_t ids[4] = {j, (j + 1) % N, -1, j};
                dc->dc.distances_batch_4 (&dc->dc, ids, four);
                assert_true (four[0] == got && four[3] == got);
                assert_true (four[2] == (metric == METRIC_L2 ? INFINITY : -INFINITY));
                float there, back;
                assert_ok (faiss_DistanceComputer_symmetric_dis (&dc->dc, j, 5, &there));
                assert_ok (faiss_DistanceComputer_symmetric_dis (&dc->dc, 5, j, &back));
                assert_true (there == back);
            }
            faiss_DistanceComputer_free (&dc->dc);
            faiss_ScalarQuantizer_free (sq);
        }
    }
}

/* Quantiles of 0 .. n - 1 are known, in any order; zeros stand for the first row. */
static void quantiles_are_found (void **state) {
    (void)state;
    for (size_t n = 1; n < 300; n += 1 + n / 5) {
        float x[300];
        for (size_t i = 0; i < n; i++) {
            x[i] = (float)(i * 7919 % n);
        }
        FaissScalarQuantizer *sq = NULL;
        assert_ok (faiss_ScalarQuantizer_new_with (&sq, 1, QT_8bit_uniform));
        sq->rangestat = RS_quantiles;
        for (float arg = 0; arg <= 1.1f; arg += 0.1f) {
            sq->rangestat_arg = arg;
            assert_ok (faiss_ScalarQuantizer_train (sq, n, x));
            size_t o = (size_t)(arg * (float)n);
            o = o > n ? n : o;
            o = o > n - o ? n / 2 : o;
            if (n % 7919 != 0) {
                assert_true (sq->trained.data[0] == (float)o);
                assert_true (sq->trained.data[0] + sq->trained.data[1] == (float)(n - 1 - o));
            }
        }
        faiss_ScalarQuantizer_free (sq);
    }
}

static void wrong_use_is_refused (void **state) {
    (void)state;
    FaissScalarQuantizer *sq = NULL;
    FaissFlatCodesDistanceComputer *dc = NULL;
    float x[4] = {0};
    uint8_t code[4];
    assert_fails (faiss_ScalarQuantizer_new_with (&sq, 4, QT_count), "27 is no type");
    assert_null (sq);
    assert_ok (faiss_ScalarQuantizer_new_with (&sq, 4, QT_8bit));
    assert_fails (faiss_ScalarQuantizer_compute_codes (sq, x, code, 1), "not trained");
    assert_fails (faiss_ScalarQuantizer_decode (sq, code, x, 1), "not trained");
    assert_fails (faiss_ScalarQuantizer_get_distance_computer (sq, &dc, METRIC_L2), "not trained");
    assert_fails (faiss_ScalarQuantizer_train (sq, 0, NULL), "expected training vectors");
    sq->rangestat = (FaissRangeStat)7;
    assert_fails (faiss_ScalarQuantizer_train (sq, 1, x), "rangestat 0 .. 3, got 7");
    sq->rangestat = RS_minmax;
    assert_ok (faiss_ScalarQuantizer_train (sq, 1, x));
    assert_fails (faiss_ScalarQuantizer_get_distance_computer (sq, &dc, METRIC_L1), "METRIC_L2");
    sq->qtype = QT_4bit;
    assert_fails (faiss_ScalarQuantizer_compute_codes (sq, x, code, 1), "set_derived_sizes");
    assert_ok (faiss_ScalarQuantizer_set_derived_sizes (sq));
    assert_ok (faiss_ScalarQuantizer_compute_codes (sq, x, code, 1));
    assert_int_equal (faiss_ScalarQuantizer_trained_size (sq), 8);
    faiss_ScalarQuantizer_free (sq);
}

/* A component that is always the same has no range. */
static void constant_components_survive (void **state) {
    (void)state;
    static const FaissQuantizerType types[] = {QT_8bit, QT_4bit, QT_6bit, QT_8bit_uniform};
    float x[2 * 20], decoded[2 * 20];
    uint8_t codes[2 * 20];
    for (int i = 0; i < 40; i++) {
        x[i] = 5;
    }
    for (size_t i = 0; i < 4; i++) {
        FaissScalarQuantizer *sq = NULL;
        assert_ok (faiss_ScalarQuantizer_new_with (&sq, 20, types[i]));
        assert_ok (faiss_ScalarQuantizer_train (sq, 2, x));
        assert_ok (faiss_ScalarQuantizer_compute_codes (sq, x, codes, 2));
        assert_ok (faiss_ScalarQuantizer_decode (sq, codes, decoded, 2));
        assert_memory_equal (decoded, x, sizeof x);
        faiss_ScalarQuantizer_free (sq);
    }
}

TEST_MAIN (cmocka_unit_test (codes_are_as_recorded), cmocka_unit_test (zero_bits_decode_to_zeros),
           cmocka_unit_test (ranges_are_as_recorded),
           cmocka_unit_test (halves_are_rounded_as_recorded),
           cmocka_unit_test (tables_are_quantizers),
           cmocka_unit_test (codes_decode_to_near_vectors),
           cmocka_unit_test (distances_are_those_of_decoded_vectors),
           cmocka_unit_test (quantiles_are_found), cmocka_unit_test (wrong_use_is_refused),
           cmocka_unit_test (constant_components_survive))
