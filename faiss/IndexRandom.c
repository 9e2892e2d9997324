/* Random results. */
#include <faiss/IndexRandom.h>

#include <float.h>

#include <faiss/impl/check.h>
#include <faiss/impl/index_check.h>
#include <faiss/impl/parallel.h>
#include <faiss/utils/random.h>
#include <faiss/utils/utils.h>

#define THIS(pointer) FAISS_SELF (IndexRandom, index, pointer)
#define CONST_THIS(pointer) FAISS_CONST_SELF (IndexRandom, index, pointer)

static FaissStatus IndexRandom_add (FaissIndex *index, idx_t n, const float *x) {
    (void)x;
    FAISS_REQUIRE (n <= INT64_MAX - index->ntotal, "n=%lld vectors are too many", (long long)n);
    index->ntotal += n;
    return FAISS_OK;
}

static FaissStatus IndexRandom_reset (FaissIndex *index) {
    index->ntotal = 0;
    return FAISS_OK;
}

/* A set of numbers >= 0: a hash table, at most half full. */
typedef struct Set {
    idx_t *places; /* a number, or -1 */
    size_t size;   /* a power of two */
} Set;

static FaissStatus new_set (Set *self, idx_t n) {
    for (self->size = 2; self->size < 2 * (size_t)n; self->size *= 2) {
    }
    FAISS_TRY (faiss_alloc (&self->places, self->size, sizeof *self->places));
    for (size_t i = 0; i < self->size; i++) {
        self->places[i] = -1;
    }
    return FAISS_OK;
}

static bool insert (Set *self, idx_t number) {
    size_t at = (size_t)((uint64_t)number * 0x9e3779b97f4a7c15u >> 20) & (self->size - 1);
    for (; self->places[at] >= 0; at = (at + 1) & (self->size - 1)) {
        if (self->places[at] == number) {
            return false;
        }
    }
    self->places[at] = number;
    return true;
}

static FaissStatus search_one (const FaissIndexRandom *self, const float *x, idx_t k,
                               float *distances, idx_t *labels) {
    bool is_similarity = faiss_is_similarity_metric (self->index.metric_type);
    idx_t ntotal = self->index.ntotal, n = k < ntotal ? k : ntotal;
    FaissRandomGenerator random;
    Set set;
    uint64_t checksum =
        faiss_ivec_checksum ((size_t)self->index.d, (const int32_t *)(const void *)x);
    faiss_RandomGenerator_init (&random, (int64_t)((uint64_t)self->seed + checksum));
    FAISS_TRY (new_set (&set, n));
    for (idx_t i = 0; i < n;) {
        labels[i] = faiss_RandomGenerator_rand_int64 (&random) % ntotal;
        i += insert (&set, labels[i]);
    }
    free (set.places);
    float distance = 0;
    for (idx_t i = 0; i < k; i++) {
        if (i < n) {
            distance += faiss_RandomGenerator_rand_float (&random);
            distances[i] = is_similarity ? -distance : distance;
        } else {
            distances[i] = is_similarity ? -FLT_MAX : FLT_MAX;
            labels[i] = -1;
        }
    }
    return faiss_check_interrupt ();
}

static FaissStatus IndexRandom_search (const FaissIndex *index, idx_t n, const float *x, idx_t k,
                                       const FaissSearchParameters *params, float *distances,
                                       idx_t *labels) {
    const FaissIndexRandom *self = CONST_THIS (index);
    FAISS_REQUIRE (!params || !params->sel, "an IndexRandom takes no selector");
    FaissRegion region = {0};
#pragma omp parallel for num_threads(faiss_threads_for(n)) schedule(dynamic)
    for (idx_t i = 0; i < n; i++) {
        if (!faiss_region_stopped (&region)) {
            faiss_region_note (&region, search_one (self, x + (size_t)i * (size_t)index->d, k,
                                                    distances + i * k, labels + i * k));
        }
    }
    return faiss_region_close (&region);
}

static FaissStatus IndexRandom_reconstruct (const FaissIndex *index, idx_t key, float *recons) {
    enum { OFFSET = 123332 };
    FAISS_REQUIRE (key >= 0 && key < index->ntotal, "expected 0 <= key < ntotal=%lld, got %lld",
                   (long long)index->ntotal, (long long)key);
    FaissRandomGenerator random;
    uint64_t seed = (uint64_t)CONST_THIS (index)->seed + OFFSET + (uint64_t)key;
    faiss_RandomGenerator_init (&random, (int64_t)seed);
    for (int j = 0; j < index->d; j++) {
        recons[j] = faiss_RandomGenerator_rand_float (&random);
    }
    return FAISS_OK;
}

static FaissStatus IndexRandom_copy (void *object, const void *other_object) {
    ((FaissIndexRandom *)object)->seed = ((const FaissIndexRandom *)other_object)->seed;
    return FAISS_OK;
}

FaissIndexClass faiss_IndexRandom_class = {
    .head = {.name = "IndexRandom",
             .parent = &faiss_Index_class.head,
             .instance_size = sizeof (FaissIndexRandom),
             .table_size = sizeof (FaissIndexClass),
             .copy = IndexRandom_copy},
    .add = IndexRandom_add,
    .search = IndexRandom_search,
    .reset = IndexRandom_reset,
    .reconstruct = IndexRandom_reconstruct,
};

FaissStatus faiss_IndexRandom_new (FaissIndexRandom **out) {
    return faiss_IndexRandom_new_with (out, 0, 0, 1234, METRIC_L2);
}

FaissStatus faiss_IndexRandom_new_with (FaissIndexRandom **out, idx_t d, idx_t ntotal, int64_t seed,
                                        FaissMetricType mt) {
    FAISS_REQUIRE_ARG (out);
    FAISS_REQUIRE (ntotal >= 0, "expected ntotal >= 0, got %lld", (long long)ntotal);
    FAISS_OWNED (IndexRandom) *self = NULL;
    FAISS_TRY (faiss_object_new (&self, &faiss_IndexRandom_class.head));
    FAISS_TRY (faiss_Index_init (&self->index, d, mt));
    self->index.ntotal = ntotal;
    self->seed = seed;
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

void faiss_IndexRandom_free (FaissIndexRandom *self) {
    faiss_object_free (self);
}

FaissIndexRandom *faiss_IndexRandom_cast (FaissIndex *index) {
    return faiss_object_cast (index, &faiss_IndexRandom_class.head);
}
