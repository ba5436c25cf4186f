package io.darex.bench.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.darex.bench.config.FinetuneConfig;
import io.darex.bench.config.LoraConfig;
import io.darex.bench.console.BadInputException;
import io.darex.bench.console.Console;
import io.darex.bench.console.Terminal;
import io.darex.bench.encoder.Batch;
import io.darex.bench.encoder.BuiltInEncoders;
import io.darex.bench.encoder.EncoderConfig;
import io.darex.bench.encoder.Encoders;
import io.darex.bench.encoder.TinyBert;
import io.darex.bench.report.Results.Epoch;
import io.darex.bench.task.DataFolder;
import io.darex.bench.task.Task;
import io.darex.bench.task.TaskData;
import io.darex.bench.task.TaskTexts;
import io.darex.bench.tokenizer.Tokenizer;
import io.darex.bench.tokenizer.TokenizerFiles;
import io.darex.prune.Checkpoint;
import io.darex.prune.Tensor;
import io.darex.prune.folder.HuggingFaceFolder;
import io.darex.prune.folder.PeftAdapter;
import io.darex.prune.tensor.InMemoryCheckpoint;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
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
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Low-rank training on real sentences with a tiny encoder. */
class LoraTrainingTest {
  private static final EncoderConfig TINY =
      new EncoderConfig(30522, 8, 1, 2, 16, 64, 2, 1e-12, 0.1, 0.1, 0.1, List.of("no", "yes"));
  private static final LoraConfig LORA = new LoraConfig(2, 4, List.of("query", "value"), false);
  private static final FinetuneConfig CONFIG =
      FinetuneConfig.builder()
          .optimizer("adam")
          .lambda(0)
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
          .lora(LORA)
          .build();
  private static final int STEPS = 4;
  private static final String LAYER = "bert.encoder.layer.0.";
  private static TokenizerFiles tokenizerFiles;
  private static Splits splits;

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
  }

  /** A pre-trained encoder, which has no head. */
  private static Checkpoint base() {
    SortedMap<String, Tensor> tensors = new TreeMap<>(TinyBert.checkpoint(TINY, 3).tensors());
    tensors.keySet().removeIf(name -> name.startsWith("classifier."));
    return new InMemoryCheckpoint(tensors, Optional.of(TINY.withLabels(List.of()).toJson()));
  }

  private static LoraTraining training(LoraConfig lora, EncoderConfig config) {
    return new LoraTraining(lora, Encoders.open(config, base(), 5), base(), "tiny", 7);
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

  /** The directional derivative of the loss, by central differences, against the chain rule. */
  @ParameterizedTest
  @ValueSource(strings = {"A", "B"})
  void theGradientOfAFactorIsTheSlopeOfTheLoss(String factor) {
    LoraConfig lora = new LoraConfig(2, 3, List.of("query", "value", "output.dense"), true);
    LoraTraining training = training(lora, TINY.withDropout(0));
    SplittableRandom random = new SplittableRandom(11);
    // B starts at zero, where A has no slope.
    training.own().values().forEach(array -> step(array, random(random, array, 0.5), 1));
    training.stepped();
    TaskTexts texts = splits.train();
    int[] rows = {0, 1, 2, 3, 4, 5, 6, 7};
    Batch batch = texts.batch(rows);
    int[] labels = {0, 1, 1, 0, 1, 0, 0, 1};
    Map<String, INDArray> gradients =
        training.gradients(training.encoder().gradients(batch, labels, 0).byName());
    int compared = 0;
    for (Map.Entry<String, INDArray> own : training.own().entrySet()) {
      if (!own.getKey().endsWith("lora_" + factor + ".weight")) {
        continue;
      }
      double[] gradient = gradients.get(own.getKey()).dup('c').data().asDouble();
      double norm = 0;
      for (double g : gradient) {
        norm += g * g;
      }
      norm = Math.sqrt(norm);
      double[] direction = new double[gradient.length];
      for (int i = 0; i < direction.length; i++) {
        direction[i] = gradient[i] / norm + 0.3 * random.nextGaussian();
      }
      double expected = 0;
      for (int i = 0; i < direction.length; i++) {
        expected += gradient[i] * direction[i];
      }
      double h = 5e-3;
      step(own.getValue(), direction, h);
      training.stepped();
      double up = training.encoder().gradients(batch, labels, 0).loss();
      step(own.getValue(), direction, -2 * h);
      training.stepped();
      double down = training.encoder().gradients(batch, labels, 0).loss();
      step(own.getValue(), direction, h);
      training.stepped();
      assertThat((up - down) / (2 * h))
          .as(own.getKey())
          .isCloseTo(expected, within(0.03 * Math.abs(expected) + 2e-4));
      compared++;
    }
    assertThat(compared).isEqualTo(4);
    assertThat(gradients).containsOnlyKeys(training.parameters().keySet());
  }

  private static double[] random(SplittableRandom random, INDArray like, double spread) {
    return random.doubles(like.length(), -spread, spread).toArray();
  }

  private static void step(INDArray array, double[] direction, double h) {
    for (int i = 0; i < direction.length; i++) {
      array.putScalar(i, array.getDouble(i) + h * direction[i]);
    }
  }

  @Test
  void onlyTheTargetsAndTheHeadChangeAndBaseWithAdapterGivesTheMergedBytes() throws IOException {
    Path training = folder.resolve("training");

    TrainingRecord record = finetuning(training, training(LORA, TINY)).train();

    Checkpoint base = base();
    Checkpoint merged = HuggingFaceFolder.open(training.resolve("epoch-3"));
    PeftAdapter adapter = PeftAdapter.open(training.resolve("epoch-3.adapter"));
    Checkpoint tuned = adapter.onto(base);
    assertThat(tuned.config()).isEqualTo(merged.config());
    assertThat(tuned.tensors()).containsOnlyKeys(merged.tensors().keySet());
    merged
        .tensors()
        .forEach(
            (name, tensor) -> {
              float[] values = values(tensor);
              assertThat(values(tuned.tensors().get(name))).as(name).containsExactly(values);
              if (name.startsWith("classifier.") || name.matches(".*(query|value)\\.weight")) {
                return;
              }
              assertThat(values(base.tensors().get(name))).as(name).containsExactly(values);
            });
    assertThat(values(merged.tensors().get(LAYER + "attention.self.query.weight")))
        .isNotEqualTo(values(base.tensors().get(LAYER + "attention.self.query.weight")));
    assertThat(adapter.layers()).hasSize(2);
    assertThat(adapter.saved()).containsOnlyKeys("classifier.weight", "classifier.bias");
    assertThat(adapter.config().saved()).containsExactly("classifier");
    assertThat(training.resolve("epoch-3.adapter/adapter_config.json"))
        .content()
        .contains("\"base_model_name_or_path\" : \"tiny\"", "\"lora_alpha\" : 4.0");
    assertThat(record.epochs()).extracting(Epoch::meanAbsDelta).allMatch(delta -> delta > 0);
  }

  @ParameterizedTest
  @ValueSource(ints = {3, STEPS + 3, 2 * STEPS + 1})
  void anInterruptedTrainingEndsInTheSameBytes(int failing) throws IOException {
    Path straight = folder.resolve("straight/training");
    finetuning(straight, training(LORA, TINY)).train();
    Path broken = folder.resolve("broken/training");
    Finetuning interrupted =
        finetuning(broken, new FailingTrainable(training(LORA, TINY), failing));
    assertThatThrownBy(interrupted::train).hasMessage("interrupted");

    finetuning(broken, training(LORA, TINY)).train();

    for (String file :
        List.of(
            "epoch-3/model.safetensors",
            "epoch-3.optimizer.safetensors",
            "epoch-3.adapter/adapter_model.safetensors")) {
      assertThat(broken.resolve(file)).hasSameBinaryContentAs(straight.resolve(file));
    }
  }

  @Test
  void whatTheBaseLacksIsTrainedAndSavedWhole() throws IOException {
    SortedMap<String, Tensor> tensors = new TreeMap<>(base().tensors());
    tensors.keySet().removeIf(name -> name.contains("pooler"));
    Checkpoint poor = new InMemoryCheckpoint(tensors, base().config());
    LoraTraining training = new LoraTraining(LORA, Encoders.open(TINY, poor, 5), poor, "tiny", 7);

    training.writeAdapter(folder.resolve("adapter"));

    PeftAdapter adapter = PeftAdapter.open(folder.resolve("adapter"));
    assertThat(adapter.config().saved()).containsExactly("bert.pooler.dense", "classifier");
    assertThat(adapter.onto(poor).tensors())
        .containsOnlyKeys(training.encoder().checkpoint().tensors().keySet());
  }

  @Test
  void aTargetThatIsNoLinearLayerIsRefused() {
    for (String target : List.of("word_embeddings", "LayerNorm", "quer", "classifier")) {
      LoraConfig lora = new LoraConfig(2, 4, List.of(target), false);
      assertThatThrownBy(() -> training(lora, TINY))
          .isInstanceOf(BadInputException.class)
          .hasMessage(
              "finetune.lora.targets: expected the end of a linear layer's name, such as dense,"
                  + " key, query, value, got \"%s\"",
              target);
    }
  }

  private static float[] values(Tensor tensor) {
    float[] values = new float[(int) tensor.count()];
    tensor.read(0, values, 0, values.length);
    return values;
  }
}
