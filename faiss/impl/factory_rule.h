/* The grammar of index_factory: each class lists its productions beside its code.
 *
 * A description is read from the outside in: wrappers (",IDMap", ",RFlat"), then leading transforms
 * ("L2norm,"), then a whole index ("Flat"), else "<coarse>,<code>" ("IVF1024" and "Flat"). Within a
 * kind the first that matches is taken, in the order of classes.def: a wrapper that is to end up
 * outermost comes first there. Not for public headers.
 */
#ifndef FAISS_FACTORY_RULE_H
#define FAISS_FACTORY_RULE_H

#include <faiss/Index.h>

typedef enum FaissFactoryKind {
    FAISS_FACTORY_WRAPPER,   ///< around a description, which is a group of the pattern
    FAISS_FACTORY_TRANSFORM, ///< a VectorTransform in front: "L2norm"
    FAISS_FACTORY_INDEX,     ///< a whole index: "Flat"
    FAISS_FACTORY_COARSE,    ///< what finds the lists of an inverted file: "IVF64"
    FAISS_FACTORY_CODE,      ///< what the lists of an inverted file store: "Flat" after "IVF64,"
} FaissFactoryKind;

/// What a production of kind COARSE makes.
typedef struct FaissFactoryCoarse {
    FaissIndex *quantizer;
    size_t nlist;
    char quantizer_trains_alone; ///< as in Level1Quantizer
} FaissFactoryCoarse;

/// What a production is applied to.
typedef struct FaissFactoryContext {
    int d;
    FaissMetricType metric;
    const char *groups[10]; ///< the whole text (0) and the pattern's groups; NULL if not matched
    /* FAISS_FACTORY_CODE: the coarse part. The quantizer is given away if the builder succeeds. */
    FaissIndex *quantizer;
    size_t nlist;
    char quantizer_trains_alone;
} FaissFactoryContext;

/** One production.
 *
 * `build` makes an object that owns its parts: a FaissIndex *, for a TRANSFORM a
 * FaissVectorTransform *, for a COARSE a FaissFactoryCoarse. For a WRAPPER it makes the inner index
 * itself, by faiss_index_factory on a group. For a CODE that makes an IndexIVF the fields
 * own_fields, quantizer_trains_alone and cp.spherical are set by the caller.
 */
typedef struct FaissFactoryRule {
    const char *pattern; ///< POSIX extended regular expression for the whole text
    FaissFactoryKind kind;
    const char *syntax; ///< for people: "IDMap2,<index>"
    const char *what;   ///< one line: what it makes
    FaissStatus (*build) (const FaissFactoryContext *context, void *out);
} FaissFactoryRule;

/// The number in a group of digits; the default where the group is NULL or empty.
FaissStatus faiss_factory_int (const char *group, int default_value, int *out);

/// A number of lists: digits, and "", "k" (times 1024) or "M" (times 1024 * 1024).
FaissStatus faiss_factory_nlist (const char *digits, const char *unit, size_t *out);

#endif
