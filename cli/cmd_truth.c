/* faiss truth: exact nearest neighbours, for measuring others against. */
#include <inttypes.h>
#include <stdlib.h>

#include "exact.h"
#include "json.h"
#include "message.h"
#include "options.h"
#include "progress.h"
#include "results.h"

static int run (int argc, char **argv) {
    int64_t k = 100;
    const char *metric_name = NULL, *out = NULL, *files[2];
    bool as_json = false;
    const Option options[] = {
        {'k', "k", OPTION_COUNT, "K", &k, "how many neighbours (default 100)"},
        {'m', "metric", OPTION_TEXT, "METRIC", &metric_name, "l2 (default), ip or cosine"},
        {'o', "output", OPTION_TEXT, "FILE", &out,
         ".ivecs: the ids; .npz: distances and labels; .tsv"},
        {0, "json", OPTION_FLAG, NULL, &as_json, "report as JSON"},
        {0, NULL, OPTION_FLAG, NULL, NULL, NULL},
    };
    static const char *const names[] = {"VECTORS", "QUERIES", NULL};
    options_parse (&command_truth, options, names, files, argc, argv);
    Metric metric = metric_parse (metric_name);
    if (!out) {
        fail_usage ("-o FILE is missing: where should the neighbours go?");
    }
    ResultFormat format = results_format (out, false);

    Vectors base, queries;
    vectors_open (&base, files[0], "train");
    if (!metric_name) {
        metric = metric_of_vectors (&base);
    }
    vectors_open (&queries, files[1], "test");
    vectors_require_d (&queries, base.d, files[0]);
    if (k > base.n) {
        fail ("%s holds only %s vectors; ask for at most so many neighbours (-k %" PRId64 ")",
              files[0], with_commas (base.n), base.n);
    }
    Results results;
    results_open (&results, out, format, queries.n, k);
    float *x = vectors_read_all (&queries);
    float *distances = allocate ((size_t)queries.n, (size_t)k * sizeof *distances);
    int64_t *labels = allocate ((size_t)queries.n, (size_t)k * sizeof *labels);
    double start = seconds_now ();
    exact_search (&base, x, queries.n, k, metric, distances, labels);
    results_add (&results, queries.n, distances, labels);
    results_close (&results);
    if (as_json) {
        Json json = {.file = stdout};
        json_object (&json, NULL);
        json_text (&json, "file", out);
        json_integer (&json, "k", k);
        json_integer (&json, "vectors", base.n);
        json_integer (&json, "queries", queries.n);
        json_text (&json, "metric", metric.name);
        json_number (&json, "seconds", seconds_now () - start);
        json_end_object (&json);
    } else if (!options_quiet ()) {
        printf ("%s: the %s nearest of %s vectors for %s queries by %s, in %s\n", out,
                with_commas (k), with_commas (base.n), with_commas (queries.n), metric.name,
                seconds_text (seconds_now () - start));
    }
    vectors_close (&base);
    vectors_close (&queries);
    free (x);
    free (distances);
    free (labels);
    return 0;
}

const Command command_truth = {
    "truth",
    "VECTORS QUERIES [-k 100] [-m METRIC] -o FILE",
    "exact nearest neighbours, by comparing with every vector",
    "VECTORS may be larger than the memory; QUERIES and the results are held in it.\n"
    "`faiss eval --truth` measures an index against such a file. An HDF5 file gives its\n"
    "data set 'train' as VECTORS and 'test' as QUERIES; others are named FILE:DATASET.\n",
    run,
};
