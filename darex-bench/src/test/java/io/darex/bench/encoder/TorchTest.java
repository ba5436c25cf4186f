package io.darex.bench.encoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.darex.bench.console.BadInputException;
import io.darex.optim.AdamR;
import io.darex.optim.AdamROptimizer;
import io.darex.optim.Anchor;
import io.darex.optim.Penalty;
import io.darex.optim.StepReport;
import io.darex.prune.Checkpoint;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.ndarray.INDArray;

/** What PyTorch alone can: bfloat16, and parameters and AdamR elsewhere than in ND4J's memory. */
@Tag("torch")
class TorchTest {
  private static final Batch BATCH = TinyBert.BATCH;

  @BeforeEach
  void torchIsThere() {
    Engine.TORCH.missing().ifPresent(why -> assumeTrue(false, why));
  }

  private static Encoder open(Device device, Precision precision, Sample sample) {
    EngineChoice choice = new EngineChoice(Engine.TORCH, device, precision);
    return Encoders.open(choice, sample.config(), sample.checkpoint(), 0);
  }

  /** bfloat16 has 8 bits: products of a few hundred terms are right to a percent or so. */
  @ParameterizedTest
  @MethodSource("samples")
  void scoresInHalfAreNearThoseInFullAndGradientsAreTheSame(Sample sample) {
    Batch batch = sample.batch();
    for (Device device : List.of(Device.CPU, Device.APART)) {
      try (Encoder full = open(device, Precision.F32, sample);
          Encoder half = open(device, Precision.BF16, sample)) {
        float[] exact = flat(full.logits(batch));
        float[] rough = flat(half.logits(batch));
        assertThat(distance(rough, exact)).isGreaterThan(0).isLessThan(0.05 * (1 + size(exact)));
        float[] gradient = gradient(full, sample, batch);
        assertThat(gradient(half, sample, batch)).isEqualTo(gradient);
        assertThat(flat(half.logits(batch))).isEqualTo(rough);
        half.load(full.checkpoint());
        assertThat(flat(half.logits(batch))).isEqualTo(rough);
        String matrix = sample.config().family().layer(0).output() + ".weight";
        half.parameters().get(matrix).muli(1.5);
        assertThat(flat(half.logits(batch))).isNotEqualTo(rough);
      }
    }
  }

  /** Of one to three units a normalisation leaves signs alone. */
  static Stream<Sample> samples() {
    return Sample.samples().filter(sample -> sample.config().hiddenSize() > 3);
  }

  private static float[] gradient(Encoder encoder, Sample sample, Batch batch) {
    Gradients gradients = sample.gradients(encoder, batch, 0);
    return gradients.byName().get(sample.config().family().words()).data().asFloat();
  }

  private static float[] flat(float[][] rows) {
    float[] flat = new float[rows.length * rows[0].length];
    for (int i = 0; i < flat.length; i++) {
      flat[i] = rows[i / rows[0].length][i % rows[0].length];
    }
    return flat;
  }

  private static double distance(float[] a, float[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += ((double) a[i] - b[i]) * ((double) a[i] - b[i]);
    }
    return Math.sqrt(sum);
  }

  private static double size(float[] a) {
    return distance(a, new float[a.length]);
  }

  /** The steps of {@link AdamROptimizer} on ND4J's arrays, saved and restored in between. */
  @ParameterizedTest
  @EnumSource(Penalty.class)
  void adamRTakesTheSameStepsElsewhereAndGoesOnFromThem(Penalty penalty) {
    Sample sample = new Sample(TinyBert.CONFIG.withDropout(0.1), 3);
    AdamR adamR =
        AdamR.builder().learningRate(1e-2).lambda(0.5).penalty(penalty).maxGradientNorm(1).build();
    try (Encoder apart = open(Device.APART, Precision.F32, sample);
        Encoder shared = open(Device.CPU, Precision.F32, sample)) {
      Anchor anchor = Anchor.start(name -> !name.startsWith("classifier"));
      AdamROptimizer there = apart.optimizer(adamR, anchor);
      AdamROptimizer here = shared.optimizer(adamR, anchor);
      assertThat(here.hasGradients()).isFalse();
      for (int step = 0; step < 6; step++) {
        if (step == 3) {
          Map<String, INDArray> saved = copies(there.state());
          apart.load(apart.checkpoint());
          there = apart.optimizer(adamR, Anchor.of(copies(there.anchors())));
          there.restore(step, saved);
        }
        double loss = apart.gradients(BATCH, TinyBert.LABELS, step).loss();
        Gradients gradients = shared.gradients(BATCH, TinyBert.LABELS, step);
        assertThat(loss).isCloseTo(gradients.loss(), within(1e-5));
        StepReport report = there.step();
        StepReport expected = here.step(gradients.byName());
        assertThat(report.s()).isCloseTo(expected.s(), within(1e-5 * expected.s()));
        assertThat(report.gradientNorm())
            .isCloseTo(expected.gradientNorm(), within(1e-5 * expected.gradientNorm()));
      }
      assertThat(there.deltas().keySet()).isEqualTo(here.deltas().keySet());
      assertClose(apart.parameters(), shared.parameters());
      assertClose(there.state(), here.state());
      assertThat(flat(apart.logits(BATCH))[0])
          .isCloseTo(flat(shared.logits(BATCH))[0], within(1e-4f));
    }
  }

  private static SortedMap<String, INDArray> copies(Map<String, INDArray> arrays) {
    SortedMap<String, INDArray> copies = new TreeMap<>();
    arrays.forEach((name, array) -> copies.put(name, array.dup()));
    return copies;
  }

  private static void assertClose(Map<String, INDArray> actual, Map<String, INDArray> expected) {
    assertThat(actual.keySet()).isEqualTo(expected.keySet());
    expected.forEach(
        (name, array) -> {
          if (!name.contains("key.bias")) { // its gradient is rounding alone, which Adam enlarges
            assertThat(actual.get(name).distance2(array))
                .as(name)
                .isLessThan(1e-4 * Math.max(1e-3, array.norm2Number().doubleValue()));
          }
        });
  }

  /** A device that holds two texts: the loss stands for it, as it comes within the pass. */
  @Test
  void aBatchThatTheDeviceCannotHoldIsOneSentenceThatSaysWhatFits() {
    Sample sample = new Sample(TinyBert.CONFIG, 3);
    try (Encoder encoder = open(Device.CPU, Precision.F32, sample)) {
      assertThatThrownBy(() -> encoder.gradients(rows(9), holding(2)))
          .isInstanceOf(BadInputException.class)
          .hasMessage(
              "device cpu: out of memory with a batch of 9 texts of 2 tokens; one of 2 fits"
                  + " (PyTorch: CUDA out of memory. Tried to allocate 2.00 GiB.)");
      assertThatThrownBy(() -> encoder.gradients(rows(2), holding(0)))
          .hasMessageContaining("not even 1 fits");
      assertThatThrownBy(
              () ->
                  encoder.gradients(
                      rows(2),
                      scores -> {
                        throw new IllegalStateException("another fault");
                      }))
          .isInstanceOf(IllegalStateException.class);
    }
  }

  @Test
  void resultsAreComputedInPartsThatTheDeviceCanHold() {
    Sample sample = new Sample(TinyBert.CONFIG, 3);
    Batch batch = sample.batch(9);
    DeviceMemory memory = new DeviceMemory(Device.CPU);
    List<Integer> asked = new ArrayList<>();
    try (Encoder encoder = open(Device.CPU, Precision.F32, sample)) {
      Function<Batch, float[][]> work =
          part -> {
            asked.add(part.rows());
            holding(3).intoGradient(new float[part.rows()][]);
            return encoder.logits(part);
          };
      for (int pass = 0; pass < 2; pass++) {
        float[][] inParts =
            memory.inParts(batch, work).stream().flatMap(Arrays::stream).toArray(float[][]::new);
        float[][] whole = encoder.logits(batch);
        for (int row = 0; row < whole.length; row++) {
          assertThat(inParts[row]).containsExactly(whole[row], within(1e-5f));
        }
      }
      assertThat(asked).containsExactly(9, 4, 2, 2, 2, 2, 1, 2, 2, 2, 2, 1);
      assertThatThrownBy(
              () -> memory.inParts(batch, part -> holding(0).intoGradient(new float[1][])))
          .isInstanceOf(BadInputException.class)
          .hasMessageContaining(
              "with a batch of 1 text of " + batch.columns() + " tokens; not even");
    }
  }

  private static Batch rows(int count) {
    int[] mask = new int[2 * count];
    Arrays.fill(mask, 1);
    return new Batch(count, 2, mask, new int[2 * count], mask);
  }

  private static Loss holding(int texts) {
    return scores -> {
      if (scores.length > texts) {
        throw new RuntimeException("CUDA out of memory. Tried to allocate 2.00 GiB.\nframe #0");
      }
      return 0;
    };
  }

  @Test
  void theSelfTestPassesWhereTheProcessorStandsForTheCard() {
    EncoderConfig config =
        new EncoderConfig(97, 32, 2, 2, 64, 60, 2, 1e-12, 0.1, 0.1, 0.1, List.of("a", "b"));
    Checkpoint checkpoint = new Sample(config, 3).checkpoint();
    SelfTest.Report report = new SelfTest(Device.APART, config, checkpoint, 4, 16).run();
    assertThat(report.passed()).as(report.toString()).isTrue();
    assertThat(report.logits()).isLessThan(1e-5);
    assertThat(report.logitsInBf16()).isPositive();
    assertThat(report.gradients()).isLessThan(1e-5);
    assertThat(report.adamRStep()).isPositive().isLessThan(1e-4);
    assertThat(report.card()).startsWith("processor");
    assertThat(report.tokensPerSecond())
        .containsOnlyKeys(
            "device, bf16",
            "device, f32",
            "device, training",
            "processor, f32",
            "processor, training")
        .allSatisfy((name, rate) -> assertThat(rate).isPositive());
  }

  @Test
  void whatCannotBeHadIsOneSentence() {
    Map<EngineChoice, String> refused = new HashMap<>();
    refused.put(
        new EngineChoice(Engine.DIRECT, Device.of("cuda:0"), Precision.F32),
        "device cuda:0: expected engine torch with it, got direct");
    refused.put(
        new EngineChoice(Engine.AUTO, Device.AUTO, Precision.BF16),
        "precision bf16: expected engine torch with it, got auto");
    refused.put(
        new EngineChoice(Engine.TORCH, Device.of("cuda:7"), Precision.F32),
        "device cuda:7: this build's PyTorch computes on processors alone,"
            + " DAREX_PROFILES=torch-gpu in the environment builds the one for cards in");
    refused.forEach(
        (choice, why) ->
            assertThatThrownBy(choice::require)
                .isInstanceOf(BadInputException.class)
                .hasMessage(why));
    assertThat(Gpus.none(null)).startsWith("no card can be used: ").doesNotContain("VISIBLE");
    assertThat(Gpus.none("")).endsWith("; CUDA_VISIBLE_DEVICES is \"\", unset it shows every card");
  }
}
