#!/usr/bin/env bash
# What q's do to a fine-tune, seen without labels and scored: docs/PAPER.md, "q, seen without labels".
# Usage: q.sh TASK ENCODER GLUE SPLIT TUNED DROP_RATE SEEDS QS
# SPLIT is the seed that TUNED was trained with, SEEDS and QS are lists with commas. Prints a table.
# Needs the classes of the tests: mvn -q -DskipTests package, with -P where the encoder needs it.
set -euo pipefail
[ $# -eq 8 ] || { sed -n '2,5s/^# //p' "$0" >&2; exit 2; }
bench=$(cd "$(dirname "$0")/../.." && pwd)
export OMP_WAIT_POLICY=PASSIVE
exec java -Xmx3g --add-modules jdk.incubator.vector \
  -cp "$bench/target/test-classes:$bench/target/classes:$bench/target/lib/*" \
  io.darex.bench.pipeline.QStudy "$@" 2> >(grep -v 'incubator' >&2)
