/* Who frees what: an index that a function makes of parts, of which the caller keeps one only. */
#include <stdio.h>
#include <stdlib.h>

#include <faiss/IndexFlat.h>
#include <faiss/IndexIVFPQ.h>

#define CHECK(call)                                                                                \
    if ((call) != FAISS_OK) {                                                                      \
        fprintf (stderr, "%s\n", faiss_get_last_error ());                                         \
        exit (1);                                                                                  \
    }

enum { D = 64, N = 5000, QUERIES = 5, K = 4, NLIST = 32, M = 16, NBITS = 8, NPROBE = 5 };

/* The inverted file needs another index that finds its lists. It borrows it, unless told to own it:
 * then it is the only object to keep track of. */
static FaissIndex *make_index (void) {
    FaissIndexFlatL2 *coarse;
    FaissIndexIVFPQ *index;
    CHECK (faiss_IndexFlatL2_new_with (&coarse, D));
    CHECK (faiss_IndexIVFPQ_new_with (&index, &coarse->index, D, NLIST, M, NBITS, METRIC_L2, true));
    index->ivf.own_fields = true; /* coarse is freed with the index */
    index->ivf.nprobe = NPROBE;
    return &index->index;
}

int main (void) {
    static float base[N * D], distances[QUERIES * K];
    static idx_t labels[QUERIES * K];
    for (int i = 0; i < N * D; i++) {
        base[i] = (float)rand () / (float)RAND_MAX;
    }
    FaissIndex *index = make_index ();
    CHECK (faiss_Index_train (index, N, base));
    CHECK (faiss_Index_add (index, N, base));
    CHECK (faiss_Index_search (index, QUERIES, base, K, distances, labels));

    int hits = 0;
    for (int i = 0; i < QUERIES; i++) {
        printf ("vector %d:", i);
        for (int j = 0; j < K; j++) {
            printf ("  %lld (%.2f)", (long long)labels[i * K + j], distances[i * K + j]);
        }
        printf ("\n");
        hits += labels[i * K] == i;
    }
    printf ("%d of %d vectors are nearest to themselves\n", hits, QUERIES);
    faiss_Index_free (index); /* and the coarse quantizer */
    return hits < QUERIES - 1;
}
