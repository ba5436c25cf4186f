package io.darex.prune;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.darex.prune.mask.Choice;
import io.darex.prune.mask.Mask;
import io.darex.prune.mask.TensorMask;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.LongConsumer;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A recipe for pruning: which tensors, and by which mask. What is pruned: everything but the task
 * head, embeddings and LayerNorm included (METHOD.md §3).
 *
 * @param mask which entries stay
 * @param exclude names carried whole; {@code *} stands for any characters
 */
public record Pruning(Mask mask, List<String> exclude) {
  /** What an encoder's pruning leaves alone: the task head. */
  public static final List<String> TASK_HEAD = List.of("classifier.*");

  /** Copies the list. */
  public Pruning {
    exclude = List.copyOf(exclude);
  }

  /** Prunes everything but the task head. */
  public Pruning(Mask mask) {
    this(mask, TASK_HEAD);
  }

  /**
   * The delta this recipe works on.
   *
   * @throws MismatchException if the two checkpoints do not belong together
   */
  public Delta delta(Checkpoint base, Checkpoint tuned) {
    Predicate<String> excluded =
        exclude.stream()
            .map(Pruning::pattern)
            .map(Pattern::asMatchPredicate)
            .reduce(name -> false, Predicate::or);
    return Delta.between(base, tuned, excluded);
  }

  /**
   * Prunes {@code tuned − base} on all processors. The scale is that of DARE, q = 1 − dropRate,
   * until {@link SparseDelta#withScale} sets another; the provenance has no digests.
   *
   * @throws MismatchException if the two checkpoints do not belong together
   * @throws NonFiniteException if a kept entry is NaN or infinite on either side
   */
  public SparseDelta prune(Checkpoint base, Checkpoint tuned) {
    return prune(delta(base, tuned), Runtime.getRuntime().availableProcessors());
  }

  /**
   * Prunes a delta; the result does not depend on {@code threads}. What is carried whole is for
   * {@code delta} to say, not for this recipe.
   *
   * @throws NonFiniteException if a kept entry is NaN or infinite on either side
   */
  public SparseDelta prune(Delta delta, int threads) {
    Choice choice = mask.choose(delta, threads);
    List<Job> jobs =
        delta.pairs().entrySet().stream()
            .map(e -> job(e.getKey(), e.getValue(), choice.on(e.getKey())))
            .toList();
    long[] ends = new long[jobs.size()];
    long blocks = 0;
    for (int i = 0; i < ends.length; i++) {
      blocks += jobs.get(i).offsets.length;
      ends[i] = blocks;
    }
    Parallel.forEach(
        threads,
        blocks,
        () -> {
          char[] scratch = new char[TensorMask.BLOCK];
          return prune(jobs, ends, scratch);
        });
    SortedMap<String, KeptTensor> kept = new TreeMap<>();
    jobs.forEach(job -> kept.put(job.name, job.result()));
    return new SparseDelta(
        mask,
        Scale.of(mask.keepRate()),
        kept,
        delta.whole(),
        new Provenance(Optional.empty(), Optional.empty(), describe(), delta.tuned().config()));
  }

  private static LongConsumer prune(List<Job> jobs, long[] ends, char[] scratch) {
    return task -> {
      int found = Arrays.binarySearch(ends, task);
      // Tensors without elements have no block: their end equals their predecessor's.
      int index = found >= 0 ? found + 1 : -found - 1;
      while (ends[index] <= task) {
        index++;
      }
      Job job = jobs.get(index);
      job.prune((int) (task - ends[index] + job.offsets.length), scratch);
    };
  }

  private static Job job(String name, Delta.Pair pair, TensorMask places) {
    int blocks = Math.toIntExact(TensorMask.blocks(pair.tuned().count()));
    return new Job(name, pair, places, new char[blocks][], new float[blocks][]);
  }

  private String describe() {
    ObjectNode job = JsonNodeFactory.instance.objectNode();
    exclude.forEach(job.putArray("exclude")::add);
    return job.toString();
  }

  private static Pattern pattern(String glob) {
    return Pattern.compile(
        Arrays.stream(glob.split("\\*", -1)).map(Pattern::quote).collect(Collectors.joining(".*")));
  }

  /** The work on one tensor; its blocks are filled in any order. */
  private static final class Job {
    private final String name;
    private final Delta.Pair pair;
    private final TensorMask mask;
    private final char[][] offsets;
    private final float[][] values;

    Job(String name, Delta.Pair pair, TensorMask mask, char[][] offsets, float[][] values) {
      this.name = name;
      this.pair = pair;
      this.mask = mask;
      this.offsets = offsets;
      this.values = values;
    }

    void prune(int block, char[] scratch) {
      char[] places = Arrays.copyOf(scratch, mask.block(block, scratch));
      float[] entries = new float[places.length];
      long start = (long) block * TensorMask.BLOCK;
      for (int i = 0; i < places.length; i++) {
        entries[i] = pair.at(start + places[i]);
      }
      offsets[block] = places;
      values[block] = entries;
    }

    KeptTensor result() {
      return new KeptTensor(name, pair.tuned().shape(), offsets, values);
    }
  }
}
