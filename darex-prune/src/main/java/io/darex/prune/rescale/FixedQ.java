package io.darex.prune.rescale;

import io.darex.prune.Delta;
import io.darex.prune.MismatchException;
import io.darex.prune.Scale;
import io.darex.prune.Selection;
import io.darex.prune.SparseDelta;
import io.darex.prune.parameter.Kind;
import io.darex.prune.parameter.Parameter;
import io.darex.prune.parameter.Parameters;
import io.darex.prune.parameter.Range;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * The q's the user gives.
 *
 * @param scale each in (0, 1], so also below 1 − p; its names may be patterns, where {@code *}
 *     stands for any characters and a tensor's own name comes first
 */
public record FixedQ(Scale scale) implements Rescale {
  private static final Parameter<Double> Q =
      Parameter.required("q", "the q of all tensors", new Parameter.Decimal(Range.Q));

  private static final Parameter<Double> FALLBACK =
      Parameter.required(
          "fallback", "the q of tensors without one of their own", new Parameter.Decimal(Range.Q));

  private static final Parameter<Map<String, Double>> TENSORS =
      Parameter.required(
          "tensors", "the q's of tensors, by name or pattern", new Parameter.Numbers());

  static final Kind<Rescale> KIND =
      new Kind<>(
          "rescale", "q", "the q that is given", List.of(Q, FALLBACK, TENSORS), given -> of(given));

  private static FixedQ of(Parameters given) {
    boolean perTensor = given.has(FALLBACK) || given.has(TENSORS);
    if (perTensor && given.has(Q)) {
      throw new IllegalArgumentException(
          "rescale q: expected either q, or fallback and tensors, got both");
    }
    return perTensor
        ? new FixedQ(new Scale(given.get(FALLBACK), given.get(TENSORS)))
        : new FixedQ(given.get(Q));
  }

  /** One q for every tensor. */
  public FixedQ(double q) {
    this(Scale.of(q));
  }

  @Override
  public String name() {
    return KIND.name();
  }

  /** {@code q}, or {@code fallback} and {@code tensors}. */
  @Override
  public Map<String, Object> parameters() {
    return scale.perTensor().isEmpty()
        ? Map.of("q", scale.fallback())
        : new TreeMap<>(
            Map.of("fallback", scale.fallback(), "tensors", new TreeMap<>(scale.perTensor())));
  }

  @Override
  public boolean hasOwnQs() {
    return !scale.perTensor().isEmpty();
  }

  /**
   * {@inheritDoc}
   *
   * @throws MismatchException listing the names and patterns that no pruned tensor has, and the
   *     tensors that several patterns match
   */
  @Override
  public Found find(Delta delta, SparseDelta pruned, Evidence evidence, int threads) {
    List<String> problems = new ArrayList<>();
    Map<String, String> patterns = new TreeMap<>();
    for (String pattern : new TreeMap<>(scale.perTensor()).keySet()) {
      Predicate<String> matches = Selection.matching(pattern);
      List<String> names = pruned.kept().keySet().stream().filter(matches).toList();
      if (names.isEmpty()) {
        problems.add("q of " + pattern + ": no pruned tensor has that name");
      }
      for (String name : names) {
        if (name.equals(pattern) || !scale.perTensor().containsKey(name)) {
          String other = patterns.put(name, pattern);
          if (other != null) {
            problems.add("q of " + name + ": both " + other + " and " + pattern + " match it");
          }
        }
      }
    }
    if (!problems.isEmpty()) {
      throw new MismatchException(problems);
    }
    Map<String, Double> perTensor = new TreeMap<>();
    patterns.forEach((name, pattern) -> perTensor.put(name, scale.perTensor().get(pattern)));
    return new Found(new Scale(scale.fallback(), perTensor), List.of());
  }
}
