/* What the sources of the lattice codecs share. Not for public headers. */
#ifndef FAISS_LATTICE_LIMITS_H
#define FAISS_LATTICE_LIMITS_H

#include <faiss/impl/lattice_Zn.h>

enum {
    FAISS_LATTICE_MAX_DIM = 64,
    FAISS_LATTICE_MAX_R2 = 512,
    FAISS_LATTICE_MAX_VOC = 1 << 24, ///< floats
};

/// The least number of bits b with 2^b >= nv.
size_t faiss_lattice_code_bits (uint64_t nv);

/// For fields: the object is a part of another one, zeroed and of its class.
FaissStatus faiss_ZnSphereCodecRec_init (FaissZnSphereCodecRec *self, int dim, int r2);

#endif
