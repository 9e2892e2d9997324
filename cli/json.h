/* Writing JSON. */
#ifndef FAISS_CLI_JSON_H
#define FAISS_CLI_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/** Writes one value; commas, line breaks and indentation come by themselves.
 *
 * Inside an object every value has a key, elsewhere the key is NULL.
 */
typedef struct Json {
    FILE *file;
    bool compact; ///< everything on one line
    int depth;
    bool filled[32]; ///< per depth: something was written
} Json;

void json_object (Json *self, const char *key);
void json_end_object (Json *self);
void json_array (Json *self, const char *key);
void json_end_array (Json *self);
void json_text (Json *self, const char *key, const char *value); ///< NULL becomes null
void json_integer (Json *self, const char *key, int64_t value);
void json_number (Json *self, const char *key, double value); ///< NaN and infinity become null
void json_float (Json *self, const char *key, float value);   ///< the digits that a float has
void json_bool (Json *self, const char *key, bool value);
void json_null (Json *self, const char *key);

#endif
