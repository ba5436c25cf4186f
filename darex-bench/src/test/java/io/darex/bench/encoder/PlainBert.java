package io.darex.bench.encoder;

import io.darex.prune.Checkpoint;
import io.darex.prune.Tensor;
import java.util.Arrays;

/**
 * BERT's forward pass in plain double loops, one text at a time and without padding: the oracle of
 * the engines. Written from the architecture, sharing nothing with them.
 */
final class PlainBert {
  private final EncoderConfig config;
  private final Checkpoint checkpoint;

  PlainBert(EncoderConfig config, Checkpoint checkpoint) {
    this.config = config;
    this.checkpoint = checkpoint;
  }

  /** The last layer's output, {@code [tokens][hidden]}. */
  double[][] hidden(int[] ids, int[] types) {
    double[][] words = matrix("bert.embeddings.word_embeddings.weight");
    double[][] positions = matrix("bert.embeddings.position_embeddings.weight");
    double[][] segments = matrix("bert.embeddings.token_type_embeddings.weight");
    double[][] x = new double[ids.length][];
    for (int t = 0; t < ids.length; t++) {
      x[t] =
          normalise(
              add(add(words[ids[t]], positions[t]), segments[types[t]]),
              "bert.embeddings.LayerNorm");
    }
    for (int i = 0; i < config.layers(); i++) {
      x = layer(x, "bert.encoder.layer." + i + ".");
    }
    return x;
  }

  double[] pooled(int[] ids, int[] types) {
    return Arrays.stream(linear(hidden(ids, types)[0], "bert.pooler.dense"))
        .map(Math::tanh)
        .toArray();
  }

  double[] logits(int[] ids, int[] types) {
    return linear(pooled(ids, types), "classifier");
  }

  private double[][] layer(double[][] x, String name) {
    int width = config.hiddenSize() / config.heads();
    int tokens = x.length;
    double[][] q = linear(x, name + "attention.self.query");
    double[][] k = linear(x, name + "attention.self.key");
    double[][] v = linear(x, name + "attention.self.value");
    double[][] out = new double[tokens][];
    for (int t = 0; t < tokens; t++) {
      double[] context = new double[config.hiddenSize()];
      for (int from = 0; from < context.length; from += width) {
        double[] weights = new double[tokens];
        double sum = 0;
        for (int s = 0; s < tokens; s++) {
          double score = 0;
          for (int i = from; i < from + width; i++) {
            score += q[t][i] * k[s][i];
          }
          weights[s] = Math.exp(score / Math.sqrt(width));
          sum += weights[s];
        }
        for (int s = 0; s < tokens; s++) {
          for (int i = from; i < from + width; i++) {
            context[i] += weights[s] / sum * v[s][i];
          }
        }
      }
      double[] middle =
          normalise(
              add(linear(context, name + "attention.output.dense"), x[t]),
              name + "attention.output.LayerNorm");
      double[] wide = linear(middle, name + "intermediate.dense");
      for (int i = 0; i < wide.length; i++) {
        wide[i] *= 0.5 * (1 + erf(wide[i] / Math.sqrt(2)));
      }
      out[t] =
          normalise(add(linear(wide, name + "output.dense"), middle), name + "output.LayerNorm");
    }
    return out;
  }

  private double[][] linear(double[][] x, String name) {
    return Arrays.stream(x).map(row -> linear(row, name)).toArray(double[][]::new);
  }

  private double[] linear(double[] x, String name) {
    double[][] weight = matrix(name + ".weight");
    double[] y = vector(name + ".bias");
    for (int o = 0; o < y.length; o++) {
      for (int i = 0; i < x.length; i++) {
        y[o] += weight[o][i] * x[i];
      }
    }
    return y;
  }

  private double[] normalise(double[] x, String name) {
    double mean = Arrays.stream(x).average().orElseThrow();
    double variance = Arrays.stream(x).map(e -> (e - mean) * (e - mean)).average().orElseThrow();
    double[] gain = vector(name + ".weight");
    double[] y = vector(name + ".bias");
    for (int i = 0; i < x.length; i++) {
      y[i] += gain[i] * (x[i] - mean) / Math.sqrt(variance + config.layerNormEps());
    }
    return y;
  }

  /** The Maclaurin series of erf: exact to double rounding for the small arguments met here. */
  private static double erf(double x) {
    double term = x;
    double sum = x;
    for (int n = 1; n < 300; n++) {
      term *= -x * x / n;
      sum += term / (2 * n + 1);
    }
    return 2 / Math.sqrt(Math.PI) * sum;
  }

  private static double[] add(double[] a, double[] b) {
    double[] sum = a.clone();
    for (int i = 0; i < sum.length; i++) {
      sum[i] += b[i];
    }
    return sum;
  }

  private double[] vector(String name) {
    Tensor tensor = checkpoint.tensors().get(name);
    double[] values = new double[(int) tensor.count()];
    Arrays.setAll(values, tensor::at);
    return values;
  }

  private double[][] matrix(String name) {
    int columns = (int) checkpoint.tensors().get(name).shape()[1];
    double[] flat = vector(name);
    double[][] rows = new double[flat.length / columns][];
    Arrays.setAll(rows, i -> Arrays.copyOfRange(flat, i * columns, (i + 1) * columns));
    return rows;
  }
}
