package io.darex.bench.console;

import static org.assertj.core.api.Assertions.assertThat;

import io.darex.bench.cli.Darex;
import io.darex.bench.cli.Main;
import io.darex.bench.cli.Pair;
import io.darex.prune.folder.HuggingFaceFolder;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What reaches a terminal, and what is said when nothing does. */
class TerminalTest {
  /** Colours, the start of a title in one character, a second line, a turned order of letters. */
  private static final String HOSTILE = "w\u001b[31m\u009b2J\nok       file\r\u202etxt\u2028";

  private static final String SHOWN =
      "w\\u001b[31m\\u009b2J\\u000aok       file\\u000d\\u202etxt\\u2028";

  @TempDir private static Path shared;
  private static Pair pair;
  private static Path delta;

  @BeforeAll
  static void prune() throws IOException {
    pair = Pair.in(shared, OptionalLong.empty());
    delta = shared.resolve("delta.safetensors");
    assertThat(
            Darex.run(
                "prune",
                "--base",
                pair.base(),
                "--tuned",
                pair.tuned(),
                "--drop-rate",
                0.9,
                "--out",
                delta))
        .returns(0, Darex.Outcome::code);
  }

  @Test
  void showsWhatATerminalObeys() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    Terminal terminal = new Terminal(bytes);
    terminal.println(HOSTILE);
    terminal.println(Path.of("a\nb"));
    terminal.printf(Locale.ROOT, "%s|%-4s|%,d%n", HOSTILE, "é", 1234);
    terminal.print("two\nlines\u001b\n");
    terminal.println("‖Δ‖ 日本");
    assertThat(bytes.toString(StandardCharsets.UTF_8).lines())
        .containsExactly(
            SHOWN, "a\\u000ab", SHOWN + "|é   |1,234", "two", "lines\\u001b", "‖Δ‖ 日本");
  }

  @Test
  void namesOfTensorsAndFilesAreShown() throws IOException {
    Path base = shared.resolve("hostile-base");
    Path tuned = shared.resolve("hostile-tuned\u001b[2J\nx");
    SplittableRandom random = new SplittableRandom(1);
    for (Path folder : List.of(base, tuned)) {
      HuggingFaceFolder.write(
          folder,
          Pair.checkpoint(
              "BertModel",
              Pair.random(random, HOSTILE, 1, null, 64, 8),
              Pair.random(random, "only" + HOSTILE + (folder.equals(base) ? 1 : 2), 1, null, 8)),
          Map.of(),
          false);
    }
    Path out = shared.resolve("hostile\u001b.safetensors");
    Darex.Outcome prune =
        Darex.run("prune", "--base", base, "--tuned", tuned, "--out", out, "--drop-rate", "0.5");
    assertThat(prune.code()).as(prune.err()).isZero();
    for (Darex.Outcome outcome :
        List.of(
            prune,
            Darex.run("inspect", out, "--all"),
            Darex.run("inspect", out, "--json"),
            Darex.run("diff", base, tuned),
            Darex.run("diff", base, tuned, "--json"),
            Darex.run("verify", out, "--base", pair.base()),
            Darex.run("inspect", tuned.resolve(HOSTILE)))) {
      String said = outcome.out() + outcome.err();
      assertThat(said).containsIgnoringCase("\\u001b");
      assertThat(said.chars().filter(c -> c != '\n' && Character.isISOControl(c))).isEmpty();
      assertThat(said).doesNotContain("\u202e", "\u2028").doesNotContain("\nok       file");
    }
  }

  /** A disk that is full from the start, and one that fills up on the way. */
  private static final class Full extends OutputStream {
    private final int room;
    private int written;

    Full(int room) {
      this.room = room;
    }

    @Override
    public void write(int b) throws IOException {
      if (written++ >= room) {
        throw new IOException("No space left on device");
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--help",
        "--version",
        "prune --help",
        "encoder",
        "encoder list",
        "encoder export minilm-l6 --out OUT",
        "inspect DELTA",
        "inspect DELTA --json",
        "verify DELTA",
        "diff BASE TUNED",
        "diff BASE TUNED --json",
        "prune --base BASE --tuned TUNED --drop-rate 0.9 --out OUT",
        "prune --base BASE --tuned TUNED --drop-rate 0.9 --out OUT --json",
        "prune --base BASE --tuned TUNED --out OUT --dry-run",
        "apply --base BASE --delta DELTA --out OUT",
        "export --delta DELTA --out OUT",
        "select --base BASE --tuned TUNED --drop-rate 0.9",
        "select --base BASE --tuned TUNED --drop-rate 0.9 --json",
        "doctor",
        "doctor --json",
      })
  void aFullStandardOutputIsFailedWork(String command) throws IOException {
    for (int room : new int[] {0, 5}) {
      Path out = Files.createTempDirectory(shared, "full").resolve("out");
      String[] words =
          command
              .replace("BASE", pair.base().toString())
              .replace("TUNED", pair.tuned().toString())
              .replace("DELTA", delta.toString())
              .replace("OUT", out.toString())
              .split(" ");
      ByteArrayOutputStream err = new ByteArrayOutputStream();
      int code = Main.run(new Full(room), err, words);
      assertThat(err.toString(StandardCharsets.UTF_8))
          .endsWith(
              "darex: standard output could not be written: the disk is full"
                  + System.lineSeparator());
      assertThat(code).isEqualTo(1);
    }
  }

  @Test
  void aReaderThatHasSeenEnoughNeedsNoWords() {
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    OutputStream closed =
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            throw new IOException("Broken pipe");
          }
        };
    assertThat(Main.run(closed, err, "inspect", delta.toString())).isEqualTo(1);
    assertThat(err.toString(StandardCharsets.UTF_8)).isEmpty();
  }
}
