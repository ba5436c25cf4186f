package io.darex.bench.chart;

import java.util.Locale;

/** Names that come from files, as text of a page or a picture. */
public final class Markup {
  private Markup() {}

  /** Text as HTML and SVG take it: nothing in it is markup. */
  public static String escape(String text) {
    return visible(text)
        .replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;")
        .replace("'", "&#39;");
  }

  /** What has no picture, or turns the text around, by its number. */
  public static String visible(String text) {
    StringBuilder seen = new StringBuilder();
    text.codePoints()
        .forEach(
            each -> {
              switch (Character.getType(each)) {
                case Character.CONTROL,
                    Character.FORMAT,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.SURROGATE,
                    Character.UNASSIGNED ->
                    seen.append(String.format(Locale.ROOT, "\\u%04x", each));
                default -> seen.appendCodePoint(each);
              }
            });
    return seen.toString();
  }
}
