/* What the sources of additive quantizers and their indexes share. Not for public headers. */
#ifndef FAISS_ADDITIVE_INTERNAL_H
#define FAISS_ADDITIVE_INTERNAL_H

#include <faiss/impl/AdditiveQuantizer.h>
#include <faiss/impl/io_fields.h>

/* ---- files ----------------------------------------------------------------------------------- */

/// "AQ" of the format; the codebooks are checked by the function below.
FaissStatus faiss_read_AdditiveQuantizer (FaissIOReader *r, FaissAdditiveQuantizer *self);
FaissStatus faiss_write_AdditiveQuantizer (FaissIOWriter *w, const FaissAdditiveQuantizer *self);

/// Its beginning, which the legacy form has too: d, M, nbits, is_trained.
FaissStatus faiss_read_nbits (FaissIOReader *r, FaissAdditiveQuantizer *self);

/// The rules on codebooks. @param row_size  components of a row: d, or d / nsplits
FaissStatus faiss_check_codebooks (const FaissIOReader *r, const FaissAdditiveQuantizer *self,
                                   size_t row_size);

/// The same of fields that were set. @param row_size  0: as the codebooks are
FaissStatus faiss_aq_check_codebooks (const char *function, const FaissAdditiveQuantizer *self,
                                      size_t row_size);

/* ---- codes ----------------------------------------------------------------------------------- */

/// The numbers of the rows of one code. @param out  size M
void faiss_aq_unpack (const FaissAdditiveQuantizer *self, const uint8_t *code, int32_t *out);

/// Bits of the rows' numbers, in front of the norm.
size_t faiss_aq_row_bits (const FaissAdditiveQuantizer *self);

/// Does a type keep the norm of the decoded vector behind the code?
bool faiss_aq_has_norms (FaissAdditiveQuantizerSearchType search_type);

/// The norm that a code of norm_bits bits stands for.
float faiss_aq_decode_norm (const FaissAdditiveQuantizer *self, uint32_t c);

/// M times the same number of bits.
FaissStatus faiss_aq_repeat_nbits (FaissUInt64Vector *out, size_t M, size_t nbits);

/// Fail unless trained.
FaissStatus faiss_aq_check_trained (const char *function, const FaissAdditiveQuantizer *self);

/// Codes, vectors that a thread takes at a time.
enum {
    FAISS_AQ_BLOCK = 64,
    FAISS_AQ_FEW = 1000 /* rows that are decoded by one thread */
};

/* ---- packed matrices, for the kernel packed_products ----------------------------------------- */

/// n rows of d floats in groups of 32. @param out  to be released with free ()
FaissStatus faiss_aq_pack_rows (const float *rows, size_t n, size_t d, float **out);

/// out[i * ld + j] = scale * <x_i, y_j> for plain rows, in parallel
FaissStatus faiss_aq_all_products (const float *x, size_t nx, const float *y, size_t ny, size_t d,
                                   float scale, float *out, size_t ld);

#endif
