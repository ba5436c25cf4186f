package io.darex.prune.folder;

import static org.assertj.core.api.Assertions.assertThat;

import io.darex.prune.Checkpoint;
import io.darex.prune.Checkpoints;
import io.darex.prune.MismatchException;
import io.darex.prune.NonFiniteException;
import io.darex.prune.Tensor;
import io.darex.prune.file.Fuzz;
import io.darex.prune.file.MalformedFileException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Adapter folders with a mutated configuration or mutated weights, merged into their base. */
class AdapterFuzzTest {
  private static final int OUT = 7;
  private static final int IN = 5;

  private static final Fuzz FUZZ =
      new Fuzz(
          List.of(
              "alpha_pattern",
              "rank_pattern",
              "bias",
              "all",
              "lora_only",
              "none",
              "fan_in_fan_out",
              "lora_alpha",
              "lora_bias",
              "modules_to_save",
              "peft_type",
              "LORA",
              "r",
              "target_modules",
              "all-linear",
              "exclude_modules",
              "layers_to_transform",
              "use_dora",
              "use_rslora",
              "true",
              "null",
              "query",
              "classifier",
              "(a+)+$",
              "lora_A",
              "lora_B",
              "weight",
              "base_model",
              "F32",
              "BF16",
              "F64",
              "I64",
              "BOOL"));

  private static final Checkpoint BASE =
      Checkpoints.of(
          Checkpoints.random(1, Adapters.QUERY + ".weight", 1, OUT, IN),
          Checkpoints.random(2, Adapters.VALUE + ".weight", 1, OUT, IN),
          Checkpoints.random(3, "bert.embeddings.word_embeddings.weight", 1, 9, IN),
          Checkpoints.random(4, "bert.pooler.dense.bias", 1, OUT));

  @TempDir Path folder;
  private byte[] weights;

  @BeforeEach
  void writeGoodAdapter() throws IOException {
    Adapters.write(
        folder,
        Adapters.CONFIG,
        Adapters.a(Adapters.QUERY, 2, IN),
        Adapters.b(Adapters.QUERY, OUT, 2),
        Adapters.a(Adapters.VALUE, 2, IN),
        Adapters.b(Adapters.VALUE, OUT, 2),
        Adapters.named("classifier.weight", Checkpoints.random(5, "head", 1, 3, OUT)),
        Adapters.named("classifier.bias", Checkpoints.random(6, "bias", 1, 3)));
    weights = Files.readAllBytes(folder.resolve(PeftAdapter.WEIGHTS));
    assertThat(PeftAdapter.open(folder).onto(BASE).tensors()).isNotEmpty();
  }

  @Test
  void mergesOrSaysWhatIsWrong() {
    String config = Adapters.CONFIG;
    String regex = config.replace("[\"value\", \"query\"]", "\".*(query|value)$\"");
    String all = regex.replace("\"bias\": \"none\"", "\"bias\": \"all\"");
    String patterns =
        config
            .replace("\"rank_pattern\": {}", "\"rank_pattern\": {\"query\": 2, \"^x.*\": 3}")
            .replace("\"alpha_pattern\": {}", "\"alpha_pattern\": {\"layer.0.+value\": 8}")
            .replace("\"layers_pattern\": null", "\"layers_pattern\": \"layer\"")
            .replace("\"layers_to_transform\": null", "\"layers_to_transform\": [0]");
    List<String> configs = List.of(config, regex, all, patterns);
    Fuzz.run(
        random -> {
          String good = configs.get(random.nextInt(configs.size()));
          boolean mutated = random.nextInt(3) > 0;
          Fuzz.replace(
              folder.resolve("adapter_config.json"),
              mutated ? FUZZ.text(good, random) : good.getBytes(StandardCharsets.UTF_8));
          Fuzz.replace(
              folder.resolve(PeftAdapter.WEIGHTS),
              mutated && random.nextBoolean() ? weights : FUZZ.safetensors(weights, random));
        },
        () -> {
          for (Tensor tensor : PeftAdapter.open(folder).onto(BASE).tensors().values()) {
            assertThat(tensor.count()).isLessThan(10_000);
            tensor.bytes(0, (int) tensor.count());
          }
        },
        Set.of(MalformedFileException.class, MismatchException.class, NonFiniteException.class));
  }
}
