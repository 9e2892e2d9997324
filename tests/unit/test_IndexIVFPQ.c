/* Inverted files of product quantizer codes: what is special about them. */
#include "testing.h"

#include <faiss/Index2Layer.h>
#include <faiss/IndexFlat.h>
#include <faiss/IndexIVFPQR.h>
#include <faiss/index_factory.h>
#include <faiss/invlists/ArrayInvertedLists.h>
#include <faiss/utils/distances.h>

#include "golden/golden.h"
#include "golden/ivfpq.h"
#include "golden/lsh_lattice_additive.h"

/* ---- as recorded ----------------------------------------------------------------------------- */

enum { GOLDEN_D = 4, GOLDEN_TRAINING = 400, GOLDEN_ROWS = 50, GOLDEN_QUERIES = 3, GOLDEN_K = 5 };

static FaissIndex *golden_index (const char *description, FaissMetricType metric) {
    FaissIndex *index;
    float *x = golden_inputs (63, GOLDEN_TRAINING * GOLDEN_D);
    assert_ok (faiss_index_factory (&index, GOLDEN_D, description, metric));
    assert_ok (faiss_Index_train (index, GOLDEN_TRAINING, x));
    assert_ok (faiss_Index_add (index, GOLDEN_ROWS, x));
    faiss_IndexIVF_cast (index)->nprobe = 4;
    free (x);
    return index;
}

static void assert_golden_search (const FaissIndex *index, const double *D, const int64_t *I) {
    float *q = golden_inputs (64, GOLDEN_QUERIES * GOLDEN_D);
    float distances[GOLDEN_QUERIES * GOLDEN_K];
    idx_t labels[GOLDEN_QUERIES * GOLDEN_K];
    assert_ok (faiss_Index_search (index, GOLDEN_QUERIES, q, GOLDEN_K, distances, labels));
    assert_golden (distances, D, GOLDEN_QUERIES * GOLDEN_K);
    assert_memory_equal (labels, I, sizeof labels);
    free (q);
}

static void codes_and_results_are_as_recorded (void **state) {
    (void)state;
    FaissIndex *index = golden_index ("IVF4,PQ2x4", METRIC_L2);
    FaissIndexIVFPQ *self = faiss_IndexIVFPQ_cast (index);
    assert_golden (self->pq.centroids.data, golden_ivfpq_pq_centroids, golden_ivfpq_pq_centroids_n);
    assert_int_equal (self->use_precomputed_table, 1);
    const FaissInvertedLists *lists = self->ivf.invlists;
    size_t at = 0;
    for (size_t i = 0; i < 4; i++) {
        size_t n = faiss_InvertedLists_list_size (lists, i);
        const uint8_t *codes = faiss_InvertedLists_get_codes (lists, i);
        const idx_t *ids = faiss_InvertedLists_get_ids (lists, i);
        for (size_t j = 0; j < n; j++, at++) {
            assert_int_equal (codes[j], golden_ivfpq_codes_hex[at]);
            assert_int_equal (ids[j], golden_ivfpq_lists[at]);
        }
    }
    assert_int_equal (at, golden_ivfpq_lists_n);
    assert_golden_search (index, golden_ivfpq_D, golden_ivfpq_I);
    faiss_Index_free (index);
    index = golden_index ("IVF4,PQ2x4", METRIC_INNER_PRODUCT);
    assert_golden_search (index, golden_ivfpq_ip_D, golden_ivfpq_ip_I);
    faiss_Index_free (index);
    index = golden_index ("IVF4,PQ2+2", METRIC_L2);
    assert_golden_search (index, golden_ivfpqr_D, golden_ivfpqr_I);
    faiss_Index_free (index);
}

static void two_layers_are_as_recorded (void **state) {
    enum { D = 6, TRAINING = 200, ROWS = 3 };
    (void)state;
    FaissIndexFlatL2 *quantizer;
    FaissIndex2Layer *index;
    float *x = golden_inputs (50, TRAINING * D), *rows = golden_inputs (53, ROWS * D);
    uint8_t codes[ROWS * 2];
    assert_ok (faiss_IndexFlatL2_new_with (&quantizer, D));
    assert_ok (faiss_Index2Layer_new_with (&index, &quantizer->index, 4, 2, 4, METRIC_L2));
    assert_ok (faiss_Index_train (&index->index, TRAINING, x));
    assert_golden (index->pq.centroids.data, golden_index2layer_pq_centroids,
                   golden_index2layer_pq_centroids_n);
    assert_int_equal (index->flat_codes.code_size, 2);
    assert_ok (faiss_Index_sa_encode (&index->index, ROWS, rows, codes));
    for (size_t i = 0; i < sizeof codes; i++) {
        assert_int_equal (codes[i], golden_index2layer_codes_hex[i]);
    }
    faiss_Index2Layer_free (index);
    faiss_Index_free (&quantizer->index);
    free (x);
    free (rows);
}

/* ---- distances are those to the decoded vectors ---------------------------------------------- */

static float *random_rows (size_t n, size_t d, uint64_t seed) {
    float *x = malloc ((n * d + 1) * sizeof *x);
    TestRandom random = {seed};
    for (size_t i = 0; i < n * d; i++) {
        x[i] = (float)(testing_random (&random) % 2001) / 1000 - 1;
    }
    return x;
}

typedef struct Shape {
    size_t d, M, nbits;
    FaissMetricType metric;
    bool by_residual;
    int tables;
} Shape;

static FaissIndexIVFPQ *build (const Shape *shape, size_t nlist, idx_t n, const float *x) {
    FaissIndexFlat *quantizer;
    FaissIndexIVFPQ *index;
    assert_ok (faiss_IndexFlat_new_with (&quantizer, (idx_t)shape->d, shape->metric));
    assert_ok (faiss_IndexIVFPQ_new_with (&index, &quantizer->index, shape->d, nlist, shape->M,
                                          shape->nbits, shape->metric, true));
    index->ivf.own_fields = true;
    index->ivf.by_residual = shape->by_residual;
    index->use_precomputed_table = shape->tables;
    index->pq.cp.niter = 4;
    assert_ok (faiss_Index_train (&index->index, n, x));
    assert_ok (faiss_Index_add (&index->index, n, x));
    index->ivf.nprobe = nlist;
    return index;
}

static void assert_distances_are_to_decoded (const Shape *shape) {
    enum { N = 700, QUERIES = 40, NLIST = 5, K = 30 };
    float *x = random_rows (N, shape->d, 1), *q = random_rows (QUERIES, shape->d, 2);
    float *decoded = malloc (sizeof *decoded * N * shape->d);
    float distances[QUERIES * K];
    idx_t labels[QUERIES * K];
    FaissIndexIVFPQ *index = build (shape, NLIST, N, x);
    assert_ok (faiss_Index_reconstruct_n (&index->index, 0, N, decoded));
    assert_ok (faiss_Index_search (&index->index, QUERIES, q, K, distances, labels));
    bool is_similarity = shape->metric == METRIC_INNER_PRODUCT;
    for (size_t i = 0; i < QUERIES * K; i++) {
        assert_in_range (labels[i], 0, N - 1);
        const float *query = q + i / K * shape->d, *found = decoded + (size_t)labels[i] * shape->d;
        float expected = is_similarity ? faiss_fvec_inner_product (query, found, shape->d)
                                       : faiss_fvec_L2sqr (query, found, shape->d);
        float scale = 1 + (float)shape->d;
        assert_true (fabsf (distances[i] - expected) <= 1e-6f * scale);
        assert_true (i % K == 0 || (is_similarity ? distances[i] <= distances[i - 1]
                                                  : distances[i] >= distances[i - 1]));
    }
    /* one at a time: the same to the bit, from the same centroids' distances */
    float coarse[QUERIES * NLIST];
    idx_t lists[QUERIES * NLIST];
    assert_ok (faiss_Index_search (index->ivf.quantizer, QUERIES, q, NLIST, coarse, lists));
    assert_ok (faiss_IndexIVF_search_preassigned (&index->ivf, QUERIES, q, K, lists, coarse,
                                                  distances, labels, 0));
    for (size_t i = 0; i < QUERIES; i += 7) {
        float some_distances[K];
        idx_t some_labels[K];
        assert_ok (faiss_IndexIVF_search_preassigned (&index->ivf, 1, q + i * shape->d, K,
                                                      lists + i * NLIST, coarse + i * NLIST,
                                                      some_distances, some_labels, 0));
        assert_memory_equal (some_labels, labels + i * K, sizeof some_labels);
        assert_memory_equal (some_distances, distances + i * K, sizeof some_distances);
    }
    faiss_IndexIVFPQ_free (index);
    free (x);
    free (q);
    free (decoded);
}

static void distances_are_to_the_decoded_vectors (void **state) {
    (void)state;
    static const size_t sizes[][3] = {{1, 1, 8},  {7, 7, 4},   {8, 4, 8},   {15, 5, 3},
                                      {16, 2, 8}, {17, 17, 8}, {20, 10, 6}, {100, 10, 8},
                                      {12, 3, 9}, {784, 49, 4}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        Shape shape = {sizes[i][0], sizes[i][1], sizes[i][2], METRIC_L2, true, 0};
        assert_distances_are_to_decoded (&shape);
        shape.tables = -1;
        assert_distances_are_to_decoded (&shape);
        shape.by_residual = false;
        assert_distances_are_to_decoded (&shape);
        shape.metric = METRIC_INNER_PRODUCT;
        assert_distances_are_to_decoded (&shape);
        shape.by_residual = true;
        assert_distances_are_to_decoded (&shape);
    }
}

/* Decoded codes have the distances that tables give, in both ways of searching. */
static void short_lists_do_without_tables (void **state) {
    enum { N = 3000, QUERIES = 20, NLIST = 6, K = 10 };
    (void)state;
    float *x = random_rows (N, 16, 3), *q = random_rows (QUERIES, 16, 4);
    for (int form = 0; form < 8; form++) {
        Shape shape = {
            16, 4, 8, form & 1 ? METRIC_L2 : METRIC_INNER_PRODUCT, form & 2, form & 4 ? 0 : -1};
        FaissIndexIVFPQ *index = build (&shape, NLIST, N, x);
        FaissSearchParameters *params;
        FaissIVFPQSearchParameters *own;
        float expected[QUERIES * K], distances[QUERIES * K];
        idx_t labels[QUERIES * K];
        assert_ok (faiss_IVFPQSearchParameters_new_with (&own, NULL, NLIST, 0));
        params = &own->params;
        for (int general = 0; general < 2; general++) { /* max_codes: one query at a time */
            own->ivf_params.max_codes = general ? N : 0;
            own->scan_table_threshold = 1;
            assert_ok (faiss_Index_search_with_params (&index->index, QUERIES, q, K, params,
                                                       expected, labels));
            own->scan_table_threshold = N;
            assert_ok (faiss_Index_search_with_params (&index->index, QUERIES, q, K, params,
                                                       distances, labels));
            for (int i = 0; i < QUERIES * K; i++) {
                assert_true (fabsf (distances[i] - expected[i]) <= 1e-5f * 16);
            }
        }
        faiss_IVFPQSearchParameters_free (own);
        faiss_IndexIVFPQ_free (index);
    }
    free (x);
    free (q);
}

/* ---- what is refused ------------------------------------------------------------------------- */

static void odd_shapes_are_refused (void **state) {
    (void)state;
    FaissIndexFlatL2 *quantizer;
    FaissIndexIVFPQ *index = NULL;
    FaissIndex *made = NULL;
    assert_ok (faiss_IndexFlatL2_new_with (&quantizer, 8));
    FaissIndex *q = &quantizer->index;
    assert_fails (faiss_IndexIVFPQ_new_with (&index, q, 8, 4, 3, 8, METRIC_L2, true), "multiple");
    assert_fails (faiss_IndexIVFPQ_new_with (&index, q, 8, 4, 0, 8, METRIC_L2, true), "multiple");
    assert_fails (faiss_IndexIVFPQ_new_with (&index, q, 8, 4, 4, 25, METRIC_L2, true), "nbits");
    assert_fails (faiss_IndexIVFPQ_new_with (&index, q, 16, 4, 4, 8, METRIC_L2, true), "d=16");
    assert_fails (faiss_IndexIVFPQ_new_with (&index, NULL, 8, 4, 4, 8, METRIC_L2, true), "NULL");
    assert_null (index);
    assert_fails (faiss_index_factory (&made, 8, "IVF4,PQ4+4", METRIC_INNER_PRODUCT), "METRIC_L2");
    assert_fails (faiss_index_factory (&made, 8, "Residual4,PQ4", METRIC_INNER_PRODUCT),
                  "METRIC_L2");
    assert_null (made);
    faiss_Index_free (q);
}

static void inconsistent_changes_are_refused (void **state) {
    enum { D = 8, N = 400 };
    (void)state;
    float *x = random_rows (N, D, 1), distances[3];
    idx_t labels[3];
    FaissIndexIVFPQ *index = build (&(Shape){D, 4, 4, METRIC_L2, true, 0}, 4, N, x);
    FaissIndex *base = &index->index;
    faiss_Float32Vector_clear (&index->precomputed_table);
    assert_fails (faiss_Index_search (base, 1, x, 3, distances, labels), "precompute_table");
    index->use_precomputed_table = 2;
    assert_fails (faiss_IndexIVFPQ_precompute_table (index), "MultiIndexQuantizer");
    index->use_precomputed_table = 5;
    assert_fails (faiss_IndexIVFPQ_precompute_table (index), "got 5");
    index->use_precomputed_table = -1;
    assert_ok (faiss_Index_search (base, 1, x, 3, distances, labels));
    base->metric_type = METRIC_L1;
    assert_fails (faiss_Index_search (base, 1, x, 3, distances, labels), "metric type 2");
    base->metric_type = METRIC_L2;
    index->pq.nbits = 5;
    assert_fails (faiss_Index_search (base, 1, x, 3, distances, labels), "set_derived_values");
    index->pq.nbits = 4;
    /* another quantizer */
    FaissIndexIVFPQ *other = build (&(Shape){D, 4, 4, METRIC_L2, true, 0}, 4, N / 2, x);
    assert_true (faiss_Index_merge_from (base, &other->index, N) != FAISS_OK);
    assert_int_equal (other->index.ntotal, N / 2);
    faiss_IndexIVFPQ_free (other);
    faiss_IndexIVFPQ_free (index);
    free (x);
}

static void refined_ids_are_positions (void **state) {
    enum { D = 8, N = 300 };
    (void)state;
    float *x = random_rows (N, D, 1);
    FaissIndex *index;
    assert_ok (faiss_index_factory (&index, D, "IVF2,PQ2+4", METRIC_L2));
    assert_ok (faiss_Index_train (index, N, x));
    idx_t wrong[] = {3, 4, 5}, right[] = {0, 1, 2};
    assert_fails (faiss_Index_add_with_ids (index, 3, x, wrong), "expected id 0, got 3");
    assert_int_equal (index->ntotal, 0);
    assert_ok (faiss_Index_add_with_ids (index, 3, x, right));
    FaissIndexIVFPQR *self = faiss_IndexIVFPQR_cast (index);
    assert_int_equal (self->refine_codes.size, 12);
    self->k_factor = 0.1f;
    float distance;
    idx_t label;
    assert_fails (faiss_Index_search (index, 1, x, 1, &distance, &label), "k_factor");
    self->k_factor = 2;
    assert_ok (faiss_Index_search (index, 1, x, 1, &distance, &label));
    /* vectors that are replaced have new codes of both kinds */
    assert_ok (faiss_IndexIVF_make_direct_map (&self->ivf, 1));
    assert_ok (faiss_IndexIVF_update_vectors (&self->ivf, 1, right + 1, x + 2 * D));
    float one[D], two[D];
    assert_ok (faiss_Index_reconstruct (index, 1, one));
    assert_ok (faiss_Index_reconstruct (index, 2, two));
    assert_memory_equal (one, two, sizeof one);
    faiss_Index_free (index);
    free (x);
}

static void what_codes_miss_comes_out_of_an_add (void **state) {
    enum { D = 8, N = 300 };
    (void)state;
    float *x = random_rows (N, D, 1), *missed = random_rows (N, D, 1),
          *recons = random_rows (N, D, 1);
    idx_t list_nos[N];
    FaissIndexIVFPQ *index = build (&(Shape){D, 4, 4, METRIC_L2, true, 0}, 4, N, x);
    assert_ok (faiss_Index_reset (&index->index));
    assert_ok (faiss_Index_assign (index->ivf.quantizer, N, x, list_nos, 1));
    list_nos[7] = -1;
    assert_ok (faiss_IndexIVFPQ_add_core_o (index, N, x, NULL, missed, list_nos, NULL));
    assert_ok (faiss_Index_reconstruct_n (&index->index, 0, N, recons));
    for (int i = 0; i < N * D; i++) {
        float expected = i / D == 7 ? 0 : x[i] - recons[i];
        assert_true (fabsf (missed[i] - expected) < 1e-6f);
    }
    faiss_IndexIVFPQ_free (index);
    free (x);
    free (missed);
    free (recons);
}

static void thresholds_are_parameters (void **state) {
    (void)state;
    FaissIndex *index;
    assert_ok (faiss_index_factory (&index, 16, "IVF4,PQ4", METRIC_L2));
    FaissIndexIVFPQ *self = faiss_IndexIVFPQ_cast (index);
    bool known;
    assert_ok (index->cls->set_parameter (index, "ht", 20, &known));
    assert_int_equal (self->polysemous_ht, 20);
    assert_ok (index->cls->set_parameter (index, "ht", 32, &known));
    assert_int_equal (self->polysemous_ht, 0);
    assert_fails (index->cls->set_parameter (index, "ht", -1, &known), "ht");
    assert_ok (index->cls->set_parameter (index, "k_factor", 2, &known));
    assert_false (known);
    faiss_Index_free (index);
}

TEST_MAIN (cmocka_unit_test (codes_and_results_are_as_recorded),
           cmocka_unit_test (two_layers_are_as_recorded),
           cmocka_unit_test (distances_are_to_the_decoded_vectors),
           cmocka_unit_test (odd_shapes_are_refused),
           cmocka_unit_test (inconsistent_changes_are_refused),
           cmocka_unit_test (refined_ids_are_positions),
           cmocka_unit_test (what_codes_miss_comes_out_of_an_add),
           cmocka_unit_test (short_lists_do_without_tables),
           cmocka_unit_test (thresholds_are_parameters))
