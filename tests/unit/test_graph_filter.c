/* Searches of graphs for the members of a selector. */
#include "testing.h"

#include <string.h>

#include <faiss/IndexFlat.h>
#include <faiss/IndexHNSW.h>
#include <faiss/impl/check.h>
#include <faiss/index_factory.h>
#include <faiss/utils/distances.h>
#include <faiss/utils/random.h>

enum { N = 4000, D = 8, NQ = 60, K = 10 };

typedef struct Data {
    float *x, *q;
    FaissIndex *graph, *flat;
    uint8_t bitmap[N / 8 + 1];
    idx_t members[N];
    size_t n_members;
} Data;

static Data *make_data (const char *factory, FaissMetricType metric) {
    Data *data = calloc (1, sizeof *data);
    data->x = malloc (N * D * sizeof *data->x);
    data->q = malloc (NQ * D * sizeof *data->q);
    faiss_float_randn (data->x, N * D, 1);
    faiss_float_randn (data->q, NQ * D, 2);
    faiss_fvec_renorm_L2 (D, N, data->x);
    faiss_fvec_renorm_L2 (D, NQ, data->q);
    assert_ok (faiss_index_factory (&data->graph, D, factory, metric));
    assert_ok (faiss_index_factory (&data->flat, D, "Flat", metric));
    assert_ok (faiss_Index_train (data->graph, N, data->x));
    assert_ok (faiss_Index_add (data->graph, N, data->x));
    assert_ok (faiss_Index_add (data->flat, N, data->x));
    return data;
}

static void free_data (Data *data) {
    faiss_Index_free (data->graph);
    faiss_Index_free (data->flat);
    free (data->x);
    free (data->q);
    free (data);
}

/* Random members; or those that are far from the queries in one component. */
static void choose (Data *data, double share, bool is_random) {
    float *u = malloc (N * sizeof *u);
    faiss_float_rand (u, N, (int64_t)(1e6 * share));
    memset (data->bitmap, 0, sizeof data->bitmap);
    data->n_members = 0;
    for (int i = 0; i < N; i++) {
        if ((double)(is_random ? u[i] : data->x[i * D] / 2 + 0.5f) < share) {
            data->bitmap[i >> 3] |= (uint8_t)(1 << (i & 7));
            data->members[data->n_members++] = i;
        }
    }
    free (u);
}

static void search (const FaissIndex *index, const Data *data, FaissIDSelector *sel, int ef,
                    FaissHNSWFilter filter, idx_t k, float *distances, idx_t *labels) {
    FaissSearchParametersHNSW *params = NULL;
    assert_ok (faiss_SearchParametersHNSW_new_with (&params, sel, ef));
    params->filter = filter;
    assert_ok (
        faiss_Index_search_with_params (index, NQ, data->q, k, &params->params, distances, labels));
    faiss_SearchParametersHNSW_free (params);
}

static void find_truth (const Data *data, FaissIDSelector *sel, idx_t k, float *distances,
                        idx_t *labels) {
    FaissSearchParameters *params = NULL;
    assert_ok (faiss_SearchParameters_new (&params, sel));
    assert_ok (
        faiss_Index_search_with_params (data->flat, NQ, data->q, k, params, distances, labels));
    faiss_SearchParameters_free (params);
}

/* Members, best first, none twice; fewer than k only where there are fewer. */
static void assert_are_members (const Data *data, idx_t k, const float *distances,
                                const idx_t *labels) {
    bool is_similarity = data->graph->metric_type == METRIC_INNER_PRODUCT;
    for (idx_t i = 0; i < NQ * k; i++) {
        if (i % k >= (idx_t)data->n_members) {
            assert_int_equal (labels[i], -1);
            continue;
        }
        assert_in_range (labels[i], 0, N - 1);
        assert_true (data->bitmap[labels[i] >> 3] >> (labels[i] & 7) & 1);
        if (i % k > 0) {
            assert_true (is_similarity ? distances[i] <= distances[i - 1]
                                       : distances[i] >= distances[i - 1]);
        }
        for (idx_t j = i / k * k; j < i; j++) {
            assert_true (labels[j] != labels[i]);
        }
    }
}

static double recall (const idx_t *labels, const idx_t *truth, idx_t k) {
    size_t n_found = 0, n = 0;
    for (idx_t i = 0; i < NQ * k; i++) {
        n += truth[i] >= 0;
        for (idx_t j = i / k * k; j < (i / k + 1) * k; j++) {
            n_found += truth[i] >= 0 && labels[j] == truth[i];
        }
    }
    return n > 0 ? (double)n_found / (double)n : 1;
}

static void check_share (Data *data, double share, bool is_random) {
    float distances[NQ * K], true_distances[NQ * K];
    idx_t labels[NQ * K], truth[NQ * K];
    FaissIDSelectorBitmap *sel = NULL;
    choose (data, share, is_random);
    assert_ok (faiss_IDSelectorBitmap_new (&sel, sizeof data->bitmap, data->bitmap));
    find_truth (data, &sel->sel, K, true_distances, truth);
    static const int efs[] = {16, 64};
    for (int e = 0; e < 2; e++) {
        search (data->graph, data, &sel->sel, efs[e], FAISS_HNSW_FILTER_PLAIN, K, distances,
                labels);
        double plain = recall (labels, truth, K);
        search (data->graph, data, &sel->sel, efs[e], FAISS_HNSW_FILTER_EXPAND, K, distances,
                labels);
        assert_are_members (data, K, distances, labels);
        double expanded = recall (labels, truth, K);
        search (data->graph, data, &sel->sel, efs[e], FAISS_HNSW_FILTER_AUTO, K, distances, labels);
        double chosen = recall (labels, truth, K);
        double floor = efs[e] > 16 ? 0.9 : 0.75;
        if (chosen < plain - 0.01 || expanded < plain - 0.01 || chosen < floor) {
            fail_msg ("share %g: recall %.3f plain, %.3f expanded, %.3f as chosen", share, plain,
                      expanded, chosen);
        }
        search (data->graph, data, &sel->sel, efs[e], FAISS_HNSW_FILTER_SCAN, K, distances, labels);
        assert_are_members (data, K, distances, labels);
        assert_true (recall (labels, truth, K) > 0.999);
    }
    faiss_IDSelectorBitmap_free (sel);
}

static void any_share_is_found (void **state) {
    (void)state;
    static const double shares[] = {0, 0.0005, 0.001, 0.01, 0.05, 0.1, 0.3, 0.5, 0.9, 1};
    for (int metric = 0; metric < 2; metric++) {
        Data *data = make_data ("HNSW8", metric ? METRIC_L2 : METRIC_INNER_PRODUCT);
        for (size_t i = 0; i < sizeof shares / sizeof *shares; i++) {
            check_share (data, shares[i], true);
        }
        check_share (data, 0.02, false);
        check_share (data, 0.2, false);
        free_data (data);
    }
}

/* The same set, told in other words. */
static void all_selectors_say_the_same (void **state) {
    (void)state;
    enum { N_KINDS = 7 };
    Data *data = make_data ("HNSW8,SQ8", METRIC_L2);
    float first[NQ * K], distances[NQ * K];
    idx_t first_labels[NQ * K], labels[NQ * K], ids[N];
    FaissInt64Vector map = {0};
    static const int ends[] = {3, 40, 300, 1200, 3000};
    for (size_t e = 0; e < sizeof ends / sizeof *ends; e++) {
        FaissIDSelectorRange *range, *others;
        FaissIDSelectorArray *array, *shifted;
        FaissIDSelectorBatch *batch;
        FaissIDSelectorBitmap *bitmap;
        FaissIDSelectorNot *not_others;
        FaissIDSelectorAll *all;
        FaissIDSelectorAnd *both;
        FaissIDSelectorTranslated *translated;
        memset (data->bitmap, 0, sizeof data->bitmap);
        assert_ok (faiss_Int64Vector_resize (&map, N));
        data->n_members = 0;
        for (int i = 0; i < N; i++) {
            map.data[i] = i + 7000000;
        }
        for (int i = 0; i < ends[e]; i++) {
            data->members[i] = i;
            ids[i] = i + 7000000;
            data->bitmap[i >> 3] |= (uint8_t)(1 << (i & 7));
            data->n_members++;
        }
        assert_ok (faiss_IDSelectorRange_new (&range, -5, ends[e]));
        assert_ok (faiss_IDSelectorRange_new (&others, ends[e], 10 * N));
        assert_ok (faiss_IDSelectorArray_new (&array, data->n_members, data->members));
        assert_ok (faiss_IDSelectorArray_new (&shifted, data->n_members, ids));
        assert_ok (faiss_IDSelectorBatch_new (&batch, data->n_members, data->members));
        assert_ok (faiss_IDSelectorBitmap_new (&bitmap, sizeof data->bitmap, data->bitmap));
        assert_ok (faiss_IDSelectorNot_new (&not_others, &others->sel));
        assert_ok (faiss_IDSelectorAll_new (&all));
        assert_ok (faiss_IDSelectorAnd_new (&both, &range->sel, &all->sel));
        assert_ok (faiss_IDSelectorTranslated_new (&translated, &map, &shifted->sel));
        FaissIDSelector *kinds[N_KINDS] = {&range->sel,      &array->sel,       &batch->sel,
                                           &bitmap->sel,     &not_others->base, &both->base,
                                           &translated->base};
        for (int filter = FAISS_HNSW_FILTER_EXPAND; filter <= FAISS_HNSW_FILTER_SCAN; filter++) {
            for (int i = 0; i < N_KINDS; i++) {
                search (data->graph, data, kinds[i], 32, (FaissHNSWFilter)filter, K, distances,
                        labels);
                assert_are_members (data, K, distances, labels);
                if (i == 0) {
                    memcpy (first, distances, sizeof first);
                    memcpy (first_labels, labels, sizeof labels);
                }
                assert_memory_equal (first, distances, sizeof first);
                assert_memory_equal (first_labels, labels, sizeof labels);
            }
        }
        for (int i = 0; i < N_KINDS; i++) { /* members only, whichever way is taken */
            search (data->graph, data, kinds[i], 200, FAISS_HNSW_FILTER_AUTO, K, distances, labels);
            assert_are_members (data, K, distances, labels);
        }
        faiss_IDSelectorRange_free (range);
        faiss_IDSelectorRange_free (others);
        faiss_IDSelector_free (&array->sel);
        faiss_IDSelector_free (&shifted->sel);
        faiss_IDSelector_free (&batch->sel);
        faiss_IDSelectorBitmap_free (bitmap);
        faiss_IDSelector_free (&not_others->base);
        faiss_IDSelector_free (&all->sel);
        faiss_IDSelector_free (&both->base);
        faiss_IDSelector_free (&translated->base);
    }
    faiss_Int64Vector_clear (&map);
    free_data (data);
}

/* More results wanted than there are members. */
static void few_members_are_all_found (void **state) {
    (void)state;
    enum { MANY = 50 };
    Data *data = make_data ("HNSW8", METRIC_L2);
    float *distances = malloc (NQ * MANY * sizeof *distances);
    idx_t *labels = malloc (NQ * MANY * sizeof *labels);
    FaissIDSelectorArray *sel = NULL;
    static const int counts[] = {0, 1, 7, 50, 60};
    for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
        memset (data->bitmap, 0, sizeof data->bitmap);
        data->n_members = (size_t)counts[c];
        for (int i = 0; i < counts[c]; i++) {
            data->members[i] = (i * 997) % N;
            data->bitmap[data->members[i] >> 3] |= (uint8_t)(1 << (data->members[i] & 7));
        }
        data->members[counts[c]] = -3; /* ids that there are not */
        data->members[counts[c] + 1] = (idx_t)1 << 40;
        assert_ok (faiss_IDSelectorArray_new (&sel, data->n_members + 2, data->members));
        for (int filter = FAISS_HNSW_FILTER_AUTO; filter <= FAISS_HNSW_FILTER_SCAN; filter++) {
            if (filter != FAISS_HNSW_FILTER_PLAIN) {
                search (data->graph, data, &sel->sel, 16, (FaissHNSWFilter)filter, MANY, distances,
                        labels);
                assert_are_members (data, MANY, distances, labels);
            }
        }
        faiss_IDSelector_free (&sel->sel);
    }
    free (distances);
    free (labels);
    free_data (data);
}

static void ranges_of_few_members_are_whole (void **state) {
    (void)state;
    Data *data = make_data ("HNSW8", METRIC_L2);
    FaissIDSelectorRange *sel = NULL;
    FaissSearchParameters *params = NULL;
    FaissRangeSearchResult *found = NULL, *truth = NULL;
    assert_ok (faiss_IDSelectorRange_new (&sel, 100, 140));
    assert_ok (faiss_SearchParameters_new (&params, &sel->sel));
    assert_ok (faiss_RangeSearchResult_new (&found, NQ));
    assert_ok (faiss_RangeSearchResult_new (&truth, NQ));
    assert_ok (
        faiss_Index_range_search_with_params (data->graph, NQ, data->q, 0.8f, params, found));
    assert_ok (faiss_Index_range_search_with_params (data->flat, NQ, data->q, 0.8f, params, truth));
    size_t *lims, *true_lims;
    faiss_RangeSearchResult_lims (found, &lims);
    faiss_RangeSearchResult_lims (truth, &true_lims);
    assert_memory_equal (lims, true_lims, (NQ + 1) * sizeof *lims);
    assert_true (lims[NQ] > NQ);
    faiss_RangeSearchResult_free (found);
    faiss_RangeSearchResult_free (truth);
    faiss_SearchParameters_free (params);
    faiss_IDSelectorRange_free (sel);
    free_data (data);
}

static void ids_of_the_caller_are_selected (void **state) {
    (void)state;
    enum { N_MEMBERS = 200 };
    float *x = malloc (N * D * sizeof *x), distances[K];
    idx_t *ids = malloc (N * sizeof *ids), members[N_MEMBERS], labels[K];
    FaissIndex *index = NULL;
    FaissIDSelectorArray *sel = NULL;
    FaissSearchParametersHNSW *params = NULL;
    faiss_float_rand (x, N * D, 1);
    for (int i = 0; i < N; i++) {
        ids[i] = (idx_t)1000000000000 - i;
    }
    for (int i = 0; i < N_MEMBERS; i++) {
        members[i] = ids[i * 20];
    }
    assert_ok (faiss_index_factory (&index, D, "IDMap2,HNSW8", METRIC_L2));
    assert_ok (faiss_Index_add_with_ids (index, N, x, ids));
    assert_ok (faiss_IDSelectorArray_new (&sel, N_MEMBERS, members));
    assert_ok (faiss_SearchParametersHNSW_new_with (&params, &sel->sel, 32));
    for (int i = 0; i < N_MEMBERS; i++) {
        assert_ok (faiss_Index_search_with_params (index, 1, x + i * 20 * D, K, &params->params,
                                                   distances, labels));
        assert_int_equal (labels[0], members[i]);
        for (int j = 1; j < K; j++) {
            assert_int_equal (((idx_t)1000000000000 - labels[j]) % 20, 0);
        }
    }
    params->filter = (FaissHNSWFilter)9;
    assert_fails (
        faiss_Index_search_with_params (index, 1, x, K, &params->params, distances, labels),
        "expected a filter of 0 .. 3, got 9");
    faiss_SearchParametersHNSW_free (params);
    faiss_IDSelector_free (&sel->sel);
    faiss_Index_free (index);
    free (x);
    free (ids);
}

TEST_MAIN (cmocka_unit_test (any_share_is_found), cmocka_unit_test (all_selectors_say_the_same),
           cmocka_unit_test (few_members_are_all_found),
           cmocka_unit_test (ranges_of_few_members_are_whole),
           cmocka_unit_test (ids_of_the_caller_are_selected))
