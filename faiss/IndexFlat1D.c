/* Numbers, searched by bisection. */
#include <faiss/IndexFlat1D.h>

#include <math.h>
#include <string.h>

#include <faiss/impl/check.h>
#include <faiss/impl/parallel.h>
#include <faiss/utils/distances.h>

#define SELF(pointer) FAISS_SELF (IndexFlat1D, index, pointer)
#define CONST_SELF(pointer) FAISS_CONST_SELF (IndexFlat1D, index, pointer)

static const float *values_of (const FaissIndexFlat1D *self) {
    return (const float *)(const void *)self->flat_codes.codes.data;
}

static FaissStatus sort (const FaissIndexFlat1D *self, FaissInt64Vector *perm) {
    FAISS_TRY (faiss_Int64Vector_resize (perm, (size_t)self->index.ntotal));
    return faiss_fvec_argsort ((size_t)self->index.ntotal, values_of (self), perm->data);
}

FaissStatus faiss_IndexFlat1D_update_permutation (FaissIndexFlat1D *self) {
    FAISS_REQUIRE_ARG (self);
    FAISS_AUTO (Int64Vector) perm = {0};
    FAISS_TRY (sort (self, &perm));
    faiss_Int64Vector_swap (&perm, &self->perm);
    return FAISS_OK;
}

static FaissStatus IndexFlat1D_add (FaissIndex *index, idx_t n, const float *x) {
    FaissIndexFlat1D *self = SELF (index);
    FAISS_AUTO (Int64Vector) before = {0};
    idx_t ntotal = index->ntotal;
    faiss_Int64Vector_swap (&before, &self->perm);
    FaissStatus status = faiss_IndexFlatL2_class.index.add (index, n, x);
    if (status == FAISS_OK && self->continuous_update) {
        status = faiss_IndexFlat1D_update_permutation (self);
    }
    if (status != FAISS_OK) {
        index->ntotal = ntotal;
        self->flat_codes.codes.size = (size_t)ntotal * sizeof (float);
        faiss_IndexFlatL2_class.codes_changed (&self->flat_codes);
        faiss_Int64Vector_swap (&before, &self->perm);
    }
    return status;
}

static void IndexFlat1D_codes_changed (FaissIndexFlatCodes *codes) {
    faiss_IndexFlatL2_class.codes_changed (codes);
    faiss_Int64Vector_clear (&FAISS_SELF (IndexFlat1D, flat_codes, codes)->perm);
}

/* From the place where the query belongs walk to both sides, the nearer one first; of equally near
 * ones the greater. */
static void search_one (const float *values, const idx_t *perm, idx_t n, float query, idx_t k,
                        float *distances, idx_t *labels) {
    idx_t found = 0;
    if (!isnan (query)) {
        idx_t left = -1, right = n;
        while (right - left > 1) {
            idx_t middle = left + (right - left) / 2;
            if (values[perm[middle]] <= query) {
                left = middle;
            } else {
                right = middle;
            }
        }
        while (found < k && (left >= 0 || right < n)) {
            float to_left = left >= 0 ? query - values[perm[left]] : HUGE_VALF;
            float to_right = right < n ? values[perm[right]] - query : HUGE_VALF;
            bool go_left = left >= 0 && (right >= n || to_left < to_right);
            distances[found] = go_left ? to_left : to_right;
            labels[found++] = perm[go_left ? left-- : right++];
        }
    }
    for (; found < k; found++) {
        distances[found] = HUGE_VALF;
        labels[found] = -1;
    }
}

static FaissStatus IndexFlat1D_search (const FaissIndex *index, idx_t n, const float *x, idx_t k,
                                       const FaissSearchParameters *params, float *distances,
                                       idx_t *labels) {
    const FaissIndexFlat1D *self = CONST_SELF (index);
    FAISS_REQUIRE (!params, "search params are not supported for this index");
    FAISS_AUTO (Int64Vector) own_perm = {0};
    const idx_t *perm = self->perm.data;
    if (self->perm.size != (size_t)index->ntotal) {
        FAISS_REQUIRE (self->continuous_update,
                       "the permutation has %zu entries for ntotal=%lld: call update_permutation",
                       self->perm.size, (long long)index->ntotal);
        FAISS_TRY (sort (self, &own_perm));
        perm = own_perm.data;
    }
    enum { QUERIES_PER_CHECK = 256 };
    FaissRegion region = {0};
#pragma omp parallel for num_threads(faiss_threads_for(n / 100 + 1)) schedule(dynamic, 256)
    for (idx_t i = 0; i < n; i++) {
        if (i % QUERIES_PER_CHECK == 0 ? !faiss_region_stopped (&region)
                                       : !faiss_region_failed (&region)) {
            search_one (values_of (self), perm, index->ntotal, x[i], k, distances + i * k,
                        labels + i * k);
        }
    }
    return faiss_region_close (&region);
}

static void IndexFlat1D_finalize (void *object) {
    FaissIndexFlat1D *self = object;
    faiss_Int64Vector_clear (&self->perm);
}

static FaissStatus IndexFlat1D_copy (void *object, const void *other_object) {
    FaissIndexFlat1D *self = object;
    const FaissIndexFlat1D *other = other_object;
    self->continuous_update = other->continuous_update;
    return faiss_Int64Vector_assign (&self->perm, other->perm.data, other->perm.size);
}

FaissIndexFlatCodesClass faiss_IndexFlat1D_class = {
    .index =
        {
            .head = {.name = "IndexFlat1D",
                     .parent = &faiss_IndexFlatL2_class.index.head,
                     .instance_size = sizeof (FaissIndexFlat1D),
                     .table_size = sizeof (FaissIndexFlatCodesClass),
                     .finalize = IndexFlat1D_finalize,
                     .copy = IndexFlat1D_copy},
            .add = IndexFlat1D_add,
            .search = IndexFlat1D_search,
        },
    .codes_changed = IndexFlat1D_codes_changed,
};

FaissStatus faiss_IndexFlat1D_new (FaissIndexFlat1D **out) {
    return faiss_IndexFlat1D_new_with (out, true);
}

FaissStatus faiss_IndexFlat1D_new_with (FaissIndexFlat1D **out, int continuous_update) {
    FAISS_REQUIRE_ARG (out);
    FAISS_OWNED (IndexFlat1D) *self = NULL;
    FAISS_TRY (faiss_object_new (&self, &faiss_IndexFlat1D_class.index.head));
    FAISS_TRY (faiss_IndexFlat_init (&self->flat, 1, METRIC_L2));
    self->continuous_update = continuous_update != 0;
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

void faiss_IndexFlat1D_free (FaissIndexFlat1D *self) {
    faiss_object_free (self);
}

FaissIndexFlat1D *faiss_IndexFlat1D_cast (FaissIndex *index) {
    return faiss_object_cast (index, &faiss_IndexFlat1D_class.index.head);
}
