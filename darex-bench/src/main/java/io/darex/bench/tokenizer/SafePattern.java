package io.darex.bench.tokenizer;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The regular expressions that a {@code tokenizer.json} may hold: characters and classes of
 * characters in a row, of which the last may repeat any number of times. Such a one is found in a
 * time proportional to the text's length and never matches nothing; the native library neither
 * limits the time of others nor survives all of them.
 */
final class SafePattern {
  private static final int LONGEST = 200;
  private static final int MOST = 1000;

  /** One character or class, then how often. */
  private static final Pattern ATOM =
      Pattern.compile(
          "(?:\\\\(?:[sSdDwWnrt]|[^\\p{Alnum}]|[pP]\\{[A-Z][a-z]?\\})"
              + "|\\[\\^?(?:[\\w .,;:!?'\"▁-]|\\\\[sdwnrt]|\\\\p\\{[A-Z][a-z]?\\})+\\]"
              + "|[^\\\\\\[\\](){}|*+?.^$])"
              + "(?<times>\\+|\\{(?<least>[0-9]{1,3})(?<comma>,(?<most>[0-9]{1,3})?)?\\})?");

  private SafePattern() {}

  /**
   * Checks an expression and gives the fewest characters that it matches.
   *
   * @throws io.darex.bench.console.BadInputException if it is another
   */
  static int check(JsonPart regex) {
    Matcher atom = ATOM.matcher(regex.text());
    int fewest = 0;
    boolean varies = false;
    int end = 0;
    while (!varies && atom.lookingAt()) {
      int least = atom.group("least") == null ? 1 : Integer.parseInt(atom.group("least"));
      String most = atom.group("most");
      if (least == 0 || (most != null && Integer.parseInt(most) < least)) {
        break;
      }
      varies = "+".equals(atom.group("times")) || atom.group("comma") != null;
      fewest += least;
      end = atom.end();
      atom.region(end, regex.text().length());
    }
    if (end < regex.text().length() || fewest == 0 || fewest > MOST || end > LONGEST) {
      throw regex.refusal("characters and classes in a row, of which the last may be repeated");
    }
    return fewest;
  }
}
