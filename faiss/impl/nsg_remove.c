/* Removing nodes from navigating spreading-out graphs. */
#include <string.h>

#include <faiss/impl/check.h>
#include <faiss/impl/graph_remove.h>
#include <faiss/impl/nsg_internal.h>

typedef struct Removal {
    FaissNSG *nsg;
    FaissIndex *storage;
    FaissGraphRemoval removal;
    FaissNSG_Graph_int *graph; /* what will be, with the old numbers */
    FaissGraphPatch patch;
    int32_t enterpoint;
    FaissRandomGenerator rng;
} Removal;

static FaissGraphLevel level_of (const FaissNSG_Graph_int *graph) {
    return (FaissGraphLevel){.n = (size_t)graph->N, .room = (size_t)graph->K, .links = graph->data};
}

static FaissStatus copy_graph (Removal *r) {
    const FaissNSG_Graph_int *graph = r->nsg->final_graph;
    FAISS_TRY (faiss_NSG_Graph_int_new (&r->graph, graph->N, graph->K));
    memcpy (r->graph->data, graph->data, (size_t)graph->N * (size_t)graph->K * sizeof *graph->data);
    FaissGraphLevel level = level_of (r->graph);
    faiss_graph_squeeze (&level);
    return FAISS_OK;
}

static void forget_removed_links (Removal *r) {
    FaissGraphLevel level = level_of (r->graph);
    for (size_t i = 0; i < r->removal.n_removed; i++) {
        memset (faiss_graph_level_links (&level, r->removal.nodes[i]), -1,
                level.room * sizeof *level.links);
    }
}

static FaissStatus mend (Removal *r) {
    FAISS_TRY (copy_graph (r));
    FaissGraphLevel level = level_of (r->graph);
    r->enterpoint = faiss_graph_next_entry (&r->removal, &level, r->nsg->enterpoint);
    FAISS_TRY (faiss_graph_mend (&level, &r->removal, r->storage, level.room,
                                 FAISS_GRAPH_MEND_SPREAD, 1, &r->patch));
    faiss_graph_patch_apply (&r->patch, &level);
    forget_removed_links (r);
    FaissNSGTree tree = {.storage = r->storage,
                         .links = level.links,
                         .n = level.n,
                         .R = level.room,
                         .root = r->enterpoint,
                         .pool = (size_t)(r->nsg->search_L > 0 ? r->nsg->search_L : 1),
                         .rng = &r->rng,
                         .absent = &r->removal.removed};
    return faiss_nsg_grow_tree (&tree);
}

/* Nothing in here can fail. */
static void commit (Removal *r) {
    FaissNSG *nsg = r->nsg;
    FaissGraphLevel level = level_of (r->graph);
    faiss_graph_close_gaps (&r->removal, &level);
    r->graph->N -= (int)r->removal.n_removed;
    r->graph->made_size = (size_t)r->graph->N * (size_t)r->graph->K;
    faiss_NSG_clear (nsg);
    nsg->final_graph = r->graph;
    r->graph = NULL;
    nsg->enterpoint = faiss_graph_new_number (&r->removal, r->enterpoint);
    nsg->ntotal = nsg->final_graph->N;
    nsg->rng = r->rng;
}

static FaissStatus remove_nodes (Removal *r) {
    bool all = r->removal.n_removed == r->removal.n;
    FAISS_TRY (all ? FAISS_OK : mend (r));
    FAISS_TRY (faiss_graph_removal_apply (&r->removal, r->storage));
    if (all) {
        return faiss_NSG_reset (r->nsg);
    }
    commit (r);
    return FAISS_OK;
}

FaissStatus faiss_nsg_remove (FaissNSG *self, FaissIndex *storage, const FaissIDSelector *sel,
                              size_t *n_removed) {
    Removal r = {.nsg = self, .storage = storage, .rng = self->rng};
    FAISS_TRY (faiss_NSG_check (self));
    FAISS_TRY (faiss_graph_removal_init (&r.removal, (size_t)self->ntotal, sel));
    FaissStatus status = r.removal.n_removed > 0 ? remove_nodes (&r) : FAISS_OK;
    if (status == FAISS_OK) {
        *n_removed = r.removal.n_removed;
    }
    faiss_graph_patch_free (&r.patch);
    faiss_NSG_Graph_int_free (r.graph);
    faiss_graph_removal_free (&r.removal);
    return status;
}
