/* Fast search: vectors sorted into lists, of which a search visits a few. */
#include <stdio.h>
#include <stdlib.h>

#include <faiss/IndexIVF.h>
#include <faiss/index_factory.h>

#define CHECK(call)                                                                                \
    if ((call) != FAISS_OK) {                                                                      \
        fprintf (stderr, "%s\n", faiss_get_last_error ());                                         \
        exit (1);                                                                                  \
    }

enum { D = 32, N = 20000, QUERIES = 200, K = 10 };

/* Vectors in clusters, as real ones are. */
static void make_vectors (float *x, int n) {
    for (int i = 0; i < n * D; i++) {
        int cluster = i / D % 50, j = i % D;
        float center = (float)(cluster * 7919 % (j + 13)) / (float)(j + 13);
        x[i] = center + 0.3F * (float)rand () / (float)RAND_MAX;
    }
}

int main (void) {
    static float base[N * D], queries[QUERIES * D], distances[QUERIES * K];
    static idx_t exact[QUERIES * K], found[QUERIES * K];
    make_vectors (base, N);
    make_vectors (queries, QUERIES);

    FaissIndex *flat, *index;
    CHECK (faiss_index_factory (&flat, D, "Flat", METRIC_L2));
    CHECK (faiss_Index_add (flat, N, base));
    CHECK (faiss_Index_search (flat, QUERIES, queries, K, distances, exact));

    CHECK (faiss_index_factory (&index, D, "IVF128,Flat", METRIC_L2));
    CHECK (faiss_Index_train (index, N, base)); /* k-means finds the centers of 128 lists */
    CHECK (faiss_Index_add (index, N, base));

    double recall = 0;
    for (int nprobe = 1; nprobe <= 16; nprobe *= 2) {
        faiss_IndexIVF_set_nprobe (faiss_IndexIVF_cast (index), (size_t)nprobe);
        CHECK (faiss_Index_search (index, QUERIES, queries, K, distances, found));
        int hits = 0;
        for (int i = 0; i < QUERIES * K; i++) {
            for (int j = i / K * K; j < i / K * K + K; j++) {
                hits += exact[i] == found[j];
            }
        }
        recall = (double)hits / (QUERIES * K);
        printf ("nprobe %2d: %.3f of the true %d nearest neighbours\n", nprobe, recall, K);
    }
    faiss_Index_free (flat);
    faiss_Index_free (index);
    return recall < 0.9;
}
