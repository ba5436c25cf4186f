package io.darex.prune.rescale;

import java.util.List;

class QLabelledTest implements RescaleContract {
  @Override
  public Rescale rescale() {
    return new QLabelled(List.of(Long.MIN_VALUE, 5L), new QSearch(9, 1, 1e-3));
  }
}
