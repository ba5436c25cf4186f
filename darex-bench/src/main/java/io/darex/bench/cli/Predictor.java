package io.darex.bench.cli;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.darex.bench.console.BadInputException;
import io.darex.bench.console.Console;
import io.darex.bench.console.Progress;
import io.darex.bench.encoder.Encoder;
import io.darex.bench.pipeline.Prediction;
import io.darex.bench.task.Example;
import io.darex.bench.task.TextBatches;
import io.darex.bench.task.TextRows;
import io.darex.bench.tokenizer.EncodedText;
import io.darex.bench.tokenizer.Tokenizer;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** Answers texts as they come and prints the answers in their order, some thousand at a time. */
final class Predictor implements TextRows.Sink {
  /** Enough that texts of one length come together, few enough for any memory. */
  private static final int TOGETHER = 4096;

  private static final JsonMapper JSON = new JsonMapper();

  private final String model;
  private final Encoder encoder;
  private final Tokenizer tokenizer;
  private final boolean json;
  private final PrintStream out;
  private final Progress progress;
  private final List<String> names = new ArrayList<>();
  private final List<EncodedText> texts = new ArrayList<>();
  private long done;

  /**
   * @param model how messages name it
   * @param encoder with a head
   * @param json whether to print JSON lines, and not TSV
   * @param progress counts texts
   */
  Predictor(
      String model,
      Encoder encoder,
      Tokenizer tokenizer,
      boolean json,
      Console console,
      Progress progress) {
    this.model = model;
    this.encoder = encoder;
    this.tokenizer = tokenizer;
    this.json = json;
    out = console.out();
    this.progress = progress;
    if (!json) {
      String probabilities =
          encoder.config().isRegression()
              ? ""
              : encoder.config().labels().stream()
                  .map(label -> "\t" + label)
                  .collect(Collectors.joining());
      out.print("index\tprediction" + probabilities + "\n");
    }
  }

  @Override
  public void accept(Optional<String> index, Example example) {
    names.add(index.orElseGet(() -> String.valueOf(done + texts.size())));
    texts.add(tokenizer.encode(example.text(), example.second()));
    if (texts.size() == TOGETHER) {
      flush();
    }
  }

  /**
   * Answers the texts that wait.
   *
   * @throws BadInputException if an output of the model is NaN or infinite
   */
  void flush() {
    float[][] outputs =
        new TextBatches(texts)
            .perText(
                batch -> {
                  float[][] logits = encoder.logits(batch);
                  progress.add(logits.length);
                  return logits;
                });
    for (int i = 0; i < outputs.length; i++) {
      if (!Prediction.isFinite(outputs[i])) {
        throw new BadInputException(
            String.format(
                "%s: expected finite outputs of the model, got NaN or infinity for text %d",
                model, done + i + 1));
      }
      print(names.get(i), outputs[i]);
    }
    done += outputs.length;
    names.clear();
    texts.clear();
  }

  private void print(String index, float[] outputs) {
    Prediction prediction = Prediction.of(encoder.config(), outputs);
    ObjectNode object = JSON.createObjectNode().put("index", index);
    StringBuilder line = new StringBuilder(index).append('\t');
    if (prediction.label().isEmpty()) {
      object.put("prediction", outputs[0]);
      line.append(outputs[0]);
    } else {
      object.put("prediction", prediction.label().get());
      line.append(prediction.label().get());
      ObjectNode shares = object.putObject("probabilities");
      prediction
          .probabilities()
          .forEach(
              (label, probability) -> {
                shares.put(label, probability);
                line.append(String.format(Locale.ROOT, "\t%.6f", probability));
              });
    }
    out.print((json ? object.toString() : line.toString()) + "\n");
  }

  /** How many texts were answered. */
  long done() {
    return done;
  }
}
