/* Pairs of rows by their filter codes: the definition. */
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include <faiss/kernels/kernels.h>

typedef enum Verdict { NO, POSSIBLE, CERTAIN } Verdict;

/* Is row i of those kept better than the threshold? */
static Verdict judge (const bool is_similarity, const FaissFilterPair *pair,
                      const FaissFilterKept *kept, size_t i) {
    FaissFilterInfo info;
    memcpy (&info, pair->row + faiss_filter_stride (pair->d) - sizeof info, sizeof info);
    int32_t dot = 0, code_sum = 0;
    for (size_t j = 0; j < pair->d; j++) {
        dot += pair->row[j] * kept->rows[i][j];
        code_sum += pair->row[j];
    }
    float by_codes = kept->scale[i] * (info.scale * (float)dot);
    float by_low = kept->low[i] * (info.scale * (float)code_sum);
    float ip = (by_codes + by_low) + info.low * kept->sum[i];
    float rounding = FAISS_FILTER_ROUNDING_DOT *
                     ((fabsf (by_codes) + fabsf (by_low)) + fabsf (info.low) * kept->size[i]);
    float error = pair->error_factor * kept->error[i], norm2 = kept->norm[i] * kept->norm[i];
    if (is_similarity) {
        float slack = pair->norm_factor * kept->norm[i] + (pair->constant + pair->constant * norm2);
        float off = rounding + (error + slack);
        return ip - off > pair->threshold ? CERTAIN : ip + off <= pair->threshold ? NO : POSSIBLE;
    }
    float norms = info.norm * info.norm + norm2;
    rounding += FAISS_FILTER_ROUNDING_NORM * norms;
    float square = norms - (ip + ip), far = pair->far + error, near = pair->near - error;
    if (near > 0 && square + rounding < near * near) {
        return CERTAIN;
    }
    return square - rounding >= far * far ? NO : POSSIBLE;
}

static size_t find_better (const bool is_similarity, const FaissFilterPair *pair,
                           const FaissFilterKept *kept, uint32_t *positions) {
    size_t n_possible = 0;
    for (size_t i = 0; i < kept->n; i++) {
        Verdict verdict = judge (is_similarity, pair, kept, i);
        if (verdict == CERTAIN) {
            return FAISS_FILTER_CERTAIN;
        }
        positions[n_possible] = (uint32_t)i;
        n_possible += verdict == POSSIBLE;
    }
    return n_possible;
}

size_t faiss_filter_pairs_ip_generic (const FaissFilterPair *pair, const FaissFilterKept *kept,
                                      uint32_t *positions) {
    return find_better (true, pair, kept, positions);
}

size_t faiss_filter_pairs_L2_generic (const FaissFilterPair *pair, const FaissFilterKept *kept,
                                      uint32_t *positions) {
    return find_better (false, pair, kept, positions);
}
