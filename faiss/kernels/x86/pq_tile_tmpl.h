/* Where a tile of codes is not whole, kernels that transpose codes read a copy of it.
 * Not for public headers. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum {
    LANES = 64, /* codes of a transposed group */
    TILE = 16,  /* columns that are transposed together */
};

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
