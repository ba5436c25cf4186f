package io.darex.bench.cli;

import io.darex.bench.console.Size;
import io.darex.bench.console.Table;
import io.darex.bench.pipeline.RunPlan;
import io.darex.bench.report.SweepReport;
import io.darex.bench.sweep.SweepPlan;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What {@code --dry-run} prints. */
final class PlanText {
  private static final String NONE = "–";
  private static final String DONE = "done";
  private static final String TO_DO = "to do";
  private static final String UNKNOWN = "time unknown until ";

  private PlanText() {}

  static void print(RunPlan plan, PrintStream out) {
    Table table = new Table("cell", "fine-tune", "mask seed", "state", "time", "file");
    for (RunPlan.Finetune finetune : plan.finetunes()) {
      for (RunPlan.Cell cell : finetune.cells()) {
        table.row(
            cell.method() + " at " + cell.size(),
            "seed " + finetune.seed(),
            String.valueOf(cell.seed()),
            cell.done() ? DONE : TO_DO,
            cell.done() ? NONE : cell.seconds() == null ? "unknown" : time(cell.seconds()),
            Size.text(cell.bytes()));
      }
    }
    table.print(out);
    out.println("");
    plan.finetunes().forEach(finetune -> out.println(line(finetune)));
    List<RunPlan.Cell> cells =
        plan.finetunes().stream().flatMap(finetune -> finetune.cells().stream()).toList();
    List<RunPlan.Cell> left = cells.stream().filter(cell -> !cell.done()).toList();
    out.println("cells: " + left.size() + " of " + cells.size() + " to do" + time(left));
    long models = plan.finetunes().stream().mapToLong(PlanText::models).sum();
    long training =
        plan.finetunes().stream().mapToLong(RunPlan.Finetune::trainingBytes).max().orElse(0);
    out.println(
        "disk: "
            + Size.text(models + left.stream().mapToLong(RunPlan.Cell::bytes).sum())
            + " more in the end"
            + (training == 0 ? "" : ", and at most " + Size.text(training) + " during a training"));
  }

  private static long models(RunPlan.Finetune finetune) {
    return finetune.epochsToDo() == 0 ? 0 : finetune.modelBytes();
  }

  private static String line(RunPlan.Finetune finetune) {
    String name = "fine-tune, seed " + finetune.seed() + ": ";
    if (finetune.epochs() == 0) {
      return name + "given";
    }
    if (finetune.epochsToDo() == 0) {
      return name + DONE;
    }
    return name
        + finetune.epochsToDo()
        + " of "
        + finetune.epochs()
        + " epochs to do, "
        + (finetune.epochSeconds() == null
            ? UNKNOWN + "the first is done"
            : "at most "
                + time(finetune.epochsToDo() * finetune.epochSeconds())
                + ", at "
                + time(finetune.epochSeconds())
                + " an epoch so far, without scores");
  }

  private static String time(List<RunPlan.Cell> left) {
    if (left.isEmpty()) {
      return "";
    }
    List<RunPlan.Cell> unknown = left.stream().filter(cell -> cell.seconds() == null).toList();
    if (unknown.size() == left.size()) {
      return ", " + UNKNOWN + "the first of a method is done";
    }
    double known =
        left.stream()
            .filter(cell -> cell.seconds() != null)
            .mapToDouble(RunPlan.Cell::seconds)
            .sum();
    return ", about "
        + time(known)
        + ", by the cells of their methods that are done"
        + (unknown.isEmpty() ? "" : "; of " + unknown.size() + " none is done");
  }

  static void print(SweepPlan plan, PrintStream out) {
    List<String> names =
        plan.candidates().stream()
            .findFirst()
            .map(candidate -> List.copyOf(candidate.values().keySet()))
            .orElse(List.of());
    List<String> header = new ArrayList<>(List.of("candidate"));
    header.addAll(names);
    header.add("state");
    Table table = new Table(header.toArray(String[]::new));
    for (SweepPlan.Candidate candidate : plan.candidates()) {
      List<String> row = new ArrayList<>(List.of(SweepReport.number(candidate.candidate())));
      names.forEach(name -> row.add(candidate.text(name)));
      row.add(candidate.done() ? DONE : TO_DO);
      table.row(row.toArray(String[]::new));
    }
    table.print(out);
    out.println("");
    out.println(
        "candidates: "
            + plan.toDo()
            + " of "
            + plan.planned()
            + " to do, "
            + (plan.seconds() == null
                ? UNKNOWN + "the first is done"
                : "about "
                    + time(plan.toDo() * plan.seconds())
                    + ", at "
                    + time(plan.seconds())
                    + " a candidate so far"));
    if (plan.isLed()) {
      out.println("the values of those that are not listed follow from the scores of others");
    } else {
      out.println(
          "disk: "
              + Size.text(plan.bytes())
              + " at most, fine-tunes to train: "
              + plan.finetunes());
    }
  }

  private static String time(double seconds) {
    Duration time = Duration.ofSeconds(Math.round(seconds));
    return seconds < 100
        ? String.format(Locale.ROOT, seconds < 10 ? "%.1f s" : "%.0f s", seconds)
        : time.toHours() == 0
            ? time.toMinutes() + " min"
            : String.format(Locale.ROOT, "%d h %d min", time.toHours(), time.toMinutesPart());
  }
}
