/* Scalar quantizers, AVX-512: 16 components at a time. */
#include <immintrin.h>

#include <faiss/kernels/kernels.h>
#include <faiss/kernels/unroll.h>
#include <faiss/kernels/x86/sq_pack.h>

#define ALWAYS_INLINE static inline __attribute__ ((always_inline))
#define LANES 16

typedef __m512 Vec;

/* The centroids in registers, again and again where they are fewer than 16. */
typedef struct Tables {
    __m512 v[4];
} Tables;

ALWAYS_INLINE __mmask16 first (size_t n) {
    return n >= 16 ? 0xffff : (__mmask16)((1u << n) - 1);
}

ALWAYS_INLINE Vec zero (void) {
    return _mm512_setzero_ps ();
}

ALWAYS_INLINE Vec load (const float *x, size_t n) {
    return n == LANES ? _mm512_loadu_ps (x) : _mm512_maskz_loadu_ps (first (n), x);
}

ALWAYS_INLINE void store (float *x, size_t n, Vec v) {
    if (n == LANES) {
        _mm512_storeu_ps (x, v);
    } else {
        _mm512_mask_storeu_ps (x, first (n), v);
    }
}

/* ---- decoding -------------------------------------------------------------------------------- */

/* Which two bytes of a stream hold number i, and how far it is from their lowest bit. */
#define BYTES(bits, i)                                                                             \
    ((int)(0x80800000u | (unsigned)(((bits) * (i) / 8 + 1) << 8 | (bits) * (i) / 8)))
#define SHIFT(bits, i) ((bits) * (i) % 8)
#define FOR_16(F, bits)                                                                            \
    _mm512_setr_epi32 (F (bits, 0), F (bits, 1), F (bits, 2), F (bits, 3), F (bits, 4),            \
                       F (bits, 5), F (bits, 6), F (bits, 7), F (bits, 8), F (bits, 9),            \
                       F (bits, 10), F (bits, 11), F (bits, 12), F (bits, 13), F (bits, 14),       \
                       F (bits, 15))

/* Numbers j .. j + 15 of a stream; for bits < 8 there is something above them. */
ALWAYS_INLINE __m512i numbers (const int bits, const uint8_t *code, size_t j, size_t n) {
    if (bits == 8) {
        return _mm512_cvtepu8_epi32 (n == LANES ? _mm_loadu_si128 ((const __m128i *)(code + j))
                                                : _mm_maskz_loadu_epi8 (first (n), code + j));
    }
    const uint8_t *at = code + j / 8 * (size_t)bits;
    __m128i bytes = bits == 4 && n == LANES
                        ? _mm_loadl_epi64 ((const __m128i *)at)
                        : _mm_maskz_loadu_epi8 (first ((n * (size_t)bits + 7) / 8), at);
    __m512i v = _mm512_shuffle_epi8 (_mm512_broadcast_i32x4 (bytes), FOR_16 (BYTES, bits));
    return _mm512_srlv_epi32 (v, FOR_16 (SHIFT, bits));
}

ALWAYS_INLINE Tables make_tables (const FaissSQCodec *codec, const FaissSQKind kind,
                                  const int bits) {
    Tables tables = {{_mm512_setzero_ps ()}};
    if (kind != FAISS_SQ_TABLE) {
        return tables;
    }
    if (bits <= 4) {
        __m512 v = _mm512_maskz_loadu_ps (first ((size_t)1 << bits), codec->centroids);
        __m512i lanes = _mm512_setr_epi32 (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
        __m512i repeated = _mm512_and_si512 (lanes, _mm512_set1_epi32 ((1 << bits) - 1));
        tables.v[0] = _mm512_permutexvar_ps (repeated, v);
    } else if (bits <= 6) {
        for (int i = 0; i < 1 << bits; i += LANES) {
            tables.v[i / LANES] = _mm512_loadu_ps (codec->centroids + i);
        }
    }
    return tables;
}

ALWAYS_INLINE __m512 look_up (const FaissSQCodec *codec, const Tables *tables, const int bits,
                              __m512i v) {
    if (bits <= 4) {
        return _mm512_permutexvar_ps (v, tables->v[0]);
    }
    if (bits == 5) {
        return _mm512_permutex2var_ps (tables->v[0], v, tables->v[1]);
    }
    if (bits == 6) {
        return _mm512_mask_blend_ps (_mm512_test_epi32_mask (v, _mm512_set1_epi32 (32)),
                                     _mm512_permutex2var_ps (tables->v[0], v, tables->v[1]),
                                     _mm512_permutex2var_ps (tables->v[2], v, tables->v[3]));
    }
    v = _mm512_and_si512 (v, _mm512_set1_epi32 ((1 << bits) - 1));
    return _mm512_i32gather_ps (v, codec->centroids, 4);
}

ALWAYS_INLINE __m256i load_16 (const uint8_t *code, size_t j, size_t n) {
    return n == LANES ? _mm256_loadu_si256 ((const __m256i *)(code + 2 * j))
                      : _mm256_maskz_loadu_epi16 (first (n), code + 2 * j);
}

ALWAYS_INLINE Vec decode (const FaissSQCodec *codec, const Tables *tables, const FaissSQKind kind,
                          const int bits, const uint8_t *code, size_t j, size_t n, Vec scale,
                          Vec offset) {
    switch (kind) {
    case FAISS_SQ_AFFINE:
    case FAISS_SQ_DIRECT: {
        __m512i v = numbers (bits, code, j, n);
        if (bits < 8) {
            v = _mm512_and_si512 (v, _mm512_set1_epi32 ((1 << bits) - 1));
        }
        return _mm512_fmadd_ps (_mm512_cvtepi32_ps (v), scale, offset);
    }
    case FAISS_SQ_TABLE: {
        __m512 v = look_up (codec, tables, bits, numbers (bits, code, j, n));
        return n == LANES ? v : _mm512_maskz_mov_ps (first (n), v);
    }
    case FAISS_SQ_FP16:
        return _mm512_cvtph_ps (load_16 (code, j, n));
    case FAISS_SQ_BF16:
        return _mm512_castsi512_ps (
            _mm512_slli_epi32 (_mm512_cvtepu16_epi32 (load_16 (code, j, n)), 16));
    default:
        return zero ();
    }
}

/* ---- encoding -------------------------------------------------------------------------------- */

ALWAYS_INLINE __m512i encode_affine (const FaissSQCodec *codec, const int bits, __m512 x, size_t j,
                                     size_t n) {
    const __m512 steps = _mm512_set1_ps ((float)((1 << bits) - 1));
    __m512 vdiff = load (codec->vdiff + j, n);
    __m512 share = _mm512_div_ps (_mm512_sub_ps (x, load (codec->vmin + j, n)), vdiff);
    __mmask16 has_range = _mm512_cmp_ps_mask (vdiff, zero (), _CMP_NEQ_UQ);
    share = _mm512_maskz_max_ps (has_range, share, zero ()); /* zero if it is no number */
    share = _mm512_min_ps (share, _mm512_set1_ps (1));
    __m512i code = _mm512_cvttps_epi32 (_mm512_mul_ps (share, steps));
    if (bits == 8) {
        return code;
    }
    /* the exact product may be below the rounded one, and below an integer */
    __m512 rest = _mm512_fmsub_ps (share, steps, _mm512_cvtepi32_ps (code));
    return _mm512_mask_sub_epi32 (code, _mm512_cmp_ps_mask (rest, zero (), _CMP_LT_OQ), code,
                                  _mm512_set1_epi32 (1));
}

ALWAYS_INLINE __m512i encode_by_table (const FaissSQCodec *codec, const int bits, __m512 x) {
    __m512 in_register = _mm512_setzero_ps ();
    if (bits <= 4) {
        in_register = _mm512_maskz_loadu_ps (first (((size_t)1 << bits) - 1), codec->boundaries);
    }
    __m512i code = _mm512_setzero_si512 ();
    FAISS_UNROLL
    for (int bit = bits - 1; bit >= 0; bit--) {
        __m512i at = _mm512_add_epi32 (code, _mm512_set1_epi32 ((1 << bit) - 1));
        __m512 boundary = bits <= 4 ? _mm512_permutexvar_ps (at, in_register)
                                    : _mm512_i32gather_ps (at, codec->boundaries, 4);
        code = _mm512_mask_add_epi32 (code, _mm512_cmp_ps_mask (x, boundary, _CMP_NLT_UQ), code,
                                      _mm512_set1_epi32 (1 << bit));
    }
    return code;
}

/* as half_of_float in faiss/kernels/sq.c */
ALWAYS_INLINE __m512i encode_half (__m512 x) {
    __m512i bits = _mm512_castps_si512 (x), infinity = _mm512_set1_epi32 (0x7f800000);
    __m512i magnitude = _mm512_and_si512 (bits, _mm512_set1_epi32 (0x7fffffff));
    __m512i sign = _mm512_srli_epi32 (_mm512_xor_si512 (bits, magnitude), 16);
    __m512 cut = _mm512_castsi512_ps (_mm512_and_si512 (magnitude, _mm512_set1_epi32 (~0xfff)));
    __m512i scaled = _mm512_castps_si512 (_mm512_mul_ps (cut, _mm512_set1_ps (0x1p-112f)));
    __m512i half = _mm512_add_epi32 (scaled, _mm512_set1_epi32 (0x1000));
    half = _mm512_srli_epi32 (_mm512_min_epi32 (half, _mm512_set1_epi32 (31 << 23)), 13);
    half = _mm512_mask_mov_epi32 (half, _mm512_cmpeq_epi32_mask (magnitude, infinity),
                                  _mm512_set1_epi32 (0x7c00));
    half = _mm512_mask_mov_epi32 (half, _mm512_cmpgt_epi32_mask (magnitude, infinity),
                                  _mm512_set1_epi32 (0x7e00));
    return _mm512_or_si512 (half, sign);
}

ALWAYS_INLINE __m512i encode_bfloat (__m512 x) {
    __m512i rounded = _mm512_add_epi32 (_mm512_castps_si512 (x), _mm512_set1_epi32 (0x8000));
    return _mm512_srli_epi32 (rounded, 16);
}

ALWAYS_INLINE void encode (const FaissSQCodec *codec, const FaissSQKind kind, const int bits,
                           const float *x, size_t j, size_t n, uint8_t *code) {
    __m512 v = load (x, n);
    __m512i numbers = kind == FAISS_SQ_AFFINE ? encode_affine (codec, bits, v, j, n)
                      : kind == FAISS_SQ_DIRECT
                          ? _mm512_cvttps_epi32 (_mm512_add_ps (v, _mm512_set1_ps (codec->shift)))
                      : kind == FAISS_SQ_TABLE ? encode_by_table (codec, bits, v)
                      : kind == FAISS_SQ_FP16  ? encode_half (v)
                                               : encode_bfloat (v);
    if (bits == 16) {
        _mm256_mask_storeu_epi16 (code + 2 * j, first (n), _mm512_cvtepi32_epi16 (numbers));
        return;
    }
    __m128i bytes = _mm512_cvtepi32_epi8 (_mm512_maskz_mov_epi32 (first (n), numbers));
    if (bits == 8) {
        _mm_mask_storeu_epi8 (code + j, first (n), bytes);
        return;
    }
    uint8_t *at = code + j / 8 * (size_t)bits;
    put_numbers (bits, (uint64_t)_mm_cvtsi128_si64 (bytes), n, at);
    if (n > 8) {
        put_numbers (bits, (uint64_t)_mm_extract_epi64 (bytes, 1), n - 8, at + bits);
    }
}

/* ---- sums: as the ivf kernels --------------------------------------------------------------- */

typedef enum Metric { IP, L2 } Metric; /* always a constant argument */

ALWAYS_INLINE Vec step (const Metric metric, Vec sum, Vec x, Vec y) {
    if (metric == IP) {
        return _mm512_fmadd_ps (x, y, sum);
    }
    __m512 difference = _mm512_sub_ps (x, y);
    return _mm512_fmadd_ps (difference, difference, sum);
}

/* within 128 bits first, then 128-bit lane 0 with 2 and 1 with 3 */
ALWAYS_INLINE __m128 sum_4 (const Vec *a) {
    __m512 ab = _mm512_add_ps (_mm512_unpacklo_ps (a[0], a[1]), _mm512_unpackhi_ps (a[0], a[1]));
    __m512 ce = _mm512_add_ps (_mm512_unpacklo_ps (a[2], a[3]), _mm512_unpackhi_ps (a[2], a[3]));
    __m512d ab_d = _mm512_castps_pd (ab), ce_d = _mm512_castps_pd (ce);
    __m512 v = _mm512_add_ps (_mm512_castpd_ps (_mm512_unpacklo_pd (ab_d, ce_d)),
                              _mm512_castpd_ps (_mm512_unpackhi_pd (ab_d, ce_d)));
    __m256 half = _mm256_add_ps (_mm512_castps512_ps256 (v), _mm512_extractf32x8_ps (v, 1));
    return _mm_add_ps (_mm256_castps256_ps128 (half), _mm256_extractf128_ps (half, 1));
}

#include <faiss/kernels/x86/sq_tmpl.h>

DEFINE_SCAN (faiss_sq_L2sqr_avx512, L2)
DEFINE_SCAN (faiss_sq_inner_product_avx512, IP)
DEFINE_BATCH_4 (faiss_sq_L2sqr_batch_4_avx512, faiss_sq_L2sqr_avx512)
DEFINE_BATCH_4 (faiss_sq_inner_product_batch_4_avx512, faiss_sq_inner_product_avx512)
DEFINE_DECODE (faiss_sq_decode_avx512)
DEFINE_ENCODE (faiss_sq_encode_avx512)

/* ---- TurboQuant ------------------------------------------------------------------------------ */

ALWAYS_INLINE __mmask16 read_mask (const uint8_t *plane, size_t j, size_t n) {
    unsigned mask = plane[j / 8];
    if (n > 8) {
        mask |= (unsigned)plane[j / 8 + 1] << 8;
    }
    return (__mmask16)mask;
}

ALWAYS_INLINE void add_turbo_terms (const int n_planes, const FaissTurboCodec *codec, Vec centroids,
                                    const float *x, const float *y, const uint8_t *code, size_t j,
                                    size_t n, Vec *product, Vec *sketch) {
    size_t plane = (codec->d + 7) / 8;
    __m512i number = _mm512_setzero_si512 ();
    FAISS_UNROLL
    for (int p = 0; p < n_planes; p++) {
        __m512i bit = _mm512_set1_epi32 (1 << p);
        number =
            _mm512_mask_or_epi32 (number, read_mask (code + (size_t)p * plane, j, n), number, bit);
    }
    __m512 value = _mm512_permutexvar_ps (number, centroids);
    *product = _mm512_fmadd_ps (load (x + j, n), value, *product);
    __mmask16 positive = read_mask (code + (size_t)n_planes * plane, j, n);
    __m512 component = load (y + j, n);
    *sketch = _mm512_add_ps (
        *sketch, _mm512_mask_sub_ps (component, (__mmask16)~positive, zero (), component));
}

ALWAYS_INLINE void scan_turbo (const int n_planes, const FaissTurboCodec *codec, const float *x,
                               const float *y, const uint8_t *codes, size_t n, float *products,
                               float *sketches) {
    __m512 centroids = _mm512_maskz_loadu_ps (first ((size_t)1 << n_planes), codec->centroids);
    for (size_t i = 0; i < n; i++) {
        const uint8_t *code = codes + i * codec->code_size;
        __m512 sums[4] = {zero (), zero (), zero (), zero ()};
        size_t j = 0;
        for (; j + LANES <= codec->d; j += LANES) {
            add_turbo_terms (n_planes, codec, centroids, x, y, code, j, LANES, &sums[0], &sums[1]);
        }
        if (j < codec->d) {
            add_turbo_terms (n_planes, codec, centroids, x, y, code, j, codec->d - j, &sums[0],
                             &sums[1]);
        }
        __m128 both = sum_4 (sums);
        products[i] = _mm_cvtss_f32 (both);
        sketches[i] = _mm_cvtss_f32 (_mm_shuffle_ps (both, both, 1));
    }
}

void faiss_sq_turbo_avx512 (const FaissTurboCodec *codec, const float *x, const float *y,
                            const uint8_t *codes, size_t n, float *products, float *sketches) {
    switch (codec->n_planes) {
    case 1:
        scan_turbo (1, codec, x, y, codes, n, products, sketches);
        break;
    case 2:
        scan_turbo (2, codec, x, y, codes, n, products, sketches);
        break;
    case 3:
        scan_turbo (3, codec, x, y, codes, n, products, sketches);
        break;
    case 4:
        scan_turbo (4, codec, x, y, codes, n, products, sketches);
        break;
    }
}
