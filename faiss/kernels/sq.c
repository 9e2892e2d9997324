/* Scalar quantizers: the definition. */
#include <math.h>
#include <string.h>

#include <faiss/impl/bitstring.h>
#include <faiss/kernels/kernels.h>

/* ---- half precision -------------------------------------------------------------------------- */

static uint32_t bits_of (float x) {
    uint32_t bits;
    memcpy (&bits, &x, sizeof bits);
    return bits;
}

static float float_of (uint32_t bits) {
    float x;
    memcpy (&x, &bits, sizeof x);
    return x;
}

/* Ties are rounded away from zero: half a unit is added to what is left of the mantissa. Scaled by
 * 2^-112 a float has the exponent of a half, and subnormal numbers come out by themselves. */
static uint16_t half_of_float (float x) {
    uint32_t sign = bits_of (x) & 0x80000000u, magnitude = bits_of (x) ^ sign, half;
    if (magnitude >= 0x7f800000u) {
        half = magnitude > 0x7f800000u ? 0x7e00 : 0x7c00;
    } else {
        uint32_t scaled = bits_of (float_of (magnitude & ~(uint32_t)0xfff) * 0x1p-112f) + 0x1000;
        half = (scaled < 31u << 23 ? scaled : 31u << 23) >> 13;
    }
    return (uint16_t)(half | sign >> 16);
}

static float float_of_half (uint16_t half) {
    uint32_t sign = (uint32_t)(half & 0x8000) << 16, magnitude = (uint32_t)(half & 0x7fff) << 13;
    if (magnitude >= 31u << 23) { /* infinite, or not a number: then a quiet one */
        return float_of (sign | magnitude | 0x7f800000u | (magnitude > 31u << 23 ? 1u << 22 : 0));
    }
    return float_of (sign | bits_of (float_of (magnitude) * 0x1p112f));
}

static uint16_t read_16 (const uint8_t *code, size_t j) {
    return (uint16_t)(code[2 * j] | code[2 * j + 1] << 8);
}

static void write_16 (uint8_t *code, size_t j, uint16_t value) {
    code[2 * j] = (uint8_t)value;
    code[2 * j + 1] = (uint8_t)(value >> 8);
}

/* ---- one component --------------------------------------------------------------------------- */

static unsigned encode_affine (const FaissSQCodec *codec, size_t j, float x) {
    float share = codec->vdiff[j] != 0 ? (x - codec->vmin[j]) / codec->vdiff[j] : 0;
    if (!(share > 0)) { /* also if it is no number */
        return 0;
    }
    share = share > 1 ? 1 : share;
    /* 8 bits are scaled in single precision, others in double */
    return codec->bits == 8 ? (unsigned)(255.0f * share)
                            : (unsigned)((double)share * ((1u << codec->bits) - 1));
}

static unsigned encode_direct (const FaissSQCodec *codec, float x) {
    float value = x + codec->shift;
    bool is_integer = value >= -0x1p31f && value < 0x1p31f;
    return is_integer ? (unsigned)(int32_t)value & 0xff : 0;
}

static unsigned encode_by_table (const FaissSQCodec *codec, float x) {
    unsigned code = 0;
    for (unsigned step = 1u << codec->bits >> 1; step > 0; step /= 2) {
        code += x < codec->boundaries[code + step - 1] ? 0 : step;
    }
    return code;
}

static float decode_component (const FaissSQCodec *codec, const uint8_t *code, size_t j) {
    switch (codec->kind) {
    case FAISS_SQ_FP16:
        return float_of_half (read_16 (code, j));
    case FAISS_SQ_BF16:
        return float_of ((uint32_t)read_16 (code, j) << 16);
    case FAISS_SQ_ZERO:
        return 0;
    default:
        break;
    }
    unsigned value = (unsigned)faiss_bitstring_get (code, j * codec->bits, codec->bits);
    return codec->kind == FAISS_SQ_TABLE ? codec->centroids[value]
                                         : codec->offset[j] + codec->scale[j] * (float)value;
}

/* ---- vectors --------------------------------------------------------------------------------- */

static void encode_vector (const FaissSQCodec *codec, const float *x, uint8_t *code) {
    memset (code, 0, codec->code_size);
    for (size_t j = 0; j < codec->d; j++) {
        switch (codec->kind) {
        case FAISS_SQ_AFFINE:
            faiss_bitstring_put (code, j * codec->bits, encode_affine (codec, j, x[j]),
                                 codec->bits);
            break;
        case FAISS_SQ_DIRECT:
            code[j] = (uint8_t)encode_direct (codec, x[j]);
            break;
        case FAISS_SQ_TABLE:
            faiss_bitstring_put (code, j * codec->bits, encode_by_table (codec, x[j]), codec->bits);
            break;
        case FAISS_SQ_FP16:
            write_16 (code, j, half_of_float (x[j]));
            break;
        case FAISS_SQ_BF16:
            write_16 (code, j, (uint16_t)((bits_of (x[j]) + 0x8000) >> 16));
            break;
        case FAISS_SQ_ZERO:
            break;
        }
    }
}

void faiss_sq_encode_generic (const FaissSQCodec *codec, const float *x, size_t n, uint8_t *codes) {
    for (size_t i = 0; i < n && codec->code_size > 0; i++) {
        encode_vector (codec, x + i * codec->d, codes + i * codec->code_size);
    }
}

void faiss_sq_decode_generic (const FaissSQCodec *codec, const uint8_t *codes, size_t n, float *x) {
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < codec->d; j++) {
            x[i * codec->d + j] = decode_component (codec, codes + i * codec->code_size, j);
        }
    }
}

static float L2sqr (const FaissSQCodec *codec, const float *x, const uint8_t *code) {
    float sum = 0;
    for (size_t j = 0; j < codec->d; j++) {
        float difference = x[j] - decode_component (codec, code, j);
        sum += difference * difference;
    }
    return sum;
}

static float inner_product (const FaissSQCodec *codec, const float *x, const uint8_t *code) {
    float sum = 0;
    for (size_t j = 0; j < codec->d; j++) {
        sum += x[j] * decode_component (codec, code, j);
    }
    return sum;
}

void faiss_sq_L2sqr_generic (const FaissSQCodec *codec, const float *x, const uint8_t *codes,
                             size_t n, float *out) {
    for (size_t i = 0; i < n; i++) {
        out[i] = L2sqr (codec, x, codes + i * codec->code_size);
    }
}

void faiss_sq_inner_product_generic (const FaissSQCodec *codec, const float *x,
                                     const uint8_t *codes, size_t n, float *out) {
    for (size_t i = 0; i < n; i++) {
        out[i] = inner_product (codec, x, codes + i * codec->code_size);
    }
}

void faiss_sq_L2sqr_batch_4_generic (const FaissSQCodec *codec, const float *x,
                                     const uint8_t *const codes[4], float out[4]) {
    for (int i = 0; i < 4; i++) {
        out[i] = L2sqr (codec, x, codes[i]);
    }
}

void faiss_sq_inner_product_batch_4_generic (const FaissSQCodec *codec, const float *x,
                                             const uint8_t *const codes[4], float out[4]) {
    for (int i = 0; i < 4; i++) {
        out[i] = inner_product (codec, x, codes[i]);
    }
}

void faiss_sq_turbo_generic (const FaissTurboCodec *codec, const float *x, const float *y,
                             const uint8_t *codes, size_t n, float *products, float *sketches) {
    size_t plane = (codec->d + 7) / 8;
    for (size_t i = 0; i < n; i++) {
        const uint8_t *code = codes + i * codec->code_size;
        const uint8_t *signs = code + codec->n_planes * plane;
        float product = 0, sketch = 0;
        for (size_t j = 0; j < codec->d; j++) {
            unsigned number = 0;
            for (unsigned p = 0; p < codec->n_planes; p++) {
                number |= (unsigned)(code[p * plane + j / 8] >> j % 8 & 1) << p;
            }
            product += x[j] * codec->centroids[number];
            sketch += signs[j / 8] >> j % 8 & 1 ? y[j] : -y[j];
        }
        products[i] = product;
        sketches[i] = sketch;
    }
}
