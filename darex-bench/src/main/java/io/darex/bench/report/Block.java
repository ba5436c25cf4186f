package io.darex.bench.report;

import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Locale;

/** One piece of a report, which can be written as Markdown and as HTML. */
public sealed interface Block {
  /** As Markdown, with a blank line after it. */
  String markdown();

  /** As HTML. */
  String html();

  /** A heading of level 1 or 2. */
  record Heading(int level, String text) implements Block {
    @Override
    public String markdown() {
      return "#".repeat(level) + " " + plain(text) + "\n\n";
    }

    @Override
    public String html() {
      return "<h" + level + ">" + escape(text) + "</h" + level + ">\n";
    }
  }

  /** A paragraph of plain text. */
  record Paragraph(String text) implements Block {
    @Override
    public String markdown() {
      return plain(text) + "\n\n";
    }

    @Override
    public String html() {
      return "<p>" + escape(text) + "</p>\n";
    }
  }

  /** A table; every row has as many cells as there are headers. */
  record Table(List<String> headers, List<List<String>> rows) implements Block {
    @Override
    public String markdown() {
      return markdown(headers, rows.stream().map(Table::plain).toList());
    }

    /** Of rows that are Markdown already. */
    private static String markdown(List<String> headers, List<List<String>> rows) {
      List<List<String>> lines = new ArrayList<>();
      lines.add(plain(headers));
      lines.add(Collections.nCopies(headers.size(), "---"));
      lines.addAll(rows);
      StringBuilder text = new StringBuilder();
      lines.forEach(cells -> text.append("| ").append(String.join(" | ", cells)).append(" |\n"));
      return text.append('\n').toString();
    }

    private static List<String> plain(List<String> cells) {
      return cells.stream().map(Block::plain).toList();
    }

    @Override
    public String html() {
      StringBuilder text = new StringBuilder("<table>\n").append(line("th", headers));
      rows.forEach(row -> text.append(line("td", row)));
      return text.append("</table>\n").toString();
    }

    private static String line(String tag, List<String> cells) {
      StringBuilder text = new StringBuilder("<tr>");
      for (String cell : cells) {
        text.append('<').append(tag).append('>').append(escape(cell));
        text.append("</").append(tag).append('>');
      }
      return text.append("</tr>\n").toString();
    }
  }

  /**
   * A table whose first column leads to files beside the report.
   *
   * @param targets relative to the report, one for each row
   */
  record LinkedTable(List<String> headers, List<List<String>> rows, List<String> targets)
      implements Block {
    @Override
    public String markdown() {
      List<List<String>> linked = new ArrayList<>();
      for (int i = 0; i < rows.size(); i++) {
        List<String> row = new ArrayList<>(Table.plain(rows.get(i)));
        row.set(0, "[" + row.get(0) + "](" + targets.get(i) + ")");
        linked.add(row);
      }
      return Table.markdown(headers, linked);
    }

    @Override
    public String html() {
      StringBuilder text = new StringBuilder("<table>\n").append(Table.line("th", headers));
      for (int i = 0; i < rows.size(); i++) {
        List<String> row = rows.get(i);
        text.append("<tr><td><a href=\"").append(escape(targets.get(i))).append("\">");
        text.append(escape(row.get(0))).append("</a></td>");
        row.subList(1, row.size())
            .forEach(cell -> text.append("<td>").append(escape(cell)).append("</td>"));
        text.append("</tr>\n");
      }
      return text.append("</table>\n").toString();
    }
  }

  /** A drawing: a file beside the Markdown, a part of the HTML. */
  record Drawing(String file, String caption, String svg) implements Block {
    @Override
    public String markdown() {
      return "![" + plain(caption) + "](" + file + ")\n\n";
    }

    @Override
    public String html() {
      return "<figure>" + svg + "<figcaption>" + escape(caption) + "</figcaption></figure>\n";
    }
  }

  /** A picture: a file beside the Markdown, embedded in the HTML. */
  @SuppressWarnings("ArrayRecordComponent") // a carrier of bytes, never compared
  record Picture(String file, String caption, byte[] png) implements Block {
    @Override
    public String markdown() {
      return "![" + plain(caption) + "](" + file + ")\n\n";
    }

    @Override
    public String html() {
      return "<figure><img alt=\""
          + escape(caption)
          + "\" src=\"data:image/png;base64,"
          + Base64.getEncoder().encodeToString(png)
          + "\"><figcaption>"
          + escape(caption)
          + "</figcaption></figure>\n";
    }
  }

  /** Text as HTML and SVG take it. */
  static String escape(String text) {
    return visible(text)
        .replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;")
        .replace("'", "&#39;");
  }

  /** Text as Markdown takes it, in a cell of a table too: nothing in it is markup. */
  static String plain(String text) {
    return visible(text)
        .replaceAll("[\\\\`*\\[\\]|~$]", "\\\\$0")
        // Within a word an underscore is one.
        .replaceAll("(?<![\\p{L}\\p{N}])_|_(?![\\p{L}\\p{N}])", "\\\\_")
        .replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;");
  }

  /** What has no picture, or turns the text around, by its number: names are a file's. */
  private static String visible(String text) {
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
