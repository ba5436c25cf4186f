package io.darex.bench.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.darex.bench.cli.Commands;
import io.darex.bench.cli.Darex;
import io.darex.bench.cli.Darex.Outcome;
import io.darex.bench.cli.Pair;
import io.darex.bench.encoder.EncoderConfig;
import io.darex.bench.encoder.TinyBert;
import io.darex.prune.folder.HuggingFaceFolder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.commons.io.FileUtils;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The failures of every day, at every input of every command: a sentence, and exit 1 or 2. */
class FaultTest {
  private static final Pattern JAVA =
      Pattern.compile("Exception|Error:|\\bjava[.x]|\\bio\\.darex|\\tat |Input length");

  /** A whole model, as scoring wants it; its labels are those of the task agreement. */
  private static final EncoderConfig CONFIG =
      TinyBert.CONFIG.withLabels(List.of("unacceptable", "acceptable"));

  /** Every place of a command where a file is named, BAD. */
  private static final List<String> FILES =
      List.of(
          "run BAD --out OUT",
          "sweep BAD --out OUT",
          "prune --base BASE --tuned TUNED --out OUT --config BAD",
          "prune --base BASE --tuned TUNED --out OUT --q-file BAD",
          "evaluate --model TUNED --task BAD",
          "evaluate --model TUNED --task own.yml",
          "prune --base BAD --tuned TUNED --out OUT",
          "prune --base BASE --tuned BAD --out OUT",
          "-q prune --base BASE --tuned TUNED --out OUT --mask wanda --calibration BAD",
          "prune --adapter BAD --drop-rate 0.5 --out OUT",
          "apply --base BAD --delta DELTA --out OUT",
          "apply --base BASE --delta BAD --out OUT",
          "export --delta BAD --out OUT",
          "inspect BAD",
          "verify DELTA --base BAD",
          "diff BAD TUNED",
          "diff BASE BAD",
          "select --base BAD --tuned TUNED --drop-rate 0.9",
          "select --base BASE --tuned BAD --drop-rate 0.9",
          "evaluate --model BAD --task own.yml",
          "evaluate --model TUNED --delta BAD --task own.yml");

  /** Every text in a model's folder, and a command that reads it. */
  private static final Map<String, String> TEXTS =
      Map.of(
          "config.json", "evaluate --model FOLDER --task own.yml",
          "tokenizer.json", "evaluate --model FOLDER --task agreement",
          "tokenizer_config.json", "evaluate --model FOLDER --task agreement",
          "model.safetensors.index.json", "diff BASE FOLDER",
          "adapter_config.json", "prune --adapter FOLDER --drop-rate 0.5 --out OUT");

  private enum Kind {
    MISSING,
    FOLDER,
    BELOW_A_FILE,
    LOOP,
    DEVICE,
    EMPTY,
    BINARY,
    GIT_LFS,
    WEB_PAGE,
    ZIP,
    TRUNCATED
  }

  @TempDir private static Path shared;
  private static Pair pair;

  @TempDir private Path folder;

  @BeforeAll
  static void pair() throws IOException {
    pair = new Pair(shared.resolve("base"), shared.resolve("tuned"));
    String words = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\nb\nc\nd\ne\nf\n";
    Map<String, byte[]> vocabulary = Map.of("vocab.txt", words.getBytes(StandardCharsets.UTF_8));
    HuggingFaceFolder.write(pair.base(), TinyBert.checkpoint(CONFIG, 3), vocabulary, false);
    HuggingFaceFolder.write(pair.tuned(), TinyBert.checkpoint(CONFIG, 4), vocabulary, false);
    Outcome outcome =
        Darex.run(
            "prune",
            "--base",
            pair.base(),
            "--tuned",
            pair.tuned(),
            "--drop-rate",
            0.9,
            "--out",
            delta());
    assertThat(outcome.code()).as(outcome.err()).isZero();
  }

  /** A task whose texts are BAD. */
  @BeforeEach
  void task() throws IOException {
    Files.writeString(
        folder.resolve("own.yml"),
        "train: BAD\ndev: BAD\ntext: a\nlabel: b\nlabels: [unacceptable, acceptable]\nmetric: accuracy\n"
            .replace("BAD", folder.resolve("bad").toString()));
  }

  private static Path delta() {
    return shared.resolve("delta.safetensors");
  }

  private String words(String command, Path bad) {
    return command
        .replace("BASE", pair.base().toString())
        .replace("TUNED", pair.tuned().toString())
        .replace("DELTA", delta().toString())
        .replace("OUT", folder.resolve("out").toString())
        .replace("FOLDER", folder.resolve("model").toString())
        .replace("own.yml", folder.resolve("own.yml").toString())
        .replace("BAD", bad.toString());
  }

  static Stream<Arguments> filesAndKinds() {
    return FILES.stream()
        .flatMap(
            command ->
                Stream.of(Kind.values())
                    // A broken text is a text to calibrate on.
                    .filter(kind -> kind != Kind.TRUNCATED || !command.contains("--calibration"))
                    .map(kind -> Arguments.of(command, kind)));
  }

  @ParameterizedTest
  @MethodSource("filesAndKinds")
  void aBadFileIsASentence(String command, Kind kind) throws IOException {
    Path bad = folder.resolve("bad");
    make(bad, kind);
    Path named = kind == Kind.BELOW_A_FILE ? bad.resolve("below") : bad;
    Outcome outcome = Darex.run((Object[]) words(command, named).split(" "));
    assertSentence(outcome, "bad");
  }

  /** To verify, a file that is none is a check that failed, and so a result. */
  @ParameterizedTest
  @EnumSource(Kind.class)
  void aBadFileFailsItsVerification(Kind kind) throws IOException {
    Path bad = folder.resolve("bad");
    make(bad, kind);
    Outcome outcome = Darex.run("verify", bad);
    assertThat(outcome.code()).isBetween(1, 2);
    assertThat(outcome.out() + outcome.err())
        .containsPattern("darex: |failed +file")
        .contains("bad")
        .doesNotContainPattern(JAVA)
        .hasLineCount(1);
  }

  static Stream<Arguments> textsAndKinds() {
    return TEXTS.keySet().stream()
        .sorted()
        .flatMap(
            name ->
                Stream.of(
                        Kind.EMPTY,
                        Kind.BINARY,
                        Kind.GIT_LFS,
                        Kind.WEB_PAGE,
                        Kind.ZIP,
                        Kind.TRUNCATED)
                    .map(kind -> Arguments.of(name, kind)));
  }

  @ParameterizedTest
  @MethodSource("textsAndKinds")
  void aBadTextOfAModelIsASentenceWithItsName(String name, Kind kind) throws IOException {
    Path model = folder.resolve("model");
    FileUtils.copyDirectory(pair.tuned().toFile(), model.toFile());
    if (name.equals("model.safetensors.index.json")) {
      Files.delete(model.resolve("model.safetensors"));
    }
    if (name.equals("adapter_config.json")) {
      Files.copy(delta(), model.resolve("adapter_model.safetensors"));
      Files.delete(model.resolve("model.safetensors"));
    }
    make(model.resolve(name), kind);
    Outcome outcome = Darex.run((Object[]) words(TEXTS.get(name), model).split(" "));
    assertSentence(outcome, name);
    switch (kind) {
      case GIT_LFS -> assertThat(outcome.err()).contains("a Git LFS pointer");
      case WEB_PAGE -> assertThat(outcome.err()).contains("a web page");
      case ZIP -> assertThat(outcome.err()).contains("a zip archive");
      case BINARY -> assertThat(outcome.err()).contains("expected UTF-8");
      default -> {}
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "run run.yml --out BAD/x/out",
        "sweep sweep.yml --out BAD/x/out",
        "prune --base BASE --tuned TUNED --out BAD/x/out",
        "prune --base BASE --tuned TUNED --dry-run --out BAD/x/out",
        "apply --base BASE --delta DELTA --out BAD/x/out",
        "export --delta DELTA --out BAD/x/out",
        "encoder export minilm-l6 --out BAD/x/out",
        "select --base BASE --tuned TUNED --drop-rate 0.9 --out BAD/x/out",
        "evaluate --model TUNED --task agreement --predictions BAD/x/out",
      })
  void anOutputBelowAFileIsRefusedBeforeTheWork(String command) throws IOException {
    Path bad = Files.writeString(folder.resolve("bad"), "a file\n");
    Path run = Files.writeString(folder.resolve("run.yml"), "task: agreement\n");
    Path sweep = folder.resolve("sweep.yml");
    Files.writeString(
        sweep,
        """
        task: agreement
        finetune: {learningRate: {loguniform: [1.0e-5, 1.0e-4]}, epochs: 1}
        prune: {dropRate: 0.5}
        sweep: {candidates: 2}
        """);
    String words =
        words(command, bad).replace("run.yml", run + "").replace("sweep.yml", sweep + "");
    Outcome outcome = Darex.run((Object[]) words.split(" "));
    assertThat(outcome.err())
        .isEqualTo("darex: " + bad + ": expected a folder, got a file there\n");
    assertThat(outcome.code()).isEqualTo(2);
    assertThat(outcome.out()).isEmpty();
  }

  /** Root may do anything; without the rights beyond its own files it is a user like any other. */
  @Test
  void aMissingPermissionIsASentence() throws Exception {
    Path bad = Files.writeString(folder.resolve("bad"), "text\n");
    Path closed = Files.createDirectory(folder.resolve("closed"));
    Files.copy(delta(), closed.resolve("inner"));
    Path readOnly = Files.createDirectory(folder.resolve("read-only"));
    List<String> commands = new ArrayList<>();
    for (String command : FILES) {
      // What cannot be seen may as well be a task's name.
      if (!command.contains("--task BAD")) {
        commands.add(words(command, bad));
        commands.add(words(command, closed.resolve("inner")));
      }
    }
    for (String command :
        List.of(
            "prune --base BAD --tuned TUNED --out OUT",
            "prune --base BASE --tuned BAD --out OUT",
            "diff BAD TUNED",
            "evaluate --model BAD --task agreement")) {
      commands.add(words(command, closed));
    }
    for (String command :
        List.of(
            "prune --base BASE --tuned TUNED --out BAD/out",
            "apply --base BASE --delta DELTA --out BAD/out",
            "apply --base BASE --delta DELTA --out BAD/new/out",
            "export --delta DELTA --out BAD/out")) {
      commands.add(words(command, readOnly));
    }
    List<String> java =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Commands.class.getName()));
    if (Files.isWritable(Path.of("/"))) {
      List<String> asUser =
          List.of(
              "setpriv",
              "--bounding-set=-dac_override,-dac_read_search",
              "--inh-caps=-dac_override,-dac_read_search");
      assumeTrue(works(asUser), "skipped: root, and no setpriv to give its rights away");
      java.addAll(0, asUser);
    }
    java.addAll(commands);
    Path said = folder.resolve("said");
    try {
      permissions(bad, "---------");
      permissions(closed, "---------");
      permissions(readOnly, "r-xr-xr-x");
      Process process =
          new ProcessBuilder(java).redirectErrorStream(true).redirectOutput(said.toFile()).start();
      assertThat(process.waitFor(5, TimeUnit.MINUTES)).isTrue();
    } finally {
      permissions(closed, "rwxr-xr-x");
      permissions(readOnly, "rwxr-xr-x");
    }
    List<String> lines = Files.readAllLines(said);
    assertThat(lines).as("one line a command").hasSameSizeAs(commands);
    for (int i = 0; i < lines.size(); i++) {
      assertThat(lines.get(i))
          .as(commands.get(i))
          .startsWith("2 darex: ")
          .doesNotContainPattern(JAVA)
          .contains("permission denied");
    }
    assertThat(readOnly).isEmptyDirectory();
  }

  @Test
  void whatWrapsAnExceptionIsLookedThrough() {
    IOException full = new IOException("No space left on device");
    for (Throwable thrown :
        List.of(full, new UncheckedIOException(full), new CompletionException(full))) {
      assertThat(Fault.of(thrown)).isEqualTo(new Fault(List.of("the disk is full"), false, true));
    }
    assertThat(Fault.of(new NotDirectoryException("a")).text())
        .isEqualTo("a: expected a folder, got a file there");
    assertThat(Fault.of(new FileSystemException("a", null, "File name too long")).input()).isTrue();
    assertThat(Fault.of(new OutOfMemoryError("Java heap space")).text())
        .startsWith("out of memory: the JVM is allowed ")
        .contains("-Xmx");
    assertThat(Fault.of(new NullPointerException("Cannot invoke \"java.lang.String.length()\"")))
        .isEqualTo(new Fault(List.of("a fault of darex itself"), false, false));
    assertThat(Fault.of(new IllegalStateException("java.io.IOException: no luck")).text())
        .isEqualTo("no luck");
  }

  private static void make(Path bad, Kind kind) throws IOException {
    Files.deleteIfExists(bad);
    switch (kind) {
      case MISSING -> {}
      case FOLDER -> Files.createDirectory(bad);
      case LOOP -> Files.createSymbolicLink(bad, bad.getFileName());
      case DEVICE -> Files.createSymbolicLink(bad, Path.of("/dev/null"));
      case EMPTY -> Files.createFile(bad);
      case BELOW_A_FILE -> Files.writeString(bad, "a file\n");
      case BINARY -> Files.write(bad, new byte[] {'{', (byte) 0xFF, (byte) 0xFE, 0, 9, '\n', 1});
      case GIT_LFS ->
          Files.writeString(
              bad, "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n");
      case WEB_PAGE ->
          Files.writeString(bad, "<!DOCTYPE html>\n<html><body>Log in</body></html>\n");
      case ZIP -> Files.write(bad, "PK\u0003\u0004\u0014\0\0\0".getBytes(StandardCharsets.UTF_8));
      case TRUNCATED -> Files.writeString(bad, "{\"weight_map\": {\"a\": [1, ");
    }
  }

  private void assertSentence(Outcome outcome, String name) {
    assertThat(outcome.code()).as(outcome.err()).isBetween(1, 2);
    assertThat(outcome.out()).isEmpty();
    assertThat(outcome.err())
        .startsWith("darex: ")
        .contains(name)
        .doesNotContainPattern(JAVA)
        .doesNotContain("--verbose");
    assertThat(outcome.err().lines().filter(line -> !line.startsWith("Try "))).hasSize(1);
    assertThat(folder.resolve("out")).doesNotExist();
  }

  private static void permissions(Path path, String permissions) throws IOException {
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(permissions));
  }

  private static boolean works(List<String> prefix) throws InterruptedException {
    List<String> command = new ArrayList<>(prefix);
    command.add("true");
    try {
      return new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start()
              .waitFor()
          == 0;
    } catch (IOException e) {
      return false;
    }
  }
}
