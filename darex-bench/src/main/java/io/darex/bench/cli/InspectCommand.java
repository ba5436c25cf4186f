package io.darex.bench.cli;

import io.darex.bench.console.Size;
import io.darex.bench.console.Table;
import io.darex.prune.delta.DeltaSummary;
import io.darex.prune.delta.SparseDeltaFile;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** {@code darex inspect}: what is in a sparse delta. */
@Command(
    name = "inspect",
    description = "Show what a sparse delta holds and where it comes from.",
    mixinStandardHelpOptions = true,
    footer = {"", "Example: darex inspect sst2.safetensors"})
final class InspectCommand implements Callable<Integer> {
  private static final int SHOWN = 20;
  private static final String NONE = "no digest taken";

  @ParentCommand private Main main;

  @Parameters(paramLabel = "FILE", description = "The sparse delta.")
  private Path file;

  @Option(names = "--all", description = "Show every tensor, not only the largest.")
  private boolean all;

  @Option(names = "--json", description = "Print the result as one line of JSON.")
  private boolean json;

  @Override
  public Integer call() throws IOException {
    DeltaSummary summary =
        DeltaSummary.of(SparseDeltaFile.open(file), Runtime.getRuntime().availableProcessors());
    if (json) {
      main.console().json(asJson(summary));
    } else {
      print(summary, main.console().out());
    }
    return 0;
  }

  private Map<String, Object> asJson(DeltaSummary summary) {
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("file", file.toString());
    result.put("bytes", summary.bytes());
    result.put("denseBytes", summary.denseBytes());
    result.put("ratio", summary.ratio());
    result.put("entries", summary.elements());
    result.put("kept", summary.kept());
    result.put("mask", mask(summary));
    result.put("base", summary.provenance().base().orElse(null));
    result.put("tuned", summary.provenance().tuned().orElse(null));
    result.put("digest", summary.digest().orElse(null));
    result.put("job", summary.provenance().job());
    Map<String, Long> files = new TreeMap<>();
    summary
        .provenance()
        .files()
        .forEach(
            (name, side) ->
                files.put(name, side.content().map(content -> content.count()).orElse(null)));
    result.put("files", files);
    result.put("pruned", summary.pruned());
    result.put("whole", summary.whole());
    return result;
  }

  private static Map<String, Object> mask(DeltaSummary summary) {
    Map<String, Object> mask = new LinkedHashMap<>();
    mask.put("kind", summary.mask().kind());
    mask.putAll(summary.mask().parameters());
    return mask;
  }

  private void print(DeltaSummary summary, PrintStream out) {
    List<Row> rows = new ArrayList<>();
    for (DeltaSummary.Pruned tensor : summary.pruned()) {
      String[] cells = {
        tensor.name(),
        tensor.shape().toString(),
        String.format(Locale.ROOT, "%,d", tensor.kept()),
        Table.number(tensor.q()),
        String.format(Locale.ROOT, "%.2e", tensor.meanMagnitude()),
        Size.text(tensor.bytes())
      };
      rows.add(new Row(tensor.bytes(), cells));
    }
    for (DeltaSummary.Whole tensor : summary.whole()) {
      String[] cells = {
        tensor.name(), tensor.shape().toString(), "whole", "", "", Size.text(tensor.bytes())
      };
      rows.add(new Row(tensor.bytes(), cells));
    }
    Table table = new Table("tensor", "shape", "kept", "q", "mean |Δ|", "bytes");
    rows.stream()
        .sorted(Comparator.comparingLong(row -> -row.bytes))
        .limit(all ? Long.MAX_VALUE : SHOWN)
        .forEach(row -> table.row(row.cells));
    table.print(out);
    if (!all && rows.size() > SHOWN) {
      out.printf(Locale.ROOT, "… and %,d smaller ones (--all)%n", rows.size() - SHOWN);
    }
    out.println();
    out.printf(
        Locale.ROOT,
        "kept    %,d of %,d entries in %,d tensors; %,d tensors whole%n",
        summary.kept(),
        summary.elements(),
        summary.pruned().size(),
        summary.whole().size());
    out.printf(
        Locale.ROOT,
        "bytes   %s, %.1f times smaller than %s dense%n",
        Size.text(summary.bytes()),
        summary.ratio(),
        Size.text(summary.denseBytes()));
    StringBuilder mask = new StringBuilder("mask    ").append(summary.mask().kind());
    summary
        .mask()
        .parameters()
        .forEach(
            (key, value) ->
                mask.append(", ")
                    .append(key)
                    .append(' ')
                    .append(value instanceof Map ? "of each tensor (--json)" : value));
    out.println(mask);
    out.println("base    " + summary.provenance().base().orElse(NONE));
    out.println("tuned   " + summary.provenance().tuned().orElse(NONE));
    out.println("digest  " + summary.digest().orElse(NONE));
    out.println("job     " + summary.provenance().job());
    summary
        .provenance()
        .files()
        .forEach(
            (name, side) ->
                out.println(
                    "file    "
                        + name
                        + side.content()
                            .map(content -> ", " + Size.text(content.count()))
                            .orElse(", as the base has it")));
  }

  /** One line of the table. */
  private static final class Row {
    private final long bytes;
    private final String[] cells;

    Row(long bytes, String... cells) {
      this.bytes = bytes;
      this.cells = cells;
    }
  }
}
