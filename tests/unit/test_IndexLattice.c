/* Lattice codes: golden values, every point of small spheres, arrangements, bad input. */
#include "testing.h"

#include <faiss/IndexLattice.h>
#include <faiss/index_factory.h>
#include <faiss/index_io.h>

#include "golden/golden.h"
#include "golden/lsh_lattice_additive.h"

static void golden_codes (void **state) {
    (void)state;
    enum { D = 8, N = 30 };
    FaissIndex *index = NULL;
    float *x = golden_inputs (51, N * D);
    for (int i = 0; i < N * D; i++) {
        x[i] = 2 * x[i] - 1;
    }
    assert_ok (faiss_index_factory (&index, D, "ZnLattice2x10_4", METRIC_L2));
    FaissIndexLattice *self = faiss_IndexLattice_cast (index);
    assert_fails (faiss_Index_add (index, N, x), "not trained");
    assert_ok (faiss_Index_train (index, N, x));
    assert_golden (self->trained.data, golden_lattice_trained, 4);
    assert_int_equal (self->flat_codes.code_size, golden_lattice_code_size[0]);
    uint8_t codes[9];
    float decoded[3 * D];
    assert_ok (faiss_Index_sa_encode (index, 3, x, codes));
    for (int i = 0; i < 9; i++) {
        assert_int_equal (codes[i], golden_lattice_codes_hex[i]);
    }
    assert_ok (faiss_Index_sa_decode (index, 3, codes, decoded));
    assert_golden (decoded, golden_lattice_decoded, 3 * D);
    faiss_Index_free (index);
    free (x);
}

static void golden_codec (void **state) {
    (void)state;
    FaissZnSphereCodec *plain = NULL;
    FaissZnSphereCodecAlt *alt = NULL;
    assert_ok (faiss_ZnSphereCodec_new_with (&plain, 4, 10));
    assert_ok (faiss_ZnSphereCodecAlt_new_with (&alt, 4, 10));
    assert_true (alt->use_rec);
    assert_int_equal (plain->vectors.nv, golden_zn_sphere_codec_4_10_nv[0]);
    assert_int_equal (alt->vectors.nv, plain->vectors.nv);
    assert_int_equal (plain->code_size, 1);
    assert_int_equal (plain->natom, 2);
    assert_golden (plain->voc.data, golden_zn_sphere_codec_4_10_voc, 8);
    float *x = golden_inputs (52, 6 * 4);
    for (int i = 0; i < 6; i++) {
        uint64_t code;
        for (int j = 0; j < 4; j++) {
            x[i * 4 + j] -= 0.5f;
        }
        assert_ok (faiss_ZnSphereCodec_search_and_encode (plain, x + i * 4, &code));
        assert_int_equal (code, golden_zn_encode_plain[i]);
        assert_ok (faiss_EnumeratedVectors_encode (&alt->vectors, x + i * 4, &code));
        assert_int_equal (code, golden_zn_encode_alt[i]);
    }
    free (x);
    faiss_ZnSphereCodec_free (plain);
    faiss_ZnSphereCodecAlt_free (alt);
}

/* Every number is a point of the sphere, and that point has that number. */
static void assert_numbers_all (const FaissEnumeratedVectors *codec, int r2) {
    float c[64];
    uint64_t step = 1 + codec->nv / 3000;
    for (uint64_t code = 0; code < codec->nv; code += step) {
        uint64_t again = 0;
        float sum = 0;
        assert_ok (faiss_EnumeratedVectors_decode (codec, code, c));
        for (int j = 0; j < codec->dim; j++) {
            assert_true (c[j] == rintf (c[j]));
            sum += c[j] * c[j];
        }
        assert_true (sum == (float)r2);
        assert_ok (faiss_EnumeratedVectors_encode (codec, c, &again));
        assert_int_equal (again, code);
    }
    assert_fails (faiss_EnumeratedVectors_decode (codec, codec->nv, c), "below nv");
}

static void every_point_has_its_number (void **state) {
    (void)state;
    static const int shapes[][2] = {{1, 4},   {2, 25}, {2, 0},  {3, 2},  {4, 10},  {4, 7},
                                    {5, 14},  {7, 9},  {8, 14}, {15, 6}, {16, 14}, {17, 5},
                                    {32, 14}, {64, 4}, {8, 79}, {24, 32}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        int dim = shapes[i][0], r2 = shapes[i][1];
        FaissZnSphereCodec *plain = NULL;
        assert_ok (faiss_ZnSphereCodec_new_with (&plain, dim, r2));
        assert_numbers_all (&plain->vectors, r2);
        if (dim >= 2 && (dim & (dim - 1)) == 0) {
            FaissZnSphereCodecAlt *alt = NULL;
            assert_ok (faiss_ZnSphereCodecAlt_new_with (&alt, dim, r2));
            assert_int_equal (alt->vectors.nv, plain->vectors.nv);
            assert_int_equal (alt->codec.code_size, plain->code_size);
            assert_numbers_all (&alt->vectors, r2);
            assert_int_equal (
                faiss_ZnSphereCodecRec_get_nv (&alt->znc_rec, alt->znc_rec.log2_dim, r2),
                alt->vectors.nv);
            faiss_ZnSphereCodecAlt_free (alt);
        }
        faiss_ZnSphereCodec_free (plain);
    }
}

/* No point has a larger inner product than the one found. */
static void search_finds_the_nearest_point (void **state) {
    (void)state;
    enum { DIM = 4, N = 40 };
    FaissZnSphereSearch *search = NULL;
    FaissZnSphereCodec *codec = NULL;
    float x[N * DIM], c[N * DIM], products[N];
    TestRandom random = {6};
    testing_floats (&random, x, N * DIM);
    assert_ok (faiss_ZnSphereSearch_new_with (&search, DIM, 10));
    assert_ok (faiss_ZnSphereCodec_new_with (&codec, DIM, 10));
    assert_ok (faiss_ZnSphereSearch_search_multi (search, N, x, c, products));
    uint64_t all[200], codes[N];
    for (uint64_t i = 0; i < codec->vectors.nv; i++) {
        all[i] = i;
    }
    int64_t nearest[N];
    float best[N];
    assert_ok (faiss_EnumeratedVectors_find_nn (&codec->vectors, codec->vectors.nv, all, N, x,
                                                nearest, best));
    assert_ok (faiss_EnumeratedVectors_encode_multi (&codec->vectors, N, c, codes));
    for (int i = 0; i < N; i++) {
        float one[DIM], product;
        assert_true (fabsf (best[i] - products[i]) < 1e-5f);
        assert_int_equal (codes[i], nearest[i]);
        assert_ok (faiss_ZnSphereSearch_search (search, x + i * DIM, one, &product));
        assert_memory_equal (one, c + i * DIM, sizeof one);
    }
    assert_ok (faiss_EnumeratedVectors_decode_multi (&codec->vectors, N, codes, x));
    for (int i = 0; i < N * DIM; i++) {
        assert_true (x[i] == c[i]); /* 0 and -0 are the same */
    }
    codes[3] = 1000;
    assert_fails (faiss_EnumeratedVectors_decode_multi (&codec->vectors, N, codes, x), "below nv");
    faiss_ZnSphereSearch_free (search);
    faiss_ZnSphereCodec_free (codec);
}

static void arrangements_are_numbered (void **state) {
    (void)state;
    float c[] = {5, 1, 1, 0, 0, 0}, again[6];
    FaissRepeats *repeats = NULL;
    uint64_t count = 0, code = 0;
    assert_ok (faiss_Repeats_new (&repeats, 6, c));
    assert_ok (faiss_Repeats_count (repeats, &count));
    assert_int_equal (count, 60);
    for (uint64_t i = 0; i < count; i++) {
        assert_ok (faiss_Repeats_decode (repeats, i, again));
        assert_ok (faiss_Repeats_encode (repeats, again, &code));
        assert_int_equal (code, i);
    }
    assert_fails (faiss_Repeats_encode (repeats, (float[]){5, 5, 1, 0, 0, 0}, &code), "occurs");
    faiss_Repeats_free (repeats);
    assert_ok (faiss_Repeats_new (&repeats, 0, NULL));
    assert_ok (faiss_Repeats_count (repeats, &count));
    assert_int_equal (count, 1);
    faiss_Repeats_free (repeats);
    float different[64];
    for (int i = 0; i < 64; i++) {
        different[i] = (float)i;
    }
    assert_ok (faiss_Repeats_new (&repeats, 64, different));
    assert_fails (faiss_Repeats_count (repeats, &count), "64 bits");
    faiss_Repeats_free (repeats);
}

static void bad_input_is_refused (void **state) {
    (void)state;
    FaissIndexLattice *self = NULL;
    FaissZnSphereCodecRec *rec = NULL;
    uint64_t code;
    assert_fails (faiss_IndexLattice_new_with (&self, 8, 3, 4, 10), "multiple of nsq");
    assert_fails (faiss_IndexLattice_new_with (&self, 8, 2, 32, 10), "scale_nbit");
    assert_fails (faiss_IndexLattice_new_with (&self, 8, 2, 4, -1), "r2");
    assert_fails (faiss_IndexLattice_new_with (&self, 256, 2, 4, 2), "d / nsq <= 64");
    assert_fails (faiss_IndexLattice_new_with (&self, 64, 1, 4, 400), "");
    assert_fails (faiss_ZnSphereCodecRec_new_with (&rec, 12, 4), "power of two");
    assert_fails (faiss_ZnSphereCodecRec_new_with (&rec, 64, 512), "");
    assert_ok (faiss_ZnSphereCodecRec_new_with (&rec, 4, 4));
    float off[] = {1, 1, 1, 0};
    assert_fails (faiss_ZnSphereCodecRec_encode_centroid (rec, off, &code), "no point");
    off[0] = NAN;
    assert_fails (faiss_ZnSphereCodecRec_encode_centroid (rec, off, &code), "no point");
    assert_int_equal (faiss_ZnSphereCodecRec_get_nv_cum (rec, 9, 0, 0), 0);
    faiss_ZnSphereCodecRec_set_nv_cum (rec, 9, 0, 0, 1);
    faiss_ZnSphereCodecRec_free (rec);
    assert_ok (faiss_IndexLattice_new_with (&self, 4, 1, 4, 10));
    float x[4] = {1, 2, 3, 4}, y[4];
    assert_fails (faiss_Index_train (&self->index, 0, x), "at least one");
    assert_ok (faiss_Index_train (&self->index, 1, x)); /* largest = least */
    assert_ok (faiss_Index_add (&self->index, 1, x));
    assert_ok (faiss_Index_reconstruct (&self->index, 0, y));
    assert_true (isfinite (y[0]));
    uint8_t wrong[2] = {255, 255};
    assert_fails (faiss_Index_sa_decode (&self->index, 1, wrong, y), "direction");
    assert_fails (faiss_write_index_fname (&self->index, "/dev/null/x"), "");
    faiss_IndexLattice_free (self);
}

int main (void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (golden_codes),
        cmocka_unit_test (golden_codec),
        cmocka_unit_test (every_point_has_its_number),
        cmocka_unit_test (search_finds_the_nearest_point),
        cmocka_unit_test (arrangements_are_numbered),
        cmocka_unit_test (bad_input_is_refused),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
