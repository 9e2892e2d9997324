/* faiss add: more vectors into an index. */
#include "index_file.h"
#include "json.h"
#include "message.h"
#include "options.h"
#include "progress.h"

static int run (int argc, char **argv) {
    const char *out = NULL, *ids = NULL, *files[2];
    bool as_json = false;
    const Option options[] = {
        {'o', "output", OPTION_TEXT, "FILE", &out, "where to write (default: replace INDEX)"},
        {'i', "ids", OPTION_TEXT, "FILE", &ids,
         "the ids of the vectors, .npy or .ivecs\n(default: go on counting)"},
        {0, "json", OPTION_FLAG, NULL, &as_json, "report as JSON"},
        {0, NULL, OPTION_FLAG, NULL, NULL, NULL},
    };
    static const char *const names[] = {"INDEX", "VECTORS", NULL};
    options_parse (&command_add, options, names, files, argc, argv);
    out = out ? out : files[0];

    Vectors vectors;
    Output output;
    vectors_open (&vectors, files[1], "train");
    FaissIndex *index = index_read (files[0]);
    vectors_require_d (&vectors, faiss_Index_d (index), files[0]);
    if (!faiss_Index_is_trained (index)) {
        fail ("%s: the index is not trained; make it with faiss build", files[0]);
    }
    output_open (&output, out);
    double start = seconds_now ();
    index_add (index, &vectors, ids);
    double seconds = seconds_now () - start;
    long long bytes = index_write (index, &output);
    if (as_json) {
        Json json = {.file = stdout};
        json_object (&json, NULL);
        json_text (&json, "file", out);
        json_integer (&json, "added", vectors.n);
        json_integer (&json, "ntotal", faiss_Index_ntotal (index));
        json_number (&json, "add_seconds", seconds);
        json_integer (&json, "bytes", bytes);
        json_end_object (&json);
    } else if (!options_quiet ()) {
        printf ("%s: %s vectors added in %s, %s in all, %s\n", out, with_commas (vectors.n),
                seconds_text (seconds), with_commas (faiss_Index_ntotal (index)),
                bytes_text ((double)bytes));
    }
    faiss_Index_free (index);
    vectors_close (&vectors);
    return 0;
}

const Command command_add = {
    "add",
    "INDEX VECTORS [-o FILE]",
    "add vectors to an index",
    "The old index file stays until the new one is complete.\n",
    run,
};
