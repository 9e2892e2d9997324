"""The functions of GPU builds, which say here that this is none."""


def not_here (*args, **kwargs):
    raise RuntimeError ("this is the CPU build of the library: it has no GPU functions")


def index_cpu_to_gpu_multiple_py (resources, index, co=None, gpus=None):
    not_here ()


def index_cpu_to_all_gpus (index, co=None, ngpu=-1):
    not_here ()


def index_cpu_to_gpus_list (index, co=None, gpus=None, ngpu=-1):
    not_here ()


def knn_gpu (res, xq, xb, k, D=None, I=None, metric=1, device=-1, use_cuvs=False,
             vectorsMemoryLimit=0, queriesMemoryLimit=0):
    not_here ()


def pairwise_distance_gpu (res, xq, xb, D=None, metric=1, device=-1):
    not_here ()


def get_num_gpus ():
    return 0


def gpu_sync_all_devices ():
    """There is nothing to wait for."""


def gpu_profiler_start ():
    """There is nothing to profile."""


def gpu_profiler_stop ():
    """There is nothing to profile."""
