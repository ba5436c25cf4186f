package io.darex.bench.encoder;

import io.darex.bench.encoder.Packed.Piece;
import io.darex.bench.encoder.Pass.Run;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The sum of word, position and type embeddings, normalised, with dropout; projected to the hidden
 * size where embeddings are narrower.
 */
final class Embeddings implements AutoCloseable {
  private final EncoderConfig config;
  private final int width;
  private final Table words;
  private final Table positions;
  private final Optional<Table> types;
  private final LayerNorm norm;
  private final Optional<Linear> projection;

  /** Before the projection. */
  private final Floats narrow = new Floats();

  private final Floats narrowGradients = new Floats();
  private final Floats normalised = new Floats();
  private float[] inverse = new float[0];

  Embeddings(EncoderConfig config, Slots slots) {
    this.config = config;
    Family family = config.family();
    width = config.embeddingSize();
    words = new Table(slots.get(family.words()));
    positions = new Table(slots.get(family.positions()));
    types = Optional.ofNullable(slots.get(family.types())).map(Table::new);
    norm = new LayerNorm(slots, family.embeddingNorm(), config.layerNormEps());
    projection =
        config.embeddingSize() == config.hiddenSize()
            ? Optional.empty()
            : Optional.of(new Linear(slots::get, family.projection()));
  }

  void reserve(int tokens, boolean keeping) {
    if (projection.isPresent()) {
      narrow.reserve((long) tokens * width);
    }
    if (keeping) {
      normalised.reserve((long) tokens * width);
      inverse = inverse.length < tokens ? new float[tokens] : inverse;
      if (projection.isPresent()) {
        narrowGradients.reserve((long) tokens * width);
      }
    }
  }

  /** A piece's tokens to {@code x [tokens, hidden]}. */
  void forward(Pass pass, Piece piece, Floats x, Scratch scratch) {
    Packed packed = pass.packed();
    Floats embedded = projection.isPresent() ? narrow : x;
    List<Run> runs = pass.tokens(piece);
    Dropout dropout = pass.dropout(Pass.EMBEDDINGS, config.hiddenDropout());
    float[] sum = scratch.row(0, width);
    float[] addend = scratch.row(1, width);
    float[] spare = scratch.row(2, width);
    for (Run run : runs) {
      BesideDelta delta = run.delta();
      LayerNorm.Rows rows = norm.forward(delta);
      for (int token = run.from(); token < run.from() + run.count(); token++) {
        words.row(delta, packed.ids[token], sum, spare);
        positions.row(delta, packed.positions[token], addend, spare);
        VectorLoops.add(sum, addend, width);
        if (types.isPresent()) {
          types.get().row(delta, packed.types[token], addend, spare);
          VectorLoops.add(sum, addend, width);
        }
        float scale = rows.normalise(sum);
        if (pass.keeping()) {
          inverse[token] = scale;
          normalised.put((long) token * width, sum, width);
        }
        rows.affine(sum);
        dropout.apply(packed.places[token], sum, 0, width);
        embedded.put((long) token * width, sum, width);
      }
    }
    projection.ifPresent(linear -> linear.forward(scratch, runs, narrow, x));
  }

  /** What entered the projection, after {@link #forward} of all pieces. */
  void record(InputRecorder recorder, int tokens) {
    if (projection.isPresent()) {
      recorder.add(List.of(config.family().projection()), narrow, width, tokens);
    }
  }

  void beginBackward(int pieces) {
    norm.begin(pieces);
  }

  /** A piece back: the gradient of the sum of embeddings, in place or in a buffer of ours. */
  void backward(Pass pass, Piece piece, Floats dx, Scratch scratch) {
    projection.ifPresent(
        linear ->
            linear.backward(
                scratch,
                dx,
                piece.firstToken(),
                piece.tokens(),
                0,
                narrowGradients,
                piece.firstToken()));
    Floats gradients = ofSum(dx);
    LayerNorm.Rows rows = norm.backward(piece.index());
    Dropout dropout = pass.dropout(Pass.EMBEDDINGS, config.hiddenDropout());
    float[] gradient = scratch.row(0, width);
    float[] kept = scratch.row(1, width);
    for (int token = piece.firstToken(); token < piece.lastToken(); token++) {
      gradients.get((long) token * width, gradient, width);
      normalised.get((long) token * width, kept, width);
      dropout.apply(pass.packed().places[token], gradient, 0, width);
      rows.backward(gradient, kept, inverse[token]);
      gradients.put((long) token * width, gradient, width);
    }
  }

  private Floats ofSum(Floats dx) {
    return projection.isPresent() ? narrowGradients : dx;
  }

  /**
   * The gradients of all parameters after {@link #backward} of all pieces, as independent tasks.
   *
   * <p>The projection reads {@code dx}, which is why backward leaves it alone where there is one.
   */
  List<Workers.Task> parameterGradients(Packed packed, Floats dx) {
    Floats sum = ofSum(dx);
    List<Workers.Task> tasks = new ArrayList<>();
    projection.ifPresent(linear -> linear.addTasks(tasks, dx, narrow, packed.tokens));
    tasks.add((number, scratch) -> words.scatter(packed.ids, sum, scratch));
    tasks.add((number, scratch) -> positions.scatter(packed.positions, sum, scratch));
    types.ifPresent(
        table -> tasks.add((number, scratch) -> table.scatter(packed.types, sum, scratch)));
    tasks.add((number, scratch) -> norm.finish());
    return tasks;
  }

  /** An embedding table, whose gradient is dense, as optimisers want it, and mostly zero. */
  private static final class Table {
    private final Slot slot;

    /** Rows of the gradient that are not zero: clearing all would cost more than adding to some. */
    private int[] touched = new int[0];

    Table(Slot slot) {
      this.slot = slot;
    }

    /** A row with what a delta beside the table adds; {@code spare} has room for a row too. */
    void row(BesideDelta delta, int index, float[] into, float[] spare) {
      delta.value(slot).get((long) index * slot.columns(), into, slot.columns());
      delta.kept(slot).ifPresent(kept -> kept.addRow(index, into, spare));
    }

    void scatter(int[] indices, Floats gradients, Scratch scratch) {
      int width = slot.columns();
      float[] row = scratch.row(0, width);
      float[] sum = scratch.row(1, width);
      Arrays.fill(sum, 0);
      for (int index : touched) {
        slot.gradient().put((long) index * width, sum, width);
      }
      touched = indices;
      for (int token = 0; token < indices.length; token++) {
        long at = (long) indices[token] * width;
        gradients.get((long) token * width, row, width);
        slot.gradient().get(at, sum, width);
        VectorLoops.add(sum, row, width);
        slot.gradient().put(at, sum, width);
      }
    }
  }

  @Override
  public void close() {
    List.of(narrow, narrowGradients, normalised).forEach(Floats::close);
  }
}
