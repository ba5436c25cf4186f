package io.darex.prune;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Comparator;

/**
 * The order of names in files and digests: that of their UTF-8 bytes, which is also that of code
 * points and so Python's. Java's own order of strings differs beyond the basic plane.
 */
public final class NameOrder {
  /** Compares the UTF-8 bytes of two names, unsigned. */
  public static final Comparator<String> BY_UTF8 =
      (a, b) ->
          Arrays.compareUnsigned(
              a.getBytes(StandardCharsets.UTF_8), b.getBytes(StandardCharsets.UTF_8));

  private NameOrder() {}
}
