/* Searching by levels: the definition. */
#include <faiss/kernels/kernels.h>

size_t faiss_panorama_level_generic (const FaissPanoramaLevel *level, size_t n, uint32_t *active,
                                     float *keys) {
    size_t n_left = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t position = active[i];
        const float *row = level->rows + (size_t)position * level->width;
        float product = 0;
        for (size_t j = 0; j < level->width; j++) {
            product += level->x[j] * row[j];
        }
        float key = keys[i] - level->scale * product;
        if (!(key - level->rest * level->sums[position] > level->bound)) {
            active[n_left] = position;
            keys[n_left++] = key;
        }
    }
    return n_left;
}
