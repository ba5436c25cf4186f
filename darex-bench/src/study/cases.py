#!/usr/bin/env python3
"""Runs darex on folders of small awkward inputs and prints one line a case.

Usage: cases.py CASES WORK
CASES holds c01_folders_and_configs, a01_added_tokens_full_finetune, t01_tokenizer_folders,
p03_bias_and_embedding, p04_resized_embedding_saved, p05_adapter_folder_shapes and
s01_safetensors_oddities, as their generators made them; WORK is an empty folder for outputs.
A line begins with ok, refused (one line, exit 2, what was expected where a refusal is right) or
FAIL. The reference is what transformers, PEFT or the official safetensors reader gave.
"""
import sys

sys.path.pop(0)  # the select.py beside this is not Python's
import json, os, struct, subprocess

CASES, WORK = (os.path.abspath(path) for path in sys.argv[1:3])
DAREX = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "darex")
failures = 0


def darex(*arguments):
    done = subprocess.run([DAREX, *map(str, arguments)], capture_output=True, text=True)
    lines = [line for line in done.stderr.strip().split("\n") if line.startswith("darex:")]
    return done.returncode, done.stdout, done.stderr, lines[-1] if lines else ""


def say(verdict, case, text):
    global failures
    failures += verdict == "FAIL"
    print(f"{verdict:8} {case:40} {text}", flush=True)


def refusal(code, err, line):
    return code == 2 and line and "\tat " not in err and "Exception" not in err


def header(path):
    with open(path, "rb") as file:
        size, = struct.unpack("<Q", file.read(8))
        tensors, data = json.loads(file.read(size)), file.read()
    tensors.pop("__metadata__", None)
    return {name: (entry["dtype"], entry["shape"], data[slice(*entry["data_offsets"])])
            for name, entry in tensors.items()}


def floats(tensor):
    dtype, _, data = tensor
    return struct.unpack(f"<{len(data) // 4}f", data) if dtype == "F32" else None


def nearest(ours, theirs):
    """The largest difference of two checkpoints, or what does not fit."""
    worst = 0.0
    for name, tensor in theirs.items():
        if name not in ours:
            return f"{name} is missing"
        if ours[name][1] != tensor[1]:
            return f"{name} has shape {ours[name][1]}, expected {tensor[1]}"
        a, b = floats(ours[name]), floats(tensor)
        if a is None or b is None:
            if ours[name] != tensor:
                return f"{name} differs"
        else:
            worst = max([worst] + [abs(x - y) for x, y in zip(a, b)])
    return worst


def configs():
    """Every folder is scored as transformers scores it, or refused by name."""
    folder = os.path.join(CASES, "c01_folders_and_configs")
    hf = json.load(open(os.path.join(folder, "hf.json")))["hf"]
    for name in sorted(hf):
        model = os.path.join(folder, name)
        digits = name in ("swap_digits", "id_strings01")
        task = os.path.join(folder, "own01.yml" if digits else "own.yml")
        out = os.path.join(WORK, name + ".tsv")
        code, _, err, line = darex("evaluate", "--model", model, "--task", task,
                                   "--predictions", out)
        if code == 2:
            say("refused" if refusal(code, err, line) else "FAIL", "c01 " + name, line[:150])
        elif code != 0:
            say("FAIL", "c01 " + name, f"exit {code}, transformers: {hf[name]}; {line[:120]}")
        elif "were cut" in err and isinstance(hf[name], str):
            say("ok", "c01 " + name, "cuts texts that transformers fails on: " + hf[name][:60])
        else:
            # Of a folder that transformers cannot read the weights are those of ref.
            rows = hf[name] if isinstance(hf[name], list) else hf["ref"]
            config = open(os.path.join(model, "config.json"), encoding="utf-8-sig").read()
            words = names(json.loads(config))
            labels = ["0", "1"] if digits else ["neg", "pos"]
            wanted = [word(words, row, labels) for row in rows]
            lines = [row.split("\t") for row in open(out).read().strip().split("\n")]
            at = lines[0].index("prediction")
            got = [row[at] for row in lines[1:]]
            same = sum(a == b for a, b in zip(got, wanted))
            verdict = "ok" if same == len(wanted) == len(got) else "FAIL"
            assumed = ", says the order that it assumes" if "assuming" in err else ""
            say(verdict, "c01 " + name, f"{same} of {len(wanted)} as transformers{assumed}")


def names(config):
    said = config.get("id2label")
    if isinstance(said, dict) and said:
        return {int(key): str(value) for key, value in said.items()}
    if isinstance(said, list):
        return dict(enumerate(map(str, said)))
    if config.get("label2id"):
        return {value: key for key, value in config["label2id"].items()}
    return {}


def word(words, row, labels):
    said = words.get(row, "")
    meanings = {"neg": labels[0], "negative": labels[0], "LABEL_0": labels[0], "0": labels[0],
                "pos": labels[1], "positive": labels[1], "LABEL_1": labels[1], "1": labels[1]}
    return meanings.get(said, labels[row])


def added_tokens():
    folder = os.path.join(CASES, "a01_added_tokens_full_finetune")
    base, tuned = (os.path.join(folder, name) for name in ("base", "tuned_more_tokens"))
    delta, out = os.path.join(WORK, "a01.safetensors"), os.path.join(WORK, "a01")
    code, _, err, line = darex("prune", "--base", base, "--tuned", tuned, "--drop-rate", 0,
                               "--rescale", "none", "--out", delta)
    if code:
        return say("FAIL", "a01 prune", line)
    code, _, err, line = darex("apply", "--base", base, "--delta", delta, "--out", out)
    if code:
        return say("FAIL", "a01 apply", line)
    same = open(out + "/vocab.txt").read() == open(tuned + "/vocab.txt").read()
    say("ok" if same else "FAIL", "a01 vocabulary", f"applied folder has the tuned one's: {same}")
    scores = []
    for arguments in (["--model", tuned], ["--model", out], ["--model", base, "--delta", delta]):
        code, printed, err, line = darex("evaluate", *arguments, "--task", folder + "/own.yml",
                                         "--json")
        scores.append(json.loads(printed)["parts"][0] if code == 0 else line)
    tokens = [score["tokens"] if isinstance(score, dict) else score for score in scores]
    say("ok" if tokens == [96] * 3 else "FAIL", "a01 tokens", f"{tokens}")
    for name in ("base_bf16", "base_f16"):
        code, _, err, line = darex("prune", "--base", f"{folder}/{name}", "--tuned",
                                   f"{folder}/tuned_small_f32", "--drop-rate", 0.5, "--out",
                                   f"{WORK}/{name}.safetensors")
        code, printed, err, line = darex("apply", "--base", f"{folder}/{name}", "--delta",
                                         f"{WORK}/{name}.safetensors", "--out", f"{WORK}/{name}")
        said = next((l for l in (err + printed).split("\n") if "--dtype f32" in l), "")
        say("ok" if code == 0 and said else "FAIL", "a01 " + name, said or line)


def tokenizers():
    """Ids by TokenIds.java, on the classes that the launcher has built."""
    folder = os.path.join(CASES, "t01_tokenizer_folders")
    hf = json.load(open(os.path.join(folder, "hf.json")))
    target = os.path.join(os.path.dirname(DAREX), "target")
    jar = next(name for name in os.listdir(target)
               if name.startswith("darex-bench-") and name.endswith(".jar"))
    done = subprocess.run(
        ["java", "-Dai.djl.offline=true", "-cp", f"{target}/{jar}:{target}/lib/*",
         os.path.join(os.path.dirname(os.path.abspath(__file__)), "TokenIds.java"),
         os.path.join(folder, "texts.json"), *[os.path.join(folder, name) for name in hf]],
        capture_output=True, text=True)
    lines = done.stdout.strip().split("\n")
    if done.returncode or len(lines) != len(hf):
        return say("FAIL", "t01", done.stderr[-300:])
    for name, line in zip(hf, lines):
        got = json.loads(line)
        if isinstance(got, str):
            say("refused", "t01 " + name, got[:150])
        else:
            same = sum(a == b for a, b in zip(got, hf[name])) if isinstance(hf[name], list) else 0
            say("ok" if same == len(hf[name]) else "FAIL", "t01 " + name,
                f"{same} of {len(hf[name])} texts as transformers")


def adapters():
    for bias in ("all", "lora_only"):
        merged(f"p03_bias_and_embedding/{bias}", "adapter", "merged", f"p03 {bias}")
    merged("p04_resized_embedding_saved", "adapter", "merged", "p04")
    config = os.path.join(WORK, "p04 applied", "config.json")
    if os.path.exists(config):
        size = json.load(open(config))["vocab_size"]
        wanted = json.load(open(f"{CASES}/p04_resized_embedding_saved/merged/config.json"))
        say("ok" if size == wanted["vocab_size"] else "FAIL", "p04 vocab_size", str(size))
    for shape in sorted(os.listdir(f"{CASES}/p05_adapter_folder_shapes")):
        if shape not in ("base", "merged"):
            merged("p05_adapter_folder_shapes", shape, "merged", f"p05 {shape}")


def merged(folder, adapter, reference, case):
    folder = os.path.join(CASES, folder)
    delta, out = (os.path.join(WORK, case + suffix) for suffix in (".safetensors", " applied"))
    code, _, err, line = darex("prune", "--base", folder + "/base", "--tuned",
                               f"{folder}/{adapter}", "--drop-rate", 0, "--rescale", "none",
                               "--out", delta)
    if code:
        verdict = "refused" if refusal(code, err, line) else "FAIL"
        return say(verdict, case, line[:150])
    said = next((l for l in err.split("\n") if "adapter" in l), "")
    code, _, err, line = darex("apply", "--base", folder + "/base", "--delta", delta, "--out", out)
    if code:
        return say("FAIL", case, line)
    worst = nearest(header(out + "/model.safetensors"),
                    header(f"{folder}/{reference}/model.safetensors"))
    good = isinstance(worst, float) and worst <= 1e-6
    say("ok" if good else "FAIL", case, f"against merge_and_unload: {worst} {said[:80]}")


def safetensors():
    folder = os.path.join(CASES, "s01_safetensors_oddities")
    for name in sorted(os.listdir(folder)):
        pairs = []
        path = os.path.join(folder, name)
        if name == "shards":
            pairs = [(name + " " + each, f"{path}/good", f"{path}/{each}")
                     for each in sorted(os.listdir(path))]
        elif name == "hub":
            pairs = [(name, f"{path}/snapshots/abc", f"{path}/snapshots/abc")]
        elif name == "torchzip":
            pairs = [(name, f"{path}/base.safetensors", f"{path}/tuned.safetensors"),
                     (name + " html", f"{path}/base_html.safetensors",
                      f"{path}/tuned_html.safetensors")]
        elif os.path.isdir(path + "/base"):
            pairs = [(name, path + "/base", path + "/tuned")]
        else:
            pairs = [(name, path + "/base.safetensors", path + "/tuned.safetensors")]
        for case, base, tuned in pairs:
            oddity("s01 " + case, base, tuned)


def oddity(case, base, tuned):
    delta, out = (os.path.join(WORK, case + suffix) for suffix in (".safetensors", "-applied"))
    code, _, err, line = darex("prune", "--base", base, "--tuned", tuned, "--drop-rate", 0,
                               "--rescale", "none", "--out", delta)
    if code:
        return say("refused" if refusal(code, err, line) else "FAIL", case, line[:150])
    code, _, err, line = darex("apply", "--base", base, "--delta", delta, "--out", out)
    if code:
        return say("FAIL", case, "apply: " + line)
    if os.path.isfile(tuned):
        ours = header(out if os.path.isfile(out) else out + "/model.safetensors")
        theirs = header(tuned)
        lost = [name for name, tensor in theirs.items()
                if tensor[0] not in ("F32", "F64", "F16", "BF16") and ours.get(name) != tensor]
        said = [l for l in err.split("\n") if l and ":" in l][-3:]
        say("FAIL" if lost or set(ours) != set(theirs) else "ok", case,
            f"carried {len(theirs)} tensors; lost {lost}" if lost else f"{len(theirs)} tensors")
    else:
        say("ok", case, "pruned and applied")


if __name__ == "__main__":
    os.makedirs(WORK, exist_ok=True)
    for part in (configs, added_tokens, tokenizers, adapters, safetensors):
        part()
    print(f"{failures} failures")
    sys.exit(1 if failures else 0)
