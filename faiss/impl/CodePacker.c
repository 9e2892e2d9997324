/* Codes in blocks. */
#include <faiss/impl/CodePacker.h>

#include <string.h>

#include <faiss/impl/check.h>

/* ---- any ------------------------------------------------------------------------------------- */

static FaissStatus CodePacker_copy (void *object, const void *other_object) {
    FaissCodePacker *self = object;
    const FaissCodePacker *other = other_object;
    self->code_size = other->code_size;
    self->nvec = other->nvec;
    self->block_size = other->block_size;
    return FAISS_OK;
}

FaissCodePackerClass faiss_CodePacker_class = {
    .head = {.name = "CodePacker",
             .instance_size = sizeof (FaissCodePacker),
             .table_size = sizeof (FaissCodePackerClass),
             .copy = CodePacker_copy},
};

static FaissStatus check (const char *function, const FaissCodePacker *self, const void *flat,
                          const void *block, size_t offset) {
    if (!self || !flat || !block) {
        return faiss_fail_in (FAISS_EXCEPT, function, "an argument is NULL");
    }
    if (offset >= self->nvec) {
        return faiss_fail_in (FAISS_EXCEPT, function, "expected an offset below %zu, got %zu",
                              self->nvec, offset);
    }
    return FAISS_OK;
}

FaissStatus faiss_CodePacker_pack_1 (const FaissCodePacker *self, const uint8_t *flat_code,
                                     size_t offset, uint8_t *block) {
    FAISS_TRY (check (__func__, self, flat_code, block, offset));
    self->cls->pack_1 (self, flat_code, offset, block);
    return FAISS_OK;
}

FaissStatus faiss_CodePacker_unpack_1 (const FaissCodePacker *self, const uint8_t *block,
                                       size_t offset, uint8_t *flat_code) {
    FAISS_TRY (check (__func__, self, flat_code, block, offset));
    self->cls->unpack_1 (self, block, offset, flat_code);
    return FAISS_OK;
}

FaissStatus faiss_CodePacker_pack_all (const FaissCodePacker *self, const uint8_t *flat_codes,
                                       uint8_t *block) {
    FAISS_TRY (check (__func__, self, flat_codes, block, 0));
    for (size_t i = 0; i < self->nvec; i++) {
        self->cls->pack_1 (self, flat_codes + i * self->code_size, i, block);
    }
    return FAISS_OK;
}

FaissStatus faiss_CodePacker_unpack_all (const FaissCodePacker *self, const uint8_t *block,
                                         uint8_t *flat_codes) {
    FAISS_TRY (check (__func__, self, flat_codes, block, 0));
    for (size_t i = 0; i < self->nvec; i++) {
        self->cls->unpack_1 (self, block, i, flat_codes + i * self->code_size);
    }
    return FAISS_OK;
}

FaissStatus faiss_CodePacker_clone (const FaissCodePacker *self, FaissCodePacker **out) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE_ARG (out);
    return faiss_object_clone (out, self);
}

void faiss_CodePacker_free (FaissCodePacker *self) {
    faiss_object_free (self);
}

/* ---- flat ------------------------------------------------------------------------------------ */

static void CodePackerFlat_pack_1 (const FaissCodePacker *self, const uint8_t *flat_code,
                                   size_t offset, uint8_t *block) {
    memcpy (block + offset * self->code_size, flat_code, self->code_size);
}

static void CodePackerFlat_unpack_1 (const FaissCodePacker *self, const uint8_t *block,
                                     size_t offset, uint8_t *flat_code) {
    memcpy (flat_code, block + offset * self->code_size, self->code_size);
}

FaissCodePackerClass faiss_CodePackerFlat_class = {
    .head = {.name = "CodePackerFlat",
             .parent = &faiss_CodePacker_class.head,
             .instance_size = sizeof (FaissCodePackerFlat),
             .table_size = sizeof (FaissCodePackerClass)},
    .pack_1 = CodePackerFlat_pack_1,
    .unpack_1 = CodePackerFlat_unpack_1,
};

FaissStatus faiss_CodePackerFlat_new (FaissCodePackerFlat **out, size_t code_size) {
    FAISS_REQUIRE_ARG (out);
    FAISS_OWNED (CodePackerFlat) *self = NULL;
    FAISS_TRY (faiss_object_new (&self, &faiss_CodePackerFlat_class.head));
    self->packer.code_size = self->packer.block_size = code_size;
    self->packer.nvec = 1;
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

void faiss_CodePackerFlat_free (FaissCodePackerFlat *self) {
    faiss_object_free (self);
}
