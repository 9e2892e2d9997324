/* Output files: complete or not there at all. */
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "message.h"

enum { MAX_OPEN = 4 };
static char *pending[MAX_OPEN]; ///< temporary files to be removed

static void remove_pending (void) {
    for (int i = 0; i < MAX_OPEN; i++) {
        if (pending[i]) {
            unlink (pending[i]);
        }
    }
}

static void set_pending (const char *from, char *to) {
    static bool registered;
    if (!registered) {
        at_any_exit (remove_pending);
        registered = true;
    }
    for (int i = 0; i < MAX_OPEN; i++) {
        if (pending[i] == from) {
            pending[i] = to;
            return;
        }
    }
}

static const char *reason (int number) {
    switch (number) {
    case ENOSPC:
        return "no space left on the device; free some or write elsewhere with -o";
    case EACCES:
    case EROFS:
        return "no permission to write there; choose another place with -o";
    case ENOENT:
        return "there is no such folder; make it first";
    default:
        return strerror (number);
    }
}

void output_failed (Output *self) {
    fail ("cannot write %s: %s", self->path, reason (errno ? errno : EIO));
}

/* The rights of the file that is replaced, else those that open () would give. */
static mode_t file_mode (const char *target) {
    struct stat status;
    if (stat (target, &status) == 0) {
        return status.st_mode & 07777;
    }
    mode_t mask = umask (0);
    umask (mask);
    return 0666 & ~mask;
}

static void open_temporary (Output *self) {
    self->temporary = text_of ("%s.XXXXXX", self->target);
    int descriptor = mkstemp (self->temporary);
    if (descriptor < 0) {
        output_failed (self);
    }
    set_pending (NULL, self->temporary);
    if (fchmod (descriptor, file_mode (self->target)) != 0 ||
        !(self->file = fdopen (descriptor, "wb"))) {
        output_failed (self);
    }
}

void output_open (Output *self, const char *path) {
    struct stat status;
    memset (self, 0, sizeof *self);
    self->path = path;
    self->target = realpath (path, NULL); /* a link stays one */
    if (!self->target) {
        self->target = text_of ("%s", path);
    }
    bool exists = stat (self->target, &status) == 0;
    if (exists && S_ISDIR (status.st_mode)) {
        fail ("cannot write %s: it is a folder; name a file", path);
    }
    if (exists && !S_ISREG (status.st_mode)) {
        self->file = fopen (self->target, "wb");
        if (!self->file) {
            output_failed (self);
        }
        return;
    }
    open_temporary (self);
}

void output_write (Output *self, const void *data, size_t n) {
    if (fwrite (data, 1, n, self->file) != n) {
        output_failed (self);
    }
}

static void sync_folder (const char *path) {
    char *copy = text_of ("%s", path);
    int folder = open (dirname (copy), O_RDONLY);
    if (folder >= 0) {
        fsync (folder); /* not all file systems can; the file itself is safe */
        close (folder);
    }
    free (copy);
}

long long output_finish (Output *self) {
    errno = 0;
    if (ferror (self->file) || fflush (self->file) != 0) {
        output_failed (self);
    }
    off_t size = ftello (self->file);
    if (self->temporary && fsync (fileno (self->file)) != 0) {
        output_failed (self);
    }
    if (fclose (self->file) != 0) {
        output_failed (self);
    }
    if (self->temporary) {
        if (rename (self->temporary, self->target) != 0) {
            output_failed (self);
        }
        set_pending (self->temporary, NULL);
        sync_folder (self->target);
        free (self->temporary);
    }
    free (self->target);
    memset (self, 0, sizeof *self);
    return size;
}

void finish_standard_output (void) {
    errno = 0;
    if (fflush (stdout) != 0 || ferror (stdout)) {
        fail ("cannot write to standard output: %s", reason (errno ? errno : EIO));
    }
}
