/* What an index is measured with: queries, and their true neighbours. */
#ifndef FAISS_CLI_TESTSET_H
#define FAISS_CLI_TESTSET_H

#include <stdint.h>

#include <faiss/Index.h>

#include "metric.h"

/// Where they come from.
typedef struct TestFiles {
    const char *queries;
    const char *truth;   ///< exact neighbours; NULL: computed from
    const char *base;    ///< the indexed vectors
    int64_t max_queries; ///< use only so many, spread evenly; 0: all
} TestFiles;

typedef struct TestSet {
    int64_t n, d, k;
    float *queries;       ///< size n * d
    int64_t *truth;       ///< size n * k, the nearest first
    double exact_seconds; ///< of the exhaustive search, 0 if it was not done
} TestSet;

/// Fail unless exactly one of truth and base was given.
void testset_check (const TestFiles *files);

/// Read them for an index; fails with a message. @param index_file  its name, for messages
void testset_read (TestSet *self, const TestFiles *files, int64_t k, FaissIndex *index,
                   const char *index_file, Metric metric);
void testset_free (TestSet *self);

/// "1,000 vectors of 16 components, L2; 50 queries on 2 threads"; the caller frees it. @param
/// n_batch queries per search, 0 for all
char *testset_conditions (const TestSet *self, FaissIndex *index, Metric metric, int64_t n_batch);

/// The factory string of an index, or its class; the caller frees it.
char *index_description (FaissIndex *index);

/// The number of threads that searches use.
int n_threads (void);

#endif
