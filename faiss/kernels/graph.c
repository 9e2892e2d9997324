/* Walks through graphs: the definition. */
#include <stdbool.h>
#include <string.h>

#include <faiss/kernels/kernels.h>

size_t faiss_sorted_insert_generic (float *keys, uint32_t *ids, size_t n, float key, uint32_t id) {
    size_t at = 0;
    for (size_t left = n; left > 0;) {
        size_t half = left / 2;
        bool is_less = keys[at + half] < key;
        at = is_less ? at + half + 1 : at;
        left = is_less ? left - half - 1 : half;
    }
    memmove (keys + at + 1, keys + at, (n - at) * sizeof *keys);
    memmove (ids + at + 1, ids + at, (n - at) * sizeof *ids);
    keys[at] = key;
    ids[at] = id;
    return at;
}
