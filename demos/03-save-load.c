/* An index in a file: the format is that of every Faiss. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <faiss/index_factory.h>
#include <faiss/index_io.h>

#define CHECK(call)                                                                                \
    if ((call) != FAISS_OK) {                                                                      \
        fprintf (stderr, "%s\n", faiss_get_last_error ());                                         \
        exit (1);                                                                                  \
    }

int main (void) {
    enum { D = 16, N = 2000, K = 5 };
    static float base[N * D];
    float distances[2][K];
    idx_t labels[2][K];
    for (int i = 0; i < N * D; i++) {
        base[i] = (float)rand () / (float)RAND_MAX;
    }

    FaissIndex *index, *copy;
    CHECK (faiss_index_factory (&index, D, "IVF16,Flat", METRIC_L2));
    CHECK (faiss_Index_train (index, N, base));
    CHECK (faiss_Index_add (index, N, base));
    CHECK (faiss_write_index_fname (index, "demo.index")); /* complete, or not written at all */
    CHECK (faiss_read_index_fname ("demo.index", 0, &copy));
    printf ("read a %s of %lld vectors\n", faiss_Index_class_name (copy),
            (long long)faiss_Index_ntotal (copy));

    CHECK (faiss_Index_search (index, 1, base, K, distances[0], labels[0]));
    CHECK (faiss_Index_search (copy, 1, base, K, distances[1], labels[1]));
    int differ = memcmp (labels[0], labels[1], sizeof labels[0]) != 0;
    printf ("both find %s\n", differ ? "different vectors" : "the same vectors");

    /* A file that is no index is an error, not a crash. */
    FILE *file = fopen ("demo.index", "wb");
    fputs ("hello", file);
    fclose (file);
    FaissIndex *nothing = NULL;
    if (faiss_read_index_fname ("demo.index", 0, &nothing) != FAISS_OK) {
        printf ("refused: %s\n", faiss_get_last_error ());
    }
    remove ("demo.index");
    faiss_Index_free (index);
    faiss_Index_free (copy);
    return differ || nothing;
}
