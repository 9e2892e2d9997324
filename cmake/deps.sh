#!/bin/sh
# `make deps`: what building and testing need. Installs what is missing with apt as root or by sudo;
# elsewhere, or without the right to, it says what to install and fails.
# Each line: Debian package, then a command that succeeds if it is there.
CC=${CC:-gcc}
PYTHON=${PYTHON:-python3}

header() { # can the compiler include it?
    printf '#include <stddef.h>\n#include <stdarg.h>\n#include <setjmp.h>\n#include <stdint.h>\n#include <%s>\n' "$1" |
        $CC -fsyntax-only -x c - 2>/dev/null
}
links() { # can the linker find it?
    printf 'int main (void) { return 0; }\n' | $CC -x c - "$@" -o /dev/null 2>/dev/null
}

missing=
need() {
    package=$1
    shift
    "$@" >/dev/null 2>&1 || missing="$missing $package"
}
case "$CC" in
*clang*) need clang command -v "${CC%% *}" ;;
*) need gcc command -v "${CC%% *}" ;;
esac
need libc6-dev header stdio.h
need g++ command -v "${CXX:-g++}"
need make command -v make
need cmake command -v cmake
need pkg-config command -v pkg-config
[ -n "$BLAS" ] || need libopenblas-dev links -lopenblas
need libcmocka-dev header cmocka.h
need zlib1g-dev header zlib.h
need python3-venv "$PYTHON" -c 'import venv, ensurepip'
need swig sh -c 'swig -version | grep -qE "Version (4\.[1-9]|[5-9]|[1-9][0-9])"'
need python3-dev "$PYTHON" -c 'import os, sysconfig
assert os.path.exists (sysconfig.get_path ("include") + "/Python.h")'
for package in "$@"; do # more, by name
    need "$package" dpkg -s "$package"
done
foreign=$DPKG_ARCHITECTURE # some of them are another architecture's
[ -z "$foreign" ] || dpkg --print-foreign-architectures 2>/dev/null | grep -qx "$foreign" && foreign=
[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null; then
    echo "Please install what these Debian packages hold:$missing" >&2
    exit 1
fi
as_root=
if [ "$(id -u)" != 0 ]; then
    as_root=sudo
    if ! command -v sudo >/dev/null || { [ ! -t 0 ] && ! sudo -n true 2>/dev/null; }; then
        echo "Please install as root: apt-get install$missing" >&2
        exit 1
    fi
fi
echo "installing:$missing"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
[ -z "$foreign" ] || $as_root dpkg --add-architecture "$foreign"
if ! { $as_root apt-get update &&
    DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y --no-install-recommends $missing; } \
    >"$log" 2>&1 </dev/null; then
    tail -20 "$log" >&2
    exit 1
fi
