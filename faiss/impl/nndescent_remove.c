/* Removing nodes from graphs of nearest neighbours. */
#include <faiss/impl/check.h>
#include <faiss/impl/graph_remove.h>
#include <faiss/impl/nndescent_internal.h>

static FaissStatus remove_nodes (FaissNNDescent *self, const FaissGraphRemoval *removal,
                                 FaissIndex *storage, FaissGraphPatch *patch) {
    FAISS_TRY (faiss_Int32Vector_own (&self->final_graph));
    FaissGraphLevel level = {
        .n = removal->n, .room = (size_t)self->K, .links = self->final_graph.data};
    size_t n_left = removal->n - removal->n_removed;
    faiss_graph_squeeze (&level);
    if (n_left > 0) {
        FAISS_TRY (faiss_graph_mend (&level, removal, storage, level.room, FAISS_GRAPH_MEND_NEAREST,
                                     1, patch));
    }
    FAISS_TRY (faiss_graph_removal_apply (removal, storage));
    if (n_left == 0) {
        return faiss_NNDescent_reset (self);
    }
    faiss_graph_patch_apply (patch, &level);
    faiss_graph_close_gaps (removal, &level);
    self->final_graph.size = n_left * level.room;
    self->ntotal = (int)n_left;
    if (faiss_graph_few_are_left (n_left, removal->n_removed)) {
        (void)faiss_NNDescent_build (self, storage, false); /* else the mended graph stays */
    }
    return FAISS_OK;
}

FaissStatus faiss_nndescent_remove (FaissNNDescent *self, FaissIndex *storage,
                                    const FaissIDSelector *sel, size_t *n_removed) {
    FaissGraphRemoval removal = {0};
    FaissGraphPatch patch = {0};
    FAISS_TRY (faiss_NNDescent_check_built (self));
    FAISS_TRY (faiss_graph_removal_init (&removal, (size_t)self->ntotal, sel));
    FaissStatus status =
        removal.n_removed > 0 ? remove_nodes (self, &removal, storage, &patch) : FAISS_OK;
    if (status == FAISS_OK) {
        *n_removed = removal.n_removed;
    }
    faiss_graph_patch_free (&patch);
    faiss_graph_removal_free (&removal);
    return status;
}
