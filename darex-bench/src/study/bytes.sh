#!/usr/bin/env bash
# Metric against bytes: docs/RESULTS.md, "The smallest file". Usage: bytes.sh GLUE OUT [NAME…]
# NAMEs are of: agreement cola sst-2; all of them by default. OUT/NAME has three training seeds with
# signs and DARE at some sizes, OUT/NAME-bytes every method at every size on the first of them.
# PARTS=seeds makes the first alone.
# Every finished cell is in a results.json there, and the same command goes on where it stopped.
# support.sh continues with what is kept.
set -euo pipefail
glue=${1:?the GLUE folder}
out=$(realpath -m "${2:?a folder for the runs}")
shift 2
darex=$(cd "$(dirname "$0")/../.." && pwd)/darex
mkdir -p "$out"

finetune() { # TASK RATE EPOCHS LIMIT
  echo "task: $1"
  echo "finetune:"
  echo "  optimizer: adam"
  echo "  learningRate: $2"
  echo "  epochs: $3"
  [ "$4" = 0 ] || echo "  limit: $4"
}

seeds() {
  cat <<'Y'
  seed: [0, 1, 2]
prune:
- {bytes: [50KB, 100KB, 200KB, 400KB, 1MB]}
- {bytes: [100KB, 400KB, 1MB], mask: random, seeds: [0, 1]}
- {bytes: [100KB, 200KB, 50KB, 400KB], rescale: q-unlabelled}
Y
}

methods() { # TUNED
  echo "tuned: $1"
  cat <<'Y'
prune:
- {bytes: [400KB, 200KB, 1MB, 100KB, 700KB, 50KB, 2MB, 30KB, 5MB, 20KB, 10MB]}
- {bytes: [400KB, 200KB, 1MB, 100KB, 700KB, 50KB, 2MB, 30KB, 5MB, 20KB, 10MB], mask: random, seeds: [0, 1]}
- {bytes: [400KB, 200KB, 1MB, 100KB, 50KB, 2MB, 5MB, 10MB], values: bf16, rescale: q-labelled}
- {bytes: [1MB, 400KB, 2MB, 100KB, 5MB, 10MB], mask: random, rescale: q-labelled, seeds: [0, 1]}
- {bytes: [400KB, 200KB, 1MB, 100KB], scope: tensor}
- {bytes: [400KB, 200KB, 1MB, 100KB], budget: variance}
- {bytes: [400KB, 100KB, 1MB], rescale: [q-labelled, q-unlabelled]}
Y
}

run() { # NAME TASK RATE EPOCHS LIMIT
  { finetune "${@:2}"; seeds; } >"$out/$1.yml"
  {
    echo "task: $2"
    [ "$5" = 0 ] || printf 'finetune:\n  limit: %s\n' "$5"
    methods "$out/$1/seed-0/tuned"
  } >"$out/$1-bytes.yml"
  local part each
  for part in ${PARTS:-seeds methods}; do
    each=$1
    [ "$part" = seeds ] || each=$1-bytes
    "$darex" run "$out/$each.yml" --glue "$glue" --out "$out/$each" >/dev/null 2>>"$out/$each.log"
  done
}

for name in "${@:-agreement cola sst-2}"; do
  for each in $name; do
    case $each in
    agreement) run agreement agreement 1.0e-4 4 0 ;;
    cola) run cola cola 5.0e-5 3 0 ;;
    sst-2) run sst-2 sst-2 5.0e-5 2 4000 ;;
    *) echo "expected agreement, cola or sst-2, got $each" >&2 && exit 2 ;;
    esac
  done
done
