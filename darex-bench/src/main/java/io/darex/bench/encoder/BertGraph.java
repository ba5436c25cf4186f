package io.darex.bench.encoder;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongBinaryOperator;
import org.nd4j.autodiff.samediff.SDIndex;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * BERT from summed embeddings to loss as one SameDiff graph that serves every batch shape.
 *
 * <p>Linear layers work on {@code [rows · columns, hidden]}; only attention sees four dimensions.
 * Logits need the last layer's output at the first token alone, so they are computed from a second
 * copy of that layer with one query per row: a session executes only what its outputs need.
 *
 * <p>Embedding look-up is outside the graph because the gradient of SameDiff's {@code gather} is
 * wrong; its GELU and layer normalisation are composed for the same reason.
 */
final class BertGraph {
  static final String EMBEDDED = "embedded";
  static final String PADDING = "padding";
  static final String SPLIT = "split";
  static final String SPLIT_FIRST = "splitFirst";
  static final String LABELS = "labels";
  static final String HIDDEN = "hidden";
  static final String DENSE = "dense";
  static final String POOLED = "pooled";
  static final String LOGITS = "logits";
  static final String LOSS = "loss";

  /** What a graph is for. */
  enum Purpose {
    /** Hidden states and logits, without dropout. */
    INFERENCE,

    /** The loss against {@link #LABELS}, with dropout. */
    TRAINING,

    /** The sum of the logits times {@link #LABELS}: its gradients are those of any function. */
    PRODUCT
  }

  /** A place where training multiplies by a random mask of shape {@code shape}. */
  record Dropout(String name, double rate, Shape shape) {}

  /** The shape of an activation in a batch of {@code rows × columns} tokens. */
  interface Shape {
    long[] of(long rows, long columns);
  }

  private final SameDiff graph = SameDiff.create();
  private final EncoderConfig config;
  private final Map<String, INDArray> parameters;
  private final DataType type;
  private final boolean training;
  private final List<Dropout> dropouts = new ArrayList<>();
  private final Set<String> used = new LinkedHashSet<>();
  private final Map<String, String> entering = new LinkedHashMap<>();
  private final SDVariable padding;
  private final SDVariable ones;

  BertGraph(
      EncoderConfig config, Map<String, INDArray> parameters, DataType type, Purpose purpose) {
    this.config = config;
    this.parameters = parameters;
    this.type = type;
    training = purpose != Purpose.INFERENCE;
    int hidden = config.hiddenSize();
    padding = graph.placeHolder(PADDING, type, -1, 1, 1, -1);
    ones = graph.constant("ones", Nd4j.ones(type, 1, hidden));
    Queries all = new Queries(graph.placeHolder(SPLIT, DataType.INT64, 4), (r, c) -> c);
    Queries first = new Queries(graph.placeHolder(SPLIT_FIRST, DataType.INT64, 4), (r, c) -> 1);

    SDVariable x = graph.placeHolder(EMBEDDED, type, -1, hidden);
    x = normalise(x, "bert.embeddings.LayerNorm");
    x = dropout(x, "embeddings", config.hiddenDropout(), (r, c) -> new long[] {r * c, hidden});
    int last = config.layers() - 1;
    for (int i = 0; i < last; i++) {
      x = layer(i, x, x, all, all);
    }
    if (!training) {
      layer(last, x, x, all, all).rename(HIDDEN);
    }
    SDVariable firstTokens =
        graph
            .reshape(x, all.split())
            .get(SDIndex.all(), SDIndex.point(0), SDIndex.all(), SDIndex.all())
            .reshape(-1, hidden);
    x = layer(last, x, firstTokens, first, all);
    SDVariable pooled = graph.math.tanh(POOLED, linear(x, "bert.pooler.dense").rename(DENSE));
    if (config.classes() > 0) {
      classify(pooled, purpose);
    }
  }

  private void classify(SDVariable pooled, Purpose purpose) {
    int hidden = config.hiddenSize();
    SDVariable x =
        dropout(pooled, "classifier", config.classifierDropout(), (r, c) -> new long[] {r, hidden});
    SDVariable logits = linear(x, "classifier").rename(LOGITS);
    if (training) {
      // Among SameDiff's losses these, as the last op, have a right gradient.
      SDVariable labels = graph.placeHolder(LABELS, type, -1, config.classes());
      if (purpose == Purpose.PRODUCT) {
        logits.mul(labels).sum(LOSS);
      } else if (config.isRegression()) {
        graph.loss.meanSquaredError(LOSS, labels, logits, null);
      } else {
        graph.loss.softmaxCrossEntropy(LOSS, labels, logits, null);
      }
      graph.setLossVariables(LOSS);
    }
  }

  SameDiff graph() {
    return graph;
  }

  List<Dropout> dropouts() {
    return dropouts;
  }

  /**
   * By name of a linear layer, the variable that enters it: {@code [rows · columns, in]}, in the
   * head {@code [rows, in]}. Only of inference that is so of the last layer too.
   */
  Map<String, String> entering() {
    return entering;
  }

  /** The parameters the graph holds: all but the embedding tables. */
  Set<String> parameterNames() {
    return used;
  }

  /**
   * Which tokens ask in a layer: {@code split} is their shape by heads, {@code columns} per row.
   */
  private record Queries(SDVariable split, LongBinaryOperator columns) {}

  private SDVariable layer(
      int index, SDVariable x, SDVariable queries, Queries asking, Queries asked) {
    int hidden = config.hiddenSize();
    int heads = config.heads();
    double scale = 1 / Math.sqrt(hidden / (double) heads);
    String name = "bert.encoder.layer." + index + ".";
    String attention = name + "attention.";
    LongBinaryOperator columns = asking.columns();
    Shape tokens = (r, c) -> new long[] {r * columns.applyAsLong(r, c), hidden};
    Shape pairs = (r, c) -> new long[] {r, heads, columns.applyAsLong(r, c), c};

    SDVariable q = heads(linear(queries, attention + "self.query").mul(scale), asking);
    SDVariable k = heads(linear(x, attention + "self.key"), asked);
    SDVariable v = heads(linear(x, attention + "self.value"), asked);
    SDVariable weights = graph.nn.softmax(graph.mmul(q, k, false, true, false).add(padding), -1);
    weights = dropout(weights, attention + "self", config.attentionDropout(), pairs);
    SDVariable context = graph.mmul(weights, v).permute(0, 2, 1, 3).reshape(-1, hidden);
    SDVariable attended = linear(context, attention + "output.dense");
    attended = dropout(attended, attention + "output", config.hiddenDropout(), tokens);
    SDVariable middle = normalise(attended.add(queries), attention + "output.LayerNorm");

    SDVariable wide = gelu(linear(middle, name + "intermediate.dense"));
    SDVariable output = linear(wide, name + "output.dense");
    output = dropout(output, name + "output", config.hiddenDropout(), tokens);
    return normalise(output.add(middle), name + "output.LayerNorm");
  }

  private SDVariable heads(SDVariable x, Queries tokens) {
    return graph.reshape(x, tokens.split()).permute(0, 2, 1, 3);
  }

  private SDVariable linear(SDVariable x, String name) {
    entering.putIfAbsent(name, x.name());
    SDVariable product = graph.mmul(x, parameter(name + ".weight"), false, true, false);
    return graph.nn.biasAdd(product, parameter(name + ".bias"), false);
  }

  private SDVariable gelu(SDVariable x) {
    return x.mul(graph.math.erf(x.mul(Math.sqrt(0.5))).add(1)).mul(0.5);
  }

  /**
   * Layer normalisation with ε.
   *
   * <p>In training both factors are spread to full size first, by ops with quick gradients: that of
   * a broadcast product took a sixth of the step.
   */
  private SDVariable normalise(SDVariable x, String name) {
    SDVariable centred = x.sub(x.mean(true, 1));
    SDVariable variance = centred.mul(centred).mean(true, 1);
    SDVariable scale = graph.math.rsqrt(variance.add(config.layerNormEps()));
    SDVariable gain = parameter(name + ".weight");
    if (training) {
      scale = graph.mmul(scale, ones);
      gain = graph.nn.biasAdd(graph.zerosLike(x), gain, false);
    }
    return graph.nn.biasAdd(centred.mul(scale).mul(gain), parameter(name + ".bias"), false);
  }

  private SDVariable dropout(SDVariable x, String name, double rate, Shape shape) {
    if (!training || rate == 0) {
      return x;
    }
    String mask = "dropout." + name;
    dropouts.add(new Dropout(mask, rate, shape));
    return x.mul(graph.placeHolder(mask, type));
  }

  private SDVariable parameter(String name) {
    if (used.add(name)) {
      return graph.var(name, parameters.get(name));
    }
    return graph.getVariable(name);
  }
}
