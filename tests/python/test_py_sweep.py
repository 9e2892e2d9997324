"""Some of what sweep.py asks of all (make test-bad-input)."""
import os
import pathlib
import subprocess
import sys


def test_some (faiss):
    sweep = pathlib.Path (__file__).with_name ("sweep.py")
    result = subprocess.run ([sys.executable, sweep, "--every", "170"], capture_output=True, text=True, timeout=300,
                             env={**os.environ, "PYTHONPATH": str (pathlib.Path (faiss.__file__).parents[1])})
    assert result.returncode == 0, result.stdout + result.stderr
