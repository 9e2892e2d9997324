/* Command lines: tables of options, which are the help texts as well. */
#include "options.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#ifdef _OPENMP
#include <omp.h>
#endif

#include "message.h"
#include "output.h"
#include "progress.h"

static int64_t threads;
static bool quiet, help;

static const Option common_options[] = {
    {'j', "threads", OPTION_COUNT, "THREADS", &threads, "how many threads (default: all CPUs)"},
    {'q', "quiet", OPTION_FLAG, NULL, &quiet, "no progress, no summary"},
    {'h', "help", OPTION_FLAG, NULL, &help, "this text"},
    {0, NULL, OPTION_FLAG, NULL, NULL, NULL},
};

bool ends_with (const char *text, const char *ending) {
    size_t length = strlen (text), n = strlen (ending);
    return length >= n && strcasecmp (text + length - n, ending) == 0;
}

bool parse_integer (const char *text, int64_t *out) {
    char *end;
    double scale = 1;
    long long value = strtoll (text, &end, 10);
    if (end == text || value > INT64_MAX / 2 || value < -INT64_MAX / 2) {
        return false;
    }
    if (*end == 'k') {
        scale = 1e3;
        end++;
    } else if (*end == 'M') {
        scale = 1e6;
        end++;
    } else if (*end == 'G') {
        scale = 1e9;
        end++;
    }
    if (*end || (double)value * scale > 4e18 || (double)value * scale < -4e18) {
        return false;
    }
    *out = (int64_t)value * (int64_t)scale;
    return true;
}

/* The edit distance of two short words. */
static size_t edit_distance (const char *a, const char *b) {
    size_t row[40], n = strlen (b);
    if (n >= 40) {
        return 99;
    }
    for (size_t j = 0; j <= n; j++) {
        row[j] = j;
    }
    for (size_t i = 0; a[i]; i++) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < n; j++) {
            size_t best = diagonal + (a[i] != b[j]);
            diagonal = row[j + 1];
            best = row[j] + 1 < best ? row[j] + 1 : best;
            row[j + 1] = row[j + 1] + 1 < best ? row[j + 1] + 1 : best;
        }
    }
    return row[n];
}

const char *probably_meant (const char *text, const char *const *list) {
    const char *best = NULL;
    size_t best_distance = strlen (text) < 4 ? 2 : 3;
    for (; *list; list++) {
        size_t distance = edit_distance (text, *list);
        if (distance < best_distance) {
            best_distance = distance;
            best = *list;
        }
    }
    return best;
}

/* ---- help ---- */

static void print_option (const Option *option) {
    char left[60], letter[8] = "    ";
    if (option->letter) {
        snprintf (letter, sizeof letter, "-%c, ", option->letter);
    }
    snprintf (left, sizeof left, "  %s--%s%s%s", letter, option->name, option->value ? " " : "",
              option->value ? option->value : "");
    printf ("%-30s ", left);
    for (const char *c = option->help; *c; c++) {
        putchar (*c);
        if (*c == '\n') {
            printf ("%-31s", "");
        }
    }
    putchar ('\n');
}

static void print_help (const Command *command, const Option *options) {
    printf ("faiss %s: %s\n\nUsage: faiss %s %s\n\nOptions:\n", command->name, command->summary,
            command->name, command->arguments);
    for (const Option *o = options; o->name; o++) {
        print_option (o);
    }
    for (const Option *o = common_options; o->name; o++) {
        print_option (o);
    }
    if (command->details) {
        printf ("\n%s", command->details);
    }
}

/* ---- parsing ---- */

static void set_option (const Option *option, const char *given, const char *value) {
    int64_t *number = option->target;
    switch (option->kind) {
    case OPTION_FLAG:
        *(bool *)option->target = true;
        break;
    case OPTION_TEXT:
        *(const char **)option->target = value;
        break;
    case OPTION_COUNT:
        if (!parse_integer (value, number) || *number < 1) {
            fail_usage ("%s takes a whole number above 0, not '%s'", given, value);
        }
        break;
    case OPTION_INTEGER:
        if (!parse_integer (value, number)) {
            fail_usage ("%s takes a whole number, not '%s'", given, value);
        }
        break;
    }
}

static const Option *find_long (const Option *options, const char *name, size_t length) {
    for (const Option *o = options; o->name; o++) {
        if (strlen (o->name) == length && !strncmp (o->name, name, length)) {
            return o;
        }
    }
    return options == common_options ? NULL : find_long (common_options, name, length);
}

static const Option *find_letter (const Option *options, char letter) {
    for (const Option *o = options; o->name; o++) {
        if (o->letter == letter) {
            return o;
        }
    }
    return options == common_options ? NULL : find_letter (common_options, letter);
}

static _Noreturn void unknown_option (const Option *options, const char *given, size_t length) {
    const char *names[64], *meant;
    int n = 0;
    for (const Option *o = options; o->name && n < 50; o++) {
        names[n++] = o->name;
    }
    for (const Option *o = common_options; o->name; o++) {
        names[n++] = o->name;
    }
    names[n] = NULL;
    char *word = text_of ("%.*s", (int)length, given);
    meant = strncmp (word, "--", 2) ? NULL : probably_meant (word + 2, names);
    if (meant) {
        fail_usage ("unknown option %s; did you mean --%s?", word, meant);
    }
    fail_usage ("unknown option %s", word);
}

/* One argument that begins with a dash; returns how many arguments it took. */
static int parse_option (const Option *options, char **argv) {
    const char *argument = argv[0], *value = NULL;
    const Option *option;
    char given[60];
    if (argument[1] == '-') {
        size_t length = strcspn (argument + 2, "=");
        option = find_long (options, argument + 2, length);
        if (!option) {
            unknown_option (options, argument, length + 2);
        }
        value = argument[length + 2] == '=' ? argument + length + 3 : NULL;
        snprintf (given, sizeof given, "--%s", option->name);
        if (value && option->kind == OPTION_FLAG) {
            fail_usage ("%s takes no value", given);
        }
    } else {
        option = find_letter (options, argument[1]);
        if (!option) {
            unknown_option (options, argument, 2);
        }
        value = argument[2] ? argument + 2 : NULL;
        snprintf (given, sizeof given, "-%c", argument[1]);
        if (value && option->kind == OPTION_FLAG) {
            unknown_option (options, argument, strlen (argument));
        }
    }
    if (option->kind == OPTION_FLAG) {
        set_option (option, given, NULL);
        return 1;
    }
    if (!value && !argv[1]) {
        fail_usage ("%s needs a value: %s", given, option->value);
    }
    set_option (option, given, value ? value : argv[1]);
    return value ? 1 : 2;
}

void options_parse (const Command *command, const Option *options, const char *const *names,
                    const char **positionals, int argc, char **argv) {
    int n_names = 0, n_given = 0, i = 0;
    bool only_positionals = false;
    while (names[n_names]) {
        n_names++;
    }
    for (int a = 0; a < argc; a++) { /* --help wins over mistakes beside it */
        if (!strcmp (argv[a], "--")) {
            break;
        }
        help = help || !strcmp (argv[a], "--help") || !strcmp (argv[a], "-h");
    }
    if (help) {
        print_help (command, options);
        finish_standard_output ();
        exit (0);
    }
    while (i < argc) {
        if (!only_positionals && !strcmp (argv[i], "--")) {
            only_positionals = true;
            i++;
        } else if (!only_positionals && argv[i][0] == '-' && argv[i][1]) {
            i += parse_option (options, argv + i);
        } else if (n_given < n_names) {
            positionals[n_given++] = argv[i++];
        } else {
            fail_usage ("'%s' is one argument too many", argv[i]);
        }
    }
    if (n_given < n_names) {
        fail_usage ("%s is missing; usage: faiss %s %s", names[n_given], command->name,
                    command->arguments);
    }
    if (quiet) {
        progress_disable ();
    }
    if (threads > 0) {
#ifdef _OPENMP
        omp_set_num_threads (threads > 4096 ? 4096 : (int)threads);
#endif
    }
}

bool options_quiet (void) {
    return quiet;
}
