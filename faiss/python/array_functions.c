/* Loops over arrays for functions of the Python module that the library has no use for. */
#include "array_functions.h"

#include <math.h>
#include <string.h>

#include <faiss/impl/bitstring.h>
#include <faiss/utils/Heap.h>

#define ALWAYS_INLINE static inline __attribute__ ((always_inline))

/* ---- the best of rows -------------------------------------------------------------------------
 */

typedef float Floats __attribute__ ((vector_size (16), aligned (4), may_alias));
typedef int32_t Answers __attribute__ ((vector_size (16)));

enum { LANES = sizeof (Floats) / sizeof (float), BLOCK = 8 * LANES };

/* Is any of a block better than the threshold? Most blocks have none. */
ALWAYS_INLINE bool any_better (const bool is_similarity, const float *values, float threshold) {
    Floats limit = {threshold, threshold, threshold, threshold};
    Answers any = {0};
    for (int j = 0; j < BLOCK; j += LANES) {
        Floats some = *(const Floats *)(values + j);
        any |= is_similarity ? some > limit : some < limit;
    }
    return any[0] | any[1] | any[2] | any[3];
}

ALWAYS_INLINE void k_best_of_row (const bool is_similarity, size_t m, const float *values, size_t k,
                                  float *D, int64_t *I) {
    faiss_heap_heapify (is_similarity, k, D, I);
    for (size_t begin = 0; begin < m; begin += BLOCK) {
        size_t end = m - begin < BLOCK ? m : begin + BLOCK;
        if (end - begin == BLOCK && !any_better (is_similarity, values + begin, D[0])) {
            continue;
        }
        for (size_t j = begin; j < end; j++) {
            faiss_heap_offer (is_similarity, k, D, I, values[j], (int64_t)j);
        }
    }
    faiss_heap_reorder (is_similarity, k, D, I);
}

void faiss_rows_k_best (bool is_similarity, size_t n, size_t m, const float *values, size_t k,
                        float *D, int64_t *I) {
    for (size_t i = 0; i < n; i++) {
        if (is_similarity) {
            k_best_of_row (true, m, values + i * m, k, D + i * k, I + i * k);
        } else {
            k_best_of_row (false, m, values + i * m, k, D + i * k, I + i * k);
        }
    }
}

/* ---- merging results --------------------------------------------------------------------------
 */

static float key_of (bool is_similarity, float distance, int64_t id) {
    return id < 0 ? HUGE_VALF : is_similarity ? -distance : distance;
}

void faiss_rows_merge (bool is_similarity, size_t n, size_t k, float *D, int64_t *I, size_t m,
                       const float *new_D, const int64_t *new_I) {
    for (size_t i = 0; k > 0 && i < n; i++, D += k, I += k, new_D += m, new_I += m) {
        size_t at = 0; /* where the one before went */
        float before = -HUGE_VALF, last = key_of (is_similarity, D[k - 1], I[k - 1]);
        for (size_t j = 0; j < m; j++) {
            float key = key_of (is_similarity, new_D[j], new_I[j]);
            if (!(key < last)) {
                continue;
            }
            at = key < before ? 0 : at; /* results are sorted, most often */
            before = key;
            while (key_of (is_similarity, D[at], I[at]) <= key) {
                at++;
            }
            memmove (D + at + 1, D + at, (k - 1 - at) * sizeof *D);
            memmove (I + at + 1, I + at, (k - 1 - at) * sizeof *I);
            D[at] = new_D[j];
            I[at] = new_I[j];
            last = key_of (is_similarity, D[k - 1], I[k - 1]);
        }
    }
}

/* ---- labels in common -------------------------------------------------------------------------
 */

enum { FREE, THERE, COUNTED };

/* The slot of a label, or the free one where it would go. */
static size_t slot_of (const int64_t *table, size_t n_slots, int64_t label) {
    size_t slot = (size_t)((uint64_t)label * 0x9e3779b97f4a7c15u >> 32) & (n_slots - 1);
    while (table[2 * slot + 1] != FREE && table[2 * slot] != label) {
        slot = (slot + 1) & (n_slots - 1);
    }
    return slot;
}

size_t faiss_rows_common (size_t n, size_t k1, const int64_t *I1, size_t k2, const int64_t *I2,
                          size_t n_slots, int64_t *table) {
    size_t n_common = 0;
    for (size_t i = 0; i < n; i++, I1 += k1, I2 += k2) {
        memset (table, FREE, 2 * n_slots * sizeof *table);
        for (size_t j = 0; j < k1; j++) {
            if (I1[j] >= 0) {
                size_t slot = slot_of (table, n_slots, I1[j]);
                table[2 * slot] = I1[j];
                table[2 * slot + 1] = THERE;
            }
        }
        for (size_t j = 0; j < k2; j++) {
            size_t slot = slot_of (table, n_slots, I2[j]);
            bool is_new = table[2 * slot + 1] == THERE;
            table[2 * slot + 1] = is_new ? COUNTED : table[2 * slot + 1];
            n_common += is_new;
        }
    }
    return n_common;
}

/* ---- buckets ----------------------------------------------------------------------------------
 */

bool faiss_bucket_count (size_t n, const int64_t *values, size_t n_buckets, int64_t *lims) {
    for (size_t i = 0; i < n; i++) {
        if ((uint64_t)values[i] >= n_buckets) {
            return false;
        }
        lims[values[i] + 1]++;
    }
    return true;
}

void faiss_bucket_begin (size_t n_buckets, int64_t *lims) {
    for (size_t v = 0; v < n_buckets; v++) {
        lims[v + 1] += lims[v];
    }
}

void faiss_bucket_place (size_t begin, size_t end, const int64_t *values, size_t divisor,
                         int64_t *lims, int64_t *positions) {
    size_t row = begin / divisor, row_end = (row + 1) * divisor;
    for (size_t i = begin; i < end; i++) {
        if (i == row_end) {
            row++, row_end += divisor;
        }
        positions[lims[values[i]]++] = (int64_t)row;
    }
}

void faiss_bucket_end (size_t n_buckets, int64_t *lims) {
    memmove (lims + 1, lims, n_buckets * sizeof *lims);
    lims[0] = 0;
}

/* ---- bit strings ------------------------------------------------------------------------------
 */

void faiss_rows_pack (size_t n, size_t m, const int32_t *numbers, const int32_t *widths,
                      uint8_t *codes, size_t code_size) {
    for (size_t i = 0; i < n; i++) {
        uint8_t *out = codes + i * code_size, *end = out + code_size;
        uint64_t bits = 0; /* that are not written, n_bits < 32 of them */
        int n_bits = 0;
        for (size_t j = 0; j < m; j++) {
            int64_t number = numbers[i * m + j];
            for (int width = widths[j]; width > 0; width -= 32, number >>= 32) {
                int step = width < 32 ? width : 32;
                bits |= ((uint64_t)number & (((uint64_t)1 << step) - 1)) << n_bits;
                n_bits += step;
                if (n_bits >= 32) {
                    for (int t = 0; t < 4; t++) {
                        out[t] = (uint8_t)(bits >> (8 * t));
                    }
                    out += 4, bits >>= 32, n_bits -= 32;
                }
            }
        }
        for (; out < end; out++, bits >>= 8) {
            *out = (uint8_t)bits;
        }
    }
}

void faiss_rows_unpack (size_t n, size_t m, const uint8_t *codes, size_t code_size,
                        const int32_t *widths, int32_t *numbers) {
    for (size_t i = 0; i < n; i++, codes += code_size, numbers += m) {
        bool is_short = code_size < 8;
        uint64_t word = is_short ? faiss_bitstring_short (codes, code_size) : 0;
        size_t position = 0;
        for (size_t j = 0; j < m; j++) {
            size_t width = widths[j] > 0 ? (size_t)widths[j] : 0, byte = position >> 3;
            size_t used = width < 32 ? width : 32; /* higher bits do not fit a number */
            byte = is_short ? 0 : byte < code_size - 8 ? byte : code_size - 8;
            word = is_short ? word : faiss_bitstring_word (codes + byte);
            uint64_t bits = position < 8 * code_size ? word >> (position - 8 * byte) : 0;
            numbers[j] = (int32_t)(uint32_t)(bits & (((uint64_t)1 << used) - 1));
            position += width;
        }
    }
}
