#!/bin/bash
# `make test` after the build: every test there is. Quiet but for failures; the last line counts.
# usage: run.sh BUILD
cd "$(dirname "$0")/.." || exit 1
build=$(cd "${1:-build}" && pwd) || exit 1
passed=0
failed=0
status=0

# step NAME COMMAND...: run it; on failure show what it said. The output stays in $log.
step() {
    local name=$1 start=$SECONDS
    shift
    log=$build/log-${name// /-}.txt
    if "$@" >"$log" 2>&1 </dev/null; then
        printf 'ok      %-14s %4d s\n' "$name" $((SECONDS - start))
    else
        status=1
        tail -n 300 "$log"
        printf 'FAILED  %-14s %4d s   (%s)\n' "$name" $((SECONDS - start)) "$log"
        return 1
    fi
}

# tally FAILED PASSED
tally() {
    failed=$((failed + $1))
    passed=$((passed + $2))
}

# the number before a word in the last line of $log that matches: count 'in [0-9.]+s' passed
count() {
    local n
    n=$(grep -E "$1" "$log" | tail -1 | grep -oE "[0-9]+ $2" | grep -oE '[0-9]+')
    echo "${n:-0}"
}

step "headers" sh tests/headers.sh && tally 0 1 || tally 1 0

step "C tests" ctest --test-dir "$build" --output-on-failure -j "$(nproc 2>/dev/null || echo 2)"
ctest_failed=$(count 'tests passed' 'tests failed')
total=$(grep -oE 'out of [0-9]+' "$log" | grep -oE '[0-9]+')
tally "$ctest_failed" $((${total:-0} - ctest_failed))
if [ "${total:-0}" = 0 ]; then
    status=1
    tally 1 0
fi

step "Python module" make -s py BUILD="$build" CC="${CC:-gcc}" PYTHON="${PYTHON:-python3}" ||
    tally 1 0

# numpy and pytest for the tests; the oracle apart from them: both modules are called faiss
step "Python set-up" sh tests/venv.sh "$build/venv" numpy pytest mypy || tally 1 0
if [ -z "$FAISS_ORACLE_PYTHON" ]; then
    step "oracle set-up" sh tests/venv.sh "$build/oracle-venv" faiss-cpu==1.15.1 numpy || tally 1 0
    export FAISS_ORACLE_PYTHON=$build/oracle-venv/bin/python
fi
export OMP_WAIT_POLICY=${OMP_WAIT_POLICY:-passive}
export FAISS_LIBRARY=$build/libfaiss.so FAISS_COMMAND=$build/faiss
step "Python tests" "$build/venv/bin/python" -m pytest -q -p no:cacheprovider tests
pytest_errors=$(count ' in [0-9.]+s' 'errors?')
pytest_failed=$(count ' in [0-9.]+s' failed)
pytest_passed=$(count ' in [0-9.]+s' passed)
tally $((pytest_failed + pytest_errors)) "$pytest_passed"
[ "$pytest_passed" != 0 ] || tally 1 0

if [ $status != 0 ] && [ $failed = 0 ]; then
    failed=1
fi
echo "$passed passed, $failed failed"
[ $status = 0 ] && [ $failed = 0 ]
