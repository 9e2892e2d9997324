/* Graph indexes used by several threads at once. check-tsan looks at what they read and write. */
#include "testing.h"

#include <pthread.h>

#include "graph_checks.h"
#include <faiss/IndexHNSW.h>
#include <faiss/clone_index.h>
#include <faiss/impl/check.h>
#include <faiss/impl/parallel.h>
#include <faiss/index_factory.h>
#include <faiss/index_io.h>
#include <faiss/utils/random.h>

enum { N = 1200, FIRST = 300, D = 16, K = 5, N_SEARCHERS = 3 };

/* What the threads share. Asserts of cmocka are for the main thread: others count. */
typedef struct Shared {
    FaissIndex *index;
    const float *x;
    bool is_loose; /* labels move, or vectors are coded */
    int is_over, n_bad, n_searches;
} Shared;

static bool is_over (Shared *s) {
    return __atomic_load_n (&s->is_over, __ATOMIC_ACQUIRE);
}

static void note (Shared *s, bool is_good) {
    if (!is_good) {
        __atomic_fetch_add (&s->n_bad, 1, __ATOMIC_RELAXED);
    }
}

/* The first vectors are always there, and are found: as one query, as several, as a range. */
static void *search_again_and_again (void *context) {
    Shared *s = context;
    float distances[4 * K], row[D];
    idx_t labels[4 * K];
    for (int i = 0; !is_over (s) || i < 3; i++) {
        idx_t at = i * 7 % (FIRST - 4);
        int n = i % 2 ? 4 : 1;
        note (s, faiss_Index_ntotal (s->index) >= FIRST - 5);
        bool is_good =
            faiss_Index_search (s->index, n, s->x + at * D, K, distances, labels) == FAISS_OK;
        for (int j = 0; j < n * K && is_good; j++) {
            is_good = labels[j] >= -1 && labels[j] < 2 * N;
        }
        note (s, is_good);
        note (s, s->is_loose || (labels[0] == at && distances[0] == 0));
        note (s, faiss_Index_reconstruct (s->index, at, row) == FAISS_OK);
        note (s, s->is_loose || row[0] == s->x[at * D]);
        FaissRangeSearchResult *range = NULL;
        note (s,
              faiss_RangeSearchResult_new (&range, 1) == FAISS_OK &&
                  faiss_Index_range_search (s->index, 1, s->x + at * D, 0.1f, range) == FAISS_OK);
        faiss_RangeSearchResult_free (range);
        __atomic_fetch_add (&s->n_searches, 1, __ATOMIC_RELAXED);
    }
    return NULL;
}

static void *add_rest (void *context) {
    Shared *s = context;
    for (idx_t n = FIRST; n < N;) {
        idx_t more = n % 3 ? 1 : 50;
        more = n + more < N ? more : N - n;
        note (s, faiss_Index_add (s->index, more, s->x + n * D) == FAISS_OK);
        n += more;
    }
    return NULL;
}

static void *remove_some (void *context) {
    Shared *s = context;
    for (int i = 0; i < 40; i++) {
        FaissIDSelectorRange *sel = NULL;
        size_t n_removed = 0;
        note (s, faiss_IDSelectorRange_new (&sel, FIRST + i, FIRST + i + 5) == FAISS_OK);
        note (s, faiss_Index_remove_ids (s->index, &sel->sel, &n_removed) == FAISS_OK);
        faiss_IDSelectorRange_free (sel);
        note (s, faiss_Index_add (s->index, (idx_t)n_removed, s->x + FIRST * D) == FAISS_OK);
    }
    return NULL;
}

static void *clone_and_write (void *context) {
    Shared *s = context;
    for (int i = 0; i < 10; i++) {
        FaissIndex *clone = NULL;
        FaissVectorIOWriter *writer = NULL;
        FaissVectorIOReader *reader = NULL;
        FaissIndex *read = NULL;
        note (s, faiss_clone_index (s->index, &clone) == FAISS_OK);
        note (s, faiss_VectorIOWriter_new (&writer) == FAISS_OK);
        note (s, faiss_write_index_custom (s->index, &writer->writer, 0) == FAISS_OK);
        note (s, faiss_VectorIOReader_new_with (&reader, writer->data.data, writer->data.size) ==
                     FAISS_OK);
        note (s, faiss_read_index_custom (&reader->reader, 0, &read) == FAISS_OK);
        faiss_IOReader_free (&reader->reader);
        faiss_IOWriter_free (&writer->writer);
        faiss_Index_free (read);
        faiss_Index_free (clone);
    }
    return NULL;
}

static void *settle (void *context) {
    (void)context;
    return NULL;
}

/* Searches beside changes that two functions make. */
static void run_beside (const char *factory, void *(*change) (void *), void *(*other) (void *)) {
    float *x = malloc (N * D * sizeof *x);
    Shared s = {.x = x, .is_loose = change == remove_some || other == add_rest};
    pthread_t searchers[N_SEARCHERS], changing, doing_other;
    faiss_float_rand (x, N * D, 1);
    assert_ok (faiss_index_factory (&s.index, D, factory, METRIC_L2));
    assert_ok (faiss_Index_train (s.index, N, x));
    assert_ok (faiss_Index_add (s.index, FIRST, x));
    for (int i = 0; i < N_SEARCHERS; i++) {
        assert_int_equal (pthread_create (&searchers[i], NULL, search_again_and_again, &s), 0);
    }
    assert_int_equal (pthread_create (&changing, NULL, change, &s), 0);
    assert_int_equal (pthread_create (&doing_other, NULL, other, &s), 0);
    pthread_join (changing, NULL);
    pthread_join (doing_other, NULL);
    __atomic_store_n (&s.is_over, 1, __ATOMIC_RELEASE);
    for (int i = 0; i < N_SEARCHERS; i++) {
        pthread_join (searchers[i], NULL);
    }
    assert_int_equal (s.n_bad, 0);
    assert_true (s.n_searches >= 3 * N_SEARCHERS);
    assert_links_are_good (&faiss_IndexHNSW_cast (s.index)->hnsw);
    assert_in_range (count_reachable (&faiss_IndexHNSW_cast (s.index)->hnsw),
                     s.index->ntotal - s.index->ntotal / 50, s.index->ntotal);
    faiss_Index_free (s.index);
    free (x);
}

static void one_thread_each (void) {
#ifdef _OPENMP
    omp_set_num_threads (1); /* of this thread; those below begin with the default of the process */
#endif
}

static void searches_run_beside_adds (void **state) {
    (void)state;
    one_thread_each ();
    run_beside ("HNSW8,Flat", add_rest, settle);
}

static void the_graph_is_that_of_quiet_adds (void **state) {
    (void)state;
    float *x = malloc (N * D * sizeof *x);
    Shared s = {.x = x};
    pthread_t searchers[N_SEARCHERS];
    FaissIndex *quiet = NULL;
    faiss_float_rand (x, N * D, 1);
    assert_ok (faiss_index_factory (&s.index, D, "HNSW8", METRIC_L2));
    assert_ok (faiss_index_factory (&quiet, D, "HNSW8", METRIC_L2));
    assert_ok (faiss_Index_add (s.index, FIRST, x));
    assert_ok (faiss_Index_add (quiet, FIRST, x));
    for (int i = 0; i < N_SEARCHERS; i++) {
        assert_int_equal (pthread_create (&searchers[i], NULL, search_again_and_again, &s), 0);
    }
    add_rest (&s);
    __atomic_store_n (&s.is_over, 1, __ATOMIC_RELEASE);
    for (int i = 0; i < N_SEARCHERS; i++) {
        pthread_join (searchers[i], NULL);
    }
    Shared t = {.x = x, .index = quiet};
    add_rest (&t);
    const FaissHNSW *a = &faiss_IndexHNSW_cast (s.index)->hnsw;
    const FaissHNSW *b = &faiss_IndexHNSW_cast (quiet)->hnsw;
    assert_int_equal (a->neighbors.size, b->neighbors.size);
    assert_memory_equal (a->neighbors.data, b->neighbors.data,
                         a->neighbors.size * sizeof (int32_t));
    assert_int_equal (s.n_bad + t.n_bad, 0);
    faiss_Index_free (s.index);
    faiss_Index_free (quiet);
    free (x);
}

static void two_threads_add (void **state) {
    (void)state;
    one_thread_each ();
    run_beside ("HNSW8,SQ8", add_rest, add_rest);
}

static void searches_run_beside_removals (void **state) {
    (void)state;
    one_thread_each ();
    run_beside ("HNSW8,Flat", remove_some, settle);
}

static void copies_are_whole (void **state) {
    (void)state;
    one_thread_each ();
    run_beside ("HNSW8,Flat", add_rest, clone_and_write);
}

TEST_MAIN (cmocka_unit_test (searches_run_beside_adds),
           cmocka_unit_test (the_graph_is_that_of_quiet_adds), cmocka_unit_test (two_threads_add),
           cmocka_unit_test (searches_run_beside_removals), cmocka_unit_test (copies_are_whole))
