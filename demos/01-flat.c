/* Exact search: the 4 vectors nearest to each of 5 queries, among 10,000. */
#include <stdio.h>
#include <stdlib.h>

#include <faiss/IndexFlat.h>

/* Every call that can fail returns a status; the message is kept per thread. */
#define CHECK(call)                                                                                \
    if ((call) != FAISS_OK) {                                                                      \
        fprintf (stderr, "%s\n", faiss_get_last_error ());                                         \
        exit (1);                                                                                  \
    }

int main (void) {
    enum { D = 64, N = 10000, QUERIES = 5, K = 4 };
    static float base[N * D];
    for (int i = 0; i < N * D; i++) {
        base[i] = (float)rand () / (float)RAND_MAX;
    }

    FaissIndexFlatL2 *index;
    CHECK (faiss_IndexFlatL2_new_with (&index, D));
    CHECK (faiss_Index_add (&index->index, N, base)); /* vectors are the rows of a matrix */

    float distances[QUERIES * K];
    idx_t labels[QUERIES * K];
    CHECK (faiss_Index_search (&index->index, QUERIES, base, K, distances, labels));
    for (int i = 0; i < QUERIES; i++) { /* the queries are base vectors: each finds itself first */
        printf ("query %d:", i);
        for (int j = 0; j < K; j++) {
            printf ("  %5lld (%.3f)", (long long)labels[i * K + j], (double)distances[i * K + j]);
        }
        putchar ('\n');
    }
    int wrong = labels[0] != 0 || labels[K] != 1;
    faiss_IndexFlatL2_free (index);
    return wrong;
}
