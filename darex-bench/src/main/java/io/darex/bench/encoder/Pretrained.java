package io.darex.bench.encoder;

import io.darex.prune.Checkpoint;

/**
 * A pre-trained encoder as its Hugging Face folder holds it: {@code config.json}, weights and
 * {@code tokenizer.json}.
 *
 * @param config without labels
 * @param checkpoint with tensors named as in {@code BertModel}, without prefix
 * @param tokenizerJson the text of {@code tokenizer.json}
 */
public record Pretrained(EncoderConfig config, Checkpoint checkpoint, String tokenizerJson) {}
