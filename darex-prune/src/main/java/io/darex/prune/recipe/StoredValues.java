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
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

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
    if (values == Values.SIGN) {
      return signs(delta, threads);
    }
    SortedMap<String, KeptTensor> kept = new TreeMap<>();
    delta
        .kept()
        .forEach(
            (name, tensor) ->
                kept.put(
                    name, tensor.withValues(ConvertedTensor.of(tensor.values(), values.dtype()))));
    return delta.withKept(kept, values);
  }

  /**
   * As {@link #of}, for whoever asks for the size alone: signs have any magnitude, which needs no
   * value to be read.
   */
  public static SparseDelta sized(SparseDelta delta, Values values) {
    if (values != Values.SIGN) {
      return of(delta, values, 1);
    }
    SortedMap<String, KeptTensor> kept = new TreeMap<>();
    delta
        .kept()
        .forEach(
            (name, tensor) ->
                kept.put(name, tensor.withValues(new SignTensor(tensor.values(), 1))));
    return delta.withKept(kept, Values.SIGN);
  }

  private static SparseDelta signs(SparseDelta delta, int threads) {
    List<KeptTensor> tensors = List.copyOf(delta.kept().values());
    double[] magnitudes = magnitudes(tensors, threads);
    SortedMap<String, KeptTensor> kept = new TreeMap<>();
    for (int i = 0; i < magnitudes.length; i++) {
      KeptTensor tensor = tensors.get(i);
      Tensor signs = new SignTensor(tensor.values(), (float) magnitudes[i]);
      kept.put(tensor.name(), tensor.withValues(signs));
    }
    return delta.withKept(kept, Values.SIGN);
  }

  /** By tensor, the mean |value| of what is kept; 0 where nothing is. Summed block by block. */
  private static double[] magnitudes(List<KeptTensor> tensors, int threads) {
    int[] blocks =
        tensors.stream()
            .mapToInt(tensor -> (int) TensorMask.blocks(Tensor.count(tensor.shape())))
            .toArray();
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
    double[] means = new double[blocks.length];
    for (int i = 0; i < means.length; i++) {
      long kept = tensors.get(i).kept();
      means[i] = kept == 0 ? 0 : Arrays.stream(sums[i]).sum() / kept;
    }
    return means;
  }
}
