#!/usr/bin/env bash
# How to choose λ: fine-tunes with every λ on CoLA and on the built-in task, prunes each with DARE,
# and prints the table of docs/RESULTS.md. Usage: lambda.sh GLUE OUT
# Every run is a folder under OUT that is reused when finished and continued when not.
set -euo pipefail
glue=${1:?the GLUE folder}
out=${2:?a folder for the runs}
darex=$(cd "$(dirname "$0")/../.." && pwd)/darex
mkdir -p "$out"

run() { # TASK OPTIMIZER LAMBDA
  local name=$1-$2-$3 rate=5.0e-5 epochs=3
  [ "$1" = agreement ] && rate=1.0e-4 epochs=4
  {
    echo "task: $1"
    echo "finetune:"
    echo "  optimizer: $2"
    [ "$2" = adam ] || echo "  lambda: $3"
    echo "  learningRate: $rate"
    echo "  epochs: $epochs"
    echo "prune:"
    echo "  dropRate: [0.9, 0.99]"
    echo "  rescale: inverse-keep-rate"
    echo "  seeds: [0, 1, 2, 3]"
  } >"$out/$name.yml"
  "$darex" run "$out/$name.yml" --glue "$glue" --out "$out/$name" >&2
}

row() { # TASK OPTIMIZER LAMBDA, as a line of Markdown from the run's report
  awk -F' *[|] *' -v task="$1" -v optimizer="$2" -v lambda="$3" '
    $2 == "tuned" { tuned = $5 " | " $4 }
    $2 == "0.9" { dare9 = $6 " | " $5 }
    $2 == "0.99" { dare99 = $6 " | " $5 }
    training && $2 ~ /^[0-9]+$/ && $4 + 0 > best { best = $4; delta = $5 }
    $2 == "epoch" { training = 1; best = -2 }
    END { printf "| %s | %s | %s | %s | %s | %s | %s |\n",
          task, optimizer, lambda, delta, tuned, dare9, dare99 }
  ' "$out/$1-$2-$3/report.md"
}

cells="agreement,adamr-l2,1.0e-2 cola,adamr-l2,1.0e-2 agreement,adam,0 cola,adam,0
  agreement,adamr-l2,1.0e-1 cola,adamr-l2,1.0e-1 agreement,adamr-l1,1.0e-5 agreement,adamr-l1-prox,1.0e-5
  agreement,adamr-l2,1.0e-3 cola,adamr-l2,1.0e-3"
for cell in $cells; do
  IFS=, read -r task optimizer lambda <<<"$cell"
  run "$task" "$optimizer" "$lambda"
done
echo "| task | optimizer | λ | mean \\|Δ\\| | tuned validation | tuned dev | .9 validation | .9 dev | .99 validation | .99 dev |"
echo "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"
for cell in $cells; do
  IFS=, read -r task optimizer lambda <<<"$cell"
  row "$task" "$optimizer" "$lambda"
done
