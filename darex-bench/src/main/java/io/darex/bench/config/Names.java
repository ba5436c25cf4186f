package io.darex.bench.config;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collection;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.Optional;
import org.apache.commons.text.similarity.LevenshteinDistance;

/** Names of things, and what a user may have meant by one. */
public final class Names {
  private static final int DIGEST_BYTES = 4;
  private static final int SHOWN = 60;

  private Names() {}

  /** Eight hexadecimal digits that another text is not going to have. */
  public static String digest(String text) {
    try {
      MessageDigest sha = MessageDigest.getInstance("SHA-256");
      byte[] digest = sha.digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest, 0, DIGEST_BYTES);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * {@code "unknown task 'colla': did you mean 'cola'? (valid: cola, rte)"}; no question where no
   * valid name is near.
   */
  public static String unknown(String kind, String name, Collection<String> valid) {
    // The distance takes a step for each two letters, and nobody reads a line of megabytes.
    String shown = name.length() <= SHOWN ? name : name.substring(0, SHOWN) + "…";
    return String.format(
        "unknown %s '%s'%s (valid: %s)",
        kind,
        shown,
        nearest(shown, valid).map(near -> ": did you mean '" + near + "'?").orElse(""),
        String.join(", ", valid));
  }

  /**
   * The valid name that {@code name} begins or that differs from it least, in half of its letters
   * at most; empty if there is none.
   */
  public static Optional<String> nearest(String name, Collection<String> valid) {
    LevenshteinDistance distance = LevenshteinDistance.getDefaultInstance();
    Optional<String> longer =
        valid.stream()
            .filter(each -> !name.isEmpty() && each.startsWith(name))
            .min(Comparator.comparingInt(String::length));
    return longer.or(
        () ->
            valid.stream()
                .filter(
                    each ->
                        2 * distance.apply(name, each) <= Math.max(name.length(), each.length()))
                .min(Comparator.comparingInt(each -> distance.apply(name, each))));
  }
}
