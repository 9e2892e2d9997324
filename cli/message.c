/* What the command says when something is wrong: one line on stderr, and the exit status. */
#include "message.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "progress.h"

static const char *command_name;

void message_set_command (const char *command) {
    command_name = command;
}

/* One line, whatever the parts hold: file names may contain anything. */
static void print_line (const char *prefix, const char *format, va_list arguments) {
    va_list again;
    va_copy (again, arguments);
    int length = vsnprintf (NULL, 0, format, arguments);
    char *text = length < 0 ? NULL : malloc ((size_t)length + 1);
    progress_clear_line ();
    if (text) {
        vsnprintf (text, (size_t)length + 1, format, again);
        for (char *c = text; *c; c++) {
            if ((unsigned char)*c < ' ' || *c == 127) {
                *c = ' ';
            }
        }
        fprintf (stderr, "%s%s", prefix, text);
        free (text);
    } else {
        fprintf (stderr, "%sout of memory", prefix);
    }
    va_end (again);
}

void fail (const char *format, ...) {
    va_list arguments;
    va_start (arguments, format);
    print_line ("faiss: ", format, arguments);
    va_end (arguments);
    fputc ('\n', stderr);
    exit (EXIT_FAILED);
}

void fail_usage (const char *format, ...) {
    va_list arguments;
    va_start (arguments, format);
    print_line ("faiss: ", format, arguments);
    va_end (arguments);
    fprintf (stderr, " (see: faiss%s%s --help)\n", command_name ? " " : "",
             command_name ? command_name : "");
    exit (EXIT_USAGE);
}

void note (const char *format, ...) {
    va_list arguments;
    va_start (arguments, format);
    print_line ("faiss: note: ", format, arguments);
    va_end (arguments);
    fputc ('\n', stderr);
}

const char *library_message (void) {
    const char *message = faiss_get_last_error ();
    if (!message || !*message) {
        return "unknown error";
    }
    if (!strncmp (message, "Error in ", 9)) {
        const char *colon = strstr (message, ": ");
        if (colon) {
            return colon + 2;
        }
    }
    return message;
}

void must (FaissStatus status, const char *format, ...) {
    if (status == FAISS_OK) {
        return;
    }
    char context[1000];
    va_list arguments;
    va_start (arguments, format);
    vsnprintf (context, sizeof context, format, arguments);
    va_end (arguments);
    fail ("%s: %s", context, library_message ());
}

void *allocate (size_t n, size_t size) {
    void *memory = calloc (n ? n : 1, size ? size : 1);
    if (!memory) {
        fail ("out of memory: %.1f MB more are needed", (double)n * (double)size / 1e6);
    }
    return memory;
}

char *text_of (const char *format, ...) {
    va_list arguments, again;
    va_start (arguments, format);
    va_copy (again, arguments);
    int length = vsnprintf (NULL, 0, format, arguments);
    char *text = allocate ((size_t)(length < 0 ? 0 : length) + 1, 1);
    vsnprintf (text, (size_t)(length < 0 ? 0 : length) + 1, format, again);
    va_end (again);
    va_end (arguments);
    return text;
}

enum { MAX_CLEANUPS = 8 };
static void (*cleanups[MAX_CLEANUPS]) (void);
static int n_cleanups;

static void run_cleanups (void) {
    while (n_cleanups > 0) {
        cleanups[--n_cleanups]();
    }
}

static void on_signal (int number) {
    run_cleanups ();
    signal (number, SIG_DFL);
    raise (number);
}

void at_any_exit (void (*function) (void)) {
    if (n_cleanups == 0) {
        static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE};
        atexit (run_cleanups);
        for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
            struct sigaction action;
            memset (&action, 0, sizeof action);
            sigaction (signals[i], NULL, &action);
            if (action.sa_handler != SIG_IGN) {
                action.sa_handler = on_signal;
                sigaction (signals[i], &action, NULL);
            }
        }
    }
    if (n_cleanups < MAX_CLEANUPS) {
        cleanups[n_cleanups++] = function;
    }
}
