/* Bytes of a file at any position, also of one that gzip has compressed. */
#include "source.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "message.h"

void *load_library (const char *names) {
    char *list = text_of ("%s", names), *rest = list, *name;
    void *library = NULL;
    while (!library && (name = strtok_r (rest, " ", &rest))) {
        library = dlopen (name, RTLD_NOW | RTLD_LOCAL);
    }
    free (list);
    return library;
}

void load_function (void *library, const char *symbol, void *function) {
    void *address = dlsym (library, symbol);
    if (!address) {
        fail ("the library has no function %s: %s", symbol, dlerror ());
    }
    memcpy (function, &address, sizeof address);
}

/* The little of zlib's interface that is needed. It is loaded only for compressed files, so that
   the command runs without it. */
static struct {
    void *(*gzdopen) (int descriptor, const char *mode);
    int (*gzbuffer) (void *file, unsigned size);
    int (*gzread) (void *file, void *out, unsigned n);
    int (*gzrewind) (void *file);
    int (*gzclose_r) (void *file);
    const char *(*gzerror) (void *file, int *number);
} zlib;

static void load_zlib (const char *name) {
    if (zlib.gzdopen) {
        return;
    }
    void *library = load_library ("libz.so.1 libz.so libz.1.dylib");
    if (!library) {
        fail ("%s: reading .gz files needs zlib: install it (Debian: apt install zlib1g), "
              "or decompress the file with gunzip",
              name);
    }
    load_function (library, "gzbuffer", &zlib.gzbuffer);
    load_function (library, "gzread", &zlib.gzread);
    load_function (library, "gzrewind", &zlib.gzrewind);
    load_function (library, "gzclose_r", &zlib.gzclose_r);
    load_function (library, "gzerror", &zlib.gzerror);
    load_function (library, "gzdopen", &zlib.gzdopen);
}

static void open_gz (Source *self) {
    load_zlib (self->name);
    self->gz = zlib.gzdopen (self->descriptor, "rb");
    if (!self->gz) {
        fail ("%s: out of memory", self->name);
    }
    zlib.gzbuffer (self->gz, 1 << 17);
    self->size = -1;
    self->position = 0;
}

void source_open (Source *self, const char *path) {
    memset (self, 0, sizeof *self);
    self->name = path;
    self->descriptor = open (path, O_RDONLY);
    struct stat status;
    if (self->descriptor < 0 || fstat (self->descriptor, &status) != 0) {
        fail ("%s: %s", path, strerror (errno));
    }
    if (S_ISDIR (status.st_mode)) {
        fail ("%s: is a folder; name a file of vectors", path);
    }
    if (!S_ISREG (status.st_mode)) {
        fail ("%s: is not a regular file; vectors are read more than once, so save them to a "
              "file first",
              path);
    }
    self->size = status.st_size;
    unsigned char magic[2];
    if (source_read (self, 0, magic, 2) == 2 && magic[0] == 0x1f && magic[1] == 0x8b) {
        if (lseek (self->descriptor, 0, SEEK_SET) != 0) {
            fail ("%s: %s", path, strerror (errno));
        }
        open_gz (self);
    }
}

void source_close (Source *self) {
    if (self->gz) {
        zlib.gzclose_r (self->gz);
    } else if (self->descriptor >= 0) {
        close (self->descriptor);
    }
    self->gz = NULL;
    self->descriptor = -1;
}

static size_t read_plain (Source *self, int64_t position, char *out, size_t n) {
    size_t done = 0;
    while (done < n) {
        size_t piece = n - done < 1u << 30 ? n - done : 1u << 30;
        ssize_t got = pread (self->descriptor, out + done, piece, (off_t)position + (off_t)done);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            fail ("%s: %s", self->name, strerror (errno));
        }
        if (got == 0) {
            break;
        }
        done += (size_t)got;
    }
    return done;
}

/* The next bytes of a compressed file. */
static size_t decompress (Source *self, char *out, size_t n) {
    size_t done = 0;
    while (done < n) {
        size_t piece = n - done < 1u << 24 ? n - done : 1u << 24;
        int got = zlib.gzread (self->gz, out + done, (unsigned)piece);
        int error = 0;
        const char *message = zlib.gzerror (self->gz, &error);
        if (got < 0 || (error != 0 && error != 1)) {
            const char *colon = strstr (message, ">: "); /* zlib's name of the file */
            fail ("%s: damaged or truncated gzip file (%s)", self->name,
                  colon ? colon + 3 : message);
        }
        if (got == 0) {
            self->size = self->position;
            break;
        }
        done += (size_t)got;
        self->position += got;
    }
    return done;
}

static void skip (Source *self, int64_t n) {
    char buffer[1 << 15];
    while (n > 0) {
        size_t piece = n < (int64_t)sizeof buffer ? (size_t)n : sizeof buffer;
        if (decompress (self, buffer, piece) < piece) {
            return;
        }
        n -= (int64_t)piece;
    }
}

size_t source_read (Source *self, int64_t position, void *out, size_t n) {
    if (!self->gz) {
        return read_plain (self, position, out, n);
    }
    if (position < self->position) {
        if (zlib.gzrewind (self->gz) != 0) {
            fail ("%s: cannot be read again", self->name);
        }
        self->position = 0;
    }
    skip (self, position - self->position);
    return position == self->position ? decompress (self, out, n) : 0;
}

int64_t source_size (Source *self) {
    if (self->size < 0) {
        skip (self, INT64_MAX);
    }
    return self->size;
}
