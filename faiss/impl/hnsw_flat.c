/* Graphs over plain vectors by inner product or L2: the vectors. */
#include <faiss/impl/hnsw_flat.h>

#include <faiss/IndexFlatPanorama.h>
#include <faiss/impl/FilterCodes.h>
#include <faiss/kernels/kernels.h>

bool faiss_flat_vectors_open (FaissFlatVectors *self, const FaissIndex *storage) {
    const FaissIndexFlat *flat = faiss_object_cast (storage, &faiss_IndexFlat_class.index.head);
    if (!flat || faiss_object_cast (storage, &faiss_IndexFlatPanorama_class.index.head) ||
        (flat->index.metric_type != METRIC_L2 && flat->index.metric_type != METRIC_INNER_PRODUCT)) {
        return false;
    }
    const FaissIndexFlatL2 *with_norms =
        faiss_object_cast (storage, &faiss_IndexFlatL2_class.index.head);
    if (with_norms && with_norms->cached_l2norms.size > 0) {
        return false;
    }
    bool is_similarity = flat->index.metric_type == METRIC_INNER_PRODUCT;
    *self = (FaissFlatVectors){
        .d = (size_t)storage->d,
        .n = (size_t)storage->ntotal,
        .is_similarity = is_similarity,
        .code_stride = faiss_filter_stride ((size_t)storage->d),
        .rows = (const float *)(const void *)flat->flat_codes.codes.data,
        .distance = is_similarity ? faiss_kernels.fvec_inner_product : faiss_kernels.fvec_L2sqr,
        .distance_4 = is_similarity ? faiss_kernels.fvec_inner_product_batch_4
                                    : faiss_kernels.fvec_L2sqr_batch_4,
        .find = is_similarity ? faiss_kernels.filter_find_ip : faiss_kernels.filter_find_L2,
        .keys_by_codes =
            is_similarity ? faiss_kernels.filter_keys_ip : faiss_kernels.filter_keys_L2,
    };
    return true;
}

/* Three or two rows are read as four: adding up takes less time that way. */
void faiss_flat_keys (const FaissFlatVectors *v, const float *x, const uint32_t *ids,
                      const uint32_t *positions, size_t n, float *keys) {
    for (size_t j = 0; j < n; j += 4) {
        const float *row[4];
        float of_four[4];
        size_t left = n - j;
        for (size_t t = 0; t < 4; t++) {
            row[t] = faiss_flat_row (v, ids[positions[t < left ? j + t : n - 1]]);
        }
        if (left == 1) {
            of_four[0] = v->distance (x, row[0], v->d);
        } else {
            v->distance_4 (x, row[0], row[1], row[2], row[3], v->d, of_four);
        }
        for (size_t t = 0; t < 4 && t < left; t++) {
            keys[j + t] = v->is_similarity ? -of_four[t] : of_four[t];
        }
    }
}

void faiss_flat_keys_by_codes (const FaissFlatVectors *v, const FaissFilterQuery *query,
                               const float *x, const uint32_t *ids, size_t n, float *keys) {
    v->keys_by_codes (query, v->codes.rows, ids, n, keys);
    for (size_t j = 0; j < n; j++) {
        if (keys[j] != keys[j]) {
            uint32_t position = (uint32_t)j;
            faiss_flat_keys (v, x, ids, &position, 1, keys + j);
        }
    }
}
