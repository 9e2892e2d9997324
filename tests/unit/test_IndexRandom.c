/* Random results: golden values, the same for the same query, fewer vectors than asked for. */
#include "testing.h"

#include <faiss/IndexRandom.h>

#include "golden/golden.h"
#include "golden/graph_ivf_more.h"

static void golden_values (void **state) {
    (void)state;
    enum { D = 4, K = 4 };
    FaissIndexRandom *self = NULL;
    float x[2 * D] = {1, 2, 3, 4}, distances[2 * K];
    idx_t labels[2 * K];
    assert_ok (faiss_IndexRandom_new_with (&self, D, 1000, 1234, METRIC_L2));
    assert_ok (faiss_Index_search (&self->index, 2, x, K, distances, labels));
    assert_golden (distances, golden_index_random_D, 2 * K);
    for (int i = 0; i < 2 * K; i++) {
        assert_int_equal (labels[i], golden_index_random_I[i]);
    }
    self->index.metric_type = METRIC_INNER_PRODUCT;
    float negative[2 * K];
    assert_ok (faiss_Index_search (&self->index, 2, x, K, negative, labels));
    for (int i = 0; i < 2 * K; i++) {
        assert_true (negative[i] == -distances[i]);
    }
    faiss_IndexRandom_free (self);
}

static void labels_are_distinct (void **state) {
    (void)state;
    FaissIndexRandom *self = NULL;
    float x[3] = {0}, distances[60], again[3];
    idx_t labels[60];
    int seen[50] = {0};
    assert_ok (faiss_IndexRandom_new_with (&self, 3, 20, 7, METRIC_L2));
    assert_ok (faiss_Index_add (&self->index, 1, x));
    assert_ok (faiss_Index_add (&self->index, 29, (float[29 * 3]){0}));
    assert_int_equal (self->index.ntotal, 50);
    assert_ok (faiss_Index_search (&self->index, 1, x, 60, distances, labels));
    for (int i = 0; i < 50; i++) {
        assert_true (labels[i] >= 0 && labels[i] < 50);
        assert_int_equal (seen[labels[i]]++, 0);
        assert_true (i == 0 || distances[i] >= distances[i - 1]);
    }
    assert_int_equal (labels[50], -1);
    assert_ok (faiss_Index_reconstruct (&self->index, 3, x));
    assert_ok (faiss_Index_reconstruct (&self->index, 3, again));
    assert_memory_equal (x, again, sizeof x);
    assert_fails (faiss_Index_reconstruct (&self->index, 50, x), "key");
    assert_fails (faiss_IndexRandom_new_with (&self, 3, -1, 7, METRIC_L2), "ntotal >= 0");
    faiss_IndexRandom_free (self);
}

int main (void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (golden_values),
        cmocka_unit_test (labels_are_distinct),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
