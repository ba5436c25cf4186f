package io.darex.prune.parameter;

import io.darex.prune.OneLine;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The values that YAML, JSON or the command line give to the parameters of one mask or rescale.
 * Every value is checked when it is read, and {@link Kind} checks that nothing was left over, so a
 * misspelt name is an error and never a default.
 */
public final class Parameters {
  private static final int SHOWN = 100;

  private final String owner;
  private final Map<String, Object> values;
  private final boolean exact;

  /**
   * Reads from a copy of {@code values}.
   *
   * @param owner whose parameters they are, for messages: {@code mask random}
   * @param exact whether every parameter must be there, defaults or not
   */
  public Parameters(String owner, Map<String, ?> values, boolean exact) {
    this.owner = owner;
    this.values = new TreeMap<>(values);
    this.exact = exact;
  }

  /** Whether a value was given. */
  public boolean has(Parameter<?> parameter) {
    return values.get(parameter.key()) != null;
  }

  /**
   * The value of a parameter, or its default.
   *
   * @throws IllegalArgumentException if there is neither, or the value is of another type
   */
  public <T> T get(Parameter<T> parameter) {
    Object value = values.get(parameter.key());
    if (value == null && parameter.fallback().isPresent() && !exact) {
      return parameter.fallback().get();
    }
    if (value == null) {
      throw new IllegalArgumentException(owner + " needs a parameter '" + parameter.key() + "'");
    }
    try {
      return parameter.type().read(value);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          owner
              + " needs "
              + parameter.type().words()
              + " as '"
              + parameter.key()
              + "', got "
              + shown(value, e),
          e);
    }
  }

  /** The part that is wrong, where the type says which, in one short line. */
  private static String shown(Object value, IllegalArgumentException wrong) {
    boolean part = value instanceof Map && wrong.getMessage() != null;
    String line = OneLine.of(part ? wrong.getMessage() : String.valueOf(value));
    return line.length() <= SHOWN ? line : line.substring(0, SHOWN) + "…";
  }

  /**
   * Checks that there are no others.
   *
   * @throws IllegalArgumentException naming the first that is not in {@code known}
   */
  public void requireOnly(Set<String> known) {
    for (String key : values.keySet()) {
      if (!known.contains(key)) {
        throw new IllegalArgumentException(
            owner + " has no parameter '" + key + "'; it has " + new TreeSet<>(known));
      }
    }
  }
}
