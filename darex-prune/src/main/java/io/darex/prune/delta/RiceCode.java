package io.darex.prune.delta;

import io.darex.prune.DType;
import io.darex.prune.Parallel;
import io.darex.prune.Tensor;
import io.darex.prune.TensorMask;
import io.darex.prune.tensor.ConcatenatedTensor;
import java.util.ArrayList;
import java.util.List;
import lombok.AccessLevel;
import lombok.RequiredArgsConstructor;

/**
 * How a file says which elements are kept (docs/FORMAT.md §4). A gap is the number of elements
 * between a kept one and the one before. With parameter r it is written as {@code gap >> r} zeros
 * and a one, its quotient, and its r low bits, its remainder: first the quotients of all tensors,
 * then all remainders.
 */
@RequiredArgsConstructor(access = AccessLevel.PRIVATE)
final class RiceCode {
  /** The largest parameter there is; gaps are shorter than 2⁴⁰. */
  static final int MAX_PARAMETER = 40;

  private final List<Places> tensors;
  private final int[] parameters;

  /**
   * What is kept of one tensor, or of its columns.
   *
   * @param mask which of them
   * @param count the number of elements or columns
   * @param kept how many are kept
   */
  record Places(TensorMask mask, long count, long kept) {
    /** Shows every gap, in order. */
    private void forEachGap(GapConsumer consumer) {
      char[] offsets = new char[(int) Math.min(count, TensorMask.BLOCK)];
      long next = 0;
      for (long block = 0; block < TensorMask.blocks(count) && kept > 0; block++) {
        int here = mask.block(block, offsets);
        for (int i = 0; i < here; i++) {
          long at = block * TensorMask.BLOCK + offsets[i];
          consumer.accept(at - next);
          next = at + 1;
        }
      }
    }

    /** The parameter that needs the fewest bits, of equals the smallest; 0 if nothing is kept. */
    private int parameter() {
      if (kept == 0) {
        return 0;
      }
      // The bits fall and then rise with the parameter, and at the mean gap they rise already.
      int most = 0;
      while (((count - kept) >>> most) > kept) {
        most++;
      }
      long[] quotients = new long[most + 1];
      forEachGap(
          gap -> {
            for (int r = 0; r < quotients.length; r++) {
              quotients[r] += gap >>> r;
            }
          });
      int best = 0;
      for (int r = 1; r <= most; r++) {
        if (quotients[r] + r * kept < quotients[best] + best * kept) {
          best = r;
        }
      }
      return best;
    }
  }

  @FunctionalInterface
  private interface GapConsumer {
    void accept(long gap);
  }

  /** Finds the parameters of all tensors, on {@code threads}. */
  static RiceCode of(List<Places> tensors, int threads) {
    int[] parameters = new int[tensors.size()];
    Parallel.forEach(
        threads,
        parameters.length,
        () -> number -> parameters[(int) number] = tensors.get((int) number).parameter());
    return new RiceCode(List.copyOf(tensors), parameters);
  }

  /** That of the tensor with this number. */
  int parameter(int tensor) {
    return parameters[tensor];
  }

  /** The code, in memory: U8 {@code [bytes]}. */
  Tensor encode(String name) {
    BitWriter quotients = new BitWriter();
    BitWriter remainders = new BitWriter();
    for (int i = 0; i < parameters.length; i++) {
      int r = parameters[i];
      long low = (1L << r) - 1;
      tensors
          .get(i)
          .forEachGap(
              gap -> {
                quotients.unary(gap >>> r);
                remainders.bits(gap & low, r);
              });
    }
    List<Tensor> chunks = new ArrayList<>(quotients.finish());
    chunks.addAll(remainders.finish());
    return new ConcatenatedTensor(name, DType.U8, chunks);
  }
}
