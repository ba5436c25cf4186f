package io.darex.bench.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.darex.bench.config.FinetuneConfig;
import io.darex.bench.console.BadInputException;
import io.darex.bench.console.Console;
import io.darex.bench.console.Terminal;
import io.darex.bench.encoder.Batch;
import io.darex.bench.encoder.BuiltInEncoders;
import io.darex.bench.encoder.Encoder;
import io.darex.bench.encoder.EncoderConfig;
import io.darex.bench.encoder.Encoders;
import io.darex.bench.encoder.TinyBert;
import io.darex.bench.report.Results.Epoch;
import io.darex.bench.report.Results.Score;
import io.darex.bench.task.DataFolder;
import io.darex.bench.task.Example;
import io.darex.bench.task.Task;
import io.darex.bench.task.TaskData;
import io.darex.bench.tokenizer.Tokenizer;
import io.darex.bench.tokenizer.TokenizerFiles;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Training on real sentences with an encoder small enough to train in a second. */
class FinetuningTest {
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
          .limit(0)
          .patience(0)
          .lora(null)
          .build();
  private static final int STEPS = 6;
  private static TokenizerFiles tokenizerFiles;
  private static Splits splits;

  @TempDir private Path folder;

  @BeforeAll
  static void tokenise() {
    tokenizerFiles = BuiltInEncoders.read("minilm-l6").tokenizer();
    TaskData all = Task.named("agreement").load(new DataFolder(Optional.empty(), line -> {}), 0);
    TaskData some =
        new TaskData(
            all.train().subList(0, STEPS * 16 - 5),
            all.validation().subList(0, 40),
            all.dev().subList(0, 40));
    try (Tokenizer tokenizer = tokenizerFiles.open(64, TINY.vocabSize())) {
      splits = Splits.of(tokenizer, some, Task.named("agreement"));
    }
  }

  @Test
  void anInterruptedTrainingEndsInTheSameBytes() throws IOException {
    Path straight = folder.resolve("straight/training");
    TrainingRecord expected = finetuning(straight, encoder(Integer.MAX_VALUE)).train();
    Path broken = folder.resolve("broken/training");
    // In the third epoch, when two are finished.
    Finetuning interrupted = finetuning(broken, encoder(2 * STEPS + 3));
    assertThatThrownBy(interrupted::train).hasMessage("interrupted");

    TrainingRecord resumed = finetuning(broken, encoder(Integer.MAX_VALUE)).train();

    assertThat(withoutSeconds(resumed)).isEqualTo(withoutSeconds(expected));
    Path weights = Path.of("epoch-3", "model.safetensors");
    assertThat(broken.resolve(weights)).hasSameBinaryContentAs(straight.resolve(weights));
    Path moments = Path.of("epoch-3.optimizer.safetensors");
    assertThat(broken.resolve(moments)).hasSameBinaryContentAs(straight.resolve(moments));
    assertThat(broken.resolveSibling("training.jsonl"))
        .hasSameTextualContentAs(straight.resolveSibling("training.jsonl"));
  }

  /** 60 steps, of which every twentieth is a line, interrupted after a line that is taken again. */
  @Test
  void theLinesOfStepsThatAreTakenAgainAreNotRepeated() throws IOException {
    FinetuneConfig small = CONFIG.toBuilder().batchSize(4).build();
    Path straight = folder.resolve("straight/training");
    finetuning(small, straight, encoder(Integer.MAX_VALUE), Duration.ofDays(1)).train();
    List<String> expected = Files.readAllLines(straight.resolveSibling("training.jsonl"));
    assertThat(expected).hasSize(4); // 69 steps: 0, 20, 40, 60
    Path broken = folder.resolve("broken/training");
    Path lines = broken.resolveSibling("training.jsonl");
    // In the second epoch, whose 23 steps are lost with the line of step 40.
    Finetuning second = finetuning(small, broken, encoder(43), Duration.ofDays(1));
    assertThatThrownBy(second::train).hasMessage("interrupted");
    assertThat(Files.readAllLines(lines)).isEqualTo(expected.subList(0, 3));
    Files.writeString(lines, "{\"iteration\":4", java.nio.file.StandardOpenOption.APPEND);

    finetuning(small, broken, encoder(Integer.MAX_VALUE), Duration.ofDays(1)).train();

    assertThat(Files.readAllLines(lines)).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(ints = {4, STEPS + 4})
  void interruptedWithinAnEpochItGoesOnFromItsLastStep(int failing) throws IOException {
    Path straight = folder.resolve("straight/training");
    TrainingRecord expected = finetuning(straight, encoder(Integer.MAX_VALUE)).train();
    Path broken = folder.resolve("broken/training");
    Finetuning interrupted = finetuning(broken, encoder(failing), Duration.ZERO);
    assertThatThrownBy(interrupted::train).hasMessage("interrupted");
    int[] steps = {0};

    TrainingRecord resumed = finetuning(broken, counting(steps), Duration.ZERO).train();

    assertThat(steps[0]).isEqualTo(3 * STEPS - (failing - 1));
    assertThat(withoutSeconds(resumed)).isEqualTo(withoutSeconds(expected));
    for (String file : List.of("epoch-3/model.safetensors", "epoch-3.optimizer.safetensors")) {
      assertThat(broken.resolve(file)).hasSameBinaryContentAs(straight.resolve(file));
    }
    assertThat(broken.resolve("step.safetensors")).doesNotExist();
  }

  @Test
  void aStepOlderThanTheLastEpochIsPassedOver() throws IOException {
    Path broken = folder.resolve("broken/training");
    Finetuning first = finetuning(broken, encoder(4), Duration.ZERO);
    assertThatThrownBy(first::train).hasMessage("interrupted");
    Path step = broken.resolve("step.safetensors");
    byte[] old = Files.readAllBytes(step);
    Finetuning second = finetuning(broken, encoder(STEPS), Duration.ofDays(1));
    assertThatThrownBy(second::train).hasMessage("interrupted");
    // As if killed when an epoch was saved and its last step not yet deleted.
    Files.write(step, old);
    int[] steps = {0};

    finetuning(broken, counting(steps), Duration.ofDays(1)).train();

    // The second took what was left of the first epoch and some of the next, which is lost.
    assertThat(steps[0]).isEqualTo(2 * STEPS);
  }

  @Test
  void theStepOfAnotherJobIsRefused() {
    Path broken = folder.resolve("broken/training");
    Finetuning interrupted = finetuning(broken, encoder(4), Duration.ZERO);
    assertThatThrownBy(interrupted::train).hasMessage("interrupted");
    Finetuning other =
        new Finetuning(
            CONFIG,
            splits,
            encoder(Integer.MAX_VALUE),
            "other",
            new TrainingFolder(broken, tokenizerFiles, Cards::of),
            Duration.ZERO,
            quiet());

    assertThatThrownBy(other::train)
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("step.safetensors: belongs to another fine-tune");
  }

  @Test
  void patienceEndsTrainingAndInterruptionsDoNotChangeWhen() throws IOException {
    // A rate at which nothing is learned: every epoch is as good as the first.
    FinetuneConfig idle =
        CONFIG.toBuilder()
            .optimizer("adam")
            .lambda(0)
            .learningRate(1e-30)
            .epochs(9)
            .patience(2)
            .build();
    Path straight = folder.resolve("straight/training");
    TrainingRecord record =
        finetuning(idle, straight, encoder(Integer.MAX_VALUE), Duration.ofDays(1)).train();

    assertThat(record.epochs()).hasSize(3);
    assertThat(record.best()).isEqualTo(1);
    assertThat(record.plannedEpochs()).isEqualTo(9);
    assertThat(TrainingRecord.read(straight.resolve("epoch-3/training.json"))).isEqualTo(record);

    Path broken = folder.resolve("broken/training");
    Finetuning interrupted = finetuning(idle, broken, encoder(STEPS * 2 + 2), Duration.ZERO);
    assertThatThrownBy(interrupted::train).hasMessage("interrupted");
    Encoder whole = encoder(Integer.MAX_VALUE);
    assertThat(withoutSeconds(finetuning(idle, broken, whole, Duration.ZERO).train()))
        .isEqualTo(withoutSeconds(record));
    // Stopped, it stays so: there is nothing to go on with.
    TrainingRecord again = finetuning(idle, broken, encoder(1), Duration.ZERO).train();
    assertThat(withoutSeconds(again)).isEqualTo(withoutSeconds(record));
  }

  @Test
  void aTrainingOfAVersionWithoutPatienceGoesOn() throws IOException {
    Path training = folder.resolve("training");
    Finetuning interrupted = finetuning(training, encoder(2 * STEPS + 3));
    assertThatThrownBy(interrupted::train).hasMessage("interrupted");
    Path file = training.resolve("epoch-2/training.json");
    String old = Files.readString(file).replaceAll(",\\s*\"(plannedEpochs|patience)\" : \\d", "");
    assertThat(old).contains("epochs").doesNotContain("plannedEpochs");
    Files.writeString(file, old);

    TrainingRecord record = finetuning(training, encoder(Integer.MAX_VALUE)).train();

    assertThat(record.epochs()).hasSize(3);
    assertThat(record.plannedEpochs()).isEqualTo(3);
  }

  @Test
  void countsTheTokensOfAnEpoch() throws IOException {
    Path training = folder.resolve("training");

    List<Epoch> epochs = finetuning(training, encoder(Integer.MAX_VALUE)).train().epochs();

    long tokens = Arrays.stream(splits.train().lengths()).sum();
    assertThat(epochs).extracting(Epoch::tokens).containsOnly(tokens);
  }

  @Test
  void keepsTheBestEpochAndTheLast() throws IOException {
    Finetuning finetuning = finetuning(folder.resolve("training"), encoder(Integer.MAX_VALUE));

    TrainingRecord record = finetuning.train();

    double highest = record.epochs().stream().mapToDouble(Epoch::validation).max().orElseThrow();
    assertThat(record.epochs().get(record.best() - 1).validation()).isEqualTo(highest);
    try (Stream<Path> kept = Files.list(folder.resolve("training"))) {
      assertThat(kept.map(path -> path.getFileName().toString()))
          .contains("epoch-3", "epoch-" + record.best(), "epoch-3.optimizer.safetensors")
          .hasSizeLessThanOrEqualTo(3);
    }
    Path best = folder.resolve("training/epoch-" + record.best());
    assertThat(best.resolve("config.json"))
        .content()
        .contains("ForSequenceClassification", "problem_type", "id2label", "label2id");
    tokenizerFiles
        .contents()
        .forEach((file, bytes) -> assertThat(best.resolve(file)).hasBinaryContent(bytes));
    assertThat(tokenizerFiles.contents()).containsKeys("tokenizer.json", "tokenizer_config.json");
  }

  @Test
  void theLossFallsAndTheDeltaGrows() throws IOException {
    List<Epoch> epochs =
        finetuning(folder.resolve("training"), encoder(Integer.MAX_VALUE)).train().epochs();

    assertThat(epochs.get(2).loss()).isLessThan(epochs.get(0).loss());
    assertThat(epochs.get(0).meanAbsDelta()).isPositive();
  }

  @Test
  void aRegressionLearnsItsScoresAndHasBaselines() throws IOException {
    EncoderConfig config = TINY.withLabels(Task.named("sts-b").outputs());
    try (Tokenizer tokenizer = tokenizerFiles.open(64, TINY.vocabSize());
        Encoder encoder = Encoders.open(config, TinyBert.checkpoint(config, 3), 5)) {
      // Scores that a linear layer on the untouched encoder can give exactly.
      List<Example> examples =
          Task.named("agreement")
              .load(new DataFolder(Optional.empty(), line -> {}), 0)
              .train()
              .stream()
              .limit(STEPS * 16)
              .map(Example::text)
              .map(text -> Example.of(text, 1 + 2 * pooled(encoder, tokenizer, text)))
              .toList();
      TaskData data = new TaskData(examples, examples.subList(0, 40), examples.subList(40, 80));
      Splits scored = Splits.of(tokenizer, data, Task.named("sts-b"));
      Map<String, Score> baselines = Baselines.scores(scored, encoder, 1, true);
      assertThat(baselines.get("mean").metric()).isEqualTo("combined_score");
      // The mean for every text correlates with nothing.
      assertThat(baselines.get("mean").value()).isZero();
      assertThat(baselines.get("frozen").value()).isGreaterThan(0.8);

      Path training = folder.resolve("training");
      List<Epoch> epochs =
          new Finetuning(
                  CONFIG,
                  scored,
                  encoder,
                  "job",
                  new TrainingFolder(training, tokenizerFiles, Cards::of),
                  Finetuning.CHECKPOINT_EVERY,
                  quiet())
              .train()
              .epochs();
      assertThat(epochs.get(2).loss()).isLessThan(epochs.get(0).loss());
      assertThat(training.resolve("epoch-3/config.json")).content().contains("regression");
    }
  }

  private static double pooled(Encoder encoder, Tokenizer tokenizer, String text) {
    return encoder.pooled(Batch.of(List.of(tokenizer.encode(text))))[0][0];
  }

  @Test
  void refusesTheTrainingOfAnotherJob() throws IOException {
    finetuning(folder.resolve("training"), encoder(Integer.MAX_VALUE)).train();
    Finetuning other =
        new Finetuning(
            CONFIG,
            splits,
            encoder(Integer.MAX_VALUE),
            "other",
            new TrainingFolder(folder.resolve("training"), tokenizerFiles, Cards::of),
            Finetuning.CHECKPOINT_EVERY,
            quiet());

    assertThatThrownBy(other::train)
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("training.json: belongs to another fine-tune");
  }

  private static Finetuning finetuning(Path folder, Encoder encoder) {
    return finetuning(folder, encoder, Finetuning.CHECKPOINT_EVERY);
  }

  private static Finetuning finetuning(Path folder, Encoder encoder, Duration every) {
    return finetuning(CONFIG, folder, encoder, every);
  }

  private static Finetuning finetuning(
      FinetuneConfig config, Path folder, Encoder encoder, Duration every) {
    TrainingFolder training = new TrainingFolder(folder, tokenizerFiles, Cards::of);
    return new Finetuning(config, splits, encoder, "job", training, every, quiet());
  }

  private static Console quiet() {
    Terminal nowhere = new Terminal(new ByteArrayOutputStream());
    return new Console(nowhere, nowhere, true);
  }

  private static List<Epoch> withoutSeconds(TrainingRecord record) {
    return record.epochs().stream()
        .map(e -> new Epoch(e.epoch(), e.loss(), e.validation(), e.meanAbsDelta(), 0, e.tokens()))
        .toList();
  }

  /** An encoder that fails at its n-th training step. */
  private static Encoder encoder(int failing) {
    return encoder(failing, new int[1]);
  }

  /** An encoder that counts its training steps. */
  private static Encoder counting(int[] steps) {
    return encoder(Integer.MAX_VALUE, steps);
  }

  private static Encoder encoder(int failing, int[] steps) {
    Encoder real = Encoders.open(TINY, TinyBert.checkpoint(TINY, 3), 5);
    return (Encoder)
        Proxy.newProxyInstance(
            Encoder.class.getClassLoader(),
            new Class<?>[] {Encoder.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("gradients") && ++steps[0] == failing) {
                throw new IllegalStateException("interrupted");
              }
              try {
                return method.invoke(real, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }
}
