/* Range results: counting, buffers, and putting the parts of several threads together. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <faiss/impl/AuxIndexStructures.h>

#define OK(expr) assert_int_equal ((expr), FAISS_OK)
#define FAILS(expr) assert_int_equal ((expr), FAISS_EXCEPT)

static void allocation_turns_counts_into_offsets_once (void **state) {
    (void)state;
    FaissRangeSearchResult *res = NULL;
    OK (faiss_RangeSearchResult_new (&res, 4));
    assert_int_equal (faiss_RangeSearchResult_nq (res), 4);
    assert_int_equal (faiss_RangeSearchResult_buffer_size (res), 262144);
    size_t *lims;
    faiss_RangeSearchResult_lims (res, &lims);
    const size_t counts[] = {3, 0, 2, 1}, offsets[] = {0, 3, 3, 5, 6};
    memcpy (lims, counts, sizeof counts);
    OK (faiss_RangeSearchResult_do_allocation (res));
    assert_memory_equal (lims, offsets, sizeof offsets);
    idx_t *labels;
    float *distances;
    faiss_RangeSearchResult_labels (res, &labels, &distances);
    memset (labels, 0, 6 * sizeof *labels);
    memset (distances, 0, 6 * sizeof *distances);
    FAILS (faiss_RangeSearchResult_do_allocation (res));
    assert_memory_equal (lims, offsets, sizeof offsets);
    faiss_RangeSearchResult_free (res);
}

static void a_result_without_lims_or_queries (void **state) {
    (void)state;
    FaissRangeSearchResult *res = NULL;
    FAILS (faiss_RangeSearchResult_new (&res, -1));
    FAILS (faiss_RangeSearchResult_new (NULL, 1));
    OK (faiss_RangeSearchResult_new_with (&res, 3, 0));
    assert_null (res->lims);
    FAILS (faiss_RangeSearchResult_do_allocation (res));
    faiss_RangeSearchResult_free (res);
    OK (faiss_RangeSearchResult_new (&res, 0));
    OK (faiss_RangeSearchResult_do_allocation (res));
    assert_int_equal (res->lims[0], 0);
    faiss_RangeSearchResult_free (res);
    faiss_RangeSearchResult_free (NULL);
    FAILS (faiss_RangeSearchResult_do_allocation (NULL));
}

static void buffers_keep_order_across_their_ends (void **state) {
    (void)state;
    for (size_t buffer_size = 1; buffer_size < 9; buffer_size++) {
        FaissBufferList *list = NULL;
        OK (faiss_BufferList_new (&list, buffer_size));
        assert_int_equal (faiss_BufferList_buffer_size (list), buffer_size);
        for (int i = 0; i < 100; i++) {
            OK (faiss_BufferList_add (list, 1000 + i, (float)i));
        }
        assert_int_equal (faiss_BufferList_wp (list), (100 - 1) % buffer_size + 1);
        idx_t ids[100];
        float dis[100];
        for (size_t ofs = 0; ofs <= 100; ofs += 7) {
            for (size_t n = 0; n <= 100 - ofs; n += 3) {
                memset (ids, 0, sizeof ids);
                OK (faiss_BufferList_copy_range (list, ofs, n, ids, dis));
                for (size_t i = 0; i < n; i++) {
                    assert_int_equal (ids[i], 1000 + ofs + i);
                    assert_true (dis[i] == (float)(ofs + i));
                }
            }
            FAILS (faiss_BufferList_copy_range (list, ofs, 101 - ofs, ids, dis));
        }
        FAILS (faiss_BufferList_copy_range (list, SIZE_MAX, 2, ids, dis));
        faiss_BufferList_free (list);
    }
    FaissBufferList *list = NULL;
    FAILS (faiss_BufferList_new (&list, 0));
    OK (faiss_BufferList_new (&list, 3));
    OK (faiss_BufferList_copy_range (list, 0, 0, NULL, NULL));
    OK (faiss_BufferList_append_buffer (list));
    OK (faiss_BufferList_add (list, 1, 1));
    assert_int_equal (faiss_BufferList_wp (list), 1);
    faiss_BufferList_free (list);
    faiss_BufferList_free (NULL);
}

/* Query q has (q * 5) % 7 results. */
static size_t count_of (idx_t q) {
    return (size_t)(q * 5 % 7);
}

static void fill_query (FaissRangeSearchPartialResult *part, idx_t q, size_t begin, size_t end) {
    FaissRangeQueryResult *query = NULL;
    OK (faiss_RangeSearchPartialResult_new_result (part, q, &query));
    assert_int_equal (faiss_RangeQueryResult_qno (query), q);
    assert_ptr_equal (faiss_RangeQueryResult_pres (query), part);
    for (size_t i = begin; i < end; i++) {
        OK (faiss_RangeQueryResult_add (query, (float)i, 100 * q + (idx_t)i));
    }
    assert_int_equal (faiss_RangeQueryResult_nres (query), end - begin);
}

static void check_result (const FaissRangeSearchResult *res) {
    size_t at = 0;
    for (size_t q = 0; q < res->nq; q++) {
        assert_int_equal (res->lims[q], at);
        for (size_t i = 0; i < count_of ((idx_t)q); i++, at++) {
            assert_int_equal (res->labels[at], 100 * q + i);
            assert_true (res->distances[at] == (float)i);
        }
    }
    assert_int_equal (res->lims[res->nq], at);
}

static void one_part_is_finalized (void **state) {
    (void)state;
    FaissRangeSearchResult *res = NULL;
    OK (faiss_RangeSearchResult_new (&res, 20));
    res->buffer_size = 4;
    FaissRangeSearchPartialResult *part = NULL;
    OK (faiss_RangeSearchPartialResult_new (&part, res));
    assert_ptr_equal (faiss_RangeSearchPartialResult_res (part), res);
    for (idx_t q = 19; q >= 0; q--) {
        fill_query (part, q, 0, count_of (q));
    }
    FAILS (faiss_RangeSearchPartialResult_new_result (part, 20, NULL));
    FAILS (faiss_RangeSearchPartialResult_new_result (part, -1, NULL));
    FAILS (faiss_RangeSearchPartialResult_copy_result (part, false));
    OK (faiss_RangeSearchPartialResult_finalize (part));
    check_result (res);
    FAILS (faiss_RangeSearchPartialResult_finalize (part));
    check_result (res);
    faiss_RangeSearchPartialResult_free (part);
    faiss_RangeSearchResult_free (res);
}

/* Threads that take different queries, and threads that share each query in slices. */
static void parts_are_merged_in_order (void **state) {
    (void)state;
    for (int shared = 0; shared < 2; shared++) {
        FaissRangeSearchResult *res = NULL;
        OK (faiss_RangeSearchResult_new (&res, 20));
        FaissRangeSearchPartialResult *parts[4] = {0};
        res->buffer_size = 3;
        for (int t = 0; t < 4; t++) {
            if (t == 1) {
                continue; /* a thread that never started */
            }
            OK (faiss_RangeSearchPartialResult_new (&parts[t], res));
            for (idx_t q = 0; q < 20; q++) {
                size_t n = count_of (q), slice = (size_t)(t > 0 ? t - 1 : 0);
                if (shared) {
                    fill_query (parts[t], q, slice * n / 3, (slice + 1) * n / 3);
                } else if (q % 3 == (idx_t)slice) {
                    fill_query (parts[t], q, 0, n);
                }
            }
        }
        FAILS (faiss_RangeSearchPartialResult_merge (&parts[1], 1));
        OK (faiss_RangeSearchPartialResult_merge (parts, 4));
        check_result (res);
        FAILS (faiss_RangeSearchPartialResult_merge (parts, 4));
        check_result (res);
        for (int t = 0; t < 4; t++) {
            faiss_RangeSearchPartialResult_free (parts[t]);
        }
        faiss_RangeSearchResult_free (res);
    }
}

int main (void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (allocation_turns_counts_into_offsets_once),
        cmocka_unit_test (a_result_without_lims_or_queries),
        cmocka_unit_test (buffers_keep_order_across_their_ends),
        cmocka_unit_test (one_part_is_finalized),
        cmocka_unit_test (parts_are_merged_in_order),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
