/* The root of all float indexes: checks arguments, and does what needs no knowledge of the class.
 */
#include <faiss/Index.h>

#include <string.h>

#include <faiss/impl/check.h>
#include <faiss/impl/index_check.h>

/* ---- what classes inherit ------------------------------------------------------------------ */

#define NOT_IMPLEMENTED(self, method)                                                              \
    return faiss_fail (FAISS_EXCEPT, "Error in %s: " #method " is not implemented for this class", \
                       faiss_Index_class_name (self))

static FaissStatus Index_train (FaissIndex *self, idx_t n, const float *x) {
    (void)n, (void)x;
    self->is_trained = true;
    return FAISS_OK;
}

static bool Index_was_trained_behind (const FaissIndex *self) {
    (void)self;
    return false;
}

static FaissStatus Index_add (FaissIndex *self, idx_t n, const float *x) {
    (void)n, (void)x;
    NOT_IMPLEMENTED (self, add);
}

static FaissStatus Index_add_with_ids (FaissIndex *self, idx_t n, const float *x,
                                       const idx_t *xids) {
    (void)n, (void)x, (void)xids;
    NOT_IMPLEMENTED (self, add_with_ids);
}

static FaissStatus Index_search (const FaissIndex *self, idx_t n, const float *x, idx_t k,
                                 const FaissSearchParameters *params, float *distances,
                                 idx_t *labels) {
    (void)n, (void)x, (void)k, (void)params, (void)distances, (void)labels;
    NOT_IMPLEMENTED (self, search);
}

static FaissStatus Index_range_search (const FaissIndex *self, idx_t n, const float *x,
                                       float radius, const FaissSearchParameters *params,
                                       FaissRangeSearchResult *result) {
    (void)n, (void)x, (void)radius, (void)params, (void)result;
    NOT_IMPLEMENTED (self, range_search);
}

static FaissStatus Index_search1 (const FaissIndex *self, const float *x,
                                  FaissResultHandler *handler,
                                  const FaissSearchParameters *params) {
    (void)x, (void)handler, (void)params;
    NOT_IMPLEMENTED (self, search1);
}

static FaissStatus Index_assign (const FaissIndex *self, idx_t n, const float *x, idx_t *labels,
                                 idx_t k) {
    FAISS_AUTO_FREE (float) *distances = NULL;
    if (n == 0) {
        return FAISS_OK;
    }
    FAISS_TRY (faiss_alloc (&distances, (size_t)n * (size_t)k, sizeof *distances));
    return self->cls->search (self, n, x, k, NULL, distances, labels);
}

static FaissStatus Index_reset (FaissIndex *self) {
    NOT_IMPLEMENTED (self, reset);
}

static FaissStatus Index_remove_ids (FaissIndex *self, const FaissIDSelector *sel,
                                     size_t *n_removed) {
    (void)sel, (void)n_removed;
    NOT_IMPLEMENTED (self, remove_ids);
}

/* Loops over vectors may end. */
static FaissStatus check_every_so_often (idx_t i) {
    return i % 256 == 255 ? faiss_check_interrupt () : FAISS_OK;
}

static FaissStatus Index_reconstruct (const FaissIndex *self, idx_t key, float *recons) {
    (void)key, (void)recons;
    NOT_IMPLEMENTED (self, reconstruct);
}

static FaissStatus Index_reconstruct_batch (const FaissIndex *self, idx_t n, const idx_t *keys,
                                            float *recons) {
    for (idx_t i = 0; i < n; i++) {
        FAISS_TRY (check_every_so_often (i));
        FAISS_TRY (self->cls->reconstruct (self, keys[i], recons + i * self->d));
    }
    return FAISS_OK;
}

static FaissStatus Index_reconstruct_n (const FaissIndex *self, idx_t i0, idx_t ni, float *recons) {
    for (idx_t i = 0; i < ni; i++) {
        FAISS_TRY (check_every_so_often (i));
        FAISS_TRY (self->cls->reconstruct (self, i0 + i, recons + i * self->d));
    }
    return FAISS_OK;
}

static FaissStatus Index_search_and_reconstruct (const FaissIndex *self, idx_t n, const float *x,
                                                 idx_t k, const FaissSearchParameters *params,
                                                 float *distances, idx_t *labels, float *recons) {
    FAISS_TRY (self->cls->search (self, n, x, k, params, distances, labels));
    for (idx_t i = 0; i < n * k; i++) {
        FAISS_TRY (check_every_so_often (i));
        float *row = recons + i * self->d;
        if (labels[i] < 0) {
            memset (row, 0xff, sizeof *row * (size_t)self->d); /* NaN */
        } else {
            FAISS_TRY (self->cls->reconstruct (self, labels[i], row));
        }
    }
    return FAISS_OK;
}

static FaissStatus Index_compute_residual (const FaissIndex *self, const float *x, float *residual,
                                           idx_t key) {
    FAISS_TRY (self->cls->reconstruct (self, key, residual));
    for (int j = 0; j < self->d; j++) {
        residual[j] = x[j] - residual[j];
    }
    return FAISS_OK;
}

static FaissStatus Index_compute_residual_n (const FaissIndex *self, idx_t n, const float *xs,
                                             float *residuals, const idx_t *keys) {
    for (idx_t i = 0; i < n; i++) {
        FAISS_TRY (check_every_so_often (i));
        FAISS_TRY (
            self->cls->compute_residual (self, xs + i * self->d, residuals + i * self->d, keys[i]));
    }
    return FAISS_OK;
}

static FaissStatus Index_get_distance_computer (const FaissIndex *self,
                                                FaissDistanceComputer **out) {
    if (self->metric_type != METRIC_L2) {
        NOT_IMPLEMENTED (self, get_distance_computer);
    }
    return faiss_generic_distance_computer (self, out);
}

/* Not with a generic computer: candidates that cannot be reconstructed would be lost silently. */
static FaissStatus Index_search_subset (const FaissIndex *self, idx_t n, const float *x,
                                        idx_t k_base, const idx_t *base_labels, idx_t k,
                                        float *distances, idx_t *labels) {
    if (self->cls->get_distance_computer == Index_get_distance_computer) {
        NOT_IMPLEMENTED (self, search_subset);
    }
    return faiss_search_subset_by_distance_computer (self, n, x, k_base, base_labels, k, distances,
                                                     labels);
}

static FaissStatus Index_sa_code_size (const FaissIndex *self, size_t *out) {
    (void)out;
    NOT_IMPLEMENTED (self, sa_code_size);
}

static FaissStatus Index_sa_encode (const FaissIndex *self, idx_t n, const float *x,
                                    uint8_t *bytes) {
    (void)n, (void)x, (void)bytes;
    NOT_IMPLEMENTED (self, sa_encode);
}

static FaissStatus Index_sa_decode (const FaissIndex *self, idx_t n, const uint8_t *bytes,
                                    float *x) {
    (void)n, (void)bytes, (void)x;
    NOT_IMPLEMENTED (self, sa_decode);
}

static FaissStatus Index_check_compatible_for_merge (const FaissIndex *self,
                                                     const FaissIndex *other) {
    (void)other;
    NOT_IMPLEMENTED (self, check_compatible_for_merge);
}

static FaissStatus Index_merge_from (FaissIndex *self, FaissIndex *other, idx_t add_id) {
    (void)other, (void)add_id;
    NOT_IMPLEMENTED (self, merge_from);
}

static FaissStatus Index_add_sa_codes (FaissIndex *self, idx_t n, const uint8_t *codes,
                                       const idx_t *xids) {
    (void)n, (void)codes, (void)xids;
    NOT_IMPLEMENTED (self, add_sa_codes);
}

static FaissStatus Index_set_parameter (FaissIndex *self, const char *name, double value,
                                        bool *known) {
    *known = strcmp (name, "verbose") == 0;
    if (*known) {
        self->verbose = value != 0;
    }
    return FAISS_OK;
}

static FaissStatus Index_add_parameter_ranges (const FaissIndex *self,
                                               struct FaissParameterSpace *space) {
    (void)self, (void)space;
    return FAISS_OK;
}

static FaissStatus Index_copy (void *object, const void *other_object) {
    FaissIndex *self = object;
    struct FaissIndexClass *cls = self->cls;
    *self = *(const FaissIndex *)other_object;
    self->cls = cls;
    return FAISS_OK;
}

static FaissStatus Index_check (const void *object) {
    const FaissIndex *self = object;
    FAISS_REQUIRE (self->d >= 0 && self->d <= FAISS_MAX_DIMENSION, "expected 0 <= d <= %d, got %d",
                   FAISS_MAX_DIMENSION, self->d);
    FAISS_REQUIRE (faiss_Index_ntotal (self) >= 0, "expected ntotal >= 0, got %lld",
                   (long long)faiss_Index_ntotal (self));
    return FAISS_OK;
}

static FaissStatus Index_write (const void *object, struct FaissIOWriter *writer, int io_flags) {
    (void)writer, (void)io_flags;
    return faiss_fail (FAISS_EXCEPT, "Error in write_index: don't know how to write an %s",
                       faiss_object_class (object)->name);
}

static FaissStatus Index_describe (const void *object, struct FaissString *out) {
    (void)object, (void)out;
    return FAISS_OK; /* no factory string is known: "" */
}

FaissIndexClass faiss_Index_class = {
    .head = {.name = "Index",
             .instance_size = sizeof (FaissIndex),
             .table_size = sizeof (FaissIndexClass),
             .copy = Index_copy,
             .check = Index_check,
             .write = Index_write,
             .describe = Index_describe},
    .train = Index_train,
    .was_trained_behind = Index_was_trained_behind,
    .add = Index_add,
    .add_with_ids = Index_add_with_ids,
    .search = Index_search,
    .range_search = Index_range_search,
    .search1 = Index_search1,
    .assign = Index_assign,
    .reset = Index_reset,
    .remove_ids = Index_remove_ids,
    .reconstruct = Index_reconstruct,
    .reconstruct_batch = Index_reconstruct_batch,
    .reconstruct_n = Index_reconstruct_n,
    .search_and_reconstruct = Index_search_and_reconstruct,
    .search_subset = Index_search_subset,
    .compute_residual = Index_compute_residual,
    .compute_residual_n = Index_compute_residual_n,
    .get_distance_computer = Index_get_distance_computer,
    .sa_code_size = Index_sa_code_size,
    .sa_encode = Index_sa_encode,
    .sa_decode = Index_sa_decode,
    .check_compatible_for_merge = Index_check_compatible_for_merge,
    .merge_from = Index_merge_from,
    .add_sa_codes = Index_add_sa_codes,
    .set_parameter = Index_set_parameter,
    .add_parameter_ranges = Index_add_parameter_ranges,
};

FaissStatus faiss_Index_init (FaissIndex *self, idx_t d, FaissMetricType metric) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE (d >= 0 && d <= FAISS_MAX_DIMENSION, "expected 0 <= d <= %d, got %lld",
                   FAISS_MAX_DIMENSION, (long long)d);
    self->d = (int)d;
    self->metric_type = metric;
    self->is_trained = true;
    return FAISS_OK;
}

/* ---- the public functions: check, then dispatch ---------------------------------------------- */

FaissStatus faiss_Index_train (FaissIndex *self, idx_t n, const float *x) {
    FAISS_TRY (faiss_check_vectors (__func__, self, n, x, "x"));
    return self->cls->train (self, n, x);
}

/* A damaged file may claim any ntotal. */
static FaissStatus check_room (const char *function, const FaissIndex *self, idx_t n) {
    idx_t ntotal = faiss_Index_ntotal (self);
    if (n > 0 && ntotal > INT64_MAX - n) {
        return faiss_fail_in (FAISS_EXCEPT, function, "n=%lld more than ntotal=%lld are too many",
                              (long long)n, (long long)ntotal);
    }
    return FAISS_OK;
}

FaissStatus faiss_Index_add (FaissIndex *self, idx_t n, const float *x) {
    FAISS_TRY (faiss_check_vectors (__func__, self, n, x, "x"));
    FAISS_TRY (check_room (__func__, self, n));
    FAISS_TRY (faiss_check_trained (__func__, self));
    return self->cls->add (self, n, x);
}

FaissStatus faiss_Index_add_with_ids (FaissIndex *self, idx_t n, const float *x,
                                      const idx_t *xids) {
    FAISS_TRY (faiss_check_vectors (__func__, self, n, x, "x"));
    FAISS_TRY (check_room (__func__, self, n));
    FAISS_TRY (faiss_check_trained (__func__, self));
    FAISS_REQUIRE (n == 0 || xids, "xids is NULL");
    return self->cls->add_with_ids (self, n, x, xids);
}

FaissStatus faiss_Index_search (const FaissIndex *self, idx_t n, const float *x, idx_t k,
                                float *distances, idx_t *labels) {
    return faiss_Index_search_with_params (self, n, x, k, NULL, distances, labels);
}

FaissStatus faiss_Index_search_with_params (const FaissIndex *self, idx_t n, const float *x,
                                            idx_t k, const FaissSearchParameters *params,
                                            float *distances, idx_t *labels) {
    FAISS_TRY (faiss_check_vectors (__func__, self, n, x, "x"));
    FAISS_TRY (faiss_check_trained (__func__, self));
    FAISS_TRY (faiss_check_results (__func__, n, k, distances, labels));
    return self->cls->search (self, n, x, k, params, distances, labels);
}

FaissStatus faiss_Index_range_search (const FaissIndex *self, idx_t n, const float *x, float radius,
                                      FaissRangeSearchResult *result) {
    return faiss_Index_range_search_with_params (self, n, x, radius, NULL, result);
}

FaissStatus faiss_Index_range_search_with_params (const FaissIndex *self, idx_t n, const float *x,
                                                  float radius, const FaissSearchParameters *params,
                                                  FaissRangeSearchResult *result) {
    FAISS_TRY (faiss_check_vectors (__func__, self, n, x, "x"));
    FAISS_TRY (faiss_check_trained (__func__, self));
    FAISS_REQUIRE_ARG (result);
    FAISS_REQUIRE (result->nq == (size_t)n, "the result is made for %zu queries, got %lld",
                   result->nq, (long long)n);
    FAISS_REQUIRE (result->lims, "the result has no lims");
    FAISS_REQUIRE (!result->labels && !result->distances, "the result is filled already");
    return self->cls->range_search (self, n, x, radius, params, result);
}

FaissStatus faiss_Index_search1 (const FaissIndex *self, const float *x,
                                 FaissResultHandler *handler, const FaissSearchParameters *params) {
    FAISS_TRY (faiss_check_vectors (__func__, self, 1, x, "x"));
    FAISS_TRY (faiss_check_trained (__func__, self));
    FAISS_REQUIRE (handler && handler->add_result, "there is no handler");
    return self->cls->search1 (self, x, handler, params);
}

FaissStatus faiss_Index_assign (FaissIndex *self, idx_t n, const float *x, idx_t *labels, idx_t k) {
    FAISS_TRY (faiss_check_vectors (__func__, self, n, x, "x"));
    FAISS_TRY (faiss_check_trained (__func__, self));
    FAISS_TRY (faiss_check_counts (__func__, n, k, "k"));
    FAISS_REQUIRE (n == 0 || labels, "labels is NULL");
    return self->cls->assign (self, n, x, labels, k);
}

FaissStatus faiss_Index_reset (FaissIndex *self) {
    FAISS_TRY (faiss_check_index (__func__, self));
    return self->cls->reset (self);
}

FaissStatus faiss_Index_remove_ids (FaissIndex *self, const FaissIDSelector *sel,
                                    size_t *n_removed) {
    FAISS_TRY (faiss_check_index (__func__, self));
    FAISS_REQUIRE_ARG (sel);
    size_t n = 0;
    FAISS_TRY (self->cls->remove_ids (self, sel, &n));
    if (n_removed) {
        *n_removed = n;
    }
    return FAISS_OK;
}

FaissStatus faiss_Index_reconstruct (const FaissIndex *self, idx_t key, float *recons) {
    FAISS_TRY (faiss_check_index (__func__, self));
    FAISS_REQUIRE_ARG (recons);
    return self->cls->reconstruct (self, key, recons);
}

FaissStatus faiss_Index_reconstruct_batch (const FaissIndex *self, idx_t n, const idx_t *keys,
                                           float *recons) {
    FAISS_TRY (faiss_check_vectors (__func__, self, n, recons, "recons"));
    FAISS_REQUIRE (n == 0 || keys, "keys is NULL");
    return self->cls->reconstruct_batch (self, n, keys, recons);
}

FaissStatus faiss_Index_reconstruct_n (const FaissIndex *self, idx_t i0, idx_t ni, float *recons) {
    FAISS_TRY (faiss_check_vectors (__func__, self, ni, recons, "recons"));
    /* one by one: each key is checked, and ids need not be positions */
    idx_t end =
        self->cls->reconstruct_n == Index_reconstruct_n ? INT64_MAX : faiss_Index_ntotal (self);
    FAISS_REQUIRE (ni == 0 || (i0 >= 0 && i0 <= end - ni),
                   "expected 0 <= i0 <= ntotal - ni, got i0=%lld, ni=%lld, ntotal=%lld",
                   (long long)i0, (long long)ni, (long long)faiss_Index_ntotal (self));
    return self->cls->reconstruct_n (self, i0, ni, recons);
}

FaissStatus faiss_Index_search_and_reconstruct (const FaissIndex *self, idx_t n, const float *x,
                                                idx_t k, const FaissSearchParameters *params,
                                                float *distances, idx_t *labels, float *recons) {
    FAISS_TRY (faiss_check_vectors (__func__, self, n, x, "x"));
    FAISS_TRY (faiss_check_trained (__func__, self));
    FAISS_TRY (faiss_check_results (__func__, n, k, distances, labels));
    FAISS_REQUIRE (n == 0 || recons, "recons is NULL");
    return self->cls->search_and_reconstruct (self, n, x, k, params, distances, labels, recons);
}

FaissStatus faiss_Index_search_subset (const FaissIndex *self, idx_t n, const float *x,
                                       idx_t k_base, const idx_t *base_labels, idx_t k,
                                       float *distances, idx_t *labels) {
    FAISS_TRY (faiss_check_vectors (__func__, self, n, x, "x"));
    FAISS_TRY (faiss_check_results (__func__, n, k, distances, labels));
    FAISS_TRY (faiss_check_counts (__func__, n, k_base, "k_base"));
    FAISS_REQUIRE (k_base >= k, "expected k_base >= k, got k_base=%lld, k=%lld", (long long)k_base,
                   (long long)k);
    FAISS_REQUIRE (n == 0 || base_labels, "base_labels is NULL");
    return self->cls->search_subset (self, n, x, k_base, base_labels, k, distances, labels);
}

FaissStatus faiss_Index_compute_residual (const FaissIndex *self, const float *x, float *residual,
                                          idx_t key) {
    FAISS_TRY (faiss_check_vectors (__func__, self, 1, x, "x"));
    FAISS_REQUIRE_ARG (residual);
    return self->cls->compute_residual (self, x, residual, key);
}

FaissStatus faiss_Index_compute_residual_n (const FaissIndex *self, idx_t n, const float *x,
                                            float *residuals, const idx_t *keys) {
    FAISS_TRY (faiss_check_vectors (__func__, self, n, x, "x"));
    FAISS_REQUIRE (n == 0 || (residuals && keys), "residuals or keys is NULL");
    return self->cls->compute_residual_n (self, n, x, residuals, keys);
}

FaissStatus faiss_Index_get_distance_computer (const FaissIndex *self,
                                               FaissDistanceComputer **out) {
    FAISS_TRY (faiss_check_index (__func__, self));
    FAISS_REQUIRE_ARG (out);
    return self->cls->get_distance_computer (self, out);
}

FaissStatus faiss_Index_sa_code_size (const FaissIndex *self, size_t *out) {
    FAISS_TRY (faiss_check_index (__func__, self));
    FAISS_REQUIRE_ARG (out);
    return self->cls->sa_code_size (self, out);
}

FaissStatus faiss_Index_sa_encode (const FaissIndex *self, idx_t n, const float *x,
                                   uint8_t *bytes) {
    FAISS_TRY (faiss_check_vectors (__func__, self, n, x, "x"));
    FAISS_TRY (faiss_check_trained (__func__, self));
    FAISS_REQUIRE (n == 0 || bytes, "bytes is NULL");
    return self->cls->sa_encode (self, n, x, bytes);
}

FaissStatus faiss_Index_sa_decode (const FaissIndex *self, idx_t n, const uint8_t *bytes,
                                   float *x) {
    FAISS_TRY (faiss_check_vectors (__func__, self, n, x, "x"));
    FAISS_TRY (faiss_check_trained (__func__, self));
    FAISS_REQUIRE (n == 0 || bytes, "bytes is NULL");
    return self->cls->sa_decode (self, n, bytes, x);
}

FaissStatus faiss_Index_check_compatible_for_merge (const FaissIndex *self,
                                                    const FaissIndex *other) {
    FAISS_TRY (faiss_check_index (__func__, self));
    FAISS_TRY (faiss_check_index (__func__, other));
    FAISS_REQUIRE (self != other, "an index cannot be merged into itself");
    return self->cls->check_compatible_for_merge (self, other);
}

FaissStatus faiss_Index_merge_from (FaissIndex *self, FaissIndex *other, idx_t add_id) {
    FAISS_TRY (faiss_Index_check_compatible_for_merge (self, other));
    FAISS_TRY (check_room (__func__, self, other->ntotal));
    return self->cls->merge_from (self, other, add_id);
}

FaissStatus faiss_Index_add_sa_codes (FaissIndex *self, idx_t n, const uint8_t *codes,
                                      const idx_t *xids) {
    FAISS_TRY (faiss_check_index (__func__, self));
    FAISS_TRY (faiss_check_trained (__func__, self));
    FAISS_REQUIRE (n >= 0, "expected n >= 0, got %lld", (long long)n);
    FAISS_REQUIRE (n == 0 || codes, "codes is NULL");
    FAISS_TRY (check_room (__func__, self, n));
    size_t code_size;
    FAISS_TRY (self->cls->sa_code_size (self, &code_size));
    FAISS_REQUIRE ((size_t)n <= SIZE_MAX / 16 / (code_size + 1),
                   "n=%lld codes of %zu bytes are too many", (long long)n, code_size);
    return self->cls->add_sa_codes (self, n, codes, xids);
}

void faiss_Index_free (FaissIndex *self) {
    faiss_object_free (self);
}

/* ---- fields, for languages that do not see structs ------------------------------------------- */

int faiss_Index_d (const FaissIndex *self) {
    return self ? self->d : 0;
}

/* Graphs may be added to meanwhile. */
idx_t faiss_Index_ntotal (const FaissIndex *self) {
    return self ? __atomic_load_n (&self->ntotal, __ATOMIC_RELAXED) : 0;
}

int faiss_Index_is_trained (const FaissIndex *self) {
    return self ? self->is_trained : 0;
}

FaissMetricType faiss_Index_metric_type (const FaissIndex *self) {
    return self ? self->metric_type : 0;
}

int faiss_Index_verbose (const FaissIndex *self) {
    return self ? self->verbose : 0;
}

void faiss_Index_set_verbose (FaissIndex *self, int verbose) {
    if (self) {
        self->verbose = verbose != 0;
    }
}

float faiss_Index_metric_arg (const FaissIndex *self) {
    return self ? self->metric_arg : 0;
}

void faiss_Index_set_metric_arg (FaissIndex *self, float metric_arg) {
    if (self) {
        self->metric_arg = metric_arg;
    }
}

const char *faiss_Index_class_name (const FaissIndex *self) {
    return self ? self->cls->head.name : NULL;
}

#define STRINGIFY_(x) #x
#define STRINGIFY(x) STRINGIFY_ (x)

const char *faiss_get_version (void) {
    return STRINGIFY (FAISS_VERSION_MAJOR) "." STRINGIFY (FAISS_VERSION_MINOR) "." STRINGIFY (
        FAISS_VERSION_PATCH);
}

/* ---- search parameters ----------------------------------------------------------------------- */

/* Of this class and its subclasses: what they refer to stays borrowed. */
static FaissStatus SearchParameters_copy (void *self, const void *other) {
    size_t head = sizeof (FaissClass *);
    memcpy ((char *)self + head, (const char *)other + head,
            faiss_object_class (self)->instance_size - head);
    return FAISS_OK;
}

FaissClass faiss_SearchParameters_class = {
    .name = "SearchParameters",
    .instance_size = sizeof (FaissSearchParameters),
    .table_size = sizeof (FaissClass),
    .copy = SearchParameters_copy,
};

FaissStatus faiss_SearchParameters_new (FaissSearchParameters **out, FaissIDSelector *sel) {
    FAISS_REQUIRE_ARG (out);
    FAISS_TRY (faiss_object_new (out, &faiss_SearchParameters_class));
    (*out)->sel = sel;
    return FAISS_OK;
}

void faiss_SearchParameters_free (FaissSearchParameters *self) {
    faiss_object_free (self);
}
