/* Indexes whose vectors stay in a mapped file, where they are at odd addresses: the same results.
 * The sanitizers see to it that nothing is read as if it were aligned. */
#include "testing.h"

#include <unistd.h>

#include <faiss/Index.h>
#include <faiss/index_factory.h>
#include <faiss/index_io.h>
#include <faiss/utils/simd_levels.h>

enum { D = 19, N = 700, NQ = 27, K = 10 };

static char path[] = "/tmp/test_mapped_index_XXXXXX";
static float x[N * D];

static void search (const FaissIndex *index, idx_t n, float *distances, idx_t *labels) {
    assert_ok (faiss_Index_search (index, n, x, K, distances, labels));
    FaissDistanceComputer *dc = NULL;
    if (faiss_Index_get_distance_computer (index, &dc) == FAISS_OK) {
        const idx_t four[4] = {1, 2, 3, 4};
        assert_ok (faiss_DistanceComputer_set_query (dc, x));
        dc->distances_batch_4 (dc, four, distances + n * K);
        distances[n * K + 4] = dc->symmetric_dis (dc, 5, 7);
        faiss_DistanceComputer_free (dc);
    }
}

static void check_mapped (const char *factory, FaissMetricType metric) {
    FaissIndex *index = NULL, *mapped = NULL;
    float distances[NQ * K + 5] = {0}, mapped_distances[NQ * K + 5] = {0};
    idx_t labels[NQ * K], mapped_labels[NQ * K];
    assert_ok (faiss_index_factory (&index, D, factory, metric));
    assert_ok (faiss_Index_train (index, N, x));
    assert_ok (faiss_Index_add (index, N, x));
    assert_ok (faiss_write_index_fname (index, path));
    assert_ok (faiss_read_index_fname (path, FAISS_IO_FLAG_MMAP_IFC, &mapped));
    for (int n = 1; n <= NQ; n += 13) {
        search (index, n, distances, labels);
        search (mapped, n, mapped_distances, mapped_labels);
        assert_memory_equal (labels, mapped_labels, (size_t)(n * K) * sizeof *labels);
        assert_memory_equal (distances, mapped_distances, (size_t)(n * K) * sizeof *distances);
    }
    assert_ok (faiss_Index_add (mapped, 3, x)); /* then the vectors move to memory */
    assert_int_equal (faiss_Index_ntotal (mapped), N + 3);
    faiss_Index_free (index);
    faiss_Index_free (mapped);
}

static void mapped_vectors_are_searched (void **state) {
    (void)state;
    const int metrics[] = {0, 1, 2, 3, 4, 20, 21, 22, 23, 24, 25};
    FaissSIMDLevel best = faiss_get_simd_level ();
    for (int level = 0; level < SIMDLevel_COUNT; level++) {
        if (!faiss_simd_level_is_available ((FaissSIMDLevel)level)) {
            continue;
        }
        assert_ok (faiss_set_simd_level ((FaissSIMDLevel)level));
        for (int i = 0; i < 11; i++) {
            check_mapped ("Flat", (FaissMetricType)metrics[i]);
        }
        check_mapped ("IVF3,Flat", METRIC_L2);
        check_mapped ("IVF3,Flat", METRIC_INNER_PRODUCT);
        check_mapped ("IVF3,FlatDedup", METRIC_L2);
        check_mapped ("Flat,RFlat", METRIC_L2);
        check_mapped ("L2norm,Flat", METRIC_INNER_PRODUCT);
    }
    assert_ok (faiss_set_simd_level (best));
}

static int make_file (void **state) {
    (void)state;
    TestRandom random = {23};
    testing_floats (&random, x, N * D);
    for (int i = 0; i < N * D; i++) {
        x[i] = x[i] < 0 ? -x[i] : x[i]; /* some metrics want probabilities */
    }
    int file = mkstemp (path);
    return file < 0 ? -1 : close (file);
}

static int remove_file (void **state) {
    (void)state;
    return unlink (path);
}

int main (void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test (mapped_vectors_are_searched)};
    return cmocka_run_group_tests (tests, make_file, remove_file);
}
