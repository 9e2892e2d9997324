/* All vectors that an additive quantizer can encode, as centroids: what the classes share. */
#include <faiss/impl/check.h>
#include <faiss/impl/index_additive_internal.h>
#include <faiss/impl/index_check.h>

/* of all codes */
enum { MAX_BITS = 62 };

#define SELF(pointer) FAISS_SELF (AdditiveCoarseQuantizer, index, pointer)
#define CONST_SELF(pointer) FAISS_CONST_SELF (AdditiveCoarseQuantizer, index, pointer)

FaissStatus faiss_AdditiveCoarseQuantizer_init (FaissAdditiveCoarseQuantizer *self, idx_t d,
                                                FaissAdditiveQuantizer *aq,
                                                FaissMetricType metric) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE (metric == METRIC_L2 || metric == METRIC_INNER_PRODUCT,
                   "expected METRIC_L2 or METRIC_INNER_PRODUCT, got %d", (int)metric);
    self->aq = aq;
    FAISS_TRY (faiss_Index_init (&self->index, d, metric));
    self->index.is_trained = false;
    return FAISS_OK;
}

FaissStatus faiss_AdditiveCoarseQuantizer_new_with (FaissAdditiveCoarseQuantizer **out, idx_t d,
                                                    FaissAdditiveQuantizer *aq,
                                                    FaissMetricType metric) {
    FAISS_REQUIRE_ARG (out);
    FAISS_REQUIRE_ARG (aq);
    FAISS_REQUIRE (d >= 0 && aq->quantizer.d == (size_t)d, "expected aq.d=%lld, got %zu",
                   (long long)d, aq->quantizer.d);
    FAISS_OWNED (AdditiveCoarseQuantizer) *self = NULL;
    FAISS_TRY (faiss_object_new (&self, &faiss_AdditiveCoarseQuantizer_class.head));
    FAISS_TRY (faiss_AdditiveCoarseQuantizer_init (self, d, aq, metric));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

void faiss_AdditiveCoarseQuantizer_free (FaissAdditiveCoarseQuantizer *self) {
    faiss_object_free (self);
}

FaissAdditiveCoarseQuantizer *faiss_AdditiveCoarseQuantizer_cast (FaissIndex *index) {
    return faiss_object_cast (index, &faiss_AdditiveCoarseQuantizer_class.head);
}

static void AdditiveCoarseQuantizer_finalize (void *object) {
    FaissAdditiveCoarseQuantizer *self = object;
    faiss_Float32Vector_clear (&self->centroid_norms);
}

/* Subclasses point to their own quantizer afterwards. */
static FaissStatus AdditiveCoarseQuantizer_copy (void *object, const void *other_object) {
    FaissAdditiveCoarseQuantizer *self = object;
    const FaissAdditiveCoarseQuantizer *other = other_object;
    self->aq = other->aq;
    return faiss_Float32Vector_assign (&self->centroid_norms, other->centroid_norms.data,
                                       other->centroid_norms.size);
}

FaissStatus faiss_AdditiveCoarseQuantizer_compute_norms (FaissAdditiveCoarseQuantizer *self) {
    FAISS_AUTO (Float32Vector) norms = {0};
    if (self->index.metric_type == METRIC_L2) {
        size_t bits = faiss_aq_row_bits (self->aq);
        FAISS_REQUIRE (bits < 48, "2^%zu centroids are too many", bits);
        FAISS_TRY (faiss_Float32Vector_resize (&norms, (size_t)1 << bits));
        FAISS_TRY (faiss_AdditiveQuantizer_compute_centroid_norms (self->aq, norms.data));
    }
    faiss_Float32Vector_swap (&self->centroid_norms, &norms);
    return FAISS_OK;
}

FaissStatus faiss_AdditiveCoarseQuantizer_train_aq (FaissAdditiveCoarseQuantizer *self, idx_t n,
                                                    const float *x) {
    FaissAdditiveQuantizer *aq = self->aq;
    FAISS_REQUIRE (aq, "there is no quantizer");
    FAISS_REQUIRE (aq->tot_bits <= MAX_BITS, "expected at most 2^%d centroids, got 2^%zu", MAX_BITS,
                   aq->tot_bits);
    aq->verbose = aq->verbose || self->index.verbose;
    return faiss_Quantizer_train (&aq->quantizer, (size_t)n, x);
}

static FaissStatus AdditiveCoarseQuantizer_train (FaissIndex *index, idx_t n, const float *x) {
    FaissAdditiveCoarseQuantizer *self = SELF (index);
    FAISS_TRY (faiss_AdditiveCoarseQuantizer_train_aq (self, n, x));
    FAISS_TRY (faiss_AdditiveCoarseQuantizer_compute_norms (self));
    index->is_trained = true;
    index->ntotal = (idx_t)1 << self->aq->tot_bits;
    return FAISS_OK;
}

static FaissStatus AdditiveCoarseQuantizer_add (FaissIndex *index, idx_t n, const float *x) {
    (void)n, (void)x;
    FAISS_FAIL ("the vectors of an %s are those that it can encode",
                faiss_Index_class_name (index));
}

static FaissStatus AdditiveCoarseQuantizer_reset (FaissIndex *index) {
    FAISS_FAIL ("the vectors of an %s are those that it can encode",
                faiss_Index_class_name (index));
}

static FaissStatus AdditiveCoarseQuantizer_search (const FaissIndex *index, idx_t n, const float *x,
                                                   idx_t k, const FaissSearchParameters *params,
                                                   float *distances, idx_t *labels) {
    const FaissAdditiveCoarseQuantizer *self = CONST_SELF (index);
    FAISS_REQUIRE (!params, "search params are not supported for this index");
    if (index->metric_type == METRIC_INNER_PRODUCT) {
        return faiss_AdditiveQuantizer_knn_centroids_inner_product (self->aq, n, x, k, distances,
                                                                    labels);
    }
    FAISS_REQUIRE (self->centroid_norms.size == (size_t)1 << faiss_aq_row_bits (self->aq),
                   "centroid_norms has %zu elements: call set_beam_factor",
                   self->centroid_norms.size);
    return faiss_AdditiveQuantizer_knn_centroids_L2 (self->aq, n, x, k, distances, labels,
                                                     self->centroid_norms.data);
}

static FaissStatus AdditiveCoarseQuantizer_reconstruct (const FaissIndex *index, idx_t key,
                                                        float *recons) {
    FAISS_REQUIRE (key >= 0 && key < index->ntotal, "expected 0 <= key < ntotal=%lld, got %lld",
                   (long long)index->ntotal, (long long)key);
    return faiss_AdditiveQuantizer_decode_64bit (CONST_SELF (index)->aq, key, recons);
}

/* What a field was set to may not fit the others. */
static FaissStatus AdditiveCoarseQuantizer_check (const void *object) {
    const FaissAdditiveCoarseQuantizer *self = object;
    const FaissAdditiveQuantizer *aq = self->aq;
    FAISS_REQUIRE (aq || !self->index.is_trained, "there is no quantizer");
    if (!aq) {
        return FAISS_OK;
    }
    FAISS_REQUIRE (aq->quantizer.d == (size_t)self->index.d,
                   "expected a quantizer of d=%d, got %zu", self->index.d, aq->quantizer.d);
    FAISS_REQUIRE (!self->index.is_trained || (aq->is_trained && aq->tot_bits <= MAX_BITS &&
                                               self->index.ntotal == (idx_t)1 << aq->tot_bits),
                   "ntotal=%lld is not the number of vectors that a trained quantizer of %zu bits "
                   "encodes",
                   (long long)self->index.ntotal, aq->tot_bits);
    return faiss_object_check (aq);
}

FaissIndexClass faiss_AdditiveCoarseQuantizer_class = {
    .head = {.name = "AdditiveCoarseQuantizer",
             .parent = &faiss_Index_class.head,
             .instance_size = sizeof (FaissAdditiveCoarseQuantizer),
             .table_size = sizeof (FaissIndexClass),
             .finalize = AdditiveCoarseQuantizer_finalize,
             .check = AdditiveCoarseQuantizer_check,
             .copy = AdditiveCoarseQuantizer_copy},
    .train = AdditiveCoarseQuantizer_train,
    .add = AdditiveCoarseQuantizer_add,
    .reset = AdditiveCoarseQuantizer_reset,
    .search = AdditiveCoarseQuantizer_search,
    .reconstruct = AdditiveCoarseQuantizer_reconstruct,
};
