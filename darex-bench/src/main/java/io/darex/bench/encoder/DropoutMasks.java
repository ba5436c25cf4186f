package io.darex.bench.encoder;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.nd4j.common.util.ArrayUtil;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Seeded dropout masks: 0 where dropped, 1/keep elsewhere.
 *
 * <p>Drawn here and fed to the graph because ND4J's dropout takes its bits from one generator per
 * process, which any other thread moves.
 */
final class DropoutMasks {
  private static final int RESOLUTION = 1 << 16;

  private final SplittableRandom random;

  DropoutMasks(long seed) {
    random = new SplittableRandom(seed);
  }

  /** The next mask; the rate is rounded to 2⁻¹⁶, so that one draw serves four elements. */
  INDArray next(double rate, DataType type, long... shape) {
    int dropped = (int) Math.round(rate * RESOLUTION);
    float kept = RESOLUTION / (float) (RESOLUTION - dropped);
    float[] values = new float[Math.toIntExact(ArrayUtil.prodLong(shape))];
    Arrays.fill(values, kept);
    long bits = 0;
    for (int i = 0; i < values.length; i++) {
      bits = (i & 3) == 0 ? random.nextLong() : bits >>> 16;
      if ((bits & (RESOLUTION - 1)) < dropped) {
        values[i] = 0;
      }
    }
    INDArray mask = Nd4j.create(values, shape, 'c');
    if (type == DataType.FLOAT) {
      return mask;
    }
    try (mask) {
      return mask.castTo(type);
    }
  }
}
