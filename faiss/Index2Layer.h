/* Codes of two layers: a list number, and a product quantizer code of what remains. */
#ifndef FAISS_INDEX_2LAYER_H
#define FAISS_INDEX_2LAYER_H

#include <faiss/IndexFlatCodes.h>
#include <faiss/Level1Quantizer.h>
#include <faiss/impl/ProductQuantizer.h>

FAISS_BEGIN_DECLS

struct FaissIndexIVFPQ;

/** An IndexIVFPQ without the lists: codes one after the other, each of code_size_1 bytes of list
 * number (little-endian) and code_size_2 bytes of product quantizer code of the residual.
 *
 * Compact storage for graphs. Searches are exhaustive and decode: upstream has none.
 */
typedef struct FaissIndex2Layer FAISS_EXTENDS (FaissIndexFlatCodes) {
    union {
        FaissIndex index;
        FaissIndexFlatCodes flat_codes;
    };
    FaissLevel1Quantizer q1;  ///< finds the list
    FaissProductQuantizer pq; ///< encodes the residual
    size_t code_size_1;       ///< bytes of the list number
    size_t code_size_2;       ///< bytes of the code
} FaissIndex2Layer;

#ifndef SWIG
extern FaissIndexFlatCodesClass faiss_Index2Layer_class;
#endif

/// No dimension, no quantizer.
FaissStatus faiss_Index2Layer_new (FaissIndex2Layer **out);

/** An index of the quantizer's dimension.
 *
 * @param quantizer  finds the lists; borrowed until q1.own_fields is set
 * @param M, nbit    of the product quantizer; M divides the dimension
 */
FaissStatus faiss_Index2Layer_new_with (FaissIndex2Layer **out, FaissIndex *quantizer, size_t nlist,
                                        int M, int nbit FAISS_DEFAULT (8),
                                        FaissMetricType metric FAISS_DEFAULT (METRIC_L2));
void faiss_Index2Layer_free (FaissIndex2Layer *self);
/// The index itself if it is of this class or a subclass, else NULL.
FaissIndex2Layer *faiss_Index2Layer_cast (FaissIndex *index);

/** Append the codes to the lists of an inverted file, with ids 0 .. ntotal - 1; its quantizers are
 * left alone. This index keeps its codes.
 *
 * @param other  empty, with as many lists and with codes of code_size_2 bytes
 */
FaissStatus faiss_Index2Layer_transfer_to_IVFPQ (const FaissIndex2Layer *self,
                                                 struct FaissIndexIVFPQ *other);

FAISS_END_DECLS

#endif
