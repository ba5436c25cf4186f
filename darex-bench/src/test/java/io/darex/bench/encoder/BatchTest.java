package io.darex.bench.encoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.darex.bench.tokenizer.EncodedText;
import java.util.List;
import org.junit.jupiter.api.Test;

class BatchTest {
  @Test
  void padsToTheLongest() {
    Batch batch =
        Batch.of(
            List.of(
                new EncodedText(new int[] {5}, new int[] {0}),
                new EncodedText(new int[] {6, 7, 8}, new int[] {0, 1, 1})));
    assertThat(batch.rows()).isEqualTo(2);
    assertThat(batch.columns()).isEqualTo(3);
    assertThat(batch.ids()).containsExactly(5, 0, 0, 6, 7, 8);
    assertThat(batch.types()).containsExactly(0, 0, 0, 0, 1, 1);
    assertThat(batch.mask()).containsExactly(1, 0, 0, 1, 1, 1);
  }

  @Test
  void refusesWhatIsNoBatch() {
    assertThatIllegalArgumentException().isThrownBy(() -> Batch.of(List.of()));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Batch(1, 2, new int[2], new int[2], new int[3]));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Batch(1, 1, new int[1], new int[1], new int[1]))
        .withMessage("row 0 begins with padding");
    assertThatIllegalArgumentException().isThrownBy(() -> new EncodedText(new int[0], new int[0]));
    assertThatIllegalArgumentException().isThrownBy(() -> new EncodedText(new int[1], new int[2]));
  }
}
