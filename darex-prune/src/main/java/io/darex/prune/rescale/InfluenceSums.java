package io.darex.prune.rescale;

import io.darex.prune.Blocks;
import io.darex.prune.Delta;
import io.darex.prune.LayerInput;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Reduces deltas and the second moments of their layers' inputs to {@link LayerInfluences}. Of the
 * symmetric E[xxᵀ] only one triangle is multiplied; a worker takes a few rows of ΔW at a time, so
 * that what it has fetched of E[xxᵀ] serves them all.
 */
final class InfluenceSums {
  /** Rows of ΔW a task. */
  private static final int ROWS = 16;

  /** Rows of E[xxᵀ] a step: as many multiplications for each load and store of a result. */
  private static final int STEP = 4;

  private final Delta delta;
  private final float[] read;
  private final float[] scratch;
  private final double[][] rows = new double[ROWS][];
  private final double[][] results = new double[ROWS][];
  private final double[][] moments = new double[STEP][];

  private InfluenceSums(Delta delta, int widest) {
    this.delta = delta;
    this.read = new float[ROWS * widest];
    this.scratch = new float[ROWS * widest];
    // Padded with zeros to whole steps.
    for (double[][] each : List.of(rows, results, moments)) {
      Arrays.setAll(each, i -> new double[widest + STEP]);
    }
  }

  /** The influences of every layer, in their order. */
  static List<LayerInfluences> of(Delta delta, List<PrunedLayer> layers, int threads) {
    int widest =
        Math.max(ROWS, layers.stream().mapToInt(each -> each.input().features()).max().orElse(0));
    int[] tasks = layers.stream().mapToInt(layer -> (layer.outputs() + ROWS - 1) / ROWS).toArray();
    Part[][] parts = Arrays.stream(tasks).mapToObj(Part[]::new).toArray(Part[][]::new);
    Blocks.forEach(
        threads,
        tasks,
        () -> {
          InfluenceSums worker = new InfluenceSums(delta, widest);
          return (layer, task) -> parts[layer][task] = worker.part(layers.get(layer), task * ROWS);
        });
    List<LayerInfluences> influences = new ArrayList<>();
    for (int i = 0; i < parts.length; i++) {
      Part sum = Arrays.stream(parts[i]).reduce(new Part(0, 0, 0, 0), Part::plus);
      PrunedLayer layer = layers.get(i);
      long columns = (long) layer.input().features() + (layer.bias().isPresent() ? 1 : 0);
      influences.add(
          new LayerInfluences(
              layer.weight(),
              layer.bias(),
              layer.input().rows(),
              layer.outputs() * columns,
              sum.sum,
              sum.weightSquares,
              sum.biasSquares,
              Math.max(0, sum.outputSquares)));
    }
    return influences;
  }

  /** The sums over some rows of ΔW. */
  private record Part(double sum, double weightSquares, double biasSquares, double outputSquares) {
    Part plus(Part other) {
      return new Part(
          sum + other.sum,
          weightSquares + other.weightSquares,
          biasSquares + other.biasSquares,
          outputSquares + other.outputSquares);
    }
  }

  private Part part(PrunedLayer layer, int first) {
    int count = Math.min(ROWS, layer.outputs() - first);
    LayerInput input = layer.input();
    int columns = input.features();
    layer.read(delta, first, count, read, scratch);
    for (int row = 0; row < count; row++) {
      for (int j = 0; j < columns; j++) {
        rows[row][j] = read[row * columns + j];
      }
      Arrays.fill(rows[row], columns, columns + STEP, 0);
      Arrays.fill(results[row], 0, columns + STEP, 0);
    }
    multiply(input, count);
    layer.readBias(delta, first, count, read, scratch);
    Part sum = new Part(0, 0, 0, 0);
    for (int row = 0; row < count; row++) {
      double bias = read[row];
      double mean = 0;
      double squares = 0;
      double outputSquares = 0;
      for (int j = 0; j < columns; j++) {
        double entry = rows[row][j];
        mean += entry * input.mean(j);
        squares += entry * entry * input.product(j, j);
        outputSquares += entry * results[row][j];
      }
      sum =
          sum.plus(
              new Part(
                  mean + bias,
                  squares,
                  bias * bias,
                  outputSquares + 2 * bias * mean + bias * bias));
    }
    return sum;
  }

  /**
   * Makes results such that δ·result = δᵀ·E[xxᵀ]·δ for every row δ: moments in a diagonal square
   * count once, those right of it twice, for those left of it are the same.
   */
  private void multiply(LayerInput input, int count) {
    int columns = input.features();
    for (int i = 0; i < columns; i += STEP) {
      for (int k = 0; k < STEP; k++) {
        for (int j = i; j < columns; j++) {
          moments[k][j] = i + k < columns ? (j < i + STEP ? 1 : 2) * input.product(i + k, j) : 0;
        }
      }
      for (int row = 0; row < count; row++) {
        add(rows[row], i, columns, results[row]);
      }
    }
  }

  private void add(double[] row, int i, int columns, double[] result) {
    double[] m0 = moments[0];
    double[] m1 = moments[1];
    double[] m2 = moments[2];
    double[] m3 = moments[3];
    double r0 = row[i];
    double r1 = row[i + 1];
    double r2 = row[i + 2];
    double r3 = row[i + 3];
    for (int j = i; j < columns; j++) {
      result[j] += r0 * m0[j] + r1 * m1[j] + r2 * m2[j] + r3 * m3[j];
    }
  }
}
