package io.darex.prune.delta;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.darex.prune.Checkpoints;
import io.darex.prune.Choice;
import io.darex.prune.Delta;
import io.darex.prune.KeptTensor;
import io.darex.prune.Mask;
import io.darex.prune.MismatchException;
import io.darex.prune.NonFiniteException;
import io.darex.prune.PlaceStorage;
import io.darex.prune.Provenance;
import io.darex.prune.Pruning;
import io.darex.prune.Scale;
import io.darex.prune.SparseDelta;
import io.darex.prune.Tensor;
import io.darex.prune.Values;
import io.darex.prune.file.MalformedFileException;
import io.darex.prune.file.WriteOptions;
import io.darex.prune.folder.CheckpointDigest;
import io.darex.prune.mask.ColumnsMask;
import io.darex.prune.mask.MagnitudeMask;
import io.darex.prune.mask.Masks;
import io.darex.prune.mask.PerTensorMask;
import io.darex.prune.mask.RandomMask;
import io.darex.prune.mask.Scope;
import io.darex.prune.recipe.StoredValues;
import io.darex.prune.safetensors.Safetensors;
import io.darex.prune.tensor.FloatTensor;
import io.darex.prune.tensor.InMemoryCheckpoint;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class SparseDeltaFileTest {
  @TempDir Path folder;
  private Path path;
  private InMemoryCheckpoint base;
  private InMemoryCheckpoint tuned;
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
    tuned =
        InMemoryCheckpoint.of(
            List.of(new FloatTensor("w", new long[] {3, 100}, after), head),
            Optional.of("{\"model_type\":\"bert\"}"));
    delta = pruned(new RandomMask(42, 0.9));
  }

  private SparseDelta pruned(Mask mask) {
    return new Pruning(mask)
        .prune(base, tuned)
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

  /** Files of version 2 must stay readable, and its writer must not drift. */
  @Test
  void versionTwoIsFrozen() throws IOException {
    Path golden = golden("golden-v2.safetensors");
    SparseDeltaFile.write(path, delta, false);
    assertFrozen(golden);
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
  }

  /** Places and BF16; columns and F16: what the first golden file lacks. */
  @Test
  void versionTwoIsFrozenInAllItsParts() throws IOException {
    SparseDelta magnitude = pruned(new MagnitudeMask(0.9, Scope.TENSOR));
    Path golden = golden("golden-v2-magnitude-bf16.safetensors");
    write(path, magnitude, Values.BF16, 1);
    assertFrozen(golden);
    assertThat(indices(SparseDeltaFile.read(golden).kept().get("w")))
        .isEqualTo(indices(magnitude.kept().get("w")));

    SparseDelta columns = pruned(new ColumnsMask(42, 0.9));
    golden = golden("golden-v2-columns-f16.safetensors");
    write(path, columns, Values.F16, 1);
    assertFrozen(golden);
    // The columns that the independent reference of mask v1 keeps of 100.
    assertThat(indices(SparseDeltaFile.read(golden).kept().get("w")))
        .isEqualTo(
            LongStream.of(0, 100, 200)
                .flatMap(row -> LongStream.of(4, 14, 24, 37, 62, 65, 68, 74, 77).map(c -> row + c))
                .boxed()
                .toList());
  }

  /** Signs, and one magnitude for each tensor. */
  @Test
  void versionTwoIsFrozenInItsSigns() throws IOException {
    Path golden = golden("golden-v2-sign.safetensors");
    write(path, delta, Values.SIGN, 1);
    assertFrozen(golden);
    SparseDelta read = SparseDeltaFile.read(golden);
    assertThat(read.values()).isEqualTo(Values.SIGN);
    float[] exact = Checkpoints.values(delta.kept().get("w").values());
    double sum = 0;
    for (float value : exact) {
      sum += Math.abs(value);
    }
    float[] signs = Checkpoints.values(read.kept().get("w").values());
    for (int i = 0; i < exact.length; i++) {
      float mean = (float) (sum / exact.length);
      assertThat(signs[i]).isEqualTo(exact[i] < 0 ? -mean : mean);
    }
  }

  @Test
  void refusesToStoreSignsOfValuesThatDifferInMore() {
    SparseDelta unequal = delta.withKept(delta.kept(), Values.SIGN);
    assertThatThrownBy(() -> SparseDeltaFile.write(path, unequal, false))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("tensor w, kept value 1: expected one magnitude, 9.765625E-4,");
    assertThat(path).doesNotExist();
  }

  /** A drop rate for each tensor. */
  @Test
  void versionTwoIsFrozenInItsRates() throws IOException {
    base =
        Checkpoints.of(base.tensors().get("w"), new FloatTensor("v", new long[] {6}, new float[6]));
    float[] rising = {1, 2, 3, 4, 5, 6};
    tuned = Checkpoints.of(tuned.tensors().get("w"), new FloatTensor("v", new long[] {6}, rising));
    SparseDelta rates =
        pruned(new PerTensorMask(new RandomMask(42, 0.75), Map.of("v", 0.0, "w", 0.9)));
    Path golden = golden("golden-v2-rates.safetensors");
    SparseDeltaFile.write(path, rates, false);
    assertFrozen(golden);
    SparseDelta read = SparseDeltaFile.read(golden);
    // As in the first golden file, whose rate this tensor has.
    assertThat(indices(read.kept().get("w"))).isEqualTo(indices(delta.kept().get("w")));
    assertThat(Checkpoints.values(read.kept().get("v").values())).isEqualTo(rising);
    assertThat(read.mask()).isEqualTo(rates.mask());
  }

  /** With {@code -Ddarex.golden=FOLDER} the golden files are written there anew. */
  private void assertFrozen(Path golden) throws IOException {
    String anew = System.getProperty("darex.golden");
    if (anew != null) {
      Path file = Path.of(anew).resolve(golden.getFileName());
      Files.copy(path, file, StandardCopyOption.REPLACE_EXISTING);
    }
    assertThat(path).hasSameBinaryContentAs(golden);
  }

  private Path golden(String name) throws IOException {
    Path golden = folder.resolve(name);
    try (InputStream bytes = getClass().getResourceAsStream(name)) {
      Files.copy(bytes, golden);
    }
    return golden;
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

  static Stream<Arguments> masksAndTypes() {
    return SparseDeltas.MASKS.stream()
        .flatMap(mask -> Arrays.stream(Values.values()).map(values -> arguments(mask, values)));
  }

  /** A mask of one's own prunes in memory; a file of it could be read by nobody. */
  @Test
  void refusesAMaskThatReadersDoNotKnow() {
    SparseDelta good = pruned(new RandomMask(42, 0.9));
    SparseDelta own =
        new SparseDelta(
            new Own(),
            good.scale(),
            Values.F32,
            new TreeMap<>(good.kept()),
            new TreeMap<>(good.whole()),
            good.provenance());
    assertThatThrownBy(() -> write(path, own, Values.F32, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("expected a mask that readers of the file know")
        .hasMessageEndingWith("got own");
    assertThat(path).doesNotExist();
  }

  private record Own() implements Mask {
    @Override
    public String kind() {
      return "own";
    }

    @Override
    public double dropRate() {
      return 0.9;
    }

    @Override
    public Map<String, Object> parameters() {
      return Map.of();
    }

    @Override
    public Mask withSeed(long seed) {
      return this;
    }

    @Override
    public PlaceStorage places() {
      return PlaceStorage.DRAWN;
    }

    @Override
    public Choice choose(Delta delta, int threads) {
      throw new UnsupportedOperationException();
    }
  }

  @Test
  void knowsEveryMask() {
    assertThat(SparseDeltas.MASKS.stream().map(Mask::kind)).hasSameElementsAs(Masks.KINDS.names());
  }

  @ParameterizedTest
  @MethodSource("masksAndTypes")
  void keepsEveryMaskInEveryType(Mask mask, Values values) throws IOException {
    InMemoryCheckpoint several =
        SparseDeltas.base(
            new long[] {300, 301}, new long[] {70_000}, new long[0], new long[] {0, 4});
    SparseDelta view = SparseDeltas.view(mask, several);
    write(path, view, values, 2);
    SparseDelta read = SparseDeltaFile.read(path);
    assertThat(read.mask().kind()).isEqualTo(mask.kind());
    assertThat(read.mask().parameters()).isEqualTo(view.mask().parameters());
    assertThat(read.kept().keySet()).isEqualTo(view.kept().keySet());
    SparseDelta stored = StoredValues.of(view, values, 1);
    assertThat(read.values()).isEqualTo(values);
    read.kept().forEach((name, kept) -> assertEqual(kept, stored.kept().get(name)));

    Path again = folder.resolve("again");
    for (int threads : new int[] {1, 3, 8}) {
      write(again, view, values, threads);
      assertThat(again).hasSameBinaryContentAs(path);
    }
    write(again, view.inMemory(2), values, 2);
    assertThat(again).hasSameBinaryContentAs(path);
    write(again, read, values, 2);
    assertThat(again).hasSameBinaryContentAs(path);
  }

  private static void assertEqual(KeptTensor found, KeptTensor expected) {
    assertThat(found.shape()).isEqualTo(expected.shape());
    assertThat(indices(found)).isEqualTo(indices(expected));
    assertThat(Checkpoints.values(found.values())).isEqualTo(Checkpoints.values(expected.values()));
  }

  private static List<Long> indices(KeptTensor kept) {
    List<Long> indices = new ArrayList<>();
    kept.forEach((index, value) -> indices.add(index));
    return indices;
  }

  @Test
  void refusesValuesTooLargeForTheType() {
    KeptTensor kept =
        new KeptTensor("w", new long[] {1}, new char[][] {{0}}, new float[][] {{70_000}});
    SparseDelta large =
        new SparseDelta(
            new RandomMask(1, 0),
            Scale.of(1),
            Values.F32,
            new TreeMap<>(Map.of("w", kept)),
            new TreeMap<>(),
            delta.provenance());
    assertThatThrownBy(() -> write(path, large, Values.F16, 1))
        .isInstanceOf(NonFiniteException.class)
        .hasMessageContaining("element 0");
    assertThat(path).doesNotExist();
  }

  @Test
  void opensWithoutReadingValuesAndVerifiesThem() throws IOException {
    SparseDeltaFile.write(path, delta, true);
    byte[] bytes = Files.readAllBytes(path);
    bytes[bytes.length - 3] ^= 1;
    Files.write(path, bytes);
    SparseDeltaFile opened = SparseDeltaFile.open(path);
    assertThat(opened.digest()).isPresent();
    assertThat(opened.delta().kept()).containsOnlyKeys("w");
    assertThatThrownBy(opened::verify)
        .isInstanceOf(MalformedFileException.class)
        .hasMessageContaining("the file is damaged");
  }

  @Test
  void isReadWithoutADigestWhereNoneWasTaken() throws IOException {
    SparseDeltaFile.write(path, delta, false, WriteOptions.defaults());
    assertThat(SparseDeltaFile.open(path).digest()).isEmpty();
    assertThat(SparseDeltaFile.read(path).scale()).isEqualTo(delta.scale());
  }

  private static void write(Path path, SparseDelta delta, Values values, int threads)
      throws IOException {
    WriteOptions options = WriteOptions.defaults().withForce(true).withThreads(threads);
    SparseDeltaFile.write(path, StoredValues.of(delta, values, threads), true, options);
  }
}
