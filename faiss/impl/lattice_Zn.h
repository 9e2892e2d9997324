/* Points with integer coordinates on a sphere around 0, and numbers for them: the quantizer of
 * IndexLattice (Sablayrolles et al., "Spreading vectors for similarity search", ICLR 2019).
 *
 * The dimension is called dim, the square of the radius r2. */
#ifndef FAISS_LATTICE_ZN_H
#define FAISS_LATTICE_ZN_H

#include <faiss/impl/object.h>
#include <faiss/utils/vector.h>

FAISS_BEGIN_DECLS

/* ---- numbered vectors ------------------------------------------------------------------------ */

/// A set of vectors that are numbered 0 .. nv - 1. Abstract.
typedef struct FaissEnumeratedVectors {
    FAISS_PRIVATE (struct FaissEnumeratedVectorsClass *cls;)
    uint64_t nv; ///< number of vectors
    int dim;     ///< their dimension
} FaissEnumeratedVectors;

#ifndef SWIG
typedef struct FaissEnumeratedVectorsClass {
    FaissClass head;
    FaissStatus (*encode) (const FaissEnumeratedVectors *self, const float *x, uint64_t *out);
    FaissStatus (*decode) (const FaissEnumeratedVectors *self, uint64_t code, float *c);
} FaissEnumeratedVectorsClass;

extern FaissEnumeratedVectorsClass faiss_EnumeratedVectors_class;
#endif

void faiss_EnumeratedVectors_free (FaissEnumeratedVectors *self);

/// The number of the vector that x (size dim) stands for.
FaissStatus faiss_EnumeratedVectors_encode (const FaissEnumeratedVectors *self, const float *x,
                                            uint64_t *out);

/// The vector of a number. @param c  output, size dim
FaissStatus faiss_EnumeratedVectors_decode (const FaissEnumeratedVectors *self, uint64_t code,
                                            float *c);

/// The same for nc vectors. @param c  size nc * dim
FaissStatus faiss_EnumeratedVectors_encode_multi (const FaissEnumeratedVectors *self, size_t nc,
                                                  const float *c, uint64_t *codes);
FaissStatus faiss_EnumeratedVectors_decode_multi (const FaissEnumeratedVectors *self, size_t nc,
                                                  const uint64_t *codes, float *c);

/** For each query the code whose vector has the largest inner product with it.
 *
 * @param n, codes  among these
 * @param nq, xq    queries, size nq * dim
 * @param idx, dis  output, size nq: the position in codes, and the inner product
 */
FaissStatus faiss_EnumeratedVectors_find_nn (const FaissEnumeratedVectors *self, size_t n,
                                             const uint64_t *codes, size_t nq, const float *xq,
                                             int64_t *idx, float *dis);

/* ---- the nearest point ----------------------------------------------------------------------- */

/* The fields of a ZnSphereSearch, which a codec has as its own. */
#define FAISS_ZN_SPHERE_SEARCH_FIELDS                                                              \
    int dimS;               /* dimension */                                                        \
    int r2;                 /* squared radius */                                                   \
    int natom;              /* number of points up to signs and the order of coordinates */        \
    FaissFloat32Vector voc; /* those with coordinates >= 0 and descending, size natom * dimS */

/// Finds the point of the sphere that is nearest to a vector.
typedef struct FaissZnSphereSearch {
    FAISS_ZN_SPHERE_SEARCH_FIELDS
} FaissZnSphereSearch;

/// The points of whole numbers whose squares sum up to r2.
FaissStatus faiss_ZnSphereSearch_new_with (FaissZnSphereSearch **out, int dim, int r2);
void faiss_ZnSphereSearch_free (FaissZnSphereSearch *self);

/** The point with the largest inner product.
 *
 * @param c    output, the point, size dim
 * @param out  output, the inner product
 */
FaissStatus faiss_ZnSphereSearch_search (const FaissZnSphereSearch *self, const float *x, float *c,
                                         float *out);

/// The same for n vectors, in parallel. @param c_out, dp_out  output, size n * dim and n
FaissStatus faiss_ZnSphereSearch_search_multi (const FaissZnSphereSearch *self, int n,
                                               const float *x, float *c_out, float *dp_out);

/* ---- arrangements ---------------------------------------------------------------------------- */

/// A value that occurs n times.
typedef struct FaissRepeat {
    float val;
    int n;
} FaissRepeat;

FAISS_DECLARE_VECTOR (RepeatVector, FaissRepeat)

/// Numbers the different orders of a vector's components.
typedef struct FaissRepeats {
    int dim;
    FaissRepeatVector repeats; ///< the values, in the order in which they first occur
} FaissRepeats;

/// @param c  the vector, size dim_in <= 64
FaissStatus faiss_Repeats_new (FaissRepeats **out, int dim_in FAISS_DEFAULT (0),
                               const float *c FAISS_DEFAULT (NULL));
void faiss_Repeats_free (FaissRepeats *self);

/// The number of orders; an error if it does not fit into 64 bits.
FaissStatus faiss_Repeats_count (const FaissRepeats *self, uint64_t *out);

/// The number of an order. @param c  the vector's components in some order
FaissStatus faiss_Repeats_encode (const FaissRepeats *self, const float *c, uint64_t *out);
FaissStatus faiss_Repeats_decode (const FaissRepeats *self, uint64_t code, float *c);

/* ---- codecs ---------------------------------------------------------------------------------- */

/// The points that have the same coordinates up to order and sign.
typedef struct FaissZnCodeSegment {
    FaissRepeats repeats; ///< the coordinates without signs
    uint64_t c0;          ///< number of the first point
    int signbits; ///< coordinates that are not 0: the lowest bits of a number are their signs
} FaissZnCodeSegment;

FAISS_DECLARE_VECTOR (ZnCodeSegmentVector, FaissZnCodeSegment)

/// Numbers the points by segments. encode takes any vector and numbers the nearest point.
typedef struct FaissZnSphereCodec FAISS_EXTENDS (FaissEnumeratedVectors) {
    union {
        FaissEnumeratedVectors vectors;
    };
    FAISS_ZN_SPHERE_SEARCH_FIELDS
    FAISS_PRIVATE (FaissZnCodeSegmentVector code_segments;)
    size_t code_size; ///< bytes that a number takes
} FaissZnSphereCodec;

/** Numbers the points by the share of r2 that the first half of the coordinates has, then the same
 * for each half. For dimensions that are powers of two, at least 2.
 *
 * encode takes points of the sphere only.
 */
typedef struct FaissZnSphereCodecRec FAISS_EXTENDS (FaissEnumeratedVectors) {
    union {
        FaissEnumeratedVectors vectors;
    };
    int r2;
    int log2_dim;
    int code_size;                ///< bytes that a number takes
    FaissUInt64Vector all_nv;     ///< points of dimension 2^ld and squared norm r: [ld][r]
    FaissUInt64Vector all_nv_cum; ///< how many have less than a in the first half: [ld][r][a]
    int decode_cache_ld;          ///< vectors up to 2^ld components are decoded from a table
    FAISS_PRIVATE (FaissFloat32Vector decode_cache; FaissUInt64Vector decode_cache_begin;)
} FaissZnSphereCodecRec;

/// The recursive codec where it goes, with the search of the other one; else the other one.
typedef struct FaissZnSphereCodecAlt FAISS_EXTENDS (FaissZnSphereCodec) {
    union {
        FaissEnumeratedVectors vectors;
        FaissZnSphereCodec codec;
    };
    bool use_rec;
    FaissZnSphereCodecRec znc_rec; ///< if use_rec
} FaissZnSphereCodecAlt;

#ifndef SWIG
extern FaissEnumeratedVectorsClass faiss_ZnSphereCodec_class;
extern FaissEnumeratedVectorsClass faiss_ZnSphereCodecRec_class;
extern FaissEnumeratedVectorsClass faiss_ZnSphereCodecAlt_class;

/// For fields: the object is a part of another one, zeroed and of its class.
FaissStatus faiss_ZnSphereCodecAlt_init (FaissZnSphereCodecAlt *self, int dim, int r2);
#endif

/// By a list of the points; for few dimensions.
FaissStatus faiss_ZnSphereCodec_new_with (FaissZnSphereCodec **out, int dim_in, int r2_in);
void faiss_ZnSphereCodec_free (FaissZnSphereCodec *self);
/// As ZnSphereSearch.
FaissStatus faiss_ZnSphereCodec_search (const FaissZnSphereCodec *self, const float *x, float *c,
                                        float *out);
/// @param x       size n * dim
/// @param c_out   output, the points, size n * dim
/// @param dp_out  output, the inner products, size n
FaissStatus faiss_ZnSphereCodec_search_multi (const FaissZnSphereCodec *self, int n, const float *x,
                                              float *c_out, float *dp_out);
/// The number of the nearest point.
FaissStatus faiss_ZnSphereCodec_search_and_encode (const FaissZnSphereCodec *self, const float *x,
                                                   uint64_t *out);

/// @param dim_in  a power of 2
FaissStatus faiss_ZnSphereCodecRec_new_with (FaissZnSphereCodecRec **out, int dim_in, int r2_in);
void faiss_ZnSphereCodecRec_free (FaissZnSphereCodecRec *self);
/// The number of a point of the sphere; an error for other vectors.
FaissStatus faiss_ZnSphereCodecRec_encode_centroid (const FaissZnSphereCodecRec *self,
                                                    const float *c, uint64_t *out);
/// all_nv[ld][r2a], or 0 outside of the table; the same for the cumulated ones.
uint64_t faiss_ZnSphereCodecRec_get_nv (const FaissZnSphereCodecRec *self, int ld, int r2a);
uint64_t faiss_ZnSphereCodecRec_get_nv_cum (const FaissZnSphereCodecRec *self, int ld, int r2t,
                                            int r2a);
/// Change an entry of the table; nothing outside of it.
void faiss_ZnSphereCodecRec_set_nv_cum (FaissZnSphereCodecRec *self, int ld, int r2t, int r2a,
                                        uint64_t v);

/// By ZnSphereCodecRec where dim_in is a power of 2, else by ZnSphereCodec.
FaissStatus faiss_ZnSphereCodecAlt_new_with (FaissZnSphereCodecAlt **out, int dim_in, int r2_in);
void faiss_ZnSphereCodecAlt_free (FaissZnSphereCodecAlt *self);

FAISS_END_DECLS

#endif
