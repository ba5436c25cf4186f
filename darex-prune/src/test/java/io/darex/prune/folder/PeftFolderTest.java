package io.darex.prune.folder;

import static io.darex.prune.Checkpoints.values;
import static io.darex.prune.folder.Adapters.CONFIG;
import static io.darex.prune.folder.Adapters.HEAD;
import static io.darex.prune.folder.Adapters.IN;
import static io.darex.prune.folder.Adapters.MODEL;
import static io.darex.prune.folder.Adapters.OUT;
import static io.darex.prune.folder.Adapters.QUERY;
import static io.darex.prune.folder.Adapters.QUERY_BASE;
import static io.darex.prune.folder.Adapters.VALUE_BASE;
import static io.darex.prune.folder.Adapters.base;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import io.darex.prune.Checkpoint;
import io.darex.prune.Checkpoints;
import io.darex.prune.Tensor;
import io.darex.prune.file.MalformedFileException;
import io.darex.prune.file.Steps;
import io.darex.prune.safetensors.Safetensors;
import io.darex.prune.tensor.InMemoryCheckpoint;
import io.darex.prune.torch.TorchZips;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Adapters as people's folders have them: what else is saved, torch files, full models beside. */
class PeftFolderTest {
  @TempDir private Path folder;

  private Path adapter(String config, Tensor... tensors) throws IOException {
    return Adapters.write(folder.resolve("adapter"), config, tensors);
  }

  private Path ordinary(String config) throws IOException {
    return Adapters.ordinary(folder.resolve("adapter"), config);
  }

  @Test
  void modulesToSaveAreNamedByTheEndsOfTheirNames() throws IOException {
    Tensor before = Adapters.named("pre_classifier.weight", Checkpoints.random(6, "", 1, OUT, OUT));
    Path distil =
        adapter(CONFIG, Adapters.a(QUERY, 2, IN), Adapters.b(QUERY, OUT, 2), before, HEAD);

    Checkpoint tuned = PeftAdapter.open(distil).onto(base());

    assertThat(values(tuned.tensors().get("pre_classifier.weight")))
        .containsExactly(values(before));
    PeftConfig config = new PeftConfig(2, 6, true, List.of("query"), List.of("fc1"));
    assertThat(config.saves("block.fc1.weight")).isTrue();
    assertThat(config.saves("block.my_fc1.inner.weight")).isTrue();
    assertThat(config.saves("block.fc12.weight")).isFalse();
    assertThat(config.saves("fc1")).isFalse();
  }

  /** With bias="all" PEFT writes a saved module's bias three times and reads back the first. */
  @Test
  void biasAllWithAClassifierIsRead() throws IOException {
    Tensor bias = Checkpoints.random(7, "", 1, 3);
    Path all =
        adapter(
            CONFIG.replace("\"bias\": \"none\"", "\"bias\": \"all\""),
            Adapters.a(QUERY, 2, IN),
            Adapters.b(QUERY, OUT, 2),
            HEAD,
            Adapters.named("classifier.bias", bias),
            Adapters.named("classifier.modules_to_save.bias", bias),
            Adapters.named("classifier.original_module.bias", Checkpoints.random(8, "", 1, 3)));

    PeftAdapter adapter = PeftAdapter.open(all);

    assertThat(adapter.saved()).containsOnlyKeys("classifier.bias", "classifier.weight");
    assertThat(values(adapter.onto(base()).tensors().get("classifier.bias")))
        .containsExactly(values(bias));
    assertThat(adapter.tensors()).hasSize(6);
  }

  @Test
  void aSavedEmbeddingGivesTheVocabularyItsSize() throws IOException {
    String words = "bert.embeddings.word_embeddings.weight";
    Checkpoint bare =
        InMemoryCheckpoint.of(
            List.of(QUERY_BASE, base(words, 11, 4)),
            Optional.of("{\"model_type\": \"bert\", \"vocab_size\": 11}"));
    Tensor resized = Adapters.named(words, Checkpoints.random(3, "", 1, 13, 4));
    Path adapter = adapter(CONFIG, Adapters.a(QUERY, 2, IN), Adapters.b(QUERY, OUT, 2), resized);

    Checkpoint tuned = PeftAdapter.open(adapter).onto(bare);

    assertThat(tuned.config().orElseThrow()).contains("\"vocab_size\" : 13");
    assertThat(values(tuned.tensors().get(words))).containsExactly(values(resized));
  }

  @Test
  void tensorsMayLieInATorchFile() throws IOException {
    Path plain = ordinary(CONFIG);
    Checkpoint expected = PeftAdapter.open(plain).onto(base());
    Path torch = Files.createDirectories(folder.resolve("torch"));
    Files.writeString(torch.resolve("adapter_config.json"), CONFIG);
    Tensor[] tensors = PeftAdapter.open(plain).tensors().values().toArray(Tensor[]::new);
    Files.write(torch.resolve("adapter_model.bin"), TorchZips.save(tensors));

    assertThat(PeftAdapter.isAt(torch)).isTrue();
    assertThat(CheckpointDigest.of(HuggingFaceFolder.openTuned(torch, base())))
        .isEqualTo(CheckpointDigest.of(expected));

    // safetensors win.
    Files.copy(
        plain.resolve("adapter_model.safetensors"), torch.resolve("adapter_model.safetensors"));
    Files.write(torch.resolve("adapter_model.bin"), new byte[3]);
    assertThat(CheckpointDigest.of(HuggingFaceFolder.openTuned(torch, base())))
        .isEqualTo(CheckpointDigest.of(expected));
  }

  @Test
  void aFullModelBesideAnAdapterIsReadAndSaid() throws IOException {
    Path both = ordinary(CONFIG);
    assertThat(PeftAdapter.isAt(both)).isTrue();
    assertThat(HuggingFaceFolder.beside(both)).isEmpty();
    Safetensors.write(both.resolve("model.safetensors"), List.of(VALUE_BASE), Map.of(), false);

    assertThat(PeftAdapter.isAt(both)).isFalse();
    String digest = CheckpointDigest.of(HuggingFaceFolder.open(both));
    assertThat(CheckpointDigest.of(HuggingFaceFolder.openTuned(both, base()))).isEqualTo(digest);
    assertThat(HuggingFaceFolder.beside(both))
        .contains(
            both
                + ": read as the full model in model.safetensors; the PEFT adapter beside it,"
                + " adapter_model.safetensors, is not read");
    // Who asks for the adapter gets it, and is told.
    assertThat(PeftAdapter.open(both).layers()).hasSize(2);
    assertThat(PeftAdapter.beside(both))
        .contains(
            both
                + ": read as the PEFT adapter in adapter_model.safetensors; the full model beside"
                + " it, model.safetensors, is not read");

    Files.delete(both.resolve("adapter_model.safetensors"));
    assertThat(CheckpointDigest.of(HuggingFaceFolder.openTuned(both, base()))).isEqualTo(digest);
    assertThat(HuggingFaceFolder.beside(both))
        .contains(
            both
                + ": read as the full model in model.safetensors; the adapter_config.json beside it"
                + " has no adapter's weights");
    Files.delete(both.resolve("model.safetensors"));
    assertThat(PeftAdapter.isAt(both)).isFalse();
    assertThatThrownBy(() -> HuggingFaceFolder.openTuned(both, base()))
        .isInstanceOf(NoSuchFileException.class)
        .hasMessageContaining("neither model.safetensors nor pytorch_model.bin");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"(([a-z.0-9]+)*)*X", "(([a-z]|[a-z.]|[0-9])+)+Y", "(.*)*(.*)*(.*)*(.*)*(.*)*Z"})
  void anEndlessPatternIsRefusedInTime(String pattern) throws IOException {
    Path bad =
        ordinary(
            CONFIG.replace("\"rank_pattern\": {}", "\"rank_pattern\": {\"" + pattern + "\": 3}"));

    assertTimeoutPreemptively(
        Duration.ofSeconds(60),
        () ->
            assertThatThrownBy(() -> PeftAdapter.open(bad))
                .isInstanceOf(MalformedFileException.class)
                .hasMessageContaining("adapter_config.json: expected regular expressions")
                .hasMessageContaining("matched in 30000000 steps"));
  }

  @Test
  void aPatternThatRepeatsOrNestsTooMuchIsRefused() throws IOException {
    for (String pattern :
        List.of("(?:(?:(?:){1000}){1000}){1000}", "(a{2147483647}){9}", "a".repeat(1001))) {
      Path bad =
          ordinary(
              CONFIG.replace(
                  "\"alpha_pattern\": {}", "\"alpha_pattern\": {\"" + pattern + "\": 3}"));
      assertThatThrownBy(() -> PeftAdapter.open(bad))
          .isInstanceOf(MalformedFileException.class)
          .hasMessageContaining("expected alpha_pattern to be under short regular expressions");
    }
    assertThat(Steps.isModest("layer\\.\\d{1,2}\\.attention.*(query|value)")).isTrue();
  }

  @Test
  void writesWhatItReads() throws IOException {
    PeftConfig config = new PeftConfig(2, 6, true, List.of("query"), List.of("classifier"));
    Tensor a = Checkpoints.random(1, PeftAdapter.key(QUERY, 'A'), 1, 2, IN);
    Tensor b = Checkpoints.random(2, PeftAdapter.key(QUERY, 'B'), 1, OUT, 2);
    Tensor head = Checkpoints.random(3, "classifier.weight", 1, 3, OUT);
    Path out = folder.resolve("out");

    PeftAdapter.write(out, config, "a/base", List.of(a, b), List.of(head), Optional.empty(), false);

    assertThat(Safetensors.open(out.resolve("adapter_model.safetensors")).tensors())
        .containsOnlyKeys(
            MODEL + QUERY + ".lora_A.weight",
            MODEL + QUERY + ".lora_B.weight",
            MODEL + "classifier.weight");
    assertThat(Safetensors.open(out.resolve("adapter_model.safetensors")).metadata())
        .containsEntry("format", "pt");
    assertThat(out.resolve("adapter_config.json"))
        .content()
        .contains("\"base_model_name_or_path\" : \"a/base\"", "\"peft_type\" : \"LORA\"")
        .contains("\"task_type\" : \"SEQ_CLS\"", "\"target_modules\" : [ \"query\" ]")
        .contains("\"modules_to_save\" : [ \"classifier\" ]", "\"r\" : 2");
    PeftAdapter read = PeftAdapter.open(out);
    assertThat(read.config()).isEqualTo(config);
    assertThat(values(read.onto(base()).tensors().get(QUERY + ".weight")))
        .containsExactly(PeftAdapterTest.merged(QUERY_BASE, b, a, 6 / Math.sqrt(2), false));
  }
}
