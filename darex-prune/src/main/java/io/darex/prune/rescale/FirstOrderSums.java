package io.darex.prune.rescale;

import io.darex.prune.Blocks;
import io.darex.prune.Delta;
import io.darex.prune.MismatchException;
import io.darex.prune.NonFiniteException;
import io.darex.prune.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * What the gradients G_e of the network's outputs say of a delta (METHOD.md §2, form 4): S_{e,l} =
 * ⟨Δ_l, G_{e,l}⟩ and Q_{e,l} = Σ(Δ_l∘G_{e,l})² of every output e and pruned tensor l. Neither mask
 * nor drop rate plays a part.
 */
final class FirstOrderSums {
  /** Entries a task: sums are taken chunk by chunk in order, whatever the threads. */
  private static final int CHUNK = 1 << 16;

  private final List<String> names;
  private final List<double[]> linear = new ArrayList<>();
  private final double[] squares;

  private FirstOrderSums(Delta delta) {
    names = List.copyOf(delta.pairs().keySet());
    squares = new double[names.size()];
  }

  /**
   * Reduces every gradient as it comes.
   *
   * @throws IllegalArgumentException if there is no output
   * @throws MismatchException listing the gradients that have another shape than their tensor; or
   *     if no pruned tensor has a gradient
   * @throws NonFiniteException if a delta or gradient is NaN or infinite
   */
  static FirstOrderSums of(Delta delta, Outputs outputs, int threads) {
    FirstOrderSums sums = new FirstOrderSums(delta);
    outputs.gradients(gradients -> sums.add(delta, gradients, threads));
    if (sums.linear.isEmpty()) {
      throw new IllegalArgumentException(
          "expected the gradient of at least one output on calibration text, got none");
    }
    return sums;
  }

  /** The pruned tensors l. */
  List<String> names() {
    return names;
  }

  /** How many outputs e there are, over all texts. */
  int outputs() {
    return linear.size();
  }

  /** S_{e,l}. */
  double linear(int output, int tensor) {
    return linear.get(output)[tensor];
  }

  /** Σ_e Q_{e,l}. */
  double squares(int tensor) {
    return squares[tensor];
  }

  /** Σ_e S_e², with S_e = Σ_l S_{e,l}. */
  double signal() {
    double signal = 0;
    for (double[] output : linear) {
      double sum = Arrays.stream(output).sum();
      signal += sum * sum;
    }
    return signal;
  }

  /** Σ_l p_l/(1−p_l)·Σ_e Q_{e,l}: what DARE's noise adds, to first order, to all outputs' error. */
  double noise(Shrinkages rates) {
    double noise = 0;
    for (int i = 0; i < squares.length; i++) {
      noise += rates.noise(names.get(i)) * squares[i];
    }
    return noise;
  }

  private void add(Delta delta, Map<String, Tensor> gradients, int threads) {
    check(delta, gradients);
    int[] chunks = new int[names.size()];
    for (int i = 0; i < chunks.length; i++) {
      long count = delta.pairs().get(names.get(i)).tuned().count();
      chunks[i] =
          gradients.containsKey(names.get(i)) ? Math.toIntExact((count + CHUNK - 1) / CHUNK) : 0;
    }
    double[][] sums = Arrays.stream(chunks).mapToObj(double[]::new).toArray(double[][]::new);
    double[][] ofSquares = Arrays.stream(chunks).mapToObj(double[]::new).toArray(double[][]::new);
    Blocks.forEach(
        threads,
        chunks,
        () -> {
          float[] entries = new float[CHUNK];
          float[] gradient = new float[CHUNK];
          return (tensor, chunk) -> {
            String name = names.get(tensor);
            Delta.Pair pair = delta.pairs().get(name);
            long from = (long) chunk * CHUNK;
            int length = (int) Math.min(CHUNK, pair.tuned().count() - from);
            pair.read(from, entries, gradient, length);
            gradients.get(name).read(from, gradient, 0, length);
            double sum = 0;
            double square = 0;
            for (int i = 0; i < length; i++) {
              double term = (double) entries[i] * gradient[i];
              sum += term;
              square += term * term;
            }
            if (!Double.isFinite(square)) {
              for (int i = 0; i < length; i++) {
                NonFiniteException.check("gradient of " + name, from + i, gradient[i]);
              }
            }
            sums[tensor][chunk] = sum;
            ofSquares[tensor][chunk] = square;
          };
        });
    linear.add(Arrays.stream(sums).mapToDouble(each -> Arrays.stream(each).sum()).toArray());
    for (int i = 0; i < squares.length; i++) {
      squares[i] += Arrays.stream(ofSquares[i]).sum();
    }
  }

  private void check(Delta delta, Map<String, Tensor> gradients) {
    List<String> problems = new ArrayList<>();
    boolean any = false;
    for (String name : names) {
      Tensor gradient = gradients.get(name);
      if (gradient == null) {
        continue;
      }
      any = true;
      long[] shape = delta.pairs().get(name).tuned().shape();
      if (!Arrays.equals(gradient.shape(), shape)) {
        problems.add(
            "gradient of "
                + name
                + ": expected shape "
                + Arrays.toString(shape)
                + ", got "
                + Arrays.toString(gradient.shape()));
      }
    }
    if (!any) {
      problems.add(
          "expected gradients of pruned tensors such as "
              + names.get(0)
              + ", got those of "
              + gradients.keySet().stream().sorted().limit(5).toList());
    }
    if (!problems.isEmpty()) {
      throw new MismatchException(problems);
    }
  }
}
