package io.darex.prune.rescale;

import io.darex.prune.Blocks;
import io.darex.prune.Delta;
import io.darex.prune.KeptTensor;
import io.darex.prune.NonFiniteException;
import io.darex.prune.SparseDelta;
import io.darex.prune.TensorMask;
import io.darex.prune.parameter.Kind;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * One q for all, so that the pruned delta is as long in the direction of the delta as that itself:
 * ⟨Δ̂, Δ⟩ = ‖Δ‖², thus q = ⟨kept, Δ⟩ / ‖Δ‖² over all pruned tensors (docs/METHOD.md §3.6). For kept
 * values that are stored as they are, this is the share of the energy that is kept. It looks at
 * nothing but the weights. Every entry is read.
 */
public record DotMatch() implements Rescale {
  static final Kind<Rescale> KIND =
      new Kind<>(
          "rescale",
          "dot-match",
          "the delta keeps its length in its own direction",
          List.of(),
          given -> new DotMatch());

  @Override
  public String name() {
    return KIND.name();
  }

  @Override
  public Map<String, Object> parameters() {
    return Map.of();
  }

  /**
   * {@inheritDoc}
   *
   * @throws NonFiniteException if any entry of the delta is NaN or infinite, kept or not
   */
  @Override
  public Found find(Delta delta, SparseDelta pruned, Evidence evidence, int threads) {
    List<KeptTensor> tensors = List.copyOf(pruned.kept().values());
    List<Delta.Pair> pairs =
        tensors.stream().map(tensor -> delta.pairs().get(tensor.name())).toList();
    int[] blocks = TensorMask.blocks(pairs, pair -> pair.tuned().count());
    double[][] dots = Arrays.stream(blocks).mapToObj(double[]::new).toArray(double[][]::new);
    double[][] squares = Arrays.stream(blocks).mapToObj(double[]::new).toArray(double[][]::new);
    Blocks.forEach(
        threads,
        blocks,
        () -> {
          float[] entries = new float[TensorMask.BLOCK];
          float[] scratch = new float[TensorMask.BLOCK];
          char[] offsets = new char[TensorMask.BLOCK];
          return (tensor, block) -> {
            Delta.Pair pair = pairs.get(tensor);
            long from = (long) block * TensorMask.BLOCK;
            int length = (int) Math.min(TensorMask.BLOCK, pair.tuned().count() - from);
            pair.read(from, entries, scratch, length);
            double square = 0;
            for (int i = 0; i < length; i++) {
              square += (double) entries[i] * entries[i];
            }
            squares[tensor][block] = square;
            KeptTensor kept = tensors.get(tensor);
            float[] values = kept.values(block);
            int count = kept.places().block(block, offsets);
            double dot = 0;
            for (int i = 0; i < count; i++) {
              dot += (double) values[i] * entries[offsets[i]];
            }
            dots[tensor][block] = dot;
          };
        });
    double q = sum(dots) / sum(squares);
    // Where nothing is kept any q will do.
    return Found.of(q > 0 ? Math.min(1, q) : 1);
  }

  private static double sum(double[][] parts) {
    return Arrays.stream(parts).mapToDouble(part -> Arrays.stream(part).sum()).sum();
  }
}
