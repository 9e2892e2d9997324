/* Parts of the graph indexes: vectors as a graph sees them, queues, visited nodes. */
#include <math.h>
#include <string.h>

#include <faiss/IndexFlatCodes.h>
#include <faiss/impl/check.h>
#include <faiss/impl/hnsw_internal.h>

/* ---- the vectors ----------------------------------------------------------------------------- */

FaissStatus faiss_graph_vectors_open (FaissGraphVectors *self, const FaissIndex *storage) {
    FAISS_REQUIRE (storage, "there is no storage: the index was written without its vectors");
    *self = (FaissGraphVectors){.is_similarity = faiss_is_similarity_metric (storage->metric_type)};
    const FaissIndexFlatCodes *flat =
        faiss_object_cast (storage, &faiss_IndexFlatCodes_class.index.head);
    if (flat) {
        self->rows = flat->codes.data;
        self->row_size = flat->code_size;
    }
    return storage->cls->get_distance_computer (storage, &self->dc);
}

void faiss_graph_vectors_close (FaissGraphVectors *self) {
    faiss_DistanceComputer_free (self->dc);
    self->dc = NULL;
}

enum { LINE = 64, MAX_LINES = 64, ROWS_AHEAD = 8 };

static inline void prefetch (const FaissGraphVectors *self, int32_t node) {
    if (self->rows) {
        const uint8_t *row = self->rows + (size_t)node * self->row_size;
        size_t end = self->row_size < LINE * MAX_LINES ? self->row_size : LINE * MAX_LINES;
        for (size_t at = 0; at < end; at += LINE) {
            __builtin_prefetch (row + at);
        }
    }
}

void faiss_graph_distances (const FaissGraphVectors *self, size_t n, const int32_t *nodes,
                            float *keys) {
    FaissDistanceComputer *dc = self->dc;
    for (size_t j = 0; j < ROWS_AHEAD && j < n; j++) {
        prefetch (self, nodes[j]);
    }
    size_t j = 0;
    for (; j + 4 <= n; j += 4) {
        for (size_t next = j + ROWS_AHEAD; next < j + ROWS_AHEAD + 4 && next < n; next++) {
            prefetch (self, nodes[next]);
        }
        idx_t ids[4] = {nodes[j], nodes[j + 1], nodes[j + 2], nodes[j + 3]};
        dc->distances_batch_4 (dc, ids, keys + j);
    }
    for (; j < n; j++) {
        keys[j] = dc->distance (dc, nodes[j]);
    }
    for (j = 0; self->is_similarity && j < n; j++) {
        keys[j] = -keys[j];
    }
}

/* ---- queues ---------------------------------------------------------------------------------- */

/* Is a below b, so that b is nearer to the top? */
static inline bool is_below (bool farthest, FaissGraphTies ties, FaissGraphNode a,
                             FaissGraphNode b) {
    if (ties && a.key == b.key) {
        bool largest_on_top = farthest == (ties == FAISS_GRAPH_TIES_FARTHEST_HAS_LARGEST_ID);
        return largest_on_top ? a.id < b.id : a.id > b.id;
    }
    return farthest ? a.key < b.key : a.key > b.key;
}

static void rise (FaissGraphNode *nodes, size_t at, bool farthest, FaissGraphTies ties,
                  FaissGraphNode node) {
    while (at > 0 && is_below (farthest, ties, nodes[(at - 1) / 2], node)) {
        nodes[at] = nodes[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    nodes[at] = node;
}

FaissStatus faiss_graph_queue_reserve (FaissGraphQueue *self, size_t n) {
    if (n > self->capacity) {
        FaissGraphNode *nodes = realloc (self->nodes, n * sizeof *nodes);
        if (!nodes) {
            return faiss_fail (FAISS_STD_EXCEPT, "no memory for a queue of %zu nodes", n);
        }
        self->nodes = nodes;
        self->capacity = n;
    }
    return FAISS_OK;
}

FaissStatus faiss_graph_queue_push (FaissGraphQueue *self, bool farthest, FaissGraphTies ties,
                                    FaissGraphNode node) {
    if (self->size == self->capacity) {
        FAISS_TRY (faiss_graph_queue_reserve (self, self->capacity + self->capacity / 2 + 256));
    }
    rise (self->nodes, self->size++, farthest, ties, node);
    return FAISS_OK;
}

/* The hole left by the top sinks to the bottom along the better children, of two equal ones the
 * right one; there the last node fills it and rises. */
FaissGraphNode faiss_graph_queue_pop (FaissGraphQueue *self, bool farthest, FaissGraphTies ties) {
    FaissGraphNode *nodes = self->nodes, top = nodes[0];
    size_t size = --self->size, hole = 0;
    for (size_t child = 2; child <= size; child = 2 * hole + 2) {
        if (child == size || is_below (farthest, ties, nodes[child], nodes[child - 1])) {
            child--;
        }
        nodes[hole] = nodes[child];
        hole = child;
    }
    if (size > 0) {
        rise (nodes, hole, farthest, ties, nodes[size]);
    }
    return top;
}

void faiss_graph_queue_free (FaissGraphQueue *self) {
    free (self->nodes);
    *self = (FaissGraphQueue){0};
}

int faiss_graph_compare_nodes (const void *a_, const void *b_) {
    const FaissGraphNode *a = a_, *b = b_;
    if (a->key != b->key) {
        return a->key < b->key ? -1 : 1;
    }
    return (a->id > b->id) - (a->id < b->id);
}

/* ---- visited nodes --------------------------------------------------------------------------- */

FaissStatus faiss_visited_init (FaissVisited *self, size_t n) {
    self->n_words = n / 64 + 1;
    return faiss_alloc_zeroed (&self->bits, self->n_words, sizeof *self->bits);
}

void faiss_visited_clear (FaissVisited *self) {
    memset (self->bits, 0, self->n_words * sizeof *self->bits);
}

void faiss_visited_free (FaissVisited *self) {
    free (self->bits);
    *self = (FaissVisited){0};
}
