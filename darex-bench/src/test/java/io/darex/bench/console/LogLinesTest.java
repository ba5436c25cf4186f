package io.darex.bench.console;

import static org.assertj.core.api.Assertions.assertThat;

import io.darex.bench.cli.Main;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** What libraries log is shown when it is asked for, and where all else is. */
class LogLinesTest {
  @TempDir private Path folder;

  @Test
  void aWarningIsALineOfTheTerminal() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    new Terminal(bytes).takeLogs();
    try {
      LoggerFactory.getLogger("io.darex.bench.Some").warn("name {}", "a\u001b[31m\nb");
      LoggerFactory.getLogger("io.darex.bench.Some").info("not asked for");
    } finally {
      new Terminal(System.err).takeLogs();
    }
    assertThat(bytes.toString(StandardCharsets.UTF_8))
        .isEqualTo("WARN Some: name a\\u001b[31m\\u000ab" + System.lineSeparator());
  }

  /** ND4J logs which backend it has loaded. */
  @Test
  void librariesAreSilentUnlessAsked() throws Exception {
    assertThat(doctor()).isEmpty();
    assertThat(doctor("--verbose")).anyMatch(line -> line.startsWith("INFO Nd4jBackend: "));
  }

  /** Standard error of a process of its own, as Logback is configured once in each. */
  private List<String> doctor(String... options) throws IOException, InterruptedException {
    Path said = folder.resolve("said");
    Process process =
        new ProcessBuilder(
                Stream.concat(
                        Stream.of(
                            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                            "-cp",
                            System.getProperty("java.class.path"),
                            Main.class.getName(),
                            "doctor"),
                        Stream.of(options))
                    .toList())
            .redirectError(said.toFile())
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    assertThat(process.waitFor()).isZero();
    return Files.readAllLines(said);
  }
}
