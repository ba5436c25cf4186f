package io.darex.prune;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The parameters of a mask or rescale as YAML, JSON or the command line give them: numbers, texts
 * and lists by name. Every getter checks what it finds, and {@link #done} that nothing was left
 * over, so a misspelt name is an error and never a default.
 */
public final class Parameters {
  private static final int MAX_DIGITS = 1000;

  private final String owner;
  private final Set<String> given;
  private final Map<String, Object> values;
  private final Set<String> asked = new TreeSet<>();

  /**
   * Reads from a copy of {@code values}.
   *
   * @param owner whose parameters they are, for messages: {@code mask random}
   */
  public Parameters(String owner, Map<String, ?> values) {
    this(owner, values, Map.of());
  }

  /**
   * Reads from a copy of {@code values}, and of {@code defaults} where those have nothing.
   *
   * @param defaults what the owner may ask for, and need not
   */
  public Parameters(String owner, Map<String, ?> values, Map<String, ?> defaults) {
    this.owner = owner;
    this.given = Set.copyOf(values.keySet());
    this.values = new TreeMap<>(defaults);
    this.values.putAll(values);
  }

  /** A number that must be there. */
  public double number(String name) {
    return toNumber(name, required(name));
  }

  /** A number with a default. */
  public double number(String name, double fallback) {
    return has(name) ? number(name) : fallback;
  }

  /** A 64-bit integer that must be there; a text of decimal digits will do. */
  public long integer(String name) {
    return toInteger(name, required(name));
  }

  /** A 32-bit integer with a default. */
  public int integer(String name, int fallback) {
    return has(name) ? smallInteger(name) : fallback;
  }

  /** A 32-bit integer that must be there. */
  public int smallInteger(String name) {
    long value = integer(name);
    if (value != (int) value) {
      throw wrong(name, "a 32-bit integer", value, null);
    }
    return (int) value;
  }

  /** One of the allowed texts; the first of them is the default. */
  public String text(String name, List<String> allowed) {
    if (!has(name)) {
      return allowed.get(0);
    }
    String value = required(name).toString();
    if (!allowed.contains(value)) {
      throw wrong(name, "one of " + allowed, value, null);
    }
    return value;
  }

  /** A list of 64-bit integers with a default. */
  public List<Long> integers(String name, List<Long> fallback) {
    if (!has(name)) {
      return fallback;
    }
    Object value = required(name);
    List<?> items = value instanceof List<?> list ? list : List.of(value);
    List<Long> integers = new ArrayList<>();
    items.forEach(item -> integers.add(toInteger(name, item)));
    return integers;
  }

  /** Numbers by name; none if there is no such parameter. */
  public Map<String, Double> numbers(String name) {
    if (!has(name)) {
      return Map.of();
    }
    if (!(required(name) instanceof Map<?, ?> map)) {
      throw wrong(name, "numbers by name", required(name), null);
    }
    Map<String, Double> numbers = new TreeMap<>();
    map.forEach((key, value) -> numbers.put(key.toString(), toNumber(name + "." + key, value)));
    return numbers;
  }

  /** One of an enum's constants, spelt in lower case, with a default. */
  public <E extends Enum<E>> E constant(String name, E fallback) {
    if (!has(name)) {
      return fallback;
    }
    SortedMap<String, E> constants = new TreeMap<>();
    for (E constant : fallback.getDeclaringClass().getEnumConstants()) {
      constants.put(constant.name().toLowerCase(Locale.ROOT), constant);
    }
    E constant = constants.get(required(name).toString());
    if (constant == null) {
      throw wrong(name, "one of " + constants.keySet(), required(name), null);
    }
    return constant;
  }

  /**
   * Returns {@code made}, the object built from these parameters.
   *
   * @throws IllegalArgumentException if a parameter was given that nothing asked for
   */
  public <T> T done(T made) {
    for (String name : new TreeSet<>(given)) {
      if (!asked.contains(name)) {
        throw new IllegalArgumentException(
            owner + " has no parameter '" + name + "'; it has " + asked);
      }
    }
    return made;
  }

  /** Whether a parameter was given. */
  public boolean has(String name) {
    asked.add(name);
    return values.get(name) != null;
  }

  private Object required(String name) {
    if (!has(name)) {
      throw new IllegalArgumentException(owner + " needs a parameter '" + name + "'");
    }
    return values.get(name);
  }

  private double toNumber(String name, Object value) {
    try {
      return decimal(value).doubleValue();
    } catch (NumberFormatException e) {
      throw wrong(name, "a number", value, e);
    }
  }

  private long toInteger(String name, Object value) {
    try {
      return decimal(value).longValueExact();
    } catch (ArithmeticException | NumberFormatException e) {
      throw wrong(name, "a 64-bit integer", value, e);
    }
  }

  /** Parsing takes time quadratic in the digits, and the text may come from a hostile file. */
  private static BigDecimal decimal(Object value) {
    String text = String.valueOf(value);
    if (text.length() > MAX_DIGITS) {
      throw new NumberFormatException();
    }
    return new BigDecimal(text);
  }

  private IllegalArgumentException wrong(
      String name, String expected, Object value, RuntimeException cause) {
    return new IllegalArgumentException(
        owner + " needs " + expected + " as '" + name + "', got " + value, cause);
  }
}
