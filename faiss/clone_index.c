/* Deep copies of indexes. */
#include <faiss/clone_index.h>

#include <faiss/impl/check.h>
#include <faiss/impl/index_check.h>

FaissStatus faiss_clone_index (const FaissIndex *index, FaissIndex **out) {
    FAISS_TRY (faiss_check_index (__func__, index));
    FAISS_REQUIRE_ARG (out);
    return faiss_object_clone (out, index);
}
