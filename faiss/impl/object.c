/* Class tables: inheritance of slots, life and death of objects. */
#include <faiss/impl/object.h>

#include <stdlib.h>
#include <string.h>

#include <faiss/impl/check.h>

/* Any slot, whatever the type of its function. */
typedef void (*Slot) (void) __attribute__ ((may_alias));

static void inherit_slot (Slot *mine, const Slot *theirs) {
    if (!__atomic_load_n (mine, __ATOMIC_RELAXED)) {
        __atomic_store_n (mine, *theirs, __ATOMIC_RELAXED);
    }
}

/* Two threads may do this at once: both store the same values. There is no lock, for a process that
 * forks in the meantime would keep it locked. */
void faiss_class_ready (FaissClass *cls) {
    if (!cls) {
        return;
    }
    if (__atomic_load_n (&cls->ready, __ATOMIC_ACQUIRE)) {
        return;
    }
    FaissClass *parent = cls->parent;
    if (parent) {
        faiss_class_ready (parent);
        for (size_t at = sizeof (FaissClass); at < parent->table_size; at += sizeof (Slot)) {
            inherit_slot ((Slot *)((char *)cls + at), (const Slot *)((const char *)parent + at));
        }
        inherit_slot ((Slot *)&cls->write, (const Slot *)&parent->write);
        inherit_slot ((Slot *)&cls->describe, (const Slot *)&parent->describe);
    }
    __atomic_store_n (&cls->ready, 1, __ATOMIC_RELEASE);
}

bool faiss_class_is_a (const FaissClass *cls, const FaissClass *ancestor) {
    while (cls && cls != ancestor) {
        cls = cls->parent;
    }
    return cls != NULL;
}

FaissStatus faiss_object_new (void *out, FaissClass *cls) {
    FAISS_REQUIRE_ARG (out);
    FAISS_REQUIRE_ARG (cls);
    faiss_class_ready (cls);
    FaissClass **object = calloc (1, cls->instance_size);
    if (!object) {
        return faiss_fail (FAISS_STD_EXCEPT, "no memory for an object of class %s", cls->name);
    }
    *object = cls;
    memcpy (out, &object, sizeof object);
    return FAISS_OK;
}

static void finalize (void *object) {
    for (const FaissClass *cls = faiss_object_class (object); cls; cls = cls->parent) {
        if (cls->finalize) {
            cls->finalize (object);
        }
    }
}

void faiss_object_free (void *object) {
    if (object) {
        finalize (object);
        free (object);
    }
}

void faiss_object_init (void *object, FaissClass *cls) {
    if (!object || !cls) {
        return;
    }
    faiss_class_ready (cls);
    memset (object, 0, cls->instance_size);
    *(FaissClass **)object = cls;
}

void faiss_object_clear (void *object) {
    if (!object) {
        return;
    }
    const FaissClass *cls = faiss_object_class (object);
    if (cls) {
        finalize (object);
        memset (object, 0, cls->instance_size);
    }
}

static FaissStatus copy_from_root (const FaissClass *cls, void *self, const void *other) {
    if (!cls) {
        return FAISS_OK;
    }
    FAISS_TRY (copy_from_root (cls->parent, self, other));
    return cls->copy ? cls->copy (self, other) : FAISS_OK;
}

FaissStatus faiss_object_check (const void *object) {
    for (const FaissClass *cls = faiss_object_class (object); cls; cls = cls->parent) {
        if (cls->check) {
            FAISS_TRY (cls->check (object));
        }
    }
    return FAISS_OK;
}

FaissStatus faiss_object_clone (void *out, const void *object) {
    FAISS_REQUIRE_ARG (out);
    FAISS_REQUIRE_ARG (object);
    FaissClass *cls = *(FaissClass *const *)object;
    void *clone;
    FAISS_TRY (faiss_object_new (&clone, cls));
    FaissStatus status = copy_from_root (cls, clone, object);
    if (status != FAISS_OK) {
        faiss_object_free (clone);
        return status;
    }
    memcpy (out, &clone, sizeof clone);
    return FAISS_OK;
}

FaissStatus faiss_object_assign (void *object, const void *other) {
    FAISS_REQUIRE_ARG (other);
    FaissClass *cls = *(FaissClass *const *)other;
    if (!cls) {
        return FAISS_OK;
    }
    faiss_object_init (object, cls);
    FaissStatus status = copy_from_root (cls, object, other);
    if (status != FAISS_OK) {
        faiss_object_clear (object);
    }
    return status;
}

void faiss_object_swap (void *object, void *other) {
    if (!object || !other) {
        return;
    }
    char *a = object, *b = other;
    for (size_t i = 0; i < faiss_object_class (object)->instance_size; i++) {
        char byte = a[i];
        a[i] = b[i];
        b[i] = byte;
    }
}

const FaissClass *faiss_object_class (const void *object) {
    return object ? *(const FaissClass *const *)object : NULL;
}

void *faiss_object_cast (const void *object, const FaissClass *cls) {
    if (!object || !faiss_class_is_a (faiss_object_class (object), cls)) {
        return NULL;
    }
    return (void *)object;
}
