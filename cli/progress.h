/* Progress on stderr: only on a terminal, never in a pipe. */
#ifndef FAISS_CLI_PROGRESS_H
#define FAISS_CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

/// Show nothing from now on (--quiet).
void progress_disable (void);

/** Start an activity.
 *
 * @param what   "adding", a word or two; must live until the stop
 * @param total  how much there is to do; 0 if nobody knows: the elapsed time is shown instead
 */
void progress_start (const char *what, int64_t total);

/** Start a training: the elapsed time, or, where the library says how far it is (in k-means), a
 * bar.
 *
 * A quantizer that does several k-means fills it several times.
 */
void progress_start_training (const char *what);

/// How much of the total is done.
void progress_update (int64_t done);

/// Remove the line. Returns the seconds since the start.
double progress_stop (void);

/// Make room for a message: the next update draws the line again.
void progress_clear_line (void);

/// Seconds on a clock that never goes back.
double seconds_now (void);

/// "341,479". Returns one of a few static buffers.
const char *with_commas (int64_t n);

/// "12.3 MB". Returns one of a few static buffers.
const char *bytes_text (double bytes);

/// "0.35 s", "2 min 05 s". Returns one of a few static buffers.
const char *seconds_text (double seconds);

#endif
