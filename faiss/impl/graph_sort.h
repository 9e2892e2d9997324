/* Orders of graph nodes by key, equal keys in the places where C++'s algorithms leave them.
 * Not for public headers.
 *
 * Which of two equally near nodes comes first is visible in upstream's graphs, and is there a
 * matter of std::sort and the heap functions of libstdc++: introsort (Musser 1997) with its
 * thresholds, and binary heaps whose holes sink to the bottom first.
 */
#ifndef FAISS_GRAPH_SORT_H
#define FAISS_GRAPH_SORT_H

#include <faiss/impl/hnsw_internal.h>

/// By increasing key. Keys may not be NaN.
void faiss_graph_sort (FaissGraphNode *nodes, size_t n);

/// Make a heap, the farthest node on top.
void faiss_graph_heap_make (FaissGraphNode *nodes, size_t n);

/// nodes[n - 1] is new to the heap of those before it.
void faiss_graph_heap_push (FaissGraphNode *nodes, size_t n);

/// Move the top to nodes[n - 1]; the others are the heap.
void faiss_graph_heap_pop (FaissGraphNode *nodes, size_t n);

#endif
