package io.darex.bench.config;

import io.darex.prune.mask.Masks;
import io.darex.prune.rescale.Rescales;
import java.util.List;

/**
 * How deltas are pruned: the {@code prune} section. Every list is an axis.
 *
 * @param masks names of masks
 * @param dropRates fractions of delta entries dropped, each in [0, 1)
 * @param rescales names of rescales
 * @param q the divisor of the rescale {@code q}, in (0, 1]; NaN where that is not asked for
 * @param seeds mask seeds of the cells
 * @param searchSeeds mask seeds a searched q is scored on, apart from those of the cells
 */
public record PruneConfig(
    List<String> masks,
    List<Double> dropRates,
    List<String> rescales,
    double q,
    List<Long> seeds,
    List<Long> searchSeeds) {
  private static final Range SEED = Range.whole(-(1L << 53), 1L << 53);

  static PruneConfig from(Section section) {
    List<String> rescales =
        section.names("rescale", List.of("inverse-keep-rate", "q-labelled"), Rescales.names());
    boolean fixed = rescales.contains("q");
    if (fixed && !section.has("q")) {
      throw section.bad("rescale", "a key 'q' beside the rescale q, which divides by it");
    }
    if (!fixed && section.has("q")) {
      throw section.bad("q", "the rescale q beside the key 'q', or no such key");
    }
    PruneConfig config =
        new PruneConfig(
            section.names("mask", List.of("random"), Masks.kinds()),
            section.numbers("dropRate", List.of(0.9, 0.99), Range.SHARE),
            rescales,
            section.number("q", Double.NaN, Range.Q),
            seeds(section, "seeds", List.of(0.0, 1.0, 2.0, 3.0)),
            seeds(section, "searchSeeds", List.of(100.0, 101.0)));
    section.end();
    return config;
  }

  private static List<Long> seeds(Section section, String key, List<Double> fallback) {
    return section.numbers(key, fallback, SEED).stream().map(Double::longValue).toList();
  }
}
