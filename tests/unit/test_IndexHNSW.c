/* Graph indexes: what the graph keeps to, changes of links, bad input. */
#include "testing.h"

#include "graph_checks.h"

#include <faiss/IndexFlat.h>
#include <faiss/IndexHNSW.h>
#include <faiss/impl/check.h>
#include <faiss/impl/hnsw_internal.h>
#include <faiss/impl/parallel.h>
#include <faiss/index_factory.h>
#include <faiss/index_io.h>
#include <faiss/utils/random.h>

static float *random_rows (size_t n, int d, int64_t seed) {
    float *x = malloc ((n * (size_t)d + 1) * sizeof *x);
    faiss_float_rand (x, n * (size_t)d, seed);
    return x;
}

static FaissIndexHNSW *new_graph (int d, int M, FaissMetricType metric, size_t n, const float *x) {
    FaissIndexHNSWFlat *index = NULL;
    assert_ok (faiss_IndexHNSWFlat_new_with (&index, d, M, metric));
    assert_ok (faiss_Index_add (&index->index, (idx_t)n, x));
    assert_int_equal (index->index.ntotal, n);
    return &index->index_hnsw;
}

static void assert_same_graph (const FaissHNSW *a, const FaissHNSW *b) {
    assert_int_equal (a->entry_point, b->entry_point);
    assert_int_equal (a->max_level, b->max_level);
    assert_int_equal (a->neighbors.size, b->neighbors.size);
    assert_memory_equal (a->levels.data, b->levels.data, a->levels.size * sizeof *a->levels.data);
    assert_memory_equal (a->neighbors.data, b->neighbors.data,
                         a->neighbors.size * sizeof *a->neighbors.data);
}

/* ---- what every graph keeps to --------------------------------------------------------------- */

static void graphs_are_good (void **state) {
    (void)state;
    static const struct {
        int d, M;
        FaissMetricType metric;
        size_t n;
    } cases[] = {
        {1, 4, METRIC_L2, 1},     {1, 2, METRIC_L2, 300},
        {7, 8, METRIC_L2, 2},     {8, 8, METRIC_L2, 700},
        {15, 16, METRIC_L1, 500}, {16, 3, METRIC_L2, 600},
        {17, 8, METRIC_L2, 999},  {100, 16, METRIC_L2, 1500},
        {784, 8, METRIC_L2, 100}, {4, 16, METRIC_INNER_PRODUCT, 400},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        size_t n = cases[c].n;
        float *x = random_rows (n, cases[c].d, (int64_t)(30 + c));
        FaissIndexHNSW *index = new_graph (cases[c].d, cases[c].M, cases[c].metric, n, x);
        assert_links_are_good (&index->hnsw);
        size_t n_reachable = count_reachable (&index->hnsw);
        if (cases[c].metric !=
            METRIC_INNER_PRODUCT) { /* there short vectors are nobody's nearest */
            assert_in_range (n_reachable, n - n / 10, n);
        }
        /* every vector finds itself */
        index->hnsw.efSearch = 100;
        float *distances = malloc (n * sizeof *distances);
        idx_t *labels = malloc (n * sizeof *labels);
        assert_ok (faiss_Index_search (&index->index, (idx_t)n, x, 1, distances, labels));
        size_t n_found = 0;
        for (size_t i = 0; i < n; i++) {
            n_found += labels[i] == (idx_t)i;
        }
        if (cases[c].metric != METRIC_INNER_PRODUCT) {
            assert_in_range (n_found, n - n / 10, n);
        }
        free (distances);
        free (labels);
        free (x);
        faiss_IndexHNSW_free (index);
    }
}

static void levels_follow_the_seed (void **state) {
    (void)state;
    enum { N = 200 };
    FaissHNSW *hnsw = NULL;
    int max_level = -1;
    assert_ok (faiss_HNSW_new_with (&hnsw, 32));
    assert_int_equal (hnsw->assign_probas.size, 6);
    assert_true (hnsw->assign_probas.data[0] == 0.96875);
    assert_true (hnsw->assign_probas.data[5] == 2.88710388929303e-08);
    assert_int_equal (hnsw->cum_nneighbor_per_level.data[6], 224);
    assert_ok (faiss_HNSW_prepare_level_tab (hnsw, N, false, &max_level));
    assert_int_equal (max_level, 1);
    for (int i = 0; i < N; i++) { /* from release 1.15.1 */
        bool is_high = i == 52 || i == 73 || i == 133 || i == 136;
        assert_int_equal (hnsw->levels.data[i], is_high ? 2 : 1);
    }
    faiss_HNSW_free (hnsw);
}

static void levels_have_their_probabilities (void **state) {
    (void)state;
    enum { N = 100000 };
    FaissHNSW *hnsw = NULL;
    int n_of_level[64] = {0};
    assert_ok (faiss_HNSW_new_with (&hnsw, 4));
    for (int i = 0; i < N; i++) {
        n_of_level[faiss_HNSW_random_level (hnsw)]++;
    }
    for (int level = 0; level < 5; level++) {
        double expected = N * hnsw->assign_probas.data[level];
        assert_true (fabs (n_of_level[level] - expected) < 5 * sqrt (expected));
    }
    faiss_HNSW_free (hnsw);
}

static void use_threads (int n) {
#ifdef _OPENMP
    omp_set_num_threads (n);
#else
    (void)n;
#endif
}

static void threads_do_not_change_the_graph (void **state) {
    (void)state;
    enum { N = 3000, D = 5 };
    float *x = random_rows (N, D, 3);
    use_threads (1);
    FaissIndexHNSW *one = new_graph (D, 6, METRIC_L2, N, x);
    use_threads (7);
    FaissIndexHNSW *seven = new_graph (D, 6, METRIC_L2, N, x);
    use_threads (2);
    assert_same_graph (&one->hnsw, &seven->hnsw);
    faiss_IndexHNSW_free (one);
    faiss_IndexHNSW_free (seven);
    free (x);
}

/* ---- changes of links ------------------------------------------------------------------------ */

enum { N = 500, D = 6, M = 8 };

static float distance_between (const float *x, int32_t i, int32_t j) {
    float sum = 0;
    for (int l = 0; l < D; l++) {
        float difference = x[i * D + l] - x[j * D + l];
        sum += difference * difference;
    }
    return sum;
}

static void links_are_sorted_by_reordering (void **state) {
    (void)state;
    float *x = random_rows (N, D, 4);
    FaissIndexHNSW *index = new_graph (D, M, METRIC_L2, N, x);
    assert_ok (faiss_IndexHNSW_reorder_links (index));
    assert_links_are_good (&index->hnsw);
    for (int32_t i = 0; i < N; i++) {
        const int32_t *links = faiss_hnsw_links (&index->hnsw, i, 0);
        for (int j = 1; j < 2 * M && links[j] >= 0; j++) {
            assert_true (distance_between (x, i, links[j - 1]) <=
                         distance_between (x, i, links[j]) * 1.00001f);
        }
    }
    faiss_IndexHNSW_free (index);
    free (x);
}

static void shrinking_leaves_few_links (void **state) {
    (void)state;
    float *x = random_rows (N, D, 4);
    FaissIndexHNSW *index = new_graph (D, M, METRIC_L2, N, x);
    assert_ok (faiss_IndexHNSW_shrink_level_0_neighbors (index, 5));
    assert_links_are_good (&index->hnsw);
    for (int32_t i = 0; i < N; i++) {
        assert_int_equal (faiss_hnsw_links (&index->hnsw, i, 0)[5], -1);
    }
    faiss_IndexHNSW_free (index);
    free (x);
}

static void permuting_renames_and_changes_nothing_else (void **state) {
    (void)state;
    enum { NQ = 20, K = 5 };
    float *x = random_rows (N, D, 4), *q = random_rows (NQ, D, 5);
    FaissIndexHNSW *index = new_graph (D, M, METRIC_L2, N, x);
    float before[NQ * K], after[NQ * K];
    idx_t labels[NQ * K], permuted[NQ * K], perm[N];
    int order[N];
    faiss_rand_perm (order, N, 6);
    for (int i = 0; i < N; i++) {
        perm[i] = order[i];
    }
    assert_ok (faiss_Index_search (&index->index, NQ, q, K, before, labels));
    assert_ok (faiss_IndexHNSW_permute_entries (index, perm));
    assert_links_are_good (&index->hnsw);
    assert_ok (faiss_Index_search (&index->index, NQ, q, K, after, permuted));
    for (int i = 0; i < NQ * K; i++) {
        assert_true (before[i] == after[i]);
        assert_int_equal (labels[i], perm[permuted[i]]);
    }
    perm[3] = perm[4];
    assert_fails (faiss_IndexHNSW_permute_entries (index, perm), "permutation");
    perm[3] = N;
    assert_fails (faiss_IndexHNSW_permute_entries (index, perm), "permutation");
    faiss_IndexHNSW_free (index);
    free (x);
    free (q);
}

static void a_neighbour_graph_makes_links (void **state) {
    (void)state;
    enum { K = 20 };
    float *x = random_rows (N, D, 4), distances[N * K];
    idx_t labels[N * K];
    FaissIndexHNSWFlat *graph = NULL;
    FaissIndexFlatL2 *flat = NULL;
    assert_ok (faiss_IndexFlatL2_new_with (&flat, D));
    assert_ok (faiss_Index_add (&flat->index, N, x));
    assert_ok (faiss_Index_search (&flat->index, N, x, K, distances, labels));
    assert_ok (faiss_IndexHNSWFlat_new_with (&graph, D, M, METRIC_L2));
    FaissIndexHNSW *index = &graph->index_hnsw;
    index->init_level0 = false;
    assert_ok (faiss_Index_add (&index->index, N, x));
    assert_true (count_reachable (&index->hnsw) < N / 2);
    assert_ok (faiss_IndexHNSW_init_level_0_from_knngraph (index, K, distances, labels));
    assert_links_are_good (&index->hnsw);
    assert_true (count_reachable (&index->hnsw) > N * 8 / 10);
    assert_ok (faiss_IndexHNSW_link_singletons (index));
    assert_links_are_good (&index->hnsw);
    labels[7] = N;
    assert_fails (faiss_IndexHNSW_init_level_0_from_knngraph (index, K, distances, labels),
                  "neighbour 500, but ntotal=500");
    faiss_IndexHNSW_free (index);
    faiss_IndexFlatL2_free (flat);
    free (x);
}

static void entry_points_make_links (void **state) {
    (void)state;
    float *x = random_rows (N, D, 4);
    FaissIndexHNSWFlat *graph = NULL;
    assert_ok (faiss_IndexHNSWFlat_new_with (&graph, D, M, METRIC_L2));
    FaissIndexHNSW *index = &graph->index_hnsw;
    index->init_level0 = false;
    assert_ok (faiss_Index_add (&index->index, N, x));
    int32_t points[N], nearests[N];
    int n = 0;
    for (int32_t i = 0; i < N; i++) {
        if (index->hnsw.levels.data[i] == 1) {
            points[n] = i;
            nearests[n++] = index->hnsw.entry_point;
        }
    }
    assert_ok (faiss_IndexHNSW_init_level_0_from_entry_points (index, n, points, nearests));
    assert_links_are_good (&index->hnsw);
    assert_in_range (count_reachable (&index->hnsw), N - N / 50, N);
    points[0] = N;
    assert_fails (faiss_IndexHNSW_init_level_0_from_entry_points (index, n, points, nearests),
                  "vector 500, but ntotal=500");
    faiss_IndexHNSW_free (index);
    free (x);
}

/* ---- searching ------------------------------------------------------------------------------- */

/* Where all nodes are at level 0 there are no ways down to sort the queries by. */
static void graphs_of_one_level_are_searched (void **state) {
    (void)state;
    enum { NQ = 70, K = 2 };
    float *x = random_rows (NQ, D, 4), distances[NQ * K];
    idx_t labels[NQ * K];
    for (size_t n = 0; n <= 5; n++) {
        FaissIndexHNSW *index = new_graph (D, 1000, METRIC_L2, n, x);
        assert_true (index->hnsw.max_level <= 0);
        assert_ok (faiss_Index_search (&index->index, NQ, x, K, distances, labels));
        for (size_t i = 0; i < NQ; i++) {
            assert_int_equal (labels[i * K] >= 0, n > 0);
            assert_true (i >= n || labels[i * K] == (idx_t)i);
        }
        faiss_IndexHNSW_free (index);
    }
    free (x);
}

static void searches_at_level_0_begin_where_told (void **state) {
    (void)state;
    enum { NQ = 10, K = 3, NPROBE = 2 };
    float *x = random_rows (N, D, 4);
    FaissIndexHNSW *index = new_graph (D, M, METRIC_L2, N, x);
    int32_t nearest[NQ * NPROBE];
    float nearest_d[NQ * NPROBE], distances[NQ * K];
    idx_t labels[NQ * K];
    for (int i = 0; i < NQ; i++) {
        nearest[i * NPROBE] = 100 + i;
        nearest_d[i * NPROBE] = distance_between (x, i, 100 + i);
        nearest[i * NPROBE + 1] = i % 2 ? -1 : 200 + i;
        nearest_d[i * NPROBE + 1] = distance_between (x, i, 200 + i);
    }
    for (int type = 1; type <= 2; type++) {
        assert_ok (faiss_IndexHNSW_search_level_0 (index, NQ, x, K, nearest, nearest_d, distances,
                                                   labels, NPROBE, type, NULL));
        for (int i = 0; i < NQ; i++) {
            assert_int_equal (labels[i * K], i);
        }
    }
    assert_fails (faiss_IndexHNSW_search_level_0 (index, NQ, x, K, nearest, nearest_d, distances,
                                                  labels, NPROBE, 3, NULL),
                  "search_type 1 or 2");
    nearest[0] = N;
    assert_fails (faiss_IndexHNSW_search_level_0 (index, NQ, x, K, nearest, nearest_d, distances,
                                                  labels, NPROBE, 1, NULL),
                  "start at node 500");
    faiss_IndexHNSW_free (index);
    free (x);
}

typedef struct Collector {
    FaissResultHandler handler;
    int n;
} Collector;

static FaissStatus collect (FaissResultHandler *handler, float distance, idx_t id) {
    Collector *self = (Collector *)handler;
    assert_true (distance < handler->threshold && id >= 0 && id < N);
    return ++self->n < 7 ? FAISS_OK : faiss_fail (FAISS_EXCEPT, "enough");
}

static void handlers_get_what_is_near (void **state) {
    (void)state;
    float *x = random_rows (N, D, 4);
    FaissIndexHNSW *index = new_graph (D, M, METRIC_L2, N, x);
    Collector collector = {.handler = {.threshold = 0.001f, .add_result = collect}};
    assert_ok (faiss_Index_search1 (&index->index, x + 5 * D, &collector.handler, NULL));
    assert_int_equal (collector.n, 1);
    collector.handler.threshold = 1e9f;
    assert_fails (faiss_Index_search1 (&index->index, x, &collector.handler, NULL), "enough");
    faiss_IndexHNSW_free (index);
    free (x);
}

static void statistics_count (void **state) {
    (void)state;
    float *x = random_rows (N, D, 4), distance[5];
    idx_t label[5];
    FaissIndexHNSW *index = new_graph (D, M, METRIC_L2, N, x);
    FaissHNSWStats *stats = faiss_get_hnsw_stats ();
    faiss_HNSWStats_reset (stats);
    assert_ok (faiss_Index_search (&index->index, 5, x, 1, distance, label));
    assert_int_equal (stats->n1, 5);
    assert_true (stats->ndis > 5 * 16 && stats->nhops >= 5 * 16 && stats->ndis > stats->nhops);
    faiss_IndexHNSW_free (index);
    free (x);
}

/* Smaller is nearer, whatever the metric. */
static void distances_of_a_storage (void **state) {
    (void)state;
    static const FaissMetricType metrics[] = {METRIC_L2, METRIC_INNER_PRODUCT};
    float *x = random_rows (N, D, 4);
    for (int m = 0; m < 2; m++) {
        FaissIndexHNSW *index = new_graph (D, M, metrics[m], N, x);
        FaissDistanceComputer *dc = NULL, *plain = NULL;
        float sign = m == 0 ? 1 : -1, four[4];
        assert_ok (faiss_storage_distance_computer (index->storage, &dc));
        assert_ok (faiss_Index_get_distance_computer (index->storage, &plain));
        assert_ok (faiss_DistanceComputer_set_query (dc, x));
        assert_ok (faiss_DistanceComputer_set_query (plain, x));
        dc->distances_batch_4 (dc, (const idx_t[4]){3, 1, 4, 7}, four);
        assert_float_equal (four[2], sign * plain->distance (plain, 4), 1e-6);
        assert_float_equal (dc->distance (dc, 4), four[2], 1e-6);
        assert_float_equal (dc->symmetric_dis (dc, 2, 5), sign * plain->symmetric_dis (plain, 2, 5),
                            0);
        float out;
        assert_fails (faiss_DistanceComputer_vector_to_query_dis (dc, N, &out), "below");
        faiss_DistanceComputer_free (dc);
        faiss_DistanceComputer_free (plain);
        faiss_IndexHNSW_free (index);
    }
    free (x);
}

/* What one call does, whatever else is searched meanwhile. */
static void statistics_of_a_call (void **state) {
    (void)state;
    static const FaissHNSWStats none;
    float *x = random_rows (N, D, 4), distances[N * 2];
    idx_t labels[N * 2];
    FaissIndexHNSW *index = new_graph (D, M, METRIC_L2, N, x);
    FaissHNSWStats *all = faiss_get_hnsw_stats (), own = none;
    FaissSearchParametersHNSW *params = NULL;
    assert_ok (faiss_SearchParametersHNSW_new (&params));
    assert_null (params->stats);
    params->stats = &own;
    for (int way = 0; way < 4; way++) { /* plain vectors, any vectors, by codes, a range */
        params->bounded_queue = way != 1;
        params->rerank = way == 2 ? 5 : 0;
        own = none;
        assert_ok (faiss_Index_search (&index->index, 9, x, 2, distances, labels));
        assert_int_equal (own.n1, 0);
        faiss_HNSWStats_reset (all);
        if (way < 3) {
            assert_ok (faiss_Index_search_with_params (&index->index, N, x, 2, &params->params,
                                                       distances, labels));
        } else {
            FaissRangeSearchResult *result = NULL;
            assert_ok (faiss_RangeSearchResult_new (&result, N));
            assert_ok (faiss_Index_range_search_with_params (&index->index, N, x, 0.1f,
                                                             &params->params, result));
            faiss_RangeSearchResult_free (result);
        }
        assert_int_equal (own.n1, N);
        assert_memory_equal (&own, all, sizeof own);
        assert_ok (faiss_Index_search (&index->index, 9, x, 2, distances, labels));
        assert_int_equal (own.n1, N);
        assert_int_equal (all->n1, N + 9);
    }
    faiss_SearchParametersHNSW_free (params);
    faiss_IndexHNSW_free (index);
    free (x);
}

/* ---- bad input ------------------------------------------------------------------------------- */

static void bad_arguments_are_refused (void **state) {
    (void)state;
    FaissIndexHNSWFlat *none = NULL;
    FaissIndex *from_factory = NULL;
    assert_fails (faiss_IndexHNSWFlat_new_with (&none, 4, 1, METRIC_L2), "2 <= M");
    assert_fails (faiss_IndexHNSWFlat_new_with (&none, 4, 0, METRIC_L2), "2 <= M");
    assert_fails (faiss_IndexHNSWFlat_new_with (&none, 4, -3, METRIC_L2), "2 <= M");
    assert_fails (faiss_IndexHNSWFlat_new_with (&none, 4, INT32_MAX, METRIC_L2), "2 <= M");
    assert_fails (faiss_index_factory (&from_factory, 4, "HNSW1", METRIC_L2), "2 <= M");
    assert_fails (faiss_index_factory (&from_factory, 4, "HNSW8,Nonsense", METRIC_L2),
                  "not understood");
    assert_null (none);

    float x[4] = {0}, distance;
    idx_t label;
    FaissIndexHNSW *index = new_graph (4, 4, METRIC_L2, 1, x);
    index->hnsw.efSearch = 0;
    assert_fails (faiss_Index_search (&index->index, 1, x, 1, &distance, &label), "efSearch >= 1");
    index->hnsw.efSearch = 16;
    index->hnsw.efConstruction = 0;
    assert_fails (faiss_Index_add (&index->index, 1, x), "efConstruction >= 1");
    index->hnsw.efConstruction = 40;
    index->index.ntotal = INT32_MAX;
    assert_fails (faiss_Index_add (&index->index, 1, x), "ntotal");
    index->index.ntotal = 1;
    assert_ok (faiss_Index_add (&index->index, 1, x));
    bool known = false;
    assert_fails (index->index.cls->set_parameter (&index->index, "efSearch", 0, &known),
                  "efSearch >= 1");
    assert_fails (faiss_HNSW_set_nb_neighbors (&index->hnsw, 0, 5), "already");
    faiss_IndexHNSW_free (index);

    FaissIndexHNSW *over = NULL;
    FaissIndexFlatL2 *flat = NULL;
    assert_ok (faiss_IndexFlatL2_new_with (&flat, 4));
    assert_ok (faiss_Index_add (&flat->index, 1, x));
    assert_fails (faiss_IndexHNSW_new_with (&over, &flat->index, 8), "empty storage");
    faiss_IndexFlatL2_free (flat);
}

static FaissIndex *read_back (const uint8_t *data, size_t size, FaissStatus *status) {
    FaissVectorIOReader *reader = NULL;
    FaissIndex *index = NULL;
    assert_ok (faiss_VectorIOReader_new_with (&reader, data, size));
    *status = faiss_read_index_custom (&reader->reader, 0, &index);
    faiss_IOReader_free (&reader->reader);
    return index;
}

static void an_index_without_its_vectors_says_so (void **state) {
    (void)state;
    float *x = random_rows (N, D, 4), distance;
    idx_t label;
    FaissIndexHNSW *index = new_graph (D, M, METRIC_L2, N, x);
    FaissVectorIOWriter *writer = NULL;
    FaissStatus status = FAISS_OK;
    assert_ok (faiss_VectorIOWriter_new (&writer));
    assert_ok (
        faiss_write_index_custom (&index->index, &writer->writer, FAISS_IO_FLAG_SKIP_STORAGE));
    FaissIndex *bare = read_back (writer->data.data, writer->data.size, &status);
    assert_ok (status);
    assert_int_equal (bare->ntotal, N);
    assert_fails (faiss_Index_search (bare, 1, x, 1, &distance, &label), "no storage");
    assert_fails (faiss_Index_add (bare, 1, x), "no storage");
    assert_fails (faiss_Index_reconstruct (bare, 0, x), "no storage");
    assert_fails (faiss_Index_reset (bare), "no storage");
    assert_fails (faiss_IndexHNSW_reorder_links (faiss_IndexHNSW_cast (bare)), "no storage");
    /* it works again with the vectors */
    FaissIndexHNSW *graph = faiss_IndexHNSW_cast (bare);
    graph->storage = index->storage;
    graph->own_fields = false;
    assert_ok (faiss_Index_search (bare, 1, x, 1, &distance, &label));
    assert_int_equal (label, 0);
    faiss_Index_free (bare);
    faiss_IOWriter_free (&writer->writer);
    faiss_IndexHNSW_free (index);
    free (x);
}

/* What a damaged graph is refused for: its fields are changed before it is written. */
static void assert_damage_is_found (FaissIndexHNSW *index, const char *text) {
    FaissVectorIOWriter *writer = NULL;
    FaissStatus status = FAISS_OK;
    assert_ok (faiss_VectorIOWriter_new (&writer));
    assert_ok (faiss_write_index_custom (&index->index, &writer->writer, 0));
    FaissIndex *read = read_back (writer->data.data, writer->data.size, &status);
    assert_null (read);
    assert_fails (status, text);
    faiss_IOWriter_free (&writer->writer);
}

static void damaged_graphs_are_refused (void **state) {
    (void)state;
    float *x = random_rows (N, D, 4);
    FaissIndexHNSW *index = new_graph (D, M, METRIC_L2, N, x);
    FaissHNSW *hnsw = &index->hnsw;
#define WITH(place, value, text)                                                                   \
    do {                                                                                           \
        __typeof__ (place) kept = place;                                                           \
        place = value;                                                                             \
        assert_damage_is_found (index, text);                                                      \
        place = kept;                                                                              \
    } while (0)
    WITH (hnsw->neighbors.data[3], N, "link to 500");
    WITH (hnsw->neighbors.data[3], -2, "link to -2");
    WITH (hnsw->entry_point, N, "entry_point=500");
    WITH (hnsw->entry_point, -2, "entry_point=-2");
    WITH (hnsw->max_level, 40, "max_level=40");
    WITH (hnsw->max_level, -1, "max_level=-1");
    WITH (hnsw->levels.data[9], 0, "has 0 levels");
    WITH (hnsw->levels.data[9], 100, "has 100 levels");
    WITH (hnsw->levels.size, N - 1, "offsets has 501");
    WITH (hnsw->offsets.data[9], 1, "offsets[9]=1");
    WITH (hnsw->neighbors.size, hnsw->neighbors.size - 1, "offsets[500]");
    WITH (hnsw->cum_nneighbor_per_level.data[0], 1, "does not begin with 0");
    WITH (hnsw->cum_nneighbor_per_level.data[2], 1, "less than its predecessor");
    WITH (index->index.ntotal, N - 1, "expected ntotal=499");
    WITH (index->storage->metric_type, METRIC_INNER_PRODUCT, "metric_type");
    int32_t low = 0;
    while (hnsw->levels.data[low] != 1) {
        low++;
    }
    WITH (faiss_hnsw_links (hnsw, hnsw->entry_point, 1)[0], low, "at level 1 to node");
    faiss_IndexHNSW_free (index);
    free (x);
}

static void preset_levels_are_used (void **state) {
    (void)state;
    float *x = random_rows (N, D, 4);
    FaissIndexHNSWFlat *index = NULL;
    assert_ok (faiss_IndexHNSWFlat_new_with (&index, D, M, METRIC_L2));
    FaissHNSW *hnsw = &index->index_hnsw.hnsw;
    assert_ok (faiss_Int32Vector_resize (&hnsw->levels, N));
    for (int i = 0; i < N; i++) {
        hnsw->levels.data[i] = i % 50 == 7 ? 3 : 1;
    }
    assert_ok (faiss_Index_add (&index->index, N, x));
    assert_int_equal (hnsw->max_level, 2);
    assert_int_equal (hnsw->levels.data[107], 3);
    assert_links_are_good (hnsw);
    faiss_IndexHNSWFlat_free (index);
    free (x);
}

TEST_MAIN (cmocka_unit_test (graphs_are_good), cmocka_unit_test (levels_follow_the_seed),
           cmocka_unit_test (levels_have_their_probabilities),
           cmocka_unit_test (threads_do_not_change_the_graph),
           cmocka_unit_test (links_are_sorted_by_reordering),
           cmocka_unit_test (shrinking_leaves_few_links),
           cmocka_unit_test (permuting_renames_and_changes_nothing_else),
           cmocka_unit_test (a_neighbour_graph_makes_links),
           cmocka_unit_test (entry_points_make_links),
           cmocka_unit_test (searches_at_level_0_begin_where_told),
           cmocka_unit_test (graphs_of_one_level_are_searched),
           cmocka_unit_test (handlers_get_what_is_near), cmocka_unit_test (statistics_count),
           cmocka_unit_test (statistics_of_a_call), cmocka_unit_test (distances_of_a_storage),
           cmocka_unit_test (bad_arguments_are_refused),
           cmocka_unit_test (an_index_without_its_vectors_says_so),
           cmocka_unit_test (damaged_graphs_are_refused), cmocka_unit_test (preset_levels_are_used))
