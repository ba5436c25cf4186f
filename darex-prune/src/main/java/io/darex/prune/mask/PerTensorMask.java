package io.darex.prune.mask;

import io.darex.prune.Choice;
import io.darex.prune.Delta;
import io.darex.prune.LayerInput;
import io.darex.prune.Mask;
import io.darex.prune.MismatchException;
import io.darex.prune.NameOrder;
import io.darex.prune.PlaceStorage;
import io.darex.prune.parameter.Parameter;
import io.darex.prune.parameter.Range;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A mask that drops more of some tensors than of others: each tensor has that of the template at a
 * drop rate of its own. As a parameter of the template's kind it is a {@code dropRate} that maps
 * tuned names to rates, and {@code overall}, which is Σ p_k·n_k / Σ n_k for tensors of n_k entries
 * and cannot be told from the rates alone. {@link Budget} finds such rates. A tensor at rate 1
 * keeps nothing and counts in neither sum: {@link #sparing} gives it to those that did not change.
 *
 * @param template the mask, at the overall drop rate
 * @param rates by tuned name, the p of every tensor that is pruned, each in [0, 1]; sorted
 */
public record PerTensorMask(Mask template, Map<String, Double> rates) implements Mask {
  static final String OVERALL = "overall";

  /** The rate of all entries together. */
  static final Parameter<Double> OVERALL_RATE =
      Parameter.required(OVERALL, "overall drop rate", new Parameter.Decimal(Range.SHARE));

  /** The rate of each tensor. */
  static final Parameter<Map<String, Double>> RATES =
      Parameter.required(
          DropRate.PARAMETER.key(), "drop rate of each tensor", new Parameter.Numbers());

  /**
   * Copies the rates and checks every one.
   *
   * @throws IllegalArgumentException naming the tensor whose rate the template cannot have; the
   *     template may be one that has no rates of single tensors at all
   */
  public PerTensorMask {
    SortedMap<String, Double> sorted = new TreeMap<>(NameOrder.BY_UTF8);
    sorted.putAll(rates);
    rates = Collections.unmodifiableSortedMap(sorted);
    template.withDropRate(template.dropRate());
    for (Map.Entry<String, Double> each : rates.entrySet()) {
      try {
        of(template, each.getValue());
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException("tensor " + each.getKey() + ": " + e.getMessage(), e);
      }
    }
  }

  @Override
  public String kind() {
    return template.kind();
  }

  /** The overall rate. */
  @Override
  public double dropRate() {
    return template.dropRate();
  }

  /** The template's at the overall rate. */
  @Override
  public double keepRate() {
    return template.keepRate();
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalArgumentException if the tensor has no rate
   */
  @Override
  public Mask of(String name) {
    Double dropRate = rates.get(name);
    if (dropRate == null) {
      throw new IllegalArgumentException("tensor " + name + " has no dropRate of its own");
    }
    return of(template, dropRate);
  }

  private static Mask of(Mask template, double dropRate) {
    return dropRate == 1 ? new Nothing(template) : template.withDropRate(dropRate);
  }

  /**
   * A mask that is {@code mask} but keeps nothing of some tensors; {@code mask} itself if there are
   * none, or if it keeps no zeros anyway.
   *
   * @param tensors tuned names of all that are pruned
   * @param unchanged those of them whose delta is all zeros
   */
  public static Mask sparing(Mask mask, Set<String> tensors, Set<String> unchanged) {
    if (unchanged.isEmpty() || !mask.keepsZeros()) {
      return mask;
    }
    Map<String, Double> rates = new TreeMap<>();
    for (String name : tensors) {
      rates.put(name, unchanged.contains(name) ? 1 : mask.of(name).dropRate());
    }
    return new PerTensorMask(mask instanceof PerTensorMask own ? own.template() : mask, rates);
  }

  @Override
  public boolean isDrawn() {
    return template.isDrawn();
  }

  @Override
  public boolean keepsZeros() {
    return template.keepsZeros();
  }

  @Override
  public Map<String, Object> parameters() {
    Map<String, Object> parameters = new TreeMap<>(template.parameters());
    parameters.put(DropRate.PARAMETER.key(), rates);
    parameters.put(OVERALL, template.dropRate());
    return parameters;
  }

  @Override
  public Mask withSeed(long seed) {
    return new PerTensorMask(template.withSeed(seed), rates);
  }

  @Override
  public Mask withDropRate(double dropRate) {
    return template.withDropRate(dropRate);
  }

  @Override
  public boolean needsInputs() {
    return template.needsInputs();
  }

  @Override
  public Mask withInputs(Map<String, LayerInput> inputs) {
    return new PerTensorMask(template.withInputs(inputs), rates);
  }

  @Override
  public PlaceStorage places() {
    return template.places();
  }

  /**
   * {@inheritDoc}
   *
   * @throws MismatchException listing the tensors without a rate, and the rates without a tensor
   */
  @Override
  public Choice choose(Delta delta, int threads) {
    requireRates(delta.pairs().keySet());
    Map<String, Choice> choices = new TreeMap<>();
    delta
        .pairs()
        .forEach(
            (name, pair) -> choices.put(name, of(name).choose(only(delta, name, pair), threads)));
    return name -> choices.get(name).on(name);
  }

  private void requireRates(Set<String> pruned) {
    List<String> problems = new ArrayList<>();
    pruned.stream()
        .filter(name -> !rates.containsKey(name))
        .forEach(name -> problems.add("tensor " + name + " is pruned and has no dropRate"));
    rates.keySet().stream()
        .filter(name -> !pruned.contains(name))
        .forEach(name -> problems.add("dropRate of " + name + ": no such tensor is pruned"));
    if (!problems.isEmpty()) {
      throw new MismatchException(problems);
    }
  }

  /** A mask that compares values reads all pairs of a delta, and would for every tensor. */
  private static Delta only(Delta delta, String name, Delta.Pair pair) {
    return new Delta(
        delta.base(),
        delta.tuned(),
        new TreeMap<>(Map.of(name, pair)),
        delta.whole(),
        delta.leftOut());
  }
}
