"""Single steps of walks in graphs and of their builds."""
import numpy as np

import faiss

N, D = 400, 12
x = np.random.RandomState (3).rand (N, D).astype ('float32')
faiss.omp_set_num_threads (1)


def int32s (values):
    vector = faiss.Int32Vector ()
    faiss.copy_array_to_vector (np.array (values, 'int32'), vector)
    return vector


def values (vector):
    return faiss.vector_to_array (vector).tolist ()


def marks (table):
    return [i for i in range (N) if table.get (i)]


def computer_of (index, q):
    computer = index.get_distance_computer ()
    computer.set_query (faiss.swig_ptr (q))
    return computer


# marks
tables = faiss.VisitedTableVector (N), faiss.VisitedTableSet (), faiss.VisitedTable.get_reusable (N)
for table in tables:
    print (table.set (3), table.set (3), table.get (3), table.get (4), marks (table))
    table.reserve (100)
    table.prefetch (7)
    for i in range (600):
        table.advance ()
        table.set (i % N)
        assert marks (table) == [i % N]
tables[0].ensure_size (N + 5)
print (tables[0].set (N + 4), tables[0].visno, tables[0].visited.size (), isinstance (tables[1], faiss.VisitedTable))

# greedy walks; links back
for metric in faiss.METRIC_L2, faiss.METRIC_INNER_PRODUCT:
    index = faiss.IndexHNSWFlat (D, 4, metric)
    index.add (x)
    hnsw = index.hnsw
    levels = faiss.vector_to_array (hnsw.levels)
    print (hnsw.max_level)
    for level in range (hnsw.max_level + 1):
        for start in np.flatnonzero (levels > level)[:20]:
            computer = computer_of (index.storage, x[7:8])
            node, d = np.array ([start], 'int32'), np.array ([computer (int (start))], 'float32')
            stats = faiss.greedy_update_nearest (hnsw, computer, level, faiss.swig_ptr (node), faiss.swig_ptr (d))
            print (level, start, node[0], d[0], stats.ndis, stats.nhops)
    computer, rs = index.storage.get_distance_computer (), np.random.RandomState (1)
    for i, size in enumerate ([0, 1, 2, 5, 20] * 8):
        node, incoming = int (rs.randint (N)), rs.randint (0, N, size)
        incoming = int32s (np.concatenate ([incoming, incoming[:2], [node] * (i % 3)]))
        hnsw.merge_reverse_links_deterministic (computer, node, 0, incoming, i > 25)
        print (values (incoming))
    print (values (hnsw.neighbors))

# spreading-out graphs: a walk that is told where not to go, what can be reached, repairs
index = faiss.IndexNSGFlat (D, 6)
index.GK = 16
index.add (x)
nsg, storage = index.nsg, index.storage
table = faiss.VisitedTableVector (N)
computer = computer_of (storage, x[5:6])
for k in 3, 20, 3:
    I, dis = np.zeros (k, 'int64'), np.zeros (k, 'float32')
    nsg.search (computer, k, faiss.swig_ptr (I), faiss.swig_ptr (dis), table)
    print (I, dis, marks (table))
links = faiss.rev_swig_ptr (nsg.get_final_graph ().data, N * 6).reshape (N, 6)
for i in 5, 7, 50:
    links[links == i] = -1
links[:] = [sorted (row, key=lambda link: link < 0) for row in links]
degrees, table, met = int32s ((links >= 0).sum (1)), faiss.VisitedTableVector (N), faiss.VisitedTableSet ()
print (nsg.dfs (table, nsg.enterpoint, 3), marks (table))
parent = nsg.attach_unlinked (storage, table, met, degrees)
print (parent, marks (met), values (degrees))
print (nsg.dfs (table, parent, 0), marks (table))
print (nsg.tree_grow (storage, degrees), values (degrees), links.tolist ())

# descent: iteration by iteration the same neighbours are known
storage = faiss.IndexFlatL2 (D)
storage.add (x)
computer = computer_of (storage, x[5:6])
graph = faiss.NNDescent (D, 10)
graph.ntotal, graph.iter = N, 2
points = int32s (range (0, N, 9))
truth = faiss.Int32VectorVector ()
truth.resize (points.size ())
graph.generate_eval_set (computer, points, truth, N)
print ([sorted (values (truth.at (i))) for i in range (truth.size ())])
graph.init_graph (computer)
for i in range (3):
    print (graph.eval_recall (points, truth))
    graph.join (computer)
    print (graph.eval_recall (points, truth))
    graph.update ()
graph.nndescent (computer, False)
print (graph.eval_recall (points, truth))
graph = faiss.NNDescent (D, 10)
graph.build (computer, N, False)
print (values (graph.final_graph))
graph.search_L = 30
table = faiss.VisitedTableVector (N)
I, dis = np.zeros (4, 'int64'), np.zeros (4, 'float32')
graph.search (computer, 4, faiss.swig_ptr (I), faiss.swig_ptr (dis), table)
print (I, dis, marks (table))

# parts
n = faiss.Neighbor (3, .5, True)
print (n.id, n.distance, n.flag, n < faiss.Neighbor (4, .7, False), faiss.Neighbor (4, .5, False) < n)
hood = faiss.Nhood ()
hood.M = 7
faiss.copy_array_to_vector (np.arange (5, dtype='int32'), hood.nn_new)
other = faiss.Nhood (hood)
print (other.M, [values (v) for v in (other.nn_old, other.nn_new, other.rnn_old, other.rnn_new)])
