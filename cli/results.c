/* Results of searches: as text, .tsv, .ivecs, .npz or JSON. */
#include "results.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "message.h"
#include "npy.h"
#include "options.h"
#include "zip.h"

ResultFormat results_format (const char *path, bool json) {
    if (!path) {
        return json ? RESULT_JSON : RESULT_TEXT;
    }
    if (json) {
        fail_usage ("--json prints the results; it does not go with -o %s", path);
    }
    if (!strcmp (path, "-") || ends_with (path, ".tsv")) {
        return RESULT_TSV;
    }
    if (ends_with (path, ".ivecs")) {
        return RESULT_IVECS;
    }
    if (ends_with (path, ".npz")) {
        return RESULT_NPZ;
    }
    fail_usage ("-o %s: the name should end in .npz, .ivecs or .tsv", path);
}

static const int element_sizes[2] = {4, 8}; /* distances: float, labels: int64 */

/* Where array a of the .npz begins, with its .npy header. */
static int64_t array_position (const Results *self, int a) {
    int64_t position = ZIP_HEADER_SIZE + 13; /* "distances.npy" */
    if (a == 1) {
        position += NPY_HEADER_SIZE + self->n * self->k * element_sizes[0];
        position += ZIP_HEADER_SIZE + 10; /* "labels.npy" */
    }
    return position;
}

static void write_at (Results *self, int64_t position, const void *data, size_t n) {
    if (fseeko (self->output.file, position, SEEK_SET) != 0) {
        if (errno == ESPIPE) {
            fail ("cannot write %s: .npz needs a file, not a pipe", self->output.path);
        }
        output_failed (&self->output);
    }
    output_write (&self->output, data, n);
}

static void open_npz (Results *self) {
    char header[NPY_HEADER_SIZE];
    for (int a = 0; a < 2; a++) {
        npy_make_header (header, a == 0 ? "<f4" : "<i8", self->n, self->k);
        write_at (self, array_position (self, a), header, sizeof header);
        self->crcs[a] = zip_crc32 (0, header, sizeof header);
    }
}

static void add_npz (Results *self, int64_t m, const float *distances, const int64_t *labels) {
    const void *arrays[2] = {distances, labels};
    for (int a = 0; a < 2; a++) {
        size_t row = (size_t)self->k * (size_t)element_sizes[a], bytes = (size_t)m * row;
        int64_t position = array_position (self, a) + NPY_HEADER_SIZE + self->done * (int64_t)row;
        write_at (self, position, arrays[a], bytes);
        self->crcs[a] = zip_crc32 (self->crcs[a], arrays[a], bytes);
    }
}

static void close_npz (Results *self) {
    ZipEntry entries[2] = {{.name = "distances.npy"}, {.name = "labels.npy"}};
    for (int a = 0; a < 2; a++) {
        entries[a].crc = self->crcs[a];
        entries[a].size = (uint64_t)(NPY_HEADER_SIZE + self->n * self->k * element_sizes[a]);
        entries[a].offset =
            (uint64_t)(array_position (self, a) - ZIP_HEADER_SIZE) - strlen (entries[a].name);
        unsigned char header[ZIP_HEADER_SIZE + 20];
        size_t size = zip_local_header (header, &entries[a]);
        write_at (self, (int64_t)entries[a].offset, header, size);
    }
    unsigned char directory[ZIP_DIRECTORY_SIZE];
    uint64_t end = entries[1].offset + ZIP_HEADER_SIZE + strlen (entries[1].name) + entries[1].size;
    size_t size = zip_directory (directory, entries, 2, end);
    write_at (self, (int64_t)end, directory, size);
}

void results_open (Results *self, const char *path, ResultFormat format, int64_t n, int64_t k) {
    memset (self, 0, sizeof *self);
    self->format = format;
    self->n = n;
    self->k = k;
    if (format == RESULT_TEXT || format == RESULT_JSON || !strcmp (path, "-")) {
        self->output.file = stdout;
        self->output.path = "standard output";
    } else {
        output_open (&self->output, path);
    }
    self->json = (Json){.file = stdout, .compact = true};
    if (format == RESULT_NPZ) {
        open_npz (self);
    }
}

static int64_t query_number (const Results *self, int64_t i) {
    return self->query_numbers ? self->query_numbers[self->done + i] : self->done + i;
}

static const char *query_name (const Results *self, int64_t i) {
    return self->query_names ? names_get (self->query_names, query_number (self, i)) : NULL;
}

static const char *result_name (const Results *self, int64_t id) {
    return self->names ? names_get (self->names, id) : NULL;
}

/* How many columns a UTF-8 text takes, nearly. */
static int text_width (const char *text) {
    int width = 0;
    for (; *text; text++) {
        width += ((unsigned char)*text & 0xc0) != 0x80;
    }
    return width;
}

static void print_query (Results *self, int64_t i) {
    FILE *file = self->output.file;
    const char *name = query_name (self, i);
    char number[24];
    snprintf (number, sizeof number, "%" PRId64, query_number (self, i));
    name = name ? name : number;
    fprintf (file, "%s", name);
    if (self->format == RESULT_TEXT) {
        fprintf (file, "%*s", self->query_width - text_width (name), "");
    }
}

/* As many digits as a reader wants. */
static const char *short_number (float value) {
    static char text[40];
    double size = value < 0 ? -(double)value : (double)value;
    const char *format = size >= 1e3 && size < 1e9 ? "%.0f" : size >= 0.01 ? "%#.4g" : "%.3g";
    snprintf (text, sizeof text, format, (double)value);
    return text;
}

static void print_text (Results *self, int64_t i, const float *distances, const int64_t *labels) {
    print_query (self, i);
    for (int64_t j = 0; j < self->k && labels[j] >= 0; j++) {
        const char *name = result_name (self, labels[j]);
        if (name) {
            printf ("  %s %s", name, short_number (distances[j]));
        } else {
            printf ("  %" PRId64 " %s", labels[j], short_number (distances[j]));
        }
    }
    putchar ('\n');
}

static void print_tsv (Results *self, int64_t i, const float *distances, const int64_t *labels) {
    FILE *file = self->output.file;
    for (int64_t j = 0; j < self->k && labels[j] >= 0; j++) {
        const char *name = result_name (self, labels[j]);
        print_query (self, i);
        fprintf (file, "\t%" PRId64 "\t", j + 1);
        if (name) {
            fprintf (file, "%s", name);
        } else {
            fprintf (file, "%" PRId64, labels[j]);
        }
        fprintf (file, "\t%.9g\n", (double)distances[j]);
    }
}

static void print_json (Results *self, int64_t i, const float *distances, const int64_t *labels) {
    Json *json = &self->json;
    json_object (json, NULL);
    json_integer (json, "query", query_number (self, i));
    if (query_name (self, i)) {
        json_text (json, "name", query_name (self, i));
    }
    json_array (json, "results");
    for (int64_t j = 0; j < self->k && labels[j] >= 0; j++) {
        json_object (json, NULL);
        json_integer (json, "id", labels[j]);
        if (result_name (self, labels[j])) {
            json_text (json, "name", result_name (self, labels[j]));
        }
        json_float (json, "distance", distances[j]);
        json_end_object (json);
    }
    json_end_array (json);
    json_end_object (json);
}

static void add_ivecs (Results *self, const int64_t *labels) {
    int32_t k = (int32_t)self->k;
    output_write (&self->output, &k, sizeof k);
    for (int64_t j = 0; j < self->k; j++) {
        int32_t label = (int32_t)labels[j];
        if (label != labels[j]) {
            fail ("id %" PRId64 " does not fit into an .ivecs file; write .npz", labels[j]);
        }
        output_write (&self->output, &label, sizeof label);
    }
}

void results_add (Results *self, int64_t m, const float *distances, const int64_t *labels) {
    if (self->format == RESULT_NPZ) {
        add_npz (self, m, distances, labels);
    } else {
        self->query_width = 0;
        for (int64_t i = 0; i < m && self->format == RESULT_TEXT; i++) {
            const char *name = query_name (self, i);
            int width = name ? text_width (name) : 6;
            self->query_width = width > self->query_width ? width : self->query_width;
        }
        for (int64_t i = 0; i < m; i++) {
            const float *d = distances + i * self->k;
            const int64_t *l = labels + i * self->k;
            if (self->format == RESULT_TEXT) {
                print_text (self, i, d, l);
            } else if (self->format == RESULT_JSON) {
                print_json (self, i, d, l);
            } else if (self->format == RESULT_TSV) {
                print_tsv (self, i, d, l);
            } else {
                add_ivecs (self, l);
            }
        }
    }
    self->done += m;
}

void results_close (Results *self) {
    if (self->format == RESULT_NPZ) {
        close_npz (self);
    }
    if (self->output.file != stdout) {
        output_finish (&self->output);
    }
}
