package io.darex.optim;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.linalg.learning.GradientUpdater;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.regularization.WeightDecay;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.VerboseMode;

/**
 * One AdamR step on a flat vector of 110 M floats, next to ND4J's Adam and to memory alone.
 *
 * <p>{@code mvn -q -pl darex-optim test-compile exec:exec}: needs 6 GB, takes under four minutes.
 *
 * <p>A step with GLOBAL normalisation moves 36 bytes a parameter: g twice, m, v, θ, θ_P in and m,
 * v, θ out. {@code memcpy} moves as many by copying; {@code inPlace} by scaling an array in place,
 * a stricter bound, because a copy also has to fetch the lines it overwrites. ND4J's updaters stop
 * at the update; its subtraction from the weights, which AdamR's step includes, is not counted.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 5)
@Measurement(iterations = 10)
@Fork(1)
public class AdamRStepBenchmark {
  private static final long LENGTH = 110_000_000;
  private static final int BLOCK = 1 << 20;
  private static final int ROUNDS = 2;

  private static INDArray values() {
    return Nd4j.rand(DataType.FLOAT, LENGTH).subi(0.5);
  }

  /** AdamR as a training loop runs it. */
  @State(Scope.Benchmark)
  public static class Own {
    private AdamROptimizer optimizer;
    private Map<String, INDArray> gradients;

    @Setup
    public void create() {
      optimizer =
          new AdamROptimizer(
              AdamR.builder().learningRate(1e-5).build(),
              Map.of("w", values()),
              Anchor.of(Map.of("w", values())));
      gradients = Map.of("w", values());
    }

    StepReport step() {
      return optimizer.step(gradients);
    }
  }

  /** ND4J's Adam. */
  @State(Scope.Benchmark)
  public static class Theirs {
    private INDArray theta;
    private INDArray gradient;
    private GradientUpdater<?> updater;
    private final WeightDecay decay = new WeightDecay(0.01, true);

    @Setup
    public void create() {
      theta = values();
      gradient = values();
      updater = new Adam(1e-5).instantiate(Nd4j.create(DataType.FLOAT, 1, 2 * LENGTH), true);
    }

    INDArray step() {
      updater.applyUpdater(gradient, 5, 0);
      return gradient;
    }

    INDArray decayed() {
      decay.apply(theta, step(), 1e-5, 5, 0);
      return gradient;
    }
  }

  /** Two arrays that no cache holds. */
  @State(Scope.Benchmark)
  public static class Memory {
    private INDArray from;
    private INDArray half;
    private INDArray to;

    @Setup
    public void create() {
      from = values();
      half = from.get(NDArrayIndex.interval(0, LENGTH / 2));
      to = values();
    }

    /** 4 bytes in and 4 out, of each of {@code count} parameters. */
    void copy(long count) {
      IntStream.range(0, (int) ((count + BLOCK - 1) / BLOCK))
          .parallel()
          .forEach(
              block -> {
                long start = (long) block * BLOCK;
                Pointer target = at(to, start);
                Pointer.memcpy(target, at(from, start), 4 * Math.min(BLOCK, count - start));
              });
    }

    private static Pointer at(INDArray array, long element) {
      return new BytePointer(array.data().addressPointer()).position(4 * element);
    }
  }

  @Benchmark
  @Fork(jvmArgsAppend = "--add-modules=jdk.incubator.vector")
  public StepReport vector(Own own) {
    return own.step();
  }

  @Benchmark
  @Fork(jvmArgsAppend = "-Ddarex.kernel=plain")
  public StepReport plain(Own own) {
    return own.step();
  }

  @Benchmark
  @Fork(jvmArgsAppend = "-Ddarex.kernel=nd4j")
  public StepReport nd4j(Own own) {
    return own.step();
  }

  @Benchmark
  public INDArray adam(Theirs theirs) {
    return theirs.step();
  }

  @Benchmark
  public INDArray adamAndWeightDecay(Theirs theirs) {
    return theirs.decayed();
  }

  @Benchmark
  public void memcpy(Memory memory) {
    for (int i = 0; i < 4; i++) {
      memory.copy(LENGTH);
    }
    memory.copy(LENGTH / 2);
  }

  @Benchmark
  public void inPlace(Memory memory) {
    for (int i = 0; i < 4; i++) {
      memory.to.muli(0.999f);
    }
    memory.half.muli(0.999f);
  }

  /** Runs all in turn, more than once because other work comes and goes, and compares minima. */
  public static void main(String[] args) throws RunnerException {
    Map<String, Double> best = new HashMap<>();
    for (int round = 0; round < ROUNDS; round++) {
      var options =
          new OptionsBuilder()
              .include(AdamRStepBenchmark.class.getName())
              .jvmArgs("-Xmx6g")
              .shouldFailOnError(true)
              .verbosity(VerboseMode.SILENT)
              .build();
      for (RunResult run : new Runner(options).run()) {
        best.merge(
            run.getPrimaryResult().getLabel(),
            run.getPrimaryResult().getStatistics().getMin(),
            Math::min);
      }
    }
    System.out.printf("%-20s %8s %10s %10s %10s%n", "", "ms", "/memcpy", "/inPlace", "/adam");
    for (String name :
        List.of("vector", "plain", "nd4j", "adam", "adamAndWeightDecay", "memcpy", "inPlace")) {
      double ms = best.get(name);
      System.out.printf(
          Locale.ROOT,
          "%-20s %8.0f %10.2f %10.2f %10.2f%n",
          name,
          ms,
          ms / best.get("memcpy"),
          ms / best.get("inPlace"),
          ms / best.get("adam"));
    }
  }
}
