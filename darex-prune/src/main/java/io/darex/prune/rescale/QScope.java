package io.darex.prune.rescale;

import java.util.Locale;

/** For what a rescale finds one number: the parameter {@code scope} of those that have both. */
public enum QScope {
  /** For the whole model. */
  GLOBAL,
  /** For every layer. */
  LAYER;

  /** The word in YAML, on the command line and in reports. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
