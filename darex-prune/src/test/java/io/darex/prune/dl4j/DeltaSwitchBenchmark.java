package io.darex.prune.dl4j;

import io.darex.prune.Checkpoint;
import io.darex.prune.Checkpoints;
import io.darex.prune.Mask;
import io.darex.prune.Pruning;
import io.darex.prune.Selection;
import io.darex.prune.SparseDelta;
import io.darex.prune.Tensor;
import io.darex.prune.Values;
import io.darex.prune.delta.SparseDeltaFile;
import io.darex.prune.mask.MagnitudeMask;
import io.darex.prune.mask.RandomMask;
import io.darex.prune.mask.Scope;
import io.darex.prune.recipe.StoredValues;
import io.darex.prune.safetensors.Safetensors;
import io.darex.prune.tensor.InMemoryCheckpoint;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A switch between two sparse deltas next to loading a dense model, on the 22.7 M weights of
 * MiniLM-L6 in 101 tensors of random values.
 *
 * <p>{@code mvn -q -pl darex-prune test-compile exec:exec
 * -Dbenchmark=io.darex.prune.dl4j.DeltaSwitchBenchmark}: takes under a minute, and 700 MB of
 * temporary files, which stay in the page cache.
 *
 * <p>{@code load} reads a dense safetensors file from the page cache into the live arrays, as
 * {@link ModelWeights#load} does it; {@code copy} is what memory alone takes for as many floats. A
 * switch goes from one delta to another: it puts back the base's values under the first and adds
 * the second. Deltas are read from their mapped files ("file") or were read into memory ("heap").
 * Minima of {@value #ROUNDS} rounds in turn, since other work comes and goes.
 */
final class DeltaSwitchBenchmark {
  private static final int ROUNDS = 40;
  private static final int DELTAS = 10;
  private static final double MB = 1e6;

  private DeltaSwitchBenchmark() {}

  /** Measures and prints. */
  public static void main(String[] args) throws IOException {
    Path folder = Files.createTempDirectory("delta-switch");
    try {
      run(folder);
    } finally {
      try (var files = Files.list(folder)) {
        for (Path file : files.toList()) {
          Files.delete(file);
        }
      }
      Files.delete(folder);
    }
  }

  private static void run(Path folder) throws IOException {
    SameDiff sd = SameDiff.create();
    List<Tensor> tensors = new ArrayList<>();
    shapes().forEach((name, shape) -> tensors.add(Checkpoints.random(7, name, 0.05, shape)));
    for (Tensor tensor : tensors) {
      sd.var(tensor.name(), Nd4j.create(DataType.FLOAT, tensor.shape()));
    }
    ModelWeights weights = ModelWeights.of(sd);
    Checkpoint base = InMemoryCheckpoint.of(tensors, Optional.empty());
    long count = tensors.stream().mapToLong(Tensor::count).sum();
    Path dense = folder.resolve("dense.safetensors");
    Safetensors.write(dense, tensors, Map.of(), false);
    weights.load(base);

    INDArray from = Nd4j.rand(DataType.FLOAT, count);
    INDArray to = Nd4j.rand(DataType.FLOAT, count);
    double load = Double.MAX_VALUE;
    double copy = Double.MAX_VALUE;
    for (int round = 0; round < ROUNDS; round++) {
      load = Math.min(load, millis(() -> weights.load(open(dense))));
      copy = Math.min(copy, millis(() -> to.assign(from)));
    }
    System.out.printf(
        Locale.ROOT,
        "%d tensors, %.1f M weights, %.0f MB dense: load %.1f ms, copy %.1f ms%n%n",
        tensors.size(),
        count / 1e6,
        Float.BYTES * count / MB,
        load,
        copy);
    System.out.printf(
        "%-5s %-5s %-5s %10s %10s %8s %10s %16s %10s%n",
        "p",
        "kept",
        "from",
        "A to B ms",
        "B to A ms",
        "load/it",
        "to base ms",
        "10 deltas in MB",
        "dense/it");
    for (double dropRate : new double[] {0.9, 0.99, 0.999}) {
      for (Values values : List.of(Values.F32, Values.SIGN)) {
        measure(folder, weights, base, values, dropRate, load, count);
      }
    }
  }

  private static void measure(
      Path folder,
      ModelWeights weights,
      Checkpoint base,
      Values values,
      double dropRate,
      double load,
      long count)
      throws IOException {
    DeltaSwitch fromFile = new DeltaSwitch(weights);
    DeltaSwitch fromHeap = new DeltaSwitch(weights);
    long fileBytes = 0;
    long heapBytes = 0;
    for (int i = 0; i < DELTAS; i++) {
      Path file = folder.resolve(dropRate + "-" + values + "-" + i + ".safetensors");
      SparseDelta delta = delta(base, Models.tuned(8 + i, base, name -> name), values, dropRate, i);
      SparseDeltaFile.write(file, delta, false);
      fromFile.add("" + i, SparseDeltaFile.read(file));
      fromHeap.add("" + i, delta);
      fileBytes += Files.size(file);
      heapBytes +=
          delta.kept().values().stream()
              .mapToLong(kept -> kept.kept() * (Float.BYTES + Character.BYTES))
              .sum();
    }
    for (DeltaSwitch tasks : List.of(fromFile, fromHeap)) {
      double there = Double.MAX_VALUE;
      double back = Double.MAX_VALUE;
      double off = Double.MAX_VALUE;
      for (int round = 0; round < ROUNDS; round++) {
        String a = "" + round % DELTAS;
        String b = "" + (round + 1) % DELTAS;
        tasks.to(a);
        there = Math.min(there, millis(() -> tasks.to(b)));
        back = Math.min(back, millis(() -> tasks.to(a)));
        off = Math.min(off, millis(tasks::toBase));
      }
      tasks.to("0");
      double held = (tasks == fromFile ? fileBytes : heapBytes) + tasks.overwrittenBytes();
      tasks.toBase();
      System.out.printf(
          Locale.ROOT,
          "%-5s %-5s %-5s %10.2f %10.2f %8.1f %10.2f %16.1f %10.1f%n",
          dropRate,
          values,
          tasks == fromFile ? "file" : "heap",
          there,
          back,
          load / Math.max(there, back),
          off,
          held / MB,
          (double) DELTAS * Float.BYTES * count / held);
    }
  }

  /** Values of random entries, or signs of the largest. */
  private static SparseDelta delta(
      Checkpoint base, Checkpoint tuned, Values values, double dropRate, int seed) {
    Mask mask =
        values == Values.SIGN
            ? new MagnitudeMask(dropRate, Scope.MODEL)
            : new RandomMask(seed, dropRate);
    Pruning pruning = new Pruning(mask, Selection.ALL);
    SparseDelta view = pruning.view(pruning.delta(base, tuned), 2);
    return StoredValues.of(view, values, 2).inMemory(2);
  }

  private static Safetensors open(Path path) {
    try {
      return Safetensors.open(path);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static double millis(Runnable work) {
    long start = System.nanoTime();
    work.run();
    return (System.nanoTime() - start) / 1e6;
  }

  /** Names and shapes of sentence-transformers/all-MiniLM-L6-v2 without its pooler. */
  private static Map<String, long[]> shapes() {
    Map<String, long[]> shapes = new TreeMap<>();
    shapes.put("embeddings.word_embeddings.weight", new long[] {30_522, 384});
    shapes.put("embeddings.position_embeddings.weight", new long[] {512, 384});
    shapes.put("embeddings.token_type_embeddings.weight", new long[] {2, 384});
    norm(shapes, "embeddings.LayerNorm");
    for (int i = 0; i < 6; i++) {
      String layer = "encoder.layer." + i + ".";
      for (String part : List.of("self.query", "self.key", "self.value", "output.dense")) {
        linear(shapes, layer + "attention." + part, 384, 384);
      }
      norm(shapes, layer + "attention.output.LayerNorm");
      linear(shapes, layer + "intermediate.dense", 1536, 384);
      linear(shapes, layer + "output.dense", 384, 1536);
      norm(shapes, layer + "output.LayerNorm");
    }
    return shapes;
  }

  private static void linear(Map<String, long[]> shapes, String name, long out, long in) {
    shapes.put(name + ".weight", new long[] {out, in});
    shapes.put(name + ".bias", new long[] {out});
  }

  private static void norm(Map<String, long[]> shapes, String name) {
    shapes.put(name + ".weight", new long[] {384});
    shapes.put(name + ".bias", new long[] {384});
  }
}
