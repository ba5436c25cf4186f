package io.darex.bench.report;

import io.darex.bench.report.Block.Heading;
import io.darex.bench.report.Block.Paragraph;
import io.darex.bench.report.Block.Table;
import io.darex.bench.report.Results.Cell;
import io.darex.bench.report.Results.Score;
import io.darex.bench.report.Row.Spread;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** The report of a run: {@code report.md} with its pictures, and {@code report.html}. */
public final class Report {
  /** What is left where every entry is dropped. */
  static final String NOTHING = "nothing kept: base with the tuned head";

  private final Results results;
  private final Path folder;
  private final Made made;
  private final List<Row> rows;
  private final Answer answer;
  private final List<Block> blocks = new ArrayList<>();

  private Report(Results results, Path folder) {
    this.results = results;
    this.folder = folder;
    rows = Row.of(results.cells());
    made = made(results);
    answer = answer(results);
  }

  /**
   * Writes the report of {@code results} into {@code folder}, over an older one.
   *
   * @throws io.darex.bench.console.BadInputException if the folder's {@code training.jsonl} is not
   *     that of a training
   */
  public static void write(Results results, Path folder) throws IOException {
    Report report = new Report(results, folder);
    report.compose();
    Page.write(folder, report.title(), report.blocks);
  }

  static Answer answer(Results results) {
    Made made = made(results);
    return new Answer(
        made.base().isEmpty() ? results.encoder() : made.base(),
        results.tuned().metric(),
        FileLoss.of(results),
        results.tuned().value(),
        results.base().value(),
        "mask seeds");
  }

  private static Made made(Results results) {
    return results.made() == null ? Made.by(results.version()) : results.made();
  }

  private String title() {
    return "darex: " + results.task() + " on " + results.encoder();
  }

  private void compose() throws IOException {
    blocks.add(new Heading(1, title()));
    blocks.addAll(answer.lead(folder));
    blocks.add(new Heading(2, "Pictures"));
    answer.picture().ifPresent(blocks::add);
    Map<String, List<Row>> byMask =
        rows.stream()
            .collect(Collectors.groupingBy(Row::mask, LinkedHashMap::new, Collectors.toList()));
    byMask.forEach((mask, own) -> dropRates(mask, own, byMask.size() == 1 ? "" : "-" + file(mask)));
    byMask.forEach(this::searches);
    Path lines = folder.resolve(TrainingLines.FILE);
    if (!results.training().isEmpty() && Files.exists(lines)) {
      boolean pulls = Sentences.pulls(results.optimizer());
      blocks.addAll(TrainingLines.read(lines).pictures(pulls));
    }
    tables();
    Map<String, String> more = new LinkedHashMap<>();
    more.put("task", results.task());
    more.put("base", results.encoder());
    more.put("fine-tune", results.optimizer());
    more.put("mask seeds", seeds());
    more.put("job", results.job());
    blocks.addAll(made.blocks(more));
    blocks.add(new Heading(2, "Files beside this report"));
    blocks.add(files());
  }

  private String seeds() {
    String seeds =
        results.cells().stream()
            .map(Cell::seed)
            .distinct()
            .sorted()
            .map(String::valueOf)
            .collect(Collectors.joining(", "));
    return seeds.isEmpty() ? "none" : seeds;
  }

  private void tables() {
    blocks.add(new Heading(2, "Tables"));
    blocks.add(new Paragraph(Sentences.head(results, rows)));
    if (!answer.tried().isEmpty()) {
      blocks.add(new Heading(3, "The smallest file that loses at most a point, by method"));
      blocks.add(answer.table());
    }
    blocks.add(new Heading(3, "Before pruning"));
    blocks.add(before());
    blocks.add(new Heading(3, "Pruned"));
    blocks.add(pruned());
    Sentences.dropRates(rows).map(Paragraph::new).ifPresent(blocks::add);
    if (!results.training().isEmpty()) {
      blocks.add(new Heading(3, "Training"));
      blocks.add(new Paragraph(pace()));
      blocks.add(training());
    }
  }

  /** Whatever of a run is there now, and the deltas. */
  private Table files() {
    Map<String, String> known = new LinkedHashMap<>();
    known.put("results.json", "every number of this page");
    known.put("report.md", "this page as Markdown");
    known.put("report.html", "this page");
    known.put("tuned", "the fine-tuned model, a Hugging Face folder");
    known.put("adapter", "the same as a PEFT adapter");
    known.put("training.json", "the epochs");
    known.put(TrainingLines.FILE, "deltas and loss during the training");
    List<List<String>> lines = new ArrayList<>();
    known.forEach(
        (name, what) -> {
          // The report itself is written in a moment.
          if (name.startsWith("report.") || Files.exists(folder.resolve(name))) {
            lines.add(List.of(name, what));
          }
        });
    for (Row row : rows) {
      row.files()
          .forEach(
              name -> lines.add(List.of(name, row.method() + " of " + Answer.size(row.bytes()))));
    }
    return new Table(
        List.of("file", "what"), lines, lines.stream().map(line -> line.get(0)).toList());
  }

  /** Of one drop rate the picture against bytes says as much; of a size it is no round number. */
  private void dropRates(String mask, List<Row> all, String suffix) {
    List<Row> own =
        all.stream()
            .filter(
                row -> !row.sized() && row.dropRate() < 1 && Double.isFinite(row.value().mean()))
            .toList();
    if (own.stream().map(Row::dropRate).distinct().count() < 2) {
      return;
    }
    blocks.add(
        Charts.metricAgainstDropRate(
            "metric-against-drop-rate" + suffix,
            "The metric on dev against the drop rate, mask "
                + mask
                + (own.stream().anyMatch(row -> row.seeds() > 1)
                    ? "; bars are one standard deviation over mask seeds."
                    : "; one mask seed."),
            results,
            own));
  }

  private void searches(String mask, List<Row> own) {
    own.stream()
        .filter(Charts::isSearch)
        .sorted(Comparator.comparingDouble(Row::dropRate))
        .collect(Collectors.groupingBy(Row::target, LinkedHashMap::new, Collectors.toList()))
        .forEach(
            (target, searches) ->
                blocks.add(
                    Charts.searchedQ(
                        "searched-q-"
                            + file(mask)
                            + "-at-"
                            + file(target.replace("drop rate ", "")),
                        Sentences.searches(searches) + " at " + target + ", mask " + mask + ".",
                        results,
                        mask,
                        searches)));
  }

  /** As a part of a file's name. */
  private static String file(String words) {
    return words.replaceAll("[^A-Za-z0-9.]", "-");
  }

  private Table before() {
    List<List<String>> lines = new ArrayList<>();
    lines.add(score("tuned", results.tuned()));
    lines.add(score(NOTHING, results.base()));
    results.baselines().forEach((name, score) -> lines.add(score("baseline: " + name, score)));
    return new Table(List.of("checkpoint", "metric", "dev", "validation"), lines);
  }

  private static List<String> score(String name, Score score) {
    return List.of(name, score.metric(), digits(score.value()), digits(score.validation()));
  }

  private Table pruned() {
    List<List<String>> lines = new ArrayList<>();
    Iterator<String> changes =
        Row.bySize(answer.tried(), FileLoss::method, FileLoss::bytes).stream()
            .map(Answer::change)
            .iterator();
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
              changes.next(),
              row.validation().toString(),
              String.valueOf(row.seeds())));
    }
    FileLoss nothing =
        new FileLoss(
            NOTHING,
            0,
            0,
            new Spread(results.base().value(), 0, 1),
            new Spread(results.tuned().value() - results.base().value(), 0, 1),
            Double.NaN,
            List.of());
    lines.add(
        List.of(
            NOTHING,
            "–",
            "–",
            "1",
            "–",
            "–",
            digits(results.base().value()),
            Answer.change(nothing),
            digits(results.base().validation()),
            "–"));
    return new Table(
        List.of(
            "method",
            "file",
            "to dense",
            "drop rate",
            "q",
            "s for q",
            "dev",
            "change",
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
}
