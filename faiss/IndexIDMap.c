/* Ids of the caller's choice for indexes that number their vectors. */
#include <faiss/IndexIDMap.h>

#include <string.h>

#include <faiss/IndexIVF.h>
#include <faiss/IndexPreTransform.h>
#include <faiss/impl/check.h>
#include <faiss/impl/factory_rule.h>
#include <faiss/impl/index_check.h>
#include <faiss/impl/io_fields.h>
#include <faiss/index_factory.h>
#include <faiss/utils/string.h>

#define THIS(pointer) FAISS_SELF (IndexIDMap, base, pointer)
#define CONST_THIS(pointer) FAISS_CONST_SELF (IndexIDMap, base, pointer)
#define THIS2(pointer) FAISS_SELF (IndexIDMap2, base, pointer)
#define CONST_THIS2(pointer) FAISS_CONST_SELF (IndexIDMap2, base, pointer)

/* ---- adding and removing --------------------------------------------------------------------- */

static FaissStatus IndexIDMap_train (FaissIndex *index, idx_t n, const float *x) {
    FaissIndexIDMap *self = THIS (index);
    FAISS_TRY (faiss_Index_train (self->index, n, x));
    index->is_trained = self->index->is_trained;
    return FAISS_OK;
}

/* The index behind may have been trained on its own. */
static bool IndexIDMap_was_trained_behind (const FaissIndex *index) {
    const FaissIndex *inner = CONST_THIS (index)->index;
    return inner && inner->is_trained;
}

static FaissStatus IndexIDMap_add (FaissIndex *index, idx_t n, const float *x) {
    (void)n, (void)x;
    return faiss_fail_in (FAISS_EXCEPT, faiss_Index_class_name (index),
                          "add does not make sense here: use add_with_ids");
}

/* Room for n more ids, so that noting them cannot fail once the vectors are in. */
static FaissStatus reserve_ids (FaissIndexIDMap *self, idx_t n) {
    size_t size = self->id_map.size;
    if (size + (size_t)n <= self->id_map.capacity && !self->id_map.owner) {
        return FAISS_OK;
    }
    /* grow by half at least: many small adds stay linear */
    size_t room = size + size / 2 > size + (size_t)n ? size + size / 2 : size + (size_t)n;
    return faiss_Int64Vector_reserve (&self->id_map, room);
}

/* The vectors are in: now their ids. */
static FaissStatus note_ids (FaissIndexIDMap *self, idx_t n, const idx_t *xids) {
    FAISS_TRY (faiss_Int64Vector_append (&self->id_map, xids, (size_t)n));
    self->base.ntotal = self->index->ntotal;
    return FAISS_OK;
}

static FaissStatus IndexIDMap_add_with_ids (FaissIndex *index, idx_t n, const float *x,
                                            const idx_t *xids) {
    FaissIndexIDMap *self = THIS (index);
    FAISS_TRY (reserve_ids (self, n));
    FAISS_TRY (faiss_Index_add (self->index, n, x));
    return note_ids (self, n, xids);
}

static FaissStatus IndexIDMap_add_sa_codes (FaissIndex *index, idx_t n, const uint8_t *codes,
                                            const idx_t *xids) {
    FaissIndexIDMap *self = THIS (index);
    FAISS_REQUIRE (n == 0 || xids, "xids is NULL: this index needs ids");
    FAISS_TRY (reserve_ids (self, n));
    FAISS_TRY (faiss_Index_add_sa_codes (self->index, n, codes, NULL));
    return note_ids (self, n, xids);
}

static FaissStatus IndexIDMap_reset (FaissIndex *index) {
    FaissIndexIDMap *self = THIS (index);
    FAISS_TRY (faiss_Index_reset (self->index));
    faiss_Int64Vector_clear (&self->id_map);
    index->ntotal = 0;
    return FAISS_OK;
}

/* A selector of positions for a selector of ids. */
static FaissIDSelectorTranslated translate (const FaissIndexIDMap *self,
                                            const FaissIDSelector *sel) {
    faiss_class_ready (&faiss_IDSelectorTranslated_class.head);
    FaissIDSelectorTranslated translated = {
        .base = {.cls = &faiss_IDSelectorTranslated_class},
        .id_map = &self->id_map,
        .sel = sel,
    };
    return translated;
}

/* ---- inverted files behind the ids: they keep positions in their lists and do not close gaps - */

/* The inverted file among the indexes behind, or NULL. */
static FaissIndexIVF *ivf_behind (const FaissIndexIDMap *self) {
    FaissIndex *index = self->index;
    for (const FaissIndexPreTransform *chain; (chain = faiss_IndexPreTransform_cast (index));) {
        index = chain->index;
    }
    return faiss_object_cast (index, &faiss_IndexIVF_class.index.head);
}

/* Memory to renumber with, allocated before the removal, which could not be undone. */
typedef struct Renumbering {
    idx_t *new_positions; /* by old position */
    idx_t *ids;           /* of the longest list */
    uint8_t *codes;
} Renumbering;

static void clear_renumbering (Renumbering *self) {
    free (self->new_positions);
    free (self->ids);
    free (self->codes);
}

static FaissStatus prepare_renumbering (const FaissIndexIDMap *self, const FaissIndexIVF *ivf,
                                        const FaissIDSelector *sel, Renumbering *out) {
    const FaissInvertedLists *lists = ivf->invlists;
    FAISS_REQUIRE (strcmp (faiss_Index_class_name (&ivf->index), "IndexIVFFlatDedup") != 0,
                   "not implemented for ids over an IndexIVFFlatDedup");
    FAISS_REQUIRE (lists, "the inverted file has no lists");
    size_t longest = 0;
    for (size_t list = 0; list < lists->nlist; list++) {
        size_t size = faiss_InvertedLists_list_size (lists, list);
        longest = size > longest ? size : longest;
    }
    FAISS_TRY (faiss_alloc (&out->ids, longest, sizeof *out->ids));
    FAISS_TRY (faiss_alloc (&out->codes, longest, lists->code_size));
    FAISS_TRY (faiss_alloc (&out->new_positions, self->id_map.size, sizeof *out->new_positions));
    idx_t kept = 0;
    for (size_t i = 0; i < self->id_map.size; i++) {
        bool is_removed = sel->cls->is_member (sel, self->id_map.data[i]);
        out->new_positions[i] = is_removed ? -1 : kept++;
    }
    return FAISS_OK;
}

static FaissStatus renumber_list (const FaissIndexIDMap *self, FaissInvertedLists *lists,
                                  size_t list, const Renumbering *renumbering) {
    size_t size = faiss_InvertedLists_list_size (lists, list);
    if (size == 0) {
        return FAISS_OK;
    }
    const idx_t *ids = faiss_InvertedLists_get_ids (lists, list);
    const uint8_t *codes = faiss_InvertedLists_get_codes (lists, list);
    for (size_t i = 0; i < size; i++) {
        bool is_known = (uint64_t)ids[i] < self->id_map.size;
        renumbering->ids[i] = is_known ? renumbering->new_positions[ids[i]] : ids[i];
    }
    memcpy (renumbering->codes, codes, size * lists->code_size);
    faiss_InvertedLists_release_ids (lists, list, ids);
    faiss_InvertedLists_release_codes (lists, list, codes);
    return faiss_InvertedLists_update_entries (lists, list, 0, size, renumbering->ids,
                                               renumbering->codes);
}

/* Before the ids move together: positions in the lists become what they will be. */
static FaissStatus renumber (const FaissIndexIDMap *self, FaissIndexIVF *ivf,
                             const Renumbering *renumbering) {
    for (size_t list = 0; list < ivf->invlists->nlist; list++) {
        FAISS_TRY (renumber_list (self, ivf->invlists, list, renumbering));
    }
    return FAISS_OK;
}

static FaissStatus IndexIDMap_remove_ids (FaissIndex *index, const FaissIDSelector *sel,
                                          size_t *n_removed) {
    FaissIndexIDMap *self = THIS (index);
    FaissIndexIVF *ivf = ivf_behind (self);
    __attribute__ ((cleanup (clear_renumbering))) Renumbering renumbering = {0};
    FAISS_TRY (faiss_Int64Vector_own (&self->id_map));
    if (ivf) {
        FAISS_TRY (prepare_renumbering (self, ivf, sel, &renumbering));
    }
    FaissIDSelectorTranslated positions = translate (self, sel);
    FAISS_TRY (faiss_Index_remove_ids (self->index, &positions.base, n_removed));
    if (ivf) {
        FAISS_TRY (renumber (self, ivf, &renumbering));
    }
    /* what remains moves together in order */
    size_t kept = 0;
    for (size_t i = 0; i < self->id_map.size; i++) {
        if (!sel->cls->is_member (sel, self->id_map.data[i])) {
            self->id_map.data[kept++] = self->id_map.data[i];
        }
    }
    self->id_map.size = kept;
    index->ntotal = self->index->ntotal;
    FAISS_REQUIRE ((idx_t)kept == index->ntotal,
                   "%zu ids remain, but the index behind has %lld vectors", kept,
                   (long long)index->ntotal);
    return FAISS_OK;
}

/* ---- merging --------------------------------------------------------------------------------- */

static FaissStatus IndexIDMap_check_compatible_for_merge (const FaissIndex *index,
                                                          const FaissIndex *other_index) {
    const FaissIndexIDMap *self = CONST_THIS (index);
    FAISS_REQUIRE (index->cls == other_index->cls, "expected an %s, got an %s",
                   faiss_Index_class_name (index), faiss_Index_class_name (other_index));
    return faiss_Index_check_compatible_for_merge (self->index, CONST_THIS (other_index)->index);
}

static FaissStatus IndexIDMap_merge_from (FaissIndex *index, FaissIndex *other_index,
                                          idx_t add_id) {
    FaissIndexIDMap *self = THIS (index);
    FAISS_TRY (IndexIDMap_check_compatible_for_merge (index, other_index));
    FaissIndexIDMap *other = THIS (other_index);
    size_t begin = self->id_map.size;
    FAISS_TRY (reserve_ids (self, (idx_t)other->id_map.size));
    /* flat indexes number the vectors that come in anew, inverted files keep other's positions */
    idx_t shift = ivf_behind (self) ? index->ntotal : 0;
    FAISS_TRY (faiss_Index_merge_from (self->index, other->index, shift));
    FAISS_TRY (note_ids (self, (idx_t)other->id_map.size, other->id_map.data));
    for (size_t i = begin; i < self->id_map.size; i++) {
        self->id_map.data[i] += add_id;
    }
    faiss_Int64Vector_clear (&other->id_map);
    other_index->ntotal = 0;
    return FAISS_OK;
}

/* ---- searching ------------------------------------------------------------------------------- */

/* The caller's parameters with a selector of positions. */
typedef struct TranslatedParams {
    FaissIDSelectorTranslated sel;
    FaissSearchParameters *owned;
    const FaissSearchParameters *params; /* what the index behind gets */
} TranslatedParams;

static void clear_translated_params (TranslatedParams *self) {
    free (self->owned);
}

#define AUTO_PARAMS __attribute__ ((cleanup (clear_translated_params))) TranslatedParams

/* `out` stays where it is: its parameters refer to its selector. */
static FaissStatus translate_params (const FaissIndexIDMap *self,
                                     const FaissSearchParameters *params, TranslatedParams *out) {
    out->params = params;
    bool translated_already =
        params && faiss_object_cast (params->sel, &faiss_IDSelectorTranslated_class.head);
    if (!params || !params->sel || translated_already) {
        return FAISS_OK;
    }
    size_t size = faiss_object_class (params)->instance_size;
    FAISS_TRY (faiss_alloc (&out->owned, 1, size));
    memcpy (out->owned, params, size);
    out->sel = translate (self, params->sel);
    out->owned->sel = &out->sel.base;
    out->params = out->owned;
    return FAISS_OK;
}

/* Positions to ids, in place. */
static void translate_labels (const FaissIndexIDMap *self, size_t n, idx_t *labels) {
    for (size_t i = 0; i < n; i++) {
        labels[i] =
            (uint64_t)labels[i] < self->id_map.size ? self->id_map.data[labels[i]] : (idx_t)-1;
    }
}

static FaissStatus IndexIDMap_search (const FaissIndex *index, idx_t n, const float *x, idx_t k,
                                      const FaissSearchParameters *params, float *distances,
                                      idx_t *labels) {
    const FaissIndexIDMap *self = CONST_THIS (index);
    AUTO_PARAMS translated = {0};
    FAISS_TRY (translate_params (self, params, &translated));
    FAISS_TRY (faiss_Index_search_with_params (self->index, n, x, k, translated.params, distances,
                                               labels));
    translate_labels (self, (size_t)(n * k), labels);
    return FAISS_OK;
}

static FaissStatus IndexIDMap_range_search (const FaissIndex *index, idx_t n, const float *x,
                                            float radius, const FaissSearchParameters *params,
                                            FaissRangeSearchResult *result) {
    const FaissIndexIDMap *self = CONST_THIS (index);
    AUTO_PARAMS translated = {0};
    FAISS_TRY (translate_params (self, params, &translated));
    FAISS_TRY (faiss_Index_range_search_with_params (self->index, n, x, radius, translated.params,
                                                     result));
    translate_labels (self, result->lims[result->nq], result->labels);
    return FAISS_OK;
}

static FaissStatus IndexIDMap_assign (const FaissIndex *index, idx_t n, const float *x,
                                      idx_t *labels, idx_t k) {
    const FaissIndexIDMap *self = CONST_THIS (index);
    FAISS_TRY (faiss_Index_assign (self->index, n, x, labels, k));
    translate_labels (self, (size_t)(n * k), labels);
    return FAISS_OK;
}

/* Candidates would be ids, but ids may repeat. */
static FaissStatus IndexIDMap_search_subset (const FaissIndex *index, idx_t n, const float *x,
                                             idx_t k_base, const idx_t *base_labels, idx_t k,
                                             float *distances, idx_t *labels) {
    (void)n, (void)x, (void)k_base, (void)base_labels, (void)k, (void)distances, (void)labels;
    return faiss_fail_in (FAISS_EXCEPT, faiss_Index_class_name (index),
                          "search_subset is not implemented for this class");
}

/* ---- codec and parameters -------------------------------------------------------------------- */

static FaissStatus IndexIDMap_sa_code_size (const FaissIndex *index, size_t *out) {
    return faiss_Index_sa_code_size (CONST_THIS (index)->index, out);
}

static FaissStatus IndexIDMap_sa_encode (const FaissIndex *index, idx_t n, const float *x,
                                         uint8_t *bytes) {
    return faiss_Index_sa_encode (CONST_THIS (index)->index, n, x, bytes);
}

static FaissStatus IndexIDMap_sa_decode (const FaissIndex *index, idx_t n, const uint8_t *bytes,
                                         float *x) {
    return faiss_Index_sa_decode (CONST_THIS (index)->index, n, bytes, x);
}

static FaissStatus IndexIDMap_set_parameter (FaissIndex *index, const char *name, double value,
                                             bool *known) {
    FaissIndexIDMap *self = THIS (index);
    FAISS_TRY (faiss_Index_class.set_parameter (index, name, value, known));
    bool inner_knows = false;
    if (self->index) {
        FAISS_TRY (self->index->cls->set_parameter (self->index, name, value, &inner_knows));
    }
    *known = *known || inner_knows;
    return FAISS_OK;
}

/* ---- life ------------------------------------------------------------------------------------ */

static void IndexIDMap_finalize (void *object) {
    FaissIndexIDMap *self = object;
    if (self->own_fields) {
        faiss_Index_free (self->index);
    }
    faiss_Int64Vector_clear (&self->id_map);
}

static FaissStatus IndexIDMap_copy (void *object, const void *other_object) {
    FaissIndexIDMap *self = object;
    const FaissIndexIDMap *other = other_object;
    self->own_fields = true;
    FAISS_TRY (faiss_Int64Vector_append (&self->id_map, other->id_map.data, other->id_map.size));
    return other->index ? faiss_object_clone (&self->index, other->index) : FAISS_OK;
}

static FaissStatus read_fields (FaissIndexIDMap *self, FaissIOReader *r, int io_flags) {
    self->own_fields = true;
    FAISS_TRY (faiss_read_index_header (r, &self->base));
    FAISS_TRY (faiss_read_object (r, &faiss_Index_class.head, io_flags, &self->index));
    FAISS_REQUIRE_FILE (r, self->index, "the index behind the ids is missing");
    self->base.d = self->index->d; /* upstream does not compare: the vectors are the inner ones */
    FAISS_TRY (faiss_read_Int64Vector (r, &self->id_map, "id_map"));
    FAISS_REQUIRE_FILE (r, self->id_map.size == (size_t)self->base.ntotal,
                        "expected ntotal=%lld ids, got %zu", (long long)self->base.ntotal,
                        self->id_map.size);
    FAISS_REQUIRE_FILE (r, self->index->ntotal == self->base.ntotal,
                        "the index behind the ids: expected ntotal=%lld, got %lld",
                        (long long)self->base.ntotal, (long long)self->index->ntotal);
    return FAISS_OK;
}

static FaissStatus IndexIDMap_read (void **out, FaissIOReader *r, uint32_t tag, int io_flags) {
    (void)tag;
    FAISS_OWNED (IndexIDMap) *self = NULL;
    FAISS_TRY (faiss_IndexIDMap_new_default (&self));
    FAISS_TRY (read_fields (self, r, io_flags));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

static FaissStatus write_fields (const FaissIndexIDMap *self, FaissIOWriter *w, const char *tag,
                                 int io_flags) {
    FAISS_TRY (faiss_write_tag (w, tag));
    FAISS_TRY (faiss_write_index_header (w, &self->base));
    FAISS_TRY (faiss_write_object (w, self->index, io_flags));
    return faiss_write_Int64Vector (w, &self->id_map);
}

static FaissStatus IndexIDMap_write (const void *object, FaissIOWriter *w, int io_flags) {
    return write_fields (object, w, "IxMp", io_flags);
}

/* The text of one of the two groups of a pattern "(<index>),IDMap" or "IDMap,(<index>)". */
static FaissStatus build_inner (const FaissFactoryContext *context, FaissIndex **inner) {
    const char *text = context->groups[2] ? context->groups[2] : context->groups[3];
    return faiss_index_factory (inner, context->d, text, context->metric);
}

static FaissStatus build (const FaissFactoryContext *context, void *out) {
    FAISS_OWNED (Index) *inner = NULL;
    FaissIndexIDMap *self;
    FAISS_TRY (build_inner (context, &inner));
    FAISS_TRY (faiss_IndexIDMap_new (&self, inner));
    self->own_fields = true;
    (void)FAISS_STEAL (inner);
    memcpy (out, &self, sizeof self);
    return FAISS_OK;
}

static const FaissFactoryRule factory_rules[] = {
    {"((.+),IDMap|IDMap,(.+))", FAISS_FACTORY_WRAPPER, "IDMap,<index>",
     "ids of your own: add_with_ids; also <index>,IDMap", build},
    {0},
};

static FaissStatus describe_inner (const FaissIndexIDMap *self, const char *prefix,
                                   FaissString *out) {
    FAISS_AUTO (String) text = {0};
    if (self->index) {
        FAISS_TRY (faiss_reverse_index_factory (self->index, &text));
    }
    return text.size > 0 ? faiss_String_printf (out, "%s%s", prefix, faiss_String_text (&text))
                         : FAISS_OK;
}

static FaissStatus IndexIDMap_describe (const void *object, FaissString *out) {
    return describe_inner (object, "IDMap,", out);
}

/* What a field was set to may not fit the others. */
static FaissStatus IndexIDMap_check (const void *object) {
    const FaissIndexIDMap *self = object;
    if (!self->index && self->base.d == 0) {
        return FAISS_OK; /* a default object */
    }
    FAISS_TRY (faiss_check_part (__func__, "index", self->index, self->base.d));
    FAISS_REQUIRE (self->id_map.size == (size_t)self->base.ntotal &&
                       self->index->ntotal == self->base.ntotal,
                   "ntotal=%lld, but id_map has %zu ids and the index %lld vectors",
                   (long long)self->base.ntotal, self->id_map.size, (long long)self->index->ntotal);
    return FAISS_OK;
}

FaissIndexClass faiss_IndexIDMap_class = {
    .head = {.name = "IndexIDMap",
             .parent = &faiss_Index_class.head,
             .instance_size = sizeof (FaissIndexIDMap),
             .table_size = sizeof (FaissIndexClass),
             .check = IndexIDMap_check,
             .finalize = IndexIDMap_finalize,
             .copy = IndexIDMap_copy,
             .tags = "IxMp",
             .read = IndexIDMap_read,
             .write = IndexIDMap_write,
             .factory = factory_rules,
             .describe = IndexIDMap_describe},
    .train = IndexIDMap_train,
    .was_trained_behind = IndexIDMap_was_trained_behind,
    .add = IndexIDMap_add,
    .add_with_ids = IndexIDMap_add_with_ids,
    .search = IndexIDMap_search,
    .range_search = IndexIDMap_range_search,
    .assign = IndexIDMap_assign,
    .search_subset = IndexIDMap_search_subset,
    .reset = IndexIDMap_reset,
    .remove_ids = IndexIDMap_remove_ids,
    .sa_code_size = IndexIDMap_sa_code_size,
    .sa_encode = IndexIDMap_sa_encode,
    .sa_decode = IndexIDMap_sa_decode,
    .check_compatible_for_merge = IndexIDMap_check_compatible_for_merge,
    .merge_from = IndexIDMap_merge_from,
    .add_sa_codes = IndexIDMap_add_sa_codes,
    .set_parameter = IndexIDMap_set_parameter,
};

static FaissStatus init_around (FaissIndexIDMap *self, FaissIndex *index) {
    FAISS_REQUIRE (index->ntotal == 0, "the index must be empty, but it has ntotal=%lld",
                   (long long)index->ntotal);
    self->base.d = index->d;
    self->base.verbose = index->verbose;
    self->base.is_trained = index->is_trained;
    self->base.metric_type = index->metric_type;
    self->base.metric_arg = index->metric_arg;
    self->index = index;
    return FAISS_OK;
}

FaissStatus faiss_IndexIDMap_new_default (FaissIndexIDMap **out) {
    FAISS_REQUIRE_ARG (out);
    FAISS_OWNED (IndexIDMap) *self = NULL;
    FAISS_TRY (faiss_object_new (&self, &faiss_IndexIDMap_class.head));
    FAISS_TRY (faiss_Index_init (&self->base, 0, METRIC_L2));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

FaissStatus faiss_IndexIDMap_new (FaissIndexIDMap **out, FaissIndex *index) {
    FAISS_REQUIRE_ARG (out);
    FAISS_REQUIRE_ARG (index);
    FAISS_OWNED (IndexIDMap) *self = NULL;
    FAISS_TRY (faiss_IndexIDMap_new_default (&self));
    FAISS_TRY (init_around (self, index));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

void faiss_IndexIDMap_free (FaissIndexIDMap *self) {
    faiss_object_free (self);
}

FaissIndexIDMap *faiss_IndexIDMap_cast (FaissIndex *index) {
    return faiss_object_cast (index, &faiss_IndexIDMap_class.head);
}

int faiss_IndexIDMap_own_fields (const FaissIndexIDMap *self) {
    return self ? self->own_fields : 0;
}

void faiss_IndexIDMap_set_own_fields (FaissIndexIDMap *self, int own_fields) {
    if (self) {
        self->own_fields = own_fields != 0;
    }
}

FaissIndex *faiss_IndexIDMap_sub_index (FaissIndexIDMap *self) {
    return self ? self->index : NULL;
}

void faiss_IndexIDMap_id_map (FaissIndexIDMap *self, idx_t **p_id_map, size_t *p_size) {
    if (!self) {
        return;
    }
    if (p_id_map) {
        *p_id_map = self->id_map.data;
    }
    if (p_size) {
        *p_size = self->id_map.size;
    }
}

/* ---- IndexIDMap2: the way from an id to its position ----------------------------------------- */

/* Positions from `begin` on; room for their ids must have been reserved. */
static FaissStatus map_back (FaissIndexIDMap2 *self, size_t begin) {
    for (size_t i = begin; i < self->idmap.id_map.size; i++) {
        FAISS_TRY (faiss_IdMap_set (&self->rev_map, self->idmap.id_map.data[i], (int64_t)i));
    }
    return FAISS_OK;
}

static FaissStatus IndexIDMap2_add_with_ids (FaissIndex *index, idx_t n, const float *x,
                                             const idx_t *xids) {
    FaissIndexIDMap2 *self = THIS2 (index);
    size_t begin = self->idmap.id_map.size;
    FAISS_TRY (faiss_IdMap_reserve (&self->rev_map, self->rev_map.size + (size_t)n));
    FAISS_TRY (IndexIDMap_add_with_ids (index, n, x, xids));
    return map_back (self, begin);
}

static FaissStatus IndexIDMap2_add_sa_codes (FaissIndex *index, idx_t n, const uint8_t *codes,
                                             const idx_t *xids) {
    FaissIndexIDMap2 *self = THIS2 (index);
    size_t begin = self->idmap.id_map.size;
    FAISS_TRY (faiss_IdMap_reserve (&self->rev_map, self->rev_map.size + (size_t)n));
    FAISS_TRY (IndexIDMap_add_sa_codes (index, n, codes, xids));
    return map_back (self, begin);
}

static FaissStatus IndexIDMap2_reset (FaissIndex *index) {
    FAISS_TRY (IndexIDMap_reset (index));
    faiss_IdMap_clear (&THIS2 (index)->rev_map);
    return FAISS_OK;
}

FaissStatus faiss_IndexIDMap2_construct_rev_map (FaissIndexIDMap2 *self) {
    FAISS_REQUIRE_ARG (self);
    FaissIndexIDMap2 scratch = {.idmap = {.id_map = self->idmap.id_map}};
    FaissStatus status = faiss_IdMap_reserve (&scratch.rev_map, scratch.idmap.id_map.size);
    if (status == FAISS_OK) {
        status = map_back (&scratch, 0);
    }
    if (status == FAISS_OK) {
        faiss_IdMap_swap (&self->rev_map, &scratch.rev_map);
    }
    faiss_IdMap_clear (&scratch.rev_map);
    return status;
}

/* Some of the ids, and where they are, ascending. */
typedef struct Gone {
    FaissInt64Vector ids, positions;
} Gone;

static void clear_gone (Gone *gone) {
    faiss_Int64Vector_clear (&gone->ids);
    faiss_Int64Vector_clear (&gone->positions);
}

static FaissStatus find_gone (const FaissInt64Vector *id_map, const FaissIDSelector *sel,
                              Gone *gone) {
    for (size_t i = 0; i < id_map->size; i++) {
        if (sel->cls->is_member (sel, id_map->data[i])) {
            FAISS_TRY (faiss_Int64Vector_push_back (&gone->ids, id_map->data[i]));
            FAISS_TRY (faiss_Int64Vector_push_back (&gone->positions, (int64_t)i));
        }
    }
    return FAISS_OK;
}

static int64_t count_below (const FaissInt64Vector *positions, int64_t position) {
    size_t begin = 0, end = positions->size;
    while (begin < end) {
        size_t middle = begin + (end - begin) / 2;
        if (positions->data[middle] < position) {
            begin = middle + 1;
        } else {
            end = middle;
        }
    }
    return (int64_t)begin;
}

/* The other positions move up. In the order of slots, which is that of memory: much faster than
 * making the map anew. */
static void forget_gone (FaissIdMap *rev_map, const Gone *gone) {
    for (size_t i = 0; i < gone->ids.size; i++) {
        (void)faiss_IdMap_remove (rev_map, gone->ids.data[i]);
    }
    for (size_t slot = 0; slot < rev_map->n_slots; slot++) {
        if (rev_map->used[slot]) {
            rev_map->values[slot] -= count_below (&gone->positions, rev_map->values[slot]);
        }
    }
}

/* All that can fail comes before the change, which must not fail half-way. */
static FaissStatus IndexIDMap2_remove_ids (FaissIndex *index, const FaissIDSelector *sel,
                                           size_t *n_removed) {
    enum { FEW = 16 }; /* one of so many */
    FaissIndexIDMap2 *self = THIS2 (index);
    __attribute__ ((cleanup (clear_gone))) Gone gone = {0};
    FAISS_AUTO (IdMap) fresh = {0};
    FAISS_TRY (find_gone (&self->idmap.id_map, sel, &gone));
    if (gone.ids.size < self->idmap.id_map.size / FEW) {
        FAISS_TRY (IndexIDMap_remove_ids (index, sel, n_removed));
        forget_gone (&self->rev_map, &gone);
        return FAISS_OK;
    }
    FAISS_TRY (faiss_IdMap_reserve (&fresh, self->idmap.id_map.size));
    FAISS_TRY (IndexIDMap_remove_ids (index, sel, n_removed));
    faiss_IdMap_swap (&self->rev_map, &fresh);
    return map_back (self, 0);
}

static FaissStatus IndexIDMap2_merge_from (FaissIndex *index, FaissIndex *other_index,
                                           idx_t add_id) {
    FaissIndexIDMap2 *self = THIS2 (index);
    FAISS_TRY (IndexIDMap_check_compatible_for_merge (index, other_index));
    FaissIndexIDMap2 *other = THIS2 (other_index);
    size_t begin = self->idmap.id_map.size;
    FAISS_TRY (faiss_IdMap_reserve (&self->rev_map, self->rev_map.size + other->idmap.id_map.size));
    FAISS_TRY (IndexIDMap_merge_from (index, other_index, add_id));
    faiss_IdMap_clear (&other->rev_map);
    return map_back (self, begin);
}

static FaissStatus IndexIDMap2_reconstruct (const FaissIndex *index, idx_t key, float *recons) {
    const FaissIndexIDMap2 *self = CONST_THIS2 (index);
    int64_t position;
    FAISS_REQUIRE (faiss_IdMap_get (&self->rev_map, key, &position), "there is no id %lld",
                   (long long)key);
    return faiss_Index_reconstruct (self->idmap.index, position, recons);
}

static FaissStatus IndexIDMap2_reconstruct_batch (const FaissIndex *index, idx_t n,
                                                  const idx_t *keys, float *recons) {
    const FaissIndexIDMap2 *self = CONST_THIS2 (index);
    FAISS_AUTO_FREE (idx_t) *positions = NULL;
    FAISS_TRY (faiss_alloc (&positions, (size_t)n, sizeof *positions));
    for (idx_t i = 0; i < n; i++) {
        FAISS_REQUIRE (faiss_IdMap_get (&self->rev_map, keys[i], &positions[i]),
                       "there is no id %lld", (long long)keys[i]);
    }
    return faiss_Index_reconstruct_batch (self->idmap.index, n, positions, recons);
}

FaissStatus faiss_IndexIDMap2_check_consistency (const FaissIndexIDMap2 *self) {
    FAISS_REQUIRE_ARG (self);
    const FaissInt64Vector *id_map = &self->idmap.id_map;
    FAISS_REQUIRE (id_map->size == (size_t)self->base.ntotal, "expected ntotal=%lld ids, got %zu",
                   (long long)self->base.ntotal, id_map->size);
    for (size_t i = 0; i < id_map->size; i++) {
        int64_t position;
        bool found = faiss_IdMap_get (&self->rev_map, id_map->data[i], &position);
        /* of an id that was added several times the last position counts */
        FAISS_REQUIRE (found && position >= (int64_t)i && (size_t)position < id_map->size &&
                           id_map->data[position] == id_map->data[i],
                       "the id %lld at position %zu is not found there", (long long)id_map->data[i],
                       i);
    }
    return FAISS_OK;
}

static void IndexIDMap2_finalize (void *object) {
    faiss_IdMap_clear (&((FaissIndexIDMap2 *)object)->rev_map);
}

static FaissStatus IndexIDMap2_copy (void *object, const void *other_object) {
    FaissIndexIDMap2 *self = object;
    const FaissIndexIDMap2 *other = other_object;
    return faiss_IdMap_copy (&self->rev_map, &other->rev_map);
}

static FaissStatus IndexIDMap2_read (void **out, FaissIOReader *r, uint32_t tag, int io_flags) {
    (void)tag;
    FAISS_OWNED (IndexIDMap2) *self = NULL;
    FAISS_TRY (faiss_IndexIDMap2_new_default (&self));
    FAISS_TRY (read_fields (&self->idmap, r, io_flags));
    FAISS_TRY (faiss_IndexIDMap2_construct_rev_map (self));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

static FaissStatus IndexIDMap2_write (const void *object, FaissIOWriter *w, int io_flags) {
    return write_fields (&((const FaissIndexIDMap2 *)object)->idmap, w, "IxM2", io_flags);
}

static FaissStatus build2 (const FaissFactoryContext *context, void *out) {
    FAISS_OWNED (Index) *inner = NULL;
    FaissIndexIDMap2 *self;
    FAISS_TRY (build_inner (context, &inner));
    FAISS_TRY (faiss_IndexIDMap2_new (&self, inner));
    self->idmap.own_fields = true;
    (void)FAISS_STEAL (inner);
    memcpy (out, &self, sizeof self);
    return FAISS_OK;
}

static const FaissFactoryRule factory_rules2[] = {
    {"((.+),IDMap2|IDMap2,(.+))", FAISS_FACTORY_WRAPPER, "IDMap2,<index>",
     "ids of your own, and reconstruction by them; also <index>,IDMap2", build2},
    {0},
};

static FaissStatus IndexIDMap2_describe (const void *object, FaissString *out) {
    return describe_inner (&((const FaissIndexIDMap2 *)object)->idmap, "IDMap2,", out);
}

FaissIndexClass faiss_IndexIDMap2_class = {
    .head = {.name = "IndexIDMap2",
             .parent = &faiss_IndexIDMap_class.head,
             .instance_size = sizeof (FaissIndexIDMap2),
             .table_size = sizeof (FaissIndexClass),
             .finalize = IndexIDMap2_finalize,
             .copy = IndexIDMap2_copy,
             .tags = "IxM2",
             .read = IndexIDMap2_read,
             .write = IndexIDMap2_write,
             .factory = factory_rules2,
             .describe = IndexIDMap2_describe},
    .add_with_ids = IndexIDMap2_add_with_ids,
    .reset = IndexIDMap2_reset,
    .remove_ids = IndexIDMap2_remove_ids,
    .reconstruct = IndexIDMap2_reconstruct,
    .reconstruct_batch = IndexIDMap2_reconstruct_batch,
    .merge_from = IndexIDMap2_merge_from,
    .add_sa_codes = IndexIDMap2_add_sa_codes,
};

FaissStatus faiss_IndexIDMap2_new_default (FaissIndexIDMap2 **out) {
    FAISS_REQUIRE_ARG (out);
    FAISS_OWNED (IndexIDMap2) *self = NULL;
    FAISS_TRY (faiss_object_new (&self, &faiss_IndexIDMap2_class.head));
    FAISS_TRY (faiss_Index_init (&self->base, 0, METRIC_L2));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

FaissStatus faiss_IndexIDMap2_new (FaissIndexIDMap2 **out, FaissIndex *index) {
    FAISS_REQUIRE_ARG (out);
    FAISS_REQUIRE_ARG (index);
    FAISS_OWNED (IndexIDMap2) *self = NULL;
    FAISS_TRY (faiss_IndexIDMap2_new_default (&self));
    FAISS_TRY (init_around (&self->idmap, index));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

void faiss_IndexIDMap2_free (FaissIndexIDMap2 *self) {
    faiss_object_free (self);
}

FaissIndexIDMap2 *faiss_IndexIDMap2_cast (FaissIndex *index) {
    return faiss_object_cast (index, &faiss_IndexIDMap2_class.head);
}

int faiss_IndexIDMap2_own_fields (const FaissIndexIDMap2 *self) {
    return self ? self->idmap.own_fields : 0;
}

void faiss_IndexIDMap2_set_own_fields (FaissIndexIDMap2 *self, int own_fields) {
    if (self) {
        self->idmap.own_fields = own_fields != 0;
    }
}

FaissIndex *faiss_IndexIDMap2_sub_index (FaissIndexIDMap2 *self) {
    return self ? self->idmap.index : NULL;
}

void faiss_IndexIDMap2_id_map (FaissIndexIDMap2 *self, idx_t **p_id_map, size_t *p_size) {
    if (self) {
        faiss_IndexIDMap_id_map (&self->idmap, p_id_map, p_size);
    }
}
