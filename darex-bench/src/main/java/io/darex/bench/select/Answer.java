package io.darex.bench.select;

import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * What {@code darex select} found.
 *
 * @param target what was asked for, in words
 * @param dropRate of the recommended recipe
 * @param measurements of the delta
 * @param decisions every branch of the tree of docs/METHOD.md §8
 * @param trial what was tried, where there was anything to try with
 * @param method mask and rescale recommended, in a few words
 * @param recipe the recommended recipe
 * @param remarks what it comes to and what is to be known about it, a sentence each
 * @param seconds all of it took
 */
public record Answer(
    String target,
    double dropRate,
    Measurements measurements,
    List<Decision> decisions,
    Optional<Measured> trial,
    String method,
    RecipeText recipe,
    List<String> remarks,
    double seconds) {
  /** Copies the lists. */
  public Answer {
    decisions = List.copyOf(decisions);
    remarks = List.copyOf(remarks);
  }

  /**
   * A trial.
   *
   * @param metric what candidates are compared by; larger is better
   * @param proxy whether that says nothing of what the model is for
   * @param texts how many texts that was measured on
   * @param seeds of the masks
   * @param tuned the tuned model's score, where it is not 0 by nature
   * @param maskDeviation standard deviation of a score from mask to mask, pooled
   * @param rows the candidates, best first
   * @param skipped why others have no score, a line each
   */
  public record Measured(
      String metric,
      boolean proxy,
      int texts,
      List<Long> seeds,
      OptionalDouble tuned,
      double maskDeviation,
      List<Row> rows,
      List<String> skipped) {
    /** Copies the lists. */
    public Measured {
      seeds = List.copyOf(seeds);
      rows = List.copyOf(rows);
      skipped = List.copyOf(skipped);
    }

    /** The recommended one. */
    public Row chosen() {
      return rows.stream().filter(Row::chosen).findFirst().orElseThrow();
    }
  }

  /**
   * A candidate of a trial.
   *
   * @param name mask and rescale in a few words
   * @param dropRate of its mask
   * @param q one, or the smallest and the largest
   * @param score mean over masks
   * @param width half of the 95 % interval of the score
   * @param behind how far behind the recommended one
   * @param behindWidth half of the 95 % interval of that difference
   * @param masks how many it was measured with
   * @param seconds finding its q took
   * @param chosen whether it is the recommended one
   */
  public record Row(
      String name,
      double dropRate,
      String q,
      double score,
      double width,
      double behind,
      double behindWidth,
      int masks,
      double seconds,
      boolean chosen) {}
}
