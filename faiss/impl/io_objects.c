/* Objects in index files: the tag decides which class reads. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include <faiss/impl/check.h>
#include <faiss/impl/io_fields.h>
#include <faiss/invlists/InvertedLists.h>

/* Indexes inside each other, the outermost included. */
enum { MAX_NESTING = 50 };

enum { TAG_LENGTH = 4 };

/* A tag for messages: characters that do not print are shown in hexadecimal. */
static const char *tag_text (uint32_t tag, char buffer[TAG_LENGTH * 4 + 1]) {
    char *at = buffer;
    for (int i = 0; i < TAG_LENGTH; i++) {
        unsigned char byte = (unsigned char)(tag >> (8 * i));
        at += sprintf (at, isprint (byte) ? "%c" : "\\x%02x", byte);
    }
    return buffer;
}

static bool class_reads (const FaissClass *cls, uint32_t tag) {
    for (const char *at = cls->tags; at && *at; at += TAG_LENGTH + (at[TAG_LENGTH] == ' ')) {
        if (FAISS_FOURCC (at) == tag) {
            return true;
        }
    }
    return false;
}

static FaissClass *class_of_tag (uint32_t tag) {
    FaissClass *const *cls = faiss_all_classes ();
    while (*cls && !class_reads (*cls, tag)) {
        cls++;
    }
    return *cls;
}

/* The classes that a file of a kind may hold, for people. */
static const char *kind_of (const FaissClass *root) {
    if (root == &faiss_Index_class.head) {
        return "an index";
    }
    return root == &faiss_InvertedLists_class.head ? "inverted lists" : root->name;
}

static FaissStatus refuse_tag (const FaissIOReader *r, uint32_t tag, const FaissClass *root) {
    char text[TAG_LENGTH * 4 + 1];
    tag_text (tag, text);
    FaissClass *cls = class_of_tag (tag);
    if (cls) {
        return faiss_file_error (r, "the tag \"%s\" is that of an object of class %s, expected %s",
                                 text, cls->name, kind_of (root));
    }
    if (!r->object) {
        return faiss_file_error (r,
                                 "the tag \"%s\" is unknown, expected that of %s: is this a "
                                 "Faiss file?",
                                 text, kind_of (root));
    }
    return faiss_file_error (r, "the tag \"%s\" is unknown, expected that of %s", text,
                             kind_of (root));
}

static FaissStatus read_by_class (FaissIOReader *r, const FaissClass *root, int io_flags,
                                  void **out) {
    uint32_t tag;
    bool is_index = faiss_class_is_a (root, &faiss_Index_class.head);
    FAISS_REQUIRE_FILE (r, !is_index || r->nesting <= MAX_NESTING,
                        "more than %d indexes inside each other", MAX_NESTING);
    FAISS_TRY (faiss_read_u32 (r, &tag, "the tag"));
    bool is_missing_index = root == &faiss_Index_class.head && tag == FAISS_FOURCC ("null");
    bool are_missing_lists =
        root == &faiss_InvertedLists_class.head && tag == FAISS_FOURCC ("il00");
    if (is_missing_index || are_missing_lists) {
        *out = NULL;
        return FAISS_OK;
    }
    FaissClass *cls = class_of_tag (tag);
    if (!cls || !cls->read || !faiss_class_is_a (cls, root)) {
        return refuse_tag (r, tag, root);
    }
    r->object = cls->name;
    faiss_class_ready (cls);
    return cls->read (out, r, tag, io_flags);
}

FaissStatus faiss_read_object (FaissIOReader *r, const FaissClass *root, int io_flags, void *out) {
    FAISS_REQUIRE_ARG (r);
    FAISS_REQUIRE_ARG (out);
    void *object = NULL;
    const char *outer = r->object;
    bool is_index = faiss_class_is_a (root, &faiss_Index_class.head);
    r->nesting += is_index;
    FaissStatus status = read_by_class (r, root, io_flags, &object);
    r->nesting -= is_index;
    r->object = outer;
    if (status == FAISS_OK) {
        memcpy (out, &object, sizeof object);
    }
    return status;
}

FaissStatus faiss_write_object (FaissIOWriter *w, const void *object, int io_flags) {
    FAISS_REQUIRE_ARG (w);
    if (!object) {
        return faiss_write_tag (w, "null");
    }
    const FaissClass *cls = faiss_object_class (object);
    FAISS_REQUIRE (cls->write, "no file format holds an object of class %s", cls->name);
    return cls->write (object, w, io_flags);
}
