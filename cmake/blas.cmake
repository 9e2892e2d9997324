# Find a BLAS/LAPACK with Fortran calling conventions, and check FINTEGER by calling it.
# Sets FAISS_BLAS_LIBRARIES.

if (FAISS_BLAS)
    separate_arguments (FAISS_BLAS_LIBRARIES UNIX_COMMAND "${FAISS_BLAS}")
else ()
    find_package (LAPACK REQUIRED)
    set (FAISS_BLAS_LIBRARIES ${LAPACK_LIBRARIES})
endif ()

if (NOT FAISS_FINTEGER MATCHES "^(int|long)$")
    message (FATAL_ERROR "FINTEGER is \"${FAISS_FINTEGER}\", should be int or long")
endif ()
if (NOT FAISS_BLAS_CHECKED STREQUAL "${FAISS_FINTEGER} ${FAISS_BLAS_LIBRARIES}")
    try_run (blas_answer blas_compiled
        ${PROJECT_BINARY_DIR}/check_blas ${PROJECT_SOURCE_DIR}/cmake/check_blas.c
        COMPILE_DEFINITIONS -DFINTEGER=${FAISS_FINTEGER}
        LINK_LIBRARIES ${FAISS_BLAS_LIBRARIES} m
        COMPILE_OUTPUT_VARIABLE blas_log RUN_OUTPUT_VARIABLE blas_output)
    list (JOIN FAISS_BLAS_LIBRARIES " " blas_flags)
    if (NOT blas_compiled)
        message (FATAL_ERROR "cannot link with the BLAS/LAPACK \"${blas_flags}\":\n${blas_log}")
    elseif (blas_answer MATCHES "^1[123]$")
        message (FATAL_ERROR "the BLAS/LAPACK \"${blas_flags}\" does not take FINTEGER=${FAISS_FINTEGER}: "
                             "set FINTEGER=long for one with 64-bit integers, else FINTEGER=int")
    elseif (NOT blas_answer EQUAL 0)
        message (FATAL_ERROR "a program linked with the BLAS/LAPACK \"${blas_flags}\" does not run "
                             "(${blas_answer}): is its folder known to the loader (LD_LIBRARY_PATH, "
                             "or -Wl,-rpath,FOLDER in BLAS)?\n${blas_output}")
    endif ()
    set (FAISS_BLAS_CHECKED "${FAISS_FINTEGER} ${FAISS_BLAS_LIBRARIES}" CACHE INTERNAL "")
endif ()
