/* Any text as a description: the first byte is the metric, the second the dimension. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <faiss/index_factory.h>

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

/* Numbers above 999 only cost memory and time. */
static int has_large_number (const uint8_t *text, size_t size) {
    int digits = 0;
    for (size_t i = 0; i < size; i++) {
        digits = isdigit (text[i]) ? digits + 1 : 0;
        if (digits > 3 || (digits > 0 && i + 1 < size && strchr ("kM", text[i + 1]))) {
            return 1;
        }
    }
    return 0;
}

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size) {
    if (size < 2 || has_large_number (data + 2, size - 2)) {
        return 0;
    }
    char *text = malloc (size - 1);
    if (!text) {
        return 0;
    }
    memcpy (text, data + 2, size - 2);
    text[size - 2] = '\0';
    FaissIndex *index = NULL;
    FaissStatus status =
        faiss_index_factory (&index, data[1], text, (FaissMetricType)(data[0] % 30));
    if ((status == FAISS_OK) != (index != NULL)) {
        fprintf (stderr, "status %d, but the index is %p\n", status, (void *)index);
        abort ();
    }
    if (index) {
        FaissString description = {0};
        FaissIndex *again = NULL;
        if (faiss_reverse_index_factory (index, &description) == FAISS_OK && description.size) {
            faiss_index_factory (&again, index->d, faiss_String_text (&description),
                                 index->metric_type);
            faiss_Index_free (again);
        }
        faiss_String_clear (&description);
    }
    faiss_Index_free (index);
    free (text);
    return 0;
}
