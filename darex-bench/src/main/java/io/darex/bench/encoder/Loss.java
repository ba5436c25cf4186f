package io.darex.bench.encoder;

/** A function of the scores of a batch, whose gradients an encoder can be asked for. */
@FunctionalInterface
public interface Loss {
  /**
   * The value at scores {@code [rows][classes]}, which are overwritten by the gradient of the
   * value.
   */
  double intoGradient(float[][] scores);

  /**
   * The mean cross-entropy of labels.
   *
   * @throws IllegalStateException if the encoder has no head for classes
   * @throws IllegalArgumentException if there is not one label in [0, classes) per row
   */
  static Loss crossEntropy(EncoderConfig config, Batch batch, int[] labels) {
    config.requireHead();
    if (config.isRegression()) {
      throw new IllegalStateException("this encoder's head gives one score: it takes targets");
    }
    requireOnePerRow("label", labels.length, batch);
    for (int label : labels) {
      if (label < 0 || label >= config.classes()) {
        throw new IllegalArgumentException(
            "label must lie in [0, " + config.classes() + "): " + label);
      }
    }
    return scores -> {
      double loss = 0;
      for (int row = 0; row < scores.length; row++) {
        loss += intoGradient(scores[row], labels[row], scores.length);
      }
      return loss / scores.length;
    };
  }

  /** −log softmax(scores)[label]; scores become (softmax − one-hot)/rows. */
  private static double intoGradient(float[] scores, int label, int rows) {
    double largest = VectorLoops.max(scores, 0, scores.length);
    double sum = 0;
    for (float score : scores) {
      sum += Math.exp(score - largest);
    }
    double loss = Math.log(sum) + largest - scores[label];
    for (int i = 0; i < scores.length; i++) {
      double probability = Math.exp(scores[i] - largest) / sum;
      scores[i] = (float) ((probability - (i == label ? 1 : 0)) / rows);
    }
    return loss;
  }

  /**
   * The mean squared error of scores against targets.
   *
   * @throws IllegalStateException if the encoder has no head for a score
   * @throws IllegalArgumentException if there is not one finite target per row
   */
  static Loss squaredError(EncoderConfig config, Batch batch, float[] targets) {
    config.requireHead();
    if (!config.isRegression()) {
      throw new IllegalStateException("this encoder's head tells classes: it takes labels");
    }
    requireOnePerRow("target", targets.length, batch);
    for (float target : targets) {
      if (!Float.isFinite(target)) {
        throw new IllegalArgumentException("target must be finite: " + target);
      }
    }
    return scores -> {
      double loss = 0;
      for (int row = 0; row < scores.length; row++) {
        double difference = (double) scores[row][0] - targets[row];
        loss += difference * difference;
        scores[row][0] = (float) (2 * difference / scores.length);
      }
      return loss / scores.length;
    };
  }

  private static void requireOnePerRow(String what, int count, Batch batch) {
    if (count != batch.rows()) {
      throw new IllegalArgumentException(
          "need one " + what + " per row: " + count + " " + what + "s, " + batch.rows() + " rows");
    }
  }
}
