/* A hash table from ids to ids, against a plain array. */
#include "testing.h"

#include <faiss/utils/id_map.h>

#include "failing.h"

enum { N_KEYS = 700 };

/* keys that are dense, spread, negative and extreme */
static int64_t key_of (int i) {
    switch (i % 4) {
    case 0:
        return i;
    case 1:
        return (int64_t)i << 40;
    case 2:
        return -i;
    default:
        return i < 350 ? INT64_MAX - i : INT64_MIN + i;
    }
}

static void it_behaves_like_an_array (void **state) {
    (void)state;
    FaissIdMap map = {0};
    TestRandom random = {1};
    int64_t values[N_KEYS];
    bool present[N_KEYS] = {false};
    size_t size = 0;
    int64_t value;
    assert_false (faiss_IdMap_get (&map, 1, &value));
    assert_false (faiss_IdMap_remove (&map, 1));
    for (int step = 0; step < 50000; step++) {
        int i = (int)(testing_random (&random) % N_KEYS);
        if (testing_random (&random) % 5 < (step / 10000 % 2 ? 3 : 2)) {
            assert_int_equal (faiss_IdMap_remove (&map, key_of (i)), present[i]);
            size -= present[i];
            present[i] = false;
        } else {
            assert_ok (faiss_IdMap_set (&map, key_of (i), step));
            size += !present[i];
            present[i] = true;
            values[i] = step;
        }
        assert_int_equal (map.size, size);
        i = (int)(testing_random (&random) % N_KEYS);
        value = -5;
        assert_int_equal (faiss_IdMap_get (&map, key_of (i), &value), present[i]);
        assert_int_equal (value, present[i] ? values[i] : -5);
        assert_int_equal (faiss_IdMap_get (&map, key_of (i), NULL), present[i]);
    }
    FaissIdMap copy = {0};
    assert_ok (faiss_IdMap_copy (&copy, &map));
    size_t used = 0;
    for (size_t slot = 0; slot < map.n_slots; slot++) {
        used += map.used[slot];
    }
    assert_int_equal (used, size);
    faiss_IdMap_clear (&map);
    assert_int_equal (map.size, 0);
    for (int i = 0; i < N_KEYS; i++) {
        assert_int_equal (faiss_IdMap_get (&copy, key_of (i), &value), present[i]);
    }
    faiss_IdMap_swap (&map, &copy);
    assert_int_equal (map.size, size);
    faiss_IdMap_clear (&map);
    faiss_IdMap_clear (&copy);
    assert_ok (faiss_IdMap_copy (&copy, &map));
    faiss_IdMap_clear (&copy);
}

static void after_reserve_sets_cannot_fail (void **state) {
    (void)state;
    for (size_t n = 1; n < 200; n += 3) {
        FaissIdMap map = {0};
        assert_ok (faiss_IdMap_reserve (&map, n));
        failing_start (1);
        for (int round = 0; round < 2; round++) { /* the second changes values */
            for (size_t i = 0; i < n; i++) {
                assert_ok (faiss_IdMap_set (&map, (int64_t)(i * 1000), round));
            }
        }
        failing_stop ();
        assert_false (failing_happened ());
        faiss_IdMap_clear (&map);
    }
}

static void a_set_that_fails_changes_nothing (void **state) {
    (void)state;
    FaissIdMap map = {0};
    for (int i = 0; i < 10; i++) {
        assert_ok (faiss_IdMap_set (&map, i, -i));
    }
    FOR_EACH_FAILING_ALLOCATION (i, 1) {
        FaissStatus status = faiss_IdMap_set (&map, 77, 7);
        failing_stop ();
        if (!failing_happened ()) {
            assert_ok (status);
            break;
        }
        assert_no_memory (status);
        assert_int_equal (map.size, 10);
        int64_t value;
        assert_true (faiss_IdMap_get (&map, 9, &value) && value == -9);
        assert_false (faiss_IdMap_get (&map, 77, &value));
    }
    assert_true (faiss_IdMap_reserve (&map, SIZE_MAX) != FAISS_OK);
    assert_true (faiss_IdMap_reserve (&map, SIZE_MAX / 128) != FAISS_OK);
    assert_int_equal (map.size, failing_available () ? 11 : 10);
    faiss_IdMap_clear (&map);
}

TEST_MAIN (cmocka_unit_test (it_behaves_like_an_array),
           cmocka_unit_test (after_reserve_sets_cannot_fail),
           cmocka_unit_test (a_set_that_fails_changes_nothing))
