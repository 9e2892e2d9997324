"""One index and several threads or processes."""
import concurrent.futures
import multiprocessing
import sys

import numpy as np

import faiss

rs = np.random.RandomState (7)
x = rs.rand (5000, 24).astype ('float32')
index = None


def work (i):
    return index.search (x[i * 10:i * 10 + 10], 2)[1][:, 0].tolist ()


def work_with (args):
    its, i = args
    its.nprobe = 20
    return its.search (x[i * 10:i * 10 + 10], 2)[1][:, 0].tolist ()


def main ():
    global index
    index = faiss.index_factory (24, "IVF20,Flat")
    index.train (x)
    index.add (x)
    index.nprobe = 20
    print (work (0))
    context = multiprocessing.get_context ("fork")
    with context.Pool (2) as pool:
        print (pool.map (work, range (4)))
        print (pool.map (work_with, [(index, i) for i in range (4)]))
    with multiprocessing.get_context ("spawn").Pool (1) as pool:
        print (pool.map (work_with, [(index, i) for i in range (2)]))
    with concurrent.futures.ThreadPoolExecutor (4) as threads:
        print (list (threads.map (work, range (8))))
    faiss.omp_set_num_threads (1)
    print (faiss.omp_get_max_threads (), work (3))


if __name__ == "__main__":
    main ()
    sys.stdout.flush ()
