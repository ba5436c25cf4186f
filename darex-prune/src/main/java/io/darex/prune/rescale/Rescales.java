package io.darex.prune.rescale;

import io.darex.prune.parameter.Kinds;
import java.util.List;
import java.util.Map;

/** The list that names rescales for YAML, command line and reports. */
public final class Rescales {
  // To add a rescale: one record, one line here, one subclass of the rescale contract test.
  /** All kinds. */
  public static final Kinds<Rescale> KINDS =
      new Kinds<>(
          "rescale",
          List.of(
              InverseKeepRate.KIND,
              FixedQ.KIND,
              NormMatch.KIND,
              DotMatch.KIND,
              Unscaled.KIND,
              SearchedQ.LABELLED,
              SearchedQ.UNLABELLED));

  private Rescales() {}

  /**
   * Makes a rescale from its name and parameters; what is not said has its default.
   *
   * @throws IllegalArgumentException if the name is unknown, a parameter missing, unknown or out of
   *     range
   */
  public static Rescale create(String name, Map<String, ?> parameters) {
    return KINDS.get(name).create(parameters);
  }
}
