package io.darex.bench.chart;

import io.darex.bench.chart.Axis.Kind;
import io.darex.bench.chart.Series.Point;
import io.darex.bench.chart.Series.Style;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import lombok.Builder;
import lombok.Singular;

/**
 * A picture: series of points between axes, in the colours of the reader's page.
 *
 * @param id unlike that of every other picture of a page
 * @param title what it shows
 * @param description how to read it
 * @param x the axis below
 * @param y the axis at the left
 * @param right the axis at the right; null for none
 * @param series drawn in their order
 * @param levels lines across
 * @param labelled whether names stand at the ends of lines, and not below
 */
@Builder
public record Chart(
    String id,
    String title,
    String description,
    Axis x,
    Axis y,
    Axis right,
    @Singular("add") List<Series> series,
    @Singular List<Level> levels,
    boolean labelled) {
  /** How many colours there are. */
  public static final int COLOURS = 6;

  /** What pictures of a page need in its style sheet; a file of one has it itself. */
  public static final String STYLE =
      """
      .chart { font: 15px system-ui, "DejaVu Sans", sans-serif; width: 100%; height: auto; --page: #fff; --ink: #202124; --soft: #55595f; --rule: #dfe2e6; --c0: #0060a8; --c1: #c04800; --c2: #007a50; --c3: #9c3f7c; --c4: #7a5c00; --c5: #1a7f96; background: var(--page); fill: var(--ink); }
      @media screen and (prefers-color-scheme: dark) { .chart { --page: #17191c; --ink: #e8eaed; --soft: #a8adb5; --rule: #3a3e44; --c0: #6fb3ff; --c1: #ff9c63; --c2: #4fd0a0; --c3: #f19bd0; --c4: #e3c34d; --c5: #76d2e6; } }
      .chart .rule { stroke: var(--rule); fill: none; } .chart .level { stroke: var(--soft); stroke-width: 1.5; stroke-dasharray: 6 4; fill: none; }
      .chart .soft { fill: var(--soft); } .chart .halo { stroke: var(--page); stroke-width: 4px; paint-order: stroke; stroke-linejoin: round; }
      .chart .line { stroke: currentColor; stroke-width: 2; fill: none; } .chart .bar { stroke: currentColor; stroke-width: 1.5; fill: none; }
      .chart .dot { fill: currentColor; stroke: var(--page); stroke-width: 1; } .chart .ring { fill: none; stroke: currentColor; stroke-width: 2.5; }
      .chart .c-1 { color: var(--soft); } .chart .c0 { color: var(--c0); } .chart .c1 { color: var(--c1); } .chart .c2 { color: var(--c2); } .chart .c3 { color: var(--c3); } .chart .c4 { color: var(--c4); } .chart .c5 { color: var(--c5); }
      .chart .name { fill: currentColor; }
      """;

  /**
   * A dashed line across, with its words.
   *
   * @param upright whether it goes from below to above
   */
  public record Level(String words, double at, boolean upright) {}

  /** As a part of a page that has {@link #STYLE}. */
  public String svg() {
    return new Drawing(this).svg();
  }

  /** A picture that {@link #open} began, as a file. */
  public static String alone(String svg) {
    return svg.replaceFirst(
        "</desc>\n", Matcher.quoteReplacement("</desc>\n<style>\n" + STYLE + "</style>\n"));
  }

  /** The axis below or at a side whose direction bars have. */
  boolean isSideways() {
    return y.kind() == Kind.NAMES;
  }

  /** The axis of a series' values. */
  Axis up(Series of) {
    return of.right() ? right : y;
  }

  /** The beginning of a picture of this size. */
  public static String open(String id, String title, String description, double w, double h) {
    String name = id.replaceAll("[^A-Za-z0-9-]", "-");
    return String.format(
        Locale.ROOT,
        """
        <svg xmlns="http://www.w3.org/2000/svg" class="chart" viewBox="-6 -4 %.0f %.0f" role="img" aria-labelledby="%s-title %s-desc">
        <title id="%s-title">%s</title>
        <desc id="%s-desc">%s</desc>
        """,
        w + 12,
        h + 8,
        name,
        name,
        name,
        Markup.escape(title),
        name,
        Markup.escape(description));
  }

  /** The beginning of words that are longer than so many characters. */
  public static String cut(String words, int length) {
    return words.codePointCount(0, words.length()) <= length
        ? words
        : words.substring(0, words.offsetByCodePoints(0, length - 1)) + "…";
  }

  /** Whether a point of it can be seen. */
  static boolean isSeen(Point point) {
    return Double.isFinite(point.x()) && Double.isFinite(point.y());
  }

  /** The way from a point to the next. */
  static String way(Style style, double x0, double y0, double x, double y) {
    String corner =
        switch (style) {
          case ALONG_FIRST -> String.format(Locale.ROOT, "L%.1f %.1f", x, y0);
          case ALONG_LAST -> String.format(Locale.ROOT, "L%.1f %.1f", x0, y);
          default -> "";
        };
    return corner + String.format(Locale.ROOT, "L%.1f %.1f", x, y);
  }
}
