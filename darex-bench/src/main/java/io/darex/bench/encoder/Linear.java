package io.darex.bench.encoder;

import io.darex.bench.encoder.Pass.Run;
import io.darex.bench.encoder.Scratch.Matrix;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;

/** {@code y = x·Wᵀ + b} with W {@code [out, in]}, over rows of buffers in host memory. */
final class Linear {
  /**
   * Elements of a weight whose gradient is one task, about: a quarter of a million products a
   * token.
   */
  private static final int TASK_ELEMENTS = 1 << 18;

  private final Slot weight;
  private final Slot bias;
  final int in;
  final int out;

  /**
   * @param name of the layer; its parameters are {@code name.weight} and {@code name.bias}
   */
  Linear(Function<String, Slot> slots, String name) {
    weight = slots.apply(name + ".weight");
    bias = slots.apply(name + ".bias");
    out = weight.rows();
    in = weight.columns();
  }

  /**
   * Rows of y from the same rows of x.
   *
   * <p>The bias goes in first and the product is added: sgemm would clear y anyway. Neighbours with
   * the same matrix share its product, and each adds that of the delta beside it.
   *
   * @param runs one after the other
   */
  void forward(Scratch scratch, List<Run> runs, Floats x, Floats y) {
    float[] constant = scratch.row(0, out);
    for (Run run : runs) {
      run.delta().value(bias).get(0, constant, out);
      for (int row = run.from(); row < run.from() + run.count(); row++) {
        y.put((long) row * out, constant, out);
      }
    }
    for (int first = 0; first < runs.size(); ) {
      Floats matrix = runs.get(first).delta().value(weight);
      int from = runs.get(first).from();
      int count = 0;
      for (; first < runs.size() && runs.get(first).delta().value(weight) == matrix; first++) {
        count += runs.get(first).count();
      }
      scratch.productRight(
          count,
          out,
          in,
          1,
          new Matrix(x, (long) from * in, in),
          new Matrix(matrix, 0, in),
          1,
          new Matrix(y, (long) from * out, out));
    }
    for (Run run : runs) {
      run.delta()
          .kept(weight)
          .ifPresent(kept -> kept.addProduct(scratch, x, run.from(), run.count(), y));
    }
  }

  /** {@code dx = dy·W + beta·dx}. */
  void backward(Scratch scratch, Floats dy, int dyRow, int rows, float beta, Floats dx, int dxRow) {
    scratch.product(
        rows,
        in,
        out,
        1,
        new Matrix(dy, (long) dyRow * out, out),
        new Matrix(weight.value(), 0, in),
        beta,
        new Matrix(dx, (long) dxRow * in, in));
  }

  /** Adds the gradients of weight and bias, over {@code rows} rows, to a list of tasks. */
  void addTasks(List<Workers.Task> list, Floats dy, Floats x, int rows) {
    int tasks = (int) Math.min(out, ((long) out * in + TASK_ELEMENTS - 1) / TASK_ELEMENTS);
    for (int task = 0; task < tasks; task++) {
      int from = (int) ((long) out * task / tasks);
      int to = (int) ((long) out * (task + 1) / tasks);
      list.add((number, scratch) -> parameterGradients(from, to - from, scratch, dy, x, rows));
    }
  }

  /** Of a range of outputs: {@code dW = dyᵀ·x} and {@code db = Σ dy}. */
  private void parameterGradients(
      int from, int count, Scratch scratch, Floats dy, Floats x, int rows) {
    scratch.productLeft(
        count,
        in,
        rows,
        1,
        new Matrix(dy, from, out),
        new Matrix(x, 0, in),
        0,
        new Matrix(weight.gradient(), (long) from * in, in));
    float[] sum = scratch.row(0, count);
    float[] row = scratch.row(1, count);
    Arrays.fill(sum, 0, count, 0);
    for (int i = 0; i < rows; i++) {
      dy.get((long) i * out + from, row, count);
      VectorLoops.add(sum, row, count);
    }
    bias.gradient().put(from, sum, count);
  }
}
