package io.darex.bench.encoder;

import io.darex.bench.encoder.Scratch.Matrix;
import io.darex.prune.LayerInput;
import io.darex.prune.NonFiniteException;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** Sums over what enters linear layers, batch by batch; what enters is not kept. */
final class InputRecorder {
  /** Features whose products with all others are one task. */
  private static final int FEATURES = 64;

  /** Rows that one product in fp32 adds up; further sums are in double. */
  private static final int ROWS = 256;

  private final Workers workers;

  /** By the names of the layers that read the same. */
  private final Map<List<String>, Sums> byLayers = new LinkedHashMap<>();

  InputRecorder(Workers workers) {
    this.workers = workers;
  }

  /**
   * Adds what entered layers in one batch.
   *
   * @param layers the names of those that read it, without {@code .weight}
   * @param x {@code [rows, features]}
   */
  void add(List<String> layers, Floats x, int features, int rows) {
    Sums sums = byLayers.computeIfAbsent(layers, names -> new Sums(features));
    sums.rows += rows;
    workers.run(
        (features + FEATURES - 1) / FEATURES,
        (number, scratch) -> {
          int from = number * FEATURES;
          sums.add(from, Math.min(FEATURES, features - from), x, rows, scratch);
        });
  }

  /**
   * The means over everything added, by name of a layer's weight, once.
   *
   * @throws IllegalArgumentException if nothing was added
   * @throws NonFiniteException naming the layer that NaN or infinity entered
   */
  SortedMap<String, LayerInput> inputs() {
    if (byLayers.isEmpty()) {
      throw new IllegalArgumentException("need one batch at least to record the inputs of layers");
    }
    SortedMap<String, LayerInput> inputs = new TreeMap<>();
    Iterator<Map.Entry<List<String>, Sums>> each = byLayers.entrySet().iterator();
    while (each.hasNext()) {
      Map.Entry<List<String>, Sums> entry = each.next();
      LayerInput input = entry.getValue().means(entry.getKey().get(0));
      entry.getKey().forEach(layer -> inputs.put(layer + ".weight", input));
      each.remove(); // the sums of a wide layer take as much memory as its means
    }
    return inputs;
  }

  /** Σx and, on and above the diagonal, Σxxᵀ over rows x. */
  private static final class Sums {
    private final int features;
    private final double[] sum;
    private final double[] products;
    private long rows;

    Sums(int features) {
      this.features = features;
      sum = new double[features];
      products = new double[Math.multiplyExact(features, features)];
    }

    /** The sums of {@code count} features, and of their products with them and all later ones. */
    void add(int from, int count, Floats x, int rows, Scratch scratch) {
      int others = features - from;
      float[] values = scratch.row(0, others);
      scratch.weights.reserve((long) count * others);
      Matrix block = new Matrix(scratch.weights, 0, others);
      for (int row = 0; row < rows; row += ROWS) {
        Matrix part = new Matrix(x, (long) row * features + from, features);
        scratch.productLeft(count, others, Math.min(ROWS, rows - row), 1, part, part, 0, block);
        for (int i = 0; i < count; i++) {
          scratch.weights.get((long) i * others, values, others);
          int at = (from + i) * features + from;
          for (int j = i; j < others; j++) {
            products[at + j] += values[j];
          }
        }
      }
      for (int row = 0; row < rows; row++) {
        x.get((long) row * features + from, values, count);
        for (int i = 0; i < count; i++) {
          sum[from + i] += values[i];
        }
      }
    }

    /** In place. */
    LayerInput means(String layer) {
      for (int i = 0; i < features; i++) {
        sum[i] /= rows;
        for (int j = i; j < features; j++) {
          products[i * features + j] /= rows;
          products[j * features + i] = products[i * features + j];
        }
        double square = products[i * features + i];
        if (!Double.isFinite(square)) {
          throw new NonFiniteException("E[x²] of what enters " + layer, i, square);
        }
      }
      return new LayerInput(rows, sum, products);
    }
  }
}
