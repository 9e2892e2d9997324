/* Readers and writers but for the FILE kinds (io_file.c). */
#include <faiss/impl/io.h>

#include <string.h>

#include <faiss/impl/check.h>

/* ---- roots ---- */

static int no_descriptor (FaissIOReader *self) {
    (void)self;
    return -1;
}

static bool unknown_remaining (FaissIOReader *self, size_t *bytes) {
    (void)self;
    (void)bytes;
    return false;
}

static void *no_view (FaissIOReader *self, size_t n, FaissMemoryOwner **owner) {
    (void)self;
    (void)n;
    (void)owner;
    return NULL;
}

static void IOReader_finalize (void *self) {
    free (((FaissIOReader *)self)->name);
}

FaissIOReaderClass faiss_IOReader_class = {
    .head =
        {
            .name = "IOReader",
            .instance_size = sizeof (FaissIOReader),
            .table_size = sizeof (FaissIOReaderClass),
            .finalize = IOReader_finalize,
        },
    .filedescriptor = no_descriptor,
    .remaining = unknown_remaining,
    .view = no_view,
};

static int no_writer_descriptor (FaissIOWriter *self) {
    (void)self;
    return -1;
}

static void IOWriter_finalize (void *self) {
    free (((FaissIOWriter *)self)->name);
}

FaissIOWriterClass faiss_IOWriter_class = {
    .head =
        {
            .name = "IOWriter",
            .instance_size = sizeof (FaissIOWriter),
            .table_size = sizeof (FaissIOWriterClass),
            .finalize = IOWriter_finalize,
        },
    .filedescriptor = no_writer_descriptor,
};

void faiss_IOReader_free (FaissIOReader *self) {
    faiss_object_free (self);
}

void faiss_IOWriter_free (FaissIOWriter *self) {
    faiss_object_free (self);
}

/* ---- by a function ---- */

static size_t CustomIOReader_read (FaissIOReader *reader, void *ptr, size_t size, size_t nitems) {
    return FAISS_SELF (CustomIOReader, reader, reader)->func_in (ptr, size, nitems);
}

FaissIOReaderClass faiss_CustomIOReader_class = {
    .head =
        {
            .name = "CustomIOReader",
            .parent = &faiss_IOReader_class.head,
            .instance_size = sizeof (FaissCustomIOReader),
            .table_size = sizeof (FaissIOReaderClass),
        },
    .read = CustomIOReader_read,
};

FaissStatus faiss_CustomIOReader_new (FaissCustomIOReader **out,
                                      size_t (*func_in) (void *ptr, size_t size, size_t nitems)) {
    FAISS_REQUIRE_ARG (out);
    FAISS_REQUIRE_ARG (func_in);
    FaissCustomIOReader *self;
    FAISS_TRY (faiss_object_new (&self, &faiss_CustomIOReader_class.head));
    self->func_in = func_in;
    *out = self;
    return FAISS_OK;
}

void faiss_CustomIOReader_free (FaissCustomIOReader *self) {
    faiss_object_free (self);
}

static size_t CustomIOWriter_write (FaissIOWriter *writer, const void *ptr, size_t size,
                                    size_t nitems) {
    return FAISS_SELF (CustomIOWriter, writer, writer)->func_in (ptr, size, nitems);
}

FaissIOWriterClass faiss_CustomIOWriter_class = {
    .head =
        {
            .name = "CustomIOWriter",
            .parent = &faiss_IOWriter_class.head,
            .instance_size = sizeof (FaissCustomIOWriter),
            .table_size = sizeof (FaissIOWriterClass),
        },
    .write = CustomIOWriter_write,
};

FaissStatus faiss_CustomIOWriter_new (FaissCustomIOWriter **out,
                                      size_t (*func_in) (const void *ptr, size_t size,
                                                         size_t nitems)) {
    FAISS_REQUIRE_ARG (out);
    FAISS_REQUIRE_ARG (func_in);
    FaissCustomIOWriter *self;
    FAISS_TRY (faiss_object_new (&self, &faiss_CustomIOWriter_class.head));
    self->func_in = func_in;
    *out = self;
    return FAISS_OK;
}

void faiss_CustomIOWriter_free (FaissCustomIOWriter *self) {
    faiss_object_free (self);
}

/* ---- memory ---- */

static size_t bytes_left (const FaissVectorIOReader *self) {
    return self->rp < self->data.size ? self->data.size - self->rp : 0;
}

static size_t VectorIOReader_read (FaissIOReader *reader, void *ptr, size_t size, size_t nitems) {
    FaissVectorIOReader *self = FAISS_SELF (VectorIOReader, reader, reader);
    size_t complete = size ? bytes_left (self) / size : nitems;
    size_t n = complete < nitems ? complete : nitems;
    if (n * size > 0) {
        memcpy (ptr, self->data.data + self->rp, n * size);
        self->rp += n * size;
    }
    return n;
}

static bool VectorIOReader_remaining (FaissIOReader *reader, size_t *bytes) {
    *bytes = bytes_left (FAISS_SELF (VectorIOReader, reader, reader));
    return true;
}

static void VectorIOReader_finalize (void *object) {
    faiss_UInt8Vector_clear (&((FaissVectorIOReader *)object)->data);
}

FaissIOReaderClass faiss_VectorIOReader_class = {
    .head =
        {
            .name = "VectorIOReader",
            .parent = &faiss_IOReader_class.head,
            .instance_size = sizeof (FaissVectorIOReader),
            .table_size = sizeof (FaissIOReaderClass),
            .finalize = VectorIOReader_finalize,
        },
    .read = VectorIOReader_read,
    .remaining = VectorIOReader_remaining,
};

FaissStatus faiss_VectorIOReader_new (FaissVectorIOReader **out) {
    FAISS_REQUIRE_ARG (out);
    return faiss_object_new (out, &faiss_VectorIOReader_class.head);
}

/* The bytes belong to the caller of faiss_VectorIOReader_new_with: nothing to release. */
static void release_nothing (FaissMemoryOwner *self) {
    (void)self;
}

static FaissMemoryOwner callers_memory = {.references = 1, .release = release_nothing};

FaissStatus faiss_VectorIOReader_new_with (FaissVectorIOReader **out, const void *bytes, size_t n) {
    FAISS_REQUIRE_ARG (out);
    FAISS_REQUIRE (bytes || n == 0, "bytes is NULL, but n=%zu", n);
    FaissVectorIOReader *self;
    FAISS_TRY (faiss_VectorIOReader_new (&self));
    /* the reader only reads */
    faiss_UInt8Vector_view (&self->data, (uint8_t *)(uintptr_t)bytes, n, &callers_memory);
    *out = self;
    return FAISS_OK;
}

static size_t VectorIOWriter_write (FaissIOWriter *writer, const void *ptr, size_t size,
                                    size_t nitems) {
    FaissVectorIOWriter *self = FAISS_SELF (VectorIOWriter, writer, writer);
    if (size && nitems > SIZE_MAX / size) {
        return 0;
    }
    return faiss_UInt8Vector_append (&self->data, ptr, size * nitems) == FAISS_OK ? nitems : 0;
}

static void VectorIOWriter_finalize (void *object) {
    faiss_UInt8Vector_clear (&((FaissVectorIOWriter *)object)->data);
}

FaissIOWriterClass faiss_VectorIOWriter_class = {
    .head =
        {
            .name = "VectorIOWriter",
            .parent = &faiss_IOWriter_class.head,
            .instance_size = sizeof (FaissVectorIOWriter),
            .table_size = sizeof (FaissIOWriterClass),
            .finalize = VectorIOWriter_finalize,
        },
    .write = VectorIOWriter_write,
};

FaissStatus faiss_VectorIOWriter_new (FaissVectorIOWriter **out) {
    FAISS_REQUIRE_ARG (out);
    return faiss_object_new (out, &faiss_VectorIOWriter_class.head);
}
