package io.darex.prune.mask;

import io.darex.prune.Choice;
import io.darex.prune.Delta;
import io.darex.prune.LayerInput;
import io.darex.prune.Mask;
import io.darex.prune.MismatchException;
import io.darex.prune.PlaceStorage;
import io.darex.prune.parameter.Kind;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * WANDA on deltas (docs/METHOD.md §5.2): keeps the entries of largest |ΔW_ij|·‖X_j‖₂ in each row i
 * of a linear layer's weight {@code [out, in]}, where X are the layer's inputs over calibration
 * texts. Of the z non-zeros of a row exactly ⌈z·(1−p)⌉ stay, p as the decimal number it is written
 * as; of equals the ones that come first. Products are doubles, which tell any two |ΔW| apart that
 * fp32 does: with equal norms this is {@link MagnitudeMask} with scope row.
 *
 * <p>Embeddings, biases, LayerNorm and whatever else is no linear layer's weight have no inputs:
 * they are pruned by magnitude, rows compared within themselves and a vector as one row.
 *
 * @param dropRate p, in [0, 1), of the non-zeros
 * @param norms by tuned name of a weight, ‖X_j‖₂ of its inputs; empty before any calibration, and
 *     in a mask that was read from a file
 */
public record WandaMask(double dropRate, Optional<Map<String, List<Double>>> norms)
    implements Mask {
  static final Kind<Mask> KIND =
      new Kind<>(
          "mask",
          "wanda",
          "the entries of largest |change| times the norm of their input",
          List.of(DropRate.PARAMETER),
          given -> new WandaMask(given.get(DropRate.PARAMETER)));

  /** A mask that still needs inputs. */
  public WandaMask(double dropRate) {
    this(dropRate, Optional.empty());
  }

  /**
   * Copies the norms and checks all numbers.
   *
   * @throws IllegalArgumentException if the rate is out of range, or a norm negative or not finite
   */
  public WandaMask {
    DropRate.check(dropRate);
    norms = norms.map(WandaMask::copy);
  }

  private static Map<String, List<Double>> copy(Map<String, List<Double>> norms) {
    Map<String, List<Double>> copy = new TreeMap<>();
    norms.forEach(
        (name, each) -> {
          for (double norm : each) {
            if (!(norm >= 0 && norm < Double.POSITIVE_INFINITY)) {
              throw new IllegalArgumentException(
                  "input norms of " + name + " must be finite and not negative, got " + norm);
            }
          }
          copy.put(name, List.copyOf(each));
        });
    return Collections.unmodifiableMap(copy);
  }

  @Override
  public String kind() {
    return KIND.name();
  }

  /** The rate alone: where the choice is recorded the norms have done their work. */
  @Override
  public Map<String, Object> parameters() {
    return Map.of(DropRate.PARAMETER.key(), dropRate);
  }

  @Override
  public Mask withSeed(long seed) {
    return this;
  }

  @Override
  public Mask withDropRate(double other) {
    return new WandaMask(other, norms);
  }

  @Override
  public boolean needsInputs() {
    return true;
  }

  /** {@inheritDoc} Of each only the norms are remembered. */
  @Override
  public Mask withInputs(Map<String, LayerInput> inputs) {
    Map<String, List<Double>> each = new TreeMap<>();
    inputs.forEach(
        (name, input) ->
            each.put(name, IntStream.range(0, input.features()).mapToObj(input::norm).toList()));
    return new WandaMask(dropRate, Optional.of(each));
  }

  @Override
  public PlaceStorage places() {
    return PlaceStorage.GAPS;
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalArgumentException if there are no inputs
   * @throws MismatchException listing the tensors that are not of as many columns as their inputs
   *     have features
   */
  @Override
  public Choice choose(Delta delta, int threads) {
    Map<String, List<Double>> known =
        norms.orElseThrow(
            () ->
                new IllegalArgumentException(
                    "mask " + KIND.name() + ": expected a calibration text, got none"));
    requireShapes(delta, known);
    DropRate rate = new DropRate(dropRate);
    Choice byMagnitude = new MagnitudeMask(dropRate, Scope.ROW).choose(delta, threads);
    return name ->
        known.containsKey(name)
            ? new ScoredRows(delta.pairs().get(name), known.get(name), rate)
            : byMagnitude.on(name);
  }

  private static void requireShapes(Delta delta, Map<String, List<Double>> known) {
    List<String> problems = new ArrayList<>();
    delta
        .pairs()
        .forEach(
            (name, pair) -> {
              long[] shape = pair.tuned().shape();
              List<Double> each = known.get(name);
              if (each != null && !(shape.length == 2 && shape[1] == each.size())) {
                problems.add(
                    "tensor "
                        + name
                        + ": shape "
                        + Arrays.toString(shape)
                        + " in the delta, inputs of "
                        + each.size()
                        + " features");
              }
            });
    if (!problems.isEmpty()) {
      throw new MismatchException(problems);
    }
  }
}
