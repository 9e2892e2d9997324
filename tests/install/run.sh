#!/bin/sh
# `make install`, with DESTDIR, and programs that are built against nothing but what it installed:
# by pkg-config, by CMake, by the plain compiler; with either library; in C and C++.
# usage: run.sh BUILD_FOLDER
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "$1" && pwd)
work=$build/install-test
CC=${CC:-cc}
CXX=${CXX:-c++}
failed=0

fail() {
    echo "FAILED: $*"
    failed=1
}

expect() { # expect PROGRAM: it runs and finds the fourth vector
    answer=$("$@") || true
    [ "$answer" = "13 0" ] || fail "$* says \"$answer\""
}

rm -rf "$work"
mkdir -p "$work"
DESTDIR=$work/stage cmake --install "$build" --prefix /opt/faiss > "$work/install.log"
[ "$(ls "$work/stage")" = opt ] || fail "files outside of DESTDIR/PREFIX: $(ls "$work/stage")"

# an installed tree may be moved
mv "$work/stage/opt/faiss" "$work/moved"
prefix=$work/moved
lib=$(dirname "$(find "$prefix" -name libfaiss.a)")
for file in include/faiss/Index.h include/faiss/impl/platform_macros.h \
    include/faiss/c_api/Index_c.h include/faiss/c_api/impl/AuxIndexStructures_c.h; do
    [ -f "$prefix/$file" ] || fail "$file is not installed"
done
for file in libfaiss.so libfaiss_c.so libfaiss.dylib libfaiss_c.dylib; do
    case $(uname):$file in
    Darwin:*.so | Linux:*.dylib) ;;
    *) [ -e "$lib/$file" ] || fail "$file is not installed" ;;
    esac
done
if [ -x "$build/faiss" ]; then
    "$prefix/bin/faiss" --version > "$work/version.log" || fail "the installed command does not run"
    [ -f "$prefix/share/man/man1/faiss.1" ] || fail "no manual page"
fi

# public headers need no others; internal ones stay at home
if grep -rl "Not for public headers" "$prefix/include"; then
    fail "internal headers are installed"
fi
for header in $(cd "$prefix/include" && find . -name '*.h'); do
    printf '#include <%s>\ntypedef int not_empty;\n' "${header#./}" > "$work/header.c"
    "$CC" -std=c11 -Wall -Wextra -Wpedantic -Werror -fsyntax-only -I"$prefix/include" \
        "$work/header.c" || fail "$header alone, C"
done

# pkg-config
PKG_CONFIG_PATH=$lib/pkgconfig
export PKG_CONFIG_PATH
if command -v pkg-config > /dev/null; then
    [ "$(pkg-config --modversion faiss)" = 1.15.1 ] || fail "version of faiss.pc"
    # the words of these answers are arguments
    "$CC" "$here/program.c" $(pkg-config --cflags --libs faiss) -Wl,-rpath,"$lib" \
        -o "$work/by_pkg_config" && expect "$work/by_pkg_config"
    static=$(pkg-config --static --libs faiss | sed "s|-lfaiss|$lib/libfaiss.a|")
    "$CC" "$here/program.c" $(pkg-config --cflags faiss) $static -o "$work/static_by_pkg_config" &&
        expect "$work/static_by_pkg_config"
    if command -v "$CXX" > /dev/null; then
        "$CXX" -x c++ "$here/program.c" -x none $(pkg-config --cflags --libs faiss) \
            -Wl,-rpath,"$lib" -o "$work/by_cxx" && expect "$work/by_cxx"
    fi
else
    echo "no pkg-config here: not tested"
fi

# CMake
cmake -S "$here" -B "$work/cmake" -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_C_COMPILER="$CC" \
    > "$work/cmake.log" && cmake --build "$work/cmake" >> "$work/cmake.log" || {
    cat "$work/cmake.log"
    fail "the CMake package"
}
expect "$work/cmake/with_shared"
expect "$work/cmake/with_static"

# upstream's way: no package, headers of the C API, -lfaiss_c
"$CC" -std=c11 "$here/../c_api/client.c" -I"$prefix/include" -L"$lib" -lfaiss_c -lm \
    -Wl,-rpath,"$lib" -o "$work/client" && "$work/client" "$work" > "$work/client.log" ||
    fail "the client of the C API"

[ $failed = 0 ] && rm -rf "$work" && echo "installed, moved and used"
exit $failed
