package io.darex.bench.encoder;

import io.darex.bench.encoder.Pass.Run;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * From the first token's vector to scores: dense layer, activation function, dropout, output layer;
 * in BERT the first two are the pooler. Small, so one thread does it.
 */
final class Head implements AutoCloseable {
  private final EncoderConfig config;
  private final Family.Head names;
  private final Optional<Linear> dense;
  private final Optional<Linear> out;
  private final int hidden;

  private final Floats input = new Floats();
  private final Floats wide = new Floats();
  private final Floats activated = new Floats();
  private final Floats logits = new Floats();
  private final Floats logitGradients = new Floats();
  private final Floats gradients = new Floats();

  Head(EncoderConfig config, Function<String, Slot> slots) {
    this.config = config;
    names = config.family().head();
    hidden = config.hiddenSize();
    dense = linear(slots, names.dense());
    out = linear(slots, names.out());
  }

  private static Optional<Linear> linear(Function<String, Slot> slots, String name) {
    return slots.apply(name + ".weight") == null
        ? Optional.empty()
        : Optional.of(new Linear(slots, name));
  }

  /** The pooler's output of a run of texts, or in a family without one the first tokens. */
  float[][] pooled(Pass pass, Run run, Floats firsts, Scratch scratch) {
    return config.family().hasPooler()
        ? activated(pass, run, firsts, scratch)
        : rows(firsts, run, hidden);
  }

  /** What the dense layer gives, after the activation function. */
  float[][] activated(Pass pass, Run run, Floats firsts, Scratch scratch) {
    throughDense(pass, run, firsts, scratch);
    return rows(activated, run, hidden);
  }

  float[][] logits(Pass pass, Run run, Floats firsts, Scratch scratch) {
    throughDense(pass, run, firsts, scratch);
    out.orElseThrow().forward(scratch, List.of(run), activated, logits.reserve(size(pass)));
    return rows(logits, run, config.classes());
  }

  /** What entered the layers, after {@link #activated}. */
  void record(InputRecorder recorder, int texts) {
    recorder.add(List.of(names.dense()), input, hidden, texts);
    if (out.isPresent()) {
      recorder.add(List.of(names.out()), activated, hidden, texts);
    }
  }

  private void throughDense(Pass pass, Run run, Floats firsts, Scratch scratch) {
    long size = (long) pass.packed().texts * hidden;
    input.reserve(size);
    float[] x = scratch.row(1, hidden);
    float[] y = scratch.row(2, hidden);
    for (int text = run.from(); text < run.from() + run.count(); text++) {
      firsts.get((long) text * hidden, x, hidden);
      onInput(pass).apply(pass.place(true, text), x, 0, hidden);
      input.put((long) text * hidden, x, hidden);
    }
    dense.orElseThrow().forward(scratch, List.of(run), input, wide.reserve(size));
    activated.reserve(size);
    for (int text = run.from(); text < run.from() + run.count(); text++) {
      wide.get((long) text * hidden, x, hidden);
      names.activation().forward(x, y, hidden);
      onOutput(pass).apply(pass.place(true, text), y, 0, hidden);
      activated.put((long) text * hidden, y, hidden);
    }
  }

  /**
   * Back from the gradient of the scores {@code [texts][classes]} to that of the first tokens.
   *
   * @return the gradients of the head's parameters as independent tasks
   */
  List<Workers.Task> backward(Pass pass, float[][] scores, Floats firsts, Scratch scratch) {
    int texts = pass.packed().texts;
    logitGradients.reserve(size(pass));
    gradients.reserve((long) texts * hidden);
    for (int text = 0; text < texts; text++) {
      logitGradients.put((long) text * config.classes(), scores[text], config.classes());
    }
    out.orElseThrow().backward(scratch, logitGradients, 0, texts, 0, gradients, 0);
    float[] x = scratch.row(1, hidden);
    float[] y = scratch.row(2, hidden);
    float[] gradient = scratch.row(3, hidden);
    float[] spare = scratch.row(4, hidden);
    for (int text = 0; text < texts; text++) {
      wide.get((long) text * hidden, x, hidden);
      gradients.get((long) text * hidden, gradient, hidden);
      onOutput(pass).apply(pass.place(true, text), gradient, 0, hidden);
      names.activation().backward(x, y, gradient, spare, hidden);
      gradients.put((long) text * hidden, gradient, hidden);
    }
    dense.orElseThrow().backward(scratch, gradients, 0, texts, 0, firsts, 0);
    for (int text = 0; text < texts; text++) {
      firsts.get((long) text * hidden, gradient, hidden);
      onInput(pass).apply(pass.place(true, text), gradient, 0, hidden);
      firsts.put((long) text * hidden, gradient, hidden);
    }
    List<Workers.Task> tasks = new ArrayList<>();
    out.orElseThrow().addTasks(tasks, logitGradients, activated, texts);
    dense.orElseThrow().addTasks(tasks, gradients, input, texts);
    return tasks;
  }

  private Dropout onInput(Pass pass) {
    return pass.dropout(Pass.HEAD_INPUT, names.dropsInput() ? config.classifierDropout() : 0);
  }

  private Dropout onOutput(Pass pass) {
    return pass.dropout(Pass.HEAD_OUTPUT, config.classifierDropout());
  }

  private long size(Pass pass) {
    return (long) pass.packed().texts * config.classes();
  }

  private static float[][] rows(Floats buffer, Run run, int width) {
    float[][] result = new float[run.count()][width];
    for (int row = 0; row < result.length; row++) {
      buffer.get((long) (run.from() + row) * width, result[row], width);
    }
    return result;
  }

  @Override
  public void close() {
    List.of(input, wide, activated, logits, logitGradients, gradients).forEach(Floats::close);
  }
}
