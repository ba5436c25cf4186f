package io.darex.bench.encoder;

import io.darex.bench.encoder.Packed.Piece;
import io.darex.bench.encoder.Pass.Run;
import java.util.ArrayList;
import java.util.List;

/**
 * Attention and feed-forward layer, each followed by dropout, the residual sum and normalisation:
 * the same in all four families.
 *
 * <p>Where only first tokens matter later, only they ask: their rows are then counted by text.
 */
final class TransformerLayer {
  private final int index;
  private final EncoderConfig config;
  private final Linear query;
  private final Linear key;
  private final Linear value;
  private final Linear attentionOutput;
  private final LayerNorm attentionNorm;
  private final Linear intermediate;
  private final Linear output;
  private final LayerNorm outputNorm;
  private final Attention attention;

  TransformerLayer(int index, EncoderConfig config, Slots slots) {
    this.index = index;
    this.config = config;
    Family.LayerNames names = config.family().layer(index);
    query = new Linear(slots::get, names.query());
    key = new Linear(slots::get, names.key());
    value = new Linear(slots::get, names.value());
    attentionOutput = new Linear(slots::get, names.attentionOutput());
    attentionNorm = new LayerNorm(slots, names.attentionNorm(), config.layerNormEps());
    intermediate = new Linear(slots::get, names.intermediate());
    output = new Linear(slots::get, names.output());
    outputNorm = new LayerNorm(slots, names.outputNorm(), config.layerNormEps());
    attention = new Attention(config);
  }

  /** The asking rows of a piece. */
  private record Asked(boolean firsts, int from, int count) {
    Asked(Piece piece, boolean firsts) {
      this(
          firsts,
          firsts ? piece.firstText() : piece.firstToken(),
          firsts ? piece.texts() : piece.tokens());
    }
  }

  /**
   * A piece through the layer.
   *
   * @param firsts whether only first tokens ask
   * @param x {@code [tokens, hidden]}
   * @param y the result, {@code [asking, hidden]}; may be x where all ask
   */
  void forward(
      Pass pass,
      Piece piece,
      boolean firsts,
      Floats x,
      Floats y,
      LayerActivations kept,
      Scratch scratch) {
    Asked asked = new Asked(piece, firsts);
    Floats asking = x;
    if (firsts) {
      asking = kept.asking;
      gather(pass.packed(), piece, x, asking, scratch);
    }
    List<Run> tokens = pass.tokens(piece);
    List<Run> runs = firsts ? pass.texts(piece) : tokens;
    query.forward(scratch, runs, asking, kept.queries);
    key.forward(scratch, tokens, x, kept.keys);
    value.forward(scratch, tokens, x, kept.values);
    Attention.Buffers buffers =
        new Attention.Buffers(kept.queries, kept.keys, kept.values, kept.context);
    Dropout weights = pass.dropout(index, Pass.WEIGHTS, config.attentionDropout());
    for (int text = piece.firstText(); text < piece.lastText(); text++) {
      attention.forward(text(pass.packed(), text, firsts), buffers, weights, scratch);
    }
    attentionOutput.forward(scratch, runs, kept.context, kept.middle);
    Dropout afterAttention = pass.dropout(index, Pass.ATTENTION, config.hiddenDropout());
    for (Run run : runs) {
      LayerNorm.Rows norm = attentionNorm.forward(run.delta());
      for (int row = run.from(); row < run.from() + run.count(); row++) {
        float[] sum = sum(pass, asked, row, kept.middle, asking, afterAttention, scratch);
        float inverse = norm.normalise(sum);
        if (pass.keeping()) {
          kept.inverseMiddle[row] = inverse;
          put(kept.normalisedMiddle, row, sum);
        }
        norm.affine(sum);
        put(kept.middle, row, sum);
      }
    }
    intermediate.forward(scratch, runs, kept.middle, kept.wide);
    Floats activated = pass.keeping() ? kept.activated : kept.wide;
    activate(asked, kept.wide, activated, scratch);
    output.forward(scratch, runs, activated, y);
    Dropout afterOutput = pass.dropout(index, Pass.OUTPUT, config.hiddenDropout());
    for (Run run : runs) {
      LayerNorm.Rows norm = outputNorm.forward(run.delta());
      for (int row = run.from(); row < run.from() + run.count(); row++) {
        float[] sum = sum(pass, asked, row, y, kept.middle, afterOutput, scratch);
        float inverse = norm.normalise(sum);
        if (pass.keeping()) {
          kept.inverseOutput[row] = inverse;
          put(kept.normalisedOutput, row, sum);
        }
        norm.affine(sum);
        put(y, row, sum);
      }
    }
  }

  /** A branch's result after dropout plus what it branched off from. */
  private float[] sum(
      Pass pass, Asked asked, int row, Floats branch, Floats trunk, Dropout dropout, Scratch s) {
    int hidden = config.hiddenSize();
    float[] sum = s.row(0, hidden);
    float[] residual = s.row(1, hidden);
    get(branch, row, sum);
    dropout.apply(pass.place(asked.firsts(), row), sum, 0, hidden);
    get(trunk, row, residual);
    VectorLoops.add(sum, residual, hidden);
    return sum;
  }

  private void activate(Asked asked, Floats wide, Floats activated, Scratch scratch) {
    int width = config.intermediateSize();
    float[] x = scratch.row(0, width);
    float[] y = scratch.row(1, width);
    for (int row = asked.from(); row < asked.from() + asked.count(); row++) {
      wide.get((long) row * width, x, width);
      config.activation().forward(x, y, width);
      activated.put((long) row * width, y, width);
    }
  }

  /** Before {@link #backward}. */
  void beginBackward(int pieces) {
    attentionNorm.begin(pieces);
    outputNorm.begin(pieces);
  }

  /**
   * A piece back through the layer: fills {@code work} and the gradient of the layer's input.
   *
   * @param dy gradient of the result, {@code [asking, hidden]}
   * @param dx gradient of the input, {@code [tokens, hidden]}; may be dy where all ask
   */
  void backward(
      Pass pass,
      Piece piece,
      boolean firsts,
      Floats dy,
      Floats dx,
      LayerActivations kept,
      LayerGradients work,
      Scratch scratch) {
    Asked asked = new Asked(piece, firsts);
    int from = asked.from();
    int count = asked.count();
    Floats residual = firsts ? work.residual : dx;

    Dropout afterOutput = pass.dropout(index, Pass.OUTPUT, config.hiddenDropout());
    LayerNorm.Rows norm = outputNorm.backward(piece.index());
    for (int row = from; row < from + count; row++) {
      float inverse = kept.inverseOutput[row];
      normBackward(norm, row, dy, kept.normalisedOutput, inverse, residual, scratch);
      drop(pass, asked, row, afterOutput, work.output, scratch);
    }
    output.backward(scratch, work.output, from, count, 0, work.wide, from);
    activateBackward(asked, kept.wide, work, scratch);
    intermediate.backward(scratch, work.wide, from, count, 1, residual, from);

    Dropout afterAttention = pass.dropout(index, Pass.ATTENTION, config.hiddenDropout());
    norm = attentionNorm.backward(piece.index());
    for (int row = from; row < from + count; row++) {
      float inverse = kept.inverseMiddle[row];
      normBackward(norm, row, residual, kept.normalisedMiddle, inverse, residual, scratch);
      drop(pass, asked, row, afterAttention, work.attention, scratch);
    }
    attentionOutput.backward(scratch, work.attention, from, count, 0, work.context, from);
    Attention.Buffers buffers =
        new Attention.Buffers(kept.queries, kept.keys, kept.values, kept.context);
    Attention.Buffers gradients =
        new Attention.Buffers(work.queries, work.keys, work.values, work.context);
    Dropout weights = pass.dropout(index, Pass.WEIGHTS, config.attentionDropout());
    for (int text = piece.firstText(); text < piece.lastText(); text++) {
      attention.backward(text(pass.packed(), text, firsts), buffers, gradients, weights, scratch);
    }
    query.backward(scratch, work.queries, from, count, 1, residual, from);
    int token = piece.firstToken();
    key.backward(scratch, work.keys, token, piece.tokens(), firsts ? 0 : 1, dx, token);
    value.backward(scratch, work.values, token, piece.tokens(), 1, dx, token);
    if (firsts) {
      scatter(pass.packed(), piece, residual, dx, scratch);
    }
  }

  /** Leaves the gradient in heap row 0 and in {@code dx}. */
  private void normBackward(
      LayerNorm.Rows norm, int row, Floats dy, Floats kept, float inverse, Floats dx, Scratch s) {
    float[] gradient = s.row(0, config.hiddenSize());
    float[] normalised = s.row(1, config.hiddenSize());
    get(dy, row, gradient);
    get(kept, row, normalised);
    norm.backward(gradient, normalised, inverse);
    put(dx, row, gradient);
  }

  private void drop(Pass pass, Asked asked, int row, Dropout dropout, Floats branch, Scratch s) {
    float[] gradient = s.row(0, config.hiddenSize());
    dropout.apply(pass.place(asked.firsts(), row), gradient, 0, config.hiddenSize());
    put(branch, row, gradient);
  }

  private void activateBackward(Asked asked, Floats wide, LayerGradients work, Scratch scratch) {
    int width = config.intermediateSize();
    float[] x = scratch.row(0, width);
    float[] y = scratch.row(1, width);
    float[] gradient = scratch.row(2, width);
    float[] spare = scratch.row(3, width);
    for (int row = asked.from(); row < asked.from() + asked.count(); row++) {
      long at = (long) row * width;
      wide.get(at, x, width);
      work.wide.get(at, gradient, width);
      config.activation().backward(x, y, gradient, spare, width);
      work.wide.put(at, gradient, width);
      work.activated.put(at, y, width);
    }
  }

  /** The gradients of all weights after {@link #backward} of all pieces, as independent tasks. */
  List<Workers.Task> parameterGradients(
      Packed packed, boolean firsts, Floats x, LayerActivations kept, LayerGradients work) {
    int tokens = packed.tokens;
    int asked = firsts ? packed.texts : tokens;
    List<Workers.Task> tasks = new ArrayList<>();
    output.addTasks(tasks, work.output, work.activated, asked);
    intermediate.addTasks(tasks, work.wide, kept.middle, asked);
    key.addTasks(tasks, work.keys, x, tokens);
    value.addTasks(tasks, work.values, x, tokens);
    query.addTasks(tasks, work.queries, firsts ? kept.asking : x, asked);
    attentionOutput.addTasks(tasks, work.attention, kept.context, asked);
    tasks.add((number, scratch) -> attentionNorm.finish());
    tasks.add((number, scratch) -> outputNorm.finish());
    return tasks;
  }

  private static Attention.Text text(Packed packed, int text, boolean firsts) {
    int start = packed.starts[text];
    int length = packed.length(text);
    return firsts
        ? new Attention.Text(text, 1, text, length, start)
        : new Attention.Text(text, length, start, length, start);
  }

  private void gather(Packed packed, Piece piece, Floats x, Floats asking, Scratch scratch) {
    float[] row = scratch.row(0, config.hiddenSize());
    for (int text = piece.firstText(); text < piece.lastText(); text++) {
      get(x, packed.starts[text], row);
      put(asking, text, row);
    }
  }

  private void scatter(Packed packed, Piece piece, Floats asking, Floats dx, Scratch scratch) {
    float[] row = scratch.row(0, config.hiddenSize());
    float[] sum = scratch.row(1, config.hiddenSize());
    for (int text = piece.firstText(); text < piece.lastText(); text++) {
      get(asking, text, row);
      get(dx, packed.starts[text], sum);
      VectorLoops.add(sum, row, config.hiddenSize());
      put(dx, packed.starts[text], sum);
    }
  }

  private void get(Floats buffer, int row, float[] into) {
    buffer.get((long) row * config.hiddenSize(), into, config.hiddenSize());
  }

  private void put(Floats buffer, int row, float[] values) {
    buffer.put((long) row * config.hiddenSize(), values, config.hiddenSize());
  }
}
