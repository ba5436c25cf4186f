package io.darex.bench.serve;

import io.darex.bench.console.BadInputException;
import io.darex.bench.encoder.BesideDelta;
import io.darex.bench.encoder.DirectEncoder;
import io.darex.bench.encoder.EncoderConfig;
import io.darex.bench.encoder.Engine;
import io.darex.bench.encoder.EngineChoice;
import io.darex.bench.encoder.Pretrained;
import io.darex.bench.pipeline.Prediction;
import io.darex.bench.pipeline.UsableModel;
import io.darex.bench.serve.RefusedException.Reason;
import io.darex.bench.tokenizer.EncodedText;
import io.darex.prune.MismatchException;
import io.darex.prune.folder.CheckpointDigest;
import io.darex.prune.folder.HuggingFaceFolder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Consumer;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * One base and many fine-tunes of it, each a sparse delta, in one process:
 *
 * <pre>{@code
 * try (Models models = Models.open("minilm-l6", ServeOptions.defaults())) {
 *   models.add("cola", Path.of("cola.safetensors"));
 *   models.add("sst2", Path.of("sst2.safetensors"));
 *   Prediction answer = models.classify("cola", List.of(Text.of("He read it."))).get(0);
 * }
 * }</pre>
 *
 * <p>The base's weights are once in memory and never written after {@link #open}. Answers are those
 * of {@code darex apply} and {@code darex predict} up to rounding, with the tokenizer and the
 * labels of each fine-tune. All methods may be called by many threads at once. What is asked at the
 * same time is computed together, whichever model it is for; so many callers with a few texts each
 * are the way to use it.
 */
public final class Models implements AutoCloseable {
  /**
   * Up to this share of kept entries {@link Way#AUTO} computes unmerged: there its product costs
   * about half of the base's, and a switch between copies far more.
   */
  static final double UNMERGED_SHARE = 0.05;

  private static final String NAME = "[A-Za-z0-9][A-Za-z0-9._-]{0,63}";

  private final Pretrained base;
  private final String digest;
  private final long baseBytes;
  private final DirectEncoder encoder;
  private final ServeOptions options;
  private final Metrics metrics = new Metrics();
  private final Tokenizers tokenizers = new Tokenizers();
  private final Computing computing;
  private final Map<String, FineTune> tuned = new ConcurrentSkipListMap<>();

  /** Shared by those who read the base's weights, alone for who frees them. */
  private final ReadWriteLock use = new ReentrantReadWriteLock();

  private boolean closed;

  private Models(Pretrained base, ServeOptions options) {
    this.options = options;
    EncoderConfig config = base.config();
    EncoderConfig trained =
        config.drawnLayers(base.checkpoint()).isEmpty() ? config : config.withLabels(List.of());
    encoder = new DirectEncoder(trained, base.checkpoint(), 0);
    digest = CheckpointDigest.of(base.checkpoint());
    baseBytes =
        encoder.parameters().values().stream().mapToLong(INDArray::length).sum() * Float.BYTES;
    // The encoder has the values now.
    this.base =
        new Pretrained(config, Headers.of(base.checkpoint()), base.tokenizer(), base.files());
    computing = new Computing(encoder, options, metrics);
  }

  /**
   * Opens a base, which takes its memory once.
   *
   * @param base a Hugging Face folder, or the name of a built-in encoder
   * @throws BadInputException if it cannot be used, or ND4J computes on a GPU here
   * @throws IOException if it cannot be read
   */
  public static Models open(String base, ServeOptions options) throws IOException {
    return open(base, options, say -> {});
  }

  /** As above; {@code say} is told which of several files in a folder is taken. */
  public static Models open(String base, ServeOptions options, Consumer<String> say)
      throws IOException {
    HuggingFaceFolder.beside(Path.of(base)).ifPresent(say);
    Pretrained pretrained = Pretrained.of(base);
    EngineChoice.of(Engine.DIRECT).require();
    try {
      return new Models(pretrained, options);
    } catch (IllegalArgumentException e) {
      throw new BadInputException(base + ": " + e.getMessage(), e);
    }
  }

  /**
   * Adds a fine-tune.
   *
   * @param name letters, digits, {@code . _ -}, at most 64
   * @param deltaFile a sparse delta that was made from this base; it may go once this returns
   * @throws BadInputException if there is a model of that name, or the delta cannot be used
   * @throws IOException if it cannot be read, or has another base
   */
  public Served add(String name, Path deltaFile) throws IOException {
    requireName(name);
    return put(name, deltaFile, () -> requireAbsent(name));
  }

  /**
   * Puts another delta in the place of a model's, at once: what was asked before is answered by the
   * old one, what is asked after by the new one. If it cannot be used the old one stays.
   *
   * @throws RefusedException if there is no model of that name
   * @throws BadInputException as {@link #add}
   * @throws IOException as {@link #add}
   */
  public Served replace(String name, Path deltaFile) throws IOException {
    return put(name, deltaFile, () -> requirePresent(name));
  }

  /**
   * @param required is so before the file is read, and when the model is put in its place
   */
  private Served put(String name, Path deltaFile, Runnable required) throws IOException {
    use.readLock().lock();
    try {
      requireOpen();
      required.run();
      FineTune added = load(deltaFile);
      FineTune before;
      synchronized (tuned) {
        try {
          required.run();
        } catch (RuntimeException e) {
          added.retire();
          throw e;
        }
        before = tuned.put(name, added);
      }
      if (before != null) {
        before.retire();
      }
      return added.describe(name);
    } finally {
      use.readLock().unlock();
    }
  }

  /**
   * Removes a model; what was asked before is still answered.
   *
   * @throws RefusedException if there is none of that name
   */
  public void remove(String name) {
    FineTune removed = tuned.remove(name);
    if (removed == null) {
      throw unknown(name);
    }
    removed.retire();
  }

  /** Whether there is a model of that name. */
  public boolean has(String name) {
    return tuned.containsKey(name);
  }

  /** All models, by name. */
  public List<Served> list() {
    List<Served> all = new ArrayList<>();
    tuned.forEach((name, each) -> all.add(each.describe(name)));
    return all;
  }

  /**
   * Answers texts by a model.
   *
   * @return an answer for each, in order
   * @throws RefusedException if there is no such model, too many texts wait, it takes too long, or
   *     there is too little memory
   * @throws BadInputException if the model does not take a text, such as a pair
   */
  public List<Prediction> classify(String name, List<Text> texts) {
    if (texts.isEmpty()) {
      requirePresent(name);
      return List.of();
    }
    FineTune model = take(name);
    EncoderConfig config = model.config();
    float[][] outputs = submit(model, texts).await(options.timeout());
    if (!Arrays.stream(outputs).allMatch(Prediction::isFinite)) {
      throw new RefusedException(
          Reason.BROKEN, name + ": expected finite outputs of the model, got NaN or infinity");
    }
    return Arrays.stream(outputs).map(each -> Prediction.of(config, each)).toList();
  }

  private Request submit(FineTune model, List<Text> texts) {
    computing.announce();
    try {
      List<EncodedText> encoded = texts.stream().map(model::encode).toList();
      Request request = new Request(model, encoded);
      computing.submit(request);
      return request;
    } catch (RuntimeException e) {
      model.leave();
      throw e;
    } finally {
      computing.arrived();
    }
  }

  private FineTune take(String name) {
    while (true) {
      FineTune model = tuned.get(name);
      if (model == null) {
        throw unknown(name);
      }
      if (model.take()) {
        return model;
      }
    }
  }

  private FineTune load(Path file) throws IOException {
    UsableModel used = UsableModel.onto(base, () -> digest, file);
    EncoderConfig config = used.withHead();
    Tokenizers.Shared tokenizer = tokenizers.take(used);
    try {
      BesideDelta delta = encoder.beside(used.sparse().orElseThrow(), config);
      double share = encoder.keptShare(delta);
      Way auto = share <= UNMERGED_SHARE ? Way.UNMERGED : Way.RESIDENT;
      Way way = options.way() == Way.AUTO ? auto : options.way();
      return new FineTune(file, config, delta, tokenizer, way, share);
    } catch (IllegalArgumentException e) {
      tokenizer.giveBack();
      throw e instanceof MismatchException
          ? new MismatchException(List.of(file + ": " + e.getMessage()))
          : new BadInputException(file + ": " + e.getMessage(), e);
    }
  }

  /** The state of the process, in the text format of Prometheus. */
  public String metrics() {
    long modelBytes = list().stream().mapToLong(Served::bytes).sum();
    return metrics.text(tuned.size(), modelBytes, baseBytes);
  }

  Metrics counters() {
    return metrics;
  }

  /** For tests, which see that nobody writes. */
  DirectEncoder encoder() {
    return encoder;
  }

  private void requireName(String name) {
    if (!name.matches(NAME)) {
      throw new BadInputException(
          "expected a name of at most 64 letters, digits, dots, _ and -, got "
              + BadInputException.quote(name));
    }
  }

  private void requireAbsent(String name) {
    if (has(name)) {
      throw new BadInputException("expected a new name, got " + name + ", which is served already");
    }
  }

  private void requirePresent(String name) {
    if (!has(name)) {
      throw unknown(name);
    }
  }

  private void requireOpen() {
    if (closed) {
      throw new RefusedException(Reason.CLOSED, "expected open models, got closed ones");
    }
  }

  private static RefusedException unknown(String name) {
    return new RefusedException(
        Reason.UNKNOWN,
        "expected the name of a model that is served, got " + BadInputException.quote(name));
  }

  /** Answers what waits, then frees everything. */
  @Override
  public void close() {
    computing.close();
    use.writeLock().lock();
    try {
      if (!closed) {
        closed = true;
        tuned.values().forEach(FineTune::retire);
        tuned.clear();
        encoder.close();
      }
    } finally {
      use.writeLock().unlock();
    }
  }
}
