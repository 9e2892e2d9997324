/* Product quantizer codes: the definition of what these kernels compute. */
#include <math.h>
#include <string.h>

#include <faiss/kernels/kernels.h>
#include <faiss/kernels/pq_swap_cost_tmpl.h>

enum { ENTRIES = 256, LANES = 64 };

void faiss_pq_sum_bytes_generic (const float *tables, size_t n_columns, float bias,
                                 const uint8_t *codes, size_t stride, const uint32_t *positions,
                                 size_t n, float *out) {
    enum { AT_ONCE = 8 }; /* additions wait for each other, those of eight codes do not */
    for (size_t i = 0; i < n; i += AT_ONCE) {
        const uint8_t *code[AT_ONCE];
        float sums[AT_ONCE];
        size_t m = n - i < AT_ONCE ? n - i : AT_ONCE;
        for (size_t j = 0; j < AT_ONCE; j++) {
            size_t at = i + (j < m ? j : 0);
            code[j] = codes + (positions ? positions[at] : at) * stride;
            sums[j] = bias;
        }
        for (size_t c = 0; c < n_columns; c++) {
            const float *table = tables + c * ENTRIES;
            for (size_t j = 0; j < AT_ONCE; j++) {
                sums[j] += table[code[j][c]];
            }
        }
        memcpy (out + i, sums, m * sizeof *sums);
    }
}

void faiss_pq_unpack_generic (const uint8_t *codes, size_t code_size, size_t M, size_t n_bits,
                              const uint32_t *positions, size_t n, uint8_t *out) {
    const uint32_t mask = (1u << n_bits) - 1;
    for (size_t i = 0; i < n; i++, out += M) {
        const uint8_t *code = codes + (positions ? positions[i] : i) * code_size;
        uint32_t window = 0;
        size_t n_there = 0; /* bits of the window */
        for (size_t m = 0; m < M; m++) {
            if (n_there < n_bits) {
                window |= (uint32_t)*code++ << n_there;
                n_there += 8;
            }
            out[m] = (uint8_t)(window & mask);
            window >>= n_bits;
            n_there -= n_bits;
        }
    }
}

void faiss_pq_table_ranges_generic (const float *tables, size_t n_columns, size_t n_entries,
                                    float *low, float *high) {
    for (size_t c = 0; c < n_columns; c++) {
        const float *table = tables + c * ENTRIES;
        low[c] = high[c] = table[0];
        for (size_t i = 1; i < n_entries; i++) {
            low[c] = table[i] < low[c] ? table[i] : low[c];
            high[c] = table[i] > high[c] ? table[i] : high[c];
        }
    }
}

void faiss_pq_round_tables_generic (const float *tables, size_t n_columns, size_t n_entries,
                                    float sign, const float *low, float scale, uint8_t *out) {
    for (size_t c = 0; c < n_columns; c++) {
        for (size_t i = 0; i < ENTRIES; i++) {
            float value = i < n_entries ? (sign * tables[c * ENTRIES + i] - low[c]) * scale : 0;
            out[c * ENTRIES + i] = (uint8_t)(int)value;
        }
    }
}

void faiss_pq_transpose_bytes_generic (const uint8_t *codes, size_t stride, size_t n_columns,
                                       size_t n, uint8_t *out) {
    for (size_t first = 0; first < n; first += LANES) {
        size_t m = n - first < LANES ? n - first : LANES;
        for (size_t c = 0; c < n_columns; c++, out += LANES) {
            memset (out, 0, LANES);
            for (size_t i = 0; i < m; i++) {
                out[i] = codes[(first + i) * stride + c];
            }
        }
    }
}

/* The sum of bytes of transposed code i. */
static uint32_t sum_transposed (const uint8_t *tables, size_t n_columns, const uint8_t *transposed,
                                size_t i) {
    const uint8_t *column = transposed + i / LANES * n_columns * LANES + i % LANES;
    uint32_t sum = 0;
    for (size_t c = 0; c < n_columns; c++) {
        sum += tables[c * ENTRIES + column[c * LANES]];
    }
    return sum;
}

size_t faiss_pq_filter_bytes_generic (const uint8_t *tables, size_t n_columns,
                                      const uint8_t *transposed, size_t n, uint32_t limit,
                                      uint32_t *positions) {
    size_t n_found = 0;
    for (size_t i = 0; i < n; i++) {
        if (sum_transposed (tables, n_columns, transposed, i) <= limit) {
            positions[n_found++] = (uint32_t)i;
        }
    }
    return n_found;
}

size_t faiss_pq_filter_bytes_with_terms_generic (const uint8_t *tables, size_t n_columns,
                                                 const uint8_t *transposed, const float *terms,
                                                 float slope, float limit, size_t n,
                                                 uint32_t *positions) {
    size_t n_found = 0;
    for (size_t i = 0; i < n; i++) {
        float cut = limit - slope * terms[i];
        uint32_t whole = cut < 0 ? 0 : cut < 65535 ? (uint32_t)cut : 65535;
        if (sum_transposed (tables, n_columns, transposed, i) <= whole) {
            positions[n_found++] = (uint32_t)i;
        }
    }
    return n_found;
}

static float squared_distance (const float *x, size_t dsub, const float *centroid, size_t ld) {
    float sum = 0;
    for (size_t j = 0; j < dsub; j++) {
        float difference = centroid[j * ld] - x[j];
        sum += difference * difference;
    }
    return sum;
}

static float inner_product (const float *x, size_t dsub, const float *centroid, size_t ld) {
    float sum = 0;
    for (size_t j = 0; j < dsub; j++) {
        sum += centroid[j * ld] * x[j];
    }
    return sum;
}

void faiss_pq_nearest_generic (const float *x, size_t stride, size_t n, size_t dsub,
                               const float *columns, size_t ld, size_t ksub, uint32_t *best) {
    for (size_t i = 0; i < n; i++) {
        float nearest = INFINITY;
        best[i] = 0;
        for (size_t c = 0; c < ksub; c++) {
            float distance = squared_distance (x + i * stride, dsub, columns + c, ld);
            if (distance < nearest) {
                nearest = distance;
                best[i] = (uint32_t)c;
            }
        }
    }
}

void faiss_pq_table_L2_generic (const float *x, size_t dsub, const float *columns, size_t ld,
                                size_t ksub, float *out) {
    for (size_t c = 0; c < ksub; c++) {
        out[c] = squared_distance (x, dsub, columns + c, ld);
    }
}

void faiss_pq_table_ip_generic (const float *x, size_t dsub, const float *columns, size_t ld,
                                size_t ksub, float *out) {
    for (size_t c = 0; c < ksub; c++) {
        out[c] = inner_product (x, dsub, columns + c, ld);
    }
}

void faiss_pq_row_table_L2_generic (const float *x, size_t dsub, const float *centroids,
                                    size_t ksub, float *out) {
    for (size_t c = 0; c < ksub; c++) {
        out[c] = squared_distance (x, dsub, centroids + c * dsub, 1);
    }
}

void faiss_pq_row_table_ip_generic (const float *x, size_t dsub, const float *centroids,
                                    size_t ksub, float *out) {
    for (size_t c = 0; c < ksub; c++) {
        out[c] = inner_product (x, dsub, centroids + c * dsub, 1);
    }
}

double faiss_pq_swap_cost_generic (const double *u1, const double *u2, const double *w1,
                                   const double *w2, size_t n, uint32_t a, uint32_t b) {
    return swap_cost (u1, u2, w1, w2, n, a, b);
}
