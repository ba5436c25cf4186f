package io.darex.bench.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.darex.bench.BadInputException;
import io.darex.bench.Console;
import io.darex.bench.config.FinetuneConfig;
import io.darex.bench.encoder.Batch;
import io.darex.bench.encoder.BuiltInEncoders;
import io.darex.bench.encoder.Encoder;
import io.darex.bench.encoder.EncoderConfig;
import io.darex.bench.encoder.Encoders;
import io.darex.bench.encoder.TinyBert;
import io.darex.bench.encoder.Tokenizer;
import io.darex.bench.encoder.TokenizerFiles;
import io.darex.bench.glue.DataFolder;
import io.darex.bench.glue.Example;
import io.darex.bench.glue.Metric;
import io.darex.bench.glue.Scoring;
import io.darex.bench.glue.Task;
import io.darex.bench.glue.TaskData;
import io.darex.bench.report.Results.Epoch;
import io.darex.bench.report.Results.Score;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Training on real sentences with an encoder small enough to train in a second. */
class FinetuningTest {
  private static final EncoderConfig TINY =
      new EncoderConfig(30522, 8, 1, 2, 16, 64, 2, 1e-12, 0.1, 0.1, 0.1, List.of("no", "yes"));
  private static final FinetuneConfig CONFIG =
      new FinetuneConfig("adamr-l2", 1e-2, "global", 1e-2, 3, 16, 64, 0.06, 1, 7, 0);
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
      splits = Splits.of(tokenizer, some, Scoring.by(Metric.MATTHEWS));
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
    Path best = finetuning.checkpoint(record.best());
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
      Splits scored = Splits.of(tokenizer, data, Task.named("sts-b").scoring());
      Map<String, Score> baselines = Baselines.scores(scored, encoder, 1);
      assertThat(baselines.get("majority").metric()).isEqualTo("combined_score");
      // The mean for every text correlates with nothing.
      assertThat(baselines.get("majority").value()).isZero();
      assertThat(baselines.get("frozen").value()).isGreaterThan(0.8);

      Path training = folder.resolve("training");
      List<Epoch> epochs =
          new Finetuning(CONFIG, scored, encoder, tokenizerFiles, "job", training, quiet())
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
            tokenizerFiles,
            "other",
            folder.resolve("training"),
            quiet());

    assertThatThrownBy(other::train)
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("training.json: belongs to another fine-tune");
  }

  private static Finetuning finetuning(Path folder, Encoder encoder) {
    return new Finetuning(CONFIG, splits, encoder, tokenizerFiles, "job", folder, quiet());
  }

  private static Console quiet() {
    PrintStream nowhere =
        new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8);
    return new Console(nowhere, nowhere, true);
  }

  private static List<Epoch> withoutSeconds(TrainingRecord record) {
    return record.epochs().stream()
        .map(e -> new Epoch(e.epoch(), e.loss(), e.validation(), e.meanAbsDelta(), 0))
        .toList();
  }

  /** An encoder that fails at its n-th training step. */
  private static Encoder encoder(int failing) {
    Encoder real = Encoders.open(TINY, TinyBert.checkpoint(TINY, 3), 5);
    int[] steps = {0};
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
