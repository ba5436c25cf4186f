package io.darex.bench.encoder;

import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;

/** The encoders that come with the product, by name. */
public final class BuiltInEncoders {
  /** The one that is taken where none is named. */
  public static final String DEFAULT = "minilm-l6";

  private static final SortedMap<String, Supplier<Pretrained>> ALL =
      new TreeMap<>(Map.of(DEFAULT, MiniLm::read));

  private BuiltInEncoders() {}

  /** Their names. */
  public static SortedSet<String> names() {
    return new TreeSet<>(ALL.keySet());
  }

  /**
   * Reads one from the class path, weights and all.
   *
   * @throws IllegalArgumentException if there is none of that name
   */
  public static Pretrained read(String name) {
    Supplier<Pretrained> reader = ALL.get(name);
    if (reader == null) {
      throw new IllegalArgumentException("no built-in encoder " + name + ", there is " + names());
    }
    return reader.get();
  }
}
