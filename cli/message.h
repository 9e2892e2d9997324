/* What the command says when something is wrong: one line on stderr, and the exit status. */
#ifndef FAISS_CLI_MESSAGE_H
#define FAISS_CLI_MESSAGE_H

#include <stddef.h>

#include <faiss/impl/error.h>

enum {
    EXIT_FAILED = 1, ///< the work could not be done
    EXIT_USAGE = 2,  ///< the command line is not understood
};

/// Print "faiss: <message>" and exit with status 1. Unfinished output files are removed.
_Noreturn void fail (const char *format, ...) FAISS_PRINTF (1, 2);

/// The same for mistakes on the command line: status 2, and where to find the help.
_Noreturn void fail_usage (const char *format, ...) FAISS_PRINTF (1, 2);

/// The subcommand that fail_usage () names; NULL for none.
void message_set_command (const char *command);

/// Print "faiss: note: <message>" and go on.
void note (const char *format, ...) FAISS_PRINTF (1, 2);

/// Unless the status is FAISS_OK: fail with the context, and what the library says.
void must (FaissStatus status, const char *format, ...) FAISS_PRINTF (2, 3);

/// What the library says about the last failure, without the name of its function.
const char *library_message (void);

/// malloc () of n * size bytes that fails with a message. The memory is zeroed.
void *allocate (size_t n, size_t size);

/// A new string from a format.
char *text_of (const char *format, ...) FAISS_PRINTF (1, 2);

/// Call a function at exit, also after a failure or a signal such as Ctrl-C.
void at_any_exit (void (*function) (void));

#endif
