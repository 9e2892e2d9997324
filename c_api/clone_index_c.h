/* Deep copies of indexes. */
#ifndef FAISS_CLONE_INDEX_C_H
#define FAISS_CLONE_INDEX_C_H

#include "Index_c.h"

FAISS_C_API_BEGIN

/// A deep copy that owns all of its parts.
int faiss_clone_index (const FaissIndex *index, FaissIndex **out);

FAISS_C_API_END

#endif
