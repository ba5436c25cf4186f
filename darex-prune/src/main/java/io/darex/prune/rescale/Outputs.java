package io.darex.prune.rescale;

import io.darex.prune.Checkpoint;
import io.darex.prune.Tensor;
import java.util.Map;
import java.util.function.Consumer;

/**
 * The outputs of a network on unlabelled calibration texts as a function of its weights. Maps of
 * gradients go by the delta's tuned names, have the tensors' shapes, may lack tensors that do not
 * matter, and are valid during the call they are handed to alone.
 */
public interface Outputs {
  /**
   * The gradients, at the tuned weights, of every scalar output of every text: of two classes the
   * margin, of more each class against the mean of all, of a regression the score.
   */
  void gradients(Consumer<Map<String, Tensor>> each);

  /**
   * How far a checkpoint's outputs are from the tuned model's: the mean over texts of the summed
   * squared differences of the logits.
   *
   * @param gradients is given the gradient of that number
   * @return that number; NaN if an output is
   */
  double change(Checkpoint candidate, Consumer<Map<String, Tensor>> gradients);

  /** That number without its gradient, for which a forward pass is enough. */
  default double change(Checkpoint candidate) {
    return change(candidate, gradients -> {});
  }
}
