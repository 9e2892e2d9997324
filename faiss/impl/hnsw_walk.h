/* Walks through a graph over plain vectors, made in small steps, so that a thread can make several
 * of them in turns. Not for public headers.
 *
 * What a walk finds is what upstream's loops find, to the bit. What is different is how memory is
 * read, because that takes the time:
 *
 * - Candidates are kept in one sorted array. Where two of them are equally near, what comes first
 * is a matter of upstream's heap: all that happened is logged, and when it matters, the heap is
 * made from the log.
 * - Before the floats of a row are read, its filter code (see FilterCodes.h) says whether it can be
 *   among the candidates at all.
 * - A walk does not wait for memory: it asks for what the next step needs, and then it is the turn
 *   of another walk, or time for what the steps after that will probably need.
 */
#ifndef FAISS_HNSW_WALK_H
#define FAISS_HNSW_WALK_H

#include <faiss/impl/check.h>
#include <faiss/impl/hnsw_candidates.h>
#include <faiss/impl/hnsw_flat.h>
#include <faiss/impl/hnsw_internal.h>
#include <faiss/kernels/filter_whole.h>

#define FAISS_WALK_TAKEN 0x80000000u ///< set in the id of a candidate that was followed

/// What the walks of a call have in common.
typedef struct FaissWalkPlan {
    const FaissHNSW *hnsw;
    const FaissFlatVectors *v;
    size_t capacity; ///< candidates that are kept
    size_t ef;
    bool check_relative_distance; ///< false: a walk ends after ef + 1 nodes
    bool keeps_log;               ///< false: a walk ends where distances are equal, with has_ties
    bool looks_ahead;             ///< walks are alone in their threads
    bool prepares_steps;          ///< so far that the steps of several candidates are under way
    const FaissIDSelector *sel;   ///< members are results as they come; or NULL
} FaissWalkPlan;

typedef enum FaissWalkPhase {
    FAISS_WALK_DONE,
    FAISS_WALK_LISTING,   ///< the links of the next candidate are on their way
    FAISS_WALK_FILTERING, ///< the codes of its unseen links are
    FAISS_WALK_COMPARING, ///< the rows that passed are
    FAISS_WALK_ENDING,    ///< over, but who walks waits for memory: one more turn
} FaissWalkPhase;

/// The links of a candidate.
typedef struct FaissWalkStep {
    uint32_t *fresh, *positions; ///< unseen ones; which of them may be near
    float *keys;                 ///< of the latter
    size_t n_fresh, n_rows;
} FaissWalkStep;

/// What has been asked for, or is known, of a step whose turn has not come.
typedef enum FaissWalkStage {
    FAISS_AHEAD_NOTHING,
    FAISS_AHEAD_LINKS,
    FAISS_AHEAD_CODES,
    FAISS_AHEAD_ROWS,
    FAISS_AHEAD_KEYS,
} FaissWalkStage;

enum {
    FAISS_WALK_AHEAD = 8 ///< steps at most
};

typedef struct FaissWalkAhead {
    FaissWalkStep step;
    int32_t node; ///< or -1
    FaissWalkStage stage;
    size_t used_at; ///< the number of the step; 0: not in use
} FaissWalkAhead;

typedef struct FaissWalk {
    FaissWalkPhase phase;
    int level;
    bool is_greedy;
    const float *x;
    const FaissFilterQuery *filter; ///< or NULL
    const uint8_t *whole; ///< code of x if it is of whole numbers (see faiss_walk_code), or NULL
    bool by_codes;        ///< compare nothing but codes, by the filter; no log is kept then
    /* of a greedy walk */
    int32_t nearest, walked_from;
    float key; ///< of nearest
    /* of others: candidates, nearest first */
    float *keys;
    uint32_t *ids;
    size_t size, n_open;  ///< open: not taken
    size_t next;          ///< all before it are taken
    float farthest_taken; ///< the largest key that was ever taken
    bool has_nan, has_ties;
    uint64_t *seen;
    FaissWalkStep step;
    FaissWalkAhead ahead[FAISS_WALK_AHEAD]; ///< where the plan prepares steps
    float *new_keys;                        ///< of those that become candidates, sorted
    uint32_t *new_ids;
    /* counts since the beginning */
    size_t n_steps, n_distances;
    /* counts since the opening */
    size_t n_tested, n_passed; ///< codes
    /* candidates in the order of insertion; TAKEN where one was taken */
    FaissGraphNode *log;
    size_t log_size, log_capacity, log_at; ///< log_at: what the heap does not know begins here
    FaissCandidates heap;                  ///< made when it is needed
    /* with a selector: a heap of k results */
    size_t k;
    float *distances;
    idx_t *labels;
    float worst_result; ///< key of the k-th so far
} FaissWalk;

FaissStatus faiss_walk_open (FaissWalk *self, const FaissWalkPlan *plan);
void faiss_walk_close (FaissWalk *self);

/** What distances by codes alone need: for L2, the code of x if that is of whole numbers; or NULL.
 *
 * Pixels and other bytes in floats are compared that way, in a quarter of the memory.
 */
static inline const uint8_t *faiss_walk_code (const FaissFlatVectors *v, const uint8_t *code) {
    FaissFilterInfo info = faiss_filter_info (code, v->d);
    return !v->is_similarity && faiss_filter_is_whole (&info) ? code : NULL;
}

/// A walk from a node, at a level, to the nearest one: self->nearest.
void faiss_walk_begin_greedy (FaissWalk *self, const FaissWalkPlan *plan, int level, int32_t node,
                              float key);

/// A walk from a node, at a level, to the plan->capacity nearest ones: self->keys and self->ids.
FaissStatus faiss_walk_begin (FaissWalk *self, const FaissWalkPlan *plan, int level, int32_t node,
                              float key);

/// One step; the walk is over when its phase is DONE.
FaissStatus faiss_walk_advance (FaissWalk *self, const FaissWalkPlan *plan);

/** Walks of one thread: n of them, n_turns at a time.
 *
 * @param turns   array of structs whose first member is a FaissWalk, none of them under way
 * @param begin   begins the walk of job i in a turn; it may be over at once (DONE)
 * @param finish  is called when a walk is over; it may begin the next one of the same job, or make
 *                the phase ENDING to be called again
 */
static inline __attribute__ ((always_inline)) FaissStatus faiss_walk_in_turns (
    const FaissWalkPlan *plan, void *turns, size_t turn_size, size_t n_turns, size_t n,
    FaissStatus (*begin) (void *self, void *turn, size_t i),
    FaissStatus (*finish) (void *self, void *turn), void *self) {
    size_t next = 0, n_active;
    do {
        n_active = 0;
        for (size_t i = 0; i < n_turns; i++) {
            void *turn = (char *)turns + i * turn_size;
            FaissWalk *walk = turn;
            if (walk->phase != FAISS_WALK_DONE) {
                FAISS_TRY (faiss_walk_advance (walk, plan));
                if (walk->phase == FAISS_WALK_DONE) {
                    FAISS_TRY (finish (self, turn));
                }
            } else if (next < n) {
                FAISS_TRY (begin (self, turn, next++));
            }
            n_active += walk->phase != FAISS_WALK_DONE;
        }
    } while (n_active > 0 || next < n);
    return FAISS_OK;
}

#endif
