/* Deep copies of indexes. */
#include <faiss/clone_index.h>

#include <faiss/impl/check.h>

FaissStatus faiss_clone_index (const FaissIndex *index, FaissIndex **out) {
    FAISS_REQUIRE_ARG (index);
    FAISS_REQUIRE_ARG (out);
    return faiss_object_clone (out, index);
}
