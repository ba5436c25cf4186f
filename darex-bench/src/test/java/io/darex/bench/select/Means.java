package io.darex.bench.select;

import io.darex.bench.encoder.LoadedEncoder;
import io.darex.prune.Checkpoint;
import io.darex.prune.Scale;
import io.darex.prune.recipe.Recipe;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Scores made-up numbers by their mean.
 *
 * @param size how many texts there are
 */
record Means(int size) implements Measure {
  static Candidate candidate(String mask, String rescale) {
    return new Candidate(Recipe.of(Map.of("mask", mask, "rescale", rescale, "values", "f32")));
  }

  static Sample sample(Candidate candidate, boolean drawn, double[]... bySeed) {
    return new Sample(candidate, .9, List.of(Scale.of(.1)), List.of(bySeed), drawn, 0);
  }

  @Override
  public String metric() {
    return "mean";
  }

  @Override
  public double[] numbers(LoadedEncoder encoder, Checkpoint model, int half) {
    throw new AssertionError("made up");
  }

  @Override
  public double score(double[] numbers, int[] places) {
    return Arrays.stream(places).mapToDouble(place -> numbers[place]).average().orElseThrow();
  }

  @Override
  public boolean isProxy() {
    return false;
  }
}
