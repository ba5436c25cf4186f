package io.darex.bench;

import io.darex.prune.KeptTensor;
import io.darex.prune.Provenance;
import io.darex.prune.SparseDelta;
import io.darex.prune.Tensor;
import io.darex.prune.checkpoint.SparseDeltaFile;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
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
  private static final int FLOAT_BYTES = 4;

  @ParentCommand private Main main;

  @Parameters(paramLabel = "FILE", description = "The sparse delta.")
  private Path file;

  @Option(names = "--all", description = "Show every tensor, not only the largest.")
  private boolean all;

  @Option(names = "--json", description = "Print the result as one line of JSON.")
  private boolean json;

  @Override
  public Integer call() throws IOException {
    SparseDeltaFile opened = SparseDeltaFile.open(file);
    Map<String, Long> bytes =
        opened.tensors().tensors().values().stream()
            .collect(
                Collectors.groupingBy(
                    tensor -> tensor.name().substring(tensor.name().indexOf(':') + 1),
                    Collectors.summingLong(tensor -> tensor.count() * tensor.dtype().bytes())));
    SparseDelta delta = opened.delta();
    List<Row> rows = new ArrayList<>();
    delta
        .kept()
        .forEach(
            (name, kept) ->
                rows.add(Row.of(kept, delta.scale().q(name), bytes.getOrDefault(name, 0L))));
    delta.whole().forEach((name, tensor) -> rows.add(Row.of(tensor, bytes.get(name))));
    rows.sort(Comparator.comparingLong((Row row) -> -row.bytes).thenComparing(row -> row.name));
    long dense = rows.stream().mapToLong(Row::denseBytes).sum();
    if (json) {
      main.console().json(asJson(opened, rows, dense));
    } else {
      print(opened, rows, dense, main.console().out());
    }
    return 0;
  }

  /**
   * One tensor; what is carried whole has no kept entries and no q.
   *
   * @param meanKept mean |Δ| of the kept entries, unscaled
   * @param bytes in the file, of values and places
   */
  private record Row(
      String name,
      List<Long> shape,
      boolean whole,
      long kept,
      double q,
      double meanKept,
      long bytes,
      long denseBytes) {
    static Row of(KeptTensor kept, double q, long bytes) {
      double[] sum = new double[1];
      kept.forEach((index, value) -> sum[0] += Math.abs(value));
      double mean = kept.kept() == 0 ? 0 : sum[0] / kept.kept();
      return new Row(
          kept.name(),
          boxed(kept.shape()),
          false,
          kept.kept(),
          q,
          mean,
          bytes,
          Tensor.count(kept.shape()) * FLOAT_BYTES);
    }

    static Row of(Tensor whole, long bytes) {
      return new Row(whole.name(), boxed(whole.shape()), true, 0, 0, 0, bytes, bytes);
    }

    private static List<Long> boxed(long[] shape) {
      return Arrays.stream(shape).boxed().toList();
    }
  }

  private Map<String, Object> asJson(SparseDeltaFile opened, List<Row> rows, long dense)
      throws IOException {
    SparseDelta delta = opened.delta();
    Map<String, Object> mask = new LinkedHashMap<>();
    mask.put("kind", delta.mask().kind());
    mask.putAll(delta.mask().parameters());
    List<Map<String, Object>> tensors = new ArrayList<>();
    for (Row row : rows) {
      Map<String, Object> tensor = new LinkedHashMap<>();
      tensor.put("name", row.name);
      tensor.put("shape", row.shape);
      tensor.put("whole", row.whole);
      if (!row.whole) {
        tensor.put("kept", row.kept);
        tensor.put("q", row.q);
        tensor.put("meanKept", row.meanKept);
      }
      tensor.put("bytes", row.bytes);
      tensors.add(tensor);
    }
    Provenance provenance = delta.provenance();
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("file", file.toString());
    result.put("bytes", Files.size(file));
    result.put("denseBytes", dense);
    result.put("mask", mask);
    result.put("base", provenance.base().orElse(null));
    result.put("tuned", provenance.tuned().orElse(null));
    result.put("digest", opened.digest().orElse(null));
    result.put("job", provenance.job());
    result.put("tensors", tensors);
    return result;
  }

  private void print(SparseDeltaFile opened, List<Row> rows, long dense, PrintStream out)
      throws IOException {
    Table table = new Table("tensor", "shape", "kept", "q", "mean |Δ|", "bytes");
    rows.stream()
        .limit(all ? Long.MAX_VALUE : SHOWN)
        .forEach(
            row ->
                table.row(
                    row.name,
                    row.shape.toString(),
                    row.whole ? "whole" : String.format(Locale.ROOT, "%,d", row.kept),
                    row.whole ? "" : String.format(Locale.ROOT, "%.4g", row.q),
                    row.whole ? "" : String.format(Locale.ROOT, "%.2e", row.meanKept),
                    Size.text(row.bytes)));
    table.print(out);
    if (!all && rows.size() > SHOWN) {
      out.printf(Locale.ROOT, "… and %,d smaller ones (--all)%n", rows.size() - SHOWN);
    }
    SparseDelta delta = opened.delta();
    long kept = delta.kept().values().stream().mapToLong(KeptTensor::kept).sum();
    long entries =
        delta.kept().values().stream().mapToLong(tensor -> Tensor.count(tensor.shape())).sum();
    long bytes = Files.size(file);
    out.println();
    out.printf(
        Locale.ROOT,
        "kept    %,d of %,d entries in %,d tensors; %,d tensors whole%n",
        kept,
        entries,
        delta.kept().size(),
        delta.whole().size());
    out.printf(
        Locale.ROOT,
        "bytes   %s, %.1f times smaller than %s dense%n",
        Size.text(bytes),
        (double) dense / bytes,
        Size.text(dense));
    Provenance provenance = delta.provenance();
    String none = "no digest taken";
    out.println("mask    " + delta.mask().kind() + " " + delta.mask().parameters());
    out.println("base    " + provenance.base().orElse(none));
    out.println("tuned   " + provenance.tuned().orElse(none));
    out.println("digest  " + opened.digest().orElse(none));
    out.println("job     " + provenance.job());
  }
}
