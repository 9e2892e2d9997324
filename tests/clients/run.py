"""`make test-clients`: real programs from PyPI, run once on the oracle and once on ours, results compared.

Each client is a file of this folder that prints its results as JSON. Its first lines say what it takes:

    # packages: langchain-community
    # relative: 1e-4    how much numbers may differ; 1e-4 if it says nothing
    # python: 3.10      the Python that the packages need, if not any
    # oracle: no        run on ours only
    # newest: torch     what is taken instead of packages and python where FAISS_CLIENTS_NEWEST is set:
                        newer packages, of some gigabytes

Each has an environment of its own, into which pip puts the packages, cfaiss and the companion faiss-cpu, so
that a program that requires faiss-cpu is seen to be content. The oracle's module comes first in the path
for its run.

usage: run.py BUILD [NAME...]
"""
import contextlib
import json
import math
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile

HERE = pathlib.Path (__file__).resolve ().parent
ORACLE = "faiss-cpu==1.15.1"
REPORT = '^{"module": .*}$'


def run (*command, **environment):
    """The output of a command, or an error with the end of what it said. Its children end with it."""
    with tempfile.TemporaryFile ("w+") as said:
        process = subprocess.Popen ([str (c) for c in command], stdout=said, stderr=subprocess.STDOUT, text=True,
                                    start_new_session=True, cwd=pathlib.Path (sys.argv[1]) / "clients",
                                    env={**os.environ, "OMP_WAIT_POLICY": "passive", **environment})
        try:
            process.wait (timeout=3600)
        finally:
            with contextlib.suppress (ProcessLookupError):
                os.killpg (process.pid, signal.SIGKILL)
        said.seek (0)
        out = said.read ()
    if process.returncode != 0:
        raise RuntimeError ("\n".join (out.strip ().split ("\n")[-12:]))
    return out


def headers (path):
    """The lines `# name: value` at a file's beginning."""
    return dict (re.findall (r"^# (\w+): (.*)$", path.read_text ().split ("\n\n")[0], re.M))


def interpreter (version):
    """A Python of this version."""
    if version is None or sys.version.startswith (version + "."):
        return sys.executable
    places = [*pathlib.Path.home ().glob (f".pyenv/versions/{version}.*/bin/python"),
              shutil.which ("python" + version)]
    found = next (filter (None, places), None)
    if found is None:
        raise RuntimeError (f"there is no Python {version}")
    return found


def environment (folder, packages, wheels, version):
    """An environment with these packages and our module; the wheels are put in anew."""
    python = folder / "bin" / "python"
    done = folder / "complete"
    wanted = " ".join (packages)
    if not done.exists () or done.read_text () != wanted:
        run (interpreter (version), "-m", "venv", "--clear", folder)
        run (python, "-m", "pip", "install", "-q", "--prefer-binary", *wheels, *packages)
        done.write_text (wanted)
    run (python, "-m", "pip", "install", "-q", "--force-reinstall", "--no-deps", *wheels)
    return python


def differences (a, b, relative, where="results"):
    """Where two results disagree."""
    if isinstance (a, dict) and isinstance (b, dict) and a.keys () == b.keys ():
        return [d for k in a for d in differences (a[k], b[k], relative, f"{where}.{k}")]
    if isinstance (a, list) and isinstance (b, list) and len (a) == len (b):
        return [d for i in range (len (a)) for d in differences (a[i], b[i], relative, f"{where}[{i}]")]
    if isinstance (a, float) and isinstance (b, (int, float)):
        if math.isclose (a, b, rel_tol=relative, abs_tol=relative) or a != a and b != b:
            return []
    elif a == b:
        return []
    return [f"{where}: the oracle's {a!r}, ours {b!r}"]


def main (build, *names):
    build = pathlib.Path (build).resolve ()
    sys.argv[1] = build
    (build / "clients").mkdir (exist_ok=True)
    wheels = sorted ((build / "wheels").glob ("*.whl"))
    if len (wheels) != 2:
        sys.exit ("no wheels: make wheel")
    oracle = build / "clients" / "oracle"
    if not (oracle / "faiss").exists ():
        run (sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", oracle, ORACLE)
        run (sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", oracle, "packaging")
    passed = failed = skipped = 0
    for path in sorted (HERE.glob ("*.py")):
        if path.stem in ("run", "common") or names and path.stem not in names:
            continue
        options, name = headers (path), path.stem
        if os.environ.get ("FAISS_CLIENTS_NEWEST") and "newest" in options:
            options.update (packages=options["newest"], python=None)
            name += "-newest"
        try:
            python = environment (build / "clients" / name, options["packages"].split (), wheels,
                                  options.get ("python"))
        except (RuntimeError, subprocess.TimeoutExpired) as error:
            if os.environ.get ("FAISS_CLIENTS_ALL"):
                raise
            lines = str (error).strip ().split ("\n")
            print (f"skipped {path.stem}: cannot be installed: {lines[-1][:200]}", flush=True)
            skipped += 1
            continue
        try:
            ours = json.loads (re.findall (REPORT, run (python, path, PYTHONPATH=""), re.M)[-1])
            theirs = {**ours, "module": ""} if options.get ("oracle") == "no" else json.loads (
                re.findall (REPORT, run (python, path, PYTHONPATH=str (oracle)), re.M)[-1])
            if theirs.pop ("module") == ours.pop ("module"):
                raise RuntimeError ("both runs were on the same module")
            found = differences (theirs, ours, float (options.get ("relative", "1e-4").split ()[0]))
            if found:
                raise RuntimeError ("\n".join (found[:10]))
        except Exception as error:
            failed += 1
            print (f"FAILED  {path.stem}: {error}", flush=True)
        else:
            passed += 1
            print (f"ok      {path.stem}: {len (ours)} results agree", flush=True)
    print (f"{passed} passed, {failed} failed, {skipped} skipped")
    sys.exit (failed != 0)


if __name__ == "__main__":
    main (*sys.argv[1:])
