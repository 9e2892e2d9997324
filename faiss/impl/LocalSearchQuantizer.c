/* Additive quantization by local search. */
#include <faiss/impl/LocalSearchQuantizer.h>

#include <math.h>
#include <string.h>

#include <faiss/impl/additive_files.h>
#include <faiss/impl/additive_internal.h>
#include <faiss/impl/check.h>
#include <faiss/impl/codebook_lstsq.h>
#include <faiss/impl/lsq_icm.h>
#include <faiss/impl/parallel.h>
#include <faiss/impl/random_internal.h>
#include <faiss/kernels/kernels.h>
#include <faiss/utils/distances.h>

/* ---- encoders -------------------------------------------------------------------------------- */

static void IcmEncoder_finalize (void *object) {
    FaissIcmEncoder *self = object;
    faiss_Float32Vector_clear (&self->binaries);
}

static FaissStatus IcmEncoder_set_binary_term (FaissIcmEncoder *self) {
    size_t M = self->lsq->aq.M, K = self->lsq->K;
    FAISS_AUTO (Float32Vector) binaries = {0};
    FAISS_TRY (faiss_Float32Vector_resize (&binaries, M * K * M * K));
    FAISS_TRY (faiss_LocalSearchQuantizer_compute_binary_terms (self->lsq, binaries.data));
    faiss_Float32Vector_swap (&self->binaries, &binaries);
    return FAISS_OK;
}

static FaissStatus IcmEncoder_encode (const FaissIcmEncoder *self, int32_t *codes, const float *x,
                                      FaissRandomGenerator *gen, size_t n, size_t ils_iters) {
    FAISS_AUTO_FREE (FaissLsqChange) *changes = NULL;
    FAISS_TRY (faiss_lsq_draw_changes (self->lsq, n, ils_iters, gen, &changes));
    return faiss_lsq_search (self->lsq, self->binaries.data, NULL, changes, ils_iters, x, n, codes);
}

FaissIcmEncoderClass faiss_IcmEncoder_class = {
    .head = {.name = "IcmEncoder",
             .instance_size = sizeof (FaissIcmEncoder),
             .table_size = sizeof (FaissIcmEncoderClass),
             .finalize = IcmEncoder_finalize},
    .set_binary_term = IcmEncoder_set_binary_term,
    .encode = IcmEncoder_encode,
};

FaissStatus faiss_IcmEncoder_new (FaissIcmEncoder **out, const FaissLocalSearchQuantizer *lsq) {
    FAISS_REQUIRE_ARG (out);
    FAISS_REQUIRE_ARG (lsq);
    FaissIcmEncoder *self = NULL;
    FAISS_TRY (faiss_object_new (&self, &faiss_IcmEncoder_class.head));
    self->lsq = lsq;
    *out = self;
    return FAISS_OK;
}

void faiss_IcmEncoder_free (FaissIcmEncoder *self) {
    faiss_object_free (self);
}

FaissStatus faiss_IcmEncoder_set_binary_term (FaissIcmEncoder *self) {
    FAISS_REQUIRE_ARG (self);
    return self->cls->set_binary_term (self);
}

FaissStatus faiss_IcmEncoder_encode (const FaissIcmEncoder *self, int32_t *codes, const float *x,
                                     FaissRandomGenerator *gen, size_t n, size_t ils_iters) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE (gen && (n == 0 || (codes && x)), "codes, x or gen is NULL");
    size_t rows = self->lsq->aq.M * self->lsq->K;
    FAISS_REQUIRE (self->binaries.size == rows * rows,
                   "binaries has %zu elements, expected %zu: call set_binary_term",
                   self->binaries.size, rows * rows);
    return self->cls->encode (self, codes, x, gen, n, ils_iters);
}

static FaissStatus IcmEncoderFactory_get (FaissIcmEncoderFactory *self,
                                          const FaissLocalSearchQuantizer *lsq,
                                          FaissIcmEncoder **out) {
    (void)self;
    return faiss_IcmEncoder_new (out, lsq);
}

FaissIcmEncoderFactoryClass faiss_IcmEncoderFactory_class = {
    .head = {.name = "IcmEncoderFactory",
             .instance_size = sizeof (FaissIcmEncoderFactory),
             .table_size = sizeof (FaissIcmEncoderFactoryClass)},
    .get = IcmEncoderFactory_get,
};

FaissStatus faiss_IcmEncoderFactory_new (FaissIcmEncoderFactory **out) {
    FAISS_REQUIRE_ARG (out);
    return faiss_object_new (out, &faiss_IcmEncoderFactory_class.head);
}

void faiss_IcmEncoderFactory_free (FaissIcmEncoderFactory *self) {
    faiss_object_free (self);
}

FaissStatus faiss_IcmEncoderFactory_get (FaissIcmEncoderFactory *self,
                                         const FaissLocalSearchQuantizer *lsq,
                                         FaissIcmEncoder **out) {
    FAISS_REQUIRE_ARG (lsq);
    FAISS_REQUIRE_ARG (out);
    return self ? self->cls->get (self, lsq, out) : IcmEncoderFactory_get (NULL, lsq, out);
}

/* ---- life ------------------------------------------------------------------------------------ */

FaissStatus faiss_LocalSearchQuantizer_init (FaissLocalSearchQuantizer *self, size_t d, size_t M,
                                             size_t nbits,
                                             FaissAdditiveQuantizerSearchType search_type) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE (nbits < 31, "expected nbits <= 30, got %zu", nbits);
    FAISS_AUTO (UInt64Vector) all = {0};
    FAISS_TRY (faiss_aq_repeat_nbits (&all, M, nbits));
    self->K = (size_t)1 << nbits;
    self->train_iters = 25;
    self->encode_ils_iters = 16;
    self->train_ils_iters = 8;
    self->icm_iters = 4;
    self->p = 0.5f;
    self->lambd = 1e-2f;
    self->chunk_size = 10000;
    self->random_seed = 0x12345;
    self->nperts = 4;
    self->update_codebooks_with_double = true;
    return faiss_AdditiveQuantizer_init (&self->aq, d, M, all.data, search_type);
}

static FaissStatus new_quantizer (FaissLocalSearchQuantizer **out, size_t d, size_t M, size_t nbits,
                                  FaissAdditiveQuantizerSearchType search_type) {
    FAISS_OWNED (LocalSearchQuantizer) *self = NULL;
    FAISS_TRY (faiss_object_new (&self, &faiss_LocalSearchQuantizer_class.quantizer.head));
    FAISS_TRY (faiss_LocalSearchQuantizer_init (self, d, M, nbits, search_type));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

FaissStatus faiss_LocalSearchQuantizer_new (FaissLocalSearchQuantizer **out) {
    FAISS_REQUIRE_ARG (out);
    return new_quantizer (out, 0, 0, 0, AdditiveQuantizer_ST_decompress);
}

FaissStatus faiss_LocalSearchQuantizer_new_with (FaissLocalSearchQuantizer **out, size_t d,
                                                 size_t M, size_t nbits,
                                                 FaissAdditiveQuantizerSearchType search_type) {
    FAISS_REQUIRE_ARG (out);
    return new_quantizer (out, d, M, nbits, search_type);
}

void faiss_LocalSearchQuantizer_free (FaissLocalSearchQuantizer *self) {
    faiss_object_free (self);
}

FaissLocalSearchQuantizer *faiss_LocalSearchQuantizer_cast (FaissQuantizer *quantizer) {
    return faiss_object_cast (quantizer, &faiss_LocalSearchQuantizer_class.quantizer.head);
}

static void LocalSearchQuantizer_finalize (void *object) {
    FaissLocalSearchQuantizer *self = object;
    faiss_object_free (self->icm_encoder_factory);
}

static FaissStatus LocalSearchQuantizer_copy (void *object, const void *other_object) {
    FaissLocalSearchQuantizer *self = object;
    const FaissLocalSearchQuantizer *other = other_object;
    self->K = other->K;
    self->train_iters = other->train_iters;
    self->encode_ils_iters = other->encode_ils_iters;
    self->train_ils_iters = other->train_ils_iters;
    self->icm_iters = other->icm_iters;
    self->p = other->p;
    self->lambd = other->lambd;
    self->chunk_size = other->chunk_size;
    self->random_seed = other->random_seed;
    self->nperts = other->nperts;
    self->update_codebooks_with_double = other->update_codebooks_with_double;
    return other->icm_encoder_factory
               ? faiss_object_clone (&self->icm_encoder_factory, other->icm_encoder_factory)
               : FAISS_OK;
}

/* ---- parts of the training ------------------------------------------------------------------- */

/* There are codebooks to be, all of K rows, and they are there when they are needed. */
static FaissStatus check_shape (const char *function, const FaissLocalSearchQuantizer *self,
                                bool with_codebooks) {
    if (!self) {
        return faiss_fail_in (FAISS_EXCEPT, function, "self is NULL");
    }
    const FaissAdditiveQuantizer *aq = &self->aq;
    if (aq->M == 0 || aq->quantizer.d == 0) {
        return faiss_fail_in (FAISS_EXCEPT, function, "expected M > 0 and d > 0, got %zu and %zu",
                              aq->M, aq->quantizer.d);
    }
    for (size_t m = 0; m < aq->M; m++) {
        if (aq->nbits.data[m] > 30 || (uint64_t)1 << aq->nbits.data[m] != self->K) {
            return faiss_fail_in (FAISS_EXCEPT, function,
                                  "codebook %zu has nbits=%llu, expected K=%zu rows", m,
                                  (unsigned long long)aq->nbits.data[m], self->K);
        }
    }
    size_t size = aq->M * self->K * aq->quantizer.d;
    if (with_codebooks && aq->codebooks.size < size) {
        return faiss_fail_in (FAISS_EXCEPT, function, "codebooks has %zu elements, expected %zu",
                              aq->codebooks.size, size);
    }
    return FAISS_OK;
}

static FaissStatus check_codes (const char *function, const FaissLocalSearchQuantizer *self,
                                const int32_t *codes, size_t n) {
    for (size_t i = 0; i < n * self->aq.M; i++) {
        if (codes[i] < 0 || (size_t)codes[i] >= self->K) {
            return faiss_fail_in (FAISS_EXCEPT, function, "code %zu is %d, expected 0 .. %zu", i,
                                  codes[i], self->K - 1);
        }
    }
    return FAISS_OK;
}

FaissStatus faiss_LocalSearchQuantizer_update_codebooks (FaissLocalSearchQuantizer *self,
                                                         const float *x, const int32_t *codes,
                                                         size_t n) {
    FAISS_TRY (check_shape (__func__, self, false));
    FAISS_REQUIRE (n == 0 || (x && codes), "x or codes is NULL");
    FAISS_TRY (check_codes (__func__, self, codes, n));
    FaissAdditiveQuantizer *aq = &self->aq;
    FaissCodebookProblem problem = {.n = n,
                                    .d = aq->quantizer.d,
                                    .M = aq->M,
                                    .offsets = aq->codebook_offsets.data,
                                    .codes = codes,
                                    .x = x};
    FAISS_AUTO (Float32Vector) codebooks = {0};
    FAISS_TRY (faiss_Float32Vector_resize (&codebooks, aq->M * self->K * aq->quantizer.d));
    FAISS_TRY (faiss_codebook_ridge (&problem, (double)self->lambd, codebooks.data));
    faiss_Float32Vector_swap (&aq->codebooks, &codebooks);
    return FAISS_OK;
}

FaissStatus faiss_LocalSearchQuantizer_perturb_codebooks (FaissLocalSearchQuantizer *self, float T,
                                                          const FaissFloat32Vector *stddev,
                                                          FaissRandomGenerator *gen) {
    FAISS_TRY (check_shape (__func__, self, true));
    FAISS_REQUIRE (stddev && gen, "stddev or gen is NULL");
    size_t d = self->quantizer.d, M = self->aq.M;
    FAISS_REQUIRE (stddev->size == d, "stddev has %zu elements, expected d=%zu", stddev->size, d);
    FAISS_AUTO_FREE (FaissNormal) *distributions = NULL;
    FAISS_TRY (faiss_alloc_zeroed (&distributions, d, sizeof *distributions));
    float *codebooks = self->aq.codebooks.data;
    for (size_t row = 0; row < M * self->K; row++) {
        for (size_t j = 0; j < d; j++) {
            float noise = faiss_mt32_normal (gen, &distributions[j]) * stddev->data[j];
            codebooks[row * d + j] += T * noise / (float)M;
        }
    }
    return FAISS_OK;
}

FaissStatus faiss_LocalSearchQuantizer_perturb_codes (const FaissLocalSearchQuantizer *self,
                                                      int32_t *codes, size_t n,
                                                      FaissRandomGenerator *gen) {
    FAISS_TRY (check_shape (__func__, self, false));
    FAISS_REQUIRE (gen && (n == 0 || codes), "codes or gen is NULL");
    FAISS_AUTO_FREE (FaissLsqChange) *changes = NULL;
    FAISS_TRY (faiss_lsq_draw_changes (self, n, 1, gen, &changes));
    size_t n_changes = faiss_lsq_n_changes (self);
    for (size_t i = 0; i < n * n_changes; i++) {
        codes[i / n_changes * self->aq.M + (size_t)changes[i].m] = changes[i].code;
    }
    return FAISS_OK;
}

FaissStatus faiss_LocalSearchQuantizer_compute_binary_terms (const FaissLocalSearchQuantizer *self,
                                                             float *binaries) {
    FAISS_TRY (check_shape (__func__, self, true));
    FAISS_REQUIRE_ARG (binaries);
    size_t d = self->quantizer.d, K = self->K, M = self->aq.M;
    const float *codebooks = self->aq.codebooks.data;
    for (size_t m2 = 0; m2 < M; m2++) {
        FAISS_AUTO_FREE (float) *packed = NULL;
        FAISS_TRY (faiss_aq_pack_rows (codebooks + m2 * K * d, K, d, &packed));
#pragma omp parallel for num_threads(faiss_threads_for((idx_t)M))
        for (idx_t m1 = 0; m1 < (idx_t)M; m1++) {
            faiss_kernels.packed_products (codebooks + (size_t)m1 * K * d, K, d, packed, K, NULL,
                                           NULL, 2, binaries + ((size_t)m1 * M + m2) * K * K, K);
        }
    }
    return FAISS_OK;
}

FaissStatus faiss_LocalSearchQuantizer_compute_unary_terms (const FaissLocalSearchQuantizer *self,
                                                            const float *x, float *unaries,
                                                            size_t n) {
    FAISS_TRY (check_shape (__func__, self, true));
    FAISS_REQUIRE (n == 0 || (x && unaries), "x or unaries is NULL");
    size_t d = self->quantizer.d, K = self->K, M = self->aq.M;
    const float *codebooks = self->aq.codebooks.data;
    FAISS_AUTO_FREE (float) *norms = NULL;
    FAISS_TRY (faiss_alloc (&norms, M * K, sizeof *norms));
    faiss_fvec_norms_L2sqr (norms, codebooks, d, M * K);
    FaissRegion region = {0};
#pragma omp parallel for num_threads(faiss_threads_for((idx_t)M))
    for (idx_t m = 0; m < (idx_t)M; m++) {
        float *packed = NULL;
        if (!faiss_region_note (
                &region, faiss_aq_pack_rows (codebooks + (size_t)m * K * d, K, d, &packed))) {
            faiss_kernels.packed_products (x, n, d, packed, K, NULL, norms + (size_t)m * K, -2,
                                           unaries + (size_t)m * n * K, K);
        }
        free (packed);
    }
    return faiss_region_close (&region);
}

FaissStatus faiss_LocalSearchQuantizer_evaluate (const FaissLocalSearchQuantizer *self,
                                                 const int32_t *codes, const float *x, size_t n,
                                                 float *objs, float *out) {
    FAISS_TRY (check_shape (__func__, self, true));
    FAISS_REQUIRE (n == 0 || (x && codes), "x or codes is NULL");
    FAISS_REQUIRE_ARG (out);
    FAISS_TRY (check_codes (__func__, self, codes, n));
    size_t d = self->quantizer.d;
    FAISS_AUTO_FREE (float) *decoded = NULL;
    FAISS_TRY (faiss_alloc (&decoded, d, sizeof *decoded));
    float sum = 0;
    for (size_t i = 0; i < n; i++) {
        FAISS_TRY (faiss_AdditiveQuantizer_class.decode_unpacked (&self->aq, codes + i * self->aq.M,
                                                                  decoded, 1, (int64_t)self->aq.M));
        float error = faiss_fvec_L2sqr (x + i * d, decoded, d);
        sum += error;
        if (objs) {
            objs[i] = error;
        }
    }
    *out = n == 0 ? 0 : sum / (float)n;
    return FAISS_OK;
}

/* ---- local search ---------------------------------------------------------------------------- */

FaissStatus faiss_LocalSearchQuantizer_icm_encode_step (const FaissLocalSearchQuantizer *self,
                                                        int32_t *codes, const float *unaries,
                                                        const float *binaries, size_t n,
                                                        size_t n_iters) {
    FAISS_TRY (check_shape (__func__, self, false));
    FAISS_REQUIRE (n == 0 || (codes && unaries && binaries), "codes, unaries or binaries is NULL");
    FAISS_TRY (check_codes (__func__, self, codes, n));
    FaissRegion region = {0};
#pragma omp parallel num_threads(faiss_threads_for((idx_t)n))
    {
        const float **rows = NULL;
        faiss_region_note (&region, faiss_alloc (&rows, self->aq.M, sizeof *rows));
#pragma omp for
        for (idx_t i = 0; i < (idx_t)n; i++) {
            if (!faiss_region_failed (&region)) {
                faiss_lsq_sweep (self, binaries, unaries, n, (size_t)i, n_iters, rows,
                                 codes + (size_t)i * self->aq.M);
            }
        }
        free (rows);
    }
    return faiss_region_close (&region);
}

FaissStatus faiss_LocalSearchQuantizer_icm_encode_impl (const FaissLocalSearchQuantizer *self,
                                                        int32_t *codes, const float *x,
                                                        const float *unaries, const float *binaries,
                                                        FaissRandomGenerator *gen, size_t n,
                                                        size_t ils_iters, bool verbose) {
    FAISS_TRY (check_shape (__func__, self, true));
    FAISS_REQUIRE (gen && binaries && (n == 0 || (codes && x && unaries)),
                   "codes, x, unaries, binaries or gen is NULL");
    FAISS_TRY (check_codes (__func__, self, codes, n));
    FAISS_AUTO_FREE (FaissLsqChange) *changes = NULL;
    FAISS_TRY (faiss_lsq_draw_changes (self, n, ils_iters, gen, &changes));
    FAISS_TRY (faiss_lsq_search (self, binaries, unaries, changes, ils_iters, x, n, codes));
    if (verbose) {
        faiss_say ("local search: %zu vectors encoded\n", n);
    }
    return FAISS_OK;
}

static FaissStatus encode_in_chunks (const FaissLocalSearchQuantizer *self,
                                     FaissIcmEncoder *encoder, int32_t *codes, const float *x,
                                     size_t n, size_t ils_iters, FaissRandomGenerator *gen) {
    encoder->verbose = self->aq.verbose;
    FAISS_TRY (encoder->cls->set_binary_term (encoder));
    for (size_t begin = 0; begin < n; begin += self->chunk_size) {
        size_t size = n - begin < self->chunk_size ? n - begin : self->chunk_size;
        FAISS_TRY (faiss_check_interrupt ());
        FAISS_TRY (encoder->cls->encode (encoder, codes + begin * self->aq.M,
                                         x + begin * self->quantizer.d, gen, size, ils_iters));
    }
    return FAISS_OK;
}

FaissStatus faiss_LocalSearchQuantizer_icm_encode (const FaissLocalSearchQuantizer *self,
                                                   int32_t *codes, const float *x, size_t n,
                                                   size_t ils_iters, FaissRandomGenerator *gen) {
    FAISS_TRY (check_shape (__func__, self, true));
    FAISS_REQUIRE (gen && (n == 0 || (codes && x)), "codes, x or gen is NULL");
    FAISS_REQUIRE (self->chunk_size > 0, "expected chunk_size > 0, got 0");
    FAISS_TRY (check_codes (__func__, self, codes, n));
    FAISS_OWNED (IcmEncoder) *encoder = NULL;
    FAISS_TRY (faiss_IcmEncoderFactory_get (self->icm_encoder_factory, self, &encoder));
    return encode_in_chunks (self, encoder, codes, x, n, ils_iters, gen);
}

static void random_codes (const FaissLocalSearchQuantizer *self, int32_t *codes, size_t n,
                          FaissRandomGenerator *gen) {
    for (size_t i = 0; i < n * self->aq.M; i++) {
        codes[i] = (int32_t)faiss_mt32_below (gen, (uint32_t)self->K);
    }
}

/* ---- training -------------------------------------------------------------------------------- */

static FaissStatus standard_deviations (const FaissLocalSearchQuantizer *self, size_t n,
                                        const float *x, FaissFloat32Vector *out) {
    size_t d = self->quantizer.d;
    FAISS_AUTO_FREE (double) *sums = NULL;
    FAISS_TRY (faiss_Float32Vector_resize (out, d));
    FAISS_TRY (faiss_alloc_zeroed (&sums, 2 * d, sizeof *sums));
    double *squares = sums + d;
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < d; j++) {
            sums[j] += (double)x[i * d + j];
        }
    }
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < d; j++) {
            double difference = (double)x[i * d + j] - sums[j] / (double)n;
            squares[j] += difference * difference;
        }
    }
    for (size_t j = 0; j < d; j++) {
        out->data[j] = (float)sqrt (squares[j] / (double)n);
    }
    return FAISS_OK;
}

/* Random codes, then local search. */
static FaissStatus encode (const FaissLocalSearchQuantizer *self, const float *x, size_t n,
                           int32_t *codes) {
    FaissRandomGenerator gen;
    faiss_RandomGenerator_init (&gen, self->random_seed);
    random_codes (self, codes, n, &gen);
    return faiss_LocalSearchQuantizer_icm_encode (self, codes, x, n, self->encode_ils_iters, &gen);
}

static FaissStatus train_norms (FaissLocalSearchQuantizer *self, size_t n, const float *x,
                                int32_t *codes) {
    size_t d = self->quantizer.d;
    FAISS_AUTO_FREE (float) *norms = NULL;
    FAISS_AUTO_FREE (float) *decoded = NULL;
    FAISS_TRY (faiss_alloc (&norms, n, sizeof *norms));
    FAISS_TRY (faiss_alloc (&decoded, d, sizeof *decoded));
    FAISS_TRY (encode (self, x, n, codes));
    for (size_t i = 0; i < n; i++) {
        FAISS_TRY (faiss_AdditiveQuantizer_class.decode_unpacked (&self->aq, codes + i * self->aq.M,
                                                                  decoded, 1, (int64_t)self->aq.M));
        norms[i] = faiss_fvec_norm_L2sqr (decoded, d);
    }
    return faiss_AdditiveQuantizer_train_norm (&self->aq, n, norms);
}

static FaissStatus run_training (FaissLocalSearchQuantizer *self, size_t n, const float *x,
                                 int32_t *codes) {
    FaissRandomGenerator gen;
    FAISS_AUTO (Float32Vector) stddev = {0};
    FAISS_TRY (standard_deviations (self, n, x, &stddev));
    faiss_RandomGenerator_init (&gen, self->random_seed);
    random_codes (self, codes, n, &gen);
    for (size_t i = 0; i < self->train_iters; i++) {
        FAISS_TRY (faiss_LocalSearchQuantizer_update_codebooks (self, x, codes, n));
        float T = powf (1 - ((float)i + 1) / (float)self->train_iters, self->p);
        FAISS_TRY (faiss_LocalSearchQuantizer_perturb_codebooks (self, T, &stddev, &gen));
        FAISS_TRY (
            faiss_LocalSearchQuantizer_icm_encode (self, codes, x, n, self->train_ils_iters, &gen));
        if (self->aq.verbose) {
            float error;
            FAISS_TRY (faiss_LocalSearchQuantizer_evaluate (self, codes, x, n, NULL, &error));
            faiss_say ("local search quantizer: round %zu of %zu, error %g\n", i + 1,
                       self->train_iters, (double)error);
        }
    }
    return train_norms (self, n, x, codes);
}

static FaissStatus LocalSearchQuantizer_train (FaissQuantizer *quantizer, size_t n,
                                               const float *x) {
    FaissLocalSearchQuantizer *self = FAISS_SELF (LocalSearchQuantizer, quantizer, quantizer);
    FaissAdditiveQuantizer *aq = &self->aq;
    FAISS_REQUIRE (quantizer->d > 0 && aq->M > 0, "expected d > 0 and M > 0, got %zu and %zu",
                   quantizer->d, aq->M);
    FAISS_REQUIRE (n > 0, "expected at least one training vector, got none");
    FAISS_TRY (check_shape (__func__, self, false));
    FAISS_TRY (faiss_AdditiveQuantizer_set_derived_values (aq));
    FAISS_AUTO_FREE (int32_t) *codes = NULL;
    FAISS_TRY (faiss_alloc (&codes, n * aq->M, sizeof *codes));
    FAISS_AUTO (Float32Vector) before = {0};
    faiss_Float32Vector_swap (&before, &aq->codebooks);
    bool was_trained = aq->is_trained;
    aq->is_trained = true;
    FaissStatus status = run_training (self, n, x, codes);
    if (status != FAISS_OK) { /* as if nothing had happened */
        faiss_Float32Vector_swap (&before, &aq->codebooks);
        aq->is_trained = was_trained;
        return status;
    }
    faiss_Float32Vector_clear (&aq->centroid_norms);
    faiss_Float32Vector_clear (&aq->codebook_cross_products);
    return aq->search_type == AdditiveQuantizer_ST_norm_from_LUT
               ? faiss_AdditiveQuantizer_compute_codebook_tables (aq)
               : FAISS_OK;
}

/* ---- encoding -------------------------------------------------------------------------------- */

static FaissStatus LocalSearchQuantizer_compute_codes_add_centroids (
    const FaissAdditiveQuantizer *aq, const float *x, uint8_t *codes, size_t n,
    const float *centroids) {
    const FaissLocalSearchQuantizer *self = FAISS_CONST_SELF (LocalSearchQuantizer, aq, aq);
    FAISS_TRY (faiss_aq_check_trained (__func__, aq));
    FAISS_AUTO_FREE (int32_t) *unpacked = NULL;
    FAISS_TRY (faiss_alloc (&unpacked, n * aq->M, sizeof *unpacked));
    FAISS_TRY (encode (self, x, n, unpacked));
    return faiss_AdditiveQuantizer_pack_codes (aq, n, unpacked, codes, -1, NULL, centroids);
}

/* ---- files ----------------------------------------------------------------------------------- */

/* More would go on for ever. */
static FaissStatus read_iterations (FaissIOReader *r, size_t *out, const char *name) {
    enum { MOST = 1000000 };
    FAISS_TRY (faiss_read_size (r, out, name));
    FAISS_REQUIRE_FILE (r, *out <= MOST, "expected %s <= %d, got %zu", name, MOST, *out);
    return FAISS_OK;
}

FaissStatus faiss_read_LocalSearchQuantizer (FaissIOReader *r, FaissLocalSearchQuantizer *self) {
    FAISS_TRY (faiss_read_AdditiveQuantizer (r, &self->aq));
    FAISS_TRY (faiss_check_codebooks (r, &self->aq, self->quantizer.d));
    FAISS_TRY (faiss_read_size (r, &self->K, "K"));
    FAISS_TRY (read_iterations (r, &self->train_iters, "train_iters"));
    FAISS_TRY (read_iterations (r, &self->encode_ils_iters, "encode_ils_iters"));
    FAISS_TRY (read_iterations (r, &self->train_ils_iters, "train_ils_iters"));
    FAISS_TRY (read_iterations (r, &self->icm_iters, "icm_iters"));
    FAISS_TRY (faiss_read_f32 (r, &self->p, "p"));
    FAISS_TRY (faiss_read_f32 (r, &self->lambd, "lambd"));
    FAISS_TRY (faiss_read_size (r, &self->chunk_size, "chunk_size"));
    FAISS_TRY (faiss_read_i32 (r, &self->random_seed, "random_seed"));
    FAISS_TRY (faiss_read_size (r, &self->nperts, "nperts"));
    FAISS_TRY (
        faiss_read_flag8 (r, &self->update_codebooks_with_double, "update_codebooks_with_double"));
    return self->aq.search_type == AdditiveQuantizer_ST_norm_from_LUT
               ? faiss_AdditiveQuantizer_compute_codebook_tables (&self->aq)
               : FAISS_OK;
}

FaissStatus faiss_write_LocalSearchQuantizer (FaissIOWriter *w,
                                              const FaissLocalSearchQuantizer *self) {
    FAISS_TRY (faiss_write_AdditiveQuantizer (w, &self->aq));
    FAISS_TRY (faiss_write_u64 (w, self->K));
    FAISS_TRY (faiss_write_u64 (w, self->train_iters));
    FAISS_TRY (faiss_write_u64 (w, self->encode_ils_iters));
    FAISS_TRY (faiss_write_u64 (w, self->train_ils_iters));
    FAISS_TRY (faiss_write_u64 (w, self->icm_iters));
    FAISS_TRY (faiss_write_f32 (w, self->p));
    FAISS_TRY (faiss_write_f32 (w, self->lambd));
    FAISS_TRY (faiss_write_u64 (w, self->chunk_size));
    FAISS_TRY (faiss_write_i32 (w, self->random_seed));
    FAISS_TRY (faiss_write_u64 (w, self->nperts));
    return faiss_write_u8 (w, self->update_codebooks_with_double);
}

/* ---- the class ------------------------------------------------------------------------------- */

/* What a field was set to may not fit the others. */
static FaissStatus LocalSearchQuantizer_check (const void *object) {
    const FaissLocalSearchQuantizer *self = object;
    FAISS_TRY (faiss_aq_check_codebooks (__func__, &self->aq, self->quantizer.d));
    return FAISS_OK;
}

FaissAdditiveQuantizerClass faiss_LocalSearchQuantizer_class = {
    .quantizer = {.head = {.name = "LocalSearchQuantizer",
                           .parent = &faiss_AdditiveQuantizer_class.quantizer.head,
                           .instance_size = sizeof (FaissLocalSearchQuantizer),
                           .table_size = sizeof (FaissAdditiveQuantizerClass),
                           .check = LocalSearchQuantizer_check,
                           .finalize = LocalSearchQuantizer_finalize,
                           .copy = LocalSearchQuantizer_copy},
                  .train = LocalSearchQuantizer_train},
    .compute_codes_add_centroids = LocalSearchQuantizer_compute_codes_add_centroids,
};
