/* Exhaustive search: the definition. */
#include <stdbool.h>

#include <faiss/kernels/kernels.h>

void faiss_exact_pack_rows_generic (const FaissStoredFloat *y, const uint32_t *ids, size_t n,
                                    size_t d, float *out) {
    size_t n_groups = (n + FAISS_EXACT_ROWS - 1) / FAISS_EXACT_ROWS;
    for (size_t i = 0; i < n_groups * FAISS_EXACT_ROWS; i++) {
        size_t group = i / FAISS_EXACT_ROWS, place = i % FAISS_EXACT_ROWS;
        size_t row = i < n && ids ? ids[i] : i;
        for (size_t j = 0; j < d; j++) {
            out[(group * d + j) * FAISS_EXACT_ROWS + place] = i < n ? y[row * d + j] : 0;
        }
    }
}

#define ALWAYS_INLINE static inline __attribute__ ((always_inline))

typedef enum Metric { IP, L2, L2_NORMS } Metric; /* always a constant argument */

ALWAYS_INLINE float value_of (const Metric metric, const FaissExactBlock *block, int query,
                              size_t row) {
    const float *x = block->queries + query;
    const float *y =
        block->rows + row / FAISS_EXACT_ROWS * block->d * FAISS_EXACT_ROWS + row % FAISS_EXACT_ROWS;
    float sum = 0;
    for (size_t j = 0; j < block->d; j++) {
        float a = x[j * FAISS_EXACT_QUERIES], b = y[j * FAISS_EXACT_ROWS];
        sum += metric == L2 ? (a - b) * (a - b) : a * b;
    }
    if (metric == L2_NORMS) {
        sum = (block->query_norms[query] + block->row_norms[row]) - 2 * sum;
        return sum < 0 ? 0 : sum;
    }
    return sum;
}

ALWAYS_INLINE bool is_better (const Metric metric, float value, float than) {
    return metric == IP ? value > than : value < than;
}

ALWAYS_INLINE void collect (const Metric metric, const FaissExactBlock *block) {
    for (int query = 0; query < block->n_queries; query++) {
        size_t at = (size_t)query * block->found_stride;
        uint32_t n_found = 0;
        for (size_t row = 0; row < block->n_rows; row++) {
            float value = value_of (metric, block, query, row);
            if (is_better (metric, value, block->thresholds[query])) {
                block->found_vals[at + n_found] = value;
                block->found_rows[at + n_found] = (uint32_t)row;
                n_found++;
            }
        }
        block->n_found[query] = n_found;
    }
}

ALWAYS_INLINE void nearest (const Metric metric, const FaissExactBlock *block) {
    for (int query = 0; query < block->n_queries; query++) {
        for (size_t row = 0; row < block->n_rows; row++) {
            float value = value_of (metric, block, query, row);
            if (is_better (metric, value, block->best_vals[query])) {
                block->best_vals[query] = value;
                block->best_ids[query] = block->first_id + (int64_t)row;
            }
        }
    }
}

void faiss_exact_collect_ip_generic (const FaissExactBlock *block) {
    collect (IP, block);
}

void faiss_exact_collect_L2_generic (const FaissExactBlock *block) {
    collect (L2, block);
}

void faiss_exact_collect_L2_norms_generic (const FaissExactBlock *block) {
    collect (L2_NORMS, block);
}

void faiss_exact_nearest_ip_generic (const FaissExactBlock *block) {
    nearest (IP, block);
}

void faiss_exact_nearest_L2_generic (const FaissExactBlock *block) {
    nearest (L2, block);
}

void faiss_exact_nearest_L2_norms_generic (const FaissExactBlock *block) {
    nearest (L2_NORMS, block);
}
