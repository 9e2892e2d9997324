"""Runs code for the tests in the oracle's interpreter: requests on stdin, answers on stdout.

A request is (code, arguments); the code is the body of a function of the arguments, in which
`faiss` and `np` are imported. An answer is (True, result) or (False, traceback). Arrays travel as
(type, shape, bytes), so that the two interpreters need not have the same numpy.
"""
import os
import pickle
import struct
import sys
import textwrap
import traceback


def pack(value, np):
    if isinstance(value, np.ndarray):
        return ("\0array", value.dtype.str, value.shape, value.tobytes())
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, dict):
        return {key: pack(item, np) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(pack(item, np) for item in value)
    return value


def unpack(value, np):
    if isinstance(value, tuple) and len(value) == 4 and value[0] == "\0array":
        return np.frombuffer(value[3], value[1]).reshape(value[2]).copy()
    if isinstance(value, dict):
        return {key: unpack(item, np) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(unpack(item, np) for item in value)
    return value


def send(stream, value):
    data = pickle.dumps(value, protocol=4)
    stream.write(struct.pack("<q", len(data)) + data)
    stream.flush()


def receive(stream):
    head = stream.read(8)
    if len(head) < 8:
        return None
    return pickle.loads(stream.read(struct.unpack("<q", head)[0]))


def main():
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what the code prints is no answer
    import numpy as np

    import faiss
    send(answers, (True, faiss.__version__))
    while True:
        request = receive(sys.stdin.buffer)
        if request is None:
            return
        code, arguments = request
        try:
            arguments = unpack(arguments, np)
            names = {"faiss": faiss, "np": np}
            body = textwrap.indent(textwrap.dedent(code).strip("\n"), "    ")
            exec(compile(f"def run({', '.join(arguments)}):\n{body}\n", "<oracle>", "exec"), names)
            answer = (True, pack(names["run"](**arguments), np))
        except BaseException:
            answer = (False, traceback.format_exc())
        send(answers, answer)


if __name__ == "__main__":
    main()
