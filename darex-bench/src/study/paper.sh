#!/usr/bin/env bash
# The study of docs/PAPER.md: BERT-base by the configurations of configs/paper. Usage:
# paper.sh GLUE OUT [NAME…], NAMEs of these files or regime, all of them by default. Every finished
# cell is on disk in OUT/NAME, and the same command goes on where it stopped. On two cores an epoch of
# CoLA takes five to seven minutes, all of it a day.
set -euo pipefail
glue=${1:?the GLUE folder}
out=${2:?a folder for the runs}
shift 2
here=$(cd "$(dirname "$0")/../.." && pwd)
configs=$here/../configs/paper
export DAREX_PROFILES=${DAREX_PROFILES-bert-base}
mkdir -p "$out"

names=("$@")
[ $# -gt 0 ] || names=(cola sst-2 rte cola-adamr-l2 cola-adamr-l1 cola-lora regime)
for name in "${names[@]}"; do
  if [ "$name" = regime ]; then
    for rate in 2.0e-5 5.0e-5; do "$here/src/study/regime.sh" "$glue" "$out/regime" "$rate" 10; done
    continue
  fi
  command=run
  grep -q '^sweep:' "$configs/$name.yml" && command=sweep
  "$here/darex" "$command" "$configs/$name.yml" --glue "$glue" --out "$out/$name" >/dev/null 2>>"$out/$name.log"
done
