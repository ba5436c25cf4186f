#!/usr/bin/env bash
# What darex select recommends for the fine-tunes of methods.sh, to be held against their table.
# Usage: select.sh GLUE OUT NAME RATE…   with OUT and NAME as there. Answers are OUT/select/NAME-RATE.json;
# those that are there are not made again.
set -euo pipefail
glue=${1:?the GLUE folder}
out=${2:?the folder of methods.sh}
name=${3:?one of cola agreement sst-2 sst-2-large}
shift 3
darex=$(cd "$(dirname "$0")/../.." && pwd)/darex
mkdir -p "$out/select"
[ -d "$out/minilm" ] || "$darex" encoder export minilm-l6 --out "$out/minilm"
for rate in "$@"; do
  answer=$out/select/$name-$rate.json
  [ -s "$answer" ] || {
    "$darex" select --base "$out/minilm" --tuned "$out/$name/tuned" --task "${name%-large}" --glue "$glue" \
      --drop-rate "$rate" --json >"$answer.tmp" 2>>"$out/select/log"
    mv "$answer.tmp" "$answer"
  }
done
