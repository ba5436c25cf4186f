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
 * An encoder from summed embeddings to loss as one SameDiff graph that serves every batch shape.
 *
 * <p>Linear layers work on {@code [rows · columns, hidden]}; only attention sees four dimensions.
 * Logits need the last layer's output at the first token alone, so they are computed from a second
 * copy of that layer with one query per row: a session executes only what its outputs need.
 *
 * <p>Embedding look-up is outside the graph because the gradient of SameDiff's {@code gather} is
 * wrong; activation functions and layer normalisation are composed for the same reason.
 */
final class EncoderGraph {
  static final String EMBEDDED = "embedded";
  static final String PADDING = "padding";
  static final String SPLIT = "split";
  static final String SPLIT_FIRST = "splitFirst";
  static final String LABELS = "labels";
  static final String HIDDEN = "hidden";
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

  EncoderGraph(
      EncoderConfig config, Map<String, INDArray> parameters, DataType type, Purpose purpose) {
    this.config = config;
    this.parameters = parameters;
    this.type = type;
    training = purpose != Purpose.INFERENCE;
    int hidden = config.hiddenSize();
    padding = graph.placeHolder(PADDING, type, -1, 1, 1, -1);
    Queries all = new Queries(graph.placeHolder(SPLIT, DataType.INT64, 4), (r, c) -> c);
    Queries first = new Queries(graph.placeHolder(SPLIT_FIRST, DataType.INT64, 4), (r, c) -> 1);

    int width = config.embeddingSize();
    SDVariable x = graph.placeHolder(EMBEDDED, type, -1, width);
    x = normalise(x, config.family().embeddingNorm(), width);
    x = dropout(x, "embeddings", config.hiddenDropout(), (r, c) -> new long[] {r * c, width});
    if (width != hidden) {
      x = linear(x, config.family().projection());
    }
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
    boolean pooler = config.family().hasPooler();
    SDVariable firsts = pooler ? x : x.rename(POOLED);
    if (config.hasDense()) {
      SDVariable activated = dense(firsts);
      classify(pooler ? activated.rename(POOLED) : activated, purpose);
    }
  }

  /** The head's first layer and its activation function. */
  private SDVariable dense(SDVariable firsts) {
    Family.Head head = config.family().head();
    SDVariable x = head.dropsInput() ? dropout(firsts, "head") : firsts;
    return activation(linear(x, head.dense()), head.activation());
  }

  private SDVariable dropout(SDVariable perText, String name) {
    int hidden = config.hiddenSize();
    return dropout(perText, name, config.classifierDropout(), (r, c) -> new long[] {r, hidden});
  }

  private void classify(SDVariable activated, Purpose purpose) {
    if (config.classes() == 0) {
      return;
    }
    SDVariable x = dropout(activated, "classifier");
    SDVariable logits = linear(x, config.family().head().out()).rename(LOGITS);
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
    Family.LayerNames names = config.family().layer(index);
    LongBinaryOperator columns = asking.columns();
    Shape tokens = (r, c) -> new long[] {r * columns.applyAsLong(r, c), hidden};
    Shape pairs = (r, c) -> new long[] {r, heads, columns.applyAsLong(r, c), c};

    SDVariable q = heads(linear(queries, names.query()).mul(scale), asking);
    SDVariable k = heads(linear(x, names.key()), asked);
    SDVariable v = heads(linear(x, names.value()), asked);
    SDVariable weights = graph.nn.softmax(graph.mmul(q, k, false, true, false).add(padding), -1);
    weights = dropout(weights, names.query(), config.attentionDropout(), pairs);
    SDVariable context = graph.mmul(weights, v).permute(0, 2, 1, 3).reshape(-1, hidden);
    SDVariable attended = linear(context, names.attentionOutput());
    attended = dropout(attended, names.attentionOutput(), config.hiddenDropout(), tokens);
    SDVariable middle = normalise(attended.add(queries), names.attentionNorm(), hidden);

    SDVariable wide = activation(linear(middle, names.intermediate()), config.activation());
    SDVariable output = linear(wide, names.output());
    output = dropout(output, names.output(), config.hiddenDropout(), tokens);
    return normalise(output.add(middle), names.outputNorm(), hidden);
  }

  private SDVariable heads(SDVariable x, Queries tokens) {
    return graph.reshape(x, tokens.split()).permute(0, 2, 1, 3);
  }

  private SDVariable linear(SDVariable x, String name) {
    entering.putIfAbsent(name, x.name());
    SDVariable product = graph.mmul(x, parameter(name + ".weight"), false, true, false);
    return graph.nn.biasAdd(product, parameter(name + ".bias"), false);
  }

  private SDVariable activation(SDVariable x, Activation function) {
    return switch (function) {
      case GELU -> x.mul(normalDistribution(x));
      case GELU_TANH -> {
        SDVariable cubic = x.mul(x).mul(x).mul(Pointwise.CUBIC);
        SDVariable z = x.add(cubic).mul(Pointwise.ROOT_OF_TWO_OVER_PI);
        yield x.mul(graph.math.tanh(z).add(1)).mul(0.5);
      }
      case GELU_10 -> {
        SDVariable gelu = x.mul(normalDistribution(x));
        yield gelu.sub(relu(gelu.sub(10)));
      }
      case QUICK_GELU -> x.mul(graph.nn.sigmoid(x.mul(1.702)));
      case SILU -> x.mul(graph.nn.sigmoid(x));
      case RELU -> relu(x);
      case RELU2 -> relu(x).mul(relu(x));
      case RELU6 -> relu(x).sub(relu(x.sub(6)));
      case LEAKY_RELU -> relu(x).sub(relu(x.neg()).mul(0.01));
      case HARDSWISH -> x.mul(relu(x.add(3)).sub(relu(x.sub(3)))).div(6);
      case TANH -> graph.math.tanh(x);
      case SIGMOID -> graph.nn.sigmoid(x);
      case MISH -> x.mul(graph.math.tanh(softplus(x)));
      // Below −80 the root is 4e-18, and its slope would be a division by 0.
      case SQRT_SOFTPLUS -> graph.math.sqrt(softplus(relu(x.add(80)).sub(80)));
      case LAPLACE ->
          normalDistribution(x.sub(Pointwise.Laplace.MEAN).div(Pointwise.Laplace.DEVIATION));
      case LINEAR -> x;
    };
  }

  private SDVariable normalDistribution(SDVariable x) {
    return graph.math.erf(x.mul(Math.sqrt(0.5))).add(1).mul(0.5);
  }

  private SDVariable relu(SDVariable x) {
    return graph.nn.relu(x, 0);
  }

  /** log(1 + eˣ), whose exponential never overflows. */
  private SDVariable softplus(SDVariable x) {
    SDVariable magnitude = relu(x).add(relu(x.neg()));
    return relu(x).add(graph.math.log(graph.math.exp(magnitude.neg()).add(1)));
  }

  /**
   * Layer normalisation with ε.
   *
   * <p>In training both factors are spread to full size first, by ops with quick gradients: that of
   * a broadcast product took a sixth of the step.
   */
  private SDVariable normalise(SDVariable x, String name, int width) {
    SDVariable centred = x.sub(x.mean(true, 1));
    SDVariable variance = centred.mul(centred).mean(true, 1);
    SDVariable scale = graph.math.rsqrt(variance.add(config.layerNormEps()));
    SDVariable gain = parameter(name + ".weight");
    if (training) {
      scale = graph.mmul(scale, graph.constant(Nd4j.ones(type, 1, width)));
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
