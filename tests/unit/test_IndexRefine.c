/* IndexRefine: the exact distances decide, over candidates that the base index found. */
#include "testing.h"

#include <faiss/IndexFlat.h>
#include <faiss/IndexRefine.h>
#include <faiss/clone_index.h>
#include <faiss/index_factory.h>

enum { N = 300, NQ = 9, D = 17, K = 10 };

static float rows[N * D], noisy[N * D], queries[NQ * D];

static int make_data (void **state) {
    (void)state;
    TestRandom random = {23};
    testing_floats (&random, rows, N * D);
    testing_floats (&random, noisy, N * D);
    testing_floats (&random, queries, NQ * D);
    for (int i = 0; i < N * D; i++) {
        noisy[i] = rows[i] + 0.3f * noisy[i];
    }
    return 0;
}

static FaissIndexFlat *flat_of (const float *x, FaissMetricType metric) {
    FaissIndexFlat *flat = NULL;
    assert_ok (faiss_IndexFlat_new_with (&flat, D, metric));
    assert_ok (faiss_Index_add (&flat->index, N, x));
    return flat;
}

static int contains (const idx_t *labels, idx_t n, idx_t label) {
    for (idx_t i = 0; i < n; i++) {
        if (labels[i] == label) {
            return 1;
        }
    }
    return 0;
}

/* The k best, by exact distances, of what the base index ranks first. */
static void ranks_candidates_by_exact_distances (void **state) {
    (void)state;
    const FaissMetricType metrics[] = {METRIC_L2, METRIC_INNER_PRODUCT, METRIC_L1};
    const float factors[] = {1, 1.5f, 3, 30};
    for (int m = 0; m < 3; m++) {
        FaissIndexFlat *base = flat_of (noisy, metrics[m]), *exact = flat_of (rows, metrics[m]);
        FaissIndexRefineFlat *index = NULL;
        assert_ok (faiss_IndexRefineFlat_new_with (&index, &base->index, rows));
        for (int f = 0; f < 4; f++) {
            faiss_IndexRefineFlat_set_k_factor (index, factors[f]);
            idx_t k_base = (idx_t)(K * factors[f]);
            float distances[NQ * K], all[NQ * N], candidates_d[NQ * N];
            idx_t labels[NQ * K], ranking[NQ * N], candidates[NQ * N];
            assert_ok (faiss_Index_search (&index->index, NQ, queries, K, distances, labels));
            assert_ok (faiss_Index_search (&exact->index, NQ, queries, N, all, ranking));
            assert_ok (
                faiss_Index_search (&base->index, NQ, queries, k_base, candidates_d, candidates));
            for (int q = 0; q < NQ; q++) {
                int at = 0;
                for (int i = 0; i < N && at < K; i++) {
                    if (contains (candidates + q * k_base, k_base, ranking[q * N + i])) {
                        assert_int_equal (labels[q * K + at], ranking[q * N + i]);
                        assert_true (fabsf (distances[q * K + at] - all[q * N + i]) < 1e-4f);
                        at++;
                    }
                }
            }
        }
        faiss_IndexRefineFlat_free (index);
        faiss_IndexFlat_free (base);
        faiss_IndexFlat_free (exact);
    }
}

static void ranges_are_exact_within_the_candidates (void **state) {
    (void)state;
    FaissIndexFlat *base = flat_of (noisy, METRIC_L2), *exact = flat_of (rows, METRIC_L2);
    FaissIndexRefineFlat *index = NULL;
    assert_ok (faiss_IndexRefineFlat_new_with (&index, &base->index, rows));
    faiss_IndexRefineFlat_set_k_factor (index, 50); /* all are candidates */
    FaissRangeSearchResult *found = NULL, *expected = NULL;
    assert_ok (faiss_RangeSearchResult_new (&found, NQ));
    assert_ok (faiss_RangeSearchResult_new (&expected, NQ));
    assert_ok (faiss_Index_range_search (&index->index, NQ, queries, 9, found));
    assert_ok (faiss_Index_range_search (&exact->index, NQ, queries, 9, expected));
    assert_true (expected->lims[NQ] > 0);
    assert_memory_equal (found->lims, expected->lims, (NQ + 1) * sizeof (size_t));
    assert_memory_equal (found->labels, expected->labels, found->lims[NQ] * sizeof (idx_t));
    faiss_RangeSearchResult_free (found);
    faiss_RangeSearchResult_free (expected);
    faiss_IndexRefineFlat_free (index);
    faiss_IndexFlat_free (base);
    faiss_IndexFlat_free (exact);
}

static void k_factor_below_1_is_refused (void **state) {
    (void)state;
    FaissIndex *index = NULL;
    float distances[K];
    idx_t labels[K];
    assert_ok (faiss_index_factory (&index, D, "Flat,RFlat", METRIC_L2));
    assert_ok (faiss_Index_add (index, N, rows));
    const float factors[] = {0.5f, 0, -1, NAN, INFINITY, 1e30f};
    for (int i = 0; i < 6; i++) {
        faiss_IndexRefineFlat_set_k_factor (faiss_IndexRefineFlat_cast (index), factors[i]);
        FaissStatus status = faiss_Index_search (index, 1, queries, K, distances, labels);
        assert_int_equal (status, FAISS_EXCEPT);
    }
    bool known = false;
    assert_fails (index->cls->set_parameter (index, "k_factor_rf", NAN, &known), "k_factor_rf");
    assert_ok (index->cls->set_parameter (index, "k_factor_rf", 2.7, &known));
    assert_true (known && faiss_IndexRefineFlat_k_factor (faiss_IndexRefineFlat_cast (index)) == 2);
    assert_ok (faiss_Index_search (index, 1, queries, K, distances, labels));
    faiss_Index_free (index);
}

static void parameters_replace_the_factor (void **state) {
    (void)state;
    FaissIndexFlat *base = flat_of (noisy, METRIC_L2);
    FaissIndexRefineFlat *index = NULL;
    FaissIDSelectorRange *range = NULL;
    FaissSearchParameters *inner = NULL;
    FaissIndexRefineSearchParameters *params = NULL;
    float distances[2][NQ * K];
    idx_t labels[2][NQ * K];
    assert_ok (faiss_IndexRefineFlat_new_with (&index, &base->index, rows));
    assert_ok (faiss_IDSelectorRange_new (&range, 20, 24));
    assert_ok (faiss_SearchParameters_new (&inner, &range->sel));
    assert_ok (faiss_IndexRefineSearchParameters_new (&params));
    assert_true (params->k_factor == 1 && !params->base_index_params);
    params->k_factor = 4;
    FaissIndexRefineSearchParameters *copy = NULL;
    assert_ok (faiss_object_clone (&copy, params));
    assert_true (copy->k_factor == 4 && !copy->params.sel);
    faiss_SearchParameters_free (&copy->params);
    assert_ok (faiss_Index_search_with_params (&index->index, NQ, queries, K, &params->params,
                                               distances[0], labels[0]));
    index->refine.k_factor = 4;
    assert_ok (faiss_Index_search (&index->index, NQ, queries, K, distances[1], labels[1]));
    assert_memory_equal (labels[0], labels[1], sizeof labels[0]);
    params->base_index_params = inner;
    assert_ok (faiss_Index_search_with_params (&index->index, NQ, queries, K, &params->params,
                                               distances[0], labels[0]));
    for (int i = 0; i < NQ * K; i++) {
        assert_true (i % K < 4 ? labels[0][i] >= 20 && labels[0][i] < 24 : labels[0][i] == -1);
    }
    assert_fails (faiss_Index_search_with_params (&index->index, NQ, queries, K, inner,
                                                  distances[0], labels[0]),
                  "expected IndexRefineSearchParameters");
    faiss_SearchParameters_free (&params->params);
    faiss_SearchParameters_free (inner);
    faiss_IDSelectorRange_free (range);
    faiss_IndexRefineFlat_free (index);
    faiss_IndexFlat_free (base);
}

static void codes_are_both_parts (void **state) {
    (void)state;
    FaissIndex *index = NULL;
    size_t size = 0;
    assert_ok (faiss_index_factory (&index, D, "Flat,Refine(L2norm,Flat)", METRIC_L2));
    assert_ok (faiss_Index_sa_code_size (index, &size));
    assert_int_equal (size, 2 * D * sizeof (float));
    float codes[3 * 2 * D], decoded[3 * D];
    assert_ok (faiss_Index_sa_encode (index, 3, rows, (uint8_t *)codes));
    assert_ok (faiss_Index_sa_decode (index, 3, (const uint8_t *)codes, decoded));
    for (int i = 0; i < 3; i++) {
        assert_memory_equal (codes + 2 * i * D, rows + i * D, D * sizeof (float));
        assert_memory_equal (codes + (2 * i + 1) * D, decoded + i * D, D * sizeof (float));
    }
    faiss_Index_free (index);
}

/* A base index whose adds fail. */
static FaissStatus failing_add (FaissIndex *self, idx_t n, const float *x) {
    (void)self, (void)n, (void)x;
    return faiss_Index_add (NULL, 0, NULL);
}

static void a_failing_add_changes_neither_part (void **state) {
    (void)state;
    FaissIndex *index = NULL;
    assert_ok (faiss_index_factory (&index, D, "Flat,RFlat", METRIC_L2));
    assert_ok (faiss_Index_add (index, 50, rows));
    FaissIndexRefine *refine = faiss_IndexRefine_cast (index);
    FaissIndexClass failing = *refine->base_index->cls, *original = refine->base_index->cls;
    failing.add = failing_add;
    refine->base_index->cls = &failing;
    assert_fails (faiss_Index_add (index, 50, rows), "the index is NULL");
    refine->base_index->cls = original;
    assert_int_equal (index->ntotal, 50);
    assert_int_equal (refine->base_index->ntotal, 50);
    assert_int_equal (refine->refine_index->ntotal, 50);
    faiss_Index_free (index);
}

static void parts_must_fit (void **state) {
    (void)state;
    FaissIndexFlat *flat = flat_of (rows, METRIC_L2), *ip = flat_of (rows, METRIC_INNER_PRODUCT);
    FaissIndexFlat *empty = NULL, *other_d = NULL;
    FaissIndexRefine *index = NULL;
    FaissIndexRefineFlat *refine_flat = NULL;
    assert_ok (faiss_IndexFlat_new_with (&empty, D, METRIC_L2));
    assert_ok (faiss_IndexFlat_new_with (&other_d, D + 1, METRIC_L2));
    assert_fails (faiss_IndexRefine_new_with (&index, &flat->index, &ip->index), "metric_type=1");
    assert_fails (faiss_IndexRefine_new_with (&index, &flat->index, &empty->index), "ntotal=300");
    assert_fails (faiss_IndexRefine_new_with (&index, &flat->index, &other_d->index), "d=17");
    assert_fails (faiss_IndexRefine_new_with (&index, &flat->index, NULL), "refine_index is NULL");
    assert_fails (faiss_IndexRefineFlat_new (&refine_flat, &flat->index), "must be empty");
    assert_fails (faiss_IndexRefineFlat_new_with (&refine_flat, &flat->index, NULL), "xb is NULL");
    assert_ok (faiss_IndexRefine_new (&index));
    assert_fails (faiss_Index_add (&index->index, 1, rows), "NULL");
    faiss_IndexRefine_free (index);

    /* parts are borrowed, but for the flat index that RefineFlat makes */
    assert_ok (faiss_IndexRefineFlat_new (&refine_flat, &empty->index));
    assert_false (faiss_IndexRefineFlat_own_fields (refine_flat));
    assert_true (refine_flat->refine.own_refine_index);
    assert_ok (faiss_Index_add (&refine_flat->index, 3, rows));
    FaissIndex *clone = NULL;
    assert_ok (faiss_clone_index (&refine_flat->index, &clone));
    faiss_IndexRefineFlat_free (refine_flat);
    assert_int_equal (empty->index.ntotal, 3);
    assert_true (faiss_IndexRefineFlat_own_fields (faiss_IndexRefineFlat_cast (clone)));
    assert_int_equal (clone->ntotal, 3);
    faiss_Index_free (clone);
    faiss_IndexFlat_free (flat);
    faiss_IndexFlat_free (ip);
    faiss_IndexFlat_free (empty);
    faiss_IndexFlat_free (other_d);
}

int main (void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (ranks_candidates_by_exact_distances),
        cmocka_unit_test (ranges_are_exact_within_the_candidates),
        cmocka_unit_test (k_factor_below_1_is_refused),
        cmocka_unit_test (parameters_replace_the_factor),
        cmocka_unit_test (codes_are_both_parts),
        cmocka_unit_test (a_failing_add_changes_neither_part),
        cmocka_unit_test (parts_must_fit),
    };
    return cmocka_run_group_tests (tests, make_data, NULL);
}
