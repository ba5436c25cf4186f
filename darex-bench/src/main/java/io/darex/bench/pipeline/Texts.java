package io.darex.bench.pipeline;

import io.darex.bench.encoder.Batch;
import io.darex.bench.encoder.EncodedText;
import io.darex.bench.encoder.Tokenizer;
import io.darex.bench.glue.Example;
import java.util.Arrays;
import java.util.List;

/** The examples of one split, tokenised once. */
final class Texts {
  private final List<EncodedText> encoded;
  private final double[] labels;

  private Texts(List<EncodedText> encoded, double[] labels) {
    this.encoded = encoded;
    this.labels = labels;
  }

  static Texts of(Tokenizer tokenizer, List<Example> examples) {
    List<EncodedText> encoded =
        examples.stream()
            .map(example -> tokenizer.encode(example.text(), example.second()))
            .toList();
    return new Texts(encoded, examples.stream().mapToDouble(Example::label).toArray());
  }

  int size() {
    return labels.length;
  }

  /** The texts as the encoder takes them. */
  List<EncodedText> encoded() {
    return encoded;
  }

  /** Tokens of every text. */
  int[] lengths() {
    return encoded.stream().mapToInt(EncodedText::length).toArray();
  }

  /** How many tokens the texts have together. */
  long tokens() {
    return Arrays.stream(lengths()).asLongStream().sum();
  }

  /** The label or the score of every text; not to be changed. */
  double[] labels() {
    return labels;
  }

  /** The texts at {@code indices}, padded to the longest of them. */
  Batch batch(int[] indices) {
    return Batch.of(Arrays.stream(indices).mapToObj(encoded::get).toList());
  }

  /** The labels or the scores at {@code indices}. */
  double[] labels(int[] indices) {
    return Arrays.stream(indices).mapToDouble(i -> labels[i]).toArray();
  }
}
