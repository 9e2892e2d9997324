/* Quantizers whose vectors are sums of codebook rows: what they have in common. */
#include <faiss/impl/AdditiveQuantizer.h>

#include <math.h>
#include <string.h>

#include <faiss/Clustering.h>
#include <faiss/impl/LocalSearchQuantizer.h>
#include <faiss/impl/ResidualQuantizer.h>
#include <faiss/impl/additive_internal.h>
#include <faiss/impl/bitstring.h>
#include <faiss/impl/check.h>
#include <faiss/impl/parallel.h>
#include <faiss/kernels/kernels.h>
#include <faiss/utils/Heap.h>
#include <faiss/utils/distances.h>

enum { MAX_NBITS = 30 };

#define CONST_SELF(pointer) FAISS_CONST_SELF (AdditiveQuantizer, quantizer, pointer)

static const FaissAdditiveQuantizerClass *class_of (const FaissAdditiveQuantizer *self) {
    return (const FaissAdditiveQuantizerClass *)(const void *)self->quantizer.cls;
}

/* ---- life ------------------------------------------------------------------------------------ */

FaissStatus faiss_AdditiveQuantizer_init (FaissAdditiveQuantizer *self, size_t d, size_t M,
                                          const uint64_t *nbits,
                                          FaissAdditiveQuantizerSearchType search_type) {
    FAISS_REQUIRE_ARG (self);
    const size_t max_mem_distances = (size_t)5 << 30;
    self->quantizer.d = d;
    self->M = M;
    self->search_type = search_type;
    self->norm_min = self->norm_max = NAN;
    self->max_mem_distances = max_mem_distances;
    self->only_8bit = true;
    faiss_object_init (&self->qnorm, &faiss_IndexFlat1D_class.index.head);
    FAISS_TRY (faiss_IndexFlat_init (&self->qnorm.flat, 1, METRIC_L2));
    self->qnorm.continuous_update = true;
    FAISS_TRY (faiss_UInt64Vector_assign (&self->nbits, nbits, M));
    return d == 0 && M == 0 ? FAISS_OK : faiss_AdditiveQuantizer_set_derived_values (self);
}

static void AdditiveQuantizer_finalize (void *object) {
    FaissAdditiveQuantizer *self = object;
    faiss_UInt64Vector_clear (&self->nbits);
    faiss_Float32Vector_clear (&self->codebooks);
    faiss_UInt64Vector_clear (&self->codebook_offsets);
    faiss_Float32Vector_clear (&self->norm_tabs);
    faiss_object_clear (&self->qnorm);
    faiss_Float32Vector_clear (&self->centroid_norms);
    faiss_Float32Vector_clear (&self->codebook_cross_products);
}

static FaissStatus copy_floats (FaissFloat32Vector *to, const FaissFloat32Vector *from) {
    return faiss_Float32Vector_assign (to, from->data, from->size);
}

static FaissStatus AdditiveQuantizer_copy (void *object, const void *other_object) {
    FaissAdditiveQuantizer *self = object;
    const FaissAdditiveQuantizer *other = other_object;
    self->M = other->M;
    self->tot_bits = other->tot_bits;
    self->norm_bits = other->norm_bits;
    self->total_codebook_size = other->total_codebook_size;
    self->only_8bit = other->only_8bit;
    self->verbose = other->verbose;
    self->is_trained = other->is_trained;
    self->max_mem_distances = other->max_mem_distances;
    self->search_type = other->search_type;
    self->norm_min = other->norm_min;
    self->norm_max = other->norm_max;
    FAISS_TRY (faiss_UInt64Vector_assign (&self->nbits, other->nbits.data, other->nbits.size));
    FAISS_TRY (faiss_UInt64Vector_assign (&self->codebook_offsets, other->codebook_offsets.data,
                                          other->codebook_offsets.size));
    FAISS_TRY (copy_floats (&self->codebooks, &other->codebooks));
    FAISS_TRY (copy_floats (&self->norm_tabs, &other->norm_tabs));
    FAISS_TRY (copy_floats (&self->centroid_norms, &other->centroid_norms));
    FAISS_TRY (copy_floats (&self->codebook_cross_products, &other->codebook_cross_products));
    return faiss_object_assign (&self->qnorm, &other->qnorm);
}

FaissAdditiveQuantizer *faiss_AdditiveQuantizer_cast (FaissQuantizer *quantizer) {
    return faiss_object_cast (quantizer, &faiss_AdditiveQuantizer_class.quantizer.head);
}

/* ---- derived values -------------------------------------------------------------------------- */

static size_t norm_bits_of (FaissAdditiveQuantizerSearchType search_type) {
    switch (search_type) {
    case AdditiveQuantizer_ST_norm_float:
        return 32;
    case AdditiveQuantizer_ST_norm_qint8:
    case AdditiveQuantizer_ST_norm_cqint8:
    case AdditiveQuantizer_ST_norm_lsq2x4:
    case AdditiveQuantizer_ST_norm_rq2x4:
        return 8;
    case AdditiveQuantizer_ST_norm_qint4:
    case AdditiveQuantizer_ST_norm_cqint4:
        return 4;
    default:
        return 0;
    }
}

bool faiss_aq_has_norms (FaissAdditiveQuantizerSearchType search_type) {
    return norm_bits_of (search_type) > 0;
}

static bool has_qnorm (const FaissAdditiveQuantizer *self) {
    return self->search_type >= AdditiveQuantizer_ST_norm_cqint8 &&
           self->search_type <= AdditiveQuantizer_ST_norm_rq2x4;
}

FaissStatus faiss_AdditiveQuantizer_set_derived_values (FaissAdditiveQuantizer *self) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE ((unsigned)self->search_type < AdditiveQuantizer_ST_count,
                   "%d is not a search type", (int)self->search_type);
    FAISS_REQUIRE (self->nbits.size == self->M, "nbits has %zu entries, expected M=%zu",
                   self->nbits.size, self->M);
    size_t n_rows = 0, bits = 0;
    bool only_8bit = true;
    for (size_t m = 0; m < self->M; m++) {
        uint64_t nbits = self->nbits.data[m];
        FAISS_REQUIRE (nbits <= MAX_NBITS, "expected nbits <= %d, got %llu", MAX_NBITS,
                       (unsigned long long)nbits);
        n_rows += (size_t)1 << nbits;
        bits += nbits;
        only_8bit &= nbits == 8;
    }
    FAISS_REQUIRE (self->quantizer.d == 0 ||
                       n_rows <= SIZE_MAX / sizeof (float) / self->quantizer.d,
                   "codebooks of %zu rows of d=%zu are too large", n_rows, self->quantizer.d);
    FAISS_TRY (faiss_UInt64Vector_resize (&self->codebook_offsets, self->M + 1));
    self->codebook_offsets.data[0] = 0;
    for (size_t m = 0; m < self->M; m++) {
        self->codebook_offsets.data[m + 1] =
            self->codebook_offsets.data[m] + ((uint64_t)1 << self->nbits.data[m]);
    }
    self->total_codebook_size = n_rows;
    self->only_8bit = only_8bit;
    self->norm_bits = norm_bits_of (self->search_type);
    self->tot_bits = bits + self->norm_bits;
    self->quantizer.code_size = (self->tot_bits + 7) / 8;
    return FAISS_OK;
}

FaissStatus faiss_aq_repeat_nbits (FaissUInt64Vector *out, size_t M, size_t nbits) {
    FAISS_TRY (faiss_UInt64Vector_resize (out, M));
    for (size_t m = 0; m < M; m++) {
        out->data[m] = nbits;
    }
    return FAISS_OK;
}

size_t faiss_aq_row_bits (const FaissAdditiveQuantizer *self) {
    return self->tot_bits - self->norm_bits;
}

FaissStatus faiss_aq_check_trained (const char *function, const FaissAdditiveQuantizer *self) {
    if (!self) {
        return faiss_fail_in (FAISS_EXCEPT, function, "self is NULL");
    }
    if (!self->is_trained) {
        return faiss_fail_in (FAISS_EXCEPT, function, "The additive quantizer is not trained yet.");
    }
    return FAISS_OK;
}

/* ---- tables ---------------------------------------------------------------------------------- */

FaissStatus faiss_aq_pack_rows (const float *rows, size_t n, size_t d, float **out) {
    size_t groups = (n + FAISS_EXACT_ROWS - 1) / FAISS_EXACT_ROWS;
    FAISS_TRY (faiss_alloc_aligned (out, groups * FAISS_EXACT_ROWS * d, sizeof **out));
    faiss_kernels.exact_pack_rows (rows, NULL, n, d, *out);
    return FAISS_OK;
}

FaissStatus faiss_aq_all_products (const float *x, size_t nx, const float *y, size_t ny, size_t d,
                                   float scale, float *out, size_t ld) {
    enum { BLOCK = 48 };
    FAISS_AUTO_FREE (float) *packed = NULL;
    FAISS_TRY (faiss_aq_pack_rows (y, ny, d, &packed));
    idx_t n_blocks = (idx_t)((nx + BLOCK - 1) / BLOCK);
#pragma omp parallel for num_threads(faiss_threads_for(n_blocks))
    for (idx_t block = 0; block < n_blocks; block++) {
        size_t begin = (size_t)block * BLOCK, n = nx - begin < BLOCK ? nx - begin : BLOCK;
        faiss_kernels.packed_products (x + begin * d, n, d, packed, ny, NULL, NULL, scale,
                                       out + begin * ld, ld);
    }
    return FAISS_OK;
}

FaissStatus faiss_AdditiveQuantizer_compute_codebook_tables (FaissAdditiveQuantizer *self) {
    FAISS_REQUIRE_ARG (self);
    size_t d = self->quantizer.d, n_rows = self->total_codebook_size;
    FAISS_REQUIRE (self->codebooks.size == n_rows * d, "codebooks has %zu elements, expected %zu",
                   self->codebooks.size, n_rows * d);
    const uint64_t *offsets = self->codebook_offsets.data;
    size_t size = 0;
    for (size_t m = 1; m < self->M; m++) {
        size_t K = (size_t)1 << self->nbits.data[m];
        FAISS_REQUIRE (offsets[m] <= (SIZE_MAX / sizeof (float) - size) / K,
                       "the tables of %zu codebooks are too large", self->M);
        size += K * offsets[m];
    }
    FAISS_AUTO (Float32Vector) norms = {0};
    FAISS_AUTO (Float32Vector) products = {0};
    FAISS_TRY (faiss_Float32Vector_resize (&norms, n_rows));
    FAISS_TRY (faiss_Float32Vector_resize (&products, size));
    faiss_fvec_norms_L2sqr (norms.data, self->codebooks.data, d, n_rows);
    float *out = products.data;
    for (size_t m = 1; m < self->M; m++) {
        size_t K = (size_t)1 << self->nbits.data[m];
        FAISS_TRY (faiss_aq_all_products (self->codebooks.data, offsets[m],
                                          self->codebooks.data + offsets[m] * d, K, d, 1, out, K));
        out += K * offsets[m];
    }
    faiss_Float32Vector_swap (&self->centroid_norms, &norms);
    faiss_Float32Vector_swap (&self->codebook_cross_products, &products);
    return FAISS_OK;
}

/* ---- norms ----------------------------------------------------------------------------------- */

/* A level of 0 .. 2^nbits - 1 and the middle of its range. */
static uint32_t encode_uniform (float value, float min, float max, size_t nbits) {
    float n_levels = (float)(1 << nbits), level = floorf ((value - min) / (max - min) * n_levels);
    return !(level > 0) ? 0 : level >= n_levels ? (1u << nbits) - 1 : (uint32_t)level;
}

static float decode_uniform (uint32_t level, float min, float max, size_t nbits) {
    return ((float)level + 0.5f) / (float)(1 << nbits) * (max - min) + min;
}

static const float *qnorm_values (const FaissAdditiveQuantizer *self) {
    return (const float *)(const void *)self->qnorm.flat_codes.codes.data;
}

uint32_t faiss_AdditiveQuantizer_encode_qcint (const FaissAdditiveQuantizer *self, float x) {
    if (!self) {
        return 0;
    }
    const FaissIndex *qnorm = &self->qnorm.index;
    float distance;
    idx_t label = -1;
    if (qnorm->ntotal == 0 ||
        qnorm->cls->search (qnorm, 1, &x, 1, NULL, &distance, &label) != FAISS_OK) {
        return 0;
    }
    return label < 0 ? 0 : (uint32_t)label;
}

float faiss_AdditiveQuantizer_decode_qcint (const FaissAdditiveQuantizer *self, uint32_t c) {
    if (!self) {
        return 0;
    }
    return (idx_t)c < self->qnorm.index.ntotal ? qnorm_values (self)[c] : NAN;
}

uint64_t faiss_AdditiveQuantizer_encode_norm (const FaissAdditiveQuantizer *self, float norm) {
    if (!self) {
        return 0;
    }
    switch (self->search_type) {
    case AdditiveQuantizer_ST_norm_float: {
        uint32_t bits;
        memcpy (&bits, &norm, sizeof bits);
        return bits;
    }
    case AdditiveQuantizer_ST_norm_qint8:
    case AdditiveQuantizer_ST_norm_qint4:
        return encode_uniform (norm, self->norm_min, self->norm_max, self->norm_bits);
    case AdditiveQuantizer_ST_norm_cqint8:
    case AdditiveQuantizer_ST_norm_cqint4:
    case AdditiveQuantizer_ST_norm_lsq2x4:
    case AdditiveQuantizer_ST_norm_rq2x4:
        return faiss_AdditiveQuantizer_encode_qcint (self, norm);
    default:
        return 0;
    }
}

float faiss_aq_decode_norm (const FaissAdditiveQuantizer *self, uint32_t c) {
    switch (self->search_type) {
    case AdditiveQuantizer_ST_norm_float: {
        float norm;
        memcpy (&norm, &c, sizeof norm);
        return norm;
    }
    case AdditiveQuantizer_ST_norm_qint8:
    case AdditiveQuantizer_ST_norm_qint4:
        return decode_uniform (c, self->norm_min, self->norm_max, self->norm_bits);
    default:
        return faiss_AdditiveQuantizer_decode_qcint (self, c);
    }
}

/* Norms in two tables of 16: sums of a row of each codebook of a 1-dimensional quantizer. */
static FaissStatus train_2x4 (FaissAdditiveQuantizer *quantizer, size_t n, const float *norms,
                              FaissFloat32Vector *tabs, FaissFloat32Vector *values) {
    enum { N = 16 };
    FAISS_TRY (faiss_Quantizer_train (&quantizer->quantizer, n, norms));
    FAISS_TRY (copy_floats (tabs, &quantizer->codebooks));
    FAISS_TRY (faiss_Float32Vector_resize (values, (size_t)N * N));
    for (size_t i = 0; i < N; i++) {
        for (size_t j = 0; j < N; j++) {
            values->data[N * i + j] = tabs->data[j] + tabs->data[N + i];
        }
    }
    return FAISS_OK;
}

static FaissStatus train_qnorm (const FaissAdditiveQuantizer *self, size_t n, const float *norms,
                                FaissFloat32Vector *tabs, FaissFloat32Vector *values) {
    if (self->search_type == AdditiveQuantizer_ST_norm_lsq2x4) {
        FAISS_OWNED (LocalSearchQuantizer) *lsq = NULL;
        FAISS_TRY (
            faiss_LocalSearchQuantizer_new_with (&lsq, 1, 2, 4, AdditiveQuantizer_ST_decompress));
        return train_2x4 (&lsq->aq, n, norms, tabs, values);
    }
    if (self->search_type == AdditiveQuantizer_ST_norm_rq2x4) {
        FAISS_OWNED (ResidualQuantizer) *rq = NULL;
        FAISS_TRY (
            faiss_ResidualQuantizer_new_with (&rq, 1, 2, 4, AdditiveQuantizer_ST_decompress));
        return train_2x4 (&rq->aq, n, norms, tabs, values);
    }
    FaissClustering1D *clustering = NULL;
    FAISS_TRY (faiss_Clustering1D_new (&clustering, 1 << self->norm_bits));
    FaissStatus status = faiss_Clustering1D_train_exact (clustering, (idx_t)n, norms);
    if (status == FAISS_OK) {
        faiss_Float32Vector_swap (values, &clustering->clustering.centroids);
    }
    faiss_Clustering1D_free (clustering);
    return status;
}

FaissStatus faiss_AdditiveQuantizer_train_norm (FaissAdditiveQuantizer *self, size_t n,
                                                const float *norms) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE (n == 0 || norms, "norms is NULL");
    float min = HUGE_VALF, max = -HUGE_VALF;
    for (size_t i = 0; i < n; i++) {
        min = norms[i] < min ? norms[i] : min;
        max = norms[i] > max ? norms[i] : max;
    }
    if (has_qnorm (self)) {
        FAISS_AUTO (Float32Vector) tabs = {0};
        FAISS_AUTO (Float32Vector) values = {0};
        FAISS_TRY (train_qnorm (self, n, norms, &tabs, &values));
        FAISS_TRY (faiss_Index_reset (&self->qnorm.index));
        FAISS_TRY (faiss_Index_add (&self->qnorm.index, (idx_t)values.size, values.data));
        faiss_Float32Vector_swap (&self->norm_tabs, &tabs);
    }
    self->norm_min = min;
    self->norm_max = max;
    return FAISS_OK;
}

/* ---- packing --------------------------------------------------------------------------------- */

void faiss_aq_unpack (const FaissAdditiveQuantizer *self, const uint8_t *code, int32_t *out) {
    if (self->only_8bit) {
        for (size_t m = 0; m < self->M; m++) {
            out[m] = code[m];
        }
        return;
    }
    size_t position = 0;
    for (size_t m = 0; m < self->M; m++) {
        out[m] = (int32_t)faiss_bitstring_get (code, position, self->nbits.data[m]);
        position += self->nbits.data[m];
    }
}

/* The numbers of rows are within the codebooks. */
static FaissStatus check_unpacked (const char *function, const FaissAdditiveQuantizer *self,
                                   const int32_t *codes, size_t n, size_t ld) {
    for (size_t i = 0; i < n; i++) {
        for (size_t m = 0; m < self->M; m++) {
            int32_t c = codes[i * ld + m];
            if (c < 0 || (uint64_t)c >> self->nbits.data[m] != 0) {
                return faiss_fail_in (FAISS_EXCEPT, function,
                                      "code %zu of vector %zu is %d, expected 0 .. 2^%llu - 1", m,
                                      i, c, (unsigned long long)self->nbits.data[m]);
            }
        }
    }
    return FAISS_OK;
}

static FaissStatus check_ld (const char *function, const FaissAdditiveQuantizer *self,
                             int64_t *ld_codes) {
    if (*ld_codes == -1) {
        *ld_codes = (int64_t)self->M;
    }
    if (*ld_codes < (int64_t)self->M) {
        return faiss_fail_in (FAISS_EXCEPT, function, "expected ld_codes >= M=%zu, got %lld",
                              self->M, (long long)*ld_codes);
    }
    return FAISS_OK;
}

typedef struct Packing {
    const FaissAdditiveQuantizer *self;
    const int32_t *codes;
    uint8_t *packed_codes;
    size_t ld_codes;
    const float *norms, *centroids;
} Packing;

static FaissStatus compute_norms (const Packing *p, size_t begin, size_t n, float *norms) {
    const FaissAdditiveQuantizer *self = p->self;
    size_t d = self->quantizer.d;
    FAISS_AUTO_FREE (float) *x = NULL;
    FAISS_TRY (faiss_alloc (&x, n * d, sizeof *x));
    FAISS_TRY (class_of (self)->decode_unpacked (self, p->codes + begin * p->ld_codes, x, n,
                                                 (int64_t)p->ld_codes));
    if (p->centroids) {
        faiss_kernels.fvec_madd (n * d, x, 1, p->centroids + begin * d, x);
    }
    for (size_t i = 0; i < n; i++) {
        norms[i] = faiss_fvec_norm_L2sqr (x + i * d, d);
    }
    return FAISS_OK;
}

static FaissStatus pack_block (const Packing *p, size_t begin, size_t n) {
    const FaissAdditiveQuantizer *self = p->self;
    size_t code_size = self->quantizer.code_size, row_bits = faiss_aq_row_bits (self);
    float computed[FAISS_AQ_BLOCK];
    const float *norms = p->norms ? p->norms + begin : computed;
    if (!p->norms && self->norm_bits > 0) {
        FAISS_TRY (compute_norms (p, begin, n, computed));
    }
    for (size_t i = 0; i < n; i++) {
        const int32_t *from = p->codes + (begin + i) * p->ld_codes;
        uint8_t *to = p->packed_codes + (begin + i) * code_size;
        memset (to, 0, code_size);
        size_t position = 0;
        for (size_t m = 0; m < self->M; m++) {
            faiss_bitstring_put (to, position, (uint64_t)from[m], self->nbits.data[m]);
            position += self->nbits.data[m];
        }
        if (self->norm_bits > 0) {
            faiss_bitstring_put (to, row_bits, faiss_AdditiveQuantizer_encode_norm (self, norms[i]),
                                 self->norm_bits);
        }
    }
    return FAISS_OK;
}

FaissStatus faiss_AdditiveQuantizer_pack_codes (const FaissAdditiveQuantizer *self, size_t n,
                                                const int32_t *codes, uint8_t *packed_codes,
                                                int64_t ld_codes, const float *norms,
                                                const float *centroids) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE (n == 0 || (codes && packed_codes), "codes or packed_codes is NULL");
    FAISS_TRY (check_ld (__func__, self, &ld_codes));
    FAISS_TRY (check_unpacked (__func__, self, codes, n, (size_t)ld_codes));
    Packing packing = {self, codes, packed_codes, (size_t)ld_codes, norms, centroids};
    idx_t n_blocks = (idx_t)((n + FAISS_AQ_BLOCK - 1) / FAISS_AQ_BLOCK);
    FaissRegion region = {0};
#pragma omp parallel for num_threads(faiss_threads_for(n_blocks)) schedule(dynamic)
    for (idx_t block = 0; block < n_blocks; block++) {
        if (!faiss_region_stopped (&region)) {
            size_t begin = (size_t)block * FAISS_AQ_BLOCK;
            size_t size = n - begin < FAISS_AQ_BLOCK ? n - begin : FAISS_AQ_BLOCK;
            faiss_region_note (&region, pack_block (&packing, begin, size));
        }
    }
    return faiss_region_close (&region);
}

/* ---- decoding -------------------------------------------------------------------------------- */

static void decode_row (const FaissAdditiveQuantizer *self, const int32_t *code, float *to) {
    size_t d = self->quantizer.d;
    void (*add) (size_t, const float *, float, const float *, float *) = faiss_kernels.fvec_madd;
    if (self->M == 0) {
        memset (to, 0, d * sizeof *to);
    }
    for (size_t m = 0; m < self->M; m++) {
        size_t row = self->codebook_offsets.data[m] + (size_t)code[m];
        const float *from = self->codebooks.data + row * d;
        if (m == 0) {
            memcpy (to, from, d * sizeof *to);
        } else {
            add (d, to, 1, from, to);
        }
    }
}

/* Few, which distance computers decode in a loop of threads, are no region. */
static FaissStatus AdditiveQuantizer_decode_unpacked (const FaissAdditiveQuantizer *self,
                                                      const int32_t *codes, float *x, size_t n,
                                                      int64_t ld_codes) {
    size_t d = self->quantizer.d;
    if (n < FAISS_AQ_FEW) {
        for (size_t i = 0; i < n; i++) {
            decode_row (self, codes + (int64_t)i * ld_codes, x + i * d);
        }
        return FAISS_OK;
    }
#pragma omp parallel for num_threads(faiss_threads_for((idx_t)(n / FAISS_AQ_FEW + 1)))
    for (idx_t i = 0; i < (idx_t)n; i++) {
        decode_row (self, codes + i * ld_codes, x + (size_t)i * d);
    }
    return FAISS_OK;
}

static FaissStatus decode_block (const FaissAdditiveQuantizer *self, const uint8_t *codes, size_t n,
                                 int32_t *unpacked, float *x) {
    for (size_t i = 0; i < n; i++) {
        faiss_aq_unpack (self, codes + i * self->quantizer.code_size, unpacked + i * self->M);
    }
    return class_of (self)->decode_unpacked (self, unpacked, x, n, (int64_t)self->M);
}

static FaissStatus AdditiveQuantizer_decode (const FaissQuantizer *quantizer, const uint8_t *code,
                                             float *x, size_t n) {
    const FaissAdditiveQuantizer *self = CONST_SELF (quantizer);
    FAISS_TRY (faiss_aq_check_trained (__func__, self));
    idx_t n_blocks = (idx_t)((n + FAISS_AQ_BLOCK - 1) / FAISS_AQ_BLOCK);
    int n_threads = faiss_threads_for ((idx_t)(n / 1000 + 1));
    FAISS_AUTO_FREE (int32_t) *unpacked = NULL;
    size_t room = self->M * (n < FAISS_AQ_BLOCK ? n : FAISS_AQ_BLOCK);
    FAISS_TRY (faiss_alloc (&unpacked, (size_t)n_threads * room, sizeof *unpacked));
    if (n_blocks <= 1) {
        return decode_block (self, code, n, unpacked, x);
    }
    FaissRegion region = {0};
#pragma omp parallel for num_threads(n_threads) schedule(dynamic)
    for (idx_t block = 0; block < n_blocks; block++) {
        if (faiss_region_stopped (&region)) {
            continue;
        }
        size_t begin = (size_t)block * FAISS_AQ_BLOCK;
        size_t size = n - begin < FAISS_AQ_BLOCK ? n - begin : FAISS_AQ_BLOCK;
        faiss_region_note (&region, decode_block (self, code + begin * quantizer->code_size, size,
                                                  unpacked + (size_t)faiss_thread_number () * room,
                                                  x + begin * quantizer->d));
    }
    return faiss_region_close (&region);
}

FaissStatus faiss_AdditiveQuantizer_decode_unpacked (const FaissAdditiveQuantizer *self,
                                                     const int32_t *codes, float *x, size_t n,
                                                     int64_t ld_codes) {
    FAISS_TRY (faiss_aq_check_trained (__func__, self));
    FAISS_REQUIRE (n == 0 || (codes && x), "codes or x is NULL");
    FAISS_TRY (check_ld (__func__, self, &ld_codes));
    FAISS_TRY (check_unpacked (__func__, self, codes, n, (size_t)ld_codes));
    return class_of (self)->decode_unpacked (self, codes, x, n, ld_codes);
}

/* The numbers of the rows of a code that is an integer. */
static FaissStatus unpack_64bit (const FaissAdditiveQuantizer *self, uint64_t code, int32_t *out) {
    for (size_t m = 0; m < self->M; m++) {
        uint64_t nbits = self->nbits.data[m];
        out[m] = (int32_t)(code & (((uint64_t)1 << nbits) - 1));
        code >>= nbits;
    }
    return FAISS_OK;
}

FaissStatus faiss_AdditiveQuantizer_decode_64bit (const FaissAdditiveQuantizer *self, idx_t n,
                                                  float *x) {
    FAISS_TRY (faiss_aq_check_trained (__func__, self));
    FAISS_REQUIRE_ARG (x);
    FAISS_AUTO_FREE (int32_t) *unpacked = NULL;
    FAISS_TRY (faiss_alloc (&unpacked, self->M, sizeof *unpacked));
    FAISS_TRY (unpack_64bit (self, (uint64_t)n, unpacked));
    return class_of (self)->decode_unpacked (self, unpacked, x, 1, (int64_t)self->M);
}

/* ---- encoding -------------------------------------------------------------------------------- */

static FaissStatus AdditiveQuantizer_compute_codes (const FaissQuantizer *quantizer, const float *x,
                                                    uint8_t *codes, size_t n) {
    const FaissAdditiveQuantizer *self = CONST_SELF (quantizer);
    return class_of (self)->compute_codes_add_centroids (self, x, codes, n, NULL);
}

static FaissStatus AdditiveQuantizer_compute_codes_add_centroids (
    const FaissAdditiveQuantizer *self, const float *x, uint8_t *codes, size_t n,
    const float *centroids) {
    (void)x, (void)codes, (void)n, (void)centroids;
    FAISS_FAIL ("not implemented for %s", self->quantizer.cls->head.name);
}

FaissStatus faiss_AdditiveQuantizer_compute_codes_add_centroids (const FaissAdditiveQuantizer *self,
                                                                 const float *x, uint8_t *codes,
                                                                 size_t n, const float *centroids) {
    FAISS_TRY (faiss_aq_check_trained (__func__, self));
    FAISS_REQUIRE (n == 0 || (x && codes), "x or codes is NULL");
    return n == 0 ? FAISS_OK
                  : class_of (self)->compute_codes_add_centroids (self, x, codes, n, centroids);
}

/* ---- tables of inner products ---------------------------------------------------------------- */

static void compute_table (const FaissAdditiveQuantizer *self, const float *x, float alpha,
                           float *table) {
    size_t n_rows = self->total_codebook_size;
    faiss_kernels.fvec_inner_products_ny (table, x, self->codebooks.data, self->quantizer.d,
                                          n_rows);
    for (size_t j = 0; j < n_rows && alpha != 1; j++) {
        table[j] *= alpha;
    }
}

/* Query by query: so a value does not depend on how many there are. Searches are in a parallel
 * region already. */
static FaissStatus AdditiveQuantizer_compute_LUT (const FaissAdditiveQuantizer *self, size_t n,
                                                  const float *xq, float *LUT, float alpha,
                                                  int64_t ld_lut) {
    size_t d = self->quantizer.d;
    int n_threads = faiss_threads_for ((idx_t)n);
    if (n_threads == 1) {
        for (size_t i = 0; i < n; i++) {
            FAISS_TRY (faiss_check_interrupt ());
            compute_table (self, xq + i * d, alpha, LUT + (int64_t)i * ld_lut);
        }
        return FAISS_OK;
    }
    FaissRegion region = {0};
#pragma omp parallel for num_threads(n_threads) schedule(dynamic, 16)
    for (idx_t i = 0; i < (idx_t)n; i++) {
        if (!faiss_region_stopped (&region)) {
            compute_table (self, xq + (size_t)i * d, alpha, LUT + i * ld_lut);
        }
    }
    return faiss_region_close (&region);
}

FaissStatus faiss_AdditiveQuantizer_compute_LUT (const FaissAdditiveQuantizer *self, size_t n,
                                                 const float *xq, float *LUT, float alpha,
                                                 int64_t ld_lut) {
    FAISS_TRY (faiss_aq_check_trained (__func__, self));
    FAISS_REQUIRE (n == 0 || (xq && LUT), "xq or LUT is NULL");
    if (ld_lut == -1) {
        ld_lut = (int64_t)self->total_codebook_size;
    }
    FAISS_REQUIRE (ld_lut >= (int64_t)self->total_codebook_size,
                   "expected ld_lut >= total_codebook_size=%zu, got %lld",
                   self->total_codebook_size, (long long)ld_lut);
    return class_of (self)->compute_LUT (self, n, xq, LUT, alpha, ld_lut);
}

/* ---- all vectors that can be encoded --------------------------------------------------------- */

static FaissStatus check_countable (const char *function, const FaissAdditiveQuantizer *self) {
    FAISS_TRY (faiss_aq_check_trained (function, self));
    if (faiss_aq_row_bits (self) >= 63 || self->M == 0) {
        return faiss_fail_in (FAISS_EXCEPT, function, "expected codes of 1 to 62 bits, got %zu",
                              faiss_aq_row_bits (self));
    }
    return FAISS_OK;
}

FaissStatus faiss_AdditiveQuantizer_compute_centroid_norms (const FaissAdditiveQuantizer *self,
                                                            float *norms) {
    FAISS_TRY (check_countable (__func__, self));
    FAISS_REQUIRE_ARG (norms);
    idx_t n_blocks =
        (idx_t)((((uint64_t)1 << faiss_aq_row_bits (self)) + FAISS_AQ_BLOCK - 1) / FAISS_AQ_BLOCK);
    size_t d = self->quantizer.d, total = (size_t)1 << faiss_aq_row_bits (self);
    int n_threads = faiss_threads_for (n_blocks);
    FAISS_AUTO_FREE (int32_t) *codes = NULL;
    FAISS_AUTO_FREE (float) *x = NULL;
    FAISS_TRY (faiss_alloc (&codes, (size_t)n_threads * FAISS_AQ_BLOCK * self->M, sizeof *codes));
    FAISS_TRY (faiss_alloc (&x, (size_t)n_threads * FAISS_AQ_BLOCK * d, sizeof *x));
    FaissRegion region = {0};
#pragma omp parallel for num_threads(n_threads) schedule(dynamic)
    for (idx_t block = 0; block < n_blocks; block++) {
        if (faiss_region_stopped (&region)) {
            continue;
        }
        size_t thread = (size_t)faiss_thread_number (), begin = (size_t)block * FAISS_AQ_BLOCK;
        size_t n = total - begin < FAISS_AQ_BLOCK ? total - begin : FAISS_AQ_BLOCK;
        int32_t *my_codes = codes + thread * FAISS_AQ_BLOCK * self->M;
        float *my_x = x + thread * FAISS_AQ_BLOCK * d;
        for (size_t i = 0; i < n; i++) {
            unpack_64bit (self, begin + i, my_codes + i * self->M);
        }
        faiss_region_note (
            &region, class_of (self)->decode_unpacked (self, my_codes, my_x, n, (int64_t)self->M));
        for (size_t i = 0; i < n; i++) {
            norms[begin + i] = faiss_fvec_norm_L2sqr (my_x + i * d, d);
        }
    }
    return faiss_region_close (&region);
}

typedef struct CentroidSearch {
    const FaissAdditiveQuantizer *self;
    size_t k, n_first;  ///< rows of the first codebook
    const float *norms; ///< of all centroids, or NULL: inner products
} CentroidSearch;

/* Of the codes that agree in all but the first codebook: their distances, offered to the heap. */
static void search_centroids (const CentroidSearch *s, const float *LUT, float query_norm,
                              float *values, uint32_t *positions, float *distances, idx_t *labels) {
    const FaissAdditiveQuantizer *self = s->self;
    uint64_t n_rest = (uint64_t)1 << (faiss_aq_row_bits (self) - self->nbits.data[0]);
    bool is_similarity = !s->norms;
    faiss_heap_heapify (is_similarity, s->k, distances, labels);
    for (uint64_t rest = 0; rest < n_rest; rest++) {
        uint64_t code = rest;
        float sum = 0;
        for (size_t m = 1; m < self->M; m++) {
            uint64_t nbits = self->nbits.data[m];
            sum += LUT[self->codebook_offsets.data[m] + (code & (((uint64_t)1 << nbits) - 1))];
            code >>= nbits;
        }
        size_t first = (size_t)rest * s->n_first;
        for (size_t i = 0; i < s->n_first; i++) {
            values[i] = sum + LUT[i];
            if (s->norms) {
                values[i] = query_norm + s->norms[first + i] - 2 * values[i];
            }
        }
        size_t n = is_similarity
                       ? faiss_kernels.find_at_least (values, s->n_first, distances[0], positions)
                       : faiss_kernels.find_at_most (values, s->n_first, distances[0], positions);
        for (size_t i = 0; i < n; i++) {
            faiss_heap_offer (is_similarity, s->k, distances, labels, values[positions[i]],
                              (idx_t)(first + positions[i]));
        }
    }
    faiss_heap_reorder (is_similarity, s->k, distances, labels);
}

static FaissStatus search_for_query (const CentroidSearch *s, const float *x, float *distances,
                                     idx_t *labels) {
    FAISS_AUTO_FREE (float) *LUT = NULL;
    FAISS_AUTO_FREE (float) *values = NULL;
    FAISS_AUTO_FREE (uint32_t) *positions = NULL;
    FAISS_TRY (faiss_alloc (&LUT, s->self->total_codebook_size, sizeof *LUT));
    FAISS_TRY (faiss_alloc (&values, s->n_first, sizeof *values));
    FAISS_TRY (faiss_alloc (&positions, s->n_first, sizeof *positions));
    FAISS_TRY (class_of (s->self)->compute_LUT (s->self, 1, x, LUT, 1,
                                                (int64_t)s->self->total_codebook_size));
    float query_norm = faiss_fvec_norm_L2sqr (x, s->self->quantizer.d);
    search_centroids (s, LUT, query_norm, values, positions, distances, labels);
    return FAISS_OK;
}

static FaissStatus knn_centroids (const CentroidSearch *s, idx_t n, const float *xq,
                                  float *distances, idx_t *labels) {
    FaissRegion region = {0};
#pragma omp parallel for num_threads(faiss_threads_for(n)) schedule(dynamic, 4)
    for (idx_t i = 0; i < n; i++) {
        if (!faiss_region_stopped (&region)) {
            faiss_region_note (&region, search_for_query (s, xq + (size_t)i * s->self->quantizer.d,
                                                          distances + (size_t)i * s->k,
                                                          labels + (size_t)i * s->k));
        }
    }
    return faiss_region_close (&region);
}

FaissStatus faiss_AdditiveQuantizer_knn_centroids_inner_product (const FaissAdditiveQuantizer *self,
                                                                 idx_t n, const float *xq, idx_t k,
                                                                 float *distances, idx_t *labels) {
    FAISS_TRY (check_countable (__func__, self));
    FAISS_REQUIRE (n >= 0 && k > 0, "expected n >= 0 and k > 0, got n=%lld, k=%lld", (long long)n,
                   (long long)k);
    FAISS_REQUIRE (n == 0 || (xq && distances && labels), "xq, distances or labels is NULL");
    CentroidSearch search = {self, (size_t)k, (size_t)1 << self->nbits.data[0], NULL};
    return knn_centroids (&search, n, xq, distances, labels);
}

FaissStatus faiss_AdditiveQuantizer_knn_centroids_L2 (const FaissAdditiveQuantizer *self, idx_t n,
                                                      const float *xq, idx_t k, float *distances,
                                                      idx_t *labels, const float *centroid_norms) {
    FAISS_TRY (check_countable (__func__, self));
    FAISS_REQUIRE_ARG (centroid_norms);
    FAISS_REQUIRE (n >= 0 && k > 0, "expected n >= 0 and k > 0, got n=%lld, k=%lld", (long long)n,
                   (long long)k);
    FAISS_REQUIRE (n == 0 || (xq && distances && labels), "xq, distances or labels is NULL");
    CentroidSearch search = {self, (size_t)k, (size_t)1 << self->nbits.data[0], centroid_norms};
    return knn_centroids (&search, n, xq, distances, labels);
}

/* ---- the class ------------------------------------------------------------------------------- */

FaissStatus faiss_aq_check_codebooks (const char *function, const FaissAdditiveQuantizer *self,
                                      size_t row_size) {
    const size_t size = self->codebooks.size, n_rows = self->total_codebook_size;
    if (size == 0 && (!self->is_trained || self->quantizer.d == 0)) {
        return FAISS_OK;
    }
    if (n_rows == 0 || size == 0 || size % n_rows != 0 || size / n_rows > self->quantizer.d ||
        (row_size != 0 && size / n_rows != row_size)) {
        return faiss_fail_in (FAISS_EXCEPT, function,
                              "codebooks has %zu elements, expected %zu rows of %zu", size, n_rows,
                              row_size ? row_size : self->quantizer.d);
    }
    return FAISS_OK;
}

/* What a field was set to may not fit the others. */
static FaissStatus AdditiveQuantizer_check (const void *object) {
    const FaissAdditiveQuantizer *self = object;
    FAISS_REQUIRE ((unsigned)self->search_type < AdditiveQuantizer_ST_count,
                   "%d is not a search type", (int)self->search_type);
    if (self->M == 0 && self->nbits.size == 0) {
        return FAISS_OK;
    }
    FAISS_REQUIRE (self->nbits.size == self->M && self->codebook_offsets.size == self->M + 1,
                   "nbits has %zu entries and codebook_offsets %zu, expected M=%zu and M + 1",
                   self->nbits.size, self->codebook_offsets.size, self->M);
    size_t n_rows = 0, bits = norm_bits_of (self->search_type);
    bool fits = self->norm_bits == bits;
    for (size_t m = 0; m < self->M; m++) {
        const uint64_t nbits = self->nbits.data[m];
        fits &= nbits <= MAX_NBITS && self->codebook_offsets.data[m] == n_rows;
        n_rows += nbits <= MAX_NBITS ? (size_t)1 << nbits : 0;
        bits += nbits;
    }
    FAISS_REQUIRE (fits && self->codebook_offsets.data[self->M] == n_rows &&
                       self->total_codebook_size == n_rows && self->tot_bits == bits &&
                       self->quantizer.code_size == (bits + 7) / 8,
                   "M, nbits or search_type changed: call set_derived_values");
    FAISS_TRY (faiss_aq_check_codebooks (__func__, self, 0));
    FAISS_REQUIRE (self->centroid_norms.size == 0 || self->centroid_norms.size == n_rows,
                   "centroid_norms has %zu elements, expected %zu", self->centroid_norms.size,
                   n_rows);
    return FAISS_OK;
}

FaissAdditiveQuantizerClass faiss_AdditiveQuantizer_class = {
    .quantizer = {.head = {.name = "AdditiveQuantizer",
                           .parent = &faiss_Quantizer_class.head,
                           .instance_size = sizeof (FaissAdditiveQuantizer),
                           .table_size = sizeof (FaissAdditiveQuantizerClass),
                           .check = AdditiveQuantizer_check,
                           .finalize = AdditiveQuantizer_finalize,
                           .copy = AdditiveQuantizer_copy},
                  .compute_codes = AdditiveQuantizer_compute_codes,
                  .decode = AdditiveQuantizer_decode},
    .compute_codes_add_centroids = AdditiveQuantizer_compute_codes_add_centroids,
    .decode_unpacked = AdditiveQuantizer_decode_unpacked,
    .compute_LUT = AdditiveQuantizer_compute_LUT,
};
