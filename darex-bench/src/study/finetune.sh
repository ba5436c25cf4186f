#!/usr/bin/env bash
# Fine-tunes minilm-l6 on CoLA, RTE and 4,000 sentences of SST-2, three seeds each, evaluates on
# GLUE's dev sets, and prints the table of docs/RESULTS.md. Usage: finetune.sh GLUE OUT
# Every run is a folder under OUT that is reused when finished and continued when not.
set -euo pipefail
glue=${1:?the GLUE folder}
out=${2:?a folder for the runs}
darex=$(cd "$(dirname "$0")/../.." && pwd)/darex
mkdir -p "$out"

run() { # TASK SEED LIMIT EPOCHS
  local name=$1-$2
  {
    echo "task: $1"
    echo "finetune:"
    echo "  optimizer: adam"
    echo "  learningRate: 5.0e-5"
    echo "  epochs: $4"
    echo "  seed: $2"
    [ "$3" = 0 ] || echo "  limit: $3"
    echo "prune:"
    echo "  dropRate: 0.9"
    echo "  rescale: inverse-keep-rate"
    echo "  seeds: [0]"
  } >"$out/$name.yml"
  if [ ! -e "$out/$name/report.html" ]; then
    # Peak memory in KB and wall seconds of the whole run, in the last line of the log.
    /usr/bin/time -f "%M KB %e s" "$darex" run "$out/$name.yml" --glue "$glue" --out "$out/$name" 2>>"$out/$name.log" >/dev/null
  fi
  if [ ! -e "$out/$name.json" ]; then
    "$darex" -q evaluate --model "$out/$name/tuned" --task "$1" --glue "$glue" --json >"$out/$name.tmp"
    mv "$out/$name.tmp" "$out/$name.json"
  fi
}

for seed in 0 1 2; do
  run cola $seed 0 3
  run rte $seed 0 3
  run sst-2 $seed 4000 2
done
tail -n 1 "$out"/*.log
cat "$out"/*.json
