package io.darex.prune.parameter;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/** All kinds of mask, or all kinds of rescale, by name. */
public final class Kinds<T> {
  private final String what;
  private final SortedMap<String, Kind<T>> byName = new TreeMap<>();

  /**
   * @param what {@code mask} or {@code rescale}
   */
  public Kinds(String what, List<Kind<T>> kinds) {
    this.what = what;
    for (Kind<T> kind : kinds) {
      if (byName.put(kind.name(), kind) != null) {
        throw new IllegalArgumentException("expected each " + what + " once, got " + kind.name());
      }
    }
  }

  /** {@code mask} or {@code rescale}. */
  public String what() {
    return what;
  }

  /** Every kind, by name. */
  public Map<String, Kind<T>> all() {
    return Collections.unmodifiableMap(byName);
  }

  /** The names there are, sorted. */
  public Set<String> names() {
    return Collections.unmodifiableSet(byName.keySet());
  }

  /**
   * The kind of that name.
   *
   * @throws IllegalArgumentException if there is none
   */
  public Kind<T> get(String name) {
    Kind<T> kind = byName.get(name);
    if (kind == null) {
      throw new IllegalArgumentException(
          "unknown " + what + " '" + name + "'; there are " + names());
    }
    return kind;
  }
}
