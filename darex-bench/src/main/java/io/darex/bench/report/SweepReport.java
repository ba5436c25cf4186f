package io.darex.bench.report;

import io.darex.bench.report.Block.Code;
import io.darex.bench.report.Block.Heading;
import io.darex.bench.report.Block.Lead;
import io.darex.bench.report.Block.Paragraph;
import io.darex.bench.report.Block.Picture;
import io.darex.bench.report.Block.Table;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The report of a sweep, at any time of it: {@code report.md} with its pictures, and {@code
 * report.html}, which needs no other file.
 *
 * @param name of the sweep
 * @param parameters what was varied
 * @param goal what is looked for
 * @param planned how many candidates there are to be
 * @param trials the finished ones
 * @param made how, where and when
 */
public record SweepReport(
    String name,
    List<Parameter> parameters,
    Goal goal,
    int planned,
    List<CandidateResult> trials,
    Made made) {
  /**
   * What was varied.
   *
   * @param name as the trials have it
   * @param log whether it was drawn from a logarithmic range
   */
  public record Parameter(String name, boolean log) {}

  /** The name of a candidate's file, without ending. */
  public static String number(int candidate) {
    return String.format(Locale.ROOT, "%03d", candidate);
  }

  /** A candidate's objectives in words. */
  public static String score(CandidateResult trial, Goal goal) {
    return goal.objectives().stream()
        .map(objective -> objective + " " + digits(objective, trial.scores().get(objective)))
        .collect(Collectors.joining(", "));
  }

  /** A candidate in one line: its number, objectives and values. */
  public static String line(CandidateResult trial, Goal goal) {
    return String.format(
        Locale.ROOT,
        "candidate %d, %s (%s)",
        trial.candidate(),
        score(trial, goal),
        trial.values().keySet().stream()
            .map(parameter -> parameter + " " + trial.text(parameter))
            .collect(Collectors.joining(", ")));
  }

  /** What is to be said of the best candidate: one below the floor is the nearest to it. */
  public static String best(CandidateResult trial, Goal goal) {
    return (goal.reaches(trial) ? "Best: " : "None reaches the floor; nearest: ")
        + line(trial, goal);
  }

  /** What {@code --json} prints: the candidates are as in the journal. */
  public Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("name", name);
    json.put("objectives", goal.objectives());
    json.put("planned", planned);
    goal.best(trials).ifPresent(best -> json.put("best", best.candidate()));
    json.put("candidates", trials);
    return json;
  }

  /** Writes the report into {@code folder}, over an older one. */
  public void write(Path folder) throws IOException {
    List<CandidateResult> done = bestFirst();
    List<CandidateResult> failed = failed();
    String title = "darex sweep: " + name;
    List<Block> blocks = new ArrayList<>();
    blocks.add(new Heading(1, title));
    lead(done, folder, blocks);
    blocks.add(new Paragraph(standing()));
    if (!done.isEmpty()) {
      blocks.add(new Heading(2, "Pictures"));
      pictures(done, blocks);
      blocks.add(new Heading(2, "Candidates"));
      blocks.add(
          new Paragraph(
              "The best first; each number leads to the configuration, which darex run accepts. "
                  + (done.stream()
                          .allMatch(trial -> trial.scores().containsKey(CandidateResult.DELTA))
                      ? "Metrics are of validation; dev was neither tuned nor searched on."
                      : "Metrics are of validation; nothing was searched on dev, but what the given"
                          + " checkpoint was tuned on is not known here.")));
      blocks.add(table(done));
    }
    if (!failed.isEmpty()) {
      blocks.add(new Heading(2, "Failed"));
      blocks.add(failures(failed));
    }
    Map<String, String> more = new LinkedHashMap<>();
    more.put("sweep", name);
    more.put("objectives", String.join(", ", goal.objectives()));
    blocks.addAll(made.blocks(more));
    blocks.add(new Heading(2, "Files beside this report"));
    blocks.add(
        new Table(
            List.of("file", "what"),
            List.of(
                List.of("journal.jsonl", "every candidate with its scores, one a line"),
                List.of("report.md", "this page as Markdown"),
                List.of("report.html", "this page")),
            List.of("journal.jsonl", "report.md", "report.html")));
    Page.write(folder, title, blocks);
  }

  List<CandidateResult> bestFirst() {
    return trials.stream().filter(CandidateResult::isDone).sorted(goal.bestFirst()).toList();
  }

  private List<CandidateResult> failed() {
    return trials.stream().filter(trial -> !trial.isDone()).toList();
  }

  /** How many there are, and the best. */
  String summary() {
    return standing() + goal.best(trials).map(best -> " " + best(best, goal) + ".").orElse("");
  }

  /** The best candidate, what it comes to against its tuned model, and how to run it. */
  private void lead(List<CandidateResult> done, Path folder, List<Block> blocks) {
    if (done.isEmpty()) {
      blocks.add(new Lead("No candidate has a score yet."));
      return;
    }
    CandidateResult best = done.get(0);
    double pruned = best.scores().get(CandidateResult.PRUNED);
    double tuned = best.scores().get(CandidateResult.TUNED);
    blocks.add(
        new Lead(
            String.format(
                Locale.ROOT,
                "%s. Files of %s keep %.3f of the tuned model's %.3f on validation.%s",
                best(best, goal),
                Answer.size(best.scores().get(CandidateResult.BYTES)),
                pruned,
                tuned,
                goal.reaches(best) ? " Use " + target(best) + "." : "")));
    blocks.add(new Code(Commands.line("darex", "run", folder.resolve(target(best)).toString())));
    blocks.add(
        new Paragraph(
            "It is the best of those that were tried, chosen by validation: expect a little less of"
                + " other texts. Each was run once, so that no interval is known; finetune.seed"
                + " with several values gives one."));
  }

  private String standing() {
    String floor =
        Double.isFinite(goal.floor())
            ? String.format(
                Locale.ROOT, " Candidates with less than %s pruned come last.", goal.floor())
            : "";
    return String.format(
        Locale.ROOT,
        "%d of %d candidates done, %d failed, %.0f minutes of work.%s",
        bestFirst().size(),
        // A sweep that was larger once keeps what it has.
        Math.max(planned, trials.size()),
        failed().size(),
        trials.stream().mapToDouble(CandidateResult::elapsed).max().orElse(0) / 60,
        floor);
  }

  private void pictures(List<CandidateResult> done, List<Block> blocks) {
    blocks.add(SweepCharts.bestOverTime(goal, done));
    if (goal.objectives().size() == 2) {
      blocks.add(SweepCharts.front(goal, done));
    }
    List<Dimension> dimensions =
        new ArrayList<>(
            parameters.stream().map(parameter -> Dimension.ofParameter(parameter, done)).toList());
    Dimension score = Dimension.ofScore(goal.objectives().get(0), done);
    for (Dimension parameter : dimensions) {
      Optional<Dimension> groups =
          dimensions.stream()
              .filter(other -> !other.equals(parameter) && SweepCharts.canColour(other))
              .findFirst();
      blocks.add(SweepCharts.against(parameter, score, groups, goal, done));
    }
    goal.objectives().forEach(each -> dimensions.add(Dimension.ofScore(each, done)));
    String caption =
        "Every finished candidate is a line; the darker the better, the best in orange.";
    blocks.add(
        new Picture(
            "sweep-parallel.svg",
            caption,
            ParallelCoordinates.svg(
                "sweep-parallel",
                caption,
                dimensions,
                done.stream().map(trial -> line(trial, goal)).toList())));
  }

  Table table(List<CandidateResult> done) {
    List<String> names = List.copyOf(done.get(0).scores().keySet());
    List<String> headers = new ArrayList<>(List.of("candidate"));
    parameters.forEach(parameter -> headers.add(parameter.name()));
    headers.addAll(names);
    headers.addAll(List.of("dev: pruned", "dev: tuned", "seconds"));
    List<List<String>> rows = new ArrayList<>();
    for (CandidateResult trial : done) {
      List<String> row = new ArrayList<>(List.of(number(trial.candidate())));
      parameters.forEach(parameter -> row.add(trial.text(parameter.name())));
      names.forEach(each -> row.add(digits(each, trial.scores().get(each))));
      row.add(digits(CandidateResult.PRUNED, trial.dev().get(CandidateResult.PRUNED)));
      row.add(digits(CandidateResult.TUNED, trial.dev().get(CandidateResult.TUNED)));
      row.add(String.format(Locale.ROOT, "%.0f", trial.seconds()));
      rows.add(row);
    }
    return new Table(headers, rows, targets(done));
  }

  private Table failures(List<CandidateResult> failed) {
    List<List<String>> rows = new ArrayList<>();
    for (CandidateResult trial : failed) {
      List<String> row = new ArrayList<>(List.of(number(trial.candidate())));
      parameters.forEach(parameter -> row.add(trial.text(parameter.name())));
      row.add(trial.failed());
      rows.add(row);
    }
    List<String> headers = new ArrayList<>(List.of("candidate"));
    parameters.forEach(parameter -> headers.add(parameter.name()));
    headers.add("why");
    return new Table(headers, rows, targets(failed));
  }

  private static List<String> targets(List<CandidateResult> trials) {
    return trials.stream().map(SweepReport::target).toList();
  }

  private static String target(CandidateResult trial) {
    return "candidates/" + number(trial.candidate()) + ".yml";
  }

  private static String digits(String score, double value) {
    return switch (score) {
      case CandidateResult.BYTES -> Answer.size(value);
      case CandidateResult.DELTA -> String.format(Locale.ROOT, "%.2e", value);
      default -> String.format(Locale.ROOT, "%.3f", value);
    };
  }
}
