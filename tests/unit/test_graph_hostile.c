/* Graphs that nobody should have made, and settings that nobody should use: a clear error, or
 * results; never a hang or a crash. */
#include "testing.h"

#include <string.h>

#include <faiss/IndexFlat.h>
#include <faiss/IndexHNSWCagra.h>
#include <faiss/IndexNNDescent.h>
#include <faiss/IndexNSG.h>
#include <faiss/impl/check.h>
#include <faiss/impl/hnsw_internal.h>
#include <faiss/impl/io.h>
#include <faiss/index_io.h>
#include <faiss/utils/random.h>

enum { N = 200, D = 4, K = 5, NQ = 4 };

typedef enum Family { HNSW, CAGRA, NSG, NNDESCENT, N_FAMILIES } Family;

static float *random_rows (size_t n, int64_t seed) {
    float *x = malloc ((n * D + 1) * sizeof *x);
    faiss_float_rand (x, n * D, seed);
    return x;
}

static FaissStatus make (Family family, int n_links, FaissIndex **out) {
    FaissIndexHNSWFlat *hnsw = NULL;
    FaissIndexHNSWCagra *cagra = NULL;
    FaissIndexNSGFlat *nsg = NULL;
    FaissIndexNNDescentFlat *nndescent = NULL;
    switch (family) {
    case HNSW:
        FAISS_TRY (faiss_IndexHNSWFlat_new_with (&hnsw, D, n_links, METRIC_L2));
        *out = &hnsw->index;
        return FAISS_OK;
    case CAGRA:
        FAISS_TRY (faiss_IndexHNSWCagra_new_with (&cagra, D, n_links, METRIC_L2, Float32));
        *out = &cagra->index;
        return FAISS_OK;
    case NSG:
        FAISS_TRY (faiss_IndexNSGFlat_new_with (&nsg, D, n_links, METRIC_L2));
        *out = &nsg->index;
        return FAISS_OK;
    default:
        FAISS_TRY (faiss_IndexNNDescentFlat_new_with (&nndescent, D, n_links, METRIC_L2));
        *out = &nndescent->index;
        return FAISS_OK;
    }
}

static FaissIndex *new_graph (Family family, size_t n, const float *x) {
    FaissIndex *index = NULL;
    assert_ok (make (family, 8, &index));
    assert_ok (faiss_Index_add (index, (idx_t)n, x));
    return index;
}

static FaissIndex **storage_of (FaissIndex *index) {
    FaissIndexHNSW *hnsw = faiss_IndexHNSW_cast (index);
    FaissIndexNSG *nsg = faiss_IndexNSG_cast (index);
    return hnsw  ? &hnsw->storage
           : nsg ? &nsg->storage
                 : &faiss_IndexNNDescent_cast (index)->storage;
}

static int32_t *links_of (FaissIndex *index, size_t *n_links) {
    FaissIndexHNSW *hnsw = faiss_IndexHNSW_cast (index);
    FaissIndexNSG *nsg = faiss_IndexNSG_cast (index);
    if (nsg) {
        *n_links = (size_t)nsg->nsg.final_graph->N * (size_t)nsg->nsg.final_graph->K;
        return nsg->nsg.final_graph->data;
    }
    FaissInt32Vector *links =
        hnsw ? &hnsw->hnsw.neighbors : &faiss_IndexNNDescent_cast (index)->nndescent.final_graph;
    *n_links = links->size;
    return links->data;
}

static FaissIDSelector *range (idx_t begin, idx_t end) {
    FaissIDSelectorRange *sel = NULL;
    assert_ok (faiss_IDSelectorRange_new (&sel, begin, end));
    return &sel->sel;
}

/* Whatever an index answers, results are ids or -1. */
static void assert_ends (FaissIndex *index, const float *x) {
    float distances[NQ * K];
    idx_t labels[NQ * K];
    FaissIDSelector *sel = range (-5000000000, 3 * (idx_t)N / 4);
    FaissSearchParameters *params = NULL;
    assert_ok (faiss_SearchParameters_new (&params, sel));
    for (int pass = 0; pass < 3; pass++) {
        idx_t n = index->ntotal;
        memset (labels, -1, sizeof labels);
        if (faiss_Index_search_with_params (index, NQ, x, K, pass == 1 ? params : NULL, distances,
                                            labels) == FAISS_OK) {
            for (int i = 0; i < NQ * K; i++) {
                assert_true (labels[i] >= -1 && labels[i] < n);
            }
        }
        if (pass == 1) {
            FaissIDSelector *gone = range (10, 40);
            size_t n_removed = 0;
            if (faiss_Index_remove_ids (index, gone, &n_removed) == FAISS_OK) {
                assert_int_equal (index->ntotal, n - 30);
            }
            (void)!faiss_Index_add (index, 20, x);
            faiss_IDSelector_free (gone);
        }
    }
    faiss_SearchParameters_free (params);
    faiss_IDSelector_free (sel);
}

static void too_few_links_are_refused (void **state) {
    (void)state;
    static const char *const texts[] = {"M", "M", "R", "K"};
    for (int family = 0; family < N_FAMILIES; family++) {
        FaissIndex *index = NULL;
        int least = family == HNSW || family == CAGRA ? 2 : 1;
        for (int n_links = -1; n_links < least; n_links++) {
            assert_fails (make ((Family)family, n_links, &index), texts[family]);
            assert_null (index);
        }
        assert_ok (make ((Family)family, least, &index)); /* poor, but a graph */
        float *x = random_rows (N, 1);
        assert_ok (faiss_Index_add (index, N, x));
        assert_ends (index, x);
        free (x);
        faiss_Index_free (index);
    }
}

static void searches_from_any_number_of_places_end (void **state) {
    (void)state;
    float *x = random_rows (N, 1), distances[K];
    idx_t labels[K];
    FaissIndex *index = new_graph (CAGRA, N, x);
    FaissIndexHNSWCagra *cagra = faiss_IndexHNSWCagra_cast (index);
    cagra->base_level_only = true;
    cagra->num_base_level_search_entrypoints = INT32_MAX;
    assert_ok (faiss_Index_search (index, 1, x, K, distances, labels));
    assert_int_equal (labels[0], 0);
    faiss_Index_free (index);
    free (x);
}

static void too_few_candidates_are_refused (void **state) {
    (void)state;
    float *x = random_rows (N, 1), distances[K];
    idx_t labels[K];
    for (int value = 0; value >= -1; value--) {
        for (int family = 0; family < N_FAMILIES; family++) {
            FaissIndex *index = new_graph ((Family)family, N, x);
            FaissIndexHNSW *hnsw = faiss_IndexHNSW_cast (index);
            FaissIndexNSG *nsg = faiss_IndexNSG_cast (index);
            FaissIndexNNDescent *nndescent = faiss_IndexNNDescent_cast (index);
            if (hnsw) {
                FaissSearchParametersHNSW *params = NULL;
                hnsw->hnsw.efSearch = value;
                assert_fails (faiss_Index_search (index, 1, x, K, distances, labels), "efSearch");
                hnsw->hnsw.efSearch = 16;
                assert_ok (faiss_SearchParametersHNSW_new_with (&params, NULL, value));
                assert_fails (faiss_Index_search_with_params (index, 1, x, K, &params->params,
                                                              distances, labels),
                              "efSearch");
                faiss_SearchParametersHNSW_free (params);
                hnsw->hnsw.efConstruction = value;
                assert_fails (faiss_Index_add (index, 1, x), "efConstruction");
            } else if (nsg) {
                nsg->nsg.search_L = value;
                assert_fails (faiss_Index_search (index, 1, x, K, distances, labels), "search_L");
                assert_ok (faiss_Index_reset (index));
                nsg->nsg.search_L = 16;
                nsg->nsg.C = value;
                assert_fails (faiss_Index_add (index, N, x), "C");
            } else {
                nndescent->nndescent.search_L = value - 1; /* 0: the number of results */
                assert_fails (faiss_Index_search (index, 1, x, K, distances, labels), "search_L");
                nndescent->nndescent.S = value;
                assert_fails (faiss_Index_add (index, 1, x), "S");
            }
            faiss_Index_free (index);
        }
    }
    free (x);
}

static FaissIndex *read_back (const uint8_t *data, size_t size, FaissStatus *status) {
    FaissVectorIOReader *reader = NULL;
    FaissIndex *index = NULL;
    assert_ok (faiss_VectorIOReader_new_with (&reader, data, size));
    *status = faiss_read_index_custom (&reader->reader, 0, &index);
    faiss_IOReader_free (&reader->reader);
    return index;
}

static FaissVectorIOWriter *written (FaissIndex *index, int io_flags) {
    FaissVectorIOWriter *writer = NULL;
    assert_ok (faiss_VectorIOWriter_new (&writer));
    assert_ok (faiss_write_index_custom (index, &writer->writer, io_flags));
    return writer;
}

static void graphs_without_vectors_say_so (void **state) {
    (void)state;
    float *x = random_rows (N, 1), distances[K];
    idx_t labels[K];
    for (int family = 0; family < N_FAMILIES; family++) {
        FaissIndex *index = new_graph ((Family)family, N, x), *storage = *storage_of (index);
        FaissStatus status = FAISS_OK;
        FaissIDSelector *sel = range (0, 10);
        if (family == NSG || family == NNDESCENT) {
            *storage_of (index) = NULL; /* SKIP_STORAGE is for HNSW */
        }
        FaissVectorIOWriter *writer = written (index, FAISS_IO_FLAG_SKIP_STORAGE);
        FaissIndex *bare = read_back (writer->data.data, writer->data.size, &status);
        assert_ok (status);
        assert_int_equal (bare->ntotal, N);
        assert_null (*storage_of (bare));
        if (family == NSG) {
            assert_fails (faiss_Index_add (bare, 1, x), "reset it first");
        } else {
            assert_fails (faiss_Index_add (bare, 1, x), "no storage");
        }
        assert_fails (faiss_Index_search (bare, 1, x, K, distances, labels), "no storage");
        assert_fails (faiss_Index_remove_ids (bare, sel, NULL), "no storage");
        assert_fails (faiss_Index_reconstruct (bare, 0, distances), "no storage");
        assert_fails (faiss_Index_reset (bare), "no storage");
        *storage_of (index) = storage;
        faiss_IDSelector_free (sel);
        faiss_IOWriter_free (&writer->writer);
        faiss_Index_free (bare);
        faiss_Index_free (index);
    }
    free (x);
}

/* Of every link something else: itself, the next one, the first one, nothing. */
static void odd_links_end (void **state) {
    (void)state;
    float *x = random_rows (N, 1);
    for (int family = 0; family < N_FAMILIES; family++) {
        for (int kind = 0; kind < 5; kind++) {
            FaissIndex *index = new_graph ((Family)family, N, x);
            size_t n_links = 0, room = family == NNDESCENT || family == NSG ? 8 : 16;
            int32_t *links = links_of (index, &n_links);
            for (size_t i = 0; i < n_links; i++) {
                int32_t node = (int32_t)(i / room % N);
                const int32_t odd[] = {node, (node + 1) % N, 0, -1, i % 3 ? -1 : node / 2};
                bool is_upper = faiss_IndexHNSW_cast (index) && links[i] < 0;
                links[i] = is_upper ? links[i] : odd[kind];
            }
            if (faiss_IndexHNSW_cast (index)) { /* a link to a node that is not in the level */
                FaissHNSW *hnsw = &faiss_IndexHNSW_cast (index)->hnsw;
                for (int32_t i = 0; i < N; i++) {
                    for (int level = 1; level < hnsw->levels.data[i]; level++) {
                        int32_t *upper = faiss_hnsw_links (hnsw, i, level);
                        for (int j = 0; j < faiss_hnsw_room (hnsw, level); j++) {
                            upper[j] = kind == 3 ? -1 : hnsw->entry_point;
                        }
                    }
                }
            }
            FaissStatus status = FAISS_OK;
            FaissVectorIOWriter *writer = written (index, 0);
            FaissIndex *read = read_back (writer->data.data, writer->data.size, &status);
            if (read) {
                assert_ends (read, x);
            }
            assert_ends (index, x);
            faiss_IOWriter_free (&writer->writer);
            faiss_Index_free (read);
            faiss_Index_free (index);
        }
    }
    free (x);
}

static void set_entry (FaissIndex *index, int32_t node) {
    FaissIndexHNSW *hnsw = faiss_IndexHNSW_cast (index);
    FaissIndexNSG *nsg = faiss_IndexNSG_cast (index);
    if (hnsw) {
        hnsw->hnsw.entry_point = node;
    } else if (nsg) {
        nsg->nsg.enterpoint = node;
    }
}

/* An entry point that there is not is refused by the reader and by searches; without one, nothing
 * is found. */
static void entry_points_are_checked (void **state) {
    (void)state;
    float *x = random_rows (N, 1);
    static const int32_t entries[] = {N, -1, -2, INT32_MAX, INT32_MIN};
    for (int family = 0; family <= NSG; family++) {
        for (size_t i = 0; i < sizeof entries / sizeof *entries; i++) {
            FaissIndex *index = new_graph ((Family)family, N, x);
            FaissStatus status = FAISS_OK;
            set_entry (index, entries[i]);
            FaissVectorIOWriter *writer = written (index, 0);
            FaissIndex *read = read_back (writer->data.data, writer->data.size, &status);
            assert_true (entries[i] == -1 || !read);
            if (read) {
                assert_ends (read, x);
            }
            float distances[K];
            idx_t labels[K];
            if (entries[i] >= 0) {
                assert_fails (faiss_Index_search (index, 1, x, K, distances, labels), "");
                assert_fails (faiss_Index_add (index, 1, x), "");
            } else {
                assert_ends (index, x);
            }
            set_entry (index, 0); /* finalize looks at nothing, but to be sure */
            faiss_IOWriter_free (&writer->writer);
            faiss_Index_free (read);
            faiss_Index_free (index);
        }
    }
    free (x);
}

/* Damage anywhere in the file of a small graph. */
static void damaged_files_end (void **state) {
    (void)state;
    float *x = random_rows (N, 1);
    uint64_t random = 1;
    for (int family = 0; family < N_FAMILIES; family++) {
        FaissIndex *index = new_graph ((Family)family, 60, x);
        FaissVectorIOWriter *writer = written (index, 0);
        size_t size = writer->data.size, n_read = 0;
        uint8_t *bytes = malloc (size);
        for (int round = 0; round < 400; round++) {
            memcpy (bytes, writer->data.data, size);
            for (int j = 0; j < 1 + round % 4; j++) {
                random = random * 6364136223846793005u + 1442695040888963407u;
                size_t at = 37 + (random >> 33) % (size - 41);
                static const int32_t values[] = {-1, 0, 59, 60, 7, -2, 61, 2};
                int32_t value = values[random >> 20 & 7];
                memcpy (bytes + (round % 2 ? at : at / 4 * 4 + 1), &value, 4);
            }
            FaissStatus status = FAISS_OK;
            FaissIndex *read = read_back (bytes, size, &status);
            if (read && read->d == D && read->ntotal == 60) {
                assert_ends (read, x);
                n_read++;
            }
            faiss_Index_free (read);
        }
        assert_true (n_read > 20);
        free (bytes);
        faiss_IOWriter_free (&writer->writer);
        faiss_Index_free (index);
    }
    free (x);
}

static void large_ids_are_refused (void **state) {
    (void)state;
    float *x = random_rows (N, 1);
    for (int family = 0; family < N_FAMILIES; family++) {
        FaissIndex *index = NULL;
        assert_ok (make ((Family)family, 8, &index));
        assert_fails (faiss_Index_add (index, (idx_t)1 << 31, x), "ids must be below 2147483647");
        assert_fails (faiss_Index_add (index, (idx_t)1 << 40, x), "");
        assert_int_equal (index->ntotal, 0);
        assert_ok (faiss_Index_add (index, N, x));
        FaissIndex *storage = *storage_of (index);
        index->ntotal = storage->ntotal = INT32_MAX - 5;
        assert_fails (faiss_Index_add (index, 10, x),
                      family <= CAGRA ? "ids must be below 2147483647" : "do not fit");
        index->ntotal = storage->ntotal = N;
        faiss_Index_free (index);
    }
    free (x);
}

/* Ids that no node has, in selectors. */
static void selectors_may_name_anything (void **state) {
    (void)state;
    float *x = random_rows (N, 1), distances[K];
    idx_t labels[K],
        ids[] = {INT64_MIN, -1, 3, (idx_t)N, (idx_t)1 << 31, ((idx_t)1 << 32) + 3, INT64_MAX};
    for (int family = 0; family < N_FAMILIES; family++) {
        FaissIndex *index = new_graph ((Family)family, N, x);
        FaissIDSelectorArray *array = NULL;
        FaissIDSelectorBatch *batch = NULL;
        size_t n = sizeof ids / sizeof *ids, n_removed = 0;
        assert_ok (faiss_IDSelectorArray_new (&array, n, ids));
        assert_ok (faiss_IDSelectorBatch_new (&batch, n, ids));
        FaissIDSelector *const sels[] = {&array->sel, &batch->sel, range (INT64_MIN, INT64_MAX)};
        for (int i = 0; i < 3; i++) {
            FaissSearchParameters *params = NULL;
            assert_ok (faiss_SearchParameters_new (&params, sels[i]));
            assert_ok (faiss_Index_search_with_params (index, 1, x, K, params, distances, labels));
            assert_int_equal (labels[0], i < 2 ? 3 : 0);
            assert_true (i == 2 || labels[1] == -1);
            faiss_SearchParameters_free (params);
        }
        for (int i = 0; i < 3; i++) {
            assert_ok (faiss_Index_remove_ids (index, sels[i], &n_removed));
            assert_int_equal (n_removed, i == 2 ? N - 2 : 1);
            faiss_IDSelector_free (sels[i]);
        }
        assert_int_equal (index->ntotal, 0);
        faiss_Index_free (index);
    }
    free (x);
}

TEST_MAIN (cmocka_unit_test (too_few_links_are_refused),
           cmocka_unit_test (too_few_candidates_are_refused),
           cmocka_unit_test (searches_from_any_number_of_places_end),
           cmocka_unit_test (graphs_without_vectors_say_so), cmocka_unit_test (odd_links_end),
           cmocka_unit_test (entry_points_are_checked), cmocka_unit_test (damaged_files_end),
           cmocka_unit_test (large_ids_are_refused), cmocka_unit_test (selectors_may_name_anything))
