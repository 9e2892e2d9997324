#!/bin/sh
# The headers of the C API, each alone and all together in a client, by every compiler there is.
cd "$(dirname "$0")/../.." || exit 1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
mkdir "$work/faiss" && ln -s "$PWD/c_api" "$work/faiss/c_api"
failed=0
for compiler in gcc clang; do
    case $compiler in gcc) cxx=g++ ;; *) cxx=clang++ ;; esac
    for language in "$compiler -std=c11 -x c" "$compiler -std=c2x -x c" "$cxx -std=c++17 -x c++"; do
        if ! command -v "${language%% *}" > /dev/null; then
            echo "${language%% *}: not here, not tested"
            continue
        fi
        for header in $(cd c_api && find . -name '*.h'); do
            # as <faiss/c_api/NAME>, and as "NAME" with -I
            printf '#include <faiss/c_api/%s>\n#include "%s"\ntypedef int not_empty;\n' \
                "${header#./}" "${header#./}" > "$work/header.c"
            $language -Wall -Wextra -Wpedantic -Werror -fsyntax-only \
                -I"$work" -Ic_api "$work/header.c" ||
                { echo "$header: $language"; failed=1; }
        done
        $language -Wall -Wextra -Wpedantic -Werror -fsyntax-only -I"$work" tests/c_api/client.c ||
            { echo "client.c: $language"; failed=1; }
    done
done
exit $failed
