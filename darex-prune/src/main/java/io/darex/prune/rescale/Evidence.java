package io.darex.prune.rescale;

import io.darex.prune.Delta;
import io.darex.prune.Mask;
import io.darex.prune.Objective;
import io.darex.prune.mask.Budget;
import io.darex.prune.mask.NonZeros;
import io.darex.prune.mask.PerTensorMask;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;
import lombok.AccessLevel;
import lombok.Getter;
import lombok.RequiredArgsConstructor;
import lombok.With;

/**
 * What masks, budgets and rescales may look at besides the weights, and whom a search tells how far
 * it is.
 *
 * @param labelled the task metric on held-out labelled data, where there is any
 * @param unlabelled minus the mean squared change of the tuned model's answers to unlabelled texts
 *     (docs/METHOD.md §3.1), where there are any
 * @param calibration what such texts reveal of the tuned model
 * @param importance by tuned name, how much each tensor's change matters to the loss, |⟨Δ_k, ∇L⟩|
 *     (docs/METHOD.md §5.4), computed when it is asked for
 * @param progress sees every searched point as soon as it has its score
 */
@With
public record Evidence(
    Optional<Objective> labelled,
    Optional<Objective> unlabelled,
    Optional<Calibration> calibration,
    Optional<Supplier<Map<String, Double>>> importance,
    Consumer<Point> progress) {
  /** Nothing but the weights. */
  public static Evidence none() {
    return new Evidence(
        Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), point -> {});
  }

  /** A task metric on labelled data that is not the test data. */
  public static Evidence labelled(Objective objective) {
    return none().withLabelled(Optional.of(objective));
  }

  /**
   * A mask with whatever it has to know: what enters the layers, and its tensors' own drop rates.
   * Those in which nothing changed get none of the budget.
   *
   * @throws IllegalArgumentException if mask or budget needs what is not there, or they do not go
   *     together
   */
  public Mask inform(Mask mask, Budget budget, Delta delta, int threads) {
    Mask informed = mask;
    if (mask.needsInputs()) {
      informed = mask.withInputs(required("mask " + mask.kind()).inputs());
    }
    Set<String> all = delta.pairs().keySet();
    Set<String> unchanged =
        mask.keepsZeros() ? NonZeros.unchanged(delta, threads) : Collections.emptySet();
    Delta changed = delta;
    if (!unchanged.isEmpty()) {
      changed = delta.only(all.stream().filter(name -> !unchanged.contains(name)).toList());
    }
    Map<String, Double> numbers = Map.of();
    if (budget.needsImportance()) {
      numbers =
          importance
              .orElseThrow(
                  () ->
                      new IllegalArgumentException(
                          "budget " + budget + ": expected labelled texts of a task, got none"))
              .get();
    }
    return PerTensorMask.sparing(
        budget.allocate(informed, changed, numbers, threads), all, unchanged);
  }

  /** The same, which computes what it has to compute only once. */
  public Evidence remembering() {
    return withImportance(importance.map(Remembered::new));
  }

  /** Asks once. */
  @RequiredArgsConstructor
  private static final class Remembered implements Supplier<Map<String, Double>> {
    private final Supplier<Map<String, Double>> source;

    @Getter(lazy = true, value = AccessLevel.PRIVATE)
    private final Map<String, Double> answer = source.get();

    @Override
    public Map<String, Double> get() {
      return getAnswer();
    }
  }

  /**
   * The calibration.
   *
   * @param asking who needs it
   * @throws IllegalArgumentException if there is none
   */
  Calibration required(String asking) {
    return calibration.orElseThrow(
        () -> new IllegalArgumentException(asking + ": expected a calibration text, got none"));
  }
}
