/* What turns vectors into codes of fixed size: the root of all quantizers. */
#ifndef FAISS_QUANTIZER_H
#define FAISS_QUANTIZER_H

#include <faiss/impl/object.h>

FAISS_BEGIN_DECLS

/** Turns vectors of d components into codes of code_size bytes, and back.
 *
 * Quantizers are objects of their own, or fields of an index (`index->pq`).
 */
typedef struct FaissQuantizer {
    FAISS_PRIVATE (struct FaissQuantizerClass *cls;)
    size_t d;         ///< components of a vector
    size_t code_size; ///< bytes of a code
} FaissQuantizer;

#ifndef SWIG
typedef struct FaissQuantizerClass {
    FaissClass head;
    FaissStatus (*train) (FaissQuantizer *self, size_t n, const float *x);
    FaissStatus (*compute_codes) (const FaissQuantizer *self, const float *x, uint8_t *codes,
                                  size_t n);
    FaissStatus (*decode) (const FaissQuantizer *self, const uint8_t *code, float *x, size_t n);
} FaissQuantizerClass;

extern FaissQuantizerClass faiss_Quantizer_class;
#endif

/// Train on n vectors, size n * d. What is trained already is trained anew.
FaissStatus faiss_Quantizer_train (FaissQuantizer *self, size_t n, const float *x);

/** Encode n vectors.
 *
 * @param x      size n * d
 * @param codes  output, size n * code_size
 */
FaissStatus faiss_Quantizer_compute_codes (const FaissQuantizer *self, const float *x,
                                           uint8_t *codes, size_t n);

/** Decode n codes.
 *
 * @param code  size n * code_size
 * @param x     output, size n * d
 */
FaissStatus faiss_Quantizer_decode (const FaissQuantizer *self, const uint8_t *code, float *x,
                                    size_t n);

/// Free a quantizer that is no field of another object. NULL is allowed.
void faiss_Quantizer_free (FaissQuantizer *self);

FAISS_END_DECLS

#endif
