package io.darex.bench.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.darex.bench.config.FinetuneConfig;
import io.darex.bench.console.Console;
import io.darex.bench.console.Terminal;
import io.darex.bench.encoder.BuiltInEncoders;
import io.darex.bench.encoder.EncoderConfig;
import io.darex.bench.encoder.Encoders;
import io.darex.bench.encoder.TinyBert;
import io.darex.bench.task.DataFolder;
import io.darex.bench.task.Task;
import io.darex.bench.task.TaskData;
import io.darex.bench.tokenizer.Tokenizer;
import io.darex.bench.tokenizer.TokenizerFiles;
import io.darex.optim.AdamR;
import io.darex.optim.AdamROptimizer;
import io.darex.optim.Normalisation;
import io.darex.optim.Penalty;
import io.darex.optim.StepReport;
import io.darex.prune.Checkpoint;
import io.darex.prune.Pruning;
import io.darex.prune.Scale;
import io.darex.prune.Selection;
import io.darex.prune.SparseDelta;
import io.darex.prune.Tensor;
import io.darex.prune.folder.HuggingFaceFolder;
import io.darex.prune.mask.MagnitudeMask;
import io.darex.prune.mask.Scope;
import io.darex.prune.tensor.FloatTensor;
import io.darex.prune.tensor.InMemoryCheckpoint;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Training of what a sparse delta keeps, on real sentences with a tiny encoder. */
class SupportTrainingTest {
  private static final EncoderConfig TINY =
      new EncoderConfig(30522, 8, 1, 2, 16, 64, 2, 1e-12, 0.1, 0.1, 0.1, List.of("no", "yes"));
  private static final FinetuneConfig CONFIG =
      FinetuneConfig.builder()
          .optimizer("adamr-l2")
          .lambda(1e-2)
          .normalisation("global")
          .learningRate(1e-2)
          .epochs(3)
          .batchSize(16)
          .maxLength(64)
          .warmup(0.06)
          .maxGradientNorm(1)
          .seed(7)
          .build();
  private static final int STEPS = 4;
  private static final double RATE = 1e-2;
  private static final double EPSILON = 1e-8;
  private static final double BETA1 = 0.9;
  private static final double BETA2 = 0.999;
  private static final String HEAD = "classifier.";
  private static final String FROZEN = "bert.embeddings.position_embeddings.weight";
  private static final String EXCLUDED = "bert.encoder.layer.0.attention.self.query.weight";

  private static TokenizerFiles tokenizerFiles;
  private static Splits splits;
  private static Checkpoint base;
  private static SparseDelta delta;

  @TempDir private Path folder;

  @BeforeAll
  static void tokenise() {
    tokenizerFiles = BuiltInEncoders.read("minilm-l6").tokenizer();
    TaskData all = Task.named("agreement").load(new DataFolder(Optional.empty(), line -> {}), 0);
    TaskData some =
        new TaskData(
            all.train().subList(0, STEPS * 16),
            all.validation().subList(0, 40),
            all.dev().subList(0, 40));
    try (Tokenizer tokenizer = tokenizerFiles.open(64, TINY.vocabSize())) {
      splits = Splits.of(tokenizer, some, Task.named("agreement"));
    }
    Checkpoint whole = TinyBert.checkpoint(TINY, 3);
    SortedMap<String, Tensor> headless = new TreeMap<>(whole.tensors());
    headless.keySet().removeIf(name -> name.startsWith(HEAD));
    base = new InMemoryCheckpoint(headless, Optional.of(TINY.withLabels(List.of()).toJson()));
    delta = sparse(whole);
  }

  /** Of a tuned model with a head, an unchanged tensor and one that is not pruned. */
  private static SparseDelta sparse(Checkpoint start) {
    SplittableRandom random = new SplittableRandom(5);
    SortedMap<String, Tensor> tuned = new TreeMap<>(start.tensors());
    tuned.replaceAll(
        (name, tensor) -> {
          float[] values = values(tensor);
          for (int i = 0; i < values.length && !name.equals(FROZEN); i++) {
            values[i] += (float) (0.05 * random.nextGaussian());
          }
          return new FloatTensor(name, tensor.shape(), values);
        });
    Checkpoint checkpoint = new InMemoryCheckpoint(tuned, Optional.of(TINY.toJson()));
    Selection selection = new Selection(Selection.Preset.ENCODER, List.of(), List.of(EXCLUDED));
    return new Pruning(new MagnitudeMask(0.8, Scope.TENSOR), selection)
        .prune(base, checkpoint)
        .withScale(Scale.of(0.5));
  }

  private static SupportTraining training(EncoderConfig config) {
    return new SupportTraining(delta, Encoders.open(config, base, 5), base);
  }

  private static Finetuning finetuning(Path folder, Trainable trained) {
    Terminal nowhere = new Terminal(new ByteArrayOutputStream());
    return new Finetuning(
        CONFIG,
        splits,
        trained,
        "job",
        new TrainingFolder(folder, tokenizerFiles, Cards::of),
        Duration.ZERO,
        new Console(nowhere, nowhere, true));
  }

  /** One tensor of the reference: everything in double, every entry, a mask. */
  private static final class Reference {
    final BitSet trained;
    final double[] theta;
    final double[] anchor;
    final double[] m;
    final double[] v;

    Reference(BitSet trained, float[] start, float[] anchor) {
      this.trained = trained;
      this.theta = doubles(start);
      this.anchor = anchor == null ? null : doubles(anchor);
      this.m = new double[start.length];
      this.v = new double[start.length];
    }

    /** Sets what is not trained to zero, and divides the rest. */
    double[] masked(double[] gradient, double divisor) {
      double[] masked = new double[gradient.length];
      trained.stream().forEach(i -> masked[i] = gradient[i] / divisor);
      return masked;
    }

    void moments(double[] gradient) {
      for (int i = 0; i < m.length; i++) {
        m[i] = BETA1 * m[i] + (1 - BETA1) * gradient[i];
        v[i] = BETA2 * v[i] + (1 - BETA2) * gradient[i] * gradient[i];
      }
    }

    void step(int t, Penalty penalty, double pull) {
      for (int i = 0; i < m.length; i++) {
        double before = anchor == null ? 0 : theta[i] - anchor[i];
        double adam =
            RATE
                * (m[i] / (1 - Math.pow(BETA1, t)))
                / (Math.sqrt(v[i] / (1 - Math.pow(BETA2, t))) + EPSILON);
        theta[i] -= adam;
        if (anchor == null) {
          continue;
        }
        switch (penalty) {
          case L2 -> theta[i] -= pull * before;
          case L1 -> theta[i] -= pull * Math.signum(before);
          case L1_PROX -> {
            double after = theta[i] - anchor[i];
            theta[i] = anchor[i] + Math.signum(after) * Math.max(Math.abs(after) - pull, 0);
          }
        }
      }
    }
  }

  /**
   * Adam and AdamR with each penalty, with and without clipping and normalisation, against masked
   * gradients of all entries; s and the norm are those of what is trained.
   */
  @ParameterizedTest
  @CsvSource({
    "L2, 0, GLOBAL, 0",
    "L2, 0, GLOBAL, 0.1",
    "L2, 1e-2, GLOBAL, 0.1",
    "L2, 1e-1, NONE, 0",
    "L1, 1e-3, GLOBAL, 0.1",
    "L1, 1e-2, NONE, 0",
    "L1_PROX, 1e-3, GLOBAL, 0.1",
    "L1_PROX, 1e-1, NONE, 0"
  })
  void isAdamWithMaskedGradientsAndLeavesAllElseBitForBit(
      Penalty penalty, double lambda, Normalisation normalisation, double maxNorm) {
    SupportTraining training = training(TINY);
    Map<String, INDArray> live = training.encoder().parameters();
    Map<String, float[]> start = new HashMap<>();
    live.forEach((name, array) -> start.put(name, floats(array)));
    Checkpoint applied = delta.applyTo(base);
    start.forEach(
        (name, values) ->
            assertThat(values).as(name).containsExactly(values(applied.tensors().get(name))));
    SortedMap<String, Reference> references = references(start);
    long anchored =
        references.values().stream()
            .filter(each -> each.anchor != null)
            .mapToLong(each -> each.trained.cardinality())
            .sum();
    AdamROptimizer optimizer =
        new AdamROptimizer(
            AdamR.builder()
                .learningRate(RATE)
                .lambda(lambda)
                .penalty(penalty)
                .normalisation(normalisation)
                .maxGradientNorm(maxNorm)
                .build(),
            training.parameters(),
            training.anchor());

    for (int t = 1; t <= 6; t++) {
      int[] rows = {t, 8 + t, 16 + t, 24 + t};
      int[] labels = {0, 1, 1, 0};
      Map<String, INDArray> dense =
          training.encoder().gradients(splits.train().batch(rows), labels, t).byName();
      Map<String, double[]> masked = new HashMap<>();
      references.forEach(
          (name, each) -> masked.put(name, each.masked(doubles(floats(dense.get(name))), 1)));
      double norm =
          Math.sqrt(
              masked.values().stream()
                  .mapToDouble(all -> Arrays.stream(all).map(g -> g * g).sum())
                  .sum());
      double divisor = maxNorm > 0 ? Math.max(1, norm / maxNorm) : 1;
      StepReport step = optimizer.step(training.gradients(dense));
      training.stepped();

      references.forEach((name, each) -> each.moments(each.masked(masked.get(name), divisor)));
      double bias = 1 - Math.pow(BETA2, t);
      double s =
          Math.sqrt(
              references.values().stream()
                      .filter(each -> each.anchor != null)
                      .mapToDouble(each -> Arrays.stream(each.v).sum())
                      .sum()
                  / (bias * anchored));
      double pull = lambda * RATE / (normalisation == Normalisation.GLOBAL ? s : 1);
      int now = t;
      references.values().forEach(each -> each.step(now, penalty, Math.min(1, pull)));
      assertThat(step.gradientNorm()).isCloseTo(norm, within(1e-5 * norm));
      assertThat(step.pull()).isCloseTo(pull, within(1e-4 * pull + 1e-12));
    }

    int moved = 0;
    for (Map.Entry<String, Reference> each : references.entrySet()) {
      String name = each.getKey();
      float[] after = floats(live.get(name));
      float[] before = start.get(name);
      for (int i = 0; i < after.length; i++) {
        if (each.getValue().trained.get(i)) {
          assertThat(after[i])
              .as("%s[%d]", name, i)
              .isCloseTo((float) each.getValue().theta[i], within(2e-5f));
          moved += after[i] == before[i] ? 0 : 1;
        } else {
          float pretrained = base.tensors().get(name).at(i);
          assertThat(Float.floatToRawIntBits(after[i]))
              .as("%s[%d]", name, i)
              .isEqualTo(Float.floatToRawIntBits(pretrained));
        }
      }
    }
    assertThat(moved).isGreaterThan(300);
  }

  private static SortedMap<String, Reference> references(Map<String, float[]> start) {
    SortedMap<String, Reference> references = new TreeMap<>();
    start.forEach(
        (name, values) -> {
          BitSet trained = new BitSet(values.length);
          if (delta.whole().containsKey(name)) {
            trained.set(0, values.length);
          } else {
            delta.kept().get(name).forEach((index, value) -> trained.set((int) index));
          }
          Tensor before = base.tensors().get(name);
          boolean head = name.startsWith(HEAD);
          references.put(name, new Reference(trained, values, head ? null : values(before)));
        });
    assertThat(references.get(FROZEN).trained.cardinality()).isZero();
    assertThat(references.get(EXCLUDED).trained.cardinality()).isEqualTo(64);
    return references;
  }

  @Test
  void whatIsWrittenDiffersFromTheBaseOnTheSupportAlone() throws IOException {
    Path training = folder.resolve("training");

    TrainingRecord record = finetuning(training, training(TINY)).train();

    Checkpoint tuned = HuggingFaceFolder.open(training.resolve("epoch-3"));
    double sum = 0;
    long count = 0;
    for (Map.Entry<String, Reference> each : references(startValues()).entrySet()) {
      float[] after = values(tuned.tensors().get(each.getKey()));
      if (each.getValue().anchor == null) {
        continue;
      }
      float[] before = values(base.tensors().get(each.getKey()));
      for (int i = 0; i < after.length; i++) {
        sum += Math.abs(after[i] - before[i]);
        if (!each.getValue().trained.get(i)) {
          assertThat(after[i]).isEqualTo(before[i]);
        }
      }
      count += after.length;
    }
    assertThat(record.epochs()).hasSize(3);
    assertThat(record.epochs().get(2).meanAbsDelta())
        .isCloseTo(sum / count, within(1e-6 * sum / count));
    assertThat(record.epochs().get(2).loss()).isLessThan(record.epochs().get(0).loss());
  }

  private static Map<String, float[]> startValues() {
    Map<String, float[]> start = new HashMap<>();
    delta.applyTo(base).tensors().forEach((name, tensor) -> start.put(name, values(tensor)));
    return start;
  }

  @ParameterizedTest
  @ValueSource(ints = {3, STEPS + 3, 2 * STEPS + 1})
  void anInterruptedTrainingEndsInTheSameBytes(int failing) throws IOException {
    Path straight = folder.resolve("straight/training");
    finetuning(straight, training(TINY)).train();
    Path broken = folder.resolve("broken/training");
    Finetuning interrupted = finetuning(broken, new FailingTrainable(training(TINY), failing));
    assertThatThrownBy(interrupted::train).hasMessage("interrupted");

    finetuning(broken, training(TINY)).train();

    for (String file : List.of("epoch-3/model.safetensors", "epoch-3.optimizer.safetensors")) {
      assertThat(broken.resolve(file)).hasSameBinaryContentAs(straight.resolve(file));
    }
    assertThat(broken.resolveSibling("training.jsonl"))
        .hasSameTextualContentAs(straight.resolveSibling("training.jsonl"));
  }

  private static float[] values(Tensor tensor) {
    float[] values = new float[(int) tensor.count()];
    tensor.read(0, values, 0, values.length);
    return values;
  }

  private static float[] floats(INDArray array) {
    return array.dup('c').data().asFloat();
  }

  private static double[] doubles(float[] floats) {
    double[] doubles = new double[floats.length];
    for (int i = 0; i < floats.length; i++) {
      doubles[i] = floats[i];
    }
    return doubles;
  }
}
