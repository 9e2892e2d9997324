/* Panorama: vectors cut into levels, with norms that bound what the levels not yet read can add. */
#include <faiss/impl/Panorama.h>

#include <math.h>
#include <string.h>

#include <faiss/impl/check.h>
#include <faiss/impl/panorama_search.h>
#include <faiss/kernels/kernels.h>

/* ---- statistics ------------------------------------------------------------------------------ */

static FaissPanoramaStats global_stats;

static void update_ratio (FaissPanoramaStats *self) {
    uint64_t all = __atomic_load_n (&self->total_dims, __ATOMIC_RELAXED);
    uint64_t scanned = __atomic_load_n (&self->total_dims_scanned, __ATOMIC_RELAXED);
    float ratio = all > 0 ? (float)((double)scanned / (double)all) : 1;
    __atomic_store (&self->ratio_dims_scanned, &ratio, __ATOMIC_RELAXED);
}

FaissPanoramaStats *faiss_get_indexPanorama_stats (void) {
    return &global_stats;
}

FaissStatus faiss_PanoramaStats_new (FaissPanoramaStats **out) {
    FAISS_REQUIRE_ARG (out);
    FaissPanoramaStats *self;
    FAISS_TRY (faiss_alloc_zeroed (&self, 1, sizeof *self));
    faiss_PanoramaStats_reset (self);
    *out = self;
    return FAISS_OK;
}

void faiss_PanoramaStats_free (FaissPanoramaStats *self) {
    free (self);
}

void faiss_PanoramaStats_reset (FaissPanoramaStats *self) {
    if (!self) {
        return;
    }
    __atomic_store_n (&self->total_dims_scanned, 0, __ATOMIC_RELAXED);
    __atomic_store_n (&self->total_dims, 0, __ATOMIC_RELAXED);
    update_ratio (self);
}

void faiss_PanoramaStats_add (FaissPanoramaStats *self, const FaissPanoramaStats *other) {
    if (!self || !other) {
        return;
    }
    __atomic_fetch_add (&self->total_dims_scanned, other->total_dims_scanned, __ATOMIC_RELAXED);
    __atomic_fetch_add (&self->total_dims, other->total_dims, __ATOMIC_RELAXED);
    update_ratio (self);
}

/* ---- the layout ------------------------------------------------------------------------------ */

FaissStatus faiss_Panorama_set_derived_values (FaissPanorama *self) {
    FAISS_REQUIRE_ARG (self);
    size_t d = self->code_size / sizeof (float);
    FAISS_REQUIRE (self->code_size % sizeof (float) == 0,
                   "expected a code_size of whole floats, got %zu", self->code_size);
    FAISS_REQUIRE (self->n_levels >= 1 && self->n_levels <= d,
                   "expected 1 <= n_levels <= d=%zu, "
                   "got %zu",
                   d, self->n_levels);
    FAISS_REQUIRE (self->batch_size >= 1, "expected batch_size >= 1, got %zu", self->batch_size);
    FAISS_REQUIRE (
        self->batch_size < UINT32_MAX && self->batch_size <= SIZE_MAX / 2 / (self->code_size + 4),
        "batch_size=%zu for code_size=%zu is too much", self->batch_size, self->code_size);
    self->d = d;
    self->level_width_floats = (d + self->n_levels - 1) / self->n_levels;
    self->level_width = self->level_width_floats * sizeof (float);
    self->n_levels = (d + self->level_width_floats - 1) / self->level_width_floats;
    return FAISS_OK;
}

FaissStatus faiss_panorama_check (const char *function, const FaissPanorama *self, size_t d) {
    FaissPanorama made = *self;
    FAISS_TRY (faiss_Panorama_set_derived_values (&made));
    if (self->d != d || made.d != d || self->level_width != made.level_width ||
        self->level_width_floats != made.level_width_floats || self->n_levels != made.n_levels) {
        return faiss_fail_in (FAISS_EXCEPT, function, "fields of pano do not fit d=%zu", d);
    }
    return FAISS_OK;
}

FaissStatus faiss_Panorama_new (FaissPanorama **out) {
    FAISS_REQUIRE_ARG (out);
    FAISS_TRY (faiss_alloc_zeroed (out, 1, sizeof **out));
    (*out)->batch_size = 1; /* by which positions are divided */
    return FAISS_OK;
}

FaissStatus faiss_Panorama_new_with (FaissPanorama **out, size_t code_size, size_t n_levels,
                                     size_t batch_size) {
    FAISS_REQUIRE_ARG (out);
    FaissPanorama made = {.code_size = code_size, .n_levels = n_levels, .batch_size = batch_size};
    FAISS_TRY (faiss_Panorama_set_derived_values (&made));
    FAISS_TRY (faiss_Panorama_new (out));
    **out = made;
    return FAISS_OK;
}

void faiss_Panorama_free (FaissPanorama *self) {
    free (self);
}

/* Where a level of the vector at a position is, in floats from the beginning of its batch. */
static size_t place_of (const FaissPanorama *self, size_t level, size_t position, size_t *width) {
    size_t begin = level * self->level_width_floats, left = self->d - begin;
    *width = left < self->level_width_floats ? left : self->level_width_floats;
    return begin * self->batch_size + position * *width;
}

void faiss_Panorama_copy_codes_to_level_layout (const FaissPanorama *self, uint8_t *codes,
                                                size_t offset, size_t n_entry,
                                                const uint8_t *code) {
    if (!self || !codes || !code) {
        return;
    }
    for (size_t i = 0; i < n_entry; i++) {
        size_t batch = (offset + i) / self->batch_size, position = (offset + i) % self->batch_size;
        uint8_t *to = codes + batch * self->batch_size * self->code_size;
        const uint8_t *from = code + i * self->code_size;
        for (size_t level = 0; level < self->n_levels; level++) {
            size_t width, at = place_of (self, level, position, &width);
            memcpy (to + at * sizeof (float), from + level * self->level_width,
                    width * sizeof (float));
        }
    }
}

void faiss_Panorama_reconstruct (const FaissPanorama *self, idx_t key, float *recons,
                                 const uint8_t *codes_base) {
    if (!self || !recons || !codes_base) {
        return;
    }
    size_t batch = (size_t)key / self->batch_size, position = (size_t)key % self->batch_size;
    const uint8_t *from = faiss_panorama_batch_codes (self, codes_base, batch);
    for (size_t level = 0; level < self->n_levels; level++) {
        size_t width, at = place_of (self, level, position, &width);
        memcpy (recons + level * self->level_width_floats, from + at * sizeof (float),
                width * sizeof (float));
    }
}

/* Vectors whose norms are computed together: each has one long sum, in the order of upstream's. */
enum { TOGETHER = 8 };

/* The norms from each level on, the last level first, of n <= TOGETHER vectors. Row l of those of
 * vector i begins at sums[i]; rows are stride apart. */
static inline __attribute__ ((always_inline)) void compute_sums (const FaissPanorama *self,
                                                                 const size_t n, const float *x,
                                                                 float *const *sums,
                                                                 size_t stride) {
    float sum[TOGETHER] = {0};
    for (size_t i = 0; i < n; i++) {
        sums[i][self->n_levels * stride] = 0;
    }
    for (size_t level = self->n_levels; level-- > 0;) {
        size_t width, begin = level * self->level_width_floats;
        place_of (self, level, 0, &width);
        for (size_t j = begin; j < begin + width; j++) {
            for (size_t i = 0; i < n; i++) {
                sum[i] += x[i * self->d + j] * x[i * self->d + j];
            }
        }
        for (size_t i = 0; i < n; i++) {
            sums[i][level * stride] = sqrtf (sum[i]);
        }
    }
}

void faiss_Panorama_compute_cumulative_sums (const FaissPanorama *self, float *cumsum_base,
                                             size_t offset, size_t n_entry, const float *vectors) {
    if (!self || !cumsum_base || !vectors) {
        return;
    }
    size_t B = self->batch_size;
    for (size_t i = 0; i < n_entry; i += TOGETHER) {
        float *sums[TOGETHER];
        size_t n = n_entry - i < TOGETHER ? n_entry - i : TOGETHER;
        for (size_t j = 0; j < n; j++) {
            size_t at = offset + i + j;
            sums[j] = cumsum_base + at / B * B * (self->n_levels + 1) + at % B;
        }
        const float *x = vectors + i * self->d;
        if (n == TOGETHER) {
            compute_sums (self, TOGETHER, x, sums, B);
        } else {
            for (size_t j = 0; j < n; j++) {
                compute_sums (self, 1, x + j * self->d, sums + j, B);
            }
        }
    }
}

void faiss_Panorama_compute_query_cum_sums (const FaissPanorama *self, const float *query,
                                            float *query_cum_sums) {
    if (self && query && query_cum_sums) {
        compute_sums (self, 1, query, &query_cum_sums, 1);
    }
}

void faiss_Panorama_copy_entry (const FaissPanorama *self, uint8_t *dest_codes,
                                const uint8_t *src_codes, float *dest_cum_sums,
                                const float *src_cum_sums, size_t dest_idx, size_t src_idx) {
    if (!self || !dest_codes || !src_codes || !dest_cum_sums || !src_cum_sums) {
        return;
    }
    size_t B = self->batch_size, n_sums = B * (self->n_levels + 1);
    uint8_t *to = dest_codes + dest_idx / B * B * self->code_size;
    const uint8_t *from = src_codes + src_idx / B * B * self->code_size;
    float *to_sums = dest_cum_sums + dest_idx / B * n_sums + dest_idx % B;
    const float *from_sums = src_cum_sums + src_idx / B * n_sums + src_idx % B;
    for (size_t level = 0; level < self->n_levels; level++) {
        size_t width, target = place_of (self, level, dest_idx % B, &width);
        size_t source = place_of (self, level, src_idx % B, &width);
        memmove (to + target * sizeof (float), from + source * sizeof (float),
                 width * sizeof (float));
        to_sums[level * B] = from_sums[level * B];
    }
    to_sums[self->n_levels * B] = 0;
}

void faiss_panorama_clear_behind (const FaissPanorama *layout, uint8_t *codes, float *sums,
                                  size_t n) {
    size_t B = layout->batch_size, used = n % B, last = n / B;
    if (used == 0) {
        return;
    }
    codes += last * B * layout->code_size;
    sums += last * B * (layout->n_levels + 1);
    for (size_t level = 0; level < layout->n_levels; level++) {
        size_t width, at = place_of (layout, level, used, &width);
        memset (codes + at * sizeof (float), 0, (B - used) * width * sizeof (float));
        memset (sums + level * B + used, 0, (B - used) * sizeof *sums);
    }
}

FaissStatus faiss_panorama_sizes (const FaissPanorama *layout, size_t n, size_t *n_code_bytes,
                                  size_t *n_sums) {
    size_t B = layout->batch_size, per_vector = layout->code_size + 4 * (layout->n_levels + 1);
    FAISS_REQUIRE (n <= SIZE_MAX / 4 / per_vector - B, "%zu vectors of %zu bytes are too many", n,
                   layout->code_size);
    size_t n_slots = (n + B - 1) / B * B;
    *n_code_bytes = n_slots * layout->code_size;
    *n_sums = n_slots * (layout->n_levels + 1);
    return FAISS_OK;
}

/* ---- searching ------------------------------------------------------------------------------- */

FaissStatus faiss_panorama_query_init (FaissPanoramaQuery *self, const FaissPanorama *layout,
                                       bool is_similarity) {
    *self = (FaissPanoramaQuery){.layout = layout, .is_similarity = is_similarity};
    return faiss_alloc (&self->sums, layout->n_levels + 1, sizeof *self->sums);
}

void faiss_panorama_query_set (FaissPanoramaQuery *self, const float *x) {
    self->x = x;
    faiss_Panorama_compute_query_cum_sums (self->layout, x, self->sums);
}

void faiss_panorama_query_free (FaissPanoramaQuery *self) {
    FaissPanoramaStats done = {.total_dims_scanned = self->n_scanned, .total_dims = self->n_levels};
    if (done.total_dims > 0) {
        faiss_PanoramaStats_add (&global_stats, &done);
    }
    free (self->sums);
    self->sums = NULL;
}

/* Keys are smaller for better vectors: |q|^2 + |x|^2 - 2qx, or -qx. What is left of both vectors
 * changes a key by at most the product of its norms, times `scale`. Norms are rounded: a little
 * more is allowed. */
static FaissPanoramaLevel level_of (const FaissPanoramaQuery *self, const uint8_t *codes,
                                    const float *sums, float bound, size_t level) {
    const FaissPanorama *layout = self->layout;
    size_t width, at = place_of (layout, level, 0, &width);
    float scale = self->is_similarity ? 1 : 2;
    return (FaissPanoramaLevel){
        .x = self->x + level * layout->level_width_floats,
        .width = width,
        .rows = (const float *)(const void *)codes + at,
        .sums = sums + (level + 1) * layout->batch_size,
        .scale = scale,
        .rest = scale * self->sums[level + 1] * 1.00001f,
        .bound = self->is_similarity ? -bound : bound,
    };
}

static float first_key (const FaissPanoramaQuery *self, const float *sums, size_t position) {
    return self->is_similarity ? 0
                               : self->sums[0] * self->sums[0] + sums[position] * sums[position];
}

/* A squared distance that is rounded to below 0 is 0. */
static float distance_of (const FaissPanoramaQuery *self, float key) {
    return self->is_similarity ? -key : key < 0 ? 0 : key;
}

size_t faiss_panorama_scan (FaissPanoramaQuery *self, const uint8_t *codes, const float *sums,
                            float bound, size_t n, uint32_t *active, float *distances) {
    size_t n_levels = self->layout->n_levels;
    self->n_levels += n * n_levels;
    for (size_t i = 0; i < n; i++) {
        distances[i] = first_key (self, sums, active[i]);
    }
    for (size_t level = 0; level < n_levels && n > 0; level++) {
        FaissPanoramaLevel next = level_of (self, codes, sums, bound, level);
        self->n_scanned += n;
        n = faiss_kernels.panorama_level (&next, n, active, distances);
    }
    for (size_t i = 0; i < n; i++) {
        distances[i] = distance_of (self, distances[i]);
    }
    return n;
}

float faiss_panorama_distance (FaissPanoramaQuery *self, const uint8_t *codes, const float *sums,
                               float bound, size_t position) {
    size_t n_levels = self->layout->n_levels;
    float key = first_key (self, sums, position);
    self->n_levels += n_levels;
    for (size_t level = 0; level < n_levels; level++) {
        FaissPanoramaLevel next = level_of (self, codes, sums, bound, level);
        self->n_scanned++;
        key -= next.scale * faiss_kernels.fvec_inner_product (
                                next.x, next.rows + position * next.width, next.width);
        if (key - next.rest * next.sums[position] > next.bound) {
            return self->is_similarity ? -HUGE_VALF : HUGE_VALF;
        }
    }
    return distance_of (self, key);
}
