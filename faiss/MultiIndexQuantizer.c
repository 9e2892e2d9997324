/* Coarse quantizers of products: all combinations of the centroids of parts. */
#include <float.h>
#include <string.h>

#include <faiss/IndexFlat.h>
#include <faiss/IndexPQ.h>
#include <faiss/impl/bitstring.h>
#include <faiss/impl/check.h>
#include <faiss/impl/factory_rule.h>
#include <faiss/impl/index_check.h>
#include <faiss/impl/io_fields.h>
#include <faiss/impl/parallel.h>
#include <faiss/impl/pq_internal.h>
#include <faiss/kernels/kernels.h>
#include <faiss/utils/string.h>

#define NAME IndexPtrVector
#define T FaissIndexPtr
#include <faiss/utils/vector_tmpl.h>

#define SELF(pointer) FAISS_SELF (MultiIndexQuantizer, index, pointer)
#define CONST_SELF(pointer) FAISS_CONST_SELF (MultiIndexQuantizer, index, pointer)

enum { MAX_BITS = 62 }; /* of a label */

/* ---- objects --------------------------------------------------------------------------------- */

static FaissStatus init (FaissMultiIndexQuantizer *self, int d, size_t M, size_t nbits) {
    static const char function[] = "MultiIndexQuantizer_new_with";
    if (d < 0 || M > MAX_BITS || nbits > MAX_BITS || M * nbits > MAX_BITS) {
        return faiss_fail_in (FAISS_EXCEPT, function,
                              "expected d >= 0 and M * nbits <= %d, got d=%d, M=%zu, nbits=%zu",
                              MAX_BITS, d, M, nbits);
    }
    FAISS_TRY (faiss_ProductQuantizer_init (&self->pq, (size_t)d, M, nbits));
    FAISS_TRY (faiss_Index_init (&self->index, d, METRIC_L2));
    self->index.is_trained = false;
    return FAISS_OK;
}

FaissStatus faiss_MultiIndexQuantizer_new_with (FaissMultiIndexQuantizer **out, int d, size_t M,
                                                size_t nbits) {
    FAISS_REQUIRE_ARG (out);
    FAISS_OWNED (MultiIndexQuantizer) *self = NULL;
    FAISS_TRY (faiss_object_new (&self, &faiss_MultiIndexQuantizer_class.head));
    FAISS_TRY (init (self, d, M, nbits));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

FaissStatus faiss_MultiIndexQuantizer_new (FaissMultiIndexQuantizer **out) {
    FAISS_TRY (faiss_MultiIndexQuantizer_new_with (out, 0, 1, 0));
    (*out)->index.is_trained = true; /* as upstream's */
    return FAISS_OK;
}

void faiss_MultiIndexQuantizer_free (FaissMultiIndexQuantizer *self) {
    faiss_object_free (self);
}

FaissMultiIndexQuantizer *faiss_MultiIndexQuantizer_cast (FaissIndex *index) {
    return faiss_object_cast (index, &faiss_MultiIndexQuantizer_class.head);
}

static void MultiIndexQuantizer_finalize (void *object) {
    FaissMultiIndexQuantizer *self = object;
    faiss_object_clear (&self->pq);
}

static FaissStatus MultiIndexQuantizer_copy (void *object, const void *other_object) {
    FaissMultiIndexQuantizer *self = object;
    const FaissMultiIndexQuantizer *other = other_object;
    return faiss_object_assign (&self->pq, &other->pq);
}

static FaissStatus MultiIndexQuantizer_train (FaissIndex *index, idx_t n, const float *x) {
    FaissMultiIndexQuantizer *self = SELF (index);
    self->pq.verbose = self->pq.verbose || index->verbose;
    FAISS_TRY (faiss_Quantizer_train (&self->pq.quantizer, (size_t)n, x));
    index->is_trained = true;
    index->ntotal = (idx_t)1 << (self->pq.M * self->pq.nbits);
    return FAISS_OK;
}

static FaissStatus MultiIndexQuantizer_add (FaissIndex *index, idx_t n, const float *x) {
    (void)index, (void)n, (void)x;
    FAISS_FAIL ("this index has virtual elements, it does not support add");
}

static FaissStatus MultiIndexQuantizer_reset (FaissIndex *index) {
    (void)index;
    FAISS_FAIL ("this index has virtual elements, it does not support reset");
}

static FaissStatus MultiIndexQuantizer_reconstruct (const FaissIndex *index, idx_t key,
                                                    float *recons) {
    const FaissProductQuantizer *pq = &CONST_SELF (index)->pq;
    FAISS_REQUIRE (key >= 0 && key < index->ntotal, "expected 0 <= key < ntotal=%lld, got %lld",
                   (long long)index->ntotal, (long long)key);
    for (size_t m = 0; m < pq->M; m++) {
        size_t i = (size_t)(key >> (m * pq->nbits)) & (pq->ksub - 1);
        memcpy (recons + m * pq->dsub, pq->centroids.data + (m * pq->ksub + i) * pq->dsub,
                pq->dsub * sizeof *recons);
    }
    return FAISS_OK;
}

/* ---- smallest sums --------------------------------------------------------------------------- */

typedef struct Entry {
    float value;
    uint32_t i; /* the centroid */
} Entry;

static bool is_nearer (const Entry *a, const Entry *b) {
    return a->value < b->value || (a->value == b->value && a->i < b->i);
}

/* The entries of one part in ascending order, as far as they were asked for: sorted ones in front,
 * a heap behind, whose root is its last element. At first the heap has the near ones only. */
typedef struct SortedPart {
    Entry *entries;
    size_t n_all;        /* entries */
    size_t n;            /* where the heap ends; what is behind it is farther */
    size_t n_sorted;     /* where it begins */
    const float *values; /* where the far ones are still to be taken from; or NULL */
    float bound;         /* which they are not within */
} SortedPart;

/* The heap's i-th element counts from the end. */
static Entry *heap_at (const SortedPart *part, size_t i) {
    return part->entries + (part->n - 1 - i);
}

static void sift_down (const SortedPart *part, size_t i, size_t n) {
    Entry moving = *heap_at (part, i);
    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= n) {
            break;
        }
        if (child + 1 < n && is_nearer (heap_at (part, child + 1), heap_at (part, child))) {
            child++;
        }
        if (!is_nearer (heap_at (part, child), &moving)) {
            break;
        }
        *heap_at (part, i) = *heap_at (part, child);
        i = child;
    }
    *heap_at (part, i) = moving;
}

/* Make a heap of the entries n_sorted .. n - 1. */
static void make_heap (SortedPart *part, size_t n) {
    part->n = n;
    size_t size = n - part->n_sorted;
    for (size_t i = size / 2; i-- > 0;) {
        sift_down (part, i, size);
    }
}

/* A value that at least FEW entries are not above, or all if they are not many. */
static float near_bound (const Entry *entries, size_t n) {
    enum { FEW = 32 };
    if (n < 4 * FEW) {
        return FLT_MAX;
    }
    float bound = -FLT_MAX;
    for (size_t group = 0; group < FEW; group++) {
        size_t begin = group * n / FEW, end = (group + 1) * n / FEW;
        float smallest = entries[begin].value;
        for (size_t i = begin + 1; i < end; i++) {
            smallest = entries[i].value < smallest ? entries[i].value : smallest;
        }
        bound = smallest > bound ? smallest : bound;
    }
    return bound;
}

/* Entries 0 .. n - 1 are there, in any order. */
static void start_part (SortedPart *part, size_t n) {
    float bound = near_bound (part->entries, n);
    size_t n_near = 0;
    for (size_t i = 0; i < n; i++) {
        if (part->entries[i].value <= bound) {
            Entry entry = part->entries[i];
            part->entries[i] = part->entries[n_near];
            part->entries[n_near++] = entry;
        }
    }
    part->n_all = n;
    part->n_sorted = 0;
    part->values = NULL;
    make_heap (part, n_near);
}

/* The same from n values; those of the far ones are made when they are needed. @param positions
 * scratch, size n */
static void start_part_by_values (SortedPart *part, const float *values, size_t n,
                                  uint32_t *positions) {
    enum { GROUPS = 32 };
    float minima[GROUPS];
    part->bound = FLT_MAX;
    if (n >= 4 * GROUPS) { /* as near_bound, of other groups */
        faiss_kernels.aq_column_minima (values, n, minima);
        part->bound = minima[0];
        for (int i = 1; i < GROUPS; i++) {
            part->bound = minima[i] > part->bound ? minima[i] : part->bound;
        }
    }
    size_t n_near = faiss_kernels.find_at_most (values, n, part->bound, positions);
    for (size_t i = 0; i < n_near; i++) {
        part->entries[i] = (Entry){values[positions[i]], positions[i]};
    }
    part->values = values;
    part->n_all = n;
    part->n_sorted = 0;
    make_heap (part, n_near);
}

/* Behind the near entries, the others. */
static void take_all (SortedPart *part) {
    size_t n = part->n;
    for (size_t i = 0; part->values && i < part->n_all; i++) {
        if (!(part->values[i] <= part->bound)) {
            part->entries[n++] = (Entry){part->values[i], (uint32_t)i};
        }
    }
    part->values = NULL;
    make_heap (part, part->n_all);
}

/* The entry of a rank. The heap's root goes to where its last element was, which is where the next
 * sorted one belongs. */
static const Entry *entry_at (SortedPart *part, size_t rank) {
    while (part->n_sorted <= rank) {
        if (part->n_sorted == part->n) {
            take_all (part);
        }
        size_t n = part->n - part->n_sorted;
        Entry root = *heap_at (part, 0);
        *heap_at (part, 0) = *heap_at (part, n - 1);
        part->entries[part->n_sorted++] = root;
        sift_down (part, 0, n - 1);
    }
    return part->entries + rank;
}

/* A combination of ranks, one per part, in the bits of a number as in labels. */
typedef struct Sum {
    float value;
    uint64_t ranks;
} Sum;

typedef struct SumFinder {
    size_t M, nbits, dsub;
    SortedPart *parts;   /* size M */
    Entry *entries;      /* of all parts */
    uint32_t *positions; /* scratch, of one part */
    Sum *heap;           /* smallest first */
    size_t n_heap, capacity;
} SumFinder;

static bool sum_is_smaller (const Sum *a, const Sum *b) {
    return a->value < b->value || (a->value == b->value && a->ranks < b->ranks);
}

static size_t rank_of (const SumFinder *self, uint64_t ranks, size_t m) {
    return (size_t)(ranks >> (m * self->nbits)) & (((size_t)1 << self->nbits) - 1);
}

static float sum_of (SumFinder *self, uint64_t ranks) {
    float sum = 0;
    for (size_t m = 0; m < self->M; m++) {
        sum += entry_at (&self->parts[m], rank_of (self, ranks, m))->value;
    }
    return sum;
}

static FaissStatus push (SumFinder *self, uint64_t ranks) {
    if (self->n_heap == self->capacity) {
        size_t capacity = self->capacity ? 2 * self->capacity : 64;
        Sum *larger = realloc (self->heap, capacity * sizeof *larger);
        FAISS_REQUIRE (larger, "no memory for %zu candidates", capacity);
        self->heap = larger;
        self->capacity = capacity;
    }
    Sum sum = {sum_of (self, ranks), ranks};
    size_t i = self->n_heap++;
    for (; i > 0 && sum_is_smaller (&sum, &self->heap[(i - 1) / 2]); i = (i - 1) / 2) {
        self->heap[i] = self->heap[(i - 1) / 2];
    }
    self->heap[i] = sum;
    return FAISS_OK;
}

static Sum pop (SumFinder *self) {
    Sum root = self->heap[0], last = self->heap[--self->n_heap];
    size_t i = 0;
    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= self->n_heap) {
            break;
        }
        if (child + 1 < self->n_heap &&
            sum_is_smaller (&self->heap[child + 1], &self->heap[child])) {
            child++;
        }
        if (!sum_is_smaller (&self->heap[child], &last)) {
            break;
        }
        self->heap[i] = self->heap[child];
        i = child;
    }
    if (self->n_heap > 0) {
        self->heap[i] = last;
    }
    return root;
}

/* Those that come from a combination by the next rank of one part. A combination is reached from
 * one other only: that with one less in its last part that is not 0. */
static FaissStatus push_successors (SumFinder *self, uint64_t ranks) {
    for (size_t m = self->M; m-- > 0;) {
        size_t rank = rank_of (self, ranks, m);
        if (rank + 1 < self->parts[m].n_all) {
            FAISS_TRY (push (self, ranks + ((uint64_t)1 << (m * self->nbits))));
        }
        if (rank > 0) {
            break;
        }
    }
    return FAISS_OK;
}

static idx_t label_of (SumFinder *self, uint64_t ranks) {
    idx_t label = 0;
    for (size_t m = 0; m < self->M; m++) {
        uint64_t i = entry_at (&self->parts[m], rank_of (self, ranks, m))->i;
        label |= (idx_t)(i << (m * self->nbits));
    }
    return label;
}

/* The k smallest sums of the entries that the parts were started with. */
static FaissStatus find_sums (SumFinder *self, idx_t k, float *distances, idx_t *labels) {
    bool is_empty = false;
    for (size_t m = 0; m < self->M; m++) {
        is_empty = is_empty || self->parts[m].n_all == 0;
    }
    self->n_heap = 0;
    if (!is_empty) {
        FAISS_TRY (push (self, 0));
    }
    for (idx_t i = 0; i < k; i++) {
        if (self->n_heap == 0) {
            distances[i] = FLT_MAX;
            labels[i] = -1;
            continue;
        }
        Sum sum = pop (self);
        distances[i] = sum.value;
        labels[i] = label_of (self, sum.ranks);
        FAISS_TRY (push_successors (self, sum.ranks));
    }
    return FAISS_OK;
}

static FaissStatus SumFinder_init (SumFinder *self, const FaissProductQuantizer *pq,
                                   size_t max_entries) {
    *self = (SumFinder){.M = pq->M, .nbits = pq->nbits, .dsub = pq->dsub};
    FAISS_TRY (faiss_alloc (&self->parts, pq->M, sizeof *self->parts));
    FAISS_TRY (faiss_alloc (&self->entries, pq->M * max_entries, sizeof *self->entries));
    FAISS_TRY (faiss_alloc (&self->positions, max_entries, sizeof *self->positions));
    for (size_t m = 0; m < pq->M; m++) {
        self->parts[m] = (SortedPart){.entries = self->entries + m * max_entries};
    }
    return FAISS_OK;
}

static void SumFinder_clear (SumFinder *self) {
    free (self->parts);
    free (self->entries);
    free (self->positions);
    free (self->heap);
}

/* ---- search ---------------------------------------------------------------------------------- */

enum { BLOCK = 64 };

/* Each part's first nearest centroid, for at most a block of queries. */
static void nearest_block (const FaissProductQuantizer *pq, const FaissPQColumns *columns, size_t n,
                           const float *x, float *distances, idx_t *labels) {
    uint32_t best[BLOCK];
    size_t d = pq->quantizer.d, dsub = pq->dsub;
    for (size_t i = 0; i < n; i++) {
        distances[i] = 0;
        labels[i] = 0;
    }
    for (size_t m = 0; m < pq->M; m++) {
        faiss_kernels.pq_nearest (x + m * dsub, d, n, dsub, columns->data + m * columns->step,
                                  columns->ld, pq->ksub, best);
        for (size_t i = 0; i < n; i++) {
            const float *centroid = pq->centroids.data + (m * pq->ksub + best[i]) * dsub;
            distances[i] += faiss_kernels.fvec_L2sqr (x + i * d + m * dsub, centroid, dsub);
            labels[i] |= (idx_t)best[i] << (m * pq->nbits);
        }
    }
}

/* The same for one query by its table. */
static void nearest_one (const FaissProductQuantizer *pq, const float *x, const float *table,
                         float *distance, idx_t *label) {
    *distance = 0;
    *label = 0;
    for (size_t m = 0; m < pq->M; m++) {
        size_t best = faiss_pq_first_smallest (table + m * pq->ksub, pq->ksub);
        const float *centroid = pq->centroids.data + (m * pq->ksub + best) * pq->dsub;
        *distance += faiss_kernels.fvec_L2sqr (x + m * pq->dsub, centroid, pq->dsub);
        *label |= (idx_t)best << (m * pq->nbits);
    }
}

static FaissStatus search_nearest (const FaissProductQuantizer *pq, const FaissPQColumns *columns,
                                   idx_t n, const float *x, float *distances, idx_t *labels) {
    size_t d = pq->quantizer.d;
    if (columns->data) {
        idx_t n_blocks = (n + BLOCK - 1) / BLOCK;
#pragma omp parallel for num_threads(faiss_threads_for(n_blocks))
        for (idx_t b = 0; b < n_blocks; b++) {
            idx_t begin = b * BLOCK, size = n - begin < BLOCK ? n - begin : BLOCK;
            nearest_block (pq, columns, (size_t)size, x + (size_t)begin * d, distances + begin,
                           labels + begin);
        }
        return FAISS_OK;
    }
    FAISS_AUTO_FREE (float) *table = NULL;
    FAISS_TRY (faiss_alloc (&table, pq->M * pq->ksub, sizeof *table));
    for (idx_t i = 0; i < n; i++) { /* a few */
        faiss_pq_distance_table (pq, x + (size_t)i * d, table);
        nearest_one (pq, x + (size_t)i * d, table, distances + i, labels + i);
    }
    return FAISS_OK;
}

static FaissStatus nearest_k (SumFinder *finder, const FaissProductQuantizer *pq,
                              const float *table, idx_t k, float *distances, idx_t *labels) {
    for (size_t m = 0; m < pq->M; m++) {
        start_part_by_values (&finder->parts[m], table + m * pq->ksub, pq->ksub, finder->positions);
    }
    return find_sums (finder, k, distances, labels);
}

static FaissStatus MultiIndexQuantizer_search (const FaissIndex *index, idx_t n, const float *x,
                                               idx_t k, const FaissSearchParameters *params,
                                               float *distances, idx_t *labels) {
    const FaissProductQuantizer *pq = &CONST_SELF (index)->pq;
    FAISS_REQUIRE (!params || !params->sel, "selectors are not supported for this index");
    FAISS_TRY (faiss_pq_check (__func__, pq));
    FAISS_AUTO (PQColumns) columns = {0};
    FAISS_TRY (faiss_pq_columns (pq, (size_t)n, &columns));
    if (k == 1) {
        return search_nearest (pq, &columns, n, x, distances, labels);
    }
    FaissRegion region = {0};
#pragma omp parallel num_threads(faiss_threads_for(n))
    {
        SumFinder finder;
        float *table = NULL;
        faiss_region_note (&region, faiss_alloc (&table, pq->M * pq->ksub, sizeof *table));
        faiss_region_note (&region, SumFinder_init (&finder, pq, pq->ksub));
#pragma omp for schedule(dynamic, 8)
        for (idx_t i = 0; i < n; i++) {
            if (faiss_region_stopped (&region)) {
                continue;
            }
            faiss_pq_distance_table_by (pq, &columns, x + (size_t)i * pq->quantizer.d, table);
            faiss_region_note (
                &region, nearest_k (&finder, pq, table, k, distances + i * k, labels + i * k));
        }
        SumFinder_clear (&finder);
        free (table);
    }
    return faiss_region_close (&region);
}

/* ---- files and factory strings --------------------------------------------------------------- */

static FaissStatus MultiIndexQuantizer_write (const void *object, FaissIOWriter *w, int io_flags) {
    (void)io_flags;
    const FaissMultiIndexQuantizer *self = object;
    FAISS_TRY (faiss_write_tag (w, "Imiq"));
    FAISS_TRY (faiss_write_index_header (w, &self->index));
    return faiss_write_pq (w, &self->pq);
}

static FaissStatus MultiIndexQuantizer_read (void **out, FaissIOReader *r, uint32_t tag,
                                             int io_flags) {
    (void)tag, (void)io_flags;
    FAISS_OWNED (MultiIndexQuantizer) *self = NULL;
    FAISS_TRY (faiss_MultiIndexQuantizer_new (&self));
    FAISS_TRY (faiss_read_index_header (r, &self->index));
    FAISS_TRY (faiss_read_pq (r, &self->pq));
    FAISS_REQUIRE_FILE (r, self->pq.quantizer.d == (size_t)self->index.d,
                        "pq.d is %zu, expected d=%d", self->pq.quantizer.d, self->index.d);
    size_t n_bits = self->pq.M <= MAX_BITS ? self->pq.M * self->pq.nbits : MAX_BITS + 1;
    FAISS_REQUIRE_FILE (r, n_bits <= MAX_BITS, "pq.M * pq.nbits is more than %d", MAX_BITS);
    FAISS_REQUIRE_FILE (r,
                        self->index.ntotal == (idx_t)1 << n_bits ||
                            (!self->index.is_trained && self->index.ntotal == 0),
                        "ntotal is %lld, expected 2^%zu", (long long)self->index.ntotal, n_bits);
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

static FaissStatus MultiIndexQuantizer_describe (const void *object, FaissString *out) {
    const FaissMultiIndexQuantizer *self = object;
    return faiss_String_printf (out, "IMI%zux%zu", self->pq.M, self->pq.nbits);
}

/* IMI2x<nbits> */
static FaissStatus build_imi (const FaissFactoryContext *context, void *out) {
    enum { M = 2 };
    int nbits;
    FAISS_TRY (faiss_factory_int (context->groups[1], 0, &nbits));
    FAISS_REQUIRE (context->metric == METRIC_L2, "expected METRIC_L2 for an inverted multi-index");
    FaissMultiIndexQuantizer *quantizer = NULL;
    FAISS_TRY (faiss_MultiIndexQuantizer_new_with (&quantizer, context->d, M, (size_t)nbits));
    FaissFactoryCoarse coarse = {.quantizer = &quantizer->index,
                                 .nlist = (size_t)1 << (M * nbits),
                                 .quantizer_trains_alone = 1};
    memcpy (out, &coarse, sizeof coarse);
    return FAISS_OK;
}

static const FaissFactoryRule factory_rules[] = {
    {"IMI2x([0-9]+)", FAISS_FACTORY_COARSE, "IMI2x<nbits>",
     "2^(2 nbits) lists: pairs of centroids of two halves", build_imi},
    {0},
};

/* What a field was set to may not fit the others. */
static FaissStatus MultiIndexQuantizer_check (const void *object) {
    const FaissMultiIndexQuantizer *self = object;
    FAISS_REQUIRE (self->pq.quantizer.d == (size_t)self->index.d, "expected a pq of d=%d, got %zu",
                   self->index.d, self->pq.quantizer.d);
    return faiss_object_check (&self->pq);
}

FaissIndexClass faiss_MultiIndexQuantizer_class = {
    .head = {.name = "MultiIndexQuantizer",
             .parent = &faiss_Index_class.head,
             .instance_size = sizeof (FaissMultiIndexQuantizer),
             .table_size = sizeof (FaissIndexClass),
             .finalize = MultiIndexQuantizer_finalize,
             .check = MultiIndexQuantizer_check,
             .copy = MultiIndexQuantizer_copy,
             .tags = "Imiq",
             .read = MultiIndexQuantizer_read,
             .write = MultiIndexQuantizer_write,
             .factory = factory_rules,
             .describe = MultiIndexQuantizer_describe},
    .train = MultiIndexQuantizer_train,
    .add = MultiIndexQuantizer_add,
    .search = MultiIndexQuantizer_search,
    .reset = MultiIndexQuantizer_reset,
    .reconstruct = MultiIndexQuantizer_reconstruct,
};

/* ---- with an index per part ------------------------------------------------------------------ */

static FaissMultiIndexQuantizer2 *second (FaissIndex *index) {
    return FAISS_SELF (MultiIndexQuantizer2, index, index);
}

FaissStatus faiss_MultiIndexQuantizer2_new (FaissMultiIndexQuantizer2 **out) {
    FAISS_REQUIRE_ARG (out);
    FAISS_OWNED (MultiIndexQuantizer2) *self = NULL;
    FAISS_TRY (faiss_object_new (&self, &faiss_MultiIndexQuantizer2_class.head));
    FAISS_TRY (init (&self->miq, 0, 1, 0));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

FaissStatus faiss_MultiIndexQuantizer2_new_with (FaissMultiIndexQuantizer2 **out, int d, size_t M,
                                                 size_t nbits, FaissIndex **indexes) {
    FAISS_REQUIRE_ARG (out);
    FAISS_REQUIRE_ARG (indexes);
    FAISS_OWNED (MultiIndexQuantizer2) *self = NULL;
    FAISS_TRY (faiss_object_new (&self, &faiss_MultiIndexQuantizer2_class.head));
    FAISS_TRY (init (&self->miq, d, M, nbits));
    for (size_t m = 0; m < M; m++) {
        FAISS_REQUIRE (indexes[m], "index %zu is NULL", m);
        FAISS_REQUIRE ((size_t)indexes[m]->d == self->miq.pq.dsub,
                       "expected d=%zu of index %zu, got %d", self->miq.pq.dsub, m, indexes[m]->d);
    }
    FAISS_TRY (faiss_IndexPtrVector_assign (&self->assign_indexes, indexes, M));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

FaissStatus faiss_MultiIndexQuantizer2_new_with_two (FaissMultiIndexQuantizer2 **out, int d,
                                                     size_t nbits, FaissIndex *assign_index_0,
                                                     FaissIndex *assign_index_1) {
    FaissIndex *indexes[] = {assign_index_0, assign_index_1};
    return faiss_MultiIndexQuantizer2_new_with (out, d, 2, nbits, indexes);
}

void faiss_MultiIndexQuantizer2_free (FaissMultiIndexQuantizer2 *self) {
    faiss_object_free (self);
}

FaissMultiIndexQuantizer2 *faiss_MultiIndexQuantizer2_cast (FaissIndex *index) {
    return faiss_object_cast (index, &faiss_MultiIndexQuantizer2_class.head);
}

static void MultiIndexQuantizer2_finalize (void *object) {
    FaissMultiIndexQuantizer2 *self = object;
    for (size_t m = 0; self->own_fields && m < self->assign_indexes.size; m++) {
        faiss_Index_free (self->assign_indexes.data[m]);
    }
    faiss_IndexPtrVector_clear (&self->assign_indexes);
}

static FaissStatus MultiIndexQuantizer2_copy (void *object, const void *other_object) {
    FaissMultiIndexQuantizer2 *self = object;
    const FaissMultiIndexQuantizer2 *other = other_object;
    self->own_fields = true;
    FAISS_TRY (faiss_IndexPtrVector_resize (&self->assign_indexes, other->assign_indexes.size));
    for (size_t m = 0; m < other->assign_indexes.size; m++) {
        FAISS_TRY (
            faiss_object_clone (&self->assign_indexes.data[m], other->assign_indexes.data[m]));
    }
    return FAISS_OK;
}

static FaissStatus check_indexes (const char *function, const FaissMultiIndexQuantizer2 *self) {
    if (self->assign_indexes.size != self->miq.pq.M) {
        return faiss_fail_in (FAISS_EXCEPT, function, "expected M=%zu assign_indexes, got %zu",
                              self->miq.pq.M, self->assign_indexes.size);
    }
    return FAISS_OK;
}

static FaissStatus MultiIndexQuantizer2_train (FaissIndex *index, idx_t n, const float *x) {
    FaissMultiIndexQuantizer2 *self = second (index);
    const FaissProductQuantizer *pq = &self->miq.pq;
    FAISS_TRY (check_indexes (__func__, self));
    FAISS_TRY (MultiIndexQuantizer_train (index, n, x));
    for (size_t m = 0; m < pq->M; m++) {
        FaissIndex *part = self->assign_indexes.data[m];
        const float *centroids = pq->centroids.data + m * pq->ksub * pq->dsub;
        if (part->ntotal > 0) {
            FAISS_TRY (faiss_Index_reset (part));
        }
        if (!part->is_trained) {
            FAISS_TRY (faiss_Index_train (part, (idx_t)pq->ksub, centroids));
        }
        FAISS_TRY (faiss_Index_add (part, (idx_t)pq->ksub, centroids));
    }
    return FAISS_OK;
}

/* The k nearest of every part, for n queries: part after part. */
static FaissStatus search_parts (const FaissMultiIndexQuantizer2 *self, idx_t n, const float *x,
                                 idx_t k, float *distances, idx_t *labels) {
    const FaissProductQuantizer *pq = &self->miq.pq;
    FAISS_AUTO_FREE (float) *parts = NULL;
    FAISS_TRY (faiss_alloc (&parts, (size_t)n * pq->dsub, sizeof *parts));
    for (size_t m = 0; m < pq->M; m++) {
        for (size_t i = 0; i < (size_t)n; i++) {
            memcpy (parts + i * pq->dsub, x + i * pq->quantizer.d + m * pq->dsub,
                    pq->dsub * sizeof *parts);
        }
        size_t offset = m * (size_t)n * (size_t)k;
        FAISS_TRY (faiss_Index_search (self->assign_indexes.data[m], n, parts, k,
                                       distances + offset, labels + offset));
    }
    return FAISS_OK;
}

/* @param found, where  of the parts: part, query, rank */
static FaissStatus combine_one (SumFinder *finder, size_t n, size_t query, size_t n_ranks,
                                const float *found, const idx_t *where, idx_t k, float *distances,
                                idx_t *labels) {
    for (size_t m = 0; m < finder->M; m++) {
        size_t offset = (m * n + query) * n_ranks, present = 0;
        for (size_t i = 0; i < n_ranks; i++) {
            if (where[offset + i] >= 0) {
                finder->parts[m].entries[present++] =
                    (Entry){found[offset + i], (uint32_t)where[offset + i]};
            }
        }
        start_part (&finder->parts[m], present);
    }
    return find_sums (finder, k, distances, labels);
}

static FaissStatus MultiIndexQuantizer2_search (const FaissIndex *index, idx_t n, const float *x,
                                                idx_t k, const FaissSearchParameters *params,
                                                float *distances, idx_t *labels) {
    const FaissMultiIndexQuantizer2 *self = FAISS_CONST_SELF (MultiIndexQuantizer2, index, index);
    const FaissProductQuantizer *pq = &self->miq.pq;
    FAISS_REQUIRE (!params || !params->sel, "selectors are not supported for this index");
    FAISS_TRY (faiss_pq_check (__func__, pq));
    FAISS_TRY (check_indexes (__func__, self));
    size_t n_ranks = (size_t)k < pq->ksub ? (size_t)k : pq->ksub;
    FAISS_AUTO_FREE (float) *found = NULL;
    FAISS_AUTO_FREE (idx_t) *where = NULL;
    FAISS_TRY (faiss_alloc (&found, (size_t)n * pq->M * n_ranks, sizeof *found));
    FAISS_TRY (faiss_alloc (&where, (size_t)n * pq->M * n_ranks, sizeof *where));
    FAISS_TRY (search_parts (self, n, x, (idx_t)n_ranks, found, where));
    FaissRegion region = {0};
#pragma omp parallel num_threads(faiss_threads_for(n))
    {
        SumFinder finder;
        faiss_region_note (&region, SumFinder_init (&finder, pq, n_ranks));
#pragma omp for schedule(dynamic, 8)
        for (idx_t i = 0; i < n; i++) {
            if (!faiss_region_stopped (&region)) {
                faiss_region_note (&region,
                                   combine_one (&finder, (size_t)n, (size_t)i, n_ranks, found,
                                                where, k, distances + i * k, labels + i * k));
            }
        }
        SumFinder_clear (&finder);
    }
    return faiss_region_close (&region);
}

FaissIndexClass faiss_MultiIndexQuantizer2_class = {
    .head = {.name = "MultiIndexQuantizer2",
             .parent = &faiss_MultiIndexQuantizer_class.head,
             .instance_size = sizeof (FaissMultiIndexQuantizer2),
             .table_size = sizeof (FaissIndexClass),
             .finalize = MultiIndexQuantizer2_finalize,
             .copy = MultiIndexQuantizer2_copy},
    .train = MultiIndexQuantizer2_train,
    .search = MultiIndexQuantizer2_search,
};
