/* What every graph keeps to. */
#ifndef GRAPH_CHECKS_H
#define GRAPH_CHECKS_H

#include "testing.h"

#include <faiss/impl/IDSelector.h>
#include <faiss/impl/hnsw_internal.h>

/* Links lead to other nodes of their level, each once, and nothing follows the first -1. */
static inline void assert_links_are_good (const FaissHNSW *hnsw) {
    size_t n = faiss_hnsw_size (hnsw);
    assert_int_equal (hnsw->offsets.size, n + 1);
    assert_int_equal (hnsw->offsets.data[n], hnsw->neighbors.size);
    for (size_t i = 0; i < n; i++) {
        assert_in_range (hnsw->levels.data[i], 1, hnsw->max_level + 1);
        for (int level = 0; level < hnsw->levels.data[i]; level++) {
            const int32_t *links = faiss_hnsw_links (hnsw, (int32_t)i, level);
            int room = faiss_hnsw_room (hnsw, level), size = 0;
            while (size < room && links[size] >= 0) {
                assert_true (links[size] < (int32_t)n && links[size] != (int32_t)i);
                assert_true (hnsw->levels.data[links[size]] > level);
                for (int j = 0; j < size; j++) {
                    assert_int_not_equal (links[j], links[size]);
                }
                size++;
            }
            for (int j = size; j < room; j++) {
                assert_int_equal (links[j], -1);
            }
        }
    }
    if (n > 0) {
        assert_int_equal (hnsw->levels.data[hnsw->entry_point], hnsw->max_level + 1);
    }
}

/* Nodes of a level that the entry point leads to. */
static inline size_t count_reachable_at (const FaissHNSW *hnsw, int level) {
    size_t n = faiss_hnsw_size (hnsw), n_seen = 0, next = 0;
    int32_t *queue = malloc ((n + 1) * sizeof *queue);
    FaissVisited visited = {0};
    assert_ok (faiss_visited_init (&visited, n));
    if (n > 0) {
        queue[n_seen++] = hnsw->entry_point;
        faiss_visited_set (&visited, hnsw->entry_point);
    }
    for (; next < n_seen; next++) {
        const int32_t *links = faiss_hnsw_links (hnsw, queue[next], level);
        for (int j = 0; j < faiss_hnsw_room (hnsw, level) && links[j] >= 0; j++) {
            if (faiss_visited_set (&visited, links[j])) {
                queue[n_seen++] = links[j];
            }
        }
    }
    faiss_visited_free (&visited);
    free (queue);
    return n_seen;
}

static inline size_t count_reachable (const FaissHNSW *hnsw) {
    return count_reachable_at (hnsw, 0);
}

static inline size_t remove_members (FaissIndex *index, const uint8_t *bitmap, size_t size) {
    FaissIDSelectorBitmap *sel = NULL;
    size_t n_removed = 0;
    assert_ok (faiss_IDSelectorBitmap_new (&sel, size, bitmap));
    assert_ok (faiss_Index_remove_ids (index, &sel->sel, &n_removed));
    faiss_IDSelectorBitmap_free (sel);
    return n_removed;
}

static inline size_t remove_range (FaissIndex *index, idx_t begin, idx_t end) {
    FaissIDSelectorRange *sel = NULL;
    size_t n_removed = 0;
    assert_ok (faiss_IDSelectorRange_new (&sel, begin, end));
    assert_ok (faiss_Index_remove_ids (index, &sel->sel, &n_removed));
    faiss_IDSelectorRange_free (sel);
    return n_removed;
}

/* Half of 500 vectors go, whatever stores them: the others keep theirs, and a search of them all
 * finds the distances that the storage has. */
static inline void assert_half_can_go (FaissIndex *index, const FaissIndex *storage, int *effort,
                                       const float *q) {
    enum { MOST = 64, N_FOUND = 20 };
    float before[MOST], row[MOST], distances[N_FOUND], expected[N_FOUND];
    idx_t labels[N_FOUND];
    assert_in_range (index->d, 1, MOST);
    assert_ok (faiss_Index_reconstruct (index, 450, before));
    assert_int_equal (remove_range (index, 100, 350), 250);
    assert_ok (faiss_Index_reconstruct (index, 200, row));
    assert_memory_equal (row, before, (size_t)index->d * sizeof *row);
    *effort = 250;
    assert_ok (faiss_Index_search (index, 1, q, N_FOUND, distances, labels));
    assert_ok (faiss_Index_search (storage, 1, q, N_FOUND, expected, labels));
    assert_float_equal (distances[N_FOUND - 1], expected[N_FOUND - 1], 1e-4);
}

/* Of n rows of d: without those of a bitmap. */
static inline size_t keep_rows (size_t n, size_t d, float *x, const uint8_t *bitmap) {
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        if (!(bitmap[i >> 3] >> (i & 7) & 1)) {
            memmove (x + kept++ * d, x + i * d, d * sizeof *x);
        }
    }
    return kept;
}

#endif
