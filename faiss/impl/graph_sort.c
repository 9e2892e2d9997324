/* Orders of graph nodes by key, equal keys in the places where C++'s algorithms leave them. */
#include <faiss/impl/graph_sort.h>

enum { SHORT = 16 }; /* ranges that are left to the insertion sort */

/* ---- heaps ----------------------------------------------------------------------------------- */

static void rise (FaissGraphNode *nodes, size_t hole, size_t top, FaissGraphNode node) {
    while (hole > top && nodes[(hole - 1) / 2].key < node.key) {
        nodes[hole] = nodes[(hole - 1) / 2];
        hole = (hole - 1) / 2;
    }
    nodes[hole] = node;
}

/* The hole sinks to the bottom along the farther children, of two equal ones the right one; there
 * the node fills it and rises. */
static void sink (FaissGraphNode *nodes, size_t hole, size_t n, FaissGraphNode node) {
    size_t top = hole;
    for (size_t child = 2 * hole + 2; child <= n; child = 2 * hole + 2) {
        if (child == n || nodes[child].key < nodes[child - 1].key) {
            child--;
        }
        nodes[hole] = nodes[child];
        hole = child;
    }
    rise (nodes, hole, top, node);
}

void faiss_graph_heap_make (FaissGraphNode *nodes, size_t n) {
    for (size_t i = n / 2; i-- > 0;) {
        sink (nodes, i, n, nodes[i]);
    }
}

void faiss_graph_heap_push (FaissGraphNode *nodes, size_t n) {
    rise (nodes, n - 1, 0, nodes[n - 1]);
}

void faiss_graph_heap_pop (FaissGraphNode *nodes, size_t n) {
    if (n > 1) {
        FaissGraphNode last = nodes[n - 1];
        nodes[n - 1] = nodes[0];
        sink (nodes, 0, n - 1, last);
    }
}

static void sort_by_heap (FaissGraphNode *nodes, size_t n) {
    faiss_graph_heap_make (nodes, n);
    for (; n > 1; n--) {
        faiss_graph_heap_pop (nodes, n);
    }
}

/* ---- introsort ------------------------------------------------------------------------------- */

static inline void swap (FaissGraphNode *a, FaissGraphNode *b) {
    FaissGraphNode other = *a;
    *a = *b;
    *b = other;
}

/* The middle one of three goes to the front, which is none of them. */
static void median_to_front (FaissGraphNode *front, FaissGraphNode *a, FaissGraphNode *b,
                             FaissGraphNode *c) {
    if (a->key < b->key) {
        swap (front, b->key < c->key ? b : a->key < c->key ? c : a);
    } else {
        swap (front, a->key < c->key ? a : b->key < c->key ? c : b);
    }
}

/* Put what is less than the front before what is greater; returns where the latter begins. */
static size_t partition (FaissGraphNode *nodes, size_t n) {
    median_to_front (nodes, nodes + 1, nodes + n / 2, nodes + n - 1);
    float pivot = nodes[0].key;
    for (size_t left = 1, right = n;; left++) {
        while (nodes[left].key < pivot) {
            left++;
        }
        right--;
        while (pivot < nodes[right].key) {
            right--;
        }
        if (left >= right) {
            return left;
        }
        swap (nodes + left, nodes + right);
    }
}

/* Until ranges are short. */
static void sort_coarsely (FaissGraphNode *nodes, size_t n, int depth) {
    while (n > SHORT) {
        if (depth == 0) {
            sort_by_heap (nodes, n);
            return;
        }
        depth--;
        size_t cut = partition (nodes, n);
        sort_coarsely (nodes + cut, n - cut, depth);
        n = cut;
    }
}

void faiss_graph_sort (FaissGraphNode *nodes, size_t n) {
    int depth = 0;
    for (size_t rest = n; rest > 1; rest /= 2) {
        depth += 2;
    }
    sort_coarsely (nodes, n, depth);
    for (size_t i = 1; i < n; i++) {
        FaissGraphNode node = nodes[i];
        size_t at = i;
        for (; at > 0 && node.key < nodes[at - 1].key; at--) {
            nodes[at] = nodes[at - 1];
        }
        nodes[at] = node;
    }
}
