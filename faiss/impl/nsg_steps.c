/* Single steps of searches and of the build of a navigating spreading-out graph. */
#include <stdlib.h>

#include <faiss/impl/check.h>
#include <faiss/impl/nsg_internal.h>
#include <faiss/impl/pool_flat.h>
#include <faiss/impl/visited_bits.h>

static FaissNSGTree tree_of (FaissNSG *self, const FaissIndex *storage) {
    return (FaissNSGTree){.storage = storage,
                          .links = self->final_graph->data,
                          .n = (size_t)self->ntotal,
                          .R = (size_t)self->final_graph->K,
                          .root = self->enterpoint,
                          .pool = (size_t)self->search_L,
                          .rng = &self->rng};
}

/* ---- a search -------------------------------------------------------------------------------- */

static FaissStatus search (const FaissNSG *self, FaissDistanceComputer *dis, size_t k, idx_t *I,
                           float *D, FaissVisited *marks) {
    FaissPoolPlan plan = {0};
    FaissPoolScratch s = {0};
    FaissFixedGraph graph = {self->final_graph->data, (size_t)self->ntotal,
                             (size_t)self->final_graph->K};
    size_t pool = (size_t)self->search_L > k ? (size_t)self->search_L : k;
    FAISS_TRY (faiss_pool_plan_from_node (&plan, &graph, self->enterpoint, pool, marks));
    FaissStatus status = faiss_pool_scratch_init (&s, &plan, NULL);
    if (status == FAISS_OK) {
        s.vectors = (FaissGraphVectors){.dc = dis};
        s.marks = marks;
        dis->status = FAISS_OK;
        status = faiss_pool_search (&s, &plan, false);
    }
    if (status == FAISS_OK) {
        faiss_pool_write_results (s.candidates, plan.pool, false, k, D, I);
        FaissVisited swapped = *marks;
        *marks = s.visited;
        s.visited = swapped;
    }
    s.vectors.dc = NULL; /* the caller's */
    faiss_pool_scratch_free (&s);
    faiss_pool_plan_free (&plan);
    return status;
}

FaissStatus faiss_NSG_search_visiting (const FaissNSG *self, FaissDistanceComputer *dis, int k,
                                       idx_t *I, float *D, FaissVisitedTable *vt) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE_ARG (dis);
    FAISS_REQUIRE_ARG (I);
    FAISS_REQUIRE_ARG (D);
    FAISS_REQUIRE_ARG (vt);
    FAISS_REQUIRE (k > 0, "expected k > 0, got %d", k);
    FAISS_TRY (faiss_NSG_check (self));
    FAISS_REQUIRE (self->search_L >= 1, "expected search_L >= 1, got %d", self->search_L);
    FAISS_REQUIRE (!dis->end || *dis->end >= self->ntotal,
                   "expected distances to %d vectors, got %lld", self->ntotal,
                   (long long)*dis->end);
    FaissVisited marks = {0};
    FaissStatus status = faiss_visited_open (&marks, vt, (size_t)self->ntotal);
    if (status == FAISS_OK) {
        status = search (self, dis, (size_t)k, I, D, &marks);
    }
    if (status == FAISS_OK) {
        status = faiss_visited_tell (&marks, vt, (size_t)self->ntotal);
    }
    faiss_visited_free (&marks);
    return status;
}

/* ---- reaching all nodes ---------------------------------------------------------------------- */

FaissStatus faiss_NSG_dfs (const FaissNSG *self, FaissVisitedTable *vt, int root, int cnt,
                           int *out) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE_ARG (vt);
    FAISS_REQUIRE_ARG (out);
    FAISS_TRY (faiss_NSG_check (self));
    FAISS_TRY (faiss_NSG_check_graph (self));
    FAISS_REQUIRE (root >= 0 && root < self->ntotal, "expected a node of 0 .. %d, got %d",
                   self->ntotal - 1, root);
    FaissVisited marks = {0};
    FAISS_AUTO_FREE (int32_t) *path = NULL;
    size_t n = (size_t)self->ntotal;
    FAISS_TRY (faiss_alloc (&path, n + 1, sizeof *path));
    FaissStatus status = faiss_visited_open (&marks, vt, n);
    if (status == FAISS_OK) {
        const FaissNSGTree tree = {
            .links = self->final_graph->data, .n = n, .R = (size_t)self->final_graph->K};
        cnt += (int)faiss_nsg_reach (&tree, root, &marks, path);
        status = faiss_visited_tell (&marks, vt, n);
    }
    faiss_visited_free (&marks);
    FAISS_TRY (status);
    *out = cnt;
    return FAISS_OK;
}

/* What both ways to link nodes need. */
static FaissStatus check_repair (const char *function, const FaissNSG *self,
                                 const FaissIndex *storage, FaissInt32Vector *degrees) {
    FAISS_TRY (faiss_NSG_check (self));
    FAISS_TRY (faiss_NSG_check_graph (self));
    FAISS_TRY (faiss_Int32Vector_own (degrees));
    if (self->search_L < 1 || storage->ntotal != self->ntotal ||
        degrees->size != (size_t)self->ntotal) {
        return faiss_fail_in (
            FAISS_EXCEPT, function,
            "expected search_L >= 1, and vectors and degrees of %d nodes, got %d, "
            "%lld and %zu",
            self->ntotal, self->search_L, (long long)storage->ntotal, degrees->size);
    }
    for (size_t i = 0; i < degrees->size; i++) {
        if (degrees->data[i] < 0 || degrees->data[i] > self->final_graph->K) {
            return faiss_fail_in (FAISS_EXCEPT, function, "expected degrees of 0 .. %d, got %d",
                                  self->final_graph->K, degrees->data[i]);
        }
    }
    return FAISS_OK;
}

FaissStatus faiss_NSG_attach_unlinked (FaissNSG *self, const FaissIndex *storage,
                                       FaissVisitedTable *vt, FaissVisitedTable *vt2,
                                       FaissInt32Vector *degrees, int *out) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE_ARG (storage);
    FAISS_REQUIRE_ARG (vt);
    FAISS_REQUIRE_ARG (vt2);
    FAISS_REQUIRE_ARG (degrees);
    FAISS_REQUIRE_ARG (out);
    FAISS_TRY (check_repair (__func__, self, storage, degrees));
    const FaissNSGTree tree = tree_of (self, storage);
    FaissVisited reached = {0}, met = {0};
    int32_t parent = -1;
    FaissStatus status = faiss_visited_open (&reached, vt, tree.n);
    if (status == FAISS_OK) {
        status = faiss_visited_open (&met, vt2, tree.n);
    }
    if (status == FAISS_OK) {
        status = faiss_nsg_attach (&tree, &reached, &met, degrees->data, &parent);
    }
    if (status == FAISS_OK) {
        status = faiss_visited_tell (&met, vt2, tree.n);
    }
    faiss_visited_free (&reached);
    faiss_visited_free (&met);
    FAISS_TRY (status);
    FAISS_REQUIRE (parent >= 0, "no node with a mark has room for a link");
    *out = parent;
    return FAISS_OK;
}

FaissStatus faiss_NSG_tree_grow (FaissNSG *self, const FaissIndex *storage,
                                 FaissInt32Vector *degrees, int *out) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE_ARG (storage);
    FAISS_REQUIRE_ARG (degrees);
    FAISS_REQUIRE_ARG (out);
    FAISS_TRY (check_repair (__func__, self, storage, degrees));
    FaissNSGTree tree = tree_of (self, storage);
    FaissVisited reached = {0};
    FAISS_AUTO_FREE (int32_t) *path = NULL;
    FAISS_TRY (faiss_alloc (&path, tree.n + 1, sizeof *path));
    FAISS_TRY (faiss_visited_init (&reached, tree.n));
    FaissStatus status = FAISS_OK;
    int n_attached = 0;
    size_t n = faiss_nsg_reach (&tree, tree.root, &reached, path);
    while (status == FAISS_OK && n < tree.n) {
        FaissVisited met = {0};
        int32_t parent = -1;
        status = faiss_visited_init (&met, tree.n);
        if (status == FAISS_OK) {
            status = faiss_nsg_attach (&tree, &reached, &met, degrees->data, &parent);
        }
        faiss_visited_free (&met);
        if (status == FAISS_OK && parent < 0) {
            status = faiss_fail_in (FAISS_EXCEPT, __func__,
                                    "no node that can be reached has room for a link");
        }
        if (status == FAISS_OK) {
            n += faiss_nsg_reach (&tree, parent, &reached, path);
            n_attached++;
            status = faiss_check_interrupt ();
        }
    }
    faiss_visited_free (&reached);
    FAISS_TRY (status);
    *out = n_attached;
    return FAISS_OK;
}
