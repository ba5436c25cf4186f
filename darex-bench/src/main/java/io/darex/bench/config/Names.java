package io.darex.bench.config;

import java.util.Collection;
import java.util.Comparator;
import org.apache.commons.text.similarity.LevenshteinDistance;

/** Says what a user may have meant. */
public final class Names {
  private Names() {}

  /** {@code "unknown task 'colla': did you mean 'cola'? (valid: cola, rte)"}. */
  public static String unknown(String kind, String name, Collection<String> valid) {
    LevenshteinDistance distance = LevenshteinDistance.getDefaultInstance();
    String nearest =
        valid.stream()
            .min(Comparator.comparingInt(candidate -> distance.apply(name, candidate)))
            .orElseThrow();
    return String.format(
        "unknown %s '%s': did you mean '%s'? (valid: %s)",
        kind, name, nearest, String.join(", ", valid));
  }
}
