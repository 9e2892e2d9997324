"""Processes and threads: an index that is sent, forked, shared; a queue of requests; results as they come."""
import concurrent.futures
import multiprocessing
import os
import pickle
import queue
import tempfile
import threading

import numpy as np

import faiss

faiss.omp_set_num_threads (1)
rs = np.random.RandomState (91)
x = rs.rand (4000, 20).astype ('float32')


def initializer (path):
    global shared
    faiss.omp_set_num_threads (1)
    shared = faiss.read_index (path, faiss.IO_FLAG_READ_ONLY)


def ask (rows):
    return shared.search (x[rows[0]:rows[1]], 3)[1]


def build (part):
    index = faiss.IndexIDMap2 (faiss.IndexFlatL2 (20))
    index.add_with_ids (x[part::4], np.arange (part, 4000, 4))
    return pickle.dumps (index)


def main ():
    folder = tempfile.mkdtemp ()
    path = os.path.join (folder, "index")
    index = faiss.index_factory (20, "IVF16,Flat")
    index.train (x)
    index.add (x)
    index.nprobe = 16
    faiss.write_index (index, path)
    expected = index.search (x[:400], 3)[1]
    rows = [(i, i + 50) for i in range (0, 400, 50)]
    with concurrent.futures.ProcessPoolExecutor (2, mp_context=multiprocessing.get_context ("spawn"), initializer=initializer,
                                                 initargs=(path,)) as pool:
        found = np.vstack (list (pool.map (ask, rows)))
        print (found.shape, faiss.read_index (path).nprobe, np.array_equal (found[:, 0], np.arange (400)))
    with multiprocessing.get_context ("fork").Pool (2) as pool:
        parts = [pickle.loads (p) for p in pool.map (build, range (4))]
    whole = parts[0]
    for part in parts[1:]:
        whole.merge_from (part)
    print (type (whole).__name__, whole.ntotal, parts[1].ntotal, np.array_equal (whole.search (x[:400], 3)[1], expected))

    # requests come one at a time, are answered a batch at a time
    requests, answers = queue.Queue (), {}

    def server ():
        while True:
            batch = [requests.get ()]
            while len (batch) < 16:
                try:
                    batch.append (requests.get_nowait ())
                except queue.Empty:
                    break
            batch, ends = [b for b in batch if b is not None], None in batch
            if batch:
                I = index.search (np.stack ([v for _, v in batch]), 3)[1]
                answers.update ((number, row.tolist ()) for (number, _), row in zip (batch, I))
            if ends:
                return

    thread = threading.Thread (target=server)
    thread.start ()
    for i in range (200):
        requests.put ((i, x[i]))
    requests.put (None)
    thread.join ()
    print (all (answers[i] == expected[i].tolist () for i in range (200)), len (answers))

    # many readers, one index each; searches with parameters of their own
    def reader (nprobe):
        params = faiss.SearchParametersIVF (nprobe=nprobe)
        return [index.search (x[i:i + 20], 3, params=params)[1] for i in range (0, 400, 20)]
    with concurrent.futures.ThreadPoolExecutor (4) as pool:
        results = list (pool.map (reader, (16, 1, 16, 4)))
    print (np.array_equal (np.vstack (results[0]), expected), np.array_equal (np.vstack (results[2]), expected), index.nprobe)
    copy = pickle.loads (pickle.dumps ({"index": index, "note": "mine"}))
    print (copy["note"], np.array_equal (copy["index"].search (x[:400], 3)[1][:, 0], expected[:, 0]), copy["index"].nprobe)


if __name__ == "__main__":
    main ()
