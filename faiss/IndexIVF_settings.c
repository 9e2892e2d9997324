/* Inverted files: what a search needs to know and to count. */
#include <time.h>

#include <faiss/impl/check.h>
#include <faiss/impl/index_check.h>
#include <faiss/impl/ivf_internal.h>

/* ---- statistics ------------------------------------------------------------------------------ */

static FaissIndexIVFStats global_stats;

FaissIndexIVFStats *faiss_get_indexIVF_stats (void) {
    return &global_stats;
}

void faiss_IndexIVFStats_reset (FaissIndexIVFStats *self) {
    if (self) {
        *self = (FaissIndexIVFStats){0};
    }
}

void faiss_IndexIVFStats_init (FaissIndexIVFStats *self) {
    if (self) {
        faiss_IndexIVFStats_reset (self);
    }
}

void faiss_IndexIVFStats_add (FaissIndexIVFStats *self, const FaissIndexIVFStats *other) {
    if (!self || !other) {
        return;
    }
    self->nq += other->nq;
    self->nlist += other->nlist;
    self->ndis += other->ndis;
    self->nheap_updates += other->nheap_updates;
    self->quantization_time += other->quantization_time;
    self->search_time += other->search_time;
}

static void add_double (double *at, double value) {
    double old, new;
    __atomic_load (at, &old, __ATOMIC_RELAXED);
    do {
        new = old + value;
    } while (!__atomic_compare_exchange (at, &old, &new, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED));
}

void faiss_ivf_count (const FaissIndexIVFStats *counts, FaissIndexIVFStats *stats) {
    FaissIndexIVFStats *global = &global_stats;
    __atomic_fetch_add (&global->nq, counts->nq, __ATOMIC_RELAXED);
    __atomic_fetch_add (&global->nlist, counts->nlist, __ATOMIC_RELAXED);
    __atomic_fetch_add (&global->ndis, counts->ndis, __ATOMIC_RELAXED);
    __atomic_fetch_add (&global->nheap_updates, counts->nheap_updates, __ATOMIC_RELAXED);
    add_double (&global->quantization_time, counts->quantization_time);
    add_double (&global->search_time, counts->search_time);
    if (stats) {
        faiss_IndexIVFStats_add (stats, counts);
    }
}

double faiss_ivf_milliseconds (void) {
    struct timespec now;
    clock_gettime (CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec * 1e-6;
}

/* ---- settings -------------------------------------------------------------------------------- */

FaissStatus faiss_ivf_params (const char *function, const FaissIndexIVF *self,
                              const FaissSearchParameters *params,
                              const FaissSearchParametersIVF **out) {
    FAISS_TRY (faiss_check_params_class (function, &self->index, params,
                                         &faiss_SearchParametersIVF_class));
    *out = (const FaissSearchParametersIVF *)params;
    return FAISS_OK;
}

FaissStatus faiss_ivf_check_quantizer (const char *function, const FaissIndexIVF *self) {
    if (!self->quantizer || self->quantizer->d != self->index.d) {
        return faiss_fail_in (FAISS_EXCEPT, function, "the %s has no quantizer of d=%d",
                              faiss_Index_class_name (&self->index), self->index.d);
    }
    return FAISS_OK;
}

FaissStatus faiss_ivf_check_parts (const char *function, const FaissIndexIVF *self) {
    FAISS_TRY (faiss_ivf_check_quantizer (function, self));
    if (!self->invlists || self->invlists->nlist != self->nlist) {
        return faiss_fail_in (FAISS_EXCEPT, function, "the %s has not got its %zu inverted lists",
                              faiss_Index_class_name (&self->index), self->nlist);
    }
    if (self->invlists->code_size != self->code_size &&
        self->invlists->code_size != FAISS_INVALID_CODE_SIZE) {
        return faiss_fail_in (FAISS_EXCEPT, function,
                              "the inverted lists have codes of %zu bytes, expected %zu",
                              self->invlists->code_size, self->code_size);
    }
    return FAISS_OK;
}

FaissStatus faiss_ivf_check_key (const FaissIndexIVF *self, idx_t key) {
    if (key < -1 || key >= (idx_t)self->nlist) {
        return faiss_fail (FAISS_EXCEPT, "Error in %s: there is no list %lld, nlist=%zu",
                           faiss_Index_class_name (&self->index), (long long)key, self->nlist);
    }
    return FAISS_OK;
}

FaissStatus faiss_ivf_search_settings (const char *function, const FaissIndexIVF *self,
                                       const FaissSearchParametersIVF *params, bool store_pairs,
                                       FaissIVFSearchSettings *out) {
    size_t nprobe = params ? params->nprobe : self->nprobe;
    *out = (FaissIVFSearchSettings){
        .nprobe = nprobe < self->nlist ? nprobe : self->nlist,
        .max_codes = params ? params->max_codes : self->max_codes,
        .ensure_topk_full = params && params->ensure_topk_full,
        .max_empty_result_buckets = params ? params->max_empty_result_buckets : 0,
        .sel = params ? params->params.sel : NULL,
        .parallel_mode = self->parallel_mode & ~FAISS_PARALLEL_MODE_NO_HEAP_INIT,
        .keep_heaps = (self->parallel_mode & FAISS_PARALLEL_MODE_NO_HEAP_INIT) != 0,
    };
    if (out->nprobe == 0) {
        return faiss_fail_in (FAISS_EXCEPT, function,
                              "expected nprobe > 0 and nlist > 0, got %zu "
                              "and %zu",
                              nprobe, self->nlist);
    }
    if (out->sel && store_pairs) {
        return faiss_fail_in (FAISS_EXCEPT, function,
                              "a selector does not go with store_pairs: it selects ids");
    }
    return FAISS_OK;
}

/* ---- search parameters ----------------------------------------------------------------------- */

FaissClass faiss_SearchParametersIVF_class = {
    .name = "SearchParametersIVF",
    .parent = &faiss_SearchParameters_class,
    .instance_size = sizeof (FaissSearchParametersIVF),
    .table_size = sizeof (FaissClass),
};

FaissStatus faiss_SearchParametersIVF_new (FaissSearchParametersIVF **out) {
    return faiss_SearchParametersIVF_new_with (out, NULL, 1, 0);
}

FaissStatus faiss_SearchParametersIVF_new_with (FaissSearchParametersIVF **out,
                                                FaissIDSelector *sel, size_t nprobe,
                                                size_t max_codes) {
    FAISS_REQUIRE_ARG (out);
    FAISS_TRY (faiss_object_new (out, &faiss_SearchParametersIVF_class));
    (*out)->params.sel = sel;
    (*out)->nprobe = nprobe;
    (*out)->max_codes = max_codes;
    return FAISS_OK;
}

void faiss_SearchParametersIVF_free (FaissSearchParametersIVF *self) {
    faiss_object_free (self);
}

FaissSearchParametersIVF *faiss_SearchParametersIVF_cast (FaissSearchParameters *params) {
    return faiss_object_cast (params, &faiss_SearchParametersIVF_class);
}

const FaissIDSelector *faiss_SearchParametersIVF_sel (const FaissSearchParametersIVF *self) {
    return self ? self->params.sel : NULL;
}

size_t faiss_SearchParametersIVF_nprobe (const FaissSearchParametersIVF *self) {
    return self ? self->nprobe : 0;
}

void faiss_SearchParametersIVF_set_nprobe (FaissSearchParametersIVF *self, size_t nprobe) {
    if (self) {
        self->nprobe = nprobe;
    }
}

size_t faiss_SearchParametersIVF_max_codes (const FaissSearchParametersIVF *self) {
    return self ? self->max_codes : 0;
}

void faiss_SearchParametersIVF_set_max_codes (FaissSearchParametersIVF *self, size_t max_codes) {
    if (self) {
        self->max_codes = max_codes;
    }
}

size_t faiss_SearchParametersIVF_max_lists_num (const FaissSearchParametersIVF *self) {
    return self ? self->max_lists_num : 0;
}

void faiss_SearchParametersIVF_set_max_lists_num (FaissSearchParametersIVF *self,
                                                  size_t max_lists_num) {
    if (self) {
        self->max_lists_num = max_lists_num;
    }
}

int faiss_SearchParametersIVF_ensure_topk_full (const FaissSearchParametersIVF *self) {
    return self ? self->ensure_topk_full : 0;
}

void faiss_SearchParametersIVF_set_ensure_topk_full (FaissSearchParametersIVF *self,
                                                     int ensure_topk_full) {
    if (self) {
        self->ensure_topk_full = ensure_topk_full != 0;
    }
}

size_t faiss_SearchParametersIVF_max_empty_result_buckets (const FaissSearchParametersIVF *self) {
    return self ? self->max_empty_result_buckets : 0;
}

void faiss_SearchParametersIVF_set_max_empty_result_buckets (FaissSearchParametersIVF *self,
                                                             size_t max_empty_result_buckets) {
    if (self) {
        self->max_empty_result_buckets = max_empty_result_buckets;
    }
}
