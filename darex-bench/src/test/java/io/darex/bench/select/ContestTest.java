package io.darex.bench.select;

import static org.assertj.core.api.Assertions.assertThat;

import io.darex.bench.console.Console;
import io.darex.bench.console.Terminal;
import io.darex.bench.encoder.LoadedEncoder;
import io.darex.prune.Checkpoint;
import io.darex.prune.Delta;
import io.darex.prune.Selection;
import io.darex.prune.Tensor;
import io.darex.prune.delta.Origin;
import io.darex.prune.rescale.Evidence;
import io.darex.prune.tensor.FloatTensor;
import io.darex.prune.tensor.InMemoryCheckpoint;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

/** What becomes of candidates whose models are destroyed. */
class ContestTest {
  private static final String WEIGHT = "encoder.layer.0.output.dense.weight";
  private static final Candidate DARE = Means.candidate("random", "inverse-keep-rate");
  private static final Candidate MAGNITUDE = Means.candidate("magnitude", "none");
  private static final String WHY = ": skipped, the pruned model's outputs are NaN or infinite";

  private final ByteArrayOutputStream said = new ByteArrayOutputStream();

  /** Every model scores 1 that is not destroyed. */
  private record Survival(Predicate<Checkpoint> destroyed) implements Measure {
    @Override
    public String metric() {
      return "survival";
    }

    @Override
    public int size() {
      return 4;
    }

    @Override
    public boolean isProxy() {
      return false;
    }

    @Override
    public double[] numbers(LoadedEncoder encoder, Checkpoint model, int half) {
      double[] numbers = new double[2];
      Arrays.fill(numbers, destroyed.test(model) ? Double.NaN : 1);
      return numbers;
    }

    @Override
    public double score(double[] numbers, int[] places) {
      return Arrays.stream(places).mapToDouble(place -> numbers[place]).average().orElseThrow();
    }
  }

  private static Checkpoint model(float value) {
    float[] values = new float[100];
    for (int i = 0; i < values.length; i++) {
      values[i] = value * (1 + i / 100f);
    }
    SortedMap<String, Tensor> tensors = new TreeMap<>();
    tensors.put(WEIGHT, new FloatTensor(WEIGHT, new long[] {10, 10}, values));
    return new InMemoryCheckpoint(tensors, Optional.empty());
  }

  private static float largest(Checkpoint model) {
    float[] values = new float[100];
    model.tensors().get(WEIGHT).read(0, values, 0, values.length);
    float largest = 0;
    for (float value : values) {
      largest = Math.max(largest, value);
    }
    return largest;
  }

  private List<String> said() {
    return said.toString(StandardCharsets.UTF_8).lines().toList();
  }

  private Contest contest(Predicate<Checkpoint> destroyed) {
    Delta delta = Delta.between(model(0), model(1), Selection.of(Selection.Preset.ENCODER));
    Trial trial = new Trial(null, delta, new Survival(destroyed), Evidence.none(), Origin.NONE, 1);
    return new Contest(trial, new Console(System.out, new Terminal(said), false));
  }

  @Test
  void aDestroyedModelIsSkippedAndReported() {
    Contest contest = contest(model -> largest(model) > 5);
    Comparison comparison =
        contest.run(List.of(DARE, MAGNITUDE), new Target.Rate(.9), List.of(42L));
    assertThat(comparison.samples()).extracting(Sample::candidate).containsExactly(MAGNITUDE);
    assertThat(contest.skipped()).containsExactly(DARE.name() + WHY);
    assertThat(said()).contains(DARE.name() + WHY);
  }

  @Test
  void soIsOneThatCannotBeAsSmall() {
    Contest contest = contest(model -> false);
    contest.run(List.of(DARE, MAGNITUDE), new Target.Bytes(100), List.of(42L));
    assertThat(contest.skipped())
        .hasSize(2)
        .allSatisfy(line -> assertThat(line).contains("expected at least", "got 100 B"));
  }

  @Test
  void soIsOneThatALaterMaskDestroys() {
    List<Checkpoint> scaled = new ArrayList<>();
    Contest contest =
        contest(
            model -> {
              if (largest(model) > 5) {
                scaled.add(model);
              }
              return scaled.size() > 2; // of two halves each
            });
    Comparison comparison =
        contest.run(List.of(MAGNITUDE, DARE), new Target.Rate(.9), List.of(42L, 43L));
    assertThat(scaled).hasSizeGreaterThan(2);
    assertThat(comparison.samples()).extracting(Sample::candidate).containsExactly(MAGNITUDE);
    assertThat(contest.skipped()).containsExactly(DARE.name() + WHY);
    assertThat(said()).contains("mask seed 43: 2 of 2 candidates in reach");
  }
}
