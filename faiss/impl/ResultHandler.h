/* Who takes the candidates of one query, one by one: for searches whose results are no k nearest.
 */
#ifndef FAISS_RESULT_HANDLER_H
#define FAISS_RESULT_HANDLER_H

#include <faiss/MetricType.h>

FAISS_BEGIN_DECLS

/** Receives candidates. The function sits in the object; whoever makes one fills it in.
 *
 * Only candidates strictly nearer than the threshold are offered (below it for distances, above it
 * for similarities); begin with FLT_MAX, or -FLT_MAX, for all of them. add_result may move it. A
 * failure of add_result ends the search with that status.
 */
typedef struct FaissResultHandler {
    float threshold;
    FAISS_PRIVATE (FaissStatus (*add_result) (struct FaissResultHandler *self, float distance,
                                              idx_t id);)
} FaissResultHandler;

FAISS_END_DECLS

#endif
