# A part of a static OpenBLAS, for the wheel that is given away: what the library calls, in kernels for four
# kinds of x86-64. That is 3 MB, not 24 (complex numbers, other LAPACK, and twenty processors of old are the
# rest), and lies within the module. `make wheel` asks for it by -DFAISS_STATIC_OPENBLAS=libopenblas.a, that of
# Debian's libopenblas-pthread-dev.
#
# The linker takes of an archive only what is asked for. Who asks for too much are the tables of kernels, one
# per processor: their complex ones become zeros here. And dynamic.o, which knows all tables: those not wanted
# get a stand-in, and what it would learn from the environment openblas_cores.c answers.
#
# Sets FAISS_BLAS_LIBRARIES and FAISS_OPENBLAS_LICENSE.
set (work ${PROJECT_BINARY_DIR}/openblas)
set (cores PRESCOTT SANDYBRIDGE HASWELL SKYLAKEX) # openblas_cores.c chooses
list (TRANSFORM cores REPLACE "(.+)" "setparam_\\1.o" OUTPUT_VARIABLE tables)
file (MAKE_DIRECTORY ${work})
execute_process (COMMAND ${CMAKE_AR} x ${FAISS_STATIC_OPENBLAS} dynamic.o ${tables}
    WORKING_DIRECTORY ${work} COMMAND_ERROR_IS_FATAL ANY)
execute_process (COMMAND ${CMAKE_NM} -u ${tables} WORKING_DIRECTORY ${work} OUTPUT_VARIABLE kernels
    COMMAND_ERROR_IS_FATAL ANY)
execute_process (COMMAND ${CMAKE_NM} -u dynamic.o WORKING_DIRECTORY ${work} OUTPUT_VARIABLE known
    COMMAND_ERROR_IS_FATAL ANY)

string (REGEX MATCHALL " U i?[cz][a-z0-9]+_[A-Za-z0-9_]+" kernels "${kernels}")
list (REMOVE_DUPLICATES kernels)
list (TRANSFORM kernels REPLACE " U (.+)" ".globl \\1\n.set \\1, 0\n")
string (REGEX MATCHALL " U gotoblas_[A-Z0-9_]+" known "${known}")
list (TRANSFORM cores PREPEND " U gotoblas_" OUTPUT_VARIABLE wanted)
list (REMOVE_ITEM known ${wanted})
list (TRANSFORM known REPLACE " U (.+)" ".globl \\1\n\\1:\n")
string (JOIN "" stubs ${kernels} .data\n ${known} ".byte 0\n.section .note.GNU-stack\n")
file (WRITE ${work}/stubs.s "${stubs}")

execute_process (COMMAND ${CMAKE_OBJCOPY} --redefine-sym getenv=cfaiss_openblas_getenv dynamic.o
    WORKING_DIRECTORY ${work} COMMAND_ERROR_IS_FATAL ANY)
execute_process (COMMAND ${CMAKE_C_COMPILER} -O2 -fPIC -fvisibility=hidden -nostdlib -r -o openblas_part.o
    stubs.s ${PROJECT_SOURCE_DIR}/cmake/openblas_cores.c dynamic.o
    WORKING_DIRECTORY ${work} COMMAND_ERROR_IS_FATAL ANY)
# an object comes before the archive, and so its dynamic.o before the other
set (FAISS_BLAS_LIBRARIES ${work}/openblas_part.o ${FAISS_STATIC_OPENBLAS} pthread)
set (FAISS_OPENBLAS_LICENSE ${PROJECT_BINARY_DIR}/OpenBLAS.LICENSE.txt)
configure_file (${FAISS_STATIC_OPENBLAS_LICENSE} ${FAISS_OPENBLAS_LICENSE} COPYONLY)
