/* Readers and writers in front of others, and of memory that is not copied. */
#include <faiss/impl/io.h>

#include <string.h>

#include <faiss/impl/check.h>

static size_t min_size (size_t a, size_t b) {
    return a < b ? a : b;
}

/* ---- reading in large pieces ---- */

static size_t BufferedIOReader_read (FaissIOReader *reader, void *ptr, size_t size, size_t nitems) {
    FaissBufferedIOReader *self = FAISS_SELF (BufferedIOReader, base, reader);
    if (size == 0 || nitems > SIZE_MAX / size) {
        return size ? 0 : nitems;
    }
    size_t wanted = size * nitems, done = 0;
    while (done < wanted) {
        if (self->b0 == self->b1) {
            self->b0 = 0;
            self->b1 = self->reader->cls->read (self->reader, self->buffer.data, 1, self->bsz);
            self->ofs += self->b1;
            if (self->b1 == 0) {
                break;
            }
        }
        size_t n = min_size (wanted - done, self->b1 - self->b0);
        memcpy ((char *)ptr + done, self->buffer.data + self->b0, n);
        self->b0 += n;
        done += n;
    }
    self->ofs2 += done;
    return done / size;
}

static void BufferedIOReader_finalize (void *object) {
    faiss_UInt8Vector_clear (&((FaissBufferedIOReader *)object)->buffer);
}

FaissIOReaderClass faiss_BufferedIOReader_class = {
    .head = {.name = "BufferedIOReader",
             .parent = &faiss_IOReader_class.head,
             .instance_size = sizeof (FaissBufferedIOReader),
             .table_size = sizeof (FaissIOReaderClass),
             .finalize = BufferedIOReader_finalize},
    .read = BufferedIOReader_read,
};

FaissStatus faiss_BufferedIOReader_new_with (FaissBufferedIOReader **out, FaissIOReader *reader,
                                             size_t bsz) {
    FAISS_REQUIRE_ARG (out);
    FAISS_REQUIRE (reader, "reader is NULL");
    FAISS_REQUIRE (bsz > 0, "expected bsz > 0, got 0");
    FaissBufferedIOReader *self = NULL;
    FAISS_TRY (faiss_object_new (&self, &faiss_BufferedIOReader_class.head));
    self->reader = reader;
    self->bsz = bsz;
    FaissStatus status = faiss_UInt8Vector_resize (&self->buffer, bsz);
    if (status != FAISS_OK) {
        faiss_IOReader_free (&self->base);
        return status;
    }
    *out = self;
    return FAISS_OK;
}

/* ---- writing in large pieces ---- */

/* Hands over what is in the buffer; what does not go through stays. */
static bool flush (FaissBufferedIOWriter *self) {
    size_t n =
        self->b0 ? self->writer->cls->write (self->writer, self->buffer.data, 1, self->b0) : 0;
    self->ofs += n;
    if (n < self->b0) {
        memmove (self->buffer.data, self->buffer.data + n, self->b0 - n);
    }
    self->b0 -= n;
    return self->b0 == 0;
}

static size_t BufferedIOWriter_write (FaissIOWriter *writer, const void *ptr, size_t size,
                                      size_t nitems) {
    FaissBufferedIOWriter *self = FAISS_SELF (BufferedIOWriter, base, writer);
    if (size == 0 || nitems > SIZE_MAX / size) {
        return size ? 0 : nitems;
    }
    size_t wanted = size * nitems, done = 0;
    while (done < wanted) {
        if (self->b0 == self->bsz && !flush (self)) {
            break;
        }
        size_t n = min_size (wanted - done, self->bsz - self->b0);
        memcpy (self->buffer.data + self->b0, (const char *)ptr + done, n);
        self->b0 += n;
        done += n;
    }
    self->ofs2 += done;
    return done / size;
}

static void BufferedIOWriter_finalize (void *object) {
    FaissBufferedIOWriter *self = object;
    if (self->writer) {
        (void)flush (self);
    }
    faiss_UInt8Vector_clear (&self->buffer);
}

FaissIOWriterClass faiss_BufferedIOWriter_class = {
    .head = {.name = "BufferedIOWriter",
             .parent = &faiss_IOWriter_class.head,
             .instance_size = sizeof (FaissBufferedIOWriter),
             .table_size = sizeof (FaissIOWriterClass),
             .finalize = BufferedIOWriter_finalize},
    .write = BufferedIOWriter_write,
};

FaissStatus faiss_BufferedIOWriter_new_with (FaissBufferedIOWriter **out, FaissIOWriter *writer,
                                             size_t bsz) {
    FAISS_REQUIRE_ARG (out);
    FAISS_REQUIRE (writer, "writer is NULL");
    FAISS_REQUIRE (bsz > 0, "expected bsz > 0, got 0");
    FaissBufferedIOWriter *self = NULL;
    FAISS_TRY (faiss_object_new (&self, &faiss_BufferedIOWriter_class.head));
    self->writer = writer;
    self->bsz = bsz;
    FaissStatus status = faiss_UInt8Vector_resize (&self->buffer, bsz);
    if (status != FAISS_OK) {
        faiss_IOWriter_free (&self->base);
        return status;
    }
    *out = self;
    return FAISS_OK;
}

FaissStatus faiss_BufferedIOWriter_flush (FaissBufferedIOWriter *self) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE (flush (self), "%zu bytes could not be written", self->b0);
    return FAISS_OK;
}

/* ---- memory, as it is ---- */

static size_t bytes_left (const FaissZeroCopyIOReader *self) {
    return self->rp_ < self->total_ ? self->total_ - self->rp_ : 0;
}

size_t faiss_ZeroCopyIOReader_get_data_view (FaissZeroCopyIOReader *self, void **ptr, size_t size,
                                             size_t nitems) {
    if (!self || !ptr) {
        return 0;
    }
    size_t complete = size ? bytes_left (self) / size : nitems;
    size_t n = min_size (complete, nitems);
    *ptr = (void *)(uintptr_t)(self->data_ + min_size (self->rp_, self->total_));
    self->rp_ += n * size;
    return n;
}

static size_t ZeroCopyIOReader_read (FaissIOReader *reader, void *ptr, size_t size, size_t nitems) {
    FaissZeroCopyIOReader *self = FAISS_SELF (ZeroCopyIOReader, reader, reader);
    void *view;
    size_t n = faiss_ZeroCopyIOReader_get_data_view (self, &view, size, nitems);
    if (n * size > 0) {
        memcpy (ptr, view, n * size);
    }
    return n;
}

static bool ZeroCopyIOReader_remaining (FaissIOReader *reader, size_t *bytes) {
    *bytes = bytes_left (FAISS_SELF (ZeroCopyIOReader, reader, reader));
    return true;
}

/* The memory is the caller's: views of it need no owner but this one, which nobody frees. */
static void release_nothing (FaissMemoryOwner *self) {
    (void)self;
}

static FaissMemoryOwner callers_memory = {.references = 1, .release = release_nothing};

static void *ZeroCopyIOReader_view (FaissIOReader *reader, size_t n, FaissMemoryOwner **owner) {
    FaissZeroCopyIOReader *self = FAISS_SELF (ZeroCopyIOReader, reader, reader);
    if (n > bytes_left (self)) {
        return NULL;
    }
    void *view;
    (void)faiss_ZeroCopyIOReader_get_data_view (self, &view, 1, n);
    *owner = &callers_memory;
    return view;
}

FaissIOReaderClass faiss_ZeroCopyIOReader_class = {
    .head = {.name = "ZeroCopyIOReader",
             .parent = &faiss_IOReader_class.head,
             .instance_size = sizeof (FaissZeroCopyIOReader),
             .table_size = sizeof (FaissIOReaderClass)},
    .read = ZeroCopyIOReader_read,
    .remaining = ZeroCopyIOReader_remaining,
    .view = ZeroCopyIOReader_view,
};

FaissStatus faiss_ZeroCopyIOReader_new_with (FaissZeroCopyIOReader **out, const uint8_t *data,
                                             size_t size) {
    FAISS_REQUIRE_ARG (out);
    FAISS_REQUIRE (data || size == 0, "data is NULL, but size=%zu", size);
    FaissZeroCopyIOReader *self = NULL;
    FAISS_TRY (faiss_object_new (&self, &faiss_ZeroCopyIOReader_class.head));
    self->data_ = data;
    self->total_ = size;
    *out = self;
    return FAISS_OK;
}

void faiss_ZeroCopyIOReader_reset (FaissZeroCopyIOReader *self) {
    if (self) {
        self->rp_ = 0;
    }
}
