package io.darex.bench.encoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.darex.bench.console.BadInputException;
import io.darex.optim.AdamR;
import io.darex.optim.AdamROptimizer;
import io.darex.optim.Anchor;
import io.darex.optim.Normalisation;
import io.darex.optim.Penalty;
import io.darex.optim.StepReport;
import io.darex.prune.Checkpoint;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.schedule.ISchedule;

/** What PyTorch alone can: bfloat16, and parameters and AdamR elsewhere than in ND4J's memory. */
class TorchTest {
  private static final Batch BATCH = TinyBert.BATCH;

  private static final Path ORACLE = Path.of("../darex-optim/src/test/resources/adamr.json");

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

  /** Trajectories of the reference in plain Python floats; its loss is differentiated here. */
  @ParameterizedTest
  @ValueSource(strings = {"FLOAT", "DOUBLE"})
  void adamRFollowsTheReferenceElsewhere(DataType type) throws IOException {
    JsonNode oracle = new ObjectMapper().readTree(ORACLE.toFile());
    for (JsonNode run : oracle.get("cases")) {
      assertThat(worstError(oracle, run, type))
          .as(run.get("penalty").asText())
          .isLessThan(type == DataType.FLOAT ? 1e-5 : 1e-12);
    }
  }

  private static double worstError(JsonNode oracle, JsonNode run, DataType type) {
    JsonNode problem = oracle.get("problem");
    SortedMap<String, INDArray> start = arrays(problem, "start", type);
    Map<String, Tensor> leaves = new TreeMap<>();
    start.forEach(
        (name, array) ->
            leaves.put(name, TorchOps.shared(array).clone().requires_grad_(true)));
    List<Double> rates = new ArrayList<>();
    oracle.get("learningRates").forEach(rate -> rates.add(rate.asDouble()));
    AdamR adamR =
        AdamR.builder()
            .learningRateSchedule(new Rates(rates))
            .lambda(run.get("lambda").asDouble())
            .beta1(oracle.get("beta1").asDouble())
            .beta2(oracle.get("beta2").asDouble())
            .epsilon(run.get("epsilon").asDouble())
            .penalty(Penalty.of(run.get("penalty").asText()))
            .normalisation(Normalisation.of(run.get("normalisation").asText()))
            .build();
    AdamROptimizer optimizer =
        new AdamROptimizer(
            adamR,
            start,
            Anchor.of(arrays(problem, "anchor", type)),
            (name, parameter, m, v, anchor) ->
                new TorchKernel(
                    leaves.get(name),
                    () -> {},
                    () -> TorchOps.shared(parameter).copy_(leaves.get(name).detach()),
                    m,
                    v,
                    anchor));
    Map<String, Map<String, Tensor>> constants = new TreeMap<>();
    for (String key : List.of("a", "b", "c")) {
      Map<String, Tensor> tensors = new TreeMap<>();
      arrays(problem, key, type).forEach((name, x) -> tensors.put(name, TorchOps.shared(x).clone()));
      constants.put(key, tensors);
    }
    double worst = 0;
    for (int t = 1; t <= rates.size(); t++) {
      leaves.forEach(
          (name, theta) -> {
            if (theta.grad().defined()) {
              theta.grad().zero_();
            }
            Tensor bowl =
                theta.sub(constants.get("b").get(name)).square().mul(constants.get("a").get(name));
            Tensor waves = theta.mul(constants.get("c").get(name)).cos();
            TorchOps.scaled(bowl, 0.5).add(waves).sum().backward();
          });
      StepReport report = optimizer.step();
      JsonNode snapshot = run.get("steps").get(String.valueOf(t));
      if (snapshot != null) {
        optimizer.deltas(); // brings the arrays up to date
        worst = Math.max(worst, relative(snapshot.get("s").asDouble(), report.s()));
        worst = Math.max(worst, relative(snapshot.get("pull").asDouble(), report.pull()));
        for (Map.Entry<String, INDArray> theta : start.entrySet()) {
          JsonNode expected = snapshot.get("theta").get(theta.getKey());
          for (int i = 0; i < expected.size(); i++) {
            double actual = theta.getValue().data().getDouble(i);
            worst = Math.max(worst, relative(expected.get(i).asDouble(), actual));
          }
        }
      }
    }
    return worst;
  }

  private static double relative(double expected, double actual) {
    return Math.abs(expected - actual) / Math.max(0.1, Math.abs(expected));
  }

  private static SortedMap<String, INDArray> arrays(JsonNode problem, String key, DataType type) {
    SortedMap<String, INDArray> arrays = new TreeMap<>();
    problem
        .properties()
        .forEach(
            parameter -> {
              JsonNode values = parameter.getValue().get(key);
              if (values.isArray()) {
                JsonNode shape = parameter.getValue().get("shape");
                arrays.put(
                    parameter.getKey(),
                    Nd4j.createFromArray(doubles(values))
                        .reshape(Arrays.stream(doubles(shape)).mapToLong(d -> (long) d).toArray())
                        .castTo(type));
              }
            });
    return arrays;
  }

  private static double[] doubles(JsonNode numbers) {
    double[] doubles = new double[numbers.size()];
    Arrays.setAll(doubles, i -> numbers.get(i).asDouble());
    return doubles;
  }

  /** One an iteration. */
  private record Rates(List<Double> rates) implements ISchedule {
    @Override
    public double valueAt(int iteration, int epoch) {
      return rates.get(iteration);
    }

    @Override
    public Rates clone() {
      return this;
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

  static Stream<EngineChoice> flat() {
    return Stream.of(
        EngineChoice.of(Engine.DIRECT),
        EngineChoice.of(Engine.TORCH),
        new EngineChoice(Engine.TORCH, Device.CPU, Precision.BF16),
        EngineContractTest.APART);
  }

  /** Each pass makes about a hundred tensors: kept, even their handles would come to gigabytes. */
  @ParameterizedTest
  @MethodSource("flat")
  void memoryIsFlatOver500StepsAnd5000Evaluations(EngineChoice choice) {
    EncoderConfig config =
        new EncoderConfig(97, 32, 1, 2, 64, 60, 2, 1e-12, 0.1, 0.1, 0.1, List.of("a", "b"));
    Sample sample = new Sample(config, 3);
    Batch batch = sample.batch(4);
    try (Encoder encoder = EngineContractTest.open(choice, config, sample.checkpoint())) {
      AdamROptimizer optimizer =
          encoder.optimizer(AdamR.builder().build(), Anchor.start(name -> true));
      long before = 0;
      for (int round = 0; round < 550; round++) {
        if (round == 50) {
          System.gc();
          before = Pointer.physicalBytes();
        }
        Gradients gradients = sample.gradients(encoder, batch, round);
        if (optimizer.hasGradients()) {
          optimizer.step();
        } else {
          optimizer.step(gradients.byName());
        }
        for (int pass = 0; pass < 10; pass++) {
          encoder.logits(batch);
        }
      }
      assertThat(Pointer.physicalBytes() - before).isLessThan(200L << 20);
    }
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
    assertThat(Gpus.none("")).endsWith("; CUDA_VISIBLE_DEVICES is '', unset it shows every card");
    assertThatThrownBy(
            new EngineChoice(Engine.TORCH, Device.CPU, Precision.BF16)::requireTraining)
        .hasMessage(
            "precision bf16: expected f32 where a fine-tune is trained, as bf16 is for evaluation");
  }
}
