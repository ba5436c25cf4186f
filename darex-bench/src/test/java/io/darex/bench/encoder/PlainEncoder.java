package io.darex.bench.encoder;

import io.darex.prune.Checkpoint;
import io.darex.prune.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.DoubleUnaryOperator;
import org.apache.commons.math3.special.Erf;

/**
 * The forward pass of every family in plain double loops, one text at a time and without padding:
 * the oracle of the engines. Written from the papers and the models of transformers, names
 * included, sharing nothing with the engines.
 */
public final class PlainEncoder {
  private final EncoderConfig config;
  private final Map<String, double[]> values = new TreeMap<>();
  private final Map<String, List<double[]>> inputs = new TreeMap<>();
  private boolean recording;
  private final String family;

  public PlainEncoder(EncoderConfig config, Checkpoint checkpoint) {
    this.config = config;
    family = config.family().name().replaceFirst("^(XLM_ROBERTA|CAMEMBERT)$", "ROBERTA");
    checkpoint.tensors().forEach((name, tensor) -> values.put(name, doubles(tensor)));
  }

  private static double[] doubles(Tensor tensor) {
    double[] result = new double[(int) tensor.count()];
    Arrays.setAll(result, tensor::at);
    return result;
  }

  /** By name of a linear layer, every row that enters it from now on. */
  Map<String, List<double[]>> record() {
    recording = true;
    return inputs;
  }

  /** The live values of a parameter, row-major. */
  public double[] parameter(String name) {
    return values.get(name);
  }

  /** The last layer's output, {@code [tokens][hidden]}. */
  public double[][] hidden(int[] ids, int[] types) {
    String prefix =
        switch (family) {
          case "BERT" -> "bert.";
          case "ROBERTA" -> "roberta.";
          case "DISTILBERT" -> "distilbert.";
          case "ELECTRA" -> "electra.";
          default -> throw new AssertionError(family);
        };
    String tables = prefix + "embeddings.";
    double[][] x = new double[ids.length][];
    int real = 0;
    for (int t = 0; t < ids.length; t++) {
      int position = t;
      if (family.equals("ROBERTA")) {
        boolean padding = ids[t] == config.padToken();
        real += padding ? 0 : 1;
        position = config.padToken() + (padding ? 0 : real);
      }
      double[] sum =
          add(
              row(tables + "word_embeddings.weight", ids[t], config.embeddingSize()),
              row(tables + "position_embeddings.weight", position, config.embeddingSize()));
      if (!family.equals("DISTILBERT")) {
        sum = add(sum, row(tables + "token_type_embeddings.weight", types[t], sum.length));
      }
      x[t] = normalise(sum, tables + "LayerNorm");
      if (values.containsKey("electra.embeddings_project.weight")) {
        x[t] = linear(x[t], "electra.embeddings_project");
      }
    }
    for (int i = 0; i < config.layers(); i++) {
      x =
          family.equals("DISTILBERT")
              ? layer(
                  x,
                  prefix + "transformer.layer." + i + ".",
                  "attention.q_lin attention.k_lin attention.v_lin attention.out_lin"
                      + " sa_layer_norm ffn.lin1 ffn.lin2 output_layer_norm")
              : layer(
                  x,
                  prefix + "encoder.layer." + i + ".",
                  "attention.self.query attention.self.key attention.self.value"
                      + " attention.output.dense attention.output.LayerNorm"
                      + " intermediate.dense output.dense output.LayerNorm");
    }
    return x;
  }

  public double[] pooled(int[] ids, int[] types) {
    double[] first = hidden(ids, types)[0];
    return family.equals("BERT") ? map(linear(first, "bert.pooler.dense"), Math::tanh) : first;
  }

  public double[] logits(int[] ids, int[] types) {
    double[] first = hidden(ids, types)[0];
    return switch (family) {
      case "BERT" -> linear(map(linear(first, "bert.pooler.dense"), Math::tanh), "classifier");
      case "DISTILBERT" ->
          linear(map(linear(first, "pre_classifier"), x -> Math.max(x, 0)), "classifier");
      case "ROBERTA" ->
          linear(map(linear(first, "classifier.dense"), Math::tanh), "classifier.out_proj");
      case "ELECTRA" ->
          linear(map(linear(first, "classifier.dense"), PlainEncoder::gelu), "classifier.out_proj");
      default -> throw new AssertionError(family);
    };
  }

  /** The mean cross-entropy of labels, for a single score the mean squared error of targets. */
  public double loss(Batch batch, float[] wanted) {
    double sum = 0;
    for (int text = 0; text < batch.rows(); text++) {
      double[] scores = logits(ids(batch, text), types(batch, text));
      if (scores.length == 1) {
        sum += (scores[0] - wanted[text]) * (scores[0] - wanted[text]);
      } else {
        double total = Arrays.stream(scores).map(Math::exp).sum();
        sum += Math.log(total) - scores[(int) wanted[text]];
      }
    }
    return sum / batch.rows();
  }

  public static int[] ids(Batch batch, int text) {
    return real(batch, text, batch.ids());
  }

  public static int[] types(Batch batch, int text) {
    return real(batch, text, batch.types());
  }

  private static int[] real(Batch batch, int text, int[] values) {
    int start = text * batch.columns();
    int length = Arrays.stream(batch.mask(), start, start + batch.columns()).sum();
    return Arrays.copyOfRange(values, start, start + length);
  }

  private double[][] layer(double[][] x, String prefix, String names) {
    String[] name = Arrays.stream(names.split(" ", -1)).map(n -> prefix + n).toArray(String[]::new);
    int width = config.hiddenSize() / config.heads();
    int tokens = x.length;
    double[][] q = linear(x, name[0]);
    double[][] k = linear(x, name[1]);
    double[][] v = linear(x, name[2]);
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
      double[] middle = normalise(add(linear(context, name[3]), x[t]), name[4]);
      double[] wide = map(linear(middle, name[5]), this::activation);
      out[t] = normalise(add(linear(wide, name[6]), middle), name[7]);
    }
    return out;
  }

  private double activation(double x) {
    return switch (config.activation().name()) {
      case "GELU" -> gelu(x);
      case "GELU_TANH" ->
          0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
      case "RELU" -> Math.max(x, 0);
      case "SILU" -> x / (1 + Math.exp(-x));
      case "TANH" -> Math.tanh(x);
      default -> throw new AssertionError(config.activation());
    };
  }

  private static double gelu(double x) {
    return 0.5 * x * (1 + Erf.erf(x / Math.sqrt(2)));
  }

  private static double[] map(double[] x, DoubleUnaryOperator function) {
    return Arrays.stream(x).map(function).toArray();
  }

  private double[][] linear(double[][] x, String name) {
    return Arrays.stream(x).map(row -> linear(row, name)).toArray(double[][]::new);
  }

  private double[] linear(double[] x, String name) {
    if (recording) {
      inputs.computeIfAbsent(name, n -> new ArrayList<>()).add(x);
    }
    double[] weight = values.get(name + ".weight");
    double[] y = values.get(name + ".bias").clone();
    for (int o = 0; o < y.length; o++) {
      for (int i = 0; i < x.length; i++) {
        y[o] += weight[o * x.length + i] * x[i];
      }
    }
    return y;
  }

  private double[] normalise(double[] x, String name) {
    double mean = Arrays.stream(x).average().orElseThrow();
    double variance = Arrays.stream(x).map(e -> (e - mean) * (e - mean)).average().orElseThrow();
    double[] gain = values.get(name + ".weight");
    double[] y = values.get(name + ".bias").clone();
    for (int i = 0; i < x.length; i++) {
      y[i] += gain[i] * (x[i] - mean) / Math.sqrt(variance + config.layerNormEps());
    }
    return y;
  }

  private static double[] add(double[] a, double[] b) {
    double[] sum = a.clone();
    for (int i = 0; i < sum.length; i++) {
      sum[i] += b[i];
    }
    return sum;
  }

  private double[] row(String table, int index, int width) {
    return Arrays.copyOfRange(values.get(table), index * width, (index + 1) * width);
  }
}
