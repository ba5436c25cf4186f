package io.darex.optim;

import org.nd4j.autodiff.listeners.BaseListener;
import org.nd4j.autodiff.listeners.Operation;

/** A listener of SameDiff that hears of training alone. */
abstract class TrainingOnly extends BaseListener {
  @Override
  public boolean isActive(Operation operation) {
    return operation == Operation.TRAINING;
  }
}
