package io.darex.prune.dl4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.darex.prune.Checkpoint;
import io.darex.prune.Checkpoints;
import io.darex.prune.DType;
import io.darex.prune.KeptTensor;
import io.darex.prune.MismatchException;
import io.darex.prune.NonFiniteException;
import io.darex.prune.Provenance;
import io.darex.prune.Pruning;
import io.darex.prune.Scale;
import io.darex.prune.SparseDelta;
import io.darex.prune.Tensor;
import io.darex.prune.Values;
import io.darex.prune.delta.SparseDeltaFile;
import io.darex.prune.mask.RandomMask;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class DeltaSwitchTest {
  private static SparseDelta prune(long seed, double dropRate, String head, Checkpoint base) {
    return new Pruning(new RandomMask(seed, dropRate), Models.allBut(head))
        .prune(base, Models.tuned(seed, base, UnaryOperator.identity()));
  }

  /** All bits of all tensors, by name. */
  private static Map<String, int[]> bits(Checkpoint checkpoint) {
    Map<String, int[]> bits = new TreeMap<>();
    checkpoint
        .tensors()
        .forEach(
            (name, tensor) -> {
              float[] values = Checkpoints.values(tensor);
              int[] raw = new int[values.length];
              for (int i = 0; i < raw.length; i++) {
                raw[i] = Float.floatToRawIntBits(values[i]);
              }
              bits.put(name, raw);
            });
    return bits;
  }

  private static void assertSame(Checkpoint found, Checkpoint expected) {
    Map<String, int[]> bits = bits(found);
    Map<String, int[]> expectedBits = bits(expected);
    assertThat(bits).containsOnlyKeys(expectedBits.keySet());
    expectedBits.forEach((name, raw) -> assertThat(bits.get(name)).as(name).isEqualTo(raw));
  }

  @ParameterizedTest
  @EnumSource
  void everyDeltaIsWhatApplyToMakesOfTheBase(Models kind) {
    Models.Model model = kind.create();
    Checkpoint base = model.weights().copy();
    INDArray baseOutput = model.output().get().dup();
    Map<String, SparseDelta> deltas = new TreeMap<>();
    Map<String, INDArray> outputs = new TreeMap<>();
    DeltaSwitch tasks = new DeltaSwitch(model.weights());
    for (double dropRate : new double[] {0, 0.5, 0.9, 0.99}) {
      String name = "at " + dropRate;
      SparseDelta delta = prune((long) (dropRate * 100), dropRate, kind.head, base);
      assertThat(delta.whole()).isNotEmpty();
      deltas.put(name, delta);
      tasks.add(name, delta);
      Models.Model dense = kind.create();
      dense.weights().load(delta.applyTo(base));
      outputs.put(name, dense.output().get().dup());
      assertThat(outputs.get(name)).isNotEqualTo(baseOutput);
    }
    assertThat(tasks.names()).isEqualTo(deltas.keySet());

    long seed = System.nanoTime();
    SplittableRandom random = new SplittableRandom(seed);
    List<String> names = new ArrayList<>(deltas.keySet());
    for (int step = 0; step < 40; step++) {
      int choice = random.nextInt(names.size() + 1);
      if (choice == names.size()) {
        tasks.toBase();
        assertThat(tasks.current()).isEmpty();
        assertThat(model.output().get()).as("seed " + seed).isEqualTo(baseOutput);
      } else {
        String name = names.get(choice);
        INDArray output = tasks.with(name, () -> model.output().get());
        assertThat(tasks.current()).contains(name);
        assertThat(output).as("seed " + seed).isEqualTo(outputs.get(name));
        if (step < 8) {
          SparseDelta delta = deltas.get(name);
          assertSame(model.weights().copy(), delta.applyTo(base));
          long changed =
              delta.kept().values().stream().mapToLong(KeptTensor::kept).sum()
                  + delta.whole().values().stream().mapToLong(Tensor::count).sum();
          assertThat(tasks.overwrittenBytes()).isEqualTo(6 * changed);
        }
      }
    }
    tasks.toBase();
    assertThat(tasks.overwrittenBytes()).isZero();
    assertSame(model.weights().copy(), base);
  }

  /** No other backend can be had here; this is the way it takes. */
  @ParameterizedTest
  @EnumSource
  void worksWithoutHostMemory(Models kind) {
    Models.Model model = kind.create();
    Checkpoint base = model.weights().copy();
    ModelWeights remote = ModelWeights.of(model.arrays(), false);
    assertSame(remote.copy(), base);
    SparseDelta delta = prune(1, 0.9, kind.head, base);
    DeltaSwitch tasks = new DeltaSwitch(remote);
    tasks.add("a", delta);
    tasks.to("a");
    assertSame(model.weights().copy(), delta.applyTo(base));
    tasks.toBase();
    assertSame(model.weights().copy(), base);
    remote.load(delta.applyTo(base));
    assertSame(model.weights().copy(), delta.applyTo(base));
  }

  @Test
  void scaleAndFileMakeNoDifference(@TempDir Path folder) throws IOException {
    Models.Model model = Models.SAME_DIFF.create();
    Checkpoint base = model.weights().copy();
    SparseDelta delta =
        prune(5, 0.95, "classifier", base).withScale(new Scale(0.3, Map.of("encoder.bias", 0.07)));
    Path file = folder.resolve("delta.safetensors");
    SparseDeltaFile.write(file, delta, false);
    DeltaSwitch tasks = new DeltaSwitch(model.weights());
    tasks.add("file", SparseDeltaFile.read(file));
    tasks.to("file");
    assertSame(model.weights().copy(), delta.applyTo(base));
  }

  @Test
  void namesMatchAsInApplyTo() {
    Models.Model model = Models.SAME_DIFF.create();
    Checkpoint base = model.weights().copy();
    Checkpoint tuned =
        Models.tuned(3, base, name -> name.startsWith("encoder") ? "bert." + name : name);
    SparseDelta delta = new Pruning(new RandomMask(3, 0.9)).prune(base, tuned);
    DeltaSwitch tasks = new DeltaSwitch(model.weights());
    tasks.add("a", delta);
    tasks.to("a");
    Map<String, int[]> expected = bits(delta.applyTo(base));
    assertThat(bits(model.weights().copy()).get("encoder.weight"))
        .isEqualTo(expected.get("bert.encoder.weight"));
  }

  @Test
  void listsAllThatDoesNotFit() {
    DeltaSwitch tasks = new DeltaSwitch(Models.SAME_DIFF.create().weights());
    SparseDelta delta =
        delta(
            List.of(
                new KeptTensor("encoder.weight", new long[] {0, 2}, new char[0][], new float[0][]),
                new KeptTensor("pooler", new long[] {0}, new char[0][], new float[0][])),
            List.of(
                Checkpoints.random(1, "classifier.weight", 1, 2, 250),
                Checkpoints.random(1, "classifier.bias", 1, 3),
                new Unreadable("encoder.bias", DType.I64, 250)));
    assertThatThrownBy(() -> tasks.add("a", delta))
        .isInstanceOf(MismatchException.class)
        .hasMessageContainingAll(
            "tensor encoder.weight: shape [250, 300] in the model, got [0, 2]",
            "tensor pooler: the model has none of that name",
            "tensor classifier.weight: shape [3, 250] in the model, got [2, 250]",
            "tensor classifier.bias: the model has none of that name",
            "tensor encoder.bias: expected F32, F16 or BF16, got I64");
    assertThat(tasks.names()).isEmpty();
  }

  @Test
  void namesMustBeNewOrKnown() {
    INDArray array = Nd4j.zeros(4);
    DeltaSwitch tasks = new DeltaSwitch(ModelWeights.of(Map.of("w", array), true));
    tasks.add("a", delta(List.of(), List.of(Checkpoints.random(1, "w", 1, 4))));
    assertThatThrownBy(
            () -> tasks.add("a", delta(List.of(), List.of(Checkpoints.random(1, "w", 1, 4)))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("there is already a delta called a");
    assertThatThrownBy(() -> tasks.to("b"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("there is no delta called b, only [a]");
    assertThatThrownBy(() -> tasks.remove("b")).hasMessageContaining("no delta called b");
  }

  @Test
  void aFailedSwitchLeavesTheBase() {
    Models.Model model = Models.MULTI_LAYER.create();
    Checkpoint base = model.weights().copy();
    DeltaSwitch tasks = new DeltaSwitch(model.weights());
    SparseDelta good = prune(1, 0.5, "2", base);
    tasks.add("good", good);
    // In the last tensor, and finite by itself: only the sum is not.
    float[] huge = {0.1f, Float.MAX_VALUE};
    SparseDelta overflow =
        with(
            good,
            new KeptTensor(
                "1_mean", new long[] {250}, new char[][] {{3, 7}}, new float[][] {huge}));
    tasks.add("overflow", overflow.withScale(Scale.of(0.5)));
    tasks.add("broken", with(good, broken("1_mean", 250)));
    for (String bad : List.of("overflow", "broken")) {
      tasks.to("good");
      assertThatThrownBy(() -> tasks.with(bad, () -> 1))
          .isInstanceOf(bad.equals("broken") ? InternalError.class : NonFiniteException.class)
          .hasMessageContaining("1_mean");
      assertThat(tasks.current()).isEmpty();
      assertSame(model.weights().copy(), base);
    }
    tasks.to("good");
    assertSame(model.weights().copy(), good.applyTo(base));
  }

  @Test
  void removingTheDeltaThatIsOnGoesToTheBase() {
    Models.Model model = Models.GRAPH.create();
    Checkpoint base = model.weights().copy();
    DeltaSwitch tasks = new DeltaSwitch(model.weights());
    tasks.add("a", prune(1, 0.5, "head", base));
    tasks.to("a");
    tasks.remove("a");
    assertThat(tasks.names()).isEmpty();
    assertThat(tasks.current()).isEmpty();
    assertSame(model.weights().copy(), base);
  }

  @Test
  void workMayNotSwitchButMayRead() {
    Models.Model model = Models.GRAPH.create();
    DeltaSwitch tasks = new DeltaSwitch(model.weights());
    tasks.add("a", prune(1, 0.5, "head", model.weights().copy()));
    assertThat(tasks.with("a", () -> tasks.with("a", () -> tasks.read(() -> 3)))).isEqualTo(3);
    assertThatThrownBy(() -> tasks.with("a", () -> tasks.withBase(() -> 3)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("work on delta a must end");
    assertThatThrownBy(() -> tasks.read(() -> run(tasks::toBase)))
        .isInstanceOf(IllegalStateException.class);
    assertThat(tasks.withBase(() -> tasks.current())).isEmpty();
  }

  /** The delta with one more kept tensor, or another in place of one. */
  private static SparseDelta with(SparseDelta delta, KeptTensor tensor) {
    Map<String, KeptTensor> kept = new TreeMap<>(delta.kept());
    kept.put(tensor.name(), tensor);
    return new SparseDelta(
        delta.mask(),
        delta.scale(),
        delta.values(),
        new TreeMap<>(kept),
        delta.whole(),
        delta.provenance());
  }

  private static SparseDelta delta(List<KeptTensor> kept, List<? extends Tensor> whole) {
    SortedMap<String, KeptTensor> keptByName = new TreeMap<>();
    kept.forEach(tensor -> keptByName.put(tensor.name(), tensor));
    SortedMap<String, Tensor> wholeByName = new TreeMap<>();
    whole.forEach(tensor -> wholeByName.put(tensor.name(), tensor));
    return new SparseDelta(
        new RandomMask(1, 0.5),
        Scale.of(0.5),
        Values.F32,
        keptByName,
        wholeByName,
        new Provenance(Optional.empty(), Optional.empty(), "{}", Optional.empty()));
  }

  /** A kept tensor that keeps its first entry and fails where that is read. */
  private static KeptTensor broken(String name, long length) {
    Tensor values = new Unreadable(name, DType.F32, 1);
    return new KeptTensor(name, new long[] {length}, (block, into) -> 1, new long[] {1}, values);
  }

  /** A tensor whose values cannot be had. */
  private record Unreadable(String name, DType dtype, long length) implements Tensor {
    @Override
    public long[] shape() {
      return new long[] {length};
    }

    @Override
    public void read(long from, float[] into, int offset, int length) {
      throw new InternalError(name + " lies in a file that is gone");
    }
  }

  private static int run(Runnable work) {
    work.run();
    return 0;
  }
}
