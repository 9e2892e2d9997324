/* Which of OpenBLAS's kernels the wheel's part of it takes (openblas_part.cmake): by what the
 * processor can do, not by its model, so that those newer than OpenBLAS get the best of the four,
 * too. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* dynamic.o's getenv: it asks for OPENBLAS_CORETYPE, which here has an answer always, one of these
 */
char *cfaiss_openblas_getenv (const char *name);
char *cfaiss_openblas_getenv (const char *name) {
    static char skylakex[] = "SkylakeX", haswell[] = "Haswell", sandybridge[] = "Sandybridge",
                prescott[] = "Prescott";
    char *const known[] = {skylakex, haswell, sandybridge, prescott};
    char *const set = getenv (name);
    if (strcmp (name, "OPENBLAS_CORETYPE") != 0) {
        return set;
    }
    for (int i = 0; set != NULL && i < 4; i++) {
        if (strcmp (set, known[i]) == 0) {
            return set;
        }
    }
    __builtin_cpu_init ();
    if (__builtin_cpu_supports ("avx512f") && __builtin_cpu_supports ("avx512bw") &&
        __builtin_cpu_supports ("avx512dq") && __builtin_cpu_supports ("avx512vl") &&
        __builtin_cpu_supports ("avx512cd")) {
        return skylakex;
    }
    if (__builtin_cpu_supports ("avx2") && __builtin_cpu_supports ("fma")) {
        return haswell;
    }
    return __builtin_cpu_supports ("avx") ? sandybridge : prescott;
}

/* The one function of the Fortran runtime that is called: out = a // b, with blanks to its end. */
void _gfortran_concat_string (size_t size, char *out, size_t size_a, const char *a, size_t size_b,
                              const char *b);
void _gfortran_concat_string (size_t size, char *out, size_t size_a, const char *a, size_t size_b,
                              const char *b) {
    for (size_t i = 0; i < size; i++) {
        out[i] = i < size_a ? a[i] : i - size_a < size_b ? b[i - size_a] : ' ';
    }
}
