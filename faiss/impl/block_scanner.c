/* Scanners of inverted lists that compare the query with many codes at once. */
#include <faiss/impl/block_scanner.h>

#include <string.h>

#include <faiss/impl/check.h>
#include <faiss/kernels/kernels.h>
#include <faiss/utils/Heap.h>

/* ---- which codes ----------------------------------------------------------------------------- */

/* Between two looks at whether the caller asks for the end. A selector of his may be slow. */
enum { CODES_PER_CHECK = 8192, TESTS_PER_CHECK = 1024 };

enum { MAX_PREFETCH = 1024 }; /* bytes of a code */

/* A list that is scanned, and the block of it that is compared next. */
typedef struct Blocks {
    const FaissBlockScanner *self;
    size_t n;
    const uint8_t *codes;
    const idx_t *ids;
    FaissIndexIVFStats *counts;
    size_t begin, size; /* the block */
    size_t n_wanted;    /* codes of the block that are compared: all, or those at `wanted` */
    uint32_t wanted[FAISS_SCAN_BLOCK];
    size_t next_check; /* where the caller may next ask for the end */
    FaissStatus status;
} Blocks;

static const uint8_t *code_of (const Blocks *blocks, size_t position) {
    return blocks->codes + (blocks->begin + position) * blocks->self->scanner.code_size;
}

/* Those that the selector lets through. */
static void select_codes (Blocks *blocks) {
    const FaissIDSelector *sel = blocks->self->scanner.sel;
    const idx_t *ids = blocks->ids + blocks->begin;
    bool (*is_member) (const FaissIDSelector *, idx_t) = sel->cls->is_member;
    size_t n = 0;
    for (size_t i = 0; i < blocks->size; i++) { /* no branch to mispredict */
        blocks->wanted[n] = (uint32_t)i;
        n += is_member (sel, ids[i]);
    }
    blocks->n_wanted = n;
}

/* And of these, those that pass the scanner's own test. */
static void test_codes (Blocks *blocks) {
    const FaissBlockScanner *self = blocks->self;
    uint32_t positions[FAISS_SCAN_BLOCK];
    bool passes[FAISS_SCAN_BLOCK] = {0};
    size_t n_passing = self->find_passing (self, blocks->size, code_of (blocks, 0), positions);
    for (size_t j = 0; j < n_passing; j++) {
        passes[positions[j]] = true;
    }
    size_t n = 0;
    for (size_t j = 0; j < blocks->n_wanted; j++) {
        uint32_t i = self->scanner.sel ? blocks->wanted[j] : (uint32_t)j;
        blocks->wanted[n] = i;
        n += passes[i];
    }
    blocks->n_wanted = n;
    ((FaissBlockScanner *)self)->n_passed += n; /* a count, not what it searches with */
}

/* Is it over, though there are more codes? */
static bool is_stopped (Blocks *blocks) {
    size_t i = blocks->begin;
    if (i >= blocks->next_check && i < blocks->n) {
        blocks->next_check = i + (blocks->self->scanner.sel ? TESTS_PER_CHECK : CODES_PER_CHECK);
        blocks->status = faiss_check_interrupt ();
    }
    return blocks->status != FAISS_OK;
}

/* Move to the next block with codes that are wanted. False at the end, and if the caller asked for
 * the end. */
static bool next_block (Blocks *blocks) {
    do {
        blocks->begin += blocks->size;
        size_t left = blocks->n - blocks->begin;
        blocks->size = left < FAISS_SCAN_BLOCK ? left : FAISS_SCAN_BLOCK;
        if (blocks->size == 0 || is_stopped (blocks)) {
            return false;
        }
        blocks->n_wanted = blocks->size;
        if (blocks->self->scanner.sel) {
            select_codes (blocks);
        }
        blocks->counts->ndis += blocks->n_wanted;
        if (blocks->self->find_passing && blocks->n_wanted > 0) {
            test_codes (blocks);
        }
    } while (blocks->n_wanted == 0);
    return true;
}

/* The distances of those that are wanted; of most of a block they are had with all others' sooner
 * than one by one. */
static void compute_wanted (const Blocks *blocks, float *distances) {
    const FaissBlockScanner *self = blocks->self;
    size_t n = blocks->n_wanted;
    if (2 * n > blocks->size) {
        self->compute (self, blocks->size, code_of (blocks, 0), distances);
        for (size_t j = 0; n < blocks->size && j < n; j++) {
            distances[j] = distances[blocks->wanted[j]];
        }
        return;
    }
    for (size_t j = 0; j < n; j++) {
        const uint8_t *code = code_of (blocks, blocks->wanted[j]);
        for (size_t at = 0; at < self->scanner.code_size && at < MAX_PREFETCH; at += 64) {
            __builtin_prefetch (code + at);
        }
    }
    for (size_t begin = 0, end; begin < n; begin = end) { /* codes in a row together */
        size_t first = blocks->wanted[begin];
        for (end = begin + 1; end < n && blocks->wanted[end] == first + (end - begin);) {
            end++;
        }
        self->compute (self, end - begin, code_of (blocks, first), distances + begin);
    }
}

static idx_t label_of (const Blocks *blocks, size_t j) {
    const FaissInvertedListScanner *scanner = &blocks->self->scanner;
    size_t i = blocks->begin + (blocks->n_wanted < blocks->size ? blocks->wanted[j] : j);
    return scanner->store_pairs ? faiss_lo_build (scanner->list_no, (idx_t)i) : blocks->ids[i];
}

static void begin_blocks (Blocks *out, const FaissInvertedListScanner *scanner, size_t n,
                          const uint8_t *codes, const idx_t *ids, FaissIndexIVFStats *counts) {
    out->self = (const FaissBlockScanner *)scanner;
    out->n = n;
    out->codes = codes;
    out->ids = ids;
    out->counts = counts;
    out->begin = out->size = 0;
    out->next_check = scanner->sel ? TESTS_PER_CHECK : CODES_PER_CHECK;
    out->status = FAISS_OK;
}

/* ---- where they go --------------------------------------------------------------------------- */

static float BlockScanner_distance_to_code (const FaissInvertedListScanner *scanner,
                                            const uint8_t *code) {
    const FaissBlockScanner *self = (const FaissBlockScanner *)scanner;
    float distance;
    self->compute (self, 1, code, &distance);
    return distance;
}

static FaissStatus BlockScanner_scan_codes (const FaissInvertedListScanner *scanner, size_t n,
                                            const uint8_t *codes, const idx_t *ids,
                                            float *heap_distances, idx_t *heap_labels, size_t k,
                                            FaissIndexIVFStats *counts) {
    bool is_similarity = scanner->keep_max;
    size_t (*find) (const float *, size_t, float, uint32_t *) =
        is_similarity ? faiss_kernels.find_at_least : faiss_kernels.find_at_most;
    float distances[FAISS_SCAN_BLOCK];
    uint32_t found[FAISS_SCAN_BLOCK];
    Blocks blocks;
    begin_blocks (&blocks, scanner, n, codes, ids, counts);
    while (next_block (&blocks)) {
        compute_wanted (&blocks, distances);
        size_t n_found = find (distances, blocks.n_wanted, heap_distances[0], found);
        for (size_t j = 0; j < n_found; j++) {
            counts->nheap_updates +=
                faiss_heap_offer_unordered (is_similarity, k, heap_distances, heap_labels,
                                            distances[found[j]], label_of (&blocks, found[j]));
        }
    }
    return blocks.status;
}

static FaissStatus BlockScanner_scan_codes_handler (const FaissInvertedListScanner *scanner,
                                                    size_t n, const uint8_t *codes,
                                                    const idx_t *ids, FaissResultHandler *handler,
                                                    FaissIndexIVFStats *counts) {
    float distances[FAISS_SCAN_BLOCK];
    Blocks blocks;
    begin_blocks (&blocks, scanner, n, codes, ids, counts);
    while (next_block (&blocks)) {
        compute_wanted (&blocks, distances);
        for (size_t j = 0; j < blocks.n_wanted; j++) {
            if (scanner->keep_max ? distances[j] > handler->threshold
                                  : distances[j] < handler->threshold) {
                counts->nheap_updates++;
                FAISS_TRY (handler->add_result (handler, distances[j], label_of (&blocks, j)));
            }
        }
    }
    return blocks.status;
}

static FaissStatus BlockScanner_scan_codes_range (const FaissInvertedListScanner *scanner, size_t n,
                                                  const uint8_t *codes, const idx_t *ids,
                                                  float radius, FaissRangeQueryResult *result,
                                                  FaissIndexIVFStats *counts) {
    float distances[FAISS_SCAN_BLOCK];
    Blocks blocks;
    begin_blocks (&blocks, scanner, n, codes, ids, counts);
    while (next_block (&blocks)) {
        compute_wanted (&blocks, distances);
        for (size_t j = 0; j < blocks.n_wanted; j++) {
            if (scanner->keep_max ? distances[j] > radius : distances[j] < radius) {
                FAISS_TRY (
                    faiss_RangeQueryResult_add (result, distances[j], label_of (&blocks, j)));
            }
        }
    }
    return blocks.status;
}

/* ---- the object ------------------------------------------------------------------------------ */

FaissStatus faiss_BlockScanner_set_list (FaissInvertedListScanner *scanner, idx_t list_no,
                                         float coarse_dis) {
    (void)coarse_dis;
    scanner->list_no = list_no;
    return FAISS_OK;
}

void faiss_BlockScanner_fill (FaissBlockScanner *self, FaissMetricType metric, size_t code_size,
                              bool store_pairs, const FaissIDSelector *sel,
                              void (*compute) (const FaissBlockScanner *self, size_t n,
                                               const uint8_t *codes, float *distances)) {
    *self = (FaissBlockScanner){
        .scanner = {.list_no = -1,
                    .keep_max = faiss_is_similarity_metric (metric),
                    .store_pairs = store_pairs,
                    .sel = sel,
                    .code_size = code_size,
                    .set_list = faiss_BlockScanner_set_list,
                    .distance_to_code = BlockScanner_distance_to_code,
                    .scan_codes = BlockScanner_scan_codes,
                    .scan_codes_handler = BlockScanner_scan_codes_handler,
                    .scan_codes_range = BlockScanner_scan_codes_range},
        .compute = compute,
    };
}

FaissStatus faiss_BlockScanner_init (FaissBlockScanner *self, const FaissIndexIVF *index,
                                     bool store_pairs, const FaissIDSelector *sel,
                                     void (*compute) (const FaissBlockScanner *self, size_t n,
                                                      const uint8_t *codes, float *distances)) {
    if (sel && store_pairs) {
        return faiss_fail (FAISS_EXCEPT,
                           "Error in %s_get_InvertedListScanner: a selector does not "
                           "go with store_pairs: it selects ids",
                           faiss_Index_class_name (&index->index));
    }
    faiss_BlockScanner_fill (self, index->index.metric_type, index->code_size, store_pairs, sel,
                             compute);
    return FAISS_OK;
}
