package io.darex.prune.recipe;

import io.darex.prune.Blocks;
import io.darex.prune.KeptTensor;
import io.darex.prune.NonFiniteException;
import io.darex.prune.SparseDelta;
import io.darex.prune.Tensor;
import io.darex.prune.TensorMask;
import io.darex.prune.Values;
import io.darex.prune.tensor.ConvertedTensor;
import io.darex.prune.tensor.SignTensor;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * Makes the kept values of a delta those that a file will hold, so that q is searched with what is
 * applied later.
 */
public final class StoredValues {
  private StoredValues() {}

  /**
   * The same delta with values of that kind. Signs have the mean magnitude of the tensor's kept
   * entries, the constant nearest to them by least squares (docs/METHOD.md §5.6); it does not
   * depend on {@code threads}.
   *
   * @throws NonFiniteException if a value that is read is NaN or infinite
   */
  public static SparseDelta of(SparseDelta delta, Values values, int threads) {
    if (values != Values.SIGN) {
      return with(delta, values, kept -> ConvertedTensor.of(kept.values(), values.dtype()));
    }
    Map<String, Float> magnitudes = magnitudes(List.copyOf(delta.kept().values()), threads);
    return with(delta, values, kept -> new SignTensor(kept.values(), magnitudes.get(kept.name())));
  }

  /**
   * As {@link #of}, for whoever asks for the size alone: signs have any magnitude, which needs no
   * value to be read.
   */
  public static SparseDelta sized(SparseDelta delta, Values values) {
    return values == Values.SIGN
        ? with(delta, values, kept -> new SignTensor(kept.values(), 1))
        : of(delta, values, 1);
  }

  private static SparseDelta with(
      SparseDelta delta, Values values, Function<KeptTensor, Tensor> stored) {
    SortedMap<String, KeptTensor> kept = new TreeMap<>();
    delta.kept().forEach((name, tensor) -> kept.put(name, tensor.withValues(stored.apply(tensor))));
    return delta.withKept(kept, values);
  }

  /** By tensor, the mean |value| of what is kept; 0 where nothing is. Summed block by block. */
  private static Map<String, Float> magnitudes(List<KeptTensor> tensors, int threads) {
    int[] blocks = TensorMask.blocks(tensors, tensor -> Tensor.count(tensor.shape()));
    double[][] sums = Arrays.stream(blocks).mapToObj(double[]::new).toArray(double[][]::new);
    Blocks.forEach(
        threads,
        blocks,
        () ->
            (tensor, block) -> {
              double sum = 0;
              for (float value : tensors.get(tensor).values(block)) {
                sum += Math.abs((double) value);
              }
              sums[tensor][block] = sum;
            });
    Map<String, Float> means = new HashMap<>();
    for (int i = 0; i < blocks.length; i++) {
      long kept = tensors.get(i).kept();
      double mean = kept == 0 ? 0 : Arrays.stream(sums[i]).sum() / kept;
      means.put(tensors.get(i).name(), (float) mean);
    }
    return means;
  }
}
