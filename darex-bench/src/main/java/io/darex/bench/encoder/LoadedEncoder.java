package io.darex.bench.encoder;

import io.darex.prune.Checkpoint;
import java.lang.ref.WeakReference;

/**
 * An encoder that holds one checkpoint's weights after another's. Whoever computes with it says
 * whose, and nobody else may change them. Not thread-safe, as the encoder is not.
 */
public final class LoadedEncoder implements AutoCloseable {
  private final Encoder encoder;
  private WeakReference<Checkpoint> held = new WeakReference<>(null);

  /** Leaves the closing of {@code encoder} to {@link #close}. */
  public LoadedEncoder(Encoder encoder) {
    this.encoder = encoder;
  }

  /** The architecture. */
  public EncoderConfig config() {
    return encoder.config();
  }

  /**
   * The encoder with the weights of {@code checkpoint}, which are loaded unless it holds them.
   *
   * @throws IllegalArgumentException as {@link Encoder#load}
   */
  public Encoder with(Checkpoint checkpoint) {
    if (!held.refersTo(checkpoint)) {
      held.clear(); // a checkpoint that fails half-way leaves neither
      encoder.load(checkpoint);
      held = new WeakReference<>(checkpoint);
    }
    return encoder;
  }

  /** Frees the parameters. */
  @Override
  public void close() {
    encoder.close();
  }
}
