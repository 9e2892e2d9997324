/* Deep copies of indexes. */
#ifndef FAISS_CLONE_INDEX_H
#define FAISS_CLONE_INDEX_H

#include <faiss/Index.h>

FAISS_BEGIN_DECLS

/// A deep copy that owns all of its parts.
FaissStatus faiss_clone_index (const FaissIndex *index, FaissIndex **out);

FAISS_END_DECLS

#endif
