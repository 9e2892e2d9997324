/* Indexes from a text: "IVF1024,Flat". */
#ifndef FAISS_INDEX_FACTORY_C_H
#define FAISS_INDEX_FACTORY_C_H

#include "Index_c.h"

FAISS_C_API_BEGIN

/// Make an index from a description; it owns all of its parts.
int faiss_index_factory (FaissIndex **out, int d, const char *description, FaissMetricType metric);

FAISS_C_API_END

#endif
