package io.darex.prune.mask;

import io.darex.prune.Parameters;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** Which entries are compared with each other. */
public enum Scope {
  /** Those of one tensor. */
  TENSOR,
  /** Those that feed one output: a row of the tensor seen as {@code [m, rest…]}. */
  ROW,
  /** All that are pruned. */
  MODEL;

  /** The scope that the parameter {@code scope} names; {@code tensor} if it is not given. */
  static Scope of(Parameters given) {
    List<String> words = Arrays.stream(values()).map(Scope::toString).toList();
    return values()[words.indexOf(given.text("scope", words))];
  }

  /** The word in YAML, on the command line and in files. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
