/* The public functions of Index: what they refuse, what they hand on, what the root does itself.
 *
 * On a toy class, Line, that stores vectors and finds those of the nearest first component.
 */
#include "testing.h"

#include <faiss/Index.h>
#include <faiss/impl/check.h>
#include <faiss/impl/io.h>
#include <faiss/utils/string.h>

enum { D = 3, N = 5 };

typedef struct FaissLine {
    union {
        FaissIndex index;
    };
    FaissFloat32Vector rows;
    int calls;
} FaissLine;

static FaissStatus Line_add (FaissIndex *index, idx_t n, const float *x) {
    FaissLine *self = FAISS_SELF (Line, index, index);
    self->calls++;
    FAISS_TRY (faiss_Float32Vector_append (&self->rows, x, (size_t)(n * index->d)));
    index->ntotal += n;
    return FAISS_OK;
}

/* the k vectors that come first, as if they were the nearest */
static FaissStatus Line_search (const FaissIndex *index, idx_t n, const float *x, idx_t k,
                                const FaissSearchParameters *params, float *distances,
                                idx_t *labels) {
    (void)x, (void)params;
    FAISS_SELF (Line, index, (FaissIndex *)index)->calls++;
    for (idx_t i = 0; i < n * k; i++) {
        labels[i] = i % k < index->ntotal ? i % k : -1;
        distances[i] = (float)(i % k);
    }
    return FAISS_OK;
}

static FaissStatus Line_reconstruct (const FaissIndex *index, idx_t key, float *recons) {
    const FaissLine *self = FAISS_CONST_SELF (Line, index, index);
    FAISS_REQUIRE (key >= 0 && key < index->ntotal, "key %lld", (long long)key);
    memcpy (recons, self->rows.data + key * index->d, sizeof *recons * (size_t)index->d);
    return FAISS_OK;
}

static void Line_finalize (void *self) {
    faiss_Float32Vector_clear (&((FaissLine *)self)->rows);
}

static FaissIndexClass Line_class = {
    .head = {.name = "Line",
             .parent = &faiss_Index_class.head,
             .instance_size = sizeof (FaissLine),
             .table_size = sizeof (FaissIndexClass),
             .finalize = Line_finalize},
    .add = Line_add,
    .search = Line_search,
    .reconstruct = Line_reconstruct,
};

static FaissLine *line;
static FaissIndex *lines;
static float x[N * D], distances[N * N], recons[N * N * D];
static idx_t labels[N * N], keys[N] = {4, 3, 2, 1, 0};
static uint8_t bytes[N * D * 4];

static int set_up (void **state) {
    (void)state;
    TestRandom random = {5};
    testing_floats (&random, x, N * D);
    line = NULL;
    assert_ok (faiss_object_new (&line, &Line_class.head));
    lines = &line->index;
    assert_ok (faiss_Index_init (lines, D, METRIC_L2));
    assert_ok (faiss_Index_add (lines, N, x));
    line->calls = 0;
    return 0;
}

static int tear_down (void **state) {
    (void)state;
    faiss_Index_free (lines);
    return 0;
}

static void null_is_refused (void **state) {
    (void)state;
    FaissRangeSearchResult *result = NULL;
    assert_ok (faiss_RangeSearchResult_new (&result, N));
    FaissIDSelector *sel = (FaissIDSelector *)lines; /* not looked at */
    FaissDistanceComputer *dc;
    size_t size;
#define REFUSED(call) assert_fails (call, " is NULL")
    REFUSED (faiss_Index_train (NULL, N, x));
    REFUSED (faiss_Index_train (lines, N, NULL));
    REFUSED (faiss_Index_add (NULL, N, x));
    REFUSED (faiss_Index_add (lines, N, NULL));
    REFUSED (faiss_Index_add_with_ids (NULL, N, x, keys));
    REFUSED (faiss_Index_add_with_ids (lines, N, NULL, keys));
    REFUSED (faiss_Index_add_with_ids (lines, N, x, NULL));
    REFUSED (faiss_Index_search (NULL, N, x, 1, distances, labels));
    REFUSED (faiss_Index_search (lines, N, NULL, 1, distances, labels));
    REFUSED (faiss_Index_search (lines, N, x, 1, NULL, labels));
    REFUSED (faiss_Index_search (lines, N, x, 1, distances, NULL));
    REFUSED (faiss_Index_search_with_params (NULL, N, x, 1, NULL, distances, labels));
    REFUSED (faiss_Index_range_search (NULL, N, x, 1, result));
    REFUSED (faiss_Index_range_search (lines, N, NULL, 1, result));
    REFUSED (faiss_Index_range_search (lines, N, x, 1, NULL));
    REFUSED (faiss_Index_range_search_with_params (lines, N, x, 1, NULL, NULL));
    REFUSED (faiss_Index_assign (NULL, N, x, labels, 1));
    REFUSED (faiss_Index_assign (lines, N, NULL, labels, 1));
    REFUSED (faiss_Index_assign (lines, N, x, NULL, 1));
    REFUSED (faiss_Index_reset (NULL));
    REFUSED (faiss_Index_remove_ids (NULL, sel, &size));
    REFUSED (faiss_Index_remove_ids (lines, NULL, &size));
    REFUSED (faiss_Index_reconstruct (NULL, 0, recons));
    REFUSED (faiss_Index_reconstruct (lines, 0, NULL));
    REFUSED (faiss_Index_reconstruct_batch (NULL, N, keys, recons));
    REFUSED (faiss_Index_reconstruct_batch (lines, N, NULL, recons));
    REFUSED (faiss_Index_reconstruct_batch (lines, N, keys, NULL));
    REFUSED (faiss_Index_reconstruct_n (NULL, 0, N, recons));
    REFUSED (faiss_Index_reconstruct_n (lines, 0, N, NULL));
    REFUSED (faiss_Index_search_and_reconstruct (NULL, N, x, 1, NULL, distances, labels, recons));
    REFUSED (
        faiss_Index_search_and_reconstruct (lines, N, NULL, 1, NULL, distances, labels, recons));
    REFUSED (faiss_Index_search_and_reconstruct (lines, N, x, 1, NULL, distances, labels, NULL));
    REFUSED (faiss_Index_search_and_reconstruct (lines, N, x, 1, NULL, NULL, labels, recons));
    REFUSED (faiss_Index_search_subset (NULL, N, x, 1, keys, 1, distances, labels));
    REFUSED (faiss_Index_search_subset (lines, N, NULL, 1, keys, 1, distances, labels));
    REFUSED (faiss_Index_search_subset (lines, N, x, 1, NULL, 1, distances, labels));
    REFUSED (faiss_Index_search_subset (lines, N, x, 1, keys, 1, NULL, labels));
    REFUSED (faiss_Index_compute_residual (NULL, x, recons, 0));
    REFUSED (faiss_Index_compute_residual (lines, NULL, recons, 0));
    REFUSED (faiss_Index_compute_residual (lines, x, NULL, 0));
    REFUSED (faiss_Index_compute_residual_n (NULL, N, x, recons, keys));
    REFUSED (faiss_Index_compute_residual_n (lines, N, NULL, recons, keys));
    REFUSED (faiss_Index_compute_residual_n (lines, N, x, NULL, keys));
    REFUSED (faiss_Index_compute_residual_n (lines, N, x, recons, NULL));
    REFUSED (faiss_Index_get_distance_computer (NULL, &dc));
    REFUSED (faiss_Index_get_distance_computer (lines, NULL));
    REFUSED (faiss_Index_sa_code_size (NULL, &size));
    REFUSED (faiss_Index_sa_code_size (lines, NULL));
    REFUSED (faiss_Index_sa_encode (NULL, N, x, bytes));
    REFUSED (faiss_Index_sa_encode (lines, N, NULL, bytes));
    REFUSED (faiss_Index_sa_encode (lines, N, x, NULL));
    REFUSED (faiss_Index_sa_decode (NULL, N, bytes, recons));
    REFUSED (faiss_Index_sa_decode (lines, N, NULL, recons));
    REFUSED (faiss_Index_sa_decode (lines, N, bytes, NULL));
    REFUSED (faiss_Index_check_compatible_for_merge (NULL, lines));
    REFUSED (faiss_Index_check_compatible_for_merge (lines, NULL));
    REFUSED (faiss_Index_merge_from (NULL, lines, 0));
    REFUSED (faiss_Index_merge_from (lines, NULL, 0));
    REFUSED (faiss_Index_add_sa_codes (NULL, N, bytes, NULL));
    REFUSED (faiss_Index_add_sa_codes (lines, N, NULL, NULL));
    REFUSED (faiss_SearchParameters_new (NULL, NULL));
    assert_int_equal (line->calls, 0);
    faiss_RangeSearchResult_free (result);
    faiss_Index_free (NULL);
    faiss_SearchParameters_free (NULL);
}

/* calls with n vectors and k results each, in turn */
enum { N_CALLS = 13 };

static FaissStatus call_with (int which, idx_t n, idx_t k) {
    FaissRangeSearchResult result = {.nq = (size_t)n, .lims = (size_t[1]){0}};
    switch (which) {
    case 0:
        return faiss_Index_search (lines, n, x, k, distances, labels);
    case 1:
        return faiss_Index_search_with_params (lines, n, x, k, NULL, distances, labels);
    case 2:
        return faiss_Index_assign (lines, n, x, labels, k);
    case 3:
        return faiss_Index_search_and_reconstruct (lines, n, x, k, NULL, distances, labels, recons);
    case 4:
        return faiss_Index_search_subset (lines, n, x, k, keys, k, distances, labels);
    case 5:
        return faiss_Index_add (lines, n, x);
    case 6:
        return faiss_Index_train (lines, n, x);
    case 7:
        return faiss_Index_range_search (lines, n, x, 1, &result);
    case 8:
        return faiss_Index_compute_residual_n (lines, n, x, recons, keys);
    case 9:
        return faiss_Index_reconstruct_batch (lines, n, keys, recons);
    case 10:
        return faiss_Index_reconstruct_n (lines, 0, n, recons);
    case 11:
        return faiss_Index_sa_encode (lines, n, x, bytes);
    default:
        return faiss_Index_add_with_ids (lines, n, x, keys);
    }
}

static void negative_and_huge_counts_are_refused (void **state) {
    (void)state;
    for (int which = 0; which < N_CALLS; which++) {
        assert_fails (call_with (which, -1, 1), "expected n >= 0, got -1");
        assert_fails (call_with (which, INT64_MIN, 1), "expected n >= 0");
        assert_fails (call_with (which, INT64_MAX, 1), "too many");
        assert_fails (call_with (which, INT64_MAX / 8, 1), "too many");
    }
    for (int which = 0; which < 5; which++) {
        assert_fails (call_with (which, N, 0), " > 0, got 0");
        assert_fails (call_with (which, N, -3), " > 0, got -3");
        assert_fails (call_with (which, N, INT64_MAX), "too many");
        assert_fails (call_with (which, N, INT64_MAX / N), "too many");
    }
    assert_fails (faiss_Index_search_subset (lines, N, x, 2, keys, 3, distances, labels),
                  "k_base=2, k=3");
    assert_fails (faiss_Index_search_subset (lines, N, x, INT64_MAX, keys, 3, distances, labels),
                  "too many");
    assert_fails (faiss_Index_add_sa_codes (lines, -1, bytes, NULL), "n >= 0");
    assert_fails (faiss_Index_reconstruct_n (lines, 1, N, recons), "key 5");
    assert_fails (faiss_Index_reconstruct_n (lines, -1, 2, recons), "i0=-1");
    assert_fails (faiss_Index_reconstruct_n (lines, INT64_MAX, 2, recons), "ntotal=5");
    assert_fails (faiss_Index_merge_from (lines, lines, 0), "itself");
    assert_int_equal (line->calls, 0);
    assert_int_equal (lines->ntotal, N);
}

static void nothing_to_do_needs_no_arrays (void **state) {
    (void)state;
    assert_ok (faiss_Index_train (lines, 0, NULL));
    assert_ok (faiss_Index_add (lines, 0, NULL));
    assert_ok (faiss_Index_search (lines, 0, NULL, 3, NULL, NULL));
    assert_ok (faiss_Index_assign (lines, 0, NULL, NULL, 3));
    assert_ok (faiss_Index_reconstruct_batch (lines, 0, NULL, NULL));
    assert_ok (faiss_Index_reconstruct_n (lines, 0, 0, NULL));
    assert_ok (faiss_Index_search_and_reconstruct (lines, 0, NULL, 3, NULL, NULL, NULL, NULL));
    assert_ok (faiss_Index_compute_residual_n (lines, 0, NULL, NULL, NULL));
    assert_int_equal (lines->ntotal, N);
}

static void an_untrained_index_is_refused (void **state) {
    (void)state;
    lines->is_trained = false;
#define UNTRAINED(call) assert_fails (call, "the Line is not trained: call train first")
    UNTRAINED (faiss_Index_add (lines, N, x));
    UNTRAINED (faiss_Index_add_with_ids (lines, N, x, keys));
    UNTRAINED (faiss_Index_search (lines, N, x, 1, distances, labels));
    UNTRAINED (call_with (7, N, 1));
    UNTRAINED (faiss_Index_assign (lines, N, x, labels, 1));
    UNTRAINED (
        faiss_Index_search_and_reconstruct (lines, N, x, 1, NULL, distances, labels, recons));
    UNTRAINED (faiss_Index_sa_encode (lines, N, x, bytes));
    UNTRAINED (faiss_Index_sa_decode (lines, N, bytes, recons));
    UNTRAINED (faiss_Index_add_sa_codes (lines, N, bytes, NULL));
    assert_int_equal (line->calls, 0);
    assert_ok (faiss_Index_train (lines, N, x));
    assert_ok (faiss_Index_add (lines, N, x));
}

static void what_a_class_lacks_is_reported_with_its_name (void **state) {
    (void)state;
    FaissDistanceComputer *dc = NULL;
    size_t size = 77;
    FaissLine *other = NULL;
    assert_ok (faiss_object_new (&other, &Line_class.head));
#define LACKS(method, call) assert_fails (call, "Error in Line: " #method " is not implemented")
    LACKS (add_with_ids, faiss_Index_add_with_ids (lines, N, x, keys));
    LACKS (range_search, call_with (7, 0, 1));
    LACKS (reset, faiss_Index_reset (lines));
    LACKS (remove_ids, faiss_Index_remove_ids (lines, (FaissIDSelector *)lines, &size));
    LACKS (search_subset, faiss_Index_search_subset (lines, N, x, 1, keys, 1, distances, labels));
    lines->metric_type = METRIC_L1;
    LACKS (get_distance_computer, faiss_Index_get_distance_computer (lines, &dc));
    LACKS (sa_code_size, faiss_Index_sa_code_size (lines, &size));
    LACKS (sa_encode, faiss_Index_sa_encode (lines, N, x, bytes));
    LACKS (sa_decode, faiss_Index_sa_decode (lines, N, bytes, recons));
    LACKS (check_compatible_for_merge, faiss_Index_merge_from (lines, &other->index, 0));
    assert_fails (faiss_Index_add_sa_codes (lines, N, bytes, NULL), "Error in Line: ");
    assert_null (dc);
    assert_int_equal (size, 77);
    faiss_Index_free (&other->index);
    FaissIndex *root = NULL;
    assert_ok (faiss_object_new (&root, &faiss_Index_class.head));
    assert_ok (faiss_Index_init (root, D, METRIC_L2));
    assert_fails (faiss_Index_add (root, 1, x), "Error in Index: add is not implemented");
    assert_fails (faiss_Index_search (root, 1, x, 1, distances, labels), "Error in Index: search");
    assert_fails (faiss_Index_reconstruct (root, 1, recons), "Error in Index: reconstruct");
    faiss_Index_free (root);
}

static void the_root_does_with_other_methods_what_it_can (void **state) {
    (void)state;
    assert_ok (faiss_Index_assign (lines, N, x, labels, 2));
    assert_int_equal (labels[1], 1);
    assert_ok (faiss_Index_reconstruct_batch (lines, N, keys, recons));
    assert_memory_equal (recons + 4 * D, x, D * sizeof *x);
    assert_ok (faiss_Index_reconstruct_n (lines, 1, 3, recons));
    assert_memory_equal (recons, x + D, 3 * D * sizeof *x);
    keys[2] = 99;
    assert_fails (faiss_Index_reconstruct_batch (lines, N, keys, recons), "key 99");
    keys[2] = 2;
    enum { K = N + 1 };
    float dis[K], rows[K * D];
    idx_t ids[K];
    assert_ok (faiss_Index_search_and_reconstruct (lines, 1, x, K, NULL, dis, ids, rows));
    assert_memory_equal (rows, x, sizeof x);
    assert_int_equal (ids[N], -1);
    for (int j = 0; j < D; j++) {
        assert_true (isnan (rows[N * D + j]));
    }
    float residual[D];
    assert_ok (faiss_Index_compute_residual (lines, x, residual, 1));
    assert_true (residual[2] == x[2] - x[D + 2]);
    assert_ok (faiss_Index_compute_residual_n (lines, N, x, recons, keys));
    assert_true (recons[0] == x[0] - x[4 * D] && recons[2 * D] == 0);
}

static void the_root_computes_distances_by_reconstruction (void **state) {
    (void)state;
    FaissDistanceComputer *dc = NULL;
    assert_ok (faiss_Index_get_distance_computer (lines, &dc));
    float expected = 0, to_query[4], between;
    assert_fails (faiss_DistanceComputer_vector_to_query_dis (dc, 0, &between), "no query");
    assert_ok (faiss_DistanceComputer_set_query (dc, x));
    for (int j = 0; j < D; j++) {
        expected += (x[j] - x[2 * D + j]) * (x[j] - x[2 * D + j]);
    }
    dc->distances_batch_4 (dc, (idx_t[]){0, 2, 99, -1}, to_query);
    assert_ok (faiss_DistanceComputer_symmetric_dis (dc, 2, 0, &between));
    assert_true (to_query[0] == 0 && fabsf (to_query[1] - expected) < 1e-6f);
    assert_true (isnan (to_query[2]) && isinf (to_query[3]));
    assert_true (between == to_query[1]);
    assert_true (isnan (dc->symmetric_dis (dc, 99, 0)));
    assert_fails (faiss_DistanceComputer_symmetric_dis (dc, 99, 0, &between), "99");
    assert_fails (faiss_DistanceComputer_vector_to_query_dis (dc, 99, &between), "99");
    assert_true (between == to_query[1]);
    faiss_DistanceComputer_free (dc);
}

static void a_result_is_filled_once_and_fits_the_queries (void **state) {
    (void)state;
    FaissRangeSearchResult *result = NULL;
    assert_ok (faiss_RangeSearchResult_new (&result, N));
    assert_fails (faiss_Index_range_search (lines, N - 1, x, 1, result),
                  "made for 5 queries, got 4");
    result->labels = labels;
    assert_fails (faiss_Index_range_search (lines, N, x, 1, result), "filled");
    result->labels = NULL;
    size_t *lims = result->lims;
    result->lims = NULL;
    assert_fails (faiss_Index_range_search (lines, N, x, 1, result), "lims");
    result->lims = lims;
    faiss_RangeSearchResult_free (result);
}

static void fields_are_read_and_set (void **state) {
    (void)state;
    assert_int_equal (faiss_Index_d (lines), D);
    assert_int_equal (faiss_Index_ntotal (lines), N);
    assert_int_equal (faiss_Index_is_trained (lines), 1);
    assert_int_equal (faiss_Index_metric_type (lines), METRIC_L2);
    faiss_Index_set_verbose (lines, 256);
    assert_int_equal (faiss_Index_verbose (lines), 1);
    faiss_Index_set_metric_arg (lines, 2.5f);
    assert_true (faiss_Index_metric_arg (lines) == 2.5f);
    assert_string_equal (faiss_Index_class_name (lines), "Line");
    assert_string_equal (faiss_get_version (), "1.15.1");
    bool known = true;
    assert_ok (lines->cls->set_parameter (lines, "nonsense", 1, &known));
    assert_false (known);
    assert_ok (lines->cls->set_parameter (lines, "verbose", 0, &known));
    assert_true (known && !lines->verbose);
}

static void a_dimension_has_limits (void **state) {
    (void)state;
    FaissIndex index = {.cls = &Line_class};
    assert_fails (faiss_Index_init (&index, -1, METRIC_L2), "got -1");
    assert_fails (faiss_Index_init (&index, (idx_t)1 << 40, METRIC_L2), "got 1099511627776");
    assert_ok (faiss_Index_init (&index, 0, METRIC_L1));
}

static void what_has_no_file_format_says_so (void **state) {
    (void)state;
    assert_fails (Line_class.head.write (lines, NULL, 0), "Line");
    FaissString text = {0};
    assert_ok (Line_class.head.describe (lines, &text));
    assert_string_equal (faiss_String_text (&text), "");
}

static void search_parameters_are_objects (void **state) {
    (void)state;
    FaissSearchParameters *params = NULL;
    FaissIDSelector *sel = (FaissIDSelector *)lines;
    assert_ok (faiss_SearchParameters_new (&params, sel));
    assert_ptr_equal (params->sel, sel);
    assert_string_equal (faiss_object_class (params)->name, "SearchParameters");
    faiss_SearchParameters_free (params);
}

#define TEST(f) cmocka_unit_test_setup_teardown (f, set_up, tear_down)

TEST_MAIN (TEST (null_is_refused), TEST (negative_and_huge_counts_are_refused),
           TEST (nothing_to_do_needs_no_arrays), TEST (an_untrained_index_is_refused),
           TEST (what_a_class_lacks_is_reported_with_its_name),
           TEST (the_root_does_with_other_methods_what_it_can),
           TEST (the_root_computes_distances_by_reconstruction),
           TEST (a_result_is_filled_once_and_fits_the_queries), TEST (fields_are_read_and_set),
           TEST (a_dimension_has_limits), TEST (what_has_no_file_format_says_so),
           TEST (search_parameters_are_objects))
