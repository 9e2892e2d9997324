/* Tables of a query as bytes, by which most codes are found to be too far. */
#include <faiss/impl/pq_filter.h>

#include <float.h>
#include <math.h>

#include <faiss/kernels/kernels.h>

bool faiss_pq_filter_is_fast (void) {
    return faiss_kernels.pq_filter_bytes != faiss_pq_filter_bytes_generic;
}

void faiss_pq_filter_init (FaissPQFilter *self, const float *tables, size_t n_columns,
                           size_t n_entries, bool is_negated, float *ranges) {
    float *low = ranges, *high = ranges + n_columns, widest = 0;
    self->smallest = self->magnitudes = 0;
    faiss_kernels.pq_table_ranges (tables, n_columns, n_entries, low, high);
    for (size_t c = 0; c < n_columns; c++) {
        self->magnitudes += fmax (fabs ((double)low[c]), fabs ((double)high[c]));
        widest = high[c] - low[c] > widest ? high[c] - low[c] : widest;
        low[c] = is_negated ? -high[c] : low[c];
        self->smallest += (double)low[c];
    }
    size_t highest = FAISS_PQ_MAX_SUM / n_columns < 255 ? FAISS_PQ_MAX_SUM / n_columns : 255;
    self->scale = widest > 0 ? (double)highest / (double)widest : 0;
    self->error_units = 4 * (double)(n_columns + 4) * FLT_EPSILON;
    /* NaN makes this false */
    self->is_on = self->scale > 0 && self->scale < FLT_MAX &&
                  self->error_units * self->magnitudes * self->scale < FAISS_PQ_MAX_SUM;
    if (self->is_on) {
        float scale = (float)(self->scale * (1 - 4 * (double)FLT_EPSILON)); /* errs downwards */
        faiss_kernels.pq_round_tables (tables, n_columns, n_entries, is_negated ? -1 : 1, low,
                                       scale, self->tables);
    }
}

double faiss_pq_filter_limit (const FaissPQFilter *self, double bound, double magnitude) {
    double error = self->error_units * (self->magnitudes + magnitude) * self->scale;
    return (bound - self->smallest) * self->scale + error + 2;
}
