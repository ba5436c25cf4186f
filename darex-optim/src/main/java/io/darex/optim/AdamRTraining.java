package io.darex.optim;

import java.util.Optional;
import java.util.SortedMap;

/**
 * AdamR at work: in one of DL4J's networks, where {@link AdamR} makes one with {@code attach}, or
 * in a loop of one's own, where it is the {@link AdamROptimizer}.
 */
public sealed interface AdamRTraining permits SameDiffAdamR, NetworkAdamR, AdamROptimizer {
  /** What the last step did; empty before the first. */
  Optional<StepReport> lastStep();

  /**
   * How far the anchored parameters are from their anchors, by layer; empty before the first step.
   *
   * <p>A layer is what its parameters' names have before the last {@code _} in a {@code
   * MultiLayerNetwork} or {@code ComputationGraph}, and before the last {@code .} or {@code /}
   * elsewhere (the whole name where there is neither).
   */
  SortedMap<String, DeltaStatistics> deltas();
}
