/* Growable arrays: the same checks for every scalar type. */
#include "testing.h"

#include <faiss/utils/vector.h>

#include "failing.h"

static int released;

static void note_release (FaissMemoryOwner *self) {
    (void)self;
    released++;
}

/* One test function per type; the body is the same text, its values fit every type. */
#define DEFINE_TEST(Name, T)                                                                       \
    static void Name##_grows_and_shrinks (void **state) {                                          \
        (void)state;                                                                               \
        Faiss##Name v = {0};                                                                       \
        T value = 0, four[4] = {1, 2, 3, 4};                                                       \
        for (int i = 0; i < 1000; i++) {                                                           \
            assert_ok (faiss_##Name##_push_back (&v, (T)(i % 100)));                               \
        }                                                                                          \
        assert_int_equal (faiss_##Name##_size (&v), 1000);                                         \
        assert_ok (faiss_##Name##_at (&v, 999, &value));                                           \
        assert_true (value == 99);                                                                 \
        assert_fails (faiss_##Name##_at (&v, 1000, &value), "1000");                               \
        assert_true (value == 99);                                                                 \
        assert_ok (faiss_##Name##_resize (&v, 3));                                                 \
        assert_ok (faiss_##Name##_resize (&v, 10));                                                \
        assert_true (v.data[2] == 2 && v.data[3] == 0 && v.data[9] == 0);                          \
        assert_ok (faiss_##Name##_append (&v, four, 4));                                           \
        assert_ok (faiss_##Name##_append (&v, NULL, 0));                                           \
        assert_true (v.size == 14 && v.data[13] == 4);                                             \
        assert_ok (faiss_##Name##_assign (&v, four, 2));                                           \
        assert_true (v.size == 2 && v.data[1] == 2);                                               \
        assert_ok (faiss_##Name##_reserve (&v, 5000));                                             \
        T *data = faiss_##Name##_data (&v);                                                        \
        assert_ok (faiss_##Name##_resize (&v, 5000));                                              \
        assert_ptr_equal (data, faiss_##Name##_data (&v));                                         \
        Faiss##Name other = {0};                                                                   \
        faiss_##Name##_swap (&v, &other);                                                          \
        assert_true (v.size == 0 && other.size == 5000);                                           \
        assert_ok (faiss_##Name##_assign (&v, NULL, 0));                                           \
        assert_ok (faiss_##Name##_own (&v));                                                       \
        faiss_##Name##_clear (&other);                                                             \
        assert_true (other.size == 0 && other.data == NULL);                                       \
        faiss_##Name##_clear (&v);                                                                 \
    }                                                                                              \
                                                                                                   \
    static void Name##_copies_a_view_before_a_change (void **state) {                              \
        (void)state;                                                                               \
        T four[4] = {1, 2, 3, 4}, untouched[4] = {1, 2, 3, 4};                                     \
        for (int change = 0; change < 8; change++) {                                               \
            FaissMemoryOwner owner = {.release = note_release};                                    \
            faiss_MemoryOwner_retain (&owner);                                                     \
            released = 0;                                                                          \
            Faiss##Name v = {0};                                                                   \
            faiss_##Name##_view (&v, four, 4, &owner);                                             \
            faiss_MemoryOwner_release (&owner);                                                    \
            assert_int_equal (released, 0);                                                        \
            assert_true (v.size == 4 && v.data == four);                                           \
            switch (change) {                                                                      \
            case 0:                                                                                \
                assert_ok (faiss_##Name##_resize (&v, 3));                                         \
                break;                                                                             \
            case 1:                                                                                \
                assert_ok (faiss_##Name##_push_back (&v, 5));                                      \
                break;                                                                             \
            case 2:                                                                                \
                assert_ok (faiss_##Name##_own (&v));                                               \
                break;                                                                             \
            case 3:                                                                                \
                assert_ok (faiss_##Name##_assign (&v, untouched, 2));                              \
                break;                                                                             \
            case 4:                                                                                \
                assert_ok (faiss_##Name##_reserve (&v, 1));                                        \
                break;                                                                             \
            case 5:                                                                                \
                assert_ok (faiss_##Name##_append (&v, untouched, 4));                              \
                break;                                                                             \
            case 6:                                                                                \
                assert_ok (faiss_##Name##_resize (&v, 0));                                         \
                break;                                                                             \
            default:                                                                               \
                faiss_##Name##_clear (&v);                                                         \
            }                                                                                      \
            assert_int_equal (released, 1);                                                        \
            assert_true (v.data != four);                                                          \
            if (v.size) {                                                                          \
                assert_true (v.data[0] == 1);                                                      \
                v.data[0] = 9;                                                                     \
            }                                                                                      \
            assert_memory_equal (four, untouched, sizeof four);                                    \
            faiss_##Name##_clear (&v);                                                             \
        }                                                                                          \
        FaissMemoryOwner owner = {.release = note_release};                                        \
        Faiss##Name empty = {0};                                                                   \
        faiss_##Name##_view (&empty, NULL, 0, &owner);                                             \
        assert_ok (faiss_##Name##_push_back (&empty, 1));                                          \
        faiss_##Name##_clear (&empty);                                                             \
    }                                                                                              \
                                                                                                   \
    static void Name##_survives_a_failed_allocation (void **state) {                               \
        (void)state;                                                                               \
        T four[4] = {1, 2, 3, 4};                                                                  \
        Faiss##Name v = {0};                                                                       \
        assert_ok (faiss_##Name##_assign (&v, four, 4));                                           \
        FOR_EACH_FAILING_ALLOCATION (i, 1) {                                                       \
            FaissStatus status = faiss_##Name##_resize (&v, 100);                                  \
            failing_stop ();                                                                       \
            if (!failing_happened ()) {                                                            \
                assert_ok (status);                                                                \
                break;                                                                             \
            }                                                                                      \
            assert_no_memory (status);                                                             \
            assert_int_equal (v.size, 4);                                                          \
            assert_memory_equal (v.data, four, sizeof four);                                       \
        }                                                                                          \
        size_t size = v.size;                                                                      \
        assert_true (faiss_##Name##_resize (&v, SIZE_MAX) != FAISS_OK);                            \
        assert_true (faiss_##Name##_resize (&v, SIZE_MAX / sizeof (T)) != FAISS_OK);               \
        assert_true (faiss_##Name##_reserve (&v, SIZE_MAX / sizeof (T) - 1) != FAISS_OK);          \
        assert_true (faiss_##Name##_append (&v, four, SIZE_MAX) != FAISS_OK);                      \
        assert_true (v.size == size && v.data[3] == 4);                                            \
        faiss_##Name##_clear (&v);                                                                 \
    }

#define FOR_EACH_TYPE(X)                                                                           \
    X (Float32Vector, float)                                                                       \
    X (Float64Vector, double)                                                                      \
    X (Int8Vector, int8_t)                                                                         \
    X (Int16Vector, int16_t)                                                                       \
    X (Int32Vector, int32_t)                                                                       \
    X (Int64Vector, int64_t)                                                                       \
    X (UInt8Vector, uint8_t)                                                                       \
    X (UInt16Vector, uint16_t)                                                                     \
    X (UInt32Vector, uint32_t)                                                                     \
    X (UInt64Vector, uint64_t)

FOR_EACH_TYPE (DEFINE_TEST)

#define LIST_TESTS(Name, T)                                                                        \
    cmocka_unit_test (Name##_grows_and_shrinks),                                                   \
        cmocka_unit_test (Name##_copies_a_view_before_a_change),                                   \
        cmocka_unit_test (Name##_survives_a_failed_allocation),

int main (void) {
    const struct CMUnitTest tests[] = {FOR_EACH_TYPE (LIST_TESTS)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
