package io.darex.prune.folder;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.darex.prune.Checkpoint;
import io.darex.prune.Tensor;
import io.darex.prune.file.AtomicWrite;
import io.darex.prune.file.InputFile;
import io.darex.prune.file.MalformedFileException;
import io.darex.prune.file.PartialOutput;
import io.darex.prune.file.Sha256;
import io.darex.prune.file.WriteOptions;
import io.darex.prune.safetensors.SafetensorsLayout;
import io.darex.prune.safetensors.SafetensorsWriter;
import io.darex.prune.safetensors.Seal;
import io.darex.prune.tensor.InMemoryCheckpoint;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Checkpoints as Hugging Face keeps them: a folder, or a bare file, with weights in safetensors or
 * as {@code torch.save} writes them. Of a folder's weights the first of {@value #MODEL}, its
 * shards, {@value #TORCH_MODEL} and its shards are read, as transformers does. A folder with any of
 * them is a full model, also beside the files of an adapter; {@link #beside} says so.
 */
public final class HuggingFaceFolder {
  private static final String CONFIG = "config.json";

  /** The file of the weights, where there are no shards. */
  public static final String MODEL = "model.safetensors";

  /** The file of the tokenizer, one of the extras. */
  public static final String TOKENIZER = "tokenizer.json";

  /** In the journal of a folder: all that is in the folder belongs to this work. */
  private static final String SHARDS_BEGUN = "begun\n";

  private static final String INDEX = "model.safetensors.index.json";

  /** The weights as {@code torch.save} writes them. */
  private static final String TORCH_MODEL = "pytorch_model.bin";

  private static final List<String> WEIGHTS =
      List.of(MODEL, INDEX, TORCH_MODEL, TORCH_MODEL + ".index.json");

  /** transformers asks for the format key and refuses files without it. */
  public static final Map<String, String> METADATA = Map.of("format", "pt");

  private static final JsonMapper JSON =
      JsonMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

  private HuggingFaceFolder() {}

  /**
   * Opens a file of weights, or a folder with one or with shards and their index. Of safetensors
   * only headers are read, of a torch file the pickle, of which nothing is run.
   *
   * @throws NoSuchFileException if there is nothing of the kind at {@code path}
   * @throws MalformedFileException if a header, a pickle or the index is at fault
   */
  public static Checkpoint open(Path path) throws IOException {
    try {
      InputFile.requireOpen(path);
    } catch (NoSuchFileException e) {
      throw new NoSuchFileException(path.toString(), null, "no checkpoint there");
    }
    if (!Files.isDirectory(path)) {
      return new InMemoryCheckpoint(WeightFile.read(path), Optional.empty());
    }
    Optional<Path> weights = weights(path);
    if (weights.isPresent()) {
      Path config = path.resolve(CONFIG);
      Optional<String> text =
          Files.exists(config) ? Optional.of(InputFile.text(config)) : Optional.empty();
      return new InMemoryCheckpoint(
          isIndex(weights.get()) ? shards(weights.get()) : WeightFile.read(weights.get()), text);
    }
    if (PeftAdapter.isAt(path)) {
      throw new MalformedFileException(
          path, "a checkpoint", "a PEFT adapter, which is nothing without its base");
    }
    throw new NoSuchFileException(
        path.toString(),
        null,
        "the folder has neither " + MODEL + " nor " + TORCH_MODEL + ", nor an index of either");
  }

  /** The file in a folder that {@link #open} reads the weights from, where there is one. */
  static Optional<Path> weights(Path folder) {
    return WEIGHTS.stream().map(folder::resolve).filter(Files::exists).findFirst();
  }

  /**
   * The bytes of the files that {@link #open} reads the weights of a folder from.
   *
   * @throws NoSuchFileException if there are none
   */
  public static long bytes(Path folder) throws IOException {
    Path weights =
        weights(folder)
            .orElseThrow(() -> new NoSuchFileException(folder.toString(), null, "no weights"));
    if (!isIndex(weights)) {
      return Files.size(weights);
    }
    long bytes = 0;
    for (String shard : new TreeSet<>(weightMap(weights).values())) {
      bytes += Files.size(weights.resolveSibling(shard));
    }
    return bytes;
  }

  private static boolean isIndex(Path weights) {
    return weights.toString().endsWith(".json");
  }

  /**
   * What to say of a folder that could be read in another way: that a full model is read where the
   * files of an adapter lie beside it, or where only an adapter's configuration was left.
   */
  public static Optional<String> beside(Path folder) {
    if (!Files.isRegularFile(folder.resolve(PeftConfig.FILE))) {
      return Optional.empty();
    }
    String other =
        PeftAdapter.weights(folder)
            .map(file -> "the PEFT adapter beside it, " + file.getFileName() + ", is not read")
            .orElse("the " + PeftConfig.FILE + " beside it has no adapter's weights");
    return weights(folder)
        .map(file -> folder + ": read as the full model in " + file.getFileName() + "; " + other);
  }

  /**
   * Opens what was tuned from {@code base}: a checkpoint as {@link #open} does, or a folder with a
   * PEFT adapter, which {@link PeftAdapter#onto} puts onto the base; a vocabulary that the adapter
   * resized is in the configuration then.
   *
   * @throws io.darex.prune.MismatchException listing all of the adapter that does not fit the base
   */
  public static Checkpoint openTuned(Path path, Checkpoint base) throws IOException {
    return PeftAdapter.isAt(path) ? PeftAdapter.open(path).onto(base) : open(path);
  }

  /**
   * Writes a folder with all weights in one file.
   *
   * @param extras contents by file name
   * @throws java.nio.file.FileAlreadyExistsException if it exists and {@code force} is not given
   */
  public static void write(
      Path folder, Checkpoint checkpoint, Map<String, byte[]> extras, boolean force)
      throws IOException {
    write(
        folder, checkpoint, extras, OptionalLong.empty(), WriteOptions.defaults().withForce(force));
  }

  /**
   * Writes a folder that transformers would load: {@code model.safetensors} or its shards, {@code
   * config.json} if the checkpoint has one, and further files such as {@code tokenizer.json}. Until
   * it is complete it is called {@code .NAME.partial}; shards that are finished there are kept when
   * work with a {@link WriteOptions#identity()} is continued.
   *
   * @param extras contents by file name, or by FOLDER/NAME
   * @param shardBytes how many bytes of values a shard may have, at least 1; a tensor that has more
   *     gets a shard of its own. If all fits into one, or if this is empty, there are no shards.
   * @throws java.nio.file.FileAlreadyExistsException if it exists and {@link WriteOptions#force()}
   *     is not given
   * @throws IOException as {@link SafetensorsWriter#write} does
   */
  public static void write(
      Path folder,
      Checkpoint checkpoint,
      Map<String, byte[]> extras,
      OptionalLong shardBytes,
      WriteOptions options)
      throws IOException {
    Shards shards = Shards.of(checkpoint.tensors().values(), shardBytes.orElse(Long.MAX_VALUE));
    Set<String> names = names(shards, checkpoint, extras);
    Map<String, String> metadata = WrittenFolder.mark(METADATA, names, extras);
    PartialOutput.write(
        AtomicWrite.Place.folder(folder, options.force(), WrittenFolder::contents),
        options.identity().map(identity -> Sha256.hex(shards.headers(metadata) + identity)),
        output -> {
          Path partial = output.path();
          if (output.done().isEmpty()) {
            AtomicWrite.delete(partial);
            Files.createDirectory(partial);
            output.record(SHARDS_BEGUN);
          }
          for (Map.Entry<String, List<Tensor>> shard : shards.files().entrySet()) {
            writeShard(partial.resolve(shard.getKey()), shard.getValue(), metadata, options);
          }
          if (shards.files().size() > 1) {
            output.put(INDEX, utf8(shards.index()));
          }
          for (Map.Entry<String, byte[]> extra : extras.entrySet()) {
            output.put(extra.getKey(), extra.getValue());
          }
          if (checkpoint.config().isPresent()) {
            output.put(CONFIG, utf8(checkpoint.config().get()));
          }
          output.retain(names);
        });
  }

  private static Set<String> names(
      Shards shards, Checkpoint checkpoint, Map<String, byte[]> extras) {
    Set<String> names = new TreeSet<>(shards.files().keySet());
    // Of what lies in a folder within, its name.
    extras.keySet().forEach(name -> names.add(Path.of(name).getName(0).toString()));
    if (shards.files().size() > 1) {
      names.add(INDEX);
    }
    if (checkpoint.config().isPresent()) {
      names.add(CONFIG);
    }
    return names;
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** A shard has its name only when it is complete. */
  private static void writeShard(
      Path file, List<Tensor> tensors, Map<String, String> metadata, WriteOptions options)
      throws IOException {
    if (Files.exists(file)) {
      tensors.forEach(tensor -> options.bytesFound().accept(SafetensorsLayout.bytes(tensor)));
    } else {
      SafetensorsWriter.write(file, tensors, metadata, options, Seal.NONE);
    }
  }

  private static SortedMap<String, Tensor> shards(Path index) throws IOException {
    SortedMap<String, String> places = weightMap(index);
    SortedMap<String, Tensor> tensors = new TreeMap<>();
    Set<String> files = new LinkedHashSet<>(places.values());
    for (String file : files) {
      Path shard = index.resolveSibling(file);
      for (Tensor tensor : WeightFile.read(shard).values()) {
        if (!file.equals(places.get(tensor.name()))) {
          throw new MalformedFileException(
              shard,
              "only the tensors that " + index.getFileName() + " places there",
              "tensor " + tensor.name());
        }
        tensors.put(tensor.name(), tensor);
      }
    }
    for (Map.Entry<String, String> place : places.entrySet()) {
      if (!tensors.containsKey(place.getKey())) {
        throw new MalformedFileException(
            index.resolveSibling(place.getValue()),
            "tensor " + place.getKey() + ", as " + index.getFileName() + " says",
            "none of that name");
      }
    }
    return tensors;
  }

  private static SortedMap<String, String> weightMap(Path index) throws IOException {
    JsonNode map;
    try {
      map = JSON.readTree(InputFile.utf8(index)).path("weight_map");
    } catch (JsonProcessingException e) {
      throw new MalformedFileException(index, "a JSON object", e.getOriginalMessage());
    }
    if (!map.isObject()) {
      throw new MalformedFileException(index, "an object weight_map", map.getNodeType());
    }
    SortedMap<String, String> places = new TreeMap<>();
    for (Map.Entry<String, JsonNode> place : map.properties()) {
      String file = place.getValue().asText();
      // A shard lies beside its index; anything else could reach any file of the reader's machine.
      String kind = index.endsWith(INDEX) ? ".safetensors" : ".bin";
      if (!file.endsWith(kind) || !isName(file)) {
        throw new MalformedFileException(
            index, "a file name NAME" + kind + " for tensor " + place.getKey(), place.getValue());
      }
      places.put(place.getKey(), file);
    }
    return places;
  }

  /** No path, and nothing that a file system or a terminal could take for something else. */
  private static boolean isName(String file) {
    return file.chars().noneMatch(c -> c == '/' || c == '\\' || Character.isISOControl(c));
  }
}
