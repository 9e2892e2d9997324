/* Inverted files of full vectors, of most of which a search reads only a part. */
#include <faiss/IndexIVFFlatPanorama.h>

#include <math.h>
#include <string.h>

#include <faiss/impl/check.h>
#include <faiss/impl/factory_rule.h>
#include <faiss/impl/io_fields.h>
#include <faiss/impl/ivf_internal.h>
#include <faiss/impl/panorama_search.h>
#include <faiss/invlists/ArrayInvertedListsPanorama.h>
#include <faiss/kernels/kernels.h>
#include <faiss/utils/Heap.h>

/* ---- life ------------------------------------------------------------------------------------ */

static FaissStatus init (FaissIndexIVFFlatPanorama *self, FaissIndex *quantizer, size_t d,
                         size_t nlist, size_t n_levels, FaissMetricType metric, bool own_invlists,
                         size_t batch_size) {
    FAISS_REQUIRE (metric == METRIC_L2 || metric == METRIC_INNER_PRODUCT,
                   "expected METRIC_L2 or METRIC_INNER_PRODUCT, got metric_type=%d", (int)metric);
    FAISS_TRY (faiss_IndexIVFFlat_init (&self->ivf_flat, quantizer, d, nlist, metric, false));
    self->n_levels = n_levels;
    self->batch_size = batch_size;
    if (own_invlists) {
        FaissArrayInvertedListsPanorama *lists = NULL;
        FAISS_TRY (faiss_ArrayInvertedListsPanorama_new_with (&lists, nlist, self->ivf.code_size,
                                                              n_levels, batch_size));
        self->ivf.invlists = &lists->lists;
        self->ivf.own_invlists = true;
    }
    return FAISS_OK;
}

static FaissStatus new_index (FaissIndexIVFFlatPanorama **out, FaissIndex *quantizer, size_t d,
                              size_t nlist, size_t n_levels, FaissMetricType metric,
                              bool own_invlists, size_t batch_size) {
    FAISS_OWNED (IndexIVFFlatPanorama) *self = NULL;
    FAISS_TRY (faiss_object_new (&self, &faiss_IndexIVFFlatPanorama_class.index.head));
    FAISS_TRY (init (self, quantizer, d, nlist, n_levels, metric, own_invlists, batch_size));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

FaissStatus faiss_IndexIVFFlatPanorama_new (FaissIndexIVFFlatPanorama **out) {
    FAISS_REQUIRE_ARG (out);
    return new_index (out, NULL, 0, 0, 0, METRIC_L2, true, FAISS_PANORAMA_DEFAULT_BATCH_SIZE);
}

FaissStatus faiss_IndexIVFFlatPanorama_new_with (FaissIndexIVFFlatPanorama **out,
                                                 FaissIndex *quantizer, size_t d, size_t nlist,
                                                 int n_levels, FaissMetricType metric,
                                                 bool own_invlists, size_t batch_size) {
    FAISS_REQUIRE_ARG (out);
    FAISS_REQUIRE_ARG (quantizer);
    FAISS_REQUIRE (n_levels >= 1, "expected n_levels >= 1, got %d", n_levels);
    return new_index (out, quantizer, d, nlist, (size_t)n_levels, metric, own_invlists, batch_size);
}

void faiss_IndexIVFFlatPanorama_free (FaissIndexIVFFlatPanorama *self) {
    faiss_object_free (self);
}

FaissIndexIVFFlatPanorama *faiss_IndexIVFFlatPanorama_cast (FaissIndex *index) {
    return faiss_object_cast (index, &faiss_IndexIVFFlatPanorama_class.index.head);
}

static FaissStatus IndexIVFFlatPanorama_copy (void *object, const void *other_object) {
    FaissIndexIVFFlatPanorama *self = object;
    const FaissIndexIVFFlatPanorama *other = other_object;
    self->n_levels = other->n_levels;
    self->batch_size = other->batch_size;
    return FAISS_OK;
}

static FaissStatus lists_of (const FaissIndexIVF *self,
                             const FaissArrayInvertedListsPanorama **out) {
    *out = faiss_object_cast (self->invlists, &faiss_ArrayInvertedListsPanorama_class.head);
    return *out ? FAISS_OK
                : faiss_fail (FAISS_EXCEPT,
                              "Error in %s: expected ArrayInvertedListsPanorama as inverted "
                              "lists, got %s",
                              faiss_Index_class_name (&self->index),
                              self->invlists ? faiss_object_class (self->invlists)->name : "NULL");
}

static FaissStatus IndexIVFFlatPanorama_reconstruct_from_offset (const FaissIndexIVF *self,
                                                                 int64_t list_no, int64_t offset,
                                                                 float *recons) {
    const FaissArrayInvertedListsPanorama *lists;
    FAISS_TRY (lists_of (self, &lists));
    faiss_Panorama_reconstruct (&lists->pano, offset, recons,
                                lists->lists.cls->get_codes (&lists->lists, (size_t)list_no));
    return FAISS_OK;
}

/* ---- the scanner ----------------------------------------------------------------------------- */

enum { FIRST_BLOCK = 32 }; /* before there are results nothing can be dropped: begin with a few */

typedef struct Scanner {
    FaissInvertedListScanner base;
    const FaissArrayInvertedListsPanorama *lists;
    FaissPanoramaQuery *query;
    const uint8_t *codes; /* of the list */
    const float *sums;
    size_t size;
    float *row; /* a vector that is not in the list */
} Scanner;

static FaissStatus Scanner_set_query (FaissInvertedListScanner *scanner, const float *x) {
    faiss_panorama_query_set (((Scanner *)scanner)->query, x);
    return FAISS_OK;
}

static FaissStatus Scanner_set_list (FaissInvertedListScanner *scanner, idx_t list_no,
                                     float coarse_dis) {
    Scanner *self = (Scanner *)scanner;
    const FaissInvertedLists *lists = &self->lists->lists;
    (void)coarse_dis;
    FAISS_REQUIRE (list_no >= 0 && (size_t)list_no < lists->nlist,
                   "expected a list below nlist=%zu, got %lld", lists->nlist, (long long)list_no);
    scanner->list_no = list_no;
    self->codes = lists->cls->get_codes (lists, (size_t)list_no);
    self->sums = faiss_ArrayInvertedListsPanorama_get_cum_sums (self->lists, (size_t)list_no);
    self->size = lists->cls->list_size (lists, (size_t)list_no);
    return FAISS_OK;
}

static float Scanner_distance_to_code (const FaissInvertedListScanner *scanner,
                                       const uint8_t *code) {
    const Scanner *self = (const Scanner *)scanner;
    memcpy (self->row, code, scanner->code_size);
    return (self->query->is_similarity
                ? faiss_kernels.fvec_inner_product
                : faiss_kernels.fvec_L2sqr) (self->query->x, self->row, self->query->layout->d);
}

enum { VECTORS_PER_CHECK = 2048 };

/* What is scanned, by blocks. Vectors from elsewhere than the list are rows. */
typedef struct Scan {
    const Scanner *self;
    size_t n, next;    /* vectors; those that were looked at */
    size_t next_check; /* where the caller may next ask for the end */
    FaissStatus status;
    size_t first;        /* the position in the list of the first one */
    const uint8_t *rows; /* NULL: they are in the list */
    const idx_t *ids;
    FaissIndexIVFStats *counts;
    /* the block */
    size_t n_found;
    uint32_t found[FAISS_PANORAMA_BLOCK]; /* positions among the n */
    float distances[FAISS_PANORAMA_BLOCK];
} Scan;

static void open_scan (Scan *scan, const FaissInvertedListScanner *scanner, size_t n,
                       const uint8_t *codes, const idx_t *ids, FaissIndexIVFStats *counts) {
    const Scanner *self = (const Scanner *)scanner;
    size_t offset = (size_t)((uintptr_t)codes - (uintptr_t)self->codes) / scanner->code_size;
    bool is_list = codes >= self->codes && offset <= self->size && n <= self->size - offset;
    scan->self = self;
    scan->n = n;
    scan->next = 0;
    scan->next_check = VECTORS_PER_CHECK;
    scan->status = FAISS_OK;
    scan->first = is_list ? offset : 0;
    scan->rows = is_list ? NULL : codes;
    scan->ids = ids;
    scan->counts = counts;
}

static bool is_wanted (const Scan *scan, size_t i) {
    const FaissIDSelector *sel = scan->self->base.sel;
    return !sel || sel->cls->is_member (sel, scan->ids[i]);
}

/* Compare vectors that lie in one batch, at most so many. */
static void scan_part (Scan *scan, float bound, size_t most) {
    const Scanner *self = scan->self;
    const FaissPanorama *layout = self->query->layout;
    size_t B = layout->batch_size, begin = scan->next, position = scan->first + begin;
    size_t batch = position / B, at = position % B, end = begin + most;
    end = end < scan->n ? end : scan->n;
    end = end - begin < B - at ? end : begin + B - at;
    size_t n = 0;
    for (size_t i = begin; i < end; i++) {
        if (is_wanted (scan, i)) {
            scan->found[n++] = (uint32_t)(at + i - begin);
        }
    }
    scan->counts->ndis += n;
    n = faiss_panorama_scan (self->query, faiss_panorama_batch_codes (layout, self->codes, batch),
                             faiss_panorama_batch_sums (layout, self->sums, batch), bound, n,
                             scan->found, scan->distances);
    for (size_t i = 0; i < n; i++) {
        scan->found[i] = (uint32_t)(scan->found[i] - at); /* relative to begin */
    }
    scan->n_found = n;
    scan->next = end;
}

static void scan_row (Scan *scan) {
    size_t i = scan->next++;
    scan->n_found = 0;
    if (is_wanted (scan, i)) {
        scan->counts->ndis++;
        scan->found[0] = 0;
        scan->distances[0] = Scanner_distance_to_code (&scan->self->base,
                                                       scan->rows + i * scan->self->base.code_size);
        scan->n_found = 1;
    }
}

/* The next block's vectors that may be better than the bound: found[] from *begin on. False at the
 * end, and if the caller asks for it. */
static bool next_block (Scan *scan, float bound, size_t most, size_t *begin) {
    *begin = scan->next;
    if (scan->next >= scan->next_check && scan->next < scan->n) {
        scan->next_check = scan->next + VECTORS_PER_CHECK;
        scan->status = faiss_check_interrupt ();
    }
    if (scan->next == scan->n || scan->status != FAISS_OK) {
        return false;
    }
    if (scan->rows) {
        scan_row (scan);
    } else {
        scan_part (scan, bound, most);
    }
    return true;
}

static idx_t label_of (const Scan *scan, size_t i) {
    const FaissInvertedListScanner *scanner = &scan->self->base;
    return scanner->store_pairs ? faiss_lo_build (scanner->list_no, (idx_t)(scan->first + i))
                                : scan->ids[i];
}

static FaissStatus Scanner_scan_codes (const FaissInvertedListScanner *scanner, size_t n,
                                       const uint8_t *codes, const idx_t *ids, float *distances,
                                       idx_t *labels, size_t k, FaissIndexIVFStats *counts) {
    Scan scan;
    size_t begin;
    open_scan (&scan, scanner, n, codes, ids, counts);
    while (next_block (&scan, distances[0], labels[0] < 0 ? FIRST_BLOCK : FAISS_PANORAMA_BLOCK,
                       &begin)) {
        for (size_t j = 0; j < scan.n_found; j++) {
            counts->nheap_updates += faiss_heap_offer_unordered (
                scanner->keep_max, k, distances, labels, scan.distances[j],
                label_of (&scan, begin + scan.found[j]));
        }
    }
    return scan.status;
}

static FaissStatus Scanner_scan_codes_handler (const FaissInvertedListScanner *scanner, size_t n,
                                               const uint8_t *codes, const idx_t *ids,
                                               FaissResultHandler *handler,
                                               FaissIndexIVFStats *counts) {
    Scan scan;
    size_t begin;
    open_scan (&scan, scanner, n, codes, ids, counts);
    while (next_block (&scan, handler->threshold, FAISS_PANORAMA_BLOCK, &begin)) {
        for (size_t j = 0; j < scan.n_found; j++) {
            float distance = scan.distances[j];
            if (scanner->keep_max ? distance > handler->threshold : distance < handler->threshold) {
                counts->nheap_updates++;
                FAISS_TRY (handler->add_result (handler, distance,
                                                label_of (&scan, begin + scan.found[j])));
            }
        }
    }
    return scan.status;
}

static FaissStatus Scanner_scan_codes_range (const FaissInvertedListScanner *scanner, size_t n,
                                             const uint8_t *codes, const idx_t *ids, float radius,
                                             FaissRangeQueryResult *result,
                                             FaissIndexIVFStats *counts) {
    Scan scan;
    size_t begin;
    open_scan (&scan, scanner, n, codes, ids, counts);
    while (next_block (&scan, radius, FAISS_PANORAMA_BLOCK, &begin)) {
        for (size_t j = 0; j < scan.n_found; j++) {
            float distance = scan.distances[j];
            if (scanner->keep_max ? distance > radius : distance < radius) {
                FAISS_TRY (faiss_RangeQueryResult_add (result, distance,
                                                       label_of (&scan, begin + scan.found[j])));
            }
        }
    }
    return scan.status;
}

static void Scanner_free (FaissInvertedListScanner *scanner) {
    Scanner *self = (Scanner *)scanner;
    if (self->query) {
        faiss_panorama_query_free (self->query);
    }
    free (self->query);
    free (self->row);
    free (self);
}

static FaissStatus open_scanner (Scanner *self, const FaissIndexIVF *index) {
    FAISS_TRY (lists_of (index, &self->lists));
    FAISS_TRY (faiss_alloc (&self->row, (size_t)index->index.d, sizeof *self->row));
    FAISS_TRY (faiss_alloc_zeroed (&self->query, 1, sizeof *self->query));
    return faiss_panorama_query_init (self->query, &self->lists->pano, self->base.keep_max);
}

static FaissStatus IndexIVFFlatPanorama_get_InvertedListScanner (
    const FaissIndexIVF *index, bool store_pairs, const FaissIDSelector *sel,
    const FaissSearchParametersIVF *params, FaissInvertedListScanner **out) {
    (void)params;
    FAISS_REQUIRE (!sel || !store_pairs, "a selector does not go with store_pairs: it selects ids");
    Scanner *self = NULL;
    FAISS_TRY (faiss_alloc_zeroed (&self, 1, sizeof *self));
    self->base = (FaissInvertedListScanner){
        .list_no = -1,
        .keep_max = faiss_is_similarity_metric (index->index.metric_type),
        .store_pairs = store_pairs,
        .sel = sel,
        .code_size = index->code_size,
        .set_query = Scanner_set_query,
        .set_list = Scanner_set_list,
        .distance_to_code = Scanner_distance_to_code,
        .scan_codes = Scanner_scan_codes,
        .scan_codes_handler = Scanner_scan_codes_handler,
        .scan_codes_range = Scanner_scan_codes_range,
        .free = Scanner_free,
    };
    FaissStatus status = open_scanner (self, index);
    if (status != FAISS_OK) {
        Scanner_free (&self->base);
        return status;
    }
    *out = &self->base;
    return FAISS_OK;
}

/* ---- files and factory strings --------------------------------------------------------------- */

static FaissStatus read_fields (FaissIndexIVFFlatPanorama *self, FaissIOReader *reader,
                                uint32_t tag, int io_flags) {
    FAISS_TRY (faiss_IndexIVF_read_header (&self->ivf, reader));
    FAISS_TRY (faiss_read_size (reader, &self->n_levels, "n_levels"));
    if (tag == FAISS_FOURCC ("IwP2")) {
        FAISS_TRY (faiss_read_size (reader, &self->batch_size, "batch_size"));
        FAISS_REQUIRE_FILE (reader, self->batch_size > 0, "batch_size is 0");
    }
    self->ivf.code_size = (size_t)self->index.d * sizeof (float);
    return faiss_IndexIVF_read_invlists (&self->ivf, reader, io_flags);
}

static FaissStatus IndexIVFFlatPanorama_read (void **out, FaissIOReader *reader, uint32_t tag,
                                              int io_flags) {
    FAISS_OWNED (IndexIVFFlatPanorama) *self = NULL;
    FAISS_TRY (
        new_index (&self, NULL, 0, 0, 0, METRIC_L2, false, FAISS_PANORAMA_LEGACY_BATCH_SIZE));
    FAISS_TRY (read_fields (self, reader, tag, io_flags));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

static FaissStatus IndexIVFFlatPanorama_write (const void *object, FaissIOWriter *writer,
                                               int io_flags) {
    const FaissIndexIVFFlatPanorama *self = object;
    (void)io_flags;
    FAISS_TRY (faiss_write_tag (writer, "IwP2"));
    FAISS_TRY (faiss_IndexIVF_write_header (&self->ivf, writer));
    FAISS_TRY (faiss_write_u64 (writer, self->n_levels));
    FAISS_TRY (faiss_write_u64 (writer, self->batch_size));
    return faiss_IndexIVF_write_invlists (&self->ivf, writer);
}

static FaissStatus build_from_factory (const FaissFactoryContext *context, void *out) {
    int n_levels, batch_size;
    FaissIndexIVFFlatPanorama *self = NULL;
    FAISS_TRY (faiss_factory_int (context->groups[1], 8, &n_levels));
    FAISS_TRY (
        faiss_factory_int (context->groups[3], FAISS_PANORAMA_DEFAULT_BATCH_SIZE, &batch_size));
    FAISS_TRY (new_index (&self, context->quantizer, (size_t)context->d, context->nlist,
                          (size_t)n_levels, context->metric, true, (size_t)batch_size));
    *(FaissIndex **)out = &self->index;
    return FAISS_OK;
}

static const FaissFactoryRule factory_rules[] = {
    {.pattern = "FlatPanorama([0-9]+)?(_([0-9]+))?",
     .kind = FAISS_FACTORY_CODE,
     .syntax = "FlatPanorama[<n>][_<b>]",
     .what = "full vectors in n levels (8) and batches of b (1024), most of which are read in part",
     .build = build_from_factory},
    {.pattern = NULL},
};

static FaissStatus IndexIVFFlatPanorama_describe (const void *object, FaissString *out) {
    const FaissIndexIVFFlatPanorama *self = object;
    FAISS_TRY (faiss_IndexIVF_describe_coarse (&self->ivf, out));
    FAISS_TRY (faiss_String_printf (out, ",FlatPanorama%zu", self->n_levels));
    return self->batch_size == FAISS_PANORAMA_DEFAULT_BATCH_SIZE
               ? FAISS_OK
               : faiss_String_printf (out, "_%zu", self->batch_size);
}

/* ---- the class ------------------------------------------------------------------------------- */

FaissIndexIVFClass faiss_IndexIVFFlatPanorama_class = {
    .index = {.head = {.name = "IndexIVFFlatPanorama",
                       .parent = &faiss_IndexIVFFlat_class.index.head,
                       .instance_size = sizeof (FaissIndexIVFFlatPanorama),
                       .table_size = sizeof (FaissIndexIVFClass),
                       .copy = IndexIVFFlatPanorama_copy,
                       .tags = "IwP2 IwPn",
                       .read = IndexIVFFlatPanorama_read,
                       .write = IndexIVFFlatPanorama_write,
                       .factory = factory_rules,
                       .describe = IndexIVFFlatPanorama_describe}},
    .get_InvertedListScanner = IndexIVFFlatPanorama_get_InvertedListScanner,
    .search_preassigned = faiss_IndexIVF_search_preassigned_slot,
    .reconstruct_from_offset = IndexIVFFlatPanorama_reconstruct_from_offset,
};
