#!/usr/bin/env bash
# Trains what is kept: docs/RESULTS.md, "The smallest file". Needs the fine-tunes of bytes.sh.
# Usage: support.sh GLUE OUT [NAME…]   with NAMEs as there. OUT/NAME-support-SIZE has the runs: the
# entries that a file of signs of that size keeps, trained on, stored as signs and as bf16 values.
# The same command goes on where it stopped. SIZES="100KB 50KB" in the environment names others.
set -euo pipefail
glue=${1:?the GLUE folder}
out=$(realpath "${2:?the folder of bytes.sh}")
shift 2
darex=$(cd "$(dirname "$0")/../.." && pwd)/darex

run() { # NAME TASK LIMIT
  for size in ${SIZES:-100KB 200KB 50KB}; do
    name=$1-support-$size
    [ -e "$out/$name.safetensors" ] || "$darex" prune --base minilm-l6 --tuned "$out/$1/seed-0/tuned" \
      --bytes "$size" --out "$out/$name.safetensors" >/dev/null 2>>"$out/$name.log"
    {
      echo "task: $2"
      echo "finetune:"
      echo "  support: $name.safetensors"
      echo "  optimizer: adam"
      echo "  learningRate: 3.0e-4"
      echo "  epochs: 2"
      [ "$3" = 0 ] || echo "  limit: $3"
      echo "prune:"
      echo "- {dropRate: 0, values: sign, rescale: [none, dot-match]}"
      echo "- {dropRate: 0, values: bf16, rescale: none}"
    } >"$out/$name.yml"
    "$darex" run "$out/$name.yml" --glue "$glue" --out "$out/$name" >/dev/null 2>>"$out/$name.log"
  done
}

for name in "${@:-agreement cola sst-2}"; do
  for each in $name; do
    case $each in
    agreement) run agreement agreement 0 ;;
    cola) run cola cola 0 ;;
    sst-2) run sst-2 sst-2 4000 ;;
    *) echo "expected agreement, cola or sst-2, got $each" >&2 && exit 2 ;;
    esac
  done
done
