package io.darex.prune.delta;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Names, most of which are like one a little before them: those of layers repeat with another
 * number (docs/FORMAT.md §5).
 */
final class NameCode {
  private NameCode() {}

  /** What a name has in common with one before it: {@code prefix} bytes and {@code suffix}. */
  private record Likeness(int back, int prefix, int suffix, int bytes) {
    static Likeness of(int back, byte[] other, byte[] name) {
      int prefix = Arrays.mismatch(other, name);
      if (prefix < 0) {
        prefix = name.length; // which the caller's order rules out
      }
      int most = Math.min(other.length, name.length) - prefix;
      int suffix = 0;
      while (suffix < most && other[other.length - 1 - suffix] == name[name.length - 1 - suffix]) {
        suffix++;
      }
      int middle = name.length - prefix - suffix;
      int bytes =
          TableBytes.size(back)
              + TableBytes.size(prefix)
              + TableBytes.size(suffix)
              + TableBytes.size(middle)
              + middle;
      return new Likeness(back, prefix, suffix, bytes);
    }
  }

  /**
   * Writes names, each as in the fewest bytes that one before it makes possible; of equals, the
   * nearest.
   *
   * @throws IllegalArgumentException if a name is not Unicode, so that nobody could read it
   */
  static void encode(List<String> names, TableBytes bytes) {
    List<byte[]> before = new ArrayList<>();
    for (String text : names) {
      byte[] name = text.getBytes(StandardCharsets.UTF_8);
      if (!new String(name, StandardCharsets.UTF_8).equals(text)) {
        throw new IllegalArgumentException("expected names in Unicode, got '" + text + "'");
      }
      Likeness best = new Likeness(0, 0, 0, 1 + TableBytes.size(name.length) + name.length);
      for (int back = 1; back <= Math.min(DeltaTable.MAX_BACK, before.size()); back++) {
        Likeness here = Likeness.of(back, before.get(before.size() - back), name);
        if (here.bytes() < best.bytes()) {
          best = here;
        }
      }
      bytes.number(best.back());
      if (best.back() > 0) {
        bytes.number(best.prefix());
        bytes.number(best.suffix());
      }
      int middle = name.length - best.prefix() - best.suffix();
      bytes.number(middle);
      bytes.add(name, best.prefix(), middle);
      before.add(name);
    }
  }
}
