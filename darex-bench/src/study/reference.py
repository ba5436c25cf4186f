"""The usual way to prune a delta, for comparison: PyTorch on dense tensors, as in the code of DARE
and of merging tools. Usage: reference.py PAIR. Prints medians of three runs as lines of Markdown;
the time is that of reading both files (already in the page cache), pruning and writing one tensor
file, without the start of Python."""

import json
import statistics
import struct
import sys
import time

import numpy as np
import torch

torch.set_num_threads(2)


def load(path):
    data = np.memmap(path, np.uint8, "r")
    (length,) = struct.unpack("<Q", data[:8].tobytes())
    header = json.loads(data[8 : 8 + length].tobytes())
    tensors = {}
    for name, entry in header.items():
        begin, end = (8 + length + offset for offset in entry["data_offsets"])
        values = np.frombuffer(data[begin:end].tobytes(), np.float32)
        tensors[name] = torch.from_numpy(values.copy()).reshape(entry["shape"])
    return tensors


def dare(delta, p):
    mask = torch.bernoulli(torch.full_like(delta, p))
    return delta * (1 - mask) / (1 - p)


def magnitude(delta, p):
    flat = delta.abs().flatten()
    threshold = flat.kthvalue(max(1, int(flat.numel() * p))).values
    return delta * (delta.abs() > threshold)


def run(folder, prune):
    start = time.perf_counter()
    base = load(folder + "/base.safetensors")
    tuned = load(folder + "/tuned.safetensors")
    torch.manual_seed(42)
    with open(folder + "/reference.out", "wb") as out:
        for name, values in tuned.items():
            out.write((base[name] + prune(values - base[name])).numpy().data)
    return time.perf_counter() - start


print("| PyTorch", torch.__version__, "| ms |")
print("| --- | --- |")
for label, prune in (
    ("bernoulli, multiply, divide at .99", lambda d: dare(d, 0.99)),
    ("kthvalue for magnitude at .99", lambda d: magnitude(d, 0.99)),
):
    seconds = statistics.median(run(sys.argv[1], prune) for _ in range(3))
    print(f"| {label} | {1000 * seconds:.0f} |")
