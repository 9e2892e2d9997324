/* Inverted files of product quantizer codes. */
#include <faiss/IndexIVFPQ.h>

#include <string.h>

#include <faiss/AutoTune.h>
#include <faiss/impl/PolysemousTraining.h>
#include <faiss/impl/check.h>
#include <faiss/impl/factory_rule.h>
#include <faiss/impl/index_check.h>
#include <faiss/impl/io_fields.h>
#include <faiss/impl/io_limits.h>
#include <faiss/impl/ivf_internal.h>
#include <faiss/impl/ivfpq_internal.h>
#include <faiss/impl/ivfpq_search.h>
#include <faiss/impl/parallel.h>
#include <faiss/impl/pq_internal.h>
#include <faiss/index_io.h>

#define SELF(pointer) FAISS_SELF (IndexIVFPQ, ivf, pointer)
#define CONST_SELF(pointer) FAISS_CONST_SELF (IndexIVFPQ, ivf, pointer)

/// Vectors whose residuals are kept at once, at most.
#define ENCODE_BLOCK 8192

/* ---- search parameters ----------------------------------------------------------------------- */

FaissClass faiss_IVFPQSearchParameters_class = {
    .name = "IVFPQSearchParameters",
    .parent = &faiss_SearchParametersIVF_class,
    .instance_size = sizeof (FaissIVFPQSearchParameters),
    .table_size = sizeof (FaissClass),
};

FaissStatus faiss_IVFPQSearchParameters_new (FaissIVFPQSearchParameters **out) {
    return faiss_IVFPQSearchParameters_new_with (out, NULL, 1, 0);
}

FaissStatus faiss_IVFPQSearchParameters_new_with (FaissIVFPQSearchParameters **out,
                                                  FaissIDSelector *sel, size_t nprobe,
                                                  size_t max_codes) {
    FAISS_REQUIRE_ARG (out);
    FAISS_TRY (faiss_object_new (out, &faiss_IVFPQSearchParameters_class));
    (*out)->params.sel = sel;
    (*out)->ivf_params.nprobe = nprobe;
    (*out)->ivf_params.max_codes = max_codes;
    return FAISS_OK;
}

void faiss_IVFPQSearchParameters_free (FaissIVFPQSearchParameters *self) {
    faiss_object_free (self);
}

FaissIVFPQSearchParameters *faiss_IVFPQSearchParameters_cast (FaissSearchParameters *params) {
    return faiss_object_cast (params, &faiss_IVFPQSearchParameters_class);
}

/* ---- life ------------------------------------------------------------------------------------ */

FaissStatus faiss_IndexIVFPQ_init (FaissIndexIVFPQ *self, FaissIndex *quantizer, size_t d,
                                   size_t nlist, size_t M, size_t nbits_per_idx,
                                   FaissMetricType metric, bool own_invlists) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE (d <= FAISS_MAX_DIMENSION, "expected d <= %d, got %zu", FAISS_MAX_DIMENSION, d);
    FAISS_TRY (faiss_ProductQuantizer_init (&self->pq, d, M, nbits_per_idx));
    FAISS_TRY (faiss_IndexIVF_init (&self->ivf, quantizer, (idx_t)d, nlist,
                                    self->pq.quantizer.code_size, metric, own_invlists));
    self->index.is_trained = false;
    return FAISS_OK;
}

static FaissStatus new_index (FaissIndexIVFPQ **out, FaissIndex *quantizer, size_t d, size_t nlist,
                              size_t M, size_t nbits, FaissMetricType metric, bool own_invlists) {
    FAISS_OWNED (IndexIVFPQ) *self = NULL;
    FAISS_TRY (faiss_object_new (&self, &faiss_IndexIVFPQ_class.index.head));
    FAISS_TRY (faiss_IndexIVFPQ_init (self, quantizer, d, nlist, M, nbits, metric, own_invlists));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

FaissStatus faiss_IndexIVFPQ_new (FaissIndexIVFPQ **out) {
    FAISS_REQUIRE_ARG (out);
    return new_index (out, NULL, 0, 0, 1, 0, METRIC_L2, true);
}

FaissStatus faiss_IndexIVFPQ_new_with (FaissIndexIVFPQ **out, FaissIndex *quantizer, size_t d,
                                       size_t nlist, size_t M, size_t nbits_per_idx,
                                       FaissMetricType metric, bool own_invlists) {
    FAISS_REQUIRE_ARG (out);
    FAISS_REQUIRE_ARG (quantizer);
    return new_index (out, quantizer, d, nlist, M, nbits_per_idx, metric, own_invlists);
}

void faiss_IndexIVFPQ_free (FaissIndexIVFPQ *self) {
    faiss_object_free (self);
}

FaissIndexIVFPQ *faiss_IndexIVFPQ_cast (FaissIndex *index) {
    return faiss_object_cast (index, &faiss_IndexIVFPQ_class.index.head);
}

static void IndexIVFPQ_finalize (void *object) {
    FaissIndexIVFPQ *self = object;
    faiss_object_clear (&self->pq);
    faiss_Float32Vector_clear (&self->precomputed_table);
}

static FaissStatus IndexIVFPQ_copy (void *object, const void *other_object) {
    FaissIndexIVFPQ *self = object;
    const FaissIndexIVFPQ *other = other_object;
    self->do_polysemous_training = other->do_polysemous_training;
    self->polysemous_training = other->polysemous_training;
    self->scan_table_threshold = other->scan_table_threshold;
    self->polysemous_ht = other->polysemous_ht;
    self->use_precomputed_table = other->use_precomputed_table;
    FAISS_TRY (faiss_object_assign (&self->pq, &other->pq));
    FAISS_TRY (faiss_Float32Vector_assign (&self->precomputed_table, other->precomputed_table.data,
                                           other->precomputed_table.size));
    self->table_key = other->table_key;
    faiss_ivfpq_update_terms (self);
    return FAISS_OK;
}

/* ---- training -------------------------------------------------------------------------------- */

static FaissStatus make_polysemous (FaissIndexIVFPQ *self, idx_t n, const float *x) {
    FaissPolysemousTraining training;
    faiss_PolysemousTraining_set_defaults (&training);
    return faiss_PolysemousTraining_optimize_pq_for_hamming (
        self->polysemous_training ? self->polysemous_training : &training, &self->pq, (size_t)n, x);
}

FaissStatus faiss_IndexIVFPQ_train_encoder_slot (FaissIndexIVF *ivf, idx_t n, const float *x,
                                                 const idx_t *assign) {
    FaissIndexIVFPQ *self = SELF (ivf);
    (void)assign;
    bool verbose = self->pq.verbose;
    if (self->index.verbose) {
        faiss_say ("training %zux%zu product quantizer on %lld vectors of d=%d\n", self->pq.M,
                   self->pq.ksub, (long long)n, self->index.d);
        self->pq.verbose = true;
    }
    FaissStatus status = faiss_Quantizer_train (&self->pq.quantizer, (size_t)n, x);
    self->pq.verbose = verbose;
    FAISS_TRY (status);
    if (self->do_polysemous_training) {
        FAISS_TRY (make_polysemous (self, n, x));
    }
    return ivf->by_residual ? faiss_IndexIVFPQ_precompute_table (self) : FAISS_OK;
}

static idx_t IndexIVFPQ_train_encoder_num_vectors (const FaissIndexIVF *ivf) {
    const FaissProductQuantizer *pq = &CONST_SELF (ivf)->pq;
    return (idx_t)pq->cp.max_points_per_centroid * (idx_t)pq->ksub;
}

/* ---- encoding -------------------------------------------------------------------------------- */

static int add_core_o_bs = 32768;

void faiss_set_index_ivfpq_add_core_o_bs (int value) {
    add_core_o_bs = value;
}

int faiss_get_index_ivfpq_add_core_o_bs (void) {
    return add_core_o_bs;
}

static idx_t encode_block (idx_t n) {
    idx_t block = add_core_o_bs < 1              ? 1
                  : add_core_o_bs < ENCODE_BLOCK ? add_core_o_bs
                                                 : ENCODE_BLOCK;
    return n < block ? n : block;
}

/* The vectors minus their centroids; 0 for vectors of no list. */
static FaissStatus subtract_centroids (const FaissIndexIVF *ivf, idx_t n, const float *x,
                                       const idx_t *list_nos, float *residuals) {
    const FaissIndex *quantizer = ivf->quantizer;
    size_t d = (size_t)ivf->index.d;
    FaissRegion region = {0};
#pragma omp parallel for num_threads(faiss_threads_for(n / 64))
    for (idx_t i = 0; i < n; i++) {
        if (list_nos[i] < 0) {
            memset (residuals + (size_t)i * d, 0, d * sizeof *residuals);
        } else if (!faiss_region_failed (&region)) {
            faiss_region_note (
                &region, quantizer->cls->compute_residual (quantizer, x + (size_t)i * d,
                                                           residuals + (size_t)i * d, list_nos[i]));
        }
    }
    return faiss_region_close (&region);
}

/* residuals_2 = what was encoded minus what the codes say */
static void subtract_decoded (const FaissProductQuantizer *pq, idx_t n, const float *encoded,
                              const idx_t *list_nos, const uint8_t *codes, float *residuals_2) {
    size_t d = pq->quantizer.d;
#pragma omp parallel for num_threads(faiss_threads_for(n / 64))
    for (idx_t i = 0; i < n; i++) {
        float *out = residuals_2 + (size_t)i * d;
        faiss_pq_decode (pq, codes + (size_t)i * pq->quantizer.code_size, out);
        for (size_t j = 0; j < d; j++) {
            out[j] = list_nos[i] < 0 ? 0 : encoded[(size_t)i * d + j] - out[j];
        }
    }
}

FaissStatus faiss_ivfpq_encode (const FaissIndexIVFPQ *self, idx_t n, const float *x,
                                const idx_t *list_nos, uint8_t *codes, float *residuals_2) {
    const FaissIndexIVF *ivf = &self->ivf;
    size_t d = (size_t)self->index.d;
    idx_t block = encode_block (n);
    FAISS_AUTO_FREE (float) *buffer = NULL;
    if (ivf->by_residual) {
        FAISS_REQUIRE (ivf->quantizer, "there is no quantizer");
        FAISS_TRY (faiss_alloc (&buffer, (size_t)block * d, sizeof *buffer));
    }
    for (idx_t begin = 0; begin < n; begin += block) {
        idx_t size = n - begin < block ? n - begin : block;
        const float *to_encode = x + (size_t)begin * d;
        uint8_t *block_codes = codes + (size_t)begin * ivf->code_size;
        if (ivf->by_residual) {
            FAISS_TRY (subtract_centroids (ivf, size, to_encode, list_nos + begin, buffer));
            to_encode = buffer;
        }
        FAISS_TRY (faiss_Quantizer_compute_codes (&self->pq.quantizer, to_encode, block_codes,
                                                  (size_t)size));
        if (residuals_2) {
            subtract_decoded (&self->pq, size, to_encode, list_nos + begin, block_codes,
                              residuals_2 + (size_t)begin * d);
        }
    }
    return FAISS_OK;
}

/* Put the list numbers in front of codes that are at the end of their memory. */
static void include_list_numbers (const FaissIndexIVF *ivf, idx_t n, const idx_t *list_nos,
                                  const uint8_t *plain, uint8_t *codes) {
    FaissLevel1Quantizer level1 = faiss_IndexIVF_level1_quantizer (ivf);
    size_t coarse_size = faiss_Level1Quantizer_coarse_code_size (&level1);
    for (idx_t i = 0; i < n; i++) {
        uint8_t *code = codes + (size_t)i * (coarse_size + ivf->code_size);
        memmove (code + coarse_size, plain + (size_t)i * ivf->code_size, ivf->code_size);
        if (list_nos[i] < 0) {
            memset (code, 0, coarse_size + ivf->code_size);
        } else {
            faiss_Level1Quantizer_encode_listno (&level1, list_nos[i], code);
        }
    }
}

static FaissStatus IndexIVFPQ_encode_vectors (const FaissIndexIVF *ivf, idx_t n, const float *x,
                                              const idx_t *list_nos, uint8_t *codes,
                                              bool include_listno) {
    if (!include_listno) {
        return faiss_ivfpq_encode (CONST_SELF (ivf), n, x, list_nos, codes, NULL);
    }
    uint8_t *plain = codes + (size_t)n * faiss_IndexIVF_coarse_code_size (ivf);
    FAISS_TRY (faiss_ivfpq_encode (CONST_SELF (ivf), n, x, list_nos, plain, NULL));
    include_list_numbers (ivf, n, list_nos, plain, codes);
    return FAISS_OK;
}

static FaissStatus add_centroid (const FaissIndex *quantizer, idx_t list_no, float *x) {
    size_t d = (size_t)quantizer->d;
    FAISS_AUTO_FREE (float) *centroid = NULL;
    FAISS_TRY (faiss_alloc (&centroid, d, sizeof *centroid));
    FAISS_TRY (faiss_Index_reconstruct (quantizer, list_no, centroid));
    for (size_t j = 0; j < d; j++) {
        x[j] += centroid[j];
    }
    return FAISS_OK;
}

static FaissStatus IndexIVFPQ_decode_vectors (const FaissIndexIVF *ivf, idx_t n,
                                              const uint8_t *codes, const idx_t *list_nos,
                                              float *x) {
    const FaissProductQuantizer *pq = &CONST_SELF (ivf)->pq;
    FAISS_TRY (faiss_Quantizer_decode (&pq->quantizer, codes, x, (size_t)n));
    if (!ivf->by_residual) {
        return FAISS_OK;
    }
    FAISS_REQUIRE (ivf->quantizer, "there is no quantizer");
    FaissRegion region = {0};
#pragma omp parallel for num_threads(faiss_threads_for(n / 64))
    for (idx_t i = 0; i < n; i++) {
        if (!faiss_region_failed (&region)) {
            faiss_region_note (&region, add_centroid (ivf->quantizer, list_nos[i],
                                                      x + (size_t)i * pq->quantizer.d));
        }
    }
    return faiss_region_close (&region);
}

FaissStatus faiss_IndexIVFPQ_encode (const FaissIndexIVFPQ *self, idx_t key, const float *x,
                                     uint8_t *code) {
    return faiss_IndexIVF_encode_vectors ((const FaissIndexIVF *)self, 1, x, &key, code, false);
}

FaissStatus faiss_IndexIVFPQ_encode_multiple (const FaissIndexIVFPQ *self, size_t n, idx_t *keys,
                                              const float *x, uint8_t *codes, bool compute_keys) {
    FAISS_TRY (faiss_check_vectors (__func__, (const FaissIndex *)self, (idx_t)n, x, "x"));
    FAISS_REQUIRE (n == 0 || (keys && codes), "keys or codes is NULL");
    if (compute_keys) {
        FAISS_TRY (faiss_Index_assign (self->ivf.quantizer, (idx_t)n, x, keys, 1));
    }
    return faiss_IndexIVF_encode_vectors (&self->ivf, (idx_t)n, x, keys, codes, false);
}

FaissStatus faiss_IndexIVFPQ_decode_multiple (const FaissIndexIVFPQ *self, size_t n,
                                              const idx_t *keys, const uint8_t *xcodes, float *x) {
    return faiss_IndexIVF_decode_vectors ((const FaissIndexIVF *)self, (idx_t)n, xcodes, keys, x);
}

/* ---- adding ---------------------------------------------------------------------------------- */

/* What an add gives to encode_part. */
typedef struct Input {
    const float *x;
    float *residuals_2;
} Input;

static FaissStatus encode_part (const FaissIndexIVF *ivf, const void *input_data, idx_t begin,
                                idx_t n, const idx_t *list_nos, uint8_t *buffer,
                                const uint8_t **codes) {
    const Input *input = input_data;
    size_t at = (size_t)begin * (size_t)ivf->index.d;
    (void)codes;
    return faiss_ivfpq_encode (CONST_SELF (ivf), n, input->x + at, list_nos, buffer,
                               input->residuals_2 ? input->residuals_2 + at : NULL);
}

FaissStatus faiss_IndexIVFPQ_add_core_o (FaissIndexIVFPQ *self, idx_t n, const float *x,
                                         const idx_t *xids, float *residuals_2,
                                         const idx_t *precomputed_idx,
                                         void *inverted_list_context) {
    (void)inverted_list_context;
    FAISS_TRY (faiss_check_vectors (__func__, (FaissIndex *)self, n, x, "x"));
    FAISS_TRY (faiss_check_trained (__func__, &self->index));
    FAISS_TRY (faiss_ivf_check_parts (__func__, &self->ivf));
    FAISS_AUTO_FREE (idx_t) *list_nos = NULL;
    if (!precomputed_idx) {
        FAISS_TRY (faiss_alloc (&list_nos, (size_t)n, sizeof *list_nos));
        FAISS_TRY (faiss_Index_assign (self->ivf.quantizer, n, x, list_nos, 1));
    }
    FAISS_TRY (faiss_ivf_append (&self->ivf, n, &(Input){x, residuals_2}, xids,
                                 precomputed_idx ? precomputed_idx : list_nos, encode_part, true));
    faiss_ivfpq_update_terms (self);
    return FAISS_OK;
}

static FaissStatus IndexIVFPQ_add_core (FaissIndexIVF *ivf, idx_t n, const float *x,
                                        const idx_t *xids, const idx_t *precomputed_idx,
                                        void *inverted_list_context) {
    (void)inverted_list_context;
    FAISS_TRY (
        faiss_ivf_append (ivf, n, &(Input){x, NULL}, xids, precomputed_idx, encode_part, true));
    faiss_ivfpq_update_terms (SELF (ivf));
    return FAISS_OK;
}

static FaissStatus IndexIVFPQ_add_sa_codes (FaissIndex *index, idx_t n, const uint8_t *codes,
                                            const idx_t *xids) {
    FAISS_TRY (faiss_IndexIVF_class.index.add_sa_codes (index, n, codes, xids));
    faiss_ivfpq_update_terms (FAISS_SELF (IndexIVFPQ, index, index));
    return FAISS_OK;
}

/* ---- changes --------------------------------------------------------------------------------- */

static FaissStatus IndexIVFPQ_update_vectors (FaissIndexIVF *ivf, int n, const idx_t *ids,
                                              const float *x) {
    FAISS_TRY (faiss_IndexIVF_class.update_vectors (ivf, n, ids, x));
    faiss_ivfpq_update_terms (SELF (ivf));
    return FAISS_OK;
}

static FaissStatus IndexIVFPQ_remove_ids (FaissIndex *index, const FaissIDSelector *sel,
                                          size_t *n_removed) {
    FaissStatus status = faiss_IndexIVF_class.index.remove_ids (index, sel, n_removed);
    faiss_ivfpq_update_terms (FAISS_SELF (IndexIVFPQ, index, index));
    return status;
}

static FaissStatus IndexIVFPQ_merge_from (FaissIndex *index, FaissIndex *other, idx_t add_id) {
    FAISS_TRY (faiss_IndexIVF_class.index.merge_from (index, other, add_id));
    faiss_ivfpq_update_terms (FAISS_SELF (IndexIVFPQ, index, index));
    return FAISS_OK;
}

/* ---- searching ------------------------------------------------------------------------------- */

static FaissStatus IndexIVFPQ_search_preassigned (const FaissIndexIVF *ivf, idx_t n, const float *x,
                                                  idx_t k, const idx_t *assign,
                                                  const float *centroid_dis, float *distances,
                                                  idx_t *labels, bool store_pairs,
                                                  const FaissSearchParametersIVF *params,
                                                  FaissIndexIVFStats *stats) {
    const FaissIndexIVFPQ *self = CONST_SELF (ivf);
    FaissIVFPQSettings settings;
    FaissIVFSearchSettings ivf_settings;
    FAISS_TRY (faiss_ivfpq_settings ("IndexIVFPQ_search", self, params, &settings));
    FAISS_TRY (
        faiss_ivf_search_settings ("IndexIVFPQ_search", ivf, params, store_pairs, &ivf_settings));
    if (!faiss_ivfpq_is_fast (self, &settings, &ivf_settings)) {
        return faiss_IndexIVF_class.search_preassigned (
            ivf, n, x, k, assign, centroid_dis, distances, labels, store_pairs, params, stats);
    }
    FaissIndexIVFStats counts = {0};
    double start = faiss_ivf_milliseconds ();
    FAISS_TRY (faiss_ivfpq_search (self, &settings, (size_t)n, x, (size_t)k, assign, centroid_dis,
                                   ivf_settings.nprobe, store_pairs, ivf_settings.keep_heaps,
                                   distances, labels, &counts));
    counts.search_time = faiss_ivf_milliseconds () - start;
    faiss_ivf_count (&counts, stats);
    return FAISS_OK;
}

/* ---- merging --------------------------------------------------------------------------------- */

static FaissStatus IndexIVFPQ_check_compatible_for_merge (const FaissIndex *index,
                                                          const FaissIndex *other_index) {
    FAISS_TRY (faiss_IndexIVF_class.index.check_compatible_for_merge (index, other_index));
    const FaissIndexIVFPQ *self = FAISS_CONST_SELF (IndexIVFPQ, index, index);
    const FaissIndexIVFPQ *other = FAISS_CONST_SELF (IndexIVFPQ, index, other_index);
    size_t size = self->pq.centroids.size;
    FAISS_REQUIRE (
        self->ivf.by_residual == other->ivf.by_residual && self->pq.M == other->pq.M &&
            self->pq.nbits == other->pq.nbits && size == other->pq.centroids.size &&
            memcmp (self->pq.centroids.data, other->pq.centroids.data, size * sizeof (float)) == 0,
        "the product quantizers differ");
    return FAISS_OK;
}

/* ---- duplicates ------------------------------------------------------------------------------ */

/* A code of a list, to be sorted. */
typedef struct Entry {
    const uint8_t *code;
    size_t code_size;
    size_t offset;
} Entry;

static int compare_entries (const void *a_pointer, const void *b_pointer) {
    const Entry *a = a_pointer, *b = b_pointer;
    int order = memcmp (a->code, b->code, a->code_size);
    return order ? order : (a->offset > b->offset) - (a->offset < b->offset);
}

/* Groups found so far. */
typedef struct Groups {
    idx_t *ids;
    size_t *lims;
    size_t n;
} Groups;

static void append_groups (const Entry *entries, size_t n, const idx_t *ids, Groups *groups) {
    for (size_t begin = 0, end; begin < n; begin = end) {
        end = begin + 1;
        while (end < n &&
               memcmp (entries[begin].code, entries[end].code, entries[begin].code_size) == 0) {
            end++;
        }
        if (end - begin > 1) {
            size_t at = groups->lims[groups->n];
            for (size_t i = begin; i < end; i++) {
                groups->ids[at++] = ids[entries[i].offset];
            }
            groups->lims[++groups->n] = at;
        }
    }
}

static FaissStatus find_duplicates_in (const FaissIndexIVFPQ *self, size_t list_no,
                                       Groups *groups) {
    const FaissInvertedLists *lists = self->ivf.invlists;
    size_t n = lists->cls->list_size (lists, list_no);
    FAISS_AUTO_FREE (Entry) *entries = NULL;
    FAISS_TRY (faiss_alloc (&entries, n, sizeof *entries));
    const uint8_t *codes = lists->cls->get_codes (lists, list_no);
    const idx_t *ids = lists->cls->get_ids (lists, list_no);
    for (size_t i = 0; i < n; i++) {
        entries[i] = (Entry){codes + i * self->ivf.code_size, self->ivf.code_size, i};
    }
    if (n > 0) {
        qsort (entries, n, sizeof *entries, compare_entries);
        append_groups (entries, n, ids, groups);
    }
    lists->cls->release_codes (lists, list_no, codes);
    lists->cls->release_ids (lists, list_no, ids);
    return FAISS_OK;
}

FaissStatus faiss_IndexIVFPQ_find_duplicates (const FaissIndexIVFPQ *self, idx_t *ids, size_t *lims,
                                              size_t *out) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE_ARG (ids);
    FAISS_REQUIRE_ARG (lims);
    FAISS_REQUIRE_ARG (out);
    FAISS_TRY (faiss_ivf_check_parts (__func__, &self->ivf));
    Groups groups = {.ids = ids, .lims = lims};
    lims[0] = 0;
    for (size_t list_no = 0; list_no < self->ivf.nlist; list_no++) {
        FAISS_TRY (find_duplicates_in (self, list_no, &groups));
    }
    *out = groups.n;
    return FAISS_OK;
}

/* ---- parameters ------------------------------------------------------------------------------ */

static FaissStatus IndexIVFPQ_set_parameter (FaissIndex *index, const char *name, double value,
                                             bool *known) {
    FaissIndexIVFPQ *self = FAISS_SELF (IndexIVFPQ, index, index);
    if (strcmp (name, "ht") != 0) {
        return faiss_IndexIVF_class.index.set_parameter (index, name, value, known);
    }
    *known = true;
    FAISS_REQUIRE (value >= 0, "expected ht >= 0, got %g", value);
    self->polysemous_ht = value >= (double)self->ivf.code_size * 8 ? 0 : (int)value;
    return FAISS_OK;
}

static FaissStatus IndexIVFPQ_add_parameter_ranges (const FaissIndex *index,
                                                    FaissParameterSpace *space) {
    const FaissIndexIVF *ivf = &FAISS_CONST_SELF (IndexIVFPQ, index, index)->ivf;
    FAISS_TRY (faiss_ivf_add_probe_ranges (ivf, space));
    FAISS_TRY (faiss_pq_append_ht_range (space, ivf->code_size));
    return faiss_ivf_add_code_ranges (ivf, space);
}

/* ---- files ----------------------------------------------------------------------------------- */

/* The table that a reader makes has a limit too. */
static FaissStatus check_table_size (const FaissIndexIVFPQ *self, const FaissIOReader *reader) {
    size_t limit = faiss_deserialization_vector_byte_limit / sizeof (float);
    size_t row = self->pq.M * self->pq.ksub; /* fits: faiss_read_pq looked */
    FAISS_REQUIRE_FILE (reader,
                        (size_t)self->ivf.quantizer->ntotal < limit / row + (limit % row > 0),
                        "a precomputed table of %lld times %zu entries is beyond the limit",
                        (long long)self->ivf.quantizer->ntotal, row);
    return FAISS_OK;
}

FaissStatus faiss_IndexIVFPQ_read_fields (FaissIndexIVFPQ *self, FaissIOReader *reader,
                                          bool is_legacy, int io_flags) {
    FaissIndexIVF *ivf = &self->ivf;
    FaissInt64Vector *ids = NULL;
    FaissStatus status = is_legacy ? faiss_IndexIVF_read_legacy_header (ivf, reader, &ids)
                                   : faiss_IndexIVF_read_header (ivf, reader);
    status = status ? status : faiss_read_bool (reader, &ivf->by_residual, "by_residual");
    status = status ? status : faiss_read_size (reader, &ivf->code_size, "code_size");
    status = status ? status : faiss_read_pq (reader, &self->pq);
    if (status == FAISS_OK) {
        status = is_legacy ? faiss_IndexIVF_read_legacy_lists (ivf, reader, ids, false)
                           : faiss_IndexIVF_read_invlists (ivf, reader, io_flags);
    }
    faiss_IndexIVF_clear_legacy_ids (ivf, ids);
    FAISS_TRY (status);
    FAISS_REQUIRE_FILE (reader, ivf->quantizer, "there is no quantizer");
    FAISS_REQUIRE_FILE (reader, self->pq.quantizer.d == (size_t)self->index.d,
                        "expected pq.d=%d, got %zu", self->index.d, self->pq.quantizer.d);
    FAISS_REQUIRE_FILE (reader, self->pq.quantizer.code_size == ivf->code_size,
                        "expected code_size=%zu, got %zu", self->pq.quantizer.code_size,
                        ivf->code_size);
    if (!self->index.is_trained || !ivf->by_residual ||
        (io_flags & FAISS_IO_FLAG_SKIP_PRECOMPUTE_TABLE)) {
        return FAISS_OK;
    }
    FAISS_TRY (check_table_size (self, reader));
    return faiss_IndexIVFPQ_precompute_table (self);
}

static FaissStatus IndexIVFPQ_read (void **out, FaissIOReader *reader, uint32_t tag, int io_flags) {
    FAISS_OWNED (IndexIVFPQ) *self = NULL;
    FAISS_TRY (new_index (&self, NULL, 0, 0, 1, 0, METRIC_L2, false));
    FAISS_TRY (faiss_IndexIVFPQ_read_fields (self, reader, tag == FAISS_FOURCC ("IvPQ"), io_flags));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

FaissStatus faiss_IndexIVFPQ_write_fields (const FaissIndexIVFPQ *self, FaissIOWriter *writer) {
    FAISS_TRY (faiss_IndexIVF_write_header (&self->ivf, writer));
    FAISS_TRY (faiss_write_bool (writer, self->ivf.by_residual));
    FAISS_TRY (faiss_write_u64 (writer, self->ivf.code_size));
    FAISS_TRY (faiss_write_pq (writer, &self->pq));
    return faiss_IndexIVF_write_invlists (&self->ivf, writer);
}

static FaissStatus IndexIVFPQ_write (const void *object, FaissIOWriter *writer, int io_flags) {
    (void)io_flags;
    FAISS_TRY (faiss_write_tag (writer, "IwPQ"));
    return faiss_IndexIVFPQ_write_fields (object, writer);
}

/* ---- factory strings ------------------------------------------------------------------------- */

static FaissStatus build_from_factory (const FaissFactoryContext *context, void *out) {
    FaissIndexIVFPQ *self;
    int M, nbits;
    FAISS_TRY (faiss_factory_int (context->groups[1], 0, &M));
    FAISS_TRY (faiss_factory_int (context->groups[3], 8, &nbits));
    FAISS_TRY (new_index (&self, context->quantizer, (size_t)context->d, context->nlist, (size_t)M,
                          (size_t)nbits, context->metric, true));
    self->do_polysemous_training = !context->groups[4] || !context->groups[4][0];
    *(FaissIndex **)out = &self->index;
    return FAISS_OK;
}

static const FaissFactoryRule factory_rules[] = {
    {.pattern = "PQ([0-9]+)(x([0-9]+))?(np)?",
     .kind = FAISS_FACTORY_CODE,
     .syntax = "PQ<M>[x<nbits>][np]",
     .what = "product quantizer codes; np: without polysemous training",
     .build = build_from_factory},
    {.pattern = NULL},
};

static FaissStatus IndexIVFPQ_describe (const void *object, FaissString *out) {
    const FaissIndexIVFPQ *self = object;
    FAISS_TRY (faiss_IndexIVF_describe_coarse (&self->ivf, out));
    return faiss_String_printf (out, ",PQ%zux%zu", self->pq.M, self->pq.nbits);
}

/* ---- the class ------------------------------------------------------------------------------- */

/* What a field was set to may not fit the others. */
static FaissStatus IndexIVFPQ_check (const void *object) {
    const FaissIndexIVFPQ *self = object;
    FAISS_TRY (faiss_check_encoder (__func__, "pq", &self->pq.quantizer, &self->index,
                                    self->ivf.code_size));
    return FAISS_OK;
}

FaissIndexIVFClass faiss_IndexIVFPQ_class = {
    .index = {.head = {.name = "IndexIVFPQ",
                       .parent = &faiss_IndexIVF_class.index.head,
                       .instance_size = sizeof (FaissIndexIVFPQ),
                       .table_size = sizeof (FaissIndexIVFClass),
                       .check = IndexIVFPQ_check,
                       .finalize = IndexIVFPQ_finalize,
                       .copy = IndexIVFPQ_copy,
                       .tags = "IwPQ IvPQ",
                       .read = IndexIVFPQ_read,
                       .write = IndexIVFPQ_write,
                       .factory = factory_rules,
                       .describe = IndexIVFPQ_describe},
              .remove_ids = IndexIVFPQ_remove_ids,
              .check_compatible_for_merge = IndexIVFPQ_check_compatible_for_merge,
              .merge_from = IndexIVFPQ_merge_from,
              .add_sa_codes = IndexIVFPQ_add_sa_codes,
              .set_parameter = IndexIVFPQ_set_parameter,
              .add_parameter_ranges = IndexIVFPQ_add_parameter_ranges},
    .encode_vectors = IndexIVFPQ_encode_vectors,
    .decode_vectors = IndexIVFPQ_decode_vectors,
    .add_core = IndexIVFPQ_add_core,
    .train_encoder = faiss_IndexIVFPQ_train_encoder_slot,
    .train_encoder_num_vectors = IndexIVFPQ_train_encoder_num_vectors,
    .get_InvertedListScanner = faiss_IndexIVFPQ_get_InvertedListScanner_slot,
    .search_preassigned = IndexIVFPQ_search_preassigned,
    .update_vectors = IndexIVFPQ_update_vectors,
};
