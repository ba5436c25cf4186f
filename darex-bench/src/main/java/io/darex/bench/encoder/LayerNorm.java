package io.darex.bench.encoder;

import java.util.Arrays;

/** {@code y = (x − mean)/√(variance + ε)·gain + bias} over the elements of a row. */
final class LayerNorm {
  private final Slot gain;
  private final Slot bias;
  private final double epsilon;
  final int width;

  /**
   * Σ dy·x̂ and Σ dy of each piece, {@code [pieces][2 · width]}: added up in the order of pieces.
   */
  private float[][] sums = new float[0][];

  LayerNorm(Slots slots, String name, double epsilon) {
    gain = slots.get(name + ".weight");
    bias = slots.get(name + ".bias");
    width = gain.columns();
    this.epsilon = epsilon;
  }

  /** A pass over rows, with gain and bias on the heap. */
  final class Rows {
    private final float[] gains;
    private final float[] constants;
    private final float[] sum;

    private Rows(BesideDelta delta, float[] sum) {
      gains = new float[width];
      constants = new float[width];
      delta.value(gain).get(0, gains, width);
      delta.value(bias).get(0, constants, width);
      this.sum = sum;
    }

    /** x becomes x̂; returns 1/√(variance + ε). */
    float normalise(float[] x) {
      float mean = (float) (VectorLoops.sum(x, 0, width) / width);
      for (int i = 0; i < width; i++) {
        x[i] -= mean;
      }
      double variance = VectorLoops.dot(x, x, 0, width) / width;
      float inverse = (float) (1 / Math.sqrt(variance + epsilon));
      VectorLoops.scale(x, 0, width, inverse);
      return inverse;
    }

    /** x̂ becomes y. */
    void affine(float[] x) {
      for (int i = 0; i < width; i++) {
        x[i] = x[i] * gains[i] + constants[i];
      }
    }

    /** dy becomes dx; the gradients of gain and bias are added to the piece's sums. */
    void backward(float[] dy, float[] normalised, float inverse) {
      for (int i = 0; i < width; i++) {
        sum[i] += dy[i] * normalised[i];
      }
      for (int i = 0; i < width; i++) {
        sum[width + i] += dy[i];
      }
      for (int i = 0; i < width; i++) {
        dy[i] *= gains[i];
      }
      float mean = (float) (VectorLoops.sum(dy, 0, width) / width);
      float slope = (float) (VectorLoops.dot(dy, normalised, 0, width) / width);
      for (int i = 0; i < width; i++) {
        dy[i] = inverse * (dy[i] - mean - normalised[i] * slope);
      }
    }
  }

  Rows forward(BesideDelta delta) {
    return new Rows(delta, new float[0]);
  }

  /** Before the backward pass of all pieces. */
  void begin(int pieces) {
    if (sums.length < pieces) {
      sums = new float[pieces][2 * width];
    }
    for (float[] sum : sums) {
      Arrays.fill(sum, 0);
    }
  }

  Rows backward(int piece) {
    return new Rows(BesideDelta.NOTHING, sums[piece]);
  }

  /** After it: the gradients of gain and bias. */
  void finish() {
    float[] total = new float[2 * width];
    for (float[] sum : sums) {
      VectorLoops.add(total, sum, total.length);
    }
    gain.gradient().put(0, total, width);
    bias.gradient().put(0, Arrays.copyOfRange(total, width, 2 * width), width);
  }
}
