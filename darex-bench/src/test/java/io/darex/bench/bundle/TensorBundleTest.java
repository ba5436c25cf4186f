package io.darex.bench.bundle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.darex.prune.file.MalformedFileException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.tensorflow.framework.DataType;
import org.tensorflow.framework.TensorShapeProto;
import org.tensorflow.util.BundleEntryProto;
import org.tensorflow.util.BundleHeaderProto;

class TensorBundleTest {
  private static final Path FILE = Path.of("variables.index");

  private static SortedMap<String, String> read(byte[] index, BundleData data) throws IOException {
    SortedMap<String, String> found = new TreeMap<>();
    TensorBundle.of(FILE, index)
        .read(
            data,
            name -> !name.startsWith("skipped"),
            (name, shape, values) ->
                found.put(name, Arrays.toString(shape) + Arrays.toString(values)));
    return found;
  }

  /** "123456789" has the CRC-32C e3069283 (RFC 3720), which LevelDB masks. */
  @Test
  void checksumsAreThoseOfLevelDb() {
    int rotated = (0xE3069283 >>> 15) | (0xE3069283 << 17);
    assertThat(Crc32c.masked("123456789".getBytes(StandardCharsets.US_ASCII)))
        .isEqualTo(rotated + 0xA282EAD8);
  }

  @Test
  void readsWhatIsWanted() throws IOException {
    Bundles bundle =
        new Bundles()
            .add("layer/kernel", new float[] {1, 2, 3, 4, 5, 6}, 2, 3)
            .add("layer/bias", new float[] {-0f, Float.MIN_VALUE}, 2)
            .add("skipped", new float[] {7}, 1)
            .add("scalar", new float[] {8})
            .add("empty", new float[0], 0, 3);
    assertThat(read(bundle.index(), bundle.read()))
        .containsOnly(
            Map.entry("layer/kernel", "[2, 3][1.0, 2.0, 3.0, 4.0, 5.0, 6.0]"),
            Map.entry("layer/bias", "[2][-0.0, 1.4E-45]"),
            Map.entry("scalar", "[][8.0]"),
            Map.entry("empty", "[0, 3][]"));
  }

  /** Larger than the pieces in which data are held. */
  @Test
  void dataMayBeLarge() throws IOException {
    float[] values = new float[3_000_001];
    SplittableRandom random = new SplittableRandom(1);
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextInt();
    }
    Bundles bundle =
        new Bundles().add("a", values, values.length).add("b", values, 1, values.length);
    TensorBundle.of(FILE, bundle.index())
        .read(
            bundle.read(), name -> true, (name, shape, read) -> assertThat(read).isEqualTo(values));
  }

  private static Arguments entry(String message, UnaryOperator<BundleEntryProto.Builder> change) {
    Bundles bundle = new Bundles();
    bundle.add("before", new float[] {1}, 1);
    bundle.entry("bad", change.apply(bundle.tensor(new float[] {1, 2}, 2)));
    return Arguments.of(bundle, message);
  }

  static Stream<Arguments> faults() {
    TensorShapeProto.Dim huge = TensorShapeProto.Dim.newBuilder().setSize(1L << 62).build();
    TensorShapeProto.Dim less = TensorShapeProto.Dim.newBuilder().setSize(-2).build();
    return Stream.of(
        entry("a whole fp32 tensor in shard 0", e -> e.setDtype(DataType.DT_INT64)),
        entry("a whole fp32 tensor in shard 0", e -> e.setShardId(1)),
        entry("the file is damaged", e -> e.setOffset(0)),
        entry("between 4 and 12, got offset 6", e -> e.setOffset(6)),
        entry("between 4 and 12, got offset 8", e -> e.setOffset(8)),
        entry("between 0 and 12, got offset -8", e -> e.setOffset(-8)),
        entry("got offset 9223372036854775804", e -> e.setOffset(Long.MAX_VALUE - 3)),
        entry("4 bytes for each of [2], got 4", e -> e.setSize(4)),
        entry("4 bytes for each of [2], got -8", e -> e.setSize(-8)),
        entry(
            "4 bytes for each of [2, 4611686018427387904]",
            e -> e.setShape(e.getShape().toBuilder().addDim(huge))),
        entry(
            "4 bytes for each of [2, -2]",
            e -> e.setShape(e.getShape().toBuilder().addDim(less)).setSize(-16)),
        entry("the file is damaged", e -> e.setCrc32C(1)),
        Arguments.of(
            new Bundles().header(BundleHeaderProto.newBuilder().setNumShards(2)),
            "one little-endian shard, got 2 shards"),
        Arguments.of(
            new Bundles()
                .header(
                    BundleHeaderProto.newBuilder()
                        .setNumShards(1)
                        .setEndianness(BundleHeaderProto.Endianness.BIG)),
            "one little-endian shard"));
  }

  @ParameterizedTest
  @MethodSource("faults")
  void faultsAreNamed(Bundles bundle, String message) {
    assertThatThrownBy(() -> read(bundle.index(), bundle.read()))
        .isInstanceOf(MalformedFileException.class)
        .hasMessageStartingWith("variables.index: expected ")
        .hasMessageContaining(message);
  }

  /** Any bytes give a sentence, or the tensors of the bundle. */
  @Test
  void damageIsFound() throws IOException {
    Bundles bundle = new Bundles();
    for (int i = 0; i < 20; i++) {
      bundle.add("layer_" + i + "/kernel", new float[] {i, -i}, 2, 1);
    }
    byte[] index = bundle.index();
    SortedMap<String, String> right = read(index, bundle.read());
    long seed = System.nanoTime();
    SplittableRandom random = new SplittableRandom(seed);
    int refused = 0;
    for (int i = 0; i < 20_000; i++) {
      byte[] bad =
          Arrays.copyOf(
              index, random.nextInt(4) == 0 ? random.nextInt(index.length) : index.length);
      for (int n = random.nextInt(3); n >= 0 && bad.length > 0; n--) {
        bad[random.nextInt(bad.length)] = (byte) random.nextInt();
      }
      try {
        assertThat(read(bad, bundle.read())).as("seed " + seed + ", " + i).isEqualTo(right);
      } catch (MalformedFileException e) {
        refused++;
      }
    }
    assertThat(refused).as("seed " + seed).isGreaterThan(10_000);
    byte[] data = bundle.data();
    data[random.nextInt(data.length)] ^= 1;
    assertThatThrownBy(() -> read(index, BundleData.read(new ByteArrayInputStream(data))))
        .isInstanceOf(MalformedFileException.class)
        .hasMessageContaining("the file is damaged");
  }
}
