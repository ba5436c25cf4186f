package io.darex.prune.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.darex.prune.Checkpoints;
import io.darex.prune.MismatchException;
import io.darex.prune.Provenance;
import io.darex.prune.Pruning;
import io.darex.prune.Scale;
import io.darex.prune.SparseDelta;
import io.darex.prune.Tensor;
import io.darex.prune.mask.RandomMask;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SparseDeltaFileTest {
  @TempDir Path folder;
  private Path path;
  private InMemoryCheckpoint base;
  private SparseDelta delta;

  @BeforeEach
  void prune() {
    path = folder.resolve("delta.safetensors");
    float[] before = new float[300];
    float[] after = new float[300];
    for (int i = 0; i < before.length; i++) {
      before[i] = i / 64f;
      after[i] = before[i] + (i % 7 - 3) / 1024f;
    }
    base = Checkpoints.of(new FloatTensor("w", new long[] {3, 100}, before));
    Tensor head = new FloatTensor("classifier.bias", new long[] {2}, new float[] {0.5f, -0.25f});
    InMemoryCheckpoint tuned =
        InMemoryCheckpoint.of(
            List.of(new FloatTensor("w", new long[] {3, 100}, after), head),
            Optional.of("{\"model_type\":\"bert\"}"));
    SparseDelta pruned = new Pruning(new RandomMask(42, 0.9)).prune(base, tuned);
    delta =
        pruned
            .withScale(new Scale(0.1, Map.of("w", 0.25)))
            .withProvenance(
                new Provenance(
                    Optional.of(CheckpointDigest.of(base)),
                    Optional.of(CheckpointDigest.of(tuned)),
                    "{\"tool\":\"test\"}",
                    tuned.config()));
  }

  @Test
  void givesBackWhatWasWritten() throws IOException {
    SparseDeltaFile.write(path, delta, false);
    SparseDelta read = SparseDeltaFile.read(path);
    assertThat(read.mask()).isEqualTo(delta.mask());
    assertThat(read.scale()).isEqualTo(delta.scale());
    assertThat(read.provenance()).isEqualTo(delta.provenance());
    assertThat(read.whole()).containsOnlyKeys("classifier.bias");
    assertThat(CheckpointDigest.of(read.applyTo(base)))
        .isEqualTo(CheckpointDigest.of(delta.applyTo(base)));
    Path again = folder.resolve("again");
    SparseDeltaFile.write(again, read, false);
    assertThat(again).hasSameBinaryContentAs(path);
  }

  @Test
  void saysWhereDigestsWereSkipped() throws IOException {
    SparseDelta blind =
        delta.withProvenance(
            delta.provenance().withBase(Optional.empty()).withTuned(Optional.empty()));
    SparseDeltaFile.write(path, blind, false);
    assertThat(Safetensors.open(path).metadata())
        .containsEntry("darex.base", "none")
        .containsEntry("darex.tuned", "none");
    assertThat(SparseDeltaFile.read(path).provenance()).isEqualTo(blind.provenance());
  }

  /** Files of version 1 must stay readable, and its writer must not drift. */
  @Test
  void versionOneIsFrozen() throws IOException {
    Path golden = folder.resolve("golden");
    try (InputStream bytes = getClass().getResourceAsStream("golden-v1.safetensors")) {
      Files.copy(bytes, golden);
    }
    SparseDelta read = SparseDeltaFile.read(golden);
    List<Long> indices = new ArrayList<>();
    List<Float> values = new ArrayList<>();
    read.kept()
        .get("w")
        .forEach(
            (index, value) -> {
              indices.add(index);
              values.add(value);
            });
    // The indices that the independent reference of mask v1 prints for seed 42, "w", 300, 0.9.
    assertThat(indices)
        .containsExactly(
            4L, 14L, 24L, 37L, 62L, 65L, 68L, 74L, 77L, 104L, 106L, 111L, 128L, 131L, 134L, 154L,
            179L, 189L, 190L, 191L, 192L, 212L, 218L, 219L, 226L, 229L, 230L, 242L, 243L, 244L,
            259L, 261L, 278L, 282L, 284L);
    assertThat(values).allSatisfy(v -> assertThat(Math.abs(v)).isLessThanOrEqualTo(3 / 1024f));
    for (int i = 0; i < values.size(); i++) {
      assertThat(values.get(i)).isEqualTo((indices.get(i) % 7 - 3) / 1024f);
    }
    assertThat(read.scale()).isEqualTo(new Scale(0.1, Map.of("w", 0.25)));
    SparseDeltaFile.write(path, delta, false);
    assertThat(path).hasSameBinaryContentAs(golden);
  }

  @Test
  void refusesTheWrongBase() throws IOException {
    CheckpointDigest.requireBase(delta, base);
    InMemoryCheckpoint other = Checkpoints.of(Checkpoints.random(1, "w", 1, 3, 100));
    assertThatThrownBy(() -> CheckpointDigest.requireBase(delta, other))
        .isInstanceOf(MismatchException.class)
        .hasMessageContaining("wrong base")
        .hasMessageContaining(CheckpointDigest.of(base))
        .hasMessageContaining(CheckpointDigest.of(other));
  }

  @Test
  void namesTheFaultOfHostileMetadata() throws IOException {
    assertFault("darex.format", null, "a sparse delta, which has darex.format");
    assertFault("darex.format", "2", "expected darex.format 1, found 2");
    assertFault("darex.mask", null, "metadata darex.mask, found none");
    assertFault("darex.mask", "{\"kind\":\"rnd\"}", "unknown mask 'rnd'");
    assertFault("darex.mask", mask("1", "1.0"), "dropRate must be in [0, 1)");
    assertFault("darex.mask", mask("1e999999999", "0.9"), "a 64-bit integer as 'seed'");
    assertFault("darex.mask", mask("9".repeat(2000), "0.9"), "a 64-bit integer as 'seed'");
    assertFault("darex.mask", mask("42", "0.5"), "as many kept values of w as the mask keeps");
    assertFault("darex.mask", mask("42", "0.99"), "where the mask keeps");
    assertFault("darex.mask", "{", "darex.mask to be a JSON object");
    assertFault("darex.mask", "null", "darex.mask to be a JSON object");
    assertFault("darex.mask", "{} {}", "darex.mask to be a JSON object");
    assertFault("darex.q", "{\"fallback\":0,\"tensors\":{}}", "every q in (0, 1]");
    assertFault("darex.q", "{\"fallback\":0.1,\"tensors\":{\"w\":null}}", "every q in (0, 1]");
    assertFault("darex.q", "{\"fallback\":0.1}", "every q in (0, 1]");
    assertFault("darex.q", "{\"fallback\":0.1,\"tensors\":{\"v\":1}}", "kept tensors only");
    assertFault("darex.shapes", "{}", "a shape in darex.shapes for each");
    assertFault("darex.shapes", "{\"w\":null}", "a shape of at most");
    assertFault("darex.shapes", "{\"w\":[-1,-300]}", "a shape of at most");
    assertFault("darex.shapes", "{\"w\":[1152921504606846976]}", "a shape of at most");
    assertFault("darex.shapes", "{\"w\":[4294967296,4294967296]}", "a shape of at most");
    assertFault("darex.shapes", "{\"w\":[3,200]}", "where the mask keeps more");
    assertFault("darex.base", "ABC", "64 hexadecimal digits");
    assertFault("darex.kept", "0".repeat(64), "the data are damaged");
    assertFault("darex.kept", "none", "the data are damaged");
    assertFault("darex.job", null, "metadata darex.job");
  }

  @Test
  void namesTheFaultOfHostileData() throws IOException {
    Tensor stray = Checkpoints.random(1, "stray", 1, 2);
    assertTensorFault(stray, "tensor keys kept:NAME and whole:NAME, found 'stray'");
    assertTensorFault(new Renamed("whole:w", stray), "either kept:w or whole:w, found both");
    assertTensorFault(new Renamed("kept:v", stray), "a shape in darex.shapes for each");
    assertTensorFault(
        new FloatTensor("whole:v", new long[] {1}, new float[] {Float.NaN}),
        "tensor whole:v, element 0: expected a finite number, found NaN");

    SparseDeltaFile.write(path, delta, true);
    byte[] bytes = Files.readAllBytes(path);
    bytes[bytes.length - 3] ^= 1;
    Files.write(path, bytes);
    assertThatThrownBy(() -> SparseDeltaFile.read(path))
        .isInstanceOf(MalformedFileException.class)
        .hasMessageContaining("the data are damaged");
  }

  private static String mask(String seed, String dropRate) {
    return "{\"kind\":\"random\",\"seed\":\"" + seed + "\",\"dropRate\":" + dropRate + "}";
  }

  private void assertFault(String key, String value, String message) throws IOException {
    SparseDeltaFile.write(path, delta, true);
    Safetensors good = Safetensors.open(path);
    Map<String, String> metadata = new TreeMap<>(good.metadata());
    if (value == null) {
      metadata.remove(key);
    } else {
      metadata.put(key, value);
    }
    assertFault(good.tensors().values(), metadata, message);
  }

  private void assertTensorFault(Tensor extra, String message) throws IOException {
    SparseDeltaFile.write(path, delta, true);
    Safetensors good = Safetensors.open(path);
    List<Tensor> tensors = new ArrayList<>(good.tensors().values());
    tensors.add(extra);
    assertFault(tensors, good.metadata(), message);
  }

  private void assertFault(Collection<Tensor> tensors, Map<String, String> metadata, String message)
      throws IOException {
    Path hostile = folder.resolve("hostile");
    Safetensors.write(hostile, tensors, metadata, true);
    assertThatThrownBy(() -> SparseDeltaFile.read(hostile))
        .isInstanceOf(MalformedFileException.class)
        .hasMessageContaining("hostile: expected ")
        .hasMessageContaining(message);
  }
}
