/* The .npy format: headers of arrays.
 *
 * A header is a Python dictionary as text, {'descr': '<f4', 'fortran_order': False, 'shape': (3,
 * 4), }, whose keys may come in any order.
 */
#include "npy.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "message.h"

enum { MAX_HEADER = 1 << 16 };

bool npy_recognise (const unsigned char *bytes) {
    return !memcmp (bytes, "\x93NUMPY", 6);
}

/* What remains to be parsed. */
typedef struct Cursor {
    const char *at, *name;
} Cursor;

static _Noreturn void damaged (const Cursor *self) {
    fail ("%s: damaged .npy header; save the array again with numpy.save", self->name);
}

static void skip_blanks (Cursor *self) {
    self->at += strspn (self->at, " \t\r\n");
}

static bool accept (Cursor *self, char c) {
    skip_blanks (self);
    if (*self->at != c) {
        return false;
    }
    self->at++;
    return true;
}

static void expect (Cursor *self, char c) {
    if (!accept (self, c)) {
        damaged (self);
    }
}

static void parse_text (Cursor *self, char *out, size_t size) {
    skip_blanks (self);
    char quote = *self->at++;
    size_t length = 0;
    if (quote != '\'' && quote != '"') {
        self->at--;
        damaged (self);
    }
    while (*self->at && *self->at != quote) {
        if (length + 1 >= size || *self->at < ' ' || *self->at > '~') {
            damaged (self);
        }
        out[length++] = *self->at++;
    }
    out[length] = 0;
    expect (self, quote);
}

static bool parse_bool (Cursor *self) {
    skip_blanks (self);
    bool value = !strncmp (self->at, "True", 4);
    if (!value && strncmp (self->at, "False", 5) != 0) {
        damaged (self);
    }
    self->at += value ? 4 : 5;
    return value;
}

static void parse_shape (Cursor *self, NpyHeader *out) {
    expect (self, '(');
    while (!accept (self, ')')) {
        int64_t value = 0;
        skip_blanks (self);
        if (*self->at < '0' || *self->at > '9' || out->n_dimensions == NPY_MAX_DIMENSIONS) {
            damaged (self);
        }
        while (*self->at >= '0' && *self->at <= '9') {
            if (value > INT64_MAX / 16) {
                damaged (self);
            }
            value = value * 10 + (*self->at++ - '0');
        }
        out->shape[out->n_dimensions++] = value;
        if (!accept (self, ',')) {
            expect (self, ')');
            break;
        }
    }
}

static void parse_descr (Cursor *self, NpyHeader *out) {
    skip_blanks (self);
    if (*self->at == '[') {
        fail ("%s: an array of records; save a plain array of numbers", self->name);
    }
    parse_text (self, out->descr, sizeof out->descr);
    const char *c = out->descr;
    out->big_endian = *c == '>';
    if (*c && strchr ("<>|=", *c)) {
        c++;
    }
    out->kind = *c;
    out->size = *c ? atoi (c + 1) : 0;
    if (out->size <= 1) {
        out->big_endian = false;
    }
}

static void parse (Cursor *self, NpyHeader *out) {
    int found = 0;
    expect (self, '{');
    while (!accept (self, '}')) {
        char key[32];
        parse_text (self, key, sizeof key);
        expect (self, ':');
        if (!strcmp (key, "descr")) {
            parse_descr (self, out);
            found |= 1;
        } else if (!strcmp (key, "fortran_order")) {
            out->fortran = parse_bool (self);
            found |= 2;
        } else if (!strcmp (key, "shape") && out->n_dimensions == 0) {
            parse_shape (self, out);
            found |= 4;
        } else {
            damaged (self);
        }
        if (!accept (self, ',')) {
            expect (self, '}');
            break;
        }
    }
    if (found != 7) {
        damaged (self);
    }
}

void npy_read_header (Source *source, NpyHeader *out) {
    unsigned char start[12];
    Cursor cursor = {NULL, source->name};
    memset (out, 0, sizeof *out);
    if (source_read (source, 0, start, 12) < 12) {
        damaged (&cursor);
    }
    int version = start[6];
    if (version < 1 || version > 3) {
        fail ("%s: .npy version %d.%d is not known; versions 1, 2 and 3 are", source->name,
              start[6], start[7]);
    }
    size_t length = start[8] | (size_t)start[9] << 8, begin = 10;
    if (version > 1) {
        length |= (size_t)start[10] << 16 | (size_t)start[11] << 24;
        begin = 12;
    }
    if (length > MAX_HEADER) {
        damaged (&cursor);
    }
    char *text = allocate (length + 1, 1);
    if (source_read (source, (int64_t)begin, text, length) < length) {
        damaged (&cursor);
    }
    cursor.at = text;
    parse (&cursor, out);
    out->data = (int64_t)(begin + length);
    free (text);
}

void npy_make_header (char *out, const char *descr, int64_t rows, int64_t columns) {
    char text[NPY_HEADER_SIZE];
    if (columns < 0) {
        snprintf (text, sizeof text,
                  "{'descr': '%s', 'fortran_order': False, 'shape': (%" PRId64 ",), }", descr,
                  rows);
    } else {
        snprintf (text, sizeof text,
                  "{'descr': '%s', 'fortran_order': False, 'shape': (%" PRId64 ", %" PRId64 "), }",
                  descr, rows, columns);
    }
    memset (out, ' ', NPY_HEADER_SIZE);
    memcpy (out, "\x93NUMPY\x01\x00\x76\x00", 10);
    memcpy (out + 10, text, strlen (text));
    out[NPY_HEADER_SIZE - 1] = '\n';
}
