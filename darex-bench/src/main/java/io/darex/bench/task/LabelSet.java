package io.darex.bench.task;

import java.math.BigDecimal;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;

/**
 * What may stand in the label column of a file: one of some words, or a score.
 *
 * @param words the labels as the file writes them, in index order; none where it has scores
 * @param low the least score
 * @param high the greatest score
 */
public record LabelSet(List<String> words, double low, double high) {
  private static final String DECIMAL = "[-+]?(\\d+\\.?\\d*|\\.\\d+)([eE][-+]?\\d{1,4})?";

  /** Copies the words. */
  public LabelSet {
    words = List.copyOf(words);
  }

  /** Labels of a classification. */
  public static LabelSet of(List<String> words) {
    return new LabelSet(words, 0, words.size() - 1.0);
  }

  /** Scores of a regression, from {@code low} to {@code high}. */
  public static LabelSet scores(double low, double high) {
    return new LabelSet(List.of(), low, high);
  }

  /** The index or the score that {@code cell} stands for; empty where it is neither. */
  OptionalDouble parse(String cell) {
    double value;
    if (words.isEmpty()) {
      // Java would also take 5d, 0x5p0, NaN and blanks around.
      value = cell.matches(DECIMAL) ? Double.parseDouble(cell) : Double.NaN;
    } else {
      value = words.indexOf(cell);
    }
    return value >= low && value <= high ? OptionalDouble.of(value) : OptionalDouble.empty();
  }

  /** What {@link #parse} takes, for an error. */
  String expected() {
    return words.isEmpty()
        ? String.format(Locale.ROOT, "a score from %s to %s", decimal(low), decimal(high))
        : "label " + String.join(" or ", words);
  }

  /** A label index or a score as a file writes it, a score as a plain decimal. */
  public String write(double label) {
    return words.isEmpty() ? decimal(label) : words.get((int) label);
  }

  /** As {@link #write}, with a score beyond the range moved to its end. */
  public String writeWithin(double label) {
    return write(Math.max(low, Math.min(high, label)));
  }

  private static String decimal(double value) {
    // Scores are computed in fp32: more digits than a float's would be noise.
    return Double.isFinite(value)
        ? new BigDecimal(Float.toString((float) value)).stripTrailingZeros().toPlainString()
        : String.valueOf(value);
  }
}
