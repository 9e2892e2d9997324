/* Parameters by name, combinations of them, and the search for good ones. */
#include "testing.h"

#include <faiss/AutoTune.h>
#include <faiss/IndexFlat.h>
#include <faiss/IndexIVF.h>
#include <faiss/IndexRefine.h>
#include <faiss/index_factory.h>

enum { N = 2000, NQ = 20, D = 8, K = 5 };

static float rows[N * D], queries[NQ * D];
static idx_t truth[NQ * K];
static float true_distances[NQ * K];

static int make_data (void **state) {
    (void)state;
    TestRandom random = {29};
    testing_floats (&random, rows, N * D);
    testing_floats (&random, queries, NQ * D);
    FaissIndex *flat = NULL;
    int failed = faiss_index_factory (&flat, D, "Flat", METRIC_L2) ||
                 faiss_Index_add (flat, N, rows) ||
                 faiss_Index_search (flat, NQ, queries, K, true_distances, truth);
    faiss_Index_free (flat);
    return failed;
}

static FaissIndex *refined_ivf (void) {
    FaissIndex *index = NULL;
    assert_ok (faiss_index_factory (&index, D, "IVF32,Flat,RFlat", METRIC_L2));
    assert_ok (faiss_Index_train (index, N, rows));
    assert_ok (faiss_Index_add (index, N, rows));
    return index;
}

static FaissIndexIVF *ivf_of (FaissIndex *index) {
    return faiss_object_cast (faiss_IndexRefine_cast (index)->base_index,
                              &faiss_IndexIVF_class.index.head);
}

static FaissParameterSpace *quiet_space (const FaissIndex *index) {
    FaissParameterSpace *space = NULL;
    assert_ok (faiss_ParameterSpace_new (&space));
    space->verbose = 0;
    if (index) {
        assert_ok (faiss_ParameterSpace_initialize (space, index));
    }
    return space;
}

static void ranges_are_the_callers (void **state) {
    (void)state;
    FaissParameterSpace *space = quiet_space (NULL);
    FaissParameterRange *range = NULL, *same = NULL;
    assert_int_equal (faiss_ParameterSpace_n_combinations (space), 1);
    assert_ok (faiss_ParameterSpace_add_range (space, "nprobe", &range));
    for (int i = 0; i < 50; i++) { /* a range stays where it is */
        char name[20];
        snprintf (name, sizeof name, "other%d", i);
        assert_ok (faiss_ParameterSpace_add_range (space, name, NULL));
    }
    assert_ok (faiss_ParameterSpace_add_range (space, "nprobe", &same));
    assert_ptr_equal (range, same);
    assert_string_equal (faiss_ParameterRange_name (range), "nprobe");
    assert_int_equal (faiss_ParameterSpace_n_combinations (space), 0);
    double *values = NULL;
    size_t size = 99;
    faiss_ParameterRange_values (range, &values, &size);
    assert_int_equal (size, 0);
    assert_ok (faiss_ParameterRange_set_values (range, (double[]){1, 2, 4}, 3));
    faiss_ParameterRange_values (range, &values, &size);
    assert_int_equal (size, 3);
    assert_true (values[2] == 4);
    assert_fails (faiss_ParameterSpace_set_index_parameters_cno (space, NULL, 0), "index is NULL");
    FaissString text = {0};
    assert_fails (faiss_ParameterSpace_describe_combination (space, 0, &text), "no values");
    faiss_String_clear (&text);
    faiss_ParameterSpace_free (space);
    faiss_ParameterSpace_free (NULL);
}

static void combinations_count_like_digits (void **state) {
    (void)state;
    FaissParameterSpace *space = quiet_space (NULL);
    assert_ok (faiss_ParameterSpace_append (space, "a", 2, (double[]){1, 2}));
    assert_ok (faiss_ParameterSpace_append_powers_of_2 (space, "b", 2, 10, 20));
    assert_ok (faiss_ParameterSpace_append (space, "c", 2, (double[]){0.5, INFINITY}));
    assert_int_equal (faiss_ParameterSpace_n_combinations (space), 12);
    const char *names[] = {"a=1,b=4,c=0.5",  "a=2,b=4,c=0.5",  "a=1,b=8,c=0.5", "a=2,b=8,c=0.5",
                           "a=1,b=16,c=0.5", "a=2,b=16,c=0.5", "a=1,b=4,c=inf"};
    char name[32];
    for (size_t c = 0; c < 7; c++) {
        memset (name, 'x', sizeof name);
        assert_ok (faiss_ParameterSpace_combination_name (space, c, name, sizeof name));
        assert_string_equal (name, names[c]);
        assert_int_equal (name[sizeof name - 1], 0); /* padded */
    }
    memset (name, 'x', sizeof name);
    assert_ok (faiss_ParameterSpace_combination_name (space, 0, name, 5)); /* as strncpy */
    assert_memory_equal (name, "a=1,bx", 6);
    assert_fails (faiss_ParameterSpace_combination_name (space, 0, NULL, 5), "NULL");
    assert_true (faiss_ParameterSpace_combination_ge (space, 3, 1));
    assert_true (faiss_ParameterSpace_combination_ge (space, 11, 5));
    assert_true (faiss_ParameterSpace_combination_ge (space, 5, 5));
    assert_false (faiss_ParameterSpace_combination_ge (space, 2, 1));
    assert_false (faiss_ParameterSpace_combination_ge (space, 6, 5));
    faiss_ParameterSpace_free (space);
}

static void parameters_reach_the_parts_that_know_them (void **state) {
    (void)state;
    FaissIndex *index = refined_ivf ();
    FaissIndexRefine *refine = faiss_IndexRefine_cast (index);
    FaissIndexIVF *ivf = ivf_of (index);
    FaissParameterSpace *space = quiet_space (NULL);
    assert_ok (faiss_ParameterSpace_set_index_parameters (
        space, index, " nprobe=7,k_factor_rf=3  max_codes=100,, "));
    assert_int_equal (ivf->nprobe, 7);
    assert_int_equal (ivf->max_codes, 100);
    assert_true (refine->k_factor == 3);
    assert_ok (faiss_ParameterSpace_set_index_parameter (space, index, "verbose", 1));
    assert_true (index->verbose && ivf->index.verbose);
    assert_ok (faiss_ParameterSpace_set_index_parameter (space, index, "verbose", 0));
    assert_false (index->verbose || ivf->index.verbose);
    faiss_ParameterSpace_free (space);
    faiss_Index_free (index);
}

static void what_is_not_understood_is_refused (void **state) {
    (void)state;
    FaissIndex *index = refined_ivf ();
    FaissParameterSpace *space = quiet_space (NULL);
    const char *texts[] = {"nprobe", "nprobe=", "nprobe=x",  "nprobe=7x",
                           "=7",     "nprobe=", "nprobe==7", "nprobe = 7"};
    ivf_of (index)->nprobe = 2;
    for (int i = 0; i < 8; i++) {
        assert_fails (faiss_ParameterSpace_set_index_parameters (space, index, texts[i]),
                      "expected name=value");
    }
    char longest[400];
    memset (longest, 'n', sizeof longest);
    memcpy (longest + 390, "=1", 3);
    assert_fails (faiss_ParameterSpace_set_index_parameters (space, index, longest), "name=value");
    memcpy (longest + 120, "=1", 3);
    assert_fails (faiss_ParameterSpace_set_index_parameters (space, index, longest), "name=value");
    assert_fails (faiss_ParameterSpace_set_index_parameters (space, index, "nope=3"),
                  "no parameter \"nope\"");
    /* the text is read to its end before anything is set */
    assert_fails (faiss_ParameterSpace_set_index_parameters (space, index, "nprobe=9,nprobe"), "");
    assert_int_equal (ivf_of (index)->nprobe, 2);
    assert_fails (faiss_ParameterSpace_set_index_parameters (space, index, NULL), "NULL");
    assert_fails (faiss_ParameterSpace_set_index_parameters (space, NULL, "nprobe=3"), "NULL");
    assert_fails (faiss_ParameterSpace_set_index_parameter (NULL, index, "nprobe", 3), "NULL");
    faiss_ParameterSpace_free (space);
    faiss_Index_free (index);
}

static void points_keep_the_pareto_front (void **state) {
    (void)state;
    TestRandom random = {31};
    FaissOperatingPoints *points = NULL, *merged = NULL;
    assert_ok (faiss_OperatingPoints_new (&points));
    for (int i = 0; i < 300; i++) {
        char key[20];
        snprintf (key, sizeof key, "point %d", i);
        double perf = testing_random (&random) % 20 / 20.0, t = testing_random (&random) % 20 + 1;
        int is_optimal = -1;
        assert_ok (faiss_OperatingPoints_add (points, perf, t, key, (size_t)i, &is_optimal));
        bool expected = perf > 0;
        for (size_t j = 0; j + 1 < points->all_pts.size; j++) {
            const FaissOperatingPoint *op = &points->all_pts.data[j];
            expected = expected && !(op->perf >= perf && op->t <= t);
        }
        assert_int_equal (is_optimal, expected);
        for (size_t j = 1; j < points->optimal_pts.size; j++) {
            const FaissOperatingPoint *op = &points->optimal_pts.data[j];
            assert_true (op[0].perf > op[-1].perf && op[0].t > op[-1].t);
        }
        assert_string_equal (points->all_pts.data[i].key, key);
    }
    assert_true (faiss_OperatingPoints_t_for_perf (points, 1) == 1e50);
    assert_true (faiss_OperatingPoints_t_for_perf (points, 0) == 0);
    int n = 0;
    assert_ok (faiss_OperatingPoints_new (&merged));
    assert_ok (faiss_OperatingPoints_merge_with (merged, points, "again: ", &n));
    assert_int_equal (merged->all_pts.size, 300);
    assert_int_equal (merged->optimal_pts.size, points->optimal_pts.size);
    assert_string_equal (merged->all_pts.data[3].key, "again: point 3");
    assert_fails (faiss_OperatingPoints_merge_with (merged, merged, "", NULL), "themselves");
    assert_fails (faiss_OperatingPoints_add (points, NAN, 1, "", 0, NULL), "perf");
    assert_fails (faiss_OperatingPoints_all_to_gnuplot (points, "/nonexistent/file"),
                  "cannot open");
    assert_ok (faiss_OperatingPoints_clear (points));
    assert_int_equal (points->all_pts.size, 0);
    assert_int_equal (points->optimal_pts.size, 1);
    faiss_OperatingPoints_free (points);
    faiss_OperatingPoints_free (merged);
    faiss_OperatingPoints_free (NULL);
}

static void criteria_count_what_is_found (void **state) {
    (void)state;
    const idx_t gt[] = {1, 2, 3, 4, 5, 6}, found[] = {9, 1, 3, 6, 4, 5};
    FaissOneRecallAtRCriterion *one = NULL;
    FaissIntersectionCriterion *all = NULL;
    double perf = -1;
    assert_ok (faiss_OneRecallAtRCriterion_new (&one, 2, 2));
    assert_ok (faiss_IntersectionCriterion_new (&all, 2, 3));
    assert_int_equal (one->criterion.nnn, 2);
    assert_fails (faiss_AutoTuneCriterion_evaluate (&one->criterion, NULL, found, &perf),
                  "set_groundtruth");
    assert_ok (faiss_AutoTuneCriterion_set_groundtruth (&one->criterion, 3, NULL, gt));
    assert_ok (faiss_AutoTuneCriterion_set_groundtruth (&all->criterion, 3, NULL, gt));
    const idx_t first_two[] = {9, 1, 6, 5};
    assert_ok (faiss_AutoTuneCriterion_evaluate (&one->criterion, NULL, first_two, &perf));
    assert_true (perf == 0.5);
    assert_ok (faiss_AutoTuneCriterion_evaluate (&all->criterion, NULL, found, &perf));
    assert_true (fabs (perf - 5.0 / 6) < 1e-12);
    assert_ok (faiss_AutoTuneCriterion_set_groundtruth (&all->criterion, 2, NULL, gt));
    assert_fails (faiss_AutoTuneCriterion_evaluate (&all->criterion, NULL, found, &perf),
                  "3 neighbours");
    assert_fails (faiss_AutoTuneCriterion_set_groundtruth (&all->criterion, 0, NULL, gt), "gt_nnn");
    FaissOneRecallAtRCriterion *none = NULL;
    assert_fails (faiss_OneRecallAtRCriterion_new (&none, 2, 0), "R > 0");
    faiss_AutoTuneCriterion_free (&one->criterion);
    faiss_AutoTuneCriterion_free (&all->criterion);
}

static void exploring_finds_the_front (void **state) {
    (void)state;
    for (int n_experiments = 0; n_experiments <= 12; n_experiments += 12) {
        FaissIndex *index = refined_ivf ();
        FaissParameterSpace *space = quiet_space (index);
        FaissIntersectionCriterion *crit = NULL;
        FaissOperatingPoints *points = NULL;
        assert_int_equal (faiss_ParameterSpace_n_combinations (space), 7 * 5);
        assert_ok (faiss_IntersectionCriterion_new (&crit, NQ, K));
        assert_ok (
            faiss_AutoTuneCriterion_set_groundtruth (&crit->criterion, K, true_distances, truth));
        assert_ok (faiss_OperatingPoints_new (&points));
        space->n_experiments = n_experiments;
        space->batchsize = 7;
        space->thread_over_batches = n_experiments > 0;
        assert_ok (
            faiss_ParameterSpace_explore (space, index, NQ, queries, &crit->criterion, points));
        if (n_experiments == 0) {
            assert_int_equal (points->all_pts.size, 7 * 5);
        } else {
            assert_true (points->all_pts.size <= 12);
            assert_int_equal (points->all_pts.data[0].cno, 0);
        }
        for (size_t i = 0; i < points->all_pts.size; i++) { /* performance grows with nprobe */
            const FaissOperatingPoint *op = &points->all_pts.data[i];
            double upper = 1, lower = 0;
            assert_ok (faiss_ParameterSpace_update_bounds (space, 0, op, &upper, &lower));
            assert_true (points->all_pts.data[0].perf <= upper);
        }
        assert_fails (
            faiss_ParameterSpace_explore (space, index, NQ - 1, queries, &crit->criterion, points),
            "for 20 queries, got 19");
        space->batchsize = 0;
        assert_fails (
            faiss_ParameterSpace_explore (space, index, NQ, queries, &crit->criterion, points),
            "batchsize");
        faiss_OperatingPoints_free (points);
        faiss_AutoTuneCriterion_free (&crit->criterion);
        faiss_ParameterSpace_free (space);
        faiss_Index_free (index);
    }
}

int main (void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (ranges_are_the_callers),
        cmocka_unit_test (combinations_count_like_digits),
        cmocka_unit_test (parameters_reach_the_parts_that_know_them),
        cmocka_unit_test (what_is_not_understood_is_refused),
        cmocka_unit_test (points_keep_the_pareto_front),
        cmocka_unit_test (criteria_count_what_is_found),
        cmocka_unit_test (exploring_finds_the_front),
    };
    return cmocka_run_group_tests (tests, make_data, NULL);
}
