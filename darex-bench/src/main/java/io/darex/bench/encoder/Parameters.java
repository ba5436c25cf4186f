package io.darex.bench.encoder;

import io.darex.prune.Checkpoint;
import io.darex.prune.Tensor;
import io.darex.prune.tensor.FloatTensor;
import io.darex.prune.tensor.InMemoryCheckpoint;
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
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** The arrays of an encoder by Hugging Face name, and their way in from and out to checkpoints. */
final class Parameters implements AutoCloseable {
  private static final String WEIGHT = ".weight";
  private static final String BIAS = ".bias";

  /** How many faults of a checkpoint are named. */
  private static final int NAMED = 5;

  /** Elements copied at a time: few enough to stay in the cache between tensor and array. */
  private static final int CHUNK = 1 << 14;

  private final EncoderConfig config;
  private final SortedMap<String, INDArray> arrays = new TreeMap<>();
  private boolean closed;

  Parameters(EncoderConfig config, DataType type) {
    this.config = config;
    shapes(config).forEach((name, shape) -> arrays.put(name, Nd4j.zeros(type, shape)));
  }

  /**
   * Parameters with the values of a pre-trained checkpoint; layers of the head that it has not, or
   * not for so many labels, are drawn from {@code headSeed}. Nothing is allocated before the sizes
   * are known to be those of the checkpoint's tensors.
   *
   * @throws IllegalArgumentException as {@link Encoder#load} does
   */
  static Parameters started(
      EncoderConfig config, Checkpoint checkpoint, long headSeed, DataType type) {
    List<String> drawn = drawn(config, checkpoint);
    requireFits(config, checkpoint, name -> !drawn.contains(layer(name)));
    Parameters parameters = new Parameters(config, type);
    try {
      parameters.start(checkpoint, drawn, headSeed);
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

  /**
   * @throws IllegalStateException after {@link #close}: native code would read freed memory
   */
  void requireOpen() {
    if (closed) {
      throw new IllegalStateException("this encoder is closed");
    }
  }

  /**
   * @throws IllegalStateException after {@link #close}
   */
  SortedMap<String, INDArray> arrays() {
    requireOpen();
    return Collections.unmodifiableSortedMap(arrays);
  }

  INDArray get(String name) {
    return arrays.get(name);
  }

  /** Loads everything; see {@link Encoder#load}. */
  void load(Checkpoint checkpoint) {
    requireOpen();
    load(checkpoint, arrays);
  }

  private void start(Checkpoint checkpoint, List<String> drawn, long headSeed) {
    SortedMap<String, INDArray> given = new TreeMap<>(arrays);
    SplittableRandom random = new SplittableRandom(headSeed);
    for (String layer : drawn) {
      given.remove(layer + BIAS);
      INDArray weight = given.remove(layer + WEIGHT);
      for (long i = 0; i < weight.length(); i++) {
        weight.putScalar(i, 0.02 * random.nextGaussian());
      }
    }
    load(checkpoint, given);
  }

  /** See {@link EncoderConfig#drawnLayers}; in the order in which they are drawn. */
  static List<String> drawn(EncoderConfig config, Checkpoint checkpoint) {
    Family.Head head = config.family().head();
    List<String> drawn = new ArrayList<>();
    if (config.hasDense() && absent(config, checkpoint, head.dense())) {
      drawn.add(head.dense());
    }
    if (config.classes() > 0
        && (absent(config, checkpoint, head.out()) || resized(config, checkpoint, head.out()))) {
      drawn.add(head.out());
    }
    return drawn;
  }

  private static boolean absent(EncoderConfig config, Checkpoint checkpoint, String layer) {
    Set<String> there = checkpoint.tensors().keySet();
    return nameIn(config.family(), there, layer + WEIGHT).isEmpty()
        && nameIn(config.family(), there, layer + BIAS).isEmpty();
  }

  /** Whether it is a layer of a head for another number of labels. */
  private static boolean resized(EncoderConfig config, Checkpoint checkpoint, String layer) {
    return nameIn(config.family(), checkpoint.tensors().keySet(), layer + WEIGHT)
        .map(name -> checkpoint.tensors().get(name).shape())
        .filter(shape -> shape.length > 0 && shape[0] != config.classes())
        .isPresent();
  }

  /** What training starts from, with zeros for the layers of a head that are drawn. */
  static Checkpoint undrawn(EncoderConfig config, Checkpoint checkpoint) {
    List<String> drawn = drawn(config, checkpoint);
    SortedMap<String, Tensor> tensors = new TreeMap<>();
    names(config, checkpoint)
        .forEach((name, theirs) -> tensors.put(name, checkpoint.tensors().get(theirs)));
    shapes(config)
        .forEach(
            (name, shape) -> {
              if (drawn.contains(layer(name))) {
                float[] zeros = new float[(int) Tensor.count(shape)];
                tensors.put(name, new FloatTensor(name, shape, zeros));
              }
            });
    return new InMemoryCheckpoint(tensors, Optional.of(config.toJson()));
  }

  /** Whether there are the tensors of a head's last layer. */
  static boolean hasHead(Family family, Set<String> there) {
    return there.contains(family.head().out() + WEIGHT);
  }

  /**
   * Refuses a checkpoint without the encoder's tensors, those of the head aside.
   *
   * @throws IllegalArgumentException as {@link Encoder#load} does
   */
  static void requireBody(EncoderConfig config, Checkpoint checkpoint) {
    Family.Head head = config.family().head();
    requireFits(
        config, checkpoint, name -> !Set.of(head.dense(), head.out()).contains(layer(name)));
  }

  private static String layer(String parameter) {
    return parameter.substring(0, parameter.lastIndexOf('.'));
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
    requireOpen();
    SortedMap<String, Tensor> tensors = new TreeMap<>();
    arrays.forEach(
        (name, array) ->
            tensors.put(name, new FloatTensor(name, array.shape(), array.data().asFloat())));
    return new InMemoryCheckpoint(tensors, Optional.of(config.toJson()));
  }

  private void load(Checkpoint checkpoint, Map<String, INDArray> targets) {
    requireFits(config, checkpoint, targets::containsKey);
    targets.forEach((name, target) -> copy(source(checkpoint.tensors(), name).get(), target));
  }

  /** Refuses a checkpoint that lacks one of these parameters or has it in another size. */
  static void requireFits(EncoderConfig config, Checkpoint checkpoint, Predicate<String> wanted) {
    Map<String, Tensor> tensors = checkpoint.tensors();
    if (config.layers() > tensors.size()) {
      throw unfit("num_hidden_layers " + config.layers() + ", of " + tensors.size() + " tensors");
    }
    List<String> faults = new ArrayList<>();
    shapes(config)
        .forEach(
            (name, shape) -> {
              if (wanted.test(name)) {
                Optional<Tensor> tensor =
                    nameIn(config.family(), tensors.keySet(), name).map(tensors::get);
                fault(name, shape, tensor).ifPresent(faults::add);
              }
            });
    if (!faults.isEmpty()) {
      String more = faults.size() > NAMED ? "; and " + (faults.size() - NAMED) + " more" : "";
      throw unfit(
          String.join("; ", faults.subList(0, Math.min(NAMED, faults.size())))
              + more
              + prefix(config.family(), tensors.keySet()));
    }
  }

  private static IllegalArgumentException unfit(String why) {
    return new IllegalArgumentException("checkpoint does not fit the encoder: " + why);
  }

  private static Optional<String> fault(String name, long[] shape, Optional<Tensor> tensor) {
    if (tensor.isEmpty()) {
      return Optional.of(name + ": missing");
    }
    if (!Arrays.equals(tensor.get().shape(), shape)) {
      return Optional.of(
          name
              + ": expected "
              + Arrays.toString(shape)
              + ", got "
              + Arrays.toString(tensor.get().shape()));
    }
    return tensor.get().dtype().isPrunable()
        ? Optional.empty()
        : Optional.of(name + ": expected F32, F16 or BF16, got " + tensor.get().dtype());
  }

  /** Says what stands before the names of the tensors, where that is why none is found. */
  private static String prefix(Family family, Set<String> there) {
    String words = family.words().substring(family.prefix().length());
    return there.stream()
        .filter(name -> name.endsWith("." + words))
        .map(name -> name.substring(0, name.length() - words.length()))
        .filter(prefix -> !prefix.equals(family.prefix()))
        .map(prefix -> "; its names begin with " + prefix + ", expected " + family.prefix())
        .findFirst()
        .orElse("");
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
    if (!closed) {
      closed = true;
      arrays.values().forEach(INDArray::close);
    }
  }
}
