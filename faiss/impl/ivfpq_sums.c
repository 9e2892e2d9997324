/* Inverted files of product quantizer codes: sums of table entries, and how to do without. */
#include <faiss/impl/bitstring.h>
#include <faiss/impl/ivfpq_internal.h>
#include <faiss/impl/pq_internal.h>
#include <faiss/kernels/kernels.h>

/* Entries are added in the order of the parts. */
static inline __attribute__ ((always_inline)) void sum_parts (const FaissProductQuantizer *pq,
                                                              size_t nbits, const float *table,
                                                              float bias, const uint8_t *codes,
                                                              size_t n, float *out) {
    for (size_t i = 0; i < n; i++, codes += pq->quantizer.code_size) {
        float sum = bias;
        for (size_t m = 0; m < pq->M; m++) {
            sum += table[m * pq->ksub + faiss_bitstring_get (codes, m * nbits, nbits)];
        }
        out[i] = sum;
    }
}

/* The same of two entries per byte. */
static void sum_nibbles (const FaissProductQuantizer *pq, const float *tables, float bias,
                         const uint8_t *codes, size_t n, float *out) {
    enum { AT_ONCE = 4, KSUB = 16 }; /* additions wait for each other, those of four codes do not */
    size_t M = pq->M, code_size = pq->quantizer.code_size;
    for (size_t i = 0; i < n; i += AT_ONCE) {
        float sums[AT_ONCE];
        const uint8_t *code[AT_ONCE];
        for (size_t j = 0; j < AT_ONCE; j++) {
            sums[j] = bias;
            code[j] = codes + (i + j < n ? i + j : i) * code_size;
        }
        const float *table = tables;
        for (size_t b = 0; b < M / 2; b++, table += 2 * KSUB) {
            for (size_t j = 0; j < AT_ONCE; j++) {
                sums[j] += table[code[j][b] & 15];
                sums[j] += table[KSUB + (code[j][b] >> 4)];
            }
        }
        for (size_t j = 0; j < AT_ONCE && i + j < n; j++) {
            out[i + j] = M % 2 ? sums[j] + table[code[j][M / 2] & 15] : sums[j];
        }
    }
}

void faiss_ivfpq_sum_codes (const FaissProductQuantizer *pq, const float *table, float bias,
                            const uint8_t *codes, size_t n, float *out) {
    switch (pq->nbits) {
    case 8:
        faiss_kernels.pq_sum_bytes (table, pq->M, bias, codes, pq->quantizer.code_size, NULL, n,
                                    out);
        break;
    case 4:
        sum_nibbles (pq, table, bias, codes, n, out);
        break;
    case 12:
        sum_parts (pq, 12, table, bias, codes, n, out);
        break;
    case 16:
        sum_parts (pq, 16, table, bias, codes, n, out);
        break;
    default:
        sum_parts (pq, pq->nbits, table, bias, codes, n, out);
    }
}

/* ---- without tables -------------------------------------------------------------------------- */

enum { DECODED = FAISS_IVFPQ_DECODED };

/* Measured: a table of dsub components takes as long as decoding so many codes. */
size_t faiss_ivfpq_few_codes (const FaissProductQuantizer *pq) {
    size_t per_component = pq->nbits == 8 ? 24 : 80;
    size_t few = pq->ksub * pq->dsub / per_component;
    return few < pq->ksub / 2 ? few : pq->ksub / 2;
}

void faiss_ivfpq_decoded_values (const FaissProductQuantizer *pq, bool is_product, const float *x,
                                 float bias, const uint8_t *codes, size_t n, float *decoded,
                                 float *out) {
    size_t d = pq->quantizer.d, code_size = pq->quantizer.code_size;
    for (size_t first = 0; first < n; first += DECODED) {
        size_t m = n - first < DECODED ? n - first : DECODED;
        for (size_t i = 0; i < m; i++) {
            faiss_pq_decode (pq, codes + (first + i) * code_size, decoded + i * d);
        }
        if (is_product) {
            faiss_kernels.fvec_inner_products_ny (out + first, x, decoded, d, m);
        } else {
            faiss_kernels.fvec_L2sqr_ny (out + first, x, decoded, d, m);
        }
        for (size_t i = 0; i < m; i++) {
            out[first + i] += bias;
        }
    }
}
