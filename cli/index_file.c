/* Index files, and what the subcommands do with the indexes in them. */
#include "index_file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <faiss/AutoTune.h>
#include <faiss/IndexIDMap.h>
#include <faiss/IndexPreTransform.h>
#include <faiss/index_io.h>

#include "message.h"
#include "progress.h"

FaissIndex *index_read_or_null (const char *path) {
    struct stat status;
    FaissIndex *index = NULL;
    if (stat (path, &status) != 0) {
        fail ("%s: %s", path, strerror (errno));
    }
    if (S_ISDIR (status.st_mode)) {
        fail ("%s: is a folder; name an index file", path);
    }
    if (S_ISREG (status.st_mode) && status.st_size == 0) {
        fail ("%s: the file is empty; was its disk full? Make it again with faiss build", path);
    }
    progress_start ("reading", 0);
    FaissStatus result = faiss_read_index_fname (path, 0, &index);
    progress_stop ();
    if (result != FAISS_OK) {
        const char *message = library_message (); /* it may begin with the name, too */
        size_t length = strlen (path);
        message += !strncmp (message, path, length) && message[length] == ':' ? length + 2 : 0;
        fail ("%s: not an index, or a damaged one: %s", path, message);
    }
    return index;
}

FaissIndex *index_read (const char *path) {
    FaissIndex *index = index_read_or_null (path);
    if (!index) {
        fail ("%s: the file says that there is no index; make one with faiss build", path);
    }
    return index;
}

long long index_write (const FaissIndex *index, Output *output) {
    errno = 0;
    if (faiss_write_index (index, output->file) != FAISS_OK) {
        if (errno == ENOSPC || ferror (output->file)) {
            output_failed (output);
        }
        fail ("cannot write %s: %s", output->path, library_message ());
    }
    return output_finish (output);
}

/* Does an index refuse vectors without ids? An IndexIDMap does, also behind transforms. */
static bool wants_ids (FaissIndex *index) {
    FaissIndexPreTransform *outer = faiss_IndexPreTransform_cast (index);
    return outer && outer->index ? wants_ids (outer->index) : faiss_IndexIDMap_cast (index) != NULL;
}

static void open_ids (Vectors *ids, const char *path, const Vectors *vectors) {
    vectors_open_ids (ids, path);
    if (ids->n != vectors->n) {
        fail ("%s: %s ids for the %s vectors of %s", path, with_commas (ids->n),
              with_commas (vectors->n), vectors->name);
    }
}

void index_add (FaissIndex *index, Vectors *vectors, const char *ids_path) {
    Vectors ids;
    bool numbered = ids_path || wants_ids (index);
    if (ids_path) {
        open_ids (&ids, ids_path, vectors);
    }
    int64_t rows = vectors_block_rows (vectors), begin = faiss_Index_ntotal (index);
    rows = rows < vectors->n ? rows : vectors->n;
    float *x = allocate ((size_t)rows, (size_t)vectors->d * sizeof *x);
    int64_t *numbers = allocate (numbered ? (size_t)rows : 0, sizeof *numbers);
    progress_start ("adding", vectors->n);
    for (int64_t first = 0; first < vectors->n; first += rows) {
        int64_t n = vectors->n - first < rows ? vectors->n - first : rows;
        vectors_read (vectors, first, n, x);
        if (ids_path) {
            vectors_read_integers (&ids, first, n, numbers);
        }
        for (int64_t i = 0; i < n && numbered && !ids_path; i++) {
            numbers[i] = begin + first + i;
        }
        must (numbered ? faiss_Index_add_with_ids (index, n, x, numbers)
                       : faiss_Index_add (index, n, x),
              "cannot add %s", vectors->name);
        progress_update (first + n);
    }
    progress_stop ();
    if (ids_path) {
        vectors_close (&ids);
    }
    free (numbers);
    free (x);
}

FaissIndex *index_tuned (FaissIndex *index) {
    FaissIndexIDMap *map = faiss_IndexIDMap_cast (index);
    FaissIndexPreTransform *outer = faiss_IndexPreTransform_cast (index);
    FaissIndex *inner = map ? map->index : outer ? outer->index : NULL;
    return inner ? index_tuned (inner) : index;
}

/* The names of the parameters that are worth setting, "nprobe, k_factor_rf". */
static char *parameter_names (FaissParameterSpace *space, FaissIndex *index) {
    char *names = text_of ("%s", "");
    must (faiss_ParameterSpace_initialize (space, index_tuned (index)), "-p");
    for (size_t i = 0; i < space->parameter_ranges.size; i++) {
        const FaissParameterRange *range = space->parameter_ranges.data[i];
        char *more =
            text_of ("%s%s%s", names, *names ? ", " : "", faiss_ParameterRange_name (range));
        free (names);
        names = more;
    }
    return names;
}

void index_set_parameters (FaissIndex *index, const char *parameters) {
    FaissParameterSpace *space;
    if (!parameters) {
        return;
    }
    must (faiss_ParameterSpace_new (&space), "-p");
    if (faiss_ParameterSpace_set_index_parameters (space, index, parameters) != FAISS_OK) {
        char *message = text_of ("%s", library_message ());
        char *names = parameter_names (space, index);
        fail ("-p %s: %s; %s%s", parameters, message,
              *names ? "parameters here: " : "this index has no parameters", names);
    }
    faiss_ParameterSpace_free (space);
}
