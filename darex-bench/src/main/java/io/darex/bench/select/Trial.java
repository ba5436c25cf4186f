package io.darex.bench.select;

import io.darex.bench.BadInputException;
import io.darex.bench.config.RecipeConfig;
import io.darex.bench.encoder.LoadedEncoder;
import io.darex.prune.Checkpoint;
import io.darex.prune.Delta;
import io.darex.prune.Objective;
import io.darex.prune.Pruning;
import io.darex.prune.Scale;
import io.darex.prune.SparseDelta;
import io.darex.prune.mask.Mask;
import io.darex.prune.rescale.Evidence;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Prunes by candidates and measures what becomes of the model; writes nothing. */
final class Trial {
  private final LoadedEncoder encoder;
  private final Delta delta;
  private final Yardstick yardstick;
  private final Evidence evidence;
  private final int threads;
  private final Map<Key, double[]> known = new HashMap<>();

  /** What a half of the texts was measured with. */
  private record Key(String mask, Map<String, Object> parameters, Scale scale, int half) {}

  /**
   * @param delta to be pruned
   * @param yardstick with texts that {@code evidence} has not seen
   * @param evidence without labels
   */
  Trial(LoadedEncoder encoder, Delta delta, Yardstick yardstick, Evidence evidence, int threads) {
    this.encoder = encoder;
    this.delta = delta;
    this.yardstick = yardstick;
    this.evidence = evidence;
    this.threads = threads;
  }

  /** What the numbers it measures are. */
  Yardstick yardstick() {
    return yardstick;
  }

  /**
   * The score of the tuned model.
   *
   * @throws BadInputException if it has none
   */
  double tuned() {
    double score =
        yardstick.score(
            Yardstick.merged(
                yardstick.numbers(encoder, delta.tuned(), 0),
                yardstick.numbers(encoder, delta.tuned(), 1)));
    if (Double.isNaN(score)) {
      throw new BadInputException(
          "the tuned model: expected finite outputs to compare with, got NaN or infinity");
    }
    return score;
  }

  /**
   * Finds a candidate's q's, and measures it with one mask.
   *
   * @throws IllegalStateException if a search has no score at any q
   */
  Sample first(Candidate candidate, double dropRate, long seed) {
    long start = System.nanoTime();
    RecipeConfig recipe = recipe(candidate, dropRate, seed);
    Mask mask = mask(recipe);
    List<Scale> scales =
        candidate.usesLabels()
            ? List.of(find(recipe, mask, byLabels(1)), find(recipe, mask, byLabels(0)))
            : List.of(find(recipe, mask, evidence));
    double seconds = (System.nanoTime() - start) * 1e-9;
    List<double[]> numbers = List.of(numbers(mask, scales));
    return new Sample(candidate, dropRate, scales, numbers, recipe.isDrawn(), seconds);
  }

  /** Measures it with one more mask, whose q's are those found already. */
  Sample more(Sample sample, long seed) {
    RecipeConfig recipe = recipe(sample.candidate(), sample.dropRate(), seed);
    return sample.plus(numbers(mask(recipe), sample.scales()));
  }

  private static RecipeConfig recipe(Candidate candidate, double dropRate, long seed) {
    Map<String, Object> said = new TreeMap<>(candidate.said());
    said.put("dropRate", dropRate);
    return RecipeConfig.of(said).withSeed(seed);
  }

  private Mask mask(RecipeConfig recipe) {
    return evidence.inform(recipe.pruning().mask(), recipe.budget(), delta, threads);
  }

  private Evidence byLabels(int half) {
    Objective objective = checkpoint -> yardstick.score(encoder, checkpoint, half);
    return evidence.withLabelled(Optional.of(objective));
  }

  private Scale find(RecipeConfig recipe, Mask mask, Evidence with) {
    return recipe
        .rescale()
        .find(delta, new Pruning(mask).view(delta, threads), with, threads)
        .scale();
  }

  private double[] numbers(Mask mask, List<Scale> scales) {
    double[][] halves = new double[2][];
    Optional<SparseDelta> pruned = Optional.empty();
    for (int half = 0; half < 2; half++) {
      Scale scale = scales.get(Math.min(half, scales.size() - 1));
      Key key = new Key(mask.kind(), mask.parameters(), scale, half);
      if (!known.containsKey(key)) {
        if (pruned.isEmpty()) {
          pruned = Optional.of(new Pruning(mask).prune(delta, threads));
        }
        Checkpoint scaled = pruned.get().withScale(scale).applyTo(delta.base());
        known.put(key, yardstick.numbers(encoder, scaled, half));
      }
      halves[half] = known.get(key);
    }
    return Yardstick.merged(halves[0], halves[1]);
  }
}
