/* Every public field by functions, for bindings that cannot see structs.
 *
 * faiss_<Class>_<field> (object) and faiss_<Class>_set_<field> (object, value), for each entry of
 * fields.def; fields of a parent by the parent's name. Some have functions in their class's header
 * instead, of the same form. Plain accesses: nothing is copied or released. Of NULL every
 * field is 0, and nothing is set.
 */
#ifndef FAISS_FIELDS_H
#define FAISS_FIELDS_H

#define FAISS_FIELDS_HEADERS
#include <faiss/fields.def>
#undef FAISS_FIELDS_HEADERS

FAISS_BEGIN_DECLS

#define FAISS_FIELD_GET(Class, Type, field) Type faiss_##Class##_##field (const Faiss##Class *self);
#define FAISS_FIELD_SET(Class, Type, field)                                                        \
    void faiss_##Class##_set_##field (Faiss##Class *self, Type value);
/* booleans are int, 0 or 1, and any other number is true */
#define FAISS_FIELD_GET_BOOL(Class, field) int faiss_##Class##_##field (const Faiss##Class *self);
#define FAISS_FIELD_SET_BOOL(Class, field)                                                         \
    void faiss_##Class##_set_##field (Faiss##Class *self, int value);
#define FAISS_FIELD_VALUE(Class, Type, field) Type *faiss_##Class##_##field (Faiss##Class *self);
#include <faiss/fields.def>
#undef FAISS_FIELD_GET
#undef FAISS_FIELD_SET
#undef FAISS_FIELD_GET_BOOL
#undef FAISS_FIELD_SET_BOOL
#undef FAISS_FIELD_VALUE

FAISS_END_DECLS

#endif
