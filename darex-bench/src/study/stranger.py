"""A fine-tune as a stranger brings it: the folder base on a small task, saved as tuned.

Writes own.yml with its texts, train.tsv and dev.tsv, and texts.txt without labels. Needs torch and transformers.
"""
import itertools
import random

import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

NOUNS = "bird dog girl boy teacher pilot singer doctor horse player lawyer artist friend farmer".split()
WORDS = {
    "bad": "awful terrible horrible bad poor dreadful nasty dull rude broken".split(),
    "good": "great wonderful lovely good rich excellent nice brilliant kind perfect".split(),
}
LABELS = list(WORDS)

random.seed(1)
torch.manual_seed(1)
examples = [
    (f"{the} {noun} was {word}.", label)
    for label, name in enumerate(LABELS)
    for the, noun, word in itertools.product(["The", "My"], NOUNS, WORDS[name])
]
random.shuffle(examples)
train, dev = examples[:480], examples[480:]
for name, part in (("train", train), ("dev", dev)):
    with open(f"{name}.tsv", "w", encoding="utf-8") as file:
        file.write("text\tlabel\n")
        file.writelines(f"{text}\t{LABELS[label]}\n" for text, label in part)
with open("own.yml", "w", encoding="utf-8") as file:
    file.write(
        "train: train.tsv\ndev: dev.tsv\ntext: text\nlabel: label\n"
        f"labels: [{', '.join(LABELS)}]\nmetric: accuracy\n"
    )
with open("texts.txt", "w", encoding="utf-8") as file:
    file.write("The birds sing.\nThe birds sings.\n")

tokenizer = AutoTokenizer.from_pretrained("base")
names = dict(enumerate(LABELS))
model = AutoModelForSequenceClassification.from_pretrained(
    "base", num_labels=len(LABELS), id2label=names, label2id={name: i for i, name in names.items()}
)
optimizer = torch.optim.AdamW(model.parameters(), lr=2e-4)
model.train()
for epoch in range(2):
    random.shuffle(train)
    for start in range(0, len(train), 16):
        texts, labels = zip(*train[start : start + 16])
        batch = tokenizer(list(texts), padding=True, return_tensors="pt")
        loss = model(**batch, labels=torch.tensor(labels)).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
    print(f"epoch {epoch + 1}: loss {loss.item():.3f}", flush=True)
model.save_pretrained("tuned")
tokenizer.save_pretrained("tuned")
