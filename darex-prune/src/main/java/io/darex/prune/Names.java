package io.darex.prune;

import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Which tensor of a base belongs to which tuned one. The same name, or else the name with or
 * without a leading {@code bert.}: {@code BertModel} saves {@code encoder.layer.0…}, {@code
 * BertForSequenceClassification} saves {@code bert.encoder.layer.0…}. A base tensor that has a
 * tuned namesake is never given to another.
 */
public final class Names {
  private static final String PREFIX = "bert.";

  private Names() {}

  /** The base name of every tuned name that has one. */
  public static SortedMap<String, String> match(Set<String> tuned, Set<String> base) {
    SortedMap<String, String> matches = new TreeMap<>();
    for (String name : tuned) {
      String other = name.startsWith(PREFIX) ? name.substring(PREFIX.length()) : PREFIX + name;
      if (base.contains(name)) {
        matches.put(name, name);
      } else if (base.contains(other) && !tuned.contains(other)) {
        matches.put(name, other);
      }
    }
    return matches;
  }
}
