/* The navigating spreading-out graph: structure, files, single searches. */
#include <faiss/impl/NSG.h>

#include <float.h>
#include <string.h>

#include <faiss/impl/check.h>
#include <faiss/impl/nsg_internal.h>

enum { SEED = 0x0903, MAX_LINKS = 1 << 20 };

/* ---- links ----------------------------------------------------------------------------------- */

static FaissStatus check_size (int N, int K) {
    FAISS_REQUIRE (N >= 0 && K > 0 && K <= MAX_LINKS,
                   "expected N >= 0 and 0 < K <= %d, got N=%d K=%d", MAX_LINKS, N, K);
    return FAISS_OK;
}

FaissStatus faiss_NSG_Graph_int_new (FaissNSG_Graph_int **out, int N, int K) {
    FAISS_REQUIRE_ARG (out);
    FAISS_AUTO_FREE (FaissNSG_Graph_int) *self = NULL;
    FAISS_TRY (check_size (N, K));
    FAISS_TRY (faiss_alloc_zeroed (&self, 1, sizeof *self));
    FAISS_TRY (faiss_alloc (&self->data, (size_t)N * (size_t)K, sizeof *self->data));
    memset (self->data, -1, (size_t)N * (size_t)K * sizeof *self->data);
    self->K = K;
    self->N = N;
    self->made_size = (size_t)N * (size_t)K;
    self->own_fields = true;
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

FaissStatus faiss_NSG_Graph_int_new_with (FaissNSG_Graph_int **out, int *data, int N, int K) {
    FaissNSG_Graph_int *self = NULL;
    FAISS_REQUIRE_ARG (out);
    FAISS_REQUIRE_ARG (data);
    FAISS_TRY (check_size (N, K));
    FAISS_TRY (faiss_alloc_zeroed (&self, 1, sizeof *self));
    *self = (FaissNSG_Graph_int){.data = data, .K = K, .N = N, .made_size = (size_t)N * (size_t)K};
    *out = self;
    return FAISS_OK;
}

void faiss_NSG_Graph_int_free (FaissNSG_Graph_int *self) {
    if (self) {
        if (self->own_fields) {
            free (self->data);
        }
        free (self);
    }
}

FaissStatus faiss_nsg_check_links (const FaissNSG_Graph_int *self) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE (self->N >= 0 && self->K > 0 &&
                       (size_t)self->N * (size_t)self->K == self->made_size,
                   "N=%d and K=%d are not what the graph was made with", self->N, self->K);
    return FAISS_OK;
}

static FaissStatus check_place (const FaissNSG_Graph_int *self, int i, int j) {
    FAISS_TRY (faiss_nsg_check_links (self));
    FAISS_REQUIRE (i >= 0 && i < self->N && j >= 0 && j < self->K,
                   "expected a place in %d nodes with %d links, got node %d link %d", self->N,
                   self->K, i, j);
    return FAISS_OK;
}

FaissStatus faiss_NSG_Graph_int_at (const FaissNSG_Graph_int *self, int i, int j, int *out) {
    FAISS_REQUIRE_ARG (out);
    FAISS_TRY (check_place (self, i, j));
    *out = self->data[(size_t)i * (size_t)self->K + (size_t)j];
    return FAISS_OK;
}

FaissStatus faiss_NSG_Graph_int_set (FaissNSG_Graph_int *self, int i, int j, int link) {
    FAISS_TRY (check_place (self, i, j));
    FAISS_REQUIRE (link >= -1 && link < self->N, "expected a link to -1 .. %d, got %d", self->N - 1,
                   link);
    self->data[(size_t)i * (size_t)self->K + (size_t)j] = link;
    return FAISS_OK;
}

FaissStatus faiss_NSG_Graph_int_get_neighbors (const FaissNSG_Graph_int *self, int i,
                                               int *neighbors, size_t *size) {
    size_t n = 0;
    FAISS_REQUIRE_ARG (neighbors);
    FAISS_REQUIRE_ARG (size);
    FAISS_TRY (check_place (self, i, 0));
    for (int j = 0; j < self->K; j++) {
        int link = self->data[(size_t)i * (size_t)self->K + (size_t)j];
        if (link >= 0) {
            neighbors[n++] = link;
        }
    }
    *size = n;
    return FAISS_OK;
}

/* ---- life ------------------------------------------------------------------------------------ */

FaissStatus faiss_NSG_init (FaissNSG *self, int R) {
    *self = (FaissNSG){.enterpoint = -1, .search_L = 16, .use_visited_hashset = -1};
    FAISS_REQUIRE (R > 0 && R <= MAX_LINKS, "expected 0 < R <= %d, got %d", MAX_LINKS, R);
    self->R = R;
    self->L = R + 32;
    self->C = R + 100;
    faiss_RandomGenerator_init (&self->rng, SEED);
    return FAISS_OK;
}

void faiss_NSG_clear (FaissNSG *self) {
    faiss_NSG_Graph_int_free (self->final_graph);
    self->final_graph = NULL;
}

FaissStatus faiss_NSG_copy (FaissNSG *self, const FaissNSG *other) {
    *self = *other;
    self->final_graph = NULL;
    const FaissNSG_Graph_int *graph = other->final_graph;
    if (graph) {
        FAISS_TRY (faiss_NSG_Graph_int_new (&self->final_graph, graph->N, graph->K));
        memcpy (self->final_graph->data, graph->data,
                (size_t)graph->N * (size_t)graph->K * sizeof *graph->data);
    }
    return FAISS_OK;
}

FaissStatus faiss_NSG_new_with (FaissNSG **out, int R) {
    FAISS_REQUIRE_ARG (out);
    FAISS_AUTO_FREE (FaissNSG) *self = NULL;
    FAISS_TRY (faiss_alloc_zeroed (&self, 1, sizeof *self));
    FAISS_TRY (faiss_NSG_init (self, R));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

FaissStatus faiss_NSG_new (FaissNSG **out) {
    return faiss_NSG_new_with (out, 32);
}

void faiss_NSG_free (FaissNSG *self) {
    if (self) {
        faiss_NSG_clear (self);
        free (self);
    }
}

FaissStatus faiss_NSG_reset (FaissNSG *self) {
    FAISS_REQUIRE_ARG (self);
    faiss_NSG_clear (self);
    self->ntotal = 0;
    self->enterpoint = -1;
    self->is_built = false;
    return FAISS_OK;
}

FaissNSG_Graph_int *faiss_NSG_get_final_graph (const FaissNSG *self) {
    return self ? self->final_graph : NULL;
}

FaissStatus faiss_NSG_check_graph (const FaissNSG *self) {
    FAISS_REQUIRE_ARG (self);
    const FaissNSG_Graph_int *graph = self->final_graph;
    FAISS_REQUIRE (graph, "the graph is not built");
    FAISS_TRY (faiss_nsg_check_links (graph));
    for (int i = 0; i < graph->N; i++) {
        const int *links = graph->data + (size_t)i * (size_t)graph->K;
        for (int j = 0; j < graph->K; j++) {
            FAISS_REQUIRE (links[j] >= -1 && links[j] < graph->N && links[j] != i,
                           "node %d of %d has a link to %d", i, graph->N, links[j]);
        }
    }
    return FAISS_OK;
}

/* ---- searches -------------------------------------------------------------------------------- */

FaissStatus faiss_NSG_check (const FaissNSG *self) {
    const FaissNSG_Graph_int *graph = self->final_graph;
    FAISS_REQUIRE (self->is_built && graph, "the graph is not built: add vectors first");
    FAISS_TRY (faiss_nsg_check_links (graph));
    FAISS_REQUIRE (graph->N == self->ntotal && self->ntotal > 0,
                   "expected links of ntotal=%d nodes, got %d", self->ntotal, graph->N);
    FAISS_REQUIRE (self->enterpoint >= 0 && self->enterpoint < self->ntotal,
                   "expected an enterpoint in 0 .. %d, got %d", self->ntotal - 1, self->enterpoint);
    return FAISS_OK;
}

FaissStatus faiss_NSG_plan (const FaissNSG *self, int search_L, size_t k, FaissPoolPlan *out) {
    FAISS_TRY (faiss_NSG_check (self));
    FAISS_REQUIRE (search_L >= 1, "expected search_L >= 1, got %d", search_L);
    FaissFixedGraph graph = {self->final_graph->data, (size_t)self->ntotal,
                             (size_t)self->final_graph->K};
    size_t pool = (size_t)search_L;
    return faiss_pool_plan_from_node (out, &graph, self->enterpoint, pool > k ? pool : k, NULL);
}

FaissStatus faiss_NSG_search (const FaissNSG *self, FaissDistanceComputer *dis, bool is_similarity,
                              int k, idx_t *I, float *D) {
    FaissPoolPlan plan = {0};
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE_ARG (dis);
    FAISS_REQUIRE_ARG (I);
    FAISS_REQUIRE_ARG (D);
    FAISS_REQUIRE (k > 0, "expected k > 0, got %d", k);
    FAISS_TRY (faiss_NSG_plan (self, self->search_L, (size_t)k, &plan));
    FaissStatus status = faiss_pool_search_computer (&plan, dis, is_similarity, (size_t)k, I, D);
    faiss_pool_plan_free (&plan);
    return status;
}

/* ---- build ----------------------------------------------------------------------------------- */

FaissStatus faiss_NSG_build (FaissNSG *self, const FaissIndex *storage, idx_t n,
                             const idx_t *knn_graph, int K, bool verbose) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE_ARG (storage);
    FAISS_REQUIRE_ARG (knn_graph);
    FAISS_REQUIRE (n > 0 && n < INT32_MAX && n == storage->ntotal,
                   "expected the storage's ntotal=%lld vectors, got n=%lld",
                   (long long)storage->ntotal, (long long)n);
    FAISS_REQUIRE (K > 0 && K <= MAX_LINKS, "expected 0 < K <= %d, got %d", MAX_LINKS, K);
    FAISS_AUTO_FREE (int32_t) *knn = NULL;
    size_t size = (size_t)n * (size_t)K;
    FAISS_TRY (faiss_alloc (&knn, size, sizeof *knn));
    for (size_t i = 0; i < size; i++) {
        knn[i] = knn_graph[i] >= 0 && knn_graph[i] < n ? (int32_t)knn_graph[i] : -1;
    }
    return faiss_nsg_build (self, storage, (size_t)n, knn, (size_t)K, verbose);
}

/* ---- files ----------------------------------------------------------------------------------- */

FaissStatus faiss_NSG_write (const FaissNSG *self, FaissIOWriter *w) {
    const FaissNSG_Graph_int *graph = self->final_graph;
    FAISS_TRY (faiss_write_i32 (w, self->ntotal));
    FAISS_TRY (faiss_write_i32 (w, self->R));
    FAISS_TRY (faiss_write_i32 (w, self->L));
    FAISS_TRY (faiss_write_i32 (w, self->C));
    FAISS_TRY (faiss_write_i32 (w, self->search_L));
    FAISS_TRY (faiss_write_i32 (w, self->enterpoint));
    FAISS_TRY (faiss_write_bool (w, self->is_built));
    if (!self->is_built) {
        return FAISS_OK;
    }
    FAISS_REQUIRE (graph && graph->N == self->ntotal, "expected links of ntotal=%d nodes, got %d",
                   self->ntotal, graph ? graph->N : 0);
    for (int i = 0; i < graph->N; i++) {
        for (int j = 0; j < graph->K; j++) {
            int link = graph->data[(size_t)i * (size_t)graph->K + (size_t)j];
            if (link >= 0) {
                FAISS_TRY (faiss_write_i32 (w, link));
            }
        }
        FAISS_TRY (faiss_write_i32 (w, -1));
    }
    return FAISS_OK;
}

static FaissStatus check_settings (const FaissNSG *self, const FaissIOReader *r) {
    FAISS_REQUIRE_FILE (r, self->R > 0 && self->R <= MAX_LINKS, "NSG R=%d, expected 1 .. %d",
                        self->R, MAX_LINKS);
    FAISS_REQUIRE_FILE (r, self->ntotal >= 0, "NSG ntotal=%d", self->ntotal);
    FAISS_REQUIRE_FILE (
        r, !self->is_built || (self->enterpoint >= 0 && self->enterpoint < self->ntotal),
        "NSG enterpoint=%d, but there are %d nodes", self->enterpoint, self->ntotal);
    return FAISS_OK;
}

static FaissStatus read_node (const FaissNSG *self, FaissIOReader *r, FaissInt32Vector *links,
                              int *longest) {
    for (int j = 0;; j++) {
        int link = 0;
        FAISS_TRY (faiss_read_i32 (r, &link, "NSG link"));
        FAISS_TRY (faiss_Int32Vector_push_back (links, link));
        if (link == -1) {
            *longest = j > *longest ? j : *longest;
            return FAISS_OK;
        }
        FAISS_REQUIRE_FILE (r, j < self->R, "a node has more than R=%d links", self->R);
        FAISS_REQUIRE_FILE (r, link >= 0 && link < self->ntotal,
                            "a link leads to %d, but there are %d nodes", link, self->ntotal);
    }
}

/* The numbers in a damaged file may be large: memory for all nodes is asked for when all links were
 * read, and for more places than usual only where there are links to put there. */
static FaissStatus read_links (FaissNSG *self, FaissIOReader *r) {
    enum { USUAL_LINKS = 1024 };
    FAISS_AUTO (Int32Vector) links = {0};
    int room = self->R < USUAL_LINKS ? self->R : USUAL_LINKS;
    for (int i = 0; i < self->ntotal; i++) {
        FAISS_TRY (read_node (self, r, &links, &room));
    }
    FAISS_TRY (faiss_NSG_Graph_int_new (&self->final_graph, self->ntotal, room));
    const int32_t *from = links.data;
    for (int i = 0; i < self->ntotal; i++) {
        int *of_node = self->final_graph->data + (size_t)i * (size_t)room;
        while (*from >= 0) {
            *of_node++ = *from++;
        }
        from++; /* the end of those of the node */
    }
    return FAISS_OK;
}

FaissStatus faiss_NSG_read (FaissNSG *self, FaissIOReader *r) {
    faiss_NSG_clear (self);
    FAISS_TRY (faiss_read_i32 (r, &self->ntotal, "NSG ntotal"));
    FAISS_TRY (faiss_read_i32 (r, &self->R, "NSG R"));
    FAISS_TRY (faiss_read_i32 (r, &self->L, "NSG L"));
    FAISS_TRY (faiss_read_i32 (r, &self->C, "NSG C"));
    FAISS_TRY (faiss_read_i32 (r, &self->search_L, "NSG search_L"));
    FAISS_TRY (faiss_read_i32 (r, &self->enterpoint, "NSG enterpoint"));
    FAISS_TRY (faiss_read_bool (r, &self->is_built, "NSG is_built"));
    FAISS_TRY (check_settings (self, r));
    return self->is_built ? read_links (self, r) : FAISS_OK;
}
