/* An index behind a chain of vector transforms. */
#include <faiss/IndexPreTransform.h>

#include <string.h>

#include <faiss/AutoTune.h>
#include <faiss/impl/check.h>
#include <faiss/impl/index_check.h>
#include <faiss/impl/io_fields.h>
#include <faiss/impl/io_limits.h>
#include <faiss/utils/string.h>

#define NAME VectorTransformVector
#define T FaissVectorTransformPtr
#include <faiss/utils/vector_tmpl.h>

#define THIS(pointer) FAISS_SELF (IndexPreTransform, base, pointer)
#define CONST_THIS(pointer) FAISS_CONST_SELF (IndexPreTransform, base, pointer)

/* ---- the chain ------------------------------------------------------------------------------- */

/* Vectors after the chain: x itself where there is no transform. */
typedef struct TransformedVectors {
    const float *x;
    float *owned; /* to be released, or NULL */
} TransformedVectors;

static void clear_transformed_vectors (TransformedVectors *self) {
    free (self->owned);
}

#define AUTO_TRANSFORMED __attribute__ ((cleanup (clear_transformed_vectors))) TransformedVectors

static FaissStatus transform_once (const FaissVectorTransform *transform, idx_t n,
                                   TransformedVectors *self) {
    FAISS_AUTO_FREE (float) *xt = NULL;
    FAISS_TRY (faiss_alloc (&xt, (size_t)n * (size_t)transform->d_out, sizeof *xt));
    FAISS_TRY (faiss_VectorTransform_try_apply (transform, n, self->x, xt));
    free (self->owned);
    self->x = self->owned = FAISS_STEAL (xt);
    return FAISS_OK;
}

static FaissStatus apply_chain (const FaissIndexPreTransform *self, idx_t n, const float *x,
                                TransformedVectors *out) {
    FAISS_REQUIRE (self->index, "there is no index behind the transforms");
    out->x = x;
    for (size_t i = 0; i < self->chain.size; i++) {
        FAISS_TRY (transform_once (self->chain.data[i], n, out));
    }
    return FAISS_OK;
}

static FaissStatus reverse_chain (const FaissIndexPreTransform *self, idx_t n, const float *xt,
                                  float *x) {
    FAISS_AUTO_FREE (float) *owned = NULL;
    for (size_t i = self->chain.size; i-- > 0;) {
        const FaissVectorTransform *transform = self->chain.data[i];
        FAISS_AUTO_FREE (float) *before = NULL;
        if (i > 0) {
            FAISS_TRY (faiss_alloc (&before, (size_t)n * (size_t)transform->d_in, sizeof *before));
        }
        FAISS_TRY (faiss_VectorTransform_try_reverse (transform, n, xt, i > 0 ? before : x));
        free (owned);
        xt = owned = FAISS_STEAL (before);
    }
    if (self->chain.size == 0 && n > 0) {
        memcpy (x, xt, (size_t)n * (size_t)self->base.d * sizeof *x);
    }
    return FAISS_OK;
}

/* Room for n vectors as the index behind the chain has them; x itself where there is no chain. */
static FaissStatus room_behind_chain (const FaissIndexPreTransform *self, idx_t n, float *x,
                                      float **room, float **owned) {
    FAISS_REQUIRE (self->index, "there is no index behind the transforms");
    *room = x;
    if (self->chain.size > 0) {
        FAISS_TRY (faiss_alloc (owned, (size_t)n * (size_t)self->index->d, sizeof **owned));
        *room = *owned;
    }
    return FAISS_OK;
}

FaissStatus faiss_IndexPreTransform_apply_chain (const FaissIndexPreTransform *self, idx_t n,
                                                 const float *x, float **out) {
    FAISS_TRY (faiss_check_vectors (__func__, &self->base, n, x, "x"));
    FAISS_REQUIRE_ARG (out);
    AUTO_TRANSFORMED xt = {0};
    FAISS_TRY (apply_chain (self, n, x, &xt));
    if (!xt.owned) {
        size_t size = (size_t)n * (size_t)self->base.d;
        FAISS_TRY (faiss_alloc (&xt.owned, size, sizeof *xt.owned));
        if (n > 0) {
            memcpy (xt.owned, x, size * sizeof *xt.owned);
        }
    }
    *out = FAISS_STEAL (xt.owned);
    return FAISS_OK;
}

FaissStatus faiss_IndexPreTransform_reverse_chain (const FaissIndexPreTransform *self, idx_t n,
                                                   const float *xt, float *x) {
    FAISS_TRY (faiss_check_vectors (__func__, &self->base, n, x, "x"));
    FAISS_REQUIRE (n == 0 || xt, "xt is NULL");
    return reverse_chain (self, n, xt, x);
}

/* ---- building -------------------------------------------------------------------------------- */

static FaissStatus IndexPreTransform_train (FaissIndex *index, idx_t n, const float *x) {
    FaissIndexPreTransform *self = THIS (index);
    FAISS_REQUIRE (self->index, "there is no index behind the transforms");
    /* nothing needs vectors from behind the last part that is still to be trained */
    size_t end = self->index->is_trained ? 0 : self->chain.size;
    for (size_t i = end; i < self->chain.size; i++) {
        end = self->chain.data[i]->is_trained ? end : i + 1;
    }
    TransformedVectors start = {.x = x};
    AUTO_TRANSFORMED xt = start;
    for (size_t i = 0; i < end; i++) {
        FaissVectorTransform *transform = self->chain.data[i];
        if (!transform->is_trained) {
            FAISS_TRY (faiss_VectorTransform_train (transform, n, xt.x));
        }
        if (i + 1 < end || !self->index->is_trained) {
            FAISS_TRY (transform_once (transform, n, &xt));
        }
    }
    if (!self->index->is_trained) {
        FAISS_TRY (faiss_Index_train (self->index, n, xt.x));
    }
    index->is_trained = true;
    return FAISS_OK;
}

static FaissStatus IndexPreTransform_add (FaissIndex *index, idx_t n, const float *x) {
    FaissIndexPreTransform *self = THIS (index);
    AUTO_TRANSFORMED xt = {0};
    FAISS_TRY (apply_chain (self, n, x, &xt));
    FAISS_TRY (faiss_Index_add (self->index, n, xt.x));
    index->ntotal = self->index->ntotal;
    return FAISS_OK;
}

static FaissStatus IndexPreTransform_add_with_ids (FaissIndex *index, idx_t n, const float *x,
                                                   const idx_t *xids) {
    FaissIndexPreTransform *self = THIS (index);
    AUTO_TRANSFORMED xt = {0};
    FAISS_TRY (apply_chain (self, n, x, &xt));
    FAISS_TRY (faiss_Index_add_with_ids (self->index, n, xt.x, xids));
    index->ntotal = self->index->ntotal;
    return FAISS_OK;
}

static FaissStatus IndexPreTransform_add_sa_codes (FaissIndex *index, idx_t n, const uint8_t *codes,
                                                   const idx_t *xids) {
    FaissIndexPreTransform *self = THIS (index);
    FAISS_TRY (faiss_Index_add_sa_codes (self->index, n, codes, xids));
    index->ntotal = self->index->ntotal;
    return FAISS_OK;
}

static FaissStatus IndexPreTransform_reset (FaissIndex *index) {
    FaissIndexPreTransform *self = THIS (index);
    FAISS_TRY (faiss_Index_reset (self->index));
    index->ntotal = 0;
    return FAISS_OK;
}

static FaissStatus IndexPreTransform_remove_ids (FaissIndex *index, const FaissIDSelector *sel,
                                                 size_t *n_removed) {
    FaissIndexPreTransform *self = THIS (index);
    FAISS_TRY (faiss_Index_remove_ids (self->index, sel, n_removed));
    index->ntotal = self->index->ntotal;
    return FAISS_OK;
}

static FaissStatus IndexPreTransform_check_compatible_for_merge (const FaissIndex *index,
                                                                 const FaissIndex *other_index) {
    const FaissIndexPreTransform *self = CONST_THIS (index);
    const FaissIndexPreTransform *other =
        faiss_object_cast (other_index, &faiss_IndexPreTransform_class.head);
    FAISS_REQUIRE (other, "expected an IndexPreTransform, got an %s",
                   faiss_Index_class_name (other_index));
    FAISS_REQUIRE (self->chain.size == other->chain.size, "expected %zu transforms, got %zu",
                   self->chain.size, other->chain.size);
    for (size_t i = 0; i < self->chain.size; i++) {
        FAISS_TRY (
            faiss_VectorTransform_check_identical (self->chain.data[i], other->chain.data[i]));
    }
    return faiss_Index_check_compatible_for_merge (self->index, other->index);
}

static FaissStatus IndexPreTransform_merge_from (FaissIndex *index, FaissIndex *other_index,
                                                 idx_t add_id) {
    FaissIndexPreTransform *self = THIS (index);
    FAISS_TRY (IndexPreTransform_check_compatible_for_merge (index, other_index));
    FaissIndexPreTransform *other = THIS (other_index);
    FAISS_TRY (faiss_Index_merge_from (self->index, other->index, add_id));
    index->ntotal = self->index->ntotal;
    other_index->ntotal = other->index->ntotal;
    return FAISS_OK;
}

/* ---- searching ------------------------------------------------------------------------------- */

static const FaissSearchParameters *params_of_index (const FaissSearchParameters *params) {
    const FaissSearchParametersPreTransform *mine =
        faiss_object_cast (params, &faiss_SearchParametersPreTransform_class);
    return mine ? mine->index_params : params;
}

static FaissStatus IndexPreTransform_search (const FaissIndex *index, idx_t n, const float *x,
                                             idx_t k, const FaissSearchParameters *params,
                                             float *distances, idx_t *labels) {
    const FaissIndexPreTransform *self = CONST_THIS (index);
    AUTO_TRANSFORMED xt = {0};
    FAISS_TRY (apply_chain (self, n, x, &xt));
    return faiss_Index_search_with_params (self->index, n, xt.x, k, params_of_index (params),
                                           distances, labels);
}

static FaissStatus IndexPreTransform_range_search (const FaissIndex *index, idx_t n, const float *x,
                                                   float radius,
                                                   const FaissSearchParameters *params,
                                                   FaissRangeSearchResult *result) {
    const FaissIndexPreTransform *self = CONST_THIS (index);
    AUTO_TRANSFORMED xt = {0};
    FAISS_TRY (apply_chain (self, n, x, &xt));
    return faiss_Index_range_search_with_params (self->index, n, xt.x, radius,
                                                 params_of_index (params), result);
}

static FaissStatus IndexPreTransform_assign (const FaissIndex *index, idx_t n, const float *x,
                                             idx_t *labels, idx_t k) {
    const FaissIndexPreTransform *self = CONST_THIS (index);
    AUTO_TRANSFORMED xt = {0};
    FAISS_TRY (apply_chain (self, n, x, &xt));
    return faiss_Index_assign (self->index, n, xt.x, labels, k);
}

static FaissStatus IndexPreTransform_search_subset (const FaissIndex *index, idx_t n,
                                                    const float *x, idx_t k_base,
                                                    const idx_t *base_labels, idx_t k,
                                                    float *distances, idx_t *labels) {
    const FaissIndexPreTransform *self = CONST_THIS (index);
    AUTO_TRANSFORMED xt = {0};
    FAISS_TRY (apply_chain (self, n, x, &xt));
    return faiss_Index_search_subset (self->index, n, xt.x, k_base, base_labels, k, distances,
                                      labels);
}

static FaissStatus IndexPreTransform_search_and_reconstruct (const FaissIndex *index, idx_t n,
                                                             const float *x, idx_t k,
                                                             const FaissSearchParameters *params,
                                                             float *distances, idx_t *labels,
                                                             float *recons) {
    const FaissIndexPreTransform *self = CONST_THIS (index);
    AUTO_TRANSFORMED xt = {0};
    FAISS_TRY (apply_chain (self, n, x, &xt));
    FAISS_AUTO_FREE (float) *owned = NULL;
    float *room = NULL;
    FAISS_TRY (room_behind_chain (self, n * k, recons, &room, &owned));
    FAISS_TRY (faiss_Index_search_and_reconstruct (
        self->index, n, xt.x, k, params_of_index (params), distances, labels, room));
    return room == recons ? FAISS_OK : reverse_chain (self, n * k, room, recons);
}

/* ---- vectors out ----------------------------------------------------------------------------- */

static FaissStatus IndexPreTransform_reconstruct (const FaissIndex *index, idx_t key,
                                                  float *recons) {
    const FaissIndexPreTransform *self = CONST_THIS (index);
    FAISS_AUTO_FREE (float) *owned = NULL;
    float *room = NULL;
    FAISS_TRY (room_behind_chain (self, 1, recons, &room, &owned));
    FAISS_TRY (faiss_Index_reconstruct (self->index, key, room));
    return room == recons ? FAISS_OK : reverse_chain (self, 1, room, recons);
}

static FaissStatus IndexPreTransform_reconstruct_batch (const FaissIndex *index, idx_t n,
                                                        const idx_t *keys, float *recons) {
    const FaissIndexPreTransform *self = CONST_THIS (index);
    FAISS_AUTO_FREE (float) *owned = NULL;
    float *room = NULL;
    FAISS_TRY (room_behind_chain (self, n, recons, &room, &owned));
    FAISS_TRY (faiss_Index_reconstruct_batch (self->index, n, keys, room));
    return room == recons ? FAISS_OK : reverse_chain (self, n, room, recons);
}

static FaissStatus IndexPreTransform_reconstruct_n (const FaissIndex *index, idx_t i0, idx_t ni,
                                                    float *recons) {
    const FaissIndexPreTransform *self = CONST_THIS (index);
    FAISS_AUTO_FREE (float) *owned = NULL;
    float *room = NULL;
    FAISS_TRY (room_behind_chain (self, ni, recons, &room, &owned));
    FAISS_TRY (faiss_Index_reconstruct_n (self->index, i0, ni, room));
    return room == recons ? FAISS_OK : reverse_chain (self, ni, room, recons);
}

static FaissStatus IndexPreTransform_sa_code_size (const FaissIndex *index, size_t *out) {
    return faiss_Index_sa_code_size (CONST_THIS (index)->index, out);
}

static FaissStatus IndexPreTransform_sa_encode (const FaissIndex *index, idx_t n, const float *x,
                                                uint8_t *bytes) {
    const FaissIndexPreTransform *self = CONST_THIS (index);
    AUTO_TRANSFORMED xt = {0};
    FAISS_TRY (apply_chain (self, n, x, &xt));
    return faiss_Index_sa_encode (self->index, n, xt.x, bytes);
}

static FaissStatus IndexPreTransform_sa_decode (const FaissIndex *index, idx_t n,
                                                const uint8_t *bytes, float *x) {
    const FaissIndexPreTransform *self = CONST_THIS (index);
    FAISS_AUTO_FREE (float) *owned = NULL;
    float *room = NULL;
    FAISS_TRY (room_behind_chain (self, n, x, &room, &owned));
    FAISS_TRY (faiss_Index_sa_decode (self->index, n, bytes, room));
    return room == x ? FAISS_OK : reverse_chain (self, n, room, x);
}

/* ---- distances to a query behind the chain --------------------------------------------------- */

typedef struct PreTransformDistanceComputer {
    FaissDistanceComputer dc;
    const FaissIndexPreTransform *index;
    FaissDistanceComputer *sub; /* owned */
    TransformedVectors query;
} PreTransformDistanceComputer;

static FaissStatus computer_set_query (FaissDistanceComputer *dc, const float *x) {
    PreTransformDistanceComputer *self = (PreTransformDistanceComputer *)dc;
    free (self->query.owned);
    self->query.owned = NULL;
    FAISS_TRY (apply_chain (self->index, 1, x, &self->query));
    return self->sub->set_query (self->sub, self->query.x);
}

static float computer_distance (FaissDistanceComputer *dc, idx_t i) {
    FaissDistanceComputer *sub = ((PreTransformDistanceComputer *)dc)->sub;
    sub->status = FAISS_OK;
    const float distance = sub->distance (sub, i);
    dc->status = sub->status;
    return distance;
}

static void computer_distances_batch_4 (FaissDistanceComputer *dc, const idx_t i[4], float out[4]) {
    FaissDistanceComputer *sub = ((PreTransformDistanceComputer *)dc)->sub;
    sub->distances_batch_4 (sub, i, out);
}

static float computer_symmetric_dis (FaissDistanceComputer *dc, idx_t i, idx_t j) {
    FaissDistanceComputer *sub = ((PreTransformDistanceComputer *)dc)->sub;
    sub->status = FAISS_OK;
    const float distance = sub->symmetric_dis (sub, i, j);
    dc->status = sub->status;
    return distance;
}

static void computer_free (FaissDistanceComputer *dc) {
    PreTransformDistanceComputer *self = (PreTransformDistanceComputer *)dc;
    faiss_DistanceComputer_free (self->sub);
    free (self->query.owned);
    free (self);
}

static FaissStatus IndexPreTransform_get_distance_computer (const FaissIndex *index,
                                                            FaissDistanceComputer **out) {
    const FaissIndexPreTransform *self = CONST_THIS (index);
    FAISS_AUTO_FREE (PreTransformDistanceComputer) *computer = NULL;
    FAISS_TRY (faiss_alloc_zeroed (&computer, 1, sizeof *computer));
    FAISS_TRY (faiss_Index_get_distance_computer (self->index, &computer->sub));
    computer->dc = (FaissDistanceComputer){
        .set_query = computer_set_query,
        .distance = computer_distance,
        .distances_batch_4 = computer_distances_batch_4,
        .symmetric_dis = computer_symmetric_dis,
        .free = computer_free,
        .end = computer->sub->end,
    };
    computer->index = self;
    *out = &computer->dc;
    computer = NULL;
    return FAISS_OK;
}

/* ---- parameters ------------------------------------------------------------------------------ */

static FaissStatus IndexPreTransform_set_parameter (FaissIndex *index, const char *name,
                                                    double value, bool *known) {
    FaissIndexPreTransform *self = THIS (index);
    FAISS_TRY (faiss_Index_class.set_parameter (index, name, value, known));
    bool inner_knows = false;
    if (self->index) {
        FAISS_TRY (self->index->cls->set_parameter (self->index, name, value, &inner_knows));
    }
    *known = *known || inner_knows;
    return FAISS_OK;
}

static FaissStatus IndexPreTransform_add_parameter_ranges (const FaissIndex *index,
                                                           FaissParameterSpace *space) {
    const FaissIndex *inner = CONST_THIS (index)->index;
    return inner ? inner->cls->add_parameter_ranges (inner, space) : FAISS_OK;
}

/* ---- life ------------------------------------------------------------------------------------ */

static void IndexPreTransform_finalize (void *object) {
    FaissIndexPreTransform *self = object;
    if (self->own_fields) {
        for (size_t i = 0; i < self->chain.size; i++) {
            faiss_VectorTransform_free (self->chain.data[i]);
        }
        faiss_Index_free (self->index);
    }
    faiss_VectorTransformVector_clear (&self->chain);
}

/* Append a transform that is given away. */
static FaissStatus take_transform (FaissIndexPreTransform *self, FaissVectorTransform *transform) {
    FaissStatus status = faiss_VectorTransformVector_push_back (&self->chain, transform);
    if (status != FAISS_OK) {
        faiss_VectorTransform_free (transform);
    }
    return status;
}

static FaissStatus IndexPreTransform_copy (void *object, const void *other_object) {
    FaissIndexPreTransform *self = object;
    const FaissIndexPreTransform *other = other_object;
    self->own_fields = true;
    for (size_t i = 0; i < other->chain.size; i++) {
        FaissVectorTransform *transform;
        FAISS_TRY (faiss_object_clone (&transform, other->chain.data[i]));
        FAISS_TRY (take_transform (self, transform));
    }
    return other->index ? faiss_object_clone (&self->index, other->index) : FAISS_OK;
}

static FaissStatus read_chain (FaissIndexPreTransform *self, FaissIOReader *r, int io_flags) {
    int n;
    FAISS_TRY (faiss_read_i32 (r, &n, "the number of transforms"));
    FAISS_REQUIRE_FILE (r, n >= 0, "expected 0 transforms or more, got %d", n);
    FAISS_TRY (faiss_check_loop_limit (r, (size_t)n, "the number of transforms"));
    int d = self->base.d;
    for (int i = 0; i < n; i++) {
        FaissVectorTransform *transform;
        FAISS_TRY (faiss_read_object (r, &faiss_VectorTransform_class.head, io_flags, &transform));
        FAISS_TRY (take_transform (self, transform));
        FAISS_REQUIRE_FILE (r, transform->d_in == d, "transform %d: expected d_in=%d, got %d", i, d,
                            transform->d_in);
        d = transform->d_out;
    }
    FAISS_TRY (faiss_read_object (r, &faiss_Index_class.head, io_flags, &self->index));
    FAISS_REQUIRE_FILE (r, !self->index || self->index->d == d,
                        "the index behind the transforms: expected d=%d, got %d", d,
                        self->index->d);
    if (self->index) {
        self->base.ntotal = self->index->ntotal; /* upstream does not compare */
    }
    return FAISS_OK;
}

static FaissStatus IndexPreTransform_read (void **out, FaissIOReader *r, uint32_t tag,
                                           int io_flags) {
    (void)tag;
    FAISS_OWNED (IndexPreTransform) *self = NULL;
    FAISS_TRY (faiss_IndexPreTransform_new (&self));
    self->own_fields = true;
    FAISS_TRY (faiss_read_index_header (r, &self->base));
    FAISS_TRY (read_chain (self, r, io_flags));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

static FaissStatus IndexPreTransform_write (const void *object, FaissIOWriter *w, int io_flags) {
    const FaissIndexPreTransform *self = object;
    FAISS_TRY (faiss_write_tag (w, "IxPT"));
    FAISS_TRY (faiss_write_index_header (w, &self->base));
    FAISS_TRY (faiss_write_i32 (w, (int)self->chain.size));
    for (size_t i = 0; i < self->chain.size; i++) {
        FAISS_TRY (faiss_write_object (w, self->chain.data[i], io_flags));
    }
    return faiss_write_object (w, self->index, io_flags);
}

/* Append a part's description and a separator; false if it has none. */
static FaissStatus describe_part (const void *part, const char *separator, FaissString *out,
                                  bool *has_one) {
    FAISS_AUTO (String) text = {0};
    FAISS_TRY (faiss_object_class (part)->describe (part, &text));
    *has_one = text.size > 0;
    return faiss_String_printf (out, "%s%s", faiss_String_text (&text), separator);
}

static FaissStatus IndexPreTransform_describe (const void *object, FaissString *out) {
    const FaissIndexPreTransform *self = object;
    FAISS_AUTO (String) text = {0};
    bool complete = self->index != NULL && self->chain.size > 0;
    for (size_t i = 0; i < self->chain.size && complete; i++) {
        FAISS_TRY (describe_part (self->chain.data[i], ",", &text, &complete));
    }
    if (complete) {
        FAISS_TRY (describe_part (self->index, "", &text, &complete));
    }
    return complete ? faiss_String_printf (out, "%s", faiss_String_text (&text)) : FAISS_OK;
}

/* What a field was set to may not fit the others. */
static FaissStatus IndexPreTransform_check (const void *object) {
    const FaissIndexPreTransform *self = object;
    int d = self->base.d;
    if (!self->index) {
        return FAISS_OK; /* a default object */
    }
    for (size_t i = 0; i < self->chain.size; i++) {
        const FaissVectorTransform *vt = self->chain.data[i];
        FAISS_REQUIRE (vt && vt->d_in == d, "expected transform %zu to be from %d dimensions", i,
                       d);
        d = vt->d_out;
    }
    FAISS_TRY (faiss_check_part (__func__, "index", self->index, d));
    return FAISS_OK;
}

FaissIndexClass faiss_IndexPreTransform_class = {
    .head = {.name = "IndexPreTransform",
             .parent = &faiss_Index_class.head,
             .instance_size = sizeof (FaissIndexPreTransform),
             .table_size = sizeof (FaissIndexClass),
             .check = IndexPreTransform_check,
             .finalize = IndexPreTransform_finalize,
             .copy = IndexPreTransform_copy,
             .tags = "IxPT",
             .read = IndexPreTransform_read,
             .write = IndexPreTransform_write,
             .describe = IndexPreTransform_describe},
    .train = IndexPreTransform_train,
    .add = IndexPreTransform_add,
    .add_with_ids = IndexPreTransform_add_with_ids,
    .search = IndexPreTransform_search,
    .range_search = IndexPreTransform_range_search,
    .assign = IndexPreTransform_assign,
    .reset = IndexPreTransform_reset,
    .remove_ids = IndexPreTransform_remove_ids,
    .reconstruct = IndexPreTransform_reconstruct,
    .reconstruct_batch = IndexPreTransform_reconstruct_batch,
    .reconstruct_n = IndexPreTransform_reconstruct_n,
    .search_and_reconstruct = IndexPreTransform_search_and_reconstruct,
    .search_subset = IndexPreTransform_search_subset,
    .get_distance_computer = IndexPreTransform_get_distance_computer,
    .sa_code_size = IndexPreTransform_sa_code_size,
    .sa_encode = IndexPreTransform_sa_encode,
    .sa_decode = IndexPreTransform_sa_decode,
    .check_compatible_for_merge = IndexPreTransform_check_compatible_for_merge,
    .merge_from = IndexPreTransform_merge_from,
    .add_sa_codes = IndexPreTransform_add_sa_codes,
    .set_parameter = IndexPreTransform_set_parameter,
    .add_parameter_ranges = IndexPreTransform_add_parameter_ranges,
};

FaissClass faiss_SearchParametersPreTransform_class = {
    .name = "SearchParametersPreTransform",
    .parent = &faiss_SearchParameters_class,
    .instance_size = sizeof (FaissSearchParametersPreTransform),
    .table_size = sizeof (FaissClass),
};

FaissStatus faiss_SearchParametersPreTransform_new (FaissSearchParametersPreTransform **out) {
    return faiss_SearchParametersPreTransform_new_with (out, NULL);
}

FaissStatus faiss_SearchParametersPreTransform_new_with (FaissSearchParametersPreTransform **out,
                                                         FaissSearchParameters *index_params) {
    FAISS_REQUIRE_ARG (out);
    FaissSearchParametersPreTransform *self;
    FAISS_TRY (faiss_object_new (&self, &faiss_SearchParametersPreTransform_class));
    self->index_params = index_params;
    *out = self;
    return FAISS_OK;
}

FaissStatus faiss_IndexPreTransform_new (FaissIndexPreTransform **out) {
    FAISS_REQUIRE_ARG (out);
    FAISS_OWNED (IndexPreTransform) *self = NULL;
    FAISS_TRY (faiss_object_new (&self, &faiss_IndexPreTransform_class.head));
    FAISS_TRY (faiss_Index_init (&self->base, 0, METRIC_L2));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

FaissStatus faiss_IndexPreTransform_new_with (FaissIndexPreTransform **out, FaissIndex *index) {
    FAISS_REQUIRE_ARG (out);
    FAISS_REQUIRE_ARG (index);
    FaissIndexPreTransform *self;
    FAISS_TRY (faiss_IndexPreTransform_new (&self));
    self->base.d = index->d;
    self->base.ntotal = index->ntotal;
    self->base.is_trained = index->is_trained;
    self->base.metric_type = index->metric_type;
    self->base.metric_arg = index->metric_arg;
    self->index = index;
    *out = self;
    return FAISS_OK;
}

FaissStatus faiss_IndexPreTransform_new_with_transform (FaissIndexPreTransform **out,
                                                        FaissVectorTransform *ltrans,
                                                        FaissIndex *index) {
    FAISS_REQUIRE_ARG (out);
    FAISS_OWNED (IndexPreTransform) *self = NULL;
    FAISS_TRY (faiss_IndexPreTransform_new_with (&self, index));
    FAISS_TRY (faiss_IndexPreTransform_prepend_transform (self, ltrans));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

void faiss_IndexPreTransform_free (FaissIndexPreTransform *self) {
    faiss_object_free (self);
}

FaissIndexPreTransform *faiss_IndexPreTransform_cast (FaissIndex *index) {
    return faiss_object_cast (index, &faiss_IndexPreTransform_class.head);
}

FaissIndex *faiss_IndexPreTransform_index (const FaissIndexPreTransform *self) {
    return self ? self->index : NULL;
}

int faiss_IndexPreTransform_own_fields (const FaissIndexPreTransform *self) {
    return self ? self->own_fields : 0;
}

void faiss_IndexPreTransform_set_own_fields (FaissIndexPreTransform *self, int own_fields) {
    if (self) {
        self->own_fields = own_fields != 0;
    }
}

FaissStatus faiss_IndexPreTransform_prepend_transform (FaissIndexPreTransform *self,
                                                       FaissVectorTransform *ltrans) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE_ARG (ltrans);
    FAISS_REQUIRE (ltrans->d_out == self->base.d, "expected a transform with d_out=%d, got %d",
                   self->base.d, ltrans->d_out);
    FAISS_TRY (faiss_VectorTransformVector_push_back (&self->chain, ltrans));
    memmove (self->chain.data + 1, self->chain.data,
             (self->chain.size - 1) * sizeof *self->chain.data);
    self->chain.data[0] = ltrans;
    self->base.is_trained = self->base.is_trained && ltrans->is_trained;
    self->base.d = ltrans->d_in;
    return FAISS_OK;
}
