/* Error messages per thread, checked allocation, errors of parallel regions. */
#include <faiss/impl/check.h>

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <faiss/impl/object.h>

static _Thread_local char last_error[sizeof ((FaissRegion *)NULL)->message];
static _Thread_local bool has_failed;

const char *faiss_get_last_error (void) {
    return has_failed ? last_error : NULL;
}

/* The arguments may point into last_error: an upper layer may quote a lower one's message. So the
 * text is put together elsewhere first. */
static FaissStatus keep_message (FaissErrorCode code, const char *message) {
    memcpy (last_error, message, sizeof last_error);
    has_failed = true;
    return code;
}

FaissStatus faiss_fail (FaissErrorCode code, const char *format, ...) {
    char message[sizeof last_error] = "";
    va_list args;
    va_start (args, format);
    vsnprintf (message, sizeof message, format, args);
    va_end (args);
    return keep_message (code, message);
}

FaissStatus faiss_fail_in (FaissErrorCode code, const char *function, const char *format, ...) {
    char message[sizeof last_error] = "";
    int used = snprintf (message, sizeof message, "Error in %s: ", function);
    size_t prefix = used < 0 ? 0 : (size_t)used;
    if (prefix < sizeof message) {
        va_list args;
        va_start (args, format);
        vsnprintf (message + prefix, sizeof message - prefix, format, args);
        va_end (args);
    }
    return keep_message (code, message);
}

static FaissStatus no_memory (size_t n, size_t size) {
    return faiss_fail (FAISS_STD_EXCEPT, "no memory for %zu elements of %zu bytes", n, size);
}

FaissStatus faiss_alloc (void *out, size_t n, size_t size) {
    void *memory = NULL;
    if (size == 0 || n <= SIZE_MAX / 2 / size) {
        size_t bytes = n * size;
        memory = malloc (bytes ? bytes : 1);
    }
    memcpy (out, &memory, sizeof memory);
    return memory ? FAISS_OK : no_memory (n, size);
}

FaissStatus faiss_alloc_zeroed (void *out, size_t n, size_t size) {
    void *memory = NULL;
    if (size == 0 || n <= SIZE_MAX / 2 / size) {
        memory = calloc (n ? n : 1, size ? size : 1);
    }
    memcpy (out, &memory, sizeof memory);
    return memory ? FAISS_OK : no_memory (n, size);
}

FaissStatus faiss_alloc_aligned (void *out, size_t n, size_t size) {
    enum { ALIGNMENT = 64 };
    void *memory = NULL;
    if (size == 0 || n <= SIZE_MAX / 2 / size) {
        memory = aligned_alloc (ALIGNMENT, (n * size / ALIGNMENT + 1) * ALIGNMENT);
    }
    memcpy (out, &memory, sizeof memory);
    return memory ? FAISS_OK : no_memory (n, size);
}

void faiss_free_object_pointer (void *pointer) {
    faiss_object_free (*(void **)pointer);
}

int faiss_region_failed (const FaissRegion *region) {
    return __atomic_load_n (&region->status, __ATOMIC_RELAXED) != FAISS_OK;
}

int faiss_region_note (FaissRegion *region, FaissStatus status) {
    if (status != FAISS_OK) {
        int expected = FAISS_OK;
        if (__atomic_compare_exchange_n (&region->status, &expected, status, 0, __ATOMIC_RELAXED,
                                         __ATOMIC_RELAXED)) {
            memcpy (region->message, last_error, sizeof last_error);
        }
    }
    return faiss_region_failed (region);
}

static FaissMessageCallback message_callback;

void faiss_set_message_callback (FaissMessageCallback callback) {
    message_callback = callback;
}

static void message (bool is_warning, const char *format, va_list args) {
    if (message_callback) {
        char text[sizeof last_error] = "";
        vsnprintf (text, sizeof text, format, args);
        message_callback (text, is_warning);
    } else {
        vfprintf (is_warning ? stderr : stdout, format, args);
        fflush (is_warning ? stderr : stdout);
    }
}

void faiss_say (const char *format, ...) {
    va_list args;
    va_start (args, format);
    message (false, format, args);
    va_end (args);
}

void faiss_warn (const char *format, ...) {
    va_list args;
    va_start (args, format);
    message (true, format, args);
    va_end (args);
}

static FaissProgressCallback progress_callback;

void faiss_set_progress_callback (FaissProgressCallback callback) {
    progress_callback = callback;
}

void faiss_progress (const char *what, size_t done, size_t total) {
    if (progress_callback) {
        progress_callback (what, done, total);
    }
}

static FaissInterruptCallback interrupt_callback;

void faiss_set_interrupt_callback (FaissInterruptCallback callback) {
    interrupt_callback = callback;
}

static _Thread_local const FaissRegion *watched_region;

void faiss_region_watch (const FaissRegion *region) {
    watched_region = region;
}

static _Thread_local int held_interrupts;

void faiss_hold_interrupts (bool hold) {
    held_interrupts += hold ? 1 : -1;
}

FaissStatus faiss_check_interrupt (void) {
    if (held_interrupts > 0) {
        return FAISS_OK;
    }
    if (watched_region && faiss_region_failed (watched_region)) {
        return faiss_fail (FAISS_EXCEPT, "interrupted");
    }
    if (interrupt_callback && interrupt_callback ()) {
        return faiss_fail (FAISS_EXCEPT, "interrupted");
    }
    return FAISS_OK;
}

FaissStatus faiss_copy_bytes (void *to, const void *from, size_t n) {
    const size_t block = (size_t)8 << 20;
    for (size_t done = 0; done < n;) {
        size_t step = n - done < block ? n - done : block;
        if (from) {
            memcpy ((char *)to + done, (const char *)from + done, step);
        } else {
            memset ((char *)to + done, 0, step);
        }
        done += step;
        if (done < n) {
            FAISS_TRY (faiss_check_interrupt ());
        }
    }
    return FAISS_OK;
}

int faiss_region_stopped (FaissRegion *region) {
    return faiss_region_failed (region) || faiss_region_note (region, faiss_check_interrupt ());
}

FaissStatus faiss_region_close (const FaissRegion *region) {
    return region->status != FAISS_OK ? keep_message (region->status, region->message) : FAISS_OK;
}
