/* Index files: every way in and out, and everything that can be wrong with a file. */
#define _DEFAULT_SOURCE /* mkdtemp */
#include "testing.h"

#include <sys/stat.h>
#include <unistd.h>

#include <faiss/IndexFlat.h>
#include <faiss/VectorTransform.h>
#include <faiss/index_io.h>

enum { D = 7, N = 50 };

static char folder[64];

static int make_folder (void **state) {
    (void)state;
    strcpy (folder, "/tmp/test_index_io_XXXXXX");
    return mkdtemp (folder) ? 0 : -1;
}

static int remove_folder (void **state) {
    (void)state;
    char command[256];
    snprintf (command, sizeof command, "rm -r '%s'", folder);
    return system (command);
}

static char *path_to (const char *name) {
    static char paths[4][256];
    static int next;
    char *path = paths[next++ % 4];
    snprintf (path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static FaissIndex *new_index (FaissMetricType metric, int n) {
    FaissIndexFlat *index;
    float x[N * D];
    TestRandom random = {(uint64_t)metric + 5};
    testing_floats (&random, x, N * D);
    assert_ok (faiss_IndexFlat_new_with (&index, D, metric));
    assert_ok (faiss_Index_add (&index->index, n, x));
    return &index->index;
}

static FaissUInt8Vector bytes_of (const FaissIndex *index) {
    FaissVectorIOWriter *w;
    FaissUInt8Vector bytes = {0};
    assert_ok (faiss_VectorIOWriter_new (&w));
    assert_ok (faiss_write_index_custom (index, &w->writer, 0));
    faiss_UInt8Vector_swap (&bytes, &w->data);
    faiss_IOWriter_free (&w->writer);
    return bytes;
}

static FaissStatus read_memory (const void *bytes, size_t n, FaissIndex **out) {
    FaissVectorIOReader *r;
    assert_ok (faiss_VectorIOReader_new_with (&r, bytes, n));
    FaissStatus status = faiss_read_index_custom (&r->reader, 0, out);
    faiss_IOReader_free (&r->reader);
    return status;
}

/* The same class, fields and results. */
static void assert_same_index (FaissIndex *a, FaissIndex *b) {
    FaissUInt8Vector x = bytes_of (a), y = bytes_of (b);
    assert_int_equal (x.size, y.size);
    assert_memory_equal (x.data, y.data, x.size);
    faiss_UInt8Vector_clear (&x);
    faiss_UInt8Vector_clear (&y);
    float vector[D];
    for (idx_t i = 0; i < a->ntotal; i++) {
        float other[D];
        assert_ok (faiss_Index_reconstruct (a, i, vector));
        assert_ok (faiss_Index_reconstruct (b, i, other));
        assert_memory_equal (vector, other, sizeof vector);
    }
}

static void test_by_name (void **state) {
    (void)state;
    FaissIndex *index = new_index (METRIC_L2, N), *back;
    char *path = path_to ("a.index");
    assert_ok (faiss_write_index_fname (index, path));
    int flags[] = {0, FAISS_IO_FLAG_MMAP_IFC, 1, 1 << 20};
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        assert_ok (faiss_read_index_fname (path, flags[i], &back));
        assert_same_index (index, back);
        faiss_Index_free (back);
    }
    faiss_Index_free (index);
}

/* Mapped vectors are copied before they change, and outlive the reader and the name. */
static void test_mapped_index_changes (void **state) {
    (void)state;
    FaissIndex *index = new_index (METRIC_INNER_PRODUCT, N), *back, *again;
    char *path = path_to ("a.index");
    assert_ok (faiss_write_index_fname (index, path));
    assert_ok (faiss_read_index_fname (path, FAISS_IO_FLAG_MMAP_IFC, &back));
    assert_non_null (((FaissIndexFlat *)back)->flat_codes.codes.owner);
    assert_int_equal (unlink (path), 0);
    assert_same_index (index, back);
    float x[D] = {1};
    assert_ok (faiss_Index_add (back, 1, x));
    assert_ok (faiss_Index_add (index, 1, x));
    assert_same_index (index, back);
    assert_ok (faiss_write_index_fname (back, path));
    assert_ok (faiss_read_index_fname (path, FAISS_IO_FLAG_MMAP_IFC, &again));
    assert_ok (faiss_write_index_fname (again, path)); /* over the file that it maps */
    assert_same_index (again, back);
    faiss_Index_free (again);
    faiss_Index_free (back);
    faiss_Index_free (index);
}

/* Several indexes follow each other in a stream. */
static void test_by_stream (void **state) {
    (void)state;
    FaissMetricType metrics[] = {METRIC_L2, METRIC_INNER_PRODUCT, METRIC_Lp};
    int flags[] = {0, FAISS_IO_FLAG_MMAP_IFC};
    FILE *f = tmpfile ();
    assert_non_null (f);
    fputs ("before", f);
    for (int i = 0; i < 3; i++) {
        FaissIndex *index = new_index (metrics[i], N - i);
        assert_ok (faiss_write_index (index, f));
        faiss_Index_free (index);
    }
    fputs ("behind", f);
    fflush (f);
    for (int pass = 0; pass < 2; pass++) {
        FaissIndex *back = NULL;
        fseek (f, 6, SEEK_SET);
        for (int i = 0; i < 3; i++) {
            FaissIndex *index = new_index (metrics[i], N - i);
            assert_ok (faiss_read_index (f, flags[pass], &back));
            assert_int_equal (back->metric_type, metrics[i]);
            assert_same_index (index, back);
            faiss_Index_free (index);
            faiss_Index_free (back);
        }
        FaissIndex *none = NULL;
        char rest[8] = "";
        assert_int_equal (fread (rest, 1, 6, f), 6);
        assert_string_equal (rest, "behind");
        assert_fails (faiss_read_index (f, flags[pass], &none), "ends within the tag");
        assert_null (none);
    }
    fclose (f);
}

/* ---- functions that fail ---- */

static FaissUInt8Vector stream;
static size_t stream_at, calls, fail_at;

static size_t put (const void *ptr, size_t size, size_t nitems) {
    if (++calls == fail_at) {
        return 0;
    }
    return faiss_UInt8Vector_append (&stream, ptr, size * nitems) == FAISS_OK ? nitems : 0;
}

static size_t get (void *ptr, size_t size, size_t nitems) {
    if (++calls == fail_at || size * nitems > stream.size - stream_at) {
        return 0;
    }
    if (nitems) {
        memcpy (ptr, stream.data + stream_at, size * nitems);
    }
    stream_at += size * nitems;
    return nitems;
}

static void test_custom_functions_fail_in_turn (void **state) {
    (void)state;
    FaissIndex *index = new_index (METRIC_L1, N), *back;
    FaissCustomIOWriter *w;
    FaissCustomIOReader *r;
    assert_ok (faiss_CustomIOWriter_new (&w, put));
    assert_ok (faiss_CustomIOReader_new (&r, get));
    for (fail_at = 1;; fail_at++) {
        calls = stream.size = 0;
        FaissStatus status = faiss_write_index_custom (index, &w->writer, 0);
        if (calls < fail_at) {
            assert_ok (status);
            break;
        }
        assert_fails (status, "cannot write");
    }
    assert_in_range (fail_at, 5, 20);
    for (fail_at = 1;; fail_at++) {
        calls = stream_at = 0;
        back = NULL;
        FaissStatus status = faiss_read_index_custom (&r->reader, 0, &back);
        if (calls < fail_at) {
            assert_ok (status);
            break;
        }
        assert_fails (status, "CustomIOReader");
        assert_null (back);
    }
    assert_int_equal (stream_at, stream.size);
    assert_same_index (index, back);
    faiss_Index_free (index);
    faiss_Index_free (back);
    faiss_CustomIOReader_free (r);
    faiss_CustomIOWriter_free (w);
    faiss_UInt8Vector_clear (&stream);
}

/* ---- what is wrong with files ---- */

static void test_every_prefix (void **state) {
    (void)state;
    FaissMetricType metrics[] = {METRIC_L2, METRIC_INNER_PRODUCT, METRIC_Lp};
    for (int i = 0; i < 3; i++) {
        FaissIndex *index = new_index (metrics[i], 3);
        FaissUInt8Vector bytes = bytes_of (index);
        for (size_t n = 0; n < bytes.size; n++) {
            FaissIndex *back = NULL;
            assert_fails (read_memory (bytes.data, n, &back), "the file ends within");
            assert_null (back);
        }
        faiss_UInt8Vector_clear (&bytes);
        faiss_Index_free (index);
    }
}

static void test_damaged_header (void **state) {
    (void)state;
    FaissIndex *index = new_index (METRIC_L2, 3);
    FaissUInt8Vector bytes = bytes_of (index);
    static const struct {
        size_t offset;
        uint8_t value;
        const char *message;
    } damages[] = {
        {7, 0x80, "d is -"},
        {7, 0x7f, "d is 21"},
        {15, 0x80, "ntotal is -"},
        {8, 2, "codes has 21 elements, expected ntotal=2"},
        {32, 2, "is_trained is 2, expected 0 or 1"},
        {33, 5, "metric_type is 5, expected 0 to 4 or 20 to 25"},
        {41, 1, "codes has"}, /* the count */
        {0, 'J', "the tag \"JxF2\" is unknown"},
    };
    for (size_t i = 0; i < sizeof damages / sizeof *damages; i++) {
        FaissIndex *back = NULL;
        uint8_t *byte = &bytes.data[damages[i].offset], old = *byte;
        *byte = damages[i].value;
        assert_fails (read_memory (bytes.data, bytes.size, &back), damages[i].message);
        assert_null (back);
        *byte = old;
    }
    faiss_UInt8Vector_clear (&bytes);
    faiss_Index_free (index);
}

static void test_messages_name_the_file (void **state) {
    (void)state;
    FaissIndex *index = new_index (METRIC_L2, N), *back = NULL;
    char *path = path_to ("glove.index");
    assert_ok (faiss_write_index_fname (index, path));
    assert_int_equal (truncate (path, 100), 0);
    assert_fails (faiss_read_index_fname (path, 0, &back), "glove.index: IndexFlat");
    assert_fails (faiss_read_index_fname (path, FAISS_IO_FLAG_MMAP_IFC, &back), "codes");
    assert_fails (faiss_read_index_fname (path_to ("none"), 0, &back), "No such file");
    assert_fails (faiss_read_index_fname (folder, 0, &back), "is a folder");
    FaissVectorTransform *vt = NULL;
    assert_fails (faiss_read_VectorTransform_fname (path, &vt),
                  "is that of an object of class IndexFlat");
    assert_null (back);
    assert_null (vt);
    faiss_Index_free (index);
}

static void test_null_arguments (void **state) {
    (void)state;
    FaissIndex *index = new_index (METRIC_L2, 1), *back = NULL;
    FILE *f = tmpfile ();
    assert_fails (faiss_write_index_fname (NULL, path_to ("x")), "idx is NULL");
    assert_fails (faiss_write_index_fname (index, NULL), "fname is NULL");
    assert_fails (faiss_write_index (index, NULL), "f is NULL");
    assert_fails (faiss_write_index (NULL, f), "idx is NULL");
    assert_fails (faiss_write_index_custom (index, NULL, 0), "io_writer is NULL");
    assert_fails (faiss_read_index_fname (NULL, 0, &back), "fname is NULL");
    assert_fails (faiss_read_index (NULL, 0, &back), "f is NULL");
    assert_fails (faiss_read_index (f, 0, NULL), "out is NULL");
    assert_fails (faiss_read_index_custom (NULL, 0, &back), "io_reader is NULL");
    assert_int_not_equal (access (path_to ("x"), F_OK), 0);
    fclose (f);
    faiss_Index_free (index);
}

/* The file "null" is an index that is missing: success. */
static void test_null_index (void **state) {
    (void)state;
    FaissIndex *back = (FaissIndex *)1;
    assert_ok (read_memory ("null", 4, &back));
    assert_null (back);
}

/* ---- what is wrong with places ---- */

static void test_failed_write_keeps_the_old_file (void **state) {
    (void)state;
    FaissIndex *index = new_index (METRIC_L2, N), *back;
    char *path = path_to ("a.index");
    assert_ok (faiss_write_index_fname (index, path));
    assert_fails (faiss_write_index_fname (index, path_to ("none/a.index")),
                  "cannot write to its folder: No such file or directory");
    if (access ("/dev/full", W_OK) == 0) {
        assert_fails (faiss_write_index_fname (index, "/dev/full"),
                      "/dev/full: cannot write: No space left on device");
        FILE *full = fopen ("/dev/full", "wb");
        setvbuf (full, NULL, _IONBF, 0);
        assert_fails (faiss_write_index (index, full), "No space left on device");
        fclose (full);
    }
    assert_ok (faiss_read_index_fname (path, 0, &back));
    assert_same_index (index, back);
    faiss_Index_free (back);
    faiss_Index_free (index);
}

static void test_limits (void **state) {
    (void)state;
    FaissIndex *index = new_index (METRIC_L2, N), *back = NULL;
    FaissUInt8Vector bytes = bytes_of (index);
    assert_int_equal (faiss_get_deserialization_vector_byte_limit (), (size_t)1 << 40);
    assert_int_equal (faiss_get_deserialization_loop_limit (), 0);
    faiss_set_deserialization_vector_byte_limit (4 * N * D);
    assert_fails (read_memory (bytes.data, bytes.size, &back), "expected less than");
    faiss_set_deserialization_vector_byte_limit (4 * N * D + 4);
    assert_ok (read_memory (bytes.data, bytes.size, &back));
    faiss_set_deserialization_vector_byte_limit ((size_t)1 << 40);
    faiss_Index_free (back);
    faiss_Index_free (index);
    faiss_UInt8Vector_clear (&bytes);
}

int main (void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown (test_by_name, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown (test_mapped_index_changes, make_folder, remove_folder),
        cmocka_unit_test (test_by_stream),
        cmocka_unit_test (test_custom_functions_fail_in_turn),
        cmocka_unit_test (test_every_prefix),
        cmocka_unit_test (test_damaged_header),
        cmocka_unit_test_setup_teardown (test_messages_name_the_file, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown (test_null_arguments, make_folder, remove_folder),
        cmocka_unit_test (test_null_index),
        cmocka_unit_test_setup_teardown (test_failed_write_keeps_the_old_file, make_folder,
                                         remove_folder),
        cmocka_unit_test (test_limits),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
