/* Other numbers of dimensions: golden maps, both directions, maps that are refused. */
#include "testing.h"

#include <faiss/VectorTransform.h>

#include "golden/golden.h"
#include "golden/vector_transform.h"

static void golden_maps (void **state) {
    (void)state;
    static const struct {
        int d_out, uniform;
        const int64_t *map;
    } cases[] = {
        {7, 0, golden_remap_5_7_0_map},
        {7, 1, golden_remap_5_7_1_map},
        {3, 1, golden_remap_5_3_1_map},
        {3, 0, golden_remap_5_3_0_map},
    };
    for (int t = 0; t < 4; t++) {
        FaissRemapDimensionsTransform *self = NULL;
        assert_ok (
            faiss_RemapDimensionsTransform_new_with (&self, 5, cases[t].d_out, cases[t].uniform));
        assert_true (self->transform.is_trained);
        assert_int_equal (self->map.size, cases[t].d_out);
        for (int j = 0; j < cases[t].d_out; j++) {
            assert_int_equal (self->map.data[j], cases[t].map[j]);
        }
        faiss_RemapDimensionsTransform_free (self);
    }
}

static void components_move_and_return (void **state) {
    (void)state;
    static const int map[] = {2, 2, -1, 0};
    const float x[] = {1, 2, 3, 4, 5, 6}, y[] = {3, 3, 0, 1, 6, 6, 0, 4};
    const float z[] = {9, 7, 8, 5}, reversed[] = {5, 0, 7};
    float out[8];
    FaissRemapDimensionsTransform *self = NULL, *other = NULL;
    assert_ok (faiss_RemapDimensionsTransform_new_with_map (&self, 3, 4, map));
    assert_ok (faiss_VectorTransform_try_apply (&self->transform, 2, x, out));
    assert_memory_equal (out, y, sizeof y);
    assert_ok (faiss_VectorTransform_try_reverse (&self->transform, 1, z, out));
    assert_memory_equal (out, reversed, sizeof reversed);
    assert_ok (faiss_RemapDimensionsTransform_new_with (&other, 3, 4, false));
    assert_fails (faiss_VectorTransform_check_identical (&self->transform, &other->transform),
                  "maps differ");
    faiss_RemapDimensionsTransform_free (self);
    faiss_RemapDimensionsTransform_free (other);
}

static void bad_maps (void **state) {
    (void)state;
    static const int too_large[] = {0, 3}, too_small[] = {-2, 0};
    float x[3] = {0}, y[3] = {7, 7, 7};
    FaissRemapDimensionsTransform *self = NULL;
    assert_fails (faiss_RemapDimensionsTransform_new_with_map (&self, 3, 2, too_large),
                  "expected map[1] from -1 to 2, got 3");
    assert_fails (faiss_RemapDimensionsTransform_new_with_map (&self, 3, 2, too_small), "got -2");
    assert_fails (faiss_RemapDimensionsTransform_new_with_map (&self, 3, 2, NULL), "map is NULL");
    assert_fails (faiss_RemapDimensionsTransform_new_with (&self, -3, 2, 1), "d_in");
    assert_fails (faiss_RemapDimensionsTransform_new (NULL), "NULL");
    assert_null (self);
    assert_ok (faiss_RemapDimensionsTransform_new_with (&self, 3, 2, true));
    self->map.data[1] = 3;
    assert_fails (faiss_VectorTransform_try_apply (&self->transform, 1, x, y), "got 3");
    assert_fails (faiss_VectorTransform_try_reverse (&self->transform, 1, x, y), "got 3");
    assert_ok (faiss_Int32Vector_resize (&self->map, 1));
    assert_fails (faiss_VectorTransform_try_apply (&self->transform, 1, x, y), "2 elements");
    assert_true (y[0] == 7 && y[1] == 7 && y[2] == 7);
    faiss_RemapDimensionsTransform_free (self);
}

int main (void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (golden_maps),
        cmocka_unit_test (components_move_and_return),
        cmocka_unit_test (bad_maps),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
