#!/bin/sh
# Every public header alone, as C11 and as C++17, with warnings as errors.
# A header that says "Not for public headers" or is a template or a list is internal.
cd "$(dirname "$0")/.." || exit 1
failed=0
for header in $(find faiss -name '*.h' ! -name '*_tmpl.h' ! -path '*/python/*'); do
    if ! printf '#include <%s>\ntypedef int not_empty;\n' "$header" |
        ${CC:-gcc} -std=c11 -Wall -Wextra -Wpedantic -Werror -I. -x c -fsyntax-only -; then
        echo "$header does not compile alone as C11"
        failed=1
    fi
    if ! grep -q 'Not for public headers' "$header" &&
        ! printf '#include <%s>\ntypedef int not_empty;\n' "$header" |
            ${CXX:-g++} -std=c++17 -Wall -Wextra -Wpedantic -Werror -I. -x c++ -fsyntax-only -; then
        echo "$header does not compile alone as C++17"
        failed=1
    fi
done
exit $failed
