#!/bin/sh
# Every public header alone, as C11 and as C++17, with warnings as errors.
# A header that says "Not for public headers" or is a template or a list is internal.
cd "$(dirname "$0")/.." || exit 1
failed=0
# the words must be on one line: installation and other tests look for them
broken=$(for header in $(find faiss -name '*.h'); do
    sed 's,^ \* ,,' "$header" | tr '\n' ' ' | grep -q 'Not for public headers' &&
        ! grep -q 'Not for public headers' "$header" && echo "$header"
done)
if [ -n "$broken" ]; then
    echo "\"Not for public headers\" is broken over two lines in $broken"
    failed=1
fi
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
