#!/usr/bin/env python3
"""Independent reference of stratified mask v1 (docs/FORMAT.md): plain integers, no libraries.

    stratified_v1.py                        prints the test vectors as JSON
    stratified_v1.py SEED NAME N P GROUP    prints the kept flat indices, one a line
"""
import hashlib
import json
import struct
import sys
from fractions import Fraction

M64 = (1 << 64) - 1
GAMMA = 0x9E3779B97F4A7C15
BLOCK = 1 << 16


def mix64(z):
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & M64
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & M64
    return z ^ (z >> 31)


def key(seed, name):
    digest = hashlib.sha256(b"darex stratified v1\0" + struct.pack("<q", seed) + name.encode("utf-8")).digest()
    return struct.unpack("<Q", digest[:8])[0]


def quota(candidates, drop_rate):
    """ceil(candidates * (1 - p)), p as the decimal number that its shortest text shows."""
    exact = candidates * (1 - Fraction(repr(drop_rate)))
    return -(-exact.numerator // exact.denominator)


def floyd(wanted, size, draw):
    taken = set()
    for j in range(size - wanted, size):
        t = (draw() * (j + 1)) >> 64
        taken.add(j if t in taken else t)
    return taken


def kept(seed, name, n, drop_rate, group):
    k0 = key(seed, name)
    for block in range((n + BLOCK - 1) // BLOCK):
        state = mix64((k0 + (block + 1) * GAMMA) & M64)

        def draw():
            nonlocal state
            state = (state + GAMMA) & M64
            return mix64(state)

        end = min(n, (block + 1) * BLOCK)
        for start in range(block * BLOCK, end, group):
            size = min(group, end - start)
            wanted = quota(size, drop_rate)
            if 2 * wanted > size:
                chosen = set(range(size)) - floyd(size - wanted, size, draw)
            else:
                chosen = floyd(wanted, size, draw)
            yield from (start + i for i in sorted(chosen))


def vectors():
    cases = [
        (0, "w", 10, 0.0, 4), (0, "w", 0, 0.5, 4), (1, "w", 1, 0.99, 1), (42, "layer.0.weight", 1000, 0.9, 10),
        (42, "layer.0.bias", 1000, 0.9, 10), (-7, "ünïcode", 65536, 0.99, 100), (123456789, "a", 200001, 0.999, 1000),
        (5, "b", 131073, 0.5, 7), (5, "c", 70000, 0.1, 64), (9, "d", 300000, 0.9999, 65536),
        (2**63 - 1, "e", 65537, 0.25, 3), (3, "f", 140000, 0.3, 65535), (-(2**63), "g", 5000, 0.99, 10),
    ]
    for seed, name, n, p, group in cases:
        indices = list(kept(seed, name, n, p, group))
        digest = hashlib.sha256(b"".join(struct.pack("<q", i) for i in indices)).hexdigest()
        yield {"seed": str(seed), "name": name, "n": n, "dropRate": p, "group": group, "count": len(indices),
               "first": indices[:5], "last": indices[-5:], "sha256OfInt64LE": digest}


if __name__ == "__main__":
    if len(sys.argv) == 6:
        for i in kept(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), float(sys.argv[4]), int(sys.argv[5])):
            print(i)
    else:
        json.dump(list(vectors()), sys.stdout, indent=1, ensure_ascii=False)
        print()
