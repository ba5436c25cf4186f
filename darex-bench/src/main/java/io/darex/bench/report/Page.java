package io.darex.bench.report;

import io.darex.bench.chart.Chart;
import io.darex.bench.chart.Markup;
import io.darex.bench.report.Block.Picture;
import io.darex.prune.file.AtomicWrite;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/** The pieces of a report as one page of HTML, or as a folder's {@code report.md} and page. */
public final class Page {
  private static final String TEXT =
      """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <title>{title}</title>
      <style>
      :root { color-scheme: light dark; --back: #fff; --text: #202124; --faint: #55595f; --edge: #dfe2e6; --box: #f3f4f6; --link: #00579b; }
      @media screen and (prefers-color-scheme: dark) { :root { --back: #17191c; --text: #e8eaed; --faint: #a8adb5; --edge: #3a3e44; --box: #23262a; --link: #7cbaff; } }
      body { font: 1rem/1.5 system-ui, "DejaVu Sans", sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: var(--text); background: var(--back); overflow-wrap: anywhere; }
      h1 { font-size: 1.5rem; line-height: 1.25; } h2 { font-size: 1.2rem; margin-top: 2.5rem; } h3 { font-size: 1rem; } a { color: var(--link); }
      .lead { font-size: 1.2rem; font-weight: 600; } pre { background: var(--box); padding: .75rem 1rem; font-size: .85rem; white-space: pre-wrap; }
      .scroll { overflow-x: auto; margin: 1rem 0; } table { border-collapse: collapse; font-size: .85rem; overflow-wrap: normal; }
      th, td { padding: .3rem .6rem; border-bottom: 1px solid var(--edge); text-align: right; font-variant-numeric: tabular-nums; } tbody th { font-weight: normal; min-width: 6rem; } .short { white-space: nowrap; }
      th:first-child, th:nth-child(2), td:nth-child(2) { text-align: left; }
      figure { margin: 1.5rem 0; max-width: 46rem; } figcaption { color: var(--faint); font-size: .9rem; }
      @media print { figure, tr, pre { break-inside: avoid; } body { margin: 0; max-width: none; } }
      {style}</style>
      </head>
      <body>
      <main>
      {body}</main>
      </body>
      </html>
      """;

  private Page() {}

  /** One page of HTML that needs no other file. */
  public static String html(String title, List<Block> blocks) {
    String body = blocks.stream().map(Block::html).collect(Collectors.joining());
    // The body last: what a title is made of may look like its place.
    String[] around = TEXT.replace("{style}", Chart.STYLE).split("\\{body}", 2);
    return around[0].replace("{title}", Markup.escape(title)) + body + around[1];
  }

  /** Writes {@code report.md}, its pictures and {@code report.html}, over older ones. */
  static void write(Path folder, String title, List<Block> blocks) throws IOException {
    StringBuilder markdown = new StringBuilder();
    for (Block block : blocks) {
      markdown.append(block.markdown());
      if (block instanceof Picture picture) {
        write(folder.resolve(picture.file()), Chart.alone(picture.svg()));
      }
    }
    write(folder.resolve("report.md"), markdown.toString());
    write(folder.resolve("report.html"), html(title, blocks));
  }

  private static void write(Path file, String content) throws IOException {
    byte[] bytes = content.getBytes(StandardCharsets.UTF_8);
    AtomicWrite.file(file, true, temporary -> Files.write(temporary, bytes));
  }
}
