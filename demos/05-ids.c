/* Ids of your own, and removing vectors. */
#include <stdio.h>
#include <stdlib.h>

#include <faiss/IndexIDMap.h>
#include <faiss/index_factory.h>

#define CHECK(call)                                                                                \
    if ((call) != FAISS_OK) {                                                                      \
        fprintf (stderr, "%s\n", faiss_get_last_error ());                                         \
        exit (1);                                                                                  \
    }

int main (void) {
    const float x[] = {0, 0, 1, 0, 0, 1, 5, 5};
    const idx_t ids[] = {100, 200, 300, 400}; /* say, keys of a data base */
    FaissIndex *index;
    CHECK (faiss_index_factory (&index, 2, "IDMap2,Flat", METRIC_L2));
    CHECK (faiss_Index_add_with_ids (index, 4, x, ids));

    const float query[] = {4, 4};
    float distance, vector[2];
    idx_t label;
    CHECK (faiss_Index_search (index, 1, query, 1, &distance, &label));
    CHECK (faiss_Index_reconstruct (index, label, vector));
    printf ("nearest: %lld, (%g, %g)\n", (long long)label, (double)vector[0], (double)vector[1]);

    FaissIDSelectorBatch *selector;
    size_t n_removed;
    CHECK (faiss_IDSelectorBatch_new (&selector, 1, &label));
    CHECK (faiss_Index_remove_ids (index, &selector->sel, &n_removed));
    CHECK (faiss_Index_search (index, 1, query, 1, &distance, &label));
    printf ("%zu removed; now nearest: %lld\n", n_removed, (long long)label);
    faiss_IDSelector_free (&selector->sel);
    faiss_Index_free (index);
    return n_removed != 1 || label == 400;
}
