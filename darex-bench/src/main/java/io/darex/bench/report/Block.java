package io.darex.bench.report;

import io.darex.bench.chart.Markup;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;

/** One piece of a report, which can be written as Markdown and as HTML. */
public sealed interface Block {
  /** As Markdown, with a blank line after it. */
  String markdown();

  /** As HTML. */
  String html();

  /** A heading of level 1 to 3. */
  record Heading(int level, String text) implements Block {
    @Override
    public String markdown() {
      return "#".repeat(level) + " " + plain(text) + "\n\n";
    }

    @Override
    public String html() {
      return "<h" + level + ">" + Markup.escape(text) + "</h" + level + ">\n";
    }
  }

  /** What a report answers. */
  record Lead(String text) implements Block {
    @Override
    public String markdown() {
      return "**" + plain(text) + "**\n\n";
    }

    @Override
    public String html() {
      return "<p class=\"lead\">" + Markup.escape(text) + "</p>\n";
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
      return "<p>" + Markup.escape(text) + "</p>\n";
    }
  }

  /** Lines to be copied: commands or a file. */
  record Code(String text) implements Block {
    @Override
    public String markdown() {
      String fence = "```";
      while (text.contains(fence)) {
        fence += "`";
      }
      return fence + "\n" + lines(false) + fence + "\n\n";
    }

    @Override
    public String html() {
      return "<pre><code>" + lines(true) + "</code></pre>\n";
    }

    private String lines(boolean escaped) {
      return text.lines()
          .map(line -> (escaped ? Markup.escape(line) : Markup.visible(line)) + "\n")
          .collect(Collectors.joining());
    }
  }

  /**
   * A table; every row has as many cells as there are headers.
   *
   * @param targets files beside the report that the first column leads to, one for each row, empty
   *     text for none; an empty list for none at all
   */
  record Table(List<String> headers, List<List<String>> rows, List<String> targets)
      implements Block {
    /** Words that are not broken. */
    private static final int SHORT = 24;

    /** Leads nowhere. */
    public Table(List<String> headers, List<List<String>> rows) {
      this(headers, rows, List.of());
    }

    private String target(int row) {
      return targets.isEmpty() ? "" : targets.get(row);
    }

    @Override
    public String markdown() {
      List<List<String>> lines = new ArrayList<>();
      lines.add(headers.stream().map(Block::plain).toList());
      lines.add(Collections.nCopies(headers.size(), "---"));
      for (int i = 0; i < rows.size(); i++) {
        List<String> row = new ArrayList<>(rows.get(i).stream().map(Block::plain).toList());
        if (!target(i).isEmpty()) {
          row.set(0, "[" + row.get(0) + "](" + target(i) + ")");
        }
        lines.add(row);
      }
      StringBuilder text = new StringBuilder();
      lines.forEach(cells -> text.append("| ").append(String.join(" | ", cells)).append(" |\n"));
      return text.append('\n').toString();
    }

    @Override
    public String html() {
      StringBuilder text = new StringBuilder("<div class=\"scroll\" tabindex=\"0\" role=\"group\"");
      text.append(" aria-label=\"Table: ").append(Markup.escape(headers.get(0))).append("\">");
      text.append("<table>\n<thead><tr>");
      for (String header : headers) {
        text.append("<th scope=\"col\">").append(Markup.escape(header)).append("</th>");
      }
      text.append("</tr></thead>\n<tbody>\n");
      for (int i = 0; i < rows.size(); i++) {
        List<String> row = rows.get(i);
        String first = Markup.escape(row.get(0));
        if (!target(i).isEmpty()) {
          first = "<a href=\"" + Markup.escape(target(i)) + "\">" + first + "</a>";
        }
        text.append("<tr><th scope=\"row\">").append(first).append("</th>");
        for (String cell : row.subList(1, row.size())) {
          text.append(cell.length() < SHORT ? "<td class=\"short\">" : "<td>");
          text.append(Markup.escape(cell)).append("</td>");
        }
        text.append("</tr>\n");
      }
      return text.append("</tbody>\n</table></div>\n").toString();
    }
  }

  /**
   * A picture: a file beside the Markdown, a part of the HTML.
   *
   * @param file its name, relative to the report
   * @param svg as a part of a page
   */
  record Picture(String file, String caption, String svg) implements Block {
    @Override
    public String markdown() {
      return "![" + plain(caption) + "](" + file + ")\n\n";
    }

    @Override
    public String html() {
      return "<figure>\n"
          + svg
          + "<figcaption>"
          + Markup.escape(caption)
          + "</figcaption></figure>\n";
    }
  }

  /** Text as Markdown takes it, in a cell of a table too: nothing in it is markup. */
  static String plain(String text) {
    return Markup.visible(text)
        .replaceAll("[\\\\`*\\[\\]|~$]", "\\\\$0")
        // Within a word an underscore is one.
        .replaceAll("(?<![\\p{L}\\p{N}])_|_(?![\\p{L}\\p{N}])", "\\\\_")
        .replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;");
  }
}
