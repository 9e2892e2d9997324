/* Data sets of HDF5 files, through libhdf5 if it is installed.
 *
 * The library is loaded at run time, so that the command neither needs it to be built nor to run.
 * The declarations below are those of HDF5 1.10 and later, whose binary interface is stable.
 */
#include "hdf5_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "message.h"
#include "source.h"

typedef int64_t Hid;   /* hid_t */
typedef uint64_t Size; /* hsize_t */

enum {
    H5_INTEGER = 0,
    H5_FLOAT = 1,
    H5_TEXT = 3,
    H5_INDEX_NAME = 0,
    H5_ITER_INC = 0,
    H5_SELECT_SET = 0
};

static struct {
    int (*open) (void);
    int (*get_libversion) (unsigned *major, unsigned *minor, unsigned *release);
    Hid (*file_open) (const char *path, unsigned flags, Hid access);
    int (*file_close) (Hid file);
    Hid (*dataset_open) (Hid file, const char *name, Hid access);
    int (*dataset_close) (Hid dataset);
    Hid (*get_space) (Hid dataset);
    Hid (*get_type) (Hid dataset);
    int (*read) (Hid dataset, Hid type, Hid memory, Hid space, Hid transfer, void *out);
    int (*get_ndims) (Hid space);
    int (*get_dims) (Hid space, Size *dims, Size *max_dims);
    int (*select_hyperslab) (Hid space, int op, const Size *start, const Size *stride,
                             const Size *count, const Size *block);
    Hid (*create_simple) (int rank, const Size *dims, const Size *max_dims);
    int (*space_close) (Hid space);
    int (*type_class) (Hid type);
    int (*type_close) (Hid type);
    int (*set_error_handler) (Hid stack, void *function, void *data);
    int (*link_exists) (Hid file, const char *name, Hid access);
    int (*iterate) (Hid file, int index, int order, Size *position,
                    int (*visit) (Hid, const char *, const void *, void *), void *data);
    int (*attribute_exists) (Hid object, const char *name);
    Hid (*attribute_open) (Hid object, const char *name, Hid access);
    int (*attribute_close) (Hid attribute);
    Hid (*attribute_type) (Hid attribute);
    int (*attribute_read) (Hid attribute, Hid type, void *out);
    int (*is_variable_text) (Hid type);
    size_t (*type_size) (Hid type);
    int (*free_memory) (void *memory);
    Hid *native_float, *native_int64;
} h5;

struct Hdf5File {
    const char *name;
    Hid file, dataset;
    int64_t rows, columns;
};

bool hdf5_recognise (const unsigned char *bytes) {
    return !memcmp (bytes, "\x89HDF\r\n\x1a\n", 8);
}

static void load_hdf5 (const char *name) {
    if (h5.open) {
        return;
    }
    void *library =
        load_library ("libhdf5_serial.so libhdf5.so libhdf5_serial.so.310 libhdf5.so.310 "
                      "libhdf5_serial.so.103 libhdf5.so.103 libhdf5.so.320 libhdf5.so.200 "
                      "libhdf5_serial.so.100 libhdf5.so.100 libhdf5.dylib");
    if (!library) {
        fail ("%s: reading HDF5 needs libhdf5: install it (Debian: apt install libhdf5-dev), or "
              "convert the data set with h5py and numpy.save",
              name);
    }
    load_function (library, "H5get_libversion", &h5.get_libversion);
    load_function (library, "H5Fopen", &h5.file_open);
    load_function (library, "H5Fclose", &h5.file_close);
    load_function (library, "H5Dopen2", &h5.dataset_open);
    load_function (library, "H5Dclose", &h5.dataset_close);
    load_function (library, "H5Dget_space", &h5.get_space);
    load_function (library, "H5Dget_type", &h5.get_type);
    load_function (library, "H5Dread", &h5.read);
    load_function (library, "H5Sget_simple_extent_ndims", &h5.get_ndims);
    load_function (library, "H5Sget_simple_extent_dims", &h5.get_dims);
    load_function (library, "H5Sselect_hyperslab", &h5.select_hyperslab);
    load_function (library, "H5Screate_simple", &h5.create_simple);
    load_function (library, "H5Sclose", &h5.space_close);
    load_function (library, "H5Tget_class", &h5.type_class);
    load_function (library, "H5Tclose", &h5.type_close);
    load_function (library, "H5Eset_auto2", &h5.set_error_handler);
    load_function (library, "H5Lexists", &h5.link_exists);
    load_function (library, "H5Literate", &h5.iterate);
    load_function (library, "H5Aexists", &h5.attribute_exists);
    load_function (library, "H5Aopen", &h5.attribute_open);
    load_function (library, "H5Aclose", &h5.attribute_close);
    load_function (library, "H5Aget_type", &h5.attribute_type);
    load_function (library, "H5Aread", &h5.attribute_read);
    load_function (library, "H5Tis_variable_str", &h5.is_variable_text);
    load_function (library, "H5Tget_size", &h5.type_size);
    load_function (library, "H5free_memory", &h5.free_memory);
    load_function (library, "H5T_NATIVE_FLOAT_g", &h5.native_float);
    load_function (library, "H5T_NATIVE_INT64_g", &h5.native_int64);
    load_function (library, "H5open", &h5.open);
    unsigned major = 0, minor = 0, release = 0;
    h5.get_libversion (&major, &minor, &release);
    if (h5.open () < 0 || major < 1 || (major == 1 && minor < 10)) {
        fail ("%s: libhdf5 %u.%u.%u is too old; 1.10 or later is needed", name, major, minor,
              release);
    }
    h5.set_error_handler (0, NULL, NULL);
}

static int append_name (Hid file, const char *name, const void *information, void *data) {
    char *list = data;
    (void)file;
    (void)information;
    size_t length = strlen (list);
    snprintf (list + length, 200 - length, "%s%s", length ? ", " : "", name);
    return 0;
}

static void open_dataset (Hdf5File *self, const char *path, const char *dataset) {
    self->file = h5.file_open (path, 0, 0);
    if (self->file < 0) {
        fail ("%s: damaged HDF5 file, or one that is being written", path);
    }
    self->dataset =
        h5.link_exists (self->file, dataset, 0) > 0 ? h5.dataset_open (self->file, dataset, 0) : -1;
    if (self->dataset < 0) {
        char list[200] = "";
        h5.iterate (self->file, H5_INDEX_NAME, H5_ITER_INC, NULL, append_name, list);
        fail ("%s: no data set '%s' in it; it has: %s; name one as %s:NAME", path, dataset,
              *list ? list : "nothing", path);
    }
}

Hdf5File *hdf5_open (const char *name, const char *path, const char *dataset, int64_t *rows,
                     int64_t *columns, bool *integers) {
    load_hdf5 (name);
    Hdf5File *self = allocate (1, sizeof *self);
    self->name = name;
    open_dataset (self, path, dataset);
    Hid space = h5.get_space (self->dataset), type = h5.get_type (self->dataset);
    Size dims[2];
    int class = h5.type_class (type);
    if (h5.get_ndims (space) != 2) {
        fail ("%s: data set '%s' has %d dimensions instead of 2 (vectors and components)", path,
              dataset, h5.get_ndims (space));
    }
    if (class != H5_INTEGER && class != H5_FLOAT) {
        fail ("%s: data set '%s' does not hold numbers", path, dataset);
    }
    h5.get_dims (space, dims, NULL);
    *integers = class == H5_INTEGER;
    *rows = self->rows = (int64_t)dims[0];
    *columns = self->columns = (int64_t)dims[1];
    h5.type_close (type);
    h5.space_close (space);
    return self;
}

void hdf5_close (Hdf5File *self) {
    if (self) {
        h5.dataset_close (self->dataset);
        h5.file_close (self->file);
        free (self);
    }
}

void hdf5_distance (const Hdf5File *self, char *out, size_t size) {
    static const char name[] = "distance";
    *out = 0;
    if (h5.attribute_exists (self->file, name) <= 0) {
        return;
    }
    Hid attribute = h5.attribute_open (self->file, name, 0);
    Hid type = h5.attribute_type (attribute);
    char fixed[64] = "", *text = NULL;
    if (h5.type_class (type) == H5_TEXT && h5.is_variable_text (type) > 0) {
        if (h5.attribute_read (attribute, type, &text) >= 0 && text) {
            snprintf (out, size, "%s", text);
            h5.free_memory (text);
        }
    } else if (h5.type_class (type) == H5_TEXT && h5.type_size (type) < sizeof fixed &&
               h5.attribute_read (attribute, type, fixed) >= 0) {
        snprintf (out, size, "%s", fixed);
    }
    h5.type_close (type);
    h5.attribute_close (attribute);
}

static void read_rows (Hdf5File *self, int64_t first, int64_t n, Hid type, void *out) {
    Size start[2] = {(Size)first, 0}, count[2] = {(Size)n, (Size)self->columns};
    Hid space = h5.get_space (self->dataset), memory = h5.create_simple (2, count, NULL);
    int status = h5.select_hyperslab (space, H5_SELECT_SET, start, NULL, count, NULL);
    if (status >= 0) {
        status = h5.read (self->dataset, type, memory, space, 0, out);
    }
    if (status < 0) {
        fail ("%s: rows %lld to %lld cannot be read; the file is damaged", self->name,
              (long long)first, (long long)(first + n - 1));
    }
    h5.space_close (memory);
    h5.space_close (space);
}

void hdf5_read_floats (Hdf5File *self, int64_t first, int64_t n, float *out) {
    read_rows (self, first, n, *h5.native_float, out);
}

void hdf5_read_integers (Hdf5File *self, int64_t first, int64_t n, int64_t *out) {
    read_rows (self, first, n, *h5.native_int64, out);
}
