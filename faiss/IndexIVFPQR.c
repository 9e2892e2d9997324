/* Inverted files of product quantizer codes whose results are refined by a second code. */
#include <faiss/IndexIVFPQR.h>

#include <math.h>
#include <string.h>

#include <faiss/AutoTune.h>
#include <faiss/impl/check.h>
#include <faiss/impl/factory_rule.h>
#include <faiss/impl/index_check.h>
#include <faiss/impl/io_fields.h>
#include <faiss/impl/ivf_internal.h>
#include <faiss/impl/ivfpq_internal.h>
#include <faiss/impl/parallel.h>
#include <faiss/impl/pq_internal.h>
#include <faiss/utils/Heap.h>
#include <faiss/utils/distances.h>
#include <faiss/utils/utils.h>

#define SELF(pointer) FAISS_SELF (IndexIVFPQR, ivf, pointer)
#define CONST_SELF(pointer) FAISS_CONST_SELF (IndexIVFPQR, ivf, pointer)

/* ---- life ------------------------------------------------------------------------------------ */

static FaissStatus init (FaissIndexIVFPQR *self, FaissIndex *quantizer, size_t d, size_t nlist,
                         size_t M, size_t nbits, size_t M_refine, size_t nbits_refine,
                         bool own_invlists) {
    FAISS_TRY (faiss_IndexIVFPQ_init (&self->ivfpq, quantizer, d, nlist, M, nbits, METRIC_L2,
                                      own_invlists));
    return faiss_ProductQuantizer_init (&self->refine_pq, d, M_refine, nbits_refine);
}

static FaissStatus new_index (FaissIndexIVFPQR **out, FaissIndex *quantizer, size_t d, size_t nlist,
                              size_t M, size_t nbits, size_t M_refine, size_t nbits_refine,
                              bool own_invlists) {
    FAISS_OWNED (IndexIVFPQR) *self = NULL;
    FAISS_TRY (faiss_object_new (&self, &faiss_IndexIVFPQR_class.index.head));
    FAISS_TRY (init (self, quantizer, d, nlist, M, nbits, M_refine, nbits_refine, own_invlists));
    self->k_factor = 1;
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

FaissStatus faiss_IndexIVFPQR_new (FaissIndexIVFPQR **out) {
    FAISS_REQUIRE_ARG (out);
    return new_index (out, NULL, 0, 0, 1, 0, 1, 0, true);
}

FaissStatus faiss_IndexIVFPQR_new_with (FaissIndexIVFPQR **out, FaissIndex *quantizer, size_t d,
                                        size_t nlist, size_t M, size_t nbits_per_idx,
                                        size_t M_refine, size_t nbits_per_idx_refine,
                                        bool own_invlists) {
    enum { TRAINING_POINTS = 1000, K_FACTOR = 4 };
    FAISS_REQUIRE_ARG (out);
    FAISS_REQUIRE_ARG (quantizer);
    FaissIndexIVFPQR *self;
    FAISS_TRY (new_index (&self, quantizer, d, nlist, M, nbits_per_idx, M_refine,
                          nbits_per_idx_refine, own_invlists));
    self->refine_pq.cp.max_points_per_centroid = TRAINING_POINTS;
    self->k_factor = K_FACTOR;
    *out = self;
    return FAISS_OK;
}

void faiss_IndexIVFPQR_free (FaissIndexIVFPQR *self) {
    faiss_object_free (self);
}

FaissIndexIVFPQR *faiss_IndexIVFPQR_cast (FaissIndex *index) {
    return faiss_object_cast (index, &faiss_IndexIVFPQR_class.index.head);
}

static void IndexIVFPQR_finalize (void *object) {
    FaissIndexIVFPQR *self = object;
    faiss_object_clear (&self->refine_pq);
    faiss_UInt8Vector_clear (&self->refine_codes);
}

static FaissStatus IndexIVFPQR_copy (void *object, const void *other_object) {
    FaissIndexIVFPQR *self = object;
    const FaissIndexIVFPQR *other = other_object;
    self->k_factor = other->k_factor;
    FAISS_TRY (faiss_object_assign (&self->refine_pq, &other->refine_pq));
    return faiss_UInt8Vector_assign (&self->refine_codes, other->refine_codes.data,
                                     other->refine_codes.size);
}

/* ---- training -------------------------------------------------------------------------------- */

/* What the first quantizer misses of n vectors or residuals. */
static FaissStatus first_errors (const FaissProductQuantizer *pq, size_t n, const float *x,
                                 float *errors) {
    enum { BLOCK = 8192 };
    size_t d = pq->quantizer.d;
    FAISS_AUTO_FREE (uint8_t) *codes = NULL;
    FAISS_TRY (faiss_alloc (&codes, n < BLOCK ? n : BLOCK, pq->quantizer.code_size));
    for (size_t begin = 0; begin < n; begin += BLOCK) {
        size_t size = n - begin < BLOCK ? n - begin : BLOCK;
        const float *vectors = x + begin * d;
        float *out = errors + begin * d;
        FAISS_TRY (faiss_Quantizer_compute_codes (&pq->quantizer, vectors, codes, size));
        FAISS_TRY (faiss_Quantizer_decode (&pq->quantizer, codes, out, size));
        faiss_fvec_sub (size * d, vectors, out, out);
    }
    return FAISS_OK;
}

static FaissStatus IndexIVFPQR_train_encoder (FaissIndexIVF *ivf, idx_t n, const float *x,
                                              const idx_t *assign) {
    FaissIndexIVFPQR *self = SELF (ivf);
    FAISS_TRY (faiss_IndexIVFPQ_train_encoder_slot (ivf, n, x, assign));
    FAISS_AUTO_FREE (float) *errors = NULL;
    FAISS_TRY (faiss_alloc (&errors, (size_t)n * (size_t)self->index.d, sizeof *errors));
    FAISS_TRY (first_errors (&self->ivfpq.pq, (size_t)n, x, errors));
    if (self->index.verbose) {
        faiss_say ("training %zux%zu second-level product quantizer\n", self->refine_pq.M,
                   self->refine_pq.ksub);
    }
    return faiss_Quantizer_train (&self->refine_pq.quantizer, (size_t)n, errors);
}

static idx_t wanted_vectors (const FaissProductQuantizer *pq) {
    return (idx_t)pq->cp.max_points_per_centroid * (idx_t)pq->ksub;
}

static idx_t IndexIVFPQR_train_encoder_num_vectors (const FaissIndexIVF *ivf) {
    const FaissIndexIVFPQR *self = CONST_SELF (ivf);
    idx_t first = wanted_vectors (&self->ivfpq.pq), second = wanted_vectors (&self->refine_pq);
    return first > second ? first : second;
}

/* ---- adding ---------------------------------------------------------------------------------- */

/* What an add gives to encode_part. */
typedef struct Input {
    const float *x;
    uint8_t *refine_codes;
    float *errors; /* of some vectors */
} Input;

enum { ENCODE_BLOCK = 8192 };

/* Both codes of some vectors. */
static FaissStatus encode_both (const FaissIndexIVFPQR *self, const Input *input, idx_t begin,
                                idx_t n, const idx_t *list_nos, uint8_t *codes) {
    size_t d = (size_t)self->index.d;
    for (idx_t i = 0; i < n; i += ENCODE_BLOCK) {
        idx_t size = n - i < ENCODE_BLOCK ? n - i : ENCODE_BLOCK;
        FAISS_TRY (faiss_ivfpq_encode (&self->ivfpq, size, input->x + (size_t)(begin + i) * d,
                                       list_nos + i, codes + (size_t)i * self->ivf.code_size,
                                       input->errors));
        FAISS_TRY (faiss_Quantizer_compute_codes (
            &self->refine_pq.quantizer, input->errors,
            input->refine_codes + (size_t)(begin + i) * self->refine_pq.quantizer.code_size,
            (size_t)size));
    }
    return FAISS_OK;
}

static FaissStatus encode_part (const FaissIndexIVF *ivf, const void *input, idx_t begin, idx_t n,
                                const idx_t *list_nos, uint8_t *buffer, const uint8_t **codes) {
    (void)codes;
    return encode_both (CONST_SELF (ivf), input, begin, n, list_nos, buffer);
}

static FaissStatus check_refine_codes (const char *function, const FaissIndexIVFPQR *self) {
    size_t expected = (size_t)self->index.ntotal * self->refine_pq.quantizer.code_size;
    if (self->refine_codes.size != expected) {
        return faiss_fail_in (FAISS_EXCEPT, function,
                              "refine_codes has %zu bytes, expected %zu for ntotal=%lld",
                              self->refine_codes.size, expected, (long long)self->index.ntotal);
    }
    return FAISS_OK;
}

static FaissStatus IndexIVFPQR_add_core (FaissIndexIVF *ivf, idx_t n, const float *x,
                                         const idx_t *xids, const idx_t *precomputed_idx,
                                         void *inverted_list_context) {
    (void)inverted_list_context;
    FaissIndexIVFPQR *self = SELF (ivf);
    FaissUInt8Vector *refine_codes = &self->refine_codes;
    size_t bytes = (size_t)n * self->refine_pq.quantizer.code_size;
    FAISS_TRY (check_refine_codes (__func__, self));
    for (idx_t i = 0; xids && i < n; i++) {
        FAISS_REQUIRE (xids[i] == self->index.ntotal + i,
                       "refine codes are found by id: expected id %lld, got %lld",
                       (long long)(self->index.ntotal + i), (long long)xids[i]);
    }
    FAISS_AUTO_FREE (float) *errors = NULL;
    FAISS_TRY (faiss_alloc (&errors, (size_t)(n < ENCODE_BLOCK ? n : ENCODE_BLOCK),
                            (size_t)self->index.d * sizeof *errors));
    FAISS_TRY (faiss_UInt8Vector_reserve (refine_codes, refine_codes->size + bytes));
    Input input = {x, refine_codes->data + refine_codes->size, errors};
    FAISS_TRY (faiss_ivf_append (ivf, n, &input, xids, precomputed_idx, encode_part, true));
    refine_codes->size += bytes;
    faiss_ivfpq_update_terms (&self->ivfpq);
    return FAISS_OK;
}

static FaissStatus IndexIVFPQR_add_sa_codes (FaissIndex *index, idx_t n, const uint8_t *codes,
                                             const idx_t *xids) {
    (void)index, (void)n, (void)codes, (void)xids;
    FAISS_FAIL ("not implemented: the codes do not have the refinement");
}

/* ---- changes --------------------------------------------------------------------------------- */

static FaissStatus IndexIVFPQR_reset (FaissIndex *index) {
    FAISS_TRY (faiss_IndexIVF_class.index.reset (index));
    faiss_UInt8Vector_clear (&FAISS_SELF (IndexIVFPQR, index, index)->refine_codes);
    return FAISS_OK;
}

static FaissStatus IndexIVFPQR_remove_ids (FaissIndex *index, const FaissIDSelector *sel,
                                           size_t *n_removed) {
    (void)index, (void)sel, (void)n_removed;
    FAISS_FAIL ("not implemented: refine codes are found by id");
}

static FaissStatus IndexIVFPQR_check_compatible_for_merge (const FaissIndex *index,
                                                           const FaissIndex *other_index) {
    FAISS_TRY (faiss_IndexIVFPQ_class.index.check_compatible_for_merge (index, other_index));
    const FaissProductQuantizer *a = &FAISS_CONST_SELF (IndexIVFPQR, index, index)->refine_pq;
    const FaissProductQuantizer *b = &FAISS_CONST_SELF (IndexIVFPQR, index, other_index)->refine_pq;
    FAISS_REQUIRE (
        a->M == b->M && a->nbits == b->nbits && a->centroids.size == b->centroids.size &&
            memcmp (a->centroids.data, b->centroids.data, a->centroids.size * sizeof (float)) == 0,
        "the refining product quantizers differ");
    return FAISS_OK;
}

static FaissStatus IndexIVFPQR_merge_from (FaissIndex *index, FaissIndex *other_index,
                                           idx_t add_id) {
    FaissIndexIVFPQR *self = FAISS_SELF (IndexIVFPQR, index, index);
    FaissIndexIVFPQR *other = FAISS_SELF (IndexIVFPQR, index, other_index);
    size_t bytes = other->refine_codes.size;
    FAISS_REQUIRE (add_id == index->ntotal,
                   "refine codes are found by id: expected add_id=ntotal=%lld, got %lld",
                   (long long)index->ntotal, (long long)add_id);
    FAISS_TRY (check_refine_codes (__func__, self));
    FAISS_TRY (check_refine_codes (__func__, other));
    FAISS_TRY (faiss_UInt8Vector_reserve (&self->refine_codes, self->refine_codes.size + bytes));
    FAISS_TRY (faiss_IndexIVFPQ_class.index.merge_from (index, other_index, add_id));
    FAISS_TRY (faiss_UInt8Vector_append (&self->refine_codes, other->refine_codes.data, bytes));
    faiss_UInt8Vector_clear (&other->refine_codes);
    return FAISS_OK;
}

static FaissStatus IndexIVFPQR_copy_subset_to (const FaissIndexIVF *ivf, FaissIndexIVF *other,
                                               FaissInvertedListsSubsetType subset_type, idx_t a1,
                                               idx_t a2) {
    (void)ivf, (void)other, (void)subset_type, (void)a1, (void)a2;
    FAISS_FAIL ("not implemented: refine codes are found by id");
}

static FaissStatus IndexIVFPQR_update_vectors (FaissIndexIVF *ivf, int n, const idx_t *ids,
                                               const float *x) {
    FaissIndexIVFPQR *self = SELF (ivf);
    size_t code_size = self->refine_pq.quantizer.code_size;
    FAISS_AUTO_FREE (idx_t) *list_nos = NULL;
    FAISS_AUTO_FREE (uint8_t) *codes = NULL;
    FAISS_AUTO_FREE (uint8_t) *refine_codes = NULL;
    FAISS_AUTO_FREE (float) *errors = NULL;
    FAISS_TRY (faiss_ivf_check_parts (__func__, ivf));
    FAISS_TRY (check_refine_codes (__func__, self));
    FAISS_TRY (faiss_alloc (&list_nos, (size_t)n, sizeof *list_nos));
    FAISS_TRY (faiss_alloc (&codes, (size_t)n, ivf->code_size));
    FAISS_TRY (faiss_alloc (&refine_codes, (size_t)n, code_size));
    FAISS_TRY (faiss_alloc (&errors, (size_t)(n < ENCODE_BLOCK ? n : ENCODE_BLOCK),
                            (size_t)self->index.d * sizeof *errors));
    FAISS_TRY (faiss_Index_assign (ivf->quantizer, n, x, list_nos, 1));
    FAISS_TRY (encode_both (self, &(Input){x, refine_codes, errors}, 0, n, list_nos, codes));
    FAISS_TRY (faiss_UInt8Vector_own (&self->refine_codes));
    FAISS_TRY (faiss_IndexIVFPQ_class.update_vectors (ivf, n, ids, x));
    for (int i = 0; i < n; i++) { /* the direct map knew the ids, which are 0 .. ntotal - 1 */
        memcpy (self->refine_codes.data + (size_t)ids[i] * code_size,
                refine_codes + (size_t)i * code_size, code_size);
    }
    return FAISS_OK;
}

/* ---- decoding -------------------------------------------------------------------------------- */

/* Both codes of an entry, decoded and added up: the vector minus its centroid. */
static FaissStatus decode_entry (const FaissIndexIVFPQR *self, idx_t list_no, idx_t offset,
                                 float *buffer, float *out) {
    const FaissInvertedLists *lists = self->ivf.invlists;
    size_t code_size = self->refine_pq.quantizer.code_size;
    idx_t id = lists->cls->get_single_id (lists, (size_t)list_no, (size_t)offset);
    FAISS_REQUIRE (id >= 0 && id < self->index.ntotal &&
                       ((size_t)id + 1) * code_size <= self->refine_codes.size,
                   "there is no refine code for id %lld", (long long)id);
    const uint8_t *code = lists->cls->get_single_code (lists, (size_t)list_no, (size_t)offset);
    faiss_pq_decode (&self->ivfpq.pq, code, out);
    lists->cls->release_codes (lists, (size_t)list_no, code);
    faiss_pq_decode (&self->refine_pq, self->refine_codes.data + (size_t)id * code_size, buffer);
    faiss_fvec_add ((size_t)self->index.d, out, buffer, out);
    return FAISS_OK;
}

static FaissStatus IndexIVFPQR_reconstruct_from_offset (const FaissIndexIVF *ivf, int64_t list_no,
                                                        int64_t offset, float *recons) {
    const FaissIndexIVFPQR *self = CONST_SELF (ivf);
    size_t d = (size_t)self->index.d;
    FAISS_AUTO_FREE (float) *buffer = NULL;
    FAISS_TRY (faiss_alloc (&buffer, d, sizeof *buffer));
    FAISS_TRY (decode_entry (self, list_no, offset, buffer, recons));
    if (ivf->by_residual) {
        FAISS_TRY (faiss_Index_reconstruct (ivf->quantizer, list_no, buffer));
        faiss_fvec_add (d, recons, buffer, recons);
    }
    return FAISS_OK;
}

/* ---- searching ------------------------------------------------------------------------------- */

/* The candidates of a search, and where the results go. */
typedef struct Refinement {
    const FaissIndexIVFPQR *self;
    const float *x;
    size_t n_candidates, k; /* per query */
    const idx_t *candidates;
    float *distances;
    idx_t *labels;
    bool store_pairs, keep_heaps;
} Refinement;

/* The query minus the centroid of a list. */
static FaissStatus subtract_centroid (const FaissIndexIVFPQR *self, const float *x, idx_t list_no,
                                      float *out) {
    const FaissIndex *quantizer = self->ivf.quantizer;
    if (!self->ivf.by_residual) {
        memcpy (out, x, (size_t)self->index.d * sizeof *out);
        return FAISS_OK;
    }
    return quantizer->cls->compute_residual (quantizer, x, out, list_no);
}

/* @param buffer  size 3 * d */
static FaissStatus refine_query (const Refinement *r, size_t i, float *buffer, size_t *n_refined) {
    const FaissIndexIVFPQR *self = r->self;
    const FaissInvertedLists *lists = self->ivf.invlists;
    size_t d = (size_t)self->index.d;
    float *residual = buffer, *decoded = buffer + d, *scratch = buffer + 2 * d;
    float *distances = r->distances + i * r->k;
    idx_t *labels = r->labels + i * r->k, last_list = -1;
    if (!r->keep_heaps) {
        faiss_heap_heapify (false, r->k, distances, labels);
    }
    for (size_t j = 0; j < r->n_candidates; j++) {
        idx_t pair = r->candidates[i * r->n_candidates + j];
        if (pair < 0) {
            continue;
        }
        idx_t list_no = faiss_lo_listno (pair), offset = faiss_lo_offset (pair);
        if (list_no != last_list) {
            FAISS_TRY (subtract_centroid (self, r->x + i * d, list_no, residual));
            last_list = list_no;
        }
        FAISS_TRY (decode_entry (self, list_no, offset, scratch, decoded));
        float distance = faiss_fvec_L2sqr (residual, decoded, d);
        idx_t label = r->store_pairs
                          ? pair
                          : lists->cls->get_single_id (lists, (size_t)list_no, (size_t)offset);
        faiss_heap_offer_unordered (false, r->k, distances, labels, distance, label);
        ++*n_refined;
    }
    if (!r->keep_heaps) {
        faiss_heap_reorder (false, r->k, distances, labels);
    }
    return FAISS_OK;
}

static FaissStatus refine (const Refinement *r, size_t n) {
    FaissRegion region = {0};
    size_t n_refined = 0;
#pragma omp parallel num_threads(faiss_threads_for((int64_t)n)) reduction(+ : n_refined)
    {
        float *buffer = NULL;
        faiss_region_note (&region,
                           faiss_alloc (&buffer, 3 * (size_t)r->self->index.d, sizeof *buffer));
#pragma omp for schedule(dynamic, 4)
        for (size_t i = 0; i < n; i++) {
            if (!faiss_region_stopped (&region)) {
                faiss_region_note (&region, refine_query (r, i, buffer, &n_refined));
            }
        }
        free (buffer);
    }
    faiss_ivfpq_count (&(FaissIndexIVFPQStats){.nrefine = n_refined});
    return faiss_region_close (&region);
}

/* The candidates of all queries, by the first codes. */
static FaissStatus find_candidates (const FaissIndexIVFPQR *self, size_t n, const float *x,
                                    size_t n_candidates, const idx_t *assign,
                                    const float *centroid_dis, float *distances, idx_t *candidates,
                                    bool keep_heaps, const FaissSearchParametersIVF *params,
                                    FaissIndexIVFStats *stats) {
    for (size_t i = 0; keep_heaps && i < n; i++) { /* or nobody else does */
        faiss_heap_heapify (false, n_candidates, distances + i * n_candidates,
                            candidates + i * n_candidates);
    }
    return faiss_IndexIVFPQ_class.search_preassigned (&self->ivf, (idx_t)n, x, (idx_t)n_candidates,
                                                      assign, centroid_dis, distances, candidates,
                                                      true, params, stats);
}

static FaissStatus IndexIVFPQR_search_preassigned (const FaissIndexIVF *ivf, idx_t n,
                                                   const float *x, idx_t k, const idx_t *assign,
                                                   const float *centroid_dis, float *distances,
                                                   idx_t *labels, bool store_pairs,
                                                   const FaissSearchParametersIVF *params,
                                                   FaissIndexIVFStats *stats) {
    const FaissIndexIVFPQR *self = CONST_SELF (ivf);
    FAISS_TRY (faiss_pq_check (__func__, &self->refine_pq));
    FAISS_REQUIRE (self->refine_pq.quantizer.d == (size_t)self->index.d,
                   "expected refine_pq of d=%d, got %zu", self->index.d,
                   self->refine_pq.quantizer.d);
    float wanted = (float)k * self->k_factor;
    FAISS_REQUIRE (wanted >= 1 && wanted < 1e9f, "expected k * k_factor >= 1, got %lld * %g",
                   (long long)k, (double)self->k_factor);
    size_t n_candidates = (size_t)wanted;
    FAISS_AUTO_FREE (float) *coarse_distances = NULL;
    FAISS_AUTO_FREE (idx_t) *candidates = NULL;
    FAISS_REQUIRE ((size_t)n <= SIZE_MAX / 16 / n_candidates,
                   "%lld queries of %zu candidates are too many", (long long)n, n_candidates);
    FAISS_TRY (faiss_alloc (&coarse_distances, (size_t)n * n_candidates, sizeof (float)));
    FAISS_TRY (faiss_alloc (&candidates, (size_t)n * n_candidates, sizeof *candidates));
    bool keep_heaps = (ivf->parallel_mode & FAISS_PARALLEL_MODE_NO_HEAP_INIT) != 0;
    FAISS_TRY (find_candidates (self, (size_t)n, x, n_candidates, assign, centroid_dis,
                                coarse_distances, candidates, keep_heaps, params, stats));
    uint64_t start = faiss_get_cycles ();
    Refinement refinement = {.self = self,
                             .x = x,
                             .n_candidates = n_candidates,
                             .k = (size_t)k,
                             .candidates = candidates,
                             .distances = distances,
                             .labels = labels,
                             .store_pairs = store_pairs,
                             .keep_heaps = keep_heaps};
    FAISS_TRY (refine (&refinement, (size_t)n));
    faiss_ivfpq_count (
        &(FaissIndexIVFPQStats){.refine_cycles = (size_t)(faiss_get_cycles () - start)});
    return FAISS_OK;
}

/* ---- parameters ------------------------------------------------------------------------------ */

static FaissStatus IndexIVFPQR_set_parameter (FaissIndex *index, const char *name, double value,
                                              bool *known) {
    if (strcmp (name, "k_factor") != 0) {
        return faiss_IndexIVFPQ_class.index.set_parameter (index, name, value, known);
    }
    *known = true;
    FAISS_REQUIRE (value >= 0, "expected k_factor >= 0, got %g", value);
    FAISS_SELF (IndexIVFPQR, index, index)->k_factor = (float)value;
    return FAISS_OK;
}

static FaissStatus IndexIVFPQR_add_parameter_ranges (const FaissIndex *index,
                                                     FaissParameterSpace *space) {
    FAISS_TRY (faiss_IndexIVFPQ_class.index.add_parameter_ranges (index, space));
    return faiss_ParameterSpace_append_powers_of_2 (space, "k_factor", 0, 7, 1e9);
}

/* ---- files ----------------------------------------------------------------------------------- */

static FaissStatus read_refinement (FaissIndexIVFPQR *self, FaissIOReader *reader) {
    FAISS_TRY (faiss_read_pq (reader, &self->refine_pq));
    FAISS_TRY (faiss_read_UInt8Vector (reader, &self->refine_codes, "refine_codes"));
    FAISS_TRY (faiss_read_f32 (reader, &self->k_factor, "k_factor"));
    FAISS_REQUIRE_FILE (reader,
                        !self->index.is_trained || (self->k_factor >= 1 && self->k_factor <= 1000),
                        "expected a k_factor 1 .. 1000, got %g", (double)self->k_factor);
    FAISS_REQUIRE_FILE (reader, self->refine_pq.quantizer.d == (size_t)self->index.d,
                        "expected refine_pq.d=%d, got %zu", self->index.d,
                        self->refine_pq.quantizer.d);
    size_t code_size = self->refine_pq.quantizer.code_size;
    FAISS_REQUIRE_FILE (reader,
                        self->refine_codes.size % code_size == 0 &&
                            self->refine_codes.size / code_size == (size_t)self->index.ntotal,
                        "refine_codes has %zu bytes, expected %zu for each of %lld vectors",
                        self->refine_codes.size, code_size, (long long)self->index.ntotal);
    return FAISS_OK;
}

static FaissStatus IndexIVFPQR_read (void **out, FaissIOReader *reader, uint32_t tag,
                                     int io_flags) {
    FAISS_OWNED (IndexIVFPQR) *self = NULL;
    FAISS_TRY (new_index (&self, NULL, 0, 0, 1, 0, 1, 0, false));
    FAISS_TRY (faiss_IndexIVFPQ_read_fields (&self->ivfpq, reader, tag == FAISS_FOURCC ("IvQR"),
                                             io_flags));
    FAISS_TRY (read_refinement (self, reader)); /* also untrained: upstream leaves it unread then */
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

static FaissStatus IndexIVFPQR_write (const void *object, FaissIOWriter *writer, int io_flags) {
    const FaissIndexIVFPQR *self = object;
    (void)io_flags;
    FAISS_TRY (faiss_write_tag (writer, "IwQR"));
    FAISS_TRY (faiss_IndexIVFPQ_write_fields (&self->ivfpq, writer));
    FAISS_TRY (faiss_write_pq (writer, &self->refine_pq));
    FAISS_TRY (faiss_write_UInt8Vector (writer, &self->refine_codes));
    return faiss_write_f32 (writer, self->k_factor);
}

/* ---- factory strings ------------------------------------------------------------------------- */

static FaissStatus build_from_factory (const FaissFactoryContext *context, void *out) {
    enum { NBITS = 8 };
    FaissIndexIVFPQR *self;
    int M, M_refine;
    FAISS_REQUIRE (context->metric == METRIC_L2, "%s needs METRIC_L2", context->groups[0]);
    FAISS_TRY (faiss_factory_int (context->groups[1], 0, &M));
    FAISS_TRY (faiss_factory_int (context->groups[2], 0, &M_refine));
    FAISS_TRY (faiss_IndexIVFPQR_new_with (&self, context->quantizer, (size_t)context->d,
                                           context->nlist, (size_t)M, NBITS, (size_t)M_refine,
                                           NBITS, true));
    *(FaissIndex **)out = &self->index;
    return FAISS_OK;
}

static const FaissFactoryRule factory_rules[] = {
    {.pattern = "PQ([0-9]+)\\+([0-9]+)",
     .kind = FAISS_FACTORY_CODE,
     .syntax = "PQ<M>+<M2>",
     .what = "product quantizer codes, results refined by a second code of M2 bytes",
     .build = build_from_factory},
    {.pattern = NULL},
};

/* ---- the class ------------------------------------------------------------------------------- */

/* What a field was set to may not fit the others. */
static FaissStatus IndexIVFPQR_check (const void *object) {
    const FaissIndexIVFPQR *self = object;
    FAISS_TRY (faiss_object_check (&self->refine_pq));
    FAISS_REQUIRE (!self->index.is_trained || self->refine_pq.quantizer.d == (size_t)self->index.d,
                   "expected a refine_pq of d=%d, its d is %zu", self->index.d,
                   self->refine_pq.quantizer.d);
    return FAISS_OK;
}

FaissIndexIVFClass faiss_IndexIVFPQR_class = {
    .index = {.head = {.name = "IndexIVFPQR",
                       .parent = &faiss_IndexIVFPQ_class.index.head,
                       .instance_size = sizeof (FaissIndexIVFPQR),
                       .table_size = sizeof (FaissIndexIVFClass),
                       .check = IndexIVFPQR_check,
                       .finalize = IndexIVFPQR_finalize,
                       .copy = IndexIVFPQR_copy,
                       .tags = "IwQR IvQR",
                       .read = IndexIVFPQR_read,
                       .write = IndexIVFPQR_write,
                       .factory = factory_rules},
              .reset = IndexIVFPQR_reset,
              .remove_ids = IndexIVFPQR_remove_ids,
              .check_compatible_for_merge = IndexIVFPQR_check_compatible_for_merge,
              .merge_from = IndexIVFPQR_merge_from,
              .add_sa_codes = IndexIVFPQR_add_sa_codes,
              .set_parameter = IndexIVFPQR_set_parameter,
              .add_parameter_ranges = IndexIVFPQR_add_parameter_ranges},
    .add_core = IndexIVFPQR_add_core,
    .train_encoder = IndexIVFPQR_train_encoder,
    .train_encoder_num_vectors = IndexIVFPQR_train_encoder_num_vectors,
    .search_preassigned = IndexIVFPQR_search_preassigned,
    .reconstruct_from_offset = IndexIVFPQR_reconstruct_from_offset,
    .update_vectors = IndexIVFPQR_update_vectors,
    .copy_subset_to = IndexIVFPQR_copy_subset_to,
};
