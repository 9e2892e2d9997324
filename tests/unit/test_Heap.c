/* The k best of a stream, against sorting. */
#include "testing.h"

#include <faiss/utils/Heap.h>

#include "failing.h"

typedef struct Pair {
    float distance;
    idx_t id;
} Pair;

static bool similarity; /* how compare orders */

/* nearer first; equal distances: small ids first, for similarities large ids first */
static int compare (const void *a_, const void *b_) {
    const Pair *a = a_, *b = b_;
    if (a->distance != b->distance) {
        return (a->distance < b->distance) != similarity ? -1 : 1;
    }
    return (a->id < b->id) != similarity ? -1 : 1;
}

static void the_k_best_come_out_in_order (void **state) {
    (void)state;
    TestRandom random = {3};
    const size_t sizes[] = {1, 2, 3, 7, 16, 100};
    for (int kind = 0; kind < 2; kind++) {
        similarity = kind == 1;
        for (size_t s = 0; s < 6; s++) {
            for (size_t n = 0; n < 300; n = n * 2 + 1) {
                size_t k = sizes[s];
                float distances[100];
                idx_t ids[100];
                Pair pairs[300];
                faiss_heap_heapify (similarity, k, distances, ids);
                for (size_t i = 0; i < n; i++) {
                    /* distinct values: among equal ones the order of arrival decides */
                    float distance = (float)(testing_random (&random) % 1000) + (float)i / 512;
                    pairs[i] = (Pair){distance, (idx_t)i};
                    faiss_heap_offer (similarity, k, distances, ids, distance, (idx_t)i);
                    faiss_heap_offer (similarity, k, distances, ids, NAN, 12345);
                }
                faiss_heap_reorder (similarity, k, distances, ids);
                qsort (pairs, n, sizeof *pairs, compare);
                for (size_t i = 0; i < k; i++) {
                    if (i < n) {
                        assert_true (ids[i] == pairs[i].id && distances[i] == pairs[i].distance);
                    } else {
                        assert_int_equal (ids[i], -1);
                        assert_true (distances[i] == (similarity ? -FLT_MAX : FLT_MAX));
                    }
                }
            }
        }
    }
}

static void equal_distances_are_ordered_by_id (void **state) {
    (void)state;
    for (int kind = 0; kind < 2; kind++) {
        float distances[5];
        idx_t ids[5];
        faiss_heap_heapify (kind, 5, distances, ids);
        idx_t offered[] = {4, 0, 3, 1, 2, 9, 8};
        for (int i = 0; i < 7; i++) {
            faiss_heap_offer (kind, 5, distances, ids, 1.0f, offered[i]);
        }
        faiss_heap_reorder (kind, 5, distances, ids);
        for (int i = 0; i < 5; i++) { /* 9 and 8 came late: not strictly nearer */
            assert_int_equal (ids[i], kind ? 4 - i : i);
        }
    }
}

static void merging_shards_equals_searching_all (void **state) {
    (void)state;
    enum { N = 3, K = 4, SHARDS = 3 };
    float all[SHARDS][N][K], distances[N][K];
    idx_t labels[SHARDS][N][K], merged[N][K];
    for (int kind = 0; kind < 2; kind++) {
        similarity = kind == 1;
        TestRandom random = {7};
        for (int q = 0; q < N; q++) {
            Pair pairs[SHARDS * K];
            size_t n_pairs = 0;
            for (int shard = 0; shard < SHARDS; shard++) {
                Pair mine[K];
                size_t n = testing_random (&random) % (K + 1);
                for (size_t j = 0; j < n; j++) {
                    mine[j] = (Pair){(float)testing_random (&random), shard * 100 + (idx_t)j};
                    pairs[n_pairs++] = mine[j];
                }
                qsort (mine, n, sizeof *mine, compare);
                for (size_t j = 0; j < K; j++) {
                    all[shard][q][j] = j < n ? mine[j].distance : 0;
                    labels[shard][q][j] = j < n ? mine[j].id : -1;
                }
            }
            assert_ok (faiss_merge_knn_results (similarity, N, K, SHARDS, &all[0][0][0],
                                                &labels[0][0][0], &distances[0][0], &merged[0][0]));
            qsort (pairs, n_pairs, sizeof *pairs, compare);
            for (size_t j = 0; j < K; j++) {
                assert_int_equal (merged[q][j], j < n_pairs ? pairs[j].id : -1);
            }
        }
    }
    assert_fails (faiss_merge_knn_results (false, 1, 0, 1, &all[0][0][0], &labels[0][0][0],
                                           &distances[0][0], &merged[0][0]),
                  "k > 0");
    assert_ok (
        faiss_merge_knn_results (false, 1, K, 0, NULL, NULL, &distances[0][0], &merged[0][0]));
    assert_int_equal (merged[0][0], -1);
}

TEST_MAIN (cmocka_unit_test (the_k_best_come_out_in_order),
           cmocka_unit_test (equal_distances_are_ordered_by_id),
           cmocka_unit_test (merging_shards_equals_searching_all))
