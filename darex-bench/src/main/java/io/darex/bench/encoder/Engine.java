package io.darex.bench.encoder;

import java.util.Locale;
import java.util.Optional;
import org.nd4j.linalg.factory.Nd4j;

/** What computes encoders. */
public enum Engine {
  /** {@link #DIRECT} where ND4J computes on the processor, else {@link #SAMEDIFF}. */
  AUTO,

  /** {@link DirectEncoder}. */
  DIRECT,

  /** {@link SameDiffEncoder}. */
  SAMEDIFF,

  /** {@link TorchEncoder}. */
  TORCH;

  /** What configurations and options call it. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The engine that this one stands for here: starts ND4J. */
  public Engine chosen() {
    if (this != AUTO) {
      return this;
    }
    return Nd4j.getEnvironment().isCPU() ? DIRECT : SAMEDIFF;
  }

  /** In one sentence, why it cannot be had here; starts ND4J, and PyTorch where that is asked. */
  public Optional<String> missing() {
    return switch (this) {
      case AUTO, SAMEDIFF -> Optional.empty();
      case DIRECT -> withoutCpu();
      case TORCH -> withoutCpu().or(Torch::missing);
    };
  }

  private static Optional<String> withoutCpu() {
    return Nd4j.getEnvironment().isCPU()
        ? Optional.empty()
        : Optional.of(
            "expected ND4J's CPU backend, got "
                + Nd4j.getBackend().getClass().getSimpleName()
                + "; BACKEND_PRIORITY_CPU=100 BACKEND_PRIORITY_GPU=0 in the environment takes it");
  }
}
