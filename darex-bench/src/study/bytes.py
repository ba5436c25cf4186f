"""The tables of docs/RESULTS.md, "The smallest file", from the runs of bytes.sh and support.sh.

Usage: bytes.py OUT/cola-bytes/results.json …   prints a Markdown table for each file
       bytes.py OUT/cola …                      prints one of three fine-tunes: score and points lost
       bytes.py TUNED.tsv PRUNED.tsv METRIC     prints what the second loses against the first, with
its 95 % interval by a paired bootstrap; both from darex evaluate --predictions, METRIC is matthews
or accuracy.
"""
import csv
import glob
import json
import math
import os
import random
import statistics
import sys


def spread(values):
    mean = statistics.mean(values)
    return f"{mean:.3f}" + (f" ± {statistics.stdev(values):.3f}" if len(values) > 1 else "")


def size(text):
    units = {"KB": 1e3, "MB": 1e6}
    return float(text[:-2]) * units[text[-2:]]


def load(path):
    """What a run found: the results, and scores by method and size."""
    with open(path, encoding="utf-8") as file:
        results = json.load(file)
    cells = {}
    for cell in results["cells"]:
        asked = cell["recipe"].get("bytes") or f"{cell['bytes'] / 1e3:.0f}KB"
        cells.setdefault(cell["method"], {}).setdefault(asked, []).append(cell["value"])
    return results, cells


def rows(cells, text):
    sizes = sorted({each for by in cells.values() for each in by}, key=size)
    print("| method | " + " | ".join(sizes) + " |")
    print("| --- |" + " --- |" * len(sizes))
    for method in sorted(cells):
        by = cells[method]
        print(f"| {method} | " + " | ".join(text(by[s]) if s in by else "" for s in sizes) + " |")
    print()


def table(path):
    results, cells = load(path)
    tuned = results["tuned"]
    print(f"**{results['task']}**, {tuned['metric']} on dev: unpruned {tuned['value']:.3f}, "
          f"base with the tuned head {results['base']['value']:.3f}.\n")
    rows(cells, spread)


def seeds(folder):
    tuned = []
    pairs = {}  # by method and size, a fine-tune's score and what it loses
    for path in sorted(glob.glob(os.path.join(folder, "seed-*", "results.json"))):
        results, cells = load(path)
        unpruned = results["tuned"]["value"]
        tuned.append(unpruned)
        for method, by in cells.items():
            for asked, values in by.items():
                mean = statistics.mean(values)
                pair = (mean, 100 * (unpruned - mean))
                pairs.setdefault(method, {}).setdefault(asked, []).append(pair)
    print(f"**{results['task']}**, fine-tunes: {', '.join(f'{each:.3f}' for each in tuned)}, "
          f"{spread(tuned)}.\n")
    rows(pairs, lambda found: spread([score for score, _ in found]))
    print("Points lost, mean ± std, and of each fine-tune:\n")
    rows(pairs, lambda found: lost([loss for _, loss in found]))


def lost(losses):
    mean = f"{statistics.mean(losses):.1f}"
    std = f" ± {statistics.stdev(losses):.1f}" if len(losses) > 1 else ""
    return f"{mean}{std} ({', '.join(f'{each:.1f}' for each in losses)})"


def read(path):
    with open(path, encoding="utf-8") as file:
        return [(row["prediction"], row["label"]) for row in csv.DictReader(file, delimiter="\t")]


def score(pairs, metric):
    right = sum(a == b for a, b in pairs)
    if metric == "accuracy":
        return right / len(pairs)
    one = pairs[0][1]
    tp = sum(a == one and b == one for a, b in pairs)
    fp = sum(a == one and b != one for a, b in pairs)
    fn = sum(a != one and b == one for a, b in pairs)
    tn = len(pairs) - tp - fp - fn
    below = math.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn))
    return (tp * tn - fp * fn) / below if below else 0.0


def interval(tuned, pruned, metric, draws=1000):
    rng = random.Random(0)
    count = len(tuned)
    losses = []
    for _ in range(draws):
        at = [rng.randrange(count) for _ in range(count)]
        losses.append(score([tuned[i] for i in at], metric) - score([pruned[i] for i in at], metric))
    losses.sort()
    low, high = losses[int(0.025 * draws)], losses[int(0.975 * draws) - 1]
    mean = score(tuned, metric) - score(pruned, metric)
    print(f"loses {100 * mean:.1f} points, 95 % from {100 * low:.1f} to {100 * high:.1f}")


if len(sys.argv) == 4 and sys.argv[3] in ("matthews", "accuracy"):
    interval(read(sys.argv[1]), read(sys.argv[2]), sys.argv[3])
else:
    for each in sys.argv[1:]:
        (seeds if os.path.isdir(each) else table)(each)
