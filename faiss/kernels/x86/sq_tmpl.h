/* Scalar quantizers: the loops, the same for AVX2 and AVX-512. Not for public headers.
 *
 * Lanes run along the components. Who includes this defines
 *
 *     Vec, LANES                    a register of floats, and how many
 *     Metric, Tables                IP or L2; what decoding needs of a codec
 *     zero (), load (x, n)          n <= LANES components, the others zero
 *     store (x, n, v)
 *     step (metric, sum, x, y)      add a term to each lane
 *     sum_4 (sums)                  four registers to four sums
 *     make_tables (codec, kind, bits)
 *     decode (codec, tables, kind, bits, code, j, n, scale, offset)
 *                                   components j .. j + n - 1 of a code, the others zero; j is a
 *                                   multiple of LANES
 *     encode (codec, kind, bits, x, j, n, code)
 *                                   x points to component j
 */

/* Kinds and bits are always constant arguments. */
#define FOR_EACH_FORMAT(X)                                                                         \
    X (FAISS_SQ_AFFINE, 4)                                                                         \
    X (FAISS_SQ_AFFINE, 6)                                                                         \
    X (FAISS_SQ_AFFINE, 8)                                                                         \
    X (FAISS_SQ_DIRECT, 8)                                                                         \
    X (FAISS_SQ_TABLE, 1)                                                                          \
    X (FAISS_SQ_TABLE, 2)                                                                          \
    X (FAISS_SQ_TABLE, 3)                                                                          \
    X (FAISS_SQ_TABLE, 4)                                                                          \
    X (FAISS_SQ_TABLE, 5)                                                                          \
    X (FAISS_SQ_TABLE, 6)                                                                          \
    X (FAISS_SQ_TABLE, 7)                                                                          \
    X (FAISS_SQ_TABLE, 8)                                                                          \
    X (FAISS_SQ_FP16, 16)                                                                          \
    X (FAISS_SQ_BF16, 16)                                                                          \
    X (FAISS_SQ_ZERO, 0)

#define FORMAT(kind, bits) ((kind)*32 + (bits))

ALWAYS_INLINE int is_affine (const FaissSQKind kind) {
    return kind == FAISS_SQ_AFFINE || kind == FAISS_SQ_DIRECT;
}

/* ---- distances ------------------------------------------------------------------------------- */

/* n <= LANES components of n_rows codes */
ALWAYS_INLINE void add_terms (const Metric metric, const FaissSQKind kind, const int bits,
                              const int n_rows, const FaissSQCodec *codec, const Tables *tables,
                              const float *x, const uint8_t *const *rows, size_t j, size_t n,
                              Vec *sums) {
    Vec q = load (x + j, n);
    Vec scale = is_affine (kind) ? load (codec->scale + j, n) : zero ();
    Vec offset = is_affine (kind) ? load (codec->offset + j, n) : zero ();
    FAISS_UNROLL
    for (int r = 0; r < n_rows; r++) {
        Vec y = decode (codec, tables, kind, bits, rows[r], j, n, scale, offset);
        sums[r] = step (metric, sums[r], q, y);
    }
}

ALWAYS_INLINE __m128 sum_rows (const Metric metric, const FaissSQKind kind, const int bits,
                               const int n_rows, const FaissSQCodec *codec, const Tables *tables,
                               const float *x, const uint8_t *const *rows) {
    Vec sums[4] = {zero (), zero (), zero (), zero ()};
    size_t d = codec->d, j = 0;
    for (; j + LANES <= d; j += LANES) {
        add_terms (metric, kind, bits, n_rows, codec, tables, x, rows, j, LANES, sums);
    }
    if (j < d) {
        add_terms (metric, kind, bits, n_rows, codec, tables, x, rows, j, d - j, sums);
    }
    return sum_4 (sums);
}

/* Memory is read once and in order: ask for what is needed soon, line by line. */
enum { PREFETCH_BYTES = 4096 };

/* n codes: four at once, rows[0] .. rows[3], and then those `stride` bytes further. n is a multiple
 * of four, or the rows lie one after the other. */
ALWAYS_INLINE void scan (const Metric metric, const FaissSQKind kind, const int bits,
                         const FaissSQCodec *codec, const float *x, const uint8_t *const *rows,
                         size_t stride, size_t n, float *out) {
    Tables tables = make_tables (codec, kind, bits);
    size_t i = 0, at = 0;
    for (; i + 4 <= n; i += 4, at += stride) {
        const uint8_t *four[4] = {rows[0] + at, rows[1] + at, rows[2] + at, rows[3] + at};
        for (size_t line = 0; line < stride; line += 64) {
            _mm_prefetch ((const char *)four[0] + PREFETCH_BYTES + line, _MM_HINT_T0);
        }
        _mm_storeu_ps (out + i, sum_rows (metric, kind, bits, 4, codec, &tables, x, four));
    }
    for (const uint8_t *row = rows[0] + at; i < n; i++, row += codec->code_size) {
        out[i] = _mm_cvtss_f32 (sum_rows (metric, kind, bits, 1, codec, &tables, x, &row));
    }
}

/* ---- codes ----------------------------------------------------------------------------------- */

ALWAYS_INLINE void decode_to (const FaissSQKind kind, const int bits, const FaissSQCodec *codec,
                              const Tables *tables, const uint8_t *code, size_t j, size_t n,
                              float *x) {
    Vec scale = is_affine (kind) ? load (codec->scale + j, n) : zero ();
    Vec offset = is_affine (kind) ? load (codec->offset + j, n) : zero ();
    store (x, n, decode (codec, tables, kind, bits, code, j, n, scale, offset));
}

ALWAYS_INLINE void decode_rows (const FaissSQKind kind, const int bits, const FaissSQCodec *codec,
                                const uint8_t *codes, size_t n, float *x) {
    Tables tables = make_tables (codec, kind, bits);
    size_t d = codec->d;
    for (size_t i = 0; i < n; i++) {
        const uint8_t *code = codes + i * codec->code_size;
        size_t j = 0;
        for (; j + LANES <= d; j += LANES) {
            decode_to (kind, bits, codec, &tables, code, j, LANES, x + i * d + j);
        }
        if (j < d) {
            decode_to (kind, bits, codec, &tables, code, j, d - j, x + i * d + j);
        }
    }
}

ALWAYS_INLINE void encode_rows (const FaissSQKind kind, const int bits, const FaissSQCodec *codec,
                                const float *x, size_t n, uint8_t *codes) {
    size_t d = codec->d;
    for (size_t i = 0; i < n && kind != FAISS_SQ_ZERO; i++) {
        size_t j = 0;
        for (; j + LANES <= d; j += LANES) {
            encode (codec, kind, bits, x + i * d + j, j, LANES, codes + i * codec->code_size);
        }
        if (j < d) {
            encode (codec, kind, bits, x + i * d + j, j, d - j, codes + i * codec->code_size);
        }
    }
}

/* ---- instances ------------------------------------------------------------------------------- */

#define DEFINE_SCAN(name, metric)                                                                  \
    static void name##_rows (const FaissSQCodec *codec, const float *x,                            \
                             const uint8_t *const *rows, size_t stride, size_t n, float *out) {    \
        switch (FORMAT (codec->kind, (int)codec->bits)) { FOR_EACH_FORMAT (metric##_SCAN_CASE) }   \
    }                                                                                              \
    void name (const FaissSQCodec *codec, const float *x, const uint8_t *codes, size_t n,          \
               float *out) {                                                                       \
        size_t size = codec->code_size;                                                            \
        const uint8_t *rows[4] = {codes, codes + size, codes + 2 * size, codes + 3 * size};        \
        name##_rows (codec, x, rows, 4 * size, n, out);                                            \
    }
#define DEFINE_BATCH_4(name, scan)                                                                 \
    void name (const FaissSQCodec *codec, const float *x, const uint8_t *const codes[4],           \
               float out[4]) {                                                                     \
        scan##_rows (codec, x, codes, 0, 4, out);                                                  \
    }
#define SCAN_CASE(metric, kind, bits)                                                              \
    case FORMAT (kind, bits):                                                                      \
        scan (metric, kind, bits, codec, x, rows, stride, n, out);                                 \
        break;
#define IP_SCAN_CASE(kind, bits) SCAN_CASE (IP, kind, bits)
#define L2_SCAN_CASE(kind, bits) SCAN_CASE (L2, kind, bits)

#define DEFINE_DECODE(name)                                                                        \
    void name (const FaissSQCodec *codec, const uint8_t *codes, size_t n, float *x) {              \
        switch (FORMAT (codec->kind, (int)codec->bits)) { FOR_EACH_FORMAT (DECODE_CASE) }          \
    }
#define DECODE_CASE(kind, bits)                                                                    \
    case FORMAT (kind, bits):                                                                      \
        decode_rows (kind, bits, codec, codes, n, x);                                              \
        break;

#define DEFINE_ENCODE(name)                                                                        \
    void name (const FaissSQCodec *codec, const float *x, size_t n, uint8_t *codes) {              \
        switch (FORMAT (codec->kind, (int)codec->bits)) { FOR_EACH_FORMAT (ENCODE_CASE) }          \
    }
#define ENCODE_CASE(kind, bits)                                                                    \
    case FORMAT (kind, bits):                                                                      \
        encode_rows (kind, bits, codec, x, n, codes);                                              \
        break;
