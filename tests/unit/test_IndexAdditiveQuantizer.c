/* Indexes of additive quantizer codes: distances of all search types, options, what is refused. */
#include "testing.h"

#include <faiss/IndexAdditiveQuantizer.h>
#include <faiss/IndexFlat.h>
#include <faiss/IndexIVFAdditiveQuantizer.h>
#include <faiss/index_factory.h>
#include <faiss/utils/string.h>

enum { N = 700, NQ = 5, D = 8, K = 10 };

static float x[N * D], q[NQ * D];

static int fill (void **state) {
    (void)state;
    TestRandom random = {21};
    testing_floats (&random, x, N * D);
    testing_floats (&random, q, NQ * D);
    return 0;
}

static float compare (FaissMetricType metric, const float *a, const float *b) {
    float sum = 0;
    for (int j = 0; j < D; j++) {
        sum += metric == METRIC_L2 ? (a[j] - b[j]) * (a[j] - b[j]) : a[j] * b[j];
    }
    return sum;
}

/* How far the distances of a type may be from those of the decoded vectors; < 0: wholly different
 */
static float tolerance (FaissAdditiveQuantizerSearchType type, FaissMetricType metric,
                        float range) {
    if (metric == METRIC_INNER_PRODUCT) {
        return 1e-4f;
    }
    switch (type) {
    case AdditiveQuantizer_ST_LUT_nonorm:
        return -1;
    case AdditiveQuantizer_ST_norm_qint8:
        return range / 256;
    case AdditiveQuantizer_ST_norm_qint4:
        return range / 16;
    case AdditiveQuantizer_ST_norm_cqint8:
    case AdditiveQuantizer_ST_norm_cqint4:
    case AdditiveQuantizer_ST_norm_lsq2x4:
    case AdditiveQuantizer_ST_norm_rq2x4:
        return range / 8;
    default:
        return 1e-4f;
    }
}

static void assert_near_decoded (FaissIndex *index, const FaissAdditiveQuantizer *aq) {
    float distances[NQ * K], decoded[D];
    idx_t labels[NQ * K];
    assert_ok (faiss_Index_search (index, NQ, q, K, distances, labels));
    float limit = tolerance (aq->search_type, index->metric_type, aq->norm_max - aq->norm_min);
    for (int i = 0; i < NQ * K; i++) {
        assert_in_range (labels[i], 0, N - 1);
        assert_ok (faiss_Index_reconstruct (index, labels[i], decoded));
        float expected = compare (index->metric_type, q + i / K * D, decoded);
        assert_true (limit < 0 || fabsf (distances[i] - expected) <= limit);
    }
    /* one query at a time is the same */
    for (int i = 0; i < NQ; i++) {
        float one[K];
        idx_t one_labels[K];
        assert_ok (faiss_Index_search (index, 1, q + i * D, K, one, one_labels));
        for (int j = 0; j < K; j++) { /* distances to centroids may differ in the last bit */
            assert_true (fabsf (one[j] - distances[i * K + j]) < 1e-5f);
        }
    }
}

static void distances_are_those_of_the_decoded_vectors (void **state) {
    (void)state;
    for (int type = 0; type < AdditiveQuantizer_ST_count; type++) {
        for (int metric = 0; metric < 2; metric++) {
            FaissIndexResidualQuantizer *index = NULL;
            size_t M = type % 2 ? 1 : 3, nbits = type % 2 ? 8 : 4;
            assert_ok (
                faiss_IndexResidualQuantizer_new_with (&index, D, M, nbits, (FaissMetricType)metric,
                                                       (FaissAdditiveQuantizerSearchType)type));
            index->rq.train_type = ResidualQuantizer_Train_default;
            assert_ok (faiss_Index_train (&index->index, N, x));
            assert_ok (faiss_Index_add (&index->index, N, x));
            assert_near_decoded (&index->index, &index->rq.aq);
            FaissDistanceComputer *dc = NULL;
            assert_ok (faiss_Index_get_distance_computer (&index->index, &dc));
            float distances[K], value, a[D], b[D];
            idx_t labels[K];
            assert_ok (faiss_Index_search (&index->index, 1, q, K, distances, labels));
            assert_ok (faiss_DistanceComputer_set_query (dc, q));
            for (int i = 0; i < K; i++) {
                assert_ok (faiss_DistanceComputer_vector_to_query_dis (dc, labels[i], &value));
                assert_true (fabsf (value - distances[i]) < 1e-5f);
            }
            assert_ok (faiss_DistanceComputer_symmetric_dis (dc, 3, 4, &value));
            assert_ok (faiss_Index_reconstruct (&index->index, 3, a));
            assert_ok (faiss_Index_reconstruct (&index->index, 4, b));
            assert_true (fabsf (value - compare ((FaissMetricType)metric, a, b)) < 1e-5f);
            faiss_DistanceComputer_free (dc);
            faiss_IndexResidualQuantizer_free (index);
        }
    }
}

static void lists_are_compared_alike (void **state) {
    (void)state;
    for (int type = 0; type < AdditiveQuantizer_ST_count; type++) {
        for (int variant = 0; variant < 4; variant++) {
            FaissMetricType metric = variant % 2 ? METRIC_L2 : METRIC_INNER_PRODUCT;
            FaissIndexIVFResidualQuantizer *index = NULL;
            FaissIndexFlat *quantizer = NULL;
            assert_ok (faiss_IndexFlat_new_with (&quantizer, D, metric));
            assert_ok (faiss_IndexIVFResidualQuantizer_new_with (
                &index, &quantizer->index, D, 4, 3, 4, metric,
                (FaissAdditiveQuantizerSearchType)type, true));
            index->rq.train_type = ResidualQuantizer_Train_default;
            index->ivf.by_residual = variant < 2;
            index->ivf.nprobe = 4;
            assert_ok (faiss_Index_train (&index->index, N, x));
            assert_ok (faiss_Index_add (&index->index, N, x));
            assert_ok (faiss_IndexIVF_make_direct_map (&index->ivf, true));
            assert_near_decoded (&index->index, &index->rq.aq);
            faiss_IndexIVFResidualQuantizer_free (index);
            faiss_IndexFlat_free (quantizer);
        }
    }
}

static void ranges_are_of_decoded_vectors (void **state) {
    (void)state;
    FaissIndex *index = NULL;
    FaissRangeSearchResult *result = NULL;
    const float radius = 1;
    assert_ok (faiss_index_factory (&index, D, "RQ3x4_Nqint4", METRIC_L2));
    assert_ok (faiss_Index_train (index, N, x));
    assert_ok (faiss_Index_add (index, N, x));
    assert_ok (faiss_RangeSearchResult_new (&result, NQ));
    assert_ok (faiss_Index_range_search (index, NQ, q, radius, result));
    for (int i = 0; i < NQ; i++) {
        size_t n = 0;
        for (idx_t j = 0; j < N; j++) {
            float decoded[D];
            assert_ok (faiss_Index_reconstruct (index, j, decoded));
            n += compare (METRIC_L2, q + i * D, decoded) < radius;
        }
        assert_int_equal (result->lims[i + 1] - result->lims[i], n);
    }
    faiss_RangeSearchResult_free (result);
    faiss_Index_free (index);
}

static void a_quantizer_may_be_borrowed (void **state) {
    (void)state;
    FaissResidualQuantizer *rq = NULL;
    FaissIndexAdditiveQuantizer *flat = NULL;
    FaissIndexIVFAdditiveQuantizer *ivf = NULL;
    FaissIndexFlat *quantizer = NULL;
    float distances[K];
    idx_t labels[K];
    assert_ok (faiss_ResidualQuantizer_new_with (&rq, D, 3, 4, AdditiveQuantizer_ST_decompress));
    assert_ok (faiss_IndexAdditiveQuantizer_new_with (&flat, D, &rq->aq, METRIC_L2));
    assert_false (flat->index.is_trained);
    assert_ok (faiss_Index_train (&flat->index, N, x));
    assert_ok (faiss_Index_add (&flat->index, N, x));
    assert_ok (faiss_Index_search (&flat->index, 1, q, K, distances, labels));
    faiss_IndexAdditiveQuantizer_free (flat);
    assert_ok (faiss_IndexAdditiveQuantizer_new_with (&flat, D, &rq->aq, METRIC_L2));
    assert_true (flat->index.is_trained);
    faiss_IndexAdditiveQuantizer_free (flat);
    assert_ok (faiss_IndexFlat_new_with (&quantizer, D, METRIC_L2));
    assert_ok (faiss_IndexIVFAdditiveQuantizer_new_with (&ivf, &rq->aq, &quantizer->index, D, 4,
                                                         METRIC_L2, true));
    assert_ok (faiss_Index_train (&ivf->index, N, x));
    assert_ok (faiss_Index_add (&ivf->index, N, x));
    assert_ok (faiss_Index_search (&ivf->index, 1, q, K, distances, labels));
    faiss_IndexIVFAdditiveQuantizer_free (ivf);
    faiss_IndexFlat_free (quantizer);
    assert_fails (faiss_IndexAdditiveQuantizer_new_with (&flat, D + 1, &rq->aq, METRIC_L2),
                  "aq.d=9");
    faiss_ResidualQuantizer_free (rq);
}

static void factory_strings_make_them (void **state) {
    (void)state;
    static const struct {
        const char *description, *class_name;
        size_t code_size;
    } cases[] = {
        {"RQ2x4_1x7", "IndexResidualQuantizer", 2},
        {"RQ8x8_Ncqint8", "IndexResidualQuantizer", 9},
        {"LSQ4x4_Nfloat", "IndexLocalSearchQuantizer", 6},
        {"PRQ2x3x5_Nrq2x4", "IndexProductResidualQuantizer", 5},
        {"PLSQ2x2x4", "IndexProductLocalSearchQuantizer", 2},
        {"IVF16,RQ2x4_1x7_Nlsq2x4", "IndexIVFResidualQuantizer", 3},
        {"IVF16,LSQ2x4_Nqint4", "IndexIVFLocalSearchQuantizer", 2},
        {"IVF16,PRQ2x3x5", "IndexIVFProductResidualQuantizer", 4},
        {"IVF16,PLSQ2x2x4_Nnone", "IndexIVFProductLocalSearchQuantizer", 2},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        FaissIndex *index = NULL;
        assert_ok (faiss_index_factory (&index, D, cases[i].description, METRIC_L2));
        assert_string_equal (faiss_Index_class_name (index), cases[i].class_name);
        FaissIndexFlatCodes *flat = faiss_IndexFlatCodes_cast (index);
        FaissIndexIVF *ivf = faiss_IndexIVF_cast (index);
        assert_int_equal (flat ? flat->code_size : ivf->code_size, cases[i].code_size);
        FaissString text = {0};
        assert_ok (faiss_reverse_index_factory (index, &text));
        assert_string_equal (text.data, cases[i].description);
        faiss_String_clear (&text);
        faiss_Index_free (index);
    }
    static const char *const refused[] = {"RQ2",    "RQx4",        "LSQ1x3_2x2", "PRQ3x2x4",
                                          "RQ2x31", "RQ2x4_Nint8", "PRQ2x2",     "RQ9999999999x4"};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        FaissIndex *index = NULL;
        assert_fails (faiss_index_factory (&index, D, refused[i], METRIC_L2), "");
        assert_null (index);
    }
    FaissIndex *index = NULL;
    assert_fails (faiss_index_factory (&index, D, "RQ2x4", METRIC_L1), "METRIC_L2");
}

static void coarse_quantizers_train_alone (void **state) {
    (void)state;
    FaissIndex *index = NULL;
    assert_ok (faiss_index_factory (&index, D, "IVF64(RCQ2x3),Flat", METRIC_L2));
    FaissIndexIVF *ivf = faiss_IndexIVF_cast (index);
    assert_int_equal (ivf->quantizer_trains_alone, 1);
    assert_ok (faiss_Index_train (index, N, x));
    assert_ok (faiss_Index_add (index, N, x));
    ivf->nprobe = 64;
    float distances[K];
    idx_t labels[K];
    assert_ok (faiss_Index_search (index, 1, x, K, distances, labels));
    assert_int_equal (labels[0], 0);
    assert_true (distances[0] < 1e-6f);
    faiss_Index_free (index);
}

#define FILLED(test) cmocka_unit_test_setup (test, fill)

TEST_MAIN (FILLED (distances_are_those_of_the_decoded_vectors), FILLED (lists_are_compared_alike),
           FILLED (ranges_are_of_decoded_vectors), FILLED (a_quantizer_may_be_borrowed),
           FILLED (factory_strings_make_them), FILLED (coarse_quantizers_train_alone))
