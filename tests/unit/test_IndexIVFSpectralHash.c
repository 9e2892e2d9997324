/* Spectral hashing: thresholds of all kinds, search against a plain count, replaced transforms. */
#include "testing.h"

#include <faiss/IndexFlat.h>
#include <faiss/IndexIVFSpectralHash.h>
#include <faiss/IndexPreTransform.h>
#include <faiss/index_factory.h>

enum { N = 500, D = 8, NLIST = 5 };

static float *sample (void) {
    static float x[N * D];
    TestRandom random = {21};
    testing_floats (&random, x, N * D);
    return x;
}

static FaissIndexIVFSpectralHash *trained (const char *text, int type) {
    FaissIndex *index = NULL;
    assert_ok (faiss_index_factory (&index, D, text, METRIC_L2));
    FaissIndexIVFSpectralHash *self = faiss_IndexIVFSpectralHash_cast (index);
    assert_non_null (self);
    if (type >= 0) {
        self->threshold_type = (FaissSpectralHashThresholdType)type;
    }
    assert_false (index->is_trained);
    assert_ok (faiss_Index_train (index, N, sample ()));
    assert_ok (faiss_Index_add (index, N, sample ()));
    self->ivf.nprobe = NLIST;
    return self;
}

/* The bit of a component, by the definition. */
static int bit (const FaissIndexIVFSpectralHash *self, float y, idx_t list_no, int j) {
    float threshold = self->threshold_type ? self->trained.data[list_no * self->nbit + j] : 0;
    return (int)((int64_t)floorf ((y - threshold) * (2 / self->period)) & 1);
}

static void distances_are_counts_of_bits (void **state) {
    (void)state;
    static const char *const texts[] = {"IVF5,PCA6,SH0.3", "IVF5,PCAR,SH1.5", "IVF5,ITQ4,SH"};
    float *x = sample ();
    static float y[N * D], distances[3 * N];
    static idx_t lists[N], labels[3 * N];
    for (int round = 0; round < 12; round++) {
        FaissIndexIVFSpectralHash *self = trained (texts[round % 3], round / 3);
        int nbit = self->nbit;
        assert_int_equal (self->trained.size, round / 3 ? NLIST * nbit : 0);
        assert_ok (faiss_VectorTransform_try_apply (self->vt, N, x, y));
        assert_ok (faiss_Index_assign (self->ivf.quantizer, N, x, lists, 1));
        assert_ok (faiss_Index_search (&self->index, 3, x, N, distances, labels));
        for (int q = 0; q < 3; q++) {
            for (int r = 0; r < N; r++) {
                idx_t i = labels[q * N + r];
                int n = 0;
                for (int j = 0; j < nbit; j++) { /* the query's bits are those in the list of i */
                    n += bit (self, y[q * nbit + j], lists[i], j) !=
                         bit (self, y[i * nbit + j], lists[i], j);
                }
                assert_true (distances[q * N + r] == (float)n);
                assert_true (r == 0 || distances[q * N + r] >= distances[q * N + r - 1]);
            }
        }
        faiss_IndexIVFSpectralHash_free (self);
    }
}

static void medians_halve_the_lists (void **state) {
    (void)state;
    float *x = sample (), y[N * D];
    idx_t lists[N];
    FaissIndexIVFSpectralHash *self = trained ("IVF5,PCA6,SH0.3m", -1);
    assert_int_equal (self->threshold_type, IndexIVFSpectralHash_Thresh_median);
    assert_ok (faiss_VectorTransform_try_apply (self->vt, N, x, y));
    assert_ok (faiss_Index_assign (self->ivf.quantizer, N, x, lists, 1));
    for (int l = 0; l < NLIST; l++) {
        for (int j = 0; j < 6; j++) {
            int above = 0, below = 0;
            for (int i = 0; i < N; i++) {
                above += lists[i] == l && y[i * 6 + j] > self->trained.data[l * 6 + j];
                below += lists[i] == l && y[i * 6 + j] < self->trained.data[l * 6 + j];
            }
            assert_int_equal (above, below);
        }
    }
    faiss_IndexIVFSpectralHash_free (self);
}

static void the_transform_can_be_replaced (void **state) {
    (void)state;
    FaissIndex *pre = NULL;
    FaissRandomRotationMatrix *rotation = NULL, *narrow = NULL;
    FaissIndexIVFSpectralHash *self = trained ("IVF5,PCA6,SH0.3m", -1);
    assert_ok (faiss_RandomRotationMatrix_new_with (&rotation, D, 6));
    assert_ok (faiss_RandomRotationMatrix_new_with (&narrow, D, 5));
    assert_fails (faiss_IndexIVFSpectralHash_replace_vt (self, &narrow->transform, false),
                  "to nbit=6");
    assert_ok (faiss_IndexIVFSpectralHash_replace_vt (self, &rotation->transform, false));
    assert_false (self->index.is_trained || self->own_fields);
    assert_int_equal (self->threshold_type, IndexIVFSpectralHash_Thresh_global);
    assert_ok (faiss_RandomRotationMatrix_init (rotation, 3));
    assert_ok (faiss_IndexIVFSpectralHash_replace_vt (self, &rotation->transform, true));
    assert_true (self->index.is_trained);
    assert_ok (faiss_index_factory (&pre, D, "PCA6,LSHt", METRIC_L2));
    FaissIndexPreTransform *chain = faiss_IndexPreTransform_cast (pre);
    assert_fails (faiss_IndexIVFSpectralHash_replace_vt_of (self, chain, false), "not trained");
    assert_ok (faiss_Index_train (pre, N, sample ()));
    float before = ((FaissLinearTransform *)chain->chain.data[0])->b.data[0];
    assert_ok (faiss_IndexIVFSpectralHash_replace_vt_of (self, chain, false));
    assert_ptr_equal (self->vt, chain->chain.data[0]);
    assert_true (((FaissLinearTransform *)chain->chain.data[0])->b.data[0] != before);
    float distance;
    idx_t label;
    assert_ok (faiss_Index_search (&self->index, 1, sample (), 1, &distance, &label));
    faiss_IndexIVFSpectralHash_free (self);
    faiss_Index_free (pre);
    faiss_RandomRotationMatrix_free (narrow);
}

static void bad_input_is_refused (void **state) {
    (void)state;
    FaissIndex *index = NULL;
    FaissIndexFlatL2 *flat = NULL;
    FaissIndexIVFSpectralHash *self = NULL;
    assert_fails (faiss_index_factory (&index, D, "IVF5,PCA9,SH", METRIC_L2), "nbit <= d=8");
    assert_fails (faiss_index_factory (&index, D, "IVF5,PCA4,SH1-2", METRIC_L2), "not a number");
    assert_fails (faiss_index_factory (&index, D, "IVF5,PCA4,SH0", METRIC_L2), "period");
    assert_fails (faiss_index_factory (&index, D, "IVF5,PCAW4,SH", METRIC_L2), "");
    assert_ok (faiss_IndexFlatL2_new_with (&flat, D));
    assert_fails (faiss_IndexIVFSpectralHash_new_with (&self, &flat->flat.index, D, 5, -1, 1, 1),
                  "d_out");
    assert_ok (faiss_IndexIVFSpectralHash_new_with (&self, &flat->flat.index, D, 5, 4, 1, 1));
    assert_true (self->vt->is_trained && self->own_fields && !self->ivf.own_fields);
    assert_ok (faiss_Index_train (&self->index, N, sample ()));
    assert_ok (faiss_Index_add (&self->index, 3, sample ()));
    self->threshold_type = IndexIVFSpectralHash_Thresh_centroid; /* without thresholds */
    float distance;
    idx_t label;
    assert_fails (faiss_Index_search (&self->index, 1, sample (), 1, &distance, &label),
                  "thresholds of 5 lists");
    assert_fails (faiss_Index_add (&self->index, 3, sample ()), "thresholds of 5 lists");
    assert_int_equal (self->index.ntotal, 3);
    faiss_IndexIVFSpectralHash_free (self);
    faiss_IndexFlatL2_free (flat);
}

int main (void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (distances_are_counts_of_bits),
        cmocka_unit_test (medians_halve_the_lists),
        cmocka_unit_test (the_transform_can_be_replaced),
        cmocka_unit_test (bad_input_is_refused),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
