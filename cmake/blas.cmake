# Find a BLAS/LAPACK with Fortran calling conventions, and check FINTEGER by calling it.
# Sets FAISS_BLAS_LIBRARIES, and FAISS_BLAS_RENAMED: definitions for a BLAS whose names have a prefix.

# Wheels carry the OpenBLAS of the package scipy-openblas32: its functions are called scipy_sgemm_ and
# so on, and the library gets a name of ours, so that it is nobody else's in a process.
set (FAISS_PACKAGED_BLAS "")
set (FAISS_STATIC_OPENBLAS "" CACHE STRING "libopenblas.a: a wheel has a part of it (openblas_part.cmake)")
set (FAISS_STATIC_OPENBLAS_LICENSE "" CACHE STRING "and its licence")
if (SKBUILD AND NOT FAISS_BLAS AND NOT FAISS_STATIC_OPENBLAS AND CMAKE_SYSTEM_NAME STREQUAL "Linux")
    find_package (Python3 REQUIRED COMPONENTS Interpreter)
    execute_process (COMMAND ${Python3_EXECUTABLE} -c
        "import importlib.metadata as m, scipy_openblas32 as b
print (b.get_lib_dir () + '/' + b.get_library (fullname=True))
files = m.files ('scipy_openblas32')
print ([f.locate () for f in files if 'LICENSE' in f.name][0])"
        OUTPUT_VARIABLE packaged OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE failed ERROR_QUIET)
    string (REPLACE "\n" ";" packaged "${packaged}")
    if (NOT failed)
        find_program (PATCHELF_EXECUTABLE patchelf REQUIRED)
        set (FAISS_PACKAGED_BLAS ${PROJECT_BINARY_DIR}/libcfaiss_openblas.so)
        list (POP_FRONT packaged library license)
        set (FAISS_OPENBLAS_LICENSE ${PROJECT_BINARY_DIR}/OpenBLAS.LICENSE.txt)
        configure_file (${license} ${FAISS_OPENBLAS_LICENSE} COPYONLY)
        file (REMOVE ${FAISS_PACKAGED_BLAS})
        execute_process (COMMAND ${CMAKE_STRIP} --strip-unneeded -o ${FAISS_PACKAGED_BLAS} ${library}
            COMMAND_ERROR_IS_FATAL ANY)
        execute_process (COMMAND ${PATCHELF_EXECUTABLE} --set-soname libcfaiss_openblas.so
            ${FAISS_PACKAGED_BLAS} COMMAND_ERROR_IS_FATAL ANY)
        file (STRINGS ${PROJECT_SOURCE_DIR}/faiss/utils/blas.h names REGEX "^extern [a-z]+ [a-z0-9]+_ ")
        foreach (line ${names})
            string (REGEX REPLACE "^extern [a-z]+ ([a-z0-9]+_) .*" "\\1" name "${line}")
            list (APPEND FAISS_BLAS_RENAMED ${name}=scipy_${name})
        endforeach ()
        list (APPEND FAISS_BLAS_RENAMED sdot_=scipy_sdot_ # cmake/check_blas.c
            openblas_set_num_threads=scipy_openblas_set_num_threads
            openblas_get_num_threads=scipy_openblas_get_num_threads)
        list (REMOVE_DUPLICATES FAISS_BLAS_RENAMED)
    endif ()
endif ()

if (FAISS_PACKAGED_BLAS)
    set (FAISS_BLAS_LIBRARIES ${FAISS_PACKAGED_BLAS})
elseif (SKBUILD AND FAISS_STATIC_OPENBLAS)
    include (cmake/openblas_part.cmake)
elseif (FAISS_BLAS)
    separate_arguments (FAISS_BLAS_LIBRARIES UNIX_COMMAND "${FAISS_BLAS}")
else ()
    find_package (LAPACK REQUIRED)
    set (FAISS_BLAS_LIBRARIES ${LAPACK_LIBRARIES})
endif ()

if (NOT FAISS_FINTEGER MATCHES "^(int|long)$")
    message (FATAL_ERROR "FINTEGER is \"${FAISS_FINTEGER}\", should be int or long")
endif ()
if (NOT FAISS_BLAS_CHECKED STREQUAL "${FAISS_FINTEGER} ${FAISS_BLAS_LIBRARIES}")
    list (TRANSFORM FAISS_BLAS_RENAMED PREPEND "-D" OUTPUT_VARIABLE blas_renamed)
    try_run (blas_answer blas_compiled
        ${PROJECT_BINARY_DIR}/check_blas ${PROJECT_SOURCE_DIR}/cmake/check_blas.c
        COMPILE_DEFINITIONS -DFINTEGER=${FAISS_FINTEGER} ${blas_renamed}
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
