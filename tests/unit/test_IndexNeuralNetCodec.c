/* QINCo: decoding by its definition, encoding takes the nearest, codes of the index. */
#include "testing.h"

#include <faiss/IndexNeuralNetCodec.h>
#include <faiss/clone_index.h>

enum { D = 4, M = 3, NBITS = 3, K = 8, L = 2, H = 5, N = 6 };

static void fill (TestRandom *random, FaissFloat32Vector *v) {
    testing_floats (random, v->data, v->size);
}

static FaissIndexQINCo *random_index (void) {
    TestRandom random = {17};
    FaissIndexQINCo *index = NULL;
    assert_ok (faiss_IndexQINCo_new_with (&index, D, M, NBITS, L, H, METRIC_L2));
    assert_int_equal (index->flat_codes.code_size, 2);
    fill (&random, &index->qinco.codebook0.weight);
    for (int m = 0; m < M - 1; m++) {
        FaissQINCoStep *step = faiss_QINCo_get_step (&index->qinco, m);
        fill (&random, &step->codebook.weight);
        fill (&random, &step->MLPconcat.weight);
        fill (&random, &step->MLPconcat.bias);
        for (int i = 0; i < L; i++) {
            FaissFFN *block = faiss_QINCoStep_get_residual_block (step, i);
            assert_int_equal (block->linear1.bias.size, 0);
            fill (&random, &block->linear1.weight);
            fill (&random, &block->linear2.weight);
        }
    }
    assert_null (faiss_QINCo_get_step (&index->qinco, M - 1));
    index->index.is_trained = true;
    return index;
}

/* z += W2 max (W1 z, 0) and the like, one component after the other */
static void add_product (const FaissLinear *layer, const float *x, float *out) {
    for (size_t i = 0; i < layer->out_features; i++) {
        out[i] += layer->bias.size ? layer->bias.data[i] : 0;
        for (size_t j = 0; j < layer->in_features; j++) {
            out[i] += layer->weight.data[i * layer->in_features + j] * x[j];
        }
    }
}

static void add_step (const FaissQINCoStep *step, int code, float *xhat) {
    float z[D], both[2 * D];
    memcpy (z, step->codebook.weight.data + code * D, sizeof z);
    memcpy (both, z, sizeof z);
    memcpy (both + D, xhat, sizeof z);
    add_product (&step->MLPconcat, both, z);
    for (int i = 0; i < step->L; i++) {
        float hidden[H] = {0};
        add_product (&step->residual_blocks[i].linear1, z, hidden);
        for (int j = 0; j < H; j++) {
            hidden[j] = hidden[j] > 0 ? hidden[j] : 0;
        }
        add_product (&step->residual_blocks[i].linear2, hidden, z);
    }
    for (int j = 0; j < D; j++) {
        xhat[j] += z[j];
    }
}

static float distance (const float *a, const float *b) {
    float sum = 0;
    for (int j = 0; j < D; j++) {
        sum += (a[j] - b[j]) * (a[j] - b[j]);
    }
    return sum;
}

static void codes_are_those_of_the_definition (void **state) {
    (void)state;
    FaissIndexQINCo *index = random_index ();
    TestRandom random = {3};
    float x[N * D], decoded[N * D];
    uint8_t codes[N * 2];
    testing_floats (&random, x, N * D);
    assert_ok (faiss_Index_sa_encode (&index->index, N, x, codes));
    assert_ok (faiss_Index_sa_decode (&index->index, N, codes, decoded));
    for (int i = 0; i < N; i++) {
        int bits = codes[2 * i] | codes[2 * i + 1] << 8;
        float xhat[D];
        memcpy (xhat, index->qinco.codebook0.weight.data + (bits & 7) * D, sizeof xhat);
        for (int k = 0; k < K; k++) {
            const float *row = index->qinco.codebook0.weight.data + k * D;
            assert_true (distance (x + i * D, xhat) <= distance (x + i * D, row) + 1e-5f);
        }
        for (int m = 1; m < M; m++) {
            float chosen[D];
            memcpy (chosen, xhat, sizeof xhat);
            add_step (&index->qinco.steps[m - 1], bits >> 3 * m & 7, chosen);
            for (int k = 0; k < K; k++) {
                float other[D];
                memcpy (other, xhat, sizeof xhat);
                add_step (&index->qinco.steps[m - 1], k, other);
                assert_true (distance (x + i * D, chosen) <= distance (x + i * D, other) + 1e-4f);
            }
            memcpy (xhat, chosen, sizeof xhat);
        }
        assert_true (distance (xhat, decoded + i * D) < 1e-6f);
    }
    faiss_IndexQINCo_free (index);
}

static void the_index_searches_decoded_vectors (void **state) {
    (void)state;
    FaissIndexQINCo *index = random_index ();
    FaissIndex *clone = NULL;
    TestRandom random = {3};
    float x[N * D], y[D], distances[N];
    idx_t labels[N];
    testing_floats (&random, x, N * D);
    assert_ok (faiss_Index_add (&index->index, N, x));
    assert_ok (faiss_clone_index (&index->index, &clone));
    faiss_IndexQINCo_free (index);
    assert_ok (faiss_Index_search (clone, 1, x, N, distances, labels));
    for (int i = 0; i < N; i++) {
        assert_ok (faiss_Index_reconstruct (clone, labels[i], y));
        assert_true (fabsf (distance (x, y) - distances[i]) < 1e-4f);
    }
    assert_fails (faiss_Index_train (clone, N, x), "not trained here");
    faiss_Index_free (clone);
}

static void matrices_and_layers (void **state) {
    (void)state;
    FaissTensor2D *a = NULL, *b = NULL;
    FaissInt32Tensor2D *codes = NULL, *column = NULL;
    FaissLinear *linear = NULL;
    FaissEmbedding *embedding = NULL;
    FaissFFN *ffn = NULL;
    const float values[] = {1, 2, 3, 4, 5, 6};
    const int32_t numbers[] = {0, 1, 2, 0};
    assert_ok (faiss_Tensor2D_new (&a, 2, 3, values));
    assert_ok (faiss_Tensor2D_iadd (a, a));
    assert_ok (faiss_Tensor2D_column (a, 1, &b));
    assert_int_equal (faiss_Tensor2D_numel (b), 2);
    assert_true (faiss_Tensor2D_data (b)[1] == 10);
    assert_fails (faiss_Tensor2D_iadd (a, b), "expected a matrix of 2 x 3, got 2 x 1");
    assert_fails (faiss_Tensor2D_column (a, 3, &b), "column 3 of 3");
    faiss_Tensor2D_free (b);
    assert_ok (faiss_Linear_new (&linear, 3, 1, true));
    linear->weight.data[2] = 1;
    linear->bias.data[0] = 0.5f;
    assert_ok (faiss_Linear_apply (linear, a, &b));
    assert_true (b->v.data[0] == 6.5f && b->v.data[1] == 12.5f);
    assert_fails (faiss_Linear_apply (linear, b, &a), "expected 3 columns, got 1");
    faiss_Tensor2D_free (b);
    assert_ok (faiss_FFN_new (&ffn, 3, 2));
    assert_ok (faiss_FFN_apply (ffn, a, &b));
    assert_int_equal (b->shape[1], 3);
    faiss_Tensor2D_free (b);
    assert_ok (faiss_Int32Tensor2D_new (&codes, 2, 2, numbers));
    assert_ok (faiss_Int32Tensor2D_column (codes, 1, &column));
    assert_ok (faiss_Embedding_new (&embedding, 2, 3));
    memcpy (embedding->weight.data, values, sizeof values);
    assert_ok (faiss_Embedding_apply (embedding, column, &b));
    assert_true (b->v.data[0] == 4 && b->v.data[3] == 1);
    faiss_Tensor2D_free (b);
    faiss_Int32Tensor2D_free (column);
    assert_ok (faiss_Int32Tensor2D_column (codes, 0, &column));
    assert_fails (faiss_Embedding_apply (embedding, column, &b), "is 2, expected 0 .. 1");
    faiss_Int32Tensor2D_free (column);
    faiss_Int32Tensor2D_free (codes);
    faiss_Tensor2D_free (a);
    faiss_Linear_free (linear);
    faiss_Embedding_free (embedding);
    faiss_FFN_free (ffn);
}

static void bad_input_is_refused (void **state) {
    (void)state;
    FaissIndexNeuralNetCodec *index = NULL;
    FaissIndexQINCo *qinco = NULL;
    float x[D] = {0};
    uint8_t code[4];
    assert_ok (faiss_IndexNeuralNetCodec_new_with (&index, D, M, NBITS, METRIC_L2));
    index->index.is_trained = true;
    assert_fails (faiss_Index_sa_encode (&index->index, 1, x, code), "expected a network");
    faiss_IndexNeuralNetCodec_free (index);
    assert_fails (faiss_IndexQINCo_new_with (&qinco, D, M, 25, L, H, METRIC_L2),
                  "nbits in 0 .. 24");
    assert_fails (faiss_IndexQINCo_new_with (&qinco, D, -1, 3, L, H, METRIC_L2), "M >= 0");
    assert_null (qinco);
}

TEST_MAIN (cmocka_unit_test (codes_are_those_of_the_definition),
           cmocka_unit_test (the_index_searches_decoded_vectors),
           cmocka_unit_test (matrices_and_layers), cmocka_unit_test (bad_input_is_refused))
