package io.darex.prune.parameter;

import io.darex.prune.Choice;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * One parameter of a mask or a rescale. It is declared once; configuration files, command line
 * options, help and the {@code darex.job} of a file all follow from the declaration.
 *
 * @param key the name in YAML and JSON; {@code --key-in-lower-case} on the command line
 * @param help what it means, for {@code --help}
 * @param type which values it takes
 * @param fallback what it is where nothing is said; empty where something must be said
 */
public record Parameter<T>(String key, String help, Type<T> type, Optional<T> fallback) {

  /** Which values a parameter takes. */
  public sealed interface Type<T>
      permits Decimal, Whole, Seed, Seeds, Bytes, Choice, Numbers, Text, Texts {
    /** What is expected, such as {@code "a number"}, for an error. */
    String words();

    /**
     * Reads a value as YAML, JSON or the command line give it.
     *
     * @throws IllegalArgumentException if it is no such value
     */
    T read(Object value);
  }

  /** A number. The range is for configurations, which name the line. */
  public record Decimal(Range range) implements Type<Double> {
    @Override
    public String words() {
      return "a number";
    }

    @Override
    public Double read(Object value) {
      return Decimals.of(value).doubleValue();
    }
  }

  /** A whole number of a range; a text of decimal digits will do. */
  public record Whole(Range range) implements Type<Long> {
    @Override
    public String words() {
      return range.words();
    }

    @Override
    public Long read(Object value) {
      long whole = Decimals.whole(value);
      if (!range.admits().test((double) whole)) {
        throw new IllegalArgumentException();
      }
      return whole;
    }
  }

  /** A 64-bit integer; a text of decimal digits will do, as few programs read 64 bits from JSON. */
  public record Seed() implements Type<Long> {
    @Override
    public String words() {
      return "a 64-bit integer";
    }

    @Override
    public Long read(Object value) {
      return Decimals.whole(value);
    }
  }

  /** A number of bytes, or a share of those of something. */
  public record Bytes() implements Type<ByteSize> {
    @Override
    public String words() {
      return "a size such as 400KB, 1.5MB or 1%";
    }

    @Override
    public ByteSize read(Object value) {
      return ByteSize.of(value.toString());
    }
  }

  /** One of several words. */
  public record Choice<E>(Map<String, E> choices) implements Type<E> {
    /** The constants of an enum, each by its name in lower case. */
    public static <E extends Enum<E>> Choice<E> of(Class<E> constants) {
      Map<String, E> choices = new LinkedHashMap<>();
      Arrays.stream(constants.getEnumConstants())
          .forEach(each -> choices.put(each.name().toLowerCase(Locale.ROOT), each));
      return new Choice<>(Collections.unmodifiableMap(choices));
    }

    @Override
    public String words() {
      return "one of " + choices.keySet();
    }

    @Override
    public E read(Object value) {
      E choice = choices.get(value.toString());
      if (choice == null) {
        throw new IllegalArgumentException();
      }
      return choice;
    }
  }

  /** One or several 64-bit integers. */
  public record Seeds() implements Type<List<Long>> {
    @Override
    public String words() {
      return "64-bit integers";
    }

    @Override
    public List<Long> read(Object value) {
      List<?> items = value instanceof List<?> list ? list : List.of(value);
      return items.stream().map(Decimals::whole).toList();
    }
  }

  /** Numbers by name. */
  public record Numbers() implements Type<Map<String, Double>> {
    @Override
    public String words() {
      return "numbers by name";
    }

    @Override
    public Map<String, Double> read(Object value) {
      if (!(value instanceof Map<?, ?> map)) {
        throw new IllegalArgumentException();
      }
      Map<String, Double> numbers = new LinkedHashMap<>();
      map.forEach((name, number) -> numbers.put(name.toString(), number(name, number)));
      return numbers;
    }
  }

  private static double number(Object name, Object value) {
    try {
      return Decimals.of(value).doubleValue();
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("'" + name + "': " + value, e);
    }
  }

  /** A text that its owner reads. */
  public record Text(String words) implements Type<String> {
    @Override
    public String read(Object value) {
      return value.toString();
    }
  }

  /** One or several texts. */
  public record Texts(String words) implements Type<List<String>> {
    @Override
    public List<String> read(Object value) {
      List<?> items = value instanceof List<?> list ? list : List.of(value);
      return items.stream().map(Object::toString).toList();
    }
  }

  /** A parameter that must be said. */
  public static <T> Parameter<T> required(String key, String help, Type<T> type) {
    return new Parameter<>(key, help, type, Optional.empty());
  }

  /** A parameter with a default. */
  public static <T> Parameter<T> of(String key, String help, Type<T> type, T fallback) {
    return new Parameter<>(key, help, type, Optional.of(fallback));
  }
}
