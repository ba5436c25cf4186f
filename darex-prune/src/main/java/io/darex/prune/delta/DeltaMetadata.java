package io.darex.prune.delta;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.StreamWriteFeature;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.darex.prune.Mask;
import io.darex.prune.NameOrder;
import io.darex.prune.Provenance;
import io.darex.prune.SideFile;
import io.darex.prune.SparseDelta;
import io.darex.prune.file.MalformedFileException;
import io.darex.prune.folder.SideFiles;
import io.darex.prune.mask.Masks;
import io.darex.prune.mask.PerTensorMask;
import io.darex.prune.safetensors.Safetensors;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * The {@code __metadata__} of a sparse-delta file (docs/FORMAT.md §1).
 *
 * @param mask what chose the kept entries; where tensors have drop rates of their own, it has that
 *     of all together
 * @param provenance where the delta comes from
 * @param digest of all else in the file; empty if none was taken
 */
record DeltaMetadata(Mask mask, Provenance provenance, Optional<String> digest) {
  static final String DIGEST_KEY = "darex.kept";

  private static final String FORMAT_KEY = "darex.format";
  private static final String MASK_KEY = "darex.mask";
  private static final String BASE_KEY = "darex.base";
  private static final String TUNED_KEY = "darex.tuned";
  private static final String JOB_KEY = "darex.job";
  private static final String CONFIG_KEY = "darex.config";
  private static final String FILES_KEY = "darex.files";

  private static final Pattern HEX = Pattern.compile("[0-9a-f]{64}");

  /** What stands where a digest was not taken. */
  private static final String NO_DIGEST = "none";

  /**
   * The fast writer gives the shortest decimal of a double on every Java, as Java 17's does not.
   */
  private static final JsonMapper JSON =
      JsonMapper.builder(
              JsonFactory.builder()
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .enable(StreamWriteFeature.USE_FAST_DOUBLE_WRITER)
                  .build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
          .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
          .build();

  /** The metadata of {@code delta} in a file with that digest. */
  static DeltaMetadata of(SparseDelta delta, Optional<String> digest) {
    Mask mask = delta.mask() instanceof PerTensorMask own ? own.template() : delta.mask();
    return new DeltaMetadata(mask, delta.provenance(), digest);
  }

  /** The texts by key, as a file has them. */
  SortedMap<String, String> texts() {
    Map<String, Object> maskAndKind = new LinkedHashMap<>();
    maskAndKind.put("kind", mask.kind());
    maskAndKind.putAll(mask.parameters());

    SortedMap<String, String> texts = new TreeMap<>();
    texts.put("format", "pt");
    texts.put(FORMAT_KEY, SparseDeltaFile.VERSION);
    texts.put(MASK_KEY, json(maskAndKind));
    texts.putAll(digests(provenance));
    texts.put(DIGEST_KEY, digest.orElse(NO_DIGEST));
    texts.put(JOB_KEY, provenance.job());
    provenance.config().ifPresent(config -> texts.put(CONFIG_KEY, config));
    if (!provenance.files().isEmpty()) {
      SortedMap<String, String> files = new TreeMap<>(NameOrder.BY_UTF8);
      provenance.files().forEach((name, file) -> files.put(name, file.digest()));
      texts.put(FILES_KEY, json(files));
    }
    return texts;
  }

  /** The texts of the checkpoints' digests. */
  static SortedMap<String, String> digests(Provenance provenance) {
    SortedMap<String, String> texts = new TreeMap<>();
    texts.put(BASE_KEY, provenance.base().orElse(NO_DIGEST));
    texts.put(TUNED_KEY, provenance.tuned().orElse(NO_DIGEST));
    return texts;
  }

  private static String json(Object value) {
    try {
      return JSON.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Reads the metadata of a file.
   *
   * @throws MalformedFileException naming the first fault
   */
  static DeltaMetadata read(Safetensors file) throws IOException {
    return new Reading(file.path(), file.metadata()).metadata();
  }

  /** The state of reading one file's metadata. */
  private record Reading(Path path, Map<String, String> texts) {

    DeltaMetadata metadata() throws IOException {
      String version = texts.get(FORMAT_KEY);
      if (version == null) {
        throw fault("a sparse delta, which has " + FORMAT_KEY, "no such metadata");
      }
      if (!version.equals(SparseDeltaFile.VERSION)) {
        throw fault(FORMAT_KEY + " " + SparseDeltaFile.VERSION, version);
      }
      Provenance provenance =
          new Provenance(
              digest(BASE_KEY),
              digest(TUNED_KEY),
              text(JOB_KEY),
              Optional.ofNullable(texts.get(CONFIG_KEY)),
              files());
      return new DeltaMetadata(mask(), provenance, digest(DIGEST_KEY));
    }

    /** Their digests alone; the contents that the file has are tensors. */
    private SortedMap<String, SideFile> files() throws IOException {
      SortedMap<String, SideFile> files = new TreeMap<>();
      if (!texts.containsKey(FILES_KEY)) {
        return files;
      }
      TreeMap<String, String> digests =
          json(FILES_KEY, new TypeReference<TreeMap<String, String>>() {});
      for (Map.Entry<String, String> entry : digests.entrySet()) {
        String name = entry.getKey();
        String digest = entry.getValue();
        if (!SideFiles.isName(name)) {
          throw fault(FILES_KEY + " to name files of a tokenizer and the like", "'" + name + "'");
        }
        if (digest == null || !HEX.matcher(digest).matches()) {
          throw fault(FILES_KEY + " to have 64 hexadecimal digits for " + name, digest);
        }
        files.put(name, new SideFile(digest, Optional.empty()));
      }
      return files;
    }

    private Mask mask() throws IOException {
      Map<String, Object> values = json(MASK_KEY, new TypeReference<TreeMap<String, Object>>() {});
      Object kind = values.remove("kind");
      try {
        return Masks.KINDS.get(String.valueOf(kind)).exactly(values);
      } catch (IllegalArgumentException e) {
        throw fault(MASK_KEY + " to describe a mask", e.getMessage());
      }
    }

    private Optional<String> digest(String key) throws IOException {
      String value = text(key);
      if (value.equals(NO_DIGEST)) {
        return Optional.empty();
      }
      if (!HEX.matcher(value).matches()) {
        throw fault(key + " to be 64 hexadecimal digits or '" + NO_DIGEST + "'", value);
      }
      return Optional.of(value);
    }

    private String text(String key) throws IOException {
      String text = texts.get(key);
      if (text == null) {
        throw fault("metadata " + key, "none");
      }
      return text;
    }

    private <T> T json(String key, TypeReference<T> type) throws IOException {
      String text = text(key);
      try {
        T value = JSON.readValue(text, type);
        if (value == null) {
          throw fault(key + " to be a JSON object", text);
        }
        return value;
      } catch (JsonProcessingException e) {
        throw fault(
            key + " to be a JSON object of the documented form",
            e.getOriginalMessage().lines().findFirst().orElse("none"));
      }
    }

    private MalformedFileException fault(String expected, Object found) {
      return new MalformedFileException(path, expected, found);
    }
  }
}
