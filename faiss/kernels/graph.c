/* Walks through graphs: the definition. */
#include <stdbool.h>
#include <string.h>

#include <faiss/kernels/kernels.h>

size_t faiss_sorted_merge_generic (float *keys, uint32_t *ids, size_t n, const float *new_keys,
                                   const uint32_t *new_ids, size_t m) {
    size_t end = n;
    while (m-- > 0) {
        size_t at = 0;
        for (size_t left = end; left > 0;) {
            size_t half = left / 2;
            bool is_less = keys[at + half] < new_keys[m];
            at = is_less ? at + half + 1 : at;
            left = is_less ? left - half - 1 : half;
        }
        memmove (keys + at + m + 1, keys + at, (end - at) * sizeof *keys);
        memmove (ids + at + m + 1, ids + at, (end - at) * sizeof *ids);
        keys[at + m] = new_keys[m];
        ids[at + m] = new_ids[m];
        end = at;
    }
    return end;
}
