package io.darex.optim;

import java.util.Arrays;
import org.nd4j.shade.jackson.annotation.JsonProperty;

/** How AdamR pulls a weight toward its anchor (docs/METHOD.md §4.1). */
public enum Penalty {
  /** {@code θ ← θ − pull·(θ − θ_P)}: shrinks every delta by the same share. */
  @JsonProperty("l2")
  L2("l2"),
  /** {@code θ ← θ − pull·sign(θ − θ_P)}: by the same amount; oscillates around exact zeros. */
  @JsonProperty("l1")
  L1("l1"),
  /** {@code Δ ← sign(Δ)·max(|Δ| − pull, 0)} after the Adam step: makes deltas exactly zero. */
  @JsonProperty("l1-prox")
  L1_PROX("l1-prox");

  private final String label;

  Penalty(String label) {
    this.label = label;
  }

  /**
   * The penalty called {@code name} in YAML and on the command line.
   *
   * @throws IllegalArgumentException if there is none; the message lists those there are
   */
  public static Penalty of(String name) {
    return Arrays.stream(values())
        .filter(p -> p.label.equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "penalty must be one of " + Arrays.toString(values()) + ", got " + name));
  }

  /** Its name in YAML and on the command line. */
  @Override
  public String toString() {
    return label;
  }
}
