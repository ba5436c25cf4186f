package io.darex.bench.console;

import java.io.PrintStream;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A table for a terminal: the first column to the left, the others to the right. */
public final class Table {
  /** Columns of a terminal that a table fits. */
  private static final int WIDTH = 100;

  /** Of the first column, whatever the others take. */
  private static final int SHORTEST = 12;

  private static final String GAP = "  ";

  private final List<String[]> rows = new ArrayList<>();

  public Table(String... header) {
    rows.add(header);
  }

  /** Adds a row of as many cells as the header has. */
  public void row(String... cells) {
    rows.add(cells);
  }

  /** A number to four digits, without zeros at its end. */
  public static String number(double value) {
    return new BigDecimal(value)
        .round(new MathContext(4, RoundingMode.HALF_EVEN))
        .stripTrailingZeros()
        .toString();
  }

  /** Prints all rows; names too long for the width lose their middle. */
  public void print(PrintStream out) {
    int[] widths = new int[rows.get(0).length];
    for (String[] row : rows) {
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], row[i].length());
      }
    }
    int others = Arrays.stream(widths).skip(1).map(width -> width + GAP.length()).sum();
    widths[0] = Math.min(widths[0], Math.max(SHORTEST, WIDTH - others));
    for (String[] row : rows) {
      StringBuilder line = new StringBuilder(pad(shorten(row[0], widths[0]), -widths[0]));
      for (int i = 1; i < widths.length; i++) {
        line.append(GAP).append(pad(row[i], widths[i]));
      }
      out.println(line.toString().stripTrailing());
    }
  }

  private static String pad(String text, int width) {
    String blanks = " ".repeat(Math.abs(width) - text.length());
    return width < 0 ? text + blanks : blanks + text;
  }

  /** What tells tensors apart stands at both ends of their names. */
  private static String shorten(String text, int width) {
    if (text.length() <= width) {
      return text;
    }
    int head = (width - 1) / 2;
    return text.substring(0, head) + "…" + text.substring(text.length() - (width - 1 - head));
  }
}
