package io.darex.bench.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What bash makes of the script of {@code darex completion}. */
class CompletionTest {
  @TempDir private static Path folder;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "darex sel | select",
        "darex encoder ex | export",
        "darex prune --qui | --quiet",
        "darex prune --mask mag | magnitude",
        "darex prune --rescale dot | dot-match",
        "darex prune --values bf | bf16",
        "darex evaluate --split d | dev",
        "darex completion z | zsh",
      })
  void bashCompletesCommandsOptionsAndValues(String line, String expected)
      throws IOException, InterruptedException {
    assumeTrue(Files.isExecutable(Path.of("/bin/bash")));
    Path script = folder.resolve("completion.sh");
    Files.writeString(script, Darex.run("completion", "bash").out());
    String[] words = line.split(" ", -1);
    String ask =
        String.format(
            "source %s; COMP_WORDS=(%s); COMP_CWORD=%d; COMP_LINE='%s'; _complete_darex"
                + " darex %s %s; echo \"${COMPREPLY[*]}\"",
            script, line, words.length - 1, line, words[words.length - 1], words[words.length - 2]);

    // On standard error bash says that this is no completion, only a function.
    Process bash =
        new ProcessBuilder("/bin/bash", "-c", ask)
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    String reply = new String(bash.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

    assertThat(bash.waitFor()).isZero();
    assertThat(reply.strip()).isEqualTo(expected);
  }

  @Test
  void oneScriptServesBothShells() {
    assertThat(Darex.run("completion", "zsh")).isEqualTo(Darex.run("completion", "bash"));
    assertThat(Darex.run("completion", "zsh").out()).contains("bashcompinit");
  }
}
