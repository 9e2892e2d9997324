/* Indexes of scalar quantizers: what the walk over all classes does not look at. */
#include "testing.h"

#include <faiss/IndexFlat.h>
#include <faiss/IndexScalarQuantizer.h>
#include <faiss/index_factory.h>

enum { D = 19, N = 800, N_QUERIES = 40, K = 12 };

static float x[N * D], q[N_QUERIES * D];

static FaissIndex *make (const char *factory, FaissMetricType metric) {
    FaissIndex *index = NULL;
    TestRandom random = {3};
    testing_floats (&random, x, N * D);
    testing_floats (&random, q, N_QUERIES * D);
    assert_ok (faiss_index_factory (&index, D, factory, metric));
    assert_ok (faiss_Index_train (index, N, x));
    assert_ok (faiss_Index_add (index, N, x));
    FaissIndexIVF *ivf = faiss_IndexIVF_cast (index);
    if (ivf) {
        ivf->nprobe = 5;
    }
    return index;
}

typedef struct Found {
    float distances[N_QUERIES * K];
    idx_t labels[N_QUERIES * K];
} Found;

static void search (const FaissIndex *index, int batch, Found *found) {
    for (int i = 0; i < N_QUERIES; i += batch) {
        int n = N_QUERIES - i < batch ? N_QUERIES - i : batch;
        assert_ok (faiss_Index_search (index, n, q + i * D, K, found->distances + i * K,
                                       found->labels + i * K));
    }
}

static const char *const types[] = {"SQ8",   "SQ4",      "SQ6",      "SQfp16",   "SQbf16",
                                    "SQtq3", "SQtqmse1", "SQtqmse3", "SQtqmse8", "SQ8_direct"};
enum { N_TYPES = sizeof types / sizeof *types };

static void assert_near (const Found *a, const Found *b) {
    for (int j = 0; j < N_QUERIES * K; j++) {
        assert_true (fabsf (a->distances[j] - b->distances[j]) <=
                     1e-5f * (1 + fabsf (b->distances[j])));
    }
}

/* Lists that many queries visit are decoded, others are not: it does not show. (Of residuals by
 * inner product the coarse quantizer's distances are added, which depend on the batch in their last
 * bits.)
 */
static void batches_do_not_show_in_results_of_inverted_files (void **state) {
    (void)state;
    for (int i = 0; i < 2 * N_TYPES; i++) {
        char factory[32];
        snprintf (factory, sizeof factory, "IVF9,%s", types[i / 2]);
        FaissIndex *index = make (factory, i % 2 ? METRIC_L2 : METRIC_INNER_PRODUCT);
        static Found all, some, each;
        search (index, N_QUERIES, &all);
        search (index, 3, &some);
        search (index, 1, &each);
        assert_near (&all, &some);
        assert_memory_equal (&some, &each, sizeof all);
        if (i % 2) {
            assert_memory_equal (&all, &some, sizeof all);
        }
        /* another way through the lists: by the scanner */
        faiss_IndexIVF_cast (index)->parallel_mode = 1;
        search (index, N_QUERIES, &each);
        assert_memory_equal (&all, &each, sizeof all);
        faiss_Index_free (index);
    }
}

/* Flat: few queries are compared with the codes, many with decoded vectors: last bits differ. */
static void batches_hardly_show_in_results (void **state) {
    (void)state;
    for (int i = 0; i < 2 * N_TYPES; i++) {
        FaissIndex *index = make (types[i / 2], i % 2 ? METRIC_L2 : METRIC_INNER_PRODUCT);
        static Found all, each;
        search (index, N_QUERIES, &all);
        search (index, 1, &each);
        assert_near (&all, &each);
        faiss_Index_free (index);
    }
}

static void ranges_have_the_results_of_searches (void **state) {
    (void)state;
    for (int i = 0; i < 2 * N_TYPES; i++) {
        char factory[32];
        snprintf (factory, sizeof factory, "%s%s", i % 2 ? "IVF9," : "", types[i / 2]);
        FaissIndex *index = make (factory, METRIC_L2);
        static Found found;
        FaissRangeSearchResult *result = NULL;
        search (index, N_QUERIES, &found);
        float radius = found.distances[K - 2];
        assert_ok (faiss_RangeSearchResult_new (&result, N_QUERIES));
        assert_ok (faiss_Index_range_search (index, N_QUERIES, q, radius, result));
        for (int j = 0; j < N_QUERIES; j++) {
            size_t n_nearer = 0;
            while (n_nearer < K && found.distances[j * K + (int)n_nearer] < radius * 0.9999f) {
                n_nearer++;
            }
            size_t n = result->lims[j + 1] - result->lims[j];
            assert_true (n >= n_nearer);
            for (size_t at = result->lims[j]; at < result->lims[j + 1]; at++) {
                assert_true (result->distances[at] < radius);
            }
        }
        faiss_RangeSearchResult_free (result);
        faiss_Index_free (index);
    }
}

/* An inverted file without a quantizer's tables, or without its coarse quantizer. */
static void wrong_use_is_refused (void **state) {
    (void)state;
    FaissIndexScalarQuantizer *flat = NULL;
    FaissIndexIVFScalarQuantizer *ivf = NULL;
    FaissIndexFlatL2 *quantizer = NULL;
    float distances[1];
    idx_t labels[1];
    assert_fails (faiss_IndexScalarQuantizer_new_with (&flat, 4, (FaissQuantizerType)-1, METRIC_L2),
                  "no type");
    assert_fails (faiss_IndexScalarQuantizer_new_with (&flat, -4, QT_8bit, METRIC_L2), "d <=");
    assert_ok (faiss_IndexScalarQuantizer_new_with (&flat, 4, QT_8bit, METRIC_L1));
    assert_fails (faiss_Index_add (&flat->index, 1, x), "train");
    assert_ok (faiss_Index_train (&flat->index, 10, x));
    assert_ok (faiss_Index_add (&flat->index, 10, x));
    assert_fails (faiss_Index_search (&flat->index, 1, x, 1, distances, labels), "METRIC_L2 or");
    faiss_Float32Vector_clear (&flat->sq.trained);
    flat->index.metric_type = METRIC_L2;
    assert_fails (faiss_Index_search (&flat->index, 1, x, 1, distances, labels), "not trained");
    assert_fails (faiss_Index_add (&flat->index, 1, x), "not trained");
    assert_int_equal (flat->index.ntotal, 10);
    faiss_IndexScalarQuantizer_free (flat);

    assert_ok (faiss_IndexFlatL2_new_with (&quantizer, 4));
    assert_fails (faiss_IndexIVFScalarQuantizer_new_with (&ivf, &quantizer->index, 5, 3, QT_4bit),
                  "d=5");
    assert_ok (faiss_IndexIVFScalarQuantizer_new_with (&ivf, &quantizer->index, 4, 3, QT_4bit));
    assert_fails (faiss_Index_add (&ivf->index, 1, x), "train");
    assert_ok (faiss_Index_train (&ivf->index, 100, x));
    idx_t list = 3;
    uint8_t code[8];
    assert_fails (faiss_IndexIVF_encode_vectors (&ivf->ivf, 1, x, &list, code, true), "no list 3");
    assert_fails (faiss_IndexIVF_decode_vectors (&ivf->ivf, 1, code, &list, x), "no list 3");
    assert_ok (faiss_IndexIVFScalarQuantizer_train_residual (ivf, 100, x));
    faiss_IndexIVFScalarQuantizer_free (ivf);
    faiss_IndexFlatL2_free (quantizer);
}

TEST_MAIN (cmocka_unit_test (batches_do_not_show_in_results_of_inverted_files),
           cmocka_unit_test (batches_hardly_show_in_results),
           cmocka_unit_test (ranges_have_the_results_of_searches),
           cmocka_unit_test (wrong_use_is_refused))
