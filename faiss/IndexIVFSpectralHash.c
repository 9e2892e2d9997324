/* Inverted files of spectral hash codes. */
#include <faiss/IndexIVFSpectralHash.h>

#include <math.h>
#include <string.h>

#include <faiss/IndexLSH.h>
#include <faiss/IndexPreTransform.h>
#include <faiss/impl/block_scanner.h>
#include <faiss/impl/check.h>
#include <faiss/impl/factory_rule.h>
#include <faiss/impl/index_check.h>
#include <faiss/impl/io_fields.h>
#include <faiss/impl/ivf_internal.h>
#include <faiss/impl/median.h>
#include <faiss/impl/parallel.h>
#include <faiss/kernels/kernels.h>
#include <faiss/utils/Heap.h>

#define CONST_THIS(pointer) FAISS_CONST_SELF (IndexIVFSpectralHash, ivf, pointer)

/// Vectors that are transformed at a time.
enum { BLOCK = 256 };

/* ---- codes ----------------------------------------------------------------------------------- */

static bool has_thresholds (const FaissIndexIVFSpectralHash *self) {
    return self->threshold_type != IndexIVFSpectralHash_Thresh_global;
}

/* Files and programs can put anything into the parts. */
static FaissStatus check_parts (const FaissIndexIVFSpectralHash *self) {
    FAISS_REQUIRE (self->vt, "the index has no transform");
    FAISS_REQUIRE (self->vt->d_in == self->index.d && self->vt->d_out == self->nbit,
                   "expected a transform from d=%d to nbit=%d, got one from %d to %d",
                   self->index.d, self->nbit, self->vt->d_in, self->vt->d_out);
    FAISS_REQUIRE (self->vt->is_trained, "the transform is not trained");
    FAISS_REQUIRE (self->ivf.code_size == ((size_t)self->nbit + 7) / 8,
                   "code_size=%zu does not fit nbit=%d", self->ivf.code_size, self->nbit);
    FAISS_REQUIRE (self->period != 0, "expected a period, got 0");
    FAISS_REQUIRE (
        !has_thresholds (self) ||
            self->trained.size / (size_t)(self->nbit ? self->nbit : 1) >= self->ivf.nlist,
        "expected thresholds of %zu lists, got %zu numbers", self->ivf.nlist, self->trained.size);
    return FAISS_OK;
}

/* Of which half of the period is a component? */
static void make_code (const FaissIndexIVFSpectralHash *self, const float *y, idx_t list_no,
                       uint8_t *code) {
    size_t nbit = (size_t)self->nbit;
    const float *thresholds =
        has_thresholds (self) ? self->trained.data + (size_t)list_no * nbit : NULL;
    float frequency = 2.0f / self->period;
    memset (code, 0, self->ivf.code_size);
    for (size_t j = 0; j < nbit; j++) {
        float half = floorf ((y[j] - (thresholds ? thresholds[j] : 0)) * frequency);
        /* odd, also for negative numbers; what is too large or NaN for the type is even */
        bool is_odd = fabsf (half) < 9e18f && ((int64_t)half & 1);
        code[j / 8] = (uint8_t)(code[j / 8] | is_odd << (j % 8));
    }
}

typedef struct Encoder {
    const FaissIndexIVFSpectralHash *self;
    const float *x;
    const idx_t *list_nos;
    uint8_t *codes;
    size_t coarse_size; /* of the list number in front of each code */
} Encoder;

static FaissStatus encode_block (const Encoder *e, idx_t begin, idx_t n, float *buffer) {
    const FaissIndexIVF *ivf = &e->self->ivf;
    const FaissVectorTransform *vt = e->self->vt;
    FaissLevel1Quantizer level1 = faiss_IndexIVF_level1_quantizer (ivf);
    FAISS_TRY (vt->cls->apply_noalloc (vt, n, e->x + (size_t)begin * (size_t)ivf->index.d, buffer));
    for (idx_t i = 0; i < n; i++) {
        size_t code_size = e->coarse_size + ivf->code_size;
        uint8_t *code = e->codes + (size_t)(begin + i) * code_size;
        idx_t list_no = e->list_nos[begin + i];
        if (list_no < 0) {
            memset (code, 0, code_size);
            continue;
        }
        FAISS_TRY (faiss_ivf_check_key (ivf, list_no));
        if (e->coarse_size > 0) {
            faiss_Level1Quantizer_encode_listno (&level1, list_no, code);
        }
        make_code (e->self, buffer + (size_t)i * (size_t)e->self->nbit, list_no,
                   code + e->coarse_size);
    }
    return FAISS_OK;
}

static FaissStatus IndexIVFSpectralHash_encode_vectors (const FaissIndexIVF *ivf, idx_t n,
                                                        const float *x, const idx_t *list_nos,
                                                        uint8_t *codes, bool include_listno) {
    const FaissIndexIVFSpectralHash *self = CONST_THIS (ivf);
    FAISS_TRY (check_parts (self));
    Encoder encoder = {self, x, list_nos, codes,
                       include_listno ? faiss_IndexIVF_coarse_code_size (ivf) : 0};
    idx_t n_blocks = (n + BLOCK - 1) / BLOCK;
    FaissRegion region = {0};
#pragma omp parallel num_threads(faiss_threads_for(n_blocks))
    {
        float *buffer = NULL;
        faiss_region_note (&region,
                           faiss_alloc (&buffer, BLOCK * (size_t)self->nbit, sizeof *buffer));
#pragma omp for
        for (idx_t block = 0; block < n_blocks; block++) {
            idx_t left = n - block * BLOCK;
            if (!faiss_region_failed (&region)) {
                faiss_region_note (&region, encode_block (&encoder, block * BLOCK,
                                                          left < BLOCK ? left : BLOCK, buffer));
            }
        }
        free (buffer);
    }
    return faiss_region_close (&region);
}

/* ---- training -------------------------------------------------------------------------------- */

/* The transformed centroids. */
static FaissStatus train_on_centroids (const FaissIndexIVFSpectralHash *self,
                                       FaissFloat32Vector *trained) {
    const FaissIndex *quantizer = self->ivf.quantizer;
    size_t nlist = self->ivf.nlist;
    FAISS_AUTO_FREE (float) *centroids = NULL;
    FAISS_TRY (faiss_alloc (&centroids, nlist * (size_t)self->index.d, sizeof *centroids));
    FAISS_TRY (faiss_Index_reconstruct_n (quantizer, 0, (idx_t)nlist, centroids));
    FAISS_TRY (faiss_VectorTransform_try_apply (self->vt, (idx_t)nlist, centroids, trained->data));
    for (size_t i = 0; i < trained->size; i++) {
        bool is_half = self->threshold_type == IndexIVFSpectralHash_Thresh_centroid_half;
        trained->data[i] -= is_half ? self->period / 4 : 0;
    }
    return FAISS_OK;
}

/* Sort vectors by list: where each list's begin, and their numbers. */
static void group_by_list (idx_t n, const idx_t *list_nos, size_t nlist, size_t *begin,
                           size_t *members) {
    for (idx_t i = 0; i < n; i++) {
        begin[list_nos[i] + 2]++;
    }
    for (size_t l = 2; l < nlist + 2; l++) {
        begin[l] += begin[l - 1];
    }
    for (idx_t i = 0; i < n; i++) {
        members[begin[list_nos[i] + 1]++] = (size_t)i;
    }
}

/* The medians of the transformed vectors of each list; 0 where there are none. */
static FaissStatus train_on_medians (const FaissIndexIVFSpectralHash *self, idx_t n, const float *x,
                                     FaissFloat32Vector *trained) {
    size_t nlist = self->ivf.nlist, nbit = (size_t)self->nbit;
    FAISS_AUTO_FREE (idx_t) *list_nos = NULL;
    FAISS_AUTO_FREE (float) *y = NULL;
    FAISS_AUTO_FREE (float) *values = NULL;
    FAISS_AUTO_FREE (size_t) *begin = NULL;
    FAISS_AUTO_FREE (size_t) *members = NULL;
    FAISS_TRY (faiss_alloc (&list_nos, (size_t)n, sizeof *list_nos));
    FAISS_TRY (faiss_alloc (&y, (size_t)n * nbit, sizeof *y));
    FAISS_TRY (faiss_alloc (&values, (size_t)n, sizeof *values));
    FAISS_TRY (faiss_alloc_zeroed (&begin, nlist + 2, sizeof *begin));
    FAISS_TRY (faiss_alloc (&members, (size_t)n, sizeof *members));
    FAISS_TRY (faiss_Index_assign (self->ivf.quantizer, n, x, list_nos, 1));
    FAISS_TRY (faiss_VectorTransform_try_apply (self->vt, n, x, y));
    for (idx_t i = 0; i < n; i++) {
        FAISS_REQUIRE (list_nos[i] >= 0 && (size_t)list_nos[i] < nlist,
                       "the quantizer gives list %lld, expected 0 .. %zu", (long long)list_nos[i],
                       nlist);
    }
    group_by_list (n, list_nos, nlist, begin, members);
    for (size_t l = 0; l < nlist; l++) {
        size_t size = begin[l + 1] - begin[l];
        for (size_t j = 0; j < nbit && size > 0; j++) {
            for (size_t i = 0; i < size; i++) {
                values[i] = y[members[begin[l] + i] * nbit + j];
            }
            trained->data[l * nbit + j] = faiss_median (values, size);
        }
    }
    return FAISS_OK;
}

static FaissStatus IndexIVFSpectralHash_train_encoder (FaissIndexIVF *ivf, idx_t n, const float *x,
                                                       const idx_t *assign) {
    (void)assign;
    FaissIndexIVFSpectralHash *self = FAISS_SELF (IndexIVFSpectralHash, ivf, ivf);
    FAISS_REQUIRE (self->vt, "the index has no transform");
    FAISS_AUTO (Float32Vector) trained = {0};
    if (!self->vt->is_trained) {
        FAISS_TRY (faiss_VectorTransform_train (self->vt, n, x));
    }
    if (has_thresholds (self)) {
        FAISS_TRY (faiss_Float32Vector_resize (&trained, ivf->nlist * (size_t)self->nbit));
        FAISS_TRY (self->threshold_type == IndexIVFSpectralHash_Thresh_median
                       ? train_on_medians (self, n, x, &trained)
                       : train_on_centroids (self, &trained));
    }
    faiss_Float32Vector_swap (&self->trained, &trained);
    return check_parts (self);
}

FaissStatus faiss_IndexIVFSpectralHash_replace_vt (FaissIndexIVFSpectralHash *self,
                                                   FaissVectorTransform *vt, bool own) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE_ARG (vt);
    FAISS_REQUIRE (vt->d_in == self->index.d && vt->d_out == self->nbit,
                   "expected a transform from d=%d to nbit=%d, got one from %d to %d",
                   self->index.d, self->nbit, vt->d_in, vt->d_out);
    if (self->own_fields && self->vt != vt) {
        faiss_VectorTransform_free (self->vt);
    }
    const FaissIndex *quantizer = self->ivf.quantizer;
    self->vt = vt;
    self->own_fields = own;
    self->threshold_type = IndexIVFSpectralHash_Thresh_global;
    faiss_Float32Vector_clear (&self->trained);
    self->index.is_trained = vt->is_trained && quantizer && quantizer->is_trained &&
                             quantizer->ntotal == (idx_t)self->ivf.nlist;
    return FAISS_OK;
}

FaissStatus faiss_IndexIVFSpectralHash_replace_vt_of (FaissIndexIVFSpectralHash *self,
                                                      FaissIndexPreTransform *index, bool own) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE_ARG (index);
    FAISS_REQUIRE (index->chain.size == 1, "expected one transform, got %zu", index->chain.size);
    FaissIndexLSH *lsh = faiss_IndexLSH_cast (index->index);
    FAISS_REQUIRE (lsh && lsh->nbits == self->nbit && !lsh->rotate_data,
                   "expected an IndexLSH of nbits=%d without rotation behind it", self->nbit);
    FaissVectorTransform *vt = index->chain.data[0];
    if (lsh->train_thresholds) {
        FaissLinearTransform *linear = faiss_object_cast (vt, &faiss_LinearTransform_class.head);
        FAISS_REQUIRE (linear, "thresholds can only move into a LinearTransform, got a %s",
                       faiss_object_class (vt)->name);
        FAISS_TRY (faiss_IndexLSH_transfer_thresholds (lsh, linear));
    }
    return faiss_IndexIVFSpectralHash_replace_vt (self, vt, own);
}

/* ---- the scanner ----------------------------------------------------------------------------- */

typedef struct HashScanner {
    FaissBlockScanner block;
    const FaissIndexIVFSpectralHash *index;
    float *y;      /* the transformed query, nbit components */
    uint8_t *code; /* that of the query in the list */
} HashScanner;

static FaissStatus HashScanner_set_query (FaissInvertedListScanner *scanner, const float *x) {
    HashScanner *self = (HashScanner *)scanner;
    const FaissVectorTransform *vt = self->index->vt;
    FAISS_TRY (vt->cls->apply_noalloc (vt, 1, x, self->y));
    if (!has_thresholds (self->index)) {
        make_code (self->index, self->y, 0, self->code);
    }
    return FAISS_OK;
}

static FaissStatus HashScanner_set_list (FaissInvertedListScanner *scanner, idx_t list_no,
                                         float coarse_dis) {
    HashScanner *self = (HashScanner *)scanner;
    FAISS_TRY (faiss_ivf_check_key (&self->index->ivf, list_no));
    if (has_thresholds (self->index)) {
        make_code (self->index, self->y, list_no, self->code);
    }
    return faiss_BlockScanner_set_list (scanner, list_no, coarse_dis);
}

static void HashScanner_compute (const FaissBlockScanner *block, size_t n, const uint8_t *codes,
                                 float *distances) {
    const HashScanner *self = (const HashScanner *)block;
    uint32_t positions[FAISS_SCAN_BLOCK], found[FAISS_SCAN_BLOCK];
    faiss_kernels.hamming_below (self->code, codes, block->scanner.code_size, n, UINT32_MAX,
                                 positions, found);
    for (size_t i = 0; i < n; i++) {
        distances[i] = (float)found[i];
    }
}

/* Among equal distances, of which there are many, the code that was seen first stays, as in
 * upstream: the order of lists and codes shows. */
static FaissStatus HashScanner_scan_codes (const FaissInvertedListScanner *scanner, size_t n,
                                           const uint8_t *codes, const idx_t *ids, float *distances,
                                           idx_t *labels, size_t k, FaissIndexIVFStats *counts) {
    const HashScanner *self = (const HashScanner *)scanner;
    enum { CODES_PER_CHECK = 64 * FAISS_SCAN_BLOCK };
    uint32_t positions[FAISS_SCAN_BLOCK], found[FAISS_SCAN_BLOCK];
    for (size_t begin = 0; begin < n; begin += FAISS_SCAN_BLOCK) {
        if (begin > 0 && begin % CODES_PER_CHECK == 0) {
            FAISS_TRY (faiss_check_interrupt ());
        }
        size_t size = n - begin < FAISS_SCAN_BLOCK ? n - begin : FAISS_SCAN_BLOCK;
        uint32_t bound = distances[0] < (float)UINT32_MAX ? (uint32_t)distances[0] : UINT32_MAX;
        size_t n_found =
            faiss_kernels.hamming_below (self->code, codes + begin * scanner->code_size,
                                         scanner->code_size, size, bound, positions, found);
        counts->ndis += size;
        for (size_t i = 0; i < n_found; i++) {
            size_t at = begin + positions[i];
            idx_t label =
                scanner->store_pairs ? faiss_lo_build (scanner->list_no, (idx_t)at) : ids[at];
            if ((float)found[i] < distances[0] &&
                (!scanner->sel || scanner->sel->cls->is_member (scanner->sel, label))) {
                counts->nheap_updates++;
                faiss_heap_replace_top (false, k, distances, labels, (float)found[i], label);
            }
        }
    }
    return FAISS_OK;
}

/* Where several threads share a query there is no order: of equal distances the smallest id stays.
 */
static bool is_in_order (const FaissIndexIVF *self) {
    int mode = self->parallel_mode & ~FAISS_PARALLEL_MODE_NO_HEAP_INIT;
    return mode == 0 || mode == 3;
}

static void HashScanner_free (FaissInvertedListScanner *scanner) {
    free (((HashScanner *)scanner)->y);
    free (((HashScanner *)scanner)->code);
    free (scanner);
}

static FaissStatus IndexIVFSpectralHash_get_InvertedListScanner (
    const FaissIndexIVF *ivf, bool store_pairs, const FaissIDSelector *sel,
    const FaissSearchParametersIVF *params, FaissInvertedListScanner **out) {
    (void)params;
    const FaissIndexIVFSpectralHash *self = CONST_THIS (ivf);
    FAISS_TRY (check_parts (self));
    FaissBlockScanner block;
    FAISS_TRY (faiss_BlockScanner_init (&block, ivf, store_pairs, sel, HashScanner_compute));
    block.scanner.set_query = HashScanner_set_query;
    block.scanner.set_list = HashScanner_set_list;
    block.scanner.free = HashScanner_free;
    if (is_in_order (ivf)) {
        block.scanner.scan_codes = HashScanner_scan_codes;
    }
    HashScanner *scanner;
    FAISS_TRY (faiss_alloc_zeroed (&scanner, 1, sizeof *scanner));
    *scanner = (HashScanner){.block = block, .index = self};
    FaissStatus status = faiss_alloc (&scanner->y, (size_t)self->nbit, sizeof *scanner->y);
    if (status == FAISS_OK) {
        status = faiss_alloc (&scanner->code, ivf->code_size, 1);
    }
    if (status != FAISS_OK) {
        HashScanner_free (&scanner->block.scanner);
        return status;
    }
    *out = &scanner->block.scanner;
    return FAISS_OK;
}

/* ---- life ------------------------------------------------------------------------------------ */

static void IndexIVFSpectralHash_finalize (void *object) {
    FaissIndexIVFSpectralHash *self = object;
    if (self->own_fields) {
        faiss_VectorTransform_free (self->vt);
    }
    faiss_Float32Vector_clear (&self->trained);
}

static FaissStatus IndexIVFSpectralHash_copy (void *object, const void *other_object) {
    FaissIndexIVFSpectralHash *self = object;
    const FaissIndexIVFSpectralHash *other = other_object;
    self->nbit = other->nbit;
    self->period = other->period;
    self->threshold_type = other->threshold_type;
    self->own_fields = true;
    if (other->vt) {
        FAISS_TRY (faiss_object_clone (&self->vt, other->vt));
    }
    return faiss_Float32Vector_append (&self->trained, other->trained.data, other->trained.size);
}

static FaissStatus init (FaissIndexIVFSpectralHash *self, FaissIndex *quantizer, size_t d,
                         size_t nlist, int nbit, float period, bool own_invlists) {
    FAISS_REQUIRE (d <= FAISS_MAX_DIMENSION, "expected d <= %d, got %zu", FAISS_MAX_DIMENSION, d);
    FAISS_REQUIRE (nbit >= 0 && nbit <= FAISS_MAX_DIMENSION, "expected 0 <= nbit <= %d, got %d",
                   FAISS_MAX_DIMENSION, nbit);
    FAISS_TRY (faiss_IndexIVF_init (&self->ivf, quantizer, (idx_t)d, nlist, ((size_t)nbit + 7) / 8,
                                    METRIC_L2, own_invlists));
    self->ivf.by_residual = false;
    self->index.is_trained = false;
    self->nbit = nbit;
    self->period = period;
    return FAISS_OK;
}

FaissStatus faiss_IndexIVFSpectralHash_new (FaissIndexIVFSpectralHash **out) {
    FAISS_REQUIRE_ARG (out);
    FAISS_OWNED (IndexIVFSpectralHash) *self = NULL;
    FAISS_TRY (faiss_object_new (&self, &faiss_IndexIVFSpectralHash_class.index.head));
    FAISS_TRY (init (self, NULL, 0, 0, 0, 0, true));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

/* With any transform, which is given away in case of success. */
static FaissStatus new_index (FaissIndexIVFSpectralHash **out, FaissIndex *quantizer, size_t d,
                              size_t nlist, float period, bool own_invlists,
                              FaissVectorTransform *vt) {
    FAISS_REQUIRE (period != 0 && isfinite (period), "expected a period that is not 0, got %g",
                   (double)period);
    FAISS_OWNED (IndexIVFSpectralHash) *self = NULL;
    FAISS_TRY (faiss_object_new (&self, &faiss_IndexIVFSpectralHash_class.index.head));
    FAISS_TRY (init (self, quantizer, d, nlist, vt->d_out, period, own_invlists));
    self->vt = vt;
    self->own_fields = true;
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

FaissStatus faiss_IndexIVFSpectralHash_new_with (FaissIndexIVFSpectralHash **out,
                                                 FaissIndex *quantizer, size_t d, size_t nlist,
                                                 int nbit, float period, int own_invlists) {
    enum { SEED = 1234 };
    FAISS_REQUIRE_ARG (out);
    FAISS_REQUIRE_ARG (quantizer);
    FAISS_REQUIRE (d <= FAISS_MAX_DIMENSION, "expected d <= %d, got %zu", FAISS_MAX_DIMENSION, d);
    FAISS_OWNED (RandomRotationMatrix) *rotation = NULL;
    FAISS_TRY (faiss_RandomRotationMatrix_new_with (&rotation, (int)d, nbit));
    FAISS_TRY (faiss_RandomRotationMatrix_init (rotation, SEED));
    FAISS_TRY (
        new_index (out, quantizer, d, nlist, period, own_invlists != 0, &rotation->transform));
    (void)FAISS_STEAL (rotation);
    return FAISS_OK;
}

void faiss_IndexIVFSpectralHash_free (FaissIndexIVFSpectralHash *self) {
    faiss_object_free (self);
}

FaissIndexIVFSpectralHash *faiss_IndexIVFSpectralHash_cast (FaissIndex *index) {
    return faiss_object_cast (index, &faiss_IndexIVFSpectralHash_class.index.head);
}

/* ---- files and factory strings --------------------------------------------------------------- */

static FaissStatus IndexIVFSpectralHash_read (void **out, FaissIOReader *r, uint32_t tag,
                                              int io_flags) {
    (void)tag;
    FAISS_OWNED (IndexIVFSpectralHash) *self = NULL;
    int threshold_type = 0;
    FAISS_TRY (faiss_object_new (&self, &faiss_IndexIVFSpectralHash_class.index.head));
    FAISS_TRY (init (self, NULL, 0, 0, 0, 0, false));
    FAISS_TRY (faiss_IndexIVF_read_header (&self->ivf, r));
    self->own_fields = true;
    FAISS_TRY (faiss_read_object (r, &faiss_VectorTransform_class.head, io_flags, &self->vt));
    FAISS_TRY (faiss_read_i32 (r, &self->nbit, "nbit"));
    FAISS_TRY (faiss_read_f32 (r, &self->period, "period"));
    FAISS_TRY (faiss_read_i32 (r, &threshold_type, "threshold_type"));
    self->threshold_type = (FaissSpectralHashThresholdType)threshold_type;
    FAISS_TRY (faiss_read_Float32Vector (r, &self->trained, "trained"));
    self->ivf.code_size = self->nbit > 0 ? ((size_t)self->nbit + 7) / 8 : 0;
    FAISS_TRY (faiss_IndexIVF_read_invlists (&self->ivf, r, io_flags));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

static FaissStatus IndexIVFSpectralHash_write (const void *object, FaissIOWriter *w, int io_flags) {
    const FaissIndexIVFSpectralHash *self = object;
    FAISS_TRY (faiss_write_tag (w, "IwSh"));
    FAISS_TRY (faiss_IndexIVF_write_header (&self->ivf, w));
    FAISS_TRY (faiss_write_object (w, self->vt, io_flags));
    FAISS_TRY (faiss_write_i32 (w, self->nbit));
    FAISS_TRY (faiss_write_f32 (w, self->period));
    FAISS_TRY (faiss_write_i32 (w, (int)self->threshold_type));
    FAISS_TRY (faiss_write_Float32Vector (w, &self->trained));
    return faiss_IndexIVF_write_invlists (&self->ivf, w);
}

static FaissStatus build_transform (const FaissFactoryContext *context,
                                    FaissVectorTransform **out) {
    const char *name = context->groups[1];
    int nbit = 0;
    FAISS_TRY (faiss_factory_int (context->groups[2], context->d, &nbit));
    FAISS_REQUIRE (nbit > 0 && nbit <= context->d, "expected 0 < nbit <= d=%d, got %d", context->d,
                   nbit);
    if (strcmp (name, "ITQ") == 0) {
        return faiss_ITQTransform_new_with ((FaissITQTransform **)out, context->d, nbit,
                                            nbit != context->d);
    }
    return faiss_PCAMatrix_new_with ((FaissPCAMatrix **)out, context->d, nbit, 0,
                                     strcmp (name, "PCAR") == 0);
}

static FaissStatus build (const FaissFactoryContext *context, void *out) {
    const float default_period = -1e10f;
    const char *period = context->groups[3], *type = context->groups[4];
    char *end = NULL;
    float value = period && period[0] ? strtof (period, &end) : default_period;
    FAISS_REQUIRE (!end || !*end, "\"%s\" is not a number", period);
    FAISS_OWNED (VectorTransform) *vt = NULL;
    FaissIndexIVFSpectralHash *self = NULL;
    FAISS_TRY (build_transform (context, &vt));
    FAISS_TRY (
        new_index (&self, context->quantizer, (size_t)context->d, context->nlist, value, true, vt));
    (void)FAISS_STEAL (vt);
    self->threshold_type = !type || !type[0] || type[0] == 'g' ? IndexIVFSpectralHash_Thresh_global
                           : type[0] == 'c' ? IndexIVFSpectralHash_Thresh_centroid
                                            : IndexIVFSpectralHash_Thresh_median;
    *(FaissIndex **)out = &self->index;
    return FAISS_OK;
}

static const FaissFactoryRule factory_rules[] = {
    {.pattern = "(ITQ|PCA|PCAR)([0-9]+)?,SH([-0-9.e]+)?([gcm])?",
     .kind = FAISS_FACTORY_CODE,
     .syntax = "<ITQ|PCA|PCAR>[<nbit>],SH[<period>][g|c|m]",
     .what = "bits of transformed vectors; thresholds global, by centroid or median",
     .build = build},
    {.pattern = NULL},
};

static FaissStatus IndexIVFSpectralHash_describe (const void *object, FaissString *out) {
    static const char *const types[] = {"", "c", NULL, "m"};
    const FaissIndexIVFSpectralHash *self = object;
    unsigned type = (unsigned)self->threshold_type;
    const FaissPCAMatrix *pca = faiss_object_cast (self->vt, &faiss_PCAMatrix_class.head);
    const char *name = pca ? (pca->random_rotation ? "PCAR" : "PCA")
                       : faiss_object_cast (self->vt, &faiss_ITQTransform_class.head) ? "ITQ"
                                                                                      : NULL;
    if (!name || type > 3 || !types[type]) {
        return FAISS_OK;
    }
    FAISS_TRY (faiss_IndexIVF_describe_coarse (object, out));
    FAISS_TRY (faiss_String_printf (out, ",%s%d,SH", name, self->nbit));
    if (self->period != -1e10f) {
        FAISS_TRY (faiss_String_printf (out, "%.9g", (double)self->period));
    }
    return faiss_String_printf (out, "%s", types[type]);
}

/* What a field was set to may not fit the others. */
static FaissStatus IndexIVFSpectralHash_check (const void *object) {
    const FaissIndexIVFSpectralHash *self = object;
    FAISS_REQUIRE (self->nbit >= 0 && self->ivf.code_size == ((size_t)self->nbit + 7) / 8,
                   "code_size=%zu does not fit nbit=%d", self->ivf.code_size, self->nbit);
    return FAISS_OK;
}

FaissIndexIVFClass faiss_IndexIVFSpectralHash_class = {
    .index = {.head = {.name = "IndexIVFSpectralHash",
                       .parent = &faiss_IndexIVF_class.index.head,
                       .instance_size = sizeof (FaissIndexIVFSpectralHash),
                       .table_size = sizeof (FaissIndexIVFClass),
                       .check = IndexIVFSpectralHash_check,
                       .finalize = IndexIVFSpectralHash_finalize,
                       .copy = IndexIVFSpectralHash_copy,
                       .tags = "IwSh",
                       .read = IndexIVFSpectralHash_read,
                       .write = IndexIVFSpectralHash_write,
                       .factory = factory_rules,
                       .describe = IndexIVFSpectralHash_describe}},
    .encode_vectors = IndexIVFSpectralHash_encode_vectors,
    .train_encoder = IndexIVFSpectralHash_train_encoder,
    .get_InvertedListScanner = IndexIVFSpectralHash_get_InvertedListScanner,
};
