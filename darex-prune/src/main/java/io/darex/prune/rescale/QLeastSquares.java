package io.darex.prune.rescale;

import io.darex.prune.Delta;
import io.darex.prune.KeptTensor;
import io.darex.prune.LayerInput;
import io.darex.prune.Parallel;
import io.darex.prune.SparseDelta;
import io.darex.prune.rescale.Shrinkages.LayerShrinkage;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The q that is best for the outputs of linear layers with the very mask that was drawn (METHOD.md
 * §2, form 3), divisors included, by least squares: 1/q = ⟨ΔW·X, (A⊙ΔW)·X⟩ / ‖(A⊙ΔW)·X‖_F². No
 * labels, no search; one forward pass over calibration text. It holds for masks that choose, too.
 * Where nothing is kept q = 1 − p; where the inner product is not positive q = 1.
 *
 * @param scope one q from the sums over all layers, the default; or one for every layer, where a
 *     bias takes its weight's and every other tensor the layers' mean
 */
public record QLeastSquares(Scope scope) implements Rescale {
  static final String NAME = "q-least-squares";

  /** Rows of ΔW a task: sums are taken task by task in order, whatever the threads. */
  private static final int ROWS = 16;

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Map<String, Object> parameters() {
    return Map.of("scope", scope.name().toLowerCase(Locale.ROOT));
  }

  @Override
  public Found find(Delta delta, SparseDelta pruned, Evidence evidence, int threads) {
    Shrinkages rates = new Shrinkages(pruned);
    double inner = 0;
    double squares = 0;
    List<LayerShrinkage> shrinkages = new ArrayList<>();
    for (PrunedLayer layer : PrunedLayer.of(delta, evidence.required("rescale " + NAME).inputs())) {
      Products products = products(delta, layer, new KeptRows(layer, pruned, rates), threads);
      inner += layer.input().rows() * products.inner;
      squares += layer.input().rows() * products.squares;
      shrinkages.add(
          new LayerShrinkage(
              layer.weight(), layer.bias(), shrinkage(products.inner, products.squares)));
    }
    return new Found(
        scope == Scope.LAYER ? rates.scale(shrinkages) : rates.scale(shrinkage(inner, squares)),
        List.of());
  }

  /** Minimises ‖ΔW·X − σ·(A⊙ΔW/(1−p))·X‖². */
  private static double shrinkage(double inner, double squares) {
    return squares > 0 ? Math.max(0, inner / squares) : 1;
  }

  /** ⟨ΔW·x, K·x⟩ and ‖K·x‖², K = A⊙ΔW/(1−p), in the mean over x. */
  private record Products(double inner, double squares) {}

  private static Products products(Delta delta, PrunedLayer layer, KeptRows kept, int threads) {
    int columns = layer.input().features();
    int tasks = (layer.outputs() + ROWS - 1) / ROWS;
    double[] inner = new double[tasks];
    double[] squares = new double[tasks];
    Parallel.forEach(
        threads,
        tasks,
        () -> {
          float[] rows = new float[ROWS * Math.max(1, columns)];
          float[] biases = new float[ROWS];
          float[] scratch = new float[rows.length];
          double[] result = new double[columns];
          return task -> {
            int first = (int) task * ROWS;
            int count = Math.min(ROWS, layer.outputs() - first);
            layer.read(delta, first, count, rows, scratch);
            layer.readBias(delta, first, count, biases, scratch);
            for (int i = 0; i < count; i++) {
              int row = first + i;
              double bias = kept.multiply(row, layer.input(), result);
              double product = biases[i] * bias;
              for (int j = 0; j < columns; j++) {
                product += rows[i * columns + j] * result[j];
              }
              inner[(int) task] += product;
              squares[(int) task] += kept.times(row, result, bias);
            }
          };
        });
    return new Products(Arrays.stream(inner).sum(), Arrays.stream(squares).sum());
  }

  /** The rows of A⊙ΔW/(1−p), the bias's kept entries beside them. */
  private static final class KeptRows {
    private final int[] ends;
    private final int[] columns;
    private final float[] values;
    private final double weightRate;
    private final double[] biases;

    KeptRows(PrunedLayer layer, SparseDelta pruned, Shrinkages rates) {
      KeptTensor weight = pruned.kept().get(layer.weight());
      int width = layer.input().features();
      ends = new int[layer.outputs()];
      columns = new int[Math.toIntExact(weight.kept())];
      values = new float[columns.length];
      weightRate = rates.of(layer.weight());
      int[] next = {0};
      weight.forEachScaled(
          1,
          (start, offsets, entries) -> {
            for (int i = 0; i < offsets.length; i++) {
              long index = start + offsets[i];
              ends[(int) (index / width)]++;
              columns[next[0]] = (int) (index % width);
              values[next[0]++] = entries[i];
            }
          });
      Arrays.parallelPrefix(ends, Integer::sum);
      biases = new double[layer.outputs()];
      layer
          .bias()
          .ifPresent(
              name ->
                  pruned
                      .kept()
                      .get(name)
                      .forEachScaled(
                          1,
                          (start, offsets, entries) -> {
                            for (int i = 0; i < offsets.length; i++) {
                              biases[(int) start + offsets[i]] = entries[i] / rates.of(name);
                            }
                          }));
    }

    private int start(int row) {
      return row == 0 ? 0 : ends[row - 1];
    }

    /** Writes E[xxᵀ]·κ of one row κ to {@code result}, and returns the bias's element of it. */
    double multiply(int row, LayerInput input, double[] result) {
      double bias = biases[row];
      for (int j = 0; j < result.length; j++) {
        result[j] = bias * input.mean(j);
      }
      for (int i = start(row); i < ends[row]; i++) {
        int column = columns[i];
        double value = values[i] / weightRate;
        bias += value * input.mean(column);
        for (int j = 0; j < result.length; j++) {
          result[j] += value * input.product(column, j);
        }
      }
      return bias;
    }

    /** κ times such a result. */
    double times(int row, double[] result, double bias) {
      double product = biases[row] * bias;
      for (int i = start(row); i < ends[row]; i++) {
        product += values[i] / weightRate * result[columns[i]];
      }
      return product;
    }
  }
}
