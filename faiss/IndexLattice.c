/* Codes by the nearest point of a lattice on a sphere. */
#include <faiss/IndexLattice.h>

#include <math.h>
#include <string.h>

#include <faiss/impl/bitstring.h>
#include <faiss/impl/check.h>
#include <faiss/impl/factory_rule.h>
#include <faiss/impl/index_check.h>
#include <faiss/impl/io_fields.h>
#include <faiss/impl/io_limits.h>
#include <faiss/impl/lattice_limits.h>
#include <faiss/impl/parallel.h>
#include <faiss/kernels/kernels.h>
#include <faiss/utils/string.h>

#define THIS(pointer) FAISS_SELF (IndexLattice, index, pointer)
#define CONST_THIS(pointer) FAISS_CONST_SELF (IndexLattice, index, pointer)

/// Vectors per piece of work.
enum { BLOCK = 128 };

/* ---- codes ----------------------------------------------------------------------------------- */

static FaissStatus check_sizes (const FaissIndexLattice *self) {
    size_t nsq = (size_t)self->nsq, bits = (size_t)(self->lattice_nbit + self->scale_nbit);
    FAISS_REQUIRE (self->zn_sphere_codec.codec.natom > 0, "the index has no codec");
    FAISS_REQUIRE ((size_t)self->index.d == nsq * self->dsq &&
                       self->zn_sphere_codec.vectors.dim == (int)self->dsq,
                   "d=%d, nsq=%d and dsq=%zu do not fit", self->index.d, self->nsq, self->dsq);
    FAISS_REQUIRE (self->scale_nbit >= 0 && self->scale_nbit < 32 && self->lattice_nbit >= 0 &&
                       self->lattice_nbit <= 64 &&
                       self->flat_codes.code_size == (nsq * bits + 7) / 8,
                   "code_size=%zu does not fit scale_nbit=%d and lattice_nbit=%d",
                   self->flat_codes.code_size, self->scale_nbit, self->lattice_nbit);
    return FAISS_OK;
}

static FaissStatus check_parts (const FaissIndexLattice *self) {
    size_t size = 2 * (size_t)self->nsq;
    FAISS_TRY (check_sizes (self));
    FAISS_REQUIRE (self->trained.size == size, "expected %zu norms, got %zu", size,
                   self->trained.size);
    return FAISS_OK;
}

/* The step of a norm; NaN, which no comparison holds for, gets the first. */
static uint64_t quantize_norm (const FaissIndexLattice *self, float norm, size_t m) {
    float least = self->trained.data[m], largest = self->trained.data[(size_t)self->nsq + m];
    float n_steps = (float)((uint64_t)1 << self->scale_nbit);
    float step = (norm - least) * n_steps / (largest - least);
    return !(step >= 0)         ? 0
           : step < n_steps - 1 ? (uint64_t)step
                                : ((uint64_t)1 << self->scale_nbit) - 1;
}

static FaissStatus encode_one (const FaissIndexLattice *self, const float *x, uint8_t *code) {
    const FaissEnumeratedVectors *codec = &self->zn_sphere_codec.vectors;
    size_t at = 0, scale_nbit = (size_t)self->scale_nbit, lattice_nbit = (size_t)self->lattice_nbit;
    memset (code, 0, self->flat_codes.code_size);
    for (size_t m = 0; m < (size_t)self->nsq; m++) {
        const float *part = x + m * self->dsq;
        uint64_t direction;
        float norm = sqrtf (faiss_kernels.fvec_inner_product (part, part, self->dsq));
        FAISS_TRY (codec->cls->encode (codec, part, &direction));
        faiss_bitstring_put (code, at, quantize_norm (self, norm, m), scale_nbit);
        faiss_bitstring_put (code, at + scale_nbit, direction, lattice_nbit);
        at += scale_nbit + lattice_nbit;
    }
    return FAISS_OK;
}

static FaissStatus decode_one (const FaissIndexLattice *self, const uint8_t *code, float *x) {
    const FaissEnumeratedVectors *codec = &self->zn_sphere_codec.vectors;
    size_t at = 0, scale_nbit = (size_t)self->scale_nbit, lattice_nbit = (size_t)self->lattice_nbit;
    float n_steps = (float)((uint64_t)1 << scale_nbit);
    float radius = sqrtf ((float)self->zn_sphere_codec.codec.r2);
    for (size_t m = 0; m < (size_t)self->nsq; m++) {
        float *part = x + m * self->dsq;
        float least = self->trained.data[m], largest = self->trained.data[(size_t)self->nsq + m];
        float step = (float)faiss_bitstring_get (code, at, scale_nbit);
        uint64_t direction = faiss_bitstring_get (code, at + scale_nbit, lattice_nbit);
        FAISS_REQUIRE (direction < codec->nv, "a code has the direction %llu, expected below %llu",
                       (unsigned long long)direction, (unsigned long long)codec->nv);
        FAISS_TRY (codec->cls->decode (codec, direction, part));
        float factor = ((step + 0.5f) * (largest - least) / n_steps + least) / radius;
        for (size_t j = 0; j < self->dsq; j++) {
            part[j] *= factor;
        }
        at += scale_nbit + lattice_nbit;
    }
    return FAISS_OK;
}

/* Codes of vectors or vectors of codes. */
typedef struct Coding {
    const FaissIndexLattice *self;
    const float *from_x;
    uint8_t *to_codes;
    const uint8_t *from_codes;
    float *to_x;
} Coding;

static FaissStatus code_rows (const Coding *c, size_t begin, size_t end) {
    size_t d = (size_t)c->self->index.d, code_size = c->self->flat_codes.code_size;
    FaissStatus status = FAISS_OK;
    for (size_t i = begin; i < end && status == FAISS_OK; i++) {
        status = c->to_codes ? encode_one (c->self, c->from_x + i * d, c->to_codes + i * code_size)
                             : decode_one (c->self, c->from_codes + i * code_size, c->to_x + i * d);
    }
    return status;
}

/* A distance computer has its codes decoded one by one: few rows are neither a parallel region nor
 * a place to end at. */
static FaissStatus code_all (const Coding *c, idx_t n) {
    FAISS_TRY (check_parts (c->self));
    if (n <= BLOCK) {
        return code_rows (c, 0, (size_t)n);
    }
    idx_t n_blocks = (n + BLOCK - 1) / BLOCK;
    FaissRegion region = {0};
#pragma omp parallel for num_threads(faiss_threads_for(n_blocks)) schedule(dynamic)
    for (idx_t b = 0; b < n_blocks; b++) {
        if (!faiss_region_stopped (&region)) {
            idx_t end = n - b * BLOCK < BLOCK ? n : (b + 1) * BLOCK;
            faiss_region_note (&region, code_rows (c, (size_t)(b * BLOCK), (size_t)end));
        }
    }
    return faiss_region_close (&region);
}

static FaissStatus IndexLattice_sa_encode (const FaissIndex *index, idx_t n, const float *x,
                                           uint8_t *bytes) {
    return code_all (&(Coding){.self = CONST_THIS (index), .from_x = x, .to_codes = bytes}, n);
}

static FaissStatus IndexLattice_sa_decode (const FaissIndex *index, idx_t n, const uint8_t *bytes,
                                           float *x) {
    return code_all (&(Coding){.self = CONST_THIS (index), .from_codes = bytes, .to_x = x}, n);
}

/* ---- training -------------------------------------------------------------------------------- */

static FaissStatus IndexLattice_train (FaissIndex *index, idx_t n, const float *x) {
    FaissIndexLattice *self = THIS (index);
    FAISS_REQUIRE (self->nsq > 0, "the index has no codec");
    FAISS_REQUIRE (n > 0, "expected at least one training vector, got none");
    size_t nsq = (size_t)self->nsq;
    FAISS_AUTO (Float32Vector) trained = {0};
    FAISS_TRY (faiss_Float32Vector_resize (&trained, 2 * nsq));
    float *least = trained.data, *largest = trained.data + nsq;
    for (size_t m = 0; m < nsq; m++) {
        least[m] = HUGE_VALF;
        largest[m] = -1;
    }
    for (size_t i = 0; i < (size_t)n; i++) {
        if (i % BLOCK == 0) {
            FAISS_TRY (faiss_check_interrupt ());
        }
        for (size_t m = 0; m < nsq; m++) {
            const float *part = x + i * (size_t)index->d + m * self->dsq;
            float norm = faiss_kernels.fvec_inner_product (part, part, self->dsq);
            least[m] = norm < least[m] ? norm : least[m];
            largest[m] = norm > largest[m] ? norm : largest[m];
        }
    }
    for (size_t m = 0; m < nsq; m++) {
        least[m] = sqrtf (least[m]);
        largest[m] = sqrtf (largest[m]);
    }
    faiss_Float32Vector_swap (&self->trained, &trained);
    index->is_trained = true;
    return FAISS_OK;
}

static FaissStatus IndexLattice_check_compatible_for_merge (const FaissIndex *index,
                                                            const FaissIndex *other_index) {
    FAISS_TRY (faiss_IndexFlatCodes_class.index.check_compatible_for_merge (index, other_index));
    const FaissIndexLattice *self = CONST_THIS (index), *other = CONST_THIS (other_index);
    FAISS_REQUIRE (other->nsq == self->nsq && other->scale_nbit == self->scale_nbit &&
                       other->zn_sphere_codec.codec.r2 == self->zn_sphere_codec.codec.r2 &&
                       other->trained.size == self->trained.size &&
                       (self->trained.size == 0 ||
                        memcmp (other->trained.data, self->trained.data,
                                self->trained.size * sizeof *self->trained.data) == 0),
                   "the codes have other meanings: parameters or norms differ");
    return FAISS_OK;
}

/* ---- life ------------------------------------------------------------------------------------ */

static FaissStatus init (FaissIndexLattice *self, idx_t d, int nsq, int scale_nbit, int r2) {
    FAISS_REQUIRE (d > 0 && nsq > 0 && d % nsq == 0,
                   "expected d to be a multiple of nsq, got d=%lld, nsq=%d", (long long)d, nsq);
    FAISS_REQUIRE (scale_nbit >= 0 && scale_nbit < 32, "expected 0 <= scale_nbit < 32, got %d",
                   scale_nbit);
    FAISS_REQUIRE (d / nsq <= FAISS_LATTICE_MAX_DIM, "expected d / nsq <= %d, got %lld",
                   FAISS_LATTICE_MAX_DIM, (long long)(d / nsq));
    faiss_object_init (&self->zn_sphere_codec, &faiss_ZnSphereCodecAlt_class.head);
    FAISS_TRY (faiss_ZnSphereCodecAlt_init (&self->zn_sphere_codec, (int)(d / nsq), r2));
    size_t bits = faiss_lattice_code_bits (self->zn_sphere_codec.vectors.nv);
    size_t code_size = ((size_t)nsq * (bits + (size_t)scale_nbit) + 7) / 8;
    FAISS_TRY (faiss_IndexFlatCodes_init (&self->flat_codes, code_size, d, METRIC_L2));
    self->index.is_trained = false;
    self->nsq = nsq;
    self->dsq = (size_t)(d / nsq);
    self->scale_nbit = scale_nbit;
    self->lattice_nbit = (int)bits;
    return FAISS_OK;
}

static void IndexLattice_finalize (void *object) {
    FaissIndexLattice *self = object;
    faiss_object_clear (&self->zn_sphere_codec);
    faiss_Float32Vector_clear (&self->trained);
}

static FaissStatus IndexLattice_copy (void *object, const void *other_object) {
    FaissIndexLattice *self = object;
    const FaissIndexLattice *other = other_object;
    self->nsq = other->nsq;
    self->dsq = other->dsq;
    self->scale_nbit = other->scale_nbit;
    self->lattice_nbit = other->lattice_nbit;
    if (other->nsq > 0) {
        faiss_object_init (&self->zn_sphere_codec, &faiss_ZnSphereCodecAlt_class.head);
        FAISS_TRY (faiss_ZnSphereCodecAlt_init (&self->zn_sphere_codec, (int)other->dsq,
                                                other->zn_sphere_codec.codec.r2));
    }
    return faiss_Float32Vector_append (&self->trained, other->trained.data, other->trained.size);
}

/* ---- files and factory strings --------------------------------------------------------------- */

static bool is_power_of_2 (int n) {
    return n > 0 && (n & (n - 1)) == 0;
}

static FaissStatus IndexLattice_read (void **out, FaissIOReader *r, uint32_t tag, int io_flags) {
    (void)tag, (void)io_flags;
    FAISS_OWNED (IndexLattice) *self = NULL;
    int d, nsq, scale_nbit, r2;
    FAISS_TRY (faiss_read_i32 (r, &d, "d"));
    FAISS_TRY (faiss_read_i32 (r, &nsq, "nsq"));
    FAISS_TRY (faiss_read_i32 (r, &scale_nbit, "scale_nbit"));
    FAISS_TRY (faiss_read_i32 (r, &r2, "r2"));
    FAISS_REQUIRE_FILE (r, r2 > 0 && r2 <= FAISS_LATTICE_MAX_R2, "expected 0 < r2 <= %d, got %d",
                        FAISS_LATTICE_MAX_R2, r2);
    FAISS_REQUIRE_FILE (r, nsq > 0 && d > 0 && d % nsq == 0,
                        "expected d to be a multiple of nsq, got d=%d, nsq=%d", d, nsq);
    int dsq = d / nsq;
    FAISS_REQUIRE_FILE (r, dsq >= 2 && dsq <= FAISS_LATTICE_MAX_DIM && is_power_of_2 (dsq),
                        "expected a power of two from 2 to %d as d / nsq, got %d",
                        FAISS_LATTICE_MAX_DIM, dsq);
    FAISS_TRY (faiss_IndexLattice_new (&self));
    /* a negative number passes as in upstream, and nothing can be encoded with it */
    FAISS_REQUIRE_FILE (r,
                        faiss_deserialization_lattice_r2_limit == 0 ||
                            (size_t)r2 <= faiss_deserialization_lattice_r2_limit,
                        "r2=%d, the limit is %zu", r2, faiss_deserialization_lattice_r2_limit);
    FAISS_REQUIRE_FILE (r, init (self, d, nsq, scale_nbit < 0 ? 0 : scale_nbit, r2) == FAISS_OK,
                        "%s", faiss_get_last_error ());
    self->scale_nbit = scale_nbit;
    FAISS_REQUIRE_FILE (r, self->lattice_nbit < 64 && self->flat_codes.code_size <= 4 * (size_t)d,
                        "codes of %zu bytes for d=%d", self->flat_codes.code_size, d);
    FAISS_TRY (faiss_read_index_header (r, &self->index));
    FAISS_REQUIRE_FILE (r, self->index.d == d && self->index.ntotal == 0,
                        "expected d=%d and ntotal=0, got %d and %lld", d, self->index.d,
                        (long long)self->index.ntotal);
    FAISS_TRY (faiss_read_Float32Vector (r, &self->trained, "trained"));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

static FaissStatus IndexLattice_write (const void *object, FaissIOWriter *w, int io_flags) {
    (void)io_flags;
    const FaissIndexLattice *self = object;
    FAISS_REQUIRE (self->index.ntotal == 0,
                   "the file format has no room for the codes of an IndexLattice: expected "
                   "ntotal=0, got %lld",
                   (long long)self->index.ntotal);
    FAISS_TRY (faiss_write_tag (w, "IxLa"));
    FAISS_TRY (faiss_write_i32 (w, self->index.d));
    FAISS_TRY (faiss_write_i32 (w, self->nsq));
    FAISS_TRY (faiss_write_i32 (w, self->scale_nbit));
    FAISS_TRY (faiss_write_i32 (w, self->zn_sphere_codec.codec.r2));
    FAISS_TRY (faiss_write_index_header (w, &self->index));
    return faiss_write_Float32Vector (w, &self->trained);
}

static FaissStatus build (const FaissFactoryContext *context, void *out) {
    int nsq = 0, r2 = 0, scale_nbit = 0;
    FAISS_REQUIRE (context->metric == METRIC_L2, "ZnLattice is for METRIC_L2 only");
    FAISS_TRY (faiss_factory_int (context->groups[1], 0, &nsq));
    FAISS_TRY (faiss_factory_int (context->groups[2], 0, &r2));
    FAISS_TRY (faiss_factory_int (context->groups[3], 0, &scale_nbit));
    return faiss_IndexLattice_new_with (out, context->d, nsq, scale_nbit, r2);
}

static const FaissFactoryRule factory_rules[] = {
    {"ZnLattice([0-9]+)x([0-9]+)_([0-9]+)", FAISS_FACTORY_INDEX, "ZnLattice<M>x<r2>_<nbits>",
     "M sub-vectors: norms in nbits, directions by the lattice points at distance sqrt (r2)",
     build},
    {0},
};

static FaissStatus IndexLattice_describe (const void *object, FaissString *out) {
    const FaissIndexLattice *self = object;
    return faiss_String_printf (out, "ZnLattice%dx%d_%d", self->nsq, self->zn_sphere_codec.codec.r2,
                                self->scale_nbit);
}

/* What a field was set to may not fit the others. */
static FaissStatus IndexLattice_check (const void *object) {
    const FaissIndexLattice *self = object;
    const FaissZnSphereCodecAlt *alt = &self->zn_sphere_codec;
    if (alt->codec.natom == 0) {
        return FAISS_OK; /* a default object */
    }
    FAISS_TRY (check_sizes (self));
    FAISS_REQUIRE (!self->index.is_trained || self->trained.size == 2 * (size_t)self->nsq,
                   "expected %zu norms, got %zu", 2 * (size_t)self->nsq, self->trained.size);
    const FaissZnSphereCodecRec *rec = &alt->znc_rec;
    const size_t r2 = (size_t)rec->r2 + 1, n = (size_t)(rec->log2_dim + 1) * r2;
    FAISS_REQUIRE (alt->codec.voc.size == (size_t)alt->codec.natom * self->dsq &&
                       alt->codec.dimS == (int)self->dsq && alt->codec.r2 > 0,
                   "the codec does not fit dsq=%zu", self->dsq);
    FAISS_REQUIRE (alt->use_rec == ((self->dsq & (self->dsq - 1)) == 0),
                   "use_rec=%d is not how the codec of dsq=%zu was made", alt->use_rec, self->dsq);
    FAISS_REQUIRE (!alt->use_rec ||
                       (rec->r2 == alt->codec.r2 && rec->log2_dim >= 0 && rec->log2_dim < 31 &&
                        (size_t)1 << rec->log2_dim == self->dsq && rec->all_nv.size == n &&
                        rec->all_nv_cum.size == n * r2 &&
                        rec->decode_cache_ld == (rec->log2_dim < 4 ? rec->log2_dim - 1 : 3)),
                   "the recursive codec does not fit the other one");
    return FAISS_OK;
}

FaissIndexFlatCodesClass faiss_IndexLattice_class = {
    .index = {.head = {.name = "IndexLattice",
                       .parent = &faiss_IndexFlatCodes_class.index.head,
                       .instance_size = sizeof (FaissIndexLattice),
                       .table_size = sizeof (FaissIndexFlatCodesClass),
                       .check = IndexLattice_check,
                       .finalize = IndexLattice_finalize,
                       .copy = IndexLattice_copy,
                       .tags = "IxLa",
                       .read = IndexLattice_read,
                       .write = IndexLattice_write,
                       .factory = factory_rules,
                       .describe = IndexLattice_describe},
              .train = IndexLattice_train,
              .sa_encode = IndexLattice_sa_encode,
              .sa_decode = IndexLattice_sa_decode,
              .check_compatible_for_merge = IndexLattice_check_compatible_for_merge},
};

FaissStatus faiss_IndexLattice_new (FaissIndexLattice **out) {
    FAISS_REQUIRE_ARG (out);
    FAISS_OWNED (IndexLattice) *self = NULL;
    FAISS_TRY (faiss_object_new (&self, &faiss_IndexLattice_class.index.head));
    FAISS_TRY (faiss_IndexFlatCodes_init (&self->flat_codes, 0, 0, METRIC_L2));
    self->index.is_trained = false;
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

FaissStatus faiss_IndexLattice_new_with (FaissIndexLattice **out, idx_t d, int nsq, int scale_nbit,
                                         int r2) {
    FAISS_REQUIRE_ARG (out);
    FAISS_OWNED (IndexLattice) *self = NULL;
    FAISS_TRY (faiss_object_new (&self, &faiss_IndexLattice_class.index.head));
    FAISS_TRY (init (self, d, nsq, scale_nbit, r2));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

void faiss_IndexLattice_free (FaissIndexLattice *self) {
    faiss_object_free (self);
}

FaissIndexLattice *faiss_IndexLattice_cast (FaissIndex *index) {
    return faiss_object_cast (index, &faiss_IndexLattice_class.index.head);
}
