/* Inverted files: files and factory strings. */
#include <faiss/IndexFlat.h>
#include <faiss/IndexHNSW.h>
#include <faiss/IndexPQ.h>
#include <faiss/impl/check.h>
#include <faiss/impl/io_fields.h>
#include <faiss/impl/io_limits.h>
#include <faiss/impl/ivf_internal.h>
#include <faiss/invlists/ArrayInvertedLists.h>

/* Up to the quantizer. */
static FaissStatus read_coarse (FaissIndexIVF *self, FaissIOReader *reader) {
    FAISS_TRY (faiss_read_index_header (reader, &self->index));
    FAISS_TRY (faiss_read_size (reader, &self->nlist, "nlist"));
    FAISS_TRY (faiss_check_loop_limit (reader, self->nlist, "nlist"));
    FAISS_TRY (faiss_read_size (reader, &self->nprobe, "nprobe"));
    self->own_fields = true;
    /* flags do not reach the quantizer */
    return faiss_read_object (reader, &faiss_Index_class.head, 0, &self->quantizer);
}

FaissStatus faiss_IndexIVF_read_header (FaissIndexIVF *self, FaissIOReader *reader) {
    FAISS_TRY (read_coarse (self, reader));
    return faiss_DirectMap_read (&self->direct_map, reader);
}

FaissStatus faiss_IndexIVF_read_legacy_header (FaissIndexIVF *self, FaissIOReader *reader,
                                               FaissInt64Vector **ids) {
    size_t left;
    FAISS_TRY (read_coarse (self, reader));
    FAISS_REQUIRE_FILE (
        reader, !reader->cls->remaining (reader, &left) || self->nlist <= left / sizeof (uint64_t),
        "%zu bytes are too few for the ids of nlist=%zu", left, self->nlist);
    FAISS_TRY (faiss_alloc_zeroed (ids, self->nlist, sizeof **ids));
    for (size_t i = 0; i < self->nlist; i++) {
        FAISS_TRY (faiss_read_Int64Vector (reader, &(*ids)[i], "ids"));
    }
    return faiss_DirectMap_read (&self->direct_map, reader);
}

/* The codes of all lists are at the end, as numbers of floats or of bytes. */
FaissStatus faiss_IndexIVF_read_legacy_lists (FaissIndexIVF *self, FaissIOReader *reader,
                                              FaissInt64Vector *ids, bool as_floats) {
    FaissArrayInvertedLists *lists;
    FAISS_TRY (faiss_ArrayInvertedLists_new_with (&lists, self->nlist, self->code_size));
    self->invlists = &lists->lists;
    self->own_invlists = true;
    for (size_t i = 0; i < self->nlist; i++) {
        FAISS_TRY (as_floats ? faiss_read_xb (reader, &lists->codes[i], "codes")
                             : faiss_read_UInt8Vector (reader, &lists->codes[i], "codes"));
        FAISS_REQUIRE_FILE (reader, lists->codes[i].size == ids[i].size * self->code_size,
                            "list %zu has %zu ids, but %zu bytes of codes", i, ids[i].size,
                            lists->codes[i].size);
        faiss_Int64Vector_swap (&lists->ids[i], &ids[i]);
    }
    return FAISS_OK;
}

void faiss_IndexIVF_clear_legacy_ids (const FaissIndexIVF *self, FaissInt64Vector *ids) {
    for (size_t i = 0; ids && i < self->nlist; i++) {
        faiss_Int64Vector_clear (&ids[i]);
    }
    free (ids);
}

FaissStatus faiss_IndexIVF_write_header (const FaissIndexIVF *self, FaissIOWriter *writer) {
    FAISS_TRY (faiss_write_index_header (writer, &self->index));
    FAISS_TRY (faiss_write_u64 (writer, self->nlist));
    FAISS_TRY (faiss_write_u64 (writer, self->nprobe));
    FAISS_TRY (faiss_write_object (writer, self->quantizer, 0));
    return faiss_DirectMap_write (&self->direct_map, writer);
}

FaissStatus faiss_IndexIVF_read_invlists (FaissIndexIVF *self, FaissIOReader *reader,
                                          int io_flags) {
    self->own_invlists = true;
    reader->nlist = self->nlist; /* before there is memory for another number of them */
    FaissStatus status =
        faiss_read_object (reader, &faiss_InvertedLists_class.head, io_flags, &self->invlists);
    reader->nlist = 0;
    FAISS_TRY (status);
    const FaissInvertedLists *lists = self->invlists;
    FAISS_REQUIRE_FILE (reader, !lists || lists->nlist == self->nlist,
                        "expected nlist=%zu of the inverted lists, got %zu", self->nlist,
                        lists->nlist);
    FAISS_REQUIRE_FILE (reader,
                        !lists || lists->code_size == self->code_size ||
                            lists->code_size == FAISS_INVALID_CODE_SIZE,
                        "expected code_size=%zu of the inverted lists, got %zu", self->code_size,
                        lists->code_size);
    return FAISS_OK;
}

FaissStatus faiss_IndexIVF_write_invlists (const FaissIndexIVF *self, FaissIOWriter *writer) {
    return self->invlists ? faiss_write_object (writer, self->invlists, 0)
                          : faiss_write_tag (writer, "il00");
}

FaissStatus faiss_IndexIVF_describe_coarse (const FaissIndexIVF *self, FaissString *out) {
    if (self->quantizer &&
        faiss_object_cast (self->quantizer, &faiss_MultiIndexQuantizer_class.head)) {
        return faiss_object_class (self->quantizer)->describe (self->quantizer, out);
    }
    FAISS_TRY (faiss_String_printf (out, "IVF%zu", self->nlist));
    if (!self->quantizer ||
        faiss_object_cast (self->quantizer, &faiss_IndexFlat_class.index.head)) {
        return FAISS_OK;
    }
    if (faiss_object_class (self->quantizer) == &faiss_IndexHNSWFlat_class.head) {
        FAISS_TRY (faiss_String_printf (out, "_"));
        return faiss_object_class (self->quantizer)->describe (self->quantizer, out);
    }
    FAISS_TRY (faiss_String_printf (out, "("));
    FAISS_TRY (faiss_object_class (self->quantizer)->describe (self->quantizer, out));
    return faiss_String_printf (out, ")");
}
