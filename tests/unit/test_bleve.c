/* The functions of a fork's C API: what they say about known vectors. */
#include "testing.h"

#include <faiss/IndexFlat.h>
#include <faiss/IndexIVFFlat.h>
#include <faiss/bleve.h>
#include <faiss/index_factory.h>

enum { d = 8, n = 300, nlist = 4 };

static float x[n * d];

static FaissIndex *make_index (const char *description) {
    FaissIndex *index = NULL;
    for (int i = 0; i < n * d; i++) {
        x[i] = (float)(i * 37 % 101) / 7;
    }
    assert_ok (faiss_index_factory (&index, d, description, METRIC_L2));
    assert_ok (faiss_Index_train (index, n, x));
    assert_ok (faiss_Index_add (index, n, x));
    return index;
}

static void distances_to_stored_vectors (void **state) {
    (void)state;
    FaissIndex *index = make_index ("Flat");
    idx_t ids[3] = {5, 0, n - 1};
    float distances[3] = {0};
    assert_ok (faiss_Index_dist_compute (index, x + 5 * d, ids, 3, distances));
    for (int i = 0; i < 3; i++) {
        float expected = 0;
        for (int j = 0; j < d; j++) {
            float difference = x[5 * d + j] - x[ids[i] * d + j];
            expected += difference * difference;
        }
        assert_float_equal (distances[i], expected, 1e-3);
    }
    ids[1] = n;
    assert_fails (faiss_Index_dist_compute (index, x, ids, 3, distances), "300");
    faiss_Index_free (index);
    index = make_index ("IVF4,Flat");
    assert_int_equal (faiss_Index_dist_compute (index, x, ids, 1, distances), FAISS_UNKNOWN_EXCEPT);
    faiss_Index_free (index);
}

static void sizes_count_codes_ids_and_centroids (void **state) {
    (void)state;
    size_t flat_size = 0, ivf_size = 0;
    FaissIndex *flat = make_index ("Flat"), *ivf = make_index ("IVF4,Flat");
    assert_ok (faiss_Index_size (flat, &flat_size));
    assert_ok (faiss_Index_size (ivf, &ivf_size));
    assert_int_equal (flat_size, sizeof (FaissIndexFlat) + sizeof x);
    assert_true (ivf_size >= sizeof (FaissIndexIVFFlat) + sizeof x + n * sizeof (idx_t));
    faiss_Index_free (flat);
    faiss_Index_free (ivf);
}

static void an_index_goes_through_a_buffer (void **state) {
    (void)state;
    FaissIndex *index = make_index ("IVF4,Flat"), *copy = NULL;
    size_t size = 0;
    uint8_t *buf = NULL;
    assert_ok (faiss_write_index_buf (index, &size, &buf));
    assert_true (size > sizeof x);
    assert_ok (faiss_read_index_buf (buf, size, 0, &copy));
    assert_int_equal (faiss_Index_ntotal (copy), n);
    faiss_Index_free (copy);
    copy = NULL;
    assert_int_equal (faiss_read_index_buf (buf, size - 1, 0, &copy), FAISS_EXCEPT);
    assert_null (copy);
    faiss_free_buf (&buf);
    assert_null (buf);
    faiss_free_buf (&buf);
    faiss_Index_free (index);
}

static void bits_say_which_components_are_positive (void **state) {
    (void)state;
    const float some[16] = {1, 0, -1, 2, 0, 0, 0, 5, -1, -1, 3};
    uint8_t bits[2] = {0};
    faiss_real_to_binary (1, 16, some, bits);
    assert_int_equal (bits[0], 1 | 8 | 128);
    assert_int_equal (bits[1], 4);
}

static void lists_are_counted_by_a_selector (void **state) {
    (void)state;
    FaissIndex *index = make_index ("IVF4,Flat");
    FaissIndexIVF *ivf = faiss_IndexIVF_cast (index);
    FaissIDSelectorRange *range = NULL;
    FaissSearchParametersIVF *params = NULL;
    idx_t counts[nlist] = {0}, total = 0;
    assert_ok (faiss_IDSelectorRange_new (&range, 10, 40));
    assert_ok (faiss_SearchParametersIVF_new_with (&params, &range->sel, 1, 0));
    assert_ok (faiss_IndexIVF_list_vector_count (ivf, counts, nlist, params));
    for (int i = 0; i < nlist; i++) {
        total += counts[i];
    }
    assert_int_equal (total, 30);
    assert_fails (faiss_IndexIVF_list_vector_count (ivf, counts, 3, params), "4");
    assert_ok (faiss_IndexIVF_set_direct_map (ivf, 2));
    assert_int_equal (ivf->direct_map.type, FAISS_DIRECT_MAP_HASHTABLE);
    assert_fails (faiss_IndexIVF_set_direct_map (ivf, 3), "3");
    faiss_SearchParametersIVF_free (params);
    faiss_IDSelector_free (&range->sel);
    faiss_Index_free (index);
}

static void centroids_can_be_chosen_by_hand (void **state) {
    (void)state;
    FaissIndex *index = make_index ("IVF4,Flat");
    FaissIndexIVF *ivf = faiss_IndexIVF_cast (index);
    float centroids[nlist * d], centroid_distances[2], distances[3], expected[3];
    size_t cardinalities[nlist], total = 0;
    idx_t centroid_ids[nlist], lists[2], labels[3], expected_labels[3];
    assert_ok (
        faiss_IndexIVF_get_centroids_and_cardinality (ivf, centroids, cardinalities, centroid_ids));
    for (int i = 0; i < nlist; i++) {
        total += cardinalities[i];
        assert_int_equal (centroid_ids[i], i);
    }
    assert_int_equal (total, n);

    FaissSearchParametersIVF *params = NULL;
    assert_ok (faiss_SearchParametersIVF_new_with (&params, NULL, 2, 0));
    assert_ok (faiss_IndexIVF_search_closest_eligible_centroids (ivf, 1, x, 2, centroid_distances,
                                                                 lists, NULL));
    assert_ok (faiss_IndexIVF_search_preassigned_with_params (
        ivf, 1, x, 3, lists, centroid_distances, distances, labels, 0, params));
    assert_ok (faiss_Index_search_with_params (index, 1, x, 3, &params->params, expected,
                                               expected_labels));
    assert_memory_equal (labels, expected_labels, sizeof labels);
    assert_memory_equal (distances, expected, sizeof distances);

    /* the codes of a flat list are the vectors */
    assert_ok (faiss_IndexIVF_compute_distance_to_codes_for_list (
        ivf, lists[0], x, 2, (const uint8_t *)x, distances, NULL));
    assert_float_equal (distances[0], 0, 1e-6);
    assert_true (distances[1] > 0);
    assert_fails (faiss_IndexIVF_compute_distance_to_codes_for_list (
                      ivf, nlist, x, 2, (const uint8_t *)x, distances, NULL),
                  "4");
    faiss_SearchParametersIVF_free (params);
    faiss_Index_free (index);
}

static void what_was_learned_can_be_shared (void **state) {
    (void)state;
    enum { D = 6, N_ROWS = 400 };
    static float x[N_ROWS * D];
    TestRandom random = {5};
    testing_floats (&random, x, N_ROWS * D);
    static const char *const factories[] = {"IVF4,SQ8", "SQ4", "SQ8"};
    FaissIndex *sources[3], *targets[3];
    for (int i = 0; i < 3; i++) {
        assert_ok (faiss_index_factory (&sources[i], D, factories[i], METRIC_L2));
        assert_ok (faiss_index_factory (&targets[i], D, factories[i], METRIC_L2));
        assert_ok (faiss_Index_train (sources[i], N_ROWS, x));
    }
    for (int i = 0; i < 3; i++) {
        uint8_t codes[2][N_ROWS * (D + 1)] = {{0}};
        assert_ok (faiss_Set_quantizers (targets[i], sources[i]));
        assert_ok (faiss_Index_sa_encode (sources[i], N_ROWS, x, codes[0]));
        assert_ok (faiss_Index_sa_encode (targets[i], N_ROWS, x, codes[1]));
        assert_memory_equal (codes[0], codes[1], sizeof codes[0]);
        assert_ok (faiss_Index_add (targets[i], N_ROWS, x));
        assert_fails (faiss_Set_quantizers (targets[i], sources[i]), "empty target");
    }
    assert_int_equal (faiss_Set_quantizers (sources[1], sources[0]), FAISS_UNKNOWN_EXCEPT);
    assert_fails (faiss_Set_quantizers (sources[1], sources[2]), "code_size");
    for (int i = 0; i < 3; i++) {
        faiss_Index_free (targets[i]);
        faiss_Index_free (sources[i]);
    }
}

int main (void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (distances_to_stored_vectors),
        cmocka_unit_test (sizes_count_codes_ids_and_centroids),
        cmocka_unit_test (an_index_goes_through_a_buffer),
        cmocka_unit_test (bits_say_which_components_are_positive),
        cmocka_unit_test (lists_are_counted_by_a_selector),
        cmocka_unit_test (centroids_can_be_chosen_by_hand),
        cmocka_unit_test (what_was_learned_can_be_shared),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
