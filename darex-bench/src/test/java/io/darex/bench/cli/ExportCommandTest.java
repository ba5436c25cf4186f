package io.darex.bench.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.darex.bench.cli.Darex.Outcome;
import io.darex.bench.encoder.EncoderConfig;
import io.darex.bench.encoder.TinyBert;
import io.darex.prune.Checkpoint;
import io.darex.prune.folder.HuggingFaceFolder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code darex export --onnx} from folder to folder; what is in the file OnnxFolderTest checks. */
class ExportCommandTest {
  private static final EncoderConfig TINY =
      new EncoderConfig(20, 8, 1, 2, 16, 16, 2, 1e-12, 0, 0, 0, List.of());

  @TempDir private static Path folder;

  @BeforeAll
  static void writeModels() throws IOException {
    Map<String, byte[]> files = new TreeMap<>();
    files.put("vocab.txt", utf8("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nbirds\nsing\n"));
    files.put("LICENSE", utf8("As you like.\n"));
    Checkpoint tuned = TinyBert.checkpoint(TINY.withLabels(List.of("bad", "good")), 2);
    HuggingFaceFolder.write(at("tuned"), tuned, files, false);
    files.put("README.md", utf8("---\nlicense: mit\n---\nThe base.\n"));
    HuggingFaceFolder.write(at("base"), TinyBert.checkpoint(TINY, 1), files, false);
    ok(
        "prune",
        "--base",
        at("base"),
        "--tuned",
        at("tuned"),
        "--drop-rate",
        0.5,
        "--out",
        at("delta"));
    ok("apply", "--base", at("base"), "--delta", at("delta"), "--out", at("merged"));
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static Path at(String name) {
    return folder.resolve(name);
  }

  private static void ok(Object... arguments) {
    Outcome outcome = Darex.run(arguments);
    assertThat(outcome.code()).as(outcome.err()).isZero();
  }

  @Test
  void aBaseAndADeltaAreTheModelThatTheyMake() throws IOException {
    ok("export", "--onnx", "--base", at("base"), "--delta", at("delta"), "--out", at("together"));
    ok("export", "--onnx", "--model", at("merged"), "--out", at("one"));
    for (String name : List.of("model.onnx", "config.json", "vocab.txt", "LICENSE")) {
      assertThat(at("together").resolve(name)).hasSameBinaryContentAs(at("one").resolve(name));
    }
    for (String out : List.of("together", "one")) {
      assertThat(at(out).resolve("README.md"))
          .content()
          .startsWith("---\nlicense: mit\n")
          .contains("| outputs | bad, good |");
    }
    ok("export", "--onnx", "--model", at("base"), "--out", at("one"), "--force"); // no head
    assertThat(at("one").resolve("README.md")).content().endsWith("The base.\n");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--onnx | expected either --model, or --base and --delta, with --onnx",
        "--onnx --base BASE | expected either --model, or --base and --delta, with --onnx",
        "--onnx --model BASE --delta DELTA | expected either --model, or --base and --delta",
        "--model BASE | and neither --model nor --base without --onnx, got no --delta",
        "--base BASE --delta DELTA | neither --model nor --base without --onnx, got --base",
        "--onnx --model DELTA | delta: expected",
        "--onnx --model NOWHERE | nowhere: ",
        "--onnx --base TUNED --delta DELTA | expected",
      })
  void wrongArgumentsAreToldInOneLine(String options, String message) {
    String given =
        options
            .replace("BASE", at("base").toString())
            .replace("TUNED", at("tuned").toString())
            .replace("DELTA", at("delta").toString())
            .replace("NOWHERE", at("nowhere").toString());
    Object[] arguments = ("export " + given + " --out " + at("out")).split(" ", -1);
    Outcome outcome = Darex.run(arguments);
    assertThat(outcome.code()).isEqualTo(2);
    assertThat(outcome.err()).hasLineCount(1).contains(message);
    assertThat(Files.exists(at("out"))).isFalse();
  }
}
