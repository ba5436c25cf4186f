package io.darex.bench.encoder;

import io.darex.bench.encoder.Scratch.Matrix;
import java.util.Arrays;
import java.util.List;

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
  Linear(Slots slots, String name) {
    weight = slots.get(name + ".weight");
    bias = slots.get(name + ".bias");
    out = weight.rows();
    in = weight.columns();
  }

  /**
   * {@code rows} rows of y from row {@code yRow}, from those of x from {@code xRow}.
   *
   * <p>The bias goes in first and the product is added: sgemm would clear y anyway. A delta beside
   * the weight adds the product of its kept columns.
   */
  void forward(Scratch scratch, Floats x, int xRow, int rows, Floats y, int yRow) {
    float[] constant = scratch.row(0, out);
    bias.value().get(0, constant, out);
    for (int row = 0; row < rows; row++) {
      y.put((long) (yRow + row) * out, constant, out);
    }
    scratch.productRight(
        rows,
        out,
        in,
        1,
        new Matrix(x, (long) xRow * in, in),
        new Matrix(weight.value(), 0, in),
        1,
        new Matrix(y, (long) yRow * out, out));
    weight.beside().ifPresent(delta -> delta.addProduct(scratch, x, xRow, rows, y, yRow));
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
