package io.darex.prune.rescale;

import java.util.List;

class QUnlabelledTest implements RescaleContract {
  @Override
  public Rescale rescale() {
    return new SearchedQ(
        SearchedQ.Target.UNLABELLED,
        Scope.LAYER,
        Influence.SIGNED,
        List.of(),
        new TwoStageSearch(0.25),
        QRange.ALL);
  }
}
