package io.darex.bench.select;

/**
 * What there is besides the two checkpoints.
 *
 * @param labels labelled texts of the task, held out of train
 * @param texts texts without labels that the tuned model can read
 * @param mayTrain whether the model may be fine-tuned again
 * @param decoder whether it is a decoder, whose layers are called {@code mlp} and {@code self_attn}
 */
public record Available(boolean labels, boolean texts, boolean mayTrain, boolean decoder) {}
