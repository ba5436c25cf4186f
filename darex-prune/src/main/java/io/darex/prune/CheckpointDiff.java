package io.darex.prune;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * How far two checkpoints lie apart, tensor by tensor. Names are matched as those of a base and its
 * tuned model are; sums are taken in double and do not depend on the number of threads.
 *
 * @param onlyFirst names that only the first has
 * @param onlySecond names that only the second has
 * @param unlike tensors of one name that cannot be compared, a sentence each: other shapes, or
 *     dtypes that differ and are not both F64, F32, F16 or BF16; and names that match several
 * @param tensors by the second's names, the tensors that could be compared
 */
public record CheckpointDiff(
    List<String> onlyFirst,
    List<String> onlySecond,
    List<String> unlike,
    SortedMap<String, Change> tensors) {

  /**
   * What changed in one tensor, or in all of them.
   *
   * @param entries elements compared
   * @param changed those whose bits differ; a zero that changed its sign counts
   * @param sum Σ|Δ|, 0 for types that no arithmetic reads, as are the next three
   * @param max max |Δ|
   * @param squares ‖Δ‖²
   * @param firstSquares ‖A‖² of the first checkpoint's values
   * @param retyped whether the dtypes differ, so that values were compared as fp32
   */
  public record Change(
      long entries,
      long changed,
      double sum,
      double max,
      double squares,
      double firstSquares,
      boolean retyped) {
    private static final Change NONE = new Change(0, 0, 0, 0, 0, 0, false);

    /** Mean |Δ| over all entries, changed or not; 0 if there are none. */
    public double mean() {
      return entries == 0 ? 0 : sum / entries;
    }

    /** ‖Δ‖/‖A‖; 0 if nothing changed, infinite if the first is all zeros. */
    public double relativeNorm() {
      return squares == 0 ? 0 : Math.sqrt(squares / firstSquares);
    }

    private Change plus(Change other) {
      return new Change(
          entries + other.entries,
          changed + other.changed,
          sum + other.sum,
          Math.max(max, other.max),
          squares + other.squares,
          firstSquares + other.firstSquares,
          retyped || other.retyped);
    }
  }

  /** All tensors together. */
  public Change total() {
    return tensors.values().stream().reduce(Change.NONE, Change::plus);
  }

  /** Whether the two have the same names, shapes, dtypes and bits. */
  public boolean identical() {
    Change total = total();
    return onlyFirst.isEmpty()
        && onlySecond.isEmpty()
        && unlike.isEmpty()
        && total.changed == 0
        && !total.retyped;
  }

  /**
   * Compares two checkpoints; reads every value of both.
   *
   * @throws NonFiniteException if a value that changed is NaN or infinite
   */
  public static CheckpointDiff between(Checkpoint first, Checkpoint second, int threads) {
    List<String> unlike = new ArrayList<>();
    Set<String> secondNames = second.tensors().keySet();
    SortedMap<String, String> names =
        new Names(secondNames, first.tensors().keySet()).match(secondNames, unlike);
    Set<String> onlyFirst = new TreeSet<>(first.tensors().keySet());
    onlyFirst.removeAll(names.values());
    Set<String> onlySecond = new TreeSet<>(second.tensors().keySet());
    onlySecond.removeAll(names.keySet());
    List<String> compared = new ArrayList<>();
    List<Sides> sides = new ArrayList<>();
    names.forEach(
        (name, firstName) -> {
          Sides both = new Sides(first.tensors().get(firstName), second.tensors().get(name));
          if (both.comparable()) {
            compared.add(name);
            sides.add(both);
          } else {
            unlike.add("tensor " + name + ": " + both.describe());
          }
        });
    SortedMap<String, Change> tensors = new TreeMap<>();
    List<Change> changes = compare(sides, threads);
    for (int i = 0; i < compared.size(); i++) {
      tensors.put(compared.get(i), changes.get(i));
    }
    return new CheckpointDiff(
        List.copyOf(onlyFirst), List.copyOf(onlySecond), List.copyOf(unlike), tensors);
  }

  private static List<Change> compare(List<Sides> sides, int threads) {
    int[] counts = TensorMask.blocks(sides, both -> both.first.count());
    Change[][] parts = Arrays.stream(counts).mapToObj(Change[]::new).toArray(Change[][]::new);
    Blocks.forEach(
        threads,
        counts,
        () -> {
          float[] a = new float[TensorMask.BLOCK];
          float[] b = new float[TensorMask.BLOCK];
          return (tensor, block) -> parts[tensor][block] = sides.get(tensor).change(block, a, b);
        });
    // Blocks in order, whoever compared them: sums of floating-point numbers depend on it.
    return Arrays.stream(parts)
        .map(blocks -> Arrays.stream(blocks).reduce(Change.NONE, Change::plus))
        .toList();
  }

  /** One tensor on both sides. */
  private record Sides(Tensor first, Tensor second) {
    boolean comparable() {
      boolean types =
          first.dtype() == second.dtype()
              || (first.dtype().isPrunable() && second.dtype().isPrunable());
      return types && Arrays.equals(first.shape(), second.shape());
    }

    String describe() {
      return first.dtype()
          + " "
          + Arrays.toString(first.shape())
          + " in the first, "
          + second.dtype()
          + " "
          + Arrays.toString(second.shape())
          + " in the second";
    }

    Change change(long block, float[] a, float[] b) {
      long from = block * TensorMask.BLOCK;
      int length = (int) Math.min(TensorMask.BLOCK, first.count() - from);
      return first.dtype().isPrunable() ? numbers(from, length, a, b) : bytes(from, length);
    }

    private Change numbers(long from, int length, float[] a, float[] b) {
      first.read(from, a, 0, length);
      second.read(from, b, 0, length);
      long changed = 0;
      double sum = 0;
      double max = 0;
      double squares = 0;
      double firstSquares = 0;
      for (int i = 0; i < length; i++) {
        if (Float.floatToRawIntBits(a[i]) == Float.floatToRawIntBits(b[i])) {
          // Even NaN or infinite: a buffer that masks attention with −∞ has not changed.
          firstSquares += Float.isFinite(a[i]) ? (double) a[i] * a[i] : 0;
          continue;
        }
        changed++;
        double before = NonFiniteException.check(first.name(), from + i, a[i]);
        double delta = NonFiniteException.check(second.name(), from + i, b[i]) - before;
        sum += Math.abs(delta);
        max = Math.max(max, Math.abs(delta));
        squares += delta * delta;
        firstSquares += before * before;
      }
      boolean retyped = first.dtype() != second.dtype();
      if (!retyped && first.dtype() == DType.F64) {
        changed = bytes(from, length).changed; // more than fp32 shows
      }
      return new Change(length, changed, sum, max, squares, firstSquares, retyped);
    }

    private Change bytes(long from, int length) {
      if (first.dtype().bits() % Byte.SIZE != 0) {
        boolean same = first.bytes(from, length).equals(second.bytes(from, length));
        return new Change(length, same ? 0 : length, 0, 0, 0, 0, false);
      }
      int width = first.dtype().bytes();
      ByteBuffer before = first.bytes(from, length);
      ByteBuffer after = second.bytes(from, length);
      long changed = 0;
      for (int i = 0; i < length; i++) {
        if (before.slice(i * width, width).mismatch(after.slice(i * width, width)) >= 0) {
          changed++;
        }
      }
      return new Change(length, changed, 0, 0, 0, 0, false);
    }
  }
}
