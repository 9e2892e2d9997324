#!/bin/sh
# The Python tests with AddressSanitizer in the library and in the binding. Python itself and NumPy are
# not instrumented: leaks are not looked for. usage: asan_python.sh BUILD [PYTEST-ARGUMENTS]
set -e
cd "$(dirname "$0")/.."
build=$1
shift
make --no-print-directory -s py BUILD="$build" OPTFLAGS=-O1 SANITIZE=address
sh tests/venv.sh "$build/venv" numpy pytest
if [ -z "$FAISS_ORACLE_PYTHON" ]; then
    sh tests/venv.sh "$build/oracle-venv" faiss-cpu==1.15.1 numpy
    export FAISS_ORACLE_PYTHON="$PWD/$build/oracle-venv/bin/python"
fi
export FAISS_LIBRARY="$PWD/$build/libfaiss.so"
export ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1
LD_PRELOAD="$(${CC:-gcc} -print-file-name=libasan.so) $(${CXX:-g++} -print-file-name=libstdc++.so)" \
    PYTHONMALLOC=malloc "$build/venv/bin/python" -m pytest -q -p no:cacheprovider tests/python \
    --deselect tests/python/test_py_interrupt.py --deselect tests/python/test_py_stubs.py "$@"
