package io.darex.prune.rescale;

import java.util.List;
import java.util.Optional;

class QLabelledTest implements RescaleContract {
  @Override
  public Rescale rescale() {
    return new SearchedQ(
        SearchedQ.Target.LABELLED,
        Scope.GLOBAL,
        Influence.ABSOLUTE,
        List.of(Long.MIN_VALUE, 5L),
        new GeometricSearch(9, 1, 1e-3),
        new QRange(Optional.empty(), Optional.of(1.0)));
  }
}
