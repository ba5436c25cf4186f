package io.darex.bench.cli;

import io.darex.bench.console.Table;
import io.darex.bench.select.Words;
import io.darex.prune.Checkpoint;
import io.darex.prune.CheckpointDiff;
import io.darex.prune.CheckpointDiff.Change;
import io.darex.prune.folder.HuggingFaceFolder;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** {@code darex diff}: how far two checkpoints lie apart. */
@Command(
    name = "diff",
    description = "Compare two checkpoints tensor by tensor: what differs, and by how much.",
    mixinStandardHelpOptions = true,
    footer = {"", "Example: darex diff bert bert-sst2"})
final class DiffCommand implements Callable<Integer> {
  private static final int SHOWN = 20;

  @ParentCommand private Main main;

  @Parameters(
      index = "0",
      paramLabel = "A",
      converter = CheckpointPath.class,
      description = "A checkpoint: a folder or a file.")
  private Path first;

  @Parameters(
      index = "1",
      paramLabel = "B",
      converter = CheckpointPath.class,
      description = "Another checkpoint, or a PEFT adapter of A.")
  private Path second;

  @Option(names = "--all", description = "Show every tensor, not only those that changed most.")
  private boolean all;

  @Option(names = "--json", description = "Print the result as one line of JSON.")
  private boolean json;

  @Override
  public Integer call() throws IOException {
    HuggingFaceFolder.beside(first).ifPresent(main.console()::say);
    HuggingFaceFolder.beside(second).ifPresent(main.console()::say);
    Checkpoint before = HuggingFaceFolder.open(first);
    CheckpointDiff diff =
        CheckpointDiff.between(
            before,
            HuggingFaceFolder.openTuned(second, before),
            Runtime.getRuntime().availableProcessors());
    if (json) {
      main.console().json(asJson(diff));
    } else {
      print(diff, main.console().out());
    }
    return 0;
  }

  private static Map<String, Object> asJson(CheckpointDiff diff) {
    Map<String, Object> tensors = new LinkedHashMap<>();
    diff.tensors().forEach((name, change) -> tensors.put(name, asJson(change)));
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("identical", diff.identical());
    result.put("onlyFirst", diff.onlyFirst());
    result.put("onlySecond", diff.onlySecond());
    result.put("unlike", diff.unlike());
    result.put("total", asJson(diff.total()));
    result.put("tensors", tensors);
    return result;
  }

  private static Map<String, Object> asJson(Change change) {
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("entries", change.entries());
    result.put("changed", change.changed());
    result.put("mean", change.mean());
    result.put("max", change.max());
    result.put("relativeNorm", change.relativeNorm());
    return result;
  }

  private void print(CheckpointDiff diff, PrintStream out) {
    diff.onlyFirst().forEach(name -> out.println("only in " + first + ": " + name));
    diff.onlySecond().forEach(name -> out.println("only in " + second + ": " + name));
    diff.unlike().forEach(out::println);
    if (diff.identical()) {
      out.printf(Locale.ROOT, "identical: %,d tensors%n", diff.tensors().size());
      return;
    }
    Table table = new Table("tensor", "entries", "changed", "mean |Δ|", "max |Δ|", "‖Δ‖/‖A‖");
    List<Map.Entry<String, Change>> rows =
        diff.tensors().entrySet().stream()
            .sorted(Comparator.comparingDouble(row -> -row.getValue().relativeNorm()))
            .limit(all ? Long.MAX_VALUE : SHOWN)
            .toList();
    rows.forEach(row -> row(table, row.getKey(), row.getValue()));
    int left = diff.tensors().size() - rows.size();
    row(table, left > 0 ? "all, of which " + left + " not shown (--all)" : "all", diff.total());
    table.print(out);
    if (diff.total().changed() > 0) {
      out.println(Words.ADVICE);
    }
  }

  private static void row(Table table, String name, Change change) {
    table.row(
        name,
        String.format(Locale.ROOT, "%,d", change.entries()),
        String.format(Locale.ROOT, "%,d", change.changed()),
        String.format(Locale.ROOT, "%.2e", change.mean()),
        String.format(Locale.ROOT, "%.2e", change.max()),
        String.format(Locale.ROOT, "%.2e", change.relativeNorm()));
  }
}
