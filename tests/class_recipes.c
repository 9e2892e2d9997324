/* Sample objects of all classes. */
#include "class_recipes.h"

/* ---- indexes --------------------------------------------------------------------------------- */

static FaissStatus flat_l2 (FaissIndex **out) {
    FaissIndexFlatL2 *index = NULL;
    FAISS_TRY (faiss_IndexFlatL2_new_with (&index, MAX_D));
    *out = &index->index;
    return FAISS_OK;
}

static FaissStatus flat_ip (FaissIndex **out) {
    FaissIndexFlatIP *index = NULL;
    FAISS_TRY (faiss_IndexFlatIP_new_with (&index, MAX_D));
    *out = &index->index;
    return FAISS_OK;
}

static FaissStatus flat_1d (FaissIndex **out) {
    FaissIndexFlat1D *index = NULL;
    FAISS_TRY (faiss_IndexFlat1D_new_with (&index, 1));
    *out = &index->index;
    return FAISS_OK;
}

static FaissStatus flat_panorama (FaissIndex **out) {
    FaissIndexFlatPanorama *index = NULL;
    FAISS_TRY (faiss_IndexFlatPanorama_new_with (&index, MAX_D, METRIC_INNER_PRODUCT, 4, 1));
    *out = &index->index;
    return FAISS_OK;
}

static FaissStatus cagra (FaissIndex **out) {
    FaissIndexHNSWCagra *index = NULL;
    FAISS_TRY (faiss_IndexHNSWCagra_new_with (&index, MAX_D, 8, METRIC_L2, Float32));
    *out = &index->index;
    return FAISS_OK;
}

static FaissStatus random_results (FaissIndex **out) {
    FaissIndexRandom *index = NULL;
    FAISS_TRY (faiss_IndexRandom_new_with (&index, MAX_D, 0, 7, METRIC_L2));
    *out = &index->index;
    return FAISS_OK;
}

static FaissStatus centered_and_normalized (FaissIndex **out) {
    FAISS_OWNED (IndexPreTransform) *index = NULL;
    FAISS_OWNED (Index) *flat = NULL;
    FAISS_OWNED (VectorTransform) *centering = NULL;
    FAISS_OWNED (VectorTransform) *normalization = NULL;
    FAISS_TRY (faiss_index_factory (&flat, MAX_D, "Flat", METRIC_L2));
    FAISS_TRY (faiss_CenteringTransform_new_with ((FaissCenteringTransform **)&centering, MAX_D));
    FAISS_TRY (faiss_NormalizationTransform_new_with (
        (FaissNormalizationTransform **)&normalization, MAX_D, 2));
    FAISS_TRY (faiss_IndexPreTransform_new_with (&index, flat));
    index->own_fields = true;
    (void)FAISS_STEAL (flat);
    FAISS_TRY (faiss_IndexPreTransform_prepend_transform (index, normalization));
    (void)FAISS_STEAL (normalization);
    FAISS_TRY (faiss_IndexPreTransform_prepend_transform (index, centering));
    (void)FAISS_STEAL (centering);
    *out = FAISS_STEAL (index);
    return FAISS_OK;
}

static FaissStatus itq_and_lsh (FaissIndex **out) {
    FAISS_TRY (faiss_index_factory (out, MAX_D, "ITQ,LSHt", METRIC_L2));
    FaissIndexPreTransform *index = faiss_IndexPreTransform_cast (*out);
    ((FaissITQTransform *)index->chain.data[0])->itq.max_iter = 1; /* saves time */
    return FAISS_OK;
}

static FaissStatus independent_quantizer (FaissIndex **out) {
    FAISS_OWNED (Index) *quantizer = NULL;
    FAISS_OWNED (Index) *lists = NULL;
    FAISS_OWNED (PCAMatrix) *pca = NULL;
    FaissIndexIVFIndependentQuantizer *index = NULL;
    FAISS_TRY (faiss_index_factory (&quantizer, MAX_D, "Flat", METRIC_L2));
    FAISS_TRY (faiss_index_factory (&lists, MAX_D - 2, "IVF8,Flat", METRIC_L2));
    FAISS_TRY (faiss_PCAMatrix_new_with (&pca, MAX_D, MAX_D - 2, 0, false));
    FAISS_TRY (faiss_IndexIVFIndependentQuantizer_new_with (
        &index, quantizer, faiss_IndexIVF_cast (lists), &pca->transform));
    index->own_fields = true;
    (void)FAISS_STEAL (quantizer);
    (void)FAISS_STEAL (lists);
    (void)FAISS_STEAL (pca);
    *out = &index->index;
    return FAISS_OK;
}

static FaissStatus ivf_with_map (FaissIndex **out, FaissDirectMapType type) {
    FAISS_OWNED (Index) *index = NULL;
    FAISS_TRY (faiss_index_factory (&index, MAX_D, "IVF8,Flat", METRIC_L2));
    FAISS_TRY (faiss_IndexIVF_set_direct_map_type (faiss_IndexIVF_cast (index), type));
    *out = FAISS_STEAL (index);
    return FAISS_OK;
}

static FaissStatus ivf_with_array (FaissIndex **out) {
    return ivf_with_map (out, FAISS_DIRECT_MAP_ARRAY);
}

static FaissStatus ivf_with_hashtable (FaissIndex **out) {
    return ivf_with_map (out, FAISS_DIRECT_MAP_HASHTABLE);
}

static FaissStatus ivf_by_probes (FaissIndex **out) {
    FAISS_TRY (faiss_index_factory (out, MAX_D, "IVF8,Flat", METRIC_L2));
    faiss_IndexIVF_cast (*out)->parallel_mode = 1;
    return FAISS_OK;
}

static FaissStatus ivf_by_pairs (FaissIndex **out) {
    FAISS_TRY (faiss_index_factory (out, MAX_D, "IVF8,Flat", METRIC_INNER_PRODUCT));
    faiss_IndexIVF_cast (*out)->parallel_mode = 2;
    return FAISS_OK;
}

static FaissStatus graph_over_l1 (FaissIndex **out) {
    FAISS_OWNED (Index) *flat = NULL;
    FAISS_OWNED (IndexHNSW) *index = NULL;
    FAISS_TRY (faiss_index_factory (&flat, MAX_D, "Flat", METRIC_L1));
    FAISS_TRY (faiss_IndexHNSW_new_with (&index, flat, 4));
    index->own_fields = true;
    (void)FAISS_STEAL (flat);
    *out = FAISS_STEAL (index);
    return FAISS_OK;
}

enum {
    IS_GRAPH = LACKS_ADD_WITH_IDS | LACKS_MERGE | LACKS_CODES | LACKS_ADD_CODES | REMEMBERS_ADDS,
};

static FaissStatus nsg_over_l1 (FaissIndex **out) {
    FAISS_OWNED (Index) *flat = NULL;
    FAISS_OWNED (IndexNSG) *index = NULL;
    FAISS_TRY (faiss_index_factory (&flat, MAX_D, "Flat", METRIC_L1));
    FAISS_TRY (faiss_IndexNSG_new_with (&index, flat, 8));
    index->own_fields = true;
    index->build_type = 0;
    (void)FAISS_STEAL (flat);
    *out = FAISS_STEAL (index);
    return FAISS_OK;
}

static FaissStatus nndescent_over_l1 (FaissIndex **out) {
    FAISS_OWNED (Index) *flat = NULL;
    FAISS_OWNED (IndexNNDescent) *index = NULL;
    FAISS_TRY (faiss_index_factory (&flat, MAX_D, "Flat", METRIC_L1));
    FAISS_TRY (faiss_IndexNNDescent_new_with (&index, flat, 8));
    index->own_fields = true;
    (void)FAISS_STEAL (flat);
    *out = FAISS_STEAL (index);
    return FAISS_OK;
}

static FaissStatus nndescent_flat (FaissIndex **out) {
    FaissIndexNNDescentFlat *index = NULL;
    FAISS_TRY (faiss_IndexNNDescentFlat_new_with (&index, MAX_D, 8, METRIC_L2));
    *out = &index->index;
    return FAISS_OK;
}

enum {
    IS_POOL_GRAPH = (IS_GRAPH & ~REMEMBERS_ADDS) | LACKS_RANGE_SEARCH | TIES_MOVE,
    IS_NSG = IS_POOL_GRAPH | ADDS_ONCE | REMEMBERS_ADDS,
};

static FaissStatus pq_4_bits (FaissIndex **out) {
    return faiss_index_factory (out, MAX_D, "PQ4x4np", METRIC_L2);
}

static FaissStatus pq_5_bits (FaissIndex **out) {
    return faiss_index_factory (out, MAX_D, "PQ8x5np", METRIC_L2);
}

static FaissStatus pq_8_bits (FaissIndex **out) {
    return faiss_index_factory (out, MAX_D, "PQ2np", METRIC_INNER_PRODUCT);
}

/* Their factory strings would have polysemous training, which takes its time. */
static FaissStatus ivfpq (FaissIndex **out, const char *description, FaissMetricType metric) {
    return faiss_index_factory (out, MAX_D, description, metric);
}

static FaissStatus ivfpq_nibbles (FaissIndex **out) {
    return ivfpq (out, "IVF8,PQ4x4np", METRIC_L2);
}

static FaissStatus ivfpq_ip (FaissIndex **out) {
    return ivfpq (out, "IVF8,PQ4np", METRIC_INNER_PRODUCT);
}

static FaissStatus ivfpq_bytes (FaissIndex **out) {
    return ivfpq (out, "IVF8,PQ2np", METRIC_L2);
}

/* All codes pass the test. */
static FaissStatus ivfpq_polysemous (FaissIndex **out) {
    FAISS_TRY (ivfpq (out, "IVF8,PQ4x6np", METRIC_L2));
    faiss_IndexIVFPQ_cast (*out)->polysemous_ht = 25;
    return FAISS_OK;
}

static FaissStatus ivfpq_without_tables (FaissIndex **out) {
    FAISS_TRY (ivfpq (out, "IVF8,PQ4x5np", METRIC_L2));
    faiss_IndexIVFPQ_cast (*out)->use_precomputed_table = -1;
    return FAISS_OK;
}

/* The codes are not of residuals. */
static FaissStatus ivfpq_of_vectors (FaissIndex **out) {
    FAISS_TRY (ivfpq (out, "IVF8,PQ4np", METRIC_L2));
    faiss_IndexIVF_cast (*out)->by_residual = false;
    return FAISS_OK;
}

/* All vectors are candidates: then what is selected does not depend on the first codes. */
static FaissStatus ivfpqr (FaissIndex **out) {
    FAISS_TRY (faiss_index_factory (out, MAX_D, "IVF8,PQ2+4", METRIC_L2));
    faiss_IndexIVFPQR_cast (*out)->k_factor = N_ROWS;
    return FAISS_OK;
}

static FaissStatus two_layers (FaissIndex **out) {
    return faiss_index_factory (out, MAX_D, "Residual4,PQ2x5", METRIC_L2);
}
/* Additive quantizers by their strings, but with a short training: it is repeated many times. */
static void train_briefly (FaissAdditiveQuantizer *aq) {
    FaissResidualQuantizer *rq = faiss_ResidualQuantizer_cast (&aq->quantizer);
    FaissLocalSearchQuantizer *lsq = faiss_LocalSearchQuantizer_cast (&aq->quantizer);
    FaissProductAdditiveQuantizer *paq = faiss_ProductAdditiveQuantizer_cast (&aq->quantizer);
    if (rq) {
        rq->train_type = ResidualQuantizer_Train_default;
        rq->cp.cp.niter = 2;
    }
    if (lsq) {
        lsq->train_iters = 2;
    }
    for (size_t s = 0; paq && s < paq->nsplits; s++) {
        train_briefly (paq->quantizers[s]);
    }
}

static FaissStatus additive (FaissIndex **out, const char *description, FaissMetricType metric) {
    FAISS_TRY (faiss_index_factory (out, MAX_D, description, metric));
    FaissIndexAdditiveQuantizer *flat = faiss_IndexAdditiveQuantizer_cast (*out);
    FaissIndexIVFAdditiveQuantizer *ivf = faiss_IndexIVFAdditiveQuantizer_cast (*out);
    train_briefly (flat ? flat->aq : ivf->aq);
    return FAISS_OK;
}

#define ADDITIVE(name, description, metric)                                                        \
    static FaissStatus name (FaissIndex **out) {                                                   \
        return additive (out, description, metric);                                                \
    }
ADDITIVE (rq, "RQ1x6_2x4", METRIC_L2)
ADDITIVE (rq_norm, "RQ1x5_2x3_Nfloat", METRIC_L2)
ADDITIVE (rq_bytes, "RQ1x8_Nnone", METRIC_INNER_PRODUCT)
ADDITIVE (lsq, "LSQ2x4", METRIC_INNER_PRODUCT)
ADDITIVE (lsq_norm, "LSQ2x4_Nqint8", METRIC_L2)
ADDITIVE (prq, "PRQ2x2x4", METRIC_L2)
ADDITIVE (plsq, "PLSQ2x2x4_Nfloat", METRIC_L2)
ADDITIVE (ivf_rq, "IVF8,RQ2x4", METRIC_L2)
ADDITIVE (ivf_rq_norm, "IVF8,RQ2x4_Nqint8", METRIC_L2)
ADDITIVE (ivf_rq_ip, "IVF8,RQ2x4", METRIC_INNER_PRODUCT)
ADDITIVE (ivf_lsq, "IVF8,LSQ2x4", METRIC_L2)
ADDITIVE (ivf_prq, "IVF8,PRQ2x2x4_Nfloat", METRIC_L2)
ADDITIVE (ivf_plsq, "IVF8,PLSQ2x2x4", METRIC_INNER_PRODUCT)
#undef ADDITIVE

static const IndexRecipe index_recipes[] = {
    {"IndexFlat", "Flat", .metric = METRIC_L2, .traits = LACKS_ADD_WITH_IDS,
     .reads_as = "IndexFlatL2"},
    {"IndexFlat", "Flat", .metric = METRIC_L1, .traits = LACKS_ADD_WITH_IDS, .variant = "L1"},
    {"IndexFlat", "Flat", .metric = METRIC_Canberra, .traits = LACKS_ADD_WITH_IDS,
     .variant = "Canberra"},
    {"IndexFlatL2", .build = flat_l2, .metric = METRIC_L2,
     .traits = LACKS_FACTORY | LACKS_ADD_WITH_IDS},
    {"IndexFlatIP", .build = flat_ip, .metric = METRIC_INNER_PRODUCT,
     .traits = LACKS_FACTORY | LACKS_ADD_WITH_IDS},
    {"IndexFlat1D", .build = flat_1d, .metric = METRIC_L2, .d = 1,
     .traits = LACKS_FACTORY | LACKS_ADD_WITH_IDS | LACKS_SELECTOR | SEARCHES_ROOTS,
     .reads_as = "IndexFlatL2"},
    {"IndexFlatPanorama", .build = flat_panorama, .metric = METRIC_INNER_PRODUCT,
     .traits = LACKS_ADD_WITH_IDS | LACKS_FACTORY, .reads_as = "IndexFlatIPPanorama"},
    {"IndexFlatL2Panorama", "FlatL2Panorama3_16", .metric = METRIC_L2,
     .traits = LACKS_ADD_WITH_IDS},
    {"IndexFlatIPPanorama", "FlatIPPanorama5", .metric = METRIC_INNER_PRODUCT,
     .traits = LACKS_ADD_WITH_IDS},
    {"IndexLSH", "LSH37rt", .metric = METRIC_L2,
     .traits = LACKS_ADD_WITH_IDS | IS_LOSSY | SEARCHES_OTHERWISE | LACKS_ODD_NUMBERS},
    {"IndexLSH", "LSH5t", .metric = METRIC_L2,
     .traits = LACKS_ADD_WITH_IDS | IS_LOSSY | SEARCHES_OTHERWISE | LACKS_ODD_NUMBERS,
     .variant = "plain"},
    {"IndexLattice", "ZnLattice2x10_4", .metric = METRIC_L2,
     .traits = LACKS_ADD_WITH_IDS | IS_LOSSY | LACKS_FILE | LACKS_ODD_NUMBERS},
    {"IndexRandom", .build = random_results, .metric = METRIC_L2,
     .traits = LACKS_RANGE_SEARCH | LACKS_REMOVE | LACKS_MERGE | LACKS_CODES | LACKS_ADD_CODES |
               LACKS_SELECTOR | LACKS_SUBSET | LACKS_ADD_WITH_IDS | LACKS_FACTORY | LACKS_FILE |
               IS_LOSSY | SEARCHES_OTHERWISE | LACKS_ODD_NUMBERS},
    {"IndexScalarQuantizer", "SQ8", .metric = METRIC_L2,
     .traits = LACKS_ADD_WITH_IDS | IS_LOSSY | LACKS_ODD_NUMBERS},
    {"IndexScalarQuantizer", "SQ4", .metric = METRIC_INNER_PRODUCT,
     .traits = LACKS_ADD_WITH_IDS | IS_LOSSY | LACKS_ODD_NUMBERS, .variant = "SQ4"},
    {"IndexScalarQuantizer", "SQbf16", .metric = METRIC_L2, .traits = LACKS_ADD_WITH_IDS | IS_LOSSY,
     .variant = "SQbf16"},
    {"IndexScalarQuantizer", "SQtqmse3", .metric = METRIC_INNER_PRODUCT,
     .traits = LACKS_ADD_WITH_IDS | IS_LOSSY | LACKS_ODD_NUMBERS, .variant = "SQtqmse3"},
    {"IndexScalarQuantizer", "SQtq4", .metric = METRIC_L2,
     .traits = LACKS_ADD_WITH_IDS | IS_LOSSY | LACKS_ODD_NUMBERS | SEARCHES_OTHERWISE,
     .variant = "SQtq4"},
    /* built without their strings, which ask for polysemous training: that takes its time */
    {"IndexPQ", .build = pq_4_bits, .metric = METRIC_L2, .traits = LACKS_ADD_WITH_IDS | IS_LOSSY},
    {"IndexPQ", .build = pq_8_bits, .metric = METRIC_INNER_PRODUCT,
     .traits = LACKS_ADD_WITH_IDS | IS_LOSSY, .variant = "8 bits"},
    {"IndexPQ", .build = pq_5_bits, .metric = METRIC_L2, .traits = LACKS_ADD_WITH_IDS | IS_LOSSY,
     .variant = "5 bits"},
    {"IndexResidualQuantizer", .build = rq, .metric = METRIC_L2,
     .traits = LACKS_ADD_WITH_IDS | IS_LOSSY | LACKS_FACTORY | LACKS_ODD_NUMBERS},
    {"IndexResidualQuantizer", .build = rq_norm, .metric = METRIC_L2,
     .traits = LACKS_ADD_WITH_IDS | IS_LOSSY | LACKS_FACTORY | LACKS_ODD_NUMBERS,
     .variant = "norms"},
    {"IndexResidualQuantizer", .build = rq_bytes, .metric = METRIC_INNER_PRODUCT,
     .traits = LACKS_ADD_WITH_IDS | IS_LOSSY | LACKS_FACTORY | LACKS_ODD_NUMBERS,
     .variant = "bytes"},
    {"IndexLocalSearchQuantizer", .build = lsq, .metric = METRIC_INNER_PRODUCT,
     .traits = LACKS_ADD_WITH_IDS | IS_LOSSY | LACKS_FACTORY | LACKS_ODD_NUMBERS | ENCODES_BATCHES},
    {"IndexLocalSearchQuantizer", .build = lsq_norm, .metric = METRIC_L2,
     .traits = LACKS_ADD_WITH_IDS | IS_LOSSY | LACKS_FACTORY | LACKS_ODD_NUMBERS | ENCODES_BATCHES |
               SEARCHES_OTHERWISE,
     .variant = "norms"},
    {"IndexProductResidualQuantizer", .build = prq, .metric = METRIC_L2,
     .traits = LACKS_ADD_WITH_IDS | IS_LOSSY | LACKS_FACTORY | LACKS_ODD_NUMBERS},
    {"IndexProductLocalSearchQuantizer", .build = plsq, .metric = METRIC_L2,
     .traits = LACKS_ADD_WITH_IDS | IS_LOSSY | LACKS_FACTORY | LACKS_ODD_NUMBERS | ENCODES_BATCHES},
    {"IndexIVFResidualQuantizer", .build = ivf_rq, .metric = METRIC_L2,
     .traits = KEEPS_IDS | LACKS_SUBSET | IS_LOSSY | LACKS_FACTORY | LACKS_ODD_NUMBERS},
    {"IndexIVFResidualQuantizer", .build = ivf_rq_norm, .metric = METRIC_L2,
     .traits = KEEPS_IDS | LACKS_SUBSET | IS_LOSSY | LACKS_FACTORY | LACKS_ODD_NUMBERS |
               SEARCHES_OTHERWISE,
     .variant = "norms"},
    {"IndexIVFResidualQuantizer", .build = ivf_rq_ip, .metric = METRIC_INNER_PRODUCT,
     .traits = KEEPS_IDS | LACKS_SUBSET | IS_LOSSY | LACKS_FACTORY | LACKS_ODD_NUMBERS,
     .variant = "IP"},
    {"IndexIVFLocalSearchQuantizer", .build = ivf_lsq, .metric = METRIC_L2,
     .traits =
         KEEPS_IDS | LACKS_SUBSET | IS_LOSSY | LACKS_FACTORY | LACKS_ODD_NUMBERS | ENCODES_BATCHES},
    {"IndexIVFProductResidualQuantizer", .build = ivf_prq, .metric = METRIC_L2,
     .traits = KEEPS_IDS | LACKS_SUBSET | IS_LOSSY | LACKS_FACTORY | LACKS_ODD_NUMBERS},
    {"IndexIVFProductLocalSearchQuantizer", .build = ivf_plsq, .metric = METRIC_INNER_PRODUCT,
     .traits =
         KEEPS_IDS | LACKS_SUBSET | IS_LOSSY | LACKS_FACTORY | LACKS_ODD_NUMBERS | ENCODES_BATCHES},
    {"IndexIVFFlat", "IVF8,Flat", .metric = METRIC_L2, .traits = KEEPS_IDS | LACKS_SUBSET},
    {"IndexIVFFlat", "IVF8,Flat", .metric = METRIC_INNER_PRODUCT,
     .traits = KEEPS_IDS | LACKS_SUBSET, .variant = "IP"},
    {"IndexIVFFlat", .build = ivf_with_array, .metric = METRIC_L2,
     .traits = KEEPS_IDS | LACKS_SUBSET | LACKS_ADD_WITH_IDS | LACKS_REMOVE | LACKS_MERGE,
     .variant = "array"},
    {"IndexIVFFlat", .build = ivf_with_hashtable, .metric = METRIC_L2,
     .traits = KEEPS_IDS | LACKS_SUBSET | LACKS_REMOVE | LACKS_MERGE, .variant = "hashtable"},
    {"IndexIVFFlat", .build = ivf_by_probes, .metric = METRIC_L2,
     .traits = KEEPS_IDS | LACKS_SUBSET, .variant = "probes"},
    {"IndexIVFFlat", .build = ivf_by_pairs, .metric = METRIC_INNER_PRODUCT,
     .traits = KEEPS_IDS | LACKS_SUBSET, .variant = "pairs"},
    {"IndexIVFSpectralHash", "IVF8,PCA5,SH0.5", .metric = METRIC_L2,
     .traits = KEEPS_IDS | LACKS_SUBSET | LACKS_RECONSTRUCT | LACKS_DECODE | IS_LOSSY |
               SEARCHES_OTHERWISE | LACKS_ODD_NUMBERS},
    {"IndexIVFSpectralHash", "IVF8,PCAR7,SH-2m", .metric = METRIC_L2,
     .traits = KEEPS_IDS | LACKS_SUBSET | LACKS_RECONSTRUCT | LACKS_DECODE | IS_LOSSY |
               SEARCHES_OTHERWISE | LACKS_ODD_NUMBERS,
     .variant = "median"},
    {"IndexIVFIndependentQuantizer", .build = independent_quantizer, .metric = METRIC_L2,
     .traits = KEEPS_IDS | LACKS_SUBSET | LACKS_RECONSTRUCT | LACKS_CODES | LACKS_ADD_CODES |
               LACKS_MERGE | LACKS_FACTORY | IS_LOSSY},
    {"IndexIVFFlatDedup", "IVF8,FlatDedup", .metric = METRIC_INNER_PRODUCT,
     .traits = KEEPS_IDS | LACKS_SUBSET | LACKS_RANGE_SEARCH | LACKS_RECONSTRUCT},
    {"IndexIVFFlatPanorama", "IVF8,FlatPanorama3_16", .metric = METRIC_L2,
     .traits = KEEPS_IDS | LACKS_SUBSET},
    {"IndexIVFFlatPanorama", "IVF8,FlatPanorama4", .metric = METRIC_INNER_PRODUCT,
     .traits = KEEPS_IDS | LACKS_SUBSET, .variant = "IP"},
    {"IndexHNSW", .build = graph_over_l1, .metric = METRIC_L1, .traits = IS_GRAPH | LACKS_FACTORY},
    {"IndexHNSWFlat", "HNSW8", .metric = METRIC_L2, .traits = IS_GRAPH},
    {"IndexHNSWFlat", "HNSW16", .metric = METRIC_INNER_PRODUCT, .traits = IS_GRAPH,
     .variant = "IP"},
    {"IndexHNSWFlatPanorama", "HNSW8,FlatPanorama3", .metric = METRIC_L2, .traits = IS_GRAPH},
    {"IndexHNSWCagra", .build = cagra, .metric = METRIC_L2, .traits = IS_GRAPH | LACKS_FACTORY},
    {"IndexHNSWSQ", "HNSW8,SQ8", .metric = METRIC_L2, .traits = IS_GRAPH | IS_LOSSY},
    {"IndexHNSWPQ", "HNSW8,PQ4x4", .metric = METRIC_L2, .traits = IS_GRAPH | IS_LOSSY},
    {"IndexHNSW2Level", "HNSW8,4+PQ2", .metric = METRIC_L2, .traits = IS_GRAPH | IS_LOSSY},
    {"IndexNSG", .build = nsg_over_l1, .metric = METRIC_L1, .traits = IS_NSG | LACKS_FACTORY,
     .reads_as = "IndexNSGFlat"},
    {"IndexNSGFlat", "NSG8,Flat", .metric = METRIC_L2, .traits = IS_NSG},
    {"IndexNSGFlat", "NSG16,Flat", .metric = METRIC_INNER_PRODUCT, .traits = IS_NSG,
     .variant = "IP"},
    {"IndexNSGSQ", "NSG8,SQ8", .metric = METRIC_L2, .traits = IS_NSG | IS_LOSSY},
    {"IndexNSGPQ", "NSG8,PQ4x4", .metric = METRIC_L2, .traits = IS_NSG | IS_LOSSY},
    {"IndexNNDescent", .build = nndescent_over_l1, .metric = METRIC_L1,
     .traits = IS_POOL_GRAPH | LACKS_FACTORY, .reads_as = "IndexNNDescentFlat"},
    {"IndexNNDescentFlat", .build = nndescent_flat, .metric = METRIC_L2,
     .traits = IS_POOL_GRAPH | LACKS_FACTORY},
    {"IndexIVFFlat", "IVF8(NSG4,Flat),Flat", .metric = METRIC_L2,
     .traits = KEEPS_IDS | LACKS_SUBSET, .variant = "NSG"},
    {"IndexIVFFlat", "IVF8_HNSW4,Flat", .metric = METRIC_L2, .traits = KEEPS_IDS | LACKS_SUBSET,
     .variant = "HNSW"},
    {"IndexIDMap2", "IDMap2,HNSW8", .metric = METRIC_L2,
     .traits = NEEDS_IDS | KEEPS_IDS | LACKS_SUBSET | (IS_GRAPH & ~LACKS_ADD_WITH_IDS),
     .variant = "HNSW"},
    {"IndexIVFScalarQuantizer", "IVF8,SQ8", .metric = METRIC_L2,
     .traits = KEEPS_IDS | LACKS_SUBSET | IS_LOSSY | LACKS_ODD_NUMBERS},
    {"IndexIVFScalarQuantizer", "IVF8,SQ6", .metric = METRIC_INNER_PRODUCT,
     .traits = KEEPS_IDS | LACKS_SUBSET | IS_LOSSY | LACKS_ODD_NUMBERS, .variant = "SQ6"},
    {"IndexIVFScalarQuantizer", "IVF8,SQtq3", .metric = METRIC_INNER_PRODUCT,
     .traits = KEEPS_IDS | LACKS_SUBSET | IS_LOSSY | LACKS_ODD_NUMBERS | SEARCHES_OTHERWISE,
     .variant = "SQtq3"},
    {"IndexIVFScalarQuantizer", "IVF8,SQ0", .metric = METRIC_L2,
     .traits = KEEPS_IDS | LACKS_SUBSET | IS_LOSSY | LACKS_ODD_NUMBERS | HAS_TIES,
     .variant = "SQ0"},
    {"IndexRowwiseMinMax", "MinMax,SQ8", .metric = METRIC_L2,
     .traits = IS_CODEC | IS_LOSSY | ONLY_CODES},
    {"IndexRowwiseMinMaxFP16", "MinMaxFP16,SQ4", .metric = METRIC_INNER_PRODUCT,
     .traits = IS_CODEC | IS_LOSSY | ONLY_CODES},
    {"IndexIVFPQ", .build = ivfpq_nibbles, .metric = METRIC_L2,
     .traits = KEEPS_IDS | LACKS_SUBSET | IS_LOSSY},
    {"IndexIVFPQ", .build = ivfpq_ip, .metric = METRIC_INNER_PRODUCT,
     .traits = KEEPS_IDS | LACKS_SUBSET | IS_LOSSY, .variant = "IP"},
    {"IndexIVFPQ", .build = ivfpq_bytes, .metric = METRIC_L2,
     .traits = KEEPS_IDS | LACKS_SUBSET | IS_LOSSY, .variant = "bytes"},
    {"IndexIVFPQ", .build = ivfpq_polysemous, .metric = METRIC_L2,
     .traits = KEEPS_IDS | LACKS_SUBSET | IS_LOSSY, .variant = "polysemous"},
    {"IndexIVFPQ", .build = ivfpq_without_tables, .metric = METRIC_L2,
     .traits = KEEPS_IDS | LACKS_SUBSET | IS_LOSSY | ROUNDS_ANEW, .variant = "no_tables"},
    {"IndexIVFPQ", .build = ivfpq_of_vectors, .metric = METRIC_L2,
     .traits = KEEPS_IDS | LACKS_SUBSET | IS_LOSSY, .variant = "vectors"},
    {"IndexIVFPQR", .build = ivfpqr, .metric = METRIC_L2,
     .traits = KEEPS_IDS | SEARCHES_OTHERWISE | LACKS_FACTORY | LACKS_ADD_WITH_IDS |
               LACKS_ADD_CODES | LACKS_SELECTOR | LACKS_REMOVE | LACKS_SUBSET | IS_LOSSY},
    {"Index2Layer", .build = two_layers, .metric = METRIC_L2,
     .traits = LACKS_ADD_WITH_IDS | LACKS_FACTORY | IS_LOSSY},
    {"IndexIDMap", "IDMap,Flat", .metric = METRIC_L2,
     .traits = NEEDS_IDS | KEEPS_IDS | LACKS_RECONSTRUCT | LACKS_SUBSET},
    {"IndexIDMap2", "IDMap2,Flat", .metric = METRIC_INNER_PRODUCT,
     .traits = NEEDS_IDS | KEEPS_IDS | LACKS_SUBSET},
    {"IndexIDMap", "IDMap,IVF8,Flat", .metric = METRIC_L2,
     .traits = NEEDS_IDS | KEEPS_IDS | LACKS_RECONSTRUCT | LACKS_SUBSET, .variant = "IVF"},
    {"IndexIDMap2", "IDMap2,L2norm,Flat", .metric = METRIC_L2,
     .traits = NEEDS_IDS | KEEPS_IDS | LACKS_SUBSET | IS_LOSSY, .variant = "L2norm"},
    {"IndexIDMap", "IDMap,PQ4x4np", .metric = METRIC_L2,
     .traits = NEEDS_IDS | LACKS_FACTORY | KEEPS_IDS | LACKS_RECONSTRUCT | LACKS_SUBSET | IS_LOSSY,
     .variant = "PQ"},
    {"IndexIDMap2", "IDMap2,SQ8", .metric = METRIC_INNER_PRODUCT,
     .traits = NEEDS_IDS | KEEPS_IDS | LACKS_SUBSET | IS_LOSSY | LACKS_ODD_NUMBERS,
     .variant = "SQ8"},
    {"IndexIDMap2", "IDMap2,RQ2x4", .metric = METRIC_L2,
     .traits = NEEDS_IDS | KEEPS_IDS | LACKS_SUBSET | IS_LOSSY, .variant = "RQ"},
    {"IndexIDMap2", "IDMap2,LSH16r", .metric = METRIC_L2,
     .traits =
         NEEDS_IDS | KEEPS_IDS | LACKS_SUBSET | IS_LOSSY | SEARCHES_OTHERWISE | LACKS_ODD_NUMBERS,
     .variant = "LSH"},
    {"IndexIDMap2", "IDMap2,IVF8,PQ4x4np", .metric = METRIC_L2,
     .traits = NEEDS_IDS | LACKS_FACTORY | KEEPS_IDS | LACKS_SUBSET | IS_LOSSY, .variant = "IVFPQ"},
    {"IndexPreTransform", "L2norm,IVF8,Flat", .metric = METRIC_INNER_PRODUCT,
     .traits = KEEPS_IDS | LACKS_SUBSET | IS_LOSSY, .variant = "IVF"},
    {"IndexPreTransform", "HR,Pad9,Flat", .metric = METRIC_L2,
     .traits = LACKS_ADD_WITH_IDS | IS_LOSSY, .variant = "rotated"},
    {"IndexPreTransform", "PCA6,RR7,Flat", .metric = METRIC_L2,
     .traits = LACKS_ADD_WITH_IDS | IS_LOSSY, .variant = "matrices"},
    {"IndexPreTransform", .build = itq_and_lsh, .metric = METRIC_L2,
     .traits = LACKS_ADD_WITH_IDS | IS_LOSSY | SEARCHES_OTHERWISE | LACKS_ODD_NUMBERS,
     .variant = "ITQ"},
    {"IndexPreTransform", .build = centered_and_normalized, .metric = METRIC_L2,
     .traits = LACKS_ADD_WITH_IDS | LACKS_FACTORY | IS_LOSSY},
    {"IndexRefine", "IVF8,Flat,Refine(Flat)", .metric = METRIC_L2, .reads_as = "IndexRefineFlat",
     .traits = LACKS_ADD_WITH_IDS | LACKS_ADD_CODES | LACKS_REMOVE | LACKS_MERGE | LACKS_SUBSET},
    {"IndexRefinePanorama", "Flat,RefinePanorama(FlatL2Panorama4_1)", .metric = METRIC_L2,
     .traits = LACKS_ADD_WITH_IDS | LACKS_ADD_CODES | LACKS_REMOVE | LACKS_MERGE | LACKS_SUBSET},
    {"IndexRefineFlat", "Flat,RFlat", .metric = METRIC_INNER_PRODUCT,
     .traits = LACKS_ADD_WITH_IDS | LACKS_ADD_CODES | LACKS_REMOVE | LACKS_MERGE | LACKS_SUBSET |
               LACKS_FACTORY},
    {"IndexRefine", "PQ4x4np,Refine(SQ8)", .metric = METRIC_L2,
     .traits = LACKS_ADD_WITH_IDS | LACKS_ADD_CODES | LACKS_REMOVE | LACKS_MERGE | LACKS_SUBSET |
               SEARCHES_OTHERWISE | LACKS_FACTORY | IS_LOSSY | LACKS_ODD_NUMBERS,
     .variant = "PQ"},
    {"IndexRefineFlat", "SQ4,RFlat", .metric = METRIC_INNER_PRODUCT,
     .traits = LACKS_ADD_WITH_IDS | LACKS_ADD_CODES | LACKS_REMOVE | LACKS_MERGE | LACKS_SUBSET |
               SEARCHES_OTHERWISE | LACKS_ODD_NUMBERS | LACKS_FACTORY,
     .variant = "SQ4"},
    {"IndexRefine", "RQ2x4,Refine(SQfp16)", .metric = METRIC_L2,
     .traits = LACKS_ADD_WITH_IDS | LACKS_ADD_CODES | LACKS_REMOVE | LACKS_MERGE | LACKS_SUBSET |
               SEARCHES_OTHERWISE | IS_LOSSY,
     .variant = "RQ"},
    {"IndexRefineFlat", "LSH16r,RFlat", .metric = METRIC_L2,
     .traits = LACKS_ADD_WITH_IDS | LACKS_ADD_CODES | LACKS_REMOVE | LACKS_MERGE | LACKS_SUBSET |
               SEARCHES_OTHERWISE | LACKS_ODD_NUMBERS | LACKS_FACTORY,
     .variant = "LSH"},
    {"IndexRefine", "IVF8,PQ4x4np,Refine(PQ8x4np)", .metric = METRIC_L2,
     .traits = LACKS_ADD_WITH_IDS | LACKS_ADD_CODES | LACKS_REMOVE | LACKS_MERGE | LACKS_SUBSET |
               SEARCHES_OTHERWISE | LACKS_FACTORY | IS_LOSSY,
     .variant = "IVFPQ"},
    {0},
};

/* ---- other classes --------------------------------------------------------------------------- */

static FaissStatus array_lists (void **out) {
    enum { NLIST = 3, CODE_SIZE = 5 };
    FAISS_OWNED (ArrayInvertedLists) *lists = NULL;
    FAISS_TRY (faiss_ArrayInvertedLists_new_with (&lists, NLIST, CODE_SIZE));
    idx_t ids[] = {7, 5};
    uint8_t codes[2 * CODE_SIZE] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
    FAISS_TRY (faiss_InvertedLists_add_entries (&lists->lists, 1, 2, ids, codes, NULL));
    *out = FAISS_STEAL (lists);
    return FAISS_OK;
}

static FaissStatus panorama_lists (void **out) {
    enum { NLIST = 3, D = 5 };
    FAISS_OWNED (ArrayInvertedListsPanorama) *lists = NULL;
    FAISS_TRY (faiss_ArrayInvertedListsPanorama_new_with (&lists, NLIST, D * sizeof (float), 3, 4));
    idx_t ids[] = {7, 5};
    float codes[2 * D] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
    FAISS_TRY (
        faiss_InvertedLists_add_entries (&lists->lists, 1, 2, ids, (const uint8_t *)codes, NULL));
    *out = FAISS_STEAL (lists);
    return FAISS_OK;
}

static FaissStatus multi_index (void **out) {
    FAISS_OWNED (MultiIndexQuantizer) *index = NULL;
    FAISS_TRY (faiss_MultiIndexQuantizer_new_with (&index, MAX_D, 2, 2));
    FAISS_TRY (faiss_Index_train (&index->index, N_ROWS, sample_rows (MAX_D)));
    *out = FAISS_STEAL (index);
    return FAISS_OK;
}

static FaissStatus multi_index_2 (void **out) {
    FAISS_OWNED (MultiIndexQuantizer2) *index = NULL;
    FAISS_OWNED (Index) *first = NULL;
    FAISS_OWNED (Index) *last = NULL;
    FAISS_TRY (faiss_index_factory (&first, MAX_D / 2, "Flat", METRIC_L2));
    FAISS_TRY (faiss_index_factory (&last, MAX_D / 2, "Flat", METRIC_L2));
    FAISS_TRY (faiss_MultiIndexQuantizer2_new_with_two (&index, MAX_D, 2, first, last));
    index->own_fields = true;
    (void)FAISS_STEAL (first);
    (void)FAISS_STEAL (last);
    FAISS_TRY (faiss_Index_train (&index->index, N_ROWS, sample_rows (MAX_D)));
    *out = FAISS_STEAL (index);
    return FAISS_OK;
}

static FaissStatus linear (void **out) {
    enum { D_OUT = 3 };
    FAISS_OWNED (LinearTransform) *transform = NULL;
    FAISS_TRY (faiss_LinearTransform_new_with (&transform, MAX_D, D_OUT, true));
    FAISS_TRY (faiss_Float32Vector_append (&transform->A, sample_rows (MAX_D), D_OUT * MAX_D));
    FAISS_TRY (faiss_Float32Vector_append (&transform->b, sample_rows (MAX_D), D_OUT));
    transform->transform.is_trained = true;
    *out = FAISS_STEAL (transform);
    return FAISS_OK;
}

static FaissStatus rotation (void **out) {
    FAISS_OWNED (RandomRotationMatrix) *transform = NULL;
    FAISS_TRY (faiss_RandomRotationMatrix_new_with (&transform, MAX_D, MAX_D + 3));
    FAISS_TRY (faiss_RandomRotationMatrix_init (transform, 7));
    *out = FAISS_STEAL (transform);
    return FAISS_OK;
}

static FaissStatus pca (void **out) {
    FAISS_OWNED (PCAMatrix) *transform = NULL;
    FAISS_TRY (faiss_PCAMatrix_new_with (&transform, MAX_D, MAX_D - 2, -0.5f, false));
    transform->balanced_bins = 2;
    transform->epsilon = 0.1f;
    FAISS_TRY (faiss_VectorTransform_train (&transform->transform, N_ROWS, sample_rows (MAX_D)));
    *out = FAISS_STEAL (transform);
    return FAISS_OK;
}

static FaissStatus itq_matrix (void **out) {
    FAISS_OWNED (ITQMatrix) *transform = NULL;
    FAISS_TRY (faiss_ITQMatrix_new_with (&transform, MAX_D));
    transform->max_iter = 3;
    FAISS_TRY (faiss_VectorTransform_train (&transform->transform, N_ROWS, sample_rows (MAX_D)));
    *out = FAISS_STEAL (transform);
    return FAISS_OK;
}

static FaissStatus itq (void **out) {
    FAISS_OWNED (ITQTransform) *transform = NULL;
    FAISS_TRY (faiss_ITQTransform_new_with (&transform, MAX_D, MAX_D - 3, true));
    transform->itq.max_iter = 3;
    FAISS_TRY (faiss_VectorTransform_train (&transform->transform, N_ROWS, sample_rows (MAX_D)));
    *out = FAISS_STEAL (transform);
    return FAISS_OK;
}

static FaissStatus opq (void **out) {
    FAISS_OWNED (OPQMatrix) *transform = NULL;
    FAISS_TRY (faiss_OPQMatrix_new_with (&transform, MAX_D, 2, MAX_D - 2));
    transform->niter = 1;
    transform->niter_pq_0 = 1;
    FAISS_TRY (faiss_VectorTransform_train (&transform->transform, N_ROWS, sample_rows (MAX_D)));
    *out = FAISS_STEAL (transform);
    return FAISS_OK;
}

static FaissStatus remap (void **out) {
    return faiss_RemapDimensionsTransform_new_with ((FaissRemapDimensionsTransform **)out, MAX_D,
                                                    MAX_D + 5, true);
}

static FaissStatus hadamard (void **out) {
    return faiss_HadamardRotation_new_with ((FaissHadamardRotation **)out, MAX_D, 7);
}

static FaissStatus normalization (void **out) {
    return faiss_NormalizationTransform_new_with ((FaissNormalizationTransform **)out, MAX_D, 2);
}

static FaissStatus centering (void **out) {
    FAISS_OWNED (CenteringTransform) *transform = NULL;
    FAISS_TRY (faiss_CenteringTransform_new_with (&transform, MAX_D));
    FAISS_TRY (faiss_VectorTransform_train (&transform->transform, N_ROWS, sample_rows (MAX_D)));
    *out = FAISS_STEAL (transform);
    return FAISS_OK;
}

static FaissStatus neural_codec (void **out) {
    return faiss_IndexNeuralNetCodec_new_with ((FaissIndexNeuralNetCodec **)out, MAX_D, 2, 3,
                                               METRIC_L2);
}

static FaissStatus qinco (void **out) {
    FAISS_OWNED (IndexQINCo) *index = NULL;
    FAISS_TRY (faiss_IndexQINCo_new_with (&index, MAX_D, 3, 2, 2, 4, METRIC_L2));
    index->index.is_trained = true;
    FAISS_TRY (faiss_Index_add (&index->index, 5, sample_rows (MAX_D)));
    *out = FAISS_STEAL (index);
    return FAISS_OK;
}

static FaissStatus residual_coarse (void **out) {
    FAISS_OWNED (ResidualCoarseQuantizer) *index = NULL;
    FAISS_TRY (faiss_ResidualCoarseQuantizer_new_with (&index, MAX_D, 2, 2, METRIC_L2));
    train_briefly (&index->rq.aq);
    FAISS_TRY (faiss_Index_train (&index->index, N_ROWS, sample_rows (MAX_D)));
    FAISS_TRY (faiss_ResidualCoarseQuantizer_set_beam_factor (index, -1));
    *out = FAISS_STEAL (index);
    return FAISS_OK;
}

static FaissStatus local_search_coarse (void **out) {
    FAISS_OWNED (LocalSearchCoarseQuantizer) *index = NULL;
    FAISS_TRY (faiss_LocalSearchCoarseQuantizer_new_with (&index, MAX_D, 2, 2, METRIC_L2));
    train_briefly (&index->lsq.aq);
    FAISS_TRY (faiss_Index_train (&index->index, N_ROWS, sample_rows (MAX_D)));
    *out = FAISS_STEAL (index);
    return FAISS_OK;
}

static const ObjectRecipe object_recipes[] = {
    {"ArrayInvertedLists", array_lists},
    {"ArrayInvertedListsPanorama", panorama_lists},
    {"MultiIndexQuantizer", multi_index},
    {"IndexNeuralNetCodec", neural_codec},
    {"IndexQINCo", qinco},
    {"ResidualCoarseQuantizer", residual_coarse},
    {"LocalSearchCoarseQuantizer", local_search_coarse},
    {"MultiIndexQuantizer2", multi_index_2},
    {"LinearTransform", linear},
    {"RandomRotationMatrix", rotation},
    {"PCAMatrix", pca},
    {"ITQMatrix", itq_matrix},
    {"ITQTransform", itq},
    {"OPQMatrix", opq},
    {"RemapDimensionsTransform", remap},
    {"HadamardRotation", hadamard},
    {"NormalizationTransform", normalization},
    {"CenteringTransform", centering},
    {0},
};

/* ---- lookup ---------------------------------------------------------------------------------- */

const IndexRecipe *next_index_recipe (const char *name, const IndexRecipe *after) {
    for (const IndexRecipe *recipe = after ? after + 1 : index_recipes; recipe->name; recipe++) {
        if (strcmp (recipe->name, name) == 0) {
            return recipe;
        }
    }
    return NULL;
}

const ObjectRecipe *object_recipe (const char *name) {
    for (const ObjectRecipe *recipe = object_recipes; recipe->name; recipe++) {
        if (strcmp (recipe->name, name) == 0) {
            return recipe;
        }
    }
    return NULL;
}

#define FAISS_CLASS(name, constructor)                                                             \
    static FaissStatus new_##name (void **out) {                                                   \
        Faiss##name *object = NULL;                                                                \
        FAISS_TRY (constructor (&object));                                                         \
        *out = object;                                                                             \
        return FAISS_OK;                                                                           \
    }
#include <faiss/impl/classes.def>
#undef FAISS_CLASS

#define FAISS_CLASS(name, constructor) new_##name,
FaissStatus default_object (size_t position, void **out) {
    static FaissStatus (*const constructors[]) (void **) = {
#include <faiss/impl/classes.def>
    };
    return constructors[position](out);
}

/* ---- sample data ----------------------------------------------------------------------------- */

static float rows[N_ROWS * MAX_D], queries[N_QUERIES * MAX_D];

static void make_data (void) {
    if (rows[0] == 0) {
        TestRandom random = {42};
        testing_floats (&random, rows, N_ROWS * MAX_D);
        testing_floats (&random, queries, N_QUERIES * MAX_D);
        for (int i = 0; i < N_ROWS; i++) { /* for d = 1: distinct numbers */
            rows[i] += (float)i * 1e-4f;
        }
    }
}

const float *sample_rows (int d) {
    (void)d; /* any d components of the same numbers are as good */
    make_data ();
    return rows;
}

const float *sample_queries (int d) {
    (void)d;
    make_data ();
    return queries;
}

idx_t sample_id (idx_t row) {
    return 1000 + 7 * row;
}

/* ---- indexes from recipes -------------------------------------------------------------------- */

FaissStatus recipe_build (const IndexRecipe *recipe, FaissIndex **out) {
    if (recipe->factory) {
        return faiss_index_factory (out, recipe->d ? recipe->d : MAX_D, recipe->factory,
                                    recipe->metric);
    }
    return recipe->build (out);
}

FaissStatus recipe_add (const IndexRecipe *recipe, FaissIndex *index, idx_t first, idx_t last) {
    const float *x = sample_rows (index->d) + first * index->d;
    if (recipe->traits & IS_CODEC) {
        return FAISS_OK;
    }
    if (!(recipe->traits & NEEDS_IDS)) {
        return faiss_Index_add (index, last - first, x);
    }
    idx_t ids[N_ROWS];
    for (idx_t i = first; i < last; i++) {
        ids[i - first] = sample_id (i);
    }
    return faiss_Index_add_with_ids (index, last - first, x, ids);
}

FaissStatus set_if_known (FaissIndex *index, const char *name, double value) {
    bool known;
    return index->cls->set_parameter (index, name, value, &known);
}

FaissStatus visit_everything (FaissIndex *index) {
    FAISS_TRY (set_if_known (index, "nprobe", 8));
    FAISS_TRY (set_if_known (index, "search_L", N_ROWS));
    return set_if_known (index, "efSearch", 2 * N_ROWS);
}

FaissStatus recipe_build_full (const IndexRecipe *recipe, FaissIndex **out) {
    FAISS_OWNED (Index) *index = NULL;
    FAISS_TRY (recipe_build (recipe, &index));
    FAISS_TRY (faiss_Index_train (index, N_ROWS, sample_rows (index->d)));
    FAISS_TRY (visit_everything (index));
    FAISS_TRY (recipe_add (recipe, index, 0, N_ROWS));
    *out = FAISS_STEAL (index);
    return FAISS_OK;
}

idx_t recipe_label (const IndexRecipe *recipe, idx_t row) {
    return recipe->traits & NEEDS_IDS ? sample_id (row) : row;
}

FaissIndex *without_wrappers (FaissIndex *index) {
    for (;;) {
        FaissIndexIDMap *map = faiss_IndexIDMap_cast (index);
        FaissIndexPreTransform *transformed = faiss_IndexPreTransform_cast (index);
        if (!map && !transformed) {
            return index;
        }
        index = map ? map->index : transformed->index;
    }
}

FaissStatus selecting_params (const FaissIndex *index, FaissIDSelector *sel,
                              FaissSearchParameters **out) {
    if (faiss_IndexIVF_cast (without_wrappers ((FaissIndex *)index)) ||
        faiss_IndexIVFIndependentQuantizer_cast ((FaissIndex *)index)) {
        FaissSearchParametersIVF *params = NULL;
        FAISS_TRY (faiss_SearchParametersIVF_new_with (&params, sel, 8, 0));
        *out = &params->params;
        return FAISS_OK;
    }
    const FaissIndexRefine *refine = faiss_IndexRefine_cast ((FaissIndex *)index);
    if (refine) {
        static FaissSearchParameters *base_params; /* borrowed by the result */
        FaissIndexRefineSearchParameters *params = NULL;
        faiss_SearchParameters_free (base_params);
        base_params = NULL;
        FAISS_TRY (selecting_params (refine->base_index, sel, &base_params));
        FAISS_TRY (faiss_IndexRefineSearchParameters_new_with (&params, N_ROWS, base_params));
        *out = &params->params;
        return FAISS_OK;
    }
    return faiss_SearchParameters_new (out, sel);
}

/* Instead of a file, for comparisons. */
static FaissStatus content_without_file (const FaissIndex *index, FaissUInt8Vector *bytes) {
    const FaissIndexFlatCodes *codes = faiss_IndexFlatCodes_cast ((FaissIndex *)index);
    if (codes) {
        FAISS_TRY (faiss_UInt8Vector_append (bytes, codes->codes.data, codes->codes.size));
    }
    return faiss_UInt8Vector_append (bytes, (const uint8_t *)&index->ntotal, sizeof index->ntotal);
}

FaissStatus index_bytes (const FaissIndex *index, FaissUInt8Vector *bytes) {
    if (faiss_IndexRandom_cast ((FaissIndex *)index) ||
        (faiss_IndexLattice_cast ((FaissIndex *)index) && index->ntotal > 0)) {
        return content_without_file (index, bytes);
    }
    FaissVectorIOWriter *writer = NULL;
    FAISS_TRY (faiss_VectorIOWriter_new (&writer));
    FaissStatus status = faiss_write_index_custom (index, &writer->writer, 0);
    if (status == FAISS_OK) {
        faiss_UInt8Vector_swap (bytes, &writer->data);
    }
    faiss_IOWriter_free (&writer->writer);
    return status;
}

FaissStatus index_from_bytes (const FaissUInt8Vector *bytes, FaissIndex **out) {
    FaissVectorIOReader *reader = NULL;
    FAISS_TRY (faiss_VectorIOReader_new_with (&reader, bytes->data, bytes->size));
    FaissStatus status = faiss_read_index_custom (&reader->reader, 0, out);
    faiss_IOReader_free (&reader->reader);
    return status;
}
