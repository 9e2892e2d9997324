/* A judge for tests: is a file a sound index, transform or set of inverted lists?
 *
 *     read_index FILE...     exit status 0 if all of them are; messages on standard error
 *     read_index -           file names on standard input, a line each; answers + or -message
 */
#include <stdio.h>
#include <string.h>

#include <faiss/index_io.h>

static char message[1024];

static void note_message (void) {
    snprintf (message, sizeof message, "%s", faiss_get_last_error ());
}

static FaissStatus read_lists (const char *name) {
    FaissFileIOReader *reader;
    FaissInvertedLists *lists = NULL;
    FaissStatus status = faiss_FileIOReader_new_with_name (&reader, name);
    if (status == FAISS_OK) {
        status = faiss_read_InvertedLists_custom (&reader->reader, 0, &lists);
        faiss_InvertedLists_free (lists);
        faiss_IOReader_free (&reader->reader);
    }
    return status;
}

/* The tags of the three kinds are all different: the first whose tag it is decides. */
static FaissStatus read_any (const char *name) {
    FaissIndex *index = NULL;
    FaissVectorTransform *vt = NULL;
    FaissStatus status = faiss_read_index_fname (name, 0, &index);
    faiss_Index_free (index);
    if (status == FAISS_OK) {
        return FAISS_OK;
    }
    note_message ();
    if (strstr (message, "the tag")) {
        status = faiss_read_VectorTransform_fname (name, &vt);
        faiss_VectorTransform_free (vt);
        if (status != FAISS_OK && strstr (faiss_get_last_error (), "the tag")) {
            return read_lists (name);
        }
        note_message ();
    }
    return status;
}

static int serve (void) {
    char name[4096];
    while (fgets (name, sizeof name, stdin)) {
        name[strcspn (name, "\n")] = '\0';
        if (read_any (name) == FAISS_OK) {
            puts ("+");
        } else {
            printf ("-%s\n", message);
        }
        fflush (stdout);
    }
    return 0;
}

int main (int argc, char **argv) {
    if (argc == 2 && strcmp (argv[1], "-") == 0) {
        return serve ();
    }
    int failed = 0;
    for (int i = 1; i < argc; i++) {
        if (read_any (argv[i]) != FAISS_OK) {
            fprintf (stderr, "%s\n", message);
            failed = 1;
        }
    }
    return failed;
}
