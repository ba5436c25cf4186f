package io.darex.bench.pipeline;

import io.darex.bench.encoder.EncoderConfig;
import io.darex.bench.encoder.Softmax;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A model's answer to one text.
 *
 * @param label of the largest probability; empty in a regression
 * @param probabilities by label, in the model's order; empty in a regression
 * @param score in a regression; else the probability of the label
 */
public record Prediction(Optional<String> label, Map<String, Double> probabilities, double score) {
  /** Makes the map unmodifiable. */
  public Prediction {
    probabilities = Collections.unmodifiableMap(new LinkedHashMap<>(probabilities));
  }

  /**
   * What the outputs of a head mean.
   *
   * @param outputs one for each label of {@code config}, finite
   */
  public static Prediction of(EncoderConfig config, float[] outputs) {
    if (config.isRegression()) {
      return new Prediction(Optional.empty(), Map.of(), outputs[0]);
    }
    int best = 0;
    for (int i = 1; i < outputs.length; i++) {
      best = outputs[i] > outputs[best] ? i : best;
    }
    double[] shares = Softmax.of(outputs);
    Map<String, Double> probabilities = new LinkedHashMap<>();
    for (int i = 0; i < shares.length; i++) {
      probabilities.put(config.labels().get(i), shares[i]);
    }
    return new Prediction(Optional.of(config.labels().get(best)), probabilities, shares[best]);
  }

  /** Whether outputs mean anything. */
  public static boolean isFinite(float[] outputs) {
    for (float output : outputs) {
      if (!Float.isFinite(output)) {
        return false;
      }
    }
    return true;
  }
}
