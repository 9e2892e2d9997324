/* Progress on stderr: only on a terminal, never in a pipe. */
#include "progress.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <faiss/impl/error.h>

enum { BAR_WIDTH = 24 };

static struct {
    bool known, on; ///< is stderr a terminal was asked; it is
    const char *what;
    int64_t total;
    double start, start_of_bar, drawn;
    size_t trained;   ///< steps of the k-means that runs
    double last_step; ///< when the last of them ended
    bool line;        ///< something is on the line
} state;

/* For the signal handler, which may not call much. */
static char ticker_head[80];
static volatile sig_atomic_t ticker_seconds;

double seconds_now (void) {
    struct timespec t;
    clock_gettime (CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

void progress_disable (void) {
    state.known = true;
    state.on = false;
}

static bool is_on (void) {
    if (!state.known) {
        const char *term = getenv ("TERM");
        state.on = isatty (STDERR_FILENO) && term && strcmp (term, "dumb") != 0;
        state.known = true;
    }
    return state.on;
}

void progress_clear_line (void) {
    if (state.line) {
        fputs ("\r\033[K", stderr);
        fflush (stderr);
        state.line = false;
    }
}

static void tick (int number) {
    char text[120];
    size_t length = strlen (ticker_head);
    memcpy (text, ticker_head, length);
    int seconds = ++ticker_seconds;
    char digits[12];
    int n = 0;
    do {
        digits[n++] = (char)('0' + seconds % 10);
        seconds /= 10;
    } while (seconds && n < 11);
    while (n > 0) {
        text[length++] = digits[--n];
    }
    memcpy (text + length, " s", 2);
    if (write (STDERR_FILENO, text, length + 2) < 0) {
        return;
    }
    signal (number, tick);
    alarm (1);
}

static void start_ticker (void) {
    snprintf (ticker_head, sizeof ticker_head, "\r\033[K%.60s ... ", state.what);
    ticker_seconds = 0;
    struct sigaction action;
    memset (&action, 0, sizeof action);
    action.sa_handler = tick;
    action.sa_flags = SA_RESTART;
    sigaction (SIGALRM, &action, NULL);
    state.line = true;
    fprintf (stderr, "%s", ticker_head);
    fflush (stderr);
    alarm (1);
}

void progress_start (const char *what, int64_t total) {
    state.what = what;
    state.total = total;
    state.start = state.start_of_bar = seconds_now ();
    state.drawn = 0;
    if (!is_on ()) {
        return;
    }
    if (total > 0) {
        progress_update (0);
    } else {
        start_ticker ();
    }
}

static void rate_text (char *text, size_t size, double rate) {
    static const char *const units[] = {"", "k", "M", "G"};
    int unit = 0;
    while (rate >= 1000 && unit < 3) {
        rate /= 1000;
        unit++;
    }
    snprintf (text, size, rate < 10 ? "%.1f%s/s" : "%.0f%s/s", rate, units[unit]);
}

void progress_update (int64_t done) {
    if (!is_on () || state.total <= 0) {
        return;
    }
    double now = seconds_now ();
    if (now - state.drawn < 0.1 && done < state.total) {
        return;
    }
    state.drawn = now;
    double share = (double)done / (double)state.total, elapsed = now - state.start_of_bar;
    char bar[BAR_WIDTH + 1], rate[24] = "", left[40] = "";
    int filled = (int)(share * BAR_WIDTH);
    for (int i = 0; i < BAR_WIDTH; i++) {
        bar[i] = i < filled ? '=' : i == filled ? '>' : ' ';
    }
    bar[BAR_WIDTH] = 0;
    if (done > 0 && elapsed > 0.2) {
        rate_text (rate, sizeof rate, (double)done / elapsed);
        double seconds = elapsed * (1 - share) / share;
        snprintf (left, sizeof left, "%d:%02d left", (int)(seconds / 60), (int)seconds % 60);
    }
    fprintf (stderr, "\r\033[K%-10s [%s] %3d %%  %s  %s", state.what, bar, (int)(share * 100), rate,
             left);
    fflush (stderr);
    state.line = true;
}

/* What the library reports of a training, from the thread that trains. */
static void trained_so_far (const char *what, size_t done, size_t total) {
    (void)what;
    if (state.total == 0 || done <= state.trained) { /* a k-means begins */
        alarm (0);
        state.total = (int64_t)total;
        state.start_of_bar = state.trained ? state.last_step : state.start;
    }
    state.trained = done;
    state.last_step = seconds_now ();
    progress_update ((int64_t)done);
}

void progress_start_training (const char *what) {
    progress_start (what, 0);
    state.trained = 0;
    if (is_on ()) {
        faiss_set_progress_callback (trained_so_far);
    }
}

double progress_stop (void) {
    faiss_set_progress_callback (NULL);
    if (is_on ()) {
        alarm (0);
        progress_clear_line ();
    }
    return seconds_now () - state.start;
}

enum { BUFFERS = 8 };
static char *next_buffer (void) {
    static char buffers[BUFFERS][40];
    static int next;
    return buffers[next++ % BUFFERS];
}

const char *with_commas (int64_t n) {
    char digits[24], *out = next_buffer (), *to = out;
    snprintf (digits, sizeof digits, "%" PRId64, n);
    for (const char *c = digits; *c; c++) {
        size_t rest = strlen (c);
        *to++ = *c;
        if (*c != '-' && rest > 1 && rest % 3 == 1) {
            *to++ = ',';
        }
    }
    *to = 0;
    return out;
}

const char *bytes_text (double bytes) {
    static const char *const units[] = {"bytes", "KB", "MB", "GB", "TB"};
    char *out = next_buffer ();
    int unit = 0;
    while (bytes >= 1000 && unit < 4) {
        bytes /= 1000;
        unit++;
    }
    snprintf (out, 40, unit == 0 ? "%.0f %s" : "%.1f %s", bytes, units[unit]);
    return out;
}

const char *seconds_text (double seconds) {
    char *out = next_buffer ();
    if (seconds < 100) {
        snprintf (out, 40, seconds < 10 ? "%.2f s" : "%.1f s", seconds);
    } else {
        snprintf (out, 40, "%d min %02d s", (int)(seconds / 60), (int)seconds % 60);
    }
    return out;
}
