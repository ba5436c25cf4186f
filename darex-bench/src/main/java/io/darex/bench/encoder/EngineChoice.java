package io.darex.bench.encoder;

import io.darex.bench.console.BadInputException;
import io.darex.prune.Checkpoint;
import java.util.Optional;

/**
 * What computes encoders, where, and how exactly.
 *
 * @param device of {@link Engine#TORCH}; {@link Device#AUTO} with every other
 * @param precision of evaluation; {@link Precision#F32} with every other
 */
public record EngineChoice(Engine engine, Device device, Precision precision) {
  /** What is taken where nothing is said. */
  public static final EngineChoice AUTO = of(Engine.AUTO);

  /** An engine where and as exactly as it computes by itself. */
  public static EngineChoice of(Engine engine) {
    return new EngineChoice(engine, Device.AUTO, Precision.F32);
  }

  /** In one sentence, why it cannot be had here; starts ND4J, and PyTorch where that is asked. */
  public Optional<String> missing() {
    Optional<String> without = engine.missing().map(why -> "engine " + engine + ": " + why);
    if (without.isPresent()) {
      return without;
    }
    if (engine == Engine.TORCH) {
      return Torch.missing(device).map(why -> "device " + device + ": " + why);
    }
    if (!device.equals(Device.AUTO)) {
      return Optional.of("device " + device + ": expected engine torch with it, got " + engine);
    }
    return precision == Precision.F32
        ? Optional.empty()
        : Optional.of("precision " + precision + ": expected engine torch with it, got " + engine);
  }

  /**
   * Refuses what is {@link #missing} here.
   *
   * @throws BadInputException saying why
   */
  public void require() {
    missing()
        .ifPresent(
            why -> {
              throw new BadInputException(why);
            });
  }

  /**
   * Refuses, besides, what does not train.
   *
   * @throws BadInputException saying why
   */
  public void requireTraining() {
    if (precision != Precision.F32) {
      throw new BadInputException(
          "precision "
              + precision
              + ": expected f32 where a fine-tune is trained, as "
              + precision
              + " is for evaluation");
    }
    require();
  }

  Encoder open(EncoderConfig config, Checkpoint checkpoint, long headSeed, int threads) {
    require();
    return switch (engine.chosen()) {
      case DIRECT -> new DirectEncoder(config, checkpoint, headSeed, threads);
      case SAMEDIFF -> new SameDiffEncoder(config, checkpoint, headSeed);
      case TORCH -> new TorchEncoder(config, checkpoint, headSeed, threads, device, precision);
      case AUTO -> throw new AssertionError();
    };
  }

  @Override
  public String toString() {
    return engine
        + (device.equals(Device.AUTO) ? "" : " on " + device)
        + (precision == Precision.F32 ? "" : " in " + precision);
  }
}
