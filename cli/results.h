/* Results of searches: as text, .tsv, .ivecs, .npz or JSON. */
#ifndef FAISS_CLI_RESULTS_H
#define FAISS_CLI_RESULTS_H

#include <stdbool.h>
#include <stdint.h>

#include "json.h"
#include "names.h"
#include "output.h"

typedef enum ResultFormat {
    RESULT_TEXT,  ///< for people: a line per query on standard output
    RESULT_JSON,  ///< an object per line and query on standard output
    RESULT_TSV,   ///< query, rank, id, distance
    RESULT_IVECS, ///< the ids
    RESULT_NPZ,   ///< arrays `distances` and `labels`
} ResultFormat;

/** Takes the results of n queries, k of each, block after block.
 *
 * Names may be NULL. Missing results (id -1) are left out of texts.
 */
typedef struct Results {
    ResultFormat format;
    int64_t n, k, done;
    const Names *names, *query_names;
    const int64_t *query_numbers; ///< the rows that the queries are, or NULL for 0 .. n - 1
    Output output;
    int query_width;
    Json json;
    uint32_t crcs[2]; ///< npz: of the two arrays so far
} Results;

/// The format of an output file; usage error for an unknown ending. NULL gives RESULT_TEXT.
ResultFormat results_format (const char *path, bool json);

/// Begin to write, to `path` if the format is one of files.
void results_open (Results *self, const char *path, ResultFormat format, int64_t n, int64_t k);

/// The results of the next m queries: sizes m * k.
void results_add (Results *self, int64_t m, const float *distances, const int64_t *labels);

/// Finish the file.
void results_close (Results *self);

#endif
