/* Descriptions: what is understood, what is refused and how that is said. */
#include "testing.h"

#include <faiss/IndexFlat.h>
#include <faiss/IndexIDMap.h>
#include <faiss/IndexIVF.h>
#include <faiss/IndexPreTransform.h>
#include <faiss/IndexRefine.h>
#include <faiss/index_factory.h>

#include "failing.h"

enum { D = 8 };

static FaissIndex *made (const char *description, FaissMetricType metric) {
    FaissIndex *index = NULL;
    assert_ok (faiss_index_factory (&index, D, description, metric));
    assert_non_null (index);
    return index;
}

static void assert_class (const void *object, const char *name) {
    assert_non_null (object);
    assert_string_equal (faiss_object_class (object)->name, name);
}

static void test_flat (void **state) {
    (void)state;
    for (int metric = 0; metric <= 25; metric++) {
        if (metric < 5 || metric >= 20) {
            FaissIndex *index = made ("Flat", (FaissMetricType)metric);
            assert_class (index, "IndexFlat");
            assert_int_equal (index->metric_type, metric);
            assert_int_equal (index->d, D);
            faiss_Index_free (index);
        }
    }
}

static void test_ivf (void **state) {
    (void)state;
    static const struct {
        const char *description;
        size_t nlist;
        const char *cls, *quantizer;
        int trains_alone;
    } cases[] = {
        {"IVF16,Flat", 16, "IndexIVFFlat", "IndexFlat", 0},
        {"IVF2k,FlatDedup", 2048, "IndexIVFFlatDedup", "IndexFlat", 0},
        {"IVF3(Flat),Flat", 3, "IndexIVFFlat", "IndexFlat", 0},
        {"IVF3(IVF2,Flat),Flat", 3, "IndexIVFFlat", "IndexIVFFlat", 2},
        {"IVF3(L2norm,Flat),Flat", 3, "IndexIVFFlat", "IndexPreTransform", 2},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (int metric = 0; metric < 2; metric++) {
            FaissIndex *index = made (cases[i].description, (FaissMetricType)metric);
            assert_class (index, cases[i].cls);
            FaissIndexIVF *ivf = (FaissIndexIVF *)index;
            assert_int_equal (ivf->nlist, cases[i].nlist);
            assert_class (ivf->quantizer, cases[i].quantizer);
            assert_int_equal (ivf->quantizer_trains_alone, cases[i].trains_alone);
            assert_int_equal (ivf->cp.spherical, metric == METRIC_INNER_PRODUCT);
            assert_int_equal (ivf->quantizer->metric_type, metric);
            assert_int_equal (ivf->nprobe, 1);
            assert_int_equal (ivf->cp.niter, 10);
            assert_true (ivf->own_fields);
            faiss_Index_free (index);
        }
    }
}

static void test_wrappers (void **state) {
    (void)state;
    FaissIndex *index = made ("L2norm,IVF4,Flat,RFlat,IDMap2", METRIC_INNER_PRODUCT);
    assert_class (index, "IndexIDMap2");
    FaissIndexIDMap *map = (FaissIndexIDMap *)index;
    assert_true (map->own_fields);
    assert_class (map->index, "IndexRefineFlat");
    FaissIndexRefine *refine = (FaissIndexRefine *)map->index;
    assert_true (refine->own_fields && refine->own_refine_index);
    assert_class (refine->base_index, "IndexPreTransform");
    FaissIndexPreTransform *chain = (FaissIndexPreTransform *)refine->base_index;
    assert_true (chain->own_fields);
    assert_int_equal (chain->chain.size, 1);
    assert_class (chain->chain.data[0], "NormalizationTransform");
    assert_class (chain->index, "IndexIVFFlat");
    faiss_Index_free (index);
}

static void test_refused (void **state) {
    (void)state;
    static const struct {
        const char *description, *message;
    } cases[] = {
        {"Foo", "the part \"Foo\" of \"Foo\" is not understood; accepted there: Flat"},
        {"", "the part \"\" of \"\" is not understood"},
        {"IVF4,Foo", "the part \"Foo\" of \"IVF4,Foo\" is not understood; accepted there: Flat"},
        {"Foo,Flat", "the part \"Foo\" of \"Foo,Flat\" is not understood; accepted there: IVF"},
        {"IDMap2,IVF4,Foo", "the part \"Foo\""},
        {"L2norm,Foo", "the part \"Foo\" of \"L2norm,Foo\""},
        {"IVF4(Foo),Flat", "the part \"Foo\""},
        {"IVF4(Flat,Flat", "the parentheses of \"IVF4(Flat,Flat\" do not match"},
        {"IVF0,Flat", "0 lists, expected 1 to"},
        {"IVF3M,Flat,", "the part \"Flat,\""},
        {"IVF4000M,Flat", "4000M lists, expected 1 to"},
        {"IVF99999999999999999999,Flat", "too large"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        FaissIndex *index = NULL;
        assert_fails (faiss_index_factory (&index, D, cases[i].description, METRIC_L2),
                      cases[i].message);
        assert_null (index);
    }
}

static void test_bad_arguments (void **state) {
    (void)state;
    FaissIndex *index = NULL;
    assert_int_equal (faiss_index_factory (&index, D, NULL, METRIC_L2), FAISS_STD_EXCEPT);
    assert_non_null (strstr (faiss_get_last_error (), "description is NULL"));
    assert_fails (faiss_index_factory (NULL, D, "Flat", METRIC_L2), "out is NULL");
    assert_fails (faiss_index_factory (&index, 0, "Flat", METRIC_L2), "expected d > 0, got 0");
    assert_fails (faiss_index_factory (&index, -3, "Flat", METRIC_L2), "expected d > 0, got -3");
    assert_fails (faiss_index_factory (&index, D, "Flat", (FaissMetricType)7), "7");
    char long_text[5000];
    memset (long_text, 'x', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = '\0';
    assert_fails (faiss_index_factory (&index, D, long_text, METRIC_L2), "more than 4096 bytes");
    assert_null (index);
}

static void test_nesting (void **state) {
    (void)state;
    FaissIndex *index = NULL;
    char text[1000] = "";
    for (int i = 0; i < 60; i++) {
        strcat (text, "IDMap,");
    }
    strcat (text, "Flat");
    assert_fails (faiss_index_factory (&index, D, text, METRIC_L2), "inside each other");
    index = made (text + 20 * 6, METRIC_L2);
    faiss_Index_free (index);
    index = made ("Flat", METRIC_L2); /* the failure is forgotten */
    faiss_Index_free (index);
    memset (text, 0, sizeof text);
    for (int i = 0; i < 60; i++) {
        strcat (text, "L2norm,");
    }
    strcat (text, "Flat");
    assert_fails (faiss_index_factory (&index, D, text, METRIC_L2), "transforms in a row");
}

static void test_descriptions (void **state) {
    (void)state;
    const char *descriptions[] = {"Flat", "IVF4,Flat", "IDMap2,Flat", "IDMap,IVF4,Flat"};
    FaissString text = {0};
    for (size_t i = 0; i < sizeof descriptions / sizeof *descriptions; i++) {
        FaissIndex *index = made (descriptions[i], METRIC_L2);
        assert_ok (faiss_reverse_index_factory (index, &text));
        assert_string_equal (faiss_String_text (&text), descriptions[i]);
        faiss_String_clear (&text);
        faiss_Index_free (index);
    }
    assert_fails (faiss_reverse_index_factory (NULL, &text), "index is NULL");
    assert_ok (faiss_index_factory_help (&text));
    const char *parts[] = {"Flat ", "FlatDedup ", "IVF<nlist> ", "L2norm ", "IDMap2", "RFlat"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (!strstr (faiss_String_text (&text), parts[i])) {
            fail_msg ("%s is missing in:\n%s", parts[i], faiss_String_text (&text));
        }
    }
    faiss_String_clear (&text);
}

static void test_without_memory (void **state) {
    (void)state;
    const char *descriptions[] = {"Flat", "L2norm,IVF4(IDMap,Flat),Flat,RFlat,IDMap2"};
    for (size_t j = 0; j < 2; j++) {
        FOR_EACH_FAILING_ALLOCATION (i, 1) {
            FaissIndex *index = NULL;
            FaissStatus status = faiss_index_factory (&index, D, descriptions[j], METRIC_L2);
            failing_stop ();
            if (!failing_happened ()) {
                assert_ok (status);
                faiss_Index_free (index);
                break;
            }
            if (status == FAISS_OK) {
                faiss_Index_free (index);
            } else {
                assert_int_equal (status, FAISS_STD_EXCEPT);
                assert_null (index);
            }
        }
    }
}

TEST_MAIN (cmocka_unit_test (test_flat), cmocka_unit_test (test_ivf),
           cmocka_unit_test (test_wrappers), cmocka_unit_test (test_refused),
           cmocka_unit_test (test_bad_arguments), cmocka_unit_test (test_nesting),
           cmocka_unit_test (test_descriptions), cmocka_unit_test (test_without_memory))
