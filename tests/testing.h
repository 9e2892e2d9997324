/* What every unit test includes: cmocka, and checks of statuses and messages. */
#ifndef FAISS_TESTING_H
#define FAISS_TESTING_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <faiss/impl/error.h>

/// The call succeeds; its message is shown if it does not.
#define assert_ok(call) testing_ok ((call), #call, __FILE__, __LINE__)

static inline void testing_ok (FaissStatus status, const char *call, const char *file, int line) {
    if (status != FAISS_OK) {
        print_error ("%s\n  status %d: %s\n", call, status, faiss_get_last_error ());
        _fail (file, line);
    }
}

/// The call fails with a Faiss error whose message contains a text.
#define assert_fails(call, text)                                                                   \
    testing_fails ((call), FAISS_EXCEPT, (text), #call, __FILE__, __LINE__)

/// The call fails for want of memory.
#define assert_no_memory(call)                                                                     \
    testing_fails ((call), FAISS_STD_EXCEPT, "memory", #call, __FILE__, __LINE__)

static inline void testing_fails (FaissStatus status, FaissStatus expected, const char *text,
                                  const char *call, const char *file, int line) {
    const char *message = faiss_get_last_error ();
    if (status != expected || !message || !strstr (message, text)) {
        print_error ("%s\n  expected status %d and \"...%s...\"\n  got status %d and \"%s\"\n",
                     call, expected, text, status, message ? message : "(no message)");
        _fail (file, line);
    }
}

/// For tests of threads and of fork (), which `make test-aarch64` leaves out: under QEMU they hang.
static inline void testing_needs_threads (void) {
    if (getenv ("FAISS_TEST_ONE_THREAD")) {
        skip ();
    }
}

/// Random numbers, the same on every machine.
typedef struct TestRandom {
    uint64_t state;
} TestRandom;

static inline uint32_t testing_random (TestRandom *random) {
    random->state = random->state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(random->state >> 33);
}

/// n floats between -1 and 1.
static inline void testing_floats (TestRandom *random, float *x, size_t n) {
    for (size_t i = 0; i < n; i++) {
        x[i] = (float)(testing_random (random) % 20001) / 10000.0f - 1.0f;
    }
}

/// Run a NULL-ended or counted group: `TEST_MAIN (cmocka_unit_test (a), cmocka_unit_test (b))`
#define TEST_MAIN(...)                                                                             \
    int main (void) {                                                                              \
        const struct CMUnitTest tests[] = {__VA_ARGS__};                                           \
        return cmocka_run_group_tests (tests, NULL, NULL);                                         \
    }

#endif
