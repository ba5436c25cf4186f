package io.darex.bench.encoder;

import java.util.List;

/**
 * What a layer leaves for its backward pass, or only what it works in. Buffers are {@code [rows,
 * hidden]}, wide ones {@code [rows, intermediate]}; rows are the tokens of a batch, or where only
 * first tokens ask, for all but keys and values, its texts.
 */
final class LayerActivations implements AutoCloseable {
  /** Inputs of the asking tokens, where not all of them ask. */
  final Floats asking = new Floats();

  final Floats queries = new Floats();
  final Floats keys = new Floats();
  final Floats values = new Floats();
  final Floats context = new Floats();

  /** Between attention and feed-forward layer. */
  final Floats middle = new Floats();

  /** Before the activation function. */
  final Floats wide = new Floats();

  /** After it; of no use to the backward pass, which computes it again. */
  final Floats activated;

  /** Normalised rows before gain and bias, and 1/σ of each row. */
  final Floats normalisedMiddle = new Floats();

  final Floats normalisedOutput = new Floats();
  float[] inverseMiddle = new float[0];
  float[] inverseOutput = new float[0];

  /**
   * @param activated shared between layers
   */
  LayerActivations(Floats activated) {
    this.activated = activated;
  }

  LayerActivations reserve(EncoderConfig config, int tokens, int asked, boolean keeping) {
    long hidden = config.hiddenSize();
    keys.reserve(tokens * hidden);
    values.reserve(tokens * hidden);
    for (Floats buffer : List.of(queries, context, middle)) {
      buffer.reserve(asked * hidden);
    }
    wide.reserve((long) asked * config.intermediateSize());
    if (keeping) {
      activated.reserve((long) asked * config.intermediateSize());
      normalisedMiddle.reserve(asked * hidden);
      normalisedOutput.reserve(asked * hidden);
      if (inverseMiddle.length < asked) {
        inverseMiddle = new float[asked];
        inverseOutput = new float[asked];
      }
    }
    return this;
  }

  @Override
  public void close() {
    List.of(asking, queries, keys, values, context, middle).forEach(Floats::close);
    List.of(wide, activated, normalisedMiddle, normalisedOutput).forEach(Floats::close);
  }
}
