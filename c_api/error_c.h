/* Error codes and messages. */
#ifndef FAISS_ERROR_C_H
#define FAISS_ERROR_C_H

#include "faiss_c.h"

FAISS_C_API_BEGIN

/// What the functions that return int and can fail return.
typedef enum FaissErrorCode {
    OK = 0,
    UNKNOWN_EXCEPT = -1,
    FAISS_EXCEPT = -2, ///< the library refuses: wrong arguments, files, descriptions
    STD_EXCEPT = -4,   ///< the system refuses: no memory, or a NULL where a text is needed
} FaissErrorCode;

/** The message of the calling thread's last failure.
 *
 * NULL if this thread never failed; a success does not reset it. Valid until the thread's next
 * failure.
 */
const char *faiss_get_last_error (void);

FAISS_C_API_END

#endif
