/* IndexIDMap and IndexIDMap2: ids in, ids out, whatever happens in between. */
#include "testing.h"

#include <faiss/IndexFlat.h>
#include <faiss/IndexIDMap.h>
#include <faiss/IndexIVFFlat.h>
#include <faiss/index_factory.h>

enum { N = 200, NQ = 5, D = 8, K = 7 };

static float rows[N * D], queries[NQ * D];
static idx_t ids[N];

static int make_data (void **state) {
    (void)state;
    TestRandom random = {17};
    testing_floats (&random, rows, N * D);
    testing_floats (&random, queries, NQ * D);
    for (int i = 0; i < N; i++) {
        ids[i] = 1000000 - 13 * i;
    }
    return 0;
}

static FaissIndex *filled (const char *description) {
    FaissIndex *index = NULL;
    assert_ok (faiss_index_factory (&index, D, description, METRIC_L2));
    assert_ok (faiss_Index_train (index, N, rows));
    assert_ok (faiss_Index_add_with_ids (index, N, rows, ids));
    bool known;
    assert_ok (index->cls->set_parameter (index, "nprobe", 100, &known));
    return index;
}

/* Each row finds itself under the id of the row that it is a copy of. */
static void assert_finds (const FaissIndex *index, idx_t row, idx_t id) {
    float distance;
    idx_t label;
    assert_ok (faiss_Index_search (index, 1, rows + row * D, 1, &distance, &label));
    assert_int_equal (label, id);
}

static void results_are_ids (void **state) {
    (void)state;
    const char *descriptions[] = {"IDMap,Flat", "Flat,IDMap2", "IDMap,IVF4,Flat"};
    for (int t = 0; t < 3; t++) {
        FaissIndex *index = filled (descriptions[t]);
        for (idx_t i = 0; i < N; i++) {
            assert_finds (index, i, ids[i]);
        }
        float distances[3 * N];
        idx_t labels[3 * N];
        assert_ok (faiss_Index_search (index, 1, queries, 3 * N, distances, labels));
        for (int i = 0; i < 3 * N; i++) {
            assert_true (i < N ? labels[i] > 900000 : labels[i] == -1);
        }
        FaissRangeSearchResult *ranges = NULL;
        assert_ok (faiss_RangeSearchResult_new (&ranges, 1));
        assert_ok (faiss_Index_range_search (index, 1, queries, 1e9f, ranges));
        assert_int_equal (ranges->lims[1], N);
        for (int i = 0; i < N; i++) {
            assert_int_equal ((1000000 - ranges->labels[i]) % 13, 0);
        }
        faiss_RangeSearchResult_free (ranges);
        faiss_Index_free (index);
    }
}

static void add_without_ids_is_refused (void **state) {
    (void)state;
    FaissIndex *index = filled ("IDMap,Flat");
    assert_fails (faiss_Index_add (index, 1, rows), "add_with_ids");
    assert_fails (faiss_Index_add_with_ids (index, 1, rows, NULL), "xids");
    assert_fails (faiss_Index_reconstruct (index, ids[0], queries), "not implemented");
    assert_int_equal (index->ntotal, N);
    faiss_Index_free (index);
}

static void removal_keeps_ids (void **state) {
    (void)state;
    const char *descriptions[] = {"IDMap,Flat", "IDMap,IVF4,Flat", "IDMap2,Flat"};
    for (int t = 0; t < 3; t++) {
        int two = t == 2;
        FaissIndex *index = filled (descriptions[t]);
        FaissIDSelectorBatch *batch = NULL;
        idx_t gone[N / 3 + 1];
        size_t n = 0, n_removed = 0;
        for (int i = 0; i < N; i += 3) {
            gone[n++] = ids[i];
        }
        assert_ok (faiss_IDSelectorBatch_new (&batch, n, gone));
        assert_ok (faiss_Index_remove_ids (index, &batch->sel, &n_removed));
        assert_int_equal (n_removed, n);
        assert_int_equal (index->ntotal, N - (idx_t)n);
        for (idx_t i = 0; i < N; i++) {
            if (i % 3 != 0) {
                assert_finds (index, i, ids[i]);
            }
            if (two) {
                float one[D];
                FaissStatus status = faiss_Index_reconstruct (index, ids[i], one);
                assert_int_equal (status, i % 3 ? FAISS_OK : FAISS_EXCEPT);
                assert_true (i % 3 == 0 || memcmp (one, rows + i * D, sizeof one) == 0);
            }
        }
        if (two) {
            assert_ok (faiss_IndexIDMap2_check_consistency (faiss_IndexIDMap2_cast (index)));
        }
        /* and what is added now */
        assert_ok (faiss_Index_add_with_ids (index, 1, rows, (idx_t[]){-4}));
        assert_finds (index, 0, -4);
        assert_finds (index, N - 1, ids[N - 1]);
        faiss_IDSelector_free (&batch->sel);
        faiss_Index_free (index);
    }
}

/* Vectors are replaced under their ids, few and many at once: as in an index that is made anew. */
static void updates_keep_ids (void **state) {
    (void)state;
    static const int sizes[] = {1, 1, 5, 12, 13, 40, 199, 200, 0};
    const char *descriptions[] = {"IDMap2,Flat", "IDMap2,HNSW8", "IDMap2,IVF4,Flat"};
    for (int t = 0; t < 3; t++) {
        FaissIndex *index = filled (descriptions[t]);
        int of_id[N]; /* the row that each id has */
        for (int i = 0; i < N; i++) {
            of_id[i] = i;
        }
        /* one id twice: the last vector counts, and both go */
        assert_ok (faiss_Index_add_with_ids (index, 1, rows + 3 * D, &ids[N - 1]));
        for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
            int n = sizes[s];
            idx_t changed[N];
            float x[N * D], one[D];
            size_t n_removed = 0;
            FaissIDSelectorBatch *batch = NULL;
            for (int j = 0; j < n; j++) {
                int i = N - 1 - (j * 7) % N;
                changed[j] = ids[i];
                of_id[i] = (of_id[i] + 31) % N;
                memcpy (x + j * D, rows + of_id[i] * D, sizeof one);
            }
            assert_ok (faiss_IDSelectorBatch_new (&batch, (size_t)n, changed));
            assert_ok (faiss_Index_remove_ids (index, &batch->sel, &n_removed));
            assert_int_equal (n_removed, n + (s == 0));
            assert_ok (faiss_Index_add_with_ids (index, n, x, changed));
            faiss_IDSelector_free (&batch->sel);
            assert_int_equal (index->ntotal, N);
            assert_ok (faiss_IndexIDMap2_check_consistency (faiss_IndexIDMap2_cast (index)));
            for (int i = 0; i < N; i++) {
                float distance;
                idx_t label;
                if (t < 2) { /* an inverted file needs a direct map for that */
                    assert_ok (faiss_Index_reconstruct (index, ids[i], one));
                    assert_memory_equal (one, rows + of_id[i] * D, sizeof one);
                }
                assert_ok (
                    faiss_Index_search (index, 1, rows + of_id[i] * D, 1, &distance, &label));
                assert_float_equal (distance, 0, 1e-5);
                assert_int_equal (of_id[(1000000 - label) / 13], of_id[i]);
            }
        }
        faiss_Index_free (index);
    }
}

static void merging_appends_ids (void **state) {
    (void)state;
    const char *descriptions[] = {"IDMap,Flat", "IDMap2,Flat", "IDMap,IVF4,Flat",
                                  "IDMap2,L2norm,IVF4,Flat"};
    for (int t = 0; t < 4; t++) {
        FaissIndex *index = NULL, *other = NULL;
        assert_ok (faiss_index_factory (&index, D, descriptions[t], METRIC_L2));
        assert_ok (faiss_Index_train (index, N, rows));
        assert_ok (faiss_object_clone (&other, index));
        assert_ok (faiss_Index_add_with_ids (index, 80, rows, ids));
        assert_ok (faiss_Index_add_with_ids (other, N - 80, rows + 80 * D, ids + 80));
        assert_ok (faiss_Index_merge_from (index, other, 5));
        assert_int_equal (index->ntotal, N);
        assert_int_equal (other->ntotal, 0);
        for (idx_t i = 0; i < N; i++) {
            assert_finds (index, i, i < 80 ? ids[i] : ids[i] + 5);
        }
        assert_ok (faiss_Index_add_with_ids (other, 1, rows, ids));
        assert_finds (other, 0, ids[0]);
        faiss_Index_free (index);
        faiss_Index_free (other);
    }
    FaissIndex *map = filled ("IDMap,Flat"), *map2 = filled ("IDMap2,Flat");
    assert_fails (faiss_Index_merge_from (map, map2, 0), "expected an IndexIDMap, got");
    assert_int_equal (map2->ntotal, N);
    faiss_Index_free (map);
    faiss_Index_free (map2);
}

static void selectors_select_ids (void **state) {
    (void)state;
    FaissIndex *index = filled ("IDMap,Flat");
    FaissIDSelectorRange *range = NULL;
    FaissSearchParameters *params = NULL;
    float distances[NQ * K];
    idx_t labels[NQ * K];
    assert_ok (faiss_IDSelectorRange_new (&range, ids[60], ids[50])); /* ids descend */
    assert_ok (faiss_SearchParameters_new (&params, &range->sel));
    assert_ok (faiss_Index_search_with_params (index, NQ, queries, K, params, distances, labels));
    for (int i = 0; i < NQ * K; i++) {
        assert_true (labels[i] >= ids[60] && labels[i] < ids[50]);
    }
    assert_ptr_equal (params->sel, &range->sel); /* the caller's parameters are left alone */
    faiss_SearchParameters_free (params);
    faiss_IDSelectorRange_free (range);
    faiss_Index_free (index);
}

static void the_last_of_equal_ids_counts (void **state) {
    (void)state;
    FaissIndex *index = NULL;
    float one[D];
    idx_t twice[] = {7, 8, 7};
    assert_ok (faiss_index_factory (&index, D, "IDMap2,Flat", METRIC_L2));
    assert_ok (faiss_Index_add_with_ids (index, 3, rows, twice));
    assert_ok (faiss_Index_reconstruct (index, 7, one));
    assert_memory_equal (one, rows + 2 * D, sizeof one);
    FaissIndexIDMap2 *map = faiss_IndexIDMap2_cast (index);
    float two[2 * D];
    assert_ok (faiss_Index_reconstruct_n (index, 7, 2, two));
    assert_memory_equal (two, rows + 2 * D, sizeof one);
    assert_memory_equal (two + D, rows + D, sizeof one);
    assert_fails (faiss_Index_reconstruct_n (index, 8, 2, two), "no id 9");
    assert_ok (faiss_IndexIDMap2_check_consistency (map));
    assert_true (faiss_IdMap_remove (&map->rev_map, 8));
    assert_fails (faiss_IndexIDMap2_check_consistency (map), "the id 8 at position 1");
    assert_ok (faiss_IndexIDMap2_construct_rev_map (map));
    assert_ok (faiss_IndexIDMap2_check_consistency (map));
    faiss_Index_free (index);
}

static void the_index_behind_may_be_trained_alone (void **state) {
    (void)state;
    FaissIndex *index = NULL;
    assert_ok (faiss_index_factory (&index, D, "IDMap,IVF4,Flat", METRIC_L2));
    assert_fails (faiss_Index_add_with_ids (index, N, rows, ids), "not trained");
    assert_ok (
        faiss_Index_train (faiss_IndexIDMap_sub_index (faiss_IndexIDMap_cast (index)), N, rows));
    assert_ok (faiss_Index_add_with_ids (index, N, rows, ids));
    assert_finds (index, 4, ids[4]);
    faiss_Index_free (index);
}

static void codes_are_added_with_ids (void **state) {
    (void)state;
    FaissIndex *index = NULL;
    size_t size = 0;
    assert_ok (faiss_index_factory (&index, D, "IDMap2,Flat", METRIC_L2));
    assert_ok (faiss_Index_sa_code_size (index, &size));
    assert_int_equal (size, D * sizeof (float));
    assert_fails (faiss_Index_add_sa_codes (index, N, (const uint8_t *)rows, NULL), "xids");
    assert_ok (faiss_Index_add_sa_codes (index, N, (const uint8_t *)rows, ids));
    for (idx_t i = 0; i < N; i++) {
        assert_finds (index, i, ids[i]);
    }
    faiss_Index_free (index);
}

static void parts_are_borrowed_unless_told (void **state) {
    (void)state;
    FaissIndexFlat *flat = NULL;
    FaissIndexIDMap *map = NULL;
    FaissIndexIDMap2 *map2 = NULL;
    assert_ok (faiss_IndexFlat_new_with (&flat, D, METRIC_L2));
    assert_fails (faiss_IndexIDMap_new (&map, NULL), "index is NULL");
    assert_ok (faiss_IndexIDMap_new (&map, &flat->index));
    assert_ok (faiss_IndexIDMap2_new (&map2, &flat->index));
    assert_false (faiss_IndexIDMap_own_fields (map));
    assert_ptr_equal (faiss_IndexIDMap_sub_index (map), &flat->index);
    assert_ptr_equal (faiss_IndexIDMap2_sub_index (map2), &flat->index);
    assert_ptr_equal (faiss_IndexIDMap_cast (&map2->base), map2);
    assert_null (faiss_IndexIDMap2_cast (&map->base));
    assert_null (faiss_IndexIDMap_cast (&flat->index));
    faiss_Index_free (&map2->base);
    assert_ok (faiss_Index_add_with_ids (&map->base, N, rows, ids));
    idx_t *stored = NULL;
    size_t n = 0;
    faiss_IndexIDMap_id_map (map, &stored, &n);
    faiss_IndexIDMap_id_map (map, NULL, NULL);
    assert_int_equal (n, N);
    assert_memory_equal (stored, ids, sizeof ids);
    FaissIndexIDMap *late = NULL;
    assert_fails (faiss_IndexIDMap_new (&late, &flat->index), "must be empty");
    faiss_IndexIDMap_set_own_fields (map, 7);
    assert_int_equal (faiss_IndexIDMap_own_fields (map), 1);
    faiss_Index_free (&map->base);

    FaissIndex *default_object = NULL;
    assert_ok (faiss_IndexIDMap2_new_default ((FaissIndexIDMap2 **)&default_object));
    assert_fails (faiss_Index_add_with_ids (default_object, 0, rows, ids), "NULL");
    faiss_Index_free (default_object);
}

int main (void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (results_are_ids),
        cmocka_unit_test (add_without_ids_is_refused),
        cmocka_unit_test (removal_keeps_ids),
        cmocka_unit_test (updates_keep_ids),
        cmocka_unit_test (merging_appends_ids),
        cmocka_unit_test (selectors_select_ids),
        cmocka_unit_test (the_last_of_equal_ids_counts),
        cmocka_unit_test (the_index_behind_may_be_trained_alone),
        cmocka_unit_test (codes_are_added_with_ids),
        cmocka_unit_test (parts_are_borrowed_unless_told),
    };
    return cmocka_run_group_tests (tests, make_data, NULL);
}
