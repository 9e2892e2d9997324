/* Codes by the nearest point of a lattice on a sphere. */
#ifndef FAISS_INDEX_LATTICE_H
#define FAISS_INDEX_LATTICE_H

#include <faiss/IndexFlatCodes.h>
#include <faiss/impl/lattice_Zn.h>

FAISS_BEGIN_DECLS

/** Sub-vectors become a norm, quantized to 2^scale_nbit steps between the training vectors' least
 * and largest, and a direction, the nearest point with integer coordinates on a sphere.
 *
 * Files of upstream's format have no room for the codes: an index with vectors cannot be written.
 */
typedef struct FaissIndexLattice FAISS_EXTENDS (FaissIndexFlatCodes) {
    union {
        FaissIndex index;
        FaissIndexFlatCodes flat_codes;
    };
    int nsq;                               ///< number of sub-vectors
    size_t dsq;                            ///< their dimension
    FaissZnSphereCodecAlt zn_sphere_codec; ///< of their directions
    int scale_nbit;                        ///< bits of a norm
    int lattice_nbit;                      ///< bits of a direction
    FaissFloat32Vector trained;            ///< size 2 * nsq: the least norms, the largest norms
} FaissIndexLattice;

#ifndef SWIG
extern FaissIndexFlatCodesClass faiss_IndexLattice_class;
#endif

/// No dimension, no codec.
FaissStatus faiss_IndexLattice_new (FaissIndexLattice **out);

/** @param d           a multiple of nsq; d / nsq a power of two, or not more than 64
 *  @param scale_nbit  0 .. 31
 *  @param r2          squared radius of the sphere
 */
FaissStatus faiss_IndexLattice_new_with (FaissIndexLattice **out, idx_t d, int nsq, int scale_nbit,
                                         int r2);
void faiss_IndexLattice_free (FaissIndexLattice *self);
/// The index itself if it is of this class, else NULL.
FaissIndexLattice *faiss_IndexLattice_cast (FaissIndex *index);

FAISS_END_DECLS

#endif
