/* Random numbers. The formulas are upstream's, so that seeds mean the same here and there. */
#include <faiss/utils/random.h>

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include <faiss/impl/check.h>
#include <faiss/impl/parallel.h>
#include <faiss/impl/random_internal.h>

/* ---- RandomGenerator: MT19937 ----------------------------------------------------------- */

enum { MT_SIZE = 624, MT_SHIFT = 397 };

FaissStatus faiss_RandomGenerator_new (FaissRandomGenerator **out, int64_t seed) {
    FAISS_REQUIRE_ARG (out);
    FaissRandomGenerator *self = NULL;
    FAISS_TRY (faiss_alloc (&self, 1, sizeof *self));
    faiss_RandomGenerator_init (self, seed);
    *out = self;
    return FAISS_OK;
}

void faiss_RandomGenerator_free (FaissRandomGenerator *self) {
    free (self);
}

void faiss_RandomGenerator_init (FaissRandomGenerator *self, int64_t seed) {
    if (!self) {
        return;
    }
    uint32_t *state = self->state;
    state[0] = (uint32_t)seed;
    for (uint32_t i = 1; i < MT_SIZE; i++) {
        state[i] = 1812433253u * (state[i - 1] ^ (state[i - 1] >> 30)) + i;
    }
    self->position = MT_SIZE;
}

static uint32_t mt_mix (uint32_t high, uint32_t low, uint32_t shifted) {
    uint32_t y = (high & 0x80000000u) | (low & 0x7fffffffu);
    return shifted ^ (y >> 1) ^ (y & 1 ? 0x9908b0dfu : 0);
}

static void mt_refill (FaissRandomGenerator *self) {
    uint32_t *state = self->state;
    for (int i = 0; i < MT_SIZE - MT_SHIFT; i++) {
        state[i] = mt_mix (state[i], state[i + 1], state[i + MT_SHIFT]);
    }
    for (int i = MT_SIZE - MT_SHIFT; i < MT_SIZE - 1; i++) {
        state[i] = mt_mix (state[i], state[i + 1], state[i + MT_SHIFT - MT_SIZE]);
    }
    state[MT_SIZE - 1] = mt_mix (state[MT_SIZE - 1], state[0], state[MT_SHIFT - 1]);
    self->position = 0;
}

uint32_t faiss_mt32_next (FaissRandomGenerator *self) {
    if (self->position >= MT_SIZE) {
        mt_refill (self);
    }
    uint32_t y = self->state[self->position++];
    y ^= y >> 11;
    y ^= (y << 7) & 0x9d2c5680u;
    y ^= (y << 15) & 0xefc60000u;
    return y ^ (y >> 18);
}

uint32_t faiss_mt32_below (FaissRandomGenerator *self, uint32_t n) {
    uint64_t product = (uint64_t)faiss_mt32_next (self) * n;
    if ((uint32_t)product < n) {
        uint32_t threshold = -n % n;
        while ((uint32_t)product < threshold) {
            product = (uint64_t)faiss_mt32_next (self) * n;
        }
    }
    return (uint32_t)(product >> 32);
}

/* In 0 .. 1, 1 excluded. */
static float mt32_float (FaissRandomGenerator *self) {
    float value = (float)faiss_mt32_next (self) / 4294967296.0f;
    return value < 1 ? value : nextafterf (1, 0);
}

float faiss_mt32_normal (FaissRandomGenerator *self, FaissNormal *distribution) {
    if (distribution->has_saved) {
        distribution->has_saved = false;
        return distribution->saved;
    }
    float x, y, r2;
    do {
        x = 2 * mt32_float (self) - 1;
        y = 2 * mt32_float (self) - 1;
        r2 = x * x + y * y;
    } while (r2 > 1 || r2 == 0);
    float factor = sqrtf (-2 * logf (r2) / r2);
    distribution->saved = x * factor;
    distribution->has_saved = true;
    return y * factor;
}

int faiss_RandomGenerator_rand_int (FaissRandomGenerator *self) {
    return self ? (int)(faiss_mt32_next (self) & 0x7fffffffu) : 0;
}

int64_t faiss_RandomGenerator_rand_int64 (FaissRandomGenerator *self) {
    if (!self) {
        return 0;
    }
    int64_t low = faiss_RandomGenerator_rand_int (self);
    int64_t high = faiss_RandomGenerator_rand_int (self);
    return low | (high << 31);
}

int faiss_RandomGenerator_rand_int_max (FaissRandomGenerator *self, int max) {
    return self && max > 0 ? (int)(faiss_mt32_next (self) % (uint32_t)max) : 0;
}

float faiss_RandomGenerator_rand_float (FaissRandomGenerator *self) {
    /* upstream's 2^32 - 1 rounds to this */
    return self ? (float)faiss_mt32_next (self) / 4294967296.0f : 0;
}

double faiss_RandomGenerator_rand_double (FaissRandomGenerator *self) {
    return self ? faiss_mt32_next (self) / 4294967295.0 : 0;
}

/* ---- SplitMix64RandomGenerator ---------------------------------------------------------- */

FaissStatus faiss_SplitMix64RandomGenerator_new (FaissSplitMix64RandomGenerator **out,
                                                 int64_t seed) {
    FAISS_REQUIRE_ARG (out);
    FaissSplitMix64RandomGenerator *self = NULL;
    FAISS_TRY (faiss_alloc (&self, 1, sizeof *self));
    faiss_SplitMix64RandomGenerator_init (self, seed);
    *out = self;
    return FAISS_OK;
}

void faiss_SplitMix64RandomGenerator_free (FaissSplitMix64RandomGenerator *self) {
    free (self);
}

void faiss_SplitMix64RandomGenerator_init (FaissSplitMix64RandomGenerator *self, int64_t seed) {
    if (self) {
        self->state = (uint64_t)seed;
    }
}

uint64_t faiss_SplitMix64RandomGenerator_next (FaissSplitMix64RandomGenerator *self) {
    if (!self) {
        return 0;
    }
    uint64_t z = self->state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

int faiss_SplitMix64RandomGenerator_rand_int (FaissSplitMix64RandomGenerator *self) {
    return (int)(faiss_SplitMix64RandomGenerator_next (self) & 0x7fffffffu);
}

int64_t faiss_SplitMix64RandomGenerator_rand_int64 (FaissSplitMix64RandomGenerator *self) {
    return (int64_t)(faiss_SplitMix64RandomGenerator_next (self) & INT64_MAX);
}

int faiss_SplitMix64RandomGenerator_rand_int_max (FaissSplitMix64RandomGenerator *self, int max) {
    return max > 0 ? (int)(faiss_SplitMix64RandomGenerator_next (self) % (uint64_t)max) : 0;
}

float faiss_SplitMix64RandomGenerator_rand_float (FaissSplitMix64RandomGenerator *self) {
    return (float)faiss_SplitMix64RandomGenerator_next (self) / (float)UINT64_MAX;
}

double faiss_SplitMix64RandomGenerator_rand_double (FaissSplitMix64RandomGenerator *self) {
    return (double)faiss_SplitMix64RandomGenerator_next (self) / (double)UINT64_MAX;
}

/* ---- arrays ----------------------------------------------------------------------------- */

enum { RAND_BLOCKS = 1024 };

/* Large arrays are cut into blocks, each with a generator of its own: what a block holds depends
 * on n and the seed, not on the thread that fills it. */
typedef struct BlockSeeds {
    size_t n, n_blocks;
    int64_t first, step;
} BlockSeeds;

static BlockSeeds block_seeds (size_t n, int64_t seed) {
    FaissRandomGenerator generator;
    faiss_RandomGenerator_init (&generator, seed);
    BlockSeeds seeds = {.n = n, .n_blocks = n < RAND_BLOCKS ? 1 : RAND_BLOCKS};
    seeds.first = faiss_RandomGenerator_rand_int (&generator);
    seeds.step = faiss_RandomGenerator_rand_int (&generator);
    return seeds;
}

static size_t block_begin (const BlockSeeds *seeds, size_t block) {
    /* block * n / n_blocks without overflow */
    return seeds->n / seeds->n_blocks * block +
           seeds->n % seeds->n_blocks * block / seeds->n_blocks;
}

/* Fill one block from its generator. `max` is for the fillers that want it. */
typedef void BlockFiller (void *x, size_t begin, size_t end, FaissRandomGenerator *generator,
                          uint64_t max);

static void fill_block (void *x, const BlockSeeds *seeds, size_t block, uint64_t max,
                        BlockFiller *fill) {
    FaissRandomGenerator generator;
    faiss_RandomGenerator_init (&generator, seeds->first + (int64_t)block * seeds->step);
    fill (x, block_begin (seeds, block), block_begin (seeds, block + 1), &generator, max);
}

static void fill_blocks (void *x, size_t n, int64_t seed, uint64_t max, BlockFiller *fill) {
    BlockSeeds seeds = block_seeds (n, seed);
#pragma omp parallel for num_threads(faiss_threads_for((int64_t)seeds.n_blocks)) schedule(static)
    for (size_t block = 0; block < seeds.n_blocks; block++) {
        fill_block (x, &seeds, block, max, fill);
    }
}

static FaissStatus fill_blocks_or_end (void *x, size_t n, int64_t seed, uint64_t max,
                                       BlockFiller *fill) {
    FAISS_REQUIRE (n == 0 || x, "x is NULL");
    FaissRegion region = {0};
    BlockSeeds seeds = block_seeds (n, seed);
#pragma omp parallel for num_threads(faiss_threads_for((int64_t)seeds.n_blocks)) schedule(dynamic)
    for (size_t block = 0; block < seeds.n_blocks; block++) {
        if (!faiss_region_stopped (&region)) {
            fill_block (x, &seeds, block, max, fill);
        }
    }
    return faiss_region_close (&region);
}

static void fill_float_rand (void *x, size_t begin, size_t end, FaissRandomGenerator *generator,
                             uint64_t max) {
    (void)max;
    for (size_t i = begin; i < end; i++) {
        ((float *)x)[i] = faiss_RandomGenerator_rand_float (generator);
    }
}

/* Marsaglia's polar method gives two numbers at a time. */
static void fill_float_randn (void *x, size_t begin, size_t end, FaissRandomGenerator *generator,
                              uint64_t max) {
    (void)max;
    double a = 0, b = 0, s = 0;
    bool has_second = false;
    for (size_t i = begin; i < end; i++) {
        if (!has_second) {
            do {
                a = 2.0 * faiss_RandomGenerator_rand_double (generator) - 1;
                b = 2.0 * faiss_RandomGenerator_rand_double (generator) - 1;
                s = a * a + b * b;
            } while (s >= 1.0);
        }
        ((float *)x)[i] = (float)((has_second ? b : a) * sqrt (-2.0 * log (s) / s));
        has_second = !has_second;
    }
}

static void fill_int64_rand (void *x, size_t begin, size_t end, FaissRandomGenerator *generator,
                             uint64_t max) {
    for (size_t i = begin; i < end; i++) {
        int64_t value = faiss_RandomGenerator_rand_int64 (generator);
        ((int64_t *)x)[i] = max ? (int64_t)((uint64_t)value % max) : value;
    }
}

static void fill_byte_rand (void *x, size_t begin, size_t end, FaissRandomGenerator *generator,
                            uint64_t max) {
    (void)max;
    for (size_t i = begin; i < end; i++) {
        ((uint8_t *)x)[i] = (uint8_t)faiss_RandomGenerator_rand_int64 (generator);
    }
}

void faiss_float_rand (float *x, size_t n, int64_t seed) {
    fill_blocks (x, n, seed, 0, fill_float_rand);
}

void faiss_float_randn (float *x, size_t n, int64_t seed) {
    fill_blocks (x, n, seed, 0, fill_float_randn);
}

void faiss_int64_rand (int64_t *x, size_t n, int64_t seed) {
    fill_blocks (x, n, seed, 0, fill_int64_rand);
}

void faiss_int64_rand_max (int64_t *x, size_t n, uint64_t max, int64_t seed) {
    fill_blocks (x, n, seed, max, fill_int64_rand);
}

void faiss_byte_rand (uint8_t *x, size_t n, int64_t seed) {
    fill_blocks (x, n, seed, 0, fill_byte_rand);
}

FaissStatus faiss_float_rand_or_end (float *x, size_t n, int64_t seed) {
    return fill_blocks_or_end (x, n, seed, 0, fill_float_rand);
}

FaissStatus faiss_float_randn_or_end (float *x, size_t n, int64_t seed) {
    return fill_blocks_or_end (x, n, seed, 0, fill_float_randn);
}

FaissStatus faiss_int64_rand_or_end (int64_t *x, size_t n, uint64_t max, int64_t seed) {
    return fill_blocks_or_end (x, n, seed, max, fill_int64_rand);
}

/* ---- permutations ----------------------------------------------------------------------- */

static void identity (int *perm, size_t n) {
    for (size_t i = 0; i < n; i++) {
        perm[i] = (int)i;
    }
}

static void swap_ints (int *a, int *b) {
    int saved = *a;
    *a = *b;
    *b = saved;
}

void faiss_rand_perm_prefix (int *perm, size_t n, size_t n_prefix, int64_t seed) {
    identity (perm, n);
    FaissRandomGenerator generator;
    faiss_RandomGenerator_init (&generator, seed);
    for (size_t i = 0; i + 1 < n && i < n_prefix; i++) {
        int j = faiss_RandomGenerator_rand_int_max (&generator, (int)(n - i));
        swap_ints (&perm[i], &perm[i + (size_t)j]);
    }
}

void faiss_rand_perm (int *perm, size_t n, int64_t seed) {
    faiss_rand_perm_prefix (perm, n, n, seed);
}

void faiss_rand_perm_splitmix64 (int *perm, size_t n, int64_t seed) {
    identity (perm, n);
    FaissSplitMix64RandomGenerator generator;
    faiss_SplitMix64RandomGenerator_init (&generator, seed);
    for (size_t i = 0; i + 1 < n; i++) {
        int j = faiss_SplitMix64RandomGenerator_rand_int_max (&generator, (int)(n - i));
        swap_ints (&perm[i], &perm[i + (size_t)j]);
    }
}

/* ---- test vectors ----------------------------------------------------------------------- */

enum { SMOOTH_DIMENSIONS = 10 };

/* One row: the 10 coordinates on the surface, turned into d dimensions, then bent. */
static void smooth_row (const float *low, const float *rotation, const float *scales, size_t d,
                        float *x) {
    for (size_t j = 0; j < d; j++) {
        float sum = 0;
        for (size_t l = 0; l < SMOOTH_DIMENSIONS; l++) {
            sum += low[l] * rotation[l * d + j];
        }
        x[j] = sinf ((float)(sum * (scales[j] * 4 + 0.1)));
    }
}

FaissStatus faiss_rand_smooth_vectors (size_t n, size_t d, float *x, int64_t seed) {
    FAISS_REQUIRE (n * d == 0 || x, "x is NULL");
    FAISS_REQUIRE (n <= SIZE_MAX / SMOOTH_DIMENSIONS && d <= SIZE_MAX / SMOOTH_DIMENSIONS,
                   "n=%zu, d=%zu are too large", n, d);
    FAISS_AUTO_FREE (float) *low = NULL;
    FAISS_AUTO_FREE (float) *rotation = NULL;
    FAISS_AUTO_FREE (float) *scales = NULL;
    FAISS_TRY (faiss_alloc (&low, n * SMOOTH_DIMENSIONS, sizeof *low));
    FAISS_TRY (faiss_alloc (&rotation, d * SMOOTH_DIMENSIONS, sizeof *rotation));
    FAISS_TRY (faiss_alloc (&scales, d, sizeof *scales));
    faiss_float_randn (low, n * SMOOTH_DIMENSIONS, seed);
    faiss_float_rand (rotation, d * SMOOTH_DIMENSIONS, seed + 1);
    faiss_float_rand (scales, d, seed + 2);
#pragma omp parallel for num_threads(faiss_threads_for((int64_t)n)) schedule(static)
    for (size_t i = 0; i < n; i++) {
        smooth_row (low + i * SMOOTH_DIMENSIONS, rotation, scales, d, x + i * d);
    }
    return FAISS_OK;
}

/* ---- MT19937-64 ------------------------------------------------------------------------- */

enum { MT64_SIZE = FAISS_MT64_SIZE, MT64_SHIFT = 156 };

void faiss_mt64_init (FaissMt64 *self, uint64_t seed) {
    uint64_t *state = self->state;
    state[0] = seed;
    for (uint64_t i = 1; i < MT64_SIZE; i++) {
        state[i] = 6364136223846793005u * (state[i - 1] ^ (state[i - 1] >> 62)) + i;
    }
    self->position = MT64_SIZE;
}

static void mt64_refill (FaissMt64 *self) {
    uint64_t *state = self->state;
    for (int i = 0; i < MT64_SIZE; i++) {
        uint64_t y = (state[i] & 0xffffffff80000000u) | (state[(i + 1) % MT64_SIZE] & 0x7fffffffu);
        state[i] =
            state[(i + MT64_SHIFT) % MT64_SIZE] ^ (y >> 1) ^ (y & 1 ? 0xb5026f5aa96619e9u : 0);
    }
    self->position = 0;
}

uint64_t faiss_mt64_next (FaissMt64 *self) {
    if (self->position >= MT64_SIZE) {
        mt64_refill (self);
    }
    uint64_t y = self->state[self->position++];
    y ^= (y >> 29) & 0x5555555555555555u;
    y ^= (y << 17) & 0x71d67fffeda60000u;
    y ^= (y << 37) & 0xfff7eee000000000u;
    return y ^ (y >> 43);
}

uint64_t faiss_mt64_below (FaissMt64 *self, uint64_t n) {
    uint64_t limit = (0 - n) % n;
    for (;;) {
        uint64_t high, low = faiss_multiply_64 (faiss_mt64_next (self), n, &high);
        if (low >= limit) {
            return high;
        }
    }
}

double faiss_mt64_real (FaissMt64 *self, double bound) {
    double unit = (double)faiss_mt64_next (self) / 18446744073709551616.0;
    return (unit < 1.0 ? unit : 1.0 - 0x1p-53) * bound;
}
