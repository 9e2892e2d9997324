/* faiss eval: how good and how fast are the searches of an index? */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <faiss/AutoTune.h>

#include "index_file.h"
#include "json.h"
#include "message.h"
#include "options.h"
#include "plot.h"
#include "progress.h"
#include "testset.h"

typedef struct Settings {
    TestFiles files;
    int64_t k, batch;
    const char *parameters, *plot;
    bool sweep, json;
} Settings;

/* What is measured with. */
typedef struct Measurement {
    FaissIndex *index;
    const Settings *settings;
    Metric metric;
    TestSet test; ///< each row of the truth sorted
    float *distances;
    int64_t *labels;
} Measurement;

typedef struct Points {
    PlotPoint *points;
    size_t n;
} Points;

/* ---- measuring ---- */

static int compare_ids (const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

static void sort_ids (int64_t *ids, int64_t n) {
    qsort (ids, (size_t)n, sizeof *ids, compare_ids);
}

static double search_once (Measurement *self) {
    int64_t batch = self->settings->batch ? self->settings->batch : self->test.n;
    double start = seconds_now ();
    for (int64_t i = 0; i < self->test.n; i += batch) {
        int64_t n = self->test.n - i < batch ? self->test.n - i : batch;
        must (faiss_Index_search (self->index, n, self->test.queries + i * self->test.d,
                                  self->test.k, self->distances + i * self->test.k,
                                  self->labels + i * self->test.k),
              "cannot search");
    }
    return seconds_now () - start;
}

/* The share of the true k neighbours that are among the k results. */
static double recall (const Measurement *self) {
    int64_t found = 0, k = self->test.k;
    int64_t *sorted = allocate ((size_t)k, sizeof *sorted);
    for (int64_t i = 0; i < self->test.n; i++) {
        const int64_t *truth = self->test.truth + i * k;
        memcpy (sorted, self->labels + i * k, (size_t)k * sizeof *sorted);
        sort_ids (sorted, k);
        for (int64_t a = 0, b = 0; a < k && b < k;) {
            found += truth[a] == sorted[b] && truth[a] >= 0;
            truth[a] <= sorted[b] ? a++ : b++;
        }
    }
    free (sorted);
    return (double)found / (double)(self->test.n * k);
}

/* The first search warms up; of the others, up to 0.4 seconds, the fastest counts. */
static void measure (Measurement *self, Points *points, const char *label) {
    enum { MAX_REPEATS = 20 };
    double best = search_once (self), total = 0;
    for (int i = 0; i < MAX_REPEATS && total < 0.4 && best < 2; i++) {
        double seconds = search_once (self);
        best = i == 0 || seconds < best ? seconds : best;
        total += seconds;
    }
    points->points[points->n++] = (PlotPoint){
        .recall = recall (self), .speed = (double)self->test.n / fmax (best, 1e-9), .label = label};
}

static char *combination_label (const FaissParameterSpace *space, size_t number) {
    FaissString text = {0};
    must (faiss_ParameterSpace_describe_combination (space, number, &text), "--sweep");
    char *label = text_of ("%s", faiss_String_text (&text));
    faiss_String_clear (&text);
    return label;
}

/* All combinations of the index's parameters; those that cannot be better than one that found
   everything are left out. */
static void sweep (Measurement *self, Points *points) {
    FaissParameterSpace *space;
    must (faiss_ParameterSpace_new (&space), "--sweep");
    FaissIndex *index = index_tuned (self->index);
    must (faiss_ParameterSpace_initialize (space, index), "--sweep");
    size_t n = faiss_ParameterSpace_n_combinations (space), n_perfect = 0;
    size_t *perfect = allocate (n, sizeof *perfect);
    points->points = allocate (n + 1, sizeof *points->points);
    if (n == 0) { /* a parameter without values, such as nprobe of a single list */
        measure (self, points, text_of ("%s", ""));
    }
    progress_start ("measuring", (int64_t)n);
    for (size_t c = 0; c < n; c++) {
        bool needless = false;
        for (size_t i = 0; i < n_perfect && !needless; i++) {
            needless = faiss_ParameterSpace_combination_ge (space, c, perfect[i]) != 0;
        }
        if (!needless) {
            must (faiss_ParameterSpace_set_index_parameters_cno (space, index, c), "--sweep");
            measure (self, points, combination_label (space, c));
            if (points->points[points->n - 1].recall >= 1) {
                perfect[n_perfect++] = c;
            }
        }
        progress_update ((int64_t)c + 1);
    }
    progress_stop ();
    free (perfect);
    faiss_ParameterSpace_free (space);
}

/* ---- reports ---- */

/* The exact search stands last. */
static int by_recall (const void *a, const void *b) {
    const PlotPoint *p = a, *q = b;
    if (p->exact != q->exact) {
        return p->exact ? 1 : -1;
    }
    if (p->recall != q->recall) {
        return p->recall < q->recall ? -1 : 1;
    }
    return p->speed < q->speed ? -1 : p->speed > q->speed;
}

static void find_pareto (Points *points) {
    double fastest = 0;
    qsort (points->points, points->n, sizeof *points->points, by_recall);
    for (size_t i = points->n; i-- > 0;) {
        PlotPoint *p = &points->points[i];
        p->pareto = !p->exact && p->speed > fastest;
        fastest = p->pareto ? p->speed : fastest;
    }
}

static char *conditions (const Measurement *self) {
    return testset_conditions (&self->test, self->index, self->metric, self->settings->batch);
}

static void print_table (const Measurement *self, const Points *points) {
    char heading[40];
    char *what = index_description (self->index), *how = conditions (self);
    snprintf (heading, sizeof heading, "recall@%" PRId64, self->test.k);
    printf ("%s: %s\n\n%10s  %10s  %9s  parameters\n", what, how, heading, "queries/s", "us/query");
    for (size_t i = 0; i < points->n; i++) {
        const PlotPoint *p = &points->points[i];
        if (p->pareto || p->exact) {
            printf ("%10.4f  %10s  %9.1f  %s\n", p->recall, with_commas ((int64_t)p->speed),
                    1e6 / p->speed, p->label);
        }
    }
    free (what);
    free (how);
}

static void print_json (const Measurement *self, const Points *points) {
    Json json = {.file = stdout};
    char *what = index_description (self->index);
    json_object (&json, NULL);
    json_text (&json, "index", what);
    json_text (&json, "metric", self->metric.name);
    json_integer (&json, "ntotal", faiss_Index_ntotal (self->index));
    json_integer (&json, "d", self->test.d);
    json_integer (&json, "queries", self->test.n);
    json_integer (&json, "batch", self->settings->batch ? self->settings->batch : self->test.n);
    json_integer (&json, "k", self->test.k);
    json_integer (&json, "threads", n_threads ());
    json_array (&json, "points");
    for (size_t i = 0; i < points->n; i++) {
        const PlotPoint *p = &points->points[i];
        json_object (&json, NULL);
        json_text (&json, "parameters", p->label);
        json_number (&json, "recall", p->recall);
        json_number (&json, "queries_per_second", p->speed);
        json_bool (&json, "pareto", p->pareto);
        json_bool (&json, "exact", p->exact);
        json_end_object (&json);
    }
    json_end_array (&json);
    json_end_object (&json);
    free (what);
}

static void write_plot (const Measurement *self, const Points *points, Output *output) {
    char *title = index_description (self->index), *subtitle = conditions (self);
    plot_write (output, points->points, points->n, title, subtitle, self->test.k);
    output_finish (output);
    free (title);
    free (subtitle);
}

/* ---- the command ---- */

static void check (const Settings *settings) {
    testset_check (&settings->files);
    if (settings->sweep && settings->parameters) {
        fail_usage ("--sweep tries all parameters; it does not go with -p");
    }
}

static void measure_all (Measurement *self, Points *points) {
    const Settings *settings = self->settings;
    if (settings->sweep) {
        sweep (self, points);
    } else {
        points->points = allocate (2, sizeof *points->points);
        measure (self, points, text_of ("%s", settings->parameters ? settings->parameters : ""));
    }
    if (self->test.exact_seconds > 0) {
        points->points[points->n++] =
            (PlotPoint){.recall = 1,
                        .speed = (double)self->test.n / self->test.exact_seconds,
                        .label = text_of ("exact search"),
                        .exact = true};
    }
    for (size_t i = 0; i < points->n; i++) {
        if (!*points->points[i].label) {
            free ((char *)points->points[i].label);
            points->points[i].label = text_of ("(as in the file)");
        }
    }
    find_pareto (points);
}

static void evaluate (Settings *settings, const char *index_file) {
    Output plot;
    Points points = {0};
    Measurement m = {.settings = settings};
    m.index = index_read (index_file);
    m.metric = metric_of (m.index);
    index_set_parameters (m.index, settings->parameters);
    if (settings->plot) {
        output_open (&plot, settings->plot);
    }
    testset_read (&m.test, &settings->files, settings->k, m.index, index_file, m.metric);
    m.labels = allocate ((size_t)m.test.n, (size_t)m.test.k * sizeof *m.labels);
    m.distances = allocate ((size_t)m.test.n, (size_t)m.test.k * sizeof *m.distances);
    for (int64_t i = 0; i < m.test.n; i++) {
        sort_ids (m.test.truth + i * m.test.k, m.test.k);
    }
    measure_all (&m, &points);
    if (settings->json) {
        print_json (&m, &points);
    } else {
        print_table (&m, &points);
    }
    if (settings->plot) {
        write_plot (&m, &points, &plot);
        if (!settings->json && !options_quiet ()) {
            printf ("\nplot: %s\n", settings->plot);
        }
    }
    for (size_t i = 0; i < points.n; i++) {
        free ((char *)points.points[i].label);
    }
    free (points.points);
    testset_free (&m.test);
    free (m.labels);
    free (m.distances);
    faiss_Index_free (m.index);
}

static int run (int argc, char **argv) {
    Settings settings = {.k = 10};
    const char *files[2];
    const Option options[] = {
        {0, "truth", OPTION_TEXT, "FILE", &settings.files.truth,
         "the exact neighbours, .ivecs (faiss truth), .npy\nor HDF5"},
        {0, "base", OPTION_TEXT, "FILE", &settings.files.base,
         "or the indexed vectors, to compute them"},
        {'k', "k", OPTION_COUNT, "K", &settings.k, "how many neighbours (default 10)"},
        {'p', "parameters", OPTION_TEXT, "LIST", &settings.parameters,
         "search parameters: nprobe=16; several by commas"},
        {0, "sweep", OPTION_FLAG, NULL, &settings.sweep,
         "try all parameters and print the best trade-offs"},
        {0, "plot", OPTION_TEXT, "FILE", &settings.plot, "draw speed against recall, .svg"},
        {'n', "max-queries", OPTION_COUNT, "N", &settings.files.max_queries,
         "only so many, spread evenly over QUERIES"},
        {'b', "batch", OPTION_COUNT, "N", &settings.batch,
         "queries searched at a time (default: all)"},
        {0, "json", OPTION_FLAG, NULL, &settings.json, "print all points as JSON"},
        {0, NULL, OPTION_FLAG, NULL, NULL, NULL},
    };
    static const char *const names[] = {"INDEX", "QUERIES", NULL};
    options_parse (&command_eval, options, names, files, argc, argv);
    check (&settings);
    settings.files.queries = files[1];
    evaluate (&settings, files[0]);
    return 0;
}

const Command command_eval = {
    "eval",
    "INDEX QUERIES (--truth GT|--base VECTORS) [-k 10] [--sweep] [--plot FILE]",
    "measure recall and speed of an index",
    "recall@k is the share of the true k nearest neighbours that are among the k results.\n"
    "Times are the fastest of several searches of all queries. With --sweep only parameters\n"
    "are printed to which no others are better in both; --json and the plot have them all.\n"
    "With --base the exhaustive search is shown for comparison.\n",
    run,
};
