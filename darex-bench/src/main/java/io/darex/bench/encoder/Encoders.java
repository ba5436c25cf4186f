package io.darex.bench.encoder;

import io.darex.prune.Checkpoint;

/** Where encoders are opened. */
public final class Encoders {
  private Encoders() {}

  /**
   * An encoder with the weights of {@code checkpoint}, by the engine that {@link Engine#AUTO}
   * takes.
   *
   * @param config with labels for a head
   * @param headSeed seed of the layers of the head that are {@link EncoderConfig#drawnLayers drawn}
   * @throws IllegalArgumentException as {@link Encoder#load} does, or if the engine does not
   *     compute this architecture
   */
  public static Encoder open(EncoderConfig config, Checkpoint checkpoint, long headSeed) {
    return open(EngineChoice.AUTO, config, checkpoint, headSeed);
  }

  /**
   * As above, by an engine.
   *
   * @throws io.darex.bench.console.BadInputException if the engine cannot be had here, or its
   *     device has not enough memory
   */
  public static Encoder open(
      EngineChoice engine, EncoderConfig config, Checkpoint checkpoint, long headSeed) {
    return open(engine, config, checkpoint, headSeed, Workers.THREADS);
  }

  /** As above, on so many threads where the engine is one for processors. */
  public static Encoder open(
      EngineChoice engine,
      EncoderConfig config,
      Checkpoint checkpoint,
      long headSeed,
      int threads) {
    return engine.open(config, checkpoint, headSeed, threads);
  }
}
