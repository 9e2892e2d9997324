/* Rows packed for the kernels of exhaustive search. */
#include <faiss/utils/packed_rows.h>

#include <string.h>

#include <faiss/impl/check.h>
#include <faiss/impl/parallel.h>
#include <faiss/kernels/kernels.h>

enum { MIN_SHARE = 1 << 16 }; /* components that are worth a thread */

static void pack_group (FaissPackedRows *self, size_t first, const float *y, const float *y_norms) {
    size_t d = self->d, left = self->n - first;
    size_t n = left < FAISS_EXACT_ROWS ? left : FAISS_EXACT_ROWS;
    faiss_kernels.exact_pack_rows (y + first * d, NULL, n, d, self->rows + first * d);
    for (size_t i = first; i < first + FAISS_EXACT_ROWS; i++) {
        self->norms[i] = i >= self->n ? 0
                         : y_norms    ? y_norms[i]
                                      : faiss_kernels.fvec_inner_product (y + i * d, y + i * d, d);
    }
}

FaissStatus faiss_PackedRows_init (FaissPackedRows *self, size_t n, size_t d, const float *y,
                                   const float *y_norms) {
    *self = (FaissPackedRows){.n = n, .d = d};
    size_t n_groups = (n + FAISS_EXACT_ROWS - 1) / FAISS_EXACT_ROWS;
    size_t n_padded = n_groups * FAISS_EXACT_ROWS;
    FAISS_TRY (faiss_alloc_aligned (&self->rows, n_padded * d, sizeof *self->rows));
    FAISS_TRY (faiss_alloc_aligned (&self->norms, n_padded, sizeof *self->norms));
#pragma omp parallel for num_threads(faiss_threads_for((int64_t)(n * d / MIN_SHARE)))
    for (size_t group = 0; group < n_groups; group++) {
        pack_group (self, group * FAISS_EXACT_ROWS, y, y_norms);
    }
    return FAISS_OK;
}

bool faiss_PackedRows_holds (const FaissPackedRows *self, size_t row, const float *y) {
    const float *packed =
        self->rows + row / FAISS_EXACT_ROWS * FAISS_EXACT_ROWS * self->d + row % FAISS_EXACT_ROWS;
    bool same = true;
    for (size_t j = 0; j < self->d; j++) {
        same &= memcmp (packed + j * FAISS_EXACT_ROWS, y + j, sizeof *y) == 0;
    }
    return same;
}

void faiss_PackedRows_clear (FaissPackedRows *self) {
    free (self->rows);
    free (self->norms);
    *self = (FaissPackedRows){0};
}
