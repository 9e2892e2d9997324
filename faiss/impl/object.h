/* Classes: what the first word of every object points to. */
#ifndef FAISS_OBJECT_H
#define FAISS_OBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <faiss/impl/error.h>

FAISS_BEGIN_DECLS

struct FaissIOReader;
struct FaissIOWriter;
struct FaissFactoryRule;
struct FaissString;

/** The head of every class table.
 *
 * A table is this head followed by function pointers only. A NULL slot is inherited: it is filled
 * from the parent when the class is first used, so a class lists what it overrides and nothing
 * else. The members of the head are not inherited, except `write` and `describe`.
 */
typedef struct FaissClass {
    const char *name;          ///< "IndexIVFFlat": the name in C, Python and messages
    struct FaissClass *parent; ///< NULL for a root
    size_t instance_size;      ///< bytes of an object
    size_t table_size;         ///< bytes of the class table, this head included

    /// Release this class's own fields; the parents' finalizers run after it. NULL: nothing to do.
    void (*finalize) (void *self);

    /** Deep-copy this class's own fields; the parents' copies ran before it.
     *
     * `self` is zeroed but for them. Objects copied with it are owned (own_fields and the like are
     * set true). A failure may leave `self` half done, but fit for finalize. NULL: nothing to copy.
     */
    FaissStatus (*copy) (void *self, const void *other);

    /** Do this class's own fields fit each other, those that Python and C can change? The parents
     * are asked, too. An error says what does not. Cheap: it is asked at the beginning of every
     * call. NULL: there is nothing that could fail.
     */
    FaissStatus (*check) (const void *self);

    /// The file tags (fourcc) that `read` understands, space separated: "IxF2 IxFI IxFl", or NULL.
    const char *tags;

    /** Make an object from a file whose tag, one of `tags`, was read already.
     *
     * On failure *out is untouched and nothing leaks.
     */
    FaissStatus (*read) (void **out, struct FaissIOReader *reader, uint32_t tag, int io_flags);

    /// Write the tag and everything behind it.
    FaissStatus (*write) (const void *self, struct FaissIOWriter *writer, int io_flags);

    /// The index_factory productions that make this class, ended by one with a NULL pattern, or
    /// NULL.
    const struct FaissFactoryRule *factory;

    /// Append the factory string that makes such an object (reverse_index_factory).
    FaissStatus (*describe) (const void *self, struct FaissString *out);

    int ready;
} FaissClass;

/// Fill the inherited slots of a table. Idempotent and thread safe.
void faiss_class_ready (FaissClass *cls);

/// Is a class `ancestor` or one of its subclasses?
bool faiss_class_is_a (const FaissClass *cls, const FaissClass *ancestor);

/// All classes of the library that can be instantiated, ended by NULL (faiss/impl/classes.def).
FaissClass *const *faiss_all_classes (void);

/// A zeroed object of a class. Only the class pointer is set.
FaissStatus faiss_object_new (void *out, FaissClass *cls);

/// Finalize from the object's class up to its root, then release the memory. NULL is allowed.
void faiss_object_free (void *object);

/// A deep copy that owns all it refers to.
FaissStatus faiss_object_clone (void *out, const void *object);

/// The checks of the object's class and of its parents. Of what is zero nothing is asked.
FaissStatus faiss_object_check (const void *object);

/* Objects that are fields of others (`index->pq`): the memory is the outer object's. */

/// Make memory of cls->instance_size bytes a zeroed object of a class.
void faiss_object_init (void *object, FaissClass *cls);

/// Finalize like faiss_object_free, then zero the memory instead of releasing it. Of what is zero
/// already nothing is done.
void faiss_object_clear (void *object);

/// Make zeroed memory a deep copy of an object of that size. On failure the memory is zero.
FaissStatus faiss_object_assign (void *object, const void *other);

/// Exchange two objects of the same class.
void faiss_object_swap (void *object, void *other);

/// The class of an object.
const FaissClass *faiss_object_class (const void *object);

/// The object itself if it is of this class or a subclass, else NULL. NULL gives NULL.
void *faiss_object_cast (const void *object, const FaissClass *cls);

FAISS_END_DECLS

/** In a method: the object behind a pointer to one of its views.
 *
 * Compiles only if `pointer` has the type of `view`; costs nothing. Use faiss_object_cast () where
 * the class is not known.
 */
#define FAISS_SELF(Class, view, pointer)                                                           \
    ((Faiss##Class *)(1 ? (pointer) : &((Faiss##Class *)0)->view))

/// The same in a method that does not change its object.
#define FAISS_CONST_SELF(Class, view, pointer)                                                     \
    ((const Faiss##Class *)(1 ? (pointer) : &((const Faiss##Class *)0)->view))

#endif
