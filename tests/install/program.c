/* What a user's program looks like, C or C++: ten vectors, and which is nearest to the fourth. */
#include <stdio.h>

#include <faiss/IndexFlat.h>
#include <faiss/index_factory.h>
#include <faiss/index_io.h>

int main (void) {
    float x[10 * 4], distance;
    idx_t label = -1;
    FaissIndex *index = NULL;
    for (int i = 0; i < 10 * 4; i++) {
        x[i] = (float)(i * i % 17);
    }
    if (faiss_index_factory (&index, 4, "IDMap,Flat", METRIC_L2) != FAISS_OK) {
        printf ("%s\n", faiss_get_last_error ());
        return 1;
    }
    idx_t ids[10] = {10, 11, 12, 13, 14, 15, 16, 17, 18, 19};
    if (faiss_Index_add_with_ids (index, 10, x, ids) != FAISS_OK ||
        faiss_Index_search (index, 1, x + 3 * 4, 1, &distance, &label) != FAISS_OK) {
        printf ("%s\n", faiss_get_last_error ());
        return 1;
    }
    faiss_Index_free (index);
    printf ("%d %g\n", (int)label, distance);
    return 0;
}
