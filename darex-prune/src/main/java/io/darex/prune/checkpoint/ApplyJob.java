package io.darex.prune.checkpoint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.darex.prune.Checkpoint;
import io.darex.prune.DType;
import io.darex.prune.SparseDelta;
import io.darex.prune.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Applies a sparse-delta file to a base: the dense pruned checkpoint as a Hugging Face folder, or
 * as a bare file where the name ends in {@code .safetensors}. Nothing large is held in memory.
 */
public final class ApplyJob {
  /** The files of a tokenizer, which a pruned model shares with its base. */
  private static final List<String> TOKENIZER =
      List.of(
          HuggingFaceFolder.TOKENIZER,
          "tokenizer_config.json",
          "special_tokens_map.json",
          "vocab.txt",
          "vocab.json",
          "merges.txt");

  private static final Map<DType, String> TORCH_NAMES =
      Map.of(DType.F32, "float32", DType.F16, "float16", DType.BF16, "bfloat16");

  private final Path base;
  private final Checkpoint dense;
  private final OptionalLong shardBytes;
  private final String identity;
  private final WriteOptions.Inputs weights;

  private ApplyJob(
      Path base,
      Checkpoint dense,
      OptionalLong shardBytes,
      String identity,
      WriteOptions.Inputs weights) {
    this.base = base;
    this.dense = dense;
    this.shardBytes = shardBytes;
    this.identity = identity;
    this.weights = weights;
  }

  /**
   * Opens base and delta and checks that they belong together.
   *
   * @param dtype the type of all floating-point tensors; empty for the types that the base stores
   *     them in, and the tuned model those that are carried whole
   * @param shardBytes how many bytes of values one file of a folder may have; empty for any number
   * @param digest whether the base is digested, a full read, and compared with what the delta was
   *     made from
   * @throws io.darex.prune.MismatchException if the base is another one, or does not fit
   * @throws MalformedFileException if a file is at fault
   */
  public static ApplyJob open(
      Path base, Path delta, Optional<DType> dtype, OptionalLong shardBytes, boolean digest)
      throws IOException {
    Checkpoint onto = HuggingFaceFolder.open(base);
    SparseDelta sparse = SparseDeltaFile.read(delta);
    SortedMap<String, Tensor> before = sparse.matching(onto);
    if (digest) {
      CheckpointDigest.requireBase(sparse, onto);
    }
    Checkpoint pruned = sparse.applyTo(onto);
    SortedMap<String, Tensor> tensors = new TreeMap<>();
    pruned
        .tensors()
        .forEach(
            (name, tensor) -> {
              DType stored = before.getOrDefault(name, tensor).dtype();
              DType wanted = stored.isPrunable() ? dtype.orElse(stored) : stored;
              tensors.put(name, stored.isPrunable() ? ConvertedTensor.of(tensor, wanted) : tensor);
            });
    Optional<String> config = pruned.config().map(text -> retyped(text, dtype));
    return new ApplyJob(
        base,
        new InMemoryCheckpoint(tensors, config),
        shardBytes,
        InputFiles.state(base) + InputFiles.state(delta),
        InputFiles.weights(base, delta));
  }

  /** Bytes of the values that will be written. */
  public long bytes() {
    return dense.tensors().values().stream().mapToLong(SafetensorsLayout::bytes).sum();
  }

  /**
   * Writes the checkpoint, with the tokenizer of a base that is a folder.
   *
   * @param options any {@link WriteOptions#identity()} is replaced by this job's own
   * @throws java.nio.file.FileAlreadyExistsException if it exists and {@link WriteOptions#force()}
   *     is not given
   * @throws io.darex.prune.NonFiniteException if a value is NaN, infinite or too large for its
   *     type; nothing is left then
   * @throws IOException as {@link SafetensorsWriter#write} does
   */
  public void run(Path out, WriteOptions options) throws IOException {
    WriteOptions known = options.withIdentity(identity).withInputs(weights);
    if (out.toString().endsWith(".safetensors")) {
      SafetensorsWriter.write(
          out, dense.tensors().values(), HuggingFaceFolder.METADATA, known, Seal.NONE);
      return;
    }
    Map<String, byte[]> extras = new TreeMap<>();
    for (String file : TOKENIZER) {
      Path path = base.resolve(file);
      if (Files.isRegularFile(path)) {
        extras.put(file, InputFile.utf8(path));
      }
    }
    HuggingFaceFolder.write(out, dense, extras, shardBytes, known);
  }

  /** Transformers reads from the configuration which type to load; both its keys are in use. */
  private static String retyped(String config, Optional<DType> dtype) {
    try {
      JsonNode root = new ObjectMapper().readTree(config);
      if (dtype.isEmpty() || !(root instanceof ObjectNode object)) {
        return config;
      }
      for (String key : List.of("torch_dtype", "dtype")) {
        if (object.has(key)) {
          object.put(key, TORCH_NAMES.get(dtype.get()));
        }
      }
      return object.toPrettyString() + "\n";
    } catch (JsonProcessingException e) {
      // Not ours to mend: what is not JSON is carried as it is.
      return config;
    }
  }
}
