package io.darex.bench.encoder;

import io.darex.prune.Checkpoint;
import io.darex.prune.Tensor;
import io.darex.prune.checkpoint.FloatTensor;
import io.darex.prune.checkpoint.InMemoryCheckpoint;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * The arrays of a BERT encoder by Hugging Face name, and their way in from and out to checkpoints.
 */
final class Parameters implements AutoCloseable {
  static final String WORDS = "bert.embeddings.word_embeddings.weight";
  static final String POSITIONS = "bert.embeddings.position_embeddings.weight";
  static final String TYPES = "bert.embeddings.token_type_embeddings.weight";

  private static final String PREFIX = "bert.";
  private static final String HEAD = "classifier.";

  /** Elements copied at a time: few enough to stay in the cache between tensor and array. */
  private static final int CHUNK = 1 << 14;

  private final EncoderConfig config;
  private final SortedMap<String, INDArray> arrays = new TreeMap<>();

  Parameters(EncoderConfig config, DataType type) {
    this.config = config;
    shapes(config).forEach((name, shape) -> arrays.put(name, Nd4j.zeros(type, shape)));
  }

  /** Name and shape of every parameter; linear weights are {@code [out, in]}. */
  static SortedMap<String, long[]> shapes(EncoderConfig config) {
    long hidden = config.hiddenSize();
    SortedMap<String, long[]> shapes = new TreeMap<>();
    shapes.put(WORDS, new long[] {config.vocabSize(), hidden});
    shapes.put(POSITIONS, new long[] {config.maxPositions(), hidden});
    shapes.put(TYPES, new long[] {config.typeVocabSize(), hidden});
    norm(shapes, "bert.embeddings.LayerNorm", hidden);
    for (int i = 0; i < config.layers(); i++) {
      String layer = "bert.encoder.layer." + i + ".";
      linear(shapes, layer + "attention.self.query", hidden, hidden);
      linear(shapes, layer + "attention.self.key", hidden, hidden);
      linear(shapes, layer + "attention.self.value", hidden, hidden);
      linear(shapes, layer + "attention.output.dense", hidden, hidden);
      norm(shapes, layer + "attention.output.LayerNorm", hidden);
      linear(shapes, layer + "intermediate.dense", config.intermediateSize(), hidden);
      linear(shapes, layer + "output.dense", hidden, config.intermediateSize());
      norm(shapes, layer + "output.LayerNorm", hidden);
    }
    linear(shapes, "bert.pooler.dense", hidden, hidden);
    if (config.classes() > 0) {
      linear(shapes, "classifier", config.classes(), hidden);
    }
    return shapes;
  }

  private static void linear(Map<String, long[]> shapes, String name, long out, long in) {
    shapes.put(name + ".weight", new long[] {out, in});
    shapes.put(name + ".bias", new long[] {out});
  }

  private static void norm(Map<String, long[]> shapes, String name, long width) {
    shapes.put(name + ".weight", new long[] {width});
    shapes.put(name + ".bias", new long[] {width});
  }

  SortedMap<String, INDArray> arrays() {
    return Collections.unmodifiableSortedMap(arrays);
  }

  INDArray get(String name) {
    return arrays.get(name);
  }

  /** Loads everything; see {@link Encoder#load}. */
  void load(Checkpoint checkpoint) {
    load(checkpoint, arrays);
  }

  /** Loads a pre-trained checkpoint: where it has no head, ours is drawn from {@code headSeed}. */
  void start(Checkpoint checkpoint, long headSeed) {
    boolean headless = checkpoint.tensors().keySet().stream().noneMatch(n -> n.startsWith(HEAD));
    if (!headless || config.classes() == 0) {
      load(checkpoint, arrays);
      return;
    }
    SortedMap<String, INDArray> encoder = new TreeMap<>(arrays);
    encoder.keySet().removeIf(name -> name.startsWith(HEAD));
    load(checkpoint, encoder);
    INDArray weight = arrays.get(HEAD + "weight");
    SplittableRandom random = new SplittableRandom(headSeed);
    for (long i = 0; i < weight.length(); i++) {
      weight.putScalar(i, 0.02 * random.nextGaussian());
    }
    arrays.get(HEAD + "bias").assign(0);
  }

  /** A copy in fp32, with the config. */
  Checkpoint snapshot() {
    SortedMap<String, Tensor> tensors = new TreeMap<>();
    arrays.forEach(
        (name, array) ->
            tensors.put(name, new FloatTensor(name, array.shape(), array.data().asFloat())));
    return new InMemoryCheckpoint(tensors, Optional.of(config.toJson()));
  }

  private static void load(Checkpoint checkpoint, SortedMap<String, INDArray> targets) {
    SortedMap<String, Tensor> tensors = checkpoint.tensors();
    Map<String, Tensor> sources = new TreeMap<>();
    List<String> faults = new ArrayList<>();
    targets.forEach(
        (name, target) -> {
          Tensor tensor = tensors.get(name);
          if (tensor == null && name.startsWith(PREFIX)) {
            tensor = tensors.get(name.substring(PREFIX.length()));
          }
          if (tensor == null) {
            faults.add(name + ": missing");
          } else if (!Arrays.equals(tensor.shape(), target.shape())) {
            faults.add(
                name
                    + ": expected "
                    + Arrays.toString(target.shape())
                    + ", got "
                    + Arrays.toString(tensor.shape()));
          } else if (!tensor.dtype().isPrunable()) {
            faults.add(name + ": expected F32, F16 or BF16, got " + tensor.dtype());
          } else {
            sources.put(name, tensor);
          }
        });
    if (!faults.isEmpty()) {
      throw new IllegalArgumentException(
          "checkpoint does not fit the encoder: " + String.join("; ", faults));
    }
    sources.forEach((name, tensor) -> copy(tensor, targets.get(name)));
  }

  private static void copy(Tensor tensor, INDArray target) {
    float[] values = new float[(int) Math.min(CHUNK, target.length())];
    INDArray flat = target.reshape(target.length());
    boolean direct = target.dataType() == DataType.FLOAT && Nd4j.getEnvironment().isCPU();
    FloatBuffer memory = direct ? target.data().asNioFloat() : null;
    for (long from = 0; from < flat.length(); from += values.length) {
      int length = (int) Math.min(values.length, flat.length() - from);
      tensor.read(from, values, 0, length);
      if (direct) {
        // A load is the inner loop of every search for q: this is eight times faster than assign.
        memory.put((int) from, values, 0, length);
      } else {
        try (INDArray chunk = Nd4j.createFromArray(Arrays.copyOf(values, length))) {
          flat.get(NDArrayIndex.interval(from, from + length)).assign(chunk);
        }
      }
    }
  }

  @Override
  public void close() {
    arrays.values().forEach(INDArray::close);
  }
}
