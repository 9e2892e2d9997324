/* What the indexes of scalar quantizers share: names, files, comparison. */
#include <string.h>

#include <faiss/impl/check.h>
#include <faiss/impl/io_fields.h>
#include <faiss/impl/sq_codec.h>
#include <faiss/utils/string.h>

/* The last two are names of upstream's reverse factory alone. */
static const struct {
    const char *name;
    FaissQuantizerType qtype;
} names[] = {
    {"SQ8", QT_8bit},
    {"SQ4", QT_4bit},
    {"SQ6", QT_6bit},
    {"SQfp16", QT_fp16},
    {"SQbf16", QT_bf16},
    {"SQ8_direct", QT_8bit_direct},
    {"SQ0", QT_0bit},
    {"SQ8_direct_signed", QT_8bit_direct_signed},
    {"SQtqmse1", QT_1bit_tqmse},
    {"SQtqmse2", QT_2bit_tqmse},
    {"SQtqmse3", QT_3bit_tqmse},
    {"SQtqmse4", QT_4bit_tqmse},
    {"SQtqmse8", QT_8bit_tqmse},
    {"SQtq2", QT_2bit_tq},
    {"SQtq3", QT_3bit_tq},
    {"SQtq4", QT_4bit_tq},
    {"SQtq5", QT_5bit_tq},
    {"SQ8u", QT_8bit_uniform},
    {"SQ4u", QT_4bit_uniform},
};

enum { N_NAMES = sizeof names / sizeof *names };

FaissStatus faiss_sq_type_of_name (const char *name, FaissQuantizerType *out) {
    for (int i = 0; i < N_NAMES; i++) {
        if (strcmp (name, names[i].name) == 0) {
            *out = names[i].qtype;
            return FAISS_OK;
        }
    }
    FAISS_FAIL ("\"%s\" is no scalar quantizer", name);
}

FaissStatus faiss_sq_describe (FaissQuantizerType qtype, FaissString *out) {
    for (int i = 0; i < N_NAMES; i++) {
        if (names[i].qtype == qtype) {
            return faiss_String_printf (out, "%s", names[i].name);
        }
    }
    return FAISS_OK;
}

FaissStatus faiss_ScalarQuantizer_read (FaissScalarQuantizer *self, FaissIOReader *reader,
                                        const FaissIndex *index) {
    int qtype, rangestat;
    size_t ignored;
    FAISS_TRY (faiss_read_i32 (reader, &qtype, "qtype"));
    FAISS_TRY (faiss_read_i32 (reader, &rangestat, "rangestat"));
    FAISS_TRY (faiss_read_f32 (reader, &self->rangestat_arg, "rangestat_arg"));
    FAISS_TRY (faiss_read_size (reader, &self->quantizer.d, "d"));
    FAISS_TRY (faiss_read_size (reader, &ignored, "code_size"));
    FAISS_TRY (faiss_read_Float32Vector (reader, &self->trained, "trained"));
    FAISS_REQUIRE_FILE (reader, qtype >= 0 && qtype < QT_count, "%d is no type of scalar quantizer",
                        qtype);
    FAISS_REQUIRE_FILE (reader, self->quantizer.d == (size_t)index->d,
                        "expected a scalar quantizer of d=%d, got %zu", index->d,
                        self->quantizer.d);
    self->qtype = (FaissQuantizerType)qtype;
    self->rangestat = (FaissRangeStat)rangestat;
    FAISS_TRY (faiss_ScalarQuantizer_set_derived_sizes (self));
    size_t size = faiss_sq_trained_size (self->qtype, self->quantizer.d);
    FAISS_REQUIRE_FILE (reader, self->trained.size == size || self->trained.size == 0,
                        "expected %zu trained values, got %zu", size, self->trained.size);
    FAISS_REQUIRE_FILE (reader, size == 0 || index->is_trained == (self->trained.size > 0),
                        "the index is %s, but there are %zu trained values",
                        index->is_trained ? "trained" : "not trained", self->trained.size);
    return FAISS_OK;
}

FaissStatus faiss_ScalarQuantizer_write (const FaissScalarQuantizer *self, FaissIOWriter *writer) {
    FAISS_TRY (faiss_write_i32 (writer, (int)self->qtype));
    FAISS_TRY (faiss_write_i32 (writer, (int)self->rangestat));
    FAISS_TRY (faiss_write_f32 (writer, self->rangestat_arg));
    FAISS_TRY (faiss_write_u64 (writer, self->quantizer.d));
    FAISS_TRY (faiss_write_u64 (writer, self->quantizer.code_size));
    return faiss_write_Float32Vector (writer, &self->trained);
}

FaissStatus faiss_sq_check_same (const FaissScalarQuantizer *a, const FaissScalarQuantizer *b) {
    FAISS_REQUIRE (a->qtype == b->qtype && a->quantizer.d == b->quantizer.d &&
                       a->trained.size == b->trained.size &&
                       (a->trained.size == 0 || memcmp (a->trained.data, b->trained.data,
                                                        a->trained.size * sizeof (float)) == 0),
                   "the scalar quantizers differ: codes of one mean nothing to the other");
    return FAISS_OK;
}
