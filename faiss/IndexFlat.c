/* Exhaustive search over the vectors as they are. */
#include <faiss/IndexFlat.h>

#include <math.h>
#include <string.h>

#include <faiss/IndexFlatPanorama.h>
#include <faiss/impl/check.h>
#include <faiss/impl/factory_rule.h>
#include <faiss/impl/index_check.h>
#include <faiss/impl/io_fields.h>
#include <faiss/impl/parallel.h>
#include <faiss/utils/distances.h>
#include <faiss/utils/exact_search.h>
#include <faiss/utils/extra_distances.h>
#include <faiss/utils/string.h>

#define CONST_SELF(pointer) FAISS_CONST_SELF (IndexFlat, index, pointer)

static const float *vectors_of (const FaissIndexFlat *self) {
    return (const float *)(const void *)self->flat_codes.codes.data;
}

FaissStatus faiss_IndexFlat_init (FaissIndexFlat *self, idx_t d, FaissMetricType metric) {
    FAISS_REQUIRE_ARG (self);
    return faiss_IndexFlatCodes_init (&self->flat_codes, sizeof (float) * (size_t)d, d, metric);
}

/* What searches derive from the vectors is no part of the index's value. */
static FaissDerivedRows *derived_of (const FaissIndexFlat *self) {
    return (FaissDerivedRows *)(uintptr_t)&self->flat_codes.derived;
}

/* ---- search ---------------------------------------------------------------------------------- */

/* ntotal and d are the caller's to set: are there as many vectors? */
static FaissStatus check_vectors_are_there (const FaissIndexFlat *self) {
    size_t d = (size_t)self->index.d, n = (size_t)self->index.ntotal;
    size_t n_bytes = self->flat_codes.codes.size;
    FAISS_REQUIRE (d == 0 || n <= n_bytes / sizeof (float) / d,
                   "the codes have %zu bytes, which are no %zu vectors of %zu components", n_bytes,
                   n, d);
    return FAISS_OK;
}

static FaissStatus IndexFlat_search (const FaissIndex *index, idx_t n, const float *x, idx_t k,
                                     const FaissSearchParameters *params, float *distances,
                                     idx_t *labels) {
    const FaissIDSelector *sel = params ? params->sel : NULL;
    const FaissIndexFlat *self = CONST_SELF (index);
    FAISS_TRY (check_vectors_are_there (self));
    const float *y = vectors_of (self);
    size_t d = (size_t)index->d, nx = (size_t)n, ny = (size_t)index->ntotal;
    switch (index->metric_type) {
    case METRIC_INNER_PRODUCT:
    case METRIC_L2:
        return faiss_filtered_knn (index->metric_type == METRIC_INNER_PRODUCT, x, y, d, nx, ny,
                                   (size_t)k, distances, labels, sel, derived_of (self),
                                   !self->flat_codes.codes.owner);
    default:
        return faiss_knn_extra_metrics (x, y, d, nx, ny, index->metric_type, index->metric_arg,
                                        (size_t)k, distances, labels, sel);
    }
}

static FaissStatus IndexFlat_range_search (const FaissIndex *index, idx_t n, const float *x,
                                           float radius, const FaissSearchParameters *params,
                                           FaissRangeSearchResult *result) {
    const FaissIDSelector *sel = params ? params->sel : NULL;
    const FaissIndexFlat *self = CONST_SELF (index);
    FAISS_TRY (check_vectors_are_there (self));
    const float *y = vectors_of (self);
    size_t d = (size_t)index->d, nx = (size_t)n, ny = (size_t)index->ntotal;
    switch (index->metric_type) {
    case METRIC_INNER_PRODUCT:
    case METRIC_L2:
        return faiss_filtered_range_search (index->metric_type == METRIC_INNER_PRODUCT, x, y, d, nx,
                                            ny, radius, result, sel, derived_of (self),
                                            !self->flat_codes.codes.owner);
    default:
        return faiss_range_search_extra_metrics (x, y, d, nx, ny, index->metric_type,
                                                 index->metric_arg, radius, result, sel);
    }
}

FaissStatus faiss_IndexFlat_compute_distance_subset (FaissIndex *index, idx_t n, const float *x,
                                                     idx_t k, float *distances,
                                                     const idx_t *labels) {
    const FaissIndexFlat *self = faiss_IndexFlat_cast (index);
    FAISS_REQUIRE (self, "the index is %s", index ? "not an IndexFlat" : "NULL");
    FAISS_REQUIRE (!faiss_IndexFlatPanorama_cast (index),
                   "the codes of an %s are not rows: use its distance computer or search_subset",
                   faiss_Index_class_name (index));
    FAISS_REQUIRE (n >= 0 && k >= 0, "expected n >= 0 and k >= 0, got n=%lld, k=%lld", (long long)n,
                   (long long)k);
    FAISS_REQUIRE (n == 0 || k == 0 || (x && distances && labels),
                   "x, distances or labels is NULL");
    FaissVectorDistance distance = NULL;
    FAISS_TRY (faiss_vector_distance (&distance, index->metric_type));
    for (idx_t i = 0; i < n * k; i++) {
        FAISS_REQUIRE (labels[i] < index->ntotal, "label %lld, but ntotal=%lld",
                       (long long)labels[i], (long long)index->ntotal);
    }
    size_t d = (size_t)index->d;
    float worst = faiss_is_similarity_metric (index->metric_type) ? -HUGE_VALF : HUGE_VALF;
#pragma omp parallel for num_threads(faiss_threads_for(n))
    for (idx_t i = 0; i < n; i++) {
        for (idx_t j = i * k; j < (i + 1) * k; j++) {
            distances[j] = labels[j] < 0 ? worst
                                         : distance (x + (size_t)i * d,
                                                     vectors_of (self) + (size_t)labels[j] * d, d,
                                                     index->metric_arg);
        }
    }
    return FAISS_OK;
}

/* ---- codes are the vectors ------------------------------------------------------------------- */

static FaissStatus IndexFlat_sa_encode (const FaissIndex *index, idx_t n, const float *x,
                                        uint8_t *bytes) {
    if (n > 0 && index->d > 0) {
        return faiss_copy_bytes (bytes, x, (size_t)n * CONST_SELF (index)->flat_codes.code_size);
    }
    return FAISS_OK;
}

static FaissStatus IndexFlat_sa_decode (const FaissIndex *index, idx_t n, const uint8_t *bytes,
                                        float *x) {
    if (n > 0 && index->d > 0) {
        return faiss_copy_bytes (x, bytes, (size_t)n * CONST_SELF (index)->flat_codes.code_size);
    }
    return FAISS_OK;
}

static FaissStatus IndexFlat_get_FlatCodesDistanceComputer (const FaissIndexFlatCodes *codes,
                                                            FaissFlatCodesDistanceComputer **out) {
    const FaissIndexFlat *self = FAISS_CONST_SELF (IndexFlat, flat_codes, codes);
    return faiss_get_extra_distance_computer (out, (size_t)self->index.d, self->index.metric_type,
                                              self->index.metric_arg, (size_t)self->index.ntotal,
                                              vectors_of (self));
}

float *faiss_IndexFlat_get_xb (FaissIndexFlat *self) {
    if (!self) {
        return NULL;
    }
    faiss_derived_rows_expose (&self->flat_codes.derived);
    return (float *)(void *)self->flat_codes.codes.data;
}

void faiss_IndexFlat_xb (FaissIndexFlat *self, float **xb, size_t *size) {
    if (!self) {
        return;
    }
    if (xb) {
        *xb = faiss_IndexFlat_get_xb (self);
    }
    if (size) {
        *size = self->flat_codes.codes.size / sizeof (float);
    }
}

void faiss_IndexFlat_set_filter_codes (FaissIndexFlat *self, FaissFilterCodesMode mode) {
    if (!self) {
        return;
    }
    faiss_derived_rows_forget (&self->flat_codes.derived);
    self->flat_codes.derived.mode = (int)mode;
}

FaissFilterCodesMode faiss_IndexFlat_filter_codes (const FaissIndexFlat *self) {
    return self ? (FaissFilterCodesMode)self->flat_codes.derived.mode : 0;
}

size_t faiss_IndexFlat_filter_codes_size (const FaissIndexFlat *self) {
    return self ? faiss_derived_codes_size (&self->flat_codes.derived) : 0;
}

void faiss_IndexFlat_vectors_changed (FaissIndexFlat *self) {
    if (!self) {
        return;
    }
    faiss_derived_rows_forget (&self->flat_codes.derived);
    ((FaissIndexFlatCodesClass *)self->index.cls)->codes_changed (&self->flat_codes);
}

/* ---- files and factory strings --------------------------------------------------------------- */

static FaissStatus IndexFlat_write (const void *object, FaissIOWriter *w, int io_flags) {
    (void)io_flags;
    const FaissIndexFlat *self = object;
    FaissMetricType metric = self->index.metric_type;
    FAISS_TRY (faiss_write_tag (w, metric == METRIC_INNER_PRODUCT ? "IxFI"
                                   : metric == METRIC_L2          ? "IxF2"
                                                                  : "IxFl"));
    FAISS_TRY (faiss_write_index_header (w, &self->index));
    return faiss_write_xb (w, &self->flat_codes.codes);
}

static FaissStatus IndexFlat_read (void **out, FaissIOReader *r, uint32_t tag, int io_flags) {
    (void)io_flags;
    FaissClass *cls = tag == FAISS_FOURCC ("IxFI")   ? &faiss_IndexFlatIP_class.index.head
                      : tag == FAISS_FOURCC ("IxF2") ? &faiss_IndexFlatL2_class.index.head
                                                     : &faiss_IndexFlat_class.index.head;
    FAISS_OWNED (IndexFlat) *self = NULL;
    FAISS_TRY (faiss_object_new (&self, cls));
    FAISS_TRY (faiss_read_index_header (r, &self->index));
    FAISS_TRY (faiss_read_xb (r, &self->flat_codes.codes, "codes"));
    self->flat_codes.code_size = sizeof (float) * (size_t)self->index.d;
    size_t n_floats = self->flat_codes.codes.size / sizeof (float);
    FAISS_REQUIRE_FILE (r,
                        self->index.ntotal >= 0 &&
                            (double)n_floats ==
                                (double)self->index.ntotal * (double)self->index.d &&
                            n_floats == (size_t)self->index.ntotal * (size_t)self->index.d,
                        "codes has %zu elements, expected ntotal=%lld times d=%d", n_floats,
                        (long long)self->index.ntotal, self->index.d);
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

static FaissStatus IndexFlat_describe (const void *object, FaissString *out) {
    (void)object;
    return faiss_String_printf (out, "Flat");
}

static FaissStatus build_flat (const FaissFactoryContext *context, void *out) {
    FaissIndexFlat *index = NULL;
    FAISS_TRY (faiss_IndexFlat_new_with (&index, context->d, context->metric));
    memcpy (out, &index, sizeof index);
    return FAISS_OK;
}

static const FaissFactoryRule factory_rules[] = {
    {"Flat", FAISS_FACTORY_INDEX, "Flat", "the vectors as they are, exhaustive search", build_flat},
    {0},
};

/* ---- the classes ----------------------------------------------------------------------------- */

/* What a field was set to may not fit the others. */
static FaissStatus IndexFlat_check (const void *object) {
    const FaissIndexFlat *self = object;
    FAISS_REQUIRE (self->flat_codes.code_size == (size_t)self->index.d * sizeof (float),
                   "expected code_size=%zu for d=%d, got %zu",
                   (size_t)self->index.d * sizeof (float), self->index.d,
                   self->flat_codes.code_size);
    return FAISS_OK;
}

FaissIndexFlatCodesClass faiss_IndexFlat_class = {
    .index =
        {
            .head = {.name = "IndexFlat",
                     .parent = &faiss_IndexFlatCodes_class.index.head,
                     .instance_size = sizeof (FaissIndexFlat),
                     .table_size = sizeof (FaissIndexFlatCodesClass),
                     .check = IndexFlat_check,
                     .tags = "IxFI IxF2 IxFl",
                     .read = IndexFlat_read,
                     .write = IndexFlat_write,
                     .factory = factory_rules,
                     .describe = IndexFlat_describe},
            .search = IndexFlat_search,
            .range_search = IndexFlat_range_search,
            .sa_encode = IndexFlat_sa_encode,
            .sa_decode = IndexFlat_sa_decode,
        },
    .get_FlatCodesDistanceComputer = IndexFlat_get_FlatCodesDistanceComputer,
};

FaissIndexFlatCodesClass faiss_IndexFlatIP_class = {
    .index = {.head = {.name = "IndexFlatIP",
                       .parent = &faiss_IndexFlat_class.index.head,
                       .instance_size = sizeof (FaissIndexFlatIP),
                       .table_size = sizeof (FaissIndexFlatCodesClass)}},
};

static FaissStatus new_flat (void *out, FaissClass *cls, idx_t d, FaissMetricType metric) {
    FAISS_REQUIRE_ARG (out);
    FaissVectorDistance is_metric = NULL;
    FAISS_TRY (faiss_vector_distance (&is_metric, metric));
    FAISS_OWNED (IndexFlat) *self = NULL;
    FAISS_TRY (faiss_object_new (&self, cls));
    FAISS_TRY (faiss_IndexFlat_init (self, d, metric));
    void *done = FAISS_STEAL (self);
    memcpy (out, &done, sizeof done);
    return FAISS_OK;
}

FaissStatus faiss_IndexFlat_new (FaissIndexFlat **out) {
    return new_flat (out, &faiss_IndexFlat_class.index.head, 0, METRIC_L2);
}

FaissStatus faiss_IndexFlat_new_with (FaissIndexFlat **out, idx_t d, FaissMetricType metric) {
    return new_flat (out, &faiss_IndexFlat_class.index.head, d, metric);
}

FaissStatus faiss_IndexFlatIP_new (FaissIndexFlatIP **out) {
    return new_flat (out, &faiss_IndexFlatIP_class.index.head, 0, METRIC_INNER_PRODUCT);
}

FaissStatus faiss_IndexFlatIP_new_with (FaissIndexFlatIP **out, idx_t d) {
    return new_flat (out, &faiss_IndexFlatIP_class.index.head, d, METRIC_INNER_PRODUCT);
}

FaissStatus faiss_IndexFlatL2_new (FaissIndexFlatL2 **out) {
    return new_flat (out, &faiss_IndexFlatL2_class.index.head, 0, METRIC_L2);
}

FaissStatus faiss_IndexFlatL2_new_with (FaissIndexFlatL2 **out, idx_t d) {
    return new_flat (out, &faiss_IndexFlatL2_class.index.head, d, METRIC_L2);
}

void faiss_IndexFlat_free (FaissIndexFlat *self) {
    faiss_object_free (self);
}

void faiss_IndexFlatIP_free (FaissIndexFlatIP *self) {
    faiss_object_free (self);
}

void faiss_IndexFlatL2_free (FaissIndexFlatL2 *self) {
    faiss_object_free (self);
}

FaissIndexFlat *faiss_IndexFlat_cast (FaissIndex *index) {
    return faiss_object_cast (index, &faiss_IndexFlat_class.index.head);
}

FaissIndexFlatIP *faiss_IndexFlatIP_cast (FaissIndex *index) {
    return faiss_object_cast (index, &faiss_IndexFlatIP_class.index.head);
}

FaissIndexFlatL2 *faiss_IndexFlatL2_cast (FaissIndex *index) {
    return faiss_object_cast (index, &faiss_IndexFlatL2_class.index.head);
}

/* ---- IndexFlatL2: a distance computer by norms ----------------------------------------------- */

typedef struct NormDistanceComputer {
    FaissFlatCodesDistanceComputer base;
    size_t d;
    const float *norms; /* squared, of the stored vectors */
    float query_norm;   /* squared */
} NormDistanceComputer;

static NormDistanceComputer *computer_of (FaissDistanceComputer *dc) {
    return (NormDistanceComputer *)dc;
}

static const float *vector_of (const NormDistanceComputer *self, idx_t i) {
    return (const float *)(const void *)self->base.codes + (size_t)i * self->d;
}

static FaissStatus norm_computer_set_query (FaissDistanceComputer *dc, const float *x) {
    NormDistanceComputer *self = computer_of (dc);
    self->base.q = x;
    self->query_norm = faiss_fvec_norm_L2sqr (x, self->d);
    return FAISS_OK;
}

static float norm_computer_distance (FaissDistanceComputer *dc, idx_t i) {
    const NormDistanceComputer *self = computer_of (dc);
    if (i < 0) {
        return HUGE_VALF;
    }
    return self->query_norm + self->norms[i] -
           2 * faiss_fvec_inner_product (self->base.q, vector_of (self, i), self->d);
}

static void norm_computer_distances_batch_4 (FaissDistanceComputer *dc, const idx_t i[4],
                                             float out[4]) {
    const NormDistanceComputer *self = computer_of (dc);
    if (i[0] < 0 || i[1] < 0 || i[2] < 0 || i[3] < 0) {
        for (int j = 0; j < 4; j++) {
            out[j] = norm_computer_distance (dc, i[j]);
        }
        return;
    }
    faiss_fvec_inner_product_batch_4 (self->base.q, vector_of (self, i[0]), vector_of (self, i[1]),
                                      vector_of (self, i[2]), vector_of (self, i[3]), self->d, out);
    for (int j = 0; j < 4; j++) {
        out[j] = self->query_norm + self->norms[i[j]] - 2 * out[j];
    }
}

static float norm_computer_symmetric_dis (FaissDistanceComputer *dc, idx_t i, idx_t j) {
    const NormDistanceComputer *self = computer_of (dc);
    return self->norms[i] + self->norms[j] -
           2 * faiss_fvec_inner_product (vector_of (self, i), vector_of (self, j), self->d);
}

static float norm_computer_distance_to_code (FaissFlatCodesDistanceComputer *fdc,
                                             const uint8_t *code) {
    return faiss_fvec_L2sqr (fdc->q, (const float *)(const void *)code, computer_of (&fdc->dc)->d);
}

static void norm_computer_free (FaissDistanceComputer *dc) {
    free (dc);
}

static FaissStatus IndexFlatL2_get_FlatCodesDistanceComputer (
    const FaissIndexFlatCodes *codes, FaissFlatCodesDistanceComputer **out) {
    const FaissIndexFlatL2 *self = FAISS_CONST_SELF (IndexFlatL2, flat_codes, codes);
    if (self->index.metric_type != METRIC_L2 || self->cached_l2norms.size == 0 ||
        self->cached_l2norms.size != (size_t)self->index.ntotal) {
        return IndexFlat_get_FlatCodesDistanceComputer (codes, out);
    }
    NormDistanceComputer *computer = NULL;
    FAISS_TRY (faiss_alloc_zeroed (&computer, 1, sizeof *computer));
    *computer = (NormDistanceComputer){
        .base = {.dc = {.set_query = norm_computer_set_query,
                        .distance = norm_computer_distance,
                        .distances_batch_4 = norm_computer_distances_batch_4,
                        .symmetric_dis = norm_computer_symmetric_dis,
                        .free = norm_computer_free},
                 .codes = codes->codes.data,
                 .code_size = codes->code_size,
                 .distance_to_code = norm_computer_distance_to_code},
        .d = (size_t)self->index.d,
        .norms = self->cached_l2norms.data,
    };
    *out = &computer->base;
    return FAISS_OK;
}

static void IndexFlatL2_codes_changed (FaissIndexFlatCodes *codes) {
    faiss_IndexFlatL2_clear_l2norms (FAISS_SELF (IndexFlatL2, flat_codes, codes));
}

static void IndexFlatL2_finalize (void *object) {
    faiss_IndexFlatL2_clear_l2norms (object);
}

static FaissStatus IndexFlatL2_copy (void *object, const void *other_object) {
    FaissIndexFlatL2 *self = object;
    const FaissIndexFlatL2 *other = other_object;
    return faiss_Float32Vector_assign (&self->cached_l2norms, other->cached_l2norms.data,
                                       other->cached_l2norms.size);
}

FaissStatus faiss_IndexFlatL2_sync_l2norms (FaissIndexFlatL2 *self) {
    FAISS_REQUIRE_ARG (self);
    FAISS_TRY (faiss_Float32Vector_resize (&self->cached_l2norms, (size_t)self->index.ntotal));
    faiss_fvec_norms_L2sqr (self->cached_l2norms.data, vectors_of (&self->flat),
                            (size_t)self->index.d, (size_t)self->index.ntotal);
    return FAISS_OK;
}

void faiss_IndexFlatL2_clear_l2norms (FaissIndexFlatL2 *self) {
    if (self) {
        faiss_Float32Vector_clear (&self->cached_l2norms);
    }
}

FaissIndexFlatCodesClass faiss_IndexFlatL2_class = {
    .index = {.head = {.name = "IndexFlatL2",
                       .parent = &faiss_IndexFlat_class.index.head,
                       .instance_size = sizeof (FaissIndexFlatL2),
                       .table_size = sizeof (FaissIndexFlatCodesClass),
                       .finalize = IndexFlatL2_finalize,
                       .copy = IndexFlatL2_copy}},
    .get_FlatCodesDistanceComputer = IndexFlatL2_get_FlatCodesDistanceComputer,
    .codes_changed = IndexFlatL2_codes_changed,
};
