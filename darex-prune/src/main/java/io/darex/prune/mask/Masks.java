package io.darex.prune.mask;

import io.darex.prune.Mask;
import io.darex.prune.parameter.Kind;
import io.darex.prune.parameter.Kinds;
import io.darex.prune.parameter.Parameters;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The list that names masks for YAML, command line and files. */
public final class Masks {
  // To add a mask: one record, one line here, one subclass of the mask contract test, one YAML.
  /** All kinds. */
  public static final Kinds<Mask> KINDS =
      new Kinds<>(
          "mask",
          List.of(
              RandomMask.KIND,
              StratifiedMask.KIND,
              MagnitudeMask.KIND,
              ColumnsMask.KIND,
              NmMask.KIND,
              WandaMask.KIND));

  private Masks() {}

  /**
   * The same mask at another drop rate.
   *
   * @throws IllegalArgumentException if it has none
   */
  public static Mask at(Mask mask, double dropRate) {
    Map<String, Object> parameters = new TreeMap<>(mask.parameters());
    if (!parameters.containsKey(DropRate.PARAMETER.key())) {
      throw new IllegalArgumentException("expected a mask with a dropRate, got " + mask.kind());
    }
    parameters.put(DropRate.PARAMETER.key(), dropRate);
    return create(mask.kind(), parameters);
  }

  /**
   * Makes a mask from its kind and all {@link Mask#parameters}: a {@link PerTensorMask} where
   * {@code dropRate} is a map.
   *
   * @throws IllegalArgumentException if the kind is unknown, a parameter missing, unknown or out of
   *     range
   */
  public static Mask create(String kind, Map<String, ?> parameters) {
    Kind<Mask> known = KINDS.get(kind);
    Object rates = parameters.get(DropRate.PARAMETER.key());
    if (!(rates instanceof Map)) {
      return known.exactly(parameters);
    }
    Parameters given = new Parameters("mask " + kind, parameters, true);
    Map<String, Object> template = new TreeMap<>(parameters);
    template.put(DropRate.PARAMETER.key(), given.get(PerTensorMask.OVERALL_RATE));
    template.remove(PerTensorMask.OVERALL);
    return new PerTensorMask(known.exactly(template), given.get(PerTensorMask.RATES));
  }
}
