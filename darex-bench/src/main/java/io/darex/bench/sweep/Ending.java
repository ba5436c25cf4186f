package io.darex.bench.sweep;

import java.util.function.Predicate;
import org.deeplearning4j.arbiter.optimize.api.termination.TerminationCondition;
import org.deeplearning4j.arbiter.optimize.runner.IOptimizationRunner;

/** A condition that ends a sweep; what runs then is waited for. */
record Ending(Predicate<IOptimizationRunner> reached) implements TerminationCondition {
  static TerminationCondition when(Predicate<IOptimizationRunner> reached) {
    return new Ending(reached);
  }

  @Override
  public void initialize(IOptimizationRunner runner) {}

  @Override
  public boolean terminate(IOptimizationRunner runner) {
    return reached.test(runner);
  }
}
