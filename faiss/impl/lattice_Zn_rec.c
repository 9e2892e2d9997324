/* Points with integer coordinates on a sphere: numbers by halving the coordinates. */
#include <faiss/impl/lattice_Zn.h>

#include <math.h>
#include <string.h>

#include <faiss/impl/check.h>
#include <faiss/impl/lattice_limits.h>

/// Floats of the table for decoding, at most; upstream refuses what would take more than MAX_CACHE.
enum { TABLE_SIZE = 1 << 18, MAX_CACHE = 1 << 27 };

static size_t nv_at (const FaissZnSphereCodecRec *self, int ld, int r2a) {
    return (size_t)ld * (size_t)(self->r2 + 1) + (size_t)r2a;
}

static size_t cum_at (const FaissZnSphereCodecRec *self, int ld, int r2t, int r2a) {
    return nv_at (self, ld, r2t) * (size_t)(self->r2 + 1) + (size_t)r2a;
}

static bool in_table (const FaissZnSphereCodecRec *self, int ld, int r2t, int r2a) {
    return ld >= 0 && ld <= self->log2_dim && r2t >= 0 && r2t <= self->r2 && r2a >= 0 &&
           r2a <= self->r2;
}

uint64_t faiss_ZnSphereCodecRec_get_nv (const FaissZnSphereCodecRec *self, int ld, int r2a) {
    return self && in_table (self, ld, 0, r2a) ? self->all_nv.data[nv_at (self, ld, r2a)] : 0;
}

uint64_t faiss_ZnSphereCodecRec_get_nv_cum (const FaissZnSphereCodecRec *self, int ld, int r2t,
                                            int r2a) {
    return self
               ? (in_table (self, ld, r2t, r2a) ? self->all_nv_cum.data[cum_at (self, ld, r2t, r2a)]
                                                : 0)
               : 0;
}

void faiss_ZnSphereCodecRec_set_nv_cum (FaissZnSphereCodecRec *self, int ld, int r2t, int r2a,
                                        uint64_t v) {
    if (!self) {
        return;
    }
    if (in_table (self, ld, r2t, r2a)) {
        self->all_nv_cum.data[cum_at (self, ld, r2t, r2a)] = v;
    }
}

/* ---- the tables ------------------------------------------------------------------------------ */

static FaissStatus count_level (FaissZnSphereCodecRec *self, int ld) {
    const uint64_t *below = self->all_nv.data + nv_at (self, ld - 1, 0);
    for (int r2t = 0; r2t <= self->r2; r2t++) {
        uint64_t sum = 0;
        for (int r2a = 0; r2a <= r2t; r2a++) {
            uint64_t product;
            self->all_nv_cum.data[cum_at (self, ld, r2t, r2a)] = sum;
            FAISS_REQUIRE (!__builtin_mul_overflow (below[r2a], below[r2t - r2a], &product) &&
                               !__builtin_add_overflow (sum, product, &sum),
                           "dim=%d, r2=%d: the number of points does not fit into 64 bits",
                           self->vectors.dim, self->r2);
        }
        self->all_nv.data[nv_at (self, ld, r2t)] = sum;
    }
    return FAISS_OK;
}

static FaissStatus count_points (FaissZnSphereCodecRec *self) {
    size_t n = (size_t)(self->log2_dim + 1) * (size_t)(self->r2 + 1);
    FAISS_TRY (faiss_UInt64Vector_resize (&self->all_nv, n));
    FAISS_TRY (faiss_UInt64Vector_resize (&self->all_nv_cum, n * (size_t)(self->r2 + 1)));
    for (int i = 0; i * i <= self->r2; i++) {
        self->all_nv.data[i * i] = i == 0 ? 1 : 2;
    }
    for (int ld = 1; ld <= self->log2_dim; ld++) {
        FAISS_TRY (count_level (self, ld));
    }
    return FAISS_OK;
}

static void decode_part (const FaissZnSphereCodecRec *self, int ld, int r2a, uint64_t code,
                         float *c);

/* All vectors of up to 2^decode_cache_ld components, where that is not much. */
static FaissStatus make_table (FaissZnSphereCodecRec *self) {
    int ld = self->decode_cache_ld;
    uint64_t n = 0, width = (uint64_t)1 << ld;
    for (int r2a = 0; r2a <= self->r2; r2a++) {
        n += self->all_nv.data[nv_at (self, ld, r2a)];
        FAISS_REQUIRE (n <= (uint64_t)MAX_CACHE / (uint64_t)self->vectors.dim,
                       "dim=%d, r2=%d: too many points", self->vectors.dim, self->r2);
    }
    if (n * width > TABLE_SIZE) {
        return FAISS_OK;
    }
    FAISS_AUTO (Float32Vector) table = {0};
    FAISS_TRY (faiss_Float32Vector_resize (&table, n * width));
    FAISS_TRY (faiss_UInt64Vector_resize (&self->decode_cache_begin, (size_t)self->r2 + 1));
    uint64_t at = 0;
    for (int r2a = 0; r2a <= self->r2; r2a++) {
        self->decode_cache_begin.data[r2a] = at;
        for (uint64_t code = 0; code < self->all_nv.data[nv_at (self, ld, r2a)]; code++, at++) {
            decode_part (self, ld, r2a, code, table.data + at * width);
        }
    }
    faiss_Float32Vector_swap (&self->decode_cache, &table);
    return FAISS_OK;
}

FaissStatus faiss_ZnSphereCodecRec_init (FaissZnSphereCodecRec *self, int dim, int r2) {
    FAISS_REQUIRE (dim >= 2 && dim <= FAISS_LATTICE_MAX_DIM && (dim & (dim - 1)) == 0,
                   "expected a power of two from 2 to %d as dim, got %d", FAISS_LATTICE_MAX_DIM,
                   dim);
    FAISS_REQUIRE (r2 >= 0 && r2 <= FAISS_LATTICE_MAX_R2, "expected 0 <= r2 <= %d, got %d",
                   FAISS_LATTICE_MAX_R2, r2);
    self->vectors.dim = dim;
    self->r2 = r2;
    self->log2_dim = __builtin_ctz ((unsigned)dim);
    self->decode_cache_ld = self->log2_dim - 1 < 3 ? self->log2_dim - 1 : 3;
    FAISS_TRY (count_points (self));
    FAISS_TRY (make_table (self));
    self->vectors.nv = self->all_nv.data[nv_at (self, self->log2_dim, r2)];
    self->code_size = (int)(faiss_lattice_code_bits (self->vectors.nv) + 7) / 8;
    return FAISS_OK;
}

/* ---- from numbers to points and back --------------------------------------------------------- */

/* The first half's squared norm is the last one whose points do not begin behind the code. */
static int find_half (const FaissZnSphereCodecRec *self, int ld, int r2t, uint64_t code) {
    const uint64_t *cum = self->all_nv_cum.data + cum_at (self, ld, r2t, 0);
    int low = 0, high = r2t + 1;
    while (high - low > 1) {
        int middle = (low + high) / 2;
        *(cum[middle] <= code ? &low : &high) = middle;
    }
    return low;
}

static void decode_part (const FaissZnSphereCodecRec *self, int ld, int r2t, uint64_t code,
                         float *c) {
    if (ld == self->decode_cache_ld && self->decode_cache.size > 0) {
        size_t width = (size_t)1 << ld;
        memcpy (c, self->decode_cache.data + (self->decode_cache_begin.data[r2t] + code) * width,
                width * sizeof *c);
        return;
    }
    if (ld == 0) {
        float root = sqrtf ((float)r2t);
        c[0] = code ? -root : root;
        return;
    }
    int r2a = find_half (self, ld, r2t, code);
    code -= self->all_nv_cum.data[cum_at (self, ld, r2t, r2a)];
    uint64_t n_second = self->all_nv.data[nv_at (self, ld - 1, r2t - r2a)];
    decode_part (self, ld - 1, r2a, code / n_second, c);
    decode_part (self, ld - 1, r2t - r2a, code % n_second, c + ((size_t)1 << (ld - 1)));
}

static FaissStatus ZnSphereCodecRec_decode (const FaissEnumeratedVectors *vectors, uint64_t code,
                                            float *c) {
    const FaissZnSphereCodecRec *self = FAISS_CONST_SELF (ZnSphereCodecRec, vectors, vectors);
    FAISS_REQUIRE (code < vectors->nv, "expected a code below nv=%llu, got %llu",
                   (unsigned long long)vectors->nv, (unsigned long long)code);
    decode_part (self, self->log2_dim, self->r2, code, c);
    return FAISS_OK;
}

FaissStatus faiss_ZnSphereCodecRec_encode_centroid (const FaissZnSphereCodecRec *self,
                                                    const float *c, uint64_t *out) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE_ARG (c);
    FAISS_REQUIRE_ARG (out);
    uint64_t codes[FAISS_LATTICE_MAX_DIM];
    int norms[FAISS_LATTICE_MAX_DIM], dim = self->vectors.dim;
    float sum = 0;
    for (int i = 0; i < dim; i++) {
        sum += c[i] * c[i];
        FAISS_REQUIRE (c[i] == rintf (c[i]) && sum <= (float)self->r2,
                       "the vector is no point of the sphere of r2=%d", self->r2);
        norms[i] = (int)(c[i] * c[i]);
        codes[i] = c[i] < 0;
    }
    FAISS_REQUIRE (sum == (float)self->r2, "the vector is no point of the sphere of r2=%d",
                   self->r2);
    for (int ld = 1, n = dim / 2; ld <= self->log2_dim; ld++, n /= 2) {
        for (int i = 0; i < n; i++) { /* two parts become one */
            int r2a = norms[2 * i], r2b = norms[2 * i + 1];
            codes[i] = self->all_nv_cum.data[cum_at (self, ld, r2a + r2b, r2a)] +
                       codes[2 * i] * self->all_nv.data[nv_at (self, ld - 1, r2b)] +
                       codes[2 * i + 1];
            norms[i] = r2a + r2b;
        }
    }
    *out = codes[0];
    return FAISS_OK;
}

static FaissStatus ZnSphereCodecRec_encode (const FaissEnumeratedVectors *vectors, const float *x,
                                            uint64_t *out) {
    return faiss_ZnSphereCodecRec_encode_centroid (
        FAISS_CONST_SELF (ZnSphereCodecRec, vectors, vectors), x, out);
}

/* ---- life ------------------------------------------------------------------------------------ */

static void ZnSphereCodecRec_finalize (void *object) {
    FaissZnSphereCodecRec *self = object;
    faiss_UInt64Vector_clear (&self->all_nv);
    faiss_UInt64Vector_clear (&self->all_nv_cum);
    faiss_UInt64Vector_clear (&self->decode_cache_begin);
    faiss_Float32Vector_clear (&self->decode_cache);
}

FaissEnumeratedVectorsClass faiss_ZnSphereCodecRec_class = {
    .head = {.name = "ZnSphereCodecRec",
             .parent = &faiss_EnumeratedVectors_class.head,
             .instance_size = sizeof (FaissZnSphereCodecRec),
             .table_size = sizeof (FaissEnumeratedVectorsClass),
             .finalize = ZnSphereCodecRec_finalize},
    .encode = ZnSphereCodecRec_encode,
    .decode = ZnSphereCodecRec_decode,
};

FaissStatus faiss_ZnSphereCodecRec_new_with (FaissZnSphereCodecRec **out, int dim_in, int r2_in) {
    FAISS_REQUIRE_ARG (out);
    FAISS_OWNED (ZnSphereCodecRec) *self = NULL;
    FAISS_TRY (faiss_object_new (&self, &faiss_ZnSphereCodecRec_class.head));
    FAISS_TRY (faiss_ZnSphereCodecRec_init (self, dim_in, r2_in));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

void faiss_ZnSphereCodecRec_free (FaissZnSphereCodecRec *self) {
    faiss_object_free (self);
}
