/* Product quantization: searches among plain codes. */
#include <string.h>

#include <faiss/impl/bitstring.h>
#include <faiss/impl/check.h>
#include <faiss/impl/pq_scan.h>
#include <faiss/utils/Heap.h>

/* ---- tables of queries ----------------------------------------------------------------------- */

static void make_distance_table (const void *context, size_t query, float *table) {
    const FaissPQQueries *queries = context;
    faiss_pq_distance_table_by (queries->pq, &queries->columns,
                                queries->x + query * queries->pq->quantizer.d, table);
}

static void make_inner_prod_table (const void *context, size_t query, float *table) {
    const FaissPQQueries *queries = context;
    faiss_pq_inner_prod_table_by (queries->pq, &queries->columns,
                                  queries->x + query * queries->pq->quantizer.d, table);
}

/* The rows of the symmetric table that the query's code names. */
static void make_symmetric_table (const void *context, size_t query, float *table) {
    const FaissPQQueries *queries = context;
    const FaissProductQuantizer *pq = queries->pq;
    const uint8_t *code = queries->codes + query * pq->quantizer.code_size;
    for (size_t m = 0; m < pq->M; m++) {
        size_t row = m * pq->ksub + faiss_bitstring_get (code, m * pq->nbits, pq->nbits);
        memcpy (table + m * pq->ksub, pq->sdc_table.data + row * pq->ksub,
                pq->ksub * sizeof *table);
    }
}

FaissPQScan faiss_pq_scan_of (const FaissPQQueries *queries, const uint8_t *codes, size_t n_codes,
                              const FaissIDSelector *sel) {
    FaissPQScan scan = {
        .is_similarity = queries->kind == FAISS_PQ_INNER_PRODUCT,
        .codes = codes,
        .n_codes = n_codes,
        .sel = sel,
        .make_table = queries->kind == FAISS_PQ_L2              ? make_distance_table
                      : queries->kind == FAISS_PQ_INNER_PRODUCT ? make_inner_prod_table
                                                                : make_symmetric_table,
        .context = queries,
    };
    faiss_pq_layout (&scan.layout, queries->pq);
    return scan;
}

FaissStatus faiss_pq_check_sdc_table (const char *function, const FaissProductQuantizer *pq) {
    size_t expected = pq->M * pq->ksub * pq->ksub;
    if (pq->sdc_table.size != expected) {
        return faiss_fail_in (FAISS_EXCEPT, function,
                              "sdc_table has %zu elements, expected %zu: call compute_sdc_table",
                              pq->sdc_table.size, expected);
    }
    return FAISS_OK;
}

/* ---- plain codes ----------------------------------------------------------------------------- */

/* The candidates go into heaps that hold others. */
static FaissStatus search_into_heaps (const FaissPQScan *scan, size_t nx, size_t k,
                                      float *distances, idx_t *labels) {
    FAISS_AUTO_FREE (float) *found = NULL;
    FAISS_AUTO_FREE (idx_t) *ids = NULL;
    FAISS_TRY (faiss_alloc (&found, nx * k, sizeof *found));
    FAISS_TRY (faiss_alloc (&ids, nx * k, sizeof *ids));
    FAISS_TRY (faiss_pq_knn (scan, nx, k, found, ids));
    for (size_t i = 0; i < nx * k; i++) {
        size_t heap = i / k * k;
        if (ids[i] >= 0) {
            faiss_heap_offer (scan->is_similarity, k, distances + heap, labels + heap, found[i],
                              ids[i]);
        }
    }
    return FAISS_OK;
}

static FaissStatus search (const char *function, FaissPQQueries *queries, const void *given,
                           size_t nx, const uint8_t *codes, size_t ncodes, size_t k,
                           float *distances, idx_t *labels, bool with_heaps) {
    FAISS_TRY (faiss_pq_check (function, queries->pq));
    size_t code_size = queries->pq->quantizer.code_size;
    if (k == 0 || nx > SIZE_MAX / sizeof (idx_t) / k ||
        (code_size > 0 && ncodes > SIZE_MAX / code_size)) {
        return faiss_fail_in (FAISS_EXCEPT, function, "nx=%zu times k=%zu results of %zu codes", nx,
                              k, ncodes);
    }
    if (nx > 0 && (!given || !distances || !labels || (!codes && ncodes > 0))) {
        return faiss_fail_in (FAISS_EXCEPT, function, "an array is NULL");
    }
    if (queries->kind == FAISS_PQ_SYMMETRIC) {
        FAISS_TRY (faiss_pq_check_sdc_table (function, queries->pq));
    } else {
        FAISS_TRY (faiss_pq_columns (queries->pq, nx, &queries->columns));
    }
    FaissPQScan scan = faiss_pq_scan_of (queries, codes, ncodes, NULL);
    FaissStatus status = with_heaps ? search_into_heaps (&scan, nx, k, distances, labels)
                                    : faiss_pq_knn (&scan, nx, k, distances, labels);
    faiss_PQColumns_clear (&queries->columns);
    return status;
}

FaissStatus faiss_ProductQuantizer_search (const FaissProductQuantizer *self, const float *x,
                                           size_t nx, const uint8_t *codes, size_t ncodes, size_t k,
                                           float *distances, idx_t *labels,
                                           int init_finalize_heap) {
    FaissPQQueries queries = {.kind = FAISS_PQ_L2, .pq = self, .x = x};
    return search (__func__, &queries, x, nx, codes, ncodes, k, distances, labels,
                   !init_finalize_heap);
}

FaissStatus faiss_ProductQuantizer_search_ip (const FaissProductQuantizer *self, const float *x,
                                              size_t nx, const uint8_t *codes, size_t ncodes,
                                              size_t k, float *distances, idx_t *labels,
                                              int init_finalize_heap) {
    FaissPQQueries queries = {.kind = FAISS_PQ_INNER_PRODUCT, .pq = self, .x = x};
    return search (__func__, &queries, x, nx, codes, ncodes, k, distances, labels,
                   !init_finalize_heap);
}

FaissStatus faiss_ProductQuantizer_search_sdc (const FaissProductQuantizer *self,
                                               const uint8_t *qcodes, size_t nq,
                                               const uint8_t *bcodes, size_t ncodes, size_t k,
                                               float *distances, idx_t *labels,
                                               int init_finalize_heap) {
    FaissPQQueries queries = {.kind = FAISS_PQ_SYMMETRIC, .pq = self, .codes = qcodes};
    return search (__func__, &queries, qcodes, nq, bcodes, ncodes, k, distances, labels,
                   !init_finalize_heap);
}
