/* Scanners of inverted lists, by hand. */
#include <faiss/impl/check.h>
#include <faiss/impl/index_check.h>
#include <faiss/impl/ivf_internal.h>

FaissStatus faiss_IndexIVF_get_InvertedListScanner (const FaissIndexIVF *self, bool store_pairs,
                                                    const FaissIDSelector *sel,
                                                    const FaissSearchParametersIVF *params,
                                                    FaissInvertedListScanner **out) {
    FAISS_TRY (faiss_check_index (__func__, self ? &self->index : NULL));
    FAISS_REQUIRE_ARG (out);
    return faiss_ivf_class (self)->get_InvertedListScanner (self, store_pairs, sel, params, out);
}

FaissStatus faiss_InvertedListScanner_set_query (FaissInvertedListScanner *self, const float *x) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE_ARG (x);
    FAISS_TRY (self->set_query (self, x));
    self->has_query = true;
    return FAISS_OK;
}

FaissStatus faiss_InvertedListScanner_set_list (FaissInvertedListScanner *self, idx_t list_no,
                                                float coarse_dis) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE (self->has_query, "there is no query: set_query comes first");
    return self->set_list (self, list_no, coarse_dis);
}

FaissStatus faiss_InvertedListScanner_distance_to_code (const FaissInvertedListScanner *self,
                                                        const uint8_t *code, float *out) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE_ARG (code);
    FAISS_REQUIRE_ARG (out);
    FAISS_REQUIRE (self->has_query, "there is no query: set_query comes first");
    *out = self->distance_to_code (self, code);
    return FAISS_OK;
}

FaissStatus faiss_InvertedListScanner_scan_codes (const FaissInvertedListScanner *self, size_t n,
                                                  const uint8_t *codes, const idx_t *ids,
                                                  float *distances, idx_t *labels, size_t k,
                                                  size_t *out) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE (self->has_query, "there is no query: set_query comes first");
    FAISS_REQUIRE (n == 0 || (codes && (ids || self->store_pairs)), "codes or ids is NULL");
    FAISS_REQUIRE (k > 0 && distances && labels, "there is no heap");
    FaissIndexIVFStats counts = {0};
    FAISS_TRY (self->scan_codes (self, n, codes, ids, distances, labels, k, &counts));
    if (out) {
        *out = counts.nheap_updates;
    }
    return FAISS_OK;
}

FaissStatus faiss_InvertedListScanner_scan_codes_range (const FaissInvertedListScanner *self,
                                                        size_t n, const uint8_t *codes,
                                                        const idx_t *ids, float radius,
                                                        struct FaissRangeQueryResult *result) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE_ARG (result);
    FAISS_REQUIRE (self->has_query, "there is no query: set_query comes first");
    FAISS_REQUIRE (n == 0 || (codes && (ids || self->store_pairs)), "codes or ids is NULL");
    FaissIndexIVFStats counts = {0};
    return self->scan_codes_range (self, n, codes, ids, radius, result, &counts);
}

void faiss_InvertedListScanner_free (FaissInvertedListScanner *self) {
    if (self) {
        self->free (self);
    }
}
