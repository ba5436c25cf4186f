package io.darex.bench.encoder;

import java.util.List;

/** What the backward pass of a layer works in, one for all layers; rows as in the forward pass. */
final class LayerGradients implements AutoCloseable {
  /** Of the sum before a normalisation. */
  final Floats residual = new Floats();

  /** Of the outputs of the linear layers. */
  final Floats output = new Floats();

  final Floats wide = new Floats();
  final Floats attention = new Floats();
  final Floats context = new Floats();
  final Floats queries = new Floats();
  final Floats keys = new Floats();
  final Floats values = new Floats();

  /** No gradient: the activation function's results, computed again. */
  final Floats activated = new Floats();

  LayerGradients reserve(EncoderConfig config, int tokens) {
    long hidden = config.hiddenSize();
    for (Floats buffer : List.of(residual, output, attention, context, queries, keys, values)) {
      buffer.reserve(tokens * hidden);
    }
    wide.reserve((long) tokens * config.intermediateSize());
    activated.reserve((long) tokens * config.intermediateSize());
    return this;
  }

  @Override
  public void close() {
    List.of(residual, output, attention, context, queries).forEach(Floats::close);
    List.of(keys, values, wide, activated).forEach(Floats::close);
  }
}
