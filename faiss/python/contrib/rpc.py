"""Calls of the methods of an object in another process, by TCP. For trusted networks only."""

import importlib
import os
import pickle
import socket
import sys
import threading
import traceback

PORT = 12032

# what a message may hold besides numbers, texts and containers
safe_modules = {"numpy", "numpy.core.multiarray", "numpy._core.multiarray", "numpy._core.numeric",
                "numpy.core.numeric"}
safe_names = {"ndarray", "dtype", "_reconstruct", "scalar", "_frombuffer"}


class RestrictedUnpickler (pickle.Unpickler):
    """Unpickles arrays, and nothing that runs code."""

    def find_class (self, module, name):
        if module in safe_modules and name in safe_names:
            return getattr (importlib.import_module (module), name)
        raise pickle.UnpicklingError (f"{module}.{name} is not allowed in a message")


class FileSock:
    """A socket as a file."""

    def __init__ (self, sock):
        self.sock = sock
        self.rest = b""

    def write (self, buf):
        self.sock.sendall (buf)
        return len (buf)

    def read (self, bs=512 * 1024):
        """bs bytes; an error if the other side ends before."""
        parts, missing = [], bs
        while missing > 0:
            data, self.rest = self.rest[:missing], self.rest[missing:]
            data = data or self.sock.recv (min (missing, 1 << 20))
            if not data:
                raise EOFError ("the connection was closed")
            parts.append (data)
            missing -= len (data)
        return b"".join (parts)

    def readline (self):
        """Up to and with the next end of line."""
        while b"\n" not in self.rest:
            data = self.sock.recv (1 << 16)
            if not data:
                raise EOFError ("the connection was closed")
            self.rest += data
        line, _, self.rest = self.rest.partition (b"\n")
        return line + b"\n"


class ClientExit (Exception):
    """The client has gone."""


class ServerException (Exception):
    """What went wrong in the server."""


class Server:
    """Serves one client: calls its own methods as asked."""

    def __init__ (self, s, logf=sys.stderr, log_prefix=""):
        self.s = s
        self.logf, self.log_prefix = logf, log_prefix
        self.fs = FileSock (s)

    def log (self, s):
        self.logf.write (f"Server {self.log_prefix}: {s}\n")

    def one_function (self):
        """Receive a call, answer with the result or the error's text."""
        try:
            fname, args = RestrictedUnpickler (self.fs).load ()
        except EOFError:
            raise ClientExit ("the client has gone")
        error, result = None, None
        try:
            if not isinstance (fname, str) or fname.startswith ("_"):
                raise AttributeError (f"no such function: {fname}")
            result = getattr (self, fname) (*args)
        except Exception:
            error = traceback.format_exc ()
            self.log (error)
        self.fs.write (pickle.dumps ((error, result), protocol=4))

    def exec_loop (self):
        """Serve until the client goes."""
        try:
            while True:
                self.one_function ()
        except (ClientExit, ConnectionError, pickle.UnpicklingError) as error:
            self.log (str (error))
        self.exec_loop_cleanup ()

    def exec_loop_cleanup (self):
        """For subclasses."""

    def get_ps_stats (self):
        """What the system says about this process."""
        with os.popen (f"ps -p {os.getpid ()} -o pid,rss,vsz,pcpu,etime") as f:
            return f.read ()


class Client:
    """client.f (x) calls the server's method f."""

    def __init__ (self, HOST, port=PORT, v6=False):
        self.sock = socket.socket (socket.AF_INET6 if v6 else socket.AF_INET, socket.SOCK_STREAM)
        self.sock.connect ((HOST, port))
        self.fs = FileSock (self.sock)

    def generic_fun (self, fname, args):
        """Ask, without waiting for the answer."""
        self.fs.write (pickle.dumps ((fname, args), protocol=4))

    def get_result (self):
        """Wait for the answer."""
        error, result = RestrictedUnpickler (self.fs).load ()
        if error is not None:
            raise ServerException (error)
        return result

    def __getattr__ (self, name):
        if name.startswith ("__"):
            raise AttributeError (name)

        def call (*args):
            self.generic_fun (name, args)
            return self.get_result ()

        return call


def run_server (new_handler, port=PORT, report_to_file=None, v6=False):
    """Serve each client in a thread, by a handler that new_handler makes of its socket.

    report_to_file: gets a line host:port when clients may come; port 0: any free one.
    """
    listening = socket.socket (socket.AF_INET6 if v6 else socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt (socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind (("", port))
    listening.listen (10)
    if report_to_file is not None:
        with open (report_to_file, "w") as f:
            f.write (f"{socket.gethostname ()}:{listening.getsockname ()[1]}\n")
    while True:
        connection, _ = listening.accept ()
        handler = new_handler (connection)
        threading.Thread (target=handler.exec_loop, daemon=True).start ()
