package io.darex.bench.select;

import io.darex.bench.console.BadInputException;
import io.darex.bench.encoder.LoadedEncoder;
import io.darex.prune.Checkpoint;
import io.darex.prune.Delta;
import io.darex.prune.Mask;
import io.darex.prune.Objective;
import io.darex.prune.Scale;
import io.darex.prune.SparseDelta;
import io.darex.prune.Values;
import io.darex.prune.delta.Origin;
import io.darex.prune.delta.Pruner;
import io.darex.prune.recipe.Recipe;
import io.darex.prune.rescale.Evidence;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Prunes by candidates and measures what becomes of the model; writes nothing. */
final class Trial {
  private final LoadedEncoder encoder;
  private final Delta delta;
  private final Measure measure;
  private final Evidence evidence;
  private final Origin origin;
  private final int threads;
  private final Map<Key, double[]> known = new HashMap<>();

  /** What a half of the texts was measured with. */
  private record Key(
      String mask, Map<String, Object> parameters, Values values, Scale scale, int half) {}

  /**
   * @param delta to be pruned
   * @param measure with texts that {@code evidence} has not seen
   * @param evidence without labels
   * @param origin what files record
   */
  Trial(
      LoadedEncoder encoder,
      Delta delta,
      Measure measure,
      Evidence evidence,
      Origin origin,
      int threads) {
    this.encoder = encoder;
    this.delta = delta;
    this.measure = measure;
    this.evidence = evidence;
    this.origin = origin;
    this.threads = threads;
  }

  /** What the numbers it measures are. */
  Measure measure() {
    return measure;
  }

  /**
   * The numbers of the tuned model.
   *
   * @throws BadInputException if it has no score
   */
  double[] tuned() {
    double[] numbers = numbers(delta.tuned());
    if (Double.isNaN(measure.score(numbers))) {
      throw new BadInputException(
          "the tuned model: expected finite outputs to compare with, got NaN or infinity");
    }
    return numbers;
  }

  /** The numbers of all texts by a model. */
  double[] numbers(Checkpoint model) {
    return Measure.merged(measure.numbers(encoder, model, 0), measure.numbers(encoder, model, 1));
  }

  /** What is pruned. */
  Delta delta() {
    return delta;
  }

  /** What a recipe makes, in memory. */
  SparseDelta pruned(Recipe recipe) {
    return pruner(recipe).prune().inMemory(threads);
  }

  /**
   * Finds a candidate's q's, and measures it with one mask.
   *
   * @throws IllegalStateException if a search has no score at any q
   * @throws IllegalArgumentException if no file is as small
   */
  Sample first(Candidate candidate, Target target, long seed) {
    long start = System.nanoTime();
    Recipe recipe = target.of(candidate.recipe()).withSeed(seed);
    Pruner pruner = pruner(recipe);
    List<Scale> scales =
        candidate.usesLabels()
            ? List.of(pruner.find(byLabels(1)).scale(), pruner.find(byLabels(0)).scale())
            : List.of(pruner.find().scale());
    double seconds = (System.nanoTime() - start) * 1e-9;
    List<double[]> numbers = List.of(numbers(recipe.values(), pruner, scales));
    Mask mask = pruner.mask();
    return new Sample(candidate, mask.dropRate(), scales, numbers, mask.isDrawn(), seconds);
  }

  /** Measures it with one more mask, whose q's are those found already. */
  Sample more(Sample sample, Target target, long seed) {
    Recipe recipe = target.of(sample.candidate().recipe()).withSeed(seed);
    return sample.plus(numbers(recipe.values(), pruner(recipe), sample.scales()));
  }

  /** What carries a recipe out. */
  Pruner pruner(Recipe recipe) {
    return new Pruner(recipe, delta, evidence, origin, threads);
  }

  private Evidence byLabels(int half) {
    Objective objective = checkpoint -> measure.score(encoder, checkpoint, half);
    return evidence.withLabelled(Optional.of(objective));
  }

  private double[] numbers(Values values, Pruner pruner, List<Scale> scales) {
    Mask mask = pruner.mask();
    double[][] halves = new double[2][];
    Optional<SparseDelta> pruned = Optional.empty();
    for (int half = 0; half < 2; half++) {
      Scale scale = scales.get(Math.min(half, scales.size() - 1));
      Key key = new Key(mask.kind(), mask.parameters(), values, scale, half);
      if (!known.containsKey(key)) {
        if (pruned.isEmpty()) {
          pruned = Optional.of(pruner.choice().inMemory(threads));
        }
        Checkpoint scaled = pruned.get().withScale(scale).applyTo(delta.base());
        known.put(key, measure.numbers(encoder, scaled, half));
      }
      halves[half] = known.get(key);
    }
    return Measure.merged(halves[0], halves[1]);
  }
}
