package io.darex.prune.parameter;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * A kind of mask or of rescale: its name, its parameters, and how it is made of their values.
 *
 * @param what {@code mask} or {@code rescale}
 * @param name in YAML, on the command line and in files
 * @param help what it does, for {@code --help}
 * @param parameters all there are
 * @param make from their values
 */
public record Kind<T>(
    String what,
    String name,
    String help,
    List<Parameter<?>> parameters,
    Function<Parameters, T> make) {
  /** Copies the list. */
  public Kind {
    parameters = List.copyOf(parameters);
  }

  /** The keys of its parameters, in their order. */
  public Set<String> keys() {
    return parameters.stream()
        .map(Parameter::key)
        .collect(Collectors.toCollection(LinkedHashSet::new));
  }

  /**
   * Makes one; what is not said has its default.
   *
   * @throws IllegalArgumentException if a parameter is missing, unknown or out of range
   */
  public T create(Map<String, ?> values) {
    return create(values, false);
  }

  /**
   * Makes one from all its parameters, as a file has them.
   *
   * @throws IllegalArgumentException if a parameter is missing, unknown or out of range
   */
  public T exactly(Map<String, ?> values) {
    return create(values, true);
  }

  private T create(Map<String, ?> values, boolean exact) {
    Parameters given = new Parameters(what + " " + name, values, exact);
    T made = make.apply(given);
    given.requireOnly(keys());
    return made;
  }
}
