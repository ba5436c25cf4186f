package io.darex.bench.select;

import io.darex.bench.encoder.EncodedText;
import io.darex.bench.encoder.Encoder;
import io.darex.prune.Scale;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/** Scores made-up numbers by their mean. */
final class Means extends Yardstick {
  Means(int texts) {
    super("mean", Collections.nCopies(texts, new EncodedText(new int[] {1}, new int[] {0})));
  }

  static Candidate candidate(String mask, String rescale, int effort) {
    return new Candidate(Map.of("mask", mask, "rescale", rescale), effort);
  }

  static Sample sample(Candidate candidate, boolean drawn, double[]... bySeed) {
    return new Sample(candidate, .9, List.of(Scale.of(.1)), List.of(bySeed), drawn, 0);
  }

  @Override
  double[] numbers(Encoder encoder, int half) {
    throw new AssertionError("made up");
  }

  @Override
  double score(double[] numbers, int[] places) {
    return Arrays.stream(places).mapToDouble(place -> numbers[place]).average().orElseThrow();
  }

  @Override
  boolean isProxy() {
    return false;
  }
}
