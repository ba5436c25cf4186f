package io.darex.optim;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import java.util.function.ToDoubleFunction;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.memory.conf.WorkspaceConfiguration;
import org.nd4j.linalg.api.memory.enums.AllocationPolicy;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** What holds of every kernel, and between them, on random inputs. */
class KernelLawsTest {
  private static final int CHUNK = 8192;

  /** Around vector lengths, chunks and pieces. */
  private static final int[] LENGTHS = {
    1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 1001, CHUNK - 1, CHUNK, CHUNK + 1, AdamRStep.PIECE + 3
  };

  /** The arrays of one parameter, views that begin anywhere in memory. */
  private record Arrays(
      INDArray theta, INDArray m, INDArray v, INDArray anchor, INDArray g, List<INDArray> around) {
    static Arrays random(DataType type, int length, long seed) {
      Random random = new Random(seed);
      INDArray[] arrays = new INDArray[5];
      INDArray[] around = new INDArray[5];
      for (int i = 0; i < arrays.length; i++) {
        int offset = random.nextInt(9);
        around[i] = Nd4j.create(type, length + 16);
        around[i].assign(999); // next to the view; must stay
        arrays[i] = around[i].get(NDArrayIndex.interval(offset, offset + length));
        for (int j = 0; j < length; j++) {
          double x = random.nextDouble() - 0.5;
          arrays[i].putScalar(j, i == 2 ? x * x * 1e-3 : x);
        }
      }
      return new Arrays(arrays[0], arrays[1], arrays[2], arrays[3], arrays[4], List.of(around));
    }

    Kernel kernel(KernelChoice choice, boolean anchored) {
      INDArray pulledTo = anchored ? anchor : null;
      Kernel kernel =
          choice == KernelChoice.ND4J
              ? new Nd4jKernel(theta, m, v, pulledTo)
              : theta.dataType() == DataType.DOUBLE
                  ? new DoubleKernel(theta, m, v, pulledTo)
                  : new FloatKernel(choice.floatLoops(), theta, m, v, pulledTo);
      kernel.gradient(g);
      return kernel;
    }

    /** The sum of a pass over all pieces. */
    double sum(Kernel kernel, Pass pass) {
      double sum = 0;
      for (long from = 0; from < theta.length(); from += kernel.piece()) {
        sum += pass.over(from, Math.min(from + kernel.piece(), theta.length()));
      }
      return sum;
    }

    void assertBitwise(Arrays other) {
      assertThat(theta.toFloatVector()).isEqualTo(other.theta.toFloatVector());
      assertThat(m.toFloatVector()).isEqualTo(other.m.toFloatVector());
      assertThat(v.toFloatVector()).isEqualTo(other.v.toFloatVector());
    }

    void assertClose(Arrays other, String which) {
      assertThat(distance(theta, other.theta)).as("theta, " + which).isLessThan(1e-6);
      assertThat(distance(m, other.m)).as("m, " + which).isLessThan(1e-6);
      assertThat(distance(v, other.v)).as("v, " + which).isLessThan(1e-6);
    }

    void assertNothingElseChanged() {
      for (INDArray whole : around) {
        double[] values = whole.toDoubleVector();
        assertThat(DoubleStream.of(values).filter(x -> x == 999).count()).isEqualTo(16);
      }
    }
  }

  private interface Pass {
    double over(long from, long to);
  }

  /** The largest difference, relative to the largest value. */
  private static double distance(INDArray a, INDArray b) {
    double[] x = a.ravel().toDoubleVector();
    double[] y = b.ravel().toDoubleVector();
    double largest = 1e-30;
    double worst = 0;
    for (int i = 0; i < x.length; i++) {
      largest = Math.max(largest, Math.abs(x[i]));
      worst = Math.max(worst, Math.abs(x[i] - y[i]));
    }
    return worst / largest;
  }

  private static Coefficients by(Penalty penalty, double pull) {
    return new Coefficients(0.75, 0.9, 0.999, 0.01, 12, 1e-8, pull, penalty);
  }

  static Stream<Coefficients> coefficients() {
    return Stream.of(Penalty.values())
        .flatMap(penalty -> Stream.of(0.0, 1e-3, 0.3, 1.0).map(pull -> by(penalty, pull)));
  }

  /** Not only to 1e-6: a training may go on with the other one without a trace. */
  @ParameterizedTest
  @MethodSource("coefficients")
  void vectorAndPlainGiveTheSameBytes(Coefficients by) {
    for (int length : LENGTHS) {
      for (boolean anchored : new boolean[] {true, false}) {
        Arrays a = Arrays.random(DataType.FLOAT, length, length);
        Arrays b = Arrays.random(DataType.FLOAT, length, length);
        Kernel plain = a.kernel(KernelChoice.PLAIN, anchored);
        Kernel vector = b.kernel(KernelChoice.VECTOR, anchored);
        assertThat(b.sum(vector, vector::gradientSquares))
            .isEqualTo(a.sum(plain, plain::gradientSquares));
        assertThat(b.sum(vector, vector::secondMoments))
            .isEqualTo(a.sum(plain, plain::secondMoments));
        for (int step = 0; step < 2; step++) {
          assertThat(b.sum(vector, (from, to) -> vector.advance(from, to, by)))
              .isEqualTo(a.sum(plain, (from, to) -> plain.advance(from, to, by)));
        }
        b.assertBitwise(a);
        b.assertNothingElseChanged();
      }
    }
  }

  @ParameterizedTest
  @MethodSource("coefficients")
  void nd4jAgreesWithPlain(Coefficients by) {
    for (DataType type : List.of(DataType.FLOAT, DataType.DOUBLE)) {
      for (int length : LENGTHS) {
        Arrays a = Arrays.random(type, length, length);
        Arrays b = Arrays.random(type, length, length);
        Kernel plain = a.kernel(KernelChoice.PLAIN, true);
        Kernel nd4j = b.kernel(KernelChoice.ND4J, true);
        String which = type + " of length " + length;
        assertRelative(b, nd4j, nd4j::gradientSquares, a, plain, plain::gradientSquares, which);
        assertRelative(b, nd4j, nd4j::secondMoments, a, plain, plain::secondMoments, which);
        assertRelative(
            b,
            nd4j,
            (from, to) -> nd4j.advance(from, to, by),
            a,
            plain,
            (from, to) -> plain.advance(from, to, by),
            which);
        b.assertClose(a, which);
        b.assertNothingElseChanged();
      }
    }
  }

  private static void assertRelative(
      Arrays a, Kernel one, Pass pass, Arrays b, Kernel two, Pass other, String which) {
    double expected = b.sum(two, other);
    double actual = a.sum(one, pass);
    assertThat(Math.abs(actual - expected) / expected).as(which).isLessThan(1e-6);
  }

  /** Where ND4J's own float sums have long lost their digits: 110 M × 1.1f gives 33.5 M. */
  @ParameterizedTest
  @EnumSource(KernelChoice.class)
  void sumsOfManyKeepTheirDigits(KernelChoice choice) {
    int length = 20_000_001;
    INDArray all = Nd4j.valueArrayOf(new long[] {length}, 1.1f, DataType.FLOAT);
    Arrays arrays = new Arrays(all, all, all, null, all, null);
    Kernel kernel = arrays.kernel(choice, false);
    assertThat(arrays.sum(kernel, kernel::secondMoments) / length / 1.1f)
        .isBetween(1 - 1e-10, 1 + 1e-10);
    assertThat(arrays.sum(kernel, kernel::gradientSquares) / length / ((double) 1.1f * 1.1f))
        .isBetween(1 - 1e-10, 1 + 1e-10);
  }

  @ParameterizedTest
  @EnumSource(KernelChoice.class)
  void findsANonFiniteGradientWhereverItIs(KernelChoice choice) {
    for (int length : new int[] {1, 5, 17, 1001, CHUNK + 5}) {
      Arrays arrays = Arrays.random(DataType.FLOAT, length, 3);
      Kernel kernel = arrays.kernel(choice, true);
      ToDoubleFunction<Float> with =
          bad -> {
            double worst = 0;
            for (int at : new int[] {0, 1, 7, 16, length / 2, length - 2, length - 1}) {
              if (at >= 0 && at < length) {
                float good = arrays.g().getFloat(at);
                arrays.g().putScalar(at, bad);
                double sum = arrays.sum(kernel, kernel::gradientSquares);
                assertThat(Double.isFinite(sum)).as("%s at %s", bad, at).isFalse();
                arrays.g().putScalar(at, good);
                worst = Math.max(worst, arrays.sum(kernel, kernel::gradientSquares));
              }
            }
            return worst;
          };
      for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
        assertThat(with.applyAsDouble(bad)).isFinite();
      }
    }
  }

  /** A squared float of 1e30 is no float, but it is a double. */
  @ParameterizedTest
  @EnumSource(
      value = KernelChoice.class,
      names = {"VECTOR", "PLAIN", "ND4J"})
  void largeGradientsAreFinite(KernelChoice choice) {
    Arrays arrays = Arrays.random(DataType.FLOAT, 19, 3);
    arrays.g().assign(1e30f);
    Kernel kernel = arrays.kernel(choice, true);
    assertThat(arrays.sum(kernel, kernel::gradientSquares)).isBetween(1.89e61, 1.91e61);
  }

  /** The step runs wherever DL4J calls it, with workspaces open that die in between. */
  @ParameterizedTest
  @ValueSource(ints = {100, (1 << 20) + 77})
  void nd4jKernelOutlivesTheWorkspacesItIsCalledIn(int length) {
    Arrays inside = Arrays.random(DataType.FLOAT, length, 5);
    Arrays outside = Arrays.random(DataType.FLOAT, length, 5);
    WorkspaceConfiguration configuration =
        WorkspaceConfiguration.builder()
            .initialSize(1 << 20)
            .policyAllocation(AllocationPolicy.STRICT)
            .build();
    Kernel[] kernel = new Kernel[1];
    Kernel reference = outside.kernel(KernelChoice.ND4J, true);
    for (int step = 0; step < 4; step++) {
      String name = "step " + step;
      try (MemoryWorkspace open =
          Nd4j.getWorkspaceManager().getAndActivateWorkspace(configuration, name)) {
        assertThat(open.isScopeActive()).isTrue();
        if (step == 0) {
          kernel[0] = inside.kernel(KernelChoice.ND4J, true);
        }
        Kernel own = kernel[0];
        assertThat(inside.sum(own, own::gradientSquares))
            .isEqualTo(outside.sum(reference, reference::gradientSquares));
        assertThat(inside.sum(own, (from, to) -> own.advance(from, to, by(Penalty.L1_PROX, 1e-3))))
            .isEqualTo(
                outside.sum(
                    reference,
                    (from, to) -> reference.advance(from, to, by(Penalty.L1_PROX, 1e-3))));
      }
      Nd4j.getWorkspaceManager().destroyAllWorkspacesForCurrentThread();
    }
    inside.assertBitwise(outside);
  }

  @Test
  void nd4jKernelMindsTheOrderOfMemoryAndNotOfIndices() {
    INDArray theta = Nd4j.rand(DataType.FLOAT, 5, 7).dup('f');
    INDArray anchor = Nd4j.rand(DataType.FLOAT, 5, 7).dup('f');
    INDArray g = Nd4j.rand(DataType.FLOAT, 5, 7).dup('f');
    INDArray other = theta.dup('f');
    Coefficients by = by(Penalty.L2, 0.3);
    Kernel nd4j = new Nd4jKernel(theta, theta.like(), theta.like(), anchor);
    Kernel plain =
        new FloatKernel(new PlainFloatLoops(), other, theta.like(), theta.like(), anchor);
    for (Kernel kernel : List.of(nd4j, plain)) {
      kernel.gradient(g);
      kernel.advance(0, 35, by);
    }
    assertThat(distance(theta, other)).isLessThan(1e-6);
  }
}
