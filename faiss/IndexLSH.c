/* Locality-sensitive hashing: one bit per random direction. */
#include <faiss/IndexLSH.h>

#include <string.h>

#include <faiss/impl/check.h>
#include <faiss/impl/factory_rule.h>
#include <faiss/impl/index_check.h>
#include <faiss/impl/io_fields.h>
#include <faiss/impl/median.h>
#include <faiss/impl/parallel.h>
#include <faiss/utils/hamming.h>
#include <faiss/utils/string.h>

#define THIS(pointer) FAISS_SELF (IndexLSH, index, pointer)
#define CONST_THIS(pointer) FAISS_CONST_SELF (IndexLSH, index, pointer)

/// Vectors that are projected at a time.
enum { BLOCK = 512 };

/* ---- codes ----------------------------------------------------------------------------------- */

/* Files and programs can put anything into the parts. */
static FaissStatus check_parts (const FaissIndexLSH *self) {
    FAISS_REQUIRE (self->nbits >= 0 && self->flat_codes.code_size == ((size_t)self->nbits + 7) / 8,
                   "code_size=%zu does not fit nbits=%d", self->flat_codes.code_size, self->nbits);
    FAISS_REQUIRE (self->rotate_data || self->nbits <= self->index.d,
                   "expected nbits <= d=%d without a rotation, got %d", self->index.d, self->nbits);
    FAISS_REQUIRE (!self->train_thresholds || self->thresholds.size == (size_t)self->nbits,
                   "expected %d thresholds, got %zu", self->nbits, self->thresholds.size);
    const FaissVectorTransform *rotation = &self->rrot.transform;
    FAISS_REQUIRE (!self->rotate_data ||
                       (rotation->d_in == self->index.d && rotation->d_out == self->nbits),
                   "expected a rotation from d=%d to nbits=%d, got one from %d to %d",
                   self->index.d, self->nbits, rotation->d_in, rotation->d_out);
    return FAISS_OK;
}

/* Projections without thresholds; x itself where there is nothing to do. */
static FaissStatus project (const FaissIndexLSH *self, idx_t n, const float *x, float *buffer,
                            const float **out) {
    size_t d = (size_t)self->index.d, nbits = (size_t)self->nbits;
    *out = buffer;
    if (self->rotate_data) {
        return self->rrot.transform.cls->apply_noalloc (&self->rrot.transform, n, x, buffer);
    }
    if (d == nbits) {
        *out = x;
        return FAISS_OK;
    }
    for (size_t i = 0; i < (size_t)n; i++) {
        memcpy (buffer + i * nbits, x + i * d, nbits * sizeof *x);
    }
    return FAISS_OK;
}

static FaissStatus preprocess (const FaissIndexLSH *self, idx_t n, const float *x, float *buffer,
                               const float **out) {
    FAISS_TRY (project (self, n, x, buffer, out));
    if (!self->train_thresholds) {
        return FAISS_OK;
    }
    size_t nbits = (size_t)self->nbits;
    for (size_t i = 0; i < (size_t)n; i++) {
        for (size_t j = 0; j < nbits; j++) {
            buffer[i * nbits + j] = (*out)[i * nbits + j] - self->thresholds.data[j];
        }
    }
    *out = buffer;
    return FAISS_OK;
}

static FaissStatus encode_block (const FaissIndexLSH *self, idx_t n, const float *x, float *buffer,
                                 uint8_t *codes) {
    size_t nbits = (size_t)self->nbits;
    const float *projected = NULL;
    FAISS_TRY (preprocess (self, n, x, buffer, &projected));
    for (size_t i = 0; i < (size_t)n; i++) {
        faiss_fvec2bitvec (projected + i * nbits, codes + i * self->flat_codes.code_size, nbits);
    }
    return FAISS_OK;
}

static FaissStatus IndexLSH_sa_encode (const FaissIndex *index, idx_t n, const float *x,
                                       uint8_t *bytes) {
    const FaissIndexLSH *self = CONST_THIS (index);
    FAISS_TRY (check_parts (self));
    idx_t n_blocks = (n + BLOCK - 1) / BLOCK;
    FaissRegion region = {0};
#pragma omp parallel num_threads(faiss_threads_for(n_blocks))
    {
        float *buffer = NULL;
        faiss_region_note (&region,
                           faiss_alloc (&buffer, BLOCK * (size_t)self->nbits, sizeof *buffer));
#pragma omp for
        for (idx_t block = 0; block < n_blocks; block++) {
            idx_t first = block * BLOCK, left = n - first;
            if (!faiss_region_failed (&region)) {
                faiss_region_note (
                    &region, encode_block (self, left < BLOCK ? left : BLOCK,
                                           x + (size_t)first * (size_t)index->d, buffer,
                                           bytes + (size_t)first * self->flat_codes.code_size));
            }
        }
        free (buffer);
    }
    return faiss_region_close (&region);
}

/* The projections become 1 and -1, thresholds added. */
static FaissStatus IndexLSH_sa_decode (const FaissIndex *index, idx_t n, const uint8_t *bytes,
                                       float *x) {
    const FaissIndexLSH *self = CONST_THIS (index);
    FAISS_TRY (check_parts (self));
    size_t d = (size_t)index->d, nbits = (size_t)self->nbits;
    FAISS_AUTO_FREE (float) *projected = NULL;
    FAISS_TRY (faiss_alloc (&projected, (size_t)n * nbits, sizeof *projected));
    faiss_bitvecs2fvecs (bytes, projected, nbits, (size_t)n);
    for (size_t i = 0; self->train_thresholds && i < (size_t)n * nbits; i++) {
        projected[i] += self->thresholds.data[i % nbits];
    }
    if (self->rotate_data) {
        const FaissVectorTransform *rotation = &self->rrot.transform;
        return rotation->cls->reverse_transform (rotation, n, projected, x);
    }
    for (size_t i = 0; i < (size_t)n; i++) {
        memcpy (x + i * d, projected + i * nbits, nbits * sizeof *x);
        memset (x + i * d + nbits, 0, (d - nbits) * sizeof *x);
    }
    return FAISS_OK;
}

float *faiss_IndexLSH_apply_preprocess (const FaissIndexLSH *self, idx_t n, const float *x) {
    FAISS_AUTO_FREE (float) *buffer = NULL;
    const float *projected = NULL;
    if (faiss_check_vectors (__func__, self ? &self->index : NULL, n, x, "x") != FAISS_OK ||
        check_parts (self) != FAISS_OK ||
        faiss_alloc (&buffer, (size_t)n * (size_t)self->nbits, sizeof *buffer) != FAISS_OK ||
        preprocess (self, n, x, buffer, &projected) != FAISS_OK) {
        return NULL;
    }
    if (projected != buffer) {
        memcpy (buffer, projected, (size_t)n * (size_t)self->nbits * sizeof *buffer);
    }
    return FAISS_STEAL (buffer);
}

/* ---- training -------------------------------------------------------------------------------- */

static FaissStatus IndexLSH_train (FaissIndex *index, idx_t n, const float *x) {
    FaissIndexLSH *self = THIS (index);
    if (!self->train_thresholds) {
        index->is_trained = true;
        return FAISS_OK;
    }
    FAISS_REQUIRE (n > 0, "expected at least one training vector, got none");
    size_t nbits = (size_t)self->nbits;
    FAISS_AUTO (Float32Vector) thresholds = {0};
    FAISS_AUTO_FREE (float) *buffer = NULL;
    FAISS_AUTO_FREE (float) *values = NULL;
    const float *projected = NULL;
    FAISS_TRY (faiss_Float32Vector_resize (&thresholds, nbits));
    FAISS_TRY (faiss_alloc (&buffer, (size_t)n * nbits, sizeof *buffer));
    FAISS_TRY (faiss_alloc (&values, (size_t)n, sizeof *values));
    FAISS_TRY (project (self, n, x, buffer, &projected));
    for (size_t j = 0; j < nbits; j++) {
        FAISS_TRY (faiss_check_interrupt ());
        for (size_t i = 0; i < (size_t)n; i++) {
            values[i] = projected[i * nbits + j];
        }
        thresholds.data[j] = faiss_median (values, (size_t)n);
    }
    faiss_Float32Vector_swap (&self->thresholds, &thresholds);
    index->is_trained = true;
    return FAISS_OK;
}

FaissStatus faiss_IndexLSH_transfer_thresholds (FaissIndexLSH *self, FaissLinearTransform *vt) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE_ARG (vt);
    FAISS_REQUIRE (self->train_thresholds, "the index has no thresholds");
    FAISS_REQUIRE (self->thresholds.size == (size_t)self->nbits, "the index is not trained");
    FAISS_REQUIRE (vt->transform.d_out == self->nbits, "expected a transform to nbits=%d, got %d",
                   self->nbits, vt->transform.d_out);
    if (!vt->have_bias) {
        FAISS_AUTO (Float32Vector) zeros = {0};
        FAISS_TRY (faiss_Float32Vector_resize (&zeros, (size_t)self->nbits));
        faiss_Float32Vector_swap (&vt->b, &zeros);
        vt->have_bias = true;
    }
    FAISS_REQUIRE (vt->b.size == (size_t)self->nbits, "expected a bias of %d elements, got %zu",
                   self->nbits, vt->b.size);
    for (size_t j = 0; j < vt->b.size; j++) {
        vt->b.data[j] -= self->thresholds.data[j];
    }
    self->train_thresholds = false;
    faiss_Float32Vector_clear (&self->thresholds);
    return FAISS_OK;
}

/* ---- search ---------------------------------------------------------------------------------- */

static FaissStatus IndexLSH_search (const FaissIndex *index, idx_t n, const float *x, idx_t k,
                                    const FaissSearchParameters *params, float *distances,
                                    idx_t *labels) {
    const FaissIndexFlatCodes *codes = &CONST_THIS (index)->flat_codes;
    FAISS_AUTO_FREE (uint8_t) *queries = NULL;
    FAISS_TRY (faiss_IndexFlatCodes_check_size (codes));
    FAISS_TRY (faiss_alloc (&queries, (size_t)n, codes->code_size));
    FAISS_TRY (IndexLSH_sa_encode (index, n, x, queries));
    return faiss_knn_hamming (queries, codes->codes.data, (size_t)n, (size_t)index->ntotal,
                              codes->code_size, (size_t)k, params ? params->sel : NULL, distances,
                              labels);
}

static bool same_floats (const FaissFloat32Vector *a, const FaissFloat32Vector *b) {
    return a->size == b->size &&
           (a->size == 0 || memcmp (a->data, b->data, a->size * sizeof *a->data) == 0);
}

static FaissStatus IndexLSH_check_compatible_for_merge (const FaissIndex *index,
                                                        const FaissIndex *other_index) {
    FAISS_TRY (faiss_IndexFlatCodes_class.index.check_compatible_for_merge (index, other_index));
    const FaissIndexLSH *self = CONST_THIS (index), *other = CONST_THIS (other_index);
    FAISS_REQUIRE (other->nbits == self->nbits && other->rotate_data == self->rotate_data &&
                       other->train_thresholds == self->train_thresholds &&
                       same_floats (&other->rrot.linear.A, &self->rrot.linear.A) &&
                       same_floats (&other->thresholds, &self->thresholds),
                   "the bits have other meanings: rotations or thresholds differ");
    return FAISS_OK;
}

/* ---- copies, files, descriptions ------------------------------------------------------------- */

static void IndexLSH_finalize (void *object) {
    FaissIndexLSH *self = object;
    faiss_object_clear (&self->rrot);
    faiss_Float32Vector_clear (&self->thresholds);
}

static FaissStatus IndexLSH_copy (void *object, const void *other_object) {
    FaissIndexLSH *self = object;
    const FaissIndexLSH *other = other_object;
    self->nbits = other->nbits;
    self->rotate_data = other->rotate_data;
    self->train_thresholds = other->train_thresholds;
    FAISS_TRY (faiss_object_assign (&self->rrot, &other->rrot));
    return faiss_Float32Vector_append (&self->thresholds, other->thresholds.data,
                                       other->thresholds.size);
}

static FaissStatus check_file (const FaissIndexLSH *self, FaissIOReader *r) {
    const FaissVectorTransform *rotation = &self->rrot.transform;
    FAISS_REQUIRE_FILE (r, rotation->d_in == self->index.d && rotation->d_out == self->nbits,
                        "expected a rotation from d=%d to nbits=%d, got one from %d to %d",
                        self->index.d, self->nbits, rotation->d_in, rotation->d_out);
    size_t ntotal = (size_t)self->index.ntotal, code_size = self->flat_codes.code_size;
    size_t size = self->flat_codes.codes.size;
    FAISS_REQUIRE_FILE (
        r, code_size == 0 ? size == 0 : size % code_size == 0 && size / code_size == ntotal,
        "codes has %zu bytes, expected ntotal=%zu times %zu", size, ntotal, code_size);
    return FAISS_OK;
}

/* Old files count in words of 8 bytes; nbits is a multiple of 64 there. */
static FaissStatus IndexLSH_read (void **out, FaissIOReader *r, uint32_t tag, int io_flags) {
    FAISS_OWNED (IndexLSH) *self = NULL;
    FAISS_OWNED (RandomRotationMatrix) *rotation = NULL;
    bool is_old = tag == FAISS_FOURCC ("IxHE");
    int code_size = 0;
    FAISS_TRY (faiss_IndexLSH_new_default (&self));
    FAISS_TRY (faiss_read_index_header (r, &self->index));
    FAISS_TRY (faiss_read_i32 (r, &self->nbits, "nbits"));
    FAISS_TRY (faiss_read_bool (r, &self->rotate_data, "rotate_data"));
    FAISS_TRY (faiss_read_bool (r, &self->train_thresholds, "train_thresholds"));
    FAISS_TRY (faiss_read_Float32Vector (r, &self->thresholds, "thresholds"));
    FAISS_TRY (faiss_read_i32 (r, &code_size, "code_size"));
    FAISS_REQUIRE_FILE (r, self->nbits >= 0 && (!is_old || self->nbits % 64 == 0),
                        "expected %s bits, got %d", is_old ? "a multiple of 64" : "at least 0",
                        self->nbits);
    int expected = is_old ? self->nbits / 64 : self->nbits / 8 + (self->nbits % 8 != 0);
    FAISS_REQUIRE_FILE (r, code_size == expected, "expected code_size=%d for nbits=%d, got %d",
                        expected, self->nbits, code_size);
    self->flat_codes.code_size = (size_t)code_size * (is_old ? 8 : 1);
    FAISS_TRY (faiss_read_object (r, &faiss_RandomRotationMatrix_class.head, io_flags, &rotation));
    FAISS_REQUIRE_FILE (r, rotation, "the rotation is missing");
    faiss_object_swap (&self->rrot, rotation);
    FAISS_TRY (faiss_read_UInt8Vector (r, &self->flat_codes.codes, "codes"));
    FAISS_TRY (check_file (self, r));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

static FaissStatus IndexLSH_write (const void *object, FaissIOWriter *w, int io_flags) {
    const FaissIndexLSH *self = object;
    FAISS_TRY (faiss_write_tag (w, "IxHe"));
    FAISS_TRY (faiss_write_index_header (w, &self->index));
    FAISS_TRY (faiss_write_i32 (w, self->nbits));
    FAISS_TRY (faiss_write_bool (w, self->rotate_data));
    FAISS_TRY (faiss_write_bool (w, self->train_thresholds));
    FAISS_TRY (faiss_write_Float32Vector (w, &self->thresholds));
    FAISS_TRY (faiss_write_i32 (w, (int)self->flat_codes.code_size));
    FAISS_TRY (faiss_write_object (w, &self->rrot, io_flags));
    return faiss_write_UInt8Vector (w, &self->flat_codes.codes);
}

static FaissStatus build (const FaissFactoryContext *context, void *out) {
    int nbits = 0;
    bool rotate = context->groups[2] && context->groups[2][0];
    bool train = context->groups[3] && context->groups[3][0];
    FAISS_REQUIRE (context->metric == METRIC_L2, "LSH is for METRIC_L2 only");
    FAISS_TRY (faiss_factory_int (context->groups[1], context->d, &nbits));
    return faiss_IndexLSH_new_with_options (out, context->d, nbits, rotate, train);
}

static const FaissFactoryRule factory_rules[] = {
    {"LSH([0-9]*)(r?)(t?)", FAISS_FACTORY_INDEX, "LSH[<nbits>][r][t]",
     "signs of components, compared by Hamming distance; r: rotate first, t: train thresholds",
     build},
    {0},
};

static FaissStatus IndexLSH_describe (const void *object, FaissString *out) {
    const FaissIndexLSH *self = object;
    FAISS_TRY (faiss_String_printf (out, "LSH"));
    if (self->nbits != self->index.d) {
        FAISS_TRY (faiss_String_printf (out, "%d", self->nbits));
    }
    return faiss_String_printf (out, "%s%s", self->rotate_data ? "r" : "",
                                self->train_thresholds ? "t" : "");
}

/* What a field was set to may not fit the others. */
static FaissStatus IndexLSH_check (const void *object) {
    const FaissIndexLSH *self = object;
    const size_t bits = (size_t)self->nbits;
    FAISS_REQUIRE (self->nbits >= 0 && self->flat_codes.code_size == (bits + 7) / 8,
                   "nbits=%d does not fit code_size=%zu", self->nbits, self->flat_codes.code_size);
    FAISS_REQUIRE (self->rotate_data || self->nbits <= self->index.d,
                   "expected nbits <= d=%d without rotate_data, got %d", self->index.d,
                   self->nbits);
    FAISS_REQUIRE (!self->rotate_data || (self->rrot.transform.d_in == self->index.d &&
                                          self->rrot.transform.d_out == self->nbits),
                   "expected a rotation from %d to %d dimensions", self->index.d, self->nbits);
    FAISS_REQUIRE (self->thresholds.size == 0 || self->thresholds.size == bits,
                   "expected %d thresholds, got %zu", self->nbits, self->thresholds.size);
    FAISS_TRY (faiss_object_check (&self->rrot));
    return FAISS_OK;
}

FaissIndexFlatCodesClass faiss_IndexLSH_class = {
    .index = {.head = {.name = "IndexLSH",
                       .parent = &faiss_IndexFlatCodes_class.index.head,
                       .instance_size = sizeof (FaissIndexLSH),
                       .table_size = sizeof (FaissIndexFlatCodesClass),
                       .check = IndexLSH_check,
                       .finalize = IndexLSH_finalize,
                       .copy = IndexLSH_copy,
                       .tags = "IxHe IxHE",
                       .read = IndexLSH_read,
                       .write = IndexLSH_write,
                       .factory = factory_rules,
                       .describe = IndexLSH_describe},
              .train = IndexLSH_train,
              .search = IndexLSH_search,
              .sa_encode = IndexLSH_sa_encode,
              .sa_decode = IndexLSH_sa_decode,
              .check_compatible_for_merge = IndexLSH_check_compatible_for_merge},
};

/* ---- life ------------------------------------------------------------------------------------ */

static FaissStatus init (FaissIndexLSH *self, idx_t d, int nbits, bool rotate_data,
                         bool train_thresholds) {
    enum { SEED = 5 };
    FAISS_REQUIRE (nbits >= 0 && nbits <= FAISS_MAX_DIMENSION, "expected 0 <= nbits <= %d, got %d",
                   FAISS_MAX_DIMENSION, nbits);
    FAISS_REQUIRE (rotate_data || nbits <= d, "expected nbits <= d=%lld without a rotation, got %d",
                   (long long)d, nbits);
    FAISS_TRY (
        faiss_IndexFlatCodes_init (&self->flat_codes, ((size_t)nbits + 7) / 8, d, METRIC_L2));
    self->nbits = nbits;
    self->rotate_data = rotate_data;
    self->train_thresholds = train_thresholds;
    self->index.is_trained = !train_thresholds;
    FAISS_TRY (faiss_LinearTransform_init (&self->rrot.linear, (int)d, nbits, false));
    return rotate_data ? faiss_RandomRotationMatrix_init (&self->rrot, SEED) : FAISS_OK;
}

static FaissStatus new_index (FaissIndexLSH **out, idx_t d, int nbits, bool rotate_data,
                              bool train_thresholds) {
    FAISS_REQUIRE_ARG (out);
    FAISS_OWNED (IndexLSH) *self = NULL;
    FAISS_TRY (faiss_object_new (&self, &faiss_IndexLSH_class.index.head));
    faiss_object_init (&self->rrot, &faiss_RandomRotationMatrix_class.head);
    FAISS_TRY (init (self, d, nbits, rotate_data, train_thresholds));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

FaissStatus faiss_IndexLSH_new_default (FaissIndexLSH **out) {
    return new_index (out, 0, 0, false, false);
}

FaissStatus faiss_IndexLSH_new (FaissIndexLSH **out, idx_t d, int nbits) {
    return new_index (out, d, nbits, true, false);
}

FaissStatus faiss_IndexLSH_new_with_options (FaissIndexLSH **out, idx_t d, int nbits,
                                             int rotate_data, int train_thresholds) {
    return new_index (out, d, nbits, rotate_data != 0, train_thresholds != 0);
}

void faiss_IndexLSH_free (FaissIndexLSH *self) {
    faiss_object_free (self);
}

FaissIndexLSH *faiss_IndexLSH_cast (FaissIndex *index) {
    return faiss_object_cast (index, &faiss_IndexLSH_class.index.head);
}

int faiss_IndexLSH_nbits (const FaissIndexLSH *self) {
    return self ? self->nbits : 0;
}

int faiss_IndexLSH_code_size (const FaissIndexLSH *self) {
    return self ? (int)self->flat_codes.code_size : 0;
}

int faiss_IndexLSH_bytes_per_vec (const FaissIndexLSH *self) {
    return self ? (int)self->flat_codes.code_size : 0;
}

int faiss_IndexLSH_rotate_data (const FaissIndexLSH *self) {
    return self ? self->rotate_data : 0;
}

int faiss_IndexLSH_train_thresholds (const FaissIndexLSH *self) {
    return self ? self->train_thresholds : 0;
}
