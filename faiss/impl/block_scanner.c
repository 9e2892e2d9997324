/* Scanners of inverted lists that compare the query with many codes at once. */
#include <faiss/impl/block_scanner.h>

#include <string.h>

#include <faiss/impl/check.h>
#include <faiss/kernels/kernels.h>
#include <faiss/utils/Heap.h>

/* ---- which codes ----------------------------------------------------------------------------- */

/* Between two looks at whether the caller asks for the end. A selector of his may be slow. */
enum { CODES_PER_CHECK = 8192, TESTS_PER_CHECK = 1024 };

/* A list that is scanned, and the run of codes that is compared next. */
typedef struct Runs {
    const FaissBlockScanner *self;
    size_t n;
    const uint8_t *codes;
    const idx_t *ids;
    FaissIndexIVFStats *counts;
    size_t begin, size; /* the run */
    size_t next;        /* the first code that was not looked at */
    size_t tested;      /* the first code that was not tested; of the last ones: */
    size_t first_tested;
    bool passes[FAISS_SCAN_BLOCK];
    size_t next_check; /* where the caller may next ask for the end */
    FaissStatus status;
} Runs;

/* Test the next codes together. */
static void test (Runs *runs) {
    const FaissBlockScanner *self = runs->self;
    uint32_t positions[FAISS_SCAN_BLOCK];
    size_t i = runs->tested, n = runs->n - i < FAISS_SCAN_BLOCK ? runs->n - i : FAISS_SCAN_BLOCK;
    memset (runs->passes, 0, n);
    size_t n_passing =
        self->find_passing (self, n, runs->codes + i * self->scanner.code_size, positions);
    for (size_t j = 0; j < n_passing; j++) {
        runs->passes[positions[j]] = true;
    }
    runs->first_tested = i;
    runs->tested = i + n;
}

static bool is_wanted (Runs *runs, size_t i) {
    const FaissInvertedListScanner *scanner = &runs->self->scanner;
    if (scanner->sel && !scanner->sel->cls->is_member (scanner->sel, runs->ids[i])) {
        return false;
    }
    runs->counts->ndis++;
    if (!runs->self->find_passing) {
        return true;
    }
    while (i >= runs->tested) {
        test (runs);
    }
    bool passes = runs->passes[i - runs->first_tested];
    ((FaissBlockScanner *)runs->self)->n_passed += passes; /* a count, not what it searches with */
    return passes;
}

/* Is it over, though there are more codes? */
static bool is_stopped (Runs *runs, size_t i) {
    if (i >= runs->next_check && i < runs->n) {
        runs->next_check = i + (runs->self->scanner.sel ? TESTS_PER_CHECK : CODES_PER_CHECK);
        runs->status = faiss_check_interrupt ();
    }
    return runs->status != FAISS_OK;
}

/* Move to the next run: codes in a row that are all wanted. False at the end, and if the caller
 * asked for the end. */
static bool next_run (Runs *runs) {
    size_t i = runs->next, n = runs->n;
    if (is_stopped (runs, i)) {
        return false;
    }
    if (!runs->self->scanner.sel && !runs->self->find_passing) {
        runs->begin = i;
        runs->size = n - i < FAISS_SCAN_BLOCK ? n - i : FAISS_SCAN_BLOCK;
        runs->next = i + runs->size;
        runs->counts->ndis += runs->size;
        return runs->size > 0;
    }
    while (i < n && !is_wanted (runs, i)) {
        if (is_stopped (runs, ++i)) {
            return false;
        }
    }
    runs->begin = i;
    size_t end = n - i < FAISS_SCAN_BLOCK ? n : i + FAISS_SCAN_BLOCK;
    bool wanted = i < n;
    while (wanted && ++i < end) {
        wanted = is_wanted (runs, i);
    }
    runs->size = i - runs->begin;
    runs->next = i < end ? i + 1 : i; /* what ended the run was looked at */
    return runs->size > 0;
}

static void compute_run (const Runs *runs, float *distances) {
    const FaissBlockScanner *self = runs->self;
    self->compute (self, runs->size, runs->codes + runs->begin * self->scanner.code_size,
                   distances);
}

static idx_t label_of (const Runs *runs, size_t position) {
    const FaissInvertedListScanner *scanner = &runs->self->scanner;
    size_t i = runs->begin + position;
    return scanner->store_pairs ? faiss_lo_build (scanner->list_no, (idx_t)i) : runs->ids[i];
}

static void begin_runs (Runs *out, const FaissInvertedListScanner *scanner, size_t n,
                        const uint8_t *codes, const idx_t *ids, FaissIndexIVFStats *counts) {
    out->self = (const FaissBlockScanner *)scanner;
    out->n = n;
    out->codes = codes;
    out->ids = ids;
    out->counts = counts;
    out->next = out->tested = 0;
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
    Runs runs;
    begin_runs (&runs, scanner, n, codes, ids, counts);
    while (next_run (&runs)) {
        compute_run (&runs, distances);
        size_t n_found = find (distances, runs.size, heap_distances[0], found);
        for (size_t j = 0; j < n_found; j++) {
            counts->nheap_updates +=
                faiss_heap_offer_unordered (is_similarity, k, heap_distances, heap_labels,
                                            distances[found[j]], label_of (&runs, found[j]));
        }
    }
    return runs.status;
}

static FaissStatus BlockScanner_scan_codes_handler (const FaissInvertedListScanner *scanner,
                                                    size_t n, const uint8_t *codes,
                                                    const idx_t *ids, FaissResultHandler *handler,
                                                    FaissIndexIVFStats *counts) {
    float distances[FAISS_SCAN_BLOCK];
    Runs runs;
    begin_runs (&runs, scanner, n, codes, ids, counts);
    while (next_run (&runs)) {
        compute_run (&runs, distances);
        for (size_t j = 0; j < runs.size; j++) {
            if (scanner->keep_max ? distances[j] > handler->threshold
                                  : distances[j] < handler->threshold) {
                counts->nheap_updates++;
                FAISS_TRY (handler->add_result (handler, distances[j], label_of (&runs, j)));
            }
        }
    }
    return runs.status;
}

static FaissStatus BlockScanner_scan_codes_range (const FaissInvertedListScanner *scanner, size_t n,
                                                  const uint8_t *codes, const idx_t *ids,
                                                  float radius, FaissRangeQueryResult *result,
                                                  FaissIndexIVFStats *counts) {
    float distances[FAISS_SCAN_BLOCK];
    Runs runs;
    begin_runs (&runs, scanner, n, codes, ids, counts);
    while (next_run (&runs)) {
        compute_run (&runs, distances);
        for (size_t j = 0; j < runs.size; j++) {
            if (scanner->keep_max ? distances[j] > radius : distances[j] < radius) {
                FAISS_TRY (faiss_RangeQueryResult_add (result, distances[j], label_of (&runs, j)));
            }
        }
    }
    return runs.status;
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
