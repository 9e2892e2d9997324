/* Getters and setters of fields, for those who cannot see structs. */
#include "testing.h"

#include <faiss/fields.h>

static void a_number_is_read_and_written (void **state) {
    (void)state;
    FaissIndexFlat *index = NULL;
    assert_ok (faiss_IndexFlat_new_with (&index, 3, METRIC_L2));
    assert_int_equal (faiss_IndexFlatCodes_code_size (&index->flat_codes), 12);
    faiss_Index_set_ntotal (&index->index, 7);
    assert_int_equal (faiss_Index_ntotal (&index->index), 7);
    faiss_Index_set_metric_type (&index->index, METRIC_L1);
    assert_int_equal (faiss_Index_metric_type (&index->index), METRIC_L1);
    faiss_Index_set_ntotal (&index->index, 0);
    faiss_IndexFlat_free (index);
}

static void a_boolean_is_0_or_1 (void **state) {
    (void)state;
    FaissIndexFlat1D *index = NULL;
    assert_ok (faiss_IndexFlat1D_new_with (&index, 0));
    assert_int_equal (faiss_IndexFlat1D_continuous_update (index), 0);
    faiss_IndexFlat1D_set_continuous_update (index, 256); /* as a byte it would be 0 */
    assert_int_equal (faiss_IndexFlat1D_continuous_update (index), 1);
    faiss_IndexFlat1D_free (index);
}

static void a_value_is_given_by_its_address (void **state) {
    (void)state;
    FaissIndexFlat *index = NULL;
    const float x[3] = {1, 2, 3};
    assert_ok (faiss_IndexFlat_new_with (&index, 3, METRIC_L2));
    assert_ok (faiss_Index_add (&index->index, 1, x));
    FaissUInt8Vector *codes = faiss_IndexFlatCodes_codes (&index->flat_codes);
    assert_ptr_equal (codes, &index->flat_codes.codes);
    assert_int_equal (faiss_UInt8Vector_size (codes), sizeof x);
    faiss_IndexFlat_free (index);
}

static void a_pointer_is_not_copied (void **state) {
    (void)state;
    FaissSearchParameters *params = NULL;
    FaissIDSelectorAll *all = NULL;
    assert_ok (faiss_IDSelectorAll_new (&all));
    assert_ok (faiss_SearchParameters_new (&params, NULL));
    assert_null (faiss_SearchParameters_sel (params));
    faiss_SearchParameters_set_sel (params, &all->sel);
    assert_ptr_equal (faiss_SearchParameters_sel (params), all);
    faiss_SearchParameters_free (params);
    faiss_IDSelector_free (&all->sel);
}

int main (void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (a_number_is_read_and_written),
        cmocka_unit_test (a_boolean_is_0_or_1),
        cmocka_unit_test (a_value_is_given_by_its_address),
        cmocka_unit_test (a_pointer_is_not_copied),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
