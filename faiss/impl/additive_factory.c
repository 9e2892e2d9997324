/* Additive quantizers in factory strings. */
#include <string.h>

#include <faiss/impl/check.h>
#include <faiss/impl/index_additive_internal.h>

/* ---- sizes ----------------------------------------------------------------------------------- */

/* A number and what follows it; the pattern has seen to it that there is one. */
static FaissStatus read_number (const char **text, size_t *out) {
    const size_t limit = (size_t)1 << 20;
    size_t value = 0;
    for (; **text >= '0' && **text <= '9'; ++*text) {
        value = value * 10 + (size_t)(**text - '0');
        FAISS_REQUIRE (value <= limit, "a number is too large: expected at most %zu", limit);
    }
    *out = value;
    return FAISS_OK;
}

FaissStatus faiss_aq_parse_sizes (const char *text, FaissUInt64Vector *nbits) {
    for (;;) {
        size_t n = 0, bits = 0;
        FAISS_TRY (read_number (&text, &n));
        text++; /* the x */
        FAISS_TRY (read_number (&text, &bits));
        for (size_t i = 0; i < n; i++) {
            FAISS_TRY (faiss_UInt64Vector_push_back (nbits, bits));
        }
        if (*text != '_') {
            return FAISS_OK;
        }
        text++;
    }
}

FaissStatus faiss_aq_describe_sizes (const FaissAdditiveQuantizer *aq, FaissString *out) {
    for (size_t m = 0; m < aq->M;) {
        size_t end = m;
        while (end < aq->M && aq->nbits.data[end] == aq->nbits.data[m]) {
            end++;
        }
        FAISS_TRY (faiss_String_printf (out, "%s%zux%llu", m ? "_" : "", end - m,
                                        (unsigned long long)aq->nbits.data[m]));
        m = end;
    }
    return FAISS_OK;
}

/* ---- norms ----------------------------------------------------------------------------------- */

static const char *const norm_names[AdditiveQuantizer_ST_count] = {
    [AdditiveQuantizer_ST_LUT_nonorm] = "_Nnone",
    [AdditiveQuantizer_ST_norm_float] = "_Nfloat",
    [AdditiveQuantizer_ST_norm_qint8] = "_Nqint8",
    [AdditiveQuantizer_ST_norm_qint4] = "_Nqint4",
    [AdditiveQuantizer_ST_norm_cqint8] = "_Ncqint8",
    [AdditiveQuantizer_ST_norm_cqint4] = "_Ncqint4",
    [AdditiveQuantizer_ST_norm_lsq2x4] = "_Nlsq2x4",
    [AdditiveQuantizer_ST_norm_rq2x4] = "_Nrq2x4",
};

static FaissAdditiveQuantizerSearchType default_type (FaissMetricType metric) {
    return metric == METRIC_L2 ? AdditiveQuantizer_ST_decompress : AdditiveQuantizer_ST_LUT_nonorm;
}

FaissAdditiveQuantizerSearchType faiss_aq_parse_norm (const char *text, FaissMetricType metric) {
    for (int type = 0; text && type < AdditiveQuantizer_ST_count; type++) {
        if (norm_names[type] && strcmp (text, norm_names[type]) == 0) {
            return (FaissAdditiveQuantizerSearchType)type;
        }
    }
    return default_type (metric);
}

FaissStatus faiss_aq_describe_norm (const FaissAdditiveQuantizer *aq, FaissMetricType metric,
                                    FaissString *out) {
    const char *name = norm_names[aq->search_type];
    return aq->search_type == default_type (metric) || !name
               ? FAISS_OK
               : faiss_String_printf (out, "%s", name);
}

/* ---- products -------------------------------------------------------------------------------- */

FaissStatus faiss_aq_parse_product (const FaissFactoryContext *context, FaissProductSizes *out) {
    int numbers[3];
    for (int i = 0; i < 3; i++) {
        FAISS_TRY (faiss_factory_int (context->groups[i + 1], 0, &numbers[i]));
    }
    *out = (FaissProductSizes){(size_t)numbers[0], (size_t)numbers[1], (size_t)numbers[2],
                               faiss_aq_parse_norm (context->groups[4], context->metric)};
    return FAISS_OK;
}

FaissStatus faiss_aq_describe_product (const char *name, const FaissProductAdditiveQuantizer *paq,
                                       FaissMetricType metric, FaissString *out) {
    if (paq->nsplits == 0 || paq->quantizers[0]->M == 0) {
        return FAISS_OK;
    }
    const FaissAdditiveQuantizer *part = paq->quantizers[0];
    FAISS_TRY (faiss_String_printf (out, "%s%zux%zux%llu", name, paq->nsplits, part->M,
                                    (unsigned long long)part->nbits.data[0]));
    return faiss_aq_describe_norm (&paq->aq, metric, out);
}
