/* Product additive quantizers: golden values, parts and the whole, what is refused. */
#include "testing.h"

#include <faiss/impl/LocalSearchQuantizer.h>
#include <faiss/impl/ProductAdditiveQuantizer.h>
#include <faiss/impl/ResidualQuantizer.h>

#include "golden/golden.h"
#include "golden/lsh_lattice_additive.h"

enum { N = 300, NQ = 4, D = 4 };

static FaissProductResidualQuantizer *trained (FaissAdditiveQuantizerSearchType search_type) {
    FaissProductResidualQuantizer *prq = NULL;
    float *x = golden_inputs (54, N * D);
    assert_ok (faiss_ProductResidualQuantizer_new_with (&prq, D, 2, 2, 2, search_type));
    assert_ok (faiss_Quantizer_train (&prq->quantizer, N, x));
    free (x);
    return prq;
}

static void golden_values (void **state) {
    (void)state;
    FaissProductResidualQuantizer *prq = trained (AdditiveQuantizer_ST_decompress);
    float *x = golden_inputs (55, NQ * D);
    uint8_t codes[NQ];
    assert_int_equal (prq->quantizer.code_size, golden_prq_code_size[0]);
    assert_golden (prq->aq.codebooks.data, golden_prq_codebooks, golden_prq_codebooks_n);
    assert_ok (faiss_Quantizer_compute_codes (&prq->quantizer, x, codes, NQ));
    for (int i = 0; i < NQ; i++) {
        assert_int_equal (codes[i], golden_prq_codes_hex[i]);
    }
    free (x);
    faiss_ProductResidualQuantizer_free (prq);
}

static void parts_make_the_whole (void **state) {
    (void)state;
    FaissProductResidualQuantizer *prq = trained (AdditiveQuantizer_ST_norm_float);
    const FaissProductAdditiveQuantizer *paq = &prq->paq;
    float *x = golden_inputs (55, NQ * D), y[NQ * D], z[D], table[NQ * 16];
    int32_t codes[NQ * 4];
    uint8_t packed[NQ * 5];
    assert_int_equal (prq->aq.M, 4);
    assert_int_equal (prq->quantizer.code_size, 5);
    assert_ok (faiss_ProductAdditiveQuantizer_compute_unpacked_codes (paq, x, codes, NQ, NULL));
    assert_ok (faiss_AdditiveQuantizer_decode_unpacked (&prq->aq, codes, y, NQ, -1));
    assert_ok (faiss_Quantizer_compute_codes (&prq->quantizer, x, packed, NQ));
    assert_ok (faiss_AdditiveQuantizer_compute_LUT (&prq->aq, NQ, x, table, 2, -1));
    for (int i = 0; i < NQ; i++) {
        assert_ok (faiss_Quantizer_decode (&prq->quantizer, packed + 5 * i, z, 1));
        assert_memory_equal (z, y + D * i, sizeof z);
        for (size_t s = 0; s < 2; s++) {
            const FaissAdditiveQuantizer *part =
                faiss_ProductAdditiveQuantizer_subquantizer (paq, s);
            assert_int_equal (part->search_type, AdditiveQuantizer_ST_decompress);
            assert_ok (
                faiss_AdditiveQuantizer_decode_unpacked (part, codes + 4 * i + 2 * s, z, 1, -1));
            assert_memory_equal (z, y + D * i + 2 * s, 2 * sizeof *z);
        }
        float product = 0, sum = 0;
        for (int j = 0; j < D; j++) {
            product += 2 * x[D * i + j] * y[D * i + j];
        }
        for (size_t m = 0; m < 4; m++) {
            sum += table[16 * i + 4 * (int)m + codes[4 * i + (int)m]];
        }
        assert_true (fabsf (product - sum) < 1e-5f);
    }
    assert_null (faiss_ProductAdditiveQuantizer_subquantizer (paq, 2));
    free (x);
    faiss_ProductResidualQuantizer_free (prq);
}

static void is_made_of_other_quantizers (void **state) {
    (void)state;
    FaissResidualQuantizer *rq = NULL;
    FaissLocalSearchQuantizer *lsq = NULL;
    FaissProductAdditiveQuantizer *paq = NULL;
    float *x = golden_inputs (54, N * D), y[D];
    uint8_t code[8];
    assert_ok (faiss_ResidualQuantizer_new_with (&rq, 2, 2, 3, AdditiveQuantizer_ST_decompress));
    assert_ok (
        faiss_LocalSearchQuantizer_new_with (&lsq, 2, 1, 5, AdditiveQuantizer_ST_decompress));
    FaissAdditiveQuantizer *parts[2] = {&rq->aq, &lsq->aq};
    assert_ok (faiss_ProductAdditiveQuantizer_new_with (&paq, D, 2, parts,
                                                        AdditiveQuantizer_ST_norm_qint8));
    faiss_ResidualQuantizer_free (rq);
    faiss_LocalSearchQuantizer_free (lsq);
    assert_int_equal (paq->aq.M, 3);
    assert_int_equal (paq->quantizer.code_size, 3);
    assert_ok (faiss_Quantizer_train (&paq->quantizer, N, x));
    assert_ok (faiss_Quantizer_compute_codes (&paq->quantizer, x, code, 1));
    assert_ok (faiss_Quantizer_decode (&paq->quantizer, code, y, 1));
    for (int j = 0; j < D; j++) {
        assert_true (fabsf (x[j] - y[j]) < 0.5f);
    }
    free (x);
    faiss_ProductAdditiveQuantizer_free (paq);
}

static void bad_input_is_refused (void **state) {
    (void)state;
    FaissProductResidualQuantizer *prq = NULL;
    FaissProductLocalSearchQuantizer *plsq = NULL;
    FaissProductAdditiveQuantizer *paq = NULL;
    FaissResidualQuantizer *rq = NULL;
    float x[5] = {0};
    assert_fails (
        faiss_ProductResidualQuantizer_new_with (&prq, 5, 2, 2, 2, AdditiveQuantizer_ST_decompress),
        "divide d=5, got 2");
    assert_fails (faiss_ProductLocalSearchQuantizer_new_with (&plsq, 5, 0, 2, 2,
                                                              AdditiveQuantizer_ST_decompress),
                  "divide d=5, got 0");
    assert_ok (faiss_ResidualQuantizer_new_with (&rq, 2, 2, 3, AdditiveQuantizer_ST_decompress));
    FaissAdditiveQuantizer *parts[2] = {&rq->aq, NULL};
    assert_fails (faiss_ProductAdditiveQuantizer_new_with (&paq, 4, 2, parts,
                                                           AdditiveQuantizer_ST_decompress),
                  "aqs[1] is NULL");
    assert_fails (faiss_ProductAdditiveQuantizer_new_with (&paq, 4, 1, parts,
                                                           AdditiveQuantizer_ST_decompress),
                  "part 0 has d=2");
    faiss_ResidualQuantizer_free (rq);
    assert_ok (faiss_ProductAdditiveQuantizer_new (&paq));
    assert_fails (faiss_Quantizer_train (&paq->quantizer, 1, x), "nsplits");
    faiss_ProductAdditiveQuantizer_free (paq);
    assert_ok (faiss_ProductResidualQuantizer_new_with (&prq, 4, 2, 2, 2,
                                                        AdditiveQuantizer_ST_decompress));
    uint8_t code[4];
    assert_fails (faiss_Quantizer_compute_codes (&prq->quantizer, x, code, 1), "not trained");
    faiss_ProductResidualQuantizer_free (prq);
}

TEST_MAIN (cmocka_unit_test (golden_values), cmocka_unit_test (parts_make_the_whole),
           cmocka_unit_test (is_made_of_other_quantizers), cmocka_unit_test (bad_input_is_refused))
