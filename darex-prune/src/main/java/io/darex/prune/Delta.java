package io.darex.prune;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * A tuned checkpoint minus its base, entry by entry and not yet computed: Δ = θ_F − θ_P (METHOD.md
 * §1). Nothing is read but the headers.
 *
 * @param base the pre-trained checkpoint
 * @param tuned the fine-tuned checkpoint
 * @param pairs by tuned name, the tensors that both have and that may be pruned
 * @param whole by tuned name, the tensors carried as they are: those only the tuned checkpoint has
 *     (task heads), the excluded ones, and those whose dtype cannot be pruned
 */
public record Delta(
    Checkpoint base,
    Checkpoint tuned,
    SortedMap<String, Pair> pairs,
    SortedMap<String, Tensor> whole) {

  /** Makes the maps unmodifiable. */
  public Delta {
    pairs = Collections.unmodifiableSortedMap(pairs);
    whole = Collections.unmodifiableSortedMap(whole);
  }

  /**
   * One tensor on both sides.
   *
   * @param base its values before fine-tuning
   * @param tuned its values after, of the same shape
   */
  public record Pair(Tensor base, Tensor tuned) {
    /**
     * One entry of the delta, {@code tuned − base} in fp32.
     *
     * @throws NonFiniteException if either value, or their difference, is NaN or infinite
     */
    public float at(long index) {
      float difference = tuned.at(index) - base.at(index);
      if (Float.isFinite(difference)) {
        return difference;
      }
      NonFiniteException.check(base.name() + " of the base", index, base.at(index));
      NonFiniteException.check(tuned.name() + " of the tuned model", index, tuned.at(index));
      throw new NonFiniteException(tuned.name() + ", tuned minus base", index, difference);
    }
  }

  /**
   * The delta between two checkpoints. Names match exactly, or else with or without a leading
   * {@code bert.}; base tensors that the tuned model lacks play no part.
   *
   * @param excluded which tuned names to carry whole
   * @throws MismatchException listing every tensor whose shape or dtype differs in kind, or saying
   *     that the two have no tensor in common
   */
  public static Delta between(Checkpoint base, Checkpoint tuned, Predicate<String> excluded) {
    SortedMap<String, String> names =
        Names.match(tuned.tensors().keySet(), base.tensors().keySet());
    SortedMap<String, Pair> pairs = new TreeMap<>();
    SortedMap<String, Tensor> whole = new TreeMap<>();
    List<String> problems = new ArrayList<>();
    tuned
        .tensors()
        .forEach(
            (name, after) -> {
              Tensor before = names.containsKey(name) ? base.tensors().get(names.get(name)) : null;
              if (before == null || excluded.test(name)) {
                whole.put(name, after);
              } else if (!Arrays.equals(before.shape(), after.shape())) {
                problems.add(problem(name, "shape", shape(before), shape(after)));
              } else if (before.dtype().isPrunable() != after.dtype().isPrunable()) {
                problems.add(problem(name, "dtype", before.dtype(), after.dtype()));
              } else if (after.dtype().isPrunable()) {
                pairs.put(name, new Pair(before, after));
              } else {
                whole.put(name, after);
              }
            });
    if (names.isEmpty()) {
      problems.add("base and tuned model have no tensor name in common");
    }
    if (!problems.isEmpty()) {
      throw new MismatchException(problems);
    }
    return new Delta(base, tuned, pairs, whole);
  }

  private static String problem(String name, String what, Object before, Object after) {
    return "tensor "
        + name
        + ": "
        + what
        + " "
        + before
        + " in the base, "
        + after
        + " in the tuned model";
  }

  static String shape(Tensor tensor) {
    return Arrays.toString(tensor.shape());
  }
}
