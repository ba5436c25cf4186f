package io.darex.prune;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import lombok.With;

/**
 * What is left of a delta after pruning: kept entries, unscaled, and beside them the q that divides
 * them. Δ̂ = (1/q)·A⊙Δ (docs/METHOD.md §1.1). Because q lies beside the values, {@code withScale}
 * shares them and costs nothing.
 *
 * @param mask what chose the entries
 * @param scale the q of every tensor
 * @param values how a file stores the kept values, which are already rounded to it
 * @param kept by tuned name, the kept entries
 * @param whole by tuned name, the tensors carried as they are
 * @param provenance where all this comes from
 */
public record SparseDelta(
    Mask mask,
    @With Scale scale,
    Values values,
    SortedMap<String, KeptTensor> kept,
    SortedMap<String, Tensor> whole,
    @With Provenance provenance) {

  /** Makes the maps unmodifiable. */
  public SparseDelta {
    kept = Collections.unmodifiableSortedMap(kept);
    whole = Collections.unmodifiableSortedMap(whole);
  }

  /** The same delta with other kept values, stored in that way. */
  public SparseDelta withKept(SortedMap<String, KeptTensor> other, Values stored) {
    return new SparseDelta(mask, scale, stored, other, whole, provenance);
  }

  /**
   * This sparse delta with its kept entries in memory, six bytes each; the tensors carried whole
   * stay where they are.
   *
   * @throws NonFiniteException if a kept value is NaN or infinite
   */
  public SparseDelta inMemory(int threads) {
    List<KeptTensor> tensors = List.copyOf(kept.values());
    int[] blocks = TensorMask.blocks(tensors, tensor -> Tensor.count(tensor.shape()));
    char[][][] offsets = Arrays.stream(blocks).mapToObj(char[][]::new).toArray(char[][][]::new);
    float[][][] entries = Arrays.stream(blocks).mapToObj(float[][]::new).toArray(float[][][]::new);
    Blocks.forEach(
        threads,
        blocks,
        () ->
            (tensor, block) -> {
              offsets[tensor][block] = tensors.get(tensor).offsets(block);
              entries[tensor][block] = tensors.get(tensor).values(block);
            });
    SortedMap<String, KeptTensor> copies = new TreeMap<>();
    for (int i = 0; i < blocks.length; i++) {
      copies.put(tensors.get(i).name(), tensors.get(i).inMemory(offsets[i], entries[i]));
    }
    return new SparseDelta(mask, scale, values, copies, whole, provenance);
  }

  /**
   * The pruned checkpoint, under the tuned names: {@code base + kept / q} in fp32 with q narrowed
   * to fp32 once, and the whole tensors as they are. Its pruned tensors are F32 and are computed
   * each time they are read, at about the cost of reading the base.
   *
   * @throws MismatchException as {@link #matching} does
   */
  public Checkpoint applyTo(Checkpoint base) {
    return applyTo(base, 1);
  }

  /**
   * As {@link #applyTo(Checkpoint)} with a weaker, stronger or reversed delta, {@code base +
   * strength · kept / q}. What is carried whole is as it is for any strength.
   *
   * @param strength finite; 1 is the delta as it is, 0 the base
   * @throws MismatchException as {@link #matching} does
   */
  public Checkpoint applyTo(Checkpoint base, double strength) {
    SortedMap<String, Tensor> tensors = new TreeMap<>(whole);
    matching(base)
        .forEach(
            (name, before) ->
                tensors.put(
                    name,
                    new PrunedTensor(before, kept.get(name), divisor(scale.q(name), strength))));
    return new PrunedCheckpoint(Collections.unmodifiableSortedMap(tensors), provenance.config());
  }

  /** What kept entries are divided by; in place of a factor, so that each is rounded once. */
  public static float divisor(double q, double strength) {
    return (float) (q / strength);
  }

  /**
   * By tuned name, the tensors of {@code base} that the kept entries are added to.
   *
   * @throws MismatchException listing every tensor that {@code base} lacks, or has in another shape
   *     or in a dtype that cannot be read
   */
  public SortedMap<String, Tensor> matching(Checkpoint base) {
    TreeSet<String> names = new TreeSet<>(kept.keySet());
    names.addAll(whole.keySet());
    Names matching = new Names(names, base.tensors().keySet());
    SortedMap<String, Tensor> matches = new TreeMap<>();
    List<String> problems = new ArrayList<>();
    SortedMap<String, String> baseNames = matching.match(kept.keySet(), problems);
    kept.forEach(
        (name, entries) -> {
          if (matching.candidates(name).isEmpty()) {
            problems.add("tensor " + name + ": the base has none of that name");
            return;
          }
          if (!baseNames.containsKey(name)) {
            return; // match has reported why
          }
          Tensor before = base.tensors().get(baseNames.get(name));
          if (!Arrays.equals(before.shape(), entries.shape())) {
            problems.add(
                "tensor "
                    + name
                    + ": shape "
                    + Delta.shape(before)
                    + " in the base, "
                    + Arrays.toString(entries.shape())
                    + " in the sparse delta");
          } else if (!before.dtype().isPrunable()) {
            problems.add(
                "tensor "
                    + name
                    + ": dtype "
                    + before.dtype()
                    + " in the base, expected F64, F32, "
                    + "F16 or BF16");
          } else {
            matches.put(name, before);
          }
        });
    if (!problems.isEmpty()) {
      throw new MismatchException(problems);
    }
    return matches;
  }
}
