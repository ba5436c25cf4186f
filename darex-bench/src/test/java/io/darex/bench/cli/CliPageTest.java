package io.darex.bench.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.darex.bench.Pages;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class CliPageTest {
  @Test
  void thePageIsWhatTheCommandLineSays() throws IOException {
    assertThat(Pages.text(CliPage.PAGE))
        .as("run the main method of CliPage in darex-bench, which writes the page")
        .isEqualTo(CliPage.text());
  }

  @Test
  void everyCommandIsOnIt() {
    assertThat(CliPage.text())
        .contains("\n## darex run\n", "\n### darex encoder export\n", "\n## darex predict\n")
        .contains("| `--max-length=N` |", "| `--drop-rate=X` |", "| 130 | interrupted |")
        .doesNotContain("${", "%%");
  }
}
