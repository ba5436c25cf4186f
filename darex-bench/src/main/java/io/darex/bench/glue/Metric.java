package io.darex.bench.glue;

/** A measure of agreement between gold and predicted labels; larger is better. */
public enum Metric {
  /**
   * Matthews correlation in Gorodkin's form for any number of labels (Computational Biology and
   * Chemistry 28, 2004), which for two is the usual (tp·tn − fp·fn) / √…; 0 where only one label
   * was given or predicted.
   */
  MATTHEWS("matthews_correlation") {
    @Override
    double score(int[] gold, int[] predicted) {
      int labels = 1;
      for (int i = 0; i < gold.length; i++) {
        labels = Math.max(labels, 1 + Math.max(gold[i], predicted[i]));
      }
      long[] given = new long[labels];
      long[] guessed = new long[labels];
      long correct = 0;
      for (int i = 0; i < gold.length; i++) {
        given[gold[i]]++;
        guessed[predicted[i]]++;
        correct += gold[i] == predicted[i] ? 1 : 0;
      }
      // Whole numbers up to the division: a denominator of 0 is met exactly.
      long total = gold.length;
      long covariance = correct * total;
      long givenVariance = total * total;
      long guessedVariance = total * total;
      for (int label = 0; label < labels; label++) {
        covariance -= given[label] * guessed[label];
        givenVariance -= given[label] * given[label];
        guessedVariance -= guessed[label] * guessed[label];
      }
      return givenVariance == 0 || guessedVariance == 0
          ? 0
          : covariance / Math.sqrt((double) givenVariance * (double) guessedVariance);
    }
  },

  /** The share of predictions that are right. */
  ACCURACY("accuracy") {
    @Override
    double score(int[] gold, int[] predicted) {
      int correct = 0;
      for (int i = 0; i < gold.length; i++) {
        correct += gold[i] == predicted[i] ? 1 : 0;
      }
      return (double) correct / gold.length;
    }
  };

  private final String glueName;

  Metric(String glueName) {
    this.glueName = glueName;
  }

  /** Its name in GLUE, as results and reports write it. */
  public String glueName() {
    return glueName;
  }

  /**
   * Scores predictions by the labels that are right.
   *
   * @param gold label indices from 0, at least one
   * @param predicted as many label indices
   * @throws IllegalArgumentException if there are none, or not as many of both
   */
  public double of(int[] gold, int[] predicted) {
    if (gold.length == 0 || gold.length != predicted.length) {
      throw new IllegalArgumentException(
          "expected as many predictions as labels and at least one, got "
              + predicted.length
              + " for "
              + gold.length);
    }
    return score(gold, predicted);
  }

  abstract double score(int[] gold, int[] predicted);
}
