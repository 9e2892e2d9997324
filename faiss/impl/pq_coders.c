/* Product quantizer codes, number by number. */
#include <stdlib.h>
#include <string.h>

#include <faiss/impl/ProductQuantizer.h>
#include <faiss/impl/check.h>

/* ---- any number of bits ---------------------------------------------------------------------- */

FaissStatus faiss_PQEncoderGeneric_new_with (FaissPQEncoderGeneric **out, uint8_t *code, int nbits,
                                             uint8_t offset) {
    FAISS_REQUIRE_ARG (out);
    FAISS_REQUIRE_ARG (code);
    FAISS_REQUIRE (nbits > 0 && nbits <= 64, "expected nbits in 1 .. 64, got %d", nbits);
    FAISS_REQUIRE (offset < 8, "expected offset < 8, got %d", offset);
    FaissPQEncoderGeneric *self = NULL;
    FAISS_TRY (faiss_alloc (&self, 1, sizeof *self));
    *self = (FaissPQEncoderGeneric){.code = code, .offset = offset, .nbits = nbits};
    if (offset > 0) {
        self->reg = (uint8_t)(*code & ((1 << offset) - 1));
    }
    *out = self;
    return FAISS_OK;
}

void faiss_PQEncoderGeneric_encode (FaissPQEncoderGeneric *self, uint64_t x) {
    if (!self) {
        return;
    }
    for (int left = self->nbits; left > 0;) {
        int step = 8 - self->offset < left ? 8 - self->offset : left;
        unsigned bits = (unsigned)x & ((1u << step) - 1);
        self->reg = (uint8_t)(self->reg | bits << self->offset);
        self->offset = (uint8_t)(self->offset + step);
        x >>= step;
        left -= step;
        if (self->offset == 8) {
            *self->code++ = self->reg;
            self->reg = 0;
            self->offset = 0;
        }
    }
}

void faiss_PQEncoderGeneric_free (FaissPQEncoderGeneric *self) {
    if (self && self->offset > 0) {
        *self->code = self->reg;
    }
    free (self);
}

FaissStatus faiss_PQDecoderGeneric_new_with (FaissPQDecoderGeneric **out, const uint8_t *code,
                                             int nbits) {
    FAISS_REQUIRE_ARG (out);
    FAISS_REQUIRE_ARG (code);
    FAISS_REQUIRE (nbits > 0 && nbits <= 64, "expected nbits in 1 .. 64, got %d", nbits);
    FaissPQDecoderGeneric *self = NULL;
    FAISS_TRY (faiss_alloc (&self, 1, sizeof *self));
    *self = (FaissPQDecoderGeneric){
        .code = code,
        .nbits = nbits,
        .mask = nbits < 64 ? ((uint64_t)1 << nbits) - 1 : UINT64_MAX,
    };
    *out = self;
    return FAISS_OK;
}

uint64_t faiss_PQDecoderGeneric_decode (FaissPQDecoderGeneric *self) {
    if (!self) {
        return 0;
    }
    uint64_t value = 0;
    for (int done = 0; done < self->nbits;) {
        int left = self->nbits - done, step = 8 - self->offset < left ? 8 - self->offset : left;
        if (self->offset == 0) {
            self->reg = *self->code;
        }
        uint64_t bits = (uint64_t)(self->reg >> self->offset) & (((uint64_t)1 << step) - 1);
        value |= bits << done;
        done += step;
        self->offset = (uint8_t)(self->offset + step);
        if (self->offset == 8) {
            self->code++;
            self->offset = 0;
        }
    }
    return value & self->mask;
}

void faiss_PQDecoderGeneric_free (FaissPQDecoderGeneric *self) {
    free (self);
}

/* ---- whole bytes ----------------------------------------------------------------------------- */

#define CODER(Name, Byte, bits)                                                                    \
    FaissStatus faiss_##Name##_new_with (Faiss##Name **out, Byte *code, int nbits) {               \
        FAISS_REQUIRE_ARG (out);                                                                   \
        FAISS_REQUIRE_ARG (code);                                                                  \
        FAISS_REQUIRE (nbits == (bits), "expected nbits=%d, got %d", bits, nbits);                 \
        Faiss##Name *self = NULL;                                                                  \
        FAISS_TRY (faiss_alloc (&self, 1, sizeof *self));                                          \
        self->code = code;                                                                         \
        *out = self;                                                                               \
        return FAISS_OK;                                                                           \
    }                                                                                              \
    void faiss_##Name##_free (Faiss##Name *self) {                                                 \
        free (self);                                                                               \
    }

CODER (PQEncoder8, uint8_t, 8)
CODER (PQEncoder16, uint8_t, 16)
CODER (PQDecoder8, const uint8_t, 8)
CODER (PQDecoder16, const uint8_t, 16)

void faiss_PQEncoder8_encode (FaissPQEncoder8 *self, uint64_t x) {
    if (self) {
        *self->code++ = (uint8_t)x;
    }
}

void faiss_PQEncoder16_encode (FaissPQEncoder16 *self, uint64_t x) {
    if (!self) {
        return;
    }
    *self->code++ = (uint8_t)x;
    *self->code++ = (uint8_t)(x >> 8);
}

uint64_t faiss_PQDecoder8_decode (FaissPQDecoder8 *self) {
    return self ? *self->code++ : 0;
}

uint64_t faiss_PQDecoder16_decode (FaissPQDecoder16 *self) {
    if (!self) {
        return 0;
    }
    uint64_t low = *self->code++;
    return low | (uint64_t)*self->code++ << 8;
}
