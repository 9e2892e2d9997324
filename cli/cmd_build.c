/* faiss build: an index from a file of vectors. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <faiss/IndexIDMap.h>
#include <faiss/IndexIVF.h>
#include <faiss/IndexPreTransform.h>
#include <faiss/IndexRefine.h>
#include <faiss/index_factory.h>

#include "index_file.h"
#include "json.h"
#include "message.h"
#include "metric.h"
#include "options.h"
#include "output.h"
#include "progress.h"
#include "vectors.h"

typedef struct Settings {
    const char *factory, *metric_name, *out, *ids, *parameters;
    int64_t train_rows, seed;
    bool json;
    Metric metric;
} Settings;

/* What was done, for the report. */
typedef struct Report {
    int64_t trained_on;
    double train_seconds, add_seconds;
    long long bytes;
} Report;

/* Put the normalisation in front of an index, whatever it is; inside it everything is normalised,
   so that later adds and searches need not know. */
static FaissIndex *normalised (FaissIndex *index) {
    FaissIndexPreTransform *outer = faiss_IndexPreTransform_cast (index);
    FaissNormalizationTransform *transform;
    if (metric_of (index).cosine) {
        return index;
    }
    must (faiss_NormalizationTransform_new_with (&transform, faiss_Index_d (index), 2), "cosine");
    if (outer) {
        must (faiss_IndexPreTransform_prepend_transform (outer, &transform->transform), "cosine");
        return index;
    }
    must (faiss_IndexPreTransform_new_with_transform (&outer, &transform->transform, index),
          "cosine");
    faiss_IndexPreTransform_set_own_fields (outer, 1);
    return &outer->base;
}

static FaissIndex *make_index (const Settings *settings, int64_t d) {
    FaissIndex *index;
    if (faiss_index_factory (&index, (int)d, settings->factory, settings->metric.type) !=
        FAISS_OK) {
        fail ("-f %s: %s", settings->factory, library_message ());
    }
    return settings->metric.cosine ? normalised (index) : index;
}

/* The inverted file inside an index, or NULL. */
static FaissIndexIVF *find_ivf (FaissIndex *index) {
    FaissIndexPreTransform *outer = faiss_IndexPreTransform_cast (index);
    FaissIndexIDMap *map = faiss_IndexIDMap_cast (index);
    FaissIndexRefine *refine = faiss_IndexRefine_cast (index);
    FaissIndex *inner = outer    ? outer->index
                        : map    ? map->index
                        : refine ? refine->base_index
                                 : NULL;
    return inner ? find_ivf (inner) : faiss_IndexIVF_cast (index);
}

/* Enough for the k-means of the lists and for everything else that is trained. */
static int64_t default_train_rows (FaissIndex *index) {
    FaissIndexIVF *ivf = find_ivf (index);
    int64_t rows = 1 << 16, lists = ivf ? (int64_t)ivf->nlist * 256 : 0;
    return lists > rows ? lists : rows;
}

static void check_lists (FaissIndex *index, int64_t n) {
    FaissIndexIVF *ivf = find_ivf (index);
    if (ivf && (int64_t)ivf->nlist > n) {
        int64_t better = (int64_t)sqrt ((double)n);
        fail ("%s lists cannot be learnt from %s training vectors; use fewer lists, for instance "
              "IVF%" PRId64,
              with_commas ((int64_t)ivf->nlist), with_commas (n), better > 0 ? better : 1);
    }
    if (ivf && (int64_t)ivf->nlist * 39 > n && !options_quiet ()) {
        note ("%s training vectors are few for %s lists; fewer lists, or %s vectors, are better",
              with_commas (n), with_commas ((int64_t)ivf->nlist),
              with_commas ((int64_t)ivf->nlist * 39));
    }
}

static void train (FaissIndex *index, Vectors *vectors, const Settings *settings, Report *report) {
    if (faiss_Index_is_trained (index)) {
        return;
    }
    int64_t n = settings->train_rows ? settings->train_rows : default_train_rows (index);
    n = n < vectors->n ? n : vectors->n;
    check_lists (index, n);
    double start = seconds_now ();
    progress_start ("sampling", n);
    float *x = vectors_sample (vectors, n, (uint64_t)settings->seed);
    progress_stop ();
    progress_start_training ("training");
    must (faiss_Index_train (index, n, x), "cannot train %s", settings->factory);
    progress_stop ();
    free (x);
    report->trained_on = n;
    report->train_seconds = seconds_now () - start;
}

static void print_report (const Settings *settings, FaissIndex *index, const Report *report) {
    if (settings->json) {
        Json json = {.file = stdout};
        json_object (&json, NULL);
        json_text (&json, "file", settings->out);
        json_text (&json, "factory", settings->factory);
        json_text (&json, "metric", settings->metric.name);
        json_integer (&json, "d", faiss_Index_d (index));
        json_integer (&json, "ntotal", faiss_Index_ntotal (index));
        json_integer (&json, "trained_on", report->trained_on);
        json_number (&json, "train_seconds", report->train_seconds);
        json_number (&json, "add_seconds", report->add_seconds);
        json_integer (&json, "bytes", report->bytes);
        json_end_object (&json);
    } else if (!options_quiet ()) {
        printf ("%s: %s, %s vectors of %d components, %s, %s; ", settings->out, settings->factory,
                with_commas (faiss_Index_ntotal (index)), faiss_Index_d (index),
                settings->metric.name, bytes_text ((double)report->bytes));
        if (report->trained_on) {
            printf ("trained on %s in %s, ", with_commas (report->trained_on),
                    seconds_text (report->train_seconds));
        }
        printf ("added in %s\n", seconds_text (report->add_seconds));
    }
}

static void print_factory_help (void) {
    FaissString text = {0};
    must (faiss_index_factory_help (&text), "-f help");
    fputs (faiss_String_text (&text), stdout);
    faiss_String_clear (&text);
}

static bool asks_for_factory_help (int argc, char **argv) {
    for (int i = 0; i + 1 < argc; i++) {
        if ((!strcmp (argv[i], "-f") || !strcmp (argv[i], "--factory")) &&
            !strcmp (argv[i + 1], "help")) {
            return true;
        }
    }
    return false;
}

static int run (int argc, char **argv) {
    Settings settings = {.seed = 1234};
    const char *files[1];
    const Option options[] = {
        {'f', "factory", OPTION_TEXT, "TEXT", &settings.factory,
         "what to build: \"Flat\", \"IVF1024,Flat\", ...;\n\"-f help\" lists everything"},
        {'m', "metric", OPTION_TEXT, "METRIC", &settings.metric_name, "l2 (default), ip or cosine"},
        {'o', "output", OPTION_TEXT, "FILE", &settings.out, "the index file"},
        {'t', "train", OPTION_COUNT, "ROWS", &settings.train_rows,
         "train on a random sample of so many vectors\n"
         "(default: 256 per list and at least 65,536, or all)"},
        {'i', "ids", OPTION_TEXT, "FILE", &settings.ids,
         "the ids of the vectors, .npy or .ivecs\n(default: 0, 1, 2, ...)"},
        {'p', "parameters", OPTION_TEXT, "LIST", &settings.parameters,
         "keep search parameters in the index: nprobe=16"},
        {0, "seed", OPTION_INTEGER, "N", &settings.seed,
         "of the sample and of k-means (default 1234)"},
        {0, "json", OPTION_FLAG, NULL, &settings.json, "report as JSON"},
        {0, NULL, OPTION_FLAG, NULL, NULL, NULL},
    };
    static const char *const names[] = {"VECTORS", NULL};
    if (asks_for_factory_help (argc, argv)) {
        print_factory_help ();
        return 0;
    }
    options_parse (&command_build, options, names, files, argc, argv);
    settings.metric = metric_parse (settings.metric_name);
    if (!settings.factory) {
        fail_usage ("-f TEXT is missing: \"Flat\" is exact, \"IVF1024,Flat\" fast");
    }
    if (!settings.out) {
        fail_usage ("-o FILE is missing: where should the index go?");
    }

    Vectors vectors;
    Output output;
    Report report = {0};
    vectors_open (&vectors, files[0], "train");
    if (!settings.metric_name) {
        settings.metric = metric_of_vectors (&vectors);
    }
    FaissIndex *index = make_index (&settings, vectors.d);
    FaissIndexIVF *ivf = find_ivf (index);
    if (ivf) {
        ivf->cp.seed = (int)settings.seed;
    }
    index_set_parameters (index, settings.parameters);
    output_open (&output, settings.out);
    train (index, &vectors, &settings, &report);
    double start = seconds_now ();
    index_add (index, &vectors, settings.ids);
    report.add_seconds = seconds_now () - start;
    report.bytes = index_write (index, &output);
    print_report (&settings, index, &report);
    faiss_Index_free (index);
    vectors_close (&vectors);
    return 0;
}

const Command command_build = {
    "build",
    "VECTORS -f FACTORY [-m METRIC] [-t ROWS] -o FILE",
    "make an index of vectors",
    "cosine divides all vectors by their norms, those added or searched later too, and\n"
    "compares by the inner product. VECTORS may be larger than the memory if the index is\n"
    "smaller. The old index file stays until the new one is complete.\n",
    run,
};
