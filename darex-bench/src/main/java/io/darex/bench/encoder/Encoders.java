package io.darex.bench.encoder;

import io.darex.prune.Checkpoint;
import org.nd4j.linalg.factory.Nd4j;

/** Where the engine is chosen: {@link DirectEncoder} on a processor, SameDiff elsewhere. */
public final class Encoders {
  private Encoders() {}

  /**
   * An encoder with the weights of {@code checkpoint} on the backend that ND4J has chosen.
   *
   * @param config with labels for a head
   * @param headSeed seed of the layers of the head that are {@link EncoderConfig#drawnLayers drawn}
   * @throws IllegalArgumentException as {@link Encoder#load} does, or if the backend's engine does
   *     not compute this architecture
   */
  public static Encoder open(EncoderConfig config, Checkpoint checkpoint, long headSeed) {
    return open(config, checkpoint, headSeed, Workers.THREADS);
  }

  /**
   * As above, on so many threads where the engine is that for processors; the results do not depend
   * on them.
   */
  public static Encoder open(
      EncoderConfig config, Checkpoint checkpoint, long headSeed, int threads) {
    return Nd4j.getEnvironment().isCPU()
        ? new DirectEncoder(config, checkpoint, headSeed, threads)
        : new SameDiffBert(config, checkpoint, headSeed);
  }
}
