"""The table of docs/RESULTS.md, "Which method", from the results.json files of methods.sh.

Usage: methods.py OUT/cola/results.json … prints one Markdown table for each file.
"""
import json
import statistics
import sys


def spread(values):
    mean = statistics.mean(values)
    return f"{mean:.3f}" + (f" ± {statistics.stdev(values):.3f}" if len(values) > 1 else "")


for path in sys.argv[1:]:
    with open(path, encoding="utf-8") as file:
        results = json.load(file)
    # While a run goes on, cells of an older one may lie beside its own: of a seed the last counts.
    latest = {(cell["method"], cell["dropRate"], cell["seed"]): cell for cell in results["cells"]}
    cells = {}
    for cell in latest.values():
        cells.setdefault(cell["method"], {}).setdefault(cell["dropRate"], []).append(cell)
    rates = sorted({cell["dropRate"] for cell in results["cells"]})
    tuned = results["tuned"]
    print(f"**{results['task']}**, {tuned['metric']} on dev: unpruned {tuned['value']:.3f}, "
          f"base with the tuned head {results['base']['value']:.3f}.\n")
    print("| method | " + " | ".join(f"{rate}" for rate in rates) + " | q at "
          + ", ".join(f"{rate}" for rate in rates) + " | passes | s |")
    print("| --- |" + " --- |" * (len(rates) + 3))
    best = {rate: max(statistics.mean(c["value"] for c in by[rate])
                      for by in cells.values() if rate in by) for rate in rates}
    for method in sorted(cells, key=lambda name: (name.split(" ")[0] in
                                                  ("magnitude", "wanda", "columns"), name)):
        row, qs, passes, seconds = [], [], [], []
        for rate in rates:
            made = cells[method].get(rate)
            if not made:
                row.append("")
                qs.append("–")
                continue
            values = [cell["value"] for cell in made]
            text = spread(values)
            row.append(f"**{text}**" if statistics.mean(values) >= best[rate] - 1e-9 else text)
            qs.append(f"{statistics.mean(cell['q'] for cell in made):.2g}")
            cost = made[0]["cost"]
            passes.append(cost["forwards"])
            seconds.append(max(cell["cost"]["seconds"] for cell in made))
        print(f"| {method} | " + " | ".join(row) + " | " + ", ".join(qs)
              + f" | {statistics.mean(passes):.0f} | {statistics.mean(seconds):.1f} |")
    print()
