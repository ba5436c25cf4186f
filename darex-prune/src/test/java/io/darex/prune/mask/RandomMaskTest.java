package io.darex.prune.mask;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.darex.prune.TensorMask;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Scale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class RandomMaskTest implements MaskContract {
  @Override
  public DrawnMask mask(double dropRate) {
    return new RandomMask(7, dropRate);
  }

  static Stream<JsonNode> vectors() throws IOException {
    return Vectors.read("mask_v1.json", 11);
  }

  @ParameterizedTest
  @MethodSource("vectors")
  void agreesWithTheIndependentReference(JsonNode vector) {
    long count = vector.get("n").asLong();
    RandomMask mask = new RandomMask(Vectors.seed(vector), vector.get("dropRate").asDouble());
    Vectors.check(
        vector, Kept.indices(mask.on(vector.get("name").asText(), new long[] {count}), count));
  }

  @Property(tries = 200)
  void equalsASlowReadingOfTheSpecification(
      @ForAll long seed,
      @ForAll String name,
      @ForAll @IntRange(max = 140_000) int count,
      @ForAll @Scale(6) @DoubleRange(min = 0, max = 0.9999) double dropRate)
      throws Exception {
    TensorMask mask = new RandomMask(seed, dropRate).on(name, new long[] {count});
    assertThat(Kept.indices(mask, count)).isEqualTo(slow(seed, name, count, dropRate));
  }

  @Test
  void keepsEverythingAtRateZeroAndAtTheSmallestRate() {
    for (double p : new double[] {0, -0.0, Double.MIN_VALUE}) {
      assertThat(Kept.indices(new RandomMask(3, p).on("w", new long[] {70_000}), 70_000))
          .isEqualTo(LongStream.range(0, 70_000).toArray());
    }
  }

  @Test
  void drawsTheSameForAnyShapeOfEqualCountAndAnotherForAnotherName() {
    RandomMask mask = new RandomMask(3, 0.5);
    long[] flat = Kept.indices(mask.on("w", new long[] {1000}), 1000);
    assertThat(Kept.indices(mask.on("w", new long[] {10, 100}), 1000)).isEqualTo(flat);
    assertThat(Kept.indices(mask.on("v", new long[] {1000}), 1000)).isNotEqualTo(flat);
    assertThat(Kept.indices(mask.withSeed(4).on("w", new long[] {1000}), 1000)).isNotEqualTo(flat);
  }

  @Test
  void reachesBlocksBeyondTwoToTheThirtyOneElements() {
    long count = 5L << 32;
    TensorMask mask = new RandomMask(3, 0.999).on("w", new long[] {count});
    long last = TensorMask.blocks(count) - 1;
    assertThat(Kept.block(mask, last).boxed()).isNotEmpty().allMatch(i -> i >= count - 65_536);
  }

  @ParameterizedTest
  @ValueSource(doubles = {-1e-300, 1, 1.5, Double.NaN, Double.POSITIVE_INFINITY})
  void refusesRatesOutsideTheRange(double dropRate) {
    assertThatThrownBy(() -> new RandomMask(0, dropRate))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("dropRate must be in [0, 1)");
  }

  /** One comparison after another, with the JDK's own generator and big integers. */
  private static long[] slow(long seed, String name, int count, double dropRate) throws Exception {
    BigInteger one = BigInteger.ONE.shiftLeft(64);
    BigInteger p = new BigDecimal(dropRate).multiply(new BigDecimal(one)).toBigInteger();
    List<Long> thresholds = new ArrayList<>();
    BigInteger t = one;
    for (int k = 0; k < 1024; k++) {
      t = t.multiply(p).shiftRight(64);
      thresholds.add(t.longValue());
    }
    MessageDigest sha = MessageDigest.getInstance("SHA-256");
    sha.update("darex mask v1\0".getBytes(StandardCharsets.US_ASCII));
    sha.update(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(seed).array());
    sha.update(name.getBytes(StandardCharsets.UTF_8));
    long key = ByteBuffer.wrap(sha.digest()).order(ByteOrder.LITTLE_ENDIAN).getLong();
    List<Long> kept = new ArrayList<>();
    for (long block = 0; block * 65_536 < count; block++) {
      // The first draw of a generator seeded with s is mix64(s + γ): that is the mix64 needed here.
      long mixed = new SplittableRandom(key + block * 0x9E3779B97F4A7C15L).nextLong();
      SplittableRandom random = new SplittableRandom(mixed);
      long at = block * 65_536;
      long end = Math.min(count, at + 65_536);
      while (at < end) {
        long u = random.nextLong();
        int gap = 0;
        while (gap < 1024 && Long.compareUnsigned(u, thresholds.get(gap)) < 0) {
          gap++;
        }
        at += gap;
        if (gap < 1024 && at < end) {
          kept.add(at++);
        }
      }
    }
    return kept.stream().mapToLong(Long::longValue).toArray();
  }
}
