/* Binary vectors: bits from signs, and exhaustive search by the number of bits that differ. */
#include <faiss/utils/hamming.h>

#include <faiss/impl/check.h>
#include <faiss/impl/parallel.h>
#include <faiss/kernels/kernels.h>
#include <faiss/utils/Heap.h>

/* ---- bits from signs ------------------------------------------------------------------------- */

void faiss_fvec2bitvec (const float *x, uint8_t *b, size_t d) {
    size_t j = 0;
    for (; j + 8 <= d; j += 8) {
        unsigned byte = 0;
        for (unsigned i = 0; i < 8; i++) {
            byte |= (unsigned)(x[j + i] >= 0) << i;
        }
        b[j / 8] = (uint8_t)byte;
    }
    if (j < d) {
        unsigned byte = 0;
        for (unsigned i = 0; j + i < d; i++) {
            byte |= (unsigned)(x[j + i] >= 0) << i;
        }
        b[j / 8] = (uint8_t)byte;
    }
}

/// Vectors per piece of work.
enum { ROWS = 1024 };

void faiss_fvecs2bitvecs (const float *x, uint8_t *b, size_t d, size_t n) {
    size_t code_size = (d + 7) / 8;
#pragma omp parallel for num_threads(faiss_threads_for((int64_t)(n / ROWS + 1)))
    for (size_t i = 0; i < n; i++) {
        faiss_fvec2bitvec (x + i * d, b + i * code_size, d);
    }
}

void faiss_bitvecs2fvecs (const uint8_t *b, float *x, size_t d, size_t n) {
    size_t code_size = (d + 7) / 8;
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < d; j++) {
            x[i * d + j] = b[i * code_size + j / 8] >> (j % 8) & 1 ? 1.0f : -1.0f;
        }
    }
}

/* ---- search ---------------------------------------------------------------------------------- */

enum {
    GROUP = 32,       /* queries that share a block of codes */
    BLOCK = 1024,     /* codes that are compared before the first is offered */
    FIRST_BLOCK = 64, /* of the first ones most are offered */
};

typedef struct Search {
    const uint8_t *y;
    size_t ny, code_size, k;
    const FaissIDSelector *sel;
    FaissRegion *region;
} Search;

static void offer_block (const Search *s, const uint8_t *x, size_t begin, size_t n,
                         float *distances, idx_t *labels) {
    uint32_t positions[BLOCK], found[BLOCK];
    uint32_t bound = distances[0] < (float)UINT32_MAX ? (uint32_t)distances[0] : UINT32_MAX;
    size_t n_found = faiss_kernels.hamming_below (x, s->y + begin * s->code_size, s->code_size, n,
                                                  bound, positions, found);
    for (size_t i = 0; i < n_found; i++) {
        idx_t id = (idx_t)(begin + positions[i]);
        if (!s->sel || s->sel->cls->is_member (s->sel, id)) {
            faiss_heap_offer (false, s->k, distances, labels, (float)found[i], id);
        }
    }
}

static FaissStatus search_group (const Search *s, const uint8_t *x, size_t n, float *distances,
                                 idx_t *labels) {
    for (size_t i = 0; i < n; i++) {
        faiss_heap_heapify (false, s->k, distances + i * s->k, labels + i * s->k);
    }
    for (size_t size = FIRST_BLOCK, begin = 0; begin < s->ny; begin += size) {
        size = begin == 0 ? FIRST_BLOCK : BLOCK;
        size = s->ny - begin < size ? s->ny - begin : size;
        if (faiss_region_stopped (s->region)) {
            return FAISS_OK;
        }
        for (size_t i = 0; i < n; i++) {
            offer_block (s, x + i * s->code_size, begin, size, distances + i * s->k,
                         labels + i * s->k);
        }
    }
    for (size_t i = 0; i < n; i++) {
        faiss_heap_reorder (false, s->k, distances + i * s->k, labels + i * s->k);
    }
    return FAISS_OK;
}

FaissStatus faiss_knn_hamming (const uint8_t *x, const uint8_t *y, size_t nx, size_t ny,
                               size_t code_size, size_t k, const FaissIDSelector *sel,
                               float *distances, idx_t *labels) {
    FAISS_REQUIRE (k > 0, "expected k > 0, got 0");
    FAISS_REQUIRE (nx == 0 || (x && distances && labels && (y || ny == 0)), "an array is NULL");
    FaissRegion region = {0};
    Search s = {y, ny, code_size, k, sel, &region};
    /* groups as even as the number of threads wants them */
    size_t n_threads = (size_t)faiss_threads_for ((int64_t)nx);
    size_t group = nx / n_threads < GROUP ? nx / n_threads + (nx % n_threads != 0) : GROUP;
    idx_t n_groups = group ? (idx_t)((nx + group - 1) / group) : 0;
#pragma omp parallel for num_threads(faiss_threads_for(n_groups)) schedule(dynamic)
    for (idx_t g = 0; g < n_groups; g++) {
        size_t first = (size_t)g * group, n = nx - first < group ? nx - first : group;
        if (!faiss_region_stopped (&region)) {
            faiss_region_note (&region, search_group (&s, x + first * code_size, n,
                                                      distances + first * k, labels + first * k));
        }
    }
    FAISS_TRY (faiss_region_close (&region));
    for (size_t i = 0; i < nx * k; i++) {
        distances[i] = labels[i] < 0 ? (float)INT32_MAX : distances[i];
    }
    return FAISS_OK;
}
