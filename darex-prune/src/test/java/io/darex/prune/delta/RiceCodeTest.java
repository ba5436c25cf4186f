package io.darex.prune.delta;

import static org.assertj.core.api.Assertions.assertThat;

import io.darex.prune.DType;
import io.darex.prune.Tensor;
import io.darex.prune.TensorMask;
import io.darex.prune.file.MalformedFileException;
import io.darex.prune.mask.ColumnPlaces;
import io.darex.prune.tensor.ByteTensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RiceCodeTest {
  /** Worked by hand; the first one is docs/FORMAT.md's. */
  @ParameterizedTest
  @CsvSource({
    "400, 0 5 300, 6, 43006102",
    "400, '', 0, ''",
    "0, '', 0, ''",
    "1, 0, 0, 01",
    "9, 0 1 2 3 4 5 6 7 8, 0, ff01",
    "65, 64, 5, 0400",
    "131073, 131072, 16, 040000",
  })
  void isWhatTheFormatSays(long count, String kept, int parameter, String hex) throws IOException {
    long[] indices =
        Arrays.stream(kept.split(" ", 0))
            .filter(index -> !index.isEmpty())
            .mapToLong(Long::parseLong)
            .toArray();
    RiceCode code = RiceCode.of(List.of(places(count, indices)), 1);
    assertThat(code.parameter(0)).isEqualTo(parameter);
    Tensor bytes = code.encode("places");
    assertThat(bytes.dtype()).isEqualTo(DType.U8);
    assertThat(HexFormat.of().formatHex(ByteTensor.of(bytes))).isEqualTo(hex);
    assertThat(decoded(bytes, List.of(places(count, indices)), code)).containsExactly(indices);
  }

  /** Several tensors, gaps over many blocks, in clusters and alone; any block comes by itself. */
  @Property(tries = 100)
  void givesBackWhatWasWritten(@ForAll long seed) throws IOException {
    SplittableRandom random = new SplittableRandom(seed);
    List<RiceCode.Places> tensors = new ArrayList<>();
    List<long[]> indices = new ArrayList<>();
    for (int i = random.nextInt(6); i > 0; i--) {
      long count = random.nextInt(4) == 0 ? random.nextInt(5) : random.nextInt(1 << 20);
      int most = 1 << random.nextInt(21);
      long[] kept =
          random
              .longs(random.nextInt(500), 0, Math.max(1, count))
              .flatMap(at -> LongStream.range(at, at + random.nextInt(20)))
              .filter(at -> at < count && at % most < 1 << 10)
              .sorted()
              .distinct()
              .toArray();
      indices.add(kept);
      tensors.add(places(count, kept));
    }
    RiceCode code = RiceCode.of(tensors, 2);
    Tensor bytes = code.encode("places");
    assertThat(decoded(bytes, tensors, code))
        .containsExactly(indices.stream().flatMapToLong(Arrays::stream).toArray());
    long bits = 0;
    for (int i = 0; i < tensors.size(); i++) {
      long[] sizes = sizes(indices.get(i));
      long least = Arrays.stream(sizes).min().orElseThrow();
      assertThat(sizes[code.parameter(i)]).isEqualTo(least);
      assertThat(Arrays.stream(sizes).limit(code.parameter(i))).allMatch(size -> size > least);
      bits += least;
    }
    assertThat(bytes.count()).isBetween((bits + 7) / 8, (bits + 7) / 8 + 1);
  }

  /** The bits that these take with each parameter. */
  private static long[] sizes(long[] kept) {
    long[] sizes = new long[RiceCode.MAX_PARAMETER + 1];
    long next = 0;
    for (long at : kept) {
      for (int r = 0; r < sizes.length; r++) {
        sizes[r] += ((at - next) >>> r) + 1 + r;
      }
      next = at + 1;
    }
    return sizes;
  }

  /** More bits than a chunk of the writer or a part of the reader has. */
  @Test
  void hasNoSeams() throws IOException {
    long count = 33_000_000;
    long[] kept = LongStream.range(0, count / 3).map(i -> 3 * i + i % 2).toArray();
    List<RiceCode.Places> tensors = List.of(places(count, kept), places(count, new long[] {7}));
    RiceCode code = RiceCode.of(tensors, 2);
    Tensor bytes = code.encode("places");
    assertThat(bytes.count()).isGreaterThan(3 << 20);
    long[] decoded = decoded(bytes, tensors, code);
    assertThat(Arrays.mismatch(decoded, kept)).isEqualTo(kept.length);
    assertThat(decoded[kept.length]).isEqualTo(7);
  }

  /** No bits make the scan do anything but accept or refuse. */
  @Property(tries = 1000)
  void anyBitsAreReadOrRefused(@ForAll byte[] bytes, @ForAll long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    Tensor code = new ByteTensor("places", bytes);
    List<RiceScan.Coded> coded = new ArrayList<>();
    for (int i = random.nextInt(4); i > 0; i--) {
      int kept = random.nextInt(12);
      coded.add(new RiceScan.Coded("w" + i, 1L << 18, kept, random.nextInt(20)));
    }
    try {
      for (RicePlaces places : new RiceScan(Path.of("x"), code, coded).places(1)) {
        assertThat(places.indices()).isSorted().doesNotHaveDuplicates();
      }
    } catch (IOException e) {
      assertThat(e).isInstanceOf(MalformedFileException.class);
    }
  }

  private static RiceCode.Places places(long count, long[] kept) {
    TensorMask mask = new ColumnPlaces(new long[] {count}, kept);
    return new RiceCode.Places(mask, count, kept.length);
  }

  private static long[] decoded(Tensor bytes, List<RiceCode.Places> tensors, RiceCode code)
      throws IOException {
    List<RiceScan.Coded> coded = new ArrayList<>();
    for (int i = 0; i < tensors.size(); i++) {
      RiceCode.Places each = tensors.get(i);
      coded.add(new RiceScan.Coded("w" + i, each.count(), each.kept(), code.parameter(i)));
    }
    RiceScan scan = new RiceScan(Path.of("x"), bytes, coded);
    long all = 0;
    LongStream indices = LongStream.empty();
    List<RicePlaces> places = scan.places(2);
    for (int i = 0; i < places.size(); i++) {
      all += scan.bytes(i);
      assertThat(TensorMask.blocks(coded.get(i).count())).isEqualTo(places.get(i).ends().length);
      indices = LongStream.concat(indices, Arrays.stream(places.get(i).indices()));
    }
    assertThat(all).isEqualTo(bytes.count());
    return indices.toArray();
  }
}
