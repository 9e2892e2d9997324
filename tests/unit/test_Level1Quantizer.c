/* The coarse quantizer: its three ways of training, list numbers as bytes. */
#include "testing.h"

#include <faiss/IndexFlat.h>
#include <faiss/Level1Quantizer.h>

enum { N = 300, D = 5, NLIST = 8 };

typedef struct Case {
    FaissIndexFlat *flat, *assigner;
    FaissLevel1Quantizer quantizer;
    float x[N * D];
} Case;

static int setup (void **state) {
    Case *it = calloc (1, sizeof *it);
    TestRandom random = {3};
    testing_floats (&random, it->x, N * D);
    assert_ok (faiss_IndexFlat_new_with (&it->flat, D, METRIC_L2));
    assert_ok (faiss_IndexFlat_new_with (&it->assigner, D, METRIC_L2));
    faiss_Level1Quantizer_init (&it->quantizer, &it->flat->index, NLIST);
    *state = it;
    return 0;
}

static int teardown (void **state) {
    Case *it = *state;
    faiss_IndexFlat_free (it->flat);
    faiss_IndexFlat_free (it->assigner);
    free (it);
    return 0;
}

static FaissStatus train (Case *it, FaissMetricType metric) {
    return faiss_Level1Quantizer_train_q1 (&it->quantizer, N, it->x, false, metric);
}

static void test_defaults (void **state) {
    Case *it = *state;
    assert_int_equal (it->quantizer.cp.niter, 10);
    assert_int_equal (it->quantizer.cp.seed, 1234);
    assert_int_equal (it->quantizer.quantizer_trains_alone, 0);
    assert_false (it->quantizer.own_fields);
    assert_null (it->quantizer.clustering_index);
}

/* All ways that use k-means with L2 give the same centroids. */
static void test_kmeans (void **state) {
    Case *it = *state;
    FaissClustering *clustering = NULL;
    assert_ok (faiss_Clustering_new_with_cp (&clustering, D, NLIST, &it->quantizer.cp));
    assert_ok (faiss_Clustering_train (clustering, N, it->x, &it->assigner->index));
    for (int way = 0; way < 4; way++) {
        it->quantizer.quantizer_trains_alone = way % 2 ? 2 : 0;
        it->quantizer.clustering_index = way / 2 ? &it->assigner->index : NULL;
        assert_ok (faiss_Index_reset (&it->flat->index));
        assert_ok (train (it, METRIC_L2));
        assert_int_equal (it->flat->index.ntotal, NLIST);
        assert_memory_equal (faiss_IndexFlat_get_xb (it->flat), clustering->centroids.data,
                             NLIST * D * sizeof (float));
    }
    faiss_Clustering_free (clustering);
}

static void test_trained_quantizers_stay (void **state) {
    Case *it = *state;
    assert_ok (faiss_Index_add (&it->flat->index, NLIST, it->x));
    assert_ok (train (it, METRIC_L2));
    assert_memory_equal (faiss_IndexFlat_get_xb (it->flat), it->x, NLIST * D * sizeof (float));
    /* one centroid too many: trained again */
    assert_ok (faiss_Index_add (&it->flat->index, 1, it->x));
    assert_ok (train (it, METRIC_L2));
    assert_int_equal (it->flat->index.ntotal, NLIST);
}

static void test_trains_alone (void **state) {
    Case *it = *state;
    it->quantizer.quantizer_trains_alone = 1;
    assert_fails (train (it, METRIC_L2), "nlist not consistent with quantizer size");
}

static void test_inner_product (void **state) {
    Case *it = *state;
    it->quantizer.quantizer_trains_alone = 2;
    assert_fails (train (it, METRIC_INNER_PRODUCT), "cp.spherical");
    it->quantizer.cp.spherical = true;
    assert_ok (train (it, METRIC_INNER_PRODUCT));
    const float *centroids = faiss_IndexFlat_get_xb (it->flat);
    for (int i = 0; i < NLIST; i++) {
        double norm = 0;
        for (int j = 0; j < D; j++) {
            norm += (double)centroids[i * D + j] * centroids[i * D + j];
        }
        assert_true (fabs (norm - 1) < 1e-5);
    }
}

/* As k-means without an early stop; what it does not honour, or cannot do. */
static void test_super_kmeans (void **state) {
    Case *it = *state;
    enum { WIDE = 40, POINTS = 37 };
    it->quantizer.cp.use_super_kmeans = true;
    assert_fails (train (it, METRIC_L2), "expected d >= 32, got 5");
    FaissIndexFlat *wide = NULL, *plain = NULL;
    assert_ok (faiss_IndexFlat_new_with (&wide, WIDE, METRIC_L2));
    assert_ok (faiss_IndexFlat_new_with (&plain, WIDE, METRIC_L2));
    FaissLevel1Quantizer other = it->quantizer;
    it->quantizer.quantizer = &wide->index;
    it->quantizer.cp.nredo = 3;
    it->quantizer.cp.int_centroids = true;
    it->quantizer.clustering_index = &plain->index;
    assert_fails (faiss_Level1Quantizer_train_q1 (&it->quantizer, POINTS, it->x, false, METRIC_L2),
                  "clustering_index");
    it->quantizer.clustering_index = NULL;
    assert_ok (faiss_Level1Quantizer_train_q1 (&it->quantizer, POINTS, it->x, false, METRIC_L2));
    other.quantizer = &plain->index;
    other.cp.use_super_kmeans = false;
    other.cp.early_stop_threshold = -1;
    assert_ok (faiss_Level1Quantizer_train_q1 (&other, POINTS, it->x, false, METRIC_L2));
    assert_int_equal (wide->index.ntotal, NLIST);
    assert_memory_equal (faiss_IndexFlat_get_xb (wide), faiss_IndexFlat_get_xb (plain),
                         NLIST * WIDE * sizeof (float));
    faiss_IndexFlat_free (wide);
    faiss_IndexFlat_free (plain);
}

static void test_bad_input (void **state) {
    Case *it = *state;
    FaissLevel1Quantizer *self = &it->quantizer;
    assert_fails (faiss_Level1Quantizer_train_q1 (NULL, N, it->x, false, METRIC_L2), "NULL");
    assert_fails (faiss_Level1Quantizer_train_q1 (self, NLIST - 1, it->x, false, METRIC_L2),
                  "training points (7)");
    assert_fails (faiss_Level1Quantizer_train_q1 (self, N, NULL, false, METRIC_L2), "x is NULL");
    self->quantizer_trains_alone = 3;
    assert_fails (train (it, METRIC_L2), "0 .. 2, got 3");
    self->quantizer_trains_alone = 0;
    it->x[17] = NAN;
    assert_fails (train (it, METRIC_L2), "NaN");
    it->x[17] = 0;
    self->nlist = 0;
    assert_fails (train (it, METRIC_L2), "nlist > 0, got 0");
    self->nlist = NLIST;
    self->quantizer = NULL;
    assert_fails (train (it, METRIC_L2), "quantizer is NULL");
    assert_int_equal (it->flat->index.ntotal, 0);
}

static void test_list_numbers (void **state) {
    Case *it = *state;
    FaissLevel1Quantizer *self = &it->quantizer;
    const size_t nlists[] = {1, 2, 256, 257, 65536, 65537, (size_t)1 << 32};
    const size_t sizes[] = {0, 1, 1, 2, 2, 3, 4};
    for (int i = 0; i < 7; i++) {
        self->nlist = nlists[i];
        assert_int_equal (faiss_Level1Quantizer_coarse_code_size (self), sizes[i]);
        uint8_t code[9] = {0};
        code[sizes[i]] = 0x55; /* stays */
        idx_t list_no = (idx_t)(nlists[i] - 1), decoded = -1;
        faiss_Level1Quantizer_encode_listno (self, list_no, code);
        assert_int_equal (code[sizes[i]], 0x55);
        assert_ok (faiss_Level1Quantizer_decode_listno (self, code, &decoded));
        assert_int_equal (decoded, list_no);
        self->nlist--;
        if (self->nlist && faiss_Level1Quantizer_coarse_code_size (self) == sizes[i]) {
            assert_fails (faiss_Level1Quantizer_decode_listno (self, code, &decoded), "below");
        }
    }
    self->nlist = 70000;
    uint8_t code[3];
    faiss_Level1Quantizer_encode_listno (self, 0x010203, code);
    const uint8_t expected[3] = {3, 2, 1};
    assert_memory_equal (code, expected, 3);
}

#define TEST(function) cmocka_unit_test_setup_teardown (function, setup, teardown)

TEST_MAIN (TEST (test_defaults), TEST (test_kmeans), TEST (test_trained_quantizers_stay),
           TEST (test_trains_alone), TEST (test_inner_product), TEST (test_super_kmeans),
           TEST (test_bad_input), TEST (test_list_numbers))
