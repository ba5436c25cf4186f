package io.darex.bench.encoder;

import io.darex.prune.Checkpoint;
import io.darex.prune.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import onnx.Onnx.AttributeProto;
import onnx.Onnx.GraphProto;
import onnx.Onnx.NodeProto;
import onnx.Onnx.TensorProto;
import onnx.Onnx.TensorShapeProto;
import onnx.Onnx.TensorShapeProto.Dimension;
import onnx.Onnx.TypeProto;
import onnx.Onnx.ValueInfoProto;
import org.nd4j.shade.protobuf.ByteString;
import org.nd4j.shade.protobuf.UnsafeByteOperations;

/**
 * An encoder as an ONNX graph in fp32, from token ids to logits, or without a head to the last
 * hidden state. Batch size and length are free; inputs and outputs are called as in the exports of
 * transformers. Values are named by the nodes that make them.
 */
final class OnnxGraph {
  static final String IDS = "input_ids";
  static final String MASK = "attention_mask";
  static final String TYPES = "token_type_ids";
  static final String LOGITS = "logits";
  static final String HIDDEN = "last_hidden_state";

  /** Added to the scores of padding: far below any score, and exact in fp32. */
  private static final float PADDED = -1e9f;

  private final GraphProto.Builder graph = GraphProto.newBuilder();
  private final EncoderConfig config;
  private final Checkpoint weights;
  private final Map<String, String> names;
  private final Set<String> stored = new HashSet<>();
  private int nodes;

  private OnnxGraph(EncoderConfig config, Checkpoint weights) {
    this.config = config;
    this.weights = weights;
    names = config.namesIn(weights);
  }

  /**
   * The graph.
   *
   * @param weights with all parameters of the encoder and its head
   */
  static GraphProto of(EncoderConfig config, Checkpoint weights) {
    return new OnnxGraph(config, weights).build();
  }

  /** Whether texts have types of tokens that matter, so that the graph takes them. */
  static boolean hasTypes(EncoderConfig config) {
    return config.typeVocabSize() > 1 || config.family() == Family.BERT;
  }

  private GraphProto build() {
    graph.setName(config.family().modelType());
    List<String> tokens = List.of("batch_size", "sequence_length");
    graph.addInput(value(IDS, TensorProto.DataType.INT64, tokens));
    graph.addInput(value(MASK, TensorProto.DataType.INT64, tokens));
    if (hasTypes(config)) {
      graph.addInput(value(TYPES, TensorProto.DataType.INT64, tokens));
    }
    String real = cast(node("Unsqueeze", MASK, integers(1, 2)), TensorProto.DataType.FLOAT);
    String padding = multiply(node("Sub", number(1), real), number(PADDED));
    String x = embedded();
    for (int i = 0; i < config.layers(); i++) {
      x = layer(config.family().layer(i), x, padding);
    }
    if (config.classes() == 0) {
      output(x, HIDDEN, List.of("batch_size", "sequence_length", "" + config.hiddenSize()));
    } else {
      Family.Head head = config.family().head();
      String first = node("Gather", node -> node.addAttribute(integer("axis", 1)), x, scalar(0));
      String wide = activation(linear(first, head.dense()), head.activation());
      output(linear(wide, head.out()), LOGITS, List.of("batch_size", "" + config.classes()));
    }
    return graph.build();
  }

  private void output(String x, String name, List<String> shape) {
    graph.addNode(
        NodeProto.newBuilder().setOpType("Identity").setName(name).addInput(x).addOutput(name));
    graph.addOutput(value(name, TensorProto.DataType.FLOAT, shape));
  }

  private String embedded() {
    Family family = config.family();
    String x = add(look(family.words(), IDS), look(family.positions(), positions()));
    if (config.typeVocabSize() > 0) {
      String types = hasTypes(config) ? TYPES : scalar(0);
      x = add(x, look(family.types(), types));
    }
    x = normalise(x, family.embeddingNorm());
    return config.embeddingSize() == config.hiddenSize() ? x : linear(x, family.projection());
  }

  /** {@link Family#position} of every token. */
  private String positions() {
    if (config.family().body() != Family.ROBERTA) {
      String shape = node("Shape", IDS);
      String length = node("Gather", shape, scalar(1));
      return node("Range", scalar(0), length, scalar(1));
    }
    String pad = scalar(config.padToken());
    String real = cast(node("Not", node("Equal", IDS, pad)), TensorProto.DataType.INT64);
    return add(multiply(node("CumSum", real, scalar(1)), real), pad);
  }

  private String layer(Family.LayerNames names, String x, String padding) {
    int size = config.hiddenSize() / config.heads();
    String byHead = integers(0, 0, config.heads(), size);
    String q = permuted(node("Reshape", linear(x, names.query()), byHead), 0, 2, 1, 3);
    String k = permuted(node("Reshape", linear(x, names.key()), byHead), 0, 2, 3, 1);
    String v = permuted(node("Reshape", linear(x, names.value()), byHead), 0, 2, 1, 3);
    String scores = multiply(node("MatMul", q, k), number((float) (1 / Math.sqrt(size))));
    String shares =
        node("Softmax", node -> node.addAttribute(integer("axis", -1)), add(scores, padding));
    String context = permuted(node("MatMul", shares, v), 0, 2, 1, 3);
    String joined = node("Reshape", context, integers(0, 0, config.hiddenSize()));
    String middle =
        normalise(add(linear(joined, names.attentionOutput()), x), names.attentionNorm());
    String wide = activation(linear(middle, names.intermediate()), config.activation());
    return normalise(add(linear(wide, names.output()), middle), names.outputNorm());
  }

  private String activation(String x, Activation function) {
    return switch (function) {
      case GELU -> multiply(x, normalDistribution(x));
      case GELU_TANH -> {
        String cubic = multiply(multiply(x, multiply(x, x)), number(Pointwise.CUBIC));
        String z = multiply(add(x, cubic), number(Pointwise.ROOT_OF_TWO_OVER_PI));
        yield multiply(x, multiply(add(node("Tanh", z), number(1)), number(0.5f)));
      }
      case GELU_10 -> node("Clip", multiply(x, normalDistribution(x)), number(-10), number(10));
      case QUICK_GELU -> multiply(x, node("Sigmoid", multiply(x, number(1.702f))));
      case SILU -> multiply(x, node("Sigmoid", x));
      case RELU -> node("Relu", x);
      case RELU2 -> multiply(node("Relu", x), node("Relu", x));
      case RELU6 -> node("Clip", x, number(0), number(6));
      case LEAKY_RELU -> node("LeakyRelu", x); // of 0.01
      case HARDSWISH -> node("HardSwish", x);
      case TANH -> node("Tanh", x);
      case SIGMOID -> node("Sigmoid", x);
      case MISH -> multiply(x, node("Tanh", node("Softplus", x)));
      case SQRT_SOFTPLUS -> node("Sqrt", node("Softplus", x));
      case LAPLACE ->
          normalDistribution(
              node(
                  "Div",
                  node("Sub", x, number(Pointwise.Laplace.MEAN)),
                  number(Pointwise.Laplace.DEVIATION)));
      case LINEAR -> x;
    };
  }

  private String normalDistribution(String x) {
    String erf = node("Erf", multiply(x, number((float) Math.sqrt(0.5))));
    return multiply(add(erf, number(1)), number(0.5f));
  }

  private String look(String table, String indices) {
    return node("Gather", parameter(table), indices);
  }

  private String linear(String x, String name) {
    return add(node("MatMul", x, transposed(name + ".weight")), parameter(name + ".bias"));
  }

  private String normalise(String x, String name) {
    return node(
        "LayerNormalization",
        node -> {
          node.addAttribute(integer("axis", -1));
          node.addAttribute(
              AttributeProto.newBuilder()
                  .setName("epsilon")
                  .setType(AttributeProto.AttributeType.FLOAT)
                  .setF((float) config.layerNormEps()));
        },
        x,
        parameter(name + ".weight"),
        parameter(name + ".bias"));
  }

  private String add(String a, String b) {
    return node("Add", a, b);
  }

  private String multiply(String a, String b) {
    return node("Mul", a, b);
  }

  private String permuted(String x, long... order) {
    AttributeProto.Builder perm =
        AttributeProto.newBuilder().setName("perm").setType(AttributeProto.AttributeType.INTS);
    for (long axis : order) {
      perm.addInts(axis);
    }
    return node("Transpose", node -> node.addAttribute(perm), x);
  }

  private String cast(String x, TensorProto.DataType type) {
    return node("Cast", node -> node.addAttribute(integer("to", type.getNumber())), x);
  }

  private String node(String type, String... inputs) {
    return node(type, node -> {}, inputs);
  }

  private String node(String type, Consumer<NodeProto.Builder> attributes, String... inputs) {
    String name = type + "_" + nodes++;
    NodeProto.Builder node =
        NodeProto.newBuilder().setOpType(type).setName(name).addAllInput(List.of(inputs));
    attributes.accept(node);
    graph.addNode(node.addOutput(name));
    return name;
  }

  private static AttributeProto integer(String name, long value) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeProto.AttributeType.INT)
        .setI(value)
        .build();
  }

  private static ValueInfoProto value(String name, TensorProto.DataType type, List<String> shape) {
    TensorShapeProto.Builder dimensions = TensorShapeProto.newBuilder();
    for (String size : shape) {
      dimensions.addDim(
          size.matches("\\d+")
              ? Dimension.newBuilder().setDimValue(Long.parseLong(size))
              : Dimension.newBuilder().setDimParam(size));
    }
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setType(
            TypeProto.newBuilder()
                .setTensorType(
                    TypeProto.Tensor.newBuilder()
                        .setElemType(type.getNumber())
                        .setShape(dimensions)))
        .build();
  }

  private String number(float value) {
    ByteBuffer bytes = buffer(1);
    bytes.putFloat(0, value);
    return store("number " + value, TensorProto.DataType.FLOAT, List.of(), bytes);
  }

  private String scalar(long value) {
    return integers("index " + value, List.of(), value);
  }

  private String integers(long... values) {
    return integers("integers " + Arrays.toString(values), List.of((long) values.length), values);
  }

  private String integers(String name, List<Long> shape, long... values) {
    ByteBuffer bytes =
        ByteBuffer.allocate(values.length * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asLongBuffer().put(values);
    return store(name, TensorProto.DataType.INT64, shape, bytes);
  }

  private String parameter(String name) {
    if (!stored.contains(name)) {
      Tensor tensor = weights.tensors().get(names.get(name));
      ByteBuffer bytes = buffer(tensor.count());
      bytes.asFloatBuffer().put(values(tensor));
      List<Long> shape = Arrays.stream(tensor.shape()).boxed().toList();
      store(name, TensorProto.DataType.FLOAT, shape, bytes);
    }
    return name;
  }

  /** A weight {@code [out, in]} as {@code [in, out]}, which a product of rows takes. */
  private String transposed(String name) {
    Tensor tensor = weights.tensors().get(names.get(name));
    int out = (int) tensor.shape()[0];
    int in = (int) tensor.shape()[1];
    ByteBuffer bytes = buffer(tensor.count());
    bytes.asFloatBuffer().put(BuiltInEncoders.transposed(values(tensor), out, in));
    return store(
        name + ".transposed", TensorProto.DataType.FLOAT, List.of((long) in, (long) out), bytes);
  }

  private static float[] values(Tensor tensor) {
    float[] values = new float[Math.toIntExact(tensor.count())];
    tensor.read(0, values, 0, values.length);
    return values;
  }

  private static ByteBuffer buffer(long floats) {
    return ByteBuffer.allocate(Math.toIntExact(floats * Float.BYTES))
        .order(ByteOrder.LITTLE_ENDIAN);
  }

  private String store(String name, TensorProto.DataType type, List<Long> shape, ByteBuffer bytes) {
    if (stored.add(name)) {
      ByteString raw = UnsafeByteOperations.unsafeWrap(bytes);
      graph.addInitializer(
          TensorProto.newBuilder()
              .setName(name)
              .setDataType(type.getNumber())
              .addAllDims(shape)
              .setRawData(raw));
    }
    return name;
  }
}
