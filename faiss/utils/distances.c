/* Distances between vectors: thin wrappers of the kernels, and what is made of them. */
#include <faiss/utils/distances.h>

#include <math.h>

#include <faiss/impl/check.h>
#include <faiss/impl/parallel.h>
#include <faiss/kernels/kernels.h>
#include <faiss/utils/Heap.h>
#include <faiss/utils/blas.h>

/* ---- two vectors ----------------------------------------------------------------------------- */

float faiss_fvec_L2sqr (const float *x, const float *y, size_t d) {
    return faiss_kernels.fvec_L2sqr (x, y, d);
}

float faiss_fvec_inner_product (const float *x, const float *y, size_t d) {
    return faiss_kernels.fvec_inner_product (x, y, d);
}

float faiss_fvec_L1 (const float *x, const float *y, size_t d) {
    return faiss_kernels.fvec_L1 (x, y, d);
}

float faiss_fvec_Linf (const float *x, const float *y, size_t d) {
    return faiss_kernels.fvec_Linf (x, y, d);
}

float faiss_fvec_norm_L2sqr (const float *x, size_t d) {
    return faiss_kernels.fvec_inner_product (x, x, d);
}

void faiss_fvec_L2sqr_batch_4 (const float *x, const float *y0, const float *y1, const float *y2,
                               const float *y3, size_t d, float out[4]) {
    faiss_kernels.fvec_L2sqr_batch_4 (x, y0, y1, y2, y3, d, out);
}

void faiss_fvec_inner_product_batch_4 (const float *x, const float *y0, const float *y1,
                                       const float *y2, const float *y3, size_t d, float out[4]) {
    faiss_kernels.fvec_inner_product_batch_4 (x, y0, y1, y2, y3, d, out);
}

void faiss_fvec_inner_products_ny (float *ip, const float *x, const float *y, size_t d, size_t ny) {
    faiss_kernels.fvec_inner_products_ny (ip, x, y, d, ny);
}

void faiss_fvec_L2sqr_ny (float *dis, const float *x, const float *y, size_t d, size_t ny) {
    faiss_kernels.fvec_L2sqr_ny (dis, x, y, d, ny);
}

/* ---- arithmetic ------------------------------------------------------------------------------ */

void faiss_fvec_madd (size_t n, const float *a, float bf, const float *b, float *c) {
    faiss_kernels.fvec_madd (n, a, bf, b, c);
}

void faiss_fvec_add (size_t d, const float *a, const float *b, float *c) {
    for (size_t i = 0; i < d; i++) {
        c[i] = a[i] + b[i];
    }
}

void faiss_fvec_sub (size_t d, const float *a, const float *b, float *c) {
    for (size_t i = 0; i < d; i++) {
        c[i] = a[i] - b[i];
    }
}

/* Merge sort of ids by their values: stable. */
static bool is_before (float a, float b) {
    return a < b || (isnan (b) && !isnan (a));
}

enum { MERGED_PER_CHECK = 1 << 18 };

static FaissStatus merge_runs (const float *vals, const idx_t *from, size_t middle, size_t end,
                               idx_t *to) {
    size_t left = 0, right = middle;
    for (size_t i = 0; i < end; i++) {
        if (i % MERGED_PER_CHECK == MERGED_PER_CHECK - 1) {
            FAISS_TRY (faiss_check_interrupt ());
        }
        bool take_right =
            left == middle || (right < end && is_before (vals[from[right]], vals[from[left]]));
        to[i] = from[take_right ? right++ : left++];
    }
    return FAISS_OK;
}

/* Neighbouring runs of a width become one. */
static FaissStatus merge_all (const float *vals, const idx_t *from, size_t n, size_t width,
                              idx_t *to) {
    for (size_t at = 0; at < n; at += 2 * width) {
        size_t middle = n - at < width ? n - at : width;
        size_t end = n - at < 2 * width ? n - at : 2 * width;
        if (at % MERGED_PER_CHECK == 0) {
            FAISS_TRY (faiss_check_interrupt ());
        }
        FAISS_TRY (merge_runs (vals, from + at, middle, end, to + at));
    }
    return FAISS_OK;
}

FaissStatus faiss_fvec_argsort (size_t n, const float *vals, idx_t *perm) {
    FAISS_REQUIRE (n == 0 || (vals && perm), "an array is NULL");
    FAISS_AUTO_FREE (idx_t) *buffer = NULL;
    FAISS_TRY (faiss_alloc (&buffer, n, sizeof *buffer));
    for (size_t i = 0; i < n; i++) {
        perm[i] = (idx_t)i;
    }
    idx_t *from = perm, *to = buffer;
    for (size_t width = 1; width < n; width *= 2) {
        FAISS_TRY (merge_all (vals, from, n, width, to));
        idx_t *other = from;
        from = to;
        to = other;
    }
    for (size_t i = 0; from != perm && i < n; i++) {
        perm[i] = from[i];
    }
    return FAISS_OK;
}

/* ---- norms ----------------------------------------------------------------------------------- */

void faiss_fvec_norms_L2sqr (float *norms, const float *x, size_t d, size_t nx) {
#pragma omp parallel for num_threads(nx *d > 100000 ? faiss_threads_for((idx_t)nx) : 1)
    for (size_t i = 0; i < nx; i++) {
        norms[i] = faiss_kernels.fvec_inner_product (x + i * d, x + i * d, d);
    }
}

void faiss_fvec_norms_L2 (float *norms, const float *x, size_t d, size_t nx) {
    faiss_fvec_norms_L2sqr (norms, x, d, nx);
    for (size_t i = 0; i < nx; i++) {
        norms[i] = sqrtf (norms[i]);
    }
}

void faiss_fvec_renorm_L2 (size_t d, size_t nx, float *x) {
#pragma omp parallel for num_threads(nx *d > 100000 ? faiss_threads_for((idx_t)nx) : 1)
    for (size_t i = 0; i < nx; i++) {
        float *row = x + i * d;
        float norm = faiss_kernels.fvec_inner_product (row, row, d);
        if (norm > 0) {
            float factor = 1.f / sqrtf (norm);
            for (size_t j = 0; j < d; j++) {
                row[j] *= factor;
            }
        }
    }
}

/* ---- all pairs ------------------------------------------------------------------------------- */

/* One block of queries against all of xb. */
typedef struct PairwiseBlock {
    int64_t d, nq, nb;
    const float *xq, *xb;
    float *dis;
    int64_t ldq, ldb, ldd;
} PairwiseBlock;

static void fill_with_norms (const PairwiseBlock *b) {
    float *y_norms = b->dis; /* the first row holds them until its own turn, the last */
    for (int64_t j = 0; j < b->nb; j++) {
        y_norms[j] = faiss_fvec_norm_L2sqr (b->xb + j * b->ldb, (size_t)b->d);
    }
    for (int64_t i = b->nq - 1; i >= 0; i--) {
        float x_norm = faiss_fvec_norm_L2sqr (b->xq + i * b->ldq, (size_t)b->d);
        for (int64_t j = 0; j < b->nb; j++) {
            b->dis[i * b->ldd + j] = x_norm + y_norms[j];
        }
    }
}

static void subtract_products (const PairwiseBlock *b) {
    const int64_t max = INT32_MAX; /* what the BLAS's integers can count */
    if (b->d == 0 || b->nb == 0) {
        return;
    }
    bool fits = b->ldq >= b->d && b->ldb >= b->d && b->ldd >= b->nb; /* no rows overlap */
    if (fits && b->nb <= max && b->ldq <= max && b->ldb <= max && b->ldd <= max) {
        FINTEGER m = (FINTEGER)b->nb, n = (FINTEGER)b->nq, k = (FINTEGER)b->d;
        FINTEGER ldq = (FINTEGER)b->ldq, ldb = (FINTEGER)b->ldb, ldd = (FINTEGER)b->ldd;
        float minus_two = -2, one = 1;
        sgemm_ ("Transposed", "Not transposed", &m, &n, &k, &minus_two, b->xb, &ldb, b->xq, &ldq,
                &one, b->dis, &ldd);
        return;
    }
    for (int64_t i = 0; i < b->nq; i++) {
        for (int64_t j = 0; j < b->nb; j++) {
            b->dis[i * b->ldd + j] -=
                2 * faiss_fvec_inner_product (b->xq + i * b->ldq, b->xb + j * b->ldb, (size_t)b->d);
        }
    }
}

void faiss_pairwise_L2sqr (int64_t d, int64_t nq, const float *xq, int64_t nb, const float *xb,
                           float *dis, int64_t ldq, int64_t ldb, int64_t ldd) {
    enum { BLOCK = 256 };
    ldq = ldq == -1 ? d : ldq;
    ldb = ldb == -1 ? d : ldb;
    ldd = ldd == -1 ? nb : ldd;
    int64_t n_blocks = (nq + BLOCK - 1) / BLOCK;
    faiss_blas_single_threaded_begin ();
#pragma omp parallel for num_threads(faiss_threads_for(n_blocks))
    for (int64_t block = 0; block < n_blocks; block++) {
        int64_t first = block * BLOCK, n = nq - first < BLOCK ? nq - first : BLOCK;
        PairwiseBlock b = {.d = d,
                           .nq = n,
                           .nb = nb,
                           .xq = xq + first * ldq,
                           .xb = xb,
                           .dis = dis + first * ldd,
                           .ldq = ldq,
                           .ldb = ldb,
                           .ldd = ldd};
        fill_with_norms (&b);
        subtract_products (&b);
    }
    faiss_blas_single_threaded_end ();
}

void faiss_pairwise_L2sqr_with_defaults (int64_t d, int64_t nq, const float *xq, int64_t nb,
                                         const float *xb, float *dis) {
    faiss_pairwise_L2sqr (d, nq, xq, nb, xb, dis, -1, -1, -1);
}

/* The first of the smallest values. */
static size_t argmin (const float *values, size_t n) {
    enum { BLOCK = 128 }; /* most have none that is smaller */
    uint32_t positions[BLOCK];
    size_t best = 0;
    for (size_t begin = 0; begin < n; begin += BLOCK) {
        size_t n_found = faiss_kernels.find_at_most (
            values + begin, n - begin < BLOCK ? n - begin : BLOCK, values[best], positions);
        for (size_t j = 0; j < n_found; j++) {
            size_t i = begin + positions[j];
            best = values[i] < values[best] ? i : best;
        }
    }
    return best;
}

size_t faiss_fvec_L2sqr_ny_nearest (float *distances_tmp_buffer, const float *x, const float *y,
                                    size_t d, size_t ny) {
    faiss_kernels.fvec_L2sqr_ny (distances_tmp_buffer, x, y, d, ny);
    return argmin (distances_tmp_buffer, ny);
}

int faiss_fvec_madd_and_argmin (size_t n, const float *a, float bf, const float *b, float *c) {
    faiss_kernels.fvec_madd (n, a, bf, b, c);
    return (int)argmin (c, n);
}

void faiss_pairwise_indexed_L2sqr (size_t d, size_t n, const float *x, const int64_t *ix,
                                   const float *y, const int64_t *iy, float *dis) {
#pragma omp parallel for num_threads(n *d > 100000 ? faiss_threads_for((idx_t)n) : 1)
    for (size_t i = 0; i < n; i++) {
        dis[i] = faiss_kernels.fvec_L2sqr (x + (size_t)ix[i] * d, y + (size_t)iy[i] * d, d);
    }
}

void faiss_pairwise_indexed_inner_product (size_t d, size_t n, const float *x, const int64_t *ix,
                                           const float *y, const int64_t *iy, float *dis) {
#pragma omp parallel for num_threads(n *d > 100000 ? faiss_threads_for((idx_t)n) : 1)
    for (size_t i = 0; i < n; i++) {
        dis[i] = faiss_kernels.fvec_inner_product (x + (size_t)ix[i] * d, y + (size_t)iy[i] * d, d);
    }
}

/* ---- subsets --------------------------------------------------------------------------------- */

typedef float (*Distance) (const float *x, const float *y, size_t d);

static void distances_by_idx (Distance distance, float missing, float *dis, const float *x,
                              const float *y, const idx_t *ids, size_t d, size_t nx, size_t ny) {
#pragma omp parallel for num_threads(faiss_threads_for((idx_t)nx))
    for (size_t i = 0; i < nx; i++) {
        for (size_t j = i * ny; j < (i + 1) * ny; j++) {
            dis[j] = ids[j] < 0 ? missing : distance (x + i * d, y + (size_t)ids[j] * d, d);
        }
    }
}

void faiss_fvec_inner_products_by_idx (float *ip, const float *x, const float *y, const idx_t *ids,
                                       size_t d, size_t nx, size_t ny) {
    distances_by_idx (faiss_kernels.fvec_inner_product, -HUGE_VALF, ip, x, y, ids, d, nx, ny);
}

void faiss_fvec_L2sqr_by_idx (float *dis, const float *x, const float *y, const idx_t *ids,
                              size_t d, size_t nx, size_t ny) {
    distances_by_idx (faiss_kernels.fvec_L2sqr, HUGE_VALF, dis, x, y, ids, d, nx, ny);
}

static FaissStatus knn_by_idx (bool is_similarity, const float *x, const float *y,
                               const idx_t *subset, size_t d, size_t nx, size_t ny, size_t nsubset,
                               size_t k, float *vals, idx_t *ids, int64_t ld_subset) {
    FAISS_REQUIRE (nx == 0 || (x && y && subset && vals && ids), "an array is NULL");
    FAISS_REQUIRE (k > 0, "expected k > 0, got 0");
    size_t stride = ld_subset < 0 ? nsubset : (size_t)ld_subset;
    for (size_t i = 0; i < nx; i++) {
        for (size_t j = 0; j < nsubset; j++) {
            FAISS_REQUIRE (subset[i * stride + j] < (idx_t)ny, "id %lld, but ny=%zu",
                           (long long)subset[i * stride + j], ny);
        }
    }
    Distance distance = is_similarity ? faiss_kernels.fvec_inner_product : faiss_kernels.fvec_L2sqr;
    FaissRegion region = {0};
#pragma omp parallel for num_threads(faiss_threads_for((idx_t)nx)) schedule(dynamic, 8)
    for (size_t i = 0; i < nx; i++) {
        if (faiss_region_stopped (&region)) {
            continue;
        }
        const idx_t *candidates = subset + i * stride;
        faiss_heap_heapify (is_similarity, k, vals + i * k, ids + i * k);
        for (size_t j = 0; j < nsubset && candidates[j] >= 0; j++) {
            faiss_heap_offer (is_similarity, k, vals + i * k, ids + i * k,
                              distance (x + i * d, y + (size_t)candidates[j] * d, d),
                              candidates[j]);
        }
        faiss_heap_reorder (is_similarity, k, vals + i * k, ids + i * k);
    }
    return faiss_region_close (&region);
}

FaissStatus faiss_knn_L2sqr_by_idx (const float *x, const float *y, const idx_t *subset, size_t d,
                                    size_t nx, size_t ny, size_t nsubset, size_t k, float *vals,
                                    idx_t *ids, int64_t ld_subset) {
    return knn_by_idx (false, x, y, subset, d, nx, ny, nsubset, k, vals, ids, ld_subset);
}

FaissStatus faiss_knn_inner_products_by_idx (const float *x, const float *y, const idx_t *subset,
                                             size_t d, size_t nx, size_t ny, size_t nsubset,
                                             size_t k, float *vals, idx_t *ids, int64_t ld_subset) {
    return knn_by_idx (true, x, y, subset, d, nx, ny, nsubset, k, vals, ids, ld_subset);
}

/* ---- settings -------------------------------------------------------------------------------- */

static int blas_threshold = 128000;
static int blas_query_bs = 4096;
static int blas_database_bs = 1024;
static int min_k_reservoir = 100;

void faiss_set_distance_compute_blas_threshold (int value) {
    blas_threshold = value;
}

int faiss_get_distance_compute_blas_threshold (void) {
    return blas_threshold;
}

void faiss_set_distance_compute_blas_query_bs (int value) {
    blas_query_bs = value;
}

int faiss_get_distance_compute_blas_query_bs (void) {
    return blas_query_bs;
}

void faiss_set_distance_compute_blas_database_bs (int value) {
    blas_database_bs = value;
}

int faiss_get_distance_compute_blas_database_bs (void) {
    return blas_database_bs;
}

void faiss_set_distance_compute_min_k_reservoir (int value) {
    min_k_reservoir = value;
}

int faiss_get_distance_compute_min_k_reservoir (void) {
    return min_k_reservoir;
}
