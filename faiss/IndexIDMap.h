/* Ids of the caller's choice for indexes that number their vectors. */
#ifndef FAISS_INDEX_ID_MAP_H
#define FAISS_INDEX_ID_MAP_H

#include <faiss/Index.h>
#include <faiss/utils/id_map.h>
#include <faiss/utils/vector.h>

FAISS_BEGIN_DECLS

/** Translates positions in another index to ids.
 *
 * Vectors are added by add_with_ids only. Ids may repeat.
 */
typedef struct FaissIndexIDMap FAISS_EXTENDS (FaissIndex) {
    union {
        FaissIndex base;
    };
    FaissIndex *index;       ///< the vectors; see own_fields
    bool own_fields;         ///< free the index with this one (default false)
    FaissInt64Vector id_map; ///< the id of each position, size ntotal
} FaissIndexIDMap;

/** An IndexIDMap that also finds the position of an id: it can reconstruct.
 *
 * The position of an id that was added several times is that of the last one.
 */
typedef struct FaissIndexIDMap2 FAISS_EXTENDS (FaissIndexIDMap) {
    union {
        FaissIndex base;
        FaissIndexIDMap idmap;
    };
    FaissIdMap rev_map; ///< the position of each id
} FaissIndexIDMap2;

#ifndef SWIG
extern FaissIndexClass faiss_IndexIDMap_class;
extern FaissIndexClass faiss_IndexIDMap2_class;
#endif

/// @param index  an empty index; borrowed (own_fields)
FaissStatus faiss_IndexIDMap_new (FaissIndexIDMap **out, FaissIndex *index);
FaissStatus faiss_IndexIDMap_new_default (FaissIndexIDMap **out);
void faiss_IndexIDMap_free (FaissIndexIDMap *self);
FaissIndexIDMap *faiss_IndexIDMap_cast (FaissIndex *index);
int faiss_IndexIDMap_own_fields (const FaissIndexIDMap *self);
void faiss_IndexIDMap_set_own_fields (FaissIndexIDMap *self, int own_fields);
FaissIndex *faiss_IndexIDMap_sub_index (FaissIndexIDMap *self);

/// The ids; valid until the next change. Both outputs may be NULL.
void faiss_IndexIDMap_id_map (FaissIndexIDMap *self, idx_t **p_id_map, size_t *p_size);

/// @param index  an empty index; borrowed (own_fields)
FaissStatus faiss_IndexIDMap2_new (FaissIndexIDMap2 **out, FaissIndex *index);
FaissStatus faiss_IndexIDMap2_new_default (FaissIndexIDMap2 **out);
void faiss_IndexIDMap2_free (FaissIndexIDMap2 *self);
FaissIndexIDMap2 *faiss_IndexIDMap2_cast (FaissIndex *index);
int faiss_IndexIDMap2_own_fields (const FaissIndexIDMap2 *self);
void faiss_IndexIDMap2_set_own_fields (FaissIndexIDMap2 *self, int own_fields);
FaissIndex *faiss_IndexIDMap2_sub_index (FaissIndexIDMap2 *self);
void faiss_IndexIDMap2_id_map (FaissIndexIDMap2 *self, idx_t **p_id_map, size_t *p_size);

/// Make rev_map anew from id_map.
FaissStatus faiss_IndexIDMap2_construct_rev_map (FaissIndexIDMap2 *self);

/// Success if rev_map fits id_map, else an error that names an id that does not.
FaissStatus faiss_IndexIDMap2_check_consistency (const FaissIndexIDMap2 *self);

FAISS_END_DECLS

#endif
