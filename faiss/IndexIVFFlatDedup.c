/* Inverted files of full vectors in which equal vectors are stored once. */
#include <faiss/IndexIVFFlatDedup.h>

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <faiss/impl/check.h>
#include <faiss/impl/factory_rule.h>
#include <faiss/impl/io_fields.h>
#include <faiss/impl/ivf_internal.h>

/* ---- instances ------------------------------------------------------------------------------- */

static void Instances_clear (FaissInstances *self) {
    faiss_Int64Vector_clear (&self->firsts);
    faiss_Int64Vector_clear (&self->ids);
    faiss_Int64Vector_clear (&self->next);
    faiss_IdMap_clear (&self->newest);
}

/* Room for n pairs, so that that many additions cannot fail. */
static FaissStatus Instances_reserve (FaissInstances *self, size_t n) {
    FAISS_TRY (faiss_Int64Vector_reserve (&self->firsts, n));
    FAISS_TRY (faiss_Int64Vector_reserve (&self->ids, n));
    FAISS_TRY (faiss_Int64Vector_reserve (&self->next, n));
    return faiss_IdMap_reserve (&self->newest, n);
}

static void cut_vector (FaissInt64Vector *vector, size_t size) {
    if (vector->size > size) {
        vector->size = size;
    }
}

static FaissStatus Instances_add (FaissInstances *self, idx_t first, idx_t id) {
    int64_t before = -1;
    size_t n = self->firsts.size;
    (void)faiss_IdMap_get (&self->newest, first, &before);
    FaissStatus status = faiss_Int64Vector_push_back (&self->firsts, first);
    status = status ? status : faiss_Int64Vector_push_back (&self->ids, id);
    status = status ? status : faiss_Int64Vector_push_back (&self->next, before);
    status = status ? status : faiss_IdMap_set (&self->newest, first, (int64_t)n);
    if (status != FAISS_OK) {
        cut_vector (&self->firsts, n);
        cut_vector (&self->ids, n);
        cut_vector (&self->next, n);
    }
    return status;
}

/* Forget the newest pairs, down to n. Cannot fail. */
static void Instances_cut (FaissInstances *self, size_t n) {
    while (self->firsts.size > n) {
        size_t last = --self->firsts.size;
        self->ids.size = self->next.size = last;
        if (self->next.data[last] < 0) {
            faiss_IdMap_remove (&self->newest, self->firsts.data[last]);
        } else { /* it is there: no growth */
            (void)faiss_IdMap_set (&self->newest, self->firsts.data[last], self->next.data[last]);
        }
    }
}

/* The newest pair of an id in the lists, or -1; the others follow by `next`. */
static int64_t newest_pair (const FaissInstances *self, idx_t first) {
    int64_t pair = -1;
    (void)faiss_IdMap_get (&self->newest, first, &pair);
    return pair;
}

/* ---- life ------------------------------------------------------------------------------------ */

FaissStatus faiss_IndexIVFFlatDedup_new_with (FaissIndexIVFFlatDedup **out, FaissIndex *quantizer,
                                              size_t d, size_t nlist, FaissMetricType metric) {
    FAISS_REQUIRE_ARG (out);
    FAISS_OWNED (IndexIVFFlatDedup) *self = NULL;
    FAISS_TRY (faiss_object_new (&self, &faiss_IndexIVFFlatDedup_class.index.head));
    FAISS_TRY (faiss_IndexIVFFlat_init (&self->ivf_flat, quantizer, d, nlist, metric, true));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

FaissStatus faiss_IndexIVFFlatDedup_new (FaissIndexIVFFlatDedup **out) {
    return faiss_IndexIVFFlatDedup_new_with (out, NULL, 0, 0, METRIC_L2);
}

FaissIndexIVFFlatDedup *faiss_IndexIVFFlatDedup_cast (FaissIndex *index) {
    return faiss_object_cast (index, &faiss_IndexIVFFlatDedup_class.index.head);
}

static void IndexIVFFlatDedup_finalize (void *object) {
    Instances_clear (&((FaissIndexIVFFlatDedup *)object)->instances);
}

static FaissStatus IndexIVFFlatDedup_copy (void *object, const void *other_object) {
    FaissInstances *self = &((FaissIndexIVFFlatDedup *)object)->instances;
    const FaissInstances *other = &((const FaissIndexIVFFlatDedup *)other_object)->instances;
    FAISS_TRY (faiss_Int64Vector_assign (&self->firsts, other->firsts.data, other->firsts.size));
    FAISS_TRY (faiss_Int64Vector_assign (&self->ids, other->ids.data, other->ids.size));
    FAISS_TRY (faiss_Int64Vector_assign (&self->next, other->next.data, other->next.size));
    return faiss_IdMap_copy (&self->newest, &other->newest);
}

/* ---- equal vectors --------------------------------------------------------------------------- */

/* Finds equal ones among rows: a hash table of row numbers. */
typedef struct RowTable {
    size_t n_slots; /* a power of two */
    size_t *slots;  /* a row number + 1, or 0 */
} RowTable;

static FaissStatus make_table (RowTable *table, size_t n_rows) {
    table->n_slots = 16;
    while (table->n_slots < 2 * n_rows) {
        table->n_slots *= 2;
    }
    return faiss_alloc_zeroed (&table->slots, table->n_slots, sizeof *table->slots);
}

static size_t hash_row (const uint8_t *row, size_t size) {
    uint64_t h = size, word = 0;
    for (size_t i = 0; i < size; i += sizeof (float)) { /* rows are floats */
        memcpy (&word, row + i, sizeof (float));
        h = (h ^ word) * 0x9e3779b97f4a7c15u;
        h ^= h >> 29;
    }
    return (size_t)h;
}

/* The slot of a row equal to `row`, or the free slot where it would go. */
static size_t *find_row (const RowTable *table, const uint8_t *rows, size_t size,
                         const uint8_t *row) {
    size_t slot = hash_row (row, size) & (table->n_slots - 1);
    while (table->slots[slot] && memcmp (rows + (table->slots[slot] - 1) * size, row, size) != 0) {
        slot = (slot + 1) & (table->n_slots - 1);
    }
    return &table->slots[slot];
}

/* The k-means learns from each vector once. */
static FaissStatus IndexIVFFlatDedup_train (FaissIndex *index, idx_t n, const float *x) {
    size_t size = (size_t)index->d * sizeof *x, n_distinct = 0;
    FAISS_AUTO_FREE (float) *distinct = NULL;
    FAISS_AUTO_FREE (size_t) *slots = NULL;
    RowTable table;
    FAISS_TRY (faiss_alloc (&distinct, (size_t)n, size));
    FAISS_TRY (make_table (&table, (size_t)n));
    slots = table.slots;
    for (idx_t i = 0; i < n; i++) {
        const uint8_t *row = (const uint8_t *)(x + i * index->d);
        size_t *slot = find_row (&table, (const uint8_t *)distinct, size, row);
        if (!*slot) {
            memcpy ((uint8_t *)distinct + n_distinct * size, row, size);
            *slot = ++n_distinct;
        }
    }
    if (index->verbose) {
        faiss_say ("IndexIVFFlatDedup_train: %zu of %lld vectors are distinct\n", n_distinct,
                   (long long)n);
    }
    return faiss_IndexIVFFlat_class.index.train (index, (idx_t)n_distinct, distinct);
}

/* ---- adding ---------------------------------------------------------------------------------- */

/* The position in a list of a vector, or its size; by walking the list. */
static size_t find_in_list (const FaissInvertedLists *lists, size_t list_no, const uint8_t *code) {
    size_t n = lists->cls->list_size (lists, list_no), at = 0;
    const uint8_t *codes = lists->cls->get_codes (lists, list_no);
    while (at < n && memcmp (codes + at * lists->code_size, code, lists->code_size) != 0) {
        at++;
    }
    lists->cls->release_codes (lists, list_no, codes);
    return at;
}

typedef struct DedupAdd {
    FaissIndexIVFFlatDedup *self;
    const float *x;
    const idx_t *xids;
} DedupAdd;

static FaissStatus add_vector (const DedupAdd *add, size_t list_no, idx_t i, size_t at) {
    FaissInvertedLists *lists = add->self->ivf.invlists;
    idx_t id = add->xids ? add->xids[i] : add->self->index.ntotal + i;
    if (at < lists->cls->list_size (lists, list_no)) {
        idx_t first = lists->cls->get_single_id (lists, list_no, at);
        return Instances_add (&add->self->instances, first, id);
    }
    const float *row = add->x + i * add->self->index.d;
    return lists->cls->add_entries (lists, list_no, 1, &id, (const uint8_t *)row, NULL);
}

/* The vectors order[0 .. n) go to one list. Many of them are found by hashing. */
static FaissStatus add_to_list (const DedupAdd *add, size_t list_no, const idx_t *order, size_t n) {
    enum { FEW = 8 };
    FaissInvertedLists *lists = add->self->ivf.invlists;
    size_t size = lists->code_size, n_before = lists->cls->list_size (lists, list_no);
    FAISS_AUTO_FREE (size_t) *slots = NULL;
    RowTable table = {0};
    if (n > FEW) {
        FAISS_TRY (make_table (&table, n_before + n));
        slots = table.slots;
    }
    for (size_t j = 0; n > FEW && j < n_before; j++) {
        const uint8_t *codes = lists->cls->get_codes (lists, list_no);
        size_t *slot = find_row (&table, codes, size, codes + j * size);
        *slot = *slot ? *slot : j + 1;
        lists->cls->release_codes (lists, list_no, codes);
    }
    for (size_t j = 0; j < n; j++) {
        const uint8_t *row = (const uint8_t *)(add->x + order[j] * add->self->index.d);
        size_t at, *slot = NULL;
        if (n > FEW) {
            const uint8_t *codes = lists->cls->get_codes (lists, list_no);
            slot = find_row (&table, codes, size, row);
            at = *slot ? *slot - 1 : lists->cls->list_size (lists, list_no);
            lists->cls->release_codes (lists, list_no, codes);
            *slot = at + 1;
        } else {
            at = find_in_list (lists, list_no, row);
        }
        FAISS_TRY (add_vector (add, list_no, order[j], at));
    }
    return FAISS_OK;
}

/* Sort vectors by list, keeping their order: those of list l are at starts[l] .. starts[l + 1] - 1.
 */
static void sort_by_list (size_t nlist, idx_t n, const idx_t *list_nos, size_t *starts,
                          idx_t *order) {
    memset (starts, 0, (nlist + 1) * sizeof *starts);
    for (idx_t i = 0; i < n; i++) {
        if (list_nos[i] >= 0) {
            starts[list_nos[i]]++;
        }
    }
    for (size_t l = 0, sum = 0; l <= nlist; l++) {
        sum += starts[l];
        starts[l] = sum;
    }
    for (idx_t i = n; i-- > 0;) {
        if (list_nos[i] >= 0) {
            order[--starts[list_nos[i]]] = i;
        }
    }
}

static FaissStatus add_to_lists (const DedupAdd *add, const size_t *starts, const idx_t *order) {
    for (size_t l = 0; l < add->self->ivf.nlist; l++) {
        if (starts[l + 1] > starts[l]) {
            FAISS_TRY (add_to_list (add, l, order + starts[l], starts[l + 1] - starts[l]));
        }
    }
    return FAISS_OK;
}

static FaissStatus IndexIVFFlatDedup_add_core (FaissIndexIVF *ivf, idx_t n, const float *x,
                                               const idx_t *xids, const idx_t *list_nos,
                                               void *inverted_list_context) {
    (void)inverted_list_context;
    FaissIndexIVFFlatDedup *self = FAISS_SELF (IndexIVFFlatDedup, ivf, ivf);
    FAISS_TRY (faiss_ivf_check_parts (__func__, ivf));
    FAISS_REQUIRE (faiss_DirectMap_no (&ivf->direct_map),
                   "vectors cannot be added while there is a direct map");
    for (idx_t i = 0; i < n; i++) {
        FAISS_TRY (faiss_ivf_check_key (ivf, list_nos[i]));
    }
    FaissInvertedLists *lists = ivf->invlists;
    FAISS_AUTO_FREE (size_t) *starts = NULL;
    FAISS_AUTO_FREE (size_t) *old_sizes = NULL;
    FAISS_AUTO_FREE (idx_t) *order = NULL;
    FAISS_TRY (faiss_alloc (&starts, ivf->nlist + 1, sizeof *starts));
    FAISS_TRY (faiss_alloc (&old_sizes, ivf->nlist, sizeof *old_sizes));
    FAISS_TRY (faiss_alloc (&order, (size_t)n, sizeof *order));
    for (size_t l = 0; l < ivf->nlist; l++) {
        old_sizes[l] = lists->cls->list_size (lists, l);
    }
    size_t n_pairs = self->instances.firsts.size;
    DedupAdd add = {.self = self, .x = x, .xids = xids};
    sort_by_list (ivf->nlist, n, list_nos, starts, order);
    FaissStatus status = add_to_lists (&add, starts, order);
    if (status == FAISS_OK) {
        self->index.ntotal += n;
        return FAISS_OK;
    }
    Instances_cut (&self->instances, n_pairs);
    for (size_t l = 0; l < ivf->nlist; l++) {
        if (lists->cls->list_size (lists, l) > old_sizes[l]) {
            (void)lists->cls->resize (lists, l, old_sizes[l]);
        }
    }
    return status;
}

static FaissStatus IndexIVFFlatDedup_add_sa_codes (FaissIndex *index, idx_t n, const uint8_t *codes,
                                                   const idx_t *xids) {
    FaissIndexIVF *ivf = FAISS_SELF (IndexIVF, index, index);
    FaissLevel1Quantizer level1 = faiss_IndexIVF_level1_quantizer (ivf);
    size_t coarse_size = faiss_Level1Quantizer_coarse_code_size (&level1);
    FAISS_AUTO_FREE (float) *x = NULL;
    FAISS_AUTO_FREE (idx_t) *list_nos = NULL;
    FAISS_TRY (faiss_alloc (&x, (size_t)n, ivf->code_size));
    FAISS_TRY (faiss_alloc (&list_nos, (size_t)n, sizeof *list_nos));
    for (idx_t i = 0; i < n; i++) {
        const uint8_t *code = codes + (size_t)i * (coarse_size + ivf->code_size);
        FAISS_TRY (faiss_Level1Quantizer_decode_listno (&level1, code, &list_nos[i]));
        memcpy (x + i * index->d, code + coarse_size, ivf->code_size);
    }
    return IndexIVFFlatDedup_add_core (ivf, n, x, xids, list_nos, NULL);
}

/* ---- removing -------------------------------------------------------------------------------- */

static FaissStatus IndexIVFFlatDedup_reset (FaissIndex *index) {
    FAISS_TRY (faiss_IndexIVFFlat_class.index.reset (index));
    Instances_clear (&FAISS_SELF (IndexIVFFlatDedup, index, index)->instances);
    return FAISS_OK;
}

/* The id that an entry of the lists has after a removal: its own, the oldest that is left of those
 * equal to it, or none. */
static bool surviving_id (const FaissInstances *instances, const FaissIDSelector *sel, idx_t first,
                          idx_t *id) {
    bool survives = !sel->cls->is_member (sel, first);
    *id = first;
    for (int64_t pair = newest_pair (instances, first); !survives && pair >= 0;
         pair = instances->next.data[pair]) {
        if (!sel->cls->is_member (sel, instances->ids.data[pair])) {
            *id = instances->ids.data[pair];
        }
    }
    return survives || *id != first;
}

/* The new ids of the entries that stay, by their old ones. */
static FaissStatus note_survivors (const FaissIndexIVFFlatDedup *self, const FaissIDSelector *sel,
                                   FaissIdMap *survivors, size_t *n_removed) {
    const FaissInvertedLists *lists = self->ivf.invlists;
    for (size_t l = 0; l < lists->nlist; l++) {
        size_t n = lists->cls->list_size (lists, l);
        for (size_t j = 0; j < n; j++) {
            idx_t id, first = lists->cls->get_single_id (lists, l, j);
            *n_removed += sel->cls->is_member (sel, first);
            if (surviving_id (&self->instances, sel, first, &id)) {
                FAISS_TRY (faiss_IdMap_set (survivors, first, id));
            }
        }
    }
    return FAISS_OK;
}

static FaissStatus keep_instances (const FaissInstances *old, const FaissIDSelector *sel,
                                   const FaissIdMap *survivors, FaissInstances *kept,
                                   size_t *n_removed) {
    FAISS_TRY (Instances_reserve (kept, old->firsts.size));
    for (size_t pair = 0; pair < old->firsts.size; pair++) {
        idx_t first, id = old->ids.data[pair];
        bool is_removed = sel->cls->is_member (sel, id);
        *n_removed += is_removed;
        if (!is_removed && faiss_IdMap_get (survivors, old->firsts.data[pair], &first) &&
            (id != first || first == old->firsts.data[pair])) {
            FAISS_TRY (Instances_add (kept, first, id));
        }
    }
    return FAISS_OK;
}

static FaissStatus remove_from_list (FaissInvertedLists *lists, size_t l,
                                     const FaissIdMap *survivors) {
    size_t n = lists->cls->list_size (lists, l);
    for (size_t j = 0; j < n;) {
        idx_t id, first = lists->cls->get_single_id (lists, l, j);
        bool stays = faiss_IdMap_get (survivors, first, &id);
        size_t from = stays ? j : n - 1; /* the last entry fills the gap */
        if (!stays) {
            id = lists->cls->get_single_id (lists, l, from);
        }
        if (from != j || id != first) {
            const uint8_t *code = lists->cls->get_single_code (lists, l, from);
            FaissStatus status = lists->cls->update_entries (lists, l, j, 1, &id, code);
            lists->cls->release_codes (lists, l, code);
            FAISS_TRY (status);
        }
        if (stays) {
            j++;
        } else {
            FAISS_TRY (lists->cls->resize (lists, l, --n));
        }
    }
    return FAISS_OK;
}

static FaissStatus IndexIVFFlatDedup_remove_ids (FaissIndex *index, const FaissIDSelector *sel,
                                                 size_t *n_removed) {
    FaissIndexIVFFlatDedup *self = FAISS_SELF (IndexIVFFlatDedup, index, index);
    FAISS_REQUIRE (self->ivf.invlists, "there are no inverted lists");
    FAISS_REQUIRE (faiss_DirectMap_no (&self->ivf.direct_map),
                   "vectors cannot be removed while there is a direct map");
    size_t n = 0;
    FAISS_AUTO (IdMap) survivors = {0};
    FaissInstances kept = {0};
    FaissStatus status = note_survivors (self, sel, &survivors, &n);
    status = status ? status : keep_instances (&self->instances, sel, &survivors, &kept, &n);
    for (size_t l = 0; status == FAISS_OK && l < self->ivf.invlists->nlist; l++) {
        status = remove_from_list (self->ivf.invlists, l, &survivors);
    }
    if (status != FAISS_OK) {
        Instances_clear (&kept);
        return status;
    }
    Instances_clear (&self->instances);
    self->instances = kept;
    faiss_ivf_subtract_ntotal (&self->ivf, n);
    *n_removed = n;
    return FAISS_OK;
}

/* ---- merging --------------------------------------------------------------------------------- */

static FaissStatus IndexIVFFlatDedup_merge_from (FaissIndex *index, FaissIndex *other_index,
                                                 idx_t add_id) {
    FaissInstances *self = &FAISS_SELF (IndexIVFFlatDedup, index, index)->instances;
    FaissInstances *other = &FAISS_SELF (IndexIVFFlatDedup, index, other_index)->instances;
    size_t n_pairs = self->firsts.size;
    FAISS_TRY (Instances_reserve (self, n_pairs + other->firsts.size));
    for (size_t pair = 0; pair < other->firsts.size; pair++) {
        FAISS_TRY (Instances_add (self, other->firsts.data[pair] + add_id,
                                  other->ids.data[pair] + add_id));
    }
    FaissStatus status = faiss_IndexIVFFlat_class.index.merge_from (index, other_index, add_id);
    if (status == FAISS_OK) {
        Instances_clear (other);
    } else {
        Instances_cut (self, n_pairs);
    }
    return status;
}

/* ---- searching ------------------------------------------------------------------------------- */

/* The entries of which any instance is selected. */
typedef struct AnyInstance {
    FaissIDSelector sel;
    const FaissIDSelector *asked;
    const FaissInstances *instances;
} AnyInstance;

static bool AnyInstance_is_member (const FaissIDSelector *sel, idx_t first) {
    const AnyInstance *self = (const AnyInstance *)sel;
    if (self->asked->cls->is_member (self->asked, first)) {
        return true;
    }
    const FaissInstances *instances = self->instances;
    for (int64_t pair = newest_pair (instances, first); pair >= 0;
         pair = instances->next.data[pair]) {
        if (self->asked->cls->is_member (self->asked, instances->ids.data[pair])) {
            return true;
        }
    }
    return false;
}

static FaissIDSelectorClass any_instance_class = {
    .head = {.name = "AnyInstance",
             .parent = &faiss_IDSelector_class.head,
             .instance_size = sizeof (AnyInstance),
             .table_size = sizeof (FaissIDSelectorClass)},
    .is_member = AnyInstance_is_member,
};

typedef struct Results {
    size_t k, n;
    float *distances;
    idx_t *labels;
} Results;

static void take (Results *results, const FaissIDSelector *sel, float distance, idx_t label) {
    if (results->n < results->k && (!sel || sel->cls->is_member (sel, label))) {
        results->distances[results->n] = distance;
        results->labels[results->n++] = label;
    }
}

/* Ids of the caller's choice may be negative, even -1. */
static bool is_missing (float distance, idx_t label) {
    return label == -1 && fabsf (distance) == FLT_MAX;
}

/* The ids of equal vectors follow the first; the k nearest stay. */
static void expand_results (const FaissInstances *instances, const FaissIDSelector *sel, size_t k,
                            const float *entry_distances, const idx_t *entry_labels,
                            float *distances, idx_t *labels) {
    Results results = {.k = k, .distances = distances, .labels = labels};
    size_t i = 0;
    for (; i < k && !is_missing (entry_distances[i], entry_labels[i]); i++) {
        take (&results, sel, entry_distances[i], entry_labels[i]);
        for (int64_t pair = newest_pair (instances, entry_labels[i]); pair >= 0;
             pair = instances->next.data[pair]) {
            take (&results, sel, entry_distances[i], instances->ids.data[pair]);
        }
    }
    for (; results.n < k; results.n++) { /* then fewer than k entries were found */
        distances[results.n] = entry_distances[k - 1];
        labels[results.n] = -1;
    }
}

static FaissStatus IndexIVFFlatDedup_search_preassigned (
    const FaissIndexIVF *ivf, idx_t n, const float *x, idx_t k, const idx_t *assign,
    const float *centroid_dis, float *distances, idx_t *labels, bool store_pairs,
    const FaissSearchParametersIVF *params, FaissIndexIVFStats *stats) {
    const FaissIndexIVFFlatDedup *self = FAISS_CONST_SELF (IndexIVFFlatDedup, ivf, ivf);
    FAISS_REQUIRE (!store_pairs, "the places of results in the lists are not available");
    FAISS_REQUIRE (!(ivf->parallel_mode & FAISS_PARALLEL_MODE_NO_HEAP_INIT),
                   "the caller's heaps are not supported");
    const FaissIDSelector *sel = params ? params->params.sel : NULL;
    AnyInstance any = {.asked = sel, .instances = &self->instances};
    FaissSearchParametersIVF own_params = {0};
    if (sel) {
        faiss_class_ready (&any_instance_class.head);
        any.sel.cls = &any_instance_class;
        own_params = *params;
        own_params.params.sel = &any.sel;
        params = &own_params;
    }
    FAISS_TRY (faiss_IndexIVFFlat_class.search_preassigned (
        ivf, n, x, k, assign, centroid_dis, distances, labels, false, params, stats));
    FAISS_AUTO_FREE (float) *entry_distances = NULL;
    FAISS_AUTO_FREE (idx_t) *entry_labels = NULL;
    FAISS_TRY (faiss_alloc (&entry_distances, (size_t)k, sizeof *entry_distances));
    FAISS_TRY (faiss_alloc (&entry_labels, (size_t)k, sizeof *entry_labels));
    for (idx_t i = 0; i < n; i++) {
        memcpy (entry_distances, distances + i * k, (size_t)k * sizeof *distances);
        memcpy (entry_labels, labels + i * k, (size_t)k * sizeof *labels);
        expand_results (&self->instances, sel, (size_t)k, entry_distances, entry_labels,
                        distances + i * k, labels + i * k);
    }
    return FAISS_OK;
}

/* ---- what equal vectors do not allow --------------------------------------------------------- */

static FaissStatus IndexIVFFlatDedup_range_search (const FaissIndex *self, idx_t n, const float *x,
                                                   float radius,
                                                   const FaissSearchParameters *params,
                                                   FaissRangeSearchResult *result) {
    (void)self, (void)n, (void)x, (void)radius, (void)params, (void)result;
    FAISS_FAIL ("range search is not implemented for this class");
}

static FaissStatus IndexIVFFlatDedup_search1 (const FaissIndex *self, const float *x,
                                              FaissResultHandler *handler,
                                              const FaissSearchParameters *params) {
    (void)self, (void)x, (void)handler, (void)params;
    FAISS_FAIL ("search1 is not implemented for this class");
}

static FaissStatus IndexIVFFlatDedup_range_search_preassigned (
    const FaissIndexIVF *self, idx_t n, const float *x, float radius, const idx_t *keys,
    const float *coarse_dis, FaissRangeSearchResult *result, bool store_pairs,
    const FaissSearchParametersIVF *params, FaissIndexIVFStats *stats) {
    (void)self, (void)n, (void)x, (void)radius, (void)keys, (void)coarse_dis, (void)result;
    (void)store_pairs, (void)params, (void)stats;
    FAISS_FAIL ("range search is not implemented for this class");
}

static FaissStatus IndexIVFFlatDedup_reconstruct_from_offset (const FaissIndexIVF *self,
                                                              int64_t list_no, int64_t offset,
                                                              float *recons) {
    (void)self, (void)list_no, (void)offset, (void)recons;
    FAISS_FAIL ("reconstruction is not implemented for this class");
}

static FaissStatus IndexIVFFlatDedup_update_vectors (FaissIndexIVF *self, int n, const idx_t *ids,
                                                     const float *x) {
    (void)self, (void)n, (void)ids, (void)x;
    FAISS_FAIL ("update_vectors is not implemented for this class");
}

static FaissStatus IndexIVFFlatDedup_copy_subset_to (const FaissIndexIVF *self,
                                                     FaissIndexIVF *other,
                                                     FaissInvertedListsSubsetType subset_type,
                                                     idx_t a1, idx_t a2) {
    (void)self, (void)other, (void)subset_type, (void)a1, (void)a2;
    FAISS_FAIL ("copy_subset_to is not implemented for this class");
}

/* ---- files and factory strings --------------------------------------------------------------- */

static FaissStatus read_instances (FaissInstances *self, FaissIOReader *reader) {
    FAISS_AUTO (Int64Vector) pairs = {0};
    FAISS_TRY (faiss_read_Int64Vector (reader, &pairs, "instances"));
    FAISS_REQUIRE_FILE (reader, pairs.size % 2 == 0, "instances has an odd size, %zu", pairs.size);
    for (size_t i = 0; i < pairs.size; i += 2) {
        FAISS_TRY (Instances_add (self, pairs.data[i], pairs.data[i + 1]));
    }
    return FAISS_OK;
}

static FaissStatus IndexIVFFlatDedup_read (void **out, FaissIOReader *reader, uint32_t tag,
                                           int io_flags) {
    (void)tag;
    FAISS_OWNED (IndexIVFFlatDedup) *self = NULL;
    FAISS_TRY (faiss_object_new (&self, &faiss_IndexIVFFlatDedup_class.index.head));
    FAISS_TRY (faiss_IndexIVFFlat_init (&self->ivf_flat, NULL, 0, 0, METRIC_L2, false));
    FAISS_TRY (faiss_IndexIVF_read_header (&self->ivf, reader));
    self->ivf.code_size = (size_t)self->index.d * sizeof (float);
    FAISS_TRY (read_instances (&self->instances, reader));
    FAISS_TRY (faiss_IndexIVF_read_invlists (&self->ivf, reader, io_flags));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

static FaissStatus IndexIVFFlatDedup_write (const void *object, FaissIOWriter *writer,
                                            int io_flags) {
    const FaissIndexIVFFlatDedup *self = object;
    (void)io_flags;
    FAISS_TRY (faiss_write_tag (writer, "IwFd"));
    FAISS_TRY (faiss_IndexIVF_write_header (&self->ivf, writer));
    FAISS_TRY (faiss_write_u64 (writer, 2 * self->instances.firsts.size));
    for (size_t pair = 0; pair < self->instances.firsts.size; pair++) {
        FAISS_TRY (faiss_write_i64 (writer, self->instances.firsts.data[pair]));
        FAISS_TRY (faiss_write_i64 (writer, self->instances.ids.data[pair]));
    }
    return faiss_IndexIVF_write_invlists (&self->ivf, writer);
}

static FaissStatus build_from_factory (const FaissFactoryContext *context, void *out) {
    FaissIndexIVFFlatDedup *self;
    FAISS_TRY (faiss_IndexIVFFlatDedup_new_with (&self, context->quantizer, (size_t)context->d,
                                                 context->nlist, context->metric));
    *(FaissIndex **)out = &self->index;
    return FAISS_OK;
}

static const FaissFactoryRule factory_rules[] = {
    {.pattern = "FlatDedup",
     .kind = FAISS_FACTORY_CODE,
     .syntax = "FlatDedup",
     .what = "full vectors in the lists, equal ones stored once",
     .build = build_from_factory},
    {.pattern = NULL},
};

static FaissStatus IndexIVFFlatDedup_describe (const void *object, FaissString *out) {
    FAISS_TRY (faiss_IndexIVF_describe_coarse (object, out));
    return faiss_String_printf (out, ",FlatDedup");
}

/* ---- the class ------------------------------------------------------------------------------- */

/* What a field was set to may not fit the others. */
static FaissStatus IndexIVFFlatDedup_check (const void *object) {
    const FaissInstances *instances =
        &FAISS_CONST_SELF (IndexIVFFlatDedup, index, object)->instances;
    FAISS_REQUIRE (instances->firsts.size == instances->ids.size &&
                       instances->firsts.size == instances->next.size,
                   "instances has %zu ids for %zu vectors, in place of %zu", instances->ids.size,
                   instances->firsts.size, instances->next.size);
    return FAISS_OK;
}

FaissIndexIVFClass faiss_IndexIVFFlatDedup_class = {
    .index = {.head = {.name = "IndexIVFFlatDedup",
                       .parent = &faiss_IndexIVFFlat_class.index.head,
                       .instance_size = sizeof (FaissIndexIVFFlatDedup),
                       .table_size = sizeof (FaissIndexIVFClass),
                       .finalize = IndexIVFFlatDedup_finalize,
                       .check = IndexIVFFlatDedup_check,
                       .copy = IndexIVFFlatDedup_copy,
                       .tags = "IwFd",
                       .read = IndexIVFFlatDedup_read,
                       .write = IndexIVFFlatDedup_write,
                       .factory = factory_rules,
                       .describe = IndexIVFFlatDedup_describe},
              .train = IndexIVFFlatDedup_train,
              .reset = IndexIVFFlatDedup_reset,
              .range_search = IndexIVFFlatDedup_range_search,
              .search1 = IndexIVFFlatDedup_search1,
              .remove_ids = IndexIVFFlatDedup_remove_ids,
              .merge_from = IndexIVFFlatDedup_merge_from,
              .add_sa_codes = IndexIVFFlatDedup_add_sa_codes},
    .add_core = IndexIVFFlatDedup_add_core,
    .search_preassigned = IndexIVFFlatDedup_search_preassigned,
    .range_search_preassigned = IndexIVFFlatDedup_range_search_preassigned,
    .reconstruct_from_offset = IndexIVFFlatDedup_reconstruct_from_offset,
    .update_vectors = IndexIVFFlatDedup_update_vectors,
    .copy_subset_to = IndexIVFFlatDedup_copy_subset_to,
};
