#!/bin/sh
# usage: venv.sh FOLDER PACKAGE...: a Python environment with these packages, made unless it is there.
folder=$1
shift
[ "$(cat "$folder/complete" 2>/dev/null)" = "$*" ] && exit 0
log=$folder.log
mkdir -p "$(dirname "$folder")"
if ! { "${PYTHON:-python3}" -m venv --clear "$folder" &&
    "$folder/bin/pip" install --disable-pip-version-check -q "$@"; } >"$log" 2>&1; then
    echo "$folder: cannot install $*:" >&2
    tail -5 "$log" >&2
    exit 1
fi
rm -f "$log"
echo "$*" >"$folder/complete"
