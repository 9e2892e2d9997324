/* Selectors and parameters of searches in NSG and NNDescent graphs. */
#include "testing.h"

#include <string.h>

#include <faiss/IndexFlat.h>
#include <faiss/IndexIDMap.h>
#include <faiss/IndexIVF.h>
#include <faiss/IndexNNDescent.h>
#include <faiss/IndexNSG.h>
#include <faiss/impl/check.h>
#include <faiss/index_factory.h>
#include <faiss/utils/random.h>

enum { N = 3000, D = 8, K = 10, NQ = 50 };

typedef struct Fixture {
    FaissIndex *indexes[2]; /* NSG, NNDescent */
    FaissIndex *flat;
    float x[N * D], q[NQ * D];
    uint8_t bitmap[N / 8 + 1];
    FaissIDSelectorBitmap *sel;
} Fixture;

static void set_up (Fixture *f) {
    FaissIndexNSGFlat *nsg = NULL;
    FaissIndexNNDescentFlat *nndescent = NULL;
    FaissIndexFlatL2 *flat = NULL;
    faiss_float_rand (f->x, N * D, 1);
    faiss_float_rand (f->q, NQ * D, 2);
    assert_ok (faiss_IndexNSGFlat_new_with (&nsg, D, 16, METRIC_L2));
    assert_ok (faiss_IndexNNDescentFlat_new_with (&nndescent, D, 16, METRIC_L2));
    assert_ok (faiss_IndexFlatL2_new_with (&flat, D));
    f->indexes[0] = &nsg->index;
    f->indexes[1] = &nndescent->index;
    f->flat = &flat->index;
    for (int i = 0; i < 2; i++) {
        assert_ok (faiss_Index_add (f->indexes[i], N, f->x));
    }
    assert_ok (faiss_Index_add (f->flat, N, f->x));
    assert_ok (faiss_IDSelectorBitmap_new (&f->sel, sizeof f->bitmap, f->bitmap));
}

static void tear_down (Fixture *f) {
    faiss_Index_free (f->indexes[0]);
    faiss_Index_free (f->indexes[1]);
    faiss_Index_free (f->flat);
    faiss_IDSelectorBitmap_free (f->sel);
}

static size_t choose_members (Fixture *f, double share) {
    float u[N];
    size_t n = 0;
    faiss_float_rand (u, N, 3);
    memset (f->bitmap, 0, sizeof f->bitmap);
    for (int i = 0; i < N; i++) {
        bool is_member = (double)u[i] < share;
        f->bitmap[i >> 3] |= (uint8_t)(is_member << (i & 7));
        n += is_member;
    }
    return n;
}

typedef struct Found {
    float distances[NQ * K];
    idx_t labels[NQ * K];
} Found;

static FaissStatus search (const FaissIndex *index, const float *q, FaissIDSelector *sel,
                           int search_L, FaissHNSWFilter filter, Found *out) {
    FaissSearchParametersNSG *params = NULL;
    assert_ok (faiss_SearchParametersNSG_new_with (&params, sel, search_L));
    params->filter = filter;
    FaissStatus status = faiss_Index_search_with_params (index, NQ, q, K, &params->params,
                                                         out->distances, out->labels);
    faiss_SearchParametersNSG_free (params);
    return status;
}

static double recall (const Found *found, const Found *truth) {
    size_t n_found = 0, n_wanted = 0;
    for (int i = 0; i < NQ * K; i++) {
        n_wanted += truth->labels[i] >= 0;
        for (int j = i / K * K; j < (i / K + 1) * K; j++) {
            n_found += truth->labels[i] >= 0 && found->labels[j] == truth->labels[i];
        }
    }
    return (double)n_found / (double)n_wanted;
}

static void assert_only_members (const Fixture *f, const Found *found, size_t n_members,
                                 bool are_all_found) {
    for (int i = 0; i < NQ * K; i++) {
        idx_t id = found->labels[i];
        if (id < 0) {
            assert_true (!are_all_found || (size_t)(i % K) >= n_members);
        } else {
            assert_true (f->bitmap[id >> 3] >> (id & 7) & 1);
            assert_true (i % K == 0 || found->distances[i - 1] <= found->distances[i]);
        }
    }
}

/* However many members there are, they are found, and nothing else. */
static void members_are_found_at_any_share (void **state) {
    (void)state;
    static const double shares[] = {0, 0.001, 0.01, 0.1, 0.3, 0.5, 0.9, 1};
    Fixture f;
    set_up (&f);
    for (size_t s = 0; s < sizeof shares / sizeof *shares; s++) {
        size_t n_members = choose_members (&f, shares[s]);
        FaissSearchParameters *base = NULL;
        Found truth, found;
        assert_ok (faiss_SearchParameters_new (&base, &f.sel->sel));
        assert_ok (faiss_Index_search_with_params (f.flat, NQ, f.q, K, base, truth.distances,
                                                   truth.labels));
        for (int i = 0; i < 2; i++) {
            assert_ok (search (f.indexes[i], f.q, &f.sel->sel, 64, FAISS_HNSW_FILTER_AUTO, &found));
            assert_only_members (&f, &found, n_members, shares[s] < 0.4);
            if (n_members > 0 && recall (&found, &truth) < 0.95) {
                fail_msg ("index %d, share %g: recall %.3f", i, shares[s], recall (&found, &truth));
            }
            assert_ok (search (f.indexes[i], f.q, &f.sel->sel, 1, FAISS_HNSW_FILTER_SCAN, &found));
            assert_memory_equal (found.labels, truth.labels, sizeof truth.labels);
            assert_ok (
                search (f.indexes[i], f.q, &f.sel->sel, 64, FAISS_HNSW_FILTER_EXPAND, &found));
            assert_only_members (&f, &found, n_members, true);
            assert_ok (
                search (f.indexes[i], f.q, &f.sel->sel, 64, FAISS_HNSW_FILTER_PLAIN, &found));
            assert_only_members (&f, &found, n_members, false);
            /* other parameters: the selector counts */
            assert_ok (faiss_Index_search_with_params (f.indexes[i], NQ, f.q, K, base,
                                                       found.distances, found.labels));
            assert_only_members (&f, &found, n_members, shares[s] < 0.4);
        }
        faiss_SearchParameters_free (base);
    }
    tear_down (&f);
}

/* A call's number of candidates is as good as the index's. */
static void search_L_is_that_of_the_call (void **state) {
    (void)state;
    Fixture f;
    set_up (&f);
    for (int i = 0; i < 2; i++) {
        Found of_call, of_index;
        FaissIndexNSG *nsg = faiss_IndexNSG_cast (f.indexes[i]);
        FaissIndexNNDescent *nndescent = faiss_IndexNNDescent_cast (f.indexes[i]);
        int *search_L = nsg ? &nsg->nsg.search_L : &nndescent->nndescent.search_L;
        for (int value = 10; value < 400; value *= 3) {
            *search_L = 1;
            assert_ok (search (f.indexes[i], f.q, NULL, value, FAISS_HNSW_FILTER_AUTO, &of_call));
            *search_L = value;
            assert_ok (
                faiss_Index_search (f.indexes[i], NQ, f.q, K, of_index.distances, of_index.labels));
            assert_memory_equal (of_call.labels, of_index.labels, sizeof of_call.labels);
            assert_memory_equal (of_call.distances, of_index.distances, sizeof of_call.distances);
        }
    }
    tear_down (&f);
}

/* All members, found plainly, are what a search without a selector finds, or better. */
static void all_members_are_no_worse (void **state) {
    (void)state;
    Fixture f;
    set_up (&f);
    choose_members (&f, 2);
    for (int i = 0; i < 2; i++) {
        Found with, without;
        assert_ok (search (f.indexes[i], f.q, &f.sel->sel, 16, FAISS_HNSW_FILTER_PLAIN, &with));
        assert_ok (search (f.indexes[i], f.q, NULL, 16, FAISS_HNSW_FILTER_AUTO, &without));
        for (int j = 0; j < NQ * K; j++) {
            assert_true (with.distances[j] <= without.distances[j] * 1.00001f);
        }
    }
    tear_down (&f);
}

/* Wrappers hand selectors and parameters through. */
static void through_wrappers (void **state) {
    (void)state;
    FaissIndex *index = NULL;
    float x[N * D], distance;
    idx_t ids[N], label;
    faiss_float_rand (x, N * D, 1);
    for (int i = 0; i < N; i++) {
        ids[i] = 5000000000 + 3 * i;
    }
    assert_ok (faiss_index_factory (&index, D, "IDMap2,NSG8,SQ8", METRIC_L2));
    assert_ok (faiss_Index_train (index, N, x));
    assert_ok (faiss_Index_add_with_ids (index, N, x, ids));
    FaissIDSelectorRange *sel = NULL;
    FaissSearchParametersNSG *params = NULL;
    assert_ok (faiss_IDSelectorRange_new (&sel, ids[100], ids[200]));
    assert_ok (faiss_SearchParametersNSG_new_with (&params, &sel->sel, 100));
    for (int i = 0; i < 100; i++) {
        assert_ok (faiss_Index_search_with_params (index, 1, x + i * D, 1, &params->params,
                                                   &distance, &label));
        assert_in_range (label, ids[100], ids[199]);
    }
    assert_int_equal (faiss_SearchParametersNSG_cast (&params->params)->search_L, 100);
    faiss_SearchParametersNSG_free (params);
    faiss_IDSelectorRange_free (sel);
    faiss_Index_free (index);
}

static void bad_settings_are_refused (void **state) {
    (void)state;
    Fixture f;
    Found found;
    set_up (&f);
    choose_members (&f, 0.5);
    for (int i = 0; i < 2; i++) {
        FaissIDSelector *sel = &f.sel->sel;
        assert_fails (search (f.indexes[i], f.q, sel, -1, FAISS_HNSW_FILTER_AUTO, &found),
                      "search_L");
        assert_fails (search (f.indexes[i], f.q, sel, 16, (FaissHNSWFilter)4, &found),
                      "expected a filter of 0 .. 3, got 4");
    }
    assert_fails (search (f.indexes[0], f.q, NULL, 0, FAISS_HNSW_FILTER_AUTO, &found),
                  "expected search_L >= 1, got 0");
    tear_down (&f);
}

TEST_MAIN (cmocka_unit_test (members_are_found_at_any_share),
           cmocka_unit_test (search_L_is_that_of_the_call),
           cmocka_unit_test (all_members_are_no_worse), cmocka_unit_test (through_wrappers),
           cmocka_unit_test (bad_settings_are_refused))
