/* A text that grows. */
#include "testing.h"

#include <faiss/utils/string.h>

#include "failing.h"

static void text_is_appended (void **state) {
    (void)state;
    FaissString text = {0};
    assert_string_equal (faiss_String_text (&text), "");
    for (int i = 0; i < 1000; i++) {
        assert_ok (faiss_String_printf (&text, "%d,", i));
    }
    assert_ok (faiss_String_printf (&text, "%s", ""));
    assert_int_equal (strlen (faiss_String_text (&text)), 10 * 2 + 90 * 3 + 900 * 4);
    assert_memory_equal (faiss_String_text (&text), "0,1,2,3,", 8);
    faiss_String_clear (&text);
    assert_string_equal (faiss_String_text (&text), "");
    faiss_String_clear (&text);
}

static void an_append_that_fails_changes_nothing (void **state) {
    (void)state;
    FaissString text = {0};
    assert_ok (faiss_String_printf (&text, "IVF%d,", 64));
    FOR_EACH_FAILING_ALLOCATION (i, 1) {
        FaissStatus status = faiss_String_printf (&text, "%0100d", 7);
        failing_stop ();
        if (!failing_happened ()) {
            assert_ok (status);
            break;
        }
        assert_no_memory (status);
        assert_string_equal (faiss_String_text (&text), "IVF64,");
    }
    faiss_String_clear (&text);
}

TEST_MAIN (cmocka_unit_test (text_is_appended),
           cmocka_unit_test (an_append_that_fails_changes_nothing))
