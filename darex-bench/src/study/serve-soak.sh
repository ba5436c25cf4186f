#!/usr/bin/env bash
# Full load on darex serve: docs/RESULTS.md, "Twenty fine-tunes, one process".
# Usage: serve-soak.sh BASE FOLDER FILE SECONDS [OPTION…], FILE a delta in FOLDER, OPTIONs of darex serve.
# Prints memory and answers every ten seconds. Needs the classes of the tests: mvn -q -DskipTests package.
set -euo pipefail
base=${1:?the base} folder=${2:?a folder with a delta} file=${3:?the name of the delta in it}
seconds=${4:?how long}
shift 4
bench=$(cd "$(dirname "$0")/../.." && pwd)
said=$(mktemp)
"$bench/darex" serve --base "$base" --models "$folder" --port 0 "$@" 2>"$said" &
server=$!
trap 'kill $server 2>/dev/null; rm -f "$said"' EXIT
until url=$(sed -n 's/^serving .* at \(http:.*\)$/\1/p' "$said") && [ -n "$url" ]; do
  kill -0 $server || { cat "$said" >&2; exit 1; }
  sleep 0.2
done
java -cp "$bench/target/test-classes:$bench/target/classes:$bench/target/lib/*" \
  io.darex.bench.serve.ServeSoak "$url" $server "$file" "$seconds"
