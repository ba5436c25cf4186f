package io.darex.bench.encoder;

import io.darex.bench.encoder.Scratch.Matrix;

/**
 * Scaled dot-product attention of one text over its own tokens: {@code softmax(q·kᵀ/√width)·v} per
 * head, heads being runs of columns of q, k, v and the result.
 *
 * <p>The backward pass computes the weights again: that costs a hundredth of a step, and keeping
 * them would cost more memory than everything else at 512 tokens.
 */
final class Attention {
  /** Weights that are worked on at a time, about: they stay in the second-level cache. */
  private static final int BLOCK = 1 << 14;

  private final int heads;
  private final int width;
  private final int hidden;
  private final float scale;

  Attention(EncoderConfig config) {
    heads = config.heads();
    hidden = config.hiddenSize();
    width = hidden / heads;
    scale = (float) (1 / Math.sqrt(width));
  }

  /**
   * One text in buffers of {@code [.., hidden]}.
   *
   * @param text its index in the batch
   * @param queries how many of its tokens ask
   * @param queryRow row of the first of them
   * @param tokens how many there are
   * @param tokenRow row of the first of them
   */
  record Text(int text, int queries, int queryRow, int tokens, int tokenRow) {}

  /** Queries, keys, values and what comes out, or their gradients. */
  record Buffers(Floats queries, Floats keys, Floats values, Floats context) {}

  void forward(Text text, Buffers buffers, Dropout dropout, Scratch scratch) {
    int queries = text.queries();
    int tokens = text.tokens();
    int size = queries * tokens;
    int group = group(size);
    for (int head = 0; head < heads; head += group) {
      int count = Math.min(group, heads - head);
      float[] weights = weights(text, buffers, head, count, scratch);
      drop(dropout, text, head, count, weights);
      scratch.weights.put(0, weights, count * size);
      for (int h = 0; h < count; h++) {
        scratch.product(
            queries,
            width,
            tokens,
            1,
            block(scratch.weights, h, text),
            head(buffers.values(), text.tokenRow(), head + h),
            0,
            head(buffers.context(), text.queryRow(), head + h));
      }
    }
  }

  /** Fills the gradients of queries, keys and values from that of the context. */
  void backward(Text text, Buffers buffers, Buffers gradients, Dropout dropout, Scratch scratch) {
    int queries = text.queries();
    int tokens = text.tokens();
    int size = queries * tokens;
    int group = group(size);
    for (int head = 0; head < heads; head += group) {
      int count = Math.min(group, heads - head);
      float[] weights = weights(text, buffers, head, count, scratch);
      scratch.weightGradients.reserve((long) count * size);
      float[] gradient = scratch.row(1, count * size);
      System.arraycopy(weights, 0, gradient, 0, count * size);
      drop(dropout, text, head, count, gradient);
      scratch.weights.put(0, gradient, count * size);
      for (int h = 0; h < count; h++) {
        Matrix context = head(gradients.context(), text.queryRow(), head + h);
        Matrix dropped = block(scratch.weights, h, text);
        Matrix values = head(gradients.values(), text.tokenRow(), head + h);
        scratch.productLeft(tokens, width, queries, 1, dropped, context, 0, values);
        scratch.productRight(
            queries,
            tokens,
            width,
            1,
            context,
            head(buffers.values(), text.tokenRow(), head + h),
            0,
            block(scratch.weightGradients, h, text));
      }
      scratch.weightGradients.get(0, gradient, count * size);
      drop(dropout, text, head, count, gradient);
      for (int row = 0; row < count * queries; row++) {
        softmaxBackward(weights, gradient, row * tokens, tokens);
      }
      scratch.weightGradients.put(0, gradient, count * size);
      for (int h = 0; h < count; h++) {
        Matrix scores = block(scratch.weightGradients, h, text);
        scratch.product(
            queries,
            width,
            tokens,
            scale,
            scores,
            head(buffers.keys(), text.tokenRow(), head + h),
            0,
            head(gradients.queries(), text.queryRow(), head + h));
        scratch.productLeft(
            tokens,
            width,
            queries,
            scale,
            scores,
            head(buffers.queries(), text.queryRow(), head + h),
            0,
            head(gradients.keys(), text.tokenRow(), head + h));
      }
    }
  }

  /** The attention weights of some heads before dropout, {@code [count, queries, tokens]}. */
  private float[] weights(Text text, Buffers buffers, int head, int count, Scratch scratch) {
    int tokens = text.tokens();
    int size = count * text.queries() * tokens;
    scratch.weights.reserve(size);
    for (int h = 0; h < count; h++) {
      scratch.productRight(
          text.queries(),
          tokens,
          width,
          scale,
          head(buffers.queries(), text.queryRow(), head + h),
          head(buffers.keys(), text.tokenRow(), head + h),
          0,
          block(scratch.weights, h, text));
    }
    float[] weights = scratch.row(0, size);
    scratch.weights.get(0, weights, size);
    for (int at = 0; at < size; at += tokens) {
      subtract(weights, at, tokens, VectorLoops.max(weights, at, tokens));
    }
    VectorLoops.exp(weights, size);
    for (int at = 0; at < size; at += tokens) {
      double sum = VectorLoops.sum(weights, at, tokens);
      VectorLoops.scale(weights, at, tokens, (float) (1 / sum));
    }
    return weights;
  }

  private static void subtract(float[] x, int at, int count, float value) {
    for (int i = at; i < at + count; i++) {
      x[i] -= value;
    }
  }

  private static void softmaxBackward(float[] weights, float[] gradient, int at, int count) {
    float mean = (float) VectorLoops.dot(weights, gradient, at, count);
    for (int i = at; i < at + count; i++) {
      gradient[i] = weights[i] * (gradient[i] - mean);
    }
  }

  private void drop(Dropout dropout, Text text, int head, int count, float[] weights) {
    for (int h = 0; h < count; h++) {
      for (int query = 0; query < text.queries(); query++) {
        int at = (h * text.queries() + query) * text.tokens();
        dropout.apply(maskRow(text.text(), heads, head + h, query), weights, at, text.tokens());
      }
    }
  }

  /** The row of masks that belongs to a query. */
  static long maskRow(int text, int heads, int head, int query) {
    return (((long) text * heads + head) << 32) + query;
  }

  private int group(int size) {
    return Math.max(1, Math.min(heads, BLOCK / size));
  }

  private Matrix head(Floats buffer, int row, int head) {
    return new Matrix(buffer, (long) row * hidden + (long) head * width, hidden);
  }

  private static Matrix block(Floats buffer, int head, Text text) {
    return new Matrix(buffer, (long) head * text.queries() * text.tokens(), text.tokens());
  }
}
