package io.darex.prune.delta;

import io.darex.prune.SideFile;
import io.darex.prune.SparseDelta;
import io.darex.prune.Tensor;
import io.darex.prune.Values;
import io.darex.prune.parameter.ByteSize;
import io.darex.prune.safetensors.SafetensorsLayout;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.DoubleFunction;
import java.util.function.ToLongFunction;
import lombok.RequiredArgsConstructor;

/**
 * Finds the lowest drop rate at which a file is no larger than asked for. The share that is kept
 * has four significant digits. Files whose size is within a thousandth of what is asked for are
 * large enough.
 */
@RequiredArgsConstructor
final class SizeFit {
  /** Shares of a power of ten, from 0.1000 to 0.9999. */
  private static final int STEPS = 9000;

  private static final int HALVINGS = 50;

  private static final int FIRST = 1000;
  private static final int DIGITS = 3;

  /** The smallest share is 10 to minus this. */
  private static final int POWERS = 9;

  /** Files that are larger than this share of what is asked for need no further search. */
  private static final double ENOUGH = 0.999;

  /** What is tried for, so that it fits. */
  private static final double AIM = 0.9995;

  private final long bytes;
  private final long entries;
  private final Values values;

  /** What any file of the pair holds. */
  private final SparseDelta nothing;

  private final DoubleFunction<SparseDelta> atDropRate;
  private final ToLongFunction<SparseDelta> size;
  private final Map<Integer, Long> known = new HashMap<>();

  /** The largest that fits so far. */
  private SparseDelta best;

  /**
   * Checks what can be known before an entry is read.
   *
   * @return the size of a file that keeps nothing
   * @throws TooSmallException if that is larger than asked for
   */
  long floor() {
    long floor = size.applyAsLong(nothing);
    if (floor > bytes) {
      throw new TooSmallException(tooSmall(floor));
    }
    return floor;
  }

  /**
   * The delta at that drop rate.
   *
   * @throws TooSmallException if no file is that small
   */
  SparseDelta fit() {
    long floor = floor();
    int low = 0;
    int high = STEPS * POWERS + 1;
    double aim = AIM * bytes - floor;
    int index = index(expected(aim));
    while (high - low > 1 && (best == null || size(low) < ENOUGH * bytes)) {
      // Where that leads nowhere the middle does.
      boolean slow = known.size() % 4 == 3;
      int guess = slow || index <= low || index >= high ? (low + high) >>> 1 : index;
      if (size(guess) <= bytes) {
        low = guess;
      } else {
        high = guess;
      }
      double off = (size(guess) - floor) / expectedBytes(share(guess).doubleValue());
      index = index(expected(aim / off));
    }
    if (best == null && size(0) > bytes) {
      throw new TooSmallException(tooSmall(size(0)));
    }
    return best;
  }

  /** The share that takes so many bytes. */
  private double expected(double wanted) {
    double low = share(0).doubleValue();
    double high = 1;
    for (int i = 0; i < HALVINGS; i++) {
      double share = StrictMath.sqrt(low * high);
      if (expectedBytes(share) < wanted) {
        low = share;
      } else {
        high = share;
      }
    }
    return low;
  }

  /** What a share takes, if all entries changed and the kept ones lie anywhere. */
  private double expectedBytes(double share) {
    double place =
        share == 1 ? 0 : -StrictMath.log(share) - (1 / share - 1) * StrictMath.log1p(-share);
    double bits = place / StrictMath.log(2) + values.bits();
    return share * bits * entries / Byte.SIZE;
  }

  /** The number of a share, about. */
  private static int index(double share) {
    double power = StrictMath.floor(StrictMath.log10(share));
    double mantissa = share / StrictMath.pow(10, power);
    return (int) Math.round((power + POWERS) * STEPS + FIRST * (mantissa - 1));
  }

  private long size(int index) {
    Long found = known.get(index);
    if (found == null) {
      SparseDelta delta = atDropRate.apply(dropRate(index));
      found = size.applyAsLong(delta);
      known.put(index, found);
      if (found <= bytes && largest(index)) {
        best = delta;
      }
    }
    return found;
  }

  private boolean largest(int index) {
    return known.entrySet().stream()
        .noneMatch(each -> each.getKey() > index && each.getValue() <= bytes);
  }

  private static double dropRate(int index) {
    return BigDecimal.ONE.subtract(share(index)).doubleValue();
  }

  /** The share that is kept. */
  private static BigDecimal share(int index) {
    return BigDecimal.valueOf(FIRST + index % STEPS)
        .scaleByPowerOfTen(index / STEPS - POWERS - DIGITS);
  }

  private String tooSmall(long least) {
    long whole = nothing.whole().values().stream().mapToLong(SafetensorsLayout::bytes).sum();
    long files =
        nothing.provenance().files().values().stream()
            .map(SideFile::content)
            .flatMap(Optional::stream)
            .mapToLong(Tensor::count)
            .sum();
    List<String> parts = new ArrayList<>();
    if (whole > 0) {
      parts.add("tensors carried whole, such as the head, " + ByteSize.text(whole));
    }
    if (files > 0) {
      parts.add("files beside the weights " + ByteSize.text(files));
    }
    parts.add("header and table " + ByteSize.text(least - whole - files));
    return "expected at least "
        + ByteSize.text(least)
        + " for this pair ("
        + String.join(", ", parts)
        + "), got "
        + ByteSize.text(bytes);
  }
}
