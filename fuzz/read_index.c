/* Any bytes as an index file: refused, or an index that can be used, copied and written. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <faiss/clone_index.h>
#include <faiss/index_factory.h>
#include <faiss/index_io.h>

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

enum {
    MAX_BYTES = 1 << 24, /* of an array in a file */
    MAX_LOOP = 1 << 12,  /* lists, links of a chain ... */
    MAX_D = 1 << 12,     /* larger ones are read, but not searched */
    N_QUERIES = 2,
    K = 3,
};

static void fail (const char *what) {
    fprintf (stderr, "%s\n", what);
    abort ();
}

static FaissUInt8Vector bytes_of (const FaissIndex *index) {
    FaissVectorIOWriter *w = NULL;
    FaissUInt8Vector bytes = {0};
    if (faiss_VectorIOWriter_new (&w) == FAISS_OK &&
        faiss_write_index_custom (index, &w->writer, 0) == FAISS_OK) {
        faiss_UInt8Vector_swap (&bytes, &w->data);
    }
    faiss_IOWriter_free (w ? &w->writer : NULL);
    return bytes;
}

static FaissStatus read_bytes (const uint8_t *data, size_t size, FaissIndex **out) {
    FaissVectorIOReader *r = NULL;
    FaissStatus status = faiss_VectorIOReader_new_with (&r, data, size);
    if (status == FAISS_OK) {
        status = faiss_read_index_custom (&r->reader, 0, out);
        faiss_IOReader_free (&r->reader);
    }
    return status;
}

/* Results do not matter; that nothing is read or written out of bounds does. */
static void use (FaissIndex *index) {
    float distances[N_QUERIES * K];
    idx_t labels[N_QUERIES * K];
    size_t d = (size_t)index->d;
    if (d == 0 || d > MAX_D) {
        return;
    }
    float *x = calloc (N_QUERIES * d, sizeof *x);
    if (x) {
        x[0] = 1;
        faiss_Index_search (index, N_QUERIES, x, K, distances, labels);
        faiss_Index_reconstruct (index, 0, x);
        faiss_Index_add (index, 1, x);
        faiss_Index_search (index, 1, x, 1, distances, labels);
        free (x);
    }
}

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size) {
    FaissIndex *index = NULL, *again = NULL, *clone = NULL;
    faiss_set_deserialization_vector_byte_limit (MAX_BYTES);
    faiss_set_deserialization_loop_limit (MAX_LOOP);
    if (read_bytes (data, size, &index) != FAISS_OK) {
        if (index) {
            fail ("a reader that fails may not touch its result");
        }
        if (!faiss_get_last_error ()) {
            fail ("a failure without a message");
        }
        return 0;
    }
    if (!index) {
        return 0; /* the tag "null" */
    }
    FaissUInt8Vector bytes = bytes_of (index);
    if (bytes.size) {
        if (read_bytes (bytes.data, bytes.size, &again) != FAISS_OK) {
            fprintf (stderr, "%s\n", faiss_get_last_error ());
            fail ("what was read cannot be read back");
        }
        faiss_Index_free (again);
    }
    faiss_UInt8Vector_clear (&bytes);
    FaissString description = {0};
    faiss_reverse_index_factory (index, &description);
    faiss_String_clear (&description);
    if (faiss_clone_index (index, &clone) == FAISS_OK) {
        use (clone);
        faiss_Index_free (clone);
    }
    use (index);
    faiss_Index_free (index);
    return 0;
}
