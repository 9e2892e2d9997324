/* Graph indexes: parameters of their searches. */
#ifndef FAISS_INDEX_HNSW_C_H
#define FAISS_INDEX_HNSW_C_H

#include "Index_c.h"

FAISS_C_API_BEGIN

FAISS_DECLARE_CLASS_INHERITED (SearchParametersHNSW, SearchParameters)

/* Given to a search they replace all of the index's own. */

/// efSearch 16, check_relative_distance and bounded_queue 1.
int faiss_SearchParametersHNSW_new (FaissSearchParametersHNSW **out);
/// The selector (may be NULL) is borrowed.
int faiss_SearchParametersHNSW_new_with (FaissSearchParametersHNSW **out, FaissIDSelector *sel,
                                         int efSearch);
void faiss_SearchParametersHNSW_free (FaissSearchParametersHNSW *self);
FaissSearchParametersHNSW *faiss_SearchParametersHNSW_cast (FaissSearchParameters *params);
const FaissIDSelector *faiss_SearchParametersHNSW_sel (const FaissSearchParametersHNSW *self);

/// Candidates kept during the search; more are slower and find more.
int faiss_SearchParametersHNSW_efSearch (const FaissSearchParametersHNSW *self);
void faiss_SearchParametersHNSW_set_efSearch (FaissSearchParametersHNSW *self, int efSearch);

/// End when efSearch candidates are nearer than the next one (1), or after efSearch steps (0)?
int faiss_SearchParametersHNSW_check_relative_distance (const FaissSearchParametersHNSW *self);
void faiss_SearchParametersHNSW_set_check_relative_distance (FaissSearchParametersHNSW *self,
                                                             int check_relative_distance);

/// Keep a limited number of candidates?
int faiss_SearchParametersHNSW_bounded_queue (const FaissSearchParametersHNSW *self);
void faiss_SearchParametersHNSW_set_bounded_queue (FaissSearchParametersHNSW *self,
                                                   int bounded_queue);

FAISS_C_API_END

#endif
