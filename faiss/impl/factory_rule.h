/* The grammar of index_factory: each class lists its productions beside its code.
 *
 * A description is read from the outside in: wrappers (",IDMap", ",RFlat"), then leading transforms
 * ("L2norm,"), then a whole index ("Flat"), else "<coarse>,<code>" ("IVF1024" and "Flat").
 */
#ifndef FAISS_FACTORY_RULE_H
#define FAISS_FACTORY_RULE_H

#include <faiss/Index.h>

typedef enum FaissFactoryKind {
    FAISS_FACTORY_WRAPPER,   ///< around a description, which is a group of the pattern
    FAISS_FACTORY_TRANSFORM, ///< a VectorTransform in front: "L2norm"
    FAISS_FACTORY_INDEX,     ///< a whole index: "Flat"
    FAISS_FACTORY_CODE,      ///< what the lists of an inverted file store: "Flat" after "IVF64,"
} FaissFactoryKind;

/// What a production is applied to.
typedef struct FaissFactoryContext {
    int d;
    FaissMetricType metric;
    const char *groups[10]; ///< the pattern's groups as texts; NULL for one that is not matched
    /* FAISS_FACTORY_CODE: the coarse part. Given away to the index if the builder succeeds. */
    FaissIndex *quantizer;
    size_t nlist;
} FaissFactoryContext;

/** One production.
 *
 * `build` makes an index (or a transform) that owns its parts. For a WRAPPER it makes the inner
 * index itself, by faiss_index_factory on a group.
 */
typedef struct FaissFactoryRule {
    const char *pattern; ///< POSIX extended regular expression for the whole text
    FaissFactoryKind kind;
    const char *syntax; ///< for people: "IDMap2,<index>"
    const char *what;   ///< one line: what it makes
    FaissStatus (*build) (const FaissFactoryContext *context, void *out);
} FaissFactoryRule;

#endif
