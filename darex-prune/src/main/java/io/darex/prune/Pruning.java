package io.darex.prune;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A recipe for pruning: which tensors, and by which mask.
 *
 * @param mask which entries stay
 * @param selection which tensors are pruned; the others are carried whole
 */
public record Pruning(Mask mask, Selection selection) {
  /** Prunes everything but an encoder's task head. */
  public Pruning(Mask mask) {
    this(mask, Selection.ENCODER);
  }

  /**
   * The delta this recipe works on.
   *
   * @throws MismatchException if the two checkpoints do not belong together
   */
  public Delta delta(Checkpoint base, Checkpoint tuned) {
    return Delta.between(base, tuned, selection);
  }

  /**
   * Prunes {@code tuned − base} on all processors, into memory.
   *
   * @throws MismatchException if the two checkpoints do not belong together
   * @throws NonFiniteException if a value that is read is NaN or infinite on either side
   */
  public SparseDelta prune(Checkpoint base, Checkpoint tuned) {
    return prune(delta(base, tuned), Runtime.getRuntime().availableProcessors());
  }

  /**
   * Prunes a delta into memory; the result does not depend on {@code threads}.
   *
   * @throws NonFiniteException if a value that is read is NaN or infinite on either side
   */
  public SparseDelta prune(Delta delta, int threads) {
    return view(delta, threads).inMemory(threads);
  }

  /**
   * A pruned delta that reads base and tuned model again whenever it is read, and holds next to
   * nothing in memory itself, at most a bit an entry: what the two hold must not change meanwhile.
   * The scale is that of DARE, q = the mask's keep rate of each tensor, until {@code
   * SparseDelta.withScale} sets another; the provenance has no digests. What is carried whole is
   * for {@code delta} to say, not for this recipe.
   *
   * @throws NonFiniteException if a value that the mask compares is NaN or infinite; kept values
   *     are checked when they are read
   */
  public SparseDelta view(Delta delta, int threads) {
    return view(delta, mask.choose(delta, threads), threads);
  }

  /** As {@link #view(Delta, int)}, of what is chosen already. */
  public SparseDelta view(Delta delta, Choice choice, int threads) {
    List<String> names = List.copyOf(delta.pairs().keySet());
    List<TensorMask> chosen = names.stream().map(choice::on).toList();
    int[] blocks = TensorMask.blocks(names, name -> delta.pairs().get(name).tuned().count());
    long[][] ends = Arrays.stream(blocks).mapToObj(long[]::new).toArray(long[][]::new);
    // What is drawn costs less to draw again than to keep.
    boolean record = mask.places() == PlaceStorage.GAPS;
    List<RecordedPlaces> records =
        record ? Arrays.stream(blocks).mapToObj(RecordedPlaces::new).toList() : List.of();
    Blocks.forEach(
        threads,
        blocks,
        () -> {
          char[] scratch = new char[TensorMask.BLOCK];
          return (tensor, block) -> {
            int kept = chosen.get(tensor).block(block, scratch);
            ends[tensor][block] = kept;
            if (record) {
              records.get(tensor).record(block, scratch, kept);
            }
          };
        });
    List<? extends TensorMask> places = record ? records : chosen;
    SortedMap<String, KeptTensor> kept = new TreeMap<>();
    for (int i = 0; i < ends.length; i++) {
      Arrays.parallelPrefix(ends[i], Long::sum);
      String name = names.get(i);
      Delta.Pair pair = delta.pairs().get(name);
      Tensor values = new DeltaValues(pair, new KeptPlaces(places.get(i), ends[i]));
      kept.put(name, new KeptTensor(name, pair.tuned().shape(), places.get(i), ends[i], values));
    }
    return new SparseDelta(
        mask,
        Scale.inverseKeepRate(mask, names),
        Values.F32,
        kept,
        delta.carried(),
        new Provenance(Optional.empty(), Optional.empty(), "{}", delta.tuned().config()));
  }
}
