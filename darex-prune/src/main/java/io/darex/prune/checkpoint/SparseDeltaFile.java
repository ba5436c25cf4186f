package io.darex.prune.checkpoint;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.StreamWriteFeature;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.darex.prune.KeptTensor;
import io.darex.prune.NameOrder;
import io.darex.prune.Provenance;
import io.darex.prune.Scale;
import io.darex.prune.SparseDelta;
import io.darex.prune.Tensor;
import io.darex.prune.mask.DrawnMask;
import io.darex.prune.mask.Mask;
import io.darex.prune.mask.Masks;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A sparse delta as a file, version 1: a safetensors file with the kept values and the whole
 * tensors as its data, all else as its metadata. docs/FORMAT.md describes every byte.
 */
public final class SparseDeltaFile {
  /** The version written, and the only one read. */
  public static final String VERSION = "1";

  static final String KEPT = "kept:";
  static final String WHOLE = "whole:";

  private static final String FORMAT_KEY = "darex.format";
  private static final String MASK_KEY = "darex.mask";
  private static final String Q_KEY = "darex.q";
  private static final String SHAPES_KEY = "darex.shapes";
  private static final String BASE_KEY = "darex.base";
  private static final String TUNED_KEY = "darex.tuned";
  private static final String DIGEST_KEY = "darex.kept";
  private static final String JOB_KEY = "darex.job";
  private static final String CONFIG_KEY = "darex.config";

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
          .build();

  private SparseDeltaFile() {}

  /**
   * Writes {@code delta}; the same delta gives the same bytes.
   *
   * @throws java.nio.file.FileAlreadyExistsException if the file exists and {@code force} is not
   *     given
   * @throws io.darex.prune.NonFiniteException if a tensor carried whole holds NaN or infinity
   */
  public static void write(Path path, SparseDelta delta, boolean force) throws IOException {
    List<Tensor> tensors = new ArrayList<>();
    SortedMap<String, long[]> shapes = new TreeMap<>(NameOrder.BY_UTF8);
    delta
        .kept()
        .forEach(
            (name, kept) -> {
              tensors.add(new Renamed(KEPT + name, kept.values()));
              shapes.put(name, kept.shape());
            });
    delta.whole().forEach((name, tensor) -> tensors.add(new Renamed(WHOLE + name, tensor)));

    Map<String, Object> mask = new LinkedHashMap<>();
    mask.put("kind", delta.mask().kind());
    mask.putAll(delta.mask().parameters());
    SortedMap<String, Double> perTensor = new TreeMap<>(NameOrder.BY_UTF8);
    perTensor.putAll(delta.scale().perTensor());
    Map<String, Object> q = new LinkedHashMap<>();
    q.put("fallback", delta.scale().fallback());
    q.put("tensors", perTensor);

    Map<String, String> metadata = new TreeMap<>();
    metadata.put("format", "pt");
    metadata.put(FORMAT_KEY, VERSION);
    metadata.put(MASK_KEY, JSON.writeValueAsString(mask));
    metadata.put(Q_KEY, JSON.writeValueAsString(q));
    metadata.put(SHAPES_KEY, JSON.writeValueAsString(shapes));
    metadata.put(BASE_KEY, delta.provenance().base().orElse(NO_DIGEST));
    metadata.put(TUNED_KEY, delta.provenance().tuned().orElse(NO_DIGEST));
    metadata.put(DIGEST_KEY, CheckpointDigest.of(tensors));
    metadata.put(JOB_KEY, delta.provenance().job());
    delta.provenance().config().ifPresent(config -> metadata.put(CONFIG_KEY, config));
    Safetensors.write(path, tensors, metadata, force);
  }

  /**
   * Reads a sparse delta. The mask is drawn again, and its count, the data's digest and every shape
   * are checked; whether the delta fits a base is for {@link CheckpointDigest#requireBase} and
   * {@link SparseDelta#applyTo} to say.
   *
   * @throws MalformedFileException naming the fault, whatever the file holds
   */
  public static SparseDelta read(Path path) throws IOException {
    return new Reading(Safetensors.open(path)).delta();
  }

  /** The state of reading one file. */
  private record Reading(Safetensors file) {

    SparseDelta delta() throws IOException {
      String version = file.metadata().get(FORMAT_KEY);
      if (version == null) {
        throw fault("a sparse delta, which has " + FORMAT_KEY, "no such metadata");
      }
      if (!version.equals(VERSION)) {
        throw fault(FORMAT_KEY + " " + VERSION, version);
      }
      Mask mask = mask();
      Map<String, long[]> shapes =
          json(SHAPES_KEY, new TypeReference<SortedMap<String, long[]>>() {});
      SortedMap<String, Tensor> kept = new TreeMap<>();
      SortedMap<String, Tensor> whole = new TreeMap<>();
      for (Tensor tensor : file.tensors().values()) {
        String key = tensor.name();
        if (key.startsWith(KEPT)) {
          kept.put(key.substring(KEPT.length()), tensor);
        } else if (key.startsWith(WHOLE)) {
          String name = key.substring(WHOLE.length());
          whole.put(name, new Renamed(name, tensor));
        } else {
          throw fault("tensor keys " + KEPT + "NAME and " + WHOLE + "NAME", "'" + key + "'");
        }
      }
      if (!kept.keySet().equals(shapes.keySet())) {
        throw fault(
            "a shape in " + SHAPES_KEY + " for each " + KEPT + "NAME",
            "shapes of " + shapes.size() + " tensors for " + kept.size() + " or other names");
      }
      for (String name : whole.keySet()) {
        if (kept.containsKey(name)) {
          throw fault("either " + KEPT + name + " or " + WHOLE + name, "both");
        }
      }
      Scale scale = scale(kept);
      Provenance provenance =
          new Provenance(
              digest(BASE_KEY),
              digest(TUNED_KEY),
              text(JOB_KEY),
              Optional.ofNullable(file.metadata().get(CONFIG_KEY)));
      checkData();
      SortedMap<String, KeptTensor> entries =
          new KeptReader(file.path(), (DrawnMask) mask).read(kept, shapes);
      return new SparseDelta(mask, scale, entries, whole, provenance);
    }

    private Mask mask() throws IOException {
      Map<String, Object> values = json(MASK_KEY, new TypeReference<TreeMap<String, Object>>() {});
      Object kind = values.remove("kind");
      try {
        return Masks.create(String.valueOf(kind), values);
      } catch (IllegalArgumentException e) {
        throw fault(MASK_KEY + " to describe a mask", e.getMessage());
      }
    }

    private Scale scale(Map<String, Tensor> kept) throws IOException {
      Scale scale;
      try {
        Q q = json(Q_KEY, new TypeReference<Q>() {});
        scale = new Scale(q.fallback(), q.tensors());
      } catch (IllegalArgumentException | NullPointerException e) {
        throw fault(
            Q_KEY + " to hold fallback and tensors, every q in (0, 1]", file.metadata().get(Q_KEY));
      }
      for (String name : scale.perTensor().keySet()) {
        if (!kept.containsKey(name)) {
          throw fault(Q_KEY + " to name kept tensors only", "'" + name + "'");
        }
      }
      return scale;
    }

    private void checkData() throws IOException {
      String expected = digest(DIGEST_KEY).orElse(NO_DIGEST);
      String found;
      try {
        found = CheckpointDigest.of(file);
      } catch (IllegalArgumentException e) {
        throw fault("finite values only", e.getMessage());
      }
      if (!found.equals(expected)) {
        throw fault("data with digest " + expected, found + ": the data are damaged");
      }
    }

    private Optional<String> digest(String key) throws IOException {
      String value = text(key);
      if (value.equals(NO_DIGEST)) {
        return Optional.empty();
      }
      if (!value.matches("[0-9a-f]{64}")) {
        throw fault(key + " to be 64 hexadecimal digits or '" + NO_DIGEST + "'", value);
      }
      return Optional.of(value);
    }

    private String text(String key) throws IOException {
      String text = file.metadata().get(key);
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
      return new MalformedFileException(file.path(), expected, found);
    }
  }

  /** The JSON of {@code darex.q}. */
  private record Q(double fallback, Map<String, Double> tensors) {}
}
