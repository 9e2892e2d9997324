/* Inverted files of full vectors against exhaustive search, which they equal where all lists are
 * visited. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <faiss/IndexFlat.h>
#include <faiss/IndexIVFFlat.h>
#include <faiss/invlists/ArrayInvertedLists.h>
#include <faiss/utils/Heap.h>
#include <faiss/utils/simd_levels.h>

#define OK(expr) assert_int_equal ((expr), FAISS_OK)
#define FAILS(expr) assert_int_equal ((expr), FAISS_EXCEPT)

/* Random vectors of small integers: all sums are exact, in whatever order. */
static float *make_vectors (size_t n, size_t d, unsigned seed) {
    float *x = malloc (sizeof *x * (n * d + 1));
    uint64_t state = seed * 7919u + 1;
    for (size_t i = 0; i < n * d; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        x[i] = (float)((state >> 40) % 41) - 20;
    }
    return x;
}

typedef struct Fixture {
    size_t d, nlist, n;
    float *x;
    FaissIndexFlat *quantizer;
    FaissIndexIVFFlat *ivf;
} Fixture;

/* The first nlist vectors are the centroids. */
static Fixture set_up (size_t d, size_t nlist, size_t n, FaissMetricType metric) {
    Fixture f = {.d = d, .nlist = nlist, .n = n, .x = make_vectors (n, d, 1)};
    OK (faiss_IndexFlat_new_with (&f.quantizer, (idx_t)d, metric));
    OK (faiss_Index_add (&f.quantizer->index, (idx_t)nlist, f.x));
    OK (faiss_IndexIVFFlat_new_with_metric (&f.ivf, &f.quantizer->index, d, nlist, metric));
    assert_true (f.ivf->index.is_trained);
    OK (faiss_Index_add (&f.ivf->index, (idx_t)n, f.x));
    return f;
}

static void tear_down (Fixture *f) {
    free (f->x);
    faiss_IndexIVFFlat_free (f->ivf);
    faiss_IndexFlat_free (f->quantizer);
}

/* Is (distance, id) before another result, in the order that does not depend on scans? */
static int is_before (bool is_similarity, float da, idx_t a, float db, idx_t b) {
    if (da != db) {
        return is_similarity ? da > db : da < db;
    }
    return is_similarity ? a > b : a < b;
}

/* Results by definition: all vectors in the nprobe nearest lists, in order. */
static void expect_search (const Fixture *f, const float *q, size_t k, size_t nprobe,
                           float *distances, idx_t *labels) {
    bool is_similarity = faiss_is_similarity_metric (f->ivf->index.metric_type);
    idx_t *probes = malloc (sizeof *probes * nprobe);
    OK (faiss_Index_assign (&f->quantizer->index, 1, q, probes, (idx_t)nprobe));
    size_t n_found = 0;
    for (size_t p = 0; p < nprobe; p++) {
        const FaissInvertedLists *lists = f->ivf->ivf.invlists;
        const idx_t *ids = faiss_InvertedLists_get_ids (lists, (size_t)probes[p]);
        for (size_t j = 0; j < faiss_InvertedLists_list_size (lists, (size_t)probes[p]); j++) {
            const float *v = f->x + (size_t)ids[j] * f->d;
            float distance = 0;
            for (size_t c = 0; c < f->d; c++) {
                distance += is_similarity ? q[c] * v[c] : (q[c] - v[c]) * (q[c] - v[c]);
            }
            size_t at = n_found < k ? n_found++ : k;
            while (at > 0 &&
                   is_before (is_similarity, distance, ids[j], distances[at - 1], labels[at - 1])) {
                if (at < k) {
                    distances[at] = distances[at - 1];
                    labels[at] = labels[at - 1];
                }
                at--;
            }
            if (at < k) {
                distances[at] = distance;
                labels[at] = ids[j];
            }
        }
    }
    for (; n_found < k; n_found++) {
        distances[n_found] = is_similarity ? -FLT_MAX : FLT_MAX;
        labels[n_found] = -1;
    }
    free (probes);
}

static void check_search (const Fixture *f, size_t nq, size_t k, size_t nprobe) {
    float *q = make_vectors (nq, f->d, 99);
    float *distances = malloc (sizeof *distances * (nq * k + 1));
    idx_t *labels = malloc (sizeof *labels * (nq * k + 1));
    float *expected_distances = malloc (sizeof *distances * k);
    idx_t *expected_labels = malloc (sizeof *labels * k);
    faiss_IndexIVF_set_nprobe (&f->ivf->ivf, nprobe);
    OK (faiss_Index_search (&f->ivf->index, (idx_t)nq, q, (idx_t)k, distances, labels));
    for (size_t i = 0; i < nq; i++) {
        expect_search (f, q + i * f->d, k, nprobe < f->nlist ? nprobe : f->nlist,
                       expected_distances, expected_labels);
        assert_memory_equal (distances + i * k, expected_distances, k * sizeof *distances);
        assert_memory_equal (labels + i * k, expected_labels, k * sizeof *labels);
    }
    free (q);
    free (distances);
    free (labels);
    free (expected_distances);
    free (expected_labels);
}

static void search_is_exact_in_the_lists_visited (void **state) {
    (void)state;
    static const size_t dimensions[] = {1, 7, 8, 15, 16, 17, 100};
    for (size_t i = 0; i < 14; i++) {
        Fixture f = set_up (dimensions[i / 2], 8, 300, i % 2 ? METRIC_L2 : METRIC_INNER_PRODUCT);
        for (size_t mode = 0; mode < 4; mode++) {
            f.ivf->ivf.parallel_mode = (int)mode;
            check_search (&f, 0, 3, 1);
            check_search (&f, 1, 1, 1);
            check_search (&f, 1, 10, 3);
            check_search (&f, 5, 10, 100);
            check_search (&f, 70, 7, 3);
            check_search (&f, 3, 400, 8);
        }
        tear_down (&f);
    }
}

/* Lists that are views of a mapped file begin anywhere. */
static void lists_need_no_alignment (void **state) {
    (void)state;
    static const size_t dimensions[] = {7, 100, 20000};
    for (size_t i = 0; i < 3; i++) {
        Fixture f = set_up (dimensions[i], 3, 40, METRIC_L2);
        FaissArrayInvertedLists *lists = (FaissArrayInvertedLists *)f.ivf->ivf.invlists;
        uint8_t *moved[3], *aligned[3];
        for (size_t l = 0; l < 3; l++) {
            moved[l] = malloc (lists->codes[l].size + 1);
            memcpy (moved[l] + 1, lists->codes[l].data, lists->codes[l].size);
            aligned[l] = lists->codes[l].data;
            lists->codes[l].data = moved[l] + 1;
        }
        check_search (&f, 9, 7, 2);
        f.ivf->ivf.parallel_mode = 1;
        check_search (&f, 2, 7, 2);
        for (size_t l = 0; l < 3; l++) {
            lists->codes[l].data = aligned[l];
            free (moved[l]);
        }
        tear_down (&f);
    }
}

static void every_simd_level_finds_the_same (void **state) {
    (void)state;
    FaissSIMDLevel level = faiss_get_simd_level ();
    for (int i = 0; i < SIMDLevel_COUNT; i++) {
        if (faiss_simd_level_is_available ((FaissSIMDLevel)i)) {
            OK (faiss_set_simd_level ((FaissSIMDLevel)i));
            Fixture f = set_up (33, 8, 300, METRIC_L2);
            check_search (&f, 20, 10, 3);
            check_search (&f, 1, 130, 8);
            tear_down (&f);
        }
    }
    OK (faiss_set_simd_level (level));
}

int main (void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (lists_need_no_alignment),
        cmocka_unit_test (every_simd_level_finds_the_same),
        cmocka_unit_test (search_is_exact_in_the_lists_visited),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
