/* Indexes by levels: the layout, bad input, statistics. */
#include "testing.h"

#include <faiss/IndexFlatPanorama.h>
#include <faiss/index_factory.h>
#include <faiss/utils/random.h>

/* ---- the layout ------------------------------------------------------------------------------ */

static void test_layout (void **state) {
    (void)state;
    static const size_t sizes[][3] = {{1, 1, 1},   {7, 3, 4},  {8, 8, 5},    {9, 4, 8},
                                      {16, 1, 16}, {17, 5, 3}, {100, 8, 10}, {784, 10, 2}};
    enum { N = 23 };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        size_t d = sizes[i][0], B = sizes[i][2], n_slots = (N + B - 1) / B * B;
        FaissPanorama *layout = NULL;
        assert_ok (faiss_Panorama_new_with (&layout, 4 * d, sizes[i][1], B));
        size_t n_sums = layout->n_levels + 1;
        assert_true (layout->n_levels <= sizes[i][1]);
        float *x = malloc (N * d * sizeof *x), *codes = calloc (n_slots * d, sizeof *codes);
        float *sums = calloc (n_slots * n_sums, sizeof *sums), *row = malloc (d * sizeof *row);
        faiss_float_randn (x, N * d, 17);
        faiss_Panorama_copy_codes_to_level_layout (layout, (uint8_t *)codes, 0, 10,
                                                   (const uint8_t *)x);
        faiss_Panorama_copy_codes_to_level_layout (layout, (uint8_t *)codes, 10, N - 10,
                                                   (const uint8_t *)(x + 10 * d));
        faiss_Panorama_compute_cumulative_sums (layout, sums, 0, N, x);
        for (size_t j = 0; j < N; j++) {
            float *own_sums = malloc (n_sums * sizeof *own_sums);
            faiss_Panorama_reconstruct (layout, (idx_t)j, row, (const uint8_t *)codes);
            assert_memory_equal (row, x + j * d, d * sizeof *row);
            faiss_Panorama_compute_query_cum_sums (layout, x + j * d, own_sums);
            for (size_t level = 0; level < n_sums; level++) {
                assert_true (own_sums[level] == sums[j / B * B * n_sums + level * B + j % B]);
            }
            free (own_sums);
        }
        faiss_Panorama_copy_entry (layout, (uint8_t *)codes, (uint8_t *)codes, sums, sums, 2, 21);
        faiss_Panorama_reconstruct (layout, 2, row, (const uint8_t *)codes);
        assert_memory_equal (row, x + 21 * d, d * sizeof *row);
        free (x), free (codes), free (sums), free (row);
        faiss_Panorama_free (layout);
    }
}

static void test_bad_layouts (void **state) {
    (void)state;
    FaissPanorama *layout = NULL;
    FaissIndexFlatL2Panorama *index = NULL;
    FaissIndex *made = NULL;
    assert_fails (faiss_Panorama_new_with (&layout, 64, 0, 8), "1 <= n_levels <= d=16, got 0");
    assert_fails (faiss_Panorama_new_with (&layout, 64, 17, 8), "got 17");
    assert_fails (faiss_Panorama_new_with (&layout, 64, 4, 0), "batch_size >= 1");
    assert_fails (faiss_Panorama_new_with (&layout, 63, 4, 8), "whole floats");
    assert_fails (faiss_Panorama_new_with (&layout, 64, 4, SIZE_MAX / 8), "too much");
    assert_fails (faiss_IndexFlatL2Panorama_new_with (&index, 16, 20, 8), "got 20");
    assert_fails (faiss_index_factory (&made, 16, "FlatL2Panorama4", METRIC_INNER_PRODUCT),
                  "expected metric_type=1");
    FaissIndexFlatPanorama *any = NULL;
    assert_fails (faiss_IndexFlatPanorama_new_with (&any, 16, METRIC_L1, 4, 8),
                  "got metric_type=2");
    assert_null (layout);
    assert_null (index);
    assert_null (made);
}

/* ---- flat indexes ---------------------------------------------------------------------------- */

static FaissIndex *new_index (const char *description, int d, idx_t n, const float *x) {
    FaissIndex *index = NULL;
    assert_ok (faiss_index_factory (&index, d, description, METRIC_L2));
    assert_ok (faiss_Index_add (index, n, x));
    return index;
}

static void test_statistics (void **state) {
    (void)state;
    enum { D = 32, N = 1000, K = 3 };
    float *x = malloc (N * D * sizeof *x), distances[K];
    idx_t labels[K];
    faiss_float_randn (x, N * D, 5);
    for (size_t i = 0; i < N * D; i++) {
        x[i] *= i % D < 4 ? 10.0f : 0.1f; /* nearly all of the length is in the first level */
    }
    FaissIndex *index = new_index ("FlatL2Panorama8", D, N, x);
    FaissPanoramaStats *stats = faiss_get_indexPanorama_stats ();
    faiss_PanoramaStats_reset (stats);
    assert_ok (faiss_Index_search (index, 1, x + 7 * D, K, distances, labels));
    assert_int_equal (labels[0], 7);
    assert_int_equal (stats->total_dims, 8 * N);
    assert_in_range (stats->total_dims_scanned, N, 2 * N);
    assert_true (fabsf (stats->ratio_dims_scanned - (float)stats->total_dims_scanned / (8 * N)) <
                 1e-6f);
    faiss_Index_free (index);
    free (x);
}

static void test_bad_input (void **state) {
    (void)state;
    float x[4 * 8], distances[8];
    idx_t labels[8] = {1, 4, 0, 0}, found[8];
    faiss_float_rand (x, 4 * 8, 1);
    FaissIndex *index = new_index ("FlatL2Panorama2_2", 8, 4, x);
    FaissIndex *other = new_index ("FlatL2Panorama4_2", 8, 4, x);
    assert_fails (faiss_Index_reconstruct (index, 4, x), "key < ntotal=4, got 4");
    assert_fails (faiss_Index_reconstruct_n (index, 3, 2, x), "i0=3, ni=2");
    assert_fails (faiss_Index_merge_from (index, other, 5), "add_id=0, got 5");
    assert_fails (faiss_Index_search_subset (index, 1, x, 2, labels, 1, distances, found),
                  "label 4, but ntotal=4");
    assert_fails (faiss_IndexFlat_compute_distance_subset (index, 1, x, 1, distances, labels),
                  "are not rows");
    idx_t perm[] = {0, 1, 2, 4};
    assert_fails (
        faiss_IndexFlatPanorama_permute_entries (faiss_IndexFlatPanorama_cast (index), perm),
        "perm[3]=4");
    assert_int_equal (index->ntotal, 4);
    faiss_Index_free (index);
    faiss_Index_free (other);
}

static void test_a_layout_of_nothing (void **state) {
    (void)state;
    FaissPanorama *layout = NULL;
    float x = 3, sums[4] = {1, 2, 3, 4};
    uint8_t codes[4] = {1, 2, 3, 4};
    assert_ok (faiss_Panorama_new (&layout));
    faiss_Panorama_copy_codes_to_level_layout (layout, codes, 0, 2, codes);
    faiss_Panorama_compute_cumulative_sums (layout, sums, 0, 2, &x);
    faiss_Panorama_copy_entry (layout, codes, codes, sums, sums, 1, 0);
    faiss_Panorama_reconstruct (layout, 1, &x, codes);
    assert_float_equal (x, 3, 0);
    assert_int_equal (codes[0], 1);
    assert_fails (faiss_Panorama_set_derived_values (layout), "n_levels");
    faiss_Panorama_free (layout);
}

TEST_MAIN (cmocka_unit_test (test_layout), cmocka_unit_test (test_bad_layouts),
           cmocka_unit_test (test_statistics), cmocka_unit_test (test_bad_input),
           cmocka_unit_test (test_a_layout_of_nothing))
