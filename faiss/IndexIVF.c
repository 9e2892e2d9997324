/* Inverted files: life, training, adding and maintenance. */
#include <faiss/IndexIVF.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include <faiss/AutoTune.h>
#include <faiss/IndexPQ.h>
#include <faiss/impl/check.h>
#include <faiss/impl/index_check.h>
#include <faiss/impl/ivf_internal.h>
#include <faiss/impl/parallel.h>
#include <faiss/invlists/ArrayInvertedLists.h>
#include <faiss/utils/utils.h>

/// Vectors that are encoded, or assigned, at once.
#define ADD_BLOCK 65536

/* ---- life ------------------------------------------------------------------------------------ */

static void set_level1_quantizer (FaissIndexIVF *self, const FaissLevel1Quantizer *level1) {
    self->quantizer = level1->quantizer;
    self->nlist = level1->nlist;
    self->quantizer_trains_alone = level1->quantizer_trains_alone;
    self->own_fields = level1->own_fields;
    self->cp = level1->cp;
    self->clustering_index = level1->clustering_index;
}

FaissStatus faiss_IndexIVF_init (FaissIndexIVF *self, FaissIndex *quantizer, idx_t d, size_t nlist,
                                 size_t code_size, FaissMetricType metric, bool own_invlists) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE (!quantizer || quantizer->d == d, "expected a quantizer of d=%lld, got d=%d",
                   (long long)d, quantizer->d);
    FAISS_TRY (faiss_Index_init (&self->index, d, metric));
    FaissLevel1Quantizer level1;
    faiss_Level1Quantizer_init (&level1, quantizer, nlist);
    set_level1_quantizer (self, &level1);
    self->cp.spherical = metric == METRIC_INNER_PRODUCT;
    self->nprobe = 1;
    self->code_size = code_size;
    self->by_residual = true;
    self->index.is_trained =
        quantizer && quantizer->is_trained && (size_t)quantizer->ntotal == nlist;
    if (own_invlists) {
        FaissArrayInvertedLists *lists;
        FAISS_TRY (faiss_ArrayInvertedLists_new_with (&lists, nlist, code_size));
        self->invlists = &lists->lists;
        self->own_invlists = true;
    }
    return FAISS_OK;
}

static void IndexIVF_finalize (void *object) {
    FaissIndexIVF *self = object;
    faiss_DirectMap_clear (&self->direct_map);
    if (self->own_invlists) {
        faiss_InvertedLists_free (self->invlists);
    }
    if (self->own_fields) {
        faiss_Index_free (self->quantizer);
    }
}

static FaissStatus IndexIVF_copy (void *object, const void *other_object) {
    FaissIndexIVF *self = object;
    const FaissIndexIVF *other = other_object;
    FaissLevel1Quantizer level1 = faiss_IndexIVF_level1_quantizer (other);
    set_level1_quantizer (self, &level1);
    self->quantizer = NULL;
    self->own_fields = self->own_invlists = true;
    self->nprobe = other->nprobe;
    self->max_codes = other->max_codes;
    self->code_size = other->code_size;
    self->parallel_mode = other->parallel_mode;
    self->by_residual = other->by_residual;
    if (other->quantizer) {
        FAISS_TRY (faiss_object_clone (&self->quantizer, other->quantizer));
    }
    if (other->invlists) {
        FAISS_TRY (faiss_object_clone (&self->invlists, other->invlists));
    }
    return faiss_DirectMap_copy (&self->direct_map, &other->direct_map);
}

void faiss_IndexIVF_free (FaissIndexIVF *self) {
    faiss_object_free (self);
}

FaissIndexIVF *faiss_IndexIVF_cast (FaissIndex *index) {
    return faiss_object_cast (index, &faiss_IndexIVF_class.index.head);
}

/* ---- training -------------------------------------------------------------------------------- */

FaissLevel1Quantizer faiss_IndexIVF_level1_quantizer (const FaissIndexIVF *self) {
    if (!self) {
        return (FaissLevel1Quantizer){0};
    }
    return (FaissLevel1Quantizer){.quantizer = self->quantizer,
                                  .nlist = self->nlist,
                                  .quantizer_trains_alone = self->quantizer_trains_alone,
                                  .own_fields = self->own_fields,
                                  .cp = self->cp,
                                  .clustering_index = self->clustering_index};
}

static FaissStatus IndexIVF_train_encoder (FaissIndexIVF *self, idx_t n, const float *x,
                                           const idx_t *assign) {
    (void)self, (void)n, (void)x, (void)assign;
    return FAISS_OK; /* nothing to learn */
}

static idx_t IndexIVF_train_encoder_num_vectors (const FaissIndexIVF *self) {
    (void)self;
    return 0;
}

static FaissStatus IndexIVF_train_encoder_by_blocks (FaissIndexIVF *self, idx_t n, const float *x,
                                                     bool *out) {
    (void)self, (void)n, (void)x;
    *out = false; /* most need all residuals at once */
    return FAISS_OK;
}

FaissStatus faiss_ivf_train_on_residuals (FaissIndexIVF *self, idx_t n, const float *x) {
    FAISS_AUTO_FREE (idx_t) *assign = NULL;
    FAISS_AUTO_FREE (float) *residuals = NULL;
    FAISS_TRY (faiss_alloc (&assign, (size_t)n, sizeof *assign));
    FAISS_TRY (faiss_alloc (&residuals, (size_t)n * (size_t)self->index.d, sizeof *residuals));
    FAISS_TRY (faiss_Index_assign (self->quantizer, n, x, assign, 1));
    FAISS_TRY (faiss_Index_compute_residual_n (self->quantizer, n, x, residuals, assign));
    return faiss_ivf_class (self)->train_encoder (self, n, residuals, assign);
}

/* The encoder learns from residuals, or from the vectors themselves. */
static FaissStatus train_encoder_on (FaissIndexIVF *self, idx_t n, const float *x) {
    const FaissIndexIVFClass *cls = faiss_ivf_class (self);
    if (!self->by_residual) {
        return cls->train_encoder (self, n, x, NULL);
    }
    bool is_done = false;
    FAISS_TRY (cls->train_encoder_by_blocks (self, n, x, &is_done));
    return is_done ? FAISS_OK : faiss_ivf_train_on_residuals (self, n, x);
}

/* The same on as many vectors as it wants. */
static FaissStatus train_encoder_on_sample (FaissIndexIVF *self, idx_t n, const float *x) {
    enum { SEED = 1234 };
    idx_t wanted = faiss_ivf_class (self)->train_encoder_num_vectors (self);
    if (wanted <= 0 || wanted >= n) {
        return train_encoder_on (self, n, x);
    }
    size_t n_sample = (size_t)n;
    FAISS_AUTO_FREE (float) *sample = NULL;
    FAISS_TRY (faiss_fvecs_maybe_subsample ((size_t)self->index.d, &n_sample, (size_t)wanted, x,
                                            self->index.verbose, SEED, &sample));
    return train_encoder_on (self, (idx_t)n_sample, sample);
}

static FaissStatus IndexIVF_train (FaissIndex *index, idx_t n, const float *x) {
    FaissIndexIVF *self = FAISS_SELF (IndexIVF, index, index);
    FAISS_REQUIRE (self->quantizer, "there is no quantizer");
    FAISS_REQUIRE (self->quantizer->d == index->d, "expected a quantizer of d=%d, got d=%d",
                   index->d, self->quantizer->d);
    if (index->verbose) {
        faiss_say ("Training level-1 quantizer on %lld vectors of d=%d\n", (long long)n, index->d);
    }
    FaissLevel1Quantizer level1 = faiss_IndexIVF_level1_quantizer (self);
    FAISS_TRY (
        faiss_Level1Quantizer_train_q1 (&level1, (size_t)n, x, index->verbose, index->metric_type));
    if (faiss_ivf_class (self)->train_encoder != IndexIVF_train_encoder) {
        FAISS_TRY (train_encoder_on_sample (self, n, x));
    }
    index->is_trained = true;
    return FAISS_OK;
}

FaissStatus faiss_IndexIVF_train_encoder (FaissIndexIVF *self, idx_t n, const float *x,
                                          const idx_t *assign) {
    FAISS_TRY (faiss_check_vectors (__func__, (FaissIndex *)self, n, x, "x"));
    return faiss_ivf_class (self)->train_encoder (self, n, x, assign);
}

idx_t faiss_IndexIVF_train_encoder_num_vectors (const FaissIndexIVF *self) {
    return self ? faiss_ivf_class (self)->train_encoder_num_vectors (self) : 0;
}

/* ---- encoding -------------------------------------------------------------------------------- */

size_t faiss_IndexIVF_coarse_code_size (const FaissIndexIVF *self) {
    if (!self) {
        return 0;
    }
    FaissLevel1Quantizer level1 = faiss_IndexIVF_level1_quantizer (self);
    return faiss_Level1Quantizer_coarse_code_size (&level1);
}

static FaissStatus IndexIVF_encode_vectors (const FaissIndexIVF *self, idx_t n, const float *x,
                                            const idx_t *list_nos, uint8_t *codes,
                                            bool include_listno) {
    (void)n, (void)x, (void)list_nos, (void)codes, (void)include_listno;
    FAISS_FAIL ("encode_vectors is not implemented for class %s", self->index.cls->head.name);
}

static FaissStatus IndexIVF_decode_vectors (const FaissIndexIVF *self, idx_t n,
                                            const uint8_t *codes, const idx_t *list_nos, float *x) {
    (void)n, (void)codes, (void)list_nos, (void)x;
    FAISS_FAIL ("decode_vectors is not implemented for class %s", self->index.cls->head.name);
}

FaissStatus faiss_IndexIVF_encode_vectors (const FaissIndexIVF *self, idx_t n, const float *x,
                                           const idx_t *list_nos, uint8_t *codes,
                                           bool include_listno) {
    FAISS_TRY (faiss_check_vectors (__func__, (const FaissIndex *)self, n, x, "x"));
    FAISS_REQUIRE (n == 0 || (list_nos && codes), "list_nos or codes is NULL");
    return faiss_ivf_class (self)->encode_vectors (self, n, x, list_nos, codes, include_listno);
}

FaissStatus faiss_IndexIVF_decode_vectors (const FaissIndexIVF *self, idx_t n, const uint8_t *codes,
                                           const idx_t *list_nos, float *x) {
    FAISS_TRY (faiss_check_vectors (__func__, (const FaissIndex *)self, n, x, "x"));
    FAISS_REQUIRE (n == 0 || (list_nos && codes), "list_nos or codes is NULL");
    return faiss_ivf_class (self)->decode_vectors (self, n, codes, list_nos, x);
}

static FaissStatus IndexIVF_sa_code_size (const FaissIndex *index, size_t *out) {
    const FaissIndexIVF *self = FAISS_CONST_SELF (IndexIVF, index, index);
    *out = faiss_IndexIVF_coarse_code_size (self) + self->code_size;
    return FAISS_OK;
}

static FaissStatus IndexIVF_sa_encode (const FaissIndex *index, idx_t n, const float *x,
                                       uint8_t *bytes) {
    const FaissIndexIVF *self = FAISS_CONST_SELF (IndexIVF, index, index);
    FAISS_TRY (faiss_ivf_check_quantizer (__func__, self));
    FAISS_AUTO_FREE (idx_t) *list_nos = NULL;
    FAISS_TRY (faiss_alloc (&list_nos, (size_t)n, sizeof *list_nos));
    FAISS_TRY (faiss_Index_assign (self->quantizer, n, x, list_nos, 1));
    return faiss_ivf_class (self)->encode_vectors (self, n, x, list_nos, bytes, true);
}

/* Split standalone codes into list numbers and codes. */
static FaissStatus split_codes (const FaissIndexIVF *self, idx_t n, const uint8_t *bytes,
                                idx_t *list_nos, uint8_t *codes) {
    FaissLevel1Quantizer level1 = faiss_IndexIVF_level1_quantizer (self);
    size_t coarse_size = faiss_Level1Quantizer_coarse_code_size (&level1);
    for (idx_t i = 0; i < n; i++) {
        const uint8_t *at = bytes + (size_t)i * (coarse_size + self->code_size);
        FAISS_TRY (faiss_Level1Quantizer_decode_listno (&level1, at, &list_nos[i]));
        memcpy (codes + (size_t)i * self->code_size, at + coarse_size, self->code_size);
    }
    return FAISS_OK;
}

static FaissStatus allocate_split (const FaissIndexIVF *self, idx_t n, idx_t **list_nos,
                                   uint8_t **codes) {
    FAISS_TRY (faiss_alloc (list_nos, (size_t)n, sizeof **list_nos));
    return faiss_alloc (codes, (size_t)n, self->code_size);
}

static FaissStatus IndexIVF_sa_decode (const FaissIndex *index, idx_t n, const uint8_t *bytes,
                                       float *x) {
    const FaissIndexIVF *self = FAISS_CONST_SELF (IndexIVF, index, index);
    FAISS_AUTO_FREE (idx_t) *list_nos = NULL;
    FAISS_AUTO_FREE (uint8_t) *codes = NULL;
    FAISS_TRY (allocate_split (self, n, &list_nos, &codes));
    FAISS_TRY (split_codes (self, n, bytes, list_nos, codes));
    return faiss_ivf_class (self)->decode_vectors (self, n, codes, list_nos, x);
}

/* ---- adding ---------------------------------------------------------------------------------- */

typedef struct Append {
    FaissIndexIVF *self;
    const idx_t *xids; /* or NULL: consecutive ids from self->index.ntotal on */
    const idx_t *list_nos;
    FaissDirectMapAdd dm;
} Append;

/* The vectors of one block whose lists belong to thread `rank` of `n_threads`. */
static FaissStatus append_share (Append *add, idx_t begin, idx_t n, const uint8_t *codes,
                                 idx_t rank, idx_t n_threads) {
    FaissInvertedLists *lists = add->self->invlists;
    for (idx_t i = begin; i < begin + n; i++) {
        idx_t list_no = add->list_nos[i];
        if (list_no < 0 || list_no % n_threads != rank) {
            continue; /* assigned to no list, or to another thread */
        }
        idx_t id = add->xids ? add->xids[i] : add->self->index.ntotal + i;
        size_t offset;
        FAISS_TRY (lists->cls->add_entries (lists, (size_t)list_no, 1, &id,
                                            codes + (size_t)(i - begin) * add->self->code_size,
                                            &offset));
        faiss_DirectMapAdd_add (&add->dm, (size_t)i, list_no, offset);
    }
    return FAISS_OK;
}

static FaissStatus append_block (Append *add, idx_t begin, idx_t n, const uint8_t *codes) {
    FaissRegion region = {0};
    int n_threads = faiss_threads_for (n / 1024); /* few vectors are not worth waking threads */
#pragma omp parallel for num_threads(n_threads) schedule(static)
    for (int rank = 0; rank < n_threads; rank++) {
        faiss_region_note (&region, append_share (add, begin, n, codes, rank, n_threads));
    }
    return faiss_region_close (&region);
}

static FaissStatus append_blocks (Append *add, idx_t n, const void *input,
                                  FaissIVFEncodeBlock encode, bool needs_buffer) {
    size_t block = (size_t)(n < ADD_BLOCK ? n : ADD_BLOCK);
    FAISS_AUTO_FREE (uint8_t) *buffer = NULL;
    if (needs_buffer) {
        FAISS_TRY (faiss_alloc (&buffer, block, add->self->code_size));
    }
    for (idx_t begin = 0; begin < n; begin += (idx_t)block) {
        idx_t size = n - begin < (idx_t)block ? n - begin : (idx_t)block;
        const uint8_t *codes = buffer;
        FAISS_TRY (faiss_check_interrupt ());
        FAISS_TRY (encode (add->self, input, begin, size, add->list_nos + begin, buffer, &codes));
        FAISS_TRY (append_block (add, begin, size, codes));
    }
    return FAISS_OK;
}

static FaissStatus check_add (const FaissIndexIVF *self, idx_t n, const idx_t *xids,
                              const idx_t *list_nos) {
    FAISS_TRY (faiss_ivf_check_parts ("IndexIVF_add", self));
    FAISS_TRY (faiss_DirectMap_check_can_add (&self->direct_map, xids));
    for (idx_t i = 0; i < n; i++) {
        FAISS_TRY (faiss_ivf_check_key (self, list_nos[i]));
    }
    return FAISS_OK;
}

FaissStatus faiss_ivf_append (FaissIndexIVF *self, idx_t n, const void *input, const idx_t *xids,
                              const idx_t *list_nos, FaissIVFEncodeBlock encode,
                              bool needs_buffer) {
    if (n == 0) {
        return FAISS_OK;
    }
    FAISS_TRY (check_add (self, n, xids, list_nos));
    FaissInvertedLists *lists = self->invlists;
    FAISS_AUTO_FREE (size_t) *old_sizes = NULL;
    FAISS_TRY (faiss_alloc (&old_sizes, lists->nlist, sizeof *old_sizes));
    for (size_t i = 0; i < lists->nlist; i++) {
        old_sizes[i] = lists->cls->list_size (lists, i);
    }
    Append add = {.self = self, .xids = xids, .list_nos = list_nos};
    FaissStatus status = faiss_DirectMapAdd_init (&add.dm, &self->direct_map,
                                                  (size_t)self->index.ntotal, (size_t)n, xids);
    if (status == FAISS_OK) {
        status = append_blocks (&add, n, input, encode, needs_buffer);
    }
    if (status == FAISS_OK) {
        faiss_DirectMapAdd_commit (&add.dm);
        self->index.ntotal += n;
    } else {
        for (size_t i = 0; i < lists->nlist; i++) {
            if (lists->cls->list_size (lists, i) > old_sizes[i]) {
                (void)lists->cls->resize (lists, i, old_sizes[i]);
            }
        }
    }
    faiss_DirectMapAdd_clear (&add.dm);
    return status;
}

static FaissStatus encode_block (const FaissIndexIVF *self, const void *input, idx_t begin, idx_t n,
                                 const idx_t *list_nos, uint8_t *buffer, const uint8_t **codes) {
    (void)codes;
    return faiss_ivf_class (self)->encode_vectors (
        self, n, (const float *)input + begin * self->index.d, list_nos, buffer, false);
}

static FaissStatus IndexIVF_add_core (FaissIndexIVF *self, idx_t n, const float *x,
                                      const idx_t *xids, const idx_t *precomputed_idx,
                                      void *inverted_list_context) {
    (void)inverted_list_context;
    return faiss_ivf_append (self, n, x, xids, precomputed_idx, encode_block, true);
}

FaissStatus faiss_IndexIVF_add_core (FaissIndexIVF *self, idx_t n, const float *x,
                                     const idx_t *xids, const idx_t *precomputed_idx) {
    FAISS_TRY (faiss_check_vectors (__func__, (FaissIndex *)self, n, x, "x"));
    FAISS_TRY (faiss_check_trained (__func__, &self->index));
    FAISS_REQUIRE (n == 0 || precomputed_idx, "precomputed_idx is NULL");
    return faiss_ivf_class (self)->add_core (self, n, x, xids, precomputed_idx, NULL);
}

static FaissStatus IndexIVF_add_with_ids (FaissIndex *index, idx_t n, const float *x,
                                          const idx_t *xids) {
    FaissIndexIVF *self = FAISS_SELF (IndexIVF, index, index);
    FAISS_TRY (faiss_ivf_check_parts (__func__, self));
    FAISS_TRY (faiss_DirectMap_check_can_add (&self->direct_map, xids));
    FAISS_AUTO_FREE (idx_t) *list_nos = NULL;
    FAISS_TRY (faiss_alloc (&list_nos, (size_t)n, sizeof *list_nos));
    for (idx_t begin = 0; begin < n; begin += ADD_BLOCK) {
        idx_t size = n - begin < ADD_BLOCK ? n - begin : ADD_BLOCK;
        FAISS_TRY (
            faiss_Index_assign (self->quantizer, size, x + begin * index->d, list_nos + begin, 1));
        if (index->verbose) {
            faiss_say ("IndexIVF_add_with_ids %lld:%lld of %lld\n", (long long)begin,
                       (long long)(begin + size), (long long)n);
        }
    }
    return faiss_ivf_class (self)->add_core (self, n, x, xids, list_nos, NULL);
}

static FaissStatus IndexIVF_add (FaissIndex *index, idx_t n, const float *x) {
    return index->cls->add_with_ids (index, n, x, NULL);
}

static FaissStatus take_codes (const FaissIndexIVF *self, const void *input, idx_t begin, idx_t n,
                               const idx_t *list_nos, uint8_t *buffer, const uint8_t **codes) {
    (void)n, (void)list_nos, (void)buffer;
    *codes = (const uint8_t *)input + (size_t)begin * self->code_size;
    return FAISS_OK;
}

FaissStatus faiss_ivf_append_codes (FaissIndexIVF *self, idx_t n, const uint8_t *codes,
                                    const idx_t *xids, const idx_t *list_nos) {
    return faiss_ivf_append (self, n, codes, xids, list_nos, take_codes, false);
}

static FaissStatus IndexIVF_add_sa_codes (FaissIndex *index, idx_t n, const uint8_t *bytes,
                                          const idx_t *xids) {
    FaissIndexIVF *self = FAISS_SELF (IndexIVF, index, index);
    FAISS_AUTO_FREE (idx_t) *list_nos = NULL;
    FAISS_AUTO_FREE (uint8_t) *codes = NULL;
    FAISS_TRY (allocate_split (self, n, &list_nos, &codes));
    FAISS_TRY (split_codes (self, n, bytes, list_nos, codes));
    return faiss_ivf_append_codes (self, n, codes, xids, list_nos);
}

/* ---- removing and replacing ------------------------------------------------------------------ */

static FaissStatus IndexIVF_reset (FaissIndex *index) {
    FaissIndexIVF *self = FAISS_SELF (IndexIVF, index, index);
    if (self->invlists) {
        FAISS_TRY (faiss_InvertedLists_reset (self->invlists));
    }
    faiss_DirectMap_clear (&self->direct_map);
    index->ntotal = 0;
    return FAISS_OK;
}

void faiss_ivf_subtract_ntotal (FaissIndexIVF *self, size_t n_removed) {
    /* a file may have said less than there is in the lists */
    self->index.ntotal -=
        (size_t)self->index.ntotal < n_removed ? self->index.ntotal : (idx_t)n_removed;
}

static FaissStatus IndexIVF_remove_ids (FaissIndex *index, const FaissIDSelector *sel,
                                        size_t *n_removed) {
    FaissIndexIVF *self = FAISS_SELF (IndexIVF, index, index);
    FAISS_REQUIRE (self->invlists, "there are no inverted lists");
    FaissStatus status =
        faiss_DirectMap_remove_ids (&self->direct_map, sel, self->invlists, n_removed);
    faiss_ivf_subtract_ntotal (self, *n_removed);
    return status;
}

/* All ids are there, each once: then removing and adding again replaces all of them. */
static FaissStatus check_all_known (const FaissIndexIVF *self, int n, const idx_t *ids) {
    FAISS_AUTO (IdMap) seen = {0};
    for (int i = 0; i < n; i++) {
        FAISS_REQUIRE (faiss_IdMap_get (&self->direct_map.hashtable, ids[i], NULL),
                       "there is no id %lld", (long long)ids[i]);
        FAISS_REQUIRE (!faiss_IdMap_get (&seen, ids[i], NULL), "id %lld is given twice",
                       (long long)ids[i]);
        FAISS_TRY (faiss_IdMap_set (&seen, ids[i], 0));
    }
    return FAISS_OK;
}

static FaissStatus IndexIVF_update_vectors (FaissIndexIVF *self, int n, const idx_t *ids,
                                            const float *x) {
    FaissIndex *index = &self->index;
    FAISS_TRY (faiss_ivf_check_parts (__func__, self));
    FAISS_REQUIRE (!faiss_DirectMap_no (&self->direct_map),
                   "a direct map is needed: call make_direct_map first");
    if (self->direct_map.type == FAISS_DIRECT_MAP_HASHTABLE) {
        FAISS_TRY (check_all_known (self, n, ids));
        FAISS_OWNED (IDSelectorArray) *sel = NULL;
        FAISS_TRY (faiss_IDSelectorArray_new (&sel, (size_t)n, ids));
        size_t n_removed;
        FAISS_TRY (index->cls->remove_ids (index, &sel->sel, &n_removed));
        return index->cls->add_with_ids (index, n, x, ids);
    }
    FAISS_AUTO_FREE (idx_t) *list_nos = NULL;
    FAISS_AUTO_FREE (uint8_t) *codes = NULL;
    FAISS_TRY (allocate_split (self, n, &list_nos, &codes));
    FAISS_TRY (faiss_Index_assign (self->quantizer, n, x, list_nos, 1));
    FAISS_TRY (faiss_ivf_class (self)->encode_vectors (self, n, x, list_nos, codes, false));
    return faiss_DirectMap_update_codes (&self->direct_map, self->invlists, n, ids, list_nos,
                                         codes);
}

FaissStatus faiss_IndexIVF_update_vectors (FaissIndexIVF *self, int nv, const idx_t *idx,
                                           const float *v) {
    FAISS_TRY (faiss_check_vectors (__func__, (FaissIndex *)self, nv, v, "v"));
    FAISS_TRY (faiss_check_trained (__func__, &self->index));
    FAISS_REQUIRE (nv == 0 || idx, "idx is NULL");
    return nv ? faiss_ivf_class (self)->update_vectors (self, nv, idx, v) : FAISS_OK;
}

/* ---- reconstruction -------------------------------------------------------------------------- */

static FaissStatus IndexIVF_reconstruct (const FaissIndex *index, idx_t key, float *recons) {
    const FaissIndexIVF *self = FAISS_CONST_SELF (IndexIVF, index, index);
    idx_t lo;
    FAISS_TRY (faiss_DirectMap_get (&self->direct_map, key, &lo));
    return faiss_IndexIVF_reconstruct_from_offset (self, faiss_lo_listno (lo), faiss_lo_offset (lo),
                                                   recons);
}

/* Without a direct map: walk all lists. */
static FaissStatus IndexIVF_reconstruct_n (const FaissIndex *index, idx_t i0, idx_t ni,
                                           float *recons) {
    const FaissIndexIVF *self = FAISS_CONST_SELF (IndexIVF, index, index);
    const FaissInvertedLists *lists = self->invlists;
    size_t d = (size_t)index->d;
    FAISS_REQUIRE (ni == 0 || lists, "there are no inverted lists");
    memset (recons, 0xff, sizeof *recons * d * (size_t)ni); /* NaN where an id is missing */
    for (size_t list_no = 0; ni > 0 && list_no < lists->nlist; list_no++) {
        size_t n = lists->cls->list_size (lists, list_no);
        const idx_t *ids = faiss_InvertedLists_get_ids (lists, list_no);
        FaissStatus status = FAISS_OK;
        for (size_t offset = 0; status == FAISS_OK && offset < n; offset++) {
            idx_t id = ids ? ids[offset] : lists->cls->get_single_id (lists, list_no, offset);
            if (id >= i0 && id - i0 < ni) {
                status = faiss_IndexIVF_reconstruct_from_offset (
                    self, (int64_t)list_no, (int64_t)offset, recons + (size_t)(id - i0) * d);
            }
        }
        faiss_InvertedLists_release_ids (lists, list_no, ids);
        FAISS_TRY (status);
    }
    return FAISS_OK;
}

static FaissStatus IndexIVF_reconstruct_from_offset (const FaissIndexIVF *self, int64_t list_no,
                                                     int64_t offset, float *recons) {
    const FaissInvertedLists *lists = self->invlists;
    const uint8_t *code = lists->cls->get_single_code (lists, (size_t)list_no, (size_t)offset);
    if (!code) {
        return FAISS_STD_EXCEPT;
    }
    idx_t list = list_no;
    FaissStatus status = faiss_ivf_class (self)->decode_vectors (self, 1, code, &list, recons);
    lists->cls->release_codes (lists, (size_t)list_no, code);
    return status;
}

FaissStatus faiss_IndexIVF_reconstruct_from_offset (const FaissIndexIVF *self, int64_t list_no,
                                                    int64_t offset, float *recons) {
    FAISS_TRY (faiss_check_index (__func__, self ? &self->index : NULL));
    FAISS_REQUIRE_ARG (recons);
    FAISS_TRY (faiss_ivf_check_parts (__func__, self));
    size_t size = list_no < 0 ? 0 : faiss_IndexIVF_get_list_size (self, (size_t)list_no);
    FAISS_REQUIRE (offset >= 0 && (size_t)offset < size,
                   "entry %lld of list %lld, which has %zu entries", (long long)offset,
                   (long long)list_no, size);
    return faiss_ivf_class (self)->reconstruct_from_offset (self, list_no, offset, recons);
}

/* ---- merging and copying --------------------------------------------------------------------- */

/* Two quantizers with the same centroids. */
static FaissStatus check_same_centroids (const FaissIndex *a, const FaissIndex *b) {
    FAISS_REQUIRE (a && b && a->d == b->d && a->ntotal == b->ntotal,
                   "the coarse quantizers differ");
    if (a == b || a->d == 0) {
        return FAISS_OK;
    }
    size_t d = (size_t)a->d;
    FAISS_AUTO_FREE (float) *centroids = NULL;
    FAISS_TRY (faiss_alloc (&centroids, 2 * d, sizeof *centroids));
    for (idx_t i = 0; i < a->ntotal; i++) {
        FAISS_TRY (faiss_Index_reconstruct (a, i, centroids));
        FAISS_TRY (faiss_Index_reconstruct (b, i, centroids + d));
        FAISS_REQUIRE (memcmp (centroids, centroids + d, d * sizeof *centroids) == 0,
                       "the coarse quantizers differ in centroid %lld", (long long)i);
    }
    return FAISS_OK;
}

static FaissStatus IndexIVF_check_compatible_for_merge (const FaissIndex *index,
                                                        const FaissIndex *other_index) {
    const FaissIndexIVF *self = FAISS_CONST_SELF (IndexIVF, index, index);
    FAISS_REQUIRE (other_index->cls == index->cls, "expected an %s, got an %s",
                   faiss_Index_class_name (index), faiss_Index_class_name (other_index));
    const FaissIndexIVF *other = FAISS_CONST_SELF (IndexIVF, index, other_index);
    FAISS_REQUIRE (index->d == other_index->d && self->nlist == other->nlist &&
                       self->code_size == other->code_size,
                   "expected d=%d, nlist=%zu, code_size=%zu, got %d, %zu, %zu", index->d,
                   self->nlist, self->code_size, other_index->d, other->nlist, other->code_size);
    FAISS_REQUIRE (faiss_DirectMap_no (&self->direct_map) &&
                       faiss_DirectMap_no (&other->direct_map),
                   "indexes with direct maps cannot be merged");
    return check_same_centroids (self->quantizer, other->quantizer);
}

static FaissStatus IndexIVF_merge_from (FaissIndex *index, FaissIndex *other_index, idx_t add_id) {
    FaissIndexIVF *self = FAISS_SELF (IndexIVF, index, index);
    FaissIndexIVF *other = FAISS_SELF (IndexIVF, index, other_index);
    FAISS_TRY (faiss_InvertedLists_merge_from (self->invlists, other->invlists, (size_t)add_id));
    index->ntotal += other_index->ntotal;
    other_index->ntotal = 0;
    return FAISS_OK;
}

FaissStatus faiss_IndexIVF_merge_from (FaissIndexIVF *self, FaissIndexIVF *other, idx_t add_id) {
    return faiss_Index_merge_from ((FaissIndex *)self, (FaissIndex *)other, add_id);
}

static FaissStatus IndexIVF_copy_subset_to (const FaissIndexIVF *self, FaissIndexIVF *other,
                                            FaissInvertedListsSubsetType subset_type, idx_t a1,
                                            idx_t a2) {
    size_t n;
    FAISS_TRY (faiss_InvertedLists_copy_subset_to (self->invlists, other->invlists, subset_type, a1,
                                                   a2, &n));
    other->index.ntotal += (idx_t)n;
    return FAISS_OK;
}

FaissStatus faiss_IndexIVF_copy_subset_to (const FaissIndexIVF *self, FaissIndexIVF *other,
                                           int subset_type, idx_t a1, idx_t a2) {
    FAISS_TRY (faiss_check_index (__func__, self ? &self->index : NULL));
    FAISS_REQUIRE_ARG (other);
    FAISS_REQUIRE (self->nlist == other->nlist && self->code_size == other->code_size,
                   "expected nlist=%zu and code_size=%zu, got %zu and %zu", self->nlist,
                   self->code_size, other->nlist, other->code_size);
    FAISS_REQUIRE (faiss_DirectMap_no (&other->direct_map),
                   "an index with a direct map cannot take copies");
    FAISS_REQUIRE (subset_type >= 0 && subset_type <= 4, "expected a subset type 0 .. 4, got %d",
                   subset_type);
    return faiss_ivf_class (self)->copy_subset_to (
        self, other, (FaissInvertedListsSubsetType)subset_type, a1, a2);
}

/* ---- the lists and the direct map ------------------------------------------------------------ */

FaissStatus faiss_IndexIVF_get_CodePacker (const FaissIndexIVF *self, FaissCodePacker **out) {
    FAISS_TRY (faiss_check_index (__func__, self ? &self->index : NULL));
    FAISS_REQUIRE_ARG (out);
    FaissCodePackerFlat *packer = NULL;
    FAISS_TRY (faiss_CodePackerFlat_new (&packer, self->code_size));
    *out = &packer->packer;
    return FAISS_OK;
}

size_t faiss_IndexIVF_get_list_size (const FaissIndexIVF *self, size_t list_no) {
    return self && self->invlists ? faiss_InvertedLists_list_size (self->invlists, list_no) : 0;
}

void faiss_IndexIVF_invlists_get_ids (const FaissIndexIVF *self, size_t list_no, idx_t *invlist) {
    if (!self || !invlist) {
        return;
    }
    size_t n = faiss_IndexIVF_get_list_size (self, list_no);
    if (n > 0) {
        const idx_t *ids = faiss_InvertedLists_get_ids (self->invlists, list_no);
        memcpy (invlist, ids, n * sizeof *ids);
        faiss_InvertedLists_release_ids (self->invlists, list_no, ids);
    }
}

bool faiss_IndexIVF_check_ids_sorted (const FaissIndexIVF *self) {
    if (!self) {
        return false;
    }
    bool sorted = true;
    for (size_t i = 0; sorted && self->invlists && i < self->invlists->nlist; i++) {
        size_t n = faiss_InvertedLists_list_size (self->invlists, i);
        const idx_t *ids = faiss_InvertedLists_get_ids (self->invlists, i);
        for (size_t j = 1; j < n; j++) {
            sorted = sorted && ids[j - 1] < ids[j];
        }
        faiss_InvertedLists_release_ids (self->invlists, i, ids);
    }
    return sorted;
}

FaissStatus faiss_IndexIVF_make_direct_map (FaissIndexIVF *self, int new_maintain_direct_map) {
    return faiss_IndexIVF_set_direct_map_type (
        self, new_maintain_direct_map ? FAISS_DIRECT_MAP_ARRAY : FAISS_DIRECT_MAP_NO_MAP);
}

FaissStatus faiss_IndexIVF_set_direct_map_type (FaissIndexIVF *self, FaissDirectMapType type) {
    FAISS_TRY (faiss_check_index (__func__, self ? &self->index : NULL));
    return faiss_DirectMap_set_type (&self->direct_map, type, self->invlists,
                                     (size_t)self->index.ntotal);
}

FaissStatus faiss_IndexIVF_replace_invlists (FaissIndexIVF *self, FaissInvertedLists *il,
                                             bool own) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE (!il || il->nlist == self->nlist, "expected %zu lists, got %zu", self->nlist,
                   il->nlist);
    FAISS_REQUIRE (!il || il->code_size == self->code_size ||
                       il->code_size == FAISS_INVALID_CODE_SIZE,
                   "expected code_size=%zu, got %zu", self->code_size, il->code_size);
    if (self->own_invlists && self->invlists != il) {
        faiss_InvertedLists_free (self->invlists);
    }
    self->invlists = il;
    self->own_invlists = own;
    return FAISS_OK;
}

double faiss_IndexIVF_imbalance_factor (const FaissIndexIVF *self) {
    if (!self) {
        return 0;
    }
    return self->invlists ? faiss_InvertedLists_imbalance_factor (self->invlists) : 1;
}

void faiss_IndexIVF_print_stats (const FaissIndexIVF *self) {
    if (!self) {
        return;
    }
    if (self->invlists) {
        faiss_InvertedLists_print_stats (self->invlists);
    }
}

/* ---- parameters ------------------------------------------------------------------------------ */

static FaissStatus IndexIVF_set_parameter (FaissIndex *index, const char *name, double value,
                                           bool *known) {
    FaissIndexIVF *self = FAISS_SELF (IndexIVF, index, index);
    *known = true;
    if (strcmp (name, "nprobe") == 0) {
        FAISS_REQUIRE (value >= 1 && value <= 9e15, "expected nprobe >= 1, got %g", value);
        self->nprobe = (size_t)value;
        return FAISS_OK;
    }
    if (strcmp (name, "max_codes") == 0) {
        bool is_limit = value > 0 && value <= 9e15; /* infinity: no limit */
        self->max_codes = is_limit ? (size_t)value : 0;
        return FAISS_OK;
    }
    static const char quantizer[] = "quantizer_";
    if (strncmp (name, quantizer, sizeof quantizer - 1) == 0 && self->quantizer) {
        return self->quantizer->cls->set_parameter (self->quantizer, name + sizeof quantizer - 1,
                                                    value, known);
    }
    if (strcmp (name, "efSearch") == 0 || strcmp (name, "efConstruction") == 0) {
        if (self->quantizer) { /* an HNSW quantizer has them */
            return self->quantizer->cls->set_parameter (self->quantizer, name, value, known);
        }
    }
    return faiss_Index_class.set_parameter (index, name, value, known);
}

FaissStatus faiss_ivf_add_probe_ranges (const FaissIndexIVF *self, FaissParameterSpace *space) {
    FAISS_TRY (
        faiss_ParameterSpace_append_powers_of_2 (space, "nprobe", 0, 13, (double)self->nlist));
    return self->quantizer ? faiss_ParameterSpace_append_part (space, "quantizer_", self->quantizer)
                           : FAISS_OK;
}

FaissStatus faiss_ivf_add_code_ranges (const FaissIndexIVF *self, FaissParameterSpace *space) {
    if (faiss_object_cast (self->quantizer, &faiss_MultiIndexQuantizer_class.head)) {
        enum { FIRST = 8, END = 20 }; /* lists of very different sizes: powers of 2, and all */
        double values[END - FIRST + 1];
        for (int i = FIRST; i < END; i++) {
            values[i - FIRST] = (double)(1 << i);
        }
        values[END - FIRST] = HUGE_VAL;
        FAISS_TRY (faiss_ParameterSpace_append (space, "max_codes", END - FIRST + 1, values));
    }
    return FAISS_OK;
}

static FaissStatus IndexIVF_add_parameter_ranges (const FaissIndex *index,
                                                  FaissParameterSpace *space) {
    const FaissIndexIVF *self = FAISS_CONST_SELF (IndexIVF, index, index);
    FAISS_TRY (faiss_ivf_add_probe_ranges (self, space));
    return faiss_ivf_add_code_ranges (self, space);
}

/* ---- fields, for languages that do not see structs ------------------------------------------- */

size_t faiss_IndexIVF_nlist (const FaissIndexIVF *self) {
    return self ? self->nlist : 0;
}

size_t faiss_IndexIVF_nprobe (const FaissIndexIVF *self) {
    return self ? self->nprobe : 0;
}

void faiss_IndexIVF_set_nprobe (FaissIndexIVF *self, size_t nprobe) {
    if (self) {
        self->nprobe = nprobe;
    }
}

FaissIndex *faiss_IndexIVF_quantizer (const FaissIndexIVF *self) {
    return self ? self->quantizer : NULL;
}

char faiss_IndexIVF_quantizer_trains_alone (const FaissIndexIVF *self) {
    return self ? self->quantizer_trains_alone : 0;
}

int faiss_IndexIVF_own_fields (const FaissIndexIVF *self) {
    return self ? self->own_fields : 0;
}

void faiss_IndexIVF_set_own_fields (FaissIndexIVF *self, int own_fields) {
    if (self) {
        self->own_fields = own_fields != 0;
    }
}

/* ---- the class ------------------------------------------------------------------------------- */

static FaissStatus IndexIVF_get_InvertedListScanner (const FaissIndexIVF *self, bool store_pairs,
                                                     const FaissIDSelector *sel,
                                                     const FaissSearchParametersIVF *params,
                                                     FaissInvertedListScanner **out) {
    (void)store_pairs, (void)sel, (void)params, (void)out;
    FAISS_FAIL ("get_InvertedListScanner is not implemented for class %s",
                self->index.cls->head.name);
}

/* What a field was set to may not fit the others. */
static FaissStatus IndexIVF_check (const void *object) {
    const FaissIndexIVF *self = object;
    const FaissIndex *q = self->quantizer;
    FAISS_REQUIRE (!q || q->d == self->index.d, "expected a quantizer of d=%d, its d is %d",
                   self->index.d, q->d);
    FAISS_REQUIRE (q || !self->index.is_trained, "quantizer is NULL");
    if (q) {
        FAISS_TRY (faiss_object_check (q));
    }
    if (self->invlists) {
        FAISS_REQUIRE (self->invlists->nlist == self->nlist,
                       "expected invlists of nlist=%zu, their nlist is %zu", self->nlist,
                       self->invlists->nlist);
        FAISS_REQUIRE (self->invlists->code_size == self->code_size ||
                           self->invlists->code_size == (size_t)-1,
                       "the index has codes of %zu bytes, its lists have codes of %zu bytes",
                       self->code_size, self->invlists->code_size);
        FAISS_TRY (faiss_object_check (self->invlists));
    }
    return FAISS_OK;
}

FaissIndexIVFClass faiss_IndexIVF_class = {
    .index = {.head = {.name = "IndexIVF",
                       .parent = &faiss_Index_class.head,
                       .instance_size = sizeof (FaissIndexIVF),
                       .table_size = sizeof (FaissIndexIVFClass),
                       .check = IndexIVF_check,
                       .finalize = IndexIVF_finalize,
                       .copy = IndexIVF_copy},
              .train = IndexIVF_train,
              .add = IndexIVF_add,
              .add_with_ids = IndexIVF_add_with_ids,
              .search = faiss_IndexIVF_search_slot,
              .range_search = faiss_IndexIVF_range_search_slot,
              .search1 = faiss_IndexIVF_search1_slot,
              .reset = IndexIVF_reset,
              .remove_ids = IndexIVF_remove_ids,
              .reconstruct = IndexIVF_reconstruct,
              .reconstruct_n = IndexIVF_reconstruct_n,
              .search_and_reconstruct = faiss_IndexIVF_search_and_reconstruct_slot,
              .sa_code_size = IndexIVF_sa_code_size,
              .sa_encode = IndexIVF_sa_encode,
              .sa_decode = IndexIVF_sa_decode,
              .check_compatible_for_merge = IndexIVF_check_compatible_for_merge,
              .merge_from = IndexIVF_merge_from,
              .add_sa_codes = IndexIVF_add_sa_codes,
              .set_parameter = IndexIVF_set_parameter,
              .add_parameter_ranges = IndexIVF_add_parameter_ranges},
    .encode_vectors = IndexIVF_encode_vectors,
    .decode_vectors = IndexIVF_decode_vectors,
    .add_core = IndexIVF_add_core,
    .train_encoder = IndexIVF_train_encoder,
    .train_encoder_by_blocks = IndexIVF_train_encoder_by_blocks,
    .train_encoder_num_vectors = IndexIVF_train_encoder_num_vectors,
    .get_InvertedListScanner = IndexIVF_get_InvertedListScanner,
    .search_preassigned = faiss_IndexIVF_search_preassigned_slot,
    .range_search_preassigned = faiss_IndexIVF_range_search_preassigned_slot,
    .reconstruct_from_offset = IndexIVF_reconstruct_from_offset,
    .update_vectors = IndexIVF_update_vectors,
    .copy_subset_to = IndexIVF_copy_subset_to,
};
