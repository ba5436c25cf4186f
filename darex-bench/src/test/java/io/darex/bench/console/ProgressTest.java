package io.darex.bench.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** How long work will still take, and what a terminal shows of it. */
class ProgressTest {
  private static final String TERMINAL = "darex.terminal";

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final Terminal terminal = new Terminal(bytes);
  private final Console console = new Console(terminal, terminal, false);

  @BeforeEach
  void aTerminal() {
    System.setProperty(TERMINAL, "true");
  }

  @AfterEach
  void noTerminal() {
    System.clearProperty(TERMINAL);
  }

  @Test
  void theTimeLeftIsMeasuredByWhatWasDoneHere() {
    // 900 of 1000 steps were found done; of the others 20 took 10 s.
    assertThat(Progress.left(20, 80, Duration.ofSeconds(10))).contains(Duration.ofSeconds(40));
    assertThat(Progress.left(0, 100, Duration.ofSeconds(10))).isEmpty();
    assertThat(Progress.left(4, 25_600_000, Duration.ofSeconds(10))).isEmpty();
    assertThat(Progress.left(110, -10, Duration.ofSeconds(10))).contains(Duration.ZERO);
  }

  @Test
  void aLineTakesThePlaceOfTheBar() throws InterruptedException {
    try (Progress progress = console.progress("work", 10)) {
      progress.found(4);
      awaitABar();
      console.say("epoch 1");
      progress.step("on");
      awaitABar();
      terminal.println("darex: failed");
    }
    console.say("end");

    List<String> screen = screen();
    assertThat(screen).hasSize(4);
    assertThat(screen.get(0)).isEqualTo("epoch 1");
    assertThat(screen.get(1)).isEqualTo("darex: failed");
    assertThat(screen.get(2)).startsWith("work").contains("5/10").doesNotContain("epoch", "darex");
    assertThat(screen.get(3)).isEqualTo("end");
  }

  /** It is drawn once a second by a thread of its own. */
  private void awaitABar() throws InterruptedException {
    int before = bytes.size();
    for (int i = 0; i < 1000 && bytes.size() == before; i++) {
      Thread.sleep(10);
    }
    assertThat(bytes.size()).isGreaterThan(before);
  }

  /** The lines that a terminal shows at last, without spaces at their ends. */
  private List<String> screen() {
    List<String> screen = new ArrayList<>();
    for (String line : bytes.toString(StandardCharsets.UTF_8).split("\n", -1)) {
      StringBuilder shown = new StringBuilder();
      for (String drawn : line.split("\r", -1)) {
        shown.replace(0, Math.min(shown.length(), drawn.length()), drawn);
      }
      screen.add(shown.toString().stripTrailing());
    }
    assertThat(screen.remove(screen.size() - 1)).isEmpty();
    return screen;
  }
}
