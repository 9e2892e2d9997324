"""The layout of every object in a Faiss index file (sections 4 and 5 of the specification)."""

import struct

import numpy as np

from dump_tree import BLOCKS, LEGACY_PANORAMA_BATCH, OBJECTS, VECTOR_BYTE_LIMIT, field, tag_of, tag_text

# --------------------------------------------------------------------------
# Blocks shared by several objects (section 4)
# --------------------------------------------------------------------------


def read_header(r):
    r.read("i32 d, i64 ntotal, i64 reserved_1, i64 reserved_2, "
           "bool is_trained, i32/MetricType metric_type")
    if r["metric_type"] > 1:
        r.read("f32 metric_arg")


def read_ivf_header(r):
    r.read("Header, u64 nlist, u64 nprobe, index quantizer, "
           "DirectMap direct_map")


def read_legacy_ivf_header(r):
    """Header of the IvXX formats: the ids sit between quantizer and map."""
    r.read("Header, u64 nlist, u64 nprobe, index quantizer")
    r.open_group("ids", "lists")
    for i in range(r.stack[-2].get("nlist").value):
        r.vector("i64", f"ids[{i}]")
    r.close_group()
    r.read("DirectMap direct_map")


def read_binary_ivf_header(r):
    r.read("BinaryHeader header, u64 nlist, u64 nprobe, binary quantizer, "
           "DirectMap direct_map")


def read_direct_map(r):
    r.read("u8/DirectMapType type, i64[] array")
    if r["type"] == 2:
        r.vector("i64", "hashtable", 2, "pair<i64,i64>[]")


def read_additive(r):
    r.read("u64 d, u64 M, u64[] nbits, bool is_trained, f32[] codebooks, "
           "i32/AQSearch search_type, f32 norm_min, f32 norm_max")
    if r["search_type"] in (6, 7, 8, 9):
        r.read("f32[] qnorm")
    if r["search_type"] in (8, 9):
        r.read("f32[] norm_tabs")


LSQ_FIELDS = ("u64 K, u64 train_iters, u64 encode_ils_iters, "
              "u64 train_ils_iters, u64 icm_iters, f32 p, f32 lambd, "
              "u64 chunk_size, i32 random_seed, u64 nperts, "
              "u8 update_codebooks_with_double")


def read_product_additive(sub):
    def body(r):
        r.read("AQ aq, u64 nsplits")
        nsplits = r["nsplits"]
        if nsplits > r.end:
            raise r.error(f"nsplits {nsplits} is larger than the file")
        for i in range(nsplits):
            r.read(f"{sub} quantizers[{i}]")
    return body


def read_rabitq_1bit(r):
    r.read("u64 d, u64 code_size, i32/MetricType metric_type")


def read_eden(has_scale):
    def body(r):
        r.read("u64 d, u64 code_size, i32/MetricType metric_type, "
               "u64 nb_bits")
        if has_scale:
            r.read("i32/EdenScale scale_type")
    return body


def read_nsg_graph(r):
    r.read("i32 ntotal, i32 R, i32 L, i32 C, i32 search_L, i32 enterpoint, "
           "bool is_built")
    if not r["is_built"]:
        return
    ntotal, degree = r["ntotal"], r["R"]
    if ntotal < 0 or degree <= 0:
        raise r.error(f"cannot read a graph with ntotal={ntotal} R={degree}")
    start = pos = r.pos
    for i in range(ntotal):
        for _ in range(degree + 1):
            if pos + 4 > r.end:
                raise r.error(f"graph row {i} is truncated", pos)
            link = struct.unpack_from("<i", r.buffer, pos)[0]
            pos += 4
            if link == -1:
                break
            r.check("NSG-LINK", 0 <= link < ntotal,
                    f"link {link} of node {i} out of range")
        else:
            raise r.error(f"graph row {i} has no -1 terminator", pos - 4)
    r.elements("i32", "graph", (pos - start) // 4)
    r.check("NSG-ENTRY", 0 <= r["enterpoint"] < ntotal,
            "enterpoint is not a node")


def read_binary_hash(r):
    """Buckets of IBHh; `b` comes from the enclosing index."""
    code_size = r.stack[-2].get("header").get("code_size").value
    b = r.stack[-2].get("b").value
    r.read("u64 n_buckets, i32 count_bits, u8[] bitstring")
    n, count_bits = r["n_buckets"], r["count_bits"]
    bits = r.array("bitstring")
    if count_bits < 0 or n * (b + count_bits) > 8 * bits.size:
        raise r.error("the bit string is too short for the bucket table")
    r.check("IBHH-BITS", n == 0 or count_bits > 0,
            "count_bits must be > 0 when there are buckets")
    reader = BitReader(bits)
    for i in range(n):
        reader.read(b)
        expected = reader.read(count_bits)
        ids = r.vector("i64", f"ids[{i}]")
        codes = r.vector("u8", f"codes[{i}]")
        r.check("IBHH-IDS", ids.size == expected,
                f"bucket {i}: {ids.size} ids, table says {expected}")
        r.check("IBHH-CODES", codes.size == ids.size * code_size,
                f"bucket {i}: {codes.size} bytes for {ids.size} codes")


def read_binary_multi_hash_map(r):
    parent = r.stack[-2]
    ntotal = parent.get("header").get("ntotal").value
    b = parent.get("b").value
    r.read("i32 id_bits, u64 n_buckets, u8[] bitstring")
    id_bits, n = r["id_bits"], r["n_buckets"]
    bits = r.array("bitstring")
    needed = (b + id_bits) * n + ntotal * id_bits
    r.check("IBHM-SIZE", bits.size == (needed + 7) // 8,
            f"bit string has {bits.size} bytes, expected {(needed + 7) // 8}")
    reader, seen = BitReader(bits), 0
    for i in range(n):
        if not reader.has(b + id_bits):
            raise r.error(f"bit string ends before bucket {i}")
        reader.read(b)
        count = reader.read(id_bits)
        seen += count
        r.check("IBHM-COUNT", seen <= ntotal, "more ids than vectors")
        if not reader.has(count * id_bits):
            raise r.error(f"bit string ends inside bucket {i}")
        for _ in range(count):
            item = reader.read(id_bits)
            r.check("IBHM-ID", item < ntotal, f"id {item} out of range")


class BitReader:
    """Little-endian bit string: bit i is bit (i % 8) of byte i // 8."""

    def __init__(self, data):
        self.bits = np.unpackbits(np.asarray(data), bitorder="little")
        self.pos = 0

    def has(self, count):
        return self.pos + count <= self.bits.size

    def read(self, count):
        part = self.bits[self.pos: self.pos + count]
        self.pos += count
        return int.from_bytes(np.packbits(part, bitorder="little").tobytes(),
                              "little")


BLOCKS.update({
    "Header": read_header,
    "BinaryHeader": "i32 d, i32 code_size, i64 ntotal, bool is_trained, "
                    "i32/MetricType metric_type",
    "IvfHeader": read_ivf_header,
    "DirectMap": read_direct_map,
    "PQ": "u64 d, u64 M, u64 nbits, f32[] centroids",
    "SQ": "i32/QuantizerType qtype, i32/RangeStat rangestat, "
          "f32 rangestat_arg, u64 d, u64 code_size, f32[] trained",
    "AQ": read_additive,
    "RQ": "AQ aq, i32 train_type, i32 max_beam_size",
    "OldRQ": "u64 d, u64 M, u64[] nbits, bool is_trained, i32 train_type, "
             "i32 max_beam_size, f32[] codebooks, i32/AQSearch search_type, "
             "f32 norm_min, f32 norm_max",
    "LSQ": "AQ aq, " + LSQ_FIELDS,
    "PRQ": read_product_additive("RQ"),
    "PLSQ": read_product_additive("LSQ"),
    "RaBitQ": "u64 d, u64 code_size, i32/MetricType metric_type, u64 nb_bits",
    "RaBitQ1": read_rabitq_1bit,
    "EDEN": read_eden(True),
    "OldEDEN": read_eden(False),
    "HNSW": "f64[] assign_probas, i32[] cum_nneighbor_per_level, "
            "i32[] levels, u64[] offsets, i32[] neighbors, i32 entry_point, "
            "i32 max_level, i32 efConstruction, i32 efSearch, "
            "i32 upper_beam",
    "NSG": read_nsg_graph,
    "NNDescent": "i32 ntotal, i32 d, i32 K, i32 S, i32 R, i32 L, i32 iter, "
                 "i32 search_L, i32 random_seed, bool has_built, "
                 "i32[] final_graph",
    "HashBuckets": read_binary_hash,
    "MultiHashMap": read_binary_multi_hash_map,
})


# --------------------------------------------------------------------------
# Vector transforms (section 5.2)
# --------------------------------------------------------------------------

LINEAR = "bool have_bias, f32[] A, f32[] b"
PCA_ARRAYS = "f32[] mean, f32[] eigenvalues, f32[] PCAMat"
DIMS = "i32 d_in, i32 d_out, bool is_trained"

TRANSFORMS = {
    "LTra": f"{LINEAR}, {DIMS}",
    "rrot": f"{LINEAR}, {DIMS}",
    "PCAm": f"f32 eigen_power, bool random_rotation, {PCA_ARRAYS}, "
            f"{LINEAR}, {DIMS}",
    "PcAm": "f32 eigen_power, bool random_rotation, i32 balanced_bins, "
            f"{PCA_ARRAYS}, {LINEAR}, {DIMS}",
    "Pcam": "f32 eigen_power, f32 epsilon, bool random_rotation, "
            f"i32 balanced_bins, {PCA_ARRAYS}, {LINEAR}, {DIMS}",
    "Viqm": f"i32 max_iter, i32 seed, {LINEAR}, {DIMS}",
    "Viqt": "f32[] mean, bool do_pca, transform itq, "
            f"transform pca_then_itq, {DIMS}",
    "HRot": f"u32 seed, {DIMS}",
    "RmDT": f"i32[] map, {DIMS}",
    "VNrm": f"f32 norm, {DIMS}",
    "VCnt": f"f32[] mean, {DIMS}",
}


# --------------------------------------------------------------------------
# Inverted lists (section 5.3)
# --------------------------------------------------------------------------


def read_list_sizes(r):
    nlist = r["nlist"]
    form = r.scalar("u32", "list_type")
    node = r.group.children[-1]
    node.note = tag_text(form)
    r.tags.append(node.note)
    if node.note == "full":
        sizes = r.vector("u64", "sizes")
        if sizes.size != nlist:
            raise r.error(f"{sizes.size} list sizes for nlist={nlist}")
        return sizes.tolist()
    if node.note == "sprs":
        pairs = r.vector("u64", "sizes")
        if pairs.size % 2:
            raise r.error("odd number of values in a sparse size table")
        if pairs.size and pairs[0::2].max() >= nlist:
            raise r.error("sparse size table names a list >= nlist")
        if nlist > VECTOR_BYTE_LIMIT // 8:
            raise r.error(f"nlist={nlist} is over the byte limit")
        sizes = dict(zip(pairs[0::2].tolist(), pairs[1::2].tolist()))
        r.shape("sizes", pairs.size // 2, 2)
        return SparseSizes(sizes)
    raise r.error(f'unknown list type "{node.note}"', node.offset)


class SparseSizes(dict):
    """Sizes of the non-empty lists; iterates like the full table."""

    def items_in_order(self):
        return sorted(self.items())


def nonempty_lists(sizes):
    pairs = (sizes.items_in_order() if isinstance(sizes, SparseSizes)
             else enumerate(sizes))
    return [(i, n) for i, n in pairs if n > 0]


def read_array_lists(r):
    r.read("u64 nlist, u64 code_size")
    sizes = read_list_sizes(r)
    code_size = r["code_size"]
    r.open_group("lists", "lists")
    for i, n in nonempty_lists(sizes):
        r.elements("u8", f"codes[{i}]", n * code_size)
        r.shape(f"codes[{i}]", n, code_size)
        r.elements("i64", f"ids[{i}]", n)
    r.close_group()


def panorama_levels(d, n_levels):
    """Number of levels actually used (a reader may lower the stored one)."""
    width = -(-d // n_levels)
    return -(-d // width)


def read_panorama_lists(r, batch=None):
    r.read("u64 nlist, u64 code_size, u64 n_levels")
    if batch is None:
        batch = r.scalar("u64", "batch_size")
    n_levels, code_size = r["n_levels"], r["code_size"]
    if n_levels == 0 or batch == 0:
        raise r.error("n_levels and batch_size must be > 0")
    r.check("ILP-LEVELS", n_levels <= code_size // 4,
            f"n_levels={n_levels} for codes of {code_size} bytes")
    sizes = read_list_sizes(r)
    r.open_group("lists", "lists")
    for i, n in nonempty_lists(sizes):
        slots = -(-n // batch) * batch
        r.elements("u8", f"codes[{i}]", slots * code_size)
        r.elements("i64", f"ids[{i}]", n)
        r.elements("f32", f"cum_sums[{i}]", slots * (n_levels + 1))
        if panorama_levels(max(code_size // 4, 1), n_levels) == n_levels:
            r.shape(f"cum_sums[{i}]", slots // batch, n_levels + 1, batch)
    r.close_group()


def read_block_lists(r):
    r.read("u64 nlist, u64 code_size, u64 n_per_block, u64 block_size")
    r.check("ILBL-NPB", r["n_per_block"] > 0, "n_per_block must be > 0")
    r.check("ILBL-BS", r["block_size"] > 0, "block_size must be > 0")
    nlist, per, size = r["nlist"], r["n_per_block"], r["block_size"]
    r.open_group("lists", "lists")
    for i in range(nlist):
        ids = r.vector("i64", f"ids[{i}]")
        codes = r.vector("u8", f"codes[{i}]")
        blocks = -(-ids.size // per) if per else 0
        r.check("ILBL-CODES", codes.size == blocks * size,
                f"list {i}: {codes.size} bytes of codes for {ids.size} ids")
        r.shape(f"codes[{i}]", blocks, size)
    r.close_group()


def read_ondisk_lists(r):
    r.read("u64 nlist, u64 code_size")
    r.vector("u64", "lists", 3, "u64x3[]")
    r.vector("u64", "slots", 2, "u64x2[]")
    r.read("char[] filename")
    r.group.children[-1].note = r.array("filename").tobytes().decode(
        "utf-8", "replace")
    r.read("u64 totsize")
    r.check("ILOD-LISTS", r.array("lists").size == 3 * r["nlist"],
            "the table does not have nlist entries")


INVLISTS = {
    "il00": lambda r: None,
    "ilar": read_array_lists,
    "ilpn": lambda r: read_panorama_lists(r, LEGACY_PANORAMA_BATCH),
    "ilp2": read_panorama_lists,
    "ilbl": read_block_lists,
    "ilod": read_ondisk_lists,
}


# --------------------------------------------------------------------------
# Float indexes (section 5.1)
# --------------------------------------------------------------------------

FLAT_PANORAMA = ("i32 d, u64 n_levels, u64 batch_size, i64 ntotal, "
                 "bool is_trained, u8[] codes, f32[] cum_sums")

AQ_FASTSCAN = ("i32 implem, i32 bbs, i32 qbs, u64 M, u64 nbits, u64 ksub, "
               "u64 code_size, u64 {size2}, u64 M2, bool rescale_norm, "
               "i32 norm_scale, u64 max_train_points")

NSG_PARAMS = ("i32 GK, i8 build_type, i32 nndescent_S, i32 nndescent_R, "
              "i32 nndescent_L, i32 nndescent_iter")

SVS_VAMANA = ("Header, u64 graph_max_degree, f32 alpha, "
              "u64 search_window_size, u64 search_buffer_capacity, "
              "u64 construction_window_size, u64 max_candidate_pool_size, "
              "u64 prune_to, bool use_full_search_history, "
              "i32/SVSStorage storage_kind, bool is_static")

SVS_IVF = ("Header, u64 num_centroids, u64 minibatch_size, "
           "u64 num_iterations, bool is_hierarchical, f32 training_fraction, "
           "u64 hierarchical_level1_clusters, u64 seed, u64 n_probes, "
           "f32 k_reorder, u64 num_threads, u64 intra_query_threads, "
           "i32/SVSStorage storage_kind, bool is_static")


def aq_index(kind):
    return f"Header, {kind} quantizer_state, u64 code_size, u8[] codes"


def aq_ivf(kind):
    return (f"IvfHeader ivf, u64 code_size, {kind} quantizer_state, "
            "bool by_residual, i32 use_precomputed_table, invlists invlists")


def aq_fastscan(kind):
    return (f"Header, {kind} quantizer_state, "
            + AQ_FASTSCAN.format(size2="ntotal2") + ", u8[] codes")


def aq_ivf_fastscan(kind):
    return (f"IvfHeader ivf, {kind} quantizer_state, bool by_residual, "
            + AQ_FASTSCAN.format(size2="qbs2") + ", invlists invlists")


def hnsw(extra=""):
    return f"Header, {extra}HNSW graph, index storage"


def rabitq_fastscan(legacy):
    flat = "u8[] flat_storage, " if legacy else ""
    return (f"Header, RaBitQ rabitq, f32[] center, u8 qb, {flat}i32 bbs, "
            "u64 ntotal2, u64 M2, u64 code_size, u8[] codes")


def rabitq_ivf_fastscan(legacy):
    flat = "u8[] flat_storage, " if legacy else ""
    return ("IvfHeader ivf, RaBitQ rabitq, bool by_residual, u64 code_size, "
            "i32 bbs, u64 qbs2, u64 M2, i32 implem, u8 qb, bool centered, "
            f"{flat}invlists invlists")


def read_pretransform(r):
    r.read("Header, i32 chain_length")
    for i in range(r["chain_length"]):
        r.read(f"transform chain[{i}]")
    r.read("index index")


def read_independent_quantizer(r):
    r.read("Header, index quantizer, bool has_transform")
    if r["has_transform"]:
        r.read("transform transform")
    r.read("index index_ivf")
    if tag_of(r.group.get("index_ivf")) in ("IwPQ", "IwQR", "IvPQ", "IvQR"):
        r.read("i32 use_precomputed_table")


def read_ivfpqr(r):
    r.read("IvfHeader ivf, bool by_residual, u64 code_size, PQ pq, "
           "invlists invlists")
    refine_part(r)


def refine_part(r):
    # Always written, but readers take it only from trained indexes, so a
    # file that stops here is still accepted when the index is not trained.
    trained = field(r.group, "ivf", "header", "is_trained")
    if trained or r.pos < r.end:
        r.read("PQ refine_pq, u8[] refine_codes, f32 k_factor")


def legacy_ivf(body, codes_type="u8"):
    """IvXX: header with ids, `body`, then one code vector per list."""
    def reader(r):
        r.open_group("ivf", "LegacyIvfHeader")
        read_legacy_ivf_header(r)
        r.close_group()
        if body:
            r.read(body)
        r.open_group("codes", "lists")
        for i in range(field(r.stack[-2], "ivf", "nlist")):
            r.vector(codes_type, f"codes[{i}]")
        r.close_group()
    return reader


def read_legacy_ivfpqr(r):
    legacy_ivf("bool by_residual, u64 code_size, PQ pq")(r)
    refine_part(r)


def svs(fields, trailing_training=False, stored=False):
    """SVS payloads carry no length: only the end of file can bound them."""
    def reader(r):
        r.read(fields + ", bool initialized")
        if r["initialized"]:
            if trailing_training or stored or len(r.stack) > 1:
                raise r.error("an opaque SVS payload follows; its end cannot "
                              "be found without the SVS library")
            r.elements("u8", "svs_payload", r.end - r.pos)
        if trailing_training:
            r.read("bool has_training_data")
            if r["has_training_data"]:
                r.elements("u8", "svs_training", r.end - r.pos)
        if stored:
            r.read("f32[] stored_vectors")
    return reader


INDEXES = {
    "null": lambda r: None,
    # flat
    "IxFI": "Header, f32[] codes",
    "IxF2": "Header, f32[] codes",
    "IxFl": "Header, f32[] codes",
    "IxFP": FLAT_PANORAMA,
    "IxFp": FLAT_PANORAMA,
    # hashing and lattices
    "IxHe": "Header, i32 nbits, bool rotate_data, bool train_thresholds, "
            "f32[] thresholds, i32 code_size, transform rrot, u8[] codes",
    "IxHE": "Header, i32 nbits, bool rotate_data, bool train_thresholds, "
            "f32[] thresholds, i32 code_size_words, transform rrot, "
            "u8[] codes",
    "IxLa": "i32 d, i32 nsq, i32 scale_nbit, i32 r2, Header, f32[] trained",
    # product, scalar and additive quantizers
    "IxPq": "Header, PQ pq, u8[] codes, i32/PQSearch search_type, "
            "bool encode_signs, i32 polysemous_ht",
    "IxPo": "Header, PQ pq, u8[] codes, i32/PQSearch search_type, "
            "bool encode_signs, i32 polysemous_ht",
    "IxPQ": "Header, PQ pq, u8[] codes",
    "IxSQ": "Header, SQ sq, u8[] codes",
    "IxRq": aq_index("RQ"),
    "IxRQ": aq_index("OldRQ"),
    "IxLS": aq_index("LSQ"),
    "IxPR": aq_index("PRQ"),
    "IxPL": aq_index("PLSQ"),
    "ImRQ": "Header, RQ quantizer_state, f32 beam_factor",
    "Imiq": "Header, PQ pq",
    "Ix2L": "Header, index quantizer, u64 nlist, i8 quantizer_trains_alone, "
            "PQ pq, u64 code_size_1, u64 code_size_2, u64 code_size, "
            "u8[] codes",
    # fast scan
    "IPfs": "Header, PQ pq, i32 implem, i32 bbs, i32 qbs, u64 ntotal2, "
            "u64 M2, u8[] codes",
    "ILfs": aq_fastscan("LSQ"),
    "IRfs": aq_fastscan("RQ"),
    "IPLf": aq_fastscan("PLSQ"),
    "IPRf": aq_fastscan("PRQ"),
    # RaBitQ and EDEN
    "Ixrq": "Header, RaBitQ1 rabitq, u8[] codes, f32[] center, u8 qb",
    "Ixrr": "Header, RaBitQ rabitq, u8[] codes, f32[] center, u8 qb",
    "Irfn": rabitq_fastscan(legacy=False),
    "Irfs": rabitq_fastscan(legacy=True),
    "IxEe": "Header, EDEN eden, u8[] codes, f32[] center",
    "IxEd": "Header, OldEDEN eden, u8[] codes, f32[] center",
    # IVF
    "IwFl": "IvfHeader ivf, invlists invlists",
    "IwFd": "IvfHeader ivf, i64[] instances, invlists invlists",
    "IwP2": "IvfHeader ivf, u64 n_levels, u64 batch_size, invlists invlists",
    "IwPn": "IvfHeader ivf, u64 n_levels, invlists invlists",
    "IwSq": "IvfHeader ivf, SQ sq, u64 code_size, bool by_residual, "
            "invlists invlists",
    "IwSQ": "IvfHeader ivf, SQ sq, u64 code_size, invlists invlists",
    "IwPQ": "IvfHeader ivf, bool by_residual, u64 code_size, PQ pq, "
            "invlists invlists",
    "IwQR": read_ivfpqr,
    "IwLS": aq_ivf("LSQ"),
    "IwRQ": aq_ivf("RQ"),
    "IwPL": aq_ivf("PLSQ"),
    "IwPR": aq_ivf("PRQ"),
    "IwSh": "IvfHeader ivf, transform vt, i32 nbit, f32 period, "
            "i32/Threshold threshold_type, f32[] trained, invlists invlists",
    "IwPf": "IvfHeader ivf, bool by_residual, u64 code_size, i32 bbs, u64 M2, "
            "i32 implem, u64 qbs2, PQ pq, invlists invlists",
    "IVLf": aq_ivf_fastscan("LSQ"),
    "IVRf": aq_ivf_fastscan("RQ"),
    "NPLf": aq_ivf_fastscan("PLSQ"),
    "NPRf": aq_ivf_fastscan("PRQ"),
    "Iwrq": "IvfHeader ivf, RaBitQ1 rabitq, u64 code_size, bool by_residual, "
            "u8 qb, invlists invlists",
    "Iwrr": "IvfHeader ivf, RaBitQ rabitq, u64 code_size, bool by_residual, "
            "u8 qb, invlists invlists",
    "Iwrn": rabitq_ivf_fastscan(legacy=False),
    "Iwrf": rabitq_ivf_fastscan(legacy=True),
    "IwEe": "IvfHeader ivf, EDEN eden, u64 code_size, u8 by_residual, "
            "invlists invlists",
    "IwEd": "IvfHeader ivf, OldEDEN eden, u64 code_size, u8 by_residual, "
            "invlists invlists",
    "IwIQ": read_independent_quantizer,
    "IvFL": legacy_ivf(""),
    "IvFl": legacy_ivf("", "f32"),
    "IvSQ": legacy_ivf("SQ sq, u64 code_size"),
    "IvPQ": legacy_ivf("bool by_residual, u64 code_size, PQ pq"),
    "IvQR": read_legacy_ivfpqr,
    # wrappers
    "IxPT": read_pretransform,
    "IxRF": "Header, index base, index refine, f32 k_factor",
    "IxRP": "Header, index base, index refine, f32 k_factor",
    "IxMp": "Header, index index, i64[] id_map",
    "IxM2": "Header, index index, i64[] id_map",
    "IRMf": "Header, index index",
    "IRMh": "Header, index index",
    # graphs
    "IH00": hnsw(),
    "IHNf": hnsw(),
    "IHNp": hnsw(),
    "IHNs": hnsw(),
    "IHN2": hnsw(),
    "IHNr": hnsw() + ", bool staged",
    "IHfP": hnsw("u64 n_levels, f32[] cum_sums, "),
    "IHNc": hnsw("bool keep_max_size_level0, bool base_level_only, "
                 "i32 num_base_level_search_entrypoints, "),
    "IHc2": hnsw("bool keep_max_size_level0, bool base_level_only, "
                 "i32 num_base_level_search_entrypoints, "
                 "i32/NumericType numeric_type, "),
    "INSf": f"Header, {NSG_PARAMS}, NSG graph, index storage",
    "INSp": f"Header, {NSG_PARAMS}, NSG graph, index storage",
    "INSs": f"Header, {NSG_PARAMS}, NSG graph, index storage",
    "INNf": "Header, NNDescent graph, index storage",
    # SVS (only in builds with that library)
    "ISVD": svs(SVS_VAMANA),
    "ILVQ": svs(SVS_VAMANA),
    "ISV2": svs(SVS_VAMANA, stored=True),
    "ISVL": svs(SVS_VAMANA + ", u64 leanvec_d", trailing_training=True),
    "ISVF": svs("Header"),
    "ISID": svs(SVS_IVF),
    "ISIQ": svs(SVS_IVF),
    "ISIL": svs(SVS_IVF + ", u64 leanvec_d", trailing_training=True),
}


# --------------------------------------------------------------------------
# Binary indexes (section 5.4)
# --------------------------------------------------------------------------


def read_binary_multi_hash(r):
    r.read("BinaryHeader header, binary storage, i32 b, i32 nhash, i32 nflip")
    for i in range(r["nhash"]):
        r.read(f"MultiHashMap maps[{i}]")


def read_binary_ivf(r):
    r.open_group("ivf", "BinaryIvfHeader")
    read_binary_ivf_header(r)
    r.close_group()
    r.read("invlists invlists")


BINARY_INDEXES = {
    "IBxF": "BinaryHeader header, u8[] xb",
    "IBwF": read_binary_ivf,
    "IBFf": "BinaryHeader header, index index",
    "IBHf": "BinaryHeader header, HNSW graph, binary storage",
    "IBHc": "BinaryHeader header, bool keep_max_size_level0, "
            "bool base_level_only, i32 num_base_level_search_entrypoints, "
            "HNSW graph, binary storage",
    "IBMp": "BinaryHeader header, binary index, i64[] id_map",
    "IBM2": "BinaryHeader header, binary index, i64[] id_map",
    "IBHh": "BinaryHeader header, i32 b, i32 nflip, HashBuckets buckets",
    "IBHm": read_binary_multi_hash,
}

OBJECTS.update({
    "index": lambda r, name: r.tagged(name, "index", INDEXES),
    "binary": lambda r, name: r.tagged(name, "binary", BINARY_INDEXES),
    "transform": lambda r, name: r.tagged(name, "transform", TRANSFORMS),
    "invlists": lambda r, name: r.tagged(name, "invlists", INVLISTS),
})
