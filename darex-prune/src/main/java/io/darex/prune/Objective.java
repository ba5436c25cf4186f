package io.darex.prune;

/** Scores a checkpoint; larger is better. */
@FunctionalInterface
public interface Objective {
  /** The score of {@code checkpoint}; NaN where it has none, which a search reports and skips. */
  double score(Checkpoint checkpoint);
}
