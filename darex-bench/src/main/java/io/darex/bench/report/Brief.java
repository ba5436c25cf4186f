package io.darex.bench.report;

import io.darex.bench.console.Table;
import io.darex.bench.report.Results.Score;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The end of a run or a sweep on a terminal: what the report says first, and a table.
 *
 * @param sentence of the answer; empty where there is none
 * @param headers of the table
 * @param rows as many cells each
 */
public record Brief(String sentence, List<String> headers, List<List<String>> rows) {
  /** As long as a screen; the report has all. */
  private static final int MOST = 20;

  private static final String NONE = "–";

  /** Of a run of one fine-tune. */
  public static Brief of(Results results) {
    List<List<String>> rows = new ArrayList<>();
    rows.add(row("tuned", results.tuned()));
    rows.add(row(Report.NOTHING, results.base()));
    results.baselines().forEach((name, score) -> rows.add(row("baseline: " + name, score)));
    for (Row row : Row.bySize(Row.of(results.cells()), Row::method, Row::bytes)) {
      rows.add(
          List.of(
              row.method(),
              Answer.size(row.bytes()),
              Answer.toDense(row.bytes(), row.denseBytes()),
              Row.dropRateWords(row.dropRate()),
              row.value().toString(),
              row.validation().toString(),
              String.valueOf(row.seeds())));
    }
    return new Brief(
        sentence(Report.answer(results)),
        List.of("checkpoint", "file", "to dense", "drop rate", "dev", "validation", "seeds"),
        rows);
  }

  private static List<String> row(String name, Score score) {
    return List.of(name, NONE, NONE, NONE, digits(score.value()), digits(score.validation()), NONE);
  }

  private static String digits(double value) {
    return String.format(Locale.ROOT, "%.3f", value);
  }

  private static String sentence(Answer answer) {
    return answer.tried().isEmpty() ? "" : answer.sentence();
  }

  /** Of several fine-tunes. */
  public static Brief of(Summary summary) {
    List<List<String>> rows = new ArrayList<>();
    summary
        .unpruned()
        .forEach(
            row ->
                rows.add(
                    List.of(
                        row.name(),
                        NONE,
                        NONE,
                        row.value().toString(),
                        row.validation().toString())));
    Row.bySize(summary.pruned(), Summary.Pruned::method, Summary.Pruned::bytes)
        .forEach(
            row ->
                rows.add(
                    List.of(
                        row.method(),
                        Answer.size(row.bytes()),
                        Row.dropRateWords(row.dropRate()),
                        row.value().toString(),
                        row.validation().toString())));
    return new Brief(
        sentence(summary.answer()),
        List.of("checkpoint", "file", "drop rate", "dev", "validation"),
        rows);
  }

  /** Of a sweep: the candidates that have scores, the best first. */
  public static Brief of(SweepReport sweep) {
    List<CandidateResult> done = sweep.bestFirst();
    if (done.isEmpty()) {
      return new Brief(sweep.summary(), List.of("candidate"), List.of());
    }
    Block.Table table = sweep.table(done);
    return new Brief(sweep.summary(), table.headers(), table.rows());
  }

  /** Prints it; of many rows the first. */
  public void print(PrintStream out) {
    if (!sentence.isEmpty()) {
      out.println(sentence);
      out.println("");
    }
    Table table = new Table(headers.toArray(String[]::new));
    rows.stream().limit(MOST).forEach(row -> table.row(row.toArray(String[]::new)));
    table.print(out);
    if (rows.size() > MOST) {
      out.println("and " + (rows.size() - MOST) + " more, which the report and --json have");
    }
    out.println("");
  }
}
