/* TurboQuant: codes of directions with a sketch of the error. */
#include <faiss/impl/sq_turbo.h>

#include <math.h>
#include <string.h>

#include <faiss/impl/check.h>
#include <faiss/utils/hadamard.h>
#include <faiss/utils/random.h>
#include <faiss/utils/utils.h>

enum { DENSE = 2 }; /* type of the projection; all others are by Hadamard */

static const float half_pi = 1.57079632679489662f;

/* ---- life ------------------------------------------------------------------------------------ */

static FaissStatus make_signs (FaissTurbo *self, int64_t seed) {
    FAISS_TRY (faiss_alloc (&self->signs, self->padded, sizeof *self->signs));
    FaissRandomGenerator random;
    faiss_RandomGenerator_init (&random, seed);
    for (size_t j = 0; j < self->padded; j++) {
        self->signs[j] = faiss_RandomGenerator_rand_int_max (&random, 2) == 0 ? 1 : -1;
    }
    return FAISS_OK;
}

static FaissStatus make_rotation (FaissTurbo *self, int64_t seed) {
    size_t d = self->codec.d;
    FAISS_TRY (faiss_alloc (&self->rotation, d * d, sizeof *self->rotation));
    FAISS_TRY (faiss_float_randn_or_end (self->rotation, d * d, seed));
    return faiss_matrix_qr ((int)d, (int)d, self->rotation);
}

FaissStatus faiss_Turbo_init (FaissTurbo *self, unsigned bits, size_t d, const float *tables) {
    size_t n_centroids = (size_t)1 << (bits - 1);
    const float *seed_bits = tables + 2 * n_centroids - 1;
    uint32_t low, high;
    memcpy (&low, seed_bits, sizeof low);
    memcpy (&high, seed_bits + 1, sizeof high);
    int64_t seed = (int64_t)((uint64_t)high << 32 | low);
    *self = (FaissTurbo){.codec = {.d = d,
                                   .code_size = bits * ((d + 7) / 8) + 2 * sizeof (float),
                                   .n_planes = bits - 1,
                                   .centroids = tables},
                         .bits = bits,
                         .boundaries = tables + n_centroids,
                         .padded = 1};
    while (self->padded < d) {
        self->padded *= 2;
    }
    FaissStatus status =
        seed_bits[2] == DENSE ? make_rotation (self, seed) : make_signs (self, seed);
    if (status != FAISS_OK) {
        faiss_Turbo_clear (self);
    }
    return status;
}

void faiss_Turbo_clear (FaissTurbo *self) {
    free (self->signs);
    free (self->rotation);
    self->signs = self->rotation = NULL;
}

size_t faiss_Turbo_scratch (const FaissTurbo *self) {
    return 2 * self->padded;
}

/* ---- the projection -------------------------------------------------------------------------- */

/* out = P x, without a factor, size padded; the first d count. */
static void project (const FaissTurbo *self, const float *x, float *out) {
    size_t d = self->codec.d;
    if (self->rotation) {
        for (size_t i = 0; i < d; i++) {
            out[i] = faiss_kernels.fvec_inner_product (self->rotation + i * d, x, d);
        }
        return;
    }
    for (size_t j = 0; j < d; j++) {
        out[j] = x[j] * self->signs[j];
    }
    memset (out + d, 0, (self->padded - d) * sizeof *out);
    faiss_hadamard (out, self->padded);
}

/* The factor of signs and queries. The projection by Hadamard becomes orthogonal by it; the dense
 * one is that already, but upstream has the factor here too. */
static float scale_of (const FaissTurbo *self) {
    return 1 / sqrtf ((float)(self->rotation ? self->codec.d : self->padded));
}

/* out = P^T x of x, size padded, which is overwritten. */
static void project_back (const FaissTurbo *self, float *x, float *out) {
    size_t d = self->codec.d;
    if (self->rotation) {
        memset (out, 0, d * sizeof *out);
        for (size_t i = 0; i < d; i++) {
            faiss_kernels.fvec_madd (d, out, x[i], self->rotation + i * d, out);
        }
        return;
    }
    faiss_hadamard (x, self->padded);
    for (size_t j = 0; j < d; j++) {
        out[j] = x[j] * self->signs[j];
    }
}

/* ---- codes ----------------------------------------------------------------------------------- */

static void put_bit (uint8_t *plane, size_t j, unsigned bit) {
    plane[j / 8] |= (uint8_t)(bit << j % 8);
}

static unsigned get_bit (const uint8_t *plane, size_t j) {
    return plane[j / 8] >> j % 8 & 1;
}

static unsigned number_of (const FaissTurbo *self, float x) {
    unsigned n_boundaries = (1u << self->codec.n_planes) - 1, number = 0;
    for (unsigned i = 0; i < n_boundaries; i++) {
        number += !(x < self->boundaries[i]);
    }
    return number;
}

void faiss_Turbo_encode (const FaissTurbo *self, const float *x, uint8_t *code, float *scratch) {
    size_t d = self->codec.d, plane = (d + 7) / 8;
    unsigned n_planes = self->codec.n_planes;
    uint8_t *signs = code + n_planes * plane;
    float *rest = scratch, *projected = scratch + self->padded;
    float root = sqrtf ((float)d), inverse_root = 1 / root;
    float norm = sqrtf (faiss_kernels.fvec_inner_product (x, x, d));
    norm = norm < 1e-30f ? 1e-30f : norm; /* NaN stays */
    memset (code, 0, self->codec.code_size);
    for (size_t j = 0; j < d; j++) {
        float component = x[j] / norm;
        unsigned number = number_of (self, component * root);
        for (unsigned p = 0; p < n_planes; p++) {
            put_bit (code + p * plane, j, number >> p & 1);
        }
        rest[j] = component - self->codec.centroids[number] * inverse_root;
    }
    float gamma = sqrtf (faiss_kernels.fvec_inner_product (rest, rest, d));
    project (self, rest, projected);
    for (size_t j = 0; j < d; j++) {
        put_bit (signs, j, projected[j] > 0);
    }
    memcpy (signs + plane, &norm, sizeof norm);
    memcpy (signs + plane + sizeof norm, &gamma, sizeof gamma);
}

void faiss_Turbo_decode (const FaissTurbo *self, const uint8_t *code, float *x, float *scratch) {
    size_t d = self->codec.d, plane = (d + 7) / 8;
    const uint8_t *signs = code + self->codec.n_planes * plane;
    float *sketch = scratch, *rest = scratch + self->padded;
    float norm, gamma, inverse_root = 1 / sqrtf ((float)d), scale = scale_of (self);
    memcpy (&norm, signs + plane, sizeof norm);
    memcpy (&gamma, signs + plane + sizeof norm, sizeof gamma);
    for (size_t j = 0; j < d; j++) {
        sketch[j] = get_bit (signs, j) ? scale : -scale;
    }
    memset (sketch + d, 0, (self->padded - d) * sizeof *sketch);
    project_back (self, sketch, rest);
    float factor = sqrtf (half_pi) / (float)d * gamma;
    for (size_t j = 0; j < d; j++) {
        unsigned number = 0;
        for (unsigned p = 0; p < self->codec.n_planes; p++) {
            number |= get_bit (code + p * plane, j) << p;
        }
        x[j] = norm * (self->codec.centroids[number] * inverse_root + factor * rest[j]);
    }
}

/* ---- distances ------------------------------------------------------------------------------- */

size_t faiss_Turbo_query_size (const FaissTurbo *self) {
    return self->padded + 1;
}

void faiss_Turbo_prepare (const FaissTurbo *self, const float *x, float *query) {
    size_t d = self->codec.d;
    float scale = scale_of (self);
    project (self, x, query);
    for (size_t j = 0; j < d; j++) {
        query[j] *= scale;
    }
    query[self->padded] = faiss_kernels.fvec_inner_product (x, x, d);
}

void faiss_Turbo_distances (const FaissTurbo *self, bool is_similarity, const float *x,
                            const float *query, const uint8_t *codes, size_t n, float *out,
                            float *buffer) {
    size_t d = self->codec.d, factors = self->bits * ((d + 7) / 8);
    float inverse_root = 1 / sqrtf ((float)d), sketch_scale = sqrtf (half_pi) / (float)d;
    float x_norm = query[self->padded];
    faiss_kernels.sq_turbo (&self->codec, x, query, codes, n, out, buffer);
    for (size_t i = 0; i < n; i++) {
        const uint8_t *behind = codes + i * self->codec.code_size + factors;
        float norm, gamma;
        memcpy (&norm, behind, sizeof norm);
        memcpy (&gamma, behind + sizeof norm, sizeof gamma);
        float product = norm * (out[i] * inverse_root + sketch_scale * gamma * buffer[i]);
        out[i] = is_similarity ? product : x_norm + norm * norm - 2 * product;
    }
}
