/* Indexes from a text: "IVF1024,Flat". */
#ifndef FAISS_INDEX_FACTORY_H
#define FAISS_INDEX_FACTORY_H

#include <faiss/Index.h>
#include <faiss/utils/string.h>

FAISS_BEGIN_DECLS

/** Make an index from a description; it owns all of its parts.
 *
 * An unknown description is an error that names the part that is not understood and what is
 * accepted in its place.
 * @param description  for instance "Flat", "IVF1024,Flat", "L2norm,Flat", "IVF64,Flat,RFlat"
 */
FaissStatus faiss_index_factory (FaissIndex **out, int d, const char *description,
                                 FaissMetricType metric FAISS_DEFAULT (METRIC_L2));

/// The description that makes such an index; "" where there is none. Appended to *out.
FaissStatus faiss_reverse_index_factory (const FaissIndex *index, FaissString *out);

/// All productions of the grammar, a line each with a short explanation. Appended to *out.
FaissStatus faiss_index_factory_help (FaissString *out);

FAISS_END_DECLS

#endif
