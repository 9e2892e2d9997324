/* Inverted files whose coarse quantizer sees other vectors than their lists. */
#include <faiss/IndexIVFIndependentQuantizer.h>

#include <faiss/Clustering.h>
#include <faiss/IndexIVFPQ.h>
#include <faiss/impl/check.h>
#include <faiss/impl/index_check.h>
#include <faiss/impl/io_fields.h>
#include <faiss/impl/ivf_internal.h>

#define THIS(pointer) FAISS_SELF (IndexIVFIndependentQuantizer, index, pointer)
#define CONST_THIS(pointer) FAISS_CONST_SELF (IndexIVFIndependentQuantizer, index, pointer)

static const FaissIndexIVFClass *class_of_ivf (const FaissIndexIVFIndependentQuantizer *self) {
    return (const FaissIndexIVFClass *)(const void *)self->index_ivf->index.cls;
}

/* After reading a file the parts may not fit. */
static FaissStatus check_parts (const FaissIndexIVFIndependentQuantizer *self) {
    FAISS_REQUIRE (self->quantizer && self->index_ivf, "the %s is missing",
                   self->quantizer ? "index_ivf" : "quantizer");
    int d = self->index.d, d_ivf = self->index_ivf->index.d;
    FAISS_REQUIRE (self->quantizer->d == d, "expected a quantizer of d=%d, got %d", d,
                   self->quantizer->d);
    FAISS_REQUIRE (self->vt ? self->vt->d_in == d && self->vt->d_out == d_ivf : d_ivf == d,
                   "expected an index_ivf of d=%d behind a transform from d=%d, got d=%d",
                   self->vt ? self->vt->d_out : d, self->vt ? self->vt->d_in : d, d_ivf);
    return FAISS_OK;
}

/* The vectors that the lists are to store: x itself without a transform, else new memory. */
static FaissStatus transform (const FaissIndexIVFIndependentQuantizer *self, idx_t n,
                              const float *x, float **made, const float **out) {
    *out = x;
    if (self->vt) {
        FAISS_TRY (faiss_alloc (made, (size_t)n * (size_t)self->vt->d_out, sizeof **made));
        FAISS_TRY (faiss_VectorTransform_try_apply (self->vt, n, x, *made));
        *out = *made;
    }
    return FAISS_OK;
}

/* ---- training -------------------------------------------------------------------------------- */

/* The quantizer of the lists gets the transformed centroids. */
static FaissStatus copy_centroids (FaissIndexIVFIndependentQuantizer *self) {
    FaissIndex *to = self->index_ivf->quantizer;
    size_t nlist = self->index_ivf->nlist;
    FAISS_AUTO_FREE (float) *centroids = NULL;
    FAISS_AUTO_FREE (float) *made = NULL;
    const float *transformed = NULL;
    FAISS_TRY (faiss_alloc (&centroids, nlist * (size_t)self->index.d, sizeof *centroids));
    FAISS_TRY (faiss_Index_reconstruct_n (self->quantizer, 0, (idx_t)nlist, centroids));
    FAISS_TRY (transform (self, (idx_t)nlist, centroids, &made, &transformed));
    FAISS_TRY (faiss_Index_reset (to));
    if (!to->is_trained) {
        FAISS_TRY (faiss_Index_train (to, (idx_t)nlist, transformed));
    }
    return faiss_Index_add (to, (idx_t)nlist, transformed);
}

static FaissStatus train_quantizer (FaissIndexIVFIndependentQuantizer *self, idx_t n,
                                    const float *x) {
    FaissLevel1Quantizer level1 = faiss_IndexIVF_level1_quantizer (self->index_ivf);
    level1.quantizer = self->quantizer;
    return faiss_Level1Quantizer_train_q1 (&level1, (size_t)n, x, self->index.verbose,
                                           self->index.metric_type);
}

static FaissStatus IndexIVFIndependentQuantizer_train (FaissIndex *index, idx_t n, const float *x) {
    FaissIndexIVFIndependentQuantizer *self = THIS (index);
    FAISS_TRY (check_parts (self));
    FAISS_REQUIRE (self->index_ivf->quantizer, "index_ivf has no quantizer");
    FAISS_AUTO_FREE (float) *made = NULL;
    const float *transformed = NULL;
    FAISS_TRY (train_quantizer (self, n, x));
    if (self->vt && !self->vt->is_trained) {
        FAISS_TRY (faiss_VectorTransform_train (self->vt, n, x));
    }
    FAISS_TRY (copy_centroids (self));
    FAISS_TRY (transform (self, n, x, &made, &transformed));
    FAISS_TRY (faiss_Index_train (&self->index_ivf->index, n, transformed));
    index->is_trained = true;
    return FAISS_OK;
}

/* ---- adding and searching -------------------------------------------------------------------- */

static FaissStatus add (FaissIndexIVFIndependentQuantizer *self, idx_t n, const float *x,
                        const idx_t *xids) {
    FAISS_TRY (check_parts (self));
    FAISS_AUTO_FREE (idx_t) *lists = NULL;
    FAISS_AUTO_FREE (float) *made = NULL;
    const float *transformed = NULL;
    FAISS_TRY (faiss_alloc (&lists, (size_t)n, sizeof *lists));
    FAISS_TRY (faiss_Index_assign (self->quantizer, n, x, lists, 1));
    FAISS_TRY (transform (self, n, x, &made, &transformed));
    FAISS_TRY (faiss_IndexIVF_add_core (self->index_ivf, n, transformed, xids, lists));
    self->index.ntotal += n;
    return FAISS_OK;
}

static FaissStatus IndexIVFIndependentQuantizer_add (FaissIndex *index, idx_t n, const float *x) {
    return n == 0 ? FAISS_OK : add (THIS (index), n, x, NULL);
}

static FaissStatus IndexIVFIndependentQuantizer_add_with_ids (FaissIndex *index, idx_t n,
                                                              const float *x, const idx_t *xids) {
    return n == 0 ? FAISS_OK : add (THIS (index), n, x, xids);
}

/* The lists of queries. */
typedef struct Probes {
    const FaissSearchParametersIVF *params;
    idx_t *lists;
    float *distances;
    float *made;
    const float *transformed;
} FaissProbes;

static void faiss_Probes_clear (FaissProbes *self) {
    free (self->lists);
    free (self->distances);
    free (self->made);
}

static FaissStatus find_lists (const FaissIndexIVFIndependentQuantizer *self, idx_t n,
                               const float *x, const FaissSearchParameters *params,
                               FaissProbes *out) {
    FAISS_TRY (check_parts (self));
    FAISS_REQUIRE (self->index_ivf->invlists, "index_ivf has no lists");
    FaissIVFSearchSettings settings;
    FAISS_TRY (faiss_ivf_params (__func__, self->index_ivf, params, &out->params));
    FAISS_TRY (
        faiss_ivf_search_settings (__func__, self->index_ivf, out->params, false, &settings));
    FAISS_TRY (faiss_alloc (&out->lists, (size_t)n * settings.nprobe, sizeof *out->lists));
    FAISS_TRY (faiss_alloc (&out->distances, (size_t)n * settings.nprobe, sizeof *out->distances));
    FAISS_TRY (faiss_Index_search_with_params (self->quantizer, n, x, (idx_t)settings.nprobe,
                                               out->params ? out->params->quantizer_params : NULL,
                                               out->distances, out->lists));
    return transform (self, n, x, &out->made, &out->transformed);
}

static FaissStatus IndexIVFIndependentQuantizer_search (const FaissIndex *index, idx_t n,
                                                        const float *x, idx_t k,
                                                        const FaissSearchParameters *params,
                                                        float *distances, idx_t *labels) {
    const FaissIndexIVFIndependentQuantizer *self = CONST_THIS (index);
    FAISS_AUTO (Probes) probes = {0};
    FAISS_TRY (find_lists (self, n, x, params, &probes));
    return class_of_ivf (self)->search_preassigned (self->index_ivf, n, probes.transformed, k,
                                                    probes.lists, probes.distances, distances,
                                                    labels, false, probes.params, NULL);
}

static FaissStatus IndexIVFIndependentQuantizer_range_search (const FaissIndex *index, idx_t n,
                                                              const float *x, float radius,
                                                              const FaissSearchParameters *params,
                                                              FaissRangeSearchResult *result) {
    const FaissIndexIVFIndependentQuantizer *self = CONST_THIS (index);
    FAISS_AUTO (Probes) probes = {0};
    FAISS_TRY (find_lists (self, n, x, params, &probes));
    return class_of_ivf (self)->range_search_preassigned (self->index_ivf, n, probes.transformed,
                                                          radius, probes.lists, probes.distances,
                                                          result, false, probes.params, NULL);
}

static FaissStatus IndexIVFIndependentQuantizer_reset (FaissIndex *index) {
    FaissIndexIVFIndependentQuantizer *self = THIS (index);
    if (self->index_ivf) {
        FAISS_TRY (faiss_Index_reset (&self->index_ivf->index));
    }
    index->ntotal = 0;
    return FAISS_OK;
}

static FaissStatus IndexIVFIndependentQuantizer_remove_ids (FaissIndex *index,
                                                            const FaissIDSelector *sel,
                                                            size_t *n_removed) {
    FaissIndexIVFIndependentQuantizer *self = THIS (index);
    FAISS_TRY (check_parts (self));
    FAISS_TRY (faiss_Index_remove_ids (&self->index_ivf->index, sel, n_removed));
    index->ntotal -= (idx_t)*n_removed < index->ntotal ? (idx_t)*n_removed : index->ntotal;
    return FAISS_OK;
}

/* ---- parameters ------------------------------------------------------------------------------ */

static FaissStatus IndexIVFIndependentQuantizer_set_parameter (FaissIndex *index, const char *name,
                                                               double value, bool *known) {
    FaissIndexIVFIndependentQuantizer *self = THIS (index);
    FAISS_TRY (check_parts (self));
    FAISS_TRY (faiss_Index_class.set_parameter (index, name, value, known));
    FaissIndex *ivf = &self->index_ivf->index;
    bool ivf_knows = false;
    FAISS_TRY (ivf->cls->set_parameter (ivf, name, value, &ivf_knows));
    *known = *known || ivf_knows;
    return FAISS_OK;
}

/* ---- life ------------------------------------------------------------------------------------ */

static void IndexIVFIndependentQuantizer_finalize (void *object) {
    FaissIndexIVFIndependentQuantizer *self = object;
    if (self->own_fields) {
        faiss_object_free (self->quantizer);
        faiss_object_free (self->index_ivf);
        faiss_object_free (self->vt);
    }
}

static FaissStatus IndexIVFIndependentQuantizer_copy (void *object, const void *other_object) {
    FaissIndexIVFIndependentQuantizer *self = object;
    const FaissIndexIVFIndependentQuantizer *other = other_object;
    self->own_fields = true;
    if (other->quantizer) {
        FAISS_TRY (faiss_object_clone (&self->quantizer, other->quantizer));
    }
    if (other->vt) {
        FAISS_TRY (faiss_object_clone (&self->vt, other->vt));
    }
    return other->index_ivf ? faiss_object_clone (&self->index_ivf, other->index_ivf) : FAISS_OK;
}

FaissStatus faiss_IndexIVFIndependentQuantizer_new (FaissIndexIVFIndependentQuantizer **out) {
    FAISS_REQUIRE_ARG (out);
    FAISS_OWNED (IndexIVFIndependentQuantizer) *self = NULL;
    FAISS_TRY (faiss_object_new (&self, &faiss_IndexIVFIndependentQuantizer_class.head));
    FAISS_TRY (faiss_Index_init (&self->index, 0, METRIC_L2));
    self->index.is_trained = false;
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

FaissStatus faiss_IndexIVFIndependentQuantizer_new_with (FaissIndexIVFIndependentQuantizer **out,
                                                         FaissIndex *quantizer,
                                                         FaissIndexIVF *index_ivf,
                                                         FaissVectorTransform *vt) {
    FAISS_REQUIRE_ARG (out);
    FAISS_REQUIRE_ARG (quantizer);
    FAISS_REQUIRE_ARG (index_ivf);
    FAISS_REQUIRE (quantizer->ntotal == 0 || quantizer->ntotal == (idx_t)index_ivf->nlist,
                   "expected an empty quantizer or one of nlist=%zu vectors, got %lld",
                   index_ivf->nlist, (long long)quantizer->ntotal);
    FAISS_OWNED (IndexIVFIndependentQuantizer) *self = NULL;
    FAISS_TRY (faiss_IndexIVFIndependentQuantizer_new (&self));
    self->index.d = quantizer->d;
    self->index.metric_type = index_ivf->index.metric_type;
    self->index.metric_arg = index_ivf->index.metric_arg;
    self->quantizer = quantizer;
    self->index_ivf = index_ivf;
    self->vt = vt;
    FAISS_TRY (check_parts (self));
    self->index.is_trained = quantizer->ntotal == (idx_t)index_ivf->nlist &&
                             index_ivf->index.is_trained && (!vt || vt->is_trained);
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

void faiss_IndexIVFIndependentQuantizer_free (FaissIndexIVFIndependentQuantizer *self) {
    faiss_object_free (self);
}

FaissIndexIVFIndependentQuantizer *faiss_IndexIVFIndependentQuantizer_cast (FaissIndex *index) {
    return faiss_object_cast (index, &faiss_IndexIVFIndependentQuantizer_class.head);
}

/* ---- files ----------------------------------------------------------------------------------- */

static FaissStatus IndexIVFIndependentQuantizer_read (void **out, FaissIOReader *r, uint32_t tag,
                                                      int io_flags) {
    (void)tag;
    FAISS_OWNED (IndexIVFIndependentQuantizer) *self = NULL;
    bool has_transform = false;
    FAISS_TRY (faiss_IndexIVFIndependentQuantizer_new (&self));
    self->own_fields = true;
    FAISS_TRY (faiss_read_index_header (r, &self->index));
    FAISS_TRY (faiss_read_object (r, &faiss_Index_class.head, io_flags, &self->quantizer));
    FAISS_TRY (faiss_read_bool (r, &has_transform, "has_transform"));
    if (has_transform) {
        FAISS_TRY (faiss_read_object (r, &faiss_VectorTransform_class.head, io_flags, &self->vt));
    }
    FAISS_TRY (faiss_read_object (r, &faiss_IndexIVF_class.index.head, io_flags, &self->index_ivf));
    FAISS_REQUIRE_FILE (r, self->index_ivf, "index_ivf is missing");
    FAISS_REQUIRE_FILE (r,
                        !self->vt || (self->vt->d_in == self->index.d &&
                                      self->vt->d_out == self->index_ivf->index.d),
                        "expected a transform from d=%d to %d, got one from %d to %d",
                        self->index.d, self->index_ivf->index.d, self->vt->d_in, self->vt->d_out);
    FaissIndexIVFPQ *ivfpq =
        faiss_object_cast (self->index_ivf, &faiss_IndexIVFPQ_class.index.head);
    if (ivfpq) { /* what the inner file does not have */
        FAISS_TRY (faiss_read_i32 (r, &ivfpq->use_precomputed_table, "use_precomputed_table"));
    }
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

static FaissStatus IndexIVFIndependentQuantizer_write (const void *object, FaissIOWriter *w,
                                                       int io_flags) {
    const FaissIndexIVFIndependentQuantizer *self = object;
    FAISS_TRY (faiss_write_tag (w, "IwIQ"));
    FAISS_TRY (faiss_write_index_header (w, &self->index));
    FAISS_TRY (faiss_write_object (w, self->quantizer, io_flags));
    FAISS_TRY (faiss_write_bool (w, self->vt != NULL));
    if (self->vt) {
        FAISS_TRY (faiss_write_object (w, self->vt, io_flags));
    }
    FAISS_TRY (faiss_write_object (w, self->index_ivf, io_flags));
    const FaissIndexIVFPQ *ivfpq =
        faiss_object_cast (self->index_ivf, &faiss_IndexIVFPQ_class.index.head);
    return ivfpq ? faiss_write_i32 (w, ivfpq->use_precomputed_table) : FAISS_OK;
}

/* What a field was set to may not fit the others. */
static FaissStatus IndexIVFIndependentQuantizer_check (const void *object) {
    const FaissIndexIVFIndependentQuantizer *self = object;
    if (self->quantizer) {
        FAISS_TRY (faiss_object_check (self->quantizer));
    }
    return self->index_ivf ? faiss_object_check (self->index_ivf) : FAISS_OK;
}

FaissIndexClass faiss_IndexIVFIndependentQuantizer_class = {
    .head = {.name = "IndexIVFIndependentQuantizer",
             .parent = &faiss_Index_class.head,
             .instance_size = sizeof (FaissIndexIVFIndependentQuantizer),
             .table_size = sizeof (FaissIndexClass),
             .finalize = IndexIVFIndependentQuantizer_finalize,
             .check = IndexIVFIndependentQuantizer_check,
             .copy = IndexIVFIndependentQuantizer_copy,
             .tags = "IwIQ",
             .read = IndexIVFIndependentQuantizer_read,
             .write = IndexIVFIndependentQuantizer_write},
    .train = IndexIVFIndependentQuantizer_train,
    .add = IndexIVFIndependentQuantizer_add,
    .add_with_ids = IndexIVFIndependentQuantizer_add_with_ids,
    .search = IndexIVFIndependentQuantizer_search,
    .range_search = IndexIVFIndependentQuantizer_range_search,
    .reset = IndexIVFIndependentQuantizer_reset,
    .remove_ids = IndexIVFIndependentQuantizer_remove_ids,
    .set_parameter = IndexIVFIndependentQuantizer_set_parameter,
};
