/* faiss: build, search and measure indexes of vectors from the command line. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <faiss/Index.h>

#include "message.h"
#include "options.h"
#include "output.h"

static const Command *const commands[] = {
    &command_build, &command_add,   &command_search, &command_info, &command_eval,
    &command_tune,  &command_truth, &command_kmeans, NULL,
};

static void print_usage (FILE *file) {
    fputs ("faiss: similarity search and clustering of dense vectors\n\n"
           "Usage: faiss COMMAND ...\n\n",
           file);
    for (const Command *const *c = commands; *c; c++) {
        fprintf (file, "  %-8s %s\n", (*c)->name, (*c)->summary);
    }
    fputs ("\nfaiss COMMAND --help says more, so does man faiss.\n\n"
           "Vectors are read from .npy (f2 f4 f8 u1 i1), .fvecs, .bvecs, .ivecs and IDX files,\n"
           "all also as .gz, and from HDF5 (FILE:DATASET).\n\n"
           "For example:\n"
           "  faiss build base.npy -f IVF1024,Flat -o base.index\n"
           "  faiss search base.index queries.npy -k 10 -p nprobe=16\n"
           "  faiss eval base.index queries.npy --base base.npy --sweep\n",
           file);
}

static const Command *find_command (const char *name) {
    const char *names[sizeof commands / sizeof commands[0]];
    int n = 0;
    for (const Command *const *c = commands; *c; c++) {
        if (!strcmp (name, (*c)->name)) {
            return *c;
        }
        names[n++] = (*c)->name;
    }
    names[n] = NULL;
    const char *meant = probably_meant (name, names);
    if (meant) {
        fail_usage ("there is no command '%s'; did you mean %s?", name, meant);
    }
    fail_usage ("there is no command '%s'", name);
}

int main (int argc, char **argv) {
    if (argc < 2) {
        print_usage (stderr);
        return EXIT_USAGE;
    }
    const char *first = argv[1];
    if (!strcmp (first, "--version") || !strcmp (first, "-V")) {
        printf ("faiss %s\n", faiss_get_version ());
    } else if (!strcmp (first, "--help") || !strcmp (first, "-h") || !strcmp (first, "help")) {
        if (argc > 2) {
            static char help_option[] = "--help";
            char *help[] = {help_option, NULL};
            const Command *command = find_command (argv[2]);
            return command->run (1, help);
        }
        print_usage (stdout);
    } else if (first[0] == '-') {
        fail_usage ("unknown option %s", first);
    } else {
        const Command *command = find_command (first);
        message_set_command (command->name);
        int status = command->run (argc - 2, argv + 2);
        finish_standard_output ();
        return status;
    }
    finish_standard_output ();
    return 0;
}
