package io.darex.prune.folder;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.darex.prune.Checkpoint;
import io.darex.prune.MismatchException;
import io.darex.prune.Names;
import io.darex.prune.Tensor;
import io.darex.prune.file.AtomicWrite;
import io.darex.prune.file.InputFile;
import io.darex.prune.safetensors.Safetensors;
import io.darex.prune.safetensors.SafetensorsLayout;
import io.darex.prune.tensor.InMemoryCheckpoint;
import io.darex.prune.tensor.LowRankTensor;
import io.darex.prune.tensor.Renamed;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A LoRA adapter as PEFT writes it: a folder with {@value PeftConfig#FILE} and {@value #WEIGHTS}
 * or, as older ones have it, {@value #TORCH_WEIGHTS} (docs/METHOD.md §7). {@link #onto} makes it a
 * tuned checkpoint; {@code darex prune --adapter} prunes its factors.
 */
public final class PeftAdapter {
  /** The file of the tensors. */
  public static final String WEIGHTS = "adapter_model.safetensors";

  /** The same as {@code torch.save} writes it; read where there is no {@value #WEIGHTS}. */
  public static final String TORCH_WEIGHTS = "adapter_model.bin";

  private static final String CONFIG = "config.json";
  static final String PREFIX = "base_model.model.";

  /** A hostile file's shape must not become a text of gigabytes. */
  private static final long MAX_LABELS = 1 << 16;

  private static final Pattern MODEL_CLASS = Pattern.compile("(Model|For\\w+)$");

  private final Path folder;
  private final PeftConfig config;
  private final SortedMap<String, Tensor> tensors;
  private final SortedMap<String, Layer> layers;
  private final SortedMap<String, Tensor> saved;

  /** Believes its arguments: {@link PeftReader} has checked them. */
  PeftAdapter(
      Path folder,
      PeftConfig config,
      SortedMap<String, Tensor> tensors,
      SortedMap<String, Layer> layers,
      SortedMap<String, Tensor> saved) {
    this.folder = folder;
    this.config = config;
    this.tensors = Collections.unmodifiableSortedMap(tensors);
    this.layers = Collections.unmodifiableSortedMap(layers);
    this.saved = Collections.unmodifiableSortedMap(saved);
  }

  /**
   * The factors of one module.
   *
   * @param a {@code [rank, in]}
   * @param b {@code [out, rank]}
   * @param scale s
   * @param transposed whether the weight is stored {@code [in, out]}
   */
  public record Layer(Tensor a, Tensor b, double scale, boolean transposed) {}

  /**
   * Whether a path is an adapter where a checkpoint could stand as well: a folder with the two
   * files of an adapter and no full model's weights, for these win ({@link HuggingFaceFolder}).
   */
  public static boolean isAt(Path path) {
    return Files.isRegularFile(path.resolve(PeftConfig.FILE))
        && weights(path).isPresent()
        && HuggingFaceFolder.weights(path).isEmpty();
  }

  /** What to say where {@link #open} reads an adapter though a full model lies beside it. */
  public static Optional<String> beside(Path folder) {
    Optional<Path> adapter = weights(folder);
    return HuggingFaceFolder.weights(folder)
        .filter(model -> adapter.isPresent())
        .map(
            model ->
                "%s: read as the PEFT adapter in %s; the full model beside it, %s, is not read"
                    .formatted(folder, adapter.get().getFileName(), model.getFileName()));
  }

  /** The file of the tensors in a folder, where there is one. */
  static Optional<Path> weights(Path folder) {
    return Stream.of(WEIGHTS, TORCH_WEIGHTS)
        .map(folder::resolve)
        .filter(Files::isRegularFile)
        .findFirst();
  }

  /**
   * Opens a folder, whatever else lies there; of the tensors only headers are read.
   *
   * @throws NoSuchFileException if one of the two files is missing
   * @throws io.darex.prune.file.MalformedFileException naming file and key, if it is no LoRA
   *     adapter, is one with DoRA or the like, or its factors do not fit each other
   */
  public static PeftAdapter open(Path folder) throws IOException {
    InputFile.requireOpen(folder);
    Path config = folder.resolve(PeftConfig.FILE);
    if (!Files.isRegularFile(config)) {
      throw new NoSuchFileException(folder.toString(), null, "no " + PeftConfig.FILE + " there");
    }
    Path file =
        weights(folder)
            .orElseThrow(
                () ->
                    new NoSuchFileException(
                        folder.toString(),
                        null,
                        "the adapter has no " + WEIGHTS + " and no " + TORCH_WEIGHTS));
    return new PeftReader(folder, file, PeftConfig.read(config)).adapter(WeightFile.read(file));
  }

  /** What the configuration says. */
  public PeftConfig config() {
    return config;
  }

  /** All tensors under the file's keys. */
  public SortedMap<String, Tensor> tensors() {
    return tensors;
  }

  /** The factors by name of the weight they change, as the adapted model calls it. */
  public SortedMap<String, Layer> layers() {
    return layers;
  }

  /** The tensors carried whole, heads and biases, as the adapted model calls them. */
  public SortedMap<String, Tensor> saved() {
    return saved;
  }

  /** The files beside the tensors that an adapter with other tensors keeps. */
  public List<Path> files() {
    return Stream.of(PeftConfig.FILE, CONFIG)
        .map(folder::resolve)
        .filter(Files::isRegularFile)
        .toList();
  }

  /**
   * The tuned checkpoint, W₀ + s·B·A and the saved tensors, computed as it is read. It has the
   * names of {@code base}, with the model prefix such as {@code bert.} where the adapter has it and
   * the base has not. Its {@code config.json} is the adapter folder's if there is one, else the
   * base's, with as many labels as a saved head gives.
   *
   * @throws MismatchException listing every adapted or saved tensor that the base lacks or has in
   *     another shape
   */
  public Checkpoint onto(Checkpoint base) throws IOException {
    SortedMap<String, String> matches = new TreeMap<>();
    List<String> problems = new ArrayList<>();
    SortedMap<String, Tensor> tuned = renamed(base, matches, problems);
    saved.forEach(
        (name, tensor) -> {
          String own = matches.getOrDefault(name, name);
          if (!tuned.containsKey(own) && !config.saves(own)) {
            problems.add(
                "tensor "
                    + name
                    + " of the adapter: the base has none of that name, and modules_to_save "
                    + config.saved()
                    + " does not name it");
          }
          tuned.put(own, new Renamed(own, tensor));
        });
    layers.forEach(
        (name, layer) -> {
          Tensor before = tuned.get(matches.getOrDefault(name, name));
          if (before == null) {
            problems.add("tensor " + name + " of the adapter: the base has none of that name");
          } else if (!before.dtype().isPrunable()) {
            problems.add(
                "tensor "
                    + name
                    + ": expected F32, F16 or BF16 in the base, got "
                    + before.dtype());
          } else if (!LowRankTensor.fits(before, layer.b(), layer.a(), layer.transposed())) {
            problems.add(
                "tensor %s: shape %s in the base, B %s and A %s in the adapter"
                    .formatted(
                        name,
                        Arrays.toString(before.shape()),
                        Arrays.toString(layer.b().shape()),
                        Arrays.toString(layer.a().shape())));
          } else {
            tuned.put(
                before.name(),
                new LowRankTensor(before, layer.b(), layer.a(), layer.scale(), layer.transposed()));
          }
        });
    if (!problems.isEmpty()) {
      throw new MismatchException(problems);
    }
    return new InMemoryCheckpoint(tuned, configOn(base));
  }

  /**
   * The tensors of the base, under the names of the tuned model.
   *
   * @param matches takes the tuned model's name of every tensor of the adapter that the base has
   */
  private SortedMap<String, Tensor> renamed(
      Checkpoint base, SortedMap<String, String> matches, List<String> problems) {
    TreeSet<String> ours = new TreeSet<>(layers.keySet());
    ours.addAll(saved.keySet());
    SortedMap<String, String> baseNames =
        new Names(ours, base.tensors().keySet()).match(ours, problems);
    TreeSet<String> prefixes = new TreeSet<>();
    baseNames.forEach(
        (name, before) -> {
          if (name.endsWith("." + before)) {
            prefixes.add(name.substring(0, name.length() - before.length()));
          }
        });
    if (prefixes.size() > 1) {
      problems.add("the adapter's names begin with " + prefixes + ", expected one model");
    }
    String prefix = String.join("", prefixes);
    baseNames.forEach((name, before) -> matches.put(name, prefixed(prefix, before)));
    SortedMap<String, Tensor> tensors = new TreeMap<>();
    base.tensors()
        .forEach(
            (name, tensor) ->
                tensors.put(
                    prefixed(prefix, name),
                    prefix.isEmpty() ? tensor : new Renamed(prefixed(prefix, name), tensor)));
    return tensors;
  }

  private static String prefixed(String prefix, String name) {
    return name.startsWith(prefix) ? name : prefix + name;
  }

  private Optional<String> configOn(Checkpoint base) throws IOException {
    Path own = folder.resolve(CONFIG);
    if (Files.isRegularFile(own)) {
      return Optional.of(InputFile.text(own));
    }
    return base.config().map(this::adapted);
  }

  /** A base's configuration, with the sizes that the adapter's saved tensors give. */
  private String adapted(String config) {
    ObjectMapper json = new ObjectMapper();
    try {
      if (!(json.readTree(config) instanceof ObjectNode root)) {
        return config;
      }
      ObjectNode before = root.deepCopy();
      // transformers draws a head of num_labels on a base that has none; PEFT does not record it.
      rows("classifier.out_proj.weight", "classifier.weight")
          .filter(labels -> labels <= MAX_LABELS && root.path("id2label").size() != labels)
          .ifPresent(labels -> setLabels(root, labels));
      rows("word_embeddings.weight")
          .filter(tokens -> root.path("vocab_size").asLong() != tokens)
          .ifPresent(tokens -> root.put("vocab_size", tokens));
      return root.equals(before) ? config : root.toPrettyString() + "\n";
    } catch (JsonProcessingException e) {
      // Not ours to mend: what is not JSON is carried as it is.
      return config;
    }
  }

  /** The rows of the first saved matrix whose name ends so. */
  private Optional<Long> rows(String... names) {
    return Stream.of(names)
        .flatMap(
            name ->
                saved.entrySet().stream()
                    .filter(entry -> ("." + entry.getKey()).endsWith("." + name))
                    .map(entry -> entry.getValue().shape()))
        .filter(shape -> shape.length == 2)
        .map(shape -> shape[0])
        .findFirst();
  }

  private static void setLabels(ObjectNode root, long labels) {
    ArrayNode classes = root.arrayNode();
    root.path("architectures")
        .forEach(
            name ->
                classes.add(
                    MODEL_CLASS.matcher(name.asText()).replaceFirst("ForSequenceClassification")));
    root.set("architectures", classes);
    root.remove(List.of("num_labels", "problem_type"));
    ObjectNode names = root.putObject("id2label");
    ObjectNode ids = root.putObject("label2id");
    for (int i = 0; i < labels; i++) {
      names.put(Integer.toString(i), "LABEL_" + i);
      ids.put("LABEL_" + i, i);
    }
  }

  /** The bytes of all its values, factors and saved tensors: about what its file takes. */
  public long bytes() {
    return tensors.values().stream().mapToLong(SafetensorsLayout::bytes).sum();
  }

  /**
   * Writes an adapter that PEFT would load; the same adapter gives the same bytes.
   *
   * @param base name or folder of the base, for the file to say
   * @param factors factors by {@link #key}
   * @param whole the tensors of {@code modules_to_save}, under their names in the model
   * @param modelConfig text of the adapted model's {@code config.json}, which PEFT does not need
   *     and {@link #onto} takes the labels from
   * @throws java.nio.file.FileAlreadyExistsException if the folder exists and {@code force} is not
   *     given
   */
  public static void write(
      Path folder,
      PeftConfig config,
      String base,
      Collection<? extends Tensor> factors,
      Collection<? extends Tensor> whole,
      Optional<String> modelConfig,
      boolean force)
      throws IOException {
    List<Tensor> tensors = new ArrayList<>(factors);
    whole.forEach(tensor -> tensors.add(new Renamed(PREFIX + tensor.name(), tensor)));
    AtomicWrite.folder(
        folder,
        force,
        WrittenFolder::contents,
        temporary -> {
          byte[] text = config.toJson(base).getBytes(StandardCharsets.UTF_8);
          Files.write(temporary.resolve(PeftConfig.FILE), text);
          if (modelConfig.isPresent()) {
            Files.writeString(temporary.resolve(CONFIG), modelConfig.get());
          }
          Set<String> names = new TreeSet<>(Set.of(PeftConfig.FILE, WEIGHTS));
          modelConfig.ifPresent(present -> names.add(CONFIG));
          Safetensors.write(
              temporary.resolve(WEIGHTS),
              tensors,
              WrittenFolder.mark(HuggingFaceFolder.METADATA, names),
              false);
        });
  }

  /** The key of a factor, {@code base_model.model.MODULE.lora_A.weight}. */
  public static String key(String module, char factor) {
    return PREFIX + module + ".lora_" + factor + ".weight";
  }
}
