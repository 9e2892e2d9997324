/* Product quantizer codes, transposed: what AVX2 and AVX-512 do alike. Not for public headers.
 *
 * Where a tile is not whole a copy of it is read.
 */
#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define ALWAYS_INLINE static inline __attribute__ ((always_inline))

enum {
    LANES = 64, /* codes of a transposed group */
    TILE = 16,  /* columns that are transposed together */
};

/* Of the including file: 64 rows x 16 columns, all readable, of which n_out columns are written. */
ALWAYS_INLINE void transpose_tile (const uint8_t *codes, size_t stride, const size_t n_out,
                                   uint8_t *out);

/* May 16 bytes be read of every one of 64 rows? @param n  rows there are */
static inline int has_whole_tiles (size_t stride, size_t n_columns, size_t n) {
    return n >= LANES && (n - LANES) * stride + n_columns >= TILE;
}

/* The first 16 columns of n <= 64 rows, with 0 behind them; what is behind a row may be anything.
 */
static inline void copy_tile (const uint8_t *codes, size_t stride, size_t n_columns, size_t n,
                              uint8_t tile[LANES * TILE]) {
    size_t i = 0;
    for (; i < n && (n - 1 - i) * stride + n_columns >= TILE; i++) {
        memcpy (tile + i * TILE, codes + i * stride, TILE);
    }
    for (; i < n; i++) {
        memcpy (tile + i * TILE, codes + i * stride, n_columns);
    }
    memset (tile + n * TILE, 0, (LANES - n) * TILE);
}

/* Columns c and following, as many as there are, of n rows. */
ALWAYS_INLINE void transpose_columns (const uint8_t *codes, size_t stride, size_t n_columns,
                                      size_t n, size_t c, uint8_t *out) {
    uint8_t tile[LANES * TILE];
    size_t n_out = n_columns < TILE ? n_columns : TILE;
    if (has_whole_tiles (stride, n_columns - c, n)) {
        codes += c;
    } else {
        copy_tile (codes + c, stride, n_columns - c, n < LANES ? n : LANES, tile);
        codes = tile;
        stride = TILE;
    }
    if (n_out == TILE) {
        transpose_tile (codes, stride, TILE, out + c * LANES);
    } else {
        transpose_tile (codes, stride, n_out, out + c * LANES);
    }
}

/* The kernel pq_transpose_bytes. */
ALWAYS_INLINE void transpose_all (const uint8_t *codes, size_t stride, size_t n_columns, size_t n,
                                  uint8_t *out) {
    for (size_t first = 0; first < n; first += LANES, out += n_columns * LANES) {
        const uint8_t *rows = codes + first * stride;
        size_t c = 0;
        for (size_t at = 0; at < LANES * stride; at += 64) { /* the next but one; need not exist */
            _mm_prefetch ((const char *)rows + 2 * LANES * stride + at, _MM_HINT_T0);
        }
        for (; c + TILE <= n_columns; c += TILE) {
            transpose_columns (rows, stride, n_columns, n - first, c, out);
        }
        if (c < n_columns) { /* the last tile overlaps the one before it */
            c = n_columns < TILE ? 0 : n_columns - TILE;
            transpose_columns (rows, stride, n_columns, n - first, c, out);
        }
    }
}
