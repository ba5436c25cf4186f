package io.darex.bench.encoder;

/** From a head's scores to the classes' probabilities. */
public final class Softmax {
  private Softmax() {}

  /** The probability of each class; NaN where a score is NaN or infinite. */
  public static double[] of(float[] scores) {
    double most = Double.NEGATIVE_INFINITY;
    for (float score : scores) {
      most = Math.max(most, score);
    }
    double[] probabilities = new double[scores.length];
    double sum = 0;
    for (int i = 0; i < scores.length; i++) {
      probabilities[i] = Math.exp(scores[i] - most);
      sum += probabilities[i];
    }
    for (int i = 0; i < scores.length; i++) {
      probabilities[i] /= sum;
    }
    return probabilities;
  }
}
