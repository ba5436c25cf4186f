package io.darex.prune.rescale;

import io.darex.prune.Objective;
import java.util.Optional;
import java.util.function.Consumer;
import lombok.With;

/**
 * What a rescale may look at besides the weights, and whom it tells how far it is.
 *
 * @param labelled the task metric on held-out labelled data, where there is any
 * @param unlabelled minus the mean absolute change of the last hidden state against the tuned model
 *     on unlabelled texts (METHOD.md §3), where there are any
 * @param calibration what such texts reveal of the tuned model
 * @param progress sees every searched point as soon as it has its score
 */
@With
public record Evidence(
    Optional<Objective> labelled,
    Optional<Objective> unlabelled,
    Optional<Calibration> calibration,
    Consumer<Point> progress) {
  /** Nothing but the weights. */
  public static Evidence none() {
    return new Evidence(Optional.empty(), Optional.empty(), Optional.empty(), point -> {});
  }

  /** A task metric on labelled data that is not the test data. */
  public static Evidence labelled(Objective objective) {
    return none().withLabelled(Optional.of(objective));
  }
}
