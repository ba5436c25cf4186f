package io.darex.prune.checkpoint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.darex.prune.Checkpoint;
import io.darex.prune.Tensor;
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

/** Checkpoints as Hugging Face keeps them: a folder, or a bare safetensors file. */
public final class HuggingFaceFolder {
  private static final String CONFIG = "config.json";

  /** The file of the weights, where there are no shards. */
  public static final String MODEL = "model.safetensors";

  /** The file of the tokenizer, one of the extras. */
  public static final String TOKENIZER = "tokenizer.json";

  /** In the journal of a folder: all that is in the folder belongs to this work. */
  private static final String SHARDS_BEGUN = "begun\n";

  private static final String INDEX = "model.safetensors.index.json";

  /** transformers asks for the format key and refuses files without it. */
  static final Map<String, String> METADATA = Map.of("format", "pt");

  private static final JsonMapper JSON =
      JsonMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

  private HuggingFaceFolder() {}

  /**
   * Opens a safetensors file, or a folder with {@code model.safetensors} or with shards and their
   * {@code model.safetensors.index.json}. Only headers are read.
   *
   * @throws NoSuchFileException if there is nothing of the kind at {@code path}
   * @throws MalformedFileException if a header or the index is at fault
   */
  public static Checkpoint open(Path path) throws IOException {
    if (!Files.exists(path)) {
      throw new NoSuchFileException(path.toString(), null, "no checkpoint there");
    }
    if (!Files.isDirectory(path)) {
      return Safetensors.open(path);
    }
    Path config = path.resolve(CONFIG);
    Optional<String> text =
        Files.exists(config) ? Optional.of(Files.readString(config)) : Optional.empty();
    if (Files.exists(path.resolve(MODEL))) {
      return new InMemoryCheckpoint(Safetensors.open(path.resolve(MODEL)).tensors(), text);
    }
    if (Files.exists(path.resolve(INDEX))) {
      return new InMemoryCheckpoint(shards(path.resolve(INDEX)), text);
    }
    if (PeftAdapter.isAt(path)) {
      throw new MalformedFileException(
          path, "a checkpoint", "a PEFT adapter, which is nothing without its base");
    }
    throw new NoSuchFileException(
        path.toString(), null, "the folder has neither " + MODEL + " nor " + INDEX);
  }

  /**
   * Opens what was tuned from {@code base}: a checkpoint as {@link #open} does, or a folder with a
   * PEFT adapter, which {@link PeftAdapter#onto} puts onto the base.
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
   * @param extras contents by file name
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
    Map<String, String> metadata = WrittenFolder.mark(METADATA, names);
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
    names.addAll(extras.keySet());
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
      tensors.forEach(tensor -> options.bytesDone().accept(SafetensorsLayout.bytes(tensor)));
    } else {
      SafetensorsWriter.write(file, tensors, metadata, options, Seal.NONE);
    }
  }

  private static SortedMap<String, Tensor> shards(Path index) throws IOException {
    SortedMap<String, String> places = weightMap(index);
    SortedMap<String, Tensor> tensors = new TreeMap<>();
    Set<String> files = new LinkedHashSet<>(places.values());
    for (String file : files) {
      Safetensors shard = Safetensors.open(index.resolveSibling(file));
      for (Tensor tensor : shard.tensors().values()) {
        if (!file.equals(places.get(tensor.name()))) {
          throw new MalformedFileException(
              shard.path(),
              "only the tensors that " + INDEX + " places there",
              "tensor " + tensor.name());
        }
        tensors.put(tensor.name(), tensor);
      }
    }
    for (Map.Entry<String, String> place : places.entrySet()) {
      if (!tensors.containsKey(place.getKey())) {
        throw new MalformedFileException(
            index.resolveSibling(place.getValue()),
            "tensor " + place.getKey() + ", as " + INDEX + " says",
            "none of that name");
      }
    }
    return tensors;
  }

  private static SortedMap<String, String> weightMap(Path index) throws IOException {
    JsonNode map;
    try {
      map = JSON.readTree(Files.readAllBytes(index)).path("weight_map");
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
      if (!file.endsWith(".safetensors") || file.matches(".*[/\\\\].*")) {
        throw new MalformedFileException(
            index, "a file name NAME.safetensors for tensor " + place.getKey(), place.getValue());
      }
      places.put(place.getKey(), file);
    }
    return places;
  }
}
