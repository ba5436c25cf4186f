package io.darex.bench.report;

import io.darex.bench.report.Block.Drawing;
import io.darex.bench.report.Block.Heading;
import io.darex.bench.report.Block.Paragraph;
import io.darex.bench.report.Block.Picture;
import io.darex.bench.report.Block.Table;
import io.darex.bench.report.Results.Score;
import io.darex.prune.file.AtomicWrite;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** The report of a run: {@code report.md} with its pictures, and {@code report.html}. */
public final class Report {
  /** The picture of the training, which fine-tuning leaves in the output folder. */
  public static final String TRAINING = "training.png";

  private static final String PAGE =
      """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <title>{title}</title>
      <style>
      body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #222; }
      table { border-collapse: collapse; margin: 1rem 0; font-size: .85rem; display: block; overflow-x: auto; }
      th, td { padding: .3rem .6rem; border-bottom: 1px solid #ddd; text-align: right; }
      th:first-child, td:first-child, th:nth-child(2), td:nth-child(2) { text-align: left; }
      figure { margin: 1.5rem 0; } img, svg { max-width: 100%; height: auto; }
      figcaption { color: #666; font-size: .9rem; }
      </style>
      </head>
      <body>
      {body}</body>
      </html>
      """;

  private final Results results;
  private final List<Row> rows;
  private final List<Block> blocks = new ArrayList<>();

  private Report(Results results, Optional<byte[]> training) {
    this.results = results;
    this.rows = Row.of(results.cells());
    compose(training);
  }

  /**
   * Writes the report of {@code results} into {@code folder}, over an older one.
   *
   * @throws java.nio.file.NoSuchFileException if there was a training and the folder has no picture
   *     {@link #TRAINING}
   */
  public static void write(Results results, Path folder) throws IOException {
    byte[] training =
        results.training().isEmpty() ? null : Files.readAllBytes(folder.resolve(TRAINING));
    Report report = new Report(results, Optional.ofNullable(training));
    write(folder, report.title(), report.blocks);
  }

  static Answer answer(Results results) {
    return new Answer(
        results.task(),
        results.tuned().metric(),
        FileLoss.of(results),
        results.tuned().value(),
        results.base().value(),
        "mask seeds");
  }

  /** Writes {@code report.md}, its pictures and {@code report.html}. */
  static void write(Path folder, String title, List<Block> blocks) throws IOException {
    StringBuilder markdown = new StringBuilder();
    for (Block block : blocks) {
      markdown.append(block.markdown());
      if (block instanceof Picture picture) {
        write(folder.resolve(picture.file()), picture.png());
      } else if (block instanceof Drawing drawing) {
        write(folder.resolve(drawing.file()), utf8(drawing.svg()));
      }
    }
    write(folder.resolve("report.md"), utf8(markdown.toString()));
    write(folder.resolve("report.html"), utf8(page(title, blocks)));
  }

  /** One page of HTML that needs no other file. */
  public static String page(String title, List<Block> blocks) {
    String body = blocks.stream().map(Block::html).collect(Collectors.joining());
    // The body last: what a title is made of may look like its place.
    String[] around = PAGE.split("\\{body}", 2);
    return around[0].replace("{title}", Block.escape(title)) + body + around[1];
  }

  /**
   * Checks early that pictures can be drawn, which needs a font.
   *
   * @throws IllegalStateException if the machine has none
   */
  public static void requireFonts() {
    Charts.requireFonts();
  }

  private static void write(Path file, byte[] content) throws IOException {
    AtomicWrite.file(file, true, temporary -> Files.write(temporary, content));
  }

  private String title() {
    return "darex: " + results.task() + " on " + results.encoder();
  }

  private void compose(Optional<byte[]> training) {
    blocks.add(new Heading(1, title()));
    blocks.addAll(answer(results).blocks());
    blocks.add(new Paragraph(Sentences.head(results, rows)));
    blocks.add(new Heading(2, "Before pruning"));
    blocks.add(before());
    blocks.add(new Heading(2, "Pruned"));
    blocks.add(pruned());
    Sentences.dropRates(rows).map(Paragraph::new).ifPresent(blocks::add);
    Map<String, List<Row>> byMask =
        rows.stream()
            .collect(Collectors.groupingBy(Row::mask, LinkedHashMap::new, Collectors.toList()));
    byMask.forEach((mask, own) -> dropRates(mask, own, byMask.size() == 1 ? "" : "-" + file(mask)));
    byMask.forEach(this::searches);
    training.ifPresent(
        picture -> {
          blocks.add(new Heading(2, "Training"));
          blocks.add(new Paragraph(pace()));
          blocks.add(training());
          blocks.add(new Picture(TRAINING, Sentences.training(results.optimizer()), picture));
        });
  }

  /** Of one drop rate the picture against bytes says as much; of a size it is no round number. */
  private void dropRates(String mask, List<Row> all, String suffix) {
    List<Row> own = all.stream().filter(row -> !row.sized()).toList();
    if (own.stream().map(Row::dropRate).distinct().count() < 2) {
      return;
    }
    blocks.add(
        new Picture(
            "metric-against-drop-rate" + suffix + ".png",
            "The metric on dev against the drop rate, mask "
                + mask
                + (own.stream().anyMatch(row -> row.seeds() > 1)
                    ? "; bars are one standard deviation over mask seeds."
                    : "; one mask seed."),
            Charts.metricAgainstDropRate(results, mask, own)));
  }

  private void searches(String mask, List<Row> own) {
    own.stream()
        .filter(Charts::isSearch)
        .sorted(Comparator.comparingDouble(Row::dropRate))
        .collect(Collectors.groupingBy(Row::target, LinkedHashMap::new, Collectors.toList()))
        .forEach(
            (target, searches) ->
                blocks.add(
                    new Picture(
                        "searched-q-"
                            + file(mask)
                            + "-at-"
                            + file(target.replace("drop rate ", ""))
                            + ".png",
                        Sentences.searches(searches) + " at " + target + ", mask " + mask + ".",
                        Charts.searchedQ(results, mask, searches))));
  }

  /** As a part of a file's name. */
  private static String file(String words) {
    return words.replaceAll("[^A-Za-z0-9.]", "-");
  }

  private Table before() {
    List<List<String>> lines = new ArrayList<>();
    lines.add(score("tuned", results.tuned()));
    lines.add(score("base with the tuned head", results.base()));
    results.baselines().forEach((name, score) -> lines.add(score("baseline: " + name, score)));
    return new Table(List.of("checkpoint", "metric", "dev", "validation"), lines);
  }

  private static List<String> score(String name, Score score) {
    return List.of(name, score.metric(), digits(score.value()), digits(score.validation()));
  }

  private Table pruned() {
    List<List<String>> lines = new ArrayList<>();
    for (Row row : Row.bySize(rows, Row::method, Row::bytes)) {
      lines.add(
          List.of(
              row.method(),
              Answer.size(row.bytes()),
              Answer.toDense(row.bytes(), row.denseBytes()),
              Row.dropRateWords(row.dropRate()),
              row.qRange().isEmpty()
                  ? String.format(Locale.ROOT, "%.4g", row.q())
                  : Row.words(row.qRange()),
              row.cost().seconds() < 0.05
                  ? "–"
                  : String.format(Locale.ROOT, "%.1f", row.cost().seconds()),
              row.value().toString(),
              row.validation().toString(),
              String.valueOf(row.seeds())));
    }
    return new Table(
        List.of(
            "method",
            "file",
            "to dense",
            "drop rate",
            "q",
            "s for q",
            "dev",
            "validation",
            "seeds"),
        lines);
  }

  private String pace() {
    int epochs = results.training().size();
    boolean early = epochs < results.plannedEpochs();
    double pace = results.tokensPerSecond();
    return String.format(
        Locale.ROOT,
        "%d epoch%s%s%s. The checkpoint of the best epoch on validation is the tuned one.",
        epochs,
        epochs == 1 && !early ? "" : "s",
        early ? " of " + results.plannedEpochs() + ", stopped early" : "",
        pace > 0
            ? String.format(Locale.ROOT, "; %.0f tokens a second, padding not counted", pace)
            : "");
  }

  private Table training() {
    List<List<String>> lines = new ArrayList<>();
    results
        .training()
        .forEach(
            epoch ->
                lines.add(
                    List.of(
                        String.valueOf(epoch.epoch()),
                        digits(epoch.loss()),
                        digits(epoch.validation()),
                        String.format(Locale.ROOT, "%.2e", epoch.meanAbsDelta()),
                        String.format(Locale.ROOT, "%.0f", epoch.seconds()),
                        epoch.tokens() > 0 && epoch.seconds() > 0
                            ? String.format(Locale.ROOT, "%.0f", epoch.tokens() / epoch.seconds())
                            : "–")));
    return new Table(
        List.of("epoch", "loss", "validation", "mean |Δ|", "seconds", "tokens/s"), lines);
  }

  private static String digits(double value) {
    return String.format(Locale.ROOT, "%.3f", value);
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
