package io.darex.prune.rescale;

import io.darex.prune.Delta;
import io.darex.prune.Objective;
import io.darex.prune.Pruning;
import io.darex.prune.SparseDelta;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

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
  public Map<String, Object> parameters() {
    Map<String, Object> parameters = new TreeMap<>(search.parameters());
    parameters.put("seeds", seeds.stream().map(seed -> Long.toString(seed)).toList());
    return parameters;
  }

  @Override
  public boolean isShared() {
    return !seeds.isEmpty();
  }

  @Override
  public Found find(Delta delta, SparseDelta pruned, Evidence evidence, int threads) {
    Objective objective =
        evidence
            .labelled()
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        NAME + " needs an objective on labelled data, and there is none"));
    List<SparseDelta> drawn =
        seeds.isEmpty()
            ? List.of(pruned.inMemory(threads))
            : seeds.stream()
                .map(seed -> new Pruning(pruned.mask().withSeed(seed)).prune(delta, threads))
                .toList();
    return search.best(drawn, delta.base(), objective, evidence.progress());
  }
}
