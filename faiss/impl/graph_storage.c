/* What indexes that are a graph over the vectors of another index have in common. */
#include <faiss/impl/graph_storage.h>

#include <faiss/IndexFlat.h>
#include <faiss/IndexIVF.h>
#include <faiss/IndexPQ.h>
#include <faiss/impl/check.h>
#include <faiss/index_factory.h>
#include <faiss/index_io.h>

#define REQUIRE_IN(function, cond, ...)                                                            \
    do {                                                                                           \
        if (!(cond)) {                                                                             \
            return faiss_fail_in (FAISS_EXCEPT, function, __VA_ARGS__);                            \
        }                                                                                          \
    } while (0)

FaissStatus faiss_graph_storage_new_flat (FaissIndex **out, int d, FaissMetricType metric) {
    if (metric == METRIC_L2) {
        FaissIndexFlatL2 *flat = NULL;
        FAISS_TRY (faiss_IndexFlatL2_new_with (&flat, d));
        *out = &flat->index;
        return FAISS_OK;
    }
    FaissIndexFlat *flat = NULL;
    FAISS_TRY (faiss_IndexFlat_new_with (&flat, d, metric));
    *out = &flat->index;
    return FAISS_OK;
}

FaissStatus faiss_graph_storage_init_index (FaissIndex *index, const FaissIndex *storage) {
    if (!storage) {
        return faiss_Index_init (index, 0, METRIC_L2);
    }
    FAISS_TRY (faiss_Index_init (index, storage->d, storage->metric_type));
    index->metric_arg = storage->metric_arg;
    index->is_trained = storage->is_trained;
    return FAISS_OK;
}

/* ---- checks ---------------------------------------------------------------------------------- */

FaissStatus faiss_graph_storage_check_empty (const char *function, const FaissIndex *storage) {
    REQUIRE_IN (function, storage->ntotal == 0,
                "expected an empty storage, got ntotal=%lld: vectors are added to the graph",
                (long long)storage->ntotal);
    return FAISS_OK;
}

static FaissStatus check_storage (const char *function, const FaissIndex *index,
                                  const FaissIndex *storage) {
    REQUIRE_IN (function, storage,
                "the index has no storage: it was written without its vectors, or made without");
    REQUIRE_IN (function, storage->d == index->d && storage->ntotal == index->ntotal,
                "expected a storage of d=%d with ntotal=%lld, got d=%d with ntotal=%lld", index->d,
                (long long)index->ntotal, storage->d, (long long)storage->ntotal);
    return FAISS_OK;
}

FaissStatus faiss_graph_storage_check_add (const char *function, const FaissIndex *index,
                                           const FaissIndex *storage, idx_t n) {
    FAISS_TRY (check_storage (function, index, storage));
    REQUIRE_IN (function, n <= INT32_MAX - 1 - index->ntotal,
                "n=%lld more than ntotal=%lld: ids must be below %d", (long long)n,
                (long long)index->ntotal, INT32_MAX);
    return FAISS_OK;
}

FaissStatus faiss_graph_storage_check_remove (const char *function, const FaissIndex *storage) {
    REQUIRE_IN (function, !faiss_IndexIVF_cast ((FaissIndex *)(uintptr_t)storage),
                "the storage is %s, which does not number its vectors anew",
                faiss_Index_class_name (storage));
    return FAISS_OK;
}

FaissStatus faiss_graph_storage_check (const char *function, const FaissIndex *index,
                                       const FaissIndex *storage, size_t n_nodes) {
    FAISS_TRY (check_storage (function, index, storage));
    REQUIRE_IN (function, n_nodes == (size_t)index->ntotal,
                "expected a graph of ntotal=%lld nodes, got %zu", (long long)index->ntotal,
                n_nodes);
    return FAISS_OK;
}

FaissStatus faiss_graph_storage_check_read (const FaissIOReader *r, const FaissIndex *index,
                                            const FaissIndex *storage, size_t n_nodes) {
    idx_t ntotal = index->ntotal;
    FAISS_REQUIRE_FILE (r, ntotal >= 0 && n_nodes == (size_t)ntotal,
                        "the graph has %zu nodes, expected ntotal=%lld", n_nodes,
                        (long long)ntotal);
    if (!storage) {
        return FAISS_OK;
    }
    FAISS_REQUIRE_FILE (r, storage->ntotal == ntotal && storage->d == index->d,
                        "expected a storage of d=%d with ntotal=%lld, got d=%d with ntotal=%lld",
                        index->d, (long long)ntotal, storage->d, (long long)storage->ntotal);
    FAISS_REQUIRE_FILE (r,
                        faiss_is_similarity_metric (storage->metric_type) ==
                            faiss_is_similarity_metric (index->metric_type),
                        "expected a storage of metric_type=%d, got %d", (int)index->metric_type,
                        (int)storage->metric_type);
    return FAISS_OK;
}

/* ---- descriptions ---------------------------------------------------------------------------- */

FaissStatus faiss_graph_storage_describe (FaissString *out, const char *graph, int n_links,
                                          const FaissIndex *storage) {
    FAISS_AUTO (String) described = {0};
    if (storage) {
        FAISS_TRY (faiss_reverse_index_factory (storage, &described));
    }
    return faiss_String_printf (out, "%s%d%s%s", graph, n_links, described.size ? "," : "",
                                faiss_String_text (&described));
}

/* ---- storages that are an IndexPQ ------------------------------------------------------------ */

FaissStatus faiss_graph_pq_make_table (FaissIndex *storage) {
    FaissIndexPQ *codes = faiss_IndexPQ_cast (storage);
    bool is_used = codes && storage->is_trained && storage->metric_type == METRIC_L2;
    return is_used ? faiss_ProductQuantizer_compute_sdc_table (&codes->pq) : FAISS_OK;
}

FaissStatus faiss_graph_pq_train (const char *function, FaissIndex *index, FaissIndex *storage,
                                  idx_t n, const float *x) {
    REQUIRE_IN (function, faiss_IndexPQ_cast (storage), "the storage is no IndexPQ");
    FAISS_TRY (faiss_Index_train (storage, n, x));
    FAISS_TRY (faiss_graph_pq_make_table (storage));
    index->is_trained = true;
    return FAISS_OK;
}

FaissStatus faiss_graph_pq_check_read (const FaissIOReader *r, FaissIndex *storage, int io_flags) {
    if (io_flags & FAISS_IO_FLAG_PQ_SKIP_SDC_TABLE) {
        return FAISS_OK;
    }
    FAISS_REQUIRE_FILE (r, !storage || faiss_IndexPQ_cast (storage),
                        "the storage is %s, expected IndexPQ", faiss_Index_class_name (storage));
    return faiss_graph_pq_make_table (storage);
}
