/* Writing JSON. */
#include "json.h"

#include <inttypes.h>
#include <math.h>

static void write_text (FILE *file, const char *text) {
    fputc ('"', file);
    for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
        if (*c == '"' || *c == '\\') {
            fprintf (file, "\\%c", *c);
        } else if (*c == '\n') {
            fputs ("\\n", file);
        } else if (*c == '\t') {
            fputs ("\\t", file);
        } else if (*c < ' ') {
            fprintf (file, "\\u%04x", *c);
        } else {
            fputc (*c, file);
        }
    }
    fputc ('"', file);
}

static void new_line (Json *self) {
    if (!self->compact) {
        fprintf (self->file, "\n%*s", 2 * self->depth, "");
    }
}

/* What stands in front of a value. */
static void begin (Json *self, const char *key) {
    if (self->depth > 0) {
        if (self->filled[self->depth]) {
            fputs (self->compact ? ", " : ",", self->file);
        }
        new_line (self);
        self->filled[self->depth] = true;
    }
    if (key) {
        write_text (self->file, key);
        fputs (": ", self->file);
    }
}

static void open_level (Json *self, const char *key, char bracket) {
    begin (self, key);
    fputc (bracket, self->file);
    self->depth++;
    self->filled[self->depth] = false;
}

static void close_level (Json *self, char bracket) {
    bool filled = self->filled[self->depth];
    self->depth--;
    if (filled) {
        new_line (self);
    }
    fputc (bracket, self->file);
    if (self->depth == 0) {
        fputc ('\n', self->file);
    }
}

void json_object (Json *self, const char *key) {
    open_level (self, key, '{');
}

void json_end_object (Json *self) {
    close_level (self, '}');
}

void json_array (Json *self, const char *key) {
    open_level (self, key, '[');
}

void json_end_array (Json *self) {
    close_level (self, ']');
}

void json_text (Json *self, const char *key, const char *value) {
    begin (self, key);
    if (value) {
        write_text (self->file, value);
    } else {
        fputs ("null", self->file);
    }
}

void json_integer (Json *self, const char *key, int64_t value) {
    begin (self, key);
    fprintf (self->file, "%" PRId64, value);
}

static void write_number (Json *self, const char *key, double value, int digits) {
    begin (self, key);
    if (isfinite (value)) {
        fprintf (self->file, "%.*g", digits, value);
    } else {
        fputs ("null", self->file);
    }
}

void json_number (Json *self, const char *key, double value) {
    write_number (self, key, value, 12);
}

void json_float (Json *self, const char *key, float value) {
    write_number (self, key, (double)value, 9);
}

void json_bool (Json *self, const char *key, bool value) {
    begin (self, key);
    fputs (value ? "true" : "false", self->file);
}

void json_null (Json *self, const char *key) {
    begin (self, key);
    fputs ("null", self->file);
}
