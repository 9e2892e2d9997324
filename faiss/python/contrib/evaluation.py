"""How good results are: intersections, precision and recall, operating points, timing."""

import time

import numpy as np

import faiss
from faiss.blocks import BLOCK
from faiss.contrib.exhaustive_search import threshold_radius


# ---- nearest neighbours ----


def knn_intersection_measure (I1, I2):
    """The share of results that two tables have in common; -1, too, is one of them."""
    (n1, k1), (n2, k2) = I1.shape, I2.shape
    assert n1 == n2, f"expected equally many rows, got {n1} and {n2}"
    return sum (np.intersect1d (a, b).size for a, b in zip (I1, I2)) / (n1 * min (k1, k2))


# ---- range searches ----


def filter_range_results (lims, D, I, thresh):
    """Only the results with a distance below thresh."""
    return threshold_radius (lims, D, I, thresh)


def _counts (lims):
    return np.diff (np.asarray (lims).astype ("int64"))


def range_PR (lims_ref, Iref, lims_new, Inew, mode="overall"):
    """Precision and recall of range search results; distances do not count."""
    ninter = [np.intersect1d (Iref[a:b], Inew[c:d]).size for a, b, c, d in
              zip (lims_ref, lims_ref[1:], lims_new, lims_new[1:])]
    return counts_to_PR (_counts (lims_ref), _counts (lims_new), np.array (ninter, "int64"), mode)


def counts_to_PR (ngt, nres, ninter, mode="overall"):
    """Precision and recall from counts per query: true results, found ones, those in both.

    mode "overall": of all results together; "average": mean of the queries. Who finds nothing is
    precise; where there is nothing to find, finding nothing is complete.
    """
    if mode == "overall":
        ngt, nres, ninter = np.sum (ngt), np.sum (nres), np.sum (ninter)
        recall = ninter / ngt if ngt > 0 else float (nres == 0)
        return (ninter / nres if nres > 0 else 1.0), recall
    if mode == "average":
        ngt, nres, ninter = (np.asarray (a) for a in (ngt, nres, ninter))
        precision = np.where (nres > 0, ninter / np.maximum (nres, 1), 1.0)
        recall = np.where (ngt > 0, ninter / np.maximum (ngt, 1), nres == 0)
        return precision.mean (), recall.mean ()
    raise AssertionError (f"mode: expected 'overall' or 'average', got {mode!r}")


def _sorted (lims, I, *keys):
    """Positions that sort the results of each query; of some queries at a time, for Ctrl-C is heard between two."""
    lims = np.asarray (lims).astype ("int64")
    order, q = np.arange (len (I)), 0
    while q < len (lims) - 1:
        end = max (q + 1, np.searchsorted (lims, lims[q] + BLOCK // 8, "right") - 1)
        part = slice (lims[q], lims[end])
        rows = np.repeat (np.arange (end - q), np.diff (lims[q:end + 1]))
        order[part] = lims[q] + np.lexsort ((*(key[part] for key in keys), rows))
        q = end
    return order


def sort_range_res_2 (lims, D, I):
    """The results of each query, nearest first."""
    order = _sorted (lims, I, D)
    return D[order], I[order]


def sort_range_res_1 (lims, I):
    """The results of each query by label."""
    return I[_sorted (lims, I, I)]


def range_PR_multiple_thresholds (lims_ref, Iref, lims_new, Dnew, Inew, thresholds, mode="overall",
                                  do_sort="ref,new"):
    """Precision and recall if only results below each threshold were taken.

    do_sort says which results are not sorted yet: "ref" (by label), "new" (by distance).
    """
    if "new" in do_sort:
        Dnew, Inew = sort_range_res_2 (lims_new, Dnew, Inew)
    nq, thresholds = len (lims_ref) - 1, np.asarray (thresholds)
    nres = np.zeros ((nq, len (thresholds)), dtype="int64")
    ninter = np.zeros_like (nres)
    for q in range (nq):
        new = slice (int (lims_new[q]), int (lims_new[q + 1]))
        nres[q] = np.searchsorted (Dnew[new], thresholds)
        right = np.isin (Inew[new], Iref[int (lims_ref[q]):int (lims_ref[q + 1])])
        ninter[q] = np.concatenate ([[0], np.cumsum (right)])[nres[q]]
    pairs = [counts_to_PR (_counts (lims_ref), nres[:, t], ninter[:, t], mode)
             for t in range (len (thresholds))]
    return np.array ([p for p, _ in pairs]), np.array ([r for _, r in pairs])


# ---- comparisons for tests ----


def _cluster_tables_with_tolerance (tab1, tab2, thr):
    """Numbers of clusters, so that values that differ by less than thr step by step are one."""
    tab = np.concatenate ([tab1, tab2])
    order = np.argsort (tab, kind="stable")
    cluster = np.empty (tab.size, dtype="int64")
    cluster[order] = np.concatenate ([[0], np.cumsum (np.diff (tab[order]) >= thr)])[:tab.size]
    return cluster[:tab1.size], cluster[tab1.size:]


def check_ref_knn_with_draws (Dref, Iref, Dnew, Inew, rtol=1e-05, atol=0):
    """Raise unless results are the same; equal distances may come in any order."""
    np.testing.assert_allclose (Dref, Dnew, rtol=rtol, atol=atol)
    for i in range (len (Iref)):
        if np.array_equal (Iref[i], Inew[i]):
            continue
        tolerance = max (rtol * np.abs (Dref[i]).max (initial=0), atol, 1e-30)
        c_ref, c_new = _cluster_tables_with_tolerance (Dref[i], Dnew[i], tolerance)
        for c in np.unique (c_ref):
            ours, theirs = {*Inew[i][c_new == c]}, {*Iref[i][c_ref == c]}
            if c == c_ref[-1]:  # the last tie may be cut off at any of its members
                assert len (ours) == len (theirs), f"query {i}: {ours} in place of {theirs}"
            else:
                assert ours == theirs, f"query {i}: {ours} in place of {theirs}"


def check_ref_range_results (Lref, Dref, Iref, Lnew, Dnew, Inew):
    """Raise unless range search results are the same, in any order and up to rounding."""
    np.testing.assert_array_equal (Lref, Lnew)
    for i, (a, b) in enumerate (zip (Lref[:-1].astype (int), Lref[1:].astype (int))):
        order_ref, order_new = np.argsort (Iref[a:b]), np.argsort (Inew[a:b])
        np.testing.assert_array_equal (Iref[a:b][order_ref], Inew[a:b][order_new],
                                       err_msg=f"query {i}")
        np.testing.assert_allclose (Dref[a:b][order_ref], Dnew[a:b][order_new], rtol=1e-5,
                                    atol=1e-5, err_msg=f"query {i}")


# ---- operating points ----


class OperatingPoints:
    """The points that are better than all faster ones, by keys that a subclass can compare."""

    def __init__ (self):
        self.operating_points = []  # (key, perf, t)
        self.suboptimal_points = []

    def compare_keys (self, k1, k2):
        """1 if k1 is slower and better than k2, or the same; -1 the other way; else 0."""
        raise NotImplementedError

    def do_nothing_key (self):
        """The key of the fastest parameters."""
        raise NotImplementedError

    def is_pareto_optimal (self, perf_new, t_new):
        """Is no known point at least as good in less time?"""
        return not any (perf >= perf_new and t <= t_new for _, perf, t in self.operating_points)

    def predict_bounds (self, key):
        """The performance at most and the time at least that a key can have."""
        most, least = 1.0, 0.0
        for known, perf, t in self.operating_points + self.suboptimal_points:
            order = self.compare_keys (key, known)
            if order > 0:
                least = max (least, t)
            elif order < 0:
                most = min (most, perf)
        return most, least

    def should_run_experiment (self, key):
        """May the key be better than what is known?"""
        return self.is_pareto_optimal (*self.predict_bounds (key))

    def add_operating_point (self, key, perf, t):
        """Note a measurement; returns whether it is optimal."""
        if not self.is_pareto_optimal (perf, t):
            self.suboptimal_points.append ((key, perf, t))
            return False
        beaten = [p for p in self.operating_points if p[1] <= perf and p[2] > t]
        self.suboptimal_points += beaten
        self.operating_points = sorted (
            [p for p in self.operating_points if p not in beaten] + [(key, perf, t)],
            key=lambda p: p[2])
        return True


class OperatingPointsWithRanges (OperatingPoints):
    """Keys are positions in ranges of parameters, each ascending: slower and better."""

    def __init__ (self):
        super ().__init__ ()
        self.ranges = []  # (name, values)

    def add_range (self, name, values):
        self.ranges.append ((name, values))

    def compare_keys (self, k1, k2):
        k1, k2 = np.asarray (k1), np.asarray (k2)
        return 1 if (k1 >= k2).all () else -1 if (k1 <= k2).all () else 0

    def do_nothing_key (self):
        return np.zeros (len (self.ranges), dtype=int)

    def num_experiments (self):
        return int (np.prod ([len (values) for _, values in self.ranges]))

    def sample_experiments (self, n_autotune, rs=np.random):
        """Numbers of experiments: the first, the last, others at random; all for 0.

        Without rs they are the same each time.
        """
        n = self.num_experiments ()
        if n <= 2:
            return list (range (n))
        if rs is np.random:
            rs = np.random.RandomState (123)
        others = 1 + rs.permutation (n - 2)
        if n_autotune:
            others = others[:max (n_autotune - 2, 0)]
        return [0, n - 1, *(int (cno) for cno in others)]

    def cno_to_key (self, cno):
        """The key of an experiment's number."""
        return np.array (np.unravel_index (cno, [len (v) for _, v in self.ranges], order="F"))

    def get_parameters (self, k):
        """Names and values of a key."""
        return {name: values[i] for (name, values), i in zip (self.ranges, k)}

    def restrict_range (self, name, max_val):
        """Only values below max_val."""
        for i, (known, values) in enumerate (self.ranges):
            if known == name:
                self.ranges[i] = name, [v for v in values if v < max_val]
                return
        raise RuntimeError (f"no range {name}")


# ---- timing ----


class TimerIter:
    """One loop over a RepeatTimer."""

    def __init__ (self, timer):
        self.ts = []
        self.timer = timer
        if timer.nt >= 0:
            faiss.omp_set_num_threads (timer.nt)

    def __iter__ (self):
        return self

    def __next__ (self):
        timer = self.timer
        self.ts.append (time.time ())
        spent = self.ts[-1] - self.ts[0]
        if len (self.ts) == timer.runs + 1 or len (self.ts) > timer.warmup + 1 \
                and spent > timer.max_secs:
            if timer.nt >= 0:
                faiss.omp_set_num_threads (timer.remember_nt)
            times = np.diff (self.ts)
            timer.times = times[timer.warmup:]
            raise StopIteration


class RepeatTimer:
    """for _ in timer: ... runs a loop body several times; then ms () says how long it took."""

    def __init__ (self, warmup=0, nt=-1, runs=1, max_secs=np.inf):
        assert warmup < runs, f"expected warmup < runs, got {warmup} and {runs}"
        self.warmup, self.nt, self.runs, self.max_secs = warmup, nt, runs, max_secs
        self.remember_nt = faiss.omp_get_max_threads ()

    def __iter__ (self):
        return TimerIter (self)

    def ms (self):
        return np.mean (self.times) * 1000

    def ms_std (self):
        return np.std (self.times) * 1000 if len (self.times) > 1 else 0.0

    def nruns (self):
        """How many runs were measured."""
        return len (self.times)
