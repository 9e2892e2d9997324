/* Errors: a status code is returned, a message is kept per thread. */
#ifndef FAISS_ERROR_H
#define FAISS_ERROR_H

#include <stdbool.h>
#include <stddef.h>

#include <faiss/impl/platform_macros.h>

FAISS_BEGIN_DECLS

/// What a fallible function returns; the values are those of upstream's C API.
typedef enum FaissErrorCode {
    FAISS_OK = 0,
    FAISS_UNKNOWN_EXCEPT = -1,
    FAISS_EXCEPT = -2,     ///< a condition of the library was not met
    FAISS_STD_EXCEPT = -4, ///< the system refused: memory and the like
} FaissErrorCode;

/// An int like any other to C. The name says "this function can fail": 0, or a FaissErrorCode.
typedef int FaissStatus;

/** The message of the calling thread's last failure.
 *
 * NULL if this thread never failed; a success does not reset it. Valid until the thread's next
 * failure.
 */
const char *faiss_get_last_error (void);

/** Asked often by searches and training, in all of their threads: true ends them with an error.
 *
 * What such a call was to change is as it was; outputs may be written in part.
 */
typedef bool (*FaissInterruptCallback) (void);

/// Have long calls ask; NULL (the default) for no longer. Not while calls run.
void faiss_set_interrupt_callback (FaissInterruptCallback callback);

/// Learns, in the thread that called, that a training has done so many of its steps, by iterations
/// of k-means for instance; a quantizer with several of them begins several times.
typedef void (*FaissProgressCallback) (const char *what, size_t done, size_t total);

/// NULL (the default): nobody learns. Not while calls run.
void faiss_set_progress_callback (FaissProgressCallback callback);

/// Gets what `verbose` objects say, in pieces of lines, and warnings (also while calls run).
typedef void (*FaissMessageCallback) (const char *text, bool is_warning);

/// Who gets messages; NULL (the default): standard output, warnings standard error.
void faiss_set_message_callback (FaissMessageCallback callback);

FAISS_END_DECLS

#endif
