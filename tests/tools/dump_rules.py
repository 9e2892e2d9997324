"""What a hardened reader demands of the fields of a Faiss index file (section 8 of the specification)."""

import math

import numpy as np

from dump_format import TRANSFORMS, panorama_levels
from dump_tree import ENUMS, INVALID_CODE_SIZE, RULES, VECTOR_BYTE_LIMIT, field, index_field, tag_of

# --------------------------------------------------------------------------
# Reader rules (section 8).  They never influence how bytes are consumed.
# --------------------------------------------------------------------------


def header_rules(r):
    r.check("HDR-D", 0 <= r["d"] <= 1 << 20, f"d={r['d']}")
    r.check("HDR-N", r["ntotal"] >= 0, f"ntotal={r['ntotal']}")
    r.check("HDR-METRIC", r["metric_type"] in ENUMS["MetricType"],
            f"metric_type={r['metric_type']}")


def binary_header_rules(r):
    d = r["d"]
    r.check("BHDR-D", d > 0 and d % 8 == 0, f"d={d}")
    r.check("BHDR-CS", r["code_size"] == d // 8,
            f"code_size={r['code_size']} for d={d}")
    r.check("BHDR-N", r["ntotal"] >= 0, f"ntotal={r['ntotal']}")
    r.check("HDR-METRIC", r["metric_type"] in ENUMS["MetricType"],
            f"metric_type={r['metric_type']}")


def pq_rules(r):
    d, m, nbits = r["d"], r["M"], r["nbits"]
    r.check("PQ-M", m > 0, "M must be > 0")
    r.check("PQ-NBITS", 1 <= nbits <= 24, f"nbits={nbits}")
    if m > 0 and 1 <= nbits <= 24:
        ksub = 1 << nbits
        r.check("PQ-D", d % m == 0, f"d={d} is not a multiple of M={m}")
        limit = VECTOR_BYTE_LIMIT // 4
        r.check("PQ-BYTES", d * ksub < limit and m * ksub < limit,
                "tables exceed the byte limit")
        r.check("PQ-CENT", r.array("centroids").size == d * ksub,
                f"{r.array('centroids').size} centroid values for "
                f"d={d} ksub={ksub}")
        r.shape("centroids", m, ksub, d // m)


def aq_total_codebook(node):
    nbits = node.get("nbits").data
    if nbits.size and nbits.max() > 30:
        return 0
    return sum(1 << int(b) for b in nbits)


def aq_norm_bits(node):
    return {3: 32, 4: 8, 6: 8, 8: 8, 9: 8, 5: 4, 7: 4}.get(
        field(node, "search_type"), 0)


def aq_code_size(node):
    bits = int(node.get("nbits").data.sum()) + aq_norm_bits(node)
    return (bits + 7) // 8


def aq_rules(r, node):
    nbits = node.get("nbits").data
    r.check("AQ-D", field(node, "d") > 0, "d must be > 0")
    r.check("AQ-M", field(node, "M") > 0, "M must be > 0")
    r.check("AQ-NBITS", nbits.size == field(node, "M"),
            f"{nbits.size} nbits for M={field(node, 'M')}")
    r.check("AQ-RANGE", nbits.size == 0 or nbits.max() <= 30,
            "nbits values must be in [0, 30]")
    total = aq_total_codebook(node)
    if total:
        r.check("AQ-CS", aq_code_size(node) > 0, "code size is 0")
        size = node.get("codebooks").data.size
        r.check("AQ-CB", size >= total and size % total == 0,
                f"{size} codebook values for {total} centroids")
        if size % total == 0:
            r.shape("codebooks", total, size // total)


def codebooks_rule(r, node, d):
    required = d * aq_total_codebook(node)
    r.check("AQ-CBD", node.get("codebooks").data.size >= required,
            f"codebooks hold fewer than {required} values")


def rq_rules(r):
    aq = r.group.get("aq")
    codebooks_rule(r, aq, field(aq, "d"))
    beam = r["max_beam_size"]
    r.check("RQ-BEAM", beam > 0, f"max_beam_size={beam}")
    r.check("RQ-BYTES", beam * field(aq, "M") * 4 < VECTOR_BYTE_LIMIT,
            "beam tables exceed the byte limit")


def lsq_rules(r):
    aq = r.group.get("aq")
    codebooks_rule(r, aq, field(aq, "d"))


def product_aq_rules(r):
    aq, nsplits = r.group.get("aq"), r["nsplits"]
    d = field(aq, "d")
    r.check("PAQ-SPLIT", nsplits > 0, "nsplits must be > 0")
    if nsplits == 0:
        return
    r.check("PAQ-DIV", d % nsplits == 0, f"d={d} nsplits={nsplits}")
    codebooks_rule(r, aq, d // nsplits)
    for i in range(nsplits):
        sub = r.group.get(f"quantizers[{i}]").get("aq")
        r.check("PAQ-SUB", field(sub, "d") == d // nsplits,
                f"sub-quantizer {i} has d={field(sub, 'd')}")


SQ_BITS = {0: 8, 1: 4, 2: 8, 3: 4, 4: 16, 5: 8, 6: 6, 7: 16, 8: 8, 9: 0,
           10: 1, 11: 2, 12: 3, 13: 4, 14: 8, **{19 + i: i + 1
                                                for i in range(8)}}


def sq_code_size(qtype, d):
    if 15 <= qtype <= 18:
        bits = qtype - 13
        return bits * ((d + 7) // 8) + 8
    return (d * SQ_BITS[qtype] + 7) // 8


def sq_trained_size(qtype, d):
    if qtype in (2, 3):
        return 2
    if qtype in (0, 1, 6):
        return 2 * d
    if 15 <= qtype <= 18:
        k = 1 << (qtype - 14)
        return 2 * k - 1 + 3
    if 10 <= qtype <= 14 or qtype >= 19:
        return (2 << SQ_BITS[qtype]) - 1
    return 0


def sq_rules(r):
    owner = r.stack[-2]
    header = owner.get("header") or owner.get("ivf", "header")
    qtype, d = r["qtype"], r["d"]
    if qtype not in ENUMS["QuantizerType"]:
        r.violation("SQ-TYPE", f"qtype={qtype}")
        return
    r.check("SQ-D", d == field(header, "d"),
            f"d={d}, index d={field(header, 'd')}")
    size, expected = r.array("trained").size, sq_trained_size(qtype, d)
    trained = bool(field(header, "is_trained"))
    if size == 0 and expected > 0:
        r.check("SQ-EMPTY", not trained, "trained index without parameters")
    else:
        r.check("SQ-TRAINED", size == expected,
                f"{size} trained values, expected {expected}")
        r.check("SQ-FLAG", expected == 0 or trained,
                "parameters present but the index is not trained")


def hnsw_rules(r):
    levels, cum = r.array("levels"), r.array("cum_nneighbor_per_level")
    offsets, neighbors = r.array("offsets"), r.array("neighbors")
    n = levels.size
    if cum.size:
        r.check("HNSW-CUM0", cum[0] == 0, "cum_nneighbor_per_level[0] != 0")
        r.check("HNSW-CUM", (np.diff(cum) >= 0).all(),
                "cum_nneighbor_per_level decreases")
    levels_ok = bool(((levels >= 1) & (levels < cum.size)).all())
    r.check("HNSW-LEVEL", levels_ok, "a level is outside the level table")
    r.check("HNSW-OFFN", offsets.size == n + 1,
            f"{offsets.size} offsets for {n} nodes")
    if offsets.size == n + 1 and levels_ok:
        # a reader tests the step and the upper bound of every offset
        step = np.diff(offsets.astype(np.int64))
        r.check("HNSW-OFF", (step == cum[levels]).all(),
                "offsets do not follow the level sizes")
        r.check("HNSW-OFFMAX", offsets.max() <= neighbors.size,
                "an offset is beyond the neighbor table")
    r.check("HNSW-MAXL", r["max_level"] < cum.size, "max_level too large")
    r.check("HNSW-ENTRY", -1 <= r["entry_point"] < n,
            f"entry_point={r['entry_point']} for {n} nodes")
    if neighbors.size:
        r.check("HNSW-NB", neighbors.min() >= -1 and neighbors.max() < n,
                "a neighbor id is out of range")


def nsg_rules(r):
    r.check("NSG-R", r["R"] > 0, f"R={r['R']}")
    r.check("NSG-N", r["ntotal"] >= 0, f"ntotal={r['ntotal']}")


def nndescent_rules(r):
    n, k, graph = r["ntotal"], r["K"], r.array("final_graph")
    r.check("NND-N", n >= 0, f"ntotal={n}")
    if r["has_built"] and k > 0 and n > 0:
        r.check("NND-SIZE", graph.size == n * k,
                f"{graph.size} links for {n} nodes of degree {k}")
        r.shape("final_graph", n, k)
        if graph.size:
            r.check("NND-LINK", graph.min() >= -1 and graph.max() < n,
                    "a link is out of range")


def eden_rules(r):
    owner = r.stack[-2]
    header = owner.get("header") or owner.get("ivf", "header")
    d, nb = r["d"], r["nb_bits"]
    r.check("EDEN-D", d == field(header, "d"), f"d={d}")
    r.check("EDEN-METRIC", r["metric_type"] == field(header, "metric_type"),
            "metric differs from the index")
    r.check("EDEN-BITS", 1 <= nb <= 8, f"nb_bits={nb}")
    if r.group.get("scale_type"):
        r.check("EDEN-SCALE", r["scale_type"] in (0, 1, 2),
                f"scale_type={r['scale_type']}")
    r.check("EDEN-CS", r["code_size"] == (d * nb + 7) // 8 + 8,
            f"code_size={r['code_size']}")


def rabitq_rules(r):
    owner = r.stack[-2]
    header = owner.get("header") or owner.get("ivf", "header")
    r.check("RBQ-D", r["d"] == field(header, "d"), f"d={r['d']}")
    r.check("RBQ-METRIC", r["metric_type"] in ENUMS["MetricType"],
            f"metric_type={r['metric_type']}")


def codes_rule(rule, array="codes", code_size=lambda r: r["code_size"]):
    """The array holds exactly ntotal codes of code_size elements."""
    def check(r):
        n, size = field(r.group, "header", "ntotal"), code_size(r)
        got = r.array(array).size
        r.check(rule, got == n * size,
                f"{got} elements for {n} codes of {size}")
        r.shape(array, n, size)
    return check


def pq_code_size(node):
    return (field(node, "M") * field(node, "nbits") + 7) // 8


def flat_panorama_rules(r):
    n, levels, batch, d = r["ntotal"], r["n_levels"], r["batch_size"], r["d"]
    r.check("PANO-LEVELS", 0 < levels <= max(d, 0), f"n_levels={levels}")
    r.check("PANO-BATCH", batch > 0, "batch_size must be > 0")
    r.check("PANO-N", n >= 0, f"ntotal={n}")
    if batch > 0 and 0 < levels <= d and n >= 0:
        slots = -(-n // batch) * batch
        real = panorama_levels(d, levels)
        r.check("PANO-CODES", r.array("codes").size == slots * d * 4,
                f"{r.array('codes').size} code bytes for {slots} slots")
        r.check("PANO-SUMS", r.array("cum_sums").size == slots * (real + 1),
                f"{r.array('cum_sums').size} sums for {slots} slots")
        r.shape("cum_sums", slots // batch, real + 1, batch)


def lsh_rules(old):
    def check(r):
        nbits = r["nbits"]
        stored = r["code_size_words"] * 8 if old else r["code_size"]
        r.check("LSH-CS0", stored >= 0, f"code_size={stored}")
        if old:
            r.check("LSH-64", nbits % 64 == 0, "old LSH needs 64-bit words")
        r.check("LSH-CS", stored == (nbits + 7) // 8,
                f"code_size={stored} for nbits={nbits}")
        rrot = r.group.get("rrot")
        r.check("LSH-ROT", tag_of(rrot) == "rrot", "rotation is not rrot")
        r.check("LSH-DIM", field(rrot, "d_in") == field(
            r.group, "header", "d") and field(rrot, "d_out") == nbits,
            "rotation dimensions do not match")
        n, got = field(r.group, "header", "ntotal"), r.array("codes").size
        r.check("LSH-CODES", got == n * stored, f"{got} bytes of codes")
        r.shape("codes", n, stored)
    return check


def aq_of(node):
    state = node.get("quantizer_state")
    return state.get("aq") or state


def aq_index_rules(r):
    aq = aq_of(r.group)
    if aq.get("qnorm") is None and r.group.get(
            "quantizer_state").type == "OldRQ":
        r.check("AQ-D", field(aq, "d") > 0, "d must be > 0")
        r.check("AQ-M", field(aq, "M") > 0, "M must be > 0")
        r.check("AQ-NBITS", aq.get("nbits").data.size == field(aq, "M"),
                "number of nbits differs from M")
    r.check("AQ-DIM", field(aq, "d") == field(r.group, "header", "d"),
            "quantizer d differs from index d")
    r.check("AQ-CODE", r["code_size"] == aq_code_size(aq),
            f"code_size={r['code_size']}, derived {aq_code_size(aq)}")
    codes_rule("AQ-CODES")(r)


def aq_ivf_rules(r):
    aq = aq_of(r.group)
    r.check("AQ-DIM", field(aq, "d") == field(r.group, "ivf", "header", "d"),
            "quantizer d differs from index d")
    r.check("AQ-CODE", r["code_size"] == aq_code_size(aq),
            f"code_size={r['code_size']}, derived {aq_code_size(aq)}")
    invlists_rules(r, r["code_size"])


def residual_coarse_rules(r):
    aq, n = aq_of(r.group), field(r.group, "header", "ntotal")
    r.check("AQ-DIM", field(aq, "d") == field(r.group, "header", "d"),
            "quantizer d differs from index d")
    limit = VECTOR_BYTE_LIMIT
    r.check("RCQ-BYTES", n < limit // 4 and n * field(aq, "M") * 4 < limit,
            "centroid tables exceed the byte limit")
    beam = r["beam_factor"]
    r.check("RCQ-BEAM", not beam > 0 or 1 <= beam <= 1000,
            f"beam_factor={beam}")
    bits = int(aq.get("nbits").data.sum()) + aq_norm_bits(aq)
    r.check("RCQ-BITS", bits <= 63, f"{bits} bits")
    r.check("RCQ-N", n == 1 << min(bits, 63), f"ntotal={n}, {bits} bits")


def fastscan_rules(r, m, m2, ksub, bbs):
    r.check("FS-M", m > 0 and ksub > 0, f"M={m} ksub={ksub}")
    r.check("FS-KSUB", ksub == 16, f"ksub={ksub}")
    r.check("FS-BBS", bbs > 0 and bbs % 32 == 0, f"bbs={bbs}")
    r.check("FS-M2", m2 == (m + 1) // 2 * 2, f"M2={m2} for M={m}")


def pq_fastscan_rules(r):
    pq = r.group.get("pq")
    fastscan_rules(r, field(pq, "M"), r["M2"], 1 << min(field(pq, "nbits"),
                                                        60), r["bbs"])
    r.check("FS-QBS", r["qbs"] >= 0, f"qbs={r['qbs']}")


def aq_fastscan_rules(r):
    owner = r.group.get("header") or r.group.get("ivf", "header")
    r.check("AQ-DIM", field(aq_of(r.group), "d") == field(owner, "d"),
            "quantizer d differs from index d")
    fastscan_rules(r, r["M"], r["M2"], r["ksub"], r["bbs"])
    r.check("FS-QBS", r["qbs"] >= 0, f"qbs={r['qbs']}")


def aq_ivf_fastscan_rules(r):
    aq_fastscan_rules(r)
    invlists_rules(r, r["code_size"])


def ivfpq_fastscan_rules(r):
    pq = r.group.get("pq")
    coarse_rules(r)
    invlists_rules(r, r["code_size"])
    precomputed_rule(r, pq)
    fastscan_rules(r, field(pq, "M"), r["M2"], 1 << min(field(pq, "nbits"),
                                                        60), r["bbs"])


def rabitq_fastscan_rules(r):
    owner = r.group.get("header") or r.group.get("ivf", "header")
    d, bits = field(owner, "d"), field(r.group, "rabitq", "nb_bits")
    r.check("RBQ-QB", 1 <= r["qb"] <= 8, f"qb={r['qb']}")
    fastscan_rules(r, (d + 3) // 4, r["M2"], 16, r["bbs"])
    if r.group.get("ivf"):
        invlists_rules(r, r["code_size"])
    if r.group.get("flat_storage") is not None and 1 <= bits <= 9:
        stored = r.array("flat_storage").size
        each = rabitq_code_size(d, bits) - (d + 7) // 8
        lists = r.group.get("invlists", "lists")
        if lists is None:
            n = field(owner, "ntotal")
            r.check("RBQ-FLAT", stored == n * each,
                    f"{stored} factor bytes for {n} vectors")
        elif stored:
            ids = [c.data for c in lists.children
                   if c.name.startswith("ids") and c.data.size]
            r.check("RBQ-FLAT", all(
                a.min() >= 0 and (int(a.max()) + 1) * each <= stored
                for a in ids), "an id has no factors")


def rabitq_index_rules(r):
    r.check("RBQ-QB0", r["qb"] <= 8, f"qb={r['qb']}")
    # informative: readers do not test it
    r.shape("codes", field(r.group, "header", "ntotal"),
            field(r.group, "rabitq", "code_size"))


def rabitq_code_size(d, nb_bits):
    ex = nb_bits - 1
    extra = 8 if ex == 0 else 12 + 8 + (d * ex + 7) // 8
    return (d + 7) // 8 + extra


def rabitq_ivf_rules(r):
    r.check("RBQ-QB0", r["qb"] <= 8, f"qb={r['qb']}")
    bits = field(r.group, "rabitq", "nb_bits")
    bits = 1 if bits is None else bits
    r.check("RBQ-BITS", 1 <= bits <= 9, f"nb_bits={bits}")
    if 1 <= bits <= 9:
        d = field(r.group, "ivf", "header", "d")
        invlists_rules(r, rabitq_code_size(d, bits))


def eden_ivf_rules(r):
    d = field(r.group, "ivf", "header", "d")
    size = (d * field(r.group, "eden", "nb_bits") + 7) // 8 + 8
    r.check("EDEN-IVF", r["code_size"] == size, f"code_size={r['code_size']}")
    invlists_rules(r, size)


def eden_index_rules(r):
    d = field(r.group, "header", "d")
    size = (d * field(r.group, "eden", "nb_bits") + 7) // 8 + 8
    codes_rule("EDEN-CODES", code_size=lambda _: size)(r)


def coarse_rules(r):
    r.check("IVF-COARSE", tag_of(r.group.get("ivf").get("quantizer"))
            != "null", "coarse quantizer is null")


def precomputed_rule(r, pq):
    quantizer = r.group.get("ivf").get("quantizer")
    if tag_of(quantizer) == "null":
        return
    table = field(pq, "M") << min(field(pq, "nbits"), 60)
    rows = [index_field(quantizer, "ntotal") * table]
    if tag_of(quantizer) == "Imiq":
        coarse = 1 << field(quantizer, "pq", "nbits")
        rows += [coarse * table, index_field(quantizer, "d") * coarse]
    r.check("IVF-TABLE", max(rows) < VECTOR_BYTE_LIMIT // 4,
            "precomputed table exceeds the byte limit")


def invlists_rules(r, code_size):
    lists = r.group.get("invlists")
    if lists is None or tag_of(lists) == "il00":
        return
    r.check("IVF-NLIST", field(lists, "nlist") == field(
        r.group, "ivf", "nlist"), "nlist of the lists differs")
    stored = field(lists, "code_size")
    r.check("IVF-CS", stored in (INVALID_CODE_SIZE, code_size),
            f"lists have code_size {stored}, index {code_size}")


def ivf_flat_rules(r):
    invlists_rules(r, 4 * field(r.group, "ivf", "header", "d"))
    if r.group.get("instances") is not None:
        r.check("IWFD-EVEN", r.array("instances").size % 2 == 0,
                "odd number of values in the instance table")
    if r.group.get("batch_size") is not None:
        r.check("PANO-BATCH", r["batch_size"] > 0, "batch_size is 0")


def ivf_sq_rules(r):
    sq = r.group.get("sq")
    if field(sq, "qtype") in ENUMS["QuantizerType"]:
        size = sq_code_size(field(sq, "qtype"), field(sq, "d"))
        r.check("IWSQ-CS", r["code_size"] == size,
                f"code_size={r['code_size']}, derived {size}")
    invlists_rules(r, r["code_size"])


def ivf_pq_rules(r):
    coarse_rules(r)
    invlists_rules(r, r["code_size"])
    if field(r.group, "ivf", "header", "is_trained"):
        if r["by_residual"]:
            precomputed_rule(r, r.group.get("pq"))
        if r.group.get("k_factor"):
            k_factor_rule(r)


def k_factor_rule(r):
    k = r["k_factor"]
    r.check("K-FACTOR", math.isfinite(k) and 1 <= k <= 1000, f"k_factor={k}")


def legacy_lists_rules(r):
    if r.group.get("sq"):
        ivf_sq_rules(r)
    if r.group.get("pq"):
        ivf_pq_rules(r)


def legacy_flat_rules(r):
    d = field(r.group, "ivf", "header", "d")
    ids, codes = r.group.get("ivf").get("ids"), r.group.get("codes")
    for a, b in zip(ids.children, codes.children):
        r.check("IVFL-CODES", b.data.nbytes == a.data.size * 4 * d,
                f"{b.name}: {b.data.nbytes} bytes for {a.data.size} ids")


def spectral_rules(r):
    invlists_rules(r, (r["nbit"] + 7) // 8)


def lattice_points(log2_dim, r2):
    """table[l][s]: number of points of Z^(2^l) with squared norm s."""
    row = [0] * (r2 + 1)
    for i in range(math.isqrt(r2) + 1):
        row[i * i] = 2 if i else 1
    table = [row]
    for _ in range(log2_dim):
        row = np.convolve(np.array(row, object), np.array(row, object))
        row = [int(v) for v in row[: r2 + 1]]
        table.append(row)
    return table


def lattice_rules(r):
    d, nsq, r2 = r["d"], r["nsq"], r["r2"]
    r.check("LAT-N", field(r.group, "header", "ntotal") == 0,
            "no codes are stored, ntotal must be 0")
    r.check("LAT-HD", field(r.group, "header", "d") == d,
            "header d differs from d")
    r.check("LAT-R2", 0 < r2 <= 512, f"r2={r2}")
    if nsq <= 0 or d <= 0 or d % nsq:
        r.violation("LAT-D", f"d={d} nsq={nsq}")
        return
    dsq = d // nsq
    if not 2 <= dsq <= 64 or dsq & (dsq - 1):
        r.violation("LAT-DSQ", f"dsq={dsq}")
        return
    if not 0 < r2 <= 512:
        return
    log2_dim = dsq.bit_length() - 1
    table = lattice_points(log2_dim, r2)
    cached = sum(table[min(3, log2_dim - 1)])
    r.check("LAT-CACHE", cached <= (1 << 27) // dsq,
            f"decode table of {cached} points")
    nbit = max(table[log2_dim][r2] - 1, 0).bit_length()
    r.check("LAT-NBIT", nbit < 64, f"{nbit} bits per lattice point")
    bits = (nbit + r["scale_nbit"]) * nsq
    r.check("LAT-CS", -7 <= bits and bits + 7 < 1 << 31
            and (bits + 7) // 8 <= 4 * d, f"{bits} bits per code")


def two_layer_rules(r):
    pq = r.group.get("pq")
    size1, left = 0, r["nlist"] - 1
    while left > 0:
        size1, left = size1 + 1, left >> 8
    r.check("2L-CS1", r["code_size_1"] == size1,
            f"code_size_1={r['code_size_1']}, expected {size1}")
    r.check("2L-CS2", r["code_size_2"] == pq_code_size(pq),
            f"code_size_2={r['code_size_2']}")
    r.check("2L-CS", r["code_size"] == r["code_size_1"] + r["code_size_2"],
            f"code_size={r['code_size']}")
    codes_rule("2L-CODES")(r)


def pretransform_rules(r):
    length = r["chain_length"]
    r.check("PT-LEN", length >= 0, f"chain_length={length}")
    d, sub = field(r.group, "header", "d"), r.group.get("index")
    for i in range(length):
        item = r.group.get(f"chain[{i}]")
        r.check("PT-CHAIN", field(item, "d_in") == d,
                f"chain[{i}] d_in={field(item, 'd_in')}, expected {d}")
        d = field(item, "d_out")
    if tag_of(sub) != "null":
        r.check("PT-SUB", index_field(sub, "d") == d,
                f"sub-index d={index_field(sub, 'd')}, expected {d}")


def independent_rules(r):
    inner, vt = r.group.get("index_ivf"), r.group.get("transform")
    ivf = inner.get("ivf")
    r.check("IWIQ-IVF", ivf is not None, "index_ivf is not an IVF index")
    if vt is not None and ivf is not None:
        r.check("IWIQ-IN", field(vt, "d_in") == field(r.group, "header", "d"),
                "transform d_in differs from d")
        r.check("IWIQ-OUT", field(vt, "d_out") == field(ivf, "header", "d"),
                "transform d_out differs from the IVF index")


def refine_rules(r):
    for name in ("base", "refine"):
        r.check("RF-NULL", tag_of(r.group.get(name)) != "null",
                f"{name} is null")
    k_factor_rule(r)


def id_map_rules(r):
    n, sub = field(r.group, "header", "ntotal"), r.group.get("index")
    r.check("ID-NULL", tag_of(sub) != "null", "inner index is null")
    r.check("ID-SIZE", r.array("id_map").size == n,
            f"{r.array('id_map').size} ids for ntotal={n}")
    if tag_of(sub) != "null":
        r.check("ID-INNER", index_field(sub, "ntotal") == n,
                f"inner ntotal={index_field(sub, 'ntotal')}, ntotal={n}")


def graph_storage_rules(r, nodes):
    n, d = field(r.group, "header", "ntotal"), field(r.group, "header", "d")
    if nodes is not None:
        r.check("GR-N", nodes == n, f"graph has {nodes} nodes, ntotal={n}")
    storage = r.group.get("storage")
    if tag_of(storage) != "null":
        r.check("GR-STN", index_field(storage, "ntotal") == n,
                "storage ntotal differs")
        r.check("GR-STD", index_field(storage, "d") == d, "storage d differs")


def hnsw_index_rules(r):
    graph_storage_rules(r, r.group.get("graph").get("levels").data.size)
    text, storage = tag_of(r.group), r.group.get("storage")
    header = r.group.get("header")
    if text == "IHfP":
        d, levels = field(header, "d"), r["n_levels"]
        r.check("HNSW-PANO", 0 < levels <= max(d, 0), f"n_levels={levels}")
        if 0 < levels <= d:
            rows = field(header, "ntotal")
            real = panorama_levels(d, levels)
            r.check("HNSW-SUMS", r.array("cum_sums").size == rows * (real + 1),
                    f"{r.array('cum_sums').size} cum_sums for {rows} rows")
            r.shape("cum_sums", rows, real + 1)
    if text == "IHN2":
        r.check("HNSW-2L", tag_of(storage) in ("Ix2L", "IwPQ", "IwQR", "IvPQ",
                                               "IvQR"),
                f"storage is {tag_of(storage)}")
    if text == "IHNp":
        r.check("HNSW-PQ", tag_of(storage) in ("IxPq", "IxPQ", "IxPo"),
                f"storage is {tag_of(storage)}")
    if text == "IHNr":
        staged_rabitq_rules(r)


def staged_rabitq_rules(r):
    header, storage = r.group.get("header"), r.group.get("storage")
    r.check("HNSW-RBQ-L2", field(header, "metric_type") == 1,
            "only L2 is supported")
    if tag_of(storage) == "null":
        return
    if tag_of(storage) not in ("Ixrq", "Ixrr"):
        r.violation("HNSW-RBQ", f"storage is {tag_of(storage)}")
        return
    inner, rabitq = storage.get("header"), storage.get("rabitq")
    bits = 1 if rabitq.get("nb_bits") is None else field(rabitq, "nb_bits")
    r.check("HNSW-RBQ-METRIC", field(inner, "metric_type") == 1
            and field(rabitq, "metric_type") == 1, "storage metric differs")
    r.check("HNSW-RBQ-TR", field(inner, "is_trained")
            == field(header, "is_trained"), "training state differs")
    if not 1 <= bits <= 9:
        r.violation("RBQ-BITS", f"nb_bits={bits}")
        return
    d, n = field(inner, "d"), field(inner, "ntotal")
    size = rabitq_code_size(d, bits)
    r.check("HNSW-RBQ-CS", field(rabitq, "code_size") == size,
            f"code_size={field(rabitq, 'code_size')}, derived {size}")
    r.check("HNSW-RBQ-CODES", storage.get("codes").data.size == n * size,
            f"{storage.get('codes').data.size} code bytes for {n} vectors")
    r.check("HNSW-RBQ-CEN", not field(inner, "is_trained")
            or storage.get("center").data.size == d, "wrong center size")
    r.check("HNSW-RBQ-ST", bool(r["staged"]) == (bits >= 2),
            f"staged={r['staged']} with nb_bits={bits}")


def nsg_index_rules(r):
    graph = r.group.get("graph")
    graph_storage_rules(r, field(graph, "ntotal")
                        if field(graph, "is_built") else None)


def nndescent_index_rules(r):
    graph = r.group.get("graph")
    graph_storage_rules(r, field(graph, "ntotal")
                        if field(graph, "has_built") else None)


def binary_ivf_rules(r):
    lists = r.group.get("invlists")
    if tag_of(lists) != "il00":
        ivf = r.group.get("ivf")
        r.check("IVF-NLIST", field(lists, "nlist") == field(ivf, "nlist"),
                "nlist of the lists differs")
        r.check("IVF-CS", field(lists, "code_size")
                == field(ivf, "header", "code_size"),
                "code_size of the lists differs")


def binary_hnsw_rules(r):
    n, storage = field(r.group, "header", "ntotal"), r.group.get("storage")
    nodes = r.group.get("graph").get("levels").data.size
    r.check("GR-N", nodes == n, f"graph has {nodes} nodes, ntotal={n}")
    r.check("BHNSW-FLAT", tag_of(storage) == "IBxF", "storage is not IBxF")
    r.check("GR-STN", index_field(storage, "ntotal") == n,
            "storage ntotal differs")


def binary_hash_rules(r):
    bits = 8 * field(r.group, "header", "code_size")
    r.check("IBHH-B", 0 < r["b"] <= bits, f"b={r['b']}")


def binary_multi_hash_rules(r):
    bits = 8 * field(r.group, "header", "code_size")
    storage = r.group.get("storage")
    same = tag_of(storage) == "IBxF" and index_field(
        storage, "ntotal") == field(r.group, "header", "ntotal")
    r.check("IBHM-ST", same, "storage does not match")
    r.check("IBHM-B", r["b"] > 0, f"b={r['b']}")
    r.check("IBHM-NHASH", r["nhash"] > 0, f"nhash={r['nhash']}")
    r.check("IBHM-BITS", r["nhash"] * r["b"] <= bits,
            f"{r['nhash']} * {r['b']} bits of {bits}")


def transform_rules(r):
    d_in, d_out = r["d_in"], r["d_out"]
    r.check("VT-DIN", d_in >= 0, f"d_in={d_in}")
    r.check("VT-DOUT", d_out >= 0, f"d_out={d_out}")
    r.check("VT-BYTES", d_in * d_out <= VECTOR_BYTE_LIMIT // 4,
            "matrix exceeds the byte limit")
    text = tag_of(r.group)
    if text == "HRot":
        power = 1
        while power < d_in:
            power *= 2
        r.check("HROT-DIN", d_in > 0, f"d_in={d_in}")
        r.check("HROT-DOUT", d_out == power, f"d_out={d_out}, d_in={d_in}")
    if text == "RmDT":
        r.check("RMDT-MAP", r.array("map").size >= d_out, "map is too short")
    if text in ("VNrm", "VCnt"):
        r.check("VT-SAME", d_in == d_out, f"d_in={d_in} d_out={d_out}")
    if text in ("VCnt", "Viqt"):
        r.check("VT-MEAN", r.array("mean").size >= d_in, "mean is too short")
    if text == "Viqt":
        r.check("VIQT-ITQ", tag_of(r.group.get("itq")) == "Viqm",
                "itq is not an ITQ matrix")
        r.check("VIQT-LIN", tag_of(r.group.get("pca_then_itq")) in
                ("LTra", "rrot", "PCAm", "PcAm", "Pcam", "Viqm"),
                "pca_then_itq is not linear")
    if r.group.get("A") is not None:
        r.shape("A", d_out, d_in)


RULES.update({
    "AQ": lambda r: aq_rules(r, r.group),
    "Header": header_rules,
    "BinaryHeader": binary_header_rules,
    "PQ": pq_rules,
    "SQ": sq_rules,
    "RQ": rq_rules,
    "LSQ": lsq_rules,
    "PRQ": product_aq_rules,
    "PLSQ": product_aq_rules,
    "RaBitQ": rabitq_rules,
    "RaBitQ1": rabitq_rules,
    "EDEN": eden_rules,
    "OldEDEN": eden_rules,
    "HNSW": hnsw_rules,
    "NSG": nsg_rules,
    "NNDescent": nndescent_rules,
    "IxFP": flat_panorama_rules,
    "IxFp": flat_panorama_rules,
    "IxHe": lsh_rules(old=False),
    "IxHE": lsh_rules(old=True),
    "IxLa": lattice_rules,
    "ImRQ": residual_coarse_rules,
    "Ix2L": two_layer_rules,
    "IPfs": pq_fastscan_rules,
    "IwPf": ivfpq_fastscan_rules,
    "IxEe": eden_index_rules,
    "IxEd": eden_index_rules,
    "IwEe": eden_ivf_rules,
    "IwEd": eden_ivf_rules,
    "IwSq": ivf_sq_rules,
    "IwSQ": ivf_sq_rules,
    "IwSh": spectral_rules,
    "IwIQ": independent_rules,
    "IvSQ": legacy_lists_rules,
    "IvPQ": legacy_lists_rules,
    "IvQR": legacy_lists_rules,
    "IvFl": legacy_flat_rules,
    "IvFL": legacy_flat_rules,
    "IxPT": pretransform_rules,
    "INNf": nndescent_index_rules,
    "IBwF": binary_ivf_rules,
    "IBxF": codes_rule("IBXF-XB", "xb", lambda r: field(
        r.group, "header", "code_size")),
    "IBHh": binary_hash_rules,
    "IBHm": binary_multi_hash_rules,
    "IBFf": lambda r: r.check("ID-NULL", tag_of(r.group.get("index"))
                              != "null", "inner index is null"),
    **dict.fromkeys(("IxFI", "IxF2", "IxFl"), codes_rule(
        "FLAT-CODES", code_size=lambda r: field(r.group, "header", "d"))),
    **dict.fromkeys(("IxPq", "IxPo", "IxPQ"), codes_rule(
        "PQ-CODES", code_size=lambda r: pq_code_size(r.group.get("pq")))),
    "IxSQ": codes_rule("SQ-CODES", code_size=lambda r: sq_code_size(
        field(r.group, "sq", "qtype"), field(r.group, "sq", "d"))
        if field(r.group, "sq", "qtype") in ENUMS["QuantizerType"] else 0),
    **dict.fromkeys(("IxRq", "IxRQ", "IxLS", "IxPR", "IxPL"), aq_index_rules),
    **dict.fromkeys(("IwLS", "IwRQ", "IwPL", "IwPR"), aq_ivf_rules),
    **dict.fromkeys(("ILfs", "IRfs", "IPLf", "IPRf"), aq_fastscan_rules),
    **dict.fromkeys(("IVLf", "IVRf", "NPLf", "NPRf"), aq_ivf_fastscan_rules),
    **dict.fromkeys(("Irfn", "Irfs", "Iwrn", "Iwrf"), rabitq_fastscan_rules),
    **dict.fromkeys(("Ixrq", "Ixrr"), rabitq_index_rules),
    **dict.fromkeys(("Iwrq", "Iwrr"), rabitq_ivf_rules),
    **dict.fromkeys(("IwFl", "IwFd", "IwP2", "IwPn"), ivf_flat_rules),
    **dict.fromkeys(("IwPQ", "IwQR"), ivf_pq_rules),
    **dict.fromkeys(("IxRF", "IxRP"), refine_rules),
    **dict.fromkeys(("IxMp", "IxM2", "IBMp", "IBM2"), id_map_rules),
    **dict.fromkeys(("IH00", "IHNf", "IHNp", "IHNs", "IHN2", "IHNr", "IHfP",
                     "IHNc", "IHc2"), hnsw_index_rules),
    **dict.fromkeys(("INSf", "INSp", "INSs"), nsg_index_rules),
    **dict.fromkeys(("IBHf", "IBHc"), binary_hnsw_rules),
    **dict.fromkeys(TRANSFORMS, transform_rules),
})
