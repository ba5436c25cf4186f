"""What darex select recommended (select.sh) against the table (methods.sh).

Usage: select.py OUT prints a Markdown table of all answers in OUT/select. Within says whether the
recommended method's row in the table is no further behind the best than one point or one pooled
standard deviation of the two rows over mask seeds, whichever is larger.
"""
import json
import pathlib
import re
import statistics
import sys

out = pathlib.Path(sys.argv[1])


def rows(name, rate):
    by = {}
    for cell in json.loads((out / name / "results.json").read_text())["cells"]:
        if cell["dropRate"] == rate:
            by.setdefault(cell["method"], {})[cell["seed"]] = cell["value"]
    return {method: list(values.values()) for method, values in by.items()}


def deviation(values):
    return statistics.stdev(values) if len(values) > 1 else 0


print("| fine-tune, p | recommended | q | expected on validation | its row | best row | behind "
      "| pooled std | within | s |")
print("| --- |" + " --- |" * 9)
for path in sorted(out.glob("select/*.json")):
    name, rate = re.fullmatch(r"(.+)-(0\.\d+)", path.stem).groups()
    answer = json.loads(path.read_text())
    table = rows(name, float(rate))
    chosen = next(each for each in answer["trial"]["candidates"] if each["chosen"])
    method = chosen["name"].removeprefix("random ")
    best = max(table, key=lambda each: statistics.mean(table[each]))
    cells = [f"{name} {rate}", method, chosen["q"], f"{chosen['score']:.3f}"]
    if method in table:
        behind = statistics.mean(table[best]) - statistics.mean(table[method])
        pooled = ((deviation(table[best]) ** 2 + deviation(table[method]) ** 2) / 2) ** .5
        cells += [f"{statistics.mean(table[method]):.3f}"]
        after = [f"{behind:.3f}", f"{pooled:.3f}", "yes" if behind <= max(.01, pooled) else "no"]
    else:
        cells += ["no such row"]
        after = ["", "", ""]
    cells += [f"{statistics.mean(table[best]):.3f} ({best})"] + after + [f"{answer['seconds']:.0f}"]
    print("| " + " | ".join(cells) + " |")
