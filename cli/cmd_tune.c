/* faiss tune: which search parameters of an index are worth setting? */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <faiss/AutoTune.h>

#include "index_file.h"
#include "json.h"
#include "message.h"
#include "options.h"
#include "output.h"
#include "progress.h"
#include "testset.h"

typedef struct Settings {
    TestFiles files;
    const char *criterion, *reach, *gnuplot;
    int64_t k, experiments;
    bool json;
} Settings;

/// What counts as good results: of the first R, is the nearest among them, or how many are true?
typedef struct Criterion {
    bool is_intersection;
    int64_t R;
    char *name; ///< "inter@10"
} Criterion;

typedef struct Tuning {
    const Settings *settings;
    Criterion criterion;
    double reach; ///< NaN: not asked for
    FaissIndex *index;
    Metric metric;
    TestSet test;
    size_t n_combinations, n_tried;
    FaissOperatingPoints *points;
    char *fixed; ///< "ht=200,": the parameters that have but one value
} Tuning;

/* ---- the command line ---- */

static Criterion parse_criterion (const Settings *settings) {
    const char *text = settings->criterion ? settings->criterion : "inter";
    const char *at = strchr (text, '@');
    size_t length = at ? (size_t)(at - text) : strlen (text);
    Criterion out = {.R = settings->k};
    if (length == 5 && !strncmp (text, "inter", 5)) {
        out.is_intersection = true;
    } else if (length != 6 || strncmp (text, "recall", 6) != 0) {
        fail_usage ("--criterion %s: expected recall@R or inter@R", text);
    }
    if (at && (!parse_integer (at + 1, &out.R) || out.R <= 0)) {
        fail_usage ("--criterion %s: expected a number > 0 behind the @", text);
    }
    out.name = text_of ("%s@%" PRId64, out.is_intersection ? "inter" : "recall", out.R);
    return out;
}

static double parse_reach (const char *text) {
    char *end;
    if (!text) {
        return NAN;
    }
    double value = strtod (text, &end);
    if (end == text || *end || !(value > 0 && value <= 1)) {
        fail_usage ("--reach %s: expected a number above 0 and up to 1", text);
    }
    return value;
}

/* ---- exploring ---- */

static FaissAutoTuneCriterion *new_criterion (const Tuning *self) {
    const Criterion *wanted = &self->criterion;
    FaissAutoTuneCriterion *out;
    if (wanted->is_intersection) {
        FaissIntersectionCriterion *inter;
        must (faiss_IntersectionCriterion_new (&inter, self->test.n, wanted->R), "--criterion");
        out = &inter->criterion;
    } else {
        FaissOneRecallAtRCriterion *recall;
        must (faiss_OneRecallAtRCriterion_new (&recall, self->test.n, wanted->R), "--criterion");
        out = &recall->criterion;
    }
    must (faiss_AutoTuneCriterion_set_groundtruth (out, (int)self->test.k, NULL, self->test.truth),
          "the true neighbours");
    return out;
}

/* A range without values, such as nprobe of a single list, would leave no combination. What has but
   one value, such as a threshold of codes that cannot be compared that way, is nothing to choose.
 */
static char *fix_ranges (FaissParameterSpace *space) {
    char *fixed = text_of ("%s", "");
    for (size_t i = 0; i < space->parameter_ranges.size; i++) {
        FaissParameterRange *range = space->parameter_ranges.data[i];
        if (range->values.size == 0) {
            const double one = 1;
            must (faiss_ParameterRange_set_values (range, &one, 1), "parameters");
        }
        if (range->values.size == 1) {
            char *longer = text_of ("%s%s=%g,", fixed, range->name, range->values.data[0]);
            free (fixed);
            fixed = longer;
        }
    }
    return fixed;
}

static void explore (Tuning *self) {
    enum { LEAST = 3 }; /* the cheapest, the most expensive, one of the others */
    FaissParameterSpace *space;
    FaissIndex *tuned = index_tuned (self->index);
    FaissAutoTuneCriterion *criterion = new_criterion (self);
    must (faiss_ParameterSpace_new (&space), "parameters");
    must (faiss_ParameterSpace_initialize (space, tuned), "parameters");
    self->fixed = fix_ranges (space);
    space->verbose = 0;
    space->n_experiments =
        (int)(self->settings->experiments < LEAST       ? LEAST
              : self->settings->experiments > INT32_MAX ? INT32_MAX
                                                        : self->settings->experiments);
    space->min_test_duration = 0.1;
    self->n_combinations = faiss_ParameterSpace_n_combinations (space);
    self->n_tried = self->n_combinations < (size_t)space->n_experiments
                        ? self->n_combinations
                        : (size_t)space->n_experiments;
    must (faiss_OperatingPoints_new (&self->points), "measuring");
    progress_start ("measuring", 0);
    /* through the transforms in front, whose time counts too */
    must (faiss_ParameterSpace_explore (space, self->index, (size_t)self->test.n,
                                        self->test.queries, criterion, self->points),
          "measuring");
    progress_stop ();
    faiss_ParameterSpace_free (space);
    faiss_AutoTuneCriterion_free (criterion);
}

/* ---- reports ---- */

/* "nprobe=4,ht=200" without what is fixed; to be freed. */
static char *parameters_of (const Tuning *self, const char *key) {
    char *text = text_of ("%s", ""), *longer;
    for (size_t length; *key; key += length + (key[length] == ',')) {
        length = strcspn (key, ",");
        char *part = text_of ("%.*s,", (int)length, key);
        const char *found = strstr (self->fixed, part);
        if (!found || (found > self->fixed && found[-1] != ',')) {
            longer = text_of ("%s%s%.*s", text, *text ? "," : "", (int)length, key);
            free (text);
            text = longer;
        }
        free (part);
    }
    return text;
}

static double microseconds (const Tuning *self, const FaissOperatingPoint *point) {
    return 1e6 * point->t / (double)self->test.n;
}

/* The fastest that performs so well, or NULL. The first of the optimal ones is "nothing". */
static const FaissOperatingPoint *fastest_with (const Tuning *self, double performance) {
    const FaissOperatingPointVector *optimal = &self->points->optimal_pts;
    for (size_t i = 1; i < optimal->size; i++) {
        if (optimal->data[i].perf >= performance) {
            return &optimal->data[i];
        }
    }
    return NULL;
}

static void print_advised (const Tuning *self, const char *what, const FaissOperatingPoint *point) {
    char *parameters = parameters_of (self, point->key);
    printf ("%s of %s:  %s%s\n", self->criterion.name, what, *parameters ? "-p " : "",
            *parameters ? parameters : "(nothing to set)");
    free (parameters);
}

static void print_advice (const Tuning *self) {
    const FaissOperatingPointVector *optimal = &self->points->optimal_pts;
    static const double levels[] = {0.5, 0.8, 0.9, 0.95, 0.99, 1};
    const FaissOperatingPoint *last = NULL;
    printf ("\n");
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
        const FaissOperatingPoint *point = fastest_with (self, levels[i]);
        if (point && point != last) {
            char *text = text_of ("at least %g", levels[i]);
            print_advised (self, text, point);
            free (text);
        }
        last = point ? point : last;
    }
    const FaissOperatingPoint *best = &optimal->data[optimal->size - 1];
    if (optimal->size > 1 && best != last) {
        char *text = text_of ("%.4f, the best", best->perf);
        print_advised (self, text, best);
        free (text);
    }
}

static void print_table (const Tuning *self) {
    char *what = index_description (self->index);
    char *how = testset_conditions (&self->test, self->index, self->metric, 0);
    const FaissOperatingPointVector *optimal = &self->points->optimal_pts;
    size_t n_measured = self->points->all_pts.size;
    printf ("%s: %s\n%zu of %zu combinations measured", what, how, n_measured,
            self->n_combinations);
    if (n_measured < self->n_tried) {
        printf ("; %zu cannot be better than these", self->n_tried - n_measured);
    }
    if (self->n_tried < self->n_combinations) {
        printf ("; %zu not tried (-e)", self->n_combinations - self->n_tried);
    }
    printf ("\n\n%10s  %10s  %9s  parameters\n", self->criterion.name, "queries/s", "us/query");
    for (size_t i = 1; i < optimal->size; i++) {
        double us = microseconds (self, &optimal->data[i]);
        char *parameters = parameters_of (self, optimal->data[i].key);
        printf ("%10.4f  %10s  %9.1f  %s\n", optimal->data[i].perf,
                with_commas ((int64_t)(1e6 / fmax (us, 1e-3))), us,
                *parameters ? parameters : "(nothing to set)");
        free (parameters);
    }
    print_advice (self);
    free (what);
    free (how);
}

static void print_json (const Tuning *self) {
    Json json = {.file = stdout};
    char *what = index_description (self->index);
    const FaissOperatingPointVector *all = &self->points->all_pts;
    const FaissOperatingPointVector *optimal = &self->points->optimal_pts;
    json_object (&json, NULL);
    json_text (&json, "index", what);
    json_text (&json, "metric", self->metric.name);
    json_integer (&json, "ntotal", faiss_Index_ntotal (self->index));
    json_integer (&json, "d", self->test.d);
    json_integer (&json, "queries", self->test.n);
    json_integer (&json, "threads", n_threads ());
    json_text (&json, "criterion", self->criterion.name);
    json_integer (&json, "combinations", (int64_t)self->n_combinations);
    json_array (&json, "points");
    for (size_t i = 0; i < all->size; i++) {
        const FaissOperatingPoint *point = &all->data[i];
        bool is_optimal = false;
        for (size_t j = 1; j < optimal->size; j++) {
            is_optimal = is_optimal || optimal->data[j].cno == point->cno;
        }
        char *parameters = parameters_of (self, point->key);
        json_object (&json, NULL);
        json_text (&json, "parameters", parameters);
        free (parameters);
        json_number (&json, "performance", point->perf);
        json_number (&json, "us_per_query", microseconds (self, point));
        json_bool (&json, "optimal", is_optimal);
        json_end_object (&json);
    }
    json_end_array (&json);
    if (!isnan (self->reach)) {
        const FaissOperatingPoint *point = fastest_with (self, self->reach);
        char *parameters = point ? parameters_of (self, point->key) : NULL;
        json_text (&json, "reaches", parameters);
        free (parameters);
    }
    json_end_object (&json);
    free (what);
}

static void print_parameters (const Tuning *self) {
    const FaissOperatingPoint *point = fastest_with (self, self->reach);
    const FaissOperatingPointVector *optimal = &self->points->optimal_pts;
    if (!point) {
        fail ("no parameters reach %s = %g; the best is %.4f", self->criterion.name, self->reach,
              optimal->data[optimal->size - 1].perf);
    }
    char *parameters = parameters_of (self, point->key);
    printf ("%s\n", parameters);
    free (parameters);
}

/* ---- the command ---- */

static void tune (Tuning *self, const char *index_file) {
    const Settings *settings = self->settings;
    self->index = index_read (index_file);
    self->metric = metric_of (self->index);
    testset_read (&self->test, &settings->files,
                  self->criterion.is_intersection ? self->criterion.R : 1, self->index, index_file,
                  self->metric);
    explore (self);
    if (settings->json) {
        print_json (self);
    } else if (!isnan (self->reach)) {
        print_parameters (self);
    } else {
        print_table (self);
    }
    if (settings->gnuplot) {
        must (faiss_OperatingPoints_optimal_to_gnuplot (self->points, settings->gnuplot),
              "--gnuplot");
    }
    faiss_OperatingPoints_free (self->points);
    testset_free (&self->test);
    faiss_Index_free (self->index);
    free (self->criterion.name);
    free (self->fixed);
}

static int run (int argc, char **argv) {
    Settings settings = {.k = 10, .experiments = 500};
    const char *files[2];
    const Option options[] = {
        {0, "truth", OPTION_TEXT, "FILE", &settings.files.truth,
         "the exact neighbours, .ivecs (faiss truth), .npy\nor HDF5"},
        {0, "base", OPTION_TEXT, "FILE", &settings.files.base,
         "or the indexed vectors, to compute them"},
        {'c', "criterion", OPTION_TEXT, "NAME", &settings.criterion,
         "inter@R: the share of the R nearest that is found\n(default); recall@R: how often the "
         "nearest is\namong the first R"},
        {'k', "k", OPTION_COUNT, "K", &settings.k, "the R of --criterion (default 10)"},
        {0, "reach", OPTION_TEXT, "X", &settings.reach,
         "print only the fastest parameters that do"},
        {'e', "experiments", OPTION_COUNT, "N", &settings.experiments,
         "try at most so many combinations (default 500;\nat least 3)"},
        {'n', "max-queries", OPTION_COUNT, "N", &settings.files.max_queries,
         "only so many, spread evenly over QUERIES"},
        {0, "gnuplot", OPTION_TEXT, "FILE", &settings.gnuplot, "write the best points for gnuplot"},
        {0, "json", OPTION_FLAG, NULL, &settings.json, "print all points as JSON"},
        {0, NULL, OPTION_FLAG, NULL, NULL, NULL},
    };
    static const char *const names[] = {"INDEX", "QUERIES", NULL};
    options_parse (&command_tune, options, names, files, argc, argv);
    testset_check (&settings.files);
    settings.files.queries = files[1];
    Tuning tuning = {.settings = &settings,
                     .criterion = parse_criterion (&settings),
                     .reach = parse_reach (settings.reach)};
    tune (&tuning, files[0]);
    return 0;
}

const Command command_tune = {
    "tune",
    "INDEX QUERIES (--truth GT|--base VECTORS) [-c inter@10] [--reach 0.9]",
    "find good search parameters for an index",
    "Combinations of the index's parameters are measured in random order; those that cannot\n"
    "be better than what is known already are left out. What is printed is the best of them:\n"
    "more performance for more time. The text is what -p of search and eval takes:\n"
    "  faiss search a.index q.npy -p $(faiss tune a.index q.npy --truth gt.ivecs --reach 0.9)\n",
    run,
};
