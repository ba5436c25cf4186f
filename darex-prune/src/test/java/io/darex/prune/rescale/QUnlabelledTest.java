package io.darex.prune.rescale;

import java.util.List;

class QUnlabelledTest implements RescaleContract {
  @Override
  public Rescale rescale() {
    return new SearchedQ(SearchedQ.Target.UNLABELLED, Scope.LAYER, List.of());
  }
}
