/* Scalar quantizers, AVX2 with FMA and F16C: 8 components at a time. */
#include <immintrin.h>

#include <faiss/kernels/kernels.h>
#include <faiss/kernels/unroll.h>
#include <faiss/kernels/x86/sq_pack.h>

#define ALWAYS_INLINE static inline __attribute__ ((always_inline))
#define LANES 8

typedef __m256 Vec;

/* The centroids in registers, again and again where they are fewer than 8. */
typedef struct Tables {
    __m256 v[2];
} Tables;

ALWAYS_INLINE __m256i lanes (void) {
    return _mm256_setr_epi32 (0, 1, 2, 3, 4, 5, 6, 7);
}

/* The first n lanes. */
ALWAYS_INLINE __m256i first (size_t n) {
    return _mm256_cmpgt_epi32 (_mm256_set1_epi32 ((int)n), lanes ());
}

ALWAYS_INLINE Vec zero (void) {
    return _mm256_setzero_ps ();
}

ALWAYS_INLINE Vec load (const float *x, size_t n) {
    return n == LANES ? _mm256_loadu_ps (x) : _mm256_maskload_ps (x, first (n));
}

ALWAYS_INLINE void store (float *x, size_t n, Vec v) {
    if (n == LANES) {
        _mm256_storeu_ps (x, v);
    } else {
        _mm256_maskstore_ps (x, first (n), v);
    }
}

/* ---- decoding -------------------------------------------------------------------------------- */

ALWAYS_INLINE uint64_t read_bytes (const uint8_t *at, size_t n) {
    uint64_t v = 0;
    for (size_t i = 0; i < n; i++) {
        v |= (uint64_t)at[i] << 8 * i;
    }
    return v;
}

/* The same for the end of a code, of any length up to 8: out of line, it is in every kernel. */
static __attribute__ ((noinline)) uint64_t read_end (const uint8_t *at, size_t n) {
    return read_bytes (at, n);
}

ALWAYS_INLINE uint64_t read_32 (const uint8_t *at) {
    uint32_t v;
    memcpy (&v, at, sizeof v);
    return v;
}

/* The eight numbers of `bits` bytes. */
ALWAYS_INLINE uint64_t read_stream (const int bits, const uint8_t *at) {
    switch (bits) {
    case 4:
        return read_32 (at);
    case 5:
        return read_32 (at) | (uint64_t)at[4] << 32;
    case 6:
        return read_32 (at) | read_32 (at + 2) << 16;
    case 7:
        return read_32 (at) | read_32 (at + 3) << 24;
    case 8:
        return read_32 (at) | read_32 (at + 4) << 32;
    default:
        return read_bytes (at, (size_t)bits);
    }
}

/* Which two bytes of a stream hold number i, and how far it is from their lowest bit. */
#define BYTES(bits, i)                                                                             \
    ((int)(0x80800000u | (unsigned)(((bits) * (i) / 8 + 1) << 8 | (bits) * (i) / 8)))
#define SHIFT(bits, i) ((bits) * (i) % 8)
#define FOR_8(F, bits)                                                                             \
    _mm256_setr_epi32 (F (bits, 0), F (bits, 1), F (bits, 2), F (bits, 3), F (bits, 4),            \
                       F (bits, 5), F (bits, 6), F (bits, 7))

/* Numbers j .. j + 7 of a stream; for bits < 8 there is something above them. */
ALWAYS_INLINE __m256i numbers (const int bits, const uint8_t *code, size_t j, size_t n) {
    const uint8_t *at = code + j / 8 * (size_t)bits;
    uint64_t stream =
        n == LANES ? read_stream (bits, at) : read_end (at, (n * (size_t)bits + 7) / 8);
    if (bits == 8) {
        return _mm256_cvtepu8_epi32 (_mm_cvtsi64_si128 ((int64_t)stream));
    }
    __m256i v = _mm256_shuffle_epi8 (_mm256_set1_epi64x ((int64_t)stream), FOR_8 (BYTES, bits));
    return _mm256_srlv_epi32 (v, FOR_8 (SHIFT, bits));
}

ALWAYS_INLINE Tables make_tables (const FaissSQCodec *codec, const FaissSQKind kind,
                                  const int bits) {
    Tables tables = {{_mm256_setzero_ps (), _mm256_setzero_ps ()}};
    if (kind != FAISS_SQ_TABLE) {
        return tables;
    }
    if (bits <= 3) {
        __m256 v = load (codec->centroids, (size_t)1 << bits);
        __m256i repeated = _mm256_and_si256 (lanes (), _mm256_set1_epi32 ((1 << bits) - 1));
        tables.v[0] = _mm256_permutevar8x32_ps (v, repeated);
    } else if (bits == 4) {
        tables.v[0] = _mm256_loadu_ps (codec->centroids);
        tables.v[1] = _mm256_loadu_ps (codec->centroids + LANES);
    }
    return tables;
}

/* of 16 values in two registers; what is above 4 bits does not count */
ALWAYS_INLINE __m256 look_up_16 (const Tables *tables, __m256i v) {
    __m256 low = _mm256_permutevar8x32_ps (tables->v[0], v);
    __m256 high = _mm256_permutevar8x32_ps (tables->v[1], v);
    return _mm256_blendv_ps (low, high, _mm256_castsi256_ps (_mm256_slli_epi32 (v, 28)));
}

ALWAYS_INLINE __m256 look_up (const FaissSQCodec *codec, const Tables *tables, const int bits,
                              __m256i v) {
    if (bits <= 3) {
        return _mm256_permutevar8x32_ps (tables->v[0], v);
    }
    if (bits == 4) {
        return look_up_16 (tables, v);
    }
    v = _mm256_and_si256 (v, _mm256_set1_epi32 ((1 << bits) - 1));
    return _mm256_i32gather_ps (codec->centroids, v, 4);
}

ALWAYS_INLINE __m128i load_16 (const uint8_t *code, size_t j, size_t n) {
    if (n == LANES) {
        return _mm_loadu_si128 ((const __m128i *)(code + 2 * j));
    }
    uint16_t some[LANES] = {0};
    memcpy (some, code + 2 * j, 2 * n);
    return _mm_loadu_si128 ((const __m128i *)some);
}

ALWAYS_INLINE Vec decode (const FaissSQCodec *codec, const Tables *tables, const FaissSQKind kind,
                          const int bits, const uint8_t *code, size_t j, size_t n, Vec scale,
                          Vec offset) {
    switch (kind) {
    case FAISS_SQ_AFFINE:
    case FAISS_SQ_DIRECT: {
        __m256i v = numbers (bits, code, j, n);
        if (bits < 8) {
            v = _mm256_and_si256 (v, _mm256_set1_epi32 ((1 << bits) - 1));
        }
        return _mm256_fmadd_ps (_mm256_cvtepi32_ps (v), scale, offset);
    }
    case FAISS_SQ_TABLE: {
        __m256 v = look_up (codec, tables, bits, numbers (bits, code, j, n));
        return n == LANES ? v : _mm256_and_ps (v, _mm256_castsi256_ps (first (n)));
    }
    case FAISS_SQ_FP16:
        return _mm256_cvtph_ps (load_16 (code, j, n));
    case FAISS_SQ_BF16:
        return _mm256_castsi256_ps (
            _mm256_slli_epi32 (_mm256_cvtepu16_epi32 (load_16 (code, j, n)), 16));
    default:
        return zero ();
    }
}

/* ---- encoding -------------------------------------------------------------------------------- */

ALWAYS_INLINE __m256i encode_affine (const FaissSQCodec *codec, const int bits, __m256 x, size_t j,
                                     size_t n) {
    const __m256 steps = _mm256_set1_ps ((float)((1 << bits) - 1));
    __m256 vdiff = load (codec->vdiff + j, n);
    __m256 share = _mm256_div_ps (_mm256_sub_ps (x, load (codec->vmin + j, n)), vdiff);
    share = _mm256_and_ps (share, _mm256_cmp_ps (vdiff, zero (), _CMP_NEQ_UQ));
    share = _mm256_max_ps (share, zero ()); /* zero if it is no number */
    share = _mm256_min_ps (share, _mm256_set1_ps (1));
    __m256i code = _mm256_cvttps_epi32 (_mm256_mul_ps (share, steps));
    if (bits == 8) {
        return code;
    }
    /* the exact product may be below the rounded one, and below an integer */
    __m256 rest = _mm256_fmsub_ps (share, steps, _mm256_cvtepi32_ps (code));
    return _mm256_add_epi32 (code, _mm256_castps_si256 (_mm256_cmp_ps (rest, zero (), _CMP_LT_OQ)));
}

ALWAYS_INLINE __m256i encode_by_table (const FaissSQCodec *codec, const int bits, __m256 x) {
    __m256i code = _mm256_setzero_si256 ();
    FAISS_UNROLL
    for (int bit = bits - 1; bit >= 0; bit--) {
        __m256i at = _mm256_add_epi32 (code, _mm256_set1_epi32 ((1 << bit) - 1));
        __m256 boundary = _mm256_i32gather_ps (codec->boundaries, at, 4);
        __m256 above = _mm256_cmp_ps (x, boundary, _CMP_NLT_UQ);
        code = _mm256_add_epi32 (
            code, _mm256_and_si256 (_mm256_castps_si256 (above), _mm256_set1_epi32 (1 << bit)));
    }
    return code;
}

/* as half_of_float in faiss/kernels/sq.c */
ALWAYS_INLINE __m256i encode_half (__m256 x) {
    __m256i bits = _mm256_castps_si256 (x), infinity = _mm256_set1_epi32 (0x7f800000);
    __m256i magnitude = _mm256_and_si256 (bits, _mm256_set1_epi32 (0x7fffffff));
    __m256i sign = _mm256_srli_epi32 (_mm256_xor_si256 (bits, magnitude), 16);
    __m256 cut = _mm256_castsi256_ps (_mm256_and_si256 (magnitude, _mm256_set1_epi32 (~0xfff)));
    __m256i scaled = _mm256_castps_si256 (_mm256_mul_ps (cut, _mm256_set1_ps (0x1p-112f)));
    __m256i half = _mm256_add_epi32 (scaled, _mm256_set1_epi32 (0x1000));
    half = _mm256_srli_epi32 (_mm256_min_epi32 (half, _mm256_set1_epi32 (31 << 23)), 13);
    half = _mm256_blendv_epi8 (half, _mm256_set1_epi32 (0x7c00),
                               _mm256_cmpeq_epi32 (magnitude, infinity));
    half = _mm256_blendv_epi8 (half, _mm256_set1_epi32 (0x7e00),
                               _mm256_cmpgt_epi32 (magnitude, infinity));
    return _mm256_or_si256 (half, sign);
}

ALWAYS_INLINE __m256i encode_bfloat (__m256 x) {
    __m256i rounded = _mm256_add_epi32 (_mm256_castps_si256 (x), _mm256_set1_epi32 (0x8000));
    return _mm256_srli_epi32 (rounded, 16);
}

/* The low bytes, or the low halves, of eight numbers. */
ALWAYS_INLINE __m128i low_bytes (__m256i v) {
    const __m256i order = _mm256_set1_epi32 (0x0c080400);
    __m256i bytes = _mm256_shuffle_epi8 (v, order); /* four in each 32 bits of a half */
    return _mm_unpacklo_epi32 (_mm256_castsi256_si128 (bytes), _mm256_extracti128_si256 (bytes, 1));
}

ALWAYS_INLINE __m128i low_halves (__m256i v) {
    v = _mm256_packus_epi32 (v, v);
    return _mm256_castsi256_si128 (_mm256_permute4x64_epi64 (v, 0x08));
}

ALWAYS_INLINE void encode (const FaissSQCodec *codec, const FaissSQKind kind, const int bits,
                           const float *x, size_t j, size_t n, uint8_t *code) {
    __m256 v = load (x, n);
    __m256i numbers = kind == FAISS_SQ_AFFINE ? encode_affine (codec, bits, v, j, n)
                      : kind == FAISS_SQ_DIRECT
                          ? _mm256_cvttps_epi32 (_mm256_add_ps (v, _mm256_set1_ps (codec->shift)))
                      : kind == FAISS_SQ_TABLE ? encode_by_table (codec, bits, v)
                      : kind == FAISS_SQ_FP16  ? encode_half (v)
                                               : encode_bfloat (v);
    if (bits == 16) {
        __m128i halves = low_halves (numbers);
        if (n == LANES) {
            _mm_storeu_si128 ((__m128i *)(code + 2 * j), halves);
        } else {
            memcpy (code + 2 * j, &halves, 2 * n);
        }
        return;
    }
    if (n < LANES) {
        numbers = _mm256_and_si256 (numbers, first (n));
    }
    put_numbers (bits, (uint64_t)_mm_cvtsi128_si64 (low_bytes (numbers)), n,
                 code + j / 8 * (size_t)bits);
}

/* ---- sums: as the ivf kernels --------------------------------------------------------------- */

typedef enum Metric { IP, L2 } Metric; /* always a constant argument */

ALWAYS_INLINE Vec step (const Metric metric, Vec sum, Vec x, Vec y) {
    if (metric == IP) {
        return _mm256_fmadd_ps (x, y, sum);
    }
    __m256 difference = _mm256_sub_ps (x, y);
    return _mm256_fmadd_ps (difference, difference, sum);
}

ALWAYS_INLINE __m128 sum_4 (const Vec *a) {
    __m256 v = _mm256_hadd_ps (_mm256_hadd_ps (a[0], a[1]), _mm256_hadd_ps (a[2], a[3]));
    return _mm_add_ps (_mm256_castps256_ps128 (v), _mm256_extractf128_ps (v, 1));
}

#include <faiss/kernels/x86/sq_tmpl.h>

DEFINE_SCAN (faiss_sq_L2sqr_avx2, L2)
DEFINE_SCAN (faiss_sq_inner_product_avx2, IP)
DEFINE_BATCH_4 (faiss_sq_L2sqr_batch_4_avx2, faiss_sq_L2sqr_avx2)
DEFINE_BATCH_4 (faiss_sq_inner_product_batch_4_avx2, faiss_sq_inner_product_avx2)
DEFINE_DECODE (faiss_sq_decode_avx2)
DEFINE_ENCODE (faiss_sq_encode_avx2)

/* ---- TurboQuant ------------------------------------------------------------------------------ */

/* All bits of the lanes whose bit is set. */
ALWAYS_INLINE __m256i spread (uint8_t byte) {
    const __m256i bit = _mm256_setr_epi32 (1, 2, 4, 8, 16, 32, 64, 128);
    return _mm256_cmpeq_epi32 (_mm256_and_si256 (_mm256_set1_epi32 (byte), bit), bit);
}

ALWAYS_INLINE void add_turbo_terms (const int n_planes, const FaissTurboCodec *codec,
                                    const Tables *tables, const float *x, const float *y,
                                    const uint8_t *code, size_t j, size_t n, Vec *product,
                                    Vec *sketch) {
    size_t plane = (codec->d + 7) / 8;
    __m256i number = _mm256_setzero_si256 ();
    FAISS_UNROLL
    for (int p = 0; p < n_planes; p++) {
        number =
            _mm256_or_si256 (number, _mm256_and_si256 (spread (code[(size_t)p * plane + j / 8]),
                                                       _mm256_set1_epi32 (1 << p)));
    }
    __m256 value = n_planes == 4 ? look_up_16 (tables, number)
                                 : _mm256_permutevar8x32_ps (tables->v[0], number);
    *product = _mm256_fmadd_ps (load (x + j, n), value, *product);
    __m256 negative =
        _mm256_andnot_ps (_mm256_castsi256_ps (spread (code[(size_t)n_planes * plane + j / 8])),
                          _mm256_set1_ps (-0.0f));
    *sketch = _mm256_add_ps (*sketch, _mm256_xor_ps (load (y + j, n), negative));
}

ALWAYS_INLINE void scan_turbo (const int n_planes, const FaissTurboCodec *codec, const float *x,
                               const float *y, const uint8_t *codes, size_t n, float *products,
                               float *sketches) {
    Tables tables = {{zero (), zero ()}};
    if (n_planes == 4) {
        tables.v[0] = _mm256_loadu_ps (codec->centroids);
        tables.v[1] = _mm256_loadu_ps (codec->centroids + LANES);
    } else {
        tables.v[0] = load (codec->centroids, (size_t)1 << n_planes);
    }
    for (size_t i = 0; i < n; i++) {
        const uint8_t *code = codes + i * codec->code_size;
        __m256 sums[4] = {zero (), zero (), zero (), zero ()};
        size_t j = 0;
        for (; j + LANES <= codec->d; j += LANES) {
            add_turbo_terms (n_planes, codec, &tables, x, y, code, j, LANES, &sums[0], &sums[1]);
        }
        if (j < codec->d) {
            add_turbo_terms (n_planes, codec, &tables, x, y, code, j, codec->d - j, &sums[0],
                             &sums[1]);
        }
        __m128 both = sum_4 (sums);
        products[i] = _mm_cvtss_f32 (both);
        sketches[i] = _mm_cvtss_f32 (_mm_shuffle_ps (both, both, 1));
    }
}

void faiss_sq_turbo_avx2 (const FaissTurboCodec *codec, const float *x, const float *y,
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
