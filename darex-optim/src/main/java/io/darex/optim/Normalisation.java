package io.darex.optim;

import java.util.Arrays;
import org.nd4j.shade.jackson.annotation.JsonProperty;

/** What the pull λη is divided by (docs/METHOD.md §4.1). */
public enum Normalisation {
  /** By s, the root of the mean v̂ over all anchored elements: the paper's AdamR. */
  @JsonProperty("global")
  GLOBAL("global"),
  /** By nothing: decoupled L2-SP. */
  @JsonProperty("none")
  NONE("none");

  private final String label;

  Normalisation(String label) {
    this.label = label;
  }

  /**
   * The normalisation called {@code name} in YAML and on the command line.
   *
   * @throws IllegalArgumentException if there is none; the message lists those there are
   */
  public static Normalisation of(String name) {
    return Arrays.stream(values())
        .filter(n -> n.label.equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "normalisation must be one of " + Arrays.toString(values()) + ", got " + name));
  }

  /** Its name in YAML and on the command line. */
  @Override
  public String toString() {
    return label;
  }
}
