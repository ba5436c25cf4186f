#!/usr/bin/env bash
# What pruning costs beside copying one of the two files: the table of docs/RESULTS.md.
# Usage: prune-speed.sh WORK    (WORK: a folder with 6 GB free; the pair is made on first use)
# Every command runs seven times in turn with `cp`; medians. "net" is without what pruning a pair of
# two numbers takes: the start of the JVM and of darex. Run it with nothing else running.
set -euo pipefail
work=${1:?a folder with 6 GB free}
here=$(cd "$(dirname "$0")" && pwd)
darex=$here/../../darex
rounds=7
mkdir -p "$work"
[ -e "$work/pair/tuned.safetensors" ] || java "$here/Pair.java" bert "$work/pair"
[ -e "$work/large/tuned.safetensors" ] || java "$here/Pair.java" sparse "$work/large"
pair=(--base "$work/pair/base.safetensors" --tuned "$work/pair/tuned.safetensors")
large=(--base "$work/large/base.safetensors" --tuned "$work/large/tuned.safetensors")
out=$work/out

names=() # in the order of the table
declare -A command times
add() { # NAME COMMAND...
  names+=("$1")
  command[$1]=$(printf '%q ' "${@:2}")
}

prune() { echo "$darex" -q prune "${pair[@]}" --out "$out" "$@"; }
add cp cp "$work/pair/tuned.safetensors" "$out"
add "cp and sync" sh -c 'cp "$1" "$2" && sync "$2"' - "$work/pair/tuned.safetensors" "$out"
mkdir -p "$work/tiny"
header='\x38\0\0\0\0\0\0\0{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}  '
printf "$header"'\0\0\0\0\0\0\0\0' >"$work/tiny/base.safetensors"
printf "$header"'\0\0\0\0\0\0\x80\x3f' >"$work/tiny/tuned.safetensors"
add start "$darex" -q prune --base "$work/tiny/base.safetensors" --tuned "$work/tiny/tuned.safetensors" --mask random --drop-rate 0.99 --no-digest --out "$out"
for p in 0.9 0.99 0.999; do
  # shellcheck disable=SC2046
  add "random $p" $(prune --mask random --drop-rate $p --no-digest)
done
# shellcheck disable=SC2046
add "random 0.99, digests" $(prune --mask random --drop-rate 0.99)
# shellcheck disable=SC2046
add "magnitude 0.99" $(prune --mask magnitude --values f32 --scope tensor --rescale none --drop-rate 0.99 --no-digest)
# shellcheck disable=SC2046
add "signs 0.99" $(prune --drop-rate 0.99 --no-digest)
# shellcheck disable=SC2046
add "signs 1%" $(prune --bytes 1% --no-digest)
add "apply signs" "$darex" -q apply --base "$work/pair/base.safetensors" --delta "$work/signs" \
  --no-digest --out "$out.safetensors"
add "apply" "$darex" -q apply --base "$work/pair/base.safetensors" --delta "$work/delta" \
  --no-digest --out "$out.safetensors"

"$darex" -q prune "${pair[@]}" --mask random --drop-rate 0.99 --seed 42 \
  --rescale inverse-keep-rate --no-digest --force --out "$work/delta" >/dev/null
"$darex" -q prune "${pair[@]}" --bytes 400KB --no-digest --force --out "$work/signs" >/dev/null

for ((round = 0; round <= rounds; round++)); do # the first is a warm-up
  for name in "${names[@]}"; do
    rm -rf "$out" "$out.safetensors"
    begin=$EPOCHREALTIME
    eval "${command[$name]}" >/dev/null
    end=$EPOCHREALTIME
    [ $round = 0 ] || times[$name]+="$(((${end/./} - ${begin/./}) / 1000)) "
  done
done

median() { tr ' ' '\n' <<<"$1" | sed '/^$/d' | sort -n | sed -n "$((rounds / 2 + 1))p"; }

# Peak of the memory that no file backs, in MiB.
anonymous() {
  local peak=0 now pid
  "$@" >/dev/null &
  pid=$!
  while now=$(awk '/^RssAnon/ { print $2 }' "/proc/$pid/status" 2>/dev/null) && [ -n "$now" ]; do
    [ "$now" -le "$peak" ] || peak=$now
    sleep 0.02
  done
  wait $pid
  echo $((peak / 1024))
}

cp_ms=$(median "${times[cp]}")
start_ms=$(median "${times[start]}")
echo "| work | ms | net ms | net ÷ cp |"
echo "| --- | --- | --- | --- |"
for name in "${names[@]}"; do
  ms=$(median "${times[$name]}")
  net=$((ms - start_ms))
  case $name in cp* | start) net=$ms ;; esac
  echo "| $name | $ms | $net | $(awk "BEGIN { printf \"%.2f\", $net / $cp_ms }") |"
done

echo
echo "| peak anonymous memory | MiB |"
echo "| --- | --- |"
rm -f "$out"
for job in "random 0.99" "magnitude 0.99"; do
  read -r mask p <<<"$job"
  echo "| 438 MB pair, $job | $(anonymous "$darex" -q prune "${pair[@]}" --mask "$mask" --drop-rate "$p" --force --out "$out") |"
  echo "| 4.5 GB pair, $job | $(anonymous "$darex" -q prune "${large[@]}" --mask "$mask" --drop-rate "$p" --force --out "$out") |"
done
rm -rf "$out" "$out.safetensors"

if /usr/bin/python3 -c 'import torch' 2>/dev/null; then
  echo
  /usr/bin/python3 "$here/reference.py" "$work/pair"
fi
