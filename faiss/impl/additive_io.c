/* The part of files that all additive quantizers have in common. */
#include <faiss/impl/additive_internal.h>
#include <faiss/impl/check.h>
#include <faiss/impl/io_limits.h>

/* ST_norm_cqint8 .. ST_norm_rq2x4 */
static bool has_qnorm (const FaissAdditiveQuantizer *self) {
    return self->search_type >= AdditiveQuantizer_ST_norm_cqint8 &&
           self->search_type <= AdditiveQuantizer_ST_norm_rq2x4;
}

static bool has_norm_tabs (const FaissAdditiveQuantizer *self) {
    return self->search_type == AdditiveQuantizer_ST_norm_lsq2x4 ||
           self->search_type == AdditiveQuantizer_ST_norm_rq2x4;
}

static FaissStatus read_qnorm (FaissIOReader *r, FaissAdditiveQuantizer *self) {
    FAISS_AUTO (Float32Vector) values = {0};
    FAISS_TRY (faiss_read_Float32Vector (r, &values, "qnorm"));
    FAISS_TRY (faiss_Index_reset (&self->qnorm.index));
    return faiss_Index_add (&self->qnorm.index, (idx_t)values.size, values.data);
}

FaissStatus faiss_read_nbits (FaissIOReader *r, FaissAdditiveQuantizer *self) {
    enum { MAX_NBITS = 30 };
    FAISS_TRY (faiss_read_size (r, &self->quantizer.d, "d"));
    FAISS_TRY (faiss_read_size (r, &self->M, "M"));
    FAISS_REQUIRE_FILE (r, self->quantizer.d > 0 && self->M > 0,
                        "expected d > 0 and M > 0, got %zu and %zu", self->quantizer.d, self->M);
    FAISS_TRY (faiss_read_UInt64Vector (r, &self->nbits, "nbits"));
    FAISS_REQUIRE_FILE (r, self->nbits.size == self->M, "nbits has %zu entries, expected M=%zu",
                        self->nbits.size, self->M);
    for (size_t m = 0; m < self->M; m++) {
        FAISS_REQUIRE_FILE (r, self->nbits.data[m] <= MAX_NBITS,
                            "nbits[%zu] is %llu, expected at most %d", m,
                            (unsigned long long)self->nbits.data[m], MAX_NBITS);
    }
    return faiss_read_bool (r, &self->is_trained, "is_trained");
}

FaissStatus faiss_read_AdditiveQuantizer (FaissIOReader *r, FaissAdditiveQuantizer *self) {
    int search_type;
    FAISS_TRY (faiss_read_nbits (r, self));
    FAISS_TRY (faiss_read_Float32Vector (r, &self->codebooks, "codebooks"));
    FAISS_TRY (faiss_read_i32 (r, &search_type, "search_type"));
    FAISS_TRY (faiss_read_f32 (r, &self->norm_min, "norm_min"));
    FAISS_TRY (faiss_read_f32 (r, &self->norm_max, "norm_max"));
    self->search_type = (FaissAdditiveQuantizerSearchType)search_type;
    if (has_qnorm (self)) {
        FAISS_TRY (read_qnorm (r, self));
    }
    if (has_norm_tabs (self)) {
        FAISS_TRY (faiss_read_Float32Vector (r, &self->norm_tabs, "norm_tabs"));
    }
    FAISS_TRY (faiss_AdditiveQuantizer_set_derived_values (self));
    FAISS_REQUIRE_FILE (r, self->quantizer.code_size > 0, "expected code_size > 0, got 0");
    return FAISS_OK;
}

FaissStatus faiss_check_codebooks (const FaissIOReader *r, const FaissAdditiveQuantizer *self,
                                   size_t row_size) {
    size_t n = self->codebooks.size, n_rows = self->total_codebook_size;
    FAISS_REQUIRE_FILE (r, n > 0 && n % n_rows == 0,
                        "codebooks has %zu elements, expected a multiple of %zu rows", n, n_rows);
    FAISS_REQUIRE_FILE (r, n / n_rows >= row_size,
                        "codebooks has %zu elements, expected %zu rows of %zu", n, n_rows,
                        row_size);
    return FAISS_OK;
}

FaissStatus faiss_write_AdditiveQuantizer (FaissIOWriter *w, const FaissAdditiveQuantizer *self) {
    FAISS_TRY (faiss_write_u64 (w, self->quantizer.d));
    FAISS_TRY (faiss_write_u64 (w, self->M));
    FAISS_TRY (faiss_write_UInt64Vector (w, &self->nbits));
    FAISS_TRY (faiss_write_bool (w, self->is_trained));
    FAISS_TRY (faiss_write_Float32Vector (w, &self->codebooks));
    FAISS_TRY (faiss_write_i32 (w, (int)self->search_type));
    FAISS_TRY (faiss_write_f32 (w, self->norm_min));
    FAISS_TRY (faiss_write_f32 (w, self->norm_max));
    if (has_qnorm (self)) {
        FAISS_TRY (faiss_write_xb (w, &self->qnorm.flat_codes.codes));
    }
    if (has_norm_tabs (self)) {
        FAISS_TRY (faiss_write_Float32Vector (w, &self->norm_tabs));
    }
    return FAISS_OK;
}
