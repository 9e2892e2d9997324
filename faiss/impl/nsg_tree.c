/* Making all nodes of a navigating spreading-out graph reachable from its entry point. */
#include <string.h>

#include <faiss/impl/check.h>
#include <faiss/impl/graph_sort.h>
#include <faiss/impl/nsg_internal.h>

enum { NONE = -1 };

typedef struct Growth {
    const FaissNSGTree *tree;
    int32_t *degrees;
    FaissVisited reached;
    size_t n_reached, n_attached, next; /* all before next are reached */
    int32_t *path;
    FaissPoolPlan plan;
    FaissPoolScratch s;
    float *x;
} Growth;

static int32_t *links_of (const Growth *g, int32_t node) {
    return g->tree->links + (size_t)node * g->tree->R;
}

/* Go down from a node, always along the first link that leads to something new. */
static void descend (Growth *g, int32_t root) {
    size_t length = 0, R = g->tree->R;
    g->n_reached += faiss_visited_set (&g->reached, root);
    g->path[length++] = root;
    while (length > 0) {
        const int32_t *links = links_of (g, g->path[length - 1]);
        size_t j = 0;
        while (j < R && (links[j] == NONE || !faiss_visited_set (&g->reached, links[j]))) {
            j++;
        }
        if (j < R) {
            g->path[length++] = links[j];
            g->n_reached++;
        } else {
            length--;
        }
    }
}

static bool has_room (const Growth *g, int32_t node, int32_t id) {
    return (size_t)g->degrees[node] < g->tree->R && node != id;
}

/* A node with room for a link: the nearest one that a search meets, else any that is reached. NONE
 * if there is none. */
static FaissStatus find_parent (Growth *g, int32_t id, int32_t *parent) {
    const FaissNSGTree *tree = g->tree;
    *parent = NONE;
    FAISS_TRY (tree->storage->cls->reconstruct (tree->storage, id, g->x));
    FAISS_TRY (faiss_graph_set_query (&g->s.vectors, g->x));
    FAISS_TRY (faiss_pool_search (&g->s, &g->plan, true));
    faiss_graph_sort (g->s.met, g->s.n_met);
    for (size_t i = 0; i < g->s.n_met && *parent == NONE; i++) {
        *parent = has_room (g, g->s.met[i].id, id) ? g->s.met[i].id : NONE;
    }
    bool is_possible = *parent != NONE;
    for (size_t i = 0; i < tree->n && !is_possible; i++) {
        is_possible = has_room (g, (int32_t)i, id) && faiss_visited_get (&g->reached, (int32_t)i);
    }
    while (*parent == NONE && is_possible) {
        int32_t node = faiss_RandomGenerator_rand_int_max (tree->rng, (int)tree->n);
        *parent = has_room (g, node, id) && faiss_visited_get (&g->reached, node) ? node : NONE;
    }
    return FAISS_OK;
}

static FaissStatus reach_all (Growth *g) {
    int32_t root = g->tree->root;
    for (;;) {
        descend (g, root);
        if (g->n_reached >= g->tree->n) {
            return FAISS_OK;
        }
        while (faiss_visited_get (&g->reached, (int32_t)g->next)) {
            g->next++;
        }
        int32_t id = (int32_t)g->next;
        FAISS_TRY (faiss_check_interrupt ());
        if (!g->plan.init) {
            FaissFixedGraph graph = {g->tree->links, g->tree->n, g->tree->R};
            FAISS_TRY (
                faiss_pool_plan_from_node (&g->plan, &graph, g->tree->root, g->tree->pool, NULL));
            FAISS_TRY (faiss_pool_scratch_init (&g->s, &g->plan, g->tree->storage));
        }
        FAISS_TRY (find_parent (g, id, &root));
        if (root == NONE) { /* every node has R links: searches may begin there by chance */
            root = id;
            continue;
        }
        links_of (g, root)[g->degrees[root]++] = id;
        g->n_attached++;
    }
}

/* Absent nodes are full, and need not be reached. */
static FaissStatus open_growth (Growth *g) {
    const FaissNSGTree *tree = g->tree;
    FAISS_TRY (faiss_visited_init (&g->reached, tree->n));
    FAISS_TRY (faiss_alloc_zeroed (&g->degrees, tree->n, sizeof *g->degrees));
    FAISS_TRY (faiss_alloc (&g->path, tree->n, sizeof *g->path));
    FAISS_TRY (faiss_alloc (&g->x, (size_t)tree->storage->d, sizeof *g->x));
    for (size_t i = 0; i < tree->n; i++) {
        int32_t *degree = &g->degrees[i];
        if (tree->absent && faiss_visited_get (tree->absent, (int32_t)i)) {
            g->n_reached += faiss_visited_set (&g->reached, (int32_t)i);
            *degree = (int32_t)tree->R;
        }
        while ((size_t)*degree < tree->R && links_of (g, (int32_t)i)[*degree] != NONE) {
            ++*degree;
        }
    }
    return FAISS_OK;
}

static void say_result (const Growth *g) {
    size_t sum = 0;
    for (size_t i = 0; i < g->tree->n; i++) {
        sum += (size_t)g->degrees[i];
    }
    faiss_say ("NSG: %zu nodes, %.2f links per node, %zu nodes attached\n", g->tree->n,
               (double)sum / (double)g->tree->n, g->n_attached);
}

FaissStatus faiss_nsg_grow_tree (const FaissNSGTree *tree) {
    Growth g = {.tree = tree};
    FaissStatus status = open_growth (&g);
    if (status == FAISS_OK) {
        status = reach_all (&g);
    }
    if (tree->verbose && status == FAISS_OK) {
        say_result (&g);
    }
    faiss_visited_free (&g.reached);
    free (g.degrees);
    free (g.path);
    free (g.x);
    faiss_pool_scratch_free (&g.s);
    faiss_pool_plan_free (&g.plan);
    return status;
}

/* ---- single steps ---------------------------------------------------------------------------- */

size_t faiss_nsg_reach (const FaissNSGTree *tree, int32_t from, FaissVisited *reached,
                        int32_t *scratch) {
    Growth g = {.tree = tree, .reached = *reached, .path = scratch};
    descend (&g, from);
    return g.n_reached;
}

static FaissStatus attach (Growth *g, FaissVisited *met, int32_t *parent) {
    const FaissNSGTree *tree = g->tree;
    FaissFixedGraph graph = {tree->links, tree->n, tree->R};
    while (g->next < tree->n && faiss_visited_get (&g->reached, (int32_t)g->next)) {
        g->next++;
    }
    if (g->next == tree->n) {
        return faiss_fail (FAISS_EXCEPT, "all %zu nodes have marks: none is to be linked", tree->n);
    }
    FAISS_TRY (faiss_alloc (&g->x, (size_t)tree->storage->d, sizeof *g->x));
    FAISS_TRY (faiss_pool_plan_from_node (&g->plan, &graph, tree->root, tree->pool, met));
    FAISS_TRY (faiss_pool_scratch_init (&g->s, &g->plan, tree->storage));
    g->s.marks = met;
    FAISS_TRY (find_parent (g, (int32_t)g->next, parent));
    memcpy (met->bits, g->s.visited.bits, met->n_words * sizeof *met->bits);
    if (*parent != NONE) {
        links_of (g, *parent)[g->degrees[*parent]++] = (int32_t)g->next;
    }
    return FAISS_OK;
}

FaissStatus faiss_nsg_attach (const FaissNSGTree *tree, FaissVisited *reached, FaissVisited *met,
                              int32_t *degrees, int32_t *parent) {
    Growth g = {.tree = tree, .reached = *reached, .degrees = degrees};
    FaissStatus status = attach (&g, met, parent);
    free (g.x);
    faiss_pool_scratch_free (&g.s);
    faiss_pool_plan_free (&g.plan);
    return status;
}
