"""PyTorch's side of EncoderBenchmark, which starts it: -Dtorch=PYTHON. Takes lines "WORK LENGTHS"
from standard input, does the work on texts of these lengths on two threads, and answers each with
a line. Usage: torch_speed.py ARCHITECTURE, as JSON."""

import json
import os
import sys

import torch
from transformers import BertConfig, BertForSequenceClassification

torch.set_num_threads(os.cpu_count())
torch.manual_seed(0)
model = BertForSequenceClassification(BertConfig(**json.loads(sys.argv[1]), num_labels=2))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-5, fused=True)
batches = {}


def batch(lengths):
    if lengths not in batches:
        each = [int(length) for length in lengths.split(",")]
        ids = torch.randint(1000, 30000, (len(each), max(each)))
        mask = torch.zeros_like(ids)
        for row, length in enumerate(each):
            mask[row, :length] = 1
        batches[lengths] = {"input_ids": ids, "attention_mask": mask}
    return batches[lengths]


for line in sys.stdin:
    work, lengths = line.split()
    inputs = batch(lengths)
    if work == "logits":
        model.eval()
        with torch.inference_mode():
            model(**inputs)
    else:
        model.train()
        labels = torch.zeros(len(inputs["input_ids"]), dtype=torch.long)
        optimizer.zero_grad(set_to_none=True)
        model(**inputs, labels=labels).loss.backward()
        if work == "step":
            optimizer.step()
    print("done", flush=True)
