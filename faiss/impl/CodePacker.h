/* Codes in blocks: how those of several vectors share a block of memory. */
#ifndef FAISS_CODE_PACKER_H
#define FAISS_CODE_PACKER_H

#include <faiss/impl/object.h>

FAISS_BEGIN_DECLS

/** Puts codes of code_size bytes into blocks of block_size bytes, nvec codes in each.
 *
 * What is flat has one code after the other.
 */
typedef struct FaissCodePacker {
    FAISS_PRIVATE (struct FaissCodePackerClass *cls;)
    size_t code_size;  ///< bytes of a code
    size_t nvec;       ///< codes in a block
    size_t block_size; ///< bytes of a block
} FaissCodePacker;

/// One code in a block, as it is.
typedef struct FaissCodePackerFlat FAISS_EXTENDS (FaissCodePacker) {
    union {
        FaissCodePacker packer;
    };
} FaissCodePackerFlat;

#ifndef SWIG
typedef struct FaissCodePackerClass {
    FaissClass head;
    void (*pack_1) (const FaissCodePacker *self, const uint8_t *flat_code, size_t offset,
                    uint8_t *block);
    void (*unpack_1) (const FaissCodePacker *self, const uint8_t *block, size_t offset,
                      uint8_t *flat_code);
} FaissCodePackerClass;

extern FaissCodePackerClass faiss_CodePacker_class;
extern FaissCodePackerClass faiss_CodePackerFlat_class;
#endif

/// Put a code in its place in a block. @param flat_code  size code_size
FaissStatus faiss_CodePacker_pack_1 (const FaissCodePacker *self, const uint8_t *flat_code,
                                     size_t offset, uint8_t *block);
/// Take a code out of a block. @param flat_code  output, size code_size
FaissStatus faiss_CodePacker_unpack_1 (const FaissCodePacker *self, const uint8_t *block,
                                       size_t offset, uint8_t *flat_code);
/// All nvec codes of a block. @param flat_codes  size nvec * code_size
FaissStatus faiss_CodePacker_pack_all (const FaissCodePacker *self, const uint8_t *flat_codes,
                                       uint8_t *block);
FaissStatus faiss_CodePacker_unpack_all (const FaissCodePacker *self, const uint8_t *block,
                                         uint8_t *flat_codes);
FaissStatus faiss_CodePacker_clone (const FaissCodePacker *self, FaissCodePacker **out);
/// Free any packer. NULL is allowed.
void faiss_CodePacker_free (FaissCodePacker *self);

FaissStatus faiss_CodePackerFlat_new (FaissCodePackerFlat **out, size_t code_size);
void faiss_CodePackerFlat_free (FaissCodePackerFlat *self);

FAISS_END_DECLS

#endif
