package io.darex.prune.folder;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.darex.prune.MismatchException;
import io.darex.prune.SideFile;
import io.darex.prune.file.MalformedFileException;
import io.darex.prune.file.Sha256;
import io.darex.prune.safetensors.SafetensorsLayout;
import io.darex.prune.tensor.ByteTensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What a Hugging Face folder holds beside weights and {@code config.json}: the tokenizer above all,
 * {@code generation_config.json}, the modules of a sentence encoder (ADR 15). Weights in any format
 * and what only a training leaves behind are none of it.
 */
public final class SideFiles {
  /** A tokenizer.json of the largest vocabularies in use has half of it. */
  public static final long MAX_BYTES = 1L << 26;

  /** A plain name, or one in the folder of a sentence encoder's module, as in 1_Pooling. */
  private static final Pattern NAME =
      Pattern.compile("(\\d{1,3}_\\w{1,40}/)?[A-Za-z0-9_][A-Za-z0-9._+-]{0,127}");

  private static final Pattern MODULE = Pattern.compile("\\d{1,3}_\\w{1,40}");

  private static final Pattern OTHER =
      Pattern.compile(
          "(?i)config\\.json|(.*/)?(training\\.json|trainer_state\\.json|adapter_.*|.*_results\\.json"
              + "|training_args\\..*|.*tfevents.*|.*\\.index\\.json|.*\\.(safetensors|bin|pt|pth|ckpt"
              + "|h5|hdf5|msgpack|onnx|onnx_data|ot|gguf|npz|npy|pkl|pickle|tflite|mlmodel|log))");

  /** Without one of these there is no tokenizer. */
  private static final Set<String> VOCABULARY =
      Set.of(
          HuggingFaceFolder.TOKENIZER,
          "vocab.txt",
          "vocab.json",
          "spiece.model",
          "spm.model",
          "sentencepiece.bpe.model",
          "tokenizer.model",
          "bpe.codes");

  private static final Set<String> TOKENIZER_SETTINGS =
      Set.of("tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "merges.txt");

  /** By settings of a tokenizer.json, what each call of transformers sets anew. */
  private static final Map<String, Set<String>> LAST_CALL =
      Map.of(
          "truncation", Set.of("max_length", "strategy", "stride"),
          "padding", Set.of("strategy", "pad_to_multiple_of"));

  private static final JsonMapper JSON = JsonMapper.builder().build();

  private SideFiles() {}

  /** Whether a delta may carry a file of that name: it says nothing of any other folder. */
  public static boolean isName(String name) {
    return NAME.matcher(name).matches() && !OTHER.matcher(name).matches();
  }

  /** Whether a file is part of a tokenizer. */
  public static boolean isTokenizer(String name) {
    return VOCABULARY.contains(name) || TOKENIZER_SETTINGS.contains(name);
  }

  /** Whether a file is a licence or what it asks to be passed on. */
  private static boolean isLicence(String name) {
    return name.matches("(?i)(licen[cs]e|copying|notice)([._-].*)?");
  }

  /** Whether there is a tokenizer in a folder; none is beside a bare file. */
  public static boolean haveTokenizer(Path folder) {
    return VOCABULARY.stream().anyMatch(name -> Files.isRegularFile(folder.resolve(name)));
  }

  /**
   * Those of a folder, by name; none of a bare file.
   *
   * @throws MalformedFileException if one of a tokenizer has more than {@value #MAX_BYTES} bytes;
   *     any other of that size is no file of a model
   */
  public static SortedMap<String, byte[]> read(Path folder) throws IOException {
    SortedMap<String, byte[]> contents = new TreeMap<>();
    if (!Files.isDirectory(folder)) {
      return contents;
    }
    List<Path> files = new ArrayList<>();
    try (Stream<Path> entries = Files.list(folder)) {
      for (Path entry : entries.toList()) {
        if (Files.isRegularFile(entry)) {
          files.add(entry);
        } else if (MODULE.matcher(entry.getFileName().toString()).matches()) {
          try (Stream<Path> inner = Files.list(entry)) {
            inner.filter(Files::isRegularFile).forEach(files::add);
          }
        }
      }
    }
    for (Path file : files) {
      String name = folder.relativize(file).toString().replace('\\', '/');
      if (!isName(name)) {
        continue;
      }
      if (Files.size(file) <= MAX_BYTES) {
        contents.put(name, Files.readAllBytes(file));
      } else if (isTokenizer(name)) {
        throw new MalformedFileException(
            file, "a tokenizer's file of at most " + MAX_BYTES + " bytes", Files.size(file));
      }
    }
    return contents;
  }

  /**
   * What lies beside the tuned weights: a model that was saved without a tokenizer has its base's,
   * one without a licence that too, and an adapter has all that it does not bring itself. What a
   * README.md says of the base or of an adapter is not said of the model, and a card that darex
   * wrote is written anew.
   */
  static SortedMap<String, byte[]> ofTuned(Path tuned, SortedMap<String, byte[]> base)
      throws IOException {
    SortedMap<String, byte[]> own = read(tuned);
    boolean adapter = Files.isDirectory(tuned) && PeftAdapter.isAt(tuned);
    if (adapter || ModelCard.isOurs(own.getOrDefault(ModelCard.FILE, new byte[0]))) {
      own.remove(ModelCard.FILE);
    }
    if (!Files.isDirectory(tuned)) {
      return own;
    }
    boolean tokenizer = own.keySet().stream().anyMatch(VOCABULARY::contains);
    boolean licensed = own.keySet().stream().anyMatch(SideFiles::isLicence);
    base.forEach(
        (name, content) -> {
          boolean inherited =
              isTokenizer(name) ? !tokenizer : isLicence(name) ? !licensed : adapter;
          if (inherited && !name.equals(ModelCard.FILE)) {
            own.putIfAbsent(name, content);
          }
        });
    return own;
  }

  /**
   * What a delta says of the files beside the weights.
   *
   * @param tuned the fine-tuned model's folder
   * @param base those of the base, by name
   */
  public static SortedMap<String, SideFile> ofDelta(Path tuned, SortedMap<String, byte[]> base)
      throws IOException {
    return compared(ofTuned(tuned, base), base);
  }

  /** Tells the files that the base has as well from those that a delta must carry. */
  public static SortedMap<String, SideFile> compared(
      Map<String, byte[]> tuned, Map<String, byte[]> base) {
    SortedMap<String, SideFile> files = new TreeMap<>();
    tuned.forEach(
        (name, content) -> {
          byte[] before = base.get(name);
          boolean same = before != null && same(name, before, content);
          files.put(
              name,
              new SideFile(
                  Sha256.hex(same ? before : content),
                  same ? Optional.empty() : Optional.of(new ByteTensor(name, content))));
        });
    return files;
  }

  /** Versions of transformers write the same JSON in other layouts. */
  private static boolean same(String name, byte[] before, byte[] after) {
    if (Arrays.equals(before, after)) {
      return true;
    }
    if (!name.endsWith(".json")) {
      return false;
    }
    try {
      JsonNode one = JSON.readTree(before);
      JsonNode other = JSON.readTree(after);
      if (name.equals(HuggingFaceFolder.TOKENIZER) && one.isObject() && other.isObject()) {
        forgetLastCall((ObjectNode) one, (ObjectNode) other);
      }
      return !one.isMissingNode() && one.equals(other);
    } catch (IOException e) {
      return false;
    }
  }

  /**
   * Takes out of two tokenizers to what length they cut and pad: each call of transformers sets
   * that, and a file has what the last call before it was saved had. A file is as long as its
   * vocabulary, so this alone would make a delta several times larger.
   */
  private static void forgetLastCall(ObjectNode one, ObjectNode other) {
    LAST_CALL.forEach(
        (key, lengths) -> {
          if (one.path(key).isObject() && other.path(key).isObject()) {
            ((ObjectNode) one.get(key)).remove(lengths);
            ((ObjectNode) other.get(key)).remove(lengths);
          } else {
            one.remove(key);
            other.remove(key);
          }
        });
  }

  /**
   * The files as they lay beside the tuned weights, those of the base from there.
   *
   * @param files what a delta says of them; where it says nothing they are the base's
   * @param base those of the base, by name
   * @param missing takes the names of files that the base had when the delta was made, and has no
   *     more, or not as they were
   * @throws MismatchException if such a file is one of the tokenizer and the base has another
   */
  public static SortedMap<String, byte[]> restored(
      Map<String, SideFile> files, Map<String, byte[]> base, List<String> missing) {
    if (files.isEmpty()) {
      SortedMap<String, byte[]> all = new TreeMap<>(base);
      all.remove(ModelCard.FILE); // it speaks of the base
      return all;
    }
    SortedMap<String, byte[]> contents = new TreeMap<>();
    List<String> problems = new ArrayList<>();
    files.forEach(
        (name, file) -> {
          byte[] before = base.get(name);
          if (file.content().isPresent()) {
            contents.put(name, ByteTensor.of(file.content().get()));
          } else if (before != null && Sha256.hex(before).equals(file.digest())) {
            contents.put(name, before);
          } else if (before != null && isTokenizer(name)) {
            problems.add(
                name
                    + " of the base: expected the file with digest "
                    + file.digest()
                    + ", which the delta was made beside, got "
                    + Sha256.hex(before));
          } else {
            missing.add(name);
          }
        });
    if (!problems.isEmpty()) {
      throw new MismatchException(problems);
    }
    return contents;
  }

  /**
   * What a delta carries, in words; empty if it is nothing.
   *
   * @param files of the tuned model
   */
  public static Optional<String> summary(SortedMap<String, SideFile> files) {
    List<String> carried =
        files.entrySet().stream()
            .filter(file -> file.getValue().content().isPresent())
            .map(file -> file.getKey())
            .toList();
    if (carried.isEmpty()) {
      return Optional.empty();
    }
    boolean tokenizer = carried.stream().anyMatch(SideFiles::isTokenizer);
    return Optional.of(
        (tokenizer ? "tokenizer: not the base's; " : "")
            + "files of the tuned model that go with the delta ("
            + bytes(files)
            + " bytes): "
            + String.join(", ", carried));
  }

  /** The bytes that a delta carries of them. */
  public static long bytes(SortedMap<String, SideFile> files) {
    return files.values().stream()
        .flatMap(file -> file.content().stream())
        .mapToLong(SafetensorsLayout::bytes)
        .sum();
  }
}
