/* Points with integer coordinates on a sphere: the nearest one, and numbers by arrangements. */
#include <faiss/impl/lattice_Zn.h>

#include <math.h>
#include <string.h>

#include <faiss/impl/check.h>
#include <faiss/impl/lattice_limits.h>
#include <faiss/impl/parallel.h>
#include <faiss/kernels/kernels.h>

#define NAME RepeatVector
#define T FaissRepeat
#include <faiss/utils/vector_tmpl.h>

#define NAME ZnCodeSegmentVector
#define T FaissZnCodeSegment
#include <faiss/utils/vector_tmpl.h>

/* ---- EnumeratedVectors ----------------------------------------------------------------------- */

FaissEnumeratedVectorsClass faiss_EnumeratedVectors_class = {
    .head = {.name = "EnumeratedVectors",
             .instance_size = sizeof (FaissEnumeratedVectors),
             .table_size = sizeof (FaissEnumeratedVectorsClass)},
};

void faiss_EnumeratedVectors_free (FaissEnumeratedVectors *self) {
    faiss_object_free (self);
}

FaissStatus faiss_EnumeratedVectors_encode (const FaissEnumeratedVectors *self, const float *x,
                                            uint64_t *out) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE_ARG (x);
    FAISS_REQUIRE_ARG (out);
    return self->cls->encode (self, x, out);
}

FaissStatus faiss_EnumeratedVectors_decode (const FaissEnumeratedVectors *self, uint64_t code,
                                            float *c) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE_ARG (c);
    FAISS_REQUIRE (code < self->nv, "expected a code below nv=%llu, got %llu",
                   (unsigned long long)self->nv, (unsigned long long)code);
    return self->cls->decode (self, code, c);
}

FaissStatus faiss_EnumeratedVectors_encode_multi (const FaissEnumeratedVectors *self, size_t nc,
                                                  const float *c, uint64_t *codes) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE (nc == 0 || (c && codes), "an array is NULL");
    FaissRegion region = {0};
#pragma omp parallel for num_threads(faiss_threads_for((int64_t)(nc / 256 + 1)))
    for (size_t i = 0; i < nc; i++) {
        faiss_region_note (&region, self->cls->encode (self, c + i * (size_t)self->dim, &codes[i]));
    }
    return faiss_region_close (&region);
}

FaissStatus faiss_EnumeratedVectors_decode_multi (const FaissEnumeratedVectors *self, size_t nc,
                                                  const uint64_t *codes, float *c) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE (nc == 0 || (c && codes), "an array is NULL");
    FaissRegion region = {0};
#pragma omp parallel for num_threads(faiss_threads_for((int64_t)(nc / 256 + 1)))
    for (size_t i = 0; i < nc; i++) {
        faiss_region_note (
            &region, faiss_EnumeratedVectors_decode (self, codes[i], c + i * (size_t)self->dim));
    }
    return faiss_region_close (&region);
}

FaissStatus faiss_EnumeratedVectors_find_nn (const FaissEnumeratedVectors *self, size_t n,
                                             const uint64_t *codes, size_t nq, const float *xq,
                                             int64_t *idx, float *dis) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE (n == 0 || codes, "codes is NULL");
    FAISS_REQUIRE (nq == 0 || (xq && idx && dis), "an array is NULL");
    size_t dim = (size_t)self->dim;
    FAISS_AUTO_FREE (float) *c = NULL;
    FAISS_TRY (faiss_alloc (&c, dim, sizeof *c));
    for (size_t q = 0; q < nq; q++) {
        idx[q] = -1;
        dis[q] = -HUGE_VALF;
    }
    for (size_t i = 0; i < n; i++) {
        FAISS_TRY (faiss_EnumeratedVectors_decode (self, codes[i], c));
        for (size_t q = 0; q < nq; q++) {
            float product = faiss_kernels.fvec_inner_product (c, xq + q * dim, dim);
            if (product > dis[q]) {
                dis[q] = product;
                idx[q] = (int64_t)i;
            }
        }
    }
    return FAISS_OK;
}

/* ---- ZnSphereSearch -------------------------------------------------------------------------- */

static FaissStatus check_sphere (int dim, int r2) {
    FAISS_REQUIRE (dim > 0 && dim <= FAISS_LATTICE_MAX_DIM && r2 >= 0 && r2 <= FAISS_LATTICE_MAX_R2,
                   "expected 0 < dim <= %d and 0 <= r2 <= %d, got dim=%d, r2=%d",
                   FAISS_LATTICE_MAX_DIM, FAISS_LATTICE_MAX_R2, dim, r2);
    return FAISS_OK;
}

/* All ways to write r2 as a sum of dim squares, the largest first: descending in order of text. */
static FaissStatus list_atoms (int dim, int r2, FaissFloat32Vector *voc) {
    int c[FAISS_LATTICE_MAX_DIM] = {0}, left[FAISS_LATTICE_MAX_DIM + 1] = {r2};
    int at = 0;
    c[0] = (int)sqrt (r2) + 1;
    while (at >= 0) {
        /* the next smaller value here; what is left must be possible with the coordinates left */
        do {
            c[at]--;
        } while (c[at] >= 0 && c[at] * c[at] > left[at]);
        if (c[at] < 0 || c[at] * c[at] * (dim - at) < left[at]) {
            at--;
            continue;
        }
        left[at + 1] = left[at] - c[at] * c[at];
        if (at + 1 < dim) {
            at++;
            c[at] = c[at - 1] + 1;
            continue;
        }
        if (left[dim] == 0) {
            FAISS_REQUIRE (voc->size < FAISS_LATTICE_MAX_VOC, "dim=%d, r2=%d: too many points", dim,
                           r2);
            for (int i = 0; i < dim; i++) {
                FAISS_TRY (faiss_Float32Vector_push_back (voc, (float)c[i]));
            }
        }
    }
    return FAISS_OK;
}

static FaissStatus init_search (FaissZnSphereSearch *self, int dim, int r2) {
    FAISS_TRY (check_sphere (dim, r2));
    FAISS_TRY (list_atoms (dim, r2, &self->voc));
    self->dimS = dim;
    self->r2 = r2;
    self->natom = (int)(self->voc.size / (size_t)dim);
    return FAISS_OK;
}

FaissStatus faiss_ZnSphereSearch_new_with (FaissZnSphereSearch **out, int dim, int r2) {
    FAISS_REQUIRE_ARG (out);
    FAISS_AUTO_FREE (FaissZnSphereSearch) *self = NULL;
    FAISS_TRY (faiss_alloc_zeroed (&self, 1, sizeof *self));
    FaissStatus status = init_search (self, dim, r2);
    if (status != FAISS_OK) {
        faiss_Float32Vector_clear (&self->voc);
        return status;
    }
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

void faiss_ZnSphereSearch_free (FaissZnSphereSearch *self) {
    if (self) {
        faiss_Float32Vector_clear (&self->voc);
        free (self);
    }
}

/* Magnitudes in descending order, and where they are; of equal ones the first comes first. */
static void sort_magnitudes (size_t dim, const float *x, float *magnitudes, int *order) {
    for (size_t i = 0; i < dim; i++) {
        float magnitude = fabsf (x[i]);
        size_t at = i;
        for (; at > 0 && magnitudes[at - 1] < magnitude; at--) {
            magnitudes[at] = magnitudes[at - 1];
            order[at] = order[at - 1];
        }
        magnitudes[at] = magnitude;
        order[at] = (int)i;
    }
}

/* The nearest point, which atom it is of, and the inner product. */
static FaissStatus nearest (int dim_in, int natom, const FaissFloat32Vector *voc, const float *x,
                            float *c, float *product, int *atom) {
    float magnitudes[FAISS_LATTICE_MAX_DIM];
    int order[FAISS_LATTICE_MAX_DIM];
    size_t dim = (size_t)dim_in;
    FAISS_REQUIRE (natom > 0 && dim <= FAISS_LATTICE_MAX_DIM && voc->size == dim * (size_t)natom,
                   "the sphere has no points");
    sort_magnitudes (dim, x, magnitudes, order);
    float best = -1;
    int best_atom = 0;
    for (int i = 0; i < natom; i++) {
        float value =
            faiss_kernels.fvec_inner_product (magnitudes, voc->data + (size_t)i * dim, dim);
        if (value > best) {
            best = value;
            best_atom = i;
        }
    }
    for (size_t j = 0; j < dim; j++) {
        c[order[j]] = copysignf (voc->data[(size_t)best_atom * dim + j], x[order[j]]);
    }
    *product = best;
    *atom = best_atom;
    return FAISS_OK;
}

FaissStatus faiss_ZnSphereSearch_search (const FaissZnSphereSearch *self, const float *x, float *c,
                                         float *out) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE (x && c && out, "an array is NULL");
    int atom;
    return nearest (self->dimS, self->natom, &self->voc, x, c, out, &atom);
}

static FaissStatus search_multi (int dim, int natom, const FaissFloat32Vector *voc, int n,
                                 const float *x, float *c_out, float *dp_out) {
    FAISS_REQUIRE (n >= 0 && (n == 0 || (x && c_out && dp_out)),
                   "expected n >= 0 and arrays, got n=%d", n);
    FaissRegion region = {0};
#pragma omp parallel for num_threads(faiss_threads_for(n / 256 + 1))
    for (int i = 0; i < n; i++) {
        int atom;
        size_t at = (size_t)i * (size_t)dim;
        faiss_region_note (&region,
                           nearest (dim, natom, voc, x + at, c_out + at, &dp_out[i], &atom));
    }
    return faiss_region_close (&region);
}

FaissStatus faiss_ZnSphereSearch_search_multi (const FaissZnSphereSearch *self, int n,
                                               const float *x, float *c_out, float *dp_out) {
    FAISS_REQUIRE_ARG (self);
    return search_multi (self->dimS, self->natom, &self->voc, n, x, c_out, dp_out);
}

/* ---- Repeats --------------------------------------------------------------------------------- */

/* n over k; 0 where it does not fit into 64 bits (or is 0). */
static uint64_t binomial (int n, int k) {
    if (k < 0 || k > n) {
        return 0;
    }
    k = k > n - k ? n - k : k;
    uint64_t result = 1;
    for (int i = 1; i <= k; i++) {
        uint64_t product;
        if (__builtin_mul_overflow (result, (uint64_t)(n - k + i), &product)) {
            return 0;
        }
        result = product / (uint64_t)i;
    }
    return result;
}

static FaissStatus init_repeats (FaissRepeats *self, int dim, const float *c) {
    self->dim = dim;
    for (int i = 0; i < dim; i++) {
        size_t j = 0;
        while (j < self->repeats.size && self->repeats.data[j].val != c[i]) {
            j++;
        }
        if (j == self->repeats.size) {
            FAISS_TRY (faiss_RepeatVector_push_back (&self->repeats, (FaissRepeat){c[i], 0}));
        }
        self->repeats.data[j].n++;
    }
    return FAISS_OK;
}

FaissStatus faiss_Repeats_new (FaissRepeats **out, int dim_in, const float *c) {
    FAISS_REQUIRE_ARG (out);
    FAISS_REQUIRE (dim_in >= 0 && dim_in <= FAISS_LATTICE_MAX_DIM && (dim_in == 0 || c),
                   "expected a vector of 0 <= dim <= %d, got dim=%d", FAISS_LATTICE_MAX_DIM,
                   dim_in);
    FaissRepeats *self = NULL;
    FAISS_TRY (faiss_alloc_zeroed (&self, 1, sizeof *self));
    FaissStatus status = init_repeats (self, dim_in, c);
    if (status != FAISS_OK) {
        faiss_Repeats_free (self);
        return status;
    }
    *out = self;
    return FAISS_OK;
}

void faiss_Repeats_free (FaissRepeats *self) {
    if (self) {
        faiss_RepeatVector_clear (&self->repeats);
        free (self);
    }
}

FaissStatus faiss_Repeats_count (const FaissRepeats *self, uint64_t *out) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE_ARG (out);
    uint64_t count = 1;
    int n_free = self->dim;
    for (size_t j = 0; j < self->repeats.size; j++) {
        uint64_t ways = binomial (n_free, self->repeats.data[j].n);
        FAISS_REQUIRE (ways > 0 && !__builtin_mul_overflow (count, ways, &count),
                       "the number of orders does not fit into 64 bits");
        n_free -= self->repeats.data[j].n;
    }
    *out = count;
    return FAISS_OK;
}

/* Value by value: which of the places that are still free have it, as a number in the combinatorial
 * system; the first value's number is the lowest digit. */
FaissStatus faiss_Repeats_encode (const FaissRepeats *self, const float *c, uint64_t *out) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE_ARG (c);
    FAISS_REQUIRE_ARG (out);
    uint64_t code = 0, weight = 1, taken = 0;
    int n_free = self->dim;
    for (size_t j = 0; j < self->repeats.size; j++) {
        const FaissRepeat *repeat = &self->repeats.data[j];
        uint64_t digit = 0;
        int rank = 0, found = 0;
        for (int i = 0; i < self->dim && found < repeat->n; i++) {
            if (taken >> i & 1) {
                continue;
            }
            if (c[i] == repeat->val) {
                digit += binomial (rank, ++found);
                taken |= (uint64_t)1 << i;
            }
            rank++;
        }
        FAISS_REQUIRE (found == repeat->n, "the value %g occurs %d times, expected %d",
                       (double)repeat->val, found, repeat->n);
        code += weight * digit;
        weight *= binomial (n_free, repeat->n);
        n_free -= repeat->n;
    }
    *out = code;
    return FAISS_OK;
}

/* The places of one value from its digit: the last place is the largest one possible. */
static void place_value (const FaissRepeat *repeat, uint64_t digit, int n_free, int dim,
                         uint64_t *taken, float *c) {
    int ranks[FAISS_LATTICE_MAX_DIM + 1];
    for (int k = repeat->n, rank = n_free - 1; k > 0; k--, rank--) {
        while (binomial (rank, k) > digit) {
            rank--;
        }
        digit -= binomial (rank, k);
        ranks[k - 1] = rank;
    }
    int rank = 0, found = 0;
    for (int i = 0; i < dim && found < repeat->n; i++) {
        if (!(*taken >> i & 1)) {
            if (rank == ranks[found]) {
                c[i] = repeat->val;
                *taken |= (uint64_t)1 << i;
                found++;
            }
            rank++;
        }
    }
}

FaissStatus faiss_Repeats_decode (const FaissRepeats *self, uint64_t code, float *c) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE_ARG (c);
    uint64_t taken = 0;
    int n_free = self->dim;
    for (size_t j = 0; j < self->repeats.size; j++) {
        const FaissRepeat *repeat = &self->repeats.data[j];
        uint64_t ways = binomial (n_free, repeat->n);
        FAISS_REQUIRE (ways > 0, "the number of orders does not fit into 64 bits");
        place_value (repeat, code % ways, n_free, self->dim, &taken, c);
        code /= ways;
        n_free -= repeat->n;
    }
    return FAISS_OK;
}

/* ---- ZnSphereCodec --------------------------------------------------------------------------- */

size_t faiss_lattice_code_bits (uint64_t nv) {
    size_t bits = 0;
    while (bits < 64 && ((uint64_t)1 << bits) < nv) {
        bits++;
    }
    return bits;
}

static FaissStatus make_segments (FaissZnSphereCodec *self) {
    uint64_t nv = 0;
    for (int i = 0; i < self->natom; i++) {
        const float *atom = self->voc.data + (size_t)i * (size_t)self->dimS;
        FaissZnCodeSegment empty = {.c0 = nv};
        FAISS_TRY (faiss_ZnCodeSegmentVector_push_back (&self->code_segments, empty));
        FaissZnCodeSegment *segment = &self->code_segments.data[i];
        FAISS_TRY (init_repeats (&segment->repeats, self->dimS, atom));
        for (int j = 0; j < self->dimS; j++) {
            segment->signbits += atom[j] != 0;
        }
        uint64_t count;
        FAISS_TRY (faiss_Repeats_count (&segment->repeats, &count));
        FAISS_REQUIRE (segment->signbits < 64 && count <= UINT64_MAX >> segment->signbits &&
                           !__builtin_add_overflow (nv, count << segment->signbits, &nv),
                       "dim=%d, r2=%d: the number of points does not fit into 64 bits", self->dimS,
                       self->r2);
    }
    self->vectors.nv = nv;
    self->vectors.dim = self->dimS;
    self->code_size = (faiss_lattice_code_bits (nv) + 7) / 8;
    return FAISS_OK;
}

static FaissStatus init_codec (FaissZnSphereCodec *self, int dim, int r2, bool with_segments) {
    FaissZnSphereSearch search = {0};
    FaissStatus status = init_search (&search, dim, r2);
    self->dimS = search.dimS;
    self->r2 = search.r2;
    self->natom = search.natom;
    self->voc = search.voc; /* released with the object */
    FAISS_TRY (status);
    return with_segments ? make_segments (self) : FAISS_OK;
}

FaissStatus faiss_ZnSphereCodec_search (const FaissZnSphereCodec *self, const float *x, float *c,
                                        float *out) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE (x && c && out, "an array is NULL");
    int atom;
    return nearest (self->dimS, self->natom, &self->voc, x, c, out, &atom);
}

FaissStatus faiss_ZnSphereCodec_search_multi (const FaissZnSphereCodec *self, int n, const float *x,
                                              float *c_out, float *dp_out) {
    FAISS_REQUIRE_ARG (self);
    return search_multi (self->dimS, self->natom, &self->voc, n, x, c_out, dp_out);
}

static FaissStatus ZnSphereCodec_encode (const FaissEnumeratedVectors *vectors, const float *x,
                                         uint64_t *out) {
    const FaissZnSphereCodec *self = FAISS_CONST_SELF (ZnSphereCodec, vectors, vectors);
    float c[FAISS_LATTICE_MAX_DIM], product;
    int atom;
    FAISS_TRY (nearest (self->dimS, self->natom, &self->voc, x, c, &product, &atom));
    uint64_t signs = 0, order;
    int n_signs = 0;
    for (int i = 0; i < self->dimS; i++) {
        if (c[i] != 0) {
            signs |= (uint64_t)(c[i] < 0) << n_signs++;
            c[i] = fabsf (c[i]);
        }
    }
    const FaissZnCodeSegment *segment = &self->code_segments.data[atom];
    FAISS_TRY (faiss_Repeats_encode (&segment->repeats, c, &order));
    *out = segment->c0 + signs + (order << segment->signbits);
    return FAISS_OK;
}

static FaissStatus ZnSphereCodec_decode (const FaissEnumeratedVectors *vectors, uint64_t code,
                                         float *c) {
    const FaissZnSphereCodec *self = FAISS_CONST_SELF (ZnSphereCodec, vectors, vectors);
    FAISS_REQUIRE (code < vectors->nv, "expected a code below nv=%llu, got %llu",
                   (unsigned long long)vectors->nv, (unsigned long long)code);
    size_t low = 0, high = self->code_segments.size;
    while (high - low > 1) { /* the segment is in low .. high - 1 */
        size_t middle = low + (high - low) / 2;
        *(self->code_segments.data[middle].c0 <= code ? &low : &high) = middle;
    }
    const FaissZnCodeSegment *segment = &self->code_segments.data[low];
    code -= segment->c0;
    FAISS_TRY (faiss_Repeats_decode (&segment->repeats, code >> segment->signbits, c));
    for (int i = 0; i < self->dimS; i++) {
        if (c[i] != 0) {
            c[i] = code & 1 ? -c[i] : c[i];
            code >>= 1;
        }
    }
    return FAISS_OK;
}

FaissStatus faiss_ZnSphereCodec_search_and_encode (const FaissZnSphereCodec *self, const float *x,
                                                   uint64_t *out) {
    return faiss_EnumeratedVectors_encode (self ? &self->vectors : NULL, x, out);
}

static void ZnSphereCodec_finalize (void *object) {
    FaissZnSphereCodec *self = object;
    for (size_t i = 0; i < self->code_segments.size; i++) {
        faiss_RepeatVector_clear (&self->code_segments.data[i].repeats.repeats);
    }
    faiss_ZnCodeSegmentVector_clear (&self->code_segments);
    faiss_Float32Vector_clear (&self->voc);
}

FaissEnumeratedVectorsClass faiss_ZnSphereCodec_class = {
    .head = {.name = "ZnSphereCodec",
             .parent = &faiss_EnumeratedVectors_class.head,
             .instance_size = sizeof (FaissZnSphereCodec),
             .table_size = sizeof (FaissEnumeratedVectorsClass),
             .finalize = ZnSphereCodec_finalize},
    .encode = ZnSphereCodec_encode,
    .decode = ZnSphereCodec_decode,
};

FaissStatus faiss_ZnSphereCodec_new_with (FaissZnSphereCodec **out, int dim_in, int r2_in) {
    FAISS_REQUIRE_ARG (out);
    FAISS_OWNED (ZnSphereCodec) *self = NULL;
    FAISS_TRY (faiss_object_new (&self, &faiss_ZnSphereCodec_class.head));
    FAISS_TRY (init_codec (self, dim_in, r2_in, true));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

void faiss_ZnSphereCodec_free (FaissZnSphereCodec *self) {
    faiss_object_free (self);
}

/* ---- ZnSphereCodecAlt ------------------------------------------------------------------------ */

static FaissStatus ZnSphereCodecAlt_encode (const FaissEnumeratedVectors *vectors, const float *x,
                                            uint64_t *out) {
    const FaissZnSphereCodecAlt *self = FAISS_CONST_SELF (ZnSphereCodecAlt, vectors, vectors);
    if (!self->use_rec) {
        return ZnSphereCodec_encode (vectors, x, out);
    }
    const FaissZnSphereCodec *codec = &self->codec;
    float c[FAISS_LATTICE_MAX_DIM], product;
    int atom;
    FAISS_TRY (nearest (codec->dimS, codec->natom, &codec->voc, x, c, &product, &atom));
    return faiss_ZnSphereCodecRec_encode_centroid (&self->znc_rec, c, out);
}

static FaissStatus ZnSphereCodecAlt_decode (const FaissEnumeratedVectors *vectors, uint64_t code,
                                            float *c) {
    const FaissZnSphereCodecAlt *self = FAISS_CONST_SELF (ZnSphereCodecAlt, vectors, vectors);
    return self->use_rec ? faiss_EnumeratedVectors_decode (&self->znc_rec.vectors, code, c)
                         : ZnSphereCodec_decode (vectors, code, c);
}

static void ZnSphereCodecAlt_finalize (void *object) {
    faiss_object_clear (&((FaissZnSphereCodecAlt *)object)->znc_rec);
}

FaissEnumeratedVectorsClass faiss_ZnSphereCodecAlt_class = {
    .head = {.name = "ZnSphereCodecAlt",
             .parent = &faiss_ZnSphereCodec_class.head,
             .instance_size = sizeof (FaissZnSphereCodecAlt),
             .table_size = sizeof (FaissEnumeratedVectorsClass),
             .finalize = ZnSphereCodecAlt_finalize},
    .encode = ZnSphereCodecAlt_encode,
    .decode = ZnSphereCodecAlt_decode,
};

FaissStatus faiss_ZnSphereCodecAlt_init (FaissZnSphereCodecAlt *self, int dim, int r2) {
    FAISS_REQUIRE_ARG (self);
    bool use_rec = dim > 0 && (dim & (dim - 1)) == 0;
    if (use_rec) { /* refuses what is too large */
        faiss_object_init (&self->znc_rec, &faiss_ZnSphereCodecRec_class.head);
        FAISS_TRY (faiss_ZnSphereCodecRec_init (&self->znc_rec, dim, r2));
    }
    FAISS_TRY (init_codec (&self->codec, dim, r2, !use_rec));
    self->use_rec = use_rec;
    if (use_rec) {
        self->vectors.nv = self->znc_rec.vectors.nv;
        self->vectors.dim = dim;
        self->codec.code_size = (size_t)self->znc_rec.code_size;
    }
    return FAISS_OK;
}

FaissStatus faiss_ZnSphereCodecAlt_new_with (FaissZnSphereCodecAlt **out, int dim_in, int r2_in) {
    FAISS_REQUIRE_ARG (out);
    FAISS_OWNED (ZnSphereCodecAlt) *self = NULL;
    FAISS_TRY (faiss_object_new (&self, &faiss_ZnSphereCodecAlt_class.head));
    FAISS_TRY (faiss_ZnSphereCodecAlt_init (self, dim_in, r2_in));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

void faiss_ZnSphereCodecAlt_free (FaissZnSphereCodecAlt *self) {
    faiss_object_free (self);
}
