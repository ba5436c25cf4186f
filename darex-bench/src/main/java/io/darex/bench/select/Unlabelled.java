package io.darex.bench.select;

import io.darex.bench.calibration.OutputChange;
import io.darex.bench.encoder.LoadedEncoder;
import io.darex.bench.task.TextBatches;
import io.darex.bench.tokenizer.EncodedText;
import io.darex.prune.Checkpoint;
import java.util.Arrays;
import java.util.List;

/**
 * Minus the mean squared change of the model's answers: what 1/q_e looks at ({@link OutputChange}),
 * on other texts. It need not go with what the model is for.
 */
final class Unlabelled implements Measure {
  private final String metric;
  private final int size;
  private final List<OutputChange> halves;

  /**
   * @param encoder any of the tuned model's architecture
   * @throws io.darex.prune.NonFiniteException if an answer of the tuned model is NaN or infinite
   */
  Unlabelled(List<EncodedText> texts, LoadedEncoder encoder, Checkpoint tuned) {
    metric = "minus mean squared change of the " + OutputChange.words(encoder.config());
    size = texts.size();
    halves = List.of(half(0, texts, encoder, tuned), half(1, texts, encoder, tuned));
  }

  private static OutputChange half(
      int half, List<EncodedText> texts, LoadedEncoder encoder, Checkpoint tuned) {
    int[] places = Measure.places(half, texts.size());
    List<EncodedText> own = Arrays.stream(places).mapToObj(texts::get).toList();
    return new OutputChange(encoder, tuned, new TextBatches(own));
  }

  @Override
  public String metric() {
    return metric;
  }

  @Override
  public int size() {
    return size;
  }

  @Override
  public boolean isProxy() {
    return true;
  }

  @Override
  public double[] numbers(LoadedEncoder encoder, Checkpoint model, int half) {
    return halves.get(half).of(encoder, model);
  }

  @Override
  public double score(double[] numbers, int[] places) {
    return -Arrays.stream(places).mapToDouble(place -> numbers[place]).sum() / places.length;
  }
}
