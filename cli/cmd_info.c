/* faiss info: what is in an index file? */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <faiss/IndexIDMap.h>
#include <faiss/IndexIVF.h>
#include <faiss/IndexPreTransform.h>
#include <faiss/IndexRefine.h>
#include <faiss/index_factory.h>
#include <faiss/index_io.h>

#include "index_file.h"
#include "json.h"
#include "message.h"
#include "metric.h"
#include "options.h"
#include "progress.h"

/** Shows values, as JSON or as a text whose indentation is the nesting.
 *
 * Each kind of index shows itself once, by these functions, for both forms.
 */
typedef struct Show {
    bool json;
    Json out;
    int depth;
} Show;

static void label (Show *self, const char *key) {
    int width = 18 - 2 * self->depth;
    printf ("%*s%-*s", 2 * self->depth, "", width > 2 ? width : 2, key);
}

static void show_text (Show *self, const char *key, const char *value) {
    if (self->json) {
        json_text (&self->out, key, value);
    } else {
        label (self, key);
        printf ("%s\n", value ? value : "-");
    }
}

static void show_integer (Show *self, const char *key, int64_t value) {
    if (self->json) {
        json_integer (&self->out, key, value);
    } else {
        show_text (self, key, with_commas (value));
    }
}

static void show_number (Show *self, const char *key, double value) {
    if (self->json) {
        json_number (&self->out, key, value);
    } else {
        char text[40];
        snprintf (text, sizeof text, "%.4g", value);
        show_text (self, key, text);
    }
}

static void show_bool (Show *self, const char *key, bool value) {
    if (self->json) {
        json_bool (&self->out, key, value);
    } else {
        show_text (self, key, value ? "yes" : "no");
    }
}

/* ---- parts of all indexes ---- */

static void show_class (Show *self, const FaissClass *class) {
    if (self->json) {
        json_text (&self->out, "class", class->name);
        json_array (&self->out, "ancestors");
        for (class = class->parent; class; class = class->parent) {
            json_text (&self->out, NULL, class->name);
        }
        json_end_array (&self->out);
        return;
    }
    label (self, "class");
    for (; class; class = class->parent) {
        printf ("%s%s", class->name, class->parent ? " < " : "\n");
    }
}

static void show_factory (Show *self, FaissIndex *index) {
    FaissString text = {0};
    bool known = faiss_reverse_index_factory (index, &text) == FAISS_OK;
    const char *factory = faiss_String_text (&text);
    show_text (self, "factory", known && *factory ? factory : NULL);
    faiss_String_clear (&text);
}

static void show_index (Show *self, FaissIndex *index);

static void show_part (Show *self, const char *key, FaissIndex *part) {
    if (self->json) {
        if (!part) {
            json_null (&self->out, key);
            return;
        }
        json_object (&self->out, key);
    } else {
        label (self, key);
        printf ("%s\n", part ? faiss_Index_class_name (part) : "none");
    }
    self->depth++;
    if (part) {
        show_index (self, part);
    }
    self->depth--;
    if (self->json) {
        json_end_object (&self->out);
    }
}

/* ---- inverted files ---- */

static int compare_sizes (const void *a, const void *b) {
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    return x < y ? -1 : x > y;
}

/* Sizes of the lists as a whole: the imbalance is 1 for equal ones and else the factor by which
   searches are slower than with those. */
static void show_lists (Show *self, FaissIndexIVF *ivf) {
    size_t n = ivf->nlist, total = 0, empty = 0;
    double squares = 0;
    if (!ivf->invlists || n == 0) {
        return;
    }
    size_t *sizes = allocate (n, sizeof *sizes);
    for (size_t i = 0; i < n; i++) {
        sizes[i] = faiss_InvertedLists_list_size (ivf->invlists, i);
        total += sizes[i];
        empty += sizes[i] == 0;
        squares += (double)sizes[i] * (double)sizes[i];
    }
    qsort (sizes, n, sizeof *sizes, compare_sizes);
    double imbalance = total ? squares * (double)n / ((double)total * (double)total) : 1;
    if (self->json) {
        json_object (&self->out, "list_sizes");
        json_integer (&self->out, "min", (int64_t)sizes[0]);
        json_integer (&self->out, "median", (int64_t)sizes[n / 2]);
        json_number (&self->out, "mean", (double)total / (double)n);
        json_integer (&self->out, "max", (int64_t)sizes[n - 1]);
        json_integer (&self->out, "empty", (int64_t)empty);
        json_number (&self->out, "imbalance_factor", imbalance);
        json_end_object (&self->out);
    } else {
        label (self, "list sizes");
        printf ("min %s, median %s, mean %.1f, max %s; %s empty; imbalance %.3g\n",
                with_commas ((int64_t)sizes[0]), with_commas ((int64_t)sizes[n / 2]),
                (double)total / (double)n, with_commas ((int64_t)sizes[n - 1]),
                with_commas ((int64_t)empty), imbalance);
    }
    free (sizes);
}

static void show_ivf (Show *self, FaissIndexIVF *ivf) {
    show_integer (self, "nlist", (int64_t)ivf->nlist);
    show_integer (self, "nprobe", (int64_t)ivf->nprobe);
    show_integer (self, self->json ? "code_size" : "code size", (int64_t)ivf->code_size);
    show_lists (self, ivf);
    show_part (self, "quantizer", ivf->quantizer);
}

/* ---- wrappers ---- */

static void show_dimensions (Show *self, const FaissVectorTransform *transform) {
    json_integer (&self->out, "d_in", transform->d_in);
    json_integer (&self->out, "d_out", transform->d_out);
    json_bool (&self->out, "is_trained", transform->is_trained);
}

static void print_transform (Show *self, const FaissVectorTransform *transform) {
    label (self, "transform");
    printf ("%s, %d to %d components%s\n", faiss_object_class (transform)->name, transform->d_in,
            transform->d_out, transform->is_trained ? "" : ", not trained");
}

static void show_transforms (Show *self, FaissIndexPreTransform *outer) {
    if (self->json) {
        json_array (&self->out, "transforms");
    }
    for (size_t i = 0; i < outer->chain.size; i++) {
        const FaissVectorTransform *transform = outer->chain.data[i];
        if (self->json) {
            json_object (&self->out, NULL);
            json_text (&self->out, "class", faiss_object_class (transform)->name);
            show_dimensions (self, transform);
            json_end_object (&self->out);
        } else {
            print_transform (self, transform);
        }
    }
    if (self->json) {
        json_end_array (&self->out);
    }
}

static void show_index (Show *self, FaissIndex *index) {
    FaissIndexIVF *ivf = faiss_IndexIVF_cast (index);
    FaissIndexPreTransform *outer = faiss_IndexPreTransform_cast (index);
    FaissIndexIDMap *map = faiss_IndexIDMap_cast (index);
    FaissIndexRefine *refine = faiss_IndexRefine_cast (index);
    if (self->depth == 0 || self->json) {
        show_class (self, faiss_object_class (index));
    }
    show_factory (self, index);
    show_text (self, "metric", metric_of (index).name);
    if (index->metric_type == METRIC_Lp) {
        show_number (self, self->json ? "metric_arg" : "p", (double)index->metric_arg);
    }
    show_integer (self, "d", faiss_Index_d (index));
    show_integer (self, "ntotal", faiss_Index_ntotal (index));
    show_bool (self, self->json ? "is_trained" : "trained", faiss_Index_is_trained (index));
    if (ivf) {
        show_ivf (self, ivf);
    } else if (outer) {
        show_transforms (self, outer);
        show_part (self, "index", outer->index);
    } else if (map) {
        show_part (self, "index", map->index);
    } else if (refine) {
        show_number (self, self->json ? "k_factor" : "k factor", (double)refine->k_factor);
        show_part (self, self->json ? "base_index" : "base index", refine->base_index);
        show_part (self, self->json ? "refine_index" : "refine index", refine->refine_index);
    }
}

/* ---- the command ---- */

static int64_t file_size (const char *path) {
    struct stat status;
    return stat (path, &status) == 0 ? status.st_size : 0;
}

static void show_file (Show *self, const char *path, FaissIndex *index) {
    int64_t bytes = file_size (path), ntotal = index ? faiss_Index_ntotal (index) : 0;
    if (self->json) {
        json_text (&self->out, "file", path);
        json_integer (&self->out, "bytes", bytes);
        return;
    }
    label (self, "memory");
    printf ("%s", bytes_text ((double)bytes));
    if (ntotal > 0) {
        printf (", %.1f bytes per vector", (double)bytes / (double)ntotal);
    }
    putchar ('\n');
}

/* ---- files that hold a part of an index ---- */

static void show_transform (Show *self, const FaissVectorTransform *transform) {
    if (self->json) {
        show_class (self, faiss_object_class (transform));
        show_dimensions (self, transform);
    } else {
        print_transform (self, transform);
    }
}

static void show_inverted_lists (Show *self, const FaissInvertedLists *lists) {
    show_class (self, faiss_object_class (lists));
    show_integer (self, "nlist", (int64_t)lists->nlist);
    show_integer (self, self->json ? "code_size" : "code size", (int64_t)lists->code_size);
    show_integer (self, "ntotal", (int64_t)faiss_InvertedLists_compute_ntotal (lists));
}

static FaissInvertedLists *read_lists (const char *path) {
    FaissFileIOReader *reader;
    FaissInvertedLists *lists = NULL;
    if (faiss_FileIOReader_new_with_name (&reader, path) == FAISS_OK) {
        faiss_read_InvertedLists_custom (&reader->reader, 0, &lists);
        faiss_IOReader_free (&reader->reader);
    }
    return lists;
}

/* A transform or inverted lists: shown, and true. Any other file's tag is neither's. */
static bool show_part_file (Show *self, const char *path) {
    FaissVectorTransform *transform = NULL;
    FaissInvertedLists *lists = NULL;
    if (faiss_read_VectorTransform_fname (path, &transform) != FAISS_OK) {
        lists = read_lists (path);
    }
    if (!transform && !lists) {
        return false;
    }
    if (self->json) {
        json_object (&self->out, NULL);
        show_file (self, path, NULL);
    }
    if (transform) {
        show_transform (self, transform);
    } else {
        show_inverted_lists (self, lists);
    }
    if (self->json) {
        json_end_object (&self->out);
    } else {
        show_file (self, path, NULL);
    }
    faiss_VectorTransform_free (transform);
    faiss_InvertedLists_free (lists);
    return true;
}

static int run (int argc, char **argv) {
    Show show = {.out = {.file = stdout}};
    const char *files[1];
    const Option options[] = {
        {0, "json", OPTION_FLAG, NULL, &show.json, "print as JSON"},
        {0, NULL, OPTION_FLAG, NULL, NULL, NULL},
    };
    static const char *const names[] = {"INDEX", NULL};
    options_parse (&command_info, options, names, files, argc, argv);
    if (show_part_file (&show, files[0])) {
        return 0;
    }
    FaissIndex *index = index_read_or_null (files[0]);
    if (show.json) {
        json_object (&show.out, NULL);
        show_file (&show, files[0], index);
    }
    if (index) {
        show_index (&show, index);
    } else {
        show_text (&show, "class", NULL);
    }
    if (show.json) {
        json_end_object (&show.out);
    } else {
        show_file (&show, files[0], index);
    }
    faiss_Index_free (index);
    return 0;
}

const Command command_info = {
    "info",
    "INDEX [--json]",
    "show what is in an index file",
    "Files that are damaged or no indexes end with status 1. The memory is that of the file;\n"
    "in memory an index takes about as much.\n",
    run,
};
