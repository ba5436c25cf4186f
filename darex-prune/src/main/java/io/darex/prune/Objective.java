package io.darex.prune;

/** Scores a checkpoint; larger is better. */
@FunctionalInterface
public interface Objective {
  /** The score of {@code checkpoint}; never NaN. */
  double score(Checkpoint checkpoint);
}
