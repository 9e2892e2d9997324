"""The Python in docs/python.md runs as it stands, and prints what it says."""
import os
import pathlib
import re
import subprocess
import sys

import pytest

ROOT = pathlib.Path (__file__).resolve ().parents[2]
BLOCKS = [(name, at, code) for name in ["docs/python.md"]
          for at, code in enumerate (re.findall (r"```python\n(.*?)```", (ROOT / name).read_text (), re.S))]


@pytest.mark.parametrize ("name, at, code", BLOCKS, ids=[f"{name}-{at}" for name, at, _ in BLOCKS])
def test_block (faiss, tmp_path, name, at, code):
    (tmp_path / "demos").symlink_to (ROOT / "demos")
    result = subprocess.run ([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=60,
                             env={**os.environ, "PYTHONPATH": str (pathlib.Path (faiss.__file__).parents[1])})
    assert result.returncode == 0, result.stderr
    for shown in re.findall (r"print \(.*\)  # (.*)", code):
        assert shown in result.stdout
