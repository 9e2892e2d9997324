/* What turns vectors into codes of fixed size: the root of all quantizers. */
#include <faiss/impl/Quantizer.h>

#include <faiss/impl/check.h>

static FaissStatus Quantizer_train (FaissQuantizer *self, size_t n, const float *x) {
    (void)n, (void)x;
    FAISS_FAIL ("not implemented for %s", self->cls->head.name);
}

static FaissStatus Quantizer_compute_codes (const FaissQuantizer *self, const float *x,
                                            uint8_t *codes, size_t n) {
    (void)x, (void)codes, (void)n;
    FAISS_FAIL ("not implemented for %s", self->cls->head.name);
}

static FaissStatus Quantizer_decode (const FaissQuantizer *self, const uint8_t *code, float *x,
                                     size_t n) {
    (void)code, (void)x, (void)n;
    FAISS_FAIL ("not implemented for %s", self->cls->head.name);
}

static FaissStatus Quantizer_copy (void *object, const void *other_object) {
    FaissQuantizer *self = object;
    const FaissQuantizer *other = other_object;
    self->d = other->d;
    self->code_size = other->code_size;
    return FAISS_OK;
}

FaissQuantizerClass faiss_Quantizer_class = {
    .head = {.name = "Quantizer",
             .instance_size = sizeof (FaissQuantizer),
             .table_size = sizeof (FaissQuantizerClass),
             .copy = Quantizer_copy},
    .train = Quantizer_train,
    .compute_codes = Quantizer_compute_codes,
    .decode = Quantizer_decode,
};

/* n vectors and their codes can be counted, and exist. */
static FaissStatus check_arrays (const char *function, const FaissQuantizer *self, size_t n,
                                 const void *x, const char *x_name, const void *codes) {
    if (!self) {
        return faiss_fail_in (FAISS_EXCEPT, function, "self is NULL");
    }
    if ((self->d > 0 && n > SIZE_MAX / sizeof (float) / self->d) ||
        (self->code_size > 0 && n > SIZE_MAX / self->code_size)) {
        return faiss_fail_in (FAISS_EXCEPT, function, "n=%zu vectors of d=%zu are too many", n,
                              self->d);
    }
    if (n > 0 && (!x || !codes)) {
        return faiss_fail_in (FAISS_EXCEPT, function, "%s is NULL", x ? "codes" : x_name);
    }
    return FAISS_OK;
}

FaissStatus faiss_Quantizer_train (FaissQuantizer *self, size_t n, const float *x) {
    FAISS_TRY (check_arrays (__func__, self, n, x, "x", x));
    return self->cls->train (self, n, x);
}

FaissStatus faiss_Quantizer_compute_codes (const FaissQuantizer *self, const float *x,
                                           uint8_t *codes, size_t n) {
    FAISS_TRY (check_arrays (__func__, self, n, x, "x", codes));
    return n == 0 ? FAISS_OK : self->cls->compute_codes (self, x, codes, n);
}

FaissStatus faiss_Quantizer_decode (const FaissQuantizer *self, const uint8_t *code, float *x,
                                    size_t n) {
    FAISS_TRY (check_arrays (__func__, self, n, x, "x", code));
    return n == 0 ? FAISS_OK : self->cls->decode (self, code, x, n);
}

void faiss_Quantizer_free (FaissQuantizer *self) {
    faiss_object_free (self);
}
