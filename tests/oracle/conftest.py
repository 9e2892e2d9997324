"""The oracle: faiss-cpu 1.15.1, a black box in an interpreter of its own.

Both modules are called faiss, so the oracle runs in a subprocess, one for all tests. Its Python is
named by FAISS_ORACLE_PYTHON, else build/oracle-venv is taken, else the running interpreter.

    def test_flat(oracle):
        D, I = oracle('''
            index = faiss.IndexFlatL2(xb.shape[1])
            index.add(xb)
            return index.search(xq, 10)
        ''', xb=xb, xq=xq)
"""
import os
import pathlib
import subprocess
import sys
import threading

import numpy as np
import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import oracle_server  # noqa: E402


class OracleError(Exception):
    """The oracle's code raised: its traceback."""


class Oracle:
    def __init__(self):
        venv = HERE.parents[1] / "build" / "oracle-venv" / "bin" / "python"
        self.python = os.environ.get("FAISS_ORACLE_PYTHON") or (
            str(venv) if venv.exists() else sys.executable)
        self.process = None

    def start(self):
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        self.process = subprocess.Popen([self.python, str(HERE / "oracle_server.py")],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        env=environment)
        self.version = self.answer(60)

    def answer(self, timeout):
        watchdog = threading.Timer(timeout, self.process.kill)
        watchdog.start()
        try:
            answer = oracle_server.receive(self.process.stdout)
        finally:
            watchdog.cancel()
        if answer is None:
            status = self.process.wait()
            self.process = None
            raise OracleError(f"the oracle ({self.python}) ended with status {status}; faiss-cpu "
                              "1.15.1 and numpy must be installed for it: `make test` does that")
        ok, value = answer
        if not ok:
            raise OracleError(value)
        return oracle_server.unpack(value, np)

    def __call__(self, code, timeout=300, **arguments):
        """Run code, the body of a function of the arguments; its result."""
        if self.process is None:
            self.start()
        oracle_server.send(self.process.stdin, (code, oracle_server.pack(arguments, np)))
        return self.answer(timeout)

    def stop(self):
        if self.process:
            self.process.stdin.close()
            self.process.wait()


@pytest.fixture(scope="session")
def oracle():
    """Call it with code and arrays: it runs them in the oracle and returns the result."""
    session = Oracle()
    yield session
    session.stop()


@pytest.fixture
def rng():
    """Random numbers, the same in each run."""
    return np.random.default_rng(1234)
