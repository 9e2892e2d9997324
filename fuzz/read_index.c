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
    MAX_CODE_SIZE = 1 << 16,
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

typedef struct Room {
    float *x;       /* N_QUERIES vectors */
    float *recons;  /* N_QUERIES * K vectors */
    uint8_t *codes; /* N_QUERIES codes */
} Room;

static void search (FaissIndex *index, const Room *room) {
    float distances[N_QUERIES * K];
    idx_t labels[N_QUERIES * K];
    FaissRangeSearchResult *result = NULL;
    FaissIDSelectorRange *range = NULL;
    FaissDistanceComputer *dc = NULL;
    faiss_Index_search (index, N_QUERIES, room->x, K, distances, labels);
    faiss_Index_assign (index, N_QUERIES, room->x, labels, K);
    faiss_Index_search_and_reconstruct (index, N_QUERIES, room->x, K, NULL, distances, labels,
                                        room->recons);
    for (int i = 0; i < N_QUERIES * K; i++) {
        labels[i] = i;
    }
    faiss_Index_search_subset (index, N_QUERIES, room->x, K, labels, 1, distances, labels);
    if (faiss_RangeSearchResult_new (&result, N_QUERIES) == FAISS_OK) {
        faiss_Index_range_search (index, N_QUERIES, room->x, 1, result);
        faiss_RangeSearchResult_free (result);
    }
    if (faiss_IDSelectorRange_new (&range, 1, 3) == FAISS_OK) {
        FaissSearchParameters *params = NULL;
        if (faiss_SearchParameters_new (&params, &range->sel) == FAISS_OK) {
            faiss_Index_search_with_params (index, 1, room->x, K, params, distances, labels);
            faiss_SearchParameters_free (params);
        }
        faiss_IDSelectorRange_free (range);
    }
    if (index->ntotal > 0 && faiss_Index_get_distance_computer (index, &dc) == FAISS_OK) {
        if (dc->set_query (dc, room->x) == FAISS_OK) {
            (void)dc->distance (dc, 0);
            (void)dc->symmetric_dis (dc, 0, index->ntotal - 1);
        }
        faiss_DistanceComputer_free (dc);
    }
}

static void take_out (const FaissIndex *index, const Room *room) {
    idx_t keys[] = {0, index->ntotal - 1};
    size_t code_size = 0;
    faiss_Index_reconstruct (index, 0, room->recons);
    faiss_Index_reconstruct (index, index->ntotal - 1, room->recons);
    faiss_Index_reconstruct (index, index->ntotal, room->recons);
    faiss_Index_reconstruct (index, -1, room->recons);
    faiss_Index_reconstruct_n (index, 0, N_QUERIES, room->recons);
    faiss_Index_reconstruct_batch (index, 2, keys, room->recons);
    faiss_Index_compute_residual (index, room->x, room->recons, 0);
    if (faiss_Index_sa_code_size (index, &code_size) == FAISS_OK && code_size <= MAX_CODE_SIZE) {
        if (faiss_Index_sa_encode (index, 1, room->x, room->codes) == FAISS_OK) {
            faiss_Index_sa_decode (index, 1, room->codes, room->recons);
        }
        memset (room->codes, 0xff, code_size);
        faiss_Index_sa_decode (index, 1, room->codes, room->recons);
    }
}

static void change (FaissIndex *index, const Room *room) {
    FaissIDSelectorRange *range = NULL;
    FaissIndex *other = NULL;
    idx_t ids[N_QUERIES] = {7, 7};
    faiss_Index_add (index, 1, room->x);
    faiss_Index_add_with_ids (index, N_QUERIES, room->x, ids);
    if (faiss_IDSelectorRange_new (&range, 0, 2) == FAISS_OK) {
        faiss_Index_remove_ids (index, &range->sel, NULL);
        faiss_IDSelectorRange_free (range);
    }
    if (faiss_clone_index (index, &other) == FAISS_OK) {
        faiss_Index_merge_from (index, other, 3);
        faiss_Index_free (other);
    }
    take_out (index, room);
    search (index, room);
    faiss_Index_train (index, N_QUERIES, room->x);
    faiss_Index_reset (index);
    faiss_Index_add (index, 1, room->x);
    search (index, room);
}

/* Results do not matter; that nothing is read or written out of bounds does. */
static void use (FaissIndex *index) {
    size_t d = (size_t)index->d;
    if (d == 0 || d > MAX_D) {
        return;
    }
    Room room = {
        calloc (N_QUERIES * d, sizeof (float)),
        calloc (N_QUERIES * K * d, sizeof (float)),
        calloc (MAX_CODE_SIZE, 1),
    };
    if (room.x && room.recons && room.codes) {
        room.x[0] = 1;
        search (index, &room);
        take_out (index, &room);
        change (index, &room);
    }
    free (room.x);
    free (room.recons);
    free (room.codes);
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
