package io.darex.prune.rescale;

import io.darex.prune.Delta;
import io.darex.prune.Objective;
import io.darex.prune.mask.Mask;
import java.util.List;

/**
 * Global 1/q_v: the q whose pruned models score best on labelled validation data (METHOD.md §3).
 *
 * @param seeds seeds of the masks a q's score is averaged over; if empty, the one mask that is
 *     going to be applied, for which q is then the best
 * @param search how the points are chosen
 */
public record QLabelled(List<Long> seeds, QSearch search) implements Rescale {
  static final String NAME = "q-labelled";

  /** Copies the list. */
  public QLabelled {
    seeds = List.copyOf(seeds);
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Found find(Delta delta, Mask mask, Evidence evidence) {
    Objective objective =
        evidence
            .labelled()
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        NAME + " needs an objective on labelled data, and there is none"));
    List<Mask> masks =
        seeds.isEmpty() ? List.of(mask) : seeds.stream().map(mask::withSeed).toList();
    return search.best(delta, masks, objective, evidence.progress());
  }
}
