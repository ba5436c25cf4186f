package io.darex.bench.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.darex.bench.Pages;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/**
 * Every command of the pages for newcomers is run by something: lines of the launcher by {@link
 * FreshCloneTest}, Python by a script, others by what is listed here.
 */
class DocumentedCommandsTest {
  private static final String SCRIPT = "darex-bench/src/study/stranger.sh";

  /** That of CI, which runs this test. */
  private static final Set<String> ELSEWHERE = Set.of("mvn verify");

  private static final Pattern BLOCK =
      Pattern.compile("^```(.*)\\n((?:(?!```).*\\n)*)```$", Pattern.MULTILINE);

  private static final Pattern INLINE = Pattern.compile("`(?:\\./darex-bench/)?darex ([^`]*)`");

  /** A block of code: the line before it, its language, its lines. */
  private record Block(String before, String language, String code) {}

  private static List<Block> blocks(String page) throws IOException {
    String text = Pages.text(page);
    return BLOCK
        .matcher(text)
        .results()
        .map(
            match -> {
              String before = text.substring(0, match.start()).stripTrailing();
              String line = before.substring(before.lastIndexOf('\n') + 1);
              return new Block(line, match.group(1), match.group(2));
            })
        .toList();
  }

  @ParameterizedTest
  @ValueSource(strings = {"README.md", "docs/HOWTO.md", "docs/FAQ.md"})
  void everyCommandIsRun(String page) throws IOException {
    assertThat(FreshCloneTest.PAGES).contains(page);
    assertThat(blocks(page)).hasSize(Pages.text(page).split("\n```", -1).length / 2);
    for (Block block : blocks(page)) {
      switch (block.language()) {
        case "" -> // commands
            assertThat(block.code().lines())
                .as("lines of a block of commands, as one without a language is")
                .allMatch(
                    line ->
                        line.startsWith(FreshCloneTest.LAUNCHER)
                            || line.startsWith("curl ") // ModelServerTest sends what it would
                            || ELSEWHERE.contains(line));
        case "python" -> assertThat(block.before()).isEqualTo("<!-- run by " + SCRIPT + " -->");
        default -> assertThat(block.language()).isIn("text", "java", "xml");
      }
    }
  }

  /** It finds the commands by the heading above them, and runs all Python of the page. */
  @Test
  void theScriptFindsWhatItRuns() throws IOException {
    String script = Pages.text(SCRIPT);
    String heading = "Your own fine-tune, in four commands";
    assertThat(Files.isExecutable(Pages.ROOT.resolve(SCRIPT))).isTrue();
    assertThat(script).contains("commands README.md \"" + heading + "\"", "docs/HOWTO.md");
    assertThat(Pages.section("README.md", heading).lines())
        .filteredOn(line -> line.startsWith(FreshCloneTest.LAUNCHER))
        .hasSize(4);
    assertThat(blocks("docs/HOWTO.md"))
        .filteredOn(block -> block.language().equals("python"))
        .hasSize(3);
  }

  /** Of a command within a sentence its options are there at least. */
  @ParameterizedTest
  @ValueSource(strings = {"README.md", "docs/GUIDE.md", "docs/HOWTO.md", "docs/FAQ.md"})
  void aCommandInASentenceExists(String page) throws IOException {
    List<MatchResult> found = INLINE.matcher(Pages.text(page)).results().toList();
    assertThat(found).isNotEmpty();
    for (MatchResult inline : found) {
      CommandLine command =
          Main.commandLine(new ByteArrayOutputStream(), new ByteArrayOutputStream());
      for (String word : inline.group(1).split(" ", -1)) {
        if (command.getSubcommands().containsKey(word)) {
          command = command.getSubcommands().get(word);
        } else if (word.startsWith("-")) {
          assertThat(command.getCommandSpec().findOption(word)).as(inline.group()).isNotNull();
        }
      }
      assertThat(command.getParent()).as(inline.group()).isNotNull();
    }
  }
}
