package io.darex.prune.rescale;

import io.darex.prune.Checkpoint;
import io.darex.prune.Checkpoints;
import io.darex.prune.Tensor;
import io.darex.prune.checkpoint.FloatTensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * A network of one output a text, f_e(θ) = x + bend·x² with x = ⟨φ_e, θ − θ_F⟩: linear where bend
 * is 0. Its gradient at the tuned weights is φ_e.
 *
 * @param features φ_e, by tensor
 */
record ToyOutputs(Checkpoint tuned, List<Map<String, Tensor>> features, double bend)
    implements Outputs {

  /** Gaussian features on some tensors. */
  static ToyOutputs random(long seed, int texts, Checkpoint tuned, String... names) {
    List<Map<String, Tensor>> features = new ArrayList<>();
    for (int e = 0; e < texts; e++) {
      Map<String, Tensor> each = new TreeMap<>();
      for (String name : names) {
        long[] shape = tuned.tensors().get(name).shape();
        each.put(name, Checkpoints.random(seed + 31L * e + name.hashCode(), name, 1, shape));
      }
      features.add(each);
    }
    return new ToyOutputs(tuned, features, 0);
  }

  @Override
  public void gradients(Consumer<Map<String, Tensor>> each) {
    features.forEach(each);
  }

  @Override
  public double change(Checkpoint candidate, Consumer<Map<String, Tensor>> gradients) {
    double change = 0;
    Map<String, double[]> sums = new TreeMap<>();
    for (Map<String, Tensor> each : features) {
      double x = 0;
      for (Map.Entry<String, Tensor> entry : each.entrySet()) {
        float[] theta = Checkpoints.values(candidate.tensors().get(entry.getKey()));
        float[] start = Checkpoints.values(tuned.tensors().get(entry.getKey()));
        float[] feature = Checkpoints.values(entry.getValue());
        for (int i = 0; i < theta.length; i++) {
          x += feature[i] * ((double) theta[i] - start[i]);
        }
      }
      double f = x + bend * x * x;
      change += f * f / features.size();
      double slope = 2 * f * (1 + 2 * bend * x) / features.size();
      each.forEach(
          (name, feature) -> {
            double[] sum = sums.computeIfAbsent(name, key -> new double[(int) feature.count()]);
            float[] values = Checkpoints.values(feature);
            for (int i = 0; i < sum.length; i++) {
              sum[i] += slope * values[i];
            }
          });
    }
    Map<String, Tensor> given = new TreeMap<>();
    sums.forEach(
        (name, sum) -> {
          float[] values = new float[sum.length];
          for (int i = 0; i < values.length; i++) {
            values[i] = (float) sum[i];
          }
          given.put(name, new FloatTensor(name, tuned.tensors().get(name).shape(), values));
        });
    gradients.accept(given);
    return change;
  }
}
