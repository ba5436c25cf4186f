package io.darex.prune.rescale;

import static org.assertj.core.api.Assertions.assertThat;

import io.darex.prune.Delta;
import io.darex.prune.Pruning;
import io.darex.prune.Scale;
import io.darex.prune.mask.RandomMask;
import org.junit.jupiter.api.Test;

class UnscaledTest implements RescaleContract {
  @Override
  public Rescale rescale() {
    return new Unscaled();
  }

  @Test
  void dividesByOne() {
    Delta delta = RescaleContract.delta();
    assertThat(
            rescale()
                .find(
                    delta, new Pruning(new RandomMask(1, 0.9)).prune(delta, 1), Evidence.none(), 1)
                .scale())
        .isEqualTo(Scale.of(1));
  }
}
