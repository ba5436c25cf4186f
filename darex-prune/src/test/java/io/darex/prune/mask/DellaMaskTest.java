package io.darex.prune.mask;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.darex.prune.Checkpoints;
import io.darex.prune.Delta;
import io.darex.prune.NonFiniteException;
import io.darex.prune.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.Scale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class DellaMaskTest implements MaskContract {
  @Override
  public Mask mask(double dropRate) {
    return new DellaMask(7, dropRate, Math.min(dropRate, 1 - dropRate));
  }

  static Stream<JsonNode> vectors() throws IOException {
    return Vectors.read("della_v1.json", 11);
  }

  @ParameterizedTest
  @MethodSource("vectors")
  void agreesWithTheIndependentReference(JsonNode vector) {
    long[] shape = Vectors.longs(vector.get("shape"));
    float[] values = new float[(int) Tensor.count(shape)];
    long modulus = vector.get("modulus").asLong();
    for (int i = 0; i < values.length; i++) {
      values[i] = (i * vector.get("factor").asLong() % modulus - modulus / 2) / 1024f;
    }
    String name = vector.get("name").asText();
    DellaMask mask =
        new DellaMask(
            Vectors.seed(vector),
            vector.get("dropRate").asDouble(),
            vector.get("epsilon").asDouble());
    Choice choice = mask.choose(Deltas.of(Deltas.pair(name, shape, values)), 2);
    Vectors.check(vector, Kept.indices(choice.on(name), values.length));
    float[] divisors = Checkpoints.values(choice.divisors(name).orElseThrow());
    ByteBuffer bytes = ByteBuffer.allocate(divisors.length * 4).order(ByteOrder.LITTLE_ENDIAN);
    for (float divisor : divisors) {
      bytes.putFloat(divisor);
    }
    assertThat(Vectors.sha256(bytes.flip()))
        .isEqualTo(vector.get("sha256OfDivisorsF32LE").asText());
  }

  /** METHOD.md §10. */
  @Property(tries = 30)
  void withoutEpsilonItIsDareBitForBit(
      @ForAll long seed, @ForAll @Scale(6) @DoubleRange(max = 0.9999) double p) {
    long[] shape = Deltas.shape(new SplittableRandom(seed), 100_000);
    Delta delta = Deltas.of(Deltas.coarse(seed, "w", shape));
    int count = (int) Tensor.count(shape);
    Choice choice = new DellaMask(seed, p, 0).choose(delta, 2);
    assertThat(Kept.indices(choice.on("w"), count))
        .isEqualTo(Kept.indices(new RandomMask(seed, p).on("w", shape), count));
    assertThat(Checkpoints.values(choice.divisors("w").orElseThrow()))
        .isEqualTo(allOnes(choice, count));
  }

  /** The rank of every kept entry by sorting its row; ties, zeros, any shape. */
  @Property(tries = 60)
  void divisorsFollowTheRanks(@ForAll long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    long[] shape = Deltas.shape(random, 60_000);
    double p = random.nextDouble(0.05, 0.95);
    double epsilon = random.nextDouble() * 2 * Math.min(p, 1 - p) * 0.999;
    Delta delta = Deltas.of(Deltas.coarse(seed, "w", shape));
    float[] values = Deltas.values(delta, "w");
    int row = Deltas.row(shape);
    float[] expected = new float[values.length];
    for (int start = 0; start < values.length; start += row) {
      int[] order = Brute.order(values, start, start + row);
      for (int rank = 0; rank < row; rank++) {
        double rate = row == 1 ? p : p + epsilon * ((double) rank / (row - 1) - 0.5);
        expected[order[rank]] = (float) ((1 - rate) / (1 - p));
      }
    }
    Choice choice = new DellaMask(seed, p, epsilon).choose(delta, 2);
    long[] kept = Kept.indices(choice.on("w"), values.length);
    float[] divisors = Checkpoints.values(choice.divisors("w").orElseThrow());
    assertThat(divisors).hasSize(kept.length);
    for (int i = 0; i < kept.length; i++) {
      assertThat(divisors[i]).isEqualTo(expected[(int) kept[i]]);
    }
  }

  /** E[kept/(q·divisor)] = Δ at q = 1 − p, entry by entry; each is kept with 1 − p_i. */
  @Test
  void everyEntryIsUnbiased() {
    int row = 25;
    int count = 2 * row;
    double p = 0.6;
    double epsilon = 0.5;
    Delta delta = Deltas.gaussian(2, row);
    float[] values = Deltas.values(delta, "w");
    double[] sums = new double[count];
    int[] times = new int[count];
    int draws = 40_000;
    DellaMask mask = new DellaMask(0, p, epsilon);
    for (int seed = 0; seed < draws; seed++) {
      Choice choice = mask.withSeed(seed).choose(delta, 1);
      float[] divisors = Checkpoints.values(choice.divisors("w").orElseThrow());
      int next = 0;
      for (long index : Kept.indices(choice.on("w"), count)) {
        sums[(int) index] += values[(int) index] / (mask.keepRate() * divisors[next++]);
        times[(int) index]++;
      }
    }
    for (int start = 0; start < count; start += row) {
      int[] order = Brute.order(values, start, start + row);
      for (int rank = 0; rank < order.length; rank++) {
        double keep = 1 - (p + epsilon * (rank / (row - 1.0) - 0.5));
        int i = order[rank];
        double deviation = Math.sqrt(keep * (1 - keep) / draws);
        assertThat((double) times[i] / draws).isCloseTo(keep, within(5 * deviation));
        assertThat(sums[i] / draws)
            .isCloseTo(values[i], within(5 * Math.abs(values[i]) * deviation / keep));
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"0.1, 0.3", "0.9, 0.2", "0.5, -0.1", "0.5, NaN", "0.5, 1", "1, 0", "0.99, 0.15"})
  void refusesRatesThatLeaveTheRange(double p, double epsilon) {
    assertThatThrownBy(() -> new DellaMask(0, p, epsilon))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(p == 1 ? "dropRate" : "epsilon");
  }

  @Test
  void namesTheFirstValueThatIsNotFinite() {
    float[] values = new float[100_000];
    values[77_777] = Float.NaN;
    Delta delta = Deltas.of(new long[] {1000, 100}, values);
    assertThatThrownBy(() -> new DellaMask(0, 0.9, 0.1).choose(delta, 2))
        .isInstanceOf(NonFiniteException.class)
        .hasMessageContaining("w of the tuned model, element 77777");
  }

  private static float[] allOnes(Choice choice, int count) {
    float[] ones = new float[Kept.indices(choice.on("w"), count).length];
    Arrays.fill(ones, 1);
    return ones;
  }
}
