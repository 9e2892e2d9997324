/* Exact searches with filter codes and packed rows: the results of those without, to the bit,
 * whatever happens to the vectors. */
#include "testing.h"

#include <float.h>
#include <pthread.h>

#include <faiss/IndexFlat.h>
#include <faiss/IndexIVFFlat.h>
#include <faiss/clone_index.h>
#include <faiss/impl/AuxIndexStructures.h>
#include <faiss/impl/FilterCodes.h>
#include <faiss/index_io.h>
#include <faiss/invlists/ArrayInvertedLists.h>
#include <faiss/utils/simd_levels.h>

#ifdef _OPENMP
#include <omp.h>
#else
#define omp_set_num_threads(n) ((void)(n))
#endif

enum { N_KINDS = 12 };

/* Rows in which bounds are hard: all values are defined by `kind`. */
static void fill (TestRandom *random, int kind, size_t n, size_t d, float *x) {
    static const float odd[] = {0, -0.f, NAN, HUGE_VALF, -HUGE_VALF, FLT_MAX, -FLT_MAX, 1e-42f};
    testing_floats (random, x, n * d);
    for (size_t i = 0; i < n * d; i++) {
        unsigned bits = testing_random (random);
        switch (kind) {
        case 1: /* many equal distances */
            x[i] = (float)(bits % 3) - 1;
            break;
        case 2: /* pixels, not all rows up to 255 */
            x[i] = (float)(bits % (100 + 8 * (i / d % 20)));
            break;
        case 3: /* near ties: the differences are in the last bits */
            x[i] = 1 + x[i] * 1e-6f;
            break;
        case 4: /* far from the origin */
            x[i] += 1000;
            break;
        case 5:
            x[i] *= 1e17f;
            break;
        case 6: /* products underflow */
            x[i] *= 1e-22f;
            break;
        case 7: /* constant rows, several times each */
            x[i] = (float)(i / d % 50) / 7;
            break;
        case 8: /* one large component */
            x[i] *= i % d == i / d % d ? 1e6f : 1;
            break;
        case 9: /* not all of them numbers */
            x[i] = bits % (20 * (unsigned)d) == 0 ? odd[bits / 64 % 8] : x[i];
            break;
        case 10: /* squares overflow */
            x[i] *= 1e20f;
            break;
        case 11: /* denormal */
            x[i] *= 1e-40f;
            break;
        default:
            break;
        }
    }
}

typedef struct Data {
    size_t n, d;
    float *x, *queries;
} Data;

enum { N_QUERIES = 30 };

static Data make (int kind, size_t n, size_t d) {
    TestRandom random = {(uint64_t)(kind * 1000) + n + d};
    Data data = {n, d, malloc (n * d * sizeof (float)), malloc (N_QUERIES * d * sizeof (float))};
    assert_true (data.x && data.queries);
    fill (&random, kind, n, d, data.x);
    fill (&random, kind, N_QUERIES, d, data.queries);
    memcpy (data.queries, data.x + n / 2 * d, d * sizeof (float)); /* one of the rows */
    fill (&random, 0, 1, d, data.queries + d);
    return data;
}

static void release (Data *data) {
    free (data->x);
    free (data->queries);
}

static FaissIndexFlat *new_index (const Data *data, FaissMetricType metric,
                                  FaissFilterCodesMode mode) {
    FaissIndexFlat *index = NULL;
    assert_ok (faiss_IndexFlat_new_with (&index, (idx_t)data->d, metric));
    faiss_IndexFlat_set_filter_codes (index, mode);
    assert_ok (faiss_Index_add (&index->index, (idx_t)data->n, data->x));
    return index;
}

enum { MAX_K = 300 };

static void assert_same_knn (FaissIndexFlat *a, FaissIndexFlat *b, idx_t n, const float *x, idx_t k,
                             const FaissSearchParameters *params) {
    static float distances[2][N_QUERIES * MAX_K];
    static idx_t labels[2][N_QUERIES * MAX_K];
    assert_ok (
        faiss_Index_search_with_params (&a->index, n, x, k, params, distances[0], labels[0]));
    assert_ok (
        faiss_Index_search_with_params (&b->index, n, x, k, params, distances[1], labels[1]));
    assert_memory_equal (labels[0], labels[1], (size_t)(n * k) * sizeof (idx_t));
    assert_memory_equal (distances[0], distances[1], (size_t)(n * k) * sizeof (float));
}

static void assert_same_range (FaissIndexFlat *a, FaissIndexFlat *b, const float *x, float radius,
                               const FaissSearchParameters *params) {
    FaissRangeSearchResult *results[2];
    FaissIndexFlat *indexes[2] = {a, b};
    for (int i = 0; i < 2; i++) {
        assert_ok (faiss_RangeSearchResult_new (&results[i], 1));
        assert_ok (faiss_Index_range_search_with_params (&indexes[i]->index, 1, x, radius, params,
                                                         results[i]));
    }
    size_t n = results[0]->lims[1];
    assert_int_equal (n, results[1]->lims[1]);
    if (n > 0) {
        assert_memory_equal (results[0]->labels, results[1]->labels, n * sizeof (idx_t));
        assert_memory_equal (results[0]->distances, results[1]->distances, n * sizeof (float));
    }
    faiss_RangeSearchResult_free (results[0]);
    faiss_RangeSearchResult_free (results[1]);
}

/* All queries, one by one and a few together; the index with codes is searched first. */
static void assert_same (FaissIndexFlat *coded, FaissIndexFlat *plain, const float *queries) {
    static const idx_t ks[] = {1, 10, 100, MAX_K};
    idx_t d = coded->index.d;
    for (size_t i = 0; i < 4; i++) {
        for (idx_t q = 0; q < 6; q++) {
            assert_same_knn (coded, plain, 1, queries + q * d, ks[i], NULL);
        }
        for (idx_t n = 2; n <= N_QUERIES; n += n < 6 ? 1 : 12) {
            assert_same_knn (coded, plain, n, queries, ks[i], NULL);
        }
    }
    for (idx_t q = 0; q < 6; q++) { /* the tenth as a radius */
        float distances[10];
        idx_t labels[10];
        assert_ok (faiss_Index_search (&plain->index, 1, queries + q * d, 10, distances, labels));
        assert_same_range (coded, plain, queries + q * d, distances[9], NULL);
    }
    float extreme[] = {0, -1, 1e-42f, FLT_MAX, -FLT_MAX, HUGE_VALF, -HUGE_VALF, NAN};
    for (size_t i = 0; i < 8; i++) {
        assert_same_range (coded, plain, queries, extreme[i], NULL);
    }
}

static size_t size_of (const FaissIndexFlat *index) {
    return faiss_IndexFlat_filter_codes_size (index);
}

/* ---- any data -------------------------------------------------------------------------------- */

static void any_numbers_give_the_same_results (void **test_state) {
    (void)test_state;
    static const size_t dims[] = {1, 7, 15, 16, 17, 32, 100};
    for (int kind = 0; kind < N_KINDS; kind++) {
        for (size_t i = 0; i < sizeof dims / sizeof *dims; i++) {
            Data data = make (kind, 2000, dims[i]);
            for (FaissMetricType metric = 0; metric < 2; metric++) {
                FaissIndexFlat *coded = new_index (&data, metric, FAISS_FILTER_CODES_ON);
                FaissIndexFlat *plain = new_index (&data, metric, FAISS_FILTER_CODES_OFF);
                assert_same (coded, plain, data.queries);
                assert_int_equal (size_of (plain), 0);
                assert_int_equal (size_of (coded), faiss_filter_codes_suit (data.d)
                                                       ? data.n * faiss_filter_stride (data.d)
                                                       : 0);
                faiss_IndexFlat_free (coded);
                faiss_IndexFlat_free (plain);
            }
            release (&data);
        }
    }
}

static void every_level_gives_the_same_results (void **test_state) {
    (void)test_state;
    FaissSIMDLevel best = faiss_get_simd_level ();
    Data data = make (0, 3000, 100);
    for (FaissSIMDLevel level = SIMDLevel_NONE; level < SIMDLevel_COUNT; level++) {
        if (!faiss_simd_level_is_available (level)) {
            continue;
        }
        assert_ok (faiss_set_simd_level (level));
        for (FaissMetricType metric = 0; metric < 2; metric++) {
            FaissIndexFlat *coded = new_index (&data, metric, FAISS_FILTER_CODES_ON);
            FaissIndexFlat *plain = new_index (&data, metric, FAISS_FILTER_CODES_OFF);
            assert_same (coded, plain, data.queries);
            faiss_IndexFlat_free (coded);
            faiss_IndexFlat_free (plain);
        }
    }
    assert_ok (faiss_set_simd_level (best));
    release (&data);
}

static void selectors_are_respected (void **test_state) {
    (void)test_state;
    Data data = make (1, 4000, 32);
    FaissIndexFlat *coded = new_index (&data, METRIC_L2, FAISS_FILTER_CODES_ON);
    FaissIndexFlat *plain = new_index (&data, METRIC_L2, FAISS_FILTER_CODES_OFF);
    idx_t ids[900];
    for (int i = 0; i < 900; i++) {
        ids[i] = (i * 37) % 4000;
    }
    FaissIDSelectorRange *range = NULL;
    FaissIDSelectorArray *array = NULL;
    FaissIDSelectorBatch *batch = NULL;
    assert_ok (faiss_IDSelectorRange_new (&range, 123, 3456));
    assert_ok (faiss_IDSelectorArray_new (&array, 900, ids));
    assert_ok (faiss_IDSelectorBatch_new (&batch, 900, ids));
    FaissIDSelector *selectors[] = {(FaissIDSelector *)range, (FaissIDSelector *)array,
                                    (FaissIDSelector *)batch};
    for (int i = 0; i < 3; i++) {
        FaissSearchParameters *params = NULL;
        assert_ok (faiss_SearchParameters_new (&params, selectors[i]));
        for (idx_t q = 0; q < 6; q++) {
            const float *x = data.queries + q * coded->index.d;
            assert_same_knn (coded, plain, 1, x, 1, params);
            assert_same_knn (coded, plain, 1, x, 20, params);
            assert_same_range (coded, plain, x, 18, params);
        }
        faiss_SearchParameters_free (params);
    }
    assert_true (size_of (coded) > 0);
    faiss_IDSelector_free ((FaissIDSelector *)range);
    faiss_IDSelector_free ((FaissIDSelector *)array);
    faiss_IDSelector_free ((FaissIDSelector *)batch);
    faiss_IndexFlat_free (coded);
    faiss_IndexFlat_free (plain);
    release (&data);
}

/* ---- when there are codes -------------------------------------------------------------------- */

static void search_one (const FaissIndexFlat *index, const float *x) {
    float distance;
    idx_t label;
    assert_ok (faiss_Index_search (&index->index, 1, x, 1, &distance, &label));
}

static void the_first_searches_make_no_codes (void **test_state) {
    (void)test_state;
    Data data = make (0, 30000, 32);
    FaissIndexFlat *index = new_index (&data, METRIC_L2, FAISS_FILTER_CODES_AUTO);
    size_t all = data.n * faiss_filter_stride (data.d), before = 0;
    search_one (index, data.queries);
    search_one (index, data.queries);
    assert_int_equal (size_of (index), 0);
    for (int i = 0; i < 12 && before < all; i++) { /* by and by */
        search_one (index, data.queries);
        assert_true (size_of (index) > before && size_of (index) <= all);
        before = size_of (index);
    }
    assert_int_equal (before, all);
    faiss_IndexFlat_free (index);

    Data few = make (0, 50, 32);
    index = new_index (&few, METRIC_L2, FAISS_FILTER_CODES_AUTO);
    for (int i = 0; i < 10; i++) {
        search_one (index, few.queries);
    }
    assert_int_equal (size_of (index), 0);
    faiss_IndexFlat_free (index);
    release (&few);
    release (&data);
}

static void many_searches (const FaissIndexFlat *index, const float *x) {
    for (int i = 0; i < 12; i++) {
        search_one (index, x);
    }
}

static void a_clone_has_none_and_a_file_neither (void **test_state) {
    (void)test_state;
    Data data = make (0, 3000, 32);
    FaissIndexFlat *index = new_index (&data, METRIC_L2, FAISS_FILTER_CODES_AUTO);
    FaissIndex *clone = NULL;
    FaissVectorIOWriter *without = NULL, *with = NULL;
    assert_ok (faiss_VectorIOWriter_new (&without));
    assert_ok (faiss_VectorIOWriter_new (&with));
    assert_ok (faiss_write_index_custom (&index->index, (FaissIOWriter *)without, 0));
    many_searches (index, data.queries);
    assert_true (size_of (index) > 0);
    assert_ok (faiss_write_index_custom (&index->index, (FaissIOWriter *)with, 0));
    assert_int_equal (without->data.size, with->data.size);
    assert_memory_equal (without->data.data, with->data.data, with->data.size);
    assert_ok (faiss_clone_index (&index->index, &clone));
    assert_int_equal (size_of (faiss_IndexFlat_cast (clone)), 0);
    assert_same (faiss_IndexFlat_cast (clone), index, data.queries);
    faiss_Index_free (clone);
    faiss_IOWriter_free ((FaissIOWriter *)without);
    faiss_IOWriter_free ((FaissIOWriter *)with);
    faiss_IndexFlat_free (index);
    release (&data);
}

static void codes_that_do_not_help_are_given_up (void **test_state) {
    (void)test_state;
    Data data = make (3, 6000, 32); /* bounds are wider than the differences */
    FaissIndexFlat *index = new_index (&data, METRIC_L2, FAISS_FILTER_CODES_AUTO);
    FaissIndexFlat *plain = new_index (&data, METRIC_L2, FAISS_FILTER_CODES_OFF);
    for (int i = 0; i < 60; i++) {
        assert_same_knn (index, plain, 1, data.queries + i % N_QUERIES * index->index.d, 5, NULL);
    }
    faiss_IndexFlat_free (index);
    faiss_IndexFlat_free (plain);
    release (&data);
}

/* ---- changes --------------------------------------------------------------------------------- */

static void changes_by_methods_are_seen (void **test_state) {
    (void)test_state;
    Data data = make (0, 3000, 32), more = make (2, 1500, 32);
    FaissIndexFlat *index[2] = {new_index (&data, METRIC_L2, FAISS_FILTER_CODES_AUTO),
                                new_index (&data, METRIC_L2, FAISS_FILTER_CODES_OFF)};
    FaissIDSelectorRange *sel = NULL;
    assert_ok (faiss_IDSelectorRange_new (&sel, 100, 900));
    idx_t *perm = malloc ((data.n + more.n) * sizeof *perm);
    assert_same (index[0], index[1], data.queries);
    assert_int_equal (size_of (index[0]), data.n * faiss_filter_stride (data.d));
    for (int step = 0; step < 8; step++) {
        for (int i = 0; i < 2; i++) {
            FaissIndex *it = &index[i]->index;
            if (step == 0 || step == 5) { /* codes of the others stay */
                assert_ok (faiss_Index_add (it, 10, more.x));
                assert_int_equal (size_of (index[i]) > 0, i == 0);
            } else if (step == 1) { /* the vectors move */
                assert_ok (faiss_Index_add (it, (idx_t)more.n, more.x));
                assert_int_equal (size_of (index[i]) > 0, i == 0);
            } else if (step == 2 || step == 6) {
                assert_ok (faiss_Index_remove_ids (it, (FaissIDSelector *)sel, NULL));
                assert_int_equal (size_of (index[i]), 0);
            } else if (step == 3) {
                for (idx_t j = 0; j < it->ntotal; j++) {
                    perm[j] = it->ntotal - 1 - j;
                }
                assert_ok (faiss_IndexFlatCodes_permute_entries (&index[i]->flat_codes, perm));
                assert_int_equal (size_of (index[i]), 0);
            } else if (step == 4) {
                FaissIndexFlat *other = new_index (&more, METRIC_L2, FAISS_FILTER_CODES_AUTO);
                assert_ok (faiss_Index_merge_from (it, &other->index, 0));
                faiss_IndexFlat_free (other);
            } else {
                assert_ok (faiss_Index_reset (it));
                assert_int_equal (size_of (index[i]), 0);
                assert_ok (faiss_Index_add (it, 2000, data.x));
            }
        }
        assert_same (index[0], index[1], data.queries);
        assert_int_equal (size_of (index[0]),
                          (size_t)index[0]->index.ntotal * faiss_filter_stride (data.d));
    }
    free (perm);
    faiss_IDSelector_free ((FaissIDSelector *)sel);
    faiss_IndexFlat_free (index[0]);
    faiss_IndexFlat_free (index[1]);
    release (&data);
    release (&more);
}

static void a_single_added_vector_is_found (void **test_state) {
    (void)test_state;
    Data data = make (0, 3000, 32);
    FaissIndexFlat *index = new_index (&data, METRIC_L2, FAISS_FILTER_CODES_AUTO);
    for (int i = 0; i < 200; i++) {
        float distance, x[32];
        idx_t label;
        for (int j = 0; j < 32; j++) {
            x[j] = (float)(i * 32 + j);
        }
        assert_ok (faiss_Index_add (&index->index, 1, x));
        assert_ok (faiss_Index_search (&index->index, 1, x, 1, &distance, &label));
        assert_int_equal (label, 3000 + i);
    }
    assert_true (size_of (index) > 0);
    faiss_IndexFlat_free (index);
    release (&data);
}

static void who_has_a_pointer_may_write (void **test_state) {
    (void)test_state;
    Data data = make (0, 3000, 32);
    FaissIndexFlat *index = new_index (&data, METRIC_L2, FAISS_FILTER_CODES_AUTO);
    FaissIndexFlat *plain = new_index (&data, METRIC_L2, FAISS_FILTER_CODES_OFF);
    many_searches (index, data.queries);
    for (int i = 0; i < 2; i++) { /* one row becomes the query: no sample would find that */
        float *xb = NULL;
        size_t size = 0;
        faiss_IndexFlat_xb (i ? plain : index, &xb, &size);
        assert_int_equal (size, 3000 * 32);
        memcpy (xb + 777 * 32, data.queries + 2 * 32, 32 * sizeof (float));
    }
    assert_same (index, plain, data.queries);
    /* the pointer ends with the next change, and codes are made again */
    assert_ok (faiss_Index_add (&index->index, 1, data.x));
    assert_ok (faiss_Index_add (&plain->index, 1, data.x));
    assert_same (index, plain, data.queries);
    assert_true (size_of (index) > 0);
    faiss_IndexFlat_free (index);
    faiss_IndexFlat_free (plain);
    release (&data);
}

static void direct_edits_are_announced (void **test_state) {
    (void)test_state;
    Data data = make (0, 3000, 32);
    FaissIndexFlat *index[2] = {new_index (&data, METRIC_L2, FAISS_FILTER_CODES_AUTO),
                                new_index (&data, METRIC_L2, FAISS_FILTER_CODES_OFF)};
    many_searches (index[0], data.queries);
    for (int i = 0; i < 2; i++) {
        float *xb = (float *)(void *)index[i]->flat_codes.codes.data;
        memcpy (xb + 777 * 32, data.queries + 2 * 32, 32 * sizeof (float));
        faiss_IndexFlat_vectors_changed (index[i]);
    }
    assert_same (index[0], index[1], data.queries);
    assert_true (size_of (index[0]) > 0);
    faiss_IndexFlat_free (index[0]);
    faiss_IndexFlat_free (index[1]);
    release (&data);
}

static void other_vectors_are_noticed (void **test_state) {
    (void)test_state;
    Data data = make (0, 3000, 32), other = make (0, 3001, 32);
    FaissIndexFlat *index[2] = {new_index (&data, METRIC_L2, FAISS_FILTER_CODES_AUTO),
                                new_index (&data, METRIC_L2, FAISS_FILTER_CODES_OFF)};
    many_searches (index[0], data.queries);
    for (int i = 0; i < 2; i++) { /* elsewhere */
        FaissUInt8Vector vectors = {0};
        assert_ok (
            faiss_UInt8Vector_assign (&vectors, (uint8_t *)other.x, 3000 * 32 * sizeof (float)));
        faiss_UInt8Vector_swap (&vectors, &index[i]->flat_codes.codes);
        faiss_UInt8Vector_clear (&vectors);
    }
    assert_same (index[0], index[1], data.queries);
    assert_true (size_of (index[0]) > 0);
    for (int i = 0; i < 2; i++) { /* all rewritten in place: against the rules, but seen */
        memcpy (index[i]->flat_codes.codes.data, data.x, 3000 * 32 * sizeof (float));
    }
    assert_same (index[0], index[1], data.queries);
    for (int i = 0; i < 2; i++) { /* fewer */
        index[i]->index.ntotal = 1500;
        index[i]->flat_codes.codes.size = 1500 * 32 * sizeof (float);
    }
    assert_same (index[0], index[1], data.queries);
    faiss_IndexFlat_free (index[0]);
    faiss_IndexFlat_free (index[1]);
    release (&data);
    release (&other);
}

static void modes_can_be_changed (void **test_state) {
    (void)test_state;
    Data data = make (0, 3000, 32);
    FaissIndexFlat *index = new_index (&data, METRIC_L2, FAISS_FILTER_CODES_OFF);
    many_searches (index, data.queries);
    assert_int_equal (size_of (index), 0);
    faiss_IndexFlat_set_filter_codes (index, FAISS_FILTER_CODES_ON);
    assert_int_equal (faiss_IndexFlat_filter_codes (index), FAISS_FILTER_CODES_ON);
    search_one (index, data.queries);
    assert_int_equal (size_of (index), data.n * faiss_filter_stride (data.d));
    assert_non_null (faiss_IndexFlat_get_xb (index)); /* the caller tells of all changes */
    search_one (index, data.queries);
    assert_true (size_of (index) > 0);
    faiss_IndexFlat_set_filter_codes (index, FAISS_FILTER_CODES_OFF);
    assert_int_equal (size_of (index), 0);
    faiss_IndexFlat_free (index);
    release (&data);
}

/* ---- inverted lists -------------------------------------------------------------------------- */

static FaissArrayInvertedLists *lists_of (FaissIndexIVFFlat *index) {
    return (FaissArrayInvertedLists *)index->ivf.invlists;
}

static FaissIndexIVFFlat *new_ivf (const Data *data, FaissMetricType metric,
                                   FaissFilterCodesMode mode) {
    FaissIndexFlat *quantizer = NULL;
    FaissIndexIVFFlat *index = NULL;
    assert_ok (faiss_IndexFlat_new_with (&quantizer, (idx_t)data->d, metric));
    assert_ok (faiss_Index_add (&quantizer->index, 4, data->x));
    assert_ok (faiss_IndexIVFFlat_new_with_metric (&index, &quantizer->index, data->d, 4, metric));
    index->ivf.own_fields = true;
    index->index.is_trained = true;
    index->ivf.nprobe = 4;
    faiss_ArrayInvertedLists_set_filter_codes (lists_of (index), mode);
    assert_int_equal (faiss_ArrayInvertedLists_filter_codes (lists_of (index)), mode);
    assert_ok (faiss_Index_add (&index->index, (idx_t)data->n, data->x));
    return index;
}

static void assert_same_ivf (FaissIndexIVFFlat *a, FaissIndexIVFFlat *b, const float *queries) {
    static const idx_t ns[] = {1, 1, 1, 1, 2, 3, 4, 16, 30};
    static float distances[2][N_QUERIES * 10];
    static idx_t labels[2][N_QUERIES * 10];
    for (size_t i = 0; i < sizeof ns / sizeof *ns; i++) {
        for (idx_t k = 1; k <= 10; k += 9) {
            const float *x = queries + (ns[i] > 1 ? 0 : i * (size_t)a->index.d);
            assert_ok (faiss_Index_search (&a->index, ns[i], x, k, distances[0], labels[0]));
            assert_ok (faiss_Index_search (&b->index, ns[i], x, k, distances[1], labels[1]));
            assert_memory_equal (labels[0], labels[1], (size_t)(ns[i] * k) * sizeof (idx_t));
            assert_memory_equal (distances[0], distances[1], (size_t)(ns[i] * k) * sizeof (float));
        }
    }
}

static void lists_of_any_numbers_give_the_same_results (void **test_state) {
    (void)test_state;
    static const size_t dims[] = {15, 16, 100};
    for (int kind = 0; kind < N_KINDS; kind++) {
        for (size_t i = 0; i < sizeof dims / sizeof *dims; i++) {
            Data data = make (kind, 4000, dims[i]);
            for (FaissMetricType metric = 0; metric < 2; metric++) {
                FaissIndexIVFFlat *coded = new_ivf (&data, metric, FAISS_FILTER_CODES_ON);
                FaissIndexIVFFlat *plain = new_ivf (&data, metric, FAISS_FILTER_CODES_OFF);
                assert_same_ivf (coded, plain, data.queries);
                assert_int_equal (faiss_ArrayInvertedLists_filter_codes_size (lists_of (plain)), 0);
                if (faiss_filter_codes_suit (data.d) && kind == 0) {
                    assert_true (faiss_ArrayInvertedLists_filter_codes_size (lists_of (coded)) > 0);
                }
                faiss_IndexIVFFlat_free (coded);
                faiss_IndexIVFFlat_free (plain);
            }
            release (&data);
        }
    }
}

static void changes_of_lists_are_seen (void **test_state) {
    (void)test_state;
    Data data = make (0, 6000, 32), more = make (2, 1500, 32);
    FaissIndexIVFFlat *index[2] = {new_ivf (&data, METRIC_L2, FAISS_FILTER_CODES_AUTO),
                                   new_ivf (&data, METRIC_L2, FAISS_FILTER_CODES_OFF)};
    FaissIDSelectorRange *sel = NULL;
    assert_ok (faiss_IDSelectorRange_new (&sel, 100, 900));
    for (int step = 0; step < 6; step++) {
        assert_same_ivf (index[0], index[1], data.queries);
        assert_true (faiss_ArrayInvertedLists_filter_codes_size (lists_of (index[0])) > 0);
        for (int i = 0; i < 2; i++) {
            FaissIndex *it = &index[i]->index;
            if (step == 0) { /* codes of the others stay */
                assert_ok (faiss_Index_add (it, 1, data.queries));
                assert_int_equal (
                    faiss_ArrayInvertedLists_filter_codes_size (lists_of (index[i])) > 0, i == 0);
            } else if (step == 1) {
                assert_ok (faiss_Index_add (it, (idx_t)more.n, more.x));
            } else if (step == 2) {
                assert_ok (faiss_Index_remove_ids (it, (FaissIDSelector *)sel, NULL));
            } else if (step == 3) { /* all in one place */
                for (size_t list_no = 0; list_no < 4; list_no++) {
                    FaissInvertedLists *lists = index[i]->ivf.invlists;
                    const idx_t *ids = faiss_InvertedLists_get_ids (lists, list_no);
                    for (size_t j = 0; j < 20; j++) {
                        assert_ok (faiss_InvertedLists_update_entry (
                            lists, list_no, 10 * j, ids[10 * j],
                            (const uint8_t *)(data.queries + (list_no + j) * data.d)));
                    }
                }
            } else if (step == 4) {
                FaissArrayInvertedLists *lists = lists_of (index[i]);
                for (size_t list_no = 0; list_no < 4; list_no++) {
                    float *x = (float *)(void *)lists->codes[list_no].data;
                    memcpy (x + 50 * data.d, data.queries + 2 * data.d, data.d * sizeof *x);
                }
                faiss_ArrayInvertedLists_vectors_changed (lists);
            }
        }
    }
    faiss_IDSelector_free ((FaissIDSelector *)sel);
    faiss_IndexIVFFlat_free (index[0]);
    faiss_IndexIVFFlat_free (index[1]);
    release (&data);
    release (&more);
}

/* ---- searches side by side ------------------------------------------------------------------- */

typedef struct IvfSearcher {
    const FaissIndexIVFFlat *index;
    const float *queries;
    float distances[20][10];
    idx_t labels[20][10];
    FaissStatus status;
} IvfSearcher;

static void *search_lists (void *argument) {
    IvfSearcher *self = argument;
    omp_set_num_threads (1);
    for (int i = 0; i < 20; i++) {
        self->status |=
            faiss_Index_search (&self->index->index, 1, self->queries + i * self->index->index.d,
                                10, self->distances[i], self->labels[i]);
    }
    return NULL;
}

static void first_searches_of_lists_may_run_side_by_side (void **test_state) {
    (void)test_state;
    Data data = make (0, 6000, 32);
    for (int mode = 0; mode < 2; mode++) {
        FaissIndexIVFFlat *index[2] = {
            new_ivf (&data, METRIC_L2, mode ? FAISS_FILTER_CODES_ON : FAISS_FILTER_CODES_AUTO),
            new_ivf (&data, METRIC_L2, FAISS_FILTER_CODES_OFF)};
        IvfSearcher searchers[4];
        pthread_t threads[4];
        for (int t = 0; t < 4; t++) {
            searchers[t] = (IvfSearcher){.index = index[0], .queries = data.queries};
            assert_int_equal (pthread_create (&threads[t], NULL, search_lists, &searchers[t]), 0);
        }
        IvfSearcher expected = {.index = index[1], .queries = data.queries};
        search_lists (&expected);
        for (int t = 0; t < 4; t++) {
            pthread_join (threads[t], NULL);
            assert_int_equal (searchers[t].status, FAISS_OK);
            assert_memory_equal (searchers[t].labels, expected.labels, sizeof expected.labels);
            assert_memory_equal (searchers[t].distances, expected.distances,
                                 sizeof expected.distances);
        }
        faiss_IndexIVFFlat_free (index[0]);
        faiss_IndexIVFFlat_free (index[1]);
    }
    release (&data);
}

enum { N_THREADS = 4, N_SEARCHES = 30, K = 10 };

typedef struct Searcher {
    const FaissIndexFlat *index;
    const float *queries;
    float distances[N_SEARCHES][K];
    idx_t labels[N_SEARCHES][K];
    FaissStatus status;
} Searcher;

static void *search_many (void *argument) {
    Searcher *self = argument;
    omp_set_num_threads (1);
    for (int i = 0; i < N_SEARCHES; i++) {
        const float *x = self->queries + i % N_QUERIES * self->index->index.d;
        self->status |=
            faiss_Index_search (&self->index->index, 1, x, K, self->distances[i], self->labels[i]);
    }
    return NULL;
}

static void first_searches_may_run_side_by_side (void **test_state) {
    (void)test_state;
    Data data = make (0, 20000, 32);
    static Searcher searchers[N_THREADS + 1];
    for (int mode = 0; mode < 3; mode++) {
        FaissIndexFlat *index =
            new_index (&data, METRIC_INNER_PRODUCT,
                       mode == 0 ? FAISS_FILTER_CODES_AUTO : FAISS_FILTER_CODES_ON);
        FaissIndexFlat *plain = new_index (&data, METRIC_INNER_PRODUCT, FAISS_FILTER_CODES_OFF);
        if (mode == 2) { /* codes of other vectors */
            search_one (index, data.queries);
            FaissUInt8Vector vectors = {0};
            assert_ok (faiss_UInt8Vector_assign (&vectors, index->flat_codes.codes.data,
                                                 index->flat_codes.codes.size));
            faiss_UInt8Vector_swap (&vectors, &index->flat_codes.codes);
            faiss_UInt8Vector_clear (&vectors);
        }
        pthread_t threads[N_THREADS];
        for (int t = 0; t <= N_THREADS; t++) {
            searchers[t] =
                (Searcher){.index = t < N_THREADS ? index : plain, .queries = data.queries};
        }
        for (int t = 0; t < N_THREADS; t++) {
            assert_int_equal (pthread_create (&threads[t], NULL, search_many, &searchers[t]), 0);
        }
        search_many (&searchers[N_THREADS]);
        for (int t = 0; t < N_THREADS; t++) {
            pthread_join (threads[t], NULL);
            assert_int_equal (searchers[t].status, FAISS_OK);
            assert_memory_equal (searchers[t].labels, searchers[N_THREADS].labels,
                                 sizeof searchers[t].labels);
            assert_memory_equal (searchers[t].distances, searchers[N_THREADS].distances,
                                 sizeof searchers[t].distances);
        }
        assert_true (size_of (index) > 0);
        faiss_IndexFlat_free (index);
        faiss_IndexFlat_free (plain);
    }
    release (&data);
}

static void threads_do_not_change_results (void **test_state) {
    (void)test_state;
    Data data = make (0, 20000, 32), few = make (0, 1000, 32);
    FaissIndexFlat *index = new_index (&data, METRIC_INNER_PRODUCT, FAISS_FILTER_CODES_ON);
    FaissIndexFlat *plain = new_index (&data, METRIC_INNER_PRODUCT, FAISS_FILTER_CODES_OFF);
    for (int n_threads = 1; n_threads <= 8; n_threads *= 2) {
        omp_set_num_threads (n_threads);
        assert_same (index, plain, data.queries);
    }
    for (idx_t n = 1; n <= N_QUERIES; n++) { /* kept packed or not, however shared out */
        float distances[2][N_QUERIES * 5];
        idx_t labels[2][N_QUERIES * 5];
        FaissIndexFlat *small = new_index (&few, METRIC_L2, FAISS_FILTER_CODES_AUTO);
        for (int n_threads = 1; n_threads <= 8; n_threads++) {
            int at = n_threads > 1;
            omp_set_num_threads (n_threads);
            assert_ok (
                faiss_Index_search (&small->index, n, few.queries, 5, distances[at], labels[at]));
            assert_memory_equal (labels[0], labels[at], (size_t)n * 5 * sizeof (idx_t));
            assert_memory_equal (distances[0], distances[at], (size_t)n * 5 * sizeof (float));
        }
        faiss_IndexFlat_free (small);
    }
    release (&few);
    omp_set_num_threads (2);
    faiss_IndexFlat_free (index);
    faiss_IndexFlat_free (plain);
    release (&data);
}

TEST_MAIN (cmocka_unit_test (any_numbers_give_the_same_results),
           cmocka_unit_test (every_level_gives_the_same_results),
           cmocka_unit_test (selectors_are_respected),
           cmocka_unit_test (the_first_searches_make_no_codes),
           cmocka_unit_test (a_clone_has_none_and_a_file_neither),
           cmocka_unit_test (codes_that_do_not_help_are_given_up),
           cmocka_unit_test (changes_by_methods_are_seen),
           cmocka_unit_test (a_single_added_vector_is_found),
           cmocka_unit_test (who_has_a_pointer_may_write),
           cmocka_unit_test (direct_edits_are_announced),
           cmocka_unit_test (other_vectors_are_noticed), cmocka_unit_test (modes_can_be_changed),
           cmocka_unit_test (lists_of_any_numbers_give_the_same_results),
           cmocka_unit_test (changes_of_lists_are_seen),
           cmocka_unit_test (first_searches_of_lists_may_run_side_by_side),
           cmocka_unit_test (first_searches_may_run_side_by_side),
           cmocka_unit_test (threads_do_not_change_results))
