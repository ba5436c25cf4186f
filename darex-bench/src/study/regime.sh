#!/usr/bin/env bash
# Where DARE collapses and where q helps: docs/PAPER.md, "The regime". Usage:
# regime.sh GLUE OUT RATE EPOCHS   fine-tunes BERT-base on CoLA with the peak rate RATE, keeps what
# the fine-tune is after 2, 3, 5 and 10 of the EPOCHS, prunes and scores each. Every finished cell is
# on disk, and the same command goes on where it stopped. On two cores an epoch takes seven minutes.
set -euo pipefail
glue=${1:?the GLUE folder}
out=$(realpath -m "${2:?a folder for the runs}")/$3-$4
rate=${3:?the learning rate}
epochs=${4:?the number of epochs}
here=$(cd "$(dirname "$0")/../.." && pwd)
export DAREX_PROFILES=${DAREX_PROFILES-bert-base}
mkdir -p "$out/after"

run() { # NAME
  "$here/darex" run "$out/$1.yml" --glue "$glue" --out "$out/$1" >"$out/$1.txt" 2>>"$out/$1.log"
}

# A finished epoch is a folder that comes as a whole, and that the run deletes when a later one is
# better. Hard links keep it.
keep() {
  for epoch in 2 3 5 10; do
    from=$out/finetune/training/epoch-$epoch
    if [ -d "$from" ] && [ ! -d "$out/after/$epoch" ]; then
      rm -rf "$out/after/$epoch.new"
      cp -al "$from" "$out/after/$epoch.new" && mv "$out/after/$epoch.new" "$out/after/$epoch"
    fi
  done
}

cat >"$out/finetune.yml" <<Y
task: cola
encoder: bert-base-uncased
finetune: {optimizer: adam, learningRate: $rate, epochs: $epochs, patience: 0}
prune: {bytes: 1MB}
Y
(while sleep 1; do keep; done) &
keeper=$!
trap 'kill $keeper' EXIT
run finetune
keep

for epoch in 2 3 5 10; do
  [ -d "$out/after/$epoch" ] || continue
  cat >"$out/$epoch.yml" <<Y
task: cola
encoder: bert-base-uncased
tuned: after/$epoch
prune:
- {bytes: [1MB, 400KB]}
- {mask: random, dropRate: [0.99, 0.9, 0.999], rescale: inverse-keep-rate, seeds: [0, 1]}
- {mask: random, dropRate: [0.99, 0.999], rescale: [q-unlabelled, q-labelled]}
Y
  run "$epoch"
done
