/* The vectors of a residual quantizer as centroids, found by beam search. */
#include <math.h>

#include <faiss/impl/check.h>
#include <faiss/impl/index_additive_internal.h>
#include <faiss/impl/residual_beam.h>
#include <faiss/index_io.h>
#include <faiss/utils/Heap.h>

#define SELF(pointer) FAISS_SELF (ResidualCoarseQuantizer, index, pointer)
#define CONST_SELF(pointer) FAISS_CONST_SELF (ResidualCoarseQuantizer, index, pointer)

enum { MAX_BEAM_FACTOR = 1000 }; /* the file format has the same limit */

/* ---- life ------------------------------------------------------------------------------------ */

static FaissStatus new_index (FaissResidualCoarseQuantizer **out, int d, size_t M,
                              const uint64_t *nbits, FaissMetricType metric) {
    const float beam_factor = 4;
    FAISS_REQUIRE_ARG (out);
    FAISS_REQUIRE (d >= 0, "expected d >= 0, got %d", d);
    FAISS_OWNED (ResidualCoarseQuantizer) *self = NULL;
    FAISS_TRY (faiss_object_new (&self, &faiss_ResidualCoarseQuantizer_class.head));
    faiss_object_init (&self->rq, &faiss_ResidualQuantizer_class.quantizer.head);
    FAISS_TRY (faiss_ResidualQuantizer_init (&self->rq, (size_t)d, M, nbits,
                                             AdditiveQuantizer_ST_decompress));
    FAISS_TRY (faiss_AdditiveCoarseQuantizer_init (&self->coarse, d, &self->rq.aq, metric));
    self->beam_factor = beam_factor;
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

FaissStatus faiss_ResidualCoarseQuantizer_new (FaissResidualCoarseQuantizer **out) {
    return new_index (out, 0, 0, NULL, METRIC_L2);
}

FaissStatus faiss_ResidualCoarseQuantizer_new_with (FaissResidualCoarseQuantizer **out, int d,
                                                    size_t M, size_t nbits,
                                                    FaissMetricType metric) {
    FAISS_AUTO (UInt64Vector) all = {0};
    FAISS_TRY (faiss_aq_repeat_nbits (&all, M, nbits));
    return new_index (out, d, M, all.data, metric);
}

FaissStatus faiss_ResidualCoarseQuantizer_new_with_nbits (FaissResidualCoarseQuantizer **out, int d,
                                                          const FaissUInt64Vector *nbits,
                                                          FaissMetricType metric) {
    FAISS_REQUIRE_ARG (nbits);
    return new_index (out, d, nbits->size, nbits->data, metric);
}

void faiss_ResidualCoarseQuantizer_free (FaissResidualCoarseQuantizer *self) {
    faiss_object_free (self);
}

FaissResidualCoarseQuantizer *faiss_ResidualCoarseQuantizer_cast (FaissIndex *index) {
    return faiss_object_cast (index, &faiss_ResidualCoarseQuantizer_class.head);
}

static void ResidualCoarseQuantizer_finalize (void *object) {
    FaissResidualCoarseQuantizer *self = object;
    faiss_object_clear (&self->rq);
}

static FaissStatus ResidualCoarseQuantizer_copy (void *object, const void *other_object) {
    FaissResidualCoarseQuantizer *self = object;
    const FaissResidualCoarseQuantizer *other = other_object;
    self->coarse.aq = &self->rq.aq;
    self->beam_factor = other->beam_factor;
    return faiss_object_assign (&self->rq, &other->rq);
}

/* ---- search parameters ----------------------------------------------------------------------- */

FaissClass faiss_SearchParametersResidualCoarseQuantizer_class = {
    .name = "SearchParametersResidualCoarseQuantizer",
    .parent = &faiss_SearchParameters_class,
    .instance_size = sizeof (FaissSearchParametersResidualCoarseQuantizer),
    .table_size = sizeof (FaissClass),
};

FaissStatus faiss_SearchParametersResidualCoarseQuantizer_new (
    FaissSearchParametersResidualCoarseQuantizer **out) {
    const float beam_factor = 4;
    FAISS_REQUIRE_ARG (out);
    FaissSearchParametersResidualCoarseQuantizer *self = NULL;
    FAISS_TRY (faiss_object_new (&self, &faiss_SearchParametersResidualCoarseQuantizer_class));
    self->beam_factor = beam_factor;
    *out = self;
    return FAISS_OK;
}

void faiss_SearchParametersResidualCoarseQuantizer_free (
    FaissSearchParametersResidualCoarseQuantizer *self) {
    faiss_object_free (self);
}

/* ---- training -------------------------------------------------------------------------------- */

FaissStatus faiss_ResidualCoarseQuantizer_set_beam_factor (FaissResidualCoarseQuantizer *self,
                                                           float new_beam_factor) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE (new_beam_factor < 0 || new_beam_factor >= 1,
                   "expected beam_factor >= 1, or negative, got %g", (double)new_beam_factor);
    if (new_beam_factor >= 0) {
        faiss_Float32Vector_clear (&self->coarse.centroid_norms);
    } else if (self->index.is_trained && self->coarse.centroid_norms.size == 0) {
        FAISS_TRY (faiss_AdditiveCoarseQuantizer_compute_norms (&self->coarse));
    }
    self->beam_factor = new_beam_factor;
    return FAISS_OK;
}

/* The centroids are there, as soon as the quantizer is trained. */
static FaissStatus finish_training (FaissResidualCoarseQuantizer *self) {
    self->index.is_trained = true;
    self->index.ntotal = (idx_t)1 << self->rq.aq.tot_bits;
    return faiss_ResidualCoarseQuantizer_set_beam_factor (self, self->beam_factor);
}

static FaissStatus ResidualCoarseQuantizer_train (FaissIndex *index, idx_t n, const float *x) {
    FaissResidualCoarseQuantizer *self = SELF (index);
    FAISS_TRY (faiss_AdditiveCoarseQuantizer_train_aq (&self->coarse, n, x));
    faiss_Float32Vector_clear (&self->coarse.centroid_norms);
    return finish_training (self);
}

FaissStatus faiss_ResidualCoarseQuantizer_initialize_from (
    FaissResidualCoarseQuantizer *self, const FaissResidualCoarseQuantizer *other) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE_ARG (other);
    FAISS_TRY (faiss_ResidualQuantizer_initialize_from (&self->rq, &other->rq, 0));
    faiss_Float32Vector_clear (&self->coarse.centroid_norms);
    self->beam_factor = other->beam_factor;
    return finish_training (self);
}

/* ---- search ---------------------------------------------------------------------------------- */

/* Vectors whose beams are found at a time, for the memory that these take. */
static idx_t part_size (const FaissResidualCoarseQuantizer *self, idx_t beam_size) {
    const size_t memory = (size_t)64 << 20;
    size_t per_vector = (size_t)beam_size * (self->rq.aq.M * sizeof (int32_t) + sizeof (float));
    size_t n = memory / per_vector;
    return n < 1 ? 1 : n > 65536 ? 65536 : (idx_t)n;
}

/* The first k of each beam; there may be fewer. */
static void report (const FaissResidualCoarseQuantizer *self, idx_t n, idx_t beam_size, idx_t k,
                    const int32_t *codes, const float *beam_distances, float *distances,
                    idx_t *labels) {
    const FaissAdditiveQuantizer *aq = &self->rq.aq;
    for (idx_t i = 0; i < n; i++) {
        faiss_heap_heapify (false, (size_t)k, distances + i * k, labels + i * k);
        for (idx_t j = 0; j < k && j < beam_size; j++) {
            const int32_t *code = codes + (size_t)(i * beam_size + j) * aq->M;
            uint64_t label = 0;
            for (size_t m = aq->M; m-- > 0;) {
                label = label << aq->nbits.data[m] | (uint64_t)code[m];
            }
            labels[i * k + j] = (idx_t)label;
            distances[i * k + j] = beam_distances[i * beam_size + j];
        }
    }
}

static FaissStatus beam_search (const FaissResidualCoarseQuantizer *self, idx_t n, const float *x,
                                idx_t k, idx_t beam_size, float *distances, idx_t *labels) {
    const FaissAdditiveQuantizer *aq = &self->rq.aq;
    idx_t part = part_size (self, beam_size);
    part = part < n ? part : n;
    __attribute__ ((cleanup (faiss_BeamStages_clear))) FaissBeamStages stages = {0};
    FAISS_AUTO_FREE (int32_t) *codes = NULL;
    FAISS_AUTO_FREE (float) *beam_distances = NULL;
    FAISS_TRY (faiss_BeamStages_init (&stages, aq->quantizer.d, aq->M, aq->codebooks.data,
                                      aq->codebook_offsets.data));
    FAISS_TRY (faiss_alloc (&codes, (size_t)(part * beam_size) * aq->M, sizeof *codes));
    FAISS_TRY (faiss_alloc (&beam_distances, (size_t)(part * beam_size), sizeof *beam_distances));
    for (idx_t begin = 0; begin < n; begin += part) {
        idx_t size = n - begin < part ? n - begin : part;
        FAISS_TRY (faiss_beam_search (&stages, (size_t)size, 1, x + (size_t)begin * aq->quantizer.d,
                                      (size_t)beam_size, (size_t)beam_size, codes, NULL,
                                      beam_distances));
        report (self, size, beam_size, k, codes, beam_distances, distances + begin * k,
                labels + begin * k);
    }
    return FAISS_OK;
}

static FaissStatus ResidualCoarseQuantizer_search (const FaissIndex *index, idx_t n, const float *x,
                                                   idx_t k, const FaissSearchParameters *params,
                                                   float *distances, idx_t *labels) {
    const FaissResidualCoarseQuantizer *self = CONST_SELF (index);
    float beam_factor = self->beam_factor;
    if (params) {
        const FaissSearchParametersResidualCoarseQuantizer *own =
            faiss_object_cast (params, &faiss_SearchParametersResidualCoarseQuantizer_class);
        FAISS_REQUIRE (own, "need SearchParametersResidualCoarseQuantizer parameters");
        FAISS_REQUIRE (!own->params.sel, "a selector is not supported for this index");
        beam_factor = own->beam_factor;
    }
    if (beam_factor < 0) {
        return faiss_AdditiveCoarseQuantizer_class.search (index, n, x, k, NULL, distances, labels);
    }
    double beam_size = floor ((double)k * (double)beam_factor);
    FAISS_REQUIRE (beam_size >= 1, "expected k * beam_factor >= 1, got %g", beam_size);
    idx_t size = beam_size > (double)index->ntotal ? index->ntotal : (idx_t)beam_size;
    FAISS_REQUIRE (size <= INT32_MAX, "beams of %lld are too large", (long long)size);
    return beam_search (self, n, x, k, size, distances, labels);
}

/* ---- files ----------------------------------------------------------------------------------- */

static FaissStatus read_beam_factor (FaissIOReader *r, FaissResidualCoarseQuantizer *self,
                                     int io_flags) {
    enum { MAX_BITS = 62 };
    const FaissAdditiveQuantizer *aq = &self->rq.aq;
    const size_t limit = faiss_deserialization_vector_byte_limit;
    float beam_factor;
    FAISS_TRY (faiss_check_aq_dimension (r, &self->index, aq));
    FAISS_TRY (faiss_read_f32 (r, &beam_factor, "beam_factor"));
    FAISS_REQUIRE_FILE (r, aq->tot_bits <= MAX_BITS, "codes have %zu bits, expected at most %d",
                        aq->tot_bits, MAX_BITS);
    FAISS_REQUIRE_FILE (r, self->index.ntotal == (idx_t)1 << aq->tot_bits,
                        "ntotal is %lld, expected 2^%zu", (long long)self->index.ntotal,
                        aq->tot_bits);
    size_t ntotal = (size_t)self->index.ntotal;
    FAISS_REQUIRE_FILE (r,
                        ntotal < limit / sizeof (float) && ntotal < limit / sizeof (float) / aq->M,
                        "%zu centroids are too many", ntotal);
    FAISS_REQUIRE_FILE (r,
                        !(beam_factor > 0) || (beam_factor >= 1 && beam_factor <= MAX_BEAM_FACTOR),
                        "beam_factor is %g, expected 1 .. %d, or a negative number",
                        (double)beam_factor, MAX_BEAM_FACTOR);
    if (io_flags & FAISS_IO_FLAG_SKIP_PRECOMPUTE_TABLE) {
        self->beam_factor = -1; /* as upstream does; exact searches want the norms first */
        return FAISS_OK;
    }
    self->beam_factor = beam_factor;
    return beam_factor < 0 && aq->is_trained
               ? faiss_AdditiveCoarseQuantizer_compute_norms (&self->coarse)
               : FAISS_OK;
}

static FaissStatus ResidualCoarseQuantizer_read (void **out, FaissIOReader *r, uint32_t tag,
                                                 int io_flags) {
    (void)tag;
    FAISS_OWNED (ResidualCoarseQuantizer) *self = NULL;
    FAISS_TRY (faiss_ResidualCoarseQuantizer_new (&self));
    FAISS_TRY (faiss_read_index_header (r, &self->index));
    FAISS_TRY (faiss_read_ResidualQuantizer (r, &self->rq, io_flags));
    FAISS_TRY (read_beam_factor (r, self, io_flags));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

static FaissStatus ResidualCoarseQuantizer_write (const void *object, FaissIOWriter *w,
                                                  int io_flags) {
    (void)io_flags;
    const FaissResidualCoarseQuantizer *self = object;
    FAISS_TRY (faiss_write_tag (w, "ImRQ"));
    FAISS_TRY (faiss_write_index_header (w, &self->index));
    FAISS_TRY (faiss_write_ResidualQuantizer (w, &self->rq));
    return faiss_write_f32 (w, self->beam_factor);
}

/* ---- factory strings ------------------------------------------------------------------------- */

static FaissStatus build_from_factory (const FaissFactoryContext *context, void *out) {
    FaissResidualCoarseQuantizer *self = NULL;
    FAISS_AUTO (UInt64Vector) nbits = {0};
    FAISS_TRY (faiss_aq_parse_sizes (context->groups[1], &nbits));
    FAISS_TRY (new_index (&self, context->d, nbits.size, nbits.data, context->metric));
    *(FaissIndex **)out = &self->index;
    return FAISS_OK;
}

static const FaissFactoryRule factory_rules[] = {
    {.pattern = "RCQ" FAISS_AQ_SIZES FAISS_AQ_NORM,
     .kind = FAISS_FACTORY_INDEX,
     .syntax = "RCQ<M>x<nbits>[_<M>x<nbits>...]",
     .what = "all vectors of a residual quantizer, for IVF<n>(...)",
     .build = build_from_factory},
    {.pattern = NULL},
};

static FaissStatus ResidualCoarseQuantizer_describe (const void *object, FaissString *out) {
    const FaissResidualCoarseQuantizer *self = object;
    FAISS_TRY (faiss_String_printf (out, "RCQ"));
    return faiss_aq_describe_sizes (&self->rq.aq, out);
}

/* ---- the class ------------------------------------------------------------------------------- */

FaissIndexClass faiss_ResidualCoarseQuantizer_class = {
    .head = {.name = "ResidualCoarseQuantizer",
             .parent = &faiss_AdditiveCoarseQuantizer_class.head,
             .instance_size = sizeof (FaissResidualCoarseQuantizer),
             .table_size = sizeof (FaissIndexClass),
             .finalize = ResidualCoarseQuantizer_finalize,
             .copy = ResidualCoarseQuantizer_copy,
             .tags = "ImRQ",
             .read = ResidualCoarseQuantizer_read,
             .write = ResidualCoarseQuantizer_write,
             .factory = factory_rules,
             .describe = ResidualCoarseQuantizer_describe},
    .train = ResidualCoarseQuantizer_train,
    .search = ResidualCoarseQuantizer_search,
};
