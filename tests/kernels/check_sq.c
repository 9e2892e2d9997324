/* Checks of the kernels of scalar quantizers. */
#include <math.h>
#include <string.h>

#include "checkkernels.h"

static const size_t dims[] = {0, 1, 3, 7, 8, 9, 15, 16, 17, 24, 31, 32, 33, 47, 100, 784};
enum { N_DIMS = sizeof dims / sizeof *dims, MAX_N = 13 };

static const struct {
    FaissSQKind kind;
    unsigned bits;
} formats[] = {
    {FAISS_SQ_AFFINE, 4}, {FAISS_SQ_AFFINE, 6}, {FAISS_SQ_AFFINE, 8}, {FAISS_SQ_DIRECT, 8},
    {FAISS_SQ_TABLE, 1},  {FAISS_SQ_TABLE, 2},  {FAISS_SQ_TABLE, 3},  {FAISS_SQ_TABLE, 4},
    {FAISS_SQ_TABLE, 5},  {FAISS_SQ_TABLE, 6},  {FAISS_SQ_TABLE, 7},  {FAISS_SQ_TABLE, 8},
    {FAISS_SQ_FP16, 16},  {FAISS_SQ_BF16, 16},  {FAISS_SQ_ZERO, 0},
};
enum { N_FORMATS = sizeof formats / sizeof *formats };

static float *constants (size_t n, float value) {
    float *x = guarded (n * sizeof *x);
    for (size_t i = 0; i < n; i++) {
        x[i] = value;
    }
    return x;
}

static float *ascending (size_t n) {
    float *x = guarded (n * sizeof *x), value = -1;
    for (size_t i = 0; i < n; i++) {
        value += 0.001f + (random_float () + 1) / (float)(n + 1);
        x[i] = value;
    }
    return x;
}

static FaissSQCodec codec_of (size_t format, size_t d) {
    FaissSQCodec codec = {.kind = formats[format].kind,
                          .bits = formats[format].bits,
                          .d = d,
                          .code_size = (d * formats[format].bits + 7) / 8};
    bool is_direct = codec.kind == FAISS_SQ_DIRECT;
    codec.shift = is_direct ? 128 : 0;
    codec.scale = is_direct ? constants (d, 1) : random_floats (d);
    codec.offset = is_direct ? constants (d, -128) : random_floats (d);
    if (codec.kind == FAISS_SQ_AFFINE) {
        float *vdiff = random_floats (d);
        for (size_t j = 0; j < d; j++) {
            vdiff[j] = j % 5 == 4 ? 0 : fabsf (vdiff[j]) + 0.1f;
        }
        codec.vmin = random_floats (d);
        codec.vdiff = vdiff;
    }
    if (codec.kind == FAISS_SQ_TABLE) {
        codec.centroids = ascending ((size_t)1 << codec.bits);
        codec.boundaries = ascending (((size_t)1 << codec.bits) - 1);
    }
    return codec;
}

/* Half precision of random bytes may be infinite or no number: leave these out. */
static uint8_t *random_codes (const FaissSQCodec *codec, size_t n) {
    uint8_t *codes = guarded (n * codec->code_size);
    for (size_t i = 0; i < n * codec->code_size; i++) {
        codes[i] = (uint8_t)random_bits ();
        if (codec->bits == 16 && i % 2 == 1) {
            codes[i] = (uint8_t)((codes[i] & 0x83) | 0x38);
        }
    }
    return codes;
}

/* ---- codes ----------------------------------------------------------------------------------- */

/* What is rounded in an odd way: ends of ranges, steps, boundaries, what is no number. */
static float odd_value (const FaissSQCodec *codec, size_t j) {
    static const float odd[] = {0,     -0.0f, 1,     2049,   65520,          1e30f,  -1e30f,
                                1e-7f, 6e-8f, 3e-8f, 1e-40f, -6.1e-5f,       127.5f, -128,
                                255,   256,   -129,  300,    1.00048828125f, 3e9f};
    switch (random_bits () % 6) {
    case 0:
        return odd[random_bits () % (sizeof odd / sizeof *odd)];
    case 1:
        return random_bits () % 2 ? NAN : INFINITY;
    case 2:
        if (codec->kind == FAISS_SQ_AFFINE) { /* a step */
            float share =
                (float)(random_bits () % (1u << codec->bits)) / (float)((1u << codec->bits) - 1);
            return codec->vmin[j] + share * codec->vdiff[j];
        }
        if (codec->kind == FAISS_SQ_TABLE) {
            return codec->boundaries[random_bits () % ((1u << codec->bits) - 1)];
        }
        return random_float () * 1000;
    default:
        return random_float () * (codec->kind == FAISS_SQ_DIRECT ? 200.0f : 2.0f);
    }
}

void check_sq_encode (void) {
    for (Run run = RUN (sq_encode); next_run (&run);) {
        for (size_t f = 0; f < N_FORMATS; f++) {
            for (size_t i = 0; i < N_DIMS; i++) {
                size_t d = dims[i];
                FaissSQCodec codec = codec_of (f, d);
                float *x = guarded (MAX_N * d * sizeof *x);
                for (size_t j = 0; j < MAX_N * d; j++) {
                    x[j] = odd_value (&codec, j % d);
                }
                uint8_t *expected = guarded (MAX_N * codec.code_size);
                uint8_t *got = guarded (MAX_N * codec.code_size);
                memset (got, 0xa5, MAX_N * codec.code_size);
                run.reference->sq_encode (&codec, x, MAX_N, expected);
                run.tested->sq_encode (&codec, x, MAX_N, got);
                for (size_t j = 0; j < MAX_N * codec.code_size; j++) {
                    if (expected[j] != got[j]) {
                        failed (&run, "kind %d, %u bits, d=%zu, byte %zu: expected %d, got %d",
                                codec.kind, codec.bits, d, j, expected[j], got[j]);
                        break;
                    }
                }
            }
            FaissSQCodec codec = codec_of (f, 784);
            float *x = random_floats (784 * 16);
            uint8_t *codes = guarded (codec.code_size * 16);
            char what[64];
            snprintf (what, sizeof what, "kind %d, %u bits, d=784", codec.kind, codec.bits);
            BENCH (&run, what, 784.0 * 16, (run.tested->sq_encode (&codec, x, 16, codes), 0));
        }
    }
}

void check_sq_decode (void) {
    for (Run run = RUN (sq_decode); next_run (&run);) {
        for (size_t f = 0; f < N_FORMATS; f++) {
            for (size_t i = 0; i < N_DIMS; i++) {
                size_t d = dims[i];
                FaissSQCodec codec = codec_of (f, d);
                uint8_t *codes = random_codes (&codec, MAX_N);
                float *expected = guarded (MAX_N * d * sizeof (float));
                float *got = guarded (MAX_N * d * sizeof (float));
                run.reference->sq_decode (&codec, codes, MAX_N, expected);
                run.tested->sq_decode (&codec, codes, MAX_N, got);
                for (size_t j = 0; j < MAX_N * d; j++) {
                    float tolerance = codec.kind == FAISS_SQ_AFFINE ? 1e-6f * 256 : 0;
                    if (!(fabsf (expected[j] - got[j]) <= tolerance)) {
                        failed (&run, "kind %d, %u bits, d=%zu, component %zu: expected %g, got %g",
                                codec.kind, codec.bits, d, j, (double)expected[j], (double)got[j]);
                        break;
                    }
                }
            }
            FaissSQCodec codec = codec_of (f, 784);
            float *x = random_floats (784 * 16);
            uint8_t *codes = random_codes (&codec, 16);
            char what[64];
            snprintf (what, sizeof what, "kind %d, %u bits, d=784", codec.kind, codec.bits);
            BENCH (&run, what, 784.0 * 16, (run.tested->sq_decode (&codec, codes, 16, x), 0));
        }
    }
}

/* Every half there is. */
static void check_all_halves (const Run *run) {
    FaissSQCodec codec = {.kind = FAISS_SQ_FP16, .bits = 16, .d = 65536, .code_size = 131072};
    uint8_t *codes = guarded (131072), *back = guarded (131072);
    float *expected = guarded (65536 * sizeof (float)), *got = guarded (65536 * sizeof (float));
    for (size_t i = 0; i < 65536; i++) {
        codes[2 * i] = (uint8_t)i;
        codes[2 * i + 1] = (uint8_t)(i >> 8);
    }
    run->reference->sq_decode (&codec, codes, 1, expected);
    run->tested->sq_decode (&codec, codes, 1, got);
    run->tested->sq_encode (&codec, got, 1, back);
    for (size_t i = 0; i < 65536; i++) {
        bool is_nan = (i & 0x7fff) > 0x7c00;
        if (is_nan ? !isnan (got[i]) || !isnan (expected[i])
                   : memcmp (&expected[i], &got[i], sizeof (float)) != 0) {
            failed (run, "half %zx: expected %g, got %g", i, (double)expected[i], (double)got[i]);
        } else if (!is_nan && memcmp (codes + 2 * i, back + 2 * i, 2) != 0) {
            failed (run, "half %zx comes back as %02x%02x", i, back[2 * i + 1], back[2 * i]);
        }
    }
}

/* ---- distances ------------------------------------------------------------------------------- */

typedef void (*Scan) (const FaissSQCodec *codec, const float *x, const uint8_t *codes, size_t n,
                      float *out);
typedef void (*Batch) (const FaissSQCodec *codec, const float *x, const uint8_t *const codes[4],
                       float out[4]);
typedef void (*IvfScan) (const float *const *x, size_t nx, const float *y, size_t d, size_t ny,
                         float *out, size_t ld);

/* Near to the definition, and to the bit what the ivf kernel says of the decoded vectors. */
static void check_values (const Run *run, Scan reference, Scan tested, Batch batch, IvfScan ivf,
                          size_t format, size_t d, size_t n) {
    FaissSQCodec codec = codec_of (format, d);
    float *x = random_floats (d), *y = guarded (n * d * sizeof *y);
    uint8_t *codes = random_codes (&codec, n);
    float *expected = guarded (n * sizeof (float)), *got = guarded (n * sizeof (float));
    float of_decoded[MAX_N], of_batch[4];
    reference (&codec, x, codes, n, expected);
    tested (&codec, x, codes, n, got);
    run->tested->sq_decode (&codec, codes, n, y);
    ivf ((const float *const[]){x}, 1, y, d, n, of_decoded, n);
    for (size_t i = 0; i < n; i++) {
        double magnitude = 0;
        for (size_t j = 0; j < d; j++) {
            double a = fabs ((double)x[j]) + fabs ((double)y[i * d + j]);
            magnitude += a * a;
        }
        if (!(fabs ((double)expected[i] - (double)got[i]) <= 2e-6 * sqrt ((double)d) * magnitude)) {
            failed (run, "kind %d, %u bits, d=%zu, code %zu of %zu: expected %g, got %g",
                    codec.kind, codec.bits, d, i, n, (double)expected[i], (double)got[i]);
            return;
        }
        if (memcmp (&of_decoded[i], &got[i], sizeof (float)) != 0) {
            failed (run, "kind %d, %u bits, d=%zu, code %zu of %zu: %.9g, but %.9g decoded",
                    codec.kind, codec.bits, d, i, n, (double)got[i], (double)of_decoded[i]);
            return;
        }
    }
    if (n >= 4) {
        const uint8_t *four[4];
        for (size_t i = 0; i < 4; i++) {
            four[i] = codes + (n - 1 - i) * codec.code_size;
        }
        batch (&codec, x, four, of_batch);
        for (size_t i = 0; i < 4; i++) {
            if (memcmp (&of_batch[i], &got[n - 1 - i], sizeof (float)) != 0) {
                failed (run, "kind %d, %u bits, d=%zu: %.9g alone, %.9g of four", codec.kind,
                        codec.bits, d, (double)got[n - 1 - i], (double)of_batch[i]);
                return;
            }
        }
    }
}

static void check_scan (const Run *run, Scan reference, Scan tested, Batch batch, IvfScan ivf) {
    for (size_t f = 0; f < N_FORMATS; f++) {
        for (size_t i = 0; i < N_DIMS; i++) {
            for (size_t n = i % 2; n <= MAX_N; n += i % 3 + 1) {
                check_values (run, reference, tested, batch, ivf, f, dims[i], n);
            }
        }
        for (size_t d = 100; d <= 784; d += 684) {
            FaissSQCodec codec = codec_of (f, d);
            float *x = random_floats (d), *out = guarded (64 * sizeof *out);
            uint8_t *codes = random_codes (&codec, 64);
            char what[64];
            snprintf (what, sizeof what, "kind %d, %u bits, d=%zu, n=64", codec.kind, codec.bits,
                      d);
            BENCH (run, what, (double)(64 * d), (tested (&codec, x, codes, 64, out), 0));
        }
    }
    check_all_halves (run);
}

void check_sq_L2sqr (void) {
    for (Run run = RUN (sq_L2sqr); next_run (&run);) {
        check_scan (&run, run.reference->sq_L2sqr, run.tested->sq_L2sqr,
                    run.tested->sq_L2sqr_batch_4, run.tested->ivf_L2sqr);
    }
}

void check_sq_inner_product (void) {
    for (Run run = RUN (sq_inner_product); next_run (&run);) {
        check_scan (&run, run.reference->sq_inner_product, run.tested->sq_inner_product,
                    run.tested->sq_inner_product_batch_4, run.tested->ivf_inner_product);
    }
}

void check_sq_L2sqr_batch_4 (void) {
    for (Run run = RUN (sq_L2sqr_batch_4); next_run (&run);) {
        for (size_t f = 0; f < N_FORMATS; f++) {
            check_values (&run, run.reference->sq_L2sqr, run.tested->sq_L2sqr,
                          run.tested->sq_L2sqr_batch_4, run.tested->ivf_L2sqr, f, 37, 4);
        }
    }
}

void check_sq_inner_product_batch_4 (void) {
    for (Run run = RUN (sq_inner_product_batch_4); next_run (&run);) {
        for (size_t f = 0; f < N_FORMATS; f++) {
            check_values (&run, run.reference->sq_inner_product, run.tested->sq_inner_product,
                          run.tested->sq_inner_product_batch_4, run.tested->ivf_inner_product, f,
                          37, 4);
        }
    }
}

void check_sq_turbo (void) {
    for (Run run = RUN (sq_turbo); next_run (&run);) {
        for (unsigned n_planes = 1; n_planes <= 4; n_planes++) {
            for (size_t i = 0; i < N_DIMS; i++) {
                size_t d = dims[i], code_size = (n_planes + 1) * ((d + 7) / 8) + 8;
                FaissTurboCodec codec = {.d = d,
                                         .code_size = code_size,
                                         .n_planes = n_planes,
                                         .centroids = random_floats ((size_t)1 << n_planes)};
                float *x = random_floats (d), *y = random_floats (d);
                uint8_t *codes = guarded (MAX_N * code_size);
                for (size_t j = 0; j < MAX_N * code_size; j++) {
                    codes[j] = (uint8_t)random_bits ();
                }
                float expected[2 * MAX_N], *got = guarded (sizeof expected);
                run.reference->sq_turbo (&codec, x, y, codes, MAX_N, expected, expected + MAX_N);
                run.tested->sq_turbo (&codec, x, y, codes, MAX_N, got, got + MAX_N);
                for (size_t j = 0; j < 2 * MAX_N; j++) {
                    if (!(fabsf (expected[j] - got[j]) <= 2e-6f * sqrtf ((float)d) * (float)d)) {
                        failed (&run, "%u planes, d=%zu, value %zu: expected %g, got %g", n_planes,
                                d, j, (double)expected[j], (double)got[j]);
                        break;
                    }
                }
            }
            FaissTurboCodec codec = {.d = 784,
                                     .code_size = (n_planes + 1) * 98 + 8,
                                     .n_planes = n_planes,
                                     .centroids = random_floats ((size_t)1 << n_planes)};
            float *x = random_floats (784), products[16], sketches[16];
            uint8_t *codes = guarded (16 * codec.code_size);
            memset (codes, 0x5a, 16 * codec.code_size);
            char what[64];
            snprintf (what, sizeof what, "%u planes, d=784", n_planes);
            BENCH (&run, what, 784.0 * 16,
                   (run.tested->sq_turbo (&codec, x, x, codes, 16, products, sketches), 0));
        }
    }
}
