/* Checks of arguments that all indexes share, and methods that only need other methods. */
#include <faiss/impl/index_check.h>

#include <math.h>

#include <faiss/impl/check.h>
#include <faiss/impl/parallel.h>
#include <faiss/utils/Heap.h>

FaissStatus faiss_check_index (const char *function, const FaissIndex *index) {
    if (!index) {
        return faiss_fail_in (FAISS_EXCEPT, function, "the index is NULL");
    }
    return faiss_object_check (index);
}

FaissStatus faiss_check_part (const char *function, const char *name, const FaissIndex *part,
                              int d) {
    if (!part) {
        return faiss_fail_in (FAISS_EXCEPT, function, "%s is NULL", name);
    }
    if (part->d != d) {
        return faiss_fail_in (FAISS_EXCEPT, function, "expected a %s of d=%d, its d is %d", name, d,
                              part->d);
    }
    return faiss_object_check (part);
}

FaissStatus faiss_check_encoder (const char *function, const char *name,
                                 const FaissQuantizer *encoder, const FaissIndex *index,
                                 size_t code_size) {
    if (encoder->d != (size_t)index->d || encoder->code_size != code_size) {
        return faiss_fail_in (FAISS_EXCEPT, function,
                              "expected %s of d=%d and code_size=%zu, its are %zu and %zu", name,
                              index->d, code_size, encoder->d, encoder->code_size);
    }
    return faiss_object_check (encoder);
}

FaissStatus faiss_check_vectors (const char *function, const FaissIndex *index, idx_t n,
                                 const float *x, const char *x_name) {
    FAISS_TRY (faiss_check_index (function, index));
    if (n < 0) {
        return faiss_fail_in (FAISS_EXCEPT, function, "expected n >= 0, got %lld", (long long)n);
    }
    if (index->d < 0) { /* fields may have been set to anything */
        return faiss_fail_in (FAISS_EXCEPT, function, "expected d >= 0, got %d", index->d);
    }
    if (n > INT64_MAX / 8 / (index->d + 1)) {
        return faiss_fail_in (FAISS_EXCEPT, function, "n=%lld vectors of d=%d are too many",
                              (long long)n, index->d);
    }
    if (n > 0 && !x) {
        return faiss_fail_in (FAISS_EXCEPT, function, "%s is NULL", x_name);
    }
    return FAISS_OK;
}

FaissStatus faiss_check_trained (const char *function, const FaissIndex *index) {
    if (!index->is_trained && !index->cls->was_trained_behind (index)) {
        return faiss_fail_in (FAISS_EXCEPT, function, "the %s is not trained: call train first",
                              faiss_Index_class_name (index));
    }
    return FAISS_OK;
}

FaissStatus faiss_check_counts (const char *function, idx_t n, idx_t k, const char *k_name) {
    if (k <= 0) {
        return faiss_fail_in (FAISS_EXCEPT, function, "expected %s > 0, got %lld", k_name,
                              (long long)k);
    }
    if (n > INT64_MAX / 16 / k) {
        return faiss_fail_in (FAISS_EXCEPT, function, "n=%lld times %s=%lld are too many",
                              (long long)n, k_name, (long long)k);
    }
    return FAISS_OK;
}

FaissStatus faiss_check_results (const char *function, idx_t n, idx_t k, const float *distances,
                                 const idx_t *labels) {
    FAISS_TRY (faiss_check_counts (function, n, k, "k"));
    if (n > 0 && (!distances || !labels)) {
        return faiss_fail_in (FAISS_EXCEPT, function, "%s is NULL",
                              distances ? "labels" : "distances");
    }
    return FAISS_OK;
}

FaissStatus faiss_check_params_class (const char *function, const FaissIndex *index,
                                      const FaissSearchParameters *params, const FaissClass *cls) {
    if (params && !faiss_object_cast (params, cls)) {
        return faiss_fail_in (FAISS_EXCEPT, function,
                              "search params of class %s for an %s, expected %s", params->cls->name,
                              faiss_Index_class_name (index), cls->name);
    }
    return FAISS_OK;
}

static FaissStatus search_subset_of_query (FaissDistanceComputer *dc, bool is_similarity,
                                           const float *x, idx_t k_base, const idx_t *base_labels,
                                           idx_t k, float *distances, idx_t *labels) {
    FAISS_TRY (dc->set_query (dc, x));
    faiss_heap_heapify (is_similarity, (size_t)k, distances, labels);
    for (idx_t j = 0; j < k_base && base_labels[j] >= 0; j++) {
        faiss_heap_offer (is_similarity, (size_t)k, distances, labels,
                          dc->distance (dc, base_labels[j]), base_labels[j]);
    }
    faiss_heap_reorder (is_similarity, (size_t)k, distances, labels);
    return FAISS_OK;
}

FaissStatus faiss_search_subset_by_distance_computer (const FaissIndex *self, idx_t n,
                                                      const float *x, idx_t k_base,
                                                      const idx_t *base_labels, idx_t k,
                                                      float *distances, idx_t *labels) {
    for (idx_t i = 0; i < n * k_base; i++) {
        FAISS_REQUIRE (base_labels[i] < self->ntotal, "label %lld, but ntotal=%lld",
                       (long long)base_labels[i], (long long)self->ntotal);
    }
    bool is_similarity = faiss_is_similarity_metric (self->metric_type);
    FaissRegion region = {0};
#pragma omp parallel num_threads(faiss_threads_for(n))
    {
        FaissDistanceComputer *dc = NULL;
        faiss_region_note (&region, self->cls->get_distance_computer (self, &dc));
#pragma omp for schedule(dynamic, 4)
        for (idx_t i = 0; i < n; i++) {
            if (!faiss_region_stopped (&region)) {
                faiss_region_note (&region,
                                   search_subset_of_query (dc, is_similarity, x + i * self->d,
                                                           k_base, base_labels + i * k_base, k,
                                                           distances + i * k, labels + i * k));
            }
        }
        faiss_DistanceComputer_free (dc);
    }
    return faiss_region_close (&region);
}

static FaissStatus remove_range (FaissIndex *index, idx_t begin) {
    FaissIDSelectorRange *last = NULL;
    if (begin == 0) {
        return faiss_Index_reset (index);
    }
    FAISS_TRY (faiss_IDSelectorRange_new (&last, begin, index->ntotal));
    FaissStatus status = faiss_Index_remove_ids (index, &last->sel, NULL);
    faiss_IDSelectorRange_free (last);
    return status;
}

FaissStatus faiss_remove_from (FaissIndex *index, idx_t begin) {
    faiss_hold_interrupts (true);
    FaissStatus status = remove_range (index, begin);
    faiss_hold_interrupts (false);
    return status;
}
