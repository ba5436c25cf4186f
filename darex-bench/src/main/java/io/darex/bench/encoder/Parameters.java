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
import java.util.Set;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** The arrays of an encoder by Hugging Face name, and their way in from and out to checkpoints. */
final class Parameters implements AutoCloseable {
  static final String WORDS = "bert.embeddings.word_embeddings.weight";
  static final String POSITIONS = "bert.embeddings.position_embeddings.weight";
  static final String TYPES = "bert.embeddings.token_type_embeddings.weight";

  private static final String WEIGHT = ".weight";
  private static final String BIAS = ".bias";

  /** Elements copied at a time: few enough to stay in the cache between tensor and array. */
  private static final int CHUNK = 1 << 14;

  private final EncoderConfig config;
  private final SortedMap<String, INDArray> arrays = new TreeMap<>();

  Parameters(EncoderConfig config, DataType type) {
    this.config = config;
    shapes(config).forEach((name, shape) -> arrays.put(name, Nd4j.zeros(type, shape)));
  }

  /**
   * Parameters with the values of a pre-trained checkpoint; layers of the head that it has not are
   * drawn from {@code headSeed}.
   *
   * @throws IllegalArgumentException as {@link Encoder#load} does
   */
  static Parameters started(
      EncoderConfig config, Checkpoint checkpoint, long headSeed, DataType type) {
    Parameters parameters = new Parameters(config, type);
    try {
      parameters.start(checkpoint, headSeed);
      return parameters;
    } catch (RuntimeException e) {
      parameters.close();
      throw e;
    }
  }

  /** Name and shape of every parameter; linear weights are {@code [out, in]}. */
  static SortedMap<String, long[]> shapes(EncoderConfig config) {
    Family family = config.family();
    long hidden = config.hiddenSize();
    long embedding = config.embeddingSize();
    SortedMap<String, long[]> shapes = new TreeMap<>();
    shapes.put(family.words(), new long[] {config.vocabSize(), embedding});
    shapes.put(family.positions(), new long[] {config.maxPositions(), embedding});
    if (config.typeVocabSize() > 0) {
      shapes.put(family.types(), new long[] {config.typeVocabSize(), embedding});
    }
    norm(shapes, family.embeddingNorm(), embedding);
    if (embedding != hidden) {
      linear(shapes, family.projection(), hidden, embedding);
    }
    for (int i = 0; i < config.layers(); i++) {
      Family.LayerNames layer = family.layer(i);
      linear(shapes, layer.query(), hidden, hidden);
      linear(shapes, layer.key(), hidden, hidden);
      linear(shapes, layer.value(), hidden, hidden);
      linear(shapes, layer.attentionOutput(), hidden, hidden);
      norm(shapes, layer.attentionNorm(), hidden);
      linear(shapes, layer.intermediate(), config.intermediateSize(), hidden);
      linear(shapes, layer.output(), hidden, config.intermediateSize());
      norm(shapes, layer.outputNorm(), hidden);
    }
    if (config.hasDense()) {
      linear(shapes, family.head().dense(), hidden, hidden);
    }
    if (config.classes() > 0) {
      linear(shapes, family.head().out(), config.classes(), hidden);
    }
    return shapes;
  }

  private static void linear(Map<String, long[]> shapes, String name, long out, long in) {
    shapes.put(name + WEIGHT, new long[] {out, in});
    shapes.put(name + BIAS, new long[] {out});
  }

  private static void norm(Map<String, long[]> shapes, String name, long width) {
    shapes.put(name + WEIGHT, new long[] {width});
    shapes.put(name + BIAS, new long[] {width});
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

  private void start(Checkpoint checkpoint, long headSeed) {
    SortedMap<String, INDArray> given = new TreeMap<>(arrays);
    SplittableRandom random = new SplittableRandom(headSeed);
    Family.Head head = config.family().head();
    for (String layer : List.of(head.dense(), head.out())) {
      INDArray weight = arrays.get(layer + WEIGHT);
      boolean absent =
          source(checkpoint.tensors(), layer + WEIGHT).isEmpty()
              && source(checkpoint.tensors(), layer + BIAS).isEmpty();
      if (weight != null && absent) {
        given.remove(layer + WEIGHT);
        given.remove(layer + BIAS);
        for (long i = 0; i < weight.length(); i++) {
          weight.putScalar(i, 0.02 * random.nextGaussian());
        }
      }
    }
    load(checkpoint, given);
  }

  /** A tensor under its name, without the prefix of the family, or under its name of 2018. */
  <T> Optional<T> source(Map<String, T> tensors, String name) {
    return nameIn(config.family(), tensors.keySet(), name).map(tensors::get);
  }

  /** By parameter name, what a checkpoint calls it, where it has it. */
  static SortedMap<String, String> names(EncoderConfig config, Checkpoint checkpoint) {
    SortedMap<String, String> names = new TreeMap<>();
    for (String name : shapes(config).keySet()) {
      nameIn(config.family(), checkpoint.tensors().keySet(), name)
          .ifPresent(theirs -> names.put(name, theirs));
    }
    return names;
  }

  private static Optional<String> nameIn(Family family, Set<String> there, String name) {
    String bare = family.isHead(name) ? name : name.substring(family.prefix().length());
    return Stream.of(name, bare, legacy(name), legacy(bare)).filter(there::contains).findFirst();
  }

  private static String legacy(String name) {
    return name.replace("LayerNorm.weight", "LayerNorm.gamma")
        .replace("LayerNorm.bias", "LayerNorm.beta");
  }

  /** A copy in fp32, with the config. */
  Checkpoint snapshot() {
    SortedMap<String, Tensor> tensors = new TreeMap<>();
    arrays.forEach(
        (name, array) ->
            tensors.put(name, new FloatTensor(name, array.shape(), array.data().asFloat())));
    return new InMemoryCheckpoint(tensors, Optional.of(config.toJson()));
  }

  private void load(Checkpoint checkpoint, SortedMap<String, INDArray> targets) {
    Map<String, Tensor> sources = new TreeMap<>();
    List<String> faults = new ArrayList<>();
    targets.forEach(
        (name, target) -> {
          Tensor tensor = source(checkpoint.tensors(), name).orElse(null);
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
