/* Readers and writers: where index files come from and go to. */
#ifndef FAISS_IO_H
#define FAISS_IO_H

#include <stdio.h>

#include <faiss/impl/object.h>
#include <faiss/utils/vector.h>

FAISS_BEGIN_DECLS

/** A source of bytes.
 *
 * The last read may come up short; reads are strictly sequential.
 */
typedef struct FaissIOReader {
    FAISS_PRIVATE (struct FaissIOReaderClass *cls;)
    FAISS_PRIVATE (char *name;)   /* for messages, the file name for instance; owned, may be NULL */
    FAISS_PRIVATE (int nesting;)  /* indexes within indexes, to refuse endless nesting */
    FAISS_PRIVATE (size_t nlist;) /* of the index whose lists are read, 0 if there is none */
    FAISS_PRIVATE (const char *object;) /* class of what is being read, for messages, or NULL */
} FaissIOReader;

/// A destination of bytes.
typedef struct FaissIOWriter {
    FAISS_PRIVATE (struct FaissIOWriterClass *cls;)
    FAISS_PRIVATE (char *name;) /* for messages; owned, may be NULL */
} FaissIOWriter;

#ifndef SWIG
typedef struct FaissIOReaderClass {
    FaissClass head;
    /// like fread: returns the number of complete items
    size_t (*read) (FaissIOReader *self, void *ptr, size_t size, size_t nitems);
    /// the file descriptor behind it, -1 if there is none
    int (*filedescriptor) (FaissIOReader *self);
    /// how many bytes are left; false if that cannot be known
    bool (*remaining) (FaissIOReader *self, size_t *bytes);
    /// n bytes as a view of memory that owner keeps alive (a mapped file), or NULL if it cannot
    void *(*view) (FaissIOReader *self, size_t n, FaissMemoryOwner **owner);
} FaissIOReaderClass;

typedef struct FaissIOWriterClass {
    FaissClass head;
    size_t (*write) (FaissIOWriter *self, const void *ptr, size_t size, size_t nitems);
    int (*filedescriptor) (FaissIOWriter *self);
} FaissIOWriterClass;

extern FaissIOReaderClass faiss_IOReader_class;
extern FaissIOWriterClass faiss_IOWriter_class;
extern FaissIOReaderClass faiss_CustomIOReader_class;
extern FaissIOWriterClass faiss_CustomIOWriter_class;
extern FaissIOReaderClass faiss_VectorIOReader_class;
extern FaissIOWriterClass faiss_VectorIOWriter_class;
extern FaissIOReaderClass faiss_FileIOReader_class;
extern FaissIOReaderClass faiss_MappedFileIOReader_class;
extern FaissIOWriterClass faiss_FileIOWriter_class;
extern FaissIOReaderClass faiss_BufferedIOReader_class;
extern FaissIOWriterClass faiss_BufferedIOWriter_class;
extern FaissIOReaderClass faiss_ZeroCopyIOReader_class;
#endif

void faiss_IOReader_free (FaissIOReader *self);
void faiss_IOWriter_free (FaissIOWriter *self);

/// Reads by a function with fread's meaning but no stream; must return nitems, else it is an error.
typedef struct FaissCustomIOReader FAISS_EXTENDS (FaissIOReader) {
    union {
        FaissIOReader reader;
    };
    FAISS_PRIVATE (size_t (*func_in) (void *ptr, size_t size, size_t nitems);)
} FaissCustomIOReader;

/// Writes by a function with fwrite's meaning but no stream.
typedef struct FaissCustomIOWriter FAISS_EXTENDS (FaissIOWriter) {
    union {
        FaissIOWriter writer;
    };
    FAISS_PRIVATE (size_t (*func_in) (const void *ptr, size_t size, size_t nitems);)
} FaissCustomIOWriter;

FaissStatus faiss_CustomIOReader_new (FaissCustomIOReader **out,
                                      size_t (*func_in) (void *ptr, size_t size, size_t nitems));
void faiss_CustomIOReader_free (FaissCustomIOReader *self);
FaissStatus faiss_CustomIOWriter_new (FaissCustomIOWriter **out,
                                      size_t (*func_in) (const void *ptr, size_t size,
                                                         size_t nitems));
void faiss_CustomIOWriter_free (FaissCustomIOWriter *self);

/// Reads from memory: fill `data`, read from position `rp` on.
typedef struct FaissVectorIOReader FAISS_EXTENDS (FaissIOReader) {
    union {
        FaissIOReader reader;
    };
    FaissUInt8Vector data;
    size_t rp; ///< read position
} FaissVectorIOReader;

/// Writes to memory: the bytes are in `data`.
typedef struct FaissVectorIOWriter FAISS_EXTENDS (FaissIOWriter) {
    union {
        FaissIOWriter writer;
    };
    FaissUInt8Vector data;
} FaissVectorIOWriter;

FaissStatus faiss_VectorIOReader_new (FaissVectorIOReader **out);
/// A reader of n bytes at `bytes`, which must stay while it is used.
FaissStatus faiss_VectorIOReader_new_with (FaissVectorIOReader **out, const void *bytes, size_t n);
FaissStatus faiss_VectorIOWriter_new (FaissVectorIOWriter **out);

/// Reads from a FILE.
typedef struct FaissFileIOReader FAISS_EXTENDS (FaissIOReader) {
    union {
        FaissIOReader reader;
    };
    FILE *f;
    bool need_close; ///< close f with the reader
} FaissFileIOReader;

/** Writes to a FILE or, atomically, to a file name.
 *
 * By name the bytes go to a temporary file in the same folder, which takes the name's place in
 * faiss_FileIOWriter_close; freeing an unclosed writer removes it. Symbolic links are followed, a
 * file that is replaced passes its permissions on. What is no regular file, a pipe or /dev/stdout,
 * is written directly.
 */
typedef struct FaissFileIOWriter FAISS_EXTENDS (FaissIOWriter) {
    union {
        FaissIOWriter writer;
    };
    FILE *f;
    bool need_close;
    FAISS_PRIVATE (char *temporary_name;) /* NULL where there is none */
    FAISS_PRIVATE (char *final_name;)     /* the name, behind symbolic links, that it will take */
} FaissFileIOWriter;

/** Reads from a mapped file: large arrays become views of it.
 *
 * The mapping lives as long as the reader or any view. It is private: what is changed in a view
 * does not reach the file. The file may not be cut short meanwhile.
 */
typedef struct FaissMappedFileIOReader FAISS_EXTENDS (FaissIOReader) {
    union {
        FaissIOReader reader;
    };
    FAISS_PRIVATE (FaissMemoryOwner *owner; uint8_t * data; size_t size;)
    size_t pos; ///< read position in the file
} FaissMappedFileIOReader;

/// f is borrowed.
FaissStatus faiss_FileIOReader_new_with_file (FaissFileIOReader **out, FILE *f);
/// The file is closed with the reader.
FaissStatus faiss_FileIOReader_new_with_name (FaissFileIOReader **out, const char *fname);
/// Maps the whole file.
FaissStatus faiss_MappedFileIOReader_new_with_name (FaissMappedFileIOReader **out,
                                                    const char *fname);
/// Maps the file behind f; reading starts at its position. f itself does not move.
FaissStatus faiss_MappedFileIOReader_new_with_file (FaissMappedFileIOReader **out, FILE *f);
FaissStatus faiss_FileIOWriter_new_with_file (FaissFileIOWriter **out, FILE *f);
FaissStatus faiss_FileIOWriter_new_with_name (FaissFileIOWriter **out, const char *fname);

/// Reads another reader in pieces of bsz bytes, for one whose calls are dear.
typedef struct FaissBufferedIOReader FAISS_EXTENDS (FaissIOReader) {
    union {
        FaissIOReader base;
    };
    FaissIOReader *reader; ///< borrowed
    size_t bsz;            ///< size of the buffer
    size_t ofs;            ///< bytes read from the reader
    size_t ofs2;           ///< bytes handed on
    size_t b0, b1;         ///< what is in the buffer: b0 .. b1 - 1
    FaissUInt8Vector buffer;
} FaissBufferedIOReader;

/// Collects what is written and hands it to another writer in pieces of bsz bytes; the rest when it
/// is freed, where an error can no longer be told: faiss_BufferedIOWriter_flush can tell it.
typedef struct FaissBufferedIOWriter FAISS_EXTENDS (FaissIOWriter) {
    union {
        FaissIOWriter base;
    };
    FaissIOWriter *writer; ///< borrowed
    size_t bsz;            ///< size of the buffer
    size_t ofs;            ///< bytes handed to the writer
    size_t ofs2;           ///< bytes taken
    size_t b0;             ///< bytes in the buffer
    FaissUInt8Vector buffer;
} FaissBufferedIOWriter;

/// Reads memory of the caller's; codes and ids of what is read become views of it.
typedef struct FaissZeroCopyIOReader FAISS_EXTENDS (FaissIOReader) {
    union {
        FaissIOReader reader;
    };
    const uint8_t *data_; ///< borrowed: by the indexes that are read, too
    size_t rp_;           ///< read position
    size_t total_;        ///< bytes
} FaissZeroCopyIOReader;

/// @param reader  borrowed
/// @param bsz     bytes of the buffer
FaissStatus faiss_BufferedIOReader_new_with (FaissBufferedIOReader **out, FaissIOReader *reader,
                                             size_t bsz FAISS_DEFAULT (1024 * 1024));
/// @param writer  borrowed
/// @param bsz     bytes of the buffer
FaissStatus faiss_BufferedIOWriter_new_with (FaissBufferedIOWriter **out, FaissIOWriter *writer,
                                             size_t bsz FAISS_DEFAULT (1024 * 1024));
/// Hand over what is in the buffer.
FaissStatus faiss_BufferedIOWriter_flush (FaissBufferedIOWriter *self);
FaissStatus faiss_ZeroCopyIOReader_new_with (FaissZeroCopyIOReader **out, const uint8_t *data,
                                             size_t size);
/// Begin again.
void faiss_ZeroCopyIOReader_reset (FaissZeroCopyIOReader *self);
/// As fread, but *ptr becomes the address of the items.
size_t faiss_ZeroCopyIOReader_get_data_view (FaissZeroCopyIOReader *self, void **ptr, size_t size,
                                             size_t nitems);

/// Flush, sync and put the file in its place; by FILE only flush. To be called once, before free.
FaissStatus faiss_FileIOWriter_close (FaissFileIOWriter *self);

FAISS_END_DECLS

#endif
