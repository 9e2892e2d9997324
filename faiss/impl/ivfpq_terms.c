/* Inverted files of product quantizer codes: the part of a distance that belongs to the code alone.
 *
 * With tables a distance is |x - c|^2 + sum (r^2 + 2 <c_m, r>) - 2 sum <x_m, r>. The first sum does
 * not depend on the query: one float per code, which is kept with the lists where they can keep
 * it. It is derived after changes, never by a search.
 */
#include <string.h>

#include <faiss/impl/check.h>
#include <faiss/impl/ivfpq_internal.h>
#include <faiss/impl/parallel.h>
#include <faiss/invlists/ArrayInvertedLists.h>
#include <faiss/kernels/kernels.h>

/* The row of the table that belongs to a list. @param buffer  for rows that are in parts */
static const float *table_row (const FaissIndexIVFPQ *self, idx_t list_no, float *buffer) {
    size_t ksub = self->pq.ksub;
    if (self->use_precomputed_table == 1) {
        return faiss_ivfpq_list_table (self, list_no, 0);
    }
    for (size_t m = 0; m < self->pq.M; m++) {
        memcpy (buffer + m * ksub, faiss_ivfpq_list_table (self, list_no, m),
                ksub * sizeof *buffer);
    }
    return buffer;
}

void faiss_ivfpq_compute_terms (const FaissIndexIVFPQ *self, idx_t list_no, size_t n,
                                const uint8_t *codes, float *buffer, float *terms) {
    faiss_ivfpq_sum_codes (&self->pq, table_row (self, list_no, buffer), 0, codes, n, terms);
}

const float *faiss_ivfpq_kept_terms (const FaissIndexIVFPQ *self, idx_t list_no) {
    const FaissArrayInvertedLists *lists =
        faiss_object_cast (self->ivf.invlists, &faiss_ArrayInvertedLists_class.head);
    return lists && self->table_key
               ? faiss_ArrayInvertedLists_kept (lists, self->table_key, (size_t)list_no)
               : NULL;
}

/* Derive what a list lacks. */
static FaissStatus derive_terms (const FaissIndexIVFPQ *self, FaissArrayInvertedLists *lists,
                                 size_t list_no, float *buffer) {
    size_t n = lists->ids[list_no].size;
    FAISS_AUTO_FREE (float) *terms = NULL;
    if (n == 0 || faiss_ArrayInvertedLists_kept (lists, self->table_key, list_no)) {
        return FAISS_OK;
    }
    FAISS_TRY (faiss_alloc (&terms, n, sizeof *terms));
    faiss_ivfpq_compute_terms (self, (idx_t)list_no, n, lists->codes[list_no].data, buffer, terms);
    FaissStatus status;
#pragma omp critical(faiss_ivfpq_keep_terms)
    status = faiss_ArrayInvertedLists_keep (lists, self->table_key, list_no, FAISS_STEAL (terms));
    return status;
}

void faiss_ivfpq_update_terms (FaissIndexIVFPQ *self) {
    FaissArrayInvertedLists *lists =
        faiss_object_cast (self->ivf.invlists, &faiss_ArrayInvertedLists_class.head);
    FaissIVFPQSettings settings;
    if (!lists || lists->lists.code_size != self->ivf.code_size || !self->index.is_trained ||
        !self->ivf.by_residual || self->use_precomputed_table <= 0 || !self->table_key ||
        lists->lists.nlist != self->ivf.nlist ||
        faiss_ivfpq_settings (__func__, self, NULL, &settings) != FAISS_OK ||
        settings.form != IVFPQ_L2_TABLE) {
        return;
    }
    FaissRegion region = {0};
#pragma omp parallel num_threads(faiss_threads_for((int64_t)lists->lists.nlist / 16))
    {
        float *buffer = NULL;
        faiss_region_note (&region,
                           faiss_alloc (&buffer, self->pq.M * self->pq.ksub, sizeof *buffer));
#pragma omp for schedule(dynamic, 16)
        for (size_t i = 0; i < lists->lists.nlist; i++) {
            if (!faiss_region_failed (&region)) {
                faiss_region_note (&region, derive_terms (self, lists, i, buffer));
            }
        }
        free (buffer);
    }
    /* for want of memory searches do without */
}
