package io.darex.bench.select;

import io.darex.bench.encoder.EncodedText;
import io.darex.bench.encoder.Encoder;
import io.darex.bench.glue.TextBatches;
import java.util.ArrayList;
import java.util.List;

/**
 * What candidates are compared by: a number for every text, and a score of any of the texts, larger
 * being better. The texts come in two halves, the even places and the odd ones, so that what is
 * chosen by one half can be scored on the other.
 */
abstract class Yardstick {
  private final String metric;
  private final List<TextBatches> halves;

  /**
   * @param texts at least two
   */
  Yardstick(String metric, List<EncodedText> texts) {
    this.metric = metric;
    List<List<EncodedText>> split = List.of(new ArrayList<>(), new ArrayList<>());
    for (int i = 0; i < texts.size(); i++) {
      split.get(i % 2).add(texts.get(i));
    }
    halves = split.stream().map(TextBatches::new).toList();
  }

  /** The number of every text of a half, by the weights {@code encoder} holds; NaN if they fail. */
  abstract double[] numbers(Encoder encoder, int half);

  /** The score of the texts at these places, which may repeat; NaN if it has none. */
  abstract double score(double[] numbers, int[] places);

  /** Whether it says nothing of what the model is for. */
  abstract boolean isProxy();

  /** What it measures. */
  final String metric() {
    return metric;
  }

  final TextBatches half(int half) {
    return halves.get(half);
  }

  /** How many texts there are. */
  final int size() {
    return halves.get(0).size() + halves.get(1).size();
  }

  /** The score of all texts. */
  final double score(double[] numbers) {
    int[] places = new int[numbers.length];
    for (int i = 0; i < places.length; i++) {
      places[i] = i;
    }
    return score(numbers, places);
  }

  /** The score of one half by the weights {@code encoder} holds. */
  final double score(Encoder encoder, int half) {
    double[] own = numbers(encoder, half);
    double[] all = new double[size()];
    int[] places = new int[own.length];
    for (int i = 0; i < own.length; i++) {
      places[i] = 2 * i + half;
      all[places[i]] = own[i];
    }
    return score(all, places);
  }

  /** The numbers of all texts by the weights {@code encoder} holds. */
  final double[] numbers(Encoder encoder) {
    return merged(numbers(encoder, 0), numbers(encoder, 1));
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
