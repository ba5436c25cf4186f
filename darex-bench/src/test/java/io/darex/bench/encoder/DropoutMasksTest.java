package io.darex.bench.encoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;

class DropoutMasksTest {
  @Test
  void dropsAtItsRateKeepsTheMeanAndFollowsTheSeed() {
    DropoutMasks masks = new DropoutMasks(3);
    float[] first = masks.next(0.1, DataType.FLOAT, 100, 401).data().asFloat();
    float[] second = masks.next(0.1, DataType.FLOAT, 100, 401).data().asFloat();
    double sum = 0;
    int dropped = 0;
    for (float value : first) {
      sum += value;
      dropped += value == 0 ? 1 : 0;
    }
    // Five standard deviations of a binomial count.
    assertThat(dropped / 40100.0).isCloseTo(0.1, within(0.0075));
    assertThat(sum / 40100).isCloseTo(1, within(0.0085));
    assertThat(second).isNotEqualTo(first);
    assertThat(new DropoutMasks(3).next(0.1, DataType.DOUBLE, 100, 401).data().asFloat())
        .isEqualTo(first);
    assertThat(new DropoutMasks(4).next(0.1, DataType.FLOAT, 100, 401).data().asFloat())
        .isNotEqualTo(first);
  }
}
