"""The examples of the README run as they are written."""
import os
import pathlib
import re
import subprocess
import sys

import pytest

from command import COMMAND, ROOT

BUILD = pathlib.Path(COMMAND).resolve().parent


def example(language):
    text = (ROOT / "README.md").read_text()
    found = re.findall(rf"^```{language}\n(.*?)^```", text, re.S | re.M)
    assert len(found) == 1
    return found[0]


def run(arguments, folder, **environment):
    result = subprocess.run(arguments, cwd=folder, stdin=subprocess.DEVNULL, text=True, timeout=120,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                            env={**os.environ, **environment})
    assert result.returncode == 0, result.stdout
    return result.stdout


def test_command_line(tmp_path):
    (tmp_path / "demos").symlink_to(ROOT / "demos")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "faiss").symlink_to(COMMAND)
    output = run(["sh", "-ec", example("sh")], tmp_path,
                 PATH=f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    for line in re.findall(r"^    (?:king|river) .*", (ROOT / "README.md").read_text(), re.M):
        assert line.strip() in output
    assert (tmp_path / "words.svg").exists()


def test_c(tmp_path):
    (tmp_path / "example.c").write_text(example("c"))
    compiler = os.environ.get("CC") or "cc"
    run([*compiler.split(), "-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "example.c",
         f"-I{ROOT}", f"-L{BUILD}", f"-Wl,-rpath,{BUILD}", "-lfaiss", "-o", "example"], tmp_path)
    assert run(["./example"], tmp_path) == "nearest: vector 3 at squared distance 2\n"
    assert (tmp_path / "points.index").exists()


def test_python(tmp_path):
    if not (BUILD / "python" / "faiss").exists():
        assert "The Python module is still to come" in (ROOT / "README.md").read_text()
        pytest.skip("the Python module is still to come")
    run([sys.executable, "-c", example("python")], tmp_path, PYTHONPATH=str(BUILD / "python"))


def test_links_lead_somewhere():
    for target in re.findall(r"\]\(([^)]+)\)", (ROOT / "README.md").read_text()):
        if not target.startswith("http"):
            assert (ROOT / target).exists(), target
