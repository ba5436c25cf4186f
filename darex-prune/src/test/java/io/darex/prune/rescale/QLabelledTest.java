package io.darex.prune.rescale;

import java.util.List;

class QLabelledTest implements RescaleContract {
  @Override
  public Rescale rescale() {
    return new SearchedQ(SearchedQ.Target.LABELLED, Scope.GLOBAL, List.of(Long.MIN_VALUE, 5L));
  }
}
