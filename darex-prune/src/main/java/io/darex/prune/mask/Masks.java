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
              DellaMask.KIND,
              p -> new DellaMask(p.integer("seed"), p.number("dropRate"), p.number("epsilon"))));

  private Masks() {}

  /** The kinds there are. */
  public static Set<String> kinds() {
    return Collections.unmodifiableSet(LIST.keySet());
  }

  /**
   * Makes a mask from its kind and {@link Mask#parameters}.
   *
   * @throws IllegalArgumentException if the kind is unknown, a parameter missing, unknown or out of
   *     range
   */
  public static Mask create(String kind, Map<String, ?> parameters) {
    Function<Parameters, Mask> make = LIST.get(kind);
    if (make == null) {
      throw new IllegalArgumentException("unknown mask '" + kind + "'; there are " + kinds());
    }
    Parameters given = new Parameters("mask " + kind, parameters);
    return given.done(make.apply(given));
  }
}
