/* What blevesearch's fork adds to upstream's C API. */
#include <faiss/bleve.h>

#include <string.h>

#ifdef _OPENMP
#include <omp.h>
#endif

#include <faiss/IndexFlatCodes.h>
#include <faiss/IndexScalarQuantizer.h>
#include <faiss/impl/check.h>
#include <faiss/index_io.h>

FaissStatus faiss_Index_size (const FaissIndex *self, size_t *out) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE_ARG (out);
    size_t code_size, ntotal = (size_t)self->ntotal;
    FAISS_TRY (faiss_Index_sa_code_size (self, &code_size));
    size_t bytes = faiss_object_class (self)->instance_size + ntotal * code_size;
    const FaissIndexIVF *ivf = faiss_object_cast (self, &faiss_IndexIVF_class.index.head);
    if (ivf) {
        bytes += ivf->nlist * (size_t)self->d * sizeof (float) + ntotal * sizeof (idx_t);
    }
    *out = bytes;
    return FAISS_OK;
}

FaissStatus faiss_Index_dist_compute (const FaissIndex *self, const float *query, const idx_t *ids,
                                      size_t n_ids, float *distances) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE_ARG (query);
    FAISS_REQUIRE_ARG (ids);
    FAISS_REQUIRE_ARG (distances);
    if (!faiss_object_cast (self, &faiss_IndexFlatCodes_class.index.head)) {
        return faiss_fail_in (FAISS_UNKNOWN_EXCEPT, __func__, "not for class %s",
                              faiss_Index_class_name (self));
    }
    for (size_t i = 0; i < n_ids; i++) {
        FAISS_REQUIRE (ids[i] >= 0 && ids[i] < self->ntotal, "id %lld is not in 0 .. %lld",
                       (long long)ids[i], (long long)self->ntotal - 1);
    }
    FaissDistanceComputer *computer;
    FAISS_TRY (faiss_Index_get_distance_computer (self, &computer));
    FaissStatus status = computer->set_query (computer, query);
    for (size_t i = 0; i < n_ids && status == FAISS_OK; i++) {
        distances[i] = computer->distance (computer, ids[i]);
    }
    faiss_DistanceComputer_free (computer);
    return status;
}

void faiss_set_omp_threads (unsigned int n) {
#ifdef _OPENMP
    if (n > 0) {
        omp_set_num_threads ((int)n);
    }
#else
    (void)n;
#endif
}

FaissStatus faiss_write_index_buf (const FaissIndex *idx, size_t *buf_size, uint8_t **buf) {
    FAISS_REQUIRE_ARG (buf_size);
    FAISS_REQUIRE_ARG (buf);
    FaissVectorIOWriter *memory;
    FAISS_TRY (faiss_VectorIOWriter_new (&memory));
    FaissStatus status = faiss_write_index_custom (idx, &memory->writer, 0);
    if (status == FAISS_OK) {
        *buf_size = memory->data.size;
        *buf = memory->data.data; /* given away */
        memory->data = (FaissUInt8Vector){0};
    }
    faiss_IOWriter_free (&memory->writer);
    return status;
}

FaissStatus faiss_read_index_buf (const uint8_t *buf, size_t limit, int io_flags,
                                  FaissIndex **out) {
    FaissVectorIOReader *memory;
    FAISS_TRY (faiss_VectorIOReader_new_with (&memory, buf, limit));
    FaissStatus status = faiss_read_index_custom (&memory->reader, io_flags, out);
    faiss_IOReader_free (&memory->reader);
    return status;
}

void faiss_free_buf (uint8_t **buf) {
    if (buf) {
        free (*buf);
        *buf = NULL;
    }
}

void faiss_real_to_binary (size_t n, size_t d, const float *x_in, uint8_t *x_out) {
    for (size_t i = 0; i < n * d / 8; i++) {
        uint8_t bits = 0;
        for (int bit = 0; bit < 8; bit++) {
            bits |= (uint8_t)((x_in[i * 8 + (size_t)bit] > 0) << bit);
        }
        x_out[i] = bits;
    }
}

/* ---- inverted files -------------------------------------------------------------------------- */

FaissStatus faiss_IndexIVF_set_direct_map (FaissIndexIVF *self, int direct_map_type) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE (direct_map_type >= 0 && direct_map_type <= 2, "no direct map of type %d",
                   direct_map_type);
    return faiss_IndexIVF_set_direct_map_type (self, (FaissDirectMapType)direct_map_type);
}

FaissStatus faiss_IndexIVF_list_vector_count (const FaissIndexIVF *self, idx_t *list_counts,
                                              size_t list_counts_size,
                                              const FaissSearchParametersIVF *params) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE_ARG (list_counts);
    FAISS_REQUIRE_ARG (params);
    FAISS_REQUIRE (params->params.sel, "params has no selector");
    FAISS_REQUIRE (list_counts_size == self->nlist, "expected list_counts_size=%zu, got %zu",
                   self->nlist, list_counts_size);
    const FaissIDSelector *sel = params->params.sel;
    for (size_t list = 0; list < self->nlist; list++) {
        size_t size = faiss_InvertedLists_list_size (self->invlists, list);
        const idx_t *ids = faiss_InvertedLists_get_ids (self->invlists, list);
        for (size_t i = 0; i < size; i++) {
            list_counts[list] += sel->cls->is_member (sel, ids[i]);
        }
        faiss_InvertedLists_release_ids (self->invlists, list, ids);
    }
    return FAISS_OK;
}

FaissStatus faiss_IndexIVF_search_closest_eligible_centroids (const FaissIndexIVF *self, idx_t n,
                                                              const float *query, idx_t k,
                                                              float *centroid_distances,
                                                              idx_t *centroid_ids,
                                                              const FaissSearchParameters *params) {
    FAISS_REQUIRE_ARG (self);
    return faiss_Index_search_with_params (self->quantizer, n, query, k, params, centroid_distances,
                                           centroid_ids);
}

FaissStatus faiss_IndexIVF_search_preassigned_with_params (
    const FaissIndexIVF *self, idx_t n, const float *x, idx_t k, const idx_t *assign,
    const float *centroid_dis, float *distances, idx_t *labels, int store_pairs,
    const FaissSearchParametersIVF *params) {
    return faiss_IndexIVF_search_preassigned_with_stats (
        self, n, x, k, assign, centroid_dis, distances, labels, store_pairs, params, NULL);
}

FaissStatus faiss_IndexIVF_get_centroids_and_cardinality (const FaissIndexIVF *self,
                                                          float *centroid_vectors,
                                                          size_t *cardinalities,
                                                          idx_t *centroid_ids) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE_ARG (cardinalities);
    FAISS_TRY (
        faiss_Index_reconstruct_n (self->quantizer, 0, (idx_t)self->nlist, centroid_vectors));
    for (size_t list = 0; list < self->nlist; list++) {
        cardinalities[list] = faiss_InvertedLists_list_size (self->invlists, list);
        if (centroid_ids) {
            centroid_ids[list] = (idx_t)list;
        }
    }
    return FAISS_OK;
}

/* Inner products by residual are offset by the one with the centroid; L2 takes no offset. */
FaissStatus faiss_IndexIVF_compute_distance_to_codes_for_list (FaissIndexIVF *self, idx_t list_no,
                                                               const float *x, idx_t n,
                                                               const uint8_t *codes, float *dists,
                                                               float *dist_table) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE_ARG (x);
    FAISS_REQUIRE_ARG (codes);
    FAISS_REQUIRE_ARG (dists);
    FAISS_REQUIRE (list_no >= 0 && (size_t)list_no < self->nlist, "list %lld is not in 0 .. %zu",
                   (long long)list_no, self->nlist - 1);
    (void)dist_table;
    FaissDistanceComputer *to_centroid;
    FAISS_TRY (faiss_Index_get_distance_computer (self->quantizer, &to_centroid));
    FaissInvertedListScanner *scanner = NULL;
    float coarse_dis = 0;
    FaissStatus status = faiss_DistanceComputer_set_query (to_centroid, x);
    if (status == FAISS_OK) {
        status = faiss_DistanceComputer_vector_to_query_dis (to_centroid, list_no, &coarse_dis);
    }
    faiss_DistanceComputer_free (to_centroid);
    FAISS_TRY (status);
    FAISS_TRY (faiss_IndexIVF_get_InvertedListScanner (self, false, NULL, NULL, &scanner));
    status = scanner->set_query (scanner, x);
    if (status == FAISS_OK) {
        status = scanner->set_list (scanner, list_no, coarse_dis);
    }
    for (idx_t i = 0; i < n && status == FAISS_OK; i++) {
        dists[i] = scanner->distance_to_code (scanner, codes + (size_t)i * self->code_size);
    }
    faiss_InvertedListScanner_free (scanner);
    return status;
}

/* ---- shared training ------------------------------------------------------------------------- */

/* All that can fail comes first. */
static FaissStatus take_codec (FaissScalarQuantizer *target, const FaissScalarQuantizer *source) {
    FaissScalarQuantizer copy;
    FAISS_TRY (faiss_object_assign (memset (&copy, 0, sizeof copy), source));
    faiss_object_clear (target);
    *target = copy;
    return FAISS_OK;
}

static FaissStatus take_inverted_file (FaissIndexIVFScalarQuantizer *target,
                                       const FaissIndexIVFScalarQuantizer *source) {
    FaissIndexIVF *ivf = &target->ivf;
    FAISS_REQUIRE (ivf->nlist == source->ivf.nlist && ivf->code_size == source->ivf.code_size,
                   "expected nlist=%zu and code_size=%zu, got %zu and %zu", ivf->nlist,
                   ivf->code_size, source->ivf.nlist, source->ivf.code_size);
    FAISS_TRY (take_codec (&target->sq, &source->sq));
    if (ivf->own_fields && ivf->quantizer != source->ivf.quantizer) {
        faiss_Index_free (ivf->quantizer);
    }
    ivf->quantizer = source->ivf.quantizer;
    ivf->own_fields = false;
    ivf->by_residual = source->ivf.by_residual;
    return FAISS_OK;
}

FaissStatus faiss_Set_quantizers (FaissIndex *target, FaissIndex *source) {
    FAISS_REQUIRE_ARG (target);
    FAISS_REQUIRE_ARG (source);
    FAISS_REQUIRE (target->d == source->d && target->ntotal == 0,
                   "expected an empty target of d=%d, got ntotal=%lld, d=%d", source->d,
                   (long long)target->ntotal, target->d);
    FaissIndexIVFScalarQuantizer *ivf = faiss_IndexIVFScalarQuantizer_cast (target);
    FaissIndexIVFScalarQuantizer *ivf_source = faiss_IndexIVFScalarQuantizer_cast (source);
    FaissIndexScalarQuantizer *flat = faiss_IndexScalarQuantizer_cast (target);
    FaissIndexScalarQuantizer *flat_source = faiss_IndexScalarQuantizer_cast (source);
    if (ivf && ivf_source) {
        FAISS_TRY (take_inverted_file (ivf, ivf_source));
    } else if (flat && flat_source) {
        FAISS_REQUIRE (flat->flat_codes.code_size == flat_source->flat_codes.code_size,
                       "expected code_size=%zu, got %zu", flat->flat_codes.code_size,
                       flat_source->flat_codes.code_size);
        FAISS_TRY (take_codec (&flat->sq, &flat_source->sq));
    } else {
        return faiss_fail_in (FAISS_UNKNOWN_EXCEPT, __func__, "not from an %s to an %s",
                              faiss_Index_class_name (source), faiss_Index_class_name (target));
    }
    target->is_trained = source->is_trained;
    return FAISS_OK;
}
