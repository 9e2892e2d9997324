/* Graphs of approximate nearest neighbours: structure, files, single searches. */
#include <faiss/impl/NNDescent.h>

#include <float.h>
#include <stdlib.h>
#include <string.h>

#include <faiss/impl/check.h>
#include <faiss/impl/nndescent_internal.h>
#include <faiss/impl/random_internal.h>

enum { MAX_LINKS = 1 << 20 };

/* ---- life ------------------------------------------------------------------------------------ */

FaissStatus faiss_NNDescent_init (FaissNNDescent *self, int d, int K) {
    *self = (FaissNNDescent){.S = 10, .R = 100, .iter = 10, .random_seed = 2021, .d = d};
    FAISS_REQUIRE (d >= 0, "expected d >= 0, got %d", d);
    FAISS_REQUIRE (K > 0 && K <= MAX_LINKS, "expected 0 < K <= %d, got %d", MAX_LINKS, K);
    self->K = K;
    self->L = K + 50;
    return FAISS_OK;
}

void faiss_NNDescent_clear (FaissNNDescent *self) {
    faiss_nndescent_steps_free (self->steps);
    self->steps = NULL;
    faiss_Int32Vector_clear (&self->final_graph);
}

FaissStatus faiss_NNDescent_copy (FaissNNDescent *self, const FaissNNDescent *other) {
    *self = *other;
    self->final_graph = (FaissInt32Vector){0};
    self->steps = NULL;
    return faiss_Int32Vector_assign (&self->final_graph, other->final_graph.data,
                                     other->final_graph.size);
}

FaissStatus faiss_NNDescent_new_with (FaissNNDescent **out, int d, int K) {
    FAISS_REQUIRE_ARG (out);
    FAISS_AUTO_FREE (FaissNNDescent) *self = NULL;
    FAISS_TRY (faiss_alloc_zeroed (&self, 1, sizeof *self));
    FAISS_TRY (faiss_NNDescent_init (self, d, K));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

FaissStatus faiss_NNDescent_new (FaissNNDescent **out) {
    return faiss_NNDescent_new_with (out, 0, 32);
}

void faiss_NNDescent_free (FaissNNDescent *self) {
    if (self) {
        faiss_NNDescent_clear (self);
        free (self);
    }
}

FaissStatus faiss_NNDescent_reset (FaissNNDescent *self) {
    FAISS_REQUIRE_ARG (self);
    faiss_NNDescent_clear (self);
    self->has_built = false;
    self->ntotal = 0;
    return FAISS_OK;
}

/* ---- random numbers -------------------------------------------------------------------------- */

static int compare_ids (const void *a, const void *b) {
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

void faiss_nndescent_random (FaissRandomGenerator *rng, int32_t *out, size_t size, size_t n) {
    if (size == n) {
        for (size_t i = 0; i < n; i++) {
            out[i] = (int32_t)i;
        }
        for (size_t i = n; i-- > 1;) {
            size_t other = faiss_mt32_next (rng) % (i + 1);
            int32_t id = out[i];
            out[i] = out[other];
            out[other] = id;
        }
        return;
    }
    for (size_t i = 0; i < size; i++) {
        out[i] = (int32_t)(faiss_mt32_next (rng) % (n - size));
    }
    qsort (out, size, sizeof *out, compare_ids);
    for (size_t i = 1; i < size; i++) {
        out[i] = out[i] > out[i - 1] ? out[i] : out[i - 1] + 1;
    }
    size_t offset = faiss_mt32_next (rng) % n;
    for (size_t i = 0; i < size; i++) {
        out[i] = (int32_t)(((size_t)out[i] + offset) % n);
    }
}

/* ---- searches -------------------------------------------------------------------------------- */

FaissStatus faiss_NNDescent_check_built (const FaissNNDescent *self) {
    FAISS_REQUIRE (self->has_built && self->ntotal > 0,
                   "the graph is not built: add vectors first");
    FAISS_REQUIRE (self->K > 0 && self->final_graph.size == (size_t)self->ntotal * (size_t)self->K,
                   "expected links ntotal=%d times K=%d, got %zu", self->ntotal, self->K,
                   self->final_graph.size);
    return FAISS_OK;
}

FaissStatus faiss_NNDescent_plan (const FaissNNDescent *self, int search_L, size_t k,
                                  FaissPoolPlan *out) {
    FAISS_TRY (faiss_NNDescent_check_built (self));
    FAISS_REQUIRE (search_L >= 0, "expected search_L >= 0, got %d", search_L);
    FaissRandomGenerator rng;
    size_t n = (size_t)self->ntotal, pool = (size_t)search_L > k ? (size_t)search_L : k;
    pool = pool < n ? pool : n;
    *out = (FaissPoolPlan){.graph = {self->final_graph.data, n, (size_t)self->K}, .pool = pool};
    FAISS_TRY (faiss_alloc (&out->init, pool, sizeof *out->init));
    faiss_RandomGenerator_init (&rng, self->random_seed);
    faiss_nndescent_random (&rng, out->init, pool, n);
    return FAISS_OK;
}

FaissStatus faiss_NNDescent_search (const FaissNNDescent *self, FaissDistanceComputer *dis,
                                    bool is_similarity, int topk, idx_t *indices, float *dists) {
    FaissPoolPlan plan = {0};
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE_ARG (dis);
    FAISS_REQUIRE_ARG (indices);
    FAISS_REQUIRE_ARG (dists);
    FAISS_REQUIRE (topk > 0, "expected topk > 0, got %d", topk);
    FAISS_TRY (faiss_NNDescent_plan (self, self->search_L, (size_t)topk, &plan));
    FaissStatus status =
        faiss_pool_search_computer (&plan, dis, is_similarity, (size_t)topk, indices, dists);
    faiss_pool_plan_free (&plan);
    return status;
}

FaissStatus faiss_NNDescent_search_visiting (const FaissNNDescent *self,
                                             FaissDistanceComputer *qdis, int topk, idx_t *indices,
                                             float *dists, FaissVisitedTable *vt) {
    FAISS_REQUIRE_ARG (vt);
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE_ARG (qdis);
    FAISS_REQUIRE (!qdis->end || *qdis->end >= self->ntotal,
                   "expected distances to %d vectors, got %lld", self->ntotal,
                   (long long)*qdis->end);
    FAISS_TRY (faiss_NNDescent_search (self, qdis, false, topk, indices, dists));
    faiss_VisitedTable_advance (vt);
    return FAISS_OK;
}

/* ---- build ----------------------------------------------------------------------------------- */

FaissStatus faiss_NNDescent_check (const FaissNNDescent *self, const FaissIndex *storage) {
    FAISS_REQUIRE (storage->ntotal > 0 && storage->ntotal < INT32_MAX,
                   "expected 0 < ntotal < %d, got %lld", INT32_MAX, (long long)storage->ntotal);
    return faiss_NNDescent_check_settings (self);
}

FaissStatus faiss_NNDescent_check_settings (const FaissNNDescent *self) {
    FAISS_REQUIRE (self->S > 0 && self->S <= MAX_LINKS && self->R > 0 && self->R <= MAX_LINKS,
                   "expected 0 < S, R <= %d, got %d and %d", MAX_LINKS, self->S, self->R);
    FAISS_REQUIRE (self->iter >= 0, "expected iter >= 0, got %d", self->iter);
    FAISS_REQUIRE (self->K > 0 && self->K <= self->L && self->L <= MAX_LINKS,
                   "expected 0 < K <= L <= %d, got K=%d and L=%d", MAX_LINKS, self->K, self->L);
    return FAISS_OK;
}

FaissStatus faiss_NNDescent_build (FaissNNDescent *self, const FaissIndex *storage, bool verbose) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE_ARG (storage);
    FAISS_TRY (faiss_NNDescent_check (self, storage));
    FAISS_AUTO (Int32Vector) graph = {0};
    FAISS_TRY (faiss_Int32Vector_resize (&graph, (size_t)storage->ntotal * (size_t)self->K));
    FAISS_TRY (faiss_nndescent_build (self, storage, verbose, graph.data));
    faiss_Int32Vector_swap (&self->final_graph, &graph);
    self->ntotal = (int)storage->ntotal;
    self->has_built = true;
    return FAISS_OK;
}

/* ---- files ----------------------------------------------------------------------------------- */

FaissStatus faiss_NNDescent_write (const FaissNNDescent *self, FaissIOWriter *w) {
    FAISS_TRY (faiss_write_i32 (w, self->ntotal));
    FAISS_TRY (faiss_write_i32 (w, self->d));
    FAISS_TRY (faiss_write_i32 (w, self->K));
    FAISS_TRY (faiss_write_i32 (w, self->S));
    FAISS_TRY (faiss_write_i32 (w, self->R));
    FAISS_TRY (faiss_write_i32 (w, self->L));
    FAISS_TRY (faiss_write_i32 (w, self->iter));
    FAISS_TRY (faiss_write_i32 (w, self->search_L));
    FAISS_TRY (faiss_write_i32 (w, self->random_seed));
    FAISS_TRY (faiss_write_bool (w, self->has_built));
    return faiss_write_Int32Vector (w, &self->final_graph);
}

static FaissStatus check_graph (const FaissNNDescent *self, const FaissIOReader *r) {
    size_t n = (size_t)self->ntotal, K = (size_t)self->K;
    FAISS_REQUIRE_FILE (r, K > 0 && K <= MAX_LINKS, "NNDescent K=%d, expected 1 .. %d", self->K,
                        MAX_LINKS);
    FAISS_REQUIRE_FILE (r, self->final_graph.size == n * K,
                        "NNDescent has %zu links, expected %zu times %zu", self->final_graph.size,
                        n, K);
    for (size_t i = 0; i < n * K; i++) {
        int32_t link = self->final_graph.data[i];
        FAISS_REQUIRE_FILE (r, link >= -1 && link < self->ntotal,
                            "a link leads to %d, but there are %d nodes", link, self->ntotal);
    }
    return FAISS_OK;
}

FaissStatus faiss_NNDescent_read (FaissNNDescent *self, FaissIOReader *r) {
    faiss_NNDescent_clear (self);
    FAISS_TRY (faiss_read_i32 (r, &self->ntotal, "NNDescent ntotal"));
    FAISS_TRY (faiss_read_i32 (r, &self->d, "NNDescent d"));
    FAISS_TRY (faiss_read_i32 (r, &self->K, "NNDescent K"));
    FAISS_TRY (faiss_read_i32 (r, &self->S, "NNDescent S"));
    FAISS_TRY (faiss_read_i32 (r, &self->R, "NNDescent R"));
    FAISS_TRY (faiss_read_i32 (r, &self->L, "NNDescent L"));
    FAISS_TRY (faiss_read_i32 (r, &self->iter, "NNDescent iter"));
    FAISS_TRY (faiss_read_i32 (r, &self->search_L, "NNDescent search_L"));
    FAISS_TRY (faiss_read_i32 (r, &self->random_seed, "NNDescent random_seed"));
    FAISS_TRY (faiss_read_bool (r, &self->has_built, "NNDescent has_built"));
    FAISS_TRY (faiss_read_Int32Vector (r, &self->final_graph, "NNDescent final_graph"));
    FAISS_REQUIRE_FILE (r, self->ntotal >= 0, "NNDescent ntotal=%d", self->ntotal);
    return self->has_built && self->ntotal > 0 ? check_graph (self, r) : FAISS_OK;
}
