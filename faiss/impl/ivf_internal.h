/* What IndexIVF's sources and subclasses share. Not for public headers. */
#ifndef FAISS_IVF_INTERNAL_H
#define FAISS_IVF_INTERNAL_H

#include <faiss/IndexIVF.h>
#include <faiss/utils/string.h>

struct FaissIOReader;
struct FaissIOWriter;

static inline const FaissIndexIVFClass *faiss_ivf_class (const FaissIndexIVF *self) {
    return (const FaissIndexIVFClass *)self->index.cls;
}

/* ---- settings and checks of a search (faiss/IndexIVF_settings.c) ----------------------------- */

/// The settings of one search, from the index or, all of them, from the caller's parameters.
typedef struct FaissIVFSearchSettings {
    size_t nprobe; ///< at most nlist
    size_t max_codes;
    bool ensure_topk_full;
    size_t max_empty_result_buckets;
    const FaissIDSelector *sel;
    int parallel_mode; ///< without flags
    bool keep_heaps;   ///< FAISS_PARALLEL_MODE_NO_HEAP_INIT
} FaissIVFSearchSettings;

/// Parameters as IVF parameters; an error for other classes.
FaissStatus faiss_ivf_params (const char *function, const FaissIndexIVF *self,
                              const FaissSearchParameters *params,
                              const FaissSearchParametersIVF **out);

/// Resolve and check the settings.
FaissStatus faiss_ivf_search_settings (const char *function, const FaissIndexIVF *self,
                                       const FaissSearchParametersIVF *params, bool store_pairs,
                                       FaissIVFSearchSettings *out);

/// The quantizer and the lists are there and fit; after reading a file they may not.
FaissStatus faiss_ivf_check_parts (const char *function, const FaissIndexIVF *self);

/// The quantizer alone: all that encoding needs.
FaissStatus faiss_ivf_check_quantizer (const char *function, const FaissIndexIVF *self);

/// Train the encoder on the residuals of n vectors.
FaissStatus faiss_ivf_train_on_residuals (FaissIndexIVF *self, idx_t n, const float *x);

/// What ParameterSpace may vary: nprobe and what the quantizer has; max_codes. Ranges of codes
/// stand between them, as upstream's do.
FaissStatus faiss_ivf_add_probe_ranges (const FaissIndexIVF *self,
                                        struct FaissParameterSpace *space);
FaissStatus faiss_ivf_add_code_ranges (const FaissIndexIVF *self,
                                       struct FaissParameterSpace *space);

/// A list that a quantizer or a caller named.
FaissStatus faiss_ivf_check_key (const FaissIndexIVF *self, idx_t key);

/// Add counts to the global ones and, if not NULL, to stats. Thread safe.
void faiss_ivf_count (const FaissIndexIVFStats *counts, FaissIndexIVFStats *stats);

/// Milliseconds of a clock that does not go backwards.
double faiss_ivf_milliseconds (void);

/* ---- slots (faiss/IndexIVF_search.c, IndexIVF_range_search.c, IndexIVF_search1.c) -------------
 */

FaissStatus faiss_IndexIVF_search_slot (const FaissIndex *index, idx_t n, const float *x, idx_t k,
                                        const FaissSearchParameters *params, float *distances,
                                        idx_t *labels);
FaissStatus faiss_IndexIVF_range_search_slot (const FaissIndex *index, idx_t n, const float *x,
                                              float radius, const FaissSearchParameters *params,
                                              FaissRangeSearchResult *result);
FaissStatus faiss_IndexIVF_search1_slot (const FaissIndex *index, const float *x,
                                         FaissResultHandler *handler,
                                         const FaissSearchParameters *params);
FaissStatus faiss_IndexIVF_search_and_reconstruct_slot (const FaissIndex *index, idx_t n,
                                                        const float *x, idx_t k,
                                                        const FaissSearchParameters *params,
                                                        float *distances, idx_t *labels,
                                                        float *recons);
FaissStatus faiss_IndexIVF_search_preassigned_slot (const FaissIndexIVF *self, idx_t n,
                                                    const float *x, idx_t k, const idx_t *assign,
                                                    const float *centroid_dis, float *distances,
                                                    idx_t *labels, bool store_pairs,
                                                    const FaissSearchParametersIVF *params,
                                                    FaissIndexIVFStats *stats);
FaissStatus faiss_IndexIVF_range_search_preassigned_slot (
    const FaissIndexIVF *self, idx_t nx, const float *x, float radius, const idx_t *keys,
    const float *coarse_dis, FaissRangeSearchResult *result, bool store_pairs,
    const FaissSearchParametersIVF *params, FaissIndexIVFStats *stats);

/* ---- adding (faiss/IndexIVF.c) --------------------------------------------------------------- */

/// Makes the codes of vectors begin .. begin + n - 1 of an add; *codes may be set to memory of the
/// caller instead of the buffer (size n * code_size) that it points to.
typedef FaissStatus (*FaissIVFEncodeBlock) (const FaissIndexIVF *self, const void *input,
                                            idx_t begin, idx_t n, const idx_t *list_nos,
                                            uint8_t *buffer, const uint8_t **codes);

/** Append vectors to their lists, to the direct map and to ntotal. Fails as a whole.
 *
 * @param needs_buffer  false if encode never writes to its buffer
 */
FaissStatus faiss_ivf_append (FaissIndexIVF *self, idx_t n, const void *input, const idx_t *xids,
                              const idx_t *list_nos, FaissIVFEncodeBlock encode, bool needs_buffer);

/// The same for codes of known lists, size n * code_size.
FaissStatus faiss_ivf_append_codes (FaissIndexIVF *self, idx_t n, const uint8_t *codes,
                                    const idx_t *xids, const idx_t *list_nos);

/// After a removal.
void faiss_ivf_subtract_ntotal (FaissIndexIVF *self, size_t n_removed);

/* ---- files and texts (faiss/IndexIVF_io.c) --------------------------------------------------- */

/// "IvfHeader" of the format, after the tag.
FaissStatus faiss_IndexIVF_read_header (FaissIndexIVF *self, struct FaissIOReader *reader);
FaissStatus faiss_IndexIVF_write_header (const FaissIndexIVF *self, struct FaissIOWriter *writer);
/// The same of the legacy tags, with the ids of the lists before the direct map.
FaissStatus faiss_IndexIVF_read_legacy_header (FaissIndexIVF *self, struct FaissIOReader *reader,
                                               FaissInt64Vector **ids);
/// The codes of those lists, at the end of the file; the ids move into the lists.
FaissStatus faiss_IndexIVF_read_legacy_lists (FaissIndexIVF *self, struct FaissIOReader *reader,
                                              FaissInt64Vector *ids, bool as_floats);
/// Release what faiss_IndexIVF_read_legacy_header made, also after a failure of it.
void faiss_IndexIVF_clear_legacy_ids (const FaissIndexIVF *self, FaissInt64Vector *ids);
/// The lists; their shape must fit.
FaissStatus faiss_IndexIVF_read_invlists (FaissIndexIVF *self, struct FaissIOReader *reader,
                                          int io_flags);
FaissStatus faiss_IndexIVF_write_invlists (const FaissIndexIVF *self, struct FaissIOWriter *writer);
/// Append the coarse part of a factory string, "IVF64".
FaissStatus faiss_IndexIVF_describe_coarse (const FaissIndexIVF *self, FaissString *out);

#endif
