/* What the sources of IndexIVFPQ and its subclasses share. Not for public headers. */
#ifndef FAISS_IVFPQ_INTERNAL_H
#define FAISS_IVFPQ_INTERNAL_H

#include <faiss/IndexIVFPQ.h>

struct FaissIOReader;
struct FaissIOWriter;

/* ---- how distances are composed (impl/ivfpq_form.c) ------------------------------------------ */

/** The distance of a query and a code is a sum of entries, one per part m, to a base.
 *
 * x_m is the query's part, r the part's centroid that the code names, c the centroid of the list.
 */
typedef enum FaissIVFPQForm {
    IVFPQ_IP,          ///< base 0 or <x, c>; entries <x_m, r>
    IVFPQ_L2,          ///< base 0; entries |x_m - r|^2
    IVFPQ_L2_RESIDUAL, ///< base 0; entries |x_m - c_m - r|^2
    IVFPQ_L2_TABLE, ///< base |x - c|^2; entries (r^2 + 2 <c_m, r>) - 2 <x_m, r>; the brackets from
                    ///< precomputed_table
} FaissIVFPQForm;

/// The settings of one search.
typedef struct FaissIVFPQSettings {
    FaissIVFPQForm form;
    size_t scan_table_threshold;
    int polysemous_ht;
} FaissIVFPQSettings;

/// Check that the parts of the index fit, and find out how to search it. params may be NULL.
FaissStatus faiss_ivfpq_settings (const char *function, const FaissIndexIVFPQ *self,
                                  const FaissSearchParametersIVF *params, FaissIVFPQSettings *out);

/// Part m of the precomputed table of a list: ksub entries.
const float *faiss_ivfpq_list_table (const FaissIndexIVFPQ *self, idx_t list_no, size_t m);

/// A distance of the form L2_TABLE. @param sum  of <x_m, r>
static inline float faiss_ivfpq_distance (float base, float term, float sum) {
    return (base + term) - 2 * sum;
}

/// out[i] = bias + the entries of code i, in the order of the parts (impl/ivfpq_sums.c). @param
/// table  M * ksub
void faiss_ivfpq_sum_codes (const FaissProductQuantizer *pq, const float *table, float bias,
                            const uint8_t *codes, size_t n, float *out);

/* ---- without tables (impl/ivfpq_sums.c) ------------------------------------------------------ */

enum { FAISS_IVFPQ_DECODED = 8 }; ///< codes that are decoded together

/// So many codes are decoded and compared sooner than a table is made.
size_t faiss_ivfpq_few_codes (const FaissProductQuantizer *pq);

/** What sums of entries would be but for rounding: out[i] = bias + <x, y> or |x - y|^2 for the
 * decoded code y.
 *
 * @param decoded  scratch, size FAISS_IVFPQ_DECODED * d
 */
void faiss_ivfpq_decoded_values (const FaissProductQuantizer *pq, bool is_product, const float *x,
                                 float bias, const uint8_t *codes, size_t n, float *decoded,
                                 float *out);

/* ---- terms of codes (impl/ivfpq_terms.c) ----------------------------------------------------- */

/// The terms of n codes of a list. @param buffer  size M * ksub
void faiss_ivfpq_compute_terms (const FaissIndexIVFPQ *self, idx_t list_no, size_t n,
                                const uint8_t *codes, float *buffer, float *terms);

/// Those that are kept for the whole list, or NULL.
const float *faiss_ivfpq_kept_terms (const FaissIndexIVFPQ *self, idx_t list_no);

/// After a change of the table or of lists: derive what is missing. Searches do without what is not
/// there.
void faiss_ivfpq_update_terms (FaissIndexIVFPQ *self);

/// Add to the counts of the process. Thread safe.
void faiss_ivfpq_count (const FaissIndexIVFPQStats *counts);

/// The slot get_InvertedListScanner (impl/ivfpq_scanner.c).
FaissStatus faiss_IndexIVFPQ_get_InvertedListScanner_slot (const FaissIndexIVF *self,
                                                           bool store_pairs,
                                                           const FaissIDSelector *sel,
                                                           const FaissSearchParametersIVF *params,
                                                           FaissInvertedListScanner **out);

/* ---- for subclasses (IndexIVFPQ.c) ----------------------------------------------------------- */

/// The slots of the class that subclasses call.
FaissStatus faiss_IndexIVFPQ_train_encoder_slot (FaissIndexIVF *self, idx_t n, const float *x,
                                                 const idx_t *assign);

/// Encode vectors of known lists (-1: none). @param residuals_2  output as of
/// faiss_IndexIVFPQ_add_core_o, or NULL
FaissStatus faiss_ivfpq_encode (const FaissIndexIVFPQ *self, idx_t n, const float *x,
                                const idx_t *list_nos, uint8_t *codes, float *residuals_2);

/// The fields between the header and the end, of any of the class's tags.
FaissStatus faiss_IndexIVFPQ_read_fields (FaissIndexIVFPQ *self, struct FaissIOReader *reader,
                                          bool is_legacy, int io_flags);
FaissStatus faiss_IndexIVFPQ_write_fields (const FaissIndexIVFPQ *self,
                                           struct FaissIOWriter *writer);

#endif
