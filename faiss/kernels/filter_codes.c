/* Filter codes: the definition. */
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include <faiss/kernels/filter_codes_finish.h>
#include <faiss/kernels/kernels.h>

/* ---- rows to codes --------------------------------------------------------------------------- */

static void encode_row (const FaissStoredFloat *y, size_t d, uint8_t *row) {
    float min = y[0], max = y[0];
    bool integers = true;
    for (size_t j = 0; j < d; j++) {
        min = y[j] < min ? y[j] : min;
        max = y[j] > max ? y[j] : max;
        integers &= rintf (y[j]) == y[j];
    }
    FaissFilterScale s = faiss_filter_scale (min, max, integers);
    double error2 = 0, norm2 = 0;
    for (size_t j = 0; j < d; j++) {
        float steps = (y[j] - s.low) * s.inverse;
        row[j] = steps >= 0 && steps < 256 ? (uint8_t)lrintf (steps) : 0; /* NaN is 0 */
        double decoded = (double)s.low + (double)s.scale * row[j];
        double lost = (double)y[j] - decoded;
        error2 += lost * lost;
        norm2 += decoded * decoded;
    }
    faiss_filter_finish_row (row, d, s, error2, norm2);
}

void faiss_filter_encode_generic (const FaissStoredFloat *y, size_t n, size_t d, uint8_t *rows) {
    for (size_t i = 0; i < n; i++) {
        encode_row (y + i * d, d, rows + i * faiss_filter_stride (d));
    }
}

/* ---- codes with a query ---------------------------------------------------------------------- */

/* The inner product of a query and a decoded row, in two parts. */
static FaissFilterInfo parts_of (const FaissFilterQuery *query, const uint8_t *row, float *by_codes,
                                 float *by_low) {
    FaissFilterInfo info;
    memcpy (&info, row + faiss_filter_stride (query->d) - sizeof info, sizeof info);
    int32_t dot = 0;
    for (size_t j = 0; j < query->d; j++) {
        dot += query->components[j] * row[j];
    }
    *by_codes = info.scale * (query->step * (float)dot);
    *by_low = info.low * query->sum;
    return info;
}

static bool may_be_better (const bool is_similarity, const FaissFilterQuery *query,
                           const uint8_t *row, float bound) {
    float by_codes, by_low;
    FaissFilterInfo info = parts_of (query, row, &by_codes, &by_low);
    float ip = by_codes + by_low;
    float rounding = FAISS_FILTER_ROUNDING_DOT * (fabsf (by_codes) + fabsf (by_low));
    if (is_similarity) {
        float slack = query->norm_factor * info.norm + query->constant;
        return !(ip + (rounding + (query->error_factor * info.error + slack)) <= bound);
    }
    float norms = query->norm2 + info.norm * info.norm;
    rounding += FAISS_FILTER_ROUNDING_NORM * norms;
    float limit = bound + query->error_factor * info.error;
    return !((norms - (ip + ip)) - rounding >= limit * limit);
}

static size_t find (const bool is_similarity, const FaissFilterQuery *query, const uint8_t *rows,
                    const uint32_t *ids, size_t n, float bound, uint32_t *positions) {
    size_t stride = faiss_filter_stride (query->d), n_found = 0;
    for (size_t i = 0; i < n; i++) {
        const uint8_t *row = rows + (ids ? ids[i] : i) * stride;
        if (may_be_better (is_similarity, query, row, bound)) {
            positions[n_found++] = (uint32_t)i;
        }
    }
    return n_found;
}

size_t faiss_filter_find_ip_generic (const FaissFilterQuery *query, const uint8_t *rows,
                                     const uint32_t *ids, size_t n, float bound,
                                     uint32_t *positions) {
    return find (true, query, rows, ids, n, bound, positions);
}

size_t faiss_filter_find_L2_generic (const FaissFilterQuery *query, const uint8_t *rows,
                                     const uint32_t *ids, size_t n, float bound,
                                     uint32_t *positions) {
    return find (false, query, rows, ids, n, bound, positions);
}

static void find_keys (const bool is_similarity, const FaissFilterQuery *query, const uint8_t *rows,
                       const uint32_t *ids, size_t n, float *keys) {
    size_t stride = faiss_filter_stride (query->d);
    for (size_t i = 0; i < n; i++) {
        float by_codes, by_low;
        FaissFilterInfo info =
            parts_of (query, rows + (ids ? ids[i] : i) * stride, &by_codes, &by_low);
        float ip = by_codes + by_low, no_number = 0 * info.error; /* 0, or NaN */
        keys[i] = is_similarity ? no_number - ip
                                : query->norm2 + info.norm * info.norm - (ip + ip) + no_number;
    }
}

void faiss_filter_keys_ip_generic (const FaissFilterQuery *query, const uint8_t *rows,
                                   const uint32_t *ids, size_t n, float *keys) {
    find_keys (true, query, rows, ids, n, keys);
}

void faiss_filter_keys_L2_generic (const FaissFilterQuery *query, const uint8_t *rows,
                                   const uint32_t *ids, size_t n, float *keys) {
    find_keys (false, query, rows, ids, n, keys);
}
