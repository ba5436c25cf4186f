#!/usr/bin/env bash
# A stranger's path by the documents alone: fine-tunes the built-in encoder with transformers, runs the
# commands of README.md, "Your own fine-tune, in four commands", on it, loads what they made with the
# Python of docs/HOWTO.md, and holds its probabilities against those of darex predict.
# Usage: stranger.sh OUT [PYTHON]   with a folder OUT that is not there yet, and a Python with torch,
# transformers and onnxruntime. Takes a few minutes. The last line says how far the probabilities differ
# at most.
set -euo pipefail
out=${1:?a folder that is not there yet}
python=${2:-python3}
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
mkdir "$out"
cd "$out"

# A page's section as commands on the stranger's own folders and texts.
commands() {
  sed -n "/^## $2\$/,/^## [^#]/p" "$root/$1" | grep '^\./darex-bench/darex ' |
    sed "s#^\./#$root/#; s#minilm-l6#base#g; s#out/quickstart/tuned#tuned#g; s#--task agreement#--task own.yml#g"
}

"$root/darex-bench/darex" encoder export minilm-l6 --out base
"$python" - <"$here/stranger.py" # by its path the folder's select.py would be Python's own
commands README.md "Your own fine-tune, in four commands" >commands.sh
bash -euxo pipefail commands.sh

"$root/darex-bench/darex" predict --base base --delta chosen.safetensors texts.txt | tee predicted.tsv
"$root/darex-bench/darex" export --onnx --base base --delta chosen.safetensors --out chosen-onnx
# Every block of Python as load1.py and so on.
sed 's#"how#"chosen#g' "$root/docs/HOWTO.md" |
  awk '/^```python$/ { n++; on = 1; next } /^```$/ { on = 0 } on { print >("load" n ".py") }'
for block in load[2-9].py; do
  PYTHONPATH="$root/docs/python" "$python" "$block"
done
"$python" load1.py | tee loaded.txt
paste predicted.tsv <(echo && cat loaded.txt) | awk -F'\t' '
  NR > 1 {
    shares = $NF
    gsub(/.*\[|\].*/, "", shares)
    split(shares, loaded, ", ")
    for (i = 1; i <= 2; i++) {
      difference = $(2 + i) - loaded[i]
      if (difference < 0) difference = -difference
      if (difference > most) most = difference
    }
    if (index($NF, " " $2 " ") == 0) { print "labels differ: " $0; exit 1 }
    count++
  }
  END {
    printf "%d texts, the probabilities differ by %.1e at most\n", count, most
    exit !(count == 2 && most < 1e-4)
  }'
