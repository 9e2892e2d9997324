/* Getters and setters of fields.def. Of NULL every field is 0, and nothing is set. */
#include <stddef.h>

#include <faiss/fields.h>

#define FAISS_FIELD_GET(Class, Type, field)                                                        \
    Type faiss_##Class##_##field (const Faiss##Class *self) {                                      \
        return self ? self->field : 0;                                                             \
    }
#define FAISS_FIELD_SET(Class, Type, field)                                                        \
    void faiss_##Class##_set_##field (Faiss##Class *self, Type value) {                            \
        if (self) {                                                                                \
            self->field = value;                                                                   \
        }                                                                                          \
    }
#define FAISS_FIELD_GET_BOOL(Class, field)                                                         \
    int faiss_##Class##_##field (const Faiss##Class *self) {                                       \
        return self ? self->field : 0;                                                             \
    }
#define FAISS_FIELD_SET_BOOL(Class, field)                                                         \
    void faiss_##Class##_set_##field (Faiss##Class *self, int value) {                             \
        if (self) {                                                                                \
            self->field = value != 0;                                                              \
        }                                                                                          \
    }
#define FAISS_FIELD_VALUE(Class, Type, field)                                                      \
    Type *faiss_##Class##_##field (Faiss##Class *self) {                                           \
        return self ? &self->field : NULL;                                                         \
    }
#include <faiss/fields.def>
