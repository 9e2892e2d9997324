/* Files of vectors: .npy, .fvecs, .bvecs, .ivecs, IDX, HDF5; all but HDF5 also as .gz.
 *
 * Every format but HDF5 is a run of rows of equal size; what differs is where they begin, what an
 * element is and how the numbers of rows and components are found out.
 */
#include "vectors.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <faiss/utils/distances.h>

#include "message.h"
#include "npy.h"
#include "options.h"
#include "progress.h"

static const int element_sizes[] = {2, 4, 8, 1, 1, 2, 4, 8};

enum {
    BLOCK_BYTES = 16 << 20,
    MAX_D = 1 << 20,
};

#define KNOWN_FORMATS ".npy, .fvecs, .bvecs, .ivecs, IDX and HDF5 are understood"

static bool is_integer_type (ElementType type) {
    return type != ELEMENT_F16 && type != ELEMENT_F32 && type != ELEMENT_F64;
}

/* ---- formats ---- */

static void set_rows (Vectors *self, int64_t n, int64_t d, ElementType type, int row_header) {
    if (d < 1 || d > MAX_D) {
        fail ("%s: vectors of %" PRId64 " components; between 1 and %d are possible", self->name, d,
              MAX_D);
    }
    self->n = n;
    self->d = d;
    self->type = type;
    self->row_header = row_header;
    self->row_bytes = row_header + d * element_sizes[type];
}

/* The header promises n rows: are they there? Compressed files are found out while reading. */
static void check_size (const Vectors *self) {
    if (self->source.size < 0) {
        return;
    }
    int64_t held = (self->source.size - self->data) / self->row_bytes;
    if (self->n > held) {
        fail ("%s: truncated: the header promises %s vectors, the file holds %s", self->name,
              with_commas (self->n), with_commas (held));
    }
}

static void open_npy (Vectors *self) {
    NpyHeader header;
    npy_read_header (&self->source, &header);
    static const struct {
        char kind;
        int size;
        ElementType type;
    } types[] = {
        {'f', 2, ELEMENT_F16}, {'f', 4, ELEMENT_F32}, {'f', 8, ELEMENT_F64}, {'u', 1, ELEMENT_U8},
        {'i', 1, ELEMENT_I8},  {'i', 4, ELEMENT_I32}, {'i', 8, ELEMENT_I64},
    };
    self->format = "npy";
    if (header.big_endian) {
        fail ("%s: big-endian numbers (%s); convert with a.astype (a.dtype.newbyteorder ('<'))",
              self->name, header.descr);
    }
    if (self->ids && header.n_dimensions == 1) {
        header.n_dimensions = 2;
        header.shape[1] = 1;
    }
    if (header.n_dimensions != 2) {
        fail ("%s: an array of %d dimension%s; vectors are the rows of a matrix: a.reshape (%s)",
              self->name, header.n_dimensions, header.n_dimensions == 1 ? "" : "s",
              header.n_dimensions == 1 ? "1, -1" : "len (a), -1");
    }
    if (header.fortran && header.shape[0] > 1 && header.shape[1] > 1) {
        fail ("%s: Fortran order (column after column); save numpy.ascontiguousarray (a)",
              self->name);
    }
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (header.kind == types[i].kind && header.size == types[i].size) {
            self->data = header.data;
            set_rows (self, header.shape[0], header.shape[1], types[i].type, 0);
            check_size (self);
            return;
        }
    }
    fail ("%s: elements of type '%s'; f2, f4, f8, u1 and i1 are understood: a.astype ('float32')",
          self->name, header.descr);
}

/* .fvecs and its like: every row begins with d, a 32-bit integer. */
static void open_vecs (Vectors *self, ElementType type, const char *format) {
    unsigned char b[4];
    self->format = format;
    if (source_read (&self->source, 0, b, 4) < 4) {
        fail ("%s: empty or truncated .%s file", self->name, format);
    }
    int64_t d = (int32_t)((uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 |
                          (uint32_t)b[3] << 24);
    if (d < 1 || d > MAX_D) {
        fail ("%s: not a .%s file: it would have vectors of %" PRId64 " components", self->name,
              format, d);
    }
    set_rows (self, 0, d, type, 4);
    int64_t size = source_size (&self->source);
    self->n = size / self->row_bytes;
    if (size % self->row_bytes) {
        fail ("%s: truncated: %" PRId64 " bytes are no whole number of vectors of %" PRId64
              " components (%" PRId64 " bytes each)",
              self->name, size, d, self->row_bytes);
    }
}

static bool is_idx (const unsigned char *b) {
    return b[0] == 0 && b[1] == 0 && b[2] >= 8 && b[2] <= 14 && b[2] != 10 && b[3] >= 1 &&
           b[3] <= 8;
}

/* IDX, the format of MNIST: big-endian; what each entry of the first dimension holds is a row. */
static void open_idx (Vectors *self) {
    static const int types[] = {ELEMENT_U8,  ELEMENT_I8,  -1,         ELEMENT_I16,
                                ELEMENT_I32, ELEMENT_F32, ELEMENT_F64};
    unsigned char b[4 + 4 * 8];
    self->format = "idx";
    source_read (&self->source, 0, b, 4);
    int n_dimensions = b[3];
    size_t header = 4 + 4 * (size_t)n_dimensions;
    int64_t shape[8] = {0}, d = 1;
    if (source_read (&self->source, 0, b, header) < header) {
        fail ("%s: truncated in its IDX header", self->name);
    }
    for (int i = 0; i < n_dimensions; i++) {
        const unsigned char *p = b + 4 + 4 * i;
        shape[i] = (int64_t)((uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 |
                             (uint32_t)p[3]);
        d = i == 0 ? 1 : d > MAX_D ? d : d * shape[i];
    }
    self->data = (int64_t)header;
    self->big_endian = true;
    set_rows (self, shape[0], d, (ElementType)types[b[2] - 8], 0);
    check_size (self);
}

static void open_hdf5 (Vectors *self, const char *dataset) {
    int64_t rows, columns;
    bool integers;
    self->format = "hdf5";
    self->hdf5 = hdf5_open (self->name, self->path, dataset, &rows, &columns, &integers);
    set_rows (self, rows, columns, integers ? ELEMENT_I32 : ELEMENT_F32, 0);
}

/* FILE:DATASET, unless there is a file of that very name. */
static char *split_dataset (const char *name, const char **dataset) {
    char *path = text_of ("%s", name), *colon = strrchr (path, ':');
    if (colon && colon[1] && access (name, F_OK) != 0) {
        *colon = 0;
        if (access (path, F_OK) == 0) {
            *dataset = name + (colon - path) + 1;
        } else {
            *colon = ':';
        }
    }
    return path;
}

static void open_any (Vectors *self, const char *name, const char *dataset) {
    const char *given = NULL;
    unsigned char magic[8] = {0};
    self->name = name;
    self->path = split_dataset (name, &given);
    source_open (&self->source, self->path);
    size_t n = source_read (&self->source, 0, magic, 8);
    if (n == 0) {
        fail ("%s: the file is empty", name);
    }
    if (given && !hdf5_recognise (magic)) {
        fail ("%s: only HDF5 files have data sets, and this is none: leave out ':%s'", name, given);
    }
    char *plain = text_of ("%s", self->path);
    if (ends_with (plain, ".gz")) {
        plain[strlen (plain) - 3] = 0;
    }
    if (ends_with (plain, ".fvecs")) {
        open_vecs (self, ELEMENT_F32, "fvecs");
    } else if (ends_with (plain, ".bvecs")) {
        open_vecs (self, ELEMENT_U8, "bvecs");
    } else if (ends_with (plain, ".ivecs")) {
        open_vecs (self, ELEMENT_I32, "ivecs");
    } else if (n >= 6 && npy_recognise (magic)) {
        open_npy (self);
    } else if (n >= 8 && hdf5_recognise (magic)) {
        if (self->source.gz) {
            fail ("%s: a compressed HDF5 file; decompress it with gunzip first", name);
        }
        open_hdf5 (self, given ? given : dataset);
    } else if (n >= 4 && is_idx (magic)) {
        open_idx (self);
    } else {
        fail ("%s: not a file of vectors; " KNOWN_FORMATS, name);
    }
    free (plain);
    if (self->n < 1) {
        fail ("%s: the file holds no vectors", name);
    }
}

void vectors_open (Vectors *self, const char *name, const char *dataset) {
    memset (self, 0, sizeof *self);
    open_any (self, name, dataset);
}

void vectors_open_ids (Vectors *self, const char *name) {
    memset (self, 0, sizeof *self);
    self->ids = true;
    open_any (self, name, "ids");
    if (self->d != 1) {
        fail ("%s: %" PRId64 " numbers a row; ids are one for each vector", name, self->d);
    }
    if (!is_integer_type (self->type)) {
        fail ("%s: holds floating-point numbers where ids are expected", name);
    }
}

void vectors_close (Vectors *self) {
    source_close (&self->source);
    hdf5_close (self->hdf5);
    free (self->buffer);
    free (self->path);
    memset (self, 0, sizeof *self);
    self->source.descriptor = -1;
}

/* ---- elements ---- */

static float half_to_float (uint16_t h) {
    uint32_t sign = (uint32_t)(h & 0x8000) << 16, bits = (uint32_t)(h & 0x7fff) << 13;
    float scaled;
    memcpy (&scaled, &bits, 4);
    scaled *= 0x1p112f; /* the exponents' difference; right for subnormal numbers too */
    memcpy (&bits, &scaled, 4);
    bits |= (h & 0x7c00) == 0x7c00 ? 0x7f800000u : 0;
    bits |= sign;
    memcpy (&scaled, &bits, 4);
    return scaled;
}

static void reverse_bytes (unsigned char *data, size_t n, int size) {
    for (size_t i = 0; i < n; i++, data += size) {
        for (int a = 0, b = size - 1; a < b; a++, b--) {
            unsigned char t = data[a];
            data[a] = data[b];
            data[b] = t;
        }
    }
}

/* Elements of a type to floats or integers; `data` may not be aligned. */
#define CONVERT(T, expression)                                                                     \
    for (size_t i = 0; i < n; i++) {                                                               \
        T v;                                                                                       \
        memcpy (&v, data + i * sizeof v, sizeof v);                                                \
        out[i] = expression;                                                                       \
    }                                                                                              \
    break

static void to_floats (ElementType type, const unsigned char *data, size_t n, float *out) {
    switch (type) {
    case ELEMENT_F16:
        CONVERT (uint16_t, half_to_float (v));
    case ELEMENT_F32:
        memcpy (out, data, n * sizeof *out);
        break;
    case ELEMENT_F64:
        CONVERT (double, (float)v);
    case ELEMENT_U8:
        CONVERT (uint8_t, (float)v);
    case ELEMENT_I8:
        CONVERT (int8_t, (float)v);
    case ELEMENT_I16:
        CONVERT (int16_t, (float)v);
    case ELEMENT_I32:
        CONVERT (int32_t, (float)v);
    case ELEMENT_I64:
        CONVERT (int64_t, (float)v);
    }
}

static void to_integers (ElementType type, const unsigned char *data, size_t n, int64_t *out) {
    switch (type) {
    case ELEMENT_U8:
        CONVERT (uint8_t, v);
    case ELEMENT_I8:
        CONVERT (int8_t, v);
    case ELEMENT_I16:
        CONVERT (int16_t, v);
    case ELEMENT_I32:
        CONVERT (int32_t, v);
    case ELEMENT_I64:
        memcpy (out, data, n * sizeof *out);
        break;
    default:
        break;
    }
}

/* ---- reading ---- */

/* Raw rows, their elements in this machine's order and close together. */
static const unsigned char *read_raw (Vectors *self, int64_t first, int64_t n) {
    size_t bytes = (size_t)n * (size_t)self->row_bytes;
    if (self->buffer_size < bytes) {
        free (self->buffer);
        self->buffer = allocate (bytes, 1);
        self->buffer_size = bytes;
    }
    int64_t position = self->data + first * self->row_bytes;
    size_t got = source_read (&self->source, position, self->buffer, bytes);
    if (got < bytes) {
        fail ("%s: truncated: it ends in vector %" PRId64 " of %" PRId64, self->name,
              first + (int64_t)(got / (size_t)self->row_bytes), self->n);
    }
    size_t row = (size_t)self->d * (size_t)element_sizes[self->type];
    if (self->row_header) {
        for (int64_t i = 0; i < n; i++) {
            unsigned char *p = self->buffer + i * self->row_bytes;
            int64_t d = (int64_t)((uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
                                  (uint32_t)p[3] << 24);
            if (d != self->d) {
                fail ("%s: damaged: vector %" PRId64 " has %" PRId64
                      " components, those before it %" PRId64,
                      self->name, first + i, d, self->d);
            }
            memmove (self->buffer + (size_t)i * row, p + self->row_header, row);
        }
    }
    if (self->big_endian) {
        reverse_bytes (self->buffer, (size_t)(n * self->d), element_sizes[self->type]);
    }
    return self->buffer;
}

static void check_finite (const Vectors *self, int64_t first, int64_t n, const float *x) {
    for (int64_t i = 0; i < n; i++) {
        const float *row = x + i * self->d;
        float zero = 0; /* x * 0 is NaN for NaN and for infinity */
        for (int64_t j = 0; j < self->d; j++) {
            zero += row[j] * 0.0F;
        }
        if (zero != 0.0F) {
            fail ("%s: vector %" PRId64 " has a component that is NaN or infinite; remove or "
                  "repair it",
                  self->name, first + i);
        }
    }
}

void vectors_read (Vectors *self, int64_t first, int64_t n, float *x) {
    int64_t block = vectors_block_rows (self);
    for (int64_t i = 0; i < n; i += block) {
        int64_t m = n - i < block ? n - i : block;
        if (self->hdf5) {
            hdf5_read_floats (self->hdf5, first + i, m, x + i * self->d);
        } else {
            to_floats (self->type, read_raw (self, first + i, m), (size_t)(m * self->d),
                       x + i * self->d);
        }
    }
    check_finite (self, first, n, x);
}

void vectors_read_integers (Vectors *self, int64_t first, int64_t n, int64_t *x) {
    if (!is_integer_type (self->type)) {
        fail ("%s: holds floating-point numbers where ids are expected", self->name);
    }
    int64_t block = vectors_block_rows (self);
    for (int64_t i = 0; i < n; i += block) {
        int64_t m = n - i < block ? n - i : block;
        if (self->hdf5) {
            hdf5_read_integers (self->hdf5, first + i, m, x + i * self->d);
        } else {
            to_integers (self->type, read_raw (self, first + i, m), (size_t)(m * self->d),
                         x + i * self->d);
        }
    }
}

int64_t vectors_block_rows (const Vectors *self) {
    int64_t rows = BLOCK_BYTES / (self->d * 4);
    return rows < 1 ? 1 : rows;
}

float *vectors_read_all (Vectors *self) {
    float *x = allocate ((size_t)self->n, (size_t)self->d * sizeof *x);
    vectors_read (self, 0, self->n, x);
    return x;
}

/* splitmix64 */
static uint64_t next_random (uint64_t *state) {
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

/* Which of the rows first .. first + n - 1 belong to a sample of m rows, of which *taken are
   chosen already: each row with the probability that the rest of the sample is of the rest. */
static int64_t choose_rows (const Vectors *self, int64_t first, int64_t n, int64_t m, int64_t taken,
                            uint64_t *state, int64_t *rows) {
    int64_t chosen = 0;
    for (int64_t i = first; i < first + n; i++) {
        double u = (double)(next_random (state) >> 11) * 0x1p-53;
        if (u * (double)(self->n - i) < (double)(m - taken - chosen)) {
            rows[chosen++] = i;
        }
    }
    return chosen;
}

float *vectors_sample (Vectors *self, int64_t m, uint64_t seed) {
    if (m >= self->n) {
        return vectors_read_all (self);
    }
    int64_t block = vectors_block_rows (self), taken = 0, d = self->d;
    float *x = allocate ((size_t)m, (size_t)d * sizeof *x);
    float *rows_read = allocate ((size_t)block, (size_t)d * sizeof *x);
    int64_t *rows = allocate ((size_t)block, sizeof *rows);
    for (int64_t first = 0; first < self->n && taken < m; first += block) {
        int64_t n = self->n - first < block ? self->n - first : block;
        int64_t chosen = choose_rows (self, first, n, m, taken, &seed, rows);
        bool whole = self->source.gz || self->hdf5 || chosen > n / 16;
        if (whole && chosen > 0) {
            vectors_read (self, first, n, rows_read);
        }
        for (int64_t i = 0; i < chosen; i++, taken++) {
            if (whole) {
                memcpy (x + taken * d, rows_read + (rows[i] - first) * d, (size_t)d * sizeof *x);
            } else {
                vectors_read (self, rows[i], 1, x + taken * d);
            }
        }
        progress_update (taken);
    }
    free (rows);
    free (rows_read);
    return x;
}

void vectors_require_d (const Vectors *self, int64_t d, const char *what) {
    if (self->d != d) {
        fail ("%s: vectors of %" PRId64 " components, but %s has %" PRId64 "; are these the right "
              "files?",
              self->name, self->d, what, d);
    }
}

void normalise_rows (float *x, int64_t n, int64_t d) {
    faiss_fvec_renorm_L2 ((size_t)d, (size_t)n, x);
}
