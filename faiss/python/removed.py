"""Installed as faiss.py beside the folder faiss: Python takes it only where that has no __init__.py, which
another distribution that also had a folder faiss took along when it was uninstalled after our installation."""
raise ImportError (
    "files of cfaiss are missing: they went with another distribution of faiss (faiss-cpu, faiss-gpu) that "
    "was uninstalled or upgraded after cfaiss was installed. `pip list` shows whether one is still there; "
    "then `pip install --force-reinstall --no-deps` cfaiss")
