package io.darex.optim;

import java.util.Arrays;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * {@link Kernel} in float, as the authors compute it.
 *
 * <p>Works on chunks that stay in a core's own cache, copied from and to native memory: C2 makes
 * vector code of plain loops over arrays, and not of loops over buffers. The loops themselves are
 * {@link FloatLoops}.
 */
final class FloatKernel implements Kernel {
  /** Several memory pages, or the processor would stop fetching ahead at the end of each. */
  private static final int CHUNK = 8192;

  /** One thread's chunks. */
  private static final class Scratch {
    final float[] g = new float[CHUNK];
    final float[] m = new float[CHUNK];
    final float[] v = new float[CHUNK];
    final float[] theta = new float[CHUNK];
    final float[] anchor = new float[CHUNK];
    final double[] sums = new double[CHUNK];

    double[] zeroSums() {
      Arrays.fill(sums, 0);
      return sums;
    }
  }

  /**
   * One of the loops. Called through an array of several, which keeps the JIT compiler from putting
   * them all into one method: that exhausts its budget, and vectors left over are put on the heap.
   */
  private interface Stage {
    void run(Scratch chunks, int count, Coefficients by);
  }

  private static final ThreadLocal<Scratch> SCRATCH = ThreadLocal.withInitial(Scratch::new);

  private final FloatLoops loops;
  private final FloatMemory theta;
  private final FloatMemory m;
  private final FloatMemory v;
  private final FloatMemory anchor;
  private final Stage[] adam;
  private final Map<Penalty, Stage[]> pulling;
  private FloatMemory gradient;

  FloatKernel(FloatLoops loops, INDArray parameter, INDArray m, INDArray v, INDArray anchor) {
    this.loops = loops;
    this.theta = new FloatMemory(parameter);
    this.m = new FloatMemory(m);
    this.v = new FloatMemory(v);
    this.anchor = anchor == null ? null : new FloatMemory(anchor);
    Stage moments = (s, n, by) -> loops.moments(s.g, s.m, s.v, 0, n, by);
    Stage sum = (s, n, by) -> loops.add(s.sums, s.v, 0, n);
    Stage step = (s, n, by) -> loops.adam(s.theta, s.m, s.v, 0, n, by);
    Stage shrink = (s, n, by) -> loops.shrink(s.theta, s.anchor, 0, n, (float) by.pull());
    Stage shift = (s, n, by) -> loops.shift(s.theta, s.anchor, 0, n, (float) by.pull());
    Stage prox = (s, n, by) -> loops.prox(s.theta, s.anchor, 0, n, (float) by.pull());
    adam = new Stage[] {moments, sum, step};
    pulling =
        Map.of(
            Penalty.L2, new Stage[] {moments, sum, shrink, step},
            Penalty.L1, new Stage[] {moments, sum, shift, step},
            Penalty.L1_PROX, new Stage[] {moments, sum, step, prox});
  }

  @Override
  public void gradient(INDArray array) {
    if (gradient == null || !gradient.isOf(array)) {
      gradient = new FloatMemory(array);
    }
  }

  @Override
  public double gradientSquares(long from, long to) {
    Scratch s = SCRATCH.get();
    double[] sums = s.zeroSums();
    for (long i = from; i < to; i += CHUNK) {
      int n = (int) Math.min(CHUNK, to - i);
      gradient.read(i, s.g, n);
      loops.addSquares(sums, s.g, 0, n);
    }
    return total(sums);
  }

  @Override
  public double secondMoments(long from, long to) {
    Scratch s = SCRATCH.get();
    double[] sums = s.zeroSums();
    for (long i = from; i < to; i += CHUNK) {
      int n = (int) Math.min(CHUNK, to - i);
      v.read(i, s.v, n);
      loops.add(sums, s.v, 0, n);
    }
    return total(sums);
  }

  @Override
  public double advance(long from, long to, Coefficients by) {
    Scratch s = SCRATCH.get();
    s.zeroSums();
    boolean pulled = anchor != null && by.pull() > 0;
    Stage[] stages = pulled ? pulling.get(by.penalty()) : adam;
    for (long i = from; i < to; i += CHUNK) {
      int n = (int) Math.min(CHUNK, to - i);
      gradient.read(i, s.g, n);
      m.read(i, s.m, n);
      v.read(i, s.v, n);
      theta.read(i, s.theta, n);
      if (pulled) {
        anchor.read(i, s.anchor, n);
      }
      for (Stage stage : stages) {
        stage.run(s, n, by);
      }
      m.write(i, s.m, n);
      v.write(i, s.v, n);
      theta.write(i, s.theta, n);
    }
    return total(s.sums);
  }

  private static double total(double[] sums) {
    double a = 0;
    double b = 0;
    double c = 0;
    double d = 0;
    // Four sums side by side: one alone would wait for each addition to end before the next.
    for (int i = 0; i < CHUNK; i += 4) {
      a += sums[i];
      b += sums[i + 1];
      c += sums[i + 2];
      d += sums[i + 3];
    }
    return a + b + (c + d);
  }
}
