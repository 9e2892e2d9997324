/* Allocations and writes that fail on demand, to test that everything copes with it.
 *
 * The test programs are linked so that every allocation of the library's code comes here first
 * (ld --wrap). All loops look like this:
 *
 *     FOR_EACH_FAILING_ALLOCATION (i, 1) {
 *         FaissStatus status = the_call (...);
 *         failing_stop ();
 *         if (!failing_happened ()) {
 *             assert_ok (status);      // the i-th allocation was never asked for: done
 *             break;
 *         }
 *         ... status may be success where the code copes without that memory
 *     }
 */
#ifndef FAISS_FAILING_H
#define FAISS_FAILING_H

#include <stdbool.h>

/// False where the linker cannot do it; the tests then skip.
bool failing_available (void);

/// From now on the i-th allocation (1 is the next) fails, those before and behind it succeed.
void failing_start (long i);

/// Allocations succeed again.
void failing_stop (void);

/// Did an allocation fail since the last failing_start ()?
bool failing_happened (void);

/// How many allocations were asked for since the last failing_start ().
long failing_count (void);

#define FOR_EACH_FAILING_ALLOCATION(i, stride)                                                     \
    for (long i = 1; failing_available () && (failing_start (i), true); i += (stride))

#endif
