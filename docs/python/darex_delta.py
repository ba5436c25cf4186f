"""Reads, verifies and applies sparse deltas of darex: docs/FORMAT.md, version 2.

One file to copy. It needs Python 3.9 and NumPy, and nothing else.

    import darex_delta
    delta = darex_delta.read("delta.safetensors")  # checked, its digest included
    base = darex_delta.load("base")                # a folder, or a file of safetensors
    state_dict = delta.apply(base)                 # refuses any base but the delta's own

Whatever is wrong with a file is a ValueError that says what was expected and what was got.
"""
import hashlib, json, math, re, struct
from decimal import ROUND_CEILING, Decimal
from pathlib import Path
from typing import NamedTuple
import numpy as np

BLOCK = 65536
GAMMA = np.uint64(0x9E3779B97F4A7C15)
BITS = {"F64": 64, "F32": 32, "F16": 16, "BF16": 16, "F8_E4M3": 8, "F8_E5M2": 8, "F8_E8M0": 8,
        "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8, "F6_E2M3": 6, "F6_E3M2": 6, "F4": 4, "C64": 64,
        "I64": 64, "I32": 32, "I16": 16, "I8": 8, "U64": 64, "U32": 32, "U16": 16, "U8": 8, "BOOL": 8}
NUMPY = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "C64": "<c8", "I64": "<i8", "I32": "<i4", "I16": "<i2",
         "I8": "|i1", "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "|u1", "BOOL": "|b1"}
MASKS = {"random": {"seed", "dropRate"}, "stratified": {"seed", "dropRate", "group"},
         "magnitude": {"dropRate", "scope"}, "n:m": {"keep"}, "columns": {"seed", "dropRate"},
         "wanda": {"dropRate"}}
DRAWN = ("random", "stratified")
FILE = re.compile(r"(\d{1,3}_\w{1,40}/)?[A-Za-z0-9_][A-Za-z0-9._+-]{0,127}", re.ASCII)
NO_FILE = re.compile(
    r"config\.json|(.*/)?(training\.json|trainer_state\.json|adapter_.*|.*_results\.json|training_args\..*"
    r"|.*tfevents.*|.*\.index\.json|.*\.(safetensors|bin|pt|pth|ckpt|h5|hdf5|msgpack|onnx|onnx_data|ot|gguf"
    r"|npz|npy|pkl|pickle|tflite|mlmodel|log))", re.I)

def check(holds, expected, got):
    if not holds:
        raise ValueError(f"expected {expected}, got {str(got)[:200]}")

# Weights, and files of safetensors

class Raw(NamedTuple):
    """A tensor as a file has it."""
    dtype: str
    shape: tuple
    data: memoryview

def raw(value):
    """A NumPy array so."""
    if isinstance(value, Raw):
        return value
    value = np.asarray(value)
    name = next((n for n, kind in NUMPY.items() if np.dtype(kind) == value.dtype), None)
    check(name, "arrays of a dtype that safetensors has", value.dtype)
    flat = np.ascontiguousarray(value).astype(NUMPY[name], copy=False).reshape(-1)
    return Raw(name, value.shape, flat.view(np.uint8))

def array(tensor):
    """The numbers of a tensor: BF16 as F32, which has them all; of dtypes that NumPy lacks, the bytes."""
    if not isinstance(tensor, Raw):
        return np.asarray(tensor)
    if tensor.dtype == "BF16":
        return (np.frombuffer(tensor.data, "<u2").astype("<u4") << 16).view("<f4").reshape(tensor.shape)
    if tensor.dtype not in NUMPY:
        return np.frombuffer(tensor.data, np.uint8).copy()
    return np.frombuffer(tensor.data, NUMPY[tensor.dtype]).reshape(tensor.shape).copy()

def parsed(text, what):
    """A JSON object; none with a key twice, and no NaN."""
    def unique(pairs):
        check(len(dict(pairs)) == len(pairs), f"{what} with every key once", [key for key, _ in pairs])
        return dict(pairs)
    def refuse(number):
        check(False, f"{what} in JSON", number)
    try:
        value = json.loads(text, object_pairs_hook=unique, parse_constant=refuse)
    except RecursionError:
        check(False, f"{what} in JSON", "far too many brackets")
    check(type(value) is dict, f"{what} to be a JSON object", type(value).__name__)
    return value

def integers(value, most):
    return type(value) is list and len(value) <= most and all(type(i) is int and 0 <= i < 1 << 63 for i in value)

def read_safetensors(path):
    """The metadata, and every tensor by name."""
    with open(path, "rb") as file:
        start = file.read(8)
        check(len(start) == 8, "at least 8 bytes", len(start))
        size, = struct.unpack("<Q", start)
        check(size <= 100_000_000, "a header of at most 100000000 bytes", size)
        text = file.read(size)
        check(len(text) == size, f"a header of {size} bytes", len(text))
        header, data = parsed(text.decode(), "a header"), memoryview(file.read())
    meta = header.pop("__metadata__", None) or {}
    check(type(meta) is dict and all(type(v) is str for v in meta.values()), "texts as metadata", meta)
    tensors, at = {}, 0
    for name, entry in header.items():
        name.encode()
        check(type(entry) is dict and entry.get("dtype") in BITS and integers(entry.get("shape"), 64)
              and integers(entry.get("data_offsets"), 2) and len(entry["data_offsets"]) == 2,
              f"a known dtype, a shape and two data_offsets of {name}", entry)
        (begin, end), bits_in_all = entry["data_offsets"], BITS[entry["dtype"]] * math.prod(entry["shape"])
        check(begin <= end <= len(data) and bits_in_all == 8 * (end - begin),
              f"data_offsets in the file, of {bits_in_all} bits, for {name}", [begin, end])
        tensors[name] = Raw(entry["dtype"], tuple(entry["shape"]), data[begin:end])
    for begin, end in sorted(entry["data_offsets"] for entry in header.values()):
        check(begin == at, f"a tensor at byte {at} of the data", begin)
        at = end
    check(at == len(data), f"a file that ends at byte {at} of the data", len(data))
    return meta, tensors

def load(path):
    """The weights of a Hugging Face folder or of one file, by name, as `Delta.apply` takes them."""
    path = Path(path)
    if not path.is_dir():
        return read_safetensors(path)[1]
    index, tensors = path / "model.safetensors.index.json", {}
    if (path / "model.safetensors").exists() or not index.exists():
        return read_safetensors(path / "model.safetensors")[1]
    for shard in sorted(set(parsed(index.read_text("utf-8"), index)["weight_map"].values())):
        check(re.fullmatch(r"[\w.+-]+\.safetensors", shard), "shards beside the index", shard)
        tensors.update(read_safetensors(path / shard)[1])
    return tensors

def update(sha, *fields):
    for field in fields:
        sha.update(struct.pack("<q", len(field)))
        sha.update(field)

def add_tensors(sha, tensors):
    for name in sorted(tensors):
        dtype, shape, data = raw(tensors[name])
        update(sha, name.encode(), dtype.encode(), struct.pack(f"<{len(shape)}q", *shape), data)

def digest(state_dict):
    """The digest of a checkpoint: arrays, or what `load` gives, by name."""
    sha = hashlib.sha256()
    add_tensors(sha, state_dict)
    return sha.hexdigest()

def content_digest(meta, tensors):
    """What darex.kept must be."""
    sha = hashlib.sha256()
    others = sorted(set(meta) - {"darex.kept"})
    sha.update(struct.pack("<q", len(others)))
    for key in others:
        update(sha, key.encode(), meta[key].encode())
    add_tensors(sha, tensors)
    return sha.hexdigest()

# Masks that are drawn again

def mix64(z):
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))

def block_states(tag, mask, name, n):
    """The state that each block starts with."""
    text = tag + b"\0" + struct.pack("<q", int(mask["seed"])) + name.encode()
    key, = struct.unpack("<Q", hashlib.sha256(text).digest()[:8])
    return mix64(np.uint64(key) + np.arange(1, -(-n // BLOCK) + 1, dtype=np.uint64) * GAMMA)

def draws(states, first, count):
    """Draws first, first + 1, … of the streams that have these states."""
    steps = np.arange(first + 1, first + count + 1, dtype=np.uint64) * GAMMA
    return mix64(np.asarray(states)[..., None] + steps)

def random_indices(mask, name, n):
    numerator, denominator = float(mask["dropRate"]).as_integer_ratio()
    p64, t, steps = (numerator << 64) // denominator, 1 << 64, []
    for _ in range(1024):
        t = (t * p64) >> 64
        steps.append(t)
    rising, found = np.array(steps[::-1], np.uint64), []
    for block, state in enumerate(block_states(b"darex mask v1", mask, name, n)):
        start = block * BLOCK
        end, at, drawn = min(n, start + BLOCK), start, 0
        while at < end:
            count = int((end - at) * (1 - mask["dropRate"])) + 100
            gaps = 1024 - np.searchsorted(rising, draws(state, drawn, count), side="right")
            after = at + np.cumsum(gaps + (gaps < 1024))
            found.append(after[(gaps < 1024) & (after <= end)] - 1)
            at, drawn = int(after[-1]), drawn + count
    return np.concatenate(found or [np.zeros(0, np.int64)])

def choose(states, first, groups, size, kept):
    """By block which elements of its groups are kept, and how many draws were made."""
    few = 2 * kept <= size
    count = kept if few else size - kept
    every = len(states) * groups
    u = draws(states, first, groups * count).reshape(every, count)
    high, low, half = u >> np.uint64(32), u & np.uint64(0xFFFFFFFF), np.uint64(32)
    chosen, rows = np.zeros((every, size), bool), np.arange(every)
    for i in range(count):
        j = np.uint64(size - count + i)
        more = j + np.uint64(1)
        t = (high[:, i] * more + (low[:, i] * more >> half)) >> half
        chosen[rows, np.where(chosen[rows, t], j, t)] = True
    return (chosen == few).reshape(len(states), groups * size), first + groups * count

def stratified_indices(mask, name, n):
    states = block_states(b"darex stratified v1", mask, name, n)
    keep, group, found = 1 - Decimal(repr(mask["dropRate"])), mask["group"], []
    whole = n // BLOCK
    for some, length in (states[:whole], BLOCK), (states[whole:], n % BLOCK):
        parts, drawn = [np.zeros((len(some), 0), bool)], 0
        for groups, size in (length // group, group), (1, length % group):
            if len(some) and groups and size:
                kept = int((size * keep).to_integral_value(ROUND_CEILING))
                part, drawn = choose(some, drawn, groups, size, kept)
                parts.append(part)
        found.append(np.hstack(parts).reshape(-1))
    return np.flatnonzero(np.concatenate(found))

# The parts of a delta

def bits(data):
    return np.unpackbits(np.frombuffer(data, np.uint8), bitorder="little")

def columns_of(tensor):
    """Rows and columns of a pruned tensor."""
    rows = tensor["shape"][0] if len(tensor["shape"]) > 1 else 1
    return (rows, tensor["count"] // rows) if tensor["count"] else (0, 0)

def places(data, tensors):
    """By tensor the kept elements, or columns: rising."""
    lengths = [tensor["kept"] * tensor["parameter"] for tensor in tensors]
    start = len(data) - (sum(lengths) + 7) // 8
    check(start >= 0, f"{sum(lengths)} bits of remainders in places", 8 * len(data))
    ones, low = np.flatnonzero(bits(data[:start])), bits(data[start:])
    kept = sum(tensor["kept"] for tensor in tensors)
    last = int(ones[-1]) + 1 if len(ones) else 0
    check(len(ones) == kept and -(-last // 8) == start, f"{kept} quotients in {start} bytes of places", len(ones))
    check(not low[sum(lengths):].any(), "zeros after the last remainder", "ones")
    quotients, at, bit = np.diff(ones, prepend=-1) - 1, 0, 0
    for tensor, length in zip(tensors, lengths):
        kept, r = tensor["kept"], tensor["parameter"]
        high = quotients[at:at + kept]
        check(kept == 0 or high.max() <= tensor["most"] >> r, f"gaps within {tensor['name']}", "larger ones")
        remainders = low[bit:bit + length].reshape(kept, r) @ (1 << np.arange(r, dtype=np.int64))
        gaps = (high << r) + remainders + 1
        check(float(gaps.sum(dtype=float)) <= tensor["most"], f"gaps within {tensor['name']}", "larger ones")
        yield np.cumsum(gaps) - 1
        at, bit = at + kept, bit + length

class Table:
    """The bytes of a table, from first to last."""

    def __init__(self, data):
        check(len(data) <= 100_000_000, "a table of at most 100000000 bytes", len(data))
        self.data, self.at = data, 0

    def take(self, count):
        self.at += count
        check(self.at <= len(self.data), f"{count} bytes more in the table", "its end")
        return self.data[self.at - count:self.at]

    def number(self, most=(1 << 63) - 1):
        value = shift = 0
        while True:
            byte, = self.take(1)
            value |= (byte & 127) << shift
            if byte < 128:
                check(byte or not shift, "numbers in as few bytes as they need in the table", "more")
                check(value <= most, f"a number of at most {most} in the table, byte {self.at}", value)
                return value
            shift += 7
            check(shift < 63, "numbers below 2^63 in the table", "more")

    def f64(self):
        return struct.unpack("<d", self.take(8))[0]

    def names(self, count):
        names, room = [], 1024 * len(self.data)
        for _ in range(count):
            back = self.number(min(255, len(names)))
            like = names[-back] if back else b""
            prefix = self.number(len(like)) if back else 0
            suffix = self.number(len(like) - prefix) if back else 0
            name = like[:prefix] + self.take(self.number()) + like[len(like) - suffix:]
            room -= len(name)
            check(room >= 0, "names of at most 1024 bytes for each byte of the table", "more")
            check(not names or names[-1] < name, "names in rising order in the table", name)
            names.append(name)
        return [name.decode() for name in names]

    def listed(self, read, tensors):
        """One value for each tensor; an empty list if there are none."""
        values = [read() for _ in range(self.number(len(self.data)))]
        return [values[self.number(len(values) - 1) if len(values) > 1 else 0] for _ in tensors if values]

    def tensors(self, has_places, has_signs):
        """The pruned tensors as dicts."""
        count = self.number(len(self.data))
        tensors = [{"name": name, "parameter": 0, "magnitude": 1.0} for name in self.names(count)]
        shapes = self.listed(lambda: [self.number() for _ in range(self.number(64))], tensors)
        check(len(shapes) == count, "a shape in the table", "none")
        for tensor, shape in zip(tensors, shapes):
            tensor.update(shape=tuple(shape), count=math.prod(shape), kept=self.number())
        for tensor in tensors:
            if has_places and tensor["kept"]:
                tensor["parameter"], = self.take(1)
                check(tensor["parameter"] <= 40, "a parameter of at most 40 in the table", tensor["parameter"])
        for tensor in tensors:
            if has_signs and tensor["kept"]:
                tensor["magnitude"], = struct.unpack("<f", self.take(4))
                check(np.isfinite(tensor["magnitude"]) and not np.signbit(tensor["magnitude"]),
                      "magnitudes that are finite and have no sign", tensor["magnitude"])
        start = self.at
        every = self.listed(self.f64, tensors)
        check(self.data[start:start + 1] != b"\0", "a q in the table", "none")
        for tensor, q in zip(tensors, every):
            check(q <= 1 and np.float32(q) > 0, "every q in (0, 1] in the table", q)
            tensor["q"] = q
        for tensor, rate in zip(tensors, self.listed(self.f64, tensors)):
            tensor["dropRate"] = rate
        check(self.at == len(self.data), "the end of the table", f"{len(self.data) - self.at} bytes more")
        return tensors

def is_share(value):
    return type(value) in (int, float) and 0 <= value < 1

def read_mask(text):
    mask = parsed(text, "darex.mask")
    kind = mask.get("kind")
    check(type(kind) is str and kind in MASKS, f"a mask of {', '.join(MASKS)}", kind)
    check(set(mask) == MASKS[kind] | {"kind"}, f"parameters {sorted(MASKS[kind])} of mask {kind}", sorted(mask))
    fits = {
        "kind": lambda v: True,
        "dropRate": is_share,
        "seed": lambda v: type(v) is str and re.fullmatch(r"-?\d{1,19}", v) and -1 << 63 <= int(v) < 1 << 63,
        "group": lambda v: type(v) is int and 1 <= v <= BLOCK,
        "scope": lambda v: v in ("tensor", "row", "model"),
        "keep": lambda v: type(v) is str and re.fullmatch(r"[1-9]\d{0,4}:[1-9]\d{0,4}", v)}
    for key, value in mask.items():
        check(fits[key](value), f"a {key} that mask {kind} can have", value)
    return mask

def check_counts(mask, tensors, size):
    """Shapes, kept entries and drop rates that a delta of so many bytes can have."""
    elements = sum(tensor["count"] for tensor in tensors)
    check(elements <= min(1 << 40, size << 24), f"at most {min(1 << 40, size << 24)} elements", elements)
    for tensor in tensors:
        rows, columns = columns_of(tensor)
        by_column = mask["kind"] == "columns"
        tensor["most"] = columns if by_column else tensor["count"]
        tensor["values"] = tensor["kept"] * (rows if by_column else 1)
        check(tensor["kept"] <= tensor["most"], f"at most {tensor['most']} kept of {tensor['name']}", tensor["kept"])
        if "dropRate" in tensor:
            rate = tensor["dropRate"]
            check(mask["kind"] != "n:m" and mask.get("scope") != "model", "one drop rate of this mask", "many")
            nothing = rate == 1 and mask["kind"] in (*DRAWN, "columns") and not tensor["kept"]
            check(is_share(rate) or nothing, f"the drop rate of {tensor['name']} in [0, 1)", rate)
        elif mask["kind"] != "n:m":
            tensor["dropRate"] = mask["dropRate"]
        if mask["kind"] == "random" and tensor["dropRate"] < 1:  # before a draw that could take hours
            mean = tensor["count"] * (1 - tensor["dropRate"])
            far = abs(tensor["kept"] - mean) > 12 * (mean * tensor["dropRate"]) ** 0.5 + 10
            check(not far, f"about {mean:.0f} kept of {tensor['name']}", tensor["kept"])

# Names of the base and of the fine-tuned model

WRAPPED = ("_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module")
WRAPPERS = ("module.", "model.", "0.auto_model.", "auto_model.")
PREFIXES = ("albert.", "bert.", "deberta.", "distilbert.", "electra.", "mpnet.", "roberta.")
LEGACY = {"gamma": "weight", "beta": "bias"}

def split(name):
    name = ".".join(part for part in name.split(".") if part not in WRAPPED)
    while wrapper := next((w for w in WRAPPERS if name.startswith(w)), ""):
        name = name[len(wrapper):]
    prefix = next((p for p in PREFIXES if name.startswith(p)), "")
    *path, last = name[len(prefix):].split(".")
    return prefix, path + [LEGACY.get(last, last)]

def base_name(name, names, base):
    if name in base:
        return name
    prefix, stem = split(name)
    found = [other for other in base if other not in names and split(other)[1] == stem
             and (not prefix or split(other)[0] in ("", prefix))]
    check(len(found) == 1, f"one tensor of the base for {name}", found or "none")
    return found[0]

class Delta:
    """A delta that has been checked.

    path: of its file; base, tuned: digests of the checkpoints, or "none"; mask: kind and parameters;
    job: how it was made; config: the text of the fine-tuned model's config.json, or None;
    files: SHA-256 by name of what lay beside its weights; contents: bytes by name, of those that the
    base does not have; tensors: the pruned ones, as dicts with name, shape, kept and q;
    whole: arrays by name, of the tensors that are not pruned.
    """

    def __init__(self, path):
        self.path = Path(path)
        meta, parts = read_safetensors(path)
        check(meta.get("darex.format") == "2", f"{path} to be a sparse delta with darex.format 2",
              meta.get("darex.format"))
        for key in "darex.base", "darex.tuned", "darex.kept":
            check(re.fullmatch("none|[0-9a-f]{64}", meta.get(key, "")), f"a digest as {key}", meta.get(key))
        for key in "darex.mask", "darex.job":
            check(key in meta, f"metadata {key}", "none")
        self.base, self.tuned, self.job = meta["darex.base"], meta["darex.tuned"], meta["darex.job"]
        self.config = meta.get("darex.config")
        self.mask = read_mask(meta["darex.mask"])
        self._read_files(meta, parts)
        self._read_tensors(parts, self.path.stat().st_size)
        found = "none" if meta["darex.kept"] == "none" else content_digest(meta, parts)
        check(meta["darex.kept"] == found, f"content with digest {meta['darex.kept']}", f"{found}: it is damaged")

    def _read_files(self, meta, parts):
        self.files = parsed(meta.get("darex.files", "{}"), "darex.files")
        for name, sha in self.files.items():
            check(FILE.fullmatch(name) and not NO_FILE.fullmatch(name), "names of a model's files", name)
            check(type(sha) is str and re.fullmatch("[0-9a-f]{64}", sha), f"a digest of {name}", sha)
        self.contents = {}
        for key in [key for key in parts if key.startswith("file:")]:
            part, name = parts[key], key[5:]
            check(name in self.files, "a digest in darex.files", name)
            check(part.dtype == "U8" and len(part.shape) == 1 and len(part.data) <= 1 << 26,
                  f"{key} as at most 2^26 bytes", part[:2])
            found = hashlib.sha256(part.data).hexdigest()
            check(found == self.files[name], f"{name} with digest {self.files[name]}", found)
            self.contents[name] = bytes(part.data)

    def _read_tensors(self, parts, size):
        numbers = "signs" if "signs" in parts else "values"
        known = {"table", numbers} | (set() if self.mask["kind"] in DRAWN else {"places"})
        others = {key for key in parts if not key.startswith(("whole:", "file:"))}
        check(others == known, f"tensors {sorted(known)}, whole:NAME or file:NAME", sorted(others))
        for key in known:
            types = ("F32", "F16", "BF16") if key == "values" else ("U8",)
            check(parts[key].dtype in types and len(parts[key].shape) == 1, f"{key} as {types}", parts[key][:2])
        self.whole = {key[6:]: array(part) for key, part in parts.items() if key.startswith("whole:")}
        self.tensors = Table(bytes(parts["table"].data)).tensors("places" in parts, numbers == "signs")
        for tensor in self.tensors:
            check(tensor["name"] not in self.whole, f"{tensor['name']} pruned or whole", "both")
        check_counts(self.mask, self.tensors, size)
        count = sum(tensor["values"] for tensor in self.tensors)
        check(parts[numbers].shape[0] == ((count + 7) // 8 if numbers == "signs" else count),
              f"{numbers} of {count} kept entries", parts[numbers].shape)
        if numbers == "signs":
            negative = bits(parts["signs"].data)
            check(not negative[count:].any(), "zeros after the last sign", "ones")
            self.values = 1 - 2 * negative[:count].astype(np.float32)
        else:
            self.values = array(parts["values"]).astype(np.float32)
            check(np.isfinite(self.values).all(), "finite values", "NaN or infinity")
        self.indices = list(self._indices(parts.get("places")))

    def _indices(self, code):
        """By tensor the flat indices of what is kept, rising."""
        if code:
            for tensor, found in zip(self.tensors, places(code.data, self.tensors)):
                if self.mask["kind"] == "columns":
                    rows, columns = columns_of(tensor)
                    found = (columns * np.arange(rows)[:, None] + found).reshape(-1)
                yield found
        else:
            draw = {"random": random_indices, "stratified": stratified_indices}[self.mask["kind"]]
            for tensor in self.tensors:
                own = dict(self.mask, dropRate=tensor["dropRate"])
                found = np.zeros(0, int) if own["dropRate"] == 1 else draw(own, tensor["name"], tensor["count"])
                check(found.size == tensor["kept"], f"{found.size} kept of {tensor['name']}", tensor["kept"])
                yield found

    def verify(self, state_dict):
        """Checks that these weights are, to the last bit, those that the delta was made from."""
        check(self.base != "none", "the digest of a base in the delta", "none")
        found = digest(state_dict)
        check(found == self.base, f"the base with digest {self.base}", f"{found}: other values, names or dtypes")

    def apply(self, state_dict, verify=True):
        """The pruned model: NumPy arrays by the fine-tuned model's names. F32, but for whole tensors.

        state_dict: the base, as `load` gives it, or NumPy arrays by name. verify=False takes a base
        whose digest is another, such as one that was converted to another dtype.
        """
        if verify:
            self.verify(state_dict)
        pruned = [tensor["name"] for tensor in self.tensors]
        source = [base_name(name, set(self.whole) | set(pruned), state_dict) for name in pruned]
        check(len(set(source)) == len(source), "a tensor of the base for each pruned one", "one for several")
        out, start = {name: value.copy() for name, value in self.whole.items()}, 0
        for tensor, before, at in zip(self.tensors, source, self.indices):
            base = array(state_dict[before])
            check(base.shape == tensor["shape"], f"shape {tensor['shape']} of {before}", base.shape)
            with np.errstate(over="ignore"):
                flat = base.astype(np.float32).reshape(-1)
                own = self.values[start:start + at.size] * np.float32(tensor["magnitude"])
                flat[at] += own / np.float32(tensor["q"])
            out[tensor["name"]] = flat.reshape(tensor["shape"])
            start += at.size
        return out

def read(path):
    """The delta of a file, after every check, that of its digest too."""
    return Delta(path)
