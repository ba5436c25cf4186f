package io.darex.bench.select;

import io.darex.bench.encoder.LoadedEncoder;
import io.darex.prune.Checkpoint;
import java.util.stream.IntStream;

/**
 * What candidates are compared by: a number for every text, and a score of any of the texts, larger
 * being better. The texts come in two halves, the even places and the odd ones, so that what is
 * chosen by one half can be scored on the other.
 */
interface Measure {
  /** What it measures. */
  String metric();

  /** How many texts there are, at least two. */
  int size();

  /** Whether it says nothing of what the model is for. */
  boolean isProxy();

  /** The number of every text of a half by a model; NaN where it fails. */
  double[] numbers(LoadedEncoder encoder, Checkpoint model, int half);

  /** The score of the texts at these places, which may repeat; NaN where a number is. */
  double score(double[] numbers, int[] places);

  /** The score of all texts. */
  default double score(double[] numbers) {
    return score(numbers, IntStream.range(0, numbers.length).toArray());
  }

  /** The score of one half by a model. */
  default double score(LoadedEncoder encoder, Checkpoint model, int half) {
    double[] own = numbers(encoder, model, half);
    // At the other half's places too, which are not asked for.
    return score(merged(own, own), places(half, size()));
  }

  /** The places of a half among so many texts. */
  static int[] places(int half, int size) {
    return IntStream.range(0, size).filter(place -> place % 2 == half).toArray();
  }

  /** Those of two halves in the order of all texts. */
  static double[] merged(double[] even, double[] odd) {
    double[] merged = new double[even.length + odd.length];
    for (int i = 0; i < merged.length; i++) {
      merged[i] = i % 2 == 0 ? even[i / 2] : odd[i / 2];
    }
    return merged;
  }
}
