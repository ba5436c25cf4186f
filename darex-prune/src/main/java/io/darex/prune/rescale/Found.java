package io.darex.prune.rescale;

import io.darex.prune.Scale;
import java.util.List;

/**
 * What a rescale found.
 *
 * @param scale the q of every tensor
 * @param searched the points that were tried, in the order they were tried; empty without a search
 */
public record Found(Scale scale, List<Point> searched) {
  /** Copies the list. */
  public Found {
    searched = List.copyOf(searched);
  }

  /** A q that needed no search. */
  public static Found of(double q) {
    return new Found(Scale.of(q), List.of());
  }
}
