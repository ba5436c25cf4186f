package io.darex.prune.folder;

import static io.darex.prune.Checkpoints.values;
import static io.darex.prune.folder.Adapters.CONFIG;
import static io.darex.prune.folder.Adapters.HEAD;
import static io.darex.prune.folder.Adapters.IN;
import static io.darex.prune.folder.Adapters.MODEL;
import static io.darex.prune.folder.Adapters.OUT;
import static io.darex.prune.folder.Adapters.QUERY;
import static io.darex.prune.folder.Adapters.QUERY_BASE;
import static io.darex.prune.folder.Adapters.VALUE;
import static io.darex.prune.folder.Adapters.VALUE_BASE;
import static io.darex.prune.folder.Adapters.base;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.darex.prune.Checkpoint;
import io.darex.prune.Checkpoints;
import io.darex.prune.Delta;
import io.darex.prune.MismatchException;
import io.darex.prune.NonFiniteException;
import io.darex.prune.Pruning;
import io.darex.prune.Tensor;
import io.darex.prune.delta.PruneJob;
import io.darex.prune.delta.SparseDeltaFile;
import io.darex.prune.delta.Verification;
import io.darex.prune.file.MalformedFileException;
import io.darex.prune.file.WriteOptions;
import io.darex.prune.mask.RandomMask;
import io.darex.prune.recipe.Recipe;
import io.darex.prune.rescale.InverseKeepRate;
import io.darex.prune.safetensors.Safetensors;
import io.darex.prune.tensor.FloatTensor;
import io.darex.prune.tensor.InMemoryCheckpoint;
import io.darex.prune.tensor.LowRankTensor;
import io.darex.prune.tensor.Renamed;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** LoRA adapters read as tuned checkpoints, against a product computed here. */
class PeftAdapterTest {
  @TempDir private Path folder;

  private Path adapter(String config, Tensor... tensors) throws IOException {
    return Adapters.write(folder.resolve("adapter"), config, tensors);
  }

  private Path ordinary(String config) throws IOException {
    return Adapters.ordinary(folder.resolve("adapter"), config);
  }

  /** W₀ + s·B·A (or its transpose), summed in double, rounded once. */
  static float[] merged(Tensor w, Tensor b, Tensor a, double scale, boolean transposed) {
    int columns = (int) w.shape()[1];
    int rank = (int) a.shape()[0];
    float[] merged = values(w);
    for (int i = 0; i < merged.length; i++) {
      int out = transposed ? i % columns : i / columns;
      int in = transposed ? i / columns : i % columns;
      double sum = 0;
      for (int k = 0; k < rank; k++) {
        sum += (double) b.at((long) out * rank + k) * a.at(k * a.shape()[1] + in);
      }
      merged[i] = (float) (merged[i] + scale * sum);
    }
    return merged;
  }

  @ParameterizedTest
  @CsvSource({"false, 3.0", "true, 4.242640687119285"})
  void theTunedCheckpointIsBasePlusScaledProductAndTheSavedModules(boolean rslora, double scale)
      throws IOException {
    String config = CONFIG.replace("\"use_rslora\": false", "\"use_rslora\": " + rslora);

    Checkpoint tuned = PeftAdapter.open(ordinary(config)).onto(base());

    assertThat(tuned.tensors())
        .containsOnlyKeys(
            QUERY + ".weight", VALUE + ".weight", "bert.pooler.dense.bias", "classifier.weight");
    for (String module : List.of(QUERY, VALUE)) {
      Tensor w = module.equals(QUERY) ? QUERY_BASE : VALUE_BASE;
      assertThat(values(tuned.tensors().get(module + ".weight")))
          .containsExactly(
              merged(w, Adapters.b(module, OUT, 2), Adapters.a(module, 2, IN), scale, false));
    }
    assertThat(values(tuned.tensors().get("classifier.weight"))).containsExactly(values(HEAD));
    assertThat(values(tuned.tensors().get("bert.pooler.dense.bias")))
        .containsExactly(values(base("bert.pooler.dense.bias", OUT)));
  }

  @Test
  void anElementIsTheSameHoweverItIsRead() {
    long seed = new SplittableRandom().nextLong();
    SplittableRandom random = new SplittableRandom(seed);
    for (boolean transposed : new boolean[] {false, true}) {
      // Rows wider than what is computed at a time, in one of the two.
      int out = transposed ? 4200 : 3;
      int in = transposed ? 3 : 4200;
      Tensor w = base("w", transposed ? in : out, transposed ? out : in);
      Tensor a = Adapters.a("m", 4, in);
      Tensor b = Adapters.b("m", out, 4);
      Tensor tensor = new LowRankTensor(w, b, a, 0.7, transposed);
      float[] expected = merged(w, b, a, 0.7, transposed);
      assertThat(values(tensor)).as("seed " + seed).containsExactly(expected);
      for (int i = 0; i < 50; i++) {
        int from = random.nextInt(expected.length);
        int length = random.nextInt(expected.length - from) + 1;
        float[] into = new float[length + 2];
        tensor.read(from, into, 1, length);
        ByteBuffer bytes = tensor.bytes(from, length);
        for (int j = 0; j < length; j++) {
          if (into[j + 1] != expected[from + j] || bytes.getFloat(4 * j) != expected[from + j]) {
            throw new AssertionError("seed " + seed + ", element " + (from + j));
          }
        }
        assertThat(into[0]).isZero();
        assertThat(tensor.at(from)).as("seed " + seed).isEqualTo(expected[from]);
      }
    }
  }

  @Test
  void patternsGiveSingleModulesTheirOwnRankAndAlpha() throws IOException {
    String config =
        CONFIG
            .replace("\"rank_pattern\": {}", "\"rank_pattern\": {\"layer.0.*.value\": 3}")
            .replace("\"alpha_pattern\": {}", "\"alpha_pattern\": {\"self.value\": 12}");
    Tensor a = Adapters.a(VALUE, 3, IN);
    Tensor b = Adapters.b(VALUE, OUT, 3);

    PeftAdapter adapter =
        PeftAdapter.open(
            adapter(config, Adapters.a(QUERY, 2, IN), Adapters.b(QUERY, OUT, 2), a, b));

    assertThat(adapter.layers().get(QUERY + ".weight").scale()).isEqualTo(3);
    assertThat(adapter.layers().get(VALUE + ".weight").scale()).isEqualTo(4);
    assertThat(values(adapter.onto(base()).tensors().get(VALUE + ".weight")))
        .containsExactly(merged(VALUE_BASE, b, a, 4, false));
  }

  @Test
  void fanInFanOutAndEmbeddingsAreTransposed() throws IOException {
    String words = "bert.embeddings.word_embeddings";
    Tensor a = Adapters.named(words + ".lora_embedding_A", Checkpoints.random(1, "", 1, 2, 11));
    Tensor b = Adapters.named(words + ".lora_embedding_B", Checkpoints.random(2, "", 1, 4, 2));
    Tensor table = base(words + ".weight", 11, 4);
    // With an embedding among the targets PEFT saves its table as well.
    Tensor saved =
        Adapters.named(words + ".base_layer.weight", Checkpoints.random(3, "", 1, 11, 4));

    Checkpoint tuned = PeftAdapter.open(adapter(CONFIG, a, b, saved)).onto(Checkpoints.of(table));

    assertThat(values(tuned.tensors().get(words + ".weight")))
        .containsExactly(merged(saved, b, a, 3, true));

    Tensor square = base(QUERY + ".weight", IN, OUT);
    Path flipped =
        adapter(
            CONFIG.replace("\"fan_in_fan_out\": false", "\"fan_in_fan_out\": true"),
            Adapters.a(QUERY, 2, IN),
            Adapters.b(QUERY, OUT, 2));
    Checkpoint added = PeftAdapter.open(flipped).onto(Checkpoints.of(square));
    assertThat(values(added.tensors().get(QUERY + ".weight")))
        .containsExactly(
            merged(square, Adapters.b(QUERY, OUT, 2), Adapters.a(QUERY, 2, IN), 3, true));
  }

  @Test
  void readsTheKeysOfARawStateDictToo() throws IOException {
    Tensor a = Adapters.a(QUERY, 2, IN);
    Tensor b = Adapters.b(QUERY, OUT, 2);
    Path raw =
        adapter(
            CONFIG.replace("\"bias\": \"none\"", "\"bias\": \"lora_only\""),
            Adapters.named(QUERY + ".lora_A.default.weight", a),
            Adapters.named(QUERY + ".lora_B.default.weight", b),
            Adapters.named(QUERY + ".base_layer.bias", Checkpoints.random(4, "", 1, OUT)),
            Adapters.named("classifier.modules_to_save.default.weight", HEAD));
    Tensor bias = base(QUERY + ".bias", OUT);

    Checkpoint tuned = PeftAdapter.open(raw).onto(Checkpoints.of(QUERY_BASE, bias));

    assertThat(values(tuned.tensors().get(QUERY + ".weight")))
        .containsExactly(merged(QUERY_BASE, b, a, 3, false));
    assertThat(values(tuned.tensors().get("classifier.weight"))).containsExactly(values(HEAD));
    assertThat(values(tuned.tensors().get(QUERY + ".bias")))
        .containsExactly(values(Checkpoints.random(4, "", 1, OUT)));
  }

  @Test
  void aBaseWithoutTheModelPrefixGetsItAndItsConfigTheHeadsLabels() throws IOException {
    String config =
        "{\"architectures\": [\"BertModel\"], \"model_type\": \"bert\", \"vocab_size\": 9}";
    Checkpoint bare =
        InMemoryCheckpoint.of(
            List.of(
                new Renamed("encoder.layer.0.attention.self.query.weight", QUERY_BASE),
                new Renamed("encoder.layer.0.attention.self.value.weight", VALUE_BASE),
                base("embeddings.LayerNorm.gamma", OUT)),
            Optional.of(config));

    Checkpoint tuned = PeftAdapter.open(ordinary(CONFIG)).onto(bare);

    assertThat(tuned.tensors())
        .containsOnlyKeys(
            QUERY + ".weight",
            VALUE + ".weight",
            "bert.embeddings.LayerNorm.gamma",
            "classifier.weight");
    assertThat(tuned.config())
        .hasValueSatisfying(
            text ->
                assertThat(text)
                    .contains("BertForSequenceClassification", "\"2\" : \"LABEL_2\"")
                    .contains("\"vocab_size\" : 9")
                    .doesNotContain("LABEL_3"));
    Delta delta = new Pruning(new RandomMask(1, 0.5)).delta(bare, tuned);
    assertThat(delta.pairs()).hasSize(3);
    assertThat(delta.whole()).containsOnlyKeys("classifier.weight");
  }

  /** PEFT saves every module whose name ends so: DistilBERT's pre_classifier with classifier. */
  @Test
  void pruneJobTakesAnAdapterAndTheFileVerifiesAgainstIt() throws IOException {
    Path base = folder.resolve("base.safetensors");
    Safetensors.write(base, base().tensors().values(), Map.of(), false);
    Path tuned = ordinary(CONFIG);
    Path out = folder.resolve("delta.safetensors");
    Recipe recipe = new Recipe(new RandomMask(3, 0.5), new InverseKeepRate());

    PruneJob.open(base, tuned, recipe).run(out, WriteOptions.defaults());

    Checkpoint before = HuggingFaceFolder.open(base);
    Checkpoint after = HuggingFaceFolder.openTuned(tuned, before);
    assertThat(Verification.of(out, Optional.of(before), Optional.of(after), 2))
        .allMatch(check -> check.state() != Verification.State.FAILED)
        .anyMatch(check -> check.detail().contains("tuned − base, bit for bit"));
    assertThat(SparseDeltaFile.read(out).provenance().tuned()).contains(CheckpointDigest.of(after));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"peft_type\": \"LORA\" | \"peft_type\": \"LOHA\" | expected peft_type to be \"LORA\","
            + " got \"LOHA\"",
        "\"peft_type\": \"LORA\", | | expected peft_type to be \"LORA\", got nothing",
        "\"use_dora\": false | \"use_dora\": true | expected use_dora to be none, which no plain"
            + " LoRA has, got true",
        "\"lora_bias\": false | \"lora_bias\": true | expected lora_bias to be none",
        "\"layer_replication\": null | \"layer_replication\": [[0, 4]] | expected layer_replication"
            + " to be none",
        "\"init_lora_weights\": true | \"init_lora_weights\": \"pissa_niter_4\" | expected"
            + " init_lora_weights to be one that leaves the base as it is, got \"pissa_niter_4\"",
        "\"r\": 2 | \"r\": 0 | expected r to be a whole number from 1 to 65536, got 0",
        "\"r\": 2 | \"r\": 3 | expected factors [3, in] and [out, 3] of"
            + " bert.encoder.layer.0.attention.self.query, as adapter_config.json says, got [2,"
            + " 5] and [7, 2]",
        "\"lora_alpha\": 6 | \"lora_alpha\": \"6\" | expected lora_alpha to be a number, got"
            + " \"6\"",
        "\"use_rslora\": false | \"use_rslora\": 1 | expected use_rslora to be true or false, got"
            + " 1",
        "\"bias\": \"none\" | \"bias\": \"some\" | expected bias to be one of [",
        "\"rank_pattern\": {} | \"rank_pattern\": {\"(\": 4} | expected rank_pattern.( to be under"
            + " a regular expression, got 4",
        "\"alpha_pattern\": {} | \"alpha_pattern\": [1] | expected alpha_pattern to be an object,"
            + " got [1]",
        "\"modules_to_save\": [\"classifier\", \"score\"] | \"modules_to_save\": \"classifier\" |"
            + " expected modules_to_save to be a list of names",
        "\"r\": 2 | \"r\": 2, \"r\": 2 | expected a JSON object, got Duplicate field 'r'",
      })
  void refusesAConfigurationItCannotFollow(String line, String instead, String message)
      throws IOException {
    assertThat(CONFIG).contains(line);
    Path bad = ordinary(CONFIG.replace(line, instead == null ? "" : instead));

    assertThatThrownBy(() -> PeftAdapter.open(bad))
        .isInstanceOf(MalformedFileException.class)
        .hasMessageContaining(bad.toString())
        .hasMessageContaining(message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "base_model.model.m.lora_magnitude_vector | lora_A and lora_B, the factors of a plain LoRA,"
            + " only, got base_model.model.m.lora_magnitude_vector",
        "base_model.model.m.lora_A.weight | expected lora_A and lora_B of m, got only lora_A",
        "base_model.model.m.lora_B.bias | the factors of a plain LoRA, only, got"
            + " base_model.model.m.lora_B.bias",
        "bert.m.lora_A.weight | expected tensor names that begin with base_model.model., got"
            + " bert.m.lora_A.weight",
        "base_model.model.bert.encoder.layer.0.attention.self.query.lora_A.other.weight | expected"
            + " one adapter, got",
      })
  void refusesTensorsThatAreNoPlainLora(String key, String message) throws IOException {
    Path bad =
        adapter(
            CONFIG,
            Adapters.a(QUERY, 2, IN),
            Adapters.b(QUERY, OUT, 2),
            Checkpoints.random(1, key, 1, 2, IN));

    assertThatThrownBy(() -> PeftAdapter.open(bad))
        .isInstanceOf(MalformedFileException.class)
        .hasMessageContaining("adapter_model.safetensors")
        .hasMessageContaining(message);
  }

  @Test
  void refusesWhatIsNoAdapterAtAll() throws IOException {
    Path headOnly = adapter(CONFIG, HEAD);
    assertThatThrownBy(() -> PeftAdapter.open(headOnly))
        .isInstanceOf(MalformedFileException.class)
        .hasMessageContaining("expected tensors base_model.model.….lora_A.weight, got none");
    assertThatThrownBy(() -> HuggingFaceFolder.open(headOnly))
        .isInstanceOf(MalformedFileException.class)
        .hasMessageContaining("a PEFT adapter, which is nothing without its base");
    Files.delete(headOnly.resolve("adapter_model.safetensors"));
    assertThatThrownBy(() -> PeftAdapter.open(headOnly))
        .isInstanceOf(NoSuchFileException.class)
        .hasMessageContaining("the adapter has no adapter_model.safetensors");
    Path flat =
        adapter(
            CONFIG,
            Checkpoints.random(1, MODEL + "m.lora_A.weight", 1, 2, 3, 1, 1),
            Adapters.b("m", 4, 2));
    assertThatThrownBy(() -> PeftAdapter.open(flat))
        .isInstanceOf(MalformedFileException.class)
        .hasMessageContaining("of two dimensions, got F32 [2, 3, 1, 1]");
  }

  @Test
  void allThatDoesNotFitTheBaseIsListed() throws IOException {
    PeftAdapter adapter =
        PeftAdapter.open(
            adapter(
                CONFIG,
                Adapters.a(QUERY, 2, IN),
                Adapters.b(QUERY, OUT, 2),
                Adapters.a(VALUE, 2, IN),
                Adapters.b(VALUE, OUT, 2),
                Adapters.named("bert.extra.weight", HEAD)));
    Checkpoint other = Checkpoints.of(base(VALUE + ".weight", OUT, OUT));

    assertThatThrownBy(() -> adapter.onto(other))
        .isInstanceOf(MismatchException.class)
        .hasMessageContaining("tensor " + QUERY + ".weight of the adapter: the base has none")
        .hasMessageContaining(
            "tensor " + VALUE + ".weight: shape [7, 7] in the base, B [7, 2] and A [2, 5]")
        .hasMessageContaining(
            "tensor bert.extra.weight of the adapter: the base has none of that name, and"
                + " modules_to_save [classifier, score] does not name it");
  }

  @Test
  void notANumberInAFactorIsFoundWhereItMatters() throws IOException {
    float[] values = values(Adapters.a(QUERY, 2, IN));
    values[1] = Float.NaN;
    Tensor bad = new FloatTensor(MODEL + QUERY + ".lora_A.weight", new long[] {2, IN}, values);
    Checkpoint tuned =
        PeftAdapter.open(adapter(CONFIG, bad, Adapters.b(QUERY, OUT, 2))).onto(base());

    assertThatThrownBy(() -> values(tuned.tensors().get(QUERY + ".weight")))
        .isInstanceOf(NonFiniteException.class)
        .hasMessageContaining(QUERY + ".weight, element 1:");
  }
}
