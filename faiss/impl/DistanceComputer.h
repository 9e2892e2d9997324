/* Distances between one query and the vectors of an index, by position. */
#ifndef FAISS_DISTANCE_COMPUTER_H
#define FAISS_DISTANCE_COMPUTER_H

#include <stdbool.h>

#include <faiss/MetricType.h>

FAISS_BEGIN_DECLS

/** A query against an index, made by faiss_Index_get_distance_computer.
 *
 * The functions sit in the object; whoever makes one fills them in. Values are those of the index's
 * metric: similarities for similarity metrics. A computer belongs to one thread, several may share
 * an index.
 */
typedef struct FaissDistanceComputer {
    FAISS_PRIVATE (
        /// why the last distance could not be had (it is NaN then); callers set it to FAISS_OK
        /// before
        FaissStatus status;
        /// has faiss_DistanceComputer_set_query been called?
        bool has_query;
        /// positions end before this one, read at every call; NULL: the functions find out
        const idx_t *end;
        /// x (size d) must stay valid while it is the query
        FaissStatus (*set_query) (struct FaissDistanceComputer * self, const float *x);
        /// query to vector i; -1 for i < 0 gives the worst value
        float (*distance) (struct FaissDistanceComputer *self, idx_t i);
        /// query to four vectors at once
        void (*distances_batch_4) (struct FaissDistanceComputer *self, const idx_t i[4],
                                   float out[4]);
        /// vector i to vector j
        float (*symmetric_dis) (struct FaissDistanceComputer *self, idx_t i, idx_t j);
        /// release what the object owns and the object
        void (*free) (struct FaissDistanceComputer *self);)
} FaissDistanceComputer;

/** A distance computer over fixed-size codes in one array. */
typedef struct FaissFlatCodesDistanceComputer FAISS_EXTENDS (FaissDistanceComputer) {
    union {
        FaissDistanceComputer dc;
    };
    const uint8_t *codes; ///< borrowed
    size_t code_size;
    const float *q; ///< the query, borrowed
    FAISS_PRIVATE (
        /// query to a code that need not be in the index
        float (*distance_to_code) (struct FaissFlatCodesDistanceComputer *self,
                                   const uint8_t *code);)
} FaissFlatCodesDistanceComputer;

/// @param x  size d; borrowed until the next query
FaissStatus faiss_DistanceComputer_set_query (FaissDistanceComputer *self, const float *x);

/** Query to vector i: an error without a query, where there is no such vector, or where the index
 * cannot reconstruct it; i = -1 gives the worst value. */
FaissStatus faiss_DistanceComputer_vector_to_query_dis (FaissDistanceComputer *self, idx_t i,
                                                        float *out);
/// vector i to vector j, with the same errors
FaissStatus faiss_DistanceComputer_symmetric_dis (FaissDistanceComputer *self, idx_t i, idx_t j,
                                                  float *out);
void faiss_DistanceComputer_free (FaissDistanceComputer *self);

FAISS_END_DECLS

#endif
