package io.darex.bench.select;

import io.darex.prune.parameter.ByteSize;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The smallest file that loses no more than is tolerated.
 *
 * @param tolerance of the metric
 * @param metric what loss is measured by
 * @param texts how many validation texts that was measured on
 * @param tuned the tuned model's score
 * @param bytes of the file that the recipe makes
 * @param denseBytes of the tuned model
 * @param loss expected
 * @param width half of its 95 % interval
 * @param sure the share of the bootstrap's draws that lose no more than is tolerated
 * @param recipe makes the file
 * @param steps the sizes that were tried, in the order they were tried
 * @param seconds all of it took
 */
public record Smallest(
    double tolerance,
    String metric,
    int texts,
    double tuned,
    long bytes,
    long denseBytes,
    double loss,
    double width,
    double sure,
    RecipeText recipe,
    List<Step> steps,
    double seconds) {
  private static final double PERCENT = 100;

  /** Copies the list. */
  public Smallest {
    steps = List.copyOf(steps);
  }

  /**
   * A size that was tried.
   *
   * @param bytes largest size of the file
   * @param method what did best there
   * @param q by which that was scored
   * @param loss of it
   * @param width half of its 95 % interval
   * @param sure the share of the bootstrap's draws that lose no more than is tolerated
   * @param allowed whether it loses no more than is tolerated
   */
  public record Step(
      long bytes,
      String method,
      double q,
      double loss,
      double width,
      double sure,
      boolean allowed) {
    /** {@code loses 0.0123 ± 0.0100}. */
    public String words() {
      return String.format(
          Locale.ROOT, "%s %.4f ± %.4f", loss < 0 ? "gains" : "loses", Math.abs(loss), width);
    }
  }

  /** How many times smaller than the dense model. */
  public double ratio() {
    return (double) denseBytes / bytes;
  }

  /** The largest of the sizes that lose too much. */
  public Optional<Step> nextSmaller() {
    return steps.stream()
        .filter(step -> !step.allowed())
        .max(Comparator.comparingLong(Step::bytes));
  }

  /** What it comes to, the answer first, a sentence each. */
  public List<String> sentences() {
    List<String> sentences = new ArrayList<>();
    sentences.add(
        String.format(
            Locale.ROOT,
            "The smallest file that loses at most %s of %s: %s, %.0f times smaller than the model"
                + " (%s).",
            tolerance,
            metric,
            ByteSize.text(bytes),
            ratio(),
            ByteSize.text(denseBytes)));
    sentences.add(
        String.format(
            Locale.ROOT,
            "Expected loss %.4f ± %.4f (95 %%, by a paired bootstrap of %d validation texts; tuned"
                + " model %.4f). In %.0f %% of the draws it is at most %s.",
            loss,
            width,
            texts,
            tuned,
            PERCENT * sure,
            tolerance));
    sentences.add(
        nextSmaller()
            .map(
                step ->
                    String.format(
                        Locale.ROOT,
                        "The next smaller size tried, %s, %s: at most %s in %.0f %% of the draws.",
                        ByteSize.text(step.bytes()),
                        step.words(),
                        tolerance,
                        PERCENT * step.sure()))
            .orElse("No size that was tried loses more."));
    sentences.add(
        "The size was chosen by the same texts, so expect other texts to lose a little more"
            + " rather than less.");
    return sentences;
  }
}
