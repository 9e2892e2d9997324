/* How the library's own code fails, returns and cleans up. Not for public headers. */
#ifndef FAISS_CHECK_H
#define FAISS_CHECK_H

#include <stddef.h>
#include <stdlib.h>

#include <faiss/impl/error.h>

/// Record a message for the calling thread and return the code.
FaissStatus faiss_fail (FaissErrorCode code, const char *format, ...) FAISS_PRINTF (2, 3);

/// Return from this function when an expression fails.
#define FAISS_TRY(expr)                                                                            \
    do {                                                                                           \
        FaissStatus faiss_try_status = (expr);                                                     \
        if (faiss_try_status != FAISS_OK) {                                                        \
            return faiss_try_status;                                                               \
        }                                                                                          \
    } while (0)

/// Return an error whose message opens with the name of this function.
#define FAISS_FAIL(...) return faiss_fail_in (FAISS_EXCEPT, __func__, __VA_ARGS__)

/** Return from this function, with a message, unless a condition holds.
 *
 * Functions that implement a method are called Class_method, so that the message names both.
 */
#define FAISS_REQUIRE(cond, ...)                                                                   \
    do {                                                                                           \
        if (!(cond)) {                                                                             \
            return faiss_fail_in (FAISS_EXCEPT, __func__, __VA_ARGS__);                            \
        }                                                                                          \
    } while (0)

/// An argument that may not be NULL.
#define FAISS_REQUIRE_ARG(pointer) FAISS_REQUIRE ((pointer) != NULL, "%s is NULL", #pointer)

FaissStatus faiss_fail_in (FaissErrorCode code, const char *function, const char *format, ...)
    FAISS_PRINTF (3, 4);

/** Memory for n elements of size bytes each, never less than one byte.
 *
 * The product may not overflow. On failure *out is NULL and the message says how much was asked.
 * @param out  the address of a pointer of any object type; release with free ()
 */
FaissStatus faiss_alloc (void *out, size_t n, size_t size);

/// The same, filled with zeros.
FaissStatus faiss_alloc_zeroed (void *out, size_t n, size_t size);

/// The same, aligned to 64 bytes (a cache line, an AVX-512 register).
FaissStatus faiss_alloc_aligned (void *out, size_t n, size_t size);

/// Ask for huge pages for a large block of memory that is not touched yet (faiss/utils/vector.c).
void faiss_advise_huge_pages (void *data, size_t bytes);

/* Cleanup by scope: what is declared with one of these is released when its scope ends.
 * (`unused`: Clang would otherwise warn where a variable exists for its cleanup only.) */

static inline void faiss_free_pointer (void *pointer) {
    free (*(void **)pointer);
}

/// `FAISS_AUTO_FREE (float) *norms = NULL;` then faiss_alloc (&norms, n, sizeof *norms)
#define FAISS_AUTO_FREE(T) __attribute__ ((cleanup (faiss_free_pointer), unused)) T

/// A value: `FAISS_AUTO (Float32Vector) norms = {0};` is cleared by faiss_Float32Vector_clear
#define FAISS_AUTO(Type) __attribute__ ((cleanup (faiss_##Type##_clear), unused)) Faiss##Type

/// An object: `FAISS_OWNED (Index) *index = NULL;` is freed unless stolen
#define FAISS_OWNED(Type) __attribute__ ((cleanup (faiss_free_object_pointer), unused)) Faiss##Type

void faiss_free_object_pointer (void *pointer);

/// Give away what a FAISS_OWNED or FAISS_AUTO_FREE variable holds: `*out = FAISS_STEAL (index);`
#define FAISS_STEAL(variable) faiss_steal_pointer (&(variable))

static inline void *faiss_steal_pointer (void *pointer) {
    void *taken = *(void **)pointer;
    *(void **)pointer = NULL;
    return taken;
}

/// What an object says if it is verbose (faiss_set_message_callback); with the ends of lines.
void faiss_say (const char *format, ...) FAISS_PRINTF (1, 2);
void faiss_warn (const char *format, ...) FAISS_PRINTF (1, 2);

/** The first error of a parallel region.
 *
 * A worker cannot return out of an OpenMP region, and its message lives in its own thread: it notes
 * the status here, and the thread that opened the region raises it again once the region is closed.
 *
 *     FaissRegion region = {0};
 *     #pragma omp parallel for num_threads (faiss_threads_for (n))
 *     for (idx_t i = 0; i < n; i++)
 *         if (!faiss_region_failed (&region))
 *             faiss_region_note (&region, search_one (...));
 *     return faiss_region_close (&region);
 */
typedef struct FaissRegion {
    int status;
    char message[1024];
} FaissRegion;

/// Note the outcome of one piece of work. Returns true once any has failed.
int faiss_region_note (FaissRegion *region, FaissStatus status);

/// Cheap test for loops: has any worker failed?
int faiss_region_failed (const FaissRegion *region);

/// The same for loops that may end when the caller asks for it (faiss_set_interrupt_callback):
/// those that compute results, not those that change an object.
int faiss_region_stopped (FaissRegion *region);

/// Tell whoever wants to know that `done` of `total` steps are done; not from parallel loops.
void faiss_progress (const char *what, size_t done, size_t total);

/// An error if the caller asks for the end of what runs, or the region that is watched has failed.
FaissStatus faiss_check_interrupt (void);

/** Until the same with false, this thread hears of no interrupt: where a change that failed, of
 * an interrupt maybe, is taken back. They nest. */
void faiss_hold_interrupts (bool hold);

/// Copy n bytes, or set them to zero where from is NULL; of millions, the caller may ask for the
/// end.
FaissStatus faiss_copy_bytes (void *to, const void *from, size_t n);

/// In a worker with long pieces of work: faiss_check_interrupt of this thread looks at the region
/// too. NULL at the end of the piece.
void faiss_region_watch (const FaissRegion *region);

/// After the region: raise its first error again in the calling thread.
FaissStatus faiss_region_close (const FaissRegion *region);

#endif
