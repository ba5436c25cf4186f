#!/usr/bin/env python3
"""Independent reference of della mask v1 (docs/FORMAT.md): plain integers and doubles, no libraries.

    della_v1.py         prints the test vectors as JSON

A vector's delta is made by the rule `delta[i] = ((i * factor) mod modulus - modulus // 2) / 1024`, exact in fp32.
"""
import hashlib
import json
import math
import struct
import sys

M64 = (1 << 64) - 1
GAMMA = 0x9E3779B97F4A7C15
BLOCK = 1 << 16
TABLE = 1024


def mix64(z):
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & M64
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & M64
    return z ^ (z >> 31)


def key(tag, seed, name):
    digest = hashlib.sha256(tag + struct.pack("<q", seed) + name.encode("utf-8")).digest()
    return struct.unpack("<Q", digest[:8])[0]


def random_v1(seed, name, n, drop_rate):
    """Random mask v1."""
    numerator, denominator = drop_rate.as_integer_ratio()
    p64, t, steps = (numerator << 64) // denominator, 1 << 64, []
    for _ in range(TABLE):
        t = (t * p64) >> 64
        steps.append(t)
    k0 = key(b"darex mask v1\0", seed, name)
    for block in range((n + BLOCK - 1) // BLOCK):
        state = mix64((k0 + (block + 1) * GAMMA) & M64)
        at, end = block * BLOCK, min(n, (block + 1) * BLOCK)
        while at < end:
            state = (state + GAMMA) & M64
            u = mix64(state)
            gap = next((k for k, step in enumerate(steps) if u >= step), TABLE)
            at += gap
            if gap < TABLE and at < end:
                yield at
                at += 1


def kept(seed, name, shape, delta, p, epsilon):
    """Pairs of a kept flat index and its divisor."""
    n = math.prod(shape[1:]) if len(shape) > 1 else len(delta)
    rates = []
    for start in range(0, len(delta), n or 1):
        order = sorted(range(n), key=lambda i: (-abs(delta[start + i]), i))
        row = [p] * n
        if n > 1:
            for rank, i in enumerate(order):
                row[i] = p + epsilon * (rank / (n - 1) - 0.5)
        rates += row
    lowest = p - epsilon / 2
    k1 = key(b"darex della v1\0", seed, name)
    for i in random_v1(seed, name, len(delta), lowest):
        u = mix64((k1 + (i + 1) * GAMMA) & M64)
        if (u >> 11) * 2.0**-53 < (1 - rates[i]) / (1 - lowest):
            yield i, (1 - rates[i]) / (1 - p)


def vectors():
    cases = [
        (0, "w", [10], 0.0, 0.0, 7919, 1001), (0, "w", [0], 0.5, 0.2, 1, 3), (1, "w", [], 0.5, 0.5, 1, 3),
        (42, "layer.0.weight", [20, 50], 0.9, 0.15, 7919, 10007), (42, "layer.0.bias", [1000], 0.9, 0.15, 7919, 10007),
        (-7, "ünïcode", [300, 300], 0.8, 0.3, 31, 5), (5, "conv", [40, 16, 3, 3], 0.5, 0.9, 7919, 65521),
        (2**63 - 1, "long", [2, 100000], 0.9, 0.1, 7919, 1999993), (6, "column", [500, 1], 0.5, 0.4, 7919, 101),
        (7, "zeros", [3, 30000], 0.3, 0.6, 1, 1), (8, "dare", [70001], 0.9, 0.0, 7919, 10007),
    ]
    for seed, name, shape, p, epsilon, factor, modulus in cases:
        delta = [((i * factor) % modulus - modulus // 2) / 1024 for i in range(math.prod(shape))]
        pairs = list(kept(seed, name, shape, delta, p, epsilon))
        indices = hashlib.sha256(b"".join(struct.pack("<q", i) for i, _ in pairs)).hexdigest()
        divisors = hashlib.sha256(b"".join(struct.pack("<f", d) for _, d in pairs)).hexdigest()
        yield {"seed": str(seed), "name": name, "shape": shape, "dropRate": p, "epsilon": epsilon, "factor": factor,
               "modulus": modulus, "count": len(pairs), "first": [i for i, _ in pairs[:5]],
               "last": [i for i, _ in pairs[-5:]], "sha256OfInt64LE": indices, "sha256OfDivisorsF32LE": divisors}


if __name__ == "__main__":
    json.dump(list(vectors()), sys.stdout, indent=1, ensure_ascii=False)
    print()
