/* Exact nearest neighbours by comparing with every vector. */
#include "exact.h"

#include <stdlib.h>
#include <string.h>

#include <faiss/IndexFlat.h>

#include "message.h"
#include "progress.h"

/* Two sorted lists of results into one; between equal distances those of `a`, which come from
   earlier vectors, are first. */
static void merge (int64_t k, bool similarity, float *a_distances, int64_t *a_labels,
                   const float *b_distances, const int64_t *b_labels, float *distances,
                   int64_t *labels) {
    for (int64_t i = 0, a = 0, b = 0; i < k; i++) {
        bool take_b =
            b_labels[b] >= 0 && (a_labels[a] < 0 || (similarity ? b_distances[b] > a_distances[a]
                                                                : b_distances[b] < a_distances[a]));
        distances[i] = take_b ? b_distances[b] : a_distances[a];
        labels[i] = take_b ? b_labels[b] : a_labels[a];
        *(take_b ? &b : &a) += 1;
    }
    memcpy (a_distances, distances, (size_t)k * sizeof *distances);
    memcpy (a_labels, labels, (size_t)k * sizeof *labels);
}

/* What one block adds to the results. */
typedef struct Block {
    FaissIndexFlat *flat;
    float *x, *distances;
    int64_t *labels;
} Block;

static double search_block (Block *block, Vectors *base, int64_t first, int64_t m,
                            const float *queries, int64_t n, int64_t k, Metric metric) {
    vectors_read (base, first, m, block->x);
    if (metric.cosine) {
        normalise_rows (block->x, m, base->d);
    }
    must (faiss_Index_reset (&block->flat->index), "exact search");
    must (faiss_Index_add (&block->flat->index, m, block->x), "exact search");
    double start = seconds_now ();
    must (faiss_Index_search (&block->flat->index, n, queries, k, block->distances, block->labels),
          "exact search");
    for (int64_t i = 0; i < n * k; i++) {
        block->labels[i] += block->labels[i] >= 0 ? first : 0;
    }
    return seconds_now () - start;
}

double exact_search (Vectors *base, const float *queries, int64_t n, int64_t k, Metric metric,
                     float *distances, int64_t *labels) {
    int64_t rows = vectors_block_rows (base);
    float *normalised = NULL, *one_distances = allocate ((size_t)k, sizeof *one_distances);
    int64_t *one_labels = allocate ((size_t)k, sizeof *one_labels);
    double seconds = 0;
    Block block = {.x = allocate ((size_t)(rows < base->n ? rows : base->n),
                                  (size_t)base->d * sizeof *block.x),
                   .distances = allocate ((size_t)n, (size_t)k * sizeof *distances),
                   .labels = allocate ((size_t)n, (size_t)k * sizeof *labels)};
    must (faiss_IndexFlat_new_with (&block.flat, base->d, metric.type), "exact search");
    if (metric.cosine) {
        normalised = allocate ((size_t)n, (size_t)base->d * sizeof *normalised);
        memcpy (normalised, queries, (size_t)(n * base->d) * sizeof *normalised);
        normalise_rows (normalised, n, base->d);
        queries = normalised;
    }
    for (int64_t i = 0; i < n * k; i++) {
        labels[i] = -1;
    }
    progress_start ("comparing", base->n);
    for (int64_t first = 0; first < base->n; first += rows) {
        int64_t m = base->n - first < rows ? base->n - first : rows;
        seconds += search_block (&block, base, first, m, queries, n, k, metric);
        for (int64_t i = 0; i < n; i++) {
            merge (k, metric_is_similarity (metric), distances + i * k, labels + i * k,
                   block.distances + i * k, block.labels + i * k, one_distances, one_labels);
        }
        progress_update (first + m);
    }
    progress_stop ();
    faiss_IndexFlat_free (block.flat);
    free (block.x);
    free (block.distances);
    free (block.labels);
    free (normalised);
    free (one_distances);
    free (one_labels);
    return seconds;
}
