/* Random rotations by a dense matrix. */
#include <string.h>

#include <faiss/VectorTransform.h>
#include <faiss/impl/check.h>
#include <faiss/impl/factory_rule.h>
#include <faiss/impl/transform_internal.h>
#include <faiss/utils/random.h>
#include <faiss/utils/string.h>
#include <faiss/utils/utils.h>

/* With d_out <= d_in rows are the columns of Q of d_in x d_out normal numbers. With d_out > d_in
 * rows are the first d_in components of the columns of a square Q. */
FaissStatus faiss_RandomRotationMatrix_init (FaissRandomRotationMatrix *self, int seed) {
    FAISS_REQUIRE_ARG (self);
    size_t d_in = (size_t)self->transform.d_in, d_out = (size_t)self->transform.d_out;
    size_t length = d_in > d_out ? d_in : d_out;
    FAISS_AUTO (Float32Vector) A = {0};
    FAISS_TRY (faiss_Float32Vector_resize (&A, d_out * length));
    FAISS_TRY (faiss_float_randn_or_end (A.data, A.size, seed));
    FAISS_TRY (faiss_matrix_qr ((int)length, (int)d_out, A.data));
    if (d_in < length) {
        for (size_t i = 1; i < d_out; i++) {
            memmove (A.data + i * d_in, A.data + i * length, d_in * sizeof *A.data);
        }
        FAISS_TRY (faiss_Float32Vector_resize (&A, d_out * d_in));
    }
    faiss_Float32Vector_swap (&self->linear.A, &A);
    self->linear.is_orthonormal = true;
    self->transform.is_trained = true;
    return FAISS_OK;
}

static FaissStatus RandomRotationMatrix_train (FaissVectorTransform *transform, idx_t n,
                                               const float *x) {
    (void)n, (void)x;
    return faiss_RandomRotationMatrix_init (FAISS_SELF (RandomRotationMatrix, transform, transform),
                                            12345);
}

static FaissStatus RandomRotationMatrix_read (void **out, FaissIOReader *r, uint32_t tag,
                                              int io_flags) {
    (void)tag, (void)io_flags;
    FAISS_OWNED (RandomRotationMatrix) *self = NULL;
    FAISS_TRY (faiss_RandomRotationMatrix_new (&self));
    FAISS_TRY (faiss_read_linear (r, &self->linear));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

static FaissStatus RandomRotationMatrix_write (const void *object, FaissIOWriter *w, int io_flags) {
    (void)io_flags;
    FAISS_TRY (faiss_write_tag (w, "rrot"));
    return faiss_write_linear (w, object);
}

static FaissStatus build (const FaissFactoryContext *context, void *out) {
    int d_out = 0;
    FAISS_TRY (faiss_factory_int (context->groups[1], context->d, &d_out));
    FAISS_REQUIRE (d_out > 0, "expected d_out > 0, got %d", d_out);
    return faiss_RandomRotationMatrix_new_with (out, context->d, d_out);
}

static const FaissFactoryRule factory_rules[] = {
    {"RR([0-9]+)?", FAISS_FACTORY_TRANSFORM, "RR<d>", "rotate the vectors at random", build},
    {0},
};

static FaissStatus RandomRotationMatrix_describe (const void *object, FaissString *out) {
    const FaissRandomRotationMatrix *self = object;
    return faiss_String_printf (out, "RR%d", self->transform.d_out);
}

FaissVectorTransformClass faiss_RandomRotationMatrix_class = {
    .head = {.name = "RandomRotationMatrix",
             .parent = &faiss_LinearTransform_class.head,
             .instance_size = sizeof (FaissRandomRotationMatrix),
             .table_size = sizeof (FaissVectorTransformClass),
             .tags = "rrot",
             .read = RandomRotationMatrix_read,
             .write = RandomRotationMatrix_write,
             .factory = factory_rules,
             .describe = RandomRotationMatrix_describe},
    .train = RandomRotationMatrix_train,
};

FaissStatus faiss_RandomRotationMatrix_new (FaissRandomRotationMatrix **out) {
    return faiss_RandomRotationMatrix_new_with (out, 0, 0);
}

FaissStatus faiss_RandomRotationMatrix_new_with (FaissRandomRotationMatrix **out, int d_in,
                                                 int d_out) {
    FAISS_REQUIRE_ARG (out);
    FAISS_OWNED (RandomRotationMatrix) *self = NULL;
    FAISS_TRY (faiss_object_new (&self, &faiss_RandomRotationMatrix_class.head));
    FAISS_TRY (faiss_LinearTransform_init (&self->linear, d_in, d_out, false));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

void faiss_RandomRotationMatrix_free (FaissRandomRotationMatrix *self) {
    faiss_object_free (self);
}
