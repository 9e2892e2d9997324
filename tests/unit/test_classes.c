/* Every class of classes.def is put through its life: the same checks for all of them. */
#include "class_recipes.h"

#include <pthread.h>

#include <faiss/impl/parallel.h>

/* ---- search results -------------------------------------------------------------------------- */

typedef struct Found {
    idx_t k;
    float distances[N_QUERIES * N_ROWS];
    idx_t labels[N_QUERIES * N_ROWS];
} Found;

static void search (const FaissIndex *index, idx_t k, const FaissSearchParameters *params,
                    Found *found) {
    found->k = k;
    assert_ok (faiss_Index_search_with_params (index, N_QUERIES, sample_queries (index->d), k,
                                               params, found->distances, found->labels));
}

static void assert_same (const Found *a, const Found *b) {
    assert_int_equal (a->k, b->k);
    size_t n = (size_t)(N_QUERIES * a->k);
    assert_memory_equal (a->labels, b->labels, n * sizeof *a->labels);
    assert_memory_equal (a->distances, b->distances, n * sizeof *a->distances);
}

static void assert_same_search (const FaissIndex *a, const FaissIndex *b) {
    Found of_a, of_b;
    assert_int_equal (a->ntotal, b->ntotal);
    search (a, 20, NULL, &of_a);
    search (b, 20, NULL, &of_b);
    assert_same (&of_a, &of_b);
}

static void square (Found *found) {
    for (idx_t i = 0; i < N_QUERIES * found->k; i++) {
        found->distances[i] *= found->distances[i];
    }
}

static void assert_same_search_after_reading (const IndexRecipe *recipe, const FaissIndex *index,
                                              const FaissIndex *read) {
    if (!(recipe->traits & (SEARCHES_ROOTS | ROUNDS_ANEW))) {
        assert_same_search (index, read);
        return;
    }
    Found of_index, of_read;
    search (index, 20, NULL, &of_index);
    search (read, 20, NULL, &of_read);
    assert_memory_equal (of_index.labels, of_read.labels, N_QUERIES * 20 * sizeof (idx_t));
}

/* Is a label, mapped, among those of a query that are as far away? */
static bool is_as_far (const Found *full, idx_t q, float distance, idx_t label,
                       idx_t (*map) (const void *context, idx_t label), const void *context) {
    bool is_there = false;
    for (idx_t j = q * full->k; j < (q + 1) * full->k && full->labels[j] >= 0; j++) {
        is_there |= full->distances[j] == distance && map (context, full->labels[j]) == label;
    }
    return is_there;
}

/* What remains of a ranking when the labels are mapped: -1 for those to leave out. */
static void assert_is_filtered (const IndexRecipe *recipe, const Found *found, const Found *full,
                                idx_t (*map) (const void *context, idx_t label),
                                const void *context) {
    for (idx_t q = 0; q < N_QUERIES; q++) {
        idx_t rank = 0;
        for (idx_t j = 0; j < full->k && full->labels[q * full->k + j] >= 0; j++) {
            idx_t label = map (context, full->labels[q * full->k + j]);
            if (label >= 0 && rank < found->k) {
                float expected = full->distances[q * full->k + j];
                float got = found->distances[q * found->k + rank];
                if (!(recipe->traits & TIES_MOVE) ||
                    !is_as_far (full, q, expected, found->labels[q * found->k + rank], map,
                                context)) {
                    assert_int_equal (found->labels[q * found->k + rank], label);
                }
                assert_true (fabsf (expected - got) <= 1e-5f * (1 + fabsf (expected)));
                rank++;
            }
        }
        for (; rank < found->k; rank++) {
            assert_int_equal (found->labels[q * found->k + rank], -1);
        }
    }
}

static FaissIndex *full_index (const IndexRecipe *recipe) {
    FaissIndex *index = NULL;
    assert_ok (recipe_build_full (recipe, &index));
    assert_int_equal (index->ntotal, recipe->traits & IS_CODEC ? 0 : N_ROWS);
    return index;
}

static FaissIndex *clone_of (const FaissIndex *index) {
    FaissIndex *clone = NULL;
    assert_ok (faiss_clone_index (index, &clone));
    return clone;
}

/* trained, but without vectors */
static FaissIndex *trained_index (const IndexRecipe *recipe) {
    FaissIndex *index = NULL;
    assert_ok (recipe_build (recipe, &index));
    assert_ok (faiss_Index_train (index, N_ROWS, sample_rows (index->d)));
    assert_ok (visit_everything (index));
    return index;
}

static void assert_same_bytes (const FaissIndex *a, const FaissIndex *b) {
    FaissUInt8Vector of_a = {0}, of_b = {0};
    assert_ok (index_bytes (a, &of_a));
    assert_ok (index_bytes (b, &of_b));
    assert_int_equal (of_a.size, of_b.size);
    assert_memory_equal (of_a.data, of_b.data, of_a.size);
    faiss_UInt8Vector_clear (&of_a);
    faiss_UInt8Vector_clear (&of_b);
}

/* Reconstruction of inverted files needs a direct map. */
static void make_reconstructible (FaissIndex *index) {
    FaissIndexIVF *ivf = faiss_IndexIVF_cast (without_wrappers (index));
    if (ivf) {
        assert_ok (faiss_IndexIVF_make_direct_map (ivf, 1));
    }
}

/* ---- the life of an index -------------------------------------------------------------------- */

static void is_built_by_its_recipe (const IndexRecipe *recipe) {
    FaissIndex *index = NULL;
    assert_ok (recipe_build (recipe, &index));
    assert_string_equal (faiss_Index_class_name (index), recipe->name);
    assert_int_equal (index->ntotal, 0);
    assert_int_equal (index->metric_type, recipe->metric);
    faiss_Index_free (index);
}

static void default_object_is_usable (const IndexRecipe *recipe) {
    for (size_t i = 0; faiss_all_classes ()[i]; i++) {
        if (strcmp (faiss_all_classes ()[i]->name, recipe->name) != 0) {
            continue;
        }
        void *object = NULL;
        assert_ok (default_object (i, &object));
        FaissIndex *index = object;
        assert_string_equal (faiss_Index_class_name (index), recipe->name);
        assert_int_equal (index->ntotal, 0);
        /* nothing of this may crash; whether it succeeds depends on the class */
        FaissUInt8Vector bytes = {0};
        FaissIndex *other = NULL;
        float x[MAX_D] = {0}, distance;
        idx_t label;
        if (index_bytes (index, &bytes) == FAISS_OK &&
            index_from_bytes (&bytes, &other) == FAISS_OK) {
            faiss_Index_free (other);
        }
        faiss_UInt8Vector_clear (&bytes);
        assert_ok (faiss_clone_index (index, &other));
        faiss_Index_free (other);
        faiss_Index_search (index, 1, x, 1, &distance, &label);
        faiss_Index_reconstruct (index, 0, x);
        faiss_Index_reset (index);
        faiss_Index_train (index, 1, x);
        faiss_Index_free (index);
    }
}

static void writes_and_reads (const IndexRecipe *recipe) {
    if (recipe->traits & LACKS_FILE) {
        return;
    }
    FaissIndex *index = full_index (recipe), *read = NULL;
    FaissUInt8Vector bytes = {0};
    assert_ok (index_bytes (index, &bytes));
    assert_ok (index_from_bytes (&bytes, &read));
    assert_string_equal (faiss_Index_class_name (read),
                         recipe->reads_as ? recipe->reads_as : recipe->name);
    assert_ok (visit_everything (read));
    assert_same_search_after_reading (recipe, index, read);
    assert_same_bytes (index, read);
    /* every shorter file is refused, without a trace */
    for (size_t size = 0; size < bytes.size; size += 1 + bytes.size / 500) {
        FaissUInt8Vector cut = {.data = bytes.data, .size = size};
        FaissIndex *untouched = index;
        assert_true (index_from_bytes (&cut, &untouched) != FAISS_OK);
        assert_ptr_equal (untouched, index);
    }
    faiss_UInt8Vector_clear (&bytes);
    faiss_Index_free (read);
    faiss_Index_free (index);
}

static void clones (const IndexRecipe *recipe) {
    FaissIndex *index = full_index (recipe), *clone = clone_of (index), *second = clone_of (clone);
    assert_string_equal (faiss_Index_class_name (clone), recipe->name);
    assert_same_search (index, clone);
    assert_same_bytes (index, clone);
    assert_ok (faiss_Index_reset (clone));
    if (!(recipe->traits & ADDS_ONCE)) {
        assert_ok (recipe_add (recipe, clone, 0, 1));
    }
    assert_same_search (index, second); /* what happens to one does not touch the others */
    faiss_Index_free (index);
    search (second, 5, NULL, &(Found){0});
    faiss_Index_free (second);
    faiss_Index_free (clone);
}

static void refuses_to_add (const IndexRecipe *recipe) {
    FaissIndex *index = full_index (recipe), *before = clone_of (index);
    assert_true (recipe_add (recipe, index, 0, FIRST_PART) != FAISS_OK);
    assert_same_bytes (index, before);
    faiss_Index_free (index);
    faiss_Index_free (before);
}

static void adds_in_batches (const IndexRecipe *recipe) {
    if (recipe->traits & ADDS_ONCE) {
        refuses_to_add (recipe);
        return;
    }
    FaissIndex *once = trained_index (recipe), *twice = clone_of (once);
    assert_ok (recipe_add (recipe, once, 0, N_ROWS));
    assert_ok (recipe_add (recipe, twice, 0, FIRST_PART));
    assert_ok (recipe_add (recipe, twice, FIRST_PART, FIRST_PART));
    assert_ok (recipe_add (recipe, twice, FIRST_PART, N_ROWS));
    assert_int_equal (once->ntotal, twice->ntotal);
    if (!(recipe->traits & ENCODES_BATCHES)) {
        assert_same_search (once, twice);
    }
    if (!(recipe->traits & (REMEMBERS_ADDS | ENCODES_BATCHES))) {
        assert_same_bytes (once, twice);
    }
    faiss_Index_free (once);
    faiss_Index_free (twice);
}

static void resets (const IndexRecipe *recipe) {
    FaissIndex *index = trained_index (recipe), *fresh = clone_of (index);
    assert_ok (recipe_add (recipe, index, 10, N_ROWS));
    assert_ok (faiss_Index_reset (index));
    assert_int_equal (index->ntotal, 0);
    assert_true (index->is_trained);
    Found found;
    search (index, 3, NULL, &found);
    for (int i = 0; i < N_QUERIES * 3; i++) {
        assert_int_equal (found.labels[i], -1);
    }
    assert_ok (recipe_add (recipe, index, 0, N_ROWS));
    assert_ok (recipe_add (recipe, fresh, 0, N_ROWS));
    assert_same_search (index, fresh);
    if (!(recipe->traits & REMEMBERS_ADDS)) {
        assert_same_bytes (index, fresh);
    }
    faiss_Index_free (index);
    faiss_Index_free (fresh);
}

static void is_usable_while_empty (const IndexRecipe *recipe) {
    FaissIndex *index = trained_index (recipe);
    Found found;
    search (index, 3, NULL, &found);
    assert_int_equal (found.labels[0], -1);
    FaissIndex *clone = clone_of (index);
    assert_same_bytes (index, clone);
    if (faiss_IndexRandom_cast (index)) { /* no file at all */
        faiss_Index_free (clone);
        faiss_Index_free (index);
        return;
    }
    FaissUInt8Vector bytes = {0};
    FaissIndex *read = NULL;
    assert_ok (index_bytes (index, &bytes));
    assert_ok (index_from_bytes (&bytes, &read));
    assert_ok (recipe_add (recipe, read, 0, N_ROWS));
    assert_ok (visit_everything (read));
    assert_ok (recipe_add (recipe, index, 0, N_ROWS));
    assert_same_search_after_reading (recipe, index, read);
    faiss_UInt8Vector_clear (&bytes);
    faiss_Index_free (read);
    faiss_Index_free (clone);
    faiss_Index_free (index);
}

static void merges (const IndexRecipe *recipe) {
    FaissIndex *index = trained_index (recipe), *other = clone_of (index),
               *whole = clone_of (index);
    assert_ok (recipe_add (recipe, index, 0, FIRST_PART));
    assert_ok (recipe_add (recipe, other, FIRST_PART, N_ROWS));
    bool shifts = recipe->traits & KEEPS_IDS && !(recipe->traits & NEEDS_IDS);
    FaissStatus status = faiss_Index_merge_from (index, other, shifts ? FIRST_PART : 0);
    if (recipe->traits & LACKS_MERGE) {
        assert_fails (status, "Error in ");
        assert_int_equal (index->ntotal, FIRST_PART);
        assert_int_equal (other->ntotal, N_ROWS - FIRST_PART);
    } else {
        assert_ok (status);
        assert_int_equal (other->ntotal, 0);
        idx_t first_part = recipe->traits & ENCODES_BATCHES ? FIRST_PART : 0;
        assert_ok (recipe_add (recipe, whole, 0, first_part));
        assert_ok (recipe_add (recipe, whole, first_part, N_ROWS));
        assert_same_search (index, whole);
        search (other, 1, NULL, &(Found){0});
        assert_ok (recipe_add (recipe, other, 0, 5));
        /* what does not fit is refused and changes nothing */
        FaissIndexFlat *misfit = NULL;
        assert_ok (faiss_IndexFlat_new_with (&misfit, 3, METRIC_L1));
        assert_ok (faiss_Index_add (&misfit->index, 4, sample_rows (3)));
        assert_true (faiss_Index_merge_from (index, &misfit->index, 0) != FAISS_OK);
        assert_int_equal (misfit->index.ntotal, 4);
        faiss_IndexFlat_free (misfit);
        assert_same_search (index, whole);
    }
    faiss_Index_free (index);
    faiss_Index_free (other);
    faiss_Index_free (whole);
}

enum { REMOVED_FROM = 10, REMOVED_TO = 53 };

static idx_t label_after_removal (const void *context, idx_t label) {
    const IndexRecipe *recipe = context;
    idx_t first = recipe_label (recipe, REMOVED_FROM), end = recipe_label (recipe, REMOVED_TO);
    if (label < first) {
        return label;
    }
    if (label < end) {
        return -1;
    }
    return recipe->traits & KEEPS_IDS ? label : label - (end - first);
}

static void removes (const IndexRecipe *recipe) {
    FaissIndex *index = full_index (recipe);
    Found before, after;
    search (index, N_ROWS, NULL, &before);
    FaissIDSelectorRange *range = NULL;
    assert_ok (faiss_IDSelectorRange_new (&range, recipe_label (recipe, REMOVED_FROM),
                                          recipe_label (recipe, REMOVED_TO)));
    size_t n = 12345;
    FaissStatus status = faiss_Index_remove_ids (index, &range->sel, &n);
    if (recipe->traits & LACKS_REMOVE) {
        assert_fails (status, "Error in ");
        assert_int_equal (n, 12345);
        assert_int_equal (index->ntotal, N_ROWS);
    } else {
        assert_ok (status);
        assert_int_equal (n, REMOVED_TO - REMOVED_FROM);
        assert_int_equal (index->ntotal, N_ROWS - (REMOVED_TO - REMOVED_FROM));
        search (index, N_ROWS, NULL, &after);
        assert_is_filtered (recipe, &after, &before, label_after_removal, recipe);
        FaissIDSelectorAll *all = NULL;
        assert_ok (faiss_IDSelectorAll_new (&all));
        assert_ok (faiss_Index_remove_ids (index, &all->sel, NULL));
        assert_int_equal (index->ntotal, 0);
        assert_ok (faiss_Index_remove_ids (index, &all->sel, &n));
        assert_int_equal (n, 0);
        faiss_IDSelector_free (&all->sel);
    }
    faiss_IDSelector_free (&range->sel);
    faiss_Index_free (index);
}

static idx_t every_third (const void *context, idx_t label) {
    (void)context;
    return label % 3 == 0 ? label : -1;
}

static void selects (const IndexRecipe *recipe) {
    FaissIndex *index = full_index (recipe);
    Found full, some;
    search (index, N_ROWS, NULL, &full);
    enum { MAX_LABEL = 1000 + 7 * N_ROWS };
    uint8_t bits[MAX_LABEL / 8 + 1] = {0};
    for (int id = 0; id < MAX_LABEL; id += 3) {
        bits[id >> 3] |= (uint8_t)(1 << (id & 7));
    }
    FaissIDSelectorBitmap *bitmap = NULL;
    FaissSearchParameters *params = NULL;
    assert_ok (faiss_IDSelectorBitmap_new (&bitmap, sizeof bits, bits));
    assert_ok (selecting_params (index, &bitmap->sel, &params));
    if (recipe->traits & LACKS_SELECTOR) {
        Found *untouched = &some;
        assert_fails (faiss_Index_search_with_params (index, N_QUERIES, sample_queries (index->d),
                                                      5, params, untouched->distances,
                                                      untouched->labels),
                      "");
    } else {
        if (!(recipe->traits & KEEPS_IDS && recipe->traits & SEARCHES_OTHERWISE)) {
            /* elsewhere the order of lists decides between equal distances */
            search (index, 20, params, &some);
            assert_is_filtered (recipe, &some, &full, every_third, NULL);
        }
        search (index, N_ROWS, params, &some);
        assert_is_filtered (recipe, &some, &full, every_third, NULL);
    }
    faiss_SearchParameters_free (params);
    faiss_IDSelector_free (&bitmap->sel);
    faiss_Index_free (index);
}

static int compare_ids (const void *a_, const void *b_) {
    const idx_t *a = a_, *b = b_;
    return (*a > *b) - (*a < *b);
}

static void searches_ranges (const IndexRecipe *recipe) {
    if (recipe->traits & SEARCHES_OTHERWISE) {
        return;
    }
    FaissIndex *index = full_index (recipe);
    Found full;
    search (index, N_ROWS, NULL, &full);
    if (recipe->traits & SEARCHES_ROOTS) {
        square (&full);
    }
    const float *queries = sample_queries (index->d);
    const bool is_similarity = faiss_is_similarity_metric (index->metric_type);
    for (int round = 0; round < 3; round++) { /* nothing, some, all */
        /* half way between two distances of the first query, far from rounding */
        float nearest = full.distances[0], farthest = full.distances[N_ROWS - 1];
        float middle = (full.distances[40] + full.distances[41]) / 2;
        float radius = round == 1                      ? middle
                       : (round == 0) != is_similarity ? -1000 - fabsf (nearest)
                                                       : 1000 + fabsf (farthest);
        FaissRangeSearchResult *result = NULL;
        assert_ok (faiss_RangeSearchResult_new (&result, N_QUERIES));
        FaissStatus status = faiss_Index_range_search (index, N_QUERIES, queries, radius, result);
        if (recipe->traits & LACKS_RANGE_SEARCH) {
            assert_fails (status, "Error in ");
            assert_null (result->labels);
            faiss_RangeSearchResult_free (result);
            break;
        }
        assert_ok (status);
        assert_int_equal (result->lims[0], 0);
        for (idx_t q = 0; q < N_QUERIES; q++) {
            idx_t expected[N_ROWS], got[N_ROWS];
            size_t n = 0;
            for (idx_t j = 0; j < N_ROWS; j++) {
                float distance = full.distances[q * N_ROWS + j];
                if (is_similarity ? distance > radius : distance < radius) {
                    expected[n++] = full.labels[q * N_ROWS + j];
                }
            }
            assert_int_equal (result->lims[q + 1] - result->lims[q], n);
            memcpy (got, result->labels + result->lims[q], n * sizeof *got);
            qsort (got, n, sizeof *got, compare_ids);
            qsort (expected, n, sizeof *expected, compare_ids);
            assert_memory_equal (got, expected, n * sizeof *got);
        }
        if (round != 1 || !(recipe->traits & HAS_TIES)) {
            assert_int_equal (result->lims[1], round == 0 ? 0 : round == 1 ? 41 : N_ROWS);
        }
        faiss_RangeSearchResult_free (result);
    }
    faiss_Index_free (index);
}

static void reconstructs (const IndexRecipe *recipe) {
    FaissIndex *index = full_index (recipe);
    make_reconstructible (index);
    const int d = index->d;
    const float *rows = sample_rows (d);
    float one[MAX_D], some[4 * MAX_D], all[N_ROWS * MAX_D];
    idx_t keys[3] = {recipe_label (recipe, 200), recipe_label (recipe, 0),
                     recipe_label (recipe, N_ROWS - 1)};
    FaissStatus status = faiss_Index_reconstruct (index, keys[0], one);
    if (recipe->traits & LACKS_RECONSTRUCT) {
        assert_fails (status, "Error in ");
        faiss_Index_free (index);
        return;
    }
    assert_ok (status);
    if (!(recipe->traits & IS_LOSSY)) {
        for (int j = 0; j < d; j++) {
            assert_true (fabsf (one[j] - rows[200 * d + j]) < 1e-6f);
        }
    }
    assert_ok (faiss_Index_reconstruct_batch (index, 3, keys, some));
    assert_memory_equal (some, one, sizeof *one * (size_t)d);
    if (!(recipe->traits & NEEDS_IDS)) {
        assert_ok (faiss_Index_reconstruct_n (index, 0, N_ROWS, all));
        assert_memory_equal (all + 200 * d, one, sizeof *one * (size_t)d);
        assert_memory_equal (all, some + d, sizeof *one * (size_t)d);
        assert_ok (faiss_Index_reconstruct_n (index, 198, 4, some));
        assert_memory_equal (some + 2 * d, one, sizeof *one * (size_t)d);
    }
    idx_t wrong[] = {-1, INT64_MAX, INT64_MIN, recipe_label (recipe, N_ROWS), (idx_t)1 << 40};
    for (int i = 0; i < 5; i++) {
        assert_true (faiss_Index_reconstruct (index, wrong[i], one) != FAISS_OK);
    }
    /* search and reconstruct, residuals */
    enum { K = 4 };
    float distances[N_QUERIES * K], vectors[N_QUERIES * K * MAX_D], residual[MAX_D];
    idx_t labels[N_QUERIES * K];
    assert_ok (faiss_Index_search_and_reconstruct (index, N_QUERIES, sample_queries (d), K, NULL,
                                                   distances, labels, vectors));
    for (int i = 0; i < N_QUERIES * K; i++) {
        assert_ok (faiss_Index_reconstruct (index, labels[i], one));
        assert_memory_equal (vectors + i * d, one, sizeof *one * (size_t)d);
    }
    assert_ok (faiss_Index_compute_residual (index, rows, residual, labels[N_QUERIES * K - 1]));
    assert_true (residual[0] == rows[0] - one[0]);
    faiss_Index_free (index);
}

static void encodes (const IndexRecipe *recipe) {
    FaissIndex *index = full_index (recipe), *by_codes = trained_index (recipe);
    const int d = index->d;
    size_t code_size = 0;
    FaissStatus status = faiss_Index_sa_code_size (index, &code_size);
    if (recipe->traits & LACKS_CODES) {
        assert_fails (status, "Error in ");
        faiss_Index_free (index);
        faiss_Index_free (by_codes);
        return;
    }
    assert_ok (status);
    assert_true (code_size > 0 && code_size < 10000);
    uint8_t *codes = calloc (N_ROWS, code_size);
    float decoded[N_ROWS * MAX_D];
    assert_ok (faiss_Index_sa_encode (index, N_ROWS, sample_rows (d), codes));
    if (recipe->traits & LACKS_DECODE) {
        assert_fails (faiss_Index_sa_decode (index, N_ROWS, codes, decoded), "Error in ");
    } else {
        assert_ok (faiss_Index_sa_decode (index, N_ROWS, codes, decoded));
    }
    if (!(recipe->traits & IS_LOSSY)) {
        for (int i = 0; i < N_ROWS * d; i++) {
            assert_true (fabsf (decoded[i] - sample_rows (d)[i]) < 1e-6f);
        }
    }
    idx_t ids[N_ROWS];
    for (idx_t i = 0; i < N_ROWS; i++) {
        ids[i] = sample_id (i);
    }
    status =
        faiss_Index_add_sa_codes (by_codes, N_ROWS, codes, recipe->traits & NEEDS_IDS ? ids : NULL);
    if (recipe->traits & LACKS_ADD_CODES) {
        assert_fails (status, "Error in ");
        assert_int_equal (by_codes->ntotal, 0);
    } else {
        assert_ok (status);
        assert_ok (visit_everything (by_codes));
        assert_same_search (index, by_codes);
    }
    free (codes);
    faiss_Index_free (index);
    faiss_Index_free (by_codes);
}

/* Copies of a codec, from a file or cloned, make the same codes. */
static void encodes_when_copied (const IndexRecipe *recipe) {
    FaissIndex *index = full_index (recipe), *copies[2] = {clone_of (index), NULL};
    FaissUInt8Vector bytes = {0};
    assert_ok (index_bytes (index, &bytes));
    assert_ok (index_from_bytes (&bytes, &copies[1]));
    size_t code_size = 0, other_size = 0;
    assert_ok (faiss_Index_sa_code_size (index, &code_size));
    uint8_t *codes = calloc (2 * N_ROWS, code_size), *others = codes + N_ROWS * code_size;
    assert_ok (faiss_Index_sa_encode (index, N_ROWS, sample_rows (index->d), codes));
    for (int i = 0; i < 2; i++) {
        assert_string_equal (faiss_Index_class_name (copies[i]), recipe->name);
        assert_ok (faiss_Index_sa_code_size (copies[i], &other_size));
        assert_int_equal (other_size, code_size);
        assert_ok (faiss_Index_sa_encode (copies[i], N_ROWS, sample_rows (index->d), others));
        assert_memory_equal (codes, others, N_ROWS * code_size);
        assert_same_bytes (index, copies[i]);
        faiss_Index_free (copies[i]);
    }
    for (size_t size = 0; size < bytes.size; size += 1 + bytes.size / 500) {
        FaissUInt8Vector cut = {.data = bytes.data, .size = size};
        assert_true (index_from_bytes (&cut, &copies[0]) != FAISS_OK);
    }
    free (codes);
    faiss_UInt8Vector_clear (&bytes);
    faiss_Index_free (index);
}

static void compares_subsets (const IndexRecipe *recipe) {
    FaissIndex *index = full_index (recipe);
    enum { K_BASE = 30, K = 7 };
    Found full, some = {.k = K};
    search (index, N_ROWS, NULL, &full);
    idx_t candidates[N_QUERIES * K_BASE];
    for (int i = 0; i < N_QUERIES * K_BASE; i++) {
        candidates[i] = full.labels[i / K_BASE * N_ROWS + i % K_BASE * 11];
    }
    FaissStatus status =
        faiss_Index_search_subset (index, N_QUERIES, sample_queries (index->d), K_BASE, candidates,
                                   K, some.distances, some.labels);
    if (recipe->traits & LACKS_SUBSET) {
        assert_fails (status, "Error in ");
    } else {
        assert_ok (status);
        for (int i = 0; i < N_QUERIES * K && !(recipe->traits & SEARCHES_OTHERWISE); i++) {
            assert_int_equal (some.labels[i], candidates[i / K * K_BASE + i % K]);
        }
    }
    faiss_Index_free (index);
}

static void ignores_threads_and_instruction_sets (const IndexRecipe *recipe) {
    FaissIndex *index = full_index (recipe);
    Found one, other;
    FaissSIMDLevel best = faiss_get_simd_level ();
#ifdef _OPENMP
    int threads = omp_get_max_threads ();
    omp_set_num_threads (1);
    search (index, 20, NULL, &one);
    omp_set_num_threads (8);
    search (index, 20, NULL, &other);
    assert_same (&one, &other);
    omp_set_num_threads (threads);
#else
    search (index, 20, NULL, &one);
#endif
    for (int level = 0; level < SIMDLevel_COUNT; level++) {
        if (faiss_simd_level_is_available ((FaissSIMDLevel)level)) {
            assert_ok (faiss_set_simd_level ((FaissSIMDLevel)level));
            search (index, 20, NULL, &other);
            assert_memory_equal (one.labels, other.labels, N_QUERIES * 20 * sizeof *one.labels);
            for (int i = 0; i < N_QUERIES * 20; i++) {
                assert_true (fabsf (one.distances[i] - other.distances[i]) <=
                             1e-5f * (1 + fabsf (one.distances[i])));
            }
        }
    }
    assert_ok (faiss_set_simd_level (best));
    faiss_Index_free (index);
}

typedef struct Searcher {
    const FaissIndex *index;
    Found found;
    FaissStatus status;
} Searcher;

static void *search_twice (void *argument) {
    Searcher *searcher = argument;
    const FaissIndex *index = searcher->index;
    for (int round = 0; round < 2; round++) {
        searcher->status |= faiss_Index_search (index, N_QUERIES, sample_queries (index->d), 20,
                                                searcher->found.distances, searcher->found.labels);
    }
    return NULL;
}

static void is_searched_by_several_threads (const IndexRecipe *recipe) {
    enum { N_THREADS = 4 };
    static Searcher searchers[N_THREADS];
    testing_needs_threads ();
    FaissIndex *index = full_index (recipe);
    Found expected;
    search (index, 20, NULL, &expected);
    pthread_t threads[N_THREADS];
    for (int i = 0; i < N_THREADS; i++) {
        searchers[i] = (Searcher){.index = index, .found.k = 20};
        assert_int_equal (pthread_create (&threads[i], NULL, search_twice, &searchers[i]), 0);
    }
    for (int i = 0; i < N_THREADS; i++) {
        pthread_join (threads[i], NULL);
        assert_int_equal (searchers[i].status, FAISS_OK);
        assert_same (&expected, &searchers[i].found);
    }
    faiss_Index_free (index);
}

static void has_a_factory_string (const IndexRecipe *recipe) {
    FaissIndex *index = full_index (recipe), *again = NULL;
    FaissString text = {0};
    assert_ok (faiss_reverse_index_factory (index, &text));
    if (!(recipe->traits & LACKS_FACTORY)) {
        assert_ok (
            faiss_index_factory (&again, index->d, faiss_String_text (&text), index->metric_type));
        assert_string_equal (faiss_Index_class_name (again), recipe->name);
        if (recipe->factory) {
            assert_string_equal (faiss_String_text (&text), recipe->factory);
        }
        faiss_Index_free (again);
    }
    faiss_String_clear (&text);
    faiss_Index_free (index);
}

static void survives_odd_numbers (const IndexRecipe *recipe) {
    FaissIndex *index = full_index (recipe);
    float x[3 * MAX_D], distances[3 * N_ROWS];
    idx_t labels[3 * N_ROWS];
    for (int i = 0; i < 3 * MAX_D; i++) {
        x[i] = i < MAX_D ? NAN : i < 2 * MAX_D ? INFINITY : -1e38f;
    }
    if (index->d == 1) {
        x[1] = INFINITY;
        x[2] = -1e38f;
    }
    assert_ok (faiss_Index_search (index, 3, x, N_ROWS, distances, labels));
    for (int i = 0; i < 3 * N_ROWS; i++) {
        assert_true (labels[i] >= -1 && labels[i] <= recipe_label (recipe, N_ROWS - 1));
    }
    if (!(recipe->traits & LACKS_RANGE_SEARCH)) {
        FaissRangeSearchResult *result = NULL;
        assert_ok (faiss_RangeSearchResult_new (&result, 3));
        assert_ok (faiss_Index_range_search (index, 3, x, NAN, result));
        assert_int_equal (result->lims[3], 0);
        faiss_RangeSearchResult_free (result);
    }
    /* added odd numbers do no harm to the other vectors' results */
    if (!(recipe->traits & (NEEDS_IDS | LACKS_ODD_NUMBERS))) {
        Found before, after;
        search (index, 5, NULL, &before);
        if (faiss_Index_add (index, 1, x) == FAISS_OK) {
            search (index, 5, NULL, &after);
            assert_same (&before, &after);
        }
    }
    faiss_Index_free (index);
}

static void refuses_what_is_too_large (const IndexRecipe *recipe) {
    FaissIndex *index = full_index (recipe);
    float distance, x[MAX_D] = {0};
    idx_t label;
    /* the results cannot exist: a message, not a crash; the arrays are not touched */
    assert_true (faiss_Index_search (index, INT64_MAX, x, 1, &distance, &label) != FAISS_OK);
    assert_true (faiss_Index_search (index, 1, x, INT64_MAX, &distance, &label) != FAISS_OK);
    assert_true (faiss_Index_add (index, INT64_MAX / 16, x) != FAISS_OK);
    assert_int_equal (index->ntotal, N_ROWS);
    faiss_Index_free (index);
}

/* ---- class tables ---------------------------------------------------------------------------- */

static void table_is_complete (void **state) {
    FaissClass *cls = *state;
    faiss_class_ready (cls);
    typedef void (*Slot) (void);
    for (const FaissClass *parent = cls->parent; parent; parent = parent->parent) {
        assert_true (cls->table_size >= parent->table_size);
        assert_true (cls->instance_size >= parent->instance_size);
        for (size_t at = sizeof (FaissClass); at < parent->table_size; at += sizeof (Slot)) {
            Slot mine, theirs;
            memcpy (&mine, (const char *)cls + at, sizeof mine);
            memcpy (&theirs, (const char *)parent + at, sizeof theirs);
            assert_true (mine || !theirs);
        }
    }
    if (faiss_class_is_a (cls, &faiss_Index_class.head)) {
        for (size_t at = sizeof (FaissClass); at < cls->table_size; at += sizeof (Slot)) {
            Slot slot;
            memcpy (&slot, (const char *)cls + at, sizeof slot);
            assert_true (slot != NULL);
        }
        assert_non_null (cls->write);
        assert_non_null (cls->describe);
    }
    assert_int_equal (!cls->tags, !cls->read);
    for (FaissClass *const *other = faiss_all_classes (); *other; other++) {
        if (*other != cls) {
            assert_string_not_equal ((*other)->name, cls->name);
            for (const char *tag = cls->tags; tag && *tag; tag += strcspn (tag, " ")) {
                tag += strspn (tag, " ");
                char text[8] = {0};
                memcpy (text, tag, 4);
                assert_true (!(*other)->tags || !strstr ((*other)->tags, text));
            }
        }
    }
}

/* ---- classes that are no indexes ------------------------------------------------------------- */

static void object_lives (void **state) {
    FaissClass *cls = *state;
    void *object = NULL, *clone = NULL;
    for (size_t i = 0; faiss_all_classes ()[i]; i++) {
        if (faiss_all_classes ()[i] == cls) {
            assert_ok (default_object (i, &object));
            assert_ptr_equal (faiss_object_class (object), cls);
            assert_ok (faiss_object_clone (&clone, object));
            faiss_object_free (object);
            faiss_object_free (clone);
        }
    }
    const ObjectRecipe *recipe = object_recipe (cls->name);
    if (!recipe) {
        fail_msg ("no recipe for %s in tests/class_recipes.c", cls->name);
    }
    assert_ok (recipe->build (&object));
    assert_ptr_equal (faiss_object_class (object), cls);
    assert_ok (faiss_object_clone (&clone, object));
    faiss_object_free (object);
    assert_ptr_equal (faiss_object_class (clone), cls);
    faiss_object_free (clone);
}

/* ---- the walk -------------------------------------------------------------------------------- */

typedef struct Stage {
    const char *name;
    void (*check) (const IndexRecipe *recipe);
} Stage;

#define STAGE(function)                                                                            \
    { #function, function }
static const Stage stages[] = {
    STAGE (default_object_is_usable),
    STAGE (is_built_by_its_recipe),
    STAGE (writes_and_reads),
    STAGE (clones),
    STAGE (adds_in_batches),
    STAGE (resets),
    STAGE (is_usable_while_empty),
    STAGE (merges),
    STAGE (removes),
    STAGE (selects),
    STAGE (searches_ranges),
    STAGE (reconstructs),
    STAGE (encodes),
    STAGE (compares_subsets),
    STAGE (ignores_threads_and_instruction_sets),
    STAGE (is_searched_by_several_threads),
    STAGE (has_a_factory_string),
    STAGE (survives_odd_numbers),
    STAGE (refuses_what_is_too_large),
};
/* of indexes that only encode */
static const Stage codec_stages[] = {
    STAGE (default_object_is_usable), STAGE (is_built_by_its_recipe), STAGE (encodes),
    STAGE (encodes_when_copied),      STAGE (has_a_factory_string),
};
enum { N_CODEC_STAGES = sizeof codec_stages / sizeof *codec_stages };
enum { N_STAGES = sizeof stages / sizeof *stages, MAX_CLASSES = 500 };

typedef struct Visit {
    FaissClass *cls;
    const Stage *stage;
    const IndexRecipe *recipe;
} Visit;

static void visit_index (void **state) {
    const Visit *visit = *state;
    if (!visit->recipe) {
        fail_msg ("no recipe for %s in tests/class_recipes.c", visit->cls->name);
    }
    visit->stage->check (visit->recipe);
}

static struct CMUnitTest tests[MAX_CLASSES * (N_STAGES + 1)];
static Visit visits[MAX_CLASSES * N_STAGES];
static char names[MAX_CLASSES * (N_STAGES + 1)][80];
static size_t n_tests;

static void plan (const char *class_name, const char *variant, const char *what,
                  CMUnitTestFunction function, void *state) {
    snprintf (names[n_tests], sizeof names[n_tests], "%s%s%s_%s", class_name, variant ? "-" : "",
              variant ? variant : "", what);
    tests[n_tests] = (struct CMUnitTest){names[n_tests], function, NULL, NULL, state};
    n_tests++;
}

static void plan_index (FaissClass *cls) {
    static size_t n_visits;
    const IndexRecipe *recipe = NULL;
    do {
        recipe = next_index_recipe (cls->name, recipe);
        bool is_codec = recipe && (recipe->traits & IS_CODEC);
        const Stage *stage = is_codec ? codec_stages : stages;
        for (int i = 0; i < (is_codec ? N_CODEC_STAGES : N_STAGES); i++, stage++) {
            visits[n_visits] = (Visit){cls, stage, recipe};
            plan (cls->name, recipe ? recipe->variant : NULL, stage->name, visit_index,
                  &visits[n_visits++]);
        }
    } while (recipe && next_index_recipe (cls->name, recipe));
}

/* usage: test_classes [PATTERN]: only the tests whose name matches, "IndexFlat_*" for instance */
int main (int argc, char **argv) {
    for (FaissClass *const *cls = faiss_all_classes (); *cls; cls++) {
        plan ((*cls)->name, NULL, "table_is_complete", table_is_complete, *cls);
        if (faiss_class_is_a (*cls, &faiss_Index_class.head) && !object_recipe ((*cls)->name)) {
            plan_index (*cls);
        } else {
            plan ((*cls)->name, NULL, "lives", object_lives, *cls);
        }
    }
    if (argc > 1) {
        cmocka_set_test_filter (argv[1]);
    }
    return _cmocka_run_group_tests ("classes", tests, n_tests, NULL, NULL);
}
