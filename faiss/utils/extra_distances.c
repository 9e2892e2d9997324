/* Every metric by its definition. */
#include <faiss/utils/extra_distances.h>

#include <float.h>
#include <math.h>

#include <faiss/impl/check.h>
#include <faiss/impl/parallel.h>
#include <faiss/impl/range_search.h>
#include <faiss/kernels/kernels.h>
#include <faiss/utils/Heap.h>

enum { ROWS_PER_CHECK = 4096 }; /* between looks whether the caller asks for the end */

/* ---- one function per metric ----------------------------------------------------------------- */

static float distance_L2 (const float *x, const float *y, size_t d, float arg) {
    (void)arg;
    return faiss_kernels.fvec_L2sqr (x, y, d);
}

static float distance_inner_product (const float *x, const float *y, size_t d, float arg) {
    (void)arg;
    return faiss_kernels.fvec_inner_product (x, y, d);
}

static float distance_L1 (const float *x, const float *y, size_t d, float arg) {
    (void)arg;
    return faiss_kernels.fvec_L1 (x, y, d);
}

static float distance_Linf (const float *x, const float *y, size_t d, float arg) {
    (void)arg;
    return faiss_kernels.fvec_Linf (x, y, d);
}

static float distance_Lp (const FaissStoredFloat *x, const FaissStoredFloat *y, size_t d,
                          float arg) {
    float sum = 0;
    for (size_t j = 0; j < d; j++) {
        sum += powf (fabsf (x[j] - y[j]), arg);
    }
    return sum;
}

/* 0 / 0 where both components are 0: NaN, as upstream has it */
static float distance_Canberra (const FaissStoredFloat *x, const FaissStoredFloat *y, size_t d,
                                float arg) {
    (void)arg;
    float sum = 0;
    for (size_t j = 0; j < d; j++) {
        sum += fabsf (x[j] - y[j]) / (fabsf (x[j]) + fabsf (y[j]));
    }
    return sum;
}

static float distance_BrayCurtis (const FaissStoredFloat *x, const FaissStoredFloat *y, size_t d,
                                  float arg) {
    (void)arg;
    float differences = 0, sums = 0;
    for (size_t j = 0; j < d; j++) {
        differences += fabsf (x[j] - y[j]);
        sums += fabsf (x[j] + y[j]);
    }
    return differences / sums;
}

static float distance_JensenShannon (const FaissStoredFloat *x, const FaissStoredFloat *y, size_t d,
                                     float arg) {
    (void)arg;
    float sum = 0;
    for (size_t j = 0; j < d; j++) {
        float mean = 0.5f * (x[j] + y[j]);
        float from_x = (float)(-x[j] * log ((double)(mean / x[j])));
        float from_y = (float)(-y[j] * log ((double)(mean / y[j])));
        sum += from_x + from_y;
    }
    return 0.5f * sum;
}

static float distance_Jaccard (const FaissStoredFloat *x, const FaissStoredFloat *y, size_t d,
                               float arg) {
    (void)arg;
    float minima = 0, maxima = 0;
    for (size_t j = 0; j < d; j++) {
        minima += fminf (x[j], y[j]);
        maxima += fmaxf (x[j], y[j]);
    }
    return minima / maxima;
}

static float distance_NaNEuclidean (const FaissStoredFloat *x, const FaissStoredFloat *y, size_t d,
                                    float arg) {
    (void)arg;
    float sum = 0;
    size_t n_present = 0;
    for (size_t j = 0; j < d; j++) {
        if (!isnan (x[j]) && !isnan (y[j])) {
            float difference = x[j] - y[j];
            sum += difference * difference;
            n_present++;
        }
    }
    return n_present ? (float)d / (float)n_present * sum : NAN;
}

static float distance_Gower (const FaissStoredFloat *x, const FaissStoredFloat *y, size_t d,
                             float arg) {
    (void)arg;
    float sum = 0;
    size_t n_valid = 0;
    for (size_t j = 0; j < d; j++) {
        if (isnan (x[j]) || isnan (y[j])) {
            continue;
        }
        if (x[j] >= 0 && y[j] >= 0) { /* numbers, scaled to 0 .. 1 */
            if (x[j] > 1 || y[j] > 1) {
                return NAN;
            }
            sum += fabsf (x[j] - y[j]);
        } else if (x[j] < 0 && y[j] < 0) { /* categories */
            sum += x[j] != y[j];
        } else {
            return NAN;
        }
        n_valid++;
    }
    return n_valid ? sum / (float)n_valid : NAN;
}

FaissStatus faiss_vector_distance (FaissVectorDistance *out, FaissMetricType metric) {
    FAISS_REQUIRE_ARG (out);
    switch (metric) {
#define METRIC(name, function)                                                                     \
    case name:                                                                                     \
        *out = function;                                                                           \
        return FAISS_OK;
        METRIC (METRIC_INNER_PRODUCT, distance_inner_product)
        METRIC (METRIC_L2, distance_L2)
        METRIC (METRIC_L1, distance_L1)
        METRIC (METRIC_Linf, distance_Linf)
        METRIC (METRIC_Lp, distance_Lp)
        METRIC (METRIC_Canberra, distance_Canberra)
        METRIC (METRIC_BrayCurtis, distance_BrayCurtis)
        METRIC (METRIC_JensenShannon, distance_JensenShannon)
        METRIC (METRIC_Jaccard, distance_Jaccard)
        METRIC (METRIC_NaNEuclidean, distance_NaNEuclidean)
        METRIC (METRIC_GOWER, distance_Gower)
#undef METRIC
    }
    FAISS_FAIL ("%d is not a metric", (int)metric);
}

/* ---- all pairs, nearest neighbours, ranges --------------------------------------------------- */

FaissStatus faiss_pairwise_extra_distances (int64_t d, int64_t nq, const float *xq, int64_t nb,
                                            const float *xb, FaissMetricType metric,
                                            float metric_arg, float *dis, int64_t ldq, int64_t ldb,
                                            int64_t ldd) {
    FAISS_REQUIRE (d >= 0 && nq >= 0 && nb >= 0,
                   "expected numbers from 0 on, got d=%lld nq=%lld nb=%lld", (long long)d,
                   (long long)nq, (long long)nb);
    FAISS_REQUIRE (nq == 0 || nb == 0 || (xq && xb && dis), "an array is NULL");
    FaissVectorDistance distance = NULL;
    FAISS_TRY (faiss_vector_distance (&distance, metric));
    ldq = ldq == -1 ? d : ldq;
    ldb = ldb == -1 ? d : ldb;
    ldd = ldd == -1 ? nb : ldd;
    FaissRegion region = {0};
#pragma omp parallel for num_threads(faiss_threads_for(nq)) schedule(dynamic)
    for (int64_t i = 0; i < nq; i++) {
        for (int64_t j = 0; j < nb; j++) {
            if (j % ROWS_PER_CHECK == 0 && faiss_region_stopped (&region)) {
                break;
            }
            dis[i * ldd + j] = distance (xq + i * ldq, xb + j * ldb, (size_t)d, metric_arg);
        }
    }
    return faiss_region_close (&region);
}

static bool is_selected (const FaissIDSelector *sel, idx_t id) {
    return !sel || sel->cls->is_member (sel, id);
}

FaissStatus faiss_knn_extra_metrics (const float *x, const float *y, size_t d, size_t nx, size_t ny,
                                     FaissMetricType metric, float metric_arg, size_t k,
                                     float *vals, idx_t *ids, const FaissIDSelector *sel) {
    FAISS_REQUIRE (nx == 0 || (x && vals && ids && (y || ny == 0)), "an array is NULL");
    FAISS_REQUIRE (k > 0, "expected k > 0, got 0");
    FaissVectorDistance distance = NULL;
    FAISS_TRY (faiss_vector_distance (&distance, metric));
    bool is_similarity = faiss_is_similarity_metric (metric);
    FaissRegion region = {0};
#pragma omp parallel for num_threads(faiss_threads_for((idx_t)nx))
    for (size_t i = 0; i < nx; i++) {
        float *heap_vals = vals + i * k;
        idx_t *heap_ids = ids + i * k;
        if (faiss_region_failed (&region)) {
            continue;
        }
        faiss_heap_heapify (is_similarity, k, heap_vals, heap_ids);
        for (size_t j = 0; j < ny; j++) {
            if (j % ROWS_PER_CHECK == 0 && faiss_region_stopped (&region)) {
                break;
            }
            if (is_selected (sel, (idx_t)j)) {
                faiss_heap_offer (is_similarity, k, heap_vals, heap_ids,
                                  distance (x + i * d, y + j * d, d, metric_arg), (idx_t)j);
            }
        }
        faiss_heap_reorder (is_similarity, k, heap_vals, heap_ids);
    }
    return faiss_region_close (&region);
}

typedef struct RangeSearch {
    const float *x, *y;
    size_t d, ny;
    FaissVectorDistance distance;
    float metric_arg, radius;
    bool is_similarity;
    const FaissIDSelector *sel;
} RangeSearch;

static FaissStatus range_search_one (const RangeSearch *s, size_t query,
                                     FaissRangeSearchPartialResult *partial) {
    FaissRangeQueryResult *found = NULL;
    FAISS_TRY (faiss_RangeSearchPartialResult_new_result (partial, (idx_t)query, &found));
    for (size_t j = 0; j < s->ny; j++) {
        if (j % ROWS_PER_CHECK == 0) {
            FAISS_TRY (faiss_check_interrupt ());
        }
        if (!is_selected (s->sel, (idx_t)j)) {
            continue;
        }
        float value = s->distance (s->x + query * s->d, s->y + j * s->d, s->d, s->metric_arg);
        if (s->is_similarity ? value > s->radius : value < s->radius) {
            FAISS_TRY (faiss_RangeQueryResult_add (found, value, (idx_t)j));
        }
    }
    return FAISS_OK;
}

static FaissStatus range_search_share (void *context, size_t begin, size_t end,
                                       FaissRangeSearchPartialResult *partial) {
    for (size_t i = begin; i < end; i++) {
        FAISS_TRY (range_search_one (context, i, partial));
    }
    return FAISS_OK;
}

FaissStatus faiss_range_search_extra_metrics (const float *x, const float *y, size_t d, size_t nx,
                                              size_t ny, FaissMetricType metric, float metric_arg,
                                              float radius, FaissRangeSearchResult *result,
                                              const FaissIDSelector *sel) {
    FAISS_REQUIRE_ARG (result);
    FAISS_REQUIRE (nx == 0 || (x && (y || ny == 0)), "an array is NULL");
    RangeSearch s = {.x = x,
                     .y = y,
                     .d = d,
                     .ny = ny,
                     .metric_arg = metric_arg,
                     .radius = radius,
                     .is_similarity = faiss_is_similarity_metric (metric),
                     .sel = sel};
    FAISS_TRY (faiss_vector_distance (&s.distance, metric));
    return faiss_range_search_in_shares (result, nx, range_search_share, &s);
}

/* ---- distance computers ---------------------------------------------------------------------- */

typedef struct VectorDistanceComputer {
    FaissFlatCodesDistanceComputer base;
    idx_t nb; /* vectors, where nothing else says how many there are */
    size_t d;
    FaissVectorDistance function;
    float metric_arg;
    float worst;
    /* four at once, where there is a kernel for it */
    void (*batch_4) (const float *x, const float *y0, const float *y1, const float *y2,
                     const float *y3, size_t d, float out[4]);
} VectorDistanceComputer;

static VectorDistanceComputer *computer_of (FaissDistanceComputer *dc) {
    return (VectorDistanceComputer *)dc;
}

static const float *vector_of (const VectorDistanceComputer *self, idx_t i) {
    return (const float *)(const void *)self->base.codes + (size_t)i * self->d;
}

static FaissStatus computer_set_query (FaissDistanceComputer *dc, const float *x) {
    computer_of (dc)->base.q = x;
    return FAISS_OK;
}

static float computer_distance (FaissDistanceComputer *dc, idx_t i) {
    const VectorDistanceComputer *self = computer_of (dc);
    return i < 0 ? self->worst
                 : self->function (self->base.q, vector_of (self, i), self->d, self->metric_arg);
}

static void computer_distances_batch_4 (FaissDistanceComputer *dc, const idx_t i[4], float out[4]) {
    const VectorDistanceComputer *self = computer_of (dc);
    if (self->batch_4 && i[0] >= 0 && i[1] >= 0 && i[2] >= 0 && i[3] >= 0) {
        self->batch_4 (self->base.q, vector_of (self, i[0]), vector_of (self, i[1]),
                       vector_of (self, i[2]), vector_of (self, i[3]), self->d, out);
        return;
    }
    for (int j = 0; j < 4; j++) {
        out[j] = computer_distance (dc, i[j]);
    }
}

static float computer_symmetric_dis (FaissDistanceComputer *dc, idx_t i, idx_t j) {
    const VectorDistanceComputer *self = computer_of (dc);
    return self->function (vector_of (self, i), vector_of (self, j), self->d, self->metric_arg);
}

static float computer_distance_to_code (FaissFlatCodesDistanceComputer *fdc, const uint8_t *code) {
    const VectorDistanceComputer *self = computer_of (&fdc->dc);
    return self->function (fdc->q, (const float *)(const void *)code, self->d, self->metric_arg);
}

static void computer_free (FaissDistanceComputer *dc) {
    free (dc);
}

FaissStatus faiss_get_extra_distance_computer (FaissFlatCodesDistanceComputer **out, size_t d,
                                               FaissMetricType metric, float metric_arg, size_t nb,
                                               const float *xb) {
    FAISS_REQUIRE_ARG (out);
    FAISS_REQUIRE (nb == 0 || xb, "xb is NULL");
    FaissVectorDistance function = NULL;
    FAISS_TRY (faiss_vector_distance (&function, metric));
    VectorDistanceComputer *self = NULL;
    FAISS_TRY (faiss_alloc_zeroed (&self, 1, sizeof *self));
    *self = (VectorDistanceComputer){
        .base = {.dc = {.end = &self->nb,
                        .set_query = computer_set_query,
                        .distance = computer_distance,
                        .distances_batch_4 = computer_distances_batch_4,
                        .symmetric_dis = computer_symmetric_dis,
                        .free = computer_free},
                 .codes = (const uint8_t *)xb,
                 .code_size = d * sizeof *xb,
                 .distance_to_code = computer_distance_to_code},
        .nb = (idx_t)nb,
        .d = d,
        .function = function,
        .metric_arg = metric_arg,
        .worst = faiss_is_similarity_metric (metric) ? -HUGE_VALF : HUGE_VALF,
        .batch_4 = metric == METRIC_L2              ? faiss_kernels.fvec_L2sqr_batch_4
                   : metric == METRIC_INNER_PRODUCT ? faiss_kernels.fvec_inner_product_batch_4
                                                    : NULL,
    };
    *out = &self->base;
    return FAISS_OK;
}
