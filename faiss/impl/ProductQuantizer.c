/* Product quantization: objects, codes, tables. */
#include <faiss/impl/ProductQuantizer.h>

#include <limits.h>
#include <string.h>

#include <faiss/AutoTune.h>
#include <faiss/impl/bitstring.h>
#include <faiss/impl/check.h>
#include <faiss/impl/io_limits.h>
#include <faiss/impl/parallel.h>
#include <faiss/impl/pq_internal.h>
#include <faiss/kernels/kernels.h>
#include <faiss/utils/distances.h>

#define CONST_SELF(pointer) FAISS_CONST_SELF (ProductQuantizer, quantizer, pointer)

enum {
    MAX_NBITS = 24,
    BLOCK = 128, /* vectors that a thread encodes at a time */
};

/* ---- objects --------------------------------------------------------------------------------- */

static FaissStatus check_parameters (const char *function, size_t d, size_t M, size_t nbits) {
    if (M == 0 || d % M != 0) {
        return faiss_fail_in (FAISS_EXCEPT, function,
                              "The dimension of the vector (d=%zu) should be a multiple of the "
                              "number of subquantizers (M=%zu)",
                              d, M);
    }
    if (nbits > MAX_NBITS) {
        return faiss_fail_in (FAISS_EXCEPT, function, "expected nbits <= %d, got %zu", MAX_NBITS,
                              nbits);
    }
    if (d > INT_MAX || M > SIZE_MAX / sizeof (float) >> nbits ||
        d > SIZE_MAX / sizeof (float) >> nbits) {
        return faiss_fail_in (FAISS_EXCEPT, function, "d=%zu times 2^%zu centroids are too many", d,
                              nbits);
    }
    return FAISS_OK;
}

FaissStatus faiss_ProductQuantizer_set_derived_values (FaissProductQuantizer *self) {
    FAISS_REQUIRE_ARG (self);
    size_t d = self->quantizer.d;
    FAISS_TRY (check_parameters (__func__, d, self->M, self->nbits));
    FAISS_TRY (faiss_Float32Vector_resize (&self->centroids, d << self->nbits));
    self->dsub = d / self->M;
    self->ksub = (size_t)1 << self->nbits;
    self->quantizer.code_size = (self->nbits * self->M + 7) / 8;
    return FAISS_OK;
}

FaissStatus faiss_ProductQuantizer_init (FaissProductQuantizer *self, size_t d, size_t M,
                                         size_t nbits) {
    FAISS_REQUIRE_ARG (self);
    faiss_object_init (self, &faiss_ProductQuantizer_class.head);
    self->quantizer.d = d;
    self->M = M;
    self->nbits = nbits;
    faiss_ClusteringParameters_set_defaults (&self->cp);
    FaissStatus status = faiss_ProductQuantizer_set_derived_values (self);
    if (status != FAISS_OK) {
        faiss_object_clear (self);
    }
    return status;
}

FaissStatus faiss_ProductQuantizer_new_with (FaissProductQuantizer **out, size_t d, size_t M,
                                             size_t nbits) {
    FAISS_REQUIRE_ARG (out);
    FaissProductQuantizer *self = NULL;
    FAISS_TRY (faiss_object_new (&self, &faiss_ProductQuantizer_class.head));
    FaissStatus status = faiss_ProductQuantizer_init (self, d, M, nbits);
    if (status != FAISS_OK) {
        free (self);
        return status;
    }
    *out = self;
    return FAISS_OK;
}

FaissStatus faiss_ProductQuantizer_new (FaissProductQuantizer **out) {
    return faiss_ProductQuantizer_new_with (out, 0, 1, 0);
}

void faiss_ProductQuantizer_free (FaissProductQuantizer *self) {
    faiss_object_free (self);
}

static void ProductQuantizer_finalize (void *object) {
    FaissProductQuantizer *self = object;
    faiss_Float32Vector_clear (&self->centroids);
    faiss_Float32Vector_clear (&self->transposed_centroids);
    faiss_Float32Vector_clear (&self->centroids_sq_lengths);
    faiss_Float32Vector_clear (&self->sdc_table);
}

static FaissStatus copy_vector (FaissFloat32Vector *self, const FaissFloat32Vector *other) {
    return faiss_Float32Vector_assign (self, other->data, other->size);
}

/* assign_index stays borrowed. */
static FaissStatus ProductQuantizer_copy (void *object, const void *other_object) {
    FaissProductQuantizer *self = object;
    const FaissProductQuantizer *other = other_object;
    self->M = other->M;
    self->nbits = other->nbits;
    self->dsub = other->dsub;
    self->ksub = other->ksub;
    self->verbose = other->verbose;
    self->train_type = other->train_type;
    self->cp = other->cp;
    self->assign_index = other->assign_index;
    FAISS_TRY (copy_vector (&self->centroids, &other->centroids));
    FAISS_TRY (copy_vector (&self->transposed_centroids, &other->transposed_centroids));
    FAISS_TRY (copy_vector (&self->centroids_sq_lengths, &other->centroids_sq_lengths));
    return copy_vector (&self->sdc_table, &other->sdc_table);
}

FaissStatus faiss_pq_check (const char *function, const FaissProductQuantizer *self) {
    if (!self) {
        return faiss_fail_in (FAISS_EXCEPT, function, "self is NULL");
    }
    FAISS_TRY (check_parameters (function, self->quantizer.d, self->M, self->nbits));
    size_t d = self->quantizer.d;
    if (self->dsub != d / self->M || self->ksub != (size_t)1 << self->nbits ||
        self->quantizer.code_size != (self->nbits * self->M + 7) / 8) {
        return faiss_fail_in (FAISS_EXCEPT, function,
                              "d, M or nbits changed: call set_derived_values");
    }
    if (self->centroids.size != d * self->ksub) {
        return faiss_fail_in (FAISS_EXCEPT, function,
                              "centroids has %zu elements, expected d * ksub=%zu",
                              self->centroids.size, d * self->ksub);
    }
    return FAISS_OK;
}

/* ---- centroids ------------------------------------------------------------------------------- */

float *faiss_ProductQuantizer_get_centroids (FaissProductQuantizer *self, size_t m, size_t i) {
    return self ? self->centroids.data + (m * self->ksub + i) * self->dsub : NULL;
}

FaissStatus faiss_ProductQuantizer_set_params (FaissProductQuantizer *self, const float *centroids,
                                               int m) {
    FAISS_TRY (faiss_pq_check (__func__, self));
    FAISS_REQUIRE_ARG (centroids);
    FAISS_REQUIRE (m >= -1 && (m < 0 || (size_t)m < self->M), "expected -1 <= m < %zu, got %d",
                   self->M, m);
    FAISS_TRY (faiss_Float32Vector_own (&self->centroids));
    size_t begin = m < 0 ? 0 : (size_t)m, end = m < 0 ? self->M : begin + 1;
    for (size_t i = begin; i < end; i++) {
        memcpy (faiss_ProductQuantizer_get_centroids (self, i, 0), centroids,
                self->ksub * self->dsub * sizeof *centroids);
    }
    return FAISS_OK;
}

/* Component j of centroid i of m to m * step + j * ld + i. */
static void transpose (const FaissProductQuantizer *self, size_t ld, size_t step, float *out) {
    enum { TILE = 16 }; /* lines of the cache that are read again and again */
    size_t ksub = self->ksub, dsub = self->dsub;
    for (size_t m = 0; m < self->M; m++) {
        const float *from = self->centroids.data + m * ksub * dsub;
        for (size_t first = 0; first < ksub; first += TILE) {
            size_t end = ksub - first < TILE ? ksub : first + TILE;
            for (size_t j = 0; j < dsub; j++) {
                float *to = out + m * step + j * ld;
                for (size_t i = first; i < end; i++) {
                    to[i] = from[i * dsub + j];
                }
            }
        }
    }
}

FaissStatus faiss_pq_columns (const FaissProductQuantizer *self, size_t n_uses,
                              FaissPQColumns *out) {
    enum { FEW = 4 };
    size_t size = self->centroids.size, ksub = self->ksub;
    if (size > 0 && self->transposed_centroids.size == size) {
        *out = (FaissPQColumns){self->transposed_centroids.data, self->M * ksub, ksub, NULL};
    } else if (n_uses > FEW) {
        float *data = NULL;
        FAISS_TRY (faiss_alloc (&data, size, sizeof *data));
        transpose (self, ksub, self->dsub * ksub, data);
        *out = (FaissPQColumns){data, ksub, self->dsub * ksub, data};
    } else {
        *out = (FaissPQColumns){0};
    }
    return FAISS_OK;
}

void faiss_PQColumns_clear (FaissPQColumns *self) {
    free (self->owned);
    *self = (FaissPQColumns){0};
}

FaissStatus faiss_ProductQuantizer_sync_transposed_centroids (FaissProductQuantizer *self) {
    FAISS_TRY (faiss_pq_check (__func__, self));
    FAISS_AUTO (Float32Vector) transposed = {0};
    FAISS_AUTO (Float32Vector) lengths = {0};
    FAISS_TRY (faiss_Float32Vector_resize (&transposed, self->centroids.size));
    FAISS_TRY (faiss_Float32Vector_resize (&lengths, self->M * self->ksub));
    transpose (self, self->M * self->ksub, self->ksub, transposed.data);
    faiss_fvec_norms_L2sqr (lengths.data, self->centroids.data, self->dsub, self->M * self->ksub);
    faiss_Float32Vector_swap (&self->transposed_centroids, &transposed);
    faiss_Float32Vector_swap (&self->centroids_sq_lengths, &lengths);
    return FAISS_OK;
}

void faiss_ProductQuantizer_clear_transposed_centroids (FaissProductQuantizer *self) {
    if (!self) {
        return;
    }
    faiss_Float32Vector_clear (&self->transposed_centroids);
    faiss_Float32Vector_clear (&self->centroids_sq_lengths);
}

/* ---- tables ---------------------------------------------------------------------------------- */

typedef void (*Table) (const float *x, size_t dsub, const float *columns, size_t ld, size_t ksub,
                       float *out);
typedef void (*RowTable) (const float *x, size_t dsub, const float *centroids, size_t ksub,
                          float *out);

static void make_table (const FaissProductQuantizer *self, const FaissPQColumns *columns,
                        Table table, RowTable row_table, const float *x, float *out) {
    size_t ksub = self->ksub, dsub = self->dsub;
    for (size_t m = 0; m < self->M; m++) {
        if (columns && columns->data) {
            table (x + m * dsub, dsub, columns->data + m * columns->step, columns->ld, ksub,
                   out + m * ksub);
        } else {
            row_table (x + m * dsub, dsub, self->centroids.data + m * ksub * dsub, ksub,
                       out + m * ksub);
        }
    }
}

void faiss_pq_distance_table_by (const FaissProductQuantizer *self, const FaissPQColumns *columns,
                                 const float *x, float *table) {
    make_table (self, columns, faiss_kernels.pq_table_L2, faiss_kernels.pq_row_table_L2, x, table);
}

void faiss_pq_inner_prod_table_by (const FaissProductQuantizer *self, const FaissPQColumns *columns,
                                   const float *x, float *table) {
    make_table (self, columns, faiss_kernels.pq_table_ip, faiss_kernels.pq_row_table_ip, x, table);
}

void faiss_pq_distance_table (const FaissProductQuantizer *self, const float *x, float *table) {
    faiss_pq_distance_table_by (self, NULL, x, table);
}

void faiss_pq_inner_prod_table (const FaissProductQuantizer *self, const float *x, float *table) {
    faiss_pq_inner_prod_table_by (self, NULL, x, table);
}

FaissStatus faiss_ProductQuantizer_compute_distance_tables (const FaissProductQuantizer *self,
                                                            size_t nx, const float *x,
                                                            float *dis_tables) {
    FAISS_TRY (faiss_pq_check (__func__, self));
    FAISS_REQUIRE (nx == 0 || (x && dis_tables), "x or dis_tables is NULL");
    FAISS_AUTO (PQColumns) columns = {0};
    FAISS_TRY (faiss_pq_columns (self, nx, &columns));
    FaissRegion region = {0};
#pragma omp parallel for num_threads(faiss_threads_for((int64_t)nx)) schedule(dynamic, 16)
    for (size_t i = 0; i < nx; i++) {
        if (!faiss_region_stopped (&region)) {
            faiss_pq_distance_table_by (self, &columns, x + i * self->quantizer.d,
                                        dis_tables + i * self->M * self->ksub);
        }
    }
    return faiss_region_close (&region);
}

FaissStatus faiss_ProductQuantizer_compute_inner_prod_tables (const FaissProductQuantizer *self,
                                                              size_t nx, const float *x,
                                                              float *dis_tables) {
    FAISS_TRY (faiss_pq_check (__func__, self));
    FAISS_REQUIRE (nx == 0 || (x && dis_tables), "x or dis_tables is NULL");
    FAISS_AUTO (PQColumns) columns = {0};
    FAISS_TRY (faiss_pq_columns (self, nx, &columns));
    FaissRegion region = {0};
#pragma omp parallel for num_threads(faiss_threads_for((int64_t)nx)) schedule(dynamic, 16)
    for (size_t i = 0; i < nx; i++) {
        if (!faiss_region_stopped (&region)) {
            faiss_pq_inner_prod_table_by (self, &columns, x + i * self->quantizer.d,
                                          dis_tables + i * self->M * self->ksub);
        }
    }
    return faiss_region_close (&region);
}

FaissStatus faiss_ProductQuantizer_compute_distance_table (const FaissProductQuantizer *self,
                                                           const float *x, float *dis_table) {
    return faiss_ProductQuantizer_compute_distance_tables (self, 1, x, dis_table);
}

FaissStatus faiss_ProductQuantizer_compute_inner_prod_table (const FaissProductQuantizer *self,
                                                             const float *x, float *dis_table) {
    return faiss_ProductQuantizer_compute_inner_prod_tables (self, 1, x, dis_table);
}

FaissStatus faiss_ProductQuantizer_compute_sdc_table (FaissProductQuantizer *self) {
    FAISS_TRY (faiss_pq_check (__func__, self));
    size_t M = self->M, ksub = self->ksub, dsub = self->dsub;
    FAISS_REQUIRE (ksub <= SIZE_MAX / sizeof (float) / ksub / M, "ksub=%zu is too large", ksub);
    FAISS_AUTO (Float32Vector) table = {0};
    FAISS_TRY (faiss_Float32Vector_resize (&table, M * ksub * ksub));
    FaissRegion region = {0};
#pragma omp parallel for num_threads(faiss_threads_for((int64_t)(M * ksub))) schedule(dynamic, 16)
    for (size_t row = 0; row < M * ksub; row++) {
        if (!faiss_region_stopped (&region)) {
            const float *centroids = self->centroids.data + row / ksub * ksub * dsub;
            faiss_fvec_L2sqr_ny (table.data + row * ksub, self->centroids.data + row * dsub,
                                 centroids, dsub, ksub);
        }
    }
    FAISS_TRY (faiss_region_close (&region));
    faiss_Float32Vector_swap (&self->sdc_table, &table);
    return FAISS_OK;
}

/* ---- codes ----------------------------------------------------------------------------------- */

size_t faiss_pq_first_smallest (const float *values, size_t n) {
    return faiss_kernels.aq_smallest_sum (values, NULL, 0, n);
}

FaissStatus faiss_ProductQuantizer_compute_code_from_distance_table (
    const FaissProductQuantizer *self, const float *tab, uint8_t *code) {
    FAISS_TRY (faiss_pq_check (__func__, self));
    FAISS_REQUIRE (tab && code, "tab or code is NULL");
    memset (code, 0, self->quantizer.code_size);
    for (size_t m = 0; m < self->M; m++) {
        size_t number = faiss_pq_first_smallest (tab + m * self->ksub, self->ksub);
        faiss_bitstring_put (code, m * self->nbits, number, self->nbits);
    }
    return FAISS_OK;
}

/* Write the numbers of n codes for sub-quantizer m. */
static void put_numbers (const FaissProductQuantizer *self, size_t m, const uint32_t *numbers,
                         uint8_t *codes, size_t n) {
    size_t code_size = self->quantizer.code_size;
    for (size_t i = 0; i < n; i++) {
        if (self->nbits == 8) {
            codes[i * code_size + m] = (uint8_t)numbers[i];
        } else {
            faiss_bitstring_put (codes + i * code_size, m * self->nbits, numbers[i], self->nbits);
        }
    }
}

/* Encode at most a block of vectors. */
static void encode_block (const FaissProductQuantizer *self, const FaissPQColumns *columns,
                          const float *x, uint8_t *codes, size_t n) {
    uint32_t numbers[BLOCK];
    memset (codes, 0, n * self->quantizer.code_size);
    for (size_t m = 0; m < self->M; m++) {
        faiss_kernels.pq_nearest (x + m * self->dsub, self->quantizer.d, n, self->dsub,
                                  columns->data + m * columns->step, columns->ld, self->ksub,
                                  numbers);
        put_numbers (self, m, numbers, codes, n);
    }
}

/* Encode a few vectors, without columns. @param table  size ksub */
static void encode_few (const FaissProductQuantizer *self, const float *x, uint8_t *codes, size_t n,
                        float *table) {
    memset (codes, 0, n * self->quantizer.code_size);
    for (size_t m = 0; m < self->M; m++) {
        const float *centroids = self->centroids.data + m * self->ksub * self->dsub;
        for (size_t i = 0; i < n; i++) {
            faiss_kernels.pq_row_table_L2 (x + i * self->quantizer.d + m * self->dsub, self->dsub,
                                           centroids, self->ksub, table);
            uint32_t number = (uint32_t)faiss_pq_first_smallest (table, self->ksub);
            put_numbers (self, m, &number, codes + i * self->quantizer.code_size, 1);
        }
    }
}

static FaissStatus encode_blocks (const FaissProductQuantizer *self, const FaissPQColumns *columns,
                                  const float *x, uint8_t *codes, size_t n) {
    int64_t n_blocks = (int64_t)((n + BLOCK - 1) / BLOCK);
    FaissRegion region = {0};
#pragma omp parallel for num_threads(faiss_threads_for(n_blocks)) schedule(dynamic)
    for (int64_t b = 0; b < n_blocks; b++) {
        size_t begin = (size_t)b * BLOCK, size = n - begin < BLOCK ? n - begin : BLOCK;
        if (!faiss_region_stopped (&region)) {
            encode_block (self, columns, x + begin * self->quantizer.d,
                          codes + begin * self->quantizer.code_size, size);
        }
    }
    return faiss_region_close (&region);
}

static FaissStatus ProductQuantizer_compute_codes (const FaissQuantizer *quantizer, const float *x,
                                                   uint8_t *codes, size_t n) {
    const FaissProductQuantizer *self = CONST_SELF (quantizer);
    FAISS_TRY (faiss_pq_check (__func__, self));
    FAISS_AUTO (PQColumns) columns = {0};
    FAISS_TRY (faiss_pq_columns (self, n, &columns));
    if (columns.data) {
        return encode_blocks (self, &columns, x, codes, n);
    }
    FAISS_AUTO_FREE (float) *table = NULL;
    FAISS_TRY (faiss_alloc (&table, self->ksub, sizeof *table));
    encode_few (self, x, codes, n, table);
    return FAISS_OK;
}

FaissStatus faiss_ProductQuantizer_compute_code (const FaissProductQuantizer *self, const float *x,
                                                 uint8_t *code) {
    FAISS_REQUIRE_ARG (self);
    return faiss_Quantizer_compute_codes (&self->quantizer, x, code, 1);
}

FaissStatus faiss_ProductQuantizer_compute_codes_with_assign_index (
    const FaissProductQuantizer *self, const float *x, uint8_t *codes, size_t n) {
    FAISS_TRY (faiss_pq_check (__func__, self));
    FaissIndex *index = self->assign_index;
    FAISS_REQUIRE (index, "assign_index is NULL");
    FAISS_REQUIRE ((size_t)index->d == self->dsub, "expected an assign_index of d=%zu, got %d",
                   self->dsub, index->d);
    FAISS_REQUIRE (n == 0 || (x && codes), "x or codes is NULL");
    FAISS_AUTO_FREE (float) *part = NULL;
    FAISS_AUTO_FREE (idx_t) *labels = NULL;
    FAISS_TRY (faiss_alloc (&part, n * self->dsub, sizeof *part));
    FAISS_TRY (faiss_alloc (&labels, n, sizeof *labels));
    memset (codes, 0, n * self->quantizer.code_size);
    for (size_t m = 0; m < self->M; m++) {
        FAISS_TRY (faiss_Index_reset (index));
        FAISS_TRY (faiss_Index_add (index, (idx_t)self->ksub,
                                    self->centroids.data + m * self->ksub * self->dsub));
        for (size_t i = 0; i < n; i++) {
            memcpy (part + i * self->dsub, x + i * self->quantizer.d + m * self->dsub,
                    self->dsub * sizeof *part);
        }
        FAISS_TRY (faiss_Index_assign (index, (idx_t)n, part, labels, 1));
        for (size_t i = 0; i < n; i++) {
            faiss_bitstring_put (codes + i * self->quantizer.code_size, m * self->nbits,
                                 (uint64_t)labels[i], self->nbits);
        }
    }
    return FAISS_OK;
}

/* Codes of bytes, with instances for the usual numbers of components. */
static inline __attribute__ ((always_inline)) void decode_bytes (const FaissProductQuantizer *self,
                                                                 const size_t dsub,
                                                                 const uint8_t *code, float *x) {
    const float *centroids = self->centroids.data;
    for (size_t m = 0; m < self->M; m++, centroids += 256 * dsub, x += dsub) {
        memcpy (x, centroids + code[m] * dsub, dsub * sizeof *x);
    }
}

void faiss_pq_decode (const FaissProductQuantizer *self, const uint8_t *code, float *x) {
    size_t dsub = self->dsub, kind = self->nbits == 8 ? dsub : 0;
    switch (kind) {
    case 1:
        decode_bytes (self, 1, code, x);
        return;
    case 2:
        decode_bytes (self, 2, code, x);
        return;
    case 4:
        decode_bytes (self, 4, code, x);
        return;
    case 8:
        decode_bytes (self, 8, code, x);
        return;
    case 16:
        decode_bytes (self, 16, code, x);
        return;
    default:
        break;
    }
    for (size_t m = 0; m < self->M; m++) {
        size_t i = faiss_bitstring_get (code, m * self->nbits, self->nbits);
        memcpy (x + m * dsub, self->centroids.data + (m * self->ksub + i) * dsub, dsub * sizeof *x);
    }
}

static void decode_rows (const FaissProductQuantizer *self, const uint8_t *code, float *x,
                         size_t begin, size_t end) {
    for (size_t i = begin; i < end; i++) {
        faiss_pq_decode (self, code + i * self->quantizer.code_size, x + i * self->quantizer.d);
    }
}

static FaissStatus ProductQuantizer_decode (const FaissQuantizer *quantizer, const uint8_t *code,
                                            float *x, size_t n) {
    const FaissProductQuantizer *self = CONST_SELF (quantizer);
    FAISS_TRY (faiss_pq_check (__func__, self));
    int64_t n_blocks = (int64_t)((n + BLOCK - 1) / BLOCK);
    if (n_blocks <= 1) {
        decode_rows (self, code, x, 0, n);
        return FAISS_OK;
    }
    FaissRegion region = {0};
#pragma omp parallel for num_threads(faiss_threads_for(n_blocks)) schedule(dynamic)
    for (int64_t b = 0; b < n_blocks; b++) {
        size_t begin = (size_t)b * BLOCK;
        if (!faiss_region_stopped (&region)) {
            decode_rows (self, code, x, begin, n - begin < BLOCK ? n : begin + BLOCK);
        }
    }
    return faiss_region_close (&region);
}

float faiss_pq_symmetric_distance (const FaissProductQuantizer *self, const uint8_t *a,
                                   const uint8_t *b) {
    float sum = 0;
    for (size_t m = 0; m < self->M; m++) {
        size_t i = faiss_bitstring_get (a, m * self->nbits, self->nbits);
        size_t j = faiss_bitstring_get (b, m * self->nbits, self->nbits);
        sum += self->sdc_table.data[(m * self->ksub + i) * self->ksub + j];
    }
    return sum;
}

FaissStatus faiss_pq_append_ht_range (FaissParameterSpace *space, size_t code_size) {
    size_t n = code_size % 4 == 0 ? 2 * code_size : 0;
    FAISS_AUTO_FREE (double) *values = NULL;
    FAISS_TRY (faiss_alloc (&values, n + 1, sizeof *values));
    for (size_t i = 0; i < n; i++) {
        values[i] = (double)(2 * i + 2);
    }
    values[n] = (double)(8 * code_size);
    return faiss_ParameterSpace_append (space, "ht", n + 1, values);
}

/* ---- files ----------------------------------------------------------------------------------- */

FaissStatus faiss_write_pq (FaissIOWriter *w, const FaissProductQuantizer *self) {
    FAISS_TRY (faiss_write_u64 (w, self->quantizer.d));
    FAISS_TRY (faiss_write_u64 (w, self->M));
    FAISS_TRY (faiss_write_u64 (w, self->nbits));
    return faiss_write_Float32Vector (w, &self->centroids);
}

/* May there be an array of n * ksub floats? */
static bool fits (size_t n, size_t nbits) {
    return n < faiss_deserialization_vector_byte_limit / sizeof (float) >> nbits;
}

FaissStatus faiss_read_pq (FaissIOReader *r, FaissProductQuantizer *self) {
    size_t d, M, nbits;
    FAISS_TRY (faiss_read_size (r, &d, "pq.d"));
    FAISS_TRY (faiss_read_size (r, &M, "pq.M"));
    FAISS_TRY (faiss_read_size (r, &nbits, "pq.nbits"));
    FAISS_REQUIRE_FILE (r, M > 0 && d % M == 0, "pq.d is %zu, no multiple of pq.M, which is %zu", d,
                        M);
    FAISS_REQUIRE_FILE (r, nbits > 0 && nbits <= MAX_NBITS, "pq.nbits is %zu, expected 1 .. %d",
                        nbits, MAX_NBITS);
    FAISS_REQUIRE_FILE (r, d <= INT_MAX && fits (d, nbits) && fits (M, nbits),
                        "2^%zu centroids of pq.d=%zu are beyond the limit", nbits, d);
    FAISS_AUTO (Float32Vector) centroids = {0};
    FAISS_TRY (faiss_read_Float32Vector (r, &centroids, "pq.centroids"));
    FAISS_REQUIRE_FILE (r, centroids.size == d << nbits,
                        "pq.centroids has %zu elements, expected %zu", centroids.size, d << nbits);
    FaissProductQuantizer read = {0};
    FAISS_TRY (faiss_ProductQuantizer_init (&read, 0, 1, 0));
    read.quantizer.d = d;
    read.M = M;
    read.nbits = nbits;
    faiss_Float32Vector_swap (&read.centroids, &centroids);
    FAISS_TRY (faiss_ProductQuantizer_set_derived_values (&read)); /* allocates nothing */
    faiss_object_clear (self);
    *self = read;
    return FAISS_OK;
}

/* ---- the class ------------------------------------------------------------------------------- */

/* What a field was set to may not fit the others. */
static FaissStatus ProductQuantizer_check (const void *object) {
    const FaissProductQuantizer *self = object;
    if (self->M == 0 && self->quantizer.d == 0) {
        return FAISS_OK;
    }
    FAISS_TRY (faiss_pq_check (__func__, self));
    const size_t size = self->centroids.size, rows = self->M * self->ksub;
    const size_t transposed = self->transposed_centroids.size;
    const size_t lengths = self->centroids_sq_lengths.size, sdc = self->sdc_table.size;
    FAISS_REQUIRE (transposed == 0 || (transposed == size && lengths == rows),
                   "transposed_centroids has %zu elements and centroids_sq_lengths %zu, expected "
                   "%zu and %zu",
                   transposed, lengths, size, rows);
    FAISS_REQUIRE (sdc == 0 || sdc == rows * self->ksub, "sdc_table has %zu elements, expected %zu",
                   sdc, rows * self->ksub);
    FAISS_REQUIRE (!self->assign_index || (size_t)self->assign_index->d == self->dsub,
                   "expected an assign_index of d=%zu, its d is %d", self->dsub,
                   self->assign_index->d);
    return FAISS_OK;
}

FaissQuantizerClass faiss_ProductQuantizer_class = {
    .head = {.name = "ProductQuantizer",
             .parent = &faiss_Quantizer_class.head,
             .instance_size = sizeof (FaissProductQuantizer),
             .table_size = sizeof (FaissQuantizerClass),
             .check = ProductQuantizer_check,
             .finalize = ProductQuantizer_finalize,
             .copy = ProductQuantizer_copy},
    .train = faiss_pq_train,
    .compute_codes = ProductQuantizer_compute_codes,
    .decode = ProductQuantizer_decode,
};
