/* IndexFlat and its kin against straightforward loops. */
#include "testing.h"

#include <math.h>

#include <faiss/IndexFlat.h>
#include <faiss/IndexFlat1D.h>
#include <faiss/utils/distances.h>
#include <faiss/utils/extra_distances.h>
#include <faiss/utils/simd_levels.h>

#ifdef _OPENMP
#include <omp.h>
#else
#define omp_set_num_threads(n) ((void)(n))
#endif

static uint64_t state = 12345;

/* small numbers, so that ties occur and sums are exact */
static float small_number (void) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (float)((state >> 33) % 9) - 4;
}

static float *small_vectors (size_t n, size_t d) {
    float *x = malloc ((n * d + 1) * sizeof *x);
    assert_non_null (x);
    for (size_t i = 0; i < n * d; i++) {
        x[i] = small_number ();
    }
    return x;
}

/* What upstream returns: the k best, ties by id (ascending for distances, descending for
 * similarities). At the k-th place the first scanned of equal ones stays. */
static void expected_results (const float *x, const float *y, size_t d, idx_t ny, idx_t k,
                              bool similarity, const FaissIDSelector *sel, float *vals,
                              idx_t *ids) {
    bool *used = calloc ((size_t)ny + 1, sizeof *used);
    float *all = malloc (((size_t)ny + 1) * sizeof *all);
    for (idx_t j = 0; j < ny; j++) {
        all[j] = 0;
        for (size_t c = 0; c < d; c++) {
            float a = x[c], b = y[(size_t)j * d + c];
            all[j] += similarity ? a * b : (a - b) * (a - b);
        }
        used[j] = sel && !faiss_IDSelector_is_member (sel, j);
    }
    for (idx_t r = 0; r < k; r++) {
        idx_t best = -1;
        for (idx_t j = 0; j < ny; j++) {
            if (!used[j] && (best < 0 || (similarity ? all[j] > all[best] : all[j] < all[best]))) {
                best = j;
            }
        }
        ids[r] = best;
        vals[r] = best < 0 ? (similarity ? -3.402823466e38f : 3.402823466e38f) : all[best];
        if (best >= 0) {
            used[best] = true;
        }
    }
    /* equal similarities come out in descending id */
    for (idx_t r = 0; similarity && r < k;) {
        idx_t end = r;
        while (end < k && ids[end] >= 0 && vals[end] == vals[r]) {
            end++;
        }
        for (idx_t a = r, b = end - 1; a < b; a++, b--) {
            idx_t swapped = ids[a];
            ids[a] = ids[b];
            ids[b] = swapped;
        }
        r = end > r ? end : r + 1;
    }
    free (used);
    free (all);
}

static void compare_search (FaissIndex *index, const float *y, idx_t n, idx_t k,
                            FaissIDSelector *sel) {
    size_t d = (size_t)index->d;
    bool similarity = index->metric_type == METRIC_INNER_PRODUCT;
    float *x = small_vectors ((size_t)n, d);
    float *vals = malloc ((size_t)(n * k) * sizeof *vals),
          *expected = malloc (sizeof *expected * (size_t)k);
    idx_t *ids = malloc ((size_t)(n * k) * sizeof *ids),
          *expected_ids = malloc (sizeof *expected_ids * (size_t)k);
    FaissSearchParameters *params = NULL;
    assert_ok (faiss_SearchParameters_new (&params, sel));
    assert_ok (faiss_Index_search_with_params (index, n, x, k, params, vals, ids));
    for (idx_t i = 0; i < n; i++) {
        expected_results (x + (size_t)i * d, y, d, index->ntotal, k, similarity, sel, expected,
                          expected_ids);
        for (idx_t j = 0; j < k; j++) {
            if (ids[i * k + j] != expected_ids[j] || vals[i * k + j] != expected[j]) {
                fail_msg (
                    "metric %d d=%zu ntotal=%lld n=%lld k=%lld sel=%d: query %lld result %lld "
                    "is %lld (%g), expected %lld (%g)",
                    index->metric_type, d, (long long)index->ntotal, (long long)n, (long long)k,
                    sel != NULL, (long long)i, (long long)j, (long long)ids[i * k + j],
                    vals[i * k + j], (long long)expected_ids[j], expected[j]);
            }
        }
    }
    faiss_SearchParameters_free (params);
    free (x), free (vals), free (expected), free (ids), free (expected_ids);
}

static void search_equals_a_plain_loop (void **unused) {
    (void)unused;
    static const idx_t sizes[] = {0, 1, 31, 33, 1000, 3001};
    static const idx_t dims[] = {1, 7, 16, 17, 100};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        for (size_t e = 0; e < sizeof dims / sizeof *dims; e++) {
            for (int metric = 0; metric < 2; metric++) {
                FaissIndexFlat *flat = NULL;
                assert_ok (faiss_IndexFlat_new_with (&flat, dims[e], (FaissMetricType)metric));
                float *y = small_vectors ((size_t)sizes[s], (size_t)dims[e]);
                assert_ok (faiss_Index_add (&flat->index, sizes[s], y));
                static const idx_t batches[] = {0, 1, 5, 13, 40};
                static const idx_t ks[] = {1, 2, 10, 100, 150};
                for (size_t b = 0; b < 5; b++) {
                    compare_search (&flat->index, y, batches[b], ks[(b + s) % 5], NULL);
                    compare_search (&flat->index, y, batches[b], ks[(b + s + 2) % 5], NULL);
                }
                free (y);
                faiss_IndexFlat_free (flat);
            }
        }
    }
}

static void formulas_levels_and_thread_counts_agree (void **unused) {
    (void)unused; /* numbers are small integers: all sums are exact */
    FaissSIMDLevel level_before = faiss_get_simd_level ();
    int threshold_before = faiss_get_distance_compute_blas_threshold ();
    for (int level = 0; level < SIMDLevel_COUNT; level++) {
        if (!faiss_simd_level_is_available ((FaissSIMDLevel)level)) {
            continue;
        }
        assert_ok (faiss_set_simd_level ((FaissSIMDLevel)level));
        for (int metric = 0; metric < 2; metric++) {
            FaissIndexFlat *flat = NULL;
            assert_ok (faiss_IndexFlat_new_with (&flat, 24, (FaissMetricType)metric));
            float *y = small_vectors (4500, 24);
            assert_ok (faiss_Index_add (&flat->index, 4500, y));
            for (int round = 0; round < 6; round++) {
                omp_set_num_threads (1 + round % 3);
                faiss_set_distance_compute_blas_threshold (round < 3 ? 1 : 1000000);
                for (idx_t n = 1; n < 30; n += 7) {
                    compare_search (&flat->index, y, n, n % 2 ? 12 : 1, NULL);
                }
            }
            free (y);
            faiss_IndexFlat_free (flat);
        }
    }
    omp_set_num_threads (2);
    faiss_set_distance_compute_blas_threshold (threshold_before);
    assert_ok (faiss_set_simd_level (level_before));
}

static void many_queries_with_few_rows (void **unused) {
    (void)unused; /* as k-means has it: rows are packed once for all */
    for (int metric = 0; metric < 2; metric++) {
        FaissIndexFlat *flat = NULL;
        assert_ok (faiss_IndexFlat_new_with (&flat, 5, (FaissMetricType)metric));
        float *y = small_vectors (77, 5);
        assert_ok (faiss_Index_add (&flat->index, 77, y));
        compare_search (&flat->index, y, 1203, 1, NULL);
        compare_search (&flat->index, y, 1203, 3, NULL);
        compare_search (&flat->index, y, 600, 80, NULL);
        free (y);
        faiss_IndexFlat_free (flat);
    }
}

static void selectors_restrict (void **unused) {
    (void)unused;
    for (int metric = 0; metric < 2; metric++) {
        FaissIndexFlat *flat = NULL;
        assert_ok (faiss_IndexFlat_new_with (&flat, 10, (FaissMetricType)metric));
        float *y = small_vectors (700, 10);
        assert_ok (faiss_Index_add (&flat->index, 700, y));
        idx_t some[] = {699, 3, 8, 8, 500, 21, 450};
        FaissIDSelectorRange *range = NULL, *odd_range = NULL, *empty = NULL;
        FaissIDSelectorArray *array = NULL;
        FaissIDSelectorBatch *batch = NULL;
        FaissIDSelectorNot *not = NULL;
        assert_ok (faiss_IDSelectorRange_new (&range, 100, 333));
        assert_ok (faiss_IDSelectorRange_new (&odd_range, -5, 10000));
        assert_ok (faiss_IDSelectorRange_new (&empty, 20, 10));
        assert_ok (faiss_IDSelectorArray_new (&array, 7, some));
        assert_ok (faiss_IDSelectorBatch_new (&batch, 7, some));
        assert_ok (faiss_IDSelectorNot_new (&not, &range->sel));
        FaissIDSelector *all[] = {&range->sel, &odd_range->sel, &empty->sel,
                                  &array->sel, &batch->sel,     &not ->base};
        for (size_t i = 0; i < 6; i++) {
            compare_search (&flat->index, y, 1, 10, all[i]);
            compare_search (&flat->index, y, 17, 1, all[i]);
            compare_search (&flat->index, y, 17, 120, all[i]);
            faiss_IDSelector_free (all[i] == &range->sel ? NULL : all[i]);
        }
        faiss_IDSelector_free (&range->sel);
        free (y);
        faiss_IndexFlat_free (flat);
    }
}

static void nan_is_never_a_result (void **unused) {
    (void)unused;
    for (int metric = 0; metric < 2; metric++) {
        FaissIndexFlat *flat = NULL;
        assert_ok (faiss_IndexFlat_new_with (&flat, 2, (FaissMetricType)metric));
        float y[] = {1, 2, NAN, 3, 4, 5};
        assert_ok (faiss_Index_add (&flat->index, 3, y));
        for (idx_t n = 1; n < 40; n += 13) {
            float x[80], vals[160];
            idx_t ids[160];
            for (int i = 0; i < 80; i++) {
                x[i] = 1;
            }
            x[2] = NAN; /* the second query finds nothing */
            assert_ok (faiss_Index_search (&flat->index, n, x, 4, vals, ids));
            for (idx_t i = 0; i < n; i++) {
                assert_int_equal (ids[i * 4 + 2], -1);
                assert_int_equal (ids[i * 4] < 0, i == 1);
                assert_int_not_equal (ids[i * 4 + 1], 1);
            }
            assert_ok (faiss_Index_search (&flat->index, n, x, 1, vals, ids));
            assert_int_equal (ids[0], metric == METRIC_L2 ? 0 : 2);
            assert_int_equal (n > 1 ? ids[1] : -1, -1);
        }
        faiss_IndexFlat_free (flat);
    }
}

static void range_search_equals_a_plain_loop (void **unused) {
    (void)unused;
    for (int metric = 0; metric < 2; metric++) {
        FaissIndexFlat *flat = NULL;
        assert_ok (faiss_IndexFlat_new_with (&flat, 9, (FaissMetricType)metric));
        float *y = small_vectors (800, 9), *x = small_vectors (30, 9);
        assert_ok (faiss_Index_add (&flat->index, 800, y));
        for (idx_t n = 0; n <= 30; n += 15) {
            FaissRangeSearchResult *result = NULL;
            assert_ok (faiss_RangeSearchResult_new (&result, n));
            float radius = metric ? 60 : 20;
            assert_ok (faiss_Index_range_search (&flat->index, n, x, radius, result));
            size_t at = 0;
            for (size_t i = 0; i < (size_t)n; i++) {
                assert_int_equal (result->lims[i], at);
                for (size_t j = 0; j < 800; j++) {
                    float value = metric ? faiss_fvec_L2sqr (x + i * 9, y + j * 9, 9)
                                         : faiss_fvec_inner_product (x + i * 9, y + j * 9, 9);
                    if (metric ? value < radius : value > radius) {
                        assert_int_equal (result->labels[at], j);
                        assert_true (result->distances[at] == value);
                        at++;
                    }
                }
            }
            assert_int_equal (result->lims[n], at);
            faiss_RangeSearchResult_free (result);
        }
        free (y), free (x);
        faiss_IndexFlat_free (flat);
    }
}

static void changes_keep_the_order (void **unused) {
    (void)unused;
    FaissIndexFlatL2 *a = NULL, *b = NULL;
    assert_ok (faiss_IndexFlatL2_new_with (&a, 2));
    assert_ok (faiss_IndexFlatL2_new_with (&b, 2));
    float y[] = {0, 0, 1, 1, 2, 2, 3, 3, 4, 4};
    for (int i = 0; i < 5; i++) {
        assert_ok (faiss_Index_add (&a->index, 1, y + 2 * i));
    }
    FaissIDSelectorRange *range = NULL;
    assert_ok (faiss_IDSelectorRange_new (&range, 1, 3));
    size_t n_removed = 0;
    assert_ok (faiss_Index_remove_ids (&a->index, &range->sel, &n_removed));
    assert_int_equal (n_removed, 2);
    assert_int_equal (a->index.ntotal, 3);
    float row[4];
    assert_ok (faiss_Index_reconstruct_n (&a->index, 1, 2, row));
    assert_true (row[0] == 3 && row[2] == 4);
    assert_int_not_equal (faiss_Index_reconstruct (&a->index, 3, row), FAISS_OK);
    assert_int_not_equal (faiss_Index_reconstruct (&a->index, -1, row), FAISS_OK);

    assert_ok (faiss_Index_add (&b->index, 5, y));
    assert_int_not_equal (faiss_Index_merge_from (&b->index, &a->index, 7), FAISS_OK);
    assert_ok (faiss_Index_merge_from (&b->index, &a->index, 0));
    assert_int_equal (a->index.ntotal, 0);
    assert_int_equal (b->index.ntotal, 8);
    assert_ok (faiss_Index_reconstruct (&b->index, 6, row));
    assert_true (row[1] == 3);

    idx_t perm[] = {7, 6, 5, 4, 3, 2, 1, 0};
    assert_ok (faiss_IndexFlatCodes_permute_entries (&b->flat_codes, perm));
    assert_ok (faiss_Index_reconstruct (&b->index, 1, row));
    assert_true (row[1] == 3);
    uint8_t code[2 * 8];
    assert_ok (faiss_Index_sa_encode (&b->index, 2, y + 2, code));
    assert_ok (faiss_Index_add_sa_codes (&b->index, 2, code, NULL));
    assert_int_equal (b->index.ntotal, 10);
    assert_ok (faiss_Index_reset (&b->index));
    assert_int_equal (b->index.ntotal, 0);
    faiss_IDSelector_free (&range->sel);
    faiss_IndexFlatL2_free (a);
    faiss_IndexFlatL2_free (b);
}

static void distance_computers_agree_with_the_metric (void **unused) {
    (void)unused;
    static const FaissMetricType metrics[] = {
        METRIC_INNER_PRODUCT, METRIC_L2,         METRIC_L1,      METRIC_Linf,  METRIC_Lp,
        METRIC_Canberra,      METRIC_BrayCurtis, METRIC_Jaccard, METRIC_GOWER, METRIC_NaNEuclidean,
        METRIC_JensenShannon};
    for (size_t m = 0; m < sizeof metrics / sizeof *metrics; m++) {
        FaissIndexFlat *flat = NULL;
        assert_ok (faiss_IndexFlat_new_with (&flat, 13, metrics[m]));
        flat->index.metric_arg = 3;
        float *y = small_vectors (50, 13);
        for (size_t i = 0; i < 50 * 13; i++) {
            y[i] = (y[i] + 5) / 10; /* in 0.1 .. 0.9 */
        }
        assert_ok (faiss_Index_add (&flat->index, 50, y));
        FaissDistanceComputer *dc = NULL;
        assert_ok (faiss_Index_get_distance_computer (&flat->index, &dc));
        assert_ok (faiss_DistanceComputer_set_query (dc, y + 13));
        FaissVectorDistance distance = NULL;
        assert_ok (faiss_vector_distance (&distance, metrics[m]));
        idx_t four[] = {2, 49, 7, 7};
        float out[4];
        dc->distances_batch_4 (dc, four, out);
        float pairs[2 * 50];
        assert_ok (
            faiss_pairwise_extra_distances (13, 2, y, 50, y, metrics[m], 3, pairs, -1, -1, -1));
        for (int i = 0; i < 4; i++) {
            float expected = distance (y + 13, y + 13 * four[i], 13, 3);
            assert_true (dc->distance (dc, four[i]) == expected);
            assert_true (out[i] == expected);
            assert_true (dc->symmetric_dis (dc, 1, four[i]) == expected);
            assert_true (pairs[50 + four[i]] == expected);
        }
        bool similarity = faiss_is_similarity_metric (metrics[m]);
        assert_true (dc->distance (dc, -1) == (similarity ? -HUGE_VALF : HUGE_VALF));
        float unchanged = -7;
        assert_fails (faiss_DistanceComputer_vector_to_query_dis (dc, 50, &unchanged), "below 50");
        assert_fails (faiss_DistanceComputer_symmetric_dis (dc, 0, 51, &unchanged), "got 51");
        assert_true (unchanged == -7);
        float vals[3];
        idx_t ids[3];
        assert_ok (faiss_Index_search (&flat->index, 1, y + 13, 3, vals, ids));
        assert_true (vals[0] == distance (y + 13, y + 13 * ids[0], 13, 3));
        assert_true (similarity ? vals[0] >= vals[1] : vals[0] <= vals[1]);
        faiss_DistanceComputer_free (dc);
        free (y);
        faiss_IndexFlat_free (flat);
    }
    FaissIndexFlat *flat = NULL;
    assert_int_not_equal (faiss_IndexFlat_new_with (&flat, 13, (FaissMetricType)7), FAISS_OK);
    assert_null (flat);
}

static void cached_norms_speak_for_the_current_vectors (void **unused) {
    (void)unused;
    FaissIndexFlatL2 *flat = NULL;
    assert_ok (faiss_IndexFlatL2_new_with (&flat, 6));
    float *y = small_vectors (20, 6);
    assert_ok (faiss_Index_add (&flat->index, 10, y));
    assert_ok (faiss_IndexFlatL2_sync_l2norms (flat));
    for (int round = 0; round < 2; round++) {
        FaissDistanceComputer *dc = NULL;
        assert_ok (faiss_Index_get_distance_computer (&flat->index, &dc));
        assert_ok (faiss_DistanceComputer_set_query (dc, y + 60));
        idx_t four[] = {2, 9, 7, 0};
        float out[4];
        dc->distances_batch_4 (dc, four, out);
        for (int i = 0; i < 4; i++) {
            float expected = faiss_fvec_L2sqr (y + 60, y + 6 * four[i], 6);
            assert_true (out[i] == expected && dc->distance (dc, four[i]) == expected);
        }
        faiss_DistanceComputer_free (dc);
        assert_ok (faiss_Index_add (&flat->index, 10, y + 60));
        assert_int_equal (flat->cached_l2norms.size, 0);
    }
    free (y);
    faiss_IndexFlatL2_free (flat);
}

typedef struct Counter {
    FaissResultHandler handler;
    idx_t last;
    int n_calls;
} Counter;

static FaissStatus count_candidate (FaissResultHandler *handler, float distance, idx_t id) {
    Counter *self = (Counter *)handler;
    assert_true (distance < handler->threshold && id > self->last);
    self->last = id;
    return self->n_calls++ < 15 ? FAISS_OK : FAISS_EXCEPT;
}

static void a_handler_gets_the_candidates (void **unused) {
    (void)unused;
    FaissIndexFlatL2 *flat = NULL;
    assert_ok (faiss_IndexFlatL2_new_with (&flat, 1));
    float y[20], x = 0;
    for (int i = 0; i < 20; i++) {
        y[i] = (float)i;
    }
    assert_ok (faiss_Index_add (&flat->index, 20, y));
    Counter counter = {.handler = {.threshold = 100, .add_result = count_candidate}, .last = -1};
    assert_ok (faiss_Index_search1 (&flat->index, &x, &counter.handler, NULL));
    assert_int_equal (counter.n_calls, 10);
    counter.last = -1;
    counter.handler.threshold = 1000;
    assert_int_equal (faiss_Index_search1 (&flat->index, &x, &counter.handler, NULL), FAISS_EXCEPT);
    assert_int_equal (counter.last, 5); /* a failure ends the search */
    FaissIDSelectorRange *range = NULL;
    FaissSearchParameters *params = NULL;
    assert_ok (faiss_IDSelectorRange_new (&range, 7, 9));
    assert_ok (faiss_SearchParameters_new (&params, &range->sel));
    counter = (Counter){.handler = {.threshold = 1000, .add_result = count_candidate}, .last = 6};
    assert_ok (faiss_Index_search1 (&flat->index, &x, &counter.handler, params));
    assert_int_equal (counter.n_calls, 2);
    faiss_SearchParameters_free (params);
    faiss_IDSelector_free (&range->sel);
    faiss_IndexFlatL2_free (flat);
}

static void numbers_on_a_line (void **unused) {
    (void)unused;
    FaissIndexFlat1D *line = NULL;
    assert_ok (faiss_IndexFlat1D_new (&line));
    float y[] = {3, 1, 2, 1, 5, 2};
    assert_ok (faiss_Index_add (&line->index, 6, y));
    float x[] = {2, 9, 1.5f, NAN}, vals[4 * 8];
    idx_t ids[4 * 8];
    assert_ok (faiss_Index_search (&line->index, 4, x, 8, vals, ids));
    static const idx_t expected[3][8] = {
        {5, 2, 0, 3, 1, 4, -1, -1}, {4, 0, 5, 2, 3, 1, -1, -1}, {2, 5, 3, 1, 0, 4, -1, -1}};
    for (int i = 0; i < 3; i++) {
        for (int j = 0; j < 8; j++) {
            assert_int_equal (ids[i * 8 + j], expected[i][j]);
        }
    }
    assert_true (vals[4] == 1 && vals[5] == 3 && vals[6] == HUGE_VALF);
    assert_int_equal (ids[24], -1);
    faiss_IndexFlat1D_free (line);
    assert_ok (faiss_IndexFlat1D_new_with (&line, 0));
    assert_ok (faiss_Index_add (&line->index, 6, y));
    assert_int_not_equal (faiss_Index_search (&line->index, 1, x, 2, vals, ids), FAISS_OK);
    assert_ok (faiss_IndexFlat1D_update_permutation (line));
    assert_ok (faiss_Index_search (&line->index, 1, x, 2, vals, ids));
    assert_int_equal (ids[0], 5);
    faiss_IndexFlat1D_free (line);
}

TEST_MAIN (cmocka_unit_test (search_equals_a_plain_loop),
           cmocka_unit_test (formulas_levels_and_thread_counts_agree),
           cmocka_unit_test (many_queries_with_few_rows), cmocka_unit_test (selectors_restrict),
           cmocka_unit_test (nan_is_never_a_result),
           cmocka_unit_test (range_search_equals_a_plain_loop),
           cmocka_unit_test (changes_keep_the_order),
           cmocka_unit_test (distance_computers_agree_with_the_metric),
           cmocka_unit_test (cached_norms_speak_for_the_current_vectors),
           cmocka_unit_test (a_handler_gets_the_candidates), cmocka_unit_test (numbers_on_a_line))
