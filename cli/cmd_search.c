/* faiss search: the nearest vectors of each query. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "index_file.h"
#include "message.h"
#include "names.h"
#include "options.h"
#include "progress.h"
#include "results.h"

typedef struct Settings {
    int64_t k;
    const char *parameters, *out, *names, *query_names, *only;
    bool json, no_self;
} Settings;

/* ---- which queries ---- */

/* The rows of QUERIES to be searched, or NULL for all. */
typedef struct Selection {
    int64_t *rows, n, capacity;
} Selection;

static void select_rows (Selection *self, int64_t first, int64_t end, const Vectors *queries) {
    if (first < 0 || end > queries->n || first >= end) {
        fail ("%s holds queries 0 to %" PRId64 "; there is no %" PRId64, queries->name,
              queries->n - 1, first < 0 || first >= queries->n ? first : end - 1);
    }
    int64_t n = self->n + (end - first);
    if (n > self->capacity) {
        int64_t *old = self->rows;
        self->capacity = 2 * n;
        self->rows = allocate ((size_t)self->capacity, sizeof *self->rows);
        memcpy (self->rows, old ? old : self->rows, (size_t)self->n * sizeof *old);
        free (old);
    }
    while (first < end) {
        self->rows[self->n++] = first++;
    }
}

/* A name, a number or FIRST:END. */
static void select_one (Selection *self, char *text, const Vectors *queries, Names *names) {
    int64_t row = names->n ? names_find (names, text) : -1, end;
    if (row >= 0) {
        select_rows (self, row, row + 1, queries);
        return;
    }
    char *colon = strchr (text, ':');
    if (colon) {
        *colon = 0;
        row = 0;
        end = queries->n;
        if ((*text && !parse_integer (text, &row)) ||
            (colon[1] && !parse_integer (colon + 1, &end))) {
            fail_usage ("--query %s:%s: a range is FIRST:END", text, colon + 1);
        }
        select_rows (self, row, end, queries);
    } else if (parse_integer (text, &row)) {
        select_rows (self, row, row + 1, queries);
    } else if (names->n) {
        fail ("--query %s: there is no such name", text);
    } else {
        fail_usage ("--query %s: neither a number nor a range; for names, give --query-names FILE",
                    text);
    }
}

static void select_queries (Selection *self, const char *list, const Vectors *queries,
                            Names *names) {
    memset (self, 0, sizeof *self);
    if (!list) {
        return;
    }
    char *copy = text_of ("%s", list), *rest = copy, *item;
    while ((item = strtok_r (rest, ",", &rest))) {
        select_one (self, item, queries, names);
    }
    free (copy);
    if (self->n == 0) {
        fail_usage ("--query is empty");
    }
}

/* ---- searching ---- */

typedef struct Search {
    FaissIndex *index;
    Vectors *queries;
    const Selection *selection;
    int64_t n, k; ///< k: one more than is asked for with --no-self
    bool no_self;
    float *x, *distances;
    int64_t *labels;
} Search;

static int64_t query_row (const Search *self, int64_t i) {
    return self->selection->rows ? self->selection->rows[i] : i;
}

/* Leave out each query itself, else the last result. */
static void drop_self (Search *self, int64_t first, int64_t n) {
    int64_t k = self->k - 1;
    for (int64_t i = 0; i < n; i++) {
        int64_t *labels = self->labels + i * self->k, *to_labels = self->labels + i * k, j = 0;
        float *distances = self->distances + i * self->k, *to_distances = self->distances + i * k;
        while (j < k && labels[j] != query_row (self, first + i)) {
            j++;
        }
        memmove (to_labels, labels, (size_t)j * sizeof *labels);
        memmove (to_distances, distances, (size_t)j * sizeof *distances);
        memmove (to_labels + j, labels + j + 1, (size_t)(k - j) * sizeof *labels);
        memmove (to_distances + j, distances + j + 1, (size_t)(k - j) * sizeof *distances);
    }
}

static double search_block (Search *self, int64_t first, int64_t n) {
    if (self->selection->rows) {
        for (int64_t i = 0; i < n; i++) {
            vectors_read (self->queries, query_row (self, first + i), 1,
                          self->x + i * self->queries->d);
        }
    } else {
        vectors_read (self->queries, first, n, self->x);
    }
    double start = seconds_now ();
    must (faiss_Index_search (self->index, n, self->x, self->k, self->distances, self->labels),
          "cannot search");
    double seconds = seconds_now () - start;
    if (self->no_self) {
        drop_self (self, first, n);
    }
    return seconds;
}

static double search_all (Search *self, Results *results) {
    int64_t rows = vectors_block_rows (self->queries), by_k = (64 << 20) / (12 * self->k) + 1;
    rows = rows < by_k ? rows : by_k;
    rows = rows < self->n ? rows : self->n;
    self->x = allocate ((size_t)rows, (size_t)self->queries->d * sizeof *self->x);
    self->distances = allocate ((size_t)rows, (size_t)self->k * sizeof *self->distances);
    self->labels = allocate ((size_t)rows, (size_t)self->k * sizeof *self->labels);
    double seconds = 0;
    bool to_screen = results->output.file == stdout;
    if (!to_screen) {
        progress_start ("searching", self->n);
    }
    for (int64_t first = 0; first < self->n; first += rows) {
        int64_t n = self->n - first < rows ? self->n - first : rows;
        seconds += search_block (self, first, n);
        results_add (results, n, self->distances, self->labels);
        if (!to_screen) {
            progress_update (first + n);
        }
    }
    if (!to_screen) {
        progress_stop ();
    }
    free (self->x);
    free (self->distances);
    free (self->labels);
    return seconds;
}

static void check_names (const Names *names, const char *path, int64_t n, const char *what) {
    if (path && names->n != n) {
        note ("%s holds %s names for %s %s", path, with_commas (names->n), with_commas (n), what);
    }
}

static void search (Settings *settings, const char *index_file, const char *query_file) {
    ResultFormat format = results_format (settings->out, settings->json);

    Vectors queries;
    Names names, query_names;
    Selection selection;
    Results results;
    vectors_open (&queries, query_file, "test");
    FaissIndex *index = index_read (index_file);
    vectors_require_d (&queries, faiss_Index_d (index), index_file);
    index_set_parameters (index, settings->parameters);
    names_read (&names, settings->names);
    check_names (&names, settings->names, faiss_Index_ntotal (index), "vectors");
    if (!settings->query_names && names.n == queries.n) {
        settings->query_names = settings->names;
    }
    names_read (&query_names, settings->query_names);
    check_names (&query_names, settings->query_names, queries.n, "queries");
    select_queries (&selection, settings->only, &queries, &query_names);

    Search search = {.index = index,
                     .queries = &queries,
                     .selection = &selection,
                     .n = settings->only ? selection.n : queries.n,
                     .k = settings->k + settings->no_self,
                     .no_self = settings->no_self};
    results_open (&results, settings->out, format, search.n, settings->k);
    results.names = &names;
    results.query_names = &query_names;
    results.query_numbers = selection.rows;
    bool to_file = results.output.file != stdout;
    double seconds = search_all (&search, &results);
    results_close (&results);
    if (to_file && !options_quiet ()) {
        printf ("%s: the %s nearest for %s queries, searched in %s (%s per second)\n",
                settings->out, with_commas (settings->k), with_commas (search.n),
                seconds_text (seconds), with_commas ((int64_t)((double)search.n / seconds)));
    }
    faiss_Index_free (index);
    names_free (&names);
    names_free (&query_names);
    free (selection.rows);
    vectors_close (&queries);
}

static int run (int argc, char **argv) {
    Settings settings = {.k = 10};
    const char *files[2];
    const Option options[] = {
        {'k', "k", OPTION_COUNT, "K", &settings.k, "how many results per query (default 10)"},
        {'p', "parameters", OPTION_TEXT, "LIST", &settings.parameters,
         "search parameters: nprobe=16; several by commas"},
        {'o', "output", OPTION_TEXT, "FILE", &settings.out,
         ".npz: arrays distances and labels; .ivecs: ids;\n.tsv: query, rank, id, distance; - is "
         ".tsv to stdout"},
        {0, "json", OPTION_FLAG, NULL, &settings.json, "print an object per line and query"},
        {'n', "names", OPTION_TEXT, "FILE", &settings.names,
         "names of the indexed vectors, a line each,\nto be printed instead of their ids"},
        {0, "query-names", OPTION_TEXT, "FILE", &settings.query_names,
         "names of the queries (default: those of --names,\nif QUERIES are as many)"},
        {'Q', "query", OPTION_TEXT, "LIST", &settings.only,
         "only these queries: names, row numbers, ranges\nFIRST:END; several by commas"},
        {0, "no-self", OPTION_FLAG, NULL, &settings.no_self,
         "QUERIES are the indexed vectors: leave out each one\nas its own neighbour"},
        {0, NULL, OPTION_FLAG, NULL, NULL, NULL},
    };
    static const char *const positional_names[] = {"INDEX", "QUERIES", NULL};
    options_parse (&command_search, options, positional_names, files, argc, argv);
    search (&settings, files[0], files[1]);
    return 0;
}

const Command command_search = {
    "search",
    "INDEX QUERIES [-k 10] [-p nprobe=16] [-o FILE]",
    "find the nearest vectors of each query",
    "Without -o each query is printed on a line, with the ids (or names) and distances of its\n"
    "neighbours, nearest first. For example, the words nearest to two words:\n"
    "  faiss search words.index words.npy --names words.txt -Q king,river --no-self\n",
    run,
};
