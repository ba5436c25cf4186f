package io.darex.bench.select;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;

/**
 * The tree of docs/METHOD.md §8, which says from a few numbers what is likely to be best. It is
 * what is known before a trial, and all that is known where nothing can be tried.
 */
final class DecisionTree {
  /** Mean |Δ| from which importance beats chance, and below which chance beats importance. */
  static final double LARGE = 1e-2;

  static final double SMALL = 2e-3;

  /** Which share of the tuned score DARE may lose at p = .5 and not have failed. */
  static final double FAILED = .1;

  /** Up to which drop rate DARE is trusted blindly. */
  static final double TRUSTED = .9;

  private DecisionTree() {}

  /**
   * What it came to.
   *
   * @param decisions every branch, in order
   * @param importance whether masks that choose by size are expected to be better
   * @param method what it would take, in words
   * @param warning what is to be feared of that; empty if nothing
   */
  record Walk(List<Decision> decisions, boolean importance, String method, String warning) {}

  /**
   * Walks it.
   *
   * @param dropRate p
   * @param dareAtHalf the share of the tuned model's score that DARE loses at p = .5, where there
   *     are labels to measure it by
   */
  static Walk walk(
      double dropRate, Measurements measured, OptionalDouble dareAtHalf, Available available) {
    List<Decision> decisions = new ArrayList<>();
    decisions.add(
        new Decision(
            "May the model be fine-tuned again?",
            available.mayTrain() ? "yes" : "no",
            "--may-train",
            available.mayTrain()
                ? "yes: darex run with configs/finetune/adamr-l2.yml makes deltas small enough for"
                    + " DARE (AdamR-L2 + DARE, a q on top); configs/finetune/adamr-l1.yml and the"
                    + " mask magnitude give the sparsest. What follows is for the checkpoint as"
                    + " it is"
                : "no: the delta is taken as it is"));
    boolean importance = large(dropRate, measured, dareAtHalf, decisions);
    String method;
    String warning = "";
    if (importance) {
      decisions.add(
          new Decision(
              "Are there calibration texts?",
              words(available.texts()),
              "--calibration or --task",
              available.texts() ? "wanda" : "magnitude, which needs none"));
      method = available.texts() ? "wanda none" : "magnitude none";
    } else {
      method = rescaled(dropRate, available, decisions);
      if (method.equals("inverse-keep-rate") && dropRate > TRUSTED) {
        warning =
            String.format(
                Locale.ROOT,
                "DARE without labels or texts is trusted up to a drop rate of %s; at %s it may"
                    + " have lost everything, and nothing here can tell",
                TRUSTED,
                dropRate);
      }
    }
    return new Walk(decisions, importance, method, warning);
  }

  private static boolean large(
      double dropRate, Measurements measured, OptionalDouble dareAtHalf, List<Decision> decisions) {
    double mean = measured.meanAbsolute();
    boolean large = mean >= LARGE;
    decisions.add(
        new Decision(
            "Are the deltas large?",
            String.format(Locale.ROOT, "mean |Δ| %.2e", mean),
            String.format(Locale.ROOT, "large from %.0e, small below %.0e", LARGE, SMALL),
            large ? "large" : mean < SMALL ? "small" : "in between: the next numbers decide"));
    if (measured.alignment().isPresent()) {
      double signal = (1 - dropRate) * measured.alignment().getAsDouble();
      // Small deltas have it too, where the network shrugs the noise off: docs/METHOD.md §2.4.
      boolean drowned = signal < 1 && mean >= SMALL;
      decisions.add(
          new Decision(
              "Does the masking noise of a layer drown its signal?",
              String.format(
                  Locale.ROOT,
                  "(1-p)·r = %.3g: relative error %.3g at q = 1-p, %.3g at the best q",
                  signal,
                  dropRate / signal,
                  dropRate / (dropRate + signal)),
              String.format(Locale.ROOT, "below 1, with mean |Δ| of %.0e or more", SMALL),
              drowned
                  ? "yes: counts as large"
                  : signal < 1 ? "in its layer, but the deltas are small" : "no"));
      large |= drowned;
    }
    if (dareAtHalf.isPresent()) {
      boolean failed = dareAtHalf.getAsDouble() > FAILED;
      decisions.add(
          new Decision(
              "Does DARE fail by p = 0.5?",
              String.format(
                  Locale.ROOT, "it loses %.1f %% of the score", 100 * dareAtHalf.getAsDouble()),
              String.format(Locale.ROOT, "more than %.0f %%", 100 * FAILED),
              failed ? "yes: counts as large" : "no"));
      large |= failed;
    }
    return large;
  }

  private static String rescaled(double dropRate, Available available, List<Decision> decisions) {
    String scope = available.decoder() ? "" : " layer";
    String method;
    if (available.labels()) {
      decisions.add(new Decision("Are there labels?", "yes", "--task", "1/q_v"));
      method = "q-labelled" + scope;
    } else if (available.texts()) {
      decisions.add(new Decision("Are there labels?", "no", "--task", "no"));
      decisions.add(
          new Decision("Is there one unlabelled batch?", "yes", "--calibration", "1/q_e"));
      method = "q-unlabelled" + scope;
    } else {
      boolean trusted = dropRate <= TRUSTED;
      decisions.add(new Decision("Are there labels?", "no", "--task", "no"));
      decisions.add(new Decision("Is there one unlabelled batch?", "no", "--calibration", "no"));
      decisions.add(
          new Decision(
              "Is the drop rate one that DARE stands blindly?",
              "p = " + dropRate,
              "at most " + TRUSTED,
              trusted ? "yes: DARE" : "no: DARE for want of anything better"));
      return "inverse-keep-rate";
    }
    decisions.add(
        new Decision(
            "Encoder or decoder?",
            available.decoder() ? "decoder" : "encoder",
            "names of tensors",
            available.decoder() ? "one q for all" : "a q for each layer"));
    return method;
  }

  private static String words(boolean is) {
    return is ? "yes" : "no";
  }
}
