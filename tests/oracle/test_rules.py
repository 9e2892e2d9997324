"""Damaged files: each field of each kind of file is changed in turn, and the verdict of the reader
must be that of the format's rules (docs/file-format.md), as upstream's is."""
import os
import pathlib
import subprocess

import format_files

READER = pathlib.Path(os.environ.get("FAISS_LIBRARY", format_files.ROOT / "build" / "x")).parent \
    / "read_index"


def test_damaged_files(oracle, tmp_path):
    format_files.write_files(oracle.python, tmp_path)
    names = "|".join(case.name for case in format_files.in_scope())
    done = subprocess.run([oracle.python, str(format_files.TOOLS / "check_rules.py"),
                           str(tmp_path), "--only", f"^({names})$", "--server", f"{READER} -"],
                          capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
