package io.darex.bench.encoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class FloatsTest {
  /** It once kept the size of the memory that it had freed, which the next batch would write to. */
  @Test
  void isEmptyWhereThereIsNoMemoryToGrowTo() {
    try (Floats floats = Floats.of(new float[1000])) {
      assertThatThrownBy(() -> floats.reserve(1L << 45)).isInstanceOf(OutOfMemoryError.class);
      assertThat(floats.capacity()).isEqualTo(1);
      floats.reserve(3).put(0, new float[] {1, 2, 3}, 3);
      float[] read = new float[3];
      floats.get(0, read, 3);
      assertThat(read).containsExactly(1, 2, 3);
    }
  }
}
