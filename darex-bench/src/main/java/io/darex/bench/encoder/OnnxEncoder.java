package io.darex.bench.encoder;

import io.darex.bench.tokenizer.TokenizerFiles;
import io.darex.prune.Checkpoint;
import io.darex.prune.Tensor;
import io.darex.prune.folder.HuggingFaceFolder;
import io.darex.prune.tensor.FloatTensor;
import io.darex.prune.tensor.InMemoryCheckpoint;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import onnx.Onnx;

/**
 * An encoder out of an artifact of langchain4j on Maven Central: a BERT without a pooler, as an
 * ONNX graph, and its {@code tokenizer.json}.
 *
 * @param file name of the resources, without what follows
 * @param config its architecture
 */
record OnnxEncoder(String file, EncoderConfig config) {
  /**
   * A linear layer's product: the exporter transposed its weight and gave it a number for a name.
   */
  private static final Pattern PRODUCT = Pattern.compile("/(.+)/MatMul");

  boolean present() {
    return OnnxEncoder.class.getResource(model()) != null;
  }

  private String model() {
    return "/" + file + ".onnx";
  }

  Pretrained read() throws IOException {
    try (InputStream model = BuiltInEncoders.open(model());
        InputStream tokenizer = BuiltInEncoders.open("/" + file + "-tokenizer.json")) {
      return new Pretrained(
          config,
          weights(Onnx.ModelProto.parseFrom(model).getGraph()),
          new TokenizerFiles(
              new TreeMap<>(
                  Map.of(
                      HuggingFaceFolder.TOKENIZER,
                      tokenizer.readAllBytes(),
                      BuiltInEncoders.TOKENIZER_CONFIG,
                      BuiltInEncoders.UNCASED))));
    }
  }

  private Checkpoint weights(Onnx.GraphProto graph) {
    Map<String, String> linear = new HashMap<>();
    for (Onnx.NodeProto node : graph.getNodeList()) {
      Matcher product = PRODUCT.matcher(node.getName());
      if (product.matches()) {
        linear.put(node.getInput(1), product.group(1).replace('/', '.') + ".weight");
      }
    }
    SortedMap<String, Tensor> tensors = new TreeMap<>();
    for (Onnx.TensorProto stored : graph.getInitializerList()) {
      if (stored.getDataType() != Onnx.TensorProto.DataType.FLOAT.getNumber()) {
        continue; // position ids, an integer constant that BertModel does not save
      }
      long[] shape = stored.getDimsList().stream().mapToLong(Long::longValue).toArray();
      float[] values = new float[stored.getRawData().size() / Float.BYTES];
      stored
          .getRawData()
          .asReadOnlyByteBuffer()
          .order(ByteOrder.LITTLE_ENDIAN)
          .asFloatBuffer()
          .get(values);
      String name = linear.get(stored.getName());
      Tensor tensor =
          name == null
              ? new FloatTensor(stored.getName(), shape, values)
              : new FloatTensor(
                  name,
                  new long[] {shape[1], shape[0]},
                  BuiltInEncoders.transposed(values, (int) shape[0], (int) shape[1]));
      tensors.put(tensor.name(), tensor);
    }
    return new InMemoryCheckpoint(tensors, Optional.of(config.toJson()));
  }
}
