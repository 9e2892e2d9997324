/* IndexPreTransform: equal to transforming by hand; ownership; training in turn. */
#include "testing.h"

#include <faiss/IndexFlat.h>
#include <faiss/IndexPreTransform.h>
#include <faiss/index_factory.h>
#include <faiss/utils/distances.h>

enum { N = 300, NQ = 9, D = 17, K = 12 };

static float rows[N * D], queries[NQ * D], unit_rows[N * D], unit_queries[NQ * D];

static int make_data (void **state) {
    (void)state;
    TestRandom random = {5};
    testing_floats (&random, rows, N * D);
    testing_floats (&random, queries, NQ * D);
    memcpy (unit_rows, rows, sizeof rows);
    memcpy (unit_queries, queries, sizeof queries);
    faiss_fvec_renorm_L2 (D, N, unit_rows);
    faiss_fvec_renorm_L2 (D, NQ, unit_queries);
    return 0;
}

static void does_what_transforming_by_hand_does (void **state) {
    (void)state;
    FaissIndex *index = NULL;
    FaissIndexFlat *flat = NULL;
    float distances[2][NQ * K], recons[2][NQ * K * D];
    idx_t labels[2][NQ * K];
    assert_ok (faiss_index_factory (&index, D, "L2norm,Flat", METRIC_L2));
    assert_ok (faiss_IndexFlat_new_with (&flat, D, METRIC_L2));
    assert_ok (faiss_Index_add (index, N, rows));
    assert_ok (faiss_Index_add (&flat->index, N, unit_rows));
    assert_int_equal (index->ntotal, N);

    assert_ok (faiss_Index_search_and_reconstruct (index, NQ, queries, K, NULL, distances[0],
                                                   labels[0], recons[0]));
    assert_ok (faiss_Index_search_and_reconstruct (&flat->index, NQ, unit_queries, K, NULL,
                                                   distances[1], labels[1], recons[1]));
    assert_memory_equal (labels[0], labels[1], sizeof labels[0]);
    assert_memory_equal (distances[0], distances[1], sizeof distances[0]);
    assert_memory_equal (recons[0], recons[1], sizeof recons[0]);
    assert_ok (faiss_Index_assign (index, NQ, queries, labels[0], K));
    assert_memory_equal (labels[0], labels[1], sizeof labels[0]);

    FaissRangeSearchResult *ranges[2] = {0};
    for (int i = 0; i < 2; i++) {
        assert_ok (faiss_RangeSearchResult_new (&ranges[i], NQ));
    }
    assert_ok (faiss_Index_range_search (index, NQ, queries, 1.5f, ranges[0]));
    assert_ok (faiss_Index_range_search (&flat->index, NQ, unit_queries, 1.5f, ranges[1]));
    assert_true (ranges[0]->lims[NQ] > 0);
    assert_memory_equal (ranges[0]->lims, ranges[1]->lims, (NQ + 1) * sizeof (size_t));
    assert_memory_equal (ranges[0]->labels, ranges[1]->labels,
                         ranges[0]->lims[NQ] * sizeof (idx_t));
    for (int i = 0; i < 2; i++) {
        faiss_RangeSearchResult_free (ranges[i]);
    }

    FaissDistanceComputer *dc = NULL;
    float distance = -1, expected = faiss_fvec_L2sqr (unit_queries, unit_rows + 7 * D, D);
    assert_ok (faiss_Index_get_distance_computer (index, &dc));
    assert_ok (faiss_DistanceComputer_set_query (dc, queries));
    assert_ok (faiss_DistanceComputer_vector_to_query_dis (dc, 7, &distance));
    assert_true (fabsf (distance - expected) < 1e-5f);
    assert_ok (faiss_DistanceComputer_set_query (dc, queries + D));
    assert_ok (faiss_DistanceComputer_symmetric_dis (dc, 7, 7, &distance));
    assert_true (distance < 1e-6f);
    faiss_DistanceComputer_free (dc);
    faiss_IndexFlat_free (flat);
    faiss_Index_free (index);
}

static void trains_what_is_not_trained_in_turn (void **state) {
    (void)state;
    FaissCenteringTransform *first = NULL, *second = NULL;
    FaissIndexFlat *flat = NULL;
    FaissIndexPreTransform *index = NULL;
    assert_ok (faiss_CenteringTransform_new_with (&first, D));
    assert_ok (faiss_CenteringTransform_new_with (&second, D));
    assert_ok (faiss_IndexFlat_new_with (&flat, D, METRIC_L2));
    assert_ok (
        faiss_IndexPreTransform_new_with_transform (&index, &second->transform, &flat->index));
    assert_ok (faiss_IndexPreTransform_prepend_transform (index, &first->transform));
    index->own_fields = true;
    assert_int_equal (index->chain.size, 2);
    assert_ptr_equal (index->chain.data[0], &first->transform);
    assert_false (index->base.is_trained);
    assert_fails (faiss_Index_add (&index->base, N, rows), "not trained");
    assert_ok (faiss_Index_train (&index->base, N, rows));
    assert_true (index->base.is_trained);
    for (int j = 0; j < D; j++) { /* nothing is left for the second one */
        assert_true (fabsf (second->mean.data[j]) < 1e-5f);
    }
    float mean = first->mean.data[0];
    assert_ok (faiss_Index_train (&index->base, N / 3, rows));
    assert_true (first->mean.data[0] == mean);

    float *xt = NULL, back[NQ * D];
    assert_ok (faiss_IndexPreTransform_apply_chain (index, NQ, queries, &xt));
    assert_ok (faiss_IndexPreTransform_reverse_chain (index, NQ, xt, back));
    for (int i = 0; i < NQ * D; i++) {
        assert_true (fabsf (back[i] - queries[i]) < 1e-6f);
    }
    free (xt);
    faiss_IndexPreTransform_free (index);
}

static void without_transforms_it_passes_on (void **state) {
    (void)state;
    FaissIndexFlat *flat = NULL;
    FaissIndexPreTransform *index = NULL;
    assert_ok (faiss_IndexFlat_new_with (&flat, D, METRIC_INNER_PRODUCT));
    assert_ok (faiss_Index_add (&flat->index, 5, rows));
    assert_ok (faiss_IndexPreTransform_new_with (&index, &flat->index));
    assert_int_equal (index->base.ntotal, 5);
    assert_int_equal (index->base.metric_type, METRIC_INNER_PRODUCT);
    assert_ok (faiss_Index_add (&index->base, N - 5, rows + 5 * D));
    float one[D], *same = NULL;
    assert_ok (faiss_Index_reconstruct (&index->base, 200, one));
    assert_memory_equal (one, rows + 200 * D, sizeof one);
    assert_ok (faiss_IndexPreTransform_apply_chain (index, NQ, queries, &same));
    assert_memory_equal (same, queries, sizeof queries);
    free (same);
    assert_ok (faiss_IndexPreTransform_reverse_chain (index, 1, rows, one));
    assert_memory_equal (one, rows, sizeof one);
    assert_ptr_equal (faiss_IndexPreTransform_index (index), &flat->index);
    faiss_IndexPreTransform_free (index); /* the index is borrowed: it lives on */
    assert_int_equal (flat->index.ntotal, N);
    faiss_IndexFlat_free (flat);
}

static void parameters_go_to_the_index (void **state) {
    (void)state;
    FaissIndex *index = NULL;
    FaissIDSelectorRange *range = NULL;
    FaissSearchParameters *inner = NULL;
    FaissSearchParametersPreTransform *outer = NULL;
    float distances[2][NQ * K];
    idx_t labels[2][NQ * K];
    assert_ok (faiss_index_factory (&index, D, "L2norm,Flat", METRIC_L2));
    assert_ok (faiss_Index_add (index, N, rows));
    assert_ok (faiss_IDSelectorRange_new (&range, 100, 130));
    assert_ok (faiss_SearchParameters_new (&inner, &range->sel));
    assert_ok (faiss_SearchParametersPreTransform_new_with (&outer, inner));
    assert_ok (faiss_Index_search_with_params (index, NQ, queries, K, &outer->params, distances[0],
                                               labels[0]));
    assert_ok (
        faiss_Index_search_with_params (index, NQ, queries, K, inner, distances[1], labels[1]));
    for (int i = 0; i < NQ * K; i++) {
        assert_true (labels[0][i] >= 100 && labels[0][i] < 130);
    }
    assert_memory_equal (labels[0], labels[1], sizeof labels[0]);
    faiss_SearchParameters_free (&outer->params);
    faiss_SearchParameters_free (inner);
    faiss_IDSelectorRange_free (range);
    faiss_Index_free (index);
}

static void misfits_are_refused (void **state) {
    (void)state;
    FaissIndexPreTransform *index = NULL, *empty = NULL;
    FaissNormalizationTransform *wrong = NULL;
    FaissIndex *other = NULL;
    FaissIndexFlat *flat = NULL;
    float distance;
    idx_t label;
    assert_fails (faiss_IndexPreTransform_new_with (&index, NULL), "index is NULL");
    assert_ok (faiss_IndexPreTransform_new (&empty));
    assert_fails (faiss_Index_add (&empty->base, 1, rows), "no index");
    assert_fails (faiss_Index_search (&empty->base, 1, rows, 1, &distance, &label), "no index");
    assert_fails (faiss_Index_reset (&empty->base), "NULL");
    faiss_IndexPreTransform_free (empty);

    assert_ok (faiss_IndexFlat_new_with (&flat, D, METRIC_L2));
    assert_ok (faiss_IndexPreTransform_new_with (&index, &flat->index));
    assert_ok (faiss_NormalizationTransform_new_with (&wrong, D + 1, 2));
    assert_fails (faiss_IndexPreTransform_prepend_transform (index, &wrong->transform), "d_out=17");
    assert_fails (faiss_IndexPreTransform_prepend_transform (index, NULL), "NULL");
    assert_int_equal (index->chain.size, 0);
    assert_ok (faiss_index_factory (&other, D, "L2norm,Flat", METRIC_L2));
    assert_fails (faiss_Index_merge_from (&index->base, other, 0), "0 transforms, got 1");
    assert_null (faiss_IndexPreTransform_cast (&flat->index));
    assert_null (faiss_IndexPreTransform_cast (NULL));
    assert_ptr_equal (faiss_IndexPreTransform_cast (&index->base), index);
    faiss_VectorTransform_free (&wrong->transform);
    faiss_Index_free (other);
    faiss_IndexPreTransform_free (index);
    faiss_IndexFlat_free (flat);
}

int main (void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (does_what_transforming_by_hand_does),
        cmocka_unit_test (trains_what_is_not_trained_in_turn),
        cmocka_unit_test (without_transforms_it_passes_on),
        cmocka_unit_test (parameters_go_to_the_index),
        cmocka_unit_test (misfits_are_refused),
    };
    return cmocka_run_group_tests (tests, make_data, NULL);
}
