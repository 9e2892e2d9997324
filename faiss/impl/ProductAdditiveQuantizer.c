/* Vectors cut into parts, each encoded by an additive quantizer of its own. */
#include <faiss/impl/ProductAdditiveQuantizer.h>

#include <string.h>

#include <faiss/impl/additive_files.h>
#include <faiss/impl/additive_internal.h>
#include <faiss/impl/check.h>
#include <faiss/impl/parallel.h>
#include <faiss/kernels/kernels.h>
#include <faiss/utils/distances.h>

/* ---- life ------------------------------------------------------------------------------------ */

/* Take over the parts, which the object owns from now on, whatever the outcome. */
static FaissStatus init_from_parts (FaissProductAdditiveQuantizer *self, size_t d, size_t nsplits,
                                    FaissAdditiveQuantizerSearchType search_type) {
    FAISS_AUTO (UInt64Vector) nbits = {0};
    for (size_t s = 0; s < nsplits; s++) {
        const FaissAdditiveQuantizer *part = self->quantizers[s];
        FAISS_REQUIRE (part->quantizer.d * nsplits == d, "part %zu has d=%zu, expected %zu / %zu",
                       s, part->quantizer.d, d, nsplits);
        FAISS_TRY (faiss_UInt64Vector_append (&nbits, part->nbits.data, part->nbits.size));
    }
    return faiss_AdditiveQuantizer_init (&self->aq, d, nbits.size, nbits.data, search_type);
}

static FaissStatus allocate_parts (FaissProductAdditiveQuantizer *self, size_t nsplits) {
    FAISS_TRY (faiss_alloc_zeroed (&self->quantizers, nsplits, sizeof *self->quantizers));
    self->nsplits = self->made_nsplits = nsplits;
    return FAISS_OK;
}

static FaissStatus check_splits (const char *function, size_t d, size_t nsplits) {
    if (nsplits == 0 || d % nsplits != 0) {
        return faiss_fail_in (FAISS_EXCEPT, function, "expected nsplits to divide d=%zu, got %zu",
                              d, nsplits);
    }
    return FAISS_OK;
}

FaissStatus faiss_ProductAdditiveQuantizer_new (FaissProductAdditiveQuantizer **out) {
    return faiss_ProductAdditiveQuantizer_new_with (out, 0, 0, NULL,
                                                    AdditiveQuantizer_ST_decompress);
}

FaissStatus faiss_ProductAdditiveQuantizer_new_with (FaissProductAdditiveQuantizer **out, size_t d,
                                                     size_t nsplits,
                                                     FaissAdditiveQuantizer *const *aqs,
                                                     FaissAdditiveQuantizerSearchType search_type) {
    FAISS_REQUIRE_ARG (out);
    FAISS_REQUIRE (nsplits == 0 || aqs, "aqs is NULL");
    FAISS_OWNED (ProductAdditiveQuantizer) *self = NULL;
    FAISS_TRY (faiss_object_new (&self, &faiss_ProductAdditiveQuantizer_class.quantizer.head));
    FAISS_TRY (allocate_parts (self, nsplits));
    for (size_t s = 0; s < nsplits; s++) {
        FAISS_REQUIRE (aqs[s], "aqs[%zu] is NULL", s);
        FAISS_TRY (faiss_object_clone (&self->quantizers[s], aqs[s]));
    }
    FAISS_TRY (init_from_parts (self, d, nsplits, search_type));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

FaissStatus faiss_ProductResidualQuantizer_init (FaissProductResidualQuantizer *self, size_t d,
                                                 size_t nsplits, size_t Msub, size_t nbits,
                                                 FaissAdditiveQuantizerSearchType search_type) {
    FAISS_REQUIRE_ARG (self);
    if (d > 0 || nsplits > 0) {
        FAISS_TRY (check_splits (__func__, d, nsplits));
    }
    FAISS_TRY (allocate_parts (&self->paq, nsplits));
    for (size_t s = 0; s < nsplits; s++) {
        FaissResidualQuantizer *part = NULL;
        FAISS_TRY (faiss_ResidualQuantizer_new_with (&part, d / nsplits, Msub, nbits,
                                                     AdditiveQuantizer_ST_decompress));
        self->paq.quantizers[s] = &part->aq;
    }
    return init_from_parts (&self->paq, d, nsplits, search_type);
}

FaissStatus faiss_ProductLocalSearchQuantizer_init (FaissProductLocalSearchQuantizer *self,
                                                    size_t d, size_t nsplits, size_t Msub,
                                                    size_t nbits,
                                                    FaissAdditiveQuantizerSearchType search_type) {
    FAISS_REQUIRE_ARG (self);
    if (d > 0 || nsplits > 0) {
        FAISS_TRY (check_splits (__func__, d, nsplits));
    }
    FAISS_TRY (allocate_parts (&self->paq, nsplits));
    for (size_t s = 0; s < nsplits; s++) {
        FaissLocalSearchQuantizer *part = NULL;
        FAISS_TRY (faiss_LocalSearchQuantizer_new_with (&part, d / nsplits, Msub, nbits,
                                                        AdditiveQuantizer_ST_decompress));
        self->paq.quantizers[s] = &part->aq;
    }
    return init_from_parts (&self->paq, d, nsplits, search_type);
}

FaissStatus faiss_ProductResidualQuantizer_new (FaissProductResidualQuantizer **out) {
    return faiss_ProductResidualQuantizer_new_with (out, 0, 0, 0, 0,
                                                    AdditiveQuantizer_ST_decompress);
}

FaissStatus faiss_ProductResidualQuantizer_new_with (FaissProductResidualQuantizer **out, size_t d,
                                                     size_t nsplits, size_t Msub, size_t nbits,
                                                     FaissAdditiveQuantizerSearchType search_type) {
    FAISS_REQUIRE_ARG (out);
    FAISS_OWNED (ProductResidualQuantizer) *self = NULL;
    FAISS_TRY (faiss_object_new (&self, &faiss_ProductResidualQuantizer_class.quantizer.head));
    FAISS_TRY (faiss_ProductResidualQuantizer_init (self, d, nsplits, Msub, nbits, search_type));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

FaissStatus faiss_ProductLocalSearchQuantizer_new (FaissProductLocalSearchQuantizer **out) {
    return faiss_ProductLocalSearchQuantizer_new_with (out, 0, 0, 0, 0,
                                                       AdditiveQuantizer_ST_decompress);
}

FaissStatus faiss_ProductLocalSearchQuantizer_new_with (
    FaissProductLocalSearchQuantizer **out, size_t d, size_t nsplits, size_t Msub, size_t nbits,
    FaissAdditiveQuantizerSearchType search_type) {
    FAISS_REQUIRE_ARG (out);
    FAISS_OWNED (ProductLocalSearchQuantizer) *self = NULL;
    FAISS_TRY (faiss_object_new (&self, &faiss_ProductLocalSearchQuantizer_class.quantizer.head));
    FAISS_TRY (faiss_ProductLocalSearchQuantizer_init (self, d, nsplits, Msub, nbits, search_type));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

void faiss_ProductAdditiveQuantizer_free (FaissProductAdditiveQuantizer *self) {
    faiss_object_free (self);
}

void faiss_ProductResidualQuantizer_free (FaissProductResidualQuantizer *self) {
    faiss_object_free (self);
}

void faiss_ProductLocalSearchQuantizer_free (FaissProductLocalSearchQuantizer *self) {
    faiss_object_free (self);
}

FaissProductAdditiveQuantizer *faiss_ProductAdditiveQuantizer_cast (FaissQuantizer *quantizer) {
    return faiss_object_cast (quantizer, &faiss_ProductAdditiveQuantizer_class.quantizer.head);
}

FaissAdditiveQuantizer *faiss_ProductAdditiveQuantizer_subquantizer (
    const FaissProductAdditiveQuantizer *self, size_t m) {
    return self && m < self->made_nsplits ? self->quantizers[m] : NULL;
}

static void ProductAdditiveQuantizer_finalize (void *object) {
    FaissProductAdditiveQuantizer *self = object;
    for (size_t s = 0; self->quantizers && s < self->made_nsplits; s++) {
        faiss_object_free (self->quantizers[s]);
    }
    free (self->quantizers);
}

static FaissStatus ProductAdditiveQuantizer_copy (void *object, const void *other_object) {
    FaissProductAdditiveQuantizer *self = object;
    const FaissProductAdditiveQuantizer *other = other_object;
    FAISS_TRY (allocate_parts (self, other->made_nsplits));
    for (size_t s = 0; s < other->made_nsplits; s++) {
        FAISS_TRY (faiss_object_clone (&self->quantizers[s], other->quantizers[s]));
    }
    return FAISS_OK;
}

/* ---- slices ---------------------------------------------------------------------------------- */

/* Part s of n vectors, as a matrix of its own. */
static void slice (const FaissProductAdditiveQuantizer *self, size_t s, size_t n, const float *x,
                   float *out) {
    size_t d = self->quantizer.d, dsub = d / self->nsplits;
    for (size_t i = 0; i < n; i++) {
        memcpy (out + i * dsub, x + i * d + s * dsub, dsub * sizeof *out);
    }
}

static FaissStatus encode_part (const FaissProductAdditiveQuantizer *self, size_t s, size_t first,
                                const float *x, size_t n, int32_t *codes) {
    const FaissAdditiveQuantizer *part = self->quantizers[s];
    FAISS_AUTO_FREE (uint8_t) *packed = NULL;
    FAISS_TRY (faiss_alloc (&packed, n * part->quantizer.code_size, sizeof *packed));
    FAISS_TRY (part->quantizer.cls->compute_codes (&part->quantizer, x, packed, n));
    for (size_t i = 0; i < n; i++) {
        faiss_aq_unpack (part, packed + i * part->quantizer.code_size,
                         codes + i * self->aq.M + first);
    }
    return FAISS_OK;
}

static FaissStatus compute_unpacked (const FaissProductAdditiveQuantizer *self, const float *x,
                                     int32_t *codes, size_t n) {
    FAISS_AUTO_FREE (float) *part = NULL;
    FAISS_TRY (faiss_alloc (&part, n * (self->quantizer.d / self->nsplits), sizeof *part));
    for (size_t s = 0, first = 0; s < self->nsplits; first += self->quantizers[s++]->M) {
        slice (self, s, n, x, part);
        FAISS_TRY (encode_part (self, s, first, part, n, codes));
    }
    return FAISS_OK;
}

FaissStatus faiss_ProductAdditiveQuantizer_compute_unpacked_codes (
    const FaissProductAdditiveQuantizer *self, const float *x, int32_t *codes, size_t n,
    const float *centroids) {
    (void)centroids;
    FAISS_TRY (faiss_aq_check_trained (__func__, self ? &self->aq : NULL));
    FAISS_REQUIRE (n == 0 || (x && codes), "x or codes is NULL");
    return compute_unpacked (self, x, codes, n);
}

static FaissStatus ProductAdditiveQuantizer_compute_codes_add_centroids (
    const FaissAdditiveQuantizer *aq, const float *x, uint8_t *codes, size_t n,
    const float *centroids) {
    const FaissProductAdditiveQuantizer *self = FAISS_CONST_SELF (ProductAdditiveQuantizer, aq, aq);
    FAISS_TRY (faiss_aq_check_trained (__func__, aq));
    FAISS_AUTO_FREE (int32_t) *unpacked = NULL;
    FAISS_TRY (faiss_alloc (&unpacked, n * aq->M, sizeof *unpacked));
    FAISS_TRY (compute_unpacked (self, x, unpacked, n));
    return faiss_AdditiveQuantizer_pack_codes (aq, n, unpacked, codes, -1, NULL, centroids);
}

/* ---- decoding -------------------------------------------------------------------------------- */

static void decode_one (const FaissProductAdditiveQuantizer *self, const int32_t *code, float *x) {
    size_t dsub = self->quantizer.d / self->nsplits, m = 0;
    for (size_t s = 0; s < self->nsplits; s++, x += dsub) {
        for (size_t i = 0; i < self->quantizers[s]->M; i++, m++) {
            const float *row = self->aq.codebooks.data +
                               (self->aq.codebook_offsets.data[m] + (size_t)code[m]) * dsub;
            if (i == 0) {
                memcpy (x, row, dsub * sizeof *x);
            } else {
                faiss_kernels.fvec_madd (dsub, x, 1, row, x);
            }
        }
    }
}

static FaissStatus ProductAdditiveQuantizer_decode_unpacked (const FaissAdditiveQuantizer *aq,
                                                             const int32_t *codes, float *x,
                                                             size_t n, int64_t ld_codes) {
    const FaissProductAdditiveQuantizer *self = FAISS_CONST_SELF (ProductAdditiveQuantizer, aq, aq);
    if (n < FAISS_AQ_FEW) {
        for (size_t i = 0; i < n; i++) {
            decode_one (self, codes + (int64_t)i * ld_codes, x + i * aq->quantizer.d);
        }
        return FAISS_OK;
    }
#pragma omp parallel for num_threads(faiss_threads_for((idx_t)(n / FAISS_AQ_FEW + 1)))
    for (idx_t i = 0; i < (idx_t)n; i++) {
        decode_one (self, codes + i * ld_codes, x + (size_t)i * aq->quantizer.d);
    }
    return FAISS_OK;
}

static void table_of (const FaissProductAdditiveQuantizer *self, const float *x, float alpha,
                      float *table) {
    size_t dsub = self->quantizer.d / self->nsplits;
    const float *codebooks = self->aq.codebooks.data;
    float *part = table;
    for (size_t s = 0; s < self->nsplits; s++, x += dsub) {
        size_t n_rows = self->quantizers[s]->total_codebook_size;
        faiss_kernels.fvec_inner_products_ny (part, x, codebooks, dsub, n_rows);
        codebooks += n_rows * dsub;
        part += n_rows;
    }
    for (float *value = table; value < part && alpha != 1; value++) {
        *value *= alpha;
    }
}

static FaissStatus ProductAdditiveQuantizer_compute_LUT (const FaissAdditiveQuantizer *aq, size_t n,
                                                         const float *xq, float *LUT, float alpha,
                                                         int64_t ld_lut) {
    const FaissProductAdditiveQuantizer *self = FAISS_CONST_SELF (ProductAdditiveQuantizer, aq, aq);
#pragma omp parallel for num_threads(faiss_threads_for((idx_t)n))
    for (idx_t i = 0; i < (idx_t)n; i++) {
        table_of (self, xq + (size_t)i * aq->quantizer.d, alpha, LUT + i * ld_lut);
    }
    return FAISS_OK;
}

/* ---- training -------------------------------------------------------------------------------- */

static FaissStatus gather_codebooks (const FaissProductAdditiveQuantizer *self,
                                     FaissFloat32Vector *codebooks) {
    for (size_t s = 0; s < self->nsplits; s++) {
        const FaissAdditiveQuantizer *part = self->quantizers[s];
        FAISS_TRY (faiss_Float32Vector_append (codebooks, part->codebooks.data,
                                               part->total_codebook_size * part->quantizer.d));
    }
    return FAISS_OK;
}

static FaissStatus train_norms (FaissProductAdditiveQuantizer *self, size_t n, const float *x) {
    size_t d = self->quantizer.d;
    FAISS_AUTO_FREE (int32_t) *codes = NULL;
    FAISS_AUTO_FREE (float) *decoded = NULL;
    FAISS_AUTO_FREE (float) *norms = NULL;
    FAISS_TRY (faiss_alloc (&codes, n * self->aq.M, sizeof *codes));
    FAISS_TRY (faiss_alloc (&decoded, d, sizeof *decoded));
    FAISS_TRY (faiss_alloc (&norms, n, sizeof *norms));
    FAISS_TRY (compute_unpacked (self, x, codes, n));
    for (size_t i = 0; i < n; i++) {
        decode_one (self, codes + i * self->aq.M, decoded);
        norms[i] = faiss_fvec_norm_L2sqr (decoded, d);
    }
    return faiss_AdditiveQuantizer_train_norm (&self->aq, n, norms);
}

static FaissStatus ProductAdditiveQuantizer_train (FaissQuantizer *quantizer, size_t n,
                                                   const float *x) {
    FaissProductAdditiveQuantizer *self =
        FAISS_SELF (ProductAdditiveQuantizer, quantizer, quantizer);
    FAISS_REQUIRE (self->nsplits > 0 && quantizer->d % self->nsplits == 0,
                   "expected nsplits to divide d=%zu, got %zu", quantizer->d, self->nsplits);
    FAISS_AUTO_FREE (float) *part = NULL;
    FAISS_AUTO (Float32Vector) codebooks = {0};
    FAISS_TRY (faiss_alloc (&part, n * (quantizer->d / self->nsplits), sizeof *part));
    for (size_t s = 0; s < self->nsplits; s++) {
        slice (self, s, n, x, part);
        self->quantizers[s]->verbose = self->aq.verbose;
        FAISS_TRY (faiss_Quantizer_train (&self->quantizers[s]->quantizer, n, part));
    }
    FAISS_TRY (gather_codebooks (self, &codebooks));
    faiss_Float32Vector_swap (&self->aq.codebooks, &codebooks);
    FAISS_TRY (train_norms (self, n, x));
    self->aq.is_trained = true;
    return FAISS_OK;
}

/* ---- files ----------------------------------------------------------------------------------- */

/* "PRQ", "PLSQ": what the whole and its parts say must fit together. */
static FaissStatus read_outer (FaissIOReader *r, FaissProductAdditiveQuantizer *self) {
    FAISS_TRY (faiss_read_AdditiveQuantizer (r, &self->aq));
    size_t nsplits, d = self->quantizer.d;
    FAISS_TRY (faiss_read_size (r, &nsplits, "nsplits"));
    FAISS_REQUIRE_FILE (r, nsplits > 0 && d % nsplits == 0,
                        "expected nsplits to divide d=%zu, got %zu", d, nsplits);
    FAISS_TRY (faiss_check_loop_limit (r, nsplits, "nsplits"));
    FAISS_TRY (faiss_check_codebooks (r, &self->aq, d / nsplits));
    FAISS_REQUIRE_FILE (r, nsplits <= self->aq.M, "%zu parts have M=%zu codebooks", nsplits,
                        self->aq.M);
    free (self->quantizers);
    self->quantizers = NULL;
    return allocate_parts (self, nsplits);
}

static FaissStatus check_part (const FaissIOReader *r, const FaissProductAdditiveQuantizer *self,
                               size_t s) {
    size_t d = self->quantizer.d / self->nsplits;
    FAISS_REQUIRE_FILE (r, self->quantizers[s]->quantizer.d == d,
                        "part %zu has d=%zu, expected %zu", s, self->quantizers[s]->quantizer.d, d);
    return FAISS_OK;
}

/* The parts' codebooks are those of the whole. */
static FaissStatus check_parts (const FaissIOReader *r, const FaissProductAdditiveQuantizer *self) {
    size_t m = 0;
    for (size_t s = 0; s < self->nsplits; s++) {
        const FaissAdditiveQuantizer *part = self->quantizers[s];
        for (size_t i = 0; i < part->M; i++, m++) {
            FAISS_REQUIRE_FILE (r, m < self->aq.M && part->nbits.data[i] == self->aq.nbits.data[m],
                                "codebook %zu of part %zu is not that of the whole", i, s);
        }
    }
    FAISS_REQUIRE_FILE (r, m == self->aq.M, "the parts have %zu codebooks, expected %zu", m,
                        self->aq.M);
    return FAISS_OK;
}

FaissStatus faiss_read_ProductResidualQuantizer (FaissIOReader *r,
                                                 FaissProductResidualQuantizer *self,
                                                 int io_flags) {
    FAISS_TRY (read_outer (r, &self->paq));
    for (size_t s = 0; s < self->paq.nsplits; s++) {
        FaissResidualQuantizer *part = NULL;
        FAISS_TRY (faiss_ResidualQuantizer_new (&part));
        self->paq.quantizers[s] = &part->aq;
        FAISS_TRY (faiss_read_ResidualQuantizer (r, part, io_flags));
        FAISS_TRY (check_part (r, &self->paq, s));
    }
    return check_parts (r, &self->paq);
}

FaissStatus faiss_read_ProductLocalSearchQuantizer (FaissIOReader *r,
                                                    FaissProductLocalSearchQuantizer *self) {
    FAISS_TRY (read_outer (r, &self->paq));
    for (size_t s = 0; s < self->paq.nsplits; s++) {
        FaissLocalSearchQuantizer *part = NULL;
        FAISS_TRY (faiss_LocalSearchQuantizer_new (&part));
        self->paq.quantizers[s] = &part->aq;
        FAISS_TRY (faiss_read_LocalSearchQuantizer (r, part));
        FAISS_TRY (check_part (r, &self->paq, s));
    }
    return check_parts (r, &self->paq);
}

FaissStatus faiss_write_ProductAdditiveQuantizer (FaissIOWriter *w,
                                                  const FaissProductAdditiveQuantizer *self) {
    FAISS_TRY (faiss_write_AdditiveQuantizer (w, &self->aq));
    FAISS_TRY (faiss_write_u64 (w, self->nsplits));
    for (size_t s = 0; s < self->nsplits; s++) {
        FaissQuantizer *part = &self->quantizers[s]->quantizer;
        FaissResidualQuantizer *rq = faiss_ResidualQuantizer_cast (part);
        FaissLocalSearchQuantizer *lsq = faiss_LocalSearchQuantizer_cast (part);
        FAISS_REQUIRE (rq || lsq, "a part of class %s has no file format", part->cls->head.name);
        FAISS_TRY (rq ? faiss_write_ResidualQuantizer (w, rq)
                      : faiss_write_LocalSearchQuantizer (w, lsq));
    }
    return FAISS_OK;
}

/* ---- the classes ----------------------------------------------------------------------------- */

/* What a field was set to may not fit the others. */
static FaissStatus ProductAdditiveQuantizer_check (const void *object) {
    const FaissProductAdditiveQuantizer *self = object;
    FAISS_REQUIRE (self->nsplits == self->made_nsplits, "nsplits=%zu, but there are %zu quantizers",
                   self->nsplits, self->made_nsplits);
    if (self->nsplits == 0) {
        return FAISS_OK;
    }
    size_t M = 0, d = 0;
    for (size_t i = 0; i < self->nsplits; i++) {
        const FaissAdditiveQuantizer *part = self->quantizers[i];
        FAISS_TRY (faiss_object_check (part));
        M += part->M;
        d += part->quantizer.d;
    }
    FAISS_REQUIRE (M == self->aq.M && d == self->quantizer.d,
                   "the quantizers have M=%zu and d=%zu together, expected %zu and %zu", M, d,
                   self->aq.M, self->quantizer.d);
    FAISS_TRY (faiss_aq_check_codebooks (__func__, &self->aq, d / self->nsplits));
    return FAISS_OK;
}

FaissAdditiveQuantizerClass faiss_ProductAdditiveQuantizer_class = {
    .quantizer = {.head = {.name = "ProductAdditiveQuantizer",
                           .parent = &faiss_AdditiveQuantizer_class.quantizer.head,
                           .instance_size = sizeof (FaissProductAdditiveQuantizer),
                           .table_size = sizeof (FaissAdditiveQuantizerClass),
                           .check = ProductAdditiveQuantizer_check,
                           .finalize = ProductAdditiveQuantizer_finalize,
                           .copy = ProductAdditiveQuantizer_copy},
                  .train = ProductAdditiveQuantizer_train},
    .compute_codes_add_centroids = ProductAdditiveQuantizer_compute_codes_add_centroids,
    .decode_unpacked = ProductAdditiveQuantizer_decode_unpacked,
    .compute_LUT = ProductAdditiveQuantizer_compute_LUT,
};

FaissAdditiveQuantizerClass faiss_ProductResidualQuantizer_class = {
    .quantizer = {.head = {.name = "ProductResidualQuantizer",
                           .parent = &faiss_ProductAdditiveQuantizer_class.quantizer.head,
                           .instance_size = sizeof (FaissProductResidualQuantizer),
                           .table_size = sizeof (FaissAdditiveQuantizerClass)}},
};

FaissAdditiveQuantizerClass faiss_ProductLocalSearchQuantizer_class = {
    .quantizer = {.head = {.name = "ProductLocalSearchQuantizer",
                           .parent = &faiss_ProductAdditiveQuantizer_class.quantizer.head,
                           .instance_size = sizeof (FaissProductLocalSearchQuantizer),
                           .table_size = sizeof (FaissAdditiveQuantizerClass)}},
};
