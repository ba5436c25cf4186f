package io.darex.bench.encoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

/** The loops of both kinds, byte by byte, where the JVM has the vector module. */
class RowLoopsTest {
  private static final int OUT = 7;
  private static final int IN = 40;

  @Test
  void vectorsGiveTheSameBytesAsPlainLoops() {
    RowLoops best = RowLoops.best();
    assumeThat(best).isNotInstanceOf(PlainRowLoops.class);
    RowLoops plain = new PlainRowLoops();
    Random random = new Random(1);
    for (int length = 1; length < 20; length++) {
      int[] rows = {1, 3, 6};
      char[] columns = new char[3 + 3 * length];
      char[] signed = new char[columns.length];
      float[] values = new float[columns.length];
      for (int i = 0; i < columns.length; i++) {
        columns[i] = (char) random.nextInt(IN);
        signed[i] = (char) (columns[i] | (random.nextBoolean() ? RowLoops.SIGN : 0));
        values[i] = (float) random.nextGaussian();
      }
      float[] tile = random(random, IN * RowLoops.LANES);
      float[] sums = random(random, OUT * RowLoops.LANES);
      RowLoops.Group group = new RowLoops.Group(length, 0, 3, 3);
      assertThat(group.end()).isEqualTo(columns.length);

      float[] expected = sums.clone();
      float[] actual = sums.clone();
      plain.addSigns(group, rows, signed, 0.3f, tile, expected, OUT);
      best.addSigns(group, rows, signed, 0.3f, tile, actual, OUT);
      assertThat(actual).isEqualTo(expected).isNotEqualTo(sums);

      plain.addValues(group, rows, columns, values, tile, expected, OUT);
      best.addValues(group, rows, columns, values, tile, actual, OUT);
      assertThat(actual).isEqualTo(expected);
    }
  }

  private static float[] random(Random random, int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }
}
