/* (query, list) pairs of a search, sorted by list: by counting. */
#include <faiss/impl/ivf_pairs.h>

#include <stdlib.h>
#include <string.h>

#include <faiss/impl/check.h>

FaissStatus faiss_ivf_pairs_init (FaissIVFPairs *self, size_t nlist, size_t n_pairs) {
    FAISS_TRY (faiss_alloc (&self->starts, nlist + 1, sizeof *self->starts));
    return faiss_alloc (&self->order, n_pairs, sizeof *self->order);
}

void faiss_ivf_pairs_clear (FaissIVFPairs *self) {
    free (self->starts);
    free (self->order);
    *self = (FaissIVFPairs){0};
}

void faiss_ivf_pairs_sort (FaissIVFPairs *self, size_t nlist, const idx_t *keys, size_t n,
                           size_t nprobe, size_t first_rank, size_t end_rank, size_t divisor) {
    uint32_t *starts = self->starts, sum = 0;
    memset (starts, 0, (nlist + 1) * sizeof *starts);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = first_rank; j < end_rank; j++) {
            idx_t key = keys[i * nprobe + j];
            if (key >= 0) {
                starts[key]++;
            }
        }
    }
    for (size_t l = 0; l <= nlist; l++) { /* the ends; filling from behind makes them starts */
        sum += starts[l];
        starts[l] = sum;
    }
    for (size_t i = n; i-- > 0;) {
        for (size_t j = end_rank; j-- > first_rank;) {
            size_t pair = i * nprobe + j;
            if (keys[pair] >= 0) {
                self->order[--starts[keys[pair]]] = (uint32_t)(pair / divisor);
            }
        }
    }
}
