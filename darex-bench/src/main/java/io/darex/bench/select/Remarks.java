package io.darex.bench.select;

import io.darex.bench.select.Answer.Measured;
import io.darex.bench.select.Answer.Row;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** What a trial comes to, in sentences. */
final class Remarks {
  /** Which share of the tuned model's score is a heavy loss. */
  private static final double HEAVY = .1;

  private Remarks() {}

  static List<String> of(
      Comparison comparison, Choice choice, Measured measured, DecisionTree.Walk walk) {
    List<String> remarks = new ArrayList<>();
    Row chosen = measured.chosen();
    remarks.add(
        String.format(
            Locale.ROOT,
            "Expected %s: %.4g ± %.2g%s (95 %%; %d texts by a bootstrap, %s).",
            measured.metric(),
            chosen.score(),
            chosen.width(),
            measured.tuned().isPresent()
                ? String.format(Locale.ROOT, ", tuned model %.4g", measured.tuned().getAsDouble())
                : "",
            measured.texts(),
            Words.masks(measured)));
    measured
        .tuned()
        .ifPresent(
            tuned -> {
              double loss = tuned - chosen.score();
              if (loss > HEAVY * Math.abs(tuned)) {
                remarks.add(
                    String.format(
                        Locale.ROOT,
                        "The recommended one loses %.3g of the tuned model's score here: a"
                            + " larger file (--tolerance finds the smallest that will do) or a"
                            + " fine-tune with AdamR may serve better.",
                        loss));
              }
            });
    String alike =
        choice.alike().stream()
            .map(i -> comparison.samples().get(i).candidate().name())
            .collect(Collectors.joining(", "));
    remarks.add(
        alike.isEmpty()
            ? "Every other candidate with a score is worse beyond doubt (95 % intervals of the"
                + " difference)."
            : "The trial cannot tell it from: "
                + alike
                + " (the 95 % intervals of the difference include 0).");
    if (choice.sample() != choice.best()) {
      double behind = comparison.mean(choice.best()) - comparison.mean(choice.sample());
      remarks.add(
          String.format(
              Locale.ROOT,
              "The largest score is that of %s, by %.2g, which is within noise (%.2g counts as"
                  + " equal): the simplest of what is so near is taken.",
              comparison.samples().get(choice.best()).candidate().name(),
              behind,
              choice.equal()));
    }
    if (measured.proxy()) {
      remarks.add(
          "There are no labels: candidates were compared by how much the model's answers change on"
              + " texts that no q was found by. That is a proxy and can be wrong; --task would"
              + " settle it.");
    }
    if (!walk.method().equals(chosen.name().replaceFirst("^random ", ""))) {
      remarks.add(
          "The paper's decision tree alone would have taken "
              + walk.method()
              + "; the trial decided.");
    }
    return remarks;
  }
}
