package io.darex.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ForkJoinPool;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Whole steps through each kernel. */
class KernelChoiceTest {
  private static final Oracle ORACLE = Oracle.read();

  @AfterEach
  void leaveTheChoiceOpen() {
    System.clearProperty(KernelChoice.PROPERTY);
  }

  private static void force(KernelChoice choice) {
    System.setProperty(KernelChoice.PROPERTY, choice.toString());
  }

  @Test
  void takesTheVectorApiWhereItIs() {
    assertThat(ModuleLayer.boot().findModule("jdk.incubator.vector")).isPresent();
    assertThat(KernelChoice.current()).isEqualTo(KernelChoice.VECTOR);
  }

  @Test
  void anUnknownKernelIsAnError() {
    System.setProperty(KernelChoice.PROPERTY, "fastest");
    assertThatThrownBy(
            () ->
                new AdamROptimizer(
                    AdamR.builder().build(),
                    Map.of("w", Nd4j.zeros(DataType.FLOAT, 1)),
                    Anchor.start(name -> true)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("darex.kernel must be one of [vector, plain, nd4j], got fastest");
  }

  static Stream<Arguments> runs() {
    return Stream.of(KernelChoice.values())
        .flatMap(choice -> ORACLE.cases().stream().map(run -> Arguments.of(choice, run)));
  }

  @ParameterizedTest
  @MethodSource("runs")
  void everyKernelFollowsTheReference(KernelChoice choice, Oracle.Case run) {
    force(choice);
    assertThat(worstError(run, DataType.FLOAT)).isLessThan(1e-5);
    assertThat(worstError(run, DataType.DOUBLE)).isLessThan(1e-12);
  }

  private static double worstError(Oracle.Case run, DataType type) {
    SortedMap<String, INDArray> theta = ORACLE.start(type);
    AdamROptimizer optimizer =
        new AdamROptimizer(ORACLE.config(run), theta, Anchor.of(ORACLE.anchors(type)));
    double worst = 0;
    for (int t = 1; t <= ORACLE.learningRates().size(); t++) {
      StepReport report = optimizer.step(ORACLE.gradients(theta));
      if (run.steps().containsKey(t)) {
        worst = Math.max(worst, Oracle.error(run.steps().get(t), report, theta));
      }
    }
    return worst;
  }

  @ParameterizedTest
  @EnumSource(KernelChoice.class)
  void anyNumberOfThreadsGivesTheSameBytes(KernelChoice choice) throws Exception {
    force(choice);
    SortedMap<String, INDArray> expected = trained(1);
    for (int threads : new int[] {2, 3, 7}) {
      AdamROptimizerTest.assertBitwiseEqual(trained(threads), expected);
    }
  }

  private static SortedMap<String, INDArray> trained(int threads) throws Exception {
    SortedMap<String, INDArray> theta = arrays(1);
    ForkJoinPool pool = new ForkJoinPool(threads);
    try {
      pool.submit(
              () -> {
                AdamROptimizer optimizer =
                    new AdamROptimizer(
                        AdamR.builder().learningRate(0.01).lambda(0.5).maxGradientNorm(1).build(),
                        theta,
                        Anchor.of(arrays(2)));
                for (int t = 0; t < 3; t++) {
                  optimizer.step(arrays(10 + t));
                }
              })
          .get();
    } finally {
      pool.shutdown();
    }
    return theta;
  }

  private static SortedMap<String, INDArray> arrays(int seed) {
    Nd4j.getRandom().setSeed(seed);
    SortedMap<String, INDArray> arrays = new TreeMap<>();
    for (long length : new long[] {1, 300, 5 * AdamRStep.PIECE + 4567}) {
      arrays.put("w" + length, Nd4j.rand(DataType.FLOAT, length).subi(0.5));
    }
    return arrays;
  }

  /** What a step leaves for the garbage collector, and off the heap, must not grow with θ. */
  @ParameterizedTest
  @EnumSource(
      value = KernelChoice.class,
      names = {"VECTOR", "PLAIN"})
  void aStepAllocatesNoMoreForMoreParameters(KernelChoice choice) throws Exception {
    force(choice);
    ForkJoinPool single = new ForkJoinPool(1);
    try {
      for (int length : new int[] {1 << 16, 1 << 23}) {
        assertThat(single.submit(() -> leastAllocation(length)).get())
            .as("bytes a step of %d parameters", length)
            .isLessThan(16_384);
      }
    } finally {
      single.shutdown();
    }
  }

  /** ND4J makes objects for every operation; per parameter that is next to nothing. */
  @Test
  void nd4jAllocatesAlmostNothingPerParameter() {
    force(KernelChoice.ND4J);
    assertThat(leastAllocation(1 << 23)).isLessThan((1 << 23) / 8);
  }

  /** The least of many steps: the JIT compiler lets vectors escape until it is done. */
  private static long leastAllocation(int length) {
    AdamROptimizer optimizer =
        new AdamROptimizer(
            AdamR.builder().build(),
            Map.of("w", Nd4j.ones(DataType.FLOAT, length)),
            Anchor.of(Map.of("w", Nd4j.zeros(DataType.FLOAT, length))));
    Map<String, INDArray> gradients = Map.of("w", Nd4j.ones(DataType.FLOAT, length));
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long thread = Thread.currentThread().getId();
    long least = Long.MAX_VALUE;
    for (int i = 0; i < (1 << 27) / length; i++) {
      long before = threads.getThreadAllocatedBytes(thread);
      optimizer.step(gradients);
      least = Math.min(least, threads.getThreadAllocatedBytes(thread) - before);
    }
    return least;
  }
}
