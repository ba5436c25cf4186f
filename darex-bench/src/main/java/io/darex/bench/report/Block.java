package io.darex.bench.report;

import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;

/** One piece of a report, which can be written as Markdown and as HTML. */
sealed interface Block {
  /** As Markdown, with a blank line after it. */
  String markdown();

  /** As HTML. */
  String html();

  /** A heading of level 1 or 2. */
  record Heading(int level, String text) implements Block {
    @Override
    public String markdown() {
      return "#".repeat(level) + " " + text + "\n\n";
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
      return text + "\n\n";
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
      List<List<String>> lines = new ArrayList<>();
      lines.add(headers);
      lines.add(Collections.nCopies(headers.size(), "---"));
      lines.addAll(rows);
      StringBuilder text = new StringBuilder();
      for (List<String> line : lines) {
        // A bare bar, as in mean |Δ|, would begin a new cell.
        List<String> cells = line.stream().map(cell -> cell.replace("|", "\\|")).toList();
        text.append("| ").append(String.join(" | ", cells)).append(" |\n");
      }
      return text.append('\n').toString();
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
        List<String> row = new ArrayList<>(rows.get(i));
        row.set(0, "[" + row.get(0) + "](" + targets.get(i) + ")");
        linked.add(row);
      }
      return new Table(headers, linked).markdown();
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
      return "![" + caption + "](" + file + ")\n\n";
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
      return "![" + caption + "](" + file + ")\n\n";
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

  /** Text as HTML takes it. */
  static String escape(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace("\"", "&quot;");
  }
}
