package io.darex.bench.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.darex.bench.cli.Darex.Outcome;
import io.darex.prune.KeptTensor;
import io.darex.prune.delta.SparseDeltaFile;
import io.darex.prune.folder.PeftAdapter;
import io.darex.prune.safetensors.Safetensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** LoRA from training to pruned adapters, on the command line and the real encoder. */
class LoraCommandTest {
  private static final String YAML =
      """
      task: agreement
      finetune: {limit: 32, epochs: 1, maxLength: 32, lora: {rank: 4, alpha: 8}}
      prune: {mask: random, dropRate: 0.5, rescale: inverse-keep-rate, seeds: 3}
      """;

  @TempDir private static Path shared;
  private static Path run;
  private static Path base;
  private static Path adapter;

  @TempDir private Path folder;

  @BeforeAll
  static void train() throws IOException {
    run = shared.resolve("run");
    base = shared.resolve("base");
    adapter = run.resolve("adapter");
    Path yaml = Files.writeString(shared.resolve("lora.yml"), YAML);
    Outcome outcome = Darex.run("run", yaml, "--out", run);
    assertThat(outcome.code()).as(outcome.err()).isZero();
    assertThat(Darex.run("encoder", "export", "minilm-l6", "--out", base).code()).isZero();
  }

  @Test
  void leavesAnAdapterBesideTheMergedCheckpointThatDifferInNothing() throws IOException {
    JsonNode config = new ObjectMapper().readTree(adapter.resolve("adapter_config.json").toFile());
    assertThat(config.at("/peft_type").asText()).isEqualTo("LORA");
    assertThat(config.at("/r").asInt()).isEqualTo(4);
    assertThat(config.at("/modules_to_save")).hasSize(1);
    assertThat(config.at("/target_modules")).hasSize(2);
    assertThat(PeftAdapter.open(adapter).layers()).hasSize(12);
    assertThat(run.resolve("results.json")).content().contains("\"adam, LoRA of rank 4\"");
    Path whole = folder.resolve("whole.safetensors");
    Outcome pruned =
        Darex.run(
            "prune",
            "--base",
            base,
            "--tuned",
            adapter,
            "--mask",
            "random",
            "--drop-rate",
            0.5,
            "--out",
            whole);
    assertThat(pruned.code()).as(pruned.err()).isZero();
    assertThat(pruned.err())
        .contains("adapter: its values take ", ", the sparse delta of its B·A about ")
        .contains(": pruning B·A does not pay, prune --adapter prunes its factors");
    // Of the base's 11 million entries the adapter changes 1,769,472; no others are kept.
    assertThat(
            SparseDeltaFile.read(whole).kept().values().stream().mapToLong(KeptTensor::kept).sum())
        .isBetween(880_000L, 890_000L);
    // The merged checkpoint and base with adapter are one and the same.
    Outcome verified = Darex.run("verify", whole, "--base", base, "--tuned", run.resolve("tuned"));
    assertThat(verified.code()).as(verified.out()).isZero();
    assertThat(Darex.run("verify", whole, "--base", base, "--tuned", adapter).code()).isZero();
    Outcome diff = Darex.run("diff", base, adapter, "--json");
    assertThat(diff.code()).as(diff.err()).isZero();
    assertThat(diff.out()).contains("attention.self.query.weight");
  }

  @Test
  void anAdapterScoresAsItsMergedCheckpointDoes() throws IOException {
    Outcome added =
        Darex.run("evaluate", "--model", base, "--delta", adapter, "--task", "agreement", "--json");

    assertThat(added.code()).as(added.err()).isZero();
    ObjectMapper json = new ObjectMapper();
    double merged =
        json.readTree(run.resolve("results.json").toFile()).at("/tuned/value").asDouble();
    assertThat(json.readTree(added.out()).at("/parts/0/metrics/matthews_correlation").asDouble())
        .isEqualTo(merged);
  }

  @Test
  void prunesTheFactorsEachAtItsRate() throws IOException {
    Path out = folder.resolve("pruned");

    Outcome outcome =
        Darex.run(
            "prune", "--adapter", adapter, "--drop-rate", 0.5, "--drop-rate-b", 0.75, "--out", out);

    assertThat(outcome.code()).as(outcome.err()).isZero();
    assertThat(outcome.out())
        .contains("of 36,864 entries are not zero")
        .contains("q 0.5 of A, 0.25 of B, together 0.125 (unbiased 0.125)");
    assertThat(out.resolve("adapter_config.json"))
        .hasSameBinaryContentAs(adapter.resolve("adapter_config.json"));
    assertThat(Safetensors.open(out.resolve("adapter_model.safetensors")).tensors())
        .containsOnlyKeys(PeftAdapter.open(adapter).tensors().keySet());
    Outcome json =
        Darex.run(
            "prune", "--adapter", adapter, "--drop-rate", 0.9, "--out", out, "--force", "--json");
    assertThat(json.out()).contains("\"nonZeros\":", "\"unbiased\":");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "prune --out OUT | expected --base and --tuned, or --adapter, got none",
        "prune --base BASE --out OUT | expected --base and --tuned, or --adapter, got --base"
            + " alone",
        "prune --adapter ADAPTER --base BASE --out OUT | --adapter: expected no --base, --tuned",
        "prune --adapter BASE --drop-rate 0.5 --out OUT | no adapter_config.json there",
        "prune --adapter ADAPTER --values bf16 --out OUT | expected no --values",
        "prune --adapter ADAPTER --drop-rate-a 1 --out OUT | dropRate",
        "prune --adapter ADAPTER --out OUT | --adapter: expected a --drop-rate, got none",
        "prune --adapter ADAPTER --drop-rate-a 0.5 --out OUT | --adapter: expected a --drop-rate,"
            + " got none",
        "prune --adapter ADAPTER --bytes 1MB --out OUT | --adapter: expected --drop-rate, as"
            + " factors are stored whole, got --bytes",
        "prune --base BASE --tuned BASE --q-a 0.5 --out OUT | expected --adapter with"
            + " --drop-rate-a",
        "prune --base ADAPTER --tuned BASE --out OUT | a PEFT adapter, which is nothing without",
        "diff ADAPTER BASE | a PEFT adapter, which is nothing without its base",
        "evaluate --model ADAPTER --task agreement | a PEFT adapter, which is nothing without",
      })
  void badInputIsOneLineAndExitsWithTwo(String line, String message) {
    String command =
        line.replace("ADAPTER", adapter.toString())
            .replace("BASE", base.toString())
            .replace("OUT", folder.resolve("x").toString());

    Outcome outcome = Darex.run((Object[]) command.split(" "));

    assertThat(outcome.code()).isEqualTo(2);
    assertThat(outcome.err()).contains(message).hasLineCount(1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "lora: {rank: 0} | finetune.lora.rank: expected a whole number from 1 to 4096, got 0",
        "lora: {alpha: 0} | finetune.lora.alpha: expected a number above 0, got 0",
        "lora: {rslora: 1} | finetune.lora.rslora: expected true or false, got 1",
        "lora: {target: query} | unknown key 'target'",
        "lora: {}, optimizer: adamr-l1 | finetune.optimizer: expected adam with lora, whose"
            + " factors",
        "lora: {}, lambda: 1 | expected no lambda with optimizer adam",
        "lora: {targets: [keys]} | finetune.lora.targets: expected the end of a linear layer's"
            + " name",
      })
  void aYamlAtFaultNamesTheKey(String section, String message) throws IOException {
    Path yaml = folder.resolve("bad.yml");
    Files.writeString(yaml, "task: agreement\nfinetune: {limit: 8, " + section + "}\n");

    Outcome outcome = Darex.run("run", yaml, "--out", folder.resolve("out"));

    assertThat(outcome.code()).isEqualTo(2);
    assertThat(outcome.err()).contains(message);
  }
}
