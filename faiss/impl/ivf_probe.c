/* Inverted files: the lists that a query goes to. */
#include <faiss/impl/check.h>
#include <faiss/impl/ivf_probe.h>

const FaissIDSelectorRange *faiss_ivf_sorted_range (const FaissIDSelector *sel) {
    const FaissIDSelectorRange *range = faiss_object_cast (sel, &faiss_IDSelectorRange_class.head);
    return range && range->assume_sorted ? range : NULL;
}

FaissStatus faiss_ivf_new_scanner (const FaissIVFSearch *s, FaissInvertedListScanner **scanner) {
    /* a range found by bisection leaves nothing to test */
    const FaissIDSelector *sel = s->range ? NULL : s->settings.sel;
    return faiss_ivf_class (s->self)->get_InvertedListScanner (s->self, s->store_pairs, sel,
                                                               s->params, scanner);
}

/* ---- the lists of a query -------------------------------------------------------------------- */

void faiss_ivf_clear_coarse (FaissIVFCoarse *coarse) {
    free (coarse->keys);
    free (coarse->distances);
}

FaissStatus faiss_ivf_assign_queries (const FaissIndexIVF *self, idx_t n, const float *x,
                                      size_t nprobe, const FaissSearchParametersIVF *params,
                                      FaissIVFCoarse *coarse) {
    FAISS_REQUIRE ((size_t)n <= SIZE_MAX / 16 / nprobe, "%lld queries of nprobe=%zu are too many",
                   (long long)n, nprobe);
    FAISS_TRY (faiss_alloc (&coarse->keys, (size_t)n * nprobe, sizeof *coarse->keys));
    FAISS_TRY (faiss_alloc (&coarse->distances, (size_t)n * nprobe, sizeof *coarse->distances));
    double start = faiss_ivf_milliseconds ();
    FAISS_TRY (faiss_Index_search_with_params (self->quantizer, n, x, (idx_t)nprobe,
                                               params ? params->quantizer_params : NULL,
                                               coarse->distances, coarse->keys));
    FaissIndexIVFStats counts = {.quantization_time = faiss_ivf_milliseconds () - start};
    faiss_ivf_count (&counts, NULL);
    if (n * (idx_t)nprobe <= INT32_MAX) {
        self->invlists->cls->prefetch_lists (self->invlists, coarse->keys, (int)n * (int)nprobe);
    }
    return FAISS_OK;
}

/* ---- one list for one query ------------------------------------------------------------------ */

static FaissStatus walk (FaissInvertedListsIterator *iterator, size_t code_size, size_t max_size,
                         FaissIVFListPart *part) {
    for (; part->size < max_size && iterator->is_available (iterator); part->size++) {
        idx_t id;
        const uint8_t *code;
        FAISS_TRY (iterator->get_id_and_codes (iterator, &id, &code));
        FAISS_TRY (faiss_Int64Vector_append (&part->own_ids, &id, 1));
        FAISS_TRY (faiss_UInt8Vector_append (&part->own_codes, code, code_size));
        iterator->next (iterator);
    }
    part->codes = part->own_codes.data;
    part->ids = part->own_ids.data;
    return FAISS_OK;
}

static FaissStatus open_list (const FaissInvertedLists *lists, size_t list_no, size_t max_size,
                              bool with_ids, const FaissIDSelectorRange *range, void *context,
                              FaissIVFListPart *part) {
    *part = (FaissIVFListPart){0};
    if (lists->use_iterator) {
        FaissInvertedListsIterator *iterator;
        FAISS_TRY (lists->cls->get_iterator (lists, list_no, context, &iterator));
        FaissStatus status = walk (iterator, lists->code_size, max_size, part);
        iterator->free (iterator);
        FAISS_TRY (status);
    } else {
        size_t size = lists->cls->list_size (lists, list_no);
        part->size = size < max_size ? size : max_size;
        part->all_codes = part->codes = lists->cls->get_codes (lists, list_no);
        if (with_ids) {
            part->all_ids = part->ids = lists->cls->get_ids (lists, list_no);
        }
    }
    if (range) {
        size_t jmin, jmax;
        faiss_IDSelectorRange_find_sorted_ids_bounds (range, part->size, part->ids, &jmin, &jmax);
        part->size = jmax - jmin;
        if (part->size > 0) {
            part->codes += jmin * lists->code_size;
            part->ids += jmin;
        }
    }
    return FAISS_OK;
}

static void close_list (const FaissInvertedLists *lists, size_t list_no, FaissIVFListPart *part) {
    faiss_UInt8Vector_clear (&part->own_codes);
    faiss_Int64Vector_clear (&part->own_ids);
    if (part->all_codes) {
        lists->cls->release_codes (lists, list_no, part->all_codes);
    }
    if (part->all_ids) {
        lists->cls->release_ids (lists, list_no, part->all_ids);
    }
}

FaissStatus faiss_ivf_open_probe (const FaissIVFSearch *s, FaissInvertedListScanner *scanner,
                                  size_t p, size_t max_size, bool with_ids,
                                  FaissIndexIVFStats *counts, FaissIVFListPart *part) {
    const FaissInvertedLists *lists = s->self->invlists;
    *part = (FaissIVFListPart){0};
    FAISS_TRY (faiss_ivf_check_key (s->self, s->keys[p]));
    size_t list_no = (size_t)s->keys[p];
    if (s->keys[p] < 0 || (!lists->use_iterator && lists->cls->list_size (lists, list_no) == 0)) {
        return FAISS_OK;
    }
    FAISS_TRY (scanner->set_list (scanner, s->keys[p], s->coarse_dis ? s->coarse_dis[p] : 0));
    counts->nlist++;
    FaissStatus status = open_list (lists, list_no, max_size, with_ids, s->range,
                                    s->params ? s->params->inverted_list_context : NULL, part);
    if (status != FAISS_OK) {
        close_list (lists, list_no, part);
    }
    return status;
}

void faiss_ivf_close_probe (const FaissIVFSearch *s, size_t p, FaissIVFListPart *part) {
    close_list (s->self->invlists, (size_t)s->keys[p], part);
}
