/* faiss kmeans: cluster vectors. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <faiss/Clustering.h>
#include <faiss/IndexFlat.h>

#include "json.h"
#include "message.h"
#include "npy.h"
#include "options.h"
#include "output.h"
#include "progress.h"
#include "vectors.h"

typedef struct Settings {
    int64_t k, iterations, redo, train_rows, seed;
    bool spherical, json;
    const char *out, *assign;
} Settings;

static FaissClustering *cluster (const Settings *settings, Vectors *vectors, int64_t n,
                                 const float *x, FaissIndex *index) {
    FaissClusteringParameters parameters;
    FaissClustering *clustering;
    faiss_ClusteringParameters_set_defaults (&parameters);
    parameters.niter = (int)settings->iterations;
    parameters.nredo = (int)settings->redo;
    parameters.seed = (int)settings->seed;
    parameters.spherical = settings->spherical;
    parameters.min_points_per_centroid = 1; /* this command says it itself */
    parameters.max_points_per_centroid = INT32_MAX;
    if (n < 39 * settings->k && !options_quiet ()) {
        note ("%s vectors are few for %s clusters; %s or more are better", with_commas (n),
              with_commas (settings->k), with_commas (39 * settings->k));
    }
    must (
        faiss_Clustering_new_with_cp (&clustering, (int)vectors->d, (int)settings->k, &parameters),
        "k-means");
    progress_start_training ("clustering");
    must (faiss_Clustering_train (clustering, n, x, index), "k-means");
    progress_stop ();
    return clustering;
}

static void write_matrix (Output *output, int64_t rows, int64_t columns, const float *x) {
    if (ends_with (output->path, ".fvecs")) {
        for (int64_t i = 0; i < rows; i++) {
            int32_t d = (int32_t)columns;
            output_write (output, &d, sizeof d);
            output_write (output, x + i * columns, (size_t)columns * sizeof *x);
        }
    } else {
        char header[NPY_HEADER_SIZE];
        npy_make_header (header, "<f4", rows, columns);
        output_write (output, header, sizeof header);
        output_write (output, x, (size_t)(rows * columns) * sizeof *x);
    }
}

/* The cluster of every vector. */
static void write_assignment (Vectors *vectors, Output *output, FaissIndex *index, bool spherical) {
    int64_t rows = vectors_block_rows (vectors);
    float *x = allocate ((size_t)rows, (size_t)vectors->d * sizeof *x);
    int64_t *labels = allocate ((size_t)rows, sizeof *labels);
    char header[NPY_HEADER_SIZE];
    npy_make_header (header, "<i8", vectors->n, -1);
    output_write (output, header, sizeof header);
    progress_start ("assigning", vectors->n);
    for (int64_t i = 0; i < vectors->n; i += rows) {
        int64_t m = vectors->n - i < rows ? vectors->n - i : rows;
        vectors_read (vectors, i, m, x);
        if (spherical) {
            normalise_rows (x, m, vectors->d);
        }
        must (faiss_Index_assign (index, m, x, labels, 1), "assigning");
        output_write (output, labels, (size_t)m * sizeof *labels);
        progress_update (i + m);
    }
    progress_stop ();
    free (x);
    free (labels);
}

static void report (const Settings *settings, const Vectors *vectors, int64_t n,
                    FaissClustering *clustering, double seconds) {
    FaissClusteringIterationStats *stats;
    size_t n_stats;
    faiss_Clustering_iteration_stats (clustering, &stats, &n_stats);
    double objective = n_stats ? (double)stats[n_stats - 1].obj : 0;
    if (settings->json) {
        Json json = {.file = stdout};
        json_object (&json, NULL);
        json_text (&json, "file", settings->out);
        json_integer (&json, "k", settings->k);
        json_integer (&json, "d", vectors->d);
        json_integer (&json, "vectors", vectors->n);
        json_integer (&json, "trained_on", n);
        json_number (&json, "objective", objective);
        json_number (&json, "seconds", seconds);
        json_array (&json, "iterations");
        for (size_t i = 0; i < n_stats; i++) {
            json_object (&json, NULL);
            json_float (&json, "objective", stats[i].obj);
            json_number (&json, "imbalance_factor", stats[i].imbalance_factor);
            json_integer (&json, "split", stats[i].nsplit);
            json_end_object (&json);
        }
        json_end_array (&json);
        json_end_object (&json);
    } else if (!options_quiet ()) {
        printf ("%s: %s clusters of %s vectors; %s %.6g per vector; in %s\n", settings->out,
                with_commas (settings->k), with_commas (n),
                settings->spherical ? "mean cosine" : "mean squared distance",
                objective / (double)n, seconds_text (seconds));
    }
}

static void check (const Settings *settings) {
    if (settings->k < 1) {
        fail_usage ("-k K is missing: how many clusters?");
    }
    if (!settings->out) {
        fail_usage ("-o FILE is missing: where should the centroids go?");
    }
    if (!ends_with (settings->out, ".npy") && !ends_with (settings->out, ".fvecs") &&
        strncmp (settings->out, "/dev/", 5) != 0) {
        fail_usage ("-o %s: the name should end in .npy or .fvecs", settings->out);
    }
    if (settings->k > 1 << 24 || settings->iterations > 1 << 20 || settings->redo > 1 << 20) {
        fail_usage ("-k, --iterations or --redo is too large");
    }
}

static void find_clusters (Settings *settings, const char *vector_file) {
    Vectors vectors;
    Output output, assignment;
    FaissIndexFlat *flat;
    vectors_open (&vectors, vector_file, "train");
    int64_t n = settings->train_rows ? settings->train_rows : 256 * settings->k;
    n = n < vectors.n ? n : vectors.n;
    if (n < settings->k) {
        fail ("%s clusters need at least as many vectors; there are %s", with_commas (settings->k),
              with_commas (n));
    }
    output_open (&output, settings->out);
    if (settings->assign) {
        output_open (&assignment, settings->assign);
    }
    double start = seconds_now ();
    progress_start ("reading", n);
    float *x = vectors_sample (&vectors, n, (uint64_t)settings->seed);
    progress_stop ();
    if (settings->spherical) {
        normalise_rows (x, n, vectors.d);
    }
    must (faiss_IndexFlat_new_with (&flat, vectors.d,
                                    settings->spherical ? METRIC_INNER_PRODUCT : METRIC_L2),
          "k-means");
    FaissClustering *clustering = cluster (settings, &vectors, n, x, &flat->index);
    float *centroids;
    faiss_Clustering_centroids (clustering, &centroids, NULL);
    write_matrix (&output, settings->k, vectors.d, centroids);
    if (settings->assign) {
        write_assignment (&vectors, &assignment, &flat->index, settings->spherical);
        output_finish (&assignment);
    }
    output_finish (&output);
    report (settings, &vectors, n, clustering, seconds_now () - start);
    faiss_Clustering_free (clustering);
    faiss_IndexFlat_free (flat);
    free (x);
    vectors_close (&vectors);
}

static int run (int argc, char **argv) {
    Settings settings = {.iterations = 25, .redo = 1, .seed = 1234};
    const char *files[1];
    const Option options[] = {
        {'k', "k", OPTION_COUNT, "K", &settings.k, "how many clusters"},
        {'o', "output", OPTION_TEXT, "FILE", &settings.out, "the centroids: .npy or .fvecs"},
        {'a', "assign", OPTION_TEXT, "FILE", &settings.assign,
         "write the cluster of every vector as well: .npy"},
        {'i', "iterations", OPTION_COUNT, "N", &settings.iterations, "(default 25)"},
        {0, "redo", OPTION_COUNT, "N", &settings.redo,
         "begin N times anew and keep the best (default 1)"},
        {0, "spherical", OPTION_FLAG, NULL, &settings.spherical,
         "by cosine: vectors and centroids have norm 1"},
        {'t', "train", OPTION_COUNT, "ROWS", &settings.train_rows,
         "cluster a random sample of so many vectors\n(default: 256 per cluster, or all)"},
        {0, "seed", OPTION_INTEGER, "N", &settings.seed, "(default 1234)"},
        {0, "json", OPTION_FLAG, NULL, &settings.json, "report as JSON"},
        {0, NULL, OPTION_FLAG, NULL, NULL, NULL},
    };
    static const char *const names[] = {"VECTORS", NULL};
    options_parse (&command_kmeans, options, names, files, argc, argv);
    check (&settings);
    find_clusters (&settings, files[0]);
    return 0;
}

const Command command_kmeans = {
    "kmeans",
    "VECTORS -k K -o centroids.npy",
    "cluster vectors by k-means",
    "The same seed gives the same centroids. Without --spherical the distance is l2.\n",
    run,
};
