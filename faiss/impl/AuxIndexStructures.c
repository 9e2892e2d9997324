/* Results of range searches, and the per-thread parts that they are put together from. */
#include <faiss/impl/AuxIndexStructures.h>

#include <string.h>

#include <faiss/impl/check.h>
#include <faiss/impl/object.h>

enum { DEFAULT_BUFFER_SIZE = 1024 * 256 };

/* ---- RangeSearchResult ----------------------------------------------------------------------- */

FaissStatus faiss_RangeSearchResult_new (FaissRangeSearchResult **out, idx_t nq) {
    return faiss_RangeSearchResult_new_with (out, nq, true);
}

FaissStatus faiss_RangeSearchResult_new_with (FaissRangeSearchResult **out, idx_t nq,
                                              int alloc_lims) {
    FAISS_REQUIRE_ARG (out);
    FAISS_REQUIRE (nq >= 0 && nq < INT64_MAX / (idx_t)sizeof (size_t), "expected nq >= 0, got %lld",
                   (long long)nq);
    FAISS_AUTO_FREE (FaissRangeSearchResult) *self = NULL;
    FAISS_TRY (faiss_alloc_zeroed (&self, 1, sizeof *self));
    if (alloc_lims) {
        FAISS_TRY (faiss_alloc_zeroed (&self->lims, (size_t)nq + 1, sizeof *self->lims));
    }
    self->nq = (size_t)nq;
    self->buffer_size = DEFAULT_BUFFER_SIZE;
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

FaissStatus faiss_RangeSearchResult_do_allocation (FaissRangeSearchResult *self) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE (self->lims, "the result has no lims");
    FAISS_REQUIRE (!self->labels && !self->distances, "the result is filled already");
    size_t total = 0;
    for (size_t i = 0; i < self->nq; i++) {
        FAISS_REQUIRE (self->lims[i] <= SIZE_MAX - total, "the results are too many");
        total += self->lims[i];
    }
    FAISS_AUTO_FREE (idx_t) *labels = NULL;
    FAISS_TRY (faiss_alloc (&labels, total, sizeof *labels));
    FAISS_TRY (faiss_alloc (&self->distances, total, sizeof *self->distances));
    self->labels = FAISS_STEAL (labels);

    size_t offset = 0;
    for (size_t i = 0; i < self->nq; i++) {
        size_t count = self->lims[i];
        self->lims[i] = offset;
        offset += count;
    }
    self->lims[self->nq] = offset;
    return FAISS_OK;
}

/* The same for counts that the caller put into lims: a failure leaves the result empty. */
static FaissStatus allocate_or_clear (FaissRangeSearchResult *self) {
    FaissStatus status = faiss_RangeSearchResult_do_allocation (self);
    if (status != FAISS_OK && !self->labels) {
        memset (self->lims, 0, self->nq * sizeof *self->lims);
    }
    return status;
}

size_t faiss_RangeSearchResult_nq (const FaissRangeSearchResult *self) {
    return self ? self->nq : 0;
}

size_t faiss_RangeSearchResult_buffer_size (const FaissRangeSearchResult *self) {
    return self ? self->buffer_size : 0;
}

void faiss_RangeSearchResult_lims (FaissRangeSearchResult *self, size_t **lims) {
    if (self && lims) {
        *lims = self->lims;
    }
}

void faiss_RangeSearchResult_labels (FaissRangeSearchResult *self, idx_t **labels,
                                     float **distances) {
    if (!self) {
        return;
    }
    if (labels) {
        *labels = self->labels;
    }
    if (distances) {
        *distances = self->distances;
    }
}

void faiss_RangeSearchResult_free (FaissRangeSearchResult *self) {
    if (self) {
        free (self->lims);
        free (self->labels);
        free (self->distances);
        free (self);
    }
}

/* ---- BufferList ------------------------------------------------------------------------------ */

static FaissStatus check_buffer_size (size_t buffer_size) {
    FAISS_REQUIRE (buffer_size > 0, "expected buffer_size > 0, got 0");
    return FAISS_OK;
}

static void init_buffer_list (FaissBufferList *self, size_t buffer_size) {
    self->buffer_size = buffer_size;
    self->wp = buffer_size; /* as if full: the first add appends a buffer */
}

FaissStatus faiss_BufferList_new (FaissBufferList **out, size_t buffer_size) {
    FAISS_REQUIRE_ARG (out);
    FAISS_TRY (check_buffer_size (buffer_size));
    FaissBufferList *self;
    FAISS_TRY (faiss_alloc_zeroed (&self, 1, sizeof *self));
    init_buffer_list (self, buffer_size);
    *out = self;
    return FAISS_OK;
}

void faiss_BufferList_free (FaissBufferList *self) {
    if (!self) {
        return;
    }
    if (self->finalize) {
        self->finalize (self);
    }
    for (size_t i = 0; i < self->n_buffers; i++) {
        free (self->buffers[i].ids);
        free (self->buffers[i].dis);
    }
    free (self->buffers);
    free (self);
}

size_t faiss_BufferList_buffer_size (const FaissBufferList *self) {
    return self ? self->buffer_size : 0;
}

size_t faiss_BufferList_wp (const FaissBufferList *self) {
    return self ? self->wp : 0;
}

/* Room for one more element in an array of pointers or buffers. */
static FaissStatus grow_array (void *array, size_t size, size_t *capacity, size_t element) {
    if (size < *capacity) {
        return FAISS_OK;
    }
    size_t more = *capacity ? 2 * *capacity : 8;
    void *old;
    memcpy (&old, array, sizeof old);
    void *fresh = realloc (old, more * element);
    if (!fresh) {
        return faiss_fail (FAISS_STD_EXCEPT, "no memory for %zu elements of %zu bytes", more,
                           element);
    }
    memcpy (array, &fresh, sizeof fresh);
    *capacity = more;
    return FAISS_OK;
}

FaissStatus faiss_BufferList_append_buffer (FaissBufferList *self) {
    FAISS_REQUIRE_ARG (self);
    FAISS_TRY (grow_array (&self->buffers, self->n_buffers, &self->buffers_capacity,
                           sizeof *self->buffers));
    FAISS_AUTO_FREE (idx_t) *ids = NULL;
    FAISS_AUTO_FREE (float) *dis = NULL;
    FAISS_TRY (faiss_alloc (&ids, self->buffer_size, sizeof *ids));
    FAISS_TRY (faiss_alloc (&dis, self->buffer_size, sizeof *dis));
    self->buffers[self->n_buffers].ids = FAISS_STEAL (ids);
    self->buffers[self->n_buffers].dis = FAISS_STEAL (dis);
    self->n_buffers++;
    self->wp = 0;
    return FAISS_OK;
}

FaissStatus faiss_BufferList_add (FaissBufferList *self, idx_t id, float dis) {
    FAISS_REQUIRE_ARG (self);
    if (self->wp == self->buffer_size) {
        FAISS_TRY (faiss_BufferList_append_buffer (self));
    }
    FaissBuffer *last = &self->buffers[self->n_buffers - 1];
    last->ids[self->wp] = id;
    last->dis[self->wp] = dis;
    self->wp++;
    return FAISS_OK;
}

FaissStatus faiss_BufferList_copy_range (FaissBufferList *self, size_t ofs, size_t n,
                                         idx_t *dest_ids, float *dest_dis) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE (n == 0 || (dest_ids && dest_dis), "dest_ids or dest_dis is NULL");
    size_t filled = self->n_buffers ? (self->n_buffers - 1) * self->buffer_size + self->wp : 0;
    FAISS_REQUIRE (ofs <= filled && n <= filled - ofs,
                   "positions %zu .. %zu + %zu of a list that has %zu", ofs, ofs, n, filled);
    size_t buffer = ofs / self->buffer_size;
    size_t begin = ofs % self->buffer_size;
    while (n > 0) {
        size_t part = self->buffer_size - begin < n ? self->buffer_size - begin : n;
        memcpy (dest_ids, self->buffers[buffer].ids + begin, part * sizeof *dest_ids);
        memcpy (dest_dis, self->buffers[buffer].dis + begin, part * sizeof *dest_dis);
        dest_ids += part;
        dest_dis += part;
        n -= part;
        buffer++;
        begin = 0;
    }
    return FAISS_OK;
}

/* ---- RangeQueryResult, RangeSearchPartialResult ---------------------------------------------- */

idx_t faiss_RangeQueryResult_qno (const FaissRangeQueryResult *self) {
    return self ? self->qno : 0;
}

size_t faiss_RangeQueryResult_nres (const FaissRangeQueryResult *self) {
    return self ? self->nres : 0;
}

FaissRangeSearchPartialResult *faiss_RangeQueryResult_pres (const FaissRangeQueryResult *self) {
    return self ? self->pres : NULL;
}

FaissStatus faiss_RangeQueryResult_add (FaissRangeQueryResult *self, float dis, idx_t id) {
    FAISS_REQUIRE_ARG (self);
    FAISS_TRY (faiss_BufferList_add (&self->pres->list, id, dis));
    self->nres++;
    return FAISS_OK;
}

static void free_queries (FaissBufferList *list) {
    FaissRangeSearchPartialResult *self = FAISS_SELF (RangeSearchPartialResult, list, list);
    for (size_t i = 0; i < self->n_queries; i++) {
        free (self->queries[i]);
    }
    free (self->queries);
}

FaissStatus faiss_RangeSearchPartialResult_new (FaissRangeSearchPartialResult **out,
                                                FaissRangeSearchResult *res_in) {
    FAISS_REQUIRE_ARG (out);
    FAISS_REQUIRE_ARG (res_in);
    FAISS_TRY (check_buffer_size (res_in->buffer_size));
    FaissRangeSearchPartialResult *self;
    FAISS_TRY (faiss_alloc_zeroed (&self, 1, sizeof *self));
    init_buffer_list (&self->list, res_in->buffer_size);
    self->list.finalize = free_queries;
    self->res = res_in;
    *out = self;
    return FAISS_OK;
}

void faiss_RangeSearchPartialResult_free (FaissRangeSearchPartialResult *self) {
    if (self) {
        faiss_BufferList_free (&self->list);
    }
}

FaissRangeSearchResult *faiss_RangeSearchPartialResult_res (
    const FaissRangeSearchPartialResult *self) {
    return self ? self->res : NULL;
}

FaissStatus faiss_RangeSearchPartialResult_new_result (FaissRangeSearchPartialResult *self,
                                                       idx_t qno, FaissRangeQueryResult **out) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE (qno >= 0 && (size_t)qno < self->res->nq, "expected 0 <= qno < %zu, got %lld",
                   self->res->nq, (long long)qno);
    FAISS_TRY (grow_array (&self->queries, self->n_queries, &self->queries_capacity,
                           sizeof *self->queries));
    FaissRangeQueryResult *query;
    FAISS_TRY (faiss_alloc_zeroed (&query, 1, sizeof *query));
    query->qno = qno;
    query->pres = self;
    self->queries[self->n_queries++] = query;
    if (out) {
        *out = query;
    }
    return FAISS_OK;
}

FaissStatus faiss_RangeSearchPartialResult_finalize (FaissRangeSearchPartialResult *self) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE (!self->res->labels && !self->res->distances, "the result is filled already");
    FAISS_TRY (faiss_RangeSearchPartialResult_set_lims (self));
    FAISS_TRY (allocate_or_clear (self->res));
    return faiss_RangeSearchPartialResult_copy_result (self, false);
}

FaissStatus faiss_RangeSearchPartialResult_set_lims (FaissRangeSearchPartialResult *self) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE (self->res->lims, "the result has no lims");
    for (size_t i = 0; i < self->n_queries; i++) {
        self->res->lims[self->queries[i]->qno] = self->queries[i]->nres;
    }
    return FAISS_OK;
}

FaissStatus faiss_RangeSearchPartialResult_copy_result (FaissRangeSearchPartialResult *self,
                                                        bool incremental) {
    FAISS_REQUIRE_ARG (self);
    FaissRangeSearchResult *res = self->res;
    FAISS_REQUIRE (res->labels && res->distances, "do_allocation is to be called first");
    size_t offset = 0;
    for (size_t i = 0; i < self->n_queries; i++) {
        const FaissRangeQueryResult *query = self->queries[i];
        size_t *begin = &res->lims[query->qno];
        FAISS_TRY (faiss_BufferList_copy_range (&self->list, offset, query->nres,
                                                res->labels + *begin, res->distances + *begin));
        if (incremental) {
            *begin += query->nres;
        }
        offset += query->nres;
    }
    return FAISS_OK;
}

FaissStatus faiss_RangeSearchPartialResult_merge (FaissRangeSearchPartialResult **partial_results,
                                                  size_t n) {
    FAISS_REQUIRE (n == 0 || partial_results, "partial_results is NULL");
    FaissRangeSearchResult *res = NULL;
    for (size_t i = 0; i < n && !res; i++) {
        res = partial_results[i] ? partial_results[i]->res : NULL;
    }
    FAISS_REQUIRE (res, "there is no partial result");
    FAISS_REQUIRE (res->lims, "the result has no lims");
    FAISS_REQUIRE (!res->labels && !res->distances, "the result is filled already");

    memset (res->lims, 0, res->nq * sizeof *res->lims);
    for (size_t i = 0; i < n; i++) {
        const FaissRangeSearchPartialResult *part = partial_results[i];
        for (size_t j = 0; part && j < part->n_queries; j++) {
            res->lims[part->queries[j]->qno] += part->queries[j]->nres;
        }
    }
    FAISS_TRY (allocate_or_clear (res));
    for (size_t i = 0; i < n; i++) {
        if (partial_results[i]) {
            FAISS_TRY (faiss_RangeSearchPartialResult_copy_result (partial_results[i], true));
        }
    }
    /* copying moved the beginning of each query to its end, which is the beginning of the next */
    memmove (res->lims + 1, res->lims, res->nq * sizeof *res->lims);
    res->lims[0] = 0;
    return FAISS_OK;
}
