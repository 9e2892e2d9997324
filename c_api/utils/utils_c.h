/* The version of the library. */
#ifndef FAISS_UTILS_C_H
#define FAISS_UTILS_C_H

#include "../faiss_c.h"

FAISS_C_API_BEGIN

/// "1.15.1"
const char *faiss_get_version (void);

FAISS_C_API_END

#endif
