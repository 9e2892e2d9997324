/* Runs a fuzzer's entry point on the files of the command line, and of folders named there. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static long n_inputs;

static int run_file (const char *name) {
    FILE *f = fopen (name, "rb");
    struct stat status;
    if (!f || fstat (fileno (f), &status) != 0) {
        perror (name);
        return 1;
    }
    size_t size = (size_t)status.st_size;
    uint8_t *data = malloc (size + 1);
    int failed = !data || fread (data, 1, size, f) != size;
    if (failed) {
        perror (name);
    } else {
        LLVMFuzzerTestOneInput (data, size);
        n_inputs++;
    }
    free (data);
    fclose (f);
    return failed;
}

static int run_path (const char *path) {
    DIR *folder = opendir (path);
    int failed = 0;
    if (!folder) {
        return run_file (path);
    }
    for (struct dirent *entry; (entry = readdir (folder)) != NULL;) {
        char name[4096];
        if (entry->d_name[0] != '.') {
            snprintf (name, sizeof name, "%s/%s", path, entry->d_name);
            failed |= run_file (name);
        }
    }
    closedir (folder);
    return failed;
}

int main (int argc, char **argv) {
    int failed = 0;
    for (int i = 1; i < argc; i++) {
        failed |= run_path (argv[i]);
    }
    printf ("%ld inputs\n", n_inputs);
    return failed || n_inputs == 0;
}
