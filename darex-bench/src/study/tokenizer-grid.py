"""Records the token ids that transformers gives for a grid of small tokenizer folders.

    pip install transformers==5.18.0 sentencepiece
    python tokenizer-grid.py src/test/resources/tokenizer-grid.json

TokenizerGridTest builds each folder again and compares. A cell is a line: model_type,
tokenizer_class, form of the folder, settings, the number of its result in `results`. A name with @
stands for one of `shared`; a setting's `refused` is what darex refuses by name, though transformers
does not.
"""

import sys

sys.path.pop(0)  # select.py beside this file would hide Python's own

import base64
import io
import json
import os
import random
import shutil
import tempfile

os.environ["HF_HUB_OFFLINE"] = "1"
import sentencepiece
import transformers
from sentencepiece import sentencepiece_model_pb2
from tokenizers import pre_tokenizers
from transformers import AutoTokenizer

transformers.logging.set_verbosity_error()
RANDOM = random.Random(13)
ENTITY = "[ENT]"

TEXTS = [
    "Good film [ENT] is GOOD",
    "a Café  in Ångström, naïve [MASK] end",
    "世界 film世界 ﬁne",
    "film's plot<mask> [entity]s and <mask> x",
    "the Movie [Entity] was bright! <ent> <s> </s> [SEP]",
    "a\u00adb c\u200bd \u00a0e\tf\u3000g ①②",
    "unbelievable zzzz é e\u0301",
    " ",
    "",
]
PAIRS = [(0, 3), (8, 4), (1, 8)]
LONG = "a very very long film is good and bad and great and fun"

WORDS = (
    "[PAD] [UNK] [CLS] [SEP] [MASK] the a film is good bad great movie bright and fun very long"
    " Café cafe café Good 世 界 世界 plot ' ! [ ] , entity Movie fine end e"
).split()
LETTERS = "abcdefghijklmnopqrstuvwxyz"
WORDPIECE = {w: i for i, w in enumerate(WORDS + list(LETTERS[1:4]) + ["##" + c for c in LETTERS])}

BYTES = sorted(pre_tokenizers.ByteLevel.alphabet())
MERGES = ["Ġ f", "f i", "Ġ t", "Ġf i", "o o", "l m"]
BPE = ["<s>", "<pad>", "</s>", "<unk>"] + BYTES + [m.replace(" ", "") for m in MERGES] + ["<mask>"]
BPE = {p: i for i, p in enumerate(BPE)}


def sentence_piece():
    """Pieces with scores, and the map of characters, of a model trained on the texts."""
    with tempfile.TemporaryDirectory() as folder:
        rules = os.path.join(folder, "rules.tsv")
        with open(rules, "w") as out:  # code points: from, to
            for a, b in (("ﬁ", "fi"), ("①", "1"), ("\u3000", " "), ("e\u0301", "\u00e9")):
                print(*(" ".join(f"{ord(c):X}" for c in s) for s in (a, b)), sep="\t", file=out)
            print("AD\t", file=out)
        model = io.BytesIO()
        lines = (TEXTS[:7] + [LONG]) * 4
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(lines), model_writer=model, vocab_size=90, model_type="unigram",
            normalization_rule_tsv=rules, hard_vocab_limit=False, minloglevel=2)
        proto = sentencepiece_model_pb2.ModelProto.FromString(model.getvalue())
        pieces = [[p.piece, round(p.score, 4)] for p in proto.pieces[3:]]
        charsmap = base64.b64encode(proto.normalizer_spec.precompiled_charsmap).decode()
        return pieces, charsmap


PIECES, CHARSMAP = sentence_piece()
XLM = [["<s>", 0.0], ["<pad>", 0.0], ["</s>", 0.0], ["<unk>", 0.0]] + PIECES + [["<mask>", 0.0]]
CAMEMBERT = [["<s>NOTUSED", 0.0], ["<pad>", 0.0], ["</s>NOTUSED", 0.0], ["<unk>", 0.0],
             ["<s>", 0.0], ["</s>", 0.0]] + PIECES + [["<mask>", 0.0]]


def token(content, special=True, **flags):
    return {"content": content, "single_word": False, "lstrip": False, "rstrip": False,
            "normalized": not special, "special": special, **flags}


def fast(model, normalizer, pre_tokenizer, post_processor, specials, vocab, **more):
    ids = vocab if isinstance(vocab, dict) else {p: i for i, (p, _) in enumerate(vocab)}
    added = [{"id": ids[s], **token(s, lstrip=s == "<mask>")} for s in specials]
    return {"version": "1.0", "truncation": None, "padding": None, "added_tokens": added,
            "normalizer": normalizer, "pre_tokenizer": pre_tokenizer,
            "post_processor": post_processor, "decoder": None, "model": model, **more}


def template(start, end, double, second_type):
    def special(name, kind):
        return {"SpecialToken": {"id": name, "type_id": kind}}
    single = [special(start[0], 0), {"Sequence": {"id": "A", "type_id": 0}}, special(end[0], 0)]
    pair = single + [special(end[0], 0)] * double + [
        {"Sequence": {"id": "B", "type_id": second_type}}, special(end[0], second_type)]
    return {"type": "TemplateProcessing", "single": single, "pair": pair,
            "special_tokens": {n: {"id": n, "ids": [i], "tokens": [n]} for n, i in (start, end)}}


def bert_fast(lower, **more):
    return fast({"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                 "max_input_chars_per_word": 100, "vocab": "@wordpiece"},
                {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": lower,
                 "strip_accents": None, "lowercase": lower},
                {"type": "BertPreTokenizer"}, template(("[CLS]", 2), ("[SEP]", 3), 0, 1),
                WORDS[:5], WORDPIECE, **more)


def roberta_fast(space, **more):
    return fast({"type": "BPE", "dropout": None, "unk_token": None,
                 "continuing_subword_prefix": "", "end_of_word_suffix": "", "fuse_unk": False,
                 "byte_fallback": False, "vocab": "@bpe", "merges": MERGES},
                None, {"type": "ByteLevel", "add_prefix_space": space, "trim_offsets": True,
                       "use_regex": True},
                {"type": "RobertaProcessing", "sep": ["</s>", 2], "cls": ["<s>", 0],
                 "trim_offsets": True, "add_prefix_space": space},
                ["<s>", "<pad>", "</s>", "<unk>", "<mask>"], BPE, **more)


def unigram_fast(vocab, name, normalizer, **more):
    ids = {p: i for i, (p, _) in enumerate(vocab)}
    return fast({"type": "Unigram", "unk_id": 3, "vocab": name, "byte_fallback": False},
                normalizer,
                {"type": "Sequence", "pretokenizers": [
                    {"type": "WhitespaceSplit"},
                    {"type": "Metaspace", "replacement": "▁", "add_prefix_space": True}]},
                template(("<s>", ids["<s>"]), ("</s>", ids["</s>"]), 1, 0),
                ["<s>", "<pad>", "</s>", "<unk>", "<mask>"], vocab, **more)


PRECOMPILED = {"type": "Precompiled", "precompiled_charsmap": CHARSMAP}
OLD_PRECOMPILED = {"type": "Sequence", "normalizers": [
    PRECOMPILED, {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "}]}
CUT = {"direction": "Left", "max_length": 5, "strategy": "LongestFirst", "stride": 0}
PAD = {"strategy": {"Fixed": 20}, "direction": "Right", "pad_to_multiple_of": None, "pad_id": 0,
       "pad_type_id": 0, "pad_token": "<filler>"}

SHARED = {
    "@wordpiece": WORDPIECE, "@bpe": BPE, "@xlm": XLM, "@camembert": CAMEMBERT,
    "@vocab.txt": "".join(w + "\n" for w in WORDPIECE),
    "@merges.txt": "#version: 0.2\n" + "".join(m + "\n" for m in MERGES),
    "@bert-lower": bert_fast(True), "@bert-cased": bert_fast(False),
    "@bert-cut": bert_fast(True, truncation=CUT, padding=PAD),
    "@roberta": roberta_fast(False), "@roberta-space": roberta_fast(True),
    "@roberta-cut": roberta_fast(False, truncation=CUT, padding=PAD),
    "@xlm-json": unigram_fast(XLM, "@xlm", PRECOMPILED),
    "@xlm-old": unigram_fast(XLM, "@xlm", OLD_PRECOMPILED, truncation=CUT),
    "@xlm-bare": unigram_fast(XLM, "@xlm", None),
    "@camembert-json": unigram_fast(CAMEMBERT, "@camembert", PRECOMPILED),
    "@camembert-old": unigram_fast(CAMEMBERT, "@camembert", OLD_PRECOMPILED, padding=PAD),
}

CONFIG, SPECIAL, ADDED = "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json"


def decoder(size):
    return {str(size): token(ENTITY), str(size + 1): token("[entity]", False)}


def settings(family, size, mask):
    """Each setting in each place: name, file, value, and what darex refuses of it."""
    unknown, known = ("[ENT]", "film") if family == "wordpiece" else ("[ENT]", "<ent>")
    for key in ("do_lower_case", "tokenize_chinese_chars", "strip_accents", "add_prefix_space"):
        for value in (True, False):
            yield f"{key} {value}", CONFIG, {key: value}, None
    yield "strip_accents null", CONFIG, {"strip_accents": None}, None
    yield "left", CONFIG, {"truncation_side": "left"}, None
    yield "right", CONFIG, {"truncation_side": "right"}, None
    yield "up", CONFIG, {"truncation_side": "up"}, "truncation_side"
    yield "never_split", CONFIG, {"never_split": ["film's"]}, None
    yield "split_special", CONFIG, {"split_special_tokens": True}, "split_special_tokens"
    yield "basic", CONFIG, {"do_basic_tokenize": False}, None
    yield "names", CONFIG, {"model_input_names": ["input_ids", "attention_mask"]}, None
    yield "types", CONFIG, {"model_input_names": ["input_ids", "token_type_ids"]}, None
    yield "decoder", CONFIG, {"added_tokens_decoder": decoder(size)}, None
    yield "decoder far", CONFIG, {"added_tokens_decoder": decoder(size + 7)}, None
    yield "decoder known", CONFIG, {"added_tokens_decoder": {
        "5": token(known, False, rstrip=True), str(size): token("<ent>", single_word=True)}}, None
    yield "decoder mask", CONFIG, {"added_tokens_decoder": {
        "4": token(mask, lstrip=True, rstrip=True)}}, None
    yield "decoder sparse", CONFIG, {"added_tokens_decoder": {str(size): {"content": ENTITY}}}, None
    yield "extra", CONFIG, {"extra_special_tokens": [ENTITY, "<ent>"]}, None
    yield "extra named", CONFIG, {"extra_special_tokens": {"ent_token": "<ent>"}}, None
    yield "additional", CONFIG, {"additional_special_tokens": ["<ent>"]}, None
    yield "additional and extra", CONFIG, {
        "additional_special_tokens": ["<ent>"], "extra_special_tokens": [ENTITY]}, None
    yield "own", CONFIG, {"entity_token": unknown}, None
    yield "mask", CONFIG, {"mask_token": {"__type": "AddedToken", **token(mask, lstrip=True)}}, None
    yield "mask other", CONFIG, {"mask_token": "<ent>"}, None
    yield "mask none", CONFIG, {"mask_token": None}, None
    yield "sep other", CONFIG, {"sep_token": "!", "eos_token": "!"}, None
    yield "added", ADDED, {ENTITY: size, "[entity]": size + 1}, None
    yield "added known", ADDED, {known: 5, "<ent>": size}, None
    yield "map mask", SPECIAL, {"mask_token": token(mask, lstrip=True)}, None
    yield "map additional", SPECIAL, {"additional_special_tokens": [ENTITY]}, None
    yield "map extra", SPECIAL, {"extra_special_tokens": ["<ent>"]}, None
    yield "map own", SPECIAL, {"entity_token": "<ent>"}, None
    yield "map pad", SPECIAL, {"pad_token": "<ent>"}, None
    yield "max", CONFIG, {"model_max_length": 9}, None


FORMS = {
    "wordpiece": [{"vocab.txt": "@vocab.txt"}, {"tokenizer.json": "@bert-lower"},
                  {"tokenizer.json": "@bert-cased", "vocab.txt": "@vocab.txt"},
                  {"tokenizer.json": "@bert-cut"}],
    "bpe": [{"vocab.json": "@bpe", "merges.txt": "@merges.txt"}, {"tokenizer.json": "@roberta"},
            {"tokenizer.json": "@roberta-space"}, {"tokenizer.json": "@roberta-cut"}],
    "xlm": [{"tokenizer.json": "@xlm-json"}, {"tokenizer.json": "@xlm-old"},
            {"tokenizer.json": "@xlm-bare"}],
    "camembert": [{"tokenizer.json": "@camembert-json"}, {"tokenizer.json": "@camembert-old"}],
}
SIZES = {"wordpiece": (len(WORDPIECE), "[MASK]"), "bpe": (len(BPE), "<mask>"),
         "xlm": (len(XLM), "<mask>"), "camembert": (len(CAMEMBERT), "<mask>")}
# So that of a pair both texts keep as many tokens: for an odd one tokenizers 0.23 counts otherwise.
LENGTHS = {"wordpiece": 9, "bpe": 10, "xlm": 10, "camembert": 10}
SETTINGS = {kind: {name: {"file": file, "value": value, **({"refused": refused} if refused else {})}
                   for name, file, value, refused in settings(kind, *SIZES[kind])}
            for kind in FORMS}

# model_type, kind, first form, classes, whether each setting alone, how many of three settings.
FAMILIES = [
    ("bert", "wordpiece", 0, ["BertTokenizer", None, "BertTokenizerFast"], 1, 40),
    ("distilbert", "wordpiece", 0, ["DistilBertTokenizer", None, "DistilBertTokenizerFast"], 0, 24),
    ("electra", "wordpiece", 0, ["ElectraTokenizer", None, "ElectraTokenizerFast"], 0, 24),
    ("bert", "wordpiece", 1, ["PreTrainedTokenizerFast", "TokenizersBackend"], 1, 24),
    ("roberta", "bpe", 0, ["RobertaTokenizer", None, "RobertaTokenizerFast"], 1, 40),
    ("roberta", "bpe", 1, ["PreTrainedTokenizerFast"], 0, 16),
    ("xlm-roberta", "xlm", 0, ["XLMRobertaTokenizer", None, "XLMRobertaTokenizerFast"], 1, 30),
    ("bert", "xlm", 0, ["XLMRobertaTokenizer", "PreTrainedTokenizerFast"], 0, 20),
    ("camembert", "camembert", 0, ["CamembertTokenizer", None], 1, 30),
]


def cells():
    for model, kind, first, classes, singles, mixed in FAMILIES:
        forms = list(range(len(FORMS[kind])))[first:]
        every = list(SETTINGS[kind])
        yield from ((model, classes[0], kind, form, [one])
                    for form in forms[:2] for one in every * singles)
        yield from ((model, name, kind, form, []) for form in forms for name in classes)
        yield from ((model, RANDOM.choice(classes), kind, RANDOM.choice(forms), apart(kind, every))
                    for _ in range(mixed))


def apart(kind, names):
    """Three settings, none of which overwrites another."""
    while True:
        some = RANDOM.sample(names, 3)
        keys = [(SETTINGS[kind][one]["file"], key) for one in some
                for key in SETTINGS[kind][one]["value"]]
        if len(keys) == len(set(keys)):
            return some


def files(model, name, kind, form, some):
    made = {"config.json": {"model_type": model}, **FORMS[kind][form]}
    if name:
        made[CONFIG] = {"tokenizer_class": name}
    for setting in (SETTINGS[kind][one] for one in some):
        made[setting["file"]] = {**made.get(setting["file"], {}), **setting["value"]}
    return made


def write(folder, files):
    def fill(value):
        if isinstance(value, dict):
            return {k: fill(v) for k, v in value.items()}
        return fill(SHARED[value]) if isinstance(value, str) and value in SHARED else value
    for name, value in files.items():
        value = fill(value)
        with open(os.path.join(folder, name), "w", encoding="utf-8") as out:
            out.write(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def record(folder, length):
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder)

        def ids(*texts, length=64):
            # In batches, as for data sets: alone, an empty second text is taken for none.
            out = tokenizer(*([text] for text in texts), truncation=True, max_length=length)
            ids = out["input_ids"][0]
            return ids, out.get("token_type_ids", [[0] * len(ids)])[0]

        return {"texts": [ids(t)[0] for t in TEXTS],
                "pairs": [ids(TEXTS[a], TEXTS[b]) for a, b in PAIRS],
                "cut": [ids(*texts, length=length)
                        for texts in ([LONG], [LONG, TEXTS[0]], [TEXTS[0], LONG])]}
    except Exception as e:  # what transformers makes of it counts
        return {"error": type(e).__name__}


def main():
    results, written = [], []
    for cell in cells():
        folder = tempfile.mkdtemp()
        write(folder, files(*cell))
        result = record(folder, LENGTHS[cell[2]])
        shutil.rmtree(folder)
        if result not in results:
            results.append(result)
        written.append([*cell, results.index(result)])
    grid = {"transformers": transformers.__version__, "texts": TEXTS, "pairs": PAIRS, "long": LONG,
            "lengths": LENGTHS,
            "shared": SHARED, "forms": FORMS, "settings": SETTINGS, "results": results}
    with open(sys.argv[1], "w", encoding="utf-8") as out:
        text = json.dumps(grid, ensure_ascii=False, separators=(",", ":"))
        lines = ",\n".join(json.dumps(cell, separators=(",", ":")) for cell in written)
        out.write(text[:-1].replace('{"texts":', '\n{"texts":') + ',\n"cells":[\n' + lines + "]}\n")
    print(len(written), "cells,", len(results), "results")


if __name__ == "__main__":
    main()
