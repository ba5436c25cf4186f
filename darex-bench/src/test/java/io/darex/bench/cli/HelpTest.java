package io.darex.bench.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.darex.bench.cli.Darex.Outcome;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@code --help} shows fits a terminal. */
class HelpTest {
  private static final int COLUMNS = 80;
  private static final int SCREEN = 40;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "run",
        "sweep",
        "evaluate",
        "predict",
        "serve",
        "select",
        "prune",
        "apply",
        "inspect",
        "verify",
        "diff",
        "export",
        "encoder",
        "encoder list",
        "encoder export",
        "doctor",
        "completion",
        "help"
      })
  void noLineIsBrokenAndTheLastIsAnExample(String command) {
    List<String> lines = help(command);

    assertThat(lines).allMatch(line -> line.length() <= COLUMNS);
    assertThat(lines.get(lines.size() - 1)).contains(("darex " + command).strip());
  }

  @Test
  void thatOfPruneHasEveryOptionUnderAHeading() {
    String[] groups = String.join("\n", help("prune")).split("\n(?=\n[A-Za-z ]+:\n)");

    assertThat(groups)
        .hasSize(8) // what is before the first heading, six groups, and examples
        .allMatch(group -> group.lines().count() <= SCREEN);
    assertThat(options(groups[0])).containsExactly("--help", "--version", "--quiet", "--verbose");
    assertThat(options(groups[1])).containsExactly("--base", "--tuned", "--adapter", "--out");
    assertThat(Stream.of(groups).map(HelpTest::options).flatMap(List::stream))
        .contains("--mask", "--rescale", "--task", "--q-a", "--force")
        .doesNotHaveDuplicates();
  }

  @Test
  void theCommandAloneAndHelpShowTheSame() {
    String all = Darex.run("--help").out();

    assertThat(Darex.run()).isEqualTo(new Outcome(0, all, ""));
    assertThat(Darex.run("help")).isEqualTo(new Outcome(0, all, ""));
    assertThat(all).contains("  0     done", "  2     a bad argument or input", "  130   interrup");
    assertThat(Darex.run("help", "encoder", "export").out())
        .isEqualTo(Darex.run("encoder", "export", "--help").out());
  }

  private static List<String> help(String command) {
    Outcome outcome = Darex.run((Object[]) (command + " --help").strip().split(" ", -1));
    assertThat(outcome.code()).isZero();
    assertThat(outcome.err()).isEmpty();
    return outcome.out().lines().toList();
  }

  /** Those that lines of the text begin with. */
  private static List<String> options(String text) {
    return Arrays.stream(text.split("\n", -1))
        .filter(line -> line.matches(" {2}(-\\w,|   ) --.*"))
        .map(line -> line.substring(6).split("[= ]", -1)[0])
        .toList();
  }
}
