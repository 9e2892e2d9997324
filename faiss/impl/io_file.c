/* Readers and writers of files: streams, mapped files, atomic replacement. */
#define _DEFAULT_SOURCE /* MAP_NORESERVE, realpath */
#include <faiss/impl/io.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <faiss/impl/check.h>

static FaissStatus copy_text (char **out, const char *text) {
    FAISS_TRY (faiss_alloc (out, strlen (text) + 1, 1));
    strcpy (*out, text);
    return FAISS_OK;
}

static FaissStatus system_error (const char *name, const char *what) {
    return faiss_fail (FAISS_EXCEPT, "%s: %s: %s", name, what, strerror (errno));
}

/* ---- reading a stream ---- */

static size_t FileIOReader_read (FaissIOReader *reader, void *ptr, size_t size, size_t nitems) {
    return fread (ptr, size, nitems, FAISS_SELF (FileIOReader, reader, reader)->f);
}

static int FileIOReader_filedescriptor (FaissIOReader *reader) {
    return fileno (FAISS_SELF (FileIOReader, reader, reader)->f);
}

/* Files of /proc and the like say 0 though they have content: nothing is known of those. */
static bool FileIOReader_remaining (FaissIOReader *reader, size_t *bytes) {
    FILE *f = FAISS_SELF (FileIOReader, reader, reader)->f;
    struct stat status;
    if (fstat (fileno (f), &status) != 0 || !S_ISREG (status.st_mode) || status.st_size <= 0) {
        return false;
    }
    off_t at = ftello (f);
    if (at < 0) {
        return false;
    }
    *bytes = at < status.st_size ? (size_t)(status.st_size - at) : 0;
    return true;
}

static void FileIOReader_finalize (void *object) {
    FaissFileIOReader *self = object;
    if (self->need_close && self->f) {
        fclose (self->f);
    }
}

FaissIOReaderClass faiss_FileIOReader_class = {
    .head =
        {
            .name = "FileIOReader",
            .parent = &faiss_IOReader_class.head,
            .instance_size = sizeof (FaissFileIOReader),
            .table_size = sizeof (FaissIOReaderClass),
            .finalize = FileIOReader_finalize,
        },
    .read = FileIOReader_read,
    .filedescriptor = FileIOReader_filedescriptor,
    .remaining = FileIOReader_remaining,
};

FaissStatus faiss_FileIOReader_new_with_file (FaissFileIOReader **out, FILE *f) {
    FAISS_REQUIRE_ARG (out);
    FAISS_REQUIRE_ARG (f);
    FaissFileIOReader *self;
    FAISS_TRY (faiss_object_new (&self, &faiss_FileIOReader_class.head));
    self->f = f;
    *out = self;
    return FAISS_OK;
}

FaissStatus faiss_FileIOReader_new_with_name (FaissFileIOReader **out, const char *fname) {
    FAISS_REQUIRE_ARG (out);
    FAISS_REQUIRE_ARG (fname);
    FAISS_OWNED (FileIOReader) *self = NULL;
    FAISS_TRY (faiss_object_new (&self, &faiss_FileIOReader_class.head));
    FAISS_TRY (copy_text (&self->reader.name, fname));
    self->f = fopen (fname, "rb");
    if (!self->f) {
        return system_error (fname, "cannot open for reading");
    }
    self->need_close = true;
    struct stat status;
    if (fstat (fileno (self->f), &status) == 0 && S_ISDIR (status.st_mode)) {
        return faiss_fail (FAISS_EXCEPT, "%s: is a folder, expected a file", fname);
    }
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

/* ---- mapped files ---- */

typedef struct MappedFile {
    FaissMemoryOwner owner;
    void *data;
    size_t size;
} MappedFile;

static void unmap_file (FaissMemoryOwner *owner) {
    MappedFile *self = (MappedFile *)owner;
    munmap (self->data, self->size);
    free (self);
}

static size_t mapped_bytes_left (const FaissMappedFileIOReader *self) {
    return self->pos < self->size ? self->size - self->pos : 0;
}

static size_t MappedFileIOReader_read (FaissIOReader *reader, void *ptr, size_t size,
                                       size_t nitems) {
    FaissMappedFileIOReader *self = FAISS_SELF (MappedFileIOReader, reader, reader);
    size_t complete = size ? mapped_bytes_left (self) / size : nitems;
    size_t n = complete < nitems ? complete : nitems;
    if (n * size > 0) {
        memcpy (ptr, self->data + self->pos, n * size);
        self->pos += n * size;
    }
    return n;
}

static bool MappedFileIOReader_remaining (FaissIOReader *reader, size_t *bytes) {
    *bytes = mapped_bytes_left (FAISS_SELF (MappedFileIOReader, reader, reader));
    return true;
}

static void *MappedFileIOReader_view (FaissIOReader *reader, size_t n, FaissMemoryOwner **owner) {
    FaissMappedFileIOReader *self = FAISS_SELF (MappedFileIOReader, reader, reader);
    if (n > mapped_bytes_left (self)) {
        return NULL;
    }
    void *view = self->data + self->pos;
    self->pos += n;
    *owner = self->owner;
    return view;
}

static void MappedFileIOReader_finalize (void *object) {
    faiss_MemoryOwner_release (((FaissMappedFileIOReader *)object)->owner);
}

FaissIOReaderClass faiss_MappedFileIOReader_class = {
    .head =
        {
            .name = "MappedFileIOReader",
            .parent = &faiss_IOReader_class.head,
            .instance_size = sizeof (FaissMappedFileIOReader),
            .table_size = sizeof (FaissIOReaderClass),
            .finalize = MappedFileIOReader_finalize,
        },
    .read = MappedFileIOReader_read,
    .remaining = MappedFileIOReader_remaining,
    .view = MappedFileIOReader_view,
};

/* Private and writable: a write to a view copies its page and leaves the file alone. */
static FaissStatus map_file (FaissMappedFileIOReader *self, FILE *f, const char *name) {
    struct stat status;
    if (fstat (fileno (f), &status) != 0) {
        return system_error (name, "cannot be mapped");
    }
    if (!S_ISREG (status.st_mode)) {
        return faiss_fail (FAISS_EXCEPT, "%s: only a regular file can be mapped", name);
    }
    if (status.st_size == 0) {
        return faiss_fail (FAISS_EXCEPT, "%s: the file is empty", name);
    }
    MappedFile *mapped;
    FAISS_TRY (faiss_alloc (&mapped, 1, sizeof *mapped));
    size_t size = (size_t)status.st_size;
    void *data =
        mmap (NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE, fileno (f), 0);
    if (data == MAP_FAILED) {
        free (mapped);
        return system_error (name, "cannot be mapped");
    }
    *mapped = (MappedFile){{.references = 1, .release = unmap_file}, data, size};
    self->owner = &mapped->owner;
    self->data = data;
    self->size = size;
    return FAISS_OK;
}

FaissStatus faiss_MappedFileIOReader_new_with_file (FaissMappedFileIOReader **out, FILE *f) {
    FAISS_REQUIRE_ARG (out);
    FAISS_REQUIRE_ARG (f);
    off_t at = ftello (f);
    if (at < 0) {
        return system_error ("FILE", "cannot be mapped");
    }
    FAISS_OWNED (MappedFileIOReader) *self = NULL;
    FAISS_TRY (faiss_object_new (&self, &faiss_MappedFileIOReader_class.head));
    FAISS_TRY (map_file (self, f, "FILE"));
    self->pos = (size_t)at;
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

FaissStatus faiss_MappedFileIOReader_new_with_name (FaissMappedFileIOReader **out,
                                                    const char *fname) {
    FAISS_REQUIRE_ARG (out);
    FaissFileIOReader *opened;
    FAISS_TRY (faiss_FileIOReader_new_with_name (&opened, fname));
    FAISS_OWNED (FileIOReader) *file = opened;
    FAISS_OWNED (MappedFileIOReader) *self = NULL;
    FAISS_TRY (faiss_object_new (&self, &faiss_MappedFileIOReader_class.head));
    FAISS_TRY (map_file (self, file->f, fname));
    self->reader.name = FAISS_STEAL (file->reader.name);
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

/* ---- writing ---- */

static size_t FileIOWriter_write (FaissIOWriter *writer, const void *ptr, size_t size,
                                  size_t nitems) {
    return fwrite (ptr, size, nitems, FAISS_SELF (FileIOWriter, writer, writer)->f);
}

static int FileIOWriter_filedescriptor (FaissIOWriter *writer) {
    return fileno (FAISS_SELF (FileIOWriter, writer, writer)->f);
}

static void FileIOWriter_finalize (void *object) {
    FaissFileIOWriter *self = object;
    if (self->need_close && self->f) {
        fclose (self->f);
    }
    if (self->temporary_name) {
        unlink (self->temporary_name);
    }
    free (self->temporary_name);
    free (self->final_name);
}

FaissIOWriterClass faiss_FileIOWriter_class = {
    .head =
        {
            .name = "FileIOWriter",
            .parent = &faiss_IOWriter_class.head,
            .instance_size = sizeof (FaissFileIOWriter),
            .table_size = sizeof (FaissIOWriterClass),
            .finalize = FileIOWriter_finalize,
        },
    .write = FileIOWriter_write,
    .filedescriptor = FileIOWriter_filedescriptor,
};

FaissStatus faiss_FileIOWriter_new_with_file (FaissFileIOWriter **out, FILE *f) {
    FAISS_REQUIRE_ARG (out);
    FAISS_REQUIRE_ARG (f);
    FaissFileIOWriter *self;
    FAISS_TRY (faiss_object_new (&self, &faiss_FileIOWriter_class.head));
    self->f = f;
    *out = self;
    return FAISS_OK;
}

/* The length of the folder part of a path, its last slash included. */
static size_t folder_length (const char *path) {
    const char *slash = strrchr (path, '/');
    return slash ? (size_t)(slash + 1 - path) : 0;
}

/* Where writing to fname ends up behind its symbolic links, whether that exists or not. */
static FaissStatus follow_links (const char *fname, char **out) {
    enum { MAX_LINKS = 40 };
    FAISS_AUTO_FREE (char) *path = NULL;
    FAISS_TRY (copy_text (&path, fname));
    for (int links = 0; links < MAX_LINKS; links++) {
        struct stat status;
        if (lstat (path, &status) != 0 || !S_ISLNK (status.st_mode)) {
            *out = FAISS_STEAL (path);
            return FAISS_OK;
        }
        char target[PATH_MAX];
        ssize_t length = readlink (path, target, sizeof target - 1);
        if (length < 0) {
            return system_error (path, "cannot read the symbolic link");
        }
        target[length] = '\0';
        size_t folder = target[0] == '/' ? 0 : folder_length (path);
        char *next;
        FAISS_TRY (faiss_alloc (&next, folder + (size_t)length + 1, 1));
        memcpy (next, path, folder);
        strcpy (next + folder, target);
        free (path);
        path = next;
    }
    errno = ELOOP;
    return system_error (fname, "cannot open for writing");
}

/* A new file beside final_name: ".<name>.<process>-<number>.tmp". Returns a descriptor. */
static FaissStatus open_temporary (FaissFileIOWriter *self, int *fd) {
    static unsigned counter;
    enum { MAX_NAME = 200, SUFFIX = 64, MAX_TRIES = 1000 };
    size_t folder = folder_length (self->final_name);
    size_t size = folder + MAX_NAME + SUFFIX;
    FAISS_AUTO_FREE (char) *name = NULL;
    FAISS_TRY (faiss_alloc (&name, size, 1));
    for (int tries = 0; tries < MAX_TRIES; tries++) {
        unsigned number = __atomic_fetch_add (&counter, 1, __ATOMIC_RELAXED);
        snprintf (name, size, "%.*s.%.*s.%ld-%u.tmp", (int)folder, self->final_name, MAX_NAME,
                  self->final_name + folder, (long)getpid (), number);
        *fd = open (name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (*fd >= 0) {
            self->temporary_name = FAISS_STEAL (name);
            return FAISS_OK;
        }
        if (errno != EEXIST) {
            break;
        }
    }
    return faiss_fail (FAISS_EXCEPT, "%s: cannot write to its folder: %s", self->writer.name,
                       strerror (errno));
}

/* The new file gets the owner and the permissions of the one that it will replace. */
static void take_permissions (int fd, const struct stat *old) {
    mode_t mode = old->st_mode & 07777;
    struct stat mine;
    if (fstat (fd, &mine) == 0 && (mine.st_uid != old->st_uid || mine.st_gid != old->st_gid) &&
        fchown (fd, old->st_uid, old->st_gid) != 0) {
        mode &= 0777;
    }
    (void)!fchmod (fd, mode);
}

static FaissStatus open_for_replacement (FaissFileIOWriter *self, const struct stat *old) {
    int fd;
    FAISS_TRY (open_temporary (self, &fd));
    if (old) {
        take_permissions (fd, old);
    }
    self->f = fdopen (fd, "wb");
    if (!self->f) {
        close (fd);
        return system_error (self->writer.name, "cannot open for writing");
    }
    return FAISS_OK;
}

FaissStatus faiss_FileIOWriter_new_with_name (FaissFileIOWriter **out, const char *fname) {
    FAISS_REQUIRE_ARG (out);
    FAISS_REQUIRE_ARG (fname);
    FAISS_OWNED (FileIOWriter) *self = NULL;
    FAISS_TRY (faiss_object_new (&self, &faiss_FileIOWriter_class.head));
    self->need_close = true;
    FAISS_TRY (copy_text (&self->writer.name, fname));
    FAISS_TRY (follow_links (fname, &self->final_name));
    struct stat status;
    bool exists = stat (self->final_name, &status) == 0;
    if (!exists && errno != ENOENT) { /* too long a name, for instance */
        return system_error (fname, "cannot open for writing");
    }
    if (exists && S_ISREG (status.st_mode)) {
        if (faccessat (AT_FDCWD, self->final_name, W_OK, AT_EACCESS) != 0) {
            return system_error (fname, "cannot open for writing");
        }
        FAISS_TRY (open_for_replacement (self, &status));
    } else if (exists || !fname[0]) {
        self->f = fopen (self->final_name, "wb");
        if (!self->f) {
            return system_error (fname, "cannot open for writing");
        }
    } else {
        FAISS_TRY (open_for_replacement (self, NULL));
    }
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

/* After a rename: a crash of the machine shall not undo it. Not every file system can do this. */
static void sync_folder (const char *path) {
    size_t length = folder_length (path);
    char folder[PATH_MAX];
    if (length < sizeof folder) {
        memcpy (folder, length ? path : ".", length ? length : 1);
        folder[length ? length : 1] = '\0';
        int fd = open (folder, O_RDONLY | O_CLOEXEC);
        if (fd >= 0) {
            (void)!fsync (fd);
            close (fd);
        }
    }
}

FaissStatus faiss_FileIOWriter_close (FaissFileIOWriter *self) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE (self->f, "%s is closed already", self->writer.name ? self->writer.name : "FILE");
    const char *name = self->writer.name ? self->writer.name : "FILE";
    errno = 0;
    if (fflush (self->f) != 0 || ferror (self->f)) {
        errno = errno ? errno : EIO;
        return system_error (name, "cannot write");
    }
    if (self->temporary_name && fsync (fileno (self->f)) != 0) {
        return system_error (name, "cannot write");
    }
    if (self->need_close) {
        FILE *f = FAISS_STEAL (self->f);
        if (fclose (f) != 0) {
            return system_error (name, "cannot write");
        }
    }
    if (self->temporary_name) {
        if (rename (self->temporary_name, self->final_name) != 0) {
            return system_error (name, "cannot be replaced");
        }
        free (FAISS_STEAL (self->temporary_name));
        sync_folder (self->final_name);
    }
    return FAISS_OK;
}
