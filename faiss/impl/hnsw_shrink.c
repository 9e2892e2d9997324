/* Choosing the links of a node among candidates. */
#include <stdlib.h>

#include <faiss/impl/FilterCodes.h>
#include <faiss/impl/check.h>
#include <faiss/impl/hnsw_link.h>
#include <faiss/kernels/kernels.h>

/* The nodes behind the kept ones that are not needless among them; the others, to `rejected`. */
static size_t choose_again (const FaissGraphVectors *vectors, FaissGraphNode *nodes, size_t n_first,
                            size_t max_size, FaissGraphNode *rejected, size_t *n_rejected) {
    size_t n_kept = n_first, n = 0;
    for (size_t i = 0; i < *n_rejected; i++) {
        FaissGraphNode node = rejected[i];
        bool good = node.id >= 0 && n_kept < max_size;
        for (size_t j = n_first; j < n_kept && good; j++) {
            float between = faiss_graph_pair_distance (vectors, nodes[j].id, node.id);
            good = !faiss_graph_is_needless (vectors, between, node.key, vectors->alpha);
        }
        if (good) {
            nodes[n_kept++] = node;
        } else {
            rejected[n++] = node;
        }
    }
    *n_rejected = n;
    return n_kept;
}

/* With alpha > 1: first those that alpha = 1 keeps; then, of the others, those that alpha does not
 * reject either. Nodes are compared with nearer ones only. An id of ~id is that of a node that is
 * rejected for good. */
static size_t shrink_less (const FaissGraphVectors *vectors, FaissGraphNode *nodes, size_t n,
                           size_t max_size, size_t fill_size, FaissGraphNode *rejected) {
    size_t n_kept = 0, n_rejected = 0;
    for (size_t i = 0; i < n && n_kept < max_size; i++) {
        FaissGraphNode node = nodes[i];
        bool good = true, may_be_good = true;
        for (size_t j = 0; j < n_kept && may_be_good; j++) {
            float between = faiss_graph_pair_distance (vectors, nodes[j].id, node.id);
            good &= !(between < node.key);
            may_be_good =
                good || !faiss_graph_is_needless (vectors, between, node.key, vectors->alpha);
        }
        if (good) {
            nodes[n_kept++] = node;
        } else if (may_be_good || fill_size > 0) {
            rejected[n_rejected++] = (FaissGraphNode){node.key, may_be_good ? node.id : ~node.id};
        }
    }
    n_kept = choose_again (vectors, nodes, n_kept, max_size, rejected, &n_rejected);
    for (size_t i = 0; i < n_rejected && n_kept < fill_size; i++) {
        int32_t id = rejected[i].id;
        nodes[n_kept++] = (FaissGraphNode){rejected[i].key, id < 0 ? ~id : id};
    }
    qsort (nodes, n_kept, sizeof *nodes, faiss_graph_compare_nodes);
    return n_kept;
}

size_t faiss_hnsw_shrink (const FaissGraphVectors *vectors, FaissGraphNode *nodes, size_t n,
                          size_t max_size, size_t fill_size, FaissGraphNode *rejected) {
    if (vectors->alpha > 1) {
        return shrink_less (vectors, nodes, n, max_size, fill_size, rejected);
    }
    size_t n_kept = 0, n_rejected = 0;
    for (size_t i = 0; i < n && n_kept < max_size; i++) {
        FaissGraphNode node = nodes[i];
        bool good = true;
        for (size_t j = 0; j < n_kept && good; j++) {
            good = !(faiss_graph_pair_distance (vectors, nodes[j].id, node.id) < node.key);
        }
        if (good) {
            nodes[n_kept++] = node;
        } else if (fill_size > 0) {
            rejected[n_rejected++] = node;
        }
    }
    for (size_t i = 0; i < n_rejected && n_kept < fill_size; i++) {
        nodes[n_kept++] = rejected[i];
    }
    return n_kept;
}

/* ---- during a build -------------------------------------------------------------------------- */

FaissStatus faiss_link_reserve_nodes (FaissLinkWorker *w, size_t n) {
    if (n > w->capacity) {
        free (w->nodes);
        free (w->rejected);
        free (w->kept);
        free (w->positions);
        w->nodes = w->rejected = NULL;
        w->kept = w->positions = NULL;
        w->capacity = 0;
        FAISS_TRY (faiss_alloc (&w->nodes, n, sizeof *w->nodes));
        FAISS_TRY (faiss_alloc (&w->rejected, n, sizeof *w->rejected));
        FAISS_TRY (faiss_alloc (&w->kept, n, sizeof *w->kept));
        FAISS_TRY (faiss_alloc (&w->positions, n, sizeof *w->positions));
        w->capacity = n;
    }
    return FAISS_OK;
}

/* Is a node nearer to one of those kept than its key says? */
static bool has_nearer (const FaissLinking *b, FaissLinkWorker *w, FaissGraphNode node) {
    enum { AT_ONCE = 4 };
    const FaissFlatVectors *v = &b->flat;
    faiss_filter_pair_set (&w->pair, v->is_similarity, faiss_flat_code (v, (uint32_t)node.id),
                           v->is_similarity ? -node.key : node.key);
    size_t n_possible =
        (v->is_similarity ? faiss_kernels.filter_pairs_ip
                          : faiss_kernels.filter_pairs_L2) (&w->pair, &w->kept_codes, w->positions);
    if (n_possible == FAISS_FILTER_CERTAIN) {
        return true;
    }
    for (size_t i = 0; i < n_possible; i += AT_ONCE) {
        float keys[AT_ONCE];
        size_t n = n_possible - i < AT_ONCE ? n_possible - i : AT_ONCE;
        faiss_flat_keys (v, faiss_flat_row (v, (uint32_t)node.id), w->kept, w->positions + i, n,
                         keys);
        for (size_t j = 0; j < n; j++) {
            if (keys[j] < node.key) {
                return true;
            }
        }
    }
    return false;
}

enum { AHEAD = 3 }; /* candidates whose codes are on their way */

static inline void fetch_codes (const FaissLinking *b, const FaissLinkWorker *w, size_t begin,
                                size_t n) {
    for (size_t i = begin; i < begin + n; i++) {
        faiss_prefetch (faiss_flat_code (&b->flat, (uint32_t)w->nodes[i].id), b->flat.code_stride);
    }
}

size_t faiss_link_shrink (const FaissLinking *b, FaissLinkWorker *w, size_t n, size_t max_size,
                          size_t fill_size) {
    if (!b->has_pairs || w->s.vectors.alpha > 1) {
        return faiss_hnsw_shrink (&w->s.vectors, w->nodes, n, max_size, fill_size, w->rejected);
    }
    size_t n_kept = 0, n_rejected = 0;
    w->kept_codes.n = 0;
    fetch_codes (b, w, 0, n < AHEAD ? n : AHEAD);
    for (size_t i = 0; i < n && n_kept < max_size; i++) {
        FaissGraphNode node = w->nodes[i];
        fetch_codes (b, w, i + AHEAD, i + AHEAD < n ? 1 : 0);
        if (!has_nearer (b, w, node)) {
            faiss_filter_kept_add (&w->kept_codes, faiss_flat_code (&b->flat, (uint32_t)node.id));
            w->kept[n_kept] = (uint32_t)node.id;
            w->nodes[n_kept++] = node;
        } else if (fill_size > 0) {
            w->rejected[n_rejected++] = node;
        }
    }
    for (size_t i = 0; i < n_rejected && n_kept < fill_size; i++) {
        w->nodes[n_kept++] = w->rejected[i];
    }
    return n_kept;
}
