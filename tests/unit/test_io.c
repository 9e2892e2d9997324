/* Readers, writers and the typed fields on top of them. */
#define _DEFAULT_SOURCE /* symlink, realpath */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <faiss/impl/io_fields.h>
#include <faiss/impl/io_limits.h>

static char folder[64];

static int make_folder (void **state) {
    (void)state;
    strcpy (folder, "/tmp/test_io_XXXXXX");
    return mkdtemp (folder) ? 0 : -1;
}

static int remove_folder (void **state) {
    (void)state;
    char command[256];
    snprintf (command, sizeof command, "chmod -R u+rwx '%s' && rm -r '%s'", folder, folder);
    return system (command);
}

static char *path_to (const char *name) {
    static char paths[4][256];
    static int next;
    char *path = paths[next++ % 4];
    snprintf (path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static int files_in_folder (void) {
    char command[256];
    snprintf (command, sizeof command, "ls -A '%s' | wc -l", folder);
    FILE *pipe = popen (command, "r");
    int n = -1;
    assert_int_equal (fscanf (pipe, "%d", &n), 1);
    pclose (pipe);
    return n;
}

static void put_text (const char *path, const char *text) {
    FILE *f = fopen (path, "wb");
    assert_non_null (f);
    fputs (text, f);
    fclose (f);
}

static void assert_text (const char *path, const char *text) {
    char content[64] = "";
    FILE *f = fopen (path, "rb");
    assert_non_null (f);
    content[fread (content, 1, sizeof content - 1, f)] = '\0';
    fclose (f);
    assert_string_equal (content, text);
}

static void assert_message (const char *part) {
    const char *message = faiss_get_last_error ();
    assert_non_null (message);
    if (!strstr (message, part)) {
        fail_msg ("the message \"%s\" does not contain \"%s\"", message, part);
    }
}

/* ---- fields ---- */

static void test_fields_come_back (void **state) {
    (void)state;
    FaissVectorIOWriter *w;
    assert_int_equal (faiss_VectorIOWriter_new (&w), FAISS_OK);
    float floats[] = {1, -2, 3};
    int64_t ids[] = {1, INT64_MIN};
    FaissFloat32Vector fv = {0}, fr = {0};
    FaissInt64Vector iv = {0}, ir = {0};
    FaissUInt8Vector bv = {0}, br = {0};
    faiss_Float32Vector_assign (&fv, floats, 3);
    faiss_Int64Vector_assign (&iv, ids, 2);
    faiss_UInt8Vector_assign (&bv, (uint8_t *)floats, sizeof floats);
    assert_int_equal (faiss_write_tag (&w->writer, "IxF2"), FAISS_OK);
    assert_int_equal (faiss_write_bool (&w->writer, true), FAISS_OK);
    assert_int_equal (faiss_write_i32 (&w->writer, -5), FAISS_OK);
    assert_int_equal (faiss_write_u64 (&w->writer, UINT64_MAX), FAISS_OK);
    assert_int_equal (faiss_write_f64 (&w->writer, 0.1), FAISS_OK);
    assert_int_equal (faiss_write_Float32Vector (&w->writer, &fv), FAISS_OK);
    assert_int_equal (faiss_write_Int64Vector (&w->writer, &iv), FAISS_OK);
    assert_int_equal (faiss_write_xb (&w->writer, &bv), FAISS_OK);
    assert_memory_equal (w->data.data, "IxF2\1\xfb\xff\xff\xff", 9);

    FaissVectorIOReader *r;
    assert_int_equal (faiss_VectorIOReader_new_with (&r, w->data.data, w->data.size), FAISS_OK);
    uint32_t tag;
    bool flag;
    int i;
    size_t n;
    double real;
    assert_int_equal (faiss_read_u32 (&r->reader, &tag, "tag"), FAISS_OK);
    assert_int_equal (faiss_read_bool (&r->reader, &flag, "flag"), FAISS_OK);
    assert_int_equal (faiss_read_i32 (&r->reader, &i, "i"), FAISS_OK);
    assert_int_equal (faiss_read_size (&r->reader, &n, "n"), FAISS_OK);
    assert_int_equal (faiss_read_f64 (&r->reader, &real, "real"), FAISS_OK);
    assert_int_equal (faiss_read_Float32Vector (&r->reader, &fr, "floats"), FAISS_OK);
    assert_int_equal (faiss_read_Int64Vector (&r->reader, &ir, "ids"), FAISS_OK);
    assert_int_equal (faiss_read_xb (&r->reader, &br, "xb"), FAISS_OK);
    assert_int_equal (tag, FAISS_FOURCC ("IxF2"));
    assert_true (flag && i == -5 && n == SIZE_MAX && real == 0.1);
    assert_int_equal (fr.size, 3);
    assert_memory_equal (fr.data, floats, sizeof floats);
    assert_int_equal (ir.size, 2);
    assert_memory_equal (ir.data, ids, sizeof ids);
    assert_int_equal (br.size, sizeof floats);
    assert_memory_equal (br.data, floats, sizeof floats);
    assert_int_equal (r->rp, w->data.size);

    assert_int_equal (faiss_read_i32 (&r->reader, &i, "more"), FAISS_EXCEPT);
    assert_message ("the file ends within more");
    assert_int_equal (i, -5);
    faiss_Float32Vector_clear (&fv);
    faiss_Float32Vector_clear (&fr);
    faiss_Int64Vector_clear (&iv);
    faiss_Int64Vector_clear (&ir);
    faiss_UInt8Vector_clear (&bv);
    faiss_UInt8Vector_clear (&br);
    faiss_IOReader_free (&r->reader);
    faiss_IOWriter_free (&w->writer);
}

static void test_bad_bool (void **state) {
    (void)state;
    FaissVectorIOReader *r;
    bool flag = false;
    assert_int_equal (faiss_VectorIOReader_new_with (&r, "\2\2", 2), FAISS_OK);
    assert_int_equal (faiss_read_bool (&r->reader, &flag, "is_trained"), FAISS_EXCEPT);
    assert_message ("is_trained is 2, expected 0 or 1");
    assert_int_equal (faiss_read_flag8 (&r->reader, &flag, "flag"), FAISS_OK);
    assert_true (flag);
    faiss_IOReader_free (&r->reader);
}

/* Counts that no memory could satisfy are refused by what remains, not by trying. */
static void test_impossible_counts (void **state) {
    (void)state;
    uint64_t counts[] = {3, 1 << 20, (uint64_t)1 << 37, UINT64_MAX, UINT64_MAX / 4 + 2};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        FaissVectorIOReader *r;
        uint64_t bytes[2] = {counts[i], 0};
        FaissFloat32Vector v = {0};
        FaissUInt8Vector codes = {0};
        assert_int_equal (faiss_VectorIOReader_new_with (&r, bytes, sizeof bytes), FAISS_OK);
        assert_int_equal (faiss_read_Float32Vector (&r->reader, &v, "A"), FAISS_EXCEPT);
        r->rp = 0;
        assert_int_equal (faiss_read_xb (&r->reader, &codes, "A"), FAISS_EXCEPT);
        assert_message ("A");
        assert_null (v.data);
        assert_null (codes.data);
        void *array = NULL;
        assert_int_equal (faiss_read_array (&r->reader, &array, (size_t)counts[i], 8, "A"),
                          FAISS_EXCEPT);
        assert_null (array);
        faiss_IOReader_free (&r->reader);
    }
}

static void test_byte_limit (void **state) {
    (void)state;
    uint64_t bytes[] = {2, 0, 0};
    FaissVectorIOReader *r;
    FaissInt64Vector v = {0};
    assert_int_equal (faiss_VectorIOReader_new_with (&r, bytes, sizeof bytes), FAISS_OK);
    faiss_deserialization_vector_byte_limit = 16; /* strictly less than 16 / 8 elements */
    assert_int_equal (faiss_read_Int64Vector (&r->reader, &v, "ids"), FAISS_EXCEPT);
    faiss_deserialization_vector_byte_limit = 24;
    r->rp = 0;
    assert_int_equal (faiss_read_Int64Vector (&r->reader, &v, "ids"), FAISS_OK);
    faiss_deserialization_vector_byte_limit = (size_t)1 << 40;
    assert_int_equal (v.size, 2);
    faiss_Int64Vector_clear (&v);
    faiss_IOReader_free (&r->reader);
}

/* ---- functions as readers and writers ---- */

static size_t calls, fail_at;
static FaissUInt8Vector memory;
static size_t memory_at;

static size_t put_items (const void *ptr, size_t size, size_t nitems) {
    if (++calls == fail_at) {
        return nitems - 1;
    }
    assert_int_equal (faiss_UInt8Vector_append (&memory, ptr, size * nitems), FAISS_OK);
    return nitems;
}

static size_t get_items (void *ptr, size_t size, size_t nitems) {
    if (++calls == fail_at || size * nitems > memory.size - memory_at) {
        return nitems - 1;
    }
    memcpy (ptr, memory.data + memory_at, size * nitems);
    memory_at += size * nitems;
    return nitems;
}

static void test_functions (void **state) {
    (void)state;
    FaissCustomIOWriter *w;
    FaissCustomIOReader *r;
    FaissInt64Vector big = {0}, back = {0};
    faiss_Int64Vector_resize (&big, 5 << 20); /* more than one chunk */
    for (size_t i = 0; i < big.size; i++) {
        big.data[i] = (int64_t)(i * i);
    }
    assert_int_equal (faiss_CustomIOWriter_new (&w, put_items), FAISS_OK);
    assert_int_equal (faiss_CustomIOReader_new (&r, get_items), FAISS_OK);
    assert_int_equal (faiss_write_Int64Vector (&w->writer, &big), FAISS_OK);
    assert_int_equal (faiss_read_Int64Vector (&r->reader, &back, "big"), FAISS_OK);
    assert_int_equal (back.size, big.size);
    assert_memory_equal (back.data, big.data, big.size * sizeof *big.data);

    for (fail_at = 1; fail_at <= 2; fail_at++) {
        calls = 0;
        assert_int_equal (faiss_write_Int64Vector (&w->writer, &big), FAISS_EXCEPT);
        assert_message ("cannot write");
        calls = memory_at = 0;
        assert_int_equal (faiss_read_Int64Vector (&r->reader, &back, "big"), FAISS_EXCEPT);
        assert_message ("big");
        assert_int_equal (back.size, big.size);
    }
    fail_at = 0;
    faiss_Int64Vector_clear (&big);
    faiss_Int64Vector_clear (&back);
    faiss_UInt8Vector_clear (&memory);
    faiss_CustomIOReader_free (r);
    faiss_CustomIOWriter_free (w);
    assert_int_equal (faiss_CustomIOReader_new (&r, NULL), FAISS_EXCEPT);
}

/* ---- files ---- */

static FaissStatus write_file (const char *path, const char *text, bool close) {
    FaissFileIOWriter *w;
    FaissStatus status = faiss_FileIOWriter_new_with_name (&w, path);
    if (status == FAISS_OK) {
        status = faiss_write_bytes (&w->writer, text, strlen (text));
        if (status == FAISS_OK && close) {
            status = faiss_FileIOWriter_close (w);
        }
        faiss_IOWriter_free (&w->writer);
    }
    return status;
}

static void test_atomic_replacement (void **state) {
    (void)state;
    struct stat status;
    char *path = path_to ("a.index");
    mode_t old_mask = umask (027);
    assert_int_equal (write_file (path, "first", true), FAISS_OK);
    umask (old_mask);
    assert_int_equal (stat (path, &status), 0);
    assert_int_equal (status.st_mode & 07777, 0640);
    assert_text (path, "first");

    assert_int_equal (write_file (path, "second", false), FAISS_OK); /* not closed: abandoned */
    assert_text (path, "first");
    assert_int_equal (files_in_folder (), 1);

    assert_int_equal (chmod (path, 0604), 0);
    assert_int_equal (write_file (path, "third", true), FAISS_OK);
    assert_text (path, "third");
    assert_int_equal (stat (path, &status), 0);
    assert_int_equal (status.st_mode & 07777, 0604);
    assert_int_equal (files_in_folder (), 1);

    char name[256];
    memset (name, 'n', 255);
    name[255] = '\0';
    char longest[512];
    snprintf (longest, sizeof longest, "%s/%s", folder, name);
    assert_int_equal (write_file (longest, "long", true), FAISS_OK);
    assert_text (longest, "long");
}

static void test_symbolic_links (void **state) {
    (void)state;
    char *target = path_to ("target"), *link = path_to ("link"), *link2 = path_to ("link2");
    struct stat status;
    assert_int_equal (symlink ("target", link), 0); /* to nothing yet */
    assert_int_equal (symlink (link, link2), 0);
    assert_int_equal (write_file (link2, "through", true), FAISS_OK);
    assert_text (target, "through");
    assert_int_equal (write_file (link, "again", true), FAISS_OK);
    assert_text (target, "again");
    assert_true (lstat (link, &status) == 0 && S_ISLNK (status.st_mode));
    char *circle = path_to ("circle");
    assert_int_equal (symlink ("circle", circle), 0);
    assert_int_equal (write_file (circle, "x", true), FAISS_EXCEPT);
    assert_message ("circle");
}

static void test_unwritable (void **state) {
    (void)state;
    assert_int_equal (write_file (path_to ("no/such/folder"), "x", true), FAISS_EXCEPT);
    assert_message ("No such file or directory");
    assert_int_equal (write_file (folder, "x", true), FAISS_EXCEPT);
    assert_message ("Is a directory");
    assert_int_equal (write_file ("", "x", true), FAISS_EXCEPT);
    enum { NOBODY = 65534 };
    bool is_root = geteuid () == 0; /* who may write everywhere */
    if (is_root && (chown (folder, NOBODY, (gid_t)-1) != 0 || seteuid (NOBODY) != 0)) {
        return;
    }
    char *closed = path_to ("closed"), *inside = path_to ("closed/a.index");
    assert_int_equal (mkdir (closed, 0755), 0);
    put_text (inside, "old");
    assert_int_equal (chmod (closed, 0555), 0);
    assert_int_equal (write_file (inside, "new", true), FAISS_EXCEPT);
    assert_message ("cannot write to its folder: Permission denied");
    assert_text (inside, "old");
    char *read_only = path_to ("read_only");
    put_text (read_only, "old");
    assert_int_equal (chmod (read_only, 0444), 0);
    assert_int_equal (write_file (read_only, "new", true), FAISS_EXCEPT);
    assert_message ("Permission denied");
    assert_text (read_only, "old");
    FaissFileIOReader *r = NULL;
    assert_int_equal (chmod (read_only, 0), 0);
    assert_int_equal (faiss_FileIOReader_new_with_name (&r, read_only), FAISS_EXCEPT);
    assert_message ("read_only: cannot open for reading: Permission denied");
    assert_null (r);
    if (is_root) {
        assert_int_equal (seteuid (0), 0);
    }
}

static void test_full_disk (void **state) {
    (void)state;
    if (access ("/dev/full", W_OK) != 0) {
        skip ();
    }
    assert_int_equal (write_file ("/dev/full", "x", true), FAISS_EXCEPT);
    assert_message ("/dev/full: cannot write: No space left on device");
    FaissFileIOWriter *w;
    FaissUInt8Vector big = {0};
    faiss_UInt8Vector_resize (&big, 1 << 20);
    assert_int_equal (faiss_FileIOWriter_new_with_name (&w, "/dev/full"), FAISS_OK);
    assert_int_equal (faiss_write_UInt8Vector (&w->writer, &big), FAISS_EXCEPT);
    assert_message ("No space left on device");
    faiss_IOWriter_free (&w->writer);
    faiss_UInt8Vector_clear (&big);
    struct stat status;
    assert_true (stat ("/dev/full", &status) == 0 && S_ISCHR (status.st_mode));
}

static void test_unreadable (void **state) {
    (void)state;
    FaissFileIOReader *r = NULL;
    FaissMappedFileIOReader *m = NULL;
    char *path = path_to ("empty");
    assert_int_equal (faiss_FileIOReader_new_with_name (&r, path), FAISS_EXCEPT);
    assert_message ("empty: cannot open for reading: No such file or directory");
    assert_int_equal (faiss_FileIOReader_new_with_name (&r, folder), FAISS_EXCEPT);
    assert_message ("is a folder");
    put_text (path, "");
    assert_int_equal (faiss_MappedFileIOReader_new_with_name (&m, path), FAISS_EXCEPT);
    assert_message ("the file is empty");
    assert_int_equal (faiss_MappedFileIOReader_new_with_name (&m, "/dev/null"), FAISS_EXCEPT);
    assert_message ("only a regular file can be mapped");
    assert_null (r);
    assert_null (m);
}

/* The bytes of a file come from a stream, a pipe and a mapping alike. */
static void test_ways_to_read (void **state) {
    (void)state;
    char *path = path_to ("numbers");
    enum { N = 300001 };
    FaissUInt8Vector bytes = {0};
    faiss_UInt8Vector_resize (&bytes, N);
    for (int i = 0; i < N; i++) {
        bytes.data[i] = (uint8_t)(i * 7);
    }
    FaissFileIOWriter *w;
    assert_int_equal (faiss_FileIOWriter_new_with_name (&w, path), FAISS_OK);
    assert_int_equal (faiss_write_UInt8Vector (&w->writer, &bytes), FAISS_OK);
    assert_int_equal (faiss_FileIOWriter_close (w), FAISS_OK);
    assert_int_equal (faiss_FileIOWriter_close (w), FAISS_EXCEPT);
    faiss_IOWriter_free (&w->writer);

    char command[256];
    snprintf (command, sizeof command, "cat '%s'", path);
    FILE *pipe = popen (command, "r");
    FaissFileIOReader *from_file, *from_pipe;
    FaissMappedFileIOReader *mapped;
    assert_int_equal (faiss_FileIOReader_new_with_name (&from_file, path), FAISS_OK);
    assert_int_equal (faiss_FileIOReader_new_with_file (&from_pipe, pipe), FAISS_OK);
    assert_int_equal (faiss_MappedFileIOReader_new_with_name (&mapped, path), FAISS_OK);
    FaissIOReader *readers[] = {&from_file->reader, &from_pipe->reader, &mapped->reader};
    for (int i = 0; i < 3; i++) {
        FaissUInt8Vector back = {0};
        assert_int_equal (faiss_read_UInt8Vector (readers[i], &back, "bytes"), FAISS_OK);
        faiss_IOReader_free (readers[i]);
        assert_int_equal (back.size, N);
        assert_memory_equal (back.data, bytes.data, N);
        assert_int_equal (back.owner != NULL, i == 2);
        back.data[0] = 1; /* a mapping is private */
        assert_int_equal (faiss_UInt8Vector_push_back (&back, 9), FAISS_OK);
        assert_null (back.owner);
        assert_int_equal (back.data[0], 1);
        faiss_UInt8Vector_clear (&back);
    }
    pclose (pipe);
    FILE *f = fopen (path, "rb");
    fseek (f, 8, SEEK_SET);
    assert_int_equal (fgetc (f), 0);
    fclose (f);
    faiss_UInt8Vector_clear (&bytes);
}

/* Pieces of any size, through buffers of any size. */
static void test_buffers (void **state) {
    (void)state;
    uint8_t in[1000], out[1000];
    for (size_t i = 0; i < sizeof in; i++) {
        in[i] = (uint8_t)(i * 7);
    }
    for (size_t bsz = 1; bsz <= 2000; bsz = bsz * 3 + 1) {
        FaissVectorIOWriter *memory;
        FaissBufferedIOWriter *writer;
        assert_int_equal (faiss_VectorIOWriter_new (&memory), FAISS_OK);
        assert_int_equal (faiss_BufferedIOWriter_new_with (&writer, &memory->writer, bsz),
                          FAISS_OK);
        FaissIOWriter *w = &writer->base;
        size_t done = 0;
        for (size_t n = 0; done + n <= sizeof in; n++) {
            assert_int_equal (w->cls->write (w, in + done, 1, n), n);
            done += n;
        }
        faiss_IOWriter_free (w);
        assert_int_equal (memory->data.size, done);
        assert_memory_equal (memory->data.data, in, done);

        FaissZeroCopyIOReader *source;
        FaissBufferedIOReader *reader;
        assert_int_equal (
            faiss_ZeroCopyIOReader_new_with (&source, memory->data.data, memory->data.size),
            FAISS_OK);
        assert_int_equal (faiss_BufferedIOReader_new_with (&reader, &source->reader, bsz),
                          FAISS_OK);
        FaissIOReader *r = &reader->base;
        assert_int_equal (r->cls->read (r, out, 3, 100), 100);
        assert_int_equal (r->cls->read (r, out + 300, 1, 1000), done - 300);
        assert_memory_equal (out, in, done);
        assert_int_equal (r->cls->read (r, out, 1, 1), 0);
        faiss_ZeroCopyIOReader_reset (source);
        void *view;
        assert_int_equal (faiss_ZeroCopyIOReader_get_data_view (source, &view, 4, 2), 2);
        assert_memory_equal (view, in, 8);
        faiss_IOReader_free (r);
        faiss_IOReader_free (&source->reader);
        faiss_IOWriter_free (&memory->writer);
    }
    FaissBufferedIOReader *none = NULL;
    assert_int_not_equal (faiss_BufferedIOReader_new_with (&none, NULL, 10), FAISS_OK);
    assert_null (none);
}

int main (void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (test_buffers),
        cmocka_unit_test (test_fields_come_back),
        cmocka_unit_test (test_bad_bool),
        cmocka_unit_test (test_impossible_counts),
        cmocka_unit_test (test_byte_limit),
        cmocka_unit_test (test_functions),
        cmocka_unit_test_setup_teardown (test_atomic_replacement, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown (test_symbolic_links, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown (test_unwritable, make_folder, remove_folder),
        cmocka_unit_test (test_full_disk),
        cmocka_unit_test_setup_teardown (test_unreadable, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown (test_ways_to_read, make_folder, remove_folder),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
