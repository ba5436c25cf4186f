package io.darex.prune.delta;

import io.darex.prune.KeptTensor;
import io.darex.prune.Mask;
import io.darex.prune.NonFiniteException;
import io.darex.prune.Parallel;
import io.darex.prune.Provenance;
import io.darex.prune.SparseDelta;
import io.darex.prune.Tensor;
import io.darex.prune.safetensors.SafetensorsLayout;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * What there is to say about a sparse-delta file.
 *
 * @param mask what chose the kept entries
 * @param provenance where the delta comes from
 * @param digest that of the file, where it has one
 * @param pruned the tensors with kept entries, in name order
 * @param whole the tensors carried as they are, in name order
 * @param bytes the size of the file
 */
public record DeltaSummary(
    Mask mask,
    Provenance provenance,
    Optional<String> digest,
    List<Pruned> pruned,
    List<Whole> whole,
    long bytes) {

  /**
   * A tensor with kept entries.
   *
   * @param name the tuned tensor's name
   * @param shape the full tensor's dimensions
   * @param kept how many entries are kept
   * @param q what they are divided by
   * @param meanMagnitude the mean of |kept value|, unscaled; 0 if none is kept
   * @param bytes what its values and places take in the file
   */
  public record Pruned(
      String name, List<Long> shape, long kept, double q, double meanMagnitude, long bytes) {
    /** How many elements the full tensor has. */
    public long elements() {
      return count(shape);
    }
  }

  /**
   * A tensor carried as it is.
   *
   * @param name its name
   * @param dtype its element type, as safetensors spells it
   * @param shape its dimensions
   * @param bytes what it takes in the file
   */
  public record Whole(String name, String dtype, List<Long> shape, long bytes) {}

  /** Copies the lists. */
  public DeltaSummary {
    pruned = List.copyOf(pruned);
    whole = List.copyOf(whole);
  }

  /**
   * Reads what is kept once, a tensor to a thread; the result does not depend on {@code threads}.
   *
   * @throws NonFiniteException if a kept value is NaN or infinite
   */
  public static DeltaSummary of(SparseDeltaFile file, int threads) throws IOException {
    SparseDelta delta = file.delta();
    List<KeptTensor> kept = List.copyOf(delta.kept().values());
    Pruned[] pruned = new Pruned[kept.size()];
    Parallel.forEach(
        threads,
        pruned.length,
        () -> number -> pruned[(int) number] = pruned(file, kept.get((int) number)));
    List<Whole> whole = new ArrayList<>();
    delta
        .whole()
        .forEach(
            (name, tensor) ->
                whole.add(
                    new Whole(name, tensor.dtype().name(), list(tensor.shape()), bytes(tensor))));
    return new DeltaSummary(
        delta.mask(),
        delta.provenance(),
        file.digest(),
        List.of(pruned),
        whole,
        Files.size(file.tensors().path()));
  }

  private static Pruned pruned(SparseDeltaFile file, KeptTensor kept) {
    return new Pruned(
        kept.name(),
        list(kept.shape()),
        kept.kept(),
        file.delta().scale().q(kept.name()),
        meanMagnitude(kept),
        file.bytes(kept.name()));
  }

  private static double meanMagnitude(KeptTensor kept) {
    double[] sum = new double[1];
    kept.forEach(
        (index, value) ->
            sum[0] += Math.abs((double) NonFiniteException.check(kept.name(), index, value)));
    return kept.kept() == 0 ? 0 : sum[0] / kept.kept();
  }

  /** How many elements the pruned tensors have in all. */
  public long elements() {
    return pruned.stream().mapToLong(Pruned::elements).sum();
  }

  /** How many of these are kept. */
  public long kept() {
    return pruned.stream().mapToLong(Pruned::kept).sum();
  }

  /** What the values of the same model take with every pruned tensor dense and F32. */
  public long denseBytes() {
    return Float.BYTES * elements() + whole.stream().mapToLong(Whole::bytes).sum();
  }

  /** How many times larger than the file that is. */
  public double ratio() {
    return (double) denseBytes() / bytes;
  }

  private static long bytes(Tensor tensor) {
    return SafetensorsLayout.bytes(tensor);
  }

  private static List<Long> list(long[] shape) {
    return Arrays.stream(shape).boxed().toList();
  }

  private static long count(List<Long> shape) {
    return shape.stream().mapToLong(Long::longValue).reduce(1, (a, b) -> a * b);
  }
}
