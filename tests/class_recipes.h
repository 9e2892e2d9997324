/* How to make a sample object of every class of faiss/impl/classes.def, and what is expected of it.
 *
 * The tests of all classes walk classes.def; a class without a line here fails them. To add one,
 * give a factory string if there is one, else a function that builds it, and say what the class
 * refuses by design.
 */
#ifndef FAISS_CLASS_RECIPES_H
#define FAISS_CLASS_RECIPES_H

#include "testing.h"

#include <all_headers.h>

#include <faiss/impl/check.h>

enum {
    N_ROWS = 330,   ///< sample vectors
    N_QUERIES = 7,  ///< sample queries
    MAX_D = 8,      ///< their dimension at most
    FIRST_PART = 97 ///< rows of the first of two batches
};

/// What an index class does not do, or does in its own way.
enum {
    LACKS_RANGE_SEARCH = 1,
    LACKS_RECONSTRUCT = 2,
    LACKS_REMOVE = 4,
    LACKS_MERGE = 8,
    LACKS_CODES = 16,     ///< no sa_encode and sa_decode
    LACKS_ADD_CODES = 32, ///< no add_sa_codes
    LACKS_SELECTOR = 64,  ///< search takes no selector
    LACKS_SUBSET = 128,   ///< no distance computer, no search_subset
    NEEDS_IDS = 256,      ///< add_with_ids only
    KEEPS_IDS = 512,      ///< remove_ids leaves the other ids as they are; merge adds add_id
    IS_LOSSY = 1024,      ///< a reconstruction differs from the vector
    LACKS_FACTORY = 2048, ///< no factory string makes the class
    LACKS_ADD_WITH_IDS = 8192,
    SEARCHES_OTHERWISE = 16384, ///< search has distances of its own, everything else decodes
    LACKS_FILE = 32768,         ///< with vectors in it, it cannot be written
    LACKS_DECODE = 131072,      ///< sa_encode, but no sa_decode
    LACKS_ODD_NUMBERS = 65536,  ///< codes of NaN and infinity are those of other vectors
    IS_CODEC = 1 << 22,         ///< vectors are encoded; none are added, nothing is searched
    SEARCHES_ROOTS = 4096,      ///< search gives |x - y|, range_search and the file's class squares
    ADDS_ONCE = 1 << 21,        ///< an index that has vectors takes no more
    ENCODES_BATCHES = 1 << 23,  ///< codes depend on what else is encoded by the same call
    REMEMBERS_ADDS = 1 << 20,   ///< batches and resets show in the file, not in the results
    TIES_MOVE = 1 << 24,        ///< which of equally near vectors is first depends on the others
    HAS_TIES = 1 << 26,         ///< many vectors are equally far from a query
    ROUNDS_ANEW = 1 << 25,      ///< tables that a reader makes change the last bits of distances
};

/// What a codec does not do.
#define ONLY_CODES                                                                                 \
    (LACKS_RANGE_SEARCH | LACKS_RECONSTRUCT | LACKS_REMOVE | LACKS_MERGE | LACKS_ADD_CODES |       \
     LACKS_SELECTOR | LACKS_SUBSET | LACKS_ADD_WITH_IDS)

typedef struct IndexRecipe {
    const char *name;
    const char *factory; ///< a factory string, or NULL and
    FaissStatus (*build) (FaissIndex **out);
    unsigned traits;
    int d; ///< 0: MAX_D
    FaissMetricType metric;
    const char *reads_as; ///< the class that its file reads back as, where that is another
    const char *variant;  ///< names a second sample of the same class
} IndexRecipe;

/// A class of any other kind, or of indexes to which nothing can be added: an untrained, empty or
/// trivial sample.
typedef struct ObjectRecipe {
    const char *name;
    FaissStatus (*build) (void **out);
} ObjectRecipe;

/// The samples of a class, one after the other: after NULL the first; NULL at the end.
const IndexRecipe *next_index_recipe (const char *name, const IndexRecipe *after);

/// NULL if there is none.
const ObjectRecipe *object_recipe (const char *name);

/// Default construction of a class of classes.def; position as in faiss_all_classes ().
FaissStatus default_object (size_t position, void **out);

/// The sample data of an index: rows of d components, no two equal.
const float *sample_rows (int d);
const float *sample_queries (int d);
idx_t sample_id (idx_t row); ///< for classes that need ids

/// Make an empty, untrained index.
FaissStatus recipe_build (const IndexRecipe *recipe, FaissIndex **out);

/// Add rows first .. last - 1, with their sample ids where the class needs ids.
FaissStatus recipe_add (const IndexRecipe *recipe, FaissIndex *index, idx_t first, idx_t last);

/// Let searches visit all lists of inverted files and all nodes of graphs.
FaissStatus visit_everything (FaissIndex *index);

/// Make, train and fill an index; inverted files visit all lists.
FaissStatus recipe_build_full (const IndexRecipe *recipe, FaissIndex **out);

/// The label that a search gives for a row.
idx_t recipe_label (const IndexRecipe *recipe, idx_t row);

/// Set a parameter by name where the index has it.
FaissStatus set_if_known (FaissIndex *index, const char *name, double value);

/// What is inside IndexIDMaps and IndexPreTransforms.
FaissIndex *without_wrappers (FaissIndex *index);

/// Search parameters of the right class for an index, restricted by a selector, all lists visited.
FaissStatus selecting_params (const FaissIndex *index, FaissIDSelector *sel,
                              FaissSearchParameters **out);

/// The bytes of an index file. *bytes must be empty.
FaissStatus index_bytes (const FaissIndex *index, FaissUInt8Vector *bytes);
FaissStatus index_from_bytes (const FaissUInt8Vector *bytes, FaissIndex **out);

#endif
