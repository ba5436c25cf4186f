#!/usr/bin/env bash
# What a pruning sweep costs beside bare evaluations: the line of docs/RESULTS.md.
# Usage: sweep-cost.sh GLUE OUT    (OUT: a folder; its fine-tune of CoLA is made on first use)
# 63 cells without a search for q, on one fine-tune, against as many times what `darex evaluate` takes
# to tokenise and score validation and dev, the start of the JVM left out of it but not of the sweep.
# Run it with nothing else running.
set -euo pipefail
glue=${1:?the GLUE folder}
out=${2:?a folder for the work}
darex=$(cd "$(dirname "$0")/../.." && pwd)/darex
rounds=5
mkdir -p "$out"

cat >"$out/tuned.yml" <<END
task: cola
finetune: {learningRate: 5.0e-5, epochs: 1}
prune: {dropRate: 0.9, rescale: inverse-keep-rate, seeds: 0}
END
"$darex" run "$out/tuned.yml" --glue "$glue" --out "$out/tuned" >&2

cat >"$out/sweep.yml" <<END
task: cola
tuned: $out/tuned
prune:
  dropRate: [0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.999]
  mask: [random, columns, magnitude]
  rescale: [inverse-keep-rate, norm-match, none]
  seeds: 0
sweep: {search: grid, objective: [pruned, bytes]}
END

scored() { # SPLIT: seconds to tokenise and score it, the median of so many processes
  for ((round = 0; round < rounds; round++)); do
    "$darex" -q evaluate --model "$out/tuned/tuned" --task cola --glue "$glue" --split "$1" --max-length 128 --json |
      tr -d ' ' | sed -n 's/^"seconds":\([0-9.E-]*\).*/\1/p'
  done | sort -g | sed -n "$((rounds / 2 + 1))p"
}

validation=$(scored validation)
dev=$(scored dev)
begin=$EPOCHREALTIME
"$darex" -q sweep "$out/sweep.yml" --glue "$glue" --out "$out/sweep" --force >/dev/null
end=$EPOCHREALTIME
cells=$(($(wc -l <"$out/sweep/journal.jsonl") - 1))
awk -v v="$validation" -v d="$dev" -v n="$cells" -v s="$begin" -v e="$end" 'BEGIN {
  print "| cells | one evaluation, s | all of them, s | sweep, s | ratio |"
  print "| --- | --- | --- | --- | --- |"
  printf "| %d | %.2f | %.0f | %.0f | %.2f |\n", n, v + d, n * (v + d), e - s, (e - s) / (n * (v + d))
}'
