/* One search may have its own settings: how many lists, and which ids. */
#include <stdio.h>
#include <stdlib.h>

#include <faiss/IndexIVF.h>
#include <faiss/index_factory.h>

#define CHECK(call)                                                                                \
    if ((call) != FAISS_OK) {                                                                      \
        fprintf (stderr, "%s\n", faiss_get_last_error ());                                         \
        exit (1);                                                                                  \
    }

int main (void) {
    enum { D = 16, N = 2000, K = 5 };
    static float base[N * D];
    float distances[K];
    idx_t labels[K];
    for (int i = 0; i < N * D; i++) {
        base[i] = (float)rand () / (float)RAND_MAX;
    }

    FaissIndex *index;
    CHECK (faiss_index_factory (&index, D, "IVF16,Flat", METRIC_L2));
    CHECK (faiss_Index_train (index, N, base));
    CHECK (faiss_Index_add (index, N, base));

    /* Only ids 1000 to 1099, in all 16 lists. The index itself stays as it is, so that other
       threads may search it at the same time. */
    FaissIDSelectorRange *range;
    FaissSearchParametersIVF *parameters;
    CHECK (faiss_IDSelectorRange_new (&range, 1000, 1100));
    CHECK (faiss_SearchParametersIVF_new_with (&parameters, &range->sel, 16, 0));
    CHECK (
        faiss_Index_search_with_params (index, 1, base, K, &parameters->params, distances, labels));
    int outside = 0;
    for (int j = 0; j < K; j++) {
        printf ("%lld (%.3f)\n", (long long)labels[j], (double)distances[j]);
        outside += labels[j] < 1000 || labels[j] >= 1100;
    }
    faiss_SearchParametersIVF_free (parameters);
    faiss_IDSelectorRange_free (range);
    faiss_Index_free (index);
    return outside > 0;
}
