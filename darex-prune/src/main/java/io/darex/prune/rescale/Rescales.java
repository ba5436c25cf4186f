package io.darex.prune.rescale;

import io.darex.prune.Parameters;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;

/** The list that names rescales for YAML, command line and reports. */
public final class Rescales {
  // To add a rescale: one record, one line here, one subclass of the rescale contract test.
  private static final Map<String, Function<Parameters, Rescale>> LIST =
      new TreeMap<>(
          Map.of(
              InverseKeepRate.NAME, p -> new InverseKeepRate(),
              FixedQ.NAME, p -> new FixedQ(p.number("q")),
              QLabelled.NAME, p -> new QLabelled(p.integers("seeds", List.of()), search(p))));

  private Rescales() {}

  /** The names there are. */
  public static Set<String> names() {
    return Collections.unmodifiableSet(LIST.keySet());
  }

  /**
   * Makes a rescale from its name and parameters: {@code q} of {@code q}; {@code seeds}, {@code
   * coarse}, {@code rounds} and {@code tolerance}, all optional, of {@code q-labelled}.
   *
   * @throws IllegalArgumentException if the name is unknown, a parameter missing, unknown or out of
   *     range
   */
  public static Rescale create(String name, Map<String, ?> parameters) {
    Function<Parameters, Rescale> make = LIST.get(name);
    if (make == null) {
      throw new IllegalArgumentException("unknown rescale '" + name + "'; there are " + names());
    }
    Parameters given = new Parameters("rescale " + name, parameters);
    return given.done(make.apply(given));
  }

  private static QSearch search(Parameters given) {
    return new QSearch(
        given.integer("coarse", QSearch.DEFAULT.coarse()),
        given.integer("rounds", QSearch.DEFAULT.rounds()),
        given.number("tolerance", QSearch.DEFAULT.tolerance()));
  }
}
