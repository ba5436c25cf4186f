package io.darex.optim;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@link FloatLoops} on the Vector API, for JVMs started with {@code --add-modules
 * jdk.incubator.vector}; {@link KernelChoice} loads it by name, and never without that module.
 *
 * <p>No fused multiply-add, which rounds once where the plain loops round twice. Arrays and not
 * buffers, because later JDKs dropped the access to buffers; the copy costs little next to memory.
 */
final class VectorFloatLoops implements FloatLoops {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final VectorSpecies<Double> DOUBLES = DoubleVector.SPECIES_PREFERRED;

  /** As many floats as there are doubles in a vector. */
  private static final VectorSpecies<Float> NARROW =
      VectorSpecies.of(float.class, VectorShape.forBitSize(DOUBLES.length() * Float.SIZE));

  private static final PlainFloatLoops TAIL = new PlainFloatLoops();

  private static int end(VectorSpecies<?> species, int from, int to) {
    return from + species.loopBound(to - from);
  }

  private static DoubleVector wide(float[] x, int i) {
    return (DoubleVector)
        FloatVector.fromArray(NARROW, x, i).convertShape(VectorOperators.F2D, DOUBLES, 0);
  }

  @Override
  public void addSquares(double[] sums, float[] x, int from, int to) {
    int end = end(DOUBLES, from, to);
    for (int i = from; i < end; i += DOUBLES.length()) {
      DoubleVector value = wide(x, i);
      DoubleVector.fromArray(DOUBLES, sums, i).add(value.mul(value)).intoArray(sums, i);
    }
    TAIL.addSquares(sums, x, end, to);
  }

  @Override
  public void add(double[] sums, float[] x, int from, int to) {
    int end = end(DOUBLES, from, to);
    for (int i = from; i < end; i += DOUBLES.length()) {
      DoubleVector.fromArray(DOUBLES, sums, i).add(wide(x, i)).intoArray(sums, i);
    }
    TAIL.add(sums, x, end, to);
  }

  @Override
  public void moments(float[] g, float[] m, float[] v, int from, int to, Coefficients by) {
    float scale = (float) by.gradientScale();
    float beta1 = (float) by.beta1();
    float beta2 = (float) by.beta2();
    float new1 = (float) (1 - by.beta1());
    float new2 = (float) (1 - by.beta2());
    int end = end(FLOATS, from, to);
    for (int i = from; i < end; i += FLOATS.length()) {
      FloatVector x = FloatVector.fromArray(FLOATS, g, i).mul(scale);
      FloatVector.fromArray(FLOATS, m, i).mul(beta1).add(x.mul(new1)).intoArray(m, i);
      FloatVector.fromArray(FLOATS, v, i).mul(beta2).add(x.mul(x).mul(new2)).intoArray(v, i);
    }
    TAIL.moments(g, m, v, end, to, by);
  }

  @Override
  public void shrink(float[] theta, float[] anchor, int from, int to, float pull) {
    int end = end(FLOATS, from, to);
    for (int i = from; i < end; i += FLOATS.length()) {
      FloatVector x = FloatVector.fromArray(FLOATS, theta, i);
      FloatVector delta = x.sub(FloatVector.fromArray(FLOATS, anchor, i));
      x.sub(delta.mul(pull)).intoArray(theta, i);
    }
    TAIL.shrink(theta, anchor, end, to, pull);
  }

  @Override
  public void shift(float[] theta, float[] anchor, int from, int to, float pull) {
    int end = end(FLOATS, from, to);
    for (int i = from; i < end; i += FLOATS.length()) {
      FloatVector x = FloatVector.fromArray(FLOATS, theta, i);
      FloatVector steep = x.sub(FloatVector.fromArray(FLOATS, anchor, i)).mul(Float.MAX_VALUE);
      x.sub(steep.min(pull).max(-pull)).intoArray(theta, i);
    }
    TAIL.shift(theta, anchor, end, to, pull);
  }

  @Override
  public void adam(float[] theta, float[] m, float[] v, int from, int to, Coefficients by) {
    float rate = (float) by.rate();
    float unbias = (float) by.unbias();
    float epsilon = (float) by.epsilon();
    int end = end(FLOATS, from, to);
    for (int i = from; i < end; i += FLOATS.length()) {
      FloatVector root = FloatVector.fromArray(FLOATS, v, i).mul(unbias).sqrt().add(epsilon);
      FloatVector update = FloatVector.fromArray(FLOATS, m, i).mul(rate).div(root);
      FloatVector.fromArray(FLOATS, theta, i).sub(update).intoArray(theta, i);
    }
    TAIL.adam(theta, m, v, end, to, by);
  }

  @Override
  public void prox(float[] theta, float[] anchor, int from, int to, float pull) {
    int end = end(FLOATS, from, to);
    for (int i = from; i < end; i += FLOATS.length()) {
      FloatVector start = FloatVector.fromArray(FLOATS, anchor, i);
      FloatVector now = FloatVector.fromArray(FLOATS, theta, i);
      FloatVector delta = now.sub(start);
      FloatVector shift = delta.min(pull).max(-pull);
      now.sub(shift).blend(start, shift.compare(VectorOperators.EQ, delta)).intoArray(theta, i);
    }
    TAIL.prox(theta, anchor, end, to, pull);
  }
}
