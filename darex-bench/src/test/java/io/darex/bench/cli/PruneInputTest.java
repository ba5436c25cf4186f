package io.darex.bench.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.darex.bench.cli.Darex.Outcome;
import io.darex.prune.folder.HuggingFaceFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What {@code darex prune} and its kin say to bad input: what is wrong, and nothing written. */
class PruneInputTest {
  @TempDir private static Path shared;
  private static Pair pair;
  private static Path sparse;

  @TempDir private Path folder;

  @BeforeAll
  static void prune() throws IOException {
    pair = Pair.in(shared, OptionalLong.empty());
    sparse = shared.resolve("delta.safetensors");
    Outcome outcome =
        Darex.run(
            "prune",
            "--base",
            pair.base(),
            "--tuned",
            pair.tuned(),
            "--drop-rate",
            "0.9",
            "--out",
            sparse);
    assertThat(outcome.code()).as(outcome.err()).isZero();
  }

  private Outcome prune(String... options) {
    return Darex.run(
        Stream.concat(
                Stream.of("prune", "--base", pair.base(), "--tuned", pair.tuned(), "--out", out()),
                Stream.of(options))
            .toArray());
  }

  private Path out() {
    return folder.resolve("out.safetensors");
  }

  /** Where a folder is taken its name is, unless something is called so. */
  @Test
  void aBuiltInEncoderIsACheckpoint() throws IOException {
    Outcome same = Darex.run("diff", "minilm-l6", "minilm-l6");
    assertThat(same.code()).as(same.err()).isZero();
    assertThat(same.out()).startsWith("identical: ");
    for (String[] command :
        new String[][] {
          {"prune", "--base", "minilm-l6", "--tuned", pair.tuned().toString()},
          {"apply", "--base", "minilm-l6", "--delta", sparse.toString()},
        }) {
      Outcome outcome =
          Darex.run(Stream.concat(Stream.of(command), Stream.of("--out", out())).toArray());
      assertThat(outcome.code()).isEqualTo(2);
      assertThat(outcome.err()).doesNotContain("no checkpoint there");
    }
    Outcome verified = Darex.run("verify", sparse, "--base", "minilm-l6");
    assertThat(verified.out()).contains("base digest");
    assertNothingWritten();
  }

  @Test
  void aDryRunWritesNothing() throws IOException {
    Outcome outcome = prune("--dry-run");
    assertThat(outcome.code()).isZero();
    assertThat(outcome.out())
        .contains("3 tensors, 35,648 entries to prune")
        .contains("file: about");
    assertThat(outcome.err()).isEmpty();
    assertNothingWritten();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--mask rondom | --mask: unknown value 'rondom': did you mean 'random'?",
        "--drop-rate 1 | --drop-rate: expected a number in [0, 1), got '1'",
        "--drop-rate 99 | expected a number in [0, 1), got '99': did you mean 0.99?",
        "--drop-rate 99.5% | expected a number in [0, 1), got '99.5%': did you mean 0.995?",
        "--drop-rate much | --drop-rate: expected a number in [0, 1), got 'much'",
        "--mask random --scope row | --scope: expected --mask magnitude with it, got random",
        "--mask magnitude --scope column | --scope: unknown value 'column' (valid: tensor, row,"
            + " model)",
        "--mask stratified | --mask stratified: expected --group with it, got none",
        "--mask n:m --keep 2/4 | --keep: expected n:m, such as 2:4, got \"2/4\"",
        "--mask n:m --keep 5:4 | n:m must have 1 ≤ n ≤ m",
        "--budget varience | --budget: unknown value 'varience': did you mean 'variance'?",
        "--budget variance --mask n:m | mask n:m cannot have a drop rate for each tensor",
        "--budget variance --mask magnitude --scope model | cannot have a drop rate for each",
        "--rescale q-labelled | needs labels: expected --task TASK",
        "--rescale q | --rescale q: expected --q or --q-file with it, got neither",
        "--q 2 | --q: expected a number in (0, 1], got '2'",
        "--rescale none --q 0.5 | --q: expected --rescale q with it, got none",
        "--values sign --mask random | expected values f32, bf16 or f16 with mask random, which may"
            + " keep zeros, got sign",
        "--bytes 400KB --drop-rate 0.9 | expected either --bytes or --drop-rate, got both",
        "--bytes lots | --bytes: expected a size such as 400KB, 1.5MB or 1%, got 'lots'",
        "--bytes 1MB --mask n:m | n:m",
        "--seed 3 | --seed: expected --mask columns or random or stratified with it, got magnitude",
        "--values f64 | --values: unknown value 'f64' (valid: f32, bf16, f16, sign)",
        "--preset decoder | nothing to prune",
        "--only bert.encoder.laier* | only pattern 'bert.encoder.laier*' matches no tensor",
        "--threads 0 | expected a number from 1 to 9999, got '0'",
        "--config nowhere.yml | nowhere.yml: expected a YAML file, got none there",
        "--q-file nowhere.yml | nowhere.yml: expected a YAML file, got none there",
      })
  void aBadArgumentIsOneLineAndNothingIsWritten(String options, String message) throws IOException {
    Outcome outcome = prune(options.split(" ", -1));
    assertThat(outcome.code()).isEqualTo(2);
    assertThat(outcome.out()).isEmpty();
    assertThat(outcome.err()).startsWith("darex: ").contains(message).doesNotContain("\tat ");
    assertThat(outcome.err().lines().filter(line -> !line.startsWith("Try "))).hasSize(1);
    assertNothingWritten();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "mask: random\\nrate: 0.9 | c.yml:2: rate: unknown key 'rate'",
        "dropRate: 1.5 | c.yml:1: dropRate: expected a number in [0, 1), got 1.5",
        "mask: n:m\\nkeep: 4 | c.yml:2: keep: expected n:m in quotes",
        "mask: best | c.yml:1: mask: unknown value 'best'",
        "budget: even | c.yml:1: budget: unknown value 'even'",
        "calibration: 3 | c.yml:1: calibration: expected the name of a text file, got 3",
        "only: {a: 1} | c.yml:1: only: expected a name or pattern, or a list of them",
      })
  void aBadConfigurationIsNamedByFileAndLine(String yaml, String message) throws IOException {
    Path config = Files.writeString(folder.resolve("c.yml"), yaml.replace("\\n", "\n") + "\n");
    Outcome outcome = prune("--config", config.toString());
    assertThat(outcome.code()).isEqualTo(2);
    assertThat(outcome.err()).contains(message).hasLineCount(1);
    assertThat(out()).doesNotExist();
  }

  @Test
  void allMismatchesAreReportedAtOnce() throws IOException {
    Path other = folder.resolve("other");
    SplittableRandom random = new SplittableRandom(2);
    HuggingFaceFolder.write(
        other,
        Pair.checkpoint(
            "BertModel",
            Pair.random(random, Pair.DENSE, 1, null, 64, 128),
            Pair.random(random, Pair.BIAS, 1, null, 128)),
        Map.of(),
        false);
    Outcome outcome = Darex.run("prune", "--base", pair.base(), "--tuned", other, "--out", out());
    assertThat(outcome.code()).isEqualTo(2);
    assertThat(outcome.err())
        .startsWith("darex: 2 mismatches")
        .contains("tensor " + Pair.DENSE + ": shape [64, 256] in the base, [64, 128]")
        .contains("tensor " + Pair.BIAS + ": shape [64] in the base, [128]");
    assertThat(out()).doesNotExist();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "apply --base BASE --delta DELTA --out OUT --dtype f8 | expected f32, f16 or bf16, got"
            + " 'f8'",
        "apply --base BASE --delta DELTA --out OUT --shard-size 1GB | expected a folder as --out",
        "apply --base BASE --delta DELTA --out x --shard-size lots | expected a size such as 2GB",
        "apply --base TUNED --delta DELTA --out OUT | wrong base",
        "apply --base BASE --delta BASE/model.safetensors --out OUT | a sparse delta, which has",
        "export --delta DELTA --out DELTA | the output is the input",
        "prune --base BASE --tuned TUNED --out DELTA | exists already; --force replaces it",
        "prune --base BASE --tuned nowhere --out OUT | nowhere: no checkpoint there",
        "inspect nowhere | nowhere: no such file",
        "verify nowhere | nowhere: no such file",
        "diff BASE nowhere | nowhere: no checkpoint there",
        "diff BASE | Missing required parameter: 'B'",
      })
  void badInputIsOneLineAndNothingIsWritten(String command, String message) throws IOException {
    Object[] words =
        command
            .replace("BASE", pair.base().toString())
            .replace("TUNED", pair.tuned().toString())
            .replace("DELTA", sparse.toString())
            .replace("OUT", out().toString())
            .split(" ", -1);
    Outcome outcome = Darex.run(words);
    assertThat(outcome.code()).isEqualTo(2);
    assertThat(outcome.out()).isEmpty();
    assertThat(outcome.err()).startsWith("darex: ").contains(message).doesNotContain("\tat ");
    assertThat(outcome.err().lines().filter(line -> !line.startsWith("Try "))).hasSize(1);
    assertNothingWritten();
  }

  private void assertNothingWritten() throws IOException {
    try (Stream<Path> left = Files.list(folder)) {
      assertThat(left).isEmpty();
    }
  }
}
