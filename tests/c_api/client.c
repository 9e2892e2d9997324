/* A program as upstream's users write them: through the C API's headers only, objects as handles.
 *
 * It is compiled as C11 and as C++17, links with libfaiss_c, and fails at the first surprise.
 * usage: client FOLDER   (for its files)
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <faiss/c_api/AutoTune_c.h>
#include <faiss/c_api/Clustering_c.h>
#include <faiss/c_api/IndexFlat_c.h>
#include <faiss/c_api/IndexIVFFlat_c.h>
#include <faiss/c_api/IndexIVF_c.h>
#include <faiss/c_api/IndexPreTransform_c.h>
#include <faiss/c_api/Index_c.h>
#include <faiss/c_api/MetaIndexes_c.h>
#include <faiss/c_api/VectorTransform_c.h>
#include <faiss/c_api/clone_index_c.h>
#include <faiss/c_api/error_c.h>
#include <faiss/c_api/impl/AuxIndexStructures_c.h>
#include <faiss/c_api/impl/io_c.h>
#include <faiss/c_api/index_factory_c.h>
#include <faiss/c_api/index_io_c.h>
#include <faiss/c_api/utils/distances_c.h>
#include <faiss/c_api/utils/utils_c.h>

#define EXPECT(condition)                                                                          \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            const char *error = faiss_get_last_error ();                                           \
            fprintf (stderr, "%s:%d: not so: %s (last error: %s)\n", __FILE__, __LINE__,           \
                     #condition, error ? error : "none");                                          \
            exit (1);                                                                              \
        }                                                                                          \
    } while (0)

#define SUCCEEDS(call) EXPECT ((call) == OK)

/* a failure has its code, and a message about it */
#define FAILS(code, word, call)                                                                    \
    do {                                                                                           \
        EXPECT ((call) == (code));                                                                 \
        EXPECT (faiss_get_last_error () != NULL);                                                  \
        EXPECT (strstr (faiss_get_last_error (), word) != NULL);                                   \
    } while (0)

enum { d = 16, nb = 600, nq = 5, k = 4 };

static float xb[nb * d], xq[nq * d];
static const char *folder;

static void make_data (void) {
    unsigned state = 1;
    for (int i = 0; i < nb * d; i++) {
        state = state * 1664525u + 1013904223u;
        xb[i] = (float)(state >> 8) / (1 << 24);
    }
    memcpy (xq, xb, sizeof xq); /* query i is vector i */
}

static const char *path (const char *name) {
    static char buffer[1000];
    snprintf (buffer, sizeof buffer, "%s/%s", folder, name);
    return buffer;
}

static void first_error_and_version (void) {
    EXPECT (faiss_get_last_error () == NULL);
    EXPECT (strcmp (faiss_get_version (), "1.15.1") == 0);
    FaissIndex *index = NULL;
    FAILS (FAISS_EXCEPT, "Flaat", faiss_index_factory (&index, d, "Flaat", METRIC_L2));
    EXPECT (index == NULL); /* an output is untouched by failures */
    FAILS (STD_EXCEPT, "", faiss_index_factory (&index, d, NULL, METRIC_L2));
    EXPECT (index == NULL);
    SUCCEEDS (faiss_index_factory (&index, d, "Flat", METRIC_L2));
    EXPECT (faiss_get_last_error () != NULL); /* a success does not reset it */
    EXPECT (faiss_IndexFlat_cast (index) == index);
    EXPECT (faiss_IndexFlatL2_cast (index) == NULL); /* "Flat" makes the base class */
    faiss_Index_free (index);
    faiss_Index_free (NULL);
    EXPECT (faiss_IndexFlat_cast (NULL) == NULL);
}

/* query i finds vector i at distance 0 */
static void expect_itself (const FaissIndex *index, idx_t shift) {
    float distances[nq * k];
    idx_t labels[nq * k];
    SUCCEEDS (faiss_Index_search (index, nq, xq, k, distances, labels));
    for (int i = 0; i < nq; i++) {
        EXPECT (labels[i * k] == i + shift && fabsf (distances[i * k]) < 1e-4f);
        EXPECT (labels[i * k + 1] >= 0 && distances[i * k] <= distances[i * k + 1]);
    }
}

static void flat_index (void) {
    FaissIndexFlatL2 *index = NULL;
    SUCCEEDS (faiss_IndexFlatL2_new_with (&index, d));
    EXPECT (faiss_Index_d (index) == d && faiss_Index_is_trained (index) == 1);
    EXPECT (faiss_Index_metric_type (index) == METRIC_L2 && faiss_Index_ntotal (index) == 0);
    SUCCEEDS (faiss_Index_add (index, nb, xb));
    EXPECT (faiss_Index_ntotal (index) == nb);
    expect_itself (index, 0);

    faiss_Index_set_verbose (index, 7); /* any non-zero is true */
    EXPECT (faiss_Index_verbose (index) == 1);
    faiss_Index_set_verbose (index, 0);
    EXPECT (faiss_Index_verbose (index) == 0);

    float *vectors = NULL;
    size_t size = 0;
    faiss_IndexFlat_xb (index, &vectors, &size);
    EXPECT (size == (size_t)nb * d && memcmp (vectors, xb, sizeof xb) == 0);
    faiss_IndexFlat_xb (index, &vectors, NULL);

    float distances[nq * k], recons[2 * d];
    idx_t labels[nq * k];
    FAILS (FAISS_EXCEPT, "k", faiss_Index_search (index, nq, xq, 0, distances, labels));
    SUCCEEDS (faiss_Index_assign (index, nq, xq, labels, 1));
    EXPECT (labels[3] == 3);
    SUCCEEDS (faiss_Index_reconstruct (index, 9, recons));
    EXPECT (memcmp (recons, xb + 9 * d, d * sizeof (float)) == 0);
    SUCCEEDS (faiss_Index_reconstruct_n (index, 9, 2, recons));
    EXPECT (memcmp (recons, xb + 9 * d, 2 * d * sizeof (float)) == 0);
    SUCCEEDS (faiss_Index_compute_residual (index, xb, recons, 0));
    EXPECT (recons[0] == 0 && recons[d - 1] == 0);
    idx_t subset[2] = {7, -1};
    SUCCEEDS (faiss_IndexFlat_compute_distance_subset (index, 1, xb + 7 * d, 2, distances, subset));
    EXPECT (distances[0] == 0 && distances[1] > 1e30f);

    size_t code_size = 0, n_removed = 0;
    SUCCEEDS (faiss_Index_sa_code_size (index, &code_size));
    EXPECT (code_size == d * sizeof (float));

    FaissIDSelectorRange *range = NULL;
    SUCCEEDS (faiss_IDSelectorRange_new (&range, 0, 100));
    SUCCEEDS (faiss_Index_remove_ids (index, range, &n_removed));
    EXPECT (n_removed == 100 && faiss_Index_ntotal (index) == nb - 100);
    SUCCEEDS (faiss_Index_remove_ids (index, range, NULL)); /* nobody needs the count */
    EXPECT (faiss_Index_ntotal (index) == nb - 200);
    faiss_IDSelectorRange_free (range);
    SUCCEEDS (faiss_Index_reset (index));
    SUCCEEDS (faiss_Index_search (index, 1, xq, k, distances, labels));
    EXPECT (labels[0] == -1 && labels[k - 1] == -1);
    faiss_IndexFlatL2_free (index);

    FaissIndexFlat1D *line = NULL;
    float numbers[4] = {5, 1, 3, 2}, number = 2.2f;
    SUCCEEDS (faiss_IndexFlat1D_new_with (&line, 0));
    SUCCEEDS (faiss_Index_add (line, 4, numbers));
    SUCCEEDS (faiss_IndexFlat1D_update_permutation (line));
    SUCCEEDS (faiss_Index_search (line, 1, &number, 1, distances, labels));
    EXPECT (labels[0] == 3 && faiss_IndexFlatL2_cast (line) == line);
    faiss_IndexFlat1D_free (line);
}

static void range_search (void) {
    FaissIndexFlatL2 *index = NULL;
    FaissRangeSearchResult *result = NULL;
    SUCCEEDS (faiss_IndexFlatL2_new_with (&index, d));
    SUCCEEDS (faiss_Index_add (index, nb, xb));
    SUCCEEDS (faiss_RangeSearchResult_new (&result, nq));
    EXPECT (faiss_RangeSearchResult_nq (result) == nq);
    EXPECT (faiss_RangeSearchResult_buffer_size (result) == 262144);
    const float radius = 1.5f;
    SUCCEEDS (faiss_Index_range_search (index, nq, xq, radius, result));
    size_t *lims = NULL;
    idx_t *labels = NULL;
    float *distances = NULL;
    faiss_RangeSearchResult_lims (result, &lims);
    faiss_RangeSearchResult_labels (result, &labels, &distances);
    EXPECT (lims[0] == 0 && lims[nq] >= nq);
    for (int i = 0; i < nq; i++) {
        int found_itself = 0;
        for (size_t j = lims[i]; j < lims[i + 1]; j++) {
            EXPECT (distances[j] < radius);
            found_itself |= labels[j] == i;
        }
        EXPECT (found_itself);
    }
    EXPECT (faiss_Index_range_search (index, nq, xq, radius, result) == FAISS_EXCEPT);
    faiss_RangeSearchResult_free (result);
    faiss_RangeSearchResult_free (NULL);
    faiss_Index_free (index);
}

/* results put together by hand */
static void range_results (void) {
    FaissBufferList *list = NULL;
    idx_t ids[3] = {0};
    float dis[3] = {0};
    SUCCEEDS (faiss_BufferList_new (&list, 2));
    SUCCEEDS (faiss_BufferList_append_buffer (list));
    for (int i = 0; i < 5; i++) {
        SUCCEEDS (faiss_BufferList_add (list, 10 + i, (float)i));
    }
    EXPECT (faiss_BufferList_buffer_size (list) == 2);
    SUCCEEDS (faiss_BufferList_copy_range (list, 1, 3, ids, dis));
    EXPECT (ids[0] == 11 && ids[2] == 13 && dis[2] == 3);
    faiss_BufferList_free (list);

    FaissRangeSearchResult *result = NULL;
    FaissRangeSearchPartialResult *part = NULL;
    FaissRangeQueryResult *first = NULL, *second = NULL;
    size_t *lims = NULL;
    idx_t *labels = NULL;
    float *distances = NULL;
    SUCCEEDS (faiss_RangeSearchResult_new_with (&result, 3, 1));
    SUCCEEDS (faiss_RangeSearchPartialResult_new (&part, result));
    EXPECT (faiss_RangeSearchPartialResult_res (part) == result);
    SUCCEEDS (faiss_RangeSearchPartialResult_new_result (part, 0, &first));
    SUCCEEDS (faiss_RangeQueryResult_add (first, 0.5f, 7));
    SUCCEEDS (faiss_RangeSearchPartialResult_new_result (part, 2, &second));
    SUCCEEDS (faiss_RangeQueryResult_add (second, 0.25f, 8));
    SUCCEEDS (faiss_RangeQueryResult_add (second, 0.125f, 9));
    EXPECT (faiss_RangeQueryResult_qno (second) == 2 && faiss_RangeQueryResult_nres (second) == 2);
    EXPECT (faiss_RangeQueryResult_nres (first) == 1 &&
            faiss_RangeQueryResult_pres (first) == part);
    SUCCEEDS (faiss_RangeSearchPartialResult_finalize (part));
    faiss_RangeSearchResult_lims (result, &lims);
    faiss_RangeSearchResult_labels (result, &labels, &distances);
    EXPECT (lims[0] == 0 && lims[1] == 1 && lims[2] == 1 && lims[3] == 3);
    EXPECT (labels[0] == 7 && labels[1] == 8 && labels[2] == 9 && distances[2] == 0.125f);
    faiss_BufferList_free (part); /* it has no function of its own; neither has upstream's */
    faiss_RangeSearchResult_free (result);
}

static void selectors (void) {
    FaissIndexFlatL2 *index = NULL;
    SUCCEEDS (faiss_IndexFlatL2_new_with (&index, d));
    SUCCEEDS (faiss_Index_add (index, nb, xb));

    idx_t few[3] = {3, 30, 300};
    uint8_t bits[2] = {1 << 2, 1 << 3}; /* 2, 11 */
    FaissIDSelectorRange *range = NULL;
    FaissIDSelectorBatch *batch = NULL;
    FaissIDSelectorBitmap *bitmap = NULL;
    FaissIDSelectorNot *not_range = NULL;
    FaissIDSelectorAnd *both = NULL;
    FaissIDSelectorOr *either = NULL;
    FaissIDSelectorXOr *one = NULL;
    SUCCEEDS (faiss_IDSelectorRange_new (&range, 10, 50));
    SUCCEEDS (faiss_IDSelectorBatch_new (&batch, 3, few));
    SUCCEEDS (faiss_IDSelectorBitmap_new (&bitmap, 2, bits));
    EXPECT (faiss_IDSelectorRange_imin (range) == 10 && faiss_IDSelectorRange_imax (range) == 50);
    EXPECT (faiss_IDSelectorBatch_nbits (batch) == 7 && faiss_IDSelectorBatch_mask (batch) == 127);
    EXPECT (faiss_IDSelectorBitmap_n (bitmap) == 2);
    EXPECT (faiss_IDSelectorBitmap_bitmap (bitmap) == bits); /* not copied */
    /* handles of all selectors convert without casts */
    SUCCEEDS (faiss_IDSelectorNot_new (&not_range, range));
    SUCCEEDS (faiss_IDSelectorAnd_new (&both, range, batch));
    SUCCEEDS (faiss_IDSelectorOr_new (&either, range, bitmap));
    SUCCEEDS (faiss_IDSelectorXOr_new (&one, range, batch));
    EXPECT (faiss_IDSelector_is_member (range, 10) && !faiss_IDSelector_is_member (range, 50));
    EXPECT (faiss_IDSelector_is_member (not_range, 50));
    EXPECT (faiss_IDSelector_is_member (both, 30) && !faiss_IDSelector_is_member (both, 3));
    EXPECT (faiss_IDSelector_is_member (either, 2) && faiss_IDSelector_is_member (either, 11));
    EXPECT (!faiss_IDSelector_is_member (bitmap, 16) && !faiss_IDSelector_is_member (one, 30));
    few[0] = 4; /* a batch is a copy */
    EXPECT (faiss_IDSelector_is_member (batch, 3) && !faiss_IDSelector_is_member (batch, 4));

    FaissSearchParameters *params = NULL;
    float distances[k];
    idx_t labels[k];
    SUCCEEDS (faiss_SearchParameters_new (&params, both));
    SUCCEEDS (faiss_Index_search_with_params (index, 1, xq, k, params, distances, labels));
    EXPECT (labels[0] == 30 && labels[1] == -1);
    SUCCEEDS (faiss_Index_search_with_params (index, 1, xq, k, NULL, distances, labels));
    EXPECT (labels[0] == 0);
    EXPECT (faiss_SearchParametersIVF_cast (params) == NULL);
    faiss_SearchParameters_free (params);

    faiss_IDSelector_free (one);
    faiss_IDSelector_free (either);
    faiss_IDSelector_free (both);
    faiss_IDSelector_free (not_range);
    faiss_IDSelectorBitmap_free (bitmap);
    faiss_IDSelector_free (batch);
    faiss_IDSelector_free (range);
    faiss_IDSelector_free (NULL);
    faiss_Index_free (index);
}

/* ids are 1000, 1001 ... */
static void ivf_parameters (FaissIndexIVFFlat *index) {
    float distances[nq * k];
    idx_t labels[nq * k];
    FaissSearchParametersIVF *params = NULL;
    FaissIDSelectorRange *range = NULL;
    SUCCEEDS (faiss_IDSelectorRange_new (&range, 1010, 1012));
    SUCCEEDS (faiss_SearchParametersIVF_new_with (&params, range, faiss_IndexIVF_nlist (index), 0));
    EXPECT (faiss_SearchParametersIVF_sel (params) == range);
    EXPECT (faiss_SearchParametersIVF_nprobe (params) == 8);
    EXPECT (faiss_SearchParametersIVF_max_codes (params) == 0);
    EXPECT (faiss_SearchParametersIVF_ensure_topk_full (params) == 0);
    faiss_SearchParametersIVF_set_ensure_topk_full (params, 5);
    EXPECT (faiss_SearchParametersIVF_ensure_topk_full (params) == 1);
    SUCCEEDS (faiss_Index_search_with_params (index, 1, xq, k, params, distances, labels));
    EXPECT (labels[0] / 2 == 505 && labels[1] / 2 == 505 && labels[2] == -1);
    faiss_SearchParametersIVF_free (params);
    /* parameters of the base class are not enough for an inverted file */
    FaissSearchParameters *plain = NULL;
    SUCCEEDS (faiss_SearchParameters_new (&plain, range));
    FAILS (FAISS_EXCEPT, "",
           faiss_Index_search_with_params (index, 1, xq, k, plain, distances, labels));
    faiss_SearchParameters_free (plain);
    faiss_IDSelectorRange_free (range);
    SUCCEEDS (faiss_SearchParametersIVF_new (&params));
    EXPECT (faiss_SearchParametersIVF_nprobe (params) == 1);
    EXPECT (faiss_SearchParametersIVF_cast (params) == params);
    faiss_SearchParameters_free (params);
}

static void ivf_lists_by_hand (FaissIndexIVFFlat *index, FaissIndexFlatL2 *quantizer) {
    /* other lists hold the rest */
    float distances[nq * k];
    idx_t labels[nq * k];
    idx_t assign[nq];
    float centroid_distances[nq];
    SUCCEEDS (faiss_Index_search (quantizer, nq, xq, 1, centroid_distances, assign));
    SUCCEEDS (faiss_IndexIVF_search_preassigned (index, nq, xq, k, assign, centroid_distances,
                                                 distances, labels, 0));
    EXPECT (labels[0] == 1000);
    SUCCEEDS (faiss_IndexIVF_search_preassigned (index, nq, xq, k, assign, centroid_distances,
                                                 distances, labels, 1));
    EXPECT (labels[0] >> 32 == assign[0]);

    FaissIndexIVFStats *stats = faiss_get_indexIVF_stats ();
    EXPECT (stats == faiss_get_indexIVF_stats ());
    faiss_IndexIVFStats_reset (stats);
    EXPECT (stats->nq == 0 && stats->ndis == 0);
    SUCCEEDS (faiss_Index_search (index, nq, xq, k, distances, labels));
    EXPECT (stats->nq == nq && stats->nlist == nq && stats->ndis >= nq);
}

static void ivf_update_and_merge (FaissIndexIVFFlat *index, FaissIndexFlatL2 *quantizer) {
    float vector[d];
    /* reconstruct needs a direct map, which needs consecutive ids */
    SUCCEEDS (faiss_Index_reset (index));
    SUCCEEDS (faiss_Index_add (index, nb, xb));
    SUCCEEDS (faiss_IndexIVF_make_direct_map (index, 1));
    SUCCEEDS (faiss_Index_reconstruct (index, 5, vector));
    EXPECT (memcmp (vector, xb + 5 * d, sizeof vector) == 0);
    idx_t which = 5;
    SUCCEEDS (faiss_IndexIVFFlat_update_vectors (index, 1, &which, xb + 6 * d));
    SUCCEEDS (faiss_Index_reconstruct (index, 5, vector));
    EXPECT (memcmp (vector, xb + 6 * d, sizeof vector) == 0);

    /* a copy of a part; merging moves everything */
    FaissIndex *other = NULL;
    SUCCEEDS (faiss_clone_index (index, &other));
    FaissIndexIVF *part = faiss_IndexIVF_cast (other);
    EXPECT (part == other && faiss_IndexIVFFlat_cast (other) == other);
    EXPECT (faiss_IndexIVF_own_fields (part) == 1); /* a clone owns all it has */
    EXPECT (faiss_IndexIVF_quantizer (part) != quantizer);
    SUCCEEDS (faiss_Index_reset (part));
    SUCCEEDS (faiss_IndexIVF_make_direct_map (part, 0));
    SUCCEEDS (faiss_IndexIVF_make_direct_map (index, 0));
    SUCCEEDS (faiss_IndexIVF_copy_subset_to (index, part, 0, 100, 120));
    EXPECT (faiss_Index_ntotal (part) == 20 && faiss_Index_ntotal (index) == nb);
    SUCCEEDS (faiss_IndexIVF_merge_from (part, index, 1000));
    EXPECT (faiss_Index_ntotal (part) == nb + 20 && faiss_Index_ntotal (index) == 0);
    faiss_Index_free (other);
}

static void inverted_file (void) {
    FaissIndexFlatL2 *quantizer = NULL;
    FaissIndexIVFFlat *index = NULL;
    const int nlist = 8;
    idx_t ids[nb];
    SUCCEEDS (faiss_IndexFlatL2_new_with (&quantizer, d));
    SUCCEEDS (faiss_IndexIVFFlat_new_with (&index, quantizer, d, nlist));
    EXPECT (faiss_IndexIVFFlat_quantizer (index) == quantizer);
    EXPECT (faiss_IndexIVFFlat_own_fields (index) == 0); /* borrowed */
    EXPECT (faiss_IndexIVF_nlist (index) == 8 && faiss_IndexIVFFlat_nlist (index) == 8);
    EXPECT (faiss_IndexIVF_nprobe (index) == 1 && faiss_Index_is_trained (index) == 0);
    EXPECT (faiss_IndexIVF_quantizer_trains_alone (index) == 0);
    FAILS (FAISS_EXCEPT, "train", faiss_Index_add (index, nb, xb));
    SUCCEEDS (faiss_Index_train (index, nb, xb));
    for (idx_t i = 0; i < nb; i++) {
        ids[i] = 1000 + i;
    }
    SUCCEEDS (faiss_Index_add_with_ids (index, nb, xb, ids));
    expect_itself (index, 1000);

    size_t total = 0;
    for (int list = 0; list < nlist; list++) {
        total += faiss_IndexIVF_get_list_size (index, list);
    }
    EXPECT (total == nb && faiss_IndexIVF_imbalance_factor (index) >= 1);
    faiss_IndexIVF_invlists_get_ids (index, 0, ids);
    EXPECT (ids[0] >= 1000);

    ivf_parameters (index);
    ivf_lists_by_hand (index, quantizer);
    ivf_update_and_merge (index, quantizer);

    faiss_IndexIVFFlat_free (index);
    EXPECT (faiss_Index_ntotal (quantizer) == nlist); /* still there */
    faiss_Index_free (quantizer);

    SUCCEEDS (faiss_IndexFlatL2_new_with (&quantizer, d));
    SUCCEEDS (faiss_IndexIVFFlat_new_with_metric (&index, quantizer, d, nlist, METRIC_L2));
    faiss_IndexIVFFlat_set_own_fields (index, 2);
    EXPECT (faiss_IndexIVF_own_fields (index) == 1);
    faiss_Index_free (index); /* with its quantizer */
}

static void id_maps (void) {
    FaissIndexFlatL2 *flat = NULL;
    FaissIndexIDMap *map = NULL;
    FaissIndexIDMap2 *map2 = NULL;
    idx_t ids[nb], *id_map = NULL;
    size_t size = 0;
    float vector[d];
    for (idx_t i = 0; i < nb; i++) {
        ids[i] = 7000 + i;
    }
    SUCCEEDS (faiss_IndexFlatL2_new_with (&flat, d));
    SUCCEEDS (faiss_IndexIDMap_new (&map, flat));
    EXPECT (faiss_IndexIDMap_own_fields (map) == 0 && faiss_IndexIDMap_sub_index (map) == flat);
    FAILS (FAISS_EXCEPT, "", faiss_Index_add (map, nb, xb)); /* wants ids */
    SUCCEEDS (faiss_Index_add_with_ids (map, nb, xb, ids));
    expect_itself (map, 7000);
    faiss_IndexIDMap_id_map (map, &id_map, &size);
    EXPECT (size == nb && id_map[8] == 7008);
    EXPECT (faiss_IndexIDMap_cast (map) == map && faiss_IndexIDMap2_cast (map) == NULL);
    faiss_Index_free (map);
    EXPECT (faiss_Index_ntotal (flat) == nb);
    SUCCEEDS (faiss_Index_reset (flat));

    SUCCEEDS (faiss_IndexIDMap2_new (&map2, flat));
    SUCCEEDS (faiss_Index_add_with_ids (map2, nb, xb, ids));
    SUCCEEDS (faiss_Index_reconstruct (map2, 7003, vector));
    EXPECT (memcmp (vector, xb + 3 * d, sizeof vector) == 0);
    faiss_IndexIDMap2_id_map (map2, &id_map, &size);
    id_map[3] = 9; /* changed by hand: then the way back is made anew */
    SUCCEEDS (faiss_IndexIDMap2_construct_rev_map (map2));
    SUCCEEDS (faiss_Index_reconstruct (map2, 9, vector));
    EXPECT (faiss_IndexIDMap_cast (map2) == map2 && faiss_IndexIDMap2_sub_index (map2) == flat);
    faiss_IndexIDMap2_set_own_fields (map2, 1);
    EXPECT (faiss_IndexIDMap2_own_fields (map2) == 1);
    faiss_Index_free (map2);
}

static void refining (void) {
    FaissIndexFlatL2 *flat = NULL;
    FaissIndexRefineFlat *refine = NULL;
    SUCCEEDS (faiss_IndexFlatL2_new_with (&flat, d));
    SUCCEEDS (faiss_IndexRefineFlat_new (&refine, flat));
    EXPECT (faiss_IndexRefineFlat_own_fields (refine) == 0);
    EXPECT (faiss_IndexRefineFlat_k_factor (refine) == 1);
    faiss_IndexRefineFlat_set_k_factor (refine, 3);
    EXPECT (faiss_IndexRefineFlat_k_factor (refine) == 3);
    SUCCEEDS (faiss_Index_add (refine, nb, xb));
    expect_itself (refine, 0);
    EXPECT (faiss_IndexRefineFlat_cast (refine) == refine);
    faiss_IndexRefineFlat_set_own_fields (refine, 1);
    faiss_IndexRefineFlat_free (refine);
}

static void linear_transforms (void) {
    FaissRandomRotationMatrix *rotation = NULL;
    FaissPCAMatrix *pca = NULL;
    FaissRemapDimensionsTransform *remap = NULL;
    SUCCEEDS (faiss_RandomRotationMatrix_new_with (&rotation, d, d));
    SUCCEEDS (faiss_VectorTransform_train (rotation, nb, xb));
    EXPECT (faiss_LinearTransform_is_orthonormal (rotation) == 1);
    faiss_RandomRotationMatrix_free (rotation);
    SUCCEEDS (faiss_PCAMatrix_new_with (&pca, d, 2, -0.5f, 1));
    EXPECT (faiss_PCAMatrix_eigen_power (pca) == -0.5f);
    EXPECT (faiss_PCAMatrix_random_rotation (pca) == 1);
    faiss_PCAMatrix_set_balanced_bins (pca, 1);
    EXPECT (faiss_PCAMatrix_balanced_bins (pca) == 1);
    faiss_PCAMatrix_set_balanced_bins (pca, 0);
    SUCCEEDS (faiss_VectorTransform_train (pca, nb, xb));
    EXPECT (faiss_VectorTransform_is_trained (pca) == 1 && faiss_VectorTransform_d_out (pca) == 2);
    faiss_PCAMatrix_free (pca);
    SUCCEEDS (faiss_RemapDimensionsTransform_new_with (&remap, d, d + 1, 0));
    float *padded = faiss_VectorTransform_apply (remap, 1, xb);
    EXPECT (padded != NULL && padded[0] == xb[0] && padded[d] == 0);
    free (padded);
    faiss_RemapDimensionsTransform_free (remap);
}

static void transforms_before_an_index (void) {
    FaissIndexFlatL2 *flat = NULL;
    FaissCenteringTransform *center = NULL;
    FaissNormalizationTransform *normal = NULL;
    FaissIndexPreTransform *chain = NULL;
    float vector[d];
    SUCCEEDS (faiss_CenteringTransform_new_with (&center, d));
    EXPECT (faiss_VectorTransform_is_trained (center) == 0);
    /* untrained: functions without a status leave their output alone */
    vector[0] = 77;
    EXPECT (faiss_VectorTransform_apply (center, 1, xb) == NULL);
    faiss_VectorTransform_apply_noalloc (center, 1, xb, vector);
    EXPECT (vector[0] == 77 && strstr (faiss_get_last_error (), "train") != NULL);
    SUCCEEDS (faiss_VectorTransform_train (center, nb, xb));
    float *centered = faiss_VectorTransform_apply (center, nb, xb);
    float sum = 0;
    EXPECT (centered != NULL);
    for (int i = 0; i < nb; i++) {
        sum += centered[i * d];
    }
    EXPECT (fabsf (sum) < 1e-2f);
    faiss_VectorTransform_reverse_transform (center, 1, centered, vector);
    EXPECT (fabsf (vector[0] - xb[0]) < 1e-5f);
    free (centered); /* as clients of upstream do */

    SUCCEEDS (faiss_NormalizationTransform_new_with (&normal, d, 2.0f));
    EXPECT (faiss_NormalizationTransform_norm (normal) == 2);
    EXPECT (faiss_VectorTransform_d_in (normal) == d && faiss_VectorTransform_d_out (normal) == d);
    faiss_VectorTransform_apply_noalloc (normal, 1, xb, vector);
    EXPECT (fabsf (faiss_fvec_norm_L2sqr (vector, d) - 1) < 1e-5f);

    SUCCEEDS (faiss_IndexFlatL2_new_with (&flat, d));
    SUCCEEDS (faiss_IndexPreTransform_new_with_transform (&chain, normal, flat));
    SUCCEEDS (faiss_IndexPreTransform_prepend_transform (chain, center));
    EXPECT (faiss_IndexPreTransform_index (chain) == flat);
    EXPECT (faiss_IndexPreTransform_own_fields (chain) == 0);
    SUCCEEDS (faiss_Index_add (chain, nb, xb));
    expect_itself (chain, 0);
    EXPECT (faiss_IndexPreTransform_cast (chain) == chain);
    faiss_IndexPreTransform_set_own_fields (chain, 1); /* of the index and the transforms */
    faiss_IndexPreTransform_free (chain);
}

static void clustering (void) {
    FaissClusteringParameters params;
    FaissClustering *clus = NULL;
    FaissIndexFlatL2 *index = NULL;
    float *centroids = NULL;
    size_t size = 0;
    FaissClusteringIterationStats *stats = NULL;

    EXPECT (sizeof params == 48);
    memset (&params, 0xff, sizeof params);
    faiss_ClusteringParameters_init (&params);
    EXPECT (params.niter == 25 && params.nredo == 1 && params.verbose == 0);
    EXPECT (params.spherical == 0 && params.int_centroids == 0 && params.update_index == 0);
    EXPECT (params.frozen_centroids == 0 && params.min_points_per_centroid == 39);
    EXPECT (params.max_points_per_centroid == 256 && params.seed == 1234);
    EXPECT (params.decode_block_size == 32768);

    params.niter = 6;
    params.seed = 42;
    params.spherical = 3; /* any non-zero is true */
    SUCCEEDS (faiss_Clustering_new_with_params (&clus, d, 8, &params));
    EXPECT (faiss_Clustering_niter (clus) == 6 && faiss_Clustering_seed (clus) == 42);
    EXPECT (faiss_Clustering_spherical (clus) == 1 && faiss_Clustering_verbose (clus) == 0);
    EXPECT (faiss_Clustering_d (clus) == d && faiss_Clustering_k (clus) == 8);
    faiss_Clustering_free (clus);
    params.spherical = 0;
    SUCCEEDS (faiss_Clustering_new_with_params (&clus, d, 8, &params));
    SUCCEEDS (faiss_IndexFlatL2_new_with (&index, d));
    SUCCEEDS (faiss_Clustering_train (clus, nb, xb, index));
    EXPECT (faiss_Index_ntotal (index) == 8);
    faiss_Clustering_centroids (clus, &centroids, &size);
    EXPECT (size == 8 * d && centroids != NULL);
    faiss_Clustering_centroids (clus, NULL, NULL);
    faiss_Clustering_iteration_stats (clus, &stats, &size);
    EXPECT (size >= 1 && size <= 6);
    EXPECT (faiss_ClusteringIterationStats_obj (stats) > 0);
    EXPECT (faiss_ClusteringIterationStats_imbalance_factor (stats) >= 1);
    EXPECT (faiss_ClusteringIterationStats_nsplit (stats) >= 0);
    EXPECT (faiss_ClusteringIterationStats_time (stats) >= 0);
    EXPECT (faiss_ClusteringIterationStats_time_search (stats) >= 0);
    /* the next one is 40 bytes on */
    float first = faiss_ClusteringIterationStats_obj (stats);
    stats = (FaissClusteringIterationStats *)((char *)stats + 40 * (size - 1));
    EXPECT (faiss_ClusteringIterationStats_obj (stats) <= first);
    faiss_Clustering_free (clus);
    faiss_Clustering_free (NULL);
    faiss_Index_free (index);

    float own[4 * d], q_error = -1;
    SUCCEEDS (faiss_kmeans_clustering (d, nb, 4, xb, own, &q_error));
    EXPECT (q_error > 0);
    SUCCEEDS (faiss_kmeans_clustering (d, nb, 4, xb, own, NULL));
    FAILS (FAISS_EXCEPT, "4", faiss_kmeans_clustering (d, 3, 4, xb, own, NULL)); /* too few */
}

static void parameters (void) {
    FaissIndex *index = NULL;
    FaissParameterSpace *space = NULL;
    FaissParameterRange *range = NULL;
    SUCCEEDS (faiss_index_factory (&index, d, "IVF8,Flat", METRIC_L2));
    EXPECT (faiss_IndexIVF_own_fields (faiss_IndexIVF_cast (index)) == 1);
    SUCCEEDS (faiss_ParameterSpace_new (&space));
    EXPECT (faiss_ParameterSpace_n_combinations (space) == 1);
    SUCCEEDS (faiss_ParameterSpace_set_index_parameter (space, index, "nprobe", 5));
    EXPECT (faiss_IndexIVF_nprobe (index) == 5);
    SUCCEEDS (faiss_ParameterSpace_set_index_parameters (space, index, "nprobe=3,max_codes=9"));
    EXPECT (faiss_IndexIVF_nprobe (index) == 3);
    FAILS (FAISS_EXCEPT, "nbrobe",
           faiss_ParameterSpace_set_index_parameter (space, index, "nbrobe", 5));
    EXPECT (faiss_IndexIVF_nprobe (index) == 3);

    /* the name of the empty combination, copied like strncpy does */
    char name[8];
    memset (name, 'x', sizeof name);
    SUCCEEDS (faiss_ParameterSpace_combination_name (space, 0, name, 4));
    EXPECT (memcmp (name, "\0\0\0\0xxxx", 8) == 0);

    SUCCEEDS (faiss_ParameterSpace_add_range (space, "nprobe", &range));
    EXPECT (strcmp (faiss_ParameterRange_name (range), "nprobe") == 0);
    double *values = NULL;
    size_t size = 1;
    faiss_ParameterRange_values (range, &values, &size);
    EXPECT (size == 0 && faiss_ParameterSpace_n_combinations (space) == 0);
    SUCCEEDS (faiss_ParameterSpace_add_range (space, "ht", NULL));
    faiss_ParameterSpace_free (space);
    faiss_ParameterSpace_free (NULL);
    faiss_Index_free (index);
}

static unsigned char memory[1 << 20];
static size_t memory_size, memory_read;

static size_t write_memory (const void *ptr, size_t size, size_t nitems) {
    if (memory_size + size * nitems > sizeof memory) {
        return 0;
    }
    if (size * nitems > 0) {
        memcpy (memory + memory_size, ptr, size * nitems);
    }
    memory_size += size * nitems;
    return nitems;
}

static size_t read_memory (void *ptr, size_t size, size_t nitems) {
    if (memory_read + size * nitems > memory_size) {
        return 0;
    }
    if (size * nitems > 0) {
        memcpy (ptr, memory + memory_read, size * nitems);
    }
    memory_read += size * nitems;
    return nitems;
}

static size_t write_nothing (const void *ptr, size_t size, size_t nitems) {
    (void)ptr;
    (void)size;
    (void)nitems;
    return 0;
}

static void files (void) {
    FaissIndexFlatL2 *flat = NULL;
    FaissIndex *index = NULL, *unchanged = NULL;
    SUCCEEDS (faiss_IndexFlatL2_new_with (&flat, d));
    SUCCEEDS (faiss_Index_add (flat, nb, xb));

    SUCCEEDS (faiss_write_index_fname (flat, path ("client.index")));
    SUCCEEDS (faiss_read_index_fname (path ("client.index"), 0, &index));
    EXPECT (faiss_IndexFlatL2_cast (index) == index); /* as its tag says */
    expect_itself (index, 0);
    faiss_Index_free (index);
    /* the flag's old meaning is gone: reading ignores it */
    SUCCEEDS (faiss_read_index_fname (path ("client.index"), FAISS_IO_FLAG_MMAP, &index));
    faiss_Index_free (index);
    SUCCEEDS (faiss_read_index_fname (path ("client.index"), FAISS_IO_FLAG_READ_ONLY, &index));
    faiss_Index_free (index);
    FAILS (FAISS_EXCEPT, "No such file",
           faiss_read_index_fname (path ("client.missing"), 0, &unchanged));
    FAILS (FAISS_EXCEPT, "No such file",
           faiss_write_index_fname (flat, path ("client.missing/client.index")));

    /* two indexes, one after the other in a stream, between other bytes */
    FILE *f = fopen (path ("client.stream"), "wb+");
    EXPECT (f != NULL && fputs ("head", f) >= 0);
    SUCCEEDS (faiss_write_index (flat, f));
    SUCCEEDS (faiss_write_index (flat, f));
    EXPECT (fputs ("tail", f) >= 0 && fseek (f, 4, SEEK_SET) == 0);
    for (int i = 0; i < 2; i++) {
        SUCCEEDS (faiss_read_index (f, 0, &index));
        expect_itself (index, 0);
        faiss_Index_free (index);
    }
    char tail[5] = "";
    EXPECT (fread (tail, 1, 4, f) == 4 && strcmp (tail, "tail") == 0);
    EXPECT (faiss_read_index (f, 0, &unchanged) == FAISS_EXCEPT); /* the end */
    fclose (f);

    /* a file that says "no index" */
    f = fopen (path ("client.null"), "wb");
    EXPECT (f != NULL && fwrite ("null", 1, 4, f) == 4 && fclose (f) == 0);
    index = flat;
    SUCCEEDS (faiss_read_index_fname (path ("client.null"), 0, &index));
    EXPECT (index == NULL);

    /* functions of our own */
    FaissCustomIOWriter *writer = NULL;
    FaissCustomIOReader *reader = NULL;
    SUCCEEDS (faiss_CustomIOWriter_new (&writer, write_memory));
    SUCCEEDS (faiss_write_index_custom (flat, writer, 0));
    faiss_CustomIOWriter_free (writer);
    EXPECT (memory_size > sizeof xb);
    SUCCEEDS (faiss_CustomIOReader_new (&reader, read_memory));
    SUCCEEDS (faiss_read_index_custom (reader, 0, &index));
    EXPECT (memory_read == memory_size);
    expect_itself (index, 0);
    faiss_Index_free (index);
    FAILS (FAISS_EXCEPT, "", faiss_read_index_custom (reader, 0, &unchanged));
    faiss_CustomIOReader_free (reader);
    SUCCEEDS (faiss_CustomIOWriter_new (&writer, write_nothing));
    FAILS (FAISS_EXCEPT, "", faiss_write_index_custom (flat, writer, 0));
    faiss_IOWriter_free (writer);
    EXPECT (unchanged == NULL);

    /* a clone lives on its own */
    SUCCEEDS (faiss_clone_index (flat, &index));
    faiss_Index_free (flat);
    expect_itself (index, 0);
    faiss_Index_free (index);
}

static void distances (void) {
    float some[6], ip[3];
    faiss_pairwise_L2sqr_with_defaults (d, 2, xb, 3, xb, some);
    EXPECT (fabsf (some[0]) < 1e-4f && fabsf (some[4]) < 1e-4f && some[1] > 0.01f);
    faiss_pairwise_L2sqr (d, 2, xb, 3, xb, some, -1, -1, -1);
    EXPECT (fabsf (some[4]) < 1e-4f);
    faiss_fvec_inner_products_ny (ip, xb, xb, d, 3);
    EXPECT (fabsf (ip[0] - faiss_fvec_norm_L2sqr (xb, d)) < 1e-4f);
    faiss_fvec_L2sqr_ny (some, xb, xb, d, 3);
    EXPECT (some[0] == 0 && some[1] > 0);
    float norm, unit[d];
    faiss_fvec_norms_L2 (&norm, xb, d, 1);
    EXPECT (fabsf (norm * norm - ip[0]) < 1e-3f);
    memcpy (unit, xb, sizeof unit);
    faiss_fvec_renorm_L2 (d, 1, unit);
    faiss_fvec_norms_L2sqr (&norm, unit, d, 1);
    EXPECT (fabsf (norm - 1) < 1e-5f);
    int before = faiss_get_distance_compute_min_k_reservoir ();
    EXPECT (before == 100);
    faiss_set_distance_compute_min_k_reservoir (50);
    EXPECT (faiss_get_distance_compute_min_k_reservoir () == 50);
    faiss_set_distance_compute_min_k_reservoir (before);
}

int main (int argc, char **argv) {
    folder = argc > 1 ? argv[1] : ".";
    make_data ();
    first_error_and_version ();
    flat_index ();
    range_search ();
    range_results ();
    selectors ();
    inverted_file ();
    id_maps ();
    refining ();
    linear_transforms ();
    transforms_before_an_index ();
    clustering ();
    parameters ();
    files ();
    distances ();
    printf ("all as expected\n");
    return 0;
}
