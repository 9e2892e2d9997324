"""For all tests in Python. Threads that wait must not take the processors from those that work, the
oracle's among them: a machine with as many busy threads as processors is many times slower then."""
import os

os.environ.setdefault("OMP_WAIT_POLICY", "passive")
