/* What an index is measured with: queries, and their true neighbours. */
#include "testset.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef _OPENMP
#include <omp.h>
#endif

#include <faiss/index_factory.h>

#include "exact.h"
#include "index_file.h"
#include "message.h"
#include "progress.h"
#include "vectors.h"

/* Row i of n that are spread evenly over all rows of a file. */
static int64_t spread (int64_t i, int64_t n, int64_t rows) {
    return (int64_t)((double)i * (double)rows / (double)n);
}

static void read_queries (TestSet *self, Vectors *file, int64_t limit) {
    self->d = file->d;
    self->n = limit && limit < file->n ? limit : file->n;
    self->queries = allocate ((size_t)self->n, (size_t)self->d * sizeof *self->queries);
    if (self->n == file->n) {
        vectors_read (file, 0, file->n, self->queries);
        return;
    }
    for (int64_t i = 0; i < self->n; i++) {
        vectors_read (file, spread (i, self->n, file->n), 1, self->queries + i * self->d);
    }
}

static void read_truth (TestSet *self, const char *name, const Vectors *queries) {
    Vectors file;
    vectors_open (&file, name, "neighbors");
    if (file.d < self->k) {
        fail ("%s: %" PRId64 " neighbours for each query; use -k %" PRId64 " or less", file.name,
              file.d, file.d);
    }
    if (file.n != queries->n) {
        fail ("%s: neighbours of %s queries, but %s holds %s; are these the right files?",
              file.name, with_commas (file.n), queries->name, with_commas (queries->n));
    }
    int64_t *row = allocate ((size_t)file.d, sizeof *row);
    for (int64_t i = 0; i < self->n; i++) {
        vectors_read_integers (&file, spread (i, self->n, file.n), 1, row);
        memcpy (self->truth + i * self->k, row, (size_t)self->k * sizeof *row);
    }
    free (row);
    vectors_close (&file);
}

static void compute_truth (TestSet *self, const char *name, const FaissIndex *index,
                           Metric metric) {
    Vectors base;
    int64_t ntotal = faiss_Index_ntotal (index);
    vectors_open (&base, name, "train");
    vectors_require_d (&base, self->d, "the index");
    if (base.n != ntotal) {
        note ("%s holds %s vectors, the index %s: recall is that of the ids 0, 1, 2, ... in %s",
              base.name, with_commas (base.n), with_commas (ntotal), base.name);
    }
    if (base.n < self->k) {
        fail ("%s holds only %s vectors; use -k %" PRId64 " or less", base.name,
              with_commas (base.n), base.n);
    }
    float *distances = allocate ((size_t)self->n, (size_t)self->k * sizeof *distances);
    self->exact_seconds =
        exact_search (&base, self->queries, self->n, self->k, metric, distances, self->truth);
    free (distances);
    vectors_close (&base);
}

void testset_check (const TestFiles *files) {
    if (!files->truth == !files->base) {
        fail_usage ("one of --truth FILE (exact neighbours) and --base FILE (the indexed vectors, "
                    "to compute them) is needed");
    }
}

void testset_read (TestSet *self, const TestFiles *files, int64_t k, FaissIndex *index,
                   const char *index_file, Metric metric) {
    Vectors queries;
    *self = (TestSet){.k = k};
    vectors_open (&queries, files->queries, "test");
    vectors_require_d (&queries, faiss_Index_d (index), index_file);
    read_queries (self, &queries, files->max_queries);
    self->truth = allocate ((size_t)self->n, (size_t)k * sizeof *self->truth);
    if (files->truth) {
        read_truth (self, files->truth, &queries);
    } else {
        compute_truth (self, files->base, index, metric);
    }
    vectors_close (&queries);
}

void testset_free (TestSet *self) {
    free (self->queries);
    free (self->truth);
}

/* ---- descriptions ---- */

int n_threads (void) {
#ifdef _OPENMP
    return omp_get_max_threads ();
#else
    return 1;
#endif
}

static char *factory_of (const FaissIndex *index) {
    FaissString text = {0};
    const char *factory = "";
    if (faiss_reverse_index_factory (index, &text) == FAISS_OK) {
        factory = faiss_String_text (&text);
    }
    char *out = text_of ("%s", factory);
    faiss_String_clear (&text);
    return out;
}

/* Files do not say what a linear transform was: "IndexPreTransform, IVF256,PQ20x8". */
char *index_description (FaissIndex *index) {
    char *factory = factory_of (index);
    if (!*factory) {
        FaissIndex *inner = index_tuned (index);
        char *inside = factory_of (inner);
        free (factory);
        factory = text_of ("%s%s%s", faiss_Index_class_name (index),
                           inner != index && *inside ? ", " : "", inner != index ? inside : "");
        free (inside);
    }
    return factory;
}

char *testset_conditions (const TestSet *self, FaissIndex *index, Metric metric, int64_t n_batch) {
    char batch[40] = "";
    if (n_batch && n_batch < self->n) {
        snprintf (batch, sizeof batch, " in batches of %" PRId64, n_batch);
    }
    return text_of ("%s vectors of %" PRId64 " components, %s; %s queries%s on %d thread%s",
                    with_commas (faiss_Index_ntotal (index)), self->d, metric.name,
                    with_commas (self->n), batch, n_threads (), n_threads () == 1 ? "" : "s");
}
