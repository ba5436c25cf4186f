package io.darex.prune.mask;

import java.util.Locale;

/** Which entries are compared with each other. */
public enum Scope {
  /** Those of one tensor. */
  TENSOR,
  /** Those that feed one output: a row of the tensor seen as {@code [m, rest…]}. */
  ROW,
  /** All that are pruned. */
  MODEL;

  /** The word in YAML, on the command line and in files. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
