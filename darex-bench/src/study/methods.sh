#!/usr/bin/env bash
# Every mask and every way to find q on plain Adam fine-tunes of minilm-l6: the table of
# docs/RESULTS.md, "Which method". Usage: methods.sh GLUE OUT [NAME…]
# NAMEs are of: cola agreement sst-2 sst-2-large; all of them by default. Every finished cell is in
# OUT/NAME/results.json, and the same command goes on where it stopped. ROWS="labelled unlabelled
# masks budgets" in the environment, or some of these, makes the rows of the searches (masks: without
# labels, of other masks than random) and of budgets alone, at the drop rates of RATES or at all.
set -euo pipefail
glue=${1:?the GLUE folder}
out=${2:?a folder for the runs}
shift 2
darex=$(cd "$(dirname "$0")/../.." && pwd)/darex
mkdir -p "$out"

config() { # NAME TASK RATE EPOCHS LIMIT RATES SHORT
  rows "$@" >"$out/$1.yml"
}

budgets() { # RATE
  echo "- {dropRate: $1, budget: [variance, apl], rescale: inverse-keep-rate}"
  echo "- {dropRate: $1, mask: magnitude, budget: [variance, apl], rescale: q-labelled}"
}

rows() {
    echo "task: $2"
    echo "finetune:"
    echo "  optimizer: adam"
    echo "  learningRate: $3"
    echo "  epochs: $4"
    echo "  seed: 0"
    [ "$5" = 0 ] || echo "  limit: $5"
    echo "prune:"
    if [ -n "${ROWS:-}" ]; then
      for rate in ${RATES:-$6 $7}; do
        for row in $ROWS; do
          case $row in
          budgets) budgets "$rate" ;;
          masks) echo "- {dropRate: $rate, mask: [columns, magnitude, wanda], rescale: q-unlabelled}" ;;
          *)
            echo "- {dropRate: $rate, rescale: q-$row, qScope: [global, layer]}"
            echo "- {dropRate: $rate, mask: [columns, magnitude, wanda], rescale: q-$row}"
            ;;
          esac
        done
      done
      return
    fi
    for rate in $6; do
      echo "- {dropRate: $rate, rescale: [inverse-keep-rate, norm-match]}"
      echo "- {dropRate: $rate, mask: [magnitude, wanda], rescale: [none, norm-match, q-labelled, q-unlabelled]}"
      echo "- {dropRate: $rate, rescale: [q-labelled, q-unlabelled], qScope: [global, layer]}"
      echo "- {dropRate: $rate, mask: columns, rescale: [inverse-keep-rate, q-labelled, q-unlabelled]}"
      budgets "$rate"
    done
    for rate in $7; do # cut for time: what is no row of interest at the other rates
      echo "- {dropRate: $rate, rescale: [inverse-keep-rate, q-labelled, q-unlabelled]}"
      echo "- {dropRate: $rate, mask: [magnitude, wanda], rescale: [none, q-labelled, q-unlabelled]}"
      echo "- {dropRate: $rate, mask: columns, rescale: [inverse-keep-rate, q-labelled]}"
    done
}

config cola cola 5.0e-5 3 0 "0.99 0.9 0.999 0.95" ""
config agreement agreement 1.0e-4 4 0 "0.99 0.999" "0.9 0.95"
config sst-2 sst-2 5.0e-5 2 4000 "0.99" "0.999 0.9 0.95"
config sst-2-large sst-2 5.0e-4 6 4000 "" "0.99 0.9 0.999 0.95"
for name in "${@:-cola agreement sst-2-large sst-2}"; do
  for each in $name; do
    "$darex" run "$out/$each.yml" --glue "$glue" --out "$out/$each" >/dev/null 2>>"$out/$each.log"
  done
done
