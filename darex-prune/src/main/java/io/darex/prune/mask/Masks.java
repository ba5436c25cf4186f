package io.darex.prune.mask;

import io.darex.prune.Parameters;
import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;

/** The list that names masks for YAML, command line and files. */
public final class Masks {
  // To add a mask: one record, one line here, one subclass of the mask contract test, one YAML.
  private static final Map<String, Function<Parameters, Mask>> LIST =
      new TreeMap<>(
          Map.of(
              RandomMask.KIND,
              p -> new RandomMask(p.integer("seed"), p.number("dropRate")),
              StratifiedMask.KIND,
              p ->
                  new StratifiedMask(
                      p.integer("seed"), p.number("dropRate"), p.smallInteger("group")),
              MagnitudeMask.KIND,
              p -> new MagnitudeMask(p.number("dropRate"), Scope.of(p)),
              ColumnsMask.KIND,
              p -> new ColumnsMask(p.integer("seed"), p.number("dropRate")),
              NmMask.KIND,
              NmMask::of,
              WandaMask.KIND,
              p -> new WandaMask(p.number("dropRate"))));

  private Masks() {}

  /** The kinds there are. */
  public static Set<String> kinds() {
    return Collections.unmodifiableSet(LIST.keySet());
  }

  /**
   * Makes a mask from its kind and {@link Mask#parameters}: a {@link PerTensorMask} where {@code
   * dropRate} is a map.
   *
   * @throws IllegalArgumentException if the kind is unknown, a parameter missing, unknown or out of
   *     range
   */
  public static Mask create(String kind, Map<String, ?> parameters) {
    return create(kind, parameters, Map.of());
  }

  /**
   * Makes a mask, taking from {@code defaults} what that kind needs and {@code parameters} lack.
   *
   * @throws IllegalArgumentException as {@link #create(String, Map)} does; a default that is not
   *     needed is no fault
   */
  public static Mask create(String kind, Map<String, ?> parameters, Map<String, ?> defaults) {
    Function<Parameters, Mask> make = LIST.get(kind);
    if (make == null) {
      throw new IllegalArgumentException("unknown mask '" + kind + "'; there are " + kinds());
    }
    Parameters given = new Parameters("mask " + kind, parameters, defaults);
    if (!(parameters.get(PerTensorMask.DROP_RATE) instanceof Map)) {
      return given.done(make.apply(given));
    }
    Map<String, Double> rates = given.numbers(PerTensorMask.DROP_RATE);
    Map<String, Object> template = new TreeMap<>(parameters);
    template.put(PerTensorMask.DROP_RATE, given.number(PerTensorMask.OVERALL));
    template.remove(PerTensorMask.OVERALL);
    return new PerTensorMask(create(kind, template, defaults), rates);
  }
}
