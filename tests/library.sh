#!/bin/sh
# The shared library as it would be shipped: small once stripped, complete, and in need of nothing
# but the C library, a BLAS/LAPACK and an OpenMP runtime.
# usage: library.sh libfaiss.so
set -eu
library=$1
limit=2000000
failed=0
stripped=$(mktemp)
trap 'rm -f "$stripped"' EXIT

strip -o "$stripped" "$library"
size=$(wc -c < "$stripped")
echo "stripped: $size bytes"
[ "$size" -lt $limit ] || { echo "FAILED: not less than $limit bytes"; failed=1; }

# what has no symbol of itself in the end
if ldd -r "$library" 2>&1 | grep 'undefined symbol'; then
    echo "FAILED: symbols that no library has"
    failed=1
fi
for needed in $(objdump -p "$library" | sed -n 's/^ *NEEDED *//p'); do
    case $needed in
    libc.so* | libm.so* | libpthread.so* | ld-linux* | libdl.so* | libc.musl*) ;;
    *blas* | *blis* | *lapack* | libmkl* | libgfortran*) ;;
    libgomp.so* | libomp.so* | libiomp5.so*) ;;
    *) echo "FAILED: needs $needed"; failed=1 ;;
    esac
done
exit $failed
