package io.darex.prune.delta;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.darex.prune.Checkpoint;
import io.darex.prune.Checkpoints;
import io.darex.prune.DType;
import io.darex.prune.MismatchException;
import io.darex.prune.Tensor;
import io.darex.prune.file.MalformedFileException;
import io.darex.prune.file.WriteOptions;
import io.darex.prune.folder.HuggingFaceFolder;
import io.darex.prune.mask.RandomMask;
import io.darex.prune.recipe.Recipe;
import io.darex.prune.rescale.InverseKeepRate;
import io.darex.prune.safetensors.Safetensors;
import io.darex.prune.tensor.ConvertedTensor;
import io.darex.prune.tensor.FloatTensor;
import io.darex.prune.tensor.InMemoryCheckpoint;
import io.darex.prune.tensor.LongTensor;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Folders through prune and apply: types, configuration and what lies beside the weights. */
class ApplyJobTest {
  private static final String WORDS = "embeddings.word_embeddings.weight";
  private static final String CONFIG =
      "{\"model_type\":\"bert\",\"vocab_size\":20,\"dtype\":\"float32\",\"layerdrop\":NaN}";

  @TempDir private Path folder;

  private final FloatTensor weight = Checkpoints.random(1, "encoder.w", 1, 40, 40);
  private final FloatTensor words = Checkpoints.random(2, WORDS, 1, 20, 8);

  private Path base() {
    return folder.resolve("base");
  }

  private Path tuned() {
    return folder.resolve("tuned");
  }

  private Path delta() {
    return folder.resolve("delta");
  }

  private Path out() {
    return folder.resolve("out");
  }

  private static void write(Path folder, String config, Map<String, String> files, Tensor... all)
      throws IOException {
    Map<String, byte[]> extras = new TreeMap<>();
    files.forEach((name, text) -> extras.put(name, text.getBytes(StandardCharsets.UTF_8)));
    HuggingFaceFolder.write(
        folder, InMemoryCheckpoint.of(List.of(all), Optional.of(config)), extras, true);
  }

  private PruneJob prune(double dropRate) throws IOException {
    Recipe recipe = new Recipe(new RandomMask(0, dropRate), new InverseKeepRate());
    PruneJob job = PruneJob.open(base(), tuned(), recipe);
    job.run(delta(), WriteOptions.defaults().withForce(true));
    return job;
  }

  private ApplyJob apply(Optional<DType> dtype) throws IOException {
    return apply(1, dtype);
  }

  private ApplyJob apply(double strength, Optional<DType> dtype) throws IOException {
    ApplyJob job =
        ApplyJob.open(
            base(), delta(), ApplyJob.Settings.defaults().withStrength(strength).withDtype(dtype));
    job.run(out(), WriteOptions.defaults().withForce(true));
    return job;
  }

  private String text(String name) throws IOException {
    return Files.readString(out().resolve(name));
  }

  private List<String> files() throws IOException {
    try (var files = Files.walk(out())) {
      return files
          .filter(Files::isRegularFile)
          .map(file -> out().relativize(file).toString())
          .sorted()
          .toList();
    }
  }

  /** Half of the entries change by less than half a unit in BF16's last place, half by far more. */
  @Test
  void saysWhatTheTypeOfTheOutputRoundsAway() throws IOException {
    float[] before = new float[100];
    float[] after = new float[100];
    for (int i = 0; i < 100; i++) {
      before[i] = 1;
      after[i] = i < 50 ? 1 + 0x1p-10f : 1 + 0x1p-2f;
    }
    Tensor half = ConvertedTensor.of(new FloatTensor("w", new long[] {100}, before), DType.BF16);
    write(base(), CONFIG, Map.of(), half);
    write(tuned(), CONFIG, Map.of(), new FloatTensor("w", new long[] {100}, after));
    prune(0);
    assertThat(apply(Optional.empty()).notes(out()))
        .containsExactly(
            "bf16 rounds away 50 of 100 kept entries, which have 0.39 % of the delta's norm: 50"
                + " are left; --dtype f32 keeps them all");
    assertThat(text("config.json")).contains("\"dtype\" : \"bfloat16\"");
    assertThat(apply(Optional.of(DType.F32)).notes(out())).isEmpty();
    assertThat(text("config.json")).contains("float32");
    // Ten times as large, they are not lost.
    assertThat(apply(10, Optional.empty()).notes(out())).isEmpty();
  }

  @Test
  void theConfigurationNamesTheTypeInTheFile() throws IOException {
    Tensor half = ConvertedTensor.of(weight, DType.F16);
    Tensor head = Checkpoints.random(7, "classifier.weight", 1, 2, 40);
    for (String keys :
        List.of(
            "\"dtype\":\"float32\"",
            "\"torch_dtype\":\"float32\"",
            "\"torch_dtype\":\"float32\",\"dtype\":\"float32\"",
            "\"x\":1")) {
      write(base(), CONFIG, Map.of(), half);
      Tensor tuned = Checkpoints.tuned(3, weight, "bert.encoder.w");
      write(tuned(), "{\"layerdrop\":NaN," + keys + "}", Map.of(), tuned, head);
      prune(0.5);
      apply(Optional.empty());
      String config = text("config.json");
      assertThat(config).doesNotContain("float32").contains("\"layerdrop\" : NaN");
      assertThat(config.split("float16", -1)).hasSize(keys.contains(",") ? 3 : 2);
      // What is true already stays as it is.
      apply(Optional.of(DType.F32));
      assertThat(text("config.json")).isEqualTo("{\"layerdrop\":NaN," + keys + "}");
    }
  }

  @Test
  void theVocabularySizeIsThatOfTheEmbeddings() throws IOException {
    write(base(), CONFIG, Map.of(), weight, words);
    Tensor more = Checkpoints.random(5, WORDS, 1, 23, 8);
    write(tuned(), CONFIG, Map.of(), Checkpoints.tuned(3, weight, "encoder.w"), more);
    prune(0.5);
    apply(Optional.empty());
    assertThat(text("config.json")).contains("\"vocab_size\" : 23").contains("NaN");
  }

  @Test
  void theFolderHasWhatTheTunedOneHad() throws IOException {
    Map<String, String> ofBase =
        Map.of(
            "vocab.txt", "a\nb\n",
            "tokenizer_config.json", "{\"do_lower_case\":true,\"n\":1}",
            "merges.txt", "of another tokenizer");
    Map<String, String> ofTuned =
        new TreeMap<>(
            Map.of(
                "vocab.txt", "a\nb\nentity\n",
                "tokenizer_config.json", "{\"n\": 1, \"do_lower_case\": true}\n",
                "added_tokens.json", "{\"entity\":2}",
                "spiece.model", "\u0001\u0002",
                "generation_config.json", "{}",
                "modules.json", "[]",
                "1_Pooling/config.json", "{\"mean\":true}"));
    ofTuned.putAll(
        Map.of(
            "pytorch_model.bin", "weights",
            "trainer_state.json", "{}",
            "training_args.bin", "x",
            ".secret", "x"));
    write(base(), CONFIG, ofBase, weight);
    write(tuned(), CONFIG, ofTuned, Checkpoints.tuned(3, weight, "encoder.w"));
    PruneJob job = prune(0.5);
    assertThat(job.report())
        .anyMatch(
            line ->
                line.startsWith("tokenizer: not the base's; files of the tuned model that go with")
                    && line.endsWith(
                        "1_Pooling/config.json, added_tokens.json, generation_config.json,"
                            + " modules.json, spiece.model, vocab.txt"));
    apply(Optional.empty());
    assertThat(files())
        .containsExactly(
            "1_Pooling/config.json",
            "README.md",
            "added_tokens.json",
            "config.json",
            "generation_config.json",
            "model.safetensors",
            "modules.json",
            "spiece.model",
            "tokenizer_config.json",
            "vocab.txt");
    assertThat(text("vocab.txt")).isEqualTo("a\nb\nentity\n");
    assertThat(text("1_Pooling/config.json")).isEqualTo("{\"mean\":true}");
    // The same JSON in another layout costs nothing: it is the base's that is written.
    assertThat(text("tokenizer_config.json")).isEqualTo(ofBase.get("tokenizer_config.json"));
    assertThat(SparseDeltaFile.open(delta()).tensors().tensors().keySet())
        .contains("file:vocab.txt")
        .doesNotContain("file:tokenizer_config.json");
  }

  @Test
  void aModelWithoutATokenizerHasItsBases() throws IOException {
    write(base(), CONFIG, Map.of("vocab.txt", "a", "special_tokens_map.json", "{}"), weight);
    write(tuned(), CONFIG, Map.of(), Checkpoints.tuned(3, weight, "encoder.w"));
    assertThat(prune(0.5).report()).noneMatch(line -> line.contains("tokenizer"));
    apply(Optional.empty());
    assertThat(files())
        .containsExactly(
            "README.md",
            "config.json",
            "model.safetensors",
            "special_tokens_map.json",
            "vocab.txt");
  }

  @Test
  void theModelHasACardAndTheLicenceOfItsBase() throws IOException {
    String card = "---\nlicense: mit\n---\nThe base.\n";
    write(base(), CONFIG, Map.of("README.md", card, "LICENSE", "As you like."), weight);
    FloatTensor changed = Checkpoints.tuned(3, weight, "encoder.w");
    write(tuned(), CONFIG, Map.of(), changed);
    prune(0.5);
    assertThat(SparseDeltaFile.open(delta()).tensors().tensors().keySet())
        .noneMatch(key -> key.startsWith("file:"));
    apply(0.5, Optional.of(DType.BF16));
    assertThat(text("LICENSE")).isEqualTo("As you like.");
    assertThat(text("README.md"))
        .startsWith("---\nlicense: mit\n")
        .contains(SparseDeltaFile.read(delta()).provenance().base().orElseThrow())
        .contains("\"rescale\":\"inverse-keep-rate\"")
        .contains("darex apply --base BASE --delta DELTA --scale 0.5 --dtype bf16 --out FOLDER");
    byte[] ours = Files.readAllBytes(out().resolve("README.md"));

    write(tuned(), CONFIG, Map.of("README.md", "Mine.", "licence.txt", "Mine alone."), changed);
    prune(0.5);
    apply(Optional.empty());
    assertThat(text("README.md")).isEqualTo("Mine.");
    assertThat(files()).contains("licence.txt").doesNotContain("LICENSE");

    // A card of darex speaks of the model beside it, and not of what is pruned from that.
    write(tuned(), CONFIG, Map.of("README.md", new String(ours, UTF_8)), changed);
    prune(0.5);
    assertThat(SparseDeltaFile.read(delta()).provenance().files()).containsOnlyKeys("LICENSE");
  }

  @Test
  void anotherTokenizerBesideTheBaseIsRefusedAndAMissingFileSaid() throws IOException {
    Map<String, String> files = Map.of("vocab.txt", "a", "generation_config.json", "{}");
    write(base(), CONFIG, files, weight);
    write(tuned(), CONFIG, files, Checkpoints.tuned(3, weight, "encoder.w"));
    prune(0.5);
    Files.delete(base().resolve("generation_config.json"));
    assertThat(apply(Optional.empty()).notes(out()))
        .containsExactly(
            "not written, since they are not beside the base's weights as they were:"
                + " generation_config.json");
    Files.writeString(base().resolve("vocab.txt"), "b");
    assertThatThrownBy(() -> apply(Optional.empty()))
        .isInstanceOf(MismatchException.class)
        .hasMessageStartingWith("vocab.txt of the base: expected the file with digest ");
  }

  @Test
  void aBareFileHasNoPlaceForThem() throws IOException {
    write(base(), CONFIG, Map.of("vocab.txt", "a"), weight);
    write(tuned(), CONFIG, Map.of(), Checkpoints.tuned(3, weight, "encoder.w"));
    prune(0.5);
    ApplyJob job = ApplyJob.open(base(), delta());
    assertThat(job.notes(folder.resolve("out.safetensors")))
        .containsExactly("a bare file has no place for vocab.txt; --out FOLDER writes them");
  }

  /** By the metadata that name files, and the tensors that hold them. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"../evil\":\"HEX\"} | files of a tokenizer and the like, got '../evil'",
        "{\"/etc/passwd\":\"HEX\"} | got '/etc/passwd'",
        "{\"1_a/../../evil\":\"HEX\"} | got '1_a/../../evil'",
        "{\"1_a\\\\evil\":\"HEX\"} | got '1_a\\evil'",
        "{\"..\":\"HEX\"} | got '..'",
        "{\".bashrc\":\"HEX\"} | got '.bashrc'",
        "{\"config.json\":\"HEX\"} | got 'config.json'",
        "{\"CONFIG.JSON\":\"HEX\"} | got 'CONFIG.JSON'",
        "{\"model.safetensors\":\"HEX\"} | got 'model.safetensors'",
        "{\"pytorch_model.bin\":\"HEX\"} | got 'pytorch_model.bin'",
        "{\"vocab.txt\\n\":\"HEX\"} | got 'vocab.txt\\u000a'",
        "{\"\":\"HEX\"} | got ''",
        "{\"vocab.txt\":\"AB\"} | 64 hexadecimal digits for vocab.txt, got AB",
        "{\"vocab.txt\":null} | 64 hexadecimal digits for vocab.txt, got null",
        "{\"vocab.txt\":[]} | darex.files to be a JSON object of the documented form",
        "{\"vocab.txt\":\"HEX\",\"vocab.txt\":\"HEX\"} | Duplicate field",
        "[] | darex.files to be a JSON object",
        "{} | a digest in darex.files for each file:NAME, got vocab.txt",
        "{\"vocab.txt\":\"HEX\"} | file:vocab.txt with the digest 00",
      })
  void hostileFilesAreRefused(String files, String message) throws IOException {
    write(base(), CONFIG, Map.of("vocab.txt", "a"), weight);
    write(tuned(), CONFIG, Map.of("vocab.txt", "b"), Checkpoints.tuned(3, weight, "encoder.w"));
    prune(0.5);
    Safetensors good = Safetensors.open(delta());
    Map<String, String> metadata = new TreeMap<>(good.metadata());
    metadata.put("darex.files", files.replace("HEX", "0".repeat(64)));
    metadata.put("darex.kept", "none");
    List<Tensor> tensors = new ArrayList<>(good.tensors().values());
    Safetensors.write(folder.resolve("hostile"), tensors, metadata, true);
    assertThatThrownBy(() -> SparseDeltaFile.read(folder.resolve("hostile")))
        .isInstanceOf(MalformedFileException.class)
        .hasMessageContaining(message);
  }

  @Test
  void aFileThatIsNoBytesIsRefused() throws IOException {
    write(base(), CONFIG, Map.of("vocab.txt", "a"), weight);
    write(tuned(), CONFIG, Map.of("vocab.txt", "b"), Checkpoints.tuned(3, weight, "encoder.w"));
    prune(0.5);
    Safetensors good = Safetensors.open(delta());
    Map<String, Tensor> tensors = new TreeMap<>(good.tensors());
    tensors.put("file:vocab.txt", new LongTensor("file:vocab.txt", new long[1]));
    Map<String, String> metadata = new TreeMap<>(good.metadata());
    metadata.put("darex.kept", "none");
    Safetensors.write(folder.resolve("hostile"), tensors.values(), metadata, true);
    assertThatThrownBy(() -> SparseDeltaFile.open(folder.resolve("hostile")))
        .isInstanceOf(MalformedFileException.class)
        .hasMessageContaining("file:vocab.txt as U8 of rank 1");
  }

  @Test
  void theStrengthIsThatOfTheSparseDelta() throws IOException {
    write(base(), CONFIG, Map.of(), weight);
    write(tuned(), CONFIG, Map.of(), Checkpoints.tuned(3, weight, "encoder.w"));
    prune(0.5);
    apply(-0.5, Optional.empty());
    Checkpoint expected =
        SparseDeltaFile.read(delta()).applyTo(HuggingFaceFolder.open(base()), -0.5);
    assertThat(Checkpoints.values(HuggingFaceFolder.open(out()).tensors().get("encoder.w")))
        .isEqualTo(Checkpoints.values(expected.tensors().get("encoder.w")));
  }
}
